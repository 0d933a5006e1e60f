"""The script of an elimination: a graph that shrinks to its Jacobian, in the places that everything has for good.

An edge that is there for a while, or changes its label, is drawn once for each label that it has; all of these stand in
one place, and each has a `Life`. What is eliminated fades.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import networkx as nx

from compgraph.elimination import Elimination, after
from compgraph.notation import elimination_reason, elimination_sentence
from compgraph.render.script import Caption, Edge, Life, Script, Sweep, Turn, Writer
from compgraph.semiring import MATRIX, REAL, Semiring

__all__ = ["elimination_script"]

_OPENING = (
    "Parallel edges are merged. To eliminate a node is to join every edge into it with every edge out of it: "
    "the product of two labels goes onto the edge past the node."
)
_ENDING = " No inner node is left: the labels are the {}."


def elimination_script(
    graph: nx.MultiDiGraph,
    steps: Iterable[Elimination],
    *,
    semiring: Semiring = REAL,
    inputs: Iterable[Any] | None = None,
    outputs: Iterable[Any] | None = None,
    digits: int = 4,
) -> Script:
    """Write the script of an elimination; `steps` are those of `eliminate`, asked with the same options.

    Examples
    --------
    >>> from compgraph.elimination import eliminate
    >>> graph = nx.MultiDiGraph()
    >>> _ = graph.add_edge("x", "t", partial=2.0), graph.add_edge("t", "y", partial=5.0)
    >>> said = elimination_script(graph, eliminate(graph, ["t"]))
    >>> print(said.said(0, 1))
    t is eliminated: x → y is new, 5 · 2 = 10. — 1 edge in times 1 edge out is 1 product. By now 1 multiplication, \
0 additions, 1 edge of fill-in. No inner node is left: the labels are the Jacobian.
    """
    start = after(graph, (), semiring=semiring, inputs=inputs, outputs=outputs)
    start.graph["operations"] = graph.graph.get("operations", graph)  # from which definitions are written
    for node, data in start.nodes(data=True):
        data.update(graph._node.get(node, {"value": None}))  # an identity node stands for one that is there
    writer = Writer(start, "elimination", digits, (), "")
    edges: list[Edge] = []
    labels: list[Any] = []
    lives: list[Life] = []
    lanes: dict[tuple[Any, Any], int] = {}
    now: dict[tuple[Any, Any], int] = {}

    def made(tail: Any, head: Any, label: Any, turn: int) -> None:
        lane = lanes.setdefault((tail, head), len(edges))
        now[tail, head] = len(edges)
        edges.append(Edge(writer.place[tail], writer.place[head], ("",), "", False, lane=lane))
        labels.append(label)
        lives.append(Life(turn, 0, 0))

    for tail, head, label in start.edges(data="partial"):
        made(tail, head, label, 0)
    turns = dict.fromkeys(start, Life(0, 0, 0))
    captions = [Caption(writer.prose(_OPENING), ("",))]
    other = semiring.name not in (REAL.name, MATRIX.name, "EXPRESSION")
    ending = _ENDING.format(f"answer of {semiring}" if other else "Jacobian")
    played: list[Turn] = []
    left = len(start) - len({*start.graph["inputs"], *start.graph["outputs"]})
    for turn, step in enumerate(steps, 1):
        for tail, head, *_ in step.removed:
            k = now.pop((tail, head))
            lives[k] = Life(lives[k].made, turn, turn + 1)
        for tail, head, *_ in step.changed:
            k = now[tail, head]
            lives[k] = Life(lives[k].made, 0, turn)
        for tail, head, _, label in (*step.added, *step.changed):
            made(tail, head, label, turn)
        if step.node is not None:
            turns[step.node] = Life(0, turn, turn + 1)
            left -= 1
        sentence = elimination_sentence(step, semiring=semiring, digits=digits)
        reason = elimination_reason(step) + ending * (not left)
        captions.append(Caption(writer.prose(sentence), writer.prose(reason)))
        at = -1 if step.node is None else writer.place[step.node]
        played.append(Turn(at, (), "", None, step.cost.multiplications, step.cost.additions))
    terms = [writer.line(writer.shown(label)) for label in labels]
    nothing = (("",),) * len(start)
    heading = f"Elimination, {semiring}" if other else "Elimination"
    shown = Sweep(
        "", heading, nothing, nothing, tuple(turns.values()), tuple(terms), tuple(lives), tuple(captions), tuple(played)
    )
    return Script(tuple(writer.nodes()), tuple(edges), (shown,), "elimination", digits)

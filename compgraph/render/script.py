"""What a film says, before anyone decides where: the text of every cell and of every step.

A `Script` is made once from a labelled graph and its sweeps and holds plain text only. Pictures, pages and DOT are
all written from it, so they cannot disagree.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Any, NamedTuple

import networkx as nx
import numpy as np

from compgraph.expression import Expression
from compgraph.maps import LinearMap
from compgraph.notation import element, name, number, step_reason, text
from compgraph.notation.arrays import summary
from compgraph.notation.elements import is_number
from compgraph.notation.maps import arrow, has_expressions
from compgraph.notation.sentences import step_parts
from compgraph.pathsum import PathSum
from compgraph.propagation import Step
from compgraph.render.heat import Heat, heat
from compgraph.render.ledgers import Ledger, Live, ledgers, live
from compgraph.render.runs import NBSP, SINGLE, Runs, clean, joined, typeset
from compgraph.symbols import definition, formula

__all__ = [
    "SOLVED",
    "Caption",
    "Edge",
    "Life",
    "Moment",
    "Node",
    "Script",
    "Sweep",
    "Turn",
    "Writer",
    "script",
    "state",
]

#: Above this many nodes text is not typeset.
TYPESET = 200

#: Numbers that are larger are not asked for.
LARGEST = 1e300

#: Entries of an array that stand in a picture, beside its heat map.
FEW = 4

#: Characters of the numbers in a map, which stand on an edge.
WIDEST = 40

#: Characters of a value or a derivative: more than any number, fewer than many a formula.
LONGEST = 60

_LONG = re.compile(r"\d+\.\d{6,}")


class Node(NamedTuple):
    """A node's own text: its name, how it is made (``u = u₁ + u₂``) and its value."""

    name: str
    how: Runs
    value: str
    faint: bool  # not evaluated: in the branch that was not taken
    heat: Heat | None = None  # of an array


class Edge(NamedTuple):
    """An edge's own text: its partial in symbols and in numbers. A silent edge only says who needs whom."""

    tail: int
    head: int
    formula: Runs
    number: str
    silent: bool
    bold: bool = False
    lane: int | None = None  # the edge in whose place it is drawn, if not in a place of its own


class Caption(NamedTuple):
    """What stands beneath a frame: the sentence of the step, and why there are as many terms as there are."""

    sentence: Runs
    reason: Runs


class Life(NamedTuple):
    """The turn of what comes and goes: the frames in which it is made, is used for the last time, and is gone.

    0 where it is there from the beginning, is never used up, or stays.
    """

    made: int
    used: int
    gone: int


class Turn(NamedTuple):
    """What one step does, for those who play it: at which node, along which edges in their order, at what cost so far.

    `numbers` is the part of its sentence in which the number is given away, and `total` that number, if it is one.
    """

    node: int
    edges: tuple[int, ...]
    numbers: str
    total: float | None
    multiplications: int
    additions: int


class Sweep(NamedTuple):
    """One sweep, indexed like nodes and edges: whose turn comes when, and what is then known.

    A node's turn is the number of the frame in which it is current, 0 if never; an edge's turn is that of the node that
    pulls a term along it. In an elimination the turn of both is a `Life`, and a term is the label of the edge.
    """

    seed: str
    heading: str
    labels: tuple[Runs, ...]
    totals: tuple[Runs, ...]
    turns: tuple[int | Life, ...]
    terms: tuple[Runs, ...]
    edge_turns: tuple[int | Life, ...]
    captions: tuple[Caption, ...]
    steps: tuple[Turn, ...] = ()
    heats: Mapping[int, Heat] = MappingProxyType({})  # of totals that are arrays, by node
    flows: Mapping[int, float] = MappingProxyType({})  # what came along an edge, where it is a number


class Moment(NamedTuple):
    """So many turns of one sweep: a frame of the film, or the solved graph, in which nobody's turn is left."""

    sweep: int
    turn: int


#: A turn after every other.
SOLVED = 1 << 60


class Script(NamedTuple):
    """All that a film says. Without sweeps it is a picture of the graph.

    `direction` is ``"reverse"`` or ``"forward"``, or ``"elimination"`` where nodes leave the graph. Pages show
    `ledgers` beside it, and sliders where it is `live`.
    """

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    sweeps: tuple[Sweep, ...]
    direction: str
    digits: int = 4
    ledgers: tuple[Ledger, ...] = ()
    live: Live | None = None

    def source(self, edge: int) -> int:
        """The node from which a term comes along an edge."""
        return self.edges[edge].head if self.direction == "reverse" else self.edges[edge].tail

    def said(self, sweep: int, turn: int) -> str:
        """The caption of a frame in plain text; none of the solved graph."""
        captions = self.sweeps[sweep].captions
        lines = captions[turn] if turn < len(captions) else ()
        return " — ".join(joined(line).replace(NBSP, " ") for line in lines if any(line))


def state(turn: int | Life, now: int) -> str:
    """Where something is whose turn it is in frame `turn` (0 if never): ``todo``, ``now`` or ``done``.

    What comes and goes is ``off`` before and after its life, ``now`` when it is made and ``used`` for the last time.

    Examples
    --------
    >>> [state(Life(made=1, used=3, gone=4), frame) for frame in range(5)]
    ['off', 'now', 'todo', 'used', 'off']
    """
    if isinstance(turn, Life):
        if now < turn.made or (turn.gone and now >= turn.gone):
            return "off"
        return "todo" if now not in turn[:2] or not now else "now" if now == turn.made else "used"
    return "todo" if not turn or turn > now else "now" if turn == now else "done"


def script(
    graph: nx.MultiDiGraph,
    sweeps: Mapping[Any, Iterable[Step]] | None = None,
    *,
    direction: str = "reverse",
    digits: int = 4,
    bold: Iterable[tuple[Any, Any, Any]] = (),
    semiring: str = "",
    paths: Iterable[PathSum] = (),
) -> Script:
    """Write the script of a film.

    Parameters
    ----------
    graph : networkx.MultiDiGraph
        Nodes in evaluation order, edges labelled with ``partial``; ``value``, ``primitive`` and ``arguments`` are
        shown where they are there.
    sweeps : mapping of seed to steps, optional
        One sweep after another; all of them reverse, or all of them forward.
    direction : {"reverse", "forward"}
    digits : int
        Significant digits of rounded numbers.
    bold : iterable of (tail, head, key)
        Edges to be drawn bold, such as those of the most influential path.
    semiring : str
        The name of the semiring of the sweeps, where their totals are no derivatives.
    paths : iterable of PathSum
        Sums over paths of this graph, to be listed beside it.

    Examples
    --------
    >>> from compgraph.propagation import reverse
    >>> graph = nx.MultiDiGraph()
    >>> _ = graph.add_edge("x", "u1", partial=3.0)
    >>> said = script(graph, {"u1": reverse(graph, {"u1": 1})})
    >>> [joined(node.how) for node in said.nodes], said.sweeps[0].totals, said.sweeps[0].turns
    (['x', 'u₁'], (('3',), ('1',)), (2, 1))
    """
    if direction not in ("reverse", "forward"):
        raise ValueError(f"unknown direction {direction!r}: expected 'reverse' or 'forward'.")
    writer = Writer(graph, direction, digits, frozenset(bold), semiring)
    nodes, edges = tuple(writer.nodes()), tuple(writer.edges())
    swept = tuple([writer.sweep(*one) for one in (sweeps or {}).items()])
    beside = ledgers(paths, graph, writer.edge_place, digits=digits)
    return Script(nodes, edges, swept, direction, digits, beside, live(graph) if swept and not semiring else None)


class Writer:
    """What the parts of one script have in common."""

    def __init__(
        self, graph: nx.MultiDiGraph, direction: str, digits: int, bold: Container[Any], semiring: str
    ) -> None:
        self.bold, self.semiring = bold, semiring
        self.graph, self.digits = graph, digits
        self.direction: Any = direction
        self.names = [name(node) for node in graph]
        self.place = {node: i for i, node in enumerate(graph)}
        self.edge_place: dict[tuple[Any, Any, Any], int] = {}
        self.plain = len(self.names) > TYPESET
        self.letters = frozenset(found[1] for one in self.names if (found := SINGLE.match(one)))

    def nodes(self) -> Iterator[Node]:
        evaluated = any("value" in data for data in self.graph._node.values())
        for (node, data), shown in zip(self.graph.nodes(data=True), self.names, strict=True):
            value = data.get("value")
            made = definition(self.graph, node) if data.get("primitive") is not None else None
            how = shown if made is None else f"{shown} = {self.written(made)}"
            number = "" if value is None or isinstance(value, Expression) else self.shown(value)
            yield Node(shown, self.line(how), number, evaluated and "value" not in data, heat(value))

    def edges(self) -> Iterator[Edge]:
        graph, place = self.graph, self.place
        for tail, head, key, data in graph.edges(keys=True, data=True):
            self.edge_place[tail, head, key] = len(self.edge_place)
            partial = data.get("partial", "undefined" if "undefined" in data else None)
            symbols = self.symbols(tail, head, key, partial)
            number = "" if partial is None or isinstance(partial, Expression) else self.shown(partial)
            if isinstance(partial, LinearMap) and number == symbols:
                number = ""
            bold = (tail, head, key) in self.bold
            yield Edge(place[tail], place[head], self.line(symbols), number, False, bold)
        for head, data in graph.nodes(data=True):
            for position, argument in enumerate(data.get("arguments") or ()):
                if type(argument) is str and argument in place and (argument, head, position) not in self.edge_place:
                    yield Edge(place[argument], place[head], ("",), "", True)

    def sweep(self, seed: Any, steps: Iterable[Step]) -> Sweep:
        reverse, short = self.direction == "reverse", [_short(one) for one in self.names]
        top = short[self.place[seed]]
        named = "{0} → {1}" if self.semiring else "∂{1}/∂{0}"
        labels = [self.line(named.format(*((one, top) if reverse else (top, one)))) for one in short]
        nothing: Runs = ("",)
        totals, turns = [nothing] * len(labels), [0] * len(labels)
        terms, edge_turns = [nothing] * len(self.edge_place), [0] * len(self.edge_place)
        opening = _OTHERWISE if self.semiring else _OPENING
        captions = [Caption(self.prose(opening.format(top, self.semiring)), ("",))]
        played: list[Turn] = []
        heats: dict[int, Heat] = {}
        flows: dict[int, float] = {}
        multiplications = additions = 0
        for turn, step in enumerate(steps, 1):
            place = self.place[step.node]
            turns[place], totals[place] = turn, self.line(self.shown(step.total))
            if (shown := heat(step.total)) is not None:
                heats[place] = shown
            for term in step.terms:
                edge = self.edge_place[term.tail, term.head, term.key]
                edge_turns[edge], terms[edge] = turn, self.line(self.term(term.product))
                if is_number(term.product) and abs(term.product) < LARGEST:
                    flows[edge] = float(term.product)
            multiplications += len(step.terms)
            additions += max(0, len(step.terms) - (step.node != seed))
            along = tuple([self.edge_place[term.tail, term.head, term.key] for term in step.terms])
            known = float(step.total) if is_number(step.total) and abs(step.total) < LARGEST else None
            if self.semiring:
                captions.append(Caption(self.prose(f"{joined(labels[place])}: {self.combined(step)}"), ("",)))
                played.append(Turn(place, along, "", known, multiplications, additions))
                continue
            symbols, numbers = step_parts(step, self.direction, seed, self.graph, self.digits)
            reason = step_reason(step, self.direction, seed=seed, graph=self.graph)
            captions.append(Caption(self.prose(symbols + numbers), self.prose(reason)))
            played.append(Turn(place, along, joined(self.prose(numbers)), known, multiplications, additions))
        heading = f"{'Reverse' if reverse else 'Forward'} sweep from {top}{self.semiring and f', {self.semiring}'}"
        return Sweep(
            top, heading, tuple(labels), tuple(totals), tuple(turns), tuple(terms), tuple(edge_turns), tuple(captions),
            tuple(played), heats, flows,
        )  # fmt: skip

    def term(self, product: Any) -> str:
        shown = self.shown(product)
        return shown if self.semiring or not is_number(product) or shown.startswith("−") else f"+{shown}"

    def combined(self, step: Step) -> str:
        """What a step makes of its terms, in words that suit any semiring."""
        total = self.shown(step.total)
        if not step.terms:
            return total
        others = [term.head if term.tail == step.node else term.tail for term in step.terms[:_MOST]]
        products = [self.shown(term.product) for term in step.terms[:_MOST]]
        ways = [f"{product} by {self.names[self.place[by]]}" for product, by in zip(products, others, strict=True)]
        if len(step.terms) > _MOST:
            ways.append(f"… ({len(step.terms) - _MOST} more)")
        return ", ".join(ways) + (f". {self.semiring} of these is {total}." if len(ways) > 1 else ".")

    def symbols(self, tail: Any, head: Any, key: Any, partial: Any) -> str:
        """A partial in symbols, its literals rounded; nothing where it is a number, or a rule knows only numbers."""
        made = partial
        if self.graph.nodes[head].get("primitive") is not None:
            with suppress(TypeError):  # from a primitive of the user's own, written with math.cos
                made = formula(self.graph, tail, head, key)
        if isinstance(made, LinearMap):
            return self.shown(made)
        return _LONG.sub(self.rounded, self.written(made)) if isinstance(made, Expression) else ""

    def written(self, value: Any) -> str:
        return "" if value is None else text(value, limit=40, pretty=True)

    def rounded(self, found: re.Match[str]) -> str:
        return number(float(found[0]), self.digits)

    def shown(self, value: Any) -> str:
        """A number, or the beginning of what is longer than one."""
        if isinstance(value, np.ndarray) and value.ndim and value.size > FEW:
            return summary(value, self.digits)
        words = text(value, limit=16, pretty=True) if isinstance(value, Expression) else element(value, self.digits)
        if isinstance(value, LinearMap) and len(words) > WIDEST and not has_expressions(value):
            return arrow(value)
        return words if len(words) <= LONGEST else words[: LONGEST - 1] + "…"

    def line(self, symbols: str) -> Runs:
        return typeset(symbols, None) if not self.plain else (clean(symbols),)

    def prose(self, words: str) -> Runs:
        """A sentence that is broken before a relation or an addition, and nowhere else in a formula."""
        for sign in "·=≈+":
            words = words.replace(f" {sign} ", f"{' ' if sign != '·' else NBSP}{sign}{NBSP}")
        return typeset(words, self.letters) if not self.plain else (clean(words),)


_OPENING = "Values and partials are known, derivatives are not. The sweep starts at {}."
_OTHERWISE = "Labels are known, and {1} says how they multiply along a path and add up. The sweep starts at {0}."

#: Terms of a step that are written out, where they are no derivatives.
_MOST = 6


def _short(shown: str) -> str:
    """A name as it stands in a derivative, where two of them have to fit."""
    return shown if len(shown) <= 26 else f"{shown[:15]}…{shown[-10:]}"

r"""A frame as DOT text with full labels, for people who want to edit or re-style it with Graphviz themselves.

Pure text: nothing is run, and nothing is laid out. Nodes are ``n0, n1, …``, so that no name can be taken for a port, a
keyword or markup; what people wrote stands in labels only, and every label goes through `quoted`.

>>> print(quoted('say "hi" \\ <b>'))
"say \"hi\" \\ <b>"
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from compgraph.render.cells import UNKNOWN
from compgraph.render.runs import NBSP, clean, joined
from compgraph.render.script import Life, Moment, Script, state
from compgraph.render.style import THEMES

if TYPE_CHECKING:
    import graphviz

__all__ = ["digraph", "quoted", "solution_digraph", "source"]

_GRAPH = {"rankdir": "LR", "nodesep": "0.3", "ranksep": "0.5"}
_NODE = {"shape": "box", "style": "rounded", "fontname": "serif"}
_EDGE = {"fontname": "serif", "fontsize": "12"}

#: What would be read as a character reference, as &amp; is.
_REFERENCE = re.compile(r"&(?=#?\w+;)")


def source(script: Script, moment: Moment | None = None) -> str:
    """The graph at a moment as DOT text.

    Examples
    --------
    >>> import networkx as nx
    >>> from compgraph.render.script import script
    >>> print(source(script(nx.MultiDiGraph([("x", "y", {"partial": 3.0})]))))
    digraph {
    graph [rankdir="LR" nodesep="0.3" ranksep="0.5"]
    node [shape="box" style="rounded" fontname="serif"]
    edge [fontname="serif" fontsize="12"]
    n0 [label="x"]
    n1 [label="y"]
    n0 -> n1 [label="3"]
    }
    <BLANKLINE>
    """
    lines = ["digraph {"]
    for kind, common in (("graph", _GRAPH), ("node", _NODE), ("edge", _EDGE)):
        lines.append(f"{kind} {_attributes(common)}")
    lines += [f"n{i} {_attributes(row)}" for i, row in enumerate(_nodes(script, moment))]
    lines += [f"n{tail} -> n{head} {_attributes(row)}" for tail, head, row in _edges(script, moment)]
    return "\n".join([*lines, "}", ""])


def digraph(script: Script, moment: Moment | None = None) -> graphviz.Digraph:
    """The same as a `graphviz.Digraph` (package ``graphviz``), which can be changed, rendered and saved."""
    import graphviz

    drawn = graphviz.Digraph(graph_attr=_GRAPH, node_attr=_NODE, edge_attr=_EDGE)
    for i, row in enumerate(_nodes(script, moment)):
        drawn.node(f"n{i}", **{key: _literal(value) for key, value in row.items()})
    for tail, head, row in _edges(script, moment):
        drawn.edge(f"n{tail}", f"n{head}", **{key: _literal(value) for key, value in row.items()})
    return drawn


def solution_digraph(solution: Any, step: int | None = None, **options: Any) -> graphviz.Digraph:
    """A solution after `step` steps, or with all of them done. Options are those of `compgraph.render.film.film`."""
    return solution.film(**options).to_graphviz(step)


def quoted(words: str) -> str:
    r"""Text as one quoted DOT string that shows exactly this text, on one line.

    Examples
    --------
    >>> print(quoted("\\N &amp; <i>"))
    "\\N &amp;amp; <i>"
    """
    return '"' + _escaped(words).replace('"', '\\"') + '"'


def _escaped(words: str) -> str:
    """Backslashes would begin an escape (``\\N`` is the name of the node), references would be resolved."""
    return _REFERENCE.sub("&amp;", clean(words).replace(NBSP, " ").replace("\\", "\\\\"))


def _label(lines: list[str]) -> str:
    return "\\n".join(map(_escaped, lines))


def _literal(value: str) -> str:
    from graphviz import nohtml

    literal: str = nohtml(value)  # the package would take a label in angle brackets for markup
    return literal


def _attributes(row: dict[str, str]) -> str:
    pairs = " ".join(f'{key}="{value.replace(chr(34), chr(92) + chr(34))}"' for key, value in row.items())
    return f"[{pairs}]"


def _nodes(script: Script, moment: Moment | None) -> Iterator[dict[str, str]]:
    for i, node in enumerate(script.nodes):
        lines = [joined(node.how)] + [f"= {node.value}"] * bool(node.value)
        look = {"style": "rounded,dotted"} if node.faint else {}
        if moment is not None:
            sweep = script.sweeps[moment.sweep]
            is_at = state(sweep.turns[i], moment.turn)
            if any(sweep.labels[i]):
                total = UNKNOWN if is_at == "todo" else joined(sweep.totals[i])
                lines.append(f"{joined(sweep.labels[i])} = {total}")
            look = _CARDS[is_at]
        yield {"label": _label(lines), **look}


def _edges(script: Script, moment: Moment | None) -> Iterator[tuple[int, int, dict[str, str]]]:
    for i, edge in enumerate(script.edges):
        lines = [line for line in (joined(edge.formula), edge.number) if line]
        look = {"style": "dotted"} if edge.silent else {}
        if moment is not None and not edge.silent:
            sweep = script.sweeps[moment.sweep]
            turn = sweep.edge_turns[i]
            is_at = state(turn, moment.turn)
            if is_at == "off":
                continue
            lines += [joined(sweep.terms[i])] * (is_at == "now" or isinstance(turn, Life))
            look = _LINES[is_at]
        if edge.bold:
            look = {**look, "penwidth": "5"}
        yield edge.tail, edge.head, {"label": _label(lines), **look}


_LIGHT = THEMES["light"]
_CARDS = {
    "todo": {"color": _LIGHT.rule, "style": "rounded,dashed"},
    "now": {"color": _LIGHT.now, "style": "rounded,filled", "fillcolor": _LIGHT.now_fill, "penwidth": "3"},
    "done": {"color": _LIGHT.done, "style": "rounded,filled", "fillcolor": _LIGHT.done_fill},
    "used": {"color": _LIGHT.now, "style": "rounded", "penwidth": "3"},
    "off": {"color": _LIGHT.rule, "fontcolor": _LIGHT.rule, "style": "rounded,dotted"},
}
_LINES = {
    "todo": {"color": _LIGHT.rule},
    "now": {"color": _LIGHT.now, "penwidth": "3"},
    "done": {"color": _LIGHT.done},
    "used": {"color": _LIGHT.now, "style": "dashed"},
}

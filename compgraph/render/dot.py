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
from compgraph.render.script import NBSP, Moment, Script, clean, joined, state
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
    r"""Lines, already escaped, in one label; ``\n`` is Graphviz's own."""
    return "\\n".join(lines)


def _literal(value: str) -> str:
    import graphviz

    # a subclass of str that the package does not take for HTML, however it begins and ends
    return graphviz.quoting.NoHtml(value)


def _attributes(row: dict[str, str]) -> str:
    pairs = " ".join(f'{key}="{value.replace(chr(34), chr(92) + chr(34))}"' for key, value in row.items())
    return f"[{pairs}]"


def _nodes(script: Script, moment: Moment | None) -> Iterator[dict[str, str]]:
    sweep = None if moment is None else script.sweeps[moment.sweep]
    colours = THEMES["light"]
    for i, node in enumerate(script.nodes):
        lines = [joined(node.how)] + [f"= {node.value}"] * bool(node.value)
        row: dict[str, str] = {}
        if sweep is not None and moment is not None:
            now = state(sweep.turns[i], moment.turn)
            total = UNKNOWN if now == "todo" else joined(sweep.totals[i])
            lines.append(f"{joined(sweep.labels[i])} = {total}")
            if now == "done":
                row = {"color": colours.done, "style": "rounded,filled", "fillcolor": colours.done_fill}
            elif now == "now":
                row = {"color": colours.now, "style": "rounded,filled", "fillcolor": colours.now_fill, "penwidth": "3"}
            else:
                row = {"color": colours.rule, "style": "rounded,dashed"}
        elif node.faint:
            row = {"color": colours.rule, "style": "rounded,dotted"}
        yield {"label": _label([_escaped(line) for line in lines]), **row}


def _edges(script: Script, moment: Moment | None) -> Iterator[tuple[int, int, dict[str, str]]]:
    sweep = None if moment is None else script.sweeps[moment.sweep]
    colours = THEMES["light"]
    for i, edge in enumerate(script.edges):
        if edge.silent:
            yield edge.tail, edge.head, {"style": "dotted", "color": colours.rule}
            continue
        lines = [line for line in (joined(edge.formula), edge.number) if line]
        row: dict[str, str] = {}
        if sweep is not None and moment is not None:
            now = state(sweep.edge_turns[i], moment.turn)
            if now == "now":
                lines.append(joined(sweep.terms[i]))
                row = {"color": colours.now, "penwidth": "3"}
            elif now == "done":
                row = {"color": colours.done}
        yield edge.tail, edge.head, {"label": _label([_escaped(line) for line in lines]), **row}

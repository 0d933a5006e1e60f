"""A page to find one's way in a large graph: pan, zoom, search, fold, and step through a sweep.

The page holds numbers and names, and lays out what is shown of them itself, so that scopes can be folded there. For
each scope the edges into what is left of it are worked out here: whatever else is folded, they stay the same.
"""

from __future__ import annotations

import base64
import functools
import json
import os
from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any, NamedTuple

import networkx as nx

from compgraph.files import write
from compgraph.levels import among
from compgraph.propagation import node_order
from compgraph.render import font
from compgraph.render.page import DARK, _hash, _variables, iframe
from compgraph.render.runs import clean, joined
from compgraph.render.script import TYPESET, Writer
from compgraph.render.style import FAMILY, MARKS, THEMES, theme_named
from compgraph.render.svg import safe
from compgraph.selection import grouped, inner_nodes, scopes

if TYPE_CHECKING:
    from compgraph.solution import Solution

__all__ = ["MOST", "Explorer"]

#: Nodes that are shown at once: more are neither fast nor of use to anybody.
MOST = 2000

#: Nodes of a graph that begins with its scopes folded, and that a page may hold at all.
OPEN, HELD = 200, 20_000

#: Totals of all sweeps together.
TOTALS = 100_000


class Scope(NamedTuple):
    """A group of nodes that can be folded: its name, the scope around it, its inner nodes, and what it folds into.

    `edges` are (tail, head, label) into the nodes that are left of it.
    """

    name: str
    parent: int
    members: list[Any]
    inner: list[Any]
    edges: list[tuple[Any, Any, Any]]


class Explorer:
    """A solution as a page that stands alone, for graphs of up to 2 000 nodes at once.

    Parameters
    ----------
    solution : Solution
    groups : mapping of name to nodes, or names of scopes, optional
        What can be folded; left out, all scopes that names speak of.
    title : str, optional
    theme : {"light", "dark", "print"}, optional
        Left out: as the viewer prefers.
    digits : int
        Significant digits of rounded numbers.

    Raises
    ------
    ValueError
        More nodes than can be shown, even with everything folded.

    Examples
    --------
    >>> import compgraph as cg
    >>> cg.solve("t = x^2; J = sin(t) + t", {"x": 2}).explore()
    Explorer: Derivatives of J, 4 nodes
    """

    def __init__(
        self,
        solution: Solution,
        groups: Any = None,
        *,
        title: str | None = None,
        theme: str | None = None,
        digits: int = 4,
    ) -> None:
        if theme is not None:
            theme_named(theme)
        self.solution, self.theme = solution, theme
        graph = solution.graph
        self.scopes = _scopes(solution, groups)
        self.folded = len(graph) > OPEN and bool(self.scopes)
        hidden = {node for scope in self.scopes for node in scope.inner} if self.folded else set()
        shown = len(graph) - len(hidden)
        if shown > MOST or len(graph) > HELD:
            raise ValueError(_too_many(solution, shown, bool(hidden)))
        if len(graph) * len(solution.seeds) > TOTALS:
            raise ValueError(
                f"{len(solution.seeds)} sweeps over {len(graph)} nodes are too much for a page: expected at most "
                f"{TOTALS // len(graph)} sweeps. Take one: s.sweep({solution.seeds[0]!r}).explore()."
            )
        direction: Any = solution.direction
        self.writer = Writer(graph, direction, digits, frozenset(), "" if solution.derives else str(solution.semiring))
        seeds = ", ".join(solution.seeds[:6]) + (", …" if len(solution.seeds) > 6 else "")
        of, to = ("of", "to") if direction == "reverse" else ("with respect to", "from")
        self.title = title or (f"Derivatives {of} {seeds}" if solution.derives else f"{solution.semiring} {to} {seeds}")

    def html(self) -> str:
        """The page, which needs nothing else: no network, no font, no file beside it."""
        data = clean(_json(self._data()))
        rules = Template(_file("explorer.css")).substitute(family=FAMILY)
        style = font.faces(self.title + data) + _themes() + rules.replace("\n", "")
        script = '(() => {\n"use strict";\n' + "".join(map(_file, SCRIPTS)) + "})();"
        policy = (
            "default-src 'none'; base-uri 'none'; form-action 'none'; font-src data:; "
            f"style-src '{_hash(style)}'; script-src '{_hash(script)}'"
        )
        return Template(_file("explorer.html")).substitute(
            theme=f' data-theme="{self.theme}"' if self.theme else "",
            policy=escape(policy),
            title=safe(self.title),
            style=style,
            nodes=len(self.solution.graph),
            data=data,
            script=script,
        )

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the page to a file, whole or not at all."""
        if (path := Path(path)).suffix.lower() not in (".html", ".htm"):
            raise ValueError(f"an explorer is a page: expected a name such as graph.html, got {path.name!r:.40}.")
        return write(path, self.html())

    def _data(self) -> dict[str, Any]:
        """What the page knows: nodes in evaluation order, and everything else by their numbers."""
        graph, writer, solution = self.solution.graph, self.writer, self.solution
        order = node_order(graph)
        place = {node: i for i, node in enumerate(order)}
        told = dict(zip(graph, writer.nodes(), strict=True))
        scope, inner = dict.fromkeys(order, -1), dict.fromkeys(order, -1)
        for k, one in enumerate(self.scopes):  # inner scopes come last and have the last word
            scope.update(dict.fromkeys(one.members, k))
            inner.update(dict.fromkeys(one.inner, k))
        nodes = [
            (told[n].name, joined(told[n].how), told[n].value, int(told[n].faint), scope[n], inner[n], str(n))
            for n in order
        ]
        edges = [(place[tail], place[head], self._label(label)) for tail, head, label in graph.edges(data="partial")]
        folds = [
            (one.name, one.parent, [(place[tail], place[head], self._label(label)) for tail, head, label in one.edges])
            for one in self.scopes
        ]
        sweeps = []
        for seed in solution.seeds:
            steps = list(solution.sweep(seed).steps)
            sweeps.append(
                {
                    "seed": place[seed],
                    "order": [place[step.node] for step in steps],
                    "totals": [writer.shown(step.total) for step in steps],
                    "reached": [int(bool(step.terms) or step.node == seed) for step in steps],
                }
            )
        return {
            "direction": solution.direction,
            "derives": solution.derives,
            "plain": len(graph) > TYPESET,
            "marks": MARKS,
            "most": MOST,
            "folded": self.folded,
            "nodes": nodes,
            "edges": edges,
            "scopes": folds,
            "sweeps": sweeps,
        }

    def _label(self, label: Any) -> str:
        return "" if label is None else clean(self.writer.shown(label))

    # -- notebooks

    def __repr__(self) -> str:
        return f"Explorer: {self.title}, {len(self.solution.graph)} nodes"

    def _repr_html_(self) -> str:
        words = f'<text y="30">{safe(repr(self))}</text>'
        words = f'<svg xmlns="http://www.w3.org/2000/svg" width="720" height="60">{words}</svg>'
        picture = f"data:image/svg+xml;base64,{base64.b64encode(words.encode()).decode('ascii')}"
        return iframe(self.html(), picture, width=1200, height=760, label=self.title)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/html": self._repr_html_(), "text/plain": repr(self)}


def _too_many(solution: Solution, shown: int, folded: bool) -> str:
    nodes = f"{shown} of them with all scopes folded" if folded else "nothing to fold"
    ways = ["s.statements.explore()"] if "operations" not in solution.graph.graph else []
    ways += ["s.folded({'layer1': [nodes]}).explore()", f"s.around({solution.seeds[0]!r}, depth=3).explore()"]
    return (
        f"a graph of {len(solution.graph)} nodes ({nodes}) is too large to look at: expected at most {MOST} at once, "
        f"and {HELD} in all. Name what belongs together (layer1.z), or show less: {', '.join(ways)}."
    )


def _scopes(solution: Solution, groups: Any) -> list[Scope]:
    """The scopes, outer ones first, each with what it folds into."""
    graph = solution.graph
    found: Mapping[Any, list[Any]] = scopes(graph) if groups is None else grouped(graph, groups)
    order = {node: i for i, node in enumerate(node_order(graph))}
    listed: list[Scope] = []
    place: dict[str, int] = {}
    owner: dict[Any, int] = {}
    for name, within in inner_nodes(graph, found).items():
        inner = [node for node in within if node not in solution.outputs]
        if not inner:
            continue
        parent = max((k for one, k in place.items() if str(name).startswith((f"{one}.", f"{one}/"))), default=-1)
        for node in found[name]:
            if owner.get(node, -1) not in (-1, parent):
                raise ValueError(
                    f"{node} is in the group {name} and in {listed[owner[node]].name}: expected groups apart, or one "
                    "in the other by its name, as net.layer1 is in net. Take it out of one."
                )
            owner[node] = len(listed)
        place[str(name)] = len(listed)
        part, hidden = _part(graph, found[name], order), set(inner)
        edges = list(among(part, [node for node in part if node not in hidden]).edges(data="partial"))
        listed.append(Scope(str(name), parent, found[name], inner, edges))
    return listed


def _part(graph: nx.MultiDiGraph, group: Iterable[Any], order: Mapping[Any, int]) -> nx.MultiDiGraph:
    """A group, and what its nodes are made from: the bare edges that lead into it."""
    part: nx.MultiDiGraph = nx.MultiDiGraph()
    group = list(group)
    part.add_nodes_from(
        sorted({*group, *(tail for node in group for tail in graph._pred[node])}, key=order.__getitem__)
    )
    for head in group:
        for tail, parallel in graph._pred[head].items():
            part.add_edges_from((tail, head, key, data) for key, data in parallel.items())
    return part


def _themes() -> str:
    """The colours as variables, light or dark as the viewer prefers, or as the page says."""
    light, dark, printed = (_variables(THEMES[name]) for name in ("light", "dark", "print"))
    return (
        f":root{{color-scheme:light;--page:#f4f3ef;--edge:#e3e1da;{light}}}"
        f":root[data-theme=print]{{--page:#fff;{printed}}}"
        f":root[data-theme=dark]{{{DARK}{dark}}}"
        f"@media (prefers-color-scheme:dark){{:root:not([data-theme]){{{DARK}{dark}}}}}"
    )


def _json(data: Any) -> str:
    """JSON in which nothing can end the element that holds it."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


#: What the script of the page is put together from.
SCRIPTS = ("graph.js", "layers.js", "canvas.js", "explorer.js")


@functools.cache
def _file(name: str) -> str:
    return (Path(__file__).parent / "explorer" / name).read_text(encoding="utf-8")

"""Programs as JavaScript: a function to take along, and the labels of a graph at any point, for a page with sliders."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import networkx as nx

from compgraph.expression import VARIABLE, Expression, Variable
from compgraph.functions import WHERE
from compgraph.levels import statements
from compgraph.listing.definitions import steps
from compgraph.listing.forms import LIBRARIES, Library, Piece
from compgraph.listing.guards import NEVER
from compgraph.listing.identifiers import Identifiers
from compgraph.listing.listed import Listed
from compgraph.listing.source import Writer

if TYPE_CHECKING:
    from compgraph.listing.assignments import Program

__all__ = ["labels", "module"]

#: Words that are not to be names.
_WORDS = """
arguments await break case catch const continue debugger default delete do enum eval export extends function implements
instanceof interface let new null package private protected public static super switch this throw typeof undefined var
void Infinity Math NaN
"""


def module(program: Program, name: str) -> str:
    """The program as a JavaScript function `name`, and above it what JavaScript lacks."""
    if re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", name) is None or name in _WORDS.split():
        raise ValueError(f"name: expected a JavaScript identifier, got {name!r:.40}. Write name='f'.")
    writer = _Writer()
    return writer.whole(writer.function(program, name))


def labels(graph: nx.MultiDiGraph, name: str = "labels") -> str:
    """A JavaScript function of the inputs that labels a graph anew: ``[values, partials, branches]``.

    Parameters
    ----------
    graph : networkx.MultiDiGraph
        Linearized, or a graph of statements. Values come in the order of its nodes, partials in that of its edges. A
        value that a branch does not need is ``undefined``; `branches` says which were taken, because where others are
        the graph has other edges.
    name : str

    Raises
    ------
    ValueError
        A graph made by hand, a primitive that JavaScript does not have, or a statement too long for a line.

    Examples
    --------
    >>> from compgraph.graph import trace
    >>> from compgraph.linearization import linearize
    >>> x = Variable("x")
    >>> print(labels(linearize(trace({"t": x * x}), {"x": 3})))
    function labels(x) {
      const t = x * x;
      return [
        [x, t],
        [x, x],
        [],
      ];
    }
    <BLANKLINE>
    """
    if not all("primitive" in data for data in graph._node.values()):
        raise ValueError("a graph made by hand has no program: expected one made by trace or solve.")
    writer = _Writer()
    text = writer.whole(writer.labels(graph, name))
    if writer.foreign:
        known = next(iter(writer.foreign.values()))
        raise ValueError(f"{known}: expected a primitive that JavaScript has. Leave it out of what is shown in a page.")
    return text


class _Writer(Writer):
    """Writes JavaScript: functions are its own, expressions those of every library."""

    def __init__(self, library: Library = LIBRARIES["javascript"]) -> None:
        super().__init__(library)
        self.names = Identifiers(_WORDS.split())

    def whole(self, lines: Iterator[str]) -> str:
        """A function, below those that it needs."""
        function = "\n".join(lines) + "\n"
        note = f"// of your own, to be defined: {', '.join(self.foreign.values())}\n" if self.foreign else ""
        return "".join([note, *dict.fromkeys(self.needed.values()), function])

    def together(self, parts: list[str]) -> str:
        return f"[{', '.join(parts)}]"

    def function(self, program: Program, name: str) -> Iterator[str]:
        """The lines of the function of a program."""
        again = {a.name for a in program.assignments if a.adds}
        guarded = {a.name: None for a in program.assignments if a.guard is not None and not a.adds}
        yield f"function {name}({', '.join([self.names[key] for key in program.inputs])}) {{"
        if guarded:
            yield f"  let {', '.join([self.names[key] for key in guarded])};"
        for number, block in enumerate(program.blocks()):
            if number:
                yield ""
            for a in block:
                declared = "" if a.adds or a.name in guarded else "let " if a.name in again else "const "
                when = "" if a.guard is None else f"if ({self.guard(a.guard).text}) "
                yield f"  {when}{declared}{self.line(a, program)};"
        results = self.results(program)
        yield f"  return {results[0] if len(results) == 1 else self.together(results)};"
        yield "}"

    def labels(self, graph: nx.MultiDiGraph, name: str) -> Iterator[str]:
        """The lines of a function that labels a graph."""
        fine = graph.graph.get("operations", graph)
        inputs = [key for key, data in fine.nodes(data=True) if data["primitive"] is VARIABLE]
        listing = Listed(fine, fine.graph.get("outputs", ()), inputs)
        yield f"function {name}({', '.join([self.names[key] for key in inputs])}) {{"
        for a in listing.values():
            value = self.expression(a.terms[0][0], {}) if isinstance(a.terms[0][0], Expression) else None
            text = self.library.number(a.terms[0][0]).text if value is None else value.text
            if a.guard is None:
                yield f"  const {self.names[a.name]} = {text};"
            else:
                yield f"  const {self.names[a.name]} = {self.guard(a.guard).text} ? {text} : undefined;"
        partials = list(_partials(fine))
        if fine is not graph:
            yield from (f"  const {self.names[_key(k)]} = {self._number(p)};" for k, p in enumerate(partials))
            partials = _combined(fine, graph)
        never = {key for key in fine if listing.needed(key) == NEVER}
        values = ["undefined" if key in never else self.names[key] for key in graph]
        branches = [
            f"!!{self.names[data['arguments'][0]]}"
            for key, data in fine.nodes(data=True)
            if data["primitive"] is WHERE and type(data["arguments"][0]) is str and key not in never
        ]
        yield "  return ["
        for row in (values, [self._number(p) for p in partials], branches):
            yield f"    {self.together(row)},"
        yield "  ];"
        yield "}"

    def _number(self, value: Any) -> str:
        return self.expression(value, {}).text if isinstance(value, Expression) else self.library.number(value).text

    def definition(self, function: str, parameters: list[Expression], whole: Expression) -> str:
        known: dict[Expression, Piece] = {}
        lines = [f"function {function}({', '.join([self.names[p.name] for p in parameters])}) {{"]
        for part in steps(whole):
            text = self.expression(part, known).text
            if part is whole:
                lines.append(f"  return {text};")
            else:
                known[part] = Piece(self.names[part.name])
                lines.append(f"  const {known[part].text} = {text};")
        return "\n".join([*lines, "}", ""])


def _key(edge: int) -> str:
    """The name of an edge's partial, which no node has."""
    return f"\0p{edge}"


def _partials(fine: nx.MultiDiGraph) -> Iterator[Any]:
    """The partial of each edge in the names of the nodes, in its stable form."""
    variables = {key: Variable(key) for key in fine}
    for _, head, position in fine.edges(keys=True):
        primitive, arguments = fine._node[head]["primitive"], fine._node[head]["arguments"]
        rule = 1 if primitive is WHERE else primitive.partials[position]
        operands = [variables[a] if type(a) is str else a for a in arguments]
        yield rule(variables[head], *operands) if callable(rule) else rule


def _combined(fine: nx.MultiDiGraph, coarse: nx.MultiDiGraph) -> list[Any]:
    """The partial of each statement in the partials of its operations: statements of a graph labelled by names."""
    named = fine.copy()
    for k, (_, _, data) in enumerate(named.edges(data=True)):
        data.clear()
        data["partial"] = Variable(_key(k))
    found = statements(named)
    return [found.edges[edge]["partial"] for edge in coarse.edges(keys=True)]

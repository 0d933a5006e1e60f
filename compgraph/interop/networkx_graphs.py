"""Graphs and Solutions as one plain document, the node-link form of networkx, and back."""

from __future__ import annotations

import itertools
import operator
from collections import deque
from collections.abc import Iterator, Mapping
from fractions import Fraction
from graphlib import CycleError, TopologicalSorter
from typing import Any

import networkx as nx

from compgraph.expression import VARIABLE, Primitive
from compgraph.graph import Graph, _fill
from compgraph.interop.networkx_values import SCHEMA, Reader, Writer, a_list, broken
from compgraph.propagation import expect_multigraph
from compgraph.semiring import (
    BOOLEAN,
    COUNT,
    ENTROPY,
    FREE,
    LONGEST,
    MATRIX,
    MAX_PRODUCT,
    REAL,
    SHORTEST,
    SIGN_LOG,
    SIGNED_TOP,
    Semiring,
)
from compgraph.solution import Solution, _over
from compgraph.symbols import EXPRESSION

__all__ = ["document", "restored"]

Document = dict[str, Any]
Functions = Mapping[str, Primitive] | None

_NAMED = (
    BOOLEAN, COUNT, ENTROPY, EXPRESSION, FREE, LONGEST, MATRIX, MAX_PRODUCT, REAL, SHORTEST, SIGNED_TOP, SIGN_LOG,
)  # fmt: skip
#: REAL comes in two more kinds, whose 0 and 1 are the numbers that a run computes with.
_SEMIRINGS: dict[str, Semiring] = {
    **{one.name: one for one in _NAMED},
    "REAL(float)": _over(float),
    "REAL(Fraction)": _over(Fraction),
}


# -- to a document


def document(saved: nx.MultiDiGraph | Solution, functions: Functions = None) -> Document:
    """A graph or a Solution as plain data.

    Raises
    ------
    TypeError
        It is neither.
    ValueError
        Something of it cannot be kept: a function of one's own that is not among `functions`, a linear map, …
    """
    if not isinstance(saved, Solution):
        return _document(saved, functions)
    found: Document = {"schema": SCHEMA, "solution": _question(saved)}
    return found | _document(saved.graph, functions)


def _document(graph: nx.MultiDiGraph, functions: Functions) -> Document:
    expect_multigraph(graph)
    _check(graph)
    writer = Writer(functions)
    attributes = {k: v for k, v in graph.graph.items() if k not in ("operations", "statements")}
    nodes = [
        {"id": writer.key(node, f"node {node!r:.40}"), **_written(writer, data, f"node {node!r:.40}", {"id"})}
        for node, data in graph.nodes(data=True)
    ]
    edges = []
    for tail, head, key, data in _edges(graph):
        where = f"edge {tail!r:.40} → {head!r:.40}"
        ends = {"source": writer.key(tail, where), "target": writer.key(head, where), "key": writer.key(key, where)}
        edges.append({**ends, **_written(writer, data, where, ends)})
    plain: Document = {"schema": SCHEMA, "directed": True, "multigraph": True}
    plain["graph"] = _written(writer, attributes, "graph", ())
    if "operations" in graph.graph:  # a graph of statements keeps what it was made from
        plain["operations"] = _document(graph.graph["operations"], functions)
    if writer.functions:
        plain["functions"] = list(writer.functions)
    if writer.listing:
        plain["listing"] = writer.listing
    return plain | {"nodes": nodes, "edges": edges}


def _written(writer: Writer, attributes: Mapping[Any, Any], where: str, reserved: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in attributes.items():
        if not isinstance(name, str) or name in reserved:
            raise ValueError(f"{where}: the attribute {name!r:.40} cannot be saved. Give it another name.")
        if name == "primitive":
            found[name] = writer.primitive(value, where)
        elif name == "arguments":
            found[name] = writer.arguments(value, where)
        else:
            found[name] = writer.value(value, f"{where}, {name}")
    return found


def _edges(graph: nx.MultiDiGraph) -> Iterator[tuple[Any, Any, Any, dict[str, Any]]]:
    """The edges in an order that, added in turn, gives both ends their neighbours in the order that they have.

    Terms are added up in that order, and sums of floats depend on it.
    """
    after: dict[tuple[Any, Any], list[tuple[Any, Any]]] = {}
    waiting: dict[tuple[Any, Any], int] = {}
    for tail, heads in graph._succ.items():
        pairs = [(tail, head) for head in heads]
        waiting.update(dict.fromkeys(pairs, 0))
        for first, second in itertools.pairwise(pairs):
            after.setdefault(first, []).append(second)
            waiting[second] += 1
    for head, tails in graph._pred.items():
        pairs = [(tail, head) for tail in tails]
        for first, second in itertools.pairwise(pairs):
            after.setdefault(first, []).append(second)
            waiting[second] += 1
    ready = deque(pair for pair, count in waiting.items() if count == 0)
    done = 0
    while ready:
        tail, head = pair = ready.popleft()
        done += 1
        yield from ((tail, head, key, data) for key, data in graph._succ[tail][head].items())
        for other in after.get(pair, ()):
            waiting[other] -= 1
            if waiting[other] == 0:
                ready.append(other)
    if done < len(waiting):
        raise ValueError("the edges have no common order: expected a graph as networkx makes it. Save graph.copy().")


def _question(solution: Solution) -> dict[str, Any]:
    """What a Solution asks of its graph: the answers follow from it, and are not written down."""
    asked, functions = solution.semiring, operator.itemgetter(1, 2, 5, 6)
    name = next(
        (
            name
            for name, one in _SEMIRINGS.items()
            if functions(one) == functions(asked) and type(one.zero) is type(asked.zero)
        ),
        None,
    )
    if name is None:
        raise ValueError(
            f"a Solution over {asked} cannot be saved: expected one of {', '.join(_SEMIRINGS)}. "
            "Save the one it came from, and ask .over(…) of it once it is loaded."
        )
    return {
        "direction": solution.direction,
        "outputs": list(solution.outputs),
        "inputs": list(solution.inputs),
        "semiring": name,
        "limited": bool(solution.limited),
    }


# -- and back


def restored(plain: Any, functions: Functions = None) -> Graph | Solution:
    """The graph or the Solution that a document describes.

    Raises
    ------
    ValueError
        The document is malformed in whatever way.
    """
    graph = _graph(plain, functions)
    return graph if plain.get("solution") is None else _solution(graph, plain["solution"])


def _graph(plain: Any, functions: Functions, *, inner: bool = False) -> Graph:
    if not isinstance(plain, dict) or plain.get("schema") != SCHEMA:
        raise broken("schema", SCHEMA, plain.get("schema") if isinstance(plain, dict) else plain)
    if plain.get("directed") is not True or plain.get("multigraph") is not True:
        raise broken("directed, multigraph", "both true", (plain.get("directed"), plain.get("multigraph")))
    reader = Reader(functions, plain.get("functions", []), plain.get("listing", []))
    graph = Graph()
    graph.graph.update(_read(reader, plain.get("graph"), "graph"))
    graph.add_nodes_from(_nodes(reader, plain))
    graph.add_edges_from(_links(reader, plain, graph))
    if inner:
        graph.graph["statements"] = {node: place for place, node in enumerate(graph)}
    elif "operations" in plain:
        graph.graph["operations"] = _graph(plain["operations"], functions, inner=True)
    _check(graph)
    return graph


def _nodes(reader: Reader, plain: Document) -> Iterator[tuple[Any, dict[str, Any]]]:
    seen = set()
    for number, data in enumerate(a_list(plain.get("nodes"), "nodes")):
        where = f"nodes, number {number}"
        if not isinstance(data, dict) or "id" not in data:
            raise broken(where, "attributes with an id", data)
        node = reader.key(data["id"], where)
        if node in seen:
            raise broken(where, "a node that is not there yet", node)
        seen.add(node)
        attributes = _read(reader, {k: v for k, v in data.items() if k != "id"}, where)
        if "primitive" in attributes:
            count = len(attributes.get("arguments", ()))
            # a node of a graph of statements has no arguments
            known = None if "operations" in plain and not count else count
            attributes["primitive"] = reader.primitive(data["primitive"], known, where)
        yield node, attributes


def _links(reader: Reader, plain: Document, graph: Graph) -> Iterator[tuple[Any, Any, Any, dict[str, Any]]]:
    seen = set()
    for number, data in enumerate(a_list(plain.get("edges"), "edges")):
        where = f"edges, number {number}"
        if not isinstance(data, dict) or not data.keys() >= {"source", "target", "key"}:
            raise broken(where, "attributes with source, target and key", data)
        tail, head, key = edge = tuple([reader.key(data[end], where) for end in ("source", "target", "key")])
        if tail not in graph or head not in graph:
            raise broken(where, "an edge between nodes of the graph", (tail, head))
        if edge in seen:
            raise broken(where, "an edge that is not there yet", edge)
        seen.add(edge)
        kept = {k: v for k, v in data.items() if k not in ("source", "target", "key")}
        yield tail, head, key, _read(reader, kept, where)


def _read(reader: Reader, attributes: Any, where: str) -> dict[str, Any]:
    if not isinstance(attributes, dict):
        raise broken(where, "attributes by name", attributes)
    return {
        name: reader.arguments(value, where) if name == "arguments" else reader.value(value, where)
        for name, value in attributes.items()
    }


def _solution(graph: Graph, question: Any) -> Solution:
    match question:
        case {
            "direction": "forward" | "reverse" as direction,
            "outputs": [*outputs],
            "inputs": [*inputs],
            "semiring": str() as name,
            "limited": bool() as limited,
        }:
            named = all(isinstance(node, str) and node in graph for node in (*outputs, *inputs))
            if named and name in _SEMIRINGS:
                try:
                    return Solution(graph, direction, outputs, inputs, semiring=_SEMIRINGS[name], limited=limited)
                except (TypeError, AttributeError, ArithmeticError) as error:
                    raise broken("solution", f"labels that {name} adds and multiplies", str(error)) from None
    raise broken("solution", "direction, outputs, inputs, semiring and limited", question)


# -- what holds of every graph


def _check(graph: nx.MultiDiGraph) -> None:
    """Refuse a graph whose parts do not belong together; a graph labelled by hand may have a cycle of edges."""
    for kind in ("inputs", "outputs", "unnamed"):
        names = graph.graph.get(kind, [])
        if not isinstance(names, (list, tuple)) or not all(_is_node(graph, name) for name in names):
            raise _apart(kind, "nodes of the graph", names)
    noted = graph.graph.get("warnings", [])
    if not isinstance(noted, list) or not all(isinstance(one, str) for one in noted):
        raise _apart("warnings", "a list of text", noted)
    edges = graph.graph.get("undefined", [])
    if not isinstance(edges, list) or not all(
        isinstance(edge, tuple) and len(edge) == 3 and _is_node(graph, edge[0]) for edge in edges
    ):
        raise _apart("undefined", "a list of edges", edges)
    made: dict[Any, tuple[Any, ...]] = {}
    for node, data in graph.nodes(data=True):
        if "primitive" in data:
            arguments, name = data.get("arguments"), data.get("name", 0)
            if not isinstance(arguments, tuple) or not (name is None or isinstance(name, str)):
                raise _apart(f"node {node!r:.40}", "arguments and a name beside its primitive", data)
            for argument in arguments:
                if isinstance(argument, str) and argument not in graph:
                    raise _apart(f"node {node!r:.40}", "nodes of the graph as arguments", argument)
            made[node] = arguments
    _check_edges(graph, made)


def _check_edges(graph: nx.MultiDiGraph, made: Mapping[Any, tuple[Any, ...]]) -> None:
    """Arguments come before results, and the edges into a node are uses as an argument, each by its position."""
    uses = {node: [a for a in made.get(node, ()) if isinstance(a, str)] for node in graph}
    try:
        order = list(TopologicalSorter(uses).static_order())
    except CycleError as error:
        raise _apart("arguments", "arguments before results", " → ".join(map(str, error.args[1][:8]))) from None
    expected = nx.MultiDiGraph()
    _fill(expected, ((node, graph.nodes[node].get("primitive", VARIABLE), made.get(node, ()), None) for node in order))
    for tail, head, key in graph.edges(keys=True):
        if made.get(head) and not expected.has_edge(tail, head, key):
            raise _apart(f"edge {tail!r:.40} → {head!r:.40}", f"an argument of {head!s:.40} by its position", key)


def _is_node(graph: nx.MultiDiGraph, key: Any) -> bool:
    try:
        return key in graph._node
    except TypeError:  # not hashable
        return False


def _apart(where: str, expected: str, got: Any) -> ValueError:
    return ValueError(f"the parts of the graph do not fit together: {where}: expected {expected}, got {got!r:.80}.")

"""Graphs as one plain document, the node-link form of networkx, and back."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any

import networkx as nx

from compgraph.expression import VARIABLE, Primitive
from compgraph.graph import Graph, _fill
from compgraph.interop.networkx_values import SCHEMA, Reader, Writer, a_list, broken
from compgraph.propagation import expect_multigraph

__all__ = ["Document", "Functions", "document_of", "graph_of"]

Document = dict[str, Any]
Functions = Mapping[str, Primitive] | None

# -- to a document


def document_of(graph: nx.MultiDiGraph, functions: Functions) -> Document:
    """A graph as plain data: nodes and edges with all their attributes, in their order."""
    expect_multigraph(graph)
    _check(graph)
    writer = Writer(functions)
    attributes = {k: v for k, v in graph.graph.items() if k not in ("operations", "statements")}
    nodes = [_written_node(writer, node, data) for node, data in graph.nodes(data=True)]
    edges = []
    for tail, head, key, data in _edges(graph):
        where = f"edge {tail!r:.40} → {head!r:.40}"
        ends = {"source": writer.key(tail, where), "target": writer.key(head, where), "key": writer.key(key, where)}
        edges.append({**ends, **_written(writer, data, where, ends)})
    plain: Document = {"schema": SCHEMA, "directed": True, "multigraph": True}
    plain["graph"] = _written(writer, attributes, "graph")
    if "operations" in graph.graph:  # a graph of statements keeps what it was made from
        plain["operations"] = document_of(graph.graph["operations"], functions)
    if writer.functions:
        plain["functions"] = list(writer.functions)
    if writer.listing:
        plain["listing"] = writer.listing
    return plain | {"nodes": nodes, "edges": edges}


def _written(writer: Writer, attributes: Mapping[Any, Any], where: str, reserved: Any = ()) -> dict[str, Any]:
    found = {}
    for name, value in attributes.items():
        if not isinstance(name, str) or name in reserved:
            raise ValueError(f"{where}: the attribute {name!r:.40} cannot be saved. Give it another name.")
        found[name] = writer.value(value, f"{where}, {name}")
    return found


def _written_node(writer: Writer, node: Any, data: Mapping[Any, Any]) -> dict[str, Any]:
    where = f"node {node!r:.40}"
    found: dict[str, Any] = {"id": writer.key(node, where)}
    for name, value in data.items():
        if name == "primitive":
            found[name] = writer.primitive(value, where)
        elif name == "arguments":
            found[name] = writer.arguments(value, where)
        else:
            found |= _written(writer, {name: value}, where, ("id",))
    return found


def _edges(graph: nx.MultiDiGraph) -> Iterator[tuple[Any, Any, Any, dict[str, Any]]]:
    """The edges in an order that, added in turn, gives both ends their neighbours in the order that they have.

    Terms are added up in that order, and sums of floats depend on it.
    """
    pairs = [(tail, head) for head, tails in graph._pred.items() for tail in tails]
    number = {pair: place for place, pair in enumerate(pairs)}
    waiting = dict.fromkeys(pairs, 0)
    after: dict[tuple[Any, Any], list[tuple[Any, Any]]] = {pair: [] for pair in pairs}
    around = [[(tail, head) for head in heads] for tail, heads in graph._succ.items()]
    around += [[(tail, head) for tail in tails] for head, tails in graph._pred.items()]
    for neighbours in around:
        for first, second in itertools.pairwise(neighbours):
            after[first].append(second)
            waiting[second] += 1
    ready = [number[pair] for pair, count in waiting.items() if count == 0]  # sorted, and so a heap
    done = 0
    while ready:
        tail, head = pair = pairs[heapq.heappop(ready)]
        done += 1
        yield from ((tail, head, key, data) for key, data in graph._succ[tail][head].items())
        for other in after[pair]:
            waiting[other] -= 1
            if waiting[other] == 0:
                heapq.heappush(ready, number[other])
    if done < len(pairs):
        raise ValueError("the edges have no common order: expected a graph as networkx makes it. Save graph.copy().")


# -- and back


def graph_of(plain: Any, functions: Functions, *, inner: bool = False) -> Graph:
    """The graph that a document describes; `inner` where it is what a graph of statements was made from."""
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
        graph.graph["operations"] = graph_of(plain["operations"], functions, inner=True)
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
        arguments = reader.arguments(data.get("arguments", []), where)
        # a node of a graph of statements has no arguments
        count = None if "operations" in plain and not arguments else len(arguments)
        attributes: dict[str, Any] = {}
        for name, value in data.items():
            if name == "primitive":
                attributes[name] = reader.primitive(value, count, where)
            elif name == "arguments":
                attributes[name] = arguments
            elif name != "id":
                attributes[name] = reader.value(value, where)
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
    return {name: reader.value(value, where) for name, value in attributes.items()}


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
            if not isinstance(data["primitive"], Primitive):
                raise TypeError(
                    f"node {node!r:.40}, primitive: expected a Primitive, got {data['primitive']!r:.60}. "
                    "Give the attribute another name."
                )
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
    place = {node: number for number, node in enumerate(graph)}
    uses = {node: [a for a in made.get(node, ()) if isinstance(a, str)] for node in graph}
    order = list(graph)
    try:
        if any(place[a] >= place[node] for node, used in uses.items() for a in used):
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

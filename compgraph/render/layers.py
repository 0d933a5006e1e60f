"""A network out of a solution: its neurons in columns, the weights between them, and what is left of its graph.

A *signal* is what an input of the network reaches; all other inputs are weights, biases and targets, and are not drawn.
A product of a signal with a weight begins a column: the sum of such and what is made of it alone are one neuron, and
what the last name in it stands for is what the neuron shows. A target is met after the sum, and begins a column too.
Operations between neurons are eliminated, so that the edge from one neuron to the next carries the partial of all of
them, beside the weight that is drawn.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from numbers import Real
from typing import Any, NamedTuple

import networkx as nx
import numpy as np

from compgraph.expression import ADD, IDENTITY, LITERAL, MULTIPLY, NEGATE, SUBTRACT, VARIABLE
from compgraph.levels import among
from compgraph.maps import LinearMap, entrywise
from compgraph.propagation import restricted
from compgraph.semiring import MATRIX

__all__ = ["Neurons", "in_columns", "neurons"]

#: Neurons of a column, and edges of a picture.
TALLEST, MOST = 64, 4000


class Neurons(NamedTuple):
    """A graph labelled with numbers, a column for each of its nodes, and the weight to be drawn for each edge."""

    graph: nx.MultiDiGraph
    columns: dict[Any, int]
    weights: dict[tuple[Any, Any, Any], float | None]  # None where an edge has no weight but a partial only

    @property
    def off(self) -> set[Any]:
        """The neurons through which nothing passes: dropped ones, and rectified ones on their flat side."""
        graph = self.graph
        return {
            node
            for node, value in graph.nodes(data="value")
            if value == 0 and graph._pred[node] and not any(p for *_, p in graph.in_edges(node, data="partial"))
        }


def in_columns(graph: nx.MultiDiGraph) -> Neurons:
    """Any labelled graph in columns: each node one to the right of the last of those it is made of.

    Examples
    --------
    >>> in_columns(nx.MultiDiGraph([("x", "h", {"partial": 2.0}), ("h", "y", {"partial": 3.0})])).columns
    {'x': 0, 'h': 1, 'y': 2}
    """
    columns: dict[Any, int] = {}
    for node in nx.topological_sort(graph):
        columns[node] = max((columns[tail] + 1 for tail in graph._pred[node]), default=0)
    weights: dict[Any, float | None] = {
        (tail, head, key): float(partial) if isinstance(partial, Real) else None
        for tail, head, key, partial in graph.edges(keys=True, data="partial")
    }
    return Neurons(graph, {node: columns[node] for node in graph}, weights)


def neurons(graph: nx.MultiDiGraph, output: Any, inputs: Sequence[Any] = ()) -> Neurons:
    """The neurons of a linearized graph between its inputs and one output.

    Parameters
    ----------
    graph : networkx.MultiDiGraph
        Traced and linearized, at the level of operations; of one example.
    output : node
    inputs : sequence of nodes
        What goes into the network. Left out: the vectors that are multiplied with matrices.

    Raises
    ------
    ValueError
        Nothing says what goes in, a batch of examples, or more neurons than anybody can look at.
    """
    signals = _signals(graph, list(inputs) or _vectors(graph), output)
    columns, sums = _columns(graph, signals, output)
    shown = _shown(graph, signals, columns, output)
    for node in shown:
        _check(graph, node)
    kept = {node: columns[node] for node in signals if node in shown}
    before = {node: _before(graph, node, columns, sums) for node in kept}
    part = restricted(graph, set(signals))
    labels = among(part, kept, semiring=MATRIX)
    drawn = among(part, {*kept, *before.values()}, semiring=MATRIX)
    entries = entrywise(labels)
    if entries.number_of_edges() > MOST:
        raise ValueError(
            f"a network of {len(entries)} neurons has {entries.number_of_edges()} edges: expected at most {MOST}. "
            "Draw the graph of arrays instead: film()."
        )
    ends = sorted(set(kept.values()))
    names = {node: _names(node, value) for node, value in labels.nodes(data="value")}
    column = {name: ends.index(kept[node]) for node in labels for name in names[node]}
    weights: dict[tuple[Any, Any, Any], float | None] = {}
    for tail, head in labels.edges():
        if before[head] not in sums:
            continue
        found = (
            drawn.edges[tail, before[head], 0] if drawn.has_edge(tail, before[head]) else labels.edges[tail, head, 0]
        )
        matrix = _matrix(found["partial"], len(names[tail]))
        for i, to in enumerate(names[head]):
            weights.update({(one, to, 0): float(matrix[i, j]) for j, one in enumerate(names[tail])})
    # an edge whose partial is 0 carries nothing now, but it is there: with its weight, or to a number at the end
    bare = [(one, head, 0) for tail, head in labels.edges() for one in names[tail] if names[head] == [head]]
    for tail, head, key in [edge for edge, weight in weights.items() if weight] + bare:
        if not entries.has_edge(tail, head, key):
            entries.add_edge(tail, head, key, partial=0.0)
    weights = {edge: weights.get(edge) for edge in entries.edges(keys=True)}
    return Neurons(entries, column, weights)


def _vectors(graph: nx.MultiDiGraph) -> list[Any]:
    """Inputs that are vectors, beside a matrix in a product."""
    found = []
    for data in graph._node.values():
        if data["primitive"].name in ("matmul", "dot") and len(data["arguments"]) == 2:
            ranks = [_rank(graph, one) for one in data["arguments"]]
            found += [
                one
                for one, rank, other in zip(data["arguments"], ranks, ranks[::-1], strict=True)
                if type(one) is str and graph._node[one]["primitive"] is VARIABLE and rank < 2 <= other
            ]
    if not found:
        raise ValueError(
            "which inputs go into the network? Expected a vector that is multiplied with a matrix, got none. "
            "Name them: network(inputs=['x1', 'x2'])."
        )
    return list(dict.fromkeys(found))


def _rank(graph: nx.MultiDiGraph, argument: Any) -> int:
    value = graph._node[argument].get("value") if type(argument) is str else argument
    return sum(n > 1 for n in np.shape(value))


def _signals(graph: nx.MultiDiGraph, inputs: Iterable[Any], output: Any) -> list[Any]:
    """What the inputs reach on the way to the output, in evaluation order."""
    reached: set[Any] = set()
    for one in inputs:
        if one not in graph or "value" not in graph._node[one]:
            raise ValueError(f"no input {one!r:.40}: expected one of {', '.join(graph.graph.get('inputs', ()))}.")
        reached |= {one} | nx.descendants(graph, one)
    wanted = nx.ancestors(graph, output) | {output}
    return [node for node in graph if node in reached and node in wanted and "value" in graph._node[node]]


def _columns(graph: nx.MultiDiGraph, signals: list[Any], output: Any) -> tuple[dict[Any, int], set[Any]]:
    """The column of every signal, and which signals are sums of weighted ones."""
    place = set(signals)
    columns: dict[Any, int] = {}
    sums: set[Any] = set()
    for node in signals:
        data = graph._node[node]
        into = [one for one in data["arguments"] if type(one) is str and one in place]
        column = max((columns[one] for one in into), default=0)
        others = [one for one in data["arguments"] if type(one) is str and one not in place]
        free = [one for one in others if graph._node[one]["primitive"] is not LITERAL]
        primitive = data["primitive"]
        if into and free and _weighs(graph, primitive, node):
            column += 1
            sums.add(node)
        elif into and primitive in (ADD, SUBTRACT, NEGATE, IDENTITY) and all(one in sums for one in into):
            sums.add(node)
        elif into and free and primitive in (ADD, SUBTRACT):  # a target
            column += 1
        columns[node] = column
    named = [columns[node] for node in signals[:-1] if _named(graph, node)]
    if not np.shape(graph._node[output]["value"]):
        columns[output] = max([*named, columns[output] - 1]) + 1
    return columns, sums


def _weighs(graph: nx.MultiDiGraph, primitive: Any, node: Any) -> bool:
    """Whether an operation multiplies with weights; of arrays, entry by entry, it does not."""
    if primitive is MULTIPLY:
        return not np.shape(graph._node[node].get("value"))
    return primitive.name in ("matmul", "dot", "einsum", "conv2d")


def _named(graph: nx.MultiDiGraph, node: Any) -> bool:
    data = graph._node[node]
    return data["primitive"] is VARIABLE or data["name"] is not None


def _shown(graph: nx.MultiDiGraph, signals: list[Any], columns: dict[Any, int], output: Any) -> set[Any]:
    """The names that a later column is made of, directly or through what has no name; and the output."""
    leads: dict[Any, set[int]] = {}
    for node in reversed(signals):
        found: set[int] = set()
        for head in graph._succ[node]:
            if head in columns:
                found |= {columns[head]} if _named(graph, head) or head == output else leads[head]
        leads[node] = found
    return {output} | {
        node for node in signals if _named(graph, node) and any(column > columns[node] for column in leads[node])
    }


def _before(graph: nx.MultiDiGraph, node: Any, columns: dict[Any, int], sums: set[Any]) -> Any:
    """The weighted sum that a neuron is made of; the neuron itself where there is none, or several."""
    stack, found, met = [node], set(), {node}
    while stack:
        one = stack.pop()
        if one in sums:
            found.add(one)
            continue
        for tail in graph._pred[one]:
            if tail in columns and columns[tail] == columns[node] and tail not in met:
                met.add(tail)
                stack.append(tail)
    if len(found) != 1:
        return node
    (only,) = found
    return only if np.shape(graph._node[only]["value"]) == np.shape(graph._node[node]["value"]) else node


def _check(graph: nx.MultiDiGraph, node: Any) -> None:
    shape = np.shape(graph._node[node]["value"])
    if shape and int(np.prod(shape)) != shape[-1]:
        raise ValueError(
            f"{node} has the shape {shape}: expected one example, a vector. Solve at one row of the data to draw it."
        )
    if shape and shape[-1] > TALLEST:
        raise ValueError(
            f"{node} has {shape[-1]} entries: expected at most {TALLEST} neurons in a column. "
            "Draw the graph of arrays instead: film()."
        )


def _names(node: Any, value: Any) -> list[Any]:
    shape = np.shape(value)
    return [f"{node}[{','.join(map(str, index))}]" for index in np.ndindex(*shape)] if shape else [node]


def _matrix(label: Any, entries: int) -> Any:
    """A label as a matrix; a number is that multiple of the identity."""
    return label.matrix() if isinstance(label, LinearMap) else float(label) * np.eye(entries)

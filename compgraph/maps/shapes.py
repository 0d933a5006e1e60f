"""Graphs labelled with maps: whether the labels fit their nodes, and the same graph with a node per entry."""

from __future__ import annotations

from collections.abc import Iterator
from numbers import Real
from typing import Any

import networkx as nx
import numpy as np

from compgraph.maps.base import LinearMap, Shape

__all__ = ["check_shapes", "entrywise"]


def check_shapes(graph: nx.MultiDiGraph) -> dict[Any, Shape]:
    """The shape of every node, as the labels around it have it; an error where two of them disagree.

    Parameters
    ----------
    graph : networkx.MultiDiGraph
        Labelled with linear maps, with matrices (between vectors), or with numbers and whatever stands for one
        (multiples of the identity, so that both ends have one shape; 0 fits any). A node attribute ``value`` that is an
        array says its own shape.

    Returns
    -------
    dict of node to tuple of int
        Without those nodes whose shape nothing tells.

    Raises
    ------
    ValueError
        A label does not fit a node; the edge, the node and both shapes are named.

    Examples
    --------
    >>> from compgraph.maps import Dense, Sum
    >>> g = nx.MultiDiGraph()
    >>> _ = g.add_edge("x", "z", partial=Dense(np.ones((2, 3)))), g.add_edge("z", "J", partial=Sum(2))
    >>> check_shapes(g)
    {'x': (3,), 'z': (2,), 'J': ()}
    """
    known: dict[Any, Shape] = {}
    source: dict[Any, str] = {}

    def settle(node: Any, shape: Shape, edge: str, side: str, label: Any) -> None:
        if known.setdefault(node, shape) != shape:
            raise ValueError(
                f"{edge}: expected a label that {side} the shape {known[node]} of {node}, which it has by "
                f"{source[node]}, got {shape} in {label!r}. Give a label the shapes of its nodes, the output first."
            )
        source.setdefault(node, edge)

    for node, data in graph.nodes(data=True):
        if isinstance(data.get("value"), np.ndarray):
            known[node], source[node] = data["value"].shape, "its value"
    numbers: dict[tuple[Any, Any], tuple[str, Any]] = {}
    for tail, head, key, data in graph.edges(keys=True, data=True):
        label = data.get("partial")
        edge = f"the edge {tail} → {head} (key {key})"
        if isinstance(label, LinearMap):
            settle(tail, label.input, edge, "takes", label)
            settle(head, label.output, edge, "gives", label)
        elif _is_matrix(label):
            settle(tail, label.shape[1:], edge, "takes", label)
            settle(head, label.shape[:1], edge, "gives", label)
        elif label is not None and not _is_zero(label):
            numbers[tail, head] = numbers[head, tail] = edge, label
    ties = nx.Graph(list(numbers))
    met: set[Any] = set()
    for node in [node for node in graph if node in ties and node in known]:
        if node not in met:
            met.add(node)
            for near, far in nx.bfs_edges(ties, node):
                met.add(far)
                settle(far, known[near], numbers[near, far][0], "keeps", numbers[near, far][1])
    return {node: known[node] for node in graph if node in known}


def entrywise(graph: nx.MultiDiGraph) -> nx.MultiDiGraph:
    """The same graph with a node for each entry of each array, labelled with the entries of the maps that are not 0.

    Every semiring and every solver then has something to say about it: how many paths there are between two entries,
    which is the most influential one, what a cycle adds up to.

    Parameters
    ----------
    graph : networkx.MultiDiGraph
        As for `check_shapes`. A node of unknown shape is a number.

    Returns
    -------
    networkx.MultiDiGraph
        Nodes are called ``x[0]``, ``W[1,2]``, and numbers as before; keys are those of the edges they belong to.

    Examples
    --------
    >>> from compgraph.maps import Dense, Sum
    >>> g = nx.MultiDiGraph()
    >>> _ = g.add_edge("x", "z", partial=Dense([[1, 2], [0, 3]])), g.add_edge("z", "J", partial=Sum(2))
    >>> list(entrywise(g).edges(data="partial"))
    [('x[0]', 'z[0]', 1), ('x[1]', 'z[0]', 2), ('x[1]', 'z[1]', 3), ('z[0]', 'J', 1.0), ('z[1]', 'J', 1.0)]
    """
    shapes = check_shapes(graph)
    entries: nx.MultiDiGraph = nx.MultiDiGraph()
    names = {node: [_entry(node, index) for index in np.ndindex(shapes.get(node, ()))] for node in graph}
    for node, data in graph.nodes(data=True):
        for name in names[node]:
            if name in entries:
                raise ValueError(f"two nodes are called {name!r}: expected one. Rename the node {node!r}.")
            entries.add_node(name)
        if "value" in data:
            array = isinstance(data["value"], np.ndarray)
            values = data["value"].ravel().tolist() if array else [data["value"]] * len(names[node])
            nx.set_node_attributes(entries, dict(zip(names[node], values, strict=True)), "value")
    edges = [
        (names[tail][column], names[head][row], key, {"partial": entry})
        for tail, head, key, data in graph.edges(keys=True, data=True)
        if "partial" in data
        for row, column, entry in _entries(data["partial"], len(names[tail]))
    ]
    entries.add_edges_from(edges)
    return entries


def _entry(node: Any, index: tuple[int, ...]) -> Any:
    return f"{node}[{','.join(map(str, index))}]" if index else node


def _entries(label: Any, length: int) -> Iterator[tuple[int, int, Any]]:
    """(row, column, entry), wherever it is not 0."""
    if isinstance(label, LinearMap) or _is_matrix(label):
        matrix = label.matrix() if isinstance(label, LinearMap) else label
        for row, column in zip(*np.nonzero(matrix), strict=True):
            yield int(row), int(column), matrix[row, column].item()
    elif not _is_zero(label):
        yield from ((i, i, label) for i in range(length))


def _is_matrix(label: Any) -> bool:
    return isinstance(label, np.ndarray) and label.ndim == 2


def _is_zero(label: Any) -> bool:
    return isinstance(label, Real) and label == 0

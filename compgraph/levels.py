"""Levels of detail: the same graph with fewer nodes, all others eliminated, so that every number in it stays true.

`among` leaves the nodes it is told; every other level says which these are. `statements` leaves what has a name, `fold`
leaves of each group what is used outside of it, and the views of a Solution a part of the graph.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any

import networkx as nx
import numpy as np

from compgraph.arrays.labels import shape_at
from compgraph.expression import LITERAL, VARIABLE, Expression, literal
from compgraph.graph import Graph
from compgraph.propagation import node_order
from compgraph.selection import Groups, grouped, inner_nodes, named_nodes
from compgraph.semiring import Semiring, a_semiring
from compgraph.symbols import _chained, _named, _plus

__all__ = ["among", "fold", "statements", "unfolded"]


def among(graph: nx.MultiDiGraph, nodes: Iterable[Any], *, semiring: Semiring | None = None) -> Graph:
    """The graph of these nodes only: all others are eliminated.

    Parameters
    ----------
    graph : networkx.MultiDiGraph
        A labelled DAG.
    nodes : iterable of node
        Those that stay.
    semiring : Semiring, optional
        In which labels are lifted and joined; those of the result are its elements, no longer to be lifted. Left out:
        labels are partials (numbers, linear maps, Expressions), and so are those of the result. (Matrices are joined
        over MATRIX.)

    Returns
    -------
    Graph
        These nodes, in evaluation order, with their names and values, and one edge (key 0) per pair. Its label is the
        sum over all paths from one to the other on which no other node of these lies. So what a sweep leaves at a node
        is what it leaves there in the whole graph, wherever the seeds are among these nodes. In formulas an input that
        was eliminated is the number that it is.

    Raises
    ------
    ValueError
        A node is none of the graph, or the graph has a cycle.

    Notes
    -----
    One reverse sweep towards all nodes that stay at once. Paths counted in the result are paths among its nodes.

    Examples
    --------
    >>> g = nx.MultiDiGraph()
    >>> _ = g.add_edge("x", "t", partial=2.0), g.add_edge("t", "y", partial=5.0), g.add_edge("x", "y", partial=1.0)
    >>> list(among(g, ["x", "y"]).edges(data="partial"))
    [('x', 'y', 11.0)]
    """
    keep = dict.fromkeys(named_nodes(graph, nodes))
    order = node_order(graph)
    coarse = Graph(**graph.graph)
    for node in order:
        if node in keep:
            known = graph._node[node]
            coarse.add_node(node, **{key: known[key] for key in _KEPT if key in known})
            if "arguments" in known:
                coarse._node[node]["arguments"] = ()
    for kind in ("inputs", "outputs"):
        if kind in graph.graph:
            coarse.graph[kind] = [node for node in graph.graph[kind] if node in keep]
    if all("primitive" in data for data in graph._node.values()):
        coarse.graph["operations"] = _written_out(graph, keep)
    for tail, head, label in _joined(graph, order, keep, semiring):
        if not isinstance(label, _Undefined):
            coarse.add_edge(tail, head, 0, partial=label)
        else:
            coarse.add_edge(tail, head, 0, **({"undefined": label.reason} if label.reason else {}))
    return coarse


#: Attributes of a node that do not speak of nodes that are eliminated.
_KEPT = ("primitive", "name", "value")


def _written_out(graph: nx.MultiDiGraph, keep: Collection[Any]) -> nx.MultiDiGraph:
    """The operations that a coarse graph was made from, in which what stays has a name, and nothing else has.

    Formulas are written from it, in these names: the formula of an edge is that of all that was eliminated. An input
    that was is the number that it is.
    """
    fine = graph.graph.get("operations", graph).copy(as_view=False)
    for node, data in fine._node.items():
        if node not in keep and data["primitive"] is VARIABLE and not isinstance(data.get("value"), Expression | None):
            data.update(primitive=LITERAL, arguments=literal(data["value"], str(node)).arguments)
        data["name"] = (data["name"] or str(node)) if node in keep else None
    fine.graph["inputs"] = [node for node in fine if fine._node[node]["primitive"] is VARIABLE]
    shapes = {node: shape for node in fine.graph["inputs"] if (shape := shape_at(fine, node))}
    if shapes:  # formulas and programs are for arrays of these
        fine.graph["shapes"] = shapes
    fine.graph["statements"] = {node: i for i, node in enumerate(fine)}
    return fine


class _Undefined:
    """A label that does not exist, and why; what is computed from it does not exist either."""

    def __init__(self, reason: str) -> None:
        self.reason = reason


def _joined(
    graph: nx.MultiDiGraph, order: list[Any], keep: Collection[Any], semiring: Semiring | None
) -> list[tuple[Any, Any, Any]]:
    """(tail, head, label) for the nodes that stay, by head and tail in evaluation order."""
    add: Callable[[Any, Any], Any] = _plus
    multiply: Callable[[Any, Any], Any] = _chained
    lift = None
    if semiring is not None:
        add, multiply, lift = a_semiring(semiring).add, semiring.mul, semiring.lift
    ahead: dict[Any, dict[Any, Any]] = {}
    edges = []
    for node in reversed(order):
        reach: dict[Any, Any] = {}
        for head, parallel in reversed(list(graph._succ[node].items())):
            for data in parallel.values():
                if "partial" in data:
                    label = data["partial"] if lift is None else lift(data["partial"])
                else:
                    label = _Undefined(data.get("undefined", ""))
                if head in keep:
                    reach[head] = _combined(add, reach[head], label) if head in reach else label
                    continue
                for target, rest in ahead[head].items():
                    product = _combined(multiply, rest, label)
                    reach[target] = _combined(add, reach[target], product) if target in reach else product
        if node in keep:
            edges += [(node, target, label) for target, label in reach.items()]
        else:
            ahead[node] = reach
    place = {node: i for i, node in enumerate(order)}
    return sorted(edges, key=lambda edge: (place[edge[1]], place[edge[0]]))


def _combined(operation: Callable[[Any, Any], Any], a: Any, b: Any) -> Any:
    if isinstance(a, _Undefined) or isinstance(b, _Undefined):
        return a if isinstance(a, _Undefined) else b
    result = operation(a, b)
    if isinstance(result, (float, np.ndarray)) and np.isnan(result).any():
        return _Undefined("a product of partials inside a statement is 0·∞.")
    return result


# -- what stays


def statements(graph: nx.MultiDiGraph) -> Graph:
    """The graph of what was assigned: one node per name, one edge per pair, by eliminating unnamed operations.

    Parameters
    ----------
    graph : networkx.MultiDiGraph
        Traced and linearized.

    Returns
    -------
    Graph
        Inputs and named nodes, in evaluation order, with their values. The label of an edge (key 0) is the partial of
        the whole statement: the sum over paths through its unnamed operations. Paths counted here are statement
        paths.

    Raises
    ------
    ValueError
        The graph is not linearized.

    Examples
    --------
    >>> from compgraph.expression import Variable
    >>> from compgraph.graph import trace
    >>> from compgraph.linearization import linearize
    >>> x = Variable("x")
    >>> graph = statements(linearize(trace({"y": 3 * x**2 + x}), {"x": 2}))
    >>> list(graph.edges(data="partial"))
    [('x', 'y', 13.0)]
    """
    named = [node for node in graph if _named(graph, node)]
    if named and not any("value" in graph._node[node] for node in named):
        raise ValueError("the graph has no partials: expected a linearized graph. Call linearize(graph, at={…}) first.")
    return among(graph, named)


def fold(graph: nx.MultiDiGraph, groups: Groups = None, *, semiring: Semiring | None = None) -> Graph:
    """The graph with each group folded: its inner nodes are eliminated, what is used outside of it stays.

    Parameters
    ----------
    graph : networkx.MultiDiGraph
        A labelled DAG.
    groups : mapping of name to nodes, or names of scopes, optional
        Left out: all outermost `scopes`.
    semiring : Semiring, optional
        As for `among`.

    Returns
    -------
    Graph
        Outputs stay, and what other nodes use; the edges into these are the partials of the whole group. An input that
        is a member of a group and used by no other node leaves with it: parameters of a layer, say.

    Raises
    ------
    ValueError
        No scope of that name, or a member that is no node.

    Examples
    --------
    >>> from compgraph.expression import Variable
    >>> from compgraph.graph import trace
    >>> from compgraph.linearization import linearize
    >>> x, w = Variable("x"), Variable("layer.w")
    >>> z = (w * x).named("layer.z")
    >>> graph = linearize(trace({"J": (z**2).named("layer.a") - x}), {"x": 3, "layer.w": 2})
    >>> list(fold(graph, "layer").edges(data="partial"))
    [('x', 'layer.a', 24.0), ('x', 'J', -1.0), ('layer.a', 'J', 1.0)]
    """
    return among(graph, unfolded(graph, groups), semiring=semiring)


def unfolded(graph: nx.MultiDiGraph, groups: Groups = None) -> list[Any]:
    """The nodes that stay when groups are folded."""
    hidden = {node for inner in inner_nodes(graph, grouped(graph, groups)).values() for node in inner}
    return [node for node in graph if node not in hidden]

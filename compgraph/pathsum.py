"""The definition of a derivative on a graph: multiply along each path, add up over all paths.

Paths are enumerated one by one, for looking at; their number and their sum come from one sweep, because there may
be more paths than atoms.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, NamedTuple

import networkx as nx

from compgraph.propagation import Step, _unlabelled, forward, restricted
from compgraph.semiring import COUNT, REAL, Semiring, a_semiring, k_best

__all__ = ["Path", "PathSum", "best_paths", "chosen_edges", "paths"]


class Path(NamedTuple):
    """One path from tail to head: its nodes, its edges, their partials in that order, and the product of these."""

    nodes: tuple[Any, ...]
    edges: tuple[tuple[Any, Any, Any], ...]
    factors: tuple[Any, ...]
    product: Any


class _Paths:
    """The paths themselves, enumerated anew on each iteration."""

    def __init__(self, graph: nx.MultiDiGraph, tail: Any, head: Any, semiring: Semiring) -> None:
        self._question = graph, tail, head, semiring

    def __iter__(self) -> Iterator[Path]:
        return _enumerate(*self._question)

    @property
    def semiring(self) -> Semiring:
        """What the products are products in."""
        return self._question[3]


class PathSum(NamedTuple):
    """All paths between two nodes: `paths` enumerates them lazily, `count` and `total` are exact without it."""

    paths: Iterable[Path]
    count: int  # type: ignore[assignment] # the number of paths, in place of tuple.count
    total: Any

    def __repr__(self) -> str:
        from compgraph.notation.ledger import ledger

        return ledger(self)

    def _repr_html_(self) -> str:
        from compgraph.notation.ledger import ledger_html

        return ledger_html(self)

    def _repr_latex_(self) -> str:
        from compgraph.notation.ledger import ledger_latex

        return f"$$\n{ledger_latex(self)}\n$$"

    def first(self, number: int) -> list[Path]:
        """The first paths, at most `number` of them."""
        return list(islice(iter(self.paths), number))


def paths(graph: nx.MultiDiGraph, tail: Any, head: Any, semiring: Semiring = REAL) -> PathSum:
    """All paths from `tail` to `head`, with the product of partials along each.

    Parameters
    ----------
    graph : networkx.MultiDiGraph
        A labelled DAG; parallel edges are different paths.
    tail, head : node
        The derivative is that of `head` with respect to `tail`. A node has one path to itself, of no edges.
    semiring : Semiring

    Returns
    -------
    PathSum
        ``paths`` is lazy and may be iterated again, ``count`` the number of paths, ``total`` the sum of products.

    Raises
    ------
    ValueError
        No such node, or a cycle.

    Notes
    -----
    Count and total by dynamic programming, one sweep each: 2⁶⁰ paths are counted at once. Enumeration never
    walks into a dead end, so each path costs its own length.

    Examples
    --------
    >>> g = nx.MultiDiGraph()
    >>> _ = g.add_edge("x", "y", partial=3.0), g.add_edge("x", "y", partial=4.0)
    >>> ledger = paths(g, "x", "y")
    >>> ledger.count, ledger.total
    (2, 7.0)
    >>> [path.product for path in ledger.paths]
    [3.0, 4.0]
    """
    a_semiring(semiring)
    between = _between(graph, tail, head)
    # a sweep over all of the graph would need partials that no path from tail to head has
    count, total = 0, semiring.zero
    for step in forward(between, {tail: semiring.one}, semiring):
        if step.node == head:
            total = step.total
    for step in forward(between, {tail: COUNT.one}, COUNT):
        if step.node == head:
            count = step.total
    return PathSum(_Paths(between, tail, head, semiring), count, semiring.readout(total))


def best_paths(graph: nx.MultiDiGraph, tail: Any, head: Any, number: int = 1) -> list[Path]:
    """The most influential paths: those of the largest |product|, at most `number` of them, the largest first.

    Parameters
    ----------
    graph : networkx.MultiDiGraph
        A DAG labelled with numbers. A path with a zero label has no influence and is left out.
    tail, head : node
    number : int

    Notes
    -----
    One sweep in the semiring `k_best`, over labels that know their edges; ties go to the shorter path, then to the one
    whose labels are smaller.

    Examples
    --------
    >>> g = nx.MultiDiGraph()
    >>> _ = g.add_edge("x", "y", partial=3.0), g.add_edge("x", "t", partial=-2.0), g.add_edge("t", "y", partial=5.0)
    >>> [(path.nodes, path.product) for path in best_paths(g, "x", "y", 2)]
    [(('x', 't', 'y'), -10.0), (('x', 'y'), 3.0)]
    """
    between = _between(graph, tail, head)
    edges = list(between.edges(keys=True))
    for place, (tail_of, head_of, key, data) in enumerate(between.edges(keys=True, data=True)):
        if "partial" not in data:
            raise _unlabelled(tail_of, head_of, key, data)
        data["partial"] = data["partial"], place  # a label that knows its edge
    semiring = k_best(number, weight=operator.itemgetter(0))
    steps = {step.node: step for step in forward(between, {tail: semiring.one}, semiring)}
    found = []
    for product, word in steps[head].total:
        letters = word[::-1]
        along, factors = tuple([edges[place] for _, place in letters]), tuple([label for label, _ in letters])
        found.append(Path((tail, *(edge[1] for edge in along)), along, factors, product))
    return found


def chosen_edges(steps: Iterable[Step], node: Any) -> list[tuple[Any, Any, Any]]:
    """The path that gave a node its total, where addition chooses (as in MAX_PRODUCT, LONGEST, SHORTEST).

    Parameters
    ----------
    steps : iterable of Step
        Of a sweep in either direction.
    node : node

    Returns
    -------
    list of (tail, head, key)
        From the node to the seed of the sweep; empty where the total is that of no single path.

    Examples
    --------
    >>> from compgraph.semiring import SHORTEST
    >>> g = nx.MultiDiGraph()
    >>> _ = g.add_edge("a", "c", partial=3), g.add_edge("a", "b", partial=1), g.add_edge("b", "c", partial=1)
    >>> chosen_edges(forward(g, {"a": 0}, SHORTEST), "c")
    [('b', 'c', 0), ('a', 'b', 0)]
    """
    known = {step.node: step for step in steps}
    edges = []
    while terms := known[node].terms:
        # an addition that chooses returns one of its arguments, itself
        chosen = next((term for term in terms if term.product is known[node].total), None)
        if chosen is None:
            return []
        edges.append((chosen.tail, chosen.head, chosen.key))
        node = chosen.tail if chosen.head == node else chosen.head
    return edges


def _between(graph: nx.MultiDiGraph, tail: Any, head: Any) -> nx.MultiDiGraph:
    """The part of the graph that lies on some path from tail to head, in evaluation order."""
    for node in (tail, head):
        if node not in graph:
            raise ValueError(f"no node {node!r}: expected one of {', '.join(map(str, islice(graph, 8)))}….")
    keep = (nx.descendants(graph, tail) | {tail}) & (nx.ancestors(graph, head) | {head}) | {tail, head}
    return restricted(graph, keep)


def _enumerate(graph: nx.MultiDiGraph, tail: Any, head: Any, semiring: Semiring) -> Iterator[Path]:
    """Depth first with an explicit stack of edge iterators; every edge of `graph` lies on a path to head."""
    lift, mul = semiring.lift, semiring.mul
    nodes, products = [tail], [semiring.one]
    edges: list[tuple[Any, Any, Any]] = []
    factors: list[Any] = []
    stack = [iter(_out(graph, tail))]
    if tail == head:
        yield Path((tail,), (), (), semiring.one)
        return
    while stack:
        edge = next(stack[-1], None)
        if edge is None:
            stack.pop()
            nodes.pop()
            if stack:
                edges.pop(), factors.pop(), products.pop()
            continue
        here, node, key, data = edge
        if "partial" not in data:
            raise _unlabelled(here, node, key, data)
        factor = lift(data["partial"])
        product = mul(factor, products[-1]) if edges else factor
        if node == head:
            yield Path((*nodes, node), (*edges, (here, node, key)), (*factors, factor), product)
            continue
        nodes.append(node)
        edges.append((here, node, key))
        factors.append(factor)
        products.append(product)
        stack.append(iter(_out(graph, node)))


def _out(graph: nx.MultiDiGraph, node: Any) -> list[tuple[Any, Any, Any, dict[str, Any]]]:
    return [(node, head, key, parallel[key]) for head, parallel in graph._succ[node].items() for key in parallel]

"""Orders of elimination: functions from a graph to its inner nodes, in the order in which they are to go.

The result of an elimination does not depend on its order, the price does. To find the cheapest order is NP-hard;
these are rules that take no search. For `optimal` and `anneal` see `search.py`.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

import networkx as nx

from compgraph.structure import Skeleton, Start

__all__ = ["auto", "fewest_fill", "forward_order", "markowitz", "relative_markowitz", "reverse_order"]

Ties = Literal["last", "first"]


def forward_order(graph: nx.MultiDiGraph) -> list[Any]:
    """Inner nodes from inputs to outputs: what a forward sweep of all inputs at once does.

    Examples
    --------
    >>> forward_order(nx.MultiDiGraph([("x", "t"), ("t", "u"), ("u", "y")]))
    ['t', 'u']
    """
    return Start.of(graph, None, None).inner


def reverse_order(graph: nx.MultiDiGraph) -> list[Any]:
    """Inner nodes from outputs to inputs: what a reverse sweep of all outputs at once does.

    With a single output this takes one product for each edge that does not end there.
    """
    return forward_order(graph)[::-1]


def markowitz(graph: nx.MultiDiGraph, *, ties: Ties = "last") -> list[Any]:
    """Always the node of least Markowitz degree, the number of its in-edges times that of its out-edges.

    Parameters
    ----------
    graph : networkx.MultiDiGraph
    ties : {"last", "first"}
        Which of several such nodes: the last of them in evaluation order, or the first.

    Examples
    --------
    >>> graph = nx.MultiDiGraph([("x", "t"), ("t", "u"), ("u", "y"), ("u", "z")])
    >>> markowitz(graph), markowitz(graph, ties="first")
    (['t', 'u'], ['t', 'u'])
    """
    return _greedy(Skeleton(Start.of(graph, None, None)), _degree, ties)


def markowitz_first(graph: nx.MultiDiGraph) -> list[Any]:
    """`markowitz` with ``ties="first"``."""
    return markowitz(graph, ties="first")


def relative_markowitz(graph: nx.MultiDiGraph, *, ties: Ties = "last") -> list[Any]:
    """Always the node whose Markowitz degree exceeds least what it would be if the node went last.

    Were it to go last, a node would join every input that it depends on with every output that depends on it.
    """
    skeleton = Skeleton(Start.of(graph, None, None))
    from_inputs = _reach(skeleton.pred, skeleton.pred)
    to_outputs = _reach(reversed(skeleton.succ), skeleton.succ)
    final = {v: from_inputs[v].bit_count() * to_outputs[v].bit_count() for v in skeleton.inner}
    return _greedy(skeleton, lambda now, v: _degree(now, v) - final[v], ties)


def fewest_fill(graph: nx.MultiDiGraph, *, ties: Ties = "last") -> list[Any]:
    """Always the node that adds fewest edges; among these one of least Markowitz degree."""
    missing = _Missing(Start.of(graph, None, None))
    return _greedy(missing, lambda now, v: (missing.count[v], _degree(now, v)), ties, missing.take)


def auto(graph: nx.MultiDiGraph) -> list[Any]:
    """The cheapest of the orders that take no search: forward, reverse, Markowitz and its kin.

    Fewest multiplications, then fewest additions. An order is given up as soon as it costs more than another.
    """
    start = Start.of(graph, None, None)
    best: list[Any] = []
    least: tuple[float, float] = (float("inf"), 0)
    for rule in (reverse_order, forward_order, markowitz, markowitz_first, relative_markowitz, fewest_fill):
        order, skeleton = rule(graph), Skeleton(start)
        multiplications = additions = 0
        for node in order:
            products, fill = skeleton.eliminate(node)
            multiplications += products
            additions += products - fill
            if (multiplications, additions) >= least:
                break
        else:
            best, least = order, (multiplications, additions)
    return best


def _degree(now: Skeleton, v: Any) -> int:
    return len(now.pred[v]) * len(now.succ[v])


class _Missing(Skeleton):
    """A skeleton that knows how many edges the elimination of each inner node would add.

    Counted once, then kept up to date edge by edge: next to a node of many edges, counting anew would be quadratic.
    """

    def __init__(self, start: Start) -> None:
        super().__init__(start)
        self.count = {v: sum(len(self.succ[v] - self.succ[tail]) for tail in self.pred[v]) for v in self.inner}
        self.changed: set[Any] = set()

    def take(self, v: Any) -> set[Any]:
        """Eliminate a node; those whose degree or count may have changed."""
        pred, succ = self.pred, self.succ
        self.changed = pred[v] | succ[v]
        del self.count[v]
        if self.count:  # the last may add many edges, and there is nothing left to count
            for tail in pred[v]:
                for head in succ[v] - succ[tail]:
                    self._add(tail, head)
            for tail in pred[v]:
                self._change(tail, -len(pred[tail] - pred[v]))
            for head in succ[v]:
                self._change(head, -len(succ[head] - succ[v]))
        self.eliminate(v)
        return self.changed

    def _add(self, tail: Any, head: Any) -> None:
        """An edge that was missing between the neighbours of some nodes makes new neighbours of its own ends."""
        pred, succ = self.pred, self.succ
        for v in succ[tail] & pred[head]:
            self._change(v, -1)
        self._change(tail, len(pred[tail] - pred[head]))
        self._change(head, len(succ[head] - succ[tail]))
        succ[tail].add(head)
        pred[head].add(tail)

    def _change(self, v: Any, by: int) -> None:
        if v in self.count:
            self.count[v] += by
            self.changed.add(v)


def _greedy(
    now: Skeleton,
    score: Callable[[Skeleton, Any], Any],
    ties: Ties,
    take: Callable[[Any], Iterable[Any]] | None = None,
) -> list[Any]:
    """Always the node of least score. What `take` returns is scored again: its neighbours, if left out."""
    if ties not in ("last", "first"):
        raise ValueError(f"ties: expected 'last' or 'first', got {ties!r}.")
    place = {v: i if ties == "first" else -i for i, v in enumerate(now.inner)}
    scores = {v: score(now, v) for v in place}
    heap = [(scores[v], place[v], v) for v in place]
    heapq.heapify(heap)
    order = []
    while heap:
        value, _, v = heapq.heappop(heap)
        if scores.get(v) != value:
            continue  # gone, or scored again since
        del scores[v]
        order.append(v)
        around: Iterable[Any] = now.pred[v] | now.succ[v]
        if take is None:
            now.eliminate(v)
        else:
            around = take(v)
        for u in around:
            if u in scores and (value := score(now, u)) != scores[u]:
                scores[u] = value
                heapq.heappush(heap, (value, place[u], u))
    return order


def _reach(order: Iterable[Any], adjacent: Mapping[Any, Iterable[Any]]) -> dict[Any, int]:
    """The ends that each node can get to, as a set of bits; `order` visits what is adjacent to a node before it."""
    reach: dict[Any, int] = {}
    ends = 0
    for node in order:
        mask = 0
        for other in adjacent[node]:
            mask |= reach[other]
        if not mask:
            mask, ends = 1 << ends, ends + 1
        reach[node] = mask
    return reach

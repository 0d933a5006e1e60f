"""Orders of elimination: functions from a graph to its inner nodes, in the order in which they are to go.

The result of an elimination does not depend on its order, the price does. To find the cheapest order is NP-complete, so
there are cheap rules (`markowitz` and others, the best of them by `auto`), an exact answer for small graphs
(`optimal`), and a search for those that cannot wait for it (`anneal`).
"""

from __future__ import annotations

import heapq
import random
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

import networkx as nx

from compgraph.structure import Skeleton, Start

__all__ = [
    "anneal", "auto", "fewest_fill", "forward_order", "markowitz", "optimal", "relative_markowitz", "reverse_order",
]  # fmt: skip

Ties = Literal["last", "first"]

#: More inner nodes than this have too many subsets.
_MOST = 20


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

    def score(now: Skeleton, v: Any) -> tuple[int, int]:
        heads = now.succ[v]
        return sum(len(heads - now.succ[tail]) for tail in now.pred[v]), _degree(now, v)

    return _greedy(Skeleton(Start.of(graph, None, None)), score, ties, far=True)


def auto(graph: nx.MultiDiGraph) -> list[Any]:
    """The cheapest of the orders that take no search: forward, reverse, Markowitz and its kin.

    Fewest multiplications, then fewest additions. An order is given up as soon as it costs more than another.
    """
    start = Start.of(graph, None, None)
    best: list[Any] = []
    least: tuple[float, float] = (float("inf"), 0)
    for rule in (reverse_order, forward_order, markowitz, _markowitz_first, relative_markowitz, fewest_fill):
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


def _markowitz_first(graph: nx.MultiDiGraph) -> list[Any]:
    return markowitz(graph, ties="first")


def _degree(now: Skeleton, v: Any) -> int:
    return len(now.pred[v]) * len(now.succ[v])


def _greedy(now: Skeleton, score: Callable[[Skeleton, Any], Any], ties: Ties, *, far: bool = False) -> list[Any]:
    """Always the node of least score. Only the neighbours of what went are scored again, if `far` those two edges away."""
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
        tails = now.pred[v]
        near = tails | now.succ[v]
        now.eliminate(v)
        for u in near.union(*(now.succ[tail] for tail in tails)) if far else near:
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


# -- search, on sets of bits: inner nodes have the lowest numbers


def _masks(start: Start) -> tuple[list[Any], list[int], list[int]]:
    """The inner nodes, and for every node the set of those with an edge into it, and out of it."""
    inner = start.inner
    number = {node: i for i, node in enumerate(dict.fromkeys([*inner, *start.nodes]))}
    into, out = [0] * len(number), [0] * len(number)
    for tail, head in start.edges:
        into[number[head]] |= 1 << number[tail]
        out[number[tail]] |= 1 << number[head]
    return inner, into, out


def _eliminated(v: int, into: list[int], out: list[int]) -> int:
    """Eliminate a node; the number of products."""
    tails, heads, others = into[v], out[v], ~(1 << v)
    for ends, sets, joined in ((tails, out, heads), (heads, into, tails)):
        while ends:
            lowest = ends & -ends
            i = lowest.bit_length() - 1
            sets[i] = (sets[i] | joined) & others
            ends ^= lowest
    return tails.bit_count() * heads.bit_count()


def anneal(seconds: float = 3.0, moves: int | None = None, seed: int = 0) -> Callable[[nx.MultiDiGraph], list[Any]]:
    """An order found by simulated annealing, that starts from `auto`.

    Parameters
    ----------
    seconds : float
        How long to search.
    moves : int, optional
        How many moves to try instead, however long they take: the same order on every machine.
    seed : int
        Of the random numbers.

    Returns
    -------
    function from a graph to an order

    Notes
    -----
    A move puts one node a few places earlier or later. What is eliminated fixes the structure of what is left, in
    whatever order it went; so a move changes the price of nothing outside the stretch between the two places.

    Examples
    --------
    >>> graph = nx.MultiDiGraph([("x", "t"), ("t", "u"), ("u", "y"), ("u", "z")])
    >>> anneal(moves=100)(graph)
    ['t', 'u']
    """

    def annealed(graph: nx.MultiDiGraph) -> list[Any]:
        inner, into, out = _masks(Start.of(graph, None, None))
        number = {node: i for i, node in enumerate(inner)}
        began = time.perf_counter()

        def spent(done: int) -> float:
            return (time.perf_counter() - began) / seconds if moves is None else done / moves if moves else 1.0

        found = _annealed([number[v] for v in auto(graph)], into, out, spent, random.Random(seed))
        return [inner[i] for i in found]

    return annealed


def _annealed(
    order: list[int], into: list[int], out: list[int], spent: Callable[[int], float], generator: random.Random
) -> list[int]:
    now = into.copy(), out.copy()
    costs = [_eliminated(v, *now) for v in order]
    total = least = sum(costs)
    best, last, done = order.copy(), len(order) - 1, 0
    warmth = 0.5 * total / max(1, len(order))  # half of what one node costs, at first; a tenth of that in the end
    while last > 0:
        now = into.copy(), out.copy()
        for i in range(last):
            if (part := spent(done)) >= 1:
                return best
            done += 1
            j = min(last, i + 1 + int(generator.expovariate(0.125)))
            stretch = order[i : j + 1]
            moved = stretch[-1:] + stretch[:-1] if generator.random() < 0.5 else stretch[1:] + stretch[:1]
            before = sum(costs[i : j + 1])
            # Metropolis' rule, drawn beforehand: a move is given up as soon as it costs too much
            allowed = before + warmth * 0.1**part * generator.expovariate(1.0)
            trial, priced, price = (now[0].copy(), now[1].copy()), [], 0
            for v in moved:
                priced.append(_eliminated(v, *trial))
                price += priced[-1]
                if price > allowed:
                    break
            else:
                order[i : j + 1], costs[i : j + 1] = moved, priced
                total += price - before
                if total < least:
                    best, least = order.copy(), total
            _eliminated(order[i], *now)
    return best


def optimal(graph: nx.MultiDiGraph) -> list[Any]:
    """An order of fewest multiplications, and of fewest additions among these: exact, for at most 20 inner nodes.

    Raises
    ------
    ValueError
        There are more inner nodes.

    Notes
    -----
    Dynamic programming over sets of eliminated nodes: what is left depends on the set and not on its order. For n inner
    nodes 2ⁿ sets, a second or so for 20.

    Examples
    --------
    >>> optimal(nx.MultiDiGraph([("x", "t"), ("t", "u"), ("u", "y"), ("u", "z")]))
    ['t', 'u']
    """
    inner, into, out = _masks(Start.of(graph, None, None))
    size = len(inner)
    if size > _MOST:
        raise ValueError(
            f"too many nodes for an exact search: expected at most {_MOST} inner nodes, got {size}. "
            "Use cg.anneal(seconds=5), or cg.auto."
        )
    least = _least(into, out, size)
    order, left = [], (1 << size) - 1
    while left:  # which node can have been the last of this set?
        for v in range(size):
            rest = left & ~(1 << v)
            if left != rest and least[rest] + _price(v, rest, into, out) == least[left]:
                break
        order.append(inner[v])
        left = rest
    return order[::-1]


#: Prices are multiplications in units of this, less the edges that go. All that is added is there in the end or goes: so
#: where multiplications are equal, there are fewer additions the more edges go.
_UNIT = 1 << 32


def _price(v: int, gone: int, into: list[int], out: list[int]) -> int:
    """Of node `v`, the set `gone` having been eliminated."""
    into, out = into.copy(), out.copy()
    for u in range(gone.bit_length()):
        if gone >> u & 1:
            _eliminated(u, into, out)
    return into[v].bit_count() * out[v].bit_count() * _UNIT - into[v].bit_count() - out[v].bit_count()


def _least(into: list[int], out: list[int], size: int) -> Any:
    """The least price of eliminating each set of inner nodes, sets being numbers; as an array.

    Sets are taken in blocks of equal high bits, so that little memory is needed for what they leave.
    """
    import numpy as np

    low = min(size, 12)
    sets = np.arange(1 << low)
    members = np.array([number.bit_count() for number in range(1 << low)])
    # (v, sets without v), for sets of 0 members, of 1, …
    pushes = [(v, layer[layer >> v & 1 == 0]) for n in range(low) for layer in [sets[members == n]] for v in range(low)]
    high = [_after_each_subset(_words(masks, size), range(low, size)) for masks in (into, out)]
    least = np.full((1 << size - low, 1 << low), np.iinfo(np.int64).max)
    least[0, 0] = 0
    for block, row in enumerate(least):
        tails, heads = (_sizes(_after_each_subset(sets[..., block], range(low))) for sets in high)
        prices = tails * heads * _UNIT - tails - heads
        for v, without in pushes:
            row[without | 1 << v] = np.minimum(row[without | 1 << v], row[without] + prices[v, without])
        for v in range(low, size):
            bit = 1 << v - low
            if not block & bit:
                np.minimum(least[block | bit], row + prices[v], out=least[block | bit])
    return least.reshape(-1)


def _words(masks: list[int], size: int) -> Any:
    """The sets of the inner nodes, 64 members to a word: an array (word, node)."""
    import numpy as np

    words = range(0, max(1, len(masks)), 64)
    return np.array([[mask >> word & (1 << 64) - 1 for mask in masks[:size]] for word in words], np.uint64)


def _after_each_subset(sets: Any, nodes: Iterable[int]) -> Any:
    """What elimination of each subset of `nodes` makes of sets (word, node): an array (word, node, subset)."""
    import numpy as np

    sets = sets[..., None]
    for v in nodes:
        bit = np.uint64(1 << v)
        joined = np.where(sets[0] & bit != 0, sets | sets[:, v : v + 1], sets)
        joined[0] &= ~bit
        sets = np.concatenate([sets, joined], axis=-1)
    return sets


def _sizes(sets: Any) -> Any:
    """The number of members of each set (word, node, subset)."""
    import numpy as np

    if hasattr(np, "bitwise_count"):
        return np.bitwise_count(sets).sum(axis=0, dtype=np.int64)
    sizes = 0  # before NumPy 2: bits added up in pairs, fours and eights
    for word in sets:
        pairs = word - (word >> np.uint64(1) & np.uint64(0x5555555555555555))
        fours = (pairs & np.uint64(0x3333333333333333)) + (pairs >> np.uint64(2) & np.uint64(0x3333333333333333))
        eights = fours + (fours >> np.uint64(4)) & np.uint64(0x0F0F0F0F0F0F0F0F)
        sizes += (eights * np.uint64(0x0101010101010101) >> np.uint64(56)).astype(np.int64)
    return sizes

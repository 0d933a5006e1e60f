"""Orders of elimination that are searched for: the best there is of a small graph, a good one of a larger graph.

Inner nodes are numbered from 0 here, and a set of nodes is a number whose bits are its members.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable
from typing import Any

import networkx as nx

from compgraph.orders import auto
from compgraph.structure import Start

__all__ = ["anneal", "optimal"]

#: More inner nodes than this have too many subsets.
MOST = 20


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

    Raises
    ------
    ValueError
        Less than no time, or fewer moves than none.

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
    if seconds < 0 or (moves is not None and moves < 0):
        raise ValueError(f"expected a time or a number of moves that is not negative, got {seconds=}, {moves=}.")

    def annealed(graph: nx.MultiDiGraph) -> list[Any]:
        inner, into, out = _masks(Start.of(graph, None, None))
        number = {node: i for i, node in enumerate(inner)}
        began = time.perf_counter()

        def spent(done: int) -> float:
            part, whole = (time.perf_counter() - began, seconds) if moves is None else (done, moves)
            return part / whole if whole else 1.0

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
    if size > MOST:
        raise ValueError(
            f"too many nodes for an exact search: expected at most {MOST} inner nodes, got {size}. "
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


#: A price is the multiplications in units of this, less the edges that go. What is added goes or is there in the end:
#: with as many multiplications, there are fewer additions the more edges go.
_UNIT = 1 << 24


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
        tails, heads = (_sizes(_after_each_subset(each[..., block], range(low))) for each in high)
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

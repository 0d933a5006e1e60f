"""An order in each layer with few crossings: barycentres, up and down, and then exchanges of neighbours."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Sequence

from compgraph.render.ranking import Layers

__all__ = ["crossings", "ordered"]

#: Sweeps over all layers; vertices up to which neighbours are exchanged as well.
_SWEEPS, _EXCHANGED = 12, 4000


def ordered(laid: Layers) -> None:
    """Order the rows."""
    _first(laid)
    best, fewest = [list(row) for row in laid.rows], crossings(laid)
    place = [0] * len(laid.rank)
    for sweep in range(_SWEEPS):
        if not fewest:
            break
        is_down = sweep % 2 == 0
        neighbours = laid.up if is_down else laid.down
        for row in laid.rows if is_down else reversed(laid.rows):
            _sort(row, neighbours, place)
            for i, v in enumerate(row):
                place[v] = i
        if len(laid.rank) <= _EXCHANGED:
            _exchange(laid, place)
        found = crossings(laid)
        if found < fewest:
            best, fewest = [list(row) for row in laid.rows], found
    laid.rows = best


def _first(laid: Layers) -> None:
    """The order to begin with: what a node is made of, in the order of its edges, last nodes first."""
    placed: set[int] = set()
    for v in range(len(laid.rank)):
        if laid.down[v]:
            continue
        stack = [v]
        while stack:
            u = stack.pop()
            if u in placed:
                continue
            placed.add(u)
            laid.rows[laid.rank[u]].append(u)
            stack += reversed(laid.up[u])


def _sort(row: list[int], neighbours: Sequence[Sequence[int]], place: Sequence[int]) -> None:
    """Sort by the mean place of the neighbours; what has none stays where it is."""
    moving = [v for v in row if neighbours[v]]
    mean = {v: sum(place[w] for w in neighbours[v]) / len(neighbours[v]) for v in moving}
    following = iter(sorted(moving, key=mean.__getitem__))
    row[:] = [next(following) if v in mean else v for v in row]


def crossings(laid: Layers) -> int:
    """How many pairs of edges cross."""
    found = 0
    place = {v: i for row in laid.rows for i, v in enumerate(row)}
    for row in laid.rows:
        seen: list[int] = []
        for v in row:
            ends = sorted(place[w] for w in laid.down[v])
            found += sum(len(seen) - bisect_right(seen, end) for end in ends)
            for end in ends:
                insort(seen, end)
    return found


def _exchange(laid: Layers, place: list[int]) -> None:
    """Exchange neighbours wherever that takes a crossing away."""
    for _ in range(4):
        better = False
        for row in laid.rows:
            for i in range(len(row) - 1):
                u, v = row[i], row[i + 1]
                gain = 0
                for joined in (laid.up, laid.down):
                    a, b = sorted(place[w] for w in joined[u]), sorted(place[w] for w in joined[v])
                    gain += _inversions(a, b) - _inversions(b, a)
                if gain > 0:
                    row[i], row[i + 1] = v, u
                    place[u], place[v] = i + 1, i
                    better = True
        if not better:
            break


def _inversions(a: Sequence[int], b: Sequence[int]) -> int:
    """Crossings of the edges to `a` with those to `b`, where `a` stands first."""
    found = j = 0
    for x in a:
        while j < len(b) and b[j] < x:
            j += 1
        found += j
    return found

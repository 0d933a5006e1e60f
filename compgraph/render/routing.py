"""Lines for a layout without Graphviz: from border to border, past everything, straight where that is free."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import hypot

from compgraph.render.ranking import ASIDE, LOOP, Layers
from compgraph.render.skeleton import Curve, Placed

__all__ = ["routed"]

#: The length of an arrow's head; what a line keeps from a box it passes; neighbours that it looks at.
_HEAD, _CLEAR, _SEEN = 7.0, 4.0, 6

#: How often a line is drawn anew before it goes straight through all layers; how far apart its points are that
#: are looked at, and how many of a piece at most.
_TRIES, _APART, _MOST = 4, 5.0, 100

Point = tuple[float, float]


def routed(laid: Layers, along: Sequence[float], across: Sequence[float]) -> list[Curve]:
    """The line of every edge and the place of its label, in the order of the edges; x is along, y across."""
    router = _Router(laid, along, across)
    chains = enumerate(laid.chains)
    return [router.line(e, chain) if len(chain) > 1 else router.loop(chain[0]) for e, chain in chains]


class _Router:
    """Where everything is."""

    def __init__(self, laid: Layers, along: Sequence[float], across: Sequence[float]) -> None:
        self.laid, self.across = laid, across
        self.along = [along[r] for r in laid.rank]
        self.half = [max((laid.length[v] for v in row), default=0.0) / 2 for row in laid.rows]
        self.place = {v: i for row in laid.rows for i, v in enumerate(row)}

    def line(self, e: int, chain: Sequence[int]) -> Curve:
        """The line of an edge, through its places; straight through the layers where it would run into something."""
        flat: set[int] = set()
        for _ in range(_TRIES):
            points = self._points(e, chain, flat)
            curve = _smooth(points)
            hit = self._hit(curve, chain) - flat
            if not hit:
                break
            flat |= hit
        else:
            points = self._points(e, chain, set(range(len(chain))))
            curve = _smooth(points)
        label = self._label(e, points)
        return (_smooth(points[::-1]) if self.laid.is_back[e] else curve)._replace(label=label)

    def _points(self, e: int, chain: Sequence[int], flat: set[int]) -> list[Point]:
        """What a line goes through, if it has to go straight through the layers of some of its vertices."""
        laid, (u, *inner, v) = self.laid, chain
        start = self.along[u] + laid.length[u] / 2, self.across[u] + laid.leave[e, u]
        end = self.along[v] - laid.length[v] / 2, self.across[v] + laid.enter[e, v]
        points = [start]
        for i, w in enumerate(inner, 1):
            following = (self.along[chain[i + 1]], self.across[chain[i + 1]]) if i < len(inner) else end
            x, y = self.along[w], self.across[w]
            half = self.half[laid.rank[w]] if i in flat else self._flat(w, points[-1], following)
            points += [(x - half, y), (x + half, y)] if half else [(x, y)]
        points.append(end)
        points[1:1] = self._beside(u, start, points[1], 1, 0 in flat)
        points[-1:-1] = self._beside(v, end, points[-2], -1, len(chain) - 1 in flat)
        return points

    def _hit(self, curve: Curve, chain: Sequence[int]) -> set[int]:
        """The places in a chain beside which the line runs into a box."""
        found = set()
        samples = list(_samples(curve))
        xs = [x for x, _ in samples]
        for i, v in enumerate(chain):
            for side in (-1, 1):
                for border, reach in self._others(v, side):
                    reach += 1
                    first, last = bisect_left(xs, self.along[v] - reach), bisect_right(xs, self.along[v] + reach)
                    if any((y - border) * side > -1.5 for _, y in samples[first:last]):
                        found.add(i)
        return found

    def _label(self, e: int, points: Sequence[Point]) -> Placed:
        """Where a label stands: before its line, as far as that rises beside it."""
        held = self.laid.labels.get(e)
        if held is not None:
            at = next(i for i, (x, _) in enumerate(points) if x >= self.along[held] - self.laid.length[held])
            rise = 0.0
            if points[at][0] == self.along[held]:
                rise = self._slope(points[at - 1], points[at + 1]) * self.laid.length[held] / 2
            return Placed(self.along[held], self.across[held] - (self.laid.before[held] + ASIDE) / 2 - rise, 0, 0)
        (x, y), (x2, y2) = points[0], points[-1]
        return Placed((x + x2) / 2, (y + y2) / 2, 0, 0)

    def loop(self, v: int) -> Curve:
        """An edge from a node to itself, beside it."""
        x, y = self.along[v], self.across[v] - self.laid.after[v]
        wide = min(14.0, self.laid.length[v] / 4)
        first, second, tip = (x - 1.6 * wide, y - LOOP), (x + 1.6 * wide, y - LOOP), (x + wide, y)
        base = _short(second, tip)
        label = Placed(x, self.across[v] - (self.laid.before[v] + self.laid.after[v] + LOOP) / 2, 0, 0)
        return Curve(((x - wide, y), first, second, base), tip, label)

    # -- what stands in the way

    def _others(self, v: int, side: int) -> Iterator[tuple[float, float]]:
        """Boxes in the same layer on one side, the nearest first: the border that looks here, half of the length."""
        row = self.laid.rows[self.laid.rank[v]]
        i = self.place[v] + side
        for _ in range(_SEEN):
            if not 0 <= i < len(row):
                return
            w = row[i]
            if self.laid.length[w]:
                reach = -self.laid.before[w] if side > 0 else self.laid.after[w]
                yield self.across[w] + reach, self.laid.length[w] / 2
            i += side

    def _beside(self, v: int, at: Point, towards: Point, side: int, flat: bool) -> list[Point]:
        """Where a line has to go straight on at first, to get past longer boxes beside its node."""
        (x, y), (x2, y2) = at, towards
        if x == x2 or y == y2:
            return []
        slope, up = (y2 - y) / (x2 - x), 1 if y2 > y else -1
        needed = self.half[self.laid.rank[v]] - self.laid.length[v] / 2 if flat else 0.0
        for border, half in self._others(v, up):
            if (border - y2) * up > 0:
                break
            over = half - self.laid.length[v] / 2
            if over > 0 and (y + slope * side * over - border) * up > -_CLEAR:
                needed = max(needed, over)
        if needed and side < 0:
            needed = max(needed, _HEAD + 3)
        return [(x + side * needed, y)] if needed > 0.5 and side * (x2 - x) > needed + 1 else []

    def _flat(self, v: int, before: Point, after: Point) -> float:
        """How far to both sides a line runs straight through a layer, to keep clear of the boxes there."""
        y, half = self.across[v], 0.0
        slope, own = self._slope(before, after), self.laid.length[v] / 2
        for side in (-1, 1):
            # a label rises with its line
            rise, taken = (slope * own, self.laid.before[v]) if side < 0 else (0.0, 0.0)
            for border, reach in self._others(v, side):
                if max(slope * reach, rise) + taken > abs(border - y) - (0 if rise else _CLEAR):
                    half = max(half, reach, own)
        return half

    def _slope(self, before: Point, after: Point) -> float:
        return abs((after[1] - before[1]) / (after[0] - before[0]))


def _smooth(points: Sequence[Point]) -> Curve:
    """A curve through points that goes no further to a side than they do (Fritsch and Carlson), with an arrow.

    It leaves and arrives straight where it has to bend at once, and otherwise on the shortest way.
    """
    steps = [(b[0] - a[0], (b[1] - a[1]) / (b[0] - a[0])) for a, b in pairwise(points)]
    inner = []
    for (h, d), (h2, d2) in pairwise(steps):
        inner.append(0.0 if d * d2 <= 0 else 3 * (h + h2) / ((2 * h2 + h) / d + (h2 + 2 * h) / d2))
    first = steps[0][1] if not inner or inner[0] else 0.0
    last = steps[-1][1] if not inner or inner[-1] else 0.0
    tip, h = points[-1], steps[-1][0]
    back = min(_HEAD / hypot(1.0, last), 0.6 * abs(h)) * (1 if h > 0 else -1)
    ends = [*points[:-1], (tip[0] - back, tip[1] - back * last)]
    slopes = [first, *inner, last]
    curve: list[Point] = [ends[0]]
    for (x, y), (x2, y2), m, m2 in zip(ends, ends[1:], slopes, slopes[1:], strict=False):
        third = (x2 - x) / 3
        curve += [(x + third, y + third * m), (x2 - third, y2 - third * m2), (x2, y2)]
    return Curve(tuple(curve), tip, None)


def _samples(curve: Curve) -> Iterator[Point]:
    points = curve.points
    for k in range(0, len(points) - 1, 3):
        (x, y), (x1, y1), (x2, y2), (x3, y3) = points[k : k + 4]
        # a level piece has to be looked at nowhere but at its ends
        is_level = max(y, y1, y2, y3) - min(y, y1, y2, y3) < 1
        pieces = 1 if is_level else min(2 + int((abs(x3 - x) + abs(y3 - y)) / _APART), _MOST)
        for step in range(pieces):
            t = step / pieces
            a, b, c, d = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
            yield a * x + b * x1 + c * x2 + d * x3, a * y + b * y1 + c * y2 + d * y3
    yield points[-1]


def _short(before: Point, tip: Point) -> Point:
    """Where the head of an arrow begins."""
    dx, dy = tip[0] - before[0], tip[1] - before[1]
    share = _HEAD / hypot(dx, dy)
    return tip[0] - share * dx, tip[1] - share * dy

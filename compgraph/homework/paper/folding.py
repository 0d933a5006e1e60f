"""A long figure in rows, as text is broken into lines: what leaves a row at its right enters the next at its left."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from math import inf

from compgraph.homework.paper.figure import TEXT, Figure, Line
from compgraph.render.layout import Curve

__all__ = ["folded"]

#: Between rows; around what must not be cut; lines that may be cut at one place before nobody can follow them.
_BETWEEN, _AROUND, _MOST = 30.0, 3.0, 2

Point = tuple[float, float]


def folded(figure: Figure, width: float) -> Figure | None:
    """A figure that runs from left to right, in rows of at most some width.

    Returns
    -------
    Figure or None
        None where it fits as it is, or where too many lines would be cut.
    """
    cuts = _cuts(figure, width)
    if not cuts:
        return None
    rows = [_row(figure, left, right) for left, right in zip([-inf, *cuts], [*cuts, inf], strict=True)]
    down, placed = 0.0, []
    for row, left in zip(rows, [0.0, *cuts], strict=True):
        top, bottom = _extent(row)
        placed.append(_moved(row, -left, down - top))
        down += bottom - top + _BETWEEN
    return Figure(
        max(right - left for left, right in zip([0.0, *cuts], [*cuts, figure.width], strict=True)),
        down - _BETWEEN,
        tuple(card for row in placed for card in row.cards),
        tuple(line for row in placed for line in row.lines),
        tuple(label for row in placed for label in row.labels),
        tuple(sorted(slot for row in placed for slot in row.slots)),
    )


def _cuts(figure: Figure, width: float) -> list[float]:
    """Where rows end; nothing if there is no way."""
    places = [x for x in _gaps(figure) if 1 <= sum(_crossings(line, x) for line in figure.lines) <= _MOST]
    cuts, start = [], 0.0
    while figure.width - start > width:
        x = max((x for x in places if start < x <= start + width), default=None)
        if x is None:
            return []
        cuts.append(x)
        start = x
    return cuts


def _gaps(figure: Figure) -> Iterator[float]:
    """Abscissas at which there are lines at most."""
    solid = [(x, x + across) for x, _, across, _ in figure.cards]
    solid += [(slot.x, slot.x + slot.width) for slot in figure.slots]
    solid += [(label.x, label.x + label.width) for label in figure.labels]
    # the head of an arrow stays whole
    heads = [(line.curve.points[-1][0], line.curve.arrow[0]) for line in figure.lines]
    solid += [(min(ends), max(ends)) for ends in heads]
    end = inf
    for left, right in sorted(solid):
        if left - end > 2 * _AROUND:
            yield (left + end) / 2
        end = right if end == inf else max(end, right)


def _crossings(line: Line, x: float) -> int:
    """How often a line crosses an abscissa; one that goes back is one too many."""
    ends = [point[0] for point in line.curve.points[::3]]
    return sum(1 if a < x <= b else _MOST + 1 for a, b in pairwise(ends) if (a < x) != (b < x))


def _row(figure: Figure, left: float, right: float) -> Figure:
    """What stands between two cuts, in its place."""
    return figure._replace(
        cards=tuple(card for card in figure.cards if left < card[0] < right),
        lines=tuple(_pieces(figure.lines, left, right)),
        labels=tuple(label for label in figure.labels if left < label.x < right),
        slots=tuple(slot for slot in figure.slots if left < slot.x < right),
    )


def _pieces(lines: tuple[Line, ...], left: float, right: float) -> Iterator[Line]:
    for line in lines:
        points, has_head = line.curve.points, line.has_head
        if points[-1][0] < left or right < points[0][0]:
            continue
        if points[0][0] < left:
            _, points = _split(points, left)
        if points[-1][0] > right:
            (points, _), has_head = _split(points, right), False
        yield line._replace(curve=line.curve._replace(points=points), has_head=has_head)


def _split(points: tuple[Point, ...], x: float) -> tuple[tuple[Point, ...], tuple[Point, ...]]:
    """A line of cubic Bézier curves before and after an abscissa that it crosses."""
    k = next(k for k in range(0, len(points) - 1, 3) if (points[k][0] < x) != (points[k + 3][0] < x))
    low, high = 0.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        before, _ = _halves(points[k : k + 4], middle)
        low, high = (middle, high) if before[-1][0] < x else (low, middle)
    before, after = _halves(points[k : k + 4], low)
    return (*points[:k], *before), (*after, *points[k + 4 :])


def _halves(points: tuple[Point, ...], t: float) -> tuple[tuple[Point, ...], tuple[Point, ...]]:
    """A Bézier curve before and after a parameter, by de Casteljau."""
    level, before, after = list(points), [points[0]], [points[-1]]
    while len(level) > 1:
        level = [(a + (c - a) * t, b + (d - b) * t) for (a, b), (c, d) in pairwise(level)]
        before.append(level[0])
        after.append(level[-1])
    return tuple(before), tuple(reversed(after))


def _extent(figure: Figure) -> tuple[float, float]:
    tops = [card[1] for card in figure.cards] + [slot.y for slot in figure.slots]
    tops += [label.y - TEXT for label in figure.labels] + [y for line in figure.lines for _, y in line.curve.points]
    ends = [y + down for _, y, _, down in figure.cards] + [slot.y + slot.height for slot in figure.slots]
    ends += [label.y for label in figure.labels] + [y for line in figure.lines for _, y in line.curve.points]
    return min(tops), max(ends)


def _moved(figure: Figure, dx: float, dy: float) -> Figure:
    return figure._replace(
        cards=tuple((x + dx, y + dy, across, down) for x, y, across, down in figure.cards),
        lines=tuple(line._replace(curve=_shifted(line.curve, dx, dy)) for line in figure.lines),
        labels=tuple(label._replace(x=label.x + dx, y=label.y + dy) for label in figure.labels),
        slots=tuple(slot._replace(x=slot.x + dx, y=slot.y + dy) for slot in figure.slots),
    )


def _shifted(curve: Curve, dx: float, dy: float) -> Curve:
    (x, y), points = curve.arrow, tuple((x + dx, y + dy) for x, y in curve.points)
    return curve._replace(points=points, arrow=(x + dx, y + dy))

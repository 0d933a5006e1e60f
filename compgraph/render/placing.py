"""Labels of edges set close to their own lines, and clear of everybody else's.

Graphviz keeps room for a label beside its edge, but the line may pass at the far side of that room, and others may
cross it. Here a label slides towards its line until they nearly touch; one that something crosses looks for another
place along its line. Where there is none it stays.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from compgraph.render.layout import Curve, Layout, Placed

__all__ = ["close_labels", "middle", "stands_before"]

#: Points between a label and its line.
GAP = 1.5

#: A label this close to its line stays where it is.
ENOUGH = 5.0

#: Where along a line a crossed label looks for a place, from its middle outwards.
ALONG = (0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74)

_SQUARE = 120.0  # of the grid in which neighbours are looked up

Spot = tuple[float, float]


def close_labels(placed: Layout, *, sideways: bool) -> list[Placed | None]:
    """The places of the labels, in the order of the edges; None where the layout has none.

    Parameters
    ----------
    placed : Layout
    sideways : bool
        Whether edges run from left to right, so that labels stand above or below them.

    Notes
    -----
    Near linear: neighbours are found in a grid.
    """
    lines = [list(_samples(curve)) if curve.label is not None else [] for curve in placed.edges]
    labels = [curve.label for curve in placed.edges]
    taken = _Grid()
    for box in placed.nodes:
        taken.add(box)
    for i, label in enumerate(labels):
        if label is not None:
            taken.add(label, i)
            for x, y in lines[i]:
                taken.add(Placed(x, y, 2, 2), i)
    for i, label in enumerate(labels):
        if label is None:
            continue
        crossed = taken.meets(label, i)
        near = [_touching(label, lines[i], sideways, far) for far in (False, True)]
        close = [place for place in near if place is not None]
        if not crossed:
            # what lies beside its line already is moved towards it, not across
            close = close[:1] if close and _apart(close[0], label) > ENOUGH else []
        else:
            for share in ALONG:
                x, y = lines[i][round(share * (len(lines[i]) - 1))]
                around = [_touching(label._replace(x=x, y=y), lines[i], sideways, far) for far in (False, True)]
                close += [place for place in around if place is not None]
        free = next((place for place in close if _inside(place, placed) and not taken.meets(place, i)), None)
        if free is not None:
            taken.remove(label, i)
            taken.add(free, i)
            labels[i] = free
    return labels


def stands_before(label: Placed, curve: Curve, *, sideways: bool) -> bool:
    """Whether a label is above its line, or left of it where edges run downwards."""
    if sideways:
        return label.y < min(_samples(curve), key=lambda spot: abs(spot[0] - label.x))[1]
    return label.x < min(_samples(curve), key=lambda spot: abs(spot[1] - label.y))[0]


def _touching(label: Placed, line: Sequence[Spot], sideways: bool, far: bool) -> Placed | None:
    """The label shifted until it nearly touches its line, on the side where it stands or on the `far` one."""
    if sideways:
        beside = [y for x, y in line if abs(x - label.x) < label.width / 2 + GAP]
        room, at = label.height / 2 + GAP, label.y
    else:
        beside = [x for x, y in line if abs(y - label.y) < label.height / 2 + GAP]
        room, at = label.width / 2 + GAP, label.x
    if not beside:
        return None
    before, after = min(beside) - room, max(beside) + room
    shifted = before if (at > (before + after) / 2) == far else after
    return label._replace(y=shifted) if sideways else label._replace(x=shifted)


def _apart(a: Placed, b: Placed) -> float:
    return abs(a.x - b.x) + abs(a.y - b.y)


def _inside(label: Placed, placed: Layout) -> bool:
    return (
        label.width / 2 <= label.x <= placed.width - label.width / 2
        and label.height / 2 <= label.y <= placed.height - label.height / 2
    )


def middle(curve: Curve) -> Spot:
    """The middle of a line."""
    at = (len(curve.points) - 1) // 3 // 2 * 3
    a, b, c, d = curve.points[at : at + 4]
    return _bezier(a, b, c, d, 0.5)


def _samples(curve: Curve) -> Iterator[Spot]:
    """Points on a line, some eight points apart."""
    for k in range(0, len(curve.points) - 1, 3):
        a, b, c, d = curve.points[k : k + 4]
        pieces = 2 + int((abs(d[0] - a[0]) + abs(d[1] - a[1])) / 8)
        for j in range(pieces):
            yield _bezier(a, b, c, d, j / pieces)
    yield curve.points[-1]
    yield curve.arrow


def _bezier(a: Spot, b: Spot, c: Spot, d: Spot, t: float) -> Spot:
    s = 1 - t
    wa, wb, wc, wd = s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t
    return wa * a[0] + wb * b[0] + wc * c[0] + wd * d[0], wa * a[1] + wb * b[1] + wc * c[1] + wd * d[1]


class _Grid:
    """Boxes by the squares they touch, each with the number of the edge it belongs to."""

    def __init__(self) -> None:
        self._squares: dict[tuple[int, int], list[tuple[Placed, int]]] = defaultdict(list)

    def add(self, box: Placed, owner: int = -1) -> None:
        for square in _squares(box):
            self._squares[square].append((box, owner))

    def remove(self, box: Placed, owner: int) -> None:
        for square in _squares(box):
            self._squares[square].remove((box, owner))

    def meets(self, box: Placed, owner: int) -> bool:
        """Whether a box touches one of another owner."""
        return any(
            other_owner != owner
            and abs(box.x - other.x) * 2 < box.width + other.width + 2
            and abs(box.y - other.y) * 2 < box.height + other.height + 2
            for square in _squares(box)
            for other, other_owner in self._squares.get(square, ())
        )


def _squares(box: Placed) -> Iterable[tuple[int, int]]:
    left, right = int((box.x - box.width / 2) // _SQUARE), int((box.x + box.width / 2) // _SQUARE)
    top, bottom = int((box.y - box.height / 2) // _SQUARE), int((box.y + box.height / 2) // _SQUARE)
    return [(i, j) for i in range(left, right + 1) for j in range(top, bottom + 1)]

"""Arrays as small heat maps: a grid of cells, each as strong as its entry is large.

The scale is the same for every heat map, whatever it shows: nothing is drawn where an entry is 0, the full colour is
the largest absolute value among the cells of this map, and between them there are `LEVELS` equal steps. The sign is
told by the colour, and by a dash in the cells that are negative. Of an array with more than `MOST` rows or columns a
cell is the mean of a block; axes of length 1 are left out, and of those that are left the last one runs to the right.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from compgraph.render.layout import Box

__all__ = ["CELL", "LEVELS", "Heat", "heat", "heat_size", "heat_svg"]

#: Rows of levels, from −LEVELS to LEVELS; None where an entry is not finite.
Heat = tuple[tuple[int | None, ...], ...]

#: Steps of colour, rows and columns at most, and the side of a cell in points.
LEVELS, MOST, CELL = 6, 8, 12


def heat(value: Any) -> Heat | None:
    """The heat map of an array; None of what has fewer than two entries, or none that are numbers.

    Examples
    --------
    >>> heat(np.array([[3.0, -1.5], [0.0, np.inf]]))
    ((6, -3), (0, None))
    >>> heat(np.ones((64, 128)))[0]
    (6, 6, 6, 6, 6, 6, 6, 6)
    """
    if not isinstance(value, np.ndarray) or value.size < 2 or value.dtype.kind not in "biuf":
        return None
    lengths = [n for n in value.shape if n > 1]
    grid = value.astype(float).reshape(-1, lengths[-1])
    with np.errstate(all="ignore"):
        for axis in (0, 1):
            grid = _pooled(grid, axis)
        finite = np.isfinite(grid)
        top = np.abs(grid[finite]).max(initial=0.0)
        levels = grid / top * LEVELS if top > 0 else np.zeros_like(grid)
    return tuple([
        tuple([_level(level) if known else None for level, known in zip(row, there, strict=True)])
        for row, there in zip(levels.tolist(), finite.tolist(), strict=True)
    ])  # fmt: skip


def _level(share: float) -> int:
    """The nearest step; what is not 0 is never shown as 0."""
    return 0 if share == 0 else round(share) or (1 if share > 0 else -1)


def _pooled(grid: Any, axis: int) -> Any:
    """At most so many rows or columns, each the mean of a block."""
    if grid.shape[axis] <= MOST:
        return grid
    starts = np.arange(MOST) * grid.shape[axis] // MOST
    counts = np.diff([*starts, grid.shape[axis]])
    return np.add.reduceat(grid, starts, axis=axis) / (counts[:, np.newaxis] if axis == 0 else counts)


def heat_size(heat: Heat | None) -> Box:
    """How much room a heat map takes."""
    return Box(CELL * len(heat[0]), CELL * len(heat)) if heat else Box(0, 0)


def heat_svg(heat: Heat, x: float, y: float, name: str) -> str:
    """A heat map around x, from y downwards: one path for all cells of a level."""
    width, height = heat_size(heat)
    left = x - width / 2
    places: dict[str, list[str]] = {}
    for i, row in enumerate(heat):
        for j, level in enumerate(row):
            at = (left + CELL * j, y + CELL * i)
            if level:
                places.setdefault(f"cg-{'plus' if level > 0 else 'minus'} cg-h{abs(level)}", []).append(_square(*at))
            if level is None or level < 0:
                kind = "cg-cross" if level is None else "cg-dash"
                places.setdefault(kind, []).append(_stroke(*at, cross=level is None))
    paths = [f'<path class="{kind}" d="{"".join(found)}"/>' for kind, found in places.items()]
    frame = _path([(left, y), (left + width, y), (left + width, y + height), (left, y + height)])
    return f'<g class="{name}"><path class="cg-frame" d="{frame}"/>{"".join(paths)}</g>'


def _square(x: float, y: float) -> str:
    return _path([(x, y), (x + CELL, y), (x + CELL, y + CELL), (x, y + CELL)])


def _stroke(x: float, y: float, *, cross: bool) -> str:
    a, b = CELL * 0.3, CELL * 0.7
    if cross:
        return f"M{x + a:g} {y + a:g}L{x + b:g} {y + b:g}M{x + b:g} {y + a:g}L{x + a:g} {y + b:g}"
    return f"M{x + a:g} {y + CELL / 2:g}L{x + b:g} {y + CELL / 2:g}"


def _path(corners: list[tuple[float, float]]) -> str:
    (x, y), *rest = corners
    return f"M{x:g} {y:g}L" + " ".join(f"{a:g} {b:g}" for a, b in rest) + "z"

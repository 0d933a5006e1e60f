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
        down = y + CELL * i
        for j, level in enumerate(row):
            if level and (not j or row[j - 1] != level):  # cells of a level side by side are one
                run = next((k for k in range(j, len(row)) if row[k] != level), len(row)) - j
                kind = f"cg-{'plus' if level > 0 else 'minus'} cg-h{abs(level)}"
                places.setdefault(kind, []).append(_box(left + CELL * j, down, CELL * run, CELL))
            if level is None or level < 0:
                mark = "cg-cross" if level is None else "cg-dash"
                places.setdefault(mark, []).append(_MARKS[mark].format(left + CELL * j + 4, down + 4, down + 6))
    paths = [f'<path class="{kind}" d="{"".join(found)}"/>' for kind, found in places.items()]
    return f'<g class="{name}"><path class="cg-frame" d="{_box(left, y, width, height)}"/>{"".join(paths)}</g>'


#: In a cell, from its left: a dash at half its height, a cross from a third of it.
_MARKS = {"cg-dash": "M{0:g} {2:g}l4 0", "cg-cross": "M{0:g} {1:g}l4 4m-4 0l4-4"}


def _box(x: float, y: float, width: float, height: float) -> str:
    return f"M{x:g} {y:g}l{width:g} 0 0 {height:g}-{width:g} 0z"

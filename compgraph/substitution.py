"""Back-substitution on arrays: a sweep over numbered edges, one multiplication and one addition for each.

Python's own loop takes 100 ns per edge, SciPy's compiled ones 2–5 ns: its product of a compressed sparse matrix with a
vector substitutes as it goes along, if result and vector are the same array and the rows stand in evaluation order.
These are private functions of SciPy, so they are tried on a small system before they are relied upon. Without SciPy a
wide graph is taken level by level, 20 ns per edge: nodes equally far from the inputs do not wait for each other.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Edges", "Loops", "compiled"]

Vector = NDArray[np.float64]
Places = NDArray[np.integer[Any]]

#: From so many edges on a compiled loop is worth the import of SciPy.
_MANY = 20_000

#: From so many edges on a level is worth the calls of NumPy that it takes.
_WIDE = 200


class Edges:
    """Edges between numbered nodes, every tail before its head.

    Parameters
    ----------
    tails, heads : array of int
    partials : array of float
    size : int
        The number of nodes.

    Examples
    --------
    >>> edges = Edges(np.array([0, 0, 1]), np.array([1, 2, 2]), np.array([2.0, 3.0, 5.0]), 3)
    >>> edges.reverse(np.array([0.0, 0.0, 1.0]))
    array([13.,  5.,  1.])
    """

    def __init__(self, tails: Places, heads: Places, partials: Vector, size: int) -> None:
        if not (heads[1:] >= heads[:-1]).all():
            # by head, so that every node is finished before it is used
            order = np.argsort(heads, kind="stable")
            tails, heads, partials = tails[order], heads[order], partials[order]
        self.tails, self.heads, self.partials, self.size = tails, heads, partials, size

    def forward(self, values: Vector) -> Vector:
        """What the tails hold is passed on to the heads, in evaluation order."""
        if loops := self._loops:
            passed = values.copy()
            loops.by_row(self.size, self.size, *self._onwards, passed, passed)
            return passed
        if levels := self._levels:
            passed = values.copy()
            for before, after, labels in levels:
                np.add.at(passed, after, labels * passed[before])
            return passed
        held = values.tolist()
        for tail, head, partial in zip(*self._lists, strict=True):
            if value := held[tail]:
                held[head] += partial * value
        return np.array(held)

    def reverse(self, values: Vector) -> Vector:
        """What the heads hold is passed back to the tails, against evaluation order."""
        if loops := self._loops:
            passed = values[::-1].copy()
            loops.by_column(self.size, self.size, *self._backwards, passed, passed)
            return passed[::-1]
        if levels := self._levels:
            passed = values.copy()
            for before, after, labels in reversed(levels):
                np.add.at(passed, before, labels * passed[after])
            return passed
        held = values.tolist()
        tails, heads, partials = self._lists
        for tail, head, partial in zip(reversed(tails), reversed(heads), reversed(partials), strict=True):
            if value := held[head]:
                held[tail] += partial * value
        return np.array(held)

    @property
    def _loops(self) -> Loops | None:
        return compiled() if len(self.partials) >= _MANY else None

    @cached_property
    def _levels(self) -> list[tuple[Places, Places, Vector]]:
        """The edges by the number of edges on the longest path to their heads; none where most levels are narrow."""
        if len(self.partials) < _MANY:
            return []
        level = [0] * self.size
        for tail, head in zip(*self._lists[:2], strict=True):
            if level[tail] >= level[head]:
                level[head] = level[tail] + 1
        if len(self.partials) < _WIDE * max(level):
            return []
        levels = np.array(level)[self.heads]
        order = np.argsort(levels, kind="stable")
        cuts = np.flatnonzero(np.diff(levels[order])) + 1
        ends = [places[order].astype(np.intp) for places in (self.tails, self.heads)]  # which NumPy takes as they are
        split = [np.split(array, cuts) for array in (*ends, self.partials[order])]
        return list(zip(*split, strict=True))

    @cached_property
    def _lists(self) -> tuple[list[int], list[int], list[float]]:
        return self.tails.tolist(), self.heads.tolist(), self.partials.tolist()

    @cached_property
    def _onwards(self) -> tuple[Places, Places, Vector]:
        """Where the edges into each node begin; their tails; their labels."""
        return _starts(self.heads, self.size), self.tails, self.partials

    @cached_property
    def _backwards(self) -> tuple[Places, Places, Vector]:
        """The same with everything counted from the end: a column for each head."""
        last = self.size - 1
        return _starts(last - self.heads, self.size), last - self.tails[::-1], self.partials[::-1].copy()


def _starts(heads: Places, size: int) -> Places:
    starts = np.zeros(size + 1, dtype=heads.dtype)
    np.cumsum(np.bincount(heads, minlength=size), out=starts[1:])
    return starts


class Loops(NamedTuple):
    """y ← y + A·y, entry by entry, with A compressed by column or by row."""

    by_column: Callable[..., None]
    by_row: Callable[..., None]


@cache
def compiled() -> Loops | None:
    """SciPy's loops, if they are there and do what we want of them; None otherwise."""
    try:
        from scipy.sparse import _sparsetools

        loops = Loops(_sparsetools.csc_matvec, _sparsetools.csr_matvec)
        # 0 → 1 → 2 → 3 and 0 → 2: by column edges out of a node, by row edges into it
        for loop, starts, ends in (
            (loops.by_column, [0, 2, 3, 4, 4], [1, 2, 2, 3]),
            (loops.by_row, [0, 0, 1, 3, 4], [0, 0, 1, 2]),
        ):
            passed = np.array([1.0, 0.0, 0.0, 0.0])
            partials = np.array([2.0, 3.0, 5.0, 7.0])
            loop(4, 4, np.array(starts, np.int32), np.array(ends, np.int32), partials, passed, passed)
            if passed.tolist() != [1.0, 2.0, 13.0, 91.0]:
                return None
    except Exception:  # whatever another SciPy makes of it
        return None
    return loops

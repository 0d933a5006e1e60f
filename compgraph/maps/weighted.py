"""A diagonal beside a sum: weighted sums, and what their transposes spread, without the array between the two."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from compgraph.maps.base import LinearMap, kind_of, real_array, size
from compgraph.maps.elementwise import Diagonal, times
from compgraph.maps.moves import Broadcast, Sum, summed, thin

__all__ = ["Spread", "WeightedSum"]


class _Weighted(LinearMap):
    """Weights, and the axes that are summed over or new."""

    __slots__ = ("axes", "values")

    axes: tuple[int, ...]
    values: Any

    @property
    def dtype(self) -> np.dtype[Any] | None:
        return kind_of(self.values)

    @property
    def cost(self) -> int:
        return size(self.values.shape)


class Spread(_Weighted):
    """Repeats along new axes, and multiplies entry by entry: ``Diagonal(values) @ Broadcast(values.shape, axes)``.

    Examples
    --------
    >>> f = Spread([10.0, 20.0])
    >>> f, f.apply(0.5)
    (LinearMap (2,) ← (): diag(10, 20) · repeat, array([ 5., 10.]))
    """

    __slots__ = ()

    def __init__(self, values: Any, axes: int | Sequence[int] | None = None) -> None:
        self.values = real_array(values, "Spread")
        repeat = Broadcast(self.values.shape, axes)
        self.output, self.input, self.axes = repeat.output, repeat.input, repeat.axes

    def _apply(self, x: Any) -> Any:
        return times(self.values, thin(x, self.axes, len(self._further(x))))

    def transpose(self) -> WeightedSum:
        return WeightedSum(self.values, self.axes)

    @property
    def label(self) -> str:
        return f"{Diagonal(self.values).label} · {Broadcast(self.output, self.axes).label}"


class WeightedSum(_Weighted):
    """Multiplies entry by entry, and sums over axes: ``Sum(values.shape, axes) @ Diagonal(values)``.

    Examples
    --------
    >>> f = WeightedSum([[1.0, 2.0], [3.0, 4.0]], axes=1)
    >>> f, f.apply([[1.0, 1.0], [0.0, 1.0]])
    (LinearMap (2,) ← (2, 2): Σ axis 1 · diag 2×2, array([3., 4.]))
    """

    __slots__ = ()

    def __init__(self, values: Any, axes: int | Sequence[int] | None = None) -> None:
        self.values = real_array(values, "WeightedSum")
        total = Sum(self.values.shape, axes)
        self.output, self.input, self.axes = total.output, total.input, total.axes

    def _apply(self, x: Any) -> Any:
        return summed(times(self.values, x), self.axes, len(self._further(x)), len(self.input))

    def transpose(self) -> Spread:
        return Spread(self.values, self.axes)

    @property
    def label(self) -> str:
        return f"{Sum(self.input, self.axes).label} · {Diagonal(self.values).label}"

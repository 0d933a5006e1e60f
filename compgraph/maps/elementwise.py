"""Maps that keep every entry in its place: nothing, the identity, its multiples, and diagonals."""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np

from compgraph.maps.base import LinearMap, Shape, ShapeLike, as_shape, is_duck, kind_of, real_array, size, written

__all__ = ["Diagonal", "Identity", "Scale", "Zero", "elementwise", "factor", "times"]

#: Entries of a diagonal that a label writes out.
_FEW = 3


class Zero(LinearMap):
    """Everything to zero: ``Zero(output, input)``."""

    __slots__ = ()

    def __init__(self, output: ShapeLike, input: ShapeLike) -> None:
        self.output, self.input = as_shape(output), as_shape(input)

    def _apply(self, x: Any) -> Any:
        if isinstance(x, (np.ndarray, np.generic)):
            return np.zeros((*self._further(x), *self.output), x.dtype)
        shape = (*self._further(x), *self.output)
        return np.zeros(shape) if shape else 0.0

    def transpose(self) -> Zero:
        return Zero(self.input, self.output)

    @property
    def cost(self) -> int:
        return 0

    @property
    def label(self) -> str:
        return "0"


class Identity(LinearMap):
    """Everything as it is: ``Identity(shape)``."""

    __slots__ = ()

    def __init__(self, shape: ShapeLike) -> None:
        self.output = self.input = as_shape(shape)

    def _apply(self, x: Any) -> Any:
        return x

    def transpose(self) -> Identity:
        return self

    @property
    def cost(self) -> int:
        return 0

    @property
    def label(self) -> str:
        return "I"


class Scale(LinearMap):
    """Every entry times the same number: ``Scale(factor, shape)``. Like the number, it keeps float32 as it is."""

    __slots__ = ("factor",)

    def __init__(self, factor: Any, shape: ShapeLike) -> None:
        number = factor.item() if isinstance(factor, (np.ndarray, np.generic)) and factor.ndim == 0 else factor
        if not (isinstance(number, Real) or (is_duck(number) and number.shape == ())):
            raise TypeError(
                f"Scale: expected a number, got {type(number).__name__}. Write Diagonal(array) for an array."
            )
        self.factor: Any = number
        self.output = self.input = as_shape(shape)

    def _apply(self, x: Any) -> Any:
        return times(self.factor, x)

    def transpose(self) -> Scale:
        return self

    @property
    def cost(self) -> int:
        return size(self.output)

    @property
    def label(self) -> str:
        if is_duck(self.factor):
            return "scale"
        return "−I" if self.factor == -1 else f"{_number(self.factor)}·I"


class Diagonal(LinearMap):
    """Every entry times one of its own: the partial of an elementwise function, of the shape of its argument.

    Its matrix is diagonal whatever the shape: a square array of partials is not mistaken for a Jacobian. An entry that
    is not finite leaves 0 at 0: what a ``where`` left out has no influence.

    Examples
    --------
    >>> Diagonal([[1.0, 2.0], [3.0, 4.0]]).matrix()
    array([[1., 0., 0., 0.],
           [0., 2., 0., 0.],
           [0., 0., 3., 0.],
           [0., 0., 0., 4.]])
    """

    __slots__ = ("values",)

    def __init__(self, values: Any) -> None:
        self.values: Any = real_array(values, "Diagonal")
        self.output = self.input = self.values.shape

    def _apply(self, x: Any) -> Any:
        return times(self.values, x)

    def transpose(self) -> Diagonal:
        return self

    @property
    def dtype(self) -> np.dtype[Any] | None:
        return kind_of(self.values)

    @property
    def cost(self) -> int:
        return size(self.output)

    @property
    def label(self) -> str:
        if isinstance(self.values, np.ndarray) and self.values.ndim == 1 and self.values.size <= _FEW:
            return f"diag({', '.join(_number(value) for value in self.values.tolist())})"
        return f"diag {written(self.output)}"


def factor(map: LinearMap) -> Any:
    """What the entries are multiplied with, a number or an array; None where they do not keep their places."""
    if isinstance(map, Identity):
        return 1
    return map.factor if isinstance(map, Scale) else map.values if isinstance(map, Diagonal) else None


def elementwise(factor: Any, shape: Shape) -> LinearMap:
    """The map that multiplies with a number, or with an array entry by entry."""
    if is_duck(factor):
        return Diagonal(factor) if factor.shape else Scale(factor, shape)
    if isinstance(factor, np.ndarray):
        return Diagonal(factor)
    return Identity(shape) if factor == 1 else Zero(shape, shape) if factor == 0 else Scale(factor, shape)


def times(factor: Any, x: Any) -> Any:
    """``factor * x``, entry by entry, where 0 times what is not finite is 0: no influence, however large.

    Examples
    --------
    >>> times(np.array([np.inf, np.nan, 2.0]), np.array([0.0, 1.0, 3.0]))
    array([ 0., nan,  6.])
    """
    if is_duck(factor) or is_duck(x):
        if isinstance(x, np.ndarray) and x.shape == factor.shape and x.size and not any(x.strides):
            x = x.flat[0].item()  # a number, repeated: the start of a sweep from a sum
        for number, other in ((factor, x), (x, factor)):
            if isinstance(number, (int, float)) and number == -1:
                return -other
        return factor if isinstance(x, (int, float, np.number)) and x == 1 else factor * x
    with np.errstate(invalid="ignore"):
        product = factor * x
    kind = getattr(product, "dtype", None)
    if kind is None or kind.kind != "f" or np.isfinite(product).all():
        return product
    return np.where((factor == 0) | (x == 0), kind.type(0), product)


def _number(value: float) -> str:
    return f"{value:g}".replace("-", "−")

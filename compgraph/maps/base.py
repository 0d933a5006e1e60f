"""What every linear map has: a shape on either side, ways to be applied, transposed, joined, added and written out."""

from __future__ import annotations

import math
import operator
from abc import ABC, abstractmethod
from collections.abc import Iterable
from numbers import Real
from typing import Any, NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Array", "LinearMap", "MatrixCost", "Shape", "ShapeLike", "as_shape", "is_duck", "kind_of", "real_array", "size",
    "written",
]  # fmt: skip

Array = NDArray[Any]
Shape = tuple[int, ...]
ShapeLike = int | Iterable[int]


class MatrixCost(NamedTuple):
    """Multiplications that the matrix of a map takes, by the order in which its factors are joined.

    ``right_to_left`` starts at the input, one column for each of its entries, as a forward sweep does;
    ``left_to_right`` starts at the output, one row for each of its entries, as a reverse sweep does; ``as_grouped``
    follows the brackets as the map was put together.
    """

    right_to_left: int
    left_to_right: int
    as_grouped: int


class LinearMap(ABC):
    """A linear map from arrays of one shape to arrays of another: the label of an edge between two arrays.

    Attributes
    ----------
    output, input : tuple of int
        The shapes, in the order in which a matrix states its rows and columns.
    cost : int
        Multiplications that `apply` takes.
    label : str
        What a picture shows.

    Notes
    -----
    ``f @ g`` is the map that applies g first: the factor nearer the output stands on the left. ``f @ x`` applies
    f to an array, ``y @ f`` applies its transpose: what a forward and what a reverse sweep does along an edge. Beside a
    map of vectors, a two-dimensional array is a matrix. ``f + g`` adds, ``3 * f`` scales. Maps are immutable, compared
    by identity, and keep the arrays they are made of without copying them.

    The arrays that a map is made of, and those it is applied to, may be of any class that answers NumPy's protocols
    and has a `shape`, an `Expression` for one: then so is the result.

    Examples
    --------
    >>> from compgraph.maps import Dense, Diagonal
    >>> f = Diagonal([10.0, 100.0]) @ Dense([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    >>> f
    LinearMap (2,) ← (3,): diag(10, 100) · dense 2×3
    >>> f @ np.array([1.0, 0.0, 1.0]), f.T.apply([1.0, 0.0]), f.cost
    (array([  40., 1000.]), array([10., 20., 30.]), 8)
    """

    __slots__ = ("input", "output")
    __array_ufunc__ = None  # so that NumPy leaves array @ map to the map

    input: Shape
    output: Shape

    # -- what each kind says

    @abstractmethod
    def _apply(self, x: Any) -> Any:
        """The outputs for inputs: `x` has the axes of the input, and any number of others in front of them.

        It may be a Python number where there are no axes at all.
        """

    @abstractmethod
    def transpose(self) -> LinearMap:
        """The map with ⟨f x, y⟩ = ⟨x, fᵀ y⟩, from the output shape to the input shape."""

    @property
    @abstractmethod
    def cost(self) -> int:
        """Multiplications that `apply` takes."""

    @property
    @abstractmethod
    def label(self) -> str:
        """What a picture shows: the kind, and numbers where there are few."""

    @property
    def dtype(self) -> np.dtype[Any] | None:
        """The kind of the numbers it multiplies with; None if nothing tells it."""
        return None

    # -- what follows

    @property
    def T(self) -> LinearMap:
        """The transpose."""
        return self.transpose()

    def apply(self, array: Any) -> Any:
        """The output for one input: an array, or a number where the shape of the output is ().

        A Python number takes on the kind of the numbers in the map: float32 stays float32.

        Raises
        ------
        ValueError
            The array has another shape than `input`.
        """
        x: Any = array
        if isinstance(array, (int, float)) and not isinstance(array, np.generic):
            dtype = self.dtype
            x = array if dtype is None else np.asarray(array, np.result_type(dtype, array))
        elif not is_duck(array):
            x = np.asarray(array)
        shape = getattr(x, "shape", ())
        if shape != self.input:
            raise ValueError(
                f"{self!r}: expected an array of the shape {self.input}, got {shape}. "
                "Reshape the array, or apply the transpose (.T) to an adjoint."
            )
        return _plain(self._apply(_plain(x)))

    def _further(self, x: Any) -> Shape:
        """The lengths of the axes in front of those of the input."""
        shape: Shape = getattr(x, "shape", ())
        return shape[: len(shape) - len(self.input)]

    def matrix(self) -> Array:
        """The matrix: a row for each entry of the output, a column for each of the input, last axes fastest.

        Examples
        --------
        >>> from compgraph.maps import Sum
        >>> Sum((2, 3), axes=0).matrix()
        array([[1., 0., 0., 1., 0., 0.],
               [0., 1., 0., 0., 1., 0.],
               [0., 0., 1., 0., 0., 1.]])
        """
        columns: Array = self._columns(self.dtype).reshape((size(self.input), size(self.output))).T
        return columns

    def _columns(self, dtype: np.dtype[Any] | None) -> Any:
        """The outputs for all unit inputs: the columns of the matrix, in their shape."""
        columns = size(self.input)
        return self._apply(np.eye(columns, dtype=dtype).reshape(columns, *self.input))

    @property
    def matrix_cost(self) -> MatrixCost:
        """Multiplications that `matrix` takes, by order: none where nothing is joined."""
        return MatrixCost(0, 0, 0)

    @overload
    def __matmul__(self, other: LinearMap) -> LinearMap: ...
    @overload
    def __matmul__(self, other: Any) -> Any: ...
    def __matmul__(self, other: Any) -> Any:
        from compgraph.maps.joining import compose

        if isinstance(other, LinearMap):
            return compose(self, other)
        if _is_matrix(other) and len(self.input) == 1:
            return compose(self, _dense(other))
        return self.apply(other)

    def __rmatmul__(self, other: Any) -> Any:
        from compgraph.maps.joining import compose

        if _is_matrix(other) and len(self.output) == 1:
            return compose(_dense(other), self)
        return self.transpose().apply(other)

    def __mul__(self, number: Any) -> LinearMap:
        from compgraph.maps.elementwise import elementwise
        from compgraph.maps.joining import compose

        if not _is_number(number):
            raise TypeError(
                f"{self!r} times {type(number).__name__}: expected a number. "
                "Write f @ x to apply a map, f @ g to join two, and sweep over cg.MATRIX."
            )
        return compose(elementwise(number, self.output), self)

    __rmul__ = __mul__

    def __neg__(self) -> LinearMap:
        return self * -1

    def __add__(self, other: Any) -> LinearMap:
        from compgraph.maps.joining import add

        return add(self, self._beside(other))

    def __radd__(self, other: Any) -> LinearMap:
        from compgraph.maps.joining import add

        return add(self._beside(other), self)

    def _beside(self, other: Any) -> LinearMap:
        """What is added to this map: a number is that multiple of the identity, and 0 fits any shape."""
        from compgraph.maps.elementwise import Zero, elementwise

        if isinstance(other, LinearMap):
            return other
        if _is_matrix(other):
            return _dense(other)
        if not _is_number(other):
            raise TypeError(
                f"{self!r} plus {type(other).__name__}: expected a LinearMap, a matrix or a number. "
                "Add arrays to what the map gives: f.apply(x) + y."
            )
        is_zero = not is_duck(other) and other == 0
        return Zero(self.output, self.input) if is_zero else elementwise(other, self.input)

    def __repr__(self) -> str:
        from compgraph.notation.maps import has_expressions, linear_map

        shown = linear_map(self) if has_expressions(self) else self.label
        return f"LinearMap {self.output} ← {self.input}: {shown}"

    def _repr_latex_(self) -> str:
        from compgraph.notation.maps import linear_map

        return f"${linear_map(self, style='latex')}$"


def _plain(x: Any) -> Any:
    """A number as itself, where NumPy wraps it in an array without axes."""
    return x[()] if isinstance(x, np.ndarray) and not x.ndim else x


def _is_matrix(other: Any) -> bool:
    return (isinstance(other, np.ndarray) or is_duck(other)) and len(other.shape) == 2


def _is_number(other: Any) -> bool:
    return isinstance(other, Real) or (is_duck(other) and other.shape == ())


def _dense(matrix: Any) -> LinearMap:
    from compgraph.maps.products import Dense

    return Dense(matrix)


# -- shapes and arrays, as they are given


def as_shape(shape: ShapeLike) -> Shape:
    """A shape as a tuple; a number is the length of a vector.

    Examples
    --------
    >>> as_shape(3), as_shape([2, 3])
    ((3,), (2, 3))
    """
    lengths = tuple([operator.index(length) for length in (shape if isinstance(shape, Iterable) else (shape,))])
    if any(length < 0 for length in lengths):
        raise ValueError(f"a shape: expected lengths of 0 or more, got {lengths}. Write (2, 3), or 3 for a vector.")
    return lengths


def size(shape: Shape) -> int:
    """The number of entries."""
    return math.prod(shape)


def is_duck(array: Any) -> bool:
    """Whether it is an array of another class than NumPy's, which answers NumPy's protocols."""
    return not isinstance(array, np.ndarray) and hasattr(type(array), "__array_function__")


def real_array(array: Any, what: str) -> Any:
    """The array as it is, if it holds real numbers or is a duck; TypeError otherwise."""
    if is_duck(array):
        return array
    numbers = np.asarray(array)
    if numbers.dtype.kind not in "iuf":
        raise TypeError(
            f"{what}: expected an array of real numbers, got one of the kind {numbers.dtype}. "
            "Convert it with .astype(float)."
        )
    return numbers


def kind_of(*arrays: Any) -> np.dtype[Any] | None:
    """The kind of the numbers in arrays; None where there are only ducks."""
    kinds = [array.dtype for array in arrays if isinstance(array, np.ndarray)]
    return np.result_type(*kinds) if kinds else None


def written(shape: Shape) -> str:
    """A shape in a label.

    Examples
    --------
    >>> written((2, 3)), written(())
    ('2×3', 'a number')
    """
    return "×".join(map(str, shape)) or "a number"

"""Maps that multiply with a matrix: any matrix, one from the left or from the right, or one from either side."""

from __future__ import annotations

from typing import Any

import numpy as np

from compgraph.maps.base import LinearMap, Shape, ShapeLike, as_shape, kind_of, real_array, size, written

__all__ = ["Dense", "Kronecker", "LeftMultiply", "RightMultiply"]


class Dense(LinearMap):
    """Any matrix, with a row for each entry of the output and a column for each of the input.

    Parameters
    ----------
    matrix : array
        Of two dimensions, or of the shape ``output + input``.
    output, input : shape, optional
        If left out, vectors.

    Examples
    --------
    >>> Dense([[1, 2], [3, 4]]).T.apply([1, 0])
    array([1, 2])
    >>> Dense(np.ones((2, 2, 3)), output=(2, 2), input=3)
    LinearMap (2, 2) ← (3,): dense 4×3
    """

    __slots__ = ("array",)

    def __init__(self, matrix: Any, output: ShapeLike | None = None, input: ShapeLike | None = None) -> None:
        array = real_array(matrix, "Dense")
        if len(array.shape) != 2 and (output is None or input is None):
            raise ValueError(
                f"Dense: expected a matrix of two dimensions, got the shape {array.shape}. "
                "Give the shapes output= and input=, or write Diagonal for elementwise partials."
            )
        self.output = as_shape(array.shape[0] if output is None else output)
        self.input = as_shape(array.shape[1] if input is None else input)
        rows_columns = size(self.output), size(self.input)
        if array.shape not in (rows_columns, self.output + self.input):
            raise ValueError(
                f"Dense {self.output} ← {self.input}: expected a matrix of the shape {rows_columns}, "
                f"got {array.shape}. Its rows are the entries of the output, its columns those of the input."
            )
        self.array: Any = array if array.shape == rows_columns else np.reshape(array, rows_columns)

    def _apply(self, x: Any) -> Any:
        further = self._further(x)
        flat = x if len(self.input) == 1 else np.reshape(x, (*further, size(self.input)))
        product = np.matmul(flat, self.array.T) if further else np.matmul(self.array, flat)
        return product if len(self.output) == 1 else np.reshape(product, (*further, *self.output))

    def _columns(self, dtype: np.dtype[Any] | None) -> Any:
        return self.array.T.reshape((size(self.input), *self.output))

    def transpose(self) -> Dense:
        return Dense(self.array.T, self.input, self.output)

    @property
    def dtype(self) -> np.dtype[Any] | None:
        return kind_of(self.array)

    @property
    def cost(self) -> int:
        return size(self.array.shape)

    @property
    def label(self) -> str:
        return f"dense {written(self.array.shape)}"


class LeftMultiply(LinearMap):
    """X ↦ A X: ``LeftMultiply(A, input)``, the partial of a product A·X with respect to X.

    Parameters
    ----------
    matrix : array
        A; or a stack of them, one for each matrix of a stack X.
    input : shape
        That of X. In front of its last two axes there may be others: a stack of matrices.

    Examples
    --------
    >>> f = LeftMultiply([[1.0, 2.0]], input=(2, 3))
    >>> f, f.cost
    (LinearMap (1, 3) ← (2, 3): left 1×2, 6)
    """

    __slots__ = ("array",)

    def __init__(self, matrix: Any, input: ShapeLike) -> None:
        self.array = real_array(matrix, "LeftMultiply")
        self.input = as_shape(input)
        _check_factors("LeftMultiply", self.array.shape, self.input, self.array.shape[-1:], self.input[-2:-1])
        self.output = (*self.input[:-2], self.array.shape[-2], self.input[-1])

    def _apply(self, x: Any) -> Any:
        return np.matmul(self.array, x)

    def transpose(self) -> LeftMultiply:
        return LeftMultiply(_turned(self.array), self.output)

    @property
    def dtype(self) -> np.dtype[Any] | None:
        return kind_of(self.array)

    @property
    def cost(self) -> int:
        return size(self.output) * self.input[-2]

    @property
    def label(self) -> str:
        return f"left {written(self.array.shape)}"


class RightMultiply(LinearMap):
    """X ↦ X B: ``RightMultiply(B, input)``, the partial of a product X·B with respect to X.

    The mirror image of `LeftMultiply`.

    Examples
    --------
    In z = W a the weights W are multiplied with the column a from the right; the transpose is the outer product that
    makes their gradient.

    >>> RightMultiply([[10.0], [20.0]], input=(3, 2)).T.apply([[1.0], [2.0], [0.0]])
    array([[10., 20.],
           [20., 40.],
           [ 0.,  0.]])
    """

    __slots__ = ("array",)

    def __init__(self, matrix: Any, input: ShapeLike) -> None:
        self.array = real_array(matrix, "RightMultiply")
        self.input = as_shape(input)
        _check_factors("RightMultiply", self.array.shape, self.input, self.array.shape[-2:-1], self.input[-1:])
        self.output = (*self.input[:-1], self.array.shape[-1])

    def _apply(self, x: Any) -> Any:
        return np.matmul(x, self.array)

    def transpose(self) -> RightMultiply:
        return RightMultiply(_turned(self.array), self.output)

    @property
    def dtype(self) -> np.dtype[Any] | None:
        return kind_of(self.array)

    @property
    def cost(self) -> int:
        return size(self.output) * self.input[-1]

    @property
    def label(self) -> str:
        return f"right {written(self.array.shape)}"


def _turned(array: Any) -> Any:
    """The transpose of a matrix, or of each of a stack."""
    return array.T if len(array.shape) == 2 else np.swapaxes(array, -1, -2)


def _check_factors(kind: str, matrix: Shape, input: Shape, *inner: Shape) -> None:
    """Two dimensions on either side, the inner ones equal, and one matrix for all of the stack or one for each."""
    stacks = matrix[:-2] in ((), input[:-2])
    if len(matrix) < 2 or len(input) < 2 or inner[0] != inner[1] or not stacks:
        raise ValueError(
            f"{kind}: the matrix {matrix} does not fit the input {input}: expected inner lengths that are equal, "
            f"got {inner[0]} and {inner[1]} in stacks {matrix[:-2]} and {input[:-2]}. Transpose or Reshape one of them."
        )


class Kronecker(LinearMap):
    """X ↦ A X Bᵀ: ``Kronecker(A, B)``, whose matrix is the Kronecker product A ⊗ B.

    Examples
    --------
    >>> f = Kronecker([[1.0, 2.0]], [[1.0, 0.0], [5.0, 1.0]])
    >>> f
    LinearMap (1, 2) ← (2, 2): 1×2 ⊗ 2×2
    >>> f.matrix()
    array([[ 1.,  0.,  2.,  0.],
           [ 5.,  1., 10.,  2.]])
    """

    __slots__ = ("left", "right")

    def __init__(self, left: Any, right: Any) -> None:
        self.left, self.right = real_array(left, "Kronecker"), real_array(right, "Kronecker")
        if (len(self.left.shape), len(self.right.shape)) != (2, 2):
            raise ValueError(
                f"Kronecker: expected two matrices, got the shapes {self.left.shape} and {self.right.shape}. "
                "Give arrays of two dimensions."
            )
        self.output = self.left.shape[0], self.right.shape[0]
        self.input = self.left.shape[1], self.right.shape[1]

    def _costs(self) -> tuple[int, int]:
        """Multiplications with the left matrix first, and with the right one first."""
        (m, p), (n, q) = self.output, self.input
        return m * n * q + m * q * p, n * q * p + m * n * p

    def _apply(self, x: Any) -> Any:
        left_first, right_first = self._costs()
        if left_first <= right_first:
            return np.matmul(np.matmul(self.left, x), self.right.T)
        return np.matmul(self.left, np.matmul(x, self.right.T))

    def transpose(self) -> Kronecker:
        return Kronecker(self.left.T, self.right.T)

    @property
    def dtype(self) -> np.dtype[Any] | None:
        return kind_of(self.left, self.right)

    @property
    def cost(self) -> int:
        return min(self._costs())

    @property
    def label(self) -> str:
        return f"{written(self.left.shape)} ⊗ {written(self.right.shape)}"

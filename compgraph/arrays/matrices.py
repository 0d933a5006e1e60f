"""Linear algebra: inverses, systems, determinants."""

from __future__ import annotations

from typing import Any

import numpy as np

from compgraph.arrays.rows import Row, dtype_of, shape_from
from compgraph.maps import Diagonal, LeftMultiply, LinearMap, Reshape, RightMultiply, Sum, broadcast

__all__ = ["slogdet", "trace"]


def _square(shape: tuple[int, ...]) -> tuple[int, ...]:
    if len(shape) < 2 or shape[-1] != shape[-2]:
        raise ValueError(f"expected a square matrix, got the shape {shape}.")
    return shape


def _turned(x: Any) -> Any:
    """The transpose of a matrix, or of each of a stack."""
    return np.transpose(x) if len(shape_from(x)) == 2 else np.swapaxes(x, -1, -2)


def _d_inv(y: Any, x: Any) -> LinearMap:
    """dY = −Y dX Y."""
    shape = shape_from(x)
    return LeftMultiply(y, shape) @ RightMultiply(y, shape) * -1


def _column(y: Any, a: Any, b: Any) -> tuple[int, ...]:
    """The shape of b as a matrix: a vector is a column of it."""
    return (*shape_from(b), 1) if len(shape_from(b)) == 1 else shape_from(b)


def _d_solve_matrix(y: Any, a: Any, b: Any) -> LinearMap:
    """Y = A⁻¹B, so that dY = −A⁻¹ dA Y."""
    column = _column(y, a, b)
    shape = shape_from(a)
    stack = np.broadcast_shapes(shape[:-2], column[:-2])
    known = np.reshape(y, column) if len(shape_from(b)) == 1 else y
    times: LinearMap = RightMultiply(known, stack + shape[-2:]) @ broadcast(
        shape, stack + shape[-2:], dtype=dtype_of(a)
    )
    solved = LeftMultiply(np.linalg.inv(a), times.output) @ times * -1
    return Reshape(shape_from(b), solved.output) @ solved if len(shape_from(b)) == 1 else solved


def _d_solve_right(y: Any, a: Any, b: Any) -> LinearMap:
    column = _column(y, a, b)
    shape = shape_from(a)
    stack = np.broadcast_shapes(shape[:-2], column[:-2])
    full = stack + column[-2:]
    there: LinearMap = broadcast(column, full, dtype=dtype_of(b)) @ Reshape(column, shape_from(b))
    solved = LeftMultiply(np.linalg.inv(a), full) @ there
    return Reshape(shape_from(b), solved.output) @ solved if len(shape_from(b)) == 1 else solved


def _d_det(y: Any, x: Any) -> LinearMap:
    """dy = y·tr(X⁻¹ dX)."""
    shape = shape_from(x)
    weights = _turned(np.linalg.inv(x)) * (np.expand_dims(y, (-2, -1)) if shape_from(y) else y)
    return Sum(shape, (-2, -1), dtype=dtype_of(x)) @ Diagonal(weights)


def _d_logdet(y: Any, x: Any) -> LinearMap:
    return Sum(shape_from(x), (-2, -1), dtype=dtype_of(x)) @ Diagonal(_turned(np.linalg.inv(x)))


def _stack_of(shape: tuple[int, ...]) -> tuple[int, ...]:
    return _square(shape)[:-2]


def _solved(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, ...]:
    _square(a)
    if len(b) == 1:
        return b
    return np.broadcast_shapes(a[:-2], b[:-2]) + b[-2:]


def _solve(a: Any, b: Any) -> Any:
    b = np.asarray(b)
    return np.linalg.solve(a, b[:, np.newaxis])[..., 0] if b.ndim == 1 else np.linalg.solve(a, b)


_REGULAR = "a square matrix that is not singular"

INV = Row("inv", np.linalg.inv, _d_inv, shape=_square, flops=lambda y, x: 2 * y[-1] * int(np.prod(y)), domain=_REGULAR)
SOLVE = Row(
    "solve", _solve, _d_solve_matrix, _d_solve_right, shape=_solved,
    flops=lambda y, a, b: 2 * int(np.prod(a)) * a[-1] // 3 + 2 * a[-1] * int(np.prod(y)), domain=_REGULAR,
)  # fmt: skip
DET = Row(
    "det", np.linalg.det, _d_det, shape=_stack_of, flops=lambda y, x: 2 * int(np.prod(x)) * x[-1] // 3,
    domain="a square matrix, and for its derivative one that is not singular",
)  # fmt: skip
DETSIGN = Row("detsign", lambda x: np.linalg.slogdet(x)[0], None, shape=_stack_of)
LOGDET = Row("logdet", lambda x: np.linalg.slogdet(x)[1], _d_logdet, shape=_stack_of, domain=_REGULAR)


def slogdet(x: Any) -> tuple[Any, Any]:
    """`numpy.linalg.slogdet`: the sign of the determinant, and the logarithm of its absolute value."""
    return DETSIGN(x), LOGDET(x)


def trace(x: Any) -> Any:
    """`numpy.trace` of a matrix: the sum of its diagonal."""
    return TRACE(x)


def _d_trace(y: Any, x: Any) -> LinearMap:
    from compgraph.maps import Gather

    shape = shape_from(x)
    rows, columns = shape
    diagonal = Gather.at(shape, np.arange(min(rows, columns)) * (columns + 1))
    summed: LinearMap = Sum(diagonal.output, dtype=dtype_of(x)) @ diagonal
    return summed


TRACE = Row("trace", np.trace, _d_trace, shape=lambda shape: (), flops=lambda y, x: min(x))

ROWS = (INV, SOLVE, DET, DETSIGN, LOGDET, TRACE)

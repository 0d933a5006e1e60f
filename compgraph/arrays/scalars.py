"""Functions of arrays on arrays of scalar expressions: what the scalar zoom draws.

NumPy's own functions work on arrays of objects that add and multiply; a row that compares, or that has a stable form of
its own, is written out here.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from functools import reduce
from typing import Any

import numpy as np

from compgraph import functions
from compgraph.arrays.rows import Bound, normalized
from compgraph.arrays.windows import _pair, _pool_places, _pool_shape
from compgraph.expression import LITERAL, Expression, Primitive

__all__ = ["scalar_value"]

#: Rows and columns of a determinant that is written out; a larger one has hundreds of terms.
WIDEST = 5


def scalar_value(primitive: Primitive, operands: list[Any]) -> Any:
    """A primitive on object arrays of scalar expressions: one of them, or a scalar expression where the shape is ().

    Raises
    ------
    ValueError
        A determinant or an inverse too large to be written out.
    """
    if primitive is LITERAL:
        (value,) = operands
        return _objects(value) if np.ndim(value) else value
    if isinstance(primitive, Bound):
        form = FORMS.get(primitive.name, primitive.row.evaluate)
        # a number has no axes, and NumPy would ask it for them
        result = form(*[_objects(o) if isinstance(o, Expression) else o for o in operands], **primitive.parameters)
        return result.item() if isinstance(result, np.ndarray) and result.ndim == 0 else result
    if not any(np.ndim(operand) for operand in operands):
        return primitive(*operands)
    spread = np.broadcast_arrays(*[_objects(operand) for operand in operands])
    result = np.empty(spread[0].shape, dtype=object)
    for index in np.ndindex(result.shape):
        result[index] = primitive(*[operand[index] for operand in spread])
    return result


def _objects(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value if value.dtype == object else np.asarray(value).astype(object)
    single = np.empty((), dtype=object)
    single[()] = value
    return single


def _reduced(function: Callable[[list[Any]], Any]) -> Callable[..., Any]:
    """A function of a list of scalars along axes."""

    def reduction(x: Any, axis: Any = None, keepdims: bool = False, **more: Any) -> Any:
        axes = normalized(axis, np.ndim(x))
        others = [a for a in range(np.ndim(x)) if a not in axes]
        lined = np.transpose(x, [*others, *axes]).reshape(*[x.shape[a] for a in others], -1)
        result = np.empty(lined.shape[:-1], dtype=object)
        for index in np.ndindex(result.shape):
            result[index] = function(list(lined[index]), **more)
        if keepdims:
            return result.reshape([1 if a in axes else n for a, n in enumerate(x.shape)])
        return result

    return reduction


def _mean(entries: list[Any]) -> Any:
    return reduce(lambda a, b: a + b, entries) / len(entries)


def _var(entries: list[Any], ddof: int = 0) -> Any:
    mean = _mean(entries)
    return reduce(lambda a, b: a + b, [functions.square(e - mean) for e in entries]) / (len(entries) - ddof)


def _std(entries: list[Any], ddof: int = 0) -> Any:
    return functions.sqrt(_var(entries, ddof))


def _norm(entries: list[Any]) -> Any:
    return functions.sqrt(reduce(lambda a, b: a + b, [functions.square(e) for e in entries]))


def _logsumexp(entries: list[Any]) -> Any:
    return reduce(functions.logaddexp, entries)


_lse = _reduced(_logsumexp)


def _minor(x: Any, row: int, column: int) -> Any:
    return np.delete(np.delete(x, row, 0), column, 1)


def _det(x: Any) -> Any:
    """The sum over permutations, by columns that are left: each minor once."""
    _small(x)
    size = len(x)
    known: dict[tuple[int, ...], Any] = {(): 1}
    for count in range(1, size + 1):
        row = size - count
        for columns in itertools.combinations(range(size), count):
            terms = []
            for place, column in enumerate(columns):
                rest = known[columns[:place] + columns[place + 1 :]]
                product = x[row, column] * rest if count > 1 else x[row, column]
                terms.append((product, place % 2))
            total = terms[0][0]
            for product, odd in terms[1:]:
                total = total - product if odd else total + product
            known[columns] = total
    return known[tuple(range(size))]


def _inv(x: Any) -> Any:
    _small(x)
    size = len(x)
    det = _det(x)
    inverse = np.empty((size, size), dtype=object)
    for i, j in np.ndindex(size, size):
        cofactor = _det(_minor(x, j, i)) if size > 1 else 1
        inverse[i, j] = (-cofactor if (i + j) % 2 else cofactor) / det
    return inverse


def _small(x: Any) -> None:
    if np.ndim(x) != 2 or len(x) > WIDEST:
        raise ValueError(
            f"a determinant or inverse of the shape {np.shape(x)} is not written out in scalars: "
            f"expected a matrix of at most {WIDEST} rows. Stay at the level of arrays for it."
        )


def _scatter(x: Any, shape: tuple[int, ...], index: Any = None, places: Any = None) -> Any:
    whole = np.zeros(shape, dtype=object)
    at = np.arange(math.prod(shape)).reshape(shape)[index] if places is None else places
    flat = whole.reshape(-1)
    for place, entry in zip(np.ravel(at), np.ravel(_objects(x)), strict=True):
        flat[place] = entry if type(flat[place]) is int else flat[place] + entry
    return whole


def _pool(x: Any, size: Any, stride: Any = None) -> Any:
    places = _pool_places(x.shape, _pair(size), stride)
    return _reduced(lambda entries: functions.max(*entries))(np.ravel(x)[places], axis=-1).reshape(
        _pool_shape(x.shape, size, stride)
    )


#: Name of a row → the row on arrays of scalars, where NumPy's own function does not serve.
FORMS: dict[str, Callable[..., Any]] = {
    "mean": _reduced(_mean),
    "var": _reduced(_var),
    "std": _reduced(_std),
    "amax": _reduced(lambda entries: functions.max(*entries)),
    "amin": _reduced(lambda entries: functions.min(*entries)),
    "norm": _reduced(_norm),
    "logsumexp": _lse,
    "softmax": lambda x, axis=-1: scalar_value(functions.exp, [x - _lse(x, axis, True)]),
    "log_softmax": lambda x, axis=-1: x - _lse(x, axis, True),
    "einsum": lambda *operands, subscripts: np.einsum(subscripts, *map(_objects, operands), optimize=False),
    "det": _det,
    "detsign": lambda x: functions.sign(_det(x)),
    "logdet": lambda x: functions.log(functions.abs(_det(x))),
    "inv": _inv,
    "solve": lambda a, b: _inv(a) @ b,
    "scatter": _scatter,
    "max_pool2d": _pool,
    "getitem": lambda x, index: _objects(x)[index],
}

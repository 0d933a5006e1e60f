"""Sums and what is made of them: over axes, or all."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from compgraph.arrays.rows import Row, dtype_of, kept_axes, normalized, shape_from
from compgraph.expression import EQUAL
from compgraph.functions import WHERE
from compgraph.maps import Dense, Diagonal, LinearMap, Permute, Reshape, Sum, broadcast

__all__ = ["log_softmax", "logsumexp", "softmax"]


def _total(x: Any, axis: Any, keepdims: bool = False) -> LinearMap:
    """The map that sums over axes."""
    shape = shape_from(x)
    axes = normalized(axis, len(shape))
    summed: LinearMap = Sum(shape, axes, dtype=dtype_of(x))
    if keepdims:
        summed = Reshape(tuple([1 if a in axes else n for a, n in enumerate(shape)]), summed.output) @ summed
    return summed


def _spread(x: Any, axis: Any) -> LinearMap:
    """The map that sums over axes and puts the sum back in every place."""
    summed = _total(x, axis, True)
    spread: LinearMap = broadcast(summed.output, summed.input, dtype=dtype_of(x)) @ summed
    return spread


def _count(x: Any, axis: Any) -> int:
    shape = shape_from(x)
    return math.prod(shape[a] for a in normalized(axis, len(shape)))


def _reduced(shape: tuple[int, ...], axis: Any = None, keepdims: bool = False, **_: Any) -> tuple[int, ...]:
    axes = normalized(axis, len(shape))
    return tuple([1 if a in axes else n for a, n in enumerate(shape) if keepdims or a not in axes])


def _same(shape: tuple[int, ...], **_: Any) -> tuple[int, ...]:
    return shape


def _like(values: Any, x: Any) -> Any:
    """Numbers of the kind of x."""
    return values.astype(x.dtype, copy=False) if isinstance(values, np.ndarray) else values


# -- rules, written in functions that take arrays and expressions


def _d_sum(y: Any, x: Any, axis: Any = None, keepdims: bool = False) -> LinearMap:
    return _total(x, axis, keepdims)


def _d_mean(y: Any, x: Any, axis: Any = None, keepdims: bool = False) -> LinearMap:
    return _total(x, axis, keepdims) * (1 / _count(x, axis))


def _d_var(y: Any, x: Any, axis: Any = None, keepdims: bool = False, ddof: int = 0) -> LinearMap:
    centred = x - np.mean(x, axis=axis, keepdims=True)
    return _total(x, axis, keepdims) @ Diagonal(centred * (2 / (_count(x, axis) - ddof)))


def _d_std(y: Any, x: Any, axis: Any = None, keepdims: bool = False, ddof: int = 0) -> LinearMap:
    centred = x - np.mean(x, axis=axis, keepdims=True)
    scaled = centred / (kept_axes(y, x, axis, keepdims) * (_count(x, axis) - ddof))
    return _total(x, axis, keepdims) @ Diagonal(scaled)


def _d_prod(y: Any, x: Any, axis: Any = None, keepdims: bool = False) -> LinearMap:
    """Each entry's partial is the product of the others: exact where entries are 0, at the square of the length."""
    shape = shape_from(x)
    axes = normalized(axis, len(shape))
    others = [a for a in range(len(shape)) if a not in axes]
    count = _count(x, axis)
    turn: LinearMap = Permute(shape, [*others, *axes])
    front = tuple([shape[a] for a in others])
    flat = Reshape((*front, count), turn.output) @ turn
    lined = np.reshape(np.transpose(x, (*others, *axes)), (*front, 1, count))
    rows = np.broadcast_to(lined, (*front, count, count))
    rest = np.prod(WHERE(np.eye(count) == 1, 1.0, rows), axis=-1)
    product: LinearMap = Sum(flat.output, -1, dtype=dtype_of(x)) @ Diagonal(_like(rest, x)) @ flat
    return Reshape(_reduced(shape, axis, keepdims), product.output) @ product


def _d_extreme(y: Any, x: Any, axis: Any = None, keepdims: bool = False) -> LinearMap:
    tied = WHERE(EQUAL(x, kept_axes(y, x, axis, keepdims)), 1.0, 0.0)
    share = tied / np.sum(tied, axis=axis, keepdims=axis is not None)
    return _total(x, axis, keepdims) @ Diagonal(_like(share, x))


def _tied(x: Any, axis: Any = None, keepdims: bool = False, largest: bool = True) -> bool:
    extreme = (np.max if largest else np.min)(x, axis=axis, keepdims=True)
    return bool((np.sum(x == extreme, axis=axis) > 1).any())


def _d_logsumexp(y: Any, x: Any, axis: Any = None, keepdims: bool = False) -> LinearMap:
    return _total(x, axis, keepdims) @ Diagonal(np.exp(x - kept_axes(y, x, axis, keepdims)))


def _logsumexp(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    top = np.max(x, axis=axis, keepdims=True)
    top = np.where(np.isfinite(top), top, 0).astype(np.asarray(top).dtype)
    total = np.log(np.sum(np.exp(x - top), axis=axis, keepdims=True)) + top
    return total if keepdims else np.squeeze(total, axis=normalized(axis, np.ndim(x)))


def _softmax(x: Any, axis: Any = -1) -> Any:
    e = np.exp(x - np.max(x, axis=axis, keepdims=True))
    return e / np.sum(e, axis=axis, keepdims=True)


def _d_softmax(y: Any, x: Any, axis: Any = -1) -> LinearMap:
    each = Diagonal(y)
    return each + (each @ _spread(x, axis) @ each) * -1


def _log_softmax(x: Any, axis: Any = -1) -> Any:
    centred = x - np.max(x, axis=axis, keepdims=True)
    return centred - np.log(np.sum(np.exp(centred), axis=axis, keepdims=True))


def _d_log_softmax(y: Any, x: Any, axis: Any = -1) -> LinearMap:
    return (_spread(x, axis) @ Diagonal(np.exp(y))) * -1 + 1


def _d_cumsum(y: Any, x: Any, axis: Any = None) -> LinearMap:
    shape = shape_from(x)
    kind = dtype_of(x) or float
    if axis is None:
        return Dense(np.tri(math.prod(shape), dtype=kind), math.prod(shape), shape)
    length = shape[axis]
    last = [a for a in range(len(shape)) if a != axis % len(shape)] + [axis % len(shape)]
    turn = Permute(shape, last)
    rows = math.prod(turn.output[:-1])
    from compgraph.maps import RightMultiply

    summed = RightMultiply(np.tri(length, dtype=kind).T, (rows, length))
    there = Reshape((rows, length), turn.output) @ turn
    return turn.T @ Reshape(turn.output, (rows, length)) @ summed @ there


def _norm(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    top = np.max(np.abs(x), axis=axis, keepdims=True, initial=0)
    scale = np.where((top > 0) & np.isfinite(top), top, 1).astype(np.asarray(top).dtype)
    total = scale * np.sqrt(np.sum((x / scale) ** 2, axis=axis, keepdims=True))
    return total if keepdims else np.squeeze(total, axis=normalized(axis, np.ndim(x)))


def _d_norm(y: Any, x: Any, axis: Any = None, keepdims: bool = False) -> LinearMap:
    return _total(x, axis, keepdims) @ Diagonal(x / kept_axes(y, x, axis, keepdims))


def _entries(_: tuple[int, ...], shape: tuple[int, ...], **__: Any) -> int:
    return math.prod(shape)


def _times_entries(factor: int) -> Any:
    return lambda _, shape, **__: factor * math.prod(shape)


SUM = Row("sum", np.sum, _d_sum, shape=_reduced, flops=_entries)
MEAN = Row("mean", np.mean, _d_mean, shape=_reduced, flops=_entries)
VAR = Row("var", np.var, _d_var, shape=_reduced, flops=_times_entries(4))
STD = Row("std", np.std, _d_std, shape=_reduced, flops=_times_entries(4))
PROD = Row("prod", np.prod, _d_prod, shape=_reduced, flops=_entries)
AMAX = Row("amax", np.max, _d_extreme, shape=_reduced, flops=_entries, kink=_tied)
AMIN = Row("amin", np.min, _d_extreme, shape=_reduced, flops=_entries, kink=lambda x, **p: _tied(x, largest=False, **p))
CUMSUM = Row("cumsum", np.cumsum, _d_cumsum, flops=_entries)
NORM = Row("norm", _norm, _d_norm, shape=_reduced, flops=_times_entries(2))
LOGSUMEXP = Row("logsumexp", _logsumexp, _d_logsumexp, shape=_reduced, flops=_times_entries(3))
SOFTMAX = Row("softmax", _softmax, _d_softmax, shape=_same, flops=_times_entries(4))
LOG_SOFTMAX = Row("log_softmax", _log_softmax, _d_log_softmax, shape=_same, flops=_times_entries(4))

ROWS = (SUM, MEAN, VAR, STD, PROD, AMAX, AMIN, CUMSUM, NORM, LOGSUMEXP, SOFTMAX, LOG_SOFTMAX)


def logsumexp(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """log Σ eˣ over axes (all of them, if left out), without overflow.

    Examples
    --------
    >>> logsumexp(np.array([1000.0, 1000.0]))
    1000.6931471805599
    """
    return LOGSUMEXP(x, **reduction(axis, keepdims))


def softmax(x: Any, axis: Any = -1) -> Any:
    """eˣ over its sum along an axis, without overflow.

    Examples
    --------
    >>> softmax(np.array([123.0, 456.0, 789.0])).round(3)
    array([0., 0., 1.])
    """
    return SOFTMAX(x, axis=axis)


def log_softmax(x: Any, axis: Any = -1) -> Any:
    """The logarithm of `softmax`, finite where that is 0.

    Examples
    --------
    >>> log_softmax(np.array([0.0, 1000.0]))
    array([-1000.,     0.])
    """
    return LOG_SOFTMAX(x, axis=axis)


def reduction(axis: Any, keepdims: Any, **further: Any) -> dict[str, Any]:
    """The parameters of a reduction, those that say nothing left out."""
    given = {"axis": axis} if axis is not None else {}
    if isinstance(axis, list):
        given["axis"] = tuple(axis)
    return given | ({"keepdims": True} if keepdims is True else {}) | {k: v for k, v in further.items() if v}

"""Entries put elsewhere: reshaped, transposed, indexed, repeated, joined. Nothing is multiplied."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from compgraph.arrays.rows import Row, dtype_of, shape_from
from compgraph.maps import Gather, LinearMap, Permute, Reshape, Scatter, broadcast

__all__ = ["concatenate", "getitem", "pad", "rearranged", "reshape", "scatter", "stack", "transpose"]


def _none(*_: Any, **__: Any) -> int:
    return 0


# -- the usual ones


def _d_reshape(y: Any, x: Any, newshape: Any) -> LinearMap:
    return Reshape(_reshaped(shape_from(x), newshape), shape_from(x))


def _reshaped(shape: tuple[int, ...], newshape: Any) -> tuple[int, ...]:
    lengths = (newshape,) if isinstance(newshape, int) else tuple(newshape)
    if -1 in lengths:
        rest = math.prod(n for n in lengths if n != -1)
        lengths = tuple([math.prod(shape) // rest if n == -1 and rest else n for n in lengths])
    if math.prod(lengths) != math.prod(shape):
        raise ValueError(
            f"reshape {shape} to {newshape}: expected as many entries, {math.prod(shape)}, got {math.prod(lengths)}."
        )
    return lengths


def _d_transpose(y: Any, x: Any, axes: Any = None) -> LinearMap:
    return Permute(shape_from(x), axes)


def _transposed(shape: tuple[int, ...], axes: Any = None) -> tuple[int, ...]:
    return Permute(shape, axes).output


def _d_broadcast_to(y: Any, x: Any, shape: Any) -> LinearMap:
    return broadcast(shape_from(x), shape, dtype=dtype_of(x))


def _d_getitem(y: Any, x: Any, index: Any) -> LinearMap:
    return Gather(shape_from(x), index, dtype=dtype_of(x))


RESHAPE = Row("reshape", lambda x, newshape: np.reshape(x, newshape), _d_reshape, shape=_reshaped, flops=_none)
TRANSPOSE = Row("transpose", np.transpose, _d_transpose, shape=_transposed, flops=_none)
BROADCAST_TO = Row(
    "broadcast_to", np.broadcast_to, _d_broadcast_to, shape=lambda _, shape: tuple(np.broadcast_shapes(_, shape)),
    flops=_none,
)  # fmt: skip
GETITEM = Row("getitem", lambda x, index: np.asarray(x)[index], _d_getitem, flops=_none)


def reshape(x: Any, *shape: Any) -> Any:
    """`numpy.reshape`, the shape as one argument or as several."""
    lengths = shape[0] if len(shape) == 1 else shape
    return RESHAPE(x, newshape=lengths if isinstance(lengths, int) else tuple(int(n) for n in lengths))


def transpose(x: Any, *axes: Any) -> Any:
    """`numpy.transpose`, the axes as one argument or as several."""
    order = axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes or None
    return TRANSPOSE(x) if order is None else TRANSPOSE(x, axes=tuple(int(a) for a in order))


def getitem(x: Any, index: Any) -> Any:
    """``x[index]`` with what NumPy takes between brackets; an index cannot be an expression."""
    return GETITEM(x, index=index)


# -- any rearrangement that NumPy knows: it is tried on the places themselves


def _d_rearranged(y: Any, x: Any, function: str, arguments: tuple[Any, ...] = (), keywords: Any = None) -> LinearMap:
    shape = shape_from(x)
    places = np.arange(math.prod(shape)).reshape(shape)
    return Gather.at(shape, np.asarray(_rearranged(places, function, arguments, keywords)))


def _rearranged(x: Any, function: str, arguments: tuple[Any, ...] = (), keywords: Any = None) -> Any:
    return getattr(np, function)(x, *arguments, **(keywords or {}))


REARRANGE = Row("rearrange", _rearranged, _d_rearranged, flops=_none)

#: The functions of NumPy that only move entries of their first argument.
REARRANGING = (
    "atleast_1d", "atleast_2d", "atleast_3d", "diagonal", "expand_dims", "flip", "fliplr", "flipud", "moveaxis",
    "ravel", "repeat", "resize", "roll", "rollaxis", "rot90", "squeeze", "swapaxes", "take", "tile",
)  # fmt: skip


def rearranged(function: str, x: Any, *arguments: Any, **keywords: Any) -> Any:
    """A function of NumPy that only moves entries: ``np.flip``, ``np.roll``, ``np.repeat``, ``np.squeeze``, …"""
    given = {"arguments": arguments} if arguments else {}
    return REARRANGE(x, function=function, **given, **({"keywords": keywords} if keywords else {}))


# -- several into one


def _d_part(position: int, y: Any, *parts: Any, axis: int = 0) -> LinearMap:
    shapes = [shape_from(p) for p in parts]
    whole = _concatenated(*shapes, axis=axis)
    start = sum(shape[axis] for shape in shapes[:position])
    rank = len(whole)
    index = [slice(None)] * rank
    index[axis % rank] = slice(start, start + shapes[position][axis])
    return Scatter(whole, tuple(index))


def _concatenated(*shapes: tuple[int, ...], axis: int = 0) -> tuple[int, ...]:
    lengths = list(shapes[0])
    lengths[axis] = sum(shape[axis] for shape in shapes)
    return tuple(lengths)


def _d_layer(position: int, y: Any, *parts: Any, axis: int = 0) -> LinearMap:
    shape = shape_from(parts[0])
    rank = len(shape) + 1
    at = axis % rank
    whole = (*shape[:at], len(parts), *shape[at:])
    return Scatter(whole, (*[slice(None)] * at, position))


CONCATENATE = Row("concatenate", lambda *a, axis=0: np.concatenate(a, axis=axis), each=_d_part, flops=_none)
STACK = Row("stack", lambda *a, axis=0: np.stack(a, axis=axis), each=_d_layer, flops=_none)


def concatenate(arrays: Any, axis: Any = 0) -> Any:
    """`numpy.concatenate`: arrays one after another along an axis that they have; None lines up all entries."""
    if axis is None:
        return CONCATENATE(*(rearranged("ravel", a) for a in arrays))
    return CONCATENATE(*arrays, axis=int(axis))


def stack(arrays: Any, axis: int = 0) -> Any:
    """`numpy.stack`: arrays of one shape along a new axis."""
    return STACK(*arrays, axis=int(axis))


# -- into a larger one


def _padding(rank: int, widths: Any) -> list[tuple[int, int]]:
    pairs = np.broadcast_to(np.asarray(widths, dtype=int), (rank, 2)) if rank else np.zeros((0, 2), int)
    return [(int(before), int(after)) for before, after in pairs]


def _d_pad(y: Any, x: Any, pad_width: Any, constant: float = 0.0) -> LinearMap:
    shape = shape_from(x)
    pairs = _padding(len(shape), pad_width)
    whole = tuple([a + n + b for n, (a, b) in zip(shape, pairs, strict=True)])
    return Scatter(whole, tuple([slice(a, a + n) for n, (a, _) in zip(shape, pairs, strict=True)]))


PAD = Row(
    "pad",
    lambda x, pad_width, constant=0.0: np.pad(x, _padding(np.ndim(x), pad_width), constant_values=constant),
    _d_pad,
    flops=_none,
)


def pad(x: Any, pad_width: Any, mode: str = "constant", constant_values: float = 0.0) -> Any:
    """`numpy.pad` with a constant."""
    if mode != "constant" or np.ndim(constant_values):
        raise TypeError(
            f"np.pad of an Expression: expected mode='constant', one number, got {mode!r}, {constant_values!r:.40}. "
            "Concatenate what stands at the sides."
        )
    return PAD(x, pad_width=pad_width, **({"constant": constant_values} if constant_values else {}))


def _scattered(x: Any, shape: tuple[int, ...], index: Any = None, places: Any = None) -> Any:
    return _scatter_map(shape, index, places).apply(x)


def _scatter_map(shape: tuple[int, ...], index: Any, places: Any) -> LinearMap:
    return Scatter(shape, index) if places is None else Gather.at(shape, places).transpose()


SCATTER = Row(
    "scatter",
    _scattered,
    lambda y, x, shape, index=None, places=None: _scatter_map(shape, index, places),
    shape=lambda _, shape, index=None, places=None: tuple(shape),
    flops=_none,
)


def scatter(x: Any, shape: tuple[int, ...], index: Any = None, *, places: Any = None) -> Any:
    """An array of zeros with x at an index, entries added where they meet: the transpose of ``x[index]``.

    Examples
    --------
    >>> scatter(np.array([1.0, 10.0, 100.0]), (4,), [0, 2, 2])
    array([  1.,   0., 110.,   0.])
    """
    where = {"index": index} if places is None else {"places": places}
    return SCATTER(x, shape=tuple(shape), **where)


ROWS = (RESHAPE, TRANSPOSE, BROADCAST_TO, GETITEM, REARRANGE, CONCATENATE, STACK, PAD, SCATTER)

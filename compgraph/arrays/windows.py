"""Sums over windows that slide over images: convolution and pooling.

An image batch has the axes (image, channel, row, column); kernels have (output channel, input channel, row, column).
What deep learning calls a convolution does not turn the kernel over, and neither does this.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from compgraph.arrays.rows import Row, dtype_of, shape_from
from compgraph.expression import EQUAL
from compgraph.functions import WHERE
from compgraph.maps import Diagonal, Gather, LeftMultiply, LinearMap, Permute, Reshape, RightMultiply, Scatter, Sum

__all__ = ["conv2d", "max_pool2d"]


def _pair(value: Any) -> tuple[int, int]:
    one, two = (value, value) if isinstance(value, (int, np.integer)) else value
    return int(one), int(two)


def _out(length: int, window: int, stride: int) -> int:
    return (length - window) // stride + 1


def _places(shape: tuple[int, ...], window: tuple[int, int], stride: tuple[int, int]) -> Any:
    """Where the entries of each window stand: axes image, row, column; and channel, row, column in the window."""
    view = np.lib.stride_tricks.sliding_window_view(np.arange(math.prod(shape)).reshape(shape), window, axis=(2, 3))
    return view[:, :, :: stride[0], :: stride[1]].transpose(0, 2, 3, 1, 4, 5)


def _padded(x: Any, padding: tuple[int, int]) -> Any:
    return np.pad(x, ((0, 0), (0, 0), (padding[0],) * 2, (padding[1],) * 2)) if any(padding) else x


def _padded_shape(shape: tuple[int, ...], padding: tuple[int, int]) -> tuple[int, ...]:
    return (*shape[:2], shape[2] + 2 * padding[0], shape[3] + 2 * padding[1])


def _conv_shape(x: tuple[int, ...], w: tuple[int, ...], stride: Any = 1, padding: Any = 0) -> tuple[int, ...]:
    if len(x) != 4 or len(w) != 4 or x[1] != w[1]:
        raise ValueError(
            f"conv2d of the shapes {x} and {w}: expected images (image, channel, row, column) and kernels "
            "(output channel, input channel, row, column) with as many input channels."
        )
    rows, columns = _padded_shape(x, _pair(padding))[2:]
    out = _out(rows, w[2], _pair(stride)[0]), _out(columns, w[3], _pair(stride)[1])
    if min(out) < 1:
        raise ValueError(
            f"conv2d: the kernel {w[2:]} does not fit into {(rows, columns)}. Expected one that is smaller."
        )
    return (x[0], w[0], *out)


def _patches(x: Any, window: tuple[int, int], stride: tuple[int, int], padding: tuple[int, int]) -> Any:
    """A row for each window: (images · rows · columns, channels · window)."""
    x = _padded(x, padding)
    view = np.lib.stride_tricks.sliding_window_view(x, window, axis=(2, 3))[:, :, :: stride[0], :: stride[1]]
    turned = view.transpose(0, 2, 3, 1, 4, 5)
    return turned.reshape(math.prod(turned.shape[:3]), -1)


def _conv(x: Any, w: Any, stride: Any = 1, padding: Any = 0) -> Any:
    n, channels, rows, columns = _conv_shape(np.shape(x), np.shape(w), stride, padding)
    flat = _patches(x, _pair(w.shape[2:]), _pair(stride), _pair(padding)) @ w.reshape(channels, -1).T
    return np.ascontiguousarray(flat.reshape(n, rows, columns, channels).transpose(0, 3, 1, 2))


def _unflattened(y: tuple[int, ...]) -> LinearMap:
    """From (windows, output channels) to the shape of the result."""
    n, channels, rows, columns = y
    turned = Permute((n, rows, columns, channels), (0, 3, 1, 2))
    whole: LinearMap = turned @ Reshape(turned.input, (n * rows * columns, channels))
    return whole


def _windows_map(x: Any, window: tuple[int, int], stride: tuple[int, int], padding: tuple[int, int]) -> LinearMap:
    """From images to the rows of windows."""
    shape = shape_from(x)
    whole = _padded_shape(shape, padding)
    places = _places(whole, window, stride)
    gathered: LinearMap = Gather.at(whole, places.reshape(math.prod(places.shape[:3]), -1))
    if any(padding):
        inside = tuple([slice(p, p + n) for p, n in zip((0, 0, *padding), shape, strict=True)])
        gathered = gathered @ Scatter(whole, inside)
    return gathered


def _d_conv_images(y: Any, x: Any, w: Any, stride: Any = 1, padding: Any = 0) -> LinearMap:
    out = _conv_shape(shape_from(x), shape_from(w), stride, padding)
    kernels = np.transpose(np.reshape(w, (out[1], -1)))
    windows = _windows_map(x, _pair(shape_from(w)[2:]), _pair(stride), _pair(padding))
    whole: LinearMap = _unflattened(out) @ RightMultiply(kernels, windows.output) @ windows
    return whole


def _d_conv_kernels(y: Any, x: Any, w: Any, stride: Any = 1, padding: Any = 0) -> LinearMap:
    shape = shape_from(w)
    out = _conv_shape(shape_from(x), shape, stride, padding)
    if isinstance(x, np.ndarray):
        patches = _patches(x, _pair(shape[2:]), _pair(stride), _pair(padding))
    else:
        patches = PATCHES(x, window=_pair(shape[2:]), stride=_pair(stride), padding=_pair(padding))
    flat = Reshape((out[1], math.prod(shape[1:])), shape)
    turned = Permute(flat.output, (1, 0))
    whole: LinearMap = _unflattened(out) @ LeftMultiply(patches, turned.output) @ turned @ flat
    return whole


#: The windows of images as rows, for the partial of a convolution with respect to its kernels.
PATCHES = Row(
    "patches",
    _patches,
    lambda y, x, window, stride, padding: _windows_map(x, window, stride, padding),
    shape=lambda x, window, stride, padding: _windows_map(np.broadcast_to(0.0, x), window, stride, padding).output,
    flops=lambda *_, **__: 0,
)

CONV2D = Row(
    "conv2d", _conv, _d_conv_images, _d_conv_kernels, shape=_conv_shape,
    flops=lambda y, x, w, **_: math.prod(y) * (2 * math.prod(w[1:]) - 1),
)  # fmt: skip


def conv2d(images: Any, kernels: Any, *, stride: Any = 1, padding: Any = 0) -> Any:
    """Kernels slid over images: y[n, o, i, j] = Σ images[n, c, i·stride + k, j·stride + l]·kernels[o, c, k, l].

    Parameters
    ----------
    images : array, (image, channel, row, column)
    kernels : array, (output channel, input channel, row, column)
    stride, padding : int or pair of int
        Steps of the window, and rows and columns of zeros on either side.

    Examples
    --------
    >>> conv2d(np.arange(9.0).reshape(1, 1, 3, 3), np.ones((1, 1, 2, 2)))
    array([[[[ 8., 12.],
             [20., 24.]]]])
    """
    return CONV2D(images, kernels, **_further(stride=(stride, 1), padding=(padding, 0)))


def _further(**given: tuple[Any, int]) -> dict[str, Any]:
    """The parameters that differ from their defaults."""
    return {name: _pair(value) for name, (value, usual) in given.items() if _pair(value) != (usual, usual)}


# -- pooling


def _pool_shape(x: tuple[int, ...], size: Any, stride: Any = None) -> tuple[int, ...]:
    window = _pair(size)
    step = window if stride is None else _pair(stride)
    if len(x) != 4 or x[2] < window[0] or x[3] < window[1]:
        raise ValueError(f"max_pool2d of the shape {x}: expected (image, channel, row, column) of at least {window}.")
    return (*x[:2], _out(x[2], window[0], step[0]), _out(x[3], window[1], step[1]))


def _pool_places(shape: tuple[int, ...], size: Any, stride: Any) -> Any:
    window = _pair(size)
    step = window if stride is None else _pair(stride)
    view = np.lib.stride_tricks.sliding_window_view(np.arange(math.prod(shape)).reshape(shape), window, axis=(2, 3))
    view = view[:, :, :: step[0], :: step[1]]
    return view.reshape(*view.shape[:4], window[0] * window[1])


def _max_pool(x: Any, size: Any, stride: Any = None) -> Any:
    window = _pair(size)
    step = window if stride is None else _pair(stride)
    _pool_shape(np.shape(x), size, stride)
    view = np.lib.stride_tricks.sliding_window_view(x, window, axis=(2, 3))[:, :, :: step[0], :: step[1]]
    return view.max(axis=(-2, -1))


def _d_max_pool(y: Any, x: Any, size: Any, stride: Any = None) -> LinearMap:
    places = _pool_places(shape_from(x), size, stride)
    windows = Gather.at(shape_from(x), places)
    entries = windows @ x
    tied = WHERE(EQUAL(entries, np.expand_dims(y, -1)), 1.0, 0.0)
    share = tied / np.sum(tied, axis=-1, keepdims=True)
    if isinstance(share, np.ndarray):
        share = share.astype(x.dtype, copy=False)
    whole: LinearMap = Sum(windows.output, -1, dtype=dtype_of(x)) @ Diagonal(share) @ windows
    return whole


def _pool_tied(x: Any, size: Any, stride: Any = None) -> bool:
    entries = np.asarray(x).ravel()[_pool_places(np.shape(x), size, stride)]
    return bool(((entries == entries.max(-1, keepdims=True)).sum(-1) > 1).any())


MAX_POOL2D = Row(
    "max_pool2d", _max_pool, _d_max_pool, shape=_pool_shape, kink=_pool_tied,
    flops=lambda y, x, size, stride=None: math.prod(y) * (math.prod(_pair(size)) - 1),
)  # fmt: skip


def max_pool2d(images: Any, size: Any = 2, *, stride: Any = None) -> Any:
    """The largest entry of each window; windows side by side, unless `stride` says otherwise. Ties share equally.

    Examples
    --------
    >>> max_pool2d(np.arange(16.0).reshape(1, 1, 4, 4))
    array([[[[ 5.,  7.],
             [13., 15.]]]])
    """
    return MAX_POOL2D(images, size=_pair(size), **({} if stride is None else {"stride": _pair(stride)}))


ROWS = (PATCHES, CONV2D, MAX_POOL2D)

"""Rules for sums over axes, and for what only moves entries."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from compgraph.arrays.rows import normalized
from compgraph.expression import MULTIPLY
from compgraph.rewriting.arithmetic import times
from compgraph.rewriting.parts import bound, is_number, scaled, shape_of
from compgraph.rewriting.products import stacked

if TYPE_CHECKING:
    from compgraph.rewriting.run import Rewriting

__all__ = ["MOVES"]


def _reduce_sum(r: Rewriting, p: Mapping[str, Any], x: Any) -> Any:
    shape = shape_of(x)
    axes = normalized(p.get("axis"), len(shape))
    keep = p.get("keepdims", False)
    end = tuple([1 if i in axes else n for i, n in enumerate(shape) if keep or i not in axes])
    if math.prod(shape[i] for i in axes) == 1:
        return r.row("reshape", x, newshape=end)
    if bound(x, "broadcast_to") is not None:
        (inner,) = x.arguments
        new = len(shape) - len(shape_of(inner))
        there = (1,) * new + shape_of(inner)
        summed = [i for i in axes if i >= new and there[i] == shape[i]]
        copies = math.prod(shape[i] for i in axes if i not in summed)
        small = r.row("sum", inner, axis=tuple([i - new for i in summed])) if summed else inner
        left = tuple([1 if i in axes else there[i] for i in range(len(shape)) if keep or i not in axes])
        product = r.make(MULTIPLY, copies, r.row("reshape", small, newshape=left))
        return r.row("broadcast_to", product, shape=end)
    c, y = scaled(x)
    if c != 1:
        return times(r, c, r.row("sum", y, **p))
    if len(axes) == len(shape) and not keep:
        if bound(x, "reshape") is not None or bound(x, "transpose") is not None:
            return r.row("sum", x.arguments[0])
        if (inner_p := bound(x, "sum")) is not None and not inner_p.get("keepdims"):
            return r.row("sum", x.arguments[0])
    if not keep and axes == tuple(range(len(axes))) and len(axes) == len(shape) - 2 and (pair := stacked(r, x)):
        return r.row("matmul", *pair)
    usual = tuple(range(len(shape)))
    if p.get("axis") is not None and axes == usual and not keep:
        return r.row("sum", x)
    if p.get("axis") != (named := axes[0] if len(axes) == 1 else axes) and axes != usual:
        return r.row("sum", x, axis=named, **({"keepdims": True} if keep else {}))
    return None


def _reduce_mean(r: Rewriting, p: Mapping[str, Any], x: Any) -> Any:
    shape = shape_of(x)
    count = math.prod(shape[i] for i in normalized(p.get("axis"), len(shape)))
    return r.make(MULTIPLY, 1 / count, r.row("sum", x, **p)) if count else None


# -- moves


def _reshape(r: Rewriting, p: Mapping[str, Any], x: Any) -> Any:
    shape, start = p["newshape"], shape_of(x)
    lengths = (shape,) if isinstance(shape, int) else tuple(shape)
    if -1 in lengths:
        rest = math.prod(n for n in lengths if n != -1)
        lengths = tuple([math.prod(start) // rest if n == -1 and rest else n for n in lengths])
    if lengths == start:
        return x
    if bound(x, "reshape") is not None:
        return r.row("reshape", x.arguments[0], newshape=lengths)
    if bound(x, "broadcast_to") is not None and not shape_of(x.arguments[0]):
        return r.row("broadcast_to", x.arguments[0], shape=lengths)
    c, y = scaled(x)
    if c != 1 and not is_number(x):
        return times(r, c, r.row("reshape", y, newshape=lengths))
    return None if lengths == shape else r.row("reshape", x, newshape=lengths)


def _transpose(r: Rewriting, p: Mapping[str, Any], x: Any) -> Any:
    rank = len(shape_of(x))
    axes = p.get("axes") or tuple(range(rank))[::-1]
    axes = tuple([a % rank for a in axes])
    if axes == tuple(range(rank)):
        return x
    if (inner := bound(x, "transpose")) is not None:
        before = inner.get("axes") or tuple(range(rank))[::-1]
        return r.row("transpose", x.arguments[0], axes=tuple([before[a] % rank for a in axes]))
    if axes == tuple(range(rank))[::-1]:
        return r.row("transpose", x) if "axes" in p else None
    return None if p.get("axes") == axes else r.row("transpose", x, axes=axes)


def _broadcast_to(r: Rewriting, p: Mapping[str, Any], x: Any) -> Any:
    shape = tuple(p["shape"])
    if shape_of(x) == shape:
        return x
    return r.row("broadcast_to", x.arguments[0], shape=shape) if bound(x, "broadcast_to") is not None else None


#: Rearrangements that only add or drop axes of length 1, or line entries up.
_RESHAPING = frozenset({"expand_dims", "squeeze", "ravel", "atleast_1d", "atleast_2d"})
_PERMUTING = frozenset({"swapaxes", "moveaxis", "rollaxis"})


def _rearrange(r: Rewriting, p: Mapping[str, Any], x: Any) -> Any:
    def called(array: Any) -> Any:
        return getattr(np, p["function"])(array, *p.get("arguments", ()), **(p.get("keywords") or {}))

    if p["function"] in _RESHAPING:
        return r.row("reshape", x, newshape=called(np.broadcast_to(0.0, shape_of(x))).shape)
    if p["function"] in _PERMUTING:  # axes of lengths that differ tell which went where
        lengths = tuple(range(1, len(shape_of(x)) + 1))
        return r.row("transpose", x, axes=tuple([n - 1 for n in called(np.broadcast_to(0.0, lengths)).shape]))
    return None


MOVES: dict[str, Callable[..., Any]] = {
    "sum": _reduce_sum, "mean": _reduce_mean, "reshape": _reshape, "transpose": _transpose,
    "broadcast_to": _broadcast_to, "rearrange": _rearrange,
}  # fmt: skip

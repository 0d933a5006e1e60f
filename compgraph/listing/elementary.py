"""Functions broken down into what NumPy does in one call each: the rules that compiled programs of arrays add.

What several of them share is computed once: softmax and logsumexp of one array have their exponentials in common.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from compgraph import functions as cg
from compgraph.arrays.elementwise import NUMPY
from compgraph.arrays.rows import Bound, Row, normalized
from compgraph.expression import ADD, DIVIDE, GREATER, MULTIPLY, SUBTRACT, Expression, Primitive
from compgraph.functions import FUNCTIONS, HIDDEN
from compgraph.listing.definitions import DEFINITIONS
from compgraph.listing.forms import CONDITIONS
from compgraph.rewriting import Rewriting, shape_of

__all__ = ["ELEMENTARY", "FMAX", "UFUNCS"]

#: Primitives that NumPy has a ufunc for.
UFUNCS: dict[Primitive, str] = {
    row: f"np.{NUMPY[name].__name__}"
    for name, row in {**HIDDEN, **FUNCTIONS}.items()
    if isinstance(NUMPY.get(name), np.ufunc)
} | {cg.max: "np.maximum", cg.min: "np.minimum"}

#: The larger of two, or the one of them that is no NaN.
FMAX = Row("fmax", np.fmax, shape=np.broadcast_shapes)

Rule = Callable[..., Any]


def _centred(r: Rewriting, x: Any, axis: Any) -> tuple[Any, Any, Any]:
    """The largest entry, what the others are above it, and the sum of their exponentials."""
    top = r.row("amax", x, **({} if axis is None else {"axis": axis}), keepdims=True)
    above = r.make(SUBTRACT, x, top)
    return top, above, r.row("sum", r.make(cg.exp, above), **({} if axis is None else {"axis": axis}), keepdims=True)


def _softmax(r: Rewriting, p: Mapping[str, Any], x: Any) -> Any:
    _, above, total = _centred(r, x, _axis(p.get("axis", -1), x))
    return r.make(DIVIDE, r.make(cg.exp, above), total)


def _log_softmax(r: Rewriting, p: Mapping[str, Any], x: Any) -> Any:
    _, above, total = _centred(r, x, _axis(p.get("axis", -1), x))
    return r.make(SUBTRACT, above, r.make(cg.log, total))


def _logsumexp(r: Rewriting, p: Mapping[str, Any], x: Any) -> Any:
    axes = normalized(p.get("axis"), len(shape_of(x)))
    top, _, total = _centred(r, x, _axis(p.get("axis"), x))
    # where the largest is infinite so is the result, and the difference is NaN, which fmax passes over
    whole = r.plain(Bound(FMAX, {}), r.make(ADD, r.make(cg.log, total), top), top)
    end = tuple([n for i, n in enumerate(shape_of(x)) if i not in axes])
    return whole if p.get("keepdims") else r.row("reshape", whole, newshape=end)


def _axis(axis: Any, x: Any) -> Any:
    """One axis counted from the front as a number, several as a tuple, all as None: what is equal is written alike."""
    axes = normalized(axis, len(shape_of(x)))
    return axes[0] if len(axes) == 1 else None if len(axes) == len(shape_of(x)) else axes


def _var(r: Rewriting, p: Mapping[str, Any], x: Any) -> Any:
    axis = {"axis": p["axis"]} if "axis" in p else {}
    rest = {"keepdims": True} if p.get("keepdims") else {}
    count = math.prod(shape_of(x)[i] for i in normalized(p.get("axis"), len(shape_of(x))))
    centred = r.make(SUBTRACT, x, r.row("mean", x, **axis, keepdims=True))
    total = r.row("sum", r.make(cg.square, centred), **axis, **rest)
    return r.make(MULTIPLY, 1 / (count - p.get("ddof", 0)), total)


def _std(r: Rewriting, p: Mapping[str, Any], x: Any) -> Any:
    return r.make(cg.sqrt, _var(r, p, x))


def _conv2d(r: Rewriting, p: Mapping[str, Any], x: Any, w: Any) -> Any:
    from compgraph.arrays.windows import CONV2D, _pair

    sw = shape_of(w)
    n, channels, rows, columns = CONV2D.shape(shape_of(x), sw, **p)  # type: ignore[misc] # it has one
    stride, padding = (_pair(p.get(key, usual)) for key, usual in (("stride", 1), ("padding", 0)))
    patches = r.row("patches", x, window=_pair(sw[2:]), stride=stride, padding=padding)
    kernels = r.row("transpose", r.row("reshape", w, newshape=(channels, math.prod(sw[1:]))))
    flat = r.row("reshape", r.row("matmul", patches, kernels), newshape=(n, rows, columns, channels))
    return r.row("transpose", flat, axes=(0, 3, 1, 2))


def _relu(r: Rewriting, _: Mapping[str, Any], x: Any) -> Any:
    return r.make(cg.max, x, 0)


def _greater(r: Rewriting, _: Mapping[str, Any], x: Any, y: Any) -> Any:
    """Whether a relu is on is seen from what it gives, so that its argument is no longer needed."""
    if isinstance(y, Expression) or y != 0 or (there := r.known(cg.max, x, 0)) is None or there is x:
        return None
    return r.plain(GREATER, there, 0)


def _where(r: Rewriting, _: Mapping[str, Any], condition: Any, a: Any, b: Any) -> Any:
    """A condition within a condition is both of them."""
    for inner, zero, holds in ((a, b, True), (b, a, False)):
        is_both = isinstance(inner, Expression) and inner.primitive in CONDITIONS
        if is_both and not isinstance(zero, Expression) and zero == 0:
            return r.make(cg.logical_and, condition if holds else r.make(cg.logical_not, condition), inner)
    return None


def _many(primitive: Primitive) -> Rule:
    """The largest of many by the larger of two."""

    def rule(r: Rewriting, _: Mapping[str, Any], *x: Any) -> Any:
        if len(x) == 2:
            return None
        whole = x[0]
        for one in x[1:]:
            whole = r.make(primitive, whole, one)
        return whole

    return rule


def _defined(definition: Callable[..., Any]) -> Rule:
    return lambda r, _, *x: r.expanded(definition, *x)


ELEMENTARY: dict[str, Rule] = {
    **{row.name: _defined(rule) for row, rule in DEFINITIONS.items() if row not in UFUNCS},
    "softmax": _softmax, "log_softmax": _log_softmax, "logsumexp": _logsumexp, "var": _var, "std": _std,
    "conv2d": _conv2d, "greater": _greater, "where": _where, "relu": _relu, "max": _many(cg.max), "min": _many(cg.min),
}  # fmt: skip

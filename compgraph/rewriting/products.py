"""Rules for products of matrices, and for what is one by another name."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from compgraph.expression import MULTIPLY
from compgraph.rewriting.arithmetic import times
from compgraph.rewriting.parts import bound, scaled, shape_of

if TYPE_CHECKING:
    from compgraph.rewriting.run import Rewriting

__all__ = ["PRODUCTS", "stacked"]


def _matmul(r: Rewriting, _: Any, a: Any, b: Any) -> Any:
    sa, sb = shape_of(a), shape_of(b)
    whole = np.broadcast_shapes(sa[:-2], sb[:-2])
    for i, one in enumerate((a, b)):  # NumPy repeats a matrix along a stack by itself
        if bound(one, "broadcast_to") is not None:
            inner, other = shape_of(one.arguments[0]), (sb, sa)[i]
            if inner[-2:] == shape_of(one)[-2:] and np.broadcast_shapes(inner[:-2], other[:-2]) == whole:
                return r.row("matmul", *((one.arguments[0], b) if i == 0 else (a, one.arguments[0])))
    (c, x), (d, y) = scaled(a), scaled(b)
    if -1 in (c, d) and {c, d} <= {1, -1}:
        return times(r, c * d, r.row("matmul", x, y))
    if len(sa) > 2 and len(sb) == 2:
        flat = r.row("reshape", a, newshape=(math.prod(sa[:-1]), sa[-1]))
        return r.row("reshape", r.row("matmul", flat, b), newshape=(*sa[:-1], sb[-1]))
    return None


def stacked(r: Rewriting, x: Any) -> tuple[Any, Any] | None:
    """The factors of a sum of products AᵀB over a stack, as two matrices: all rows of A below each other, and of B."""
    if bound(x, "matmul") is None:
        return None
    left, right = x.arguments
    p = bound(left, "transpose")
    rank = len(shape_of(right))
    if p is None or len(shape_of(left)) != rank or shape_of(left)[:-2] != shape_of(right)[:-2]:
        return None
    if p.get("axes") != (*range(rank - 2), rank - 1, rank - 2):
        return None
    a = left.arguments[0]
    rows = [r.row("reshape", one, newshape=(math.prod(shape_of(one)[:-1]), shape_of(one)[-1])) for one in (a, right)]
    return r.row("transpose", rows[0]), rows[1]


def _einsum(r: Rewriting, p: Mapping[str, Any], *operands: Any) -> Any:
    """Sums, transposes and products of two as such; anything else is left to NumPy."""
    from compgraph.arrays.products import _expanded

    shapes = [shape_of(o) for o in operands]
    terms, result = _expanded(p["subscripts"], shapes)
    if len(operands) > 2 or any(len(set(term)) < len(term) for term in terms) or len(set(result)) < len(result):
        return None
    lengths: dict[str, int] = {}
    for term, shape in zip(terms, shapes, strict=True):
        for letter, length in zip(term, shape, strict=True):
            if lengths.setdefault(letter, length) != length:
                return None
    if any(letter not in lengths for letter in result):
        return None
    others = ("", *terms[::-1])[-len(terms) :] if len(terms) > 1 else ("",)
    parts = [_alone(r, *one, result) for one in zip(operands, terms, others, strict=True)]
    if len(parts) == 1:
        (x, term) = parts[0]
        return _ordered(r, x, term, result)
    (a, left), (b, right) = parts
    both = set(left) & set(right)
    stack = [c for c in result if c in both]
    inner = [c for c in left if c in both and c not in result]
    rows, columns = [c for c in left if c not in both], [c for c in right if c not in both]

    def size(letters: list[str]) -> int:
        return math.prod(lengths[c] for c in letters)

    if not inner:
        order = "".join([*stack, *rows, *columns])
        wide = [
            r.row(
                "reshape",
                _ordered(r, x, term, [c for c in order if c in term]),
                newshape=tuple([lengths[c] if c in term else 1 for c in order]),
            )
            for x, term in ((a, left), (b, right))
        ]
        return _ordered(r, r.make(MULTIPLY, *wide), order, result)
    front = tuple([lengths[c] for c in stack])
    one = r.row("reshape", _ordered(r, a, left, [*stack, *rows, *inner]), newshape=(*front, size(rows), size(inner)))
    two = r.row(
        "reshape", _ordered(r, b, right, [*stack, *inner, *columns]), newshape=(*front, size(inner), size(columns))
    )
    order = "".join([*stack, *rows, *columns])
    product = r.row("reshape", r.row("matmul", one, two), newshape=tuple([lengths[c] for c in order]))
    return _ordered(r, product, order, result)


def _alone(r: Rewriting, x: Any, term: str, other: str, result: str) -> tuple[Any, str]:
    """An operand summed over the letters that nobody else has."""
    axes = tuple([i for i, c in enumerate(term) if c not in other and c not in result])
    return (r.row("sum", x, axis=axes) if axes else x), "".join(c for c in term if c in other or c in result)


def _ordered(r: Rewriting, x: Any, term: str, wanted: Any) -> Any:
    """Axes in the order that is wanted."""
    return r.row("transpose", x, axes=tuple([term.index(c) for c in wanted])) if len(term) > 1 else x


def _outer(r: Rewriting, _: Any, a: Any, b: Any) -> Any:
    one = r.row("reshape", a, newshape=(math.prod(shape_of(a)), 1))
    return r.make(MULTIPLY, one, r.row("reshape", b, newshape=(1, math.prod(shape_of(b)))))


def _dot(r: Rewriting, _: Any, a: Any, b: Any) -> Any:
    return r.row("matmul", a, b) if shape_of(a) and shape_of(b) else r.make(MULTIPLY, a, b)


PRODUCTS: dict[str, Callable[..., Any]] = {"matmul": _matmul, "einsum": _einsum, "outer": _outer, "dot": _dot}

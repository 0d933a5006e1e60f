"""Products of matrices and everything that Einstein's summation writes."""

from __future__ import annotations

import math
import string
from collections.abc import Sequence
from typing import Any

import numpy as np

from compgraph.arrays.rows import Row, dtype_of, shape_from
from compgraph.arrays.shapes import said_shape
from compgraph.maps import (
    Contraction,
    Dense,
    Diagonal,
    Gather,
    LeftMultiply,
    LinearMap,
    Reshape,
    RightMultiply,
    Sum,
    broadcast,
)

__all__ = ["einsum", "tensordot"]


# -- matmul


def _shapes(a: Any, b: Any) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    """Either factor as a matrix or a stack of them, and the shape of the stack."""
    sa, sb = shape_from(a), shape_from(b)
    one = (1, *sa) if len(sa) == 1 else sa
    two = (*sb, 1) if len(sb) == 1 else sb
    return one, two, np.broadcast_shapes(one[:-2], two[:-2])


def _factor(array: Any, matrix: tuple[int, ...], stack: tuple[int, ...]) -> Any:
    """The factor that stays: one matrix for the whole stack, or one for each."""
    array = array if shape_from(array) == matrix else np.reshape(array, matrix)
    return array if matrix[:-2] in ((), stack) else np.broadcast_to(array, stack + matrix[-2:])


def _d_left(y: Any, a: Any, b: Any) -> LinearMap:
    ranks = len(shape_from(a)), len(shape_from(b))
    if ranks == (1, 1):
        return Sum(shape_from(a), dtype=dtype_of(a)) @ Diagonal(b)
    if ranks == (2, 1):
        return Contraction("ij,j->i", 0, [None, b], shape_from(a))
    if ranks == (1, 2):
        return Dense(np.transpose(b))
    one, two, stack = _shapes(a, b)
    times: LinearMap = RightMultiply(_factor(b, two, stack), stack + one[-2:])
    times = times @ broadcast(one, stack + one[-2:], dtype=dtype_of(a)) @ Reshape(one, shape_from(a))
    return Reshape(_product_shape(shape_from(a), shape_from(b)), times.output) @ times


def _d_right(y: Any, a: Any, b: Any) -> LinearMap:
    ranks = len(shape_from(a)), len(shape_from(b))
    if ranks == (1, 1):
        return Sum(shape_from(b), dtype=dtype_of(b)) @ Diagonal(a)
    if ranks == (2, 1):
        return Dense(a)
    if ranks == (1, 2):
        return Contraction("i,ij->j", 1, [a, None], shape_from(b))
    one, two, stack = _shapes(a, b)
    times: LinearMap = LeftMultiply(_factor(a, one, stack), stack + two[-2:])
    times = times @ broadcast(two, stack + two[-2:], dtype=dtype_of(b)) @ Reshape(two, shape_from(b))
    return Reshape(_product_shape(shape_from(a), shape_from(b)), times.output) @ times


def _product_shape(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, ...]:
    if not a or not b or a[-1] != b[-2 if len(b) > 1 else 0]:
        raise ValueError(
            f"matmul of the shapes {a} and {b}: expected inner lengths that are equal. Transpose one of them."
        )
    stack = np.broadcast_shapes(a[:-2], b[:-2])
    return stack + (a[-2:-1] if len(a) > 1 else ()) + (b[-1:] if len(b) > 1 else ())


def _product_flops(y: tuple[int, ...], a: tuple[int, ...], b: tuple[int, ...]) -> int:
    """Of M × N with N × P: M·P·(2N − 1), a product less an addition for each entry."""
    return math.prod(y) * (2 * a[-1] - 1)


MATMUL = Row("matmul", np.matmul, _d_left, _d_right, shape=_product_shape, flops=_product_flops)


# -- einsum


def _expanded(subscripts: str, shapes: Sequence[tuple[int, ...]]) -> tuple[list[str], str]:
    """The letters of each operand and of the result, an ellipsis written out and the result always there."""
    left, arrow, right = subscripts.replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) != len(shapes):
        raise ValueError(f"einsum {subscripts!r}: expected {len(terms)} operands, got {len(shapes)}.")
    spare = [c for c in string.ascii_letters if c not in subscripts]
    widest = max(
        (len(s) - len(t.replace("...", "")) for t, s in zip(terms, shapes, strict=True) if "..." in t), default=0
    )
    dots = "".join(spare[:widest])
    written = []
    for term, shape in zip(terms, shapes, strict=True):
        here = len(shape) - len(term.replace("...", ""))
        written.append(term.replace("...", dots[len(dots) - here :] if here else ""))
        if len(written[-1]) != len(shape):
            raise ValueError(
                f"einsum {subscripts!r}: expected {len(written[-1])} axes for {term!r}, got the shape {shape}."
            )
    if not arrow:
        letters = "".join(written)
        right = dots + "".join(sorted(c for c in set(letters) - set(dots) if letters.count(c) == 1))
    return written, right.replace("...", dots)


def _d_einsum(position: int, y: Any, *operands: Any, subscripts: str) -> LinearMap:
    terms, result = _expanded(subscripts, [shape_from(o) for o in operands])
    mine, shape = terms[position], shape_from(operands[position])
    straight: LinearMap | None = None
    if len(set(mine)) < len(mine):  # an index twice: its diagonal is taken first
        distinct = "".join(dict.fromkeys(mine))
        places = np.einsum(f"{mine}->{distinct}", np.arange(math.prod(shape)).reshape(shape))
        straight = Gather.at(shape, places)
        mine, shape = distinct, straight.output
    others = [None if i == position else o for i, o in enumerate(operands)]
    written = ",".join(mine if i == position else term for i, term in enumerate(terms))
    whole: LinearMap = Contraction(f"{written}->{result}", position, others, shape)
    return whole if straight is None else whole @ straight


def _einsum(*operands: Any, subscripts: str) -> Any:
    return np.einsum(subscripts, *operands, optimize=len(operands) > 2)


def _einsum_shape(*shapes: tuple[int, ...], subscripts: str) -> tuple[int, ...]:
    terms, result = _expanded(subscripts, shapes)
    lengths: dict[str, int] = {}
    for term, shape in zip(terms, shapes, strict=True):
        for letter, length in zip(term, shape, strict=True):
            if lengths.setdefault(letter, length) != length and 1 not in (length, lengths[letter]):
                raise ValueError(
                    f"einsum {subscripts!r}: expected one length of {letter}, got {lengths[letter]} and {length}."
                )
            lengths[letter] = max(length, lengths[letter])
    return tuple([lengths[letter] for letter in result])


def _einsum_flops(y: tuple[int, ...], *shapes: tuple[int, ...], subscripts: str) -> int:
    terms, _ = _expanded(subscripts, shapes)
    lengths = {c: n for term, shape in zip(terms, shapes, strict=True) for c, n in zip(term, shape, strict=True)}
    return len(shapes) * math.prod(lengths.values()) - (
        0 if math.prod(lengths.values()) == math.prod(y) else math.prod(y)
    )


EINSUM = Row("einsum", _einsum, each=_d_einsum, shape=_einsum_shape, flops=_einsum_flops)


def einsum(subscripts: str, *operands: Any, optimize: Any = None) -> Any:
    """`numpy.einsum` with subscripts as text; the order of summation is NumPy's choice."""
    if not isinstance(subscripts, str):
        raise TypeError("np.einsum of expressions: expected subscripts as text, got lists. Write 'ij,jk->ik'.")
    return EINSUM(*operands, subscripts=subscripts)


# -- products that are others by another name


def _outer_terms(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, ...]:
    return math.prod(a), math.prod(b)


def _d_outer_left(y: Any, a: Any, b: Any) -> LinearMap:
    flat = np.reshape(b, (-1,)) if len(shape_from(b)) != 1 else b
    rows, _columns = _outer_terms(shape_from(a), shape_from(b))
    return Contraction("i,j->ij", 0, [None, flat], (rows,)) @ Reshape((rows,), shape_from(a))


def _d_outer_right(y: Any, a: Any, b: Any) -> LinearMap:
    flat = np.reshape(a, (-1,)) if len(shape_from(a)) != 1 else a
    _rows, columns = _outer_terms(shape_from(a), shape_from(b))
    return Contraction("i,j->ij", 1, [flat, None], (columns,)) @ Reshape((columns,), shape_from(b))


OUTER = Row("outer", np.outer, _d_outer_left, _d_outer_right, shape=_outer_terms)


def tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    """`numpy.tensordot`, as the einsum that it is; both shapes have to be known."""
    sa, sb = shape_from(a), shape_from(b)
    if isinstance(axes, int):
        left, right = list(range(len(sa) - axes, len(sa))), list(range(axes))
    else:
        left, right = ([one] if isinstance(one, int) else list(one) for one in axes)
    if not sa or not sb or len(left) != len(right):
        raise ValueError(
            f"np.tensordot of the shapes {sa} and {sb} over axes {axes}: expected arrays whose axes go together. "
            "Give a Variable its shape: Variable('A', shape=(2, 3))."
        )
    left, right = [i % len(sa) for i in left], [i % len(sb) for i in right]
    letters = string.ascii_letters
    first = list(letters[: len(sa)])
    second = list(letters[len(sa) : len(sa) + len(sb)])
    for i, j in zip(left, right, strict=True):
        second[j] = first[i]
    result = [c for i, c in enumerate(first) if i not in left] + [c for j, c in enumerate(second) if j not in right]
    return einsum(f"{''.join(first)},{''.join(second)}->{''.join(result)}", a, b)


def dot(a: Any, b: Any) -> Any:
    """`numpy.dot`: a product with numbers, of vectors, or of matrices; of stacks it needs their shapes."""
    ranks = [len(one) if (one := said_shape(x)) is not None else 0 for x in (a, b)]
    if ranks[1] > 2 and ranks[0] > 1:
        return tensordot(a, b, (ranks[0] - 1, ranks[1] - 2))
    if 0 in ranks:  # a number, or an array whose shape nobody has said
        return DOT(a, b)
    return MATMUL(a, b)


def _d_dot(position: int, y: Any, *factors: Any) -> LinearMap:
    """A dot whose shapes nobody knew when it was written."""
    a, b = factors
    if not shape_from(a) or not shape_from(b):
        mine, other = factors[position], factors[1 - position]
        scaled = broadcast(shape_from(mine), shape_from(y), dtype=dtype_of(mine, other))
        whole: LinearMap = Diagonal(other) @ scaled if shape_from(other) else scaled * other
        return whole
    if len(shape_from(b)) > 2 and len(shape_from(a)) > 1:
        raise ValueError("np.dot of stacks needs their shapes. Write np.matmul, np.einsum, or Variable('A', shape=…).")
    return (_d_left, _d_right)[position](y, a, b)


def _dot_shape(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, ...]:
    return a + b if not a or not b else _product_shape(a, b)


DOT = Row(
    "dot", np.dot, lambda y, a, b: _d_dot(0, y, a, b), lambda y, a, b: _d_dot(1, y, a, b), shape=_dot_shape,
    flops=lambda y, a, b: math.prod(y) if not a or not b else _product_flops(y, a, b),
)  # fmt: skip

ROWS = (MATMUL, EINSUM, OUTER, DOT)

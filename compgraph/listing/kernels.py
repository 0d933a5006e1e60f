"""How functions of arrays are written in NumPy, each into the place for its result: a row for those that have a way."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from compgraph.arrays.moves import (
    BROADCAST_TO,
    CONCATENATE,
    GETITEM,
    PAD,
    REARRANGE,
    RESHAPE,
    SCATTER,
    STACK,
    TRANSPOSE,
    _padding,
)
from compgraph.arrays.products import EINSUM, MATMUL
from compgraph.arrays.reductions import AMAX, AMIN, CUMSUM, PROD, SUM
from compgraph.arrays.rows import Row, normalized
from compgraph.arrays.windows import MAX_POOL2D, PATCHES
from compgraph.expression import Expression
from compgraph.listing.elementary import FMAX
from compgraph.listing.picking import (
    filled,
    gathered,
    is_basic,
    parameters,
    patched,
    places_of,
    pooled,
    rearranged,
    scattered,
)
from compgraph.rewriting import shape_of

if TYPE_CHECKING:
    from compgraph.listing.allocation import Writer

__all__ = ["KERNELS", "choice"]

#: Sums over one axis of a matrix, of at most so many entries each, are products with ones: BLAS is quicker at it.
_LONGEST = 4096

#: The largest of each row of at most so many entries is looked for column by column.
_FEW = 32

_REDUCED = {
    "sum": "np.add.reduce", "prod": "np.multiply.reduce", "amax": "np.maximum.reduce", "amin": "np.minimum.reduce",
}  # fmt: skip


def choice(w: Writer, e: Expression, turn: int) -> None:
    """A `where`; of something or 0 it is done by bits, which is quick and leaves neither an infinity nor a NaN."""
    condition, a, b = e.arguments
    kept, other, holds = (a, b, True) if not _is_zero(a) else (b, a, False)
    mask = w.places[condition].array if isinstance(condition, Expression) else None
    if mask is not None and (a, b) == (1, 0):
        name, _ = w.target(e, turn)
        w.lines.append(f"np.copyto({name}, {w.text(condition)})")
        w.handed_out(e)
        return
    if not (_is_zero(other) and isinstance(kept, Expression) and kept.shape == e.shape == shape_of(condition)):
        w.bound(e, f"np.where({w.texts(e)})")
        return
    source = w.places[kept].array
    if mask is None or source is None or (mask.dtype, source.dtype) != (np.bool_, w.dtype) or w.dtype.itemsize > 8:
        w.bound(e, f"np.where({w.texts(e)})")
        return
    word = np.dtype(f"i{w.dtype.itemsize}")
    register = w.taken(e.size, np.dtype(np.int8))
    bits = w.viewed(w.memory[register].reshape(e.shape))  # −1 has all of them, 0 none
    whole = w.viewed(mask.view(np.int8))
    w.lines.append(
        f"np.negative({whole}, {bits})"
        if holds
        else f"np.subtract({whole}, {w.once('one', lambda: np.int8(1), 'c')}, {bits})"
    )
    read = w.viewed(source.view(word))
    _, array = w.target(e, turn, over=True)
    w.lines.append(f"np.bitwise_and({read}, {bits}, {w.viewed(array.view(word))})")
    w.given_back(register)
    w.handed_out(e)


def _is_zero(value: Any) -> bool:
    return not isinstance(value, Expression) and value == 0


# -- views, and what moves entries


def _reshape(w: Writer, e: Expression, turn: int) -> None:
    w.view(e, turn, f".reshape({e.shape})", lambda x: x.reshape(e.shape))


def _transpose(w: Writer, e: Expression, turn: int) -> None:
    axes = parameters(e).get("axes")
    w.view(e, turn, f".transpose({axes})" if axes else ".T", lambda x: x.transpose(axes) if axes else x.T)


def _getitem(w: Writer, e: Expression, turn: int) -> None:
    index = parameters(e)["index"]
    parts = index if isinstance(index, tuple) else (index,)
    if not is_basic(parts):
        gathered(w, e, turn, places_of(shape_of(e.arguments[0]))[index])
        return
    if Ellipsis not in parts:
        parts = (*parts, ...)  # so that a single entry is a view as well
    w.view(e, turn, f"[{w.constant(parts, 'j')}]", lambda x: x[parts])


def _broadcast_to(w: Writer, e: Expression, turn: int) -> None:
    (x,) = e.arguments
    if isinstance(x, Expression):
        name, _ = w.target(e, turn)
        w.lines.append(f"np.copyto({name}, {w.text(x)})")
    else:
        w.standing(e, np.full(e.shape, x, w.dtype))
    w.handed_out(e)


def _joined(w: Writer, e: Expression, turn: int) -> None:
    w.call(e, turn, f"np.{e.primitive.name}(({w.texts(e)},), {parameters(e).get('axis', 0)}")


def _pad(w: Writer, e: Expression, turn: int) -> None:
    shape = shape_of(e.arguments[0])
    pairs = _padding(len(shape), parameters(e)["pad_width"])
    inside = tuple(slice(before, before + n) for n, (before, _) in zip(shape, pairs, strict=True))
    filled(w, e, turn, repr(float(parameters(e).get("constant", 0.0))), inside)


# -- sums and products


def _fmax(w: Writer, e: Expression, turn: int) -> None:
    w.call(e, turn, f"np.fmax({w.texts(e)}", over=True)


def _sum(w: Writer, e: Expression, turn: int) -> None:
    (x,) = e.arguments
    shape = shape_of(x)
    axes = normalized(parameters(e).get("axis"), len(shape))
    if x in w.inside:
        factors = x.arguments if len(x.arguments) == 2 else (x.arguments[0], x.arguments[0])
        w.call(e, turn, f"np.vdot({', '.join(map(w.text, factors))}")
    elif len(axes) == 1 and shape[axes[0]] <= _LONGEST and not w.is_bool(x) and (matrix := _matrix(w, x, axes[0])):
        length = shape[axes[0]]
        factors = (matrix, w.once(("ones", length), lambda: np.ones(length, w.dtype), "k"))
        _flat(w, e, turn, f"np.dot({', '.join(factors[::-1] if axes == (0,) else factors)}", "out=")
    else:
        _reduce(w, e, turn)


def _matrix(w: Writer, x: Any, axis: int) -> str:
    """The name of a matrix whose rows (of the first axis, its columns) are to be summed; "" where none has a place."""
    rank, array = len(shape_of(x)), w.places[x].array if isinstance(x, Expression) else None
    if rank == 2:
        return w.text(x)
    if rank < 2 or array is None or not array.flags.c_contiguous or axis not in (0, rank - 1):
        return ""
    return w.viewed(array.reshape((-1, array.shape[-1]) if axis else (array.shape[0], -1)))


def _flat(w: Writer, e: Expression, turn: int, call: str, out: str) -> None:
    """A call whose result has one axis, which in that of the operation has others of length 1 beside it."""
    if e in w.results:
        w.bound(e, f"{call}){'' if len(e.shape) == 1 else f'.reshape({e.shape})'}")
    else:
        _, array = w.target(e, turn)
        w.lines.append(f"{call}, {out}{w.viewed(array.reshape(-1))})")


def _reduce(w: Writer, e: Expression, turn: int) -> None:
    p = parameters(e)
    kind = w.once("dtype", lambda: w.dtype, "t") if w.is_bool(e.arguments[0]) else None
    call = f"{_REDUCED[e.primitive.name]}({w.texts(e)}, {p.get('axis')!r}, {kind}"
    kept = ", True" if p.get("keepdims") else ""
    if e in w.results or not e.shape:
        w.bound(e, f"{call}{', None' if kept else ''}{kept})")
    else:
        name, _ = w.target(e, turn)
        w.lines.append(f"{call}, {name}{kept})")


def _extreme(w: Writer, e: Expression, turn: int) -> None:
    """The largest of few columns: NumPy is quicker at the largest of few rows, even if they are copied first."""
    shape = shape_of(e.arguments[0])
    if len(shape) != 2 or normalized(parameters(e).get("axis"), 2) != (1,) or not 1 < shape[1] <= min(_FEW, shape[0]):
        _reduce(w, e, turn)
        return
    register = w.taken(shape[0] * shape[1], w.dtype)
    turned = w.memory[register].reshape(shape[::-1])
    w.lines.append(f"np.copyto({w.viewed(turned.T)}, {w.texts(e)})")
    _flat(w, e, turn, f"{_REDUCED[e.primitive.name]}({w.viewed(turned)}, 0, None", "")
    w.given_back(register)


def _cumsum(w: Writer, e: Expression, turn: int) -> None:
    w.call(e, turn, f"np.cumsum({w.texts(e)}, {parameters(e).get('axis')}, None", "")


def _matmul(w: Writer, e: Expression, turn: int) -> None:
    flat = all(len(shape_of(a)) <= 2 for a in e.arguments)
    w.call(e, turn, f"np.{'dot' if flat else 'matmul'}({w.texts(e)}")


def _einsum(w: Writer, e: Expression, turn: int) -> None:
    w.call(e, turn, f"np.einsum({parameters(e)['subscripts']!r}, {w.texts(e)}, optimize={len(e.arguments) > 2}")


KERNELS: dict[Row, Callable[[Any, Expression, int], None]] = {
    RESHAPE: _reshape, TRANSPOSE: _transpose, GETITEM: _getitem, REARRANGE: rearranged, BROADCAST_TO: _broadcast_to,
    CONCATENATE: _joined, STACK: _joined, SCATTER: scattered, PAD: _pad, FMAX: _fmax, SUM: _sum, PROD: _reduce,
    AMAX: _extreme, AMIN: _extreme, CUMSUM: _cumsum, MATMUL: _matmul, EINSUM: _einsum, PATCHES: patched,
    MAX_POOL2D: pooled,
}  # fmt: skip

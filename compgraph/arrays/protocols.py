"""Which function of NumPy finds which row: what makes code written for arrays run on expressions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from compgraph import functions
from compgraph.arrays import matrices, moves, products, reductions, windows
from compgraph.arrays.reductions import reduction
from compgraph.arrays.rows import Row
from compgraph.expression import Expression

__all__ = ["BY_FUNCTION", "ROWS", "array_function", "ufunc"]

#: Every row by its name.
ROWS: dict[str, Row] = {row.name: row for room in (reductions, products, moves, matrices, windows) for row in room.ROWS}


def _reduce(row: Row, **usual: Any) -> Callable[..., Any]:
    """A reduction as NumPy calls it; parameters beyond the axis have to be those of every day."""

    def called(x: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False, **more: Any) -> Any:
        further = {k: more.pop(k) for k in usual if k in more}
        # NumPy's marker for "not given" is no value that anybody writes
        left = {k: v for k, v in {**more, "dtype": dtype, "out": out}.items() if v is not None and v is not np._NoValue}
        left = {k: v for k, v in left.items() if not (k == "where" and v is True)}
        if left:
            raise TypeError(
                f"np.{row.name.removeprefix('a')} of an expression takes axis and keepdims, got {', '.join(left)}. "
                "Leave it out; for a mask write np.where(mask, x, 0) first."
            )
        return row(x, **reduction(axis, keepdims is True, **further))

    return called


def _cumsum(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    _refuse("cumsum", dtype=dtype, out=out)
    return reductions.CUMSUM(a, **({} if axis is None else {"axis": axis}))


def _norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    if ord in (1, 2, np.inf) and axis is None:
        _known("linalg.norm", x)
    absolute = functions.abs(x)
    if ord == 1 and (isinstance(axis, int) or np.ndim(x) == 1):
        return reductions.SUM(absolute, **reduction(axis, keepdims))
    if ord == np.inf and (isinstance(axis, int) or np.ndim(x) == 1):
        return reductions.AMAX(absolute, **reduction(axis, keepdims))
    if ord not in (None, "fro", 2) or (ord == 2 and axis is None and np.ndim(x) > 1) or (ord == 2 and _two(axis)):
        raise TypeError(
            f"np.linalg.norm of an expression: expected ord None or 'fro', of vectors 1, 2 or inf, got {ord!r}. "
            "Write the norm out, or give a Variable its shape."
        )
    return reductions.NORM(x, **reduction(axis, keepdims))


def _two(axis: Any) -> bool:
    return isinstance(axis, (tuple, list)) and len(axis) == 2


def _where(condition: Any, *branches: Any) -> Any:
    if len(branches) != 2:
        raise TypeError("np.where of an expression: expected a condition and two branches. Write np.where(c, a, b).")
    return functions.WHERE(condition, *branches)


def _clip(a: Any, a_min: Any = None, a_max: Any = None, out: Any = None, **more: Any) -> Any:
    _refuse("clip", out=out)
    a_min, a_max = more.get("min", a_min), more.get("max", a_max)
    a = a if a_min is None else functions.max(a, a_min)
    return a if a_max is None else functions.min(a, a_max)


def _average(a: Any, axis: Any = None, weights: Any = None, returned: bool = False, keepdims: Any = False) -> Any:
    _refuse("average", returned=returned or None)
    parameters = reduction(axis, keepdims is True)
    if weights is None:
        return reductions.MEAN(a, **parameters)
    weights = weights if isinstance(weights, Expression) else np.asarray(weights, float)
    if isinstance(axis, int) and np.ndim(weights) == 1:
        weights = moves.reshape(weights, [-1 if i == axis % _known("average", a).ndim else 1 for i in range(a.ndim)])
    return reductions.SUM(a * weights, **parameters) / reductions.SUM(weights, **parameters)


def _refuse(name: str, **given: Any) -> None:
    wrong = [key for key, value in given.items() if value is not None]
    if wrong:
        raise TypeError(f"np.{name} of an expression does not take {', '.join(wrong)}. Leave it out.")


def _broadcast_to(array: Any, shape: Any, subok: bool = False) -> Any:
    return moves.BROADCAST_TO(array, shape=(shape,) if isinstance(shape, int) else tuple(shape))


def _trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None, out: Any = None) -> Any:
    _refuse("trace", dtype=dtype, out=out)
    if (offset, axis1, axis2) == (0, 0, 1):
        return matrices.trace(a)
    diagonal = moves.rearranged("diagonal", a, offset=offset, axis1=axis1, axis2=axis2)
    return reductions.SUM(diagonal, axis=-1)


def _known(name: str, x: Any) -> Any:
    """x, unless its shape is not known and makes a difference."""
    if not np.ndim(x):
        raise ValueError(
            f"np.{name} of an expression: expected an array, got one without a shape. "
            "Give the Variable its shape: Variable('x', shape=(2, 3))."
        )
    return x


def _diag(v: Any, k: int = 0) -> Any:
    if np.ndim(_known("diag", v)) == 2:
        return moves.rearranged("diagonal", v, **({"offset": k} if k else {}))
    length = v.shape[0] + abs(k)
    at = np.arange(v.shape[0])
    return moves.scatter(v, (length, length), (at + max(-k, 0), at + max(k, 0)))


def _triangle(function: Callable[..., Any]) -> Callable[..., Any]:
    def kept(m: Any, k: int = 0) -> Any:
        return functions.WHERE(function(np.ones(_known(function.__name__, m).shape), k) == 1, m, 0.0)

    return kept


def _split(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that gives several parts of its argument: each is taken by its places."""

    def parts(x: Any, *arguments: Any, **keywords: Any) -> list[Any]:
        places = np.arange(_known(function.__name__, x).size).reshape(x.shape)
        flat = moves.reshape(x, -1)
        return [moves.getitem(flat, part) for part in function(places, *arguments, **keywords)]

    return parts


def _inner(a: Any, b: Any) -> Any:
    for one, other in ((a, b), (b, a)):
        if not isinstance(one, Expression) and not np.ndim(one):
            return functions.BY_UFUNC["multiply"](one, other)
    return products.tensordot(_known("inner", a), _known("inner", b), (-1, -1))


def _vdot(a: Any, b: Any) -> Any:
    return products.MATMUL(moves.reshape(a, -1), moves.reshape(b, -1))


def _along(function: Callable[[Any], Any]) -> Callable[..., Any]:
    """vstack and its like: arrays made wider first, then one after another."""

    def joined(arrays: Any, **keywords: Any) -> Any:
        _refuse("stack", **keywords)
        return function(list(arrays))

    return joined


def _vstack(arrays: list[Any]) -> Any:
    # what has no shape is taken for a number, and a number it has to be
    return moves.concatenate([moves.reshape(a, 1, np.size(a)) if np.ndim(a) < 2 else a for a in arrays])


def _hstack(arrays: list[Any]) -> Any:
    flat = [moves.reshape(a, 1) if np.ndim(a) == 0 else a for a in arrays]
    return moves.concatenate(flat, axis=0 if np.ndim(flat[0]) == 1 else 1)


def _column_stack(arrays: list[Any]) -> Any:
    return moves.concatenate([moves.reshape(a, np.size(a), 1) if np.ndim(a) < 2 else a for a in arrays], axis=1)


def _ones_like(number: float) -> Callable[..., Any]:
    return lambda a, dtype=None, **_: np.full(np.shape(a), number, dtype or float)


#: NumPy's functions → ours. Shapes that are asked for have to be known: ``Variable("x", shape=(3,))``.
BY_FUNCTION: dict[Any, Callable[..., Any]] = {
    np.sum: _reduce(reductions.SUM),
    np.mean: _reduce(reductions.MEAN),
    np.var: _reduce(reductions.VAR, ddof=0),
    np.std: _reduce(reductions.STD, ddof=0),
    np.prod: _reduce(reductions.PROD),
    np.max: _reduce(reductions.AMAX),
    np.min: _reduce(reductions.AMIN),
    np.cumsum: _cumsum,
    np.average: _average,
    np.linalg.norm: _norm,
    np.dot: lambda a, b, out=None: products.dot(a, b),
    np.vdot: _vdot,
    np.inner: _inner,
    np.outer: lambda a, b, out=None: products.OUTER(a, b),
    np.tensordot: lambda a, b, axes=2: products.tensordot(a, b, axes),
    np.einsum: products.einsum,
    np.reshape: lambda a, shape=None, order="C", **k: moves.reshape(a, k.get("newshape", shape)),
    np.transpose: lambda a, axes=None: moves.transpose(a) if axes is None else moves.transpose(a, tuple(axes)),
    np.broadcast_to: _broadcast_to,
    np.concatenate: lambda arrays, axis=0, **k: moves.concatenate(arrays, axis),
    np.stack: lambda arrays, axis=0, **k: moves.stack(arrays, axis),
    np.vstack: _along(_vstack),
    np.hstack: _along(_hstack),
    np.column_stack: _along(_column_stack),
    np.pad: moves.pad,
    np.where: _where,
    np.clip: _clip,
    np.trace: _trace,
    np.diag: _diag,
    np.tril: _triangle(np.tril),
    np.triu: _triangle(np.triu),
    np.split: _split(np.split),
    np.array_split: _split(np.array_split),
    np.linalg.inv: matrices.INV,
    np.linalg.solve: matrices.SOLVE,
    np.linalg.det: matrices.DET,
    np.linalg.slogdet: matrices.slogdet,
    np.bincount: lambda x, weights=None, minlength=0: moves.scatter(weights, (minlength,), x),
    np.shape: lambda a: a.shape,
    np.ndim: lambda a: a.ndim,
    np.size: lambda a, axis=None: a.size if axis is None else a.shape[axis],
    np.zeros_like: _ones_like(0.0),
    np.ones_like: _ones_like(1.0),
    np.full_like: lambda a, fill_value, dtype=None, **_: np.full(np.shape(a), fill_value, dtype),
    np.diff: lambda a, n=1, axis=-1, **_: _differences(a, n, axis),
    **{
        getattr(np, name): (lambda a, *args, _name=name, **k: moves.rearranged(_name, a, *args, **k))
        for name in moves.REARRANGING
    },
}


def _differences(a: Any, n: int, axis: int) -> Any:
    _known("diff", a)
    for _ in range(n):
        after, before = [slice(None)] * np.ndim(a), [slice(None)] * np.ndim(a)
        after[axis], before[axis] = slice(1, None), slice(None, -1)
        a = a[tuple(after)] - a[tuple(before)]
    return a


def array_function(function: Any, arguments: Any, keywords: Any) -> Any:
    """What a function of NumPy is for expressions; TypeError by name where there is none."""
    ours = BY_FUNCTION.get(function)
    name = getattr(function, "__name__", str(function))
    if ours is None:
        raise TypeError(
            f"np.{name} is not available for an Expression: expected one of "
            f"{', '.join(sorted(f.__name__ for f in BY_FUNCTION))}. Write it in these, or make a Primitive of it."
        )
    return ours(*arguments, **keywords)


def ufunc(function: np.ufunc, method: str, inputs: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """What a ufunc of NumPy is for expressions; TypeError by name where there is none."""
    name = function.__name__
    if method == "__call__" and not keywords:
        if name == "matmul":
            return products.MATMUL(*inputs)
        if name in functions.BY_UFUNC:
            return functions.BY_UFUNC[name](*inputs)
    if method == "reduce" and name in _REDUCED:
        axis = keywords.pop("axis", 0)
        return BY_FUNCTION[_REDUCED[name]](*inputs, axis=axis, **keywords)
    if method == "outer" and name == "multiply":
        return products.OUTER(*inputs)
    called = f"np.{name}" if method == "__call__" else f"np.{name}.{method}"
    with_ = f" with {', '.join(keywords)}" if keywords else ""
    raise TypeError(
        f"{called} is not available for an Expression{with_}: expected one of "
        f"{', '.join(sorted((*functions.BY_UFUNC, 'matmul')))}. Use this library's functions instead."
    )


_REDUCED = {"add": np.sum, "multiply": np.prod, "maximum": np.max, "minimum": np.min}

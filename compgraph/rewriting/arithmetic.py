"""Rules for functions of numbers: numbers and signs meet, products go inside guards, what is known is shared."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from compgraph import functions as cg
from compgraph.arrays.rows import normalized
from compgraph.expression import ADD, DIVIDE, IDENTITY, LITERAL, MULTIPLY, NEGATE, POWER, SUBTRACT, Expression
from compgraph.rewriting.parts import applied, bound, guarded, is_number, scaled, shape_of, whole_number

if TYPE_CHECKING:
    from compgraph.rewriting.run import Rewriting

__all__ = ["ARITHMETIC", "times"]


def times(r: Rewriting, number: float, value: Any) -> Any:
    if is_number(value):
        return number * value
    if number == 1:
        return value
    return r.make(NEGATE, value) if number == -1 else r.plain(MULTIPLY, whole_number(number), value)


def _add(r: Rewriting, _: Any, a: Any, b: Any) -> Any:
    if is_number(a) and is_number(b):
        return a + b
    if is_number(a) and a == 0:
        return b
    if is_number(b) and b == 0:
        return a
    return _sum(r, a, b, 1)


def _subtract(r: Rewriting, _: Any, a: Any, b: Any) -> Any:
    if is_number(a) and is_number(b):
        return a - b
    if is_number(b) and b == 0:
        return a
    return r.make(NEGATE, b) if is_number(a) and a == 0 else _sum(r, a, b, -1)


def _sum(r: Rewriting, a: Any, b: Any, sign: int) -> Any:
    """a ± b, where one number stands before both, or a sign before one."""
    (c, x), (d, y) = scaled(a), scaled(b)
    d *= sign
    if x is y and isinstance(x, Expression) and c + d != 0:
        return times(r, c + d, x)
    shapes = {shape_of(a), shape_of(b)}
    if abs(c) == abs(d) and (abs(c) != 1 or c < 0 < d) and len(shapes) == 1:
        if c < 0 < d:  # −c·x + c·y
            c, x, d, y = d, y, c, x
        both = r.make(ADD, x, y) if c == d else r.make(SUBTRACT, x, y)
        return times(r, c, both)
    if d == -1:
        return r.plain(SUBTRACT, a, y)
    if d == 1 and c == -1:
        return r.plain(SUBTRACT, y, x)
    if d < 0 and sign > 0 and abs(d) != 1:
        return r.plain(SUBTRACT, a, times(r, -d, y))
    if d > 0 and sign < 0:
        return r.plain(ADD, a, times(r, d, y))
    return r.plain(ADD if sign > 0 else SUBTRACT, a, b)


def _multiply(r: Rewriting, _: Any, a: Any, b: Any) -> Any:
    if is_number(b):
        a, b = b, a
    if is_number(a):
        if is_number(b):
            return a * b
        if a == 1:
            return b
        if a == -1:
            return r.make(NEGATE, b)
        c, x = scaled(b)
        if c != 1:
            return times(r, a * c, x)
        if (inner := applied(b, DIVIDE)) and is_number(inner[0]):
            return r.make(DIVIDE, a * inner[0], inner[1])
        return r.plain(MULTIPLY, a, b)
    for one, other in ((a, b), (b, a)):
        if guard := guarded(one):
            inner = [r.make(MULTIPLY, part, other) if part is not guard[2] else 0 for part in one.arguments[1:]]
            return r.make(cg.WHERE, guard[0], *inner)
    whole = np.broadcast_shapes(shape_of(a), shape_of(b))
    (c, x), (d, y) = scaled(a), scaled(b)
    if abs(c) != 1 and shape_of(a) != whole:  # the number stays with what is smaller
        c, x = 1.0, a
    if abs(d) != 1 and shape_of(b) != whole:
        d, y = 1.0, b
    return r.plain(MULTIPLY, a, b) if c == d == 1 else times(r, c * d, r.make(MULTIPLY, x, y))


def _divide(r: Rewriting, _: Any, a: Any, b: Any) -> Any:
    if is_number(b):
        inverse = 1 / b if b else math.inf
        return r.make(MULTIPLY, a, inverse) if 1e-300 < abs(inverse) < 1e300 else None
    c, x = scaled(b)
    if c == -1:
        return r.make(NEGATE, r.make(DIVIDE, a, x))
    c, x = scaled(a)
    if c == 1 or is_number(a):
        return None
    return times(r, c, r.make(DIVIDE, x, b)) if abs(c) == 1 or shape_of(a) == shape_of(b) else None


def _negate(r: Rewriting, _: Any, a: Any) -> Any:
    if is_number(a):
        return -a
    c, x = scaled(a)
    if c != 1:
        return times(r, -c, x)
    if inner := applied(a, SUBTRACT):
        return r.plain(SUBTRACT, inner[1], inner[0])
    if (inner := applied(a, DIVIDE)) and is_number(inner[0]):
        return r.plain(DIVIDE, -inner[0], inner[1])
    return None


def _power(r: Rewriting, _: Any, x: Any, n: Any) -> Any:
    if not is_number(n) or is_number(x):
        return None
    if n == 1:
        return x
    if n == 2:
        return r.make(cg.square, x)
    if n == 3:
        return r.make(MULTIPLY, x, r.make(cg.square, x))
    if n in (-1, -2):
        return r.make(DIVIDE, 1, x if n == -1 else r.make(cg.square, x))
    return None


def _square(r: Rewriting, _: Any, x: Any) -> Any:
    if (inner := applied(x, cg.sech)) and (there := r.known(cg.tanh, *inner)) is not None:
        return r.make(SUBTRACT, 1, r.make(cg.square, there))
    if (inner := applied(x, NEGATE)) or (inner := applied(x, cg.abs)):
        return r.make(cg.square, *inner)
    return None


def _abs(r: Rewriting, _: Any, x: Any) -> Any:
    if (inner := applied(x, NEGATE)) or (inner := applied(x, cg.abs)):
        return r.make(cg.abs, *inner)
    return None


def _exp(r: Rewriting, _: Any, x: Any) -> Any:
    if (p := bound(x, "log_softmax")) is not None:
        return r.row("softmax", x.arguments[0], **p)
    if inner := applied(x, SUBTRACT):
        a, b = inner
        b = b.arguments[0] if bound(b, "reshape") is not None else b
        if (p := bound(b, "logsumexp")) is not None and b.arguments[0] is a:
            axes = normalized(p.get("axis"), len(shape_of(a)))
            ones = tuple([1 if i in axes else n for i, n in enumerate(shape_of(a))])
            if np.broadcast_shapes(shape_of(inner[1]), ones) == ones:
                return r.row("softmax", a, axis=axes[0] if len(axes) == 1 else axes)
    return None


def _log(r: Rewriting, _: Any, x: Any) -> Any:
    p = bound(x, "softmax")
    return None if p is None else r.row("log_softmax", x.arguments[0], **p)


def _where(r: Rewriting, _: Any, condition: Any, a: Any, b: Any) -> Any:
    fits = np.broadcast_shapes(shape_of(condition), shape_of(a)) == shape_of(a)
    return a if a is b and fits else None


def _itself(r: Rewriting, _: Any, x: Any) -> Any:
    return x


def _literal(r: Rewriting, _: Any, value: Any) -> Any:
    return value if not isinstance(value, np.ndarray) else None


ARITHMETIC: dict[str, Callable[..., Any]] = {
    ADD.name: _add, SUBTRACT.name: _subtract, MULTIPLY.name: _multiply, DIVIDE.name: _divide, NEGATE.name: _negate,
    POWER.name: _power, IDENTITY.name: _itself, LITERAL.name: _literal, "square": _square, "abs": _abs, "exp": _exp,
    "log": _log, "where": _where,
}  # fmt: skip

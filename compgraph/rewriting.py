"""Operations on arrays rewritten as others that are cheaper: the algebra behind a gradient that is written by hand.

Rules are local: a primitive and its arguments give an expression that is equal up to rounding, of the same shape. What
is equal becomes one object. Nothing is reordered where that could overflow, and nothing is multiplied out.

- Factors that are numbers, and signs, meet: 2·(x·½) is x, a + (−b) is a − b, c·a − c·b is c·(a − b).
- What broadcasting does by itself is not written: x + broadcast_to(b) is x + b. A sum of what is repeated is a product.
- Moves meet: the transpose of a transpose, the reshape of a reshape; what only adds axes is a reshape.
- e to the log_softmax is the softmax, and so is exp(x − logsumexp(x)).
- Where tanh(x) is there anyway, sech(x)² is 1 − tanh(x)²: to the rounding of 1, which is what hand-written code has.
- Products of stacks with one matrix are one product of matrices, and an einsum of two arrays is a product.
"""

from __future__ import annotations

import math
import pickle
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from compgraph import functions as cg
from compgraph.arrays.protocols import ROWS
from compgraph.arrays.rows import Bound, normalized
from compgraph.expression import (
    ADD,
    DIVIDE,
    IDENTITY,
    LITERAL,
    MULTIPLY,
    NEGATE,
    POWER,
    SUBTRACT,
    VARIABLE,
    Expression,
    Primitive,
    Variable,
    _apply,
)
from compgraph.traversal import evaluation_order, gc_paused

__all__ = ["Rewriting", "is_elementwise", "shape_of"]

Shape = tuple[int, ...]


class Rewriting:
    """One run: what operations become, and one object for each that is the same.

    Parameters
    ----------
    further : mapping of name to rule, optional
        Rules by the name of a primitive, tried before those of this module: ``rule(self, parameters, *arguments)`` is
        the result, or None.

    Examples
    --------
    >>> from compgraph.expression import Variable
    >>> x = Variable("x", shape=(2, 3))
    >>> Rewriting().rewritten([2 * (x * 0.5), x.T.T + 0, np.sum(np.broadcast_to(x, (4, 2, 3)), axis=0)])
    [x, x, 4·x]
    """

    def __init__(self, further: Mapping[str, Callable[..., Any]] | None = None) -> None:
        self.further = further or {}
        self.same: dict[Any, Expression] = {}

    def rewritten(self, roots: Iterable[Any]) -> list[Any]:
        """Expressions (or numbers) rewritten, with what they share shared."""
        roots = list(roots)
        made: dict[Any, Any] = {}
        with gc_paused():
            for e in evaluation_order(roots):
                if e.primitive is VARIABLE:
                    made[e] = self.same.setdefault((VARIABLE, e.name), e)
                else:
                    arguments = [made[a] if isinstance(a, Expression) else a for a in e.arguments]
                    made[e] = self.make(e.primitive, *arguments)
        return [made[root] if isinstance(root, Expression) else root for root in roots]

    def make(self, primitive: Primitive, *arguments: Any) -> Any:
        """A primitive applied: what a rule makes of it, or the application itself."""
        operands = tuple([float(a) if isinstance(a, Fraction) else a for a in arguments])
        parameters = primitive.parameters if isinstance(primitive, Bound) else {}
        if is_elementwise(primitive):
            operands = self._unspread(primitive, operands)
        for rules in (self.further, RULES) if _is_ours(primitive) else ():
            if (rule := rules.get(primitive.name)) and (result := rule(self, parameters, *operands)) is not None:
                return result
        return self.plain(primitive, *operands)

    def row(self, name: str, *arguments: Any, **parameters: Any) -> Any:
        """A row of arrays applied."""
        return self.make(Bound(ROWS[name], parameters), *arguments)

    def expanded(self, definition: Callable[..., Any], *arguments: Any) -> Any:
        """What a definition in this library's functions makes of the arguments."""
        parameters = [Variable(f"{i}", shape_of(a)) for i, a in enumerate(arguments)]
        known: dict[Any, Any] = dict(zip(parameters, arguments, strict=True))
        whole = definition(*parameters)
        for e in evaluation_order([whole]):
            if e not in known:
                known[e] = self.make(e.primitive, *[known[a] if isinstance(a, Expression) else a for a in e.arguments])
        return known[whole]

    def plain(self, primitive: Primitive, *arguments: Any) -> Expression:
        """The application itself, one object for each."""
        key = _called(primitive, arguments)
        if key not in self.same:
            self.same[key] = _apply(primitive, arguments, None)
        return self.same[key]

    def known(self, primitive: Primitive, *arguments: Any) -> Any:
        """The application, if it is there already; None otherwise."""
        return self.same.get(_called(primitive, arguments))

    def _unspread(self, primitive: Primitive, operands: tuple[Any, ...]) -> tuple[Any, ...]:
        """Operands without the broadcasts that an elementwise function does by itself."""
        if not any(isinstance(o, Expression) and o.primitive.name == "broadcast_to" for o in operands):
            return operands
        whole = np.broadcast_shapes(*map(shape_of, operands))
        kept = list(operands)
        for i, operand in enumerate(operands):
            if isinstance(operand, Expression) and operand.primitive.name == "broadcast_to":
                inner = operand.arguments[0]
                others = [shape_of(o) for j, o in enumerate(kept) if j != i]
                if np.broadcast_shapes(shape_of(inner), *others) == whole:
                    kept[i] = inner
        return tuple(kept)


def shape_of(value: Any) -> Shape:
    """The shape of an expression, () of a number."""
    found: Shape = value.shape if isinstance(value, Expression) else ()
    return found


def is_elementwise(primitive: Primitive) -> bool:
    """Whether it is a function of numbers, done entry by entry."""
    return not isinstance(primitive, Bound) and primitive is not VARIABLE and primitive is not LITERAL


def _is_ours(primitive: Primitive) -> bool:
    """Whether it is in the table: somebody's own may have the name of another."""
    if isinstance(primitive, Bound):
        return ROWS.get(primitive.name) is primitive.row
    return primitive in (cg.FUNCTIONS.get(primitive.name), cg.HIDDEN.get(primitive.name))


def _called(primitive: Primitive, arguments: tuple[Any, ...]) -> Any:
    """What an application is known by; −0 is not the same as 0, nor NaN different from itself."""
    return (_key(primitive), *[a if isinstance(a, Expression) else repr(_whole(a)) for a in arguments])


def _key(primitive: Primitive) -> Any:
    if not isinstance(primitive, Bound):
        return primitive
    items = tuple(sorted(primitive.parameters.items()))
    try:
        hash(items)
    except TypeError:
        return primitive.row, pickle.dumps(items)  # slices and arrays among them
    return primitive.row, items


def _is_number(value: Any) -> bool:
    return not isinstance(value, Expression)


def _of(value: Any, primitive: Primitive) -> Any:
    """The arguments, if it is an application of that primitive."""
    return value.arguments if isinstance(value, Expression) and value.primitive is primitive else None


def _bound(value: Any, name: str) -> Mapping[str, Any] | None:
    """The parameters, if it is an application of a row of that name."""
    if isinstance(value, Expression) and isinstance(value.primitive, Bound) and value.primitive.name == name:
        return value.primitive.parameters
    return None


# -- numbers and signs


def _scaled(value: Any) -> tuple[float, Any]:
    """A number and what it stands before."""
    if inner := _of(value, NEGATE):
        return -1.0, inner[0]
    inner = _of(value, MULTIPLY)
    return (inner[0], inner[1]) if inner and _is_number(inner[0]) else (1.0, value)


def _times(r: Rewriting, number: float, value: Any) -> Any:
    if _is_number(value):
        return number * value
    if number == 1:
        return value
    return r.make(NEGATE, value) if number == -1 else r.plain(MULTIPLY, _whole(number), value)


def _whole(number: Any) -> Any:
    is_whole = isinstance(number, float) and number.is_integer() and abs(number) < 2**53
    return int(number) if is_whole and (number or math.copysign(1, number) > 0) else number


def _add(r: Rewriting, _: Any, a: Any, b: Any) -> Any:
    if _is_number(a) and _is_number(b):
        return a + b
    if _is_number(a) and a == 0:
        return b
    if _is_number(b) and b == 0:
        return a
    return _sum(r, a, b, 1)


def _subtract(r: Rewriting, _: Any, a: Any, b: Any) -> Any:
    if _is_number(a) and _is_number(b):
        return a - b
    if _is_number(b) and b == 0:
        return a
    return r.make(NEGATE, b) if _is_number(a) and a == 0 else _sum(r, a, b, -1)


def _sum(r: Rewriting, a: Any, b: Any, sign: int) -> Any:
    """a ± b, where one number stands before both, or a sign before one."""
    (c, x), (d, y) = _scaled(a), _scaled(b)
    d *= sign
    if x is y and isinstance(x, Expression) and c + d != 0:
        return _times(r, c + d, x)
    shapes = {shape_of(a), shape_of(b)}
    if abs(c) == abs(d) and (abs(c) != 1 or c < 0 < d) and len(shapes) == 1:
        if c < 0 < d:  # −c·x + c·y
            c, x, d, y = d, y, c, x
        both = r.make(ADD, x, y) if c == d else r.make(SUBTRACT, x, y)
        return _times(r, c, both)
    if d == -1:
        return r.plain(SUBTRACT, a, y)
    if d == 1 and c == -1:
        return r.plain(SUBTRACT, y, x)
    if d < 0 and sign > 0 and abs(d) != 1:
        return r.plain(SUBTRACT, a, _times(r, -d, y))
    if d > 0 and sign < 0:
        return r.plain(ADD, a, _times(r, d, y))
    return r.plain(ADD if sign > 0 else SUBTRACT, a, b)


def _multiply(r: Rewriting, _: Any, a: Any, b: Any) -> Any:
    if _is_number(b):
        a, b = b, a
    if _is_number(a):
        if _is_number(b):
            return a * b
        if a == 1:
            return b
        if a == -1:
            return r.make(NEGATE, b)
        c, x = _scaled(b)
        if c != 1:
            return _times(r, a * c, x)
        if (inner := _of(b, DIVIDE)) and _is_number(inner[0]):
            return r.make(DIVIDE, a * inner[0], inner[1])
        return r.plain(MULTIPLY, a, b)
    whole = np.broadcast_shapes(shape_of(a), shape_of(b))
    (c, x), (d, y) = _scaled(a), _scaled(b)
    if abs(c) != 1 and shape_of(a) != whole:  # the number stays with what is smaller
        c, x = 1.0, a
    if abs(d) != 1 and shape_of(b) != whole:
        d, y = 1.0, b
    return r.plain(MULTIPLY, a, b) if c == d == 1 else _times(r, c * d, r.make(MULTIPLY, x, y))


def _divide(r: Rewriting, _: Any, a: Any, b: Any) -> Any:
    if _is_number(b):
        inverse = 1 / b if b else math.inf
        return r.make(MULTIPLY, a, inverse) if 1e-300 < abs(inverse) < 1e300 else None
    c, x = _scaled(b)
    if c == -1:
        return r.make(NEGATE, r.make(DIVIDE, a, x))
    c, x = _scaled(a)
    if c == 1 or _is_number(a):
        return None
    return _times(r, c, r.make(DIVIDE, x, b)) if abs(c) == 1 or shape_of(a) == shape_of(b) else None


def _negate(r: Rewriting, _: Any, a: Any) -> Any:
    if _is_number(a):
        return -a
    c, x = _scaled(a)
    if c != 1:
        return _times(r, -c, x)
    if inner := _of(a, SUBTRACT):
        return r.plain(SUBTRACT, inner[1], inner[0])
    if (inner := _of(a, DIVIDE)) and _is_number(inner[0]):
        return r.plain(DIVIDE, -inner[0], inner[1])
    return None


def _power(r: Rewriting, _: Any, x: Any, n: Any) -> Any:
    if not _is_number(n) or _is_number(x):
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
    if (inner := _of(x, cg.sech)) and (there := r.known(cg.tanh, *inner)) is not None:
        return r.make(SUBTRACT, 1, r.make(cg.square, there))
    if (inner := _of(x, NEGATE)) or (inner := _of(x, cg.abs)):
        return r.make(cg.square, *inner)
    return None


def _abs(r: Rewriting, _: Any, x: Any) -> Any:
    if (inner := _of(x, NEGATE)) or (inner := _of(x, cg.abs)):
        return r.make(cg.abs, *inner)
    return None


def _exp(r: Rewriting, _: Any, x: Any) -> Any:
    if (p := _bound(x, "log_softmax")) is not None:
        return r.row("softmax", x.arguments[0], **p)
    if inner := _of(x, SUBTRACT):
        a, b = inner
        b = b.arguments[0] if _bound(b, "reshape") is not None else b
        if (p := _bound(b, "logsumexp")) is not None and b.arguments[0] is a:
            axes = normalized(p.get("axis"), len(shape_of(a)))
            ones = tuple([1 if i in axes else n for i, n in enumerate(shape_of(a))])
            if np.broadcast_shapes(shape_of(inner[1]), ones) == ones:
                return r.row("softmax", a, axis=axes[0] if len(axes) == 1 else axes)
    return None


def _log(r: Rewriting, _: Any, x: Any) -> Any:
    p = _bound(x, "softmax")
    return None if p is None else r.row("log_softmax", x.arguments[0], **p)


def _where(r: Rewriting, _: Any, condition: Any, a: Any, b: Any) -> Any:
    fits = np.broadcast_shapes(shape_of(condition), shape_of(a)) == shape_of(a)
    return a if a is b and fits else None


# -- reductions


def _reduce_sum(r: Rewriting, p: Mapping[str, Any], x: Any) -> Any:
    shape = shape_of(x)
    axes = normalized(p.get("axis"), len(shape))
    keep = p.get("keepdims", False)
    end = tuple([1 if i in axes else n for i, n in enumerate(shape) if keep or i not in axes])
    if math.prod(shape[i] for i in axes) == 1:
        return r.row("reshape", x, newshape=end)
    if _bound(x, "broadcast_to") is not None:
        (inner,) = x.arguments
        padded = (1,) * (len(shape) - len(shape_of(inner))) + shape_of(inner)
        spread = math.prod(shape[i] for i in axes if padded[i] == 1)
        rest = [i for i in axes if padded[i] != 1]
        if spread > 1:
            small = r.row("reshape", inner, newshape=padded)
            summed = r.row("sum", small, axis=tuple(rest), keepdims=True) if rest else small
            left = tuple([n for i, n in enumerate(shape_of(summed)) if keep or i not in axes])
            product = r.make(MULTIPLY, spread, r.row("reshape", summed, newshape=left))
            return r.row("broadcast_to", product, shape=end)
    c, y = _scaled(x)
    if c != 1:
        return _times(r, c, r.row("sum", y, **p))
    if len(axes) == len(shape) and not keep:
        if isinstance(x, Expression) and x.primitive.name in ("reshape", "transpose"):
            return r.row("sum", x.arguments[0])
        if (inner_p := _bound(x, "sum")) is not None and not inner_p.get("keepdims"):
            return r.row("sum", x.arguments[0])
    if not keep and axes == tuple(range(len(axes))) and len(axes) == len(shape) - 2 and (pair := _stacked(r, x)):
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
    if _bound(x, "reshape") is not None:
        return r.row("reshape", x.arguments[0], newshape=lengths)
    if _bound(x, "broadcast_to") is not None and not shape_of(x.arguments[0]):
        return r.row("broadcast_to", x.arguments[0], shape=lengths)
    c, y = _scaled(x)
    if c != 1 and not _is_number(x):
        return _times(r, c, r.row("reshape", y, newshape=lengths))
    return None if lengths == shape else r.row("reshape", x, newshape=lengths)


def _transpose(r: Rewriting, p: Mapping[str, Any], x: Any) -> Any:
    rank = len(shape_of(x))
    axes = p.get("axes") or tuple(range(rank))[::-1]
    axes = tuple([a % rank for a in axes])
    if axes == tuple(range(rank)):
        return x
    if (inner := _bound(x, "transpose")) is not None:
        before = inner.get("axes") or tuple(range(rank))[::-1]
        return r.row("transpose", x.arguments[0], axes=tuple([before[a] % rank for a in axes]))
    if axes == tuple(range(rank))[::-1]:
        return r.row("transpose", x) if "axes" in p else None
    return None if p.get("axes") == axes else r.row("transpose", x, axes=axes)


def _broadcast_to(r: Rewriting, p: Mapping[str, Any], x: Any) -> Any:
    shape = tuple(p["shape"])
    if shape_of(x) == shape:
        return x
    return r.row("broadcast_to", x.arguments[0], shape=shape) if _bound(x, "broadcast_to") is not None else None


#: Rearrangements that only add or drop axes of length 1, or line entries up.
_RESHAPING = frozenset({"expand_dims", "squeeze", "ravel", "atleast_1d", "atleast_2d"})
_PERMUTING = frozenset({"swapaxes", "moveaxis", "rollaxis"})


def _rearrange(r: Rewriting, p: Mapping[str, Any], x: Any) -> Any:
    called = lambda array: getattr(np, p["function"])(array, *p.get("arguments", ()), **(p.get("keywords") or {}))  # noqa: E731
    if p["function"] in _RESHAPING:
        return r.row("reshape", x, newshape=called(np.broadcast_to(0.0, shape_of(x))).shape)
    if p["function"] in _PERMUTING:  # axes of lengths that differ tell which went where
        lengths = tuple(range(1, len(shape_of(x)) + 1))
        return r.row("transpose", x, axes=tuple([n - 1 for n in called(np.broadcast_to(0.0, lengths)).shape]))
    return None


# -- products


def _matmul(r: Rewriting, _: Any, a: Any, b: Any) -> Any:
    sa, sb = shape_of(a), shape_of(b)
    whole = np.broadcast_shapes(sa[:-2], sb[:-2])
    for i, one in enumerate((a, b)):  # NumPy repeats a matrix along a stack by itself
        if _bound(one, "broadcast_to") is not None:
            inner, other = shape_of(one.arguments[0]), (sb, sa)[i]
            if inner[-2:] == shape_of(one)[-2:] and np.broadcast_shapes(inner[:-2], other[:-2]) == whole:
                return r.row("matmul", *((one.arguments[0], b) if i == 0 else (a, one.arguments[0])))
    (c, x), (d, y) = _scaled(a), _scaled(b)
    if -1 in (c, d) and {c, d} <= {1, -1}:
        return _times(r, c * d, r.row("matmul", x, y))
    if len(sa) > 2 and len(sb) == 2:
        flat = r.row("reshape", a, newshape=(math.prod(sa[:-1]), sa[-1]))
        return r.row("reshape", r.row("matmul", flat, b), newshape=(*sa[:-1], sb[-1]))
    return None


def _stacked(r: Rewriting, x: Any) -> tuple[Any, Any] | None:
    """The factors of a sum of products AᵀB over a stack, as two matrices: all rows of A below each other, and of B."""
    if _bound(x, "matmul") is None:
        return None
    left, right = x.arguments
    p = _bound(left, "transpose")
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
    size = lambda letters: math.prod(lengths[c] for c in letters)  # noqa: E731
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


def _itself(r: Rewriting, _: Any, x: Any) -> Any:
    return x


def _literal(r: Rewriting, _: Any, value: Any) -> Any:
    return value if not isinstance(value, np.ndarray) else None


RULES: dict[str, Callable[..., Any]] = {
    ADD.name: _add, SUBTRACT.name: _subtract, MULTIPLY.name: _multiply, DIVIDE.name: _divide, NEGATE.name: _negate,
    POWER.name: _power, IDENTITY.name: _itself, LITERAL.name: _literal, "square": _square, "abs": _abs, "exp": _exp,
    "log": _log, "where": _where, "sum": _reduce_sum, "mean": _reduce_mean, "reshape": _reshape,
    "transpose": _transpose, "broadcast_to": _broadcast_to, "rearrange": _rearrange, "matmul": _matmul,
    "einsum": _einsum, "outer": _outer, "dot": _dot,
}  # fmt: skip

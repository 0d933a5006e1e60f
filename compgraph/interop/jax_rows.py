"""Every primitive in JAX: one row each, and our own partials where JAX's would lose digits or choose another kink."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import partial, reduce
from operator import attrgetter
from typing import Any

import numpy as np

from compgraph import functions as cg
from compgraph.arrays.rows import Bound
from compgraph.dual import Dual
from compgraph.expression import (
    ADD,
    DIVIDE,
    EQUAL,
    GREATER,
    GREATER_EQUAL,
    IDENTITY,
    LESS,
    LESS_EQUAL,
    LITERAL,
    MULTIPLY,
    NEGATE,
    NOT_EQUAL,
    POWER,
    SUBTRACT,
    Expression,
    Primitive,
)
from compgraph.functions import WHERE
from compgraph.listing.definitions import defined
from compgraph.numbers import as_float
from compgraph.overloading import Overloaded
from compgraph.traversal import evaluation_order

__all__ = ["ARRAYS", "NATIVE", "SAFE", "VALUES", "Rows"]

#: Primitives that JAX has, with derivatives that are ours: where to find them in JAX.
NATIVE: dict[Primitive, str] = {
    ADD: "numpy.add", SUBTRACT: "numpy.subtract", MULTIPLY: "numpy.multiply", DIVIDE: "numpy.divide",
    NEGATE: "numpy.negative", POWER: "numpy.power", cg.sign: "numpy.sign",
    cg.square: "numpy.square", cg.sqrt: "numpy.sqrt", cg.exp: "numpy.exp", cg.exp2: "numpy.exp2", cg.log: "numpy.log",
    cg.log1p: "numpy.log1p", cg.log2: "numpy.log2", cg.log10: "numpy.log10", cg.sin: "numpy.sin", cg.cos: "numpy.cos",
    cg.tan: "numpy.tan", cg.sinh: "numpy.sinh", cg.cosh: "numpy.cosh", WHERE: "numpy.where",
    LESS: "numpy.less", LESS_EQUAL: "numpy.less_equal", GREATER: "numpy.greater",
    GREATER_EQUAL: "numpy.greater_equal", EQUAL: "numpy.equal", NOT_EQUAL: "numpy.not_equal",
    cg.logical_and: "numpy.logical_and", cg.logical_or: "numpy.logical_or", cg.logical_not: "numpy.logical_not",
}  # fmt: skip

#: Primitives whose values JAX has; its derivatives lose digits (tanh at 20, asin next to 1), overflow on the way, or
#: differ at a kink (abs).
VALUES: dict[Primitive, str] = {
    cg.abs: "numpy.abs", cg.cbrt: "numpy.cbrt", cg.hypot: "numpy.hypot", cg.expm1: "numpy.expm1",
    cg.asin: "numpy.arcsin", cg.acos: "numpy.arccos", cg.atan: "numpy.arctan", cg.atan2: "numpy.arctan2",
    cg.tanh: "numpy.tanh", cg.asinh: "numpy.arcsinh", cg.acosh: "numpy.arccosh", cg.atanh: "numpy.arctanh",
    cg.erf: "scipy.special.erf", cg.erfc: "scipy.special.erfc", cg.sigmoid: "nn.sigmoid", cg.softplus: "nn.softplus",
    cg.logaddexp: "numpy.logaddexp",
}  # fmt: skip

#: Functions of whole arrays that are called in JAX as they are here.
ARRAYS: dict[str, str] = {
    "amax": "numpy.max", "amin": "numpy.min", "det": "numpy.linalg.det", "inv": "numpy.linalg.inv",
    "log_softmax": "nn.log_softmax", "logsumexp": "scipy.special.logsumexp", "norm": "numpy.linalg.norm",
    "solve": "numpy.linalg.solve", "softmax": "nn.softmax", "stop_gradient": "lax.stop_gradient",
    **{name: f"numpy.{name}" for name in (
        "broadcast_to", "cumsum", "dot", "matmul", "mean", "outer", "prod", "std", "sum", "trace", "transpose", "var",
    )},
}  # fmt: skip

#: A number within the domain of every argument: what a branch that is not taken is evaluated at.
SAFE: dict[Primitive, float] = {cg.acosh: 2.0, cg.acoth: 2.0, cg.asec: 2.0, cg.acsc: 2.0}


class Rows:
    """The table on JAX's arrays; what it lacks comes from definitions and partials of this library's own."""

    def __init__(self) -> None:
        import jax

        self._jax = jax
        found = {row: attrgetter(name)(jax) for row, name in NATIVE.items()}
        self._rows: dict[Primitive, Callable[..., Any]] = {
            **found,
            IDENTITY: lambda x: x,
            LITERAL: lambda x: x,
            POWER: self._power,
            cg.max: self._extreme(jax.numpy.maximum, jax.numpy.max),
            cg.min: self._extreme(jax.numpy.minimum, jax.numpy.min),
        }

    def apply(self, primitive: Primitive, operands: Sequence[Any]) -> Any:
        """The primitive of arrays and numbers."""
        row = self._rows.get(primitive)
        if row is None:
            row = self._of_arrays(primitive) if isinstance(primitive, Bound) else self._ruled(primitive)
            self._rows[primitive] = row
        return row(*operands)

    def evaluate(self, expression: Any, known: Mapping[Any, Any]) -> Any:
        """An expression, or a number; `known` has its variables by name, and may have parts of it."""
        if not isinstance(expression, Expression):
            return number(expression)
        parts: dict[Any, Any] = {}
        for e in evaluation_order([expression]):
            if not e.arguments:
                parts[e] = known[e.name]
            else:
                parts[e] = self.apply(
                    e.primitive, [parts[a] if isinstance(a, Expression) else number(a) for a in e.arguments]
                )
        return parts[expression]

    # -- rows that are more than a name

    def _power(self, x: Any, n: Any) -> Any:
        """A whole exponent that is a number is one, so that a negative base has a derivative."""
        if isinstance(n, float) and n == int(n) and abs(n) < 2**31:
            return self._jax.lax.integer_pow(self._jax.numpy.asarray(x), int(n))
        return self._jax.numpy.power(x, n)

    def _extreme(self, of_two: Callable[..., Any], of_many: Callable[..., Any]) -> Callable[..., Any]:
        """Of two, or of many: ties share equally in both."""

        def row(*x: Any) -> Any:
            if len(x) < 3:
                return reduce(of_two, x)
            return of_many(self._jax.numpy.stack(self._jax.numpy.broadcast_arrays(*x)), axis=0)

        return row

    def _ruled(self, primitive: Primitive) -> Callable[..., Any]:
        """A primitive by its definition, differentiated by its own partials."""
        jax = self._jax
        row: Any = jax.custom_jvp(self._valued(primitive))

        @row.defjvp  # type: ignore[untyped-decorator] # JAX's
        def derivative(primals: Any, tangents: Any) -> Any:
            y = row(*primals)
            total = jax.numpy.zeros_like(y)
            for position, tangent in enumerate(tangents):
                operands: list[Any] = [Carried(x, self) for x in primals]
                operands[position] = Dual(operands[position], 1)
                slope = primitive(*operands).tangent
                total += (slope.value if isinstance(slope, Carried) else number(slope)) * tangent
            return y, total

        def called(*x: Any) -> Any:
            return row(*[jax.numpy.asarray(one, jax.numpy.result_type(*x, float)) for one in x])

        return called

    def _valued(self, primitive: Primitive) -> Callable[..., Any]:
        if primitive in VALUES:
            return attrgetter(VALUES[primitive])(self._jax)  # type: ignore[no-any-return] # a function
        found = defined(primitive)
        if found is not None:
            parameters, whole = found
            names = [p.name for p in parameters]
            return lambda *x: self.evaluate(whole, dict(zip(names, x, strict=True)))

        def own(*x: Any) -> Any:
            result = primitive.evaluate(*[Carried(one, self) for one in x])
            return result.value if isinstance(result, Carried) else result

        return own

    def _of_arrays(self, primitive: Bound) -> Callable[..., Any]:
        """A function of whole arrays, with JAX's own derivative."""
        name, parameters = primitive.row.name, primitive.parameters
        where = ARRAYS.get(name)
        if where is not None:
            return partial(attrgetter(where)(self._jax), **parameters)
        made = getattr(self, f"_{name}", None)
        if made is None:
            raise NotImplementedError(
                f"{name} has no counterpart in JAX: expected functions of the rule table or of arrays that it has. "
                "Write it in other functions."
            )
        return partial(made, **parameters)

    def _reshape(self, x: Any, newshape: Any) -> Any:
        return self._jax.numpy.reshape(x, newshape)

    def _getitem(self, x: Any, index: Any) -> Any:
        return x[_index(index)]

    def _rearrange(self, x: Any, function: str, arguments: Any = (), keywords: Any = None) -> Any:
        return getattr(self._jax.numpy, function)(x, *arguments, **(keywords or {}))

    def _concatenate(self, *x: Any, axis: int = 0) -> Any:
        return self._jax.numpy.concatenate(x, axis=axis)

    def _stack(self, *x: Any, axis: int = 0) -> Any:
        return self._jax.numpy.stack(x, axis=axis)

    def _pad(self, x: Any, pad_width: Any, constant: float = 0.0) -> Any:
        pairs = np.broadcast_to(np.asarray(pad_width, int), (x.ndim, 2)).tolist()
        return self._jax.numpy.pad(x, pairs, constant_values=constant)

    def _scatter(self, x: Any, shape: Any, index: Any = None, places: Any = None) -> Any:
        if places is None:
            return self._jax.numpy.zeros(shape, x.dtype).at[_index(index)].add(x)
        flat = self._jax.numpy.zeros(int(np.prod(shape)), x.dtype).at[places].add(x)
        return flat.reshape(shape)

    def _einsum(self, *x: Any, subscripts: str) -> Any:
        return self._jax.numpy.einsum(subscripts, *x)

    def _detsign(self, x: Any) -> Any:
        return self._jax.lax.stop_gradient(self._jax.numpy.linalg.slogdet(x)[0])

    def _logdet(self, x: Any) -> Any:
        return self._jax.numpy.linalg.slogdet(x)[1]

    def _conv2d(self, x: Any, w: Any, stride: Any = 1, padding: Any = 0) -> Any:
        steps, around = np.broadcast_to(stride, 2).tolist(), np.broadcast_to(padding, 2).tolist()
        return self._jax.lax.conv_general_dilated(x, w, steps, [(n, n) for n in around])

    def _max_pool2d(self, x: Any, size: Any, stride: Any = None) -> Any:
        """Over the places of each window, so that ties share equally."""
        window = tuple(np.broadcast_to(size, 2).tolist())
        rows, columns = window if stride is None else np.broadcast_to(stride, 2).tolist()
        places = np.arange(x.size).reshape(x.shape)
        view = np.lib.stride_tricks.sliding_window_view(places, window, axis=(2, 3))[:, :, ::rows, ::columns]
        return self._jax.numpy.max(x.ravel()[view], axis=(-2, -1))


class Carried(Overloaded):
    """An array of JAX, on which operators and functions call primitives."""

    __slots__ = ("rows",)

    def __init__(self, value: Any, rows: Rows) -> None:
        self.value, self.rows, self.tag = value, rows, -1  # within a Dual, never around one

    def __primitive__(self, primitive: Primitive, arguments: tuple[Any, ...]) -> Any:
        operands = [a.value if isinstance(a, Carried) else number(a) for a in arguments]
        return Carried(self.rows.apply(primitive, operands), self.rows)


def _index(index: Any) -> Any:
    """What NumPy takes between brackets, as JAX does: no lists."""
    parts = [
        np.asarray(part) if isinstance(part, list) else part for part in (index if type(index) is tuple else [index])
    ]
    return tuple(parts)


def number(value: Any) -> Any:
    """A number of an expression as JAX takes it: a Python float has the precision of what it meets."""
    return as_float(value) if isinstance(value, (int, float, Fraction)) and not isinstance(value, bool) else value

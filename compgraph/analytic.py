"""Primitives on complex numbers, for the complex step: f(x + ih) = f(x) + ih·f'(x) + O(h²).

Only what is analytic can be continued. Of functions made of analytic pieces (abs, relu, max, where, …) the real part
chooses the piece, and so it decides comparisons. What is left (erf, erfc, gelu, primitives of one's own) is refused by
name.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable
from typing import Any

from compgraph import functions as F
from compgraph.evaluation import LOG_2
from compgraph.expression import (
    ABS,
    ADD,
    DIVIDE,
    IDENTITY,
    LITERAL,
    MULTIPLY,
    NEGATE,
    POWER,
    SUBTRACT,
    Primitive,
)  # fmt: skip
from compgraph.overloading import Overloaded

__all__ = ["CONTINUED", "Complex"]


class Complex(Overloaded):
    """A complex number on which primitives run; comparisons go by its real part.

    Examples
    --------
    >>> F.square(Complex(3 + 1e-200j)).number
    (9+6e-200j)
    """

    __slots__ = ("number",)

    def __init__(self, number: complex) -> None:
        self.number = number
        self.value = number.real
        self.tag = 0

    def __primitive__(self, primitive: Primitive, arguments: tuple[Any, ...]) -> Any:
        real = tuple([a.value if isinstance(a, Complex) else a for a in arguments])
        value = primitive(*real)  # outside the real domain it raises, where the continuation has a value
        if isinstance(value, bool):
            return value
        if primitive is F.WHERE:
            return arguments[1] if real[0] else arguments[2]
        if primitive is F.max or primitive is F.min:
            tied = [a for a, r in zip(arguments, real, strict=True) if r == value]
            return sum(tied[1:], tied[0]) / len(tied)
        function = CONTINUED.get(primitive)
        if function is None:
            raise TypeError(
                f"the complex step cannot pass through {primitive.name}: expected functions that can be evaluated on "
                "complex numbers. Use method='central'."
            )
        return Complex(complex(function(*[a.number if isinstance(a, Complex) else a for a in arguments])))

    def __repr__(self) -> str:
        return f"Complex({self.number})"


def _power(x: Any, n: Any) -> Any:
    """xⁿ; for an integer n by squaring, because the angle of a negative x times n has lost the small imaginary part."""
    if isinstance(n, complex) or n != int(n):
        return x**n
    result: Any = 1
    exponent = abs(int(n))
    while exponent:
        result = result * x if exponent & 1 else result
        exponent >>= 1
        x = x * x if exponent else x
    return result if n >= 0 else 1 / result


def _cbrt(z: complex) -> complex:
    return z ** (1 / 3) if z.real >= 0 else -((-z) ** (1 / 3))


def _expm1(z: complex) -> complex:
    half = math.sin(z.imag / 2)
    return complex(math.expm1(z.real) * math.cos(z.imag) - 2 * half * half, math.exp(z.real) * math.sin(z.imag))


def _log1p(z: complex) -> complex:
    return complex(math.log1p(z.real * (2 + z.real) + z.imag * z.imag) / 2, math.atan2(z.imag, 1 + z.real))


def _logaddexp(a: Any, b: Any) -> complex:
    larger, smaller = (a, b) if _real(a) >= _real(b) else (b, a)
    return complex(larger + _log1p(cmath.exp(smaller - larger)))


def _atan2(y: Any, x: Any) -> complex:
    if abs(_real(x)) >= abs(_real(y)):
        turn = 0.0 if _real(x) > 0 else math.copysign(math.pi, _real(y))
        return turn + cmath.atan(y / x)
    return math.copysign(math.pi / 2, _real(y)) - cmath.atan(x / y)


def _sech(z: complex) -> complex:
    e = cmath.exp(-z if z.real > 0 else z)
    return 2 * e / (1 + e * e)


def _csch(z: complex) -> complex:
    sign = 1 if z.real > 0 else -1
    return -sign * 2 * cmath.exp(-sign * z) / _expm1(-2 * sign * z)


def _sigmoid(z: complex) -> complex:
    if z.real >= 0:
        return 1 / (1 + cmath.exp(-z))
    e = cmath.exp(z)
    return e / (1 + e)


def _softplus(z: complex) -> complex:
    return (z if z.real > 0 else 0) + _log1p(cmath.exp(-z if z.real > 0 else z))


def _real(z: Any) -> float:
    return z.real if isinstance(z, complex) else z


#: Primitive → the function on complex numbers that continues it.
CONTINUED: dict[Primitive, Callable[..., Any]] = {
    ADD: lambda a, b: a + b,
    SUBTRACT: lambda a, b: a - b,
    MULTIPLY: lambda a, b: a * b,
    DIVIDE: lambda a, b: a / b,
    POWER: _power,
    NEGATE: lambda a: -a,
    IDENTITY: lambda a: a,
    LITERAL: lambda a: a,
    F.square: lambda z: z * z,
    F.sqrt: cmath.sqrt,
    F.cbrt: _cbrt,
    F.hypot: lambda a, b: cmath.sqrt(a * a + b * b),
    F.exp: cmath.exp,
    F.exp2: lambda z: cmath.exp(z * LOG_2),
    F.expm1: _expm1,
    F.log: cmath.log,
    F.log2: lambda z: cmath.log(z) / LOG_2,
    F.log10: cmath.log10,
    F.log1p: _log1p,
    F.logaddexp: _logaddexp,
    F.sin: cmath.sin,
    F.cos: cmath.cos,
    F.tan: cmath.tan,
    F.cot: lambda z: 1 / cmath.tan(z),
    F.sec: lambda z: 1 / cmath.cos(z),
    F.csc: lambda z: 1 / cmath.sin(z),
    F.asin: cmath.asin,
    F.acos: cmath.acos,
    F.atan: cmath.atan,
    F.acot: lambda z: cmath.atan(1 / z),
    F.asec: lambda z: cmath.acos(1 / z),
    F.acsc: lambda z: cmath.asin(1 / z),
    F.atan2: _atan2,
    F.sinh: cmath.sinh,
    F.cosh: cmath.cosh,
    F.tanh: cmath.tanh,
    F.coth: lambda z: 1 / cmath.tanh(z),
    F.sech: _sech,
    F.csch: _csch,
    F.asinh: cmath.asinh,
    F.acosh: cmath.acosh,
    F.atanh: cmath.atanh,
    F.acoth: lambda z: cmath.atanh(1 / z),
    F.asech: lambda z: cmath.acosh(1 / z),
    F.acsch: lambda z: cmath.asinh(1 / z),
    F.sigmoid: _sigmoid,
    F.softplus: _softplus,
    F.swish: lambda z, beta: z * _sigmoid(complex(beta * z)),
    F.mish: lambda z: z * cmath.tanh(_softplus(z)),
    # pieces, with the stated convention at a kink
    ABS: lambda z: z if z.real > 0 else -z if z.real < 0 else 0,
    F.sign: lambda z: (z.real > 0) - (z.real < 0),
    F.relu: lambda z: z if z.real > 0 else 0,
    F.leaky_relu: lambda z, slope: z if _real(z) > 0 else slope * z,
    F.prelu: lambda z, beta: z if _real(z) > 0 else beta * z,
    F.elu: lambda z, alpha: z if _real(z) > 0 else alpha * _expm1(complex(z)),
}

"""Elementary functions on plain numbers, where `math` has none that is accurate and defined everywhere.

They take floats, integers and Fractions. Like `math`, they raise ValueError or ZeroDivisionError outside their
domain. None of them overflows unless its result does. Roots of Fractions stay exact where the root is a fraction, and
piecewise functions wherever the piece is rational.
"""

from __future__ import annotations

import math
from fractions import Fraction
from functools import reduce
from typing import Any

from compgraph.errors import DomainError

__all__ = ["EXACT_BITS", "exact_root", "power", "too_long"]

Number = int | float | Fraction

LOG_2 = math.log(2)
SQRT_2 = math.sqrt(2)

# -- powers and roots


def power(x: Any, n: Any) -> Any:
    if type(x) is Fraction and type(n) is Fraction:
        if n.denominator == 1 and x.numerator.bit_length() + x.denominator.bit_length() > 2:
            bits = max(x.numerator.bit_length(), x.denominator.bit_length()) * abs(n.numerator)
            if bits > EXACT_BITS:
                raise too_long(bits)
        elif n.denominator != 1:
            return _root(x, n)
    result = x**n
    if type(result) is complex:
        raise ValueError("a negative base with a fractional exponent")
    return result


def _root(x: Fraction, n: Fraction) -> Any:
    """x^(p/q), exact where the root is; a float otherwise."""
    if x < 0:
        raise ValueError("a negative base with a fractional exponent")
    if (root := exact_root(x, n.denominator)) is not None:
        return power(root, Fraction(n.numerator))
    return float(x) ** float(n)


def exact_root(x: Fraction, degree: int) -> Fraction | None:
    """The root of a fraction ≥ 0 where it is a fraction itself."""
    top, bottom = _integer_root(x.numerator, degree), _integer_root(x.denominator, degree)
    return Fraction(top, bottom) if top**degree == x.numerator and bottom**degree == x.denominator else None


def _integer_root(n: int, degree: int) -> int:
    """The largest integer whose power is at most n ≥ 0, by Newton's method from above."""
    if degree >= n.bit_length():
        return int(n > 0)
    root = 1 << -(-n.bit_length() // degree)
    while (lower := ((degree - 1) * root + n // root ** (degree - 1)) // degree) < root:
        root = lower
    return root


#: The longest exact result, in bits, before it is refused.
EXACT_BITS = 100_000


def too_long(bits: int) -> DomainError:
    """The error for an exact result that would not fit."""
    return DomainError(
        f"an exact result of about {bits} bits is refused: expected at most {EXACT_BITS}. "
        "Leave out exact=True to compute with floats."
    )


def square(x: Number) -> Number:
    return x * x


def sqrt(x: Number) -> Number:
    if type(x) is Fraction and x >= 0 and (root := exact_root(x, 2)) is not None:
        return root
    return math.sqrt(x) + 0.0  # √(−0) is +0 here, so that the slope there is +∞ and not −∞


def cbrt(x: Number) -> Number:
    if type(x) is Fraction and (root := exact_root(abs(x), 3)) is not None:
        return root if x >= 0 else -root
    return math.cbrt(x)


def hypot(x: Number, y: Number) -> Number:
    exact = Fraction in (type(x), type(y)) and float not in (type(x), type(y))
    if exact and (root := exact_root(Fraction(x * x + y * y), 2)) is not None:
        return root
    return math.hypot(x, y)


def logaddexp(a: Number, b: Number) -> Number:
    larger, gap = (a, b - a) if a > b else (b, a - b)
    return larger + (LOG_2 if a == b else math.log1p(math.exp(gap)))  # a = b may be infinite


# -- trigonometric functions and their inverses


def cot(x: Number) -> Number:
    return 1 / math.tan(x)


def sec(x: Number) -> Number:
    return 1 / math.cos(x)


def csc(x: Number) -> Number:
    return 1 / math.sin(x)


def acot(x: Number) -> Number:
    return math.atan(1 / x)


def asec(x: Number) -> Number:
    return math.acos(1 / x)


def acsc(x: Number) -> Number:
    return math.asin(1 / x)


def atan2(y: Number, x: Number) -> Number:
    if x == 0 and y == 0:
        raise ValueError("the origin has no direction")
    return math.atan2(y, x)


# -- hyperbolic functions and their inverses, in terms of e^−|x|, which cannot overflow


def coth(x: Number) -> Number:
    return 1 / math.tanh(x)


def sech(x: Number) -> Number:
    e = math.exp(-math.fabs(x))
    return 2 * e / (1 + e * e)


def csch(x: Number) -> Number:
    return math.copysign(2 * math.exp(-math.fabs(x)) / math.expm1(-2 * math.fabs(x)), x)


def acoth(x: Number) -> Number:
    return math.atanh(1 / x)


def asech(x: Number) -> Number:
    return math.log1p(math.sqrt((1 - x) * (1 + x))) - math.log(x)  # both terms are ≥ 0: nothing cancels


def acsch(x: Number) -> Number:
    inverse = 1 / x
    return math.asinh(inverse) if math.isfinite(inverse) else math.copysign(LOG_2 - math.log(math.fabs(x)), x)


# -- functions of neural networks


def sigmoid(x: Number) -> Number:
    if x >= 0:
        return 1 / (1 + math.exp(-x))
    e = math.exp(x)
    return e / (1 + e)


def softplus(x: Number) -> Number:
    return relu(x) + math.log1p(math.exp(-math.fabs(x)))


def relu(x: Number) -> Number:
    return type(x)() if x <= 0 else x


def leaky_relu(x: Number, slope: Number) -> Number:
    return x if x > 0 else slope * x


def elu(x: Number, alpha: Number) -> Number:
    return x if x > 0 else alpha * math.expm1(x)


def swish(x: Number, beta: Number) -> Number:
    return x * sigmoid(beta * x)


def mish(x: Number) -> Number:
    return x * math.tanh(softplus(x))


def gelu(x: Number) -> Number:
    return x / 2 * math.erfc(-x / SQRT_2)


# -- choices: a NaN among the arguments stays


def sign(x: Number) -> Number:
    return type(x)((x > 0) - (x < 0)) if x == x else x


def maximum(*x: Number) -> Number:
    return reduce(lambda a, b: a if a >= b or a != a else b, x)


def minimum(*x: Number) -> Number:
    return reduce(lambda a, b: a if a <= b or a != a else b, x)


def choice(condition: Any, a: Number, b: Number) -> Number:
    return a if condition else b


def tied_largest(*x: Number) -> bool:
    return x.count(maximum(*x)) > 1


def tied_smallest(*x: Number) -> bool:
    return x.count(minimum(*x)) > 1

"""Numbers for marking: exact rationals as far as the operations allow, otherwise so many digits that nobody doubts
them.

A value is a Fraction, an mpmath number, a truth value (of a condition), or None where it does not exist. Nothing here
raises on a value, and nothing takes long on a large one: marking meets whatever somebody typed.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from compgraph.evaluation import power as exact_power
from compgraph.homework.constants import intended
from compgraph.multiprecision import rows

__all__ = ["Arithmetic", "Value", "arithmetic", "fraction"]

#: A Fraction, an mpmath number, a bool, or None where there is none.
Value = Any

#: The longest exact number, in bits; one that gets longer goes on with as many digits as the others.
_LONGEST = 4_000
#: Beyond 2 to this power a number is no result that anybody meant; below its reciprocal it is 0.
_HUGE = 1 << 15
#: The argument of a function such as exp or sin is below 2 to this power.
_ARGUMENT = 27

#: Functions of one argument with zeros or poles at irrational numbers, or at 1.
_CROSSING = frozenset({"log", "log2", "log10", "sin", "cos", "tan", "cot", "sec", "csc"})

_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "less": operator.lt,
    "less_equal": operator.le,
    "greater": operator.gt,
    "greater_equal": operator.ge,
    "equal": operator.eq,
    "not_equal": operator.ne,
}


class Arithmetic:
    """Every primitive on values, at a number of decimal digits.

    Examples
    --------
    >>> a = arithmetic(50)
    >>> a.apply("divide", [Fraction(1), Fraction(3)]), a.apply("exp", [Fraction(0)])
    (Fraction(1, 3), Fraction(1, 1))
    >>> a.apply("divide", [Fraction(1), Fraction(0)]) is None
    True
    """

    def __init__(self, digits: int) -> None:
        import mpmath

        self.digits = digits
        self.mp = mpmath.MPContext()
        self.mp.dps = digits
        self._lost = self.mp.mpf(10) ** (8 - digits)  # what is left, relatively, when all digits have cancelled
        self._rows = {**{name: self._rounded(f) for name, f in self._functions().items()}, **self._arithmetic()}

    def apply(self, name: str, arguments: Sequence[Value]) -> Value:
        """The value of a primitive, by its name; None where an argument is None or outside the domain."""
        if name == "where":
            condition, a, b = arguments
            return None if condition is None else a if condition else b
        for argument in arguments:
            if argument is None:
                return None
        try:
            return self._rows[name](*arguments)
        except (ArithmeticError, ValueError, TypeError):  # outside the domain, in mpmath's words
            return None

    def number(self, value: Value) -> Any:
        """A value as an mpmath number."""
        if type(value) is Fraction:
            return self.mp.mpf(value.numerator) / value.denominator
        return self.mp.mpf(value)

    def constant(self, literal: Any) -> Value:
        """A literal as it was meant."""
        meant = intended(literal)
        if not isinstance(meant, tuple):
            return meant
        name, factor = meant
        if name in ("pi", "per_pi", "e"):
            scale = {"pi": self.mp.pi, "per_pi": 1 / self.mp.pi, "e": self.mp.e}[name]
            return self.number(factor) * scale
        return -self.apply(name, [-factor]) if name == "sqrt" and factor < 0 else self.apply(name, [factor])

    # -- rows

    def _arithmetic(self) -> dict[str, Callable[..., Value]]:
        def comparison(operation: Callable[[Any, Any], bool]) -> Callable[[Value, Value], bool]:
            return lambda a, b: operation(*self._alike(a, b))

        def exactly(operation: Callable[[Any, Any], Any], rounded: Callable[[Any, Any], Value]) -> Any:
            def row(a: Value, b: Value) -> Value:
                if type(a) is Fraction and type(b) is Fraction:
                    return self._short(operation(a, b))
                return rounded(self.number(a), self.number(b))

            return row

        def added(operation: Callable[[Any, Any], Any]) -> Any:
            def rounded(a: Any, b: Any) -> Value:
                total = operation(a, b)
                return Fraction(0) if abs(total) <= self._lost * max(abs(a), abs(b)) else total

            return exactly(operation, rounded)

        def multiplied(operation: Callable[[Any, Any], Any]) -> Any:
            return exactly(operation, lambda a, b: self._real(operation(a, b)))

        return {
            **{name: comparison(operation) for name, operation in _COMPARISONS.items()},
            "add": added(operator.add),
            "subtract": added(operator.sub),
            "multiply": multiplied(operator.mul),
            "divide": multiplied(operator.truediv),
            "power": self._power,
            "negate": operator.neg,
            "identity": lambda a: a,
            "literal": lambda a: a,
            "abs": abs,
            "sign": lambda a: Fraction((a > 0) - (a < 0)),
            "square": lambda a: self._power(a, Fraction(2)),
            "sqrt": lambda a: self._power(a, Fraction(1, 2)),
            "cbrt": lambda a: -self._power(-a, Fraction(1, 3)) if a < 0 else self._power(a, Fraction(1, 3)),
            "hypot": lambda a, b: self.apply("sqrt", [self.apply("add", [a * a, b * b])]),
            "relu": lambda a: a if a > 0 else Fraction(0),
            "leaky_relu": self._sloped,
            "prelu": self._sloped,
            "max": lambda *a: functools.reduce(lambda x, y: x if operator.ge(*self._alike(x, y)) else y, a),
            "min": lambda *a: functools.reduce(lambda x, y: x if operator.le(*self._alike(x, y)) else y, a),
            "logical_and": lambda a, b: bool(a and b),
            "logical_or": lambda a, b: bool(a or b),
            "logical_not": lambda a: not a,
        }

    def _functions(self) -> dict[str, Callable[..., Any]]:
        """What is irrational nearly everywhere, in mpmath."""
        table = rows(self.mp)
        return {name: self._crossing(row) if name in _CROSSING else row for name, row in table.items()}

    def _rounded(self, function: Callable[..., Any]) -> Callable[..., Value]:
        def row(*arguments: Value) -> Value:
            numbers = [self.number(argument) for argument in arguments]
            if any(x and self.mp.mag(x) > _ARGUMENT for x in numbers):
                return None
            return self._real(function(*numbers))

        return row

    def _crossing(self, function: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """A function with zeros or poles at numbers such as π/2: next to one it is taken to be at it."""

        def row(x: Any) -> Any:
            result = function(x)
            if abs(result) * self._lost > 1:
                return None
            return self.mp.zero if abs(result) <= self._lost * abs(x) else result

        return row

    def _power(self, base: Value, exponent: Value) -> Value:
        if base == 0:
            return None if exponent < 0 else Fraction(int(exponent == 0))
        whole = type(exponent) is Fraction and exponent.denominator == 1
        if base < 0 and not whole:
            return None
        if type(base) is Fraction and type(exponent) is Fraction:
            size = max(base.numerator.bit_length(), base.denominator.bit_length())
            if size * abs(exponent) <= _LONGEST and exponent.denominator <= 8:
                result = exact_power(base, exponent)
                if type(result) is Fraction:
                    return result
        x, n = self.number(base), exponent.numerator if whole else self.number(exponent)
        return self._real(x**n) if abs(n) * (abs(self.mp.mag(x)) + 1) < 2 * _HUGE else None

    def _sloped(self, x: Value, slope: Value) -> Value:
        return x if x > 0 else self.apply("multiply", [slope, x])

    # -- results

    def _alike(self, a: Value, b: Value) -> tuple[Any, Any]:
        exact = type(a) is type(b) is Fraction
        return (a, b) if exact else (self.number(a), self.number(b))

    def _short(self, value: Fraction) -> Value:
        long = value.numerator.bit_length() + value.denominator.bit_length() > _LONGEST
        return self.number(value) if long else value

    def _real(self, result: Any) -> Value:
        """A result as a value: exact where it uses so few of its digits that it must be, None where it is not real."""
        if not isinstance(result, self.mp.mpf) or not self.mp.isfinite(result):
            return None
        _, _, exponent, length = result._mpf_
        if length <= 40 and abs(exponent) <= 60:
            return fraction(result)
        if abs(exponent) > _HUGE:
            return None if exponent > 0 else Fraction(0)
        return result


@functools.cache
def arithmetic(digits: int) -> Arithmetic:
    """The arithmetic of so many digits, made once."""
    return Arithmetic(digits)


def fraction(value: Value) -> Fraction:
    """A number, just as it stands, as a Fraction."""
    if not hasattr(value, "_mpf_"):
        return Fraction(value)
    sign, mantissa, exponent, _ = value._mpf_
    signed = -int(mantissa) if sign else int(mantissa)
    return Fraction(signed << exponent) if exponent >= 0 else Fraction(signed, 1 << -exponent)

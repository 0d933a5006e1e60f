"""Numbers on entry: text, NumPy scalars and Fractions made into floats or exact Fractions, and IEEE limits."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

from compgraph.errors import DomainError
from compgraph.evaluation import EXACT_BITS, Number, too_long
from compgraph.expression import DIVIDE, POWER, Expression, Variable
from compgraph.traversal import demanded

__all__ = ["as_float", "digits", "entered", "given", "ieee", "plus", "refuse_long", "times"]


def entered(value: Any, name: str, *, exact: bool = False) -> Number:
    """`value` as the number a run computes with: a float, or with `exact` a Fraction.

    Text is read as a constant (``"1/3"``); with `exact` a float keeps its spelling, so that 0.1 is 1/10.
    """
    if type(value) is float and not exact:
        return value
    if isinstance(value, str):
        from compgraph.reading import read_number

        value = read_number(value)
    elif isinstance(value, np.generic) or (isinstance(value, np.ndarray) and value.ndim == 0):
        value = float(value) if isinstance(value, np.floating) else value.item()
    if isinstance(value, Decimal):
        value = _fraction(value) if exact and value.is_finite() else float(value)
    if not isinstance(value, (int, float, Fraction)):
        raise TypeError(
            f"{name}: expected a number or text such as '1/3', got {type(value).__name__} {value!r:.60}. "
            "Give a number or an array for each input."
        )
    if exact:
        if isinstance(value, float):
            return Fraction(repr(float(value))) if math.isfinite(value) else value
        return Fraction(value)
    return as_float(value)


def given(value: Any, name: str, *, exact: bool = False) -> Any:
    """The value of an input: a number as `entered`, or an array of floats; float32 stays float32.

    Examples
    --------
    >>> given("1/4", "x"), given([[1, 2], [3, 4]], "W")
    (0.25, array([[1., 2.],
           [3., 4.]]))
    """
    if not isinstance(value, (np.ndarray, list, tuple)):
        return entered(value, name, exact=exact)
    try:
        array = np.asarray(value)
    except ValueError:  # rows of different lengths
        array = np.array([None])
    if array.ndim == 0:
        return entered(value, name, exact=exact)
    if array.dtype.kind in "OU" and array.size and all(isinstance(e, (str, int, float, Fraction)) for e in array.flat):
        array = np.array([entered(entry, name) for entry in array.flat]).reshape(array.shape)  # Fractions and text
    if array.dtype.kind not in "biuf":
        raise TypeError(
            f"{name}: expected a number or an array of real numbers, got {value!r:.60}. "
            "Give rows of equal length, and floats instead of text."
        )
    if exact:
        raise TypeError(
            f"{name}: expected a number, for exact fractions, got an array of the shape {array.shape}. "
            "Leave out exact=True, or write one expression per entry."
        )
    return array if array.dtype.kind == "f" else array.astype(float)


def as_float(value: Any) -> float:
    """The float next to a number; ±inf for one beyond the floats."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def times(a: Any, b: Any) -> Any:
    """a · b, where an exact number beyond the floats may meet a float.

    Examples
    --------
    >>> times(10**400, -0.5), times(10**400, 1e-300), times(10**400, 10) == 10**401
    (-inf, 1e+100, True)
    """
    return _beyond(operator.mul, a, b)


def plus(a: Any, b: Any) -> Any:
    """a + b, likewise."""
    return _beyond(operator.add, a, b)


def _beyond(operation: Callable[[Any, Any], Any], a: Any, b: Any) -> Any:
    try:
        return operation(a, b)
    except OverflowError:
        if all(type(one) is not float or math.isfinite(one) for one in (a, b)):
            return as_float(operation(Fraction(a), Fraction(b)))
        # beside an infinity only the sign counts
        return operation(*(one if type(one) is float else (1.0 if one > 0 else -1.0) for one in (a, b)))


def digits(value: Any) -> str:
    """Every digit of an integer or Fraction; `str` refuses more than 4 300.

    Examples
    --------
    >>> digits(Fraction(-2, 3)), len(digits(10**5000))
    ('-2/3', 5001)
    """
    top, bottom = Decimal(value.numerator), Decimal(value.denominator)
    return f"{top}" if bottom == 1 else f"{top}/{bottom}"


def _fraction(value: Decimal) -> Fraction:
    if (bits := int(abs(value.adjusted()) * math.log2(10))) > EXACT_BITS:
        raise too_long(bits)
    return Fraction(value)


def refuse_long(value: Any) -> Any:
    """The value itself, unless it is an exact result too long to be of use."""
    if type(value) is Fraction:
        bits = value.numerator.bit_length() + value.denominator.bit_length()
        if bits > EXACT_BITS:
            raise too_long(bits)
    return value


def ieee(rule: Any, output: Any, operands: Sequence[Any]) -> float:
    """A partial where Python's arithmetic raised: ±inf by IEEE rules, NaN where there is no limit.

    The rule is written out on variables once more and evaluated with 1/0 = ∞.
    """
    variables = [Variable(f"{i}") for i in range(len(operands) + 1)]
    values: dict[Any, Any] = dict(zip(variables, (output, *operands), strict=True))
    expression = rule(*variables)
    if not isinstance(expression, Expression):
        return as_float(expression)
    demanded(
        [expression],
        lambda e: (e.primitive, e.arguments),
        lambda a: isinstance(a, Expression),
        values,
        lambda a: values[a] if isinstance(a, Expression) else a,
        lambda e, arguments: _ieee(e.primitive, *map(as_float, arguments)),
    )
    return as_float(values[expression])


def _ieee(primitive: Any, *arguments: Any) -> Any:
    with np.errstate(all="ignore"):
        if primitive is DIVIDE:
            return float(np.divide(*arguments))
        if primitive is POWER:
            return float(np.power(*arguments))
        if primitive.name == "log":
            return float(np.log(*arguments))
    try:
        return primitive.value(*arguments)
    except DomainError:
        return math.nan

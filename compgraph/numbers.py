"""Numbers on entry: text, NumPy scalars and Fractions made into floats or exact Fractions, and IEEE limits."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

from compgraph.errors import DomainError
from compgraph.evaluation import EXACT_BITS, Number, too_long
from compgraph.expression import DIVIDE, POWER, Expression, Variable
from compgraph.traversal import demanded

__all__ = ["entered", "ieee", "refuse_long"]


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
            "Expressions are scalar: give one number per input."
        )
    if exact:
        if isinstance(value, float):
            return Fraction(repr(float(value))) if math.isfinite(value) else value
        return Fraction(value)
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


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
        return float(expression)
    demanded(
        [expression],
        lambda e: (e.primitive, e.arguments),
        lambda a: isinstance(a, Expression),
        values,
        lambda a: values[a] if isinstance(a, Expression) else a,
        lambda e, arguments: _ieee(e.primitive, *map(float, arguments)),
    )
    return float(values[expression])


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

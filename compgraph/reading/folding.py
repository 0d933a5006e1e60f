"""Arithmetic on literals: exact as long as it can be, so that ``1/3`` is a third and ``0.1 + 0.2`` is 0.3.

A literal is an int, a float that stands for the decimal it prints as, or a Fraction. Functions that have no exact value
(`sqrt(2)`, π) give a `Rounded` float, which stands for nothing but itself: whatever is computed from it is rounded too.
"""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

from compgraph.evaluation import Number
from compgraph.expression import ABS, ADD, DIVIDE, MULTIPLY, NEGATE, POWER, SUBTRACT, Primitive

__all__ = ["PI", "E", "Rounded", "TooLarge", "decimal", "fold", "plain"]

_BITS_PER_DIGIT = math.log2(10)
#: Exact arithmetic is quick however long the numbers are; roots and the like are not, and take what a float could hold.
_QUICK = {ADD, SUBTRACT, MULTIPLY, DIVIDE, NEGATE, ABS}
_FLOAT_BITS = 1024


class Rounded(float):
    """A float that came out of rounding, and so does not stand for the decimal it prints as."""

    __slots__ = ()


#: The constants of text.
E, PI = Rounded(math.e), Rounded(math.pi)


class TooLarge(ValueError):
    """A number with more digits than anybody reads."""


def decimal(text: str, bits: int) -> Number:
    """The number that digits stand for: an int, a float where it prints as the same decimal, else a Fraction.

    Raises
    ------
    TooLarge
        If it takes more than `bits` bits.

    Examples
    --------
    >>> decimal("12", 100), decimal("0.10", 100), decimal("0.1000000000000000000001", 100)
    (12, 0.1, Fraction(1000000000000000000001, 10000000000000000000000))
    """
    mantissa, _, exponent = text.lower().partition("e")
    if len(mantissa) < 16 and len(exponent) < 3:  # 15 digits survive the way to a float and back
        return float(text) if exponent or "." in mantissa else int(text)
    if len(exponent) > 9 or (len(mantissa) + abs(int(exponent or 0))) * _BITS_PER_DIGIT > bits:
        raise TooLarge
    exact = Fraction(Decimal(text))  # unlike int, Decimal reads any number of digits
    if not exponent and "." not in mantissa:
        return exact.numerator
    return _printed(exact)


def fold(primitive: Primitive, operands: tuple[Number, ...], bits: int) -> Number:
    """The value of a primitive on literals.

    Raises
    ------
    DomainError
        Outside the domain of the primitive.
    TooLarge
        If the result is beyond `bits` bits, or is a float and infinite. Nothing much larger is computed first.

    Examples
    --------
    >>> from compgraph.expression import ADD, DIVIDE
    >>> fold(ADD, (0.1, 0.2), 100), fold(DIVIDE, (1, 3), 100), fold(DIVIDE, (6, 3), 100)
    (0.3, Fraction(1, 3), 2)
    """
    operands = primitive.completed(operands)
    if any(type(operand) is Rounded for operand in operands):
        try:
            value = primitive.value(*map(float, operands))
        except OverflowError:
            raise TooLarge from None
    else:
        exact: list[Any] = [_exact(operand) for operand in operands]
        if primitive is POWER and exact[1].denominator == 1:
            exact[1] = exact[1].numerator
            if (_size(exact[0]) - 2) * abs(exact[1]) > bits:  # fewer bits than the result has, by half at most
                raise TooLarge
        elif primitive not in _QUICK and max(map(_size, exact), default=0) > _FLOAT_BITS:
            raise TooLarge
        try:
            value = primitive.value(*exact)
        except (TypeError, AttributeError):  # a user's own primitive may know floats only
            value = primitive.value(*map(float, operands))
    if isinstance(value, float):
        if not math.isfinite(value):
            raise TooLarge
        return Rounded(value)
    result = Fraction(value)
    top, bottom = result.numerator.bit_length(), result.denominator.bit_length()
    if top + bottom > bits or top * bottom > 200 * bits:  # cancelling takes the time of the product
        raise TooLarge
    if bottom == 1:
        return result.numerator
    return _printed(result) if float in map(type, operands) else result


def plain(value: Any) -> Any:
    """An operand as expressions hold it: a `Rounded` is one while text is read, and a float ever after."""
    return float(value) if type(value) is Rounded else value


def _exact(value: Number) -> Fraction:
    return Fraction(repr(value)) if type(value) is float else Fraction(value)


def _size(value: Fraction) -> int:
    return value.numerator.bit_length() + value.denominator.bit_length()


def _printed(exact: Fraction) -> Number:
    """The float that prints as this decimal, if there is one."""
    try:
        nearest = float(exact)
    except OverflowError:
        return exact
    return nearest if Fraction(repr(nearest)) == exact else exact

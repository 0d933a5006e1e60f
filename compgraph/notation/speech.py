"""Expressions in words, for screen readers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from compgraph.expression import (
    ADD,
    DIVIDE,
    EQUAL,
    GREATER,
    GREATER_EQUAL,
    LESS,
    LESS_EQUAL,
    MULTIPLY,
    NEGATE,
    NOT_EQUAL,
    POWER,
    SUBTRACT,
)
from compgraph.notation.arrays import array
from compgraph.notation.names import name_spoken, plain
from compgraph.notation.numerals import number_spoken
from compgraph.notation.rows import spoken_rows
from compgraph.notation.writing import TWO, Hand, Level, Piece, bracketed, either, infix, operators, prefix, write

__all__ = ["spoken"]


def spoken(expression: Any, *, limit: int = 200) -> str:
    """An expression (or a number) in words; brackets are spoken, so that one formula is heard and no other.

    Examples
    --------
    >>> from compgraph.expression import Variable
    >>> x = Variable("x")
    >>> spoken((x + 1) ** 2 / 3)
    'open bracket x plus 1 close bracket squared over 3'
    """
    return write(expression, limit, _SPOKEN)


_bracket = bracketed("open bracket ", " close bracket")


def _name(key: str) -> Piece:
    written = name_spoken(key)
    return Piece(written, Level.ATOM, written)


def _number(value: Any) -> Piece:
    if isinstance(value, np.ndarray):
        written = array(value, 4, "spoken")
        return Piece(written, Level.SUM, written)
    if value == math.pi or value == math.e:
        written = "pi" if value == math.pi else "e"
        return Piece(written, Level.ATOM, written)
    written = number_spoken(value, 15)
    if " over " in written:
        return Piece(written, Level.QUOTIENT, written)
    if " times " in written:
        return Piece(written, Level.PRODUCT, written)
    return Piece(written, Level.SIGN if written.startswith("minus") else Level.ATOM, written, numeral=written)


def _call(function: str, operands: Sequence[Piece]) -> Piece:
    head = _PHRASE.get(function) or f"{plain(function).replace('_', ' ')} of "
    needs = Level.CALL if len(operands) == 1 else Level.POWER
    inside = [(a if a.level >= needs else _bracket([a])).parts for a in operands]
    parts = [part for a in inside[:-1] for part in (a, ", ")][:-1] + [" and "] * (len(inside) > 1) + inside[-1:]
    return Piece((head, *parts), Level.CALL, head)


_PHRASE = {
    "abs": "the absolute value of ", "sqrt": "the square root of ", "cbrt": "the cube root of ",
    "exp": "e to the power ", "exp2": "2 to the power ", "log": "the natural logarithm of ",
    "log2": "the logarithm to base 2 of ", "log10": "the logarithm to base 10 of ",
    "sin": "sine of ", "cos": "cosine of ", "tan": "tangent of ", "cot": "cotangent of ", "sec": "secant of ",
    "csc": "cosecant of ", "asin": "arc sine of ", "acos": "arc cosine of ", "atan": "arc tangent of ",
    "sinh": "hyperbolic sine of ", "cosh": "hyperbolic cosine of ", "tanh": "hyperbolic tangent of ",
    "asinh": "inverse hyperbolic sine of ", "acosh": "inverse hyperbolic cosine of ",
    "atanh": "inverse hyperbolic tangent of ", "erfc": "the complementary error function of ",
    "max": "the maximum of ", "min": "the minimum of ", "sign": "the sign of ", "erf": "the error function of ",
    "logical_not": "not ",
}  # fmt: skip


def _power(operands: Sequence[Piece]) -> Piece:
    base, exponent = operands
    base = base if base.level >= Level.ATOM else _bracket([base])
    if exponent.numeral in ("2", "3"):
        return Piece((base.parts, " squared" if exponent.numeral == "2" else " cubed"), Level.POWER, base.opens)
    exponent = exponent if exponent.level >= Level.ATOM or exponent.numeral else _bracket([exponent])
    return Piece((base.parts, " to the power ", exponent.parts), Level.POWER, base.opens)


def _where(operands: Sequence[Piece]) -> Piece:
    condition = operands[0]
    a, b = (o if o.level > Level.CONDITION else _bracket([o]) for o in operands[1:])
    return Piece((a.parts, " if ", condition.parts, ", otherwise ", b.parts), Level.CONDITION, a.opens)


_times = infix(" times ", Level.PRODUCT, Level.PRODUCT, Level.SIGN, _bracket)
_entrywise = infix(" times entry by entry ", Level.PRODUCT, Level.PRODUCT, Level.SIGN, _bracket)

_SPOKEN = Hand(
    _name,
    _number,
    _call,
    operators(
        {
            ADD: " plus ", SUBTRACT: " minus ", MULTIPLY: " times ", DIVIDE: " over ", LESS: " is less than ",
            LESS_EQUAL: " is at most ", GREATER: " is greater than ", GREATER_EQUAL: " is at least ",
            EQUAL: " equals ", NOT_EQUAL: " differs from ", "logical_and": " and ", "logical_or": " or ",
        },
        _bracket,
    )
    | {
        MULTIPLY: either(_times, _entrywise),
        NEGATE: prefix("minus ", _bracket),
        POWER: _power,
        "square": lambda a: _power((a[0], TWO)),
        "where": _where,
    },
    spoken_rows(_call, _bracket),
    Piece("an omitted part", Level.ATOM, "an omitted part"),
)  # fmt: skip

"""Expressions in LaTeX."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from compgraph.expression import (
    ABS,
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
from compgraph.notation.arrays import LATEX, array, short
from compgraph.notation.names import name_latex, plain, plain_latex
from compgraph.notation.numerals import number_latex
from compgraph.notation.rows import latex_rows
from compgraph.notation.unicode import is_word, level
from compgraph.notation.writing import (
    TWO,
    Hand,
    Level,
    Piece,
    constant,
    either,
    enclosed,
    infix,
    operators,
    prefix,
    write,
)

__all__ = ["latex"]


def latex(expression: Any, *, limit: int = 200, words: Mapping[str, str] | None = None) -> str:
    r"""An expression (or a number) in LaTeX, for math mode; ``\operatorname`` and ``cases`` are from amsmath.

    Examples
    --------
    >>> from compgraph.expression import Variable
    >>> x, u1 = Variable("x"), Variable("u1")
    >>> print(latex(3 * x**2 - u1 / (2 * x)))
    3x^{2} - \frac{u_{1}}{2x}
    """
    return write(expression, limit, _LATEX, words)


def _bracket(operands: Sequence[Piece]) -> Piece:
    opening, closing = (r"\left(", r"\right)") if operands[0].tall else ("(", ")")
    return Piece((opening, operands[0].parts, closing), Level.ATOM, opening, operands[0].tall)


def _name(key: str) -> Piece:
    written = name_latex(key)
    binds = Level.POWER if "^" in written else Level.ATOM
    return Piece(written, binds if is_word(plain(key)) else Level.CONDITION, written)


def _number(value: Any) -> Piece:
    if isinstance(value, np.ndarray):
        few = value.size <= LATEX and value.ndim <= 2
        written = array(value, 4, "latex") if few else short(value, "latex")
        return Piece(written, Level.ATOM if few else Level.CONDITION, written, tall=few and value.ndim > 1)
    if value == math.pi or value == math.e:
        written = r"\pi" if value == math.pi else "e"
        return Piece(written, Level.ATOM, written)
    mantissa, exponent = constant(value)
    opens = mantissa.replace("−", "-")
    if exponent:
        return Piece(rf"{opens} \times 10^{{{exponent}}}", Level.PRODUCT, opens)
    if isinstance(value, Fraction) and "/" in mantissa and " " not in mantissa:
        top, bottom = mantissa.removeprefix("−").split("/")
        sign = "-" if value < 0 else ""
        return Piece(rf"{sign}\frac{{{top}}}{{{bottom}}}", Level.SIGN if sign else Level.CALL, sign or r"\frac", True)
    if re.fullmatch(r"-?[0-9.]+", opens):
        return Piece(opens, level(mantissa), opens, numeral=opens)
    return Piece(number_latex(value), level(mantissa), opens)


#: Functions that are written with their own command, and squared as sin²(x).
_OWN = "sin cos tan cot sec csc sinh cosh tanh coth"
_SQUARED = {"\\" + function for function in _OWN.split()}
_FUNCTION = {command[1:]: command for command in sorted(_SQUARED)} | {
    "max": r"\max", "min": r"\min",
    "asin": r"\arcsin", "acos": r"\arccos", "atan": r"\arctan", "log": r"\ln", "log10": r"\log_{10}",
    "log2": r"\log_{2}", "sigmoid": r"\sigma",
    **{f"a{f}": rf"\operatorname{{arc{f}}}" for f in ("cot", "sec", "csc")},
    **{f"a{f}": rf"\operatorname{{ar{f}}}" for f in ("sinh", "cosh", "tanh", "coth", "sech", "csch")},
}  # fmt: skip


def _call(function: str, operands: Sequence[Piece]) -> Piece:
    head = _FUNCTION.get(function) or r"\operatorname" + plain_latex(function).removeprefix(r"\mathrm")
    arguments = enclosed("", ", ", "", Level.CONDITION)(operands)
    return Piece((head, _bracket([arguments]).parts), Level.CALL, head, arguments.tall)


_beside = infix("", Level.PRODUCT, Level.PRODUCT, Level.SIGN, _bracket)
_entrywise = infix(r" \odot ", Level.PRODUCT, Level.PRODUCT, Level.SIGN, _bracket)
_times = infix(r" \cdot ", Level.PRODUCT, Level.PRODUCT, Level.SIGN, _bracket)


def _product(operands: Sequence[Piece]) -> Piece:
    """3x, but x \\cdot y and 3 \\cdot 2: a number stands beside what cannot be mistaken for its continuation."""
    a, b = operands
    bracket = b.level < Level.SIGN or b.opens.startswith("-")
    beside = a.numeral and (bracket or re.match(r"[A-Za-z(]|\\(?!frac|ldots|infty)", b.opens))
    return _beside(operands) if beside else _times(operands)


def _power(operands: Sequence[Piece]) -> Piece:
    base, exponent = operands
    if base.level == Level.CALL and base.opens in _SQUARED and exponent.numeral.isdecimal():
        head, arguments = base.parts
        return Piece((head, "^{", exponent.parts, "}", arguments), Level.CALL, head + "^", base.tall)
    base = base if base.level >= Level.ATOM else _bracket([base])
    return Piece((base.parts, "^{", exponent.parts, "}"), Level.POWER, base.opens, base.tall or exponent.tall)


def _where(operands: Sequence[Piece]) -> Piece:
    condition, a, b = (o.parts for o in operands)
    parts = (r"\begin{cases} ", a, r" & \text{if } ", condition, r" \\ ", b, r" & \text{otherwise} \end{cases}")
    return Piece(parts, Level.CONDITION, r"\begin", True)


_LATEX = Hand(
    _name,
    _number,
    _call,
    operators(
        {
            ADD: " + ", SUBTRACT: " - ", LESS: " < ", LESS_EQUAL: r" \leq ", GREATER: " > ", GREATER_EQUAL: r" \geq ",
            EQUAL: " = ", NOT_EQUAL: r" \neq ", "logical_and": r" \wedge ", "logical_or": r" \vee ",
        },
        _bracket,
    )
    | {
        NEGATE: prefix("-", _bracket),
        "logical_not": prefix(r"\neg ", _bracket),
        MULTIPLY: either(_product, _entrywise),
        DIVIDE: enclosed(r"\frac{", "}{", "}", Level.CALL, tall=True),
        POWER: _power,
        ABS: enclosed(r"\left|", "", r"\right|", Level.ATOM),
        "square": lambda a: _power((a[0], TWO)),
        "sqrt": enclosed(r"\sqrt{", "", "}", Level.CALL, tall=True),
        "cbrt": enclosed(r"\sqrt[3]{", "", "}", Level.CALL, tall=True),
        "exp": enclosed("e^{", "", "}", Level.CALL),
        "exp2": enclosed("2^{", "", "}", Level.CALL),
        "where": _where,
    },
    latex_rows(_call, _bracket),
    Piece(r"\ldots", Level.ATOM, r"\ldots"),
)  # fmt: skip

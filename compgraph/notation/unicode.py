"""Expressions in Unicode text: as it is typed and read back, or typeset for a picture."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
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
from compgraph.notation.arrays import FEW, array, short
from compgraph.notation.names import name, plain
from compgraph.notation.rows import pretty_rows, typed_rows
from compgraph.notation.writing import (
    TWO,
    Hand,
    Level,
    Piece,
    bracketed,
    constant,
    either,
    infix,
    operators,
    prefix,
    write,
)

__all__ = ["text"]


def text(expression: Any, *, limit: int = 200, pretty: bool = False, words: Mapping[str, str] | None = None) -> str:
    """An expression (or a number) in Unicode text.

    A named subexpression is written as its name; the expression itself is written out.

    Parameters
    ----------
    expression : Expression or number
    limit : int
        At most so many names, numbers and operations; what is beyond is ``…``.
    pretty : bool
        For pictures: names typeset (``u1`` as u₁), π and e, powers of ten, ``=`` in conditions, and Iverson's
        brackets, ``[x > 0]`` for 1 where the condition holds and 0 elsewhere. Left out, the text
        reads back as an expression of the same value, with names and numbers as they were written.
    words : mapping of str to str, optional
        How certain variables are written, as one word.

    Examples
    --------
    >>> from compgraph.expression import Variable
    >>> x, u1 = Variable("x"), Variable("u1")
    >>> print(text(3 * x**2 - (u1 + 1) / (2 * x)), "|", text(u1 ** (x + 1), pretty=True))
    3·x² − (u1 + 1)/(2·x) | u₁^(x + 1)
    """
    return write(expression, limit, _PRETTY if pretty else _TYPED, words)


_bracket = bracketed("(", ")")
_SUPERSCRIPT = str.maketrans("−-0123456789", "⁻⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_WORD = re.compile(r"[^\W\d][\w.']*(\[[\w, :]*\])?")


def is_word(written: str) -> bool:
    """Whether a name can stand beside an operator without brackets."""
    return _WORD.fullmatch(written) is not None


def _typed_name(key: str) -> Piece:
    written = plain(key)
    return Piece(written, Level.ATOM if is_word(written) else Level.CONDITION, written)


def _pretty_name(key: str) -> Piece:
    written = name(key)
    # an exponent on c⁽¹⁾ would look like a part of the name
    level = Level.POWER if written.endswith("⁾") else Level.ATOM if is_word(written) else Level.CONDITION
    return Piece(written, level, written)


def _array(value: Any) -> Piece:
    few = value.size <= FEW and value.ndim <= 2
    written = array(value, 4) if few else short(value)
    return Piece(written, Level.ATOM if few else Level.CONDITION, written)


def _typed_number(value: Any) -> Piece:
    if isinstance(value, np.ndarray):
        return _array(value)
    mantissa, exponent = constant(value)
    if exponent:
        return Piece(f"{mantissa}e{exponent}", min(level(mantissa), Level.POWER), mantissa)
    return Piece(mantissa, level(mantissa), mantissa, numeral=mantissa)


def _pretty_number(value: Any) -> Piece:
    if isinstance(value, np.ndarray):
        return _array(value)
    if value == math.pi or value == math.e:
        written = "π" if value == math.pi else "e"
        return Piece(written, Level.ATOM, written)
    mantissa, exponent = constant(value)
    if exponent:
        written = f"{mantissa}×10{exponent.translate(_SUPERSCRIPT)}"
        return Piece(written, Level.PRODUCT, mantissa)
    return Piece(mantissa, level(mantissa), mantissa, numeral=mantissa)


def level(number: str) -> Level:
    """How tightly a written number binds."""
    if "/" in number:
        return Level.QUOTIENT
    if "×" in number or " " in number:
        return Level.PRODUCT
    return Level.SIGN if number.startswith("−") else Level.ATOM


def _call(function: str, operands: Sequence[Piece]) -> Piece:
    parts = [part for a in operands for part in (", ", a.parts)][1:]
    return Piece((plain(function), "(", *parts, ")"), Level.ATOM, "")


def _power(operands: Sequence[Piece]) -> Piece:
    base, exponent = operands
    base = base if base.level >= Level.ATOM else _bracket([base])
    if exponent.numeral.removeprefix("−").isdecimal() and len(exponent.numeral) <= 4:
        return Piece((base.parts, exponent.numeral.translate(_SUPERSCRIPT)), Level.POWER, base.opens)
    exponent = exponent if exponent.level >= Level.ATOM else _bracket([exponent])
    return Piece((base.parts, "^", exponent.parts), Level.POWER, base.opens)


def _cases(operands: Sequence[Piece]) -> Piece:
    """A branch for a picture: a term that counts only where a condition holds has it in square brackets, [x > 0]·y."""
    condition, a, b = operands
    for term, rest, words in ((a, b, "["), (b, a, "[not ")):
        if rest.numeral == "0":
            bracket = Piece((words, condition.parts, "]"), Level.ATOM, "[")
            return (
                bracket
                if term.numeral == "1"
                else infix(" ⊙ " if term.array else "·", Level.PRODUCT, Level.SIGN, Level.SIGN, _bracket)(
                    (bracket, term)
                )
            )
    return _call("where", operands)


_times = infix("·", Level.PRODUCT, Level.PRODUCT, Level.SIGN, _bracket)
_entrywise = infix(" ⊙ ", Level.PRODUCT, Level.PRODUCT, Level.SIGN, _bracket)

_TYPED = Hand(
    _typed_name,
    _typed_number,
    _call,
    operators(
        {
            ADD: " + ", SUBTRACT: " − ", MULTIPLY: "·", DIVIDE: "/", LESS: " < ", LESS_EQUAL: " ≤ ",
            GREATER: " > ", GREATER_EQUAL: " ≥ ", EQUAL: " == ", NOT_EQUAL: " ≠ ",
        },
        _bracket,
    )
    | {NEGATE: prefix("−", _bracket), POWER: _power, "square": lambda a: _power((a[0], TWO))},
    typed_rows(_call, _bracket),
    Piece("…", Level.ATOM, "…"),
)  # fmt: skip
_PRETTY = _TYPED._replace(
    name=_pretty_name,
    number=_pretty_number,
    bound=pretty_rows(_call, _bracket),
    forms={
        **_TYPED.forms,
        MULTIPLY: either(_times, _entrywise),
        EQUAL: infix(" = ", Level.CONDITION, Level.SUM, Level.SUM, _bracket),
        "where": _cases,
    },
)

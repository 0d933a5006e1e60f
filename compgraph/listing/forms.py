"""How each primitive is written in Python and JavaScript, one row each; those without a row have a definition."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from enum import IntEnum
from fractions import Fraction
from typing import Any, NamedTuple

from compgraph import functions as cg
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
    Primitive,
)
from compgraph.functions import FUNCTIONS, WHERE

__all__ = ["CALLS", "CONDITIONS", "LIBRARIES", "Level", "Library", "Piece", "infix"]


class Level(IntEnum):
    """What binds how tightly, loosest first."""

    CHOICE = 0
    OR = 1
    AND = 2
    NOT = 3
    COMPARISON = 4
    SUM = 5
    PRODUCT = 6
    SIGN = 7
    POWER = 8
    ATOM = 9


class Piece(NamedTuple):
    """A piece of code, and how tightly it binds."""

    text: str
    level: Level = Level.ATOM

    def at(self, least: Level) -> str:
        """The text, in brackets if it binds less than that."""
        return self.text if self.level >= least else f"({self.text})"


Form = Callable[[Sequence[Piece]], Piece]


def infix(sign: str, level: Level, left: Level, right: Level) -> Form:
    """A binary operator, and what its sides have to bind."""
    return lambda a: Piece(f"{a[0].at(left)} {sign} {a[1].at(right)}", level)


def _call(function: str) -> Form:
    return lambda operands: Piece(f"{function}({', '.join([a.text for a in operands])})")


def _nested(function: str) -> Form:
    """A function of two, for any number of operands."""

    def form(operands: Sequence[Piece]) -> Piece:
        text = operands[0].text
        for operand in operands[1:]:
            text = f"{function}({text}, {operand.text})"
        return Piece(text, operands[0].level if len(operands) == 1 else Level.ATOM)

    return form


def _power(function: str) -> Form:
    """``x ** 2`` where the exponent is an integer; otherwise a function that refuses a negative base."""

    def form(operands: Sequence[Piece]) -> Piece:
        base, exponent = operands
        if re.fullmatch(r"-?[0-9]+(\.0)?", exponent.text):
            return Piece(f"{base.at(Level.ATOM)} ** {exponent.text.removesuffix('.0')}", Level.POWER)
        return _call(function)(operands)

    return form


_BINARY = {
    ADD: infix("+", Level.SUM, Level.SUM, Level.PRODUCT),
    SUBTRACT: infix("-", Level.SUM, Level.SUM, Level.PRODUCT),
    MULTIPLY: infix("*", Level.PRODUCT, Level.PRODUCT, Level.POWER),
    DIVIDE: infix("/", Level.PRODUCT, Level.PRODUCT, Level.POWER),
    **{
        row: infix(sign, Level.COMPARISON, Level.SUM, Level.SUM)
        for row, sign in {
            LESS: "<", LESS_EQUAL: "<=", GREATER: ">", GREATER_EQUAL: ">=", EQUAL: "==", NOT_EQUAL: "!=",
        }.items()
    },
    NEGATE: lambda a: Piece(f"-{a[0].at(Level.POWER)}", Level.SIGN),
    IDENTITY: lambda a: a[0],
    LITERAL: lambda a: a[0],
}  # fmt: skip

_SAME = (
    "sqrt", "cbrt", "hypot", "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sin", "cos", "tan",
    "sinh", "cosh", "tanh",
)  # fmt: skip

#: Primitives that the libraries have: their names in `math`, in NumPy and in JavaScript; a bare one is defined below.
CALLS: dict[Primitive, tuple[str, str, str]] = {
    cg.abs: ("abs", "np.abs", "Math.abs"),
    **{
        FUNCTIONS[name]: (f"math.{name}", f"np.{name}", f"Math.{name}" if name != "exp2" else name)
        for name in _SAME
    },
    **{
        FUNCTIONS[name]: (f"math.{name}", f"np.arc{name[1:]}", f"Math.{name}")
        for name in ["asin", "acos", "atan", "asinh", "acosh", "atanh"]
    },
    cg.erf: ("math.erf", "erf", "erf"),
    cg.erfc: ("math.erfc", "erfc", "erfc"),
    cg.atan2: ("atan2", "atan2", "atan2"),
}  # fmt: skip

#: The primitives whose result is true or false.
CONDITIONS = frozenset(
    {LESS, LESS_EQUAL, GREATER, GREATER_EQUAL, EQUAL, NOT_EQUAL, cg.logical_and, cg.logical_or, cg.logical_not}
)


class Library(NamedTuple):
    """A library as it is written: how it is imported, its forms, its constants, and what it has to be told."""

    name: str
    heading: str
    forms: dict[Primitive, Form]
    infinity: str
    undefined: str
    own: dict[str, str]

    def number(self, value: Any) -> Piece:
        """A number exactly as a run computes with it: the float nearest to it, written as an integer where it is."""
        if isinstance(value, Fraction) and 1 < value.denominator < 2**53 and abs(value.numerator) < 2**53:
            # of two exact floats the quotient is the float nearest to it
            return Piece(f"{value.numerator} / {value.denominator}", Level.PRODUCT)
        written = _float(value)
        if math.isinf(written) or written != written:
            text = ("-" if written < 0 else "") + (self.undefined if written != written else self.infinity)
        elif isinstance(value, int) and int(written) == value and abs(value) < 10**15:
            text = str(int(value))
        else:
            text = repr(written)
        return Piece(text, Level.SIGN if text.startswith("-") else Level.ATOM)


def _float(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


_NO_DIRECTION = '''\
def atan2(y, x):
    """The angle of a point; the origin has none, and is a division by zero."""
    return {}(y, x + 0.0 / {}(x, y))
'''

_ERF = """\
// a series whose terms all have one sign where |x| < 2, a continued fraction beyond
function erf(x) {
  if (!(Math.abs(x) < 2)) return x > 0 ? 1 - erfc(x) : erfc(-x) - 1;
  let sum = x;
  for (let n = 1, term = x; n < 60; n += 1) sum += term *= (2 * x * x) / (2 * n + 1);
  return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
}
function erfc(x) {
  if (x < 0) return 2 - erfc(-x);
  if (x < 2) return 1 - erf(x);
  let below = x;
  for (let n = 80; n > 0; n -= 1) below = x + n / 2 / below;
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / below;
}
"""

LIBRARIES = {
    "math": Library(
        "math",
        "import math\n",
        {
            **_BINARY,
            POWER: _power("math.pow"),
            WHERE: lambda a: Piece(
                f"{a[1].at(Level.OR)} if {a[0].at(Level.OR)} else {a[2].at(Level.CHOICE)}", Level.CHOICE
            ),
            cg.logical_and: infix("and", Level.AND, Level.AND, Level.NOT),
            cg.logical_or: infix("or", Level.OR, Level.OR, Level.AND),
            cg.logical_not: lambda a: Piece(f"not {a[0].at(Level.NOT)}", Level.NOT),
            cg.max: lambda a: _call("max")(a) if len(a) > 1 else a[0],
            cg.min: lambda a: _call("min")(a) if len(a) > 1 else a[0],
            **{row: _call(in_math) for row, (in_math, _, _) in CALLS.items()},
        },
        "math.inf",
        "math.nan",
        {"atan2": _NO_DIRECTION.format("math.atan2", "math.hypot")},
    ),
    "numpy": Library(
        "numpy",
        "import numpy as np\n",
        {
            **_BINARY,
            POWER: _power("np.power"),
            WHERE: _call("np.where"),
            cg.logical_and: _call("np.logical_and"),
            cg.logical_or: _call("np.logical_or"),
            cg.logical_not: _call("np.logical_not"),
            cg.max: _nested("np.maximum"),
            cg.min: _nested("np.minimum"),
            **{row: _call(in_numpy) for row, (_, in_numpy, _) in CALLS.items()},
        },
        "np.inf",
        "np.nan",
        {
            "atan2": _NO_DIRECTION.format("np.arctan2", "np.hypot"),
            "erf": "erf = np.vectorize(math.erf, otypes=[float])  # NumPy has none\n",
            "erfc": "erfc = np.vectorize(math.erfc, otypes=[float])\n",
        },
    ),
    "javascript": Library(
        "javascript",
        "",
        {
            **_BINARY,
            EQUAL: infix("===", Level.COMPARISON, Level.SUM, Level.SUM),
            NOT_EQUAL: infix("!==", Level.COMPARISON, Level.SUM, Level.SUM),
            POWER: _call("Math.pow"),
            WHERE: lambda a: Piece(
                f"{a[0].at(Level.OR)} ? {a[1].at(Level.OR)} : {a[2].at(Level.CHOICE)}", Level.CHOICE
            ),
            cg.logical_and: infix("&&", Level.AND, Level.AND, Level.NOT),
            cg.logical_or: infix("||", Level.OR, Level.OR, Level.AND),
            cg.logical_not: lambda a: Piece(f"!{a[0].at(Level.ATOM)}", Level.SIGN),
            cg.max: _call("Math.max"),
            cg.min: _call("Math.min"),
            **{row: _call(in_javascript) for row, (_, _, in_javascript) in CALLS.items()},
        },
        "Infinity",
        "NaN",
        {
            "exp2": "const exp2 = (x) => Math.pow(2, x);\n",
            "atan2": "const atan2 = (y, x) => x || y ? Math.atan2(y, x) : NaN; // the origin has no direction\n",
            "erf": _ERF,
            "erfc": _ERF,
        },
    ),
}

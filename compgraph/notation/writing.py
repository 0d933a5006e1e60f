"""How an expression is written, whatever the hand: Unicode text, LaTeX or words.

The places of an expression are opened breadth first until the limit is reached, so that of a huge one the structure
at the top is seen and the rest is an ellipsis; then each place is written from its arguments, with brackets where
precedence asks for them. Nothing recurses, and the cost is that of the limit: an expression that shares
subexpressions may stand for more text than there are atoms.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from enum import IntEnum
from fractions import Fraction
from functools import partial
from typing import Any, NamedTuple

from compgraph.arrays.rows import Bound
from compgraph.expression import ADD, DIVIDE, IDENTITY, LITERAL, MULTIPLY, SUBTRACT, VARIABLE, Expression, Primitive
from compgraph.notation.numerals import number

__all__ = [
    "TWO",
    "BoundForm",
    "Form",
    "Hand",
    "Level",
    "Piece",
    "bracketed",
    "constant",
    "either",
    "enclosed",
    "infix",
    "operators",
    "prefix",
    "write",
]


class Level(IntEnum):
    """What binds how tightly, loosest first.

    A quotient is looser than a product, because a/b·c is read in two ways: (a/b)·c has brackets.
    """

    CONDITION = 0
    SUM = 1
    QUOTIENT = 2
    PRODUCT = 3
    MATRIX = 4  # a product of matrices
    SIGN = 5
    CALL = 6
    POWER = 7
    ATOM = 8


class Piece(NamedTuple):
    """Something written: its text in nested parts, joined once at the end, and what decides about brackets."""

    parts: Any
    level: Level
    opens: str  # what the text begins with
    tall: bool = False  # higher than a line: LaTeX brackets grow with it
    numeral: str = ""  # the text of a number without a power of ten, as a coefficient or an exponent may be
    array: bool = False  # stands for more than a number


#: The exponent of a square.
TWO = Piece("2", Level.ATOM, "2", numeral="2")

Form = Callable[[Sequence[Piece]], Piece]

#: How a function of arrays is written, by its parameters.
BoundForm = Callable[[Bound, Sequence[Piece]], Piece]


class Hand(NamedTuple):
    """A way of writing: names, numbers, functions without a form of their own, and forms by primitive or its name.

    Functions of arrays, which have parameters, are written by `bound`.
    """

    name: Callable[[str], Piece]
    number: Callable[[Any], Piece]
    call: Callable[[str, Sequence[Piece]], Piece]
    forms: Mapping[Primitive | str, Form]
    bound: BoundForm
    omitted: Piece


def write(expression: Any, limit: int, hand: Hand, words: Mapping[str, str] | None = None) -> str:
    """An expression or a number in some hand: at most `limit` places, then the mark for what is omitted.

    Variables in `words` are written as it says, and need no brackets.
    """
    places, spans = _opened(expression, limit)
    pieces = [hand.omitted] * len(places)
    for i in range(len(places) - 1, -1, -1):  # arguments stand after what they are arguments of
        place, span = places[i], spans[i]
        if place is ...:
            continue
        if not isinstance(place, Expression):
            pieces[i] = hand.number(place)
        elif span is None:
            name = str(place.name)
            own = (words or {}).get(name)
            pieces[i] = Piece(own, Level.ATOM, own) if own else hand.name(name)
        elif span:
            operands, primitive = pieces[span.start : span.stop], place.primitive
            form = hand.forms.get(primitive) or hand.forms.get(primitive.name)
            if places[span.stop - 1] is ...:
                form = None
            elif isinstance(primitive, Bound):
                form = partial(hand.bound, primitive)
            elif primitive is MULTIPLY or primitive.name == "where":
                operands = [
                    p._replace(array=_is_array(a))
                    for p, a in zip(operands, places[span.start : span.stop], strict=True)
                ]
            pieces[i] = form(operands) if form else hand.call(primitive.name, operands)
    return "".join(_flat(pieces[0].parts))


def _is_array(place: Any) -> bool:
    if not isinstance(place, Expression):
        return bool(getattr(place, "shape", ()))
    seen: set[Expression] = set()
    stack = [place]
    while stack:  # to write something settles nothing: where a shape hangs on what nobody has said, it is a number
        one = stack.pop()
        if not hasattr(one, "_shape"):
            if one in seen:
                continue
            seen.add(one)
            if one.primitive is VARIABLE or len(seen) > _LOOKED:
                return False
            stack += [a for a in one.arguments if isinstance(a, Expression)]
        elif one.primitive is VARIABLE and not one.shape:
            return False
    try:
        return bool(place.shape)
    except ValueError:  # shapes that do not fit
        return False


#: Operations that are looked through for the shape of a factor.
_LOOKED = 50


def _opened(root: Any, limit: int) -> tuple[list[Any], list[range | None]]:
    """Every place that is written, breadth first, with where its arguments stand: None for a leaf, empty for ``…``."""
    places: list[Any] = [root]
    spans: list[range | None] = []
    for i, place in enumerate(places):  # grows on the way
        if not isinstance(place, Expression) or place.primitive is VARIABLE or (i and place.name is not None):
            spans.append(None)
            continue
        arguments, room = _arguments(place), limit - len(places)
        if len(arguments) > room:
            # a function of many arguments shows the first of them
            arguments = (*arguments[: room - 1], ...) if room > 3 and len(arguments) > 3 else ()
        spans.append(range(len(places), len(places) + len(arguments)))
        places += arguments
    return places, spans


def _arguments(expression: Expression) -> tuple[Any, ...]:
    """The arguments without the last ones that have their default value."""
    arguments = expression.arguments
    for default in reversed(expression.primitive.defaults):
        if len(arguments) < 2 or isinstance(arguments[-1], Expression) or arguments[-1] != default:
            break
        arguments = arguments[:-1]
    return arguments


def _flat(parts: Any) -> list[str]:
    flat, stack = [], [parts]
    while stack:
        part = stack.pop()
        if isinstance(part, str):
            flat.append(part)
        else:
            stack.extend(reversed(part))
    return flat


# -- what the hands share

_SIGNS = ("−", "-", "minus")


def bracketed(opening: str, closing: str) -> Form:
    """Brackets around one operand."""
    return lambda operands: Piece((opening, operands[0].parts, closing), Level.ATOM, opening, operands[0].tall)


def enclosed(opening: str, between: str, closing: str, level: Level, *, tall: bool = False) -> Form:
    """Operands that need no brackets, because the form itself encloses them."""

    def form(operands: Sequence[Piece]) -> Piece:
        parts = [part for a in operands for part in (between, a.parts)][1:]
        return Piece((opening, *parts, closing), level, opening, tall or any(a.tall for a in operands))

    return form


def infix(sign: str, level: Level, left: Level, right: Level, bracket: Form) -> Form:
    """A binary operator and what its sides need; beside an arithmetic operator a second sign is bracketed."""

    def form(operands: Sequence[Piece]) -> Piece:
        a, b = operands
        a = bracket([a]) if a.level < left or (level, a.level) == (Level.PRODUCT, Level.MATRIX) else a
        b = bracket([b]) if b.level < right or (level > Level.CONDITION and b.opens.startswith(_SIGNS)) else b
        return Piece((a.parts, sign, b.parts), level, a.opens, a.tall or b.tall)

    return form


def either(times: Form, entrywise: Form) -> Form:
    """A product: `entrywise` where both factors are arrays."""
    return lambda operands: (entrywise if all(a.array for a in operands) else times)(operands)


def prefix(sign: str, bracket: Form) -> Form:
    """A sign in front of one operand."""

    def form(operands: Sequence[Piece]) -> Piece:
        a = operands[0] if operands[0].level >= Level.CALL else bracket(operands)
        return Piece((sign, a.parts), Level.SIGN, sign, a.tall)

    return form


def operators(signs: Mapping[Primitive | str, str], bracket: Form) -> dict[Primitive | str, Form]:
    """The forms of binary operators, by their signs; whatever is no arithmetic is a condition."""
    needs: dict[Primitive | str, tuple[Level, Level, Level]] = {
        ADD: (Level.SUM, Level.SUM, Level.QUOTIENT),
        SUBTRACT: (Level.SUM, Level.SUM, Level.QUOTIENT),
        MULTIPLY: (Level.PRODUCT, Level.PRODUCT, Level.SIGN),
        DIVIDE: (Level.QUOTIENT, Level.PRODUCT, Level.SIGN),
    }
    condition = (Level.CONDITION, Level.SUM, Level.SUM)
    forms: dict[Primitive | str, Form] = {IDENTITY: _itself, LITERAL: _itself}
    return forms | {row: infix(sign, *needs.get(row, condition), bracket) for row, sign in signs.items()}


def _itself(operands: Sequence[Piece]) -> Piece:
    return operands[0]


def constant(value: Any) -> tuple[str, str]:
    """The shortest decimal that reads back as this very number, as mantissa and exponent; Fractions as ``a/b``.

    A very long exact number is abbreviated as `number` does it.
    """
    if isinstance(value, float):
        if not math.isfinite(value):
            return number(value), ""
        mantissa, _, exponent = repr(float(value)).replace("-", "−", value < 0).partition("e")
        return mantissa.removesuffix(".0"), str(int(exponent)) if exponent else ""
    if isinstance(value, (int, Fraction)):
        exact = Fraction(value)
        if exact.numerator.bit_length() + exact.denominator.bit_length() <= 400:
            return str(exact).replace("-", "−"), ""
    return number(value), ""

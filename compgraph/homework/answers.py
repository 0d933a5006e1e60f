"""What a student typed, read with its precision: a number and half a unit of its last digit, a formula, or both.

Whatever is typed gives an `Answer`; what cannot be read is `invalid`, with a message for its author. Nothing is ever
evaluated as code: numbers are read here, everything else by the grammar that the teacher writes in as well.

>>> read_answer("-0.2350").read_as, read_answer("-0.2350").half, read_answer("1.5×10^-4").value
('−0.2350', Fraction(1, 20000), Fraction(3, 20000))
>>> read_answer("2(a-t) a = 0.235", names=["a", "t"])[:2]
('both', '2(a-t) a = 0.235')
>>> read_answer("0,333").message
'0,333 has a comma: expected a decimal point. Write 0.333.'
"""

from __future__ import annotations

import difflib
import math
import re
import unicodedata
from collections.abc import Collection
from decimal import Decimal
from fractions import Fraction
from numbers import Integral
from typing import Any, NamedTuple

from compgraph.errors import ParseError
from compgraph.expression import VARIABLE, Expression
from compgraph.homework.constants import intended, spelled, written
from compgraph.homework.environment import half_unit
from compgraph.homework.precise import arithmetic, fraction
from compgraph.homework.program import Program
from compgraph.homework.spreadsheets import damage
from compgraph.reading import read_expression
from compgraph.reading.lexing import shown
from compgraph.traversal import evaluation_order

__all__ = ["Answer", "Spelled", "read_answer"]

#: The longest answer, in characters.
_LONGEST = 500
#: The largest power of ten in a number.
_LARGEST = 400


class Spelled(str):
    """A number of an answer file that stood there without quotes, as it was spelled."""


class Answer(NamedTuple):
    """One answer, read.

    Attributes
    ----------
    kind : {"number", "formula", "both", "blank", "invalid"}
    typed : str
    value : Fraction, optional
        The number; a formula of constants alone, such as ``sqrt(2)/2``, is one.
    half : Fraction
        Half a unit of the last digit typed; 0 for integers, fractions and constants such as π/4.
    digits : int, optional
        Significant digits typed; None for what is exact, and where it cannot be known.
    form : {"integer", "decimal", "fraction", "constant", "float"}
        How the number was written.
    formula : Program, optional
        In the names of nodes.
    read_as : str
        The answer read back to its author.
    message : str
        Why it is invalid, or what else should be said.
    position : int
        Where in `typed` reading stopped.
    """

    kind: str
    typed: str
    value: Fraction | None = None
    half: Fraction = Fraction(0)
    digits: int | None = None
    form: str = ""
    formula: Program | None = None
    read_as: str = ""
    message: str = ""
    position: int = 0


def read_answer(
    typed: object, *, names: Collection[str] = (), decimal_comma: bool = False, label: str | None = None
) -> Answer:
    """Read one answer; this never raises, and takes a few milliseconds at most.

    Parameters
    ----------
    typed : str
        A number, a formula, or a formula and its value (``2(a-t) = 0.235``). A Python number is read as well, but a
        float has lost how it was written, and the answer says so.
    names : collection of str
        The names that formulas may use.
    decimal_comma : bool
    label : str, optional
        A name that may stand before the answer and means nothing: ``z = 0.5``.
    """
    if not isinstance(typed, str):
        return _from_python(typed)
    text = typed[: _LONGEST + 1]
    if len(typed) > _LONGEST:
        message = f"the answer has {len(typed)} characters: expected at most {_LONGEST}. Shorten it."
        return Answer("invalid", text, message=message, position=_LONGEST)
    note = "it stood without quotes; write it as text, in quotes." if isinstance(typed, Spelled) else ""
    text = str(text)
    body = text.strip(" \t\r\n\v\f\u00a0\u2007\u202f\u200b\ufeff").removeprefix("'")
    start = text.find(body) if body else 0
    if _BLANK.fullmatch(body):
        return Answer("blank", text)
    try:
        damaged = damage(body, names)
        if damaged:
            raise ParseError(damaged)
        answer = _parts(body, start, names, decimal_comma, label)
    except ParseError as error:
        return Answer("invalid", text, message=error.message, position=min(start + error.position, len(text)))
    return answer._replace(typed=text, message=answer.message or note)


_BLANK = re.compile(r"[\s\-–—_.…?]*|n/?a|none|blank|leer", re.IGNORECASE)
_RELATION = re.compile(r"(?<![<>=!≤≥])[=≈≅≃~∼](?!=)")
_LABEL = re.compile(r"(?:[d∂δ]\s*[^\W\d][\w.']*\s*/\s*[d∂δ]\s*)?[^\W\d][\w.']*(?:\([\w, ]*\))?|[a-z]+\s*:.*")


# -- an answer of several parts


def _parts(body: str, start: int, names: Collection[str], decimal_comma: bool, label: str | None) -> Answer:
    """An answer such as ``formula = number``: the last number counts, and the last formula."""
    pieces: list[tuple[int, str]] = []
    begin = 0
    for match in _RELATION.finditer(body):
        pieces.append((begin, body[begin : match.start()]))
        begin = match.end()
    pieces.append((begin, body[begin:]))
    if not pieces[0][1].strip():  # "= 0.5"
        del pieces[0]
    if len(pieces) > 1 and _is_label(pieces[0][1].strip(), names, label):
        del pieces[0]
    formula: Answer | None = None
    number: Answer | None = None
    trouble = ""
    for i, (begin, piece) in enumerate(pieces):
        if not piece.strip():
            raise ParseError("nothing stands here: expected a number after the =. Write one, or delete the =.", begin)
        try:
            answer = _number(piece.strip(), names, decimal_comma) or _expression(piece, names, decimal_comma)
        except ParseError as error:
            if i == len(pieces) - 1:
                raise ParseError(error.message, begin + error.position) from None
            trouble = f"{shown(piece.strip())} was not read: {error.message}"
            continue
        if answer.kind == "formula":
            formula = answer
        elif number is None or not _restates(answer, number):
            number = answer
    if number is None:
        assert formula is not None
        return formula._replace(message=trouble)
    if formula is None:
        return number._replace(message=trouble)
    both = f"{formula.read_as} = {number.read_as}"
    return number._replace(kind="both", formula=formula.formula, read_as=both, message=trouble)


def _is_label(piece: str, names: Collection[str], label: str | None) -> bool:
    return piece == label or (piece not in names and _LABEL.fullmatch(piece) is not None)


def _restates(later: Answer, earlier: Answer) -> bool:
    """Whether a rounded number repeats an exact one that stands before it: ``1/3 = 0.333``."""
    assert later.value is not None and earlier.value is not None
    return earlier.form in ("fraction", "constant") and abs(later.value - earlier.value) <= later.half * Fraction(
        51, 50
    )


# -- numbers, as they are typed

_NUMBER = re.compile(
    r"""
    (?P<sign>[-+−–—‐‑‒]?)[ ]*
    (?P<whole>\d*)(?:(?P<point>[.,])(?P<part>\d*))?
    (?:[eE](?P<exponent>[-+−–]?\d+)
     | [ ]*(?P<times>[*×·⋅∙xX])[ ]*10[ ]*(?:(?:\^|\*\*)[ ]*(?P<open>\()?[ ]*(?P<power>[-+−–]?\d+)(?(open)[
     ]*\))|(?P<raised>[⁻⁺]?[⁰¹²³⁴-⁹]+))
    )?
    """,
    re.VERBOSE,
)
_MINUS = str.maketrans("−–—‐‑‒", "------")


def _number(piece: str, names: Collection[str], decimal_comma: bool) -> Answer | None:
    """A plain number; None for anything else, which is left to the grammar."""
    match = _NUMBER.fullmatch(piece)
    if match is None or not (match["whole"] or match["part"]):
        _refuse(piece, decimal_comma)
        return None
    letter = "e" if match["exponent"] else (match["times"] or "")
    if letter.isalpha() and any(name.lower().startswith(letter.lower()) for name in names):
        return None  # 2e3 and 2x10^3 may be products
    if match["point"] == "," and not decimal_comma:
        _refuse(piece, decimal_comma)
    elif match["point"] and decimal_comma and re.fullmatch(r"[1-9]\d{0,2}", match["whole"]) and len(match["part"]) == 3:
        return None  # 1.234 may be a thousand
    whole, part = match["whole"], match["part"] or ""
    raised = unicodedata.normalize("NFKC", match["raised"] or "")
    exponent = int((match["exponent"] or match["power"] or raised or "0").translate(_MINUS))
    if abs(exponent) > _LARGEST:
        raise ParseError(f"{shown(piece)} is too large or too small: expected a power of ten up to {_LARGEST}.")
    negative = match["sign"].translate(_MINUS) == "-"
    value = Fraction(int(whole + part)) * Fraction(10) ** (exponent - len(part))
    value = -value if negative else value
    digits = len(_ascii(whole + part).lstrip("0"))
    if match["point"] is None and not letter:
        return Answer("number", "", value, digits=digits, form="integer", read_as=_minus(written(value)))
    half = Fraction(10) ** (exponent - len(part)) / 2
    spelling = Decimal(_ascii(f"{'-' if negative else ''}{whole or '0'}{'.' if part else ''}{part}e{exponent}"))
    legible = f"{spelling:f}" if -8 <= spelling.adjusted() <= 20 and exponent <= 0 else str(spelling)
    return Answer("number", "", value, half, digits, "decimal", read_as=_minus(legible))


def _ascii(digits: str) -> str:
    if digits.isascii():
        return digits
    return "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in digits)


def _minus(text: str) -> str:
    return text.replace("-", "−")


_SEPARATED = re.compile(
    r"[-+−–—]?\d{1,3}(?:(?P<mark>[ '’,.\u00a0\u2009\u202f])\d{3})(?:(?P=mark)\d{3})*(?P<rest>[.,]\d*)?"
)


def _refuse(piece: str, decimal_comma: bool) -> None:
    """Say what to write instead of the numbers that people write in other ways."""
    ours, theirs = (",", ".") if decimal_comma else (".", ",")
    match = _SEPARATED.fullmatch(piece)
    if match and (match["rest"][:1] != match["mark"] if match["rest"] else match["mark"] not in ",."):
        plain = re.sub(r"[ '’\u00a0\u2009\u202f]", "", piece).replace(match["mark"], "").replace(theirs, ours)
        raise ParseError(f"{shown(piece)} has separators in it: expected digits alone. Write {shown(plain)}.")
    if not decimal_comma and re.fullmatch(r"[-+−–—]?\s*\d*,\d+(?:[eE][-+]?\d+)?", piece):
        advice = f"Write {shown(piece.replace(',', '.'))}."
        raise ParseError(f"{shown(piece)} has a comma: expected a decimal point. {advice}", piece.index(","))
    if re.fullmatch(r"[-+−–—]?[\d.,]*\d\s*%", piece):
        raise ParseError(
            f"{shown(piece)} is a percentage: expected a plain number. Write it out, such as 0.5 for 50 %."
        )


# -- everything else, by the grammar


def _expression(piece: str, names: Collection[str], decimal_comma: bool) -> Answer:
    value = read_expression(piece, names=names, decimal_comma=decimal_comma)
    if isinstance(value, Expression):
        return _formula(value, piece, names)
    decimals = re.findall(r"\d*[.,]\d*" if decimal_comma else r"\d*\.\d*", piece)
    if isinstance(value, float) and spelled(value) is None:
        meant = intended(value)
        exact = fraction(arithmetic(50).constant(value))
        # π/4 is known to fifty digits, what was not recognised to fifteen
        doubt = abs(exact) / 10 ** (40 if isinstance(meant, tuple) else 14)
        return Answer("number", "", exact, doubt, form="constant", read_as=_minus(f"{value:.10g}"))
    exact = Fraction(repr(value)) if isinstance(value, float) else Fraction(value)
    if decimals and exact:
        digits = max(len(_ascii(d).replace(".", "").replace(",", "").lstrip("0")) for d in decimals)
        half = half_unit(exact, max(digits, 1))
        return Answer("number", "", exact, half, digits, "decimal", read_as=_minus(written(exact)))
    return Answer("number", "", exact, form="fraction", read_as=_minus(str(exact)))


_CONDITIONS = frozenset(
    ["less", "less_equal", "greater", "greater_equal", "equal", "not_equal", "logical_and", "logical_or", "logical_not"]
)


def _formula(expression: Expression, piece: str, names: Collection[str]) -> Answer:
    from compgraph import notation

    if expression.primitive.name in _CONDITIONS:
        raise ParseError(f"{shown(piece.strip())} is a condition: expected a number or a formula. Write its value.")
    for node in evaluation_order([expression]):
        if node.primitive is VARIABLE and node.name not in names:
            name = str(node.name)
            close = difflib.get_close_matches(name[:40], list(names)[:200], 2)
            advice = f"Did you mean {' or '.join(close)}?" if close else "Leave out units and words."
            expected = f"a number, or a formula in {', '.join(list(names)[:12])}" if names else "a number"
            message = f"{shown(name)} is no name in this problem: expected {expected}. {advice}"
            raise ParseError(message, max(piece.find(name), 0))
    return Answer("formula", "", formula=Program(expression), read_as=notation.text(expression, limit=60))


# -- Python's own numbers


def _from_python(value: Any) -> Answer:
    if value is None:
        return Answer("blank", "")
    typed = shown(repr(value)[:200], 60)
    if hasattr(value, "item") and getattr(value, "ndim", None) == 0:
        value = value.item()
    if isinstance(value, Decimal) and value.is_finite():
        return read_answer(str(value))
    if isinstance(value, Integral) and not isinstance(value, bool) and abs(int(value)) < 10**_LONGEST:
        return read_answer(str(int(value)))
    if isinstance(value, Fraction) and abs(value.numerator) + value.denominator < 10**_LONGEST:
        return Answer("number", typed, value, form="fraction", read_as=_minus(str(value)))
    if isinstance(value, float) and math.isfinite(value):
        answer = read_answer(repr(float(value)))
        message = f"{answer.typed} came as a number: how it was written is lost, as in 0.50 or 1/3. Give it as text."
        assert answer.value is not None
        half = max(answer.half, abs(answer.value) / 10**12)
        return answer._replace(half=half, digits=None, form="float", message=message)
    what = {bool: "a truth value", list: "a list", dict: "a table"}.get(type(value), typed)
    message = f"expected a number or a formula as text, got {shown(what)}. Write one such as '0.5'."
    return Answer("invalid", typed, message=message)

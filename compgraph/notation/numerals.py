"""Numbers as they are printed, and equalities between printed numbers that are true.

A printed number is a rounded one. Whoever prints ``0.33 · 3 = 1`` has printed something false; here an equality
is checked in exact arithmetic on the digits that stand on the page, and where it fails ``≈`` is written.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal
from fractions import Fraction
from typing import Any, Literal, NamedTuple

import numpy as np

from compgraph.notation.names import plain, plain_latex

__all__ = ["Style", "number", "number_latex", "number_spoken", "product", "relation", "shown", "total"]

Style = Literal["text", "latex", "spoken"]

#: The longest exact integer or fraction, in characters, that is printed in full.
_LONGEST = 24

_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


class Marks(NamedTuple):
    """How one style writes what numbers are made of."""

    minus: str
    power_of_ten: str
    fraction: str
    infinity: str
    undefined: str
    true: str
    false: str
    times: str
    plus: str
    relations: dict[str, str]
    rounded: str
    more: str


_MARKS: dict[str, Marks] = {
    "text": Marks(
        "−", "{}×10{}", "{}/{}", "∞", "NaN", "true", "false",
        " · ", " + ", {"=": " = ", "≈": " ≈ "}, "{}… ({} digits)", "… ({} more)",
    ),
    "latex": Marks(
        "-", r"{} \times 10^{{{}}}", r"\frac{{{}}}{{{}}}", r"\infty", r"\mathrm{NaN}", r"\mathrm{true}",
        r"\mathrm{false}", r" \cdot ", " + ", {"=": " = ", "≈": r" \approx "},
        r"{}\ldots\ \mathrm{{({}\ digits)}}", r"\ldots\ \mathrm{{({}\ more)}}",
    ),
    "spoken": Marks(
        "minus ", "{} times 10 to the power {}", "{} over {}", "infinity", "not a number", "true", "false",
        " times ", " plus ", {"=": " equals ", "≈": " is approximately "}, "{} and so on, {} digits", "{} more terms",
    ),
}  # fmt: skip


def marks(style: str) -> Marks:
    """The marks of a style; ValueError for one that does not exist."""
    if style not in _MARKS:
        raise ValueError(f"style: expected 'text', 'latex' or 'spoken', got {style!r:.40}.")
    return _MARKS[style]


def number(value: Any, digits: int = 6) -> str:
    """A number as a picture shows it: short, with a real minus sign, and 0 for −0.

    Parameters
    ----------
    value : bool, int, float, Fraction or NumPy scalar
        Anything else is shown as its `str`, shortened.
    digits : int
        Significant digits of what has to be rounded. Integers and Fractions are exact while they are short; a long
        one is rounded, and the number of its digits stated.

    Examples
    --------
    >>> [number(v) for v in (2.0, -0.65, 1.5e-7, 2 / 3, Fraction(-1, 3), -0.0, float("-inf"), 12345678.9)]
    ['2', '−0.65', '1.5×10⁻⁷', '0.666667', '−1/3', '0', '−∞', '1.23457×10⁷']
    """
    return _number(value, digits, "text")


def number_latex(value: Any, digits: int = 6) -> str:
    r"""A number for a formula.

    Examples
    --------
    >>> number_latex(1.5e-7), number_latex(Fraction(-1, 3))
    ('1.5 \\times 10^{-7}', '-\\frac{1}{3}')
    """
    return _number(value, digits, "latex")


def number_spoken(value: Any, digits: int = 6) -> str:
    """A number for a screen reader.

    Examples
    --------
    >>> number_spoken(-1.5e-7)
    'minus 1.5 times 10 to the power minus 7'
    """
    return _number(value, digits, "spoken")


def shown(value: Any, digits: int = 6) -> Fraction | float:
    """The exact value of what `number` prints; a float only for ±inf and NaN.

    Examples
    --------
    >>> shown(2 / 3, 3)
    Fraction(667, 1000)
    """
    printed, _ = _rounded(_plain(value), digits)
    return printed if isinstance(printed, float) else Fraction(printed)


def relation(left: Fraction | float, right: Fraction | float) -> str:
    """``'='`` where two values as printed (see `shown`) are exactly equal, ``'≈'`` otherwise.

    Examples
    --------
    >>> relation(shown(1 / 3) * 3, shown(1.0)), relation(shown(0.5) * 2, shown(1.0))
    ('≈', '=')
    """
    return "=" if left == right else "≈"


def product(factors: Iterable[Any], result: Any, *, digits: int = 6, style: Style = "text") -> str:
    """A product of numbers with its result, as an equality that is true of the digits printed.

    Examples
    --------
    >>> print(product([2, -0.65], -1.3))
    2 · (−0.65) = −1.3
    >>> print(product([1 / 3, 3.0], 1.0))
    0.333333 · 3 ≈ 1
    """
    return total([tuple(factors)], result, digits=digits, style=style)


def total(terms: Iterable[Iterable[Any]], result: Any, *, digits: int = 6, style: Style = "text", most: int = 8) -> str:
    """A sum of products of numbers with its result, as an equality that is true of the digits printed.

    Of more than `most` terms only the first are written out, and then ``≈``, because the rest cannot be checked.

    Examples
    --------
    >>> print(total([(-0.5, 2.0), (3.0,)], 2.0))
    (−0.5) · 2 + 3 = 2
    """
    sums = [tuple(factors) for factors in terms]
    written = marks(style)
    parts = [_term(factors, digits, style, first=i == 0, alone=len(sums) == 1) for i, factors in enumerate(sums[:most])]
    sign = "≈"
    if len(sums) > most:
        parts.append(written.more.format(len(sums) - most))
    else:
        sign = relation(evaluated([[shown(f, digits) for f in factors] for factors in sums]), shown(result, digits))
    return (written.plus.join(parts) or "0") + written.relations[sign] + _number(result, digits, style, sized=False)


def _term(factors: Sequence[Any], digits: int, style: Style, *, first: bool, alone: bool) -> str:
    """One product. A sign is bare where a line begins with it, but not in a sum of products: all terms look alike."""
    texts = [_number(f, digits, style, sized=False) for f in factors]
    if style != "spoken":
        for i, text in enumerate(texts):
            signed = text.startswith(marks(style).minus) and not (first and i == 0 and (alone or len(texts) == 1))
            if signed or ("/" in text and len(texts) > 1):
                texts[i] = f"({text})"
    return marks(style).times.join(texts) or "1"


def evaluated(terms: Sequence[Sequence[Fraction | float]]) -> Fraction | float:
    """The sum of products of printed values, exactly; by IEEE rules where an infinity or NaN is among them."""
    if not any(isinstance(f, float) for factors in terms for f in factors):
        return sum((math.prod(factors, start=Fraction(1)) for factors in terms), Fraction(0))
    # only the signs of the finite factors matter, and a Fraction may be too large to become a float
    signs = ((f if isinstance(f, float) else float((f > 0) - (f < 0)) for f in factors) for factors in terms)
    return sum(map(math.prod, signs), 0.0)


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _rounded(value: Any, digits: int) -> tuple[Fraction | Decimal | float, int]:
    """What is printed, and the size in digits of an exact number that had to be rounded (0 otherwise)."""
    if not isinstance(digits, int) or not 1 <= digits <= 1000:
        raise ValueError(f"digits: expected a positive whole number, at most 1000, got {digits!r:.40}.")
    if isinstance(value, float):
        if not math.isfinite(value):
            return float(value), 0
        if value.is_integer() and abs(value) < 10 ** (digits + 3):
            return Fraction(value), 0
        return _context(digits).create_decimal(Decimal(value)), 0
    if not isinstance(value, (int, Fraction)):
        raise TypeError(f"expected a number, got {type(value).__name__} {value!r:.60}.")
    exact = Fraction(value)
    top, bottom = exact.numerator, exact.denominator
    if top.bit_length() + bottom.bit_length() <= 4 * _LONGEST:
        length = len(str(abs(top))) + (len(str(bottom)) if bottom > 1 else 0)
        if length <= _LONGEST:
            return exact, 0
    return _quotient(top, bottom, digits), 0 if bottom == 1 else max(_length(abs(top)), _length(bottom))


def _quotient(top: int, bottom: int, digits: int) -> Decimal:
    """top/bottom, rounded; long integers are divided as such, because turning them into decimals takes much longer."""
    shift = digits + 2 - _length(abs(top)) + _length(bottom)
    whole, rest = divmod(abs(top) * 10 ** max(shift, 0), bottom * 10 ** max(-shift, 0))
    # one more digit says whether anything is left, which is all that rounding asks of it
    exact = Decimal(f"{'-' if top < 0 else ''}{10 * whole + (rest > 0)}E{-shift - 1}")
    return _context(digits).create_decimal(exact)


def _length(value: int) -> int:
    """The number of decimal digits of a positive integer."""
    length = int(math.log10(value))
    return length + sum(1 for power in (length, length + 1) if value >= 10**power)


def _context(digits: int) -> Context:
    return Context(prec=digits, Emin=MIN_EMIN, Emax=MAX_EMAX)


def _number(value: Any, digits: int, style: Style, *, sized: bool = True) -> str:
    written = marks(style)
    value = _plain(value)
    if isinstance(value, bool):
        return written.true if value else written.false
    if not isinstance(value, (int, float, Fraction)):
        return plain_latex(value, 200) if style == "latex" else plain(value, 200)
    printed, size = _rounded(value, digits)
    if printed != printed:
        return written.undefined
    sign = written.minus if printed < 0 else ""
    if isinstance(printed, float):
        return sign + written.infinity
    if isinstance(printed, Fraction):
        top, bottom = abs(printed.numerator), printed.denominator
        return sign + (str(top) if bottom == 1 else written.fraction.format(top, bottom))
    text = sign + _decimal(printed, digits, style)
    return written.rounded.format(text, size) if size and sized else text


def _decimal(value: Decimal, digits: int, style: Style) -> str:
    """The absolute value of a rounded decimal: positional where that is short, else with a power of ten."""
    whole = "".join(map(str, value.as_tuple().digits)).rstrip("0")
    exponent = value.adjusted()
    if -5 < exponent < 0:
        return "0." + "0" * (-exponent - 1) + whole
    if 0 <= exponent < digits:
        whole = whole.ljust(exponent + 1, "0")
        return whole[: exponent + 1] + ("." + whole[exponent + 1 :]).rstrip(".")
    power = str(exponent).translate(_SUPERSCRIPT) if style == "text" else str(exponent)
    if style == "spoken":
        power = power.replace("-", "minus ")
    return marks(style).power_of_ten.format(whole[0] + ("." + whole[1:]).rstrip("."), power)

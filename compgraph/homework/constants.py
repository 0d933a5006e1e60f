"""Literals as they were meant, and numbers written out in full.

Reading folds constants as it goes: text gives 3.141592653589793 for π and 1.4142135623730951 for √2. Marking wants
sin(π) to be 0, not 1.2·10⁻¹⁶.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from decimal import Context, Decimal
from fractions import Fraction
from typing import Any, Final

__all__ = ["intended", "spelled", "written"]


def spelled(value: float) -> Fraction | None:
    """The decimal that a float prints as, if it is one that a person wrote: at most 15 significant digits.

    Examples
    --------
    >>> spelled(0.1), spelled(0.1 + 0.2)
    (Fraction(1, 10), None)
    """
    if not math.isfinite(value):
        return None
    digits = repr(value).partition("e")[0].replace(".", "").strip("-0")
    return Fraction(repr(value)) if len(digits) <= 15 else None


def intended(value: Any) -> Fraction | bool | tuple[str, Fraction]:
    """What a literal stands for: a Fraction, or such as ``("pi", 1/4)`` where reading had to round.

    A float that agrees with a small multiple of π or e, or with the root, logarithm or exponential of a small
    fraction, to its last bit, is taken for just that.

    Examples
    --------
    >>> intended(0.1), intended(math.pi / 4), intended(math.sqrt(2) / 2)
    (Fraction(1, 10), ('pi', Fraction(1, 4)), ('sqrt', Fraction(1, 2)))
    """
    if isinstance(value, (bool, Fraction)):
        return value
    if not isinstance(value, float):
        return Fraction(value)
    if (decimal := spelled(value)) is not None:
        return decimal
    return _recognised(value) or Fraction(value)


#: name → (a float → the factor or argument it would have, and the way back)
_FORMS: Final[dict[str, tuple[Callable[[float], float], Callable[[float], float]]]] = {
    "pi": (lambda v: v / math.pi, lambda q: q * math.pi),
    "per_pi": (lambda v: v * math.pi, lambda q: q / math.pi),
    "sqrt": (lambda v: math.copysign(v * v, v), lambda q: math.copysign(math.sqrt(abs(q)), q)),
    "e": (lambda v: v / math.e, lambda q: q * math.e),
    "log": (math.exp, math.log),
    "exp": (math.log, math.exp),
}


@functools.lru_cache(maxsize=1024)
def _recognised(value: float) -> tuple[str, Fraction] | None:
    for name, (inverse, function) in _FORMS.items():
        try:
            argument = Fraction(inverse(value)).limit_denominator(400)
            near = abs(argument.numerator) <= 1000 and abs(function(float(argument)) - value) <= 2 * math.ulp(value)
        except (ValueError, OverflowError):
            continue
        if near and argument:
            return name, argument
    return None


def written(exact: Fraction, digits: int | None = None) -> str:
    """A number in full: a finite decimal where it has one, else a quotient; with `digits`, so many significant ones.

    Examples
    --------
    >>> written(Fraction(-1, 4)), written(Fraction(1, 3)), written(Fraction(1, 3), 5), written(Fraction(3, 10**9))
    ('-0.25', '1/3', '0.33333', '3E-9')
    """
    quotient = Context(prec=digits or 40).divide(Decimal(exact.numerator), Decimal(exact.denominator))
    if digits is None:
        if Fraction(quotient) != exact:
            return str(exact) if exact.denominator.bit_length() < 400 else written(exact, 40)
        quotient = quotient.normalize()
    return f"{quotient:f}" if -7 <= quotient.adjusted() <= 20 else str(quotient)

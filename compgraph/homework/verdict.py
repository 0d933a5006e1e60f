"""When a typed number counts as a given one: precision, truncation, required digits, tolerances.

Verdicts, the first that applies: ``blank``, ``invalid``; ``correct``, or ``too_few_digits``, or with `exact` a decimal
is ``approximate``; ``correct_rounding``; ``follow_through``, or ``eased``; ``wrong``. Which number an answer is held
against is the business of `compgraph.homework.marking`.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, NamedTuple

from compgraph.homework.answers import Answer
from compgraph.homework.precise import Value, fraction

__all__ = [
    "CREDIT",
    "Options",
    "cap",
    "checked",
    "half_of",
    "is_coarse",
    "is_cut",
    "is_short",
    "meets",
    "policy",
    "radius",
]

#: Verdict → credit, unless a policy says otherwise.
CREDIT: Mapping[str, float] = {
    "correct": 1.0,
    "correct_rounding": 1.0,
    "too_few_digits": 0.5,
    "approximate": 0.5,
    "follow_through": 1.0,
    "eased": 0.0,
    "wrong": 0.0,
    "invalid": 0.0,
    "blank": 0.0,
}

#: A half unit is a little more than one, for those who round 0.5 the other way.
_MORE = Fraction(51, 50)
_HALF = Fraction(1, 2)

#: What floats leave where 0 belongs.
_RESIDUE = Fraction(1, 10**12)

#: An answer whose half unit is a larger part of the number than this says hardly anything about it.
_COARSE = Fraction(1, 10)


class Options(NamedTuple):
    """How numbers are judged.

    Attributes
    ----------
    digits : int
        Significant digits that an answer has to have.
    working_digits : int, optional
        Significant digits that a student is taken to have worked with where nothing is written; those of `digits` if
        left out.
    exact : bool
        Whether a decimal for a fraction is not enough.
    rtol, atol : float, optional
        Tolerances beside the precision typed.
    truncation : bool
        Whether digits may be cut off instead of rounded.
    """

    digits: int = 3
    working_digits: int | None = None
    exact: bool = False
    rtol: float | None = None
    atol: float | None = None
    truncation: bool = True

    @property
    def working(self) -> int | None:
        """Digits of unwritten steps; None where they are exact."""
        if self.exact:
            return None
        return self.digits if self.working_digits is None else self.working_digits


def checked(options: Options) -> Options:
    """The options, or an error that says what is wrong with them."""
    for name in ("digits", "working_digits"):
        value = getattr(options, name)
        whole = isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 40
        if not whole and not (name == "working_digits" and value is None):
            raise ValueError(f"{name}: expected a whole number from 1 to 40, got {value!r:.40}.")
    for name in ("rtol", "atol"):
        value = getattr(options, name)
        if value is not None and (
            isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 1e300
        ):
            raise ValueError(f"{name}: expected a number ≥ 0, got {value!r:.40}.")
    for name in ("exact", "truncation"):
        if not isinstance(getattr(options, name), bool):
            raise ValueError(f"{name}: expected True or False, got {getattr(options, name)!r:.40}.")
    return options


def half_of(answer: Answer, target: Value, digits: int) -> Fraction:
    """Half a unit of the last digit typed, as it counts against a target where so many digits are asked for.

    That is 0 for what is exactly the target. An integer that stands for a number that is none has ½, and one that ends
    in zeros may have been rounded to the digits asked for.

    Examples
    --------
    >>> from compgraph.homework.answers import read_answer
    >>> [half_of(read_answer(typed), Fraction(52274, 10), 3) for typed in ("5230", "5227", "5227.4")]
    [Fraction(5, 1), Fraction(1, 2), Fraction(0, 1)]
    """
    if type(target) is Fraction and answer.value == target:
        return Fraction(0)
    if answer.form != "integer":
        return answer.half
    assert answer.value is not None and answer.digits is not None
    unit = 10 ** max(answer.digits - digits, 0)
    if unit > 1 and answer.value % unit == 0:
        return Fraction(unit, 2)
    return Fraction(0) if type(target) is Fraction and target.denominator == 1 else _HALF


def meets(answer: Answer, target: Value, spread: float, options: Options) -> str:
    """How an answer meets a target that honest rounding may have moved by `spread`.

    Returns
    -------
    str
        ``"exact"``, ``"rounded"``, ``"truncated"``, or empty where it does not.

    Examples
    --------
    >>> from compgraph.homework.answers import read_answer
    >>> third = Fraction(1, 3)
    >>> [meets(read_answer(typed), third, 0.0, Options()) for typed in ("1/3", "0.333", "0.34", "0.3332")]
    ['exact', 'rounded', '', '']
    >>> meets(read_answer("0.666"), 2 * third, 0.0, Options())
    'truncated'
    """
    assert answer.value is not None
    aim = fraction(target)
    half = half_of(answer, target, options.digits)
    gap = abs(answer.value - aim)
    if gap == 0 or (type(target) is not Fraction and gap * 10**30 <= abs(aim)):
        return "exact"
    if target == 0 and gap <= _RESIDUE:
        return "rounded"
    allowed = _MORE * half + Fraction(spread)
    if options.rtol is not None or options.atol is not None:
        allowed = max(allowed, Fraction(options.atol or 0) + Fraction(options.rtol or 0) * abs(aim))
    if gap <= allowed:
        return "rounded"
    return "truncated" if options.truncation and is_cut(answer, target, options.digits, spread) else ""


def is_cut(answer: Answer, target: Value, digits: int, spread: float = 0.0) -> bool:
    """Whether an answer is what is left when the other digits are cut off: of a number, or of one near it.

    Examples
    --------
    >>> from compgraph.homework.answers import read_answer
    >>> cut = read_answer("0.234")
    >>> is_cut(cut, Fraction("0.2350037"), 3), is_cut(cut, Fraction("0.2350037"), 3, 0.0002)
    (False, True)
    """
    half = half_of(answer, target, digits)
    if answer.value is None or (answer.form == "integer" and (answer.digits or 0) < digits):
        return False
    # near is a quarter of a unit at most: cutting off and having rounded badly before are not both forgiven in full
    aim, reach = fraction(target), min(Fraction(min(spread, sys.float_info.max)), half / 2)
    beyond = aim - answer.value if (answer.value or aim) > 0 else answer.value - aim
    return -reach <= beyond < 2 * half + reach or beyond == 0


def is_short(answer: Answer, target: Value, options: Options) -> bool:
    """Whether an answer that meets the target has too few digits; never what is exactly the target, or stands for 0."""
    if answer.digits is None or answer.digits >= options.digits or target == 0:
        return False
    return not (type(target) is Fraction and answer.value == target)


def is_coarse(answer: Answer, target: Value, digits: int) -> bool:
    """Whether an answer is so short that nearly any number rounds to it: 1 for 0.7."""
    return half_of(answer, target, digits) > _COARSE * abs(fraction(target))


def cap(spread: float, target: Value) -> float:
    """The spread that is allowed for: at most 5 % of the number itself."""
    try:
        return min(spread, 0.05 * abs(float(target)), sys.float_info.max)
    except OverflowError:
        return min(spread, sys.float_info.max)


def radius(answer: Answer, target: Value, spread: float, options: Options) -> float:
    """ρ: how far from the target an answer may lie, 1.02·h and the capped spread."""
    half = half_of(answer, target, options.digits)
    return float(_MORE * half) + cap(spread, target) if half < 10**300 else sys.float_info.max


def policy(credit: Mapping[str, Any] | None) -> dict[str, float]:
    """The credit of each verdict, with a teacher's changes."""
    table = dict(CREDIT)
    for verdict, value in (credit or {}).items():
        if verdict not in table:
            raise ValueError(f"credit: no verdict {verdict!r:.40}: expected one of {', '.join(table)}.")
        if isinstance(value, bool) or not isinstance(value, (int, float, Fraction)) or not 0 <= value <= 1:
            raise ValueError(f"credit[{verdict!r}]: expected a number from 0 to 1, got {value!r:.40}.")
        table[verdict] = float(value)
    return table

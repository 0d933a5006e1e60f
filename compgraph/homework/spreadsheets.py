"""What spreadsheets do to answers: a quotient becomes a date, a formula an error."""

from __future__ import annotations

import re
from collections.abc import Collection

from compgraph.reading.lexing import shown

__all__ = ["damage"]

_MONTHS = (
    "jan feb mar mär mrz apr may mai jun jul aug sep oct okt nov dec dez janv févr mars avr juin juil août sept déc "
    "ene abr ago dic gen mag giu lug set ott"
)
_MONTH = "|".join(sorted(_MONTHS.split(), key=len, reverse=True))
_DATES = re.compile(
    rf"""
      \d{{1,2}}[-./\ ]{{1,2}}(?P<first>(?:{_MONTH})[a-zéû]{{0,7}})\.?(?:[-./\ ]{{1,2}}\d{{2,4}})?
    | (?P<second>(?:{_MONTH})[a-zéû]{{0,7}})\.?[-./\ ]{{1,2}}\d{{1,4}}
    | \d{{4}}-\d{{2}}-\d{{2}}(?:[T\ ]\d{{2}}:\d{{2}}(?::\d{{2}}(?:\.\d+)?)?)?
    | \d{{1,2}}/\d{{1,2}}/\d{{4}}
    | (?:0[1-9]|[1-3]?\d)(?<!\b0)\.\d{{1,2}}\.(?:\d{{2,4}})?
    """,
    re.VERBOSE | re.IGNORECASE,
)
_ERROR = re.compile(
    r"#+|#(?:name|div/0|ref|value|n/a|num|null|wert|bezug|zahl|nom|valeur|spill|calc)[!?]?", re.IGNORECASE
)


def damage(text: str, names: Collection[str] = ()) -> str:
    """What a spreadsheet has done to an answer, and what to do about it; empty if nothing.

    Examples
    --------
    >>> damage("01-Mar")[:22], damage("#DIV/0!")[:26], damage("1/3")
    ('01-Mar is a date: a sp', '#DIV/0! is the error of a ', '')
    """
    if len(text) > 30:
        return ""
    if match := _DATES.fullmatch(text):
        if match["first"] in names or match["second"] in names:  # 1 - dec may be a formula
            return ""
        return (
            f"{shown(text)} is a date: a spreadsheet has changed what was typed, such as 1/3. "
            "Format the column as text, and type it again."
        )
    if _ERROR.fullmatch(text):
        return f"{shown(text)} is the error of a spreadsheet: expected the number itself. Format the column as text."
    return ""

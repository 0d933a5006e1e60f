"""A worksheet as questions for a quiz that knows nothing of graphs: a right number, and wrong ones with what they show.

A quiz holds an answer against fixed numbers, so it cannot follow an earlier error as marking here does: every question
is asked as if the boxes before it were right.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

from compgraph.homework.answers import read_answer
from compgraph.homework.constants import written
from compgraph.homework.diagnosability import Rehearsal
from compgraph.homework.diagnosis import diagnose
from compgraph.homework.environment import Environment, Given, half_unit
from compgraph.homework.floats import Numbers
from compgraph.homework.labels import words
from compgraph.homework.precise import fraction
from compgraph.homework.worksheet import Worksheet

__all__ = ["Question", "Wrong", "questions"]

#: Half a unit is a little more, for those who round 0.5 the other way; rounding on the way counts up to this part.
_MORE, _MOST_SPREAD = 1.02, 0.05

#: Wrong answers that a question has messages for, and the smallest prior of their mistakes.
_WRONG, _LEAST = 12, 5


class Wrong(NamedTuple):
    """A wrong number, how near it an answer is taken for it, and what is said then."""

    value: float
    tolerance: float
    message: str


class Question(NamedTuple):
    """One box of a sheet.

    Attributes
    ----------
    number : int
        Of the box.
    cell, asks : str
        The cell, and what it asks in words.
    value, tolerance : float
        What is right, and how near to it an answer has to be.
    wrong : tuple of Wrong
        What mistakes would give, the most common first; none of them near what is right, or near another.
    """

    number: int
    cell: str
    asks: str
    value: float
    tolerance: float
    wrong: tuple[Wrong, ...]


def questions(worksheet: Worksheet) -> Iterator[Question]:
    """The boxes that take a number, as questions; formulas are left out.

    Examples
    --------
    >>> from compgraph.homework.problem import Problem
    >>> problem = Problem("u = x^2; v = 3x; y = u*v", at={"x": "1.7"})
    >>> *_, last = questions(Worksheet(problem))
    >>> last.cell, last.value, last.wrong[0].message
    ('grad:x', 26.01, 'A contribution to ∂y/∂x is missing: that of u.')
    """
    problem, digits = worksheet.problem, worksheet.digits
    reference = problem.environment
    values = {cell: reference.value(cell) for cell in worksheet.cells if not cell.startswith("dgrad:")}
    given = {cell: Given(fraction(value)) for cell, value in values.items() if value is not None}
    filled = Environment(problem.quantities, reference.point, reference.arithmetic, given=given, base=reference)
    rehearsal, numbers = Rehearsal(problem, list(values)), Numbers(reference)
    for number, cell in enumerate(worksheet.cells, 1):
        if cell not in given:
            continue
        right = float(given[cell].value or 0)
        spread = min(problem.spread(cell, digits), _MOST_SPREAD * abs(right))
        tolerance = _MORE * _half(right, digits) + spread
        taken = [(right, tolerance)]
        wrong: list[Wrong] = []
        for value, _ in rehearsal.predictions(cell, numbers, least=_LEAST):
            reach = _MORE * _half(value, digits)
            if len(wrong) == _WRONG or any(abs(value - other) <= reach + near for other, near in taken):
                continue
            if message := _said(worksheet, filled, cell, value):
                taken.append((value, reach))
                wrong.append(Wrong(value, reach, message))
        asks = words(cell, problem.output, problem.wrt)
        yield Question(number, cell, asks, right, tolerance, tuple(wrong))


def _half(value: float, digits: int) -> float:
    """Half a unit of the last digit asked for; of 0, of as many decimals."""
    return float(half_unit(Fraction(value), digits)) if value else 10.0**-digits / 2


def _said(worksheet: Worksheet, filled: Environment, cell: str, value: float) -> str:
    """What is said to somebody who writes this number; nothing where a diagnosis would be silent."""
    answer = read_answer(written(Fraction(value), worksheet.digits))
    found = diagnose(worksheet.problem, filled, cell, answer, working=worksheet.digits)
    if not found:
        return ""
    said = "; or ".join(diagnosis.message for diagnosis in found)
    return f"{said[0].upper()}{said[1:]}." if found[0].level == "likely" else f"Perhaps {said}."

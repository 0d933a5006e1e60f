"""Numbers drawn for a seed: pleasant ones, of the kind that the teacher has written.

A draw is a pure function of a seed, the number of the attempt and the problem, so that a printed seed gives the same
numbers for ever. Which of them are taken is decided in `compgraph.homework.picking`.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping, Sequence
from fractions import Fraction

from compgraph.homework.constants import intended, written
from compgraph.homework.problem import Problem
from compgraph.reading import read_number

__all__ = ["candidates", "draw", "moved"]

#: Draws that there should be, if necessary from tenths of what would be drawn otherwise.
ENOUGH = 1000

#: Numbers that make a step trivial.
_TRIVIAL = (0, 1, -1)


def candidates(problem: Problem) -> dict[str, list[Fraction]]:
    """Input → the numbers that may stand for it: of the same sign, kind and size as the teacher's, and never 0 or ±1.

    Integers become integers from 2 on, decimals such as 0.6 tenths, fractions others of the same denominator; what is 0
    or ±1 becomes a number of tenths below one. Where that leaves few draws, integers become tenths as well.

    Examples
    --------
    >>> problem = Problem("y = w*x", at={"w": "0.6", "x": "4"}, fixed=["x"])
    >>> [float(number) for number in candidates(problem)["w"]]
    [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.1, 1.2]
    """
    kept = set(problem.fixed)
    units = {name: unit for name in problem.inputs if name not in kept and (unit := _unit(problem, name)) is not None}
    found = {name: _around(*unit) for name, unit in units.items()}
    if math.prod(map(len, found.values())) < ENOUGH:
        finer = {name: (size, unit / 10 if unit.denominator == 1 else unit) for name, (size, unit) in units.items()}
        found = {name: _around(*unit) for name, unit in finer.items()}
    return found


def _unit(problem: Problem, name: str) -> tuple[Fraction, Fraction] | None:
    """The number itself, and what it is a multiple of; None for such as π/2."""
    given = problem.at.get(name)
    text = str(given).replace(",", ".") if problem.decimal_comma else str(given)
    value = intended(read_number(text) if isinstance(given, str) else given)
    if not isinstance(value, Fraction):
        return None
    if value in _TRIVIAL and "." not in text:
        return Fraction(6, 10) * (value or 1), Fraction(1, 10)
    if (found := _DECIMAL.fullmatch(text.strip())) is None:
        return value, Fraction(1, value.denominator)
    leading = math.floor(math.log10(abs(value))) if value else -1
    # two digits are enough for a number that is meant for pencil and paper
    return value, Fraction(10) ** max(-len(found["places"] or ""), leading - 1)


_DECIMAL = re.compile(r"[-+−]?\d*(?:\.(?P<places>\d*))?")


def _around(size: Fraction, unit: Fraction) -> list[Fraction]:
    """Multiples of a unit, from half a number to twice as much, and at least a few."""
    count = abs(size) / unit
    lowest = max(1, math.ceil(count / 2))
    highest = max(math.floor(2 * count), lowest + 8)
    sign = -1 if size < 0 else 1
    return [sign * k * unit for k in range(lowest, highest + 1) if k * unit != 1]


def draw(seed: str, attempt: int, choices: Mapping[str, Sequence[Fraction]]) -> dict[str, Fraction]:
    """One number for each input; the same for the same seed and attempt, today and in ten years.

    Examples
    --------
    >>> draw("7", 0, {"x": [Fraction(n) for n in range(2, 10)]})
    {'x': Fraction(2, 1)}
    """
    drawn = {}
    for name, numbers in choices.items():
        message = json.dumps([seed, attempt, name], ensure_ascii=True).encode()
        place = int.from_bytes(hashlib.blake2b(message, digest_size=16, person=b"compgraph draw").digest(), "big")
        drawn[name] = numbers[place % len(numbers)]
    return drawn


def moved(problem: Problem, drawn: Mapping[str, Fraction]) -> Problem:
    """The problem with some inputs at other numbers, written as they would have been typed."""

    def spelled(value: Fraction) -> str:
        return written(value).replace(".", "," if problem.decimal_comma else ".")

    return problem.posed({name: spelled(value) for name, value in drawn.items()}, problem.asked)

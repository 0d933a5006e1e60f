"""Numbers for a sheet: pleasant ones, at which nothing is trivial, and at which mistakes show.

A draw is a pure function of a seed, the number of the attempt and the problem, so that a printed seed gives the same
numbers for ever. Whether a draw is taken is decided here as well, but is no part of the seed: what was printed stays.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from functools import cached_property

from compgraph.homework.constants import intended
from compgraph.homework.diagnosability import LIKELY, Rehearsal
from compgraph.homework.environment import Environment
from compgraph.homework.floats import as_float
from compgraph.homework.precise import Value, arithmetic
from compgraph.homework.problem import Problem
from compgraph.reading import read_number

__all__ = ["CONDITION", "Picker", "candidates", "draw"]

#: The largest factor by which an earlier relative error may come out in a cell.
CONDITION = 50.0

#: Numbers of another size are a nuisance to write.
SMALLEST, LARGEST = 1e-4, 1e5

#: Draws that there should be, if necessary from tenths of what would be drawn otherwise.
ENOUGH = 1000

_TRIVIAL = (0, 1, -1)
_NEAR = 1e-12


# -- drawing


def candidates(problem: Problem, fixed: Iterable[str] = ()) -> dict[str, list[Fraction]]:
    """Input → the numbers that may stand for it: of the same sign, kind and size as the teacher's, and never 0 or ±1.

    Integers become integers from 2 on, decimals such as 0.6 tenths, fractions others of the same denominator; what is 0
    or ±1 becomes a number of tenths below one. Where that leaves few draws, integers become tenths as well.

    Examples
    --------
    >>> problem = Problem("y = w*x", at={"w": "0.6", "x": "4"})
    >>> [float(number) for number in candidates(problem, fixed=["x"])["w"]]
    [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.1, 1.2]
    """
    kept = set(fixed)
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


# -- choosing


class Picker:
    """Says of any numbers for the inputs why they will not do.

    Parameters
    ----------
    problem : Problem
        With the teacher's numbers; recipes and mistakes do not depend on them.
    cells : sequence of str
        What the sheet asks.
    digits : int
    choices : mapping of str to numbers
        What may be drawn: `candidates`.
    """

    def __init__(
        self, problem: Problem, cells: Sequence[str], digits: int, choices: Mapping[str, Sequence[Fraction]]
    ) -> None:
        self.problem = problem
        self.cells = [cell for cell in cells if not cell.startswith("dgrad:")]
        self.digits = digits
        self.choices = choices
        quantities = problem.quantities
        factors = dict.fromkeys(parent for cell in self.cells for parent in quantities[cell].parents)
        self._steps = list(dict.fromkeys([*self.cells, *factors]))
        self._order = sorted(quantities, key=lambda cell: quantities[cell].order)
        self._reference = self.numbers({})

    def numbers(self, drawn: Mapping[str, Fraction]) -> dict[str, float]:
        """Every quantity as a float, NaN where it does not exist: fast, and exact enough to be looked at."""
        point, formula = self.problem.environment.point, self.problem.mistakes.formula
        found: dict[str, float] = {}
        for cell in self._order:
            quantity = self.problem.quantities[cell]
            if quantity.is_input:
                name = quantity.nodes[0]
                found[cell] = as_float(drawn.get(name, point[name]))
            else:
                found[cell] = formula(cell)(found)
        return found

    @cached_property
    def rehearsal(self) -> Rehearsal:
        """All mistakes, made ready."""
        return Rehearsal(self.problem, self.cells)

    def refusal(self, drawn: Mapping[str, Fraction]) -> str:
        """The first reason not to print these numbers; empty if there is none."""
        numbers = self.numbers(drawn)
        if any(self._is_elsewhere(cell, numbers[cell]) for cell in self._steps):
            return "another branch, or outside the domain"
        if any(self._is_trivial(cell, numbers[cell]) for cell in self._steps):
            return "a zero or one"
        if any(not _is_handy(numbers[cell]) and _is_handy(self._reference[cell]) for cell in self.cells):
            return "a number too small or too large"
        if self._has_equal(numbers):
            return "equal cells"
        if not self._flaws(numbers) <= self._everywhere:
            return "mistakes that hide"
        point: dict[str, Value] = {**self.problem.environment.point, **drawn}
        environment = Environment(self.problem.quantities, point, arithmetic(40))
        if any(condition(environment, cell) > CONDITION for cell in self.cells):
            return "rounding that grows"
        return ""

    def _is_elsewhere(self, cell: str, number: float) -> bool:
        """Whether a condition is decided the other way, or there is a number on one side only."""
        usual = self._reference[cell]
        decided = isinstance(self.problem.environment.value(cell), bool) and number != usual
        return decided or math.isfinite(number) != math.isfinite(usual)

    def _is_trivial(self, cell: str, number: float) -> bool:
        return any(_is(number, trivial) for trivial in _TRIVIAL if trivial not in self._unavoidable[cell])

    @cached_property
    def _unavoidable(self) -> dict[str, set[int]]:
        """Cell → those of 0, 1 and −1 that it is wherever one looks."""
        found = {}
        for cell in self._steps:
            values = [as_float(sample.value(cell)) for sample in self.problem.samples]
            always = {n for n in _TRIVIAL if values and all(_is(value, n) for value in values)}
            # what is 1 here and 0 there, as the slope of relu, is never anything else
            switching = {1, -1} if values and all(any(_is(v, n) for n in _TRIVIAL) for v in values) else set()
            free = self.problem.quantities[cell].is_input or isinstance(self.problem.environment.value(cell), bool)
            found[cell] = set(_TRIVIAL) if free else always | switching
        return found

    def _has_equal(self, numbers: Mapping[str, float]) -> bool:
        """Whether two cells are the same number as they are written, and not the same quantity."""
        seen: dict[str, tuple[str, ...]] = {}
        return any(
            seen.setdefault(f"{numbers[cell]:.{self.digits - 1}e}", self._identity[cell]) != self._identity[cell]
            for cell in self.cells
            if math.isfinite(numbers[cell])
        )

    @cached_property
    def _identity(self) -> dict[str, tuple[str, ...]]:
        """Cell → its values at random points: the same for cells that are always equal, as ∂L/∂z and ∂L/∂b."""
        points = self.problem.samples[:4]
        return {cell: tuple([f"{as_float(point.value(cell)):.12g}" for point in points]) for cell in self.cells}

    def _flaws(self, numbers: Mapping[str, float]) -> set[tuple[str, ...]]:
        """Likely mistakes that give a right answer, and pairs of them that give the same number."""
        told = self.rehearsal.at(numbers, self.digits, least=LIKELY)
        return {*told.hidden, *told.confused}

    @cached_property
    def _everywhere(self) -> set[tuple[str, ...]]:
        """What no draw avoids and is held against none: sin in degrees is nearly 0 wherever the angle is small."""
        drawn = [draw(self.problem.hash, i, self.choices) for i in range(_LOOKS)]
        return set.intersection(*(self._flaws(self.numbers(numbers)) for numbers in drawn))


#: So many draws have a flaw in common that is none of theirs.
_LOOKS = 24


def condition(environment: Environment, cell: str) -> float:
    """The largest factor by which a relative error in an earlier number comes out in a cell.

    Examples
    --------
    >>> problem = Problem("u = x^3; y = u - 7.9", at={"x": "2"})
    >>> round(condition(problem.environment, "val:u")), round(condition(problem.environment, "val:y"))
    (3, 240)
    """
    value = as_float(environment.value(cell))
    if not value or not math.isfinite(value):
        return 0.0
    weights = {cell: 1.0}
    largest = 0.0
    for here in environment.upstream(cell):
        weight = weights.get(here, 0.0)
        if weight:
            if here != cell:
                largest = max(largest, abs(weight * as_float(environment.value(here))))
            for parent, slope in environment.slopes(here).items():
                weights[parent] = weights.get(parent, 0.0) + weight * slope
    return largest / abs(value)


def _is(number: float, trivial: int) -> bool:
    return abs(number - trivial) < _NEAR


def _is_handy(number: float) -> bool:
    """Whether a number is of a size that is no nuisance to write."""
    return not math.isfinite(number) or _is(number, 0) or SMALLEST <= abs(number) <= LARGEST

"""Which draws are taken: those at which nothing is trivial, rounding does not grow, and mistakes show.

A printed seed names the draw that was taken, so that what was printed stays when something is decided otherwise here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import cached_property

from compgraph.errors import DomainError
from compgraph.homework.diagnosability import LIKELY, Rehearsal
from compgraph.homework.draws import draw, moved
from compgraph.homework.environment import Environment
from compgraph.homework.floats import as_float
from compgraph.homework.precise import Value, arithmetic
from compgraph.homework.problem import Problem

__all__ = ["CONDITION", "Picker", "condition"]

#: The largest factor by which an earlier relative error may come out in a cell.
CONDITION = 50.0

#: Numbers of another size are a nuisance to write.
SMALLEST, LARGEST = 1e-4, 1e5

_TRIVIAL = (0, 1, -1)
_NEAR = 1e-12


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
        if self._is_elsewhere(numbers):
            return "another branch, or outside the domain"
        if self._is_trivial(numbers):
            return "a zero or one"
        if any(not _is_handy(numbers[cell]) and _is_handy(self._reference[cell]) for cell in self.cells):
            return "a number too small or too large"
        if self._has_equal(numbers):
            return "equal cells"
        if not self._flaws(numbers) <= self._unavoidable_flaws:
            return "mistakes that hide"
        point: dict[str, Value] = {**self.problem.environment.point, **drawn}
        environment = Environment(self.problem.quantities, point, arithmetic(40))
        if any(condition(environment, cell) > CONDITION for cell in self.cells):
            return "rounding that grows"
        return "" if self.is_same_branch(drawn) else "another branch, or outside the domain"

    def _is_elsewhere(self, numbers: Mapping[str, float]) -> bool:
        """Whether a condition is decided the other way, or there is a number on one side only."""
        return any(math.isfinite(numbers[cell]) != math.isfinite(self._reference[cell]) for cell in self._steps) or any(
            numbers[cell] != self._reference[cell] for cell in self._conditions
        )

    @cached_property
    def _conditions(self) -> list[str]:
        return [cell for cell in self._steps if isinstance(self.problem.environment.value(cell), bool)]

    def _is_trivial(self, numbers: Mapping[str, float]) -> bool:
        return any(_is(numbers[cell], n) for cell, avoided in self._trivial.items() for n in avoided)

    # -- what no draw avoids is held against none

    @cached_property
    def _looks(self) -> list[dict[str, float]]:
        """The problem at some draws."""
        drawn = [draw(self.problem.hash, i, self.choices) for i in range(_LOOKS)]
        looks = [self.numbers(numbers) for numbers in drawn if self.is_same_branch(numbers)]
        return [look for look in looks if not self._is_elsewhere(look)] or [self._reference]

    def is_same_branch(self, drawn: Mapping[str, Fraction]) -> bool:
        """Whether the same branches are taken, inside of statements too: what is not taken has no edges."""
        try:
            there = moved(self.problem, drawn).solution
        except (DomainError, ArithmeticError):
            return False
        return set(there.graph.edges(keys=True)) == set(self.problem.solution.graph.edges(keys=True))

    @cached_property
    def _trivial(self) -> dict[str, set[int]]:
        """Cell → those of 0, 1 and −1 that it should not be, as it can be something else."""
        found = {}
        for cell in self._steps:
            values = [look[cell] for look in self._looks]
            always = {n for n in _TRIVIAL if all(_is(value, n) for value in values)}
            # what is 1 here and 0 there, as the slope of relu, is never anything else
            switching = {1, -1} if all(any(_is(value, n) for n in _TRIVIAL) for value in values) else set()
            if not self.problem.quantities[cell].is_input and cell not in self._conditions:
                found[cell] = set(_TRIVIAL) - always - switching
        return found

    @cached_property
    def _good_looks(self) -> list[dict[str, float]]:
        """Those at which nothing is trivial: there a = relu(z) is z."""
        return [look for look in self._looks if not self._is_trivial(look)] or self._looks

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
        """Cell → its values at some draws: the same for cells that are always equal, as ∂L/∂z and ∂L/∂b."""
        return {cell: tuple([f"{look[cell]:.12g}" for look in self._good_looks]) for cell in self.cells}

    def _flaws(self, numbers: Mapping[str, float]) -> set[tuple[str, ...]]:
        """Likely mistakes that give a right answer, and pairs of them that give the same number."""
        told = self.rehearsal.at(numbers, self.digits, least=LIKELY)
        return {*told.hidden, *told.confused}

    @cached_property
    def _unavoidable_flaws(self) -> set[tuple[str, ...]]:
        """Such as that sin in degrees is nearly 0 wherever the angle is small."""
        return set.intersection(*map(self._flaws, self._good_looks))


#: So many draws are looked at to know what they have in common.
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

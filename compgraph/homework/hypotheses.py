"""What each possible mistake would have given: predictions in a student's own environment.

Answered cells are facts: a mistake is looked for in the recipe of a cell and in those of the unanswered cells that it
is computed from, one at a time.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from compgraph.expression import Variable
from compgraph.homework.environment import Environment, half_unit
from compgraph.homework.floats import Changed, Formula, Numbers, Sweep, as_float, upstream
from compgraph.homework.mutations import Mutation, mutations, recipe
from compgraph.homework.precise import fraction
from compgraph.homework.teacher import expected_mistakes

if TYPE_CHECKING:
    from compgraph.homework.problem import Problem

__all__ = ["Hypothesis", "Mistakes"]

#: At most so many hypotheses about a cell, and so many recipes computed again for them.
_MOST = 2_000
_WORK = 15_000
#: Digits that a sheet is replayed at.
_EARLY = (2, 3)
#: Numbers that stand in so many cells that nobody copies them.
_TRIVIAL = (0.0, 1.0, -1.0)
#: Relative differences below this are none.
_SAME = 1e-9


class Hypothesis(NamedTuple):
    """One mistake and the number that it gives.

    Attributes
    ----------
    mutation : Mutation
    site : str
        The cell whose recipe is wrong: the one in question, or an unanswered one before it.
    value : float
    formula : Formula, optional
        The wrong recipe of the site; None where the mistake is one of digits.
    """

    mutation: Mutation
    site: str
    value: float
    formula: Formula | None = None


class Mistakes:
    """The mistakes that can be made in a problem, made ready once."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.expected = expected_mistakes(problem)
        self._formulas: dict[str, Formula] = {}
        self._mutations: dict[str, list[tuple[Mutation, Formula]]] = {}

    def formula(self, cell: str) -> Formula:
        """The right recipe of a cell."""
        if cell not in self._formulas:
            self._formulas[cell] = Formula(recipe(self.problem.quantities[cell]))
        return self._formulas[cell]

    def of(self, cell: str) -> list[tuple[Mutation, Formula]]:
        """The mutations of a recipe, the teacher's own first, each with its formula."""
        if cell not in self._mutations:
            found = [*self.expected.get(cell, ()), *mutations(self.problem, cell)]
            self._mutations[cell] = [(mutation, Formula(mutation.recipe)) for mutation in found]
        return self._mutations[cell]

    @cached_property
    def points(self) -> list[Numbers]:
        """The problem at random points, to tell the same mistake in other words from another one."""
        return [Numbers(sample) for sample in self.problem.samples]

    def about(self, environment: Environment, cell: str) -> Suspicion:
        """All that can be suspected of a cell, given what the student answered."""
        return Suspicion(self, environment, cell)


class Suspicion:
    """The mistakes that may lie behind one cell of one sheet.

    Attributes
    ----------
    right : float
        What the recipe gives on the student's own numbers.
    """

    def __init__(self, mistakes: Mistakes, environment: Environment, cell: str) -> None:
        self.mistakes = mistakes
        self.environment = environment
        self.cell = cell
        self.quantities = mistakes.problem.quantities
        self.sweep = Sweep(upstream(self.quantities, cell, environment.given), mistakes.formula)
        self.numbers = Numbers(environment)
        self.right = as_float(environment.computed(cell))

    def structural(self, *, at_point: bool = True) -> Iterator[Hypothesis]:
        """Mutated recipes: of the cell itself, then of the unanswered ones before it, the nearest first.

        Those that make no difference to the number are left out, unless it is not `at_point` that it matters.
        """
        count = work = 0
        for site in reversed(self.sweep.cells):
            again = 1 + (len(self.sweep.after(site)) if site != self.cell else 0)
            for mutation, formula in self.mistakes.of(site):
                count, work = count + 1, work + again
                if count > _MOST or work > _WORK:
                    return
                value = self.sweep(site, formula(self.numbers), self.numbers)
                if not at_point or self._is_another(value):
                    yield Hypothesis(mutation, site, value, formula)

    def clerical(self, half: float) -> Iterator[Hypothesis]:
        """Mistakes of digits and of copying, which are in no recipe."""
        for digits in _EARLY:
            for value in self._replayed(digits):
                if self._is_another(value):
                    yield self._clerical("early_rounding", value)
        for value in _transposed(self.right, half):
            yield self._clerical("digit_transposition", value)
        kind, order = self.cell.partition(":")[0], self.quantities[self.cell].order
        for other in self.environment.given:
            later = self.quantities[other].order >= order  # what comes later is not there to be copied
            if later or not other.startswith(f"{kind}:") or self.numbers[other] in _TRIVIAL:
                continue
            if self._is_another(self.numbers[other]):
                mutation = Mutation("copied_cell", other, other, Variable(other))
                yield Hypothesis(mutation, self.cell, self.numbers[other], Formula(mutation.recipe))

    def _clerical(self, class_: str, value: float) -> Hypothesis:
        return Hypothesis(Mutation(class_, self.cell, "", None), self.cell, value)

    def _is_another(self, value: float) -> bool:
        """Whether a mistake makes a difference."""
        return math.isfinite(value) and abs(value - self.right) > _SAME * max(abs(value), abs(self.right))

    def _replayed(self, digits: int) -> Iterator[float]:
        """The cell from numbers rounded early: the student's own, and those of a sheet worked that way throughout."""
        own = {name: rounded(self.numbers[name], digits) for name in self.environment.given}
        yield _replay(self.sweep.cells, self.mistakes.formula, Changed(own, self.numbers), digits)
        reference = self.mistakes.problem.environment
        cells = upstream(self.quantities, self.cell, ())
        if len(cells) <= _WORK // 100:
            numbers = Numbers(reference)
            yield _replay(cells, self.mistakes.formula, numbers, digits)

    # -- comparing

    def at_points(self, hypothesis: Hypothesis) -> Iterator[float]:
        """What the mistake gives at the random points."""
        assert hypothesis.formula is not None
        for point in self.mistakes.points:
            yield self.sweep(hypothesis.site, hypothesis.formula(point), point)

    def spread(self, hypothesis: Hypothesis, working: int | None) -> float:
        """How far honest rounding before the mistake may have moved its number: as `Environment.spread`."""
        if hypothesis.formula is None:
            return 0.0
        variance = 0.0
        needed = dict.fromkeys(
            name for cell in self.sweep.cells for name in self._formula(cell, hypothesis).cells if name != self.cell
        )
        for name in needed:
            eta = self._half(name, working)
            if eta:
                variance += (2 * (self._moved(hypothesis, name, eta) - hypothesis.value)) ** 2 / 12
        return 2 * math.sqrt(variance) if math.isfinite(variance) else 0.0

    def _formula(self, cell: str, hypothesis: Hypothesis) -> Formula:
        return hypothesis.formula if cell == hypothesis.site and hypothesis.formula else self.mistakes.formula(cell)

    def _moved(self, hypothesis: Hypothesis, name: str, by: float) -> float:
        """What the mistake gives where one number is moved by rounding."""
        changed = Changed({name: self.numbers[name] + by}, self.numbers)
        for cell in self.sweep.cells:
            if cell != name:
                changed[cell] = self._formula(cell, hypothesis)(changed)
        return changed[self.cell]

    def _half(self, cell: str, working: int | None) -> float:
        """Half a unit of the last digit of a number: as typed, or as it would have been written."""
        given = self.environment.given.get(cell)
        if given is not None:
            return float(given.half)
        if working is None or self.quantities[cell].is_input or self.environment.is_sharp(cell, working):
            return 0.0
        value = self.environment.value(cell)
        return 0.0 if value is None else float(half_unit(fraction(value), working))


def _replay(
    cells: Sequence[str], formulas: Callable[[str], Formula], numbers: Mapping[str, float], digits: int
) -> float:
    """The last cell, with every number before it rounded to so many digits."""
    values = Changed({}, numbers)
    for cell in cells:
        values[cell] = formulas(cell)(values)
        if cell != cells[-1]:
            values[cell] = rounded(values[cell], digits)
    return values[cells[-1]]


def rounded(value: float, digits: int) -> float:
    """A number to so many significant digits.

    Examples
    --------
    >>> rounded(0.23456, 2), rounded(-1996.0, 3)
    (0.23, -2000.0)
    """
    return float(f"{value:.{digits - 1}e}") if math.isfinite(value) else value


def _transposed(value: float, half: float) -> Iterator[float]:
    """The number as it would have been typed, with two neighbouring digits exchanged."""
    if not half or not math.isfinite(value):
        return
    places = max(0, -math.floor(math.log10(2 * half) + 0.5))
    if places > 15 or abs(value) >= 1e12:
        return
    sign, digits = math.copysign(1, value), f"{abs(value) * (1 + 1e-13):.{places}f}"
    spots = [i for i, digit in enumerate(digits) if digit != "."]
    leading = next((i for i in spots if digits[i] != "0"), None)
    for i, k in itertools.pairwise(spots):
        a, b = digits[i], digits[k]
        if a != b and not ("0" in (a, b) and leading in (i, k)):  # what moves the leading digit moves the point
            yield sign * float(digits[:i] + b + digits[i + 1 : k] + a + digits[k + 1 :])

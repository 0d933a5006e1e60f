"""How well a sheet can tell mistakes apart: from the right answer, and from each other.

At some numbers a mistake does no harm (x² and 2x at x = 2), and at some two mistakes give the same number, so that
nobody can say which it was. Every mistake that the diagnosis knows is made here in advance.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from compgraph.homework.floats import Formula, Sweep, upstream
from compgraph.homework.priors import priors
from compgraph.homework.problem import Problem

__all__ = ["LIKELY", "Diagnosability", "Rehearsal"]

#: Mistakes of at least this prior are likely ones: numbers at which they hide are not picked.
LIKELY = 7

#: At most so many mistakes per cell, as in a diagnosis.
_MOST = 2_000

#: Formulas that agree so well at random points are the same.
_SAME = 1e-9


class Diagnosability(NamedTuple):
    """What a sheet can tell.

    Attributes
    ----------
    mistakes : int
        How many mistakes were made, those that are the same formula in other words counted once.
    distinct : int
        How many of them give a number of their own.
    hidden : tuple of (str, str)
        Cell and kind of the mistakes that give the right answer.
    confused : tuple of (str, str, str)
        Cell and kinds of two mistakes that give the same number.
    """

    mistakes: int
    distinct: int
    hidden: tuple[tuple[str, str], ...] = ()
    confused: tuple[tuple[str, str, str], ...] = ()

    @property
    def share(self) -> float:
        """The part of the mistakes that give a number of their own."""
        return self.distinct / self.mistakes if self.mistakes else 1.0

    def __str__(self) -> str:
        share = math.floor(100 * self.share)
        return f"{self.distinct} of {self.mistakes} possible mistakes give a number of their own ({share} %)."


class _Group(NamedTuple):
    """Mistakes that are one formula: where it is put in, what it is, and how common the most common of them is."""

    class_: str
    prior: int
    site: str
    formula: Formula


class Rehearsal:
    """All mistakes in the cells of a sheet, ready to be made at any numbers.

    Parameters
    ----------
    problem : Problem
    cells : sequence of str
        What the sheet asks. A mistake is made in one cell, with the others as they are: what stands on a sheet is used.

    Notes
    -----
    Mistakes that agree at the problem's random points are one. Making them all takes a few microseconds each.
    """

    def __init__(self, problem: Problem, cells: Sequence[str]) -> None:
        self.problem = problem
        self.cells = [cell for cell in cells if not cell.startswith("dgrad:")]
        self._sweeps: dict[str, Sweep] = {}
        self._groups: dict[str, list[_Group]] = {}
        for cell in self.cells:
            others = [other for other in self.cells if other != cell]
            sweep = Sweep(upstream(problem.quantities, cell, others), problem.mistakes.formula)
            self._sweeps[cell] = sweep
            self._groups[cell] = list(self._made(sweep))

    def _made(self, sweep: Sweep) -> Iterator[_Group]:
        table, mistakes = priors(), self.problem.mistakes
        target = sweep.cells[-1]
        right = tuple(mistakes.formula(target)(point) for point in mistakes.points)
        known = [right]
        found = [
            _Group(mutation.class_, table[mutation.class_].prior, site, formula)
            for site in reversed(sweep.cells)
            for mutation, formula in mistakes.of(site)
        ][:_MOST]
        for group in sorted(found, key=lambda group: table[group.class_].rank):
            values = tuple(sweep(group.site, group.formula(point), point) for point in mistakes.points)
            if any(map(math.isfinite, values)) and not any(_same(values, other) for other in known):
                known.append(values)
                yield group

    def predictions(self, cell: str, numbers: Mapping[str, float], *, least: int = 1) -> list[tuple[float, str]]:
        """What each mistake in a cell gives, the most common first: the number, and the kind of mistake."""
        sweep = self._sweeps[cell]
        found = [
            (sweep(group.site, group.formula(numbers), numbers), group.class_)
            for group in self._groups[cell]
            if group.prior >= least
        ]
        return [(value, class_) for value, class_ in found if math.isfinite(value)]

    def at(self, numbers: Mapping[str, float], digits: int, *, least: int = 1) -> Diagnosability:
        """What a sheet with these numbers can tell.

        Parameters
        ----------
        numbers : mapping of str to float
            Cell → its value, NaN where it has none: `Numbers` of an environment, or those of any other point.
        digits : int
            Significant digits of the answers.
        least : int
            The smallest prior of the mistakes that are made.
        """
        hidden: list[tuple[str, str]] = []
        confused: list[tuple[str, str, str]] = []
        total = distinct = 0
        for cell in self.cells:
            right = numbers[cell]
            if not math.isfinite(right):
                continue
            made = sorted(self.predictions(cell, numbers, least=least))
            total += len(made)
            for i, (value, class_) in enumerate(made):
                reach = _reach(value, digits)
                before = i > 0 and abs(made[i - 1][0] - value) <= reach
                after = i + 1 < len(made) and abs(made[i + 1][0] - value) <= reach
                same = abs(value - right) <= max(reach, _reach(right, digits))
                if same:
                    hidden.append((cell, class_))
                elif after:
                    confused.append((cell, class_, made[i + 1][1]))
                distinct += not (same or before or after)
        return Diagnosability(total, distinct, tuple(hidden), tuple(confused))


def _reach(value: float, digits: int) -> float:
    """How near another number may be at which somebody may arrive who rounds either to so many digits."""
    return 1.02 * 10.0 ** (math.floor(math.log10(abs(value))) + 1 - digits) if value else 0.0


def _same(a: Sequence[float], b: Sequence[float]) -> bool:
    return all(map(_agree, a, b))


def _agree(a: float, b: float) -> bool:
    if not (math.isfinite(a) and math.isfinite(b)):
        return math.isfinite(a) == math.isfinite(b)
    return abs(a - b) <= _SAME * max(abs(a), abs(b), _SAME)

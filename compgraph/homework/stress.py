"""Trying a problem before it is handed out: are honest students marked right, and would mistakes show?

>>> from compgraph.homework.problem import Problem
>>> problem = Problem("z = w*x + b; a = sigmoid(z)", at={"w": "0.6", "x": "1.5", "b": "-0.4"})
>>> found = stress(problem, digits=4, students=20)
>>> found.faulted, found.honest
((), 20)
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from compgraph.homework.diagnosability import Diagnosability, Rehearsal
from compgraph.homework.diagnosis import diagnose
from compgraph.homework.floats import Numbers
from compgraph.homework.grading import grade
from compgraph.homework.priors import priors
from compgraph.homework.problem import Problem
from compgraph.homework.simulation import honest, mistaken, mistakes, random_style

__all__ = ["Stress", "stress"]

_SHOWN = 8
_RIGHT = ("correct", "correct_rounding")


class Stress(NamedTuple):
    """What came of it.

    Attributes
    ----------
    cells, digits : int
        Of the sheet.
    honest : int
        Sheets of honest students.
    faulted : tuple of (str, str, str)
        Cell, answer and verdict, where one of them was not marked right.
    made : int
        Sheets with one mistake.
    shown : int
        Those where the mistake is seen: the cell is called wrong.
    alone : int
        Of these, those where nothing else is called wrong.
    named : int
        Of these, those where it is named first.
    possible : int
        How many mistakes could be made: more than `made` where there are too many to try.
    diagnosability : Diagnosability
    slowest_cell : tuple of (str, float)
        The cell whose diagnosis took longest, and the seconds.
    slowest_sheet : float
        The seconds that the slowest sheet took.
    """

    cells: int
    digits: int
    honest: int
    faulted: tuple[tuple[str, str, str], ...]
    made: int
    shown: int
    alone: int
    named: int
    possible: int
    diagnosability: Diagnosability
    slowest_cell: tuple[str, float]
    slowest_sheet: float

    @property
    def is_fair(self) -> bool:
        """Whether every honest student was marked right."""
        return not self.faulted

    def __str__(self) -> str:
        return "\n".join(_lines(self))

    def to_dict(self) -> dict[str, Any]:
        """As plain data, schema ``compgraph-stress/1``."""
        told = self.diagnosability
        return {
            "schema": "compgraph-stress/1",
            **self._asdict(),
            "faulted": [list(one) for one in self.faulted],
            "slowest_cell": list(self.slowest_cell),
            "diagnosability": {
                "mistakes": told.mistakes,
                "distinct": told.distinct,
                "hidden": [list(one) for one in told.hidden],
                "confused": [list(one) for one in told.confused],
            },
        }


def stress(
    problem: Problem,
    *,
    digits: int | None = None,
    students: int = 200,
    most: int = 1000,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Stress:
    """Mark simulated students on a problem: honest ones, and one for every mistake that can be made.

    Parameters
    ----------
    problem : Problem
    digits : int, optional
        Significant digits that are asked for and written; those of the problem's own `marking`, or 3.
    students : int
        How many honest ones.
    most : int
        How many mistakes are tried, drawn by lot where there are more.
    seed : int
        Of the lot.
    progress : function of two ints, optional
        Called with how many sheets are marked, and of how many.
    """
    for name, value in (("students", students), ("most", most)):
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise ValueError(f"{name}: expected a whole number, got {value!r:.40}.")
    options = {"digits": 3, **problem.marking, **({} if digits is None else {"digits": digits})}
    digits = int(options["digits"])
    grade(problem, {}, **options)  # a faulty option is said at once
    cells = [cell for cell in problem.cells if not isinstance(problem.reference(_number(cell)), bool)]
    rng = random.Random(seed)
    every = list(mistakes(problem, cells))
    tried = every if len(every) <= most else rng.sample(every, most)
    total, slowest = students + len(tried), 0.0
    faulted: dict[tuple[str, str, str], None] = {}
    for number in range(students):
        style = random_style(rng, cut=bool(options.get("truncation", True)))
        sheet = honest(problem, cells, digits, style)
        began = time.perf_counter()
        report = grade(problem, sheet, **options)
        slowest = max(slowest, time.perf_counter() - began)
        for cell, found in report.cells.items():
            if cell in sheet and found.verdict not in _RIGHT:
                faulted[cell, found.typed, found.verdict] = None
        if progress is not None:
            progress(number + 1, total)
    shown = alone = named = 0
    slowest_cell = ("", 0.0)
    for number, mistake in enumerate(tried, students + 1):
        sheet = mistaken(problem, cells, digits, mistake)
        began = time.perf_counter()
        report = grade(problem, sheet, **options)
        slowest = max(slowest, time.perf_counter() - began)
        if mistake.cell in report.roots:
            shown += 1
            alone += report.roots == [mistake.cell]
            first = report[mistake.cell].diagnoses[:1]
            named += any(mistake.class_ in (one.class_, *one.twins) for one in first)
            began = time.perf_counter()
            marking = report.marking
            diagnose(problem, marking.own, mistake.cell, marking.answers[mistake.cell], working=marking.options.working)
            slowest_cell = max(slowest_cell, (mistake.cell, time.perf_counter() - began), key=lambda one: one[1])
        if progress is not None:
            progress(number, total)
    told = Rehearsal(problem, cells).at(Numbers(problem.environment), digits)
    return Stress(
        len(cells), digits, students, tuple(faulted), len(tried), shown, alone, named, len(every), told, slowest_cell,
        slowest,
    )  # fmt: skip


def _number(cell: str) -> str:
    """The cell whose number belongs to a formula."""
    return cell.replace("dgrad:", "grad:", 1)


def _lines(found: Stress) -> list[str]:
    table, told = priors(), found.diagnosability
    lines = [f"{found.cells} cells at {found.digits} digits"]
    if found.faulted:
        lines.append(f"✗ of {found.honest} honest students some are not marked right:")
        lines += [f"    {cell} = {typed}   {verdict}" for cell, typed, verdict in found.faulted[:_SHOWN]]
        lines += _more(len(found.faulted))
    else:
        lines.append(f"✓ {found.honest} honest students, who round as people do: all marked right")
    lot = "" if found.made == found.possible else f" (of {found.possible}, drawn by lot)"
    lines.append(f"{_share(found.shown, found.made)} mistakes{lot} are seen")
    lines.append(f"{_share(found.alone, found.shown)} of these are the one error on their sheet")
    lines.append(f"{_share(found.named, found.shown)} of these are named first")
    lines.append(f"{_share(told.distinct, told.mistakes)} mistakes give a number of their own")
    lines += [f"    not seen: {table[one].title} in {cell}" for cell, one in told.hidden[:_SHOWN]]
    lines += _more(len(told.hidden))
    lines += [
        f"    not told apart: {table[one].title} and {table[other].title} in {cell}"
        for cell, one, other in told.confused[:_SHOWN]
    ]
    lines += _more(len(told.confused))
    cell, seconds = found.slowest_cell
    lines.append(
        f"slowest sheet {1000 * found.slowest_sheet:.0f} ms"
        + (f", slowest diagnosis {1000 * seconds:.1f} ms ({cell})" if cell else "")
    )
    return lines


def _more(count: int) -> list[str]:
    return [f"    and {count - _SHOWN} more"] if count > _SHOWN else []


def _share(part: int, whole: int) -> str:
    percent = f" ({100 * part // whole} %)" if whole else ""
    return f"{part} of {whole}{percent}"

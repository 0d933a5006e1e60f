"""What a class has in common: success per cell, mistakes by frequency, and wrong answers that several gave."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from compgraph.homework.answers import read_answer
from compgraph.homework.floats import as_float
from compgraph.homework.priors import priors
from compgraph.homework.report import Report

__all__ = ["CellSuccess", "Cluster", "Frequency", "clusters", "misconceptions", "success"]

#: What becomes of an answer → the verdicts for it.
GROUPS = {
    "right": ("correct", "correct_rounding"),
    "carried": ("follow_through", "eased"),
    "almost": ("too_few_digits", "approximate"),
    "wrong": ("wrong",),
    "blank": ("blank", "invalid"),
}
_GROUP = {verdict: group for group, verdicts in GROUPS.items() for verdict in verdicts}


class CellSuccess(NamedTuple):
    """How a class did in one cell: how many were right, consistent with an earlier error, almost right, wrong, blank.

    Attributes
    ----------
    credit : float
        The mean credit.
    """

    cell: str
    right: int
    carried: int
    almost: int
    wrong: int
    blank: int
    credit: float

    @property
    def sheets(self) -> int:
        """How many sheets have the cell."""
        return self.right + self.carried + self.almost + self.wrong + self.blank


class Frequency(NamedTuple):
    """One kind of mistake: how many students made it, in how many cells, and where most often.

    Attributes
    ----------
    likely : int
        The students of whom it is likely; of the others it is one of several possible readings.
    """

    class_: str
    title: str
    students: int
    likely: int
    cells: int
    where: tuple[str, ...]
    message: str


class Cluster(NamedTuple):
    """The same wrong answer, unexplained, on several sheets; of variants, the same multiple of the right number.

    Attributes
    ----------
    cell : str
    typed : str
        What stands there; or how many times the right number it is.
    students : tuple of str
    """

    cell: str
    typed: str
    students: tuple[str, ...]


def success(reports: Iterable[Report]) -> list[CellSuccess]:
    """Each cell, in the order in which the quantities are computed."""
    counts: dict[str, Counter[str]] = {}
    credits: dict[str, float] = {}
    for report in reports:
        for cell, found in report.cells.items():
            counts.setdefault(cell, Counter())[_GROUP[found.verdict]] += 1
            credits[cell] = credits.get(cell, 0.0) + found.credit
    return [
        CellSuccess(
            cell, count["right"], count["carried"], count["almost"], count["wrong"], count["blank"],
            round(credits[cell] / count.total(), 9),
        )
        for cell, count in counts.items()
    ]  # fmt: skip


def misconceptions(reports: Iterable[Report]) -> list[Frequency]:
    """Kinds of mistakes, those that most students made first; a teacher's own by their messages.

    Of several readings of a cell each counts as possible, and only one alone as likely.
    """
    cells: dict[tuple[str, str], Counter[str]] = {}
    likely: Counter[tuple[str, str]] = Counter()
    students: Counter[tuple[str, str]] = Counter()
    messages: dict[tuple[str, str], Counter[str]] = {}
    for report in reports:
        made: dict[tuple[str, str], bool] = {}
        for cell, found in report.cells.items():
            for diagnosis in found.diagnoses:
                own = diagnosis.message if diagnosis.class_ == "teacher" else ""
                key = diagnosis.class_, own
                made[key] = made.get(key, False) or diagnosis.level == "likely"
                cells.setdefault(key, Counter())[cell] += 1
                messages.setdefault(key, Counter())[diagnosis.message] += 1
        students.update(made.keys())
        likely.update(key for key, sure in made.items() if sure)
    table = priors()
    found_all = [
        Frequency(
            class_, own or table[class_].title, students[class_, own], likely[class_, own],
            cells[class_, own].total(), tuple(_most(cells[class_, own], 3)), _most(messages[class_, own], 1)[0],
        )
        for class_, own in cells
    ]  # fmt: skip
    return sorted(found_all, key=lambda one: (-one.students, -one.likely, -one.cells, one.title))


def clusters(reports: Iterable[Report]) -> list[Cluster]:
    """Wrong answers without an explanation that at least two students gave, the largest clusters first.

    Of variants of one problem the answers are held against the right numbers, to three digits.
    """
    reports = list(reports)
    variants = len({report.problem.hash for report in reports}) > 1
    given: dict[tuple[str, str, object], list[tuple[str, str]]] = {}
    order: dict[str, int] = {}
    for report in reports:
        problem = report.problem
        for cell, found in report.cells.items():
            order.setdefault(cell, len(order))
            if found.verdict != "wrong" or found.diagnoses:
                continue
            answer = read_answer(found.typed, decimal_comma=problem.decimal_comma)
            right = problem.reference(cell) if variants and not cell.startswith("dgrad:") else None
            typed = found.typed.strip()
            number: object = found.read_as or typed if answer.value is None else answer.value
            if answer.value is not None and right is not None and not isinstance(right, bool) and right != 0:
                number = typed = f"{as_float(answer.value) / as_float(right):.3g} times the right number"
            given.setdefault((problem.text, cell, number), []).append((typed, report.student))
    made = [
        Cluster(cell, who[0][0], tuple(student for _, student in who))
        for (_, cell, _), who in given.items()
        if len(who) > 1
    ]
    return sorted(made, key=lambda one: (-len(one.students), order[one.cell], one.typed))


def _most(counts: Counter[str], most: int) -> Sequence[str]:
    """The most frequent, of equally frequent ones the first."""
    return [name for name, _ in counts.most_common(most)]

"""Marking a class: every sheet in files and folders, who handed in what, and what counts.

>>> problem = Problem("z = w*x + b; a = sigmoid(z)", at={"w": "0.6", "x": "1.5", "b": "-0.4"}, title="hw3")
>>> sheets = [Sheet({"val:z": "0.5", "val:a": "0.622"}, "s1"), Sheet({"val:z": "0.9", "val:a": "0.711"}, "s2")]
>>> marked = grade_class(problem, sheets)
>>> [(entry.student, entry.score) for entry in marked.entries]
[('s1', 2.0), ('s2', 1.0)]
>>> marked["s2"].roots
['val:z']
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

from compgraph.homework.classreport import ATTEMPTS, Attempt, ClassReport, Entry, counting, overridden
from compgraph.homework.collecting import Failure, collected, natural
from compgraph.homework.distributing import ProblemOf, marked
from compgraph.homework.grading import grade
from compgraph.homework.joining import Joined, joined
from compgraph.homework.overrides import Overrides, load_overrides
from compgraph.homework.problem import Problem
from compgraph.homework.report import Override, Report
from compgraph.homework.roster import Person, Roster, load_roster
from compgraph.homework.sheets import Sheet
from compgraph.reading.lexing import shown

__all__ = ["grade_class"]


def grade_class(
    problem: ProblemOf,
    work: str | Path | Iterable[str | Path | Sheet],
    *,
    executor: Executor | None = None,
    roster: Roster | str | Path | None = None,
    attempts: str = "best",
    penalty: float = 0.1,
    overrides: Overrides | str | Path | None = None,
    secret: str | bytes | None = None,
    leave: Iterable[str | Path] = (),
    progress: Callable[[int, int], None] | None = None,
    **options: Any,
) -> ClassReport:
    """Mark the sheets of a class.

    Parameters
    ----------
    problem : Problem, or function of a Sheet
        A sheet with a printed seed is marked with that variant of the problem. A function says for each sheet which
        problem it answers; with an executor of other processes it has to be one that pickles.
    work : paths and sheets
        Files, folders, sheets, in the order in which they were handed in; see `collecting.collected`.
    executor : concurrent.futures.Executor, optional
        Who marks: a pool of processes, ``client.get_executor()`` of dask.distributed, …; the result is the same.
    roster : Roster or path, optional
        The class list: sheets are joined to it by id, and whoever has none is listed.
    attempts : {"best", "last", "penalty"}
        Which of several sheets of a student counts; with ``penalty`` the best, where each one before it cost a part.
    penalty : float
        That part, from 0 to 1.
    overrides : mapping or path, optional
        What a teacher has decided; see `compgraph.homework.overrides`.
    secret : str or bytes, optional
        The course's: with it a sheet counts only with the numbers that were made for its student.
    leave : paths
        Files that are no answers, though they lie among them.
    progress : function of two ints, optional
        Called with how many sheets are marked, and of how many.
    **options
        Those of `grade`; those of the problem's own `marking` if left out.

    Raises
    ------
    ValueError, TypeError, OSError
        The problem, an option, the class list or the overrides are faulty, or there is nothing to mark. A faulty sheet
        never raises: it is one of the `failures`.
    """
    if attempts not in ATTEMPTS:
        raise ValueError(f"attempts: expected one of {', '.join(ATTEMPTS)}, got {attempts!r:.40}.")
    if isinstance(penalty, bool) or not isinstance(penalty, (int, float)) or not 0 <= penalty <= 1:
        raise ValueError(f"penalty: expected a number from 0 to 1, got {penalty!r:.40}.")
    if isinstance(problem, Problem):
        grade(problem, {}, **{**problem.marking, **options})  # a faulty option is said once, not with every sheet
    if isinstance(roster, (str, Path)):
        roster = load_roster(roster)
    if isinstance(overrides, (str, Path)):
        overrides = load_overrides(overrides)
    sheets, failures = collected(work, leave=leave)
    known = joined(sheets, roster, base=problem if isinstance(problem, Problem) else None, secret=secret)
    failures = [*(failure._replace(student=_guessed(failure, roster)) for failure in failures), *known.refused]
    suspicion = []
    if secret is not None and known.refused and not known.sheets:
        suspicion.append("no sheet bears a seed made with this secret and this problem: are these the right ones?")
    reports, remarks = marked(
        problem, [one.sheet for one in known.sheets], options, executor=executor, progress=progress
    )
    tried: dict[str, list[tuple[Joined, Report]]] = {}
    for one, report in zip(known.sheets, reports, strict=True):
        if isinstance(report, str):
            failures.append(Failure(one.sheet.source, _reason(report, one.sheet), one.student))
        else:
            tried.setdefault(one.student, []).append((one, report))
    decided, faults = _decided(overrides or {}, tried)
    listed = {person.student: person for person in roster.people} if roster else {}
    order = [*listed, *sorted(tried.keys() - listed.keys(), key=natural)]
    entries = [
        _entry(student, listed.get(student), tried.get(student, []), decided, attempts, penalty, failures)
        for student in order
    ]
    return ClassReport(
        entries,
        title=_title(problem, entries),
        failures=sorted(failures, key=lambda failure: natural(failure.source)),
        remarks=[*(roster.remarks if roster else ()), *suspicion, *faults, *remarks],
        roster=roster,
        overrides=decided,
        attempts=attempts,
    )


def _entry(
    student: str,
    person: Person | None,
    tried: list[tuple[Joined, Report]],
    overrides: Overrides,
    attempts: str,
    penalty: float,
    failures: Iterable[Failure],
) -> Entry:
    found = tuple(
        Attempt(
            one.sheet.source,
            overridden(report, student, overrides),
            max(0.0, 1 - penalty * number) if attempts == "penalty" else 1.0,
        )
        for number, (one, report) in enumerate(tried)
    )
    remarks = dict.fromkeys(one.remark for one, _ in tried if one.remark)
    if not found:
        remarks["no sheet was marked"] = None
    for _, report in tried:
        if report.unknown:
            remarks[f"no cells of this problem: {', '.join(shown(name) for name in list(report.unknown)[:3])}"] = None
    for failure in failures:
        if failure.student == student:
            remarks[f"{failure.source}: {failure.reason}"] = None
    return Entry(student, person, found, counting(found, attempts), tuple(remarks))


def _decided(
    overrides: Overrides, tried: Mapping[str, list[tuple[Joined, Report]]]
) -> tuple[dict[tuple[str, str], Override], list[str]]:
    """The overrides by canonical names, and those that nothing can be found for: they are kept, and said."""
    decided: dict[tuple[str, str], Override] = {}
    faults = []
    for (student, cell), override in overrides.items():
        if not math.isfinite(override.credit) or not 0 <= override.credit <= 1:
            raise ValueError(f"override: expected a credit from 0 to 1, got {override.credit!r:.40}.")
        name = cell
        if student not in tried:
            faults.append(f"override of {shown(cell)} of {shown(student)}: no sheet of theirs was marked")
        else:
            _, report = tried[student][0]
            try:
                name = report.problem.quantities.name(cell)
            except ValueError as error:
                faults.append(f"override of {shown(cell)} of {shown(student)}: {getattr(error, 'message', error)}")
            else:
                if not any(name in other.cells for _, other in tried[student]):
                    faults.append(f"override of {shown(cell)} of {shown(student)}: it is not on their sheet")
        decided[student, name] = override
    return decided, faults


def _guessed(failure: Failure, roster: Roster | None) -> str:
    """Whose file it may be that cannot be read, by its name."""
    person = roster.find_in(Path(failure.source)) if roster else None
    return person.student if person else ""


def _reason(text: str, sheet: Sheet) -> str:
    return shown(text.removeprefix(f"{sheet.source}: "), 400)


def _title(problem: ProblemOf, entries: Iterable[Entry]) -> str:
    if isinstance(problem, Problem):
        return problem.title
    return next((entry.attempt.report.problem.title for entry in entries if entry.attempt), "")

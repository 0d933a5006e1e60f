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
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor
from pathlib import Path
from typing import Any, NamedTuple

from compgraph.homework.collecting import Failure, collected, natural
from compgraph.homework.distributing import ProblemOf, marked
from compgraph.homework.grading import grade
from compgraph.homework.joining import Joined, joined
from compgraph.homework.overrides import Overrides, load_overrides
from compgraph.homework.problem import Problem
from compgraph.homework.report import Override, Report
from compgraph.homework.roster import Person, Roster, load_roster
from compgraph.homework.sheets import Sheet
from compgraph.homework.verdict import policy
from compgraph.reading.lexing import shown

__all__ = ["ATTEMPTS", "Attempt", "ClassReport", "Entry", "grade_class"]

#: Which of several sheets of a student counts.
ATTEMPTS = ("best", "last", "penalty")


class Attempt(NamedTuple):
    """One sheet of a student, marked.

    Attributes
    ----------
    source : str
        The file.
    report : Report
    factor : float
        What its score is multiplied by: less than 1 for later attempts, where these cost something.
    """

    source: str
    report: Report
    factor: float = 1.0

    @property
    def score(self) -> float:
        """What it is worth."""
        return round(self.report.score * self.factor, 9)


class Entry(NamedTuple):
    """One student of a class.

    Attributes
    ----------
    student : str
        The id.
    person : Person, optional
        As in the class list.
    attempts : tuple of Attempt
        Their sheets, in order.
    counts : int, optional
        The number of the one that counts; None without any.
    remarks : tuple of str
        What a teacher should know.
    """

    student: str
    person: Person | None
    attempts: tuple[Attempt, ...]
    counts: int | None
    remarks: tuple[str, ...] = ()

    @property
    def attempt(self) -> Attempt | None:
        """The sheet that counts."""
        return None if self.counts is None else self.attempts[self.counts]

    @property
    def score(self) -> float | None:
        """None without a sheet, which is not the same as zero."""
        return None if self.attempt is None else self.attempt.score

    @property
    def max_score(self) -> int | None:
        """Of the sheet that counts."""
        return None if self.attempt is None else self.attempt.report.max_score


class ClassReport(Mapping[str, Report]):
    """Student → the report that counts.

    Attributes
    ----------
    title : str
    entries : tuple of Entry
        Everybody: in the order of the class list, then those who are not in it, by their ids.
    failures : tuple of Failure
        Files and sheets that could not be marked, each with the reason.
    remarks : tuple of str
        What else a teacher should know.
    roster : Roster, optional
    overrides : mapping
        Student and cell → what the teacher decided.
    """

    def __init__(
        self,
        entries: Iterable[Entry],
        *,
        title: str = "",
        failures: Iterable[Failure] = (),
        remarks: Iterable[str] = (),
        roster: Roster | None = None,
        overrides: Overrides | None = None,
        attempts: str = "best",
    ) -> None:
        self.entries = tuple(entries)
        self.title = title
        self.failures = tuple(failures)
        self.remarks = tuple(remarks)
        self.roster = roster
        self.overrides = dict(overrides or {})
        self.attempts = attempts
        self._reports = {entry.student: entry.attempt.report for entry in self.entries if entry.attempt}

    def __getitem__(self, student: str) -> Report:
        return self._reports[student]

    def __iter__(self) -> Iterator[str]:
        return iter(self._reports)

    def __len__(self) -> int:
        return len(self._reports)

    @property
    def max_score(self) -> int:
        """The most that somebody could have."""
        return max((entry.max_score or 0 for entry in self.entries), default=0)

    @property
    def missing(self) -> list[Entry]:
        """Those in the class list of whom no sheet was marked."""
        return [entry for entry in self.entries if entry.attempt is None]

    def regrade(self, credit: Mapping[str, Any] | None = None) -> ClassReport:
        """The same verdicts scored under another policy; what a teacher has overridden stays."""
        policy(credit)
        return self._rescored(lambda report: report.regrade(credit), self.overrides)

    def override(self, student: str, cell: str, credit: float, *, reason: str = "", comment: str = "") -> ClassReport:
        """The class with a teacher's own credit for one cell of a student: of each of their sheets that has it."""
        if student not in self:
            raise KeyError(f"no sheet of {student!r:.40} was marked.")
        cell = self[student].problem.quantities.name(cell)
        self[student].override(cell, credit)
        decided = Override(float(credit), reason, comment)
        return self._rescored(lambda report: report, {**self.overrides, (student, cell): decided})

    def _rescored(self, change: Callable[[Report], Report], overrides: Overrides) -> ClassReport:
        def again(attempt: Attempt, student: str) -> Attempt:
            return attempt._replace(report=_overridden(change(attempt.report), student, overrides))

        entries = []
        for entry in self.entries:
            tried = tuple(again(attempt, entry.student) for attempt in entry.attempts)
            entries.append(entry._replace(attempts=tried, counts=_counting(tried, self.attempts)))
        return ClassReport(
            entries, title=self.title, failures=self.failures, remarks=self.remarks, roster=self.roster,
            overrides=overrides, attempts=self.attempts,
        )  # fmt: skip

    # -- showing

    def __str__(self) -> str:
        from compgraph.homework.classwording import class_text

        return class_text(self)

    __repr__ = __str__

    def grades(self) -> str:
        """``grades.csv``: the columns of the class list, then score and remarks; the text of a file."""
        from compgraph.homework.gradebook import grades_csv

        return grades_csv(self)

    def upload(self) -> str:
        """The class list with the score in it, for the platform that it came from."""
        from compgraph.homework.gradebook import upload_csv

        return upload_csv(self)

    def html(self) -> str:
        """A page for the teacher, without script."""
        from compgraph.homework.classpage import class_page

        return class_page(self)

    def to_dict(self) -> dict[str, Any]:
        """The class as plain data, schema ``compgraph-class/1``."""
        from compgraph.homework.tallies import clusters, misconceptions, success

        reports = list(self.values())
        return {
            "schema": "compgraph-class/1",
            "title": self.title,
            "students": [
                {
                    "student": entry.student,
                    "name": entry.person.name if entry.person else "",
                    "score": entry.score,
                    "max_score": entry.max_score,
                    "attempts": [{"source": one.source, "score": one.score} for one in entry.attempts],
                    "counts": entry.counts,
                    "remarks": list(entry.remarks),
                }
                for entry in self.entries
            ],
            "failures": [failure._asdict() for failure in self.failures],
            "remarks": list(self.remarks),
            "cells": [one._asdict() for one in success(reports)],
            "misconceptions": [one._asdict() for one in misconceptions(reports)],
            "clusters": [one._asdict() for one in clusters(reports)],
        }


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
        Who marks: a pool of processes, ``client.get_executor()`` of dask.distributed, loky's, …; the result is the same.
    roster : Roster or path, optional
        The class list: sheets are joined to it by id, and whoever has none is listed.
    attempts : {"best", "last", "penalty"}
        Which of several sheets of a student counts; with ``penalty`` the best, where each attempt before it cost a part.
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
        remarks=[*(roster.remarks if roster else ()), *faults, *remarks],
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
            _overridden(report, student, overrides),
            max(0.0, 1 - penalty * number) if attempts == "penalty" else 1.0,
        )
        for number, (one, report) in enumerate(tried)
    )
    remarks = dict.fromkeys(one.remark for one, _ in tried if one.remark)
    if not found:
        remarks["no sheet was marked"] = None
    for failure in failures:
        if failure.student == student:
            remarks[f"{failure.source}: {failure.reason}"] = None
    return Entry(student, person, found, _counting(found, attempts), tuple(remarks))


def _counting(tried: tuple[Attempt, ...], attempts: str) -> int | None:
    """The number of the attempt that counts; of several equally good ones the first."""
    if not tried:
        return None
    if attempts == "last":
        return len(tried) - 1
    return max(range(len(tried)), key=lambda number: (tried[number].score, -number))


def _overridden(report: Report, student: str, overrides: Overrides) -> Report:
    for (who, cell), decided in overrides.items():
        if who == student and cell in report:
            report = report.override(cell, decided.credit, reason=decided.reason, comment=decided.comment)
    return report


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
                if not any(name in other for _, other in tried[student]):
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

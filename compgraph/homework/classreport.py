"""What is known of a class that is marked: everybody's sheets, what counts, and what could not be marked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from compgraph.homework.collecting import Failure
from compgraph.homework.overrides import Overrides
from compgraph.homework.report import Override, Report
from compgraph.homework.roster import Person, Roster
from compgraph.homework.verdict import policy

__all__ = ["ATTEMPTS", "Attempt", "ClassReport", "Entry", "counting", "overridden"]

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
    def notes(self) -> list[str]:
        """The remarks, which of several sheets counts, and what the teacher has decided."""
        if self.attempt is None:
            return list(self.remarks)
        told = list(self.remarks)
        if len(self.attempts) > 1:
            which = self.attempt.source or f"the sheet handed in as number {(self.counts or 0) + 1}"
            told.append(f"of {len(self.attempts)} sheets {which} counts")
        for cell, found in self.attempt.report.cells.items():
            if found.override is not None:
                reason = f": {found.override.reason}" if found.override.reason else ""
                told.append(f"{cell}: {found.override.credit:g} by the teacher{reason}")
        return told

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
            return attempt._replace(report=overridden(change(attempt.report), student, overrides))

        entries = []
        for entry in self.entries:
            tried = tuple(again(attempt, entry.student) for attempt in entry.attempts)
            entries.append(entry._replace(attempts=tried, counts=counting(tried, self.attempts)))
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
                    "remarks": entry.notes,
                }
                for entry in self.entries
            ],
            "failures": [failure._asdict() for failure in self.failures],
            "remarks": list(self.remarks),
            "cells": [one._asdict() for one in success(reports)],
            "misconceptions": [one._asdict() for one in misconceptions(reports)],
            "clusters": [one._asdict() for one in clusters(reports)],
        }


def counting(tried: tuple[Attempt, ...], attempts: str) -> int | None:
    """The number of the attempt that counts; of several equally good ones the first."""
    if not tried:
        return None
    if attempts == "last":
        return len(tried) - 1
    return max(range(len(tried)), key=lambda number: (tried[number].score, -number))


def overridden(report: Report, student: str, overrides: Overrides) -> Report:
    """A report with what the teacher decided about its student."""
    for (who, cell), decided in overrides.items():
        if who == student and cell in report.cells:
            report = report.override(cell, decided.credit, reason=decided.reason, comment=decided.comment)
    return report

"""What is handed back: the score, a verdict for each cell, and why.

Without `reveal` a report holds no number that the student was to find: not the reference, not what follows from the
student's own numbers, and no radius.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from compgraph.errors import ParseError
from compgraph.homework.answers import Answer
from compgraph.homework.marking import Mark, Marking
from compgraph.homework.problem import Problem
from compgraph.homework.tracing import Trace, shown_number, trace_of
from compgraph.homework.verdict import Options, policy

__all__ = ["CellReport", "Override", "Report"]

#: Significant digits of a number without end, as data and in text.
_DIGITS = 15


class Override(NamedTuple):
    """A teacher's own credit for a cell, kept when the sheet is scored again."""

    credit: float
    reason: str = ""
    comment: str = ""


class CellReport(NamedTuple):
    """One cell of a report.

    Attributes
    ----------
    verdict : str
    credit : float
        From 0 to 1.
    typed, read_as : str
    message : str
        Why an answer is invalid, or what else should be said about it.
    flags, formula, because
        As in `Mark`.
    diagnoses : tuple
        What probably went wrong, for root errors.
    reference, follow_through : str, optional
        The right number, and what follows from the student's own earlier ones; with `reveal` only.
    radius : float, optional
        How far from that an answer may lie; with `reveal` only.
    override : Override, optional
    """

    verdict: str
    credit: float
    typed: str
    read_as: str = ""
    message: str = ""
    flags: tuple[str, ...] = ()
    formula: str = ""
    because: tuple[str, ...] = ()
    diagnoses: tuple[Any, ...] = ()
    reference: str | None = None
    follow_through: str | None = None
    radius: float | None = None
    override: Override | None = None


class Report(Mapping[str, CellReport]):
    """Canonical cell → its `CellReport`, in the order in which the quantities are computed.

    Attributes
    ----------
    problem : Problem
    student : str
    unknown : dict of str to str
        What stood on the sheet and is no cell of the problem → what is wrong with it.
    misconceptions : tuple
        Mistakes of one kind that explain several cells, each once.
    """

    def __init__(
        self,
        marking: Marking,
        *,
        student: str = "",
        unknown: Mapping[str, str] | None = None,
        credit: Mapping[str, Any] | None = None,
        follow_through: bool = True,
        reveal: bool = False,
        diagnoses: Mapping[str, Sequence[Any]] | None = None,
        misconceptions: Sequence[Any] = (),
        overrides: Mapping[str, Override] | None = None,
    ) -> None:
        self.problem: Problem = marking.problem
        self.student = student
        self.unknown = dict(unknown or {})
        self.credit = policy(credit)
        self.follow_through = follow_through
        self.reveal = reveal
        self.diagnoses = {cell: tuple(found) for cell, found in (diagnoses or {}).items()}
        self.misconceptions = tuple(misconceptions)
        self.overrides = dict(overrides or {})
        self._options: Options = marking.options
        self._answers: Mapping[str, Answer] = marking.answers
        self._marks: Mapping[str, Mark] = marking.marks
        self.__dict__["marking"] = marking

    @cached_property
    def marking(self) -> Marking:
        """The verdicts with everything that led to them: made anew where a report has travelled."""
        return Marking(self.problem, self._answers, self._options)

    def __getstate__(self) -> dict[str, Any]:
        # a report that travels takes no reference along
        return {key: value for key, value in self.__dict__.items() if key not in ("marking", "cells")}

    # -- the cells

    @cached_property
    def cells(self) -> dict[str, CellReport]:
        """Cell → report."""
        return {cell: self._cell(mark) for cell, mark in self._marks.items()}

    def __getitem__(self, cell: str) -> CellReport:
        if cell not in self.cells:
            cell = self.problem.quantities.name(cell)
        if cell not in self.cells:
            raise KeyError(f"{cell} is not on this sheet: expected one of {', '.join(list(self.cells)[:20])}.")
        return self.cells[cell]

    def __contains__(self, cell: object) -> bool:
        try:
            return cell in self.cells or self.problem.quantities.name(str(cell)) in self.cells
        except ParseError:
            return False

    def __iter__(self) -> Any:
        return iter(self.cells)

    def __len__(self) -> int:
        return len(self.cells)

    def _cell(self, mark: Mark) -> CellReport:
        cell, answer = mark.cell, mark.answer
        override = self.overrides.get(cell)
        revealed: dict[str, Any] = {}
        if self.reveal:
            marking = self.marking
            revealed = {
                "reference": shown_number(marking.reference.value(cell), _DIGITS),
                "follow_through": shown_number(marking.own.computed(cell), _DIGITS),
                "radius": marking.radius(cell),
            }
        return CellReport(
            mark.verdict,
            self._credit(mark) if override is None else override.credit,
            answer.typed,
            answer.read_as,
            answer.message,
            mark.flags,
            mark.formula,
            mark.because,
            self.diagnoses.get(cell, ()),
            override=override,
            **revealed,
        )

    def _credit(self, mark: Mark) -> float:
        credit = self.credit[mark.verdict]
        if mark.verdict in ("follow_through", "eased") and not self.follow_through:
            credit = 0.0
        if "short" in mark.flags:
            credit = min(credit, self.credit["too_few_digits"])
        if not {"no_digits", "coarse"}.isdisjoint(mark.flags):
            credit = 0.0
        if mark.answer.kind == "both" and mark.answer.value is not None:
            # the formula and its number are half of the cell each
            credit = (credit + self.credit["correct" if mark.formula == "correct" else "wrong"]) / 2
        return credit

    # -- the sheet

    @property
    def counted(self) -> list[str]:
        """The cells that count: those the problem asks, or all that stood on the sheet."""
        asked = self.problem.asked
        return list(self.cells) if asked is None else asked

    @property
    def score(self) -> float:
        """The sum of credits."""
        return round(sum(self.cells[cell].credit for cell in self.counted), 9)

    @property
    def max_score(self) -> int:
        """One for each cell that counts."""
        return len(self.counted)

    @property
    def roots(self) -> list[str]:
        """The cells where something went wrong first."""
        return [cell for cell, mark in self._marks.items() if mark.verdict == "wrong"]

    def regrade(self, credit: Mapping[str, Any] | None = None) -> Report:
        """The same verdicts scored under another policy; what a teacher has overridden stays."""
        return self._changed(credit=policy(credit))

    def override(self, cell: str, credit: float, *, reason: str = "", comment: str = "") -> Report:
        """The report with a teacher's own credit for one cell."""
        if isinstance(credit, bool) or not isinstance(credit, (int, float)) or not 0 <= credit <= 1:
            raise ValueError(f"override: expected a credit from 0 to 1, got {credit!r:.40}.")
        self[cell]
        name = self.problem.quantities.name(cell)
        return self._changed(overrides={**self.overrides, name: Override(float(credit), reason, comment)})

    def _changed(self, **changes: Any) -> Report:
        # the verdicts stay as they are: nothing is marked again
        changed = object.__new__(Report)
        changed.__dict__ |= {**self.__dict__, **changes}
        changed.__dict__.pop("cells", None)
        return changed

    def trace(self, cell: str) -> Trace:
        """Where the expected number of a cell comes from, given the student's own: recipe, numbers put in, result.

        Without `reveal` only numbers that stand on the sheet are put in, and the result is left out.
        """
        name = self.problem.quantities.name(cell)
        return trace_of(
            self.problem.quantities[name], self.marking.own, reveal=self.reveal, digits=self._options.digits + 2
        )

    # -- showing

    def __str__(self) -> str:
        from compgraph.homework.wording import sheet_text

        return sheet_text(self)

    __repr__ = __str__

    def html(self) -> str:
        """The report as a page: the graph with the student's own numbers, coloured, and a row for every cell."""
        from compgraph.homework.page import document

        return document(self)

    def _repr_html_(self) -> str:
        from compgraph.homework.page import fragment

        return fragment(self)

    def to_dict(self) -> dict[str, Any]:
        """The report as plain data, schema ``compgraph-report/1``."""
        return {
            "schema": "compgraph-report/1",
            "problem": self.problem.hash,
            "title": self.problem.title,
            "student": self.student,
            "score": self.score,
            "max_score": self.max_score,
            "roots": self.roots,
            "misconceptions": [_plain(found) for found in self.misconceptions],
            "unknown": self.unknown,
            "cells": {cell: self._plain_cell(found) for cell, found in self.cells.items()},
        }

    def _plain_cell(self, found: CellReport) -> dict[str, Any]:
        data = found._asdict()
        data["flags"], data["because"] = list(found.flags), list(found.because)
        data["diagnoses"] = [_plain(diagnosis) for diagnosis in found.diagnoses]
        data["override"] = found.override._asdict() if found.override else None
        hidden = () if self.reveal else ("reference", "follow_through", "radius")
        return {key: value for key, value in data.items() if key not in hidden}


def _plain(found: Any) -> Any:
    """A diagnosis or misconception as data: its fields, ``class_`` as ``class``."""
    fields: dict[str, Any] = found._asdict()
    return {key.rstrip("_"): list(value) if isinstance(value, tuple) else value for key, value in fields.items()}

"""Marks as tables: ``grades.csv`` for the teacher, and the class list with the marks for Moodle or Canvas.

What begins like a formula is written with an apostrophe in front: a table is opened with a spreadsheet, and students
choose what stands in it.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING

from compgraph.homework.classwording import failure_text
from compgraph.homework.roster import Roster
from compgraph.reading.lexing import shown
from compgraph.render.runs import clean

if TYPE_CHECKING:
    from compgraph.homework.classreport import ClassReport, Entry

__all__ = ["grades_csv", "guarded", "upload_csv"]

#: What a spreadsheet takes for the beginning of a formula, also in full width.
_FORMULA = re.compile(r"[\s\x00]*[-=+@＝＋－＠]\s*\S|[\t\r\n]")
_CANVAS = ("student", "id", "sis user id", "sis login id", "integration id", "section")
_GRADE, _FEEDBACK, _MAXIMUM = "grade", "feedback comments", "maximum grade"


def guarded(text: str) -> str:
    """Text that no spreadsheet computes with.

    Examples
    --------
    >>> guarded("=1+1"), guarded(" @x"), guarded("Ann"), guarded("")
    ("'=1+1", "' @x", 'Ann', '')
    """
    return f"'{clean(text)}" if _FORMULA.match(text) else clean(text)


def grades_csv(found: ClassReport) -> str:
    """A row for everybody: the columns of the class list, score, remarks and the credit of each cell.

    Below them there is a row for each file that could not be marked, so that a table holds all that there was.
    """
    header = found.roster.header if found.roster else ()
    cells = list(dict.fromkeys(cell for report in found.values() for cell in report.cells))
    own = ["student", "score", "max_score", "percent", "attempts", "remarks"]
    rows: list[Iterable[str]] = [[*header, *own, *cells]]
    for entry in found.entries:
        fields = entry.person.fields[: len(header)] if entry.person else [""] * len(header)
        rows.append([*fields, *_marks(entry), *(_credit(entry, cell) for cell in cells)])
    for failure in found.failures:
        about = [failure.student, "", "", "", "", f"not marked: {failure_text(failure)}"]
        rows.append([*[""] * len(header), *about, *[""] * len(cells)])
    return _written(rows)


def upload_csv(found: ClassReport) -> str:
    """The class list as the platform takes it back: who, and the score in the column of this homework.

    Moodle's worksheet for grades keeps its columns and gets grade and feedback; of a gradebook of Canvas there are the
    columns that say who, and the one of this homework if it is there, a new one otherwise. Where the list says how many
    points there are, the score is scaled to them. Whoever handed in nothing keeps what stands there.

    Raises
    ------
    ValueError
        There is no class list.
    """
    roster = found.roster
    if roster is None:
        raise ValueError("no class list: expected the file that Moodle or Canvas gave. Name it with roster=.")
    folded = [name.strip().casefold() for name in roster.header]
    mine = next((i for i, name in enumerate(folded) if _is_titled(name, found.title)), None)
    if roster.kind == "moodle" and _GRADE in folded and "identifier" in folded:
        kept, mine = list(range(len(folded))), folded.index(_GRADE)
    elif roster.kind == "canvas":
        kept = [i for i, name in enumerate(folded) if name in _CANVAS]
    else:
        kept = [i for i in range(len(folded)) if i in roster.id_columns or i in roster.name_columns]
    if mine is not None and mine not in kept:
        kept.append(mine)
    title = [] if mine is not None else [found.title or "score"]
    rows: list[Iterable[str]] = [[*(roster.header[i] for i in kept), *title]]
    for entry in found.entries:
        if entry.person is None:
            continue
        fields = list(entry.person.fields)
        score = _scaled(entry, roster, fields, folded, mine)
        if mine is not None and entry.attempt is not None:
            fields[mine] = score
        if _FEEDBACK in folded and folded.index(_FEEDBACK) in kept and entry.attempt is not None:
            report = entry.attempt.report
            if not report.reveal:  # what a student may see
                fields[folded.index(_FEEDBACK)] = f"<pre>{escape(str(report))}</pre>"
        rows.append([*(fields[i] for i in kept), *([] if mine is not None else [score])])
    return _written(rows)


def _is_titled(heading: str, title: str) -> bool:
    """Whether a heading is that of this homework; Canvas puts a number behind it."""
    return bool(title) and re.sub(r"\s*\(\d+\)$", "", heading) == title.strip().casefold()


def _scaled(entry: Entry, roster: Roster, fields: Sequence[str], folded: Sequence[str], column: int | None) -> str:
    if entry.score is None:
        return ""
    points = ""
    if _MAXIMUM in folded:
        points = fields[folded.index(_MAXIMUM)]
    elif column is not None and column < len(roster.points):
        points = roster.points[column]
    try:
        most = float(points.replace(",", "."))
    except ValueError:
        most = 0.0
    return _number(entry.score * most / entry.max_score if most > 0 and entry.max_score else entry.score)


def _marks(entry: Entry) -> list[str]:
    remarks = "; ".join(shown(remark, 300) for remark in entry.notes)
    if entry.score is None:
        return [entry.student, "", "", "", str(len(entry.attempts)), remarks]
    most = entry.max_score or 0
    percent = _number(100 * entry.score / most) if most else ""
    return [entry.student, _number(entry.score), str(most), percent, str(len(entry.attempts)), remarks]


def _credit(entry: Entry, cell: str) -> str:
    if entry.attempt is None or cell not in entry.attempt.report.cells:
        return ""
    return _number(entry.attempt.report[cell].credit)


def _number(value: float) -> str:
    """A mark: at most five decimals, and no zeros at their end."""
    return f"{value:.5f}".rstrip("0").rstrip(".")


def _written(rows: Iterable[Iterable[str]]) -> str:
    file = io.StringIO(newline="")
    csv.writer(file).writerows([guarded(field) for field in row] for row in rows)
    return file.getvalue()

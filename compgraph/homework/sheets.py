"""Answer files: TOML, JSON and CSV, one student or a class; read as text, so that 0.50 and 1/3 stay what they are.

A sheet in TOML (JSON has the same shape)::

    schema  = "compgraph-answers/1"
    problem = "b2:3f9c…"
    seed    = "3f9c02d4a1b7e865#2"    # of a variant
    student = "s123"
    [answers]
    "val:z"  = "0.5"
    "grad:w" = "-0.2662"

A sheet in CSV has a row ``cell,answer`` per cell, or a row per student with a column per cell. What is wrong with a
file is said at once, whatever its size.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from compgraph.files import read_text, read_toml, shallow
from compgraph.homework.answers import Spelled
from compgraph.reading.lexing import shown

__all__ = ["SCHEMA", "Sheet", "csv_rows", "load_sheet", "load_sheets"]

SCHEMA = "compgraph-answers/1"

_STUDENT = frozenset({"student", "id", "name", "matrikel", "student id", "student_id", "sis user id", "username"})


class Sheet(NamedTuple):
    """What one student handed in.

    Attributes
    ----------
    answers : mapping of str to str
        Cell → what was typed.
    student : str
    problem : str
        The hash of the problem that it answers; empty where the file does not say.
    seed : str
        What the sheet was printed with, if its numbers are the student's own.
    source : str
        The file.
    """

    answers: Mapping[str, Any]
    student: str = ""
    problem: str = ""
    source: str = ""
    seed: str = ""

    def check(self, expected: str) -> None:
        """Raise ValueError if the sheet answers another problem: that is an error, and not a sheet without marks."""
        if self.problem and self.problem != expected:
            whose = f"the sheet of {shown(self.student)}" if self.student else "this sheet"
            where = f"{self.source}: " if self.source else ""
            raise ValueError(
                f"{where}{whose} answers another problem: expected {expected}, got {shown(self.problem)}. "
                "Mark it with the problem that it was printed from."
            )


def load_sheet(path: str | Path) -> Sheet:
    """The sheet of one student.

    Raises
    ------
    ValueError
        The file is empty, too long, damaged, of another kind, or holds several students; file and reason are named.
    OSError
        It cannot be opened.
    """
    sheets = load_sheets(path)
    if len(sheets) != 1:
        raise ValueError(f"{path}: expected the answers of one student, got {len(sheets)}. Grade it as a class.")
    return sheets[0]


def load_sheets(path: str | Path) -> list[Sheet]:
    """The sheets in a file, in its order: one in TOML and JSON, any number in CSV."""
    path = Path(path)
    readers = {".toml": _toml, ".json": _json, ".csv": _csv, ".tsv": _csv, ".txt": _csv}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise ValueError(
            f"{path}: expected a file of answers, .toml, .json or .csv, got {path.suffix or 'no suffix'!r}. "
            "From a spreadsheet, save as CSV (UTF-8)."
        )
    text = read_text(path)
    if not text.strip():
        raise ValueError(f"{path}: the file is empty: expected answers.")
    return [sheet._replace(source=str(path)) for sheet in reader(text, str(path))]


# -- TOML and JSON


def _toml(text: str, path: str) -> list[Sheet]:
    # a number without quotes keeps its spelling
    data = read_toml(text, path, parse_float=Spelled, advice='Write "val:z" = "0.5", both in quotes.')
    return [_sheet(data, path)]


def _json(text: str, path: str) -> list[Sheet]:
    try:
        data = json.loads(text, parse_float=Spelled, parse_int=Spelled, parse_constant=Spelled)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path}: expected JSON: {_short(error)}.") from None
    return [_sheet(shallow(data, path), path)]


def _short(error: Exception) -> str:
    return shown(str(error), 120).rstrip(".")


def _sheet(data: Any, path: str) -> Sheet:
    if not isinstance(data, Mapping):
        raise ValueError(f"{path}: expected a table with answers, got {type(data).__name__}.")
    schema = data.get("schema", SCHEMA)
    if schema != SCHEMA:
        raise ValueError(f"{path}: expected the schema {SCHEMA}, got {schema!r:.60}.")
    answers = data.get("answers")
    if not isinstance(answers, Mapping):
        raise ValueError(f'{path}: expected a table of answers. Write [answers] and below it "val:z" = "0.5".')
    for key in ("student", "problem", "seed"):
        if not isinstance(data.get(key, ""), (str, int)):
            raise ValueError(f"{path}, {key}: expected text, got {data[key]!r:.60}.")
    about = {key: str(data.get(key, "")) for key in ("student", "problem", "seed")}
    return Sheet(dict(answers), **about)


# -- CSV


def _csv(text: str, path: str) -> list[Sheet]:
    rows = csv_rows(text, path)
    header = [name.strip() for name in rows[0]]
    folded = [name.casefold() for name in header]
    if "cell" in folded:
        return _long(rows[1:], folded, path)
    if any(":" in name for name in header):
        return _wide(rows[1:], header, folded, path)
    raise ValueError(
        f"{path}: expected a first row cell,answer, or one with the names of cells, got {shown(','.join(header), 60)}."
    )


def csv_rows(text: str, path: str, *, comments: bool = True) -> list[list[str]]:
    """The rows of a table with ``,``, ``;`` or tabs, without empty ones and `comments`; ValueError names the file."""
    first = next((line for line in text.splitlines() if line.strip() and not line.startswith("#")), "")
    if first.casefold().startswith("sep="):  # a line that only Excel knows
        text = text.partition("\n")[2]
        first = next((line for line in text.splitlines() if line.strip()), "")
    mark = max(",;\t", key=first.count)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True))
    except csv.Error as error:
        raise ValueError(f"{path}: expected CSV: {_short(error)}.") from None
    rows = [row for row in rows if any(field.strip() for field in row) and not (comments and row[0].startswith("#"))]
    if not rows:
        raise ValueError(f"{path}: the file is empty: expected a table.")
    return rows


def _long(rows: Sequence[Sequence[str]], header: Sequence[str], path: str) -> list[Sheet]:
    """A row per cell; with a column for the student, of any number of them."""
    cell = header.index("cell")
    answer = next((i for i, name in enumerate(header) if name in ("answer", "typed", "value")), None)
    if answer is None:
        raise ValueError(f"{path}: expected a column answer beside cell, got {shown(', '.join(header), 60)}.")
    who = next((i for i, name in enumerate(header) if name in _STUDENT), None)
    sheets: dict[str, dict[str, str]] = {}
    about: dict[str, dict[str, str]] = {}
    for row in rows:
        fields = [*row, *[""] * (len(header) - len(row))]
        student, name = fields[who].strip() if who is not None else "", fields[cell].strip()
        if name in ("student", "problem", "seed"):
            about.setdefault(student, {})[name] = fields[answer].strip()
        elif name:
            sheets.setdefault(student, {}).setdefault(name, fields[answer])
    found = []
    for student, answers in (sheets or {"": {}}).items():
        said = {**about.get("", {}), **about.get(student, {})}
        found.append(Sheet(answers, **{**said, "student": student or said.get("student", "")}))
    return found


def _wide(rows: Sequence[Sequence[str]], header: Sequence[str], folded: Sequence[str], path: str) -> list[Sheet]:
    """A row per student, a column per cell."""
    who = next((i for i, name in enumerate(folded) if name in _STUDENT), None)
    columns = {key: folded.index(key) for key in ("problem", "seed") if key in folded}
    sheets = []
    for row in rows:
        fields = [*row, *[""] * (len(header) - len(row))]
        answers = {name: fields[i] for i, name in enumerate(header) if ":" in name}
        printed = {key: fields[column].strip() for key, column in columns.items()}
        sheets.append(Sheet(answers, fields[who].strip() if who is not None else "", **printed))
    if not sheets:
        raise ValueError(f"{path}: expected a row for each student below the names of cells, got none.")
    return sheets

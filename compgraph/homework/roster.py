"""Class lists: CSV as Moodle and Canvas write it, or any table with a column of ids.

People are known by an id, and may sign with any of those that the list has: number, user name, address.

>>> roster = read_roster("Student,ID,SIS User ID,Section\\n,,,\\n    Points Possible,,,\\n\\"Lee, Ann\\",17,00123,A\\n")
>>> roster.kind, [person.student for person in roster.people]
('canvas', ['00123'])
>>> roster.find("123").remark
'123 was taken for 00123: spreadsheets drop zeros in front'
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePath
from typing import NamedTuple

from compgraph.files import read_text
from compgraph.homework.sheets import csv_rows
from compgraph.reading.lexing import shown

__all__ = ["Match", "Person", "Roster", "load_roster", "read_roster"]

#: Headings of columns of ids, those that people are known by first; in Canvas ``Student`` is a name.
_IDS = (
    "student id", "student_id", "student number", "id number", "idnumber", "id-nummer", "matrikelnummer", "matrikel",
    "matriculation number", "sis user id", "sis_user_id", "username", "user name", "anmeldename", "nutzername", "login",
    "login id", "sis login id", "integration id", "student", "id", "email address", "email", "e-mail", "e-mail-adresse",
    "mail", "identifier",
)  # fmt: skip
_NAMES = ("full name", "vollständiger name", "name")
_FIRST, _LAST = ("first name", "vorname", "given name"), ("surname", "last name", "nachname", "family name")
_CANVAS = ("sis user id", "sis login id", "section")

#: What Moodle puts in front of the number of somebody in a worksheet for grades.
_PARTICIPANT = re.compile(r"(?:participant|teilnehmer/in|teilnehmer/-in|teilnehmer|participante?)\s*(\d+)")


class Person(NamedTuple):
    """Somebody in a class list.

    Attributes
    ----------
    student : str
        What they are known by: the first id that is theirs alone.
    name : str
    ids : tuple of str
        All that they may sign with.
    fields : tuple of str
        The row of the list.
    """

    student: str
    name: str
    ids: tuple[str, ...]
    fields: tuple[str, ...]


class Match(NamedTuple):
    """Who is meant by an id, if anybody is, and what there is to say about it."""

    person: Person | None
    remark: str = ""


class Roster:
    """A class list.

    Attributes
    ----------
    header : tuple of str
    people : tuple of Person
        In the order of the list.
    kind : {"moodle", "canvas", ""}
        Whose columns these are.
    id_columns, name_columns : tuple of int
        The columns that say who somebody is.
    points : tuple of str
        In a gradebook of Canvas the points possible, column by column.
    remarks : tuple of str
        Rows that nothing can be joined to, rows that stand there twice, and ids that several people share.
    """

    def __init__(
        self, header: Sequence[str], rows: Sequence[Sequence[str]], *, points: Sequence[str] = (), id_column: str = ""
    ) -> None:
        self.header = tuple(header)
        self.points = tuple(points)
        folded = [name.strip().casefold() for name in header]
        self.kind = _kind(folded)
        columns = _id_columns(folded, self.kind)
        if id_column:
            if id_column.strip().casefold() not in folded:
                raise ValueError(f"no column {shown(id_column)!r}: expected one of {_listed(header)}.")
            chosen = folded.index(id_column.strip().casefold())
            columns = [chosen, *(column for column in columns if column != chosen)]
        if not columns:
            raise ValueError(
                f"no column of ids: expected one such as 'ID number', 'SIS User ID' or 'student', got "
                f"{_listed(header)}. Name the column that students sign with."
            )
        if not id_column:
            columns.sort(key=lambda column: not _is_key(rows, column))
        self.id_columns = tuple(columns)
        names = (*_NAMES, *_FIRST, *_LAST)
        self.name_columns = tuple(i for i, name in enumerate(folded) if name in names)
        people = [_person(row, columns, folded, self.kind) for row in rows]
        # somebody who stands there twice is one; what several people share is nobody's
        once = list(
            {(person.ids, person.name) if person.ids else i: person for i, person in enumerate(people)}.values()
        )
        self._index = _indexed(once)
        self.people = tuple(person._replace(student=self._known_by(person, i)) for i, person in enumerate(once, 1))
        self._index = _indexed(self.people)
        self.remarks = tuple(self._remarked(len(people) - len(once)))

    def _known_by(self, person: Person, number: int) -> str:
        own = (one for one in person.ids if len(self._index[_folded(one)]) == 1)
        return next(own, "") or f"{person.name or next(iter(person.ids), 'nobody')} (row {number})"

    def _remarked(self, again: int) -> Iterator[str]:
        if again:
            yield f"rows that stand twice in the class list count once: {again} left out"
        for number, person in enumerate(self.people, 1):
            if not person.ids:
                who = f" ({shown(person.name)})" if person.name else ""
                yield f"row {number} of the class list{who} has no id: no sheet can be joined to it"
        for key, people in self._index.items():
            if len(people) > 1:
                names = ", ".join(shown(person.name or person.student) for person in people[:5])
                yield f"{shown(key)} is the id of {len(people)} people in the class list: {names}"

    def find(self, signed: str, *, hint: bool = True) -> Match:
        """Whose id that is; a remark where it is nobody's, several people's, or not quite as in the list.

        With `hint` the remark names the nearest id, which takes a while in a long list.
        """
        key = _folded(signed)
        people = self._index.get(key, [])
        if len(people) == 1:
            return Match(people[0])
        if people:
            names = ", ".join(shown(person.name or person.student) for person in people[:5])
            return Match(None, f"{shown(signed)} is the id of {len(people)} people in the class list: {names}")
        if key.isdecimal():
            same = {
                person.student: person
                for other, known in self._index.items()
                if other.isdecimal() and other.lstrip("0") == key.lstrip("0")
                for person in known
            }
            if len(same) == 1:
                (person,) = same.values()
                said = f"{shown(signed)} was taken for {shown(person.student)}: spreadsheets drop zeros in front"
                return Match(person, said)
        near = difflib.get_close_matches(key[:100], self._index, 1) if hint else []
        nearest = f"; the nearest id is {shown(self._index[near[0]][0].student)}" if near else ""
        return Match(None, f"{shown(signed) or 'nobody'} is not in the class list{nearest}")

    def find_in(self, path: PurePath) -> Person | None:
        """Whom the name of a file or of its folder names, as learning platforms name what they hand out."""
        for name in (path.stem, path.parent.name):
            found: dict[int, Person] = {}
            for token in (name, *re.split(r"[_\s]+", name)):
                people = self._index.get(_folded(token), []) if token else []
                found |= {self.people.index(person): person for person in people}
            if len(found) == 1:
                return next(iter(found.values()))
        return None

    def __len__(self) -> int:
        return len(self.people)


def load_roster(path: str | Path, *, id_column: str = "") -> Roster:
    """The class list in a CSV file.

    Parameters
    ----------
    path : str or Path
    id_column : str
        The heading of the column that people are known by; the first known one that everybody has if left out.

    Raises
    ------
    ValueError
        The file is no CSV, is empty, or has no column of ids; file and reason are named.
    OSError
        It cannot be opened.
    """
    return read_roster(read_text(path), source=str(path), id_column=id_column)


def read_roster(text: str, *, source: str = "class list", id_column: str = "") -> Roster:
    """The class list in a text; see `load_roster`."""
    if not text.strip():
        raise ValueError(f"{source}: the file is empty: expected a class list.")
    header, *lines = csv_rows(text, source, comments=False)
    points = next((row for row in lines if row[0].strip().casefold().startswith("points possible")), [])
    rows = [[*row, *[""] * (len(header) - len(row))] for row in lines if not _is_about_points(row)]
    if not rows:
        raise ValueError(f"{source}: expected a row for each student below {_listed(header)}, got none.")
    try:
        return Roster(header, rows, points=points, id_column=id_column)
    except ValueError as error:
        raise ValueError(f"{source}: {error}") from None


def _is_about_points(row: Sequence[str]) -> bool:
    """Whether a row of a Canvas gradebook is of nobody: points possible, or how grades are posted."""
    first = row[0].strip().casefold()
    return first.startswith("points possible") or (not first and any("manual posting" in f.casefold() for f in row))


def _kind(folded: Sequence[str]) -> str:
    if sum(name in folded for name in _CANVAS) >= 2 and "student" in folded:
        return "canvas"
    moodle = {"identifier", "id number", "email address", "id-nummer", "e-mail-adresse", "username"}
    first = {*_FIRST, "full name", "vollständiger name"}
    return "moodle" if moodle.intersection(folded) and first.intersection(folded) else ""


def _id_columns(folded: Sequence[str], kind: str) -> list[int]:
    known = [name for name in _IDS if not (kind == "canvas" and name == "student")]
    return [folded.index(name) for name in known if name in folded]


def _is_key(rows: Sequence[Sequence[str]], column: int) -> bool:
    """Whether everybody has an id there, and nobody two the same."""
    ids = [row[column].strip() for row in rows]
    return all(ids) and len(set(ids)) == len(ids)


def _person(row: Sequence[str], columns: Sequence[int], folded: Sequence[str], kind: str) -> Person:
    ids = dict.fromkeys(_unguarded(row[column].strip()) for column in columns if row[column].strip())
    field = dict(zip(folded, row, strict=False))
    name = next((field[key].strip() for key in _NAMES if field.get(key, "").strip()), "")
    if kind == "canvas":
        name = field["student"].strip()
    first = next((field[key].strip() for key in _FIRST if key in field), "")
    last = next((field[key].strip() for key in _LAST if key in field), "")
    name = name or f"{first} {last}".strip()
    return Person("", name, tuple(ids), tuple(row))


def _unguarded(text: str) -> str:
    """An id without the mark that keeps spreadsheets from reading it as a formula."""
    return text[1:] if re.match(r"'[-=+@]", text) else text


def _indexed(people: Sequence[Person]) -> Mapping[str, list[Person]]:
    """What people may sign with → who."""
    index: dict[str, list[Person]] = {}
    for person in people:
        keys = {_folded(one) for one in person.ids}
        keys |= {match[1] for key in keys if (match := _PARTICIPANT.fullmatch(key))}
        for key in sorted(keys):
            index.setdefault(key, []).append(person)
    return index


def _folded(text: str) -> str:
    return _unguarded(unicodedata.normalize("NFKC", text).strip()).casefold()


def _listed(header: Sequence[str]) -> str:
    return shown(", ".join(header), 100)

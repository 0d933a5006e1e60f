"""Whose sheet it is, by the id on it or the name of its file; and whether its numbers are those made for them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from compgraph.homework.collecting import Failure
from compgraph.homework.problem import Problem
from compgraph.homework.roster import Roster
from compgraph.homework.sheets import Sheet
from compgraph.homework.variants import student_seed
from compgraph.reading.lexing import shown

__all__ = ["Joined", "Joining", "joined"]

_LONGEST = 100
#: So many of those who are in no class list are told the nearest id; where there are more, it is another list.
_HINTS = 20


class Joined(NamedTuple):
    """A sheet and its student, and what there is to say about that."""

    sheet: Sheet
    student: str
    remark: str = ""


class Joining(NamedTuple):
    """Sheets with their students, and those that cannot count."""

    sheets: tuple[Joined, ...]
    refused: tuple[Failure, ...]


def joined(
    sheets: Iterable[Sheet],
    roster: Roster | None = None,
    *,
    base: Problem | None = None,
    secret: str | bytes | None = None,
) -> Joining:
    """Sheets with their students.

    Parameters
    ----------
    sheets : iterable of Sheet
    roster : Roster, optional
    base : Problem, optional
        The teacher's, that seeds are made for.
    secret : str or bytes, optional
        With it a sheet whose seed is not that of its student is refused.

    Notes
    -----
    The file's name decides where nothing is signed, and where what is signed is in no class list but the name is.
    """
    found: list[Joined] = []
    refused: list[Failure] = []
    seeds: dict[str, str] = {}
    if secret is not None and base is not None and roster is not None:
        seeds = {student_seed(secret, p.student, base): p.student for p in roster.people if p.student.strip()}
    strangers = 0
    for sheet in sheets:
        one = _joined(sheet, roster, hint=strangers < _HINTS)
        strangers += roster is not None and one.student == shown(sheet.student.strip(), _LONGEST) and bool(one.remark)
        if secret is not None and base is not None:
            fault = _fault(sheet.seed.partition("#")[0], one.student, base, secret, seeds)
            if fault:
                refused.append(Failure(sheet.source, fault, one.student))
                continue
        found.append(one._replace(sheet=sheet._replace(student=one.student)))
    return Joining(tuple(found), tuple(refused))


def _joined(sheet: Sheet, roster: Roster | None, *, hint: bool) -> Joined:
    signed = shown(sheet.student.strip(), _LONGEST)
    if roster is None:
        return Joined(sheet, signed or _of_file(sheet), "" if signed else "nobody signed: named after the file")
    match = roster.find(sheet.student, hint=hint) if signed else None
    if match is not None and match.person is not None:
        return Joined(sheet, match.person.student, match.remark)
    person = roster.find_in(Path(sheet.source)) if sheet.source else None
    if person is not None:
        said = f"signed {signed}" if signed else "nobody signed"
        return Joined(sheet, person.student, f"{said}: joined by the name of the file")
    if match is not None:
        return Joined(sheet, signed, match.remark)
    return Joined(sheet, _of_file(sheet), "nobody signed, and the file is not named after anybody in the class list")


def _of_file(sheet: Sheet) -> str:
    return shown(Path(sheet.source).stem, _LONGEST) if sheet.source else "(nobody)"


def _fault(seed: str, student: str, base: Problem, secret: str | bytes, seeds: dict[str, str]) -> str:
    """Why a sheet with this seed cannot be this student's; empty if it is."""
    if seed == student_seed(secret, student, base):
        return ""
    if not seed:
        return 'the seed is missing: expected the one printed on the sheet. Write seed = "…" into the file.'
    other = seeds.get(seed)
    if other is not None:
        return f"the seed is that of {shown(other)}: a sheet counts with the numbers made for its own student only."
    return f"the seed {shown(seed)} was not made for {shown(student)} with this secret and this problem."

"""Files that the commands read and write, and what is said about them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from pathlib import Path

from compgraph.homework.problem import Problem
from compgraph.reading.lexing import shown

__all__ = ["checked_folder", "kept", "load", "path_for", "paths_for", "secret_of", "written"]

_STUDENT = "{student}"


def load(path: str) -> Problem:
    """The problem in a file."""
    if not path.lower().endswith(".toml"):
        raise ValueError(f"{shown(path)}: expected a problem file, .toml. Write the problem first, then the answers.")
    try:
        return Problem.load(path)
    except ValueError as error:
        if "[answers]" in Path(path).read_text("utf-8", "replace"):
            said = "this is a file of answers: expected a problem. Write the problem first, then the answers."
            raise ValueError(f"{path}: {said}") from None
        if str(error).startswith(path):
            raise
        raise ValueError(f"{path}: {error}") from None


def secret_of(text: str | None) -> str | None:
    """A secret as it was given, or what stands in ``@FILE``."""
    if text is None or not text.startswith("@"):
        return text
    secret = Path(text[1:]).read_text("utf-8-sig").strip()
    if not secret:
        raise ValueError(f"{text[1:]}: the file is empty: expected the course's secret, a long random text.")
    return secret


def path_for(pattern: str, student: str) -> Path:
    """The file of a student: ``sheets/{student}.svg``."""
    return Path(pattern.replace(_STUDENT, _slug(student)))


def paths_for(pattern: str, students: Iterable[str], suffix: str) -> list[Path]:
    """A file for each student, no two the same; a pattern without ``{student}`` is a folder.

    Examples
    --------
    >>> [path.as_posix() for path in paths_for("out", ["s1", "../s2", "S1"], ".svg")]
    ['out/s1.svg', 'out/_s2.svg', 'out/S1-2.svg']
    """
    if _STUDENT not in pattern:
        if Path(pattern).suffix:
            raise ValueError(f"{pattern}: expected a folder, or a name with {_STUDENT}: sheets/{_STUDENT}{suffix}.")
        pattern = f"{pattern.rstrip('/')}/{_STUDENT}{suffix}"
    taken: set[str] = set()
    found = []
    for student in students:
        slug, number = _slug(student), 1
        while (name := slug if number == 1 else f"{slug}-{number}").casefold() in taken:
            number += 1
        taken.add(name.casefold())
        found.append(Path(pattern.replace(_STUDENT, name)))
    return found


def _slug(student: str) -> str:
    """An id as the name of a file that every system takes."""
    name = re.sub(r"[^\w.@+-]+", "_", unicodedata.normalize("NFC", student)).strip(".")
    return name[:80] or "nobody"


def checked_folder(path: str | Path) -> Path:
    """The path, if there is a folder to write it into."""
    path = Path(path)
    if not path.parent.is_dir():
        raise ValueError(f"{path}: there is no folder {path.parent}. Make it, or write elsewhere.")
    return path


def kept(paths: Iterable[Path]) -> None:
    """Refuse to write answer files over ones that may have been filled in."""
    there = [path for path in paths if path.exists()]
    if there:
        more = f" and {len(there) - 1} more" if len(there) > 1 else ""
        raise ValueError(
            f"{there[0]}{more}: there is an answer file already, and somebody may have filled it in. "
            "Write to another place, or delete it."
        )


def written(path: str | Path, save: Callable[[Path], object], *, make: bool = False) -> str:
    """Write a file, into a folder that is made if need be, and say where it is."""
    if make:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    save(checked_folder(path))
    return str(path)

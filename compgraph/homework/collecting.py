"""From files and folders to sheets: what cannot be read is listed, and nothing else is lost by it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from compgraph.homework.sheets import Sheet, load_sheets

__all__ = ["Failure", "collected", "natural"]

#: Folders that an archive of a Mac brings along, and files that a desktop leaves behind.
_NOTHING = frozenset({"__macosx", "thumbs.db", "desktop.ini"})


class Failure(NamedTuple):
    """A file or sheet that could not be marked.

    Attributes
    ----------
    source : str
        The file.
    reason : str
    student : str
        Whose it is, as far as that is known.
    """

    source: str
    reason: str
    student: str = ""


def collected(
    work: str | Path | Iterable[str | Path | Sheet], *, leave: Iterable[str | Path] = ()
) -> tuple[list[Sheet], list[Failure]]:
    """All sheets in files and folders, in the order given, those of a folder by name; and what could not be read.

    Parameters
    ----------
    work : paths and sheets
        Of a folder every file counts, those in folders below it too; hidden ones do not, and links are refused.
    leave : paths
        Files that are no answers, though they lie there.

    Raises
    ------
    OSError
        Something that was named itself is not there.
    ValueError
        There is nothing to mark.
    """
    left = {Path(path).resolve() for path in leave}
    sheets: list[Sheet] = []
    failures: list[Failure] = []
    for item in [work] if isinstance(work, (str, os.PathLike, Sheet)) else work:
        if isinstance(item, Sheet):
            sheets.append(item)
            continue
        for path in _files(Path(item)):
            if path.resolve() in left:
                continue
            if path != Path(item) and (path.is_symlink() or not path.is_file()):
                # an archive may bring along a link to somebody else's answers, or a pipe that nobody writes to
                failures.append(Failure(str(path), "this is a link or a device: expected a file of answers."))
                continue
            try:
                sheets += load_sheets(path)
            except OSError as error:
                failures.append(Failure(str(path), f"{error.strerror or error}."))
            except ValueError as error:
                failures.append(Failure(str(path), str(error).removeprefix(f"{path}").lstrip(":, ")))
    if not sheets and not failures:
        raise ValueError("nothing to mark: expected files of answers (.toml, .json, .csv), or folders with some.")
    return sheets, failures


def natural(text: str) -> tuple[Any, ...]:
    """A key that sorts names as people do: numbers in them count as numbers.

    Examples
    --------
    >>> sorted(["s10", "s9", "S1"], key=natural)
    ['S1', 's9', 's10']
    """
    parts = re.split(r"(\d+)", text[:300].casefold())
    return tuple((int(part), "") if i % 2 else (-1, part) for i, part in enumerate(parts)), text


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        path.stat()  # says what is wrong
        yield path
        return
    found = []
    for folder, folders, files in os.walk(path):
        folders[:] = [name for name in folders if not _is_nothing(name)]
        links = [name for name in folders if Path(folder, name).is_symlink()]  # which are not walked into
        found += [Path(folder, name) for name in (*files, *links) if not _is_nothing(name)]
    # what a browser calls "s1 (1).toml" came after s1.toml
    yield from sorted(found, key=lambda file: (natural(str(file.with_suffix(""))), file.suffix))


def _is_nothing(name: str) -> bool:
    return name.startswith((".", "~$")) or name.casefold() in _NOTHING

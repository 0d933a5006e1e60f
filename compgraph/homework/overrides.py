"""What a teacher has decided otherwise: a file that is read again at every marking, so that nothing decided is lost.

In TOML::

    schema = "compgraph-overrides/1"

    [[override]]
    student = "s123"
    cell = "grad:w"
    credit = 1.0
    reason = "the sheet was printed badly"
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from compgraph.files import read_text, read_toml, write
from compgraph.homework.collecting import natural
from compgraph.homework.report import Override
from compgraph.reading.lexing import shown
from compgraph.render.runs import clean

__all__ = ["Overrides", "load_overrides", "overrides_text", "save_overrides"]

SCHEMA = "compgraph-overrides/1"

#: Student and cell → what counts there.
Overrides = Mapping[tuple[str, str], Override]

_KINDS: dict[str, tuple[Any, str]] = {
    "student": ((str, int), "an id"),
    "cell": (str, "the name of a cell"),
    "credit": ((int, float), "a number from 0 to 1"),
    "reason": (str, "text"),
    "comment": (str, "text"),
}
_NEEDED = ("student", "cell", "credit")


def load_overrides(path: str | Path) -> dict[tuple[str, str], Override]:
    """The decisions in a file.

    Raises
    ------
    ValueError
        The file is no TOML, or a table lacks a key or has an unknown one, or a credit is none; the table is named.
    OSError
        It cannot be opened.
    """
    data = read_toml(read_text(path), str(path))
    if data.get("schema", SCHEMA) != SCHEMA:
        raise ValueError(f"{path}: expected the schema {SCHEMA}, got {data['schema']!r:.60}.")
    tables = data.get("override", [])
    unknown = data.keys() - {"schema", "override"}
    if unknown or not isinstance(tables, list):
        raise ValueError(f"{path}: expected tables [[override]], got {min(unknown, default='override')!r:.40}.")
    found: dict[tuple[str, str], Override] = {}
    for number, table in enumerate(tables, 1):
        where = f"{path}, [[override]] {number}"
        _check(table, where)
        key = str(table["student"]).strip(), table["cell"].strip()
        if key in found:
            raise ValueError(f"{where}: {shown(key[1])} of {shown(key[0])} is decided twice. Keep one of them.")
        found[key] = Override(float(table["credit"]), table.get("reason", ""), table.get("comment", ""))
    return found


def _check(table: Any, where: str) -> None:
    if not isinstance(table, dict):
        raise ValueError(f"{where}: expected a table, got {table!r:.40}. Write [[override]].")
    unknown = table.keys() - _KINDS.keys()
    if unknown:
        raise ValueError(f"{where}: unknown key {min(unknown)!r:.40}: expected {', '.join(_KINDS)}.")
    for key, (kinds, wanted) in _KINDS.items():
        value = table.get(key)
        if value is None and key not in _NEEDED:
            continue
        if not isinstance(value, kinds) or isinstance(value, bool):
            got = "none" if value is None else f"{value!r:.40}"
            raise ValueError(f"{where}, {key}: expected {wanted}, got {got}.")
    if not 0 <= table["credit"] <= 1:
        raise ValueError(f"{where}, credit: expected a number from 0 to 1, got {table['credit']!r:.40}.")


def overrides_text(overrides: Overrides) -> str:
    """The file of some decisions, sorted by student and cell.

    Examples
    --------
    >>> print(overrides_text({("s1", "val:z"): Override(0.5, "half of it")}))
    schema = "compgraph-overrides/1"
    <BLANKLINE>
    [[override]]
    student = "s1"
    cell = "val:z"
    credit = 0.5
    reason = "half of it"
    <BLANKLINE>
    """
    lines = [f'schema = "{SCHEMA}"', ""]
    for student, cell in sorted(overrides, key=lambda key: (natural(key[0]), key[1])):
        override = overrides[student, cell]
        lines += ["[[override]]", f"student = {_quoted(student)}", f"cell = {_quoted(cell)}"]
        lines += [f"credit = {override.credit!r}"]
        lines += [f"{key} = {_quoted(text)}" for key in ("reason", "comment") if (text := getattr(override, key))]
        lines += [""]
    return "\n".join(lines)


def save_overrides(path: str | os.PathLike[str], overrides: Overrides) -> Path:
    """Write a file for `load_overrides`, whole or not at all."""
    return write(path, overrides_text(overrides))


def _quoted(text: str) -> str:
    """A string of TOML."""
    return json.dumps(clean(text), ensure_ascii=False).replace("\x7f", "\\u007f")

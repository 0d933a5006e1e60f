"""Problems as files: a title, statements, outputs and a point, in TOML.

>>> print(EXAMPLE)
title   = "Simple example"
outputs = ["J"]              # the last statement if absent
statements = '''
t = x^2
J = cos(sin(t) + 3t)
'''
[inputs]                     # strings keep exactness
x = "2"
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from compgraph.errors import ParseError
from compgraph.files import read_text, read_toml
from compgraph.numbers import given
from compgraph.reading import read_number

__all__ = ["EXAMPLE", "Problem", "assignments", "load_problem"]

EXAMPLE = """\
title   = "Simple example"
outputs = ["J"]              # the last statement if absent
statements = '''
t = x^2
J = cos(sin(t) + 3t)
'''
[inputs]                     # strings keep exactness
x = "2\""""


class Problem(NamedTuple):
    """What is to be solved: statements as text, and where; None where nothing is said.

    Attributes
    ----------
    statements : str
    at : dict of str to number or str
    outputs : list of str, optional
    title : str
    homework : mapping
        The table ``[homework]``: what is asked and how it is marked, for `compgraph.homework`.
    hypotheses : list of mappings
        The tables ``[[hypothesis]]``: mistakes that a teacher expects, likewise.
    """

    statements: str
    at: Mapping[str, Any] = {}
    outputs: list[str] | None = None
    title: str = ""
    homework: Mapping[str, Any] = {}
    hypotheses: Sequence[Mapping[str, str]] = ()


def load_problem(path: str | Path) -> Problem:
    """Read a problem file.

    Raises
    ------
    ValueError
        The file is not TOML, or a key is missing, unknown or of the wrong kind; file and key are named.
    OSError
        The file cannot be read.
    """
    data = read_toml(read_text(path), str(path), advice="Text stands in quotes, several lines in '''.")
    _known(data, _KINDS, str(path))
    for key, (kinds, wanted) in _KINDS.items():
        if key in data and (not isinstance(data[key], kinds) or not _alike(data[key], key)):
            raise ValueError(f"{path}, {key}: expected {wanted}, got {data[key]!r:.60}. Write {_LIKE[key]}.")
    if not data.get("statements"):
        raise ValueError(f"{path}: expected statements, got none. Write {_LIKE['statements']}.")
    outputs = data.get("outputs")
    statements = data["statements"]
    homework = data.get("homework", {})
    comma = homework.get("decimal_comma") is True
    return Problem(
        statements if isinstance(statements, str) else "\n".join(statements),
        {name: _value(value, f"{path}, [inputs] {name}", comma) for name, value in data.get("inputs", {}).items()},
        [outputs] if isinstance(outputs, str) else outputs or None,
        data.get("title", ""),
        homework,
        data.get("hypothesis", []),
    )


_KINDS: dict[str, tuple[Any, str]] = {
    "title": (str, "text"),
    "outputs": ((str, list), "a list of names"),
    "statements": ((str, list), "text, or a list of lines"),
    "inputs": (dict, "a table"),
    "homework": (dict, "a table"),
    "hypothesis": (list, "tables, each with a cell, a formula and a message"),
}
_LIKE = {
    "title": 'title = "Simple example"',
    "outputs": 'outputs = ["J"]',
    "statements": "statements = '''J = x^2'''",
    "inputs": "[inputs] and below it x = 2",
    "homework": "[homework] and below it digits = 4",
    "hypothesis": "[[hypothesis]] and below it cell, formula and message",
}


def _alike(value: Any, key: str) -> bool:
    """Whether all items of a list are what the key wants: text, or tables of text."""
    if key == "hypothesis":
        return all(isinstance(item, dict) and all(isinstance(part, str) for part in item.values()) for item in value)
    return not isinstance(value, list) or all(isinstance(item, str) for item in value)


def _known(data: Mapping[str, Any], known: Iterable[str], path: str) -> None:
    names = list(known)
    for key in data:
        if key not in names:
            close = difflib.get_close_matches(key, names, 1)
            hint = f"Did you mean {close[0]}?" if close else "Inputs stand below [inputs]."
            raise ValueError(f"{path}: unknown key {key!r:.60}: expected {', '.join(names)}. {hint}")


def _value(value: Any, where: str, decimal_comma: bool = False) -> Any:
    """A number or text that reads as one, as it was written; a list of them, or of lists, is an array."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            value = json.loads(value)
        except ValueError:
            raise ValueError(f"{where}: expected rows, got {value!r:.60}. Write [[1, 2], [3, 4]].") from None
    if isinstance(value, list):
        return _array(value, where, decimal_comma)
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise ValueError(f"{where}: expected a number or text such as '1/3', got {value!r:.60}.")
    if isinstance(value, str):
        try:
            read_number(value, decimal_comma=decimal_comma)
        except ParseError as error:
            raise ParseError(f"{where}: {error.message}", error.position, error.text) from None
    return value


def _array(rows: list[Any], where: str, decimal_comma: bool) -> Any:
    """An array of floats, whose entries may be text."""
    try:
        entries = np.array(rows, dtype=object)
    except ValueError:
        entries = np.array([rows, None], dtype=object)
    if not entries.size or any(isinstance(entry, list) or entry is None for entry in entries.flat):
        raise ValueError(f"{where}: expected rows of equal length, got {rows!r:.60}. Write [[1, 2], [3, 4]].")
    numbers = [given(_value(entry, where, decimal_comma), where) for entry in entries.flat]
    return np.array(numbers, dtype=float).reshape(entries.shape)


def assignments(texts: Iterable[str], flag: str = "--at") -> dict[str, str]:
    """The point that ``x=2 y=1/3`` states, as text; of two values of one name the last counts.

    Examples
    --------
    >>> assignments(["x=2", "y = 1/3"])
    {'x': '2', 'y': '1/3'}
    """
    point = {}
    for text in texts:
        name, equals, value = (part.strip() for part in text.partition("="))
        if not (name and equals and value):
            raise ValueError(f"{flag} {text!r:.60}: expected name=value. Write {flag} x=2 y=1/3, after the problem.")
        point[name] = _value(value, f"{flag} {name}")
    return point

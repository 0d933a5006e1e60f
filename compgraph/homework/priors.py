"""How common each mistake is, and what is said about it: the table ``priors.toml``."""

from __future__ import annotations

import functools
import string
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import NamedTuple

from compgraph.files import read_text, read_toml

__all__ = ["Prior", "load_priors", "priors"]

_KEYS = ("prior", "title", "locate", "name")
#: Name, format and conversion of what a text may hold.
_FIELDS = (("cell", "", None), ("what", "", None))


class Prior(NamedTuple):
    """One kind of mistake.

    Attributes
    ----------
    rank : tuple of int
        Sorts the kinds, the most common first; between equal priors by their place in the table.
    prior : int
        From 1 to 9.
    title : str
        Its name.
    locate, name : str
        What is said about it, with ``{cell}`` and ``{what}``.
    """

    rank: tuple[int, int]
    prior: int
    title: str
    locate: str
    name: str


@functools.cache
def priors() -> Mapping[str, Prior]:
    """The table that comes with the library.

    Examples
    --------
    >>> priors()["missing_path"].prior, priors()["averaged_paths"].prior
    (9, 2)
    """
    return _checked(resources.files("compgraph.homework").joinpath("priors.toml").read_text("utf-8"), "priors.toml")


def load_priors(path: str | Path) -> Mapping[str, Prior]:
    """A teacher's own table, laid over the one that comes with the library: it may hold only what differs.

    Raises
    ------
    ValueError
        The file is not TOML, or names a mistake that there is not, or a prior outside 1 to 9; OSError if there is none.
    """
    return _checked(read_text(path), str(path), priors())


def _checked(text: str, path: str, base: Mapping[str, Prior] | None = None) -> dict[str, Prior]:
    tables = read_toml(text, path)
    found = dict(base or {})
    for place, (class_, table) in enumerate(tables.items()):
        before = found.get(class_)
        if base is not None and before is None:
            raise ValueError(f"{path}: unknown mistake {class_!r:.40}: expected one of {', '.join(base)}.")
        defaults = {} if before is None else before._asdict()
        defaults.pop("rank", None)
        merged = {**defaults, **table} if isinstance(table, dict) else {}
        prior = merged.get("prior")
        if merged.keys() != set(_KEYS) or type(prior) is not int or not 1 <= prior <= 9:
            raise ValueError(f"{path}, [{class_}]: expected prior = 1 to 9, title, locate and name, got {table!r:.80}.")
        for key in _KEYS[1:]:
            _template(merged[key], f"{path}, [{class_}] {key}")
        order = place if before is None else before.rank[1]
        found[class_] = Prior((-prior, order), **merged)
    return found


def _template(text: object, where: str) -> None:
    """Refuse a text that could not be filled in."""
    try:
        fields = [field[1:] for field in string.Formatter().parse(str(text)) if field[1] is not None]
    except ValueError as error:
        raise ValueError(f"{where}: {error}. Write {{cell}} and {{what}}, and {{{{ for a brace.") from None
    if not isinstance(text, str) or any(field not in _FIELDS for field in fields):
        raise ValueError(f"{where}: expected text with {{cell}} and {{what}}, got {text!r:.80}.")

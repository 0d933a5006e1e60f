"""Names of any kind as Python identifiers: readable, of plain letters, each once, and never more than a name."""

from __future__ import annotations

import builtins
import keyword
import re
import unicodedata
from collections.abc import Iterable
from typing import Any, NamedTuple

from compgraph.functions import FUNCTIONS

__all__ = ["Identifiers", "Slope"]


class Slope(NamedTuple):
    """The name of a derivative in a listing, ``∂of/∂wrt``: what a sweep adds up, or the label of an edge."""

    of: Any
    wrt: Any

    def __str__(self) -> str:
        return f"∂{self.of}/∂{self.wrt}"


#: What a name must not hide in generated code.
_TAKEN = frozenset({*keyword.kwlist, *keyword.softkwlist, *dir(builtins), *FUNCTIONS, "math", "np", "inf", "nan"})


class Identifiers:
    """Names → identifiers of one piece of code: the same name has the same identifier, no two names share one.

    None of them is a word of Python, the name of a function here, or one that is `taken`.

    Examples
    --------
    >>> names = Identifiers()
    >>> [names[key] for key in ("u1", "u₁", "α", "x'", "W[0,1]", "lambda", "max", "a; b", Slope("J", "u₁"))]
    ['u1', 'u1_2', 'alpha', 'x_prime', 'W_0_1', 'lambda_', 'max_', 'a_b', 'dJ_du1_2']
    """

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = _TAKEN.union(taken)
        self._known: dict[Any, str] = {}
        self._used: set[str] = set()
        self._times: dict[str, int] = {}

    def __getitem__(self, key: Any) -> str:
        if (known := self._known.get(key)) is None:
            known = self.fresh(f"d{self[key.of]}_d{self[key.wrt]}" if type(key) is Slope else key)
            self._known[key] = known
        return known

    def fresh(self, key: Any) -> str:
        """An identifier that is like the key and that nothing has; it is then taken."""
        base = key if isinstance(key, str) and key.isascii() and key.isidentifier() else _spelled(key)
        base = f"{base}_" if base in self._taken else base
        found = base
        while found in self._used:
            self._times[base] = number = self._times.get(base, 1) + 1
            found = f"{base}_{number}"
        self._used.add(found)
        return found


_GREEK = re.compile(r"GREEK (SMALL|CAPITAL) LETTER (FINAL )?(?P<letter>[A-Z]+)$")


def _spelled(key: Any) -> str:
    """Letters as they are, Greek ones spelled, primes as a word, all else an underscore."""
    written = str(key)[:80]
    if isinstance(key, str):
        written = re.sub(r"(?<=\w)['′]", "_prime", written)
    letters = []
    for character in unicodedata.normalize("NFKD", written):
        greek = _GREEK.match(unicodedata.name(character, ""))
        if greek:
            word = greek["letter"].lower().replace("lamda", "lambda")
            character = word if character.islower() else word.capitalize()
        elif unicodedata.combining(character):
            continue
        letters.append(character if character.isascii() and (character.isalnum() or character == "_") else "_")
    word = re.sub(r"_{2,}", "_", "".join(letters)).strip("_")
    return word if word[:1].isalpha() else f"v_{word}".rstrip("_")

"""What the command line says: text in the characters that the terminal has, JSON, and a progress bar."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["progress_bar", "say", "say_json"]


def say(text: str) -> None:
    """Print text on standard output; where a character is not to be had, what is nearest to it."""
    encoding = _encoding()
    print(text if _has(text) else text.translate(_PLAIN).encode(encoding, "replace").decode(encoding))


def say_json(data: Any) -> None:
    """Print data as JSON, in ASCII if need be."""
    text = json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False)
    print(text if _has(text) else json.dumps(data, indent=2))


@contextmanager
def progress_bar(unit: str) -> Iterator[Callable[[int, int], None]]:
    """A function ``progress(done, of)`` that draws a bar on standard error.

    Only where that is a terminal, and once the work has taken a second.
    """
    from tqdm import tqdm

    with tqdm(unit=unit, delay=1, disable=None, leave=False) as bar:

        def progress(done: int, of: int) -> None:
            bar.total = of
            bar.update(done - bar.n)

        yield progress


def _has(text: str) -> bool:
    """Whether standard output has all the characters of a text."""
    try:
        text.encode(_encoding())
    except UnicodeEncodeError:
        return False
    return True


def _encoding() -> str:
    return getattr(sys.stdout, "encoding", None) or "utf-8"


#: What stands for the characters of formulas where there is no Unicode.
_PLAIN = str.maketrans(
    {"∂": "d", "→": "->", "…": "...", "≤": "<=", "≥": ">=", "≠": "!=", "∞": "inf", "π": "pi"}
    | dict(zip("−·×≈─’₀₁₂₃₄₅₆₇₈₉", "-**~-'0123456789", strict=True))
    | {power: f"^{i}" for i, power in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")}
)

"""What the command line says: text in the characters that the terminal has, JSON, and a progress bar."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["progress_bar", "say", "say_json"]


def say(text: str, *, error: bool = False) -> None:
    """Print text on standard output (or error); where it lacks a character, what is nearest to it."""
    stream = sys.stderr if error else sys.stdout
    encoding = _encoding(stream)
    if not _has(encoding, text):
        text = text.translate(_PLAIN).encode(encoding, "replace").decode(encoding)
    print(text, file=stream)


def say_json(data: Any) -> None:
    """Print data as JSON on standard output, in ASCII if need be."""
    text = json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False)
    print(text if _has(_encoding(sys.stdout), text) else json.dumps(data, indent=2))


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


def _encoding(stream: Any) -> str:
    return getattr(stream, "encoding", None) or "utf-8"


def _has(encoding: str, text: str) -> bool:
    """Whether an encoding has all the characters of a text."""
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


#: What stands for the characters of formulas where there is no Unicode.
_PLAIN = str.maketrans(
    {"∂": "d", "→": "->", "…": "...", "≤": "<=", "≥": ">=", "≠": "!=", "∞": "inf", "π": "pi"}
    | dict(zip("−·×≈─’₀₁₂₃₄₅₆₇₈₉", "-**~-'0123456789", strict=True))
    | {power: f"^{i}" for i, power in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")}
)

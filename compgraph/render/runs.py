"""Lines of text in two styles: variables in italics, all else upright, and nothing that a document cannot hold."""

from __future__ import annotations

import re

__all__ = ["NBSP", "SINGLE", "Runs", "clean", "equation", "joined", "typeset"]

#: A line of text, cut where its style changes: upright, italic, upright, …
Runs = tuple[str, ...]

#: A blank at which no line is broken.
NBSP = "\u00a0"

_LETTER = "A-Za-zÀ-ÖØ-öø-ʯͰ-ϿЀ-ӿ"

#: A letter that stands alone, as u in u₁ and x in x_q: a variable; but Σ is a sum.
SINGLE = re.compile(f"(?<![{_LETTER}_])(?!Σ)([{_LETTER}])(?![{_LETTER}])")

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ONE_LINE = str.maketrans("\t\n\r", "   ")


def typeset(line: str, letters: frozenset[str] | None = None) -> Runs:
    """Cut a line into upright and italic runs: a letter alone, as u in u₁, is a variable and set in italics.

    Parameters
    ----------
    line : str
    letters : frozenset of str, optional
        The only letters that are; in a sentence, where *a* may be a word.

    Examples
    --------
    >>> typeset("u₁ = sin(t)")
    ('', 'u', '₁ = sin(', 't', ')')
    """
    runs = SINGLE.split(clean(line))
    if letters is None:
        return tuple(runs)
    kept = [runs[0]]
    for letter, after in zip(runs[1::2], runs[2::2], strict=True):
        if letter in letters:
            kept += [letter, after]
        else:
            kept[-1] += letter + after
    return tuple(kept)


def joined(runs: Runs) -> str:
    """The text of a line, without its styles."""
    return "".join(runs)


def clean(words: str) -> str:
    """Text that any XML document may hold, on one line."""
    return _NOT_XML.sub("\ufffd", words).translate(_ONE_LINE)


def equation(left: Runs, right: Runs) -> Runs:
    """``∂J/∂t = 2.791``, in the styles of both sides."""
    if len(left) % 2:
        return (*left[:-1], f"{left[-1]} = {right[0]}", *right[1:])
    return (*left, f" = {right[0]}", *right[1:])

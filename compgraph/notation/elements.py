"""Elements of any semiring as they are written: numbers, Expressions, words of the free semiring, whatever else."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from typing import Any

import numpy as np

from compgraph.expression import Expression
from compgraph.maps import LinearMap
from compgraph.notation.arrays import array
from compgraph.notation.maps import linear_map
from compgraph.notation.names import plain, plain_latex
from compgraph.notation.numerals import Style, marks, number, number_latex, number_spoken
from compgraph.notation.speech import spoken
from compgraph.notation.tex import latex
from compgraph.notation.unicode import text
from compgraph.semiring import Ranked, SignLog

__all__ = ["element", "is_number", "ordinal"]

#: Words of a sum, letters of a word, and operations of an expression that are written out.
_WORDS, _LETTERS, _OPERATIONS = 6, 20, 60


def element(value: Any, digits: int = 6, style: Style = "text") -> str:
    """An element of any semiring: a number, an Expression, a pair, a sum of words of the free semiring, or its `str`.

    Examples
    --------
    >>> element(Counter({("a", "b"): 1, ("c",): 2})), element(Counter({(3.0, -0.5): 2, (): 1}))
    ('a · b + 2 · c', '2⟨3, −0.5⟩ + 1')
    >>> element((-0.5, 2.0))
    '(−0.5, 2)'
    """
    written = marks(style)
    if isinstance(value, Expression):
        if style == "text":
            return text(value, limit=_OPERATIONS, pretty=True)
        return (latex if style == "latex" else spoken)(value, limit=_OPERATIONS)
    if isinstance(value, Counter) and all(isinstance(word, tuple) for word in value):
        words = [_word(word, count, digits, style) for word, count in list(value.items())[:_WORDS]]
        if len(value) > _WORDS:
            words.append(written.more.format(len(value) - _WORDS))
        return written.plus.join(words) or "0"
    if isinstance(value, Ranked):
        return f"{element(value.product, digits, style)} {_word(value.word, 1, digits, style)}"
    if isinstance(value, SignLog) and value.sign and style != "spoken":
        power = element(value.log, digits, style)
        return (written.minus if value.sign < 0 else "") + (f"e^({power})" if style == "text" else f"e^{{{power}}}")
    if isinstance(value, tuple):
        parts = [element(part, digits, style) for part in value[:_WORDS]]
        if len(value) > _WORDS:
            parts.append(written.more.format(len(value) - _WORDS))
        return f"({', '.join(parts)})"
    if isinstance(value, LinearMap):
        return linear_map(value, digits, style)
    if isinstance(value, np.ndarray):
        return array(value, digits, style) if value.ndim else element(value[()], digits, style)
    if isinstance(value, str):
        return plain_latex(value, 120) if style == "latex" else plain(value, 120)
    return {"text": number, "latex": number_latex, "spoken": number_spoken}[style](value, digits)


def _word(word: tuple[Any, ...], count: int, digits: int, style: Style) -> str:
    """Letters side by side; in brackets where some are numbers, because no product is meant."""
    letters = [element(letter, digits, style) for letter in word[:_LETTERS]]
    if len(word) > _LETTERS:
        letters.append(marks(style).more.format(len(word) - _LETTERS))
    if any(map(is_number, word)):
        opening, closing = _BRACKETS[style]
        times = "" if count == 1 else f"{count} times " if style == "spoken" else str(count)
        return times + opening + ", ".join(letters) + closing
    if count != 1 or not letters:
        letters.insert(0, str(count))
    return marks(style).times.join(letters)


_BRACKETS = {"text": ("⟨", "⟩"), "latex": (r"\langle ", r" \rangle"), "spoken": ("the word ", "")}


def is_number(value: Any) -> bool:
    """Whether an element is a number that arithmetic can be printed with."""
    return isinstance(value, (int, float, Fraction)) and not isinstance(value, bool)


def ordinal(key: Any) -> str:
    """The position of an argument, counted from one: 0 is ``1st``; a key of another kind stays as it is."""
    if not isinstance(key, int):
        return plain(key, 20)
    place = key + 1
    ending = "th" if 10 < place % 100 < 20 else {1: "st", 2: "nd", 3: "rd"}.get(place % 10, "th")
    return f"{place}{ending}"

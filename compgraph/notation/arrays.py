"""Arrays as they are written: a few entries in full, of more the shape and the range; indices and shapes in formulas.

Entries of a row are separated by blanks and rows by semicolons: ``[1 2; 3 4]`` has the rows 1 2 and 3 4.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from compgraph.notation.names import plain, plain_latex
from compgraph.notation.numerals import Style, number, number_latex, number_spoken

__all__ = ["array", "index", "parameter", "shape", "short", "summary"]

#: Entries of an array that are written out: in a line of text, and as a matrix in LaTeX.
FEW, LATEX = 9, 20

_NUMBER = {"text": number, "latex": number_latex, "spoken": number_spoken}


def shape(lengths: tuple[int, ...], style: Style = "text") -> str:
    """A shape: ``3×2``; of a number nothing.

    Examples
    --------
    >>> shape((3, 2)), shape((5,)), shape((3, 2), "latex")
    ('3×2', '5', '3 \\\\times 2')
    """
    return {"text": "×", "latex": r" \times ", "spoken": " by "}[style].join([number(n) for n in lengths])


def array(value: Any, digits: int = 6, style: Style = "text", *, few: int | None = None) -> str:
    """The value of an array: all entries where they are `few`, else the shape, the smallest and the largest entry.

    Examples
    --------
    >>> print(array(np.array([[1.0, -0.5], [0.25, 4.0]])), "|", array(np.arange(640.0).reshape(64, 10)))
    [1 −0.5; 0.25 4] | array 64×10, 0…639
    >>> print(array(np.eye(2), style="latex"))
    \\begin{bmatrix} 1 & 0 \\\\ 0 & 1 \\end{bmatrix}
    """
    most = few if few is not None else LATEX if style == "latex" else FEW
    if 0 < value.size <= most and 0 < value.ndim <= 2:
        return _entries(value, digits, style)
    return {"text": "array ", "latex": r"\mathrm{array}\ ", "spoken": "an array of "}[style] + summary(
        value, digits, style
    )


def summary(value: Any, digits: int = 6, style: Style = "text") -> str:
    """The shape of an array, the smallest and the largest entry.

    Examples
    --------
    >>> summary(np.arange(640.0).reshape(64, 10)), summary(np.full(9, np.nan))
    ('64×10, 0…639', '9, 9 not finite')
    """
    shown = shape(value.shape, style)
    return f"{shown}, {_range(value, digits, style)}" if value.size else shown


def short(value: Any, style: Style = "text") -> str:
    """That it is an array, and of which shape.

    Examples
    --------
    >>> short(np.zeros((64, 10)))
    'array 64×10'
    """
    words = {"text": "array ", "latex": r"\mathrm{array}\ ", "spoken": "an array of "}[style]
    return words + shape(value.shape, style)


def _entries(value: Any, digits: int, style: Style) -> str:
    rows = [[_NUMBER[style](entry, digits) for entry in row] for row in np.atleast_2d(value).tolist()]
    if style == "latex":
        inside = r" \\ ".join([" & ".join(row) for row in rows])
        return rf"\begin{{bmatrix}} {inside} \end{{bmatrix}}"
    if style == "spoken":
        return f"{short(value, style)}: {'; '.join(', '.join(row) for row in rows)}"
    return f"[{'; '.join(' '.join(row) for row in rows)}]"


def _range(value: Any, digits: int, style: Style) -> str:
    """From the smallest to the largest entry, of those that are finite; and how many are not."""
    digits, say = min(digits, 4), _NUMBER[style]
    if value.dtype.kind == "O":
        return say("…", digits)
    finite = value[np.isfinite(value)] if value.dtype.kind == "f" else value
    left = value.size - finite.size
    low, high = (finite.min().item(), finite.max().item()) if finite.size else (0.0, 0.0)
    between = {"text": "{}…{}", "latex": r"{} \ldots {}", "spoken": "from {} to {}"}[style]
    parts = [] if not finite.size else [between.format(say(low, digits), say(high, digits))]
    if finite.size and low == high:
        parts = [_worded("all ", style) + say(low, digits)]
    return ", ".join([*parts, *[_worded(f"{left} not finite", style)] * bool(left)])


def _worded(words: str, style: Style) -> str:
    return plain_latex(words) if style == "latex" else words


# -- parameters of functions of arrays


def parameter(value: Any) -> str:
    """A parameter as Python writes it: an axis, a shape, an index; a large array by its shape.

    Examples
    --------
    >>> parameter((3, -1)), parameter(True), parameter("ij->i")
    ('(3, −1)', 'True', "'ij->i'")
    """
    if isinstance(value, np.ndarray):
        return _picked(value)
    if isinstance(value, (tuple, list)):
        inside = ", ".join(map(parameter, value))
        return f"[{inside}]" if isinstance(value, list) else f"({inside}{',' * (len(value) == 1)})"
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return number(value)
    return plain(repr(value))


def index(picked: Any) -> str:
    """What stands between the brackets of ``x[…]``.

    Examples
    --------
    >>> index((0, slice(None))), index(slice(1, 6, 2)), index((Ellipsis, None)), index([0, 2])
    ('0, :', '1:6:2', '..., None', '[0, 2]')
    """
    parts = picked if isinstance(picked, tuple) else (picked,)
    return ", ".join(map(_part, parts))


def _part(one: Any) -> str:
    if isinstance(one, slice):
        ends = ["" if end is None else number(end) for end in (one.start, one.stop)]
        return ":".join(ends) + ("" if one.step is None else f":{number(one.step)}")
    if one is Ellipsis:
        return "..."
    return _picked(np.asarray(one)) if isinstance(one, (list, np.ndarray)) else parameter(one)


def _picked(places: Any) -> str:
    if places.dtype.kind == "b":
        return f"mask {shape(places.shape)}"
    if places.size > FEW or places.ndim != 1:
        return short(places)
    return f"[{', '.join(map(number, places.tolist()))}]"

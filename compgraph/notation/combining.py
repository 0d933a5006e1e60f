"""Sums of products of arrays and maps, with their result: ``[1 2] · diag(3, 0.5) = [3 1]``.

As with numbers, ``=`` claims that the printed left side is exactly the printed right side; where that does not hold, or
not everything is printed, ``≈`` is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from compgraph.maps import Diagonal, LinearMap
from compgraph.maps.base import size
from compgraph.notation.arrays import array
from compgraph.notation.elements import element, is_number
from compgraph.notation.maps import DIAGONAL, is_symbolic, printed_matrix
from compgraph.notation.numerals import Style, marks, shown

__all__ = ["are_linear", "linear_total"]

#: Entries of an array that a sentence writes out.
_FEW = 6

#: Entries of a matrix that is multiplied out to see whether an equality is one.
_CHECKED = 256


def are_linear(values: Sequence[Any]) -> bool:
    """Whether a step is made of arrays and maps (and of numbers beside them)."""
    kinds = (np.ndarray, LinearMap)
    return any(isinstance(v, kinds) for v in values) and all(isinstance(v, kinds) or is_number(v) for v in values)


def linear_total(
    terms: Sequence[Sequence[Any]], result: Any, *, reverse: bool, digits: int = 6, style: Style = "text", most: int = 6
) -> str:
    """Products of two factors each, the one nearer the output on the left, and what they add up to.

    Of more than `most` terms only the first are written out. In `reverse` arrays are rows, and otherwise columns.

    Examples
    --------
    >>> print(linear_total([(np.array([1.0, 2.0]), Diagonal([3.0, 0.5]))], np.array([3.0, 1.0]), reverse=True))
    [1 2] · diag(3, 0.5) = [3 1]
    """
    written = marks(style)
    parts = [written.times.join([_factor(one, digits, style) for one in factors]) for factors in terms[:most]]
    sign = "≈"
    if len(terms) > most:
        parts.append(written.more.format(len(terms) - most))
    elif _holds(terms, result, reverse, digits):
        sign = "="
    return written.plus.join(parts) + written.relations[sign] + _shown(result, digits, style)


def _shown(value: Any, digits: int, style: Style) -> str:
    if isinstance(value, np.ndarray) and value.ndim and value.size > _FEW:
        return array(value, digits, style, few=0)
    return element(value, digits, style)


def _factor(value: Any, digits: int, style: Style) -> str:
    written = _shown(value, digits, style)
    loose = written.startswith(marks(style).minus) or any(sign in written for sign in _LOOSE[style])
    return f"({written})" if loose and style != "spoken" else written


_LOOSE = {"text": (" ← ", " · ", " ⊗ ", " + ", "array "), "latex": (r"\gets", " + ", r"\mathrm{array}"), "spoken": ()}


def _holds(terms: Sequence[Sequence[Any]], result: Any, reverse: bool, digits: int) -> bool:
    """Whether the equality of what is printed is one, in exact arithmetic."""
    total: Any = 0
    for factors in terms:
        product: Any = None
        for value in factors:
            matrix = _printed(value, reverse, digits)
            if matrix is None or (product is not None and product.shape[1] != matrix.shape[0]):
                return False
            product = matrix if product is None else product @ matrix
        total = total + product
    expected = _printed(result, reverse, digits)
    return expected is not None and expected.shape == total.shape and bool((expected == total).all())


def _printed(value: Any, reverse: bool, digits: int) -> Any:
    """A matrix of the exact values of what is printed; None where that is not all of them."""
    if is_number(value):
        numbers = np.array([[value]], dtype=object)
    elif isinstance(value, LinearMap):
        whole = is_symbolic(value) or (
            isinstance(value, Diagonal) and value.values.ndim == 1 and value.values.size <= DIAGONAL
        )
        if size(value.output) * size(value.input) > _CHECKED or not (whole or printed_matrix(value) is not None):
            return None
        numbers = value.matrix()
    elif value.size > _FEW or value.ndim > 2:
        return None
    else:
        numbers = value.reshape((1, -1) if reverse else (-1, 1))
    if not np.isfinite(numbers.astype(float)).all():
        return None
    return np.array([[shown(entry, digits) for entry in row] for row in numbers.tolist()], dtype=object)

"""Linear maps as they are written: in symbols where they are made of expressions, else in numbers or by their shape.

In symbols a map is written as its matrix; `kronecker` says how.
"""

from __future__ import annotations

import re
from typing import Any

from compgraph.expression import Expression
from compgraph.maps import (
    Contraction,
    Dense,
    Diagonal,
    Kronecker,
    LeftMultiply,
    LinearMap,
    RightMultiply,
    Scale,
    Spread,
    WeightedSum,
)
from compgraph.maps.base import size
from compgraph.maps.composite import Composite, listed
from compgraph.notation.arrays import array, shape
from compgraph.notation.kronecker import as_expression
from compgraph.notation.numerals import Style, number, number_latex, number_spoken
from compgraph.notation.speech import spoken
from compgraph.notation.tex import latex
from compgraph.notation.unicode import text

__all__ = ["arrow", "has_expressions", "is_symbolic", "linear_map", "printed_matrix"]

#: Entries of a diagonal and of a matrix that are written out; parts of a map that are looked at for it.
DIAGONAL, MATRIX, PARTS = 4, 9, 40

#: Names, numbers and operations of a map in symbols that are written out.
LIMIT = 40

#: Numbers with more decimals than anybody reads.
_LONG = re.compile(r"\d+\.\d{6,}")


def linear_map(map: LinearMap, digits: int = 6, style: Style = "text") -> str:
    """A linear map: in symbols, by its numbers where they are few, else by the shapes of its output and its input.

    Examples
    --------
    >>> import numpy as np
    >>> from compgraph.expression import Variable
    >>> from compgraph.maps import Sum
    >>> W, x = Variable("W", shape=(3, 2)), Variable("x", shape=2)
    >>> print(linear_map(Diagonal(1 - x**2) @ Dense(np.transpose(W))), "|", linear_map(RightMultiply(W, (4, 3))))
    diag(1 − x²) · Wᵀ | I ⊗ Wᵀ
    >>> print(linear_map(Diagonal([0.5, 2.0])), "|", linear_map(Dense([[1.0, 2.0], [3.0, 4.0]])))
    diag(0.5, 2) | [1 2; 3 4]
    >>> linear_map(Dense(np.ones((64, 10)))), linear_map(Sum((3, 2), 0))
    ('64 ← 10', 'Σ(·, axis=0)')
    """
    if is_symbolic(map):
        formula, say = as_expression(map), {"text": number, "latex": number_latex, "spoken": number_spoken}[style]
        if style == "text":
            written = text(formula, limit=LIMIT, pretty=True)
        else:
            written = latex(formula, limit=LIMIT) if style == "latex" else spoken(formula, limit=LIMIT)
        return _LONG.sub(lambda found: say(float(found[0]), digits), written)
    if isinstance(map, Diagonal):
        return _diagonal(map, digits, style)
    matrix = printed_matrix(map)
    if matrix is not None and not map.output:  # the derivative of a number has the shape of what it is taken by
        return array(matrix.reshape(map.input), digits, style)
    if matrix is not None:
        return array(matrix[0] if len(matrix) == 1 and map.input else matrix, digits, style)
    return arrow(map, style)


def is_symbolic(map: LinearMap) -> bool:
    """Whether a map is made of expressions, or of no numbers at all but a factor: Σ, a transpose, an index, 3·I."""
    return has_expressions(map) or not any(_made_of(part) for part in listed(map))


def has_expressions(map: LinearMap) -> bool:
    """Whether a map is made of expressions."""
    return any(isinstance(one, Expression) for part in listed(map) for one in _made_of(part))


def printed_matrix(map: LinearMap) -> Any:
    """The matrix of a map that is small enough for all of its entries to be written; None of others."""
    if size(map.output) * size(map.input) > MATRIX or len(map.output) > 1 or len(map.input) > 1 + (not map.output):
        return None
    return map.matrix() if not isinstance(map, Composite) or len(listed(map)) <= PARTS else None


def _made_of(part: LinearMap) -> tuple[Any, ...]:
    """The arrays that a map multiplies with, and a factor that is an expression."""
    if isinstance(part, (Diagonal, WeightedSum, Spread)):
        return (part.values,)
    if isinstance(part, (Dense, LeftMultiply, RightMultiply)):
        return (part.array,)
    if isinstance(part, Kronecker):
        return part.left, part.right
    if isinstance(part, Contraction):
        return tuple([one for one in part.operands if one is not None])
    return (part.factor,) if isinstance(part, Scale) and isinstance(part.factor, Expression) else ()


def _diagonal(map: Diagonal, digits: int, style: Style) -> str:
    form = {"text": "diag({})", "latex": r"\operatorname{{diag}}({})", "spoken": "the diagonal of {}"}[style]
    if map.values.ndim != 1 or map.values.size > DIAGONAL:
        return form.format(shape(map.output, style))
    say = {"text": number, "latex": number_latex, "spoken": number_spoken}[style]
    return form.format(", ".join([say(entry, digits) for entry in map.values.tolist()]))


def arrow(map: LinearMap, style: Style = "text") -> str:
    """The shapes of output and input: ``3×2 ← 6``; of a number 1."""
    sign = {"text": " ← ", "latex": r" \gets ", "spoken": " from "}[style]
    shown = sign.join(shape(side, style) or "1" for side in (map.output, map.input))
    return f"a map to {shown}" if style == "spoken" else shown

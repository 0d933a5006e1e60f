"""The shape of an expression, from the shapes of its variables: nothing is computed but where a row has no rule."""

from __future__ import annotations

from typing import Any

import numpy as np

from compgraph.arrays.rows import Bound, misfit
from compgraph.errors import DomainError
from compgraph.expression import LITERAL, VARIABLE, Expression
from compgraph.traversal import evaluation_order

__all__ = ["said_shape", "shape_of"]


def shape_of(expression: Expression) -> tuple[int, ...]:
    """The shape of an expression; a Variable without one is a number. Cost: linear once, then remembered.

    Raises
    ------
    ValueError
        Shapes that do not fit; the operation and its shapes are named.

    Examples
    --------
    >>> from compgraph.expression import Variable
    >>> W, x = Variable("W", shape=(3, 2)), Variable("x", shape=(2,))
    >>> shape_of(W @ x)
    (3,)
    """
    stack = [expression]
    while stack:
        one = stack[-1]
        if hasattr(one, "_shape"):
            stack.pop()
            continue
        missing = [a for a in one.arguments if isinstance(a, Expression) and not hasattr(a, "_shape")]
        if missing:
            stack += missing
            continue
        one._shape = _of(one)
        stack.pop()
    found: tuple[int, ...] = expression._shape
    return found


def said_shape(array: Any) -> tuple[int, ...] | None:
    """The shape as far as it is said: None where it hangs on a Variable without one; nothing is settled by asking."""
    if not isinstance(array, Expression):
        known: tuple[int, ...] = np.shape(array)
        return known
    for one in evaluation_order([array]):
        if one.primitive is VARIABLE and not hasattr(one, "_shape"):
            return None
    return shape_of(array)


def _of(one: Expression) -> tuple[int, ...]:
    primitive = one.primitive
    if primitive is VARIABLE:
        return ()
    shapes = [a._shape if isinstance(a, Expression) else np.shape(a) for a in one.arguments]
    if primitive is LITERAL:
        return shapes[0]
    if not isinstance(primitive, Bound):
        if not any(shapes):
            return ()
        try:
            return np.broadcast_shapes(*shapes)
        except ValueError:
            error = ValueError("they do not broadcast")
            raise misfit(primitive.name, [np.broadcast_to(0.0, s) for s in shapes], error) from None
    row = primitive.row
    try:
        if row.shape is not None:
            return tuple(row.shape(*shapes, **primitive.parameters))
        with np.errstate(all="ignore"):
            return np.shape(row.evaluate(*[np.zeros(s) for s in shapes], **primitive.parameters))
    except (ValueError, IndexError, TypeError, DomainError) as error:
        raise misfit(primitive.name, [np.broadcast_to(0.0, s) for s in shapes], error) from None

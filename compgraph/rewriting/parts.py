"""What rules ask of a value: its shape, what it is an application of, the number that stands before it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from compgraph import functions as cg
from compgraph.arrays.protocols import ROWS
from compgraph.arrays.rows import Bound
from compgraph.expression import LITERAL, MULTIPLY, NEGATE, VARIABLE, Expression, Primitive

__all__ = ["Shape", "applied", "bound", "guarded", "is_elementwise", "is_number", "scaled", "shape_of", "whole_number"]

Shape = tuple[int, ...]


def shape_of(value: Any) -> Shape:
    """The shape of an expression, () of a number."""
    found: Shape = value.shape if isinstance(value, Expression) else ()
    return found


def is_elementwise(primitive: Primitive) -> bool:
    """Whether it is a function of numbers, done entry by entry."""
    return not isinstance(primitive, Bound) and primitive is not VARIABLE and primitive is not LITERAL


def is_number(value: Any) -> bool:
    """Whether it is a number, and no expression."""
    return not isinstance(value, Expression)


def applied(value: Any, primitive: Primitive) -> Any:
    """The arguments, if it is an application of that primitive that nobody named."""
    is_one = isinstance(value, Expression) and value.primitive is primitive and value.name is None
    return value.arguments if is_one else None


def bound(value: Any, name: str) -> Mapping[str, Any] | None:
    """The parameters, if it is an application of the row of that name that nobody named."""
    if not isinstance(value, Expression) or value.name is not None or not isinstance(value.primitive, Bound):
        return None
    return value.primitive.parameters if value.primitive.row is ROWS[name] else None


def scaled(value: Any) -> tuple[float, Any]:
    """A number and what it stands before."""
    if inner := applied(value, NEGATE):
        return -1.0, inner[0]
    inner = applied(value, MULTIPLY)
    return (inner[0], inner[1]) if inner and is_number(inner[0]) else (1.0, value)


def whole_number(number: Any) -> Any:
    """A float that is a whole number as an integer, which is written shorter; but for −0."""
    is_whole = isinstance(number, float) and number.is_integer() and abs(number) < 2**53
    return int(number) if is_whole and (number or math.copysign(1, number) > 0) else number


def guarded(value: Any) -> tuple[Any, Any, Any] | None:
    """The condition, the term and the zero of ``where(c, term, 0)`` or ``where(c, 0, term)``.

    A product goes inside of it: what is not finite where the condition does not hold has no influence.
    """
    if inner := applied(value, cg.WHERE):
        for term, zero in (inner[1:], inner[:0:-1]):
            if is_number(zero) and zero == 0 and not (is_number(term) and term == 0):
                return inner[0], term, zero
    return None

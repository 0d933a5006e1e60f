"""Partials of arithmetic where a case needs care, and what becomes of results beyond the floats."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from compgraph.evaluation import power

__all__ = ["log", "overflowed", "power_base", "power_exponent", "reciprocal", "sign"]

#: What a rule may decide at once; a dual number carries more than the value that it compares by.
_NUMBERS = (int, float, Fraction)


def power_base(y: Any, x: Any, n: Any) -> Any:
    if isinstance(n, _NUMBERS):
        if n == 0:
            return 0 * n
        if n == 1:
            return n
        if n == 2:
            return n * x
    return n * (power(x, n - 1) if type(x) is Fraction else x ** (n - 1))


def power_exponent(y: Any, x: Any, n: Any) -> Any:
    if isinstance(x, _NUMBERS) and isinstance(y, _NUMBERS) and x == 0 and n > 0:
        return 0 * y  # the limit of xⁿ·log x, and of 0ⁿ, which is 0 for every n > 0
    if isinstance(x, np.ndarray):
        return y * log(np.where(x == 0, 1, x))  # the same limit, entry by entry
    return y * log(x)


def reciprocal(b: Any) -> Any:
    return Fraction(1, b) if type(b) is int and b else 1 / b  # a literal 3 keeps 1/3 exact in symbols


def sign(x: Any) -> Any:
    """The row of the table: it stands below this, and is asked on use."""
    from compgraph import functions

    return functions.sign(x)


def log(x: Any) -> Any:
    """Likewise."""
    from compgraph import functions

    return functions.log(x)


def overflowed(primitive: Any, arguments: Sequence[Any]) -> Any:
    """The result where Python's arithmetic overflowed: ±inf, or that of an infinite argument."""
    floats = [_float(argument) for argument in arguments]
    if any(math.isinf(f) and type(a) is not float for f, a in zip(floats, arguments, strict=True)):
        return primitive.value(*floats)  # an exact number beyond the floats: tanh(10⁴⁰⁰) is 1
    if primitive.name == "power":
        return -math.inf if floats[0] < 0 and floats[1] % 2 == 1 else math.inf
    return math.copysign(math.inf, floats[0]) if primitive.name == "sinh" else math.inf


def _float(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf

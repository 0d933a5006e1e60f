"""What the functions that a program may call are to its derivative: rows of the rule table, or one of a few kinds."""

from __future__ import annotations

import ast
import builtins
import functools
import math
from enum import Enum
from typing import Any

import numpy as np

from compgraph import functions as cg
from compgraph.expression import ADD, DIVIDE, MULTIPLY, POWER, SUBTRACT, Primitive
from compgraph.functions import BY_UFUNC, FUNCTIONS

__all__ = ["BINARY", "CHANGING", "Kind", "rule_of"]


class Kind(Enum):
    """Functions without a row of their own."""

    FLAT = "its value does not move with its arguments, or moves in jumps"
    LINEAR = "the derivative is the function of the tangent"
    PRODUCT = "a product of two arrays"
    CHOICE = "np.where"


BINARY: dict[type[ast.operator], Primitive] = {
    ast.Add: ADD, ast.Sub: SUBTRACT, ast.Mult: MULTIPLY, ast.Div: DIVIDE, ast.Pow: POWER, ast.MatMult: MULTIPLY,
}  # fmt: skip

#: Methods that change a list: how many arguments come before the element, or None where there is no element.
CHANGING: dict[str, int | None] = {
    "append": 0, "extend": 0, "insert": 1, "pop": None, "clear": None, "reverse": None,
}  # fmt: skip


_IN_MATH = (
    "sqrt cbrt exp exp2 expm1 log log2 log10 log1p sin cos tan asin acos atan atan2 sinh cosh tanh asinh acosh atanh "
    "erf erfc hypot"
)
_FLAT = {
    builtins: "len range int round bool all any isinstance print repr divmod hash id type callable",
    math: "floor ceil trunc isnan isinf isfinite isclose gcd factorial comb perm isqrt lcm",
    np: "floor ceil trunc rint isnan isinf isfinite shape ndim size argmax argmin all any isclose allclose "
    "zeros_like ones_like",
}
_LINEAR = {
    builtins: "float sum list tuple reversed",
    math: "fsum radians degrees",
    np: "sum mean cumsum array asarray transpose reshape ravel concatenate stack diff flip radians degrees float64",
}


@functools.cache
def _table() -> dict[int, Primitive | Kind]:
    table: dict[int, Primitive | Kind] = {}
    for kind, names in ((Kind.FLAT, _FLAT), (Kind.LINEAR, _LINEAR)):
        for module, listed in names.items():
            table |= {id(getattr(module, name)): kind for name in listed.split()}
    table |= {id(getattr(math, name)): FUNCTIONS[name] for name in _IN_MATH.split()}
    table |= {id(math.fabs): cg.abs, id(math.pow): POWER, id(builtins.pow): POWER}
    table |= {id(builtins.abs): cg.abs, id(builtins.max): cg.max, id(builtins.min): cg.min}
    table |= {id(np.dot): Kind.PRODUCT, id(np.matmul): Kind.PRODUCT, id(np.where): Kind.CHOICE}
    return table


def rule_of(function: Any) -> Primitive | Kind | None:
    """The row of a function of Python, `math`, NumPy or this library, or its kind; None where it is unknown."""
    if isinstance(function, Primitive):
        return function if FUNCTIONS.get(function.name) is function else None
    if isinstance(function, np.ufunc) and id(function) not in _table():
        row = BY_UFUNC.get(function.__name__)
        return row if isinstance(row, Primitive) else None
    return _table().get(id(function))

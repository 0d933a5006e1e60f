"""Wrong rules of differentiation that people use, a short list per primitive.

Like the rule table itself: a row is a primitive, a column an argument, and what stands there are the usual wrong
partials, as functions of the result and the arguments.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from compgraph import functions as f

__all__ = ["LOG_BASES", "WRONG_RULES", "trigonometric"]

Rule = Callable[..., Any]
_LN_10 = f.LOG_10

# fmt: off

#: Primitive → for each argument the wrong partials.
WRONG_RULES: Mapping[str, tuple[tuple[Rule, ...], ...]] = {
    # the factor itself instead of the other one
    "multiply": ((lambda y, a, b: a,), (lambda y, a, b: b,)),
    "add":      ((lambda y, a, b: b,), (lambda y, a, b: a,)),
    "divide":   ((lambda y, a, b: b, lambda y, a, b: 1 / b**2),
                 (lambda y, a, b: -1 / b**2, lambda y, a, b: -a / b, lambda y, a, b: 1 / b, lambda y, a, b: a)),
    # exponent not lowered; not brought down; integrated. The power rule for an exponential; its logarithm forgotten
    "power":    ((lambda y, x, n: n * x**n, lambda y, x, n: x ** (n - 1), lambda y, x, n: x ** (n + 1) / (n + 1),
                  lambda y, x, n: (n - 1) * x ** (n - 1), lambda y, x, n: n * x),
                 (lambda y, x, n: n * x ** (n - 1), lambda y, x, n: y)),
    "square":   ((lambda y, x: 2 * y, lambda y, x: x, lambda y, x: x**3 / 3),),
    "sqrt":     ((lambda y, x: 1 / y, lambda y, x: y / 2, lambda y, x: 1 / (2 * x)),),
    "cbrt":     ((lambda y, x: 1 / y**2, lambda y, x: y / 3),),
    "abs":      ((lambda y, x: 1, lambda y, x: y),),
    "exp":      ((lambda y, x: x * f.exp(x - 1), lambda y, x: x * y),),
    "exp2":     ((lambda y, x: x * f.exp2(x - 1), lambda y, x: y),),
    "log":      ((lambda y, x: f.log(x), lambda y, x: x, lambda y, x: 1 / f.log(x)),),
    "log2":     ((lambda y, x: f.log2(x), lambda y, x: f.LOG_2 / x),),
    "log10":    ((lambda y, x: f.log10(x), lambda y, x: _LN_10 / x),),
    "log1p":    ((lambda y, x: 1 / x, lambda y, x: y),),
    # not differentiated; the other function of the pair; the rule of a neighbour
    "sin":      ((lambda y, x: f.sin(x),),),
    "cos":      ((lambda y, x: f.cos(x),),),
    "tan":      ((lambda y, x: 1 / f.cos(x), lambda y, x: 1 / (1 + x**2), lambda y, x: f.tan(x)),),
    "asin":     ((lambda y, x: 1 / f.sqrt(1 + x**2), lambda y, x: 1 / f.cos(x)),),
    "acos":     ((lambda y, x: -1 / f.sqrt(1 + x**2), lambda y, x: -1 / f.sin(x)),),
    "atan":     ((lambda y, x: 1 / (1 - x**2), lambda y, x: 1 / f.sqrt(1 + x**2), lambda y, x: f.cos(x) ** 2),),
    "sinh":     ((lambda y, x: f.sinh(x), lambda y, x: f.cos(x)),),
    "cosh":     ((lambda y, x: f.cosh(x), lambda y, x: -f.sin(x)),),
    "tanh":     ((lambda y, x: y * (1 - y), lambda y, x: 1 - y, lambda y, x: 1 + y**2, lambda y, x: f.sech(x)),),
    "sigmoid":  ((lambda y, x: 1 - y**2, lambda y, x: 1 - y, lambda y, x: y, lambda y, x: y * (1 + y)),),
    "softplus": ((lambda y, x: f.tanh(x), lambda y, x: f.exp(x)),),
    "relu":     ((lambda y, x: y, lambda y, x: 1, lambda y, x: f.where(x > 0, 0, 1)),),
    "leaky_relu": ((lambda y, x, slope: 1, lambda y, x, slope: f.where(x > 0, slope, 1),
                    lambda y, x, slope: f.where(x > 0, 1, 0)),),
    "elu":      ((lambda y, x, alpha: 1, lambda y, x, alpha: f.where(x > 0, 1, 0)),),
    # the branch that is not taken
    "max":      ((lambda y, a, b: f.where(a > b, 0, 1),), (lambda y, a, b: f.where(b > a, 0, 1),)),
    "min":      ((lambda y, a, b: f.where(a < b, 0, 1),), (lambda y, a, b: f.where(b < a, 0, 1),)),
    "where":    ((), (lambda y, c, a, b: f.where(c, 0, 1),), (lambda y, c, a, b: f.where(c, 1, 0),)),
}

#: Primitive → its partial with the base of the logarithm mistaken.
LOG_BASES: Mapping[str, tuple[Rule, ...]] = {
    "log":   (lambda y, x: 1 / (x * _LN_10),),
    "log10": (lambda y, x: 1 / x,),
    "log2":  (lambda y, x: 1 / x,),
}

# fmt: on

_DEGREE = math.pi / 180
_FORWARD = frozenset({"sin", "cos", "tan", "cot", "sec", "csc"})
_INVERSE = frozenset({"asin", "acos", "atan", "acot", "asec", "acsc", "atan2"})


def trigonometric(name: str) -> tuple[float, float] | None:
    """The factors on argument and result of a function whose angle is taken in degrees; None for other functions."""
    if name in _FORWARD:
        return _DEGREE, 1.0
    return (1.0, 1 / _DEGREE) if name in _INVERSE else None

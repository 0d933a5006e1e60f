"""The rule table: one row per primitive.

A row reads from left to right: the name, the function on numbers, one partial per argument with the output passed
first, and below it the partial as a textbook prints it, where that differs. Partials are written in the functions of
this very table, so that the same row serves numbers and expressions, and can be differentiated again.

A row holds the partial in the form that keeps its accuracy: sech²x where the textbook has 1 − tanh²x, which has lost
every digit at x = 20. The printed form is for pictures only. Where a partial is infinite it is a quotient with the
denominator 0, never a special case.

**Exactness.** Fractions stay Fractions in `square`, `abs`, `sign`, `relu`, `leaky_relu`, `prelu`, `max`, `min` and
`where`; in `sqrt`, `cbrt` and `hypot` where the root is a fraction; in `elu` for x > 0. All else gives floats.

**Domains.** Inverse functions take their principal values (DLMF 4.23, 4.37). Hence acot x = atan(1/x) is odd, jumps
at 0 and is undefined there, as is the angle atan2(0, 0). The partials of `hypot` do not exist at (0, 0).

**Kinks.** Where a derivative jumps, one value is used, and `kink` says that it was: 0 for `abs`, `sign` and `relu`;
the derivative from the left for `leaky_relu`, `prelu` and `elu`, of whose family `relu` is a member; a tie of `max`
or `min` is shared equally.

References
----------
NIST Digital Library of Mathematical Functions, 4.20, 4.24 (derivatives of the trigonometric functions and their
inverses), 4.34, 4.38 (hyperbolic), 7.2 (error functions). swish: Ramachandran, Zoph, Le, arXiv:1710.05941. mish:
Misra, arXiv:1908.08681. gelu: Hendrycks, Gimpel, arXiv:1606.08415. elu: Clevert, Unterthiner, Hochreiter,
arXiv:1511.07289. prelu: He, Zhang, Ren, Sun, arXiv:1502.01852.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from compgraph import evaluation
from compgraph.evaluation import SQRT_2
from compgraph.expression import (
    ABS,
    ADD,
    DIVIDE,
    EQUAL,
    GREATER,
    GREATER_EQUAL,
    IDENTITY,
    LESS,
    LESS_EQUAL,
    LITERAL,
    MULTIPLY,
    NEGATE,
    NOT_EQUAL,
    POWER,
    SUBTRACT,
    VARIABLE,
    Application,
    Expression,
    Partial,
    Primitive,
    literal,
)

__all__ = [
    "BY_UFUNC",
    "FUNCTIONS",
    "HIDDEN",
    "abs",
    "acos",
    "acosh",
    "acot",
    "acoth",
    "acsc",
    "acsch",
    "asec",
    "asech",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "cbrt",
    "cos",
    "cosh",
    "cot",
    "coth",
    "csc",
    "csch",
    "elu",
    "erf",
    "erfc",
    "exp",
    "exp2",
    "expm1",
    "gelu",
    "hypot",
    "leaky_relu",
    "log",
    "log1p",
    "log2",
    "log10",
    "logaddexp",
    "logical_and",
    "logical_not",
    "logical_or",
    "max",
    "min",
    "mish",
    "prelu",
    "relu",
    "sec",
    "sech",
    "sigmoid",
    "sign",
    "sin",
    "sinh",
    "softplus",
    "sqrt",
    "square",
    "swish",
    "tan",
    "tanh",
    "where",
]

LOG_2, LOG_10, SQRT_PI = math.log(2), math.log(10), math.sqrt(math.pi)
PI = literal(math.pi, "π")  # for printed forms, as is `_written`


def _written(row: Primitive, number: int) -> Expression:
    """A function of a number as one writes it, log(2), where calling the row would give 0.693…"""
    return Application(row, (number,))


def _if(condition: Any, a: Any, b: Any) -> Any:
    """`where` inside a rule: decided at once on numbers, where the condition is a bool."""
    if condition is True:
        return a
    return b if condition is False else WHERE(condition, a, b)  # of arrays entry by entry


def _times(factor: Any, x: Any) -> Any:
    """A product without the factor 1 that a default leaves."""
    return x if isinstance(factor, (int, float, Fraction)) and factor == 1 else factor * x


def _share(beats: Primitive) -> Callable[[int], Partial]:
    """The partials of `max` or `min`: 1 over the number of tied arguments for each of them, 0 for the others."""

    def each(position: int) -> Partial:
        def partial(y: Any, *x: Any) -> Any:
            if isinstance(y, np.ndarray):
                tied = sum(EQUAL(a, y) * 1.0 for a in x)
                return EQUAL(x[position], y) / tied
            if not isinstance(y, Expression):
                one = type(y)(1) if isinstance(y, (float, Fraction)) else 1
                return one / x.count(y) if x[position] == y else 0 * one
            mine, others = x[position], x[:position] + x[position + 1 :]
            if len(others) == 1:
                return WHERE(beats(mine, *others), 1, WHERE(EQUAL(mine, *others), Fraction(1, 2), 0))
            return WHERE(EQUAL(mine, y), 1 / sum((WHERE(EQUAL(a, y), 1, 0) for a in others), 1), 0)

        return partial

    return each


def _share_in_books(beats: Primitive) -> Callable[[int], Partial]:
    """The same share of two arguments as a sum of cases, [a > b] + [a = b]/2, which is shorter in a picture."""

    def each(position: int) -> Partial:
        def partial(y: Any, *x: Any) -> Any:
            if len(x) != 2:
                return _share(beats)(position)(y, *x)  # type: ignore[operator, misc] # a callable, as made above
            mine, other = x[position], x[1 - position]
            return WHERE(beats(mine, other), 1, 0) + WHERE(EQUAL(mine, other), 1, 0) / 2

        return partial

    return each


# Rows that refer to themselves or to a later row are declared first, for the type checker.
cbrt: Primitive
cos: Primitive
cosh: Primitive
csc: Primitive
csch: Primitive
exp: Primitive
exp2: Primitive
log: Primitive
sec: Primitive
sech: Primitive
sigmoid: Primitive
sqrt: Primitive

# fmt: off

# -- powers, roots, exponentials, logarithms

abs    = ABS
sign   = Primitive("sign",   evaluation.sign,   0, kink=lambda x: x == 0)
square = Primitive("square", evaluation.square, lambda y, x: 2 * x)
sqrt   = Primitive("sqrt",   evaluation.sqrt,   lambda y, x: 1 / (2 * y),                    domain="x ≥ 0",
                                       textbook=lambda y, x: 1 / (2 * sqrt(x)))
cbrt   = Primitive("cbrt",   evaluation.cbrt,   lambda y, x: 1 / (3 * y**2),
                                       textbook=lambda y, x: 1 / (3 * cbrt(x) ** 2))
hypot  = Primitive("hypot",  evaluation.hypot,  lambda h, x, y: x / h,
                                                lambda h, x, y: y / h,
                                      textbook=(lambda h, x, y: x / sqrt(x**2 + y**2),
                                                lambda h, x, y: y / sqrt(x**2 + y**2)))

exp    = Primitive("exp",    math.exp,          lambda y, x: y,
                                       textbook=lambda y, x: exp(x))
exp2   = Primitive("exp2",   math.exp2,         lambda y, x: y * LOG_2,
                                       textbook=lambda y, x: exp2(x) * _written(log, 2))
expm1  = Primitive("expm1",  math.expm1,        lambda y, x: exp(x))
log    = Primitive("log",    math.log,          lambda y, x: 1 / x,                          domain="x > 0")
log2   = Primitive("log2",   math.log2,         lambda y, x: 1 / (x * LOG_2),                domain="x > 0",
                                       textbook=lambda y, x: 1 / (x * _written(log, 2)))
log10  = Primitive("log10",  math.log10,        lambda y, x: 1 / (x * LOG_10),               domain="x > 0",
                                       textbook=lambda y, x: 1 / (x * _written(log, 10)))
log1p  = Primitive("log1p",  math.log1p,        lambda y, x: 1 / (1 + x),                    domain="x > −1")
logaddexp = Primitive("logaddexp", evaluation.logaddexp,
                                                lambda y, a, b: sigmoid(a - b),
                                                lambda y, a, b: sigmoid(b - a),
                                      textbook=(lambda y, a, b: exp(a) / (exp(a) + exp(b)),
                                                lambda y, a, b: exp(b) / (exp(a) + exp(b))))

# -- trigonometric functions and their inverses

sin    = Primitive("sin",    math.sin,          lambda y, x: cos(x),                         domain="a finite x")
cos    = Primitive("cos",    math.cos,          lambda y, x: -sin(x),                        domain="a finite x")
tan    = Primitive("tan",    math.tan,          lambda y, x: 1 + y**2,                       domain="a finite x",
                                       textbook=lambda y, x: 1 / cos(x) ** 2)
cot    = Primitive("cot",    evaluation.cot,    lambda y, x: -(1 + y**2),                    domain="a finite x ≠ 0",
                                       textbook=lambda y, x: -1 / sin(x) ** 2)
sec    = Primitive("sec",    evaluation.sec,    lambda y, x: y * tan(x),                     domain="a finite x",
                                       textbook=lambda y, x: sec(x) * tan(x))
csc    = Primitive("csc",    evaluation.csc,    lambda y, x: -y * cot(x),                    domain="a finite x ≠ 0",
                                       textbook=lambda y, x: -csc(x) * cot(x))
asin   = Primitive("asin",   math.asin,         lambda y, x: 1 / sqrt((1 - x) * (1 + x)),    domain="−1 ≤ x ≤ 1",
                                       textbook=lambda y, x: 1 / sqrt(1 - x**2))
acos   = Primitive("acos",   math.acos,         lambda y, x: -1 / sqrt((1 - x) * (1 + x)),   domain="−1 ≤ x ≤ 1",
                                       textbook=lambda y, x: -1 / sqrt(1 - x**2))
atan   = Primitive("atan",   math.atan,         lambda y, x: 1 / (1 + x**2))
acot   = Primitive("acot",   evaluation.acot,   lambda y, x: -1 / (1 + x**2),                domain="x ≠ 0")
asec   = Primitive("asec",   evaluation.asec,   lambda y, x: 1 / abs(x) / (sqrt(abs(x) - 1) * sqrt(abs(x) + 1)),
                                       textbook=lambda y, x: 1 / (abs(x) * sqrt(x**2 - 1)),  domain="|x| ≥ 1")
acsc   = Primitive("acsc",   evaluation.acsc,   lambda y, x: -1 / abs(x) / (sqrt(abs(x) - 1) * sqrt(abs(x) + 1)),
                                       textbook=lambda y, x: -1 / (abs(x) * sqrt(x**2 - 1)), domain="|x| ≥ 1")
atan2  = Primitive("atan2",  evaluation.atan2,  lambda a, y, x: x / hypot(x, y) / hypot(x, y),
                                                lambda a, y, x: -y / hypot(x, y) / hypot(x, y),
                                      textbook=(lambda a, y, x: x / (x**2 + y**2),
                                                lambda a, y, x: -y / (x**2 + y**2)),         domain="a point ≠ (0, 0)")

# -- hyperbolic functions and their inverses

sinh   = Primitive("sinh",   math.sinh,         lambda y, x: cosh(x))
cosh   = Primitive("cosh",   math.cosh,         lambda y, x: sinh(x))
tanh   = Primitive("tanh",   math.tanh,         lambda y, x: sech(x) ** 2,
                                       textbook=lambda y, x: 1 - y**2)
coth   = Primitive("coth",   evaluation.coth,   lambda y, x: -(csch(x) ** 2),                domain="x ≠ 0",
                                       textbook=lambda y, x: -1 / sinh(x) ** 2)
sech   = Primitive("sech",   evaluation.sech,   lambda y, x: -y * tanh(x),
                                       textbook=lambda y, x: -sech(x) * tanh(x))
csch   = Primitive("csch",   evaluation.csch,   lambda y, x: -y * coth(x),                   domain="x ≠ 0",
                                       textbook=lambda y, x: -csch(x) * coth(x))
asinh  = Primitive("asinh",  math.asinh,        lambda y, x: 1 / hypot(1, x),
                                       textbook=lambda y, x: 1 / sqrt(1 + x**2))
acosh  = Primitive("acosh",  math.acosh,        lambda y, x: 1 / (sqrt(x - 1) * sqrt(x + 1)), domain="x ≥ 1",
                                       textbook=lambda y, x: 1 / sqrt(x**2 - 1))
atanh  = Primitive("atanh",  math.atanh,        lambda y, x: 1 / ((1 - x) * (1 + x)),        domain="−1 < x < 1",
                                       textbook=lambda y, x: 1 / (1 - x**2))
acoth  = Primitive("acoth",  evaluation.acoth,  lambda y, x: 1 / (1 - x) / (1 + x),          domain="|x| > 1",
                                       textbook=lambda y, x: 1 / (1 - x**2))
asech  = Primitive("asech",  evaluation.asech,  lambda y, x: -1 / (x * sqrt((1 - x) * (1 + x))),
                                       textbook=lambda y, x: -1 / (x * sqrt(1 - x**2)),      domain="0 < x ≤ 1")
acsch  = Primitive("acsch",  evaluation.acsch,  lambda y, x: -1 / abs(x) / hypot(1, x),      domain="x ≠ 0",
                                       textbook=lambda y, x: -1 / (abs(x) * sqrt(1 + x**2)))

# -- error functions and functions of neural networks

erf    = Primitive("erf",    math.erf,          lambda y, x: 2 / SQRT_PI * exp(-(x**2)),
                                       textbook=lambda y, x: 2 / sqrt(PI) * exp(-(x**2)))
erfc   = Primitive("erfc",   math.erfc,         lambda y, x: -2 / SQRT_PI * exp(-(x**2)),
                                       textbook=lambda y, x: -2 / sqrt(PI) * exp(-(x**2)))
sigmoid  = Primitive("sigmoid",  evaluation.sigmoid,
                                                lambda y, x: y * sigmoid(-x),
                                       textbook=lambda y, x: y * (1 - y))
softplus = Primitive("softplus", evaluation.softplus,
                                                lambda y, x: sigmoid(x))
relu   = Primitive("relu",   evaluation.relu,   lambda y, x: _if(x > 0, 1, 0),               kink=lambda x: x == 0)
leaky_relu = Primitive("leaky_relu", evaluation.leaky_relu,
                                                lambda y, x, slope: _if(x > 0, 1, slope),
                                                lambda y, x, slope: _if(x > 0, 0, x),
                       defaults=(0.01,),   kink=lambda x, slope: x == 0 and slope != 1)
prelu  = Primitive("prelu",  evaluation.leaky_relu,
                                                lambda y, x, beta: _if(x > 0, 1, beta),
                                                lambda y, x, beta: _if(x > 0, 0, x),
                                           kink=lambda x, beta: x == 0 and beta != 1)
elu    = Primitive("elu",    evaluation.elu,    lambda y, x, alpha: _if(x > 0, 1, _times(alpha, exp(x))),
                                                lambda y, x, alpha: _if(x > 0, 0, expm1(x)),
                       defaults=(1,),      kink=lambda x, alpha: x == 0 and alpha != 1)
swish  = Primitive("swish",  evaluation.swish,
             lambda y, x, beta: sigmoid(_times(beta, x)) + _times(beta, y * sigmoid(-_times(beta, x))),
             lambda y, x, beta: x * (y * sigmoid(-_times(beta, x))),
   textbook=(lambda y, x, beta: _times(beta, y) + sigmoid(_times(beta, x)) * (1 - _times(beta, y)),
             lambda y, x, beta: y * (x - y)),
                       defaults=(1,))
mish   = Primitive("mish",   evaluation.mish,
                lambda y, x: tanh(softplus(x)) + x * (sigmoid(x) * sech(softplus(x)) ** 2))
gelu   = Primitive("gelu",   evaluation.gelu,
                lambda y, x: erfc(-x / SQRT_2) / 2 + x * exp(-(x**2) / 2) / (SQRT_2 * SQRT_PI),
       textbook=lambda y, x: (1 + erf(x / _written(sqrt, 2))) / 2 + x * exp(-(x**2) / 2) / sqrt(2 * PI))

# -- choices and conditions

max    = Primitive("max",    evaluation.maximum, each=_share(GREATER), kink=evaluation.tied_largest,
                   textbook=_share_in_books(GREATER))
min    = Primitive("min",    evaluation.minimum, each=_share(LESS),    kink=evaluation.tied_smallest,
                   textbook=_share_in_books(LESS))
WHERE  = Primitive("where",  evaluation.choice, None,
                                                lambda y, c, a, b: _if(c, 1, 0),
                                                lambda y, c, a, b: _if(c, 0, 1))
logical_and = Primitive("logical_and", lambda a, b: bool(a and b), None, None)
logical_or  = Primitive("logical_or",  lambda a, b: bool(a or b),  None, None)
logical_not = Primitive("logical_not", lambda a: not a,            None)

# fmt: on


def where(condition: Any, a: Any, b: Any) -> Any:
    """`a` where the condition holds, else `b`; the branch not taken is neither evaluated nor differentiated.

    Raises
    ------
    TypeError
        If the condition is already decided: a bool or a number would pick one branch for all inputs.

    Examples
    --------
    >>> from compgraph.expression import Variable
    >>> x = Variable("x")
    >>> where(x > 0, sqrt(x), 0)
    where(x > 0, sqrt(x), 0)
    """
    if not isinstance(condition, Expression) and not (isinstance(condition, np.ndarray) and condition.ndim):
        raise TypeError(
            f"where: expected a condition on expressions such as x > 0, got {type(condition).__name__} "
            f"{condition!r:.80}. Write a if condition else b for a choice made now, and equal(x, y) for x == y."
        )
    return WHERE(condition, a, b)


# fmt: off
_ROWS = (
    abs, sign, square, sqrt, cbrt, hypot, exp, exp2, expm1, log, log2, log10, log1p, logaddexp,
    sin, cos, tan, cot, sec, csc, asin, acos, atan, acot, asec, acsc, atan2,
    sinh, cosh, tanh, coth, sech, csch, asinh, acosh, atanh, acoth, asech, acsch,
    erf, erfc, sigmoid, softplus, relu, leaky_relu, prelu, elu, swish, mish, gelu,
    max, min, WHERE, logical_and, logical_or, logical_not,
)
_INVERSE = (asin, acos, atan, acot, asec, acsc, atan2, asinh, acosh, atanh, acoth, asech, acsch)
_OPERATORS = (
    ADD, SUBTRACT, MULTIPLY, DIVIDE, POWER, NEGATE, LESS, LESS_EQUAL, GREATER, GREATER_EQUAL, EQUAL, NOT_EQUAL,
)
# fmt: on

#: Every name that text may call, aliases included.
FUNCTIONS: dict[str, Primitive] = {
    **{row.name: row for row in _ROWS},
    **{f"arc{row.name[1:]}": row for row in _INVERSE},
    **{"ln": log, "lg": log10, "sgn": sign, "maximum": max, "minimum": min},
}

#: The rows without a name in text: what operators and assignments write.
HIDDEN: dict[str, Primitive] = {row.name: row for row in (VARIABLE, LITERAL, IDENTITY, *_OPERATORS)}

_SHARED = (
    "sign square sqrt cbrt hypot exp exp2 expm1 log log2 log10 log1p logaddexp sin cos tan arcsin arccos arctan "
    "arctan2 sinh cosh tanh arcsinh arccosh arctanh maximum minimum logical_and logical_or logical_not"
)

#: NumPy's ufuncs by name, so that ``np.sin(x)`` works on expressions.
BY_UFUNC: dict[str, Callable[..., Any]] = {
    **{row.name: row for row in _OPERATORS if row is not NEGATE},
    **{name: FUNCTIONS[name] for name in _SHARED.split()},
    **{"absolute": abs, "fabs": abs, "fmax": max, "fmin": min, "float_power": POWER, "true_divide": DIVIDE},
    **{"negative": NEGATE, "positive": lambda x: x, "reciprocal": lambda x: DIVIDE(1, x)},
}

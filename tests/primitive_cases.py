"""The truth about every primitive, at 50 digits: one case per row of the rule table.

A case gives the function and its slopes in mpmath, the spans its arguments are drawn from, points at the edges and
extremes of its domain, points outside it, and the slopes where they are stated by convention or infinite.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from math import inf, nan, pi
from typing import Any, NamedTuple

import mpmath

mp = mpmath.MPContext()
mp.dps = 50

Truth = Callable[..., Any]
Span = tuple[float, float]
Point = tuple[float, ...]

HUGE = 1e300
TINY = 5e-324  # the smallest positive float
NEXT = 2.0**-52  # 1 + NEXT is the float after 1
BIGGEST = 1.7976931348623157e308


class Case(NamedTuple):
    """What one row should do.

    Attributes
    ----------
    truth, slopes : functions of mpmath
        The function, and one slope per argument (None where there is no edge).
    spans : one pair (low, high) per argument
        Where sample points are drawn from.
    points : tuple of points
        Edges and extremes, tested beside the samples.
    outside : tuple of points
        Where the primitive raises DomainError.
    stated : dict of point to slopes
        Slopes that are a convention (at a kink), infinite, or do not exist (nan); the same at −0 as at 0.
    largest : function of mpmath, optional
        The larger of the two terms of a first slope that crosses zero: errors are relative to it there.
    """

    truth: Truth
    slopes: tuple[Truth | None, ...]
    spans: tuple[Span, ...]
    points: tuple[Point, ...] = ()
    outside: tuple[Point, ...] = ()
    stated: dict[Point, Point] = {}  # noqa: RUF012 - read only
    largest: Truth | None = None


def _at(*points: float) -> tuple[Point, ...]:
    """Points of one argument."""
    return tuple((x,) for x in points)


def _both(*points: float) -> tuple[Point, ...]:
    """Points of one argument, each with both signs."""
    return _at(*(sign * x for x in points for sign in (1, -1)))


def _sigmoid(x: Any) -> Any:
    return 1 / (1 + mp.exp(-x))


def _share(position: int, *x: Any) -> Any:
    return mp.mpf(1) / x.count(x[position]) if x[position] == max(x) else mp.mpf(0)


def _lesser_share(position: int, *x: Any) -> Any:
    return _share(position, *(-a for a in x))


def _softplus(x: Any) -> Any:
    return mp.log1p(mp.exp(x))


def _erfc(x: Any) -> Any:
    return mp.erfc(x) if abs(x) < 1e6 else mp.mpf(2 if x < 0 else 0)  # mpmath has its limits, too


_REAL = (-HUGE, HUGE)
_PLAIN = (-30.0, 30.0)
_UNIT = (-1.0, 1.0)
_OUT = (1.0, HUGE)

NUMERIC: dict[str, Case] = {
    # -- arithmetic
    "identity": Case(lambda x: x, (lambda x: 1,), (_REAL,)),
    "literal": Case(lambda x: x, (None,), (_REAL,)),
    "add": Case(lambda a, b: a + b, (lambda a, b: 1, lambda a, b: 1), (_PLAIN, _PLAIN)),
    "subtract": Case(lambda a, b: a - b, (lambda a, b: 1, lambda a, b: -1), (_PLAIN, _PLAIN)),
    "multiply": Case(lambda a, b: a * b, (lambda a, b: b, lambda a, b: a), (_PLAIN, _PLAIN), ((1e200, 1e200),)),
    "divide": Case(
        lambda a, b: a / b,
        (lambda a, b: 1 / b, lambda a, b: -a / b**2),
        (_PLAIN, (0.01, 30.0)),
        ((0.0, -3.0), (1e-200, 1e200), (1e200, 1e200)),
        outside=((1.0, 0.0), (0.0, 0.0)),
    ),
    "power": Case(
        lambda x, n: x**n,
        (lambda x, n: n * x ** (n - 1), lambda x, n: x**n * mp.log(x)),
        ((0.01, 10.0), (-5.0, 5.0)),
        ((2.0, 0.0), (2.0, 1.0), (3.0, 2.0), (10.0, 400.0), (0.1, 400.0), (1.0, 1e9)),
        outside=((-8.0, 1 / 3), (0.0, -1.0), (-1.0, 0.5)),
        stated={(-3.0, 2.0): (-6.0, nan), (0.0, 2.0): (0.0, 0.0), (0.0, 0.5): (inf, 0.0), (-2.0, 3.0): (12.0, nan)},
    ),
    "negate": Case(lambda x: -x, (lambda x: -1,), (_REAL,)),
    "abs": Case(abs, (mp.sign,), (_REAL,), _both(TINY, BIGGEST), stated={(0.0,): (0.0,)}),
    "sign": Case(mp.sign, (lambda x: 0,), (_REAL,), _both(TINY, BIGGEST), stated={(0.0,): (0.0,)}),
    # -- powers, roots, exponentials, logarithms
    "square": Case(lambda x: x**2, (lambda x: 2 * x,), (_REAL,), _both(0.0, 1e-200, 1e200)),
    "sqrt": Case(
        mp.sqrt,
        (lambda x: 1 / (2 * mp.sqrt(x)),),
        ((TINY, HUGE),),
        _at(TINY, 1.0, BIGGEST),
        outside=_at(-1.0, -TINY, -inf),
        stated={(0.0,): (inf,)},
    ),
    "cbrt": Case(
        lambda x: mp.sign(x) * mp.cbrt(abs(x)),
        (lambda x: 1 / (3 * mp.cbrt(abs(x)) ** 2),),
        (_REAL,),
        _both(TINY, 8.0, 1e-300, BIGGEST),
        stated={(0.0,): (inf,)},
    ),
    "hypot": Case(
        mp.hypot,
        (lambda x, y: x / mp.hypot(x, y), lambda x, y: y / mp.hypot(x, y)),
        (_REAL, _REAL),
        ((3.0, 4.0), (HUGE, HUGE), (1e-300, 1e-300), (0.0, -5.0), (TINY, 1.0), (1e308, -1e-308)),
        stated={(0.0, 0.0): (nan, nan)},
    ),
    "exp": Case(mp.exp, (mp.exp,), ((-745.0, 709.0),), _at(0.0, 709.7, 710.0, 1000.0, -745.0, -1000.0, 1e-300)),
    "exp2": Case(
        lambda x: mp.mpf(2) ** x,
        (lambda x: mp.mpf(2) ** x * mp.log(2),),
        ((-1074.0, 1023.0),),
        _at(0.0, 10.0, 2000.0, -2000.0),
    ),
    "expm1": Case(mp.expm1, (mp.exp,), ((-745.0, 709.0),), _at(0.0, 1e-10, -1e-10, 1e-300, -40.0, -1000.0, 1000.0)),
    "log": Case(
        mp.log, (lambda x: 1 / x,), ((TINY, HUGE),), _at(1.0, 1 + NEXT, 1e-300, 1e-308), outside=_at(0.0, -0.0, -1.0)
    ),
    "log2": Case(
        lambda x: mp.log(x) / mp.log(2),
        (lambda x: 1 / (x * mp.log(2)),),
        ((1e-300, HUGE),),
        _at(1.0, 1 + NEXT, 1024.0),
        outside=_at(0.0, -1.0),
    ),
    "log10": Case(
        mp.log10,
        (lambda x: 1 / (x * mp.log(10)),),
        ((1e-300, HUGE),),
        _at(1.0, 1 - NEXT / 2, 1000.0),
        outside=_at(0.0, -1.0),
    ),
    "log1p": Case(
        mp.log1p,
        (lambda x: 1 / (1 + x),),
        ((-1 + NEXT, HUGE),),
        _at(0.0, 1e-10, -1e-10, 1e-300, -1 + NEXT / 2),
        outside=_at(-1.0, -2.0),
    ),
    "logaddexp": Case(
        lambda a, b: mp.log(mp.exp(a) + mp.exp(b)),
        (lambda a, b: _sigmoid(a - b), lambda a, b: _sigmoid(b - a)),
        (_PLAIN, _PLAIN),
        ((1000.0, 1000.0), (-1000.0, 1000.0), (1000.0, 0.0), (-0.6931471805599453, -0.6931471805599453)),
    ),
    # -- trigonometric functions and their inverses
    "sin": Case(mp.sin, (mp.cos,), (_REAL,), _both(0.0, pi / 2, pi, 1e-300, 1e22), outside=_both(inf)),
    "cos": Case(mp.cos, (lambda x: -mp.sin(x),), (_REAL,), _both(0.0, pi / 2, pi, 1e-300, 1e22), outside=_both(inf)),
    "tan": Case(mp.tan, (lambda x: mp.sec(x) ** 2,), (_REAL,), _both(0.0, pi / 2, pi, 1e-300), outside=_both(inf)),
    "cot": Case(
        mp.cot,
        (lambda x: -(mp.csc(x) ** 2),),
        ((1e-300, HUGE),),
        _both(pi / 2, pi, 1e-100, 1e-200),
        outside=_at(0.0, -0.0, inf),
    ),
    "sec": Case(
        mp.sec, (lambda x: mp.sin(x) * mp.sec(x) ** 2,), (_REAL,), _both(0.0, pi / 2, pi, 1e-300), outside=_both(inf)
    ),
    "csc": Case(
        mp.csc,
        (lambda x: -mp.cos(x) * mp.csc(x) ** 2,),
        ((1e-300, HUGE),),
        _both(pi / 2, pi, 1e-100, 1e-200),
        outside=_at(0.0, -0.0, inf),
    ),
    "asin": Case(
        mp.asin,
        (lambda x: 1 / mp.sqrt(1 - x**2),),
        (_UNIT,),
        _both(0.0, 1e-300, 1 - NEXT / 2),
        outside=_both(1 + NEXT, inf),
        stated={(1.0,): (inf,), (-1.0,): (inf,)},
    ),
    "acos": Case(
        mp.acos,
        (lambda x: -1 / mp.sqrt(1 - x**2),),
        (_UNIT,),
        _both(0.0, 1e-300, 1 - NEXT / 2),
        outside=_both(1 + NEXT, inf),
        stated={(1.0,): (-inf,), (-1.0,): (-inf,)},
    ),
    "atan": Case(mp.atan, (lambda x: 1 / (1 + x**2),), (_REAL,), _both(0.0, 1e-300, 1.0, 1e150, BIGGEST)),
    "acot": Case(
        mp.acot,
        (lambda x: -1 / (1 + x**2),),
        ((TINY, HUGE),),
        _both(TINY, 1e-300, 1.0, 1e150, BIGGEST),
        outside=_both(0.0),
    ),
    "asec": Case(
        mp.asec,
        (lambda x: 1 / (abs(x) * mp.sqrt(x**2 - 1)),),
        (_OUT,),
        _both(1 + NEXT, 2.0, 1e100, HUGE),
        outside=_both(0.0, 0.5, 1 - NEXT / 2),
        stated={(1.0,): (inf,), (-1.0,): (inf,)},
    ),
    "acsc": Case(
        mp.acsc,
        (lambda x: -1 / (abs(x) * mp.sqrt(x**2 - 1)),),
        (_OUT,),
        _both(1 + NEXT, 2.0, 1e100, HUGE),
        outside=_both(0.0, 0.5, 1 - NEXT / 2),
        stated={(1.0,): (-inf,), (-1.0,): (-inf,)},
    ),
    "atan2": Case(
        mp.atan2,
        (lambda y, x: x / (x**2 + y**2), lambda y, x: -y / (x**2 + y**2)),
        (_REAL, _REAL),
        ((1.0, -1.0), (0.0, -2.0), (HUGE, HUGE), (1e-300, 1e-300), (-1e-200, 1e-200), (3.0, 0.0), (-3.0, 0.0)),
        outside=((0.0, 0.0), (0.0, -0.0)),
    ),
    # -- hyperbolic functions and their inverses
    "sinh": Case(mp.sinh, (mp.cosh,), ((-710.0, 710.0),), _both(0.0, 1e-300, 710.4, 1000.0)),
    "cosh": Case(mp.cosh, (mp.sinh,), ((-710.0, 710.0),), _both(0.0, 1e-300, 710.4, 1000.0)),
    "tanh": Case(mp.tanh, (lambda x: mp.sech(x) ** 2,), (_PLAIN,), _both(0.0, 1e-300, 20.0, 400.0, 1000.0)),
    "coth": Case(
        mp.coth,
        (lambda x: -(mp.csch(x) ** 2),),
        ((1e-300, 30.0),),
        _both(1e-100, 1e-200, 20.0, 400.0, 1000.0),
        outside=_both(0.0),
    ),
    "sech": Case(mp.sech, (lambda x: -mp.sech(x) * mp.tanh(x),), ((-745.0, 745.0),), _both(0.0, 1e-300, 711.0, 1000.0)),
    "csch": Case(
        mp.csch,
        (lambda x: -mp.csch(x) * mp.coth(x),),
        ((1e-300, 745.0),),
        _both(TINY, 1e-100, 1e-200, 711.0, 1000.0),
        outside=_both(0.0),
    ),
    "asinh": Case(mp.asinh, (lambda x: 1 / mp.sqrt(1 + x**2),), (_REAL,), _both(0.0, 1e-300, 1e10, BIGGEST)),
    "acosh": Case(
        mp.acosh,
        (lambda x: 1 / mp.sqrt(x**2 - 1),),
        (_OUT,),
        _at(1 + NEXT, 1 + 1e-10, 1e10, BIGGEST),
        outside=_at(1 - NEXT / 2, 0.0, -2.0),
        stated={(1.0,): (inf,)},
    ),
    "atanh": Case(
        mp.atanh,
        (lambda x: 1 / (1 - x**2),),
        ((-1 + NEXT, 1 - NEXT),),
        _both(0.0, 1e-300, 1 - NEXT / 2),
        outside=_both(1.0, 2.0),
    ),
    "acoth": Case(
        mp.acoth,
        (lambda x: 1 / (1 - x**2),),
        ((1 + NEXT, HUGE),),
        _both(1 + NEXT, 2.0, 1e100, 1e200),
        outside=_both(0.0, 0.5, 1.0),
    ),
    "asech": Case(
        mp.asech,
        (lambda x: -1 / (x * mp.sqrt(1 - x**2)),),
        ((1e-300, 1.0),),
        _at(TINY, 1e-300, 0.5, 1 - 1e-10, 1 - NEXT / 2),
        outside=_at(0.0, -0.5, 1 + NEXT),
        stated={(1.0,): (-inf,)},
    ),
    "acsch": Case(
        mp.acsch,
        (lambda x: -1 / (abs(x) * mp.sqrt(1 + x**2)),),
        ((TINY, HUGE),),
        _both(TINY, 1e-300, 1e-310, 1.0, 1e100, BIGGEST),
        outside=_both(0.0),
    ),
    # -- error functions and functions of neural networks
    "erf": Case(
        mp.erf, (lambda x: 2 / mp.sqrt(mp.pi) * mp.exp(-(x**2)),), ((-27.0, 27.0),), _both(0.0, 1e-300, 6.0, 1e200)
    ),
    "erfc": Case(
        _erfc, (lambda x: -2 / mp.sqrt(mp.pi) * mp.exp(-(x**2)),), ((-27.0, 27.0),), _both(0.0, 1e-300, 30.0, 1e200)
    ),
    "sigmoid": Case(
        _sigmoid,
        (lambda x: mp.sech(x / 2) ** 2 / 4,),
        ((-745.0, 745.0),),
        _both(0.0, 1e-300, 36.0, 40.0, 709.0, 1000.0),
    ),
    "softplus": Case(_softplus, (_sigmoid,), ((-745.0, 745.0),), _both(0.0, 1e-300, 40.0, 1000.0)),
    "relu": Case(
        lambda x: max(x, 0), (lambda x: mp.mpf(x > 0),), (_REAL,), _both(TINY, BIGGEST), stated={(0.0,): (0.0,)}
    ),
    "leaky_relu": Case(
        lambda x, slope: x if x > 0 else slope * x,
        (lambda x, slope: 1 if x > 0 else slope, lambda x, slope: 0 if x > 0 else x),
        (_REAL, (0.0, 2.0)),
        ((-2.0, 0.01), (2.0, 0.01)),
        stated={(0.0, 0.25): (0.25, 0.0), (0.0, 1.0): (1.0, 0.0)},
    ),
    "prelu": Case(
        lambda x, beta: x if x > 0 else beta * x,
        (lambda x, beta: 1 if x > 0 else beta, lambda x, beta: 0 if x > 0 else x),
        (_REAL, (-2.0, 2.0)),
        ((-2.0, -0.5), (2.0, 3.0)),
        stated={(0.0, 0.25): (0.25, 0.0), (0.0, 1.0): (1.0, 0.0)},
    ),
    "elu": Case(
        lambda x, alpha: x if x > 0 else alpha * mp.expm1(x),
        (lambda x, alpha: 1 if x > 0 else alpha * mp.exp(x), lambda x, alpha: 0 if x > 0 else mp.expm1(x)),
        ((-700.0, 700.0), (0.01, 3.0)),
        ((1000.0, 1.0), (-1000.0, 2.0), (-1e-300, 1.0), (1000.0, 0.0)),
        stated={(0.0, 1.0): (1.0, 0.0), (0.0, 0.5): (0.5, 0.0)},
    ),
    "swish": Case(
        lambda x, beta: x * _sigmoid(beta * x),
        (
            lambda x, beta: _sigmoid(beta * x) + beta * x * mp.sech(beta * x / 2) ** 2 / 4,
            lambda x, beta: (x * mp.sech(beta * x / 2)) ** 2 / 4,
        ),
        (_PLAIN, (-2.0, 2.0)),
        ((1000.0, 1.0), (-1000.0, 1.0), (0.0, 3.0), (1e-300, 1.0), (-700.0, 1.0), (1e200, 2.0), (1e200, -2.0)),
        largest=lambda x, beta: _sigmoid(beta * x),
    ),
    "mish": Case(
        lambda x: x * mp.tanh(_softplus(x)),
        (lambda x: mp.tanh(_softplus(x)) + x * _sigmoid(x) * mp.sech(_softplus(x)) ** 2,),
        (_PLAIN,),
        _both(0.0, 1e-300, 700.0, 1000.0, HUGE),
        largest=lambda x: mp.tanh(_softplus(x)),
    ),
    "gelu": Case(
        lambda x: x / 2 * _erfc(-x / mp.sqrt(2)),
        (lambda x: _erfc(-x / mp.sqrt(2)) / 2 + x * mp.npdf(x),),
        (_PLAIN,),
        _both(0.0, 1e-300, 37.0, 1000.0, HUGE),
        largest=lambda x: _erfc(-x / mp.sqrt(2)) / 2,
    ),
    # -- choices
    "max": Case(
        max,
        tuple(lambda *x, i=i: _share(i, *x) for i in range(3)),
        (_REAL, _REAL, _REAL),
        stated={(2.0, 2.0): (0.5, 0.5), (5.0, 5.0, 1.0, 5.0): (1 / 3, 1 / 3, 0.0, 1 / 3), (7.0,): (1.0,)},
    ),
    "min": Case(
        min,
        tuple(lambda *x, i=i: _lesser_share(i, *x) for i in range(3)),
        (_REAL, _REAL, _REAL),
        stated={(2.0, 2.0): (0.5, 0.5), (5.0, 5.0, 9.0, 5.0): (1 / 3, 1 / 3, 0.0, 1 / 3), (7.0,): (1.0,)},
    ),
    "where": Case(
        lambda c, a, b: a if c else b,
        (None, lambda c, a, b: 1 if c else 0, lambda c, a, b: 0 if c else 1),
        ((0.0, 1.0), _REAL, _REAL),
        ((0.0, 2.0, 3.0), (1.0, 2.0, 3.0)),
    ),
}

#: Conditions: their values are truth values, and they have no partials.
LOGICAL: dict[str, Truth] = {
    "less": operator.lt,
    "less_equal": operator.le,
    "greater": operator.gt,
    "greater_equal": operator.ge,
    "equal": operator.eq,
    "not_equal": operator.ne,
    "logical_and": lambda a, b: bool(a) and bool(b),
    "logical_or": lambda a, b: bool(a) or bool(b),
    "logical_not": lambda a: not a,
}

#: A second name in text for a row.
ALIASES = {
    "ln": "log",
    "lg": "log10",
    "sgn": "sign",
    "maximum": "max",
    "minimum": "min",
    "arcsin": "asin",
    "arccos": "acos",
    "arctan": "atan",
    "arccot": "acot",
    "arcsec": "asec",
    "arccsc": "acsc",
    "arctan2": "atan2",
    "arcsinh": "asinh",
    "arccosh": "acosh",
    "arctanh": "atanh",
    "arccoth": "acoth",
    "arcsech": "asech",
    "arccsch": "acsch",
}

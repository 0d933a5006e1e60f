"""Each function of the rule table in SymPy's terms, and numbers as SymPy has them."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from functools import reduce
from typing import Any

from compgraph.evaluation import LOG_2, SQRT_2
from compgraph.functions import LOG_10, SQRT_PI

__all__ = ["is_condition", "number", "rules"]

Rules = dict[str, Callable[..., Any]]

#: Functions that go by the same name in both libraries.
ALIKE = (
    "sqrt", "exp", "log", "sin", "cos", "tan", "cot", "sec", "csc", "asin", "acos", "atan", "acot", "asec", "acsc",
    "atan2", "sinh", "cosh", "tanh", "coth", "sech", "csch", "asinh", "acosh", "atanh", "acoth", "asech", "acsch",
    "erf", "erfc",
)  # fmt: skip


#: What a float stands for, as the module ``sympy`` has it.
_CONSTANTS: dict[float, Callable[[Any], Any]] = {
    math.pi: lambda sp: sp.pi,
    math.e: lambda sp: sp.E,
    LOG_2: lambda sp: sp.log(2),
    LOG_10: lambda sp: sp.log(10),
    SQRT_2: lambda sp: sp.sqrt(2),
    SQRT_PI: lambda sp: sp.sqrt(sp.pi),
    2 / SQRT_PI: lambda sp: 2 / sp.sqrt(sp.pi),
    SQRT_2 * SQRT_PI: lambda sp: sp.sqrt(2) * sp.sqrt(sp.pi),
}


def number(value: Any, *, exact: bool = False) -> Any:
    """A literal as SymPy has it: exact where it is; a float as one, or with `exact` as the decimal that it prints as.

    A float that a constant rounds to (π, e, log 2, √2, √π, …) is that constant: text and rules have no other way to
    write it.
    """
    import sympy as sp

    if isinstance(value, bool):
        return sp.true if value else sp.false
    if isinstance(value, (int, Fraction)):
        return sp.Rational(value)
    if math.isinf(value):
        return sp.oo if value > 0 else -sp.oo
    if math.isnan(value):
        raise ValueError("a literal is not a number: expected one that SymPy can compute with, got nan. Leave it out.")
    if abs(value) in _CONSTANTS:
        return (1 if value > 0 else -1) * _CONSTANTS[abs(value)](sp)
    return sp.Rational(repr(float(value))) if exact else sp.Float(value)


def is_condition(formula: Any) -> bool:
    """Whether a formula of SymPy is a truth value and no number."""
    from sympy.logic.boolalg import BooleanAtom, BooleanFunction

    return bool(getattr(formula, "is_Relational", False)) or isinstance(formula, (BooleanAtom, BooleanFunction))


def rules(*, smooth: bool = False) -> Rules:
    """Name of a primitive → its formula.

    Formulas are those that agree with the library at kinks as well; `smooth` ones are written out as cases, so that
    SymPy's derivatives of them have neither Dirac's delta nor parts of complex numbers.
    """
    import sympy as sp

    def cases(condition: Any, a: Any, b: Any) -> Any:
        # left as it is: SymPy takes minutes to simplify conditions within conditions
        return sp.Piecewise((a, truth(condition)), (b, True), evaluate=False)

    def truth(condition: Any) -> Any:
        return condition if is_condition(condition) else sp.Ne(condition, 0, evaluate=False)

    def above(a: Any, b: Any) -> Any:
        return sp.StrictGreaterThan(a, b, evaluate=False)

    def compared(relation: Any) -> Any:
        return lambda a, b: relation(a, b, evaluate=False)

    def larger(a: Any, b: Any) -> Any:
        return cases(above(a, b), a, b)

    def smaller(a: Any, b: Any) -> Any:
        return cases(above(b, a), a, b)

    def kinked(a: Any, below: Any) -> Any:
        return cases(above(a, 0), a, below)

    def kinked_root(a: Any, size_below: Any) -> Any:
        third = sp.Rational(1, 3)
        return cases(above(a, 0), a**third, -(size_below**third))

    def numeric(rule: Callable[..., Any]) -> Callable[..., Any]:
        # a condition counts as 0 or 1 in arithmetic
        return lambda *a: rule(*(cases(x, sp.Integer(1), sp.Integer(0)) if is_condition(x) else x for x in a))

    of_numbers: Rules = {
        **{name: getattr(sp, name) for name in ALIKE},
        "add": lambda a, b: a + b,
        "subtract": lambda a, b: a - b,
        "multiply": lambda a, b: a * b,
        "divide": lambda a, b: a / b,
        "power": lambda a, b: a**b,
        "negate": lambda a: -a,
        "abs": (lambda a: cases(above(a, 0), a, -a)) if smooth else sp.Abs,
        "sign": (lambda a: cases(above(a, 0), sp.Integer(1), sp.Integer(-1))) if smooth else sp.sign,
        "max": (lambda *a: reduce(larger, a)) if smooth else sp.Max,
        "min": (lambda *a: reduce(smaller, a)) if smooth else sp.Min,
        "square": lambda a: a**2,
        "cbrt": lambda a: kinked_root(a, -a if smooth else sp.Abs(a)),
        "hypot": lambda a, b: sp.sqrt(a**2 + b**2),
        "exp2": lambda a: 2**a,
        "expm1": lambda a: sp.exp(a) - 1,
        "log2": lambda a: sp.log(a) / sp.log(2),
        "log10": lambda a: sp.log(a) / sp.log(10),
        "log1p": lambda a: sp.log(1 + a),
        "logaddexp": lambda a, b: sp.log(sp.exp(a) + sp.exp(b)),
        "sigmoid": lambda a: 1 / (1 + sp.exp(-a)),
        "softplus": lambda a: sp.log(1 + sp.exp(a)),
        "relu": lambda a: kinked(a, sp.Integer(0)),
        "leaky_relu": lambda a, slope: kinked(a, slope * a),
        "prelu": lambda a, beta: kinked(a, beta * a),
        "elu": lambda a, alpha: kinked(a, alpha * (sp.exp(a) - 1)),
        "swish": lambda a, beta: a / (1 + sp.exp(-beta * a)),
        "mish": lambda a: a * sp.tanh(sp.log(1 + sp.exp(a))),
        "gelu": lambda a: a * (1 + sp.erf(a / sp.sqrt(2))) / 2,
        "less": compared(sp.StrictLessThan),
        "less_equal": compared(sp.LessThan),
        "greater": compared(sp.StrictGreaterThan),
        "greater_equal": compared(sp.GreaterThan),
        "equal": compared(sp.Eq),
        "not_equal": compared(sp.Ne),
    }
    return {
        **{name: numeric(rule) for name, rule in of_numbers.items()},
        "identity": lambda a: a,
        "literal": lambda a: a,
        "where": lambda c, a, b: cases(c, *(numeric(lambda x: x)(branch) for branch in (a, b))),
        "logical_and": lambda a, b: sp.And(truth(a), truth(b), evaluate=False),
        "logical_or": lambda a, b: sp.Or(truth(a), truth(b), evaluate=False),
        "logical_not": lambda a: sp.Not(truth(a)),
    }

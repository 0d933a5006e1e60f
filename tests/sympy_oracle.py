"""Expressions translated to SymPy, which knows nothing of this library's rules."""

from __future__ import annotations

from typing import Any

import mpmath
import sympy as sp

import compgraph as cg


def _if(condition: Any, a: Any, b: Any) -> Any:
    return sp.Piecewise((a, condition), (b, True), evaluate=False)  # left alone: simplifying it takes minutes


def _largest(*a: Any) -> Any:
    return a[0] if len(a) == 1 else _if(a[0] > a[1], _largest(a[0], *a[2:]), _largest(*a[1:]))


_RULES: dict[str, Any] = {
    "identity": lambda a: a,
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / b,
    "power": lambda a, b: a**b,
    "negate": lambda a: -a,
    "abs": lambda a: _if(a > 0, a, -a),
    "sign": lambda a: _if(a > 0, 1, -1),
    "square": lambda a: a**2,
    "cbrt": lambda a: _if(a > 0, a ** sp.Rational(1, 3), -((-a) ** sp.Rational(1, 3))),
    "hypot": lambda a, b: sp.sqrt(a**2 + b**2),
    "exp2": lambda a: 2**a,
    "expm1": lambda a: sp.exp(a) - 1,
    "log2": lambda a: sp.log(a) / sp.log(2),
    "log10": lambda a: sp.log(a) / sp.log(10),
    "log1p": lambda a: sp.log(1 + a),
    "logaddexp": lambda a, b: sp.log(sp.exp(a) + sp.exp(b)),
    "sigmoid": lambda a: 1 / (1 + sp.exp(-a)),
    "softplus": lambda a: sp.log(1 + sp.exp(a)),
    "relu": lambda a: _if(a > 0, a, 0),
    "leaky_relu": lambda a, s: _if(a > 0, a, s * a),
    "prelu": lambda a, s: _if(a > 0, a, s * a),
    "elu": lambda a, s: _if(a > 0, a, s * (sp.exp(a) - 1)),
    "swish": lambda a, b: a / (1 + sp.exp(-a * b)),
    "mish": lambda a: a * sp.tanh(sp.log(1 + sp.exp(a))),
    "gelu": lambda a: a * (1 + sp.erf(a / sp.sqrt(2))) / 2,
    "max": _largest,
    "min": lambda *a: -_largest(*(-b for b in a)),
    "where": _if,
    "logical_and": sp.And,
    "logical_or": sp.Or,
    "logical_not": sp.Not,
    "less": lambda a, b: a < b,
    "less_equal": lambda a, b: a <= b,
    "greater": lambda a, b: a > b,
    "greater_equal": lambda a, b: a >= b,
    **{
        name: getattr(sp, name)
        for name in [
            "sqrt",
            "exp",
            "log",
            "sin",
            "cos",
            "tan",
            "cot",
            "sec",
            "csc",
            "asin",
            "acos",
            "atan",
            "acot",
            "asec",
            "acsc",
            "atan2",
            "sinh",
            "cosh",
            "tanh",
            "coth",
            "sech",
            "csch",
            "asinh",
            "acosh",
            "atanh",
            "acoth",
            "asech",
            "acsch",
            "erf",
            "erfc",
        ]
    },
}


def translated(expression: cg.Expression, symbols: dict[str, Any]) -> Any:
    """The same formula in SymPy, floats as the fractions that they are."""
    graph = cg.trace({"f": expression})
    built: dict[str, Any] = dict(symbols)
    for key, data in graph.nodes(data=True):
        if data["arguments"]:
            operands = [built[a] if isinstance(a, str) else sp.Rational(a) for a in data["arguments"]]
            built[key] = _RULES[data["primitive"].name](*operands)
    return built["f"]


def exactly(formula: Any, symbols: dict[str, Any], point: dict[str, float]) -> float:
    """A formula at a point, to 40 digits before it is rounded."""
    with mpmath.workdps(40):
        function = sp.lambdify([symbols[name] for name in point], formula, "mpmath")
        value = mpmath.mpmathify(function(*(mpmath.mpf(value) for value in point.values())))
        assert abs(value.imag) < 1e-30
        return float(value.real)

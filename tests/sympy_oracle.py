"""Expressions translated to SymPy, which knows nothing of this library's rules."""

from __future__ import annotations

from typing import Any

import sympy as sp

import compgraph as cg
from compgraph.traversal import evaluation_order

_RULES: dict[str, Any] = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / b,
    "power": lambda a, b: a**b,
    "negate": lambda a: -a,
    "abs": sp.Abs,
    "square": lambda a: a**2,
    "cbrt": lambda a: sp.sign(a) * sp.Abs(a) ** sp.Rational(1, 3),
    "hypot": lambda a, b: sp.sqrt(a**2 + b**2),
    "exp2": lambda a: 2**a,
    "expm1": lambda a: sp.exp(a) - 1,
    "log2": lambda a: sp.log(a) / sp.log(2),
    "log10": lambda a: sp.log(a) / sp.log(10),
    "log1p": lambda a: sp.log(1 + a),
    "logaddexp": lambda a, b: sp.log(sp.exp(a) + sp.exp(b)),
    "sigmoid": lambda a: 1 / (1 + sp.exp(-a)),
    "softplus": lambda a: sp.log(1 + sp.exp(a)),
    "relu": lambda a: sp.Piecewise((a, a > 0), (0, True)),
    "leaky_relu": lambda a, s: sp.Piecewise((a, a > 0), (s * a, True)),
    "prelu": lambda a, s: sp.Piecewise((a, a > 0), (s * a, True)),
    "elu": lambda a, s: sp.Piecewise((a, a > 0), (s * (sp.exp(a) - 1), True)),
    "swish": lambda a, b: a / (1 + sp.exp(-a * b)),
    "mish": lambda a: a * sp.tanh(sp.log(1 + sp.exp(a))),
    "gelu": lambda a: a * (1 + sp.erf(a / sp.sqrt(2))) / 2,
    "max": lambda *a: _largest(list(a)),
    "min": lambda *a: -_largest([-b for b in a]),
    "where": lambda c, a, b: sp.Piecewise((a, c), (b, True)),
    "logical_and": lambda a, b: sp.And(a, b),
    "logical_or": lambda a, b: sp.Or(a, b),
    "logical_not": lambda a: sp.Not(a),
    "less": lambda a, b: a < b,
    "less_equal": lambda a, b: a <= b,
    "greater": lambda a, b: a > b,
    "greater_equal": lambda a, b: a >= b,
    "identity": lambda a: a,
    **{
        name: getattr(sp, name)
        for name in (
            "sign sqrt exp log sin cos tan cot sec csc asin acos atan acot asec acsc atan2 sinh cosh tanh coth sech csch "
            "asinh acosh atanh acoth asech acsch erf erfc"
        ).split()
    },
}


def _largest(a: list[Any]) -> Any:
    """The largest, as nested choices: SymPy's own Max has a derivative that it evaluates only with trouble."""
    return sp.Piecewise((a[0], sp.And(*(a[0] >= b for b in a[1:]))), (_largest(a[1:]), True)) if len(a) > 1 else a[0]


def translated(expression: cg.Expression, symbols: dict[str, Any]) -> Any:
    built: dict[Any, Any] = {}
    for e in evaluation_order([expression]):
        if isinstance(e, cg.Variable):
            built[e] = symbols[str(e.name)]
        else:
            built[e] = _RULES[e.primitive.name](*(built.get(a, a if a is None else _exact(a)) for a in e.arguments))
    return built[expression]


def _exact(number: Any) -> Any:
    return sp.Rational(number) if not isinstance(number, cg.Expression) else None


def exactly(formula: Any, at: dict[Any, Any]) -> float:
    """A formula at a point, with 40 digits before it is rounded."""
    return float(formula.subs(at).evalf(40))

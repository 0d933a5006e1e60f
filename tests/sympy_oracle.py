"""SymPy as a judge: formulas differentiated by its own rules, and numbers to 40 digits."""

from __future__ import annotations

from typing import Any

import mpmath
import sympy as sp

import compgraph as cg
from compgraph.interop.sympy_writing import formulas


def translated(expression: cg.Expression, symbols: dict[str, Any]) -> Any:
    """The same formula in SymPy, floats as the decimals that they print as, cases left alone."""
    return formulas([expression], exact=True, symbols=symbols, smooth=True)[0]


def exactly(formula: Any, symbols: dict[str, Any], point: dict[str, float]) -> float:
    """A formula at a point, to 40 digits before it is rounded."""
    with mpmath.workdps(40):
        function = sp.lambdify([symbols[name] for name in point], formula, "mpmath")
        value = mpmath.mpmathify(function(*(mpmath.mpf(value) for value in point.values())))
        assert abs(value.imag) < 1e-30
        return float(value.real)

"""Formulas to SymPy and back, and a derivative shown equal to SymPy's own.

=======================  ==============================================================================
`to_sympy(formula)`      an Expression as a SymPy formula; lists, object arrays and Jacobians as matrices
`from_sympy(formula)`    the way back; matrices become nested lists
`to_cse`, `from_cse`     the same for what is large and shares: assignments, as ``sympy.cse`` gives them
`check(f, wrt)`          our derivative beside SymPy's, with a proof that they are equal, or evidence
=======================  ==============================================================================

Variables become real symbols, ``sympy.Symbol("x", real=True)``, because that is what numbers are here; others go in as
``symbols={"x": …}``. `where` is a Piecewise, a literal that is exact stays exact.

>>> import sympy
>>> import compgraph as cg
>>> x = cg.Variable("x")
>>> to_sympy(cg.where(x > 0, x**2 / 3, cg.sin(x)))
Piecewise((x**2/3, x > 0), (sin(x), True))
>>> from_sympy(sympy.diff(sympy.sin(sympy.Symbol("x")) ** 2))
2·cos(x)·sin(x)
"""

from __future__ import annotations

from compgraph.interop.sympy_checking import Check, Comparison, check
from compgraph.interop.sympy_reading import from_cse, from_sympy
from compgraph.interop.sympy_writing import to_cse, to_sympy

__all__ = ["Check", "Comparison", "check", "from_cse", "from_sympy", "to_cse", "to_sympy"]

"""Expressions to SymPy: a formula where it is small enough to be one, assignments where it shares."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from compgraph.expression import ADD, IDENTITY, LITERAL, MULTIPLY, NEGATE, SUBTRACT, VARIABLE, Expression, Primitive
from compgraph.functions import FUNCTIONS, HIDDEN
from compgraph.graph import trace
from compgraph.interop.sympy_rules import Rules, is_condition, number, rules
from compgraph.size import expression_size
from compgraph.traversal import evaluation_order

__all__ = ["formulas", "to_cse", "to_sympy"]

Functions = Mapping[str, Callable[..., Any]] | None
Symbols = Mapping[str, Any] | None

#: Operations, written out, that one formula may have, and how deep they may stand within each other: SymPy walks its
#: formulas by recursion, and forgets what they share.
MOST, DEEPEST = 10_000, 100
#: What one assignment of `to_cse` may have.
PIECE, PIECE_DEPTH = 100, 8
_LIBRARY = {**HIDDEN, **FUNCTIONS}
_FLAT = (ADD, SUBTRACT, MULTIPLY, NEGATE)


def to_sympy(formula: Any, *, exact: bool = False, symbols: Symbols = None, functions: Functions = None) -> Any:
    """An Expression as a SymPy formula.

    Parameters
    ----------
    formula : Expression, number, list or array of them, or mapping
        A list is a column, a list of lists or an object array a Matrix; so is a mapping of pairs, as `cg.jacobian` and
        `cg.hessian` give it. A mapping of names stays one.
    exact : bool
        Floats become the decimals that they print as, 0.1 a tenth.
    symbols : mapping of str to sympy.Symbol, optional
        What stands for a variable; ``sympy.Symbol(name, real=True)`` if left out.
    functions : mapping of str to callable, optional
        Own primitives by name, as functions of SymPy formulas.

    Raises
    ------
    ValueError
        A primitive that is neither the library's nor given, or more operations than a formula may have once nothing
        is shared; `to_cse` takes these.

    Examples
    --------
    >>> import compgraph as cg
    >>> x, y = cg.Variable("x"), cg.Variable("y")
    >>> to_sympy(x**2 / 3 + cg.sin(y))
    x**2/3 + sin(y)
    >>> to_sympy(cg.hessian(x**2 * y, wrt=["x", "y"]))
    Matrix([
    [2*y, 2*x],
    [2*x,   0]])
    """
    import sympy as sp

    options: dict[str, Any] = {"exact": exact, "symbols": symbols, "functions": functions}
    if isinstance(formula, Mapping):
        keys = list(formula)
        if keys and all(isinstance(key, tuple) and len(key) == 2 for key in keys):
            rows, columns = (list(dict.fromkeys(ends)) for ends in zip(*keys, strict=True))
            return to_sympy([[formula.get((row, column), 0) for column in columns] for row in rows], **options)
        return dict(zip(keys, formulas(list(formula.values()), **options), strict=True))
    if not isinstance(formula, (list, tuple, np.ndarray)):
        return formulas([formula], **options)[0]
    grid = [list(row) if isinstance(row, (list, tuple, np.ndarray)) else [row] for row in formula]
    if len({len(row) for row in grid}) > 1:
        raise ValueError("a matrix has rows of different lengths: expected one length. Fill them up with 0.")
    return sp.Matrix(len(grid), len(grid[0]) if grid else 0, formulas(list(itertools.chain(*grid)), **options))


def formulas(
    roots: list[Any],
    *,
    exact: bool = False,
    symbols: Symbols = None,
    functions: Functions = None,
    smooth: bool = False,
) -> list[Any]:
    """Several Expressions or numbers as SymPy formulas; `smooth` as of `sympy_rules.rules`."""
    for root in roots:
        if not isinstance(root, (Expression, int, float, Fraction)):
            raise TypeError(f"expected an Expression or a number, got {type(root).__name__} {root!r:.60}.")
    order = evaluation_order(roots)
    size = max((expression_size(root).formula for root in roots if isinstance(root, Expression)), default=0)
    depth = max(_depths(order).values(), default=0)
    if size > MOST or depth > DEEPEST:
        raise _too_large(f"{size} operations, {depth} deep")
    translate = _Translation(exact, symbols, functions, rules(smooth=smooth))
    built: dict[Expression, Any] = {}
    try:
        for expression in order:
            built[expression] = translate(expression, built)
    except RecursionError:
        raise _too_large(f"{size} operations, {depth} deep, at which SymPy gave up") from None
    return [built[root] if isinstance(root, Expression) else number(root, exact=exact) for root in roots]


def to_cse(
    formula: Any, *, exact: bool = False, symbols: Symbols = None, functions: Functions = None
) -> tuple[list[tuple[Any, Any]], list[Any]]:
    """An Expression of any size as assignments, in the form of ``sympy.cse``: what is shared is written once.

    Parameters
    ----------
    formula : Expression or list of Expression
    exact, symbols, functions
        As of `to_sympy`.

    Returns
    -------
    replacements : list of (sympy.Symbol, formula)
        Each in terms of variables and of those above it: operations that are used more than once, under their names
        if they have any, and what would be too long a formula otherwise.
    reduced : list of formula
        The formulas asked for.

    Examples
    --------
    >>> import compgraph as cg
    >>> t = cg.sin(cg.Variable("x")).named("t")
    >>> to_cse(t * cg.exp(t))
    ([(t, sin(x))], [t*exp(t)])
    """
    import sympy as sp

    roots = list(formula) if isinstance(formula, (list, tuple)) else [formula]
    graph = trace(roots)
    for name in graph.graph.get("shapes", ()):
        raise _array(name)
    nodes = graph._node
    uses = Counter(a for data in nodes.values() for a in data["arguments"] if type(a) is str)
    translate = _Translation(exact, symbols, functions, rules())
    built: dict[str, Any] = {}
    weight: dict[str, tuple[int, int]] = {}  # operations and depth of what is written at a node
    replacements = []
    for key, data in nodes.items():
        primitive, arguments = data["primitive"], data["arguments"]
        if primitive is VARIABLE:
            built[key], weight[key] = translate.symbol(key), (0, 0)
            continue
        operands = [built[a] if type(a) is str else number(a, exact=exact) for a in arguments]
        written = translate.apply(primitive, operands)
        parts = [weight[a] for a in arguments if type(a) is str]
        weight[key] = 1 + sum(size for size, _ in parts), 1 + max((depth for _, depth in parts), default=0)
        shared = uses[key] > 1 and primitive is not IDENTITY and primitive is not LITERAL
        built[key] = written
        # a symbol stands for a number: conditions are written wherever they count
        if (shared or weight[key][0] > PIECE or weight[key][1] > PIECE_DEPTH) and not is_condition(written):
            built[key], weight[key] = sp.Symbol(key, real=True), (0, 0)
            replacements.append((built[key], written))
    return replacements, [built[output] for output in graph.graph["outputs"]]


class _Translation:
    """One expression or operation to SymPy, its operands being there already."""

    def __init__(self, exact: bool, symbols: Symbols, functions: Functions, of: Rules) -> None:
        self._exact, self._symbols, self._functions, self._rules = exact, dict(symbols or {}), functions or {}, of

    def symbol(self, name: str) -> Any:
        """What stands for a variable."""
        import sympy as sp

        if name not in self._symbols:
            self._symbols[name] = sp.Symbol(name, real=True)
        return self._symbols[name]

    def apply(self, primitive: Primitive, operands: list[Any]) -> Any:
        """A primitive applied to formulas."""
        rule = self._functions.get(primitive.name)
        if rule is None and _LIBRARY.get(primitive.name) is primitive:
            rule = self._rules.get(primitive.name)
        if rule is None:
            raise ValueError(
                f"{primitive.name} is unknown to SymPy: expected a function of the library. "
                f"Say what it is, as functions={{{primitive.name!r}: lambda x: …}}."
            )
        return rule(*operands)

    def __call__(self, expression: Expression, built: Mapping[Expression, Any]) -> Any:
        if expression.primitive is VARIABLE:
            if getattr(expression, "_shape", ()):
                raise _array(str(expression.name))
            return self.symbol(str(expression.name))
        return self.apply(
            expression.primitive,
            [built[a] if isinstance(a, Expression) else number(a, exact=self._exact) for a in expression.arguments],
        )


def _depths(order: Iterable[Expression]) -> dict[Expression, int]:
    """How many operations stand within each other; SymPy keeps sums of sums, and products, in one piece."""
    depth: dict[Expression, int] = {}
    for expression in order:
        flat = expression.primitive in _FLAT
        depth[expression] = max(
            (
                depth[a] + (not (flat and a.primitive in _FLAT))
                for a in expression.arguments
                if isinstance(a, Expression)
            ),
            default=0,
        )
    return depth


def _array(name: str) -> ValueError:
    return ValueError(
        f"{name} is an array: expected variables that are numbers. Write a variable for each entry, in nested lists."
    )


def _too_large(found: str) -> ValueError:
    return ValueError(
        f"too large to be one formula of SymPy: expected at most {MOST} operations written out, {DEEPEST} deep, "
        f"got {found}. Use to_cse, which writes what is shared once."
    )

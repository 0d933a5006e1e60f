"""SymPy formulas to Expressions, without recursion: whatever is equal is one Expression, and so shared."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from functools import reduce
from typing import Any

from compgraph.expression import (
    ADD,
    DIVIDE,
    EQUAL,
    GREATER,
    GREATER_EQUAL,
    LESS,
    LESS_EQUAL,
    MULTIPLY,
    NEGATE,
    NOT_EQUAL,
    POWER,
    SUBTRACT,
    Expression,
    Variable,
)
from compgraph.functions import FUNCTIONS, WHERE, logical_and, logical_not, logical_or
from compgraph.interop.sympy_rules import ALIKE

__all__ = ["from_cse", "from_sympy"]

Functions = Mapping[str, Callable[..., Any]] | None

#: SymPy's name → ours; those of ``sympy.codegen`` too.
_NAMES = {
    **{name: name for name in ALIKE},
    **{name: name for name in ("sign", "expm1", "log1p", "exp2", "log2", "log10", "hypot", "logaddexp")},
    **{"Abs": "abs", "Max": "max", "Min": "min", "Sqrt": "sqrt", "Cbrt": "cbrt"},
}
_RELATIONS = {"<": LESS, "<=": LESS_EQUAL, ">": GREATER, ">=": GREATER_EQUAL, "==": EQUAL, "!=": NOT_EQUAL}


def from_sympy(formula: Any, *, functions: Functions = None) -> Any:
    """A SymPy formula as an Expression; a constant as a number.

    Parameters
    ----------
    formula : sympy.Expr, Matrix, Array, or list, tuple or dict of them
        Matrices become nested lists, rows first. Symbols become variables of their names.
    functions : mapping of str to Primitive, optional
        What stands for functions that SymPy does not define, ``sympy.Function("f")``.

    Raises
    ------
    ValueError
        Something that has no counterpart here; it is named. Also two different symbols of one name, and a Piecewise
        without a last case.

    Examples
    --------
    >>> import sympy
    >>> x = sympy.Symbol("x")
    >>> from_sympy(x / 3 - sympy.exp(-x))
    x/3 − exp(−x)
    >>> from_sympy(sympy.Matrix([[x, 1], [0, x**2]]))
    [[x, 1], [0, x²]]
    """
    return _structured(formula, _Reading(functions or {}))


def from_cse(
    replacements: Iterable[tuple[Any, Any]], reduced: Iterable[Any], *, functions: Functions = None
) -> list[Any]:
    """Assignments as ``sympy.cse`` and `to_cse` give them, as Expressions that share.

    Examples
    --------
    >>> import sympy
    >>> x = sympy.Symbol("x")
    >>> from_cse(*sympy.cse([sympy.sin(x) ** 2 + sympy.sin(x), sympy.exp(sympy.sin(x))]))
    [x0 + x0², exp(x0)]
    """
    reading = _Reading(functions or {})
    for symbol, formula in replacements:
        reading.assign(symbol, reading(formula))
    return [_structured(formula, reading) for formula in reduced]


def _structured(formula: Any, reading: _Reading) -> Any:
    if isinstance(formula, Mapping):
        return {key: _structured(value, reading) for key, value in formula.items()}
    if isinstance(formula, (list, tuple)):
        return [_structured(value, reading) for value in formula]
    if hasattr(formula, "tolist"):
        return _structured(formula.tolist(), reading)
    return reading(formula)


class _Reading:
    """One conversion: what each formula became, so that none is converted twice."""

    def __init__(self, functions: Mapping[str, Callable[..., Any]]) -> None:
        self._functions = functions
        self._known: dict[int, Any] = {}
        self._kept: list[Any] = []  # what is known by its id has to live on
        self._made: dict[Any, Any] = {}
        self._symbols: dict[str, Any] = {}

    def __call__(self, formula: Any) -> Any:
        import sympy as sp

        formula = sp.sympify(formula, strict=True)
        known = self._known
        stack: list[tuple[Any, Any]] = [(formula, None)]
        while stack:
            top, plan = stack.pop()
            if id(top) in known:
                continue
            if plan is None:
                parts, build = self._plan(top)
                stack.append((top, (parts, build)))
                stack += [(part, None) for part in reversed(parts) if id(part) not in known]
            else:
                parts, build = plan
                known[id(top)] = build(*(known[id(part)] for part in parts))
                self._kept.append((top, parts))
        return known[id(formula)]

    def assign(self, symbol: Any, value: Any) -> None:
        """Let a symbol stand for what it is assigned, under its name."""
        self._symbol(symbol)
        self._kept.append(symbol)
        self._made["symbol", symbol.name] = value.named(symbol.name) if isinstance(value, Expression) else value

    def _symbol(self, symbol: Any) -> Any:
        if self._symbols.setdefault(symbol.name, symbol) != symbol:
            raise ValueError(
                f"two symbols are called {symbol.name}: expected one, as variables of one name are the same here. "
                "Rename one, or give both the same assumptions."
            )
        return self._made.setdefault(("symbol", symbol.name), Variable(symbol.name))

    def _apply(self, primitive: Any, *operands: Any) -> Any:
        """A primitive applied; the same one to the same operands is the same Expression."""
        key = (primitive, *(id(a) if isinstance(a, Expression) else (type(a), a) for a in operands))
        if key not in self._made:
            self._made[key] = primitive(*operands)
        return self._made[key]

    # -- what a formula is made of, and how

    def _plan(self, formula: Any) -> tuple[list[Any], Callable[..., Any]]:
        import sympy as sp
        from sympy.core.function import AppliedUndef
        from sympy.logic.boolalg import ITE, And, Not, Or

        if formula.is_Symbol:
            symbol = self._symbol(formula)
            return [], lambda: symbol
        if formula.is_Number or formula.is_NumberSymbol or formula in (sp.true, sp.false):
            return [], lambda: _constant(formula)
        arguments = list(formula.args)
        name = formula.func.__name__
        if formula.is_Add:
            return arguments, self._sum
        if formula.is_Mul:
            return self._product(arguments)
        if isinstance(formula, sp.exp):
            return arguments, lambda a: self._apply(FUNCTIONS["exp"], a)
        if formula.is_Pow:
            return self._power(formula.base, formula.exp)
        if formula.is_Relational:
            relation = _RELATIONS[formula.rel_op]
            return arguments, lambda a, b: self._apply(relation, a, b)
        if formula.is_Piecewise:
            return self._cases(formula)
        if isinstance(formula, (And, Or)):
            joined = logical_and if isinstance(formula, And) else logical_or
            return arguments, lambda *a: reduce(lambda p, q: self._logical(joined, p, q), a)
        if isinstance(formula, Not):
            return arguments, self._not
        if isinstance(formula, ITE):
            return arguments, lambda c, a, b: self._logical(
                logical_or, self._logical(logical_and, c, a), self._logical(logical_and, self._not(c), b)
            )
        if isinstance(formula, AppliedUndef):
            if name in self._functions:
                return arguments, lambda *a: self._apply(self._functions[name], *a)
        elif isinstance(formula, sp.Heaviside):
            return arguments, self._step
        elif name in ("re", "conjugate"):  # numbers are real here
            return arguments, lambda a: a
        elif name in _NAMES:
            return arguments, lambda *a: self._apply(FUNCTIONS[_NAMES[name]], *a)
        elif name == "fma":
            return arguments, lambda a, b, c: self._sum(self._apply(MULTIPLY, a, b), c)
        raise _unknown(formula)

    def _sum(self, *terms: Any) -> Any:
        """Terms added up, numbers last, and what is negative subtracted."""
        rank = [(not isinstance(term, Expression), _is_negative(term)) for term in terms]
        total: Any = None
        for place in sorted(range(len(terms)), key=rank.__getitem__):
            term = terms[place]
            if total is None:
                total = term
            elif not _is_negative(term):
                total = self._apply(ADD, total, term)
            else:
                total = self._apply(SUBTRACT, total, term.first if isinstance(term, Expression) else -term)
        return total

    def _product(self, factors: list[Any]) -> tuple[list[Any], Callable[..., Any]]:
        """Numerators over denominators; a negative coefficient is a sign."""
        import sympy as sp

        above, below, sign = [], [], False
        for factor in factors:
            if factor.is_Rational and (factor < 0 or not factor.is_Integer):
                sign ^= bool(factor < 0)
                above += [sp.Integer(abs(factor.p))] if abs(factor.p) != 1 else []
                below += [sp.Integer(factor.q)] if factor.q != 1 else []
            elif factor.is_Pow and factor.exp.is_Rational and factor.exp < 0:
                below.append(factor.base if factor.exp == -1 else sp.Pow(factor.base, -factor.exp))
            else:
                above.append(factor)

        def build(*operands: Any) -> Any:
            tops, bottoms = operands[: len(above)], operands[len(above) :]
            multiply = lambda a, b: self._apply(MULTIPLY, a, b)  # noqa: E731 - a name for an argument
            result = reduce(multiply, tops) if tops else -1 if sign else 1
            if bottoms:
                result = self._divided(result, reduce(multiply, bottoms))
            return self._apply(NEGATE, result) if sign and tops else result

        return [*above, *below], build

    def _divided(self, a: Any, b: Any) -> Any:
        if type(a) is int and type(b) is int:
            return Fraction(a, b)
        return self._apply(DIVIDE, a, b)

    def _power(self, base: Any, exponent: Any) -> tuple[list[Any], Callable[..., Any]]:
        import sympy as sp

        if exponent.is_Rational and exponent < 0:
            inverse = base if exponent == -1 else sp.Pow(base, -exponent)
            return [inverse], lambda a: self._divided(1, a)
        if exponent == sp.S.Half:
            return [base], lambda a: self._apply(FUNCTIONS["sqrt"], a)
        if base == sp.E:
            return [exponent], lambda a: self._apply(FUNCTIONS["exp"], a)
        return [base, exponent], lambda a, n: self._apply(POWER, a, n)

    def _cases(self, formula: Any) -> tuple[list[Any], Callable[..., Any]]:
        import sympy as sp

        cases = list(formula.args)
        if sp.Or(*(condition for _, condition in cases)) != sp.true:
            raise ValueError(
                "a Piecewise says nothing of some points: expected a last case for all others. Add (…, True)."
            )

        def build(*operands: Any) -> Any:
            pairs = list(zip(operands[::2], operands[1::2], strict=True))
            result = pairs[-1][0]
            for value, condition in reversed(pairs[:-1]):
                result = self._choice(condition, value, result)
            return result

        return [part for case in cases for part in case.args], build

    def _choice(self, condition: Any, a: Any, b: Any) -> Any:
        if isinstance(condition, bool):
            return a if condition else b
        return self._apply(WHERE, condition, a, b)

    def _logical(self, joined: Any, a: Any, b: Any) -> Any:
        for one, other in ((a, b), (b, a)):
            if isinstance(one, bool):
                return other if one == (joined is logical_and) else one
        return self._apply(joined, a, b)

    def _not(self, a: Any) -> Any:
        return (not a) if isinstance(a, bool) else self._apply(logical_not, a)

    def _step(self, x: Any, middle: Any) -> Any:
        at_zero = self._choice(self._apply(EQUAL, x, 0), middle, 0)
        return self._choice(self._apply(GREATER, x, 0), 1, at_zero)


def _is_negative(term: Any) -> bool:
    return term.primitive is NEGATE if isinstance(term, Expression) else term < 0


def _constant(formula: Any) -> Any:
    """A number of SymPy as a Python number; a Float of more digits than a float has as a Fraction."""
    import sympy as sp

    if formula in (sp.true, sp.false):
        return bool(formula)
    if formula.is_Integer:
        return int(formula)
    if formula.is_Rational:
        return Fraction(int(formula.p), int(formula.q))
    if formula.is_Float or formula.is_NumberSymbol or formula in (sp.oo, -sp.oo):
        value = float(formula)
        if formula.is_Float and sp.Float(value, precision=formula._prec) != formula:
            exact = sp.Rational(formula)
            return Fraction(int(exact.p), int(exact.q))
        return value
    raise _unknown(formula)


def _unknown(formula: Any) -> ValueError:
    what = str(formula) if not formula.args else formula.func.__name__
    return ValueError(
        f"SymPy's {what} has no counterpart here: expected real elementary functions. "
        "Rewrite it first, as formula.rewrite(…) or .doit(), or give what it is with functions={…}."
    )

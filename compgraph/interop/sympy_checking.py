"""A derivative shown equal: ours beside SymPy's, with a proof or with evidence, and which of the two it is."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import Any, Literal, NamedTuple

from compgraph.expression import Expression, Primitive, _apply
from compgraph.interop.sympy_writing import formulas
from compgraph.linearization import linearize
from compgraph.notation import latex, name, name_latex, text
from compgraph.posing import names_of, posed
from compgraph.solution import solve
from compgraph.traversal import evaluation_order

__all__ = ["Check", "Comparison", "check"]

Verdict = Literal["proved", "supported", "different", "undecided"]

#: Digits that numbers are compared at, and that two of them have in common where formulas are equal.
DIGITS, ENOUGH = 50, 30
#: Fewer digits in common than this are a difference; between the two, some constant was rounded.
ROUNDED = 12
#: Operations of a difference that SymPy is asked to simplify, and of one that is expanded.
SIMPLIFIED, EXPANDED = 60, 600
#: Conditions of which all cases are proved one by one.
CONDITIONS = 3
_MARKS = {"proved": "=", "supported": "≈", "different": "≠", "undecided": "?"}


class Comparison(NamedTuple):
    """One derivative, ours and SymPy's.

    Attributes
    ----------
    output, input : str
    ours : Expression or number
    theirs : sympy.Expr
    verdict : {"proved", "supported", "different", "undecided"}
        Proved equal by simplification; supported by numbers at random points; different at one of them; or nothing
        found out, because no point was found where both are defined.
    because : str
        In words.
    """

    output: str
    input: str
    ours: Any
    theirs: Any
    verdict: Verdict
    because: str


class Check(tuple[Comparison, ...]):
    """The comparisons of `check`; true where every derivative is proved equal or supported. It shows itself."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return all(one.verdict in ("proved", "supported") for one in self)

    def __repr__(self) -> str:
        blocks = []
        for one in self:
            ours = text(one.ours, limit=200) if isinstance(one.ours, Expression) else str(one.ours)
            head = f"∂{name(one.output)}/∂{name(one.input)}"
            blocks.append(
                f"{head}\n  compgraph  {ours}\n  SymPy      {_shortened(str(one.theirs))}"
                f"\n  {_MARKS[one.verdict]} {one.verdict}: {one.because}"
            )
        return "\n".join(blocks)

    def _repr_latex_(self) -> str:
        import sympy as sp

        signs = {"proved": "=", "supported": r"\approx", "different": r"\neq", "undecided": r"\overset{?}{=}"}
        rows = [
            rf"\frac{{\partial {name_latex(one.output)}}}{{\partial {name_latex(one.input)}}} &: "
            rf"& {latex(one.ours, limit=200) if isinstance(one.ours, Expression) else sp.latex(sp.sympify(one.ours))} "
            rf"& {signs[one.verdict]} {sp.latex(one.theirs)} && \text{{{one.verdict}}}"
            for one in self
        ]
        return "$$\n\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}\n$$"


def check(problem: Any, wrt: Any = None, *, points: int = 5, functions: Mapping[str, Primitive] | None = None) -> Check:
    """Our derivatives of a problem beside those that SymPy finds by its own rules.

    Parameters
    ----------
    problem : Expression, text, mapping, sequence or function
        As of `solve`, with no point; literals are taken for the decimals that they print as.
    wrt : name or names, optional
        All inputs if left out.
    points : int
        At how many random points numbers are compared, to 50 digits, where there is no proof.
    functions : mapping of str to Primitive, optional
        Further functions that text may use; SymPy takes them apart only if they are made of the library's.

    Returns
    -------
    Check

    Notes
    -----
    A proof is a difference that SymPy simplifies to 0, under each truth value of at most three comparisons that do not
    contradict each other; "apart from ties" where it says nothing of points at which two compared numbers are equal, as
    at kinks. Only short differences are tried. Points are the same on every run.

    Examples
    --------
    >>> check("f = x^2*sin(x)")
    ∂f/∂x
      compgraph  x²·cos(x) + sin(x)·(2·x)
      SymPy      x**2*cos(x) + 2*x*sin(x)
      = proved: the difference is 0
    """
    graph, outputs, inputs, _ = posed(problem, None, wrt=names_of(wrt), functions=functions)
    linearize(graph, copy=False)
    exact = dict(zip(outputs, _exact([graph.nodes[output]["value"] for output in outputs]), strict=True))
    found = solve(exact, of=outputs, wrt=inputs).jacobian
    comparisons = []
    for output in outputs:
        (formula,) = formulas([exact[output]], exact=True, smooth=True)
        for variable in inputs:
            ours = found[output, variable]
            (mine,) = formulas([ours], exact=True, smooth=True)
            theirs = formula.diff(_symbol(variable))
            because = _proof(mine - theirs)
            verdict: Verdict = "proved"
            if because is None:
                verdict, because = _evidence(exact[output], mine, theirs, points)
            comparisons.append(Comparison(output, variable, ours, theirs, verdict, because))
    return Check(comparisons)


def _symbol(variable: str) -> Any:
    import sympy as sp

    return sp.Symbol(variable, real=True)


def _exact(roots: list[Any]) -> list[Any]:
    """The same expressions with the decimals that their literals print as; constants such as π stay floats."""
    from compgraph.interop.sympy_rules import number

    built: dict[Expression, Expression] = {}
    for expression in evaluation_order(roots):
        arguments = []
        for argument in expression.arguments:
            if isinstance(argument, Expression):
                argument = built[argument]
            elif isinstance(argument, float) and (found := number(argument, exact=True)).is_Rational:
                argument = Fraction(int(found.p), int(found.q))
            arguments.append(argument)
        same = all(a is b for a, b in zip(arguments, expression.arguments, strict=True))
        built[expression] = expression if same else _apply(expression.primitive, tuple(arguments), expression.name)
    return [built[root] for root in roots]


# -- proofs


def _proof(difference: Any) -> str | None:
    """In which way a difference is 0, or None where it is not seen to be."""
    import sympy as sp

    if difference == 0:
        return "the difference is 0"
    conditions = sorted(difference.atoms(sp.core.relational.Relational), key=str)
    if not conditions:
        return "the difference simplifies to 0" if _is_zero(difference) else None
    ties = {one: sp.false if isinstance(one, sp.Eq) else sp.true for one in conditions if one.func in (sp.Eq, sp.Ne)}
    open_ones = [one for one in conditions if one not in ties]
    if len(open_ones) > CONDITIONS:
        return None
    apart = bool(ties)
    for truth in itertools.product((sp.true, sp.false), repeat=len(open_ones)):
        case = dict(zip(open_ones, truth, strict=True))
        if not _is_zero(difference.xreplace({**case, **ties})):
            if not _is_impossible(case):
                return None
            apart = True
    cases = f"the difference simplifies to 0 in each of {2 ** len(open_ones)} cases"
    return f"{cases} apart from ties" if apart else cases


def _is_impossible(case: Mapping[Any, Any]) -> bool:
    """Whether comparisons contradict each other, where none of them is of two equal numbers."""
    import sympy as sp

    literals = [one if truth == sp.true else one.negated for one, truth in case.items()]
    unequal = [sp.Ne(one.lhs, one.rhs) for one in case]
    if sum(one.count_ops() for one in case) > SIMPLIFIED or any(one.has(sp.Piecewise) for one in case):
        return False
    return bool(sp.And(*literals, *unequal).simplify() == sp.false)


def _is_zero(difference: Any) -> bool:
    import sympy as sp

    if difference == 0:
        return True
    size = difference.count_ops()
    ways: list[Callable[[Any], Any]] = []
    if size <= EXPANDED:
        ways.append(sp.expand)
    if size <= SIMPLIFIED:
        ways += [lambda d: sp.cancel(sp.together(sp.expand(d.rewrite(sp.erf).rewrite(sp.exp)))), sp.simplify]
    for way in ways:
        try:
            if way(difference) == 0:
                return True
        except (ValueError, TypeError, AttributeError, ArithmeticError, RecursionError, NotImplementedError):
            continue  # it is SymPy that cannot; whether the difference is 0 is then seen by other means
    return False


# -- evidence


def _evidence(f: Expression, ours: Any, theirs: Any, points: int) -> tuple[Verdict, str]:
    """What numbers say: at so many random points where the function is defined."""
    import mpmath
    import sympy as sp

    names = sorted({e.name for e in evaluation_order([f]) if not e.arguments and e.name})
    both = sp.lambdify([_symbol(one) for one in names], [ours, theirs], "mpmath")
    least, seen = DIGITS, 0
    for point in itertools.islice(_points(names), 40 * points):
        pair = _pair(f, both, point)
        if pair is None:
            continue
        seen += 1
        common = _common(*pair)
        if common < ROUNDED:
            where = ", ".join(f"{one} = {value}" for one, value in point.items())
            return "different", f"at {where} they are {mpmath.nstr(pair[0], 10)} and {mpmath.nstr(pair[1], 10)}"
        least = min(least, common)
        if seen == points:
            break
    if not seen:
        return "undecided", "no proof, and no point was found where both are defined"
    at = f"at {seen} random point{'s' * (seen != 1)} they agree to {least} digits"
    rounded = "" if least >= ENOUGH else ", as far as a rounded constant lets them"
    return "supported", f"{at}{rounded}: evidence, and no proof"


def _points(names: list[str]) -> Iterator[dict[str, Fraction]]:
    """The same points on every run, within the domain of one function or another."""
    draw = random.Random(0)
    for low, high in itertools.cycle([(-3, 3), (0, 1), (1, 4), (-1, 1)]):
        yield {one: low + (high - low) * Fraction(draw.randrange(1, 9973), 9973) for one in names}


def _pair(f: Expression, both: Callable[..., Any], point: Mapping[str, Fraction]) -> tuple[Any, Any] | None:
    """Both derivatives at a point, if the function is defined there and they are real numbers."""
    import mpmath

    try:
        solve({"f": f}, at=point, wrt=())
        with mpmath.workdps(DIGITS):
            pair = [
                mpmath.mpmathify(value)
                for value in both(*(mpmath.mpf(v.numerator) / v.denominator for v in point.values()))
            ]
            if any(abs(value.imag) > 1e-30 or not mpmath.isfinite(value) for value in pair):
                return None
            return pair[0].real, pair[1].real
    except (ValueError, TypeError, ArithmeticError, NameError):
        return None


def _common(a: Any, b: Any) -> int:
    """How many digits two numbers have in common."""
    import mpmath

    with mpmath.workdps(DIGITS):
        gap = abs(a - b) / max(abs(a), abs(b), mpmath.mpf("1e-10"))
        return DIGITS if gap == 0 else max(0, min(DIGITS, int(-mpmath.log10(gap))))


def _shortened(formula: str) -> str:
    return formula if len(formula) <= 200 else f"{formula[:199]}…"

"""To SymPy and back: values, derivatives and kinds of numbers are kept, what is shared stays shared."""

from __future__ import annotations

import math
import time
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings

import compgraph as cg
from compgraph.functions import FUNCTIONS
from compgraph.interop.sympy import check, from_cse, from_sympy, to_cse, to_sympy
from tests.strategies import SAFE, Guarded, Sample, expressions, guarded

sp = pytest.importorskip("sympy")

x, y = cg.Variable("x"), cg.Variable("y")
X, Y = sp.Symbol("x", real=True), sp.Symbol("y", real=True)


def same_answers(found: Any, expression: Any, point: dict[str, Any]) -> None:
    """Equal values and derivatives at a point."""
    one, other = (cg.solve({"f": e}, at=point, wrt=list(point)) for e in (expression, found))
    assert other.values["f"] == pytest.approx(one.values["f"], rel=1e-9, abs=1e-9)
    assert other.gradient == pytest.approx(one.gradient, rel=1e-7, abs=1e-7)


def defined(expression: Any, point: dict[str, Any]) -> bool:
    """Whether a point is neither a kink nor a place where a derivative is infinite."""
    try:
        return not cg.solve(expression, at=point).warnings
    except cg.DomainError:
        return False


# -- there and back


@given(expressions(operations=6))
def test_there_and_back(sample: Sample) -> None:
    assume(defined(sample.expression, sample.point))
    same_answers(from_sympy(to_sympy(sample.expression)), sample.expression, sample.point)


@given(expressions(operations=30))
@settings(max_examples=30)
def test_there_and_back_by_assignments(sample: Sample) -> None:
    assume(defined(sample.expression, sample.point))
    same_answers(from_cse(*to_cse(sample.expression))[0], sample.expression, sample.point)


@given(guarded())
@settings(max_examples=30)
def test_guards_still_guard(sample: Guarded) -> None:
    found = from_cse(*to_cse(sample.expression + 0 * x))[0]
    assume(defined(sample.expression, sample.point))
    same_answers(found, sample.expression, sample.point)


@pytest.mark.parametrize("name", SAFE)
def test_each_function_there_and_back(name: str) -> None:
    formula = SAFE[name]
    expression = formula(*(x, y)[: formula.__code__.co_argcount])
    point = {"x": 0.731, "y": -0.417}
    same_answers(from_sympy(to_sympy(expression)), expression, point)
    value = cg.solve({"f": expression}, at=point).values["f"]
    assert float(to_sympy(expression, exact=True).subs({X: 0.731, Y: -0.417})) == pytest.approx(value, rel=1e-12)


def test_no_function_of_the_table_is_left_out() -> None:
    arity = {1: (x,), 2: (x, y), 3: (x > 0, x, y), -1: (x, y)}
    for primitive in set(FUNCTIONS.values()):
        assert to_sympy(primitive(*arity[primitive._arity])) is not None


def test_every_golden_case(explicit_case: dict[str, Any]) -> None:
    case = explicit_case
    formulas = cg.read("\n".join(case["assignments"]))
    outputs = {name: formulas[name] for name in case["outputs"]}
    found = {name: from_sympy(to_sympy(e)) for name, e in outputs.items()}
    one, other = (cg.solve(e, at=case["inputs"], of=case["outputs"]) for e in (outputs, found))
    for name in outputs:
        assert other.values[name] == pytest.approx(one.values[name], rel=1e-9, abs=1e-9)
    # what cancels is gone from SymPy's form: its derivative there is 0, as ours is
    assert {**dict.fromkeys(one.jacobian, 0.0), **other.jacobian} == pytest.approx(one.jacobian, rel=1e-7, abs=1e-7)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (x / 3, X / 3),
        (x * Fraction(2, 3), sp.Rational(2, 3) * X),
        (0.1 * x, sp.Float(0.1) * X),
        (math.pi * x, sp.pi * X),
        (x**math.e, X**sp.E),
        (x + math.inf, sp.oo),
        (abs(x) + cg.sign(x), sp.Abs(X) + sp.sign(X)),
        (cg.max(x, y, 1) - cg.min(x, y), sp.Max(X, Y, 1) - sp.Min(X, Y)),
        (cg.exp(2), sp.exp(2)),
        (cg.where(x >= 0, x, -y), sp.Piecewise((X, X >= 0), (-Y, True))),
        (cg.where(cg.equal(x, y), 1, 2), sp.Piecewise((1, sp.Eq(X, Y)), (2, True))),
        ((x > 0) * y, sp.Piecewise((1, X > 0), (0, True)) * Y),
        (cg.where(x, 1, 2), sp.Piecewise((1, sp.Ne(X, 0)), (2, True))),
        (cg.sigmoid(x), 1 / (1 + sp.exp(-X))),
    ],
)
def test_as_sympy_writes_it(ours: Any, theirs: Any) -> None:
    found = to_sympy(ours)
    assert found == theirs or abs(float(found - theirs)) < 1e-14


def test_exact_literals() -> None:
    assert to_sympy(0.1 * x, exact=True) == X / 10
    assert to_sympy(Fraction(1, 3) * x).coeff(X) == sp.Rational(1, 3)
    assert from_sympy(sp.Rational(1, 3)) == Fraction(1, 3) and type(from_sympy(sp.Integer(2))) is int
    third = from_sympy(sp.Rational(1, 3).evalf(50))
    assert isinstance(third, Fraction) and abs(third - Fraction(1, 3)) < Fraction(1, 10**49)
    assert from_sympy(sp.Float(0.1)) == 0.1 and from_sympy(sp.pi) == math.pi and from_sympy(-sp.oo) == -math.inf
    assert from_sympy(sp.sqrt(2) * sp.pi) == pytest.approx(math.sqrt(2) * math.pi, rel=1e-15)
    with pytest.raises(ValueError, match="a literal is not a number"):
        to_sympy(x * math.nan)


@pytest.mark.parametrize(
    ("theirs", "text"),
    [
        (X - Y, "x − y"),
        (-X, "−x"),
        (X / Y, "x/y"),
        (2 / (3 * X**2), "2/(3·x²)"),
        (1 / sp.sqrt(X), "1/sqrt(x)"),
        (sp.cbrt(X), "x^(1/3)"),
        (sp.Heaviside(X), "where(x > 0, 1, where(x == 0, 1/2, 0))"),
        (sp.And(X > 0, Y < 1, evaluate=False), "logical_and(x > 0, y < 1)"),
        (sp.Piecewise((X, X < 0), (Y, X >= 0)), "where(x < 0, x, y)"),
        (sp.Piecewise((X, sp.ITE(X > 0, Y > 0, Y < 0)), (0, True)),
         "where(logical_or(logical_and(x > 0, y > 0), logical_and(logical_not(x > 0), y < 0)), x, 0)"),
    ],
)  # fmt: skip
def test_as_we_write_it(theirs: Any, text: str) -> None:
    assert repr(from_sympy(theirs)) == text


def test_functions_of_code_generation() -> None:
    from sympy.codegen import cfunctions as c

    formula = c.log1p(X) + c.expm1(Y) + c.exp2(X) + c.log2(X) + c.Cbrt(X) + c.hypot(X, Y) + c.fma(X, Y, X)
    found = cg.solve({"f": from_sympy(formula)}, at={"x": 2, "y": 3}).values["f"]
    expected = math.log(3) + math.expm1(3) + 4 + 1 + math.cbrt(2) + math.sqrt(13) + 8
    assert found == pytest.approx(expected, rel=1e-14)


# -- matrices


def test_matrices() -> None:
    hessian = cg.hessian(x**2 * y + cg.sin(y), wrt=["x", "y"])
    assert to_sympy(hessian) == sp.hessian(X**2 * Y + sp.sin(Y), (X, Y))
    assert to_sympy([[x, 1], [0, y]]) == sp.Matrix([[X, 1], [0, Y]]) and to_sympy([x, y]) == sp.Matrix([X, Y])
    array = np.empty((2, 2), dtype=object)
    array[0, 0], array[0, 1], array[1, 0], array[1, 1] = x, 0, 1, y
    assert to_sympy(array) == sp.Matrix([[X, 0], [1, Y]]) and to_sympy([]) == sp.Matrix(0, 0, [])
    assert to_sympy({"a": x, "b": 2}) == {"a": X, "b": 2}
    assert repr(from_sympy(sp.Matrix([[X, 1], [0, Y]]).inv())) == "[[1/x, −1/(x·y)], [0, 1/y]]"
    assert repr(from_sympy(sp.Array([[[X]], [[Y]]]))) == "[[[x]], [[y]]]"
    assert from_sympy({"a": (X, 1)})["a"][1] == 1
    with pytest.raises(ValueError, match="rows of different lengths"):
        to_sympy([[x], [x, y]])


# -- what is large


def test_what_is_shared_stays_shared() -> None:
    f: Any = x
    for _ in range(60):
        f = f * f + f
    start = time.perf_counter()
    replacements, reduced = to_cse(f)
    (found,) = from_cse(replacements, reduced)
    assert len(replacements) == 59 and cg.expression_size(found).circuit == 120
    assert time.perf_counter() - start < 1
    with pytest.raises(ValueError, match=r"too large to be one formula of SymPy.*Use to_cse"):
        to_sympy(f)
    shared = sp.sin(X) + 1
    formula: Any = shared
    for _ in range(60):
        formula = sp.Mul(formula, sp.Add(formula, 1, evaluate=False), evaluate=False)
    assert cg.expression_size(from_sympy(formula)).circuit == 122


def test_deep_chains() -> None:
    f: Any = x
    for _ in range(1_000):
        f = cg.exp(-f)
    (found,) = from_cse(*to_cse(f))
    same_answers(found, f, {"x": 0.3})
    with pytest.raises(ValueError, match=r"2000 operations, 2000 deep"):
        to_sympy(f)
    formula: Any = X
    for _ in range(5_000):
        formula = sp.sin(formula, evaluate=False)
    assert cg.expression_size(from_sympy(formula)).circuit == 5_000


def test_assignments_keep_their_names() -> None:
    t = cg.sin(x).named("t")
    assert to_cse(t * cg.exp(t)) == (
        [(sp.Symbol("t", real=True), sp.sin(X))],
        [sp.Symbol("t", real=True) * sp.exp(sp.Symbol("t", real=True))],
    )
    (found,) = from_cse(*to_cse(t * cg.exp(t)))
    assert set(cg.trace({"f": found})) >= {"x", "t", "f"}


def test_assignments_of_variables_numbers_and_shared_conditions() -> None:
    assert to_cse([x, 2, x + y]) == ([], [X, 2, X + Y])
    positive = x > 0
    f = cg.where(positive, x, 2) * cg.where(positive, y, 3)
    replacements, reduced = to_cse(f)
    assert replacements == [] and sp.Rational(6) == reduced[0].subs({X: -1, Y: 5})
    same_answers(from_cse(replacements, reduced)[0], f, {"x": 1.5, "y": 2})


# -- what there is no counterpart for


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        (sp.gamma(X), "SymPy's gamma has no counterpart here"),
        (X + sp.I, "SymPy's I has"),
        (sp.zoo * X, "SymPy's zoo has"),
        (sp.nan, "SymPy's nan has"),
        (sp.Integral(sp.exp(X**2), X), "SymPy's Integral has"),
        (sp.DiracDelta(X), "SymPy's DiracDelta has"),
        (sp.Function("f")(X), "SymPy's f has"),
        (sp.floor(X), "SymPy's floor has"),
        (sp.MatrixSymbol("A", 2, 2), "SymPy's MatrixSymbol has"),
        (X + sp.Symbol("x"), "two symbols are called x"),
        (sp.Piecewise((X, X > 0)), "says nothing of some points"),
    ],
)
def test_what_we_lack_is_refused_by_name(formula: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        from_sympy(formula)


def test_own_functions() -> None:
    softsign = cg.Primitive("softsign", lambda a: a / (1 + abs(a)), lambda s, a: 1 / (1 + abs(a)) ** 2)
    with pytest.raises(ValueError, match=r"softsign is unknown to SymPy.*functions=\{'softsign'"):
        to_sympy(softsign(x))
    written = to_sympy(softsign(x), functions={"softsign": sp.Function("softsign")})
    assert repr(from_sympy(written, functions={"softsign": softsign})) == "softsign(x)"
    array = cg.sin(cg.Variable("A", shape=(2,)))
    for convert in (to_sympy, to_cse):
        with pytest.raises(ValueError, match="A is an array: expected variables that are numbers"):
            convert(array)
    with pytest.raises(TypeError, match="expected an Expression or a number, got str"):
        to_sympy("x")
    assert to_sympy(x * y, symbols={"x": sp.Symbol("x", positive=True)}).free_symbols == {
        sp.Symbol("x", positive=True), Y,
    }  # fmt: skip


# -- shown equal


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("J = cos(sin(x^2) + 3x^2)", "proved"),
        ("a = sigmoid(w*x + b)", "proved"),
        ("f = relu(x)*tanh(x)", "proved"),
        ("f = log2(x) + exp2(x)*erf(x)", "proved"),
        ("f = 0.1*0.7*x^2/3", "proved"),
        ("f = gelu(x)", "proved"),
        ("f = where(x > 0, x^2, sin(x))", "proved"),
        ("f = max(x, y)*abs(x)", "proved"),
        ("f = min(x, y, 1)", "supported"),
    ],
)
def test_a_derivative_is_shown_equal(text: str, verdict: str) -> None:
    found = check(text)
    assert found and {one.verdict for one in found} == {verdict}
    assert str(found).count(verdict) == len(found) and r"\begin{aligned}" in found._repr_latex_()


def test_a_proof_says_what_it_leaves_out() -> None:
    assert [one.because for one in check("f = max(x, y)")] == [
        "the difference simplifies to 0 in each of 2 cases apart from ties",
        "the difference simplifies to 0 in each of 4 cases apart from ties",
    ]
    (found,) = check("f = relu(x)*tanh(x)")
    assert found.because == "the difference simplifies to 0 in each of 2 cases"


def test_a_wrong_derivative_is_not() -> None:
    wrong = cg.Primitive("twice", lambda a: 2 * a, lambda out, a: 3 * a)
    from compgraph.interop import sympy_checking

    assert sympy_checking._proof(to_sympy(x**2) - X**2 - X) is None
    verdict, because = sympy_checking._evidence(x**2, 2 * X, 2 * X + sp.Rational(1, 1000), 5)
    assert verdict == "different" and because.startswith("at x = ")
    verdict, because = sympy_checking._evidence(cg.sqrt(-1 - x**2), X, X, 5)
    assert (verdict, because) == ("undecided", "no proof, and no point was found where both are defined")
    verdict, because = sympy_checking._evidence(x, X, X * (1 + sp.Rational(1, 10**16)), 5)
    assert verdict == "supported" and "rounded" in because
    with pytest.raises(ValueError, match="twice is unknown to SymPy"):
        check(wrong(x))


@given(expressions(operations=3))
@settings(max_examples=15)
def test_our_derivatives_are_sympys(sample: Sample) -> None:
    assert check(sample.expression, points=2), check(sample.expression)

"""Dual numbers: forward mode by overloading, and the same function on floats, duals and expressions."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings

import compgraph as cg
from compgraph import Dual, derivative_of
from compgraph.dual import second_partial
from compgraph.functions import FUNCTIONS, HIDDEN
from tests.primitive_cases import LOGICAL, NUMERIC
from tests.strategies import SAFE, Sample, expressions

x, y = cg.Variable("x"), cg.Variable("y")
ROWS = {**HIDDEN, **FUNCTIONS}


# -- nested derivatives


def test_nested_derivatives_do_not_confuse_their_perturbations(golden_cases: dict[str, dict[str, Any]]) -> None:
    case = golden_cases["nested_perturbation_confusion"]
    outer = derivative_of(lambda x: x * derivative_of(lambda y: x + y)(1.0))
    assert outer(case["inputs"]["x"]) == case["grads"]["x"]
    assert outer(5.0) == 1


@pytest.mark.parametrize(
    ("function", "at", "truth"),
    [
        # d/dx (x · d/dy (x·y²)) = d/dx 2x²y, where y = 3
        (lambda x: x * derivative_of(lambda y: x * y * y)(3.0), 2.0, 24.0),
        # the inner point depends on x: d/dx cos(x²) = −2x·sin(x²)
        (lambda x: derivative_of(cg.sin)(x * x), 1.3, -2 * 1.3 * math.sin(1.69)),
        (lambda x: derivative_of(lambda y: x**y)(2.0), 3.0, 3.0 + 6 * math.log(3)),
        (lambda n: derivative_of(lambda x: x**n)(3.0), 2.0, 3.0 + 6 * math.log(3)),
        (lambda n: derivative_of(lambda x: x**n)(3.0), 1.0, 1.0 + math.log(3)),
        (lambda b: derivative_of(lambda x: cg.swish(x, b))(0.7), 1.0, None),
        (lambda a: derivative_of(lambda x: cg.elu(x, a))(-0.7), 1.0, math.exp(-0.7)),
        (lambda x: x * derivative_of(lambda y: y * derivative_of(lambda z: x * y * z)(1.0))(2.0), 3.0, 24.0),
    ],
)
def test_closures_over_the_variable_of_an_outer_derivative(function: Any, at: float, truth: float | None) -> None:
    h = 1e-6
    quotient = (function(at + h) - function(at - h)) / (2 * h)
    assert derivative_of(function)(at) == pytest.approx(quotient, rel=1e-7)
    if truth is not None:
        assert derivative_of(function)(at) == pytest.approx(truth, rel=1e-14)


def test_higher_orders() -> None:
    f: Callable[..., Any] = lambda x: x**5 + cg.exp(2 * x)  # noqa: E731 - differentiated again and again
    for order in range(1, 6):
        f = derivative_of(f)
        expected = math.perm(5, order) * 1.5 ** (5 - order) + 2**order * math.exp(3)
        assert f(1.5) == pytest.approx(expected, rel=1e-13)


def test_an_inner_derivative_may_be_taken_of_an_expression() -> None:
    second = derivative_of(derivative_of(lambda x: cg.sin(x) * x))(x)
    assert isinstance(second, cg.Expression)
    assert cg.solve({"d": second}, {"x": 0.4}).values["d"] == pytest.approx(2 * math.cos(0.4) - 0.4 * math.sin(0.4))
    assert cg.gradient(derivative_of(lambda x: x**3), 2.0) == {"x": 12.0}


# -- the same function object on numbers of every kind


def no_condition(name: str) -> bool:
    return "where" not in name and "logical" not in name  # these want an expression as their condition


@pytest.mark.parametrize("name", [name for name in SAFE if no_condition(name)])
def test_the_same_function_on_floats_duals_and_expressions(name: str) -> None:
    f = SAFE[name]
    point = (0.6, 0.9)[: f.__code__.co_argcount]
    variables = (x, y)[: len(point)]
    value = f(*point)
    s = cg.solve({"f": f(*variables)}, dict(zip("xy", point, strict=False)))
    assert s.values["f"] == pytest.approx(value, rel=1e-15)
    for i in range(len(point)):
        dual = f(*(Dual(a, float(i == j), 7) for j, a in enumerate(point)))
        assert (dual.value if isinstance(dual, Dual) else dual) == value
        assert derivative_of(f, i)(*point) == pytest.approx(s.gradient["xy"[i]], rel=1e-14, abs=1e-15)


@pytest.mark.parametrize("name", sorted({row.name for row in ROWS.values()} - {"variable", "literal"}))
def test_every_primitive_runs_on_duals(name: str) -> None:
    """A row of the rule table that has no case here fails."""
    row = ROWS[name]
    if name in LOGICAL:
        for a, b in ((1.0, 2.0), (2.0, 2.0), (2.0, 1.0)):
            plain = (a, b)[: len(row.partials)]
            assert row(*(Dual(one, 1.0) for one in plain)) == row(*plain)
        return
    case, source = NUMERIC[name], random.Random(name)
    spans = [(max(low, -3.0), min(high, 3.0)) for low, high in case.spans]
    for _ in range(5):
        point = [source.uniform(low + (high - low) / 50, high - (high - low) / 50) for low, high in spans]
        for i, slope in enumerate(case.slopes):
            if slope is not None:
                truth = float(slope(*point))
                assert derivative_of(row, i)(*point) == pytest.approx(truth, rel=1e-13, abs=1e-14)
        together = row(*(Dual(a, 1.0 + i, 7) for i, a in enumerate(point)))
        total = sum((1.0 + i) * float(slope(*point)) for i, slope in enumerate(case.slopes) if slope is not None)
        assert (together.value, together.tangent) == (row(*point), pytest.approx(total, rel=1e-12, abs=1e-12))


@given(expressions())
@settings(max_examples=40)
def test_forward_mode_is_the_sweep(sample: Sample) -> None:
    point = {name: sample.point[name] for name in cg.trace(sample.expression).graph["inputs"]}
    s = cg.solve(sample.expression, at=point)
    from compgraph.posing import runnable

    run = runnable(sample.expression).run
    for name in point:
        found = derivative_of(lambda **values: run(values), name)(**point)
        assert found == pytest.approx(s.gradient[name], rel=1e-9, abs=1e-12 * (1 + abs(s.gradient[name])))


@given(expressions(operations=6))
@settings(max_examples=30)
def test_nested_forward_mode_is_the_hessian(sample: Sample) -> None:
    from compgraph.posing import runnable

    point = {name: sample.point[name] for name in cg.trace(sample.expression).graph["inputs"]}
    assume(not cg.solve(sample.expression, at=point).warnings)
    run = runnable(sample.expression).run
    whole = cg.hessian(sample.expression, point)
    size = 1 + max(map(abs, whole.values()), default=0)
    for a in point:
        for b in point:
            first = derivative_of(lambda **values: run(values), a)
            assert derivative_of(first, b)(**point) == pytest.approx(whole[a, b], rel=1e-8, abs=1e-9 * size)


@pytest.mark.parametrize("name", [n for n in NUMERIC if n not in ("identity", "literal")])
def test_every_primitive_has_second_partials(name: str) -> None:
    row, case = ROWS[name], NUMERIC[name]
    point = [max(low, -2.0) * 0.45 + min(high, 2.0) * 0.55 - 0.01 * k for k, (low, high) in enumerate(case.spans)]
    value = row(*point)
    for i in range(len(point)):
        for j in range(len(point)):
            if row.partials[i] is None or row.partials[j] is None:
                continue
            h = 1e-6
            slopes = []
            for sign in (1, -1):
                moved = [a + sign * h * (k == j) for k, a in enumerate(point)]
                rule = row.partials[i]
                slopes.append(rule(row(*moved), *moved) if callable(rule) else rule)
            quotient = (slopes[0] - slopes[1]) / (2 * h)
            assert second_partial(row, value, point, i, j) == pytest.approx(quotient, rel=1e-6, abs=1e-6)


# -- a number like others


def test_operators_from_either_side() -> None:
    a = Dual(3.0, 1.0)
    for f, value, slope in [
        (lambda a: a + 2, 5, 1),
        (lambda a: 2 + a, 5, 1),
        (lambda a: a - 2, 1, 1),
        (lambda a: 2 - a, -1, -1),
        (lambda a: a * 2, 6, 2),
        (lambda a: 2 * a, 6, 2),
        (lambda a: a / 2, 1.5, 0.5),
        (lambda a: 6 / a, 2, -2 / 3),
        (lambda a: a**2, 9, 6),
        (lambda a: 2**a, 8, 8 * math.log(2)),
        (lambda a: a**a, 27, 27 * (1 + math.log(3))),
        (lambda a: -a, -3, -1),
        (lambda a: +a, 3, 1),
        (lambda a: abs(-a), 3, 1),
        (lambda a: a * a * a, 27, 27),
        (lambda a: np.float64(2.0) * a, 6, 2),
        (lambda a: np.int64(2) - a, -1, -1),
        (lambda a: np.array(2.0) / a, 2 / 3, -2 / 9),
        (lambda a: np.sin(a), math.sin(3), math.cos(3)),
        (lambda a: np.maximum(a, 1.0), 3, 1),
        (lambda a: np.power(2, a), 8, 8 * math.log(2)),
        (lambda a: Fraction(1, 3) * a, 1, 1 / 3),
        (lambda a: cg.hypot(4, a), 5, 0.6),
        (lambda a: cg.leaky_relu(-a), -0.03, -0.01),
    ]:
        made = f(a)
        assert (made.value, made.tangent) == (pytest.approx(value), pytest.approx(slope))


def test_exact_numbers_stay_exact() -> None:
    assert derivative_of(lambda x: x**2 / 3 + x)(Fraction(1, 2)) == Fraction(4, 3)
    assert derivative_of(lambda x: x**2)(3) == 6


def test_comparisons_branches_and_loops_go_by_the_value() -> None:
    a, b = Dual(2.0, 1.0), Dual(2.0, 5.0)
    assert a == b and a == 2 and a != 3 and hash(a) == hash(2.0)
    assert a <= 2 and a >= b and not a < b and a > 1 and a < 3 and max(a, 3) == 3
    assert a and not Dual(0.0, 1.0)

    def babylonian(x: Any) -> Any:
        guess = x / 2
        while abs(guess * guess - x) > 1e-12:
            guess = (guess + x / guess) / 2
        return guess

    assert derivative_of(babylonian)(2.0) == pytest.approx(1 / (2 * math.sqrt(2)))
    assert derivative_of(lambda x: x * x if x > 1 else 3 * x)(0.5) == 3
    assert derivative_of(lambda x: sorted([x, 2 * x, 1.0])[0])(0.3) == 1


def test_results_of_any_shape() -> None:
    found = derivative_of(lambda x: {"a": [x * x, 3.0], "b": (x, -x)})(2.0)
    assert found == {"a": [4, 0], "b": (1, -1)}
    assert derivative_of(lambda x: 7.0)(1.0) == 0
    assert derivative_of(lambda x, y: x * y**2, 1)(2.0, 3.0) == 12
    assert derivative_of(lambda x, y: x * y**2, "y")(2.0, y=3.0) == 12
    assert derivative_of(lambda x, y: x * y**2, -2)(2.0, 3.0) == 9


def test_a_primitive_can_be_differentiated_as_it_is() -> None:
    assert derivative_of(cg.sin)(0.5) == math.cos(0.5)
    softsign = cg.Primitive("softsign", lambda x: x / (1 + abs(x)), lambda y, x: 1 / (1 + abs(x)) ** 2)
    assert derivative_of(softsign)(1.0) == 0.25
    assert derivative_of(derivative_of(softsign))(1.0) == pytest.approx(-0.25)


def test_kinks_and_infinities_follow_the_stated_policy() -> None:
    assert derivative_of(cg.relu)(0.0) == derivative_of(abs)(0.0) == derivative_of(cg.sign)(2.0) == 0
    assert derivative_of(lambda x: cg.max(x, 1.0))(1.0) == 0.5
    assert derivative_of(lambda x: cg.max(x, 1.0, x))(1.0) == pytest.approx(2 / 3)
    assert derivative_of(cg.sqrt)(0.0) == math.inf
    for undefined in (lambda x: cg.sqrt(x * x), lambda x: cg.hypot(x, x), lambda x: cg.sqrt(x) - cg.sqrt(x)):
        with pytest.raises(cg.DomainError, match="does not exist at"):
            derivative_of(undefined)(0.0)
    with pytest.raises(cg.DomainError, match="log is undefined: expected x > 0"):
        derivative_of(cg.log)(-1.0)
    # the exponent is a plain number: its partial, log x, is never asked for
    assert derivative_of(lambda x: x**3)(-2.0) == 12


@pytest.mark.parametrize(
    ("ask", "error", "message"),
    [
        (lambda: derivative_of(math.sin)(1.0), TypeError, r"Dual cannot become a plain number.*cg\.sin"),
        (lambda: derivative_of(np.floor)(1.0), TypeError, r"np\.floor is not available for a Dual"),
        (lambda: derivative_of(lambda x: "text")(1.0), TypeError, "expected the function to return a number.*got str"),
        (lambda: derivative_of(lambda x: x + "text")(1.0), TypeError, "unsupported operand"),
        (lambda: derivative_of(lambda x: x, 1)(1.0), TypeError, "expected the argument 1"),
        (lambda: derivative_of(lambda x: x, "z")(1.0), TypeError, "expected the argument 'z'"),
        (lambda: derivative_of("x^2"), TypeError, "expected a Python function, got str 'x.2'. Use gradient"),
        (lambda: derivative_of(x), TypeError, "expected a Python function, got Variable x. Use gradient"),
        (lambda: Dual("1"), TypeError, "expected numbers or expressions, got str"),
        (lambda: Dual(Dual(1.0, 1.0), 1.0), ValueError, "expected parts with tags below 0.*derivative_of"),
        (lambda: cg.where(Dual(1.0, 1.0) > 0, 1, 2), TypeError, "condition on expressions.*if condition else"),
    ],
)  # fmt: skip
def test_misuse_says_what_to_do(ask: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        ask()


def test_it_shows_itself() -> None:
    assert repr(Dual(3.0, 1.0) * 2) == "Dual(6.0, 2.0)"
    assert derivative_of(test_it_shows_itself).__name__ == "test_it_shows_itself"


def test_a_hook_does_not_change_what_is_refused_without_one() -> None:
    with pytest.raises(TypeError, match="sin: expected numbers or expressions, got str"):
        cg.sin("x")
    with pytest.raises(TypeError, match="hypot: expected numbers or expressions, got complex"):
        cg.hypot(1j, 2)

"""Taylor coefficients to any order: closed forms, every primitive against mpmath, and what has no series."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest

import compgraph as cg
from compgraph.functions import FUNCTIONS, HIDDEN
from tests.primitive_cases import NUMERIC, mp

x, y = cg.Variable("x"), cg.Variable("y")
ROWS = {**HIDDEN, **FUNCTIONS}


@pytest.mark.parametrize(
    ("problem", "coefficient"),
    [
        ("exp(x)", lambda k: 1 / math.factorial(k)),
        ("1 / (1 - x)", lambda k: 1.0),
        ("log(1 + x)", lambda k: (-1) ** (k + 1) / k if k else 0.0),
        ("log1p(x)", lambda k: (-1) ** (k + 1) / k if k else 0.0),
        ("sin(x)", lambda k: (0, 1, 0, -1)[k % 4] / math.factorial(k)),
        ("cosh(x)", lambda k: (1, 0)[k % 2] / math.factorial(k)),
        ("(1 + x)^0.5", lambda k: math.prod((0.5 - i) / (i + 1) for i in range(k))),
        ("sqrt(1 + x)", lambda k: math.prod((0.5 - i) / (i + 1) for i in range(k))),
        ("(1 + x)^-3", lambda k: (-1) ** k * (k + 1) * (k + 2) / 2),
        ("atan(x)", lambda k: (0, 1, 0, -1)[k % 4] / max(k, 1)),
        ("atanh(x)", lambda k: (0, 1)[k % 2] / max(k, 1)),
        ("x^3 exp(x)", lambda k: 1 / math.factorial(k - 3) if k >= 3 else 0),
        ("2^x", lambda k: math.log(2) ** k / math.factorial(k)),
        ("exp(x)^2", lambda k: 2**k / math.factorial(k)),
        ("sin(x)^2 + cos(x)^2", lambda k: float(k == 0)),
        ("7", lambda k: 7.0 * (k == 0)),
    ],
)
def test_closed_forms_to_the_fortieth_order(problem: str, coefficient: Any) -> None:
    assert cg.taylor(problem, {"x": 0}, 40) == pytest.approx([coefficient(k) for k in range(41)], rel=1e-12, abs=1e-16)


#: Where nothing is curved the slopes of mpmath are noise.
FLAT = {"identity", "literal", "sign"}


@pytest.mark.parametrize("name", [name for name in NUMERIC if name not in FLAT])
def test_every_primitive_has_the_series_that_mpmath_finds(name: str) -> None:
    row, case = ROWS[name], NUMERIC[name]
    source = random.Random(name)
    spans = [(max(low, -2.0), min(high, 2.0)) for low, high in case.spans]
    point = [source.uniform(low + (high - low) / 4, high - (high - low) / 4) for low, high in spans]
    for i in range(len(point)):
        if row.partials[i] is None:
            continue

        def moved(truth: Any, i: int = i) -> Any:
            return lambda x: truth(*point[:i], x, *point[i + 1 :])

        found = cg.taylor(moved(row), point[i], 5)
        truth = [float(c) for c in mp.taylor(moved(case.truth), point[i], 5)]
        size = max(map(abs, truth))
        assert found == pytest.approx(truth, rel=1e-10, abs=1e-11 * size), (point, i)


def test_integer_powers_have_a_series_at_zero() -> None:
    assert cg.taylor("x^5", 0, 6) == [0, 0, 0, 0, 0, 1, 0]
    assert cg.taylor("x^0", {"x": 0}, 2) == [1, 0, 0]
    assert cg.taylor("(x^2 + x)^3", 0, 6) == [0, 0, 0, 1, 3, 3, 1]


def test_other_inputs_are_constants() -> None:
    f = x**2 * y + cg.sin(y)
    assert cg.taylor(f, {"x": 3, "y": 2}, 3, wrt="x") == [18 + math.sin(2), 12, 2, 0]
    assert cg.taylor(f, (3, 2), 1, wrt="y") == [18 + math.sin(2), pytest.approx(9 + math.cos(2))]
    assert cg.taylor(f, {"x": 3, "y": 2, "w": 1}, 2, wrt="w") == [18 + math.sin(2), 0, 0]


def test_functions_branch_and_loop_on_the_value() -> None:
    def f(x, n=3):
        while x < 10:
            x = x * n
        return x * x if x > 20 else x

    assert cg.taylor(f, 1.0, 2) == [27 * 27, 2 * 27 * 27, 27 * 27]
    assert cg.taylor(f, 5.0, 2) == [15, 3, 0]
    assert cg.taylor(f, {"x": 5.0, "n": 5.0}, 2, wrt="x") == [625, 250, 25]


def test_a_derivative_within_a_series_and_a_series_of_a_derivative() -> None:
    slope = cg.derivative_of(lambda x: cg.exp(2 * x))
    assert cg.taylor(slope, 0.0, 4) == pytest.approx([2 * 2**k / math.factorial(k) for k in range(5)])
    mixed = cg.taylor(lambda x: x * cg.derivative_of(lambda y: x + y)(1.0), 3.0, 2)
    assert mixed == [3, 1, 0]  # perturbations of different kinds are kept apart as well


def test_high_orders_and_long_programs() -> None:
    high = cg.taylor("exp(sin(x))", 0.3, 150)
    assert sum(c * 0.5**k for k, c in enumerate(high)) == pytest.approx(math.exp(math.sin(0.8)), rel=1e-14)

    def long(x):
        for _ in range(5_000):
            x = cg.sin(x) + x
        return x

    coefficients = cg.taylor(long, 1e-3, 2)
    assert coefficients[1] == pytest.approx(cg.derivative_of(long)(1e-3), rel=1e-9)


@pytest.mark.parametrize(
    ("ask", "error", "message"),
    [
        (lambda: cg.taylor("x", 1, -1), ValueError, "order of 0 or more, got -1"),
        (lambda: cg.taylor("x", 1, 2.0), ValueError, "order of 0 or more, got 2.0"),
        (lambda: cg.taylor("x", 1, True), ValueError, "order of 0 or more, got True"),
        (lambda: cg.taylor("x y", (1, 2), 2), ValueError, "input that moves, one of x, y, got None.*wrt='x'"),
        (lambda: cg.taylor("x y", (1, 2), 2, wrt="z"), ValueError, "expected 3 values|input that moves|no value"),
        (lambda: cg.taylor("x y", {"x": 1}, 2, wrt="x"), ValueError, "y has no value"),
        (lambda: cg.taylor(lambda x: {"a": x}, 1, 2), TypeError, "returns a number, got dict"),
        (lambda: cg.taylor([x, y], (1, 2), 2), ValueError, "expected one output, got 2"),
        (lambda: cg.taylor("sqrt(x)", 0, 2), cg.DomainError, "not finite|no Taylor|does not exist|undefined"),
        (lambda: cg.taylor("x^0.5", 0, 2), cg.DomainError, "no Taylor series at x = 0"),
        (lambda: cg.taylor("log(x)", 0, 2), cg.DomainError, "log is undefined"),
        (lambda: cg.taylor("1/x", 0, 2), cg.DomainError, "divide is undefined"),
        (lambda: cg.taylor(math.sin, 0.5, 2), TypeError, r"Series cannot become a plain number.*cg\.sin"),
    ],
)
def test_misuse_and_points_without_a_series(ask: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        ask()


def test_it_shows_itself() -> None:
    seen: list[str] = []
    cg.taylor(lambda x: (seen.append(repr(x * x)), x * x)[1], 3.0, 2)
    assert seen == ["Series(9.0, 6.0, 1.0, …)"]

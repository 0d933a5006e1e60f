"""Simplification, on request only: what it leaves out, what it never changes, and how large expressions are."""

from __future__ import annotations

import pickle
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings

import compgraph as cg
from compgraph import expression_size, simplify
from compgraph.posing import runnable
from tests.strategies import Guarded, Sample, expressions, guarded

x, y, z = map(cg.Variable, "xyz")
t = (x**2).named("t")
half = 2 * y


@pytest.mark.parametrize(
    ("written", "simple"),
    [
        # zeros and ones
        (x + 0, "x"),
        (0 - x, "−x"),
        (1 * x, "x"),
        (x * 0, "0"),
        (0 / x, "0"),
        (x / 1, "x"),
        (x**1, "x"),
        (x**0, "1"),
        (cg.sin(0 * x) + cg.exp(0 * y), "1"),
        (-(0 - x), "x"),
        (+x, "x"),
        # literals
        (2 * (3 * x), "6·x"),
        (x * 2 / 4, "x/2"),
        (6 / (4 * x), "3/(2·x)"),
        (3 / (x * y), "3/(x·y)"),
        ((x + 1) + 2, "x + 3"),
        (2 - x - 2, "−x"),
        (x * 0.5 * 2, "x"),
        (x / 3 * 3, "x"),
        (Fraction(1, 3) * x + Fraction(2, 3) * x, "x"),
        (cg.sin(cg.Variable("x") * 0 + 2), "sin(2)"),  # not a whole number: it stays what was written
        # like terms, in whatever order they were written
        (x + x, "2·x"),
        (2 * x + 3 * x, "5·x"),
        (x - x, "0"),
        (x - (y - x), "2·x − y"),
        (x * y + y * x, "2·x·y"),
        (x * y - y * x, "0"),
        (x * y / 2 + y * x / 2, "x·y"),
        (-(x * y) - y * x, "−2·x·y"),
        (cg.sin(x) - cg.sin(x), "0"),
        (-x - y, "−x − y"),
        (2 * (x * (3 * y)), "6·x·y"),
        # like factors
        (x * x, "x²"),
        (x * x * x / x, "x²"),
        (x**2 * x**3, "x⁵"),
        (x / x, "1"),
        ((x + y) * (y + x), "(x + y)²"),
        ((x + y) / (y + x), "1"),
        (cg.exp(x) * cg.exp(x), "exp(x)²"),
        (x * (1 / x), "1"),
        (1 / half * (3 / half) * x, "3·x/(4·y²)"),
        (cg.sqrt(x) / half * (1 / half), "sqrt(x)/(4·y²)"),
        # branches that are the same
        (cg.where(x > 0, x + 0, x), "x"),
        # what is not simplified: nothing is multiplied out, and no power that only holds for some x
        (3 * (x + 1) - 3, "3·(x + 1) − 3"),
        ((x**2) ** 0.5, "(x²)^0.5"),
        (cg.sqrt(x) ** 2, "sqrt(x)²"),
        (cg.max(x, x), "max(x, x)"),
    ],
    ids=str,
)
def test_what_is_left(written: Any, simple: str) -> None:
    assert str(simplify(written)) == simple
    assert str(simplify(simplify(written))) == simple


def test_numbers_are_simple() -> None:
    assert simplify(3) == 3 and simplify(0.5) == 0.5


def test_the_picture_shows_what_was_written() -> None:
    written = x * 1 + 0
    assert list(cg.trace(written)) == ["x", "v1", "f"]
    simplify(written)
    assert list(cg.trace(written)) == ["x", "v1", "f"]
    assert str(cg.solve("f = x + 0").gradient["x"]) == "1"


def test_names_stay() -> None:
    J = (cg.cos(t) * 1 + 0 * t).named("J")
    simple = simplify(J)
    assert list(cg.trace(simple)) == ["x", "t", "J"]
    assert str(simplify((t + t).named("u"))) == "2·t"


def test_a_division_by_zero_is_left_for_whoever_evaluates_it() -> None:
    for written in (x / (y - y), 1 / (0 * x), x / (x - x)):
        simple = simplify(written)
        with pytest.raises((cg.DomainError, ValueError), match=r"divide|denominator"):
            cg.solve({"f": simple}, dict.fromkeys(cg.trace(simple).graph["inputs"], 1.0))


def test_what_is_shared_stays_shared() -> None:
    product = x * y
    assert str(simplify(2 * product + cg.sin(product))) == "2·(x·y) + sin(x·y)"
    assert expression_size(simplify(2 * product + cg.sin(product))).circuit == 4
    assert expression_size(simplify(product + product + cg.sin(product))).circuit == 4
    wave = cg.sin(x) * cg.sin(x) + cg.sin(x)
    assert expression_size(wave) == (5, 5) and expression_size(simplify(wave)) == (3, 4)


@given(expressions())
def test_nothing_changes_but_the_size(sample: Sample) -> None:
    simple = simplify(sample.expression)
    assert expression_size(simple).formula <= expression_size(sample.expression).formula
    value, found = (runnable(e, "xyz").run(sample.point) for e in (sample.expression, simple))
    assert found == pytest.approx(value, rel=1e-9, abs=1e-9)
    assert str(simplify(simple)) == str(simple)


@given(expressions(operations=5))
@settings(max_examples=30)
def test_gradients_and_hessians_are_simplified_to_the_same_numbers(sample: Sample) -> None:
    names = list("xyz")
    for found in (cg.gradient(sample.expression, wrt=names), cg.hessian(sample.expression, wrt=names)):
        for entry in found.values():
            truth, got = (runnable(e, names).run(sample.point) for e in (entry, simplify(entry)))
            assert got == pytest.approx(truth, rel=1e-7, abs=1e-8 * (1 + abs(truth)))


@given(guarded())
def test_guards_are_kept(sample: Guarded) -> None:
    simple = simplify(sample.expression)
    truth = cg.solve({"f": sample.taken}, at=sample.point, wrt=list("xyz")).values["f"]
    assert cg.solve({"f": simple}, at=sample.point, wrt=list("xyz")).values["f"] == pytest.approx(truth, rel=1e-9)


def test_derivatives_become_readable() -> None:
    first = cg.gradient("J = cos(sin(x^2) + 3x^2)")["x"]
    assert str(simplify(first)) == "−6·sin(sin(x²) + 3·x²)·x − 2·sin(sin(x²) + 3·x²)·cos(x²)·x"
    assert {n: str(simplify(d)) for n, d in cg.gradient("x^2 y + y").items()} == {"x": "2·y·x", "y": "1 + x²"}
    assert str(simplify(cg.hessian(cg.sqrt(x))["x", "x"])) == "−1/(4·sqrt(x)³)"
    assert str(simplify(cg.hessian(cg.tanh(x))["x", "x"])) == "−2·sech(x)²·tanh(x)"
    third = cg.gradient(cg.gradient(cg.gradient("x^5")["x"])["x"])["x"]
    assert str(simplify(third)) == "60·x²"


# -- size


def test_the_size_of_several_counts_what_they_share_once() -> None:
    product = x * y
    assert expression_size([product + 1, cg.sin(product)]) == (3, 4)
    assert expression_size([product, product]) == (1, 2)
    assert expression_size(x) == expression_size(3) == expression_size([]) == (0, 0)
    assert expression_size((x * 1).named("a")) == (1, 1)


def test_sizes_beyond_floats() -> None:
    e: Any = x
    for _ in range(2000):
        e = e + e
    assert expression_size(e) == (2000, 2**2000 - 1)
    assert simplify(e).arguments == (2**2000, x)


# -- deep and wide


def test_deep_and_wide() -> None:
    chain: Any = x
    for i in range(100_000):
        chain = chain * y if i % 7 else cg.sin(chain) + 0
    assert expression_size(chain).circuit == 100_000 + (100_000 + 6) // 7
    simple = simplify(chain)
    assert expression_size(simple).circuit < 50_000
    pickle.dumps(simple)
    product: Any = x
    for _ in range(20_000):
        product = product * y
    assert str(simplify(product)) == "x·y^20000"
    wide = sum((k * cg.Variable(f"x{k % 100}") for k in range(20_000)), 0)
    assert expression_size(simplify(wide)).circuit == 199

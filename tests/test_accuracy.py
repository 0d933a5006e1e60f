"""Digits lost: classic cancellations are found where they happen, and well-conditioned graphs lose none."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import mpmath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import compgraph as cg
from compgraph.accuracy import Accuracy, accuracy
from compgraph.dual import Dual
from compgraph.functions import FUNCTIONS, HIDDEN
from compgraph.multiprecision import Precise, Precision
from tests.primitive_cases import NUMERIC

mp = mpmath.MPContext()
mp.dps = 200


# -- the table of many digits


def test_every_primitive_has_a_row() -> None:
    names = {row.name for row in (*FUNCTIONS.values(), *HIDDEN.values())} - {"variable"}
    assert Precision(30).rows.keys() == names
    assert NUMERIC.keys() <= names


@pytest.mark.parametrize("name", NUMERIC)
def test_values_and_partials_of_every_primitive_have_50_digits(name: str) -> None:
    case, precision = NUMERIC[name], Precision(60)
    primitive = FUNCTIONS.get(name) or HIDDEN[name]
    truth = mpmath.MPContext()  # that of the cases
    truth.dps = 50
    points = [
        tuple(_between(*span, share + 0.1 * place) for place, span in enumerate(case.spans)) for share in (0.37, 0.61)
    ]
    for point in points:
        numbers = [precision.number(x) for x in point]
        exact = [truth.mpf(x) for x in point]
        _close(precision.evaluate(primitive, tuple(numbers)), case.truth(*exact), name, point)
        for position, slope in enumerate(case.slopes):
            if slope is None:
                continue
            operands: list[Any] = list(numbers)
            operands[position] = Dual(operands[position], 1)
            partial = primitive(*operands).tangent
            value = partial if isinstance(partial, Precise) else precision.number(partial)
            wanted = slope(*exact) if callable(slope) else slope
            _close(value, wanted, name, point)


def _between(low: float, high: float, share: float) -> float:
    """A number of moderate size within a span."""
    low, high = max(low, -1e10), min(high, 1e10)
    return low + share * (high - low)


def _close(found: Any, wanted: Any, name: str, point: Any) -> None:
    assert isinstance(found, Precise)
    assert mp.almosteq(mp.mpf(found.value), mp.mpf(wanted), 1e-42, mp.mpf(10) ** -60), (name, point, found, wanted)


def test_what_is_beyond_floats_and_outside_domains() -> None:
    precision = Precision(30)
    big = precision.number(1e308)
    squares = big * big
    assert squares.value > mp.mpf(10) ** 615 and squares / big == big
    for _ in range(4):
        squares = squares * squares
    assert squares.value == math.inf and (1 / squares).value == 0
    assert cg.exp(big).value == math.inf and cg.exp(-big).value == 0
    assert mpmath.isnan(cg.sqrt(precision.number(-1.0)).value) and mpmath.isnan(cg.log(precision.number(-1.0)).value)
    zero = precision.number(0.0)
    assert (1 / zero).value == math.inf and (-1 / zero).value == -math.inf and mpmath.isnan((zero / zero).value)


# -- classic cancellations


def lost(a: Accuracy, node: str) -> float:
    return float(a.nodes[node].value.lost)


#: Text, point, the exact result in mpmath, the first to lose, the same quantity written well.
CLASSICS: dict[str, tuple[str, float, Callable[[Any], Any], str, str]] = {
    "1 − cos": ("y = (1 - cos(x))/x^2", 1e-5, lambda x: (1 - mp.cos(x)) / x**2, "v2", "y = 2*(sin(x/2)/x)^2"),
    "roots": (
        "y = sqrt(x + 1) - sqrt(x)",
        1e12,
        lambda x: mp.sqrt(x + 1) - mp.sqrt(x),
        "y",
        "y = 1/(sqrt(x + 1) + sqrt(x))",
    ),
    "log(1 + x)": ("y = log(1 + x)", 1e-10, mp.log1p, "y", "y = log1p(x)"),
    "eˣ − 1": ("y = (exp(x) - 1)/x", 1e-9, lambda x: mp.expm1(x) / x, "v2", "y = expm1(x)/x"),
    "a square": ("y = (1 + x)^2 - 1", 1e-9, lambda x: x * (2 + x), "y", "y = x*(2 + x)"),
    "tanh": ("y = 1 - tanh(x)^2", 15.0, lambda x: mp.sech(x) ** 2, "y", "y = sech(x)^2"),
    "log of a sum": (
        "y = log(exp(x) + exp(-x)) - x",
        15.0,
        lambda x: mp.log1p(mp.exp(-2 * x)),
        "y",
        "y = log1p(exp(-2x))",
    ),
    "log-softmax": (
        "y = log(exp(x)/(exp(x) + exp(-x)))",
        15.0,
        lambda x: -mp.log1p(mp.exp(-2 * x)),
        "y",
        "y = -log1p(exp(-2x))",
    ),
}


@pytest.mark.parametrize("name", CLASSICS)
def test_the_culprit_is_pointed_at(name: str) -> None:
    text, x, exact, culprit, better = CLASSICS[name]
    a = accuracy(text, {"x": x})
    assert a.first == culprit and culprit in str(a).translate(str.maketrans("₁₂₃₄₅₆₇₈₉", "123456789"))
    y = a.nodes["y"].value
    wanted = exact(mp.mpf(x))
    assert mp.almosteq(mp.mpf(y.exact), wanted, 1e-30)
    error = abs(mp.mpf(y.value) - wanted) / abs(wanted)
    assert y.error == pytest.approx(float(error)) and y.lost == pytest.approx(math.log10(error * 2**53)) and y.lost > 4
    well = accuracy(better, {"x": x})
    assert well.first is None and lost(well, "y") < 1
    assert mp.almosteq(mp.mpf(well.nodes["y"].value.exact), wanted, 1e-20 if "x" in better else 0)


def test_an_heir_is_not_the_culprit_and_a_loss_that_ends_is_none() -> None:
    a = accuracy("d = (x + 1) - 1; e = exp(d); y = d*3; z = y^2", {"x": 1e-12})
    assert a.first == "d" and lost(a, "z") > lost(a, "d") - 1 > 2 > lost(a, "e")
    absorbed = accuracy("d = (x + 1) - 1; y = d + 2", {"x": 1e-12})
    assert lost(absorbed, "d") > 3 and lost(absorbed, "y") == 0 and absorbed.first is None
    assert "No operation loses 2 digits" in str(absorbed)
    assert accuracy("y = a - b", {"a": 1 + 2**-52, "b": 1.0}).first is None  # exact, though the condition is 10¹⁶
    assert accuracy("y = a - b", {"a": 1 + 2**-52, "b": 1.0}).nodes["y"].condition > 1e15


def test_naive_softmax_overflows_and_the_stable_one_keeps_its_digits() -> None:
    cases = json.loads((Path(__file__).parent / "data" / "golden_cases.json").read_text("utf-8"))
    stability = [case for case in cases if case["kind"] == "stability"]
    assert stability
    for case in stability:
        point = {f"s{i}": s for i, s in enumerate(case["inputs"]["s"])}
        names = list(point)
        total = " + ".join(f"e{i}" for i in range(len(names)))
        naive = [f"e{i} = exp({s})" for i, s in enumerate(names)]
        stable = [f"m = max({', '.join(names)})", *(f"e{i} = exp({s} - m)" for i, s in enumerate(names))]
        for i in range(len(names)):
            ends = [f"Z = {total}", f"p = e{i}/Z"]
            well = accuracy("\n".join([*stable, *ends]), point)
            assert well.first is None and lost(well, "p") < 1
            assert float(well.nodes["p"].value.exact) == pytest.approx(case["values"][f"p{i}"], rel=case["tol"])
        ill = accuracy("\n".join([*naive, f"Z = {total}", "p = e0/Z"]), point, wrt="s0")
        assert ill.first == "e2" and lost(ill, "p") == lost(ill, "e2") > 15 and "overflows" in str(ill)
        assert mp.almosteq(
            mp.mpf(ill.nodes["p"].value.exact), mp.mpf(well.nodes["e0"].value.exact) / (1 + mp.exp(-333)), 1e-20
        )


def test_derivatives_lose_digits_too() -> None:
    a = accuracy("y = (1 - cos(x))/x^2", {"x": 1e-5})
    slope = a.nodes["x"].derivative
    assert slope is not None and slope.lost > 15 and a.first_derivative == "x"
    wanted = mp.diff(lambda x: (1 - mp.cos(x)) / x**2, mp.mpf(1e-5))
    assert mp.almosteq(mp.mpf(slope.exact), wanted, 1e-20)
    forward = cg.solve("y = (1 - cos(x))/x^2", at={"x": 1e-5}, direction="forward").accuracy()
    there = forward.nodes["y"].derivative
    assert there is not None and mp.almosteq(mp.mpf(there.exact), wanted, 1e-20) and forward.first_derivative == "y"
    assert "the forward sweep from x" in str(forward)
    # a value that is right, with a derivative that is not: 1/(x+1) − 1/x + …
    only = accuracy("y = 1/x - 1/(x + 1) + 1", {"x": 1e9})
    assert only.first is None and only.first_derivative == "x"


def test_all_digits_may_be_gone_however_many_there_were() -> None:
    a = accuracy("y = (1 - cos(x))/x^2", {"x": 1e-150})
    assert a.digits == 1400 and a.first == "v2"
    assert accuracy("y = log(1 + x)/x", {"x": 1e-150}).nodes["y"].value.lost > 15
    assert accuracy("y = log(cos(x))", {"x": 1e-150}).first == "y"
    assert a.nodes["y"].value.value == 0 and mp.almosteq(mp.mpf(a.nodes["y"].value.exact), mp.mpf(0.5), 1e-50)
    zero = accuracy("y = sin(x)^2 + cos(x)^2 - 1", {"x": 0.3})
    assert zero.nodes["y"].value.exact == 0


# -- what a run may be


def test_statements_fractions_and_branches() -> None:
    s = cg.solve("d = (x + 1) - 1; y = 3d", at={"x": 1e-12}).statements
    assert s.accuracy().first == "d" and list(s.accuracy().nodes) == ["x", "v1", "d", "y"]
    exact = cg.solve("y = 1/x - 1/(x + 1/10^30)", at={"x": 3}, exact=True).accuracy()
    assert isinstance(exact.nodes["y"].value.value, Fraction) and exact.first is exact.first_derivative is None
    assert max(one.value.error for one in exact.nodes.values()) < 1e-40  # Fractions are exact, the run of digits is not
    wrong = accuracy("c = (x + 1) - 1; y = where(c > 0, x, 2x)", {"x": 1e-20})
    assert not wrong.nodes["v2"].value.value and wrong.nodes["v2"].value.lost > 15
    assert "v2" in wrong.nodes


def test_functions_of_ones_own() -> None:
    softsign = cg.Primitive("softsign", lambda x: x / (1 + abs(x)), lambda y, x: 1 / (1 + abs(x)) ** 2)
    a = accuracy(softsign(cg.Variable("x")), {"x": 0.3})
    assert mp.almosteq(mp.mpf(a.nodes["f"].value.exact), mp.mpf(0.3) / (1 + mp.mpf(0.3)), 1e-45) and a.first is None
    rounded = cg.Primitive("rounded", lambda x: math.sin(x), lambda y, x: cg.cos(x))
    with pytest.raises(TypeError, match="rounded has no value of 50 digits: expected a number of mpmath, got float"):
        accuracy(rounded(cg.Variable("x")), {"x": 0.3})


def test_what_is_refused() -> None:
    with pytest.raises(ValueError, match="accuracy: expected a point, got an expression at"):
        accuracy("y = x^2")
    with pytest.raises(ValueError, match=r"accuracy\(\): expected one sweep, got 2 outputs"):
        cg.solve("a = x^2; b = x^3", at={"x": 2}, of=["a", "b"]).accuracy()
    with pytest.raises(ValueError, match="accuracy: expected derivatives, got COUNT"):
        cg.solve("a = x^2", at={"x": 2}).over(cg.COUNT).accuracy()


def test_it_shows_itself() -> None:
    a = cg.solve("y = sqrt(x + 1) - sqrt(x)", at={"x": 1e12}).accuracy()
    assert str(a).splitlines()[2].split() == ["Node", "Value", "Lost", "Derivative", "Lost", "Errors", "grow"]
    assert "y = v₂ − v₃     5.00004×10⁻⁷   10.8   1                0      4×10¹² times" in str(a)
    assert (
        "y is the first to lose digits: 10.8 of 16; it makes errors of its arguments up to 4×10¹² times as large."
        in str(a)
    )
    assert a._repr_html_().startswith("<table") and a._repr_html_().count("<tr>") == 1 + 5 + 2
    x = cg.Variable("x")
    y: Any = x
    for _ in range(100):
        y = y + 1
    long = cg.solve(y, at={"x": 1.0}).accuracy()
    assert "… and 41 more; print(accuracy) shows all" in repr(long) and len(str(long).splitlines()) == 101 + 5


# -- well-conditioned graphs

#: Increasing functions of positive numbers with a condition of at most about 1: neither values nor adjoints cancel.
MILD: dict[str, Callable[[Any, Any], Any]] = {
    "mean": lambda a, b: (a + b) / 2,
    "root of a product": lambda a, b: cg.sqrt(a * b),
    "hypot": cg.hypot,
    "max": cg.max,
    "asinh": lambda a, b: cg.asinh(a) + b,
    "log1p": lambda a, b: cg.log1p(a + b),
    "sigmoid": lambda a, b: cg.sigmoid(a) + cg.softplus(b),
    "weights": lambda a, b: 0.3 * a + 0.7 * b,
    "cbrt": lambda a, b: cg.cbrt(a) * cg.sqrt(b),
}


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_well_conditioned_graphs_lose_less_than_two_digits(data: st.DataObject) -> None:
    names = ["x", "y", "z"]
    nodes: list[Any] = [cg.Variable(name) for name in names]
    for _ in range(data.draw(st.integers(1, 15))):
        rule = MILD[data.draw(st.sampled_from(sorted(MILD)))]
        nodes.append(rule(data.draw(st.sampled_from(nodes)), data.draw(st.sampled_from(nodes))))
    point = {name: data.draw(st.floats(0.1, 10)) for name in names}
    a = accuracy(cg.solve(nodes[-1] + nodes[0] + nodes[1] + nodes[2], at=point))
    assert a.first is None and a.first_derivative is None
    assert max(one.value.lost for one in a.nodes.values()) < 2
    assert max(one.derivative.lost for one in a.nodes.values() if one.derivative) < 2


def test_no_recursion() -> None:
    x = cg.Variable("x")
    y: Any = x
    for _ in range(1_000):
        y = (y + x) / 2
    assert accuracy(y, {"x": 0.7}).first is None

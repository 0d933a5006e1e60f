"""Derivatives by name: text, expressions and Python functions, any order, against SymPy, differences and each other."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import compgraph as cg
from tests.strategies import Guarded, Sample, expressions, guarded

Case = dict[str, Any]
x, y, z = map(cg.Variable, "xyz")


def at(expression: Any, point: dict[str, Any]) -> float:
    """The value of what a derivative at no point is: an expression or a number."""
    value: float = cg.solve({"value": expression}, at=point).values["value"]
    return value


def used(sample: Sample) -> dict[str, float]:
    """The part of the point that the expression needs."""
    return {name: sample.point[name] for name in cg.trace(sample.expression).graph["inputs"]}


# -- the golden cases


def test_gradient_of_every_explicit_case(explicit_case: Case) -> None:
    text = "\n".join(explicit_case["assignments"])
    (output,) = explicit_case["outputs"]
    problem = cg.read(text, names=list(explicit_case["inputs"]))[output]
    found = cg.gradient(problem, explicit_case["inputs"])
    assert found == pytest.approx(explicit_case["grads"], rel=explicit_case["tol"], abs=explicit_case["tol"])
    symbolic = cg.gradient(problem, wrt=list(explicit_case["inputs"]))
    for name, derivative in symbolic.items():
        assert at(derivative, explicit_case["inputs"]) == pytest.approx(
            explicit_case["grads"][name], rel=1e-9, abs=1e-12
        )
        assert at(cg.simplify(derivative), explicit_case["inputs"]) == pytest.approx(
            explicit_case["grads"][name], rel=1e-8, abs=1e-11
        )


def test_sweeps_for_a_jacobian(golden_cases: dict[str, Case]) -> None:
    case = golden_cases["cost_sweeps"]
    n, m = case["inputs"]["n"], case["inputs"]["m"]
    inputs = [cg.Variable(f"x{i}") for i in range(n)]
    outputs = [sum((cg.sin(v) * (k + 1) for v in inputs), 0.0).named(f"y{k}") for k in range(m)]  # type: ignore[union-attr]
    point = {f"x{i}": 0.1 * i for i in range(n)}
    for direction, sweeps in (("forward", "forward_sweeps"), ("reverse", "reverse_sweeps")):
        s = cg.solve(outputs, at=point, direction=direction)
        assert len(s.seeds) == case["values"][sweeps]
        assert s.cost.multiplications <= len(s.seeds) * s.graph.number_of_edges()
        assert cg.jacobian(outputs, point) == pytest.approx(s.jacobian)


# -- the contract


def worked(x):  # the example that stands everywhere
    t = x**2
    return cg.cos(cg.sin(t) + 3 * t)


@pytest.mark.parametrize("problem", ["J = cos(sin(x^2) + 3x^2)", cg.cos(cg.sin(x**2) + 3 * x**2), worked])
def test_text_expressions_and_functions_are_the_same_problem(problem: Any) -> None:
    expected = {"x": pytest.approx(9.099148544832385)}
    assert cg.gradient(problem, {"x": 2}) == cg.gradient(problem, 2) == cg.gradient(problem, [2]) == expected
    assert cg.gradient(problem, {"x": "2"}) == expected
    assert at(cg.gradient(problem)["x"], {"x": 2}) == expected["x"]
    assert cg.value_and_gradient(problem)(2) == (pytest.approx(0.24510036817001535), (expected["x"],))
    assert next(iter(cg.jacobian(problem, 2).values())) == expected["x"]
    assert cg.jvp(problem, 2, tangent=10) == {cg.solve(problem).outputs[0]: pytest.approx(90.99148544832385)}
    assert cg.vjp(problem, 2, adjoint=10) == {"x": pytest.approx(90.99148544832385)}
    second = cg.hessian(problem, 2)["x", "x"]
    assert cg.hvp(problem, 2, tangent=10) == {"x": pytest.approx(10 * second)}
    assert cg.edge_pushing(problem, 2) == {("x", "x"): pytest.approx(second)}
    assert 2 * cg.taylor(problem, 2, 2)[2] == pytest.approx(second)
    assert cg.derivative_of(cg.derivative_of(worked))(2.0) == pytest.approx(second)


def test_points_as_dicts_sequences_and_numbers() -> None:
    f = x * y + y
    for point in ({"x": 2, "y": 3}, {y: 3, x: 2}, (2, 3), [2.0, "3"], cg_array([2.0, 3.0])):
        assert cg.gradient(f, point) == {"x": 3, "y": 3}
        assert cg.hessian(f, point)["x", "y"] == 1
        assert cg.jvp(f, point, tangent=(1, 0)) == {"f": 3}


@pytest.mark.parametrize(
    "problem",
    [
        {"t": (x**2).named("t"), "f": cg.sin(x) * y},
        {"f": x * y},
        [x * y],
        lambda x, y: (x * y,),
        lambda x, y: {"f": x * y + x},
        "t = x y; f = t^2",
        "x = x y; f = x + 1",
        x * y + 3,
    ],
    ids=lambda problem: getattr(problem, "__name__", str(problem)),
)
def test_at_a_point_the_answers_are_those_at_none(problem: Any) -> None:
    point = {"x": 2.0, "y": 3.0}
    value = cg.solve(problem, at=point).values
    found = cg.value_and_gradient(problem)(2.0, 3.0)
    assert found == (value[cg.solve(problem, at=point).outputs[-1]], tuple(cg.gradient(problem, point).values()))
    for ask in (cg.gradient, cg.jacobian, cg.hessian, cg.edge_pushing):
        open_, known = ask(problem), ask(problem, point)
        assert {ends: at(entry, point) for ends, entry in open_.items()} == pytest.approx(known)


def test_what_is_computed_is_no_input_whoever_is_asked() -> None:
    for problem in ("t = x^2; y = t", {"t": x**2}, {"t": (x**2).named("t"), "y": cg.sin(x)}):
        for ask in (cg.gradient, cg.jacobian, cg.hessian, cg.edge_pushing, cg.finite_difference, cg.check_gradient):
            with pytest.raises(ValueError, match="t is computed, not an input"):
                ask(problem, {"x": 1.0, "t": 3.0})
    with pytest.raises(ValueError, match="t is computed, not an input"):
        cg.value_and_gradient("t = x^2; y = t", wrt=["t"])
    assert cg.gradient("t = x^2; t = t + 1; y = 2t", {"x": 3}) == {"x": 12}
    assert cg.gradient("x = x^2; y = x + 1", {"x": 3}) == {"x": 6}
    assert cg.gradient("x = x^2; y = z", {"x": 3, "z": 1}) == cg.gradient("y = z", {"x": 3, "z": 1}) == {"z": 1, "x": 0}


def test_answers_use_no_name_that_nobody_gave() -> None:
    for ask in (cg.gradient, cg.hessian, cg.edge_pushing):
        for problem in (cg.sqrt(x), lambda x: cg.sqrt(x), [cg.sqrt(x)]):
            (answer,) = ask(problem).values()
            assert cg.trace(answer).graph["inputs"] == ["x"] and "f" not in str(answer)
    assert str(cg.gradient(cg.sqrt(x).named("f"))["x"]) == "1/(2·f)"
    assert str(cg.gradient("t = sqrt(x); f = t^2")["x"]) == "2·t·(1/(2·t))"
    both = cg.jacobian([cg.sqrt(x), cg.exp(x).named("e")])
    assert list(map(str, both.values())) == ["1/(2·sqrt(x))", "exp(x)"]


def test_constants_have_no_derivatives_to_speak_of() -> None:
    for ask in (cg.gradient, cg.hessian, cg.edge_pushing, cg.jacobian):
        assert ask(3) == ask("f = 3") == ask(3, {}) == {}
    assert cg.hvp(3, {}, tangent={}) == {}


def cg_array(values: list[float]) -> Any:
    import numpy as np

    return np.array(values)


def test_wrt_limits_and_orders() -> None:
    f = x**y * z
    point = {"x": -2, "y": 3, "z": 5}
    assert cg.gradient(f, point, wrt="x") == {"x": 60}
    assert list(cg.gradient(f, point, wrt=["z", "x"])) == ["z", "x"]
    assert cg.hessian(f, point, wrt=[z, x]) == {("z", "z"): 0, ("z", "x"): 12, ("x", "z"): 12, ("x", "x"): -60}
    assert cg.edge_pushing(f, point, wrt=[z, x]) == cg.hessian(f, point, wrt=[z, x])
    assert cg.hvp(f, point, tangent={"x": 2}, wrt=["x", "z"]) == {"x": -120, "z": 24}
    assert cg.vjp(f, point, adjoint=2, wrt="z") == {"z": -16}
    assert cg.jvp(f, point, tangent={"x": 1}) == {"f": 60}
    for ask in (cg.gradient, cg.hessian, cg.edge_pushing):
        with pytest.raises(cg.DomainError, match=r"log|does not exist"):  # ∂(xⁿ)/∂n, now that it is asked for
            ask(f, point)


def test_an_input_that_is_given_and_not_used_has_derivative_zero() -> None:
    assert cg.gradient("3x", {"x": 1, "w": 2}) == {"x": 3, "w": 0}
    assert cg.gradient("3x", wrt=["x", "w"]) == {"x": 3, "w": 0}
    assert cg.gradient(x * 3, {"x": 1, "w": 2}, wrt="w") == {"w": 0}
    assert cg.hessian(x * 3, {"x": 1, "w": 2}) == dict.fromkeys([("x", "x"), ("x", "w"), ("w", "x"), ("w", "w")], 0)


def test_constants_are_numbers_and_may_be_differentiated_again() -> None:
    first = cg.gradient("3x + y")
    assert first == {"x": 3, "y": 1}
    assert cg.gradient(first["x"]) == {}
    assert cg.gradient(first["x"], wrt="x") == {"x": 0}
    assert cg.gradient(first["x"], {"x": 2}) == {"x": 0}
    assert cg.value_and_gradient(3)() == (3.0, ())


def test_outputs_are_the_last_statement_or_all_that_a_sequence_holds() -> None:
    text = "u = x y; v = x + u"
    assert cg.gradient(text, (2, 3)) == {"x": 4, "y": 2}
    assert cg.jacobian(text, (2, 3)) == {("v", "x"): 4, ("v", "y"): 2}
    assert list(cg.jacobian(text, (2, 3), of=["v", "u"])) == [("v", "x"), ("v", "y"), ("u", "x"), ("u", "y")]
    assert cg.jvp(text, (2, 3), tangent=(1, 1), of="u") == {"u": 5}
    assert cg.vjp(text, (2, 3), adjoint={"u": 1, "v": 10}) == {"x": 43, "y": 22}
    assert list(cg.jacobian([x * y, y], (2, 3))) == [("f1", "x"), ("f1", "y"), ("y", "x"), ("y", "y")]


def test_seeds_may_be_expressions_where_the_point_is_open() -> None:
    dx, dy, weight = map(cg.Variable, ("dx", "dy", "w"))
    pushed = cg.jvp(x * y, tangent={"x": dx, "y": dy})["f"]
    assert at(pushed, {"x": 2, "y": 3, "dx": 5, "dy": 7}) == 2 * 7 + 3 * 5
    pulled = cg.vjp(x * y, adjoint=weight)
    assert at(pulled["x"], {"y": 3, "w": 4}) == 12
    curved = cg.hvp(x**2 * y, tangent={"x": dx})
    assert at(curved["x"], {"y": 3, "dx": 4}) == 24
    with pytest.raises(TypeError, match="expected a number"):
        cg.jvp(x * y, (1, 2), tangent={"x": dx})


@pytest.mark.parametrize(
    ("ask", "error", "message"),
    [
        (lambda: cg.gradient("x y", (1, 2, 3)), ValueError, "at: expected 2 values .x, y., got 3"),
        (lambda: cg.gradient("x y", {"x": 1}), ValueError, "y has no value: expected one for each of x, y"),
        (lambda: cg.hessian("x y", {"x": 1}), ValueError, "y has no value"),
        (lambda: cg.hessian("x", {"y": 1}), ValueError, "x has no value"),
        (lambda: cg.gradient([x, y]), ValueError, "expected one output, got 2.*jacobian"),
        (lambda: cg.gradient([x, y], (1, 2)), ValueError, "expected one output, got 2.*jacobian"),
        (lambda: cg.hessian([x, y]), ValueError, "expected one output, got 2"),
        (lambda: cg.edge_pushing([x, y]), ValueError, "expected one output, got 2"),
        (lambda: cg.gradient(object()), TypeError, "got object"),
        (lambda: cg.gradient(object(), 1), TypeError, "got object"),
        (lambda: cg.jvp("x y", (1, 2), tangent=1), ValueError, "tangent: expected 2 values"),
        (lambda: cg.vjp("x y", (1, 2), adjoint=(1, 2)), ValueError, "adjoint: expected 1 value "),
        (lambda: cg.jacobian("t = x", 1, wrt="t"), ValueError, "t is computed, not an input"),
        (lambda: cg.jacobian("t = x", 1, of="u"), ValueError, "no node 'u'"),
        (lambda: cg.value_and_gradient("x y")(1), TypeError, "expected .x, y., got no value for y"),
        (lambda: cg.value_and_gradient([x, y]), ValueError, "expected one output, got 2.*jacobian"),
        (lambda: cg.value_and_gradient(lambda x: {"a": x, "b": x}), ValueError, "expected one output, got 2"),
        (lambda: cg.value_and_gradient(["x"]), TypeError, "got str"),
        (lambda: cg.gradient("x", "a b"), ValueError, "a b"),
    ],
)
def test_misuse_says_what_is_wrong(ask: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        ask()


# -- any order


def test_derivatives_of_any_order() -> None:
    f: Any = "x^7"
    for order in range(1, 9):
        f = cg.gradient(f, wrt="x")["x"]
        expected = math.perm(7, order) * 2 ** (7 - order) if order <= 7 else 0
        assert at(f, {"x": 2}) == expected


def test_third_derivatives_are_sympys() -> None:
    sympy = pytest.importorskip("sympy")
    from tests.sympy_oracle import exactly, translated

    @given(expressions(operations=4), st.permutations("xyz"))
    @settings(max_examples=25)
    def law(sample: Sample, order: list[str]) -> None:
        point = used(sample)
        assume(not cg.solve(sample.expression, at=point).warnings)
        symbols = {name: sympy.Symbol(name, real=True) for name in sample.point}
        formula = translated(sample.expression, symbols)
        first, second = order[0], order[1]
        third: Any = sample.expression
        for name in (first, second, first):
            third = cg.gradient(third, wrt=name)[name]
            formula = formula.diff(symbols[name])
        truth = exactly(formula, symbols, sample.point)
        found = at(third, sample.point)
        assert found == pytest.approx(truth, rel=1e-6, abs=1e-6 * (1 + abs(truth)))
        assert at(cg.simplify(third), sample.point) == pytest.approx(found, rel=1e-7, abs=1e-6 * (1 + abs(truth)))

    law()


# -- laws

NUMBERS = st.integers(-8, 8).map(lambda k: k / 4)


@given(expressions(), st.lists(NUMBERS, min_size=3, max_size=3), st.lists(NUMBERS, min_size=3, max_size=3))
def test_forward_and_reverse_are_adjoint(sample: Sample, tangents: list[float], adjoints: list[float]) -> None:
    """⟨ȳ, J ẋ⟩ = ⟨Jᵀ ȳ, ẋ⟩."""
    outputs = (sample.parts * 3)[:3]
    point = {name: sample.point[name] for name in cg.trace(outputs).graph["inputs"]}
    tangent = dict(zip(point, tangents, strict=False))
    pushed = list(cg.jvp(outputs, point, tangent=tangent).values())
    pulled = cg.vjp(outputs, point, adjoint=adjoints[: len(cg.trace(outputs).graph["outputs"])])
    left = sum(a * b for a, b in zip(adjoints, pushed, strict=False))
    right = sum(pulled[name] * tangent[name] for name in point)
    size = sum(abs(a * b) for a, b in zip(adjoints, pushed, strict=False)) + 1
    assert left == pytest.approx(right, rel=1e-9, abs=1e-9 * size)


@given(expressions())
@settings(max_examples=40)
def test_edge_pushing_is_the_gradient_of_the_gradient(sample: Sample) -> None:
    point = used(sample)
    assume(not cg.solve(sample.expression, at=point).warnings)
    expected = cg.hessian(sample.expression, point)
    size = 1 + max(map(abs, expected.values()), default=0)
    pushed = cg.edge_pushing(sample.expression, point)
    assert pushed == pytest.approx(expected, rel=1e-8, abs=1e-9 * size)
    assert all(pushed[a, b] == pushed[b, a] for a, b in pushed)
    for (a, b), entry in cg.edge_pushing(sample.expression).items():
        assert at(entry, point) == pytest.approx(expected[a, b], rel=1e-8, abs=1e-9 * size)


@given(expressions(), st.lists(NUMBERS, min_size=3, max_size=3))
@settings(max_examples=40)
def test_a_hessian_times_a_tangent(sample: Sample, tangents: list[float]) -> None:
    point = used(sample)
    assume(not cg.solve(sample.expression, at=point).warnings)
    tangent = dict(zip(point, tangents, strict=False))
    whole = cg.hessian(sample.expression, point)
    for name, found in cg.hvp(sample.expression, point, tangent=tangent).items():
        terms = [whole[name, other] * tangent[other] for other in point]
        assert found == pytest.approx(sum(terms), rel=1e-8, abs=1e-9 * (1 + sum(map(abs, terms))))


@given(expressions())
@settings(max_examples=40)
def test_taylor_coefficients_are_derivatives_over_factorials(sample: Sample) -> None:
    point = used(sample)
    assume(point and not cg.solve(sample.expression, at=point).warnings)
    name = next(iter(point))
    coefficients = cg.taylor(sample.expression, point, 3, wrt=name)
    f: Any = sample.expression
    for order, coefficient in enumerate(coefficients):
        truth = at(f, point) / math.factorial(order)
        assert coefficient == pytest.approx(truth, rel=1e-7, abs=1e-7 * (1 + abs(truth)))
        f = cg.gradient(f, wrt=name)[name]


@given(guarded())
def test_a_branch_not_taken_leaks_into_no_derivative(sample: Guarded) -> None:
    point = sample.point
    expected = cg.gradient(sample.taken, point)
    assert cg.gradient(sample.expression, point) == pytest.approx(expected, rel=1e-9)
    second = cg.hessian(sample.taken, point)
    assert cg.hessian(sample.expression, point) == pytest.approx(second, rel=1e-7, abs=1e-8)
    assert cg.edge_pushing(sample.expression, point) == pytest.approx(second, rel=1e-7, abs=1e-8)
    moving = next(iter(point))
    assert cg.taylor(sample.expression, point, 2, wrt=moving) == pytest.approx(
        cg.taylor(sample.taken, point, 2, wrt=moving), rel=1e-7, abs=1e-8
    )


def test_the_hessian_of_a_guard_is_that_of_the_branch() -> None:
    f = cg.where(x > 0, cg.sqrt(x), 0)
    for ask in (cg.hessian, cg.edge_pushing):
        assert ask(f, -1.0) == {("x", "x"): 0}
        assert ask(f, 4.0) == {("x", "x"): pytest.approx(-1 / 32)}
        assert at(ask(f)["x", "x"], {"x": -1}) == 0
    assert cg.taylor(f, -1.0, 2) == [0, 0, 0]
    assert cg.taylor(f, 4.0, 2) == pytest.approx([2, 1 / 4, -1 / 64])


# -- kinks, infinities and domains


def test_kinks_follow_the_stated_convention_everywhere() -> None:
    for problem, expected in (("relu(x)", 0), ("abs(x)", 0), ("max(x, 0)", 0.5), ("elu(x, 2)", 2)):
        assert cg.gradient(problem, 0.0) == {"x": expected}
        assert cg.jvp(problem, 0.0, tangent=1) == {"f": expected}
        assert cg.taylor(problem, 0.0, 1)[1] == expected


def test_where_a_function_ends_the_error_names_it() -> None:
    for ask in (cg.gradient, cg.hessian, cg.edge_pushing):
        with pytest.raises(cg.DomainError, match=r"log is undefined.*expected x > 0, got -1"):
            ask("log(x)", -1.0)
    assert cg.gradient("sqrt(x)", 0.0) == {"x": math.inf}
    for ask in (cg.hessian, cg.edge_pushing):
        with pytest.raises(cg.DomainError):
            ask("sqrt(x)", 0.0)
    with pytest.raises(cg.DomainError, match=r"does not exist|undefined"):
        cg.gradient("sqrt(x^2)", 0.0)


# -- deep and wide


def test_deep_chains() -> None:
    def deep(x):
        for _ in range(50_000):
            x = x * 0.99999 + 0.00001
        return x

    start = time.perf_counter()
    expected = 0.99999**50_000
    assert cg.gradient(deep, 2.0)["x"] == pytest.approx(expected)
    expression = cg.gradient(deep)["x"]
    assert at(expression, {"x": 2}) == pytest.approx(expected) if isinstance(expression, cg.Expression) else expected
    assert time.perf_counter() - start < 120


def test_wide_sums_in_one_sweep() -> None:
    inputs = [cg.Variable(f"x{i}") for i in range(2_000)]
    f = sum((v**2 for v in inputs[1:]), inputs[0] ** 2)
    values = [i / 100 for i in range(2_000)]
    assert list(cg.gradient(f, values).values()) == pytest.approx([2 * v for v in values])
    names = ["x0", "x1999"]
    assert cg.hessian(f, values, wrt=names) == {(a, b): 2 * (a == b) for a in names for b in names}
    assert cg.jvp(f, values, tangent={"x7": 1})["f"] == pytest.approx(0.14)


def test_edge_pushing_of_a_separable_sum_is_linear() -> None:
    inputs = [cg.Variable(f"x{i}") for i in range(300)]
    f = sum((cg.sin(v) * v for v in inputs[1:]), inputs[0])
    pushed = cg.edge_pushing(f, [0.5] * 300)
    assert pushed["x0", "x0"] == 0 and pushed["x1", "x2"] == 0
    assert pushed["x7", "x7"] == pytest.approx(2 * math.cos(0.5) - 0.5 * math.sin(0.5))

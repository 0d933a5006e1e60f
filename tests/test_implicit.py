"""Constraints and their Lagrangian; values defined by equations, and their derivatives of any order."""

from __future__ import annotations

import gc
import math
import pickle
import tracemalloc
from collections.abc import Callable, Sequence
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given

import compgraph as cg
from compgraph.equations import iterate
from tests.conftest import GOLDEN
from tests.strategies import Sample, expressions

# -- the program as constraints, and the Lagrangian

VIEIRA = "a = exp(x); b = a^2; c = a + b; d = exp(c); e = sin(c); f = d + e"


@pytest.fixture
def lagrangian() -> cg.Lagrangian:
    return cg.Lagrangian(cg.solve(VIEIRA, at={"x": 0.5}).graph)


def test_six_constraints_and_the_copy_of_the_input(golden_cases: dict[str, Any]) -> None:
    case = golden_cases["vieira_domke"]
    graph = cg.solve("\n".join(case["assignments"]), at=case["inputs"]).graph
    assert repr(cg.constraints(graph)).splitlines() == [
        "x = 0.5  (input)", "a = exp(x)", "b = a²", "c = a + b", "d = exp(c)", "e = sin(c)", "f = d + e",
    ]  # fmt: skip
    by_node = {one.node: one for one in cg.constraints(graph)}
    assert [one.node for one in by_node.values() if one.is_input] == ["x"]
    assert (by_node["c"].incoming, by_node["c"].outgoing) == (("a", "b"), ("d", "e"))
    assert cg.Lagrangian(graph).multipliers == pytest.approx({**case["adjoints"], **case["grads"]}, rel=1e-12)


def test_constraints_of_statements_and_at_no_point() -> None:
    s = cg.solve("k = 2; t = sin(x)*k + 1; y = t*x", at={"x": 0.5}, of="y")
    lines = repr(cg.constraints(s.statements.graph)).splitlines()
    assert lines == ["x = 0.5  (input)", "k = 2", "t = sin(x)·k + 1", "y = t·x"]
    residuals = cg.Lagrangian(s.statements.graph).residuals()
    assert all(abs(r) < 1e-12 for part in residuals for r in part.values())
    assert repr(cg.constraints(cg.solve(VIEIRA).graph)).startswith("x = ?  (input)\na = exp(x)")
    by_hand = nx.MultiDiGraph([("x", "y", {"partial": 1})])
    with pytest.raises(ValueError, match="has no operation: expected a graph made by trace"):
        cg.constraints(by_hand)


def test_the_lagrangian_is_the_output_where_the_constraints_hold(lagrangian: cg.Lagrangian) -> None:
    for weight in (0.0, 1.0, -7.5):
        any_multipliers = {node: weight * i for i, node in enumerate(lagrangian.values)}
        assert lagrangian.value(multipliers=any_multipliers) == pytest.approx(lagrangian.values["f"], rel=1e-14)
    off = {**lagrangian.values, "c": lagrangian.values["c"] + 0.25}
    expected = off["f"] - lagrangian.multipliers["c"] * 0.25
    for user, slope in {"d": math.exp, "e": math.sin}.items():
        expected -= lagrangian.multipliers[user] * (off[user] - slope(off["c"]))
    assert lagrangian.value(off) == pytest.approx(expected, rel=1e-14)


def test_residuals_vanish_after_the_two_sweeps(explicit_case: dict[str, Any]) -> None:
    s = cg.solve("\n".join(explicit_case["assignments"]), at=explicit_case["inputs"])
    lagrangian = cg.Lagrangian(s.graph)
    found = lagrangian.residuals()
    size = max(map(abs, [*lagrangian.values.values(), *lagrangian.multipliers.values(), 1.0]))
    assert found.multipliers == pytest.approx(dict.fromkeys(s.graph, 0.0), abs=1e-12 * size)
    assert found.values == pytest.approx(dict.fromkeys(s.graph, 0.0), abs=1e-12 * size)
    assert {x: lagrangian.multipliers[x] for x in s.inputs} == pytest.approx(s.gradient)
    assert lagrangian.multipliers[s.outputs[0]] == 1


@given(expressions(operations=6))
def test_residuals_are_the_gradient_of_the_lagrangian(sample: Sample) -> None:
    s = cg.solve(sample.expression, at=sample.point)
    lagrangian = cg.Lagrangian(s.graph)
    found = lagrangian.residuals()
    size = max(map(abs, [*lagrangian.values.values(), *lagrangian.multipliers.values(), 1.0]))
    assert all(abs(r) <= 1e-11 * size for part in found for r in part.values())
    shifted = {node: weight + 0.5 for node, weight in lagrangian.multipliers.items()}
    for node in lagrangian.values:  # L is linear in λ: the difference is the derivative
        more = {**shifted, node: shifted[node] + 1}
        off = {**lagrangian.values, node: lagrangian.values[node] + 0.125}
        gain = lagrangian.value(off, more) - lagrangian.value(off, shifted)
        assert gain == pytest.approx(lagrangian.residuals(off, shifted).multipliers[node], abs=1e-9 * size)


@pytest.mark.parametrize("node", ["x", "a", "b", "c", "d", "e", "f"])
def test_one_multiplier_moves_exactly_its_neighbours(lagrangian: cg.Lagrangian, node: str) -> None:
    rest = lagrangian.residuals()
    moved = lagrangian.residuals(multipliers={**lagrangian.multipliers, node: lagrangian.multipliers[node] + 1.0})
    assert moved.multipliers == rest.multipliers
    changed = {other for other, r in moved.values.items() if abs(r - rest.values[other]) > 1e-9}
    (constraint,) = [one for one in lagrangian.constraints if one.node == node]
    assert changed == {node, *constraint.incoming}
    assert moved.values[node] - rest.values[node] == pytest.approx(-1)


def test_a_stale_value_shows(lagrangian: cg.Lagrangian) -> None:
    stale = lagrangian.residuals({**lagrangian.values, "x": 0.75})
    assert {node for node, r in stale.multipliers.items() if r} == {"x", "a"}
    assert {node for node, r in stale.values.items() if abs(r) > 1e-9} == {"x"}


def test_a_slope_in_z_by_differences(lagrangian: cg.Lagrangian) -> None:
    weights = {node: 1.0 + i / 3 for i, node in enumerate(lagrangian.values)}
    z = {node: 0.3 * i - 0.5 for i, node in enumerate(lagrangian.values)}
    for node, slope in lagrangian.residuals(z, weights).values.items():
        more, less = [lagrangian.value({**z, node: z[node] + h}, weights) for h in (1e-6, -1e-6)]
        assert slope == pytest.approx((more - less) / 2e-6, abs=1e-7)


def test_multipliers_of_inputs_lead_uphill(golden_cases: dict[str, Any]) -> None:
    case = golden_cases["hackers_guide_step"]
    point = {"a": 1.0, "b": 2.0, "c": -3.0, "x": -1.0, "y": 3.0}
    graph = cg.solve("s = sigmoid(a*x + b*y + c)", at=point).graph
    multipliers = cg.Lagrangian(graph).multipliers
    moved = {name: value + case["inputs"]["step"] * multipliers[name] for name, value in point.items()}
    there = cg.solve("s = sigmoid(a*x + b*y + c)", at=moved).values["s"]
    assert there == pytest.approx(case["values"]["s_after"], rel=case["tol"])
    assert there > graph.nodes["s"]["value"] == pytest.approx(0.8808, abs=5e-5)


def test_a_branch_not_taken_is_no_constraint() -> None:
    x = cg.Variable("x")
    s = cg.solve({"y": cg.where(x > 0, x**2, cg.log(-x).named("never"))}, at={"x": 3})
    lagrangian = cg.Lagrangian(s.graph)
    assert "never" not in lagrangian.values
    assert len(lagrangian.constraints) == len(lagrangian.values) == len(s.graph) - 2
    assert all(r == 0 for part in lagrangian.residuals() for r in part.values())
    assert lagrangian.value() == 9
    assert "  − λ_v₁·(v₁ − (x > 0))" in repr(lagrangian).splitlines()


def test_the_lagrangian_is_written_out(lagrangian: cg.Lagrangian) -> None:
    lines = repr(lagrangian).splitlines()
    assert lines[0] == "L = f"
    assert lines[4] == "  − λ_c·(c − (a + b))"
    assert len(lines) == 8
    assert r"\lambda_{c} \left(c - \left(a + b\right)\right)" in lagrangian._repr_latex_()


LAGRANGIAN_REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "open": (lambda: cg.Lagrangian(cg.solve(VIEIRA).graph), "f has no value: expected a graph linearized at a point"),
    "output": (lambda: cg.Lagrangian(cg.solve("y = x", at={"x": 1}).graph, "z"), "no node 'z': expected one of x, y"),
    "values": (
        lambda: cg.Lagrangian(cg.solve("y = x", at={"x": 1}).graph).value({"x": 1}),
        "values: expected one for each of 2 nodes, got 1; look at y",
    ),
}


@pytest.mark.parametrize(("ask", "message"), LAGRANGIAN_REFUSED.values(), ids=LAGRANGIAN_REFUSED)
def test_what_a_lagrangian_refuses(ask: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ask()


# -- equations

IMPLICIT = [case for case in GOLDEN if case["kind"] == "implicit"]


def second(problem: Any, of: str, at: dict[str, Any]) -> dict[tuple[str, str], float]:
    """Second derivatives: the derivative of the derivative, which is an expression."""
    first = cg.solve(problem, of=of).gradient
    found = {}
    for one, slope in first.items():
        again = cg.solve({"d": slope}, at=at, of="d", wrt=list(at))
        for other, value in again.gradient.items():
            found[one, other] = value
    return found


@pytest.mark.parametrize("direction", ["reverse", "forward"])
@pytest.mark.parametrize("case", IMPLICIT, ids=lambda case: case["id"])
def test_golden_cases(case: dict[str, Any], direction: str) -> None:
    tol = {"rel": case["tol"], "abs": case["tol"]}
    unknowns = cg.root(case["constraints"], case["unknowns"])
    first = next(iter(case["unknowns"]))
    s = cg.solve(unknowns, at=case["inputs"], of=first, direction=direction)
    for name, value in case["values"].items():
        assert cg.solve(unknowns[name], at=case["inputs"]).values[name] == pytest.approx(value, **tol)
    assert s.values[first] == pytest.approx(case["values"][first], **tol)
    assert {name: s.gradient[name] for name in case["grads"]} == pytest.approx(case["grads"], **tol)
    assert not s.warnings
    if "second" in case:
        seconds = second(unknowns, first, case["inputs"])
        for pair, value in case["second"].items():
            assert seconds[tuple(pair.split(","))] == pytest.approx(value, **tol)


def test_every_derivative_of_a_system_of_equations() -> None:
    """V = r + γPV in closed form, γ to the second order: V″ = 2·((I − γP)⁻¹P)²·V."""
    case = next(case for case in IMPLICIT if case["id"] == "implicit_mdp")
    unknowns, at = cg.root(case["constraints"], case["unknowns"]), case["inputs"]
    transition = np.array([[0.9, 0.1], [0.2, 0.8]])
    inverse = np.linalg.inv(np.eye(2) - at["gamma"] * transition)
    value = inverse @ [at["r1"], at["r2"]]
    step = inverse @ transition
    for k, name in enumerate(unknowns):
        s = cg.solve(unknowns, at=at, of=name)
        assert s.values[name] == pytest.approx(value[k], rel=1e-12)
        assert s.gradient["gamma"] == pytest.approx((step @ value)[k], rel=1e-12)
        found = second(unknowns, name, at)
        assert found["gamma", "gamma"] == pytest.approx(2 * (step @ step @ value)[k], rel=1e-11)
        for i, reward in enumerate(("r1", "r2")):
            assert s.gradient[reward] == pytest.approx(inverse[k, i], rel=1e-12)
            assert found["gamma", reward] == pytest.approx((step @ inverse)[k, i], rel=1e-11)
            assert found[reward, "gamma"] == pytest.approx((step @ inverse)[k, i], rel=1e-11)
            assert found[reward, "r2"] == 0


def test_a_nonlinear_system_whose_jacobian_needs_pivots() -> None:
    """u·v = x and v² = y: the first equation does not contain v alone, and ∂g₂/∂u = 0."""
    unknowns = cg.root(["v^2 = y", "u*v = x"], {"u": 1, "v": 1})
    at = {"x": 3.0, "y": 4.0}
    assert cg.solve(unknowns, at=at, of="u").values == pytest.approx({**at, "u": 1.5, "v": 2.0}, rel=1e-14)
    s = cg.solve({"u": unknowns["u"]}, at=at)
    assert s.gradient == pytest.approx({"x": 1 / 2, "y": -3 / 2 * 4**-1.5}, rel=1e-13)
    found = second({"u": unknowns["u"]}, "u", at)
    assert found["y", "y"] == pytest.approx(9 / 4 * 4**-2.5, rel=1e-12)
    assert found["x", "y"] == pytest.approx(-1 / 2 * 4**-1.5, rel=1e-12)
    assert found["x", "x"] == pytest.approx(0, abs=1e-15)


def test_an_unknown_is_a_node_like_any_other() -> None:
    t = cg.sin(cg.Variable("w")).named("t")
    z = cg.root("z^3 + z = t", {"z": 0}, given={"t": t})["z"]
    problem = {"t": t, "z": z, "J": z**2 * t}
    s = cg.solve(problem, at={"w": 0.8})
    assert ("t", "z", 0) in s.partials
    size = s.values["z"]
    assert size**3 + size == pytest.approx(math.sin(0.8), abs=1e-15)
    assert s.partials["t", "z", 0] == pytest.approx(1 / (3 * size**2 + 1), rel=1e-14)
    assert str(cg.formula(s.graph, "t", "z")) == "1/(1 + 3·z²)"
    again = cg.solve(problem, at={"w": 0.8}, direction="forward")
    assert again.gradient["w"] == pytest.approx(s.gradient["w"], rel=1e-13)
    value, (slope,) = cg.value_and_gradient(problem["J"])(0.8)
    assert (value, slope) == (s.values["J"], pytest.approx(s.gradient["w"], rel=1e-13))
    h = 1e-5
    ahead, behind = [cg.value_and_gradient(problem["J"])(0.8 + d)[0] for d in (h, -h)]
    assert slope == pytest.approx((ahead - behind) / (2 * h), rel=1e-8)
    assert "z = root(t)" in str(s.table())
    assert len(s.film()) == len(s.graph) + 1
    assert cg.Lagrangian(s.graph).residuals().values == pytest.approx(dict.fromkeys(s.graph, 0), abs=1e-14)


def test_a_branch_not_taken_is_not_solved() -> None:
    x = cg.Variable("x")
    z = cg.root("z^2 = x", {"z": 1})["z"]
    guarded = cg.where(x > 0, z, -x)
    assert cg.solve(guarded, at={"x": -3}).gradient == {"x": -1.0}
    assert cg.solve(guarded, at={"x": 9}).gradient["x"] == pytest.approx(1 / 6)


def test_pickles_and_exact_numbers() -> None:
    z = cg.root(["v^2 = y", "u*v = x"], {"u": 1, "v": 1})["u"]
    again = pickle.loads(pickle.dumps(z))
    at = {"x": "3", "y": "4"}
    assert cg.solve(again, at=at).gradient == cg.solve(z, at=at).gradient
    assert cg.solve(z, at=at, exact=True).values["u"] == pytest.approx(1.5)


# -- solvers

KEPLER = "E - k*sin(E) = M"  # the eccentric anomaly of a planet


def test_whatever_the_solver_the_derivative_is_the_same() -> None:
    optimize = pytest.importorskip("scipy.optimize")
    at = {"k": 0.3, "M": 1.0}
    found = [
        cg.root(KEPLER, {"E": 1})["E"],
        cg.root(KEPLER, {"E": 1}, solver=lambda g, start: optimize.root(g, start, tol=1e-14).x)["E"],
        cg.fixed_point({"E": "M + k*sin(E)"}, {"E": 1})["E"],
        cg.fixed_point({"E": "M + k*sin(E)"}, {"E": 1}, solver=None)["E"],
    ]
    anomaly = cg.solve(found[0], at=at).values["E"]
    expected = {"M": 1 / (1 - 0.3 * math.cos(anomaly)), "k": math.sin(anomaly) / (1 - 0.3 * math.cos(anomaly))}
    for one in found:
        s = cg.solve(one, at=at)
        assert s.values["E"] == pytest.approx(anomaly, rel=1e-12)
        assert s.gradient == pytest.approx(expected, rel=1e-12)


def test_newton_halves_steps_that_lead_away() -> None:
    z = cg.root(cg.atan(cg.Variable("z")) - cg.Variable("x"), {"z": 3})["z"]  # a full step from 3 diverges
    assert cg.solve(z, at={"x": 0.5}).values["z"] == pytest.approx(math.tan(0.5), rel=1e-14)
    log = cg.root("log(z) = x", {"z": 20})["z"]  # a full step from 20 leaves the domain
    assert cg.solve(log, at={"x": -1}).values["z"] == pytest.approx(math.exp(-1), rel=1e-14)


def stubborn(equations: Callable[[Sequence[float]], list[float]], start: list[float]) -> list[float]:
    return start


SEARCHES: dict[str, tuple[Callable[[], Any], dict[str, Any], str]] = {
    "none": (lambda: cg.root("z^2 = x", {"z": 1})["z"], {"x": -1}, r"root is undefined at z = root\(x\).*got -1"),
    "singular": (lambda: cg.root("z^2 = x", {"z": 0})["z"], {"x": 1}, r"a solution is found from z = 0"),
    "a solver that lies": (
        lambda: cg.root("z^2 = x", {"z": 1}, solver=stubborn)["z"], {"x": 4}, r"a solution is found from z = 1"
    ),
    "divergence": (lambda: cg.fixed_point({"z": "2z + x"}, {"z": 1})["z"], {"x": 1}, r"a solution is found from z = 1"),
}  # fmt: skip


@pytest.mark.parametrize(("make", "at", "message"), SEARCHES.values(), ids=SEARCHES)
def test_a_search_that_fails_is_outside_the_domain(make: Any, at: Any, message: str) -> None:
    with pytest.raises(cg.DomainError, match=message):
        cg.solve(make(), at=at)


def test_a_search_that_fails_says_where_it_ended() -> None:
    z = cg.root("z^2 = x", {"z": 1})["z"]
    with pytest.raises(cg.DomainError, match=r"Newton's method finds no z from \[1\.0\]: it ends at .*Start nearer"):
        z.primitive.evaluate(-1.0)
    with pytest.raises(cg.DomainError, match=r"does not converge: it starts at \[1\.0\]"):
        iterate(lambda z: [-z[0]], [1.0])


REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "fewer equations": (lambda: cg.root("u + v", {"u": 0, "v": 0}), "as many equations as unknowns, got 1 for u, v"),
    "no start": (lambda: cg.fixed_point({"u": "v", "v": "u"}, {"u": 0}), "got only one of them for v"),
    "given": (lambda: cg.root("z^2 = x", {"z": 1}, given={"y": 2}), "given: y is no input .*: expected x"),
}


@pytest.mark.parametrize(("make", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_system_of_equations(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


def test_a_start_names_its_unknowns() -> None:
    with pytest.raises(
        TypeError, match=r"start: expected a mapping of unknowns to numbers, got 'z'\. Write \{'z': 1\}"
    ):
        cg.root("z^2 = x", "z")  # type: ignore[arg-type]


# -- two levels: the gradient of a validation loss with respect to a hyperparameter

GENERATOR = np.random.default_rng(7)
INPUTS, TARGETS = GENERATOR.normal(size=(12, 3)), GENERATOR.normal(size=12)
HELD_OUT, HELD_OUT_TARGETS = GENERATOR.normal(size=(6, 3)), GENERATOR.normal(size=6)
WEIGHTS = ["w1", "w2", "w3"]


def squares(rows: Any, targets: Any) -> Any:
    """½|Xw − y|² as an expression of the weights."""
    weights = [cg.Variable(name) for name in WEIGHTS]
    total: Any = 0
    for row, target in zip(rows.tolist(), targets.tolist(), strict=True):
        error = sum(x * w for x, w in zip(row, weights, strict=True)) - target
        total = total + error**2 / 2
    return total


def ridge_in_closed_form(alpha: float) -> tuple[float, float]:
    """The loss on held-out data after training with the penalty ½α|w|², and its derivative with respect to α."""
    matrix = INPUTS.T @ INPUTS + alpha * np.eye(3)
    w = np.linalg.solve(matrix, INPUTS.T @ TARGETS)
    error = HELD_OUT @ w - HELD_OUT_TARGETS
    return error @ error / 2, error @ HELD_OUT @ np.linalg.solve(matrix, -w)


def held_out_loss(solver: Any = None, rate: float = 0.02) -> dict[str, Any]:
    """The lower level is gradient descent, w ← w − rate·∂loss/∂w, or whatever else solves for its fixed point."""
    penalty = cg.Variable("alpha") / 2 * sum(cg.Variable(name) ** 2 for name in WEIGHTS)
    inner = cg.solve({"loss": squares(INPUTS, TARGETS) + penalty}, wrt=WEIGHTS).gradient
    updates = {name: cg.Variable(name) - rate * slope for name, slope in inner.items()}
    trained = cg.fixed_point(updates, dict.fromkeys(WEIGHTS, 0.0), solver=solver)
    loss = 0
    for row, target in zip(HELD_OUT.tolist(), HELD_OUT_TARGETS.tolist(), strict=True):
        loss = loss + (sum(x * w for x, w in zip(row, trained.values(), strict=True)) - target) ** 2 / 2
    return {**trained, "J": loss}


@pytest.mark.parametrize("solver", [None, iterate], ids=["Newton", "gradient descent"])
def test_the_gradient_of_a_hyperparameter(solver: Any) -> None:
    s = cg.solve(held_out_loss(solver), at={"alpha": 0.7}, of="J")
    loss, slope = ridge_in_closed_form(0.7)
    assert s.values["J"] == pytest.approx(loss, rel=1e-10)
    assert s.gradient["alpha"] == pytest.approx(slope, rel=1e-10)
    more, less = [ridge_in_closed_form(0.7 + h)[0] for h in (1e-5, -1e-5)]
    assert slope == pytest.approx((more - less) / 2e-5, rel=1e-7)


def test_memory_does_not_depend_on_the_number_of_inner_iterations() -> None:
    """Ridge regression with one weight: w = b/(a + α), by gradient descent at two learning rates."""
    a, b = 3.0, 2.0
    peaks, steps = [], []
    for rate in (0.1, 0.0005):
        calls = 0

        def counted(equations: Any, start: list[float]) -> list[float]:
            def counting(z: Any) -> list[float]:
                nonlocal calls
                calls += 1
                return list(equations(z))

            return iterate(counting, start)

        w = cg.fixed_point({"w": f"w - {rate}*(({a} + alpha)*w - {b})"}, {"w": 0.0}, solver=counted)["w"]
        problem = {"w": w, "J": (w - 1) ** 2}
        cg.solve(problem, at={"alpha": 0.5})  # what is made once for a problem
        calls = 0
        gc.collect()
        tracemalloc.start()
        s = cg.solve(problem, at={"alpha": 0.7})
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        steps.append(calls)
        trained = b / (a + 0.7)
        assert s.gradient["alpha"] == pytest.approx(-2 * (trained - 1) * trained / (a + 0.7), rel=1e-9)
    assert steps[1] > 50 * steps[0]
    assert peaks[1] - peaks[0] < steps[1] - steps[0]  # not a byte for each further iteration: a float has 24


# -- an implicit node and a sum over cycles are one thing


def test_linear_equations_are_sums_over_paths_that_go_round() -> None:
    z = cg.root("x*z + 1 = z", {"z": 0})["z"]
    s = cg.solve(z, at={"x": 0.5})
    round_and_round = nx.MultiDiGraph()
    round_and_round.add_edge("z", "z", partial=0.5)
    round_and_round.add_edge("x", "z", partial=s.values["z"])  # ∂(x·z + 1)/∂x = z
    assert cg.star(round_and_round)["z", "x"] == pytest.approx(s.gradient["x"]) == pytest.approx(4)


def test_several_equations_in_one_text() -> None:
    found = cg.root("u + v = a; u*v = b", {"u": 1, "v": 4})
    s = cg.solve({"y": found["u"] - found["v"]}, at={"a": 5, "b": 6})
    assert s.values["y"] == pytest.approx(-1) and s.gradient["a"] == pytest.approx(-5)


def test_an_unknown_that_no_equation_has() -> None:
    with pytest.raises(ValueError, match="start: y is in none of the equations"):
        cg.root("z^2 = x", {"y": 1})
    with pytest.raises(TypeError, match="expected a mapping of unknowns to updates"):
        cg.fixed_point("z = cos(z)*a", {"z": 1})  # type: ignore[arg-type]

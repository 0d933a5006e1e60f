"""What the lecture's slides compare: the methods of differentiation side by side, with what each of them takes.

A row of the slides per section; the laws behind them are in `test_laws.py`; duals and differences have their own files.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import networkx as nx
import pytest
from hypothesis import assume, given

import compgraph as cg
from compgraph.posing import runnable
from tests.strategies import SAFE, Sample, expressions

Case = dict[str, Any]
x, y, z = map(cg.Variable, "xyz")


def at(expression: Any, point: dict[str, float]) -> float:
    """The value of an answer in symbols."""
    value: float = cg.solve({"value": expression}, at=point).values["value"]
    return value


def as_text(case: Case) -> str:
    return "\n".join(case["assignments"])


# -- the quiz: y = exp(xz) + xz/log(x) + sin(log(x))/(xz) at x = 2, z = 3


def quiz(x, z):
    return cg.exp(x * z) + x * z / cg.log(x) + cg.sin(cg.log(x)) / (x * z)


QUIZ = "y = exp(x z) + x z / log(x) + sin(log(x)) / (x z)"
POINT = {"x": 2.0, "z": 3.0}


def by_hand(x: float, z: float) -> dict[str, float]:
    log = math.log(x)
    return {
        "x": z * math.exp(x * z) + z / log - z / log**2 + (math.cos(log) - math.sin(log)) / (x * x * z),
        "z": x * math.exp(x * z) + x / log - math.sin(log) / (x * z * z),
    }


def in_symbols(simplified: Callable[[Any], Any]) -> dict[str, float]:
    return {name: at(simplified(derivative), POINT) for name, derivative in cg.gradient(QUIZ).items()}


def eliminated() -> dict[tuple[str, str], float]:
    return cg.accumulate(cg.solve(QUIZ, at=POINT).graph, cg.markowitz, inputs=list(POINT), outputs=["y"])


@pytest.mark.parametrize(
    ("method", "found", "accuracy"),
    [
        ("symbolic", lambda: in_symbols(lambda e: e), 1e-13),
        ("symbolic, simplified", lambda: in_symbols(cg.simplify), 1e-13),
        ("reverse", lambda: cg.solve(QUIZ, at=POINT).gradient, 1e-13),
        ("forward", lambda: cg.solve(QUIZ, at=POINT, direction="forward").gradient, 1e-13),
        ("paths", lambda: {n: cg.solve(QUIZ, at=POINT).paths(n, "y").total for n in POINT}, 1e-13),
        ("elimination", lambda: {n: eliminated()["y", n] for n in POINT}, 1e-13),
        ("dual numbers", lambda: {n: cg.derivative_of(quiz, n)(**POINT) for n in POINT}, 1e-13),
        ("the function", lambda: dict(zip(POINT, cg.value_and_gradient(quiz)(**POINT)[1], strict=True)), 1e-13),
        ("forward differences", lambda: cg.finite_difference(QUIZ, POINT, method="forward").gradient, 1e-6),
        ("central differences", lambda: cg.finite_difference(QUIZ, POINT).gradient, 1e-9),
        ("complex step", lambda: cg.finite_difference(quiz, POINT, method="complex").gradient, 1e-13),
    ],
)
def test_every_method_answers_the_quiz(method: str, found: Callable[[], dict[str, float]], accuracy: float) -> None:
    assert found() == pytest.approx(by_hand(**POINT), rel=accuracy), method


def test_the_quiz_in_pictures_has_a_frame_before_the_first_step_and_one_after_each() -> None:
    s = cg.solve(QUIZ, at=POINT)
    assert len(s.film()) == len(list(s.steps)) + 1 == len(s.graph) + 1


def test_the_quiz_in_symbols_is_sympys() -> None:
    sympy = pytest.importorskip("sympy")
    sx, sz = sympy.symbols("x z", positive=True)
    formula = sympy.exp(sx * sz) + sx * sz / sympy.log(sx) + sympy.sin(sympy.log(sx)) / (sx * sz)
    for order in ("x", "z", "xx", "xz", "zz", "xxx", "xxz", "xzz"):
        ours: Any = QUIZ
        theirs = formula
        for name in order:
            ours = cg.gradient(ours, wrt=name)[name]
            theirs = theirs.diff({"x": sx, "z": sz}[name])
        assert at(ours, POINT) == pytest.approx(float(theirs.evalf(30, {sx: 2, sz: 3})), rel=1e-12)


# -- a derivative is a function, from a program of f to a program of f′


def test_a_function_and_its_derivative_as_a_function(golden_cases: dict[str, Case]) -> None:
    exact = [case for case in golden_cases.values() if case["kind"] == "explicit" and case["tol"] <= 1e-12]
    assert len(exact) >= 20
    for case in exact:
        names = list(case["inputs"])
        function = cg.value_and_gradient(as_text(case), names)
        _, gradient = function(*case["inputs"].values())
        assert dict(zip(names, gradient, strict=True)) == pytest.approx(case["grads"], rel=1e-12, abs=1e-12), case["id"]


def test_one_run_of_the_function_and_none_at_other_points() -> None:
    """No difference quotient is inside: the program is looked at once, and runs at the point that is asked for."""
    runs = []
    counted = cg.Primitive("counted", lambda x: runs.append(x) or x**3, lambda y, x: 3 * x**2)
    function = cg.value_and_gradient(lambda x: counted(x) + x)
    assert runs == []
    assert function(2.0) == (10.0, (13.0,)) and runs == [2.0]
    assert function(3.0) == (30.0, (28.0,)) and runs == [2.0, 3.0]


# -- symbolic differentiation: interpretable, exponential if careless


def logistic(n: int) -> cg.Expression:
    """l ← 4·l·(1 − l), Table 1 of Baydin et al. (2018)."""
    level: Any = x
    for _ in range(n - 1):
        level = 4 * (level * (1 - level))
    return level


def test_a_formula_swells_and_a_circuit_does_not(golden_cases: dict[str, Case]) -> None:
    case = golden_cases["cost_logistic_map"]
    for n in case["inputs"]["n"]:
        size = cg.expression_size(logistic(n))
        assert size.circuit == 3 * (n - 1) == case["values"][f"circuit_ops_{n}"]
        assert size.formula == 3 * (2 ** (n - 1) - 1) == case["values"][f"formula_ops_{n}"]
        derivative = cg.gradient(logistic(n))["x"]
        for one in (derivative, cg.simplify(derivative)):
            swollen = cg.expression_size(one)
            assert swollen.circuit <= 9 * size.circuit  # the circuit of f within it
            if n >= 10:
                assert swollen.formula > n * size.formula / 2
        assert cg.expression_size(cg.simplify(derivative)).circuit < cg.expression_size(derivative).circuit
        expected = math.prod(4 * (1 - 2 * at(logistic(k), {"x": 0.3})) for k in range(1, n))
        assert at(derivative, {"x": 0.3}) == pytest.approx(expected, rel=1e-9)
        assert at(cg.simplify(derivative), {"x": 0.3}) == pytest.approx(expected, rel=1e-9)


# -- reverse mode: one output, all inputs; forward mode: one input, all outputs


def test_a_reverse_sweep_multiplies_once_per_edge_that_leads_to_the_output(explicit_case: Case) -> None:
    s = cg.solve(as_text(explicit_case), at=explicit_case["inputs"], of=explicit_case["outputs"])
    (output,) = s.outputs
    leading = nx.ancestors(s.graph, output) | {output}
    assert s.cost.multiplications == s.graph.subgraph(leading).number_of_edges()


def test_a_sweep_per_output_or_a_sweep_per_input(golden_cases: dict[str, Case]) -> None:
    case = golden_cases["cost_sweeps"]
    n, m = case["inputs"]["n"], case["inputs"]["m"]
    inputs = {f"x{i}": 0.5 + i / 8 for i in range(n)}
    sums = {f"y{k}": sum(cg.sin((k + 1) * cg.Variable(name)) for name in inputs) for k in range(m)}
    answers = {}
    for direction, sweeps in (("forward", "forward_sweeps"), ("reverse", "reverse_sweeps")):
        s = cg.solve(sums, at=inputs, of=list(sums), direction=direction)
        assert len(s.seeds) == case["values"][sweeps]
        assert s.cost.multiplications <= len(s.seeds) * s.graph.number_of_edges()
        answers[direction] = s.jacobian
    assert answers["forward"] == pytest.approx(answers["reverse"], rel=1e-14)


# -- the chain rule of vectors: ∂yᵢ/∂xₖ = Σⱼ ∂yᵢ/∂uⱼ · ∂uⱼ/∂xₖ, for all i and k


def inner(x1, x2, x3):
    return {"u1": x1 * x2 + x3, "u2": cg.sin(x1) - x3}


def outer(u1, u2):
    return {"y1": u1 * u2, "y2": cg.exp(u2) + u1**2, "y3": u1 / u2, "y4": u2}


def test_the_jacobian_of_a_composite_is_the_product_of_the_jacobians() -> None:
    inputs = {"x1": 0.7, "x2": -1.2, "x3": 0.4}
    between = {name: cg.solve(inner, at=inputs).values[name] for name in ("u1", "u2")}
    first, second = cg.jacobian(inner, inputs), cg.jacobian(outer, between)
    whole = cg.jacobian(lambda x1, x2, x3: outer(**inner(x1, x2, x3)), inputs)
    assert set(whole) == {(f"y{i}", f"x{k}") for i in (1, 2, 3, 4) for k in (1, 2, 3)}
    for (i, k), entry in whole.items():
        assert entry == pytest.approx(sum(second[i, j] * first[j, k] for j in between), rel=1e-13, abs=1e-15)
    # the same in one graph: the paths from xₖ to yᵢ pass through one uⱼ each
    s = cg.solve(lambda x1, x2, x3: {**inner(x1, x2, x3), **outer(**inner(x1, x2, x3))}, at=inputs)
    assert {ends: s.jacobian[ends] for ends in whole} == pytest.approx(whole, rel=1e-13)


SMOOTH = [formula for name, formula in SAFE.items() if "where" not in name and "logical" not in name]


@given(*[expressions(operations=4, formulas=SMOOTH) for _ in range(3)])
def test_the_chain_rule_of_random_functions(f: Sample, g: Sample, h: Sample) -> None:
    """h(f, g, z), where f and g are functions of the same x, y, z."""
    names, point = ["x", "y", "z"], f.point
    inside = {"x": f.expression, "y": g.expression, "z": z}
    middle = {name: at(e, point) for name, e in inside.items()}
    try:
        composite = cg.gradient(runnable(h.expression).run(inside), point, wrt=names)
        outside = cg.gradient(h.expression, middle, wrt=names)
    except ValueError:  # a kink or the end of a domain, which h was not made for
        assume(False)
    first = {name: cg.gradient(e, point, wrt=names) for name, e in inside.items()}
    for k in names:
        terms = [outside[j] * first[j][k] for j in names]
        assert composite[k] == pytest.approx(sum(terms), rel=1e-9, abs=1e-12 * (1 + sum(map(abs, terms))))


# -- the loop over ordered variables


def test_each_node_has_its_turn_once_and_its_total_is_final_before_it_is_used(explicit_case: Case) -> None:
    s = cg.solve(as_text(explicit_case), at=explicit_case["inputs"], of=explicit_case["outputs"])
    final: dict[str, float] = {}
    for step in s.steps:
        assert step.node not in final
        for term in step.terms:
            assert term.factor == final[term.head]  # the node ahead had its turn, and nothing is added to it later
        final[step.node] = step.total
    assert final == s.derivatives


def test_only_what_lies_between_is_visited_where_some_inputs_are_wanted() -> None:
    s = cg.solve("a = sin(x); b = exp(y); c = cos(z); f = a b + c", at={"x": 1, "y": 2, "z": 3}, wrt="y")
    assert [step.node for step in s.steps] == ["f", "v1", "b", "y"]
    assert list(s.gradient) == ["y"] and s.cost.multiplications == 3
    assert set(s.values) == set(s.graph)  # evaluated are all of them


def test_a_worklist_in_order_of_arrival_passes_totals_on_before_they_are_complete() -> None:
    s = cg.solve("a = x; b = 2a; c = 3a + b; d = c", at={"x": 1})
    hasty = dict.fromkeys(s.graph, 0.0) | {"d": 1.0}
    waiting = ["d"]
    for head in waiting:  # grows as it is read
        for tail, _, partial in s.graph.in_edges(head, data="partial"):
            hasty[tail] += hasty[head] * partial
            waiting.append(tail)
    assert (s.gradient["x"], hasty["x"]) == (5, 10)


# -- a network, the elements that measure its error, and the adjustment of its weights


def test_the_loss_is_part_of_the_graph_and_the_network_does_without(golden_cases: dict[str, Case]) -> None:
    case = golden_cases["mazur"]
    whole = cg.solve(as_text(case), at=case["inputs"])
    assert {"t1", "t2"} <= nx.ancestors(whole.graph, "E")
    network = "\n".join(line for line in case["assignments"] if not line.startswith("E"))
    alone = cg.solve(
        network, at={k: v for k, v in case["inputs"].items() if not k.startswith("t")}, of=["out_o1", "out_o2"]
    )
    assert "E" not in alone.values and len(alone.values) > 16
    assert all(value == whole.values[name] for name, value in alone.statements.values.items())


def test_backpropagation_adjusts_every_weight(golden_cases: dict[str, Case]) -> None:
    case, step = golden_cases["mazur"], golden_cases["mazur_step1"]
    weights = [f"w{i}" for i in range(1, 9)]
    found = cg.gradient(as_text(case), case["inputs"], wrt=weights)
    adjusted = {name: case["inputs"][name] - step["inputs"]["lr"] * found[name] for name in weights}
    assert adjusted == pytest.approx({name: step["values"][name] for name in weights}, rel=1e-12)
    after = cg.solve(as_text(case), at={**case["inputs"], **adjusted}).values
    assert {f"{n}_after": after[n] for n in ("E", "out_o1", "out_o2")} == pytest.approx(
        {name: value for name, value in step["values"].items() if name.endswith("_after")}, rel=1e-12
    )


def test_a_weight_that_a_recurrence_shares_has_a_path_for_each_step() -> None:
    """Backpropagation through time."""
    text = "h1 = tanh(w h0 + x1); h2 = tanh(w h1 + x2); h3 = tanh(w h2 + x3)"
    point = {"w": 0.8, "h0": 0.5, "x1": 0.1, "x2": -0.2, "x3": 0.3}
    ledger = cg.solve(text, at=point).statements.paths("w", "h3")
    assert [path.nodes for path in ledger.paths] == [("w", "h1", "h2", "h3"), ("w", "h2", "h3"), ("w", "h3")]
    h, total = point["h0"], 0.0
    for k in (1, 2, 3):
        before, h = h, math.tanh(point["w"] * h + point[f"x{k}"])
        total = (1 - h**2) * (before + point["w"] * total)
    assert ledger.total == pytest.approx(total, rel=1e-14)
    assert cg.gradient(text, point)["w"] == pytest.approx(total, rel=1e-14)


# -- a circuit of eight gates and a circuit of one


def test_a_neuron_of_small_gates_is_the_neuron_of_one_gate(golden_cases: dict[str, Case]) -> None:
    case = golden_cases["cs231n_sigmoid"]
    small = cg.solve(as_text(case), at=case["inputs"])
    assert len(case["assignments"]) == 8 and len(small.graph) == 8 + len(case["inputs"])
    whole = cg.solve("f = sigmoid(w0 x0 + w1 x1 + w2)", at=case["inputs"])
    assert small.values["f"] == pytest.approx(whole.values["f"], rel=1e-15)
    assert small.gradient == pytest.approx(whole.gradient, rel=1e-13)
    # a gate with a constant has one wire: literals are no nodes
    assert [list(small.graph.predecessors(gate)) for gate in ("m", "k", "h", "f")] == [["s1"], ["m"], ["k"], ["h"]]
    assert [small.partials[wire] for wire in (("s1", "m", 1), ("k", "h", 0))] == [-1, 1]
    assert all(gate in str(small.to_graphviz()) for gate in ("m", "h"))


# -- ordering the computation carefully


def test_an_order_may_be_stated_and_a_wrong_one_is_refused() -> None:
    graph = cg.solve("t = x^2; u = sin(t); J = u t", at={"x": 2}).graph
    good = ["x", "t", "u", "J"]
    assert cg.totals(cg.forward(graph, {"x": 1.0}, order=good)) == cg.totals(cg.forward(graph, {"x": 1.0}))
    for bad in (["x", "u", "t", "J"], ["x", "t", "u"], ["x", "t", "t", "u", "J"], [*good, "w"]):
        with pytest.raises(ValueError, match="order"):
            list(cg.forward(graph, {"x": 1.0}, order=bad))

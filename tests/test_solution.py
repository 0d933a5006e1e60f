"""`solve` and `Solution`: every attribute of the contract, and every way of asking it wrongly."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import time
from fractions import Fraction
from types import MappingProxyType
from typing import Any

import networkx as nx
import pytest

import compgraph as cg

x, y, z = cg.Variable("x"), cg.Variable("y"), cg.Variable("z")

WORKED = """
    t  = x^2
    u1 = sin(t)
    u2 = 3t
    u  = u1 + u2
    J  = cos(u)
"""


@pytest.fixture
def s() -> Any:
    return cg.solve(WORKED, at={"x": 2})


# -- the worked example, attribute by attribute


def test_graph(s: Any) -> None:
    assert isinstance(s.graph, nx.MultiDiGraph)
    assert list(s.graph) == ["x", "t", "u1", "u2", "u", "J"]
    assert s.graph.edges["t", "u1", 0]["partial"] == math.cos(4)
    assert (s.direction, s.outputs, s.inputs) == ("reverse", ("J",), ("x",))


def test_values(s: Any) -> None:
    u = math.sin(4) + 12
    assert s.values == {"x": 2.0, "t": 4.0, "u1": math.sin(4), "u2": 12.0, "u": u, "J": math.cos(u)}


def test_partials(s: Any) -> None:
    assert s.partials == {
        ("x", "t", 0): 4.0,
        ("t", "u1", 0): math.cos(4),
        ("t", "u2", 1): 3.0,
        ("u1", "u", 0): 1.0,
        ("u2", "u", 1): 1.0,
        ("u", "J", 0): -math.sin(math.sin(4) + 12),
    }


def test_derivatives_and_gradient(s: Any) -> None:
    u = -math.sin(math.sin(4) + 12)
    t = u * 3 + u * math.cos(4)
    assert s.derivatives == pytest.approx({"J": 1.0, "u": u, "u1": u, "u2": u, "t": t, "x": 4 * t}, rel=1e-15)
    assert s.gradient == {"x": s.derivatives["x"]}
    assert s.jacobian == {("J", "x"): s.derivatives["x"]}
    s.derivatives.clear()  # what is handed out belongs to the caller
    s.values.clear()
    assert s.derivatives and s.values


def test_steps_are_made_anew_at_each_access(s: Any) -> None:
    first, second = s.steps, s.steps
    assert first is not second
    assert [step.node for step in first] == ["J", "u", "u2", "u1", "t", "x"]
    steps = list(second)
    assert cg.totals(steps) == s.derivatives
    at_t = next(step for step in steps if step.node == "t")
    assert [(term.tail, term.head, term.key) for term in at_t.terms] == [("t", "u2", 1), ("t", "u1", 0)]
    assert at_t.before == 0 and at_t.total == sum(term.product for term in at_t.terms)
    assert steps[0].before == steps[0].total == 1 and steps[0].terms == ()
    with pytest.raises(AttributeError):
        steps[0].total = 2


def test_nothing_is_answered_differently_the_second_time(s: Any) -> None:
    once = (s.values, s.partials, s.derivatives, s.gradient, list(s.steps), s.cost, s.to_dict(), repr(s))
    list(s.steps), s.statements, s.table(), s.paths("x")
    again = (s.values, s.partials, s.derivatives, s.gradient, list(s.steps), s.cost, s.to_dict(), repr(s))
    assert once == again
    twice = cg.solve(WORKED, at={"x": 2})
    assert twice.derivatives == s.derivatives
    shared = x * x
    assert cg.solve(shared, at={"x": 3}).gradient == cg.solve(shared, at={"x": 3}).gradient == {"x": 6.0}
    f = cg.value_and_gradient(shared)
    assert f(3) == f(3) == (9.0, (6.0,))


def test_solving_leaves_no_trace_on_expressions() -> None:
    expression = cg.sin(x * x)
    cg.solve(expression, at={"x": 3})
    assert {slot for kind in type(expression).__mro__ for slot in getattr(kind, "__slots__", ())} == {
        "_further",
        "_shape",
        "first",
        "name",
        "primitive",
        "second",
        "serial",
    }
    assert not hasattr(expression, "__dict__")


def test_cost_counts_the_sweep(s: Any) -> None:
    assert s.cost == cg.Cost(multiplications=6, additions=1)
    assert cg.solve(x * x * x, at={"x": 2}).cost == cg.Cost(4, 1 + 1)
    assert cg.solve({"a": x * y, "b": y * 2}, at={"x": 1, "y": 1}, of="b").cost == cg.Cost(1, 0)  # only what is reached


def test_paths(s: Any) -> None:
    ledger = s.paths("x", "J")
    assert (ledger.count, ledger.total) == (2, pytest.approx(s.gradient["x"]))
    assert [path.nodes for path in ledger.paths] == [path.nodes for path in ledger.paths]  # may be walked again
    assert s.paths("x").count == 2 and s.paths("t", "u").count == 2 and s.paths("u", "t").count == 0
    itself = s.paths("u", "u")
    assert (itself.count, itself.total, [p.nodes for p in itself.paths]) == (1, 1, [("u",)])
    assert "2 paths" in repr(ledger)
    with pytest.raises(ValueError, match="no node 'w'"):
        s.paths("w")


def test_statements_is_the_same_solution_with_a_node_per_name() -> None:
    fine = cg.solve("t = x^2; J = cos(sin(t) + 3t)", at={"x": 2}, direction="forward")
    coarse = fine.statements
    assert isinstance(coarse, cg.Solution) and coarse.direction == "forward"
    assert list(coarse.graph) == ["x", "t", "J"] and coarse.paths("x", "J").count == 1
    assert coarse.gradient == pytest.approx(fine.gradient)
    assert coarse.cost == cg.Cost(2, 0)
    assert [step.node for step in coarse.steps] == ["x", "t", "J"]


def test_to_dict_follows_its_schema(s: Any) -> None:
    d = s.to_dict()
    assert list(d) == [
        "schema", "direction", "outputs", "inputs", "values", "partials", "derivatives", "cost", "warnings",
    ]  # fmt: skip
    assert d["schema"] == "compgraph-solution/1" and (d["outputs"], d["inputs"]) == (["J"], ["x"])
    assert d["values"] == s.values and d["derivatives"] == {"J": s.derivatives}
    assert d["partials"][1] == {
        "tail": "t", "head": "u1", "argument": 0, "partial": math.cos(4), "formula": "cos(t)",
    }  # fmt: skip
    assert d["cost"] == {"multiplications": 6, "additions": 1} and d["warnings"] == []
    assert json.loads(json.dumps(d, allow_nan=False)) == d


def test_to_dict_writes_fractions_and_infinities_as_text() -> None:
    d = cg.solve(x / 3, at={"x": 1}, exact=True).to_dict()
    assert d["values"] == {"x": "1", "f": "1/3"} and d["partials"][0]["partial"] == "1/3"
    d = cg.solve(cg.where(x >= 0, cg.sqrt(x), y), at={"x": 0, "y": 0}).to_dict()
    assert d["derivatives"]["f"]["x"] == "inf" and d["values"]["v1"] == 1
    assert any("∞" in warning for warning in d["warnings"])
    assert json.loads(json.dumps(d, allow_nan=False)) == d
    d = cg.solve(cg.sin(x)).to_dict()
    assert d["derivatives"]["f"]["x"] == "cos(x)" and json.loads(json.dumps(d, allow_nan=False)) == d


def test_warnings_are_a_list_of_sentences() -> None:
    assert cg.solve(cg.abs(x), at={"x": 1}).warnings == []
    (warning,) = cg.solve(cg.abs(x), at={"x": 0}).warnings
    assert warning.endswith(".") and warning.startswith("f = abs(x)")


def test_repr_shows_the_answers(s: Any) -> None:
    shown = repr(s)
    assert "reverse" in shown and "∂J/∂x" in shown and "9.099" in shown


# -- problems of every form


def test_an_expression_a_mapping_a_sequence_and_text() -> None:
    assert cg.solve(x * y, at={"x": 2, "y": 3}).gradient == {"x": 3.0, "y": 2.0}
    assert cg.solve({"p": x * y}, at={"x": 2, "y": 3}).values["p"] == 6
    assert cg.solve(MappingProxyType({"p": x * y}), at={"x": 2, "y": 3}).values["p"] == 6
    assert cg.solve([x * y, x + y], at={"x": 2, "y": 3}).outputs == ("f1", "f2")
    assert cg.solve("x*y", at={"x": 2, "y": 3}).outputs == ("f",)
    assert cg.solve("p = x*y; q = p + x", at={"x": 2, "y": 3}).outputs == ("q",)


def test_the_output_is_the_last_entry_unless_of_says_otherwise() -> None:
    problem, at = {"a": x * y, "b": x + y}, {"x": 2, "y": 3}
    assert cg.solve(problem, at=at).outputs == ("b",)
    assert cg.solve(problem, at=at, of="a").gradient == {"x": 3.0, "y": 2.0}
    assert cg.solve(problem, at=at, of=["a", "b"]).outputs == ("a", "b")
    named = (x * y).named("p")
    assert cg.solve(cg.sin(named), at=at, of=named).gradient == {"x": 3.0, "y": 2.0}


def test_inputs_may_be_named_by_their_variables() -> None:
    assert cg.solve(x * y, at={x: 2, y: 3}, wrt=x).gradient == {"x": 3.0}


def test_functions_of_ones_own_in_text() -> None:
    softsign = cg.Primitive("softsign", lambda a: a / (1 + abs(a)), lambda b, a: 1 / (1 + abs(a)) ** 2)
    s = cg.solve("f = softsign(2x)", at={"x": 1}, functions={"softsign": softsign})
    assert s.values["f"] == pytest.approx(2 / 3) and s.gradient["x"] == pytest.approx(2 / 9)
    assert cg.value_and_gradient(softsign(2 * x))(1) == (s.values["f"], (s.gradient["x"],))


def test_partials_of_ones_own_may_be_numbers() -> None:
    half = cg.Primitive("half", lambda a: a / 2, 0.5)
    blend = cg.Primitive("blend", lambda a, b: 0.25 * a + 0.75 * b, 0.25, 0.75)
    expression = cg.where(cg.logical_not(x > 0), y, blend(half(x), y * x))
    s = cg.solve(expression, at={"x": 2, "y": 3})
    assert s.gradient == {"x": 0.125 + 2.25, "y": 1.5}
    assert cg.value_and_gradient(expression)(x=2, y=3) == (s.values["f"], (2.375, 1.5))


def test_a_constant_problem() -> None:
    assert cg.solve("k = 2 + 3").values["k"].arguments == (5,)
    s = cg.solve("k = 2 + 3", at={})
    assert (s.values, s.derivatives, s.gradient, s.inputs) == ({"k": 5.0}, {"k": 1.0}, {}, ())


# -- several outputs, several inputs


PROBLEM = {"a": x * y + z, "b": cg.sin(x) * z}
AT = {"x": 2.0, "y": 3.0, "z": 5.0}
JACOBIAN = {
    ("a", "x"): 3.0, ("a", "y"): 2.0, ("a", "z"): 1.0,
    ("b", "x"): 5 * math.cos(2), ("b", "y"): 0.0, ("b", "z"): math.sin(2),
}  # fmt: skip


@pytest.mark.parametrize("direction", ["reverse", "forward", "auto"])
def test_the_jacobian_is_the_same_in_either_direction(direction: str) -> None:
    s = cg.solve(PROBLEM, at=AT, of=["a", "b"], direction=direction)
    assert s.jacobian == pytest.approx(JACOBIAN, rel=1e-15)
    assert list(s.jacobian) == list(JACOBIAN)
    assert s.statements.jacobian == pytest.approx(JACOBIAN, rel=1e-15)


def test_auto_takes_the_direction_of_fewer_sweeps() -> None:
    def chosen(**options: Any) -> str:
        return str(cg.solve(PROBLEM, at=AT, direction="auto", **options).direction)

    assert chosen(of=["a", "b"]) == "reverse"
    assert chosen(of=["a", "b"], wrt=["x"]) == "forward"
    assert chosen(of="a", wrt=["x"]) == "reverse"


def test_one_sweep_of_several() -> None:
    s = cg.solve(PROBLEM, at=AT, of=["a", "b"])
    one = s.sweep("a")
    assert one.outputs == ("a",) and one.gradient == {"x": 3.0, "y": 2.0, "z": 1.0}
    assert one.derivatives["b"] == 0 and one.graph is s.graph
    assert s.cost == tuple(sum(parts) for parts in zip(s.sweep("a").cost, s.sweep("b").cost, strict=True))
    ahead = cg.solve(PROBLEM, at=AT, of=["a", "b"], direction="forward").sweep("x")
    assert ahead.derivatives["b"] == pytest.approx(5 * math.cos(2)) and ahead.derivatives["z"] == 0
    assert ahead.jacobian.keys() == {("a", "x"), ("b", "x")}
    with pytest.raises(ValueError, match="no sweep from 'x': expected one of a, b"):
        s.sweep("x")


@pytest.mark.parametrize("attribute", ["derivatives", "steps"])
def test_what_belongs_to_one_sweep_asks_for_one(attribute: str) -> None:
    s = cg.solve(PROBLEM, at=AT, of=["a", "b"])
    with pytest.raises(
        ValueError, match=rf"expected one sweep, got 2 outputs \(a, b\)\. .*s\.sweep\('a'\)\.{attribute}"
    ):
        getattr(s, attribute)
    ahead = cg.solve(PROBLEM, at=AT, direction="forward")
    with pytest.raises(ValueError, match=rf"got 3 inputs \(x, y, z\)\. .*s\.sweep\('x'\)\.{attribute}"):
        getattr(ahead, attribute)
    with pytest.raises(ValueError, match=r"gradient: expected one output, got 2 \(a, b\)"):
        _ = s.gradient
    with pytest.raises(ValueError, match="expected a head"):
        s.paths("x")
    assert ahead.gradient == pytest.approx({"x": 5 * math.cos(2), "y": 0.0, "z": math.sin(2)})


def test_wrt_limits_the_derivatives_to_what_depends_on_it() -> None:
    problem = "a = log(y); b = x*a; J = b + y"
    s = cg.solve(problem, at={"x": 2, "y": 3}, wrt=["x"])
    assert s.derivatives == {"J": 1.0, "b": 1.0, "x": pytest.approx(math.log(3))}
    assert [step.node for step in s.steps] == ["J", "b", "x"]
    assert s.gradient == {"x": pytest.approx(math.log(3))}
    ahead = cg.solve(problem, at={"x": 2, "y": 3}, wrt=["x"], direction="forward")
    assert ahead.gradient == s.gradient and "a" not in ahead.derivatives
    apart = cg.solve({"a": y * 2, "b": x * 2}, at={"x": 1, "y": 1}, of="a", wrt=["x"])
    assert apart.gradient == {"x": 0.0} and apart.derivatives == {"b": 0.0, "a": 1.0, "x": 0.0}
    assert cg.solve({"a": y * 2}, at={"x": 1, "y": 1}, wrt=["x"], direction="forward").gradient == {"x": 0.0}


def test_names_given_twice_count_once() -> None:
    s = cg.solve(PROBLEM, at=AT, of=["a", "a"], wrt=["x", "x", "y"], direction="forward")
    assert s.outputs == ("a",) and s.inputs == ("x", "y") and list(s.jacobian) == [("a", "x"), ("a", "y")]


# -- zeros and ones


def test_an_input_that_is_given_and_not_used_has_derivative_zero() -> None:
    for direction in ("reverse", "forward"):
        s = cg.solve(x * 2, at={"x": 1, "y": 7}, direction=direction)
        assert s.gradient == {"x": 2.0, "y": 0.0} and s.values["y"] == 7
    assert cg.value_and_gradient(x * 2, ["x", "y"])(1, 7) == (2.0, (2.0, 0.0))


def test_an_output_that_is_an_input_has_derivative_one() -> None:
    for direction in ("reverse", "forward"):
        s = cg.solve(x, at={"x": 5, "y": 6}, direction=direction)
        assert s.outputs == ("x",) and s.gradient == {"x": 1.0, "y": 0.0}
        s = cg.solve({"a": x * y}, at={"x": 5, "y": 6}, of="y", direction=direction)
        assert s.gradient == {"x": 0.0, "y": 1.0}
    assert cg.value_and_gradient(x)(5) == (5.0, (1.0,))


def test_an_output_that_feeds_another_node() -> None:
    s = cg.solve("a = x^2; b = a*x", at={"x": 3}, of="a")
    assert s.derivatives == {"b": 0.0, "a": 1.0, "x": 6.0}
    both = cg.solve("a = x^2; b = a*x", at={"x": 3}, of=["a", "b"])
    assert both.jacobian == {("a", "x"): 6.0, ("b", "x"): 27.0}


def test_nodes_that_the_output_does_not_need_have_derivative_zero() -> None:
    s = cg.solve("a = x + y; b = a*a; c = 2y", at={"x": 1, "y": 2}, of="c")
    assert s.derivatives == {"c": 1.0, "b": 0.0, "a": 0.0, "y": 2.0, "x": 0.0}
    assert all(type(total) is float for total in s.derivatives.values())
    ahead = cg.solve("a = x + y; b = a*a; c = 2y", at={"x": 1, "y": 2}, wrt="x", direction="forward")
    assert ahead.jacobian == {("c", "x"): 0.0}


def test_zeros_and_ones_are_of_the_kind_of_the_run() -> None:
    exact = cg.solve(x * 2, at={"x": 1, "y": 1}, exact=True)
    assert all(type(total) is Fraction for total in exact.derivatives.values())
    assert cg.solve(x * 2).derivatives == {"f": 1, "x": 2}


# -- symbols


def test_without_a_point_the_answers_are_expressions() -> None:
    s = cg.solve(WORKED)
    assert isinstance(s.gradient["x"], cg.Expression)
    assert cg.solve(s.gradient["x"], at={"x": 2}).values["f"] == pytest.approx(
        cg.solve(WORKED, at={"x": 2}).gradient["x"]
    )
    second = cg.solve(s.gradient["x"]).gradient["x"]
    h = 1e-5
    slopes = [cg.solve(WORKED, at={"x": 2 + d}).gradient["x"] for d in (-h, h)]
    assert cg.solve({"d": second}, at={"x": 2}).values["d"] == pytest.approx(
        (slopes[1] - slopes[0]) / (2 * h), rel=1e-6
    )
    assert s.derivatives["J"] == 1 and repr(s.partials["u", "J", 0]) == "−sin(u)"


def test_without_a_point_in_forward_direction_and_by_statements() -> None:
    reverse, ahead = cg.solve(WORKED), cg.solve(WORKED, direction="forward")
    truth = cg.solve(WORKED, at={"x": 2}).gradient["x"]
    for solution in (reverse, ahead, reverse.statements, ahead.statements):
        assert cg.solve(solution.gradient["x"], at={"x": 2}).values["f"] == pytest.approx(truth)
    assert repr(reverse) and repr(ahead.statements)


# -- asked wrongly


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({}, ValueError, None),
        ({"at": {"x": 1}}, ValueError, r"y has no value: expected one for each of x, y, got x\. Write at="),
        ({"at": {"x": 1, "y": 2}, "of": "g"}, ValueError, r"no node 'g': expected one of x, y"),
        ({"at": {"x": 1, "y": 2}, "wrt": "t"}, ValueError, "t is computed, not an input"),
        ({"at": {"x": 1, "y": 2}, "wrt": "q"}, ValueError, "no node 'q': expected one of x, y"),
        ({"at": {"x": 1, "y": 2, "t": 3}}, ValueError, "t is (computed, )?not an input"),
        (
            {"at": {"x": 1, "y": 2}, "direction": "back"},
            ValueError,
            "unknown direction 'back': expected one of reverse",
        ),
        ({"at": {"x": 1, "y": "two"}}, cg.ParseError, "two is a name: expected a number"),
        ({"at": {"x": 1, "y": [1j]}}, TypeError, "y: expected a number or an array of real numbers, got"),
        ({"at": 3}, TypeError, r"at: expected a mapping of inputs to numbers, got 3\. Write at="),
        ({"at": {"x": 1, "y": 2}, "of": x * y}, TypeError, "expected a name, or an expression that has one"),
    ],
)
@pytest.mark.parametrize("form", ["text", "mapping", "expression"])
def test_wrong_questions_get_sentences(form: str, options: dict[str, Any], error: type, message: str | None) -> None:
    t = (x * y).named("t")
    problem = {"text": "t = x*y; J = sin(t)", "mapping": {"t": t, "J": cg.sin(t)}, "expression": cg.sin(t)}[form]
    if message is None:
        assert cg.solve(problem, **options).gradient
        return
    with pytest.raises(error, match=message):
        cg.solve(problem, **options)


@pytest.mark.parametrize(
    "wrong",
    [3.5, None, object(), [], {}, "", "  "],
    ids=lambda wrong: f"{type(wrong).__name__}-{len(str(wrong)) if type(wrong) is not object else 0}",
)
def test_problems_that_are_none(wrong: Any) -> None:
    if wrong == 3.5:
        assert cg.solve(wrong, at={}).values == {"f": 3.5}
        return
    with pytest.raises((TypeError, ValueError), match="expected"):
        cg.solve(wrong, at={})


def test_an_input_that_is_read_before_it_is_bound_again_is_an_input() -> None:
    s = cg.solve("x = x + 1; J = x^2", at={"x": 2})
    assert s.values == {"x": 2.0, "x.1": 3.0, "J": 9.0} and s.gradient == {"x": 6.0}
    only_in_a_condition = cg.solve("x = where(x > 0, 1, 2); J = x*y", at={"x": 2, "y": 3})
    assert only_in_a_condition.values["J"] == 3


@pytest.mark.parametrize(
    ("arguments", "named", "message"),
    [
        ((1,), {}, r"expected \(x, y\), got no value for y"),
        ((1, 2, 3), {}, "got 3 positional arguments"),
        ((1, 2), {"x": 3}, "got x twice"),
        ((1, 2), {"q": 3}, "got the unknown q"),
        ((1, [None]), {}, "y: expected a number"),
    ],
)
def test_value_and_gradient_says_what_it_takes(arguments: Any, named: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        cg.value_and_gradient(x * y)(*arguments, **named)


@pytest.mark.parametrize("wrong", [None, {"f": None}, [object()]])
def test_value_and_gradient_takes_an_expression_or_text(wrong: Any) -> None:
    with pytest.raises(TypeError, match="expected one output, of an Expression, text or a Python function"):
        cg.value_and_gradient(wrong)
    assert cg.value_and_gradient("x*y + x", "y")(2, x=3) == (9.0, (3.0,))


# -- size and reproducibility


def test_a_gradient_of_many_inputs_is_linear() -> None:
    def seconds(count: int) -> float:
        inputs = [cg.Variable(f"x{i}") for i in range(count)]
        total = inputs[0]
        for one in inputs[1:]:
            total = total + one * one
        s = cg.solve(total, at={f"x{i}": 1 for i in range(count)})
        start = time.process_time()
        assert s.gradient[f"x{count - 1}"] == 2
        return time.process_time() - start

    assert seconds(8000) < 10


def test_the_same_steps_whatever_the_hash_seed() -> None:
    program = """
import compgraph as cg
x, others = cg.Variable("x"), [cg.Variable(f"z{i}") for i in range(40)]
e = sum(others[1:], others[0])
e = sum((cg.sin(x * i) for i in range(8)), e)
at = {"x": 2, **{f"z{i}": i for i in range(40)}}
for options in ({}, {"wrt": ["x"]}, {"wrt": ["x"], "direction": "forward"}):
    s = cg.solve(e, at=at, **options)
    print([step.node for step in s.steps], s.derivatives, s.statements.derivatives, s.paths("x").first(3))
print(cg.value_and_gradient(cg.sqrt(e), "x")(0.5, **{f"z{i}": i / 3 for i in range(40)}))
print(cg.solve(e).gradient["x"], cg.solve(e, wrt="x", direction="forward").gradient)
"""
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1


@pytest.mark.parametrize("ask", [cg.compare_orders, cg.sparse_jacobian, cg.Lagrangian, cg.linear_system, cg.eliminate])
def test_a_solution_where_a_graph_belongs(ask: Any) -> None:
    s = cg.solve("y = x*x", at={"x": 2})
    arguments = [s, cg.markowitz] if ask is cg.eliminate else [s]
    with pytest.raises(TypeError, match=r"got Solution.*Write s\.graph"):
        list(ask(*arguments))

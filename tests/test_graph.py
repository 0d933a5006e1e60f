"""The graph: names, edges, values and partials, formulas, statements, and what is refused."""

from __future__ import annotations

import itertools
import math
import time
from decimal import Decimal
from fractions import Fraction
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import compgraph as cg
from compgraph.functions import HIDDEN
from compgraph.graph import _fill
from compgraph.reading import read
from tests.strategies import Sample, expressions

x, y, n = cg.Variable("x"), cg.Variable("y"), cg.Variable("n")
IDENTITY, LITERAL, VARIABLE = HIDDEN["identity"], HIDDEN["literal"], HIDDEN["variable"]


def value(expression: Any, **at: Any) -> Any:
    return cg.solve({"it": expression}, at=at).values["it"]


# -- names


def test_a_single_expression_is_called_f_and_operations_are_numbered_in_evaluation_order() -> None:
    graph = cg.trace(cg.sin(x * y) + x)
    assert list(graph) == ["x", "y", "v1", "v2", "f"]
    assert graph.nodes["v1"] == {"primitive": HIDDEN["multiply"], "arguments": ("x", "y"), "name": None}
    assert graph.nodes["f"] == {"primitive": HIDDEN["add"], "arguments": ("v2", "x"), "name": "f"}
    assert graph.graph == {"inputs": ["x", "y"], "outputs": ["f"], "unnamed": ["f"]}


def test_several_expressions_are_f1_f2_unless_they_have_names() -> None:
    graph = cg.trace([x + y, (x * y).named("p"), x - y])
    assert graph.graph["outputs"] == ["f1", "p", "f3"]


def test_numbers_skip_what_is_declared() -> None:
    v1 = cg.Variable("v1")
    graph = cg.trace({"J": cg.cos(cg.sin(cg.exp(v1) * 2).named("v3"))})
    assert list(graph) == ["v1", "v2", "v4", "v3", "J"]


def test_the_last_binding_keeps_the_name_and_earlier_ones_are_numbered() -> None:
    c = (x + y).named("c")
    c = (c * c).named("c")
    c = cg.sin(c).named("c")
    graph = cg.trace(c)
    assert list(graph) == ["x", "y", "c.1", "c.2", "c"]
    assert graph.nodes["c.2"]["arguments"] == ("c.1", "c.1")
    assert graph.graph["outputs"] == ["c"]


def test_numbers_of_bindings_skip_what_is_declared() -> None:
    c = (x + cg.Variable("c.1")).named("c")
    assert list(cg.trace((c * 2).named("c"))) == ["x", "c.1", "c.2", "c"]


def test_an_input_keeps_its_own_name_and_its_rebindings_are_numbered() -> None:
    once = (x + 1).named("x")
    graph = cg.trace((once * 2).named("x"))
    assert list(graph) == ["x", "x.1", "x.2"]
    assert graph.graph["outputs"] == ["x.2"]
    assert graph.graph["inputs"] == ["x"]


@pytest.mark.parametrize(
    ("text", "nodes"),
    [
        ("c = a + b; c = c^2; J = sin(c)", ["a", "b", "c.1", "c", "J"]),
        ("x = x + 1; x = 2x; J = x", ["x", "x.1", "x.2", "J"]),
    ],
)
def test_text_names_rebindings_alike(text: str, nodes: list[str]) -> None:
    assert list(cg.trace(read(text))) == nodes


def test_variables_of_one_name_are_one_input() -> None:
    graph = cg.trace(cg.Variable("x") * cg.Variable("x") + cg.Variable("x"))
    assert list(graph) == ["x", "v1", "f"]
    assert cg.solve(cg.Variable("x") * cg.Variable("x"), at={"x": 3}).gradient == {"x": 6.0}
    assert cg.value_and_gradient(cg.Variable("x") * cg.Variable("x"))(3) == (9.0, (6.0,))


def test_an_assignment_of_a_name_is_an_identity_node() -> None:
    graph = cg.trace({"y": x})
    assert graph.nodes["y"] == {"primitive": IDENTITY, "arguments": ("x",), "name": "y"}
    assert list(cg.trace(x.named("y"))) == ["x", "y"]
    assert list(cg.trace(read("y = x; z = y"))) == ["x", "y", "z"]


def test_a_second_name_of_an_expression_is_an_identity_node() -> None:
    product = x * y
    graph = cg.trace({"a": product, "b": product})
    assert (graph.nodes["a"]["primitive"].name, graph.nodes["b"]["primitive"]) == ("multiply", IDENTITY)
    assert graph.graph["outputs"] == ["a", "b"]
    named = product.named("p")
    graph = cg.trace({"q": named, "J": cg.sin(named)})
    assert {node: data["arguments"] for node, data in graph.nodes(data=True) if data["arguments"]} == {
        "p": ("x", "y"),
        "q": ("p",),
        "J": ("p",),
    }


def test_a_named_number_is_a_literal_node_and_never_an_input() -> None:
    graph = cg.trace({"k": 2, "f": 3 * x})
    assert graph.nodes["k"] == {"primitive": LITERAL, "arguments": (2,), "name": "k"}
    assert graph.graph["inputs"] == ["x"]
    s = cg.solve("k = 2; f = k*x", at={"x": 5})
    assert s.values["f"] == 10 and s.derivatives["k"] == 5 and s.gradient == {"x": 2.0}


def test_operations_on_literals_alone_fold() -> None:
    assert cg.trace(read("f = (1 + 2) * x")).nodes["f"]["arguments"] == (3, "x")


def test_inputs_that_nothing_uses_are_nodes() -> None:
    graph = cg.trace(x * 2, inputs=["z", "x"])
    assert graph.graph["inputs"] == ["x", "z"]
    assert list(graph) == ["x", "z", "f"]
    assert graph.degree("z") == 0


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ([], "nothing to trace: expected at least one expression"),
        ({}, "nothing to trace"),
        ({"f": "x"}, "expected an Expression.*got str"),
        ({"f": None}, "expected an Expression.*got NoneType"),
        ({1: x}, "expected a string as the name"),
    ],
)
def test_what_is_no_expression_is_refused(wrong: Any, message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        cg.trace(wrong)


# -- edges


@pytest.mark.parametrize(
    ("expression", "partials"),
    [
        (x * x, {0: 3, 1: 3}),
        (x - x, {0: 1, 1: -1}),
        (x / x, {0: 1 / 3, 1: -1 / 3}),
        (x**x, {0: 27, 1: 27 * math.log(3)}),
        (x + x, {0: 1, 1: 1}),
    ],
)
def test_each_use_is_an_edge_of_its_own_keyed_by_its_place(expression: Any, partials: dict[int, float]) -> None:
    graph = cg.linearize(cg.trace(expression), {"x": 3})
    assert list(graph.edges(keys=True)) == [("x", "f", 0), ("x", "f", 1)]
    for key, partial in partials.items():
        assert graph.edges["x", "f", key]["partial"] == pytest.approx(partial)


def test_conditions_have_nodes_and_values_but_no_edges() -> None:
    graph = cg.linearize(cg.trace(cg.where(x > y, x, y)), {"x": 1, "y": 2})
    assert graph.nodes["v1"]["value"] is False
    assert graph.in_degree("v1") == graph.out_degree("v1") == 0


@given(expressions(named=True))
def test_filling_in_bulk_is_what_networkx_does(sample: Sample) -> None:
    rows = [(key, *data.values()) for key, data in cg.trace(sample.expression).nodes(data=True)]
    quick, public = cg.Graph(), nx.MultiDiGraph()
    _fill(quick, rows)
    for key, primitive, arguments, name in rows:
        public.add_node(key, primitive=primitive, arguments=arguments, name=name)
        for position, argument in enumerate(arguments):
            if isinstance(argument, str) and primitive.partials[position] is not None:
                public.add_edge(argument, key, position)
    assert dict(quick.nodes(data=True)) == dict(public.nodes(data=True))
    assert list(quick.edges(keys=True, data=True)) == list(public.edges(keys=True, data=True))
    assert list(quick.in_edges(keys=True)) == list(public.in_edges(keys=True))
    assert {n: dict(quick.adj[n]) for n in quick} == {n: dict(public.adj[n]) for n in public}
    for tail, head, key in quick.edges(keys=True):  # both directions see one and the same attributes
        assert quick.succ[tail][head][key] is quick.pred[head][tail][key]


@given(expressions(named=True))
def test_the_order_of_nodes_is_the_order_of_evaluation(sample: Sample) -> None:
    graph = cg.trace(sample.expression)
    place = {node: i for i, node in enumerate(graph)}
    assert all(place[tail] < place[head] for tail, head in graph.edges())
    assert all(
        place[a] < place[node] for node, d in graph.nodes(data=True) for a in d["arguments"] if isinstance(a, str)
    )
    assert list(graph)[: len(graph.graph["inputs"])] == graph.graph["inputs"]


def test_networkx_works_on_it() -> None:
    graph = cg.linearize(cg.trace(cg.sin(x * y) + x), {"x": 1, "y": 2})
    assert nx.is_directed_acyclic_graph(graph)
    assert nx.dag_longest_path_length(graph) == 3
    assert cg.Graph(graph).edges["x", "v1", 0]["partial"] == 2
    assert repr(graph) == "Graph of 5 nodes and 5 edges"


# -- linearize


@pytest.mark.parametrize(
    "three",
    [3, 3.0, Fraction(3), "3", " 3.0 ", "6/2", np.float64(3), np.float32(3), np.int64(3), np.array(3.0), Decimal(3)],
    ids=repr,
)
def test_every_kind_of_number_becomes_a_float(three: Any) -> None:
    graph = cg.linearize(cg.trace(x * x), {"x": three})
    assert graph.nodes["x"]["value"] == 3 and type(graph.nodes["x"]["value"]) is float
    assert graph.edges["x", "f", 1]["partial"] == 3 and type(graph.edges["x", "f", 1]["partial"]) is float
    assert type(cg.value_and_gradient(x * x)(three)[0]) is float


@pytest.mark.parametrize("wrong", [None, [None], np.array("a"), 1j, "y", ""], ids=repr)
def test_what_is_no_number_is_refused(wrong: Any) -> None:
    with pytest.raises((TypeError, ValueError), match="expected"):
        cg.linearize(cg.trace(x * x), {"x": wrong})


@pytest.mark.parametrize(
    ("given_", "kept"),
    [
        ("1/3", Fraction(1, 3)),
        ("0.1", Fraction(1, 10)),
        (0.1, Fraction(1, 10)),
        (np.float64(0.1), Fraction(1, 10)),
        (Decimal("0.1"), Fraction(1, 10)),
        (2, Fraction(2)),
        (Fraction(7, 3), Fraction(7, 3)),
    ],
)
def test_exact_numbers_stay_fractions(given_: Any, kept: Fraction) -> None:
    s = cg.solve((x + 0.1) ** 2 / 3, at={"x": given_}, exact=True)
    assert s.values["x"] == kept
    assert s.values["f"] == (kept + Fraction(1, 10)) ** 2 / 3
    assert s.gradient["x"] == 2 * (kept + Fraction(1, 10)) / 3
    assert all(isinstance(v, Fraction) for v in (*s.values.values(), *s.partials.values(), *s.derivatives.values()))


def test_exact_is_exact_where_roots_are() -> None:
    s = cg.solve(cg.sqrt(x) + x ** Fraction(3, 2), at={"x": "4/9"}, exact=True)
    assert s.values["f"] == Fraction(2, 3) + Fraction(8, 27)
    assert s.gradient["x"] == Fraction(3, 4) + Fraction(3, 2) * Fraction(2, 3)
    assert type(cg.solve(cg.sin(x), at={"x": "1/3"}, exact=True).values["f"]) is float


@pytest.mark.parametrize(
    ("expression", "at"),
    [
        (x**n, {"x": "1.1", "n": 10**9}),
        (2**x, {"x": 10**12}),
        (x ** (10**8), {"x": 3}),
        (x ** -(10**8), {"x": 3}),
        ((((x**1000) ** 1000) ** 1000) ** 1000, {"x": 3}),
    ],
)
def test_huge_exact_powers_are_refused_at_once(expression: Any, at: dict[str, Any]) -> None:
    start = time.process_time()
    with pytest.raises(cg.DomainError, match=r"an exact result of .* bits is refused: expected at most 100000"):
        cg.solve(expression, at=at, exact=True)
    assert time.process_time() - start < 0.5


def test_huge_exact_products_are_refused_at_once() -> None:
    squares = x
    for _ in range(40):
        squares = squares * squares
    with pytest.raises(cg.DomainError, match=r"exact result of about \d+ bits is refused"):
        cg.solve(squares, at={"x": "3/7"}, exact=True)


def test_at_no_point_the_labels_are_expressions() -> None:
    graph = cg.linearize(cg.trace(cg.sin(x * y)))
    assert repr(graph.edges["v1", "f", 0]["partial"]) == "cos(x·y)"
    assert repr(graph.nodes["f"]["value"]) == "sin(x·y)"
    s = cg.solve(cg.sin(x * y))
    assert repr(s.gradient["x"]) == "cos(x·y)·y"
    assert value(s.gradient["x"], x=2, y=3) == pytest.approx(3 * math.cos(6))


def test_linearize_labels_a_copy_unless_told() -> None:
    graph = cg.trace(x * x)
    cg.linearize(graph, {"x": 3})
    assert "value" not in graph.nodes["x"] and graph.edges["x", "f", 0] == {} and "warnings" not in graph.graph
    assert cg.linearize(graph, {"x": 3}, copy=False) is graph


def test_a_second_point_forgets_the_first() -> None:
    first = cg.linearize(cg.trace(cg.where(x > 0, cg.sqrt(x), -x) * cg.abs(x)), {"x": 0})
    assert first.graph["warnings"]
    for at in (4, -3):
        again = cg.linearize(first, {"x": at})
        fresh = cg.linearize(cg.trace(cg.where(x > 0, cg.sqrt(x), -x) * cg.abs(x)), {"x": at})
        assert list(again.edges(keys=True, data=True)) == list(fresh.edges(keys=True, data=True))
        assert dict(again.nodes(data=True)) == dict(fresh.nodes(data=True))
        assert again.graph == fresh.graph
    assert first.nodes["x"]["value"] == 0


@pytest.mark.parametrize(
    ("at", "message"),
    [
        ({}, r"x, y have no value: expected one for each of x, y, got no values\. Write at="),
        ({"x": 1}, r"y has no value: expected one for each of x, y, got x\. Write at="),
        ({"x": 1, "y": 2, "f": 3}, r"f is not an input: expected values for x, y only"),
        ({"x": 1, "y": 2, "z": 3}, r"z is not an input"),
    ],
)
def test_a_point_that_does_not_fit_is_refused(at: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        cg.linearize(cg.trace(x * y), at)


def test_only_traced_graphs_can_be_linearized() -> None:
    with pytest.raises(ValueError, match="labelled by hand"):
        cg.linearize(nx.MultiDiGraph([("x", "y")]), {"x": 1})
    with pytest.raises(ValueError, match="Linearize before statements"):
        cg.linearize(cg.solve(x * y, at={"x": 1, "y": 2}).statements.graph, {"x": 1, "y": 2})


@pytest.mark.parametrize(
    ("expression", "at", "message"),
    [
        (cg.log(x), {"x": -1}, r"log is undefined at f = log\(x\): expected x > 0, got -1\."),
        (
            1 / (x - 2),
            {"x": 2},
            r"divide is undefined at f = 1/v1: expected a denominator other than 0, got \(1, 0\)\.",
        ),
        (x**y, {"x": -8, "y": "1/3"}, r"power is undefined at f = x\^y"),
        (cg.sin(cg.sqrt(x).named("r")), {"x": -4}, r"sqrt is undefined at r = sqrt\(x\): expected x ≥ 0, got -4\."),
        (x - y, {"x": math.inf, "y": math.inf}, r"subtract is undefined at f = x − y: got \(inf, inf\)"),
    ],
)
def test_outside_a_domain_the_error_names_node_expression_and_value(expression: Any, at: Any, message: str) -> None:
    with pytest.raises(cg.DomainError, match=message):
        cg.solve(expression, at=at)
    names = cg.trace(expression).graph["inputs"]
    with pytest.raises(cg.DomainError, match=message):
        cg.value_and_gradient(expression, names)(**at)


# -- formula and statements


def test_formulas_use_the_names_of_the_picture() -> None:
    graph = cg.trace(read("t = x^2; u1 = sin(t); u2 = 3t; u = u1 + u2; J = cos(u)"))
    shown = {edge[:2]: repr(cg.formula(graph, *edge)) for edge in graph.edges(keys=True)}
    assert shown == {
        ("x", "t"): "2·x",
        ("t", "u1"): "cos(t)",
        ("t", "u2"): "3",
        ("u1", "u"): "1",
        ("u2", "u"): "1",
        ("u", "J"): "−sin(u)",
    }


def test_the_formula_of_a_statement_uses_assigned_names_only() -> None:
    s = cg.solve("t = x^2; J = cos(sin(t) + 3t)", at={"x": 2})
    formula = cg.formula(s.statements.graph, "t", "J")
    assert cg.trace({"label": formula}).graph["inputs"] == ["t"]
    assert value(formula, t=4) == pytest.approx(s.statements.partials["t", "J", 0])


def test_a_formula_of_no_edge_is_refused() -> None:
    graph = cg.trace(x * y)
    for edge in [("y", "f", 0), ("f", "x", 0), ("x", "g", 0)]:
        with pytest.raises(ValueError, match="no edge"):
            cg.formula(graph, *edge)


def test_a_formula_of_a_graph_labelled_by_hand_is_its_label() -> None:
    graph = nx.MultiDiGraph()
    graph.add_edge("a", "b", partial=3.0)
    assert cg.formula(graph, "a", "b") == 3.0


def test_statements_keep_names_inputs_values_and_merge_parallel_edges() -> None:
    s = cg.solve("t = x*x + x; k = 2; J = t*t*k + where(x > 0, x, 1)", at={"x": 3, "spare": 0})
    coarse = s.statements
    assert list(coarse.graph) == ["x", "spare", "t", "k", "J"]
    assert list(coarse.graph.edges(keys=True, data="partial")) == [
        ("x", "t", 0, 7.0),
        ("x", "J", 0, 1.0),
        ("t", "J", 0, 48.0),
        ("k", "J", 0, 144.0),
    ]
    assert coarse.derivatives == {name: s.derivatives[name] for name in coarse.graph}
    assert coarse.statements is coarse


def test_statements_of_an_unlabelled_graph_are_refused() -> None:
    with pytest.raises(ValueError, match="expected a linearized graph"):
        cg.statements(cg.trace(x * y))


def test_statements_in_symbols() -> None:
    coarse = cg.statements(cg.linearize(cg.trace({"t": x * x + x, "J": cg.sin(3 * x)})))
    assert value(coarse.edges["x", "t", 0]["partial"], x=5) == 11
    assert value(coarse.edges["x", "J", 0]["partial"], x=5) == pytest.approx(3 * math.cos(15))


# -- branches


def test_the_branch_not_taken_has_no_edge_no_value_and_derivative_zero() -> None:
    expression = cg.where(x > 0, cg.sqrt(x).named("root"), cg.square(y).named("square"))
    s = cg.solve(expression, at={"x": -1, "y": 3})
    assert s.values == {"x": -1.0, "y": 3.0, "v1": False, "square": 9.0, "f": 9.0}
    assert list(s.graph.edges(keys=True)) == [("y", "square", 0), ("square", "f", 2)]
    assert s.derivatives == {"f": 1.0, "square": 1.0, "root": 0.0, "v1": 0.0, "y": 6.0, "x": 0.0}
    assert "root" in s.graph
    assert cg.solve(expression, at={"x": 4, "y": 3}).gradient == {"x": 0.25, "y": 0.0}


def test_a_branch_that_is_a_literal_or_the_same_as_the_other() -> None:
    assert cg.solve(cg.where(x > 0, 1, 2), at={"x": -1}).derivatives == {"f": 1.0, "v1": 0.0, "x": 0.0}
    assert cg.solve(cg.where(x > 0, y, y), at={"x": -1, "y": 5}).gradient == {"x": 0.0, "y": 1.0}
    s = cg.solve(cg.where(x > 0, y, y), at={"x": 1, "y": 5})
    assert list(s.graph.edges(keys=True)) == [("y", "f", 1)]


def test_what_two_branches_share_is_evaluated_if_one_is_taken() -> None:
    root = cg.sqrt(x)
    s = cg.solve(cg.where(y > 0, root, 0) + cg.where(y < 0, root, 1), at={"x": 4, "y": 1})
    assert s.values["f"] == 3 and s.gradient == {"y": 0.0, "x": 0.25}
    with pytest.raises(cg.DomainError, match="sqrt"):
        cg.solve(cg.where(y > 0, root, 0), at={"x": -4, "y": 1})


def test_conditions_inside_a_branch_not_taken_are_not_evaluated() -> None:
    inner = cg.where(cg.log(x) > 0, cg.log(x), -cg.log(x))
    s = cg.solve(cg.where(x > 0, inner, 0), at={"x": -1})
    assert s.values == {"x": -1.0, "v7": False, "f": 0.0}


@given(st.sampled_from([cg.sqrt, cg.log, cg.acosh, lambda a: a**0.5, lambda a: 1 / a]), st.integers(0, 1))
def test_an_input_on_the_edge_of_a_branch(rule: Any, shift: int) -> None:
    expression = cg.where(x > 0, rule(x + shift), 0)
    assert cg.solve(expression, at={"x": 0}).gradient == {"x": 0.0}
    (warning,) = cg.solve(expression, at={"x": 0}).warnings
    assert warning.endswith("is where its cases meet: the second counts.")
    assert cg.solve(expression, at={"x": -1}).warnings == []


# -- undefined, infinite and conventional partials


def test_an_undefined_partial_stays_off_its_edge_until_a_sweep_needs_it() -> None:
    graph = cg.linearize(cg.trace(x**n), {"x": -2, "n": 3})
    assert graph.nodes["f"]["value"] == -8 and graph.edges["x", "f", 0]["partial"] == 12
    assert "partial" not in graph.edges["n", "f", 1]
    assert cg.totals(cg.forward(graph, {"x": 1.0})) == {"x": 1.0, "n": 0, "f": 12.0}
    with pytest.raises(cg.DomainError, match=r"the partial ∂f/∂n of f = x\^n does not exist at x = -2, n = 3: .*wrt"):
        cg.totals(cg.reverse(graph, {"f": 1.0}))
    with pytest.raises(cg.DomainError, match="∂f/∂n"):
        cg.solve(x**n, at={"x": -2, "n": 3})
    for direction in ("reverse", "forward"):
        s = cg.solve(x**n, at={"x": -2, "n": 3}, wrt=["x"], direction=direction)
        assert s.gradient == {"x": 12.0}
        assert s.partials == {("x", "f", 0): 12.0}
        assert s.paths("x").total == 12.0
    assert cg.value_and_gradient(x**n, "x")(-2, n=3) == (-8.0, (12.0,))
    with pytest.raises(cg.DomainError, match="∂f/∂n"):
        cg.value_and_gradient(x**n)(-2, 3)
    with pytest.raises(cg.DomainError, match="∂f/∂n"):
        cg.solve(x**n, at={"x": -2, "n": 3}, wrt=["x"]).paths("n")


def test_an_undefined_partial_inside_a_statement() -> None:
    s = cg.solve("J = 2*x^n + x", at={"x": -2, "n": 3}, wrt="x")
    assert s.statements.partials == {("x", "J", 0): 25.0}
    assert s.statements.gradient == {"x": 25.0}


@pytest.mark.parametrize(
    ("expression", "at", "sign"),
    [
        (cg.sqrt(x), 0, 1),
        (x**0.5, 0, 1),
        (cg.cbrt(x), 0, 1),
        (cg.asin(x), 1, 1),
        (cg.acos(x), 1, -1),
        (cg.asin(x), -1, 1),
        (cg.acosh(x), 1, 1),
        (-cg.sqrt(x), 0, -1),
        (x ** Fraction(1, 3), 0, 1),
    ],
)
@pytest.mark.parametrize("exact", [False, True])
def test_an_infinite_partial_is_infinite_and_warned_of(expression: Any, at: float, sign: int, exact: bool) -> None:
    s = cg.solve(expression, at={"x": at}, exact=exact)
    assert s.gradient["x"] == sign * math.inf
    assert len(s.warnings) == 1 and "∞" in s.warnings[0] and "∂" in s.warnings[0]
    if not exact:
        assert cg.value_and_gradient(expression)(at)[1] == (sign * math.inf,)


@pytest.mark.parametrize(
    ("expression", "edge"),
    [
        (0 * cg.sqrt(x), "x → v1"),
        (cg.sqrt(x * x), "x → v1"),
        (cg.square(cg.sqrt(x)), "x → v1"),
        (x * cg.sqrt(x), "x → v1"),
    ],
    ids=repr,
)
def test_zero_times_infinity_is_refused_and_its_edge_named(expression: Any, edge: str) -> None:
    for direction in ("reverse", "forward"):
        with pytest.raises(cg.DomainError, match=r"the product along the edge \w+ → \w+ is undefined: .*inf.*"):
            cg.solve(expression, at={"x": 0}, direction=direction)
    with pytest.raises(cg.DomainError, match=edge):
        cg.solve(expression, at={"x": 0})
    with pytest.raises(cg.DomainError, match=edge):
        cg.value_and_gradient(expression)(0)


def test_infinity_minus_infinity_is_refused_and_its_node_named() -> None:
    expression = cg.sqrt(x) - cg.cbrt(x)
    for direction, node in (("reverse", "x"), ("forward", "f")):
        with pytest.raises(cg.DomainError, match=f"the terms that arrive at {node} is undefined"):
            cg.solve(expression, at={"x": 0}, direction=direction)
    with pytest.raises(cg.DomainError, match="terms that arrive at x"):
        cg.value_and_gradient(expression)(0)


@pytest.mark.parametrize(
    ("expression", "at", "result"),
    [
        (cg.exp(x), {"x": 1000}, math.inf),
        (-cg.exp(x), {"x": 1000}, -math.inf),
        (x**3, {"x": -1e200}, -math.inf),
        (x * x, {"x": 1e200}, math.inf),
        (cg.sinh(x), {"x": -1000}, -math.inf),
        (x / 1e-300, {"x": 1e300}, math.inf),
    ],
    ids=repr,
)
def test_overflow_is_infinite_and_warned_of_once(expression: Any, at: dict[str, float], result: float) -> None:
    graph = cg.linearize(cg.trace(expression), at)
    assert graph.nodes["f"]["value"] == result
    assert len([w for w in graph.graph["warnings"] if "overflows" in w]) == 1


KINKS = [
    (cg.abs(x), 0.0),
    (cg.relu(x), 0.0),
    (cg.sign(x), 0.0),
    (cg.leaky_relu(x), 0.01),
    (cg.leaky_relu(x, 0.2), 0.2),
    (cg.prelu(x, 0.25), 0.25),
    (cg.elu(x, 1.5), 1.5),
    (cg.max(x, 0), 0.5),
    (cg.min(0, x), 0.5),
    (cg.max(x, 0, 0), 1 / 3),
]


@pytest.mark.parametrize(("expression", "derivative"), KINKS, ids=repr)
@pytest.mark.parametrize("exact", [False, True])
def test_kinks_follow_one_policy_and_are_warned_of(expression: Any, derivative: float, exact: bool) -> None:
    s = cg.solve(expression, at={"x": 0}, exact=exact)
    assert s.gradient["x"] == pytest.approx(derivative)
    assert len(s.warnings) == 1 and "kink" in s.warnings[0] and s.warnings[0].startswith("f = ")
    beside = cg.solve(expression, at={"x": 0.5}, exact=exact)
    assert beside.warnings == []
    symbolic = cg.solve(expression).gradient["x"]
    assert cg.solve({"d": symbolic}, at={"x": 0}).values["d"] == pytest.approx(derivative)
    assert cg.value_and_gradient(expression)(0)[1] == (pytest.approx(derivative),)


def test_kinks_whose_branches_meet_smoothly_are_silent() -> None:
    for expression in (cg.elu(x), cg.leaky_relu(x, 1), cg.prelu(x, 1.0)):
        s = cg.solve(expression, at={"x": 0})
        assert s.warnings == [] and s.gradient["x"] == 1


# -- graphs labelled by hand


def test_nodes_may_be_anything_and_stand_in_any_order() -> None:
    graph = nx.MultiDiGraph()
    top, middle, bottom = ("J", 1), frozenset({"t"}), 7
    graph.add_nodes_from([top, "alone", middle, bottom])
    graph.add_edge(middle, top, partial=2.0)
    graph.add_edge(middle, top, key="second", partial=3.0)
    graph.add_edge(bottom, middle, partial=10.0)
    steps = list(cg.reverse(graph, {top: 1.0}))
    assert [step.node for step in steps] == [top, middle, bottom, "alone"]
    assert cg.totals(steps) == {top: 1.0, middle: 5.0, bottom: 50.0, "alone": 0}
    assert cg.totals(cg.forward(graph, {bottom: 1.0}))[top] == 50.0
    assert [path.product for path in cg.paths(graph, bottom, top).paths] == [20.0, 30.0]
    assert [term.key for term in next(s for s in steps if s.node == middle).terms] == [0, "second"]


def test_a_diamond_is_not_counted_twice() -> None:
    graph = nx.MultiDiGraph()
    for tail, head in [("x", "a"), ("a", "c"), ("x", "c"), ("c", "d"), ("x", "d")]:
        graph.add_edge(tail, head, partial=1.0)
    assert cg.totals(cg.forward(graph, {"x": 1.0}))["d"] == 3.0 == cg.totals(cg.reverse(graph, {"d": 1.0}))["x"]
    assert len(list(cg.reverse(graph, {"d": 1.0}))) == len(graph)


@pytest.mark.parametrize("edges", [[("a", "b"), ("b", "c"), ("c", "a"), ("x", "a")], [("a", "a")]])
def test_a_cycle_is_refused_and_listed(edges: list[tuple[str, str]]) -> None:
    graph = nx.MultiDiGraph()
    for tail, head in edges:
        graph.add_edge(tail, head, partial=0.5)
    for question in (
        lambda: cg.forward(graph, {"a": 1}),
        lambda: cg.reverse(graph, {"a": 1}),
        lambda: cg.paths(graph, "a", "a"),
    ):
        with pytest.raises(ValueError, match=r"the graph has a cycle: expected an acyclic graph, got .*a → ") as caught:
            question()
        nodes = str(caught.value).split("got ")[1].split(". ")[0].split(" → ")
        assert nodes[0] == nodes[-1]
        assert all(pair in edges for pair in itertools.pairwise(nodes))


def test_a_missing_label_is_an_error_that_names_the_edge() -> None:
    graph = nx.MultiDiGraph([("a", "b")])
    for question in (
        lambda: cg.totals(cg.forward(graph, {"a": 1})),
        lambda: cg.totals(cg.reverse(graph, {"b": 1})),
        lambda: cg.paths(graph, "a", "b"),
    ):
        with pytest.raises(
            ValueError, match=r"the edge a → b \(key 0\) has no label: expected an edge attribute 'partial'"
        ):
            question()
    assert cg.totals(cg.forward(graph, {"b": 1})) == {"a": 0, "b": 1}  # not reached, not needed


def test_a_seed_or_an_end_that_is_no_node_is_refused() -> None:
    graph = nx.MultiDiGraph([("a", "b")])
    with pytest.raises(ValueError, match="no node 'z' to seed: expected one of a, b"):
        cg.forward(graph, {"z": 1})
    with pytest.raises(ValueError, match="no node 'z': expected one of a, b"):
        cg.paths(graph, "a", "z")


@pytest.mark.parametrize("kind", [nx.DiGraph, nx.Graph, nx.MultiGraph])
def test_graphs_that_lose_parallel_edges_or_directions_are_refused(kind: Any) -> None:
    with pytest.raises(TypeError, match=f"expected a networkx.MultiDiGraph, got {kind.__name__}"):
        cg.forward(kind([("a", "b")]), {"a": 1})


def test_views_of_a_graph_work() -> None:
    s = cg.solve(cg.sin(x * y) + x, at={"x": 1, "y": 2})
    view = s.graph.subgraph(["x", "v1", "v2", "f"])
    assert cg.totals(cg.reverse(view, {"f": 1.0}))["x"] == s.gradient["x"]
    transposed = nx.MultiDiGraph(s.graph).reverse()
    assert cg.totals(cg.forward(transposed, {"f": 1.0})) == s.derivatives


def test_seeds_may_be_several() -> None:
    s = cg.solve({"a": x * y, "b": x + y}, at={"x": 2, "y": 5}, of=["a", "b"])
    both = cg.totals(cg.reverse(s.graph, {"a": 10.0, "b": 100.0}))
    assert (both["x"], both["y"]) == (150.0, 120.0)


# -- functions of one's own


def test_numbers_of_numpy_become_pythons() -> None:
    row = cg.Primitive("row", lambda a: np.sin(float(a)), lambda b, a: np.cos(float(a)))
    for exact in (False, True):
        s = cg.solve(row(x) * 2, at={"x": 1}, exact=exact)
        assert {type(number) for number in (*s.values.values(), *s.partials.values(), *s.derivatives.values())} <= {
            float,
            Fraction,
        }


@pytest.mark.parametrize("wrong", [None, np.ones(2), 1j], ids=repr)
def test_what_a_function_of_ones_own_returns_has_to_be_a_number(wrong: Any) -> None:
    for row in (cg.Primitive("row", lambda a: wrong, 1), cg.Primitive("row", lambda a: a, lambda b, a: wrong)):
        with pytest.raises((TypeError, ValueError), match=r"expected a number|ambiguous"):
            cg.solve(row(x), at={"x": 1})


@pytest.mark.parametrize("expression", [x, x * 2, cg.where(x > 0, x, 0)], ids=repr)
def test_an_input_beyond_the_floats_is_infinite_and_warned_of(expression: Any) -> None:
    s = cg.solve(expression, at={"x": 10**400})
    assert s.values["x"] == math.inf and any("beyond the floats" in warning for warning in s.warnings)
    assert cg.solve(expression, at={"x": math.inf}).warnings == []

"""Levels of detail: whatever is eliminated, what is left has the numbers that it had, in every semiring."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import compgraph as cg
from compgraph.propagation import forward, reverse, totals
from tests.strategies import Sample, expressions, multigraphs

x, y = cg.Variable("x"), cg.Variable("y")


def as_elements(semiring: cg.Semiring) -> cg.Semiring:
    """The semiring of labels that are elements already."""
    return semiring._replace(lift=lambda element: element)


# -- the law


@given(multigraphs(lambda number, tail, head: st.just(f"e{number}")), st.data())
def test_what_is_left_has_the_totals_that_it_had(graph: nx.MultiDiGraph, data: st.DataObject) -> None:
    """Over the free semiring, so over all of them; forward and reverse, from any seed that is left."""
    kept = data.draw(st.sets(st.sampled_from(list(graph)), min_size=1))
    seed = data.draw(st.sampled_from(sorted(kept, key=str)))
    coarse = cg.among(graph, kept, semiring=cg.FREE)
    assert set(coarse) == kept and all(key == 0 for *_, key in coarse.edges(keys=True))
    for sweep in (forward, reverse):
        whole = totals(sweep(graph, {seed: 1}, cg.FREE))
        left = totals(sweep(coarse, {seed: 1}, as_elements(cg.FREE)))
        assert left == {node: whole[node] for node in left}


@given(multigraphs(lambda number, tail, head: st.just(f"e{number}")), st.data())
def test_what_others_use_stays(graph: nx.MultiDiGraph, data: st.DataObject) -> None:
    some = st.lists(st.sampled_from(list(graph)), unique=True)
    groups = {"a": data.draw(some), "b": data.draw(some)}
    left = cg.fold(graph, groups, semiring=cg.FREE)
    for node in graph:
        within = [group for group in groups.values() if node in group and graph._succ[node].keys() <= set(group)]
        assert (node in left) == (not within or not graph._succ[node])
    assert nx.utils.graphs_equal(left, cg.among(graph, left, semiring=cg.FREE))


@given(
    multigraphs(lambda number, tail, head: st.builds(lambda seed: _matrix(tail, head, seed), st.integers(0, 99))),
    st.data(),
)
def test_matrices_are_joined_in_their_order(graph: nx.MultiDiGraph, data: st.DataObject) -> None:
    kept = data.draw(st.sets(st.sampled_from(list(graph)), min_size=1))
    seed = data.draw(st.sampled_from(sorted(kept, key=str)))
    start = np.ones(1 + graph.nodes[seed]["place"])
    coarse = cg.among(graph, kept, semiring=cg.MATRIX)
    whole = totals(forward(graph, {seed: start}, cg.MATRIX))
    for node, total in totals(forward(coarse, {seed: start}, cg.MATRIX)).items():
        assert np.allclose(total, whole[node])


def _matrix(tail: int, head: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(-3, 4, (head + 1, tail + 1)).astype(float)


@given(expressions(), st.data())
def test_a_solution_keeps_values_and_derivatives(sample: Sample, data: st.DataObject) -> None:
    direction = data.draw(st.sampled_from(["reverse", "forward"]))
    wrt = data.draw(st.sampled_from([None, sorted(sample.point)[0]]))
    s = cg.solve({"J": sample.expression}, sample.point, direction=direction, wrt=wrt)
    nodes = data.draw(st.sets(st.sampled_from(list(s.graph))))
    for left in (s.among(nodes), s.folded({"a": nodes}), s.around(data.draw(st.sampled_from(sorted(s.graph))))):
        assert left.values == {node: s.values[node] for node in left.graph if node in s.values}
        for seed in left.seeds:
            mine, whole = left.sweep(seed).derivatives, s.sweep(seed).derivatives
            assert mine == {node: pytest.approx(whole[node], rel=1e-9, abs=1e-12) for node in mine}
            assert {node for node in left.graph if node in whole} == mine.keys()


# -- groups and their names


def network() -> cg.Solution:
    """Two layers of scalars, with their parameters in their scopes."""
    at = {"x": 0.5, "target": 1.0}
    signal: cg.Expression = x
    for k in (1, 2):
        w, b = cg.Variable(f"net.layer{k}.w"), cg.Variable(f"net.layer{k}.b")
        at |= {f"net.layer{k}.w": 1.5 - k, f"net.layer{k}.b": 0.25 * k}
        z = (w * signal + b).named(f"net.layer{k}.z")
        signal = cg.tanh(z).named(f"net.layer{k}.a")
    return cg.solve({"J": (signal - cg.Variable("target")) ** 2}, at)


def test_scopes_are_the_names_before_dots_and_slashes() -> None:
    found = cg.scopes(network().graph)
    assert list(found) == ["net", "net.layer1", "net.layer2"]
    assert found["net.layer1"] == ["net.layer1.w", "net.layer1.b", "v1", "net.layer1.z", "net.layer1.a"]
    assert set(found["net"]) == {*found["net.layer1"], *found["net.layer2"]}


@pytest.mark.parametrize(
    ("name", "scopes"),
    [
        ("layer1.z", ["layer1"]),
        ("net/layer1/z", ["net", "net/layer1"]),
        ("blocks.0.w", ["blocks", "blocks.0"]),
        ("c.1", []),
        ("layer.c.1", ["layer"]),
        ("c", []),
        (".hidden", []),
        ("end.", []),
    ],
)
def test_the_scopes_of_a_name(name: str, scopes: list[str]) -> None:
    graph = nx.MultiDiGraph([(0, name)])
    assert cg.scopes(graph) == {scope: [name] for scope in scopes}


def test_an_operation_without_a_name_is_where_all_that_use_it_are() -> None:
    graph = cg.trace({"a.s": cg.sin(shared := x * 2), "a.t": cg.cos(shared), "b.t": cg.exp(y * 2) + y * 3, "J": shared})
    found = cg.scopes(graph)
    assert found["a"] == ["a.s", "a.t"]  # J uses it as well
    assert len(found["b"]) == 4 and found["b"][-1] == "b.t"


def test_layers_fold_and_their_parameters_leave_with_them() -> None:
    s = network()
    layers = s.folded(["net.layer1", "net.layer2"])
    assert [n for n in layers.graph if not n.startswith("v")] == ["x", "target", "net.layer1.a", "net.layer2.a", "J"]
    assert layers.inputs == ("x", "target") and layers.gradient["x"] == pytest.approx(s.gradient["x"])
    assert list(s.folded("net").graph)[:3] == list(s.folded().graph)[:3] == ["x", "target", "net.layer2.a"]
    assert s.folded("net").partials["x", "net.layer2.a", 0] == pytest.approx(s.paths("x", "net.layer2.a").total)
    text = str(cg.formula(layers.graph, "x", "net.layer1.a"))
    assert text == "(1 − net.layer1.a²)·0.5"  # an input that left is the number that it is


def test_a_condition_leaves_with_what_it_decides() -> None:
    s = cg.solve({"J": cg.where(x > 0, x * y, y).named("g.t") * 2}, {"x": 1, "y": 2})
    assert list(s.folded().graph) == ["x", "y", "g.t", "J"]
    assert s.folded().derivatives == {"J": 1.0, "g.t": 2.0, "y": 2.0, "x": 4.0}


def test_folded_in_symbols_over_counts_and_with_arrays() -> None:
    symbols = cg.solve({"J": cg.sin(x**2).named("a.t") + x}, None).folded()
    assert str(symbols.partials["x", "a.t", 0]) == "cos(x²)·(2·x)"
    assert set(cg.solve({"J": (y * x).named("a.t") + x}, None).folded({"a": ["a.t", "y"]}).graph) == {
        "x",
        "y",
        "a.t",
        "J",
    }
    count = cg.solve("f = x*y + 2x + x*x", {"x": 2, "y": 3}).over(cg.COUNT)
    assert count.among(["x"]).partials == {("x", "f", 0): 4} and count.among(["x"]).derivatives["x"] == 4
    W, v = cg.Variable("l.W"), cg.Variable("v")
    s = cg.solve({"J": np.sum(cg.tanh((W @ v).named("l.z")).named("l.h") * 2)}, {"l.W": [[1, 2], [3, 4]], "v": [5, 6]})
    left = s.folded()
    assert "l.W" not in left.graph and isinstance(left.partials["v", "l.h", 0], cg.LinearMap)
    assert np.allclose(left.derivatives["v"], s.derivatives["v"])


def test_constants_whose_partial_does_not_exist_are_no_obstacle() -> None:
    s = cg.solve("n = 2; t = x^n; J = t + 1", {"x": -3})
    assert s.folded({"g": ["n", "t"]}).gradient == s.among(["x"]).gradient == s.gradient == {"x": -6.0}


def test_a_chain_of_thirty_thousand() -> None:
    graph = nx.MultiDiGraph()
    graph.add_edges_from((k, k + 1, 0, {"partial": 1.0}) for k in range(30_000))
    assert list(cg.among(graph, [0, 30_000]).edges(data="partial")) == [(0, 30_000, 1.0)]
    assert cg.scopes(graph) == {}


# -- views


def test_a_part_is_what_lies_between() -> None:
    s = cg.solve("t = x*y; u = y^2; v = t + u; J = v*u", {"x": 2, "y": 3})
    assert set(s.part(of="v").graph) == {"x", "y", "t", "u", "v"} and s.part(of="v").outputs == ("v",)
    assert s.part(of="v").gradient == cg.solve("t = x*y; u = y^2; v = t + u", {"x": 2, "y": 3}).gradient
    assert set(s.part(wrt="t").graph) == {"t", "v", "J"} and s.part(wrt="t").inputs == ("t",)
    assert s.part(wrt="t").gradient == {"t": s.derivatives["t"]}
    assert s.part(of=["t", "u"], wrt="y").jacobian == {("t", "y"): 2.0, ("u", "y"): 6.0}


def test_around_is_near_and_its_numbers_are_those_of_the_whole() -> None:
    s = network()
    near = s.around("net.layer1.z", 1)
    assert set(near.graph) == {"net.layer1.z", "net.layer1.b", "net.layer1.a", "v1", "J"}
    assert set(s.around("net.layer1.z", 0).graph) == {"net.layer1.z", "J"}
    assert set(s.around("net.layer1.z", 99).graph) == set(s.graph)


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda s: s.folded("nett"), "no scope 'nett': expected one of net, net.layer1"),
        (lambda s: s.folded({"g": ["zz"]}), "group g: no node 'zz': expected nodes of the graph"),
        (lambda s: s.around("net.layer1.q"), r"no node 'net\.layer1\.q': expected a node .* Did you mean net\.layer1"),
        (lambda s: s.part(of="x", wrt="J"), "nothing lies between J and x: expected the second to be made from"),
        (lambda s: s.part(of="J").part(of="x").folded(), "nothing to fold: expected nodes with names such as"),
        (lambda s: cg.among(s.graph, ["nowhere"]), "no node 'nowhere': expected a node of the graph"),
    ],
)
def test_what_is_not_there_is_said(ask: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ask(network())


# -- what else can be asked of what is left


@pytest.mark.parametrize(
    "left",
    [
        network().folded(),
        network().statements.folded(["net.layer1"]).folded(["net.layer2"]),
        network().around("net.layer1.z"),
        network().part(of="net.layer2.a"),
        network().among(["x", "net.layer1.a"]),
        cg.solve("t = x*y; u = sin(t) + t^2; J = u*t", {"x": 2, "y": 0.5}).folded({"g": ["x", "t"]}),
        cg.solve({"J": np.sum(cg.tanh((cg.Variable("l.W") @ x).named("l.z")).named("l.h"))},
                 {"l.W": [[1, 2], [3, 4]], "x": [0.5, 0.25]}).folded(),
    ],
    ids=["folded", "folded twice", "around", "part", "among", "text", "arrays"],
)  # fmt: skip
def test_it_is_a_solution_like_any_other(left: cg.Solution) -> None:
    assert left.statements is left and str(left.table()) and str(left.derivation()) and left.film().captions
    plain = left.to_dict()
    assert [one["name"] if "name" in one else one["tail"] for one in plain["partials"]] == [
        t for t, _, _ in left.partials
    ]
    program = left.program()
    value, derivatives = program.compile()(*[left.values[name] for name in program.inputs])
    assert np.allclose(value, left.values[left.outputs[0]])
    for name, derivative in zip(program.inputs, derivatives, strict=True):
        assert np.allclose(derivative, left.gradient[name])
        total = left.paths(name).total
        assert np.allclose(total.matrix() if isinstance(total, cg.LinearMap) else total, left.gradient[name])

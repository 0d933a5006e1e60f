"""Saved and loaded: nothing is lost, networkx reads it too, and text from a stranger does no more than raise."""

from __future__ import annotations

import inspect
import json
import math
import os
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import compgraph as cg
from compgraph.interop import networkx as bridge
from tests.strategies import Guarded, Sample, expressions, guarded, multigraphs

Format = tuple[Callable[..., str], Callable[..., Any]]

FORMATS: list[Format] = [(bridge.to_json, bridge.from_json), (bridge.to_graphml, bridge.from_graphml)]
both = pytest.mark.parametrize("form", FORMATS, ids=["json", "graphml"])

#: What networkx calls the list of edges, which it did differently before 3.4.
EDGES = {"edges" if "edges" in inspect.signature(nx.node_link_graph).parameters else "link": "edges"}

EXAMPLE = "t = x^2; u1 = sin(t); u2 = 3t; u = u1 + u2; J = cos(u)"
SOFTSIGN = cg.Primitive("softsign", lambda x: x / (1 + abs(x)), lambda y, x: 1 / (1 + abs(x)) ** 2)


def contents(graph: nx.MultiDiGraph) -> list[str]:
    """Everything in a graph, kinds of numbers and the order of neighbours included."""
    inner = graph.graph.get("operations")
    attributes = {key: value for key, value in graph.graph.items() if key != "operations"}
    return [
        repr(attributes),
        repr(list(graph.nodes(data=True))),
        repr([(node, list(after.items())) for node, after in graph.succ.items()]),
        repr([(node, list(before)) for node, before in graph.pred.items()]),
        *(contents(inner) if inner is not None else []),
    ]


def again(thing: Any, form: Format, **options: Any) -> Any:
    write, read = form
    text = write(thing, **options)
    loaded = read(text, **options)
    assert write(loaded, **options) == text  # the same bytes on every run
    return loaded


def assert_same(found: cg.Solution, s: cg.Solution) -> None:
    assert contents(found.graph) == contents(s.graph)
    assert (found.outputs, found.inputs, found.direction, found.cost) == (s.outputs, s.inputs, s.direction, s.cost)
    assert repr(found.values) == repr(s.values) and repr(found.partials) == repr(s.partials)
    assert repr(found.jacobian) == repr(s.jacobian) and found.warnings == s.warnings
    for seed in s.seeds:
        one, other = s.sweep(seed), found.sweep(seed)
        assert repr(list(other.steps)) == repr(list(one.steps)) and repr(other.derivatives) == repr(one.derivatives)
        assert str(other.table()) == str(one.table())


def by_hand(**attributes: Any) -> nx.MultiDiGraph:
    graph = nx.MultiDiGraph()
    graph.add_node("a", **attributes)
    return graph


# -- nothing is lost


@both
@given(sample=expressions(named=True), direction=st.sampled_from(["reverse", "forward"]))
@settings(max_examples=40)
def test_a_solution_comes_back(form: Format, sample: Sample, direction: str) -> None:
    outputs = dict(zip("pq", (sample.parts * 2)[:2], strict=True))
    s = cg.solve(outputs, at=sample.point, of=["p", "q"], direction=direction)
    assert_same(again(s, form), s)


@both
@given(sample=guarded())
@settings(max_examples=25)
def test_branches_and_undefined_partials_come_back(form: Format, sample: Guarded) -> None:
    s = cg.solve(sample.expression, at=sample.point)
    assert_same(again(s, form), s)


@both
def test_every_golden_case_comes_back(form: Format, golden_cases: dict[str, Any]) -> None:
    for case in golden_cases.values():
        if case["kind"] == "explicit":
            s = cg.solve("\n".join(case["assignments"]), at=case["inputs"], of=case["outputs"], exact=True)
            assert_same(again(s, form), s)
            assert_same(again(s.statements, form), s.statements)


@both
@given(
    graph=multigraphs(
        lambda *_: st.one_of(
            st.floats(), st.integers(), st.fractions(), st.just(np.eye(2)), st.text(max_size=4), st.none()
        )
    )
)
def test_a_graph_labelled_by_hand_comes_back(form: Format, graph: nx.MultiDiGraph) -> None:
    assert contents(again(graph, form)) == contents(cg.Graph(graph) if not len(graph) else graph)


@both
def test_every_kind_of_value_keeps_its_kind(form: Format) -> None:
    graph = nx.MultiDiGraph(title="#1/3", note="two\nlines\t\x00 ", count=3)
    values = [
        1, 1.0, True, None, -0.0, math.inf, -math.inf, math.nan, Fraction(2), Fraction(-1, 3), 10**30, 3**7_000,
        Fraction(3**7_000, 2**12_000), 1 + 2j, "", "#", "##", "#inf", "#1", "1", "true", "\ud800", [1, (2.0, [])],
        {"a": (1,), 2: "b"}, np.arange(6).reshape(2, 3), np.float32([0.5, math.inf]), np.zeros((0, 2)),
        np.array([Fraction(1, 2), 3], dtype=object), cg.Variable("x") ** Fraction(1, 3),
    ]  # fmt: skip
    for place, value in enumerate(values):
        graph.add_edge("a", "b", place, partial=value)
    for key in ["#a", '"', "1", 1, 2.5, math.inf, Fraction(1, 3), ("p", (1, None)), "\x00", " ", "<&>", "é\u2028"]:
        graph.add_node(key, **{"#1": 1, "<": 2, "\x00": 3})
        graph.add_edge("a", key, key, partial=1.0)
    found = again(graph, form)
    assert contents(found) == contents(graph)
    assert [type(data["partial"]) for _, _, data in found.edges(data=True)] == [
        type(data["partial"]) for _, _, data in graph.edges(data=True)
    ]


@both
def test_literals_keep_their_kind(form: Format) -> None:
    x = cg.Variable("#x")
    f = (x * Fraction(1, 3) + 2 + 2.0) * math.inf - 3**7_000
    graph = again(cg.trace({"#f": f, "g": x - math.nan}), form)
    literals = [repr(a) for _, data in graph.nodes(data=True) for a in data["arguments"] if not isinstance(a, str)]
    assert literals == ["Fraction(1, 3)", "2", "2.0", "inf", str(3**7_000), "nan"]


@both
def test_symbols_come_back_with_what_they_share(form: Format) -> None:
    x = f = cg.Variable("x")
    for _ in range(60):
        f = f * f + 1
    s = cg.solve({"f": f})
    found = again(s, form)
    assert cg.expression_size(found.gradient["x"]) == cg.expression_size(s.gradient["x"])
    assert repr(cg.gradient(x**3, wrt="x")["x"]) == repr(again(cg.solve(x**3), form).gradient["x"])


@both
@pytest.mark.parametrize("semiring", [cg.COUNT, cg.MAX_PRODUCT, cg.FREE, cg.ENTROPY, cg.SIGN_LOG])
def test_other_semirings_come_back(form: Format, semiring: cg.Semiring) -> None:
    s = cg.solve(EXAMPLE, at={"x": 2}).over(semiring)
    assert_same(again(s, form), s)


def test_a_semiring_of_ones_own_is_refused() -> None:
    s = cg.solve(EXAMPLE, at={"x": 2}).over(cg.k_best(2))
    with pytest.raises(ValueError, match=r"k_best\(2\) cannot be saved: expected one of .*REAL.* ask \.over"):
        bridge.to_json(s)


@both
def test_own_primitives_go_by_name(form: Format) -> None:
    write, read = form
    s = cg.solve("f = soft(x)*x", at={"x": 2}, functions={"soft": SOFTSIGN})
    with pytest.raises(ValueError, match=r"got softsign.*functions=\{'softsign': softsign\}"):
        write(s)
    text = write(s, functions={"soft": SOFTSIGN})
    assert_same(read(text, functions={"soft": SOFTSIGN}), s)
    with pytest.raises(ValueError, match=r"uses soft, which is no function of the library.*got none"):
        read(text)
    symbols = cg.solve("f = soft(x)*x", functions={"soft": SOFTSIGN})
    assert repr(again(symbols, form, functions={"#1": SOFTSIGN}).gradient) == repr(symbols.gradient)
    both_named = cg.trace({"f": SOFTSIGN(cg.tanh(cg.Variable("x")))})
    with pytest.raises(ValueError, match="got tanh, and the graph has both"):
        write(both_named, functions={"tanh": SOFTSIGN})


@both
def test_large_graphs(form: Format) -> None:
    f = cg.Variable("x")
    for _ in range(3_000):
        f = cg.sin(f)
    s = cg.solve(f, at={"x": 1})
    found = form[1](form[0](s))
    assert found.derivatives == s.derivatives


@pytest.mark.parametrize(
    ("thing", "error", "message"),
    [
        (nx.DiGraph([(1, 2)]), TypeError, r"expected a networkx\.MultiDiGraph, got DiGraph"),
        ("f = x", TypeError, "got str"),
        (nx.MultiDiGraph([(1, frozenset())]), ValueError, "got frozenset.*relabel_nodes"),
        (nx.MultiDiGraph([(1, 2, 0, {"key": 1})]), ValueError, "attribute 'key' cannot be saved"),
        (nx.MultiDiGraph([(1, 2, 0, {"partial": object()})]), ValueError, "edge 1 → 2, partial: expected numbers"),
        (by_hand(primitive="add"), TypeError, "expected a Primitive, got 'add'"),
        (nx.MultiDiGraph(inputs=["x"]), ValueError, "inputs: expected nodes of the graph"),
    ],
)
def test_what_cannot_be_kept_is_named(thing: Any, error: type[Exception], message: str) -> None:
    for write, _ in FORMATS:
        with pytest.raises(error, match=message):
            write(thing)


@both
def test_what_was_limited_is_limited_again(form: Format) -> None:
    s = cg.solve("n = 2; f = x^n*y", at={"x": -3, "y": 2}, wrt="x")
    assert_same(again(s, form), s)
    for direction in ("reverse", "forward"):
        s = cg.solve("p = x*y; q = p + log(y)", at={"x": 1, "y": "2/3"}, of=["p", "q"], wrt="x", direction=direction)
        assert_same(again(s, form), s)


def test_arrays_are_refused() -> None:
    s = cg.solve(cg.sin(cg.Variable("x", shape=(2,))), at={"x": np.ones(2)})
    with pytest.raises(ValueError, match="a Solution with arrays cannot be saved"):
        bridge.to_json(s)
    with pytest.raises(ValueError, match="expected an expression of numbers, got one of arrays"):
        bridge.to_json(nx.MultiDiGraph([(1, 2, 0, {"partial": cg.Variable("x", shape=(2,))})]))


# -- networkx reads it


def test_networkx_reads_the_labels() -> None:
    s = cg.solve("f = x*x + y", at={"x": 3, "y": 1})
    as_json = nx.node_link_graph(json.loads(bridge.to_json(s)), **EDGES)
    as_xml = nx.parse_graphml(bridge.to_graphml(s), force_multigraph=True)
    expected = {(*edge, partial) for *edge, partial in s.graph.edges(keys=True, data="partial")}
    for graph in (as_json, as_xml):
        assert isinstance(graph, nx.MultiDiGraph)
        assert {(*edge, partial) for *edge, partial in graph.edges(keys=True, data="partial")} == expected
        assert dict(graph.nodes(data="value")) == s.values
        assert cg.totals(cg.reverse(graph, {"f": 1.0})) == s.derivatives
    hand = nx.MultiDiGraph([((0, "a"), 1, 0, {"partial": 2.0})])
    assert list(nx.node_link_graph(json.loads(bridge.to_json(hand)), **EDGES).edges(data="partial")) == [
        ((0, "a"), 1, 2.0)
    ]


# -- files


def test_files(tmp_path: Path) -> None:
    s = cg.solve(EXAMPLE, at={"x": 2})
    for name in ("s.json", "s.graphml"):
        path = bridge.save(s, tmp_path / name)
        assert_same(bridge.load(path), s)
        before = path.read_bytes()
        with pytest.raises(ValueError, match="softsign"):
            bridge.save(cg.trace(SOFTSIGN(cg.Variable("x"))), path)
        assert path.read_bytes() == before
    assert sorted(os.listdir(tmp_path)) == ["s.graphml", "s.json"]
    with pytest.raises(ValueError, match=r"s\.pickle: expected a file \.json or \.graphml, got pickle"):
        bridge.save(s, tmp_path / "s.pickle")
    with pytest.raises(FileNotFoundError):
        bridge.load(tmp_path / "none.json")
    (tmp_path / "s.json").write_bytes(b"\xff\xfe")
    with pytest.raises(ValueError, match="expected UTF-8"):
        bridge.load(tmp_path / "s.json")


# -- text from a stranger


def changed(*places: Any, to: Any) -> str:
    """The saved example with one entry changed, or removed."""
    data = json.loads(bridge.to_json(cg.solve("f = x*x + y", at={"x": 3, "y": 1})))
    inner = data
    for place in places[:-1]:
        inner = inner[place]
    if to is None:
        del inner[places[-1]]
    else:
        inner[places[-1]] = to(inner[places[-1]]) if callable(to) else to
    return json.dumps(data)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected JSON"),
        ("[" * 100_000, "expected JSON"),
        ("{}", "schema: expected compgraph-graph/1, got None"),
        ('{"schema": "compgraph-graph/1", "schema": "compgraph-graph/1"}', "a name occurs twice"),
        (changed("schema", to="compgraph-graph/2"), "expected compgraph-graph/1, got 'compgraph-graph/2'"),
        (changed("directed", to=False), "directed, multigraph: expected both true"),
        (changed("nodes", to=None), "nodes: expected a list"),
        (changed("nodes", to=lambda nodes: [*nodes, nodes[0]]), "number 4: expected a node that is not there yet"),
        (changed("edges", to=lambda edges: [*edges, edges[0]]), "expected an edge that is not there yet"),
        (changed("edges", 0, "source", to="z"), "expected an edge between nodes of the graph"),
        (changed("edges", 0, "key", to=7), "edge 'x' → 'v1': expected an argument of v1 by its position, got 7"),
        (changed("edges", 0, "partial", to="text"), "labels that .* adds and multiplies"),
        (changed("nodes", 2, "primitive", to="__import__"), "expected the name of a function"),
        (changed("nodes", 2, "primitive", to="tanh"), "expected 1 argument of tanh, got 2"),
        (changed("nodes", 2, "arguments", to=["x", "f"]), "expected arguments before results, got '.* → .*'"),
        (changed("nodes", 2, "arguments", to=["x", "z"]), "expected nodes of the graph as arguments, got 'z'"),
        (changed("nodes", 2, "arguments", to=["x", None]), "expected a number"),
        (changed("nodes", 2, "value", to="#1/0"), "expected a mark"),
        (changed("nodes", 2, "value", to="#@0"), "expected one of 0 rows of the listing"),
        (changed("nodes", 2, "value", to={"pickle": "gASV"}), "expected a value"),
        (changed("nodes", 2, "value", to={"array": [1], "shape": [10**12], "dtype": "<f8"}), "an array of 1 entries"),
        (changed("nodes", 2, "value", to={"array": [1], "shape": [1], "dtype": "<U99999999"}), "an array of 1 entries"),
        (changed("nodes", 2, "value", to=f"#0x{'f' * 200_000}"), "expected a mark"),
        (changed("nodes", 2, "name", to=3), "expected arguments and a name"),
        (changed("nodes", 0, "id", to={}), "expected"),
        (changed("graph", "outputs", to=["z"]), "outputs: expected nodes of the graph"),
        (changed("graph", "warnings", to=[3]), "warnings: expected a list of text"),
        (changed("solution", "outputs", to=["z"]), "solution: expected direction, outputs"),
        (changed("solution", "semiring", to="MINE"), "solution: expected direction, outputs"),
        (changed("nodes", 2, "value", to=10**4_000).replace("0" * 4_000, "0" * 5_000), "expected JSON"),
        ('{"schema": "compgraph-graph/1", "directed": NaN}', "NaN is no number of JSON"),
    ],
)  # fmt: skip
def test_malformed_json_is_one_error(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        bridge.from_json(text)


def doublings(semiring: str, label: Any) -> str:
    """A graph of 60 doublings, and a Solution of it."""
    graph = nx.MultiDiGraph([(f"n{i}", f"n{i + 1}", key, {"partial": 1}) for i in range(60) for key in (0, 1)])
    data = json.loads(bridge.to_json(graph))
    for edge in data["edges"]:
        edge["partial"] = label
    asked = {"direction": "reverse", "outputs": ["n60"], "inputs": ["n0"], "semiring": semiring, "limited": False}
    return json.dumps({**data, "solution": asked})


def test_answers_that_would_take_ages_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match=f"at most 1000000 paths, got {2**60}"):
        bridge.from_json(doublings("FREE", 1))
    assert bridge.from_json(doublings("COUNT", 1)).gradient == {"n0": 2**60}
    with pytest.raises(ValueError, match="at most 2000000 bits of exact labels along a path, got 23"):
        bridge.from_json(doublings("REAL(Fraction)", f"#0x{'f' * 9_999}/0x3"))
    monkeypatch.setattr(bridge, "MOST", 100)
    with pytest.raises(ValueError, match="the text: expected at most 100 characters"):
        bridge.from_json(" " * 101)


BOMB = '<!DOCTYPE b [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><graphml>&b;</graphml>'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected GraphML"),
        ("<graphml>", "expected GraphML"),
        ("<graphml/>", "expected one graph within <graphml>, got '<graphml> with 0'"),
        ("<graphml>\ud800</graphml>", "expected GraphML"),
        ("<svg><graph/></svg>", "expected one graph"),
        ("<graphml><graph edgedefault='directed'/></graphml>", "schema: expected compgraph-graph/1, got None"),
        (BOMB, "expected GraphML without a document type"),
        ("<graphml>" + "<a>" * 100_000 + "</a>" * 100_000 + "</graphml>", "expected one graph"),
    ],
)
def test_malformed_graphml_is_one_error(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        bridge.from_graphml(text)


SAVED = [
    (form, form[0](thing))
    for form in FORMATS
    for thing in (
        cg.solve("f = x*x/3 + y", at={"x": 3, "y": "1/7"}, exact=True),
        cg.solve("f = where(x > 0, x^y, 2)"),
        cg.solve("t = 3x; f = t*x", at={"x": 1}).statements,
    )
]


@given(st.sampled_from(SAVED), st.data())
@settings(max_examples=400)
def test_damaged_text_raises_nothing_but_value_errors(saved: tuple[Format, str], data: st.DataObject) -> None:
    (_, read), text = saved
    for _ in range(data.draw(st.integers(1, 3))):
        first = data.draw(st.integers(0, len(text)))
        last = min(len(text), first + data.draw(st.sampled_from([0, 1, 2, 30, 10**6])))
        piece = data.draw(
            st.one_of(
                st.sampled_from(["", "0", '"', "#", "[", "]", "{}", "null", "-1", "x", "f", "<", ">", '"x"', "#@1"]),
                st.text(max_size=3),
                st.just(text[max(0, first - 40) : first]),
            )
        )
        text = text[:first] + piece + text[last:]
    try:
        read(text)
    except ValueError as error:
        assert str(error)


@both
def test_truncated_text_is_refused(form: Format) -> None:
    write, read = form
    text = write(cg.solve(EXAMPLE, at={"x": 2})).rstrip()
    for end in range(0, len(text), 7):
        with pytest.raises(ValueError, match="this is no graph of schema"):
            read(text[:end])

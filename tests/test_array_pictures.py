"""Arrays as heat maps in nodes, and networks as columns of neurons."""

from __future__ import annotations

import itertools
import re
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import networkx as nx
import numpy as np
import pytest

import compgraph as cg
from compgraph.notation import number
from compgraph.render.film import film
from compgraph.render.font import text_width
from compgraph.render.heat import CELL, LEVELS, heat, heat_size, heat_svg
from compgraph.render.layers import in_columns, neurons
from compgraph.render.runs import joined
from compgraph.render.shapes import read
from compgraph.render.style import SIZES

MAZUR = """
net_h1 = w1*i1 + w2*i2 + b1
net_h2 = w3*i1 + w4*i2 + b1
out_h1 = sigmoid(net_h1)
out_h2 = sigmoid(net_h2)
net_o1 = w5*out_h1 + w6*out_h2 + b2
net_o2 = w7*out_h1 + w8*out_h2 + b2
out_o1 = sigmoid(net_o1)
out_o2 = sigmoid(net_o2)
E1 = (t1 - out_o1)^2/2
E2 = (t2 - out_o2)^2/2
E = E1 + E2
"""
MAZUR_AT = {
    "i1": 0.05, "i2": 0.10, "w1": 0.15, "w2": 0.20, "w3": 0.25, "w4": 0.30, "w5": 0.40, "w6": 0.45, "w7": 0.50,
    "w8": 0.55, "b1": 0.35, "b2": 0.60, "t1": 0.01, "t2": 0.99,
}  # fmt: skip


def mlp(sizes: tuple[int, ...] = (4, 8, 3), batch: int = 0, activation: Any = np.tanh) -> Any:
    """A network with a softmax and a cross-entropy, solved at random weights."""
    rng = np.random.default_rng(0)
    x = h = cg.Variable("x", shape=(batch, sizes[0]) if batch else sizes[0])
    at = {"x": rng.normal(size=x.shape)}
    for k, (n, m) in enumerate(pairwise(sizes), 1):
        z = h @ cg.Variable(f"W{k}", shape=(n, m)) + cg.Variable(f"b{k}", shape=m)
        at |= {f"W{k}": rng.normal(size=(n, m)) / 2, f"b{k}": np.zeros(m)}
        h = (cg.softmax(z) if k == len(sizes) - 1 else activation(z)).named(f"h{k}")
    labels = np.eye(sizes[-1])[rng.integers(0, sizes[-1], batch)] if batch else np.eye(sizes[-1])[1]
    loss: Any = -np.sum(cg.Variable("y", shape=labels.shape) * np.log(h))
    return cg.solve({"L": loss}, at={**at, "y": labels})


# -- heat maps


def test_a_heat_map_has_levels_relative_to_its_largest_entry() -> None:
    values = np.array([[3.0, -1.5], [0.0, 1e-9]])
    assert heat(values) == ((6, -3), (0, 1)) == heat(1e6 * values)
    assert heat(-values) == ((-6, 3), (0, -1))
    assert heat(np.zeros(3)) == ((0, 0, 0),)
    assert heat(np.array([1.0, np.nan, -np.inf])) == ((LEVELS, None, None),)
    assert heat(np.array([True, False])) == ((6, 0),)
    assert heat(np.ones(1)) is None and heat(2.0) is None and heat(np.ones((0, 3))) is None


def test_a_large_array_is_pooled_to_eight_by_eight_by_means() -> None:
    big = np.kron(np.arange(64.0).reshape(8, 8), np.ones((5, 16)))
    assert heat(big) == heat(np.arange(64.0).reshape(8, 8))
    assert heat(np.ones((64, 128))) == ((6,) * 8,) * 8
    row: Any = heat(np.arange(9.0))
    assert len(row) == 1 and len(row[0]) == 8 and list(row[0]) == sorted(row[0])
    assert heat_size(heat(np.ones((1, 1, 5, 7)))) == (7 * CELL, 5 * CELL)  # axes of length 1 are left out
    assert heat_size(heat(np.ones((3, 2, 4)))) == (4 * CELL, 6 * CELL)


def test_a_heat_map_is_drawn_with_one_path_for_a_level_and_a_dash_in_negative_cells() -> None:
    levels = heat(np.array([[2.0, -2.0, np.nan], [0.0, -2.0, 1.0]]))
    assert levels is not None and heat_size(levels) == (3 * CELL, 2 * CELL)
    svg = ElementTree.fromstring(heat_svg(levels, 0, 10, "cg-heat"))
    found = {path.get("class", ""): path.get("d", "") for path in svg}
    assert set(found) == {"cg-frame", "cg-plus cg-h6", "cg-minus cg-h6", "cg-plus cg-h3", "cg-dash", "cg-cross"}
    assert found["cg-minus cg-h6"].count("M") == 2 == found["cg-dash"].count("M")
    assert found["cg-plus cg-h6"] == "M-18 10l12 0 0 12-12 0z"
    joined_up = heat_svg(((3, 3, 3, -3),), 0, 0, "cg-heat")
    assert 'd="M-24 0l36 0 0 12-36 0z"' in joined_up


def test_a_film_shows_a_derivative_as_a_heat_map_once_it_is_reached() -> None:
    shown = mlp().statements.film()
    frames = list(shown)
    assert frames[0].count('class="cg-after"') == 0
    counts = [frame.count('class="cg-after"') for frame in frames]
    assert counts == sorted(counts) and counts[-1] == 8  # of all nodes but the loss
    assert {frame.count('class="cg-heat"') for frame in frames} == {8}
    places = [re.findall(r'<g id="n\d+"[^>]* transform="([^"]*)"', frame) for frame in frames]
    assert all(one == places[0] for one in places)


def test_what_a_node_with_an_array_says() -> None:
    shown = mlp(batch=64, sizes=(64, 128, 10)).statements.film()
    nodes = {node.name: node for node in shown.script.nodes}
    assert nodes["W₁"].value.startswith("64×128, −") and len(nodes["W₁"].heat or ()) == 8
    assert joined(nodes["h₁"].how) == "h₁ = tanh(x @ W₁ + b₁)"
    assert nodes["b₂"].value == "10, all 0" and nodes["b₂"].heat == ((0,) * 8,)
    labels = {(edge.tail, edge.head): (joined(edge.formula), edge.number) for edge in shown.script.edges}
    assert ("diag(1 − h₁²) · (I ⊗ W₁ᵀ)", "64×128 ← 64×64") in labels.values()
    assert shown.drawing.width < 2000 and shown.drawing.height < 1500


@pytest.mark.parametrize("theme", ["light", "dark", "print"])
def test_a_picture_with_heat_maps_is_read_back_for_every_medium(theme: str) -> None:
    shown = mlp().statements.film(theme=theme)
    sheet = read(shown.svg(-1))
    assert any("cg-plus" in shape.look.name for part in sheet.parts for shape in part.shapes)
    assert len(shown.png(-1, scale=0.5)) > 1000
    assert "cg-after" in shown.html() and "cg-h3" in shown.html()


def test_numbers_alone_need_no_rules_for_arrays() -> None:
    assert ".cg-plus" not in cg.solve("y = x^2", at={"x": 3}).film().svg(0)


# -- networks


def test_a_dense_network_in_columns_has_its_weights_on_the_edges() -> None:
    s = mlp()
    made = neurons(s.graph, "L")
    counts = [list(made.columns.values()).count(k) for k in range(4)]
    assert counts == [4, 8, 3, 1] and list(made.columns)[-1] == "L"
    w1, w2 = s.values["W1"], s.values["W2"]
    assert all(made.weights[f"x[{i}]", f"h1[{j}]", 0] == w1[i, j] for i in range(4) for j in range(8))
    assert all(made.weights[f"h1[{i}]", f"h2[{j}]", 0] == w2[i, j] for i in range(8) for j in range(3))
    assert made.weights["h2[0]", "L", 0] is None
    swept = cg.totals(cg.reverse(made.graph, {"L": 1.0}))
    for name in ("x", "h1", "h2"):
        found = [swept[f"{name}[{i}]"] for i in range(len(s.values[name]))]
        assert np.allclose(found, s.derivatives[name])


def test_the_neurons_of_a_network_of_numbers() -> None:
    s = cg.solve(MAZUR, at=MAZUR_AT)
    made = neurons(s.graph, "E", ["i1", "i2"])
    assert made.columns == {
        "i1": 0, "i2": 0, "out_h1": 1, "out_h2": 1, "out_o1": 2, "out_o2": 2, "E1": 3, "E2": 3, "E": 4,
    }  # fmt: skip
    drawn = {edge: weight for edge, weight in made.weights.items() if weight is not None}
    assert drawn["i2", "out_h1", 0] == 0.20 and drawn["out_h1", "out_o2", 0] == 0.50 and len(drawn) == 8
    swept = cg.totals(cg.reverse(made.graph, {"E": 1.0}))
    assert all(abs(swept[node] - s.derivatives[node]) < 1e-15 for node in made.graph)


def test_an_activation_that_uses_its_sum_twice_is_one_neuron_still() -> None:
    text = "z = w*x + b; h = z*sigmoid(z); p = v*h + c; J = (p - y)^2"
    s = cg.solve(text, at={"x": 1, "w": 2, "b": 0, "v": 3, "c": 1, "y": 2})
    made = neurons(s.graph, "J", ["x"])
    assert list(made.columns) == ["x", "h", "p", "J"]
    assert made.weights["x", "h", 0] == 2 and made.weights["h", "p", 0] == 3
    assert abs(made.graph.edges["x", "h", 0]["partial"] - s.paths("x", "h").total) < 1e-15


def test_a_dropped_unit_and_a_rectified_one_are_off() -> None:
    x, W, mask = cg.Variable("x", shape=2), cg.Variable("W", shape=(2, 4)), cg.Variable("mask", shape=4)
    h = (cg.relu(x @ W) * mask).named("h")
    loss = np.sum((h @ cg.Variable("V", shape=(4, 1))) ** 2).named("J")
    at = {
        "x": [1.0, 1.0], "W": [[1.0, 1.0, -1.0, 2.0], [1.0, 1.0, -1.0, 1.0]], "mask": [2.0, 0.0, 2.0, 2.0],
        "V": np.ones((4, 1)),
    }  # fmt: skip
    shown = cg.solve(loss, at=at).network()
    assert shown.neurons is not None and shown.neurons.off == {"h[1]", "h[2]"}
    assert shown.neurons.weights["x[0]", "h[1]", 0] == 1.0  # its weights are there all the same
    assert shown.svg(0).count("cg-faint") - shown.svg(0).count(".cg-faint") == 2


def test_a_network_film_is_a_film() -> None:
    shown = mlp().network()
    assert repr(shown) == "Film: Derivatives of L, 17 frames of 16 nodes" and len(shown) == 17
    assert shown.captions[1].startswith("∂L/∂L = 1 (the seed)")
    assert "A line is as thick as its weight is large" in shown.captions[0]
    frames = [ElementTree.fromstring(frame) for frame in shown]
    assert len({frame.get("viewBox") for frame in frames}) == 1
    assert shown.drawing.width < 1000 and shown.drawing.height < 900
    page = shown.html()
    assert page.count("cg-weight") > 50 and "∂L/∂" in page
    assert len(read(shown.svg(-1)).parts) > 60 and shown.tikz(2).startswith("\\begin{tikzpicture}")
    assert len(shown.png(3, scale=0.5)) > 1000


def test_lines_are_as_thick_as_weights_and_as_what_flows_back() -> None:
    shown = cg.solve(MAZUR, at=MAZUR_AT).network(["i1", "i2"])
    weights = dict(zip(shown.neurons.weights, shown.drawing.weights, strict=True))  # type: ignore[union-attr,attr-defined]
    assert weights["out_h2", "out_o2", 0] == LEVELS and weights["i1", "out_h1", 0] == 2
    assert weights["out_o1", "E1", 0] is None
    flows = dict(zip(shown.neurons.weights, shown.drawing.flows[0], strict=True))  # type: ignore[union-attr,attr-defined]
    assert flows["E1", "E", 0] == LEVELS and flows["out_o1", "E1", 0] > abs(flows["out_o2", "E2", 0])
    first, last = shown.svg(0), shown.svg(-1)
    assert first.count('<path class="cg-flow') == last.count('<path class="cg-flow')
    assert 'class="cg-done"' in last and ">0.45</text>" in first


def test_a_forward_solution_flows_from_the_inputs() -> None:
    s = cg.solve(MAZUR, at=MAZUR_AT, direction="forward", wrt=["i1", "i2"])
    shown = s.network(["i1", "i2"])
    assert len(shown.script.sweeps) == 2 and shown.script.sweeps[0].seed == "i₁"
    assert "∂E/∂i₁" in shown.captions[len(shown.script.sweeps[0].captions) - 1]


def test_many_neurons_are_small_and_hold_no_numbers() -> None:
    shown = mlp((20, 30, 3)).network()
    assert shown.drawing.height < 1200 and "∂L/∂h1[0] =" not in shown.svg(3).split("<desc>")[1].split("</desc>")[1][:99]
    assert shown.svg(0).count("cg-slot") == 0 or 'cg-slot"' not in shown.svg(0)


def test_any_labelled_graph_is_drawn_in_columns() -> None:
    graph: nx.MultiDiGraph = nx.MultiDiGraph()
    for tail, head, partial in (("a", "c", 2.0), ("b", "c", -1.0), ("c", "d", 0.5), ("a", "d", 1.0)):
        graph.add_edge(tail, head, partial=partial)
    assert in_columns(graph).columns == {"a": 0, "c": 1, "b": 0, "d": 2}
    shown = film(graph, {"d": cg.reverse(graph, {"d": 1.0})}, layers=True)
    assert len(shown) == 5 and "cg-down" in shown.svg(-1) and ">−1</text>" in shown.svg(0)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: cg.solve("y = w*x", at={"w": 1, "x": 2}).network(), "which inputs go into the network"),
        (lambda: cg.solve("y = w*x", at={"w": 1, "x": 2}).network("q"), "no input 'q'"),
        (lambda: cg.solve("y = w*x").network("x"), "drawn at a point"),
        (lambda: cg.solve("y = w*x; z = y^2", at={"w": 1, "x": 2}, of=["y", "z"]).network("x"), "one output"),
        (lambda: mlp(batch=5).network("x"), "expected one example"),
        (lambda: mlp((4, 100, 3)).network(), "at most 64 neurons"),
    ],
)  # fmt: skip
def test_what_cannot_be_drawn_as_a_network_is_refused_with_a_way_out(make: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        make()


def test_an_array_at_the_end_of_a_network_is_refused() -> None:
    s = cg.solve({"h": np.tanh(cg.Variable("W", shape=(3, 2)) @ cg.Variable("x", shape=2))}, at={
        "W": np.ones((3, 2)), "x": np.ones(2)})  # fmt: skip
    with pytest.raises(ValueError, match="expected a number, such as a loss"):
        s.network()


@pytest.mark.parametrize("sizes", [(4, 3), (4, 4), (3, 5)])
def test_the_weights_of_a_layer_can_be_read(sizes: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    at = {"W": rng.normal(size=sizes[::-1]), "x": rng.normal(size=sizes[0])}
    picture: Any = cg.solve("h = tanh(W @ x); J = sum(h^2)", at=at).network().drawing
    boxes = []
    for label, weight, (x, y) in zip(picture.labels, picture.said, picture.middles, strict=True):
        if not label.empty:
            half = text_width(number(weight, picture.script.digits), SIZES.label) / 2
            boxes.append((x - half, y - SIZES.label, x + half, y))
    assert len(boxes) == sizes[0] * sizes[1]
    for a, b in itertools.combinations(boxes, 2):
        assert min(a[2], b[2]) <= max(a[0], b[0]) or min(a[3], b[3]) - max(a[1], b[1]) <= SIZES.label / 4

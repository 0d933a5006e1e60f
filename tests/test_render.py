"""Pictures: what they show, that nothing overlaps or is cut, that no name becomes markup, and that bytes repeat."""

from __future__ import annotations

import math
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from itertools import combinations
from pathlib import Path
from typing import Any

import networkx as nx
import pytest

import compgraph as cg
from compgraph.graph import trace
from compgraph.propagation import reverse
from compgraph.render import cells, drawing, placing
from compgraph.render.cells import wrap
from compgraph.render.drawing import Drawing
from compgraph.render.film import film, picture
from compgraph.render.layout import Curve, Layout, Placed
from compgraph.render.runs import joined, typeset
from compgraph.render.script import SOLVED, Moment, script
from compgraph.render.style import THEMES, sheet, theme_named
from tests.pictures import EXAMPLE, SHAPES, Picture, hostile_graph, inside, overlapping

GOLDEN = Path(__file__).parent / "data" / "golden"


def held(name: str, text: str) -> None:
    """The text is that of the golden file; COMPGRAPH_GOLDEN=update writes the file anew."""
    path = GOLDEN / name
    if os.environ.get("COMPGRAPH_GOLDEN") == "update":
        GOLDEN.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    assert text == path.read_text(encoding="utf-8")


# -- golden pictures


@pytest.mark.parametrize("k", [0, 5])
def test_a_frame_is_held_by_a_golden_file(k: int) -> None:
    held(f"film_{k}.svg", cg.solve(EXAMPLE, {"x": 2}).film().svg(k))


def test_the_figure_and_the_forward_film_are_held_by_golden_files() -> None:
    held("figure.svg", cg.solve(EXAMPLE, {"x": 2}).film().figure())
    held("film_forward.svg", cg.solve(EXAMPLE, {"x": 2}, direction="forward").film(theme="dark").svg(3))


def test_a_graph_without_a_sweep_is_held_by_a_golden_file() -> None:
    held("graph.svg", picture(cg.solve(EXAMPLE, {"x": 2}).graph))


def test_the_same_bytes_under_two_hash_seeds() -> None:
    code = (
        "import compgraph as cg; f = cg.solve('J = cos(sin(x^2) + 3x^2) + w', {'x': 2, 'w': 1}).film(); "
        "print(f.html(), *f, f.dot(), sep='')"
    )
    known = {**os.environ, "PYTHONIOENCODING": "utf-8", "PYTHONPATH": str(Path(__file__).parents[1])}
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code], env={**known, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("0", "4711")
    }
    assert len(outputs) == 1
    assert len(outputs.pop()) > 100_000


# -- nothing overlaps, nothing is cut, nothing moves


@pytest.fixture(scope="module", params=SHAPES)
def shape(request: pytest.FixtureRequest) -> Any:
    return SHAPES[request.param]().film()


def test_nothing_overlaps_and_nothing_is_cut(shape: Any) -> None:
    for k in range(len(shape)):
        seen = Picture(shape.svg(k))
        cards = {r.owner: r.box for r in seen.rectangles if r.kind == "cg-card"}
        paper = (0.0, 0.0, *seen.size)
        for text in seen.texts:
            assert inside(text.box, paper, 2), text
            if text.owner.startswith("n"):
                assert inside(text.box, cards[text.owner], 3), text
            else:
                assert not any(overlapping(text.box, card) for card in cards.values()), text
        for a, b in combinations(seen.texts, 2):
            assert not overlapping(a.box, b.box), (a, b)
        for a, b in combinations(cards.values(), 2):
            assert not overlapping(a, b)
        for rectangle in seen.rectangles:
            assert inside(rectangle.box, paper)
            if rectangle.kind == "cg-slot":
                (slot,) = [t for t in seen.texts if t.owner == rectangle.owner and t.kind == "cg-total"]
                assert inside(slot.box, rectangle.box, 2)
            if rectangle.kind == "cg-chip":
                chips = [t for t in seen.texts if t.owner == rectangle.owner and "cg-term" in t.kind]
                assert all(inside(t.box, rectangle.box, 1.5) for t in chips)


@pytest.mark.parametrize("rankdir", ["TB", "RL", "BT"])
@pytest.mark.parametrize("name", ["parallel edges", "wide", "long names"])
def test_nothing_overlaps_in_any_direction(name: str, rankdir: str) -> None:
    test_nothing_overlaps_and_nothing_is_cut(SHAPES[name]().film(rankdir=rankdir))


def test_from_frame_to_frame_nothing_moves(shape: Any) -> None:
    frames = [Picture(shape.svg(k)).geometry() for k in range(len(shape))]
    assert all(frame == frames[0] for frame in frames)
    figure = Picture(shape.figure())
    assert figure.geometry()[1:] == frames[0][1:]
    assert figure.size[0] == Picture(shape.svg(0)).size[0]


def test_the_page_has_the_same_coordinates(shape: Any) -> None:
    """What a page leaves out of its picture (`lean`) has no place, or one that a style sheet gives it."""
    inline = re.search(r"<svg xmlns.*?</svg>", shape.html(), re.S)
    assert inline is not None and len(inline[0]) < len(shape.figure())
    found = [
        {group.attrib["id"]: places(group) for group in ElementTree.fromstring(svg).iter() if "id" in group.attrib}
        for svg in (inline[0], shape.figure())
    ]
    assert found[0] == found[1]


def places(group: ElementTree.Element) -> list[Any]:
    """Where a group is, and its boxes, lines and lines of text, but what a term needs when it comes."""
    numbers = [float(x) for x in re.findall(r"-?[0-9.]+", group.attrib.get("transform", ""))]
    boxes = [
        [e.get(a) for a in ("x", "y", "width", "height")] for e in group if e.get("class") in ("cg-card", "cg-slot")
    ]
    lines = [e.get("d") for e in group if e.get("class") in ("cg-line", "cg-tip")]
    texts = [(e.get("class"), e.get("y"), "".join(e.itertext())) for e in group if "".join(e.itertext())]
    return [numbers, boxes, lines, texts, [e.get("transform") for e in group if e.get("class") == "cg-mark"]]


def test_labels_stand_beside_their_own_lines() -> None:
    """Most labels nearly touch their line, and none is far away."""
    for make in SHAPES.values():
        drawn = make().film().drawing
        for beside, curve in zip(drawn.beside, drawn.layout.edges, strict=True):
            if beside is not None:
                points = list(placing._samples(curve))
                reach = max(beside.width, beside.height) / 2 + 40
                assert min(abs(x - beside.x) + abs(y - beside.y) for x, y in points) < reach


def test_labels_slide_to_their_lines_and_away_from_others() -> None:
    def straight(y: float, label: Placed) -> Curve:
        return Curve(((0.0, y), (100.0, y), (200.0, y), (300.0, y)), (310.0, y), label)

    def places(*curves: Curve) -> list[float]:
        boxes = placing.close_labels(Layout(310, 200, (), curves), sideways=True)
        return [box.y for box in boxes if box is not None]

    far, crossed, near = Placed(150, 40, 40, 30), Placed(150, 60, 40, 30), Placed(150, 82, 40, 30)
    assert places(straight(100, far)) == pytest.approx([83.5])
    assert places(straight(100, near)) == [82]
    assert places(straight(100, crossed), straight(60, Placed(150, 20, 40, 30))) == pytest.approx([83.5, 43.5])
    # no room between the lines, so it goes to the other side
    assert places(straight(100, crossed), straight(75, Placed(150, 20, 40, 30))) == pytest.approx([116.5, 58.5])


# -- what a picture shows


def test_every_state_is_told_without_colour() -> None:
    """Dash, weight and mark tell finished, current and not yet computed apart, in every theme."""
    for name, theme in THEMES.items():
        rules = sheet(theme, "s")
        assert "stroke-dasharray:4 3" in re.search(r"\.s \.cg-slot\{(.*?)\}", rules)[1], name  # type: ignore[index]
        widths = {
            state: float(re.search(rf"\.s \.cg-{state} \.cg-card[^{{]*\{{.*?stroke-width:([\d.]+)", rules)[1])  # type: ignore[index]
            for state in ("done", "from", "now")
        }
        assert widths["done"] < widths["from"] < widths["now"]
    frame = Picture(cg.solve(EXAMPLE, {"x": 2}).film().svg(5))
    marks = {
        key: next(e.attrib["d"] for e in frame.groups[key] if "cg-mark" in e.attrib.get("class", ""))
        for key in ("n0", "n1", "n4")
    }
    assert len(set(marks.values())) == 3


def test_colours_differ_by_lightness() -> None:
    def lightness(colour: str) -> float:
        red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
        return 0.2126 * red**2.2 + 0.7152 * green**2.2 + 0.0722 * blue**2.2

    def contrast(a: str, b: str) -> float:
        high, low = sorted((lightness(a), lightness(b)), reverse=True)
        return (high + 0.05) / (low + 0.05)

    for theme in THEMES.values():
        assert contrast(theme.ink, theme.card) > 7
        assert contrast(theme.ink, theme.done_fill) > 7
        assert contrast(theme.now_ink, theme.now_fill) > 7
        assert contrast(theme.soft, theme.card) > 4.5
        assert min(contrast(line, theme.card) for line in (theme.done, theme.now)) > 4.5
        assert contrast(theme.rule, theme.card) > 3
        assert contrast(theme.done_fill, theme.now_fill) > 1.2


def test_both_edges_of_a_square_are_seen_with_their_own_labels() -> None:
    seen = Picture(cg.solve("f = x*x", {"x": 3}).film().svg(2))
    assert {"e0", "e1", "l0", "l1"} <= set(seen.groups)
    assert sorted(seen.words("l0")) == sorted(seen.words("l1")) == ["+3", "3", "x"]
    lines = [seen.groups[e][0].attrib["d"] for e in ("e0", "e1")]
    assert lines[0] != lines[1]
    assert "∂f/∂x = 6" in seen.words("n0")


def test_zero_looks_different_from_not_computed_yet() -> None:
    shown = cg.solve("f = sin(x)*x", {"x": 1, "w": 2}).film()
    place = [node.name for node in shown.script.nodes].index("w")
    turn = shown.script.sweeps[0].turns[place]
    before, after = Picture(shown.svg(turn - 1)), Picture(shown.svg(turn))
    assert "∂f/∂w = ?" in before.words(f"n{place}") and "cg-todo" in before.state(f"n{place}")
    assert "∂f/∂w = 0" in after.words(f"n{place}") and "cg-now" in after.state(f"n{place}")


def test_the_branch_not_taken_is_faint_and_joined_by_silent_edges() -> None:
    shown = cg.solve("y = where(x > 0, sqrt(x)*2, exp(x))", {"x": -1}).film()
    faint = {node.name for node in shown.script.nodes if node.faint}
    assert faint == {"v₂", "v₃"}
    names = [node.name for node in shown.script.nodes]
    silent = {(names[edge.tail], names[edge.head]) for edge in shown.script.edges if edge.silent}
    assert silent == {("x", "v₁"), ("v₁", "y"), ("x", "v₂"), ("v₂", "v₃"), ("v₃", "y")}
    seen = Picture(shown.figure())
    assert all("cg-faint" in seen.state(f"n{i}") for i, node in enumerate(shown.script.nodes) if node.faint)


def test_a_partial_that_does_not_exist_is_said_to_be_undefined() -> None:
    graph = cg.solve("y = x^n", {"x": -2, "n": 3}, wrt="x").graph
    assert [edge.number for edge in script(graph).edges] == ["12", "undefined"]


@pytest.mark.parametrize("values", [True, False])
def test_a_graph_draws_itself(values: bool) -> None:
    x = cg.Variable("x")
    graph = cg.linearize(trace(x * x), {"x": 3}) if values else trace(x * x)
    seen = Picture(graph._repr_mimebundle_()["image/svg+xml"])
    assert seen.words("n0") == (["x", "= 3"] if values else ["x"])
    assert seen.words("l0") == (["x", "3"] if values else ["x"])


def test_a_graph_labelled_by_hand_is_drawn_whatever_its_nodes_are() -> None:
    graph = nx.MultiDiGraph()
    graph.add_edge((1, 2), 7, partial=0.5)
    graph.add_edge(7, "out", "key", partial=cg.Variable("w") * 2)
    graph.add_node(frozenset())
    seen = Picture(picture(graph))
    assert [seen.words(f"n{i}") for i in range(4)] == [["(1, 2)"], ["7"], ["out"], ["frozenset()"]]
    assert seen.words("l0") == ["0.5"] and seen.words("l1") == ["w·2"]


def test_a_rule_that_knows_only_numbers_has_no_symbols() -> None:
    turn = cg.Primitive("turn", math.sin, lambda y, x: math.cos(x))
    shown = cg.solve(turn(cg.Variable("x")), {"x": 0}).film()
    assert Picture(shown.figure()).words("l0") == ["1"]


def test_an_empty_graph_is_an_empty_picture() -> None:
    assert Picture(picture(nx.MultiDiGraph())).texts == []


def test_names_are_data() -> None:
    graph = hostile_graph()
    last = list(graph)[-1]
    shown = film(graph, {last: reverse(graph, {last: 1.0})})
    for k in (0, 3, len(shown) - 1):
        seen = Picture(shown.svg(k))  # it is XML
        tags = {element.tag.split("}")[1] for element in seen.root.iter()}
        assert tags <= {"svg", "title", "desc", "style", "g", "rect", "path", "text", "tspan"}
        attributes = {name for element in seen.root.iter() for name in element.attrib}
        assert not any(name.startswith("on") or "href" in name for name in attributes)
        assert len([key for key in seen.groups if key.startswith("n")]) == len(graph)
        assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]", shown.svg(k))
    assert shown.png(2).startswith(b"\x89PNG")


def test_a_notebook_can_hold_pictures_of_several_themes() -> None:
    """Every rule is scoped by a class, and none selects elements by their bare name."""
    for theme in THEMES:
        svg = cg.solve("y = x", {"x": 1}).film(theme=theme).figure()
        rules = re.search(r"<style>(.*?)</style>", svg)[1]  # type: ignore[index]
        for selectors in re.findall(r"([^{}]+)\{", rules):
            assert all(one.startswith(f".cg-{theme}") and "cg-" in one for one in selectors.split(",")), selectors
    with pytest.raises(ValueError, match="unknown theme 'pink': expected one of light, dark, print"):
        theme_named("pink")


def test_the_pictures_can_be_told_in_words() -> None:
    shown = cg.solve(EXAMPLE, {"x": 2}).film()
    seen = Picture(shown.svg(5))
    assert seen.root.attrib["role"] == "img" and seen.root.attrib["aria-label"] == "Reverse sweep from J, step 5 of 6"
    words = {element.tag.split("}")[1]: element.text or "" for element in seen.root}
    assert "t is used twice, so two terms add up" in words["desc"]
    assert "t = x², value 4" in Picture(shown.figure()).root[0].text  # type: ignore[operator]


# -- text


def test_variables_are_italic_and_words_are_not() -> None:
    assert typeset("net_h1 = x_q·sin(t)·β²") == ("net_h1 = ", "x", "_q·sin(", "t", ")·", "β", "²")
    assert typeset("t is used in a sum", frozenset("t")) == ("", "t", " is used in a sum")


def test_lines_are_broken_between_words_and_cut_at_the_end() -> None:
    lines = wrap(("one two three four five six seven",), 10, 62, 2)
    assert [joined(line) for line in lines] == ["one two three", "four five six…"]
    assert all(cells.runs_width(line, 10) <= 62 for line in lines)
    assert len(wrap(("x" * 100,), 10, 60, 100)) > 5
    assert joined(wrap(("aaaa_bbbb_cccc_dddd",), 10, 60)[0]).endswith("_")


def test_long_literals_in_formulas_are_rounded() -> None:
    said = script(cg.solve("m = (a + b + c)/3", {"a": 1, "b": 2, "c": 4}).statements.graph)
    assert {edge.number for edge in said.edges} == {"0.3333"}
    assert not any("33333" in joined(edge.formula) for edge in said.edges)


# -- large graphs


def test_large_graphs_have_plain_text_then_free_labels_then_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    solution = cg.solve("; ".join(["y0 = sin(x)"] + [f"y{i} = sin(y{i - 1})" for i in range(1, 210)]), {"x": 1})
    shown = solution.film()
    assert all(len(node.how) == 1 for node in shown.script.nodes)
    assert "tspan" not in shown.svg(3)
    monkeypatch.setattr(drawing, "FREE_LABELS", 100)
    monkeypatch.setattr(drawing, "TOO_MANY", 200)
    with pytest.warns(UserWarning, match="211 nodes is hard to read: expected at most 200"):
        drawn = Drawing(script(solution.graph))
    assert all(curve.label is None for curve in drawn.layout.edges)
    seen = Picture(drawn.svg())
    assert len([key for key in seen.groups if key.startswith("l")]) == 210


def test_a_moment_after_all_steps_has_everything_done() -> None:
    drawn = cg.solve(EXAMPLE, {"x": 2}).film().drawing
    seen = Picture(drawn.svg(Moment(0, SOLVED)))
    assert all(seen.state(f"n{i}") == {"cg-done"} for i in range(6))
    assert not any("cg-term" in text.kind for text in seen.texts)

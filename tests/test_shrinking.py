"""Films of eliminations: every frame shows the graph that is left, in the places that everything has for good."""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import Any

import networkx as nx
import pytest

import compgraph as cg
from compgraph.cli import main
from compgraph.notation import element, name, text
from compgraph.render.film import elimination_film
from compgraph.render.script import state
from tests.pictures import Picture, hostile_graph, inside, overlapping

WORKED = "t = x^2; u1 = sin(t); u2 = 3t; u = u1 + u2; J = cos(u)"


@pytest.fixture(scope="module")
def s() -> cg.Solution:
    return cg.solve(WORKED, at={"x": 2})


def several() -> cg.Solution:
    """Two outputs, one of which the other uses; parallel edges; an input that nothing needs."""
    text = "a = x*x; b = a*sin(y); c = b + a; d = exp(c/9)*b"
    return cg.solve(text, at={"x": 1.5, "y": 0.5, "w": 2}, of=["c", "d"])


def edge_turns(s: cg.Solution) -> list[Any]:
    return [cg.Front("x", "t"), cg.Back("u1", "u"), "u", "u2"]


QUESTIONS: dict[str, tuple[Any, Any, cg.Semiring | None]] = {
    "markowitz": (lambda: cg.solve(WORKED, at={"x": 2}), cg.markowitz, None),
    "a list": (lambda: cg.solve(WORKED, at={"x": 2}), ["u", "t", "u1", "u2"], None),
    "edges": (lambda: cg.solve(WORKED, at={"x": 2}), edge_turns, None),
    "several outputs": (several, cg.reverse_order, None),
    "counting": (several, cg.forward_order, cg.COUNT),
    "the largest": (several, cg.auto, cg.MAX_PRODUCT),
    "words": (lambda: cg.solve(WORKED, at={"x": 2}), cg.forward_order, cg.FREE),
    "symbols": (lambda: cg.solve(WORKED), cg.markowitz, None),
    "statements": (lambda: cg.solve("t = x^2; J = cos(sin(t) + 3t)", at={"x": 2}).statements, ["t"], None),
    "nothing to do": (lambda: cg.solve("y = 3x", at={"x": 2}), [], None),
}


def asked(key: str) -> tuple[cg.Solution, Any, dict[str, Any]]:
    make, order, semiring = QUESTIONS[key]
    solution = make() if semiring is None else make().over(semiring)
    order = order(solution) if order is edge_turns else order
    return solution, order, {
        "semiring": solution.semiring, "inputs": solution.inputs, "outputs": solution.outputs,
    }  # fmt: skip


@pytest.mark.parametrize("key", QUESTIONS)
def test_a_frame_shows_what_is_left_and_what_goes(key: str) -> None:
    solution, order, over = asked(key)
    film = solution.film(order)
    steps = list(cg.eliminate(solution.graph, order, **over))
    assert len(film) == len(steps) + 1
    names = [node.name for node in film.script.nodes]
    (sweep,) = film.script.sweeps
    for k in range(len(film)):
        seen = Picture(film.svg(k))
        left = cg.after(solution.graph, steps[:k], **over)
        there = {(name(t), name(h)): label for t, h, label in left.edges(data="partial")}
        gone = {(name(c.tail), name(c.head)): c.before for c in steps[k - 1].removed} if k else {}
        made = {(name(c.tail), name(c.head)) for c in (*steps[k - 1].added, *steps[k - 1].changed)} if k else set()
        drawn = {}
        for i, edge in enumerate(film.script.edges):
            pair, is_at = (names[edge.tail], names[edge.head]), state(sweep.edge_turns[i], k)
            assert (f"e{i}" in seen.groups) == (f"l{i}" in seen.groups) == (is_at != "off")
            if is_at == "off":
                continue
            assert seen.state(f"e{i}") == seen.state(f"l{i}") == {f"cg-{is_at}"}
            assert is_at == ("used" if pair in gone else "now" if pair in made else "todo")
            assert pair not in drawn
            drawn[pair] = seen.words(f"l{i}")
        assert drawn == {pair: [_written(label)] for pair, label in {**there, **gone}.items()}
        eliminated = {name(step.node) for step in steps[: max(0, k - 1)]}
        for i, node in enumerate(names):
            current = k > 0 and node == name(steps[k - 1].node)
            assert seen.state(f"n{i}") == {"cg-used" if current else "cg-off" if node in eliminated else "cg-todo"}


def _written(label: Any) -> str:
    words = text(label, limit=16, pretty=True) if isinstance(label, cg.Expression) else element(label, 4)
    return words if len(words) <= 60 else words[:59] + "…"


@pytest.mark.parametrize("key", ["markowitz", "edges", "several outputs"])
def test_the_last_frame_is_the_jacobian(key: str) -> None:
    solution, order, over = asked(key)
    film = solution.film(order)
    names = [node.name for node in film.script.nodes]
    for picture in (Picture(film.figure()), Picture(film.svg(-1))):
        found = {}
        for i, edge in enumerate(film.script.edges):
            if f"e{i}" in picture.groups and "cg-used" not in picture.state(f"e{i}"):
                (found[names[edge.tail], names[edge.head]],) = picture.words(f"l{i}")
    end = {y: name(node) for y, node in zip(solution.outputs, _exits(solution, over), strict=True)}
    jacobian = {(x, end[y]): element(d, 4) for (y, x), d in solution.jacobian.items() if d}
    assert found == jacobian
    assert film.captions[-1].endswith("No inner node is left: the labels are the Jacobian.")
    assert not any("No inner node is left" in words for words in film.captions[:-1])


def _exits(solution: cg.Solution, over: dict[str, Any]) -> list[Any]:
    return list(cg.after(solution.graph, (), **over).graph["outputs"])


@pytest.mark.parametrize("key", QUESTIONS)
@pytest.mark.parametrize("rankdir", ["LR", "TB"])
def test_nothing_moves_and_labels_that_follow_each_other_stand_in_one_place(key: str, rankdir: str) -> None:
    solution, order, _ = asked(key)
    film = solution.film(order, rankdir=rankdir)
    places: dict[str, Any] = {}
    for k in range(len(film)):
        seen = Picture(film.svg(k))
        for group, element_ in seen.groups.items():
            lines = [part.attrib.get("d") for part in element_ if part.tag.endswith("path")]
            place = (seen.root.attrib["viewBox"], element_.attrib.get("transform"), lines)
            assert places.setdefault(group, place) == place
        cards = [r.box for r in seen.rectangles if r.owner[0] == "n"]
        assert not any(overlapping(a, b) for i, a in enumerate(cards) for b in cards[:i])
        assert all(inside(words.box, (0, 0, *seen.size)) for words in seen.texts)
    for i, edge in enumerate(film.script.edges):
        if edge.lane is not None and f"l{i}" in places:
            assert places[f"l{i}"][1] == places[f"l{edge.lane}"][1] and places[f"e{i}"] == places[f"e{edge.lane}"]


def test_captions_say_what_is_multiplied_and_what_it_costs(s: cg.Solution) -> None:
    film = s.film(["t", "u", "u1", "u2"])
    assert film.captions[0].startswith("Parallel edges are merged. To eliminate a node is to join every edge into it")
    assert film.captions[1] == (
        "t is eliminated: x → u₁ is new, −0.6536 · 4 ≈ −2.615; x → u₂ is new, 3 · 4 = 12. — "
        "1 edge in times 2 edges out is 2 products. By now 2 multiplications, 0 additions, 2 edges of fill-in."
    )
    assert "u₂ is eliminated: x → J becomes −2.535 + 0.9695 · 12 = 9.099." in film.captions[4]
    edges = s.film(edge_turns(s)).captions
    assert edges[1].startswith("x → t is eliminated at its head: x → u₁ is new")
    assert edges[2].startswith("u₁ → u is eliminated at its tail: x → u is new")


def test_captions_in_other_semirings_claim_no_sum(s: cg.Solution) -> None:
    film = s.over(cg.MAX_PRODUCT).film(cg.markowitz)
    assert repr(film) == "Film: The Jacobian by elimination, MAX_PRODUCT, 5 frames of 6 nodes"
    assert "t → u takes up 1 · 0.6536 = 0.6536 and becomes 3." in film.captions[2]
    assert film.captions[-1].endswith("the labels are the answer of MAX_PRODUCT.")
    assert "x → J is new, −sin(u)·" in cg.solve(WORKED).film(cg.markowitz).captions[4]


def test_many_products_are_counted_and_not_listed() -> None:
    graph = nx.MultiDiGraph()
    for i in range(3):
        graph.add_edge(f"x{i}", "t", partial=1.0 + i)
        graph.add_edge("t", f"y{i}", partial=2.0 - i)
    film = elimination_film(graph, ["t"])
    assert film.captions[1].count(" is new") == 6 and "… (3 more)." in film.captions[1]
    assert "3 edges in times 3 edges out is 9 products." in film.captions[1]


def test_dot_text_shows_the_frame(s: cg.Solution) -> None:
    film = s.film(["t", "u", "u1", "u2"])
    for k in range(len(film)):
        seen, source = Picture(film.svg(k)), film.dot(k)
        edges = re.findall(r'^n(\d+) -> n(\d+) \[label="(.*?)"', source, re.M)
        drawn = [
            (str(edge.tail), str(edge.head), *seen.words(f"l{i}"))
            for i, edge in enumerate(film.script.edges)
            if f"e{i}" in seen.groups
        ]
        assert edges == drawn
        assert " = ?" not in source
    assert film.dot().count(" -> ") == 1


def test_the_page_holds_every_label_and_when_it_is_there(s: cg.Solution) -> None:
    film = s.film(cg.markowitz)
    page = film.html()
    assert '"edges":[[0,4,5]' in page and "cg-off" in page
    assert page.count('id="e') == len(film.script.edges) and page.count("<h1>The Jacobian by elimination</h1>") == 1


def test_names_and_labels_of_any_kind() -> None:
    graph = hostile_graph()
    order = cg.forward_order(graph)
    random.Random(1).shuffle(order)
    film = elimination_film(graph, order)
    for k in range(len(film)):
        Picture(film.svg(k))
    assert "<script>alert" not in film.html()


def test_a_theme_and_a_title_are_options_too(s: cg.Solution) -> None:
    film = s.film(cg.markowitz, title="Mine", theme="dark", digits=2)
    assert film.title == "Mine" and "#12151a" in film.svg(0) and "≈ 2.3" in film.captions[3]
    with pytest.raises(ValueError, match="but u2 is left out"):
        s.film(["t", "u", "u1"])
    with pytest.raises(TypeError, match=r"Write a list of nodes, or cg\.markowitz"):
        s.film("markowitz")


def test_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    argv = ["film", WORKED, "--at", "x=2", "-o", str(tmp_path / "frames"), "--order", "t,u,u1,u2", "--format", "svg"]
    assert main(argv) == 0
    frames = sorted((tmp_path / "frames").iterdir())
    expected = cg.solve(WORKED, at={"x": 2}).film(["t", "u", "u1", "u2"])
    assert [frame.read_text("utf-8") for frame in frames] == [expected.svg(k) for k in range(5)]
    page = tmp_path / "film.html"
    assert main(["film", WORKED, "--at", "x=2", "-o", str(page), "--order", "markowitz", "--semiring", "count"]) == 0
    assert "Elimination, COUNT" in page.read_text("utf-8")
    assert main(["film", WORKED, "--at", "x=2", "-o", str(page), "--semiring", "max-product"]) == 0
    assert "MAX_PRODUCT to J" in page.read_text("utf-8")
    capsys.readouterr()
    assert main(["film", WORKED, "--at", "x=2", "-o", str(page), "--order", "best"]) == 2
    assert "--order 'best': expected forward, reverse" in capsys.readouterr().err

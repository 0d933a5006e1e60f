"""Numbers of one's own beneath a solution, and what a report looks like in a notebook and as a page."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

import pytest

import compgraph as cg
from compgraph.homework import Problem, Sheet, grade
from compgraph.homework.stating import stated
from compgraph.symbols import formulas
from tests.homework.students import GOLDEN, honest

NEURON = Problem(
    "z = w*x + b; a = sigmoid(z); L = (a - t)^2",
    {"w": "0.6", "x": "1.5", "b": "-0.4", "t": "1"}, wrt=["w", "b"], title="hw3",
)  # fmt: skip
MIXED = {
    "val:z": "0.9", "val:a": "0.711", "grad:a": "-0.578", "part:z>a": "0.205", "grad:z": "-0.119", "grad:w": "-0.178",
    "grad:b": "", "part:w>z": "1.5", "part:a>L": "0,5", "val:q": "1",
}  # fmt: skip


# -- s.check


def test_a_dict_of_numbers_beneath_a_solution() -> None:
    s = cg.solve("z = w*x + b; a = sigmoid(z); L = (a - t)^2", at={"w": 0.6, "x": 1.5, "b": -0.4, "t": 1})
    report = s.check({"z": 0.5, "a": "0.622", "part:z>a": 0.235, "grad:w": -0.2662, "grad:b": "0.177"})
    assert {cell: found.verdict for cell, found in report.items()} == {
        "val:z": "correct", "val:a": "correct", "part:z>a": "correct", "grad:w": "correct", "grad:b": "wrong",
    }  # fmt: skip
    assert report["grad:b"].diagnoses[0].class_ in ("sign_local", "sign_overall")
    assert "how it was written" not in str(report)  # a float in a notebook is what was typed
    assert s.check({"grad:w": "-0.2663"}, digits=4, reveal=True)["grad:w"].reference is not None


def test_an_expression_without_names() -> None:
    x = cg.Variable("x")
    s = cg.solve(cg.cos(cg.sin(x**2) + 3 * x**2), at={"x": 2})
    (output,) = s.outputs
    assert s.check({output: "0.245", "grad:x": "9.10"}).score == 2
    inner = {node: f"{value:.6g}" for node, value in s.values.items() if node != "x"}
    assert s.check(inner, level="operations").score == len(inner)


def test_a_function() -> None:
    def loss(w: Any, x: Any) -> Any:
        z = w * x
        return z * z

    s = cg.solve(loss, at={"w": "0.3", "x": 2})
    assert s.check({"z": "0.6", "grad:w": "2.4"}).score == 2


def test_names_bound_again_and_branches() -> None:
    s = cg.solve("k = 2; z = k*x; z = z*z; y = where(z > 3, z, -z)", at={"x": 1.5})
    assert s.check({"y": 9, "grad:x": 12.0}).score == 2


@pytest.mark.parametrize("case", [case for case in GOLDEN if case["kind"] == "explicit"], ids=lambda case: case["id"])
def test_every_solution_can_be_stated(case: dict[str, Any]) -> None:
    """What is stated has the same values and derivatives."""
    s = cg.solve("\n".join(case["assignments"]), at=case["inputs"], of=case["outputs"][0])
    text, point = stated(s)
    again = cg.solve(text, at=point, of=s.outputs[0])
    assert again.gradient == pytest.approx(s.gradient, rel=1e-12, abs=1e-14)
    assert again.values[s.outputs[0]] == pytest.approx(s.values[s.outputs[0]], rel=1e-13)


def test_what_cannot_be_checked_says_so() -> None:
    x = cg.Variable("x")
    with pytest.raises(ValueError, match=r"expected one output, got a, b.*s\.sweep\('a'\)"):
        cg.solve({"a": x, "b": x * x}, of=["a", "b"], at={"x": 1}).check({})
    with pytest.raises(ValueError, match="expected a solution at a point"):
        cg.solve(x * x).check({})
    softsign = cg.Primitive("softsign", lambda x: x / (1 + abs(x)), lambda y, x: 1 / (1 + abs(x)) ** 2)
    with pytest.raises(ValueError, match="softsign is a primitive of your own"):
        cg.solve("y = softsign(x)", at={"x": 1}, functions={"softsign": softsign}).check({"y": "0.5"})


# -- a report as HTML


class Reader(HTMLParser):
    """Every tag with its attributes; complains where they do not close."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "br", "path", "rect"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    assert not reader.open
    return reader


def test_a_page_tells_every_verdict_by_colour_and_mark() -> None:
    page = read(grade(NEURON, Sheet(MIXED, "s123")).html())
    words = "".join(page.words)
    assert "hw3 · s123 · 6/9" in words and "likely: b was left out" in words and "follows from your z" in words
    boxes = [attributes["class"] for tag, attributes in page.tags if tag == "rect"]
    assert {kind: boxes.count(f"cg-{kind}") for kind in ("right", "carried", "root", "blank")} == {
        "right": 1, "carried": 5, "root": 2, "blank": 1,
    }  # fmt: skip
    for mark in ("✗ 0.9", "→ 0.711", "✓ 1.5", "! 0,5"):
        assert mark in words
    assert "no 'q' in this problem" in words
    label = next(attributes["aria-label"] for tag, attributes in page.tags if tag == "svg")
    assert label is not None and "val:z error" in label


def test_a_page_has_no_script_and_loads_nothing() -> None:
    hostile = {"val:z": "<script>alert(1)</script>", "val:a": '"><img src=x onerror=1>', "grad:w": "\x00\u202e]]>&amp;"}
    page = grade(Problem(NEURON.text, NEURON.at, title="<b>&"), Sheet(hostile, "<i>s</i>")).html()
    tags = read(page).tags
    assert not {tag for tag, _ in tags} & {"script", "img", "link", "iframe", "object", "b"} and "<i>s" not in page
    assert not [key for _, attributes in tags for key in attributes if key.startswith("on") or key in ("src", "href")]
    assert "\x00" not in page and "\u202e" not in page
    svg = re.search(r"<svg.*?</svg>", page, re.DOTALL)
    assert svg is not None and ElementTree.fromstring(svg[0]) is not None


def test_a_page_for_students_holds_no_reference() -> None:
    wrong = dict.fromkeys(NEURON.cells, "12.5")
    hidden, shown = (grade(NEURON, wrong, reveal=reveal).html() for reveal in (False, True))
    assert "0.62245933" in shown and "0.6224" not in hidden
    for cell in ("val:a", "val:L", "part:z>a", "part:a>L", "grad:w", "grad:z"):
        digits = f"{abs(float(NEURON.reference(cell))):.5f}"[:6]
        assert digits not in hidden and digits.replace(".", ",") not in hidden, cell


def test_a_notebook_shows_it() -> None:
    fragment = grade(NEURON, MIXED)._repr_html_()
    assert fragment.startswith('<div class="cg-report">') and read(fragment).tags
    assert len(fragment) < 30_000


def test_right_cells_are_folded_away() -> None:
    report = grade(NEURON, honest(NEURON, 4), digits=4)
    words = "".join(read(report.html()).words)
    assert f"{len(report)} cells are right" in words


def test_a_graph_too_large_for_a_picture_is_a_table() -> None:
    problem = Problem("; ".join(["x0 = x", *(f"x{k + 1} = sin(x{k}) + x{k}/2" for k in range(150))]), {"x": "0.7"})
    page = grade(problem, {"val:x1": "1"}).html()
    assert "<svg" not in page and "val:x1" in page


def test_numbers_of_numpy_and_residues_of_floats() -> None:
    import numpy as np

    s = cg.solve("a = sigmoid(z); y = z - 0.5", at={"z": 0.5}, of="y")
    assert s.check({"y": 1e-17}).score == 1
    assert cg.solve("a = sigmoid(z)", at={"z": 0.5}).check({"a": 1 / (1 + np.exp(-0.5))}).score == 1


def test_operations_without_a_name_are_checked_as_the_solution_calls_them() -> None:
    s = cg.solve("J = cos(sin(x^2) + 3x^2)", at={"x": 2})
    shown = {f"grad:{node}": f"{value:.6g}" for node, value in s.derivatives.items() if node != "J"}
    report = s.check({**shown, "v1": 4, "part:x>v1": "4"})
    assert report.score == len(report) == len(shown) + 2
    with pytest.raises(TypeError, match="expected a dict of numbers"):
        s.check([1, 2])  # type: ignore[arg-type]


def test_a_wide_statement_is_swept_once() -> None:
    """Its partials come from one sweep through it, and not from one for each of them."""
    count = 0

    class Counted(dict[int, Any]):
        def __getitem__(self, position: int) -> Any:
            nonlocal count
            count += 1
            return super().__getitem__(position)

    n = 200
    s = cg.solve("y = " + " + ".join(f"a{i}*x" for i in range(n)), at={**{f"a{i}": 1 for i in range(n)}, "x": 2})
    graph = s.statements.graph
    fine = graph.graph["operations"]
    multiply = next(made for _, made in fine.nodes(data="primitive") if made.name == "multiply")
    rules = Counted(enumerate(multiply.textbook))
    twin = cg.Primitive("multiply", multiply.evaluate, *multiply.partials)
    twin.textbook = rules  # type: ignore[assignment]
    for _, data in fine.nodes(data=True):
        if data["primitive"] is multiply:
            data["primitive"] = twin
    assert len(formulas(graph, "y")) == n + 1 and count == 2 * n

"""Worksheets: a blank holds no answer in any format, boxes can be written in, and a filled-in template is marked."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import cache
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import compgraph
from compgraph import notation
from compgraph.homework import Problem, grade, load_sheet
from compgraph.homework.exports import nbgrader
from compgraph.homework.paper import content, fitting, latex, markdown, svg
from compgraph.homework.paper.content import Content
from compgraph.homework.paper.folding import folded
from compgraph.homework.precise import fraction
from compgraph.homework.worksheet import Paper, Worksheet
from compgraph.reading import read_expression

NETWORK = """
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
WEIGHTS = {
    "i1": "0.05", "i2": "0.10", "w1": "0.15", "w2": "0.20", "w3": "0.25", "w4": "0.30", "w5": "0.40", "w6": "0.45",
    "w7": "0.50", "w8": "0.55", "b1": "0.35", "b2": "0.60", "t1": "0.01", "t2": "0.99",
}  # fmt: skip
NEURON = ("z = w*x + b; a = sigmoid(z); L = (a - t)^2", {"w": "0.6", "x": "1.5", "b": "-0.4", "t": "1"})
ALL = ["val", "part", "grad", "new"]


@cache
def sheet(name: str) -> Worksheet:
    """The sheets that are looked at, each made once."""
    made: Mapping[str, Callable[[], Worksheet]] = {
        "neuron": lambda: Worksheet(Problem(*NEURON, wrt=["w", "b"], eta="0.5", title="One neuron"), ask=ALL),
        "worked": lambda: Worksheet(
            Problem("t = x^2\nu1 = sin(t)\nu2 = 3t\nu = u1 + u2\nJ = cos(u)", {"x": "2"}, title="Example"), digits=5
        ),
        "network": lambda: Worksheet(
            Problem(NETWORK, WEIGHTS, wrt=[f"w{i}" for i in range(1, 9)], eta="0.5", title="Two layers"), ask=ALL
        ),
        "operations": lambda: Worksheet(Problem("J = cos(sin(x^2) + 3x^2)", {"x": "2.3"}, level="operations")),
        "cases": lambda: Worksheet(
            Problem("y = where(x > 0, sqrt(x), 0); z = x*y + x*x", {"x": "4.7"}, level="operations")
        ),
        "paths": lambda: Worksheet(
            Problem("s = x^2; f = s*x + sin(x)", {"x": "0.7"}), ask=["val", "tan", "path:x>s>f", "dgrad:x"]
        ),
        "comma": lambda: Worksheet(
            Problem("y = 0,3*x + sin(x)", {"x": "1,75"}, decimal_comma=True, title="Mit Komma"), digits=3
        ),
        "variant": lambda: Worksheet(
            Problem(*NEURON, title="Für jeden andere Zahlen"), seed="2f0c", student="s123", ask=["val", "grad"]
        ),
        "wide": lambda: Worksheet(Problem(wide(9), {f"x{i}": f"0.{i + 1}" for i in range(9)}, title="Wide")),
        "chain": lambda: Worksheet(Problem(chain(30), {"x": "0.7"}), ask=["val", "grad"]),
    }  # fmt: skip
    return made[name]()


def wide(width: int) -> str:
    return "; ".join([*(f"a{i} = sin(x{i})" for i in range(width)), "y = " + " + ".join(f"a{i}" for i in range(width))])


def chain(length: int) -> str:
    """One thing after another."""
    return "; ".join(["v1 = sin(x)", *(f"v{i} = cos(v{i - 1}) + {i}/10" for i in range(2, length + 1))])


def tangle(length: int) -> str:
    """A chain that comes back to where it started, again and again: no picture of it can be read."""
    return "; ".join(["v1 = sin(x) + x", *(f"v{i} = sin(v{i - 1}) + x/{i + 1}" for i in range(2, length + 1))])


SHEETS = ["neuron", "worked", "network", "operations", "cases", "paths", "comma", "variant", "wide", "chain"]


def texts(paper: Paper) -> dict[str, str]:
    return {"svg": paper.svg(), "html": paper.html(), "latex": paper.latex(), "markdown": paper.markdown()}


# -- the key is nowhere on a blank


NUMBER = re.compile(r"(?<![\w.,])(?:\d+/\d+|\d*[.,]?\d+(?:[eE][-+]?\d+)?)")


def answers_of(worksheet: Worksheet) -> dict[str, float]:
    """The answers without signs that do not stand in the problem and are too long to stand anywhere by chance."""
    inputs = {abs(fraction(worksheet.problem.environment.value(f"val:{name}"))) for name in worksheet.problem.inputs}
    values = {cell: worksheet.problem.reference(cell.replace("dgrad", "grad")) for cell in worksheet.cells}
    exact = {cell: abs(fraction(value)) for cell, value in values.items() if value is not None}
    return {c: float(v) for c, v in exact.items() if v not in inputs and significant(f"{float(v):.12g}") >= 3}


def significant(number: str) -> int:
    return len(re.sub(r"[eE].*|[.,]", "", number).strip("0")) if "/" not in number else 9


def found_in(text: str, wanted: Mapping[str, float]) -> set[str]:
    """The cells whose answer stands somewhere, in whatever spelling: 0.2662, .27e0, 0,26617, 2.662E-1, 1331/5000."""
    found: set[str] = set()
    for number in set(NUMBER.findall(without_places(text))):
        if significant(number) < 3:
            continue
        value = float(Fraction(number.replace(",", "."))) if "/" not in number or not number.endswith("/0") else 0.0
        mantissa, _, exponent = number.lower().replace(",", ".").partition("e")
        unit = 10.0 ** (int(exponent or 0) - len(mantissa.partition(".")[2])) if "/" not in number else 1e-9 * value
        found |= {cell for cell, answer in wanted.items() if abs(value - answer) <= unit}
    return found


@pytest.mark.parametrize("name", SHEETS)
def test_a_blank_holds_no_answer_and_its_key_holds_all(name: str) -> None:
    worksheet = sheet(name)
    wanted = answers_of(worksheet)
    assert len(wanted) >= 2
    template = {"toml": worksheet.template.toml(), "csv": worksheet.template.csv()}
    about = {"repr": f"{worksheet!r}{worksheet.blank!r}", "notebook": notebook_text(worksheet)}
    for kind, text in (texts(worksheet.blank) | template | about).items():
        assert found_in(text, wanted) == set(), kind
    assert kinds_of_chunks(worksheet.blank.png(0.5)) == {b"IHDR", b"IDAT", b"IEND"}  # pixels, and no text beside them
    for kind, text in texts(worksheet.key).items():
        text = text.replace("$-$", "−").replace("{,}", ",")
        assert found_in(text, wanted) == set(wanted), kind
        answers = [e.answer for e in worksheet.key.content.entries if not e.is_formula]
        assert [a for a in answers if not re.search(rf"(?<![\d.,]){re.escape(a.lstrip('−'))}(?!\d)", text)] == [], kind


def notebook_text(worksheet: Worksheet) -> str:
    """All that can be read in an assignment, its pictures too."""
    cells = json.loads(nbgrader(worksheet))["cells"]
    pictures = [image for cell in cells for file in cell.get("attachments", {}).values() for image in file.values()]
    return "\n".join([*(cell["source"] for cell in cells), *(base64.b64decode(image).decode() for image in pictures)])


def kinds_of_chunks(png: bytes) -> set[bytes]:
    found, at = set(), 8
    while at < len(png):
        found.add(png[at + 4 : at + 8])
        at += 12 + int.from_bytes(png[at : at + 4])
    return found


def without_places(text: str) -> str:
    text = re.sub(r' (?:d|x|y|width|height|rx|transform|viewBox|textLength)="[^"]*"', "", text)
    return re.sub(r"(?:\(-?[\d.]+,-?[\d.]+\)|\\fit\{[\d.]+bp\}|[xy]=-?[\d.]+bp)", "", text)


@pytest.mark.parametrize("name", SHEETS)
def test_a_blank_is_made_without_asking_for_an_answer(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    worksheet = sheet(name)
    problem = Problem(
        worksheet.problem.text, worksheet.problem.at, decimal_comma=worksheet.problem.decimal_comma,
        level=worksheet.problem.level, wrt=worksheet.problem.wrt, eta=worksheet.problem.eta,
    )  # fmt: skip

    def refuse(*_: Any) -> Any:
        raise AssertionError("a blank has asked for a value")

    monkeypatch.setattr(Problem, "reference", refuse)
    monkeypatch.setattr("compgraph.homework.environment.Environment.value", refuse)
    made = content.blank(problem, worksheet.cells, digits=worksheet.digits)
    assert all(entry.answer == entry.because == "" for entry in made.entries)
    assert len(texts(Paper(made))) == 4
    with pytest.raises(AssertionError):
        content.key(made, problem, digits=worksheet.digits)


def test_a_leak_would_be_seen() -> None:
    wanted = {"grad:w": 0.26617, "val:y": 47 / 3}
    for text in ("L = 0.2662.", "(0.266)", ">.26617<", "0,266", "2.662E-1", "266.17e-3", "26617/100000", "−0.266171"):
        assert found_in(text, wanted) == {"grad:w"}, text
    assert found_in("y = 47/3", wanted) == {"val:y"}
    assert found_in("0.27, 0.3, 0.268, b2:e2662f, x0.2662", {"grad:w": 0.26617}) == set()


def test_the_pixels_of_a_blank_do_not_depend_on_the_answers() -> None:
    """Two problems with different answers and the same look have the same blank, but for the hash."""
    papers = [
        Worksheet(Problem("z = w*x; y = sin(z)", {"w": "0.6", "x": "1.5"}, title=title), ask=["val"], title="T").blank
        for title in ("a", "b")
    ]
    other = Worksheet(Problem("z = w*x; y = sin(z)", {"w": "0.6", "x": "1.5"}), ask=["grad:z"], title="T").blank
    assert papers[0].png(1.0) == papers[1].png(1.0)
    assert papers[0].png(1.0) != other.png(1.0)


# -- what can be written on


@pytest.mark.parametrize("name", SHEETS)
def test_every_cell_has_one_box_and_its_number(name: str) -> None:
    worksheet = sheet(name)
    said = worksheet.blank.content
    assert [entry.number for entry in said.entries] == list(range(1, len(worksheet.cells) + 1))
    assert [entry.cell for entry in said.entries] == worksheet.cells
    slots = [slot.number for slot in said.figure.slots] if said.figure else []
    assert len(set(slots)) == len(slots)
    tabled = [entry.number for entry in said.tabled]
    assert sorted([*tabled, *said.drawn]) == [entry.number for entry in said.entries]
    assert said.drawn <= set(slots)
    page = worksheet.blank.svg()
    boxes = page.count('class="cg-blank"')
    assert boxes == len(worksheet.cells)
    assert worksheet.blank.html().count('class="box"') == len(tabled)
    assert len(re.findall(r"\\blank\{", worksheet.blank.latex())) == len(tabled)


@pytest.mark.parametrize("name", SHEETS)
def test_boxes_are_wide_enough_to_write_in(name: str) -> None:
    """At least 18 mm by 5 mm on paper, and nothing lies on anything else."""
    said = sheet(name).blank.content
    assert said.figure is not None
    boxes = [slot for slot in said.figure.slots if not slot.is_chip]
    inch = said.scale / 96
    for slot in boxes:
        assert slot.width * inch * 25.4 >= 18 and slot.height * inch * 25.4 >= 5, slot
    assert said.width / 96 * 25.4 >= 20
    for i, one in enumerate(said.figure.slots):
        assert one.x >= 0 and one.x + one.width <= said.figure.width
        assert one.y >= 0 and one.y + one.height <= said.figure.height
        for other in said.figure.slots[i + 1 :]:
            apart = (
                one.x + one.width <= other.x or other.x + other.width <= one.x
                or one.y + one.height <= other.y or other.y + other.height <= one.y
            )  # fmt: skip
            assert apart, (one, other)
    across, down = said.page
    assert said.figure.width * said.scale <= across - 2 * fitting.MARGIN + 0.5
    assert said.figure.height * said.scale <= down - 2 * fitting.MARGIN


def test_more_digits_have_wider_boxes() -> None:
    widths = [Worksheet(Problem("y = sin(x)", {"x": "2"}), digits=d).blank.content.width for d in (2, 4, 8)]
    assert widths == sorted(set(widths))


def test_a_graph_too_large_for_boxes_has_them_in_a_table() -> None:
    said = sheet("network").blank.content
    assert said.figure is not None and all(slot.is_chip for slot in said.figure.slots)
    assert len(said.tabled) == len(said.entries) == 57


@pytest.mark.parametrize("length", [40, 150])
def test_a_graph_that_nobody_could_read_is_written_down(length: int) -> None:
    """Too small on a page, or too large to lay out at all."""
    blank = Worksheet(Problem(tangle(length), {"x": "0.7"}), ask=["val", "grad:x"]).blank
    assert blank.content.figure is None and len(blank.content.tabled) == length + 1
    last = f"{notation.name(f'v{length}')} = sin({notation.name(f'v{length - 1}')}) + x/{length + 1}"
    assert last in blank.markdown() and last in re.sub("</?i>", "", blank.html())


def test_a_chain_stands_in_rows() -> None:
    """Each arrow from one row to the next leaves at the right, without a head, and enters at the left."""
    said = sheet("chain").blank.content
    figure = said.figure
    assert figure is not None and said.scale >= fitting.LEGIBLE
    rows = sorted({card[1] for card in figure.cards})
    assert len(rows) >= 4 and len(figure.cards) == 31
    leaving = [line for line in figure.lines if not line.has_head]
    assert len(leaving) == len(rows) - 1 == len(figure.lines) - 30
    entering = [line for line in figure.lines if line.curve.points[0][0] < 0.01]
    assert len(entering) == len(leaving)
    heads = [line.curve.arrow for line in figure.lines if line.has_head]
    assert all(any(abs(x - card[0]) < 1 and card[1] < y < card[1] + card[3] for card in figure.cards) for x, y in heads)
    for x, y, across, down in figure.cards:
        assert x >= 0 and x + across <= figure.width + 0.5 and y + down <= figure.height


def test_a_figure_that_fits_or_cannot_be_cut_stays_whole() -> None:
    whole = sheet("neuron").blank.content.figure
    assert whole is not None
    assert folded(whole, whole.width) is None
    assert folded(whole, 100) is None


def test_cells_without_a_place_in_the_graph_stand_below_it() -> None:
    said = sheet("paths").blank.content
    assert [entry.cell for entry in said.tabled] == ["path:x>s>f", "dgrad:x"]
    assert [entry.cell for entry in said.tabled if entry.is_formula] == ["dgrad:x"]
    key = {entry.cell: entry.answer for entry in sheet("paths").key.content.entries}
    assert key["dgrad:x"] == "cos(x) + s + x·(2·x)"


def test_a_condition_is_not_asked() -> None:
    worksheet = sheet("cases")
    decided = [name for name in worksheet.problem.graph if isinstance(worksheet.problem.reference(f"val:{name}"), bool)]
    assert len(decided) == 1
    assert f"val:{decided[0]}" not in worksheet.cells


def test_the_page_is_a4_and_says_whose_it_is() -> None:
    worksheet = sheet("variant")
    root = ElementTree.fromstring(worksheet.blank.svg())
    assert abs(float(root.get("height", "")) / float(root.get("width", "")) - 297 / 210) < 0.01
    for text in texts(worksheet.blank).values():
        plain = text.replace(r"\#", "#")
        assert worksheet.problem.hash in plain and worksheet.seed in plain and "Name" in plain and "s123" in plain
        assert "Für jeden andere Zahlen" in plain
    assert "@page{size:A4 portrait" in worksheet.blank.html() and "a4paper" in worksheet.blank.latex()
    assert worksheet.seed.startswith("2f0c#")
    assert "Name" not in worksheet.key.svg() and "key" in worksheet.key.html()


def test_a_wide_graph_turns_the_page() -> None:
    worksheet = sheet("wide")
    said = worksheet.blank.content
    assert said.is_landscape and said.page[0] > said.page[1]
    assert "size:A4 landscape" in worksheet.blank.html() and "landscape," in worksheet.blank.latex()


@pytest.mark.parametrize("name", SHEETS)
def test_a_key_earns_full_marks(name: str) -> None:
    worksheet = sheet(name)
    answers = {entry.cell: entry.answer for entry in worksheet.key.content.entries}
    report = grade(worksheet.problem, answers, digits=worksheet.digits)
    assert {cell: found.verdict for cell, found in report.items() if found.verdict != "correct"} == {}
    assert report.score == report.max_score == len(worksheet.cells)


@pytest.mark.parametrize("name", ["neuron", "worked", "operations", "cases", "variant"])
def test_every_equality_in_a_key_is_true_as_printed(name: str) -> None:
    checked = 0
    for entry in sheet(name).key.content.entries:
        said = svg.reason(entry)
        left, equals, right = (part.strip() for part in said.rpartition(" = "))
        if not equals or "≈" in right:
            continue
        filled = left.rpartition(" = ")[2].rpartition(" ≈ ")[2]
        try:
            value = read_expression(filled, names=())
        except compgraph.ParseError:
            continue
        if isinstance(value, (int, float, Fraction)):
            checked += 1
            assert abs(Fraction(value) - Fraction(right.replace("−", "-"))) < Fraction(1, 10**12), said
    assert checked >= 1


def test_a_key_says_what_cannot_be_told() -> None:
    worksheet = Worksheet(Problem("y = x^2", {"x": "2"}, title="At two"))
    hidden = {cell for cell, _ in worksheet.diagnosability.hidden}
    assert "part:x>y" in hidden or "val:y" in hidden  # 2x = x² at 2
    assert worksheet.diagnosability.distinct < worksheet.diagnosability.mistakes
    assert any(note.startswith("Not seen in ") for note in worksheet.key.content.notes)
    assert all(note in unescape(worksheet.key.html()) for note in worksheet.key.content.notes)
    assert worksheet.blank.content.notes == ()


# -- the same bytes, and safe ones


def test_the_same_sheet_has_the_same_bytes() -> None:
    program = (
        "import hashlib; from compgraph.homework import Problem; from compgraph.homework.worksheet import Worksheet\n"
        f"w = Worksheet(Problem({NEURON[0]!r}, {NEURON[1]!r}, title='T'), seed='abc', student='x')\n"
        "for p in (w.blank, w.key):\n"
        "    for d in (p.svg(), p.html(), p.latex(), p.markdown(), p.png(1.0), w.template.toml(), w.template.csv()):\n"
        "        print(hashlib.sha256(d if isinstance(d, bytes) else d.encode()).hexdigest())\n"
    )
    running = [
        subprocess.Popen(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            stdout=subprocess.PIPE, text=True,
        )
        for seed in ("1", "2")
    ]  # fmt: skip
    runs = [process.communicate(timeout=60)[0] for process in running]
    assert runs[0] == runs[1] and len(set(runs[0].split())) == 12  # the templates are the same for blank and key


HOSTILE = [
    '</svg></style></title><script>alert(1)</script>" onload="x',
    r"\input{/etc/passwd} \end{document} $x$ % & # _ { } ^ ~ \\ \write18{rm}",
    "]]> <!-- --> <![CDATA[ &amp; &#0; a\x00b\x07\ufffe\ud800",
    "漢字 🙂 é ẞ Ω ∂ e\u0301 a\u0338 \u202e ﬁ ½ ſ \u2028",
    "| a | `b` *c* _d_ [e](javascript:f) ![g](h) <img src=x> http://x",
    "x" * 400,
    "``''--?`!`<<>>,,",
]


@cache
def hostile() -> list[Worksheet]:
    return [
        Worksheet(Problem("y' = é1*θ + sin(θ)", {"é1": "2.5", "θ": "0.7"}), title=text, student=text)
        for text in HOSTILE
    ]


@pytest.mark.parametrize("which", range(len(HOSTILE)))
def test_hostile_names_break_nothing(which: int) -> None:
    worksheet = hostile()[which]
    for paper in (worksheet.blank, worksheet.key):
        root = ElementTree.fromstring(paper.svg())
        assert {element.tag.rpartition("}")[2] for element in root.iter()} <= {
            "svg", "title", "desc", "style", "rect", "text", "tspan", "path", "g"
        }  # fmt: skip
        assert not [key for element in root.iter() for key in list(element.attrib) if key.startswith("on")]
        check_html(paper.html())
        check_latex(paper.latex())
        assert paper.png(0.5).startswith(b"\x89PNG")
        text = paper.markdown()
        text.encode()
        assert not re.search(r"(?<!\\)(?:\\\\)*<", text) and not re.search(r"(?<!\\)(?:\\\\)*\](?=\()", text)
    rows = [line for line in worksheet.blank.markdown().splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {5}


@pytest.mark.parametrize("name", SHEETS)
def test_documents_are_well_formed(name: str) -> None:
    for paper in (sheet(name).blank, sheet(name).key):
        ElementTree.fromstring(paper.svg())
        check_html(paper.html())
        check_latex(paper.latex())


def check_html(page: str) -> None:
    """Balanced, without scripts or anything loaded, and its policy is that of its own style sheet."""

    class Reader(HTMLParser):
        def __init__(self) -> None:
            super().__init__(convert_charrefs=True)
            self.stack: list[str] = []
            self.policy = self.style = ""

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            assert tag not in ("script", "iframe", "img", "link", "object", "base", "form", "a"), tag
            assert not [key for key, _ in attrs if key.startswith("on") or key in ("href", "src", "style")], attrs
            if dict(attrs).get("http-equiv") == "Content-Security-Policy":
                self.policy = dict(attrs)["content"] or ""
            if tag != "meta":
                self.stack.append(tag)

        def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            self.handle_starttag(tag, attrs)
            self.stack.pop()

        def handle_endtag(self, tag: str) -> None:
            assert self.stack.pop() == tag

        def handle_data(self, data: str) -> None:
            if self.stack[-1:] == ["style"]:
                self.style += data

    reader = Reader()
    reader.feed(page)
    reader.close()
    assert reader.stack == []
    digest = base64.b64encode(hashlib.sha256(reader.style.encode()).digest()).decode()
    assert reader.policy.startswith("default-src 'none'") and f"'sha256-{digest}'" in reader.policy


def check_latex(document: str) -> None:
    """Groups, environments and formulas are closed in their order, and every command is one of ours or of LaTeX."""
    body = re.sub(r"(?<!\\)%.*", "", document)
    depth, formulas = 0, 0
    for token in re.findall(r"\\.|[{}$]", body):
        depth += {"{": 1, "}": -1}.get(token, 0)
        formulas += token == "$"
        assert depth >= 0
    assert depth == 0 and formulas % 2 == 0
    open_environments: list[str] = []
    for kind, name in re.findall(r"\\(begin|end)\{(\w+)\}", body):
        if kind == "begin":
            open_environments.append(name)
        else:
            assert open_environments.pop() == name
    assert open_environments == []
    assert body.count(r"\begin{document}") == body.count(r"\end{document}") == 1
    written = body[body.index(r"\begin{document}") :]
    assert not set(re.findall(r"\\([a-zA-Z]+)", written)) & {"input", "include", "write", "openout", "immediate", "def"}
    assert all(c.isascii() or "\u00c0" <= c <= "\u017e" for c in document)


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no TeX here; the structure is checked without it")
@pytest.mark.parametrize("is_landscape", [False, True])
def test_latex_compiles(is_landscape: bool, tmp_path: Path) -> None:
    """All sheets and keys in one document each for either way to turn a page."""
    worksheets = [*map(sheet, ("neuron", "network", "cases", "paths", "comma", "variant", "wide")), *hostile()[::2]]
    every = [paper for worksheet in worksheets for paper in (worksheet.blank, worksheet.key)]
    every += [worksheet.blank for worksheet in hostile()[1::2]]
    papers = [paper.latex() for paper in every if paper.content.is_landscape is is_landscape]
    assert papers
    begin, end = "\\begin{document}\n", "\\end{document}\n"
    bodies = [paper.partition(begin)[2].removesuffix(end) for paper in papers]
    text = papers[0].partition(begin)[0] + begin + "\n\\clearpage\n".join(bodies) + end
    (tmp_path / "all.tex").write_text(text, encoding="utf-8")
    done = subprocess.run(
        ["pdflatex", "-draftmode", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "all.tex"],
        cwd=tmp_path, capture_output=True, timeout=120,
    )  # fmt: skip
    log = done.stdout.decode(errors="replace")
    assert done.returncode == 0, log[-2000:]
    assert "Missing character" not in log
    assert "undefined" not in log.lower()


@given(st.text(max_size=30))
def test_any_text_is_safe_in_latex_and_markdown(text: str) -> None:
    inner = latex.escaped(text)
    check_latex(rf"\begin{{document}}{inner}${latex.formula((text,))}$\end{{document}}")
    assert "\n" not in markdown.escaped(text)
    assert not re.search(r"(?<!\\)(?:\\\\)*[`*_<|]", markdown.escaped(text).replace(r"\\", ""))


def test_indices_and_exponents_stay_what_they_are_in_latex() -> None:
    assert latex.formula(("u₁² + x'² = sin(α₁₂)·3",)) == (
        r"u_{1}{}^{2}+x\text{{'}}^{2}=\mathrm{sin}(\alpha _{12})\cdot 3"
    )


# -- filled in


def filled(worksheet: Worksheet, changes: Mapping[str, str]) -> dict[str, str]:
    """What a student has written: the key, but for some cells."""
    key = {entry.cell: entry.answer.replace("−", "-") for entry in worksheet.key.content.entries}
    return {**key, **changes}


@pytest.mark.parametrize("name", SHEETS)
def test_a_template_filled_in_as_toml_and_as_a_spreadsheets_csv_marks_the_same(name: str, tmp_path: Path) -> None:
    worksheet = sheet(name)
    last = worksheet.cells[-1]
    answers = filled(worksheet, {worksheet.cells[0]: "1/3", last: ""})
    toml = worksheet.template.toml()
    for cell, answer in answers.items():
        toml = re.sub(rf'(?m)^("{re.escape(cell)}"\s*= )""', rf'\g<1>"{answer}"', toml)
    (tmp_path / "a.toml").write_text(toml, encoding="utf-8")
    worksheet.template.save(tmp_path / "a.csv")
    rows = (tmp_path / "a.csv").read_text("utf-8-sig").splitlines()
    assert rows[0] == "cell,answer"
    spreadsheet = []
    for row in rows:  # as a spreadsheet of half of Europe saves it
        cell, _, answer = row.partition(",")
        spreadsheet.append(f"{cell};{answers.get(cell, answer)}" if not row.startswith("#") else f"{row};")
    (tmp_path / "b.csv").write_bytes(b"\xef\xbb\xbf" + "\r\n".join(spreadsheet).encode() + b"\r\n")
    sheets = [load_sheet(tmp_path / name) for name in ("a.toml", "b.csv")]
    assert sheets[0].problem == sheets[1].problem == worksheet.problem.hash
    assert sheets[0].student == sheets[1].student == worksheet.student
    reports = [grade(worksheet.problem, one, digits=worksheet.digits) for one in sheets]
    assert reports[0].to_dict() == reports[1].to_dict()
    assert not reports[0].unknown
    assert reports[0][last].verdict == "blank" and reports[0].roots == [worksheet.cells[0]]
    empty = grade(worksheet.problem, load_sheet(tmp_path / "a.csv"), digits=worksheet.digits)
    assert empty.score == 0 and {found.verdict for found in empty.values()} == {"blank"}
    assert empty.max_score == len(worksheet.cells)


def test_a_template_of_another_problem_is_refused(tmp_path: Path) -> None:
    path = sheet("neuron").template.save(tmp_path / "answers.toml")
    with pytest.raises(ValueError, match="another problem"):
        grade(sheet("worked").problem, load_sheet(path))


@pytest.mark.parametrize("student", ['a"b', "=1+1", "\x7f\x00\ud800", "ü; ,\n"])
def test_a_template_holds_any_student(student: str, tmp_path: Path) -> None:
    worksheet = Worksheet(Problem("y = x^2", {"x": "3"}), student=student)
    found = [load_sheet(worksheet.template.save(tmp_path / name)).student for name in ("a.toml", "a.csv")]
    assert all(one for one in found)
    assert found[0] == worksheet.blank.content.student
    assert not re.search(r"(?m)^student,[=+\-@]", worksheet.template.csv())


# -- files, and what is misused


def test_files_are_written_by_their_suffix(tmp_path: Path) -> None:
    paper = sheet("variant").blank
    starts = {"svg": b"<svg", "png": b"\x89PNG", "html": b"<!DOCTYPE", "tex": b"\\documentclass", "md": b"# "}
    for suffix, start in starts.items():
        assert paper.save(tmp_path / f"sheet.{suffix}").read_bytes().startswith(start)
    assert paper.save(tmp_path / "sheet", format="svg").read_text("utf-8") == paper.svg()
    with pytest.raises(ValueError, match="expected svg, png, pdf, html, tex or md"):
        paper.save(tmp_path / "sheet.docx")
    with pytest.raises(ValueError, match=r"expected \.toml or \.csv"):
        sheet("variant").template.save(tmp_path / "answers.xlsx")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["sheet", *sorted(f"sheet.{s}" for s in starts)]


def test_misuse_is_said() -> None:
    problem = Problem("y = x^2", {"x": "3"})
    with pytest.raises(ValueError, match="digits: expected a whole number"):
        Worksheet(problem, digits=0)
    with pytest.raises(TypeError, match="Write \\['val'\\]"):
        Worksheet(problem, ask="val")
    with pytest.raises(ValueError, match="nothing to compute"):
        Worksheet(Problem("y = x^2", {"x": "3"}, wrt=["x"]), ask=["new"])
    with pytest.raises(compgraph.ParseError, match="Did you mean"):
        Worksheet(problem, ask=["vall:y"])


def test_what_a_problem_says_is_taken() -> None:
    problem = Problem("y = x^2", {"x": "3"}, ask=["val"], marking={"digits": 6}, title="Its own")
    worksheet = Worksheet(problem)
    assert worksheet.cells == ["val:y"] and worksheet.digits == 6 and worksheet.blank.content.title == "Its own"
    assert worksheet.problem.hash == problem.hash
    assert repr(worksheet).startswith("Worksheet 'Its own': 1 cells")
    assert worksheet._repr_svg_() == worksheet.blank.svg()
    assert isinstance(worksheet.blank.content, Content)

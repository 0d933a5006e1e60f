"""Exports: what another system does with them, done here by a few lines that know nothing of graphs."""

from __future__ import annotations

import ast
import base64
import contextlib
import io
import itertools
import json
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from functools import cache
from html.parser import HTMLParser
from typing import Any, NamedTuple

import pytest

from compgraph.homework import Problem, grade
from compgraph.homework.exports import FORMATS, jupyterquiz, moodle_xml, nbgrader, nbgrader_cells
from compgraph.homework.questions import questions
from compgraph.homework.worksheet import Worksheet

NEURON = ("z = w*x + b; a = sigmoid(z); L = (a - t)^2", {"w": "0.6", "x": "1.5", "b": "-0.4", "t": "1"})
TANGLE = "; ".join(["v1 = x", *(f"v{i} = sin(v{i - 1}) + x" for i in range(2, 50))])
ASK = ["val", "part", "grad"]
HOSTILE = "a/b ]]></text><script>alert(1)</script> & $x$ [y](z) \\(q\\) \x00"


@cache
def sheet(name: str) -> Worksheet:
    problems = {
        "neuron": Problem(*NEURON, wrt=["w", "b"], eta="0.5", title="One neuron"),
        "paths": Problem("u = x^2; v = 3x; y = u*v", {"x": "1.7"}, title=HOSTILE, ask=[*ASK, "dgrad:x"]),
        "comma": Problem("y = 0,3*x + sin(x)", {"x": "1,75"}, decimal_comma=True, level="operations"),
        "large": Problem(TANGLE, {"x": "0.7"}, ask=["val:v2"]),
    }
    return Worksheet(problems[name], digits=3 if name == "comma" else 4)


SHEETS = ["neuron", "paths", "comma", "large"]


# -- what the systems make of them


class Choice(NamedTuple):
    """An answer that a quiz knows: from, to, what it earns, and what is said."""

    low: float
    high: float
    credit: float
    said: str


def imported_by_moodle(text: str) -> dict[str, list[Choice]]:
    """Question → its answers, read as the import of a question bank reads them."""
    found = {}
    for question in ElementTree.fromstring(text.encode()).findall("question"):
        if question.get("type") != "numerical":
            continue
        answers = []
        for answer in question.findall("answer"):
            value, tolerance = float(needed(answer, "text")), float(needed(answer, "tolerance"))
            credit = float(answer.get("fraction", "")) / 100
            answers.append(Choice(value - tolerance, value + tolerance, credit, needed(answer, "feedback/text")))
        found[needed(question, "name/text")] = answers
    return found


def needed(element: ElementTree.Element, path: str) -> str:
    found = element.find(path)
    assert found is not None, path
    return found.text or ""


def shown_by_jupyterquiz(text: str) -> dict[str, list[Choice]]:
    """Question → its answers; a range holds its lower end and not its upper one."""
    found = {}
    for number, question in enumerate(json.loads(text)):
        assert question.keys() == {"question", "type", "answers"} and question["type"] == "numeric"
        *answers, last = question["answers"]
        assert last.keys() == {"type", "feedback"} and last["type"] == "default"
        assert all(answer.keys() == {"type", "range", "correct", "feedback"} for answer in answers)
        found[f"{number}"] = [
            Choice(low, high, float(a["correct"]), a["feedback"]) for a in answers for low, high in [a["range"]]
        ]
    return found


def marked(answers: list[Choice], typed: str) -> Choice | None:
    """What a quiz answers: the first that fits."""
    number = float(typed.replace("−", "-"))
    return next((answer for answer in answers if answer.low <= number <= answer.high), None)


# -- Moodle and jupyterquiz


@pytest.mark.parametrize("name", SHEETS)
def test_right_answers_are_right_and_wrong_ones_are_told_what_we_would_tell(name: str) -> None:
    worksheet = sheet(name)
    problem, digits = worksheet.problem, worksheet.digits
    key = {e.cell: e.answer.replace("−", "-") for e in worksheet.key.content.entries if not e.is_formula}
    banks = [imported_by_moodle(moodle_xml(worksheet)), shown_by_jupyterquiz(jupyterquiz(worksheet))]
    assert [len(bank) for bank in banks] == [len(key)] * 2
    told = 0
    for question, *pair in zip(questions(worksheet), *(bank.values() for bank in banks), strict=True):
        for answers in pair:
            right = marked(answers, key[question.cell].replace(",", "."))
            assert right is not None and right.credit == 1 and answers[0] is right
            assert [answer.credit for answer in answers[1:]] == [0] * len(question.wrong)
            ordered = sorted((answer.low, answer.high) for answer in answers)
            assert all(low < high for low, high in ordered)
            assert all(a[1] < b[0] for a, b in itertools.pairwise(ordered))
        for wrong in question.wrong:
            typed = f"{wrong.value:.{digits - 1}e}"
            answered = key | {question.cell: typed.replace(".", ",") if problem.decimal_comma else typed}
            report = grade(problem, answered, digits=digits)[question.cell]
            assert report.verdict == "wrong", (question.cell, typed)
            for answers in pair:
                found = marked(answers, typed)
                assert found is not None and found.credit == 0
                said = plain(found.said)
                assert said and report.diagnoses[0].message.lower() in said.lower()
                told += 1
    assert told >= 10


def plain(html: str) -> str:
    class Reader(HTMLParser):
        words = ""

        def handle_starttag(self, tag: str, attrs: Any) -> None:
            assert tag == "p", tag

        def handle_data(self, data: str) -> None:
            self.words += data

    reader = Reader()
    reader.feed(html)
    reader.close()
    return reader.words


def test_the_message_of_a_common_mistake_arrives() -> None:
    bank = imported_by_moodle(moodle_xml(sheet("neuron")))
    answers = next(answers for name, answers in bank.items() if name.endswith("grad:w"))
    for typed, word in (("-0.1774", "factor is missing"), ("0.2662", "sign"), ("-0.2662", "")):
        found = marked(answers, typed)
        assert found is not None and (word in found.said if word else found.credit == 1)
    assert marked(answers, "17.3") is None


@pytest.mark.parametrize("name", SHEETS)
def test_a_question_bank_has_what_its_import_needs(name: str) -> None:
    worksheet = sheet(name)
    root = ElementTree.fromstring(moodle_xml(worksheet).encode())
    assert root.tag == "quiz"
    category, description, *rest = root.findall("question")
    assert category.get("type") == "category" and description.get("type") == "description"
    path = needed(category, "category/text")
    assert path.startswith("$course$/") and "/" not in path.removeprefix("$course$/").replace("//", "")
    for question in rest:
        assert question.get("type") == "numerical"
        assert {child.tag for child in question} >= {"name", "questiontext", "generalfeedback", "answer"}
        assert float(needed(question, "defaultgrade")) == 1 and 0 <= float(needed(question, "penalty")) <= 1
        assert (needed(question, "hidden"), needed(question, "unitgradingtype"), needed(question, "showunits")) == (
            "0", "0", "3",
        )  # fmt: skip
        assert all(answer.get("fraction") in ("100", "0") for answer in question.findall("answer"))
        body = question.find("questiontext")
        assert body is not None and body.get("format") == "html" and plain(needed(body, "text"))
    text = description.find("questiontext")
    assert text is not None
    file = text.find("file")
    if worksheet.blank.content.figure is None:
        assert file is None and "PLUGINFILE" not in needed(text, "text")
    else:
        assert file is not None and (file.get("path"), file.get("encoding")) == ("/", "base64")
        assert f"@@PLUGINFILE@@/{file.get('name')}" in needed(text, "text")
        assert ElementTree.fromstring(base64.b64decode(file.text or "")).tag.endswith("svg")
    assert "<script" not in re.sub("&lt;", "", moodle_xml(worksheet))


def test_a_quiz_on_a_page_shows_titles_and_names_as_they_are() -> None:
    """Dollars are mathematics there, and brackets may be links: neither comes from us."""
    for question in json.loads(jupyterquiz(sheet("paths"))):
        assert not set("$[]\\") & set(question["question"]) and plain(question["question"])
        assert "u = x²; v = 3·x; y = u·v at x = 1.7" in plain(question["question"])


# -- nbgrader


def run(source: str, names: Mapping[str, Any]) -> tuple[Any, str]:
    """What a cell of a notebook shows: the value of its last line, and what it has printed."""
    *body, last = ast.parse(source).body
    assert isinstance(last, ast.Expr)
    space, out, err = dict(names), io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        exec(compile(ast.Module(body, []), "cell", "exec"), space)
        value = eval(compile(ast.Expression(last.value), "cell", "eval"), space)
    assert err.getvalue() == ""  # it would count as a failure
    return value, out.getvalue()


@pytest.mark.parametrize("name", SHEETS)
def test_the_cell_that_marks_gives_the_score_as_partial_credit(name: str) -> None:
    worksheet = sheet(name)
    _, answers, test = nbgrader_cells(worksheet)
    space: dict[str, Any] = {}
    exec(answers["source"], space)
    empty = space["answers"]
    assert list(empty) == worksheet.cells and set(empty.values()) == {""}
    points = test["metadata"]["nbgrader"]["points"]
    right = {e.cell: e.answer.replace("−", "-") for e in worksheet.key.content.entries}
    first = worksheet.cells[0]
    assert run(test["source"], {"answers": empty})[0] == 0
    assert run(test["source"], {"answers": right})[0] == points == len(worksheet.cells)
    score, said = run(test["source"], {"answers": right | {first: "77.7"}})
    assert score == grade(worksheet.problem, right | {first: "77.7"}, digits=worksheet.digits).score < points
    assert first in said and right[first] not in said  # what was wrong, and not what would be right
    hostile = dict.fromkeys(worksheet.cells, "__import__('os').system('x')") | {"what:is": "this"}
    assert run(test["source"], {"answers": hostile})[0] == 0
    assert run(test["source"], {"answers": {first: 77.7, worksheet.cells[-1]: None}})[0] == 0  # numbers, not text


@pytest.mark.parametrize("name", SHEETS)
def test_an_assignment_is_a_notebook_for_nbgrader(name: str) -> None:
    nbformat: Any = pytest.importorskip("nbformat")
    notebook = nbformat.reads(nbgrader(sheet(name)), as_version=4)
    nbformat.validate(notebook)
    kinds = [cell.cell_type for cell in notebook.cells]
    assert kinds == ["markdown", "code", "code"]
    seen = set()
    for cell in notebook.cells:
        about = cell.metadata.get("nbgrader")
        if about is None:
            assert cell.source.startswith("# Write between the quotes")
            continue
        assert re.fullmatch(r"[a-zA-Z0-9_\-]+", about["grade_id"]) and about["schema_version"] == 3
        assert about["locked"] and not about["solution"] and not about["task"]
        assert ("points" in about) is about["grade"] is (cell.cell_type == "code")
        seen.add(about["grade_id"])
    assert len(seen) == 2
    assert not notebook.cells[1].outputs and notebook.cells[2].execution_count is None


def test_nbgrader_itself_accepts_an_assignment() -> None:
    theirs: Any = pytest.importorskip("nbgrader.nbgraderformat")
    for name in SHEETS:
        theirs.reads(nbgrader(sheet(name)), as_version=4)


def test_what_a_teacher_expects_is_not_in_an_assignment() -> None:
    told = [{"cell": "grad:w", "formula": "grad:z + x", "message": "Added x instead of multiplying by x."}]
    problem = Problem(*NEURON, title="T", hypotheses=told, marking={"digits": 4, "truncation": False})
    text = nbgrader(Worksheet(problem))
    assert "Added x" not in text and "grad:z + x" not in text
    assert "'truncation': False" in json.loads(text)["cells"][2]["source"]
    assert any("Added x" in w.message for q in questions(Worksheet(problem)) for w in q.wrong)


@pytest.mark.parametrize("name", FORMATS)
def test_an_export_is_the_same_whenever_it_is_made(name: str) -> None:
    write, suffix = FORMATS[name]
    again = Worksheet(Problem(*NEURON, wrt=["w", "b"], eta="0.5", title="One neuron"))
    assert write(again) == write(sheet("neuron")) and suffix in (".xml", ".json", ".ipynb")

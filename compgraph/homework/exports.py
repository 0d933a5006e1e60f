"""A worksheet for other systems: a question bank for Moodle, a quiz for jupyterquiz, an assignment for nbgrader.

In the first two every wrong number that a common mistake gives carries the message that a diagnosis would give, and
none of our code runs there. Both hold the right numbers, as every quiz does: what students are handed on paper is
``Worksheet.blank``. An assignment for nbgrader marks with this library, following earlier errors, and holds no number.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from html import escape
from typing import Any
from xml.etree import ElementTree

from compgraph.homework.paper.content import Content
from compgraph.homework.paper.svg import picture
from compgraph.homework.questions import Question, questions
from compgraph.homework.worksheet import Worksheet
from compgraph.render.runs import clean

__all__ = ["FORMATS", "jupyterquiz", "moodle_xml", "nbgrader", "nbgrader_cells"]


# -- Moodle


def moodle_xml(worksheet: Worksheet) -> str:
    """A question bank: the graph as a description, then a numerical question for every box.

    Examples
    --------
    >>> from compgraph.homework.problem import Problem
    >>> bank = moodle_xml(Worksheet(Problem("y = 3x", title="Lines", at={"x": "2"})))
    >>> [question.get("type") for question in ElementTree.fromstring(bank.encode())]
    ['category', 'description', 'numerical', 'numerical', 'numerical']
    """
    sheet = worksheet.blank.content
    quiz = ElementTree.Element("quiz")
    category = ElementTree.SubElement(quiz, "question", type="category")
    # a slash would begin another category below this one
    _text(ElementTree.SubElement(category, "category"), f"$course$/{sheet.title.replace('/', '//')}")
    _moodle_description(quiz, sheet)
    for question in questions(worksheet):
        _moodle_numerical(quiz, sheet, question)
    ElementTree.indent(quiz)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(quiz, encoding="unicode") + "\n"


def _moodle_description(quiz: ElementTree.Element, sheet: Content) -> None:
    element = ElementTree.SubElement(quiz, "question", type="description")
    _text(ElementTree.SubElement(element, "name"), sheet.title)
    body = _paragraphs([*sheet.tasks, *([_about(sheet)] if sheet.figure is None else [])])
    text = ElementTree.SubElement(element, "questiontext", format="html")
    if sheet.figure is None:
        _text(text, body)
    else:
        _text(text, f'{body}<p><img src="@@PLUGINFILE@@/graph.svg" alt="{_html(_about(sheet))}"/></p>')
        file = ElementTree.SubElement(text, "file", name="graph.svg", path="/", encoding="base64")
        file.text = _base64(picture(sheet))
    _text(ElementTree.SubElement(element, "generalfeedback", format="html"), "")


def _moodle_numerical(quiz: ElementTree.Element, sheet: Content, question: Question) -> None:
    element = ElementTree.SubElement(quiz, "question", type="numerical")
    _text(ElementTree.SubElement(element, "name"), f"{sheet.title}: {question.number}, {question.cell}")
    body = _paragraphs([_about(sheet), f"Box {question.number}: {question.asks}."])
    _text(ElementTree.SubElement(element, "questiontext", format="html"), body)
    _text(ElementTree.SubElement(element, "generalfeedback", format="html"), "")
    for key, value in (("defaultgrade", "1"), ("penalty", "0.3333333"), ("hidden", "0")):
        ElementTree.SubElement(element, key).text = value
    # the first answer that fits counts
    _moodle_answer(element, 100, question.value, question.tolerance, "")
    for wrong in question.wrong:
        _moodle_answer(element, 0, wrong.value, wrong.tolerance, wrong.message)
    for key, value in (("unitgradingtype", "0"), ("unitpenalty", "0.1"), ("showunits", "3"), ("unitsleft", "0")):
        ElementTree.SubElement(element, key).text = value


def _moodle_answer(element: ElementTree.Element, grade: int, value: float, tolerance: float, message: str) -> None:
    answer = ElementTree.SubElement(element, "answer", fraction=str(grade), format="moodle_auto_format")
    ElementTree.SubElement(answer, "text").text = f"{value:.15g}"
    _text(ElementTree.SubElement(answer, "feedback", format="html"), _html(message))
    ElementTree.SubElement(answer, "tolerance").text = f"{tolerance:.3g}"


def _text(element: ElementTree.Element, words: str) -> None:
    ElementTree.SubElement(element, "text").text = clean(words)


# -- jupyterquiz


def jupyterquiz(worksheet: Worksheet) -> str:
    """A quiz as JSON, for ``display_quiz``.

    Examples
    --------
    >>> from compgraph.homework.problem import Problem
    >>> value, *_ = json.loads(jupyterquiz(Worksheet(Problem("y = 3x", at={"x": "2"}))))
    >>> value["type"], value["answers"][0]["correct"], value["answers"][0]["range"][0] < 6
    ('numeric', True, True)
    """
    sheet = worksheet.blank.content
    quiz = []
    for question in questions(worksheet):
        answers: list[dict[str, Any]] = [
            {**_range(question.value, question.tolerance), "correct": True, "feedback": "Right."}
        ]
        for wrong in question.wrong:
            said = {"correct": False, "feedback": _quoted(wrong.message)}
            answers.append({**_range(wrong.value, wrong.tolerance), **said})
        answers.append({"type": "default", "feedback": "This is not right. Check the step that leads here."})
        asked = _paragraphs([_about(sheet), f"{question.asks} = ?"], _quoted)
        quiz.append({"question": asked, "type": "numeric", "answers": answers})
    return json.dumps(quiz, ensure_ascii=False, indent=1) + "\n"


def _range(value: float, tolerance: float) -> dict[str, Any]:
    """From, and up to but not including."""
    return {"type": "range", "range": [float(f"{value - tolerance:.12g}"), float(f"{value + tolerance:.12g}")]}


def _quoted(words: str) -> str:
    """Text for a page in which dollars are mathematics and brackets are links."""
    return re.sub(r"[$\[\]()\\]", lambda found: f"&#{ord(found[0])};", _html(words))


# -- nbgrader


def nbgrader(worksheet: Worksheet) -> str:
    """An assignment as a notebook."""
    notebook = {
        "cells": nbgrader_cells(worksheet),
        "metadata": {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"


def nbgrader_cells(worksheet: Worksheet) -> list[dict[str, Any]]:
    """The cells of an assignment: the sheet, a cell for the answers, and a locked one that marks them.

    Its output is the score, which nbgrader takes for partial credit; no number of the key stands anywhere.

    Examples
    --------
    >>> from compgraph.homework.problem import Problem
    >>> text, answers, test = nbgrader_cells(Worksheet(Problem("y = 3x", at={"x": "2"})))
    >>> test["metadata"]["nbgrader"]["points"], test["metadata"]["nbgrader"]["locked"]
    (3, True)
    """
    name = f"hw-{worksheet.problem.hash.partition(':')[2][:12]}"
    sheet = worksheet.blank.content
    image = _base64(picture(sheet)) if sheet.figure is not None else ""
    text: dict[str, Any] = {
        "cell_type": "markdown",
        "id": f"{name}-text",
        "metadata": {"nbgrader": _locked(f"{name}-text")},
        "source": worksheet.blank.markdown("attachment:graph.svg" if image else ""),
    }
    if image:
        text["attachments"] = {"graph.svg": {"image/svg+xml": image}}
    return [
        text,
        {**_code(f"{name}-answers", _answers(worksheet)), "metadata": {}},
        {
            **_code(f"{name}-test", _test(worksheet)),
            "metadata": {"nbgrader": {**_locked(f"{name}-test"), "grade": True, "points": len(worksheet.cells)}},
        },
    ]


def _locked(name: str) -> dict[str, Any]:
    return {"grade": False, "grade_id": name, "locked": True, "schema_version": 3, "solution": False, "task": False}


def _code(name: str, source: str) -> dict[str, Any]:
    return {"cell_type": "code", "id": name, "source": source, "execution_count": None, "outputs": []}


def _answers(worksheet: Worksheet) -> str:
    lines = ['# Write between the quotes, as on paper: "0.50", "1/3", "-1.5e-4".', "answers = {"]
    lines += [f'    {cell!r}: "",  # {i}: {clean(sign)}' for i, (cell, sign) in enumerate(worksheet.template.cells, 1)]
    return "\n".join([*lines, "}"])


def _test(worksheet: Worksheet) -> str:
    """The code that marks: all of the problem as literals, nothing of it as code.

    The mistakes that a teacher expects are left out: they are for nobody who reads along.
    """
    problem = worksheet.problem
    options = {
        "output": problem.output, "wrt": problem.wrt, "batch": problem.batch, "level": problem.level,
        "eta": None if problem.eta is None else str(problem.eta), "decimal_comma": problem.decimal_comma,
        "parameters": problem.parameters if problem.eta is not None else None,
        "title": problem.title, "ask": worksheet.cells,
    }  # fmt: skip
    marking = {**problem.marking, "digits": worksheet.digits}
    given = ", ".join(f"{key}={value!r}" for key, value in options.items() if value)
    at = {name: str(value) if isinstance(value, Fraction) else value for name, value in problem.at.items()}
    lines = [
        "import warnings",
        "",
        "from compgraph.homework import Problem, grade",
        "",
        'warnings.simplefilter("ignore")  # what is said on standard error counts as a failure',
        f"problem = Problem({problem.text!r}, {at!r}, {given})",
        f"report = grade(problem, answers, **{marking!r})",
        "print(report)",
        "report.score",
    ]
    return "\n".join(lines)


# -- words


def _base64(document: str) -> str:
    return base64.b64encode(document.encode()).decode("ascii")


def _about(sheet: Content) -> str:
    """The problem in a line."""
    return f"{'; '.join(sheet.statements)} at {', '.join(sheet.given)}"


def _html(words: str) -> str:
    return escape(clean(words))


def _paragraphs(lines: Sequence[str], written: Any = _html) -> str:
    return "".join(f"<p>{written(line)}</p>" for line in lines)


#: Name → what writes it, and the suffix of the file.
FORMATS: Mapping[str, tuple[Callable[[Worksheet], str], str]] = {
    "moodle": (moodle_xml, ".xml"),
    "jupyterquiz": (jupyterquiz, ".json"),
    "nbgrader": (nbgrader, ".ipynb"),
}

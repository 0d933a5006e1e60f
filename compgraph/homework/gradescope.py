"""``results.json`` for Gradescope: a test for each group of cells, and a valid file whatever happens.

>>> from compgraph.homework.grading import grade
>>> from compgraph.homework.problem import Problem
>>> problem = Problem("z = w*x + b", at={"w": "0.6", "x": "1.5", "b": "-0.4"})
>>> found = results(grade(problem, {"val:z": "0.9", "grad:w": "1.5"}))
>>> found["score"], [(test["name"], test["score"], test["max_score"]) for test in found["tests"]]
(1.0, [('Values', 0.0, 1.0), ('Derivatives', 1.0, 1.0)])
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from compgraph.files import write
from compgraph.homework.report import Report
from compgraph.homework.wording import SIGNS, note
from compgraph.reading.lexing import shown
from compgraph.render.runs import clean

__all__ = ["GROUPS", "failed", "results", "save_results"]

#: Kind of cells → the name of the test.
GROUPS = {
    "val": "Values",
    "part": "Partial derivatives",
    "grad": "Derivatives",
    "tan": "Tangents",
    "path": "Path products",
    "new": "Updated parameters",
    "dgrad": "Derivatives as formulas",
}


def results(report: Report, *, factor: float = 1.0) -> dict[str, Any]:
    """A report as Gradescope takes it.

    Parameters
    ----------
    report : Report
    factor : float
        What the score is multiplied by: see `compgraph.homework.classreport.Attempt`.

    Raises
    ------
    ValueError
        The report reveals numbers that students are to find: what Gradescope gets is shown to them.
    """
    if report.reveal:
        raise ValueError("this report reveals expected numbers: expected one for students. Mark without reveal.")
    tests = []
    for kind, title in GROUPS.items():
        cells = [cell for cell in report.counted if cell.partition(":")[0] == kind]
        if not cells:
            continue
        score = _number(sum(report[cell].credit for cell in cells))
        tests.append(
            {
                "name": title,
                "score": score,
                "max_score": float(len(cells)),
                "status": "passed" if score == len(cells) else "failed",
                "output": _clean_lines("\n".join(_line(report, cell) for cell in cells)),
                "output_format": "text",
                "visibility": "visible",
            }
        )
    return {
        "score": _number(report.score * factor),
        "output": _clean_lines(str(report)),
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": tests,
    }


def failed(reason: str, *, max_score: float = 0.0) -> dict[str, Any]:
    """A sheet that could not be marked: no points yet, and why."""
    said = f"This could not be marked: {shown(reason, 1000)} Nothing is lost: hand it in again, or ask."
    return {
        "score": 0.0,
        "output": said,
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": [
            {
                "name": "Reading the answers", "score": 0.0, "max_score": _number(max_score), "status": "failed",
                "output": said, "output_format": "text", "visibility": "visible",
            }
        ],
    }  # fmt: skip


def save_results(path: str | os.PathLike[str], found: Mapping[str, Any]) -> Path:
    """Write the file, whole or not at all; in ASCII, whatever a student wrote."""
    return write(path, json.dumps(found, indent=2, allow_nan=False) + "\n")


def _clean_lines(text: str) -> str:
    """Text without characters that no page can show; its lines stay."""
    return "\n".join(clean(line) for line in text.split("\n"))


def _line(report: Report, cell: str) -> str:
    found = report[cell]
    said = note(report, found)
    if not said and found.because:
        said = f"follows from your {', '.join(found.because)}"
    return f"{SIGNS.get(found.verdict, '✓')} {cell}   {shown(found.typed, 30)}   {said}".rstrip()


def _number(value: float) -> float:
    return round(float(value), 5)

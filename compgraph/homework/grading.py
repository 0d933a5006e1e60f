"""From what stands on a sheet to a report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from compgraph.errors import ParseError
from compgraph.homework.answers import Answer, read_answer
from compgraph.homework.blocks import block_of, diagnosed_blocks, split
from compgraph.homework.diagnosis import diagnose_sheet
from compgraph.homework.marking import Marking
from compgraph.homework.problem import Problem
from compgraph.homework.report import Report
from compgraph.homework.sheets import Sheet
from compgraph.homework.verdict import Options, checked, policy

__all__ = ["grade", "read_sheet"]

_DETAILS = ("locate", "name", "show")


def grade(
    problem: Problem,
    answers: Mapping[str, Any] | Sheet,
    *,
    digits: int = 3,
    working_digits: int | None = None,
    exact: bool = False,
    rtol: float | None = None,
    atol: float | None = None,
    truncation: bool = True,
    follow_through: bool = True,
    credit: Mapping[str, Any] | None = None,
    reveal: bool = False,
    detail: str = "name",
) -> Report:
    """Mark a sheet: a verdict for each cell, against the reference and against the student's own earlier numbers.

    Parameters
    ----------
    problem : Problem
    answers : mapping of str to str, or Sheet
        Cell → what was typed. Nothing that was typed raises, or is evaluated as code.
    digits : int
        Significant digits asked for.
    working_digits : int, optional
        Significant digits of steps that are not written down; as many as `digits` if left out.
    exact : bool
        Ask for exact numbers: a decimal for a fraction is ``approximate``.
    rtol, atol : float, optional
        Tolerances beside the precision of what was typed.
    truncation : bool
        Accept digits cut off for digits rounded; flagged.
    follow_through : bool
        Give credit for what is consistent with an earlier error.
    credit : mapping of str to float, optional
        Verdict → credit, where it differs from `CREDIT`.
    reveal : bool
        Let the report hold expected numbers: for teachers.
    detail : {"locate", "name", "show"}
        How much a diagnosis says.

    Raises
    ------
    ValueError
        An option is none, or the sheet belongs to another problem.

    Examples
    --------
    >>> problem = Problem("z = w*x + b; a = sigmoid(z); L = (a - t)^2", title="hw3",
    ...                   at={"w": "0.6", "x": "1.5", "b": "-0.4", "t": "1"})
    >>> print(grade(problem, {"val:z": "0.9", "val:a": "0.711", "grad:a": "-0.578"}))
    hw3 · 2/3
    ✗ val:z   0.9    likely: b was left out    [root error]
    → val:a, grad:a   consistent with your z: full credit
    """
    options = checked(Options(digits, working_digits, exact, rtol, atol, truncation))
    policy(credit)
    if detail not in _DETAILS:
        raise ValueError(f"detail: expected one of {', '.join(_DETAILS)}, got {detail!r:.40}.")
    student = ""
    if isinstance(answers, Sheet):
        student = answers.student
        answers.check(problem.hash)
        answers = answers.answers
    if not isinstance(answers, Mapping):
        raise TypeError(
            f"answers: expected a mapping of cells to text, got {type(answers).__name__}. Write {{'val:z': '0.5'}}."
        )
    read, unknown = read_sheet(problem, answers)
    marking = Marking(problem, read, options)
    diagnoses, misconceptions = diagnose_sheet(marking, detail=detail, reveal=reveal)
    if problem.shapes:
        blocks = {block: typed for cell, typed in answers.items() if (block := block_of(str(cell), problem.shapes))}
        explained, shared = diagnosed_blocks(problem, marking, blocks, detail)
        diagnoses = {**diagnoses, **explained}
        left = [m for m in misconceptions if not explained.keys() & set(m.cells)]
        misconceptions = (*shared, *left)
    return Report(
        marking, student=student, unknown=unknown, credit=credit, follow_through=follow_through, reveal=reveal,
        diagnoses=diagnoses, misconceptions=misconceptions,
    )  # fmt: skip


def read_sheet(problem: Problem, answers: Mapping[str, Any]) -> tuple[dict[str, Answer], dict[str, str]]:
    """Canonical cell → answer, with a blank for what was asked and is not there; and what is no cell → why."""
    names = list(problem.graph)
    read: dict[str, Answer] = {}
    unknown: dict[str, str] = {}
    listed: list[tuple[Any, Any]] = []
    for cell, typed in answers.items():
        block = block_of(str(cell), problem.shapes)
        listed += [(cell, typed)] if block is None else split(block, typed)[0].items()
    for cell, typed in listed:
        try:
            name = problem.quantities.name(str(cell))
        except ParseError as error:
            unknown[str(cell)[:200]] = error.message
            continue
        if name in read:
            unknown[str(cell)[:200]] = f"{name} stands on the sheet twice: the first counts."
            continue
        label = problem.quantities[name].nodes[0]
        read[name] = (
            typed
            if isinstance(typed, Answer)
            else read_answer(typed, names=names, decimal_comma=problem.decimal_comma, label=label)
        )
    for cell in problem.asked or ():
        read.setdefault(cell, Answer("blank", ""))
    return read, unknown

"""A report as text: the score, and a line for each cell that needs attention."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from compgraph.reading.lexing import shown

if TYPE_CHECKING:
    from compgraph.homework.report import CellReport, Report

__all__ = ["SIGNS", "note", "score_text", "sheet_text"]

#: Verdict → the mark beside a cell that needs attention.
SIGNS = {
    "wrong": "✗",
    "follow_through": "→",
    "eased": "→",
    "too_few_digits": "~",
    "approximate": "~",
    "invalid": "!",
    "blank": "○",
}


def score_text(report: Report) -> str:
    """``hw3 · s123 · 7/8``"""
    score = f"{report.score:.4g}/{report.max_score}"
    return " · ".join(part for part in (report.problem.title, report.student, score) if part)


def sheet_text(report: Report) -> str:
    """The report in words, as a student reads it."""
    lines: list[tuple[str, str, str, str]] = []
    carried: dict[tuple[str, tuple[str, ...], float], list[str]] = {}
    for cell, found in report.cells.items():
        if found.verdict in ("follow_through", "eased") and found.override is None:
            carried.setdefault((found.verdict, found.because, found.credit), []).append(cell)
            continue
        said, tag = note(report, found), _tag(found)
        if found.verdict in SIGNS or said:
            lines.append((f"{SIGNS.get(found.verdict, '✓')} {cell}", _typed(report, found), said, tag))
    width = max((len(cell) for cell, *_ in lines), default=0)
    answer_width = max((len(typed) for _, typed, *_ in lines), default=0)
    note_width = max((len(said) for *_, said, tag in lines if tag), default=0)
    text = [score_text(report)]
    for cell, typed, said, tag in lines:
        text.append(f"{cell:{width}}   {typed:{answer_width}}    {said:{note_width if tag else 0}}    {tag}".rstrip())
    text += _carried(carried)
    text += [f"? {shown(name)}   {message}" for name, message in report.unknown.items()]
    return "\n".join(text)


def _typed(report: Report, found: CellReport) -> str:
    typed = shown(found.typed, 30)
    if found.verdict == "wrong" and found.reference:
        digits = report.marking.options.digits + 1
        return f"{typed} (expected {_rounded(found.reference, digits)})"
    return typed


def _rounded(number: str, digits: int) -> str:
    if len(number.lstrip("−0.")) <= digits + 1 or "/" in number:
        return number
    return f"{float(number.replace('−', '-')):.{digits}g}".replace("-", "−")


def note(report: Report, found: CellReport) -> str:
    """What there is to say about a cell, on one line; empty where it is just right."""
    if found.override is not None:
        reason = f": {found.override.reason}" if found.override.reason else ""
        return f"{_credit(found.credit)} by the teacher{reason}"
    notes: list[str] = []
    if found.verdict == "blank":
        notes.append("blank")
    if found.message:
        notes.append(found.message)
    if "no_digits" in found.flags:
        notes.append("all digits are zero: write the first that is not")
    elif "coarse" in found.flags:
        notes.append("too coarse to tell: write more digits")
    elif found.verdict == "too_few_digits":
        digits = report.marking.options.digits
        notes.append(f"right, but with too few digits ({digits} expected): {_credit(found.credit)}")
    if found.verdict == "approximate":
        notes.append(f"right, but rounded, where an exact number is expected: {_credit(found.credit)}")
    if found.formula == "wrong" and found.verdict != "wrong":
        notes.append("the formula is another one")
    if "at_point" in found.flags:
        notes.append("right at this point only")
    if "transcription" in found.flags:
        notes.append("a later cell uses the right number: copied wrongly?")
    notes += [f"{diagnosis.level}: {diagnosis.message}" for diagnosis in found.diagnoses]
    return "; ".join(notes)


def _tag(found: CellReport) -> str:
    return "[root error]" if found.verdict == "wrong" else ""


def _carried(groups: dict[tuple[str, tuple[str, ...], float], list[str]]) -> Iterator[str]:
    for (verdict, because, credit), cells in groups.items():
        what = "follows from your" if verdict == "eased" else "consistent with your"
        easier = ", which made it easier" if verdict == "eased" else ""
        yield f"→ {', '.join(cells)}   {what} {_names(because)}{easier}: {_credit(credit)}"


def _names(cells: Iterable[str]) -> str:
    names = [cell.removeprefix("val:") for cell in cells]
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _credit(credit: float) -> str:
    return {1.0: "full credit", 0.0: "no credit"}.get(credit, f"{100 * credit:.3g} % of the credit")

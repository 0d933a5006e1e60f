"""``compgraph hw check``, ``class`` and ``stress``: what is handed in, and what should be tried before."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import ExitStack, nullcontext
from pathlib import Path
from typing import Any

from compgraph.files import write
from compgraph.homework.classes import grade_class
from compgraph.homework.classreport import ClassReport
from compgraph.homework.classwording import failure_text
from compgraph.homework.commands.files import checked_folder, load, path_for, paths_for, secret_of, written
from compgraph.homework.distributing import problem_of
from compgraph.homework.gradescope import failed, results, save_results
from compgraph.homework.grading import grade
from compgraph.homework.joining import joined
from compgraph.homework.overrides import load_overrides
from compgraph.homework.problem import Problem
from compgraph.homework.report import Override, Report
from compgraph.homework.roster import load_roster
from compgraph.homework.sheets import Sheet, load_sheet
from compgraph.homework.stress import stress
from compgraph.terminal import progress_bar, say, say_json

__all__ = ["check", "mark_class", "try_out"]

_GRADING = ("digits", "working_digits", "exact", "follow_through", "detail", "reveal")
_RIGHT = ("correct", "correct_rounding")


def check(arguments: argparse.Namespace) -> bool:
    """Mark sheets and print their reports; whether all is right."""
    if arguments.gradescope is None:
        return _check(arguments)
    checked_folder(arguments.gradescope)
    try:
        return _check(arguments)
    except BaseException as error:
        # there is a valid file, whatever happened
        save_results(arguments.gradescope, failed(str(error) or type(error).__name__))
        raise


def _check(arguments: argparse.Namespace) -> bool:
    problem, options = load(arguments.problem), _options(arguments)
    if arguments.gradescope and (len(arguments.answers) > 1 or arguments.reveal):
        raise ValueError("--gradescope is for one student to see: expected one file of answers, and no --reveal.")
    overrides = load_overrides(arguments.overrides) if arguments.overrides else {}
    secret = secret_of(arguments.secret)
    if arguments.html:
        checked_folder(arguments.html)
    reports: list[Report] = []
    faults: list[Exception] = []
    for path in arguments.answers:
        try:
            sheet = load_sheet(path)
            if arguments.seed is not None:
                sheet = sheet._replace(seed=arguments.seed)
            reports.append(_overridden(_report(problem, sheet, options, secret), overrides))
        except (ValueError, OSError) as error:
            faults.append(error)
    if arguments.json:
        data = [report.to_dict() for report in reports]
        say_json(
            data[0] if len(arguments.answers) == 1 and data else {"schema": "compgraph-reports/1", "reports": data}
        )
    elif reports:
        say("\n\n".join(map(_text, reports)))
    if arguments.html and reports:
        if len(reports) == 1:
            paths = [path_for(arguments.html, reports[0].student)]
        else:
            paths = paths_for(arguments.html, [report.student for report in reports], ".html")
        for path, report in zip(paths, reports, strict=True):
            written(path, lambda to, report=report: write(to, report.html()), make=len(reports) > 1)  # type: ignore[misc]
    if arguments.gradescope and reports:
        save_results(arguments.gradescope, results(reports[0]))
    for fault in faults[:-1]:
        say(f"compgraph: {_said(fault)}", error=True)
    if faults:
        raise faults[-1]
    return all(_is_right(report) for report in reports)


def _report(problem: Problem, sheet: Sheet, options: Mapping[str, Any], secret: str | None) -> Report:
    if secret is not None:
        refused = joined([sheet], base=problem, secret=secret).refused
        if refused:
            raise ValueError(failure_text(refused[0]))
    own = problem_of(problem, sheet)
    return grade(own, sheet, **{**own.marking, **options})


def _overridden(report: Report, overrides: Mapping[tuple[str, str], Override]) -> Report:
    for (student, cell), decided in overrides.items():
        if student == report.student and cell in report.cells:
            report = report.override(cell, decided.credit, reason=decided.reason, comment=decided.comment)
    return report


def _text(report: Report) -> str:
    text = str(report)
    return text if "\n" in text or not _is_right(report) else f"{text}   all right"


def _is_right(report: Report) -> bool:
    cells = report.cells.values()
    return not report.unknown and bool(cells) and all(cell.verdict in _RIGHT and cell.credit == 1 for cell in cells)


def _said(error: Exception) -> object:
    return f"{error.filename}: {error.strerror}." if isinstance(error, OSError) and error.filename else error


def mark_class(arguments: argparse.Namespace) -> bool:
    """Mark a class, and write what was asked for; whether every file could be marked."""
    problem = load(arguments.problem)
    outputs = [arguments.output, arguments.upload, arguments.page, arguments.gradescope]
    for path in filter(None, outputs):
        checked_folder(path)
    if arguments.gradescope and arguments.reveal:
        raise ValueError("--gradescope is for students to see: expected no --reveal.")
    roster = load_roster(arguments.roster, id_column=arguments.id_column) if arguments.roster else None
    if arguments.upload and roster is None:
        raise ValueError("--upload gives a class list back: expected --roster LIST.csv.")
    leave = [path for path in (arguments.problem, arguments.roster, arguments.overrides, *outputs) if path]
    secret = secret_of(arguments.secret)
    if (arguments.secret or "").startswith("@"):
        leave.append(arguments.secret[1:])
    with ExitStack() as stack:
        executor = stack.enter_context(_executor(arguments.workers))
        progress = stack.enter_context(progress_bar("sheet"))
        found = grade_class(
            problem, arguments.answers, executor=executor, roster=roster, attempts=arguments.attempts,
            penalty=arguments.penalty, overrides=arguments.overrides, secret=secret, leave=leave, progress=progress,
            **_options(arguments),
        )  # fmt: skip
    say_json(found.to_dict()) if arguments.json else say(str(found))
    files = []
    if arguments.output:
        # with a mark, by which spreadsheets know what it is written in
        files.append(written(arguments.output, lambda to: write(to, f"\ufeff{found.grades()}")))
    if arguments.upload:
        files.append(written(arguments.upload, lambda to: write(to, found.upload())))
    if arguments.page:
        files.append(written(arguments.page, lambda to: write(to, found.html())))
    if arguments.gradescope:
        files.append(_gradescope(found, arguments.gradescope))
    if files and not arguments.json:
        say(f"Written: {', '.join(files)}")
    return not found.failures


def _executor(workers: int) -> Any:
    """So many processes, if more than one."""
    if workers < 0:
        raise ValueError(f"--workers: expected 0 or more, got {workers}.")
    count = workers or os.cpu_count() or 1
    nothing: Executor | None = None
    return ProcessPoolExecutor(count) if count > 1 else nullcontext(nothing)


def _gradescope(found: ClassReport, path: str) -> str:
    """``results.json`` of the one student there is, or a folder with a file for each."""
    entries = [entry for entry in found.entries if entry.attempt is not None]
    if path.lower().endswith(".json"):
        if len(entries) > 1:
            raise ValueError(f"{path}: expected a folder for the results of {len(entries)} students.")
        reasons = "; ".join(failure_text(failure) for failure in found.failures) or "there is no sheet."
        only = entries[0].attempt if entries else None
        data = failed(reasons) if only is None else results(only.report, factor=only.factor)
        return written(path, lambda to: save_results(to, data))
    for entry, file in zip(entries, paths_for(path, [entry.student for entry in entries], ".json"), strict=True):
        assert entry.attempt is not None
        data = results(entry.attempt.report, factor=entry.attempt.factor)
        written(file, lambda to, data=data: save_results(to, data), make=True)  # type: ignore[misc]
    return str(Path(path))


def try_out(arguments: argparse.Namespace) -> bool:
    """Mark simulated students; whether all honest ones are marked right."""
    problem = load(arguments.problem)
    with progress_bar("sheet") as progress:
        found = stress(
            problem, digits=arguments.digits, students=arguments.students, most=arguments.most, progress=progress
        )
    if arguments.json:
        say_json(found.to_dict())
    else:
        say("\n".join([*([problem.title] if problem.title else []), str(found)]))
    return found.is_fair


def _options(arguments: argparse.Namespace) -> dict[str, Any]:
    """What was said about marking; the rest is the problem's own."""
    return {name: value for name in _GRADING if (value := getattr(arguments, name)) is not None}

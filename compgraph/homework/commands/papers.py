"""``compgraph hw sheet``, ``key`` and ``export``: what is handed out."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from compgraph.files import write
from compgraph.homework.commands.files import checked_folder, kept, load, path_for, paths_for, secret_of, written
from compgraph.homework.exports import FORMATS
from compgraph.homework.problem import Problem
from compgraph.homework.roster import load_roster
from compgraph.homework.worksheet import Worksheet
from compgraph.terminal import progress_bar, say

__all__ = ["OUTPUT", "export", "key", "sheet"]

OUTPUT = "sheet.svg, .png, .html, .tex or .md; with --class a folder, or a name such as sheets/{student}.svg"


def sheet(arguments: argparse.Namespace) -> None:
    """Write sheets to fill in, and answer files."""
    if not (arguments.output or arguments.template):
        raise ValueError("nothing to write: expected -o sheet.html, or --template answers.toml, or both.")
    if arguments.fillable and not arguments.output:
        raise ValueError("--fillable makes a page: expected -o sheet.html beside it.")
    _write(arguments, "fillable" if arguments.fillable else "blank", arguments.output, arguments.template)


def key(arguments: argparse.Namespace) -> None:
    """Write keys."""
    if not arguments.output:
        raise ValueError("nothing to write: expected -o key.html.")
    _write(arguments, "key", arguments.output, None)


def export(arguments: argparse.Namespace) -> None:
    """Write the sheet for another system."""
    problem = load(arguments.problem)
    worksheet = _worksheet(problem, arguments)
    make, suffix = FORMATS[arguments.format]
    path = arguments.output or str(Path(arguments.problem).with_suffix(suffix).name)
    say(written(path, lambda to: write(to, make(worksheet))))


def _write(arguments: argparse.Namespace, side: str, output: str | None, template: str | None) -> None:
    problem = load(arguments.problem)
    if not arguments.roster:
        for path in filter(None, (output, template)):
            checked_folder(path)  # before the work, not after it
        kept([path_for(template, arguments.student or "")] if template else [])
        worksheet = _worksheet(problem, arguments)
        if output:
            say(written(path_for(output, worksheet.student), getattr(worksheet, side).save))
        if template:
            say(written(path_for(template, worksheet.student), worksheet.template.save))
        return
    if arguments.student or arguments.seed:
        raise ValueError("--class prints everybody's sheet: expected no --student and no --seed beside it.")
    roster = load_roster(arguments.roster, id_column=arguments.id_column)
    for remark in roster.remarks:
        say(f"compgraph: {remark}", error=True)
    students = [person.student for person in roster.people if person.ids]
    outputs = paths_for(output, students, ".html") if output else []
    templates = paths_for(template, students, ".toml") if template else []
    kept(templates)
    with progress_bar("sheet") as progress:
        for number, worksheet in enumerate(_of_class(problem, students, arguments)):
            if outputs:
                written(outputs[number], getattr(worksheet, side).save, make=True)
            if templates:
                written(templates[number], worksheet.template.save, make=True)
            progress(number + 1, len(students))
    for paths in filter(None, (outputs, templates)):
        say(f"{len(paths)} {'file' if len(paths) == 1 else 'files'} in {paths[0].parent}")


def _options(arguments: argparse.Namespace) -> dict[str, Any]:
    return {"ask": arguments.ask, "digits": arguments.digits, "title": arguments.title}


def _worksheet(problem: Problem, arguments: argparse.Namespace) -> Worksheet:
    secret, options = secret_of(arguments.secret), _options(arguments)
    if secret is None:
        return Worksheet(problem, seed=arguments.seed, student=arguments.student, **options)
    if arguments.seed or not arguments.student:
        raise ValueError("--secret makes the numbers of a student: expected --student ID or --class LIST.csv with it.")
    return Worksheet.of_student(problem, arguments.student, secret, **options)


def _of_class(problem: Problem, students: list[str], arguments: argparse.Namespace) -> Iterator[Worksheet]:
    secret, options = secret_of(arguments.secret), _options(arguments)
    if secret is not None:
        return Worksheet.of_class(problem, students, secret, **options)
    return (Worksheet(problem, student=student, **options) for student in students)

"""What ``compgraph hw`` understands."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from compgraph.homework.classreport import ATTEMPTS
from compgraph.homework.commands import marks, papers
from compgraph.homework.exports import FORMATS

__all__ = ["add_commands"]

_ID = "the column of the class list that students sign with; a known one if left out"


def add_commands(parser: argparse.ArgumentParser) -> None:
    """Give a parser the commands of homework; each sets ``run``, a function of the arguments."""
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    for name, run, what in (
        ("sheet", papers.sheet, "a sheet to fill in"),
        ("key", papers.key, "the same sheet with the answers, and how well mistakes show"),
    ):
        command = _command(commands, name, run, what, "-o sheet.html --class list.csv --secret @secret.txt")
        command.add_argument("-o", "--output", metavar="PATH", help=papers.OUTPUT)
        _numbers(command)
        command.add_argument("--class", dest="roster", metavar="LIST.csv", help="one for everybody in a class list")
        command.add_argument("--id-column", default="", metavar="NAME", help=_ID)
        if name == "sheet":
            command.add_argument("--template", metavar="PATH", help="an answer file to fill in: answers.toml or .csv")
            fillable = "make sheet.html a page that is filled in on the screen, and saves an answer file"
            command.add_argument("--fillable", action="store_true", help=fillable)

    command = _command(
        commands, "check", marks.check, "mark sheets; exit code 1 where not all is right", "answers.toml"
    )
    command.add_argument("answers", nargs="+", metavar="ANSWERS", help="files of answers: .toml, .json or .csv")
    _grading(command)
    command.add_argument("--json", action="store_true", help="print the report as JSON (compgraph-report/1)")
    command.add_argument("--html", metavar="PATH", help="write the report as a page: report.html")
    command.add_argument("--seed", help="mark with the numbers of this printed seed")
    command.add_argument("--gradescope", metavar="PATH", help="write results.json, valid whatever happens")

    example = "answers/ --roster list.csv -o grades.csv --page class.html"
    command = _command(commands, "class", marks.mark_class, "mark a class; exit code 1 where a file is not", example)
    command.add_argument("answers", nargs="+", metavar="FOLDER|FILE", help="folders and files of answers")
    _grading(command)
    command.add_argument("--roster", metavar="LIST.csv", help="the class list, as Moodle or Canvas writes it")
    command.add_argument("--id-column", default="", metavar="NAME", help=_ID)
    command.add_argument("--attempts", choices=ATTEMPTS, default="best", help="which of several sheets counts (best)")
    command.add_argument("--penalty", type=float, default=0.1, help="what each attempt before costs (0.1)")
    command.add_argument("-o", "--output", metavar="PATH", help="write the marks: grades.csv")
    command.add_argument("--upload", metavar="PATH", help="write the class list with the marks, to upload it again")
    command.add_argument("--page", metavar="PATH", help="write a page about the class: class.html")
    command.add_argument("--gradescope", metavar="PATH", help="results.json of one student, or a folder for all")
    command.add_argument(
        "--workers", type=int, default=1, metavar="N", help="mark in so many processes (1); 0: all cores"
    )
    command.add_argument("--json", action="store_true", help="print the class as JSON (compgraph-class/1)")

    meaning = "simulated students and every mistake, marked on this problem; exit code 1 where it is unfair"
    command = _command(commands, "stress", marks.try_out, meaning, "--digits 4")
    command.add_argument("--digits", type=int, help="significant digits of the answers")
    command.add_argument("--students", type=int, default=200, metavar="N", help="honest students (200)")
    command.add_argument("--most", type=int, default=1000, metavar="N", help="mistakes tried, by lot if more (1000)")
    command.add_argument("--json", action="store_true", help="print as JSON (compgraph-stress/1)")

    command = _command(commands, "export", papers.export, "the sheet for another system", "--format moodle -o quiz.xml")
    command.add_argument("--format", required=True, choices=sorted(FORMATS), help="for which one")
    command.add_argument("-o", "--output", metavar="PATH", help="the file; named after the problem if left out")
    _numbers(command)


def _command(
    commands: Any, name: str, run: Callable[[argparse.Namespace], object], meaning: str, example: str
) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(
        name,
        help=meaning,
        description=f"{meaning[0].upper()}{meaning[1:]}.",
        epilog=f"Example: compgraph hw {name} PROBLEM.toml {example}",
        allow_abbrev=False,
    )
    command.set_defaults(run=run)
    command.add_argument("problem", metavar="PROBLEM.toml", help="the problem, with a table [homework]")
    return command


def _numbers(command: argparse.ArgumentParser) -> None:
    """Which numbers a sheet has, and what it asks."""
    command.add_argument("--student", default="", metavar="ID", help="whose sheet it is")
    command.add_argument(
        "--secret", help="the course's, for numbers of each student's own: text, or @FILE that holds it"
    )
    command.add_argument("--seed", help="pick other numbers; or a printed seed, for the numbers of that sheet")
    command.add_argument("--ask", nargs="+", metavar="CELL", help="kinds of cells, and cells: val part grad:w")
    command.add_argument("--digits", type=int, help="significant digits of the answers")
    command.add_argument("--title", default="", help="another title")


def _grading(command: argparse.ArgumentParser) -> None:
    """How answers are judged, where the problem does not say it."""
    command.add_argument("--digits", type=int, help="significant digits that are asked for")
    command.add_argument("--working-digits", type=int, help="significant digits of steps not written down")
    command.add_argument("--exact", action="store_true", default=None, help="ask for exact numbers")
    command.add_argument(
        "--no-follow-through", dest="follow_through", action="store_false", default=None,
        help="no credit for what is consistent with an earlier error",
    )  # fmt: skip
    command.add_argument("--detail", choices=("locate", "name", "show"), help="how much a diagnosis says (name)")
    command.add_argument("--reveal", action="store_true", default=None, help="show expected numbers: for teachers")
    command.add_argument("--overrides", metavar="PATH", help="what a teacher decided: overrides.toml")
    command.add_argument("--secret", help="the course's: a sheet counts only with its own student's numbers")

"""The words of the command line: what each command takes, and how it is explained."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any, NoReturn

import compgraph
from compgraph.cli import commands as run
from compgraph.cli.asking import SEMIRINGS, UsageError
from compgraph.comparison import ORDERS

__all__ = ["parser"]

_EXAMPLE = '"J = cos(sin(x^2) + 3x^2)"'


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one message, and leaves the exit to `main`."""

    def error(self, message: str) -> NoReturn:
        # "--at x=2 PROBLEM" reads the problem as one more value
        first = "Write the problem first, then --at" if message.endswith(" PROBLEM") else "See"
        raise UsageError(f"{message}. {first}: {self.prog} --help has an example.")


def parser(first: Sequence[str] = ()) -> Parser:
    parser = Parser(
        prog="compgraph",
        description="See, solve and check derivatives on a computation graph.",
        epilog=f"Example: compgraph solve {_EXAMPLE} --at x=2",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"compgraph {compgraph.__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    semirings = f"{', '.join(SEMIRINGS)} or k_best:3"
    orders = f"auto, anneal, {', '.join(ORDERS)}, or the nodes in turn: t,u1,u2"

    command = _command(commands, "solve", run.solve_problem, "every value and every derivative", "--at x=2 --table")
    _sweep_options(command)
    form = command.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print the solution as JSON (compgraph-solution/1)")
    form.add_argument("--table", action="store_true", help="print the forward and backward columns side by side")

    command = _command(commands, "film", run.film, "the sweep as a film, step by step", "--at x=2 -o steps.html", 4)
    _sweep_options(command)
    what = "steps.html, .pdf, .tex (Beamer) or .gif; graph.svg, .png or .tikz; or a folder for frames"
    command.add_argument("-o", "--output", required=True, metavar="PATH", help=what)
    command.add_argument("--order", help=f"eliminate nodes instead of a sweep: {orders}")
    command.add_argument("--semiring", default="REAL", metavar="NAME", help=semirings)
    command.add_argument("--format", help="html, pdf, svg, png, …; as PATH says if left out")
    command.add_argument("--frames", help="5 for every 5th, 0:10 for the first ten")
    pages = command.add_mutually_exclusive_group()
    pages.add_argument("--contact", action="store_true", help="all frames on one page: sheet.svg, .png or .pdf")
    pages.add_argument("--handout", type=int, metavar="N", help="N frames to a page, with lines for notes: handout.pdf")
    command.add_argument("--theme", help="light, dark or print")
    command.add_argument("--title", help="a heading")
    command.add_argument("--engine", help="what lays the graph out: auto, embedded, dot or layered (no Graphviz)")

    command = _command(
        commands, "paths", run.paths, "every path, its product, and their sum", "--at x=2 --from x --to J"
    )
    _several(command, "--from", "where paths begin; at every input if left out", dest="tail", metavar="NAME")
    _several(command, "--to", "where they end; at the output if left out", dest="head", metavar="NAME")
    command.add_argument("--semiring", default="REAL", metavar="NAME", help=semirings)
    command.add_argument("--limit", type=int, default=10, help="list so many paths (10); all of them are counted")
    command.add_argument("--json", action="store_true", help="print paths, counts, totals as JSON (compgraph-paths/1)")

    example = "--at x=2 --order markowitz"
    command = _command(
        commands, "eliminate", run.eliminate_nodes, "the Jacobian by elimination of nodes, at its price", example
    )
    _several(command, "--of", "the output; the last statement if left out", metavar="NAME")
    _several(command, "--wrt", "the inputs to differentiate with respect to", metavar="NAME")
    command.add_argument("--order", help=orders)
    command.add_argument("--report", action="store_true", help="compare what orders cost")
    command.add_argument("--json", action="store_true", help="print as JSON (compgraph-elimination/1 or -orders/1)")

    command = _command(commands, "gradient", run.gradient, "the derivatives with respect to inputs, and no more", "")
    _sweep_options(command)
    command.add_argument("--simplify", action="store_true", help="leave out zeros and ones, collect like terms")
    command.add_argument("--json", action="store_true", help="print as JSON (compgraph-gradient/1)")

    meaning = "values and derivatives as a program: text, Python, NumPy or LaTeX"
    command = _command(commands, "program", run.program_of, meaning, "--format python", digits=None, modes=False)
    _sweep_options(command)
    kind = command.add_mutually_exclusive_group()
    kind.add_argument("--values", action="store_true", help="values only, no derivatives")
    kind.add_argument("--order", help=f"eliminate nodes instead: auto, anneal, {', '.join(ORDERS)}, or t,u1,u2")
    command.add_argument("--statements", action="store_true", help="one node per assigned name")
    forms = ("text", "python", "numpy", "latex")
    command.add_argument("--format", choices=forms, default="text", help="what it is written in (text)")

    meaning = "compare the gradient with difference quotients; exit code 1 where they part"
    command = _command(commands, "check-gradient", run.check, meaning, "--at x=2", 8, modes=False)
    _several(command, "--of", "the output; the last statement if left out", metavar="NAME")
    _several(command, "--wrt", "the inputs to differentiate with respect to", metavar="NAME")
    _several(command, "--gradient", "derivatives of your own to check", metavar="NAME=VALUE")
    command.add_argument("--tolerance", type=float, default=1e-6, help="relative difference allowed (1e-6)")
    command.add_argument("--json", action="store_true", help="print as JSON (compgraph-check/1)")

    meaning = "how many digits a run in floats loses, and where first; exit code 1 where any node loses them"
    command = _command(commands, "accuracy", run.digits_lost, meaning, "--at x=2", digits=None)
    _sweep_options(command)
    command.add_argument("--digits", type=int, default=50, help="digits of the run that it is compared with (50)")
    command.add_argument("--threshold", type=float, default=2.0, help="digits that may be lost unsaid (2)")

    meaning = "a Python function, rewritten with its derivatives as Python source"
    transform = commands.add_parser(
        "transform",
        help=meaning,
        description=f"{meaning[0].upper()}{meaning[1:]}.",
        epilog="Example: compgraph transform model.py:loss --wrt w --direction reverse",
        allow_abbrev=False,
    )
    transform.set_defaults(run=run.transform)
    what = "a Python file, with :name for a function other than the last, or - for standard input"
    transform.add_argument("file", metavar="FILE.py[:FUNCTION]", help=what)
    _several(transform, "--wrt", "the parameters to differentiate with respect to", metavar="NAME")
    transform.add_argument("--direction", choices=("forward", "reverse"), default="forward")

    meaning = "hand calculations: sheets, keys, marking one or a class"
    homework = commands.add_parser(
        "hw",
        help=meaning,
        description=f"{meaning.capitalize()}.",
        epilog="Example: compgraph hw sheet PROBLEM.toml -o sheet.html --template answers.toml",
        allow_abbrev=False,
    )
    if list(first) == ["hw"]:  # a room of its own, which takes its time to load
        from compgraph.homework.commands.arguments import add_commands

        add_commands(homework)
    return parser


def _command(
    commands: Any, name: str, function: Any, meaning: str, example: str, digits: int | None = 6, *, modes: bool = True
) -> Parser:
    command: Parser = commands.add_parser(
        name,
        help=meaning,
        description=f"{meaning[0].upper()}{meaning[1:]}.",
        epilog=f"Example: compgraph {name} {_EXAMPLE} {example}".rstrip(),
        allow_abbrev=False,
    )
    command.set_defaults(run=function)
    what = '"t = x^2; J = cos(t)", a .toml file, or - for standard input'
    command.add_argument("problem", metavar="PROBLEM", help=what)
    _several(command, "--at", "values of the inputs", default=[], metavar="NAME=VALUE")
    if modes:
        command.add_argument("--exact", action="store_true", help="keep fractions as far as the operations allow")
        command.add_argument("--statements", action="store_true", help="one node per assigned name")
    if digits is not None:
        meaning = f"significant digits of rounded numbers ({digits})"
        command.add_argument("--digits", type=int, default=digits, help=meaning)
    return command


def _sweep_options(command: Parser) -> None:
    _several(command, "--of", "the output; the last statement if left out", metavar="NAME")
    _several(command, "--wrt", "the inputs to differentiate with respect to", metavar="NAME")
    command.add_argument("--direction", choices=("reverse", "forward", "auto"), default="reverse")


def _several(command: Parser, flag: str, meaning: str, **options: Any) -> None:
    command.add_argument(flag, nargs="+", action="extend", help=meaning, **options)

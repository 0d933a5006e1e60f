"""The command ``compgraph``: solve a problem, film its sweep, list its paths, eliminate its nodes, check its gradient.

Exit codes: 0 done, 1 answered with a negative, 2 usage or input error (one message on standard error), 3 nothing
could be drawn for want of a component; 130 and 141 where a key or a closed pipe put an end to it, as in other tools.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NoReturn

import compgraph
from compgraph import notation
from compgraph.checking import check_gradient
from compgraph.comparison import ORDERS, compare_orders
from compgraph.elimination import Elimination, accumulate, eliminate, elimination_cost
from compgraph.expression import Expression
from compgraph.listing import elimination_program, program
from compgraph.orders import auto
from compgraph.pathsum import PathSum
from compgraph.problem import Problem, assignments, load_problem
from compgraph.reading import read
from compgraph.search import anneal
from compgraph.semiring import (
    BOOLEAN,
    COUNT,
    ENTROPY,
    FREE,
    LONGEST,
    MAX_PRODUCT,
    REAL,
    SHORTEST,
    SIGN_LOG,
    SIGNED_TOP,
    Semiring,
    k_best,
)
from compgraph.simplification import simplify
from compgraph.solution import Solution, plain, solve
from compgraph.structure import Order
from compgraph.terminal import progress_bar, say, say_json

__all__ = ["main"]

_EXAMPLE = '"J = cos(sin(x^2) + 3x^2)"'


class _UsageError(ValueError):
    """Arguments that cannot be understood."""


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one message, and leaves the exit to `main`."""

    def error(self, message: str) -> NoReturn:
        # "--at x=2 PROBLEM" reads the problem as one more value
        first = "Write the problem first, then --at" if message.endswith(" PROBLEM") else "See"
        raise _UsageError(f"{message}. {first}: {self.prog} --help has an example.")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code.

    Examples
    --------
    >>> main(["solve", "f = x*y", "--at", "x=2", "y=3"])
    Values
      x = 2
      y = 3
      f = x·y = 6
    Derivatives of f
      ∂f/∂f = 1
      ∂f/∂y = 2
      ∂f/∂x = 3
    0
    """
    try:
        words = _spaced(sys.argv[1:] if argv is None else argv)
        arguments = _parser(words[:1]).parse_args(words)
        agreed = arguments.run(arguments)
        sys.stdout.flush()
    except SystemExit as done:  # --help and --version
        return int(done.code or 0)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # nobody reads on; what is still buffered must not raise again at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except ImportError as error:
        if (error.name or "compgraph").startswith("compgraph"):
            raise
        wanted = f"{error.name} is needed and is not there: install it with pip install compgraph."
        return _fail(error if "pip install" in str(error) else wanted, 3)
    except RuntimeError as error:
        from compgraph.render.layout import LayoutError

        if not isinstance(error, LayoutError):
            raise
        return _fail(error, 3)
    except OSError as error:
        return _fail(f"{error.filename}: {error.strerror}." if error.filename else error, 2)
    except (ValueError, TypeError, ArithmeticError) as error:
        return _fail(error, 2)
    return 1 if agreed is False else 0


def _fail(message: object, code: int) -> int:
    say(f"compgraph: {message}", error=True)
    return code


def _spaced(argv: Iterable[str]) -> list[str]:
    """Arguments such as ``-x^2`` with a space in front, which keeps argparse from taking them for options."""
    return [f" {word}" if re.match(r"-(?![-oh]|$)", word) else word for word in argv]


# -- the commands


def _solve(arguments: argparse.Namespace) -> None:
    problem = _problem(arguments)
    solution = _solution(problem, arguments)
    if arguments.json:
        say_json(solution.to_dict())
    elif arguments.table:
        say("\n\n".join(str(one.table(digits=arguments.digits)) for one in _sweeps(solution)))
    else:
        say("\n".join([*([problem.title] if problem.title else []), *_report(solution, arguments.digits)]))


def _report(solution: Solution, digits: int) -> Iterator[str]:
    from compgraph.render.table import equation

    yield "Values"
    for node in solution.graph:
        yield f"  {equation(solution.graph, node, digits=digits)}"
    for one in _sweeps(solution):
        (seed,) = one.seeds
        reverse = one.direction == "reverse"
        yield f"Derivatives {'of' if reverse else 'with respect to'} {notation.name(seed)}"
        for node, derivative in one.derivatives.items():
            top, bottom = (seed, node) if reverse else (node, seed)
            yield f"  ∂{notation.name(top)}/∂{notation.name(bottom)} = {_written(derivative, digits)}"
    if solution.warnings:
        yield "Warnings"
        yield from (f"  {warning}" for warning in solution.warnings)


def _film(arguments: argparse.Namespace) -> None:
    problem = _problem(arguments)
    # a film shows numbers: without a value for every input the library says which one is missing
    solution = _solution(problem, arguments, symbolic=False)
    semiring = _semiring(arguments.semiring)
    if semiring is not REAL:
        solution = solution.over(semiring)
    order = _order(arguments.order, solution) if arguments.order else None
    options = {"theme": arguments.theme, "engine": arguments.engine, "title": arguments.title or problem.title}
    film = solution.film(order, digits=arguments.digits, **{key: value for key, value in options.items() if value})
    frames = _frames(arguments.frames)
    try:
        with progress_bar("frame") as progress:
            if arguments.contact:
                files = [film.contact_sheet(frames=frames).save(arguments.output, format=arguments.format)]
            elif arguments.handout is not None:
                files = film.handout(arguments.handout, frames=frames).save(arguments.output, format=arguments.format)
            else:
                files = film.save(arguments.output, format=arguments.format, frames=frames, progress=progress)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise ValueError(f"{arguments.output}: {error.strerror}. Write to a folder that exists, with -o.") from None
    say(str(files[0]) if len(files) == 1 else f"{len(files)} files in {arguments.output}")


def _frames(written: str | None) -> range | int | None:
    """``5`` is every fifth frame, ``0:10`` and ``0:100:5`` are ranges."""
    if written is None:
        return None
    try:
        numbers = [int(part) for part in written.split(":")]
        return numbers[0] if len(numbers) == 1 else range(*numbers)
    except (ValueError, TypeError):
        raise _UsageError(
            f"--frames {written!r:.60}: expected a stride or a range. Write --frames 5 for every 5th, --frames 0:10."
        ) from None


def _paths(arguments: argparse.Namespace) -> None:
    if arguments.limit < 0:
        raise _UsageError(f"--limit: expected 0 or more, got {arguments.limit}.")
    solution = _solution(_problem(arguments), arguments)
    semiring = _semiring(arguments.semiring)
    if semiring is not REAL:
        solution = solution.over(semiring)
    heads = arguments.head or solution.outputs
    sums = [(tail, head, solution.paths(tail, head)) for head in heads for tail in arguments.tail or solution.inputs]
    if arguments.json:
        listed = [_path_sum(*one, limit=arguments.limit) for one in sums]
        named = {} if solution.derives else {"semiring": str(semiring)}
        say_json({"schema": "compgraph-paths/1", **named, "sums": listed})
        return
    blocks = []
    for tail, head, path_sum in sums:
        ledger = notation.ledger(path_sum, most=arguments.limit, digits=arguments.digits)
        what = "∂{}/∂{}" if solution.derives else "{1} → {0}"
        blocks.append(what.format(notation.name(head), notation.name(tail)) + "\n" + re.sub("(?m)^", "  ", ledger))
    say("\n".join(blocks))


def _semiring(name: str) -> Semiring:
    """The semiring of that name: ``count``, ``MAX_PRODUCT``, ``k_best:3``."""
    kind, _, number = name.replace("-", "_").partition(":")
    if kind.lower() == "k_best" and number.isdecimal() and int(number):
        return k_best(int(number))
    if not number and kind.upper() in _SEMIRINGS:
        return _SEMIRINGS[kind.upper()]
    raise _UsageError(
        f"--semiring {name!r:.60}: expected one of {', '.join(_SEMIRINGS)}, k_best:N. Write --semiring MAX_PRODUCT."
    )


_SEMIRINGS = {
    semiring.name: semiring
    for semiring in (
        REAL, COUNT, BOOLEAN, MAX_PRODUCT, SIGNED_TOP, ENTROPY, LONGEST, SHORTEST, SIGN_LOG, FREE
    )
}  # fmt: skip


def _path_sum(tail: str, head: str, path_sum: PathSum, *, limit: int) -> dict[str, Any]:
    paths = [
        {
            "nodes": path.nodes,
            "arguments": [key for _, _, key in path.edges],
            "factors": [plain(factor) for factor in path.factors],
            "product": plain(path.product),
        }
        for path in path_sum.first(limit)
    ]
    return {"tail": tail, "head": head, "count": path_sum.count, "total": plain(path_sum.total), "paths": paths}


def _eliminate(arguments: argparse.Namespace) -> None:
    solution = _solution(_problem(arguments), arguments)
    graph, ends = solution.graph, {"inputs": solution.inputs, "outputs": solution.outputs}
    over: dict[str, Any] = {"semiring": solution.semiring, **ends}
    if arguments.report:
        further = {arguments.order: _order(arguments.order, solution)} if arguments.order else {}
        comparison = compare_orders(graph, further, **over)
        if arguments.json:
            say_json(comparison.to_dict())
        else:
            say(str(comparison))
        return
    steps = list(eliminate(graph, _order(arguments.order or "auto", solution), **over))
    order = [step.node for step in steps]
    jacobian = accumulate(graph, order, **over)
    cost = elimination_cost(graph, order, **ends)
    if arguments.json:
        rows = {y: {x: plain(jacobian[y, x]) for x in solution.inputs} for y in solution.outputs}
        answer = {"order": order, **ends, "jacobian": rows, "cost": cost._asdict(), "steps": list(map(_step, steps))}
        say_json({"schema": "compgraph-elimination/1", **answer})
        return
    digits = arguments.digits
    lines = [notation.eliminations(steps, semiring=solution.semiring, digits=digits), notation.cost(cost), "Jacobian"]
    say("\n".join([*lines, *(f"  {line}" for line in _derivatives(jacobian, digits))]))


def _gradient(arguments: argparse.Namespace) -> None:
    solution = _solution(_problem(arguments), arguments)
    found = {ends: simplify(d) if arguments.simplify else d for ends, d in solution.jacobian.items()}
    if arguments.json:
        rows = {y: {x: plain(found[y, x]) for x in solution.inputs} for y in solution.outputs}
        say_json({"schema": "compgraph-gradient/1", "gradient": rows})
        return
    for line in list(_derivatives(found, arguments.digits)) or ["There is no input to differentiate with respect to."]:
        say(line)


def _derivatives(found: Mapping[tuple[str, str], Any], digits: int) -> Iterator[str]:
    for (y, x), derivative in found.items():
        yield f"∂{notation.name(y)}/∂{notation.name(x)} = {_written(derivative, digits)}"


def _check_gradient(arguments: argparse.Namespace) -> bool:
    problem = _problem(arguments)
    statements = read(problem.statements, names=list(problem.at))
    outputs = arguments.of or problem.outputs or list(statements)[-1:]
    if len(outputs) != 1 or outputs[0] not in statements:
        raise _UsageError(f"--of: expected one of {', '.join(statements)}, got {', '.join(outputs)}. Name one.")
    stated = assignments(arguments.gradient, "--gradient") if arguments.gradient else None
    check = check_gradient(
        statements[outputs[0]],
        problem.at,
        gradient=stated,
        tolerance=arguments.tolerance,
        wrt=arguments.wrt or (list(stated) if stated else None),
    )
    say_json(check.to_dict()) if arguments.json else say(notation.check_text(check, digits=arguments.digits))
    return check.ok


def _program(arguments: argparse.Namespace) -> None:
    problem = _problem(arguments)
    statements = read(problem.statements, names=list(problem.at))
    of, wrt = arguments.of or problem.outputs, arguments.wrt
    solution = solve(statements, of=of, wrt=wrt, direction=arguments.direction)  # at no point: it holds at any
    if arguments.statements:
        solution = solution.statements
    if arguments.values:
        listed = program(solution.graph, of=solution.outputs)
    elif arguments.order:
        order = _order(arguments.order, solution)
        listed = elimination_program(solution.graph, order, of=solution.outputs, wrt=wrt and solution.inputs)
    else:
        listed = solution.program()
    if arguments.format in ("python", "numpy"):
        say(listed.python("numpy" if arguments.format == "numpy" else "math").rstrip("\n"))
    else:
        say(listed.latex() if arguments.format == "latex" else str(listed))


def _transform(arguments: argparse.Namespace) -> None:
    from compgraph.transform import forward_source, reverse_source

    path, _, name = arguments.file.strip().partition(".py:")
    if path == "-":
        source = sys.stdin.read()
    else:
        with open(f"{path}.py" if name else path, encoding="utf-8") as file:
            source = file.read()
    transformed = reverse_source if arguments.direction == "reverse" else forward_source
    say(transformed(source, wrt=arguments.wrt, name=name or None).rstrip("\n"))


def _order(written: str, solution: Solution) -> Order:
    """An order by its name, or the nodes themselves, with commas between them."""
    # of a search as many moves as it takes seconds: the same order on every machine
    orders = {**ORDERS, "auto": auto, "anneal": anneal(moves=100_000)}
    nodes = [node.strip() for node in written.split(",") if node.strip()]
    if written in orders:
        return orders[written]
    for node in nodes:
        if node not in solution.graph:
            raise _UsageError(
                f"--order {written!r:.60}: expected {', '.join(orders)}, or nodes of the graph, got {node}. "
                "Write --order markowitz, or --order t,u."
            )
    return nodes


def _step(step: Elimination) -> dict[str, Any]:
    """An elimination as plain data; of an edge that is added there is no label before, of one removed none after."""
    answer: dict[str, Any] = {"node": step.node}
    for kind in ("products", "added", "changed", "removed"):
        parts = [part._asdict() for part in getattr(step, kind)]
        answer[kind] = [{key: plain(value) for key, value in part.items() if value is not None} for part in parts]
    return {**answer, "cost": step.cost._asdict()}


# -- what they share


def _problem(arguments: argparse.Namespace) -> Problem:
    source = arguments.problem
    if source == "-":
        problem = Problem(sys.stdin.read())
    elif source.strip().lower().endswith(".toml"):
        problem = load_problem(source.strip())
    else:
        problem = Problem(source)
    return problem._replace(at={**problem.at, **assignments(arguments.at)})


def _solution(problem: Problem, arguments: argparse.Namespace, *, symbolic: bool = True) -> Solution:
    options = {
        "of": getattr(arguments, "of", None) or problem.outputs,
        "wrt": getattr(arguments, "wrt", None),
        "direction": getattr(arguments, "direction", "reverse"),
        "exact": arguments.exact,
    }
    point = problem.at or (None if symbolic else {})
    solution = solve(problem.statements, point, **options)
    if point is None and not solution.graph.graph["inputs"]:
        solution = solve(problem.statements, {}, **options)  # nothing is open
    return solution.statements if arguments.statements else solution


def _sweeps(solution: Solution) -> Iterator[Solution]:
    return (solution.sweep(seed) for seed in solution.seeds)


def _written(value: Any, digits: int) -> str:
    return notation.text(value, pretty=True) if isinstance(value, Expression) else notation.number(value, digits)


# -- the arguments


def _parser(first: Sequence[str] = ()) -> _Parser:
    parser = _Parser(
        prog="compgraph",
        description="See, solve and check derivatives on a computation graph.",
        epilog=f"Example: compgraph solve {_EXAMPLE} --at x=2",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"compgraph {compgraph.__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    semirings = f"{', '.join(_SEMIRINGS)} or k_best:3"
    orders = f"auto, anneal, {', '.join(ORDERS)}, or the nodes in turn: t,u1,u2"

    command = _command(commands, "solve", _solve, "every value and every derivative", "--at x=2 --table")
    _sweep_options(command)
    form = command.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print the solution as JSON (compgraph-solution/1)")
    form.add_argument("--table", action="store_true", help="print the forward and backward columns side by side")

    command = _command(commands, "film", _film, "the sweep as a film, step by step", "--at x=2 -o steps.html", 4)
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
    command.add_argument("--engine", help="what lays the graph out: auto, embedded or dot")

    command = _command(commands, "paths", _paths, "every path, its product, and their sum", "--at x=2 --from x --to J")
    _several(command, "--from", "where paths begin; at every input if left out", dest="tail", metavar="NAME")
    _several(command, "--to", "where they end; at the output if left out", dest="head", metavar="NAME")
    command.add_argument("--semiring", default="REAL", metavar="NAME", help=semirings)
    command.add_argument("--limit", type=int, default=10, help="list so many paths (10); all of them are counted")
    command.add_argument("--json", action="store_true", help="print paths, counts, totals as JSON (compgraph-paths/1)")

    example = "--at x=2 --order markowitz"
    command = _command(commands, "eliminate", _eliminate, "the Jacobian by elimination of nodes, at its price", example)
    _several(command, "--of", "the output; the last statement if left out", metavar="NAME")
    _several(command, "--wrt", "the inputs to differentiate with respect to", metavar="NAME")
    command.add_argument("--order", help=orders)
    command.add_argument("--report", action="store_true", help="compare what orders cost")
    command.add_argument("--json", action="store_true", help="print as JSON (compgraph-elimination/1 or -orders/1)")

    command = _command(commands, "gradient", _gradient, "the derivatives with respect to inputs, and no more", "")
    _sweep_options(command)
    command.add_argument("--simplify", action="store_true", help="leave out zeros and ones, collect like terms")
    command.add_argument("--json", action="store_true", help="print as JSON (compgraph-gradient/1)")

    meaning = "values and derivatives as a program: text, Python, NumPy or LaTeX"
    command = _command(commands, "program", _program, meaning, "--format python", digits=None, modes=False)
    _sweep_options(command)
    kind = command.add_mutually_exclusive_group()
    kind.add_argument("--values", action="store_true", help="values only, no derivatives")
    kind.add_argument("--order", help=f"eliminate nodes instead: auto, anneal, {', '.join(ORDERS)}, or t,u1,u2")
    command.add_argument("--statements", action="store_true", help="one node per assigned name")
    forms = ("text", "python", "numpy", "latex")
    command.add_argument("--format", choices=forms, default="text", help="what it is written in (text)")

    meaning = "compare the gradient with difference quotients; exit code 1 where they part"
    command = _command(commands, "check-gradient", _check_gradient, meaning, "--at x=2", 8, modes=False)
    _several(command, "--of", "the output; the last statement if left out", metavar="NAME")
    _several(command, "--wrt", "the inputs to differentiate with respect to", metavar="NAME")
    _several(command, "--gradient", "derivatives of your own to check", metavar="NAME=VALUE")
    command.add_argument("--tolerance", type=float, default=1e-6, help="relative difference allowed (1e-6)")
    command.add_argument("--json", action="store_true", help="print as JSON (compgraph-check/1)")

    meaning = "a Python function, rewritten with its derivatives as Python source"
    transform = commands.add_parser(
        "transform",
        help=meaning,
        description=f"{meaning[0].upper()}{meaning[1:]}.",
        epilog="Example: compgraph transform model.py:loss --wrt w --direction reverse",
        allow_abbrev=False,
    )
    transform.set_defaults(run=_transform)
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
    commands: Any, name: str, run: Any, meaning: str, example: str, digits: int | None = 6, *, modes: bool = True
) -> _Parser:
    command: _Parser = commands.add_parser(
        name,
        help=meaning,
        description=f"{meaning[0].upper()}{meaning[1:]}.",
        epilog=f"Example: compgraph {name} {_EXAMPLE} {example}".rstrip(),
        allow_abbrev=False,
    )
    command.set_defaults(run=run)
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


def _sweep_options(command: _Parser) -> None:
    _several(command, "--of", "the output; the last statement if left out", metavar="NAME")
    _several(command, "--wrt", "the inputs to differentiate with respect to", metavar="NAME")
    command.add_argument("--direction", choices=("reverse", "forward", "auto"), default="reverse")


def _several(command: _Parser, flag: str, meaning: str, **options: Any) -> None:
    command.add_argument(flag, nargs="+", action="extend", help=meaning, **options)

"""The commands, one function each: they ask, and print what is answered."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from typing import Any

from compgraph import notation
from compgraph.checking import check_gradient
from compgraph.cli.asking import (
    UsageError,
    derivatives,
    frames_of,
    order_of,
    problem_of,
    semiring_of,
    solution_of,
    sweeps,
    written,
)
from compgraph.comparison import compare_orders
from compgraph.elimination import Elimination, accumulate, eliminate, elimination_cost
from compgraph.listing import elimination_program, program
from compgraph.pathsum import PathSum
from compgraph.problem import assignments
from compgraph.reading import read
from compgraph.semiring import REAL
from compgraph.simplification import simplify
from compgraph.solution import Solution, plain, solve
from compgraph.symbols import joining
from compgraph.terminal import progress_bar, say, say_json

__all__ = [
    "check",
    "digits_lost",
    "eliminate_nodes",
    "film",
    "gradient",
    "paths",
    "program_of",
    "solve_problem",
    "transform",
]


def solve_problem(arguments: argparse.Namespace) -> None:
    problem = problem_of(arguments)
    solution = solution_of(problem, arguments)
    if arguments.json:
        say_json(solution.to_dict())
    elif arguments.table:
        say("\n\n".join(str(one.table(digits=arguments.digits)) for one in sweeps(solution)))
    else:
        say("\n".join([*([problem.title] if problem.title else []), *_report(solution, arguments.digits)]))


def _report(solution: Solution, digits: int) -> Iterator[str]:
    from compgraph.render.table import equation

    yield "Values"
    for node in solution.graph:
        yield f"  {equation(solution.graph, node, digits=digits)}"
    for one in sweeps(solution):
        (seed,) = one.seeds
        reverse = one.direction == "reverse"
        yield f"Derivatives {'of' if reverse else 'with respect to'} {notation.name(seed)}"
        for node, derivative in one.derivatives.items():
            top, bottom = (seed, node) if reverse else (node, seed)
            yield f"  ∂{notation.name(top)}/∂{notation.name(bottom)} = {written(derivative, digits)}"
    if solution.warnings:
        yield "Warnings"
        yield from (f"  {warning}" for warning in solution.warnings)


def film(arguments: argparse.Namespace) -> None:
    problem = problem_of(arguments)
    # a film shows numbers: without a value for every input the library says which one is missing
    solution = solution_of(problem, arguments, symbolic=False)
    semiring = semiring_of(arguments.semiring)
    if semiring is not REAL:
        solution = solution.over(semiring)
    order = order_of(arguments.order, solution) if arguments.order else None
    options = {"theme": arguments.theme, "engine": arguments.engine, "title": arguments.title or problem.title}
    film = solution.film(order, digits=arguments.digits, **{key: value for key, value in options.items() if value})
    frames = frames_of(arguments.frames)
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


def paths(arguments: argparse.Namespace) -> None:
    if arguments.limit < 0:
        raise UsageError(f"--limit: expected 0 or more, got {arguments.limit}.")
    solution = solution_of(problem_of(arguments), arguments)
    semiring = semiring_of(arguments.semiring)
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


def eliminate_nodes(arguments: argparse.Namespace) -> None:
    solution = solution_of(problem_of(arguments), arguments)
    graph, ends = solution.graph, {"inputs": solution.inputs, "outputs": solution.outputs}
    over: dict[str, Any] = {"semiring": joining(solution.semiring), **ends}
    if arguments.report:
        further = {arguments.order: order_of(arguments.order, solution)} if arguments.order else {}
        comparison = compare_orders(graph, further, **over)
        if arguments.json:
            say_json(comparison.to_dict())
        else:
            say(str(comparison))
        return
    steps = list(eliminate(graph, order_of(arguments.order or "auto", solution), **over))
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
    say("\n".join([*lines, *(f"  {line}" for line in derivatives(jacobian, digits))]))


def _step(step: Elimination) -> dict[str, Any]:
    """An elimination as plain data; of an edge that is added there is no label before, of one removed none after."""
    answer: dict[str, Any] = {"node": step.node}
    for kind in ("products", "added", "changed", "removed"):
        parts = [part._asdict() for part in getattr(step, kind)]
        answer[kind] = [{key: plain(value) for key, value in part.items() if value is not None} for part in parts]
    return {**answer, "cost": step.cost._asdict()}


def gradient(arguments: argparse.Namespace) -> None:
    solution = solution_of(problem_of(arguments), arguments)
    found = {ends: simplify(d) if arguments.simplify else d for ends, d in solution.jacobian.items()}
    if arguments.json:
        rows = {y: {x: plain(found[y, x]) for x in solution.inputs} for y in solution.outputs}
        say_json({"schema": "compgraph-gradient/1", "gradient": rows})
        return
    for line in list(derivatives(found, arguments.digits)) or ["There is no input to differentiate with respect to."]:
        say(line)


def check(arguments: argparse.Namespace) -> bool:
    problem = problem_of(arguments)
    statements = read(problem.statements, names=list(problem.at))
    outputs = arguments.of or problem.outputs or list(statements)[-1:]
    if len(outputs) != 1 or outputs[0] not in statements:
        raise UsageError(f"--of: expected one of {', '.join(statements)}, got {', '.join(outputs)}. Name one.")
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


def digits_lost(arguments: argparse.Namespace) -> bool:
    """Whether no node loses digits that its arguments still have."""
    problem = problem_of(arguments)
    solution = solution_of(problem, arguments, symbolic=False)
    found = solution.accuracy(digits=arguments.digits, threshold=arguments.threshold)
    say(str(found))
    return found.first is None and found.first_derivative is None


def program_of(arguments: argparse.Namespace) -> None:
    problem = problem_of(arguments)
    statements = read(problem.statements, names=list(problem.at))
    of, wrt = arguments.of or problem.outputs, arguments.wrt
    solution = solve(statements, of=of, wrt=wrt, direction=arguments.direction)  # at no point: it holds at any
    if arguments.statements:
        solution = solution.statements
    if arguments.values:
        listed = program(solution.graph, of=solution.outputs)
    elif arguments.order:
        order = order_of(arguments.order, solution)
        listed = elimination_program(solution.graph, order, of=solution.outputs, wrt=wrt and solution.inputs)
    else:
        listed = solution.program()
    if arguments.format in ("python", "numpy"):
        say(listed.python("numpy" if arguments.format == "numpy" else "math").rstrip("\n"))
    else:
        say(listed.latex() if arguments.format == "latex" else str(listed))


def transform(arguments: argparse.Namespace) -> None:
    from compgraph.transform import forward_source, reverse_source

    path, _, name = arguments.file.strip().partition(".py:")
    if path == "-":
        source = sys.stdin.read()
    else:
        with open(f"{path}.py" if name else path, encoding="utf-8") as file:
            source = file.read()
    transformed = reverse_source if arguments.direction == "reverse" else forward_source
    say(transformed(source, wrt=arguments.wrt, name=name or None).rstrip("\n"))

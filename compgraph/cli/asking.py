"""What the commands share: the problem, its solution, and what semirings, orders and frames are called."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from compgraph import notation
from compgraph.comparison import ORDERS
from compgraph.expression import Expression
from compgraph.orders import auto
from compgraph.problem import Problem, assignments, load_problem
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
from compgraph.solution import Solution, solve
from compgraph.structure import Order

__all__ = [
    "SEMIRINGS",
    "UsageError",
    "derivatives",
    "frames_of",
    "order_of",
    "problem_of",
    "semiring_of",
    "solution_of",
    "sweeps",
    "written",
]


class UsageError(ValueError):
    """Arguments that cannot be understood."""


def problem_of(arguments: argparse.Namespace) -> Problem:
    source = arguments.problem
    if source == "-":
        problem = Problem(sys.stdin.read())
    elif source.strip().lower().endswith(".toml"):
        problem = load_problem(source.strip())
    else:
        problem = Problem(source)
    return problem._replace(at={**problem.at, **assignments(arguments.at)})


def solution_of(problem: Problem, arguments: argparse.Namespace, *, symbolic: bool = True) -> Solution:
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


def sweeps(solution: Solution) -> Iterator[Solution]:
    return (solution.sweep(seed) for seed in solution.seeds)


def written(value: Any, digits: int) -> str:
    return notation.text(value, pretty=True) if isinstance(value, Expression) else notation.element(value, digits)


def derivatives(found: Mapping[tuple[str, str], Any], digits: int) -> Iterator[str]:
    for (y, x), derivative in found.items():
        yield f"∂{notation.name(y)}/∂{notation.name(x)} = {written(derivative, digits)}"


def semiring_of(name: str) -> Semiring:
    """The semiring of that name: ``count``, ``MAX_PRODUCT``, ``k_best:3``."""
    kind, _, number = name.replace("-", "_").partition(":")
    if kind.lower() == "k_best" and number.isdecimal() and int(number):
        return k_best(int(number))
    if not number and kind.upper() in SEMIRINGS:
        return SEMIRINGS[kind.upper()]
    raise UsageError(
        f"--semiring {name!r:.60}: expected one of {', '.join(SEMIRINGS)}, k_best:N. Write --semiring MAX_PRODUCT."
    )


SEMIRINGS = {
    semiring.name: semiring
    for semiring in (
        REAL, COUNT, BOOLEAN, MAX_PRODUCT, SIGNED_TOP, ENTROPY, LONGEST, SHORTEST, SIGN_LOG, FREE
    )
}  # fmt: skip


def order_of(written: str, solution: Solution) -> Order:
    """An order by its name, or the nodes themselves, with commas between them."""
    # of a search as many moves as it takes seconds: the same order on every machine
    orders = {**ORDERS, "auto": auto, "anneal": anneal(moves=100_000)}
    nodes = [node.strip() for node in written.split(",") if node.strip()]
    if written in orders:
        return orders[written]
    for node in nodes:
        if node not in solution.graph:
            raise UsageError(
                f"--order {written!r:.60}: expected {', '.join(orders)}, or nodes of the graph, got {node}. "
                "Write --order markowitz, or --order t,u."
            )
    return nodes


def frames_of(written: str | None) -> range | int | None:
    """``5`` is every fifth frame, ``0:10`` and ``0:100:5`` are ranges."""
    if written is None:
        return None
    try:
        numbers = [int(part) for part in written.split(":")]
        return numbers[0] if len(numbers) == 1 else range(*numbers)
    except (ValueError, TypeError):
        raise UsageError(
            f"--frames {written!r:.60}: expected a stride or a range. Write --frames 5 for every 5th, --frames 0:10."
        ) from None

"""A solution as the text of a problem: what was solved somewhere else can be checked by hand as well."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from compgraph.expression import VARIABLE, Expression, Variable
from compgraph.functions import FUNCTIONS, HIDDEN
from compgraph.homework.constants import spelled
from compgraph.homework.rewriting import names_in, substituted
from compgraph.linearization import linearize
from compgraph.symbols import definition

if TYPE_CHECKING:
    from compgraph.homework.problem import Problem
    from compgraph.homework.report import Report
    from compgraph.solution import Solution

__all__ = ["checked", "stated"]


def checked(solution: Solution, answers: Mapping[str, Any], *, level: str | None = None, **options: Any) -> Report:
    """Numbers worked out by hand, marked: see `Solution.check`."""
    from compgraph.homework.grading import grade
    from compgraph.homework.problem import Problem

    if not isinstance(answers, Mapping):
        raise TypeError(f"check: expected a dict of numbers, got {answers!r:.60}. Write s.check({{'z': '0.5'}}).")
    problem = Problem.of(solution, level=level or "statements")
    if level is None and _are_about(answers, problem, solution):
        fine = Problem.of(solution, level="operations")
        problem = fine if _are_the_same(fine, solution) else problem
    nodes = {*problem.graph, *problem.shapes}
    named = {f"val:{cell}" if cell in nodes else str(cell): _typed(typed) for cell, typed in answers.items()}
    return grade(problem, named, **options)


def _are_about(cells: Iterable[Any], problem: Problem, solution: Solution) -> bool:
    """Whether cells name operations that no statement has a name for."""
    names = {name for cell in cells for name in re.split(r"[>|#]", str(cell).rpartition(":")[2])}
    return any(name in solution.graph and name not in problem.graph for name in names)


def _are_the_same(problem: Problem, solution: Solution) -> bool:
    """Whether the operations of a problem bear the names that those of a solution have."""
    values = solution.values
    return set(problem.graph) == set(solution.graph) and all(
        math.isclose(problem.solution.values[node], value, rel_tol=1e-9, abs_tol=1e-12)
        for node, value in values.items()
    )


def _typed(value: Any) -> Any:
    """A float as somebody typed it; all else as it is."""
    return repr(float(value)) if isinstance(value, float) else value


def whole(solution: Solution) -> tuple[dict[str, Any], dict[str, Any]]:
    """The statements of a solution with arrays as expressions, and the point: text has no words for all of them."""
    fine = solution.graph.graph.get("operations", solution.graph)
    values = dict(fine.nodes(data="value"))
    open_ = fine.copy()
    open_.graph["shapes"] = {name: np.shape(values[name]) for name in fine.graph["inputs"] if np.ndim(values[name])}
    linearize(open_, None, copy=False)
    rows = open_.nodes(data=True)
    kept = [
        node for node, data in rows if data["primitive"] is not VARIABLE and (data["name"] or not open_._succ[node])
    ]
    named = {node: open_.nodes[node]["value"] for node in kept}
    return named, {name: values[name] for name in fine.graph["inputs"]}


def stated(solution: Solution) -> tuple[str, dict[str, Any]]:
    """The statements of a solution as text, and the point.

    Raises
    ------
    ValueError
        It has several outputs, no point, or a primitive that text does not know.

    Examples
    --------
    >>> from compgraph.solution import solve
    >>> stated(solve("t = x^2; J = sin(t) + t/2", at={"x": 0.5}))
    ('t = x²\\nJ = sin(t) + t/2', {'x': '0.5'})
    """
    from compgraph import notation

    if len(solution.outputs) != 1:
        raise ValueError(
            f"expected one output, got {', '.join(solution.outputs[:8])}. "
            f"Check one of them: s.sweep({solution.outputs[0]!r}) in reverse."
        )
    graph = solution.statements.graph
    values = dict(graph.nodes(data="value"))
    point = {name: _spelled(values[name]) for name in graph.graph["inputs"] if values.get(name) is not None}
    if any(isinstance(value, Expression) for value in point.values()):
        raise ValueError("no numbers to check: expected a solution at a point. Give at=.")
    operations = graph.graph["operations"].nodes(data="primitive")
    own = [primitive.name for _, primitive in operations if not _is_known(primitive)]
    if own:
        raise ValueError(f"{own[0]} is a primitive of your own: expected those that text knows. Check the rest alone.")
    current: dict[str, str] = {}  # name → the node that bears it by now, where a name is bound several times
    lines = []
    for node, made in graph.nodes(data="primitive"):
        name = _bare(node)
        if made is not VARIABLE:
            recipe = definition(graph, node)
            bound: dict[str, Any] = {}
            for used in names_in(recipe) if isinstance(recipe, Expression) else ():
                if current[_bare(used)] != used:
                    raise ValueError(f"{used} is used after {_bare(used)} was bound again: expected a name for each.")
                if _bare(used) != used:
                    bound[used] = Variable(_bare(used))
            recipe = substituted(recipe, bound) if bound else recipe
            lines.append(f"{name} = {notation.text(recipe, limit=1_000_000)}")
        current[name] = node
    return "\n".join(lines), point


def _bare(node: str) -> str:
    """The name that a node was given: ``c`` of ``c.1``, which is bound again later."""
    name, dot, number = node.rpartition(".")
    return name if dot and number.isdecimal() else node


def _is_known(primitive: Any) -> bool:
    return FUNCTIONS.get(primitive.name, HIDDEN.get(primitive.name)) is primitive


def _spelled(value: Any) -> Any:
    """A number as people write it: 2 for 2.0."""
    if not isinstance(value, float):
        return value if isinstance(value, Expression) else str(value)
    short = spelled(value)
    return str(int(short)) if short is not None and short.denominator == 1 else repr(value)

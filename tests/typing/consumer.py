"""The typed interface as somebody else's program uses it: what a type checker has to know of every result.

Checked by mypy and by pyright, both strict, in ``.ci/run``; it is a program as well, which ``test_consumer.py`` runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, assert_type

import networkx as nx

import compgraph as cg

if TYPE_CHECKING:
    from compgraph.render.film import Film
    from compgraph.render.table import Table


def expressions() -> cg.Expression:
    """Operators and functions of expressions are expressions, whatever stands on the other side."""
    x = cg.Variable("x")
    assert_type(x, cg.Variable)
    assert_type(x * 2 + Fraction(1, 3) - 0.5, cg.Expression)
    assert_type((2**x / x).named("q"), cg.Expression)
    assert_type(-x, cg.Expression)
    sine: cg.Primitive = cg.sin
    assert_type(sine.name, str)
    written = cg.read("t = x^2; J = cos(t)")
    assert_type(written, dict[str, cg.Expression])
    return written["J"]


def solutions(problem: cg.Expression) -> cg.Solution:
    """The front door, and what it answers."""
    s = cg.solve(problem, at={"x": 2})
    assert_type(s, cg.Solution)
    assert_type(s.direction, str)
    assert_type(s.outputs, tuple[str, ...])
    assert_type(s.gradient, dict[str, Any])
    assert_type(s.jacobian, dict[tuple[str, str], Any])
    assert_type(s.partials, dict[tuple[str, str, int], Any])
    assert_type(s.warnings, list[str])
    assert_type(s.steps, Iterator[cg.Step])
    assert_type(s.statements, cg.Solution)
    assert_type(s.over(cg.MAX_PRODUCT), cg.Solution)
    assert_type(s.cost, cg.Cost)
    assert_type(s.cost.multiplications, int)
    found: cg.PathSum = s.paths("x")
    assert_type(found.count, int)
    for path in found.first(3):
        assert_type(path, cg.Path)
    return s


def pictures(s: cg.Solution, folder: Path) -> list[Path]:
    """What is shown is typed too, though it is imported on use."""
    film: Film = s.film()
    table: Table = s.table()
    assert_type(film.svg(0), str)
    assert_type(film.save(folder / "steps.html"), list[Path])
    return [*film.save(folder / "graph.dot"), *([folder] if str(table) else [])]


def sweeps() -> dict[Any, Any]:
    """Solvers take any graph of networkx."""
    graph: Any = nx.MultiDiGraph()
    graph.add_edge("x", "y", partial=2.0)
    for step in cg.reverse(graph, {"y": 1.0}):
        assert_type(step, cg.Step)
        assert_type(step.terms, tuple[cg.Term, ...])
    longest: cg.Semiring = cg.LONGEST
    assert_type(cg.totals(cg.forward(graph, {"x": 0}, longest)), dict[Any, Any])
    assert_type(cg.elimination_cost(graph, []), cg.Cost)
    return cg.totals(cg.reverse(graph, {"y": 1.0}))


def programs(problem: cg.Expression) -> float:
    """Functions of numbers: fast ones, and one's own."""
    value, partials = cg.value_and_gradient(problem)(2.0)
    assert_type(value, float)
    assert_type(partials, tuple[float, ...])
    listed = cg.solve(problem).program()
    assert_type(listed, cg.Program)
    assert_type(listed.python(), str)
    own = cg.Primitive("softsign", lambda x: x / (1 + abs(x)), lambda y, x: 1 / (1 + abs(x)) ** 2)
    assert_type(cg.gradient(own(cg.Variable("x")), {"x": 1.0}), dict[str, Any])
    return value


def refusals() -> str:
    """Both errors are ValueErrors; one knows the place."""
    try:
        cg.solve("J = sin(", at={"x": 1})
    except cg.ParseError as error:
        assert_type(error.position, int)
        return error.message
    except cg.DomainError as error:
        return str(error)
    return ""


def main(folder: Path) -> list[Path]:
    """All of it once."""
    problem = expressions()
    assert programs(problem) == solutions(problem).values["J"]
    assert sweeps() == {"y": 1.0, "x": 2.0}
    assert "ends after (" in refusals() or refusals()
    return pictures(solutions(problem), folder)

"""Mistakes that a teacher expects: the tables ``[[hypothesis]]`` of a problem."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from compgraph.errors import ParseError
from compgraph.expression import Expression, Variable
from compgraph.homework.mutations import Mutation
from compgraph.homework.rewriting import names_in, substituted
from compgraph.reading import read_expression

if TYPE_CHECKING:
    from compgraph.homework.problem import Problem

__all__ = ["expected_mistakes"]

_KEYS = ("cell", "formula", "message")
_NAME = r"[^\W\d][\w'.]*"
#: A cell in a formula: ``grad:z``, ``tan:v|x``, ``part:x>m#1``.
_CELL = re.compile(
    rf"\b(?:(?:val|grad|new|tan)\s*:\s*{_NAME}(?:\|{_NAME})?|(?:part|path)\s*:\s*{_NAME}(?:\s*(?:>|->|→)\s*{_NAME}(?:\#\d+)?)+)"
)


def expected_mistakes(problem: Problem) -> dict[str, list[Mutation]]:
    """Cell → the mistakes that the teacher expects there.

    Raises
    ------
    ParseError, ValueError
        A table lacks a key, names no cell, or holds a formula that cannot be read.

    Examples
    --------
    >>> from compgraph.homework.problem import Problem
    >>> table = {"cell": "grad:w", "formula": "grad:z + x", "message": "Added x instead of multiplying by x."}
    >>> problem = Problem("z = w*x", at={"w": "2", "x": "3"}, hypotheses=[table])
    >>> expected_mistakes(problem)["grad:w"][0].recipe
    (grad:z) + x
    """
    found: dict[str, list[Mutation]] = {}
    for number, table in enumerate(problem.hypotheses, 1):
        where = f"[[hypothesis]] {number}"
        missing = [key for key in _KEYS if not isinstance(table.get(key), str) or not table[key].strip()]
        if missing:
            raise ValueError(f"{where}: expected cell, formula and message as text, got no {missing[0]}. Add it.")
        try:
            cell = problem.quantities.name(table["cell"])
            recipe = _read(problem, table["formula"])
        except ParseError as error:
            raise ParseError(f"{where}: {error.message}", error.position, error.text) from None
        found.setdefault(cell, []).append(Mutation("teacher", cell, table["message"], recipe))
    return found


def _read(problem: Problem, text: str) -> Any:
    """A formula in names of cells and nodes: cells are read as names of their own."""
    stands: dict[str, Any] = {}

    def name(match: re.Match[str]) -> str:
        token = f"cell{len(stands)}"
        while token in problem.graph or token in text:
            token += "q"
        stands[token] = Variable(problem.quantities.name(match[0]))
        return f" {token} "

    names = list(problem.graph)
    expression = read_expression(_CELL.sub(name, text), names=[*names, *stands], decimal_comma=problem.decimal_comma)
    for used in names_in(expression) if isinstance(expression, Expression) else ():
        if used not in stands and used not in problem.graph:
            known = ", ".join([*names[:20], *(["…"] if len(names) > 20 else [])])
            raise ParseError(
                f"there is no {used!r:.40} in this problem: expected names among {known}, or cells.", 0, text
            )
    return substituted(expression, stands) if isinstance(expression, Expression) else expression

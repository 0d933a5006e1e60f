"""Recipes on floats: thousands of wrong recipes are tried on a sheet, where the reference needs one exact one.

A value that does not exist is NaN here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from compgraph.functions import FUNCTIONS, HIDDEN
from compgraph.homework.environment import Environment
from compgraph.homework.program import Program

if TYPE_CHECKING:
    from compgraph.homework.quantities import Quantities

__all__ = ["Changed", "Formula", "Numbers", "Sweep", "as_float", "upstream"]

NAN = math.nan


class Formula:
    """An expression in names of cells and nodes, ready for floats.

    Attributes
    ----------
    cells : tuple of str
        The cells that it is made of; a node stands for its value.

    Examples
    --------
    >>> from compgraph.expression import Variable
    >>> Formula(Variable("part:w>z") * Variable("z"))({"part:w>z": 1.5, "val:z": 2.0})
    3.0
    """

    __slots__ = ("_literals", "_operations", "cells")

    def __init__(self, expression: Any) -> None:
        rows = Program(expression).rows
        order = sorted(
            range(len(rows)), key=lambda row: 0 if rows[row][0] == "variable" else 1 if not rows[row][0] else 2
        )
        place = {row: i for i, row in enumerate(order)}  # variables first, then literals, then operations
        chosen = [rows[row] for row in order]
        self.cells = tuple(what if ":" in what else f"val:{what}" for kind, what in chosen if kind == "variable")
        self._literals = [as_float(what) for kind, what in chosen if not kind]
        self._operations = [
            (_ROWS[kind], tuple([place[operand] for operand in what]))
            for kind, what in chosen
            if kind not in ("variable", "")
        ]

    def __call__(self, values: Mapping[str, float]) -> float:
        stack: list[Any] = [values[cell] for cell in self.cells]
        stack += self._literals
        for evaluate, places in self._operations:
            try:
                if len(places) == 2:
                    stack.append(evaluate(stack[places[0]], stack[places[1]]))
                else:
                    stack.append(evaluate(*[stack[place] for place in places]))
            except (ArithmeticError, ValueError):
                stack.append(NAN)
        return float(stack[-1])


def _product(a: float, b: float) -> float:
    """a · b, and 0 where one of them is 0, whatever the other: so it is with the branch of a `where` not taken."""
    return 0.0 if a == 0 or b == 0 else a * b


_ROWS: Mapping[str, Callable[..., Any]] = {
    **{name: row.evaluate for name, row in HIDDEN.items()},
    **{name: row.evaluate for name, row in FUNCTIONS.items()},
    "multiply": _product,
}


class Numbers(dict[str, float]):
    """Cell → its value in an environment as a float, converted when it is asked for."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment

    def __missing__(self, cell: str) -> float:
        value = self[cell] = as_float(self.environment.value(cell))
        return value


class Changed(dict[str, float]):
    """Some numbers changed, all others as they were."""

    def __init__(self, changes: Mapping[str, float], others: Mapping[str, float]) -> None:
        super().__init__(changes)
        self._others = others

    def __missing__(self, cell: str) -> float:
        return self._others[cell]


def as_float(value: Any) -> float:
    """A value as a float; NaN where there is none, ±∞ where it is too large."""
    if value is None:
        return NAN
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


class Sweep:
    """What becomes of a cell when something before it has another value.

    Parameters
    ----------
    cells : sequence of str
        The cell itself, last, and the unanswered cells that it is computed from, parents first.
    formulas : callable
        Cell → its recipe as a `Formula`.
    """

    def __init__(self, cells: Sequence[str], formulas: Callable[[str], Formula]) -> None:
        self.cells = cells
        self.target = cells[-1]
        self._formulas = formulas
        self._after: dict[str, list[tuple[str, Formula]]] = {}

    def after(self, cell: str) -> list[tuple[str, Formula]]:
        """The cells that have to be computed again, in order, with their recipes."""
        if cell not in self._after:
            changed = {cell}
            found: list[tuple[str, Formula]] = []
            for other in self.cells[self.cells.index(cell) + 1 :]:
                formula = self._formulas(other)
                if not changed.isdisjoint(formula.cells):
                    changed.add(other)
                    found.append((other, formula))
            self._after[cell] = found
        return self._after[cell]

    def __call__(self, cell: str, value: float, numbers: Mapping[str, float]) -> float:
        """The target where one cell has a given value and all other numbers are as they were."""
        changed = Changed({cell: value}, numbers)
        for other, formula in self.after(cell):
            changed[other] = formula(changed)
        return changed.get(self.target, NAN)


def upstream(quantities: Quantities, cell: str, given: Iterable[str]) -> list[str]:
    """A cell, last, and the cells without a given number that it is computed from, parents first; inputs left out."""
    fixed = set(given)
    found, stack = {cell}, [cell]
    while stack:
        for parent in quantities[stack.pop()].parents:
            if parent not in found and parent not in fixed and not quantities[parent].is_input:
                found.add(parent)
                stack.append(parent)
    return sorted(found, key=lambda name: quantities[name].order)

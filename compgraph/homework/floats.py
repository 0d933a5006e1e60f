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

__all__ = ["Formula", "Numbers", "Sweep"]

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
    >>> Formula(Variable("part:w>z") * Variable("z"))({"part:w>z": 1.5, "val:z": 2.0}.__getitem__)
    3.0
    """

    __slots__ = ("_rows", "cells")

    def __init__(self, expression: Any) -> None:
        rows: list[tuple[Callable[..., Any] | None, Any]] = []
        for kind, what in Program(expression).rows:
            if kind == "variable":
                rows.append((None, what if ":" in what else f"val:{what}"))
            elif kind == "":
                rows.append((None, float(what)))
            else:
                rows.append((_ROWS[kind], what))
        self._rows = rows
        self.cells = tuple(what for _, what in rows if isinstance(what, str))

    def __call__(self, value: Callable[[str], float]) -> float:
        values: list[Any] = []
        for evaluate, what in self._rows:
            if evaluate is None:
                values.append(value(what) if type(what) is str else what)
                continue
            try:
                values.append(evaluate(*[values[place] for place in what]))
            except (ArithmeticError, ValueError):
                values.append(NAN)
        return float(values[-1])


def _product(a: float, b: float) -> float:
    """a · b, and 0 where one of them is 0, whatever the other: so it is with the branch of a `where` not taken."""
    return 0.0 if a == 0 or b == 0 else a * b


_ROWS: Mapping[str, Callable[..., Any]] = {
    **{name: row.evaluate for name, row in HIDDEN.items()},
    **{name: row.evaluate for name, row in FUNCTIONS.items()},
    "multiply": _product,
}


class Numbers:
    """The values of an environment as floats, each converted once."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self._known: dict[str, float] = {}

    def __call__(self, cell: str) -> float:
        value = self._known.get(cell)
        if value is None:
            value = self._known[cell] = as_float(self.environment.value(cell))
        return value


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
        self._after: dict[str, list[str]] = {}

    def after(self, cell: str) -> list[str]:
        """The cells that have to be computed again, in order."""
        if cell not in self._after:
            changed = {cell}
            found: list[str] = []
            for other in self.cells[self.cells.index(cell) + 1 :] if cell in self.cells else self.cells:
                if other != cell and not changed.isdisjoint(self._formulas(other).cells):
                    changed.add(other)
                    found.append(other)
            self._after[cell] = found
        return self._after[cell]

    def __call__(self, cell: str, value: float, numbers: Callable[[str], float]) -> float:
        """The target where one cell has a given value and all other numbers are as they were."""
        if cell == self.target:
            return value
        changed = {cell: value}

        def look(name: str) -> float:
            return changed[name] if name in changed else numbers(name)

        for other in self.after(cell):
            changed[other] = self._formulas(other)(look)
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

"""Single operations on numbered results: what a program is lowered to, and fast code and the machine are made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from compgraph import functions as cg
from compgraph.expression import Primitive

__all__ = ["ALWAYS", "Lowered", "Operand", "Operation", "needed"]

#: The guard of what is always done.
ALWAYS = -1

#: The place of a result as an int, or a literal as a float. (A condition that is decided is a bool.)
Operand = Any


class Operation(NamedTuple):
    """A primitive applied to results and literals, done where the condition at the place `guard` holds."""

    primitive: Primitive
    operands: tuple[Operand, ...]
    guard: int


class Lowered(NamedTuple):
    """Operations in order, the first of which are the inputs.

    Attributes
    ----------
    operations : list of Operation
    needed : list of bool
        Which of them some result needs.
    inputs : int
        How many inputs there are.
    values, slopes : list of operands
        The results: one value for each output, and its derivatives, output by output.
    labels : dict
        Place → the name that somebody gave it.
    known : dict
        Operation → its place.
    """

    operations: list[Operation]
    needed: list[bool]
    inputs: int
    values: list[Operand]
    slopes: list[Operand]
    labels: dict[int, Any]
    known: dict[Operation, int]

    @property
    def results(self) -> list[Operand]:
        return [*self.values, *self.slopes]

    def used(self) -> Iterator[tuple[int, Operation]]:
        """The places of operations that are needed, and these."""
        for place in range(self.inputs, len(self.operations)):
            if self.needed[place]:
                yield place, self.operations[place]

    def both(self, guard: int, condition: Operand, holds: bool) -> int | None:
        """The guard of a branch; None where no operation has it."""
        if not holds:
            condition = self.known.get(Operation(cg.logical_not, (condition,), guard), condition if holds else None)
            if condition is None:
                return None
        if guard == ALWAYS:
            return int(condition)
        return self.known.get(Operation(cg.logical_and, (guard, condition), ALWAYS))


def needed(operations: Sequence[Operation], results: Sequence[Operand]) -> list[bool]:
    """Which operations some result needs."""
    found = [False] * len(operations)
    for place in results:
        if type(place) is int:
            found[place] = True
    for i in range(len(operations) - 1, -1, -1):
        if found[i]:
            _, operands, guard = operations[i]
            for operand in operands:
                if type(operand) is int:
                    found[operand] = True
            if guard != ALWAYS:
                found[guard] = True
    return found

"""A lowered program as a flat array of instructions for numba: nothing is compiled for it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from compgraph import functions as cg
from compgraph.expression import (
    ADD,
    DIVIDE,
    EQUAL,
    GREATER,
    GREATER_EQUAL,
    LESS,
    LESS_EQUAL,
    MULTIPLY,
    NEGATE,
    NOT_EQUAL,
    POWER,
    SUBTRACT,
    Primitive,
)
from compgraph.functions import FUNCTIONS, WHERE
from compgraph.listing import interpreter
from compgraph.listing.operations import ALWAYS, Lowered
from compgraph.listing.registers import Turn, registers

__all__ = ["INSTRUCTIONS", "Machine"]

_NAMES = (
    "abs", "max", "min", "sqrt", "cbrt", "hypot", "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sin", "cos",
    "tan", "asin", "acos", "atan", "atan2", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "erf", "erfc",
)  # fmt: skip

#: Primitive → the number of its instruction.
INSTRUCTIONS: dict[Primitive, int] = {
    MULTIPLY: interpreter.MULTIPLY, ADD: interpreter.ADD, SUBTRACT: interpreter.SUBTRACT,
    NEGATE: interpreter.NEGATE, WHERE: interpreter.CHOOSE, DIVIDE: interpreter.DIVIDE, POWER: interpreter.POWER,
    LESS: interpreter.LESS, LESS_EQUAL: interpreter.LESS_EQUAL, GREATER: interpreter.GREATER,
    GREATER_EQUAL: interpreter.GREATER_EQUAL, EQUAL: interpreter.EQUAL, NOT_EQUAL: interpreter.NOT_EQUAL,
    cg.logical_and: interpreter.AND, cg.logical_or: interpreter.OR, cg.logical_not: interpreter.NOT,
    **{
        FUNCTIONS[name]: getattr(interpreter, name.upper())
        for name in _NAMES
    },
}  # fmt: skip

#: How many points are done at once, where there are many.
LANES = 64


@functools.cache
def _interpreter() -> Callable[..., bool]:
    """The loop, compiled; numba keeps it on disk for the next process."""
    try:
        from numba import njit
    except ImportError as error:
        raise ImportError(
            'fast=True needs numba, and it is not there. Install it with pip install "compgraph[fast]", or leave out '
            "fast=True for generated Python.",
            name="numba",
        ) from error
    function: Callable[..., bool] = njit(cache=True, error_model="numpy", nogil=True)(interpreter.interpret)
    return function


class Machine:
    """Runs one program, at one point or at many."""

    def __init__(self, lowered: Lowered, shape: Callable[[Sequence[Any]], Any]) -> None:
        self._run = _interpreter()
        self._shape = shape
        self._lowered = lowered
        self._one = _encoded(lowered, alike=True)
        self._many: _Encoded | None = None  # made when it is first used
        self._spare: list[Any] = []  # rows of an earlier call, to be used again

    def scalar(self, *point: float) -> Any:
        """The results at a point; ArithmeticError where something is not finite."""
        code, start, results = self._one
        try:
            rows, given, out = self._spare.pop()
        except IndexError:
            rows, given, out = start[:, None].copy(), np.empty((self._lowered.inputs, 1)), np.empty((len(results), 1))
        given[:, 0] = point
        if not self._run(code, rows, (0,), given, results, out):
            raise ArithmeticError
        found = out[:, 0].tolist()
        self._spare.append((rows, given, out))
        return self._shape(found)

    def points(self, arrays: Sequence[np.ndarray], points: int) -> Any:
        """The results at many points."""
        if self._many is None:
            self._many = _encoded(self._lowered, alike=False)
        code, start, results = self._many
        rows = np.repeat(start[:, None], LANES, axis=1)
        out = np.empty((len(results), points))
        given = np.array(arrays, float).reshape(len(arrays), points)
        if not self._run(code, rows, (0,) * LANES, given, results, out):
            raise ArithmeticError
        return self._shape(list(out))


class _Encoded(NamedTuple):
    """Instructions, the rows at the start (literals in their places, the first of them 1), and the rows of results."""

    code: np.ndarray
    start: np.ndarray
    results: np.ndarray


def _encoded(lowered: Lowered, *, alike: bool) -> _Encoded:
    """A program as instructions, those of arithmetic all `alike` or each of its own kind."""
    turns = _fused(lowered)
    if alike:
        turns = [_alike(turn) for turn in turns]
    timed = [Turn(place, (*operands, guard)) for _, place, operands, guard in turns]
    register, count = registers(timed, lowered.inputs, lowered.results, reuse=False)
    literals: dict[Any, int] = {"1.0": count}

    def row(operand: Any) -> int:
        if type(operand) is int:
            return register[operand]
        return literals.setdefault(repr(float(operand)), count + len(literals))  # by its text: −0 is not 0

    code = [
        (op, register[place], *map(row, operands), *[0] * (3 - len(operands)), count if guard == ALWAYS else row(guard))
        for op, place, operands, guard in turns
    ]
    results = np.array([row(result) for result in lowered.results], np.uint32)
    start = np.array([0.0] * count + [float(key) for key in literals])
    return _Encoded(np.array(code, np.uint32).reshape(len(code), 6), start, results)


_Turn = tuple[int, int, tuple[Any, ...], int]  # instruction, place of the result, operands, guard


def _fused(lowered: Lowered) -> list[_Turn]:
    """The instructions; a product that nothing but a sum or a difference uses is a part of it."""
    uses = [0] * len(lowered.operations)
    for _, (_, operands, guard) in lowered.used():
        for operand in (*operands, *([guard] if guard != ALWAYS else [])):
            if type(operand) is int:
                uses[operand] += 1
    for result in lowered.results:
        if type(result) is int:
            uses[result] += 1
    turns: dict[int, _Turn] = {}
    for place, (primitive, operands, guard) in lowered.used():
        op = INSTRUCTIONS.get(primitive)
        if op is None:
            raise ValueError(
                f"{primitive.name} is a function of your own: expected primitives of this library with fast=True. "
                "Leave it out, for generated Python that calls the function."
            )
        for whole, sides in ((ADD, ((1, 0), (0, 1))), (SUBTRACT, ((1, 0),))):
            for product, other in sides if primitive is whole else ():
                part = turns.get(operands[product]) if type(operands[product]) is int else None
                if part and part[0] == interpreter.MULTIPLY and uses[part[1]] == 1:
                    del turns[part[1]]
                    op = interpreter.MULTIPLY_ADD if whole is ADD else interpreter.MULTIPLY_SUBTRACT
                    operands, primitive = (operands[other], *part[2]), MULTIPLY
                    break
        turns[place] = (op, place, operands, guard)
    return list(turns.values())


def _alike(turn: _Turn) -> _Turn:
    """Arithmetic as one instruction, a + b·c, with 1, −1 and −0 where it has less: a processor guesses it right."""
    op, place, operands, guard = turn
    match op:
        case interpreter.MULTIPLY:
            same: tuple[Any, ...] = (-0.0, *operands)
        case interpreter.ADD:
            same = (operands[1], operands[0], 1.0)
        case interpreter.SUBTRACT:
            same = (operands[0], operands[1], -1.0)
        case interpreter.NEGATE:
            same = (-0.0, operands[0], -1.0)
        case _:
            return turn
    return interpreter.MULTIPLY_ADD, place, same, guard

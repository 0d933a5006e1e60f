"""Mistakes in computing a value: an addend dropped, a sign, × for +, the wrong logarithm, degrees for radians."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from compgraph.expression import ABS, ADD, DIVIDE, MULTIPLY, NEGATE, POWER, SUBTRACT, VARIABLE, Application, Expression
from compgraph.functions import FUNCTIONS
from compgraph.homework.misrules import trigonometric
from compgraph.homework.rewriting import applied, is_number, mapped, phrase, replaced
from compgraph.traversal import evaluation_order

__all__ = ["in_degrees", "other_logarithms", "slips"]

#: Operations looked at, times operations rewritten for each: what keeps a statement of thousands of operations cheap.
_WORK = 6_000


def slips(expression: Any) -> Iterator[tuple[str, Any]]:
    """What is wrong, in words, and the formula with just that wrong: one operation at a time.

    Examples
    --------
    >>> from compgraph.expression import Variable
    >>> w, x, b = Variable("w"), Variable("x"), Variable("b")
    >>> for where, wrong in slips(w * x + b): print(f"{where}: {wrong}")
    w·x was added instead of multiplied: w + x + b
    w was left out: x + b
    x was left out: w + b
    w·x was left out: b
    b was left out: w·x
    b has the wrong sign: w·x − b
    w·x has the wrong sign: b − w·x
    the sum was multiplied: w·x·b
    """
    operations = [e for e in evaluation_order([expression]) if e.primitive is not VARIABLE]
    for operation in operations[: max(1, _WORK // max(1, len(operations)))]:
        for where, new in _slips_of(operation):
            yield where, replaced(expression, operation, new)


def _slips_of(operation: Expression) -> Iterator[tuple[str, Any]]:
    primitive, arguments = operation.primitive, operation.arguments
    if primitive in _SLIPS:
        yield from _SLIPS[primitive](*arguments)
    elif primitive.name in ("max", "min") and len(arguments) == 2:
        other = FUNCTIONS["min" if primitive.name == "max" else "max"]
        yield "the other one was taken", Application(other, arguments)
    elif primitive.name == "where":
        condition, a, b = arguments
        yield "the other case was taken", Application(primitive, (condition, b, a))
    elif len(arguments) == 1 and primitive.name in FUNCTIONS:
        yield f"{primitive.name} was left out", arguments[0]
        yield f"the sign of {phrase(arguments[0])} is wrong", Application(primitive, (-arguments[0],))


def _is_addend(value: Any) -> bool:
    """Whether a value is one addend, and not a sum whose addends have their own turn."""
    return not (isinstance(value, Expression) and value.primitive in (ADD, SUBTRACT))


def _added(a: Any, b: Any) -> Iterator[tuple[str, Any]]:
    if _is_addend(a):
        yield f"{phrase(a)} was left out", b
    if _is_addend(b):
        yield f"{phrase(b)} was left out", a
        yield f"{phrase(b)} has the wrong sign", a - b
    if _is_addend(a):
        yield f"{phrase(a)} has the wrong sign", b - a
    yield "the sum was multiplied", a * b


def _subtracted(a: Any, b: Any) -> Iterator[tuple[str, Any]]:
    if _is_addend(a):
        yield f"{phrase(a)} was left out", -b
    if _is_addend(b):
        yield f"{phrase(b)} was left out", a
        yield f"{phrase(b)} has the wrong sign", a + b
    yield "the difference was taken the other way round", b - a


def _multiplied(a: Any, b: Any) -> Iterator[tuple[str, Any]]:
    yield f"{phrase(a * b)} was added instead of multiplied", a + b
    yield f"{phrase(a)} was left out", b
    yield f"{phrase(b)} was left out", a


def _divided(a: Any, b: Any) -> Iterator[tuple[str, Any]]:
    yield "multiplied instead of divided", a * b
    yield "the division was turned round", b / a
    yield f"{phrase(b)} was left out", a


def _raised(a: Any, b: Any) -> Iterator[tuple[str, Any]]:
    yield f"{phrase(a)} was multiplied by the exponent", a * b
    yield f"the exponent of {phrase(a)} was left out", a


def _negated(a: Any) -> Iterator[tuple[str, Any]]:
    yield f"the sign of {phrase(a)} was lost", a


def _unsigned(a: Any) -> Iterator[tuple[str, Any]]:
    yield "the absolute value was left out", a


_SLIPS: dict[Any, Callable[..., Iterator[tuple[str, Any]]]] = {
    ADD: _added,
    SUBTRACT: _subtracted,
    MULTIPLY: _multiplied,
    DIVIDE: _divided,
    POWER: _raised,
    NEGATE: _negated,
    ABS: _unsigned,
}


def in_degrees(expression: Any) -> Any | None:
    """The formula on a calculator that is set to degrees; None where that makes no difference."""
    found = False

    def make(operation: Expression, arguments: tuple[Any, ...]) -> Any:
        nonlocal found
        factors = trigonometric(operation.primitive.name)
        if factors is None:
            return applied(operation, arguments)
        found = True
        inner, outer = factors
        scaled = tuple([a * inner for a in arguments]) if inner != 1 else arguments
        result = Application(operation.primitive, scaled)
        return result * outer if outer != 1 else result

    wrong = mapped(expression, make)
    return wrong if found else None


def other_logarithms(expression: Any) -> Iterator[Any]:
    """The formula with natural logarithms for common ones, and the other way round."""
    for name, other in (("log", "log10"), ("log10", "log"), ("log2", "log"), ("log2", "log10")):
        if any(e.primitive.name == name for e in evaluation_order([expression])):
            yield mapped(expression, partial(_renamed, name, other))


def _renamed(name: str, other: str, operation: Expression, arguments: tuple[Any, ...]) -> Any:
    if operation.primitive.name == name:
        return Application(FUNCTIONS[other], arguments)
    return applied(operation, arguments)


def exponents(expression: Any) -> list[Any]:
    """The literal exponents other than 0, ±1 and 2, each once."""
    found = [
        e.arguments[1]
        for e in evaluation_order([expression])
        if e.primitive is POWER and is_number(e.arguments[1]) and abs(e.arguments[1]) not in (0, 1, 2)
    ]
    return list(dict.fromkeys(found))

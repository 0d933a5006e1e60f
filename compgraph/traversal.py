"""Walking over expressions without recursion: evaluation order, evaluation on demand, the flat form for pickling."""

from __future__ import annotations

import gc
import operator
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from compgraph.expression import VARIABLE, Expression, Primitive, Variable, _apply

__all__ = ["demanded", "evaluation_order", "from_listing", "gc_paused", "to_listing", "variables_as_read"]

_creation = operator.attrgetter("serial")


def evaluation_order(outputs: Iterable[Any]) -> list[Expression]:
    """Every expression that the outputs need, each once, arguments before results.

    Cost: linear in the number of operations, plus a sort by creation order.
    """
    stack = [output for output in outputs if isinstance(output, Expression)]
    seen = set(stack)
    add, push, pop = seen.add, stack.append, stack.pop
    while stack:
        for argument in pop().arguments:
            if argument not in seen and isinstance(argument, Expression):
                add(argument)
                push(argument)
    return sorted(seen, key=_creation)


def variables_as_read(statements: Iterable[Expression]) -> list[str]:
    """The names of the inputs in order of first use: statement by statement, each from left to right."""
    found: dict[str, None] = {}
    seen: set[Expression] = set()
    for statement in statements:
        stack = [statement]
        while stack:
            expression = stack.pop()
            if expression.primitive is VARIABLE:
                found[str(expression.name)] = None
            elif expression not in seen:
                seen.add(expression)
                stack += [a for a in reversed(expression.arguments) if isinstance(a, Expression)]
    return list(found)


def demanded(
    roots: Iterable[Any],
    parts: Callable[[Any], tuple[Primitive, tuple[Any, ...]]],
    is_node: Callable[[Any], bool],
    values: dict[Any, Any],
    operand: Callable[[Any], Any],
    compute: Callable[[Any, tuple[Any, ...]], Any],
) -> None:
    """Evaluate what the roots need and nothing else: of a `where` its condition and the branch that it takes.

    Works on anything that has `parts` (a primitive and arguments): expressions and nodes of a graph alike. `values`
    holds the inputs and receives the rest; `operand` turns an argument into its value.
    """
    stack = list(roots)[::-1]
    while stack:
        node = stack[-1]
        if node in values:
            stack.pop()
            continue
        primitive, arguments = parts(node)
        branches = primitive.name == "where" and len(arguments) == 3
        needed: tuple[Any, ...] = arguments[:1] if branches else arguments
        missing = [a for a in needed if is_node(a) and a not in values]
        if not missing and branches:
            condition = operand(arguments[0])
            if getattr(condition, "ndim", 0):  # an array of them: both branches, entry by entry
                missing = [a for a in arguments[1:] if is_node(a) and a not in values]
                if not missing:
                    values[node] = compute(node, tuple([operand(a) for a in arguments]))
                stack += missing[::-1]
                continue
            taken = arguments[1] if condition else arguments[2]
            missing = [taken] if is_node(taken) and taken not in values else []
            if not missing:
                values[node] = operand(taken)
        elif not missing:
            values[node] = compute(node, tuple([operand(a) for a in arguments]))
        stack += missing[::-1]


def to_listing(expression: Expression) -> list[tuple[Primitive, tuple[Any, ...], str | None]]:
    """The expression as rows (primitive, arguments, name), arguments before results: pickled without depth."""
    order = evaluation_order([expression])
    place = {e: i for i, e in enumerate(order)}
    # a place is wrapped in a one-tuple, so that it cannot be mistaken for a literal
    return [
        (
            e.primitive,
            # a variable keeps the shape that it was given
            (shape,)
            if e.primitive is VARIABLE and (shape := getattr(e, "_shape", None)) is not None
            else tuple((place[a],) if isinstance(a, Expression) else a for a in e.arguments),
            e.name,
        )
        for e in order
    ]


def from_listing(listing: list[tuple[Primitive, tuple[Any, ...], str | None]]) -> Expression:
    """The expression again, sharing as it did."""
    built: list[Expression] = []
    for primitive, arguments, name in listing:
        if primitive is VARIABLE:
            built.append(Variable(str(name), *arguments))
        else:
            operands = tuple(built[a[0]] if isinstance(a, tuple) else a for a in arguments)
            built.append(_apply(primitive, operands, name))
    return built[-1]


@contextmanager
def gc_paused() -> Iterator[None]:
    """Hold the garbage collector while many long-lived objects are made: it would walk them over and over."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()

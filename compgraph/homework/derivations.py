"""Mistakes in deriving a partial: one operation of the statement differentiated wrongly, everything else right.

A statement such as ``y = sin(x)²/x`` is taken apart into its operations, each with the rule of its own partials. The
partial of the whole is carried forward through them, from the tail to the head; a mistake changes how it is carried
through one of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import networkx as nx

from compgraph.expression import ADD, DIVIDE, MULTIPLY, POWER, SUBTRACT, VARIABLE, Application, Expression, Variable
from compgraph.functions import FUNCTIONS
from compgraph.homework.misrules import LOG_BASES, WRONG_RULES
from compgraph.homework.rewriting import is_number, names_in, phrase, plus, substituted, times
from compgraph.symbols import formula

__all__ = ["derivations"]

#: Operations whose mistakes are looked at, times operations to carry them through.
_WORK = 6_000
_ARITHMETIC = (ADD, SUBTRACT, MULTIPLY, DIVIDE, POWER)


class _Use(NamedTuple):
    """An argument that depends on the tail: where it stands, its name, and the partial with respect to it."""

    position: int
    name: str
    partial: Any


class _Step(NamedTuple):
    """An operation that depends on the tail."""

    name: str
    operation: Expression
    uses: Sequence[_Use]


class _Wrong(NamedTuple):
    class_: str
    where: str
    carried: Any


def derivations(graph: nx.MultiDiGraph, tail: str, head: str, key: int) -> Iterator[tuple[str, str, Any]]:
    """Class, what is wrong in words, and the partial of an edge with just that wrong, in names of nodes.

    Parameters
    ----------
    graph : networkx.MultiDiGraph
        Of statements or of operations.
    tail, head, key
        The edge.

    Examples
    --------
    >>> from compgraph.homework.problem import Problem
    >>> graph = Problem("y = sin(x^2)", at={"x": "2"}).graph
    >>> found = {f"{class_}: {wrong}" for class_, where, wrong in derivations(graph, "x", "y", 0)}
    >>> sorted(found)[:2], "wrong_point: cos(x)·(2·x)" in found
    (['dropped_local_factor: 2·x', 'dropped_local_factor: cos(x²)'], True)
    """
    fine = graph.graph.get("operations", graph)
    inner = _inner(fine, head) if fine is not graph else []
    steps = _steps(fine, inner, tail, head, key if fine is graph else None)
    inlined = _definitions(fine, inner)
    for place in range(min(len(steps), max(1, _WORK // max(1, len(steps))))):
        before = _carried(steps[:place], {tail: 1})
        for class_, where, carried in _mistakes(steps[place], before, tail, inlined):
            after = _carried(steps[place + 1 :], {**before, steps[place].name: carried})
            yield class_, where, substituted(after[head], inlined)


# -- the statement taken apart


def _inner(fine: nx.MultiDiGraph, head: str) -> list[str]:
    """The unnamed operations of a statement, in evaluation order."""
    found, stack = {head}, [head]
    while stack:
        for argument in fine.nodes[stack.pop()]["arguments"]:
            if isinstance(argument, str) and argument not in found and not _is_named(fine, argument):
                found.add(argument)
                stack.append(argument)
    place = fine.graph["statements"]
    return sorted(found - {head}, key=place.__getitem__)


def _is_named(fine: nx.MultiDiGraph, node: str) -> bool:
    data = fine.nodes[node]
    return data["primitive"] is VARIABLE or data["name"] is not None


def _steps(fine: nx.MultiDiGraph, inner: Sequence[str], tail: str, head: str, key: int | None) -> list[_Step]:
    steps: list[_Step] = []
    active = {tail}
    for node in [*inner, head]:
        data = fine.nodes[node]
        uses = [
            _Use(position, argument, formula(fine, argument, node, position))
            for position, argument in enumerate(data["arguments"])
            if argument in active and fine.has_edge(argument, node, position) and key in (None, position)
        ]
        if uses:
            active.add(node)
            arguments = tuple([Variable(a) if isinstance(a, str) else a for a in data["arguments"]])
            steps.append(_Step(node, Application(data["primitive"], arguments), uses))
    return steps


def _definitions(fine: nx.MultiDiGraph, inner: Sequence[str]) -> dict[str, Any]:
    """Unnamed operation → its formula in names of the picture."""
    built: dict[str, Any] = {}
    for node in inner:
        data = fine.nodes[node]
        arguments = [_written(a, built) for a in data["arguments"]]
        built[node] = Application(data["primitive"], tuple(arguments))
    return built


def _written(argument: Any, built: Mapping[str, Any]) -> Any:
    if not isinstance(argument, str):
        return argument
    return built[argument] if argument in built else Variable(argument)


def _carried(steps: Sequence[_Step], before: Mapping[str, Any]) -> dict[str, Any]:
    """The derivative of each step with respect to the tail, by the chain rule."""
    slopes = dict(before)
    for step in steps:
        total: Any = 0
        for use in step.uses:
            total = plus(total, times(use.partial, slopes[use.name]))
        slopes[step.name] = total
    return slopes


# -- what goes wrong in one of them


def _mistakes(step: _Step, slopes: Mapping[str, Any], tail: str, inlined: Mapping[str, Any]) -> Iterator[_Wrong]:
    terms = [times(use.partial, slopes[use.name]) for use in step.uses]

    def named(node: str) -> str:
        return phrase(_written(node, inlined))

    def total(position: int, new: Any) -> Any:
        result: Any = 0
        for i, term in enumerate(terms):
            result = plus(result, new if i == position else term)
        return result

    for i, use in enumerate(step.uses):
        slope = slopes[use.name]
        if len(terms) > 1:
            yield _Wrong("missing_path", named(use.name), total(i, 0))
            yield _Wrong("sign_local", f"the part of {named(use.name)}", total(i, times(-1, terms[i])))
        if not is_number(slope, 1):
            yield _Wrong("dropped_local_factor", f"the derivative of {named(use.name)}", total(i, use.partial))
        if is_number(use.partial) and not is_number(use.partial, 1):
            if use.partial == -1:
                whole = phrase(substituted(step.operation, inlined))
                yield _Wrong("sign_local", f"the derivative of {whole}", total(i, slope))
            else:
                yield _Wrong("constant_factor", "one was left out", total(i, slope))
        elif not is_number(use.partial):
            yield _Wrong("dropped_local_factor", f"the derivative of {_function(step)}", total(i, slope))
        for class_, where, partial in _other_partials(step, use, slope, tail):
            yield _Wrong(class_, where, total(i, times(partial, slope)))
    if len(terms) == 2 and step.operation.primitive in (MULTIPLY, DIVIDE):
        first, second = (slopes[use.name] for use in step.uses)
        whole = phrase(substituted(step.operation, inlined))
        if step.operation.primitive is MULTIPLY:
            yield _Wrong("product_rule", whole, times(first, second))
        elif not is_number(second, 0):
            yield _Wrong("product_rule", whole, first / second)


def _other_partials(step: _Step, use: _Use, slope: Any, tail: str) -> Iterator[tuple[str, str, Any]]:
    """Wrong partials of one operation: class, where, partial."""
    primitive, arguments = step.operation.primitive, step.operation.arguments
    rules = WRONG_RULES.get(primitive.name, ())
    pair = len(arguments) == 2 or primitive.name not in ("max", "min")  # which take any number of arguments
    if use.position < len(rules) and pair:
        for rule in rules[use.position]:
            yield "wrong_rule", _function(step), rule(Variable(step.name), *arguments)
    for rule in LOG_BASES.get(primitive.name, ()):
        yield "log_base", primitive.name, rule(Variable(step.name), *arguments)
    if primitive.name in FUNCTIONS and primitive not in _ARITHMETIC and len(step.uses) == 1:
        for where, point in _points(step, use, slope, tail):
            yield "wrong_point", where, point


def _points(step: _Step, use: _Use, slope: Any, tail: str) -> Iterator[tuple[str, Any]]:
    """The partial of a function, taken at another point than its argument."""
    if is_number(use.partial) or is_number(step.operation.arguments[use.position]):
        return
    name = step.operation.primitive.name

    def at(point: Any) -> Any:
        arguments = tuple([point if i == use.position else a for i, a in enumerate(step.operation.arguments)])
        return substituted(use.partial, {use.name: point, step.name: Application(step.operation.primitive, arguments)})

    yield f"{name} at its own value", at(Variable(step.name))
    if step.name in names_in(use.partial):
        yield f"{name} with its argument for its value", substituted(use.partial, {step.name: Variable(use.name)})
    if use.name != tail:
        yield f"{name} at {tail}", at(Variable(tail))
        if not is_number(slope):
            yield f"{name} at the derivative of its argument", at(slope)


def _function(step: _Step) -> str:
    """What an operation is called in a message."""
    primitive = step.operation.primitive
    if primitive in (MULTIPLY, DIVIDE) and any(map(is_number, step.operation.arguments)):
        return "the constant factor"
    return _OPERATIONS.get(primitive.name, primitive.name)


_OPERATIONS = {
    "add": "the sum",
    "subtract": "the difference",
    "multiply": "the product",
    "divide": "the quotient",
    "power": "the power",
    "negate": "the sign",
    "identity": "the value",
}

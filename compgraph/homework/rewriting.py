"""Expressions with a part of them exchanged: what a mutated recipe is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from compgraph.expression import VARIABLE, Application, Expression
from compgraph.traversal import evaluation_order

__all__ = ["applied", "is_number", "mapped", "names_in", "phrase", "plus", "replaced", "substituted", "times"]


def mapped(expression: Any, make: Callable[[Expression, tuple[Any, ...]], Any]) -> Any:
    """The expression with every operation and variable made anew from its new arguments, sharing as it did."""
    built: dict[Expression, Any] = {}
    for operation in evaluation_order([expression]):
        arguments = tuple([built[a] if isinstance(a, Expression) else a for a in operation.arguments])
        built[operation] = make(operation, arguments)
    return built[expression] if isinstance(expression, Expression) else expression


def applied(operation: Expression, arguments: tuple[Any, ...]) -> Any:
    """The operation on other arguments; itself where they are the same."""
    if all(new is old for new, old in zip(arguments, operation.arguments, strict=True)):
        return operation
    return Application(operation.primitive, arguments)


def replaced(expression: Any, node: Expression, new: Any) -> Any:
    """The expression with one of its operations exchanged; `new` may be made of the operation's own arguments.

    Examples
    --------
    >>> from compgraph.expression import Variable
    >>> w, x = Variable("w"), Variable("x")
    >>> product = w * x
    >>> replaced(product + 1, product, w + x)
    w + x + 1
    """
    return mapped(expression, lambda operation, arguments: new if operation is node else applied(operation, arguments))


def substituted(expression: Any, values: Mapping[str, Any]) -> Any:
    """The expression with other expressions in place of some variables, all at once.

    Examples
    --------
    >>> from compgraph.expression import Variable
    >>> a, z = Variable("a"), Variable("z")
    >>> substituted(a * (1 - a), {"a": z})
    z·(1 − z)
    """

    def make(operation: Expression, arguments: tuple[Any, ...]) -> Any:
        if operation.primitive is VARIABLE:
            return values.get(str(operation.name), operation)
        return applied(operation, arguments)

    return mapped(expression, make)


def names_in(expression: Any) -> list[str]:
    """The variables of an expression, in order of first use."""
    return list(dict.fromkeys(str(e.name) for e in evaluation_order([expression]) if e.primitive is VARIABLE))


def is_number(value: Any, number: int | None = None) -> bool:
    """Whether a value is a plain number; just that one where it is given."""
    return not isinstance(value, Expression) and (number is None or value == number)


def times(a: Any, b: Any) -> Any:
    """a · b, with 0 and 1 left out."""
    for one, other in ((a, b), (b, a)):
        if is_number(one, 0):
            return 0
        if is_number(one, 1):
            return other
    return a * b


def plus(a: Any, b: Any) -> Any:
    """a + b, with 0 left out."""
    if is_number(a, 0):
        return b
    return a if is_number(b, 0) else a + b


def phrase(expression: Any) -> str:
    """What a part of a formula is called in a message: as it is written if that is short and free of numbers.

    Numbers are left out, so that a message can never hold one that somebody was to find.

    Examples
    --------
    >>> from fractions import Fraction
    >>> from compgraph.expression import Variable
    >>> w, x = Variable("w"), Variable("x")
    >>> phrase(w * x), phrase(3 * x**2), phrase(Fraction(1, 2))
    ('w·x', 'the term with x', 'the constant')
    """
    operations = evaluation_order([expression])
    if not operations:
        return "the constant"
    if len(operations) < 8 and not any(is_number(a) for operation in operations for a in operation.arguments):
        from compgraph import notation

        return notation.text(expression)
    names = names_in(expression)[:3]
    return f"the term with {' and '.join(names)}" if names else "the constant"

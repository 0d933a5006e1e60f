"""Forward mode by operator overloading: numbers that carry their tangent.

A function written in Python operators and this library's (or NumPy's) functions runs unchanged on floats, on
expressions and on dual numbers; on these it yields its derivative along with its value, branches and loops that depend
on the values included.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from compgraph.errors import DomainError
from compgraph.expression import Expression, Partial, Primitive, _operand, _serial
from compgraph.numbers import ieee
from compgraph.overloading import Overloaded
from compgraph.symbols import EXPRESSION

__all__ = ["Dual", "derivative_of", "partial_at", "second_partial"]


class Dual(Overloaded):
    """A value and its tangent: ``value + tangent·ε`` with ε² = 0.

    Parameters
    ----------
    value, tangent : number or Expression
        A Dual as well, where `tag` is larger than its tag.
    tag : int
        Which ε. Duals of one tag combine; for a larger tag, those of smaller tags are constants with tangents of their
        own. `derivative_of` takes a new one at each call, which is what keeps nested derivatives apart.

    Examples
    --------
    >>> x = Dual(3.0, 1.0)
    >>> x * x + 1
    Dual(10.0, 6.0)
    >>> x > 2, 2 ** x == 8
    (True, True)

    Notes
    -----
    Comparisons, `if` and `hash` go by the value. The partials are those of the rule table, so that a kink follows the
    stated convention (0 for `abs` and `relu` at 0), and a tangent that does not exist raises DomainError.
    """

    __slots__ = ("tangent",)

    def __init__(self, value: Any, tangent: Any = 0, tag: int = 0) -> None:
        for part in (value, tangent):
            if isinstance(part, Overloaded):
                if part.tag >= tag:
                    raise ValueError(
                        f"Dual: expected parts with tags below {tag}, got {part!r:.60} with the tag {part.tag}. "
                        "Use derivative_of for nested derivatives: it keeps the tags in order."
                    )
            elif _operand(part) is NotImplemented:
                raise TypeError(f"Dual: expected numbers or expressions, got {type(part).__name__} {part!r:.60}.")
        self.value = value if isinstance(value, Overloaded) else _operand(value)
        self.tangent = tangent if isinstance(tangent, Overloaded) else _operand(tangent)
        self.tag = tag

    def __primitive__(self, primitive: Primitive, arguments: tuple[Any, ...]) -> Any:
        tag = self.tag
        inner = tuple([a.value if isinstance(a, Dual) and a.tag == tag else a for a in arguments])
        value = primitive(*inner)
        tangent: Any = None
        for position, argument in enumerate(arguments):
            if isinstance(argument, Dual) and argument.tag == tag:
                rule = primitive.partials[position]
                if rule is not None:
                    term = _product(partial_at(primitive, rule, value, inner), argument.tangent, primitive, inner)
                    tangent = term if tangent is None else _sum(tangent, term, primitive, inner)
        return value if tangent is None else Dual(value, tangent, tag)

    def __repr__(self) -> str:
        return f"Dual({self.value}, {self.tangent})"


def derivative_of(function: Callable[..., Any], argument: int | str = 0) -> Callable[..., Any]:
    """The derivative of a Python function with respect to one of its arguments, by forward mode.

    Parameters
    ----------
    function : callable
        Of any arguments; it returns a number, or a tuple, list or dict of numbers.
    argument : int or str
        The argument to differentiate with respect to, by its position (the first) or its name.

    Returns
    -------
    callable
        Takes what `function` takes and returns the derivative in the shape of its result, 0 where the result does not
        depend on the argument. It can be differentiated again.

    Examples
    --------
    >>> derivative_of(lambda x: x**3)(2.0)
    12.0
    >>> derivative_of(derivative_of(lambda x: x**3))(2.0)
    12.0

    A derivative within a derivative keeps its own perturbation: d/dx (x · d/dy (x + y)) is 1.

    >>> derivative_of(lambda x: x * derivative_of(lambda y: x + y)(1.0))(1.0)
    1.0

    Notes
    -----
    One evaluation of the function on dual numbers per call, two to three operations for each of its operations.

    References
    ----------
    Siskind, Pearlmutter, "Perturbation confusion and referential transparency" (2005), for the tags.
    """
    if not callable(function):
        raise TypeError(
            f"derivative_of: expected a Python function, got {type(function).__name__} {function!r:.60}. "
            "Use gradient for expressions and text."
        )

    @functools.wraps(function)
    def derivative(*arguments: Any, **keywords: Any) -> Any:
        tag = _serial()
        if isinstance(argument, str) and argument in keywords:
            keywords[argument] = _seeded(keywords[argument], tag)
        elif isinstance(argument, int) and -len(arguments) <= argument < len(arguments):
            place = argument % len(arguments)
            arguments = (*arguments[:place], _seeded(arguments[place], tag), *arguments[place + 1 :])
        else:
            raise TypeError(
                f"derivative_of: expected the argument {argument!r} to differentiate with respect to, got "
                f"{len(arguments)} by position and {', '.join(keywords) or 'none'} by name. Give it that way."
            )
        return _tangents(function(*arguments, **keywords), tag)

    return derivative


def _seeded(value: Any, tag: int) -> Dual:
    innermost = value
    while isinstance(innermost, Overloaded):
        innermost = innermost.value
    return Dual(value, 1.0 if isinstance(innermost, float) else 1, tag)


def _tangents(result: Any, tag: int) -> Any:
    if isinstance(result, Dual) and result.tag == tag:
        return result.tangent
    if isinstance(result, Mapping):
        return {name: _tangents(entry, tag) for name, entry in result.items()}
    if isinstance(result, (tuple, list)):
        return type(result)([_tangents(entry, tag) for entry in result])
    if isinstance(result, Overloaded) or _operand(result) is not NotImplemented:
        return 0.0  # it does not depend on the argument
    raise TypeError(
        f"derivative_of: expected the function to return a number, or a tuple, list or dict of them, got "
        f"{type(result).__name__} {result!r:.60}."
    )


def partial_at(primitive: Primitive, rule: Partial, value: Any, operands: Sequence[Any]) -> Any:
    """A partial at operands of any kind: ±inf by IEEE rules at plain numbers, DomainError where there is none."""
    if not callable(rule):
        return rule
    try:
        partial = rule(value, *operands)
    except (ArithmeticError, ValueError):
        if not all(isinstance(a, (int, float, Fraction)) for a in (value, *operands)):
            raise
        partial = ieee(rule, value, operands)
    if type(partial) is float and partial != partial:
        raise _no_derivative(primitive, operands)
    return partial


def second_partial(primitive: Primitive, value: Any, operands: Sequence[Any], first: int, second: int) -> Any:
    """∂²/∂aᵢ∂aⱼ of a primitive, by running the rule of ∂/∂aᵢ on dual numbers that move along aⱼ.

    Examples
    --------
    >>> from compgraph.functions import sin
    >>> second_partial(sin, 0.0, (0.0,), 0, 0) == 0
    True
    """
    rule, other = primitive.partials[first], primitive.partials[second]
    if not callable(rule):
        return 0
    tag = _serial()
    moved = list(operands)
    moved[second] = Dual(operands[second], 1, tag)
    partial = rule(Dual(value, partial_at(primitive, other, value, operands), tag), *moved)
    return partial.tangent if isinstance(partial, Dual) and partial.tag == tag else 0


def _product(partial: Any, tangent: Any, primitive: Primitive, operands: Sequence[Any]) -> Any:
    """∂·ẋ; within expressions as their semiring has it, so that a product with a guarded term is guarded."""
    if isinstance(partial, Overloaded) or isinstance(tangent, Overloaded):
        return partial * tangent
    if isinstance(partial, Expression) or isinstance(tangent, Expression):
        return EXPRESSION.mul(partial, tangent)
    return _defined(partial * tangent, primitive, operands)


def _sum(left: Any, right: Any, primitive: Primitive, operands: Sequence[Any]) -> Any:
    if isinstance(left, Overloaded) or isinstance(right, Overloaded):
        return left + right
    if isinstance(left, Expression) or isinstance(right, Expression):
        return EXPRESSION.add(left, right)
    return _defined(left + right, primitive, operands)


def _defined(number: Any, primitive: Primitive, operands: Sequence[Any]) -> Any:
    if number != number:
        raise _no_derivative(primitive, operands)
    return number


def _no_derivative(primitive: Primitive, operands: Sequence[Any]) -> DomainError:
    return DomainError(
        f"the derivative of {primitive.name} does not exist at {', '.join(map(str, operands))}. "
        "Move the input away from this point."
    )

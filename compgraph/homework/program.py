"""An expression made ready to be evaluated many times: on precise numbers for values, on floats for slopes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import cached_property
from typing import Any

from compgraph.derivative import value_and_gradient
from compgraph.expression import VARIABLE, Application, Expression
from compgraph.homework.constants import intended, spelled
from compgraph.homework.precise import Arithmetic, Value
from compgraph.traversal import evaluation_order

__all__ = ["Program", "exact", "legible", "rewritten"]


class Program:
    """An expression as rows: its variables, its literals, and its operations with the places of their operands.

    Attributes
    ----------
    expression : Expression or number
    names : tuple of str
        The variables, in order of first use.
    rounded : bool
        Whether a literal in it had to be rounded where it was read, so that values have 15 digits and not more.

    Examples
    --------
    >>> from compgraph.expression import Variable
    >>> from compgraph.homework.precise import arithmetic
    >>> a = Variable("a")
    >>> slope = Program(a * (1 - a))
    >>> slope.value({"a": Fraction(1, 3)}, arithmetic(50)), slope.slopes({"a": 0.25})
    (Fraction(2, 9), {'a': 0.5})
    """

    def __init__(self, expression: Any) -> None:
        self.expression = expression
        place: dict[Any, int] = {}
        self.rows: list[tuple[str, Any]] = []
        for operation in evaluation_order([expression]):
            if operation.primitive is VARIABLE:
                place[operation] = place.setdefault(operation.name, len(self.rows))
                if place[operation] == len(self.rows):
                    self.rows.append(("variable", operation.name))
                continue
            for argument in operation.arguments:
                key = argument if isinstance(argument, Expression) else (type(argument), argument)
                if key not in place:
                    place[key] = len(self.rows)
                    self.rows.append(("", argument))
            operands = [place[a if isinstance(a, Expression) else (type(a), a)] for a in operation.arguments]
            place[operation] = len(self.rows)
            self.rows.append((operation.primitive.name, operands))
        if not self.rows:
            self.rows.append(("", expression))
        self.names = tuple(what for kind, what in self.rows if kind == "variable")
        self.rounded = any(kind == "" and _is_rounded(what) for kind, what in self.rows)

    def __reduce__(self) -> Any:
        return Program, (self.expression,)

    def value(
        self, operands: Mapping[str, Value], arithmetic: Arithmetic, step: Callable[[Value], Value] | None = None
    ) -> Value:
        """The value of the expression; None where it does not exist. `step` is done to every operation's result."""
        values: list[Value] = []
        for kind, what in self.rows:
            if kind == "variable":
                values.append(operands[what])
            elif kind == "":
                values.append(arithmetic.constant(what))
            else:
                value = arithmetic.apply(kind, [values[place] for place in what])
                values.append(value if step is None else step(value))
        return values[-1]

    def slopes(self, operands: Mapping[str, float]) -> dict[str, float]:
        """The derivative with respect to each variable; 0 for all of them where one does not exist."""
        if not self.names:
            return {}
        try:
            _, gradient = self._gradient(*[operands[name] for name in self.names])
        except (ArithmeticError, ValueError):
            return dict.fromkeys(self.names, 0.0)
        return dict(zip(self.names, (g if math.isfinite(g) else 0.0 for g in gradient), strict=True))

    @cached_property
    def _gradient(self) -> Callable[..., tuple[float, tuple[float, ...]]]:
        return value_and_gradient(self.expression, self.names)


def _is_rounded(literal: Any) -> bool:
    return isinstance(literal, float) and spelled(literal) is None and not isinstance(intended(literal), tuple)


def rewritten(expressions: Mapping[str, Any], new: Callable[[Any], Any]) -> dict[str, Any]:
    """The expressions with every variable and literal replaced by what `new` says, sharing as they did."""
    built: dict[Expression, Any] = {}
    for operation in evaluation_order(expressions.values()):
        if operation.primitive is VARIABLE:
            built[operation] = new(operation)
            continue
        arguments = [built[a] if isinstance(a, Expression) else new(a) for a in operation.arguments]
        application = Application(operation.primitive, tuple(arguments))
        application.name = operation.name
        built[operation] = application
    return {name: built[e] if isinstance(e, Expression) else new(e) for name, e in expressions.items()}


def exact(literal: Any) -> Any:
    """A literal as a Fraction, so that partials computed from it are exact as well; what is no decimal stays."""
    meant = literal if isinstance(literal, Expression) else intended(literal)
    return meant if isinstance(meant, Fraction) else literal


def legible(expression: Any) -> Any:
    """An expression with exact literals, with decimals for them where they are some."""

    def short(literal: Any) -> Any:
        if type(literal) is not Fraction or literal.denominator == 1:
            return literal
        return float(literal) if spelled(float(literal)) == literal else literal

    return rewritten({"": expression}, short)[""]

"""How large an expression is: its operations with sharing (the circuit), and written out (the formula)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

from compgraph.expression import IDENTITY, LITERAL, VARIABLE, Expression
from compgraph.traversal import evaluation_order

__all__ = ["Size", "expression_size"]


class Size(NamedTuple):
    """Operations: in the `circuit` a shared result counts once, in the `formula` wherever it stands."""

    circuit: int
    formula: int


def expression_size(expression: Any) -> Size:
    """How many operations an expression has, with sharing and written out as a formula.

    Naive symbolic differentiation pays for the formula, a sweep for the circuit.

    Parameters
    ----------
    expression : Expression, number, or iterable of them
        Of several, operations that they share are one in the circuit. Inputs, literals and assignments do not count.

    Examples
    --------
    >>> from compgraph.expression import Variable
    >>> x = Variable("x")
    >>> for _ in range(10):
    ...     x = 4 * (x * (1 - x))
    >>> expression_size(x)
    Size(circuit=30, formula=3069)

    Notes
    -----
    Linear in the circuit; formulas are counted, not written.
    """
    several = isinstance(expression, Iterable) and not isinstance(expression, Expression)
    roots = list(expression) if several else [expression]
    times: Counter[Any] = Counter(root for root in roots if isinstance(root, Expression))
    circuit = formula = 0
    for operation in reversed(evaluation_order(roots)):
        uses = times.pop(operation)  # in how many places it would be written
        if operation.primitive not in (VARIABLE, LITERAL, IDENTITY):
            circuit += 1
            formula += uses
        for argument in operation.arguments:
            if isinstance(argument, Expression):
                times[argument] += uses
    return Size(circuit, formula)

"""Numbers put into a formula: how it is then written, and whether it is exactly the result that is printed."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from compgraph.expression import LITERAL, VARIABLE, Application, Expression
from compgraph.notation.numerals import relation, shown
from compgraph.traversal import evaluation_order

__all__ = ["filled", "filled_relation", "is_rounded", "names"]


def names(formula: Expression) -> list[str]:
    """The names in a formula, each once."""
    return list(dict.fromkeys(str(one.name) for one in evaluation_order([formula]) if one.primitive is VARIABLE))


def filled(formula: Expression, values: Mapping[str, Any], digits: int) -> Expression:
    """The formula with numbers, as they are printed, in place of names; nothing is computed.

    Examples
    --------
    >>> from compgraph.expression import Variable
    >>> from compgraph.notation.unicode import text
    >>> x, y = Variable("x"), Variable("y")
    >>> print(text(filled(x * y - 1, {"x": 2 / 3, "y": -4.0}, 3)))
    0.667·(−4) − 1
    """
    built: dict[Any, Any] = {}
    for one in evaluation_order([formula]):
        if one.primitive is VARIABLE:
            built[one] = _printed(values[str(one.name)], digits)
        else:
            operands = tuple([built[a] if isinstance(a, Expression) else a for a in one.arguments])
            built[one] = Application(one.primitive, operands)
    whole = built[formula]
    return whole if isinstance(whole, Expression) else Application(LITERAL, (whole,))


def filled_relation(formula: Expression, values: Mapping[str, Any], result: Any, digits: int) -> str:
    """``=`` where the formula of the printed numbers is exactly the printed result, ``≈`` where not, or not for sure.

    Examples
    --------
    >>> from compgraph.expression import Variable
    >>> from compgraph.functions import sin, sqrt
    >>> x = Variable("x")
    >>> [filled_relation(f(x), {"x": 4.0}, r, 3) for f, r in ((sqrt, 2.0), (sin, -0.7568), (lambda x: x / 3, 4 / 3))]
    ['=', '≈', '≈']
    """
    built: dict[Any, Any] = {}
    try:
        for one in evaluation_order([formula]):
            if one.primitive is VARIABLE:
                built[one] = shown(values[str(one.name)], digits)
                continue
            operands = [built[a] if isinstance(a, Expression) else _spelled(a) for a in one.arguments]
            value = one.primitive.value(*operands)
            if isinstance(value, float):
                # of sin 0 and e⁰ the float is the number; of most others it is the nearest float
                if not all(o in (0, 1) for o in operands) or not (2 * value).is_integer():
                    return "≈"
                value = Fraction(value)
            built[one] = value
    except (ArithmeticError, ValueError, TypeError):  # a branch that is not taken, an infinity
        return "≈"
    return relation(Fraction(built[formula]), shown(result, digits))


def is_rounded(value: Any, digits: int) -> bool:
    """Whether a number is printed as another one.

    Examples
    --------
    >>> is_rounded(0.1, 3), is_rounded(2 / 3, 3), is_rounded(Fraction(2, 3), 3)
    (False, True, False)
    """
    printed = shown(value, digits)
    return bool((float(printed) if isinstance(value, float) else printed) != value)


def _printed(value: Any, digits: int) -> Any:
    """The number that is printed, of the kind that is written in the same way."""
    printed = shown(value, digits)
    if isinstance(printed, float) or (isinstance(value, Fraction) and value == printed):
        return printed
    return int(printed) if printed.denominator == 1 else float(printed)


def _spelled(literal: Any) -> Any:
    return Fraction(repr(literal)) if isinstance(literal, float) else literal

"""Other recipes for the same partial: σ′ = a(1 − a) from a, or from z.

The recipe of a partial names its head where a textbook does. A student may as well compute it from the arguments alone,
or from the result alone, and with rounded or wrong numbers these differ.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import partial
from typing import Any

from compgraph.expression import Variable
from compgraph.homework.environment import Environment
from compgraph.homework.program import Program, rewritten
from compgraph.homework.quantities import Quantities, Quantity
from compgraph.symbols import definition

__all__ = ["from_arguments", "from_result"]

#: Derivatives as functions of the result: of exp, sigmoid, tanh, tan, 1/x, √x.
_FORMS: tuple[Callable[[Any], Any], ...] = (
    lambda y: y,
    lambda y: y * (1 - y),
    lambda y: 1 - y**2,
    lambda y: 1 + y**2,
    lambda y: y**2,
    lambda y: 1 / y,
)


def from_arguments(quantities: Quantities) -> dict[str, Program]:
    """Partial → its formula with the head written out, for those that name their head."""
    found = {}
    for quantity in _partials(quantities):
        head = quantity.nodes[1]
        assert quantity.program is not None
        if head in quantity.program.names:
            whole = definition(quantities.graph, head)
            inlined = rewritten({"": quantity.program.expression}, partial(_written_out, head, whole))
            found[quantity.cell] = Program(inlined[""])
    return found


def _written_out(name: str, whole: Any, expression: Any) -> Any:
    return whole if _is(expression, name) else expression


def _is(expression: Any, name: str) -> bool:
    return isinstance(expression, Variable) and expression.name == name


def from_result(quantities: Quantities, points: Sequence[Environment]) -> dict[str, Program]:
    """Partial → a formula in the value of its head alone, where there is one: a multiple of a common derivative."""
    found = {}
    for quantity in _partials(quantities):
        head = quantity.nodes[1]
        assert quantity.program is not None
        if not quantity.program.names or quantity.program.names == (head,):
            continue
        pairs = [(point.value(quantity.cell), point.value(f"val:{head}")) for point in points[:4]]
        for form in _FORMS if all(None not in pair for pair in pairs) else ():
            factor = _constant_ratio([(float(partial), form, float(y)) for partial, y in pairs])
            if factor is not None:
                expression = form(Variable(head))
                found[quantity.cell] = Program(expression if factor == 1 else factor * expression)
                break
    return found


def _partials(quantities: Quantities) -> list[Quantity]:
    return [quantity for quantity in quantities.values() if quantity.kind == "part"]


def _constant_ratio(cases: Sequence[tuple[float, Callable[[float], float], float]]) -> Fraction | None:
    """The simple factor between a partial and a form of the result, if it is the same at all points."""
    try:
        ratios = [partial / form(y) for partial, form, y in cases]
    except (ZeroDivisionError, OverflowError):
        return None
    factor = Fraction(ratios[0]).limit_denominator(60) if ratios and math.isfinite(ratios[0]) else None
    if not factor or any(abs(ratio - factor) > 1e-9 * abs(factor) for ratio in ratios):
        return None
    return factor

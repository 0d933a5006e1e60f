"""Where the expected number of a cell comes from: its recipe, the numbers put in, the result."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, NamedTuple

from compgraph.homework.constants import written
from compgraph.homework.environment import Environment
from compgraph.homework.precise import Value, fraction
from compgraph.homework.program import rewritten
from compgraph.homework.quantities import Quantity

__all__ = ["Trace", "shown_number", "trace_of"]


class Trace(NamedTuple):
    """One step of a calculation.

    Attributes
    ----------
    cell : str
    recipe : str
        In names: ``part:w>z · grad:z``.
    numbers : dict of str to str
        Cell → its number; those that may not be shown are left out.
    filled : str
        The recipe with these numbers put in.
    result : str
        Empty where it may not be shown.
    """

    cell: str
    recipe: str
    numbers: dict[str, str]
    filled: str
    result: str

    def __str__(self) -> str:
        lines = [f"{self.cell} = {self.recipe}"]
        lines += [
            f"{'':{len(self.cell)}} = {line}" for line in (self.filled, self.result) if line and line != self.recipe
        ]
        return "\n".join(lines)


def trace_of(quantity: Quantity, environment: Environment, *, reveal: bool, digits: int) -> Trace:
    """How a cell follows from its parents in an environment; without `reveal` only what was given is shown."""
    inputs = environment.quantities
    values: dict[str, Value] = {}
    for parent in quantity.parents:
        if reveal or parent in environment.given or inputs[parent].is_input:
            values[parent] = environment.value(parent)
    numbers = {cell: shown_number(value, digits) for cell, value in values.items() if value is not None}
    result = shown_number(environment.computed(quantity.cell), digits) if reveal else ""
    return Trace(quantity.cell, quantity.recipe, numbers, _filled(quantity, values, numbers, digits), result)


def _filled(quantity: Quantity, values: Mapping[str, Value], numbers: Mapping[str, str], digits: int) -> str:
    if quantity.program is None:
        return quantity.written({cell: f"({n})" if n.startswith("−") or "/" in n else n for cell, n in numbers.items()})
    from compgraph import notation

    def number_of(leaf: Any) -> Any:
        value = values.get(f"val:{getattr(leaf, 'name', None)}", leaf)
        return _short(value, digits) if value is not None else leaf

    return notation.text(rewritten({"": quantity.program.expression}, number_of)[""])


def _short(value: Any, digits: int) -> Any:
    """A number as it is put into a formula: a decimal where it is not a short fraction."""
    if isinstance(value, (bool, int)) or not (type(value) is Fraction or hasattr(value, "_mpf_")):
        return value
    text = written(fraction(value)) if type(value) is Fraction and _is_brief(value) else ""
    if "/" in text:
        return value
    return float(text or written(fraction(value), digits))


def _is_brief(value: Fraction) -> bool:
    return len(written(value)) <= 10


def shown_number(value: Value, digits: int) -> str:
    """A number for people: in full where it is short, else so many significant digits.

    Examples
    --------
    >>> shown_number(Fraction(-1, 4), 4), shown_number(Fraction(1, 3), 4), shown_number(Fraction(12345678901, 7**9), 4)
    ('−0.25', '1/3', '305.9')
    """
    if value is None:
        return ""
    exact = fraction(value)
    text = written(exact) if type(value) is Fraction and _is_brief(exact) else written(exact, digits)
    return text.replace("-", "−")

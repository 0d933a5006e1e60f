"""Numbers for the quantity graph: the reference, or what follows from what a student wrote.

An environment substitutes some cells and computes the rest. ``value`` is what a cell has in it, ``computed`` what its
recipe gives on the values of its parents: for an answered cell, the number that follows from the student's own earlier
ones. ``spread`` is how far honest rounding of the steps on the way may have moved that number.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any, NamedTuple

from compgraph.homework.precise import Arithmetic, Value, fraction
from compgraph.homework.program import Program
from compgraph.homework.quantities import Quantities, Quantity

__all__ = ["Environment", "Given", "Rounding", "half_unit"]

_NOTHING: frozenset[str] = frozenset()


class Given(NamedTuple):
    """What is put in for a cell: a number and half a unit of its last digit, or a formula in the names of nodes."""

    value: Fraction | None = None
    half: Fraction = Fraction(0)
    formula: Program | None = None


class Rounding(NamedTuple):
    """How somebody works with so many digits: rounds, or cuts off; quantities, or operations `inside` them."""

    digits: int
    inside: bool = False
    cut: bool = False

    def round(self, value: Value) -> Value:
        """A value with so many digits, half a unit rounded away from zero; what is no number stays."""
        if value is None or isinstance(value, bool) or value == 0:
            return value
        exact = fraction(value)
        top, bottom = abs(exact.numerator), exact.denominator
        last = _leading(exact) - self.digits + 1
        if last < 0:
            top *= 10**-last
        else:
            bottom *= 10**last
        whole = top // bottom if self.cut else (2 * top + bottom) // (2 * bottom)
        signed = whole if exact > 0 else -whole
        return Fraction(signed * 10**last) if last >= 0 else Fraction(signed, 10**-last)


class Environment:
    """Values of quantities where some cells are given and the rest follows from them.

    Parameters
    ----------
    quantities : Quantities
    point : mapping of str to Value
        Input → value.
    arithmetic : Arithmetic
    given : mapping of str to Given
        Cell → what stands there instead of what its recipe gives.
    base : Environment, optional
        The same without anything given: where nothing given has an influence its values are used.
    recipes : mapping of str to Program
        Cell → another formula for it than its own.
    rounding : Rounding, optional
        Round what is computed, as somebody does who works with so many digits.
    """

    def __init__(
        self, quantities: Quantities, point: Mapping[str, Value], arithmetic: Arithmetic, *,
        given: Mapping[str, Given] | None = None, base: Environment | None = None,
        recipes: Mapping[str, Program] | None = None, rounding: Rounding | None = None,
    ) -> None:  # fmt: skip
        self.quantities = quantities
        self.point = point
        self.arithmetic = arithmetic
        self.given: Mapping[str, Given] = {} if given is None else given  # also one that is filled later
        self.base = base
        self.recipes: Mapping[str, Program] = recipes or {}
        self.rounding = rounding
        self._step = rounding.round if rounding is not None and rounding.inside else None
        self._values: dict[str, Value] = {}
        self._computed: dict[str, Value] = {}
        self._support: dict[str, frozenset[str]] = {}
        self._slopes: dict[str, dict[str, float]] = {}
        self._sharp: dict[tuple[str, int], bool] = {}

    # -- values

    def value(self, cell: str) -> Value:
        """What a cell has here: what is given, else what its recipe gives; None where that does not exist."""
        self._demand([cell])
        return self._values[cell]

    def computed(self, cell: str) -> Value:
        """What the recipe of a cell gives on the values of its parents, whether the cell itself is given or not."""
        if self.base is None and cell not in self.given and self.rounding is None:
            return self.value(cell)  # elsewhere the cell itself may still be given later
        if cell not in self._computed:
            quantity = self.quantities[cell]
            parents = self._parents(quantity)
            self._demand(parents)
            self._computed[cell] = self._apply(quantity, frozenset().union(*(self._support[p] for p in parents)))
        return self._computed[cell]

    def support(self, cell: str) -> frozenset[str]:
        """The given cells that `computed` uses: those nearest to the cell, on every way into it."""
        parents = self._parents(self.quantities[cell])
        self._demand(parents)
        return _NOTHING.union(*(self._support[parent] for parent in parents))

    def _demand(self, cells: Iterable[str]) -> None:
        stack = [cell for cell in cells if cell not in self._values]
        while stack:
            cell = stack[-1]
            if cell in self._values:
                stack.pop()
                continue
            quantity = self.quantities[cell]
            given = self.given.get(cell)
            parents = self._parents(quantity) if given is None else self._formula_parents(quantity, given)
            missing = [parent for parent in parents if parent not in self._values]
            if missing:
                stack += missing
                continue
            stack.pop()
            if given is None:
                support = _NOTHING.union(*(self._support[parent] for parent in parents))
                value = self._apply(quantity, support)
                if self.rounding is not None and not quantity.is_input:
                    value = self.rounding.round(value)
                self._values[cell] = value
                self._support[cell] = support
            else:
                self._values[cell] = self._given(quantity, given)
                self._support[cell] = frozenset([cell])

    def _apply(self, quantity: Quantity, support: frozenset[str]) -> Value:
        cell = quantity.cell
        if not support and self.base is not None:
            return self.base.computed(cell)
        if quantity.is_input:
            return self.point[quantity.nodes[0]]
        program = self.recipes.get(cell, quantity.program)
        if program is not None:
            return program.value(
                {name: self._values[f"val:{name}"] for name in program.names}, self.arithmetic, self._step
            )
        return self._sum(quantity)

    def _sum(self, quantity: Quantity) -> Value:
        """A sum of products, in which 0 makes a product 0 even where another factor does not exist.

        That is what the branch of a `where` that is not taken contributes.
        """
        apply, step = self.arithmetic.apply, self._step
        total: Value = Fraction(0)
        for factors, coefficient in quantity.terms:
            values = [self._values[factor] for factor in factors]
            if any(type(value) is Fraction and value == 0 for value in values):
                continue
            product: Value = coefficient
            for value in values:
                product = apply("multiply", [product, value])
                product = product if step is None else step(product)
            total = apply("add", [total, product])
            total = total if step is None else step(total)
        return total

    def _given(self, quantity: Quantity, given: Given) -> Value:
        if given.formula is None:
            return given.value
        return given.formula.value({name: self._name(name, quantity) for name in given.formula.names}, self.arithmetic)

    def _name(self, name: str, quantity: Quantity) -> Value:
        """A name in a student's formula: her own value of it, unless that comes after the formula itself."""
        before = self.quantities[f"val:{name}"].order < quantity.order
        return self._values[f"val:{name}"] if before else (self.base or self).value(f"val:{name}")

    def _formula_parents(self, quantity: Quantity, given: Given) -> list[str]:
        names = given.formula.names if given.formula is not None else ()
        cells = [f"val:{name}" for name in names]
        return [cell for cell in cells if self.quantities[cell].order < quantity.order]

    def _parents(self, quantity: Quantity) -> tuple[str, ...]:
        if quantity.cell in self.recipes:
            return tuple(f"val:{name}" for name in self.recipes[quantity.cell].names)
        return quantity.parents

    # -- slopes and spread

    def slopes(self, cell: str) -> dict[str, float]:
        """Parent → the derivative of the recipe of a cell with respect to it."""
        if cell not in self._slopes:
            quantity = self.quantities[cell]
            parents = self._parents(quantity)
            self._demand(parents)
            values = {parent: _float(self._values[parent]) for parent in parents}
            program = self.recipes.get(cell, quantity.program)
            if program is not None:
                found = program.slopes({name: values[f"val:{name}"] for name in program.names})
                self._slopes[cell] = {f"val:{name}": slope for name, slope in found.items()}
            else:
                self._slopes[cell] = _product_slopes(quantity, values)
        return self._slopes[cell]

    def spread(self, cell: str, working_digits: int | None) -> float:
        """Twice the standard deviation that rounding on the way gives to `computed`: 2·√Σₐ(∂t/∂a)²·(2ηₐ)²/12.

        ηₐ is half a unit of the last digit of what is given, and half a unit at the working digits of what had to be
        recomputed; 0 for numbers that need no rounding, and without working digits.
        """
        weights = {cell: 1.0}
        parts: list[float] = []
        for here in self.upstream(cell):
            weight = weights.get(here, 0.0)
            if here != cell:
                parts.append(weight * 2 * self._eta(here, working_digits))
            if weight and (here == cell or here not in self.given):
                for parent, slope in self.slopes(here).items():
                    weights[parent] = weights.get(parent, 0.0) + weight * slope
        spread = math.hypot(*parts) / math.sqrt(3)
        return spread if math.isfinite(spread) else math.inf

    def upstream(self, cell: str) -> list[str]:
        """A cell and all that `computed` needs for it, results before what they are computed from."""
        found, stack = {cell}, [cell]
        while stack:
            here = stack.pop()
            if here == cell or here not in self.given:
                new = [parent for parent in self._parents(self.quantities[here]) if parent not in found]
                found.update(new)
                stack += new
        return sorted(found, key=lambda c: self.quantities[c].order, reverse=True)

    def _eta(self, cell: str, working_digits: int | None) -> float:
        if cell in self.given:
            return _float(self.given[cell].half)
        if working_digits is None or self.is_sharp(cell, working_digits):
            return 0.0
        value = self.value(cell)
        return 0.0 if value is None else _float(half_unit(fraction(value), working_digits))

    def is_sharp(self, cell: str, digits: int) -> bool:
        """Whether nobody had to round on the way to a cell: all that enters it is exact, and so is its short value."""
        stack = [cell]
        while stack:
            here = stack[-1]
            if (here, digits) in self._sharp:
                stack.pop()
                continue
            parents = () if here in self.given else self._parents(self.quantities[here])
            missing = [parent for parent in parents if (parent, digits) not in self._sharp]
            if missing:
                stack += missing
                continue
            stack.pop()
            if here in self.given:
                sharp = self.given[here].half == 0
            elif self.quantities[here].is_input:
                sharp = True
            else:
                value = self.value(here)
                sharp = all(self._sharp[parent, digits] for parent in parents) and is_short(value, digits)
            self._sharp[here, digits] = sharp
        return self._sharp[cell, digits]


def _product_slopes(quantity: Quantity, values: Mapping[str, float]) -> dict[str, float]:
    slopes = dict.fromkeys(quantity.parents, 0.0)
    for factors, coefficient in quantity.terms:
        for i, factor in enumerate(factors):
            others = math.prod(values[other] for j, other in enumerate(factors) if j != i)
            slopes[factor] += float(coefficient) * others
    return {parent: slope if math.isfinite(slope) else 0.0 for parent, slope in slopes.items()}


def _float(value: Any) -> float:
    try:
        return float(value) if value is not None else 0.0
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def half_unit(value: Fraction, digits: int) -> Fraction:
    """Half a unit of the last of so many significant digits of a number.

    Examples
    --------
    >>> half_unit(Fraction(1, 3), 4), half_unit(Fraction(1234), 2)
    (Fraction(1, 20000), Fraction(50, 1))
    """
    if value == 0:
        return Fraction(0)
    return _half_power(_leading(value) - digits + 1)


@functools.lru_cache(maxsize=1024)
def _half_power(exponent: int) -> Fraction:
    """Half a power of ten."""
    return Fraction(10) ** exponent / 2


def _leading(value: Fraction) -> int:
    """The exponent of the first significant digit."""
    top, bottom = abs(value.numerator), value.denominator
    guess = math.floor((top.bit_length() - bottom.bit_length()) * math.log10(2))
    while _reaches(top, bottom, guess + 1):
        guess += 1
    while not _reaches(top, bottom, guess):
        guess -= 1
    return guess


def _reaches(top: int, bottom: int, exponent: int) -> bool:
    """Whether a quotient is at least a power of ten."""
    return bool(top >= bottom * 10**exponent if exponent >= 0 else top * 10**-exponent >= bottom)


def is_short(value: Value, digits: int) -> bool:
    """Whether a value is a decimal of at most so many significant digits."""
    if type(value) is not Fraction:
        return False
    return value == 0 or (value / (2 * half_unit(value, digits))).denominator == 1

"""Simulated students, to try a problem on: honest ones, who round as people do, and ones who make a single mistake.

A student works through the quantities in order, computes each recipe from the numbers before it, keeps that with some
digits and writes it down with those that are asked for.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from compgraph.homework.environment import Environment, Given, Rounding
from compgraph.homework.floats import Formula, Numbers
from compgraph.homework.precise import Value, fraction
from compgraph.homework.problem import Problem

__all__ = ["Mistake", "Style", "honest", "mistaken", "mistakes", "random_style"]


class Style(NamedTuple):
    """How somebody works: with how many more digits than are written down (None keeps all), and rounding or cutting."""

    more: int | None = 0
    cut: bool = False


class Mistake(NamedTuple):
    """A mistake that can be made on a sheet: in which cell, of which kind, and the wrong recipe."""

    cell: str
    class_: str
    what: str
    formula: Formula


def random_style(rng: random.Random, *, cut: bool = True) -> Style:
    """Somebody: most round what they write down and go on with that."""
    return Style(rng.choice((0, 0, 0, 1, 2, None)), cut and rng.random() < 0.2)


def honest(problem: Problem, cells: Sequence[str], digits: int, style: Style | None = None) -> dict[str, str]:
    """The sheet of somebody who makes no mistake.

    Examples
    --------
    >>> problem = Problem("z = w*x + b; a = sigmoid(z)", at={"w": "0.6", "x": "1.5", "b": "-0.4"})
    >>> honest(problem, ["val:z", "val:a", "part:z>a"], 3)
    {'val:z': '0.5', 'val:a': '0.622', 'part:z>a': '0.235'}
    """
    return _worked(problem, cells, digits, style or Style(), None)


def mistaken(problem: Problem, cells: Sequence[str], digits: int, mistake: Mistake) -> dict[str, str]:
    """The sheet of somebody who makes one mistake, and goes on with what came of it."""
    return _worked(problem, cells, digits, Style(), mistake)


def mistakes(problem: Problem, cells: Sequence[str]) -> Iterator[Mistake]:
    """Every mistake that can be made in the recipe of one of these cells, once for each formula."""
    points = problem.mistakes.points
    for cell in cells:
        if cell.startswith("dgrad:"):
            continue
        right = problem.mistakes.formula(cell)
        seen = {_fingerprint(right, points)}
        for mutation, formula in problem.mistakes.of(cell):
            print_ = _fingerprint(formula, points)
            if print_ not in seen:
                seen.add(print_)
                yield Mistake(cell, mutation.class_, mutation.what, formula)


def _fingerprint(formula: Formula, points: Sequence[Numbers]) -> tuple[str, ...]:
    """The same for the same formula in other words."""
    return tuple(f"{formula(point):.9g}" for point in points)


def _worked(
    problem: Problem, cells: Sequence[str], digits: int, style: Style, mistake: Mistake | None
) -> dict[str, str]:
    reference, quantities = problem.environment, problem.quantities
    needed = {name for cell in cells if not cell.startswith("dgrad:") for name in (cell, *reference.upstream(cell))}
    given: dict[str, Given] = {}
    own = Environment(quantities, reference.point, reference.arithmetic, given=given, base=reference)
    written = Rounding(digits, cut=style.cut)
    kept = None if style.more is None else Rounding(digits + style.more)
    sheet: dict[str, str] = {}
    for cell in sorted(needed, key=lambda name: quantities[name].order):
        if quantities[cell].is_input:
            continue
        value = own.computed(cell)
        if mistake is not None and mistake.cell == cell:
            wrong = mistake.formula(Numbers(own))
            value = Fraction(wrong) if abs(wrong) < float("inf") else None
        if value is None or isinstance(value, bool):
            continue
        short = written.round(value)
        given[cell] = Given(fraction(short if style.more == 0 else value if kept is None else kept.round(value)))
        # zeros at the end are left out where the numbers that stand on the sheet give no more digits
        exact = short == value and (style.more == 0 or value == reference.value(cell))
        sheet[cell] = _typed(short, digits, exact=exact, comma=problem.decimal_comma)
    return {cell: sheet[cell] for cell in cells if cell in sheet}


def _typed(value: Value, digits: int, *, exact: bool, comma: bool) -> str:
    """A number as it is written down: with its last zeros, unless nothing was rounded."""
    number = fraction(value)
    decimal = Decimal(number.numerator) / Decimal(number.denominator)
    if exact or not number:
        text = f"{decimal.normalize():f}"
    else:
        places = digits - 1 - decimal.adjusted()
        text = f"{decimal:.{max(places, 0)}f}"
    return text.replace(".", ",") if comma else text

"""Simulated students: honest ones, who round every step, on random problems of the kinds that are set.

A student works through the quantities in order, computes each recipe from the numbers written down before, rounds, and
writes down what is asked. The numbers behind unasked cells are rounded as well, but not written.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable, Mapping
from decimal import ROUND_DOWN, ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from compgraph.homework import Problem
from compgraph.homework.precise import Value, arithmetic, fraction
from compgraph.homework.quantities import Quantity

GOLDEN: list[dict[str, Any]] = json.loads((Path(__file__).parents[1] / "data" / "golden_cases.json").read_text("utf-8"))
EXPLICIT = {case["id"]: case for case in GOLDEN if case["kind"] == "explicit"}

PRECISE = arithmetic(50)

#: What is set as homework, with names whose values are drawn.
TEMPLATES = (
    "z = w*x + b; a = sigmoid(z); L = (a - t)^2",
    "z = w1*x1 + w2*x2 + b; p = sigmoid(z); L = -(y*ln(p) + (1-y)*ln(1-p))",
    "t = x^2; u1 = sin(t); u2 = 3t; u = u1 + u2; J = cos(u)",
    "h1 = tanh(w1*x1 + w2*x2); h2 = tanh(w3*x1 + w4*x2); o = v1*h1 + v2*h2; L = (o - y)^2/2",
    "n1 = w1*x1 + w2*x2 + b1; n2 = w3*x1 + w4*x2 + b1; h1 = sigmoid(n1); h2 = sigmoid(n2); "
    "m1 = v1*h1 + v2*h2 + b2; m2 = v3*h1 + v4*h2 + b2; o1 = sigmoid(m1); o2 = sigmoid(m2); "
    "E1 = (y1 - o1)^2/2; E2 = (y2 - o2)^2/2; E = E1 + E2",
    "s = x + y; p = x*s; q = y*y; z = p + q",
    "p = x*y; q = exp(p)/2; r = q + p*x; f = r*r",
    "a = exp(x); b = a^2; c = a + b; d = exp(c/4); e = sin(c); f = d + e",
    "h = relu(w1*x1 + w2*x2 + b); o = v*h + c; L = (o - y)^2",
    "e1 = exp(s1); e2 = exp(s2); e3 = exp(s3); Z = e1 + e2 + e3; p1 = e1/Z; L = -ln(p1)",
    "a = x/y; b = sqrt(a + 2); c = b*ln(y + 3); d = c - a; f = d*d/2",
)

POSITIVE = frozenset({"y", "y1", "y2", "t"})


def random_problem(rng: random.Random, *, decimals: int = 2) -> Problem:
    """A problem of one of the kinds, at random numbers of one or two decimals."""
    while True:
        text = rng.choice(TEMPLATES)
        try:
            return Problem(text, {name: _drawn(rng, name, decimals) for name in _inputs(text)})
        except ValueError:
            continue  # outside the domain: draw again


def _inputs(text: str) -> list[str]:
    from compgraph import trace
    from compgraph.reading import read

    names: list[str] = trace(read(text)).graph["inputs"]
    return names


def _drawn(rng: random.Random, name: str, decimals: int) -> str:
    size = rng.randint(1, 2 * 10**decimals) / 10**decimals
    sign = "-" if name not in POSITIVE and rng.random() < 0.4 else ""
    return f"{sign}{size:.{rng.randint(1, decimals)}f}" if size >= 0.1 else f"{sign}0.7"


def golden_problem(name: str, **options: Any) -> Problem:
    """A golden case as homework."""
    case = EXPLICIT[name]
    point = {key: str(value) for key, value in case["inputs"].items()}
    return Problem("\n".join(case["assignments"]), point, output=case["outputs"][0], title=name, **options)


# -- numbers as they are written


def rounded(value: Value, digits: int, *, cut: bool = False) -> Fraction:
    """A number rounded (or cut) to so many significant digits."""
    exact = fraction(value)
    context = Context(prec=digits, rounding=ROUND_DOWN if cut else ROUND_HALF_UP)
    return Fraction(context.divide(Decimal(exact.numerator), Decimal(exact.denominator)))


def typed(value: Fraction, digits: int) -> str:
    """A rounded number as it is written down: with its last zeros."""
    decimal = Decimal(value.numerator) / Decimal(value.denominator)
    if value == 0:
        return "0"
    places = digits - 1 - decimal.adjusted()
    return f"{decimal:.{places}f}" if places >= 0 else f"{decimal:.0f}"


# -- working through a sheet

Step = Callable[[Value], Value]


def honest(
    problem: Problem,
    digits: int,
    *,
    asked: Iterable[str] | None = None,
    inside: bool = False,
    cut: bool = False,
    changed: Mapping[str, Callable[[Value], Value]] | None = None,
) -> dict[str, str]:
    """The sheet of a student who computes every quantity from the numbers before it and rounds each.

    Parameters
    ----------
    asked : cells, optional
        What is written down; the rest is rounded as well but stays in the head. All cells of the problem if left out.
    inside : bool
        Round after every operation within a recipe too.
    cut : bool
        Cut digits off instead of rounding.
    changed : mapping of cell to function, optional
        A mistake: what becomes of a cell's number before it is rounded and used.
    """
    wanted = list(problem.cells if asked is None else asked)
    quantities = problem.quantities
    for cell in wanted:
        quantities[cell]
    numbers: dict[str, Value] = {}
    sheet: dict[str, str] = {}

    def shorten(value: Value) -> Value:
        if value is None or isinstance(value, bool) or (type(value) is Fraction and _is_brief(value, digits)):
            return value
        return rounded(value, digits, cut=cut)

    for quantity in sorted(quantities.values(), key=lambda q: q.order):
        if quantity.is_input:
            numbers[quantity.cell] = problem.environment.value(quantity.cell)
            continue
        value = recipe_of(quantity, numbers, shorten if inside else lambda v: v)
        if changed and quantity.cell in changed:
            value = changed[quantity.cell](value)
        brief = type(value) is Fraction and _is_brief(value, digits)
        numbers[quantity.cell] = shorten(value)
        if quantity.cell in wanted and value is not None:
            number = fraction(numbers[quantity.cell])
            sheet[quantity.cell] = _plain(number) if brief else typed(number, digits)
    return {cell: sheet[cell] for cell in wanted if cell in sheet}


def _is_brief(value: Fraction, digits: int) -> bool:
    return value == 0 or rounded(value, digits) == value


def _plain(value: Fraction) -> str:
    decimal = Decimal(value.numerator) / Decimal(value.denominator)
    return f"{decimal.normalize():f}"


def recipe_of(quantity: Quantity, numbers: Mapping[str, Value], step: Step) -> Value:
    """A recipe on the student's numbers, with something done after every operation inside it."""
    if quantity.program is None:
        total: Value = Fraction(0)
        for factors, coefficient in quantity.terms:
            product: Value = coefficient
            for factor in factors:
                product = step(PRECISE.apply("multiply", [product, numbers[factor]]))
            total = step(PRECISE.apply("add", [total, product]))
        return total
    values: list[Value] = []
    for kind, what in quantity.program.rows:
        if kind == "variable":
            values.append(numbers[f"val:{what}"])
        elif kind == "":
            values.append(PRECISE.constant(what))
        else:
            values.append(PRECISE.apply(kind, [values[place] for place in what]))
            if what is not quantity.program.rows[-1][1]:
                values[-1] = step(values[-1])
    return values[-1]

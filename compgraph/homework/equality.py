"""Formulas compared by value: at random points inside the domain of the problem, exactly where everything is rational.

Two formulas that agree, to 30 digits, at seven random points or more are the same function; being undefined has to
agree as well. Simplification is never the judge.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

from compgraph.homework.environment import Environment
from compgraph.homework.precise import Value, arithmetic, fraction
from compgraph.homework.program import Program
from compgraph.homework.quantities import Quantities

__all__ = ["agree", "same_function", "sample_points"]

_DIGITS = 45
_POINTS = 8
_TRIES = 56


def sample_points(
    quantities: Quantities, point: Mapping[str, Value], existing: Iterable[str], seed: str
) -> list[Environment]:
    """The problem at random points where it has the values that it has at its own: some near that, some far away.

    Where the domain is narrow, nearer and nearer points make up for those outside.
    """
    rng = random.Random(seed)
    precise = arithmetic(_DIGITS)
    needed = list(existing)
    centre = {name: fraction(value).limit_denominator(1000) for name, value in point.items()}
    found: list[Environment] = []
    for attempt in range(_TRIES):
        far = attempt % 2 == 0 and attempt < _TRIES // 2
        reach = Fraction(1, 4 ** (attempt // 8))
        drawn = {
            name: 3 * _unit(rng) if far else value + reach * max(abs(value), Fraction(1, 2)) / 2 * _unit(rng)
            for name, value in centre.items()
        }
        environment = Environment(quantities, drawn, precise)
        if all(environment.value(cell) is not None for cell in needed):
            found.append(environment)
            if len(found) == _POINTS:
                break
    return found


def _unit(rng: random.Random) -> Fraction:
    """A number between −1 and 1, but not 0, with a short denominator."""
    return Fraction(rng.choice((-1, 1)) * rng.randint(1, 96), 97)


def same_function(formula: Program, cell: str, points: Sequence[Environment]) -> bool:
    """Whether a formula in names of nodes is, as a function of the inputs, what a cell asks for.

    Notes
    -----
    Ends at the first point where the two differ, so that only a right formula takes all of them.
    """
    for point in points:
        given = formula.value({name: point.value(f"val:{name}") for name in formula.names}, point.arithmetic)
        if not agree(given, point.value(cell), 13 if formula.rounded else 30):
            return False
    return bool(points)


def agree(a: Value, b: Value, digits: int = 30) -> bool:
    """Whether two values are equal: exactly where both are rational, else to so many digits; or neither exists.

    Examples
    --------
    >>> agree(Fraction(1, 3), Fraction(333, 1000)), agree(None, None), agree(None, Fraction(0))
    (False, True, False)
    """
    if a is None or b is None or isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if type(a) is Fraction and type(b) is Fraction and digits >= 30:
        return a == b
    x, y = fraction(a), fraction(b)
    return bool(abs(x - y) * 10**digits <= max(abs(x), abs(y), Fraction(1, 10**8)))

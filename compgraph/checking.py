"""Gradient checks: derivatives beside difference quotients, and whether a kink explains where they part."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from compgraph.derivative import gradient as _gradient
from compgraph.differences import STEPS, Probe
from compgraph.numbers import entered
from compgraph.posing import point
from compgraph.tracing import arranged
from compgraph.zoom import entries

__all__ = ["CheckedInput", "GradientCheck", "check_gradient"]

_EPSILON = sys.float_info.epsilon


class CheckedInput(NamedTuple):
    """One derivative beside its difference quotient.

    Attributes
    ----------
    derivative, difference : float
        What is checked, and the central difference quotient.
    uncertainty : float
        An estimate of the error of the quotient, of its truncation and rounding.
    left, right : float
        The slopes on either side of the point.
    kink : float or None
        Where the slope jumps, if that is near: a value of the input, to a few digits.
    verdict : {"agrees", "disagrees", "kink", "undefined"}
        ``"kink"``: they differ, but the derivative lies between the slopes of both sides, as a convention does.
        ``"undefined"``: the function, or the derivative, is not finite beside the point, or the quotient settles at no
        step, as at a jump.
    """

    name: str
    derivative: float
    difference: float
    uncertainty: float
    left: float
    right: float
    kink: float | None
    verdict: str


class GradientCheck(NamedTuple):
    """The verdict on a gradient, input by input; it prints as a table.

    Attributes
    ----------
    inputs : tuple of CheckedInput
    at : dict of str to float
    calls : int
        How often the function was called.
    """

    inputs: tuple[CheckedInput, ...]
    at: dict[str, float]
    calls: int

    @property
    def ok(self) -> bool:
        """Whether every derivative agrees, or is a value between the slopes of a kink."""
        return all(one.verdict in ("agrees", "kink") for one in self.inputs)

    def __bool__(self) -> bool:
        return self.ok

    def __repr__(self) -> str:
        from compgraph.notation.checks import check_text

        return check_text(self)

    def _repr_html_(self) -> str:
        from compgraph.notation.checks import check_html

        return check_html(self)

    def to_dict(self) -> dict[str, Any]:
        """The check as plain data, schema ``compgraph-check/1``: what ``check-gradient --json`` prints."""
        rows = [{k: _plain(v) for k, v in one._asdict().items()} for one in self.inputs]
        return {"schema": "compgraph-check/1", "ok": self.ok, "at": self.at, "calls": self.calls, "inputs": rows}


def check_gradient(
    f: Any,
    at: Any,
    *,
    gradient: Mapping[str, Any] | Sequence[Any] | Callable[..., Any] | None = None,
    tolerance: float = 1e-6,
    wrt: Any = None,
) -> GradientCheck:
    """Compare a gradient with central differences, and say where they part and whether a kink is near.

    Parameters
    ----------
    f : Expression, str or function
    at : mapping, sequence or number
    gradient : mapping of str to number, sequence, or function, optional
        What to check: derivatives by name (as many as are given) or in order of the inputs, or a function that
        returns them, called as `f` is. If left out, the gradient of `f` by this library; of a Python function that
        branches on its values, by dual numbers.
    tolerance : float
        The relative difference allowed (absolute below 1), beside the estimated error of the quotient.
    wrt : names, optional

    Returns
    -------
    GradientCheck
        ``check.ok``, and one `CheckedInput` per input.

    Examples
    --------
    >>> check_gradient("x^2 y", {"x": 3, "y": 2}).ok
    True
    >>> check = check_gradient("x^2 y", {"x": 3, "y": 2}, gradient={"x": 12, "y": 6})
    >>> [one.name for one in check.inputs if one.verdict == "disagrees"]
    ['y']

    Notes
    -----
    Five calls of the function per input; more where it is undefined nearby or changes fast, with shorter steps, and to
    find a kink.
    """
    if not 0 <= tolerance < math.inf:
        raise ValueError(f"tolerance: expected 0 or a positive number, got {tolerance!r}. Leave it out for 1e-6.")
    problem = Probe(f, at, wrt)
    derivatives = _derivatives(f, problem, gradient)
    checked = [_checked(problem, name, derivatives[name], tolerance) for name in problem.names if name in derivatives]
    return GradientCheck(tuple(checked), problem.at, problem.calls)


def _derivatives(f: Any, problem: Probe, gradient: Any) -> dict[str, float]:
    if gradient is None:
        if callable(f):
            try:
                return entries(_gradient(f, problem.values, wrt=problem.inputs))
            except TypeError:  # it branches on its values
                return {name: problem.derivative(name) for name in problem.names}
        return entries(_gradient(f, problem.values, wrt=problem.inputs))
    stated = gradient
    if callable(gradient):
        positional, keywords = arranged(gradient, problem.values)
        stated = gradient(*positional, **keywords)
    named = _by_entry(point(stated, problem.inputs, "gradient"), problem)
    found = {name: float(entered(named[name], name)) for name in problem.names if name in named}
    if not found:
        names = ", ".join(problem.names[:20])
        raise ValueError(f"gradient: expected derivatives by {names}, got {', '.join(map(str, named)) or 'none'}.")
    return found


def _by_entry(stated: dict[str, Any], problem: Probe) -> dict[str, Any]:
    """Derivatives by entry; those of an array have to have its shape."""
    for name, derivative in stated.items():
        if name in problem.values and np.shape(derivative) != (shape := np.shape(problem.values[name])):
            raise ValueError(
                f"gradient: expected derivatives by {name} of the shape {shape}, got {np.shape(derivative)}. "
                "The gradient of a number has the shape of its variable: transpose it, or sum over the batch."
            )
    if problem.at.keys() == problem.values.keys():
        return stated
    return {n: stated[n] for n in stated if n in problem.at} | entries({n: d for n, d in stated.items() if np.ndim(d)})


class _Level(NamedTuple):
    """Central difference and one-sided slopes for one step, and estimates of what is wrong with them."""

    step: float
    central: float
    left: float
    right: float
    truncation: float
    noise: float
    bent: bool

    @property
    def uncertainty(self) -> float:
        return self.truncation + 2 * self.noise


def _checked(problem: Probe, name: str, derivative: float, tolerance: float) -> CheckedInput:
    first = STEPS["central"] * max(1.0, abs(problem.at[name]))
    levels: list[_Level] = []
    for power in range(6):  # shorter steps where the function is undefined beside the point, or changes fast
        try:
            level = _level(problem, name, first / 64**power)
        except (ValueError, ArithmeticError):
            continue
        levels.append(level)
        size = max(1.0, abs(derivative), abs(level.central))
        if level.uncertainty <= tolerance * size or level.truncation <= level.noise:
            break
    finite = [level for level in levels if math.isfinite(level.central) and math.isfinite(level.truncation)]
    if not finite or not math.isfinite(derivative):
        return CheckedInput(name, derivative, math.nan, math.inf, math.nan, math.nan, None, "undefined")
    best = min(finite, key=lambda level: level.uncertainty)
    size = max(1.0, abs(derivative), abs(best.central))
    kink = None
    if any(level.bent or level.truncation > tolerance * size for level in levels):
        reach = 2 * finite[0].step
        kink = _kink(problem, name, reach, tolerance * size)
    gap = abs(derivative - best.central)
    slack = tolerance * size + 8 * best.noise
    low, high = sorted((best.left, best.right))
    if gap <= slack:
        verdict = "agrees"
    elif kink is not None and best.bent and _leaps(problem, name, best):
        verdict = "undefined"
    elif kink is not None and best.bent and low - slack <= derivative <= high + slack:
        verdict = "kink"
    elif best.truncation > max(slack, abs(best.central) / 4):  # no step was short enough for the quotient to settle
        verdict = "undefined"
    elif gap <= slack + 2 * best.truncation and not (kink is not None and best.bent):
        verdict = "agrees"
    else:
        verdict = "disagrees"
    return CheckedInput(name, derivative, best.central, best.uncertainty, best.left, best.right, kink, verdict)


def _leaps(problem: Probe, name: str, level: _Level) -> bool:
    """Whether it is the function that jumps, and not its slope: the slopes beside a jump grow as the step shrinks."""
    try:
        closer = _level(problem, name, level.step / 64)
    except (ValueError, ArithmeticError):
        return False
    steep, steeper = (max(abs(one.left), abs(one.right)) for one in (level, closer))
    return steeper > 8 * max(steep, 1.0)


def _level(problem: Probe, name: str, h: float) -> _Level:
    x = problem.at[name]
    # what x + h rounds to, not h, says how far apart the points are
    points = [x - 2 * h, x - h, x, x + h, x + 2 * h]
    values = [problem({name: one}) for one in points]

    def slope(i: int, j: int) -> float:
        return (values[j] - values[i]) / (points[j] - points[i])

    noise = _EPSILON * max(map(abs, values)) / h
    # the slopes of the two sides of a smooth function part in proportion to the step
    near, wide = slope(2, 3) - slope(1, 2), slope(2, 4) - slope(0, 2)
    bent = abs(wide - 2 * near) > abs(wide) / 4 + 32 * noise
    return _Level(h, slope(1, 3), slope(1, 2), slope(2, 3), abs(slope(0, 4) - slope(1, 3)), noise, bent)


def _kink(problem: Probe, name: str, reach: float, significant: float) -> float | None:
    """Where, within reach, the slope jumps: closing in on its greatest change, which remains at a kink only."""
    place, first, change = problem.at[name], None, 0.0
    for _ in range(14):
        points = [place + reach * i / 2 for i in (-2, -1, 0, 1, 2)]
        try:
            values = [problem({name: one}) for one in points]
            slopes = [(values[i + 1] - values[i]) / (points[i + 1] - points[i]) for i in range(4)]
        except (ValueError, ArithmeticError):
            return None
        changes = [abs(slopes[i + 1] - slopes[i]) for i in range(3)]
        noise = 8 * _EPSILON * max(map(abs, values)) / reach
        change = max(changes)
        if not change > max(8 * noise, 10 * significant):
            return None  # lost in rounding, or too small to matter
        first = change if first is None else first
        place = points[1 + changes.index(change)]
        reach /= 2
    if first is None or change < first / 8:
        return None
    return round(place, -math.ceil(math.log10(4 * reach))) + 0.0  # no more digits than are known, and no −0


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value

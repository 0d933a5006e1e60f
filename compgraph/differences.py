"""Finite differences, which need nothing but calls of the function."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from compgraph.analytic import Complex
from compgraph.dual import Dual
from compgraph.expression import _serial
from compgraph.numbers import given as given_value
from compgraph.overloading import Overloaded
from compgraph.posing import complete, names_of, point, runnable
from compgraph.zoom import assembled, entries, entry_names

__all__ = ["STEPS", "Difference", "Probe", "StepError", "error_curve", "finite_difference"]

_EPSILON = sys.float_info.epsilon

#: Where rounding and truncation balance for a function of moderate derivatives; for `complex` nothing is rounded.
STEPS = {"forward": _EPSILON ** (1 / 2), "central": _EPSILON ** (1 / 3), "complex": 1e-200}


class Difference(NamedTuple):
    """Difference quotients by input (of an array by entry, ``W[0,1]``), the step of each, and the number of calls."""

    gradient: dict[str, float]
    steps: dict[str, float]
    calls: int
    method: str


class StepError(NamedTuple):
    """One point of an error curve: the absolute error of the quotient with this step."""

    step: float
    error: float


def finite_difference(
    f: Any, at: Any, *, method: str = "central", step: float | None = None, wrt: Any = None
) -> Difference:
    """Approximate the gradient by calling the function beside the point.

    Parameters
    ----------
    f : Expression, str or function
        A Python function is called as it is, on floats (for the complex step, on `Complex`): it may branch and use
        `math`.
    at : mapping, sequence or number
    method : {"central", "forward", "complex"}
        (f(x + h) − f(x − h))/2h, (f(x + h) − f(x))/h, or Im f(x + ih)/h, which subtracts nothing.
    step : float, optional
        h. If left out, ε^(1/3), ε^(1/2) (times max(1, |x|)) or 1e-200, where ε is the spacing of floats at 1.
    wrt : names, optional
        The inputs; all if left out.

    Returns
    -------
    Difference
        ``calls`` is 2n for central, n + 1 for forward, n for complex differences of n inputs.

    Examples
    --------
    >>> found = finite_difference("x^2 + y", {"x": 3, "y": 1})
    >>> round(found.gradient["x"], 6), found.calls
    (6.0, 4)
    >>> finite_difference("x^3", 2, method="complex").gradient
    {'x': 12.0}
    """
    if method not in STEPS:
        raise ValueError(f"unknown method {method!r}: expected one of {', '.join(STEPS)}.")
    if step is not None and not 0 < step < math.inf:
        raise ValueError(f"step: expected a positive number, got {step!r}. Leave it out for {STEPS[method]:.1g}.")
    problem = Probe(f, at, wrt)
    quotients: dict[str, float] = {}
    steps: dict[str, float] = {}
    middle = problem({}) if method == "forward" else 0.0
    for name in problem.names:
        x = problem.at[name]
        h = steps[name] = step or STEPS[method] * (1 if method == "complex" else max(1.0, abs(x)))
        if method == "complex":
            quotients[name] = problem.imaginary({name: complex(x, h)}) / h
            continue
        above, below = x + h, x - h if method == "central" else x
        if above == below:
            raise ValueError(f"step: {h:g} is lost beside {name} = {x:g}: expected at least {math.ulp(x):.1g}.")
        last = problem({name: below}) if method == "central" else middle
        quotients[name] = (problem({name: above}) - last) / (above - below)
    return Difference(quotients, steps, problem.calls, method)


def error_curve(
    f: Any, at: Any, *, method: str = "central", wrt: str | None = None, steps: Iterable[float] | None = None
) -> list[StepError]:
    """How the error of a difference quotient depends on its step: truncation to the right, rounding to the left.

    Parameters
    ----------
    f, at, method
        As in `finite_difference`.
    wrt : name, optional
        The input that moves; may be left out where there is one.
    steps : iterable of float, optional
        If left out, half decades from 1 to 1e-16, without those that leave the domain or are lost beside the point.

    Examples
    --------
    >>> curve = error_curve("sin(x)", 1)
    >>> 1e-7 < min(curve, key=lambda one: one.error).step < 1e-4
    True
    """
    problem = Probe(f, at, wrt)
    if len(problem.names) != 1:
        raise ValueError(f"error_curve: expected one input, got {', '.join(problem.names)}. Name one with wrt=.")
    exact, x = problem.derivative(problem.names[0]), problem.at[problem.names[0]]
    curve: list[StepError] = []
    for h in [10 ** (-k / 2) for k in range(33)] if steps is None else steps:
        if steps is None and method != "complex" and x + h == x:
            continue
        try:
            (quotient,) = finite_difference(f, at, method=method, step=h, wrt=problem.names).gradient.values()
        except (ValueError, ArithmeticError):
            if steps is not None or (h < 1e-6 and not curve):  # not only the long steps lead out of the domain
                raise
            continue
        curve.append(StepError(h, abs(quotient - exact)))
    return curve


class Probe:
    """A function of one output at a point, and how often it has been called."""

    def __init__(self, f: Any, at: Any, wrt: Any) -> None:
        chosen = None if wrt is None else names_of(wrt)
        named = list(at) if isinstance(at, Mapping) else []
        problem = runnable(f, [*named, *(chosen or ())])
        values = complete(point(at, problem.inputs), problem.inputs)
        #: The point as it was given, arrays included; in `at` an array has its entries instead, and so in `names`.
        self.values = {name: given_value(value, name) for name, value in values.items()}
        self.inputs = list(problem.inputs) if chosen is None else chosen
        complete(self.values, self.inputs)
        self.at = {name: float(entry) for name, entry in entries(self.values).items()}
        self.names = [entry for name in self.inputs for entry in entry_names(name, np.shape(self.values[name]))]
        self.run = problem.run
        self.calls = 0

    def called(self, moved: Mapping[str, Any]) -> Any:
        self.calls += 1
        point = {**self.at, **moved}
        shapes = {name: np.shape(value) for name, value in self.values.items()}
        return self.run({n: assembled(point, n, shape) if shape else point[n] for n, shape in shapes.items()})

    def __call__(self, moved: Mapping[str, float]) -> float:
        result = self.called(moved)
        if isinstance(result, Overloaded) or not hasattr(type(result), "__float__"):
            raise TypeError(f"expected a function that returns a number, got {type(result).__name__} {result!r:.60}.")
        return float(result)

    def imaginary(self, moved: Mapping[str, complex]) -> float:
        if self.at.keys() != self.values.keys():
            raise ValueError("the complex step is for numbers: got an array among the inputs. Take method='central'.")
        result = self.called({name: Complex(number) for name, number in moved.items()})
        return result.number.imag if isinstance(result, Complex) else 0.0

    def derivative(self, name: str) -> float:
        """The derivative itself, by forward mode."""
        tag = _serial()
        result = self.run({**self.at, name: Dual(self.at[name], 1.0, tag)})
        return float(result.tangent) if isinstance(result, Dual) else 0.0

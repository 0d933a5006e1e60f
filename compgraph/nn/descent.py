"""Going downhill: an optimizer, a gradient and a start make a stream of points."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice, repeat
from typing import Any, NamedTuple

import numpy as np

from compgraph.nn.optimizers import Memory, Optimizer, Value

__all__ = ["Point", "Update", "beginning", "descend", "last"]

Point = Mapping[str, Value]


class Update(NamedTuple):
    """One step of a descent.

    Attributes
    ----------
    step : int
        Its number, from 1.
    point : dict
        The parameters after it.
    gradient : dict
        What it followed; taken at the point before it, of Nesterov further ahead.
    state : dict of str to dict
        What the optimizer remembers of each parameter, by name.
    further : dict
        What else the gradient function returned, such as the loss.
    """

    step: int
    point: Point
    gradient: Point
    state: Mapping[str, Memory]
    further: Mapping[str, Any] = {}


def descend(
    gradient: Callable[..., Point],
    start: Point | Update,
    optimizer: Optimizer,
    *,
    steps: int | None = None,
    tolerance: float | None = None,
    batches: Iterable[Any] | None = None,
) -> Iterator[Update]:
    """Follow a gradient downhill.

    Parameters
    ----------
    gradient : function
        Point → gradient, both a dict from the name of a parameter to a float or an array; with `batches`,
        ``gradient(point, batch)``. Entries that belong to no parameter are kept as `further`.
    start : mapping, or Update
        The parameters to begin with; or an update to go on from, as if there had been no interruption.
    optimizer : Optimizer
    steps : int, optional
        The most steps to take; may be left out where `batches` come to an end.
    tolerance : float, optional
        Stop after the first step at rest: no entry of the gradient, and none of the move, is larger than this. (With
        momentum either can be small in passing.) Left out, nothing but the count ends a descent: a batch without a
        slope need not be the last word.
    batches : iterable, optional
        One for each step, of whatever `gradient` understands.

    Yields
    ------
    Update
        One per step, with dicts and arrays of its own.

    Raises
    ------
    FloatingPointError
        A gradient or a parameter is no longer finite.
    ValueError
        The gradient lacks a parameter, or has not its shape.

    Examples
    --------
    >>> import compgraph as cg
    >>> from compgraph.nn import GradientDescent
    >>> loss = (cg.Variable("w") * 2 - 6) ** 2 / 8
    >>> for update in descend(lambda at: cg.gradient(loss, at), {"w": 1}, GradientDescent(rate=0.5), steps=3):
    ...     print(update.point, update.gradient)
    {'w': 2.0} {'w': -2.0}
    {'w': 2.5} {'w': -1.0}
    {'w': 2.75} {'w': -0.5}
    """
    before = beginning(start, optimizer)
    if steps is None and batches is None:
        raise ValueError("a descent without an end: expected steps= or batches=, got neither. Say how many steps=.")
    if not (steps is None or (isinstance(steps, (int, np.integer)) and steps >= 0)):
        raise ValueError(f"steps: expected how many, a whole number, got {steps!r:.40}.")
    each: Iterator[tuple[Any, ...]] = repeat(()) if batches is None else ((batch,) for batch in batches)
    return _updates(gradient, before, optimizer, tolerance, islice(each, steps))


def last(updates: Iterable[Update]) -> Update:
    """The last update of a descent, of which nothing else is kept.

    Examples
    --------
    >>> from compgraph.nn import GradientDescent
    >>> last(descend(lambda at: {"x": 2 * at["x"]}, {"x": 1}, GradientDescent(rate=0.25), steps=4)).point
    {'x': 0.0625}
    """
    kept = deque(updates, maxlen=1)
    if not kept:
        raise ValueError(
            "no updates: expected at least one step, got none. Raise steps=, or give batches= that hold any."
        )
    return kept[0]


# -- steps


def _updates(
    gradient: Callable[..., Point],
    before: Update,
    optimizer: Optimizer,
    tolerance: float | None,
    batches: Iterable[tuple[Any, ...]],
) -> Iterator[Update]:
    for batch in batches:
        after = _step(gradient, before, optimizer, batch)
        yield after
        if tolerance is not None:
            moves = (value - before.point[name] for name, value in after.point.items())
            if all(_largest(value) <= tolerance for value in (*after.gradient.values(), *moves)):
                return
        before = after


def _step(gradient: Callable[..., Point], before: Update, optimizer: Optimizer, batch: tuple[Any, ...]) -> Update:
    step = before.step + 1
    rate = optimizer.rate_at(step)
    points, slopes, state = {}, {}, {}
    found = gradient(_looked(before, optimizer), *batch)
    with np.errstate(over="ignore", invalid="ignore"):  # what they would warn of is an error here
        for name, value in before.point.items():
            slopes[name] = slope = _finite(_slope(found, name, value), f"the gradient of {name!r}", step)
            moved, state[name] = optimizer.move(slope, before.state[name], rate, step)
            points[name] = _finite(value - moved, f"the parameter {name!r}", step)
    further = {name: value for name, value in found.items() if name not in points}
    return Update(step, points, slopes, state, further)


def _looked(before: Update, optimizer: Optimizer) -> Point:
    """Where the gradient is taken."""
    ahead = {name: optimizer.ahead(before.state[name]) for name in before.point}
    if all(type(move) is float and move == 0 for move in ahead.values()):
        return before.point
    return {name: value - ahead[name] for name, value in before.point.items()}


def _largest(value: Value) -> float:
    return abs(value) if isinstance(value, float) else float(np.max(np.abs(value), initial=0.0))


def beginning(start: Point | Update, optimizer: Optimizer) -> Update:
    """What the first step comes after: an update that was left off at, or one of number 0 with an empty gradient."""
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"expected an optimizer, got {optimizer!r:.60}. Write for instance Adam(rate=0.001).")
    if not isinstance(start, Update):
        if not (isinstance(start, Mapping) and start):
            raise TypeError(
                f"start: expected a dict from parameter to number, got {start!r:.60}. Name them: {{'w': 0.5}}."
            )
        point = {name: _finite(_value(value, name), f"the parameter {name!r}", 0) for name, value in start.items()}
        return Update(0, point, {}, {name: optimizer.begin(0.0 * value) for name, value in point.items()})
    wanted = optimizer.begin(0.0)
    for name, memory in start.state.items():
        if set(memory) != set(wanted):
            raise ValueError(
                f"an update of another optimizer: expected {', '.join(wanted) or 'nothing'} to be remembered of "
                f"{name!r}, got {', '.join(memory) or 'nothing'}. Start from its point instead."
            )
    return start


def _value(value: Any, name: str) -> Value:
    """A float, or an array of floats that keeps its precision."""
    try:
        array = np.asarray(value)
        if array.dtype.kind not in "f":
            array = array.astype(float)
    except (TypeError, ValueError):
        raise TypeError(
            f"the parameter {name!r}: expected a number or an array of numbers, got {value!r:.60}."
        ) from None
    return array.copy() if array.ndim else float(array)


def _slope(gradient: Point, name: str, value: Value) -> Value:
    if not isinstance(gradient, Mapping):
        raise TypeError(
            f"the gradient function returned {gradient!r:.60}: expected a dict from parameter to derivative, as "
            "cg.gradient returns it. To minimise a loss itself, use minimize."
        )
    if name not in gradient:
        raise ValueError(
            f"the gradient lacks {name!r}: expected a derivative for every parameter, got one for "
            f"{', '.join(map(str, gradient)) or 'none'}. Return 0 for what the loss does not depend on."
        )
    slope = np.asarray(gradient[name])
    if slope.shape != np.shape(value):
        raise ValueError(
            f"the gradient of {name!r}: expected the shape of the parameter, {np.shape(value)}, got {slope.shape}. "
            "Sum over what was broadcast, or transpose."
        )
    return np.array(slope, dtype=value.dtype) if isinstance(value, np.ndarray) else float(slope)


def _finite(value: Value, what: str, step: int) -> Value:
    # one number tells, unless the squares overflow
    if math.isfinite(value if isinstance(value, float) else np.vdot(value, value)) or np.isfinite(value).all():
        return value
    where = f"at step {step}" if step else "at the start"
    bad = value if isinstance(value, float) else value[~np.isfinite(value)].flat[0]
    raise FloatingPointError(
        f"{what} is not finite {where}: expected a finite number, got {bad}. "
        "Lower the learning rate, start elsewhere, or standardise the data."
    )

"""Descents on a loss that is written down, by the derivatives that follow from it.

>>> from compgraph.nn import Adam, last
>>> end = last(minimize("(x - 3)^2 + (y + x)^2", {"x": 0, "y": 1}, Adam(rate=0.1), steps=1000, tolerance=1e-6))
>>> round(end.point["x"], 5), round(end.point["y"], 5)
(3.0, -3.0)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from inspect import signature
from typing import Any

import numpy as np

import compgraph as cg
from compgraph.arrays import Bound
from compgraph.listing import derivative_program
from compgraph.nn.descent import Point, Update, beginning, descend
from compgraph.nn.gradients import loss_gradient
from compgraph.nn.optimizers import Optimizer

__all__ = ["mean_gradient", "minimize"]


def minimize(
    loss: Any,
    start: Point | Update,
    optimizer: Optimizer,
    *,
    steps: int | None = None,
    tolerance: float | None = None,
    batches: Iterable[Mapping[str, Any]] | None = None,
) -> Iterator[Update]:
    """Descend on a loss; with batches, on its mean over the examples of each, or of arrays on the loss of each.

    Parameters
    ----------
    loss : Expression, str or function
        Whatever can be differentiated; with `batches`, the loss of one example. Where a parameter is an array, an
        Expression (or a dict of them, the last of which is the loss) of the whole batch, which takes the mean itself.
    start : mapping of str to float or array, or Update
        The inputs of the loss that are parameters.
    batches : iterable of mappings, optional
        One for each step: what the other inputs are, an array with an entry for every example.
    optimizer, steps, tolerance
        As in `descend`.

    Yields
    ------
    Update

    Examples
    --------
    >>> from compgraph.nn import GradientDescent, last, minibatches
    >>> data = {"x": [1.0, 2.0, 3.0, 4.0], "t": [5.0, 7.0, 9.0, 11.0]}
    >>> batches = minibatches(data, 2, seed=0, epochs=500)
    >>> end = last(minimize("(w*x + b - t)^2", {"w": 0, "b": 0}, GradientDescent(rate=0.05), batches=batches))
    >>> end.step, round(end.point["w"], 2), round(end.point["b"], 2)
    (1000, 2.0, 3.0)

    A system of equations by least squares:

    >>> from compgraph import Variable
    >>> misses = np.array([[2.0, 0.0], [0.0, 1.0]]) @ Variable("x") - np.array([4.0, 3.0])
    >>> end = last(minimize(np.sum(misses**2), {"x": np.zeros(2)}, GradientDescent(rate=0.1), steps=100))
    >>> end.point["x"].round(6)
    array([2., 3.])
    """
    before = beginning(start, optimizer)
    whole = any(np.ndim(value) for value in before.point.values()) or _takes_all(loss)
    choose = loss_gradient if whole else mean_gradient
    return descend(choose(loss, before.point), before, optimizer, steps=steps, tolerance=tolerance, batches=batches)


def _takes_all(loss: Any) -> bool:
    """Whether a loss has functions of arrays in it: then it is that of the whole batch, and takes the mean itself."""
    if isinstance(loss, str):
        loss = cg.read(loss)
    if not isinstance(loss, (cg.Expression, Mapping)):
        return False
    return any(isinstance(data["primitive"], Bound) for _, data in cg.trace(loss).nodes(data=True))


def mean_gradient(loss: Any, wrt: Iterable[str]) -> Callable[..., dict[str, float]]:
    """The gradient of a loss as a function of a point and, optionally, a batch of examples, over which it is averaged.

    Parameters
    ----------
    loss : Expression, str or function
        The loss of one example.
    wrt : names
        The inputs that are parameters.

    Returns
    -------
    callable
        ``g(point, batch={}) → {parameter: derivative}``. A batch maps the other inputs to arrays of one entry per
        example; what is no input of the loss is passed over.

    Examples
    --------
    >>> gradient = mean_gradient("(w*x - t)^2", ["w"])
    >>> gradient({"w": 0.5}, {"x": [1, 3], "t": [2, -1]})
    {'w': 6.0}
    >>> gradient({"w": 0.5}, {"x": 1, "t": 2}), gradient({"w": 0.5}, {"x": 3, "t": -1})
    ({'w': -3.0}, {'w': 15.0})
    """
    names = list(wrt)
    compiled = derivative_program(loss, wrt=names).compile()
    inputs = list(signature(compiled).parameters)

    def gradient(point: Point, batch: Mapping[str, Any] | None = None) -> dict[str, float]:
        columns = _columns(batch or {}, inputs)
        given = {**columns, **point}
        if len(given) < len(point) + len(columns):
            twice = next(name for name in point if name in columns)
            raise ValueError(
                f"{twice!r} is a parameter and a column of the batch: expected one of them. Rename the other."
            )
        _, derivatives = compiled(**{name: value for name, value in given.items() if name in inputs})
        return {name: float(np.mean(derivative)) for name, derivative in zip(names, derivatives, strict=True)}

    return gradient


def _columns(batch: Mapping[str, Any], inputs: Iterable[str]) -> dict[str, Any]:
    """The columns of a batch that are inputs; of one length, as a row and a column would otherwise make a table."""
    if not isinstance(batch, Mapping):
        raise TypeError(
            f"a batch: expected a dict from input to column, got {batch!r:.60}. Write batches=[…] as a list of dicts."
        )
    columns = {name: batch[name] for name in inputs if name in batch}
    shapes = {name: np.shape(column) for name, column in columns.items() if np.ndim(column)}
    if len(set(shapes.values())) > 1 or any(len(shape) > 1 or not shape[0] for shape in shapes.values()):
        shown = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
        raise ValueError(
            f"a batch: expected columns of one number per example, got shapes {shown:.200}. "
            "Flatten them, or give each column of a table a name of its own."
        )
    return columns

"""Epochs of minibatches: what they came to, and how to go on from there."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from inspect import signature
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import compgraph as cg
from compgraph.nn.averages import averaged
from compgraph.nn.data import finite, minibatches, numbers
from compgraph.nn.descent import Update, beginning, descend
from compgraph.nn.drafting import Array, Mask, Network
from compgraph.nn.gradients import evaluation, loss_gradient
from compgraph.nn.optimizers import Optimizer
from compgraph.nn.saving import load, pack, save, unpack

__all__ = ["Best", "Epoch", "columns_of", "epochs"]

Columns = Mapping[str, Any]
Measures = Mapping[str, Callable[..., Any]]


class Best(NamedTuple):
    """The epoch with the lowest loss on held-out data: its number, that loss, and what there was to keep."""

    number: int
    loss: float
    parameters: Mapping[str, Array]
    statistics: Mapping[str, Array]


class Epoch(NamedTuple):
    """Where training stands after an epoch; enough to go on as if there had been no interruption.

    Attributes
    ----------
    number : int
        How many epochs there have been.
    update : Update
        The last step: parameters, and what the optimizer remembers.
    statistics : dict of str to array
        The running averages of batch normalisation.
    history : tuple of dict
        For each epoch its number ``epoch``, the mean ``loss`` over its batches, ``held_out`` loss and measures.
    best : Best or None
        None without held-out data.
    """

    number: int
    update: Update
    statistics: Mapping[str, Array]
    history: tuple[Mapping[str, float], ...]
    best: Best | None

    def save(self, path: str | PathLike[str]) -> None:
        """Write a checkpoint, whole or not at all."""
        tree = {"point": self.update.point, "state": self.update.state, "statistics": self.statistics}
        facts = {"number": self.number, "step": self.update.step, "history": self.history, "best": None}
        if self.best is not None:
            tree["best"] = {"parameters": self.best.parameters, "statistics": self.best.statistics}
            facts["best"] = [self.best.number, self.best.loss]
        save(path, pack(tree, facts))

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Epoch:
        """Read what `save` wrote."""
        try:
            tree, facts = unpack(load(path))
            best = None
            if facts["best"] is not None:
                kept = tree["best"]
                number, loss = facts["best"]
                best = Best(number, loss, kept["parameters"], kept.get("statistics", {}))
            state = {name: tree.get("state", {}).get(name, {}) for name in tree["point"]}
            update = Update(facts["step"], tree["point"], {}, state)
            return cls(facts["number"], update, tree.get("statistics", {}), tuple(facts["history"]), best)
        except (KeyError, TypeError) as error:
            raise ValueError(
                f"{Path(path).name}: expected a checkpoint of training, got other arrays: {error} is missing. "
                "Weights alone are read by load."
            ) from error


def epochs(
    network: Network,
    data: Columns,
    optimizer: Optimizer,
    *,
    size: int = 32,
    seed: int = 0,
    held_out: Columns | None = None,
    measures: Measures | None = None,
    decay: float = 0.9,
    start: Epoch | None = None,
) -> Iterator[Epoch]:
    """Train without end, epoch by epoch; `train` says when to stop.

    Parameters
    ----------
    network : Network
    data : mapping of str to array
        The inputs of the network, with an entry or a row for each example; in the precision of its parameters.
    optimizer : Optimizer
    size : int
        Examples in a batch.
    seed : int
        Of the batches and the dropout masks.
    held_out : mapping of str to array, optional
        Examples to look at after each epoch, as at test.
    measures : mapping of str to function, optional
        What to note of them: functions of results and inputs, by the names of their parameters.
    decay : float
        Of the running averages of batch normalisation.
    start : Epoch, optional
        Where to go on from.

    Yields
    ------
    Epoch
    """
    if measures and held_out is None:
        raise ValueError("measures are taken of held-out data: expected held_out=, got none. Set examples aside.")
    for columns in (data, held_out):
        missing = [name for name in network.inputs if columns is not None and name not in columns]
        if missing:
            raise ValueError(
                f"data: expected a column for each of {', '.join(network.inputs)}, got none for {missing[0]}. "
                "Name the columns as the function of the network names its parameters."
            )
    if network.inputs:
        _expect_rows(network, columns_of(network, data))
    before = start or Epoch(0, beginning(network.parameters, optimizer), network.statistics, (), None)
    _expect(before, network, optimizer)
    return _epochs(network, data, optimizer, size, seed, held_out, measures or {}, decay, before)


def _epochs(
    network: Network,
    data: Columns,
    optimizer: Optimizer,
    size: int,
    seed: int,
    held_out: Columns | None,
    measures: Measures,
    decay: float,
    before: Epoch,
) -> Iterator[Epoch]:
    gradient = loss_gradient(network.training, network.parameters, further=network.statistics)
    look = _look(network, measures)
    columns = columns_of(network, data)
    while True:
        update, statistics = before.update, before.statistics
        losses = []
        batches = _batches(columns, network, size, seed, before.number, update.step)
        for update in descend(gradient, before.update, optimizer, batches=batches):
            losses.append(update.further[network.loss])
            statistics = {name: averaged(old, update.further[name], decay) for name, old in statistics.items()}
        count = len(next(iter(columns.values())))
        examples = [min(size, count - first) for first in range(0, count, size)]
        row = {"epoch": before.number + 1, "loss": float(np.average(losses, weights=examples))}
        best = before.best
        if held_out is not None:
            row |= look(columns_of(network, held_out), update.point, statistics)
            if best is None or row["held_out"] < best.loss:
                best = Best(before.number + 1, row["held_out"], update.point, statistics)
        before = Epoch(before.number + 1, update, statistics, (*before.history, row), best)
        yield before


def columns_of(network: Network, data: Columns) -> dict[str, Array]:
    """The inputs among data, in the precision of the network."""
    return {
        name: numbers(data[name], name).astype(network.dtype, copy=False) for name in network.inputs if name in data
    }


def _expect_rows(network: Network, columns: Columns) -> None:
    """Finite data; and no column that meets results of another shape and makes a table with them."""
    if not all(np.ndim(column) and len(column) for column in columns.values()):
        return  # whoever makes the batches says so
    some = {name: finite(column, name)[:3] for name, column in columns.items()}
    point = {**some, **network.parameters, **network.statistics}
    graph = cg.trace(dict(network.test))
    values = cg.linearize(graph, {name: point[name] for name in graph.graph["inputs"]}).nodes(data="value")
    for node, data in graph.nodes(data=True):
        arguments = [one for one in data["arguments"] if isinstance(one, str)]
        column = next((one for one in arguments if one in columns), None)
        if column is None or hasattr(data["primitive"], "row"):
            continue
        shapes = {one: np.shape(values[one]) for one in arguments}
        if np.size(values[node]) > max(math.prod(shape) for shape in shapes.values()):
            other, shape = next((one, shape) for one, shape in shapes.items() if shape != shapes[column])
            raise ValueError(
                f"{column} and {other} have the shapes {shapes[column]} and {shape} for {len(some[column])} examples, "
                f"and would make {np.shape(values[node])} together: expected as many axes. Make {column} a table of "
                f"one column, {column}[:, np.newaxis]."
            )


def _batches(
    columns: Columns, network: Network, size: int, seed: int, epoch: int, step: int
) -> Iterator[dict[str, Array]]:
    """The batches of an epoch, with a mask for each dropout layer; any step can be had without those before it."""
    for batch in minibatches(columns, size, seed=seed, first=epoch):
        step += 1
        count = len(next(iter(batch.values())))
        yield {**batch, **_masks(network.masks, np.random.default_rng([seed, step, 1]), count, network.dtype)}


def _masks(masks: Mapping[str, Mask], rng: np.random.Generator, count: int, dtype: Any) -> dict[str, Array]:
    return {name: mask.draw(rng, count, dtype) for name, mask in masks.items()}


def _look(network: Network, measures: Measures) -> Callable[..., dict[str, float]]:
    """What is noted of held-out data."""
    evaluate = evaluation(network.test)
    wanted = {name: list(signature(function).parameters) for name, function in measures.items()}

    def look(columns: Columns, parameters: Columns, statistics: Columns) -> dict[str, float]:
        given = {**columns, **parameters, **statistics}
        known = {**given, **evaluate(given)}
        row = {"held_out": float(known[network.loss])}
        for name, function in measures.items():
            missing = [one for one in wanted[name] if one not in known]
            if missing:
                raise ValueError(
                    f"the measure {name}: expected parameters out of {', '.join(known):.200}, got {missing[0]}. "
                    "Return it among the results of the network."
                )
            row[name] = float(function(**{one: known[one] for one in wanted[name]}))
        return row

    return look


def _expect(before: Epoch, network: Network, optimizer: Optimizer) -> None:
    """A checkpoint of another network or optimizer is refused."""
    shapes, wanted = (
        {name: np.shape(value) for name, value in point.items()} for point in (before.update.point, network.parameters)
    )
    if shapes != wanted:
        name = next(n for n in (*wanted, *shapes) if shapes.get(n) != wanted.get(n))
        raise ValueError(
            f"a checkpoint of another network: expected {name!r} of the shape {wanted.get(name, 'nowhere')}, got "
            f"{shapes.get(name, 'none')}. Delete the file to begin anew."
        )
    beginning(before.update, optimizer)

"""Training from beginning to end: a progress bar, a history, checkpoints, when to stop, and what one has then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

import compgraph as cg
from compgraph.nn import epoch as _epoch
from compgraph.nn.drafting import Array, Network
from compgraph.nn.epoch import Columns, Epoch, Measures, columns_of
from compgraph.nn.gradients import evaluation
from compgraph.nn.optimizers import Optimizer
from compgraph.nn.saving import load, save

__all__ = ["Trained", "train"]


@dataclass(frozen=True, eq=False)
class Trained:
    """A network after training.

    Attributes
    ----------
    network : Network
    parameters, statistics : dict of str to array or float
    history : tuple of dict
        A row for each epoch: ``epoch``, ``loss``, and of held-out data ``held_out`` and the measures.
    """

    network: Network
    parameters: Mapping[str, Array]
    statistics: Mapping[str, Array]
    history: tuple[Mapping[str, float], ...]

    def __call__(self, **inputs: Any) -> dict[str, Any]:
        """The results, as at test, that these inputs are enough for: ``trained(x=images)["y"]``."""
        known = {**self.parameters, **self.statistics, **columns_of(self.network, inputs)}
        unknown = [name for name in inputs if name not in self.network.inputs]
        if unknown:
            raise TypeError(f"expected inputs out of {', '.join(self.network.inputs)}, got {unknown[0]}.")

        enough = {
            name: result
            for name, result in self.network.test.items()
            if all(one in known for one in cg.trace({name: result}).graph["inputs"])
        }
        if not enough:
            raise TypeError(
                f"expected enough of the inputs {', '.join(self.network.inputs)} for one of the results "
                f"{', '.join(self.network.test)}, got {', '.join(inputs) or 'none'}."
            )
        return evaluation(enough)(known)

    def save(self, path: str | PathLike[str]) -> None:
        """Write parameters and statistics to an ``.npz`` file."""
        save(path, {**self.parameters, **self.statistics})

    @classmethod
    def load(cls, network: Network, path: str | PathLike[str]) -> Trained:
        """A network with what `save` wrote; there is no history in the file."""
        found = load(path)
        known = {**network.parameters, **network.statistics}
        wrong = [name for name in known if name not in found or np.shape(found[name]) != np.shape(known[name])]
        if wrong:
            got = f"the shape {np.shape(found[wrong[0]])}" if wrong[0] in found else "none of that name"
            raise ValueError(
                f"{Path(path).name}: expected {wrong[0]!r} of the shape {np.shape(known[wrong[0]])}, got {got}. "
                "Give the network that was trained."
            )
        parameters, statistics = (
            {name: found[name] for name in kept} for kept in (network.parameters, network.statistics)
        )
        return cls(network, parameters, statistics, ())


def train(
    network: Network,
    data: Columns,
    optimizer: Optimizer,
    *,
    epochs: int,
    size: int = 32,
    seed: int = 0,
    held_out: Columns | None = None,
    measures: Measures | None = None,
    patience: int | None = None,
    checkpoint: str | PathLike[str] | None = None,
    decay: float = 0.9,
    quiet: bool = False,
) -> Trained:
    """Train a network, with a progress bar.

    Parameters
    ----------
    epochs : int
        The most epochs to train, those before a checkpoint included.
    patience : int, optional
        Stop after so many epochs without a lower loss on held-out data, and keep the best one.
    checkpoint : path, optional
        An ``.npz`` file, replaced after every epoch. Where there is one, training goes on from it: after an
        interruption the same call comes to the same numbers as if there had been none.
    quiet : bool
        No progress bar.
    network, data, optimizer, size, seed, held_out, measures, decay
        As in `epochs`.

    Examples
    --------
    >>> from compgraph import nn
    >>> def line(draft, x, t):
    ...     y = nn.dense(draft, x, 1, 1)
    ...     return {"y": y, "J": nn.half_squares(y, t)}
    >>> x = np.linspace(-1, 1, 20)[:, None]
    >>> trained = train(nn.network(line), {"x": x, "t": 3 * x + 1}, nn.Adam(0.05), epochs=200, quiet=True)
    >>> trained.parameters["W1"].round(3), trained.parameters["b1"].round(3)
    (array([[3.]]), array([1.]))
    >>> trained(x=np.array([[2.0]]))["y"].round(2)
    array([[7.]])
    """
    from tqdm import tqdm

    for name, number in (("epochs", epochs), ("patience", patience)):
        if number is not None and (not isinstance(number, (int, np.integer)) or number < 1):
            raise ValueError(f"{name}: expected a whole number, at least 1, got {number!r:.40}.")
    if patience is not None and held_out is None:
        raise ValueError("patience looks at held-out data: expected held_out=, got none. Set examples aside.")
    state = Epoch.load(checkpoint) if checkpoint is not None and Path(checkpoint).exists() else None
    each = _epoch.epochs(
        network, data, optimizer,
        size=size, seed=seed, held_out=held_out, measures=measures, decay=decay, start=state,
    )  # fmt: skip
    with tqdm(total=epochs, initial=state.number if state else 0, disable=quiet, unit="epoch") as bar:
        while not (state and (state.number >= epochs or _is_over(state, patience))):
            state = next(each)
            if checkpoint is not None:
                state.save(checkpoint)
            bar.set_postfix({k: f"{v:.4g}" for k, v in state.history[-1].items() if k != "epoch"}, refresh=False)
            bar.update()
    if patience is not None and state.best is not None:
        return Trained(network, state.best.parameters, state.best.statistics, state.history)
    return Trained(network, state.update.point, state.statistics, state.history)


def _is_over(state: Epoch, patience: int | None) -> bool:
    return patience is not None and state.best is not None and state.number - state.best.number >= patience

"""Figures of training, by matplotlib: losses by epoch, learning rates side by side, gradients by layer.

Each function returns a matplotlib Figure, which shows itself in a notebook and saves itself with ``savefig``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from compgraph import notation
from compgraph.nn.descent import Update
from compgraph.nn.minimization import minimize
from compgraph.nn.optimizers import GradientDescent
from compgraph.nn.training import Trained

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["gradient_norms", "learning_rates", "loss_curves"]


def loss_curves(trained: Trained | Iterable[Mapping[str, float]]) -> Figure:
    """The losses of every epoch, in training and on held-out data; measures in a panel of their own.

    Parameters
    ----------
    trained : Trained or sequence of dict
        Or its history.
    """
    rows = list(trained.history if isinstance(trained, Trained) else trained)
    if not rows:
        raise ValueError("loss_curves: expected at least one epoch, got none. Train first.")
    steps = [row["epoch"] for row in rows]
    measures = [name for name in rows[0] if name not in ("epoch", "loss", "held_out")]
    figure, panels = _panels(1 + bool(measures))
    for name, label in (("loss", "training"), ("held_out", "held out")):
        if name in rows[0]:
            panels[0].plot(steps, [row[name] for row in rows], label=label, color=_COLOURS[label])
    panels[0].set(yscale="log", xlabel="epoch", ylabel="loss")
    for name in measures:
        panels[1].plot(steps, [row[name] for row in rows], label=name)
    for panel in panels:
        panel.legend(frameon=False)
    if measures:
        panels[1].set(xlabel="epoch", ylabel="on held-out data")
    return figure


def learning_rates(loss: Any, start: Mapping[str, float], rates: Iterable[float], *, steps: int = 20) -> Figure:
    """Gradient descent on a loss of one parameter, a panel for each rate: the steps on the curve of the loss.

    Parameters
    ----------
    loss : Expression or str
    start : mapping of str to float
        The parameter, and where it begins.

    Examples
    --------
    >>> figure = learning_rates("theta^2 / 2", {"theta": 1}, [2.1, 1.9, 0.1])
    >>> [panel.get_title() for panel in figure.axes]
    ['α = 2.1: diverges', 'α = 1.9: oscillates', 'α = 0.1: falls steadily']
    """
    from compgraph.listing import program

    if len(start) != 1:
        raise ValueError(f"learning_rates: expected one parameter, got {len(start)}. Plot losses by step instead.")
    (name,) = start
    chosen = list(rates)
    value = program(loss).compile()

    def height(points: Any) -> Any:
        return np.asarray([value(**{name: float(point)}) for point in points], dtype=float)

    figure, panels = _panels(len(chosen), width=3.4)
    for panel, rate in zip(panels, chosen, strict=True):
        updates = minimize(loss, start, GradientDescent(rate), steps=steps)
        path = np.array([float(start[name]), *_positions(updates, name)])
        ends = path.min(), path.max()
        reach = 0.15 * (ends[1] - ends[0]) or 1.0
        curve = np.linspace(ends[0] - reach, ends[1] + reach, 200)
        panel.plot(curve, height(curve), color="0.75")
        panel.plot(path, height(path), marker="o", markersize=3.5, linewidth=0.8, color=_COLOURS["training"])
        panel.plot(path[:1], height(path[:1]), marker="o", color="black")
        panel.set(title=f"α = {rate:g}: {_behaviour(path, height(path))}", xlabel=notation.name(name))
    panels[0].set(ylabel="loss")
    return figure


def gradient_norms(gradients: Mapping[str, Any]) -> Figure:
    """The size of the gradient of each parameter, in their order: where it vanishes or explodes on its way back.

    Parameters
    ----------
    gradients : mapping of str to array or float
        As `Solution.gradient`, the gradient of an `Update`, or a part of either.
    """
    sizes = {name: float(np.linalg.norm(np.ravel(gradient))) for name, gradient in gradients.items()}
    if not sizes:
        raise ValueError("gradient_norms: expected at least one gradient, got none. Name the parameters.")
    figure, (panel,) = _panels(1)
    bars = panel.bar(list(sizes), list(sizes.values()), color=_COLOURS["training"])
    positive = [size for size in sizes.values() if size > 0]
    if positive:
        panel.set(yscale="log", ylim=(min(positive) / 3, max(positive) * 3))
    panel.bar_label(bars, [f"{size:.2g}" for size in sizes.values()], fontsize=8)
    panel.set(ylabel="norm of the gradient")
    return figure


_COLOURS = {"training": "#1f4e79", "held out": "#c55a11"}


def _panels(count: int, width: float = 4.6) -> tuple[Figure, list[Any]]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width * count, 3.2), layout="constrained")
    panels = list(figure.subplots(1, count, squeeze=False)[0])
    for panel in panels:
        panel.spines[["top", "right"]].set_visible(False)
    return figure, panels


def _positions(updates: Iterable[Update], name: str) -> list[float]:
    return [float(update.point[name]) for update in updates]


def _behaviour(path: Any, losses: Any) -> str:
    moves = np.diff(path)
    turns = moves[1:] * moves[:-1] < 0
    if losses[-1] > losses[0]:
        return "diverges"
    return "oscillates" if turns.any() else "falls steadily"

"""A network in the making: its variables, what they start from, and what changes between training and test.

A network is a function that is written once and run twice: on a draft for training and on one for the test. Both runs
make variables of the same names, which are the same variables, so the two graphs share their parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import signature
from typing import Any, NamedTuple

import numpy as np

import compgraph as cg

__all__ = ["Draft", "Mask", "Network", "network"]

Array = Any  # numpy.ndarray or a float; its types differ by version


class Mask(NamedTuple):
    """The mask of a dropout layer: the shape for one example, and the share of entries that is dropped."""

    shape: tuple[int, ...]
    rate: float

    def draw(self, rng: np.random.Generator, examples: int | None = None, dtype: Any = float) -> Array:
        """A mask of 0 and 1/(1 − rate), for one example or with a row for each of many."""
        shape = self.shape if examples is None else (examples, *self.shape)
        return ((rng.random(shape) >= self.rate) / (1 - self.rate)).astype(dtype)


class Draft:
    """What layers are given: it numbers them, makes their variables and keeps the values that these start from.

    Parameters
    ----------
    seed : int
        Of the generator that initial weights are drawn from.
    training : bool
        Whether layers that differ between training and test (dropout, batch normalisation) are those of training.
    dtype : numpy dtype
        Of the parameters: a network in float32 stays in float32, if its data are.

    Attributes
    ----------
    parameters, statistics : dict of str to array or float
        What is learned, and what is averaged along the way, by the names of the variables.
    masks : dict of str to Mask

    Examples
    --------
    >>> draft = Draft(seed=0)
    >>> w = draft.parameter("w", np.zeros(2))
    >>> w.shape, draft.parameters
    ((2,), {'w': array([0., 0.])})
    """

    def __init__(self, *, seed: int = 0, training: bool = True, dtype: Any = float) -> None:
        self.training = training
        self.dtype = np.dtype(dtype)
        self.parameters: dict[str, Array] = {}
        self.statistics: dict[str, Array] = {}
        self.masks: dict[str, Mask] = {}
        self._layers = 0
        self._rng = np.random.default_rng(seed)

    def layer(self) -> int:
        """The number of a new layer, from 1; its names end in it."""
        self._layers += 1
        return self._layers

    def parameter(self, name: str, start: Any) -> cg.Variable:
        """A variable that is learned, from this start."""
        return self._declared(self.parameters, name, start)

    def weights(self, name: str, shape: tuple[int, ...], *, inputs: int, gain: float = 1.0) -> cg.Variable:
        """A parameter drawn from the normal distribution of variance ``gain / inputs``."""
        return self.parameter(name, self._rng.normal(size=shape) * np.sqrt(gain / inputs))

    def statistic(self, name: str, start: Any) -> cg.Variable:
        """A variable of the test whose value is the average, over the steps, of the training node of its name."""
        return self._declared(self.statistics, name, start)

    def mask(self, name: str, shape: tuple[int, ...], rate: float) -> cg.Variable:
        """A variable of training that is drawn anew for every step."""
        self._unused(name)
        self.masks[name] = Mask(shape, rate)
        return cg.Variable(name)

    def _declared(self, kept: dict[str, Array], name: str, start: Any) -> cg.Variable:
        self._unused(name)
        value = np.asarray(start, dtype=self.dtype)
        kept[name] = value if value.ndim else float(value)
        return cg.Variable(name, shape=value.shape)

    def _unused(self, name: str) -> None:
        if name in self.parameters or name in self.statistics or name in self.masks:
            raise ValueError(
                f"{name!r} is a variable of the network already: expected a new name. "
                "To share weights, use the variable itself again."
            )


@dataclass(frozen=True, eq=False)
class Network:
    """A network with its loss, in training and at test.

    Attributes
    ----------
    training, test : dict of str to Expression
        What the function returned: named results, the last of which is the loss.
    parameters : dict of str to array or float
        Where training starts.
    statistics : dict of str to array or float
        Of batch normalisation: where the running averages start.
    masks : dict of str to Mask
        Of dropout: inputs of the training graph.
    inputs : tuple of str
        The columns of data, as the function names them.
    """

    training: Mapping[str, cg.Expression]
    test: Mapping[str, cg.Expression]
    parameters: Mapping[str, Array]
    statistics: Mapping[str, Array]
    masks: Mapping[str, Mask]
    inputs: tuple[str, ...]

    @property
    def loss(self) -> str:
        """The name of the loss."""
        return list(self.training)[-1]

    @property
    def dtype(self) -> Any:
        """Of the parameters; a network without arrays computes with floats."""
        return next((value.dtype for value in self.parameters.values() if np.ndim(value)), np.dtype(float))


def network(function: Callable[..., Mapping[str, Any]], *, seed: int = 0, dtype: Any = float) -> Network:
    """The network that a function describes.

    Parameters
    ----------
    function : callable
        ``function(draft, x, t, …) → {"y": y, "J": J}``: it hands the draft to layers. Its further parameters are the
        inputs, by their names, unless they have defaults; of what it returns, the last is the loss.
    seed : int
        Of the initial weights.
    dtype : numpy dtype

    Returns
    -------
    Network

    Examples
    --------
    >>> from compgraph import nn
    >>> def line(draft, x, t):
    ...     y = nn.dense(draft, x, 1, 1)
    ...     return {"y": y, "J": nn.half_squares(y, t)}
    >>> net = nn.network(line)
    >>> list(net.parameters), net.inputs, net.loss
    (['W1', 'b1'], ('x', 't'), 'J')
    """
    names = [name for name, one in signature(function).parameters.items() if one.default is one.empty][1:]
    drafts = [Draft(seed=seed, training=training, dtype=dtype) for training in (True, False)]
    training, test = (_results(function(draft, *map(cg.Variable, names))) for draft in drafts)
    first, second = drafts
    for name in (*first.parameters, *first.statistics, *first.masks):
        if name in names:
            raise ValueError(
                f"{name!r} is an input and a variable of a layer: expected one of them. Rename the parameter of "
                f"{getattr(function, '__name__', 'the function')}."
            )
    if list(first.parameters) != list(second.parameters):
        wrong = sorted(set(first.parameters) ^ set(second.parameters))
        raise ValueError(
            f"training and test have different parameters, {', '.join(wrong)}: expected the same. "
            "Let draft.training change how they are used, not which there are."
        )
    return Network(training, test, first.parameters, first.statistics | second.statistics, first.masks, tuple(names))


def _results(found: Any) -> Mapping[str, cg.Expression]:
    if not isinstance(found, Mapping) or not found or not all(isinstance(e, cg.Expression) for e in found.values()):
        raise TypeError(
            f"the function of a network returned {found!r:.80}: expected a dict of expressions whose last entry is "
            "the loss. Write return {'y': y, 'J': loss}."
        )
    return found

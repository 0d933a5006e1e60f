"""Layers: functions from expressions to expressions, whose parameters the draft keeps.

Arrays have their examples in rows (axis 0), the features of an example last; images are (example, channel, row,
column). The weights of a dense layer are a matrix of inputs × units, x @ W + b; where a lecture writes W x + b, with
examples as columns, its W is the transpose. The variables of layer k are W1, b1, its weighted sum is called z1, its
output h1, all with the number of the layer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import compgraph as cg
from compgraph.nn.drafting import Draft

__all__ = [
    "ACTIVATIONS",
    "activated",
    "batch_norm",
    "convolution",
    "dense",
    "dropout",
    "embedding",
    "layer_norm",
    "prelu",
    "swish",
]

Activation = str | Callable[[Any], Any] | None

#: Activation functions by the names that layers take; one of your own is any function of an expression.
ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "elu": cg.elu,
    "gelu": cg.gelu,
    "leaky_relu": cg.leaky_relu,
    "linear": lambda z: z,
    "log_softmax": lambda z: cg.log_softmax(z, axis=-1),
    "mish": cg.mish,
    "relu": cg.relu,
    "sigmoid": cg.sigmoid,
    "softmax": lambda z: cg.softmax(z, axis=-1),
    "softplus": cg.softplus,
    "swish": cg.swish,
    "tanh": cg.tanh,
}

#: What is 0 on half of its inputs passes half of the variance on; weights make up for it.
_HALVES = frozenset({"elu", "gelu", "leaky_relu", "mish", "relu", "swish"})


def activated(z: Any, activation: Activation) -> Any:
    """An activation, by name or as a function, of an expression or of numbers; None leaves it as it is."""
    if activation is None:
        return z
    if callable(activation):
        return activation(z)
    if activation not in ACTIVATIONS:
        raise ValueError(
            f"unknown activation {activation!r:.40}: expected one of {', '.join(ACTIVATIONS)}. "
            "Give a function of an expression for any other."
        )
    return ACTIVATIONS[activation](z)


def _gain(activation: Activation) -> float:
    name = activation if isinstance(activation, str) else getattr(activation, "name", "")
    return 2.0 if name in _HALVES else 1.0


# -- layers with weights


def dense(
    draft: Draft, x: Any, inputs: int, units: int, activation: Activation = None, *, bias: bool = True
) -> cg.Expression:
    """h = f(x @ W + b): every unit takes a weighted sum of all inputs.

    Parameters
    ----------
    draft : Draft
    x : Expression
        Of shape (…, inputs).
    inputs, units : int
    activation : str or function, optional
        Its name, or a function of expressions.
    bias : bool

    Examples
    --------
    >>> from compgraph import nn
    >>> draft = nn.Draft()
    >>> h1 = dense(draft, cg.Variable("x"), 2, 3, "tanh")
    >>> h1, h1.arguments[0].arguments
    (tanh(z1), (x @ W1, b1))
    >>> draft.parameters["W1"].shape
    (2, 3)
    """
    k = draft.layer()
    z = x @ draft.weights(f"W{k}", (inputs, units), inputs=inputs, gain=_gain(activation))
    if bias:
        z = z + draft.parameter(f"b{k}", np.zeros(units))
    return _finished(z, k, activation)


def convolution(
    draft: Draft,
    x: Any,
    inputs: int,
    channels: int,
    activation: Activation = None,
    *,
    size: int = 3,
    stride: int = 1,
    padding: int = 0,
) -> cg.Expression:
    """A convolution of images with kernels K of size × size, one bias for each channel that comes out.

    Parameters
    ----------
    x : Expression
        Of shape (example, inputs, row, column).
    inputs, channels : int
        Channels that come in and go out.
    """
    k = draft.layer()
    kernels = draft.weights(
        f"K{k}", (channels, inputs, size, size), inputs=inputs * size * size, gain=_gain(activation)
    )
    z = cg.conv2d(x, kernels, stride=stride, padding=padding) + draft.parameter(f"b{k}", np.zeros((channels, 1, 1)))
    return _finished(z, k, activation)


def embedding(draft: Draft, tokens: Any, count: int, units: int) -> cg.Expression:
    """A learned vector for each of `count` tokens: the rows of E.

    Parameters
    ----------
    tokens : Expression or array of int
        One-hot rows, of shape (…, count); or the numbers of the tokens, which are then part of the graph.
    """
    k = draft.layer()
    table = draft.weights(f"E{k}", (count, units), inputs=1)
    if isinstance(tokens, cg.Expression):
        rows: cg.Expression = (tokens @ table).named(f"h{k}")
        return rows
    numbers = np.asarray(tokens)
    if numbers.dtype.kind not in "iu" or (numbers.size and not 0 <= numbers.min() <= numbers.max() < count):
        raise ValueError(
            f"tokens: expected whole numbers from 0 to {count - 1}, got {numbers!r:.80}. "
            "Number them, or give one-hot rows as an expression."
        )
    found: cg.Expression = table[numbers].named(f"h{k}")
    return found


def _finished(z: Any, k: int, activation: Activation) -> cg.Expression:
    """The weighted sum and what the activation makes of it, under their names."""
    if activation in (None, "linear"):
        return z.named(f"z{k}")  # type: ignore[no-any-return] # an Expression, as it has a name
    return activated(z.named(f"z{k}"), activation).named(f"h{k}")  # type: ignore[no-any-return]


# -- activations that learn


def prelu(draft: Draft, x: Any, *, start: float = 0.25) -> cg.Expression:
    """x where it is positive, β·x elsewhere, with a β that is learned."""
    k = draft.layer()
    return cg.prelu(x, draft.parameter(f"β{k}", start)).named(f"h{k}")  # type: ignore[no-any-return]


def swish(draft: Draft, x: Any, *, start: float = 1.0) -> cg.Expression:
    """x·sigmoid(β·x), with a β that is learned."""
    k = draft.layer()
    return cg.swish(x, draft.parameter(f"β{k}", start)).named(f"h{k}")  # type: ignore[no-any-return]


# -- normalisation


def layer_norm(draft: Draft, x: Any, units: int, *, epsilon: float = 1e-5) -> cg.Expression:
    """γ·(x − μ)/√(σ² + ε) + β, with the mean and the variance of the features of each example."""
    k = draft.layer()
    mean = np.mean(x, axis=-1, keepdims=True).named(f"μ{k}")
    variance = np.var(x, axis=-1, keepdims=True).named(f"var{k}")
    return _normalised(draft, k, x, mean, variance, (units,), epsilon)


def batch_norm(draft: Draft, x: Any, units: int, *, epsilon: float = 1e-5, images: bool = False) -> cg.Expression:
    """γ·(x − μ)/√(σ² + ε) + β, with the mean and the variance of each feature over the batch.

    Parameters
    ----------
    units : int
        Features of an example; of images, channels.
    images : bool
        Whether x is (example, channel, row, column): statistics are then of a channel, over its rows and columns too.

    Notes
    -----
    In training μ and σ² (the biased one, Σ(x − μ)²/m) are nodes that the gradient goes through. At test they are
    constants, running averages of what those nodes were in training; training keeps them as statistics.
    """
    k = draft.layer()
    shape = (units, 1, 1) if images else (units,)
    average = (1, *shape) if images else shape
    mean, variance = draft.statistic(f"μ{k}", np.zeros(average)), draft.statistic(f"var{k}", np.ones(average))
    if draft.training:  # nodes of the same names instead, which their averages are taken from
        axis = (0, 2, 3) if images else 0
        mean = np.mean(x, axis=axis, keepdims=images).named(f"μ{k}")
        variance = np.var(x, axis=axis, keepdims=images).named(f"var{k}")
    return _normalised(draft, k, x, mean, variance, shape, epsilon)


def _normalised(
    draft: Draft, k: int, x: Any, mean: Any, variance: Any, shape: tuple[int, ...], epsilon: float
) -> cg.Expression:
    if not 0 <= epsilon < np.inf:
        raise ValueError(f"epsilon: expected a finite number not below 0, got {epsilon!r:.40}.")
    normal = ((x - mean) / np.sqrt(variance + epsilon)).named(f"n{k}")
    scale, shift = draft.parameter(f"γ{k}", np.ones(shape)), draft.parameter(f"β{k}", np.zeros(shape))
    return (scale * normal + shift).named(f"h{k}")  # type: ignore[no-any-return] # an Expression: it has a name


# -- chance


def dropout(draft: Draft, x: Any, shape: int | tuple[int, ...], *, rate: float = 0.5) -> Any:
    """In training x times a mask of 0 and 1/(1 − rate); at test x as it is, which is the mean over all masks.

    Parameters
    ----------
    shape : int or tuple of int
        Of x for one example.
    rate : float
        The probability with which an entry is dropped.

    Notes
    -----
    The mask is an input of the graph, ``mask1`` for example, which training draws anew for every step.
    """
    if not 0 <= rate < 1:
        raise ValueError(f"rate of dropout: expected a number from 0 to below 1, got {rate!r:.40}.")
    k = draft.layer()
    if not draft.training:
        return x
    whole = (shape,) if isinstance(shape, int) else tuple(shape)
    return (x * draft.mask(f"mask{k}", whole, rate)).named(f"h{k}")

"""Losses: what a network is told about its outputs.

The outputs of an example stand in the last axis. A loss sums over them as its name says and is the mean over all
examples, so that its gradient is the mean of the gradients for each. Outputs may also be a list of scalar
expressions, of one example: the graph then has its nodes one by one.

==========================  =====================================================================================
`half_squares(y, t)`        ½·Σ(y − t)², of lectures
`sum_squares(y, t)`         Σ(y − t)²
`mean_squares(y, t)`        the mean of (y − t)² over outputs as well
`sigmoid_cross_entropy`     −Σ t·log σ(z) + (1 − t)·log(1 − σ(z)), classes that do not exclude each other
`softmax_cross_entropy`     −Σ t·log softmax(z), classes that do
`log_likelihood(y, t)`      t·log y + (1 − t)·log(1 − y), to be made large; entry by entry
`l1(*weights)`              Σ|w|
`l2(*weights)`              Σw²
==========================  =====================================================================================

The two cross-entropies take what goes into σ or softmax, the logits: they neither overflow nor lose digits there.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import add
from typing import Any

import numpy as np

import compgraph as cg

__all__ = [
    "half_squares",
    "l1",
    "l2",
    "log_likelihood",
    "mean_squares",
    "sigmoid_cross_entropy",
    "softmax_cross_entropy",
    "sum_squares",
]


def half_squares(y: Any, t: Any) -> Any:
    """½·Σ(y − t)², the mean over examples.

    Examples
    --------
    >>> half_squares([cg.Variable("y1"), cg.Variable("y2")], [0.01, 0.99])
    (y1 − 0.01)²/2 + (y2 − 0.99)²/2
    >>> float(half_squares(np.array([[3.0, 1.0], [1.0, 1.0]]), np.ones((2, 2))))
    1.0
    """
    if isinstance(y, (list, tuple)):
        return reduce(add, [(one - wanted) ** 2 / 2 for one, wanted in _pairs(y, t)])
    return sum_squares(y, t) / 2


def sum_squares(y: Any, t: Any) -> Any:
    """Σ(y − t)², the mean over examples."""
    if isinstance(y, (list, tuple)):
        return reduce(add, [(one - wanted) ** 2 for one, wanted in _pairs(y, t)])
    return _over_examples((y - t) ** 2)


def mean_squares(y: Any, t: Any) -> Any:
    """The mean of (y − t)² over outputs and examples."""
    if isinstance(y, (list, tuple)):
        return sum_squares(y, t) / len(y)
    return np.mean((y - t) ** 2)


def sigmoid_cross_entropy(z: Any, t: Any) -> Any:
    """The cross-entropy of σ(z) and t, Σ log(1 + eᶻ) − t·z; the mean over examples.

    Examples
    --------
    >>> float(sigmoid_cross_entropy(np.array([1000.0, 0.0]), np.array([0.0, 1.0])).round(4))
    1000.6931
    """
    return _over_examples(cg.softplus(z) - t * z)


def softmax_cross_entropy(z: Any, labels: Any, *, classes: int | None = None) -> Any:
    """The cross-entropy of softmax(z) and labels, the mean over examples.

    Parameters
    ----------
    z : Expression or array
        Logits, of shape (…, classes).
    labels : Expression or array
        One-hot rows (or probabilities); or, as an array of whole numbers without the last axis, classes.
    classes : int, optional
        How many there are, where the labels are an Expression whose values will be the numbers of classes.

    Examples
    --------
    >>> z = np.array([[0.0, 1000.0], [5.0, 5.0]])
    >>> rows, classes = np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([1, 0])
    >>> [round(float(softmax_cross_entropy(z, labels)), 4) for labels in (rows, classes)]
    [0.3466, 0.3466]
    """
    if classes is not None:
        of_class = cg.equal(np.expand_dims(labels, -1), np.arange(classes))
        return -_over_examples(cg.where(of_class, 1.0, 0.0) * cg.log_softmax(z, axis=-1))
    if isinstance(labels, cg.Expression) or np.asarray(labels).dtype.kind == "f":
        return -_over_examples(labels * cg.log_softmax(z, axis=-1))
    numbers = np.asarray(labels)
    if numbers.dtype.kind not in "iu":
        raise TypeError(
            f"labels: expected one-hot rows of floats or whole numbers, got {numbers.dtype} {labels!r:.60}. "
            "one_hot makes rows of any labels."
        )
    taken = cg.log_softmax(z, axis=-1)[(*np.indices(numbers.shape), numbers)]
    return -np.mean(taken)


def log_likelihood(y: Any, t: Any) -> Any:
    """t·log y + (1 − t)·log(1 − y): large where y is right, of each entry. Its negative is a loss.

    Examples
    --------
    >>> log_likelihood(cg.Variable("y"), 1)
    1·log(y) + 0·log(1 − y)
    """
    return t * np.log(y) + (1 - t) * np.log(1 - y)


def l1(*weights: Any) -> Any:
    """Σ|w| over all entries; at 0 the derivative is taken as 0. Times a rate, it is added to a loss."""
    return reduce(add, [np.sum(abs(w)) for w in _some(weights)])


def l2(*weights: Any) -> Any:
    """Σw² over all entries. Times a rate, it is added to a loss.

    Examples
    --------
    >>> 0.05 * l2(cg.Variable("W1"), cg.Variable("W2"))
    0.05·(sum(W1²) + sum(W2²))
    """
    return reduce(add, [np.sum(w**2) for w in _some(weights)])


def _some(weights: tuple[Any, ...]) -> tuple[Any, ...]:
    if not weights:
        raise ValueError("a penalty: expected weights, got none. Name them: l2(W1, W2).")
    return weights


def _pairs(y: Sequence[Any], t: Any) -> list[tuple[Any, Any]]:
    if not y or not isinstance(t, (list, tuple, np.ndarray)) or len(t) != len(y):
        raise ValueError(
            f"targets: expected one for each of {len(y)} outputs, got {t!r:.60}. Write a list, in the same order."
        )
    return list(zip(y, t, strict=True))


def _over_examples(entries: Any) -> Any:
    return np.mean(np.sum(entries, axis=-1))

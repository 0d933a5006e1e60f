"""Rules for going downhill: how far one parameter moves, given its gradient and what is remembered of it.

=====================  ==============================================================================
`GradientDescent`      θ ← θ − α·g
`Momentum`             v ← γ·v + α·g, θ ← θ − v
`Nesterov`             the same, with the gradient taken where the velocity leads: at θ − γ·v
`AdaGrad`              θ ← θ − α·g / √(sum of all g²)
`RMSProp`              θ ← θ − α·g / √(moving average of g²)
`AdaDelta`             θ ← θ − α·g · √(moving average of moves²) / √(moving average of g²)
`Adam`                 θ ← θ − α·m̂ / √v̂, moving averages of g and g² without their bias
=====================  ==============================================================================

An optimizer is a row of numbers and holds nothing: what it remembers of a parameter goes in and comes out, entry by
entry, so that it serves floats and arrays of any shape. `descend` and `minimize` take the steps.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np

from compgraph.nn.averages import averaged, unbiased

__all__ = [
    "AdaDelta",
    "AdaGrad",
    "Adam",
    "GradientDescent",
    "Momentum",
    "Nesterov",
    "Optimizer",
    "RMSProp",
]

Rate = float | Callable[[int], float]
Value = Any  # a float or an array of floats
Memory = Mapping[str, Value]


@dataclass(frozen=True)
class Optimizer(ABC):
    """What all rules share; a rule of one's own is a subclass with a `move`.

    Parameters
    ----------
    rate : float or function
        The learning rate α, or a schedule: the function from the number of the step (1, 2, …) to its rate.

    Examples
    --------
    >>> GradientDescent(rate=lambda step: 0.5 / step).rate_at(10)
    0.05
    """

    rate: Rate

    #: The names under which something is remembered of every parameter; each starts as zeros.
    slots: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        if not callable(self.rate):
            self.rate_at(1)
        for name, value in vars(self).items():
            wanted = _RANGES.get(name)
            if wanted and not wanted.holds(value):
                raise ValueError(
                    f"{name} of {type(self).__name__}: expected a number {wanted.words}, got {value!r:.40}."
                )

    @abstractmethod
    def move(self, gradient: Value, memory: Memory, rate: float, step: int) -> tuple[Value, Memory]:
        """What is subtracted from a parameter, and what is remembered of it from now on."""

    def begin(self, zero: Value) -> Memory:
        """What is remembered of a parameter before the first step; `zero` is 0 in its shape."""
        return dict.fromkeys(self.slots, zero)

    def ahead(self, memory: Memory) -> Value:
        """What is subtracted from a parameter to get to where its gradient is taken."""
        return 0.0

    def rate_at(self, step: int) -> float:
        """The learning rate of a step, counted from 1."""
        rate = self.rate(step) if callable(self.rate) else self.rate
        if not (_is_number(rate) and 0 < rate < math.inf):
            raise ValueError(
                f"learning rate of {type(self).__name__} at step {step}: expected a finite number above 0 "
                f"or a function of the step that returns one, got {rate!r:.40}. To climb, descend on the negative."
            )
        return float(rate)


@dataclass(frozen=True)
class GradientDescent(Optimizer):
    """θ ← θ − α·g.

    Examples
    --------
    >>> GradientDescent(rate=0.1).move(2.0, {}, 0.1, 1)
    (0.2, {})
    """

    rate: Rate = 0.01

    def move(self, gradient: Value, memory: Memory, rate: float, step: int) -> tuple[Value, Memory]:
        return rate * gradient, memory


@dataclass(frozen=True)
class Momentum(Optimizer):
    """v ← γ·v + α·g, θ ← θ − v, γ being `decay`: the velocity includes the learning rate and is subtracted."""

    rate: Rate = 0.01
    decay: float = 0.9
    slots = ("velocity",)

    def move(self, gradient: Value, memory: Memory, rate: float, step: int) -> tuple[Value, Memory]:
        velocity = self.decay * memory["velocity"] + rate * gradient
        return velocity, {"velocity": velocity}


@dataclass(frozen=True)
class Nesterov(Momentum):
    """Momentum with the gradient at the look-ahead point θ − γ·v, where the velocity alone would lead.

    Notes
    -----
    The gradient function is called at that point, not at θ. What frameworks call Nesterov often follows the look-ahead
    points instead, and so goes through others.
    """

    def ahead(self, memory: Memory) -> Value:
        return self.decay * memory["velocity"]


@dataclass(frozen=True)
class AdaGrad(Optimizer):
    """θ ← θ − α·g / (√G + ε), G being the sum of all g² so far: every entry has a rate of its own, which only falls.

    Parameters
    ----------
    rate : float or function
    accumulated : float
        What the sum starts from.
    epsilon : float
        Added to the root. With 0, an entry whose gradients were all 0 stays where it is.
    """

    rate: Rate = 0.01
    accumulated: float = 0.0
    epsilon: float = 1e-8
    slots = ("squares",)

    def begin(self, zero: Value) -> Memory:
        return {"squares": zero + self.accumulated}

    def move(self, gradient: Value, memory: Memory, rate: float, step: int) -> tuple[Value, Memory]:
        squares = memory["squares"] + gradient * gradient
        return rate * _over(gradient, squares**0.5 + self.epsilon), {"squares": squares}


@dataclass(frozen=True)
class RMSProp(Optimizer):
    """θ ← θ − α·g / (√s + ε) with s ← ρ·s + (1 − ρ)·g², ρ being `decay`: AdaGrad that forgets."""

    rate: Rate = 0.001
    decay: float = 0.9
    epsilon: float = 1e-8
    slots = ("squares",)

    def move(self, gradient: Value, memory: Memory, rate: float, step: int) -> tuple[Value, Memory]:
        squares = averaged(memory["squares"], gradient * gradient, self.decay)
        return rate * _over(gradient, squares**0.5 + self.epsilon), {"squares": squares}


@dataclass(frozen=True)
class AdaDelta(Optimizer):
    """θ ← θ − α·d with d = g·√(D + ε) / √(s + ε), s and D being moving averages of g² and of d².

    Notes
    -----
    A step has the unit of the parameter, which is why α may be 1. The first steps are of size √(ε / (1 − ρ)), ρ being
    `decay`: ε says how boldly to begin.

    References
    ----------
    Zeiler, "ADADELTA: an adaptive learning rate method", arXiv:1212.5701 (2012).
    """

    rate: Rate = 1.0
    decay: float = 0.95
    epsilon: float = 1e-7
    slots = ("squares", "moves")

    def move(self, gradient: Value, memory: Memory, rate: float, step: int) -> tuple[Value, Memory]:
        squares = averaged(memory["squares"], gradient * gradient, self.decay)
        moved = gradient * _over((memory["moves"] + self.epsilon) ** 0.5, (squares + self.epsilon) ** 0.5)
        return rate * moved, {"squares": squares, "moves": averaged(memory["moves"], moved * moved, self.decay)}


@dataclass(frozen=True)
class Adam(Optimizer):
    """θ ← θ − α·m̂ / (√v̂ + ε), m and v being moving averages of g and g², and m̂, v̂ the same without their bias.

    Parameters
    ----------
    rate : float or function
    first, second : float
        The decays β₁ and β₂ of the two averages.
    epsilon : float
        Added to the root.

    References
    ----------
    Kingma, Ba, "Adam: a method for stochastic optimization", arXiv:1412.6980 (2014).

    Examples
    --------
    The first step is the learning rate, whatever the size of the gradient:

    >>> Adam(rate=0.5, epsilon=0.0).move(1e-3, {"mean": 0.0, "squares": 0.0}, 0.5, 1)[0]
    0.5
    """

    rate: Rate = 0.001
    first: float = 0.9
    second: float = 0.999
    epsilon: float = 1e-8
    slots = ("mean", "squares")

    def move(self, gradient: Value, memory: Memory, rate: float, step: int) -> tuple[Value, Memory]:
        mean = averaged(memory["mean"], gradient, self.first)
        squares = averaged(memory["squares"], gradient * gradient, self.second)
        root = unbiased(squares, self.second, step) ** 0.5
        moved = rate * _over(unbiased(mean, self.first, step), root + self.epsilon)
        return moved, {"mean": mean, "squares": squares}


def _over(numerator: Value, denominator: Value) -> Value:
    """A quotient, 0 where the denominator is: without an epsilon, what never had a gradient does not move."""
    if isinstance(denominator, np.ndarray):
        return np.divide(numerator, denominator, out=np.zeros_like(denominator), where=denominator != 0)
    return numerator / denominator if denominator else 0.0


class _Range(NamedTuple):
    words: str
    below: float

    def holds(self, value: object) -> bool:
        return _is_number(value) and 0 <= value < self.below  # type: ignore[operator]


#: What the fields of an optimizer may be, by their names.
_RANGES = {
    **dict.fromkeys(("decay", "first", "second"), _Range("from 0 to below 1", 1)),
    **dict.fromkeys(("epsilon", "accumulated"), _Range("that is finite and not below 0", math.inf)),
}


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)

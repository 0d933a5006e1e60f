"""Learning rates that fall: functions of the number of the step, as optimizers take them.

>>> from compgraph.nn import Adam
>>> Adam(rate=Exponential(0.01, half_life=100)).rate_at(101)
0.005
"""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = ["Cosine", "Exponential"]


@dataclass(frozen=True)
class Exponential:
    """α·2^(−(step − 1)/half_life): half of what it was after every so many steps."""

    rate: float
    half_life: float

    def __call__(self, step: int) -> float:
        return float(self.rate * 2.0 ** (-(step - 1) / self.half_life))


@dataclass(frozen=True)
class Cosine:
    """From α down half a wave of the cosine, near 0 at the last of so many `steps`, and as it was there from then on.

    Examples
    --------
    >>> rate = Cosine(0.1, steps=4)
    >>> [round(rate(step), 4) for step in range(1, 6)]
    [0.1, 0.0854, 0.05, 0.0146, 0.0146]
    """

    rate: float
    steps: int

    def __call__(self, step: int) -> float:
        return self.rate * (1 + math.cos(math.pi * (min(step, self.steps) - 1) / self.steps)) / 2

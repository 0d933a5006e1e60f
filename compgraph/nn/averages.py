"""Exponential moving averages, and the correction for having started them from 0."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

__all__ = ["Average", "averaged", "moving_average", "unbiased"]


class Average(NamedTuple):
    """An exponential moving average after a step: as it is, and `corrected` for having started from 0."""

    step: int
    value: Any
    corrected: Any


def moving_average(values: Iterable[Any], decay: float = 0.9) -> Iterator[Average]:
    """The exponential moving average m ← β·m + (1 − β)·value from m = 0, β being `decay`; of numbers or arrays.

    Yields
    ------
    Average
        One per value. As m is (1 − β)·Σ βᵗ⁻ⁱ·valueᵢ, its weights add up to 1 − βᵗ only; ``corrected`` is m / (1 − βᵗ).

    Examples
    --------
    >>> for average in moving_average([4.0, 4.0, 8.0], decay=0.5):
    ...     print(*average)
    1 2.0 4.0
    2 3.0 4.0
    3 5.5 6.285714285714286
    """
    if not 0 <= decay < 1:
        raise ValueError(f"decay of a moving average: expected a number from 0 to below 1, got {decay!r:.40}.")
    return _averages(values, decay)


def _averages(values: Iterable[Any], decay: float) -> Iterator[Average]:
    average: Any = 0.0
    for step, value in enumerate(values, 1):
        average = averaged(average, value, decay)
        yield Average(step, average, unbiased(average, decay, step))


def averaged(old: Any, new: Any, decay: float) -> Any:
    """One step of the average."""
    return decay * old + (1 - decay) * new


def unbiased(average: Any, decay: float, step: int) -> Any:
    """The average after a step, divided by the sum of its weights."""
    return average / (1 - decay**step)

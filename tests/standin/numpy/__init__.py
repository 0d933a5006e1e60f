"""A stand-in for NumPy in which nothing is an array: what scalars need of it, and an error for all else.

Used where Python runs and NumPy is not to be had, to show that nothing but NumPy is missing.
"""

from __future__ import annotations

import contextlib
import math
import sys
import types
from typing import Any


class ndarray:
    """What nothing is."""

    def __class_getitem__(cls, _: Any) -> type:
        return cls


class _Absent(type):
    """The type of whatever has a name in NumPy: it can be named and subscripted, and not be called."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _absent(f"{cls.__name__}.{name}")

    def __getitem__(cls, _: Any) -> Any:
        return cls

    def __call__(cls, *_: Any, **__: Any) -> Any:
        raise NotImplementedError(f"numpy.{cls.__name__}: there are no arrays here")


def _absent(name: str) -> Any:
    return _Absent(name, (), {})


def ndim(x: Any) -> int:
    return 0


def shape(x: Any) -> tuple[int, ...]:
    return ()


def vectorize(function: Any, **_: Any) -> Any:
    return function


def finfo(_: Any) -> Any:
    return types.SimpleNamespace(eps=sys.float_info.epsilon, max=sys.float_info.max, tiny=sys.float_info.min)


errstate = contextlib.nullcontext
pi, e, inf, nan = math.pi, math.e, math.inf, math.nan


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    made = globals()[name] = _absent(name)
    return made

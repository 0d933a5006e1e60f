"""Names for annotations."""

from __future__ import annotations

from numpy import ndarray

NDArray = ArrayLike = DTypeLike = ndarray

"""Maps that multiply nothing: entries are added up, repeated, or put in another order or shape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from compgraph.maps.base import LinearMap, Shape, ShapeLike, as_shape, size
from compgraph.maps.elementwise import Identity

__all__ = ["Broadcast", "Move", "Permute", "Reshape", "Sum", "broadcast", "summed", "thin"]


class Move(LinearMap):
    """No multiplications."""

    __slots__ = ()

    @property
    def cost(self) -> int:
        return 0


class Sum(Move):
    """Sums over axes, which are gone afterwards: ``Sum(input, axes=None)``; None is over all of them.

    With the `dtype` of what is summed, the transpose makes an array of this kind of a Python number.

    Examples
    --------
    >>> Sum((2, 3), axes=1).apply([[1, 2, 3], [4, 5, 6]])
    array([ 6, 15])
    """

    __slots__ = ("_dtype", "axes")

    def __init__(
        self, input: ShapeLike, axes: int | Sequence[int] | None = None, *, dtype: DTypeLike | None = None
    ) -> None:
        self.input = as_shape(input)
        self.axes = _axes("Sum", axes, self.input)
        self.output = _without(self.input, self.axes)
        self._dtype = None if dtype is None else np.dtype(dtype)

    def _apply(self, x: Any) -> Any:
        return summed(x, self.axes, len(self._further(x)), len(self.input))

    def transpose(self) -> Broadcast:
        return Broadcast(self.input, self.axes, dtype=self._dtype)

    @property
    def dtype(self) -> np.dtype[Any] | None:
        return self._dtype

    @property
    def label(self) -> str:
        return "Σ" + _listed(self.axes, self.input)


class Broadcast(Move):
    """Repeats along new axes: ``Broadcast(output, axes=None)``, where `axes` are those of the output that are new.

    The transpose of `Sum`, with the same `dtype`; the function `broadcast` has NumPy's rules for two shapes.

    Examples
    --------
    >>> Broadcast((2, 3), axes=0).apply([1, 2, 3])
    array([[1, 2, 3],
           [1, 2, 3]])
    """

    __slots__ = ("_dtype", "axes")

    def __init__(
        self, output: ShapeLike, axes: int | Sequence[int] | None = None, *, dtype: DTypeLike | None = None
    ) -> None:
        self.output = as_shape(output)
        self.axes = _axes("Broadcast", axes, self.output)
        self.input = _without(self.output, self.axes)
        self._dtype = None if dtype is None else np.dtype(dtype)

    def _apply(self, x: Any) -> Any:
        further = self._further(x)
        return np.broadcast_to(thin(x, self.axes, len(further)), (*further, *self.output)) if self.axes else x

    def transpose(self) -> Sum:
        return Sum(self.output, self.axes, dtype=self._dtype)

    @property
    def dtype(self) -> np.dtype[Any] | None:
        return self._dtype

    @property
    def label(self) -> str:
        return "repeat" + _listed(self.axes, self.output)


class Permute(Move):
    """Axes in another order: ``Permute(input, axes=None)``; None reverses them, as NumPy's transpose does.

    Examples
    --------
    >>> Permute((2, 3, 4), (1, 2, 0))
    LinearMap (3, 4, 2) ← (2, 3, 4): axes 1, 2, 0
    """

    __slots__ = ("axes",)

    def __init__(self, input: ShapeLike, axes: Sequence[int] | None = None) -> None:
        self.input = as_shape(input)
        rank = len(self.input)
        self.axes = tuple(range(rank))[::-1] if axes is None else _counted("Permute", tuple(axes), rank)
        if len(self.axes) != rank:
            raise ValueError(
                f"Permute {self.input}: expected each of the {rank} axes once, got {self.axes}. Write all of them."
            )
        self.output = tuple([self.input[axis] for axis in self.axes])

    def _apply(self, x: Any) -> Any:
        further = len(self._further(x))
        return np.transpose(x, (*range(further), *[further + axis for axis in self.axes]))

    def transpose(self) -> Permute:
        return Permute(self.output, np.argsort(self.axes).tolist())

    @property
    def label(self) -> str:
        return f"axes {', '.join(map(str, self.axes))}"


class Reshape(Move):
    """The same entries in another shape, last axes fastest: ``Reshape(output, input)``."""

    __slots__ = ()

    def __init__(self, output: ShapeLike, input: ShapeLike) -> None:
        self.output, self.input = as_shape(output), as_shape(input)
        if size(self.output) != size(self.input):
            raise ValueError(
                f"Reshape: expected shapes of equal size, got {self.output} with {size(self.output)} entries and "
                f"{self.input} with {size(self.input)}. Use Gather or broadcast to drop or repeat entries."
            )

    def _apply(self, x: Any) -> Any:
        return np.reshape(x, (*self._further(x), *self.output))

    def transpose(self) -> Reshape:
        return Reshape(self.input, self.output)

    @property
    def label(self) -> str:
        return "reshape"


def broadcast(input: ShapeLike, output: ShapeLike, *, dtype: DTypeLike | None = None) -> LinearMap:
    """What NumPy's broadcasting does to an array: axes of length 1 are stretched, missing ones are new in front.

    With the `dtype` of the array, the map keeps it as `Broadcast` does.

    Examples
    --------
    >>> broadcast((3, 1), (2, 3, 4)).T.apply(np.ones((2, 3, 4)))
    array([[8.],
           [8.],
           [8.]])
    """
    start, end = as_shape(input), as_shape(output)
    new = len(end) - len(start)
    padded = (1,) * new + start
    if new < 0 or any(length not in (1, wanted) for length, wanted in zip(padded, end, strict=False)):
        raise ValueError(
            f"broadcast: expected a shape that fits {end}, got {start}. "
            "Counted from the last axis, lengths must be equal or 1."
        )
    if start == end:
        return Identity(end)
    stretched = [axis for axis, wanted in enumerate(end) if axis < new or padded[axis] != wanted]
    repeat = Broadcast(end, stretched, dtype=dtype)
    joined: LinearMap = repeat @ Reshape(repeat.input, start)
    return joined


def _axes(kind: str, axes: int | Sequence[int] | None, shape: Shape) -> tuple[int, ...]:
    if axes is None:
        return tuple(range(len(shape)))
    return tuple(sorted(_counted(kind, (axes,) if isinstance(axes, int) else tuple(axes), len(shape))))


def _counted(kind: str, axes: tuple[int, ...], rank: int) -> tuple[int, ...]:
    """Axes counted from the front, each of them there and named once."""
    if any(not -rank <= axis < rank for axis in axes) or len({axis % rank for axis in axes}) != len(axes):
        raise ValueError(
            f"{kind}: expected different axes of {rank} dimensions, got {axes}. "
            f"Axes are counted from 0 to {rank - 1}, or from −1 backwards."
        )
    return tuple([axis % rank for axis in axes])


def _without(shape: Shape, axes: tuple[int, ...]) -> Shape:
    return tuple([length for axis, length in enumerate(shape) if axis not in axes])


def summed(x: Any, axes: tuple[int, ...], further: int, rank: int) -> Any:
    """The sum over axes of the input, which stand behind `further` ones."""
    if not axes:
        return x
    if len(axes) == rank and not further:
        return np.sum(x)
    return np.sum(x, axis=tuple([further + axis for axis in axes]) if len(axes) > 1 else further + axes[0])


def thin(x: Any, axes: tuple[int, ...], further: int) -> Any:
    """With new axes of length 1, behind `further` ones; as it is where NumPy would put them of its own accord."""
    if not further and axes == tuple(range(len(axes))):
        return x
    return np.expand_dims(x, tuple([further + axis for axis in axes]))


def _listed(axes: tuple[int, ...], shape: Shape) -> str:
    """Which axes, unless it is all of them."""
    if len(axes) == len(shape):
        return ""
    return f" axis {axes[0]}" if len(axes) == 1 else f" axes {', '.join(map(str, axes))}"

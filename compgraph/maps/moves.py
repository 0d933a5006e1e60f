"""Maps that multiply nothing: entries are added up, repeated, put in another place or left out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from compgraph.maps.base import Array, LinearMap, Shape, ShapeLike, as_shape, size
from compgraph.maps.elementwise import Identity

__all__ = ["Broadcast", "Gather", "Permute", "Reshape", "Scatter", "Sum", "broadcast"]


class _Move(LinearMap):
    """No multiplications."""

    __slots__ = ()

    @property
    def cost(self) -> int:
        return 0


class Sum(_Move):
    """Sums over axes, which are gone afterwards: ``Sum(input, axes=None)``; None is over all of them.

    Examples
    --------
    >>> Sum((2, 3), axes=1).apply([[1, 2, 3], [4, 5, 6]])
    array([ 6, 15])
    """

    __slots__ = ("axes",)

    def __init__(self, input: ShapeLike, axes: int | Sequence[int] | None = None) -> None:
        self.input = as_shape(input)
        self.axes = _axes("Sum", axes, self.input)
        self.output = _without(self.input, self.axes)

    def _apply(self, stack: Array) -> Array:
        return np.asarray(np.sum(stack, axis=tuple([1 + axis for axis in self.axes])))

    def transpose(self) -> Broadcast:
        return Broadcast(self.input, self.axes)

    @property
    def label(self) -> str:
        return "Σ" + _listed(self.axes, self.input)


class Broadcast(_Move):
    """Repeats along new axes: ``Broadcast(output, axes=None)``, where `axes` are those of the output that are new.

    The transpose of `Sum`; the function `broadcast` has NumPy's rules for two shapes.

    Examples
    --------
    >>> Broadcast((2, 3), axes=0).apply([1, 2, 3])
    array([[1, 2, 3],
           [1, 2, 3]])
    """

    __slots__ = ("axes",)

    def __init__(self, output: ShapeLike, axes: int | Sequence[int] | None = None) -> None:
        self.output = as_shape(output)
        self.axes = _axes("Broadcast", axes, self.output)
        self.input = _without(self.output, self.axes)

    def _apply(self, stack: Array) -> Array:
        thin = np.expand_dims(stack, tuple([1 + axis for axis in self.axes]))
        return np.broadcast_to(thin, (len(stack), *self.output))

    def transpose(self) -> Sum:
        return Sum(self.output, self.axes)

    @property
    def label(self) -> str:
        return "repeat" + _listed(self.axes, self.output)


class Permute(_Move):
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

    def _apply(self, stack: Array) -> Array:
        return stack.transpose(0, *[1 + axis for axis in self.axes])

    def transpose(self) -> Permute:
        return Permute(self.output, np.argsort(self.axes).tolist())

    @property
    def label(self) -> str:
        return f"axes {', '.join(map(str, self.axes))}"


class Reshape(_Move):
    """The same entries in another shape, last axes fastest: ``Reshape(output, input)``."""

    __slots__ = ()

    def __init__(self, output: ShapeLike, input: ShapeLike) -> None:
        self.output, self.input = as_shape(output), as_shape(input)
        if size(self.output) != size(self.input):
            raise ValueError(
                f"Reshape: expected shapes of equal size, got {self.output} with {size(self.output)} entries and "
                f"{self.input} with {size(self.input)}. Use Gather or broadcast to drop or repeat entries."
            )

    def _apply(self, stack: Array) -> Array:
        return stack.reshape(len(stack), *self.output)

    def transpose(self) -> Reshape:
        return Reshape(self.input, self.output)

    @property
    def label(self) -> str:
        return "reshape"


class Gather(_Move):
    """Some entries, in any order and as often as wanted: ``Gather(input, index)`` is x ↦ x[index].

    Parameters
    ----------
    input : shape
    index : anything NumPy takes between brackets
        Integers, slices, arrays of integers or of booleans, ``...``, None, and tuples of these.

    Examples
    --------
    >>> Gather((2, 3), (slice(None), [2, 2])).apply([[1, 2, 3], [4, 5, 6]])
    array([[3, 3],
           [6, 6]])
    """

    __slots__ = ("places",)

    def __init__(self, input: ShapeLike, index: Any) -> None:
        self.input = as_shape(input)
        self.places = _places(self.input, index)
        self.output = self.places.shape

    def _apply(self, stack: Array) -> Array:
        return stack.reshape(len(stack), size(self.input))[:, self.places]

    def transpose(self) -> Scatter:
        return Scatter._at(self.input, self.places)

    @classmethod
    def _at(cls, input: Shape, places: Array) -> Gather:
        map = cls.__new__(cls)
        map.input, map.places, map.output = input, places, places.shape
        return map

    @property
    def label(self) -> str:
        return "gather"


class Scatter(_Move):
    """Entries to their places among zeros, added where they meet: ``Scatter(output, index)``.

    The transpose of `Gather`, with the same `index`.

    Examples
    --------
    >>> Scatter(4, [0, 2, 2]).apply([1, 10, 100])
    array([  1,   0, 110,   0])
    """

    __slots__ = ("places",)

    def __init__(self, output: ShapeLike, index: Any) -> None:
        self.output = as_shape(output)
        self.places = _places(self.output, index)
        self.input = self.places.shape

    def _apply(self, stack: Array) -> Array:
        width = size(self.output)
        flat = np.zeros(len(stack) * width, stack.dtype)
        # one flat index: NumPy's add.at is quick for these only
        rows = width * np.arange(len(stack))[:, np.newaxis]
        np.add.at(flat, (rows + self.places.ravel()).ravel(), stack.ravel())
        return flat.reshape(len(stack), *self.output)

    def transpose(self) -> Gather:
        return Gather._at(self.output, self.places)

    @classmethod
    def _at(cls, output: Shape, places: Array) -> Scatter:
        map = cls.__new__(cls)
        map.output, map.places, map.input = output, places, places.shape
        return map

    @property
    def label(self) -> str:
        return "scatter"


def broadcast(input: ShapeLike, output: ShapeLike) -> LinearMap:
    """What NumPy's broadcasting does to an array: axes of length 1 are stretched, missing ones are new in front.

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
    repeat = Broadcast(end, [axis for axis, wanted in enumerate(end) if axis < new or padded[axis] != wanted])
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


def _places(shape: Shape, index: Any) -> Array:
    """Where the entries stand that an index takes, counted through the whole array."""
    try:
        return np.asarray(np.arange(size(shape)).reshape(shape)[index])
    except IndexError as error:
        raise IndexError(f"an array of the shape {shape}: {error}. Give an index that fits the shape.") from None


def _listed(axes: tuple[int, ...], shape: Shape) -> str:
    """Which axes, unless it is all of them."""
    if len(axes) == len(shape):
        return ""
    return f" axis {axes[0]}" if len(axes) == 1 else f" axes {', '.join(map(str, axes))}"

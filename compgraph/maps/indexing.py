"""Maps that pick entries out, and put them back among zeros: what an index does, and its transpose."""

from __future__ import annotations

from types import EllipsisType
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from compgraph.maps.base import Array, Shape, ShapeLike, as_shape, is_duck, size
from compgraph.maps.moves import Move

__all__ = ["Gather", "Scatter"]


class _Indexed(Move):
    """What the two have in common: a whole, and the part of it that an index picks.

    The index is a tuple; None if there are only `places`, counted through the whole array, last axes fastest.
    """

    __slots__ = ("_dtype", "_places", "index")

    index: tuple[Any, ...] | None
    _dtype: np.dtype[Any] | None
    _places: Array | None

    @property
    def dtype(self) -> np.dtype[Any] | None:
        """The kind of array that is made of a Python number."""
        return self._dtype

    def _keep(self, whole: Shape, index: Any) -> Shape:
        """Keeps the index; the shape of the part."""
        self.index, self._places = index if isinstance(index, tuple) else (index,), None
        if not self._is_basic():
            self._places = _at(np.arange(size(whole)).reshape(whole), index)
            return self._places.shape
        return _at(np.broadcast_to(np.zeros(()), whole), index).shape  # an array without entries of its own

    def _is_basic(self) -> bool:
        """Whether the index only slices: then no entry is picked twice, and NumPy copies none."""
        kinds = (int, np.integer, slice, type(None), EllipsisType)
        return self.index is not None and all(isinstance(i, kinds) and not isinstance(i, bool) for i in self.index)

    def _picked_places(self, whole: Shape) -> Array:
        if self._places is None:  # made on use; nothing that can be seen depends on when
            self._places = np.asarray(np.arange(size(whole)).reshape(whole)[self.index])
        return self._places

    def _index_behind(self, further: Shape) -> tuple[Any, ...] | None:
        """The index of an array with further axes in front; None where only places are known for it."""
        if self.index is None or (further and not self._is_basic()):
            return None
        return (*[slice(None)] * len(further), *self.index)


class Gather(_Indexed):
    """Some entries, in any order and as often as wanted: ``Gather(input, index)`` is x ↦ x[index].

    Parameters
    ----------
    input : shape
    index : anything NumPy takes between brackets
        Integers, slices, arrays of integers or of booleans, ``...``, None, and tuples of these.
    dtype : optional
        The kind of array that the transpose makes of a Python number.

    Examples
    --------
    >>> Gather((2, 3), (slice(None), [2, 2])).apply([[1, 2, 3], [4, 5, 6]])
    array([[3, 3],
           [6, 6]])
    """

    __slots__ = ()

    def __init__(self, input: ShapeLike, index: Any, *, dtype: DTypeLike | None = None) -> None:
        self.input = as_shape(input)
        self._dtype = None if dtype is None else np.dtype(dtype)
        self.output = self._keep(self.input, index)

    @classmethod
    def at(cls, input: ShapeLike, places: Any) -> Gather:
        """The entries at given places, which are counted through the whole array, last axes fastest.

        Examples
        --------
        >>> Gather.at((2, 3), [[5, 0]]).apply([[1, 2, 3], [4, 5, 6]])
        array([[6, 1]])
        """
        map, whole, where = cls.__new__(cls), as_shape(input), np.asarray(places)
        if where.dtype.kind not in "iu" and where.size:
            raise TypeError(f"Gather.at: expected places, which are whole numbers, got the kind {where.dtype}.")
        where = where.astype(np.intp, copy=False)
        if where.size and not (where.min() >= 0 and where.max() < size(whole)):
            raise IndexError(
                f"Gather.at: expected places from 0 to {size(whole) - 1} in an array of the shape {whole}, "
                f"got {where.min()} to {where.max()}. Count the entries through, the last axis fastest."
            )
        map.input, map.output, map.index, map._places, map._dtype = whole, where.shape, None, where, None
        return map

    @property
    def places(self) -> Array:
        """Where the entries of the output stand in the input, counted through the whole array."""
        return self._picked_places(self.input)

    def _apply(self, x: Any) -> Any:
        further = self._further(x)
        index = self._index_behind(further)
        if index is not None:
            return (x if is_duck(x) else np.asarray(x))[index[0] if len(index) == 1 else index]
        flat = x if len(self.input) == 1 else np.reshape(x, (*further, size(self.input)))
        return flat[..., self.places] if further else flat[self.places]

    def transpose(self) -> Scatter:
        map = Scatter.__new__(Scatter)
        map.input, map.output, map.index, map._places = self.output, self.input, self.index, self._places
        map._dtype = self._dtype
        return map

    @property
    def label(self) -> str:
        return "gather"


class Scatter(_Indexed):
    """Entries to their places among zeros, added where they meet: ``Scatter(output, index)``.

    The transpose of `Gather`, with the same `index`.

    Examples
    --------
    >>> Scatter(4, [0, 2, 2]).apply([1, 10, 100])
    array([  1,   0, 110,   0])
    """

    __slots__ = ()

    def __init__(self, output: ShapeLike, index: Any) -> None:
        self.output = as_shape(output)
        self._dtype = None
        self.input = self._keep(self.output, index)

    @property
    def places(self) -> Array:
        """Where the entries of the input go in the output, counted through the whole array."""
        return self._picked_places(self.output)

    def _apply(self, x: Any) -> Any:
        further = self._further(x)
        shape, index = (*further, *self.output), self._index_behind(further)
        if is_duck(x):
            return _scattered(x, shape, index, self._places_behind(further) if index is None else None)
        x = np.asarray(x)
        if self._is_basic():
            whole = np.zeros(shape, x.dtype)
            whole[index] = x[()]
            return whole
        places = self._places_behind(further).ravel()
        if x.dtype == np.float64:
            return np.bincount(places, x.ravel(), minlength=size(shape)).reshape(shape)
        flat = np.zeros(size(shape), x.dtype)
        np.add.at(flat, places, x.ravel())  # exact for whole numbers, and as quick as bincount for float32
        return flat.reshape(shape)

    def _places_behind(self, further: Shape) -> Array:
        """The places in an array with further axes in front."""
        starts = np.arange(size(further)).reshape(*further, *[1] * len(self.input)) * size(self.output)
        return self.places + starts if further else self.places

    def transpose(self) -> Gather:
        map = Gather.__new__(Gather)
        map.input, map.output, map.index, map._places = self.output, self.input, self.index, self._places
        map._dtype = self._dtype
        return map

    @property
    def label(self) -> str:
        return "scatter"


def _scattered(x: Any, shape: Shape, index: tuple[Any, ...] | None, places: Array | None) -> Any:
    """Scattering as one primitive, for arrays that have no entries yet."""
    from compgraph.arrays import scatter

    if index is None:
        return scatter(x, shape, places=places)
    return scatter(x, shape, index[0] if len(index) == 1 and index[0] is not None else index)


def _at(array: Array, index: Any) -> Array:
    try:
        return np.asarray(array[index])
    except IndexError as error:
        raise IndexError(f"an array of the shape {array.shape}: {error}. Give an index that fits the shape.") from None

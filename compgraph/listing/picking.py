"""Entries picked out and put back, and windows that slide over images: by places that are known beforehand."""

from __future__ import annotations

import math
from types import EllipsisType
from typing import TYPE_CHECKING, Any

import numpy as np

from compgraph.arrays.moves import _rearranged
from compgraph.arrays.rows import Bound
from compgraph.arrays.windows import _pair
from compgraph.expression import Expression
from compgraph.rewriting import shape_of

if TYPE_CHECKING:
    from compgraph.listing.allocation import Writer

__all__ = [
    "filled", "gathered", "is_basic", "parameters", "patched", "places_of", "pooled", "rearranged", "scattered",
]  # fmt: skip

#: Where entries meet, they are gathered in so many rounds at most.
_ROUNDS = 64


def parameters(e: Expression) -> dict[str, Any]:
    """The parameters of a row that is applied."""
    return e.primitive.parameters if isinstance(e.primitive, Bound) else {}


def is_basic(parts: tuple[Any, ...]) -> bool:
    """Whether an index only slices."""
    kinds = (int, np.integer, slice, type(None), EllipsisType)
    return all(isinstance(i, kinds) and not isinstance(i, bool) for i in parts)


def places_of(shape: tuple[int, ...]) -> np.ndarray:
    """The number of each entry, counted through the whole array."""
    return np.arange(math.prod(shape)).reshape(shape)


def gathered(w: Writer, e: Expression, turn: int, places: Any) -> None:
    """Entries by their places."""
    (x,) = e.arguments
    source = w.text(x) if isinstance(x, Expression) else w.once(x, lambda: np.array(x, w.dtype), "c")
    if w.is_bool(x) or not e.shape:
        w.called(e, turn)
        return
    name, _ = w.target(e, turn)
    # places are within the array; told so, NumPy writes straight to where it should
    w.lines.append(f"{source}.take({w.viewed(np.asarray(places))}, None, {name}, 'clip')")
    w.handed_out(e)


def rearranged(w: Writer, e: Expression, turn: int) -> None:
    """A rearrangement, tried on the places themselves."""
    gathered(w, e, turn, _rearranged(places_of(shape_of(e.arguments[0])), **parameters(e)))


def filled(w: Writer, e: Expression, turn: int, number: str, index: Any) -> None:
    """A number in all entries, and the argument at an index."""
    name, array = w.target(e, turn)
    parts = index if isinstance(index, tuple) else (index,)
    inside = w.viewed(array[parts if any(part is ... for part in parts) else (*parts, ...)])
    w.lines += [f"{name}.fill({number})", f"np.copyto({inside}, {w.texts(e)})"]
    w.handed_out(e)


def scattered(w: Writer, e: Expression, turn: int) -> None:
    """Entries put to their places and added where they meet: for each place what arrives is gathered, in rounds."""
    p, (x,) = parameters(e), e.arguments
    index = p.get("index")
    if p.get("places") is None and is_basic(index if isinstance(index, tuple) else (index,)):
        filled(w, e, turn, "0", index)
        return
    places = np.asarray(places_of(e.shape)[index] if p.get("places") is None else p["places"]).ravel()
    count = np.bincount(places, minlength=e.size)
    rounds = int(count.max(initial=0))
    if not rounds or rounds > _ROUNDS or rounds * e.size > 16 * places.size or not shape_of(x):
        w.called(e, turn)
        return
    order = np.argsort(places, kind="stable")
    first = np.cumsum(count) - count
    table = np.full((rounds, e.size), places.size)  # the place behind the last one, where a 0 stands
    table[np.arange(places.size) - first[places[order]], places[order]] = order
    source = w.text(x)
    if rounds * e.size > places.size:
        kept = np.zeros(places.size + 1, w.dtype)
        w.memory.append(kept)
        w.lines.append(f"np.copyto({w.viewed(kept[:-1].reshape(shape_of(x)))}, {source})")
        source = w.viewed(kept)
    name, _ = w.target(e, turn)
    w.lines.append(f"{source}.take({w.viewed(table[0].reshape(e.shape))}, None, {name}, 'clip')")
    register = w.taken(e.size, w.dtype) if rounds > 1 else None
    for further in table[1:]:
        again = w.viewed(w.memory[register].reshape(e.shape)) if register is not None else ""
        w.lines.append(f"{source}.take({w.viewed(further.reshape(e.shape))}, None, {again}, 'clip')")
        w.lines.append(f"np.add({name}, {again}, out={name})")
    if register is not None:
        w.given_back(register)
    w.handed_out(e)


# -- windows


def patched(w: Writer, e: Expression, turn: int) -> None:
    """The windows of images, copied from a view of them; what is padded stands among zeros from the start."""
    p, (x,) = parameters(e), e.arguments
    rows, columns = p["padding"]
    images, shape = w.places[x].array, shape_of(x)
    if rows or columns or images is None:
        images = np.zeros((*shape[:2], shape[2] + 2 * rows, shape[3] + 2 * columns), w.dtype)
        w.memory.append(images)
        inside = images[:, :, rows : rows + shape[2], columns : columns + shape[3]]
        w.lines.append(f"np.copyto({w.viewed(inside)}, {w.text(x)})")
    windows = np.lib.stride_tricks.sliding_window_view(images, p["window"], axis=(2, 3))
    windows = windows[:, :, :: p["stride"][0], :: p["stride"][1]].transpose(0, 2, 3, 1, 4, 5)
    _, array = w.target(e, turn)
    w.lines.append(f"np.copyto({w.viewed(array.reshape(windows.shape))}, {w.viewed(windows)})")
    w.handed_out(e)


def pooled(w: Writer, e: Expression, turn: int) -> None:
    """The largest of each window: the larger of two, place after place in the window."""
    p, (x,) = parameters(e), e.arguments
    window = _pair(p["size"])
    step = window if p.get("stride") is None else _pair(p["stride"])
    images = w.places[x].array
    if images is None:
        images = np.empty(shape_of(x), w.dtype)
        w.memory.append(images)
        w.lines.append(f"np.copyto({w.viewed(images)}, {w.text(x)})")
    rows, columns = e.shape[2:]
    parts = [
        w.viewed(images[:, :, i : i + rows * step[0] : step[0], j : j + columns * step[1] : step[1]])
        for i in range(window[0])
        for j in range(window[1])
    ]
    name, _ = w.target(e, turn)
    w.lines.append(f"np.copyto({name}, {parts[0]})")
    w.lines += [f"np.maximum({name}, {part}, out={name})" for part in parts[1:]]
    w.handed_out(e)

"""Putting maps together: neighbours become one map where that saves work, and stay as they are elsewhere."""

from __future__ import annotations

from typing import Any

import numpy as np

from compgraph.maps.base import LinearMap
from compgraph.maps.composite import Addition, Composition
from compgraph.maps.elementwise import Diagonal, Identity, Scale, Zero, elementwise, factor, times
from compgraph.maps.moves import Broadcast, Permute, Reshape, Sum, thin
from compgraph.maps.products import Dense, Kronecker, LeftMultiply, RightMultiply
from compgraph.maps.weighted import Spread, WeightedSum

__all__ = ["add", "compose"]


def compose(left: LinearMap, right: LinearMap) -> LinearMap:
    """``left @ right``: right first. Nothing is multiplied out but neighbouring diagonals and numbers."""
    if left.input != right.output:
        raise ValueError(
            f"these maps cannot be joined: expected a left factor that takes the shape {right.output}, got one that "
            f"takes {left.input}: ({left!r}) @ ({right!r}). "
            "The factor nearer the output stands on the left; transpose one (.T) or reshape between them."
        )
    if _is_identity(left) or _is_identity(right):
        return left if _is_identity(right) else right  # the same object: what is shared stays shared
    broadcasts: list[LinearMap] = []
    sums: list[LinearMap] = []
    while isinstance(right, Composition) and _goes_right(left, right.left):
        broadcasts.append(right.left)
        left, right = _resized(left, right.left.input), right.right
    while isinstance(left, Composition) and _goes_left(left.right, right):
        sums.append(left.right)
        right, left = _resized(right, left.right.output), left.left
    joined = _met(left, right)
    for broadcast in reversed(broadcasts):
        joined = _joined(broadcast, joined)
    for total in reversed(sums):
        joined = _joined(joined, total)
    return joined


def add(left: LinearMap, right: LinearMap) -> LinearMap:
    """``left + right``; what is joined to the same factor on one side is added before it is joined."""
    if (left.output, left.input) != (right.output, right.input):
        raise ValueError(
            f"these maps cannot be added: expected one shape on either side, got {left.output} ← {left.input} and "
            f"{right.output} ← {right.input}: ({left!r}) + ({right!r}). "
            "Reshape one of them, or broadcast it to the other's shapes."
        )
    if isinstance(left, Composition) and isinstance(right, Composition):
        if left.right is right.right:
            return _joined(_summed(left.left, right.left), left.right)
        if left.left is right.left:
            return _joined(left.left, _summed(left.right, right.right))
    return _summed(left, right)


def _met(left: LinearMap, right: LinearMap) -> LinearMap:
    """Joined, where the last factor of one and the first of the other may become one map."""
    if isinstance(right, Composition) and (met := _product(left, right.left)) is not None:
        return _joined(met, right.right)
    if isinstance(left, Composition) and (met := _product(left.right, right)) is not None:
        return _joined(left.left, met)
    return _joined(left, right)


def _joined(left: LinearMap, right: LinearMap) -> LinearMap:
    if _is_identity(left):
        return right
    if _is_identity(right):
        return left
    if isinstance(left, Zero) or isinstance(right, Zero):
        return Zero(left.output, right.input)
    if _goes_right(left, right):
        return Composition(right, _resized(left, right.input))
    if _goes_left(left, right):
        return Composition(_resized(right, left.output), left)
    met = _product(left, right)
    return Composition(left, right) if met is None else met


# -- a number is multiplied with where there are fewer entries: before a broadcast, after a sum


def _goes_right(left: LinearMap, right: LinearMap) -> bool:
    return isinstance(left, Scale) and isinstance(right, Broadcast)


def _goes_left(left: LinearMap, right: LinearMap) -> bool:
    return isinstance(left, Sum) and isinstance(right, Scale)


def _resized(scale: Any, shape: tuple[int, ...]) -> LinearMap:
    return Scale(scale.factor, shape)


def _summed(left: LinearMap, right: LinearMap) -> LinearMap:
    if isinstance(left, Zero):
        return right
    if isinstance(right, Zero):
        return left
    a, b = factor(left), factor(right)
    if a is not None and b is not None:
        return elementwise(a + b, left.output)
    for kind in (Spread, WeightedSum):
        if isinstance(left, kind) and isinstance(right, kind) and left.axes == right.axes:
            return kind(left.values + right.values, left.axes)
    if isinstance(left, Dense) and isinstance(right, Dense):
        return Dense(left.array + right.array, left.output, left.input)
    return Addition(left, right)


def _product(left: LinearMap, right: LinearMap) -> LinearMap | None:
    """Two neighbours as one map that costs no more than they do; None where there is none."""
    a, b = factor(left), factor(right)
    if a is not None and b is not None:
        return elementwise(times(a, b), left.output)
    if (spread := _spread(left, right)) is not None:
        return spread
    if (isinstance(left, (Sum, WeightedSum)) and b is not None) or (isinstance(right, WeightedSum) and a is not None):
        turned = _spread(right.transpose(), left.transpose())
        return None if turned is None else turned.transpose()
    if isinstance(left, Reshape) and isinstance(right, Reshape):
        return Reshape(left.output, right.input) if left.output != right.input else Identity(right.input)
    if isinstance(left, Permute) and isinstance(right, Permute):
        permuted = Permute(right.input, [right.axes[axis] for axis in left.axes])
        return Identity(right.input) if _is_identity(permuted) else permuted
    for one, other in ((left, right), (right, left)):
        if isinstance(one, LeftMultiply) and isinstance(other, RightMultiply):
            plain = isinstance(one.array, np.ndarray) and isinstance(other.array, np.ndarray)
            single = one.array.ndim == other.array.ndim == len(one.input) == 2
            return Kronecker(one.array, other.array.T) if plain and single else None
    return None


def _spread(left: LinearMap, right: LinearMap) -> Spread | None:
    """A broadcast before weights as one map, with any further factors multiplied into the weights."""
    a, b = factor(left), factor(right)
    if isinstance(right, Broadcast) and isinstance(left, Diagonal):
        return Spread(a, right.axes)
    if isinstance(right, Spread) and a is not None:
        return Spread(times(a, right.values), right.axes)
    if isinstance(left, Spread) and b is not None:
        return Spread(times(left.values, thin(b, left.axes, 0) if isinstance(right, Diagonal) else b), left.axes)
    return None


def _is_identity(map: LinearMap) -> bool:
    if isinstance(map, (Sum, Broadcast)):
        return map.axes == ()
    if isinstance(map, Permute):
        return map.axes == tuple(range(len(map.axes)))
    return isinstance(map, Identity) or (isinstance(map, Reshape) and map.input == map.output)

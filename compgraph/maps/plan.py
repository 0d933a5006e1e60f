"""How a composite is applied, and in which order its matrix is worked out.

To apply a composite is a sweep over slots: each leaf reads one slot and adds to another; what is shared is met once.
"""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Iterator
from itertools import count
from typing import Any

import numpy as np

from compgraph.maps.base import Array, LinearMap, MatrixCost, size
from compgraph.maps.composite import Addition, Composite, Composition, Step, listed, used
from compgraph.maps.elementwise import Identity
from compgraph.maps.products import Dense

__all__ = ["matrix", "matrix_cost", "plan", "run"]

#: Edges of a plan for each distinct part of a composite, before its parts are multiplied out instead.
_PATIENCE = 8

#: (leaf, slot it reads, slot it adds to)
_Edge = tuple[LinearMap, int, int]

_INPUT, _OUTPUT = 0, 1


def plan(map: Composite) -> list[Step]:
    """The steps that apply a composite: leaves between slots, so that what is shared is passed once.

    Starting at the input, parts are told apart by the slot they read; starting at the output, by the slot they add
    to. Totals of a forward sweep are short in the first way, those of a reverse sweep in the second, so both are
    written out side by side until one is done. Where neither is short, as after eliminations from the middle
    outwards, the matrix itself is the plan.
    """
    listing = listed(map)
    uses = used(listing)
    shared = {id(part) for part in listing if isinstance(part, Composite) and uses[id(part)] > 1}
    ways = [(_walk(map, shared, from_input), list[_Edge]()) for from_input in (True, False)]
    for _ in range(_PATIENCE * len(listing)):
        for walk, edges in ways:
            edge = next(walk, None)
            if edge is None:
                return _sorted(edges)
            edges.append(edge)
    return [(_INPUT, [(Dense(_grouped(map), map.output, map.input), _OUTPUT)])]


def _walk(map: Composite, shared: set[int], from_input: bool) -> Iterator[_Edge]:
    fresh = count(2)
    known: dict[tuple[int, int], int] = {}
    stack: list[_Edge] = [(map, _INPUT, _OUTPUT)]

    def slot(part: LinearMap, end: int) -> int:
        """The slot that holds what `part` makes of the slot `end`, or, from the output, that `part` takes to it."""
        key = id(part), end
        if key not in known:
            known[key] = next(fresh)
            stack.append((part, end, known[key]) if from_input else (part, known[key], end))
        return known[key]

    while stack:
        part, tail, head = stack.pop()
        if isinstance(part, Composition):
            if from_input:
                stack.append((part.left, slot(part.right, tail), head))
            else:
                stack.append((part.right, tail, slot(part.left, head)))
        elif isinstance(part, Addition):
            for side in (part.left, part.right):
                if id(side) not in shared:
                    stack.append((side, tail, head))
                elif from_input:
                    yield Identity(side.output), slot(side, tail), head
                else:
                    yield Identity(side.input), tail, slot(side, head)
        else:
            yield part, tail, head


def _sorted(edges: list[_Edge]) -> list[Step]:
    """Edges by the slot they read, each slot after all that add to it."""
    out: dict[int, list[tuple[LinearMap, int]]] = {}
    for leaf, tail, head in edges:
        out.setdefault(tail, []).append((leaf, head))
    waiting = Counter(head for _, _, head in edges)
    steps, ready = [], [_INPUT]
    while ready:
        tail = ready.pop()
        if tail in out:
            steps.append((tail, out[tail]))
            for _, head in out[tail]:
                waiting[head] -= 1
                if not waiting[head]:
                    ready.append(head)
    return steps


def run(steps: list[Step], x: Any, dtype: np.dtype[Any] | None = None) -> Any:
    """What arrives at the output: for an input or a stack of them, or, for None, for all unit inputs."""
    held: dict[int, Any] = {_INPUT: x}
    for tail, edges in steps:
        here = held.pop(tail)
        for leaf, head in edges:
            arrives = leaf._columns(dtype) if here is None else leaf._apply(here)
            held[head] = held[head] + arrives if head in held else arrives
    return held[_OUTPUT]


def _run_back(steps: list[Step], dtype: np.dtype[Any] | None) -> Any:
    """What the transposes carry to the input, for all unit outputs: the rows of the matrix."""
    held: dict[int, Any] = {}
    for tail, edges in reversed(steps):
        for leaf, head in edges:
            back = leaf.transpose()
            arrives = back._columns(dtype) if head == _OUTPUT else back._apply(held[head])
            held[tail] = held[tail] + arrives if tail in held else arrives
    return held[_INPUT]


# -- its matrix


def matrix_cost(map: Composite, steps: list[Step]) -> MatrixCost:
    """Multiplications that the matrix takes in each of its orders."""
    edges = [(leaf.cost, tail, head) for tail, out in steps for leaf, head in out]
    grouped = sum(_pairing(part)[0] for part in listed(map) if isinstance(part, Composition))
    if len(edges) == 1:  # the plan is the matrix
        return MatrixCost(grouped, grouped, grouped)
    return MatrixCost(
        size(map.input) * sum(cost for cost, tail, _ in edges if tail != _INPUT),
        size(map.output) * sum(cost for cost, _, head in edges if head != _OUTPUT),
        grouped,
    )


def matrix(map: Composite, steps: list[Step], order: str | None) -> Array:
    """The matrix, in the order given or in the cheapest one."""
    orders = MatrixCost._fields
    if order not in (None, *orders):
        raise ValueError(
            f"unknown order {order!r}: expected one of {', '.join(orders)}. Leave it out for the cheapest."
        )
    if order is None:
        _, order = min(zip(matrix_cost(map, steps), orders, strict=True), key=operator.itemgetter(0))
    rows, columns = size(map.output), size(map.input)
    if order == "as_grouped":
        return _grouped(map)
    if order == "left_to_right":
        by_rows: Array = _run_back(steps, map.dtype).reshape((rows, columns))
        return by_rows
    by_columns: Array = run(steps, None, map.dtype).reshape((columns, rows)).T
    return by_columns


def _pairing(part: Composition) -> tuple[int, str]:
    """Multiplications of a product of two matrices, and how it is made: by a leaf at its own cost, if that is less."""
    rows, columns = size(part.output), size(part.input)
    ways = [(rows * size(part.left.input) * columns, "product")]
    if not isinstance(part.left, Composite):
        ways.append((part.left.cost * columns, "left"))
    if not isinstance(part.right, Composite):
        ways.append((part.right.cost * rows, "right"))
    return min(ways, key=operator.itemgetter(0))


def _grouped(map: Composite) -> Array:
    """The matrix, its factors multiplied in the brackets that they stand in."""
    listing, dtype = listed(map), map.dtype
    uses = used(listing)
    matrices: dict[int, Array] = {}

    def taken(part: LinearMap) -> Array:
        """The matrix of a part, kept only while another product needs it."""
        uses[id(part)] -= 1
        return matrices[id(part)] if uses[id(part)] else matrices.pop(id(part))

    for part in listing:
        rows, columns = size(part.output), size(part.input)
        if not isinstance(part, Composite):
            matrices[id(part)] = part._columns(dtype).reshape((columns, rows)).T
            continue
        left, right = taken(part.left), taken(part.right)
        way = _pairing(part)[1] if isinstance(part, Composition) else "sum"
        if way == "left":
            made = part.left._apply(right.T.reshape((columns, *part.right.output))).reshape((columns, rows)).T
        elif way == "right":
            made = part.right.transpose()._apply(left.reshape((rows, *part.left.input))).reshape((rows, columns))
        else:
            made = left @ right if way == "product" else left + right
        matrices[id(part)] = made
    return matrices[id(map)]

"""Maps joined and added, kept as they were put together.

A composite is a small graph of its own: a factor may stand in many places, as the total of a node does in the totals of
its heads. How it is applied, and how its matrix is worked out, is the business of `plan`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np

from compgraph.maps.base import Array, LinearMap, MatrixCost

__all__ = ["Addition", "Composite", "Composition", "Step", "listed", "used"]

#: Leaves that a label writes out.
_SHOWN = 6

#: A slot, and what reads it: (leaf, slot it adds to).
Step = tuple[int, list[tuple[LinearMap, int]]]


class Composite(LinearMap):
    """Two maps put together."""

    __slots__ = ("_planned", "left", "right")

    left: LinearMap
    right: LinearMap
    _planned: list[Step] | None

    def _apply(self, x: Any) -> Any:
        from compgraph.maps.plan import run

        return run(self._steps(), x)

    def _steps(self) -> list[Step]:
        from compgraph.maps.plan import plan

        if self._planned is None:  # made once; nothing that can be seen depends on when
            self._planned = plan(self)
        return self._planned

    def transpose(self) -> LinearMap:
        turned: dict[int, LinearMap] = {}
        for part in listed(self):
            if isinstance(part, Composition):
                turned[id(part)] = Composition(turned[id(part.right)], turned[id(part.left)])
            elif isinstance(part, Addition):
                turned[id(part)] = Addition(turned[id(part.left)], turned[id(part.right)])
            else:
                turned[id(part)] = part.transpose()
        return turned[id(self)]

    @property
    def dtype(self) -> np.dtype[Any] | None:
        kinds = [part.dtype for part in listed(self) if not isinstance(part, Composite) and part.dtype is not None]
        return np.result_type(*set(kinds)) if kinds else None

    @property
    def cost(self) -> int:
        return sum(leaf.cost for _, edges in self._steps() for leaf, _ in edges)

    @property
    def matrix_cost(self) -> MatrixCost:
        """Multiplications that `matrix` takes in each of its orders.

        A column for each entry of the input is carried to the output, or a row for each entry of the output to the
        input, or the matrices are multiplied in the brackets they stand in. A factor that is met first is its own
        matrix, and costs nothing.
        """
        from compgraph.maps.plan import matrix_cost

        return matrix_cost(self, self._steps())

    def matrix(self, *, order: str | None = None) -> Array:
        """The matrix, its factors joined in the cheapest order.

        Parameters
        ----------
        order : {"right_to_left", "left_to_right", "as_grouped"}, optional
            One of the fields of `matrix_cost` instead of the cheapest. The result is the same up to rounding.

        Examples
        --------
        >>> from compgraph.maps import Dense
        >>> f = Dense(np.ones((1, 10))) @ (Dense(np.ones((10, 20))) @ Dense(np.ones((20, 30))))
        >>> f.matrix_cost
        MatrixCost(right_to_left=6300, left_to_right=800, as_grouped=6300)
        >>> bool((f.matrix(order="right_to_left") == f.matrix()).all())
        True
        """
        from compgraph.maps.plan import matrix

        return matrix(self, self._steps(), order)

    # -- shown and stored without recursion, however deep

    @property
    def label(self) -> str:
        tokens = list(islice(_tokens(self), 2 * _SHOWN))
        return "".join(tokens[: 2 * _SHOWN - 1]) + ("…" if len(tokens) == 2 * _SHOWN else "")

    def __reduce__(self) -> tuple[Any, ...]:
        place: dict[int, int] = {}
        listing: list[Any] = []
        for part in listed(self):
            place[id(part)] = len(listing)
            if isinstance(part, Composite):
                listing.append((type(part), place[id(part.left)], place[id(part.right)]))
            else:
                listing.append(part)
        return _from_listing, (listing,)


class Composition(Composite):
    """``left @ right``: right first, then left. Made by ``@``."""

    __slots__ = ()

    def __init__(self, left: LinearMap, right: LinearMap) -> None:
        self.left, self.right, self._planned = left, right, None
        self.output, self.input = left.output, right.input


class Addition(Composite):
    """``left + right``. Made by ``+``."""

    __slots__ = ()

    def __init__(self, left: LinearMap, right: LinearMap) -> None:
        self.left, self.right, self._planned = left, right, None
        self.output, self.input = left.output, left.input


def _from_listing(listing: list[Any]) -> LinearMap:
    made: list[LinearMap] = []
    for part in listing:
        made.append(part[0](made[part[1]], made[part[2]]) if isinstance(part, tuple) else part)
    return made[-1]


def listed(map: LinearMap) -> list[LinearMap]:
    """Every distinct map that it is made of, itself last, each after those that it is made of."""
    listing: list[LinearMap] = []
    met: set[int] = set()
    stack = [(map, False)]
    while stack:
        part, is_ready = stack.pop()
        if is_ready:
            listing.append(part)
        elif id(part) not in met:
            met.add(id(part))
            stack.append((part, True))
            if isinstance(part, Composite):
                stack += [(part.right, False), (part.left, False)]
    return listing


def used(listing: list[LinearMap]) -> Counter[int]:
    """How often each map (by its id) stands in another."""
    return Counter(id(side) for part in listing if isinstance(part, Composite) for side in (part.left, part.right))


def _tokens(map: LinearMap) -> Iterator[str]:
    """Names of leaves, with a sign or a bracket between any two."""
    stack: list[Any] = [map]
    sign = ""
    while stack:
        part = stack.pop()
        if isinstance(part, str):
            sign += part
        elif isinstance(part, Composition):
            for side, before in ((part.right, " · "), (part.left, "")):
                stack += [")", side, "("] if isinstance(side, Addition) else [side]
                stack += [before]
        elif isinstance(part, Addition):
            stack += [part.right, " + ", part.left]
        else:
            yield sign
            yield part.label
            sign = ""
    yield sign

"""Results put into few registers: what is computed takes over the place of what is no longer needed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

__all__ = ["Turn", "registers"]


class Turn(NamedTuple):
    """What is computed when: the place of the result, all that it reads, and which kind of register it takes."""

    place: int
    reads: tuple[Any, ...]
    kind: int = 0


def registers(
    turns: Sequence[Turn], inputs: int, results: Iterable[Any], *, reuse: bool = True
) -> tuple[dict[int, int], int]:
    """Place → register, each kind counted by itself, and how many there are of kind 0.

    Inputs keep theirs, and results are not overwritten. Without `reuse` none takes the register of what it reads.

    Examples
    --------
    >>> registers([Turn(1, (0,)), Turn(2, (1,)), Turn(3, (2, 1))], 1, [3])
    ({0: 0, 1: 1, 2: 2, 3: 2}, 3)
    """
    last = {read: number for number, turn in enumerate(turns) for read in turn.reads if type(read) is int and read >= 0}
    last |= dict.fromkeys((place for place in (*results, *range(inputs)) if type(place) is int), len(turns))
    found = {place: place for place in range(inputs)}
    kinds = {place: kind for place, _, kind in turns}
    counts = [inputs, 0]
    free: tuple[list[int], list[int]] = ([], [])

    def release(number: int, reads: tuple[Any, ...]) -> None:
        for read in set(reads):
            if type(read) is int and last.get(read) == number:
                free[kinds[read]].append(found[read])

    for number, (place, reads, kind) in enumerate(turns):
        if reuse:
            release(number, reads)
        if free[kind]:
            found[place] = free[kind].pop()
        else:
            found[place] = counts[kind]
            counts[kind] += 1
        if not reuse:
            release(number, reads)
    return found, counts[0]

"""The reverse sweep of a long chain of equal steps in little memory: a few states are kept, the others made again.

Which states to keep so that the fewest steps are repeated has a closed answer, binomial checkpointing: with s states
kept at once and no step run forward more than r times, chains of (s + r)!/(s!·r!) steps can be reversed.

References
----------
Griewank, Walther, "Algorithm 799: revolve", ACM Transactions on Mathematical Software 26 (2000).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import comb
from typing import Any, NamedTuple

from compgraph.columns import swept
from compgraph.expression import Variable, _operand
from compgraph.numbers import entered
from compgraph.posing import complete, point
from compgraph.tracing import parameters, traced

__all__ = ["Chain", "Move", "chain_gradient", "recomputations", "reversal_schedule"]


class Move(NamedTuple):
    """One move of a reversal: ``advance`` from state `at` to `to`; ``keep``, ``drop`` or ``reverse`` the step `at`."""

    kind: str
    at: int
    to: int


class Chain(NamedTuple):
    """What the reversal of a chain found, and what it took.

    Attributes
    ----------
    state : dict of str to float
        The last state.
    gradient : dict of str to float
        The derivatives of the last state, weighted by `adjoint`, with respect to the first.
    steps : int
        Steps run forward, without those run once more while they are reversed.
    kept : int
        The most states kept at once, the first one included.
    """

    state: dict[str, float]
    gradient: dict[str, float]
    steps: int
    kept: int


def recomputations(length: int, snapshots: int) -> int:
    """The least number of forward steps that reversing a chain takes, with so many states kept at once.

    Examples
    --------
    >>> [recomputations(100, kept) for kept in (1, 3, 10, 100)]
    [4950, 490, 222, 99]
    """
    times = _repetitions(length, snapshots)
    return times * length - comb(snapshots + times, times - 1) if times else 0


def reversal_schedule(length: int, snapshots: int) -> Iterator[Move]:
    """The moves that reverse a chain of `length` steps with `snapshots` states kept at once, the first included.

    Yields
    ------
    Move
        ``advance`` runs forward from a kept state, ``reverse`` takes one step back from the state just reached.

    Examples
    --------
    >>> for move in reversal_schedule(3, 2):
    ...     print(*move)
    advance 0 1
    keep 1 1
    advance 1 2
    reverse 2 2
    reverse 1 1
    drop 1 1
    reverse 0 0

    Notes
    -----
    Optimal: `recomputations` forward steps in all. About √(2·length) states allow every step to be run at most twice.
    """
    _repetitions(length, snapshots)  # refuses what cannot be
    # a segment of the chain from a kept state, or the state to drop once what lies behind it is done
    stack: list[tuple[int, int, int] | int] = [(0, length, snapshots)]
    while stack:
        segment = stack.pop()
        if isinstance(segment, int):
            yield Move("drop", segment, segment)
            continue
        start, steps, free = segment
        if steps == 1:
            yield Move("reverse", start, start)
            continue
        split = _split(steps, free)
        yield Move("advance", start, start + split)
        stack.append((start, split, free))
        if steps - split > 1:
            yield Move("keep", start + split, start + split)
            stack.append(start + split)
        stack.append((start + split, steps - split, free - 1))


def chain_gradient(step: Callable[..., Any], start: Any, length: int, *, snapshots: int, adjoint: Any = None) -> Chain:
    """The derivatives of the last state of a chain with respect to the first, with few states in memory.

    Parameters
    ----------
    step : function
        Takes the state, by named parameters, and returns the next one: a number, or as many as there are parameters.
    start : mapping, sequence or number
        The first state.
    length : int
        How often `step` is applied.
    snapshots : int
        How many states may be kept at once, the first included.
    adjoint : mapping, sequence or number, optional
        The weight of each entry of the last state; 1 for the first entry and 0 for the others if left out.

    Examples
    --------
    >>> chain_gradient(lambda x: x * x, 1.5, 4, snapshots=2).gradient == {"x": 16 * 1.5**15}
    True
    """
    names = parameters(step)
    variables, result = traced(step)
    entries = list(result) if isinstance(result, (tuple, list)) else [result]
    if len(entries) != len(names) or any(_operand(entry) is NotImplemented for entry in entries):
        raise TypeError(
            f"chain_gradient: expected a step that returns {len(names)} number{'s' * (len(names) != 1)}, the next "
            f"{', '.join(names)}, got {result!r:.60}."
        )
    # λ·step(state), whose gradient with respect to the state is one reverse step
    weights = [f"λ {name}" for name in variables]  # no parameter has a space in its name
    total: Any = sum((Variable(weight) * entry for weight, entry in zip(weights, entries, strict=True)), 0.0)
    back = swept(total, list(variables), [*variables, *weights]).function
    first = {name: float(entered(value, name)) for name, value in complete(point(start, names), names).items()}
    unit = {name: float(i == 0) for i, name in enumerate(names)}
    share = unit if adjoint is None else {**dict.fromkeys(names, 0.0), **point(adjoint, names, "adjoint")}
    for name in share.keys() - unit.keys():
        raise ValueError(f"adjoint: {name!r:.40} is no part of the state: expected among {', '.join(names)}.")
    values = [swept(entry, list(variables), list(variables)).function for entry in entries]
    kept = {0: first}
    now, last, steps, most = first, first, 0, 1
    for kind, at, to in reversal_schedule(length, snapshots):
        if kind == "advance":
            now = kept[at]
            for _ in range(at, to):
                now = {name: value(**now)[0] for name, value in zip(names, values, strict=True)}
            steps += to - at
        elif kind == "keep":
            kept[at] = now
            most = max(most, len(kept))
        elif kind == "drop":
            del kept[at]
        else:
            now = kept.get(at, now)
            if at == length - 1:
                last = {name: value(**now)[0] for name, value in zip(names, values, strict=True)}
            _, gradient = back(**now, **{weight: share[name] for weight, name in zip(weights, names, strict=True)})
            share = dict(zip(names, gradient, strict=True))
    return Chain(last, share, steps, most)


def _repetitions(length: int, snapshots: int) -> int:
    """How often the step that is repeated most is run forward: the least r with C(s + r, s) ≥ length."""
    if length < 1 or snapshots < 1:
        raise ValueError(f"expected at least one step and one snapshot, got {length} and {snapshots}.")
    times = 0
    while comb(snapshots + times, snapshots) < length:
        times += 1
    return times


def _split(length: int, snapshots: int) -> int:
    """How far to advance before the next state is kept."""
    times = _repetitions(length, snapshots)
    least = comb(snapshots + times - 2, snapshots) if times > 1 else 1
    return max(least, length - comb(snapshots - 1 + times, times), 1)

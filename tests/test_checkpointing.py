"""Reversing a chain in little memory: the schedule, its binomial count, and the derivatives."""

from __future__ import annotations

import functools
import math
from math import comb
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import compgraph as cg

x = cg.Variable("x")


def played(length: int, snapshots: int) -> tuple[int, int, list[int]]:
    """Play a schedule by its rules: forward steps, most states kept at once, and the order of the reversed steps."""
    kept, now, steps, most = {0}, 0, 0, 1
    back: list[int] = []
    for kind, at, to in cg.reversal_schedule(length, snapshots):
        if kind == "advance":
            assert at in kept and to > at
            now, steps = to, steps + to - at
        elif kind == "keep":
            assert now == at
            kept.add(at)
            most = max(most, len(kept))
        elif kind == "drop":
            kept.remove(at)
        else:
            assert kind == "reverse" and (at in kept or now == at)  # the state before the step is at hand
            back.append(at)
    assert kept == {0}
    return steps, most, back


@given(st.integers(1, 60), st.integers(1, 8))
def test_a_schedule_reverses_every_step_once_and_keeps_no_more_than_it_may(length: int, snapshots: int) -> None:
    steps, most, back = played(length, snapshots)
    assert back == list(range(length))[::-1]
    assert most <= snapshots
    assert steps == cg.recomputations(length, snapshots)


@functools.cache
def fewest(length: int, snapshots: int) -> int:
    """By trying every place for the next state to keep."""
    if length == 1:
        return 0
    if snapshots == 1:
        return length * (length - 1) // 2
    return min(
        split + fewest(length - split, snapshots - 1) + fewest(split, snapshots) for split in range(1, length)
    )  # fmt: skip


def test_no_schedule_takes_fewer_steps() -> None:
    for length in range(1, 40):
        for snapshots in range(1, 7):
            assert cg.recomputations(length, snapshots) == fewest(length, snapshots)


def test_the_binomial_count() -> None:
    """With s states and no step run more than r times, chains of C(s + r, s) steps are reversed, and no longer ones."""
    for s in range(1, 6):
        for r in range(1, 6):
            longest = comb(s + r, s)
            assert (most_runs(longest, s), most_runs(longest + 1, s)) == (r, r + 1)


def most_runs(length: int, snapshots: int) -> int:
    """How often the step that is run most is run forward."""
    runs = [0] * length
    for kind, at, to in cg.reversal_schedule(length, snapshots):
        if kind == "advance":
            for step in range(at, to):
                runs[step] += 1
    return max(runs)


def test_memory_grows_as_the_logarithm_where_work_does() -> None:
    assert cg.recomputations(1_000_000, 30) < 6 * 1_000_000
    assert cg.recomputations(1_000_000, 1_500) < 2 * 1_000_000


# -- derivatives


def pendulum(angle, speed):
    return angle + 0.05 * speed, speed - 0.05 * cg.sin(angle)


def unrolled(length: int) -> Any:
    def whole(angle, speed):
        for _ in range(length):
            angle, speed = pendulum(angle, speed)
        return [angle, speed]

    return whole


@pytest.mark.parametrize("snapshots", [1, 2, 3, 7, 50, 200])
def test_the_gradient_is_that_of_the_unrolled_chain(snapshots: int) -> None:
    start = {"angle": 1.0, "speed": 0.2}
    chain = cg.chain_gradient(pendulum, start, 50, snapshots=snapshots, adjoint=(2.0, -3.0))
    whole = cg.vjp(unrolled(50), start, adjoint=(2.0, -3.0))
    assert chain.gradient == pytest.approx(whole, rel=1e-13)
    s = cg.solve(unrolled(50), at=start)
    assert list(chain.state.values()) == pytest.approx([s.values[output] for output in s.outputs], rel=1e-13)
    assert chain.kept <= snapshots and chain.steps == cg.recomputations(50, snapshots)


def test_steps_are_run_as_often_as_counted() -> None:
    runs = []
    counted = cg.Primitive("counted", lambda x: runs.append(x) or math.sin(x), lambda y, x: cg.cos(x))
    chain = cg.chain_gradient(lambda x: counted(x), 1.0, 100, snapshots=5)
    # beside the steps forward: one as each step is reversed, and the last state itself
    assert len(runs) == chain.steps + 100 + 1
    assert chain.gradient["x"] == pytest.approx(cg.derivative_of(unrolled_sine)(1.0), rel=1e-13)


def unrolled_sine(x):
    for _ in range(100):
        x = cg.sin(x)
    return x


def test_defaults_constants_and_names() -> None:
    assert cg.chain_gradient(lambda x: x * x, 1.5, 3, snapshots=2) == ({"x": 1.5**8}, {"x": 8 * 1.5**7}, 2, 2)
    assert cg.chain_gradient(lambda x, y: (y, 3.0), {"x": 1, "y": 2}, 1, snapshots=1).gradient == {"x": 0, "y": 1}
    assert cg.chain_gradient(lambda x, k=2.0: k * x, 1.0, 10, snapshots=3).gradient == {"x": 1024}
    assert cg.chain_gradient(lambda λ: 2 * λ, 1.0, 2, snapshots=1).gradient == {"λ": 4}


@pytest.mark.parametrize(
    ("ask", "error", "message"),
    [
        (lambda: list(cg.reversal_schedule(0, 1)), ValueError, "at least one step and one snapshot, got 0 and 1"),
        (lambda: cg.recomputations(3, 0), ValueError, "at least one step and one snapshot, got 3 and 0"),
        (lambda: cg.chain_gradient(lambda x: x, 1.0, 0, snapshots=1), ValueError, "at least one step"),
        (lambda: cg.chain_gradient(pendulum, (1,), 3, snapshots=1), ValueError, "expected 2 values"),
        (lambda: cg.chain_gradient(pendulum, {"angle": 1}, 3, snapshots=1), ValueError, "speed has no value"),
        (
            lambda: cg.chain_gradient(lambda x, y: x, (1, 2), 3, snapshots=1),
            TypeError,
            "returns 2 numbers, the next x, y",
        ),
        (lambda: cg.chain_gradient(lambda x: "x", 1, 3, snapshots=1), TypeError, "returns 1 number, the next x"),
        (lambda: cg.chain_gradient(cg.log, 1, 3, snapshots=1), (TypeError, cg.DomainError), "log|arguments"),
        (lambda: cg.chain_gradient(lambda x: cg.log(x), 1, 3, snapshots=1), cg.DomainError, "log is undefined"),
    ],
)
def test_misuse_says_what_is_wrong(ask: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        ask()


def test_an_adjoint_of_something_else() -> None:
    with pytest.raises(ValueError, match="'q' is no part of the state: expected among a, b"):
        cg.chain_gradient(lambda a, b: (b, a * b), {"a": 1.1, "b": 0.9}, 5, snapshots=2, adjoint={"q": 1})

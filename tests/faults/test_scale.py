"""Size: what is held grows with the number of operations and no faster; work spreads over machines as it is.

Memory is counted, never time; figures at a million operations and for classes of ten thousand are printed by
``tests/benchmarks/p7_scale.py`` and ``p8_cluster.py``.
"""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import compgraph as cg


def chain(size: int) -> cg.Expression:
    e: cg.Expression = cg.Variable("x")
    y = cg.Variable("y")
    for i in range(size // 2):
        e = cg.sin(e) * y if i % 3 else cg.sin(e) + 0.5
    return e


AT = {"x": 0.4, "y": 0.9}
#: What is made of an expression, how large that may be per operation in bytes, and the operations it is tried on.
STAGES: dict[str, tuple[Callable[[Any], Any], int, int]] = {
    "solution": (lambda e: cg.solve(e, at=AT), 2_000, 30_000),
    "gradient": (lambda e: cg.gradient(e, AT), 10, 100_000),
    "symbolic gradient": (lambda e: cg.gradient(e)["x"], 2_000, 10_000),
    "program": (lambda e: cg.derivative_program(e), 3_000, 10_000),
}


def held(make: Callable[[], Any]) -> tuple[int, int]:
    """Bytes that a result holds, and the most that were needed on the way."""
    gc.collect()
    tracemalloc.start()
    kept = make()
    gc.collect()
    current, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del kept
    return current, peak


@pytest.mark.parametrize("stage", STAGES)
def test_memory_grows_with_the_number_of_operations(stage: str) -> None:
    run, most, large = STAGES[stage]
    small = large // 10
    few, many = chain(small), chain(large)
    run(chain(10))  # what is imported on use
    (held_few, peak_few), (held_many, peak_many) = held(lambda: run(few)), held(lambda: run(many))
    assert held_many / large < most
    assert peak_many / large < 1.3 * peak_few / small + 10
    assert held_many / large < 1.3 * held_few / small + 10


def test_an_expression_of_100_000_operations_takes_what_ten_of_10_000_take() -> None:
    (few, _), (many, _) = held(lambda: chain(10_000)), held(lambda: chain(100_000))
    assert many < 1.1 * 10 * few and many / 100_000 < 150


def test_nothing_is_left_behind_when_a_solution_is_let_go() -> None:
    e = chain(5_000)
    cg.solve(e, at=AT)
    for _ in range(2):
        after, peak = held(lambda: cg.solve(e, at=AT).gradient)
        assert after < 10_000 < peak


def test_a_batch_of_points_spreads_over_workers_as_arrays_do() -> None:
    distributed = pytest.importorskip("distributed")
    array = pytest.importorskip("dask.array")
    gradient = cg.solve("J = sin(x*y) + where(x > 0, sqrt(x), exp(-x^2))").program().compile()
    x = np.linspace(-2, 2, 10_000)
    y = np.cos(3 * x)
    value, partials = gradient(x, y)
    alone = np.stack([value, *partials])
    cluster = distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
    )

    def stacked(x: Any, y: Any) -> Any:
        value, partials = gradient(x, y)
        return np.stack([value, *partials])

    with cluster, distributed.Client(cluster) as client:
        # blocks of arrays of dask: a row for the value and one for each derivative
        blocks = [array.from_array(one, chunks=2_500) for one in (x, y)]
        rows = array.map_blocks(stacked, *blocks, new_axis=0, chunks=((3,), blocks[0].chunks[0]), dtype=float)
        assert np.array_equal(rows.compute(), alone)
        # or pieces of one's own, through the interface of executors
        pieces = client.get_executor().map(stacked, np.array_split(x, 4), np.array_split(y, 4))
        assert np.array_equal(np.concatenate(list(pieces), axis=1), alone)

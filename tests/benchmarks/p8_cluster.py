"""P8: a class of 10 000 sheets, and a batch of 10⁶ points, on workers of dask.distributed.

Run ``python tests/benchmarks/p8_cluster.py``. One worker per core on this machine; elsewhere give the address of a
scheduler: ``python tests/benchmarks/p8_cluster.py tcp://…:8786``. Both jobs are done on one core as well, and have to
give the same to the last bit.
"""

from __future__ import annotations

import os
import random
import sys
import time
from typing import Any

import numpy as np
from harness import installed, sized, verdict

import compgraph as cg
from compgraph.homework import Problem, Sheet
from compgraph.homework.classes import grade_class
from compgraph.homework.simulation import honest

SHEETS = sized(10_000, 400)
POINTS = sized(1_000_000, 100_000)


def a_class(problem: Problem) -> list[Sheet]:
    """Right answers for most, and a wrong sign in one cell for every third."""
    right, generator = honest(problem, problem.cells, 4), random.Random(0)
    sheets = []
    for number in range(SHEETS):
        answers = dict(right)
        if number % 3 == 0:
            cell = generator.choice(problem.cells)
            answers[cell] = answers[cell].removeprefix("-") if answers[cell].startswith("-") else f"-{answers[cell]}"
        sheets.append(Sheet(answers, f"s{number}"))
    return sheets


def timed(run: Any) -> tuple[Any, float]:
    start = time.perf_counter()
    result = run()
    return result, time.perf_counter() - start


def marking(client: Any) -> None:
    point = {"w": "0.6", "x": "1.5", "b": "-0.4", "t": "1"}
    problem = Problem("z = w*x + b; a = sigmoid(z); L = (a - t)^2", point, wrt=["w", "b"], marking={"digits": 4})
    sheets = a_class(problem)
    alone, one = timed(lambda: grade_class(problem, sheets))
    spread, many = timed(lambda: grade_class(problem, sheets, executor=client.get_executor()))
    print(f"{SHEETS} sheets: one core {one:.1f} s ({one / SHEETS * 1e3:.2f} ms each), workers {many:.1f} s")
    verdict(
        "P8 class, sheets that differ from one core's",
        float(alone.to_dict() != spread.to_dict()),
        0,
        at_most=True,
        unit="",
    )
    if SHEETS >= 10_000:  # below, starting counts for more than marking
        verdict(f"P8 class of {SHEETS}, workers vs one core", one / many, 1)


def points(client: Any) -> None:
    size = sized(1_000, 100)
    x = cg.Variable("x")
    e: Any = x
    for i in range(size):
        e = cg.sin(e) + 0.1 * x if i % 2 else e * 0.9
    gradient = cg.derivative_program(e).compile()  # travels as its listing

    def stacked(x: Any) -> Any:
        value, partials = gradient(x)
        return np.stack([value, *partials])

    at = np.linspace(-1, 1, POINTS)
    pieces = np.array_split(at, 2 * len(client.scheduler_info()["workers"]))  # few: each brings the function along
    alone, one = timed(lambda: np.concatenate([stacked(piece) for piece in pieces], axis=1))
    spread, many = timed(lambda: np.concatenate(client.gather(client.map(stacked, pieces)), axis=1))
    print(f"{POINTS} points, {size} operations: one core {one:.1f} s, workers {many:.1f} s")
    verdict("P8 batch, entries that differ from one core's", float((alone != spread).sum()), 0, at_most=True, unit="")
    if POINTS >= 1_000_000:
        verdict(f"P8 batch of {POINTS} points, workers vs one core", one / many, 1)


def main() -> None:
    if not installed("distributed")["distributed"]:
        return
    from distributed import Client, LocalCluster

    given = [word for word in sys.argv[1:] if not word.startswith("-")]
    if given:
        with Client(given[0]) as client:
            marking(client), points(client)
        return
    workers = os.cpu_count() or 1
    cluster = LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None, silence_logs=50)
    with cluster, Client(cluster) as client:
        client.wait_for_workers(workers)
        marking(client), points(client)


if __name__ == "__main__":
    main()

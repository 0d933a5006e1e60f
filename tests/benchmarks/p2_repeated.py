"""P2: value and gradient of one fixed graph at new inputs, and at a thousand points at once.

Run ``python tests/benchmarks/p2_repeated.py``. Workloads: the layered graph of P1, and a chain with factors of about 1
(the derivative of P1's chain fades until it is a denormal number, which would measure the processor instead). Python
floats or NumPy arrays go in and come out. Peers that are not installed are skipped by name.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from harness import installed, race, sized, table, verdict, with_deep_stack
from p1_first_gradient import agree, layered, workload

import compgraph as cg

Answer = tuple[float, tuple[float, ...]]


def chain(inputs: Sequence[Any], kinds: Sequence[int]) -> Any:
    """One operation upon the other, of a derivative that neither fades nor grows."""
    x, y = inputs
    for i, kind in enumerate(kinds):
        sign = i % 2
        x = x * (0.9 if sign else 1.1) if kind == 0 else (x + y if sign else x - y) if kind == 1 else x * y
    return x


def chained(size: int) -> tuple[Callable[[Sequence[Any]], Any], list[float], int]:
    generator = random.Random(size)
    kinds = [generator.randrange(3) for _ in range(size)]
    return lambda inputs: chain(inputs, kinds), [0.7, 1.003], size


WORKLOADS: dict[str, Callable[[int], Any]] = {"chain": chained, "layered": partial(workload, layered)}
SIZES = sized((100, 1_000, 10_000, 100_000), (100, 1_000, 10_000))


def program(make: Any, point: Sequence[float]) -> cg.Program:
    names = [f"x{i}" for i in range(len(point))]
    return cg.derivative_program(make([cg.Variable(name) for name in names]), wrt=names)


def casadi_function(make: Any, point: Sequence[float]) -> Any:
    import casadi

    inputs = [casadi.SX.sym(f"x{i}") for i in range(len(point))]
    output, vector = make(inputs), casadi.vertcat(*inputs)
    return casadi.Function("f", [vector], [output, casadi.gradient(output, vector)])


def micrograd(make: Any, point: Sequence[float]) -> Answer:
    from micrograd.engine import Value

    inputs = [Value(x) for x in point]
    output = make(inputs)
    output.backward()
    return output.data, tuple(x.grad for x in inputs)


def repeated(here: dict[str, bool]) -> None:
    for name, build in WORKLOADS.items():
        for size in SIZES:
            make, point, operations = build(size)
            listed = program(make, point)
            start = time.perf_counter()
            function = listed.compile()
            setup = (time.perf_counter() - start) / operations
            runs: dict[str, Callable[[], Any]] = {"compiled": partial(function, *point)}
            if here["numba"]:
                runs["compiled, fast=True"] = partial(listed.compile(fast=True), *point)
            reference = function(*point)
            if here["casadi"]:
                peer = casadi_function(make, point)
                value, slopes = peer(point)
                if not agree(reference, (float(value), tuple(map(float, slopes.full().ravel())))):
                    print(f"casadi disagrees on {name} {size}")
                runs["casadi"] = partial(peer, point)
            if here["micrograd"] and size <= 10_000:
                if not agree(reference, micrograd(make, point)):
                    print(f"micrograd disagrees on {name} {size}")
                runs["micrograd"] = partial(micrograd, make, point)
            times = race(runs, repeats=7, batch=max(1, 5_000 // size))
            table(
                f"{name}, {operations} operations; set up in {setup * 1e6:.0f} µs/op",
                times,
                per=operations,
                unit="ns/op",
            )
            best = {run: timing.best for run, timing in times.items()}
            what = f"P2 {{}}, {name} {size}, vs {{}}".format
            if "micrograd" in best:
                verdict(what("compiled", "micrograd"), best["micrograd"] / best["compiled"], 50)
            if "casadi" in best:
                if size >= 1_000:
                    most = 10 if size == 100_000 else 4.5
                    verdict(what("compiled", "casadi, time"), best["compiled"] / best["casadi"], most, at_most=True)
                if here["numba"]:
                    verdict(what("fast", "casadi"), best["casadi"] / best["compiled, fast=True"], 1)


def many_points(here: dict[str, bool]) -> None:
    points = 1_000
    for name, build in WORKLOADS.items():
        for size in (100, 1_000):
            make, point, operations = build(size)
            spread = np.random.default_rng(size).uniform(0.999, 1.001, (len(point), points))
            arrays = np.array(point)[:, None] * spread
            listed = program(make, point)
            runs: dict[str, Callable[[], Any]] = {"compiled": partial(listed.compile(), *arrays)}
            if here["numba"]:
                runs["compiled, fast=True"] = partial(listed.compile(fast=True), *arrays)
            if here["casadi"]:
                peer = casadi_function(make, point).map(points)
                runs["casadi.map"] = lambda peer=peer, arrays=arrays: [part.full() for part in peer(arrays)]
                value, slopes = runs["compiled"]()
                theirs = runs["casadi.map"]()
                if not (np.allclose(value, theirs[0].ravel()) and np.allclose(np.array(slopes), theirs[1])):
                    print(f"casadi disagrees on {name} {size}")
            times = race(runs, repeats=9, batch=max(1, 2_000 // size))
            table(f"{name}, {operations} operations at {points} points", times, per=operations * points, unit="ns/op")
            best = {run: timing.best for run, timing in times.items()}
            if here["casadi"]:
                what = f"P2 {points} points, {{}}, {name} {size}, vs casadi.map".format
                verdict(what("compiled"), best["casadi.map"] / best["compiled"], 20 if size == 100 else 2)
                if here["numba"]:
                    verdict(what("fast"), best["casadi.map"] / best["compiled, fast=True"], 5)


def main() -> None:
    here = installed("numba", "casadi", "micrograd")
    repeated(here)
    many_points(here)


if __name__ == "__main__":
    with_deep_stack(main)

"""P7: a million operations: what one takes in time and memory, as an expression, a graph, a solution, a program.

Run ``python tests/benchmarks/p7_scale.py``. The workload is the layered graph of P1. Each row is done anew at every
size; what has been linear at 10⁴ has to be at 10⁶. Dictionaries of dictionaries, which is what a graph of networkx is,
grow out of the processor's caches too: their own growth stands beside ours.
"""

from __future__ import annotations

import gc
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

from harness import installed, sized, verdict
from p1_first_gradient import layered, workload

import compgraph as cg

SIZES = sized((10_000, 100_000, 1_000_000), (10_000, 100_000))


def plain(operations: int) -> Any:
    """As many dictionaries in dictionaries as a graph of networkx would have, and nothing in them."""
    return {str(i): {str(i - 1): {0: {"partial": float(i)}}} for i in range(operations)}


class Case:
    """The workload of one size, and what is done to it; each stage takes what the one before has left."""

    def __init__(self, size: int) -> None:
        self.make, self.point, self.operations = workload(layered, size)
        self.names = [f"x{i}" for i in range(len(self.point))]
        self.at = dict(zip(self.names, self.point, strict=True))

    def stages(self, *, fast: bool) -> dict[str, Callable[[Any], Any]]:
        stages: dict[str, Callable[[Any], Any]] = {
            "dictionaries of dictionaries": lambda _: plain(self.operations),
            "expression": lambda _: self.make([cg.Variable(name) for name in self.names]),
            "value and gradient": lambda e: cg.value_and_gradient(e, self.names)(*self.point),
            "graph": lambda e: cg.trace(e),
            "solve": lambda e: cg.solve(e, at=self.at).gradient,
            "solution": lambda e: cg.solve(e, at=self.at),
            "program": lambda e: cg.derivative_program(e, wrt=self.names),
        }
        if fast:
            stages["program, compiled by numba, run"] = lambda e: cg.derivative_program(e, wrt=self.names).compile(
                fast=True
            )(*self.point)
        return stages


def seconds(stage: Callable[[Any], Any], given: Any) -> float:
    best = float("inf")
    for _ in range(2):
        gc.collect()
        gc.disable()  # as the library does where it builds much: what is alive is not walked again and again
        start = time.perf_counter()
        kept = stage(given)
        best = min(best, time.perf_counter() - start)
        gc.enable()
        del kept
    return best


def memory(stage: Callable[[Any], Any], given: Any) -> int:
    """Bytes that the result holds, beside what it was made from."""
    gc.collect()
    tracemalloc.start()
    kept = stage(given)
    gc.collect()
    held = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    del kept
    return held


def main() -> None:
    fast = installed("numba")["numba"]
    took: dict[str, list[float]] = {}
    held: dict[str, list[float]] = {}
    for size in SIZES:
        case = Case(size)
        stages = case.stages(fast=fast)
        expression = stages["expression"](None)
        if fast:
            stages["program, compiled by numba, run"](cg.Variable("x0") * 2)  # numba's own start
        for name, stage in stages.items():
            took.setdefault(name, []).append(seconds(stage, expression) / case.operations)
            held.setdefault(name, []).append(memory(stage, expression) / case.operations)
    sizes = "".join(f"{f'10^{len(str(size)) - 1}':>12}" for size in SIZES)
    for what, rows, scale in (("µs per operation", took, 1e6), ("bytes per operation, held", held, 1)):
        print(f"\n{what:40}{sizes}")
        for name, row in rows.items():
            print(f"  {name:38}" + "".join(f"{value * scale:>12.2f}" for value in row))
    print()
    largest = f"10^{len(str(SIZES[-1])) - 1}"
    base = took["dictionaries of dictionaries"]
    for name, row in took.items():
        if name != "dictionaries of dictionaries":
            growth = (row[-1] / row[0]) / (base[-1] / base[0])
            verdict(f"P7 {name}, time per operation at {largest} over 10^4, relative", growth, 2, at_most=True)
    for name in ("expression", "graph", "solution", "program"):
        growth = held[name][-1] / held[name][0]
        verdict(f"P7 {name}, memory per operation at {largest} over 10^4", growth, 1.2, at_most=True)
    verdict("P7 solution, memory per operation", held["solution"][-1] / 1000, 2.5, at_most=True, unit=" kB")


if __name__ == "__main__":
    main()

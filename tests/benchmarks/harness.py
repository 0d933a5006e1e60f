"""Side-by-side timing: competitors interleaved in one run, several fresh repeats, minimum and median, and a verdict.

Only ratios within one run mean anything; absolute times belong to the machine of the day.
"""

from __future__ import annotations

import gc
import importlib.util
import statistics
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple


def sized(full: Any, quick: Any) -> Any:
    """What is measured, or with ``--quick`` on the command line something small that takes a minute at most."""
    return quick if "--quick" in sys.argv else full


class Timing(NamedTuple):
    """Seconds: the fastest repeat and the one in the middle."""

    best: float
    median: float


def race(competitors: Mapping[str, Callable[[], Any]], *, repeats: int = 7, batch: int = 1) -> dict[str, Timing]:
    """Time each competitor `repeats` times, taking turns; a batch of runs counts as one repeat."""
    samples: dict[str, list[float]] = {name: [] for name in competitors}
    for run in competitors.values():
        run()  # imports, caches and branch predictors: nobody pays for being first
    for _ in range(repeats):
        for name, run in competitors.items():
            gc.collect()
            start = time.perf_counter()
            for _ in range(batch):
                run()
            samples[name].append((time.perf_counter() - start) / batch)
    return {name: Timing(min(s), statistics.median(s)) for name, s in samples.items()}


def table(title: str, rows: Mapping[str, Timing], *, per: int = 1, unit: str = "µs/op") -> None:
    """Print best and median of each competitor, divided by the number of operations."""
    scale = {"µs/op": 1e6, "ms": 1e3, "s": 1.0, "ns/op": 1e9}[unit] / per
    print(f"\n{title}")
    print(f"  {'':32}{'best':>12}{'median':>12}  {unit}")
    for name, timing in rows.items():
        print(f"  {name:32}{timing.best * scale:>12.3f}{timing.median * scale:>12.3f}")


def verdict(what: str, ratio: float, target: float, *, at_most: bool = False, unit: str = "x") -> bool:
    """Print one line: the ratio reached, the target, and whether it is met."""
    met = ratio <= target if at_most else ratio >= target
    bound = "at most " if at_most else ""
    print(f"{what}: {ratio:.2f}{unit} (target {bound}{target:g}{unit}) {'ok' if met else 'short'}")
    return met


def installed(*names: str) -> dict[str, bool]:
    """Which peers are here; the others are named and skipped."""
    found = {name: importlib.util.find_spec(name) is not None for name in names}
    for name, here in found.items():
        if not here:
            print(f"({name} is not installed: skipped)")
    return found


def with_deep_stack(main: Callable[[], None]) -> None:
    """Run where a recursive peer may recurse as deep as it likes."""
    sys.setrecursionlimit(1_000_000)
    threading.stack_size(512 * 1024 * 1024)
    thread = threading.Thread(target=main)
    thread.start()
    thread.join()

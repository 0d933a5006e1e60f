"""P5: a film of backpropagation, against one `dot` process per frame.

Run ``python tests/benchmarks/p5_film.py``. The peer draws each frame the usual way: it writes DOT with the state of the
step and has the system's `dot` lay it out and render it. Without a system `dot` only our own times are printed. For
1 000 frames the peer is timed on 10 of them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from harness import sized, verdict

import compgraph as cg

PROGRAM = """
import sys, compgraph as cg
size, path = int(sys.argv[1]), sys.argv[2]
text = "\\n".join(f"t{i + 1} = sin(t{i}) + t{max(0, i - 3)}" for i in range(size // 2))
cg.solve(text, at={"t0": 0.5}).film().save(path)
"""


def problem(size: int) -> str:
    """About `size` operations: a chain with shortcuts."""
    return "\n".join(f"t{i + 1} = sin(t{i}) + t{max(0, i - 3)}" for i in range(size // 2))


def cold(size: int, cache: Path) -> float:
    """Seconds from starting Python to the written page, with the engine's cache in `cache`."""
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        subprocess.run(
            [sys.executable, "-c", PROGRAM, str(size), str(Path(folder) / "steps.html")],
            check=True,
            env={**os.environ, "XDG_CACHE_HOME": str(cache)},
        )
        return time.perf_counter() - start


def warm(size: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        cg.solve(problem(size), at={"t0": 0.5}).film().save(Path(folder) / "steps.html")
        return time.perf_counter() - start


def dot_per_frame(size: int, frames: int | None = None) -> float:
    """Seconds for a `dot` process per frame; where fewer `frames` are drawn, scaled up to all of them."""
    solution = cg.solve(problem(size), at={"t0": 0.5})
    film = solution.film()
    drawn = range(len(film)) if frames is None else range(0, len(film), len(film) // frames)
    sources = [film.dot(k) for k in drawn]
    start = time.perf_counter()
    for source in sources:
        subprocess.run(["dot", "-Tsvg"], input=source.encode(), stdout=subprocess.DEVNULL, check=True)
    return (time.perf_counter() - start) * len(film) / len(drawn)


def main() -> None:
    has_dot = shutil.which("dot") is not None
    if not has_dot:
        print("(no system dot: the peer is skipped)")
    with tempfile.TemporaryDirectory() as cache:
        print(f"first run ever, 50 operations: {cold(50, Path(cache)):.2f} s (compiles the engine)")
        warm(50)
        for size, frames in sized(((50, None), (1_000, 10)), ((50, None),)):
            ours_cold = min(cold(size, Path(cache)) for _ in range(5 if size == 50 else 2))
            ours_warm = min(warm(size) for _ in range(5 if size == 50 else 2))
            print(f"\n{size} operations: cold {ours_cold:.3f} s, imported {ours_warm:.3f} s")
            if not has_dot:
                continue
            theirs = dot_per_frame(size, frames)
            print(f"{size} operations: a dot process per frame {theirs:.2f} s")
            if size == 50:
                verdict("P5 film of 50 steps, cold, vs a dot process per frame", theirs / ours_cold, 2)
                verdict("P5 film of 50 steps, imported, vs a dot process per frame", theirs / ours_warm, 15)
            else:
                verdict("P5 film of 1 000 steps, cold, vs a dot process per frame", theirs / ours_cold, 150)


if __name__ == "__main__":
    main()

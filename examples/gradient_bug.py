"""A bug in a gradient, found: which input is wrong, then which step, then what was done there.

    python examples/gradient_bug.py [folder]

prints both checks, and writes bug.html: the graph with the numbers of the program, the wrong one marked.
"""

from __future__ import annotations

import math
import sys
from pathlib import Path

import compgraph as cg

POINT = {"w": 0.6, "x": 1.5, "b": -0.4, "t": 1.0}


def loss(w, x, b, t):
    a = cg.sigmoid(w * x + b)
    return (a - t) ** 2


def backward(w, x, b, t):
    """Somebody's backward pass, and all of its numbers."""
    z = w * x + b
    a = 1 / (1 + math.exp(-z))
    da = 2 * (a - t)
    dz = da * a  # here a · (1 − a) was meant
    return {"z": z, "a": a, "grad:a": da, "grad:z": dz, "grad:w": dz * x, "grad:b": dz}


def main(folder: Path = Path()) -> list[Path]:
    numbers = backward(**POINT)

    by_hand = {name: numbers[f"grad:{name}"] for name in "wb"}
    print(cg.check_gradient(loss, POINT, gradient=by_hand, wrt=["w", "b"]))

    s = cg.solve("z = w*x + b; a = sigmoid(z); L = (a - t)^2", at=POINT)
    report = s.check({cell: f"{number:.6g}" for cell, number in numbers.items()})
    print(report)

    path = folder / "bug.html"
    path.write_text(report.html(), encoding="utf-8")
    return [path]


if __name__ == "__main__":
    for path in main(*map(Path, sys.argv[1:2])):
        print("wrote", path)

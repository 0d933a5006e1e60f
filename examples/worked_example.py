"""The worked example everywhere: J = cos(sin(x²) + 3x²) at x = 2, as one picture.

    python examples/worked_example.py examples

writes the picture of the README.
"""

from __future__ import annotations

import sys
from pathlib import Path

import compgraph as cg

TEXT = """
    t  = x^2
    u1 = sin(t)
    u2 = 3t
    u  = u1 + u2
    J  = cos(u)
"""


def main(folder: Path = Path()) -> list[Path]:
    return cg.solve(TEXT, at={"x": 2}).film().save(folder / "worked_example.svg")


if __name__ == "__main__":
    for path in main(*map(Path, sys.argv[1:2])):
        print("wrote", path)

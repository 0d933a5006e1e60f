"""The worked example everywhere: J = cos(sin(x²) + 3x²) at x = 2, as one picture.

Run ``python examples/worked_example.py`` to write ``worked_example.svg`` beside this file, the picture of the README.
"""

from pathlib import Path

import compgraph as cg

solution = cg.solve(
    """
    t  = x^2
    u1 = sin(t)
    u2 = 3t
    u  = u1 + u2
    J  = cos(u)
    """,
    at={"x": 2},
)


def main(folder: Path = Path(__file__).parent) -> Path:
    path = folder / "worked_example.svg"
    path.write_text(solution.film().figure(), encoding="utf-8", newline="\n")
    return path


if __name__ == "__main__":
    print(main())

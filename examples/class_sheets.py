"""A worksheet for a class of thirty: everybody has numbers of their own, and the teacher the keys.

    python examples/class_sheets.py [folder]

- sheets/…: a page to fill in for every student, and answers/… a file for those who type
- keys/…: the same pages with every answer and where it comes from

The numbers follow from the course's secret and the name; they are chosen so that they are pleasant, and so that the
usual mistakes give results that can be told apart. `compgraph hw class` marks what comes back.
"""

from __future__ import annotations

import sys
from pathlib import Path

from compgraph.homework import Problem, Worksheet

PROBLEM = Problem(
    "z = w*x + b; a = sigmoid(z); L = (a - t)^2",
    title="Backpropagation by hand",
    at={"w": "0.6", "x": "1.5", "b": "-0.4", "t": "1"},
    wrt=["w", "b"],
    fixed=["t"],
)
STUDENTS = [f"student {number:02}" for number in range(1, 31)]


def main(folder: Path = Path()) -> list[Path]:
    for kind in ("sheets", "keys", "answers"):
        (folder / kind).mkdir(parents=True, exist_ok=True)
    written = []
    for sheet in Worksheet.of_class(PROBLEM, STUDENTS, secret="spring term", ask=["val", "part", "grad"]):
        name = sheet.student.replace(" ", "-")
        written += [
            sheet.blank.save(folder / "sheets" / f"{name}.pdf"),
            sheet.key.save(folder / "keys" / f"{name}.pdf"),
            sheet.template.save(folder / "answers" / f"{name}.toml"),
        ]
    return written


if __name__ == "__main__":
    for path in main(*map(Path, sys.argv[1:2])):
        print("wrote", path)

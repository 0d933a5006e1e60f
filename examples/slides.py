"""A lecture's slides from one expression: what is projected, what is printed, what is on the web.

    python examples/slides.py [folder]

- deck.tex: Beamer, one slide; each click is a step, and everything stays in its place (`pdflatex deck.tex`)
- deck.pdf: the same steps as pages, for whoever has no TeX
- handout.pdf: three steps on a page, and lines for notes
- deck.html: the steps to play with, offline
"""

from __future__ import annotations

import sys
from pathlib import Path

import compgraph as cg

x, y = cg.Variable("x"), cg.Variable("y")
t = (x * y).named("t")
J = (cg.log(x) + t - cg.sin(y)).named("J")


def main(folder: Path = Path()) -> list[Path]:
    film = cg.solve({"t": t, "J": J}, at={"x": 2, "y": 5}).film(title="Reverse accumulation: log x + xy − sin y")
    written = [path for name in ("deck.tex", "deck.pdf", "deck.html") for path in film.save(folder / name)]
    return [*written, *film.handout(3).save(folder / "handout.pdf")]


if __name__ == "__main__":
    for path in main(*map(Path, sys.argv[1:2])):
        print("wrote", path)

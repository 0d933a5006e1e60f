r"""Figures for a paper: Mazur's network of two inputs, two hidden and two output units, and one of its units by itself.

    python examples/paper_figure.py [folder]

- network.tikz, network.svg: neurons in columns; lines as thick as what flows back along them
- unit.tikz, unit.svg: the chain rule through one output unit, with values, partials and derivatives
- figure.tex: both in a document that `pdflatex` sets in the fonts of the paper
"""

from __future__ import annotations

import sys
from pathlib import Path

import compgraph as cg

NETWORK = """
    net_h1 = w1*i1 + w2*i2 + b1
    net_h2 = w3*i1 + w4*i2 + b1
    out_h1 = sigmoid(net_h1)
    out_h2 = sigmoid(net_h2)
    net_o1 = w5*out_h1 + w6*out_h2 + b2
    net_o2 = w7*out_h1 + w8*out_h2 + b2
    out_o1 = sigmoid(net_o1)
    out_o2 = sigmoid(net_o2)
    E      = (t1 - out_o1)^2/2 + (t2 - out_o2)^2/2
"""
POINT = {
    "i1": 0.05, "i2": 0.1, "w1": 0.15, "w2": 0.2, "w3": 0.25, "w4": 0.3, "b1": 0.35,
    "w5": 0.4, "w6": 0.45, "w7": 0.5, "w8": 0.55, "b2": 0.6, "t1": 0.01, "t2": 0.99,
}  # fmt: skip

UNIT = """
    net = w5*h1 + w6*h2 + b2
    out = sigmoid(net)
    E1  = (t1 - out)^2/2
"""

DOCUMENT = r"""\documentclass{article}
\usepackage{tikz,amsmath}
\begin{document}
\begin{figure}
\resizebox{\linewidth}{!}{\input{network.tikz}}
\caption{The network after a backward sweep: a line is as thick as what flows back along it.}
\end{figure}
\begin{figure}
\centering
\resizebox{.8\linewidth}{!}{\input{unit.tikz}}
\caption{The chain rule through the first output unit.}
\end{figure}
\end{document}
"""


def main(folder: Path = Path()) -> list[Path]:
    network = cg.solve(NETWORK, at=POINT)
    hidden = {"h1": network.values["out_h1"], "h2": network.values["out_h2"]}
    unit = cg.solve(UNIT, at={**hidden, **{name: POINT[name] for name in ("w5", "w6", "b2", "t1")}}).statements
    films = {
        "network": network.network(["i1", "i2"], theme="print"),
        "unit": unit.film(theme="print", rankdir="BT", digits=3),
    }
    written = [
        path
        for name, film in films.items()
        for kind in ("tikz", "svg")
        for path in film.save(folder / f"{name}.{kind}")
    ]
    document = folder / "figure.tex"
    document.write_text(DOCUMENT, encoding="utf-8")
    return [*written, document]


if __name__ == "__main__":
    for path in main(*map(Path, sys.argv[1:2])):
        print("wrote", path)

r"""A figure for a paper: Mazur's network of two inputs, two hidden and two output units, as neurons and as operations.

    python examples/paper_figure.py [folder]

- network.tikz, network.svg: neurons in columns; lines as thick as what flows back along them
- graph.tikz, graph.svg: every assignment, with its value, its partials and its derivative
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

DOCUMENT = r"""\documentclass{article}
\usepackage{tikz,amsmath}
\begin{document}
\begin{figure}
\centering
\resizebox{.7\linewidth}{!}{\input{network.tikz}}

\bigskip
\resizebox{\linewidth}{!}{\input{graph.tikz}}
\caption{A network after one backward sweep: as neurons, and statement by statement.}
\end{figure}
\end{document}
"""


def main(folder: Path = Path()) -> list[Path]:
    s = cg.solve(NETWORK, at=POINT)
    films = {"network": s.network(["i1", "i2"], theme="print"), "graph": s.statements.film(theme="print", digits=3)}
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

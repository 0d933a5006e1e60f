"""What has to work where Python is and little that is compiled, as in a browser; run there and, without that, here."""

from __future__ import annotations

import json
from hashlib import sha256

import compgraph as cg
from compgraph.homework import Problem, Worksheet, grade

#: A graph, its film, a sheet and its marks.
TEXT = "t = x^2\nu1 = sin(t)\nu2 = 3t\nu = u1 + u2\nJ = cos(u)"
NEURON = ("z = w*x + b; a = sigmoid(z); L = (a - t)^2", {"w": "0.6", "x": "1.5", "b": "-0.4", "t": "1"})
#: Pages whose graph is laid out by what there is, or shown with a bitmap where one can be made.
AUTO = ("report", "notebook")
TYPED = {"val:z": "0.9", "val:a": "0.7109", "grad:w": "-0.1782"}


def run() -> dict[str, object]:
    """Solve, draw, print and mark; what came of it, in figures and as pictures."""
    solution = cg.solve(TEXT, at={"x": 2}, direction="reverse")
    film = solution.film(engine="layered")
    problem = Problem(*NEURON, wrt=["w", "b"], title="hw3")
    report = grade(problem, TYPED, digits=4)
    worksheet = Worksheet(problem, engine="layered")
    pages = {
        "film": film.html(),
        "notebook": film._repr_html_() if not _has_bitmaps() else "",
        "sheet": worksheet.blank.html(),
        "paper": worksheet.blank.svg(),
        "fillable": worksheet.fillable.html(),
        "key": worksheet.key.html(),
        "report": report.html(),
    }
    return {
        "gradient": solution.gradient,
        "values": solution.values,
        "captions": list(film.captions),
        "picture": film.svg(4),
        "paper": pages["paper"],
        "report": report.to_dict(),
        "verdicts": {cell: report[cell].verdict for cell in TYPED},
        "pages": {name: sha256(page.encode()).hexdigest() for name, page in pages.items() if name not in AUTO},
        "sizes": {name: len(page) for name, page in pages.items()},
        "note": cg.solve(TEXT, at={"x": 2}).film().html().count("Laid out without Graphviz"),
    }


def _has_bitmaps() -> bool:
    try:
        import resvg_py  # noqa: F401
    except ImportError:
        return False
    return True


if __name__ == "__main__":
    print(json.dumps(run()))

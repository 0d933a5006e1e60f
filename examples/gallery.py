"""A gallery: what lectures, books and articles have worked out, each as its graph, with its numbers and its source.

    python examples/gallery.py [folder]

writes gallery.html, one page that needs nothing else. The cases are those that the tests hold the library against.
"""

from __future__ import annotations

import json
import sys
from html import escape
from pathlib import Path
from urllib.parse import quote

import compgraph as cg

CASES = Path(__file__).parent.parent / "tests" / "data" / "golden_cases.json"

STYLE = """
body{font:16px/1.5 Georgia,serif;color:#1b1f24;background:#f4f3ef;max-width:1100px;margin:0 auto;padding:2em 1em}
h1,h2{font-weight:normal;line-height:1.2}
h2{font-size:1.15em;margin:0}
section{background:#fff;border:1px solid #e3e1da;border-radius:12px;padding:1.2em;margin:1.2em 0}
img{display:block;max-width:100%;max-height:26em;margin:1em auto}
details{overflow-x:auto}
summary{cursor:pointer;color:#59636e}
nav{columns:3 16em;font-size:.9em}
nav a{display:block;color:inherit}
"""


def picture(case: dict, solution: cg.Solution) -> str:
    """The solved graph as an image: a picture in its own right, which nothing on the page can disturb."""
    address = "data:image/svg+xml," + quote(solution.film().figure(), safe=" ()*+,/:;=?")
    return f'<img src="{address}" alt="The graph of {escape(case["id"])}" loading="lazy">'


def section(case: dict) -> str:
    solution = cg.solve("\n".join(case["assignments"]), at=case["inputs"], of=case["outputs"]).statements
    tables = "".join(solution.sweep(output).table()._repr_html_() for output in solution.outputs)
    return (
        f'<section id="{escape(case["id"])}"><h2>{escape(case["source"])}</h2>{picture(case, solution)}'
        f"<details><summary>Every value and every derivative</summary>{tables}</details></section>"
    )


def main(folder: Path = Path()) -> list[Path]:
    cases = [case for case in json.loads(CASES.read_text("utf-8")) if case["kind"] == "explicit"]
    links = "".join(f'<a href="#{escape(case["id"])}">{escape(case["id"])}</a>' for case in cases)
    sections = "\n".join(map(section, cases))
    path = folder / "gallery.html"
    path.write_text(
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>A gallery of computation graphs</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head>\n<body>'
        f"<h1>{len(cases)} computation graphs that others have worked out by hand</h1><nav>{links}</nav>\n"
        f"{sections}\n</body></html>\n",
        encoding="utf-8",
    )
    return [path]


if __name__ == "__main__":
    for path in main(*map(Path, sys.argv[1:2])):
        print("wrote", path)

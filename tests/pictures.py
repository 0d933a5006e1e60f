"""Pictures of different shapes, and a ruler for them: what an SVG of ours shows, and where.

The ruler reads the SVG text itself and measures with the font's table of widths, so it sees what a viewer would draw.
"""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import networkx as nx

import compgraph as cg
from compgraph.render.font import ascent, text_width
from compgraph.render.style import SIZES

EXAMPLE = "t = x^2; u1 = sin(t); u2 = 3t; u = u1 + u2; J = cos(u)"

HOSTILE = [
    "</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>", '"quoted"', "back\\", "\\N \\G \\l",
    "a:b:c", "<b>", "<>", "&amp;", "&#65;", "{r|e}", "]]>", "--><!--", "\x00\x07\x1b", "\ufffe\uffff", "\ud800",
    "a\nb\r\nc\td", "\u2028\u202e", "';alert(1)//", "${alert(1)}", "node", "e=1]; evil [label=x", "漢字 🎉",
    "x" * 300, "",
]  # fmt: skip

_GOLDEN = {
    case["id"]: case for case in json.loads((Path(__file__).parent / "data" / "golden_cases.json").read_text("utf-8"))
}


def golden(name: str, **options: Any) -> cg.Solution:
    """The solution of a golden case."""
    case = _GOLDEN[name]
    return cg.solve("\n".join(case["assignments"]), case["inputs"], of=case["outputs"], **options)


def hostile_graph() -> nx.MultiDiGraph:
    """Names that try to be something else, each a node; every one feeds the next."""
    graph = nx.MultiDiGraph()
    graph.add_nodes_from((name, {"value": float(i)}) for i, name in enumerate(HOSTILE))
    for i, (tail, head) in enumerate(pairwise(HOSTILE)):
        graph.add_edge(tail, head, i, partial=-1.5)
    return graph


#: One of each shape: label → solution.
SHAPES: dict[str, Callable[[], cg.Solution]] = {
    "tiny": lambda: golden("cs231n_mul"),
    "deep": lambda: golden("babylonian").statements,
    "wide": lambda: golden("bn_batch").statements,
    "shared inputs": lambda: golden("micrograd_readme").statements,
    "parallel edges": lambda: cg.solve("f = x*x; g = f*f + x^x", {"x": 3}),
    "long names": lambda: cg.solve(
        "total_cost_of_ownership = purchase_price_including_all_taxes + maintenance_per_year * expected_years; "
        "the_objective_of_it_all = log(total_cost_of_ownership)",
        {"purchase_price_including_all_taxes": 1200, "maintenance_per_year": 130.5, "expected_years": 7},
    ),
    "large numbers": lambda: cg.solve(
        "a = -x*10^12; b = exp(y); c = a*b; d = c/0.000000001 - 12345.678; e = d*d", {"x": 987654.321, "y": -20}
    ),
    "Greek and subscripts": lambda: cg.solve(
        "sigma_1 = alpha*beta^2 + lambda/mu_i; phi = tanh(sigma_1); L = (phi - theta)^2/2",
        {"alpha": 0.5, "beta": -1.5, "lambda": 2, "mu_i": 3, "theta": 0.1},
    ),
    "sixty nodes": lambda: golden("gormley_nn"),
    "unused input": lambda: cg.solve("f = sin(x)*x", {"x": 1, "w": 2}),
    "branch": lambda: cg.solve("y = where(x > 0, sqrt(x)*2, exp(x))", {"x": -1}),
    "forward": lambda: golden("wikipedia_ad", direction="forward"),
    "symbols": lambda: cg.solve(EXAMPLE),
}


class Text(NamedTuple):
    """A text in a picture: what it says, whose it is, and its box (left, top, right, bottom)."""

    words: str
    owner: str
    kind: str
    box: tuple[float, float, float, float]


class Rectangle(NamedTuple):
    owner: str
    kind: str
    box: tuple[float, float, float, float]


class Picture:
    """An SVG document, measured."""

    def __init__(self, svg: str) -> None:
        self.root = ElementTree.fromstring(svg)
        self.size = tuple(float(n) for n in self.root.attrib["viewBox"].split())[2:]
        self.texts: list[Text] = []
        self.rectangles: list[Rectangle] = []
        self.groups = {g.attrib["id"]: g for g in _all(self.root, "g")}
        for group in [self.root, *self.groups.values()]:
            dx, dy = _shift(group)
            owner = group.attrib.get("id", "")
            for element in group:
                if element.tag.endswith("rect") and "cg-paper" not in element.attrib["class"]:
                    x, y, w, h = (float(element.attrib[key]) for key in ("x", "y", "width", "height"))
                    box = (x + dx, y + dy, x + dx + w, y + dy + h)
                    self.rectangles.append(Rectangle(owner, element.attrib["class"], box))
                if element.tag.endswith("text") and "".join(element.itertext()):
                    self.texts.append(_measured(element, owner, dx, dy))

    def state(self, key: str) -> set[str]:
        """The classes of a node (``n0``), edge (``e0``) or label (``l0``)."""
        return set(self.groups[key].attrib["class"].split())

    def words(self, key: str) -> list[str]:
        """The lines of text of a node or label."""
        return [text.words for text in self.texts if text.owner == key]

    def geometry(self) -> list[Any]:
        """Everything that has a place: it must be the same in all frames of a film."""
        found: list[Any] = [self.root.attrib["viewBox"]]
        for key, group in self.groups.items():
            found.append((key, group.attrib.get("transform")))
            for element in group:
                if "cg-mark" in element.attrib.get("class", ""):
                    found.append(element.attrib["transform"])
                else:
                    found.append([element.attrib.get(a) for a in ("class", "x", "y", "width", "height", "d", "rx")])
        return found


def overlapping(a: tuple[float, ...], b: tuple[float, ...], by: float = 0.5) -> bool:
    """Whether two boxes cover a common area more than `by` points wide and high."""
    return min(a[2], b[2]) - max(a[0], b[0]) > by and min(a[3], b[3]) - max(a[1], b[1]) > by


def inside(a: tuple[float, ...], b: tuple[float, ...], by: float = 0.0) -> bool:
    """Whether a box keeps `by` points from the border of another that it lies in."""
    return a[0] >= b[0] + by and a[1] >= b[1] + by and a[2] <= b[2] - by and a[3] <= b[3] - by


def _all(root: ElementTree.Element, name: str) -> Iterator[ElementTree.Element]:
    return (element for element in root.iter() if element.tag.endswith("}" + name))


def _shift(group: ElementTree.Element) -> tuple[float, float]:
    transform = group.attrib.get("transform")
    if transform is None:
        return 0.0, 0.0
    x, y = transform.removeprefix("translate(").removesuffix(")").split()
    return float(x), float(y)


def _measured(element: ElementTree.Element, owner: str, dx: float, dy: float) -> Text:
    kind = element.attrib.get("class", "")
    size = next((getattr(SIZES, name) for name in ("label", "small", "caption") if f"cg-{name}" in kind), SIZES.text)
    wide = text_width(element.text or "", size)
    for span in element:
        if "x" in span.attrib:  # a run that has a place of its own follows the one before it
            assert "cg-term" not in kind
            assert abs(float(span.attrib["x"]) - float(element.attrib["x"]) - wide) < 0.2
        wide += text_width(span.text or "", size, "cg-i" in span.attrib.get("class", ""))
        wide += text_width(span.tail or "", size)
    left = float(element.attrib["x"]) + dx - (wide / 2 if "cg-term" in kind else 0)
    base = float(element.attrib["y"]) + dy
    # from the height of capitals to the depth of a bracket: what meets the eye
    return Text("".join(element.itertext()), owner, kind, (left, base - 0.7 * size, left + wide, base + 0.2 * size))


assert ascent(1) > 0.7

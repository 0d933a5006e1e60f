"""A picture of ours, read back as shapes with their places and their looks.

Every medium is written from the SVG that everybody sees: whatever PDF and TikZ draw stands where the SVG has it,
because it was read there. Only what our own pictures are made of is understood: groups that are shifted and scaled,
rectangles, paths, lines of text, and a style sheet of classes.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple
from xml.etree import ElementTree

from compgraph.render.cells import runs_width
from compgraph.render.runs import Runs

__all__ = ["Box", "Look", "Outline", "Part", "Shape", "Sheet", "Words", "read"]

Point = tuple[float, float]


class Look(NamedTuple):
    """How a shape is drawn: colours as ``#rrggbb`` or empty, lengths in points; and the classes it has that from."""

    name: str
    fill: str
    stroke: str
    width: float
    dash: tuple[float, ...]
    opacity: float


class Box(NamedTuple):
    """A rectangle with round corners, from its upper left corner."""

    look: Look
    x: float
    y: float
    width: float
    height: float
    radius: float


class Outline(NamedTuple):
    """Curves through points: ``M`` and ``L`` with one, ``C`` with three, ``Z`` with none."""

    look: Look
    curves: tuple[tuple[str, tuple[Point, ...]], ...]


class Words(NamedTuple):
    """A line of text from (x, y) on its baseline; its stroke, if any, is a halo that sets it off from lines behind."""

    look: Look
    x: float
    y: float
    size: float
    runs: Runs
    centred: bool

    @property
    def width(self) -> float:
        """How far the line reaches in our font."""
        return runs_width(self.runs, self.size)


Shape = Box | Outline | Words


class Part(NamedTuple):
    """What is drawn together, with the id it has in the picture: ``n3`` is a node, ``e3`` an edge, ``l3`` its label."""

    key: str
    shapes: tuple[Shape, ...]


class Sheet(NamedTuple):
    """A picture as shapes; `scope` is the class of its root, and says which theme it has."""

    width: float
    height: float
    title: str
    scope: str
    parts: tuple[Part, ...]


def read(svg: str) -> Sheet:
    """Read a picture.

    Examples
    --------
    >>> from compgraph.render.film import picture
    >>> import networkx as nx
    >>> sheet = read(picture(nx.MultiDiGraph([("x", "y", 0)])))
    >>> [part.key for part in sheet.parts], type(sheet.parts[1].shapes[0]).__name__
    (['', 'e0', 'n0', 'n1'], 'Outline')
    """
    root = ElementTree.fromstring(svg)
    reader = _Reader("".join(style.text or "" for style in root.iter(f"{_SVG}style")))
    inside = reader.inside(_Place((), {}, 1.0, 0.0, 0.0, 1.0), root)
    left, top, width, height = map(float, root.attrib["viewBox"].split())
    inside = inside._replace(x=-left, y=-top)
    parts = (Part(child.get("id", ""), tuple(reader.shapes(child, inside))) for child in root)
    title = root.findtext(f"{_SVG}title") or ""
    return Sheet(width, height, title, root.get("class", ""), tuple(part for part in parts if part.shapes))


_SVG = "{http://www.w3.org/2000/svg}"


class _Place(NamedTuple):
    """Where an element stands: the classes of those around it, what it inherits, the shift and the scale."""

    classes: tuple[frozenset[str], ...]
    style: Mapping[str, str]
    opacity: float
    x: float
    y: float
    scale: float

    def at(self, x: float, y: float) -> Point:
        return self.x + self.scale * x, self.y + self.scale * y


class _Reader:
    """The style sheet of a picture, and what elements look like by it."""

    def __init__(self, sheet: str) -> None:
        self.rules: list[tuple[list[frozenset[str]], dict[str, str]]] = []
        for selectors, declarations in re.findall(r"([^{}]+)\{([^{}]*)\}", sheet):
            declared = dict(re.findall(r"([\w-]+):([^;]+)", declarations))
            for selector in selectors.split(","):
                self.rules.append(([frozenset(part.split(".")[1:]) for part in selector.split()], declared))
        # the more classes, the stronger; among equals the later one
        self.rules.sort(key=lambda rule: sum(map(len, rule[0])))
        self.known: dict[tuple[frozenset[str], ...], dict[str, str]] = {}

    def own(self, classes: tuple[frozenset[str], ...]) -> dict[str, str]:
        """What the rules say of an element by its classes and those around it."""
        if classes not in self.known:
            said: dict[str, str] = {}
            for selector, declared in self.rules:
                if _matches(selector, classes):
                    said |= declared
            self.known[classes] = said
        return self.known[classes]

    def inside(self, place: _Place, element: ElementTree.Element) -> _Place:
        """The place of an element's content."""
        classes = (*place.classes, frozenset(element.get("class", "").split()))
        own = self.own(classes)
        opacity = place.opacity * float(own.get("opacity", 1))
        transform = element.get("transform", "")
        dx, dy = _numbers("translate", transform) or (0.0, 0.0)
        (scale,) = _numbers("scale", transform) or (1.0,)
        return _Place(classes, {**place.style, **own}, opacity, *place.at(dx, dy), place.scale * scale)

    def shapes(self, element: ElementTree.Element, around: _Place) -> Iterator[Shape]:
        """The shapes of an element and of all that is in it, from behind to the front."""
        stack = [(element, around)]
        while stack:
            element, around = stack.pop()
            place, kind = self.inside(around, element), element.tag.removeprefix(_SVG)
            if kind in ("g", "svg"):
                stack += [(child, place) for child in reversed(element)]
            elif kind in ("rect", "path", "text") and place.style.get("visibility") != "hidden":
                shape: Shape = (
                    _box(element, place)
                    if kind == "rect"
                    else _outline(element, place)
                    if kind == "path"
                    else _words(element, place, self)
                )
                if (shape.look.fill or shape.look.stroke) and not (isinstance(shape, Words) and not any(shape.runs)):
                    yield shape


def _matches(selector: list[frozenset[str]], classes: tuple[frozenset[str], ...]) -> bool:
    *others, last = selector
    if not last <= classes[-1]:
        return False
    around = iter(reversed(classes[:-1]))
    return all(any(wanted <= one for one in around) for wanted in reversed(others))


def _numbers(kind: str, transform: str) -> tuple[float, ...]:
    found = re.search(rf"{kind}\(([^)]*)\)", transform)
    return tuple(map(float, found[1].split())) if found else ()


def _look(place: _Place) -> Look:
    style, scale = place.style, place.scale
    dash = style.get("stroke-dasharray", "none")
    return Look(
        " ".join(name for classes in place.classes[1:] for name in sorted(classes)),
        style.get("fill", "#000000").replace("none", ""),
        style.get("stroke", "none").replace("none", ""),
        float(style.get("stroke-width", 1)) * scale,
        () if dash == "none" else tuple(float(part) * scale for part in dash.split()),
        place.opacity,
    )


def _box(element: ElementTree.Element, place: _Place) -> Box:
    x, y, width, height, radius = (float(element.get(key, 0)) for key in ("x", "y", "width", "height", "rx"))
    scale = place.scale
    return Box(_look(place), *place.at(x, y), width * scale, height * scale, radius * scale)


def _words(element: ElementTree.Element, place: _Place, reader: _Reader) -> Words:
    runs = [element.text or ""]
    for child in element:  # upright and italic runs in turn
        is_italic = reader.inside(place, child).style.get("font-style") == "italic"
        for words, slanted in ((child.text, is_italic), (child.tail, False)):
            if words and slanted != (len(runs) % 2 == 0):
                runs.append("")
            runs[-1] += words or ""
    size = float(place.style.get("font-size", "16px").removesuffix("px"))
    x, y, wide = float(element.get("x", 0)), float(element.get("y", 0)), runs_width(tuple(runs), size)
    if place.style.get("text-anchor") == "middle":
        x -= wide / 2
    # in a group that stands at the middle of a card or a label
    centred = len(place.classes) > 2 and abs(x + wide / 2) < 1
    return Words(_look(place), *place.at(x, y), size * place.scale, tuple(runs), centred)


def _outline(element: ElementTree.Element, place: _Place) -> Outline:
    curves = _curves(element.get("d", ""))
    return Outline(_look(place), tuple((kind, tuple(place.at(*point) for point in points)) for kind, points in curves))


#: How far the handles of a quarter of a circle reach, in radii.
_QUARTER = 4 / 3 * (math.sqrt(2) - 1)

_TOKEN = re.compile(r"[A-Za-z]|-?(?:\d+\.?\d*|\.\d+)")
_TAKES = {"M": 2, "L": 2, "H": 1, "V": 1, "C": 6, "A": 7, "Z": 0}


def _curves(path: str) -> Iterator[tuple[str, tuple[Point, ...]]]:
    """A path in absolute coordinates; an arc has to be half a circle, and becomes two quarters."""
    tokens = _TOKEN.findall(path)
    at = start = (0.0, 0.0)
    i, command = 0, "M"
    while i < len(tokens):
        if tokens[i].isalpha():
            command, i = tokens[i], i + 1
        kind, count = command.upper(), _TAKES[command.upper()]
        numbers = [float(token) for token in tokens[i : i + count]]
        i += count
        if kind == "Z":
            at = start
            yield kind, ()
            continue
        x, y = at if command.islower() else (0.0, 0.0)
        if kind in "HV":  # along one axis, and where it is along the other
            other = at[kind == "H"] - (y if kind == "H" else x)
            numbers, kind = ([*numbers, other] if kind == "H" else [other, *numbers]), "L"
        ends = numbers[5:] if kind == "A" else numbers
        points = tuple((x + a, y + b) for a, b in zip(ends[::2], ends[1::2], strict=True))
        if kind == "A":
            yield from _half(at, points[-1], clockwise=bool(numbers[4]))
        else:
            yield kind, points
        at = points[-1]
        if kind == "M":
            start, command = at, "l" if command == "m" else "L"


def _half(start: Point, end: Point, *, clockwise: bool) -> Iterator[tuple[str, tuple[Point, ...]]]:
    (x, y), turn = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2), 1 if clockwise else -1
    radius = (start[0] - x, start[1] - y)
    for _ in range(2):  # y points downwards, so clockwise is from x to y
        (a, b), (c, d) = radius, (-turn * radius[1], turn * radius[0])
        k = _QUARTER
        yield "C", ((x + a + k * c, y + b + k * d), (x + c + k * a, y + d + k * b), (x + c, y + d))
        radius = (c, d)

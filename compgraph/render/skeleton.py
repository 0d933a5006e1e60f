"""What Graphviz is told, and how its answer is read: text in, coordinates out.

It is told a *skeleton*: boxes of given sizes joined by edges, with no text of the user's in it, so there is nothing to
escape, and every Graphviz answers with nearly the same coordinates.

>>> print(skeleton([Box(60, 30), Box(36, 36)], [(0, 1, None), (0, 1, Box(18, 12))]))
digraph {
graph [rankdir=LR nodesep=0.3 ranksep=0.45]
node [shape=box fixedsize=true label="" penwidth=0]
edge [penwidth=0 arrowsize=0.7 fontname=Courier]
n0 [width=0.833333 height=0.416667]
n1 [width=0.5 height=0.5]
n0 -> n1 [id=e0]
n0 -> n1 [id=e1 fontsize=5 label="\\n000000"]
}
<BLANKLINE>
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from itertools import chain
from typing import Any, NamedTuple

__all__ = ["Box", "Curve", "Edge", "Layout", "Placed", "read", "skeleton"]

POINTS_PER_INCH = 72


class Box(NamedTuple):
    """A size, in points."""

    width: float
    height: float


class Placed(NamedTuple):
    """A rectangle: its centre and its size, in points, y growing downwards."""

    x: float
    y: float
    width: float
    height: float


class Curve(NamedTuple):
    """An edge drawn: control points of cubic Bézier curves from tail to head, the tip of its arrow, the label's place.

    There are 1 + 3k control points.  The line ends where the head of the arrow begins: the head reaches from
    ``points[-1]`` to ``arrow``, which lies on the border of the node.
    """

    points: tuple[tuple[float, float], ...]
    arrow: tuple[float, float]
    label: Placed | None


class Layout(NamedTuple):
    """A graph laid out: the whole size, nodes and edges in the order they were given, and what is to be said of it."""

    width: float
    height: float
    nodes: tuple[Placed, ...]
    edges: tuple[Curve, ...]
    note: str = ""


Edge = tuple[int, int, Box | None]  # tail, head, size of the label


def skeleton(nodes: Sequence[Box], edges: Sequence[Edge], *, rankdir: str = "LR") -> str:
    """Return the DOT text of a graph of boxes: identifiers n0…, e0…, fixed sizes, and one statement per edge."""
    if rankdir not in ("LR", "RL", "TB", "BT"):
        raise ValueError(f"unknown direction: expected 'LR', 'RL', 'TB' or 'BT', got {rankdir!r}.")
    lines = [
        "digraph {",
        f"graph [rankdir={rankdir} nodesep=0.3 ranksep=0.45]",
        # Pens without width: Graphviz would keep the edges half a pen away from the borders.
        'node [shape=box fixedsize=true label="" penwidth=0]',
        "edge [penwidth=0 arrowsize=0.7 fontname=Courier]",
    ]
    for index, box in enumerate(nodes):
        _check(box, f"node {index}")
        width, height = (f"{size / POINTS_PER_INCH:.6f}".rstrip("0").rstrip(".") for size in box)
        lines.append(f"n{index} [width={width} height={height}]")
    last = len(nodes) - 1
    for index, (tail, head, label) in enumerate(edges):
        if not (0 <= tail <= last and 0 <= head <= last):
            raise ValueError(f"edge {index} leads nowhere: expected nodes from 0 to {last}, got {tail} and {head}.")
        lines.append(f"n{tail} -> n{head} [id=e{index}{'' if label is None else _placeholder(label, index)}]")
    return "\n".join((*lines, "}", ""))


def _placeholder(box: Box, index: int) -> str:
    """Return attributes of a label that Graphviz measures as just covering the box.

    The label of an edge has no size of its own, so the box is filled with zeros in Courier, whose advance is 0.6 of the
    font size everywhere and whose lines are 1.2 of it apart; the smaller the letters, the closer the fit.
    """
    _check(box, f"the label of edge {index}")
    lines = math.ceil(box.height / 7.2)
    size = max(box.height / lines / 1.2, 1.0)  # Graphviz knows no smaller letters
    zeros = math.ceil(box.width / (0.6 * size) - 1e-9)
    label = "\\n" * (lines - 1) + "0" * zeros
    return f' fontsize={size:g} label="{label}"'


def _check(box: Box, what: str) -> None:
    if not all(math.isfinite(size) and size > 0 for size in box):
        raise ValueError(f"{what} has no size: expected two positive numbers of points, got {tuple(box)}.")


def read(answer: str, nodes: Sequence[Box], edges: Sequence[Edge]) -> Layout:
    """Return the layout in Graphviz's JSON, turned the right way up and moved to the origin.

    Coordinates come from the drawing operations.  These have two decimals, where the attribute ``pos`` has five digits
    in all: on a long chain that is ten points.
    """
    graph = json.loads(answer)
    found = {thing["name"]: thing for thing in graph.get("objects", ())}
    found |= {thing["id"]: thing for thing in graph.get("edges", ())}
    names = [f"n{index}" for index in range(len(nodes))] + [f"e{index}" for index in range(len(edges))]
    lost = [name for name in names if "_draw_" not in found.get(name, ())]
    if lost:
        raise RuntimeError(f"it left out {len(lost)} of them, {lost[0]} for one")
    things = [found[name] for name in names]
    boxes = [_box(thing, box) for thing, box in zip(things, nodes, strict=False)]
    curves = [_curve(thing, edge[2]) for thing, edge in zip(things[len(nodes) :], edges, strict=True)]

    corners = [
        (box.x + side * box.width / 2, box.y + side * box.height / 2)
        for box in (*boxes, *(curve.label for curve in curves if curve.label is not None))
        for side in (-1, 1)
    ]
    xs, ys = zip(*chain(corners, *((*curve.points, curve.arrow) for curve in curves)), strict=True)
    left, top = min(xs), max(ys)

    def at(x: float, y: float) -> tuple[float, float]:
        return round(x - left, 2), round(top - y, 2)

    def put(box: Placed) -> Placed:
        return Placed(*at(box.x, box.y), round(box.width, 2), round(box.height, 2))

    return Layout(
        round(max(xs) - left, 2),
        round(top - min(ys), 2),
        tuple(put(box) for box in boxes),
        tuple(
            Curve(tuple(at(*spot) for spot in curve.points), at(*curve.arrow), curve.label and put(curve.label))
            for curve in curves
        ),
    )


def _box(thing: dict[str, Any], box: Box) -> Placed:
    """Return a node of the JSON, still in Graphviz's coordinates (y upwards)."""
    (right, upper), _, (left, lower), *_ = _operation(thing["_draw_"], "p")["points"]
    return Placed((left + right) / 2, (lower + upper) / 2, *box)


def _curve(thing: dict[str, Any], label: Box | None) -> Curve:
    """Return an edge of the JSON, still in Graphviz's coordinates."""
    points = tuple((x, y) for x, y in _operation(thing["_draw_"], "b")["points"])
    _, (x, y), _ = _operation(thing["_hdraw_"], "P")["points"]
    if label is None:
        return Curve(points, (x, y), None)
    middle = _operation(thing["_ldraw_"], "T")["pt"][0]  # of centred text; its height is the baseline's
    return Curve(points, (x, y), Placed(middle, float(thing["lp"].split(",")[1]), *label))


def _operation(operations: list[dict[str, Any]], kind: str) -> dict[str, Any]:
    return next(operation for operation in operations if operation["op"] == kind)

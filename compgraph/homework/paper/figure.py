"""The graph of a problem with a box wherever a number goes, laid out as a film is.

A figure is a list of shapes with their places. SVG and LaTeX are written from the same list, so that the same sheet
comes out of a printer whichever way it went there. The sizes of boxes depend on the digits that are asked, and never on
the answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import networkx as nx

from compgraph.render.cells import runs_width, wrap
from compgraph.render.layout import Box, Curve, Layout, layout
from compgraph.render.placing import close_labels, middle
from compgraph.render.runs import Runs, typeset

__all__ = ["NUMBER", "TEXT", "Figure", "Label", "Line", "Slot", "box_width", "figure"]

#: Sizes of text, in pixels of a picture that is not scaled: statements and labels, the numbers of boxes.
TEXT, NUMBER = 16.0, 10.0

#: A box is as high as handwriting; a row holds it and a gap. A chip is a box that only says its number.
HIGH, ROW, CHIP = 30.0, 36.0, (30.0, 20.0)

_PAD, _GAP, _LINE, _WIDEST, _MOST = 9.0, 6.0, 21.0, 250.0, 3
_LETTER = 0.72 * TEXT  # a digit written by hand


class Slot(NamedTuple):
    """A box to write in, or a chip that only bears its number: its upper left corner and its size."""

    number: int
    x: float
    y: float
    width: float
    height: float
    is_chip: bool


class Label(NamedTuple):
    """A line of text that begins at (x, y), on its baseline, and takes so much room."""

    runs: Runs
    x: float
    y: float
    width: float


class Line(NamedTuple):
    """An arrow; a silent one only says who decides about whom, one without a head goes on elsewhere."""

    curve: Curve
    is_silent: bool
    has_head: bool = True


class Figure(NamedTuple):
    """Shapes with their places, in pixels."""

    width: float
    height: float
    cards: tuple[tuple[float, float, float, float], ...]
    lines: tuple[Line, ...]
    labels: tuple[Label, ...]
    slots: tuple[Slot, ...]


class Row(NamedTuple):
    """A box and what stands before it, still without a place."""

    number: int
    label: Runs


def box_width(digits: int) -> float:
    """How wide a box is that takes a number of so many digits, a sign, a point, and a leading zero.

    Examples
    --------
    >>> box_width(4) > box_width(2) > 70
    True
    """
    return round(26 + _LETTER * (min(digits, 20) + 2.5))


def figure(
    graph: nx.MultiDiGraph,
    how: Mapping[str, str],
    nodes: Mapping[str, Sequence[Row]],
    edges: Mapping[tuple[str, str, int], Row],
    *,
    rankdir: str,
    width: float | None,
    engine: str = "auto",
) -> Figure:
    """Lay out a graph with its boxes.

    Parameters
    ----------
    graph : networkx.MultiDiGraph
    how : mapping of node to str
        How it is made: ``z = w·x + b``.
    nodes, edges : mapping of node or edge to Row
        The boxes that belong to it.
    rankdir : {"TB", "LR"}
    width : float, optional
        The width of a box; None for chips, where the boxes themselves stand in a table.
    engine : str
        Which Graphviz is asked.
    """
    place = {node: i for i, node in enumerate(graph)}
    cards = [_card(how[node], nodes.get(node, ()), width) for node in graph]
    ends = [(place[tail], place[head], (tail, head, key)) for tail, head, key in graph.edges(keys=True)]
    tags = [_tag(edges.get(edge), width) for *_, edge in ends]
    asked = [(tail, head, tag.box if tag else None) for (tail, head, _), tag in zip(ends, tags, strict=True)]
    silent = [(place[tail], place[head], None) for tail, head in _silent(graph, place)]
    placed = layout([card.box for card in cards], [*asked, *silent], rankdir=rankdir, engine=engine)
    boxes: list[tuple[float, float, float, float]] = []
    labels: list[Label] = []
    slots: list[Slot] = []
    for card, at in zip(cards, placed.nodes, strict=True):
        left, top = at.x - at.width / 2, at.y - at.height / 2
        boxes.append((left, top, at.width, at.height))
        card.put(left, top, labels, slots)
    spots = _spots(placed, sideways=rankdir in ("LR", "RL"))
    for tag, (x, y) in zip(tags, spots, strict=False):
        if tag:
            tag.put(x - tag.box.width / 2, y - tag.box.height / 2, labels, slots)
    lines = [Line(curve, i >= len(asked)) for i, curve in enumerate(placed.edges)]
    slots.sort()
    return Figure(placed.width, placed.height, tuple(boxes), tuple(lines), tuple(labels), tuple(slots))


def _silent(graph: nx.MultiDiGraph, place: Mapping[str, int]) -> list[tuple[str, str]]:
    """Who decides about whom without a derivative: the condition of a `where`."""
    found = []
    for head, data in graph.nodes(data=True):
        for argument in dict.fromkeys(a for a in data.get("arguments") or () if type(a) is str and a in place):
            if not graph.has_edge(argument, head):
                found.append((argument, head))
    return found


def _spots(placed: Layout, *, sideways: bool) -> list[tuple[float, float]]:
    close = close_labels(placed, sideways=sideways)
    return [
        (spot.x, spot.y) if spot is not None else middle(curve) for curve, spot in zip(placed.edges, close, strict=True)
    ]


class _Block(NamedTuple):
    """What moves as one: texts and boxes relative to its upper left corner."""

    box: Box
    labels: tuple[Label, ...]
    slots: tuple[Slot, ...]

    def put(self, x: float, y: float, labels: list[Label], slots: list[Slot]) -> None:
        labels += [label._replace(x=x + label.x, y=y + label.y) for label in self.labels]
        slots += [slot._replace(x=x + slot.x, y=y + slot.y) for slot in self.slots]


def _card(how: str, rows: Sequence[Row], width: float | None) -> _Block:
    lines = wrap(typeset(how), TEXT, _WIDEST, _MOST)
    widest = max(runs_width(line, TEXT) for line in lines)
    if width is None:
        inside = max(widest, len(rows) * (CHIP[0] + _GAP) - _GAP)
        height = len(lines) * _LINE + (CHIP[1] + _GAP if rows else 0)
    else:
        before = max((runs_width(row.label, TEXT) + _GAP for row in rows), default=0.0)
        inside = max(widest, before + width if rows else 0)
        height = len(lines) * _LINE + len(rows) * ROW
    wide, high = _even(inside + 2 * _PAD), _even(height + 2 * _PAD - 2)
    labels = [
        Label(line, (wide - across) / 2, _PAD + i * _LINE + 0.75 * _LINE - 1, across)
        for i, line in enumerate(lines)
        for across in (runs_width(line, TEXT),)
    ]
    top = _PAD + len(lines) * _LINE
    if width is None:
        left = (wide - len(rows) * (CHIP[0] + _GAP) + _GAP) / 2
        slots = [Slot(row.number, left + i * (CHIP[0] + _GAP), top + 3, *CHIP, True) for i, row in enumerate(rows)]
    else:
        right = wide - (wide - (before + width)) / 2 - width
        slots = []
        for i, row in enumerate(rows):
            y = top + i * ROW + (ROW - HIGH) / 2
            slots.append(Slot(row.number, right, y, width, HIGH, False))
            across = runs_width(row.label, TEXT)
            labels.append(Label(row.label, right - _GAP - across, y + HIGH / 2 + 0.33 * TEXT, across))
    return _Block(Box(wide, high), tuple(labels), tuple(slots))


def _tag(row: Row | None, width: float | None) -> _Block | None:
    """The box of an arrow, its label above it."""
    if row is None:
        return None
    if width is None:
        return _Block(Box(CHIP[0] + 4, CHIP[1] + 4), (), (Slot(row.number, 2, 2, *CHIP, True),))
    text = runs_width(row.label, TEXT)
    wide, high = _even(max(width, text) + 8), _even(HIGH + _LINE + 4)
    label = Label(row.label, (wide - text) / 2, 0.75 * _LINE, text)
    return _Block(Box(wide, high), (label,), (Slot(row.number, (wide - width) / 2, _LINE, width, HIGH, False),))


def _even(length: float) -> int:
    return 2 * -int(-length // 2)

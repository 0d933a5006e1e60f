"""The graph on a page: upright or turned, downwards, sideways or in rows, with boxes or with their numbers alone."""

from __future__ import annotations

from typing import NamedTuple

from compgraph.homework.labels import symbol
from compgraph.homework.paper.figure import Figure, Row, figure
from compgraph.homework.paper.folding import folded
from compgraph.homework.problem import Problem
from compgraph.render.runs import typeset

__all__ = ["HEIGHT", "LEGIBLE", "MARGIN", "WIDTH", "fitted"]

#: A page of A4, in pixels of 1/96 inch, and its margin.
WIDTH, HEIGHT, MARGIN = 794.0, 1123.0, 57.0

#: A graph that would have to be drawn smaller than this has chips for boxes, and the boxes stand in a table; one that
#: would have to be smaller still is not drawn, as nobody could read it.
SMALLEST, LEGIBLE = 0.66, 0.45

#: The part of a page that a graph may take, from below the heading to above the names of the boxes.
SHARE = 0.64

#: A graph of more nodes and arrows than these together is not even laid out.
MOST = 220


def fitted(
    problem: Problem, numbers: dict[str, int], how: dict[str, str], width: float, engine: str
) -> tuple[Figure | None, float, bool, bool]:
    """The figure in the direction and on the page where it is largest: itself, scale, page turned, chips for boxes."""
    if len(problem.graph) + problem.graph.number_of_edges() > MOST:
        return None, 1.0, False, True
    nodes, edges = _rows(problem, numbers)
    for boxes, least in ((width, SMALLEST), (None, LEGIBLE)):
        down, right = (
            figure(problem.graph, how, nodes, edges, rankdir=rankdir, width=boxes, engine=engine)
            for rankdir in ("TB", "LR")
        )
        for figures in ((down, right), _rowed(right)):
            fits = [_Fit.of(one, turned, bool(boxes)) for one in figures for turned in (False, True)]
            best = max(fits, key=lambda fit: fit.merit, default=None)
            if best is not None and best.scale >= least:
                return best.figure, best.scale, best.is_landscape, boxes is None
    return None, 1.0, False, True


class _Fit(NamedTuple):
    """A figure on a page, how large it is there, and how good that is."""

    figure: Figure
    scale: float
    is_landscape: bool
    merit: float

    @classmethod
    def of(cls, figure: Figure, is_landscape: bool, has_boxes: bool) -> _Fit:
        across, down = (HEIGHT, WIDTH) if is_landscape else (WIDTH, HEIGHT)
        share = SHARE if has_boxes else SHARE * 0.75
        scale = min(1.0, (across - 2 * MARGIN) / figure.width, share * (down - 2 * MARGIN) / figure.height)
        # a page is turned where that makes a difference
        return cls(figure, scale, is_landscape, scale * (0.85 if is_landscape else 1.0))


def _rowed(figure: Figure) -> list[Figure]:
    """A figure in rows that fill a page, upright or turned, at some scales."""
    rooms = [(page - 2 * MARGIN) / scale for page in (WIDTH, HEIGHT) for scale in (1.0, 0.85, SMALLEST, LEGIBLE)]
    return [rows for room in rooms if (rows := folded(figure, room)) is not None]


def _rows(problem: Problem, numbers: dict[str, int]) -> tuple[dict[str, list[Row]], dict[tuple[str, str, int], Row]]:
    """Which boxes stand at which node and on which arrow; paths and formulas have no place in the figure."""
    nodes: dict[str, list[Row]] = {}
    edges: dict[tuple[str, str, int], Row] = {}
    for cell, number in numbers.items():
        quantity = problem.quantities[cell]
        row = Row(number, typeset(f"{symbol(cell, problem.output, problem.wrt)} ="))
        if quantity.kind in ("val", "grad", "tan", "new"):
            nodes.setdefault(quantity.nodes[0], []).append(row)
        elif quantity.kind == "part":
            tail, head = quantity.nodes
            _, sharp, position = cell.rpartition("#")
            key = int(position) if sharp and position.isdecimal() else next(iter(problem.graph[tail][head]))
            edges[tail, head, key] = row
    return nodes, edges

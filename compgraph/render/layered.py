"""A layout without Graphviz: nodes in layers, few crossings, edges that bend as little as they can.

What is drawn where no engine can be had, in a browser for instance. The steps are those of Sugiyama, Tagawa and Toda:
a layer for each node, a place in it for every edge that passes, an order with few crossings, and then coordinates. It
is slower and plainer than Graphviz, and the same graph gives the same numbers.

In here a graph runs *along* its edges, layer after layer, and has its nodes *across*; `rankdir` is applied at the end.

References
----------
K. Sugiyama, S. Tagawa, M. Toda: Methods for visual understanding of hierarchical system structures (1981).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise

from compgraph.render.ordering import ordered
from compgraph.render.ranking import Layers, layers
from compgraph.render.routing import routed
from compgraph.render.skeleton import Box, Curve, Edge, Layout, Placed

__all__ = ["layered"]

#: How often coordinates are improved, from the first layer to the last and back.
_SWEEPS = 8

#: How much further apart layers are for each point that an edge between them goes across, and at most.
_STEEP, _MOST = 0.12, 40.0

#: What it costs to bend an edge: between nodes, at an end of a long one, within one.
_STRAIGHT = (1.0, 2.0, 8.0)


def layered(nodes: Sequence[Box], edges: Sequence[Edge], *, rankdir: str = "LR") -> Layout:
    """Place boxes, edges and labels; parameters and result are those of `compgraph.render.layout.layout`.

    Notes
    -----
    Near linear in nodes and edges together with the layers that edges pass.

    Examples
    --------
    >>> placed = layered([Box(60, 30), Box(40, 30)], [(0, 1, None)])
    >>> [node.x for node in placed.nodes], placed.edges[0].arrow
    ([30.0, 112.4], (92.4, 15.0))
    """
    if not nodes:
        return Layout(0.0, 0.0, (), ())
    sideways = rankdir in ("LR", "RL")
    flat = [box if sideways else Box(box.height, box.width) for box in nodes]
    turned = [
        (tail, head, label if label is None or sideways else Box(label.height, label.width))
        for tail, head, label in edges
    ]
    laid = layers(flat, turned)
    ordered(laid)
    laid.attach()
    across = _across(laid)
    along = _along(laid, across)
    curves = routed(laid, along, across)
    places = [Placed(along[laid.rank[v]], across[v], *flat[v]) for v in range(len(nodes))]
    return _turned(places, curves, nodes, edges, rankdir)


def _along(laid: Layers, across: Sequence[float]) -> list[float]:
    """The middle of each layer; the steeper the edges between two, the further they are apart."""
    wide = [max((laid.length[v] for v in row), default=0.0) for row in laid.rows]
    steep = [0.0] * len(laid.rows)
    for v, above in enumerate(laid.up):
        for u in above:
            steep[laid.rank[v]] = max(steep[laid.rank[v]], abs(across[v] - across[u]))
    gaps = [0.0]
    for r, (a, b) in enumerate(pairwise(wide), 1):
        gaps.append((a + b) / 2 + laid.between + min(_STEEP * steep[r], _MOST))
    return list(accumulate(gaps))


def _across(laid: Layers) -> list[float]:
    """The place of every vertex in its layer: as close to what it is joined to as the others let it."""
    across = [0.0] * len(laid.rank)
    offsets = []
    for row in laid.rows:
        offset = [0.0, *accumulate(laid.apart(u, v) for u, v in pairwise(row))][: len(row)]
        offsets.append(offset)
        for v, place in zip(row, offset, strict=True):
            across[v] = place - offset[-1] / 2
    for sweep in range(2 * _SWEEPS + 1):
        last = sweep == 2 * _SWEEPS
        rows = range(len(laid.rows))
        for r in rows if sweep % 2 == 0 else reversed(rows):
            _settle(laid, r, offsets[r], across, before=last or sweep % 2 == 0, after=last or sweep % 2 == 1)
    return across


def _settle(laid: Layers, r: int, offset: Sequence[float], across: list[float], *, before: bool, after: bool) -> None:
    """Move a layer to where its neighbours want it: weighted least squares, in the order that it has.

    With the distances that are needed taken off, places have only to grow: pool adjacent violators.
    """
    blocks: list[tuple[float, float, int]] = []  # weighted sum of places, weight, how many
    for v, shift in zip(laid.rows[r], offset, strict=True):
        total, weight = 1e-6 * across[v], 1e-6
        for there, here, w in laid.pulls(v, before, after):
            total += _STRAIGHT[laid.dummies(v, w)] * (across[w] + there - here)
            weight += _STRAIGHT[laid.dummies(v, w)]
        block = (total - shift * weight, weight, 1)
        while blocks and blocks[-1][0] * block[1] > block[0] * blocks[-1][1]:
            total, weight, count = blocks.pop()
            block = (total + block[0], weight + block[1], count + block[2])
        blocks.append(block)
    settled = [total / weight for total, weight, count in blocks for _ in range(count)]
    for v, shift, place in zip(laid.rows[r], offset, settled, strict=True):
        across[v] = place + shift


def _turned(
    places: Sequence[Placed], curves: Sequence[Curve], nodes: Sequence[Box], edges: Sequence[Edge], rankdir: str
) -> Layout:
    """The layout in its direction, moved to the origin."""
    sign = -1 if rankdir in ("RL", "BT") else 1

    def at(along: float, across: float) -> tuple[float, float]:
        return (sign * along, across) if rankdir in ("LR", "RL") else (across, sign * along)

    boxes = [Placed(*at(place.x, place.y), *box) for place, box in zip(places, nodes, strict=True)]
    lines = [
        Curve(
            tuple(at(*point) for point in curve.points),
            at(*curve.arrow),
            None if label is None or curve.label is None else Placed(*at(*curve.label[:2]), *label),
        )
        for curve, (_, _, label) in zip(curves, edges, strict=True)
    ]
    solid = [*boxes, *(line.label for line in lines if line.label is not None)]
    corners = [(box.x + s * box.width / 2, box.y + s * box.height / 2) for box in solid for s in (-1, 1)]
    corners += [point for line in lines for point in (*line.points, line.arrow)]
    xs, ys = zip(*corners, strict=True)
    left, top = min(xs), min(ys)

    def put(box: Placed) -> Placed:
        return Placed(round(box.x - left, 2), round(box.y - top, 2), round(box.width, 2), round(box.height, 2))

    def spot(point: tuple[float, float]) -> tuple[float, float]:
        return round(point[0] - left, 2), round(point[1] - top, 2)

    return Layout(
        round(max(xs) - left, 2),
        round(max(ys) - top, 2),
        tuple(map(put, boxes)),
        tuple(Curve(tuple(map(spot, line.points)), spot(line.arrow), line.label and put(line.label)) for line in lines),
    )

"""A network as lectures draw it: round neurons in columns, and a line for every weight.

A line is as thick as its weight is large, in `LEVELS` steps of the largest one; negative weights have another colour
and are dashed. When a sweep has come by, the line is as thick as the term that came along it, compared with the largest
term of the sweep: where gradients vanish, so do the lines.
"""

from __future__ import annotations

import math
from collections import defaultdict
from typing import Any

from compgraph.notation import name, number
from compgraph.render import svg
from compgraph.render.cells import UNKNOWN, Cell, runs_width
from compgraph.render.drawing import Drawing
from compgraph.render.font import text_width
from compgraph.render.heat import LEVELS
from compgraph.render.layers import Neurons
from compgraph.render.layout import Box, Layout, Placed
from compgraph.render.runs import equation, typeset
from compgraph.render.script import Caption, Moment, Script, Sweep
from compgraph.render.style import MARKS, SIZES

__all__ = ["Columns", "told"]

#: Radius of a neuron, height of a row, distance of columns; above `MANY` rows neurons are `SMALL` and hold no numbers.
RADIUS, ROW, GAP = 24, 92, 120
MANY, SMALL, CLOSE = 10, 11, 32

#: Up to so many edges each says its weight, at the first of these shares of the way along where there is room.
SAYING = 16
ALONG = tuple(sorted((share / 50 for share in range(8, 43)), key=lambda share: abs(share - 0.3)))

_KEY = "A line is as thick as its weight is large; a negative one is dashed. What flows along it is drawn over it."


class Columns(Drawing):
    """A script whose nodes stand in columns; made for `Neurons`."""

    def __init__(self, script: Script, neurons: Neurons) -> None:
        self.script, self.rankdir, self.sideways = script, "LR", True
        self._known: dict[tuple[Any, ...], str] = {}
        nodes, edges = list(neurons.graph), list(neurons.graph.edges(keys=True))
        columns: dict[int, list[int]] = defaultdict(list)
        for i, node in enumerate(nodes):
            columns[neurons.columns[node]].append(i)
        tallest = max(map(len, columns.values()), default=1)
        self.small = tallest > MANY
        self.radius, row = (SMALL, CLOSE) if self.small else (RADIUS, ROW)
        self.cards = [Cell((), (), Box(2 * self.radius, 2 * self.radius))] * len(nodes)
        self.pills = [0.0 if self.small else self._pill(i) for i in range(len(nodes))]
        self._left = 0.0
        head = SIZES.text * SIZES.leading
        x, self.places, self.headings = SIZES.margin, [(0.0, 0.0)] * len(nodes), []
        for column in sorted(columns):
            units = columns[column]
            wide = max(2 * self.radius, *(self.pills[i] for i in units))
            middle = x + wide / 2
            for k, i in enumerate(units):
                self.places[i] = (middle, SIZES.margin + head + (k + (tallest - len(units)) / 2 + 0.42) * row)
            self.headings.append((_heading([str(nodes[i]) for i in units]), middle))
            x += wide + GAP
        self.width = max(round(x - GAP + SIZES.margin), SIZES.least if script.sweeps else 0)
        self.height = round(SIZES.margin * 2 + head + tallest * row)
        self._left = (self.width - (x - GAP + SIZES.margin)) / 2
        placed = [Placed(*place, 2 * self.radius, 2 * self.radius) for place in self.places]
        self.layout = Layout(self.width, self.height, tuple(placed), ())
        self.weights = _levels([neurons.weights[edge] for edge in edges])
        self.off = {i for i, node in enumerate(nodes) if node in neurons.off}
        self.flows = [_flows(sweep, len(edges)) for sweep in script.sweeps]
        self.said = [neurons.weights[edge] for edge in edges]
        self.shades = _shades(columns, [neurons.graph.nodes[node].get("value") for node in nodes])
        says = len([w for w in self.said if w is not None]) <= SAYING
        self.labels = [Cell((), (0.0,) if says and weight is not None else (), Box(0, 0)) for weight in self.said]
        self.middles = self._spread()

    def _spread(self) -> list[tuple[float, float]]:
        """Where the weights stand: on their lines, clear of one another and of what stands at the neurons."""
        taken = []
        for (x, y), pill in zip(self.places, self.pills, strict=True):
            taken.append((x - self.radius, y - self.radius, x + self.radius, y + self.radius))
            if pill:
                taken.append((x - pill / 2, y + self.radius + 4, x + pill / 2, y + self.radius + 26))
        middles = []
        for i, label in enumerate(self.labels):
            (x, y), (to_x, to_y) = self._ends(i)
            middle = x + ALONG[0] * (to_x - x), y + ALONG[0] * (to_y - y)
            if not label.empty:
                half, tall = text_width(number(self.said[i], self.script.digits), SIZES.label) / 2 + 2, SIZES.label
                least, chosen = math.inf, taken[0]
                for share in ALONG:
                    at = x + share * (to_x - x), y + share * (to_y - y)
                    box = at[0] - half, at[1] - 5 - tall, at[0] + half, at[1] - 2
                    shared = sum(_overlap(box, other) for other in taken)
                    if shared < least:
                        least, middle, chosen = shared, at, box
                    if not shared:
                        break
                taken.append(chosen)
            middles.append(middle)
        return middles

    def _pill(self, i: int) -> float:
        """How wide the text of a derivative beneath a neuron is."""
        size, widest = SIZES.small, 0.0
        for sweep in self.script.sweeps:
            total = max(runs_width(one, size) for one in (sweep.totals[i], (UNKNOWN,)))
            widest = max(widest, SIZES.mark + runs_width(sweep.labels[i], size) + text_width(" = ", size) + total)
        return widest + 10 if widest else 0.0

    def svg(self, moment: Moment | None = None, *, theme: str | None = "light", captioned: bool = False) -> str:
        """The picture as an SVG document; parameters are those of `Drawing.svg`."""
        written = super().svg(moment, theme=theme, captioned=captioned)
        headings = []
        for words, middle in self.headings:
            runs, (x, y) = typeset(words), self._at(middle, SIZES.margin + 0.6 * SIZES.text)
            shown = svg.text(runs, -runs_width(runs, SIZES.text) / 2, 0, SIZES.text, fixed=theme is not None)
            headings.append(f'<g class="cg-soft" transform="translate({x:.1f} {y:.1f})">{shown}</g>')
        return written.removesuffix("</svg>\n") + "".join(headings) + "</svg>\n"

    @property
    def _has_more(self) -> bool:
        return True

    def _ends(self, i: int) -> tuple[tuple[float, float], tuple[float, float]]:
        """Where a line leaves one neuron and reaches the other."""
        edge = self.script.edges[i]
        (x, y), (to_x, to_y) = self.places[edge.tail], self.places[edge.head]
        far = math.hypot(to_x - x, to_y - y) or 1.0
        dx, dy = (to_x - x) / far * self.radius, (to_y - y) / far * self.radius
        return (x + dx, y + dy), (to_x - dx, to_y - dy)

    def _edge(self, i: int, moment: Moment | None) -> str:
        name = self._edge_class(i, moment)
        key = (i, name, moment and moment.sweep)
        if key not in self._known:
            edge, (start, end) = self.script.edges[i], self._ends(i)
            ends = (self._at(*start), self._at(*end))
            level = self.weights[i]
            sign = "" if level is None else " cg-down" if level < 0 else " cg-up" if level else ""
            dim = " cg-dim" if {edge.tail, edge.head} & self.off else ""
            line = svg.straight(*ends, f"cg-weight{sign}{dim} cg-w{abs(level or 0)}")
            flow = self.flows[moment.sweep][i] if moment else None
            over = svg.straight(*ends, f"cg-flow cg-w{flow}") if flow is not None else ""
            self._known[key] = f'<g id="e{i}" class="{name}">{line}{over}</g>'
        return self._known[key]

    def _node(self, i: int, moment: Moment | None, fixed: bool) -> str:
        name, total = self._node_class(i, moment)
        name = f"{name} cg-faint".strip() if i in self.off and "cg-faint" not in name else name
        key = ("n", i, name, total, fixed, moment and moment.sweep)
        if key not in self._known:
            node, (x, y), wide = self.script.nodes[i], self._at(*self.places[i]), 2 * self.radius
            parts = [svg.box(0, 0, wide, wide, self.radius, "cg-card cg-unit")]
            parts.append(f"<title>{svg.safe(f'{node.name} = {node.value}' if node.value else node.name)}</title>")
            if self.small and self.shades[i]:
                shade = f"cg-{'plus' if self.shades[i] > 0 else 'minus'} cg-h{abs(self.shades[i])}"
                parts.append(svg.box(0, 0, wide - 6, wide - 6, self.radius - 3, f"cg-unit {shade}"))
            elif node.value and not self.small:
                left = -text_width(node.value, SIZES.value) / 2
                shown = svg.text((node.value,), left, 4, SIZES.value, fixed=fixed)
                parts.append(f'<g class="cg-value">{shown}</g>')
            if moment is not None and not self.small and any(self.script.sweeps[moment.sweep].labels[i]):
                sweep, below = self.script.sweeps[moment.sweep], self.radius + 15
                shape = next(MARKS[state] for state in ("now", "done", "todo") if f"cg-{state}" in name)
                text = self.pills[i] - 10
                parts.append(svg.box(0, below, self.pills[i], 22, 6, "cg-pill"))
                parts.append(svg.box(0, below, self.pills[i], 22, 6, "cg-slot"))
                parts.append(svg.mark(shape, -text / 2 + 6, below, "cg-mark"))
                words = equation(sweep.labels[i], total)
                left = -text / 2 + SIZES.mark
                parts.append(svg.text(words, left, below + 5, SIZES.small, fixed=fixed, name="cg-total cg-small"))
            kind = f' class="{name}"' if name else ""
            self._known[key] = f'<g id="n{i}"{kind} transform="translate({x:.1f} {y:.1f})">{"".join(parts)}</g>'
        return self._known[key]

    def _label(self, i: int, moment: Moment | None, fixed: bool) -> str:
        place = self._at(*self.middles[i])
        written = (number(self.said[i], self.script.digits),)
        shown = svg.text(written, -runs_width(written, SIZES.label) / 2, -5, SIZES.label, fixed=fixed, name="cg-label")
        return f'<g id="l{i}" transform="translate({place[0]:.1f} {place[1]:.1f})">{shown}</g>'

    def _at(self, x: float, y: float) -> tuple[float, float]:
        return x + self._left, y


def _overlap(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    """The area that two rectangles (left, top, right, bottom) share."""
    return max(0.0, min(a[2], b[2]) - max(a[0], b[0])) * max(0.0, min(a[3], b[3]) - max(a[1], b[1]))


def told(script: Script) -> Script:
    """The script with what the lines mean said at the start."""
    sweeps = tuple([
        sweep._replace(captions=(Caption(sweep.captions[0].sentence, (_KEY,)), *sweep.captions[1:]))
        for sweep in script.sweeps
    ])  # fmt: skip
    return script._replace(sweeps=sweeps)


def _heading(names: list[str]) -> str:
    """What the neurons of a column have in common: the array whose entries they are."""
    bases = {one.partition("[")[0] for one in names}
    return name(bases.pop()) if len(bases) == 1 else ""


def _shades(columns: dict[int, list[int]], values: list[Any]) -> list[int]:
    """How large a value is beside the others of its column."""
    shades = [0] * len(values)
    for units in columns.values():
        for i, level in zip(units, _levels([values[i] for i in units]), strict=True):
            shades[i] = level or 0
    return shades


def _levels(weights: list[float | None]) -> list[int | None]:
    largest = max((abs(w) for w in weights if w is not None and math.isfinite(w)), default=0.0) or 1.0
    return [None if w is None or not math.isfinite(w) else _level(w / largest) for w in weights]


def _level(share: float) -> int:
    return 0 if share == 0 else round(LEVELS * share) or (1 if share > 0 else -1)


def _flows(sweep: Sweep, count: int) -> list[int | None]:
    """How thick a line is made by what came along it: a thread at least; None where that is nothing."""
    terms = [abs(sweep.flows.get(edge, 0.0)) for edge in range(count)]
    largest = max(terms, default=0.0)
    return [round(LEVELS * term / largest) if term else None for term in terms]

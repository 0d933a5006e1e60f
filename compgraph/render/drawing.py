"""One picture: a script laid out, and written as SVG at any moment of its film.

Everything is placed once. A moment only chooses which classes and texts are written into the same places, so from
frame to frame nothing moves.
"""

from __future__ import annotations

import warnings
from functools import cached_property
from typing import Any

from compgraph.render import svg
from compgraph.render.caption import caption, caption_height, title
from compgraph.render.cells import UNKNOWN, card, label, runs_width
from compgraph.render.heat import heat_svg
from compgraph.render.layout import layout
from compgraph.render.placing import close_labels, middle, stands_before
from compgraph.render.runs import Runs, equation, joined
from compgraph.render.script import Life, Moment, Script, state
from compgraph.render.style import MARKS, SIZES, sheet, theme_named

__all__ = ["Drawing"]

#: Above so many nodes the layout is made without labels, which would double its ranks; they stand on their lines.
FREE_LABELS = 1000

#: Above so many nodes a picture helps nobody, and a step in a page takes longer than 50 ms.
TOO_MANY = 1000

#: How far the label of a bold edge steps aside.
_BOLD = 3

#: A graph is described in words as far as anybody listens.
TOLD = 20


class Drawing:
    """A script in which everything has its place.

    Parameters
    ----------
    script : Script
    rankdir : {"LR", "TB", "RL", "BT"}
        Where edges point.
    engine : {"auto", "embedded", "dot", "layered"}
        Which Graphviz is asked.

    Raises
    ------
    EngineMissing
        The engine asked for is not there.

    Notes
    -----
    One layout. After it, a frame costs a few microseconds per node and edge, and most of that for what has changed.
    """

    def __init__(self, script: Script, *, rankdir: str = "LR", engine: str = "auto") -> None:
        count = len(script.nodes)
        if count > TOO_MANY:
            warnings.warn(
                f"a picture of {count} nodes is hard to read: expected at most {TOO_MANY}. "
                "Explore it (s.explore()), or draw less: s.statements, s.folded(), s.around(node).",
                stacklevel=3,
            )
        self.script = script
        self.cards = [card(script, i) for i in range(count)]
        self.labels = [label(script, i) for i in range(len(script.edges))]
        lanes = [i if edge.lane is None else edge.lane for i, edge in enumerate(script.edges)]
        for lane, cell in zip(lanes, self.labels, strict=True):  # as wide as the widest of those that stand there
            if cell.box.width > self.labels[lane].box.width:
                self.labels[lane] = self.labels[lane]._replace(box=cell.box)
        self.labels = [cell._replace(box=self.labels[lane].box) for lane, cell in zip(lanes, self.labels, strict=True)]
        place = {lane: k for k, lane in enumerate(dict.fromkeys(lanes))}
        self.layout = layout(
            [cell.box for cell in self.cards],
            [
                (
                    script.edges[lane].tail,
                    script.edges[lane].head,
                    None if self.labels[lane].empty or count > FREE_LABELS else self.labels[lane].box,
                )
                for lane in place
            ],
            rankdir=rankdir,
            engine=engine,
        )
        self.rankdir = rankdir
        self.sideways = rankdir in ("LR", "RL")
        beside = close_labels(self.layout, sideways=self.sideways)
        self.curves = [self.layout.edges[place[lane]] for lane in lanes]
        self.beside = [beside[place[lane]] for lane in lanes]
        self.width = max(round(self.layout.width) + 2 * SIZES.margin, SIZES.least if script.sweeps else 0)
        self.height = round(self.layout.height) + 2 * SIZES.margin
        self._left = (self.width - self.layout.width) / 2
        self._known: dict[tuple[Any, ...], str] = {}

    def svg(self, moment: Moment | None = None, *, theme: str | None = "light", captioned: bool = False) -> str:
        """The picture as an SVG document.

        Parameters
        ----------
        moment : Moment, optional
            None for a graph without a sweep.
        theme : str, optional
            The name of a theme. None leaves out the style sheet, and the care for viewers without our font: for a page
            that brings both.
        captioned : bool
            Whether the sentence of the step stands beneath, in a strip that has room for the longest of the film.
        """
        name, fixed = f"cg-{theme or 'film'}", theme is not None
        strip = self._strip if captioned and moment else 0
        width, height = f"{self.width:g}", f"{self.height + strip:g}"
        script = self.script
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" class="{name}" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}" role="img" aria-label="{svg.safe(title(script, moment))}">'
        ]
        said = script.said(*moment) if moment else ""
        parts.append(f"<desc>{svg.safe(said or self.description)}</desc>")
        if theme is not None:
            # not in a page, which shows many frames in one picture: browsers show a title as a hint
            parts.append(f"<title>{svg.safe(title(script, moment))}</title><style>")
            parts.append(sheet(theme_named(theme), name, further=self._has_more))
            parts.append(f'</style><rect class="cg-paper" width="{width}" height="{height}"/>')
        # a page holds what comes and goes; a frame only what is there
        there = [i for i in range(len(script.edges)) if not fixed or self._edge_class(i, moment) != "cg-off"]
        parts += [self._edge(i, moment) for i in there]
        parts += [self._node(i, moment, fixed) for i in range(len(script.nodes))]
        parts += [self._label(i, moment, fixed) for i in there if not self.labels[i].empty]
        if strip and moment:
            parts.append(caption(script, moment, width=self.width, top=self.height, fixed=fixed))
        return "".join([*parts, "</svg>\n"])

    @property
    def _has_more(self) -> bool:
        """Whether there are heat maps."""
        return any(node.heat for node in self.script.nodes) or any(sweep.heats for sweep in self.script.sweeps)

    @property
    def description(self) -> str:
        """The graph in words, for those who listen."""
        nodes, edges = self.script.nodes, self.script.edges
        told = [joined(node.how) + (f", value {node.value}" if node.value else "") for node in nodes[:TOLD]]
        more = [f"and {len(nodes) - TOLD} more"] if len(nodes) > TOLD else []
        return f"{len(nodes)} nodes, {len(edges)} edges. " + "; ".join([*told, *more]) + "."

    # -- parts, each written once for every state it is in

    def _edge(self, i: int, moment: Moment | None) -> str:
        key = (i, self._edge_class(i, moment))
        if key not in self._known:
            curve = self.curves[i]
            shape = svg.line([self._at(*point) for point in curve.points])
            tip = svg.arrow(self._at(*curve.points[-1]), self._at(*curve.arrow))
            self._known[key] = f'<g id="e{i}" class="{key[1]}">{shape}{tip}</g>'
        return self._known[key]

    def _node(self, i: int, moment: Moment | None, fixed: bool) -> str:
        name, total = self._node_class(i, moment)
        key = (i, name, total, fixed, moment and moment.sweep)
        if key not in self._known:
            cell, (x, y) = self.cards[i], self._at(*self.layout.nodes[i][:2])
            parts = [svg.box(0, 0, *cell.box, 9, "cg-card")]
            if any(line[-1].endswith("…") for line in cell.lines):  # what was cut is shown as a hint
                parts.append(f"<title>{svg.safe(joined(self.script.nodes[i].how))}</title>")
            for line, baseline in zip(cell.lines, cell.baselines, strict=True):
                parts.append(svg.text(line, -runs_width(line, SIZES.text) / 2, baseline, SIZES.text, fixed=fixed))
            if (shown := self.script.nodes[i].heat) is not None:
                parts.append(heat_svg(shown, 0, cell.heat, "cg-heat"))
            if moment is not None and any(self.script.sweeps[moment.sweep].labels[i]):
                sweep = self.script.sweeps[moment.sweep]
                centre = cell.slot + SIZES.text * SIZES.leading / 2 + SIZES.slot
                shape = next(MARKS[state] for state in ("now", "done", "todo") if f"cg-{state}" in name)
                words = equation(sweep.labels[i], total)
                left, base = cell.left + SIZES.mark, centre + 0.33 * SIZES.text
                middle = cell.slot + cell.tall / 2
                parts.append(svg.box(0, middle, cell.box.width - 2 * SIZES.inset, cell.tall, 6, "cg-slot"))
                parts.append(svg.mark(shape, cell.left + 6, centre, "cg-mark"))
                parts.append(svg.text(words, left, base, SIZES.text, fixed=fixed, name="cg-total"))
                after = sweep.heats.get(i) if "cg-todo" not in name else None
                # a page has one picture for all of its sweeps
                if after is not None and (fixed or len(self.script.sweeps) == 1):
                    parts.append(heat_svg(after, 0, centre + SIZES.text * SIZES.leading / 2 + SIZES.slot, "cg-after"))
            self._known[key] = _group(f"n{i}", name, x, y, parts)
        return self._known[key]

    def _label(self, i: int, moment: Moment | None, fixed: bool) -> str:
        name = self._edge_class(i, moment)
        term: Runs = ("",)
        if moment:
            sweep = self.script.sweeps[moment.sweep]
            if "cg-now" in name or isinstance(sweep.edge_turns[i], Life):
                term = sweep.terms[i]
        key = (i, name, term, fixed)
        if key not in self._known:
            cell, edge, beside = self.labels[i], self.script.edges[i], self.beside[i]
            curve = self.curves[i]
            lines: list[tuple[Runs, str]] = [(line, "cg-label cg-formula") for line in cell.lines]
            lines += [((edge.number,), "cg-label")] * bool(edge.number)
            before = beside is not None and stands_before(beside, curve, sideways=self.sideways)
            if len(cell.baselines) > len(lines):  # the term stands on the side away from the line
                lines.insert(0 if before and self.sideways else len(lines), (term, "cg-label cg-term"))
            # text is centred above or below a line, and begins or ends at one that runs downwards
            side = 0 if beside is None or self.sideways else 1 if before else -1
            parts = []
            for (line, kind), baseline in zip(lines, cell.baselines, strict=True):
                wide = runs_width(line, SIZES.label)
                if is_term := "cg-term" in kind:
                    wide = max(runs_width(sweep.terms[i], SIZES.label) for sweep in self.script.sweeps)
                centre = side * (cell.box.width / 2 - SIZES.inset - wide / 2)
                if is_term:
                    parts.append(svg.box(centre, baseline - 5, wide + 2 * SIZES.inset, 20, 6, "cg-chip"))
                # a term is centred by the style sheet, because the player changes it; its runs follow each other then
                left, places = (centre, fixed and len(line) == 1) if is_term else (centre - wide / 2, fixed)
                parts.append(svg.text(line, left, baseline, SIZES.label, fixed=places, name=kind))
            place = self._at(beside.x, beside.y) if beside else self._at(*middle(curve))
            if beside and edge.bold:  # its line is thicker than the label was placed for
                away = -_BOLD if before else _BOLD
                place = (place[0], place[1] + away) if self.sideways else (place[0] + away, place[1])
            self._known[key] = _group(f"l{i}", name, *place, parts)
        return self._known[key]

    # -- states and places

    def _node_class(self, i: int, moment: Moment | None) -> tuple[str, Runs]:
        faint = " cg-faint" if self.script.nodes[i].faint else ""
        if moment is None:
            return faint.strip(), ("",)
        sweep = self.script.sweeps[moment.sweep]
        is_at = state(sweep.turns[i], moment.turn)
        source = " cg-from" if i in self._sources.get(moment, ()) else ""
        return f"cg-{is_at}{source}{faint}", (UNKNOWN,) if is_at == "todo" else sweep.totals[i]

    def _edge_class(self, i: int, moment: Moment | None) -> str:
        if self.script.edges[i].silent:
            return "cg-silent"
        bold = "cg-bold" if self.script.edges[i].bold else ""
        if moment is None:
            return bold
        return f"{bold and f'{bold} '}cg-{state(self.script.sweeps[moment.sweep].edge_turns[i], moment.turn)}"

    @cached_property
    def _sources(self) -> dict[Moment, set[int]]:
        """The nodes that terms come from, by frame."""
        found: dict[Moment, set[int]] = {}
        for s, sweep in enumerate(self.script.sweeps):
            for edge, turn in enumerate(sweep.edge_turns):
                if turn and not isinstance(turn, Life):
                    found.setdefault(Moment(s, turn), set()).add(self.script.source(edge))
        return found

    @cached_property
    def _strip(self) -> float:
        return caption_height(self.script, self.width)

    def _at(self, x: float, y: float) -> tuple[float, float]:
        return x + self._left, y + SIZES.margin


def _group(key: str, name: str, x: float, y: float, parts: list[str]) -> str:
    kind = f' class="{name}"' if name else ""
    return f'<g id="{key}"{kind} transform="translate({x:.1f} {y:.1f})">{"".join(parts)}</g>'

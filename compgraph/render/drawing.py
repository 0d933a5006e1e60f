"""One picture: a script laid out, and written as SVG at any moment of its film.

Everything is placed once. A moment only chooses which classes and texts are written into the same places, so from frame
to frame nothing moves. No text but that of the script gets in, and all of it is escaped here.
"""

from __future__ import annotations

import warnings
from functools import cached_property
from html import escape

from compgraph.render.cells import UNKNOWN, card, label, runs_width, wrap
from compgraph.render.font import text_width
from compgraph.render.layout import Curve, layout
from compgraph.render.placing import close_labels, middle, stands_above
from compgraph.render.script import SOLVED, Moment, Runs, Script, clean, joined, state
from compgraph.render.style import MARKS, SIZES, sheet, theme_named

__all__ = ["Drawing"]

#: Above so many nodes the layout is made without labels (they would double its ranks); they stand on the curves.
FREE_LABELS = 1000

#: Above so many nodes a picture helps nobody.
TOO_MANY = 3000


class Drawing:
    """A script in which everything has its place.

    Parameters
    ----------
    script : Script
    rankdir : {"LR", "TB", "RL", "BT"}
        Where edges point.
    engine : {"auto", "embedded", "dot"}
        Which Graphviz is asked.

    Raises
    ------
    EngineMissing
        There is no Graphviz to ask.

    Notes
    -----
    One layout. After it, a frame costs a few microseconds per node and edge, most of it for what has changed.
    """

    def __init__(self, script: Script, *, rankdir: str = "LR", engine: str = "auto") -> None:
        count = len(script.nodes)
        if count > TOO_MANY:
            warnings.warn(
                f"a picture of {count} nodes is hard to read: expected at most {TOO_MANY}. "
                "Draw the statements only (s.statements.film()), or a part of the graph.",
                stacklevel=3,
            )
        self.script = script
        self.cards = [card(script, i) for i in range(count)]
        self.labels = [label(script, i) for i in range(len(script.edges))]
        self.layout = layout(
            [cell.box for cell in self.cards],
            [
                (edge.tail, edge.head, None if cell.empty or count > FREE_LABELS else cell.box)
                for edge, cell in zip(script.edges, self.labels, strict=True)
            ],
            rankdir=rankdir,
            engine=engine,
        )
        self.width = max(round(self.layout.width) + 2 * SIZES.margin, SIZES.least if script.sweeps else 0)
        self.height = round(self.layout.height) + 2 * SIZES.margin
        self._left = round((self.width - self.layout.width) / 2, 2)
        self._beside = close_labels(self.layout, sideways=rankdir in ("LR", "RL"))
        self._drawn: dict[tuple[object, ...], str] = {}

    # -- the whole

    def svg(self, moment: Moment | None = None, *, theme: str | None = "light", caption: bool = False) -> str:
        """The picture as an SVG document.

        Parameters
        ----------
        moment : Moment, optional
            None for a graph without a sweep.
        theme : str or None
            The name of a theme. None leaves out the style sheet, and the fixed lengths that texts have in case the font
            is missing: for a page that brings both sheet and font.
        caption : bool
            Whether the sentence of the step stands beneath, in a space as high as the longest one of the film needs.
        """
        height = self.height + (self._caption_height if caption and moment else 0)
        scope = f"cg-{theme or 'film'}"
        fixed = theme is not None
        said = self.script.said(*moment) if moment else ""
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" class="{scope}" width="{self.width:g}" height="{height:g}" '
            f'viewBox="0 0 {self.width:g} {height:g}" role="img"><title>{_safe(self.title(moment))}</title>'
            f"<desc>{_safe(said or self.description)}</desc>"
        ]
        if theme is not None:
            parts.append(f"<style>{sheet(theme_named(theme), scope)}</style>")
            parts.append(f'<rect class="cg-paper" width="{self.width:g}" height="{height:g}"/>')
        parts += [self._edge(i, moment) for i in range(len(self.script.edges))]
        parts += [self._node(i, moment, fixed) for i in range(len(self.script.nodes))]
        parts += [self._label(i, moment, fixed) for i, cell in enumerate(self.labels) if not cell.empty]
        if caption and moment:
            parts.append(self._caption(moment, fixed))
        return "".join([*parts, "</svg>\n"])

    def title(self, moment: Moment | None) -> str:
        """What is seen, in one line."""
        if moment is None:
            return "Computational graph"
        sweep = self.script.sweeps[moment.sweep]
        last = len(sweep.captions) - 1
        if moment.turn == SOLVED:
            return f"{sweep.heading}, finished"
        return f"{sweep.heading}, step {moment.turn} of {last}"

    @property
    def description(self) -> str:
        """The graph in words: what the nodes are, as many of them as one listens to."""
        nodes, edges = self.script.nodes, self.script.edges
        told = [joined(node.how) + (f", value {node.value}" if node.value else "") for node in nodes[:20]]
        more = [f"and {len(nodes) - 20} more"] if len(nodes) > 20 else []
        return f"{len(nodes)} nodes, {len(edges)} edges. " + "; ".join([*told, *more]) + "."

    # -- the parts

    def _edge(self, i: int, moment: Moment | None) -> str:
        state = self._edge_state(i, moment)
        known = self._drawn.get((0, i, state))
        if known is None:
            curve = self.layout.edges[i]
            (x0, y0), *rest = [self._at(*point) for point in curve.points]
            line = f"M{_n(x0)} {_n(y0)}C" + " ".join(f"{_n(x)} {_n(y)}" for x, y in rest)
            known = self._drawn[0, i, state] = (
                f'<g id="e{i}" class="{state}"><path class="cg-line" d="{line}"/>'
                f'<path class="cg-tip" d="{self._tip(curve)}"/></g>'
            )
        return known

    def _tip(self, curve: Curve) -> str:
        (x, y), (tip_x, tip_y) = self._at(*curve.points[-1]), self._at(*curve.arrow)
        across_x, across_y = (tip_y - y) * 0.6, (x - tip_x) * 0.6
        return (
            f"M{_n(tip_x)} {_n(tip_y)}L{_n(x + across_x)} {_n(y + across_y)} {_n(x - across_x)} {_n(y - across_y)}z"
        )

    def _node(self, i: int, moment: Moment | None, fixed: bool) -> str:
        state, total = self._node_state(i, moment)
        key = (1, i, state, total, moment and moment.sweep, fixed)
        known = self._drawn.get(key)
        if known is None:
            known = self._drawn[key] = self._written_node(i, state, total, moment, fixed)
        return known

    def _written_node(self, i: int, state: str, total: Runs, moment: Moment | None, fixed: bool) -> str:
        cell, (x, y) = self.cards[i], self._at(*self.layout.nodes[i][:2])
        wide, high = cell.box
        parts = [
            f'<g id="n{i}" class="{state}" transform="translate({_n(x)} {_n(y)})">'
            f'<rect class="cg-card" x="{_n(-wide / 2)}" y="{_n(-high / 2)}" width="{_n(wide)}" height="{_n(high)}" rx="9"/>'
        ]
        for line, baseline in zip(cell.lines, cell.baselines, strict=True):
            parts.append(_text(line, -runs_width(line, SIZES.text) / 2, baseline, SIZES.text, fixed))
        if moment is not None:
            tall = SIZES.text * SIZES.leading + 2 * SIZES.slot
            inset = wide - 2 * SIZES.inset
            middle = cell.slot + tall / 2
            shown = total_runs(self.script.sweeps[moment.sweep].labels[i], total)
            mark = next(name for name in ("now", "done", "todo") if f"cg-{name}" in state)
            parts.append(
                f'<rect class="cg-slot" x="{_n(-inset / 2)}" y="{_n(cell.slot)}" width="{_n(inset)}" height="{_n(tall)}" rx="6"/>'
                f'<path class="cg-mark" transform="translate({_n(cell.left + 6)} {_n(middle)})" d="{MARKS[mark]}"/>'
            )
            parts.append(_text(shown, cell.left + SIZES.mark, middle + 0.33 * SIZES.text, SIZES.text, fixed, "cg-total"))
        return "".join([*parts, "</g>"])

    def _label(self, i: int, moment: Moment | None, fixed: bool) -> str:
        state = self._edge_state(i, moment)
        term = self.script.sweeps[moment.sweep].terms[i] if moment and "cg-now" in state else ("",)
        key = (2, i, state, term, fixed)
        known = self._drawn.get(key)
        if known is None:
            cell, (x, y) = self.labels[i], self._spot(i)
            parts = [f'<g id="l{i}" class="{state}" transform="translate({_n(x)} {_n(y)})">']
            lines: list[tuple[Runs, str]] = [(line, "cg-label cg-formula") for line in cell.lines]
            lines += [((self.script.edges[i].number,), "cg-label")] * bool(self.script.edges[i].number)
            if len(cell.baselines) > len(lines):  # the term, on the side away from the line
                beside = self._beside[i]
                above = beside is not None and stands_above(beside, self.layout.edges[i])
                lines.insert(0 if above else len(lines), (term, "cg-label cg-term"))
            for (line, classes), baseline in zip(lines, cell.baselines, strict=True):
                left = -runs_width(line, SIZES.label) / 2
                if "cg-term" in classes:
                    terms = [sweep.terms[i] for sweep in self.script.sweeps]
                    wide = round(max(runs_width(one, SIZES.label) for one in terms) + 2 * SIZES.inset)
                    high, left = 20, 0.0
                    parts.append(
                        f'<rect class="cg-chip" x="{_n(-wide / 2)}" y="{_n(baseline - 0.33 * SIZES.label - high / 2)}" '
                        f'width="{_n(wide)}" height="{_n(high)}" rx="6"/>'
                    )
                parts.append(_text(line, left, baseline, SIZES.label, fixed, classes))
            known = self._drawn[key] = "".join([*parts, "</g>"])
        return known

    # -- states and places

    def _node_state(self, i: int, moment: Moment | None) -> tuple[str, Runs]:
        faint = " cg-faint" if self.script.nodes[i].faint else ""
        if moment is None:
            return faint.strip(), ()
        sweep, turn = self.script.sweeps[moment.sweep], moment.turn
        now = state(sweep.turns[i], turn)
        source = " cg-from" if i in self._sources.get(moment, ()) else ""
        return f"cg-{now}{source}{faint}", sweep.totals[i] if now != "todo" else (UNKNOWN,)

    def _edge_state(self, i: int, moment: Moment | None) -> str:
        if self.script.edges[i].silent:
            return "cg-silent"
        if moment is None:
            return ""
        return f"cg-{state(self.script.sweeps[moment.sweep].edge_turns[i], moment.turn)}"

    @cached_property
    def _sources(self) -> dict[Moment, set[int]]:
        """The nodes that terms come from, at each moment."""
        found: dict[Moment, set[int]] = {}
        for s, sweep in enumerate(self.script.sweeps):
            for edge, turn in enumerate(sweep.edge_turns):
                if turn:
                    found.setdefault(Moment(s, turn), set()).add(self.script.source(edge))
        return found

    def _at(self, x: float, y: float) -> tuple[float, float]:
        return x + self._left, y + SIZES.margin

    def _spot(self, i: int) -> tuple[float, float]:
        """The place of a label: beside its line, or on the middle of it."""
        beside = self._beside[i]
        return self._at(beside.x, beside.y) if beside is not None else self._at(*middle(self.layout.edges[i]))

    # -- the caption

    @cached_property
    def _measure(self) -> float:
        """How wide lines of a caption may be."""
        return min(self.width - 2 * SIZES.margin, 1200)

    def _lines(self, runs: Runs) -> list[Runs]:
        return wrap(runs, SIZES.caption, self._measure, 8) if any(runs) else []

    @cached_property
    def _caption_height(self) -> float:
        lines = max(
            len(self._lines(caption.sentence)) + len(self._lines(caption.reason))
            for sweep in self.script.sweeps
            for caption in sweep.captions
        )
        return round(SIZES.small * 2 + lines * SIZES.caption * SIZES.leading + SIZES.margin)

    def _caption(self, moment: Moment, fixed: bool) -> str:
        captions = self.script.sweeps[moment.sweep].captions
        left, y = SIZES.margin, self.height + SIZES.small
        parts = [_text((self.title(moment),), left, y, SIZES.small, fixed, "cg-small")]
        at = self.width - SIZES.margin
        for state, words in (("done", "finished"), ("now", "this step"), ("todo", "to come")):
            at -= text_width(words, SIZES.small)
            parts.append(_text((words,), at, y, SIZES.small, fixed, "cg-small"))
            parts.append(f'<path class="cg-key" transform="translate({_n(at - 11)} {_n(y - 5)})" d="{MARKS[state]}"/>')
            at -= 36
        y += SIZES.small
        said = captions[moment.turn] if moment.turn < len(captions) else captions[-1]
        for runs, classes in zip(said, ("cg-caption", "cg-caption cg-soft"), strict=True):
            for line in self._lines(runs):
                y += SIZES.caption * SIZES.leading
                parts.append(_text(line, left, y - SIZES.caption * 0.4, SIZES.caption, fixed, classes))
        return "".join(parts)


def total_runs(what: Runs, total: Runs) -> Runs:
    """``∂J/∂t = 2.791``, in the styles of both sides."""
    upright = len(what) % 2
    return (*what[:-1], f"{what[-1]} = {total[0]}", *total[1:]) if upright else (*what, f" = {total[0]}", *total[1:])


def _text(runs: Runs, x: float, y: float, size: float, fixed: bool, classes: str = "") -> str:
    """A line that begins at `x`; with `fixed` every run of it has its place, whatever font the viewer has."""
    named = f' class="{classes}"' if classes else ""
    if len(runs) == 1:
        # resvg stretches every run by itself, so only a line of one run can be told its length
        length = f' textLength="{_n(runs_width(runs, size))}" lengthAdjust="spacingAndGlyphs"' * bool(fixed and runs[0])
        return f'<text{named} x="{_n(x)}" y="{_n(y)}"{length}>{_safe(runs[0])}</text>'
    written = []
    at = x
    for i, run in enumerate(runs):
        place = f' x="{_n(at)}"' if fixed and i else ""
        slanted = ' class="cg-i"' if i % 2 else ""
        if run:
            written.append(f"<tspan{slanted}{place}>{_safe(run)}</tspan>" if slanted or place else _safe(run))
        at += text_width(run, size, bool(i % 2))
    return f'<text{named} x="{_n(x)}" y="{_n(y)}">{"".join(written)}</text>'


def _n(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")


def _safe(words: str) -> str:
    return escape(clean(words), quote=True)

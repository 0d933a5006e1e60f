"""The few SVG elements that pictures are made of. Every text that enters a picture is escaped here."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from compgraph.render.cells import runs_width
from compgraph.render.font import text_width
from compgraph.render.runs import Runs, clean

__all__ = ["arrow", "box", "line", "mark", "safe", "straight", "text"]


def text(runs: Runs, x: float, y: float, size: float, *, fixed: bool, name: str = "") -> str:
    """A line of text that begins at `x`; with `fixed`, its letters keep their places in a font that is not ours."""
    kind = f' class="{name}"' if name else ""
    if len(runs) == 1:
        # only a line of one run has a length: resvg would stretch every run to the length of the line
        length = f' textLength="{_n(runs_width(runs, size))}" lengthAdjust="spacingAndGlyphs"'
        return f'<text{kind} x="{_n(x)}" y="{_n(y)}"{length if fixed and runs[0] else ""}>{safe(runs[0])}</text>'
    parts, at = [], x
    for i, run in enumerate(runs):
        if run:
            place = f' x="{_n(at)}"' if fixed and i else ""
            slanted = ' class="cg-i"' if i % 2 else ""
            parts.append(f"<tspan{slanted}{place}>{safe(run)}</tspan>" if slanted or place else safe(run))
            at += text_width(run, size, bool(i % 2))
    return f'<text{kind} x="{_n(x)}" y="{_n(y)}">{"".join(parts)}</text>'


def box(x: float, y: float, width: float, height: float, radius: int, name: str) -> str:
    """A rectangle with round corners around the centre (x, y)."""
    corner = f'x="{_n(x - width / 2)}" y="{_n(y - height / 2)}"'
    return f'<rect class="{name}" {corner} width="{_n(width)}" height="{_n(height)}" rx="{radius}"/>'


def mark(shape: str, x: float, y: float, name: str) -> str:
    """A small shape around (x, y)."""
    return f'<path class="{name}" transform="translate({_n(x)} {_n(y)})" d="{shape}"/>'


def straight(start: tuple[float, float], end: tuple[float, float], name: str) -> str:
    """A line from one point to another."""
    (x, y), (to_x, to_y) = start, end
    return f'<path class="{name}" d="M{_n(x)} {_n(y)}L{_n(to_x)} {_n(to_y)}"/>'


def line(points: Sequence[tuple[float, float]]) -> str:
    """A line of cubic Bézier curves."""
    (x, y), *rest = points
    return f'<path class="cg-line" d="M{_n(x)} {_n(y)}C' + " ".join(f"{_n(x)} {_n(y)}" for x, y in rest) + '"/>'


def arrow(base: tuple[float, float], tip: tuple[float, float]) -> str:
    """The head of an arrow."""
    (x, y), (tip_x, tip_y) = base, tip
    dx, dy = (tip_y - y) * 0.6, (x - tip_x) * 0.6
    corners = ((tip_x, tip_y), (x + dx, y + dy), (x - dx, y - dy))
    return '<path class="cg-tip" d="M' + "L".join(f"{_n(x)} {_n(y)}" for x, y in corners) + 'z"/>'


def safe(words: str) -> str:
    """Text for an element or an attribute."""
    return escape(clean(words))


def _n(number: float) -> str:
    shown = f"{number:.1f}".removesuffix(".0")
    return "0" if shown == "-0" else shown

"""How pictures look: one table of colours, one of sizes, and the style sheet they make.

Every state is told three ways at once: by colour (whose lightness differs, so that it survives a grey printer and any
colour vision), by line (dashed, bold, plain) and by a mark (a dot, a triangle, a tick).
"""

from __future__ import annotations

from typing import NamedTuple

from compgraph.render import font
from compgraph.render.heat import LEVELS

__all__ = ["MARKS", "THEMES", "VARIABLES", "Sizes", "Theme", "sheet", "theme_named"]


class Theme(NamedTuple):
    """Colours by their use."""

    paper: str  # behind everything
    card: str  # behind a node
    ink: str  # text
    soft: str  # text that may step back
    rule: str  # edges and borders that nothing has happened to yet
    done: str  # finished: lines
    done_fill: str  # finished: surfaces
    now: str  # the current step: lines
    now_fill: str  # the current step: surfaces
    now_ink: str  # text on these
    plus: str  # entries of arrays that are positive
    minus: str  # and that are negative


THEMES = {
    name: Theme(*colours.split())
    for name, colours in {
        #         paper   card    ink     soft    rule    done    filled  now     filled  ink     plus    minus
        "light": "#ffffff #ffffff #1b1f24 #59636e #8a939d #1f5fa8 #dce9f7 #b45309 #ffc857 #1b1f24 #1b7837 #762a83",
        "dark":  "#12151a #1b2027 #eceff3 #a3adb8 #737e8a #8cc4ff #1e3a5c #ffb84d #ffb84d #14171b #5fd08a #d29af0",
        "print": "#ffffff #ffffff #000000 #444444 #777777 #333333 #eeeeee #000000 #cccccc #000000 #000000 #000000",
    }.items()
}  # fmt: skip

#: The same table with the names of CSS variables in it, for a page that can change its theme.
VARIABLES = Theme(*(f"var(--{use.replace('_', '-')})" for use in Theme._fields))

#: Marks as outlines around the origin, so that no font has to have them.
MARKS = {
    "todo": "M-2 0a2 2 0 1 0 4 0a2 2 0 1 0-4 0z",
    "now": "M-3.5-5.5L5.5 0l-9 5.5z",
    "done": "M-5.5.2l1.4-1.4L-1.5 1.4 4.3-4.8 5.8-3.5-1.5 4.4z",
}


class Sizes(NamedTuple):
    """Lengths in points."""

    text: float = 17  # a node: how it is made, its value, its derivative
    label: float = 15  # an edge: its partial
    caption: float = 18
    small: float = 14  # the line over the caption
    value: float = 13  # the number in a neuron
    leading: float = 1.34  # height of a line, relative to its text
    close: float = 1.2  # the same in an edge's label
    card: float = 9  # from the border of a card to its text
    inset: float = 6  # from the border of a card to the slot in it
    slot: float = 3  # from the border of a slot to its text
    mark: float = 19  # room for the mark before a derivative
    margin: float = 18  # around the picture
    widest: float = 240  # a line of text in a node
    most: int = 3  # lines of it
    least: float = 620  # a film is at least as wide: its caption needs room


def theme_named(name: str) -> Theme:
    """The theme of that name."""
    try:
        return THEMES[name]
    except KeyError:
        raise ValueError(f"unknown theme {name!r}: expected one of {', '.join(THEMES)}.") from None


def sheet(colour: Theme, scope: str, *, further: bool = True) -> str:
    """The style sheet of a picture whose root element has the class `scope`.

    `further` rules are those for heat maps and neurons.

    Every rule is under `scope` and every class begins with ``cg-``, because a notebook puts the pictures of several
    themes, and style sheets of its own, into one document.
    """
    rules = f"""
.cg-i{{font-style:italic}}
.cg-label{{font-size:{SIZES.label:g}px;paint-order:stroke;stroke:{colour.paper};stroke-width:4;stroke-linejoin:round}}
.cg-small{{font-size:{SIZES.small:g}px}}
.cg-caption{{font-size:{SIZES.caption:g}px}}
.cg-formula,.cg-small,.cg-soft,.cg-key{{fill:{colour.soft}}}
.cg-term{{text-anchor:middle}}
.cg-paper{{fill:{colour.paper}}}
.cg-card{{fill:{colour.card};stroke:{colour.rule};stroke-width:1.2}}
.cg-slot{{fill:none;stroke:{colour.rule};stroke-width:1;stroke-dasharray:4 3}}
.cg-mark,.cg-tip{{fill:{colour.rule}}}
.cg-line{{fill:none;stroke:{colour.rule};stroke-width:1.5}}
.cg-chip{{fill:none}}
.cg-silent .cg-line,.cg-faint .cg-card{{stroke-dasharray:2 4}}
.cg-todo .cg-total,.cg-faint{{fill:{colour.soft}}}
.cg-done .cg-card{{stroke:{colour.done};stroke-width:1.6}}
.cg-done .cg-slot{{fill:{colour.done_fill};stroke:none}}
.cg-done .cg-mark,.cg-done .cg-tip{{fill:{colour.done}}}
.cg-done .cg-line{{stroke:{colour.done};stroke-width:2}}
.cg-from .cg-card{{stroke:{colour.now};stroke-width:2.5}}
.cg-now .cg-card,.cg-now .cg-line{{stroke:{colour.now};stroke-width:4}}
.cg-now .cg-slot,.cg-now .cg-chip{{fill:{colour.now_fill};stroke:none}}
.cg-now .cg-term{{stroke:none}}
.cg-now .cg-total,.cg-now .cg-term,.cg-now .cg-mark{{fill:{colour.now_ink}}}
.cg-now .cg-tip{{fill:{colour.now}}}
.cg-used .cg-card,.cg-used .cg-line{{stroke:{colour.now};stroke-width:2.5}}
.cg-used .cg-line{{stroke-dasharray:7 4}}
.cg-used .cg-card{{fill:{colour.now_fill}}}
.cg-used{{fill:{colour.now_ink}}}
.cg-used .cg-label{{fill:{colour.ink}}}
.cg-used .cg-tip{{fill:{colour.now}}}
.cg-off .cg-line,.cg-off .cg-tip,.cg-off .cg-label,.cg-off .cg-chip{{visibility:hidden}}
.cg-off .cg-card{{stroke-dasharray:2 4}}
.cg-off{{fill:{colour.soft};opacity:.45}}
.cg-bold .cg-line{{stroke-width:5}}
"""
    if further:
        rules += _further(colour)
    root = f".{scope}{{fill:{colour.ink};font-family:{FAMILY};font-size:{SIZES.text:g}px}}"
    return root + "".join(f".{scope} {rule.replace(',.', f',.{scope} .')}" for rule in rules.strip().splitlines())


def _further(colour: Theme) -> str:
    rules = f"""
.cg-frame{{fill:{colour.card};stroke:{colour.rule};stroke-width:1}}
.cg-plus{{fill:{colour.plus}}}
.cg-minus{{fill:{colour.minus}}}
.cg-dash,.cg-cross{{fill:none;stroke:{colour.ink};stroke-width:1}}
.cg-todo .cg-after{{visibility:hidden}}
.cg-unit{{rx:50%}}
.cg-value{{font-size:{SIZES.value:g}px}}
.cg-faint .cg-unit{{fill:{colour.rule};opacity:.35}}
.cg-pill{{fill:{colour.paper}}}
.cg-weight{{fill:none;stroke:{colour.rule}}}
.cg-up{{stroke:{colour.plus}}}
.cg-down{{stroke:{colour.minus};stroke-dasharray:7 4}}
.cg-flow{{fill:none;stroke:{colour.done};visibility:hidden}}
.cg-done .cg-flow,.cg-now .cg-flow{{visibility:visible}}
.cg-now .cg-flow{{stroke:{colour.now}}}
.cg-now .cg-flow.cg-w0{{stroke-width:1.4}}
.cg-done .cg-weight,.cg-now .cg-weight,.cg-dim{{opacity:.25}}
"""
    shades = "".join(f".cg-h{level}{{opacity:{round(level / LEVELS, 2):g}}}\n" for level in range(1, LEVELS))
    widths = "".join(f".cg-w{level}{{stroke-width:{0.4 + level:g}}}\n" for level in range(LEVELS + 1))
    return f"{rules.lstrip()}{shades}{widths}"


#: The bundled family first; then what comes closest where the picture is shown without it.
FAMILY = f"'{font.FAMILY}','STIX Two Text',Cambria,'Times New Roman',Times,serif"
SIZES = Sizes()

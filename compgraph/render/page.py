"""A film as one HTML page that needs nothing else: a picture, its texts, a player and a font.

The page holds the picture once. Frames are numbers: every cell knows its turn, so what the player needs per step is one
sentence. The page's policy lets nothing run, load or connect but the two pieces of ours whose hashes it states.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import json
from html import escape
from pathlib import Path
from string import Template

from compgraph.render import font
from compgraph.render.cells import UNKNOWN
from compgraph.render.drawing import Drawing
from compgraph.render.runs import Runs
from compgraph.render.script import SOLVED, Moment
from compgraph.render.style import FAMILY, MARKS, THEMES, VARIABLES, Theme, sheet, theme_named
from compgraph.render.svg import safe

__all__ = ["iframe", "page"]

#: How far a picture is shrunk to fit a small window and a large one, before it is scrolled, and how far enlarged.
SMALL, SMALLER, LARGEST = 0.62, 0.48, 1.8


def page(drawing: Drawing, *, title: str, theme: str | None = None) -> str:
    """The film as a page that stands alone.

    Parameters
    ----------
    drawing : Drawing
    title : str
    theme : str, optional
        The theme to start with; left out, light or dark as the viewer prefers.
    """
    if theme is not None:
        theme_named(theme)
    sweeps = drawing.script.sweeps
    style, script = _style(drawing), _file("player.js")
    policy = (
        "default-src 'none'; base-uri 'none'; form-action 'none'; font-src data:; "
        f"style-src '{_hash(style)}'; script-src '{_hash(script)}'"
    )
    steps = [
        "<li>" + "".join(f"<p>{_marked(line)}</p>" for line in caption if any(line)) + "</li>"
        for sweep in sweeps
        for caption in sweep.captions
    ]
    return Template(_file("player.html")).substitute(
        theme=f' data-theme="{theme}"' if theme else "",
        policy=escape(policy),
        title=safe(title),
        heading=safe(sweeps[0].heading),
        style=style,
        direction=drawing.script.direction,
        picture=drawing.svg(Moment(0, SOLVED), theme=None).strip(),
        steps="\n".join(steps),
        data=_data(drawing),
        script=script,
    )


def iframe(document: str, picture: str, *, width: float, height: float, label: str) -> str:
    """A page for a notebook's output: in a sandbox, over a picture that stays where pages are not allowed.

    `picture` is the address of an image, `width` and `height` are the size the page needs.
    """
    place = "position:absolute;inset:0;width:100%;height:100%;border:0"
    return (
        f'<div style="position:relative;max-width:{width:.0f}px;min-height:{height:.0f}px">'
        f'<img src="{picture}" alt="{safe(label)}" style="max-width:100%">'
        f'<iframe sandbox="allow-scripts" title="{safe(label)}" style="{place}" srcdoc="{escape(document)}"></iframe>'
        "</div>"
    )


def _data(drawing: Drawing) -> str:
    """What the player has to know, as JSON in which nothing can end the element that holds it."""
    script = drawing.script
    known = {
        "unknown": UNKNOWN,
        "marks": [MARKS[state] for state in ("todo", "now", "done")],
        "sources": [script.source(i) for i in range(len(script.edges))],
        "sweeps": [
            {
                "heading": sweep.heading,
                "frames": len(sweep.captions),
                "turns": sweep.turns,
                "labels": sweep.labels,
                "totals": [_bare(runs) for runs in sweep.totals],
                "edges": sweep.edge_turns,
                "terms": [_bare(runs) for runs in sweep.terms],
            }
            for sweep in script.sweeps
        ],
    }
    text = json.dumps(known, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _bare(runs: Runs) -> Runs | str:
    """Runs as the player reads them: most are one."""
    return runs[0] if len(runs) == 1 else runs


def _style(drawing: Drawing) -> str:
    """The page's whole style sheet: fonts, themes as variables, the player's rules and the picture's."""
    faces = "".join(
        f"@font-face{{font-family:'{font.FAMILY}';font-style:{'italic' if style == 'italic' else 'normal'};"
        f"src:url(data:font/woff2;base64,{font.woff2_base64(style)})}}"
        for style in ("regular", "italic")
    )
    light, dark, printed = (_variables(THEMES[name]) for name in ("light", "dark", "print"))
    themes = (
        f":root{{color-scheme:light;--page:#f4f3ef;--edge:#e3e1da;{light}}}"
        f":root[data-theme=print]{{--page:#fff;{printed}}}"
        f":root[data-theme=dark]{{{DARK}{dark}}}"
        f"@media (prefers-color-scheme:dark){{:root:not([data-theme]){{{DARK}{dark}}}}}"
    )
    rules = Template(_file("player.css")).substitute(
        family=FAMILY,
        least=f"{SMALL * drawing.width:.0f}px",
        less=f"{SMALLER * drawing.width:.0f}px",
        most=f"{LARGEST * drawing.width:.0f}px",
        ratio=f"{drawing.width / drawing.height:.4f}",
    )
    return faces + themes + rules + sheet(VARIABLES, "cg-film")


DARK = "color-scheme:dark;--page:#0a0c0f;--edge:#2a313a;"


def _variables(theme: Theme) -> str:
    return ";".join(f"--{use.replace('_', '-')}:{colour}" for use, colour in theme._asdict().items())


def _marked(runs: Runs) -> str:
    return "".join(f"<i>{safe(run)}</i>" if i % 2 else safe(run) for i, run in enumerate(runs) if run)


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")


@functools.cache
def _file(name: str) -> str:
    return (Path(__file__).parent / "player" / name).read_text(encoding="utf-8")

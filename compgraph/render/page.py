"""A film as one HTML page that needs nothing else: a picture, its texts, a player and a font.

The page holds the picture once. Frames are numbers: every cell knows its turn, so what the player needs per step is one
sentence. The page's policy lets nothing run, load or connect but the two pieces of ours whose hashes it states.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import re
from collections.abc import Sequence
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from compgraph.render import font
from compgraph.render.drawing import Drawing
from compgraph.render.lean import RULES, Lean, lean, needed
from compgraph.render.runs import Runs, clean, joined
from compgraph.render.script import SOLVED, TYPESET, Moment, Script, Sweep, Turn
from compgraph.render.style import FAMILY, MARKS, THEMES, VARIABLES, Theme, sheet, theme_named
from compgraph.render.svg import safe

__all__ = ["iframe", "page"]

#: How far a picture is shrunk to fit a small window and a large one, before it is scrolled, and how far enlarged.
SMALL, SMALLER, LARGEST = 0.62, 0.56, 1.8

#: How far one of few nodes is shrunk, or one that stands beside another; larger ones are looked at from further away.
READABLE, FEW = 0.75, 20

#: Pixels of a window that are not the picture's.
HEADROOM = 330


def page(drawings: Sequence[Drawing], *, title: str, theme: str | None = None) -> str:
    """A film, or several side by side, as a page that stands alone.

    Parameters
    ----------
    drawings : sequence of Drawing
        One, or those whose steps are shown together.
    title : str
    theme : str, optional
        The theme to start with; left out, light or dark as the viewer prefers.
    """
    if theme is not None:
        theme_named(theme)
    solved = [Moment(len(drawing.script.sweeps) - 1, SOLVED) for drawing in drawings]
    pairs = [
        (drawing, lean(drawing.svg(moment, theme=None).strip(), sideways=drawing.sideways))
        for drawing, moment in zip(drawings, solved, strict=True)
    ]
    pictures = "".join(
        _picture(drawing, leaned.picture, n, _caption(n) if len(pairs) > 1 else "")
        for n, (drawing, leaned) in enumerate(pairs)
    )
    lists = "".join(_list(drawing, n) for n, drawing in enumerate(drawings))
    notes = dict.fromkeys(drawing.layout.note for drawing in drawings if drawing.layout.note)
    lists += "".join(f"<p><small>{safe(note)}</small></p>" for note in notes)
    data = _data([_film(drawing, leaned) for drawing, leaned in pairs])
    style, script = font.faces(title + pictures + lists + data) + _style(drawings, pictures), _script(drawings)
    policy = (
        "default-src 'none'; base-uri 'none'; form-action 'none'; font-src data:; "
        f"style-src '{_hash(style)}'; script-src '{_hash(script)}'"
    )
    return Template(_file("player.html")).substitute(
        theme=f' data-theme="{theme}"' if theme else "",
        policy=escape(policy),
        title=safe(title),
        style=style,
        direction=drawings[0].script.direction,
        pictures=pictures,
        caption=_caption(0) if len(drawings) == 1 else "",
        lists=lists,
        data=data,
        script=script,
    )


def _number(n: int) -> str:
    """What the identifiers of a film end with: nothing for the first."""
    return str(n + 1) if n else ""


def _caption(n: int) -> str:
    """Where the sentence of a step stands: under the controls, or of one of several films under its picture."""
    return f'<div id="caption{_number(n)}" class="caption for-live" aria-live="polite" aria-atomic="true"></div>\n'


def _picture(drawing: Drawing, picture: str, n: int, caption: str) -> str:
    if n:  # in a text no quotation mark follows an equals sign: it would be written &quot;
        picture = picture.replace(' id="', ' id="b')
    return Template(_file("picture.html")).substitute(
        n=_number(n),
        direction=drawing.script.direction,
        heading=safe(drawing.script.sweeps[0].heading),
        picture=picture,
        caption=caption,
    )


def _list(drawing: Drawing, n: int) -> str:
    """All steps in words."""
    items = []
    for sweep in drawing.script.sweeps:
        for k, (sentence, reason) in enumerate(sweep.captions):
            numbers = sweep.steps[k - 1].numbers if k and sweep.steps else ""
            items.append("<li>" + _told(sentence, numbers) + _told(reason, "") + "</li>")
    name = "All steps" if not n else f"All steps, {safe(drawing.script.sweeps[0].heading)}"
    listed = "".join(items)
    steps = f'<ol id="steps{_number(n)}" start="0">{listed}</ol>'
    return f'<details class="all" open><summary>{name}</summary>{steps}</details>'


def _told(line: Runs, numbers: str) -> str:
    """A line as a paragraph; what gives its number away is marked, so that it can be changed or kept back."""
    words = joined(line)
    if numbers and words.endswith(numbers):
        return f"<p>{safe(words.removesuffix(numbers))}<b>{safe(numbers)}</b>"
    return f"<p>{safe(words)}" if words else ""  # as HTML has it, the next paragraph ends this one


def iframe(document: str, picture: str, *, width: float, height: float, label: str) -> str:
    """A page for a notebook's output: in a sandbox, over a picture that stays where pages are not allowed.

    `picture` is the address of an image, `width` and `height` are the size the page needs.
    """
    # between apostrophes, because a page has few of them and thousands of quotation marks
    held = document.replace("&", "&amp;").replace("'", "&#39;")
    place = "position:absolute;inset:0;width:100%;height:100%;border:0"
    return (
        f'<div style="position:relative;max-width:{width:.0f}px;min-height:{height:.0f}px">'
        f'<img src="{picture}" alt="{safe(label)}" style="max-width:100%">'
        f'<iframe sandbox="allow-scripts" title="{safe(label)}" style="{place}" srcdoc=\'{held}\'></iframe>'
        "</div>"
    )


def _data(films: list[dict[str, Any]]) -> str:
    """What the player has to know, as JSON in which nothing can end the element that holds it."""
    text = json.dumps({"films": films}, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _film(drawing: Drawing, leaned: Lean) -> dict[str, Any]:
    script = drawing.script
    return {
        "direction": script.direction,
        "rankdir": drawing.rankdir,
        "digits": script.digits,
        "plain": len(script.nodes) > TYPESET,
        "letters": "".join(sorted({node.how[1] for node in script.nodes if len(node.how) > 1 and not node.how[0]})),
        "marks": [MARKS[state] for state in ("todo", "now", "done")],
        "nodes": [clean(node.name) for node in script.nodes],
        "edges": [(edge.tail, edge.head) for edge in script.edges],
        "rooms": leaned.rooms,
        "sweeps": [_sweep(sweep, script) for sweep in script.sweeps],
        "ledgers": [one._asdict() for one in script.ledgers],
        "inputs": script.live.inputs if script.live else (),
    }


def _sweep(sweep: Sweep, script: Script) -> dict[str, Any]:
    seed = next((turn.node for turn in sweep.steps if not turn.edges and turn.total), -1)
    known: dict[str, Any] = {}
    if script.live is None:  # the program of a page finds them itself
        known = {"totals": [joined(runs) for runs in sweep.totals], "terms": [joined(runs) for runs in sweep.terms]}
    if script.direction == "elimination":
        known |= {"lives": True, "turns": sweep.turns, "edges": sweep.edge_turns}
    return {
        "heading": sweep.heading,
        "seed": seed,
        "labels": [joined(runs) for runs in sweep.labels],
        "steps": [_step(turn, known=script.live is not None) for turn in sweep.steps],
        **known,
    }


def _step(turn: Turn, *, known: bool) -> list[Any]:
    """A step; its total only where the page has no program to find it."""
    cost = (turn.multiplications, turn.additions)
    step: list[Any] = [turn.node, turn.edges, cost]
    if not turn.edges and turn.total:
        step.append(turn.total)
    elif turn.edges and not known:
        step += [0, turn.total]
    return step


def _style(drawings: Sequence[Drawing], pictures: str) -> str:
    """The page's style sheet but its fonts: themes as variables, the player's rules and the picture's."""
    light, dark, printed = (_variables(THEMES[name]) for name in ("light", "dark", "print"))
    themes = (
        f":root{{color-scheme:light;--page:#f4f3ef;--edge:#e3e1da;{light}}}"
        f":root[data-theme=print]{{--page:#fff;{printed}}}"
        f":root[data-theme=dark]{{{DARK}{dark}}}"
        f"@media (prefers-color-scheme:dark){{:root:not([data-theme]){{{DARK}{dark}}}}}"
    )
    eliminates = any(drawing.script.direction == "elimination" for drawing in drawings)
    looks = needed(sheet(VARIABLES, "cg-film"), pictures, eliminates=eliminates)
    rules = Template(_file("player.css")).substitute(family=FAMILY)
    sizes = "".join(_size(n, drawings) for n in range(len(drawings)))
    return themes + rules.replace("\n", "") + sizes + looks + RULES


def _size(n: int, drawings: Sequence[Drawing]) -> str:
    """How large a picture may be: as large as the window lets it, and never too small to be read."""
    wide, ratio, of = drawings[n].width, drawings[n].width / drawings[n].height, len(drawings)
    most = f"{LARGEST * wide:.0f}px"

    def width(least: float, pictures: int) -> str:
        room = f"min(100%,(100vh - {HEADROOM}px)*{ratio / pictures:.4f})"
        return f"#stage{_number(n)} svg{{width:clamp({least * wide:.0f}px,{room},{most})}}"

    least = READABLE if len(drawings[n].script.nodes) <= FEW else SMALLER
    rules = f"{width(SMALL, of)}@media (min-width:1000px){{{width(least, of)}}}"
    if of > 1:  # beside one another where both of them can be read there
        window = f"{of * READABLE * max(drawing.width for drawing in drawings) + 100:.0f}px"
        columns = f"#pictures{{display:grid;grid-template-columns:repeat({of},1fr)}}"
        rules += f"@media (min-width:{window}){{{columns}{width(READABLE, 1)}}}"
    return rules


def _script(drawings: Sequence[Drawing]) -> str:
    """The player, as much of it as is needed, and the programs of the films."""
    lives = [drawing.script.live for drawing in drawings]
    programs = [f"(() => {{\n{live.code}return labels;\n}})()" if live else "null" for live in lives]
    needed = {"numbers": True, "picture": True, "player": True, "sliders": any(lives)}
    needed["ledger"] = bool(drawings[0].script.ledgers)
    needed["quiz"] = len(drawings) == 1 and drawings[0].script.direction != "elimination"
    parts = [_file(f"{name}.js") for name in PARTS if needed[name]]
    code = "\n".join([f"const programs = [{', '.join(programs)}];", *parts])
    return f'(() => {{\n"use strict";\n{_BARE.sub("", code)}}})();'


#: The player's parts, in the order in which they are put together.
PARTS = ("numbers", "picture", "ledger", "sliders", "quiz", "player")

#: What a page does not need of them: comments and indentation.
_BARE = re.compile(r"^\s*//.*\n|^[ \n]+| // .*$", re.MULTILINE)


DARK = "color-scheme:dark;--page:#0a0c0f;--edge:#2a313a;"


def _variables(theme: Theme) -> str:
    return ";".join(f"--{use.replace('_', '-')}:{colour}" for use, colour in theme._asdict().items())


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")


@functools.cache
def _file(name: str) -> str:
    return (Path(__file__).parent / "player" / name).read_text(encoding="utf-8")

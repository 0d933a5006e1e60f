"""What a page can leave out of its picture, because its style sheet or its script puts it back.

A picture of 50 nodes is 70 kB as a file of its own, and half of that in a page. A page knows the font, so texts can be
centred and letters slanted there; corners and marks are said once; and room for terms is needed only when they come.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from compgraph.render.style import MARKS

__all__ = ["RULES", "Lean", "lean"]

#: The style that goes with such a picture.
RULES = (
    ".cg-card{rx:9px}.cg-slot,.cg-chip{rx:6px}"
    f'body:not(.live) .cg-mark{{d:path("{MARKS["done"]}")}}'
    ".stage text{text-anchor:middle}.stage .cg-total,.upright .cg-label:not(.cg-term){text-anchor:start}"
)

_CHIP = re.compile(
    r'<rect class="cg-chip" x="(\S+)" y="\S+" width="(\S+)" height="20" rx="6"/>'
    r'<text class="cg-label cg-term" x="(\S+)" y="(\S+)"></text>'
)
_LABEL = re.compile(r'<g id="l(\d+)".*?</g>')
_AWAY = (
    (re.compile(r"<desc>.*?</desc>|</?tspan[^>]*>"), ""),
    (re.compile(r'(<path class="cg-mark" transform="[^"]*") d="[^"]*"'), r"\1"),
    (re.compile(r'(<rect [^>]*) rx="\d+"'), r"\1"),
    (re.compile(r'<text x="\S+"'), "<text"),
    (re.compile(r"\.0(?=[ )])"), ""),
)
_STATE = re.compile(r'(<g id="\w+") class="([^"]*)"')
_CENTRED = re.compile(r'(<text class="cg-label[^"]*") x="\S+"')


class Lean(NamedTuple):
    """A picture without what can be put back, and where terms will stand: edge → middle, baseline, width."""

    picture: str
    rooms: dict[int, tuple[float, ...]]


def lean(picture: str, *, sideways: bool) -> Lean:
    """Leave out of a picture of ours what a page can do without; labels are centred where edges run `sideways`.

    Notes
    -----
    The picture is written by `compgraph.render.svg`, so that neither ``<`` nor ``"`` stands in a text of it.

    Examples
    --------
    >>> lean('<text x="-8.4" y="5"><tspan class="cg-i">u</tspan>₁</text>', sideways=True).picture
    '<text y="5">u₁</text>'
    """
    rooms: dict[int, tuple[float, ...]] = {}

    def emptied(found: re.Match[str]) -> str:
        chip = _CHIP.search(found[0])
        if chip is None:
            return found[0]
        _, width, middle, baseline = chip.groups()
        rooms[int(found[1])] = tuple([float(x) if "." in x else int(x) for x in (middle, baseline, width)])
        return found[0].replace(chip[0], "")

    picture = _LABEL.sub(emptied, picture)
    for pattern, instead in _AWAY:
        picture = pattern.sub(instead, picture)
    if {state for _, state in _STATE.findall(picture)} == {"cg-done"}:  # said once, for all
        picture = _STATE.sub(r"\1", picture).replace('class="cg-film"', 'class="cg-film cg-done"', 1)
    return Lean(_CENTRED.sub(r"\1", picture) if sideways else picture, rooms)

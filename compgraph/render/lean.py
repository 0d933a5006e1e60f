"""What a page can leave out of its picture, because its style sheet or its script puts it back.

A picture of 50 nodes is 70 kB as a file of its own, and half of that in a page. A page knows the font, so texts can be
centred and letters slanted there; corners and marks are said once; and room for terms is needed only when they come.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from compgraph.render.style import MARKS

__all__ = ["RULES", "Lean", "lean", "needed"]

#: The style that goes with such a picture.
RULES = (
    ".cg-card{rx:9px}.cg-slot,.cg-chip{rx:6px}"
    f'body:not(.live) .cg-mark{{d:path("{MARKS["done"]}")}}'
    ".stage text:not([x]){text-anchor:middle}"
)

_CHIP = re.compile(
    r'<rect class="cg-chip" x="(\S+)" y="\S+" width="(\S+)" height="20" rx="6"/>'
    r'<text class="cg-label cg-term" x="(\S+)" y="(\S+)"></text>'
)
_LABEL = re.compile(r'<g id="l(\d+)".*?</g>')
_AWAY = (
    (re.compile(r"<desc>.*?</desc>|</?tspan[^>]*>"), ""),
    (re.compile(r'(<path class="cg-mark" transform="[^"]*") d="[^"]*"'), r"\1"),
    (re.compile(r'(<rect class="cg-card"[^>]*) rx="9"|(<rect class="cg-slot"[^>]*) rx="6"'), r"\1\2"),
    (re.compile(r"\.0(?=[ )])"), ""),
)
_STATE = re.compile(r'(<g id="\w+") class="([^"]*)"')
_LINES = re.compile(r'<g id="n\d+"[^>]*><rect class="cg-card".*?</g>')
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
    >>> lean('<text class="cg-label" x="-8.4" y="5"><tspan class="cg-i">u</tspan>₁</text>', sideways=True).picture
    '<text class="cg-label" y="5">u₁</text>'
    """
    rooms: dict[int, tuple[float, ...]] = {}

    def emptied(found: re.Match[str]) -> str:
        chip = _CHIP.search(found[0])
        if chip is None:
            return found[0]
        _, width, middle, baseline = chip.groups()
        rooms[int(found[1])] = tuple([float(x) if "." in x else int(x) for x in (middle, baseline, width)])
        return found[0].replace(chip[0], "")

    picture = _LINES.sub(lambda found: re.sub(r'<text x="\S+"', "<text", found[0]), _LABEL.sub(emptied, picture))
    for pattern, instead in _AWAY:
        picture = pattern.sub(instead, picture)
    if {state for _, state in _STATE.findall(picture)} == {"cg-done"}:  # said once, for all
        picture = _STATE.sub(r"\1", picture).replace('class="cg-film"', 'class="cg-film cg-done"', 1)
    return Lean(_CENTRED.sub(r"\1", picture) if sideways else picture, rooms)


#: Classes that the player gives to what is there.
_GIVEN = "film i term chip todo now done from"
_COMING = "off used"


def needed(sheet: str, pictures: str, *, eliminates: bool) -> str:
    """The rules of a style sheet that some of our pictures has a use for, or will have when it is played.

    Examples
    --------
    >>> said = ".cg-done .cg-card{stroke:red}.cg-done .cg-unit,.cg-tip{fill:red}"
    >>> needed(said, '<rect class="cg-card"/>', eliminates=False)
    '.cg-done .cg-card{stroke:red}'
    """
    there = {f"cg-{name}" for name in (_GIVEN + f" {_COMING}" * eliminates).split()}
    there |= {name for names in re.findall(r'class="([^"]*)"', pictures) for name in names.split()}
    rules = re.findall(r"([^{}]+)(\{[^{}]*\})", sheet)
    return "".join(
        selectors + rule
        for selectors, rule in rules
        if any(there.issuperset(re.findall(r"\.(cg-[\w-]+)", one)) for one in selectors.split(","))
    )

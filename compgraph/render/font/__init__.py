"""The font of every picture, and how wide its letters are.

The width of a text is the sum of its letters' advances and nothing else: resvg and browsers draw what is computed here.

>>> text_width("u₁ = 4", 10)
25.88
>>> covers("∂J/∂u₁ = −0.65 · cos(t)"), covers("漢")
(True, False)
"""

from __future__ import annotations

import base64
import functools
import json
from pathlib import Path
from typing import Any, Literal

__all__ = ["BASIC", "FAMILY", "Style", "ascent", "covers", "descent", "faces", "path", "substitute", "text_width"]

FAMILY = "Compgraph Math"
MISSING = "□"

Style = Literal["regular", "italic"]

#: What nearly every page needs, and its player may write; pages carry the other letters only if they have any.
BASIC = "".join(map(chr, range(0x20, 0x7F))) + "\u00a0·×½⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻₀₁₂₃₄₅₆₇₈₉₊₋−∂∇√∑∞≈≠≤≥←→…–’“”Σᵀ⊗⊙"


def text_width(text: str, size: float, italic: bool = False) -> float:
    """Return how far one line of text reaches at this font size, in the unit of the size.

    A character that the font lacks is taken to be as wide as the font is high: most are narrower, none much wider.
    """
    advances = _advances("italic" if italic else "regular")
    return sum(advances.get(character, 1000) for character in text) * size / 1000


def covers(text: str) -> bool:
    """Whether the font has every character of the text."""
    return all(character in _advances("regular") for character in text)


def substitute(text: str) -> str:
    """Return the text with a box for every character that the font lacks; white space stays.

    >>> substitute("漢 = 1")
    '□ = 1'
    """
    known = _advances("regular")
    return "".join(c if c in known or c.isspace() else MISSING for c in text)


def ascent(size: float) -> float:
    """Return how far tall letters reach above the baseline; the line below adds up with it to the font size."""
    return float(_measures()["regular"]["ascent"]) * size / 1000


def descent(size: float) -> float:
    """Return how far letters reach below the baseline."""
    return float(_measures()["regular"]["descent"]) * size / 1000


def path(style: Style = "regular") -> Path:
    """Return the TrueType file, for programs that draw."""
    return Path(__file__).with_name(f"{style}.ttf")


def faces(text: str) -> str:
    """Return the style rules by which a page carries its font: as much of it as the text needs (17 to 45 kB)."""
    rules = []
    ranges = ",".join(f"U+{ord(c):X}" for c in BASIC if ord(c) > 0x7E)
    further = set(text) - set(BASIC)
    for style in ("regular", "italic"):
        parts = {f"{style}-more": "", style: f";unicode-range:U+20-7E,{ranges}"}
        slanted = [c for c in further if c.isalpha() and c < "\u0530"] if style == "italic" else further
        if not any(c in _advances("regular") for c in slanted):
            parts = {style: ""}
        for name, only in parts.items():
            data = base64.b64encode(Path(__file__).with_name(f"{name}.woff2").read_bytes()).decode("ascii")
            rules.append(
                f"@font-face{{font-family:'{FAMILY}';font-style:{'italic' if style == 'italic' else 'normal'};"
                f"src:url(data:font/woff2;base64,{data}){only}}}"
            )
    return "".join(rules)


@functools.cache
def _measures() -> dict[str, Any]:
    measures: dict[str, Any] = json.loads(Path(__file__).with_name("widths.json").read_text(encoding="utf-8"))
    return measures


@functools.cache
def _advances(style: Style) -> dict[str, int]:
    rows = _measures()[style]["advances"].items()
    return {character: int(width) for width, characters in rows for character in characters}

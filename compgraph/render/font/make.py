"""Make the fonts and the table of widths in this folder from STIX Two Math.

A development tool, run by hand as ``python -m compgraph.render.font.make``.  It needs fonttools and brotli, and
ziamath 0.13 for the source.  The same source gives the same bytes.

Two styles are cut from the one upright mathematical font: *regular* is its own alphabet; *italic* has the mathematical
italics (𝑥 of U+1D465) at the places of plain letters, and other letters slanted.  Both have index and exponent letters
(uᵢ, xᵏ), which the source lacks, made from their own letters.  Kerning, ligatures and hints are left out: everywhere
the width of a text is the sum of its advances.
"""

from __future__ import annotations

import hashlib
import json
import sys
import unicodedata
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from typing import Any

from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.pens.transformPen import TransformPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

from compgraph.render.font import BASIC

HERE = Path(__file__).parent
FAMILY = "Compgraph Math"
SOURCE = "8f42cb183a85043a4dc3f8e41ac3821eb27bf178d68ace929ba439523622323c"  # SHA-256 of version 2.11 b159

SLANT = 0.25  # of letters that have no italics of their own: tan 14°
SMALL, DROP, RISE = 0.74, -229, 252  # size and baselines of the source's own index and exponent digits

EXPONENTS = dict(zip("ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᵀ", "abcdefghijklmnoprstuvwxyzT", strict=True))
INDICES = dict(zip("ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ", "aehijklmnoprstuvxβγρφχ", strict=True))

CORE = (  # what a page carries upright
    "".join(map(chr, (*range(0x20, 0x7F), *range(0xA0, 0xAD), *range(0xAE, 0x100))))  # not the soft hyphen
    + "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩαβγδεζηθικλμνξοπρςστυφχψω"
    + "ϑϕϖϰϱϵıȷ"
    + "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎"
    + "".join((*EXPONENTS, *INDICES))
    + "\u0302\u0303\u0304\u0305\u0307\u0308\u20d7ẋẏċėġżāēīōūŷ"
    + "−∗∘√∛∂∇∑∏∫∞∝∈∉∅ℝℓ≈≠≡≤≥∼¬∧∨⊤⊥⊕⊗⊙‖⟨⟩′″‴½⅓⅔¼¾"
    + "←→↑↓↔↦⇒⇐⇔…⋯‐‑–—‘’“”•□▢■●○◦▶◀▲▼✓"
)
LETTERS = (  # what a page carries in italics, where pictures set variables of one letter
    " ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz∂ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩαβγδεζηθικλμνξοπρςστυφχψωϑϕϖϰϱϵıȷ"
)
MORE = "".join(  # what only the raster fonts carry: more Latin, Greek with accents, Cyrillic
    map(chr, (*range(0x100, 0x180), *range(0x386, 0x391), *range(0x3AA, 0x3B1), *range(0x3CA, 0x3CF)))
) + "".join(map(chr, range(0x400, 0x460)))


def main() -> None:
    """Write regular and italic as .ttf (all letters) and .woff2 (what pages use), and widths.json."""
    from ziamath import fonts

    source = Path(fonts.__file__).parent / "STIXTwoMath-Regular.ttf"
    if hashlib.sha256(source.read_bytes()).hexdigest() != SOURCE:
        sys.exit(f"{source} is another edition than the one expected: look at the result, then change SOURCE.")
    widths = {}
    for style in ("regular", "italic"):
        font = TTFont(source, recalcTimestamp=False)
        if style == "italic":
            slant(font)
        add_small_letters(font)
        widths[style] = finish(font, style, CORE + MORE, HERE / f"{style}.ttf")
        pages = CORE if style == "regular" else LETTERS
        finish(font, style, [c for c in pages if c in BASIC], HERE / f"{style}.woff2")
        finish(font, style, [c for c in pages if c not in BASIC], HERE / f"{style}-more.woff2")
    text = json.dumps(widths, ensure_ascii=False, indent=1)
    (HERE / "widths.json").write_text(text + "\n", encoding="utf-8", newline="\n")


def slant(font: TTFont) -> None:
    """Put italics where the upright letters were."""
    alphabets = {"A": 0x1D434, "a": 0x1D44E, "Α": 0x1D6E2, "α": 0x1D6FC}
    lengths = {"A": 26, "a": 26, "Α": 25, "α": 25}
    italics = {ord(first) + k: alphabets[first] + k for first in alphabets for k in range(lengths[first])}
    italics |= {ord("h"): 0x210E, ord("∂"): 0x1D715, ord("ı"): 0x1D6A4, ord("ȷ"): 0x1D6A5}
    italics |= dict(zip(map(ord, "ϵϑϰϕϱϖ"), range(0x1D716, 0x1D71C), strict=True))
    names = font.getBestCmap()
    shapes = {code: names[italic] for code, italic in italics.items() if code in names}
    for code in map(ord, CORE + MORE):
        if code not in shapes and code < 0x530 and unicodedata.category(chr(code)).startswith("L"):
            shapes[code] = add_glyph(font, f"slanted{code:04X}", names[code], (1, 0, SLANT, 1, 0, 0))
    remap(font, shapes)


def add_small_letters(font: TTFont) -> None:
    """Make the letters that serve as index or exponent out of the letters of the font."""
    names = font.getBestCmap()
    shapes = {}
    for letters, height in ((EXPONENTS, RISE), (INDICES, DROP)):
        for small, letter in letters.items():
            matrix = (SMALL, 0, 0, SMALL, 0, height)
            shapes[ord(small)] = add_glyph(font, f"small{ord(small):04X}", names[ord(letter)], matrix)
    remap(font, shapes)


def add_glyph(font: TTFont, name: str, base: str, matrix: tuple[float, ...]) -> str:
    """Add a transformed copy of a glyph and return its name."""
    glyphs = font.getGlyphSet()
    outline = DecomposingRecordingPen(glyphs)
    glyphs[base].draw(outline)
    pen = TTGlyphPen(None)
    outline.replay(TransformPen(pen, matrix))
    font.setGlyphOrder([*font.getGlyphOrder(), name])
    font["glyf"][name] = pen.glyph()
    font["glyf"][name].recalcBounds(font["glyf"])
    font["hmtx"][name] = (round(font["hmtx"][base][0] * matrix[0]), font["glyf"][name].xMin)
    return name


def remap(font: TTFont, shapes: dict[int, str]) -> None:
    """Show the given glyphs for the given characters."""
    for table in font["cmap"].tables:
        if table.isUnicode():
            table.cmap.update({code: name for code, name in shapes.items() if table.format == 12 or code < 0x10000})


def finish(font: TTFont, style: str, characters: Iterable[str], path: Path) -> dict[str, Any]:
    """Write the subset with these characters and return its measures in thousandths of the font size."""
    copy = BytesIO()
    font.save(copy)
    copy.seek(0)
    small = TTFont(copy, recalcTimestamp=False)
    options = Options(hinting=False, glyph_names=False, layout_features=[], notdef_outline=True, name_IDs=[0, 13, 14])
    options.drop_tables += ["GSUB", "GPOS", "GDEF", "MATH", "DSIG", "gasp"]
    subsetter = Subsetter(options)
    subsetter.populate(text="".join(characters))
    subsetter.subset(small)
    rename(small, style)
    small.flavor = "woff2" if path.suffix == ".woff2" else None
    small.save(path)

    names, advances = small.getBestCmap(), small["hmtx"]
    by_width: dict[int, str] = {}
    for code in sorted(names):
        by_width[advances[names[code]][0]] = by_width.get(advances[names[code]][0], "") + chr(code)
    measures = small["OS/2"]
    return {
        "ascent": measures.sTypoAscender,
        "descent": -measures.sTypoDescender,
        "capital": measures.sCapHeight,
        "advances": {str(width): by_width[width] for width in sorted(by_width)},
    }


def rename(font: TTFont, style: str) -> None:
    """Give the modified font a name of its own, and one set of vertical measures for every system."""
    italic = style == "italic"
    title, postscript = style.capitalize(), FAMILY.replace(" ", "") + "-" + style.capitalize()
    version = "Version 1.0; from STIX Two Math 2.11 b159"
    entries = (FAMILY, title, f"1.0;{postscript}", f"{FAMILY} {title}", version, postscript)
    for key, text in enumerate(entries, start=1):
        font["name"].setName(text, key, 3, 1, 0x409)
    measures, line, head = font["OS/2"], font["hhea"], font["head"]
    line.ascent, line.descent, line.lineGap = measures.sTypoAscender, measures.sTypoDescender, 200
    measures.sTypoLineGap = 200
    measures.usWinAscent, measures.usWinDescent = max(head.yMax, 0), max(-head.yMin, 0)
    measures.fsSelection = 1 << 7 | (1 if italic else 1 << 6)  # measures as stated; italic or regular
    head.macStyle = 2 if italic else 0
    head.created = head.modified
    font["post"].italicAngle = -14 if italic else 0


if __name__ == "__main__":
    main()

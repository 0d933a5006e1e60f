"""Fonts and rasters: what is measured is what is drawn, and nothing vanishes."""

from __future__ import annotations

import doctest
import struct
import zlib
from html import escape

import numpy as np
import pytest
from numpy.typing import NDArray

from compgraph.render import font
from compgraph.render.raster import png

ALL = "".join(font._advances("regular"))
DRAWN = "".join(c for c in ALL if not c.isspace())
STYLES: tuple[font.Style, ...] = ("regular", "italic")


def pixels(data: bytes) -> NDArray[np.uint8]:
    """The RGBA pixels of a PNG of 8 bits a channel, decoded by the book (RFC 2083)."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    chunks, position = [], 8
    while position < len(data):
        (length,) = struct.unpack_from(">I", data, position)
        chunks.append((data[position + 4 : position + 8], data[position + 8 : position + 8 + length]))
        position += 12 + length
    width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", chunks[0][1])
    assert (depth, colour, interlaced) == (8, 6, 0)
    rows = np.frombuffer(zlib.decompress(b"".join(body for kind, body in chunks if kind == b"IDAT")), np.uint8)
    rows = rows.reshape(height, 1 + 4 * width)
    result = np.zeros((height + 1, width + 1, 4), np.uint8)  # one empty row above and one empty pixel to the left
    for y in range(height):
        line = rows[y, 1:].reshape(width, 4)
        above, here = result[y], result[y + 1]
        match rows[y, 0]:
            case 0:
                here[1:] = line
            case 1:
                here[1:] = np.cumsum(line, axis=0, dtype=np.uint8)
            case 2:
                here[1:] = line + above[1:]
            case kind:
                for x in range(1, width + 1):
                    for k in range(4):
                        a, b, c = int(here[x - 1, k]), int(above[x, k]), int(above[x - 1, k])
                        p = a + b - c
                        guess = (a + b) // 2 if kind == 3 else min((a, b, c), key=lambda q: abs(p - q))
                        here[x, k] = (int(line[x - 1, k]) + guess) & 255
    return result[1:, 1:]


def drawing(content: str, width: float = 100, height: float = 40) -> str:
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">{content}</svg>'


def text(characters: str, style: str = "normal", size: float = 20) -> str:
    return f'<text x="10" y="30" font-size="{size}" font-style="{style}" xml:space="preserve">{characters}</text>'


def advance(characters: str, style: str) -> float:
    """How far a text set at 100 units reaches, measured on the picture: where the red block right after it begins.

    A strip a third of an em above the baseline is enough.  Edges are drawn to a quarter of a pixel.
    """

    def edge(characters: str) -> float:
        run = f'{escape(characters)}<tspan fill="#f00">■</tspan>'
        line = f'<text x="50" y="40" font-size="100" font-style="{style}" xml:space="preserve">{run}</text>'
        strip = pixels(png(drawing(line, font.text_width(characters, 130) + 300, 8), scale=1)).astype(int)
        red = np.where((strip[..., 0] > 0) & (strip[..., 1] == 0), strip[..., 3], 0).max(axis=0)
        first = int(np.argmax(red > 0))
        return float(first + 1 - red[first] / 255)

    return edge(characters) - edge("")


# -- widths ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("start", range(0, len(DRAWN), 24))
def test_every_width_is_the_width_that_is_drawn(style: font.Style, start: int) -> None:
    characters = "x" + DRAWN[start : start + 24]  # marks need a letter to stand on
    drawn = advance(characters, "italic" if style == "italic" else "normal")
    assert drawn == pytest.approx(font.text_width(characters, 100, style == "italic"), abs=0.3)


@pytest.mark.parametrize("characters", ["AVAVAVAV", "To WA Ty", "fi ffl ffi", "11 74", "x̄ẋx̂", "  a  b  "])
def test_no_kerning_no_ligatures_and_every_space(characters: str) -> None:
    assert advance(characters, "normal") == pytest.approx(font.text_width(characters, 100), abs=0.3)


def test_widths_add_up_and_scale() -> None:
    assert font.text_width("", 14) == 0
    assert font.text_width("∂J/∂u₁", 14) == pytest.approx(sum(font.text_width(c, 14) for c in "∂J/∂u₁"))
    assert font.text_width("cos(t)", 28) == pytest.approx(2 * font.text_width("cos(t)", 14))
    assert font.text_width("x̄", 14) == font.text_width("x", 14)  # a mark takes no room
    assert font.text_width("漢", 14) == 14
    assert font.ascent(10) + font.descent(10) == pytest.approx(10)


def test_figures_stand_in_columns() -> None:
    for style in (False, True):
        assert len({font.text_width(digit, 10, style) for digit in "0123456789"}) == 1


# -- what there is ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wanted",
    [
        "".join(map(chr, range(0x20, 0x7F))),
        "ÀÉÎõüçñßøåæ¿¡«»°±²³µ·×÷½¼¾",
        "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩαβγδεζηθικλμνξοπρστυφχψω ϵϑϕϖϱϰ",
        "₀₁₂₃₄₅₆₇₈₉₊₋₍₎ ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ ⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿᵀ",
        "− · × ÷ √ ∛ ∂ ∇ ∑ ∏ ∞ ≈ ≠ ≤ ≥ ± → ← ↦ … ′ ″ ⟨ ⟩ ∈ ℝ □ ▢ ✓ • ½ ⅓ ¼ ∧ ∨ ¬",
        "ẋ x̄ x̂ θ̇",
        "Привет, Žluťoučký kůň",
    ],
)
def test_the_letters_of_a_picture_are_there(wanted: str) -> None:
    assert font.covers(wanted)


def test_both_styles_have_the_same_letters() -> None:
    assert font._advances("regular").keys() == font._advances("italic").keys()


@pytest.mark.parametrize("absent", ["漢", "\n", "\t", "\x00", "\u00ad", "\ufffe", "\U0001f600"])
def test_what_is_not_there_is_not_claimed(absent: str) -> None:
    assert not font.covers("x" + absent)


@pytest.mark.parametrize("style", STYLES)
def test_every_letter_leaves_ink(style: font.Style) -> None:
    """A glyph that is empty would vanish as an absent one does."""
    slant = "italic" if style == "italic" else "normal"
    for character in DRAWN:
        if font.text_width(character, 1):
            image = pixels(png(drawing(text(escape(character), slant), 60), scale=1))
            assert image[..., 3].any(), f"U+{ord(character):04X}"


@pytest.mark.parametrize("style", STYLES)
def test_the_files_carry_name_and_licence(style: font.Style) -> None:
    data = font.path(style).read_bytes()
    for entry in ("Compgraph Math", "SIL Open Font License", "The STIX Fonts Project Authors"):
        assert entry.encode("utf-16-be") in data
    assert "STIX Two Math\0".encode("utf-16-be") not in data  # a modified font has a name of its own
    assert "SIL OPEN FONT LICENSE" in font.path(style).with_name("LICENSE.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("style", STYLES)
def test_the_page_fonts_are_small(style: font.Style) -> None:
    for name, most in ((style, 9_000), (f"{style}-more", 18_000)):
        data = font.path(style).with_name(f"{name}.woff2").read_bytes()
        assert data[:4] == b"wOF2" and int.from_bytes(data[8:12], "big") == len(data) < most


def test_a_page_carries_the_letters_that_it_needs() -> None:
    plain, greek, script = font.faces("∂J/∂u₁ = −0.65"), font.faces("∂J/∂σ₁ = uᵢ"), font.faces("x ∈ ℝ")
    assert [rules.count("@font-face") for rules in (plain, greek, script)] == [2, 4, 3]
    assert len(plain) < 20_000 < len(script) < len(greek) < 52_000
    assert "unicode-range" not in plain and greek.count("unicode-range:U+20-7E,") == 2
    assert set(font.BASIC) - set(font._advances("regular")) == set()


# -- rasters ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("missing", ["漢", "&#28450;", "&#x6F22;", "\U0001f600"])
def test_a_missing_letter_becomes_a_box(missing: str) -> None:
    assert png(drawing(text(missing))) == png(drawing(text("□"))) != png(drawing(text("")))


@pytest.mark.parametrize("reference", ["&#955;", "&#x3bb;", "&#x3BB;"])
def test_references_are_letters(reference: str) -> None:
    assert png(drawing(text(reference))) == png(drawing(text("λ")))


def test_references_to_markup_stay_references() -> None:
    assert png(drawing(text("&#60;&#x26;&#34;"))) == png(drawing(text("&lt;&amp;&quot;")))


def test_any_family_asked_for_is_this_one() -> None:
    asked = [
        png(drawing(f'<g font-family="{name}">{text("u₁ = 4")}</g>')) for name in (font.FAMILY, "Nowhere", "serif")
    ]
    assert asked[0] == asked[1] == asked[2] == png(drawing(text("u₁ = 4")))


def test_the_scale_is_in_pixels() -> None:
    for scale in (1, 1.5, 2, 3):
        assert pixels(png(drawing(""), scale=scale)).shape == (40 * scale, 100 * scale, 4)


def test_the_same_picture_every_time() -> None:
    assert len({png(drawing(text("∂J/∂u₁ = −0.65 · cos(t)"), 400)) for _ in range(3)}) == 1


@pytest.mark.parametrize("bad", ["", "<svg", "<svg xmlns='http://www.w3.org/2000/svg' width='0' height='0'/>"])
def test_what_is_no_picture_is_refused(bad: str) -> None:
    with pytest.raises(ValueError):
        png(bad)


@pytest.mark.parametrize("scale", [0, -1, float("nan"), float("inf"), 1e6])
def test_an_impossible_scale_is_refused(scale: float) -> None:
    with pytest.raises(ValueError, match="expected a number above 0"):
        png(drawing(""), scale=scale)


def test_the_examples_of_the_docstring() -> None:
    """The folder is left out of pytest's own search, for the sake of the program that makes the fonts."""
    assert doctest.testmod(font).failed == 0

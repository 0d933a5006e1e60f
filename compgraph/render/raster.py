"""SVG → PNG, by resvg, with the bundled font and no other: the same picture on every machine."""

from __future__ import annotations

import html
import re

from compgraph.render import font

__all__ = ["png"]


def png(svg: str, *, scale: float = 2.0) -> bytes:
    """Return the picture as a PNG, `scale` pixels to the unit.

    Parameters
    ----------
    svg
        One SVG document.  Characters that the font lacks, which resvg would leave out without a word, become boxes.
    scale
        Pixels per user unit: 2 is sharp on most screens and in print at half the size.

    Raises
    ------
    ValueError
        If the SVG cannot be read, or has no size.
    ImportError
        If there is no resvg, as in a browser.
    """
    try:
        from resvg_py import svg_to_bytes
    except ImportError:
        raise ImportError("no bitmap without resvg: run 'pip install resvg_py', or save as .svg or .html.") from None

    if not 0 < scale <= 100:
        raise ValueError(f"cannot draw at this scale: expected a number above 0 and at most 100, got {scale}.")
    return bytes(
        svg_to_bytes(
            svg_string=font.substitute(_REFERENCE.sub(_plain, svg)),
            zoom=scale,
            dpi=96,
            skip_system_fonts=True,
            font_files=[str(font.path("regular")), str(font.path("italic"))],
            # Whatever family the document asks for, there is only this one.
            font_family=font.FAMILY,
            serif_family=font.FAMILY,
            sans_serif_family=font.FAMILY,
            monospace_family=font.FAMILY,
        )
    )


_REFERENCE = re.compile(r"&#(?:[0-9]{1,7}|x[0-9A-Fa-f]{1,6});")  # é as &#233;


def _plain(reference: re.Match[str]) -> str:
    character = html.unescape(reference[0])
    return character if character.isprintable() and ord(character) > 127 else reference[0]

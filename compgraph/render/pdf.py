"""Pictures → PDF: a page for each, drawn with lines and letters, so that text can be searched, selected and copied.

The bundled font is embedded, as far as it is used. There are no dates and no random identifiers in the file: the same
pictures give the same bytes.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any

from compgraph.render import font
from compgraph.render.shapes import Box, Look, Outline, Shape, Sheet, Words, read

__all__ = ["pdf"]


def pdf(pictures: Iterable[str | Sheet], *, title: str = "", scale: float = 1.0) -> bytes:
    """Write pictures as the pages of a document, each as large as it is.

    Parameters
    ----------
    pictures : iterable of str or Sheet
        SVG of ours, or what was read from it. The titles of the pictures are the table of contents that a viewer shows
        at the side.
    title : str
        What the window of a viewer says; the title of the first picture, if left out.
    scale : float
        Points of the printer to a unit of the picture: 1, or 0.75 for what is measured in pixels of 1/96 inch.

    Raises
    ------
    ImportError
        reportlab is not there: ``pip install compgraph[paper]``.
    """
    try:
        from reportlab.pdfbase import pdfmetrics, ttfonts
        from reportlab.pdfgen.canvas import Canvas
    except ImportError:
        raise ImportError("PDF needs reportlab. Install it: pip install compgraph[paper]", name="reportlab") from None
    pdfmetrics.registerFont(ttfonts.TTFont(_FONTS[0], str(font.path("regular"))))
    pdfmetrics.registerFont(ttfonts.TTFont(_FONTS[1], str(font.path("italic"))))
    file = io.BytesIO()
    # a first font of our own, else the file asks for Helvetica, which is not embedded
    canvas = Canvas(file, invariant=1, pageCompression=1, initialFontName=_FONTS[0], lang="en")
    for number, picture in enumerate(pictures):
        sheet = picture if isinstance(picture, Sheet) else read(picture)
        title = title or sheet.title
        canvas.setPageSize((sheet.width * scale, sheet.height * scale))
        # our pictures are measured from the top
        canvas.transform(scale, 0, 0, -scale, 0, sheet.height * scale)
        canvas.bookmarkPage(str(number))
        canvas.addOutlineEntry(sheet.title or f"Page {number + 1}", str(number))
        for part in sheet.parts:
            for shape in part.shapes:
                _draw(canvas, shape)
        canvas.showPage()
    canvas.setTitle(title)
    for tell in (canvas.setAuthor, canvas.setSubject, canvas.setKeywords):
        tell("")
    canvas.setCreator("compgraph")
    canvas.save()
    return file.getvalue()


_FONTS = ("Compgraph-Regular", "Compgraph-Italic")


def _draw(canvas: Any, shape: Shape) -> None:
    look = shape.look
    canvas.saveState()
    if look.opacity < 1:
        canvas.setFillAlpha(look.opacity)
        canvas.setStrokeAlpha(look.opacity)
    if isinstance(shape, Words):
        _write(canvas, shape)
    else:
        path = canvas.beginPath()
        if isinstance(shape, Box):
            path.roundRect(shape.x, shape.y, shape.width, shape.height, shape.radius)
        else:
            _trace(path, shape)
        _dress(canvas, look)
        canvas.drawPath(path, stroke=bool(look.stroke), fill=bool(look.fill))
    canvas.restoreState()


def _trace(path: Any, outline: Outline) -> None:
    draw = {"M": path.moveTo, "L": path.lineTo, "C": path.curveTo, "Z": path.close}
    for kind, points in outline.curves:
        draw[kind](*(number for point in points for number in point))


def _dress(canvas: Any, look: Look) -> None:
    if look.fill:
        canvas.setFillColorRGB(*_rgb(look.fill))
    if look.stroke:
        canvas.setStrokeColorRGB(*_rgb(look.stroke))
        canvas.setLineWidth(look.width)
        if look.dash:
            canvas.setDash(list(look.dash))


def _write(canvas: Any, words: Words) -> None:
    look, size = words.look, words.size
    if look.stroke:  # a halo of letters drawn twice would be read twice
        canvas.setFillColorRGB(*_rgb(look.stroke))
        canvas.roundRect(words.x - 1, words.y - 0.74 * size, words.width + 2, 0.82 * size, 3, stroke=0, fill=1)
    canvas.setFillColorRGB(*_rgb(look.fill))
    text = canvas.beginText()
    text.setTextTransform(1, 0, 0, -1, words.x, words.y)
    for i, run in enumerate(words.runs):
        if run:
            text.setFont(_FONTS[i % 2], size)
            text.textOut(font.substitute(run))
    canvas.drawText(text)


def _rgb(colour: str) -> list[float]:
    return [part / 255 for part in bytes.fromhex(colour[1:])]

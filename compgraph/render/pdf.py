"""Pictures → PDF: a page for each, drawn with lines and letters, so that text can be searched, selected and copied.

The bundled font is embedded, as far as it is used. There are no dates and no random identifiers in the file: the same
pictures give the same bytes.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from compgraph.render import font
from compgraph.render.shapes import Look, Outline, Shape, Sheet, Words, read

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
    sheets = [picture if isinstance(picture, Sheet) else read(picture) for picture in pictures]
    forms = _forms(canvas, sheets)
    for number, sheet in enumerate(sheets):
        title = title or sheet.title
        canvas.setPageSize((sheet.width * scale, sheet.height * scale))
        # our pictures are measured from the top
        canvas.transform(scale, 0, 0, -scale, 0, sheet.height * scale)
        canvas.bookmarkPage(str(number))
        canvas.addOutlineEntry(sheet.title or f"Page {number + 1}", str(number))
        for part in sheet.parts:
            if part.shapes in forms:
                canvas.doForm(forms[part.shapes])
            else:
                _draw(canvas, part.shapes)
        canvas.showPage()
    canvas.setTitle(title)
    for tell in (canvas.setAuthor, canvas.setSubject, canvas.setKeywords):
        tell("")
    canvas.setCreator("compgraph")
    canvas.save()
    return file.getvalue()


_FONTS = ("Compgraph-Regular", "Compgraph-Italic")


def _forms(canvas: Any, sheets: Sequence[Sheet]) -> dict[tuple[Shape, ...], str]:
    """What stands on many pages, written once, under the name by which pages ask for it."""
    uses = Counter(part.shapes for sheet in sheets for part in sheet.parts)
    forms: dict[tuple[Shape, ...], str] = {}
    for shapes, count in uses.items():
        # a form knows no transparency here, and takes some room of its own
        if (count - 1) * len(shapes) >= _SHARED and all(shape.look.opacity == 1 for shape in shapes):
            forms[shapes] = f"part{len(forms)}"
            canvas.beginForm(
                forms[shapes], 0, 0, max(sheet.width for sheet in sheets), max(sheet.height for sheet in sheets)
            )
            _draw(canvas, shapes)
            canvas.endForm()
    return forms


#: Shapes that are not written again, for which a form is worth its room.
_SHARED = 16


def _draw(canvas: Any, shapes: Iterable[Shape]) -> None:
    for shape in shapes:
        look = shape.look
        canvas.saveState()
        if look.opacity < 1:
            canvas.setFillAlpha(look.opacity)
            canvas.setStrokeAlpha(look.opacity)
        if isinstance(shape, Words):
            _write(canvas, shape)
        else:
            path = canvas.beginPath()
            if isinstance(shape, Outline):
                _trace(path, shape)
            elif shape.radius:
                path.roundRect(shape.x, shape.y, shape.width, shape.height, shape.radius)
            else:
                path.rect(shape.x, shape.y, shape.width, shape.height)
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

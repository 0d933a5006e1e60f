"""Several frames on a page: a contact sheet of all of them, and handouts with room for notes.

A frame is the same drawing as everywhere, made smaller as a whole; what it says stands beneath in letters of one size.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from compgraph.render import svg
from compgraph.render.cells import runs_width, wrap
from compgraph.render.runs import Runs
from compgraph.render.style import sheet, theme_named

__all__ = ["Cell", "contact_sheet", "handout"]

#: A4 in points, what stays free around it, and between frames.
SHORT, LONG, MARGIN, GAP = 595.0, 842.0, 34.0, 16.0

#: Sizes of text: the heading, what is beneath a frame, the smallest that anybody reads.
HEADING, TEXT, LEADING = 15.0, 8.5, 1.3

#: Between lines to write on.
RULED = 21.0


class Cell(NamedTuple):
    """A frame: its number, its picture without a caption, the sentence and the reason of its step, and its result."""

    number: int
    picture: str
    said: tuple[Runs, ...]
    short: Runs


class _Fit(NamedTuple):
    """Frames in so many columns on a page: how wide they are, and how much is said of them."""

    width: float
    columns: int
    page: tuple[float, float]
    told: str


#: How good a page is where this is said of its frames, beside being large.
_WORTH = {"all": 1.0, "short": 0.8, "": 0.55}


def contact_sheet(cells: Sequence[Cell], *, title: str, theme: str) -> str:
    """All frames on one page, upright or turned, in as many columns as make them largest, as SVG.

    Of many frames only what results is said, and of very many nothing.

    Parameters
    ----------
    cells : sequence of Cell
        All of one size.
    title, theme : str
    """
    size = _size(cells[0].picture)
    fits = (
        _Fit(_widest(cells, size, columns, page, told), columns, page, told)
        for page in ((LONG, SHORT), (SHORT, LONG))
        for columns in range(1, len(cells) + 1)
        if _column(page, columns) >= 24
        for told in _WORTH
    )
    best = max(fits, key=lambda fit: fit.width * _WORTH[fit.told])
    page, column = _Page(*best.page, title, theme), _column(best.page, best.columns)
    step = best.width * size[1] / size[0] + _said_height(cells, column, best.told) + GAP
    for i, cell in enumerate(cells):
        x, y = MARGIN + i % best.columns * (column + GAP), page.top + i // best.columns * step
        page.caption(cell, x, page.frame(cell, x, y, best.width), column, best.told)
    return page.svg()


def _column(page: tuple[float, float], columns: int) -> float:
    return (page[0] - 2 * MARGIN - (columns - 1) * GAP) / columns


def _widest(
    cells: Sequence[Cell], size: tuple[float, float], columns: int, page: tuple[float, float], told: str
) -> float:
    """The width of a frame, so that all of them fit; none where what is said does not."""
    column, rows = _column(page, columns), -(-len(cells) // columns)
    if told == "all" and column < _SENTENCE:
        return 0.0
    room = (page[1] - 2 * MARGIN - _HEAD - (rows - 1) * GAP) / rows - _said_height(cells, column, told)
    return max(0.0, min(column, room * size[0] / size[1], size[0]))


def _said_height(cells: Sequence[Cell], width: float, told: str) -> float:
    return max(len(_lines(cell, width, told)) for cell in cells) * TEXT * LEADING + 4


def _lines(cell: Cell, width: float, told: str) -> list[tuple[Runs, str]]:
    """What is said of a frame in lines, each with its class; one at least, for the number."""
    runs = [(cell.said[0], "cg-said"), *((one, "cg-said cg-soft") for one in cell.said[1:])]
    if told != "all":
        runs = [(cell.short if told else ("",), "cg-said")]
    most = 4 if told == "all" else 2
    return [(line, name) for one, name in runs for line in wrap(one, TEXT, width - _NUMBER, most)]


#: The narrowest column for a sentence, and room for the number of a frame before it.
_SENTENCE, _NUMBER = 180.0, 16.0


def handout(cells: Sequence[Cell], count: int, *, title: str, theme: str = "print") -> Iterator[str]:
    """Pages of so many frames each, with lines for notes, as SVG.

    Parameters
    ----------
    cells : sequence of Cell
        All of one size.
    count : int
        Frames to a page, from 1 to 12.
    title, theme : str

    Raises
    ------
    ValueError
        No such number of frames.
    """
    if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= 12:
        raise ValueError(f"frames to a page: expected a whole number from 1 to 12, got {count!r:.40}.")
    wide, high = _size(cells[0].picture)
    # a column, or two where there are many; notes below a frame that is wide, or beside it
    columns = 1 if count <= 4 or wide > 2.2 * high else 2
    rows = -(-count // columns)
    pages = -(-len(cells) // count)
    across, down = (SHORT - 2 * MARGIN - (columns - 1) * GAP) / columns, (LONG - 2 * MARGIN - _HEAD) / rows
    beside = across * _BESIDE
    for told in _WORTH:  # less is said where it would take the room of the frames
        fits = (
            min(across, (down - GAP - _said_height(cells, across, told) - 2 * RULED) * wide / high, wide),
            min(beside, (down - GAP - _said_height(cells, beside, told)) * wide / high, wide),
        )
        if max(fits) >= 0.3 * min(across, wide):
            break
    width, is_below = max(*fits, 1.0), fits[0] >= fits[1]  # the lines below a frame, or beside it
    for number in range(pages):
        page = _Page(SHORT, LONG, title, theme, f"{number + 1} / {pages}")
        for i, cell in enumerate(cells[number * count : (number + 1) * count]):
            row, column = divmod(i, columns)
            x, y = MARGIN + column * (across + GAP), page.top + row * down
            end = page.caption(cell, x, page.frame(cell, x, y, width), across if is_below else beside, told)
            if is_below:
                page.ruled(x, end, across, y + down - GAP)
            else:
                page.ruled(x + beside + GAP, y, across - beside - GAP, y + down - GAP)
        yield page.svg()


#: The part of a row that a frame takes where lines stand beside it.
_BESIDE = 0.62

#: Room for the heading.
_HEAD = HEADING * 1.9


class _Page:
    """A page that is drawn on."""

    def __init__(self, width: float, height: float, title: str, theme: str, corner: str = "") -> None:
        self.width, self.height, self.title, self.theme = width, height, title, theme
        self.top = MARGIN + _HEAD
        self.parts = [self._text(line, MARGIN, MARGIN + HEADING, "cg-heading", HEADING)
                      for line in wrap((title,), HEADING, width - 2 * MARGIN - 60, 1)]  # fmt: skip
        if corner:
            left = width - MARGIN - runs_width((corner,), TEXT)
            self.parts.append(self._text((corner,), left, MARGIN + HEADING, "cg-said cg-soft", TEXT))

    def frame(self, cell: Cell, x: float, y: float, width: float) -> float:
        """Draw a picture so wide; return where it ends."""
        wide, high = _size(cell.picture)
        scale = width / wide
        inside = _INSIDE.sub("", cell.picture[cell.picture.index("</style>") + 8 : cell.picture.rindex("</svg>")])
        self.parts.append(f'<g transform="translate({x:.2f} {y:.2f}) scale({scale:.5f})">{inside}</g>')
        return y + high * scale

    def caption(self, cell: Cell, x: float, y: float, width: float, told: str) -> float:
        """What is said of a frame, below it and after its number; return where that ends."""
        for i, (line, name) in enumerate(_lines(cell, width, told)):
            y += TEXT * LEADING
            if not i:
                self.parts.append(self._text((str(cell.number),), x, y, "cg-said cg-soft", TEXT))
            self.parts.append(self._text(line, x + _NUMBER, y, name, TEXT))
        return y

    def ruled(self, x: float, y: float, width: float, end: float) -> None:
        """Lines to write on."""
        while (y := y + RULED) <= end:
            self.parts.append(f'<path class="cg-rule" d="M{x:.1f} {y:.1f}L{x + width:.1f} {y:.1f}"/>')

    def _text(self, runs: Runs, x: float, y: float, name: str, size: float) -> str:
        return svg.text(runs, x, y, size, fixed=True, name=name)

    def svg(self) -> str:
        colour = theme_named(self.theme)
        name, title = f"cg-{self.theme}", svg.safe(self.title)
        rules = (
            f".cg-heading{{font-size:{HEADING:g}px}}", f".cg-said{{font-size:{TEXT:g}px}}",
            f".cg-rule{{fill:none;stroke:{colour.rule};stroke-width:.6}}",
        )  # fmt: skip
        size = f'width="{self.width:g}" height="{self.height:g}" viewBox="0 0 {self.width:g} {self.height:g}"'
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="{name}" {size} role="img" aria-label="{title}">'
            f"<title>{title}</title><style>{sheet(colour, name)}{''.join(f'.{name} {rule}' for rule in rules)}</style>"
            f'<rect class="cg-paper" width="{self.width:g}" height="{self.height:g}"/>{"".join(self.parts)}</svg>\n'
        )


#: What a picture has once and a page with several of them must not have again.
_INSIDE = re.compile(r' id="[^"]*"|<rect class="cg-paper"[^>]*>')


def _size(picture: str) -> tuple[float, float]:
    found = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', picture)
    assert found is not None
    return float(found[1]), float(found[2])

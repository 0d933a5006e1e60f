"""A sheet as one SVG picture of a page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from compgraph.homework.paper.content import Content, Entry
from compgraph.homework.paper.figure import HIGH, NUMBER, TEXT, Figure
from compgraph.homework.paper.fitting import MARGIN
from compgraph.render import svg
from compgraph.render.cells import runs_width, wrap
from compgraph.render.font import text_width
from compgraph.render.runs import Runs, typeset
from compgraph.render.style import sheet, theme_named

__all__ = ["STYLE", "document", "drawing", "numbers_and_formulas", "picture", "reason"]

_TITLE, _WORDS, _REASON, _SMALL = 24.0, 14.0, 13.0, 11.0

NOTHING: Final[Mapping[int, str]] = MappingProxyType({})

#: The scope of the style sheet, and what it has beside that of every picture.
SCOPE = "cg-sheet"
_RULES = f"""
.cg-text{{font-size:{TEXT:g}px}}
.cg-title{{font-size:{_TITLE:g}px}}
.cg-words{{font-size:{_WORDS:g}px}}
.cg-tiny{{font-size:{_SMALL:g}px}}
.cg-number{{font-size:{NUMBER:g}px}}
.cg-number,.cg-tiny{{fill:#444444}}
.cg-blank{{fill:#ffffff;stroke:#000000;stroke-width:1.1}}
.cg-reason{{font-size:{_REASON:g}px}}
.cg-chosen{{fill:#eeeeee;stroke:#777777;stroke-width:1}}
.cg-rule{{stroke:#777777;stroke-width:1;fill:none}}
"""
STYLE = sheet(theme_named("print"), SCOPE) + "".join(
    f".{SCOPE} {rule.replace(',.', f',.{SCOPE} .')}" for rule in _RULES.strip().splitlines()
)


def drawing(
    figure: Figure, answers: Mapping[int, str], kinds: Mapping[int, str] = NOTHING, *, fixed: bool = True
) -> str:
    """The shapes of a figure, with what stands in its boxes, and a class for boxes of a kind of their own.

    Where letters are not `fixed` to their places, a page without our typeface has no gaps in its formulas.
    """
    parts = []
    for line in figure.lines:
        head = svg.arrow(line.curve.points[-1], line.curve.arrow) if line.has_head else ""
        shape = svg.line(line.curve.points) + head
        parts.append(f'<g class="cg-silent">{shape}</g>' if line.is_silent else f"<g>{shape}</g>")
    for x, y, width, height in figure.cards:
        parts.append(svg.box(x + width / 2, y + height / 2, width, height, 8, "cg-card"))
    for label in figure.labels:
        parts.append(svg.text(label.runs, label.x, label.y, TEXT, fixed=fixed, name="cg-text"))
    for slot in figure.slots:
        across, down = slot.x + slot.width / 2, slot.y + slot.height / 2
        usual = "cg-chosen" if slot.is_chip else "cg-blank"
        parts.append(svg.box(across, down, slot.width, slot.height, 3, kinds.get(slot.number) or usual))
        if slot.is_chip:
            sign = answers.get(slot.number, "")[:1] if slot.number in kinds else ""
            parts.append(_centred(f"{slot.number}{sign}", across, down, 12, "cg-words"))
        else:
            parts += _filled(slot.number, answers.get(slot.number, ""), slot.x, slot.y, slot.width, fixed=fixed)
    return "".join(parts)


def _filled(number: int, answer: str, x: float, y: float, width: float, *, fixed: bool = True) -> list[str]:
    """The number of a box in its corner, and what stands in it."""
    parts = [svg.text((str(number),), x + 4, y + NUMBER, NUMBER, fixed=True, name="cg-number")]
    if answer:
        room = width - 10
        shown = wrap((answer,), TEXT, room, 1)[0]
        left = max(x + (width - runs_width(shown, TEXT)) / 2, x + 6 + text_width(str(number), NUMBER))
        parts.append(svg.text(shown, left, y + HIGH / 2 + 0.33 * TEXT, TEXT, fixed=fixed, name="cg-text"))
    return parts


def _centred(words: str, x: float, y: float, size: float, name: str) -> str:
    return svg.text((words,), x - text_width(words, size) / 2, y + 0.33 * size, size, fixed=True, name=name)


def picture(content: Content) -> str:
    """The figure alone, as a document of its own."""
    figure = content.figure
    if figure is None:
        raise ValueError(f"{content.title}: expected a graph that can be read on a page, got a larger one.")
    width, height = figure.width + 8, figure.height + 8
    answers = {entry.number: entry.answer for entry in content.entries}
    size = f'width="{width:g}" height="{height:g}" viewBox="-4 -4 {width:g} {height:g}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{SCOPE}" {size} role="img" aria-label="The graph">'
        f'<title>The graph</title><style>{STYLE}</style><rect class="cg-paper" x="-4" y="-4" width="{width:g}" '
        f'height="{height:g}"/>{drawing(figure, answers)}</svg>\n'
    )


def document(content: Content) -> str:
    """The whole page."""
    across, down = content.page
    page = _Page(across)
    page.heading(content)
    for line in _statements(content):
        page.words(line, "cg-words", indent=12)
    page.gap(4)
    for task in content.tasks:
        page.words(typeset(task, frozenset()), "cg-words cg-soft")
    page.gap(14)
    answers = {entry.number: entry.answer for entry in content.entries}
    if content.figure is not None:
        page.figure(content.figure, content.scale, answers)
        page.gap(16)
    if content.is_key:
        page.reasons(content)
    else:
        for entries in numbers_and_formulas(content):
            page.table(entries, content.width)
            page.gap(10)
        drawn = [entry for entry in content.entries if entry.number in content.drawn]
        if drawn:
            page.names(drawn)
    for note in content.notes:
        page.gap(4)
        page.words((note,), "cg-words cg-soft")
    height = max(down, page.y + MARGIN)
    page.y = height - MARGIN + 18
    page.line(content.footer, "cg-tiny", _SMALL)
    size = f'width="{across:g}" height="{height:g}" viewBox="0 0 {across:g} {height:g}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{SCOPE}" {size} role="img" '
        f'aria-label="{svg.safe(content.heading)}"><title>{svg.safe(content.heading)}</title>'
        f"<desc>{svg.safe(' '.join(content.tasks))}</desc><style>{STYLE}</style>"
        f'<rect class="cg-paper" width="{across:g}" height="{height:g}"/>{"".join(page.parts)}</svg>\n'
    )


def _statements(content: Content) -> list[Runs]:
    """What is computed from what, where no figure says it."""
    if content.figure is not None:
        return []
    return [typeset(line) for line in (*content.given, *content.statements)]


class _Page:
    """A page that fills from above."""

    def __init__(self, width: float) -> None:
        self.width = width
        self.room = width - 2 * MARGIN
        self.y = MARGIN
        self.parts: list[str] = []

    def gap(self, height: float) -> None:
        self.y += height

    def line(self, words: str, name: str, size: float) -> None:
        self.parts.append(svg.text((words,), MARGIN, self.y, size, fixed=True, name=name))

    def words(self, runs: Runs, name: str, *, indent: float = 0.0) -> None:
        for line in wrap(runs, _WORDS, self.room - indent):
            self.y += _WORDS * 1.4
            self.parts.append(svg.text(line, MARGIN + indent, self.y - 0.3 * _WORDS, _WORDS, fixed=True, name=name))

    def heading(self, content: Content) -> None:
        """The title, and a line to write a name on."""
        right = self.width - MARGIN
        lead = "Name:" if not content.student else f"Name ({content.student}):"
        lead = lead if text_width(lead, _WORDS) < self.room * 0.4 else "Name:"
        start = right - 250 - text_width(lead, _WORDS) - 8
        for runs in wrap((content.heading,), _TITLE, max(start - MARGIN - 24, self.room * 0.3)):
            self.y += _TITLE
            self.parts.append(svg.text(runs, MARGIN, self.y - 2, _TITLE, fixed=True, name="cg-title"))
            self.y += 4
        if not content.is_key:
            self.parts.append(svg.text((lead,), start, self.y - 6, _WORDS, fixed=True, name="cg-words"))
            self._rule(right - 250, right, self.y - 4)
        self.y += 8
        self._rule(MARGIN, right, self.y)
        self.y += 8

    def _rule(self, left: float, right: float, y: float) -> None:
        self.parts.append(f'<path class="cg-rule" d="M{left:.1f} {y:.1f}H{right:.1f}"/>')

    def figure(self, figure: Figure, scale: float, answers: dict[int, str]) -> None:
        left = (self.width - figure.width * scale) / 2
        place = f"translate({left:.1f} {self.y:.1f}) scale({scale:.4g})"
        self.parts.append(f'<g transform="{place}">{drawing(figure, answers)}</g>')
        self.y += figure.height * scale

    def names(self, entries: list[Entry]) -> None:
        """Under which name a number is typed, where it is typed."""
        self.words(("The boxes in an answer file:",), "cg-words cg-soft")
        self._columns(entries, 19.0, lambda e: 34 + text_width(e.cell, _SMALL), self._name)

    def _name(self, entry: Entry, x: float, y: float, width: float) -> None:
        number = str(entry.number)
        left = x + 18 - text_width(number, _SMALL)
        self.parts.append(svg.text((number,), left, y, _SMALL, fixed=True, name="cg-tiny"))
        self.parts.append(svg.text((entry.cell,), x + 24, y, _SMALL, fixed=True, name="cg-tiny"))

    def table(self, entries: list[Entry], width: float) -> None:
        """A box for each; before it stand its symbol and its name in an answer file."""
        wide = 0.6 * self.room if entries[0].is_formula else width

        def put(entry: Entry, x: float, y: float, column: float) -> None:
            runs = typeset(f"{entry.symbol} =")
            end = x + column - wide - 8
            left = end - runs_width(runs, _WORDS)
            self.parts.append(svg.text(runs, left, y - 5, _WORDS, fixed=True, name="cg-words"))
            left = end - text_width(entry.cell, _SMALL)
            self.parts.append(svg.text((entry.cell,), left, y + 8, _SMALL, fixed=True, name="cg-tiny"))
            self.parts.append(svg.box(end + 8 + wide / 2, y - 3, wide, HIGH, 3, "cg-blank"))
            self.parts += _filled(entry.number, entry.answer, end + 8, y - 3 - HIGH / 2, wide)

        def measure(entry: Entry) -> float:
            symbol = runs_width(typeset(f"{entry.symbol} ="), _WORDS)
            return max(symbol, text_width(entry.cell, _SMALL)) + 8 + wide

        self._columns(entries, 39.0, measure, put)

    def _columns(
        self, entries: list[Entry], step: float, measure: Callable[[Entry], float],
        put: Callable[[Entry, float, float, float], None],
    ) -> None:  # fmt: skip
        """Entries in as many columns as fit, downwards."""
        for columns in range(min(len(entries), 8), 0, -1):
            rows = -(-len(entries) // columns)
            parts = [entries[i : i + rows] for i in range(0, len(entries), rows)]
            widths = [max(map(measure, part)) for part in parts]
            left = self.room - sum(widths)
            if left >= 12 * (len(parts) - 1):
                break
        gap = min(left / max(len(parts) - 1, 1), 60.0)
        x = MARGIN
        for part, width in zip(parts, widths, strict=True):
            for row, entry in enumerate(part, 1):
                put(entry, x, self.y + row * step - 0.3 * step, width)
            x += width + gap
        self.y += rows * step

    def reasons(self, content: Content) -> None:
        """A key's own table: every box with its number and where that comes from."""
        said = [(entry.number, reason(entry)) for entry in content.entries]
        one, two = (
            [
                (str(number) if not i else "", line)
                for number, words in said
                for i, line in enumerate(wrap((words,), _REASON, self.room / columns - 36))
            ]
            for columns in (1, 2)
        )
        # where few lines have to be broken for it
        columns, lines = (2, two) if len(two) < 1.5 * len(one) else (1, one)
        rows = -(-len(lines) // columns)
        while rows < len(lines) and not lines[rows][0]:  # what is broken stays in its column
            rows += 1
        for i, (number, line) in enumerate(lines):
            column, row = divmod(i, rows)
            x, y = MARGIN + column * self.room / columns, self.y + (row + 1) * _REASON * 1.45
            left = x + 22 - text_width(number, _SMALL)
            self.parts.append(svg.text((number,), left, y, _SMALL, fixed=True, name="cg-tiny"))
            self.parts.append(svg.text(line, x + 30, y, _REASON, fixed=True, name="cg-reason"))
        self.y += rows * _REASON * 1.45 + 6


def numbers_and_formulas(content: Content) -> list[list[Entry]]:
    """The boxes of the tables: one of numbers and one of formulas, as far as there are some."""
    tables = ([entry for entry in content.tabled if entry.is_formula is formula] for formula in (False, True))
    return [table for table in tables if table]


def reason(entry: Entry) -> str:
    """Where a number in a key comes from, in one line."""
    return f"{entry.cell} = {entry.because}{entry.answer}"

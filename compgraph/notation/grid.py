"""Rows of cells as text, HTML and LaTeX: the form that tables and ledgers share."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from html import escape
from typing import NamedTuple

from compgraph.notation.names import plain_latex

__all__ = ["Cells", "Section", "grid_html", "grid_latex", "grid_text"]

Cells = tuple[str, ...]


class Section(NamedTuple):
    """Groups of rows, and lines of words below them; the first cell of a group belongs to all of its rows."""

    groups: Sequence[Sequence[Cells]]
    words: Sequence[str] = ()


def grid_text(head: Cells | None, sections: Sequence[Section]) -> str:
    """Columns side by side; where there is a head, a line below it and between sections.

    Examples
    --------
    >>> print(grid_text(("x", "f"), [Section([[("1", "10")], [("2", "20"), ("", "25")]], ["and so on"])]))
    x   f
    ──────
    1   10
    2   20
        25
    and so on
    """
    rows = [*([head] if head else []), *(cells for section in sections for group in section.groups for cells in group)]
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    lines = [_aligned(head, widths)] if head else []
    for section in sections:
        if head:
            lines.append("─" * (sum(widths) + _GAP * (len(widths) - 1)))
        lines += [_aligned(cells, widths) for group in section.groups for cells in group]
        lines += section.words
    return "\n".join(lines)


_GAP = 3


def _aligned(cells: Cells, widths: Sequence[int]) -> str:
    padded = [cell + " " * (width - _width(cell)) for cell, width in zip(cells, widths, strict=True)]
    return (" " * _GAP).join(padded).rstrip()


def _width(written: str) -> int:
    """Columns that a text takes in a terminal: none for a combining character, two for a wide one."""
    if written.isascii():
        return len(written)
    return sum(
        0 if unicodedata.category(c) in ("Mn", "Me", "Cf") else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in written
    )


def grid_latex(head: Cells, sections: Sequence[Section]) -> str:
    """Cells, which are LaTeX for math mode, as an ``array``; below it the words, which are plain text."""
    lines = [rf"\begin{{array}}{{{'l' * len(head)}}}", " & ".join(map(plain_latex, head)) + r" \\"]
    for section in sections:
        lines.append(r"\hline")
        lines += [" & ".join(cells) + r" \\[4pt]" for group in section.groups for cells in group]
    lines.append(r"\end{array}")
    words = [plain_latex(line, 200) for section in sections for line in section.words]
    if words:  # not in a cell, whose column would become as wide
        lines = [r"\begin{array}{l}", *lines, r"\\", " \\\\\n".join(words), r"\end{array}"]
    return "\n".join(lines)


def grid_html(caption: str, head: Cells, sections: Sequence[Section]) -> str:
    """Cells, which are plain text, as a table that a screen reader can walk."""
    lines = [
        '<table style="border-collapse:collapse">',
        f"<caption>{escape(caption)}</caption>",
        "<thead><tr>" + "".join(f'<th scope="col"{_STYLE}>{escape(title)}</th>' for title in head) + "</tr></thead>",
    ]
    for section in sections:
        lines.append('<tbody style="border-top:1px solid">')
        for group in section.groups:
            spans = f' rowspan="{len(group)}"' if len(group) > 1 else ""
            for i, (first, *others) in enumerate(group):
                header = "" if i else f'<th scope="row"{spans}{_STYLE}>{escape(first)}</th>'
                lines.append("<tr>" + header + "".join(f"<td{_STYLE}>{escape(cell)}</td>" for cell in others) + "</tr>")
        lines += [f'<tr><td colspan="{len(head)}"{_STYLE}>{escape(words)}</td></tr>' for words in section.words]
        lines.append("</tbody>")
    return "\n".join([*lines, "</table>"])


_STYLE = ' style="text-align:left;vertical-align:top;padding:.15em .7em"'

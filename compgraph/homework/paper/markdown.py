"""A sheet in Markdown: a table to fill in, for notebooks, wikis and those who print nothing."""

from __future__ import annotations

import re

from compgraph.homework.paper.content import Content
from compgraph.render.runs import clean

__all__ = ["document"]


def document(content: Content, picture: str = "") -> str:
    """The whole sheet; `picture` is the address of a picture of it, if there is one."""
    lines = [f"# {escaped(content.heading)}", ""]
    if not content.is_key:
        student = f" ({escaped(content.student)})" if content.student else ""
        lines += [f"Name{student}: {_LINE}", ""]
    lines += [f"- {escaped(task)}" for task in content.tasks] + [""] * bool(content.tasks)
    if picture:
        lines += [f"![The graph]({_address(picture)})", ""]
    lines += ["Given: " + ", ".join(map(escaped, content.given)), ""]
    lines += [f"- {escaped(line)}" for line in content.statements] + [""]
    if content.is_key:
        lines += ["| | quantity | cell | answer | because |", "| --: | :-- | :-- | :-- | :-- |"]
    else:
        lines += ["| | quantity | cell | answer |", "| --: | :-- | :-- | :-- |"]
    for entry in content.entries:
        row = [str(entry.number), escaped(entry.symbol), escaped(entry.cell)]
        row += [escaped(entry.answer), escaped(entry.because.rstrip(" =≈"))] if content.is_key else [_LINE]
        lines.append(f"| {' | '.join(row)} |")
    lines += ["", *[line for note in content.notes for line in (escaped(note), "")]]
    return "\n".join([*lines, escaped(content.footer), ""])


#: A line to write on: underscores would begin emphasis.
_LINE = r"\_" * 20

_SPECIAL = re.compile(
    r"""
    [\\`*_\[\]<|~$&@]            # means something anywhere
    | (?<!\S)\#                  # a heading, or the end of one
    | ^\s*[-+=>]                 # a list, a line below a heading, a quotation
    | ^\s*\d{1,9}[.)](?!\S)      # a numbered list
    | (?<=[a-z]):(?=//) | (?<=www)\.  # an address
    """,
    re.VERBOSE,
)


def escaped(words: str) -> str:
    r"""Text that means nothing to Markdown, on one line.

    Examples
    --------
    >>> print(escaped("a|b <b> x_1 #2, part:x>m#1"), escaped("1. - http://x"), escaped("0.5"))
    a\|b \<b> x\_1 \#2, part:x>m#1 1\. - http\://x 0.5
    """
    return _SPECIAL.sub(lambda found: found[0][:-1] + "\\" + found[0][-1], clean(words))


def _address(picture: str) -> str:
    """An address between angle brackets, in which nothing can end it."""
    return "<" + re.sub(r"[<>\s\\]", "%20", clean(picture)) + ">"

"""Lines of emitted Python, with the comments and the empty lines of the source in their places."""

from __future__ import annotations

import ast
from typing import NamedTuple

from compgraph.transform.source import Source

__all__ = ["Layout"]

_INDENT = "    "


class _Original(NamedTuple):
    """A function within the function as it was written, kept if it is called by its name."""

    name: str
    text: str
    level: int


class Layout:
    """What has been written so far, and how far the source has been read.

    Attributes
    ----------
    level : int
        How deep the next line stands.
    line : int
        The last line of the source that has been read.
    """

    def __init__(self, source: Source, level: int = 0) -> None:
        self.source = source
        self.level = level
        self.line = 0
        self._parts: list[str | _Original] = []
        self._said: set[int] = set()  # lines of which the comment is written

    def add(self, text: str, comment: int | None = None) -> None:
        """A line, with the comment of that line of the source at its end."""
        own, said = self.source.comments.get(comment or 0, (True, ""))
        if not own and comment not in self._said:
            self._said.add(comment or 0)
            text = f"{text}  {said}"
        self._parts.append(f"{_INDENT * self.level}{text}")

    def head(self, text: str, first: int, end: int) -> None:
        """The head of a block, which the source has on the lines from `first` to `end`."""
        said = [number for number in range(first, end + 1) if number in self.source.comments]
        self.add(text, said[0] if said else None)
        self.line = end
        self.level += 1
        for number in said[1:]:
            self._comment(number)
        self.level -= 1

    def within(self, node: ast.stmt) -> None:
        """Comments within a statement that is not written as the source has it."""
        for number in range(node.lineno, node.end_lineno or node.lineno):
            self._comment(number)

    def _comment(self, number: int) -> None:
        if number in self.source.comments and number not in self._said:
            self._said.add(number)
            self._parts.append(f"{_INDENT * self.level}{self.source.comments[number][1]}")

    def spelled(self, text: str, node: ast.stmt) -> None:
        """A statement as the source has it, over as many lines."""
        first, *rest = text.split("\n")
        strings = [
            n for n in ast.walk(node) if isinstance(n, (ast.Constant, ast.JoinedStr)) and n.end_lineno != n.lineno
        ]
        shift = len(_INDENT) * self.level - node.col_offset
        if not strings:
            rest = [" " * max(0, len(line) - len(line.lstrip()) + shift) + line.lstrip() for line in rest]
        inner = set(range(node.lineno, node.end_lineno or 0))
        self._said |= inner if rest else set()
        self.add("\n".join([first, *rest]), node.end_lineno)

    def before(self, node: ast.stmt) -> None:
        """What stands between the last statement and this one."""
        for number in range(self.line + 1, node.lineno):
            self._between(number)
        self.line = max(self.line, node.lineno - 1)

    def after(self, node: ast.stmt) -> None:
        """The statement is written; so are comments from within it."""
        for number in range(node.lineno, (node.end_lineno or node.lineno) + 1):
            if number > self.line:
                self._comment(number)
        self.line = max(self.line, node.end_lineno or node.lineno)

    def closing(self, last: ast.stmt) -> None:
        """Comments at the end of a block."""
        number = (last.end_lineno or last.lineno) + 1
        ahead = []
        while number <= len(self.source.lines):
            line = self.source.lines[number - 1]
            own, _ = self.source.comments.get(number, (False, ""))
            if line.strip() and not (own and len(line) - len(line.lstrip()) >= last.col_offset):
                break
            if own:
                ahead = list(range(self.line + 1, number + 1))
            number += 1
        for one in ahead:
            self._between(one)
            self.line = one

    def _between(self, number: int) -> None:
        if self.source.comments.get(number, (False, ""))[0]:
            self._comment(number)
        elif not self.source.lines[number - 1].strip():
            self.empty()

    def empty(self) -> None:
        """An empty line, unless there is one, or a block has just begun."""
        last = self._parts[-1] if self._parts else ""
        if isinstance(last, _Original) or (last and not last.split("  #")[0].endswith(":")):
            self._parts.append("")

    # -- functions within functions

    def original(self, name: str, node: ast.FunctionDef) -> None:
        """A function within this one, as it was written."""
        self._said |= set(range(node.lineno, (node.end_lineno or 0) + 1))
        lines = self.source.lines[node.lineno - 1 : node.end_lineno]
        text = "\n".join(_INDENT * self.level + line[node.col_offset :] if line.strip() else "" for line in lines)
        self._parts.append(_Original(name, text, self.level))

    def extend(self, other: Layout) -> None:
        self._parts += other._parts

    def text(self) -> str:
        """All of it; functions within that nothing calls any more are left out."""
        kept: set[str] = set()
        while True:
            lines = [p if isinstance(p, str) else p.text for p in self._parts if isinstance(p, str) or p.name in kept]
            text = "\n".join(lines) + "\n"
            read = {n.id for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Name)}
            if not (asked := {p.name for p in self._parts if isinstance(p, _Original)} & read - kept):
                return text
            kept |= asked

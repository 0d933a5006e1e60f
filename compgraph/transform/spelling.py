"""Expressions as the source spells them, with the names that parts of them were given, and what functions share."""

from __future__ import annotations

import ast
import functools
from typing import Any

from compgraph.listing.forms import Level, Piece
from compgraph.transform.activity import Routines
from compgraph.transform.routines import Routine
from compgraph.transform.writing import Names, Writer

__all__ = ["ZEROS_LIKE", "Shared", "Spelling"]

ZEROS_LIKE = '''\
def {0}(value):
    """The tangent of what does not move: zeros in the shape of the value."""
    if isinstance(value, dict):
        return {{key: {0}(entry) for key, entry in value.items()}}
    if isinstance(value, (list, tuple)):
        return type(value)([{0}(entry) for entry in value])
    return 0.0 * value if hasattr(value, "shape") else 0.0
'''

_LEVELS: dict[type[ast.AST], Level] = {
    ast.Add: Level.SUM, ast.Sub: Level.SUM, ast.Mult: Level.PRODUCT, ast.Div: Level.PRODUCT, ast.Mod: Level.PRODUCT,
    ast.FloorDiv: Level.PRODUCT, ast.MatMult: Level.PRODUCT, ast.Pow: Level.POWER, ast.USub: Level.SIGN,
    ast.UAdd: Level.SIGN, ast.Not: Level.NOT, ast.And: Level.AND, ast.Or: Level.OR,
}  # fmt: skip


class Shared:
    """What all functions of one transformation have in common: names, and what has to be defined beside them."""

    def __init__(self, routines: Routines, names: Names, writer: Writer) -> None:
        self.routines = routines
        self.names = names
        self.writer = writer
        self._tangents: dict[str, str] = {}
        self._derived: dict[Routine, str] = {}
        self.asked: list[Routine] = []  # whose derivatives are called, in order
        self.zeros_like: str | None = None

    def tangent(self, name: str) -> str:
        """The name of a tangent: dx of x, whichever function it is in."""
        if name not in self._tangents:
            self._tangents[name] = self.names.fresh(f"d{name}", f"d_{name}")
        return self._tangents[name]

    def derived(self, routine: Routine) -> str:
        """The name of the function with derivatives, which is then asked for."""
        if routine not in self._derived:
            self._derived[routine] = self.names.fresh(f"{routine.name}_jvp")
            self.asked.append(routine)
        return self._derived[routine]

    @functools.cached_property
    def result(self) -> str:
        """The name of what a function returns where that has none."""
        return self.names.fresh("result")

    def zeros(self, value: str) -> str:
        """A call that makes zeros in the shape of a value."""
        if self.zeros_like is None:
            self.zeros_like = self.names.fresh("zeros_like")
        return f"{self.zeros_like}({value})"


class Spelling:
    """Writes the values of the expressions of one function.

    Attributes
    ----------
    replaced : dict
        Parts of expressions that have a name by now → the name, and that of the tangent, if any.
    """

    def __init__(self, routine: Routine, shared: Shared) -> None:
        self.routine = routine
        self.shared = shared
        self.writer = shared.writer
        self.replaced: dict[ast.AST, tuple[str, Piece | None]] = {}

    # -- values

    def value(self, node: Any) -> str:
        """A node as it is spelled in the source, in one line, with the names that parts of it were given."""
        text = self.spelled(node)
        if "\n" not in text and "#" not in text:
            return text
        return ast.unparse(ast.parse(f"({text}\n)", mode="eval"))

    def spelled(self, node: Any) -> str:
        source = self.routine.source
        start, end = source.span(node)
        parts = []
        place = start
        for first, last, name in self._replacements(node):
            parts += [source.text[place:first], name]
            place = last
        return "".join([*parts, source.text[place:end]])

    def _replacements(self, node: Any) -> list[tuple[int, int, str]]:
        """What is replaced within a node, from left to right, the outermost of nested parts only."""
        if not self.replaced:
            return []
        found = []
        stack: list[ast.AST] = [node]
        while stack:
            part = stack.pop()
            if part in self.replaced:
                first, last = self._without_brackets(*self.routine.source.span(part))
                name = self.replaced[part][0]
                # the brackets around the only argument of a call belong to the generator
                found.append((first, last, f"({name})" if isinstance(part, ast.GeneratorExp) else name))
            else:
                stack += ast.iter_child_nodes(part)
        return sorted(found)

    def _without_brackets(self, first: int, last: int) -> tuple[int, int]:
        """A span and the brackets around it, which a name does not need, unless they are those of a call."""
        text = self.routine.source.text
        while text[first - 1 : first] == "(" and text[last : last + 1] == ")":
            before = text[: first - 1].rstrip()[-1:]
            if before.isalnum() or before in "_)]":
                break
            first, last = first - 1, last + 1
        return first, last

    def piece(self, node: ast.expr) -> Piece:
        """The value of a node, and how tightly it binds."""
        text = self.value(node)
        if node in self.replaced:
            return Piece(text)
        if isinstance(node, (ast.BinOp, ast.UnaryOp, ast.BoolOp)):
            return Piece(text, _LEVELS.get(type(node.op), Level.COMPARISON))
        if isinstance(node, ast.Compare):
            return Piece(text, Level.COMPARISON)
        if isinstance(node, ast.IfExp):
            return Piece(text, Level.CHOICE)
        if isinstance(node, ast.Tuple) and not _is_bracketed(text):
            return Piece(f"({text})")
        return Piece(text)

    # -- activity

    def active(self, node: ast.expr) -> bool:
        if node in self.replaced:
            return self.replaced[node][1] is not None
        return self.shared.routines.active(self.routine, node)

    def called(self, node: ast.Call) -> Any:
        return self.shared.routines.callee(self.routine, node)

    def moves(self, node: ast.AST) -> bool:
        """Whether a node is a call of a function that has to be called with tangents."""
        if not isinstance(node, ast.Call) or node in self.replaced:
            return False
        called = self.called(node)
        if not isinstance(called, Routine):
            return False
        if called.changes:
            return True
        return called.returns and (called.parent is not None or any(map(self.active, self._arguments(node))))

    def _arguments(self, node: ast.Call) -> list[ast.expr]:
        return [*node.args, *(keyword.value for keyword in node.keywords)]

    def refused(self, what: str, node: Any) -> Exception:
        return self.routine.source.refused(what, node)


def _is_bracketed(tuple_text: str) -> bool:
    call: Any = ast.parse(f"f({tuple_text})", mode="eval").body
    return len(call.args) == 1 and isinstance(call.args[0], ast.Tuple)

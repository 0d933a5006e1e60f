"""Python source as text and tree together: where things stand, which comments there are, and what a name stands for.

Names are looked up without running anything: in text by reading its imports and definitions, for a function at hand in
its own globals.
"""

from __future__ import annotations

import ast
import builtins
import functools
import importlib
import inspect
import io
import math
import textwrap
import tokenize
from collections.abc import Callable, Iterable, Mapping
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any, NamedTuple

import numpy as np

from compgraph.errors import ParseError
from compgraph.expression import Primitive

__all__ = ["OPAQUE", "Binding", "Definition", "Scope", "Source", "definition_of"]

#: The libraries whose functions have derivatives here.
LIBRARIES = ("math", "numpy", "compgraph")


class _Opaque:
    """What a name stands for where nothing is known of it but that it is there."""


OPAQUE = _Opaque()


class Source:
    """A text, its tree, and where the nodes of the tree stand in the text."""

    def __init__(self, text: str, line: int = 1) -> None:
        self.text = text = text.replace("\r\n", "\n")
        self.first = line
        try:
            self.tree = ast.parse(text)
        except SyntaxError as error:
            place = self._offset((error.lineno or 1), (error.offset or 1) - 1, characters=True)
            raise ParseError(
                f"line {(error.lineno or 1) + line - 1}: {error.msg}. Correct the source.", place, text
            ) from None
        except RecursionError:
            raise ParseError("the source is nested too deeply. Split its expressions into statements.") from None
        self.comments: dict[int, tuple[bool, str]] = {}  # line → whether it has the line to itself, text
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT:
                self.comments[token.start[0]] = (not token.line[: token.start[1]].strip(), token.string)

    @functools.cached_property
    def lines(self) -> list[str]:
        return self.text.split("\n")

    @functools.cached_property
    def _starts(self) -> list[int]:
        starts = [0]
        for line in self.lines:
            starts.append(starts[-1] + len(line) + 1)
        return starts

    def _offset(self, line: int, column: int, *, characters: bool = False) -> int:
        """The index into the text; the tree counts columns in bytes."""
        text = self.lines[min(line, len(self.lines)) - 1]
        within = column if characters or text.isascii() else len(text.encode()[:column].decode())
        return self._starts[min(line, len(self.lines)) - 1] + within

    def span(self, node: Any) -> tuple[int, int]:
        """Where a node begins and ends in the text."""
        return self._offset(node.lineno, node.col_offset), self._offset(node.end_lineno, node.end_col_offset)

    def refused(self, what: str, node: Any) -> ParseError:
        """The error that names what cannot be transformed, and its line."""
        return ParseError(
            f"line {node.lineno + self.first - 1}: {what}", self._offset(node.lineno, node.col_offset), self.text
        )


class Binding(NamedTuple):
    """What a global name stands for, and the line that makes it so, for the head of what is emitted."""

    thing: Any
    heading: str = ""
    needs: tuple[str, ...] = ()  # further names that the heading reads


class Scope:
    """Global names, looked up one by one, so that only what is used has to be understood."""

    def __init__(self, find: Callable[[str], Binding | str | None]) -> None:
        self._find = find

    def lookup(self, name: str) -> Binding | str | None:
        """A binding, the reason why it is refused, or None."""
        found = self._find(name)
        if found is None and hasattr(builtins, name):
            return Binding(getattr(builtins, name))
        return found


class Definition(NamedTuple):
    """A function to be transformed: its place in a source, and the global names around it."""

    source: Source
    node: ast.FunctionDef
    scope: Scope


def definition_of(function: Callable[..., Any] | str, name: str | None = None) -> Definition:
    """The definition of a function at hand, or in a text: the one of that name, the last one if no name is given."""
    if isinstance(function, str):
        source = Source(textwrap.dedent(function))
        defined = [node for node in source.tree.body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
        found = [node for node in defined if name in (None, node.name)]
        if not found:
            among = ", ".join(node.name for node in defined)
            raise ParseError(
                f"no function {name} in the source: expected {among or 'def f(x): …'}. Name one that is there."
                if name
                else "no function in the source: expected def f(x): … Put the statements into a function."
            )
        return _checked(Definition(source, found[-1], _text_scope(source)))  # type: ignore[arg-type] # checked there
    return _live(function)


def _checked(definition: Definition) -> Definition:
    source, node, _ = definition
    if isinstance(node, ast.AsyncFunctionDef):
        raise source.refused(f"{node.name} is asynchronous. Only plain functions can be transformed.", node)
    for decorator in node.decorator_list:
        raise source.refused(f"{node.name} is decorated. Transform the function without its decorator.", decorator)
    return definition


def _live(function: Callable[..., Any]) -> Definition:
    plain = inspect.unwrap(function)
    plain = getattr(plain, "__func__", plain)
    called = getattr(function, "__name__", repr(function))
    if not isinstance(plain, FunctionType):
        raise TypeError(f"expected a Python function or its source, got {type(function).__name__} {called:.60}.")
    if plain.__name__ == "<lambda>":
        raise ParseError("a lambda cannot be transformed: expected a function made by def. Write def f(x): return …")
    try:
        lines, first = inspect.getsourcelines(plain)
    except (OSError, TypeError):
        raise ValueError(
            f"the source of {called} cannot be found: expected a function from a file or a notebook cell. "
            "Give the source itself as text."
        ) from None
    source = Source(textwrap.dedent("".join(lines)).rstrip() + "\n", max(first, 1))
    node = source.tree.body[0]
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        raise ParseError(f"the source of {called} is no definition: expected def {called}(…): … Give it as text.")
    if plain is not function:  # its decorators are unwrapped already
        node.decorator_list = []
    cells: dict[str, Any] = {}
    for free, cell in zip(plain.__code__.co_freevars, plain.__closure__ or (), strict=True):
        try:
            cells[free] = cell.cell_contents
        except ValueError:  # not bound yet
            continue
    return _checked(Definition(source, node, _live_scope({**plain.__globals__, **cells})))  # type: ignore[arg-type]


# -- names of a function at hand


def _live_scope(names: Mapping[str, Any]) -> Scope:
    def find(name: str) -> Binding | str | None:
        if name not in names:
            return None
        value = names[name]
        if isinstance(value, ModuleType):
            return Binding(value if value.__name__ in LIBRARIES else OPAQUE, _import(value.__name__, name))
        home = next((library for library in map(_library, LIBRARIES) if _is_in(value, library)), None)
        if home is not None:
            return Binding(
                value,
                _import_from(home.__name__, value.__name__ if not isinstance(value, Primitive) else value.name, name),
            )
        if isinstance(value, FunctionType):
            return Binding(value)
        if isinstance(value, type) or (isinstance(value, BuiltinFunctionType) and value.__module__):
            return Binding(OPAQUE, _import_from(str(value.__module__), value.__name__, name))
        written = _written(value)
        if written is None:
            return f"{name} is a {type(value).__name__} outside the function. Hand it over as an argument."
        return Binding(OPAQUE, f"{name} = {written}")

    return Scope(find)


def _is_in(value: Any, library: ModuleType) -> bool:
    """Whether a function is one of the library's."""
    if isinstance(value, (FunctionType, BuiltinFunctionType, np.ufunc, Primitive)) or callable(value):
        own = value.name if isinstance(value, Primitive) else getattr(value, "__name__", None)
        return isinstance(own, str) and getattr(library, own, None) is value
    return False


def _written(value: Any) -> str | None:
    """A constant as Python; None for what is none."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return f'float("{value}")'
    if value is None or isinstance(value, (bool, int, float, str)):
        return repr(value)
    if isinstance(value, tuple):
        parts = [_written(part) for part in value]  # a tuple within a tuple is written by its own call
        return None if None in parts else f"({', '.join(map(str, parts))}{',' * (len(parts) == 1)})"
    return None


@functools.cache
def _library(name: str) -> ModuleType:
    return importlib.import_module(name)


def _import(module: str, name: str) -> str:
    return f"import {module}" if module == name else f"import {module} as {name}"


def _import_from(module: str, own: str, name: str) -> str:
    return f"from {module} import {own}" if own == name else f"from {module} import {own} as {name}"


# -- names of a text


def _text_scope(source: Source) -> Scope:
    scope: Scope

    def find(name: str) -> Binding | str | None:
        found = made.get(name)
        if isinstance(found, ast.FunctionDef):
            return Binding(Definition(source, found, scope))
        if isinstance(found, ast.Assign):
            if name in twice or not is_constant(found.value):
                return f"{name} is changed or made outside the function. Hand it over as an argument."
            start, end = source.span(found)
            needs = tuple(node.id for node in ast.walk(found.value) if isinstance(node, ast.Name))
            return Binding(OPAQUE, source.text[start:end], needs)
        if isinstance(found, ast.stmt) and not hasattr(found, "name"):
            return f"{name} is changed or made outside the function. Hand it over as an argument."
        if isinstance(found, ast.stmt):
            return f"{name} is a {type(found).__name__.removesuffix('Def').lower()}. Only functions can be called."
        if found is not None:
            return found
        for library in stars:
            if hasattr(_library(library), name) and not name.startswith("_"):
                return Binding(getattr(_library(library), name), _import_from(library, name, name))
        return None

    made, twice, stars = bound_at_top(source.tree.body)
    scope = Scope(find)
    return scope


def bound_at_top(statements: Iterable[ast.stmt]) -> tuple[dict[str, ast.stmt | Binding], set[str], list[str]]:
    """What statements bind: name → definition or import; the names bound twice; the libraries imported by *."""
    made: dict[str, ast.stmt | Binding] = {}
    twice: set[str] = set()
    stars: list[str] = []
    for statement in statements:
        if isinstance(statement, (ast.Import, ast.ImportFrom)):
            for alias in statement.names:
                module = getattr(statement, "module", None) or ""
                if alias.name == "*":
                    stars += [module] if module in LIBRARIES else []
                    continue
                name = alias.asname or alias.name.split(".")[0]
                if isinstance(statement, ast.Import):
                    known = alias.name in LIBRARIES
                    made[name] = Binding(
                        _library(alias.name) if known else OPAQUE,
                        f"import {alias.name}" + (f" as {alias.asname}" if alias.asname else ""),
                    )
                else:
                    thing = getattr(_library(module), alias.name, OPAQUE) if module in LIBRARIES else OPAQUE
                    made[name] = Binding(thing, _import_from(module, alias.name, name))
        elif isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            made[statement.name] = statement
        else:
            for node in ast.walk(statement):
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                    twice |= {node.id} & made.keys()
                    made[node.id] = statement
    return made, twice, stars


_CONSTANT = (
    ast.Constant, ast.BinOp, ast.UnaryOp, ast.operator, ast.unaryop, ast.Name, ast.expr_context, ast.Attribute,
    ast.Tuple,
)  # fmt: skip


def is_constant(value: ast.expr) -> bool:
    """Whether an expression is made of literals, constants and arithmetic alone."""
    return all(isinstance(node, _CONSTANT) for node in ast.walk(value))

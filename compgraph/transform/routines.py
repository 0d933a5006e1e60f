"""A function as it takes part in a transformation: its names, what it may not contain, and what is known of it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from compgraph.transform.source import Binding, Definition, bound_at_top

__all__ = ["DISPLAYS", "Routine", "names_in", "own_nodes", "root"]

_REFUSED = {
    ast.Try: "try", ast.TryStar: "try", ast.With: "with", ast.AsyncWith: "with", ast.AsyncFor: "async for",
    ast.ClassDef: "a class", ast.AsyncFunctionDef: "an asynchronous function", ast.Global: "global",
    ast.Nonlocal: "nonlocal", ast.Match: "match", ast.Lambda: "a lambda", ast.Yield: "a generator",
    ast.YieldFrom: "a generator", ast.Await: "await", ast.NamedExpr: "an assignment within an expression",
}  # fmt: skip

_INSTEAD = {
    ast.Lambda: "Write def.", ast.Match: "Write if and elif.", ast.Yield: "Build a list and return it.",
    ast.YieldFrom: "Build a list and return it.", ast.NamedExpr: "Give it a statement of its own.",
    ast.Global: "Hand the value over as an argument and return it.",
    ast.Nonlocal: "Hand the value over as an argument and return it.",
    ast.ClassDef: "Write functions of numbers and lists.",
}  # fmt: skip


#: What makes a list, a tuple or a dict.
DISPLAYS = (ast.List, ast.Tuple, ast.Dict, ast.ListComp, ast.DictComp)


class Routine:
    """A function on its way through the transformation.

    Attributes
    ----------
    inputs : set of str
        Parameters that are handed a tangent.
    active : set of str
        Local names that have one.
    returns : bool
        Whether what it returns moves.
    changed : set of str
        Names of lists that are changed in place.
    still : set
        Places where a name does not move although it does elsewhere.
    outward : bool
        Whether it changes a list that moves and is not its own.
    containers, dicts : set of str
        Names that are used as a list, a tuple or a dict; those that can only be a dict.
    """

    def __init__(self, definition: Definition, parent: Routine | None = None) -> None:
        self.source, self.node, self.scope = definition
        self.parent = parent
        self.name = self.node.name
        arguments = self.node.args
        for wrong in (arguments.vararg, arguments.kwarg):
            if wrong is not None:
                raise self.source.refused(
                    f"{self.name} takes *{wrong.arg}: expected named parameters. Hand over a list instead.", wrong
                )
        self.parameters = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        self.inputs: set[str] = set()
        self.active: set[str] = set()
        self.changed: set[str] = set()
        self.returns = False
        self.outward = False
        self.still: set[ast.AST] = set()
        self.nested: dict[str, Routine] = {}
        for node in own_nodes(self.node):
            kind = type(node)
            if kind in _REFUSED:
                raise self.source.refused(
                    f"{_REFUSED[kind]} cannot be transformed. {_INSTEAD.get(kind, 'Leave it to the caller.')}", node
                )
            if isinstance(node, ast.FunctionDef):
                if node.decorator_list:
                    raise self.source.refused(
                        f"{node.name} is decorated. Leave the decorator out.", node.decorator_list[0]
                    )
                self.nested[node.name] = Routine(Definition(self.source, node, self.scope), self)
        self.imported = bound_at_top(n for n in own_nodes(self.node) if isinstance(n, (ast.Import, ast.ImportFrom)))[0]
        self.locals = {p.arg for p in self.parameters} | set(_bound(self.node))
        self.containers = _containers(self.node)
        self.dicts = _dicts(self.node)

    def check_names(self) -> None:
        """Refuse global names that stand for nothing, or for what may change."""
        annotations = [n.annotation for n in own_nodes(self.node) if isinstance(n, ast.AnnAssign)]
        passed_over = {part for annotation in annotations for part in ast.walk(annotation)}
        for node in own_nodes(self.node):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node not in passed_over:
                self.binding(node)

    def holds_several(self, value: ast.expr | None) -> bool:
        """Whether an expression is seen to be a list, a tuple or a dict."""
        return isinstance(value, DISPLAYS) or (isinstance(value, ast.Name) and self.is_container(value.id))

    @property
    def changes(self) -> bool:
        """Whether a call of it changes a list that moves."""
        return self.outward or bool(self.changed & self.inputs)

    @property
    def results(self) -> list[ast.Return]:
        """The return statements that return something."""
        return [n for n in own_nodes(self.node) if isinstance(n, ast.Return) and n.value is not None]

    def owner(self, name: str) -> Routine | None:
        """The routine, this one or one around it, of which the name is local."""
        routine: Routine | None = self
        while routine is not None and name not in routine.locals:
            routine = routine.parent
        return routine

    def is_active(self, name: str) -> bool:
        owner = self.owner(name)
        return owner is not None and name in owner.active

    def is_container(self, name: str) -> bool:
        owner = self.owner(name)
        return owner is not None and name in owner.containers

    def binding(self, name: ast.Name) -> Binding | Routine | None:
        """What a name stands for that is no variable; None for a variable."""
        owner = self.owner(name.id)
        if owner is not None:
            if name.id in owner.nested:
                return owner.nested[name.id]
            found = owner.imported.get(name.id)
            return found if isinstance(found, Binding) else None
        found_outside = self.scope.lookup(name.id)
        if isinstance(found_outside, str):
            raise self.source.refused(found_outside, name)
        if found_outside is None:
            raise self.source.refused(f"{name.id} is not defined. Define it, or import it.", name)
        return found_outside


def own_nodes(function: ast.AST) -> Iterator[Any]:
    """The nodes of a function without those inside the functions within it."""
    stack: list[ast.AST] = [*reversed(getattr(function, "body", []))]
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            stack += reversed(list(ast.iter_child_nodes(node)))


def _bound(function: ast.FunctionDef) -> Iterator[str]:
    for node in own_nodes(function):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.FunctionDef):
            yield node.name
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from (alias.asname or alias.name.split(".")[0] for alias in node.names)


def root(node: ast.expr) -> str | None:
    """The name that an expression such as ``grid[i][j]`` begins with."""
    while isinstance(node, (ast.Subscript, ast.Attribute, ast.Starred)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def names_in(node: ast.AST) -> set[str]:
    """Every name that stands in it."""
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}


_TAKING_LISTS = {"len", "sum", "zip", "enumerate", "reversed", "list", "tuple", "sorted", "fsum"}


def _containers(function: ast.FunctionDef) -> set[str]:
    found: set[str | None] = set()
    for node in own_nodes(function):
        if isinstance(node, ast.Subscript):
            found.add(root(node.value))
        elif isinstance(node, ast.Call):
            if isinstance(node.func, ast.Attribute):
                found.add(root(node.func.value))
            if getattr(node.func, "attr", getattr(node.func, "id", "")) in _TAKING_LISTS:
                found |= {root(a) for a in node.args}
        elif isinstance(node, (ast.For, ast.comprehension)):
            found.add(root(node.iter))
        elif isinstance(node, (ast.Assign, ast.AugAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if isinstance(node.value, DISPLAYS):
                found |= {t.id for t in targets if isinstance(t, ast.Name)}
            elif any(isinstance(t, (ast.Tuple, ast.List)) for t in targets):
                found.add(root(node.value))
    return {name for name in found if name is not None}


def _dicts(function: ast.FunctionDef) -> set[str]:
    found: set[str | None] = set()
    for node in own_nodes(function):
        if isinstance(node, ast.Assign) and isinstance(node.value, (ast.Dict, ast.DictComp)):
            found |= {t.id for t in node.targets if isinstance(t, ast.Name)}
        elif (isinstance(node, ast.Attribute) and node.attr in ("items", "keys", "values")) or (
            isinstance(node, ast.Subscript) and isinstance(getattr(node.slice, "value", None), str)
        ):
            found.add(getattr(node.value, "id", None))
    return {name for name in found if name is not None}

"""Which names move with the inputs: found in all functions at once, without regard to the order of statements.

A name is *active* if a value that depends on an input is bound to it anywhere in its function; it has a tangent then,
which is 0 where the value does not depend on one. What is done to a list is done to every name that may stand for it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import Any

from compgraph.errors import ParseError
from compgraph.transform.routines import Routine, names_in, own_nodes, root
from compgraph.transform.rules import CHANGING, Kind, rule_of
from compgraph.transform.source import OPAQUE, Binding, Definition, definition_of

__all__ = ["Called", "Routines"]

Called = Any  # a Routine, a Primitive, a Kind, or OPAQUE


class Routines:
    """All functions that take part, the first of which is the one asked for.

    Attributes
    ----------
    all : list of Routine
        In order of discovery.
    """

    def __init__(self, first: Definition, wrt: Iterable[str] | None) -> None:
        self._by_node: dict[Any, Routine] = {}
        self.all: list[Routine] = []
        self.main = self._joined(Routine(first), (first.source.text, first.node.lineno, first.node.name))
        self.main.inputs |= set(_inputs(self.main, wrt))
        self.main.returns = True  # a derivative, be it 0
        self._settle()

    def _joined(self, routine: Routine, key: Any) -> Routine:
        self._by_node[key] = routine
        stack = [routine]
        while stack:
            one = stack.pop()
            one.check_names()
            self.all.append(one)
            stack += one.nested.values()
        return routine

    # -- what is called

    def callee(self, routine: Routine, call: ast.Call) -> Called:
        """The routine, row or kind that is called; OPAQUE where nothing is known of it."""
        function = call.func
        if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
            module = routine.binding(function.value)
            if isinstance(module, Binding) and module.thing is not OPAQUE:
                thing = getattr(module.thing, function.attr, OPAQUE)
                return self._known(thing)
            return OPAQUE
        if not isinstance(function, ast.Name):
            return OPAQUE
        found = routine.binding(function)
        if isinstance(found, Routine):
            return found
        return OPAQUE if found is None else self._known(found.thing)

    def _known(self, thing: Any) -> Called:
        rule = rule_of(thing)
        if rule is not None:
            return rule
        if isinstance(thing, Definition):
            key = (thing.source.text, thing.node.lineno, thing.node.name)
            return self._by_node.get(key) or self._joined(Routine(thing), key)
        module = getattr(thing, "__module__", None) or ""
        if callable(thing) and hasattr(thing, "__code__") and not module.startswith(("compgraph.", "numpy")):
            try:
                definition = definition_of(thing)
            except (TypeError, ValueError):
                return OPAQUE
            key = (definition.source.text, definition.node.lineno, definition.node.name)
            return self._by_node.get(key) or self._joined(Routine(definition), key)
        return OPAQUE

    # -- what is active

    def parts(self, routine: Routine, node: ast.expr) -> list[ast.expr]:
        """The parts of an expression on which it depends smoothly."""
        if isinstance(node, ast.BinOp):
            return [node.left, node.right]
        if isinstance(node, ast.UnaryOp):
            return [] if isinstance(node.op, ast.Not) else [node.operand]
        if isinstance(node, (ast.Subscript, ast.Starred, ast.Attribute, ast.FormattedValue)):
            return [node.value]
        if isinstance(node, ast.IfExp):
            return [node.body, node.orelse]
        if isinstance(node, (ast.Tuple, ast.List, ast.Set)):
            return node.elts
        if isinstance(node, (ast.BoolOp, ast.JoinedStr)):
            return node.values
        if isinstance(node, ast.Dict):
            return node.values
        if isinstance(node, (ast.ListComp, ast.GeneratorExp, ast.SetComp)):
            return [node.elt]
        if isinstance(node, ast.DictComp):
            return [node.value]
        if isinstance(node, ast.Call):
            called = self.callee(routine, node)
            arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
            if called is Kind.FLAT or (isinstance(called, Routine) and not called.returns):
                return []
            if called is Kind.CHOICE:
                return arguments[1:]
            if isinstance(node.func, ast.Attribute) and called is OPAQUE:
                return [] if node.func.attr in ("index", "count", "keys") else [node.func.value, *arguments]
            return arguments
        return []

    def active(self, routine: Routine, node: ast.expr) -> bool:
        """Whether an expression moves with the inputs."""
        stack = [node]
        while stack:
            part = stack.pop()
            if isinstance(part, ast.Name):
                if part not in routine.still and routine.is_active(part.id):
                    return True
            else:
                if isinstance(part, ast.Call):
                    called = self.callee(routine, part)
                    if isinstance(called, Routine) and called.parent is not None and called.returns:
                        return True  # by what it finds around it
                stack += self.parts(routine, part)
        return False

    def _settle(self) -> None:
        """Until nothing more becomes active."""
        before = -1
        while (
            now := sum(len(r.active) + len(r.inputs) + len(r.changed) + r.returns + r.outward for r in self.all)
        ) != before:
            before = now
            for routine in self.all:  # grows on the way
                routine.active |= routine.inputs
                for node in own_nodes(routine.node):
                    self._look(routine, node)
        for routine in self.all:
            self._keep_still(routine)

    def _keep_still(self, routine: Routine) -> None:
        """The names of a comprehension over what does not move, whatever they are elsewhere."""
        for node in own_nodes(routine.node):
            for generator in getattr(node, "generators", ()):
                if not self.active(routine, generator.iter):
                    inside = [
                        n for n in ast.walk(node) if isinstance(n, ast.Name) and n.id in names_in(generator.target)
                    ]
                    if sum(isinstance(n.ctx, ast.Store) for n in inside) == len(names_in(generator.target)):
                        routine.still |= set(inside) - set(ast.walk(generator.iter))

    def _look(self, routine: Routine, node: Any) -> None:
        if isinstance(node, ast.Return) and node.value is not None:
            routine.returns |= self.active(routine, node.value)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                self._bind(routine, target, node.value)
        elif isinstance(node, (ast.AugAssign, ast.AnnAssign)) and node.value is not None:
            self._bind(routine, node.target, node.value)
        elif isinstance(node, (ast.For, ast.comprehension)):
            self._iterate(routine, node.target, node.iter)
        elif isinstance(node, ast.Call):
            called = self.callee(routine, node)
            if isinstance(called, Routine):
                routine.outward |= called.outward and called.parent is not routine
                for parameter, argument in self.matched(routine, node, called):
                    if self.active(routine, argument):
                        called.inputs.add(parameter)
                    if parameter in called.changed:
                        self._change(routine, argument, parameter in called.active)
                        if self.active(routine, argument):
                            called.inputs.add(parameter)
            elif isinstance(node.func, ast.Attribute) and node.func.attr in CHANGING and called is OPAQUE:
                moved = any(self.active(routine, a) for a in node.args)
                self._change(routine, node.func.value, moved)

    def _bind(self, routine: Routine, whole: ast.expr, given: ast.expr) -> None:
        stack = [(whole, given)]
        while stack:
            target, value = stack.pop()
            if isinstance(target, (ast.Tuple, ast.List)):
                elements = getattr(value, "elts", [])
                several = [*elements, *target.elts]
                if len(elements) != len(target.elts) or any(isinstance(e, ast.Starred) for e in several):
                    elements = [value] * len(target.elts)
                stack += zip(target.elts, elements, strict=True)
                continue
            name = root(target)
            if name is None or (owner := routine.owner(name)) is None:
                continue
            if self.active(routine, value):
                owner.active.add(name)
            if isinstance(target, ast.Subscript):
                self._change(routine, target, self.active(routine, value))
            elif name in owner.changed:
                self._change(routine, value, name in owner.active)

    def _iterate(self, routine: Routine, whole: ast.expr, over: ast.expr) -> None:
        """A loop; what enumerate, zip and items hand out is matched part by part."""
        stack = [(whole, over)]
        while stack:
            target, iterated = stack.pop()
            function = getattr(iterated, "func", None)
            parts = getattr(target, "elts", [])
            arguments = getattr(iterated, "args", [])
            own = isinstance(function, ast.Name) and routine.owner(function.id) is None
            called = function.id if own and isinstance(function, ast.Name) else ""
            if called == "enumerate" and len(parts) == 2 and arguments:
                stack.append((parts[1], arguments[0]))
            elif called == "zip" and parts and len(parts) == len(arguments):
                stack += zip(parts, arguments, strict=True)
            elif isinstance(function, ast.Attribute) and function.attr == "items" and len(parts) == 2:
                self._each(routine, parts[1], function.value)
            elif not self.keys(routine, iterated):
                self._each(routine, target, iterated)

    def _each(self, routine: Routine, target: ast.expr, iterated: ast.expr) -> None:
        for name in names_in(target):
            if (owner := routine.owner(name)) is not None and self.active(routine, iterated):
                owner.active.add(name)
            if owner is not None and name in owner.changed:
                self._change(routine, iterated, name in owner.active)

    def keys(self, routine: Routine, iterated: ast.expr) -> bool:
        """Whether a loop runs over the keys of a dict."""
        owner = routine.owner(iterated.id) if isinstance(iterated, ast.Name) else None
        return owner is not None and iterated.id in owner.dicts  # type: ignore[attr-defined] # a name, then

    def _change(self, routine: Routine, changed: ast.expr, moved: bool) -> None:
        """A list is changed; so is all that may be the same list, or hold it."""
        stack = [changed]
        while stack:
            node = stack.pop()
            if isinstance(node, (ast.List, ast.Tuple)):
                stack += node.elts
            elif isinstance(node, ast.IfExp):
                stack += [node.body, node.orelse]
            elif (name := root(node)) is not None and (owner := routine.owner(name)) is not None:
                owner.changed.add(name)
                if moved:
                    owner.active.add(name)
                routine.outward |= owner is not routine and name in owner.active

    def matched(self, routine: Routine, call: ast.Call, called: Routine) -> list[tuple[str, ast.expr]]:
        """Which parameter gets which argument."""
        arguments = called.node.args
        positional = [p.arg for p in (*arguments.posonlyargs, *arguments.args)]
        starred = [a for a in call.args if isinstance(a, ast.Starred)]
        if starred or any(k.arg is None for k in call.keywords):
            raise routine.source.refused(f"{called.name} is called with *. Write its arguments one by one.", call)
        if len(call.args) > len(positional):
            raise routine.source.refused(
                f"{called.name} takes {len(positional)} arguments, got {len(call.args)}. Correct it.", call
            )
        known = {p.arg for p in called.parameters}
        for keyword in call.keywords:
            if keyword.arg not in known:
                raise routine.source.refused(f"{called.name} has no parameter {keyword.arg}. Correct it.", call)
        named = [(str(keyword.arg), keyword.value) for keyword in call.keywords]
        return [*zip(positional, call.args, strict=False), *named]


def _inputs(routine: Routine, wrt: Iterable[str] | None) -> list[str]:
    """The parameters to differentiate with respect to."""
    names = [parameter.arg for parameter in routine.parameters]
    if wrt is not None:
        chosen = [wrt] if isinstance(wrt, str) else list(wrt)
        for name in chosen:
            if name not in names:
                raise ValueError(f"wrt: expected parameters of {routine.name} ({', '.join(names)}), got {name!r:.40}.")
        return chosen
    arguments = routine.node.args
    plain = [*arguments.posonlyargs, *arguments.args]
    defaulted = {p.arg for p in plain[len(plain) - len(arguments.defaults) :]} | {
        p.arg for p, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if default is not None
    }
    counting = _counting(routine.node)
    chosen = [
        p.arg
        for p in routine.parameters
        if p.arg not in defaulted | counting and getattr(p.annotation, "id", "") not in ("int", "str", "bool")
    ]
    if not chosen:
        raise ParseError(f"{routine.name} has no input: expected a parameter without a default. Name it in wrt.")
    return chosen


def _counting(function: ast.FunctionDef) -> set[str]:
    """Names that can only be whole numbers: they count a loop, or stand as an index."""
    found: set[str] = set()
    for node in own_nodes(function):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "range":
            found |= {a.id for a in node.args if isinstance(a, ast.Name)}
        elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Name):
            found.add(node.slice.id)
    return found

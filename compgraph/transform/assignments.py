"""Assignments and those of their tangents, side by side.

The tangent comes after the value, so that it can use it, unless the assignment overwrites what the tangent reads: with
``x = x * x`` it has to come before.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from compgraph.listing.forms import Level, Piece, infix
from compgraph.transform.layout import Layout
from compgraph.transform.parts import Parts
from compgraph.transform.routines import DISPLAYS, Routine, names_in, root
from compgraph.transform.rules import BINARY
from compgraph.transform.spelling import Shared
from compgraph.transform.tangents import ZERO

__all__ = ["Assignments", "Target"]

#: Stands for the value of an assignment until it is known whether its tangent comes after it.
_OUTPUT = Piece("output_of_this_statement")


class Target(NamedTuple):
    """What an assignment binds: its text, that of its tangent, the names it changes, and whether it is a name."""

    text: str
    tangent: str
    stored: set[str]
    is_name: bool

    @property
    def bare(self) -> str:
        """The tangent without the brackets around the whole."""
        whole = self.tangent.startswith("(") and "(" not in self.tangent[1:] and "," in self.tangent
        return self.tangent[1:-1] if whole else self.tangent


class Assignments:
    """Writes the assignments of one function, and whatever gets a name on the way."""

    def __init__(self, routine: Routine, shared: Shared, level: int) -> None:
        self.routine = routine
        self.shared = shared
        self.layout = Layout(routine.source, level)
        self._given: set[str] = set()
        self.tangents = self.parts = Parts(routine, shared, self._named)

    def refused(self, what: str, node: Any) -> Exception:
        return self.routine.source.refused(what, node)

    def as_it_is(self, node: Any) -> None:
        self.layout.spelled(self.tangents.spelled(node), node)

    def _Assign(self, node: ast.Assign) -> None:
        self._assign(node, node.targets, node.value)

    def _AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self._assign(node, [node.target], node.value)

    def _assign(self, node: ast.Assign | ast.AnnAssign, targets: Sequence[ast.expr], value: ast.expr) -> None:
        moving = [target for target in targets if any(map(self.routine.is_active, _stored(target)))]
        if not moving and not self.tangents.moves(value):
            self.as_it_is(node)
            return
        for target in targets:
            self.parts.prepare(target)
        (first, *others) = targets
        pairs = [] if others else _paired(first, value)
        if pairs:
            for _, element in pairs:
                self.parts.prepare(element)
            pairs = [(t, e) for t, e in pairs if any(map(self.routine.is_active, _stored(t)))]
            left = ", ".join([self.tangents.target(t) for t, _ in pairs])
            right = ", ".join([self._moved(t, e) for t, e in pairs])
            self.pair(node, lambda _: f"{left} = {right}", _stored(first), None)
            return
        bound = [
            Target(self.tangents.piece(t).text, self.tangents.moving(t), _stored(t), isinstance(t, ast.Name))
            for t in targets
        ]
        self.bind(bound, value, node)

    def _moved(self, target: ast.expr, value: ast.expr) -> str:
        """The tangent of a value, or zeros in the shape that the target asks for."""
        container = isinstance(target, ast.Name) and self.routine.is_container(target.id)
        tangent = self.tangents.tangent(value)
        return tangent.text if tangent else self.tangents.zero(value, container)

    def bind(self, targets: Sequence[Target], value: ast.expr, node: Any = None) -> None:
        """An assignment and that of its tangent; of a part that gets a name there is no statement in the source."""
        output = targets[0] if len(targets) == 1 and targets[0].is_name else None
        self.parts.prepare(value, direct=True, output=output is not None)
        line = node.end_lineno if node is not None else None
        if self.tangents.moves(value):
            assert isinstance(value, ast.Call)
            returns = self.tangents.called(value).returns
            left = " = ".join([f"{t.text}, {t.tangent}" if returns else t.text for t in targets])
            self.layout.add(f"{left} = {self.tangents.derived_call(value)}", line)
            for target in targets if not returns else ():
                if any(map(self.routine.is_active, target.stored)):
                    self.layout.add(f"{target.tangent} = {ZERO}")
            return
        if isinstance(value, ast.IfExp) and self.parts.has_calls(value):
            self._branch(targets, value, line)
            return
        stored = set().union(*[t.stored for t in targets])
        container = any(map(self.routine.is_container, stored)) or any("," in t.tangent for t in targets)
        left = " = ".join([t.bare for t in targets if t.tangent != "_"])

        def derivative(known: Piece | None) -> str:
            if (tangent := self.tangents.tangent(value, known)) is not None:
                # of arrays x + 1 is a new one, and so is its tangent, which may be changed in place
                copies = self.tangents.writer.arrays and isinstance(value, ast.BinOp) and tangent.text.isidentifier()
                return f"{left} = {'+' * copies}{tangent.text}"
            if known is not None and container and not isinstance(value, DISPLAYS):
                return f"{left} = {self.shared.zeros(known.text)}"
            return f"{left} = {self.tangents.zero(value, container)}"

        plain = f"{' = '.join([t.text for t in targets])} = {self.tangents.value(value)}"
        self.pair(node if isinstance(node, ast.Assign) else plain, derivative, stored, output, line)

    def _branch(self, targets: Sequence[Target], value: ast.IfExp, line: int | None) -> None:
        """A conditional expression as a statement, because what a branch calls is called with tangents."""
        self.layout.add(f"if {self.tangents.value(value.test)}:", line)
        for heading, branch in (("", value.body), ("else:", value.orelse)):
            if heading:
                self.layout.add(heading)
            self.layout.level += 1
            self.bind(targets, branch)
            self.layout.level -= 1

    def _named(self, value: ast.expr) -> tuple[str, Piece | None]:
        """A part of an expression gets a name, and a tangent if it has one."""
        name = self.shared.names.numbered("v", self._given)
        if not self.tangents.active(value):
            self.layout.add(f"{name} = {self.tangents.value(value)}")
            return name, None
        tangent = self.shared.tangent(name)
        if isinstance(value, (ast.ListComp, ast.GeneratorExp)) and self.parts.has_calls(value):
            self._loops(name, tangent, value)
        else:
            self.bind([Target(name, tangent, {name}, True)], value)
        return name, Piece(tangent)

    def _loops(self, name: str, tangent: str, value: ast.ListComp | ast.GeneratorExp) -> None:
        """A comprehension as loops."""
        level = self.layout.level
        self.layout.add(f"{name}, {tangent} = [], []")
        for generator in value.generators:
            self.parts.alone(generator.target, value)
            target, iterated = self.tangents.iteration(generator.target, generator.iter)
            self.layout.add(f"for {target} in {iterated}:")
            self.layout.level += 1
            for test in generator.ifs:
                self.layout.add(f"if {self.tangents.value(test)}:")
                self.layout.level += 1
        self.parts.prepare(value.elt)
        self.layout.add(f"{name}.append({self.tangents.value(value.elt)})")
        self.layout.add(f"{tangent}.append({self.tangents.moved(value.elt).text})")
        self.layout.level = level

    def _AugAssign(self, node: ast.AugAssign) -> None:
        stored = _stored(node.target)
        if not any(map(self.routine.is_active, stored)):
            self.as_it_is(node)
            return
        self.parts.prepare(node.target)
        target = self.tangents.target(node.target)
        if isinstance(node.op, (ast.Add, ast.Sub)):
            self.parts.prepare(node.value)
            sign = "+" if isinstance(node.op, ast.Add) else "-"
            moved = self._moved(node.target, node.value)
            if moved == ZERO:
                self.as_it_is(node)
            else:
                self.pair(node, lambda _: f"{target} {sign}= {moved}", stored, None)
            return
        row = BINARY.get(type(node.op))
        if row is None or isinstance(node.op, ast.MatMult):
            raise self.refused("an operation that has no derivative here: expected + − * / **. Write it out.", node)
        operands = [node.target, node.value]
        self.parts.prepare(node.value)
        self.parts.operands(row, operands)
        found = {operand: self.tangents.term(operand) for operand in operands}
        left, right = map(self.tangents.piece, operands)
        whole = infix("/", Level.PRODUCT, Level.PRODUCT, Level.POWER)((left, right))
        if isinstance(node.op, ast.Pow):
            whole = infix("**", Level.POWER, Level.ATOM, Level.SIGN)((left, right))

        def derivative(output: Piece | None) -> str:
            term = self.tangents.applied(row, operands, found, output or whole)
            return f"{target} = {term.signed().text if term else ZERO}"

        name = (
            Target(self.tangents.value(node.target), target, stored, True)
            if isinstance(node.target, ast.Name)
            else None
        )
        self.pair(node, derivative, stored, name)

    def pair(
        self,
        statement: ast.stmt | str,
        derivative: Callable[[Piece | None], str],
        stored: set[str],
        output: Target | None,
        line: int | None = None,
    ) -> None:
        """A statement and that of the tangents, in an order in which none overwrites what the other reads."""

        def value() -> None:
            if isinstance(statement, str):
                self.layout.add(statement, line)
            else:
                self.layout.spelled(self.tangents.spelled(statement), statement)

        text = derivative(_OUTPUT if output else None)
        left, _, right = text.partition(" = ")
        if left == right:  # x = x + 1
            value()
            return
        read = names_in(ast.parse(text))
        elements = output is None and any(map(self.routine.is_container, stored))
        if not stored & read and not (elements and any(map(self.routine.is_container, read))):
            value()
            self.layout.add(text.replace(_OUTPUT.text, output.text) if output else text)
        else:
            self.layout.add(derivative(None) if output else text)
            value()


def _stored(target: ast.expr) -> set[str]:
    """The names that an assignment changes."""
    if isinstance(target, (ast.Tuple, ast.List)):
        stored = (n for n in ast.walk(target) if isinstance(getattr(n, "ctx", None), ast.Store))
        return {str(root(n)) for n in stored if isinstance(n, (ast.Name, ast.Subscript))}
    return {str(root(target))}


def _paired(target: ast.expr, value: ast.expr) -> list[tuple[ast.expr, ast.expr]]:
    """The parts of a target and those of a value, where both are written out."""
    if not (isinstance(target, (ast.Tuple, ast.List)) and isinstance(value, (ast.Tuple, ast.List))):
        return []
    parts = [*target.elts, *value.elts]
    if len(target.elts) != len(value.elts) or any(isinstance(part, (ast.Starred, ast.Tuple)) for part in parts):
        return []
    return list(zip(target.elts, value.elts, strict=True))

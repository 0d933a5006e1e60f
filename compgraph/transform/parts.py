"""Parts of expressions that get a name of their own, so that a derivative reads well and computes nothing twice."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

from compgraph.expression import Expression, Primitive
from compgraph.listing.forms import Piece
from compgraph.transform.routines import Routine, names_in, own_nodes, root
from compgraph.transform.rules import BINARY, Kind
from compgraph.transform.spelling import Shared
from compgraph.transform.tangents import Tangents

__all__ = ["Parts"]

_CLOSED = (ast.IfExp, ast.ListComp, ast.GeneratorExp, ast.DictComp, ast.BoolOp)


class Parts(Tangents):
    """Tangents, and what has to be taken out of an expression before.

    Parameters
    ----------
    named : callable
        Writes an assignment for a part; returns its name, and the tangent, if any.
    """

    def __init__(self, routine: Routine, shared: Shared, named: Callable[[ast.expr], tuple[str, Piece | None]]) -> None:
        super().__init__(routine, shared)
        self._named = named
        self._statement: ast.AST = routine.node

    def begin(self, statement: ast.AST) -> None:
        """Forget the names of the statement before."""
        self.replaced.clear()
        self._statement = statement

    def prepare(self, node: ast.expr, *, direct: bool = False, output: bool = False) -> None:
        """Take out what has to be, and what would be repeated.

        Parameters
        ----------
        direct : bool
            The whole may be a call with tangents, or a choice between such.
        output : bool
            The value of the whole will have a name that its tangent can use.
        """
        order = []
        stack = [node]
        while stack:
            part = stack.pop()
            order.append(part)
            if not isinstance(part, _CLOSED) and part not in self.replaced and self.active(part):
                called = self.called(part) if isinstance(part, ast.Call) else None
                stack += self.shared.routines.parts(self.routine, part)
                if isinstance(called, Routine) and not called.returns:
                    stack += self._arguments(part)  # type: ignore[arg-type] # a call
        for part in reversed(order):
            if part not in self.replaced and self.active(part):
                self._look(part, whole=part is node, direct=direct, output=output)

    def _look(self, part: ast.expr, *, whole: bool, direct: bool, output: bool) -> None:
        if isinstance(part, ast.Subscript):
            if not isinstance(part.slice, ast.Slice) and self._is_heavy(part.slice):
                self._take(part.slice)
        elif self.moves(part) or self._pops(part):
            if not (whole and direct):
                self._take(part)
        elif isinstance(part, (ast.ListComp, ast.GeneratorExp)) and self.has_calls(part):
            self._take(part)
        elif isinstance(part, ast.IfExp) and self.has_calls(part):
            if not (whole and direct):
                self._take(part)
        elif (application := self._application(part)) is not None:
            reads_output = self.operands(*application)
            if reads_output and self._is_heavy(part) and not (whole and output):
                self._take(part)

    def operands(self, row: Primitive, operands: Sequence[ast.expr]) -> bool:
        """Take out the operands that partials repeat; whether a partial reads the result as well."""
        partials = self.partials(row, operands)
        read: set[Expression] = set()
        for position, operand in enumerate(operands):
            if self.active(operand):
                read |= partials.read(position)
        for variable, operand in zip(partials.operands, operands, strict=False):
            if variable in read and self._is_heavy(operand):
                self._take(operand)
        return partials.output in read

    def _take(self, part: ast.expr) -> None:
        if self._pops(part):
            self._check_order(part)
        self.replaced[part] = self._named(part)

    def _application(self, part: ast.expr) -> tuple[Primitive, Sequence[ast.expr]] | None:
        if isinstance(part, ast.BinOp) and not isinstance(part.op, ast.MatMult) and type(part.op) in BINARY:
            return BINARY[type(part.op)], [part.left, part.right]
        if isinstance(part, ast.Call) and isinstance(called := self.called(part), Primitive):
            return called, self.operands_of(part, called)
        return None

    def _is_heavy(self, node: ast.expr) -> bool:
        """Whether a part is too much to be written, or computed, twice: a call, or more than one operation."""
        operations = 0
        stack: list[ast.AST] = [node]
        while stack:
            part = stack.pop()
            if part in self.replaced:
                continue
            if isinstance(part, _CLOSED) or (isinstance(part, ast.Call) and self.called(part) is not Kind.FLAT):
                return True
            operations += isinstance(part, ast.BinOp)
            stack += ast.iter_child_nodes(part)
        return operations > 1

    def has_calls(self, node: ast.AST) -> bool:
        """Whether calls with tangents stand in it."""
        return any(self.moves(n) or self._pops(n) for n in ast.walk(node))

    def _pops(self, node: ast.AST) -> bool:
        function = getattr(node, "func", None)
        return isinstance(function, ast.Attribute) and function.attr == "pop" and self.active(function.value)

    def _check_order(self, call: Any) -> None:
        """A list that is popped within an expression must not be read elsewhere in it: it would be read too late."""
        name = root(call.func)
        uses = [n for n in ast.walk(self._statement) if isinstance(n, ast.Name) and n.id == name]
        changes = [
            n for n in ast.walk(self._statement)
            if isinstance(n, ast.Attribute) and n.attr in ("pop", "append") and root(n) == name
        ]  # fmt: skip
        if len(uses) > len(changes):
            raise self.refused(f"{name}.pop() beside other uses of {name}. Give it a statement of its own.", call)

    def alone(self, target: ast.expr, comprehension: ast.expr) -> None:
        """The names of a comprehension that becomes a loop must have no other meaning in the function."""
        inside = set(ast.walk(comprehension))
        for name in sorted(names_in(target)):
            taken = any(p.arg == name for p in self.routine.parameters) or any(
                isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Store) and n not in inside
                for n in own_nodes(self.routine.node)
            )
            if taken:
                raise self.refused(f"{name} stands for two things. Give one of them another name.", target)

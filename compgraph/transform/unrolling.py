"""A function unrolled without being run: its operations on what is not known before, in the order in which they come.

Numbers that the source spells out are computed with, so that loops of fixed count come to an end and lists have their
elements; what depends on an input becomes a `Node`. Functions that are called become part of the caller.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import Any

from compgraph.expression import IDENTITY
from compgraph.transform.activity import Routines
from compgraph.transform.evaluating import Closure, Evaluating, Jump, Node, defaults_of

__all__ = ["Unrolled"]


class Unrolled(Evaluating):
    """The operations of a function in order.

    Attributes
    ----------
    inputs : dict
        Parameter → its node.
    nodes : list of Node
    result
        What is returned: a node, a number, or a tuple or list of these.
    """

    def __init__(self, routines: Routines) -> None:
        super().__init__(routines)
        self.said: set[int] = set()  # lines of which the comment is noted
        main = routines.main
        self.inputs: dict[str, Node] = {}
        names: dict[str, Any] = {}
        defaults = defaults_of(main)
        for parameter in main.parameters:
            name = parameter.arg
            if name in defaults and name not in main.inputs:
                names[name] = self.value(defaults[name], {})
            else:
                names[name] = self.inputs[name] = Node(None, (), None, name in main.inputs)
                names[name].base = name
        self.said |= {line for line in main.source.comments if line <= main.node.lineno}
        done = self.block(main.node.body, names)
        if done is None or done.how != "return" or done.value is None:
            raise main.source.refused(f"{main.name} returns nothing. End it with return.", main.node)
        self.result = done.value

    # -- statements

    def block(self, statements: Iterable[ast.stmt], names: dict[str, Any]) -> Jump | None:
        for statement in statements:
            self._comments_before(statement)
            first = len(self.nodes)
            run = getattr(self, f"_{type(statement).__name__}", None)
            if run is None:
                raise self.refused(
                    f"{type(statement).__name__.lower()} cannot be unrolled. Leave it to the caller.", statement
                )
            jump: Jump | None = run(statement, names)
            self._comments_of(statement, first)
            if jump is not None:
                return jump
        return None

    def _comments_before(self, statement: ast.stmt) -> None:
        line = statement.lineno - 1
        found = []
        while line > 0 and (line in self.routine.source.comments or not self.routine.source.lines[line - 1].strip()):
            own, said = self.routine.source.comments.get(line, (False, ""))
            if line in self.said:
                break
            if own and self.depth == 0:
                self.said.add(line)
                found.append(said)
            line -= 1
        self.pending += reversed(found)

    def _comments_of(self, statement: ast.stmt, first: int) -> None:
        made = self.nodes[first:]
        line = statement.end_lineno or 0
        own, said = self.routine.source.comments.get(line, (True, ""))
        if not own and line not in self.said and self.depth == 0 and not hasattr(statement, "body"):
            self.said.add(line)
            if made:
                made[-1].beside = said
            else:
                self.pending.append(said)

    def _Pass(self, node: ast.Pass, names: Any) -> None:
        return None

    def _Import(self, node: ast.AST, names: Any) -> None:
        return None

    _ImportFrom = _Import

    def _Break(self, node: ast.Break, names: Any) -> Jump:
        return Jump("break")

    def _Continue(self, node: ast.Continue, names: Any) -> Jump:
        return Jump("continue")

    def _Return(self, node: ast.Return, names: dict[str, Any]) -> Jump:
        return Jump("return", self.value(node.value, names) if node.value is not None else None)

    def _FunctionDef(self, node: ast.FunctionDef, names: dict[str, Any]) -> None:
        names[node.name] = Closure(self.routine.nested[node.name], names)

    def _Expr(self, node: ast.Expr, names: dict[str, Any]) -> None:
        if isinstance(node.value, ast.Call):
            self.value(node.value, names)
        elif not isinstance(node.value, ast.Constant):
            raise self.refused("an expression that is not used. Leave it out.", node)

    def _Assign(self, node: ast.Assign, names: dict[str, Any]) -> None:
        value = self.value(node.value, names)
        if isinstance(node.value, ast.Name) and isinstance(value, Node):
            value = self.applied(IDENTITY, [value], lambda a: a[0])
        for target in node.targets:
            self.bind(target, value, names)

    def _AnnAssign(self, node: ast.AnnAssign, names: dict[str, Any]) -> None:
        if node.value is not None:
            self.bind(node.target, self.value(node.value, names), names)

    def _AugAssign(self, node: ast.AugAssign, names: dict[str, Any]) -> None:
        before, value = self.value(node.target, names), self.value(node.value, names)
        if isinstance(before, list) and isinstance(node.op, ast.Add):
            before += value
        else:
            self.bind(node.target, self.operation(node.op, before, value, node), names)

    def _Delete(self, node: ast.Delete, names: dict[str, Any]) -> None:
        for target in node.targets:
            holder = self.value(target.value, names) if isinstance(target, ast.Subscript) else None
            if not isinstance(target, ast.Subscript) or not isinstance(holder, (list, dict)):
                raise self.refused("del: expected an element of a list made here. Leave it out.", node)
            del holder[self.value(target.slice, names)]

    def _If(self, node: ast.If, names: dict[str, Any]) -> Jump | None:
        return self.block(node.body if self.decided(node.test, names) else node.orelse, names)

    def _For(self, node: ast.For, names: dict[str, Any]) -> Jump | None:
        for element in self.iterated(self.value(node.iter, names), node.iter):
            self.bind(node.target, element, names)
            if isinstance(node.target, ast.Name) and isinstance(element, int) and self.depth == 0:
                self.pending.append(f"# {node.target.id} = {element}")
            jump = self.block(node.body, names)
            if jump is not None and jump.how == "break":
                return None
            if jump is not None and jump.how == "return":
                return jump
        return self.block(node.orelse, names)

    def _While(self, node: ast.While, names: dict[str, Any]) -> Jump | None:
        while self.decided(node.test, names):
            jump = self.block(node.body, names)
            if jump is not None and jump.how == "break":
                return None
            if jump is not None and jump.how == "return":
                return jump
            self._bounded(node)
        return self.block(node.orelse, names)

    def _Assert(self, node: ast.Assert, names: dict[str, Any]) -> None:
        self.decided(node.test, names)

"""Forward mode: a function rewritten statement by statement, each assignment with that of its tangent beside it."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

from compgraph.transform.assignments import Assignments, Target
from compgraph.transform.layout import Layout
from compgraph.transform.routines import Routine, names_in, own_nodes, root
from compgraph.transform.rules import CHANGING
from compgraph.transform.spelling import Shared
from compgraph.transform.tangents import ZERO

__all__ = ["derived_function"]


def derived_function(routine: Routine, shared: Shared, level: int = 0) -> Layout:
    """The lines of a function with derivatives."""
    return _Function(routine, shared, level).layout


class _Function(Assignments):
    def __init__(self, routine: Routine, shared: Shared, level: int) -> None:
        super().__init__(routine, shared, level)
        self._check()
        node = routine.node
        self.layout.head(
            f"def {shared.derived(routine)}({self._parameters()}):", node.lineno, _head_end(node, node.args)
        )
        self.layout.level += 1
        body: list[ast.stmt] = list(node.body)
        if isinstance(body[0], ast.Expr) and isinstance(getattr(body[0].value, "value", None), str):
            self._statement(body.pop(0))
        for parameter in routine.parameters:
            if parameter.arg in routine.active - routine.inputs:
                zero = shared.zeros(parameter.arg) if routine.is_container(parameter.arg) else ZERO
                self.layout.add(f"{shared.tangent(parameter.arg)} = {zero}")
        self._block(body, node.body)

    def _check(self) -> None:
        statements = (ast.Expr, ast.Assign, ast.AnnAssign, ast.Return)
        alone = {node.value for node in own_nodes(self.routine.node) if isinstance(node, statements)}
        for node in own_nodes(self.routine.node):
            if isinstance(node, ast.Compare) and any(isinstance(op, (ast.Is, ast.IsNot)) for op in node.ops):
                for side in (node.left, *node.comparators):
                    if self.tangents.active(side):
                        raise self.refused(f"is, of {ast.unparse(side)}, which has a derivative. Write ==.", node)
            if isinstance(node, ast.Call) and node not in alone and self.tangents.moves(node):
                called = self.tangents.called(node)
                if called.changes:
                    raise self.refused(f"{called.name} changes a list. Give its call a statement of its own.", node)
            if isinstance(node, ast.Return) and node.value is None and self.routine.results:
                raise self.refused("return without a value, beside others that have one. Return a number.", node)

    # -- the head

    def _parameters(self) -> str:
        """The parameters, each that moves followed by its tangent."""
        arguments = self.routine.node.args
        plain = [*arguments.posonlyargs, *arguments.args]
        defaults = [*[None] * (len(plain) - len(arguments.defaults)), *arguments.defaults]
        parts: list[str] = []
        for i, (parameter, default) in enumerate(zip(plain, defaults, strict=True)):
            parts += self._parameter(parameter.arg, default)
            if i + 1 == len(arguments.posonlyargs):
                parts.append("/")
        parts += ["*"] if arguments.kwonlyargs else []
        for parameter, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
            parts += self._parameter(parameter.arg, default)
        return ", ".join(parts)

    def _parameter(self, name: str, default: ast.expr | None) -> list[str]:
        given = ("", "") if default is None else (f"={self.tangents.value(default)}", f"={self.tangents.zero(default)}")
        parts = [f"{name}{given[0]}"]
        return [*parts, f"{self.shared.tangent(name)}{given[1]}"] if name in self.routine.inputs else parts

    # -- blocks

    def _block(self, statements: Sequence[ast.stmt], all_of_it: Sequence[ast.stmt] | None = None) -> None:
        for statement in statements:
            self._statement(statement)
        self.layout.closing((all_of_it or statements)[-1])

    def _statement(self, node: Any) -> None:
        self.layout.before(node)
        self.parts.begin(node)
        write = getattr(self, f"_{type(node).__name__}", self.as_it_is)  # pass, break, import, assert, raise stay
        write(node)
        self.layout.after(node)

    def _within(self, statements: Sequence[ast.stmt]) -> None:
        self.layout.level += 1
        self._block(statements)
        self.layout.level -= 1

    def _If(self, node: ast.If) -> None:
        word = "if"
        while True:
            end = _head_end(node, node.test)
            self.layout.head(f"{word} {self.tangents.value(node.test)}:", node.lineno, end)
            self._within(node.body)
            inner = node.orelse[0] if node.orelse else None
            start = self.routine.source.span(inner)[0] if inner else 0
            if not (isinstance(inner, ast.If) and self.routine.source.text.startswith("elif", start)):
                break
            node, word = inner, "elif"
        self._else(node)

    def _else(self, node: ast.If | ast.For | ast.While) -> None:
        if node.orelse:
            line = self.layout.line + 1
            while not self.routine.source.lines[line - 1].lstrip().startswith("else"):
                line += 1
            self.layout.head("else:", line, line)
            self._within(node.orelse)

    def _While(self, node: ast.While) -> None:
        end = _head_end(node, node.test)
        self.layout.head(f"while {self.tangents.value(node.test)}:", node.lineno, end)
        self._within(node.body)
        self._else(node)

    def _For(self, node: ast.For) -> None:
        self.parts.prepare(node.iter)
        target, iterated = self.tangents.iteration(node.target, node.iter)
        end = _head_end(node, node.iter)
        self.layout.head(f"for {target} in {iterated}:", node.lineno, end)
        if not self.tangents.iterates(node.iter):
            self.layout.level += 1
            for name in sorted(names_in(node.target)):
                if self.routine.is_active(name):
                    zero = self.shared.zeros(name) if self.routine.is_container(name) else ZERO
                    self.layout.add(f"{self.shared.tangent(name)} = {zero}")
            self.layout.level -= 1
        self._within(node.body)
        self._else(node)

    def _FunctionDef(self, node: ast.FunctionDef) -> None:
        nested = self.routine.nested[node.name]
        self.layout.original(nested.name, node)
        if nested.returns or nested.changes:
            self.layout.extend(derived_function(nested, self.shared, self.layout.level))

    # -- statements

    def _Expr(self, node: ast.Expr) -> None:
        call = node.value
        if isinstance(call, ast.Call):
            if self.tangents.moves(call):
                self.parts.prepare(call, direct=True)
                self.layout.add(self.tangents.derived_call(call), node.end_lineno)
                return
            if isinstance(call.func, ast.Attribute) and root(call.func) and self.tangents.active(call.func.value):
                self._method(node, call, call.func)
                return
        self.as_it_is(node)

    def _method(self, node: ast.Expr, call: ast.Call, function: ast.Attribute) -> None:
        """A list is changed, and so is that of its tangents."""
        if function.attr not in CHANGING:
            raise self.refused(f"the method {function.attr} has no derivative that is known. Use names, lists.", node)
        for argument in call.args:
            self.parts.prepare(argument)
        place, written = CHANGING[function.attr], self.tangents
        arguments = [written.moved(a).text if i == place else written.value(a) for i, a in enumerate(call.args)]
        tangent = f"{written.moved(function.value).text}.{function.attr}({', '.join(arguments)})"
        self.pair(node, lambda _: tangent, {str(root(function))}, None)

    def _Delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            if isinstance(target, ast.Subscript) and self.tangents.active(target):
                self.layout.add(f"del {self.tangents.target(target)}")
        self.as_it_is(node)

    def _Return(self, node: ast.Return) -> None:
        value = node.value
        if value is not None and self.tangents.moves(value) and not self.tangents.called(value).returns:  # type: ignore[arg-type]
            raise self.refused("the call changes a list, and is returned. Give it a statement of its own.", node)
        if value is None or not self.routine.returns:
            self.as_it_is(node)
            return
        self.layout.within(node)
        if self.tangents.moves(value):
            assert isinstance(value, ast.Call)
            self.parts.prepare(value, direct=True)
            self.layout.add(f"return {self.tangents.derived_call(value)}", node.end_lineno)
        elif isinstance(value, ast.Tuple):
            for element in value.elts:
                self.parts.prepare(element)
            self._return(node, self.tangents.piece(value).text, self.tangents.moved(value).text)
        elif _is_short(value) or not self.tangents.active(value):
            self.parts.prepare(value)
            self._return(node, self.tangents.value(value), self.tangents.moved(value).text)
        else:
            result = self.shared.result
            tangent = self.shared.tangent(result)
            self.bind([Target(result, tangent, {result}, True)], value)
            self._return(node, result, tangent)

    def _return(self, node: ast.Return, value: str, tangent: str) -> None:
        self.layout.add(f"return {value}, {tangent}", node.end_lineno)


def _head_end(node: Any, last: ast.AST) -> int:
    """The line on which the head of a compound statement ends."""
    lines: list[int] = [node.lineno, *(n.end_lineno for n in ast.walk(last) if hasattr(n, "end_lineno"))]
    return max(lines)


def _is_short(value: ast.expr) -> bool:
    """Whether a value and its tangent can be returned without a name."""
    operators = 0
    for node in ast.walk(value):
        operators += isinstance(node, ast.BinOp)
        if isinstance(node, (ast.Call, ast.Div, ast.Pow, ast.IfExp, ast.ListComp)):
            return False
    return operators <= 2

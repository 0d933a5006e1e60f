"""Forward mode: a function rewritten statement by statement, each assignment with that of its tangent beside it.

The tangent comes after the value, so that it can use it, unless the assignment overwrites what the tangent reads: with
``x = x * x`` it has to come before.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from compgraph.listing.forms import Level, Piece, infix
from compgraph.transform.activity import Routine, names_in, own_nodes, root
from compgraph.transform.layout import Layout
from compgraph.transform.parts import Parts
from compgraph.transform.rules import BINARY, CHANGING
from compgraph.transform.tangents import ZERO, Shared
from compgraph.transform.writing import Term, total

__all__ = ["derived_function"]

#: Stands for the value of an assignment until it is known whether its tangent comes after it.
_OUTPUT = Piece("output_of_this_statement")


def derived_function(routine: Routine, shared: Shared, level: int = 0) -> Layout:
    """The lines of a function with derivatives."""
    return _Function(routine, shared, level).layout


class _Target(NamedTuple):
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


class _Function:
    def __init__(self, routine: Routine, shared: Shared, level: int) -> None:
        self.routine = routine
        self.shared = shared
        self.layout = Layout(routine.source, level)
        self._given: set[str] = set()
        self.tangents = self.parts = Parts(routine, shared, self._named)
        self._check()
        node = routine.node
        self.layout.add(f"def {shared.derived(routine)}({self._parameters()}):", _head_end(node, node.args))
        self.layout.level += 1
        self.layout.line = _head_end(node, node.args)
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
                        raise self._refused(f"is, of {ast.unparse(side)}, which has a derivative. Write ==.", node)
            if isinstance(node, ast.Call) and node not in alone and self.tangents.moves(node):
                called = self.tangents.called(node)
                if called.changes:
                    raise self._refused(f"{called.name} changes a list. Give its call a statement of its own.", node)
            if isinstance(node, ast.Return) and node.value is None and self.routine.results:
                raise self._refused("return without a value, beside others that have one. Return a number.", node)

    def _refused(self, what: str, node: Any) -> Exception:
        return self.routine.source.refused(what, node)

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
        write = getattr(self, f"_{type(node).__name__}", self._as_it_is)  # pass, break, import, assert, raise stay
        write(node)
        self.layout.after(node)

    def _as_it_is(self, node: Any) -> None:
        self.layout.spelled(self.tangents.spelled(node), node)

    def _within(self, statements: Sequence[ast.stmt]) -> None:
        self.layout.level += 1
        self._block(statements)
        self.layout.level -= 1

    def _If(self, node: ast.If) -> None:
        word = "if"
        while True:
            end = _head_end(node, node.test)
            self.layout.add(f"{word} {self.tangents.value(node.test)}:", end)
            self.layout.line = end
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
            self.layout.add("else:", line)
            self.layout.line = line
            self._within(node.orelse)

    def _While(self, node: ast.While) -> None:
        end = _head_end(node, node.test)
        self.layout.add(f"while {self.tangents.value(node.test)}:", end)
        self.layout.line = end
        self._within(node.body)
        self._else(node)

    def _For(self, node: ast.For) -> None:
        self.parts.prepare(node.iter)
        target, iterated = self.tangents.iteration(node.target, node.iter)
        end = _head_end(node, node.iter)
        self.layout.add(f"for {target} in {iterated}:", end)
        self.layout.line = end
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
        self._as_it_is(node)

    def _method(self, node: ast.Expr, call: ast.Call, function: ast.Attribute) -> None:
        """A list is changed, and so is that of its tangents."""
        if function.attr not in CHANGING:
            raise self._refused(f"the method {function.attr} has no derivative that is known. Use names, lists.", node)
        for argument in call.args:
            self.parts.prepare(argument)
        place, written = CHANGING[function.attr], self.tangents
        arguments = [written.moved(a).text if i == place else written.value(a) for i, a in enumerate(call.args)]
        tangent = f"{written.moved(function.value).text}.{function.attr}({', '.join(arguments)})"
        self._pair(node, lambda _: tangent, {str(root(function))}, None)

    def _Assign(self, node: ast.Assign) -> None:
        self._assign(node, node.targets, node.value)

    def _AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self._assign(node, [node.target], node.value)

    def _assign(self, node: ast.Assign | ast.AnnAssign, targets: Sequence[ast.expr], value: ast.expr) -> None:
        moving = [target for target in targets if any(map(self.routine.is_active, _stored(target)))]
        if not moving and not self.tangents.moves(value):
            self._as_it_is(node)
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
            self._pair(node, lambda _: f"{left} = {right}", _stored(first), None)
            return
        bound = [
            _Target(self.tangents.piece(t).text, self.tangents.moving(t), _stored(t), isinstance(t, ast.Name))
            for t in targets
        ]
        self._bind(bound, value, node)

    def _moved(self, target: ast.expr, value: ast.expr) -> str:
        """The tangent of a value, or zeros in the shape that the target asks for."""
        container = isinstance(target, ast.Name) and self.routine.is_container(target.id)
        tangent = self.tangents.tangent(value)
        return tangent.text if tangent else self.tangents.zero(value, container)

    def _bind(self, targets: Sequence[_Target], value: ast.expr, node: Any = None) -> None:
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
        container = any(self.routine.is_container(name) for name in stored)
        left = " = ".join([t.bare for t in targets if t.tangent != "_"])

        def derivative(known: Piece | None) -> str:
            tangent = self.tangents.tangent(value, known)
            return f"{left} = {tangent.text if tangent else self.tangents.zero(value, container)}"

        plain = f"{' = '.join([t.text for t in targets])} = {self.tangents.value(value)}"
        self._pair(node if isinstance(node, ast.Assign) else plain, derivative, stored, output, line)

    def _branch(self, targets: Sequence[_Target], value: ast.IfExp, line: int | None) -> None:
        """A conditional expression as a statement, because what a branch calls is called with tangents."""
        self.layout.add(f"if {self.tangents.value(value.test)}:", line)
        for heading, branch in (("", value.body), ("else:", value.orelse)):
            if heading:
                self.layout.add(heading)
            self.layout.level += 1
            self._bind(targets, branch)
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
            self._bind([_Target(name, tangent, {name}, True)], value)
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
            self._as_it_is(node)
            return
        self.parts.prepare(node.target)
        target = self.tangents.target(node.target)
        if isinstance(node.op, (ast.Add, ast.Sub)):
            self.parts.prepare(node.value)
            sign = "+" if isinstance(node.op, ast.Add) else "-"
            moved = self._moved(node.target, node.value)
            if moved == ZERO:
                self._as_it_is(node)
            elif self.tangents.writer.arrays and not any(map(self.routine.is_container, stored)):
                # not in place: it may be the array of another name
                term = Term(self.tangents.moved(node.value), sign == "-")
                self._pair(node, lambda _: f"{target} = {total([Term(Piece(target)), term]).text}", stored, None)
            else:
                self._pair(node, lambda _: f"{target} {sign}= {moved}", stored, None)
            return
        row = BINARY.get(type(node.op))
        if row is None or isinstance(node.op, ast.MatMult):
            raise self._refused("an operation that has no derivative here: expected + − * / **. Write it out.", node)
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
            _Target(self.tangents.value(node.target), target, stored, True)
            if isinstance(node.target, ast.Name)
            else None
        )
        self._pair(node, derivative, stored, name)

    def _Delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            if isinstance(target, ast.Subscript) and self.tangents.active(target):
                self.layout.add(f"del {self.tangents.target(target)}")
        self._as_it_is(node)

    def _pair(
        self,
        statement: ast.stmt | str,
        derivative: Callable[[Piece | None], str],
        stored: set[str],
        output: _Target | None,
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

    def _Return(self, node: ast.Return) -> None:
        value = node.value
        if value is not None and self.tangents.moves(value) and not self.tangents.called(value).returns:  # type: ignore[arg-type]
            raise self._refused("the call changes a list, and is returned. Give it a statement of its own.", node)
        if value is None or not self.routine.returns:
            self._as_it_is(node)
            return
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
            self._bind([_Target(result, tangent, {result}, True)], value)
            self._return(node, result, tangent)

    def _return(self, node: ast.Return, value: str, tangent: str) -> None:
        self.layout.add(f"return {value}, {tangent}", node.end_lineno)


def _head_end(node: Any, last: ast.AST) -> int:
    """The line on which the head of a compound statement ends."""
    lines: list[int] = [node.lineno, *(n.end_lineno for n in ast.walk(last) if hasattr(n, "end_lineno"))]
    return max(lines)


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


def _is_short(value: ast.expr) -> bool:
    """Whether a value and its tangent can be returned without a name."""
    operators = 0
    for node in ast.walk(value):
        operators += isinstance(node, ast.BinOp)
        if isinstance(node, (ast.Call, ast.Div, ast.Pow, ast.IfExp, ast.ListComp)):
            return False
    return operators <= 2

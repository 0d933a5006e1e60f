"""Expressions gone through without being run: with numbers at once, with what is not known before as operations."""

from __future__ import annotations

import ast
import operator
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from compgraph.expression import NEGATE, Primitive
from compgraph.listing.forms import Level, Piece, infix
from compgraph.transform.activity import Routines
from compgraph.transform.routines import Routine
from compgraph.transform.rules import BINARY, Kind
from compgraph.transform.source import Binding
from compgraph.transform.writing import call_form

__all__ = ["Atom", "Closure", "Evaluating", "Jump", "Node", "defaults_of"]

#: More operations than this are refused: nobody reads them.
LONGEST = 100_000

#: Functions that call each other more deeply than this are refused.
DEEPEST = 50


@dataclass(frozen=True)
class Atom:
    """A constant that keeps its name: ``math.pi``."""

    text: str


class Node:
    """An operation whose result is not known before, or an input.

    Attributes
    ----------
    row : Primitive or None
        None for an input, and for what does not move with its arguments.
    operands : sequence
        Nodes, Atoms and numbers.
    form : callable
        How it is written.
    active : bool
        Whether it moves with the inputs.
    base : str or None
        The name that it was bound to first.
    comments : list of str
        What the source says before it, and at the end of its line.
    """

    __slots__ = ("active", "base", "before", "beside", "form", "operands", "row")

    def __init__(self, row: Primitive | None, operands: Sequence[Any], form: Any, active: bool) -> None:
        self.row = row
        self.operands = operands
        self.form = form
        self.active = active
        self.base: str | None = None
        self.before: list[str] = []
        self.beside = ""


_SIGNS: dict[type[ast.operator], tuple[Any, Any]] = {
    ast.Add: (operator.add, infix("+", Level.SUM, Level.SUM, Level.PRODUCT)),
    ast.Sub: (operator.sub, infix("-", Level.SUM, Level.SUM, Level.PRODUCT)),
    ast.Mult: (operator.mul, infix("*", Level.PRODUCT, Level.PRODUCT, Level.POWER)),
    ast.Div: (operator.truediv, infix("/", Level.PRODUCT, Level.PRODUCT, Level.POWER)),
    ast.Pow: (operator.pow, infix("**", Level.POWER, Level.ATOM, Level.SIGN)),
    ast.FloorDiv: (operator.floordiv, None),
    ast.Mod: (operator.mod, None),
}

_COMPARED: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge, ast.Eq: operator.eq,
    ast.NotEq: operator.ne, ast.Is: operator.is_, ast.IsNot: operator.is_not, ast.In: lambda a, b: a in b,
    ast.NotIn: lambda a, b: a not in b,
}  # fmt: skip

#: Python's functions of lists and whole numbers, which are done at once.
_AT_ONCE: dict[str, Callable[..., Any]] = {
    "len": len, "range": range, "list": list, "tuple": tuple, "reversed": lambda a: list(reversed(a)),
    "enumerate": lambda a, start=0: list(enumerate(a, start)), "zip": lambda *a: list(zip(*a, strict=False)),
    "int": int, "round": round, "bool": bool,
}  # fmt: skip

_METHODS = frozenset(
    [
        "append",
        "extend",
        "insert",
        "pop",
        "reverse",
        "clear",
        "copy",
        "index",
        "count",
        "keys",
        "values",
        "items",
        "get",
    ]
)


class Jump(NamedTuple):
    """How a block was left: by return, with a value, by break or by continue."""

    how: str
    value: Any = None


class Closure(NamedTuple):
    """A function within a function, and the names around it."""

    routine: Routine
    names: dict[str, Any]


class Evaluating(ABC):
    """Goes through expressions, and notes the operations.

    Attributes
    ----------
    nodes : list of Node
        The operations so far.
    routine : Routine
        The function that is gone through, and how `depth` many calls deep.
    pending : list of str
        Comments that belong to the next operation.
    """

    def __init__(self, routines: Routines) -> None:
        self.routines = routines
        self.routine = routines.main
        self.nodes: list[Node] = []
        self.depth = 0
        self.pending: list[str] = []

    @abstractmethod
    def block(self, statements: Iterable[ast.stmt], names: dict[str, Any]) -> Jump | None:
        """Go through statements; how they were left."""

    def refused(self, what: str, node: Any) -> Exception:
        return self.routine.source.refused(what, node)

    def value(self, node: ast.expr, names: Mapping[str, Any]) -> Any:
        """What an expression stands for; sums and products of many terms are gone through from the left."""
        chain = []
        while isinstance(node, ast.BinOp):
            chain.append(node)
            node = node.left
        evaluate = getattr(self, f"_of_{type(node).__name__}", None)
        if evaluate is None:
            raise self.refused(f"{type(node).__name__} cannot be unrolled. Write it out in names and numbers.", node)
        value = evaluate(node, names)
        for outer in reversed(chain):
            value = self.operation(outer.op, value, self.value(outer.right, names), outer)
        return value

    def operation(self, sign: ast.operator, left: Any, right: Any, node: Any) -> Any:
        at_once, form = _SIGNS.get(type(sign), (None, None))
        if at_once is not None and not _is_open(left) and not _is_open(right):
            try:
                return at_once(left, right)
            except (ArithmeticError, TypeError, ValueError) as error:
                raise self.refused(f"{error}. Correct the source.", node) from None
        if form is None or isinstance(left, (list, tuple)) or isinstance(right, (list, tuple)):
            raise self.refused(
                "an operation that has no derivative here: expected + − * / ** of numbers. Write it out.", node
            )
        return self.applied(BINARY[type(sign)], [left, right], form, node)

    def applied(self, row: Primitive | None, operands: Sequence[Any], form: Any, node: Any = None) -> Node:
        moves = row is not None and any(isinstance(o, Node) and o.active for o in operands)
        made = Node(row, operands, form, moves)
        made.before, self.pending = self.pending, []
        self.nodes.append(made)
        if node is not None:
            self._bounded(node)
        return made

    def _bounded(self, node: Any) -> None:
        if len(self.nodes) > LONGEST:
            raise self.refused(
                f"more than {LONGEST} operations when unrolled. Use forward_source, which keeps loops.", node
            )

    def _of_Constant(self, node: ast.Constant, names: Any) -> Any:
        return node.value

    def _of_Name(self, node: ast.Name, names: Mapping[str, Any]) -> Any:
        if node.id in names:
            return names[node.id]
        found = self.routine.binding(node)
        if isinstance(found, Binding):
            heading, _, written = found.heading.partition(" = ")
            if heading == node.id:
                try:
                    return ast.literal_eval(written)
                except (ValueError, SyntaxError):
                    return Atom(node.id)
        if found is None:
            raise self.refused(f"{node.id} has no value here. Assign it before.", node)
        return found

    def _of_Attribute(self, node: ast.Attribute, names: Mapping[str, Any]) -> Any:
        holder = self.value(node.value, names)
        if isinstance(holder, Binding):
            return Atom(ast.unparse(node))
        raise self.refused(f"the attribute {node.attr} cannot be unrolled. Use names and lists.", node)

    def _of_UnaryOp(self, node: ast.UnaryOp, names: Mapping[str, Any]) -> Any:
        value = self.value(node.operand, names)
        if isinstance(node.op, ast.Not):
            return not self.decided(node.operand, names)
        if isinstance(node.op, ast.UAdd):
            return value
        if not _is_open(value):
            return -value
        return self.applied(NEGATE, [value], lambda a: Piece(f"-{a[0].at(Level.POWER)}", Level.SIGN), node)

    def _of_IfExp(self, node: ast.IfExp, names: Mapping[str, Any]) -> Any:
        return self.value(node.body if self.decided(node.test, names) else node.orelse, names)

    def _of_BoolOp(self, node: ast.BoolOp, names: Mapping[str, Any]) -> bool:
        holds = isinstance(node.op, ast.And)
        return holds if all(self.decided(v, names) is holds for v in node.values) else not holds

    def _of_Compare(self, node: ast.Compare, names: Mapping[str, Any]) -> Any:
        values = [self.value(v, names) for v in (node.left, *node.comparators)]
        if any(map(_is_open, values)):
            return Atom(ast.unparse(node))
        pairs = zip(node.ops, values[:-1], values[1:], strict=True)
        return all(_COMPARED[type(op)](a, b) for op, a, b in pairs)

    def _of_Tuple(self, node: ast.Tuple, names: Mapping[str, Any]) -> tuple[Any, ...]:
        return tuple([self.value(e, names) for e in node.elts])

    def _of_List(self, node: ast.List, names: Mapping[str, Any]) -> list[Any]:
        return [self.value(e, names) for e in node.elts]

    def _of_Dict(self, node: ast.Dict, names: Mapping[str, Any]) -> dict[Any, Any]:
        if None in node.keys:
            raise self.refused("** cannot be unrolled. Write the entries out.", node)
        return {self.value(k, names): self.value(v, names) for k, v in zip(node.keys, node.values, strict=True)}  # type: ignore[arg-type]

    def _of_Slice(self, node: ast.Slice, names: Mapping[str, Any]) -> slice:
        return slice(*(self.value(p, names) if p is not None else None for p in (node.lower, node.upper, node.step)))

    def _of_Subscript(self, node: ast.Subscript, names: Mapping[str, Any]) -> Any:
        holder, index = self.value(node.value, names), self.value(node.slice, names)
        try:
            return holder[index]
        except (TypeError, LookupError):
            raise self.refused(
                f"{ast.unparse(node)}: expected an element of a list made here, at an index that is known before. "
                "Write names.",
                node,
            ) from None

    def _of_ListComp(self, node: ast.ListComp | ast.GeneratorExp, names: Mapping[str, Any]) -> list[Any]:
        found: list[dict[str, Any]] = [dict(names)]
        for generator in node.generators:
            inner = []
            for around in found:
                for element in self.iterated(self.value(generator.iter, around), generator.iter):
                    here = dict(around)
                    self.depth += 1  # what is bound within has no name outside
                    self.bind(generator.target, element, here)
                    self.depth -= 1
                    if all(self.decided(test, here) for test in generator.ifs):
                        inner.append(here)
            found = inner
        return [self.value(node.elt, here) for here in found]

    _of_GeneratorExp = _of_ListComp

    # -- calls

    def _of_Call(self, node: ast.Call, names: Mapping[str, Any]) -> Any:
        function = node.func
        if any(isinstance(a, ast.Starred) for a in node.args) or any(k.arg is None for k in node.keywords):
            raise self.refused("a call with * cannot be unrolled. Write the arguments one by one.", node)
        arguments = [self.value(a, names) for a in node.args]
        keywords = {str(k.arg): self.value(k.value, names) for k in node.keywords}
        local = names.get(function.id) if isinstance(function, ast.Name) else None
        if isinstance(local, Closure):
            return self.inlined(local.routine, local.names, arguments, keywords, node)
        called = self.routines.callee(self.routine, node)
        if isinstance(called, Routine):
            return self.inlined(called, {}, arguments, keywords, node)
        name = ast.unparse(function)
        if isinstance(called, Primitive) and not keywords:
            least = len(arguments) if called.name in ("max", "min") else len(called.partials) - len(called.defaults)
            if len(arguments) < max(least, 1 + (called.name in ("max", "min"))):
                raise self.refused(
                    f"{name}: expected {max(least, 2)} arguments, got {len(arguments)}. Write them out.", node
                )
            if any(isinstance(a, (list, tuple)) for a in arguments):
                raise self.refused(f"{name} of a list cannot be unrolled. Write it out.", node)
            return self.applied(called, arguments, call_form(name), node)
        if name == "sum" and called is Kind.LINEAR:
            total, *terms = [*arguments[1:], *self.iterated(arguments[0], node)] or [0]
            for term in terms:
                total = self.operation(ast.Add(), total, term, node)
            return total
        if name.endswith(("float", "float64")) and called is Kind.LINEAR:
            return arguments[0]
        if isinstance(function, ast.Attribute) and function.attr in _METHODS:
            holder = self.value(function.value, names)
            if isinstance(holder, (list, dict)):
                try:
                    return getattr(holder, function.attr)(*arguments)
                except (LookupError, TypeError, ValueError) as error:
                    raise self.refused(f"{error}. Correct the source.", node) from None
        if name in _AT_ONCE and not any(map(_is_open, arguments)):
            try:
                return _AT_ONCE[name](*arguments, **keywords)
            except (TypeError, ValueError) as error:
                raise self.refused(f"{error}. Correct the source.", node) from None
        if called is Kind.FLAT and not keywords and name not in ("print", "range", "len"):
            return self.applied(None, arguments, call_form(name), node)
        raise self.refused(
            f"{name} cannot be unrolled: expected arithmetic, functions of math or compgraph of numbers, or a Python "
            "function beside it. Write it out.",
            node,
        )

    def inlined(
        self,
        routine: Routine,
        around: Mapping[str, Any],
        arguments: list[Any],
        keywords: dict[str, Any],
        node: ast.Call,
    ) -> Any:
        """What a call returns, its operations becoming the caller's."""
        if self.depth >= DEEPEST:
            raise self.refused(f"{routine.name}: more than {DEEPEST} calls deep. Write a loop.", node)
        own = [p.arg for p in routine.parameters]
        given = {**dict(zip(own, arguments, strict=False)), **keywords}
        outer, self.routine, self.depth = self.routine, routine, self.depth + 1
        names = {**around, **{name: self.value(default, {}) for name, default in defaults_of(routine).items()}, **given}
        missing = [name for name in own if name not in names]
        if missing or len(arguments) > len(own) or not keywords.keys() <= set(own):
            self.routine = outer
            raise self.refused(f"{routine.name} takes {', '.join(own)}. Hand over each of them once.", node)
        jump = self.block(routine.node.body, names)
        self.routine, self.depth = outer, self.depth - 1
        return jump.value if jump is not None else None

    # -- names and lists

    def bind(self, target: Any, value: Any, names: dict[str, Any]) -> None:
        if isinstance(target, ast.Name):
            names[target.id] = value
            if isinstance(value, Node) and value.base is None and self.depth == 0:
                value.base = target.id
        elif isinstance(target, ast.Subscript):
            holder, index = self.value(target.value, names), self.value(target.slice, names)
            if not isinstance(holder, (list, dict)) or isinstance(index, (Node, Atom)):
                raise self.refused(
                    f"{ast.unparse(target)}: expected an element of a list made here. Write names.", target
                )
            holder[index] = value
        elif isinstance(target, (ast.Tuple, ast.List)):
            elements = self.iterated(value, target)
            if len(elements) != len(target.elts) or any(isinstance(t, ast.Starred) for t in target.elts):
                raise self.refused(
                    f"expected {len(target.elts)} values, got {len(elements)}. Write them one by one.", target
                )
            for one, element in zip(target.elts, elements, strict=True):
                self.bind(one, element, names)
        else:
            raise self.refused(f"{ast.unparse(target)} cannot be assigned to here. Write a name.", target)

    def decided(self, test: ast.expr, names: Mapping[str, Any]) -> bool:
        value = self.value(test, names)
        if isinstance(value, (Node, Atom)):
            raise self.refused(
                f"whether {ast.unparse(test)} holds is not known before: expected a condition on numbers that the "
                "source spells out. Use forward_source, which keeps branches.",
                test,
            )
        return bool(value)

    def iterated(self, value: Any, node: Any) -> list[Any]:
        if isinstance(value, (Node, Atom, int, float)):
            raise self.refused(
                f"{ast.unparse(node)} has no length that is known before. Write names, or give the count a default.",
                node,
            )
        return list(value)


def _is_open(value: Any) -> bool:
    """Whether a value is not known before."""
    return isinstance(value, (Node, Atom))


def defaults_of(routine: Routine) -> dict[str, ast.expr]:
    arguments = routine.node.args
    plain = [*arguments.posonlyargs, *arguments.args]
    found = dict(zip([p.arg for p in plain[len(plain) - len(arguments.defaults) :]], arguments.defaults, strict=True))
    named = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    return {**found, **{p.arg: default for p, default in named if default is not None}}

"""The tangent of an expression: Python source → Python source, without a statement of its own.

Operands stand in the derivative as they are spelled in the source, or by the name that they were given on the way.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

from compgraph.expression import POWER, Expression, Primitive
from compgraph.listing.forms import Level, Piece
from compgraph.transform.routines import Routine
from compgraph.transform.rules import BINARY, Kind
from compgraph.transform.source import OPAQUE
from compgraph.transform.spelling import Spelling
from compgraph.transform.writing import Partials, Term, total

__all__ = ["ZERO", "Tangents", "literal"]

#: Part of an expression → its tangent, or None if it has none.
Found = dict[ast.expr, Term | None]

#: The tangent of a number that does not move.
ZERO = "0.0"

#: Methods of lists, dicts and arrays of which the derivative is the same method of the tangent.
_LINEAR_METHODS = frozenset(
    ["copy", "values", "pop", "sum", "mean", "cumsum", "reshape", "ravel", "flatten", "transpose", "tolist"]
)


class Tangents(Spelling):
    """Writes the tangents of the expressions of one function."""

    # -- tangents

    def tangent(self, node: ast.expr, output: Piece | None = None) -> Piece | None:
        """The tangent of an expression; None if it has none. `output` stands for its value where that is known."""
        term = self.term(node, output)
        return term.signed() if term else None

    def term(self, node: ast.expr, output: Piece | None = None) -> Term | None:
        """The tangent of an expression, its sign apart."""
        order = []
        stack = [node]
        while stack:
            part = stack.pop()
            order.append(part)
            if part not in self.replaced and self.active(part):
                stack += self.shared.routines.parts(self.routine, part)
        found: Found = {}
        for part in reversed(order):
            found[part] = None
            if part in self.replaced:
                tangent = self.replaced[part][1]
                found[part] = Term(tangent) if tangent else None
            elif self.active(part):
                write = getattr(self, f"_of_{type(part).__name__}", None)
                if write is None:
                    raise self.refused(f"{type(part).__name__} of a value that has a derivative. Write it out.", part)
                written = write(part, found, output if part is node else None)
                found[part] = Term(written) if isinstance(written, Piece) else written
        return found[node]

    def moved(self, node: ast.expr) -> Piece:
        """The tangent of an expression, or zeros of its shape."""
        return self._or_zero(node, self.term(node))

    def _or_zero(self, node: ast.expr, term: Term | None) -> Piece:
        return term.signed() if term else Piece(self.zero(node))

    def _atom(self, node: ast.expr, found: Found) -> str:
        return self._or_zero(node, found[node]).at(Level.ATOM)

    def _of_Name(self, node: ast.Name, found: Found, output: Any) -> Piece:
        return Piece(self.shared.tangent(node.id))

    def _of_Starred(self, node: ast.Starred, found: Found, output: Any) -> Piece:
        return Piece(f"*{self._atom(node.value, found)}")

    def _of_Subscript(self, node: ast.Subscript, found: Found, output: Any) -> Piece:
        return Piece(f"{self._atom(node.value, found)}[{self.value(node.slice)}]")

    def _of_Attribute(self, node: ast.Attribute, found: Found, output: Any) -> Piece:
        if node.attr == "T":
            return Piece(f"{self._atom(node.value, found)}.T")
        raise self.refused(f"the attribute {node.attr} has no derivative that is known. Use names and lists.", node)

    def _of_UnaryOp(self, node: ast.UnaryOp, found: Found, output: Any) -> Term | None:
        term = found[node.operand]
        if term is None or not isinstance(node.op, ast.USub):
            return term
        return term._replace(minus=not term.minus)

    def _of_BinOp(self, node: ast.BinOp, found: Found, output: Piece | None) -> Piece | Term | None:
        row = BINARY.get(type(node.op))
        if row is None:
            sign = {ast.Mod: "%", ast.FloorDiv: "//"}.get(type(node.op), type(node.op).__name__)
            raise self.refused(f"{sign} has no derivative here: expected + − * / **. Compute it from constants.", node)
        if isinstance(node.op, ast.MatMult):
            return self._products("{} @ {}", [node.left, node.right], found, Level.PRODUCT)
        return self.applied(row, [node.left, node.right], found, output or self.piece(node))

    def _of_IfExp(self, node: ast.IfExp, found: Found, output: Any) -> Piece:
        body, other = (self._or_zero(n, found[n]) for n in (node.body, node.orelse))
        test = self.piece(node.test).at(Level.OR)
        return Piece(f"{body.at(Level.OR)} if {test} else {other.text}", Level.CHOICE)

    def _of_BoolOp(self, node: ast.BoolOp, found: Found, output: Any) -> Piece:
        raise self.refused("and, or of values that have a derivative cannot be transformed. Write a if c else b.", node)

    def _of_JoinedStr(self, node: Any, found: Found, output: Any) -> Piece:
        raise self.refused("text made of a value has no derivative. Print it instead.", node)

    _of_FormattedValue = _of_JoinedStr

    # -- displays

    def _elements(self, nodes: Sequence[ast.expr], found: Found) -> str:
        return ", ".join([self._or_zero(n, found[n]).text for n in nodes])

    def _of_Tuple(self, node: ast.Tuple, found: Found, output: Any) -> Piece:
        return Piece(f"({self._elements(node.elts, found)}{',' * (len(node.elts) == 1)})")

    def _of_List(self, node: ast.List, found: Found, output: Any) -> Piece:
        return Piece(f"[{self._elements(node.elts, found)}]")

    def _of_Dict(self, node: ast.Dict, found: Found, output: Any) -> Piece:
        entries = []
        for key, entry in zip(node.keys, node.values, strict=True):
            text = self._or_zero(entry, found[entry]).text
            entries.append(f"**{text}" if key is None else f"{self.value(key)}: {text}")
        return Piece(f"{{{', '.join(entries)}}}")

    def _of_ListComp(self, node: ast.ListComp, found: Found, output: Any) -> Piece:
        return Piece(f"[{self._or_zero(node.elt, found[node.elt]).text} {self._generators(node)}]")

    def _of_GeneratorExp(self, node: ast.GeneratorExp, found: Found, output: Any) -> Piece:
        return Piece(f"({self._or_zero(node.elt, found[node.elt]).text} {self._generators(node)})")

    def _of_DictComp(self, node: ast.DictComp, found: Found, output: Any) -> Piece:
        return Piece(
            f"{{{self.value(node.key)}: {self._or_zero(node.value, found[node.value]).text} {self._generators(node)}}}"
        )

    def _generators(self, node: ast.ListComp | ast.GeneratorExp | ast.DictComp) -> str:
        texts = []
        for generator in node.generators:
            target, iterated = self.iteration(generator.target, generator.iter)
            if not self.iterates(generator.iter):
                self._check_still(generator.target)
            texts += [f"for {target} in {iterated}", *(f"if {self.value(test)}" for test in generator.ifs)]
        return " ".join(texts)

    # -- loops

    def iterates(self, iterated: ast.expr) -> bool:
        """Whether a loop runs over what moves."""
        return self.active(iterated) and not self.shared.routines.keys(self.routine, iterated)

    def iteration(self, target: Any, iterated: Any) -> tuple[str, str]:
        """What a loop runs over, with tangents: its target, and where that comes from."""
        if not self.iterates(iterated):
            return self.value(target), self.value(iterated)
        function = getattr(iterated, "func", None)
        several = isinstance(target, (ast.Tuple, ast.List))
        if isinstance(function, ast.Name) and self.routine.owner(function.id) is None and several:
            if function.id == "enumerate" and len(target.elts) == 2:
                self._check_still(target.elts[0])
                inner, over = self.iteration(target.elts[1], iterated.args[0])
                start = "".join(f", {self.value(a)}" for a in [*iterated.args[1:], *iterated.keywords])
                return f"{self.value(target.elts[0])}, ({inner})", f"enumerate({over}{start})"
            if function.id == "zip" and len(target.elts) == len(iterated.args):
                parts = zip(target.elts, iterated.args, strict=True)
                pairs = [(t, a) for t, a in parts if self.active(a) or self._stands_elsewhere(t)]
                names = [*map(self.value, target.elts), *(self.moving(t) for t, _ in pairs)]
                lists = [*map(self.value, iterated.args), *(self._moved_list(a) for _, a in pairs)]
                return ", ".join(names), f"zip({', '.join(lists)})"
        if isinstance(function, ast.Attribute) and function.attr == "items" and several:
            self._check_still(target.elts[0])
            over = self.moved(function.value).at(Level.ATOM)
            return (
                f"{self.piece(target).text}, {self.moving(target.elts[1])}",
                f"zip({self.value(iterated)}, {over}.values())",
            )
        over = self.moved(iterated).text
        return f"{self.piece(target).text}, {self.moving(target)}", f"zip({self.value(iterated)}, {over})"

    def _stands_elsewhere(self, target: ast.expr) -> bool:
        """Whether names that are bound to what does not move have a tangent, because of what they are elsewhere."""
        return any(isinstance(n, ast.Name) and self.active(n) for n in ast.walk(target))

    def _check_still(self, target: ast.expr) -> None:
        if self._stands_elsewhere(target):
            raise self.refused(f"{ast.unparse(target)} stands for two things. Give one of them another name.", target)

    def _moved_list(self, iterated: ast.expr) -> str:
        if self.active(iterated) or isinstance(iterated, (ast.List, ast.Tuple)):
            return self.moved(iterated).text
        return self.shared.zeros(f"list({self.value(iterated)})")

    def moving(self, target: Any) -> str:
        """The tangents of a target, an underscore for what has none."""
        if isinstance(target, (ast.Tuple, ast.List)):
            return f"({', '.join(map(self._moving_part, target.elts))})"
        return self._moving_part(target)

    def _moving_part(self, target: Any) -> str:
        if isinstance(target, ast.Name):
            return self.shared.tangent(target.id) if self.routine.is_active(target.id) else "_"
        if isinstance(target, ast.Subscript):
            name = self.tangent(target)
            return name.text if name else "_"
        if isinstance(target, ast.Starred):
            return f"*{self.moving(target.value)}"
        if isinstance(target, ast.Attribute):
            raise self.refused("an attribute that is assigned to. Use names and lists.", target)
        return self.moving(target)

    def target(self, target: ast.expr) -> str:
        """The tangents of the target of an assignment."""
        text = self.moving(target)
        return text[1:-1] if isinstance(target, (ast.Tuple, ast.List)) and len(target.elts) > 1 else text

    # -- calls

    def _of_Call(self, node: ast.Call, found: Found, output: Piece | None) -> Piece | Term | None:
        called = self.called(node)
        if isinstance(called, Primitive):
            return self.applied(called, self.operands_of(node, called), found, output or self.piece(node))
        if called is Kind.LINEAR:
            return self._linear(node, found)
        if called is Kind.PRODUCT:
            return self._products(f"{self.value(node.func)}({{}}, {{}})", node.args, found, Level.ATOM)
        if called is Kind.CHOICE:
            condition, *cases = node.args
            return Piece(f"{self.value(node.func)}({self.value(condition)}, {self._elements(cases, found)})")
        name = ast.unparse(node.func)
        if isinstance(called, Routine):
            raise self.refused(
                f"{name} is called within an expression where it cannot be taken out. Write a loop.", node
            )
        if isinstance(node.func, ast.Attribute) and self.active(node.func.value):
            if node.func.attr in _LINEAR_METHODS:
                arguments = ", ".join(map(self.value, [*node.args, *node.keywords]))
                return Piece(f"{self._atom(node.func.value, found)}.{node.func.attr}({arguments})")
            raise self.refused(
                f"the method {node.func.attr} has no derivative that is known. Use names and lists.", node
            )
        if isinstance(node.func, ast.Name) and name == "zip" and called is OPAQUE:
            return Piece(f"zip({self._elements(node.args, found)})")
        raise self.refused(
            f"{name} has no derivative that is known: expected arithmetic, functions of math, NumPy or compgraph, or a "
            "Python function beside it. Write it out.",
            node,
        )

    def operands_of(self, node: ast.Call, row: Primitive) -> list[ast.expr]:
        """The operands of a primitive that is called."""
        if node.keywords or any(isinstance(a, ast.Starred) for a in node.args):
            raise self.refused(f"{row.name}: expected plain arguments. Leave out keywords and *.", node)
        each = row.name in ("max", "min")
        least = 2 if each else len(row.partials) - len(row.defaults)
        if len(node.args) < least or not (each or len(node.args) <= len(row.partials)):
            if row.name == "log" and len(node.args) == 2:
                raise self.refused("log with a base has no derivative here. Write log(x) / log(base).", node)
            hint = f"Write {row.name}(a, b), or a loop." if each else "Write it out."
            raise self.refused(f"{row.name}: expected {least} arguments, got {len(node.args)}. {hint}", node)
        return node.args

    def partials(self, row: Primitive, operands: Sequence[ast.expr]) -> Partials:
        constants: dict[int, Any] = {}
        if row is POWER and (exponent := literal(operands[1])) is not None:
            constants[1] = exponent
        if row.defaults:
            missing = len(row.partials) - len(operands)
            for i in range(missing):
                constants[len(operands) + i] = row.defaults[len(row.defaults) - missing + i]
        count = len(operands) + len(constants.keys() - range(len(operands)))
        positive = row is POWER and (literal(operands[0]) or 0) > 0
        return Partials.of(row, count, constants, positive_base=positive)

    def applied(self, row: Primitive, operands: Sequence[ast.expr], found: Found, output: Piece) -> Term | None:
        """The tangent of a primitive: the sum of its partials times the tangents of its operands."""
        partials = self.partials(row, operands)
        known: dict[Expression, Piece] = {partials.output: output}
        for variable, operand in zip(partials.operands, operands, strict=False):
            if isinstance(variable, Expression):
                known[variable] = self.piece(operand)
        terms = []
        for partial, operand in zip(partials.each, operands, strict=False):
            if (tangent := found[operand]) is not None:
                term = self.writer.product(partial, known, tangent)
                terms += [term] if term is not None else []
        return terms[0] if len(terms) == 1 else Term(total(terms)) if terms else None

    def _products(self, form: str, nodes: Sequence[ast.expr], found: Found, level: Level) -> Piece:
        left, right = nodes
        least = (Level.PRODUCT, Level.POWER) if level is Level.PRODUCT else (Level.CHOICE, Level.CHOICE)
        terms = []
        for moving, a, b in ((left, found[left], None), (right, None, found[right])):
            if (term := found[moving]) is not None:
                first = a.piece if a else self.piece(left)
                second = b.piece if b else self.piece(right)
                terms.append(Term(Piece(form.format(first.at(least[0]), second.at(least[1])), level), term.minus))
        return total(terms)

    def _linear(self, node: ast.Call, found: Found) -> Piece:
        first, *rest = node.args
        arguments = [self._or_zero(first, found[first]).text]
        if isinstance(first, ast.GeneratorExp) and found[first] and first not in self.replaced and not rest:
            arguments[0] = arguments[0][1:-1]
        name = self.value(node.func)
        for argument in [*rest, *node.keywords]:
            inner: Any = argument.value if isinstance(argument, ast.keyword) else argument
            if (term := found.get(inner)) is not None:
                arguments.append(term.signed().text)
            elif name != "sum":  # of sum, the start does not move
                arguments.append(self.value(argument))
        return Piece(f"{name}({', '.join(arguments)})")

    def derived_call(self, node: ast.Call) -> str:
        """The call of a function with derivatives: every argument that moves is followed by its tangent."""
        called: Routine = self.called(node)
        matched = self.shared.routines.matched(self.routine, node, called)
        arguments = []
        for i, (parameter, argument) in enumerate(matched):
            moves = parameter in called.inputs
            if i < len(node.args):
                arguments += [self.value(argument), *([self.moved(argument).text] if moves else [])]
            else:
                arguments.append(f"{parameter}={self.value(argument)}")
                if moves:
                    arguments.append(f"{self.shared.tangent(parameter)}={self.moved(argument).text}")
        return f"{self.shared.derived(called)}({', '.join(arguments)})"

    # -- zeros

    def zero(self, node: ast.expr, container: bool = False) -> str:
        """The tangent of an expression that does not move, in the shape of its value as far as that can be seen."""
        if isinstance(node, ast.List):
            return f"[{', '.join([self.zero(e) for e in node.elts])}]"
        if isinstance(node, ast.Tuple):
            return f"({', '.join([self.zero(e) for e in node.elts])}{',' * (len(node.elts) == 1)})"
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
            for side, other in ((node.left, node.right), (node.right, node.left)):
                if isinstance(side, (ast.List, ast.ListComp)):
                    return f"{self.zero(side)} * {self.piece(other).at(Level.POWER)}"
        if isinstance(node, (ast.Dict, ast.ListComp, ast.DictComp)):
            return self.shared.zeros(self.value(node))
        if isinstance(node, ast.Name):
            container |= self.routine.is_container(node.id)
        if isinstance(node, ast.Call) and isinstance(called := self.called(node), Routine):
            container |= any(called.holds_several(result.value) for result in called.results)
        return self.shared.zeros(self.value(node)) if container and not isinstance(node, ast.Constant) else "0.0"


def literal(node: ast.expr) -> int | float | None:
    """The number that a literal is, a sign included."""
    sign = 1
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        sign, node = -1, node.operand
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        number: Any = node.value
        return sign * number  # type: ignore[no-any-return] # an int or a float, as has been seen
    return None

"""Partials as Python: a rule of the table, its operands in the words of the program, times a tangent or an adjoint."""

from __future__ import annotations

import keyword
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from compgraph import functions as cg
from compgraph.expression import (
    DIVIDE,
    EQUAL,
    MULTIPLY,
    NEGATE,
    NOT_EQUAL,
    POWER,
    VARIABLE,
    Expression,
    Primitive,
    Variable,
)
from compgraph.functions import WHERE
from compgraph.listing.definitions import defined, steps
from compgraph.listing.forms import CALLS, LIBRARIES, Level, Piece, infix
from compgraph.traversal import evaluation_order

__all__ = ["Names", "Partials", "Term", "Writer", "call_form", "total"]


class Names:
    """Identifiers that nothing else in the program has."""

    def __init__(self, used: Iterable[str]) -> None:
        self.used = {*used, *keyword.kwlist, *keyword.softkwlist}

    def fresh(self, *likings: str) -> str:
        """The first of the likings that is free, or the last one with a number."""
        number = 1
        name = likings[0]
        for name in likings:
            if name not in self.used:
                break
        while name in self.used:
            number += 1
            name = f"{likings[-1]}_{number}"
        self.used.add(name)
        return name

    def numbered(self, letter: str, here: set[str]) -> str:
        """The next of v1, v2, … that is not used, nor given away `here` before; elsewhere it may be."""
        number = 1
        while (name := f"{letter}{number}") in here or name in self.used:
            number += 1
        here.add(name)
        return name


class Term(NamedTuple):
    """A summand: what is written, and whether it is taken away."""

    piece: Piece
    minus: bool = False

    def signed(self) -> Piece:
        """The term by itself."""
        if not self.minus:
            return self.piece
        return Piece(f"-{self.piece.at(Level.PRODUCT)}", min(Level.SIGN, self.piece.level))


def total(terms: Sequence[Term]) -> Piece:
    """The sum of one term or more."""
    whole = terms[0].signed()
    for piece, minus in terms[1:]:
        right = Level.PRODUCT if minus else Level.SUM
        whole = infix("-" if minus else "+", Level.SUM, Level.SUM, right)((whole, piece))
    return whole


class Partials(NamedTuple):
    """The partials of an operation at operands that are variables, but for literal exponents and defaults.

    Attributes
    ----------
    output : Variable
        Stands for the result.
    operands : list
        A Variable each, or a number.
    each : list
        The partials: Expressions, numbers, or None.
    """

    output: Expression
    operands: list[Any]
    each: list[Any]

    @classmethod
    def of(
        cls, primitive: Primitive, count: int, constants: Mapping[int, Any], *, positive_base: bool = False
    ) -> Partials:
        """The partials of a primitive of so many arguments, of which some are `constants`."""
        output = Variable("y")
        operands: list[Any] = [constants.get(i, Variable(f"x{i}")) for i in range(count)]
        each = []
        for position in range(count):
            rule = primitive.partials[position]
            each.append(rule(output, *operands) if callable(rule) else rule)
        if primitive is POWER and 1 not in constants:
            # as the rule decides on numbers: x⁰ and 0ⁿ have slopes, where n·xⁿ⁻¹ and log 0 have no value
            x, n = operands
            each[0] = WHERE(NOT_EQUAL(n, 0), each[0], 0)
            each[1] = each[1] if positive_base else WHERE(cg.logical_and(EQUAL(x, 0), n > 0), 0, each[1])
        return cls(output, operands, each)

    def read(self, position: int) -> set[Expression]:
        """The operands, and the output, that the partial of an argument is made of."""
        partial = self.each[position]
        if not isinstance(partial, Expression):
            return set()
        return {e for e in evaluation_order([partial]) if e.primitive is VARIABLE}


class Writer:
    """Writes expressions in `math` or NumPy, and remembers what else they need.

    Attributes
    ----------
    needed : dict
        Function that the library lacks → its definition, those that it uses before it.
    """

    def __init__(self, library: str, prefix: str, names: Names, spelled: Mapping[Primitive, str], heading: str) -> None:
        self.library = LIBRARIES[library]
        self.arrays = library == "numpy"
        self.prefix = prefix  # under which name the library is imported
        self.names = names
        self.spelled = dict(spelled)
        self.needed: dict[Primitive, str] = {}
        self.heading = heading  # how it is imported, if it is not yet
        self.imports = False
        self.imports_math = False

    def product(self, partial: Any, known: Mapping[Expression, Piece], factor: Term) -> Term | None:
        """A partial times a tangent or an adjoint; None where the partial is 0."""
        if not isinstance(partial, Expression):
            if partial == 0:
                return None
            size, minus = abs(partial), bool(partial < 0) is not factor.minus
            if size == 1:
                return Term(factor.piece, minus)
            if isinstance(size, Fraction) and size.numerator == 1:
                return Term(_infix("/", factor.piece, Piece(str(size.denominator))), minus)
            return Term(_infix("*", self.library.number(size), factor.piece), minus)
        partial, negative = _unsigned(partial)
        minus = negative is not factor.minus
        if not isinstance(partial, Expression):
            return self.product(partial, known, factor._replace(minus=minus))
        first, *rest = partial.arguments or (None,)
        if partial.primitive is DIVIDE and _is(first, 1):
            return Term(_infix("/", factor.piece, self._operand(rest[0], known)), minus)
        if partial.primitive is WHERE and (_is(rest[0], 0) or _is(rest[1], 0)):
            cases = [self.product(case, known, factor._replace(minus=False)) for case in rest]
            pieces = [case.signed() if case else Piece("0.0") for case in cases]
            return Term(self._form(WHERE)([self._operand(first, known), *pieces]), minus)
        return Term(_infix("*", self.expression(partial, known), factor.piece), minus)

    def _operand(self, operand: Any, known: Mapping[Expression, Piece]) -> Piece:
        return self.expression(operand, known) if isinstance(operand, Expression) else self.library.number(operand)

    def expression(self, expression: Expression, known: Mapping[Expression, Piece]) -> Piece:
        """An expression in one line, its variables as they are `known`."""
        pieces: dict[Any, Piece] = dict(known)
        for e in evaluation_order([expression]):
            if e not in pieces:
                operands = [pieces[a] if isinstance(a, Expression) else self.library.number(a) for a in e.arguments]
                pieces[e] = self._form(e.primitive)(operands)
        return pieces[expression]

    def _form(self, primitive: Primitive) -> Any:
        """How a primitive is written; what the library lacks is defined on the way."""
        if primitive is POWER:
            return infix("**", Level.POWER, Level.ATOM, Level.SIGN)
        if primitive in self.spelled:
            return call_form(self.spelled[primitive])
        if primitive in CALLS:
            return call_form(self._native(primitive))
        form = self.library.forms.get(primitive)
        if form is None:
            return call_form(self._defined(primitive))
        self.imports |= self.arrays
        return lambda operands: _renamed(form(operands), "np.", self.prefix) if self.arrays else form(operands)

    def _native(self, primitive: Primitive) -> str:
        called = CALLS[primitive][self.arrays]
        own = self.library.own.get(primitive.name)
        if own is not None and called == primitive.name:
            if primitive not in self.needed:
                called = self.spelled[primitive] = self.names.fresh(called)
                self.imports_math |= "math." in own
                self.needed[primitive] = own.replace(primitive.name, called, 1)
            return called
        head, dot, tail = called.partition(".")
        if dot:
            self.imports = True
            return self.prefix + tail
        return head

    def _defined(self, primitive: Primitive) -> str:
        """A primitive as a function of its own: a line for each part that has a name."""
        found = defined(primitive)
        if found is None:
            raise ValueError(f"{primitive.name} cannot be written in Python. Compute its derivative with cg.gradient.")
        parameters, whole = found
        called = self.spelled[primitive] = self.names.fresh(primitive.name)
        known = {parameter: Piece(str(parameter.name)) for parameter in parameters}
        lines = [f"def {called}({', '.join([piece.text for piece in known.values()])}):"]
        for part in steps(whole):
            text = self.expression(part, known).text
            lines.append(f"    return {text}" if part is whole else f"    {part.name} = {text}")
            known[part] = Piece(str(part.name))
        self.needed[primitive] = "\n".join(lines) + "\n"
        return called


def call_form(function: str) -> Any:
    return lambda operands: Piece(f"{function}({', '.join([operand.text for operand in operands])})")


def _renamed(piece: Piece, old: str, new: str) -> Piece:
    return piece._replace(text=piece.text.replace(old, new, 1))


def _infix(sign: str, left: Piece, right: Piece) -> Piece:
    # a product on the right of a product needs no brackets: what is multiplied are numbers
    least = Level.PRODUCT if sign == "*" else Level.POWER
    return infix(sign, Level.PRODUCT, Level.PRODUCT, least)((left, right))


def _is(value: Any, number: int) -> bool:
    return not isinstance(value, Expression) and bool(value == number)


def _unsigned(expression: Expression) -> tuple[Any, bool]:
    """An expression without the minus that it begins with, and whether there was one."""
    chain: list[Expression] = []
    e: Any = expression
    while isinstance(e, Expression) and e.primitive in (MULTIPLY, DIVIDE):
        chain.append(e)
        e = e.arguments[0]
    if isinstance(e, Expression) and e.primitive is NEGATE:
        e = e.arguments[0]
    elif not isinstance(e, Expression) and e < 0:
        e = -e
    else:
        return expression, False
    for outer in reversed(chain):
        e = outer.arguments[1] if outer.primitive is MULTIPLY and _is(e, 1) else outer.primitive(e, outer.arguments[1])
    return e, True

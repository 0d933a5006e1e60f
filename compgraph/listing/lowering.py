"""A program broken down into single operations on numbered results: what fast code and the machine are made of.

Equal operations are done once, factors 1 and −1 and sums with nothing are left out, primitives are replaced by their
definitions, and what no result needs is dropped. Each operation has a guard, the place of the condition under which
it is done; what stands in a branch of a `where` is guarded by its condition.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from compgraph import functions as cg
from compgraph.expression import (
    ADD,
    IDENTITY,
    LITERAL,
    MULTIPLY,
    NEGATE,
    NOT_EQUAL,
    POWER,
    SUBTRACT,
    VARIABLE,
    Expression,
    Primitive,
    Variable,
)
from compgraph.functions import WHERE
from compgraph.listing.definitions import DEFINITIONS
from compgraph.listing.forms import CONDITIONS
from compgraph.listing.identifiers import Slope
from compgraph.listing.operations import ALWAYS, Lowered, Operand, Operation, needed
from compgraph.numbers import entered

if TYPE_CHECKING:
    from compgraph.listing.assignments import Guard, Program

__all__ = ["lowered"]


def lowered(program: Program) -> Lowered:
    """Break a program down; linear in its size."""
    lowering = _Lowering()
    for key in program.inputs:
        lowering.places[key] = len(lowering.operations)
        lowering.operations.append(Operation(VARIABLE, (), ALWAYS))
    for name, terms, adds, cases in program.assignments:
        lowering.assign(name, terms, adds, cases)
    places = lowering.places
    values = [lowering.number(places[y], ALWAYS) for y in program.outputs if y in places]
    slopes = [
        places.get(Slope(y, x), 1.0 if x == y else 0.0) for y in program.outputs for x in program.wrt
    ] if program.derives else []  # fmt: skip
    operations = lowering.operations
    given = {key for key, data in program.graph.nodes(data=True) if data.get("name") is not None}
    return Lowered(
        operations,
        needed(operations, [*values, *slopes]),
        len(program.inputs),
        values,
        slopes,
        {place: name for name, place in reversed(places.items()) if type(place) is int and name in given},
        lowering.known,
    )


def _key(primitive: Primitive, operands: tuple[Operand, ...], guard: int) -> Operation:
    """What an operation is known by: a literal by its text, since 2.0 is not the place 2, nor −0 the same as 0."""
    if float in map(type, operands):
        operands = tuple([o if type(o) is int else repr(o) for o in operands])
    return Operation(primitive, operands, guard)


class _Lowering:
    """What has been lowered so far."""

    def __init__(self) -> None:
        self.operations: list[Operation] = []
        self.known: dict[Operation, int] = {}
        self.places: dict[Any, Operand] = {}  # name → operand
        self.bases: dict[Any, int] = {}  # name → the guard under which it was assigned first, where there is one
        self.literals: dict[Any, float] = {}
        self.conditions = False  # whether there are any

    def assign(self, name: Any, terms: Sequence[tuple[Any, ...]], adds: bool, cases: Guard) -> None:
        guard = ALWAYS if cases is None else self.guard(cases)
        if guard is None:
            if not adds:
                self.places[name] = 0.0
            return
        total = self.term(terms[0], guard)
        for term in terms[1:]:
            total = self.sum(total, self.term(term, guard), guard)
        if adds:
            base = self.bases.get(name, ALWAYS)
            if guard != base:
                total = self.choice(guard, total, 0.0, base)
            total = self.sum(self.places[name], total, base)
        elif guard != ALWAYS:
            self.bases[name] = guard
        self.places[name] = total

    # -- sums and products of a sweep

    def term(self, factors: tuple[Any, ...], guard: int) -> Operand:
        operands = [
            self.taken(self.places[f], guard) if isinstance(f, Slope) else self.expression(f, guard) for f in factors
        ]
        return operands[0] if len(operands) == 1 else self.product(operands[0], operands[1], guard)

    def taken(self, operand: Operand, guard: int) -> Operand:
        """A choice by the very condition of the guard is made already."""
        while type(operand) is int and self.operations[operand].primitive is WHERE:
            condition, a, _ = self.operations[operand].operands
            if condition != guard:
                break
            operand = a
        return operand

    def product(self, a: Operand, b: Operand, guard: int) -> Operand:
        for factor, other in ((a, b), (b, a)):
            if type(factor) is float:
                if type(other) is float:
                    return factor * other
                if factor == 1.0:
                    return other
                if factor == -1.0:
                    return self.operation(NEGATE, (other,), guard)
        return self.operation(MULTIPLY, (a, b), guard)

    def sum(self, a: Operand, b: Operand, guard: int) -> Operand:
        for term, other in ((a, b), (b, a)):
            if type(term) is float:
                if type(other) is float:
                    return term + other
                if term == 0.0:
                    return other
        for term, other in ((b, a), (a, b)):
            if type(term) is int and self.operations[term].primitive is NEGATE:
                return self.operation(SUBTRACT, (other, self.operations[term].operands[0]), guard)
        return self.operation(ADD, (a, b), guard)

    # -- expressions

    def expression(self, expression: Any, guard: int) -> Operand:
        """The operand that an expression is; branches of a `where` inside it are guarded by its condition."""
        if not isinstance(expression, Expression):
            return self.literal(expression)
        if expression.primitive is VARIABLE:
            return self.places[expression.name]
        operands = []
        for argument in expression.arguments:  # the usual case: one operation on names and numbers
            if type(argument) is Variable:
                operands.append(self.places[argument.name])
            elif isinstance(argument, Expression):
                break
            else:
                operands.append(self.literal(argument))
        else:
            if expression.primitive is not WHERE:
                return self.operation(expression.primitive, tuple(operands), guard)
        return self.within(expression, guard, self.places)

    def within(self, expression: Expression, guard: int, names: dict[Any, Operand], *, guarded: bool = True) -> Operand:
        """An expression whose variables are `names`; its branches may be done in any case if they are not `guarded`."""
        stack: list[tuple[Expression, int]] = [(expression, guard)]
        known: dict[tuple[Any, int], Operand] = {}
        places = names

        def operand(argument: Any, guard: int) -> Operand | None:
            if not isinstance(argument, Expression):
                return self.literal(argument)
            if argument.primitive is VARIABLE:
                return places[argument.name]
            return known.get((argument, guard))

        while stack:
            e, under = stack[-1]
            if e.primitive is WHERE:
                result = self._branches(e, under, operand, stack, guarded)
            else:
                operands = [operand(a, under) for a in e.arguments]
                missing = [a for a, o in zip(e.arguments, operands, strict=True) if o is None]
                stack += [(a, under) for a in reversed(missing)]
                result = None if missing else self.operation(e.primitive, tuple(operands), under)
            if result is not None:
                known[stack.pop()] = result
        return known[expression, guard]

    def _branches(
        self, e: Expression, guard: int, operand: Any, stack: list[tuple[Expression, int]], guarded: bool
    ) -> Operand | None:
        """A `where`, once its parts are known; until then they go onto the stack."""
        condition = operand(e.arguments[0], guard)
        if condition is None:
            stack.append((e.arguments[0], guard))
            return None
        if type(condition := self.truth(condition, guard)) is bool:
            branches = [(e.arguments[1 if condition else 2], guard)]
        else:
            branches = [
                (a, self.both(guard, condition, holds) if guarded else guard)
                for a, holds in zip(e.arguments[1:], (True, False), strict=True)
            ]
        operands = [operand(*branch) for branch in branches]
        missing = [branch for branch, o in zip(branches, operands, strict=True) if o is None]
        stack += reversed(missing)
        if missing:
            return None
        return operands[0] if len(operands) == 1 else self.choice(condition, operands[0], operands[1], guard)

    def choice(self, condition: int, a: Operand, b: Operand, guard: int) -> Operand:
        return self.operation(WHERE, (condition, a, b), guard)

    def literal(self, value: Any) -> float:
        if type(value) is float:
            return value
        key = (type(value), value)
        if (known := self.literals.get(key)) is None:
            known = self.literals[key] = float(entered(value, "a literal"))
        return known

    # -- conditions

    def truth(self, condition: Operand, guard: int) -> Operand:
        """A condition as one: any number but 0 is true."""
        if type(condition) is not int:
            return bool(condition)
        if self.operations[condition].primitive in CONDITIONS:
            return condition
        return self.operation(NOT_EQUAL, (condition, 0.0), guard)

    def both(self, guard: int, condition: int, holds: bool) -> int:
        """The guard of a branch."""
        if not holds:
            condition = self.operation(cg.logical_not, (condition,), guard)
        if guard == ALWAYS:
            return condition
        return int(self.operation(cg.logical_and, (guard, condition), ALWAYS))

    def guard(self, cases: tuple[tuple[tuple[str, bool], ...], ...]) -> int | None:
        """The place of the condition that some case holds; ALWAYS or None where that is decided."""
        total: int | None = None
        for case in cases:
            one = ALWAYS
            for name, holds in case:
                condition = self.truth(self.places[name], one)
                if type(condition) is bool:
                    if condition is not holds:
                        break
                else:
                    one = self.both(one, condition, holds)
            else:
                if one == ALWAYS:
                    return ALWAYS
                total = one if total is None else int(self.operation(cg.logical_or, (total, one), ALWAYS))
        return total

    # -- operations

    def operation(self, primitive: Primitive, operands: tuple[Operand, ...], guard: int) -> Operand:
        """The result of a primitive, which may be known already, or be made of others."""
        if primitive is IDENTITY or primitive is LITERAL:
            return operands[0]
        if int not in set(map(type, operands)):  # nothing but literals
            try:
                value = primitive.evaluate(*operands)
            except (ArithmeticError, ValueError):
                pass  # to be raised when it is run, and explained
            else:
                return value if type(value) is bool else float(value)
        key = _key(primitive, operands, guard)
        found = self.known.get(key)
        if found is None and guard != ALWAYS:
            found = self.known.get(key._replace(guard=ALWAYS))
        if found is not None:
            return found
        if primitive is POWER and type(operands[1]) is float and operands[1] in (1.0, 2.0, 3.0):
            power = operands[0]
            for _ in range(int(operands[1]) - 1):
                power = self.operation(MULTIPLY, (power, operands[0]), guard)
            return power
        if primitive in (cg.max, cg.min) and len(operands) != 2:
            total = operands[0]
            for operand in operands[1:]:
                total = self.operation(primitive, (total, operand), guard)
            return total
        if (rule := DEFINITIONS.get(primitive)) is not None:
            names = rule.__code__.co_varnames[: rule.__code__.co_argcount]
            return self.defined(rule, dict(zip(names, operands, strict=True)), guard)
        if primitive in CONDITIONS:
            self.conditions = True
        elif self.conditions and primitive is not WHERE:
            operands = tuple([self.number(operand, guard) for operand in operands])
            key = _key(primitive, operands, guard)
        return self.added(Operation(primitive, operands, guard), key)

    def added(self, operation: Operation, key: Operation) -> int:
        """The place of an operation, which may be known by its key."""
        place = self.known.setdefault(key, len(self.operations))
        if place == len(self.operations):
            self.operations.append(operation)
        return place

    def number(self, operand: Operand, guard: int) -> Operand:
        """A condition as the number 1 or 0, where arithmetic uses it."""
        if type(operand) is bool:
            return float(operand)
        if type(operand) is int and self.operations[operand].primitive in CONDITIONS:
            choice = Operation(WHERE, (operand, 1.0, 0.0), guard)
            return self.added(choice, _key(*choice))
        return operand

    def defined(self, rule: Any, names: dict[Any, Operand], guard: int) -> Operand:
        """A primitive by its definition."""
        return self.within(rule(*map(Variable, names)), guard, names, guarded=False)

"""Programs as Python modules to take along: readable, and with nothing to import but `math` or NumPy."""

from __future__ import annotations

import itertools
import keyword
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from compgraph.expression import VARIABLE, Expression, Primitive
from compgraph.listing.definitions import defined, steps
from compgraph.listing.forms import LIBRARIES, Level, Library, Piece, infix
from compgraph.listing.identifiers import Identifiers, Slope
from compgraph.traversal import evaluation_order

if TYPE_CHECKING:
    from compgraph.listing.assignments import Assignment, Guard, Program

__all__ = ["Writer", "module"]

#: An expression of more operations is not written in one line; Python would refuse to nest so many brackets.
LONGEST = 150


def module(program: Program, library: str, name: str) -> str:
    """The program as a module that defines the function `name`."""
    if library not in ("math", "numpy"):
        raise ValueError(f"library: expected math or numpy, got {library!r:.40}.")
    if not (name.isidentifier() and not keyword.iskeyword(name)):
        raise ValueError(f"name: expected a Python identifier, got {name!r:.40}. Write name='f'.")
    writer = Writer(LIBRARIES[library])
    body = list(writer.function(program, name))
    return "\n\n".join(["".join(writer.heading()), *writer.needed.values(), "\n".join(body) + "\n"])


class Writer:
    """Writes functions, and remembers what else they need."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self.arrays = library.name == "numpy"
        self.names = Identifiers()
        self.needed: dict[Primitive, str] = {}  # what the library lacks, its definition before its use
        self.foreign: dict[Primitive, str] = {}
        self.slopes: dict[str, Slope] = {}  # derivatives that stand in an expression as variables

    def heading(self) -> Iterator[str]:
        if self.arrays and any("math." in text for text in self.needed.values()):
            yield "import math\n\n"
        yield self.library.heading
        if self.foreign:
            yield f"\n# of your own, to be defined here: {', '.join(self.foreign.values())}\n"

    # -- the function

    def function(self, program: Program, name: str) -> Iterator[str]:
        """The lines of the function of a program."""
        yield f"def {name}({', '.join([self.names[key] for key in program.inputs])}):"
        results = ", ".join(self.results(program))
        guarded = self.arrays and any(a.guard for a in program.assignments)
        indent = "    "
        if guarded:
            yield f'{indent}with np.errstate(all="ignore"):  # of what is computed for a branch not taken'
            indent += "    "
        for number, block in enumerate(program.blocks()):
            if number:
                yield ""
            for guard, lines in itertools.groupby(block, key=lambda a: a.guard):
                if guard is None or self.arrays:
                    yield from (f"{indent}{self.line(a, program)}" for a in lines)
                else:
                    yield f"{indent}if {self.guard(guard).text}:"
                    yield from (f"{indent}    {self.line(a, program)}" for a in lines)
        yield f"    return {results}"

    def results(self, program: Program) -> list[str]:
        """What the function of a program returns: its values, its derivatives, or both."""
        assigned = {a.name for a in program.assignments}.union(program.inputs)
        values = [self.names[key] for key in program.outputs]

        def slope(y: Any, x: Any) -> str:
            return self.names[Slope(y, x)] if Slope(y, x) in assigned else "1.0" if x == y else "0.0"

        rows = [self.together([slope(y, x) for x in program.wrt]) for y in program.outputs]
        one = len(program.outputs) == 1
        if not program.derives:
            return [values[0] if one else self.together(values)]
        slopes = rows[0] if one else self.together(rows)
        if not assigned.issuperset(program.outputs):  # a graph made by hand has no values
            return [slopes]
        return [values[0] if one else self.together(values), slopes]

    def together(self, parts: list[str]) -> str:
        """Several results as one."""
        return f"({', '.join(parts)}{',' * (len(parts) == 1)})"

    def line(self, a: Assignment, program: Program) -> str:
        """An assignment."""
        pieces = [self._product(term) for term in a.terms]
        plus = infix("+", Level.SUM, Level.SUM, Level.PRODUCT)
        total = pieces[0]
        for piece in pieces[1:]:
            total = plus((total, piece))
        if a.guard is not None and self.arrays:
            total = Piece(f"np.where({self.guard(a.guard).text}, {total.text}, 0.0)")
        name = self.names[a.name]
        if a.adds and self.arrays and program.direction == "elimination":  # it may be the array of another name
            return f"{name} = {name} + {total.at(Level.PRODUCT)}"
        return f"{name} {'+=' if a.adds else '='} {total.text}"

    def _product(self, term: tuple[Any, ...]) -> Piece:
        if len(term) == 1 and not isinstance(term[0], (Expression, Slope)):
            piece = self.library.number(term[0])
            return piece._replace(text=f"{piece.text}.0") if piece.text.lstrip("-").isdecimal() else piece
        left, right = term[0], term[-1]
        for factor, other in ((left, right), (right, left)) if len(term) > 1 else ():
            if type(factor) is int and abs(factor) == 1:
                piece = self._piece(other)
                return piece if factor == 1 else Piece(f"-{piece.at(Level.POWER)}", Level.SIGN)
        pieces = [self._piece(factor) for factor in term]
        return pieces[0] if len(term) == 1 else infix("*", Level.PRODUCT, Level.PRODUCT, Level.POWER)(pieces)

    def guard(self, guard: Guard) -> Piece:
        """The condition that some case holds."""
        from compgraph.functions import logical_and, logical_not, logical_or

        forms = self.library.forms
        cases = []
        for case in guard or ():
            parts = [
                Piece(self.names[c]) if holds else forms[logical_not]((Piece(self.names[c]),)) for c, holds in case
            ]
            both = parts[0]
            for part in parts[1:]:
                both = forms[logical_and]((both, part))
            cases.append(both)
        total = cases[0]
        for one in cases[1:]:
            total = forms[logical_or]((total, one))
        return total

    # -- expressions

    def _piece(self, factor: Any) -> Piece:
        if isinstance(factor, Slope):
            return Piece(self.names[factor])
        return self.expression(factor, {}) if isinstance(factor, Expression) else self.library.number(factor)

    def expression(self, expression: Expression, known: Mapping[Expression, Piece]) -> Piece:
        """An expression in one line; parts that are `known` already as they are."""
        pieces: dict[Any, Piece] = {}
        order = evaluation_order([expression])
        if len(order) > LONGEST:
            raise ValueError(
                f"a statement of {len(order)} operations does not fit into a line of Python: expected at most "
                f"{LONGEST}. Write the program of operations, of s and not of s.statements, or name parts of it."
            )
        for e in order:
            if e in known:
                pieces[e] = known[e]
            elif e.primitive is VARIABLE:
                pieces[e] = Piece(self.names[self.slopes.get(str(e.name), e.name)])
            else:
                operands = [pieces[a] if isinstance(a, Expression) else self.number(a) for a in e.arguments]
                pieces[e] = self._form(e.primitive)(operands)
        return pieces[expression]

    def number(self, value: Any) -> Piece:
        """A number that is written down."""
        return self.library.number(value)

    def _form(self, primitive: Primitive) -> Any:
        """How a primitive is written; what the library lacks is defined on the way."""
        form = self.library.forms.get(primitive)
        if form is not None:
            text = self.library.own.get(primitive.name)
            if text is not None and primitive not in self.needed:
                self.needed[primitive] = text
            return form
        function = primitive.name
        if (found := defined(primitive)) is None:
            function = self.foreign.setdefault(primitive, self.names[primitive])
        elif primitive not in self.needed:
            inner = type(self)(self.library)
            text = inner.definition(function, *found)
            self.needed |= {**inner.needed, primitive: text}
        return lambda operands: Piece(f"{function}({', '.join([a.text for a in operands])})")

    def definition(self, function: str, parameters: list[Expression], whole: Expression) -> str:
        """A primitive as a function of its own: a line for each part that has a name."""
        known: dict[Expression, Piece] = {}
        lines = [f"def {function}({', '.join([self.names[p.name] for p in parameters])}):"]
        for part in steps(whole):
            text = self.expression(part, known).text
            if part is whole:
                lines.append(f"    return {text}")
            else:
                known[part] = Piece(self.names[part.name])
                lines.append(f"    {known[part].text} = {text}")
        return "\n".join(lines) + "\n"

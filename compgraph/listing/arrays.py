"""Fast NumPy of a lowered program: one operation a line, into rows that are used again and again.

A row holds a number for each of many points. What is guarded is computed for those points alone where its condition
holds. Results are arrays of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from compgraph.expression import Primitive
from compgraph.listing.forms import CALLS, CONDITIONS, LIBRARIES, Piece
from compgraph.listing.generation import LONGEST
from compgraph.listing.identifiers import Identifiers
from compgraph.listing.operations import ALWAYS, Lowered
from compgraph.listing.registers import Turn, registers

__all__ = ["ArrayCode", "array_code"]

#: Operators as functions, which take the row for the result as their last argument.
_FUNCTIONS = {
    "add": "np.add", "subtract": "np.subtract", "multiply": "np.multiply", "divide": "np.divide", "power": "np.power",
    "negate": "np.negative", "max": "np.maximum", "min": "np.minimum",
}  # fmt: skip


class ArrayCode(NamedTuple):
    """Source of a function of arrays and a list of rows, the primitives it calls, and how many rows it takes."""

    source: str
    foreign: dict[str, Primitive]
    rows: int


class _Line(NamedTuple):
    """A line of code, the names it reads or fills, and the name it binds anew."""

    text: str
    names: tuple[str, ...]
    binds: str


def array_code(
    lowered: Lowered, name: str, parameters: Sequence[str], returned: Callable[[Sequence[str]], str]
) -> ArrayCode:
    """The function of arrays, which returns its results as `returned` writes them."""
    writer = _Writer(lowered, parameters)
    lines = list(writer.lines())
    results = [writer.name(r) if type(r) is int else f"np.full(points, {_number(r)})" for r in lowered.results]
    results = [f"{text}.copy()" if text in writer.parameters else text for text in results]
    ending = f"    return {returned(results)}"
    heading = f"def {name}({', '.join([*writer.parameters, 'rows'])}):"
    rows = [f"r{i}" for i in range(lowered.inputs, writer.count)]
    points = ["    points = len(rows[0])"] if "points" in ending else []
    if len(lines) <= LONGEST:
        unpacked = [f"    [{', '.join(rows)}] = rows"] if rows else []
        body = [heading, *unpacked, *(f"    {line.text}" for line in lines), *points, ending]
    else:
        body = [*writer.parts(lines), heading, *points, f"    kept = [{', '.join(writer.parameters)}, *rows]"]
        body += [f"    kept += [None] * {len(writer.conditions)}"]
        body += [f"    part{i + 1}(kept)" for i in range(-(-len(lines) // LONGEST))]
        body += [f"    {n} = kept[{writer.kept(n)}]" for n in dict.fromkeys(r for r in results if r.isidentifier())]
        body += [ending]
    text = "\n\n".join(["import math\n\nimport numpy as np\n", *writer.needed.values(), "\n".join(body) + "\n"])
    # a program without rows still has to know how many points there are
    return ArrayCode(text, {called: row for row, called in writer.foreign.items()}, max(len(rows), 1 if points else 0))


class _Writer:
    def __init__(self, lowered: Lowered, parameters: Sequence[str]) -> None:
        self.lowered = lowered
        self.names = Identifiers()
        turns = [
            Turn(place, (*operands, guard), int(primitive in CONDITIONS))
            for place, (primitive, operands, guard) in lowered.used()
        ]
        self.register, self.count = registers(turns, lowered.inputs, lowered.results)
        self.parameters = [self.names.fresh(f"{parameter}_") for parameter in parameters]
        self.conditions: dict[str, int] = {}
        self.results = {place for place in lowered.results if type(place) is int}
        self.needed: dict[str, str] = {}
        self.foreign: dict[Primitive, str] = {}

    def name(self, place: int) -> str:
        register = self.register[place]
        if place < self.lowered.inputs:
            return self.parameters[place]
        if self.lowered.operations[place].primitive in CONDITIONS:
            self.conditions.setdefault(f"c{register}", len(self.conditions))
            return f"c{register}"
        return f"r{register}"

    def lines(self) -> Iterator[_Line]:
        lowered = self.lowered
        for place, (primitive, operands, guard) in lowered.used():
            target = self.name(place)
            names = [self.name(o) for o in operands if type(o) is int]
            at = "" if guard == ALWAYS else f"[{self.name(guard)}]"
            texts = [f"{self.name(o)}{at}" if type(o) is int else _number(o) for o in operands]
            function = _FUNCTIONS.get(primitive.name) if primitive in LIBRARIES["numpy"].forms else None
            if primitive in CALLS and CALLS[primitive][1].startswith("np."):
                function = CALLS[primitive][1]
            value = f"{function}({', '.join(texts)})" if function else self.called(primitive, texts)
            if guard != ALWAYS:
                condition = self.name(guard)
                if primitive in CONDITIONS:
                    text = f"{target} = np.zeros_like({condition}); {target}{at} = {value}"
                    yield _Line(text, (*names, condition), target)
                else:
                    yield _Line(f"{target}{at} = {value}", (*names, condition, target), "")
            elif function and place not in self.results:
                out = f"out={target}" if function in ("np.maximum", "np.minimum") else target  # which insist on it
                yield _Line(f"{function}({', '.join([*texts, out])})", (*names, target), "")
            else:
                yield _Line(f"{target} = {value}", tuple(names), target)

    def called(self, primitive: Primitive, texts: Sequence[str]) -> str:
        """A primitive that takes no row for its result."""
        library = LIBRARIES["numpy"]
        form = library.forms.get(primitive)
        if form is None:
            called = self.foreign.get(primitive) or self.names.fresh(f"{primitive.name}_own")
            self.foreign[primitive] = called
            return f"{called}({', '.join(texts)})"
        if primitive.name in library.own:
            self.needed[primitive.name] = library.own[primitive.name]
        return form([Piece(text) for text in texts]).text

    def kept(self, name: str) -> int:
        """The place of a name in the list that parts hand on."""
        if name in self.conditions:
            return self.count + self.conditions[name]
        return self.parameters.index(name) if name in self.parameters else int(name[1:])

    def parts(self, lines: Sequence[_Line]) -> Iterator[str]:
        """Functions of a part of the lines each, which share a list of rows."""
        for number, start in enumerate(range(0, len(lines), LONGEST)):
            part = lines[start : start + LONGEST]
            yield f"def part{number + 1}(kept):"
            bound: set[str] = set()
            taken: dict[str, None] = {}
            for line in part:
                taken |= dict.fromkeys(n for n in line.names if n not in bound)
                bound.add(line.binds)
            yield from (f"    {name} = kept[{self.kept(name)}]" for name in taken)
            yield from (f"    {line.text}" for line in part)
            yield from (f"    kept[{self.kept(name)}] = {name}" for name in sorted(bound - {""}))
            yield from ("", "")


def _number(value: float) -> str:
    return LIBRARIES["numpy"].number(float(value)).text

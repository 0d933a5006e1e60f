"""Fast Python of a lowered program, for numbers: nested expressions on local names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from compgraph import functions as cg
from compgraph.expression import Primitive
from compgraph.functions import WHERE
from compgraph.listing.forms import LIBRARIES, Level, Piece
from compgraph.listing.identifiers import Identifiers
from compgraph.listing.operations import ALWAYS, Lowered

__all__ = ["LONGEST", "Generated", "scalar_code"]

#: An expression of more operations than this gets a name.
WIDEST = 12

#: A function of more lines than this becomes several, which hand their results on in a list.
LONGEST = 20_000


class Generated(NamedTuple):
    """Source of a function, and the primitives that it calls by a name of its own."""

    source: str
    foreign: dict[str, Primitive]


class _Line(NamedTuple):
    """An assignment: the place of what is computed, its text, and the condition it stands under."""

    place: int
    text: str
    guard: int


def scalar_code(
    lowered: Lowered, name: str, parameters: Sequence[str], returned: Callable[[Sequence[str]], str]
) -> Generated:
    """The function of numbers, which returns its results as `returned` writes them."""
    return _Scalar(lowered, Identifiers(), parameters).code(name, returned)


class _Scalar:
    def __init__(self, lowered: Lowered, names: Identifiers, parameters: Sequence[str]) -> None:
        self.lowered = lowered
        self.names = names
        self.kept = names.fresh("kept")
        self.parameters = [names.fresh(parameter) for parameter in parameters]
        self.foreign: dict[Primitive, str] = {}
        self.forms = dict(LIBRARIES["math"].forms)
        self.forms |= {cg.max: _choice(">="), cg.min: _choice("<=")}

    def code(self, name: str, returned: Callable[[Sequence[str]], str]) -> Generated:
        lines, leaves = self.lines()
        local = self.local_names(lines, leaves)
        results = [local(r) if type(r) is int else repr(float(r)) for r in self.lowered.results]
        ending = returned(results)
        heading = f"def {name}({', '.join(self.parameters)}):"
        if len(lines) <= LONGEST:
            body = [heading, *self.written(lines, local), f"    return {ending}"]
        else:
            body = self.parts(heading, lines, leaves, local, ending)
        own = [text for key, text in LIBRARIES["math"].own.items() if any(key in line.text for line in lines)]
        text = "\n\n".join(["import math\n", *own, "\n".join(body) + "\n"])
        return Generated(text, {called: primitive for primitive, called in self.foreign.items()})

    # -- what is nested, and what has a name

    def lines(self) -> tuple[list[_Line], list[tuple[int, ...]]]:
        """The assignments, as templates in places, and which places each of them reads."""
        uses, consumers = self._uses()
        inner: dict[int, tuple[Piece, int, tuple[int, ...]]] = {}  # place → text, size, leaves
        lines: list[_Line] = []
        leaves: list[tuple[int, ...]] = []
        for place, (primitive, operands, guard) in self.lowered.used():
            size = 1
            read: list[int] = []
            pieces = []
            for operand in operands:
                if type(operand) is int:
                    if (nested := inner.pop(operand, None)) is not None:
                        pieces.append(nested[0])
                        size += nested[1]
                        read += nested[2]
                    else:
                        pieces.append(Piece(f"{{_{operand}}}"))
                        read.append(operand)
                else:
                    pieces.append(_number(operand))
            piece = self._form(primitive)(pieces)
            if size < WIDEST and uses[place] == 1 and self._may_nest(place, consumers[place]):
                inner[place] = (piece, size, tuple(read))
            else:
                if guard != ALWAYS:
                    read.append(guard)
                lines.append(_Line(place, piece.text, guard))
                leaves.append(tuple(read))
        return lines, leaves

    def _uses(self) -> tuple[list[int], list[int]]:
        """How often each result is used, and where last."""
        size = len(self.lowered.operations)
        uses, consumers = [0] * size, [-1] * size
        for place, (_, operands, guard) in self.lowered.used():
            for operand in operands:
                if type(operand) is int:
                    uses[operand] += 1
                    consumers[operand] = place
            if guard != ALWAYS:
                uses[guard] += 2
        for result in self.lowered.results:
            if type(result) is int:
                uses[result] += 2
        return uses, consumers

    def _may_nest(self, place: int, consumer: int) -> bool:
        """Whether it is evaluated within its consumer exactly where its own guard holds."""
        guard = self.lowered.operations[place].guard
        primitive, operands, outer = self.lowered.operations[consumer]
        if guard in (outer, ALWAYS):
            return True
        first = type(operands[1]) is int and operands[1] == place if len(operands) > 1 else False
        if primitive is WHERE and place != operands[0]:
            return guard == self.lowered.both(outer, operands[0], first)
        return primitive is cg.logical_and and first and guard == operands[0]

    def _form(self, primitive: Primitive) -> Any:
        form = self.forms.get(primitive)
        if form is None:
            called = self.foreign.get(primitive) or self.names.fresh(f"{primitive.name}_own")
            self.foreign[primitive] = called
            return lambda operands: Piece(f"{called}({', '.join([a.text for a in operands])})")
        return form

    # -- names

    def local_names(self, lines: Sequence[_Line], leaves: Sequence[tuple[int, ...]]) -> Any:
        """Place → local name: that of the program, or for what has none one that is used again and again."""
        last: dict[int, int] = {}
        for number, read in enumerate(leaves):
            for place in read:
                last[place] = number
        last |= dict.fromkeys((result for result in self.lowered.results if type(result) is int), len(lines))
        named = dict(enumerate(self.parameters))
        free: list[str] = []
        made = 0
        for number, ((place, _, _), read) in enumerate(zip(lines, leaves, strict=True)):
            for leaf in read:
                if last[leaf] == number and leaf not in self.lowered.labels and leaf >= self.lowered.inputs:
                    last[leaf] = -1
                    free.append(named[leaf])
            label = self.lowered.labels.get(place)
            if label is not None:
                named[place] = self.names[label]
            elif free:
                named[place] = free.pop()
            else:
                made += 1
                named[place] = self.names.fresh(f"a{made}")
        return named.__getitem__

    # -- lines and functions

    def written(self, lines: Sequence[_Line], local: Any, kept: Mapping[int, int] | None = None) -> Iterator[str]:
        """The lines, those under one condition together; what is kept for other functions also goes into the list."""
        names = _Names(local)
        before = ALWAYS
        for place, text, guard in lines:
            if guard != before and guard != ALWAYS:
                yield f"    if {local(guard)}:"
            before = guard
            target = f"    {local(place)} = "
            if kept is not None and place in kept:
                target += f"{self.kept}[{kept[place]}] = "
            yield f"{'' if guard == ALWAYS else '    '}{target}{text.format_map(names)}"

    def parts(
        self, heading: str, lines: Sequence[_Line], leaves: Sequence[tuple[int, ...]], local: Any, ending: str
    ) -> list[str]:
        """Several functions, each of a part of the lines, and the one that calls them."""
        starts = range(0, len(lines), LONGEST)
        part_of = {line.place: number // LONGEST for number, line in enumerate(lines)}
        part_of |= dict.fromkeys(range(self.lowered.inputs), -1)
        taken: list[dict[int, None]] = [{} for _ in starts]
        for number, read in enumerate(leaves):
            here = number // LONGEST
            taken[here] |= dict.fromkeys(place for place in read if part_of[place] != here)
        taken.append(dict.fromkeys(r for r in self.lowered.results if type(r) is int))
        kept: dict[int, int] = {}
        for part in taken:
            for place in part:
                kept.setdefault(place, len(kept))
        body = []
        parts = []
        for number, start in enumerate(starts):
            parts.append(self.names.fresh(f"part{number + 1}"))
            body += [f"def {parts[-1]}({self.kept}):"]
            body += [f"    {local(place)} = {self.kept}[{kept[place]}]" for place in taken[number]]
            body += self.written(lines[start : start + LONGEST], local, kept)
            body += ["", ""]
        body += [heading, f"    {self.kept} = [None] * {len(kept)}"]
        body += [f"    {self.kept}[{kept[i]}] = {self.parameters[i]}" for i in range(self.lowered.inputs) if i in kept]
        body += [f"    {part}({self.kept})" for part in parts]
        body += [
            f"    {local(place)} = {self.kept}[{kept[place]}]" for place in taken[-1] if place >= self.lowered.inputs
        ]
        return [*body, f"    return {ending}"]


class _Names(dict[str, str]):
    """Place, as `str.format_map` asks for it, → local name."""

    def __init__(self, local: Any) -> None:
        super().__init__()
        self._local = local

    def __missing__(self, place: str) -> str:
        name: str = self._local(int(place[1:]))
        return name


def _choice(sign: str) -> Any:
    """max or min of two, without a call where both are names."""

    def form(a: Sequence[Piece]) -> Piece:
        if all(piece.level == Level.ATOM and "(" not in piece.text for piece in a):
            return Piece(f"{a[0].text} if {a[0].text} {sign} {a[1].text} else {a[1].text}", Level.CHOICE)
        return Piece(f"{'max' if sign == '>=' else 'min'}({a[0].text}, {a[1].text})")

    return form


def _number(value: float) -> Piece:
    return LIBRARIES["math"].number(value)

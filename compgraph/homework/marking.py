"""Every cell of a sheet judged, in the order in which the quantities are computed.

A number is held against the reference first, then against what follows from the student's own earlier numbers. These
are taken as *environments*: all that was answered; only what is not wrong; only what is wrong (a student may carry full
precision elsewhere); all but the derivatives, which makes a derivative a sum over paths; each with other recipes for
the same partial.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from functools import cached_property
from typing import NamedTuple

from compgraph.homework.answers import Answer
from compgraph.homework.environment import Environment, Given, Rounding
from compgraph.homework.equality import agree, same_function
from compgraph.homework.precise import Value, fraction
from compgraph.homework.problem import Problem
from compgraph.homework.program import Program
from compgraph.homework.verdict import Options, cap, half_of, is_coarse, is_cut, is_short, meets, radius

__all__ = ["Mark", "Marking"]

_UNITS = (1, -1)
#: Cells that are computed along a sweep: their own kind is left out for the sum over paths.
_SWEPT = frozenset({"grad", "tan", "new"})


class Mark(NamedTuple):
    """What one cell is worth, and why.

    Attributes
    ----------
    cell : str
    answer : Answer
    verdict : str
    flags : tuple of str
        ``truncated``; ``short`` (too few digits, where the verdict does not say so), ``no_digits`` (a zero for a number
        that is none), ``coarse`` (1 for 0.7); ``transcription`` (wrong here, but a later cell used the right value);
        ``at_point`` (a formula that is right at this point only).
    formula : {"", "correct", "wrong"}
        The verdict on a formula.
    because : tuple of str
        The root errors that this cell is consistent with.
    """

    cell: str
    answer: Answer
    verdict: str
    flags: tuple[str, ...] = ()
    formula: str = ""
    because: tuple[str, ...] = ()


class _Candidate(NamedTuple):
    """A number that a cell may have been computed from: where, what, from which answers, and its spread if known."""

    environment: Environment
    value: Value
    support: frozenset[str]
    spread: float | None = None


class Marking:
    """A sheet and the verdict on each of its cells.

    Parameters
    ----------
    problem : Problem
    answers : mapping of str to Answer
        Canonical cell → what stands there.
    options : Options

    Attributes
    ----------
    marks : dict of str to Mark
        In the order in which the quantities are computed.
    own : Environment
        Everything as the student answered it, and what follows from that.
    """

    def __init__(self, problem: Problem, answers: Mapping[str, Answer], options: Options) -> None:
        self.problem = problem
        self.options = options
        self.reference = problem.environment
        quantities = problem.quantities
        self.answers = {cell: answers[cell] for cell in sorted(answers, key=lambda cell: quantities[cell].order)}
        self._given = {cell: given for cell, a in self.answers.items() if (given := self._substitute(cell, a))}
        self._sound: dict[str, Given] = {}  # of these, the cells that are not wrong
        self._roots: dict[str, Given] = {}  # and those that are the first to be wrong
        self._because: dict[str, tuple[str, ...]] = {}  # cell that carries an error → the roots of it
        self._environments: dict[tuple[str, str, bool], Environment] = {}
        self.own = self._environment("all")
        self.marks: dict[str, Mark] = {}
        for cell, answer in self.answers.items():
            mark = self.marks[cell] = self._judge(cell, answer)
            if mark.verdict in ("follow_through", "eased"):
                self._because[cell] = mark.because
            elif mark.verdict == "wrong" or "no_digits" in mark.flags:  # with a zero everything becomes easy
                self._because[cell] = (cell,)
            if cell in self._given:
                if mark.verdict == "wrong":
                    self._roots[cell] = self._given[cell]
                elif cell not in self._because:
                    self._sound[cell] = self._given[cell]
        for cell in self._transcribed():
            self.marks[cell] = self.marks[cell]._replace(flags=(*self.marks[cell].flags, "transcription"))

    # -- environments

    def _substitute(self, cell: str, answer: Answer) -> Given | None:
        """What is put in for an answered cell: its number, or the formula that stands there alone."""
        reference = self.reference.value(cell)
        if cell.startswith("dgrad:") or answer.kind in ("blank", "invalid"):
            return None
        if answer.value is None:
            return Given(formula=answer.formula)
        half = half_of(answer, reference, self.options.digits)
        if answer.form == "integer" and reference is not None and abs(answer.value - fraction(reference)) > half:
            half = Fraction(0)  # not a rounded number, just another one
        return Given(answer.value, half)

    def _environment(self, which: str, recipes: str = "", paths: bool = False) -> Environment:
        """``all`` answers put in, or only the ``sound`` ones, or only the ``roots``."""
        key = which, recipes, paths
        if key not in self._environments:
            given: Mapping[str, Given] = {"all": self._given, "sound": self._sound, "roots": self._roots}[which]
            if paths:
                given = _Without(given, _SWEPT)
            other = self.problem.alternatives[recipes] if recipes else None
            reference = self.reference
            self._environments[key] = Environment(
                self.problem.quantities, reference.point, reference.arithmetic,
                given=given, base=reference, recipes=other,
            )  # fmt: skip
        return self._environments[key]

    def _candidates(self, cell: str) -> Iterator[_Candidate]:
        """What a cell may be computed from, the likeliest first."""
        yield _Candidate(self.reference, self.reference.value(cell), frozenset())
        for rounding in self._roundings:
            yield from self._replayed(cell, rounding)
        if not self.own.support(cell):  # nothing that was answered enters it
            return
        kind = self.problem.quantities[cell].kind
        seen: set[tuple[Value, frozenset[str]]] = set()
        for paths in (False, True) if kind in _SWEPT else (False,):
            for recipes in self.problem.recipes_for(cell):
                for which in ("all", "sound", "roots"):
                    environment = self._environment(which, recipes, paths)
                    found = _Candidate(environment, environment.computed(cell), environment.support(cell))
                    if found.value is not None and found[1:3] not in seen:
                        seen.add(found[1:3])
                        yield found
        if kind == "grad":
            yield from self._sum_of_paths(cell)

    def _spread(self, cell: str, candidate: _Candidate) -> float:
        """How far honest rounding may have moved what a cell is computed from."""
        working = self.options.working
        if candidate.spread is not None:
            return candidate.spread
        if candidate.environment is self.reference:
            return self.problem.spread(cell, working)
        return candidate.environment.spread(cell, working)

    def _meets(self, cell: str, answer: Answer, candidate: _Candidate) -> str:
        """How a cell meets a candidate; most are too far away for the spread to matter."""
        if not meets(answer, candidate.value, cap(math.inf, candidate.value), self.options):
            return ""
        rounding = candidate.environment.rounding
        if rounding is not None and rounding.cut:
            return "truncated" if is_cut(answer, candidate.value, self.options.digits) else ""
        return meets(answer, candidate.value, cap(self._spread(cell, candidate), candidate.value), self.options)

    @cached_property
    def _roundings(self) -> list[Rounding]:
        """How a student may have worked."""
        working = self.options.working
        cuts = (False, True) if self.options.truncation else (False,)
        return [] if working is None else [Rounding(working, inside, cut) for cut in cuts for inside in (False, True)]

    def _replayed(self, cell: str, rounding: Rounding) -> Iterator[_Candidate]:
        """A cell where everything unwritten was rounded in some way, from the start or from what was answered."""
        replay = self.problem.replayed(rounding)
        if (value := replay.computed(cell)) is not None:
            yield _Candidate(replay, value, frozenset(), 0.0)
        key = "all", str(rounding), False
        if key not in self._environments:
            self._environments[key] = Environment(
                replay.quantities, replay.point, replay.arithmetic, given=self._given, base=replay, rounding=rounding
            )
        environment = self._environments[key]
        support = environment.support(cell)
        if support and (value := environment.computed(cell)) is not None:
            yield _Candidate(environment, value, support, 0.0)

    def _sum_of_paths(self, cell: str) -> Iterator[_Candidate]:
        """A derivative as the sum of the path products that were answered, and of the rest of the paths."""
        quantities = self.problem.quantities
        ends = (quantities[cell].nodes[0], self.problem.output)
        answered = [c for c in self._given if quantities[c].kind == "path" and _ends(quantities[c].nodes) == ends]
        environment = self._environment("all", paths=True)
        value, support = environment.computed(cell), environment.support(cell)
        if value is None or not answered:
            return
        variance = environment.spread(cell, self.options.working) ** 2
        for path in answered:
            typed, product = environment.value(path), environment.computed(path)
            if typed is None or product is None:
                return
            value = fraction(value) + fraction(typed) - fraction(product)
            variance += (2 * float(self._given[path].half)) ** 2 / 3
        yield _Candidate(environment, value, support.union(answered), math.sqrt(variance))

    # -- one cell

    def _judge(self, cell: str, answer: Answer) -> Mark:
        if answer.kind in ("blank", "invalid"):
            return Mark(cell, answer, answer.kind)
        if cell.startswith("dgrad:"):
            formula = answer.formula if answer.formula is not None else Program(answer.value)
            right = same_function(formula, f"grad:{cell.partition(':')[2]}", self.problem.samples)
            word = "correct" if right else "wrong"
            return Mark(cell, answer, word, formula=word)
        reference = self.reference.value(cell)
        if reference is None:
            message = "this has no value here: expected no answer. Leave it blank."
            return Mark(cell, answer._replace(kind="invalid", message=message), "invalid")
        if answer.formula is None:
            return self._number(cell, answer, reference)
        right = same_function(answer.formula, cell, self.problem.samples)
        if answer.value is not None:
            return self._number(cell, answer, reference)._replace(formula="correct" if right else "wrong")
        if right:
            return Mark(cell, answer, "correct", formula="correct")
        value = self.own.value(cell)
        if value is None:
            return Mark(cell, answer, "wrong", formula="wrong")
        own = answer._replace(value=fraction(value), half=abs(fraction(value)) / 10**14, form="constant")
        mark = self._number(cell, own, reference)
        if mark.verdict not in ("follow_through", "eased"):
            flags = ("at_point",) if agree(value, reference, 14) else ()
            mark = Mark(cell, answer, "wrong", flags)
        return mark._replace(answer=answer, formula="wrong")

    def _number(self, cell: str, answer: Answer, reference: Value) -> Mark:
        options = self.options
        how = meets(answer, reference, 0.0, options)
        if options.exact and how == "rounded" and answer.form != "constant":
            return Mark(cell, answer, "approximate" if answer.form in ("decimal", "float") else "wrong")
        if how in ("exact", "rounded") and not self._is_own(cell, answer, reference):
            return self._right(cell, answer, reference, "correct", ())
        cut = False
        carried: list[tuple[str, _Candidate]] = []
        for candidate in self._candidates(cell):
            met = self._meets(cell, answer, candidate)
            if met and candidate.support & self._because.keys():
                carried.append((met, candidate))
            elif how in ("exact", "rounded"):
                continue
            elif met == "truncated":
                cut = True
            elif met:
                return self._right(cell, answer, reference, "correct_rounding", ())
        if cut:
            return self._right(cell, answer, reference, "correct_rounding", ("truncated",))
        if not carried:
            return Mark(cell, answer, "wrong")
        carried = [hit for hit in carried if hit[1].value == answer.value] or carried
        full = [hit for hit in carried if not self._is_eased(cell, hit[1].environment)]
        met, candidate = (full or carried)[0]
        roots = {root for c in candidate.support for root in self._because.get(c, ())}
        because = tuple(root for root in self.marks if root in roots)
        flags = ("truncated",) * (met == "truncated") + self._shortness(cell, answer, candidate.value)
        return Mark(cell, answer, "follow_through" if full else "eased", flags, because=because)

    def _is_own(self, cell: str, answer: Answer, reference: Value) -> bool:
        """Whether an answer, too short to be the right number, is just what follows from an earlier error."""
        if not is_short(answer, reference, self.options) or self.own.computed(cell) != answer.value:
            return False
        return self.leans_on_errors(cell)

    def _right(self, cell: str, answer: Answer, reference: Value, verdict: str, flags: tuple[str, ...]) -> Mark:
        shortness = self._shortness(cell, answer, reference)
        if shortness:
            verdict, flags = "too_few_digits", (*flags, *(flag for flag in shortness if flag != "short"))
        return Mark(cell, answer, verdict, flags)

    def _shortness(self, cell: str, answer: Answer, target: Value) -> tuple[str, ...]:
        """Whether digits are missing; not where the number is short as it follows from what was written before."""
        if not is_short(answer, target, self.options) or self.own.computed(cell) == answer.value:
            return ()
        if any(candidate.value == answer.value for way in self._roundings for candidate in self._replayed(cell, way)):
            return ()
        if answer.digits == 0:
            return ("short", "no_digits")
        return ("short", "coarse") if is_coarse(answer, target, self.options.digits) else ("short",)

    def _is_eased(self, cell: str, environment: Environment) -> bool:
        """Whether a wrong number made the step to a cell trivial: it is 0 or ±1 where the right one is not."""
        for above in environment.upstream(cell)[1:]:
            uses = {above} if above in environment.given else environment.support(above)
            value, right = environment.value(above), self.reference.value(above)
            trivial = right != 0 if value == 0 else value in _UNITS and right not in (0, *_UNITS)
            if trivial and uses & self._because.keys():
                return True
        return False

    def _transcribed(self) -> Iterator[str]:
        """Root errors of which a later cell, which is right, used the right value."""
        found: dict[str, None] = {}
        for cell, mark in self.marks.items():
            if cell in self._sound and mark.answer.value is not None:
                wrong = self.own.support(cell) & self._roots.keys()
                value = self.own.computed(cell) if wrong else None
                if wrong and value is not None:
                    spread = cap(self.own.spread(cell, self.options.working), value)
                    if not meets(mark.answer, value, spread, self.options):
                        found |= dict.fromkeys(root for root in self._roots if root in wrong)
        return iter(found)

    # -- what a teacher may see

    @property
    def sound(self) -> Environment:
        """The student's own numbers as far as they are not wrong: for who went on with the right number."""
        return self._environment("sound")

    def leans_on_errors(self, cell: str) -> bool:
        """Whether a number that carries an error enters a cell."""
        return not self._because.keys().isdisjoint(self.own.support(cell))

    def follow_through(self, cell: str) -> Value:
        """What the recipe of a cell gives on the student's own numbers."""
        return self.own.computed(cell)

    def radius(self, cell: str) -> float | None:
        """How far from that the answer may lie."""
        answer, value = self.answers[cell], self.own.computed(cell)
        if answer.value is None or value is None:
            return None
        return radius(answer, value, self.own.spread(cell, self.options.working), self.options)


class _Without(Mapping[str, Given]):
    """A live view of what is given, without some kinds of cells."""

    def __init__(self, given: Mapping[str, Given], kinds: frozenset[str]) -> None:
        self._all = given
        self._kinds = kinds

    def __getitem__(self, cell: str) -> Given:
        if cell.partition(":")[0] in self._kinds:
            raise KeyError(cell)
        return self._all[cell]

    def __iter__(self) -> Iterator[str]:
        return (cell for cell in self._all if cell.partition(":")[0] not in self._kinds)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _ends(nodes: Iterable[str]) -> tuple[str, str]:
    first, *_, last = nodes
    return first, last

"""What probably went wrong in a cell that is a root error: the mistakes that give just the number typed.

Every mistake that can be made in the recipe of the cell is made, on the student's own numbers; those whose result is
the number typed explain it. Mistakes that cannot be told apart by any number, because they are the same formula in
other words, form one group. How many different numbers mistakes could have given tells how likely it is that one was
met by chance; where that is likely nothing is said.

>>> from compgraph.homework import Problem, read_answer
>>> problem = Problem("z = w*x + b; a = sigmoid(z); L = (a - t)^2",
...                   at={"w": "0.6", "x": "1.5", "b": "-0.4", "t": "1"})
>>> (found,) = diagnose(problem, problem.environment, "val:z", read_answer("0.9"), working=3)
>>> found.class_, found.level, found.message
('forward_slip', 'likely', 'b was left out')
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from compgraph.expression import Variable
from compgraph.homework.answers import Answer
from compgraph.homework.environment import Environment, half_unit
from compgraph.homework.floats import Formula, as_float
from compgraph.homework.hypotheses import Hypothesis, Suspicion
from compgraph.homework.mutations import recipe, spoken
from compgraph.homework.priors import Prior, priors
from compgraph.homework.rewriting import names_in, substituted

if TYPE_CHECKING:
    from compgraph.homework.marking import Marking
    from compgraph.homework.problem import Problem

__all__ = ["Diagnosis", "Misconception", "diagnose", "diagnose_sheet", "groups"]

#: A half unit is a little more than one, for those who round 0.5 the other way.
_MORE = 1.02
#: A number typed without rounding is met where it agrees to so many digits.
_EXACT = 1e-9
#: How far rounding before the mistake may move its number, relatively.
_ENVELOPE = 0.02
#: Chance below which a mistake is called likely, and possible.
_LIKELY, _POSSIBLE = 0.01, 0.2
_SHOWN = 3


class Diagnosis(NamedTuple):
    """What probably went wrong.

    Attributes
    ----------
    class_ : str
        The kind of mistake, as in ``priors.toml``.
    level : {"likely", "possible"}
    where : str
        The cell that it is about.
    message : str
    twins : tuple of str
        Other kinds that give the same formula, and so the same number always.
    """

    class_: str
    level: str
    where: str
    message: str
    twins: tuple[str, ...] = ()


class Misconception(NamedTuple):
    """One kind of mistake that explains several cells of a sheet."""

    class_: str
    cells: tuple[str, ...]
    message: str


class Group(NamedTuple):
    """Mistakes that give the same formula, the most common first; and how likely their number is met by chance."""

    members: tuple[Hypothesis, ...]
    chance: float


# -- a sheet


def diagnose_sheet(
    marking: Marking, *, detail: str = "name", reveal: bool = False, table: Mapping[str, Prior] | None = None
) -> tuple[dict[str, tuple[Diagnosis, ...]], tuple[Misconception, ...]]:
    """The diagnoses of all root errors of a sheet, and what several of them have in common."""
    found: dict[str, tuple[Diagnosis, ...]] = {}
    for cell, mark in marking.marks.items():
        if mark.verdict != "wrong":
            continue
        told: tuple[Diagnosis, ...] = ()
        # on the student's own numbers; where that says nothing, on the right ones in place of those that are wrong
        for environment in (marking.own, marking.sound) if marking.leans_on_errors(cell) else (marking.own,):
            told = told or diagnose(
                marking.problem, environment, cell, mark.answer,
                working=marking.options.working, detail=detail, reveal=reveal, table=table,
            )  # fmt: skip
        found[cell] = told
    return found, misconceptions(found, table)


def misconceptions(
    found: Mapping[str, Sequence[Diagnosis]], table: Mapping[str, Prior] | None = None
) -> tuple[Misconception, ...]:
    """Kinds of mistakes that explain several cells, each cell counted once.

    Examples
    --------
    >>> sign = Diagnosis("sign_local", "likely", "", "", ("sign_path",))
    >>> factor = Diagnosis("reciprocal", "possible", "", "")
    >>> (shared,) = misconceptions({"grad:a": [sign], "grad:b": [factor, sign], "grad:c": [factor]})
    >>> shared.class_, shared.cells, shared.message
    ('sign_local', ('grad:a', 'grad:b'), 'the same mistake several times: the sign of a partial')
    """
    table = table or priors()
    left = {cell: {name for d in diagnoses for name in (d.class_, *d.twins)} for cell, diagnoses in found.items()}
    first = [diagnosis.class_ for diagnoses in found.values() for diagnosis in diagnoses]
    result: list[Misconception] = []
    while True:
        explained = {
            class_: tuple(cell for cell, names in left.items() if class_ in names)
            for class_ in {name for names in left.values() for name in names}
        }
        several = [class_ for class_, cells in explained.items() if len(cells) > 1]
        if not several:
            return tuple(result)
        # what is named first in most cells, then what is most common: a twin explains only what is left
        best = min(several, key=lambda c: (-first.count(c), table[c].rank))
        result.append(Misconception(best, explained[best], f"the same mistake several times: {table[best].title}"))
        left = {cell: names for cell, names in left.items() if cell not in explained[best]}


# -- a cell


def diagnose(
    problem: Problem, environment: Environment, cell: str, answer: Answer, *,
    working: int | None = None, detail: str = "name", reveal: bool = False, table: Mapping[str, Prior] | None = None,
) -> tuple[Diagnosis, ...]:  # fmt: skip
    """What probably went wrong in a cell; empty where nothing explains it, or where chance would as well.

    Parameters
    ----------
    problem : Problem
    environment : Environment
        The student's own: all that was answered.
    cell : str
    answer : Answer
        What stands in the cell: a number with its precision, or a formula.
    working : int, optional
        Significant digits of steps that are not written down; None if they are exact.
    detail : {"locate", "name", "show"}
        Where to look; or what went wrong; or, with `reveal`, the calculation as well.
    reveal : bool
        Whether numbers that the student was to find may be told.
    table : mapping of str to Prior, optional
        How common mistakes are: `priors`, or a teacher's own.

    Notes
    -----
    At most 2 000 mistakes are tried, each on floats.
    """
    table = table or priors()
    suspicion, found = groups(problem, environment, cell, answer, working=working, table=table)
    if not found or min(group.chance for group in found) > _POSSIBLE:
        return ()
    level = "likely" if len(found) == 1 and found[0].chance <= _LIKELY else "possible"
    result = []
    for group in found[:_SHOWN]:
        best = group.members[0]
        names = dict.fromkeys(member.mutation.class_ for member in group.members)
        message = _message(suspicion, best, table, detail if reveal or detail != "show" else "name")
        result.append(Diagnosis(best.mutation.class_, level, best.mutation.where, message, tuple(names)[1:]))
    return tuple(result)


def groups(
    problem: Problem, environment: Environment, cell: str, answer: Answer, *,
    working: int | None = None, table: Mapping[str, Prior] | None = None,
) -> tuple[Suspicion, list[Group]]:  # fmt: skip
    """The mistakes that explain an answer, as groups that no number could tell apart, the most common first."""
    table = table or priors()
    if cell.startswith("dgrad:"):  # in symbols nothing is given: the whole derivation is on trial
        environment, cell = problem.environment, f"grad:{cell.partition(':')[2]}"
    suspicion = problem.mistakes.about(environment, cell)
    if answer.value is None:
        return suspicion, _grouped(suspicion, _by_function(suspicion, answer), table)
    return suspicion, _grouped(suspicion, _by_number(suspicion, answer, working), table)


#: A mistake that explains an answer, and how likely it does so by chance.
_Match = tuple[Hypothesis, float]


def _by_number(suspicion: Suspicion, answer: Answer, working: int | None) -> list[_Match]:
    """Mistakes whose number is the one typed; if there is none, those that honest rounding leads there from."""
    assert answer.value is not None
    typed, half = as_float(answer.value), _half_unit(answer, working)
    if not math.isfinite(typed):
        return []
    tried = [*suspicion.clerical(half), *suspicion.structural()]
    values = [hypothesis.value for hypothesis in tried]

    def chance(radius: float, rivals: int) -> float:
        return rivals * 2 * radius / (abs(typed) * math.log(9))

    if not typed:  # anything small rounds to it, and little can be said
        return [(hypothesis, _POSSIBLE) for hypothesis in tried if hypothesis.value == 0]
    exactly = [hypothesis for hypothesis in tried if abs(hypothesis.value - typed) <= _EXACT * abs(typed)]
    if exactly and _is_brief(answer, working):
        # who gets exactly 0.9 writes no further digits: it stands for 0.900 where three are asked for
        half = float(half_unit(answer.value, working)) if working is not None else 0.0
        return [(hypothesis, chance(_MORE * half, _rivals(typed, values))) for hypothesis in exactly]
    rivals, radius = _rivals(typed, values), _MORE * half
    within = [hypothesis for hypothesis in tried if abs(hypothesis.value - typed) <= radius]
    if within:
        return [(hypothesis, chance(radius, rivals)) for hypothesis in within]
    nearly = []
    for hypothesis in tried:
        envelope = _ENVELOPE * abs(hypothesis.value)
        gap = abs(hypothesis.value - typed)
        if gap <= radius + envelope:
            reach = radius + min(suspicion.spread(hypothesis, working), envelope)
            if gap <= reach:
                nearly.append((hypothesis, chance(reach, rivals)))
    return nearly


def _half_unit(answer: Answer, working: int | None) -> float:
    """Half a unit of the last digit typed; of an integer as well, which may end in zeros for digits not asked for."""
    if answer.form != "integer" or answer.value is None:
        return as_float(answer.half)
    unit = 10 ** max(0, (answer.digits or 0) - (working or answer.digits or 0))
    return (unit if answer.value % unit == 0 else 1) / 2


def _is_brief(answer: Answer, working: int | None) -> bool:
    """Whether an answer was not rounded, as far as one sees: no half unit, or fewer digits than were asked for."""
    return not answer.half or (working is not None and answer.digits is not None and answer.digits < working)


def _rivals(typed: float, values: Iterable[float]) -> int:
    """How many different numbers of the same sign lie within a factor 3 of the one typed."""
    near = sorted(value / typed for value in values if typed and 1 / 3 <= value / typed <= 3)
    return sum(1 for i, ratio in enumerate(near) if i == 0 or ratio - near[i - 1] > _EXACT * ratio)


def _by_function(suspicion: Suspicion, answer: Answer) -> list[_Match]:
    """Mistakes whose formula is, as a function of the inputs, the one typed."""
    assert answer.formula is not None
    typed = Formula(answer.formula.expression)
    aims = [typed(point) for point in suspicion.mistakes.points]
    if not any(math.isfinite(aim) for aim in aims):
        return []
    found = []
    for hypothesis in suspicion.structural(at_point=False):
        if all(map(_agree, suspicion.at_points(hypothesis), aims)):
            found.append((hypothesis, 0.0))
    return found


def _agree(a: float, b: float) -> bool:
    """Whether two floats are the same number, or neither is one."""
    if not (math.isfinite(a) and math.isfinite(b)):
        return math.isfinite(a) == math.isfinite(b)
    return abs(a - b) <= _EXACT * max(abs(a), abs(b), _EXACT)


def _grouped(suspicion: Suspicion, matches: Sequence[_Match], table: Mapping[str, Prior]) -> list[Group]:
    """The matches by the formula that they amount to: the same at random points is the same."""
    places = {cell: i for i, cell in enumerate(reversed(suspicion.sweep.cells))}
    ranked = sorted(matches, key=lambda match: (table[match[0].mutation.class_].rank, places[match[0].site]))
    found: list[tuple[tuple[float, ...] | str, list[_Match]]] = []
    for match in ranked:
        hypothesis = match[0]
        key = hypothesis.mutation.class_ if hypothesis.formula is None else tuple(suspicion.at_points(hypothesis))
        for other, members in found:
            if _is_twin(key, other) or _are_copies(hypothesis, members):
                members.append(match)
                break
        else:
            found.append((key, [match]))
    return [Group(tuple(h for h, _ in members), min(chance for _, chance in members)) for _, members in found]


def _are_copies(hypothesis: Hypothesis, members: Sequence[_Match]) -> bool:
    """Whether a number may have been copied from this cell as well as from another one that holds it."""
    copied = "copied_cell"
    return hypothesis.mutation.class_ == copied and any(member.mutation.class_ == copied for member, _ in members)


def _is_twin(a: tuple[float, ...] | str, b: tuple[float, ...] | str) -> bool:
    if isinstance(a, str) or isinstance(b, str):
        return a == b
    return any(map(math.isfinite, a)) and all(map(_agree, a, b))


# -- words


def _message(suspicion: Suspicion, hypothesis: Hypothesis, table: Mapping[str, Prior], detail: str) -> str:
    mutation, output = hypothesis.mutation, suspicion.mistakes.problem.output
    cell = spoken(suspicion.cell, output)
    site = spoken(hypothesis.site, output)
    prior = table[mutation.class_]
    if detail == "locate":
        return prior.locate.format(cell=site, what="")
    what = spoken(mutation.what, output) if mutation.class_ == "copied_cell" else mutation.what or site
    said = prior.name.format(cell=site, what=what)
    if hypothesis.site != suspicion.cell:
        said = f"in {site}: {said}"
    if detail != "show":
        return said
    wrong = _written(mutation.recipe, output) if hypothesis.formula is not None else ""
    right = _written(recipe(suspicion.quantities[hypothesis.site]), output)
    calculation = f"{site} = {wrong} gives {cell} = " if wrong else "that gives "
    return f"{said} ({calculation}{_short(hypothesis.value)}; {site} = {right} gives {_short(suspicion.right)})"


def _written(expression: Any, output: str) -> str:
    """A recipe in words: ``∂a/∂z·∂L/∂a``."""
    from compgraph import notation

    names = {name: Variable(spoken(name, output)) for name in names_in(expression) if ":" in name}
    return notation.text(substituted(expression, names), limit=80)


def _short(value: float) -> str:
    return f"{value:.6g}".replace("-", "−")

"""Simulated students who make one mistake: one recipe wrong, everything after it from their own numbers."""

from __future__ import annotations

import random
from fractions import Fraction
from typing import Any, NamedTuple

from compgraph.homework import Answer, Problem, read_answer
from compgraph.homework.environment import Environment, Given
from compgraph.homework.hypotheses import Hypothesis
from compgraph.homework.mutations import Mutation
from compgraph.homework.precise import Value, fraction
from compgraph.homework.program import Program
from compgraph.homework.verdict import Options, radius
from tests.homework.students import EXPLICIT, PRECISE, honest, recipe_of, rounded, typed

#: Golden cases of different shapes: chains, diamonds, wide sums, networks, quotients, powers, branches.
SHAPES = (
    "gormley_cos_sin", "vieira_domke", "baydin_survey", "wikipedia_ad", "rufflewind", "radcliffe_six", "radcliffe_pow",
    "autodiff_cpp", "mml_5_14", "cs231n_sigmoid", "cs231n_staged", "geoj_two_layer", "d2l_mlp", "mazur",
    "schiendorfer", "sghosh", "cscn8010", "nielsen_vanishing", "threeblue1brown", "grosse_univariate", "ag_swish",
    "ag_mish", "bn_batch", "gormley_logreg", "autograd_tanh",
)  # fmt: skip


class Mistake(NamedTuple):
    """A mistake made in a cell: its kind, where, and the number that it gives."""

    cell: str
    class_: str
    where: str
    what: str
    value: Value


def variant(name: str, rng: random.Random, **options: Any) -> Problem:
    """A golden case with other numbers of two or three digits, near its own."""
    case = EXPLICIT[name]
    while True:
        point = {key: _near(rng, value) for key, value in case["inputs"].items()}
        try:
            return Problem("\n".join(case["assignments"]), point, output=case["outputs"][0], title=name, **options)
        except ValueError:
            continue  # outside the domain: draw again


def _near(rng: random.Random, value: float) -> str:
    if value == 0:
        return f"0.{rng.randint(11, 99)}"
    near = Fraction(str(value)) * Fraction(rng.randint(70, 140), 100)
    return typed(rounded(near, 2), 2)


def kinds(problem: Problem) -> dict[str, list[tuple[str, Mutation | None]]]:
    """Kind of mistake → where on a full sheet it can be made: in which cell, with which mutation of its recipe."""
    found: dict[str, list[tuple[str, Mutation | None]]] = {name: [] for name in CLERICAL}
    for cell in problem.cells:
        for mutation, _ in problem.mistakes.of(cell):
            found.setdefault(mutation.class_, []).append((cell, mutation))
        for name in CLERICAL:
            found[name].append((cell, None))
    return found


def drawn(problem: Problem, rng: random.Random, digits: int) -> tuple[Mistake, dict[str, str]] | None:
    """A mistake, drawn uniformly over the kinds that move a cell by more than 2ρ, and the sheet of who makes it."""
    sheet = honest(problem, digits)
    own = on_paper(problem, sheet)
    left = kinds(problem)
    while left:
        name = rng.choice(sorted(left))
        cell, mutation = left[name].pop(rng.randrange(len(left[name])))
        if not left[name]:
            del left[name]
        if cell not in sheet or own.computed(cell) is None:
            continue
        mistake = _made(problem, own, sheet, cell, name, mutation, rng, digits)
        if mistake is None or mistake.value is None:
            continue
        wrong = honest(problem, digits, changed={cell: lambda _, m=mistake: m.value})
        if name == "digit_transposition":
            wrong[cell] = typed(fraction(mistake.value), digits)  # with its last zeros
        if is_seen(own, read_answer(wrong[cell]), cell, digits):
            return mistake, wrong
    return None


def on_paper(problem: Problem, sheet: dict[str, str]) -> Environment:
    """What stands on a sheet, and what follows from it."""
    read = {cell: read_answer(text) for cell, text in sheet.items()}
    given = {cell: Given(answer.value, answer.half) for cell, answer in read.items()}
    right = problem.environment
    return Environment(problem.quantities, right.point, right.arithmetic, given=given, base=right)


def is_seen(own: Environment, answer: Answer, cell: str, digits: int) -> bool:
    """Whether a number is off by more than 2ρ."""
    right = own.computed(cell)
    reach = radius(answer, right, own.spread(cell, digits), Options(digits))
    return abs(fraction(answer.value) - fraction(right)) > 2 * reach


def is_made(hypothesis: Hypothesis, mistake: Mistake) -> bool:
    """Whether a hypothesis is the mistake that was made; a copy is one wherever it came from."""
    mutation = hypothesis.mutation
    if mistake.class_ in CLERICAL:
        return mutation.class_ == mistake.class_
    made = mistake.class_, mistake.cell, mistake.where, mistake.what
    return (mutation.class_, hypothesis.site, mutation.where, mutation.what) == made


def _made(
    problem: Problem, own: Environment, sheet: dict[str, str], cell: str, name: str, mutation: Mutation | None,
    rng: random.Random, digits: int,
) -> Mistake | None:  # fmt: skip
    if mutation is not None:
        program = Program(mutation.recipe)
        values = {one: own.value(one if ":" in one else f"val:{one}") for one in program.names}
        return Mistake(cell, name, mutation.where, mutation.what, program.value(values, PRECISE))
    found = list(CLERICAL[name](problem, own, sheet, cell, digits))
    where, value = rng.choice(found) if found else ("", None)
    return Mistake(cell, name, where, where, value)


def _transposed(problem: Problem, own: Environment, sheet: dict[str, str], cell: str, digits: int) -> Any:
    right = rounded(own.computed(cell), digits)
    text = typed(abs(right), digits)
    for i in range(len(text) - 1):
        if "." not in text[i : i + 2] and text[i] != text[i + 1]:
            swapped = Fraction(text[:i] + text[i + 1] + text[i] + text[i + 2 :])
            yield "", -swapped if right < 0 else swapped


def _copied(problem: Problem, own: Environment, sheet: dict[str, str], cell: str, digits: int) -> Any:
    before = [other for other in sheet if problem.quantities[other].order < problem.quantities[cell].order]
    for other in before:  # what comes later is not there to be copied
        if other.partition(":")[0] == cell.partition(":")[0]:
            yield other, own.value(other)


def _rounded_early(problem: Problem, own: Environment, sheet: dict[str, str], cell: str, digits: int) -> Any:
    quantity = problem.quantities[cell]
    for early in (2, 3):
        brief = {
            name: own.value(name) if problem.quantities[name].is_input else rounded(own.value(name), early)
            for name in quantity.parents
        }
        yield "", recipe_of(quantity, brief, lambda v: v)


CLERICAL = {"digit_transposition": _transposed, "copied_cell": _copied, "early_rounding": _rounded_early}

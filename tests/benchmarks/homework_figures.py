"""The figures of homework, on simulated students: python -m tests.benchmarks.homework_figures [section …] [--seeds N]

Mistakes are drawn uniformly over the kinds that can be made on a sheet, on golden cases of different shapes at numbers
near their own; structural twins count as one group. Sections: honest, mistakes, chance, time, sheets, hostile.
"""

from __future__ import annotations

import argparse
import gc
import math
import random
import statistics
import time
from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from functools import cache

from compgraph.homework import Problem, grade, read_answer
from compgraph.homework.diagnosis import diagnose, groups
from compgraph.homework.environment import Environment, Given
from compgraph.homework.marking import Marking
from compgraph.homework.precise import fraction
from compgraph.homework.verdict import Options
from tests.homework.mistaken import SHAPES, drawn, is_made, is_seen, on_paper, variant
from tests.homework.students import golden_problem, honest, random_problem, rounded, typed

#: Each shape at so many points.
_POINTS = 4


@cache
def problem_of(number: int) -> Problem:
    return variant(SHAPES[number % len(SHAPES)], random.Random(number))


def line(what: str, reached: float, target: float, *, at_most: bool = False, unit: str = "%") -> None:
    met = reached <= target if at_most else reached >= target
    bound = "≤" if at_most else "≥"
    print(f"{what:64} {reached:8.2f} {unit}   (target {bound} {target:g} {unit}) {'ok' if met else 'SHORT'}")


def mistakes(seeds: int) -> None:
    """One mutation on a full sheet: the right group first, and exactly one root."""
    for digits, target in ((4, 95), (3, 90)):
        count: Counter[str] = Counter()
        missed: Counter[str] = Counter()
        for seed in range(seeds):
            problem = problem_of(seed % (_POINTS * len(SHAPES)))
            made = drawn(problem, random.Random(seed), digits)
            if made is None:
                continue
            mistake, sheet = made
            marking = Marking(problem, {c: read_answer(text) for c, text in sheet.items()}, Options(digits))
            wrong = [cell for cell, mark in marking.marks.items() if mark.verdict == "wrong"]
            answer = marking.answers[mistake.cell]
            _, found = groups(problem, marking.own, mistake.cell, answer, working=digits)
            said = diagnose(problem, marking.own, mistake.cell, answer, working=digits)
            right = bool(said) and any(is_made(member, mistake) for member in found[0].members)
            count.update(sheets=1, named=right, one_root=wrong == [mistake.cell])
            count[said[0].level if said else "silent"] += right
            missed[mistake.class_] += not right
        line(f"the right group named first, {digits} digits, {count['sheets']} sheets", share(count, "named"), target)
        print(f"    of these likely: {count['likely']}, possible: {count['possible']}; missed: {dict(+missed)}")
        line(f"exactly one root, {digits} digits", share(count, "one_root"), 99)


def share(count: Counter[str], what: str) -> float:
    return 100 * count[what] / count["sheets"]


def chance(seeds: int) -> None:
    """Random wrong numbers on sheets that are right otherwise."""
    for digits in (3, 4, 5):
        rng = random.Random(digits)
        count: Counter[str] = Counter()
        while count["sheets"] < 3 * seeds:
            problem = problem_of(rng.randrange(_POINTS * len(SHAPES)))
            own = sheet_of(problem, digits)
            cell = rng.choice(sorted(own.given))
            right = own.computed(cell)
            if right is None or right == 0:
                continue
            factor = Fraction(rng.choice((1, 1, 1, -1)) * math.exp(rng.uniform(-math.log(3), math.log(3))))
            answer = read_answer(typed(rounded(fraction(right) * factor, digits), digits))
            if not is_seen(own, answer, cell, digits):
                continue
            assert answer.value is not None
            changed = Environment(
                problem.quantities, own.point, own.arithmetic, base=problem.environment,
                given={**own.given, cell: Given(answer.value, answer.half)},
            )  # fmt: skip
            said = diagnose(problem, changed, cell, answer, working=digits)
            count.update(sheets=1, likely=bool(said) and said[0].level == "likely", possible=bool(said))
        what = f"random wrong numbers, {digits} digits, {count['sheets']} cells: likely claimed"
        line(what, share(count, "likely"), 1, at_most=True)


@cache
def sheet_of(problem: Problem, digits: int) -> Environment:
    return on_paper(problem, honest(problem, digits))


def times(seeds: int) -> None:
    """Processor time of one diagnosis: of a full sheet, and of one that asks the gradient only."""
    for what, asks in (("full sheet", None), ("gradient only", "inputs")):
        first: list[float] = []
        again: list[float] = []
        most = 0
        for name in SHAPES:
            problem = golden_problem(name)
            cells = None if asks is None else [f"grad:{name}" for name in problem.wrt]
            own = on_paper(problem, honest(problem, 4, asked=cells))
            for cell in sorted(own.given)[: max(1, seeds // 50)]:
                own.computed(cell)
                for taken in (first, again):
                    start = time.process_time()
                    diagnose(problem, own, cell, read_answer("0.1234"), working=4)
                    taken.append(time.process_time() - start)
                most = max(most, sum(1 for _ in problem.mistakes.about(own, cell).structural(at_point=False)))
        median = 1000 * statistics.median(again)
        line(
            f"{what}: slowest of {len(first)} diagnoses, the first of a cell",
            1000 * max(first),
            100,
            at_most=True,
            unit="ms",
        )
        line(f"{what}: slowest, again (median {median:.2f} ms)", 1000 * max(again), 100, at_most=True, unit="ms")
        line(f"{what}: most hypotheses about a cell", most, 2000, at_most=True, unit="")


def honest_students(seeds: int) -> None:
    """Who rounds every step, or cuts digits off, or rounds every operation, is never called wrong."""
    count: Counter[str] = Counter()
    for seed in range(seeds):
        rng = random.Random(seed)
        problem, digits = random_problem(random.Random(seed % 200)), rng.choice((3, 4, 5))
        asked = problem.cells if rng.random() < 0.5 else rng.sample(problem.cells, rng.randint(1, len(problem.cells)))
        sheet = honest(problem, digits, asked=asked, inside=rng.random() < 0.3, cut=rng.random() < 0.2)
        marking = Marking(problem, {c: read_answer(text) for c, text in sheet.items()}, Options(digits))
        count["sheets"] += 1
        count["cells"] += len(sheet)
        count["wrong"] += sum(mark.verdict not in ("correct", "correct_rounding") for mark in marking.marks.values())
    line(
        f"cells not called right, of {count['cells']} on {count['sheets']} sheets",
        count["wrong"],
        0,
        at_most=True,
        unit="",
    )


def sheets(seeds: int) -> None:
    """Processor time of marking a sheet of 20 cells, diagnoses included; and of its problem, once."""
    marking: list[float] = []
    making: list[float] = []
    for seed in range(seeds // 5):
        name = SHAPES[seed % len(SHAPES)]
        start = time.process_time()
        problem = golden_problem(name)
        cells = problem.cells[-20:]
        grade(problem, dict.fromkeys(cells, "0.1234"))
        making.append(time.process_time() - start)
        made = drawn(problem, random.Random(seed), 4)
        if made is None or len(cells) < 20:
            continue
        wrong = {cell: made[1][cell] for cell in cells if cell in made[1]}
        gc.collect()
        gc.disable()  # as timeit does: the problems made above are nobody's sheet
        start = time.process_time()
        grade(problem, wrong, digits=4)
        marking.append(time.process_time() - start)
        gc.enable()
    worst, usual = 1000 * max(marking), 1000 * statistics.median(marking)
    line(
        f"a 20-cell sheet with a mistake, slowest of {len(marking)} (median {usual:.1f} ms)",
        worst,
        50,
        at_most=True,
        unit="ms",
    )
    first, most = 1000 * statistics.median(making), 1000 * max(making)
    print(f"    a problem read, solved and its first sheet marked: median {first:.0f} ms, slowest {most:.0f} ms")


_PIECES = (
    *"0123456789.,+-*/^()=e xzπ√²³⁻¹×·÷−–%|<>'\"#&\\\n\t;:_[]{}~≈",
    "sin",
    "ln(",
    "exp(",
    "sqrt",
    "where(",
    "1e",
    "**",
    "10^",
    "9^9^9^9",
    "\u202e",
    "\x00",
    "\ud800",
    "𝟙",
    "½",
    "max(",
    "inf",
    "nan",
    "__import__('os')",
    "<script>",
)


def hostile(seeds: int) -> None:
    """Random bytes and hostile strings as answers: nothing is raised, and no answer takes long."""
    slowest, what = 0.0, ""
    rng = random.Random(0)
    names = ["x", "z", "w1", "a"]
    read_answer("x + 1", names=names)  # the grammar is built once
    for _ in range(10 * seeds):
        pieces = [rng.choice(_PIECES) for _ in range(rng.randint(1, 120))]
        text = "".join(pieces) if rng.random() < 0.7 else rng.randbytes(rng.randint(1, 600)).decode("latin-1")
        start = time.process_time()
        read_answer(text, names=names)
        taken = time.process_time() - start
        if taken > slowest:
            slowest, what = taken, text
    line(f"slowest of {10 * seeds} hostile answers ({what[:12]!r}…)", 1000 * slowest, 10, at_most=True, unit="ms")


SECTIONS: dict[str, Callable[[int], None]] = {
    "honest": honest_students,
    "mistakes": mistakes,
    "chance": chance,
    "time": times,
    "sheets": sheets,
    "hostile": hostile,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sections", nargs="*", help=f"of {', '.join(SECTIONS)}; all if left out")
    parser.add_argument("--seeds", type=int, default=1000)
    options = parser.parse_args()
    for name in options.sections or SECTIONS:
        print(f"\n{name}")
        SECTIONS[name](options.seeds)


if __name__ == "__main__":
    main()

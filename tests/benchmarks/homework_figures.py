"""The figures of homework, on simulated students: python -m tests.benchmarks.homework_figures [section …] [--seeds N]

Mistakes are drawn uniformly over the kinds that can be made on a sheet, on golden cases of different shapes at numbers
near their own; structural twins count as one group. Sections: mistakes, chance, time.
"""

from __future__ import annotations

import argparse
import math
import random
import statistics
import time
from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from functools import cache

from compgraph.homework import Problem, read_answer
from compgraph.homework.diagnosis import diagnose, groups
from compgraph.homework.environment import Environment, Given
from compgraph.homework.marking import Marking
from compgraph.homework.precise import fraction
from compgraph.homework.verdict import Options
from tests.homework.mistaken import SHAPES, drawn, is_made, is_seen, on_paper, variant
from tests.homework.students import golden_problem, honest, rounded, typed

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


SECTIONS: dict[str, Callable[[int], None]] = {"mistakes": mistakes, "chance": chance, "time": times}


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

"""The same problem with other numbers, for every student their own, and no list of who has which.

A seed is made of the course's secret, the student and the problem; the numbers are made of the seed. What is printed on
a sheet is the seed and the number of the draw that was taken (``3f9c02d4a1b7e865#2``): with the teacher's problem that
is enough to have the same numbers again, without the secret, without a server, and without choosing again.

>>> base = Problem("z = w*x + b; a = sigmoid(z)", at={"w": "0.6", "x": "1.5", "b": "-0.4"})
>>> mine = variant(base, student_seed("our secret", "s123", base))
>>> printed(base, mine.seed).hash == mine.problem.hash
True
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

from compgraph.errors import DomainError
from compgraph.homework.diagnosability import Diagnosability
from compgraph.homework.draws import candidates, draw, moved
from compgraph.homework.floats import Numbers
from compgraph.homework.picking import Picker
from compgraph.homework.problem import Problem

__all__ = ["Variant", "printed", "student_seed", "variant", "variants"]

#: Draws that are looked at before it is said that there are no good numbers.
_TRIES = 1000

_PRINTED = re.compile(r"(?P<seed>[^#]*)#(?P<attempt>[0-9]{1,6})")


class Variant(NamedTuple):
    """A problem with numbers of its own.

    Attributes
    ----------
    problem : Problem
    seed : str
        What is printed, with the number of the draw.
    refused : dict of str to int
        Why earlier draws were not taken → how many.
    diagnosability : Diagnosability
        How well mistakes can be told apart at these numbers.
    """

    problem: Problem
    seed: str
    refused: Mapping[str, int]
    diagnosability: Diagnosability


def student_seed(secret: str | bytes, student: str, problem: Problem) -> str:
    """The seed of one student's numbers: a keyed hash (HMAC, SHA-256), which nobody can compute without the secret.

    Parameters
    ----------
    secret : str or bytes
        The course's; whoever knows it can compute everybody's seeds.
    student : str
        As in the class list; space around it does not matter.
    problem : Problem
        The teacher's.
    """
    key = secret.encode() if isinstance(secret, str) else bytes(secret)
    if not key:
        raise ValueError("secret: expected the course's own, got nothing. Use a long random text, and keep it.")
    who = unicodedata.normalize("NFC", str(student)).strip()
    if not who:
        raise ValueError("student: expected an id, got nothing.")
    # a list in JSON, so that no two pairs of student and problem are the same message
    message = json.dumps([who, problem.hash], ensure_ascii=True).encode()
    return hmac.new(key, message, hashlib.sha256).hexdigest()[:16]


def variant(
    problem: Problem,
    seed: str | int,
    *,
    ask: Sequence[str] | None = None,
    digits: int = 4,
) -> Variant:
    """The problem with numbers picked for a seed.

    Parameters
    ----------
    problem : Problem
        The teacher's; what it calls ``fixed`` keeps its number.
    seed : str or int
        Any text without ``#``; or a printed seed, whose numbers are taken as they are.
    ask : sequence of str, optional
        What the sheet will ask: kinds of cells and cells.
    digits : int
        Significant digits of the answers.

    Raises
    ------
    ValueError
        No good numbers were found: the reasons are counted.

    Notes
    -----
    A draw is refused if a factor is 0 or ±1 or two cells are equal without need, at kinks, where a relative error grows
    more than 50-fold, and where a likely mistake gives a right answer or two of them the same number.
    """
    return _Maker(problem, ask, digits).variant(str(seed))


def variants(
    problem: Problem,
    students: Sequence[str],
    secret: str | bytes,
    *,
    ask: Sequence[str] | None = None,
    digits: int = 4,
) -> Iterator[Variant]:
    """The variants of a class, in the order of its list; made together they take less time."""
    maker = _Maker(problem, ask, digits)
    return (maker.variant(student_seed(secret, student, problem)) for student in students)


def printed(problem: Problem, seed: str) -> Problem:
    """The problem that a sheet with a printed seed was made from: no search, so it is the same for ever.

    Raises
    ------
    ValueError
        The seed is none that was printed.
    """
    match = _PRINTED.fullmatch(seed.strip())
    if match is None:
        raise ValueError(f"seed: expected one as it is printed, such as '3f9c02d4a1b7e865#2', got {seed!r:.60}.")
    drawn = draw(match["seed"], int(match["attempt"]), candidates(problem))
    try:
        return moved(problem, drawn)
    except (DomainError, ArithmeticError):
        raise ValueError(
            f"seed: expected one that was printed for this problem, got {seed!r:.60}: its numbers have no result."
        ) from None


class _Maker:
    """Picks for one seed after another, and gets ready for it once."""

    def __init__(self, problem: Problem, ask: Sequence[str] | None, digits: int) -> None:
        self.problem = problem
        self.digits = digits
        cells = problem.cells if ask is None else problem.expanded(ask)
        self.choices = candidates(problem)
        if not self.choices:
            raise ValueError("no input can have another number: expected one that is a plain number and not fixed.")
        self.picker = Picker(problem, cells, digits, self.choices)

    def variant(self, seed: str) -> Variant:
        seed = seed.strip()
        if _PRINTED.fullmatch(seed):
            return self._of(printed(self.problem, seed), seed, {})
        if "#" in seed or not seed.isprintable() or not seed:
            raise ValueError(f"seed: expected text on a line, without '#', got {seed!r:.60}.")
        refused: Counter[str] = Counter()
        for attempt in range(_TRIES):
            drawn = draw(seed, attempt, self.choices)
            reason = self.picker.refusal(drawn)
            if not reason:
                problem, reason = self._built(drawn)
                if problem is not None:
                    return self._of(problem, f"{seed}#{attempt}", dict(refused))
            refused[reason] += 1
        reasons = ", ".join(f"{reason} ({count})" for reason, count in refused.most_common())
        raise ValueError(
            f"no good numbers for this problem in {_TRIES} draws: {reasons}. "
            "Ask fewer cells or more digits, or write other numbers into the problem."
        )

    def _built(self, drawn: Mapping[str, Fraction]) -> tuple[Problem | None, str]:
        """The problem at these numbers, or why there is none."""
        try:
            problem = moved(self.problem, drawn)
        except (DomainError, ArithmeticError):
            return None, "another branch, or outside the domain"
        return (None, "a kink") if problem.solution.warnings else (problem, "")

    def _of(self, problem: Problem, seed: str, refused: Mapping[str, int]) -> Variant:
        return Variant(problem, seed, refused, self.picker.rehearsal.at(Numbers(problem.environment), self.digits))

"""Marking many sheets, here or on the workers of any executor, with the same result.

Work travels as the problem's arguments and the sheets, in chunks; sheets of one variant stay together, so that a
variant is built once. Reports that come back hold no reference.
"""

from __future__ import annotations

import functools
import pickle
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from typing import Any

from compgraph.errors import ParseError
from compgraph.homework.grading import grade
from compgraph.homework.problem import Problem
from compgraph.homework.report import Report
from compgraph.homework.sheets import Sheet
from compgraph.homework.variants import printed

__all__ = ["ProblemOf", "marked", "problem_of"]

#: A problem that all have, with or without variants of it; or what says which problem a sheet answers.
ProblemOf = Problem | Callable[[Sheet], Problem]

#: Sheets in a chunk: at most so many, and fewer where there would not be so many chunks.
_LARGEST, _CHUNKS = 25, 32


def problem_of(problem: ProblemOf, sheet: Sheet) -> Problem:
    """The problem that a sheet answers: the variant that was printed with its seed, if it has one.

    Examples
    --------
    >>> base = Problem("y = a*x", at={"a": "2", "x": "3"})
    >>> problem_of(base, Sheet({})) is base, problem_of(base, Sheet({}, seed="s7#0")).text
    (True, 'y = a*x')
    """
    if not isinstance(problem, Problem):
        return problem(sheet)
    return printed(problem, sheet.seed) if sheet.seed else problem


def marked(
    problem: ProblemOf,
    sheets: Sequence[Sheet],
    options: Mapping[str, Any],
    *,
    executor: Executor | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[list[Report | str], list[str]]:
    """For each sheet its report, or why it could not be marked; and what went wrong with the executor."""
    found: list[Report | str] = [""] * len(sheets)
    remarks: dict[str, int] = {}
    chunks = list(_chunks(sheets, 1 if executor is None else _LARGEST))
    done = 0

    def keep(numbers: Sequence[int], reports: Sequence[Report | str]) -> None:
        nonlocal done
        for number, report in zip(numbers, reports, strict=True):
            found[number] = report
        done += len(numbers)
        if progress is not None:
            progress(done, len(sheets))

    if executor is None:
        known: dict[str, Problem] = {}
        for numbers in chunks:
            keep(numbers, _marked_here(problem, [sheets[n] for n in numbers], options, known))
        return found, []
    futures: list[Future[list[Report | str]] | Exception] = []
    try:
        source = pickle.dumps(problem)
    except Exception as error:
        raise TypeError(
            f"what says which problem a sheet answers has to travel: {error}. Name a function of a module."
        ) from None
    for numbers in chunks:
        futures.append(_sent(executor, source, [sheets[n] for n in numbers], options))
    for numbers, future in zip(chunks, futures, strict=True):
        try:
            keep(numbers, _received(future))
        except Exception as error:
            # a worker that dies takes nobody's marks with it
            remarks[type(error).__name__] = remarks.get(type(error).__name__, 0) + len(numbers)
            keep(numbers, _marked_here(problem, [sheets[n] for n in numbers], options, {}))
    return found, [f"{count} sheets were marked here, not by the executor: {name}" for name, count in remarks.items()]


def _chunks(sheets: Sequence[Sheet], largest: int) -> Iterator[list[int]]:
    """The numbers of sheets in chunks, those of one variant together."""
    groups: dict[str, list[int]] = {}
    for number, sheet in enumerate(sheets):
        groups.setdefault(sheet.seed, []).append(number)
    numbers = [number for group in groups.values() for number in group]
    size = max(1, min(largest, len(numbers) // _CHUNKS))
    chunk: list[int] = []
    for before, number in zip([None, *numbers], numbers, strict=False):
        another = before is None or not sheets[number].seed or sheets[before].seed != sheets[number].seed
        if len(chunk) >= size and (another or len(chunk) >= largest):
            yield chunk
            chunk = []
        chunk.append(number)
    if chunk:
        yield chunk


def _sent(
    executor: Executor, source: bytes, sheets: list[Sheet], options: Mapping[str, Any]
) -> Future[list[Report | str]] | Exception:
    try:
        return executor.submit(_marked_there, source, sheets, dict(options))
    except Exception as error:  # an executor whose workers have died refuses
        return error


def _received(future: Future[list[Report | str]] | Exception) -> list[Report | str]:
    if isinstance(future, Exception):
        raise future
    return future.result()


def _marked_there(source: bytes, sheets: Sequence[Sheet], options: Mapping[str, Any]) -> list[Report | str]:
    """A chunk, on a worker."""
    return _marked_here(_built(source, threading.get_ident()), sheets, options, {})


@functools.lru_cache(maxsize=64)
def _built(source: bytes, thread: int) -> ProblemOf:
    """What was sent, built once in a worker: for each of its threads, because a problem fills in as it is used."""
    problem: ProblemOf = pickle.loads(source)
    return problem


def _marked_here(
    problem: ProblemOf, sheets: Sequence[Sheet], options: Mapping[str, Any], known: dict[str, Problem]
) -> list[Report | str]:
    return [_marked(problem, sheet, options, known) for sheet in sheets]


def _marked(problem: ProblemOf, sheet: Sheet, options: Mapping[str, Any], known: dict[str, Problem]) -> Report | str:
    try:
        if isinstance(problem, Problem) and sheet.seed:
            if sheet.seed not in known:
                known.clear()  # sheets of a variant come together
                known[sheet.seed] = problem_of(problem, sheet)
            own = known[sheet.seed]
        else:
            own = problem_of(problem, sheet)
        report = grade(own, sheet, **{**own.marking, **options})
    except ParseError as error:
        return error.message
    except Exception as error:
        # whatever is wrong with one sheet, the others have their marks
        return str(error) if isinstance(error, (ValueError, TypeError)) else f"{type(error).__name__}: {error}"
    return report

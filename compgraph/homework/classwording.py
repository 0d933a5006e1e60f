"""A class in words, for a terminal: how it went, what to look at, and what could not be marked."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from typing import TYPE_CHECKING

from compgraph.homework.collecting import Failure
from compgraph.homework.tallies import clusters, misconceptions, success
from compgraph.reading.lexing import shown

if TYPE_CHECKING:
    from compgraph.homework.classreport import ClassReport

__all__ = ["class_text", "counted", "failure_text", "headline"]

_SHOWN = 5


def headline(found: ClassReport) -> str:
    """``hw3 · 198 students · mean 6.4/8``"""
    scores = [entry.score for entry in found.entries if entry.score is not None]
    mean = f"mean {statistics.fmean(scores):.3g}/{found.max_score}" if scores else ""
    of = f" of {len(found.entries)}" if len(scores) != len(found.entries) else ""
    return " · ".join(part for part in (shown(found.title), f"{counted(len(scores), 'student', of)}", mean) if part)


def class_text(found: ClassReport) -> str:
    """The class on one screen: everything that was not marked, and of the rest what stands out."""
    return "\n".join(_lines(found))


def failure_text(failure: Failure) -> str:
    """A line for what could not be marked."""
    who = f" (of {shown(failure.student)}?)" if failure.student else ""
    return f"{shown(failure.source, 200) or 'a sheet'}{who}: {shown(failure.reason, 300)}"


def _lines(found: ClassReport) -> Iterator[str]:
    yield headline(found)
    reports = list(found.values())
    hardest = sorted((one for one in success(reports) if one.credit < 1), key=lambda one: one.credit)[:_SHOWN]
    if hardest:
        yield "Hardest cells"
        width = max(len(one.cell) for one in hardest)
        for one in hardest:
            counts = f"wrong {one.wrong}, carried forward {one.carried}, blank or unreadable {one.blank}"
            yield f"  {one.cell:{width}}   {one.credit:4.0%}   {counts}"
    frequent = misconceptions(reports)[:_SHOWN]
    if frequent:
        yield "Mistakes"
        for mistake in frequent:
            where = ", ".join(mistake.where)
            yield f"  {counted(mistake.students, 'student')}: {mistake.title} ({where})"
    identical = clusters(reports)[:_SHOWN]
    if identical:
        yield "The same wrong answer, unexplained"
        for cluster in identical:
            yield f"  {counted(len(cluster.students), 'student')}: {cluster.cell} = {shown(cluster.typed)}"
    for title, lines in (
        ("Not marked", [failure_text(failure) for failure in found.failures]),
        ("No sheet", [", ".join(shown(entry.student) for entry in found.missing)] if found.missing else []),
        ("Look at", [*found.remarks, *_remarked(found)]),
    ):
        if lines:
            yield title
            yield from (f"  {line}" for line in lines)


def _remarked(found: ClassReport) -> Iterator[str]:
    for entry in found.entries:
        if entry.attempt is not None:
            yield from (f"{shown(entry.student)}: {shown(remark, 300)}" for remark in entry.notes)


def counted(count: int, noun: str, of: str = "") -> str:
    """``1 student``, ``3 of 5 students``"""
    return f"{count}{of} {noun}{'' if count == 1 and not of else 's'}"

"""A class as one page of HTML for the teacher: no script, nothing loaded, and what students typed is only ever text."""

from __future__ import annotations

import base64
import hashlib
import statistics
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from compgraph.homework.classwording import counted, headline
from compgraph.homework.tallies import GROUPS, CellSuccess, clusters, misconceptions, success
from compgraph.reading.lexing import shown
from compgraph.render.style import FAMILY
from compgraph.render.svg import safe

if TYPE_CHECKING:
    from compgraph.homework.classreport import ClassReport, Entry

__all__ = ["class_page"]

#: What becomes of an answer: mark, name and colour, in this order along a bar. Nothing is told by colour alone.
_LOOKS = {
    "right": ("✓", "right", "#0a8f6c"),
    "carried": ("→", "consistent with an earlier error", "#7cc4ee"),
    "almost": ("~", "too few digits, or rounded", "#f2df5c"),
    "wrong": ("✗", "wrong here first", "#d2601a"),
    "blank": ("○", "blank or unreadable", "#c9c9c9"),
}
_BAR, _HIGH = 360, 20

_STYLE = f"""
body{{margin:0;background:#f4f4f2;color:#1b1b1b;font:15px/1.45 {FAMILY}}}
main{{max-width:980px;margin:0 auto;padding:24px}}
h1{{font-size:28px;font-weight:normal;margin:0 0 4px;overflow-wrap:anywhere}}
h2{{font-size:19px;font-weight:normal;margin:30px 0 8px;border-bottom:1px solid #999}}
table{{border-collapse:collapse;background:#fff}}
table.wide{{width:100%}}
th,td{{text-align:left;vertical-align:top;padding:4px 10px;border-bottom:1px solid #ddd;overflow-wrap:anywhere}}
th{{font-weight:normal;color:#555;white-space:nowrap}}
td.n,th.n{{text-align:right;white-space:nowrap;overflow-wrap:normal}}
td.c{{white-space:nowrap;overflow-wrap:normal}}
svg{{display:block}}
svg text{{font:12px {FAMILY};fill:#000}}
.legend{{list-style:none;margin:0 0 8px;padding:0;display:flex;flex-wrap:wrap;gap:4px 18px}}
.legend svg{{display:inline-block;vertical-align:-3px;margin-right:5px}}
.note{{color:#555}}
@media print{{body{{background:none}}h2{{break-after:avoid}}tr{{break-inside:avoid}}}}
"""


def class_page(found: ClassReport) -> str:
    """The whole page; the same bytes for the same class."""
    digest = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode("ascii")
    policy = f"default-src 'none'; base-uri 'none'; form-action 'none'; style-src 'sha256-{digest}'"
    parts = [
        "<!DOCTYPE html>",
        '<html lang="en">',
        '<head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{safe(policy)}">',
        '<meta name="viewport" content="width=device-width">',
        f"<title>{safe(headline(found))}</title>",
        f"<style>{_STYLE}</style></head>",
        "<body><main>",
        *_summary(found),
        *_cells(success(found.values())),
        *_mistakes(found),
        *_clusters(found),
        *_failures(found),
        *_students(found),
        "</main></body>",
        "</html>",
        "",
    ]
    return "\n".join(parts)


def _summary(found: ClassReport) -> Iterator[str]:
    yield f"<h1>{safe(shown(found.title, 200) or 'Class')}</h1>"
    scores = [entry.score for entry in found.entries if entry.score is not None]
    facts = [f"{counted(len(scores), 'student')} marked"]
    if found.missing:
        facts.append(f"{len(found.missing)} in the class list without a sheet")
    if found.failures:
        facts.append(f"{counted(len(found.failures), 'file')} not marked")
    if scores:
        facts.append(
            f"mean {statistics.fmean(scores):.3g}, median {statistics.median(scores):.3g} of {found.max_score}"
        )
    yield f"<p>{safe(' · '.join(facts))}</p>"
    if len(scores) > 1 and found.max_score:
        yield _histogram(scores, found.max_score)


def _histogram(scores: Sequence[float], most: int) -> str:
    """How many have how many points: a column for a point, or for a tenth of all where there are many."""
    bins = most + 1 if most <= 20 else 11
    counts = [0] * bins
    for score in scores:
        counts[min(bins - 1, round(score / most * (bins - 1)))] += 1
    wide, high = 34, 90
    parts = [f'<svg role="img" aria-label="distribution of scores" width="{wide * bins}" height="{high + 34}">']
    for i, count in enumerate(counts):
        tall = round(high * count / max(counts))
        middle = wide * i + wide / 2
        if count:
            parts.append(
                f'<rect x="{wide * i + 3}" y="{16 + high - tall}" width="{wide - 6}" height="{tall}" fill="#8a8fb5"/>'
            )
            parts.append(f'<text x="{middle:g}" y="{12 + high - tall}" text-anchor="middle">{count}</text>')
        points = most * i / (bins - 1)
        parts.append(f'<text x="{middle:g}" y="{high + 31}" text-anchor="middle">{points:.3g}</text>')
    parts.append(f'<path d="M0 {high + 16.5}H{wide * bins}" stroke="#555"/></svg>')
    return "".join(parts)


def _cells(cells: Sequence[CellSuccess]) -> Iterator[str]:
    if not cells:
        return
    yield "<h2>Success per cell</h2>"
    used = [group for group in GROUPS if any(getattr(one, group) for one in cells)]
    legend = (
        f'<li><svg width="15" height="15"><rect width="15" height="15" fill="{_LOOKS[group][2]}"/></svg>'
        f"{_LOOKS[group][0]} {_LOOKS[group][1]}</li>"
        for group in used
    )
    yield f'<ul class="legend">{"".join(legend)}</ul>'
    rows = ([_cell(one.cell), _bar(one), _number(f"{100 * one.credit:.0f} %")] for one in cells)
    yield _table(["cell", "sheets", "mean credit"], rows, numbers=(2,))


def _bar(one: CellSuccess) -> str:
    parts, at = [], 0.0
    label = ", ".join(f"{getattr(one, group)} {_LOOKS[group][1]}" for group in GROUPS if getattr(one, group))
    for group in GROUPS:
        count = getattr(one, group)
        if not count:
            continue
        sign, _, colour = _LOOKS[group]
        wide = _BAR * count / one.sheets
        parts.append(f'<rect x="{at:.2f}" width="{wide:.2f}" height="{_HIGH}" fill="{colour}"/>')
        text = f"{sign} {count}" if wide >= 34 else str(count) if wide >= 8 * len(str(count)) + 2 else ""
        if text:
            parts.append(f'<text x="{at + wide / 2:.2f}" y="15" text-anchor="middle">{text}</text>')
        at += wide
    return f'<td><svg role="img" aria-label="{safe(label)}" width="{_BAR}" height="{_HIGH}">{"".join(parts)}</svg></td>'


def _mistakes(found: ClassReport) -> Iterator[str]:
    frequent = misconceptions(found.values())
    if not frequent:
        return
    yield "<h2>Mistakes</h2>"
    yield '<p class="note">Likely where nothing else explains the number; possible where other readings do too.</p>'
    rows = (
        [
            _number(str(one.students)), _number(str(one.likely)), _text(one.title), _text(", ".join(one.where)),
            _text(one.message),
        ]
        for one in frequent
    )  # fmt: skip
    yield _table(["students", "likely", "mistake", "most often in", "for example"], rows, numbers=(0, 1), wide=True)


def _clusters(found: ClassReport) -> Iterator[str]:
    identical = clusters(found.values())
    if not identical:
        return
    yield "<h2>The same wrong answer, unexplained</h2>"
    yield '<p class="note">A mistake that is not known here yet, an error in the problem, or one sheet copied.</p>'
    rows = (
        [
            _number(str(len(one.students))), _cell(one.cell), _text(one.typed), _text(_names(one.students)),
        ]
        for one in identical
    )  # fmt: skip
    yield _table(["students", "cell", "answer", "who"], rows, numbers=(0,), wide=True)


def _failures(found: ClassReport) -> Iterator[str]:
    if found.failures:
        yield "<h2>Not marked</h2>"
        rows = (
            [_text(failure.source or "a sheet"), _text(failure.student), _text(failure.reason)]
            for failure in found.failures
        )
        yield _table(["file", "student", "why"], rows, wide=True)
    if found.remarks:
        yield "<h2>Look at</h2>"
        yield f"<ul>{''.join(f'<li>{safe(shown(remark, 400))}</li>' for remark in found.remarks)}</ul>"


def _students(found: ClassReport) -> Iterator[str]:
    named = any(entry.person and entry.person.name for entry in found.entries)
    header = ["student", *(["name"] if named else []), "score", "sheets", "errors began in", "remarks"]
    rows = (_student(entry, named) for entry in found.entries)
    yield "<h2>Students</h2>"
    yield _table(header, rows, numbers=(1 + named, 2 + named), wide=True)


def _student(entry: Entry, named: bool) -> list[str]:
    score = "—" if entry.score is None else f"{entry.score:.4g}/{entry.max_score}"
    return [
        _text(entry.student),
        *([_text(entry.person.name if entry.person else "")] if named else []),
        _number(score),
        _number(str(len(entry.attempts))),
        _text(", ".join(entry.attempt.report.roots) if entry.attempt else ""),
        _text("; ".join(entry.notes)),
    ]


def _names(students: Sequence[str]) -> str:
    more = f" and {len(students) - 12} more" if len(students) > 12 else ""
    return ", ".join(shown(student) for student in students[:12]) + more


def _table(
    header: Sequence[str], rows: Iterable[Iterable[str]], *, numbers: Sequence[int] = (), wide: bool = False
) -> str:
    heads = "".join(
        f'<th class="n">{name}</th>' if i in numbers else f"<th>{name}</th>" for i, name in enumerate(header)
    )
    body = "\n".join(f"<tr>{''.join(row)}</tr>" for row in rows)
    return f"<table{' class=wide' if wide else ''}><thead><tr>{heads}</tr></thead><tbody>\n{body}\n</tbody></table>"


def _text(words: str) -> str:
    return f"<td>{safe(shown(words, 400))}</td>"


def _cell(name: str) -> str:
    return f'<td class="c">{safe(shown(name, 80))}</td>'


def _number(words: str) -> str:
    return f'<td class="n">{safe(words)}</td>'

"""A report as HTML: the graph with the student's own numbers in it, coloured, and a row for every cell. No script.

Every verdict is told twice, by colour and by mark. What stands here is what stands in the report: without `reveal` no
number that somebody was to find.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from compgraph import notation
from compgraph.homework.labels import symbol
from compgraph.homework.paper import content
from compgraph.homework.paper.svg import SCOPE, STYLE, drawing
from compgraph.homework.wording import SIGNS, note, score_text
from compgraph.reading.lexing import shown
from compgraph.render.runs import typeset
from compgraph.render.style import FAMILY
from compgraph.render.svg import safe

if TYPE_CHECKING:
    from compgraph.homework.report import CellReport, Report

__all__ = ["document", "fragment"]

#: Verdict → the kind of it that colours know.
_KINDS = {
    "correct": "right",
    "correct_rounding": "right",
    "follow_through": "carried",
    "eased": "carried",
    "too_few_digits": "partly",
    "approximate": "partly",
    "wrong": "root",
    "invalid": "root",
    "blank": "blank",
}
_TITLES = {
    "right": "right",
    "carried": "carried forward from an earlier error",
    "partly": "right in part",
    "root": "where an error began, or could not be read",
    "blank": "blank",
}
_VERDICTS = {
    "correct": "right",
    "correct_rounding": "right, rounded on the way",
    "follow_through": "carried forward",
    "eased": "carried forward, made easier",
    "too_few_digits": "too few digits",
    "approximate": "not exact",
    "wrong": "error",
    "invalid": "not read",
    "blank": "blank",
}
#: Kind → line and surface: dark enough for text and light enough for a printer, and different in grey.
_COLOURS = {
    "right": ("#1a7f37", "#e6f4ea"),
    "carried": ("#1f5fa8", "#dce9f7"),
    "partly": ("#8a6100", "#fff4d6"),
    "root": ("#b42318", "#fbd5d1"),
    "blank": ("#777777", "#ffffff"),
}

_STYLE = (
    STYLE
    + "".join(
        f".{SCOPE} .cg-{kind}{{stroke:{line};fill:{surface};stroke-width:{3 if kind == 'root' else 1.6}"
        f"{';stroke-dasharray:4 3' if kind == 'blank' else ''}}}"
        for kind, (line, surface) in _COLOURS.items()
    )
    + f"""
.cg-report{{color:#1b1f24;background:#fff;font:15px/1.45 {FAMILY};max-width:60em}}
.cg-report h1{{font-size:1.4em;font-weight:normal;margin:0 0 .4em}}
.cg-report figure{{margin:0 0 1em;overflow-x:auto}}
.cg-report figure svg{{max-width:100%;height:auto}}
.cg-report table{{border-collapse:collapse;width:100%}}
.cg-report th,.cg-report td{{text-align:left;vertical-align:top;padding:3px 12px 3px 0;border-top:1px solid #ddd;
background:none;white-space:nowrap}}
.cg-report td:last-child{{white-space:normal;width:45%}}
.cg-report summary{{cursor:pointer;padding:6px 0;border-top:1px solid #ddd}}
.cg-report th{{font-weight:normal;color:#59636e;border:0}}
.cg-report .cg-sign{{display:inline-block;width:1.3em;text-align:center;border-radius:3px;margin-right:.4em}}
.cg-report ul{{list-style:none;padding:0;margin:.6em 0}}
"""
    + "".join(
        f".cg-report .cg-sign.cg-{kind}{{color:{line};background:{surface};box-shadow:inset 0 0 0 1px {line}}}"
        for kind, (line, surface) in _COLOURS.items()
    )
).replace("\n", "")


def document(report: Report) -> str:
    """The whole page, which needs nothing else."""
    title = safe(score_text(report))
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f'<meta name="viewport" content="width=device-width"><title>{title}</title></head>\n'
        f'<body style="margin:1.5em">{fragment(report)}</body></html>\n'
    )


def fragment(report: Report) -> str:
    """The report as a part of a page, such as the output of a notebook."""
    parts = [f'<div class="cg-report"><style>{_STYLE}</style><h1>{safe(score_text(report))}</h1>', _figure(report)]
    parts += [*_tables(report), _list(_below(report)), _legend(report), "</div>"]
    return "\n".join(part for part in parts if part)


def _kind(found: CellReport) -> str:
    return _KINDS[found.verdict]


def _sign(kind: str, verdict: str) -> str:
    return f'<span class="cg-sign cg-{kind}" title="{_TITLES[kind]}">{SIGNS.get(verdict, "✓")}</span>'


def _figure(report: Report) -> str:
    """The graph with what was typed; nothing where it is too large to be read."""
    problem = report.problem
    cells = [cell for cell in report if not cell.startswith(("dgrad:", "path:"))]
    widest = max((len(report[cell].typed.strip()) for cell in cells), default=0)
    sheet = content.blank(problem, cells, digits=min(max(widest, 4), 8))
    if sheet.figure is None:
        return ""
    answers = {i: _shown(report[cell]) for i, cell in enumerate(cells, 1)}
    kinds = {i: f"cg-{_kind(report[cell])}" for i, cell in enumerate(cells, 1)}
    width, height = sheet.figure.width + 8, sheet.figure.height + 8
    size = f'width="{width * sheet.scale:.0f}" height="{height * sheet.scale:.0f}"'
    box = f'viewBox="-4 -4 {width:g} {height:g}"'
    about = "; ".join(f"{cell} {_VERDICTS[report[cell].verdict]}" for cell in cells)
    return (
        f'<figure><svg xmlns="http://www.w3.org/2000/svg" class="{SCOPE}" {size} {box} role="img" '
        f'aria-label="{safe(about)}">{drawing(sheet.figure, answers, kinds, fixed=False)}</svg></figure>'
    )


def _shown(found: CellReport) -> str:
    typed = shown(found.typed, 30)
    return f"{SIGNS.get(found.verdict, '✓')} {typed.replace('-', '−')}" if typed else ""


def _tables(report: Report) -> list[str]:
    """The cells that need attention, then the others, folded."""
    numbered = dict(enumerate(report, 1))
    right = [i for i, cell in numbered.items() if _kind(report[cell]) == "right" and not note(report, report[cell])]
    others = [i for i in numbered if i not in set(right)]
    parts = [_table(report, {i: numbered[i] for i in others})] if others else []
    if right:
        table = _table(report, {i: numbered[i] for i in right})
        what = "1 cell is right" if len(right) == 1 else f"{len(right)} cells are right"
        parts.append(f"<details><summary>{_sign('right', 'correct')}{what}</summary>{table}</details>")
    return parts


def _table(report: Report, cells: Mapping[int, str]) -> str:
    head = ["", "cell", "", "typed", "credit", ""]
    if report.reveal:
        head[4:4] = ["expected", "from own numbers"]
    rows = [f"<tr>{''.join(f'<th>{name}</th>' for name in head)}</tr>"]
    for i, cell in cells.items():
        found = report[cell]
        typed = safe(shown(found.typed, 60))
        if found.read_as and found.read_as != found.typed.strip().replace("-", "−"):
            typed += f"<br><small>read as {safe(found.read_as)}</small>"
        sign = f"{_sign(_kind(found), found.verdict)}{_VERDICTS[found.verdict]}"
        row = [str(i), f"{_symbol(report, cell)}<br><small>{safe(cell)}</small>", sign, typed]
        if report.reveal:
            own = _short(found.follow_through) if _kind(found) != "right" else ""
            row += [_short(found.reference), own]
        if found.override is not None:
            row[2] = f"{sign}<br><small>decided by the teacher</small>"
        row += [f"{found.credit:.3g}", safe(_note(report, found))]
        rows.append(f"<tr>{''.join(f'<td>{field}</td>' for field in row)}</tr>")
    return f"<table>{''.join(rows)}</table>"


def _short(number: str | None) -> str:
    """A number with as many digits as anybody reads."""
    if not number or "/" in number or len(number) <= 10:
        return safe(number or "")
    return f"{float(number.replace('−', '-')):.8g}".replace("-", "−")


def _symbol(report: Report, cell: str) -> str:
    words = symbol(cell, report.problem.output, report.problem.wrt)
    return "".join(f"<i>{safe(run)}</i>" if i % 2 else safe(run) for i, run in enumerate(typeset(words)) if run)


def _note(report: Report, found: CellReport) -> str:
    notes = [note(report, found)]
    if found.because and found.override is None:
        cells = ", ".join(
            notation.name(cell.removeprefix("val:")) if cell.startswith("val:") else cell for cell in found.because
        )
        notes.insert(0, f"follows from your {cells}")
    if found.override is not None and found.override.comment:
        notes.append(found.override.comment)
    return "; ".join(said for said in notes if said and said != "blank")


def _below(report: Report) -> list[str]:
    shared = [f"{found.message}: {', '.join(found.cells)}" for found in report.misconceptions]
    return [*shared, *(f"{name}: {message}" for name, message in report.unknown.items())]


def _list(lines: Iterable[str]) -> str:
    items = "".join(f"<li>{safe(line)}</li>" for line in lines)
    return f"<ul>{items}</ul>" if items else ""


def _legend(report: Report) -> str:
    kinds = {_kind(found): found.verdict for found in report.values()}
    told = [f"{_sign(kind, kinds[kind])}{title}" for kind, title in _TITLES.items() if kind in kinds]
    return f"<p><small>{' &nbsp; '.join(told)}</small></p>" if told else ""

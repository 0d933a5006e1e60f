"""A sheet as a page of HTML that needs nothing else: no script, nothing loaded, A4 when it is printed."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence

from compgraph.homework.paper.content import Content, Entry
from compgraph.homework.paper.svg import SCOPE, STYLE, drawing, numbers_and_formulas, reason
from compgraph.render.cells import runs_width
from compgraph.render.runs import typeset
from compgraph.render.style import FAMILY
from compgraph.render.svg import safe

__all__ = ["document", "listed", "typeset_html"]

#: The size of what stands before a box, in pixels.
LABEL = 13

_STYLE = """
@page{{size:A4 {turned};margin:15mm}}
body{{margin:0;background:#eee;color:#000;font:14px/1.4 {family}}}
main{{box-sizing:border-box;width:{across};min-height:{down};margin:8mm auto;padding:15mm;background:#fff;
display:flex;flex-direction:column}}
header{{display:flex;align-items:flex-end;gap:2em;border-bottom:1px solid #777;padding-bottom:6px}}
h1{{flex:1;margin:0;font-size:24px;font-weight:normal;line-height:1.1;overflow-wrap:anywhere}}
.line{{display:inline-block;width:250px;border-bottom:1px solid #000}}
ul{{list-style:none;margin:8px 0;padding:0;color:#444}}
figure{{margin:10px 0;text-align:center}}
figure svg{{max-width:100%;height:auto}}
.boxes,.names,.reasons{{display:grid;gap:8px 10px;grid-template-columns:repeat(auto-fill,minmax({least}px,1fr));
list-style:none;margin:8px 0;padding:0}}
.boxes.formulas{{grid-template-columns:1fr}}
.boxes li{{display:flex;align-items:center;justify-content:flex-end;gap:8px;break-inside:avoid}}
.label{{text-align:right;font-size:{label}px;overflow-wrap:anywhere}}
.label small,.names,.box small{{color:#444;font-size:11px}}
.label small{{display:block}}
.box{{flex:none;box-sizing:border-box;width:{width}px;height:30px;border:1px solid #000;border-radius:3px;
position:relative;padding:5px 4px 0 16px;text-align:center;white-space:nowrap;overflow:hidden}}
.formulas .box{{width:60%}}
.box small{{position:absolute;left:4px;top:0}}
.names{{grid-template-columns:repeat(auto-fill,minmax(110px,1fr));gap:2px 12px}}
.reasons{{display:block;font-size:13px}}
.reasons li{{padding-left:30px;text-indent:-30px;break-inside:avoid;overflow-wrap:anywhere}}
.reasons b,.names b{{display:inline-block;width:24px;margin-right:6px;text-indent:0;text-align:right;font-weight:normal;
font-size:11px;color:#444}}
footer{{margin-top:auto;padding-top:10px;color:#444;font-size:11px}}
@media print{{body{{background:none}}main{{width:auto;min-height:{inside};margin:0;padding:0}}}}
"""


def document(content: Content) -> str:
    """The whole page."""
    labels = [runs_width(typeset(f"{entry.symbol} ="), LABEL) for entry in content.tabled]
    least = round(content.width + 10 + max(labels, default=80))
    style = STYLE + _STYLE.strip().format(
        family=FAMILY,
        turned="landscape" if content.is_landscape else "portrait",
        across="297mm" if content.is_landscape else "210mm",
        down="210mm" if content.is_landscape else "297mm",
        # of the page without its margins, and a little less, so that there is no second page
        inside="178mm" if content.is_landscape else "265mm",
        width=f"{content.width:g}",
        least=min(least, 600),
        label=LABEL,
    )
    policy = f"default-src 'none'; base-uri 'none'; form-action 'none'; style-src 'sha256-{_hash(style)}'"
    parts = [
        "<!DOCTYPE html>",
        '<html lang="en">',
        '<head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{safe(policy)}">',
        '<meta name="viewport" content="width=device-width">',
        f"<title>{safe(content.heading)}</title>",
        f"<style>{style}</style></head>",
        "<body><main>",
        f"<header><h1>{safe(content.heading)}</h1>{_name(content)}</header>",
        listed("", [safe(task) for task in content.tasks]),
    ]
    if content.figure is not None:
        parts.append(_figure(content))
    else:
        parts.append(listed("", [typeset_html(line) for line in (*content.given, *content.statements)]))
    if content.is_key:
        parts.append(listed("reasons", [f"<b>{e.number}</b>{safe(reason(e))}" for e in content.entries]))
        parts.append(listed("", [safe(note) for note in content.notes]))
    else:
        for entries in numbers_and_formulas(content):
            kind = "boxes formulas" if entries[0].is_formula else "boxes"
            parts.append(listed(kind, [_box(entry) for entry in entries]))
        drawn = [entry for entry in content.entries if entry.number in content.drawn]
        if drawn:
            parts.append("<div>The boxes in an answer file:</div>")
            parts.append(listed("names", [f"<b>{e.number}</b>{safe(e.cell)}" for e in drawn]))
    parts.append(f"<footer>{safe(content.footer)}</footer>")
    parts.append("</main></body></html>\n")
    return "\n".join(part for part in parts if part)


def _hash(style: str) -> str:
    return base64.b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii")


def _name(content: Content) -> str:
    if content.is_key:
        return ""
    student = f" ({safe(content.student)})" if content.student else ""
    return f'<div>Name{student}: <span class="line"></span></div>'


def _figure(content: Content) -> str:
    figure = content.figure
    assert figure is not None
    answers = {entry.number: entry.answer for entry in content.entries}
    width, height = figure.width + 4, figure.height + 4
    size = f'width="{width * content.scale:.0f}" height="{height * content.scale:.0f}"'
    box = f'viewBox="-2 -2 {width:g} {height:g}"'
    about = f"{len(figure.cards)} nodes, {len(figure.lines)} arrows, with a numbered box for each number."
    return (
        f'<figure><svg xmlns="http://www.w3.org/2000/svg" class="{SCOPE}" {size} {box} role="img" '
        f'aria-label="{about}">{drawing(figure, answers, fixed=False)}</svg></figure>'
    )


def listed(kind: str, items: Sequence[str]) -> str:
    """A list, if there is something in it."""
    name = f' class="{kind}"' if kind else ""
    return f"<ul{name}>\n" + "\n".join(f"<li>{item}</li>" for item in items) + "\n</ul>" if items else ""


def _box(entry: Entry) -> str:
    label = f'<span class="label">{typeset_html(entry.symbol)} =<small>{safe(entry.cell)}</small></span>'
    return f'{label}<span class="box"><small>{entry.number}</small>{safe(entry.answer)}</span>'


def typeset_html(words: str) -> str:
    """Variables in italics."""
    return "".join(f"<i>{safe(run)}</i>" if i % 2 else safe(run) for i, run in enumerate(typeset(words)) if run)

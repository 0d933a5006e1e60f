r"""A sheet as a LaTeX document, its graph drawn by TikZ from the same coordinates as everywhere.

The document needs ``tikz``, ``amsmath`` and ``fancyhdr``. pdfTeX sets what its fonts have; another character stands as
its number in a frame there, and as itself with LuaTeX and XeTeX, so that a name never keeps a sheet from being printed.
"""

from __future__ import annotations

from compgraph.homework.paper.content import Content, Entry
from compgraph.homework.paper.figure import HIGH, NUMBER, TEXT, Figure, Slot
from compgraph.homework.paper.svg import numbers_and_formulas, reason
from compgraph.render.cells import runs_width
from compgraph.render.runs import typeset
from compgraph.render.tex import escaped, formula

__all__ = ["document", "escaped", "formula"]

#: A pixel is 0.75 points of the printer.
_POINT = 0.75

_PREAMBLE = r"""\documentclass[11pt]{article}
\ifdefined\Umathcode\else\usepackage[utf8]{inputenc}\usepackage[T1]{fontenc}\fi
\IfFileExists{lmodern.sty}{\usepackage{lmodern}}{}
\usepackage[a4paper,%(turned)smargin=15mm,includefoot,footskip=8mm]{geometry}
\usepackage{amsmath,amssymb,tikz,fancyhdr}
\DeclareRobustCommand{\codepoint}[1]{\ifdefined\Umathcode\char"#1\relax\else\fbox{\tiny\texttt{#1}}\fi}
\newcommand{\size}[1]{\fontsize{#1}{#1}\selectfont}
\newcommand{\fit}[2]{\setbox0\hbox{#2}\ifdim\wd0>#1\resizebox{#1}{!}{\box0}\else\hbox to#1{\hss\unhbox0\hss}\fi}
\newcommand{\fitright}[2]{\setbox0\hbox{#2}\ifdim\wd0>#1\resizebox{#1}{!}{\box0}\else\hbox to#1{\hss\unhbox0}\fi}
\setlength{\parindent}{0pt}\setlength{\fboxsep}{1pt}
\pagestyle{fancy}\fancyhf{}\renewcommand{\headrulewidth}{0pt}
\fancyfoot[L]{\footnotesize %(footer)s}\fancyfoot[R]{\footnotesize\thepage}
\tikzset{card/.style={draw=black!55,rounded corners=4bp},blank/.style={draw=black,rounded corners=1.5bp},
chip/.style={draw=black!55,fill=black!7,rounded corners=1.5bp},arrow/.style={draw=black!55,line width=1bp},
tip/.style={fill=black!55},text at/.style={anchor=base west,inner sep=0bp,outer sep=0bp}}
\newcommand{\blank}[4]{\tikz[x=1bp,y=1bp,baseline=(a.base)]{\draw[blank] (0,-9) rectangle (#1,13.5);%%
\node[text at] at (2.5,6.5) {\size{7.5}#2};
\node[anchor=base,inner sep=0bp,text width=#4,align=center] (a) at (#1/2,0) {#3};}}
\begin{document}
"""


def document(content: Content) -> str:
    """The whole document."""
    lines = [_PREAMBLE % {"turned": "landscape," if content.is_landscape else "", "footer": escaped(content.footer)}]
    name = "" if content.is_key else rf"\hfill {_name(content)}"
    lines.append(rf"{{\LARGE\raggedright {escaped(content.heading)}}}{name}\par\vspace{{3pt}}\hrule\vspace{{6pt}}")
    lines += [rf"{{\small {escaped(task)}\par}}" for task in content.tasks]
    if content.figure is not None:
        answers = {entry.number: entry.answer for entry in content.entries}
        lines += [r"\vspace{6pt}\begin{center}", _tikz(content.figure, content.scale, answers), r"\end{center}"]
    else:
        lines += [rf"${formula(typeset(line))}$\par" for line in (*content.given, *content.statements)]
    lines.append(r"\raggedright")
    if content.is_key:
        for entry in content.entries:
            number = rf"\makebox[1.6em][r]{{{entry.number}}}"
            lines.append(rf"{{\small\hangindent=2em {number}\ {escaped(reason(entry))}\par}}")
        lines += [rf"\vspace{{4pt}}{{\small {escaped(note)}\par}}" for note in content.notes]
    else:
        lines += [_table(entries, content.width) for entries in numbers_and_formulas(content)]
        drawn = [entry for entry in content.entries if entry.number in content.drawn]
        if drawn:
            named = [rf"\mbox{{{entry.number}~\texttt{{{escaped(entry.cell)}}}}}" for entry in drawn]
            lines.append(rf"{{\footnotesize The boxes in an answer file: {'; '.join(named)}.\par}}")
    return "\n".join([*lines, r"\end{document}", ""])


def _name(content: Content) -> str:
    student = f" ({escaped(content.student)})" if content.student else ""
    return rf"\mbox{{Name{student}: \rule{{65mm}}{{0.4pt}}}}"


def _table(entries: list[Entry], width: float) -> str:
    """Boxes beside each other, as many as fit into a line."""
    wide = 330.0 if entries[0].is_formula else width * _POINT
    labels = [runs_width(typeset(f"{entry.symbol} ="), 10) for entry in entries]
    label = max(*labels, *(3.8 * len(entry.cell) for entry in entries)) + 2
    lines = []
    for entry in entries:
        what = rf"\fitright{{{label:.0f}bp}}{{\small${entry.latex}=$}}"
        told = rf"\fitright{{{label:.0f}bp}}{{\scriptsize\texttt{{{escaped(entry.cell)}}}}}"
        stack = rf"\shortstack[r]{{{what}\\{told}}}"
        box = rf"\blank{{{wide:.0f}}}{{{entry.number}}}{{{escaped(entry.answer)}}}{{{wide - 8:.0f}bp}}"
        lines.append(rf"\mbox{{{stack}\,{box}}}\hspace{{3bp plus 1fil}}")
    return "{\\lineskip=6bp\\lineskiplimit=4bp\n" + "\n".join(lines) + "\\par}\\vspace{6pt}"


# -- the figure


def _tikz(figure: Figure, scale: float, answers: dict[int, str]) -> str:
    unit = _POINT * scale
    size, small = TEXT * unit, NUMBER * unit
    lines = [rf"\begin{{tikzpicture}}[x={unit:.4f}bp,y=-{unit:.4f}bp]"]
    for line in figure.lines:
        start, *rest = line.curve.points
        curve = _at(*start)
        for i in range(0, len(rest), 3):
            a, b, c = rest[i : i + 3]
            curve += f" .. controls {_at(*a)} and {_at(*b)} .. {_at(*c)}"
        lines.append(rf"\draw[arrow{',dotted' if line.is_silent else ''}] {curve};")
        if not line.has_head:
            continue
        (x, y), (to_x, to_y) = line.curve.points[-1], line.curve.arrow
        dx, dy = (to_y - y) * 0.6, (x - to_x) * 0.6
        lines.append(rf"\fill[tip] {_at(to_x, to_y)} -- {_at(x + dx, y + dy)} -- {_at(x - dx, y - dy)} -- cycle;")
    for x, y, width, height in figure.cards:
        lines.append(rf"\draw[card,fill=white] {_at(x, y)} rectangle {_at(x + width, y + height)};")
    for label in figure.labels:
        words = rf"\fit{{{label.width * unit:.1f}bp}}{{\size{{{size:.1f}}}${formula(label.runs)}$}}"
        lines.append(rf"\node[text at] at {_at(label.x, label.y)} {{{words}}};")
    for slot in figure.slots:
        lines += _slot(slot, answers.get(slot.number, ""), size, small)
    return "\n".join([*lines, r"\end{tikzpicture}"])


def _slot(slot: Slot, answer: str, size: float, small: float) -> list[str]:
    corners = rf"{_at(slot.x, slot.y)} rectangle {_at(slot.x + slot.width, slot.y + slot.height)};"
    across = slot.x + slot.width / 2
    if slot.is_chip:
        number = rf"\node[anchor=base,inner sep=0bp] at {_at(across, slot.y + slot.height / 2 + 4)}"
        return [rf"\draw[chip] {corners}", rf"{number} {{\size{{{small:.1f}}}{slot.number}}};"]
    number = rf"\node[text at] at {_at(slot.x + 4, slot.y + NUMBER)}"
    lines = [rf"\draw[blank,fill=white] {corners}", rf"{number} {{\size{{{small:.1f}}}{slot.number}}};"]
    if answer:
        place = _at(across, slot.y + HIGH / 2 + 0.33 * TEXT)
        lines.append(rf"\node[anchor=base,inner sep=0bp] at {place} {{\size{{{size:.1f}}}{escaped(answer)}}};")
    return lines


def _at(x: float, y: float) -> str:
    return f"({x:.1f},{y:.1f})"

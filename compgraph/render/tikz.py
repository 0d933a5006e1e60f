r"""Pictures → TikZ, and films → Beamer, in the coordinates of the SVG: a unit is a big point, y points downwards.

A figure needs ``\usepackage{tikz,amsmath}`` and nothing else. Text is set by TeX, as formulas, in the font of the
document; a line that comes out wider there than in ours is made narrower, so that nothing ever overlaps.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from compgraph.render.shapes import Box, Look, Outline, Part, Shape, Sheet, Words, read
from compgraph.render.style import SIZES, THEMES
from compgraph.render.tex import escaped, line

__all__ = ["beamer", "tikz"]

#: What a slide of 160 mm by 90 mm has room for below its title, in points.
ROOM = (430.0, 210.0)

#: A line of some size and width: set tighter where it is too wide, and smaller where that is not enough.
_MACROS = r"""\def\cgline#1#2#3#4{\setbox0\hbox{\fontsize{#1}{#1}\selectfont#4}%
\ifdim\wd0>#2bp\relax\setbox0\hbox{\fontsize{#1}{#1}\selectfont\medmuskip=1mu\thickmuskip=2mu#4}\fi
\ifdim\wd0>#2bp\relax\resizebox{#2bp}{!}{\box0}\else\hbox to#2bp{#3\unhbox0\hss}\fi}
\def\codepoint#1{\ifdefined\Umathcode\char"#1\relax\else\fbox{\tiny\texttt{#1}}\fi}"""

_PREAMBLE = r"""\documentclass[aspectratio=169]{beamer}
\ifdefined\Umathcode\else\usepackage[utf8]{inputenc}\usepackage[T1]{fontenc}\fi
\IfFileExists{lmodern.sty}{\usepackage{lmodern}}{}
\usepackage{amsmath,tikz}
\usefonttheme{serif}
\setbeamersize{text margin left=4mm,text margin right=4mm}
\setbeamertemplate{navigation symbols}{}
\setbeamerfont{frametitle}{size=\large}"""


def tikz(picture: str) -> str:
    """A picture as a ``tikzpicture``, which brings its colours and styles along.

    Parameters
    ----------
    picture : str
        SVG of ours.

    Examples
    --------
    >>> from compgraph.render.film import picture
    >>> import networkx as nx
    >>> lines = tikz(picture(nx.MultiDiGraph([("x", "y", 0)]))).splitlines()
    >>> print(lines[0], lines[-2], lines[-1], sep=chr(10))  # doctest: +ELLIPSIS
    \\begin{tikzpicture}[x=1bp,y=-1bp]
    \\node[...] at (...) {\\cgline{17}{...}{\\hss}{$y$}};
    \\end{tikzpicture}
    """
    sheet = read(picture)
    palette = _Palette([sheet])
    lines = [r"\begin{tikzpicture}[x=1bp,y=-1bp]", *palette.definitions, _MACROS, _frame(sheet)]
    for part in sheet.parts:
        lines += [f"% {part.key}"] if part.key else []
        lines += _drawn(part, palette, sheet.width)
    return "\n".join([*lines, r"\end{tikzpicture}", ""])


def beamer(pictures: Iterable[str], *, title: str) -> str:
    r"""A film as a Beamer document of one slide: each picture is a step of it, by ``\only<2-4>{…}``.

    Parameters
    ----------
    pictures : iterable of str
        Frames of one film, so that everything has its place for good.
    title : str
        What stands above.
    """
    sheets = [read(picture) for picture in pictures]
    first, palette = sheets[0], _Palette(sheets)
    scale = min(1.0, ROOM[0] / first.width, ROOM[1] / first.height)
    ink, paper = (palette.colour(colour) for colour in _ground(first))
    lines = [
        _PREAMBLE,
        _MACROS,
        *palette.definitions,
        rf"\setbeamercolor{{background canvas}}{{bg={paper}}}",
        rf"\setbeamercolor{{normal text}}{{fg={ink}}}\setbeamercolor{{frametitle}}{{fg={ink}}}",
        r"\begin{document}",
        rf"\begin{{frame}}{{{escaped(title)}}}",
        r"\centering",
        rf"\scalebox{{{scale:.4f}}}{{%",
        r"\begin{tikzpicture}[x=1bp,y=-1bp]",
        _frame(first),
    ]
    for part, steps in _lives(sheets):
        drawn = _drawn(part, palette, first.width)
        always = len(steps) == len(sheets)
        lines += drawn if always else [rf"\only<{_ranges(steps)}>{{%", *drawn, "}"]
    return "\n".join([*lines, r"\end{tikzpicture}}", r"\end{frame}", r"\end{document}", ""])


def _frame(sheet: Sheet) -> str:
    return rf"\useasboundingbox (0,0) rectangle ({_n(sheet.width)},{_n(sheet.height)});"


def _ground(sheet: Sheet) -> tuple[str, str]:
    theme = THEMES.get(sheet.scope.removeprefix("cg-"), THEMES["light"])
    return theme.ink, theme.paper


def _lives(sheets: Sequence[Sheet]) -> Iterator[tuple[Part, list[int]]]:
    """Every state of every part, and the steps in which it is seen: edges behind nodes, labels and captions before."""
    steps: dict[Part, list[int]] = {}
    for number, sheet in enumerate(sheets, 1):
        for part in sheet.parts:
            steps.setdefault(part, []).append(number)
    behind = {kind: rank for rank, kind in enumerate("enl")}

    def order(part: Part) -> tuple[int, int]:
        return (behind[part.key[0]], int(part.key[1:])) if part.key else (len(behind), 0)

    paper = [part for part in steps if part.shapes[0].look.name == "cg-paper"]  # the slide has that colour itself
    return ((part, steps[part]) for part in sorted(steps, key=order) if part not in paper)


def _ranges(numbers: Sequence[int]) -> str:
    """Numbers as Beamer has them.

    >>> _ranges([1, 2, 3, 5])
    '1-3,5'
    """
    ranges: list[list[int]] = []
    for number in numbers:
        if ranges and number == ranges[-1][1] + 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in ranges)


class _Palette:
    """Names for the colours and looks of some pictures, and the TeX that defines them."""

    def __init__(self, sheets: Sequence[Sheet]) -> None:
        theme = THEMES.get(sheets[0].scope.removeprefix("cg-"))
        uses = {colour: use.replace("_", "-") for use, colour in reversed(theme._asdict().items())} if theme else {}
        shapes = [shape for sheet in sheets for part in sheet.parts for shape in part.shapes]
        colours = [colour for shape in shapes for colour in (shape.look.fill, shape.look.stroke) if colour]
        colours += _ground(sheets[0])
        self._colours = {colour: f"cg-{uses.get(colour, colour[1:])}" for colour in dict.fromkeys(colours)}
        self._styles: dict[tuple[str, str], str] = {}
        taken: set[str] = set()
        for shape in shapes:
            key = shape.look.name, self._options(shape)
            if key not in self._styles:
                name = plain = "cg " + " ".join(part.removeprefix("cg-") for part in shape.look.name.split())
                for number in range(2, len(shapes) + 2):
                    if name not in taken:
                        break
                    name = f"{plain} {number}"
                taken.add(name)
                self._styles[key] = name

    def colour(self, written: str) -> str:
        return self._colours[written]

    def style(self, shape: Shape) -> str:
        return self._styles[shape.look.name, self._options(shape)]

    @property
    def definitions(self) -> Iterator[str]:
        for written, name in self._colours.items():
            yield rf"\definecolor{{{name}}}{{HTML}}{{{written[1:].upper()}}}"
        styles = [f"{name}/.style={{{options}}}" for (_, options), name in self._styles.items()]
        yield "\\tikzset{" + ",\n".join(styles) + "}"

    def _options(self, shape: Shape) -> str:
        look = shape.look
        options = [f"opacity={look.opacity:g}"] if look.opacity < 1 else []
        if isinstance(shape, Words):
            halo = [f"fill={self.colour(look.stroke)}"] if look.stroke else []
            options = ["anchor=base west", "inner sep=0bp", "outer sep=0bp", f"text={self.colour(look.fill)}", *halo]
            return ",".join([*options, f"opacity={look.opacity:g}"] if look.opacity < 1 else options)
        return ",".join([*self._paint(look), *_corners(shape), *options])

    def _paint(self, look: Look) -> Iterator[str]:
        if look.fill:
            yield f"fill={self.colour(look.fill)}"
        if look.stroke:
            yield f"draw={self.colour(look.stroke)}"
            yield f"line width={_n(look.width)}bp"
            if look.dash:
                on, off = look.dash
                yield f"dash pattern=on {_n(on)}bp off {_n(off)}bp"


def _corners(shape: Shape) -> list[str]:
    return [f"rounded corners={_n(shape.radius)}bp"] if isinstance(shape, Box) and shape.radius else []


def _drawn(part: Part, palette: _Palette, width: float) -> list[str]:
    return [
        _node(shape, palette.style(shape), *_room(shape, part, width))
        if isinstance(shape, Words)
        else _path(shape, palette.style(shape))
        for shape in part.shapes
    ]


def _room(words: Words, part: Part, width: float) -> tuple[float, float]:
    """Where the room for a line begins, and how wide it is: that of the box it stands in, or little more than its own.

    A caption has what is left of the picture.
    """
    end = words.x + words.width
    boxes = (box for box in reversed(part.shapes) if isinstance(box, Box) and box.y < words.y < box.y + box.height)
    around = next((box for box in boxes if box.x <= words.x + 1 and end - 1 <= box.x + box.width), None)
    if around is not None:
        room = words.x - around.x - _INSIDE, around.x + around.width - _INSIDE - end
    elif "cg-caption" in words.look.name:
        room = 0.0, max(0.0, width - SIZES.margin - end)
    else:
        room = _BESIDE, _BESIDE
    left, right = (max(0.0, min(room)), max(0.0, min(room))) if words.centred else (0.0, max(0.0, room[1]))
    return words.x - left, words.width + left + right


#: How close TeX's letters come to the border of a box, and how far they go beyond a line that stands in none.
_INSIDE, _BESIDE = 4.0, 2.0


def _node(words: Words, style: str, x: float, room: float) -> str:
    fill = r"\hss" if words.centred else ""
    content = rf"\cgline{{{_n(words.size)}}}{{{_n(room)}}}{{{fill}}}{{{line(words.runs)}}}"
    return rf"\node[{style}] at {_at(x, words.y)} {{{content}}};"


def _path(shape: Box | Outline, style: str) -> str:
    if isinstance(shape, Box):
        corner = _at(shape.x + shape.width, shape.y + shape.height)
        return rf"\path[{style}] {_at(shape.x, shape.y)} rectangle {corner};"
    return rf"\path[{style}] {_curves(shape)};"


def _curves(outline: Outline) -> str:
    parts = []
    for kind, points in outline.curves:
        if kind == "C":
            a, b, c = (_at(*point) for point in points)
            parts.append(f".. controls {a} and {b} .. {c}")
        else:
            parts.append("-- cycle" if kind == "Z" else f"{'-- ' if kind == 'L' else ''}{_at(*points[0])}")
    return " ".join(parts)


def _at(x: float, y: float) -> str:
    return f"({_n(x)},{_n(y)})"


def _n(number: float) -> str:
    shown = f"{number:.2f}".rstrip("0").rstrip(".")
    return "0" if shown == "-0" else shown

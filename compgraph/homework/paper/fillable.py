"""A sheet as a page that is filled in on the screen, without a network, and saves a file of answers.

The page knows what a blank knows, so no answer can be found in it. What it says of a number is how it is spelled.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from string import Template
from typing import Any, NamedTuple

from compgraph.files import write
from compgraph.homework.paper.content import Content, Entry
from compgraph.homework.paper.figure import Figure
from compgraph.homework.paper.html import listed, typeset_html
from compgraph.homework.paper.svg import SCOPE, STYLE, drawing
from compgraph.render import font
from compgraph.render.style import FAMILY
from compgraph.render.svg import safe

__all__ = ["Fillable"]

#: Around a figure, so that no line is cut; how far it is shrunk on a small screen before it is scrolled.
_EDGE, _LEAST = 2.0, 0.8

#: An entry of an array, ``val:Z[0,1]``: the array, and the places of the entry.
_ENTRY = re.compile(r"((?:val|grad|new):.*)\[(\d+(?:,\d+)?)\]")

_BARE = re.compile(r"^\s*//.*\n|^[ \n]+| // .*$", re.MULTILINE)


class Fillable(NamedTuple):
    """A sheet to be filled in on the screen.

    Made by ``Worksheet.fillable``.

    Attributes
    ----------
    content : Content
        The blank.
    words : mapping of str to str
        Cell → what it asks, in words.
    problem, seed, student : str
        What the file of answers says of itself.
    digits : int
    names : sequence of str
        What formulas may be written in.
    decimal_comma : bool
    """

    content: Content
    words: Mapping[str, str]
    problem: str
    seed: str
    student: str
    digits: int
    names: Sequence[str]
    decimal_comma: bool

    def html(self) -> str:
        """The page, which needs nothing else."""
        content, about = self.content, _json(self._about())
        body = "\n".join(part for part in self._parts() if part)
        style = font.faces(body + content.heading) + self._style()
        script = f'(() => {{\n"use strict";\n{_BARE.sub("", _file("spelling.js") + _file("fillable.js"))}}})();'
        policy = (
            "default-src 'none'; base-uri 'none'; form-action 'none'; font-src data:; "
            f"style-src '{_hash(style)}'; script-src '{_hash(script)}'"
        )
        return Template(_file("fillable.html")).substitute(
            policy=safe(policy),
            title=safe(content.heading),
            style=style,
            student=safe(self.student),
            fixed=" readonly" if self.student else "",
            body=body,
            footer=safe(content.footer),
            about=about,
            script=script,
        )

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write ``sheet.html``, whole or not at all."""
        path = Path(path)
        if path.suffix.lower() not in (".html", ".htm"):
            raise ValueError(
                f"unknown format {path.suffix[1:]!r:.20}: a sheet to fill in is a page. Name it sheet.html."
            )
        return write(path, self.html())

    # -- its parts

    def _about(self) -> dict[str, Any]:
        from compgraph.functions import FUNCTIONS
        from compgraph.reading.vocabulary import ARRAY_FUNCTIONS

        return {
            "title": self.content.title,
            "problem": self.problem,
            "seed": self.seed,
            "student": self.student,
            "digits": self.digits,
            "comma": self.decimal_comma,
            "names": list(self.names),
            "functions": sorted({*FUNCTIONS, *ARRAY_FUNCTIONS, "σ", "abs"}),
        }

    def _parts(self) -> Iterator[str]:
        content = self.content
        yield listed("tasks", [safe(task) for task in content.tasks])
        drawn = {entry.number: entry for entry in content.entries if entry.number in content.drawn}
        if content.figure is not None:
            yield self._figure(content.figure, drawn)
        else:
            yield listed("", [typeset_html(line) for line in (*content.given, *content.statements)])
        single, arrays = _sorted(content.tabled)
        if arrays:
            yield f'<div class="arrays">{"".join(self._array(*one) for one in arrays.items())}</div>'
        for kind in (False, True):
            entries = [entry for entry in single if entry.is_formula is kind]
            yield listed("boxes formulas" if kind else "boxes", [self._row(entry) for entry in entries])

    def _figure(self, figure: Figure, drawn: Mapping[int, Entry]) -> str:
        width, height = figure.width + 2 * _EDGE, figure.height + 2 * _EDGE
        chips = {slot.number: f"cg-chosen cg-b{slot.number}" for slot in figure.slots if slot.is_chip}
        about = f"{len(figure.cards)} nodes and {len(figure.lines)} arrows: {'; '.join(self._told())}."
        picture = (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="{SCOPE}" viewBox="{-_EDGE:g} {-_EDGE:g} {width:g} '
            f'{height:g}" role="img" aria-label="{safe(about)}">{drawing(figure, {}, chips, fixed=False)}</svg>'
        )
        inputs = "".join(self._input(entry) for entry in drawn.values())
        # what scrolls on a small screen has to be reached from the keyboard, as its boxes are
        reached = "" if inputs else ' tabindex="0" aria-label="The graph"'
        return f'<figure{reached}><div class="picture">{picture}{inputs}</div></figure>'

    def _told(self) -> tuple[str, ...]:
        return (*self.content.given, *self.content.statements)

    def _row(self, entry: Entry) -> str:
        name = f"{typeset_html(entry.symbol)} =<small><b>{entry.number}</b>{safe(entry.cell)}</small>"
        return f'<label for="b{entry.number}">{name}</label>{self._input(entry)}'

    def _array(self, name: str, entries: Mapping[tuple[int, ...], Entry]) -> str:
        """The entries of an array in rows, between brackets."""
        rows: dict[int, list[Entry]] = {}
        for places in sorted(entries):
            rows.setdefault(places[0] if len(places) > 1 else 0, []).append(entries[places])
        kind = "".join(self._input(entry) for row in rows.values() for entry in row)
        symbol = re.sub(r"\[[\d,]*\]", "", next(iter(entries.values())).symbol)
        across = max(len(row) for row in rows.values())
        legend = f"<legend>{typeset_html(symbol)} =<small>{safe(name)}</small></legend>"
        return f'<fieldset>{legend}<div class="rows c{across}">{kind}</div></fieldset>'

    def _input(self, entry: Entry) -> str:
        label = f"{entry.number}: {self.words[entry.cell]}"
        return (
            f'<input id="b{entry.number}" name="{safe(entry.cell)}" data-number="{entry.number}" type="text" '
            f'aria-label="{safe(label)}" aria-describedby="reading" autocomplete="off" autocapitalize="off" '
            'spellcheck="false">'
        )

    def _style(self) -> str:
        content, figure = self.content, self.content.figure
        width = figure.width + 2 * _EDGE if figure else 100.0
        rules = Template(_file("fillable.css")).substitute(
            family=FAMILY,
            turned="landscape" if content.is_landscape else "portrait",
            across="max(297mm,70rem)" if content.is_landscape else "max(210mm,60rem)",
            wide=f"{width:.0f}px",
            least=f"{width * min(_LEAST, content.scale if not content.drawn else _LEAST):.0f}px",
            printed=f"{width * content.scale:.0f}px",
            unit=f"{100 / width:.5f}cqw",
            box=f"{content.width:g}px",
            cell=f"{content.width + 170:g}px",
            close=f"{content.width + 100:g}px",
        )
        places = "".join(_places(figure, content.drawn)) if figure else ""
        grids = "".join(f".c{n}{{grid-template-columns:repeat({n},max-content)}}" for n in self._across())
        return STYLE + rules.replace("\n", "") + places + grids

    def _across(self) -> list[int]:
        arrays = _sorted(self.content.tabled)[1].values()
        return sorted({max(places[-1] for places in entries) + 1 for entries in arrays})


def _sorted(entries: Sequence[Entry]) -> tuple[list[Entry], dict[str, dict[tuple[int, ...], Entry]]]:
    """The boxes of a table: those that stand alone, and those of each array by their places in it."""
    single, arrays = [], dict[str, dict[tuple[int, ...], Entry]]()
    for entry in entries:
        match = _ENTRY.fullmatch(entry.cell)
        if match is None:
            single.append(entry)
        else:
            arrays.setdefault(match[1], {})[tuple(map(int, match[2].split(",")))] = entry
    return single, arrays


def _places(figure: Figure, drawn: frozenset[int]) -> Iterator[str]:
    """Where the inputs lie in the figure, in parts of it."""
    width, height = figure.width + 2 * _EDGE, figure.height + 2 * _EDGE
    for slot in figure.slots:
        if slot.number in drawn:
            parts = {
                "left": (slot.x + _EDGE) / width, "top": (slot.y + _EDGE) / height,
                "width": slot.width / width, "height": slot.height / height,
            }  # fmt: skip
            yield f"#b{slot.number}{{{';'.join(f'{name}:{100 * part:.3f}%' for name, part in parts.items())}}}"


def _json(data: Mapping[str, Any]) -> str:
    """JSON in which nothing can end the element that holds it."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}"


def _file(name: str) -> str:
    return Path(__file__).with_name(name).read_text("utf-8")

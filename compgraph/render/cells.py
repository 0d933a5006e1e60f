"""How much room every text of a script takes: lines broken, cells as wide as the widest text they will ever hold."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

from compgraph.render.font import text_width
from compgraph.render.heat import heat_size
from compgraph.render.layout import Box
from compgraph.render.runs import Runs
from compgraph.render.script import Script
from compgraph.render.style import SIZES

__all__ = ["UNKNOWN", "Cell", "card", "label", "runs_width", "wrap"]

#: What stands in the place of a derivative that is not computed yet.
UNKNOWN = "?"


class Cell(NamedTuple):
    """Lines of text in a box; coordinates are relative to its centre."""

    lines: tuple[Runs, ...]
    baselines: tuple[float, ...]
    box: Box
    slot: float = 0.0  # where a node's slot for its derivative begins, from above
    left: float = 0.0  # where the mark in the slot begins
    tall: float = 0.0  # how high the slot is
    heat: float = 0.0  # where the heat map of the value begins

    @property
    def empty(self) -> bool:
        """Whether there is nothing to show."""
        return not self.baselines


def card(script: Script, i: int) -> Cell:
    """A node: how it is made, its value, and a slot for its derivative in which `left` is where the text begins."""
    node, size, step = script.nodes[i], SIZES.text, SIZES.text * SIZES.leading
    lines = wrap(node.how, size, SIZES.widest, SIZES.most)
    if node.value:
        lines.append((f"= {node.value}",))
    inside = max(runs_width(line, size) for line in lines)
    height = SIZES.card + len(lines) * step + SIZES.card
    drawn = heat_size(node.heat)
    inside, text, below = max(inside, drawn.width), 0.0, 0.0
    top_of_heat = height - SIZES.card + SIZES.inset / 2
    if node.heat:
        height += drawn.height + SIZES.inset / 2
    for sweep in script.sweeps:
        if not any(sweep.labels[i]):  # an elimination leaves nothing at nodes
            continue
        widest = max(runs_width(total, size) for total in (sweep.totals[i], (UNKNOWN,)))
        text = max(text, SIZES.mark + runs_width(sweep.labels[i], size) + text_width(" = ", size) + widest)
        shown = heat_size(sweep.heats.get(i))
        inside, below = max(inside, shown.width + 4), max(below, shown.height)
    tall = step + 2 * SIZES.slot + (below + SIZES.inset if below else 0)
    if text:
        inside = max(inside, text + 4)
        height += tall + SIZES.inset - SIZES.card * 0.4
    top = -height / 2 + SIZES.card
    return Cell(
        tuple(lines),
        _baselines(top, len(lines), size, step),
        Box(_even(inside + 2 * SIZES.card), _even(height)),
        round(height / 2 - SIZES.inset - tall, 1) if text else 0.0,
        round(-text / 2, 1),
        round(tall, 1),
        round(top_of_heat - height / 2, 1),
    )


def label(script: Script, i: int) -> Cell:
    """An edge's label: its partial in symbols, in numbers, and room for the term that will come along it."""
    edge, size, step = script.edges[i], SIZES.label, SIZES.label * SIZES.close
    lines = wrap(edge.formula, size, SIZES.widest * 0.7, SIZES.most) if any(edge.formula) else []
    terms = [] if edge.silent else [sweep.terms[i] for sweep in script.sweeps if any(sweep.terms[i])]
    texts = [*lines, *[(edge.number,)] * bool(edge.number), *terms]
    count = len(lines) + bool(edge.number) + bool(terms)
    if not count:
        return Cell((), (), Box(0.0, 0.0))
    inside = max(runs_width(line, size) for line in texts)
    height = count * step + 2 * SIZES.slot
    baselines = _baselines(-height / 2 + SIZES.slot, count, size, step)
    return Cell(tuple(lines), baselines, Box(_even(inside + 2 * SIZES.inset), _even(height)))


def _even(length: float) -> int:
    """The next even number, so that half of it is short as well."""
    return 2 * math.ceil(length / 2)


def _baselines(top: float, count: int, size: float, step: float) -> tuple[float, ...]:
    # capitals, 0.66 of the size high, stand in the middle of their line
    return tuple(round(top + (k + 0.5) * step + 0.33 * size, 1) for k in range(count))


def runs_width(runs: Runs, size: float) -> float:
    """The width of a line of text in points."""
    return sum(text_width(run, size, italic=bool(i % 2)) for i, run in enumerate(runs))


def wrap(runs: Runs, size: float, widest: float, most: int = 1000) -> list[Runs]:
    """Break a line at its spaces, else between factors or words, else anywhere; what is too much becomes an ellipsis.

    Examples
    --------
    >>> wrap(("", "J", " = ", "a", " + ", "b"), 10, 30)
    [('', 'J', ' = ', 'a'), ('+ ', 'b')]
    """
    if runs_width(runs, size) <= widest:
        return [runs]
    letters = [(letter, bool(i % 2)) for i, run in enumerate(runs) for letter in run]
    lines: list[list[tuple[str, bool]]] = []
    start = space = joint = 0
    reached = 0.0
    for k, (letter, italic) in enumerate(letters):
        reached += text_width(letter, size, italic)
        if reached > widest and k > start and letter != " ":
            start, cut = next(cut for cut in (space, joint, k) if cut > start), start
            lines.append(letters[cut:start])
            reached = sum(text_width(c, size, slanted) for c, slanted in letters[start : k + 1])
        if letter == " ":
            space = k + 1
        elif letter in "·/_,(":
            joint = k + 1
    lines.append(letters[start:])
    if len(lines) > most:
        last, room = lines[most - 1], widest - text_width("…", size)
        while last and (last[-1][0] == " " or sum(text_width(c, size, slanted) for c, slanted in last) > room):
            last.pop()
        lines = [*lines[: most - 1], [*last, ("…", False)]]
    return [_runs(line) for line in lines]


def _runs(letters: Iterable[tuple[str, bool]]) -> Runs:
    runs = [""]
    for letter, italic in letters:
        if italic != (len(runs) % 2 == 0):
            runs.append("")
        runs[-1] += letter
    runs[-1] = runs[-1].rstrip(" ")
    return tuple(runs[: -1 if len(runs) > 1 and not runs[-1] else None])

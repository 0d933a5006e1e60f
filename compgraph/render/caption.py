"""The strip beneath a frame: where we are, what the marks mean, the sentence of the step and its reason."""

from __future__ import annotations

from compgraph.render import svg
from compgraph.render.cells import wrap
from compgraph.render.font import text_width
from compgraph.render.runs import Runs
from compgraph.render.script import Moment, Script
from compgraph.render.style import MARKS, SIZES

__all__ = ["caption", "caption_height", "title"]

_KEY = (("done", "finished"), ("now", "this step"), ("todo", "to come"))  # from right to left

#: Lines of a caption are no longer than this, in points, however wide the picture is.
WIDEST, MOST = 1200, 8


def title(script: Script, moment: Moment | None) -> str:
    """What is seen, in one line."""
    if moment is None:
        return "Computational graph"
    sweep = script.sweeps[moment.sweep]
    last = len(sweep.captions) - 1
    return f"{sweep.heading}, " + (f"step {moment.turn} of {last}" if moment.turn <= last else "finished")


def caption(script: Script, moment: Moment, *, width: float, top: float, fixed: bool) -> str:
    """The strip of a frame as SVG, from `top` downwards."""
    left, y = SIZES.margin, top + SIZES.small
    parts = [svg.text((title(script, moment),), left, y, SIZES.small, fixed=fixed, name="cg-small")]
    at = width - SIZES.margin
    for state, words in _KEY if script.direction != "elimination" else ():
        at -= text_width(words, SIZES.small)
        parts.append(svg.text((words,), at, y, SIZES.small, fixed=fixed, name="cg-small"))
        parts.append(svg.mark(MARKS[state], at - 11, y - 5, "cg-key"))
        at -= 36
    y += SIZES.small + 0.95 * SIZES.caption
    said = script.sweeps[moment.sweep].captions[moment.turn]
    for runs, name in zip(said, ("cg-caption", "cg-caption cg-soft"), strict=True):
        for line in _lines(runs, width):
            parts.append(svg.text(line, left, y, SIZES.caption, fixed=fixed, name=name))
            y += SIZES.caption * SIZES.leading
    return "".join(parts)


def caption_height(script: Script, width: float) -> float:
    """The height of the strip that has room for every caption of the film."""
    lines = max(
        len(_lines(said.sentence, width)) + len(_lines(said.reason, width))
        for sweep in script.sweeps
        for said in sweep.captions
    )
    return round(2 * SIZES.small + lines * SIZES.caption * SIZES.leading + SIZES.margin)


def _lines(runs: Runs, width: float) -> list[Runs]:
    return wrap(runs, SIZES.caption, min(width - 2 * SIZES.margin, WIDEST), MOST) if any(runs) else []

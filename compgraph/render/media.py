"""A film in every medium, each from the same frames: documents, moving pictures, pages of several frames, files."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from compgraph.files import write
from compgraph.render.animation import ANIMATIONS, animation, reading_times
from compgraph.render.export import frame_numbers, write_frames
from compgraph.render.picture import Pages, Picture
from compgraph.render.runs import equation
from compgraph.render.sheets import Cell, contact_sheet, handout

if TYPE_CHECKING:
    from compgraph.render.film import Film

__all__ = ["contact", "handed_out", "moving", "paged", "save", "slides"]

#: How many pixels wide a moving picture is at most.
WIDEST = 1600


def paged(film: Film, frames: range | int | None) -> bytes:
    """PDF, a page for each frame."""
    from compgraph.render.pdf import pdf

    return pdf(map(film.svg, _numbers(film, frames)), title=film.title)


def slides(film: Film, frames: range | int | None) -> str:
    """LaTeX for Beamer."""
    from compgraph.render.tikz import beamer

    return beamer(map(film.svg, _numbers(film, frames)), title=film.title)


def moving(film: Film, kind: str, frames: range | int | None, seconds: float | None) -> bytes:
    """GIF, APNG or WebP; `seconds` for each frame, or as long as it takes to read its caption."""
    if kind not in ANIMATIONS:
        raise ValueError(f"unknown moving picture {kind!r}: expected one of {', '.join(ANIMATIONS)}.")
    if seconds is not None and not 0 < seconds <= 60:
        raise ValueError(f"seconds for a frame: expected a number above 0 and at most 60, got {seconds!r:.40}.")
    numbers = _numbers(film, frames)
    captions = [film.captions[k] for k in numbers]
    times = [seconds] * len(numbers) if seconds is not None else reading_times(captions)
    scale = min(2.0, WIDEST / film.drawing.width)
    return animation((film.png(k, scale=scale) for k in numbers), times, kind)


def contact(film: Film, frames: range | int | None) -> Picture:
    """All frames on one page."""
    theme = film.theme or "light"
    return Picture(contact_sheet(_cells(film, frames, theme), title=film.title, theme=theme))


def handed_out(film: Film, count: int, frames: range | int | None) -> Pages:
    """So many frames to a page, with lines for notes."""
    theme = "print" if film.theme in (None, "dark") else film.theme  # nobody prints white on black
    return Pages(handout(_cells(film, frames, theme), count, title=film.title, theme=theme))


def save(
    film: Film,
    path: str | os.PathLike[str],
    format: str | None,
    frames: range | int | None,
    progress: Callable[[int, int], None] | None,
) -> list[Path]:
    """Write a film to a file, or its frames to a folder; see `compgraph.render.film.Film.save`."""
    given, path = path, Path(path)
    folder = path.is_dir() or not path.suffix or os.fspath(given).endswith(("/", os.sep))
    kind = (format or ("svg" if folder else path.suffix[1:])).lower()
    kind = {"htm": "html", "gv": "dot"}.get(kind, kind)
    single: dict[str, Callable[[int], str | bytes]] = {
        "svg": film.svg, "png": film.png, "dot": film.dot, "tikz": film.tikz,
    }  # fmt: skip
    if folder and kind in single:
        draw, digits = single[kind], len(str(len(film) - 1))
        return write_frames(path, _numbers(film, frames), draw, kind, digits=digits, progress=progress)
    films: dict[str, Callable[[], str | bytes]] = {
        "html": film.html, "pdf": lambda: paged(film, frames), "tex": lambda: slides(film, frames),
        **{name: partial(moving, film, name, frames, None) for name in ANIMATIONS},
    }  # fmt: skip
    solved: dict[str, Callable[[], str | bytes]] = {
        "svg": film.figure, "png": lambda: film.figure().png(), "dot": film.dot, "tikz": film.tikz,
    }  # fmt: skip
    if kind not in films and kind not in solved:
        raise ValueError(
            f"unknown format {kind!r}: expected {', '.join(films)} for the film, {', '.join(solved)} for the solved "
            "graph, or a folder of frames. Name the file film.html."
        )
    if frames is not None and (kind in solved or kind == "html"):
        raise ValueError(f"{path} holds no single frames: expected a folder for frames={frames!r}. Use svg(k).")
    target = path / f"film.{kind}" if folder and path.is_dir() else path
    return [write(target, (films.get(kind) or solved[kind])())]


def _numbers(film: Film, frames: range | int | None) -> range:
    return frame_numbers(len(film), len(film.script.nodes), frames)


def _cells(film: Film, frames: range | int | None, theme: str) -> list[Cell]:
    cells = []
    for k in _numbers(film, frames):
        moment = film.moments[k]
        sweep = film.script.sweeps[moment.sweep]
        said = tuple([runs for runs in sweep.captions[moment.turn] if any(runs)])
        here = next((i for i, turn in enumerate(sweep.turns) if turn == moment.turn), None)
        short = said[0] if here is None else equation(sweep.labels[here], sweep.totals[here])
        if not moment.turn:
            short = (sweep.heading,)
        cells.append(Cell(k, film.drawing.svg(moment, theme=theme), said, short))
    return cells

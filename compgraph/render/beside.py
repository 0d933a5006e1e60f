"""Two films side by side, stepped together: forward against reverse, say, with what each has cost so far."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from compgraph.files import write
from compgraph.render.page import iframe, page
from compgraph.render.picture import instead

if TYPE_CHECKING:
    from compgraph.render.film import Film

__all__ = ["SideBySide"]


class SideBySide:
    """Films on one page, one step of each at a time; the shorter one waits at its end.

    Made by `Film.beside`.
    """

    def __init__(self, films: tuple[Film, ...]) -> None:
        self.films = films
        self.title = "; ".join(film.title for film in films)

    def __len__(self) -> int:
        return max(map(len, self.films))

    def html(self) -> str:
        """A page with a player for all of them, which needs nothing else."""
        return page([film.drawing for film in self.films], title=self.title, theme=self.films[0].theme)

    def save(self, path: str | os.PathLike[str]) -> list[Path]:
        """Write the page to a file, ``both.html``."""
        if Path(path).suffix not in (".html", ".htm"):
            raise ValueError(f"{path}: expected a name that ends in .html, because films side by side are a page.")
        return [write(path, self.html())]

    def __repr__(self) -> str:
        return "SideBySide: " + "; ".join(f"{film.title} ({len(film)} frames)" for film in self.films)

    def _repr_html_(self) -> str:
        pictures = [film.drawing for film in self.films]
        return iframe(
            self.html(),
            self.films[0].image(),
            width=max(720, *(1.4 * one.width for one in pictures)),
            height=min(sum(one.height for one in pictures), 900) + 400 + max(film.below() for film in self.films),
            label=self.title,
        )

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        try:
            return {"text/html": self._repr_html_(), "text/plain": repr(self)}
        except (RuntimeError, TimeoutError) as error:  # no engine, or none that copes
            return instead(repr(self), str(error))

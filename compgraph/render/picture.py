"""Pictures that show themselves in a notebook and go into files: one, or the pages of a document."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from html import escape
from pathlib import Path
from typing import Any

from compgraph.files import write
from compgraph.render.export import write_frames

__all__ = ["Pages", "Picture", "instead"]

#: Pixels of a preview, and of its width, which fits into a cell of a notebook.
_PIXELS, _WIDE = 200_000, 1_200

_SIZE = re.compile(r'<svg [^>]*?width="([\d.]+)" height="([\d.]+)"')


def instead(*words: str) -> dict[str, str]:
    """What a notebook shows in place of a page that cannot be drawn; as HTML too, or it would ask for that again."""
    said = "\n".join(words)
    return {"text/html": f"<pre>{escape(said)}</pre>", "text/plain": said}


class Picture(str):
    """SVG text that a notebook shows as the picture it is."""

    __slots__ = ()

    def pdf(self) -> bytes:
        """The picture as a page of its own size, with text that can be selected."""
        from compgraph.render.pdf import pdf

        return pdf([self])

    def png(self, *, scale: float = 2.0) -> bytes:
        """The picture as a bitmap, `scale` pixels to the point."""
        from compgraph.render.raster import png

        return png(self, scale=scale)

    def tikz(self) -> str:
        r"""The picture as a ``tikzpicture``, for ``\usepackage{tikz,amsmath}``."""
        from compgraph.render.tikz import tikz

        return tikz(self)

    def save(self, path: str | os.PathLike[str], *, format: str | None = None) -> Path:
        """Write a file, whole or not at all: ``.svg``, ``.png``, ``.pdf``, or ``.tikz`` (``.tex``).

        Raises
        ------
        ValueError
            An unknown format.
        """
        path = Path(path)
        kind = (format or path.suffix[1:]).lower()
        formats: dict[str, Callable[[], str | bytes]] = {
            "svg": lambda: str(self), "png": self.png, "pdf": self.pdf, "tikz": self.tikz, "tex": self.tikz
        }  # fmt: skip
        if kind not in formats:
            raise ValueError(f"unknown format {kind!r:.20}: expected svg, png, pdf or tikz. Name the file graph.pdf.")
        return write(path, formats[kind]())

    def preview(self) -> str:
        """A bitmap that fits into a cell of a notebook, in base64: for where pages and SVG are not trusted."""
        found = _SIZE.match(self)
        wide, high = map(float, found.groups()) if found else (float(_WIDE), float(_WIDE))
        scale = min(1.0, _WIDE / wide, (_PIXELS / (wide * high)) ** 0.5)
        return base64.b64encode(self.png(scale=scale)).decode("ascii")

    def _repr_svg_(self) -> str:
        return str(self)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        shown = {"text/plain": repr(self), "image/svg+xml": str(self)}
        with suppress(ImportError):  # in a browser
            shown["image/png"] = self.preview()
        return shown

    def __repr__(self) -> str:
        return f"Picture: {len(self)} characters of SVG"


class Pages(tuple[Picture, ...]):
    """Pictures that belong together as the pages of a document."""

    __slots__ = ()

    def __new__(cls, pictures: Iterable[str]) -> Pages:
        return super().__new__(cls, map(Picture, pictures))

    def pdf(self) -> bytes:
        """All pages as one document, with text that can be selected."""
        from compgraph.render.pdf import pdf

        return pdf(self)

    def save(self, path: str | os.PathLike[str], *, format: str | None = None) -> list[Path]:
        """Write ``pages.pdf``, or a folder with a file for each page (`format` ``svg``, which it is, or ``png``).

        Raises
        ------
        ValueError
            An unknown format.
        """
        given, path = path, Path(path)
        folder = path.is_dir() or not path.suffix or os.fspath(given).endswith(("/", os.sep))
        kind = (format or ("svg" if folder else path.suffix[1:])).lower()
        draw: dict[str, Callable[[Picture], str | bytes]] = {"svg": str, "png": Picture.png, "tikz": Picture.tikz}
        if kind == "pdf" and not folder:
            return [write(path, self.pdf())]
        if not folder and len(self) == 1:
            return [self[0].save(path, format=format)]
        if folder and kind in draw:
            draw_page = draw[kind]
            return write_frames(path, range(len(self)), lambda k: draw_page(self[k]), kind, digits=3, stem="page")
        raise ValueError(
            f"pages: expected one file of the format pdf, or a folder of svg or png, got {path.name!r:.40}. "
            "Name it handout.pdf."
        )

    def _repr_html_(self) -> str:
        return "\n".join(self)

    def __repr__(self) -> str:
        return f"Pages: {len(self)} pages"

"""A long picture on several pages, cut where nothing stands."""

from __future__ import annotations

from collections.abc import Iterator

from compgraph.render.shapes import Box, Outline, Part, Shape, Sheet, Words

__all__ = ["paged"]


def paged(sheet: Sheet, height: float, margin: float) -> Iterator[Sheet]:
    """The pages of a picture, each of some height with a margin above and below; one where it fits as it is.

    What is higher than a page, as a figure may be, stays whole and runs over its end.

    Parameters
    ----------
    sheet : Sheet
    height : float
        Of a page.
    margin : float
        Above what begins a page, and below what ends one.
    """
    if sheet.height <= height:
        yield sheet
        return
    # the paper is behind all of it, and on every page
    behind = [part for part in sheet.parts if _is_paper(part, sheet)]
    shapes = [shape for part in sheet.parts if part not in behind for shape in part.shapes]
    paper = [Part("", tuple(shape._replace(height=height) for shape in part.shapes)) for part in behind]  # type: ignore[call-arg]
    start = 0.0
    for cut in [*_cuts(shapes, height - 2 * margin, start + margin), float("inf")]:
        here = tuple(_moved(shape, start and start - margin) for shape in shapes if start <= _extent(shape)[0] < cut)
        yield sheet._replace(height=height, parts=(*paper, Part("", here)))
        start = cut


def _is_paper(part: Part, sheet: Sheet) -> bool:
    return all(isinstance(shape, Box) and shape.height >= sheet.height for shape in part.shapes)


def _cuts(shapes: list[Shape], room: float, top: float) -> Iterator[float]:
    """Where pages begin: the last gap between shapes that a page has room for."""
    reached = last = top
    for above, below in sorted(map(_extent, shapes)):
        if above >= reached:  # nothing stands between what was and this
            last = above
        if below - top > room and last > top:
            yield last
            top = last
        reached = max(reached, below)


def _extent(shape: Shape) -> tuple[float, float]:
    if isinstance(shape, Box):
        return shape.y, shape.y + shape.height
    if isinstance(shape, Words):
        return shape.y - 0.75 * shape.size, shape.y + 0.25 * shape.size
    heights = [y for _, points in shape.curves for _, y in points]
    return min(heights), max(heights)


def _moved(shape: Shape, up: float) -> Shape:
    if isinstance(shape, Outline):
        curves = tuple((kind, tuple((x, y - up) for x, y in points)) for kind, points in shape.curves)
        return shape._replace(curves=curves)
    return shape._replace(y=shape.y - up)

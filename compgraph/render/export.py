"""Pictures to files: never more of them than somebody asked for."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path

from compgraph.files import write

__all__ = ["frame_numbers", "write_frames"]

#: Cells (frames times nodes) that are written without being asked for: N pictures of N nodes are quadratic.
MOST_CELLS = 100_000


def frame_numbers(count: int, nodes: int, frames: range | int | None) -> range:
    """Which frames to write: a range, every so many (a stride), or all of a film that is not too big.

    Examples
    --------
    >>> list(frame_numbers(8, 5, 3)), list(frame_numbers(8, 5, range(2, 4)))
    ([0, 3, 6], [2, 3])
    """
    if isinstance(frames, range):
        if frames and not (min(frames) >= 0 and max(frames) < count):
            raise ValueError(f"no such frames: expected numbers from 0 to {count - 1}, got {frames}.")
        return frames
    if frames is not None:
        if isinstance(frames, bool) or not isinstance(frames, int) or frames < 1:
            raise ValueError(f"frames: expected a range, or a stride of at least 1, got {frames!r}.")
        return range(0, count, frames)
    if count * nodes > MOST_CELLS:
        stride = -(-count * nodes // MOST_CELLS)
        raise ValueError(
            f"{count} frames of {nodes} nodes are more than anybody looks through: expected at most "
            f"{MOST_CELLS // nodes} frames of this size. Choose some, as frames={stride} (every {stride}th) or "
            "frames=range(0, 10), or write one .html page, which holds them all."
        )
    return range(count)


def write_frames(
    folder: str | os.PathLike[str],
    numbers: Iterable[int],
    draw: Callable[[int], str | bytes],
    suffix: str,
    *,
    digits: int,
    progress: Callable[[int, int], None] | None = None,
    stem: str = "frame",
) -> list[Path]:
    """Write ``frame-000.svg`` and so on into a folder, which is made if it is not there."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    numbers = list(numbers)
    written = []
    for done, k in enumerate(numbers, 1):
        written.append(write(folder / f"{stem}-{k:0{max(3, digits)}d}.{suffix}", draw(k)))
        if progress is not None:
            progress(done, len(numbers))
    return written

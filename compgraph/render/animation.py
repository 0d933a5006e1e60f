"""Frames → a moving picture: GIF, APNG or WebP, with as much time for each frame as its caption takes to read."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["ANIMATIONS", "animation", "reading_times"]

#: The suffixes of moving pictures, and what each is called by who writes it.
ANIMATIONS = {"gif": "GIF", "apng": "PNG", "webp": "WEBP"}

#: Colours of a GIF: a theme has ten, and the rest are the shades between them.
COLOURS = 128

#: Seconds for a frame, for each letter of its caption, and for the last one in addition.
PACE, LETTER, END = 1.0, 0.035, 2.0
LONGEST = 6.0


def reading_times(captions: Sequence[str]) -> list[float]:
    """How long each frame is shown, in seconds.

    Examples
    --------
    >>> reading_times(["", "x" * 40, "x" * 40])
    [1.0, 2.4, 4.4]
    """
    times = [min(LONGEST, round(PACE + LETTER * len(caption), 2)) for caption in captions]
    return [*times[:-1], times[-1] + END]


def animation(frames: Iterable[bytes], seconds: Sequence[float], kind: str = "gif") -> bytes:
    """A moving picture that begins anew when it has ended.

    Parameters
    ----------
    frames : iterable of bytes
        PNG, all of one size.
    seconds : sequence of float
        How long each is shown.
    kind : {"gif", "apng", "webp"}

    Raises
    ------
    ImportError
        Pillow is not there: ``pip install compgraph[paper]``.

    Notes
    -----
    All frames of a GIF have one palette, taken from all of them: a palette for each makes colours flicker from frame to
    frame. Of each frame only what differs from the one before is stored.
    """
    try:
        from PIL import Image
    except ImportError:
        raise ImportError("animations need Pillow. Install it: pip install compgraph[paper]", name="PIL") from None
    images = [Image.open(io.BytesIO(frame)).convert("RGB") for frame in frames]
    options: dict[str, Any] = {"optimize": False}
    if kind == "gif":
        palette = _sample(images).quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
        images = [image.quantize(palette=palette, dither=Image.Dither.NONE) for image in images]
        options["disposal"] = 1  # the next frame is drawn over this one
    elif kind == "webp":
        options = {"lossless": True, "method": 4}
    file = io.BytesIO()
    first, *others = images
    times = [round(1000 * time) for time in seconds]
    first.save(file, ANIMATIONS[kind], save_all=True, append_images=others, duration=times, loop=0, **options)
    return file.getvalue()


def _sample(images: Sequence[Image]) -> Image:
    """What has the colours of all frames: so many of them above each other, at half their size."""
    from PIL import Image

    chosen = images[:: max(1, len(images) // 8)]
    width, height = chosen[0].width // 2, chosen[0].height // 2
    sheet = Image.new("RGB", (width, height * len(chosen)))
    for i, image in enumerate(chosen):
        sheet.paste(image.resize((width, height), Image.Resampling.NEAREST), (0, i * height))
    return sheet

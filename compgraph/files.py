"""Files: what people wrote is read whole and bounded; what we write is there whole or not at all.

Whatever is wrong with the content of a file is one ValueError that names it; what cannot be opened is an OSError.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import stat
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from compgraph.reading.lexing import shown

__all__ = ["LONGEST", "read_text", "read_toml", "shallow", "text_of", "write"]

#: The longest file that is read, in bytes: the answers of a class of a thousand fill a tenth of it.
LONGEST = 5_000_000

#: Tables within tables that a file may have: nobody writes more, and what shows a value need not fear its depth.
DEEPEST = 16

#: A key of very many parts, ``a.a.a.…``.
_CHAIN = re.compile(r"""(?:^|[\[{,])[ \t]*+(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){64}""", re.MULTILINE)


def read_text(path: str | Path) -> str:
    """The text of a file, of at most `LONGEST` bytes (a device that never ends is a longer one)."""
    path = Path(path)
    with path.open("rb") as file:
        data = file.read(LONGEST + 1)
    if len(data) > LONGEST:
        size = max(path.stat().st_size, len(data)) / 1e6
        raise ValueError(
            f"{path}: the file has {size:.1f} MB: expected at most {LONGEST / 1e6:.0f} MB. Nothing of it was read."
        )
    return text_of(data, str(path))


def text_of(data: bytes, path: str) -> str:
    """The text in bytes of UTF-8, with a mark or without, or of UTF-16; ValueError names the file."""
    if data.startswith(b"PK\x03\x04"):
        raise ValueError(f"{path}: this is a workbook or an archive: expected text. Save it as CSV (UTF-8).")
    try:
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):  # what some spreadsheets call Unicode text
            return data.decode("utf-16")
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{path}: expected text in UTF-8, got something else at byte {error.start}. Save it as UTF-8."
        ) from None


def read_toml(
    text: str, path: str, *, parse_float: Callable[[str], Any] = float, advice: str = "Text stands in quotes."
) -> dict[str, Any]:
    """What a text in TOML says; `parse_float` makes its decimals, `advice` closes the message of an error.

    Examples
    --------
    >>> read_toml("x = 2", "a.toml")
    {'x': 2}
    >>> read_toml("x = two", "a.toml", advice="Write x = 2.")
    Traceback (most recent call last):
    ...
    ValueError: a.toml: expected TOML: Invalid value (at line 1, column 5). Write x = 2.
    """
    if _CHAIN.search(text):  # the parser would take the square of its length
        raise _too_deep(path)
    try:
        data = tomllib.loads(text, parse_float=parse_float)
    except (ValueError, RecursionError) as error:  # an integer of 5 000 digits is a ValueError, too
        raise ValueError(f"{path}: expected TOML: {shown(str(error), 120).rstrip('.')}. {advice}") from None
    shallow(data, path)
    return data


def shallow(data: Any, path: str) -> Any:
    """The data itself, if it is nested as people nest; looked at level by level, so that no depth can hurt."""
    level = [data]
    for _ in range(DEEPEST):
        level = [part for one in level if isinstance(one, (dict, list)) for part in _parts(one)]
        if not level:
            return data
    raise _too_deep(path)


def _too_deep(path: str) -> ValueError:
    return ValueError(
        f"{path}: expected tables at most {DEEPEST} deep in each other, got more. Write them side by side."
    )


def _parts(one: Any) -> Any:
    return one.values() if isinstance(one, dict) else one


# -- writing


def write(path: str | os.PathLike[str], content: str | bytes) -> Path:
    """Write a file under a temporary name beside it, and give it its name when it is complete.

    A link is followed, a file that is there keeps its permissions, one that must not be written is left alone, and what
    is no file (``/dev/stdout``, a pipe) is written to as it is.
    """
    path = Path(path)
    data = content.encode("utf-8") if isinstance(content, str) else content
    target = Path(os.path.realpath(path))
    temporary = target.with_name(f".{secrets.token_hex(8)}.part")  # of this call alone: threads may write the same file
    try:
        mode = _mode(path)
        if mode is not None:
            with open(path, "r+b" if stat.S_ISREG(mode) else "wb") as there:
                if not stat.S_ISREG(mode):
                    there.write(data)
                    return path
        with open(temporary, "xb") as file:
            file.write(data)
        if mode is not None:
            os.chmod(temporary, stat.S_IMODE(mode))
        os.replace(temporary, target)
    except BaseException as error:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.errno:
            # about the file that was asked for, not about the one beside it
            raise type(error)(error.errno, error.strerror, str(path)) from None
        raise
    return path


def _mode(path: Path) -> int | None:
    """What stands there and who may do what with it; None where there is nothing yet."""
    try:
        return path.stat().st_mode
    except FileNotFoundError:
        return None

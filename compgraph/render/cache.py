"""Bytes that are dear to compute, kept between processes in the user's own cache directory.

The bytes kept here are machine code that will be executed, so a directory or file that somebody else could have written
is not read.  Nothing in this module fails: what cannot be kept is computed again.
"""

from __future__ import annotations

import hashlib
import os
import stat
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

__all__ = ["directory", "load", "save"]

DIGEST = 32  # bytes of SHA-256 in front of the payload: a torn or decayed file must not be executed


def directory() -> Path:
    """Return where this user's cached files belong on this system (it need not exist)."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        named = os.environ.get("XDG_CACHE_HOME", "")
        base = named if os.path.isabs(named) else Path.home() / ".cache"  # a relative one is to be ignored, says XDG
    return Path(base) / "compgraph"


def load(name: str) -> bytes | None:
    """Return the bytes saved as `name`, or None where there are none, or none that can be trusted."""
    with suppress(OSError, RuntimeError):  # RuntimeError: no home directory
        place = directory()
        if not _ours(place.stat()):
            return None
        # What is checked is the open file, so that nothing can be exchanged between the check and the reading.
        with open(place / name, "rb") as file:
            status = os.fstat(file.fileno())
            if not (_ours(status) and stat.S_ISREG(status.st_mode)):
                return None
            digest, payload = file.read(DIGEST), file.read()
        if hashlib.sha256(payload).digest() == digest:
            return payload
    return None


def save(name: str, payload: bytes) -> None:
    """Keep the bytes as `name` for later processes, whole or not at all, if the directory is ours."""
    with suppress(OSError, RuntimeError):
        place = directory()
        place.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            place.mkdir(mode=0o700)
        if not _ours(place.stat()):
            return
        handle, temporary = tempfile.mkstemp(prefix=name, dir=place)  # mode 0600
        try:
            with open(handle, "wb") as file:
                file.write(hashlib.sha256(payload).digest() + payload)
            os.replace(temporary, place / name)
        except BaseException:
            os.unlink(temporary)
            raise


def _ours(status: os.stat_result) -> bool:
    """Whether only this user can have written it (on Windows the profile's own access list sees to that)."""
    if sys.platform == "win32":
        return True
    return status.st_uid == os.geteuid() and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)

"""Weights and checkpoints as files: ``.npz``, exact to the last bit, written whole or not at all."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from compgraph.files import write

__all__ = ["load", "pack", "save", "unpack"]

#: Between the parts of the name of an array in a file; no name of a variable has it.
_BETWEEN = "/"


def save(path: str | PathLike[str], parameters: Mapping[str, Any]) -> None:
    """Write parameters to an ``.npz`` file, which NumPy reads as well.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(f"{folder}/weights.npz", {"W1": np.eye(2), "β2": 0.25})
    ...     load(f"{folder}/weights.npz")
    {'W1': array([[1., 0.],
           [0., 1.]]), 'β2': 0.25}
    """
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:  # as numpy.savez writes it, whatever the names of the arrays are
        for name, value in parameters.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as entry:
                np.lib.format.write_array(entry, np.asarray(value), allow_pickle=False)
    write(_file(path), content.getvalue())


def load(path: str | PathLike[str]) -> dict[str, Any]:
    """The parameters in an ``.npz`` file: arrays, and floats for what has no axes."""
    file = _file(path)
    try:
        with np.load(file, allow_pickle=False) as archive:
            return {name: value if (value := archive[name]).ndim else value.item() for name in archive.files}
    except (ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(
            f"{file.name}: expected an .npz file of arrays, as save writes it, got another: {error}."
        ) from error


def pack(tree: Mapping[str, Any], facts: Any) -> dict[str, Any]:
    """Mappings within mappings as one, by names such as ``state/W1/mean``; and facts, as text in JSON."""
    flat: dict[str, Any] = {"facts": np.asarray(json.dumps(facts))}
    waiting = list(tree.items())
    for name, value in waiting:  # grows as it is read
        if isinstance(value, Mapping):
            waiting += [(f"{name}{_BETWEEN}{part}", one) for part, one in value.items()]
        else:
            flat[name] = value
    return flat


def unpack(flat: Mapping[str, Any]) -> tuple[dict[str, Any], Any]:
    """What `pack` was given."""
    tree: dict[str, Any] = {}
    for name, value in flat.items():
        *parts, end = name.split(_BETWEEN)
        place = tree
        for part in parts:
            place = place.setdefault(part, {})
        place[end] = value
    return tree, json.loads(tree.pop("facts"))


def _file(path: str | PathLike[str]) -> Path:
    file = Path(path)
    if file.suffix != ".npz":
        raise ValueError(f"{file.name}: expected a name that ends in .npz, got {file.suffix or 'no ending'!r}.")
    return file

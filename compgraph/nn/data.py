"""Data made ready for training: classes as one-hot rows, columns on one scale, examples in small batches."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["Standardization", "from_one_hot", "minibatches", "one_hot"]

Array = Any  # numpy.ndarray; its types differ by version


# -- classes


def one_hot(labels: Any, classes: int | Sequence[Any]) -> Array:
    """A row for each label: 1 in the column of its class, 0 elsewhere.

    Parameters
    ----------
    labels : sequence
    classes : int or sequence
        How many classes there are, which are then 0, 1, …; or the classes themselves in the order of the columns. They
        are never guessed from the labels, which need not show all of them.

    Examples
    --------
    >>> one_hot([2, 0], 3)
    array([[0., 0., 1.],
           [1., 0., 0.]])
    >>> one_hot(["cat", "dog"], ["dog", "cat"])
    array([[0., 1.],
           [1., 0.]])
    """
    named = _classes(classes)
    column = {name: i for i, name in enumerate(named)}
    given = np.asarray(labels)
    if given.ndim != 1:
        raise ValueError(f"labels: expected one per example, got an array of shape {given.shape}. Flatten it first.")
    rows = np.zeros((len(given), len(named)))
    for i, label in enumerate(given.tolist()):
        if label not in column:
            shown = f"0 to {len(named) - 1}" if isinstance(named, range) else ", ".join(map(repr, named))
            raise ValueError(f"label {i}: expected one of {shown:.80}, got {label!r}. Name it among the classes.")
        rows[i, column[label]] = 1.0
    return rows


def from_one_hot(rows: Any, classes: int | Sequence[Any] | None = None) -> Array:
    """The class of each row, which is that of its largest entry (the first of equals).

    Of one-hot rows these are the labels again; of rows of probabilities, the prediction.

    Examples
    --------
    >>> from_one_hot([[0, 1, 0], [0.2, 0.3, 0.5]])
    array([1, 2])
    >>> from_one_hot([[0, 1], [1, 0]], ["dog", "cat"]).tolist()
    ['cat', 'dog']
    """
    given = np.asarray(rows, dtype=float)
    if given.ndim != 2 or not given.shape[1]:
        raise ValueError(f"rows: expected an array of examples × classes, got shape {given.shape}.")
    named = _classes(given.shape[1] if classes is None else classes)
    if len(named) != given.shape[1]:
        raise ValueError(f"rows: expected {len(named)} columns, one per class, got {given.shape[1]}.")
    if np.isnan(given).any():
        row = int(np.isnan(given).any(axis=1).argmax())
        raise ValueError(f"row {row}: expected numbers, got nan. Look for where it arose before asking for a class.")
    return np.array(named)[given.argmax(axis=1)]


def _classes(classes: int | Sequence[Any]) -> Sequence[Any]:
    if isinstance(classes, str):
        raise TypeError(f"classes: expected how many there are or a list of them, got the text {classes!r:.40}.")
    named = range(classes) if isinstance(classes, (int, np.integer)) else list(classes)
    if not named or len(set(named)) < len(named):
        raise ValueError(f"classes: expected at least one, each once, got {classes!r:.60}.")
    return named


# -- scales


@dataclass(frozen=True, eq=False)
class Standardization:
    """The affine map that gives each column the mean 0 and the variance 1, kept for data that come later.

    Attributes
    ----------
    mean : array
        Of each column (of data in one dimension, a single number).
    deviation : array
        √(variance + ε) of each column, the variance being the biased one, which divides by the number of examples.
        A column without spread has 0 if ε is: it is then shifted to 0, and not scaled.

    Examples
    --------
    >>> scale = Standardization.fit([[1.0, 5.0], [3.0, 5.0]])
    >>> scale.apply([[1.0, 5.0], [3.0, 5.0]])
    array([[-1.,  0.],
           [ 1.,  0.]])
    >>> scale.apply([[5.0, 6.0]])                  # later data, by the numbers of the first
    array([[3., 1.]])
    >>> scale.undo([[3.0, 1.0]])
    array([[5., 6.]])
    """

    mean: Array
    deviation: Array

    @classmethod
    def fit(cls, data: Any, *, epsilon: float = 0.0) -> Standardization:
        """The standardization of data: an array of examples × columns, or of one number per example."""
        given = finite(numbers(data))
        if not given.ndim or not len(given):
            raise ValueError(f"data: expected at least one example, got shape {given.shape}.")
        if not 0 <= epsilon < np.inf:
            raise ValueError(f"epsilon: expected a finite number not below 0, got {epsilon!r:.40}.")
        flat = np.ptp(given, axis=0) == 0  # their mean may be off by a rounding, which must not be taken for spread
        mean = np.where(flat, given[0], given.mean(axis=0, dtype=float))
        centred = given - mean
        span = np.where(flat, 1.0, np.abs(centred).max(axis=0))  # squares neither overflow nor vanish
        return cls(mean, np.asarray(np.hypot(span * np.sqrt(np.mean((centred / span) ** 2, axis=0)), np.sqrt(epsilon))))

    def apply(self, data: Any) -> Array:
        """(data − mean) / deviation, in the precision of the data."""
        given = self._columns(data)
        return ((given - self.mean) / self._divisor).astype(given.dtype)

    def undo(self, data: Any) -> Array:
        """The data that `apply` would have given these for."""
        given = self._columns(data)
        return (given * self._divisor + self.mean).astype(given.dtype)

    def save(self, path: str | PathLike[str]) -> None:
        """Write to a file, ``.json`` or ``.npz``, both exact to the last bit."""
        from compgraph.files import write

        file, numbers = _file(path), {"mean": self.mean, "deviation": self.deviation}
        content = io.BytesIO()
        if file.suffix == ".npz":
            np.savez(content, **numbers)
        else:
            text = json.dumps({name: np.asarray(value).tolist() for name, value in numbers.items()}, indent=2)
            content.write(f"{text}\n".encode())
        write(file, content.getvalue())

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Standardization:
        """Read what `save` wrote."""
        file = _file(path)
        try:
            if file.suffix == ".npz":
                with np.load(file, allow_pickle=False) as archive:
                    found = {name: archive[name] for name in ("mean", "deviation")}
            else:
                text = json.loads(file.read_text(encoding="utf-8"))
                found = {name: np.asarray(text[name], dtype=float) for name in ("mean", "deviation")}
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{file.name}: expected mean and deviation, as save writes them, got {error}.") from error
        if found["mean"].shape != found["deviation"].shape or not (found["deviation"] >= 0).all():
            raise ValueError(f"{file.name}: expected a deviation, not below 0, for each mean. Fit and save it again.")
        return cls(found["mean"], found["deviation"])

    @property
    def _divisor(self) -> Array:
        return np.where(self.deviation == 0, 1.0, self.deviation)

    def _columns(self, data: Any) -> Array:
        given = numbers(data)
        expected = np.shape(self.mean)
        if given.shape[1:] != expected or not given.ndim:
            raise ValueError(
                f"data: expected columns of shape {expected} for each example, as fitted, got shape {given.shape}. "
                "Give the same columns in the same order; a single example goes into a list."
            )
        return given


def numbers(data: Any, name: str = "data") -> Array:
    """Data as an array of floats; those that are none are a ValueError."""
    try:
        given = np.asarray(data)
        return given if given.dtype.kind == "f" else given.astype(float)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{name}: expected a table of numbers, got one that is none: {error}. Encode text first."
        ) from error


def finite(data: Array, name: str = "data") -> Array:
    """The same array; ValueError where an entry is not finite."""
    if not np.isfinite(data).all():
        place = tuple(int(i) for i in np.argwhere(~np.isfinite(data))[0])
        where = f"row {place[0]}" + (f", column {place[1]}" if len(place) > 1 else "")
        raise ValueError(
            f"{name}: expected finite numbers, got {data[place]} in {where}. Fill in or drop that example."
        )
    return data


def _file(path: str | PathLike[str]) -> Path:
    file = Path(path)
    if file.suffix not in (".json", ".npz"):
        raise ValueError(
            f"{file.name}: expected a name that ends in .json or .npz, got {file.suffix or 'no ending'!r}."
        )
    return file


# -- batches


def minibatches(
    data: Mapping[str, Any], size: int, *, seed: int, epochs: int = 1, first: int = 0
) -> Iterator[dict[str, Array]]:
    """The examples in batches, shuffled anew in every epoch, in which each of them comes once.

    Parameters
    ----------
    data : mapping of str to array
        Columns by name, with an entry (or a row) for each example.
    size : int
        Examples in a batch; the last of an epoch has what is left.
    seed : int
        The same seed gives the same batches.
    epochs : int
    first : int
        The number of the first epoch, to go on after so many.

    Yields
    ------
    dict of str to array
        The same columns for the examples of a batch.

    Examples
    --------
    >>> for batch in minibatches({"x": [1, 2, 3], "t": [10, 20, 30]}, 2, seed=0):
    ...     print(batch["x"], batch["t"])
    [3 1] [30 10]
    [2] [20]
    """
    if not isinstance(data, Mapping):
        raise TypeError(f"data: expected a dict from name to column, got a {type(data).__name__}. Write {{'x': …}}.")
    columns = {name: np.asarray(column) for name, column in data.items()}
    lengths = {name: len(column) if column.ndim else 0 for name, column in columns.items()}
    if not columns or not all(lengths.values()):
        empty = next((repr(name) for name, length in lengths.items() if not length), "no column")
        raise ValueError(f"data: expected columns with an entry for each example, got {empty} without any.")
    if len(set(lengths.values())) > 1:
        shown = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise ValueError(f"data: expected as many entries in every column, got {shown}. Cut them to the same examples.")
    for name, number, least in (("size", size, 1), ("epochs", epochs, 1), ("first", first, 0), ("seed", seed, 0)):
        if not isinstance(number, (int, np.integer)) or number < least:
            raise ValueError(f"{name}: expected a whole number, at least {least}, got {number!r:.40}.")
    return _batches(columns, next(iter(lengths.values())), size, seed, range(first, first + epochs))


def _batches(
    columns: Mapping[str, Array], count: int, size: int, seed: int, epochs: range
) -> Iterator[dict[str, Array]]:
    for epoch in epochs:
        order = np.random.default_rng([seed, epoch]).permutation(count)  # any epoch can be had without those before it
        for start in range(0, count, size):
            chosen = order[start : start + size]
            yield {name: column[chosen] for name, column in columns.items()}

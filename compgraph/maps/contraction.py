"""The map of one operand of an einsum, whose other operands are fixed."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from functools import partial
from string import ascii_letters
from typing import Any

import numpy as np

from compgraph.maps.base import LinearMap, Shape, ShapeLike, as_shape, is_duck, kind_of, real_array

__all__ = ["Contraction"]

#: Multiplications from which NumPy's einsum had better look for products of matrices.
_MANY = 4096


class Contraction(LinearMap):
    """``einsum`` in one of its operands: ``Contraction("ij,jk->ik", 1, [A, None], input)`` is x ↦ A x.

    Parameters
    ----------
    subscripts : str
        As `numpy.einsum` takes them, with or without ``...`` and ``->``.
    position : int
        Which operand is the argument. None of its indices may be repeated.
    operands : sequence of arrays
        The others; None stands for the argument.
    input : shape
        That of the argument.

    Notes
    -----
    The transpose is a contraction too: argument and result change places. An index that only the argument has is one
    that only the result of the transpose has; along it, entries are repeated. `cost` is the product of the lengths of
    all indices, 0 if there are no other operands.

    Examples
    --------
    >>> f = Contraction("i,ij->j", 0, [None, [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]], 2)
    >>> f.apply([1.0, 10.0]), f.T.apply([1.0, 0.0, 0.0]), f.cost
    (array([41., 52., 63.]), array([1., 4.]), 6)
    """

    __slots__ = ("lengths", "operands", "position", "result", "terms")

    terms: tuple[str, ...]
    result: str
    position: int
    operands: tuple[Any, ...]
    lengths: dict[str, int]

    def __init__(self, subscripts: str, position: int, operands: Sequence[Any], input: ShapeLike) -> None:
        self.input, self.position = as_shape(input), position
        if not 0 <= position < len(operands) or operands[position] is not None:
            raise ValueError(
                f"Contraction {subscripts!r}: expected operands with None at the position {position} of the argument, "
                f"got {len(operands)} of them. Write [A, None] for the second of two."
            )
        self.operands = tuple([
            None if i == position else real_array(operand, "Contraction") for i, operand in enumerate(operands)
        ])  # fmt: skip
        shapes = [self.input if operand is None else operand.shape for operand in self.operands]
        self.terms, self.result = _terms(subscripts, shapes)
        self.lengths = _lengths(subscripts, self.terms, shapes)
        own = self.terms[position]
        if len(set(own)) < len(own):
            raise ValueError(
                f"Contraction {subscripts!r}: expected an argument whose indices differ, got {own!r}. "
                "Take its diagonal first, with Gather."
            )
        if any(self.lengths[letter] != length for letter, length in zip(own, self.input, strict=True)):
            raise ValueError(
                f"Contraction {subscripts!r}: expected an argument of the shape "
                f"{tuple([self.lengths[letter] for letter in own])}, got {self.input}. Stretch it with broadcast first."
            )
        if not Counter(self.result) <= Counter(set("".join(self.terms))):
            raise ValueError(
                f"Contraction {subscripts!r}: expected a result with different indices of the operands, "
                f"got {self.result!r}. Take the indices apart."
            )
        self.output = tuple([self.lengths[letter] for letter in self.result])

    def _apply(self, x: Any) -> Any:
        further = self._further(x)
        there = set("".join(self.terms))
        terms, result = list(self.terms), "".join(letter for letter in self.result if letter in there)
        if further:
            terms[self.position], result = "..." + terms[self.position], "..." + result
        arrays = [x if operand is None else operand for operand in self.operands]
        einsum: Any = np.einsum
        if self.cost > _MANY and not any(map(is_duck, arrays)):
            einsum = partial(np.einsum, optimize=True)
        contracted = einsum(f"{','.join(terms)}->{result}", *arrays)
        new = [axis for axis, letter in enumerate(self.result) if letter not in there]
        if not new:
            return contracted
        return np.broadcast_to(
            np.expand_dims(contracted, tuple([len(further) + axis for axis in new])), (*further, *self.output)
        )

    def transpose(self) -> Contraction:
        map = Contraction.__new__(Contraction)
        terms = list(self.terms)
        terms[self.position], map.result = self.result, self.terms[self.position]
        map.terms, map.position, map.operands = tuple(terms), self.position, self.operands
        map.lengths, map.input, map.output = self.lengths, self.output, self.input
        return map

    @property
    def dtype(self) -> np.dtype[Any] | None:
        return kind_of(*self.operands)

    @property
    def cost(self) -> int:
        return math.prod(self.lengths.values()) if len(self.operands) > 1 else 0

    @property
    def label(self) -> str:
        return f"{','.join(self.terms)} → {self.result}"


def _terms(subscripts: str, shapes: list[Shape]) -> tuple[tuple[str, ...], str]:
    """The letters of each operand and of the result, those for ``...`` and after a missing ``->`` included."""
    given, arrow, result = subscripts.replace(" ", "").partition("->")
    terms = given.split(",")
    if len(terms) != len(shapes):
        raise ValueError(
            f"Contraction {subscripts!r}: expected a term for each of {len(shapes)} operands, got {len(terms)}. "
            "Separate them with commas."
        )
    if not arrow:
        counted = Counter(given.replace("...", ""))
        once = sorted(letter for letter, n in counted.items() if n == 1 and letter.isalpha())
        result = ("..." if "..." in given else "") + "".join(once)
    ranks = [len(shape) - len(term.replace("...", "")) for term, shape in zip(terms, shapes, strict=True)]
    fresh = "".join(letter for letter in ascii_letters[::-1] if letter not in subscripts)[: max(ranks, default=0)]
    filled = []
    for term, shape, rank in zip(terms, shapes, ranks, strict=True):
        if rank < 0 or (rank and "..." not in term):
            raise ValueError(
                f"Contraction {subscripts!r}: expected an index for each axis, got {term!r} for the shape {shape}. "
                "Write one letter per axis, or ... for some of them."
            )
        filled.append(term.replace("...", fresh[len(fresh) - rank :]))
    return tuple(filled), result.replace("...", fresh)


def _lengths(subscripts: str, terms: tuple[str, ...], shapes: list[Shape]) -> dict[str, int]:
    """How long each index is; where one operand has 1, it is repeated, as NumPy does."""
    lengths: dict[str, int] = {}
    for term, shape in zip(terms, shapes, strict=True):
        for letter, length in zip(term, shape, strict=True):
            known = lengths.get(letter, 1)
            if 1 not in (known, length) and known != length:
                raise ValueError(
                    f"Contraction {subscripts!r}: expected one length for the index {letter}, got {known} and "
                    f"{length}. Transpose or reshape an operand."
                )
            lengths[letter] = length if known == 1 else known
    return lengths

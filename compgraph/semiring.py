"""Semirings: what "add up" and "multiply along" mean in a path problem.

A `Semiring` is data. The solver combines labels with nothing else, so that the same sweep gives derivatives
(REAL), the number of paths (COUNT) or the paths themselves (FREE).
"""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

__all__ = ["COUNT", "FREE", "REAL", "Semiring"]


def _as_it_is(element: Any) -> Any:
    return element


class Semiring(NamedTuple):
    """Two operations with their neutral elements, and the way in and out.

    Addition is associative and commutative with neutral `zero`; multiplication is associative with neutral `one`
    and need not be commutative; multiplication distributes over addition; `zero` annihilates.

    Attributes
    ----------
    name : str
    add, mul : callable
        ``mul(left, right)`` keeps the factor nearer the output on the left.
    zero, one : element
    lift : callable
        Label of an edge → element. Parallel edges are lifted one by one, before they are added.
    readout : callable
        Element → what a person asked for.

    Examples
    --------
    >>> longest = Semiring("LONGEST", max, lambda a, b: a + b, float("-inf"), 0, lift=lambda label: 1)
    >>> longest.add(longest.mul(1, 1), 1)
    2
    """

    name: str
    add: Callable[[Any, Any], Any]
    mul: Callable[[Any, Any], Any]
    zero: Any
    one: Any
    lift: Callable[[Any], Any] = _as_it_is
    readout: Callable[[Any], Any] = _as_it_is

    def __repr__(self) -> str:
        return self.name


#: Numbers with + and ×: totals are derivatives.
REAL = Semiring("REAL", operator.add, operator.mul, 0, 1)

#: Every label counts as one: totals are numbers of paths, exact at any size.
COUNT = Semiring("COUNT", operator.add, operator.mul, 0, 1, lift=lambda label: 1)


def _join(left: Counter[Any], right: Counter[Any]) -> Counter[Any]:
    product: Counter[Any] = Counter()
    for a, m in left.items():
        for b, n in right.items():
            product[a + b] += m * n
    return product


#: Labels are letters: addition collects, multiplication concatenates. An element is a Counter of words (tuples of
#: labels, the one nearer the output on the left), so a total lists every path. Equality here is equality in
#: every semiring; the size is the number of paths.
FREE = Semiring(
    "FREE", operator.add, _join, Counter(), Counter({(): 1}), lift=lambda label: Counter({(label,): 1})
)

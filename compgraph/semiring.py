"""Semirings: what "add up" and "multiply along" mean in a path problem.

A `Semiring` is data. The solver combines labels with nothing else, so that the same sweep gives derivatives
(REAL), the number of paths (COUNT), the most influential one (MAX_PRODUCT) or the paths themselves (FREE).

Parallel edges are lifted one by one, before they are added: lift(a) + lift(b) is not lift(a + b).
"""

from __future__ import annotations

import math
import operator
from collections import Counter
from collections.abc import Callable
from numbers import Rational, Real
from typing import Any, NamedTuple

import numpy as np

from compgraph.maps import LinearMap

__all__ = [
    "BOOLEAN", "COUNT", "ENTROPY", "FREE", "LINEAR", "LONGEST", "MATRIX", "MAX_PRODUCT", "REAL", "SHORTEST",
    "SIGNED_TOP", "SIGN_LOG", "Ranked", "Semiring", "SignLog", "k_best",
]  # fmt: skip


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
    The number of edges on the longest path, whatever the labels:

    >>> depth = Semiring("DEPTH", max, operator.add, -math.inf, 0, lift=lambda label: 1)
    >>> depth.add(depth.mul(1, 1), 1)
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


def a_semiring(given: Any) -> Semiring:
    """What was given, if it is a semiring; TypeError says what to write instead."""
    if not isinstance(given, Semiring):
        raise TypeError(f"expected a semiring, got {given!r:.60}. Write cg.COUNT, cg.MAX_PRODUCT, …")
    return given


#: Numbers with + and ×: totals are derivatives.
REAL = Semiring("REAL", operator.add, operator.mul, 0, 1)

#: Every label counts as one: totals are numbers of paths, exact at any size.
COUNT = Semiring("COUNT", operator.add, operator.mul, 0, 1, lift=lambda label: 1)

#: Whether anything gets through: some path has no label that is zero. (Whether there is a path at all is COUNT > 0.)
BOOLEAN = Semiring("BOOLEAN", operator.or_, operator.and_, False, True, lift=lambda label: bool(label != 0))

#: The largest |product| of a path: how strong the most influential one is.
MAX_PRODUCT = Semiring("MAX_PRODUCT", max, operator.mul, 0, 1, lift=abs)

#: Labels are lengths: totals are the length of the longest path, −∞ where there is none.
LONGEST = Semiring("LONGEST", max, operator.add, -math.inf, 0)

#: Labels are lengths: totals are the length of the shortest path, ∞ where there is none.
SHORTEST = Semiring("SHORTEST", min, operator.add, math.inf, 0)


# -- the paths themselves


def _join(left: Counter[Any], right: Counter[Any]) -> Counter[Any]:
    product: Counter[Any] = Counter()
    for a, m in left.items():
        for b, n in right.items():
            product[a + b] += m * n
    return product


#: Labels are letters: addition collects, multiplication concatenates. An element is a Counter of words (tuples of
#: labels, the one nearer the output on the left), so a total lists every path. Equality here is equality in
#: every semiring; the size is the number of paths.
FREE = Semiring("FREE", operator.add, _join, Counter(), Counter({(): 1}), lift=lambda label: Counter({(label,): 1}))


class Ranked(NamedTuple):
    """One of the best paths: the product of its labels, and the labels, the one nearer the output on the left."""

    product: Any
    word: tuple[Any, ...]


def k_best(k: int, weight: Callable[[Any], Any] = _as_it_is) -> Semiring:
    """The semiring whose totals are the k paths of largest |product|, largest first, as a tuple of `Ranked`.

    Parameters
    ----------
    k : int
    weight : callable, optional
        Label → the number it counts for, where the label itself is none.

    Notes
    -----
    A path with a zero label has no influence and is not listed. Ties go to the shorter word, then to the smaller
    one: an order that concatenation respects, without which this would be no semiring. At most k² products and
    a sort per edge; `best_paths` finds the nodes as well.

    Examples
    --------
    >>> best = k_best(2)
    >>> best.add(best.lift(-3), best.add(best.lift(0), best.add(best.lift(1), best.lift(2))))
    (Ranked(product=-3, word=(-3,)), Ranked(product=2, word=(2,)))
    """
    if not isinstance(k, int) or k < 1:
        raise ValueError(f"k_best: expected k ≥ 1, got {k!r:.40}. Write k_best(3).")

    def add(left: tuple[Ranked, ...], right: tuple[Ranked, ...]) -> tuple[Ranked, ...]:
        return tuple(sorted(left + right, key=_rank)[:k]) if left and right else left or right

    def mul(left: tuple[Ranked, ...], right: tuple[Ranked, ...]) -> tuple[Ranked, ...]:
        products = [Ranked(a.product * b.product, a.word + b.word) for a in left for b in right]
        return tuple(sorted(products, key=_rank)[:k])

    def lift(label: Any) -> tuple[Ranked, ...]:
        number = weight(label)
        return (Ranked(number, (label,)),) if number != 0 else ()

    return Semiring(f"k_best({k})", add, mul, (), (Ranked(1, ()),), lift)


def _rank(path: Ranked) -> tuple[Any, int, tuple[Any, ...]]:
    return -abs(path.product), len(path.word), path.word


# -- pairs


def _hull(left: tuple[Any, Any], right: tuple[Any, Any]) -> tuple[Any, Any]:
    return min(left[0], right[0]), max(left[1], right[1])


def _interval_product(left: tuple[Any, Any], right: tuple[Any, Any]) -> tuple[Any, Any]:
    if left == _NOWHERE or right == _NOWHERE:
        return _NOWHERE
    products = [a * b for a in left for b in right]
    if any(product != product for product in products):  # 0·∞, which min and max would hide or not by turns
        return math.nan, math.nan
    return min(products), max(products)


_NOWHERE = (math.inf, -math.inf)

#: The most negative and the most positive path product, as (min, max); (∞, −∞) where there is no path. The
#: largest signed product alone is no semiring: two negative ones multiply to a positive one.
SIGNED_TOP = Semiring("SIGNED_TOP", _hull, _interval_product, _NOWHERE, (1, 1), lift=lambda label: (label, label))


def _weigh(label: Any) -> tuple[Any, float]:
    weight = abs(label)
    return weight, -weight * _log(weight) if weight else 0.0


def _entropy(element: tuple[Any, float]) -> float:
    weight, weighted = element
    return _log(weight) + weighted / weight if weight else 0.0


def _log(value: Any) -> float:
    if isinstance(value, Rational):  # exact numbers may be beyond the floats
        return math.log(value.numerator) - math.log(value.denominator)
    return math.log(value)


#: How evenly influence is spread over paths: the entropy, in nats, of the distribution in which a path weighs
#: |product|. 0 where one path has all of it, or none has any; log n where n paths weigh the same. Elements are
#: (Z, R) = (Σ|p|, −Σ|p|·log|p|), the readout is log Z + R/Z.
#:
#: K. Du, L. Torroba Hennigen, N. Stoehr, A. Warstadt, R. Cotterell: Generalizing backpropagation for gradient-based
#: interpretability, ACL 2023.
ENTROPY = Semiring(
    "ENTROPY",
    lambda left, right: (left[0] + right[0], left[1] + right[1]),
    lambda left, right: (left[0] * right[0], left[0] * right[1] + right[0] * left[1]),
    (0, 0.0),
    (1, 0.0),
    lift=_weigh,
    readout=_entropy,
)


class SignLog(NamedTuple):
    """A number as its sign (−1, 0 or 1) and the logarithm of its absolute value: no product under- or overflows.

    Examples
    --------
    >>> tiny = SIGN_LOG.lift(-1e-200)
    >>> square = SIGN_LOG.mul(tiny, tiny)
    >>> square.sign, round(square.log, 3), float(square)
    (1, -921.034, 0.0)
    """

    sign: int
    log: float

    def __float__(self) -> float:
        try:
            return self.sign * math.exp(self.log)
        except OverflowError:
            return self.sign * math.inf


def _sign_log(label: Any) -> SignLog:
    return SignLog((label > 0) - (label < 0), _log(abs(label)) if label else -math.inf)


def _sign_log_sum(left: SignLog, right: SignLog) -> SignLog:
    big, small = (left, right) if left.log >= right.log else (right, left)
    if small.sign == 0:
        return big
    if big.log == math.inf:
        undefined = small.log == math.inf and big.sign != small.sign
        return SignLog(big.sign, math.nan) if undefined else big
    gap = small.log - big.log
    if big.sign == small.sign:
        return SignLog(big.sign, big.log + math.log1p(math.exp(gap)))
    return SignLog(big.sign, big.log + math.log(-math.expm1(gap))) if gap else SignLog(0, -math.inf)


#: Derivatives that neither under- nor overflow on the way: elements and totals are `SignLog`.
SIGN_LOG = Semiring(
    "SIGN_LOG",
    _sign_log_sum,
    lambda left, right: SignLog(left.sign * right.sign, left.log + right.log),
    SignLog(0, -math.inf),
    SignLog(1, 0.0),
    lift=_sign_log,
)


# -- matrices


def _matrix(label: Any) -> Any:
    if isinstance(label, LinearMap):
        return label
    matrix = np.asarray(label)
    return matrix if matrix.ndim else matrix.item()


def _is_number(element: Any) -> bool:
    return isinstance(element, Real) and not isinstance(element, np.generic)  # NumPy's own are arrays of one entry


def _matrix_sum(left: Any, right: Any) -> Any:
    for number, other in ((left, right), (right, left)):
        if _is_number(number) and (number == 0 or _is_number(other)):
            return number + other if _is_number(other) else other
    if isinstance(left, LinearMap) or isinstance(right, LinearMap):
        return left + right
    left, right = np.asarray(left), np.asarray(right)
    if left.ndim != right.ndim and 0 in (left.ndim, right.ndim):  # a number is that multiple of the identity
        number, matrix = (left, right) if left.ndim == 0 else (right, left)
        left, right = number * np.eye(len(matrix), dtype=number.dtype), matrix
    if left.shape != right.shape:
        raise ValueError(
            f"matrices that meet have the shapes {left.shape} and {right.shape}: expected one shape. "
            "A label has a row for each entry of its head and a column for each of its tail."
        )
    return left + right


def _matrix_product(left: Any, right: Any) -> Any:
    if _is_number(left) or _is_number(right):
        return left * right
    return left @ right if isinstance(left, LinearMap) or isinstance(right, LinearMap) else np.dot(left, right)


def _linear_sum(left: Any, right: Any) -> Any:
    for number, other in ((left, right), (right, left)):
        if type(number) in (int, float) and number == 0:
            return other
    return left + right


def _linear_product(left: Any, right: Any) -> Any:
    """A map applied to an array or a number, or backwards its transpose; maps joined; numbers multiplied."""
    if isinstance(left, LinearMap):
        return left @ right if isinstance(right, LinearMap) else _plain(left.apply(right))
    if isinstance(right, LinearMap):
        return _plain(right.T.apply(left))
    return left * right


def _plain(result: Any) -> Any:
    """A number of NumPy's as Python's."""
    return result.item() if isinstance(result, np.generic) or getattr(result, "ndim", None) == 0 else result


#: What `linearize` leaves on a graph with arrays: labels are numbers between numbers, and linear maps otherwise. Seeded
#: with a number or an array, totals are numbers and arrays, each of the shape of its node. (Seeded with
#: ``Identity(shape)`` over MATRIX, they are linear maps.)
LINEAR = Semiring("LINEAR", _linear_sum, _linear_product, 0.0, 1.0)


#: Labels are matrices of any conforming shapes, with a row for each entry of the head and a column for each of the
#: tail, or linear maps between arrays of any shape (`compgraph.maps`). A number stands for that multiple of the
#: identity, of the size that fits. Seeded with 1, totals are matrices or maps; seeded with an array, they are what the
#: maps, or backwards their transposes, make of it. (The array of a single number is ``np.ones(())``.)
MATRIX = Semiring("MATRIX", _matrix_sum, _matrix_product, 0, 1, lift=_matrix)

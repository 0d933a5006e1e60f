"""Linear maps as labels: every kind against its matrix by definition, and sweeps against products of matrices."""

from __future__ import annotations

import copy
import math
import pickle
import sys
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import pairwise, product
from types import SimpleNamespace
from typing import Any, NamedTuple

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import compgraph as cg
from compgraph import maps
from compgraph.maps import (
    Addition,
    Broadcast,
    Composition,
    Contraction,
    Dense,
    Diagonal,
    Gather,
    Identity,
    Kronecker,
    LeftMultiply,
    Permute,
    Reshape,
    RightMultiply,
    Scale,
    Scatter,
    Spread,
    Sum,
    WeightedSum,
    Zero,
    broadcast,
)
from compgraph.maps.composite import listed
from tests.strategies import Draw, multigraphs

Shape = tuple[int, ...]

# -- a row for each kind: how one is made for an input of a given shape, and its matrix by definition


def entries(draw: Draw, *shape: int) -> np.ndarray:
    numbers = draw(st.lists(st.integers(-3, 3), min_size=math.prod(shape), max_size=math.prod(shape)))
    return np.array(numbers, dtype=int).reshape(shape)


def shapes(least: int = 0, most: int = 3) -> st.SearchStrategy[Shape]:
    return st.lists(st.integers(1, 3), min_size=least, max_size=most).map(tuple)


def some_axes(draw: Draw, rank: int, most: int) -> list[int]:
    return draw(st.lists(st.integers(0, rank - 1), unique=True, max_size=most)) if rank else []


def flat(index: Shape, shape: Shape) -> int:
    """The place of an entry, counted with the last axis fastest."""
    place = 0
    for i, length in zip(index, shape, strict=True):
        place = place * length + i
    return place


def moved(output: Shape, input: Shape, pairs: Iterator[tuple[Shape, Shape]]) -> np.ndarray:
    """The matrix that adds entries of the input to entries of the output."""
    matrix = np.zeros((math.prod(output), math.prod(input)), int)
    for to, source in pairs:
        matrix[flat(to, output), flat(source, input)] += 1
    return matrix


def dropped(index: Shape, axes: tuple[int, ...]) -> Shape:
    return tuple(i for axis, i in enumerate(index) if axis not in axes)


def blocks(matrices: list[np.ndarray]) -> np.ndarray:
    """A block-diagonal matrix."""
    rows, columns = sum(len(m) for m in matrices), sum(m.shape[1] for m in matrices)
    whole, row, column = np.zeros((rows, columns), int), 0, 0
    for m in matrices:
        whole[row : row + len(m), column : column + m.shape[1]] = m
        row, column = row + len(m), column + m.shape[1]
    return whole


def stacked(array: np.ndarray, stack: Shape) -> list[np.ndarray]:
    return list(np.broadcast_to(array, (*stack, *array.shape[-2:])).reshape(-1, *array.shape[-2:]))


def a_factor(draw: Draw, input: Shape, rows: int | None, columns: int | None) -> np.ndarray:
    """A matrix, or one for each of the stack; None is a length of any size."""
    stack = input[:-2] if draw(st.booleans()) else ()
    lengths = [draw(st.integers(1, 3)) if length is None else length for length in (rows, columns)]
    return entries(draw, *stack, *lengths)


def a_broadcast(draw: Draw, input: Shape) -> Broadcast:
    output, axes = list(input), []
    if len(input) < 3:
        axes = [draw(st.integers(0, len(input)))]
        output.insert(axes[0], draw(st.integers(1, 3)))
    return Broadcast(output, axes)


def a_gather(draw: Draw, input: Shape) -> Gather:
    output = draw(shapes())
    return Gather(input, tuple(draw_places(draw, output, length) for length in input) if input else ())


def a_scatter(draw: Draw, input: Shape) -> Scatter:
    output = draw(shapes(1))
    return Scatter(output, tuple(draw_places(draw, input, length) for length in output))


def draw_places(draw: Draw, shape: Shape, length: int) -> np.ndarray:
    return np.abs(entries(draw, *shape)) % length


#: Einsums in each of their operands: products, sums over what only one operand has, repeated letters beside it.
SUBSCRIPTS = [
    "ij,jk->ik",
    "i,i->",
    "ij,ij->ij",
    "i,j->ij",
    "ij,k->k",
    "ij->j",
    "bij,bjk->bik",
    "ii,ij->j",
    "ij,jk,kl->il",
]


def a_contraction(draw: Draw, input: Shape) -> Contraction:
    fit = [
        (subscripts, position)
        for subscripts in SUBSCRIPTS
        for position, term in enumerate(subscripts.split("->")[0].split(","))
        if len(term) == len(set(term)) == len(input)
    ]
    subscripts, position = draw(st.sampled_from(fit))
    terms = subscripts.split("->")[0].split(",")
    lengths = dict(zip(terms[position], input, strict=True))
    for letter in "".join(terms).replace(",", ""):
        lengths.setdefault(letter, draw(st.integers(1, 3)))
    operands = [entries(draw, *(lengths[letter] for letter in term)) for term in terms]
    return Contraction(subscripts, position, [*operands[:position], None, *operands[position + 1 :]], input)


def contracted(f: Contraction) -> np.ndarray:
    """Its definition: a sum over all assignments of the indices, of the products of the other operands."""
    matrix = np.zeros((math.prod(f.output), math.prod(f.input)), int)
    for values in np.ndindex(*f.lengths.values()):
        at = dict(zip(f.lengths, values, strict=True))
        row, column = (tuple(at[i] for i in term) for term in (f.result, f.terms[f.position]))
        others = [
            operand[tuple(at[i] for i in term)]
            for term, operand in zip(f.terms, f.operands, strict=True)
            if operand is not None
        ]
        matrix[flat(row, f.output), flat(column, f.input)] += math.prod(others)
    return matrix


def a_spread(draw: Draw, input: Shape) -> Spread:
    repeat = a_broadcast(draw, input)
    return Spread(entries(draw, *repeat.output), repeat.axes)


def gathered(map: Gather) -> np.ndarray:
    matrix = np.zeros((math.prod(map.output), math.prod(map.input)), int)
    source = np.arange(math.prod(map.input))
    for row, place in enumerate(map.apply(source.reshape(map.input)).ravel()):
        matrix[row, place] = 1
    return matrix


class Row(NamedTuple):
    """The ranks of input it takes, how one is drawn, and the matrix it has by definition."""

    ranks: tuple[int, int]
    draw: Callable[[Draw, Shape], cg.LinearMap]
    matrix: Callable[[Any], np.ndarray]


KINDS: dict[type[cg.LinearMap], Row] = {
    Zero: Row(
        (0, 3),
        lambda draw, s: Zero(draw(shapes()), s),
        lambda f: np.zeros((math.prod(f.output), math.prod(f.input))),
    ),
    Identity: Row((0, 3), lambda draw, s: Identity(s), lambda f: np.eye(math.prod(f.input))),
    Scale: Row(
        (0, 3),
        lambda draw, s: Scale(draw(st.integers(-3, 3)), s),
        lambda f: f.factor * np.eye(math.prod(f.input)),
    ),
    Diagonal: Row((0, 3), lambda draw, s: Diagonal(entries(draw, *s)), lambda f: np.diag(f.values.ravel())),
    Dense: Row(
        (0, 3),
        lambda draw, s: (lambda output: Dense(entries(draw, *output, *s), output, s))(draw(shapes())),
        lambda f: f.array,
    ),
    LeftMultiply: Row(
        (2, 3),
        lambda draw, s: LeftMultiply(a_factor(draw, s, None, s[-2]), s),
        lambda f: blocks([np.kron(a, np.eye(f.input[-1], dtype=int)) for a in stacked(f.array, f.input[:-2])]),
    ),
    RightMultiply: Row(
        (2, 3),
        lambda draw, s: RightMultiply(a_factor(draw, s, s[-1], None), s),
        lambda f: blocks([np.kron(np.eye(f.input[-2], dtype=int), b.T) for b in stacked(f.array, f.input[:-2])]),
    ),
    Kronecker: Row(
        (2, 2),
        lambda draw, s: Kronecker(
            entries(draw, draw(st.integers(1, 3)), s[0]), entries(draw, draw(st.integers(1, 3)), s[1])
        ),
        lambda f: np.kron(f.left, f.right),
    ),
    Sum: Row(
        (0, 3),
        lambda draw, s: Sum(s, some_axes(draw, len(s), 3)),
        lambda f: moved(f.output, f.input, ((dropped(i, f.axes), i) for i in np.ndindex(f.input))),
    ),
    Broadcast: Row(
        (0, 3),
        a_broadcast,
        lambda f: moved(f.output, f.input, ((i, dropped(i, f.axes)) for i in np.ndindex(f.output))),
    ),
    Spread: Row(
        (0, 3),
        a_spread,
        lambda f: np.diag(f.values.ravel()) @ expected(Broadcast(f.output, f.axes)),
    ),
    WeightedSum: Row(
        (0, 3),
        lambda draw, s: WeightedSum(entries(draw, *s), some_axes(draw, len(s), 3)),
        lambda f: expected(Sum(f.input, f.axes)) @ np.diag(f.values.ravel()),
    ),
    Contraction: Row((1, 3), a_contraction, contracted),
    Permute: Row(
        (0, 3),
        lambda draw, s: Permute(s, draw(st.permutations(range(len(s))))),
        lambda f: moved(f.output, f.input, ((tuple(i[axis] for axis in f.axes), i) for i in np.ndindex(f.input))),
    ),
    Reshape: Row(
        (0, 3),
        lambda draw, s: Reshape(draw(st.sampled_from([(math.prod(s),), (1, math.prod(s)), s[::-1], s])), s),
        lambda f: np.eye(math.prod(f.input)),
    ),
    Gather: Row((0, 3), a_gather, gathered),
    Scatter: Row((0, 3), a_scatter, lambda f: gathered(f.T).T),
    Composition: Row(
        (0, 3),
        lambda draw, s: (lambda g: Composition(leaf(draw, g.output), g))(leaf(draw, s)),
        lambda f: expected(f.left) @ expected(f.right),
    ),
    Addition: Row(
        (0, 3),
        lambda draw, s: (lambda f: Addition(f, Dense(entries(draw, *f.output, *s), f.output, s)))(leaf(draw, s)),
        lambda f: expected(f.left) + expected(f.right),
    ),
}
every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)


def expected(map: cg.LinearMap) -> np.ndarray:
    return KINDS[type(map)].matrix(map)


def leaf(draw: Draw, input: Shape) -> cg.LinearMap:
    fit = [
        row
        for kind, row in KINDS.items()
        if row.ranks[0] <= len(input) <= row.ranks[1] and kind not in (Composition, Addition)
    ]
    return draw(st.sampled_from(fit)).draw(draw, input)


@st.composite
def of_kind(draw: Draw, kind: type[cg.LinearMap]) -> Any:
    return KINDS[kind].draw(draw, draw(shapes(*KINDS[kind].ranks)))


@st.composite
def between(draw: Draw, output: Shape, input: Shape, depth: int = 2) -> cg.LinearMap:
    """Any map between two shapes, put together of leaves with ``@`` and ``+``."""
    map: cg.LinearMap = Identity(input)
    for _ in range(draw(st.integers(0, 2))):
        following = leaf(draw, map.output)
        map = following @ map if len(following.output) <= 3 else map
    if map.output != output:
        map = Dense(entries(draw, *output, *map.output), output, map.output) @ map
    elif draw(st.booleans()):
        map = draw(st.sampled_from([Diagonal(entries(draw, *output)), Scale(2, output)])) @ map
    return map + draw(between(output, input, depth - 1)) if depth and draw(st.booleans()) else map


def test_every_kind_has_a_row() -> None:
    final, waiting = set(), [cg.LinearMap]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if not kind.__subclasses__() and kind.__module__.startswith(maps.__name__):
            final.add(kind)
    assert final == set(KINDS)
    assert {kind.__name__ for kind in KINDS} < set(maps.__all__)


@every_kind
def test_the_matrix_is_the_one_of_the_definition_and_says_what_apply_does(kind: type[cg.LinearMap]) -> None:
    @given(of_kind(kind))
    def holds(f: Any) -> None:
        matrix = f.matrix()
        assert matrix.shape == (math.prod(f.output), math.prod(f.input))
        assert np.array_equal(matrix, expected(f))
        for column, unit in zip(matrix.T, np.eye(math.prod(f.input)), strict=True):
            assert np.array_equal(f.apply(unit.reshape(f.input)).ravel(), column)
        assert np.array_equal(f.T.matrix(), matrix.T) and np.array_equal(f.T.T.matrix(), matrix)
        assert (f.T.output, f.T.input, f.T.cost) == (f.input, f.output, f.cost)
        for order in f.matrix_cost._fields if isinstance(f, (Composition, Addition)) else ():
            assert np.array_equal(f.matrix(order=order), matrix)

    holds()


@every_kind
def test_the_transpose_stands_on_the_other_side_of_the_scalar_product(kind: type[cg.LinearMap]) -> None:
    @given(of_kind(kind), st.integers(0, 99))
    def holds(f: Any, seed: int) -> None:
        rng = np.random.default_rng(seed)
        x, y = rng.integers(-9, 9, f.input), rng.integers(-9, 9, f.output)
        assert np.sum(f.apply(x) * y) == np.sum(x * f.T.apply(y))
        assert np.array_equal(f @ x, f.apply(x)) and np.array_equal(y @ f, f.T.apply(y))
        assert (f @ x).shape == f.output and (y @ f).shape == f.input
        small = f.apply(x.astype(np.float32))
        assert small.dtype == (np.float32 if f.dtype is None else np.float64)  # the data here are whole numbers

    holds()


class Counted:
    """A number that notes on a tally every product it is a factor of."""

    def __init__(self, value: int, tally: list[int]) -> None:
        self.value, self.tally = value, tally

    def __mul__(self, other: Any) -> Counted:
        self.tally[0] += 1
        return Counted(self.value * int(other), self.tally)

    __rmul__ = __mul__

    def __add__(self, other: Any) -> Counted:
        if isinstance(other, np.ndarray):  # of any shape: added entry by entry
            return NotImplemented
        return Counted(self.value + getattr(other, "value", other), self.tally)

    __radd__ = __add__


def multiplications(f: cg.LinearMap) -> int:
    tally = [0]
    x = np.empty(f.input, object)
    for index in np.ndindex(f.input):
        x[index] = Counted(1, tally)
    result = f.apply(x)
    values = [getattr(entry, "value", entry) for entry in np.asarray(result).ravel()]
    assert np.array_equal(values, f.apply(np.ones(f.input, int)).ravel())
    return tally[0]


@every_kind
def test_the_cost_is_the_number_of_multiplications(kind: type[cg.LinearMap]) -> None:
    @given(of_kind(kind))
    def holds(f: Any) -> None:
        assert multiplications(f) == f.cost or is_beyond_the_tally(f)

    holds()


def is_beyond_the_tally(f: cg.LinearMap) -> bool:
    """Whether there are zeros in it that come from no input, or products of other factors: they have no tally."""
    return any(
        isinstance(part, (Zero, Scatter)) or (isinstance(part, Contraction) and len(part.terms) > 2)
        for part in listed(f)
    )


@given(st.data(), shapes(), shapes(), shapes())
def test_sums_and_products_are_those_of_matrices(data: st.DataObject, a: Shape, b: Shape, c: Shape) -> None:
    f, g = data.draw(between(c, b)), data.draw(between(b, a))
    h = data.draw(between(c, b))
    assert np.array_equal((f @ g).matrix(), f.matrix() @ g.matrix())
    assert np.array_equal((f + h).matrix(), f.matrix() + h.matrix())
    assert np.array_equal((f @ g + h @ g).matrix(), (f.matrix() + h.matrix()) @ g.matrix())
    assert np.array_equal((g.T @ f.T + g.T @ h.T).matrix(), ((f + h) @ g).matrix().T)
    assert np.array_equal((-f).matrix(), -f.matrix()) and np.array_equal((f + 0).matrix(), f.matrix())
    assert np.array_equal((0.5 * f).matrix(), f.matrix() / 2) and np.array_equal((0 * f).matrix(), 0 * f.matrix())
    assert multiplications(f @ g) == (f @ g).cost or is_beyond_the_tally(f @ g)


@given(st.data())
def test_joining_any_two_kinds_never_changes_the_matrix(data: st.DataObject) -> None:
    g = leaf(data.draw, data.draw(shapes()))
    f = leaf(data.draw, g.output)
    e = leaf(data.draw, f.output)
    product = expected(e) @ expected(f) @ expected(g)
    assert np.array_equal(((e @ f) @ g).matrix(), product) and np.array_equal((e @ (f @ g)).matrix(), product)
    assert (f @ g).cost <= f.cost + g.cost


A, B = np.arange(6.0).reshape(2, 3), np.arange(12.0).reshape(3, 4)
S = Dense(A @ A.T)


@pytest.mark.parametrize(
    "map, shown",
    [
        (Identity(2) @ Dense(A), "dense 2×3"),
        (Dense(A) @ Identity(3), "dense 2×3"),
        (Dense(A) @ Zero(3, 4), "0"),
        (Dense(A) + Zero(2, 3), "dense 2×3"),
        (Scale(2, 3) @ Scale(3, 3), "6·I"),
        (Scale(2, 3) @ Scale(0.5, 3), "I"),
        (Diagonal([1, 2]) @ Diagonal([3, 4]), "diag(3, 8)"),
        (Diagonal([1, 2]) @ Scale(-2, 2), "diag(−2, −4)"),
        (Diagonal([1, 2]) + Diagonal([3, 4]), "diag(4, 6)"),
        (Identity(2) + Diagonal([3, 4]), "diag(4, 5)"),
        (Identity(2) + Identity(2), "2·I"),
        (Scale(2, 2) + Scale(-2, 2), "0"),
        (Dense(A) + Dense(A), "dense 2×3"),
        (Diagonal([1, 2]) @ (Diagonal([3, 4]) @ Dense(A)), "diag(3, 8) · dense 2×3"),
        ((Dense(A.T) @ Diagonal([3, 4])) @ Diagonal([1, 2]), "dense 3×2 · diag(3, 8)"),
        (Reshape(6, (2, 3)) @ Reshape((2, 3), (3, 2)), "reshape"),
        (Reshape((3, 2), (2, 3)) @ Reshape((2, 3), (3, 2)), "I"),
        (Permute((3, 2)) @ Permute((2, 3)), "I"),
        (LeftMultiply(A, (3, 3)) @ RightMultiply(B.T, (3, 4)), "2×3 ⊗ 3×4"),
        (RightMultiply(B.T, (2, 4)) @ LeftMultiply(A, (3, 4)), "2×3 ⊗ 3×4"),
        (
            Sum(2) @ Dense(A) + Sum(2) @ Diagonal([1, 2]) @ Dense(A),
            "Σ · dense 2×3 + Σ · diag(1, 2) · dense 2×3",
        ),
        (
            S @ Sum((2, 3), 1) @ Dense(np.ones((6, 2)), (2, 3)) @ (S + S @ S @ S),
            "dense 2×2 · Σ axis 1 · dense 6×2 · (dense 2×2 + dense 2×2 · …",
        ),
        (2 * Sum((2, 3)), "2·I · Σ"),
        (Sum((2, 3)) @ Scale(2, (2, 3)), "2·I · Σ"),
        (Sum(2) @ Sum((2, 3), 1) @ Scale(2, (2, 3)), "2·I · Σ · Σ axis 1"),
        (3 * (Broadcast((2, 3), 1) @ Broadcast(2)), "repeat axis 1 · repeat · 3·I"),
        (3 * (Broadcast((2, 3), 1) @ (Broadcast(2) @ Scale(2, ()))), "repeat axis 1 · repeat · 6·I"),
        (Diagonal([1, 2]) @ Broadcast(2), "diag(1, 2) · repeat"),
        (Diagonal([1, 2]) @ Diagonal([3, 4]) @ Broadcast(2) @ Scale(2, ()), "diag(6, 16) · repeat"),
        (Sum(2) @ Diagonal([1, 2]) + Sum(2) @ Diagonal([3, 4]), "Σ · diag(4, 6)"),
        (Diagonal(A) @ (Broadcast((2, 3), 1) @ Diagonal([1, 2])), "diag 2×3 · repeat axis 1"),
        (Diagonal([1, 2]) @ (Sum((2, 3), 1) @ Diagonal(A)), "Σ axis 1 · diag 2×3"),
        (1 * Sum(3), "Σ"),
        (-Dense(A), "−I · dense 2×3"),
        (broadcast((3, 1), (2, 3, 4)), "repeat axes 0, 2 · reshape"),
        (broadcast((3, 4), (3, 4)), "I"),
        (broadcast((), (3,)), "repeat"),
        (A @ Diagonal([1, 2, 3]), "dense 2×3 · diag(1, 2, 3)"),
        (Diagonal([1, 2]) @ A, "diag(1, 2) · dense 2×3"),
        (Diagonal([1, 2, 3, 4]), "diag 4"),
        (Diagonal(2.5), "diag a number"),
        (LeftMultiply(A, (3, 5)), "left 2×3"),
        (Permute((2, 3)), "axes 1, 0"),
        (Sum((2, 3), -1), "Σ axis 1"),
        (Sum((2, 3, 4), (0, 2)), "Σ axes 0, 2"),
    ],
)
def test_neighbours_become_one_where_that_costs_nothing(map: cg.LinearMap, shown: str) -> None:
    assert map.label == shown
    assert repr(map) == f"LinearMap {map.output} ← {map.input}: {shown}"


def test_what_hangs_on_one_factor_is_added_before_it() -> None:
    shared, last = Dense(A) @ Sum((3, 2), 1), Sum(2)
    assert (Diagonal([1, 2]) @ shared + Diagonal([3, 4]) @ shared).label == "diag(4, 6) · dense 2×3 · Σ axis 1"
    before = Composition(last, Diagonal([1, 2])) + Composition(last, Diagonal([3, 4]))
    assert before.label == "Σ · diag(4, 6)"
    product = Diagonal([1, 2]) @ Dense(A)
    assert product @ Identity(3) is product and Identity(2) @ product is product and 1 * product is product
    assert product + Zero(2, 3) is product and Reshape(2, 2) @ product is product


def test_broadcasting_is_numpys() -> None:
    for start, end in [((3, 1), (2, 3, 4)), ((), (2, 2)), ((1,), (3,)), ((2, 3), (2, 3)), ((1, 1), (4, 1, 2))]:
        x = np.random.default_rng(0).normal(size=start)
        assert np.array_equal(broadcast(start, end).apply(x), np.broadcast_to(x, end))


@pytest.mark.parametrize("index", [1, slice(None, None, 2), (0, 1), (..., None), [0, 0, 1], ([1, 0], slice(1, 3))])
def test_an_index_means_what_it_means_to_numpy(index: Any) -> None:
    x = np.arange(12).reshape(3, 4)
    y = x[index]
    assert np.array_equal(Gather((3, 4), index).apply(x), y)
    back = np.zeros((3, 4), int)
    np.add.at(back, index, y)
    assert np.array_equal(Scatter((3, 4), index).apply(y), back)


def test_places_are_counted_through_the_whole_array() -> None:
    x = np.arange(12.0).reshape(3, 4)
    f = Gather.at((3, 4), [[11, 0], [5, 5]])
    assert np.array_equal(f.apply(x), x.ravel()[[[11, 0], [5, 5]]]) and f.index is None and f.T.index is None
    for whole_numbers in (int, np.float32, float):
        back = f.T.apply(np.array([[1, 2], [3, 4]], whole_numbers))
        assert back.dtype == whole_numbers and np.array_equal(np.flatnonzero(back), [0, 5, 11]) and back[1, 1] == 7
    assert np.array_equal(Gather((3, 4), (slice(1, 3), -1)).places, [7, 11])
    assert np.array_equal(Scatter((3, 4), (slice(1, 3), -1)).places, [7, 11])


@pytest.mark.parametrize(
    "subscripts", ["ij,jk", "...j,jk->...k", "...ij,...jk->...ik", "i...,...", "i..., i... -> ..."]
)
def test_einsum_writes_its_subscripts_in_many_ways(subscripts: str) -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(3, 3)), rng.normal(size=(3, 3))
    for f, x in (
        (Contraction(subscripts, 0, [None, b], (3, 3)) if subscripts != "i...,..." else None, a),
        (Contraction(subscripts, 1, [a, None], (3, 3)) if subscripts != "i...,..." else None, b),
        (Contraction("i...,...", 1, [a, None], 3) if subscripts == "i...,..." else None, b[0]),
    ):
        if f is not None:
            others = [x if operand is None else operand for operand in f.operands]
            assert np.allclose(f.apply(x), np.einsum(subscripts, *others), rtol=1e-14)


def test_a_large_contraction_is_a_product_of_matrices() -> None:
    rng = np.random.default_rng(0)
    a, x, y = rng.normal(size=(30, 40)), rng.normal(size=(40, 50)), rng.normal(size=(30, 50))
    f = Contraction("ij,jk->ik", 1, [a, None], x.shape)
    assert f.cost == 30 * 40 * 50 == LeftMultiply(a, x.shape).cost
    assert np.allclose(f.apply(x), a @ x, rtol=1e-12, atol=1e-12)
    assert np.allclose(f.T.apply(y), a.T @ y, rtol=1e-12, atol=1e-12)


def test_what_is_left_out_has_no_influence() -> None:
    """0 times what is not finite is 0, on either side: a where takes an entry, or an adjoint of it, out."""
    wild = Diagonal([np.inf, -np.inf, np.nan, np.inf, 2.0])
    x = np.array([0.0, 0.0, 0.0, 1.0, 3.0])
    assert np.array_equal(wild.apply(x), [0, 0, 0, np.inf, 6])
    assert np.array_equal(Diagonal(x).apply(wild.values), [0, 0, 0, np.inf, 6])
    assert np.array_equal((wild @ Diagonal(x)).apply(np.ones(5)), [0, 0, 0, np.inf, 6])
    assert np.isnan(wild.apply(np.ones(5))[2])
    assert (Sum(5) @ wild).apply([0.0, 0, 0, 0, 1]) == 2 and not (Sum(5) @ wild).T.apply(0.0).any()
    assert wild.apply(x.astype(np.float32)).dtype == np.float64
    assert Diagonal(wild.values.astype(np.float32)).apply(x.astype(np.float32)).dtype == np.float32
    assert np.array_equal(np.diag(wild.matrix()), wild.values, equal_nan=True)
    assert not np.any(wild.matrix()[~np.eye(5, dtype=bool)])


def test_arrays_without_entries() -> None:
    none = [
        Dense(np.ones((0, 3))),
        Dense(np.ones((3, 0))),
        Dense(np.ones((2, 0))) @ Dense(np.ones((0, 3))),
        Sum((0, 3), 0),
        Broadcast((0, 3), 0),
        Gather(3, np.arange(0)),
        Scatter(3, np.arange(0)),
        LeftMultiply(np.ones((2, 0)), (0, 3)),
        Reshape((0, 2), 0),
        Diagonal([]) + Identity(0),
    ]
    for f in none:
        assert f.matrix().shape == (math.prod(f.output), math.prod(f.input)) and not f.matrix().any()
        assert np.array_equal(f.T.apply(np.ones(f.output)), np.zeros(f.input))


# -- order: the same matrix at different prices


def test_the_price_of_a_product_depends_on_where_one_starts() -> None:
    """A row times two matrices, and two matrices times a column: counted by hand."""
    rng = np.random.default_rng(1)
    row, one, other, column = (Dense(rng.normal(size=size)) for size in [(1, 10), (10, 10), (10, 10), (10, 1)])
    f, g = row @ one @ other, one @ other @ column
    assert f.matrix_cost == (10 * 10 * 10 + 1 * 10 * 10, 10 * 10 + 10 * 10, 10 * 10 + 10 * 10)
    assert g.matrix_cost == (10 * 10 + 10 * 10, 10 * 10 * 10 + 10 * 10 * 1, 10 * 10 * 10 + 10 * 10)
    assert (row @ (one @ other)).matrix_cost.as_grouped == 10 * 10 * 10 + 10 * 10
    middle = (row @ one).T @ (row @ other)  # narrow in the middle: neither end is the place to start
    assert middle.matrix_cost == (100 + 100 + 1000, 100 + 100 + 1000, 100 + 100 + 100)
    for map in (f, g, middle):
        found = [map.matrix(order=order) for order in map.matrix_cost._fields]
        dense = np.linalg.multi_dot([part.array for part in leaves(map)])
        assert all(np.allclose(one, dense, rtol=1e-12, atol=1e-12) for one in (*found, map.matrix()))
    assert Dense(A).matrix_cost == (0, 0, 0)
    with pytest.raises(ValueError, match="unknown order 'inside out': expected one of right_to_left, left_to_right"):
        f.matrix(order="inside out")


def leaves(map: Any) -> list[Any]:
    """The factors of a product, the one nearer the output first."""
    found, stack = [], [map]
    while stack:
        part = stack.pop()
        if isinstance(part, Composition):
            stack += [part.right, part.left]
        else:
            found.append(part)
    return found


# -- sweeps over graphs

SHAPES: list[Shape] = [(2,), (), (2, 2), (3,), (1, 3)]


def label(number: int, tail: int, head: int) -> st.SearchStrategy[Any]:
    output, input = SHAPES[head % 5], SHAPES[tail % 5]
    some: st.SearchStrategy[Any] = between(output, input)
    return st.one_of(some, st.sampled_from([2, -1, 3.0])) if output == input else some


def dense(element: Any, output: Shape, input: Shape) -> np.ndarray:
    """A total of whatever kind as a matrix: a number is that multiple of the identity."""
    if isinstance(element, cg.LinearMap):
        assert (element.output, element.input) == (output, input)
        return element.matrix()
    assert output == input or element == 0
    return element * np.eye(math.prod(output), math.prod(input))


@given(multigraphs(label, most=6, edges=9), st.randoms(use_true_random=False))
def test_sweeps_paths_and_eliminations_are_products_of_matrices(graph: nx.MultiDiGraph, random: Any) -> None:
    shape = {node: SHAPES[place % 5] for node, place in graph.nodes(data="place")}
    for tail in graph:
        wanted = {node: np.zeros((math.prod(shape[node]), math.prod(shape[tail]))) for node in graph}
        wanted[tail] = np.eye(math.prod(shape[tail]))
        for node in nx.topological_sort(graph):
            for source, _, partial in graph.in_edges(node, data="partial"):
                wanted[node] = wanted[node] + dense(partial, shape[node], shape[source]) @ wanted[source]
        ahead = cg.totals(cg.forward(graph, {tail: 1}, cg.MATRIX))
        x = np.array([random.randint(-4, 4) for _ in range(math.prod(shape[tail]))]).reshape(shape[tail])
        tangents = cg.totals(cg.forward(graph, {tail: x}, cg.MATRIX))
        for head in graph:
            back = cg.totals(cg.reverse(graph, {head: 1}, cg.MATRIX))[tail]
            path_sum = cg.paths(graph, tail, head, cg.MATRIX)
            each = sum(dense(path.product, shape[head], shape[tail]) for path in path_sum.paths)
            assert np.array_equal(dense(ahead[head], shape[head], shape[tail]), wanted[head])
            assert np.array_equal(dense(back, shape[head], shape[tail]), wanted[head])
            assert np.array_equal(dense(path_sum.total, shape[head], shape[tail]), wanted[head])
            assert np.array_equal(each + 0 * wanted[head], wanted[head])
            y = np.array([random.randint(-4, 4) for _ in range(math.prod(shape[head]))]).reshape(shape[head])
            adjoint = cg.totals(cg.reverse(graph, {head: y}, cg.MATRIX))[tail]
            assert np.array_equal(np.ravel(tangents[head] + np.zeros(shape[head])), wanted[head] @ x.ravel())
            assert np.array_equal(np.ravel(adjoint + np.zeros(shape[tail])), y.ravel() @ wanted[head])
            if path_sum.count and tail != head:
                inner = [n for n in graph if n in nx.descendants(graph, tail) & nx.ancestors(graph, head)]
                random.shuffle(inner)
                jacobian = cg.accumulate(graph, inner, semiring=cg.MATRIX, inputs=[tail], outputs=[head])
                assert np.array_equal(dense(jacobian[head, tail], shape[head], shape[tail]), wanted[head])


@given(multigraphs(label, most=6, edges=9))
def test_the_graph_of_entries_has_the_same_derivatives(graph: nx.MultiDiGraph) -> None:
    shape = {node: SHAPES[place % 5] for node, place in graph.nodes(data="place")}
    assert {node: shape[node] for node in cg.check_shapes(graph)} == cg.check_shapes(graph)
    for node in graph:  # a value says its shape where no label does
        graph.nodes[node]["value"] = np.arange(math.prod(shape[node])).reshape(shape[node])
    assert cg.check_shapes(graph) == shape
    zoomed = cg.entrywise(graph)
    assert len(zoomed) == sum(map(math.prod, shape.values()))
    names = {n: [f"{n}[{','.join(map(str, i))}]" if i else n for i in np.ndindex(shape[n])] for n in graph}
    assert [zoomed.nodes[name]["value"] for n in graph for name in names[n]] == [
        value for n in graph for value in range(math.prod(shape[n]))
    ]
    for head in graph:
        totals = cg.totals(cg.reverse(graph, {head: 1}, cg.MATRIX))
        for row, name in enumerate(names[head]):
            entry = cg.totals(cg.reverse(zoomed, {name: 1}))
            for tail in graph:
                found = [entry[column] for column in names[tail]]
                assert np.array_equal(found, dense(totals[tail], shape[head], shape[tail])[row])


def test_cycles_of_arrays_are_summed_up_entry_by_entry() -> None:
    turn, enter = Dense([[0.0, 0.5], [-0.5, 0.0]]), Dense([[1.0], [2.0]])
    graph = nx.MultiDiGraph()
    graph.add_edge("x", "z", partial=enter)
    graph.add_edge("z", "z", partial=turn)
    with pytest.raises(TypeError, match=r"labels that are no numbers.* ask entrywise\(graph\)"):
        cg.star(graph)
    closure = cg.star(cg.entrywise(graph))
    expected = np.linalg.solve(np.eye(2) - turn.matrix(), enter.matrix())
    assert np.allclose([[closure["z[0]", "x[0]"]], [closure["z[1]", "x[0]"]]], expected, rtol=1e-14)
    assert cg.linear_system(cg.entrywise(graph)).forward({"x[0]": 1.0}, method="dense")[1:] == pytest.approx(
        expected.ravel()
    )


def test_numbers_beside_maps_are_multiples_of_the_identity() -> None:
    graph = nx.MultiDiGraph()
    graph.add_edge("x", "y", partial=2)
    graph.add_edge("x", "y", partial=np.float64(0.5))
    graph.add_edge("y", "z", partial=Dense(A))
    graph.add_edge("x", "z", partial=A)  # a matrix
    for total in (
        cg.totals(cg.forward(graph, {"x": 1}, cg.MATRIX))["z"],
        cg.totals(cg.reverse(graph, {"z": 1}, cg.MATRIX))["x"],
    ):
        assert np.array_equal(total.matrix(), 3.5 * A)
    assert cg.check_shapes(graph) == {"x": (3,), "y": (3,), "z": (2,)}
    assert cg.MATRIX.mul(Fraction(1, 2), Fraction(1, 3)) == Fraction(1, 6)


def test_a_graph_of_numbers_letters_or_symbols_is_its_own_graph_of_entries() -> None:
    x = cg.Variable("x")
    for graph in (
        cg.linearize(cg.trace(cg.sin(x) * x), {"x": 1}),
        cg.linearize(cg.trace(cg.sin(x) * x)),
        labelled(("x", "y", "a"), ("y", "z", "b")),
    ):
        assert cg.check_shapes(graph) == {}
        zoomed = cg.entrywise(graph)
        assert list(zoomed) == list(graph)
        assert list(zoomed.edges(keys=True, data="partial")) == list(graph.edges(keys=True, data="partial"))


def test_counting_paths_between_entries() -> None:
    graph = nx.MultiDiGraph()
    graph.add_edge("x", "z", partial=Dense(np.ones((4, 3))))
    graph.add_edge("z", "J", partial=Sum(4))
    assert cg.totals(cg.reverse(cg.entrywise(graph), {"J": 1}, cg.COUNT))["x[2]"] == 4


# -- large and shared


def layered(layers: int, width: int, *, skip: bool = False) -> nx.MultiDiGraph:
    """Layers fully connected with the next, or with skip connections past each node."""
    rng = np.random.default_rng(layers)
    graph = nx.MultiDiGraph()
    for k in range(layers):
        for i, j in product(range(width), repeat=2):
            graph.add_edge((k, i), (k + 1, j), partial=Dense(rng.integers(-1, 2, (2, 2)) / 2.0))
            if skip:
                graph.add_edge((k, i), (k + 1, j), partial=Identity(2))
                graph.add_edge((k, i), (k + 1, j), partial=1)
    return graph


@pytest.mark.parametrize("width, skip", [(1, True), (2, False), (2, True), (3, False)])
def test_what_is_shared_is_applied_once(width: int, skip: bool) -> None:
    layers = 40
    graph = layered(layers, width, skip=skip)
    tail, head = (0, 0), (layers, 0)
    ahead = cg.totals(cg.forward(graph, {tail: 1}, cg.MATRIX))[head]
    back = cg.totals(cg.reverse(graph, {head: 1}, cg.MATRIX))[tail]
    x = np.array([1.0, 2.0])
    tangent = cg.totals(cg.forward(graph, {tail: x}, cg.MATRIX))[head]
    for map in (ahead, back):
        # not that of every path, and not that of a matrix multiplied out because there were too many
        assert layers <= map.cost <= 4 * graph.number_of_edges()
        assert np.allclose(map.apply(x), tangent, rtol=1e-9)
        assert np.allclose(map.T.T.matrix() @ x, tangent, rtol=1e-9)
        assert np.allclose(map.T.apply(x), x @ map.matrix(), rtol=1e-9)


def test_elimination_from_the_middle_outwards_is_multiplied_out() -> None:
    graph = layered(24, 2)
    middle = sorted((n for n in graph if 0 < n[0] < 24), key=lambda node: (abs(node[0] - 12), node))
    jacobian = cg.accumulate(graph, middle, semiring=cg.MATRIX)
    wanted = cg.totals(cg.forward(graph, {(0, 1): np.array([1.0, -1.0])}, cg.MATRIX))
    for j in range(2):
        map = jacobian[(24, j), (0, 1)]
        assert np.allclose(map.apply([1.0, -1.0]), wanted[24, j], rtol=1e-9)
        assert np.allclose(map.matrix(), map.T.matrix().T, rtol=1e-9)
        assert len(set(map.matrix_cost)) == 1 and map.matrix_cost.as_grouped < 10_000


def test_a_deep_chain_is_applied_transposed_shown_copied_and_dropped() -> None:
    depth = 5_000
    rng = np.random.default_rng(0)
    graph = nx.MultiDiGraph()
    for i in range(depth):
        graph.add_edge(i, i + 1, partial=Dense(np.eye(2)[:, ::-1] if rng.random() < 0.5 else np.eye(2)))
    tangent = cg.totals(cg.forward(graph, {0: np.array([1.0, 2.0])}, cg.MATRIX))[depth]
    ahead = cg.totals(cg.forward(graph, {0: 1}, cg.MATRIX))[depth]
    back = cg.totals(cg.reverse(graph, {depth: 1}, cg.MATRIX))[0]
    del graph
    for map in (ahead, pickle.loads(pickle.dumps(ahead)), copy.deepcopy(back)):
        assert np.array_equal(map.apply([1.0, 2.0]), tangent)
        assert np.array_equal(map.matrix() @ [1.0, 2.0], tangent) and len(repr(map)) < 120
        assert np.array_equal(map.T.apply(tangent), [1.0, 2.0])
        assert map.cost == 4 * depth


def test_maps_survive_pickling() -> None:
    for map in (Scatter(4, [0, 2]), Kronecker(A, B), Diagonal([1.0]), Scale(2, ()), 2 * Dense(A) + Dense(2 * A)):
        again = pickle.loads(pickle.dumps(map))
        assert repr(again) == repr(map) and np.array_equal(again.matrix(), map.matrix())


def test_maps_are_compared_by_identity_and_have_no_place_for_anything_else() -> None:
    f = Dense(A)
    assert f == f and f != Dense(A) and len({f, Dense(A)}) == 2
    for kind in KINDS:
        assert not hasattr(kind.__new__(kind), "__dict__"), kind


def test_float32_stays_float32() -> None:
    w, d = A.astype(np.float32), np.array([1, 2], np.float32)
    x = np.ones(3, np.float32)
    f = 0.5 * (Diagonal(d) @ Dense(w)) + Dense(w)
    assert f.apply(x).dtype == f.T.apply(d).dtype == f.matrix().dtype == np.float32
    assert all(f.matrix(order=order).dtype == np.float32 for order in f.matrix_cost._fields)
    assert (Sum(2) @ f).matrix().dtype == (f @ Gather(4, [1, 2, 3])).matrix().dtype == np.float32
    graph = nx.MultiDiGraph()
    graph.add_edge("x", "z", partial=Dense(w))
    graph.add_edge("z", "J", partial=Sum(2) @ Diagonal(d))
    graph.add_edge("z", "J", partial=2 * Sum(2))
    adjoints = cg.totals(cg.reverse(graph, {"J": np.ones((), np.float32)}, cg.MATRIX))
    assert {np.asarray(total).dtype for total in adjoints.values()} == {np.dtype(np.float32)}
    assert {total.dtype for total in cg.totals(cg.forward(graph, {"x": x}, cg.MATRIX)).values()} == {np.dtype("f4")}


def test_a_python_number_takes_on_the_kind_of_the_map() -> None:
    d = np.array([1, 2, 3], np.float32)
    two = Sum((2, 3), 0, dtype=d.dtype)
    for f in (
        Sum(3, dtype="f4"),
        Sum(3) @ Diagonal(d),
        Sum(3, dtype="f4") @ Scale(2.0, 3),
        WeightedSum(d),
        Dense(d[np.newaxis], output=(), input=3),
        broadcast((), 3, dtype="f4").T,
        Contraction("i,i->", 0, [None, d], 3),
        Sum(3) @ Diagonal(d) @ two,
        2 * Sum(3, dtype="f4") @ Gather(4, [0, 1, 1]),
    ):
        assert f.T.apply(1.0).dtype == np.float32 and f.T.apply(1).dtype == np.float32, f
        assert f.T.apply(np.float64(1)).dtype == np.float64 or f.dtype == np.float32
        assert f.apply(np.ones(f.input, np.float32)).dtype == np.float32
    assert two.dtype == two.T.dtype == np.float32 and two.T.apply(d).dtype == np.float32
    assert Sum(3).T.apply(1.0).dtype == np.float64
    for f in (Identity(()), Scale(0.5, ()), Sum(()), Scale(2, ()) @ Scale(0.5, ())):
        assert type(f.apply(1.0)) is float, f  # so that it stays a Python number on its way to the arrays
    assert type(Zero((), ()).apply(1.0)) is float


@every_kind
def test_any_number_of_axes_may_stand_in_front(kind: type[cg.LinearMap]) -> None:
    @given(of_kind(kind), st.lists(st.integers(1, 2), max_size=2))
    def holds(f: Any, further: list[int]) -> None:
        x = np.random.default_rng(0).integers(-9, 9, (*further, *f.input))
        found = np.asarray(f._apply(x))
        assert found.shape == (*further, *f.output)
        for index in np.ndindex(*further):
            assert np.array_equal(found[index], f.apply(x[index]))

    holds()


# -- arrays of other classes


class Duck(np.lib.mixins.NDArrayOperatorsMixin):
    """An array that is no ndarray, does what NumPy's protocols ask, and notes every operation."""

    def __init__(self, inner: Any, log: list[str]) -> None:
        self.inner, self.log = np.asarray(inner), log

    shape = property(lambda self: self.inner.shape)

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise TypeError("a duck is no ndarray")

    def _of(self, name: str, function: Callable[..., Any], *arguments: Any, **keywords: Any) -> Duck:
        self.log.append(name)
        return Duck(function(*map(bare, arguments), **keywords), self.log)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **keywords: Any) -> Duck:
        return self._of(ufunc.__name__, getattr(ufunc, method), *inputs, **keywords)

    def __array_function__(self, function: Any, types: Any, arguments: Any, keywords: Any) -> Duck:
        return self._of(function.__name__, function, *arguments, **keywords)

    def __getitem__(self, index: Any) -> Duck:
        return self._of("getitem", lambda x: np.asarray(x[index]), self)

    def reshape(self, shape: Shape) -> Duck:
        return self._of("reshape", np.reshape, self, shape)

    T = property(lambda self: self._of("T", np.transpose, self))


def bare(value: Any) -> Any:
    return value.inner if isinstance(value, Duck) else value


def scattered(x: Duck, shape: Shape, index: Any = None, *, places: Any = None) -> Duck:
    """In place of the primitive for expressions."""
    f = Scatter(shape, index) if places is None else Gather.at(shape, places).T
    return x._of("scatter", f.apply, x)


@pytest.fixture(scope="module")
def _scatter() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "compgraph.arrays", SimpleNamespace(scatter=scattered))
        yield


def of_ducks(f: Any, log: list[str]) -> Any:
    """The same map, made of ducks."""
    made = copy.copy(f)
    for name in ("array", "left", "right", "values"):
        if isinstance(value := getattr(f, name, None), np.ndarray):
            setattr(made, name, Duck(value, log))
        elif isinstance(value, cg.LinearMap):
            setattr(made, name, of_ducks(value, log))
    if isinstance(f, Contraction):
        made.operands = tuple(operand if operand is None else Duck(operand, log) for operand in f.operands)
    if isinstance(f, Scale):
        made.factor = Duck(f.factor, log)
    return made


@every_kind
@pytest.mark.usefixtures("_scatter")
def test_every_kind_serves_arrays_of_other_classes(kind: type[cg.LinearMap]) -> None:
    @given(of_kind(kind), st.booleans(), st.booleans(), st.integers(0, 99))
    def holds(f: Any, inside: bool, outside: bool, seed: int) -> None:
        rng, log = np.random.default_rng(seed), list[str]()
        g = of_ducks(f, log) if inside else f
        for map, shape, wanted in ((g, f.input, f), (g.T, f.output, f.T)):
            x = rng.integers(-9, 9, shape)
            found = map.apply(Duck(x, log) if outside else x)
            assert isinstance(found, Duck) or not outside or any(isinstance(part, Zero) for part in listed(f))
            assert np.shape(bare(found)) == wanted.output and np.array_equal(bare(found), wanted.apply(x))
            if not shape:
                assert np.array_equal(bare(map.apply(3)), wanted.apply(3))
        assert repr(g) and g.cost == f.cost
        assert np.array_equal(bare(g.matrix()), f.matrix())

    holds()


M, N = np.arange(6).reshape(2, 3), np.arange(12).reshape(3, 4)


@pytest.mark.parametrize(
    "map, operations, back",
    [
        (Identity((2, 3)), "", ""),
        (Scale(3, (2, 3)), "multiply", "multiply"),
        (Diagonal(M), "multiply", "multiply"),
        (Sum((2, 3)), "sum", "broadcast_to"),
        (Sum((2, 3), 0), "sum", "broadcast_to"),
        (Sum((2, 3), 1), "sum", "expand_dims broadcast_to"),
        (Sum(()), "", ""),
        (broadcast((3,), (2, 3)), "broadcast_to", "sum"),
        (Permute((2, 3)), "transpose", "transpose"),
        (Reshape(6, (2, 3)), "reshape", "reshape"),
        (Dense(M), "matmul", "matmul"),
        (LeftMultiply(M, (3, 4)), "matmul", "matmul"),
        (RightMultiply(N, (2, 3)), "matmul", "matmul"),
        (Gather((2, 3), (0, slice(1, 3))), "getitem", "scatter"),
        (Gather((2, 3), [1, 1]), "getitem", "scatter"),
        (Gather((2, 3), None), "getitem", "scatter"),
        (Gather.at((2, 3), [5, 5]), "reshape getitem", "scatter"),
        (Gather.at(3, [2, 2]), "getitem", "scatter"),
        (Contraction("ij,jk->ik", 1, [M, None], (3, 4)), "einsum", "einsum"),
        (Contraction("ij,jk->k", 0, [None, N], (2, 3)), "einsum", "einsum expand_dims broadcast_to"),
        (Sum((2, 3)) @ Diagonal(M), "multiply sum", "multiply"),
        (Sum((2, 3)) @ Scale(2, (2, 3)), "sum multiply", "multiply broadcast_to"),
        (Diagonal(M) @ broadcast((3,), (2, 3)), "multiply", "multiply sum"),
        (Sum((2, 4)) @ LeftMultiply(M, (3, 4)), "matmul sum", "broadcast_to matmul"),
        (Diagonal(M) + LeftMultiply(np.eye(2, dtype=int), (2, 3)), "matmul multiply add", "matmul multiply add"),
    ],
    ids=lambda value: value.label if isinstance(value, cg.LinearMap) else None,
)
@pytest.mark.usefixtures("_scatter")
def test_no_more_operations_than_needed(map: cg.LinearMap, operations: str, back: str) -> None:
    log: list[str] = []
    for f, wanted in ((map, operations), (map.T, back)):
        log.clear()
        x = np.arange(math.prod(f.input)).reshape(f.input)
        assert np.array_equal(bare(f.apply(Duck(x, log))), f.apply(x))
        assert " ".join(log) == wanted


def test_a_sweep_that_starts_with_one_makes_nothing_of_it() -> None:
    log: list[str] = []
    v = Duck([1.0, 2.0, 3.0], log)
    assert Diagonal(v).T.apply(Sum(3).T.apply(1.0)) is v  # swept edge by edge
    assert (Sum(3) @ Diagonal(v)).T.apply(1.0) is v and log == []
    found = Diagonal(v).apply(Sum(3).T.apply(2.0))
    assert np.array_equal(found.inner, [2, 4, 6]) and log == ["multiply"]
    n = Duck(2.0, log)
    assert np.array_equal((Dense(np.eye(3)) * n + n).apply(Duck([1.0, 2.0, 3.0], log)).inner, [4, 8, 12])
    assert ((Scale(2, 3) @ Scale(n, 3)) @ Diagonal(v)).apply(np.ones(3)).inner.tolist() == [4, 8, 12]
    assert f"{Scale(n, 3)!r}" == "LinearMap (3,) ← (3,): scale"


# -- a network by hand


class Network(NamedTuple):
    """Layers W, b with a tanh behind each but a sigmoid behind the last; J = ½ Σ (a − t)² over a batch of columns."""

    weights: list[np.ndarray]
    biases: list[np.ndarray]
    inputs: np.ndarray
    targets: np.ndarray

    def activations(self) -> list[np.ndarray]:
        outputs = [self.inputs]
        for number, (w, b) in enumerate(zip(self.weights, self.biases, strict=True), 1):
            z = w @ outputs[-1] + b
            outputs.append(1 / (1 + np.exp(-z)) if number == len(self.weights) else np.tanh(z))
        return outputs

    def loss(self) -> float:
        return float(np.sum((self.activations()[-1] - self.targets) ** 2) / 2)

    def slopes(self) -> list[np.ndarray]:
        *hidden, last = self.activations()[1:]
        return [*(1 - a**2 for a in hidden), last * (1 - last)]

    def graph(self) -> nx.MultiDiGraph:
        outputs, graph = self.activations(), nx.MultiDiGraph()
        for number, (w, b, slope) in enumerate(zip(self.weights, self.biases, self.slopes(), strict=True), 1):
            before = outputs[number - 1]
            graph.add_edge(f"W{number}", f"z{number}", partial=RightMultiply(before, w.shape))
            graph.add_edge(f"a{number - 1}", f"z{number}", partial=LeftMultiply(w, before.shape))
            graph.add_edge(f"b{number}", f"z{number}", partial=broadcast(b.shape, slope.shape))
            graph.add_edge(f"z{number}", f"a{number}", partial=Diagonal(slope))
        error = outputs[-1] - self.targets
        graph.add_edge(f"a{len(self.weights)}", "J", partial=Sum(error.shape) @ Diagonal(error))
        return graph


def random_network(*sizes: int, batch: int = 2) -> Network:
    rng = np.random.default_rng(len(sizes))
    weights = [rng.normal(size=(m, n)) for n, m in pairwise(sizes)]
    biases = [rng.normal(size=(m, 1)) for m in sizes[1:]]
    return Network(weights, biases, rng.normal(size=(sizes[0], batch)), rng.uniform(size=(sizes[-1], batch)))


@pytest.mark.parametrize("sizes", [(3, 4, 2), (2, 3, 3, 2)], ids=["two layers", "three layers"])
def test_backpropagation_in_matrix_form(sizes: tuple[int, ...]) -> None:
    network = random_network(*sizes)
    graph = network.graph()
    shapes = cg.check_shapes(graph)
    adjoints = cg.totals(cg.reverse(graph, {"J": np.ones(())}, cg.MATRIX))
    layers, outputs, slopes = len(network.weights), network.activations(), network.slopes()
    for node, adjoint in adjoints.items():  # a gradient has the shape of its variable
        assert np.shape(adjoint) == shapes[node]

    # the recurrences of the textbook: δ^{l−1} = f′ ∘ (Wᵀ δ^l), ∇W^l = δ^l (a^{l−1})ᵀ
    delta = slopes[-1] * (outputs[-1] - network.targets)
    for number in range(layers, 0, -1):
        assert np.allclose(adjoints[f"z{number}"], delta, rtol=1e-12, atol=1e-15)
        assert np.allclose(adjoints[f"W{number}"], delta @ outputs[number - 1].T, rtol=1e-12, atol=1e-15)
        assert np.allclose(adjoints[f"b{number}"], delta.sum(1, keepdims=True), rtol=1e-12, atol=1e-15)
        if number > 1:
            delta = slopes[number - 2] * (network.weights[number - 1].T @ delta)

    # the scalar graph, and finite differences
    gradient = cg.solve(scalar_loss(network), at=point(network), direction="reverse").gradient
    for kind, arrays in (("W", network.weights), ("b", network.biases), ("a", [network.inputs])):
        for number, array in enumerate(arrays, 0 if kind == "a" else 1):
            for i, j in np.ndindex(array.shape):
                entry = adjoints[f"{kind}{number}"][i, j]
                assert entry == pytest.approx(gradient[f"{kind}{number}_{i}{j}"], rel=1e-12, abs=1e-15)
                assert entry == pytest.approx(central_difference(network, array, (i, j)), rel=1e-7, abs=1e-9)

    # and maps throughout: the Jacobian of J with respect to W1 is its gradient, as a row
    total = cg.totals(cg.reverse(graph, {"J": 1}, cg.MATRIX))["W1"]
    assert np.allclose(total.matrix(), adjoints["W1"].reshape(1, -1), rtol=1e-12, atol=1e-15)
    assert np.allclose(total.T.apply(1.0), adjoints["W1"], rtol=1e-12, atol=1e-15)
    assert total.matrix_cost.left_to_right < total.matrix_cost.right_to_left  # one output: reverse is the way


def central_difference(network: Network, array: np.ndarray, index: tuple[int, int], h: float = 1e-6) -> float:
    before = array[index]
    array[index] = before + h
    above = network.loss()
    array[index] = before - h
    below = network.loss()
    array[index] = before
    return (above - below) / (2 * h)


def scalar_loss(network: Network) -> cg.Expression:
    """The same network, number by number."""
    a: Any = variables("a0", network.inputs)
    for number, (w, b) in enumerate(zip(network.weights, network.biases, strict=True), 1):
        weights, biases = variables(f"W{number}", w), variables(f"b{number}", b)
        squash = cg.sigmoid if number == len(network.weights) else cg.tanh
        a = [
            [squash(sum(u * column[k] for k, u in enumerate(row)) + biases[i][0]) for column in zip(*a, strict=True)]
            for i, row in enumerate(weights)
        ]
    losses = [(u - t) ** 2 / 2 for us, ts in zip(a, network.targets, strict=True) for u, t in zip(us, ts, strict=True)]
    return sum(losses[1:], losses[0])


def variables(name: str, array: np.ndarray) -> list[list[cg.Expression]]:
    return [[cg.Variable(f"{name}_{i}{j}") for j in range(array.shape[1])] for i in range(array.shape[0])]


def point(network: Network) -> dict[str, float]:
    arrays = {"a0": network.inputs}
    arrays |= {f"W{number}": w for number, w in enumerate(network.weights, 1)}
    arrays |= {f"b{number}": b for number, b in enumerate(network.biases, 1)}
    return {f"{name}_{i}{j}": float(a[i, j]) for name, a in arrays.items() for i, j in np.ndindex(a.shape)}


def test_a_sweep_over_a_network_costs_what_its_products_cost() -> None:
    """For an m×n layer on k columns: m·n·k for W, m·n·k for a, m·k for the slopes; for the error m·k once."""
    network = random_network(5, 4, 3, batch=7)
    graph = network.graph()
    swept = sum(
        graph.edges[term[:3]]["partial"].cost for step in cg.reverse(graph, {"J": 1}, cg.MATRIX) for term in step.terms
    )
    assert swept == sum(2 * m * n * 7 + m * 7 for m, n in ((4, 5), (3, 4))) + 3 * 7


def test_an_elementwise_partial_on_a_square_array_is_no_jacobian() -> None:
    slopes = np.array([[1.0, 2.0], [3.0, 4.0]])
    graph = nx.MultiDiGraph()
    graph.add_edge("z", "a", partial=Diagonal(slopes))
    adjoint = np.array([[1.0, 10.0], [100.0, 1000.0]])
    assert np.array_equal(cg.totals(cg.reverse(graph, {"a": adjoint}, cg.MATRIX))["z"], slopes * adjoint)
    assert Diagonal(slopes).matrix().shape == (4, 4)


# -- errors


def labelled(*edges: tuple[str, str, Any]) -> nx.MultiDiGraph:
    graph = nx.MultiDiGraph()
    for tail, head, partial in edges:
        graph.add_edge(tail, head, partial=partial)
    return graph


@pytest.mark.parametrize(
    "graph, message",
    [
        (
            labelled(("x", "z", Dense(A)), ("z", "y", Dense(A))),
            r"the edge z → y \(key 0\): expected a label that takes the shape \(2,\) of z, which it has by "
            r"the edge x → z \(key 0\), got \(3,\) in LinearMap",
        ),
        (
            labelled(("x", "z", Dense(A)), ("w", "z", Sum((2, 3), 0))),
            r"the edge w → z \(key 0\): expected a label that gives the shape \(2,\) of z.* got \(3,\)",
        ),
        (
            labelled(("x", "z", Dense(A)), ("x", "y", 2), ("y", "z", 1)),
            r"the edge y → z \(key 0\): expected a label that keeps the shape \(2,\) of z.* got \(3,\) in 1\.",
        ),
        (labelled(("x", "z", A), ("z", "y", A)), r"takes the shape \(2,\) of z.* got \(3,\)"),
    ],
)
def test_a_label_that_does_not_fit_is_named_with_its_nodes(graph: nx.MultiDiGraph, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        cg.check_shapes(graph)


def test_a_value_of_another_shape_is_named() -> None:
    graph = labelled(("x", "z", Dense(A)))
    graph.nodes["x"]["value"] = np.ones(4)
    with pytest.raises(ValueError, match=r"takes the shape \(4,\) of x, which it has by its value, got \(3,\)"):
        cg.check_shapes(graph)


def test_entries_of_two_nodes_with_one_name() -> None:
    graph = labelled(("x", "z", Dense(A)))
    graph.add_node("x[0]")
    with pytest.raises(ValueError, match=r"two nodes are called 'x\[0\]'"):
        cg.entrywise(graph)


@pytest.mark.parametrize(
    "wrong, error, message",
    [
        (lambda: Dense(A) @ Dense(A), ValueError, r"takes the shape \(2,\), got one that takes \(3,\)"),
        (lambda: Dense(A) + Dense(B), ValueError, r"cannot be added.* got \(2,\) ← \(3,\) and \(3,\) ← \(4,\)"),
        (lambda: Dense(A) + 1, ValueError, r"cannot be added.* got \(2,\) ← \(3,\) and \(3,\) ← \(3,\)"),
        (lambda: Dense(A).apply(np.ones(2)), ValueError, r"expected an array of the shape \(3,\), got \(2,\)"),
        (lambda: np.ones(3) @ Dense(A), ValueError, r"expected an array of the shape \(2,\), got \(3,\)"),
        (lambda: Dense(A) + np.ones(3), TypeError, "plus ndarray: expected a LinearMap, a matrix or a number"),
        (lambda: Dense(A) * np.ones(3), TypeError, "times ndarray: expected a number. Write f @ x"),
        (lambda: Dense(np.ones((2, 2, 2))), ValueError, r"two dimensions, got the shape \(2, 2, 2\)"),
        (lambda: Dense(A, 3, 2), ValueError, r"Dense \(3,\) ← \(2,\): expected .* \(3, 2\), got \(2, 3\)"),
        (lambda: Diagonal([True, False]), TypeError, "Diagonal: expected .* real numbers, got one of the kind bool"),
        (lambda: Dense([[1j]]), TypeError, "Dense: expected an array of real numbers, got one of the kind complex128"),
        (lambda: Scale(np.ones(2), 2), TypeError, r"Scale: expected a number, got ndarray\. Write Diagonal"),
        (lambda: LeftMultiply(A, (2, 3)), ValueError, r"the matrix \(2, 3\) does not fit the input \(2, 3\)"),
        (lambda: LeftMultiply(A, 3), ValueError, r"the matrix \(2, 3\) does not fit the input \(3,\)"),
        (lambda: RightMultiply(A, (2, 3)), ValueError, r"RightMultiply: the matrix \(2, 3\) does not fit"),
        (lambda: LeftMultiply(np.ones((4, 2, 3)), (5, 3, 2)), ValueError, r"in stacks \(4,\) and \(5,\)"),
        (lambda: Kronecker(A, [1.0]), ValueError, r"expected two matrices, got the shapes \(2, 3\) and \(1,\)"),
        (lambda: Sum((2, 3), 2), ValueError, r"Sum: expected different axes of 2 dimensions, got \(2,\)"),
        (lambda: Broadcast((2, 3), (1, -1)), ValueError, r"Broadcast: expected different axes of 2 dimensions"),
        (lambda: Permute((2, 3), [0]), ValueError, r"expected each of the 2 axes once, got \(0,\)"),
        (lambda: Reshape(4, (2, 3)), ValueError, r"equal size, got \(4,\) with 4 entries and \(2, 3\) with 6"),
        (lambda: Gather.at(3, [0, 3]), IndexError, r"places from 0 to 2 in an array of the shape \(3,\), got 0 to 3"),
        (lambda: Gather.at(3, [0.5]), TypeError, r"expected places, which are whole numbers, got the kind float64"),
        (lambda: Contraction("ii,i->i", 0, [None, [1]], (1, 1)), ValueError, "got 'ii'. Take its diagonal first"),
        (lambda: Contraction("i,i->i", 0, [[1], None], 1), ValueError, "with None at the position 0 of the argument"),
        (lambda: Contraction("i->i", 1, [[1], None], 1), ValueError, "a term for each of 2 operands, got 1"),
        (lambda: Contraction("i,i->i", 0, [None, A], 2), ValueError, r"index for each axis, got 'i' for .* \(2, 3\)"),
        (lambda: Contraction("i,ij->j", 0, [None, A], 4), ValueError, "one length for the index i, got 4 and 2"),
        (lambda: Contraction("i,ij->j", 0, [None, A], 1), ValueError, r"of the shape \(2,\), got \(1,\). Stretch it"),
        (lambda: Contraction("i,ij->jj", 0, [None, A], 2), ValueError, "a result with different indices .* got 'jj'"),
        (lambda: Contraction("i,ij->k", 0, [None, A], 2), ValueError, "a result with different indices .* got 'k'"),
        (lambda: Spread(A, 2), ValueError, r"expected different axes of 2 dimensions, got \(2,\)"),
        (lambda: Gather(3, 3), IndexError, r"an array of the shape \(3,\): index 3 is out of bounds"),
        (lambda: broadcast((2, 3), (3,)), ValueError, r"expected a shape that fits \(3,\), got \(2, 3\)"),
        (lambda: broadcast((2,), (3,)), ValueError, r"expected a shape that fits \(3,\), got \(2,\)"),
        (lambda: Zero(-1, 2), ValueError, r"expected lengths of 0 or more, got \(-1,\)"),
    ],
)  # fmt: skip
def test_errors_say_what_was_expected(wrong: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        wrong()

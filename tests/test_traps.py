"""Traps seen in other tools, a test each, and a chain of 100 000 operations.

What concerns pictures (layouts that jump, 0 drawn where nothing has been computed, false equalities, hostile names) is
tested where pictures are, in test_render.py, test_film.py, test_table.py and test_sentences.py.
"""

from __future__ import annotations

import copy
import gc
import math
import os
import pickle
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest

import compgraph as cg
from compgraph.reading import read

x, y, n = cg.Variable("x"), cg.Variable("y"), cg.Variable("n")


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Of processor time: what else the machine does is no matter of ours."""
    start = time.process_time()
    yield
    assert time.process_time() - start < seconds


# -- traps


@pytest.mark.parametrize("problem", [x * x, "x*x", "f = x·x"], ids=str)
def test_a_square_has_two_edges_and_the_derivative_six(problem: Any) -> None:
    s = cg.solve(problem, at={"x": 3})
    assert list(s.graph.edges(keys=True)) == [("x", "f", 0), ("x", "f", 1)]
    assert s.gradient["x"] == 6 and s.paths("x").count == 2
    assert s.to_graphviz().source.count(" -> ") == 2


def test_a_second_sweep_does_not_double_the_answer() -> None:
    s = cg.solve(x * x, at={"x": 3})
    for _ in range(2):
        assert s.derivatives == cg.totals(s.steps) == cg.totals(cg.reverse(s.graph, {"f": 1.0})) == {"f": 1.0, "x": 6.0}
    f = cg.value_and_gradient(x * x)
    assert f(3) == f(3) == (9.0, (6.0,))


def test_the_recursion_limit_does_not_matter() -> None:
    limit = sys.getrecursionlimit()
    e = x
    for _ in range(3 * limit):
        e = cg.sin(e) * 0.5
    assert cg.solve(e, at={"x": 1}).paths("x").count == 1


@pytest.mark.parametrize("direction", ["reverse", "forward"])
def test_a_diamond_below_a_diamond_is_not_counted_twice(direction: str) -> None:
    # a worklist that runs first in, first out passes c on before the second half of it has arrived, and finds 10
    s = cg.solve("a = x; b = 2a; c = 3a + b; d = c", at={"x": 1}, direction=direction)
    assert s.gradient["x"] == 5
    assert sorted(step.node for step in s.steps) == sorted(s.graph)


def test_the_derivative_of_a_logarithm_outside_its_domain_is_refused() -> None:
    for ask in (
        lambda: cg.solve(cg.log(x), at={"x": -1}),
        lambda: cg.solve("log(x)", at={"x": -1}),
        lambda: cg.value_and_gradient(cg.log(x))(-1),
        lambda: cg.solve(cg.log(cg.abs(x) * -1), at={"x": 1}),
    ):
        with pytest.raises(cg.DomainError, match="log is undefined"):
            ask()
    # log′ itself is defined there, but nobody may get it by way of log
    assert cg.solve(1 / x, at={"x": -1}).values["f"] == -1


def test_no_nan_leaks_from_the_branch_not_taken() -> None:
    root = cg.where(x > 0, cg.sqrt(x), 0)
    s = cg.solve(root, at={"x": -1})
    assert s.gradient == {"x": 0.0} and s.values["f"] == 0
    first = cg.solve(root).gradient["x"]
    second = cg.solve(first).gradient["x"]
    assert cg.solve({"d": first}, at={"x": -1}).values["d"] == 0
    assert cg.solve({"d": second}, at={"x": -1}).values["d"] == 0
    assert cg.solve({"d": first}, at={"x": 4}).values["d"] == 0.25
    assert cg.solve({"d": second}, at={"x": 4}).values["d"] == -1 / 32
    assert cg.value_and_gradient(root)(-1) == (0.0, (0.0,))


def test_no_domain_error_leaks_where_two_branches_share_an_operation() -> None:
    root = cg.sqrt(x)
    shared = cg.where(x > 0, root, 0) + cg.where(x > 1, root * 2, 0) * cg.where(x <= 2, 0, cg.log(root))
    for direction in ("reverse", "forward"):
        first = cg.solve(shared, direction=direction).gradient["x"]
        second = cg.solve(first, direction=direction).gradient["x"]
        for derivative in (first, second):
            assert cg.solve({"d": derivative}, at={"x": -1}).values["d"] == 0
        h = 1e-5
        for at in (0.5, 1.5, 3.0):
            near = [cg.solve(shared, at={"x": at + d}).gradient["x"] for d in (-h, 0, h)]
            assert cg.solve({"d": first}, at={"x": at}).values["d"] == pytest.approx(near[1])
            assert cg.solve({"d": second}, at={"x": at}).values["d"] == pytest.approx(
                (near[2] - near[0]) / (2 * h), rel=1e-6
            )


@pytest.mark.parametrize(
    "make",
    [
        lambda: np.array([x, y]),
        lambda: np.asarray(x),
        lambda: np.sum([x, y]),
        lambda: np.dot([1, 2], [x, y]),
        lambda: x * np.array(["a", "b"]),
    ],
)
def test_no_array_of_objects_is_ever_made(make: Any) -> None:
    with pytest.raises(TypeError, match=r"expected|available"):
        make()


@pytest.mark.parametrize(
    ("make", "value"),
    [
        (lambda: np.array([1.0, 2.0]) * x, [3.0, 6.0]),
        (lambda: x * np.array([1.0, 2.0]), [3.0, 6.0]),
        (lambda: np.array([1.0, 2.0]) - x, [-2.0, -1.0]),
        (lambda: np.add(np.ones(2), x), [4.0, 4.0]),
        (lambda: cg.where(x < np.array([1.0, 5.0]), x, 0), [0.0, 3.0]),
    ],
)
def test_an_array_beside_an_expression_is_a_literal(make: Any, value: Any) -> None:
    expression = make()
    assert isinstance(expression, cg.Expression)
    assert cg.solve({"f": expression}, at={"x": 3}).values["f"].tolist() == value


def test_numpy_scalars_and_ufuncs_work() -> None:
    e = np.float64(2) * np.sin(x) + np.int64(3)
    assert e.primitive.name == "add" and e.arguments[1] == 3 and type(e.arguments[1]) is int
    assert e.arguments[0].arguments[0] == 2 and type(e.arguments[0].arguments[0]) is float
    assert cg.solve(np.hypot(x, np.exp(y)), at={"x": 0, "y": 0}).values["f"] == 1
    with pytest.raises(TypeError, match=r"np\.add is not available"):
        np.add(x, y, where=True)
    with pytest.raises(TypeError, match=r"np\.gcd is not available for an Expression: expected one of"):
        np.gcd(x, 2)


def test_np_where_keeps_both_branches() -> None:
    e = np.where(x > 0, x, -x)
    assert isinstance(e, cg.Expression)
    assert cg.solve(e, at={"x": -3}).gradient == {"x": -1.0}
    with pytest.raises(TypeError, match="where: expected a condition"):
        cg.where(x == 0, 1, 2)  # == compares identity, and has decided already
    with pytest.raises(TypeError, match="where: expected a condition"):
        cg.where(np.bool_(True), x, 2)


def test_a_condition_has_no_truth_value() -> None:
    for ask in (
        lambda: bool(x > 0),
        lambda: x > 0 or y > 0,
        lambda: 0 < x < 1,
        lambda: max(x, y),
        lambda: sorted([x, y]),
    ):
        with pytest.raises(TypeError, match=r"no truth value.*Write where\(x > 0, a, b\) instead"):
            ask()


@pytest.mark.parametrize(
    ("ask", "instead"),
    [
        (lambda: float(x), "no value yet"),
        (lambda: int(x), "no value yet"),
        (lambda: math.sin(x), "cg.sin, not math.sin"),
        (lambda: range(x), "no value yet"),
        (lambda: list(x), "cannot be iterated over"),
        (lambda: [*x], "list of expressions"),
    ],
)
def test_what_an_expression_is_not_says_what_to_write(ask: Any, instead: str) -> None:
    with pytest.raises(TypeError, match=instead):
        ask()


def test_the_partial_of_a_power_by_its_exponent_is_not_asked_for_in_vain() -> None:
    assert cg.solve(x**3, at={"x": -2}).gradient == {"x": 12.0}
    assert cg.solve("x^n", at={"x": -2, "n": 3}, wrt="x").gradient == {"x": 12.0}
    assert cg.solve(x**2, at={"x": 0}).gradient == {"x": 0.0}
    assert cg.value_and_gradient(x**n, "x")(-2, n=3) == (-8.0, (12.0,))
    assert cg.value_and_gradient(x**3)(-2) == (-8.0, (12.0,))
    assert "log" not in repr(cg.solve(x**n, wrt="x").gradient["x"])


def test_parallel_edges_are_lifted_before_they_are_added() -> None:
    s = cg.solve(x - x, at={"x": 3})
    size = cg.Semiring("SIZE", lambda a, b: a + b, lambda a, b: a * b, 0, 1, lift=abs)
    assert s.gradient["x"] == 0
    assert cg.paths(s.graph, "x", "f", size).total == 2  # and not |1 − 1|
    assert cg.paths(s.graph, "x", "f", cg.COUNT).total == 2
    assert cg.paths(s.graph, "x", "f").count == 2
    assert cg.totals(cg.reverse(s.graph, {"f": 1}, cg.COUNT))["x"] == 2


def test_integer_powers_do_not_hang() -> None:
    with within(1):
        for power in (x ** (10**9), x ** (10**18), (x**1000000) ** 1000000):
            assert cg.linearize(cg.trace(power), {"x": 10}).nodes["f"]["value"] == math.inf
            with pytest.raises(cg.DomainError, match="exact result"):
                cg.linearize(cg.trace(power), {"x": 10}, exact=True)
        for text in ("x^(10^9)", "9^9^9 * x", "2^(10^12) + x", "10^(-10^9) * x"):
            with pytest.raises((cg.ParseError, cg.DomainError)):
                cg.solve(text, at={"x": 10}, exact=True)


def test_nothing_is_left_beside_the_notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    s = cg.solve("J = cos(sin(x^2) + 3x^2)", at={"x": 2})
    s._repr_mimebundle_(), s.film()._repr_mimebundle_(), s.table()._repr_html_(), s.graph._repr_mimebundle_()
    s.to_graphviz(), s.film().html(), repr(s.paths("x"))
    assert os.listdir(tmp_path) == []


def test_a_name_that_is_shared_down_a_doubling_chain_is_not_written_out() -> None:
    e = x
    for _ in range(80):
        e = e + e
    with within(2):
        assert len(repr(e)) < 20_000 and len(e._repr_latex_()) < 20_000
        s = cg.solve(e)
        assert len(repr(s)) < 20_000 and len(repr(s.gradient["x"])) < 20_000
        assert cg.solve(e, at={"x": 1}).gradient["x"] == 2.0**80
        assert cg.solve(e, at={"x": 1}, exact=True).paths("x").count == 2**80
        assert len(pickle.dumps(e)) < 20_000


# -- expressions as objects


def test_copies_are_the_same_and_pickles_are_equal_in_everything_but_identity() -> None:
    t = cg.sin(x * y).named("t")
    e = cg.where(t > 0, t**2, 1.5) + cg.max(t, x, 2)
    assert copy.copy(e) is e and copy.deepcopy(e) is e and copy.deepcopy({"e": [e]})["e"][0] is e
    again = pickle.loads(pickle.dumps(e))
    assert repr(again) == repr(e)
    before, after = cg.trace(e), cg.trace(again)
    assert dict(before.nodes(data=True)) == dict(after.nodes(data=True))
    assert list(before.edges(keys=True)) == list(after.edges(keys=True))
    for number in (2, 2.5, -1):
        assert pickle.loads(pickle.dumps(x + number)).arguments[1] == number


def test_expressions_compare_by_identity_and_equal_compares_values() -> None:
    a, b = x + 1, x + 1
    assert a == a and a != b and len({a, b, a}) == 2
    assert cg.solve(cg.where(cg.equal(x, 2), 10, 20), at={"x": 2}).values["f"] == 10
    assert cg.equal(2, 2.0) is True


def test_booleans_are_numbers_here() -> None:
    for true in (True, np.True_):
        assert (x + true).arguments[1] == 1 and type((x + true).arguments[1]) is float


# -- 100 000 operations

DEEP = 100_000


def by_operators(count: int) -> cg.Expression:
    e: Any = x
    for _ in range(count // 2):
        e = cg.sin(e) + 0.25
    return e


def by_text(count: int) -> cg.Expression:
    return list(read("x=sin x\n" * count).values())[-1]


def by_brackets(count: int) -> cg.Expression:
    return read("sin(" * (count // 2) + "x" + "*0.75)" * (count // 2))["f"]


def by_branches(count: int) -> cg.Expression:
    e: Any = x
    for _ in range(count // 3):
        e = cg.where(e > 0, cg.sqrt(e), -e)
    return e


@pytest.mark.parametrize("build", [by_operators, by_text], ids=lambda build: build.__name__)
def test_a_chain_of_100_000_operations(build: Any) -> None:
    with within(60):
        e = build(DEEP)
        s = cg.solve(e, at={"x": 0.5})
        assert len(s.graph) == DEEP + 1
        assert cg.value_and_gradient(e)(0.5) == (s.values[s.outputs[0]], (pytest.approx(s.gradient["x"]),))
        assert len(repr(e)) < 20_000 and len(repr(s)) < 20_000 and len(e._repr_latex_()) < 20_000 and repr(s.graph)
        assert copy.copy(e) is e and copy.deepcopy(e) is e
        data = pickle.dumps(e)
        again = pickle.loads(data)
        assert repr(again) == repr(e) and len(data) < 60 * DEEP
        del again, s, e
        gc.collect()  # deallocation must not recurse either


@pytest.mark.parametrize("build", [by_operators, by_text, by_brackets, by_branches], ids=lambda build: build.__name__)
def test_everything_else_on_a_chain_of_10_000(build: Any) -> None:
    with within(60):
        e = build(DEEP // 10)
        s = cg.solve(e, at={"x": 0.5})
        derivative = pytest.approx(s.gradient["x"])
        assert cg.solve(e, at={"x": 0.5}, direction="forward").gradient["x"] == derivative
        assert s.statements.gradient["x"] == derivative == s.statements.paths("x").total
        assert s.paths("x").count == 1 and len(s.paths("x").first(1)[0].edges) == sum(
            1 for step in s.steps if step.terms
        )
        assert len(repr(s.paths("x"))) < 20_000
        symbolic = cg.solve(e)
        assert len(repr(symbolic)) < 20_000 and len(repr(symbolic.gradient["x"])) < 20_000
        assert cg.solve({"d": symbolic.gradient["x"]}, at={"x": 0.5}).values["d"] == derivative
        assert copy.deepcopy(s.graph).nodes["x"]["value"] == pickle.loads(pickle.dumps(s)).values["x"] == 0.5


def test_a_hundred_branches_in_each_other_never_leak() -> None:
    e = by_branches(300)
    for at in (-1.0, 0.5, 0.0):
        found = cg.solve({"d": cg.solve(e).gradient["x"]}, at={"x": at}).values["d"]
        assert found == pytest.approx(cg.solve(e, at={"x": at}).gradient["x"])


def test_pickles_grow_linearly() -> None:
    def size(depth: int) -> int:
        return len(pickle.dumps(by_operators(depth)))

    assert size(4000) < 4.5 * size(1000)
    assert size(1000) < 60_000


def test_a_long_chain_labelled_by_hand() -> None:
    graph = nx.MultiDiGraph()
    for i in range(DEEP // 4):
        graph.add_edge(i + 1, i, partial=1)  # in reverse, so that it has to be sorted
    with within(20):
        ledger = cg.paths(graph, DEEP // 4, 0)
        assert ledger.count == ledger.total == 1
        assert len(ledger.first(2)) == 1 and len(ledger.first(1)[0].nodes) == DEEP // 4 + 1
    graph.add_edge(0, DEEP // 4, partial=1)
    with within(20), pytest.raises(ValueError, match="the graph has a cycle") as caught:
        cg.forward(graph, {0: 1})
    assert len(str(caught.value)) < 500

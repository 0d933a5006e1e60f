"""The laws every solver obeys, on random graphs and random expressions.

Proved over the free semiring: labels are letters, addition collects, multiplication concatenates. What is equal there
is equal in every semiring, matrices included.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import compgraph as cg
from compgraph.functions import FUNCTIONS, HIDDEN
from tests.strategies import SAFE, Guarded, Program, Sample, expressions, guarded, multigraphs, programs

#: The sum of |path products|: what the rounding errors of a derivative are relative to.
SIZE = cg.Semiring("SIZE", lambda a, b: a + b, lambda a, b: a * b, 0.0, 1.0, lift=abs)


def letters(number: int, tail: int, head: int) -> st.SearchStrategy[str]:
    return st.sampled_from([f"e{number}", "a", "b"])  # some letters twice


def numbers(number: int, tail: int, head: int) -> st.SearchStrategy[Fraction]:
    return st.sampled_from([Fraction(n) for n in (0, 0, 1, -1, 2)] + [Fraction(1, 3), Fraction(-5, 2)])


def all_paths(graph: nx.MultiDiGraph, tail: Any, head: Any) -> Iterator[list[tuple[Any, Any, Any]]]:
    """Every path as a list of edges, by the definition and nothing else."""
    if tail == head:
        yield []
    for edge in graph.out_edges(tail, keys=True):
        for rest in all_paths(graph, edge[1], head):
            yield [edge, *rest]


# -- graphs


@given(multigraphs(letters))
def test_the_path_sum_is_what_either_sweep_finds(graph: nx.MultiDiGraph) -> None:
    nodes = list(graph)
    ahead = {tail: cg.totals(cg.forward(graph, {tail: cg.FREE.one}, cg.FREE)) for tail in nodes}
    back = {head: cg.totals(cg.reverse(graph, {head: cg.FREE.one}, cg.FREE)) for head in nodes}
    for tail in nodes:
        for head in nodes:
            label = nx.get_edge_attributes(graph, "partial")
            words = Counter(tuple(label[edge] for edge in reversed(path)) for path in all_paths(graph, tail, head))
            found = cg.paths(graph, tail, head, cg.FREE)
            assert words == ahead[tail][head] == back[head][tail] == found.total
            assert words == sum((path.product for path in found.paths), Counter())
            assert found.count == words.total() == len(list(found.paths))


@given(multigraphs(letters))
def test_counting_is_the_number_of_paths(graph: nx.MultiDiGraph) -> None:
    for tail in graph:
        totals = cg.totals(cg.forward(graph, {tail: cg.COUNT.one}, cg.COUNT))
        assert totals == {head: len(list(all_paths(graph, tail, head))) for head in graph}


@given(multigraphs(numbers))
def test_exact_numbers_agree_exactly_zero_labels_included(graph: nx.MultiDiGraph) -> None:
    for tail in graph:
        totals = cg.totals(cg.forward(graph, {tail: Fraction(1)}))
        for head in graph:
            paths = cg.paths(graph, tail, head)
            assert totals[head] == paths.total == cg.totals(cg.reverse(graph, {head: Fraction(1)}))[tail]
            assert paths.total == sum(path.product for path in paths.paths)
            for path in paths.paths:
                assert path.product == math.prod(path.factors)
                assert [edge[1] for edge in path.edges] == list(path.nodes[1:])
                assert [graph.edges[edge]["partial"] for edge in path.edges] == list(path.factors)


@given(multigraphs(numbers), st.data())
def test_sweeps_are_linear_in_their_seeds(graph: nx.MultiDiGraph, data: st.DataObject) -> None:
    seeds = {node: Fraction(data.draw(st.integers(-3, 3))) for node in graph}
    for sweep in (cg.forward, cg.reverse):
        each = [cg.totals(sweep(graph, {node: seed})) for node, seed in seeds.items()]
        assert cg.totals(sweep(graph, seeds)) == {node: sum(one[node] for one in each) for node in graph}


def matrices(rows: int, columns: int) -> st.SearchStrategy[Any]:
    entries = st.lists(st.integers(-3, 3), min_size=rows * columns, max_size=rows * columns)
    return entries.map(lambda numbers: np.array(numbers).reshape(rows, columns))


#: Matrices of any shape; the scalars 0 and 1 stand for a zero and an identity of the shape that fits.
MATRIX = cg.Semiring("MATRIX", np.add, np.dot, 0, 1)


@pytest.mark.parametrize(
    "dimension", [lambda place: 2, lambda place: 1 + place % 3], ids=["square", "of unlike shapes"]
)
def test_matrices_as_labels_do_not_commute_and_still_agree(dimension: Any) -> None:
    def labels(number: int, tail: int, head: int) -> st.SearchStrategy[Any]:
        return matrices(dimension(head), dimension(tail))

    @given(multigraphs(labels, most=5, edges=8))
    def law(graph: nx.MultiDiGraph) -> None:
        for tail in graph:
            ahead = cg.totals(cg.forward(graph, {tail: 1}, MATRIX))
            for head in graph:
                back = cg.totals(cg.reverse(graph, {head: 1}, MATRIX))[tail]
                assert np.array_equal(ahead[head], back)
                assert np.array_equal(ahead[head], cg.paths(graph, tail, head, MATRIX).total)

    law()


def test_the_linear_system_has_the_solution_that_the_sweep_finds() -> None:
    """λ = e + Aᵀλ with a dense matrix A over any semiring, letters and matrices included.

    Solved by back-substitution over all pairs of nodes, where a pair without an edge changes nothing, and by
    correcting every unknown again and again, from anything, until nothing changes.
    """

    def law(graph: nx.MultiDiGraph, semiring: cg.Semiring, same: Any) -> None:
        nodes, (_, add, mul, zero, one, lift, _) = list(nx.topological_sort(graph)), semiring
        matrix = {(head, tail): zero for head in nodes for tail in nodes}
        for tail, head, label in graph.edges(data="partial"):
            matrix[head, tail] = add(matrix[head, tail], lift(label))
        for output in nodes:
            wanted = cg.totals(cg.reverse(graph, {output: one}, semiring))
            pairwise = dict.fromkeys(nodes, zero) | {output: one}
            for head in reversed(nodes):
                for tail in nodes[: nodes.index(head)]:
                    pairwise[tail] = add(pairwise[tail], mul(pairwise[head], matrix[head, tail]))
            again = dict.fromkeys(nodes, zero)
            for _ in nodes:
                for tail in nodes:
                    again[tail] = one if tail == output else zero
                    for head in nodes:
                        again[tail] = add(again[tail], mul(again[head], matrix[head, tail]))
            for node in nodes:
                assert same(pairwise[node], wanted[node]) and same(again[node], wanted[node])

    @given(multigraphs(letters, most=5))
    def words(graph: nx.MultiDiGraph) -> None:
        law(graph, cg.FREE, lambda a, b: a == b)

    def product(left: Any, right: Any) -> Any:
        """The number 0 is a zero of the shape that fits."""
        return 0 if any(np.ndim(factor) == 0 == factor for factor in (left, right)) else np.dot(left, right)

    @given(multigraphs(lambda number, tail, head: matrices(1 + head % 3, 1 + tail % 3), most=5, edges=8))
    def unlike(graph: nx.MultiDiGraph) -> None:
        law(
            graph,
            MATRIX._replace(mul=product),
            lambda a, b: np.array_equal(a + 0 * np.asarray(b), b + 0 * np.asarray(a)),
        )

    words()
    unlike()


@given(multigraphs(numbers), st.sampled_from([cg.FREE, cg.ENTROPY, cg.SIGNED_TOP, cg.SIGN_LOG, cg.k_best(2)]))
def test_a_seed_of_1_is_the_one_of_the_semiring(graph: nx.MultiDiGraph, semiring: cg.Semiring) -> None:
    for sweep in (cg.forward, cg.reverse):
        for node in graph:
            assert cg.totals(sweep(graph, {node: 1}, semiring)) == cg.totals(
                sweep(graph, {node: semiring.one}, semiring)
            )
    lengths = cg.totals(cg.forward(graph, {next(iter(graph)): 1}, cg.LONGEST))
    assert lengths[next(iter(graph))] == 1  # where elements are numbers, 1 is the number


@given(multigraphs(numbers))
def test_every_node_has_one_step_and_each_reached_edge_one_product(graph: nx.MultiDiGraph) -> None:
    for sweep, reach in ((cg.forward, nx.descendants), (cg.reverse, nx.ancestors)):
        for seed in graph:
            steps = list(sweep(graph, {seed: Fraction(1)}))
            reached = reach(graph, seed) | {seed}
            edges = [(t, h, k) for t, h, k in graph.edges(keys=True) if (t if sweep is cg.forward else h) in reached]
            visited = [step.node for step in steps]
            assert sorted(map(str, visited)) == sorted(map(str, graph))
            assert Counter(term[:3] for step in steps for term in step.terms) == Counter(edges)
            seen: set[Any] = set()
            for step in steps:  # a term comes from a node that is finished
                for term in step.terms:
                    assert {term.tail, term.head} - {step.node} <= seen
                assert step.total == step.before + sum(term.product for term in step.terms)
                seen.add(step.node)


@given(multigraphs(numbers), st.integers(0, 10))
def test_the_order_of_insertion_does_not_change_a_total(graph: nx.MultiDiGraph, seed: int) -> None:
    again = nx.MultiDiGraph()
    again.add_nodes_from(reversed(list(graph)))
    again.add_edges_from(reversed(list(graph.edges(keys=True, data=True))))
    for node in graph:
        assert cg.totals(cg.forward(graph, {node: 1})) == cg.totals(cg.forward(again, {node: 1}))
        assert cg.totals(cg.reverse(graph, {node: 1})) == cg.totals(cg.reverse(again, {node: 1}))


# -- expressions


def test_the_random_expressions_use_every_primitive() -> None:
    unknown = cg.Variable("a"), cg.Variable("b")
    used = set()
    for formula in SAFE.values():
        expression = formula(*unknown[: formula.__code__.co_argcount])
        used |= {data["primitive"].name for _, data in cg.trace(expression).nodes(data=True)}
    never = {"literal", "identity", "equal", "not_equal"}  # no random choice reaches them with any sense
    assert {row.name for row in (*FUNCTIONS.values(), *HIDDEN.values())} - used <= never


@given(expressions())
def test_both_directions_agree(sample: Sample) -> None:
    reverse = cg.solve(sample.expression, at=sample.point)
    ahead = cg.solve(sample.expression, at=sample.point, direction="forward")
    for name in reverse.inputs:
        size = cg.paths(reverse.graph, name, "f", SIZE).total
        assert ahead.gradient[name] == pytest.approx(reverse.gradient[name], rel=1e-9, abs=1e-13 * size)
        assert reverse.paths(name).total == pytest.approx(reverse.gradient[name], rel=1e-9, abs=1e-13 * size)


@given(expressions())
def test_value_and_gradient_is_solve(sample: Sample) -> None:
    s = cg.solve(sample.expression, at=sample.point)
    used = cg.trace(sample.expression).graph["inputs"]
    value, gradient = cg.value_and_gradient(sample.expression)(**{name: sample.point[name] for name in used})
    assert value == s.values["f"]
    assert dict(zip(used, gradient, strict=True)) == pytest.approx(
        {n: s.gradient[n] for n in used}, rel=1e-12, abs=1e-12
    )
    for name in used:  # one at a time, the others by name
        others = {other: sample.point[other] for other in used if other != name}
        alone = cg.value_and_gradient(sample.expression, [name])(sample.point[name], **others)
        assert alone == (value, (pytest.approx(s.gradient[name], rel=1e-12, abs=1e-12),))


@given(expressions())
def test_central_differences_agree(sample: Sample) -> None:
    s = cg.solve(sample.expression, at=sample.point)
    assume(not s.warnings)
    used = cg.trace(sample.expression).graph["inputs"]
    f = cg.value_and_gradient(sample.expression)
    point = {name: sample.point[name] for name in used}
    for name in used:
        near, far = [
            (f(**{**point, name: point[name] + h})[0] - f(**{**point, name: point[name] - h})[0]) / (2 * h)
            for h in (1e-5, 2e-5)
        ]
        slopes = [f(**{**point, name: point[name] + h})[1][used.index(name)] for h in (-2e-5, 2e-5)]
        assume(abs(slopes[1] - slopes[0]) < 1e-2 * (1 + abs(slopes[0])))  # no kink nearby, and nearly straight
        size = 1 + cg.paths(s.graph, name, "f", SIZE).total
        assert s.gradient[name] == pytest.approx(near, rel=1e-5, abs=1e-6 * size)
        assert near == pytest.approx(far, rel=1e-3, abs=1e-5 * size)


@given(expressions(named=True))
def test_statements_say_the_same_as_operations(sample: Sample) -> None:
    for direction in ("reverse", "forward"):
        s = cg.solve(
            sample.expression, at=sample.point, direction=direction, wrt="x" if direction == "forward" else None
        )
        coarse = s.statements
        assert set(coarse.graph) == {n for n, data in s.graph.nodes(data=True) if data["name"] is not None}
        assert all(key == 0 for *_, key in coarse.graph.edges(keys=True))
        for node, total in coarse.derivatives.items():
            assert total == pytest.approx(s.derivatives[node], rel=1e-9, abs=1e-9)
        assert coarse.values == {node: s.values[node] for node in coarse.graph if node in s.values}


@given(programs())
def test_text_is_what_operators_say(program: Program) -> None:
    text = cg.solve(program.text, at=program.point)
    python = cg.solve(program.expressions, at=program.point)
    names = list(program.expressions)
    assert [text.values[n] for n in names] == [python.values[n] for n in names]
    assert text.gradient == pytest.approx(python.gradient, rel=1e-12, abs=1e-12)
    for name in names:
        assert text.derivatives[name] == pytest.approx(python.derivatives[name], rel=1e-12, abs=1e-12)


@given(expressions(operations=8))
def test_symbolic_derivatives_evaluate_to_the_numeric_ones(sample: Sample) -> None:
    s = cg.solve(sample.expression, at=sample.point)
    assume(not s.warnings)  # where a convention applies, a formula of the same slope need not follow it
    symbolic = cg.solve(sample.expression, wrt=s.inputs)
    for name, derivative in symbolic.gradient.items():
        size = 1 + cg.paths(s.graph, name, "f", SIZE).total
        value = cg.solve({"d": derivative}, at=sample.point).values["d"]
        assert value == pytest.approx(s.gradient[name], rel=1e-9, abs=1e-12 * size)


# -- branches


@given(guarded())
def test_a_branch_not_taken_never_leaks(sample: Guarded) -> None:
    written = cg.solve(sample.expression, at=sample.point)
    plain = cg.solve(sample.taken, at=sample.point)
    assert written.values["f"] == pytest.approx(plain.values["f"], rel=1e-12)
    assert written.gradient == pytest.approx(plain.gradient, rel=1e-9)
    assert all(math.isfinite(total) for total in written.derivatives.values())
    ahead = cg.solve(sample.expression, at=sample.point, direction="forward")
    assert ahead.gradient == pytest.approx(plain.gradient, rel=1e-9)
    used = cg.trace(sample.expression).graph["inputs"]
    _, direct = cg.value_and_gradient(sample.expression, used)(**{n: sample.point[n] for n in used})
    assert dict(zip(used, direct, strict=True)) == pytest.approx({n: plain.gradient[n] for n in used}, rel=1e-9)


@given(guarded(), st.sampled_from(["reverse", "forward"]))
def test_a_branch_not_taken_never_leaks_from_symbols(sample: Guarded, direction: str) -> None:
    plain = cg.solve(sample.taken, at=sample.point)
    written = cg.solve(sample.expression, direction=direction, wrt=list("xyz")).gradient
    taken = cg.solve(sample.taken, wrt=list("xyz")).gradient
    for name in "xyz":
        first = cg.solve({"d": written[name]}, at=sample.point, wrt=list("xyz"))
        assert first.values["d"] == pytest.approx(plain.gradient[name], rel=1e-9, abs=1e-12)
        second = cg.solve({"d": taken[name]}, at=sample.point, wrt=list("xyz"))
        assert first.gradient == pytest.approx(second.gradient, rel=1e-8, abs=1e-9)
        again = cg.solve({"d": written[name]}, wrt=list("xyz")).gradient
        for other, entry in again.items():  # an entry of the Hessian, in symbols, evaluated
            assert cg.solve({"h": entry}, at=sample.point).values["h"] == pytest.approx(
                second.gradient[other], rel=1e-8, abs=1e-9
            )


# -- the same by SymPy


def test_sympy_finds_the_same_gradients_and_hessians() -> None:
    sympy = pytest.importorskip("sympy")
    from tests.sympy_oracle import exactly, translated

    @given(expressions(operations=5))
    @settings(max_examples=40)
    def law(sample: Sample) -> None:
        s = cg.solve(sample.expression, at=sample.point)
        assume(not s.warnings)
        symbols = {name: sympy.Symbol(name, real=True) for name in sample.point}
        formula = translated(sample.expression, symbols)
        for name in s.inputs:
            slope = formula.diff(symbols[name])
            size = 1 + cg.paths(s.graph, name, "f", SIZE).total
            assert s.gradient[name] == pytest.approx(exactly(slope, symbols, sample.point), rel=1e-9, abs=1e-11 * size)
        derivative = cg.solve(sample.expression, wrt="x").gradient["x"]
        second = cg.solve({"d": derivative}, at=sample.point, wrt="x").gradient["x"]
        truth = exactly(formula.diff(symbols["x"], 2), symbols, sample.point)
        assert second == pytest.approx(truth, rel=1e-7, abs=1e-7)

    law()


def test_an_order_of_ones_own_gives_the_same_totals_and_a_bad_one_is_refused() -> None:
    graph = nx.MultiDiGraph()
    for tail, head, label in [("x", "a", 2.0), ("x", "b", 3.0), ("a", "y", 5.0), ("b", "y", 7.0)]:
        graph.add_edge(tail, head, partial=label)
    usual = cg.totals(cg.forward(graph, {"x": 1.0}))
    other = list(cg.forward(graph, {"x": 1.0}, order=["x", "b", "a", "y"]))
    assert [step.node for step in other] == ["x", "b", "a", "y"]
    assert cg.totals(other) == usual
    assert [s.node for s in cg.reverse(graph, {"y": 1.0}, order=["x", "b", "a", "y"])] == ["y", "a", "b", "x"]
    with pytest.raises(ValueError, match="got y before b"):
        cg.forward(graph, {"x": 1.0}, order=["x", "a", "y", "b"])
    for wrong in (["x", "a", "y"], ["x", "a", "b", "y", "z"], ["x", "a", "a", "b", "y"]):
        with pytest.raises(ValueError, match="each of the 4 nodes once"):
            cg.reverse(graph, {"y": 1.0}, order=wrong)

"""Elimination: published counts, the laws over the free semiring, orders against brute force, and what is refused."""

from __future__ import annotations

import itertools
import json
import math
import operator
import os
import random
import re
import subprocess
import sys
from collections import Counter
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import compgraph as cg
from compgraph import search
from compgraph.cli import main
from compgraph.comparison import ORDERS
from compgraph.structure import Skeleton
from tests.strategies import multigraphs

PUBLISHED = json.loads((Path(__file__).parent / "data" / "elimination_graphs.json").read_text("utf-8"))["graphs"]
RULES = [rule for name, rule in ORDERS.items() if name != "optimal"]


def published(case: dict[str, Any]) -> nx.MultiDiGraph:
    graph = nx.MultiDiGraph(inputs=case["inputs"], outputs=case["outputs"])
    graph.add_nodes_from(range(case["nodes"]))
    for tail, head, label in case["edges"]:
        graph.add_edge(tail, head, partial=label)
    return graph


ROE = published(next(case for case in PUBLISHED if case["name"] == "roe_flux_1d"))


# -- published counts


@pytest.mark.parametrize("case", PUBLISHED, ids=[case["name"] for case in PUBLISHED])
class TestPublished:
    def test_forward_and_reverse(self, case: dict[str, Any]) -> None:
        graph = published(case)
        for order, name in ((cg.forward_order, "forward"), (cg.reverse_order, "reverse")):
            cost = cg.elimination_cost(graph, order)
            assert (cost.multiplications, cost.additions) == (case[name]["mult"], case[name]["add"])

    def test_markowitz(self, case: dict[str, Any]) -> None:
        graph = published(case)
        assert cg.elimination_cost(graph, cg.markowitz).multiplications == case["markowitz_last"]
        first = partial(cg.markowitz, ties="first")
        assert cg.elimination_cost(graph, first).multiplications == case["markowitz_first"]

    def test_optimum(self, case: dict[str, Any]) -> None:
        graph = published(case)
        if "optimum" in case:
            assert cg.elimination_cost(graph, cg.optimal).multiplications == case["optimum"]
        else:
            with pytest.raises(ValueError, match=r"at most 20 inner nodes, got 98.*cg\.anneal"):
                cg.optimal(graph)

    def test_jacobian(self, case: dict[str, Any]) -> None:
        graph = published(case)
        for order in (*RULES, cg.auto, cg.anneal(moves=200)):
            jacobian = cg.accumulate(graph, order)
            for y, row in zip(case["outputs"], case["jacobian"], strict=True):
                for x, wanted in zip(case["inputs"], row, strict=True):
                    assert jacobian[y, x] == pytest.approx(wanted, rel=1e-12)

    def test_stream_and_report_say_the_same(self, case: dict[str, Any]) -> None:
        graph = published(case)
        comparison = cg.compare_orders(graph)
        assert (comparison.paths, comparison.edges) == (case["paths"], len(case["edges"]))
        for price in comparison.prices:
            *_, last = cg.eliminate(graph, ORDERS[price.name])
            assert last.cost == price.cost == cg.elimination_cost(graph, ORDERS[price.name])


def test_roe_flux_without_search_and_annealed() -> None:
    assert cg.elimination_cost(ROE, cg.auto).multiplications <= 344
    assert cg.elimination_cost(ROE, cg.anneal(moves=60_000)).multiplications <= 295


# -- the laws, on random multigraphs


class Question(NamedTuple):
    """A graph, inputs and outputs (which may be any nodes, and the same), and an order of the inner nodes."""

    graph: nx.MultiDiGraph
    ends: dict[str, list[Any]]
    order: list[Any]


def letters(number: int, tail: int, head: int) -> st.SearchStrategy[str]:
    return st.sampled_from([f"e{number}", "a", "b"])


def numbers(number: int, tail: int, head: int) -> st.SearchStrategy[Fraction]:
    return st.sampled_from([Fraction(n) for n in (0, 1, -1, 2)] + [Fraction(1, 3), Fraction(-5, 2)])


#: Nothing but what is connected, whatever the labels.
LINKED = cg.Semiring("LINKED", operator.or_, operator.and_, False, True, lift=lambda label: True)


@st.composite
def questions(draw: Any, labels: Any = letters, **sizes: int) -> Question:
    graph = draw(multigraphs(labels, **sizes))
    nodes = list(graph)
    ends = {
        kind: draw(st.lists(st.sampled_from(nodes), min_size=1, max_size=3, unique_by=nodes.index))
        for kind in ("inputs", "outputs")
    }
    start = cg.after(graph, (), semiring=LINKED, **ends)
    return Question(graph, ends, draw(st.permutations(inner(start))))


def inner(start: nx.MultiDiGraph) -> list[Any]:
    ends = [*start.graph["inputs"], *start.graph["outputs"]]
    return [node for node in start if node not in ends]


def path_sums(question: Question, semiring: cg.Semiring) -> dict[tuple[Any, Any], Any]:
    graph, ends, _ = question
    return {(y, x): cg.paths(graph, x, y, semiring).total for y in ends["outputs"] for x in ends["inputs"]}


def random_turns(question: Question, choose: Any) -> list[Any]:
    """Nodes and edges in an order that is right, found by playing it: fronts, backs and nodes, any that is possible."""
    start = nx.DiGraph(cg.after(question.graph, (), semiring=LINKED, **question.ends))
    left, turns = set(inner(cg.after(question.graph, (), semiring=LINKED, **question.ends))), []
    while left:
        possible = [node for node in start if node in left]
        possible += [cg.Front(*edge) for edge in start.edges if edge[1] in left]
        possible += [cg.Back(*edge) for edge in start.edges if edge[0] in left]
        turn = choose(possible)
        turns.append(turn)
        node = turn.head if isinstance(turn, cg.Front) else turn.tail if isinstance(turn, cg.Back) else turn
        tails = [turn.tail] if isinstance(turn, cg.Front) else list(start.pred[node])
        heads = [turn.head] if isinstance(turn, cg.Back) else list(start.succ[node])
        start.add_edges_from(itertools.product(tails, heads))
        if (len(tails), len(heads)) == (len(start.pred[node]), len(start.succ[node])):
            start.remove_node(node)
            left.discard(node)
        else:
            start.remove_edge(turn.tail, turn.head)
    return turns


@given(questions())
def test_every_order_finds_the_path_sums(question: Question) -> None:
    graph, ends, order = question
    wanted = path_sums(question, cg.FREE)
    for one in (order, *RULES, cg.auto, cg.optimal, cg.anneal(moves=20)):
        assert cg.accumulate(graph, one, semiring=cg.FREE, **ends) == wanted
    for (y, x), words in wanted.items():
        assert cg.totals(cg.forward(graph, {x: cg.FREE.one}, cg.FREE))[y] == words
        assert cg.totals(cg.reverse(graph, {y: cg.FREE.one}, cg.FREE))[x] == words


@given(questions(most=6, edges=10), st.randoms(use_true_random=False))
def test_nodes_and_edges_may_be_eliminated_in_any_order(question: Question, generator: random.Random) -> None:
    graph, ends, _ = question
    turns = random_turns(question, generator.choice)
    assert cg.accumulate(graph, turns, semiring=cg.FREE, **ends) == path_sums(question, cg.FREE)
    steps = list(cg.eliminate(graph, turns, semiring=cg.FREE, **ends))
    assert len(steps) == len(turns)
    assert (steps[-1].cost if steps else cg.Cost(0, 0)) == cg.elimination_cost(graph, turns, **ends)


@given(questions(), st.data())
def test_path_sums_stay_what_they_are_while_the_graph_shrinks(question: Question, data: st.DataObject) -> None:
    graph, ends, order = question
    over = {"semiring": cg.FREE, **ends}
    wanted, elements = path_sums(question, cg.FREE), cg.FREE._replace(lift=lambda element: element)
    steps = list(cg.eliminate(graph, order, **over))
    for done in range(len(steps) + 1):
        left = cg.after(graph, steps[:done], **over)
        assert inner(left) == [node for node in inner(cg.after(graph, (), **over)) if node not in order[:done]]
        assert all(key == 0 for *_, key in left.edges(keys=True))
        entries, exits = left.graph["inputs"], left.graph["outputs"]
        for (y, x), words in wanted.items():
            tail, head = entries[ends["inputs"].index(x)], exits[ends["outputs"].index(y)]
            assert cg.paths(left, tail, head, elements).total == words
        if done < len(steps):  # the rest of the order finds the same from here
            rest = cg.accumulate(left, order[done:], semiring=elements)
            assert [rest[pair] for pair in itertools.product(exits, entries)] == list(wanted.values())
    last = cg.after(graph, steps, **over)
    assert set(last.edges()) <= set(itertools.product(last.graph["inputs"], last.graph["outputs"]))


@given(questions())
def test_steps_account_for_every_edge(question: Question) -> None:
    graph, ends, order = question
    over = {"semiring": cg.FREE, **ends}
    labels = {(t, h): label for t, h, label in cg.after(graph, (), **over).edges(data="partial")}
    cost = cg.Cost(0, 0)
    for step, node in zip(cg.eliminate(graph, order, **over), order, strict=True):
        assert (step.node, step.edge) == (node, None)
        tails, heads = [t for t, h in labels if h == node], [h for t, h in labels if t == node]
        joined = Counter(itertools.product(tails, [node], heads))
        assert Counter((p.tail, p.node, p.head) for p in step.products) == joined
        for p in step.products:
            assert (p.left, p.right) == (labels[node, p.head], labels[p.tail, node])
            assert p.product == cg.FREE.mul(p.left, p.right)
        products = {(p.tail, p.head): p.product for p in step.products}
        for change in step.added:
            assert (change.tail, change.head) not in labels and change.before is None
            assert change.after == products[change.tail, change.head]
        for change in step.changed:
            assert change.before == labels[change.tail, change.head]
            assert change.after == change.before + products[change.tail, change.head]
        assert {(c.tail, c.head) for c in (*step.added, *step.changed)} == set(products)
        assert {(c.tail, c.head): c.before for c in step.removed} == {e: x for e, x in labels.items() if node in e}
        labels = {e: x for e, x in labels.items() if node not in e}
        labels |= {(c.tail, c.head): c.after for c in (*step.added, *step.changed)}
        new = cg.Cost(len(products), len(step.changed), len(step.added))
        cost = cg.Cost(*map(sum, zip(cost, new, strict=True)))
        assert step.cost == cost
    assert cost == cg.elimination_cost(graph, order, **ends)


@given(questions(numbers))
def test_no_labels_are_needed_to_know_the_cost(question: Question) -> None:
    graph, ends, order = question
    bare = nx.MultiDiGraph()
    bare.add_nodes_from(graph)
    bare.add_edges_from(graph.edges(keys=True))
    assert cg.elimination_cost(bare, order, **ends) == cg.elimination_cost(graph, order, **ends)
    comparison = cg.compare_orders(bare, {"drawn": order}, **ends)
    labelled = cg.compare_orders(graph, {"drawn": order}, **ends)
    assert [price.cost for price in comparison.prices] == [price.cost for price in labelled.prices]
    if any(edge in graph.edges for edge in cg.after(graph, (), **ends).edges()):
        assert {price.without_ones for price in (*comparison.prices, comparison.path_by_path)} == {None}


@given(questions())
def test_a_node_is_all_fronts_of_its_in_edges_and_all_backs_of_its_out_edges(question: Question) -> None:
    graph, ends, order = question
    over = {"semiring": cg.FREE, **ends}
    for node in order[:1]:
        start = cg.after(graph, (), **over)
        fronts = [cg.Front(tail, node) for tail in start.pred[node]]
        backs = [cg.Back(node, head) for head in start.succ[node]]
        (whole, *_) = cg.eliminate(graph, order, **over)
        wanted = cg.after(graph, [whole], **over)
        for turns in (fronts, backs):
            steps = list(itertools.islice(cg.eliminate(graph, [*turns, *order[1:]], **over), len(turns)))
            assert [step.edge for step in steps] == turns
            assert [step.node for step in steps] == [None] * (len(turns) - 1) + [node]
            assert steps[-1].cost == whole.cost
            products = {product for step in steps for product in map(_frozen, step.products)}
            assert products == set(map(_frozen, whole.products))
            assert _edges(cg.after(graph, steps, **over)) == _edges(wanted)


def _frozen(product: Any) -> Any:
    return product[:3], frozenset(product.product.items())


def _edges(graph: nx.MultiDiGraph) -> dict[Any, Any]:
    return {(t, h): label for t, h, label in graph.edges(data="partial")}


@given(questions(numbers))
def test_numbers_agree_exactly_zero_labels_included(question: Question) -> None:
    graph, ends, order = question
    assert cg.accumulate(graph, order, **ends) == path_sums(question, cg.REAL)
    assert cg.accumulate(graph, order, semiring=cg.COUNT, **ends) == path_sums(question, cg.COUNT)


@pytest.mark.parametrize("dimension", [lambda place: 2, lambda place: 1 + place % 3], ids=["square", "unlike shapes"])
def test_matrices_of_any_shapes(dimension: Any) -> None:
    def labels(number: int, tail: int, head: int) -> st.SearchStrategy[Any]:
        entries = st.lists(st.integers(-3, 3), min_size=9, max_size=9)
        return entries.map(lambda n: np.resize(np.array(n), (dimension(head), dimension(tail))))

    matrix = cg.Semiring("MATRIX", np.add, np.dot, 0, 1)

    @given(questions(labels, most=5, edges=8))
    def law(question: Question) -> None:
        graph, ends, order = question
        jacobian = cg.accumulate(graph, order, semiring=matrix, **ends)
        for pair, wanted in path_sums(question, matrix).items():
            assert np.array_equal(jacobian[pair], wanted)

    law()


@given(questions())
def test_the_start_is_a_start_of_itself(question: Question) -> None:
    graph, ends, _ = question
    start = cg.after(graph, (), semiring=cg.FREE, **ends)
    again = cg.after(start, (), semiring=cg.FREE._replace(lift=lambda element: element))
    assert (list(again), again.graph, _edges(again)) == (list(start), start.graph, _edges(start))


def test_parallel_edges_are_lifted_before_they_are_merged() -> None:
    graph = nx.MultiDiGraph()
    graph.add_edges_from([("x", "t", {"partial": 3.0}), ("x", "t", {"partial": -3.0}), ("t", "y", {"partial": 2.0})])
    assert cg.accumulate(graph, ["t"]) == {("y", "x"): 0.0}
    assert cg.accumulate(graph, ["t"], semiring=cg.COUNT) == {("y", "x"): 2}
    largest = cg.Semiring("LARGEST", max, lambda a, b: a * b, 0, 1, lift=abs, readout=lambda e: {"largest": e})
    assert cg.accumulate(graph, ["t"], semiring=largest) == {("y", "x"): {"largest": 6.0}}


# -- cost laws


@given(questions())
def test_one_output_in_reverse_multiplies_once_per_edge_that_does_not_end_there(question: Question) -> None:
    graph, ends, _ = question
    for kind, order in (("outputs", cg.reverse_order), ("inputs", cg.forward_order)):
        ends = {**question.ends, kind: question.ends[kind][:1]}
        start = cg.after(graph, (), semiring=LINKED, **ends)
        (end,) = start.graph[kind]
        cost = cg.elimination_cost(graph, order, **ends)
        assert cost.multiplications == start.number_of_edges() - start.degree(end) <= start.number_of_edges()


@given(questions())
def test_a_sweep_and_an_elimination_cost_what_their_conventions_say(question: Question) -> None:
    graph, ends, _ = question
    # m outputs in reverse, or n inputs forward, take at most as many times the edges
    edges = cg.after(graph, (), semiring=LINKED, **ends).number_of_edges()
    assert cg.elimination_cost(graph, cg.reverse_order, **ends).multiplications <= len(ends["outputs"]) * edges
    assert cg.elimination_cost(graph, cg.forward_order, **ends).multiplications <= len(ends["inputs"]) * edges


def test_the_two_conventions_on_the_worked_example() -> None:
    s = cg.solve("t = x^2; u1 = sin(t); u2 = 3t; u = u1 + u2; J = cos(u)", at={"x": 2})
    assert s.cost == cg.Cost(6, 1)  # one product per edge, the one with the seed included
    assert cg.elimination_cost(s.graph, cg.reverse_order)[:2] == (5, 1)
    assert cg.elimination_cost(s.graph, cg.optimal)[:2] == (4, 1)
    square = cg.solve("J = (x*x)*2", at={"x": 3})
    assert square.cost == cg.Cost(3, 1)
    assert cg.elimination_cost(square.graph, cg.reverse_order) == cg.Cost(1, 0, 1)  # x·x is one edge here
    assert square.to_dict()["cost"] == {"multiplications": 3, "additions": 1}


def test_golden_logistic_map(golden_cases: dict[str, dict[str, Any]]) -> None:
    wanted = golden_cases["cost_logistic_map"]["values"]
    for n in (2, 3, 4, 10, 20):
        level = cg.Variable("l")
        for _ in range(n - 1):
            level = 4 * level * (1 - level)
        graph = cg.linearize(cg.trace(level), {"l": 0.2})
        operations = [node for node in graph if node != "l"]
        written = cg.totals(cg.reverse(graph, {"f": 1}, cg.COUNT))  # how often each operation stands in the formula
        assert len(operations) == wanted[f"circuit_ops_{n}"] == 3 * (n - 1)
        assert sum(written[node] for node in operations) == wanted[f"formula_ops_{n}"] == 3 * (2 ** (n - 1) - 1)
        comparison = cg.compare_orders(graph, {"auto": cg.auto})
        assert comparison.paths == 2 ** (n - 1)
        # path by path pays for the formula, elimination for the circuit
        assert comparison.path_by_path.cost.multiplications >= 2 ** (n - 1) * (2 * (n - 1) - 1)
        for price in comparison.prices:
            assert price.cost.multiplications <= graph.number_of_edges() == 4 * (n - 1)


def test_golden_sweeps(golden_cases: dict[str, dict[str, Any]]) -> None:
    case = golden_cases["cost_sweeps"]
    n, m = case["inputs"]["n"], case["inputs"]["m"]
    xs = [cg.Variable(f"x{i}") for i in range(n)]
    hidden = [sum((cg.sin(x) for x in xs), 0) * x for x in xs]
    outputs = {f"y{i}": hidden[i] * hidden[i + 1] + cg.exp(hidden[i + 2]) for i in range(m)}
    at = {f"x{i}": 0.5 for i in range(n)}
    ahead = cg.solve(outputs, at=at, of=list(outputs), direction="forward")
    back = cg.solve(outputs, at=at, of=list(outputs))
    assert (len(ahead.seeds), len(back.seeds)) == (case["values"]["forward_sweeps"], case["values"]["reverse_sweeps"])
    for s, order in ((ahead, cg.forward_order), (back, cg.reverse_order)):
        edges = s.graph.number_of_edges()
        assert s.cost.multiplications <= len(s.seeds) * edges
        assert cg.elimination_cost(s.graph, order, outputs=s.outputs).multiplications <= s.cost.multiplications
        jacobian = cg.accumulate(s.graph, order, outputs=s.outputs)
        assert jacobian == pytest.approx(s.jacobian, rel=1e-12)


# -- orders against brute force


def play(graph: nx.MultiDiGraph, score: Any, last: bool) -> list[Any]:
    """A greedy rule, every score computed anew at every turn."""
    start = nx.DiGraph(graph)
    place = {node: i if not last else -i for i, node in enumerate(graph)}
    left, order = inner(graph), []
    while left:
        node = min(left, key=lambda v: (score(start, v), place[v]))
        left.remove(node)
        order.append(node)
        start.add_edges_from(itertools.product(list(start.pred[node]), list(start.succ[node])))
        start.remove_node(node)
    return order


def degree(graph: nx.DiGraph, v: Any) -> int:
    return int(graph.in_degree(v) * graph.out_degree(v))


def fill(graph: nx.DiGraph, v: Any) -> tuple[int, int]:
    new = [pair for pair in itertools.product(graph.pred[v], graph.succ[v]) if not graph.has_edge(*pair)]
    return len(new), degree(graph, v)


@given(questions(most=9, edges=20), st.sampled_from(["last", "first"]))
def test_greedy_orders(question: Question, ties: Any) -> None:
    start = cg.after(question.graph, (), semiring=LINKED, **question.ends)
    assert cg.forward_order(start) == inner(start) == cg.reverse_order(start)[::-1]
    entries, exits = start.graph["inputs"], start.graph["outputs"]
    final = {
        v: sum(nx.has_path(start, x, v) for x in entries) * sum(nx.has_path(start, v, y) for y in exits) for v in start
    }
    last = ties == "last"
    assert cg.markowitz(start, ties=ties) == play(start, degree, last)
    assert cg.fewest_fill(start, ties=ties) == play(start, fill, last)
    assert cg.relative_markowitz(start, ties=ties) == play(start, lambda g, v: degree(g, v) - final[v], last)


def test_counting_what_is_missing_is_not_done_anew_beside_a_node_of_many_edges(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hub of 300 edges in and 300 out: its neighbours go one by one, and each changes its count by a little."""
    compared = 0

    class Counted(set):  # type: ignore[type-arg]
        def __sub__(self, other: Any) -> Any:
            nonlocal compared
            compared += len(self)
            return set.__sub__(self, other)

    plain = Skeleton.__init__

    def counting(self: Skeleton, start: Any) -> None:
        plain(self, start)
        self.pred = {node: Counted(tails) for node, tails in self.pred.items()}
        self.succ = {node: Counted(heads) for node, heads in self.succ.items()}

    monkeypatch.setattr(Skeleton, "__init__", counting)
    size, graph = 300, nx.MultiDiGraph()
    for i in range(size):
        nx.add_path(graph, [("x", i), ("v", i), "hub", ("w", i), ("y", i)])
    assert cg.fewest_fill(graph)[-1] == "hub"
    assert compared < 10 * size**2


@given(questions(most=8, edges=16))
def test_auto_is_the_best_of_the_rules(question: Question) -> None:
    graph, ends, _ = question
    costs = [cg.elimination_cost(graph, rule, **ends)[:2] for rule in RULES]
    assert cg.elimination_cost(graph, cg.auto, **ends)[:2] == min(costs)


def ladder(size: int, inputs: int, seed: int) -> nx.MultiDiGraph:
    """A random graph of exactly so many inner nodes."""
    generator = random.Random(seed)
    graph = nx.MultiDiGraph(inputs=[("x", i) for i in range(inputs)], outputs=[])
    graph.add_nodes_from(graph.graph["inputs"])
    for v in range(size):
        tails = {v - 1 - generator.randrange(4) for _ in range(2)}
        graph.add_edges_from((t if t >= 0 else ("x", generator.randrange(inputs)), v) for t in sorted(tails))
    for x in graph.graph["inputs"]:
        if not graph.out_degree(x):
            graph.add_edge(x, generator.randrange(size))
    for v in range(size):
        if not graph.out_degree(v):
            graph.add_edge(v, ("y", v))
            graph.graph["outputs"].append(("y", v))
    return nx.MultiDiGraph(nx.DiGraph(graph), **graph.graph)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("inputs", [2, 90])
def test_optimal_is_the_best_of_all_orders(seed: int, inputs: int) -> None:
    graph = ladder(6, inputs, seed)
    costs = [cg.elimination_cost(graph, order)[:2] for order in itertools.permutations(range(6))]
    assert cg.elimination_cost(graph, cg.optimal)[:2] == min(costs) < max(costs)


@pytest.mark.parametrize(("size", "seeds"), [(12, 4), (13, 3), (14, 2)])
def test_optimal_across_blocks_of_sets(size: int, seeds: int) -> None:
    for seed in range(seeds):
        graph = ladder(size, 3, seed)
        order = cg.optimal(graph)
        assert sorted(order) == list(range(size))
        cost = cg.elimination_cost(graph, order)
        for other in (*RULES, cg.anneal(moves=3000, seed=seed)):
            assert cost.multiplications <= cg.elimination_cost(graph, other).multiplications
        # a search by hand over the same sets, without blocks, words or arrays
        assert cost.multiplications == least_by_sets(graph, size)


def least_by_sets(graph: nx.MultiDiGraph, size: int) -> int:
    """Dynamic programming with a dictionary, structure by depth-first search through what is gone."""

    def through(v: int, gone: int, adjacent: Any) -> int:
        seen, stack = set(), [v]
        while stack:
            for u in adjacent[stack.pop()]:
                if u not in seen:
                    seen.add(u)
                    if isinstance(u, int) and gone >> u & 1:
                        stack.append(u)
        return sum(not (isinstance(u, int) and gone >> u & 1) for u in seen)

    least = {0: 0}
    for gone in range((1 << size) - 1):
        for v in range(size):
            if not gone >> v & 1:
                price = least[gone] + through(v, gone, graph.pred) * through(v, gone, graph.succ)
                more = gone | 1 << v
                least[more] = min(price, least.get(more, price))
    return least[(1 << size) - 1]


def test_optimal_for_twenty_inner_nodes_and_no_more() -> None:
    graph = ladder(20, 4, 1)
    cost = cg.elimination_cost(graph, cg.optimal)
    assert cost.multiplications <= cg.elimination_cost(graph, cg.anneal(moves=20_000)).multiplications
    with pytest.raises(ValueError, match="at most 20 inner nodes, got 21"):
        cg.optimal(ladder(21, 4, 1))


def test_members_are_counted_by_an_older_numpy_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    sets = np.random.default_rng(0).integers(0, 2**64, (3, 4, 50), dtype=np.uint64)
    wanted = [[sum(int(word).bit_count() for word in sets[:, v, s]) for s in range(50)] for v in range(4)]
    assert search._sizes(sets).tolist() == wanted
    monkeypatch.delattr(np, "bitwise_count", raising=False)
    assert search._sizes(sets).tolist() == wanted


def test_annealing_is_reproducible_and_never_worse_than_auto() -> None:
    cheap = cg.elimination_cost(ROE, cg.auto)
    assert cg.anneal(moves=0)(ROE) == cg.auto(ROE)
    found = [cg.anneal(moves=4000, seed=seed)(ROE) for seed in (0, 0, 1)]
    assert found[0] == found[1] != found[2]
    for order in found:
        assert sorted(order) == sorted(cg.forward_order(ROE))
        assert cg.elimination_cost(ROE, order).multiplications < cheap.multiplications
    with pytest.raises(ValueError, match=r"not negative, got seconds=3\.0, moves=-1"):
        cg.anneal(moves=-1)
    assert cg.anneal(seconds=0)(ROE) == cg.auto(ROE)
    timed = cg.elimination_cost(ROE, cg.anneal(seconds=0.05))
    assert timed.multiplications <= cheap.multiplications


@pytest.mark.parametrize("nodes", [["x", "y"], ["x", "t", "y"]])
def test_orders_of_next_to_nothing(nodes: list[str]) -> None:
    graph = nx.MultiDiGraph()
    nx.add_path(graph, nodes, partial=2.0)
    for order in (*RULES, cg.optimal, cg.auto, cg.anneal(moves=10)):
        assert order(graph) == nodes[1:-1]
        assert cg.accumulate(graph, order) == {("y", "x"): 2.0 ** (len(nodes) - 1)}


def test_the_same_order_whatever_the_seed_of_hashes() -> None:
    program = (
        "import compgraph as cg; x = [cg.Variable(c) for c in 'abcdefg'];"
        "h = [cg.sin(p) * q for p, q in zip(x, x[1:])]; k = [p * q + q for p, q in zip(h, h[1:])];"
        "g = cg.trace({f'y{i}': p / q for i, (p, q) in enumerate(zip(k, k[1:]))});"
        "print(cg.compare_orders(g), [o(g) for o in (cg.auto, cg.markowitz, cg.fewest_fill, cg.anneal(moves=999))])"
    )
    printed = [
        subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True, text=True, check=True, encoding="utf-8",
            cwd=Path(__file__).parent.parent, env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONUTF8": "1"},
        ).stdout
        for seed in ("1", "2")
    ]  # fmt: skip
    assert printed[0] == printed[1] != ""


# -- graphs that come from expressions


def test_outputs_that_are_used_and_names_that_are_taken() -> None:
    s = cg.solve("y1 = a*b; y2 = sin(y1) + y1", at={"a": 2, "b": 3}, of=["y1", "y2"])
    start = cg.after(s.graph, (), outputs=s.outputs)
    assert start.graph == {"inputs": ["a", "b"], "outputs": ["y1.out", "y2"]}
    assert start.edges["y1", "y1.out", 0]["partial"] == 1
    assert cg.accumulate(s.graph, cg.auto, outputs=s.outputs) == pytest.approx(s.jacobian)
    graph = nx.MultiDiGraph()
    graph.add_edges_from([("x", "y", {"partial": 2.0}), ("y", "y.out", {"partial": 3.0})])
    jacobian = cg.accumulate(graph, ["y"], outputs=["y", "y.out"])
    assert jacobian == {("y", "x"): 2.0, ("y.out", "x"): 6.0}
    graph.add_edge("y.out", "z", partial=5.0)
    jacobian = cg.accumulate(graph, cg.auto, outputs=["y", "y.out", "z"])
    assert jacobian == {("y", "x"): 2.0, ("y.out", "x"): 6.0, ("z", "x"): 30.0}
    start = cg.after(graph, (), outputs=["y", "y.out", "z"])
    assert list(start) == ["x", "y", "y.out", "z", "y.out.out", "y.out.out.out"]
    assert start.graph["outputs"] == ["y.out.out", "y.out.out.out", "z"]


def test_an_input_may_be_computed_and_may_be_the_output() -> None:
    s = cg.solve("t = x^2; y = x*t", at={"x": 3})
    jacobian = cg.accumulate(s.graph, cg.auto, inputs=["x", "t"], outputs=["y", "t"])
    assert jacobian == {("y", "x"): 27.0, ("y", "t"): 3.0, ("t", "x"): 6.0, ("t", "t"): 1}
    # by itself it is an input like any other: nothing before it is needed
    assert list(cg.after(s.graph, (), inputs=["t"])) == ["t", "y"]


def test_what_is_on_no_path_is_left_out() -> None:
    s = cg.solve("k = 2; idle = sin(x); y = k*x + z^2", at={"x": 1, "z": 2, "unused": 3})
    start = cg.after(s.graph, ())
    assert list(start) == ["x", "z", "unused", "v1", "v2", "y"] or set(start) == {"x", "z", "unused", "v1", "v2", "y"}
    jacobian = cg.accumulate(s.graph, cg.auto)
    assert jacobian == {("y", "x"): 2.0, ("y", "z"): 4.0, ("y", "unused"): 0}
    # the partial of x^n with respect to n does not exist here, and nobody asks for it
    power = cg.solve("y = x^n", at={"x": -2, "n": 2}, wrt="x")
    assert cg.accumulate(power.graph, [], inputs=["x"]) == {("y", "x"): -4.0}
    with pytest.raises(cg.DomainError):
        cg.accumulate(power.graph, [], inputs=["x", "n"])


def test_symbols() -> None:
    s = cg.solve("t = x^2; J = cos(sin(t) + 3t)")
    for order in (cg.forward_order, cg.reverse_order, cg.auto):
        derivative = cg.accumulate(s.graph, order, semiring=cg.EXPRESSION)["J", "x"]
        value = cg.solve({"d": derivative}, at={"x": 2}).values["d"]
        assert value == pytest.approx(9.0991495, rel=1e-6)


def test_what_is_left_is_a_graph_like_any_other() -> None:
    s = cg.solve("t = x^2; u = sin(t); y = u*t", at={"x": 2})
    left = cg.after(s.graph, itertools.islice(cg.eliminate(s.graph, ["u", "t"]), 1))
    assert type(left) is cg.Graph and list(left) == ["x", "t", "y"]
    assert left.nodes["t"] == {"name": "t", "value": 4.0}
    assert cg.formula(left, "t", "y") == left.edges["t", "y", 0]["partial"] == math.sin(4) + 4 * math.cos(4)
    assert cg.totals(cg.reverse(left, {"y": 1.0}))["x"] == pytest.approx(s.gradient["x"])
    assert "t" in s.graph and "partial" in s.graph.edges["x", "t", 0]  # untouched


def test_a_deep_chain() -> None:
    size = 100_000
    graph = nx.MultiDiGraph()
    nx.add_path(graph, range(size + 1), partial=1.0)
    order = cg.markowitz(graph)
    assert cg.elimination_cost(graph, order) == cg.Cost(size - 1, 0, size - 1)
    left = cg.after(graph, cg.eliminate(graph, order))
    assert list(left) == [0, size] and list(left.edges(data="partial")) == [(0, size, 1.0)]


# -- refusals


def chain() -> nx.MultiDiGraph:
    graph = nx.MultiDiGraph()
    nx.add_path(graph, ["x", "t", "u", "y"], partial=2.0)
    return graph


@pytest.mark.parametrize(
    ("order", "message"),
    [
        (["t"], "each of the 2 inner nodes once .t, u., but u is left out"),
        (["t", "u", "t"], "but t comes 2 times"),
        (["t", "u", "x"], "but x is not one of them"),
        ([], "but t is left out"),
        ([cg.Front("x", "t")], "ends too early: expected no inner node to be left, got u"),
        ([cg.Front("x", "u"), "t", "u"], r"cannot eliminate Front\(tail='x', head='u'\): expected an edge into one of"),
        ([cg.Front("u", "y"), "t", "u"], "expected an edge into one of the 2 inner nodes"),
        ([cg.Back("x", "t"), "t", "u"], "expected an edge out of one of the 2 inner nodes"),
        ([cg.Back("t", "u"), "t"], "but t is not one of them, or not any more"),
        (lambda graph: list(graph), "but x is not one of them"),
    ],
)
def test_an_order_of_something_else_is_refused(order: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        list(cg.eliminate(chain(), order))
    with pytest.raises(ValueError, match=message):
        cg.elimination_cost(chain(), order)


def test_what_else_is_refused() -> None:
    with pytest.raises(TypeError, match="got the text 'markowitz'"):
        cg.eliminate(chain(), "markowitz")
    with pytest.raises(ValueError, match="ties: expected 'last' or 'first', got 'any'"):
        cg.markowitz(chain(), ties="any")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="outputs: no node 'z'"):
        cg.eliminate(chain(), ["t", "u"], outputs=["z"])
    with pytest.raises(TypeError, match="MultiDiGraph"):
        cg.eliminate(nx.DiGraph(chain()), ["t", "u"])
    cycle = chain()
    cycle.add_edge("u", "t", partial=1.0)
    with pytest.raises(ValueError, match=r"cycle.*t → u"):
        cg.eliminate(cycle, ["t", "u"])
    bare = chain()
    del bare.edges["t", "u", 0]["partial"]
    with pytest.raises(ValueError, match=r"t → u .* has no label"):
        cg.eliminate(bare, ["t", "u"])


def test_products_that_do_not_exist() -> None:
    graph = chain()
    graph.edges["x", "t", 0]["partial"] = 0.0
    graph.edges["t", "u", 0]["partial"] = math.inf
    with pytest.raises(cg.DomainError, match=r"x → t → u is undefined: inf · 0\.0"):
        cg.accumulate(graph, ["t", "u"])
    graph.add_edge("x", "t", partial=math.inf)
    graph.add_edge("x", "t", partial=-math.inf)
    with pytest.raises(cg.DomainError, match="sum on the edge x → t is undefined"):
        cg.accumulate(graph, ["t", "u"])


# -- the report


@given(questions(numbers))
def test_path_by_path_is_what_enumeration_pays(question: Question) -> None:
    graph, ends, order = question
    start = cg.after(graph, (), **ends)
    label = _edges(start)
    pairs = list(itertools.product(start.graph["inputs"], start.graph["outputs"]))
    paths = {pair: [path.nodes for path in cg.paths(start, *pair).paths] for pair in pairs}
    listed = [list(itertools.pairwise(nodes)) for found in paths.values() for nodes in found]
    comparison = cg.compare_orders(graph, {"drawn": order}, **ends)
    assert comparison.paths == len(listed)
    alone = comparison.path_by_path
    assert alone.cost.multiplications == sum(len(path) - 1 for path in listed)
    assert alone.cost.additions == sum(len(found) - 1 for found in paths.values() if found)
    others = [[label[edge] for edge in path if label[edge] not in (1, -1)] for path in listed]
    assert alone.without_ones == sum(max(0, len(factors) - 1) for factors in others)
    drawn = comparison.prices[-1]
    steps = list(cg.eliminate(graph, order, **ends))
    assert drawn.without_ones == sum(not {1, -1} & {p.left, p.right} for step in steps for p in step.products)
    sizes = len(inner(start)), len(label), len(ends["inputs"]), len(ends["outputs"])
    assert sizes == (comparison.inner, comparison.edges, comparison.inputs, comparison.outputs)


def test_the_report_as_text_html_and_latex() -> None:
    case = next(case for case in PUBLISHED if case["name"] == "hole")
    comparison = cg.compare_orders(published(case), {"by <hand>": [4, 5, 6, 7, 8]})
    text, html, latex = str(comparison), comparison._repr_html_(), comparison.latex()
    assert text == repr(comparison)
    lines = text.splitlines()
    assert lines[2].split("   ")[0] == "Order" and "Without ±1" in lines[2]
    assert [line.split()[0] for line in lines[4:11]] == list(ORDERS)
    assert lines[-1] == "5 inner nodes, 14 edges, 18 paths from 4 inputs to 3 outputs"
    for price in (*comparison.prices, comparison.path_by_path):
        counts = [str(price.cost.multiplications), str(price.without_ones), *map(str, price.cost[1:])]
        assert any(line.split()[-4:] == counts for line in lines)
        assert " & ".join(counts) in latex
    assert "by &lt;hand&gt;" in html and "<hand>" not in html
    assert html.count("<tr>") == 1 + 8 + 1 + 1
    assert comparison._repr_latex_() == f"$$\n{latex}\n$$"


def test_a_report_of_more_paths_than_atoms() -> None:
    graph = nx.MultiDiGraph()
    for i in range(0, 600, 3):  # 2²⁰⁰ paths
        nx.add_path(graph, [i, i + 1, i + 3])
        nx.add_path(graph, [i, i + 2, i + 3])
    comparison = cg.compare_orders(graph)
    assert comparison.paths == 2**200
    assert "1.60694×10⁶⁰ paths" in str(comparison) and "optimal" not in str(comparison)
    assert comparison.prices[0].cost.multiplications < 1200


# -- the command line

WORKED = "t = x^2; u1 = sin(t); u2 = 3t; u = u1 + u2; J = cos(u)"


def run(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    code = main(["eliminate", *argv])
    return code, *capsys.readouterr()


def test_command_prints_steps_cost_and_jacobian(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, WORKED, "--at", "x=2", "--order", "forward")
    assert code == 0
    assert "t            x → u₁   −0.653644 · 4 ≈ −2.61457       new" in out
    assert "u₂           x → u    1 · 12 = 12                    −2.61457 + 12 = 9.38543" in out
    cost = "5 multiplications, 1 addition, 4 edges of fill-in"
    assert out.splitlines()[-3:] == [cost, "Jacobian", "  ∂J/∂x = 9.09915"]
    code, out, _ = run(capsys, "y = x*z", "--order", "auto")
    assert code == 0 and out.splitlines()[-2:] == ["  ∂y/∂x = z", "  ∂y/∂z = x"]


def test_command_prints_json(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, WORKED, "--at", "x=2", "--order", "t, u,u1,u2", "--json")
    answer = json.loads(out)
    assert code == 0 and answer["schema"] == "compgraph-elimination/1"
    assert answer["order"] == [step["node"] for step in answer["steps"]] == ["t", "u", "u1", "u2"]
    assert answer["jacobian"]["J"]["x"] == pytest.approx(9.0991495, rel=1e-6)
    assert answer["cost"] == answer["steps"][-1]["cost"] == {"multiplications": 6, "additions": 1, "fill": 5}
    assert answer["steps"][0]["added"][1] == {"tail": "x", "head": "u2", "after": 12.0}
    assert answer["steps"][0]["removed"][0] == {"tail": "x", "head": "t", "before": 4.0}
    code, out, _ = run(capsys, "a = x/3; b = a*y", "--at", "x=1/2", "y=2", "--exact", "--of", "a", "b", "--json")
    assert json.loads(out)["jacobian"] == {"a": {"x": "1/3", "y": "0"}, "b": {"x": "2/3", "y": "1/6"}}


@pytest.mark.parametrize("order", [*ORDERS, "auto", "anneal"])
def test_command_knows_every_order(order: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, WORKED, "--at", "x=2", "--order", order, "--json")
    assert code == 0 and 4 <= json.loads(out)["cost"]["multiplications"] <= 6


def test_command_reports(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, WORKED, "--report", "--order", "t,u,u1,u2")
    assert code == 0 and "t,u,u1,u2" in out and out.splitlines()[-1].startswith("4 inner nodes, 6 edges, 2 paths")
    code, out, _ = run(capsys, WORKED, "--report", "--json")
    answer = json.loads(out)
    assert answer["schema"] == "compgraph-orders/1"
    first = {"name": "forward", "multiplications": 5, "additions": 1, "fill": 4, "without_ones": 3}
    assert answer["orders"][0] == first


@pytest.mark.parametrize(
    ("order", "message"),
    [("markowits", "expected forward, reverse, .* got markowits"), ("t,u", "u1 is left out"), (",", "t is left out")],
)
def test_command_refuses_an_order(order: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, WORKED, "--at", "x=2", "--order", order)
    assert code == 2 and out == "" and err.count("\n") == 1
    assert re.search(message, err)


def test_counters_are_not_shared_between_runs() -> None:
    graph = nx.MultiDiGraph()
    graph.add_edges_from([("x", "t", {"partial": "a"}), ("t", "y", {"partial": "b"}), ("x", "y", {"partial": "c"})])
    first = cg.accumulate(graph, ["t"], semiring=cg.FREE)
    assert first == cg.accumulate(graph, ["t"], semiring=cg.FREE) == {("y", "x"): Counter({("b", "a"): 1, ("c",): 1})}
    assert cg.FREE.zero == Counter() and cg.FREE.one == Counter({(): 1})

"""Every semiring: its axioms on samples, and that a sweep in it is what listing all paths would give."""

from __future__ import annotations

import json
import math
import operator
from collections import Counter
from collections.abc import Callable, Iterable
from fractions import Fraction
from functools import reduce
from itertools import product
from typing import Any, NamedTuple

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import compgraph as cg
from compgraph.cli import main
from compgraph.notation import element
from compgraph.pathsum import chosen_edges
from compgraph.semiring import Ranked
from tests.strategies import multigraphs

LABELS = [Fraction(n) for n in (0, 0, 1, -1, 2, -3)] + [Fraction(1, 3), Fraction(-5, 2)]

Word = tuple[Any, ...]  # the labels of a path, the one nearer the input first


def numbers(number: int, tail: int, head: int) -> st.SearchStrategy[Fraction]:
    return st.sampled_from(LABELS)


def listed(graph: nx.MultiDiGraph, tail: Any, head: Any) -> list[list[tuple[Any, Any, Any]]]:
    """All paths as lists of edges, by networkx."""
    return [[]] if tail == head else list(nx.all_simple_edge_paths(graph, tail, head))


# -- what each of them should say, by the definition and nothing else


def products(words: Iterable[Word]) -> list[Any]:
    return [math.prod(word) for word in words]


def spread(words: list[Word]) -> float:
    """The entropy of paths that weigh |product|, from the probabilities themselves."""
    weights = [abs(p) for p in products(words)]
    return -sum(float(w / sum(weights)) * math.log(w / sum(weights)) for w in weights if w)


def top(words: list[Word], k: int) -> list[Any]:
    return sorted((abs(p) for p in products(words) if p), reverse=True)[:k]


class Law(NamedTuple):
    """A semiring, what it should answer to a list of paths, and how its answer is to be read."""

    semiring: cg.Semiring
    expected: Callable[[list[Word]], Any]
    read: Callable[[Any], Any] = lambda answer: answer


LAWS = {
    law.semiring.name: law
    for law in (
        Law(cg.REAL, lambda words: sum(products(words))),
        Law(cg.COUNT, len),
        Law(cg.BOOLEAN, lambda words: any(all(word) for word in words)),
        Law(cg.MAX_PRODUCT, lambda words: max(map(abs, products(words)), default=0)),
        Law(
            cg.SIGNED_TOP,
            lambda words: (min(products(words), default=math.inf), max(products(words), default=-math.inf)),
        ),
        Law(cg.ENTROPY, spread),
        Law(cg.LONGEST, lambda words: max(map(sum, words), default=-math.inf)),
        Law(cg.SHORTEST, lambda words: min(map(sum, words), default=math.inf)),
        Law(cg.SIGN_LOG, lambda words: float(sum(products(words))), float),
        Law(cg.FREE, lambda words: Counter(word[::-1] for word in words)),
        Law(cg.k_best(1), lambda words: top(words, 1), lambda best: [abs(path.product) for path in best]),
        Law(cg.k_best(3), lambda words: top(words, 3), lambda best: [abs(path.product) for path in best]),
    )
}
every_law = pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)


def same(a: Any, b: Any) -> bool:
    """Equal, floats up to rounding."""
    if isinstance(a, cg.SignLog):
        return same(float(a), float(b))
    if isinstance(a, (tuple, list)):
        return len(a) == len(b) and all(map(same, a, b))
    return a == b or (isinstance(a, float) and a == pytest.approx(b, rel=1e-9, abs=1e-12))


@every_law
def test_the_axioms_hold_on_samples(law: Law) -> None:
    _, add, mul, zero, one, lift, _ = law.semiring
    letters = [lift(label) for label in dict.fromkeys(LABELS)]
    elements = [zero, one, *letters, add(letters[1], letters[2]), mul(letters[3], letters[5]), add(one, letters[4])]
    for a in elements:
        assert same(add(a, zero), a) and same(add(zero, a), a)
        assert same(mul(a, one), a) and same(mul(one, a), a)
        assert same(mul(a, zero), zero) and same(mul(zero, a), zero)
    for a, b in product(elements, repeat=2):
        assert same(add(a, b), add(b, a))
    for a, b, c in product(elements, repeat=3):
        assert same(add(add(a, b), c), add(a, add(b, c)))
        assert same(mul(mul(a, b), c), mul(a, mul(b, c)))
        assert same(mul(a, add(b, c)), add(mul(a, b), mul(a, c)))
        assert same(mul(add(a, b), c), add(mul(a, c), mul(b, c)))


def test_the_axioms_hold_for_matrices_and_for_symbols() -> None:
    """Matrices with the numbers that stand for multiples of the identity; symbols by the values they take."""
    matrices = [np.array(rows) for rows in ([[1, 2], [3, 4]], [[0, 1], [0, 0]], [[2, -1], [0, 5]])]
    x, y = cg.Variable("x"), cg.Variable("y")

    def value(expression: Any) -> float:
        return float(cg.solve({"f": expression + 0 * x + 0 * y}, at={"x": 0.7, "y": -1.3}).values["f"])

    equal: list[tuple[cg.Semiring, list[Any], Callable[[Any, Any], bool]]] = [
        (cg.MATRIX, [0, 1, 3, *matrices], lambda a, b: np.array_equal(a * np.eye(2) if np.ndim(a) == 0 else a,
                                                                      b * np.eye(2) if np.ndim(b) == 0 else b)),
        (cg.EXPRESSION, [0, 1, x, y, x * y + 2, cg.sin(y)], lambda a, b: same(value(a), value(b))),
    ]  # fmt: skip
    for (_, add, mul, zero, one, _, _), elements, agree in equal:
        for a in elements:
            assert agree(add(a, zero), a) and agree(mul(a, one), a) and agree(mul(one, a), a)
            assert agree(mul(a, zero), 0 * a) and agree(mul(zero, a), 0 * a)
        for a, b, c in product(elements, repeat=3):
            assert agree(add(a, b), add(b, a)) and agree(add(add(a, b), c), add(a, add(b, c)))
            assert agree(mul(mul(a, b), c), mul(a, mul(b, c)))
            assert agree(mul(a, add(b, c)), add(mul(a, b), mul(a, c)))
            assert agree(mul(add(a, b), c), add(mul(a, c), mul(b, c)))


@every_law
def test_a_sweep_is_what_listing_all_paths_gives(law: Law) -> None:
    semiring = law.semiring

    @given(multigraphs(numbers))
    def holds(graph: nx.MultiDiGraph) -> None:
        for tail in graph:
            ahead = cg.totals(cg.forward(graph, {tail: semiring.one}, semiring))
            for head in graph:
                words = [tuple(graph.edges[edge]["partial"] for edge in path) for path in listed(graph, tail, head)]
                expected = law.expected(words)
                back = cg.totals(cg.reverse(graph, {head: semiring.one}, semiring))[tail]
                found = cg.paths(graph, tail, head, semiring)
                assert same(law.read(semiring.readout(ahead[head])), expected)
                assert same(law.read(semiring.readout(back)), expected)
                assert same(law.read(found.total), expected)
                each = reduce(semiring.add, (path.product for path in found.paths), semiring.zero)
                assert same(law.read(semiring.readout(each)), expected)
                for path in found.paths:
                    assert same(path.product, reduce(semiring.mul, path.factors[::-1], semiring.one))

    holds()


# -- matrices and symbols


def test_matrices_of_unlike_shapes() -> None:
    def labels(number: int, tail: int, head: int) -> st.SearchStrategy[Any]:
        rows, columns = 1 + head % 3, 1 + tail % 3
        entries = st.lists(st.integers(-3, 3), min_size=rows * columns, max_size=rows * columns)
        return entries.map(lambda entries: np.array(entries).reshape(rows, columns))

    @given(multigraphs(labels, most=5, edges=8))
    def holds(graph: nx.MultiDiGraph) -> None:
        size = {node: 1 + place % 3 for node, place in graph.nodes(data="place")}
        for tail, head in product(graph, repeat=2):
            expected = np.zeros((size[head], size[tail]), int)
            for path in listed(graph, tail, head):
                one = np.eye(size[tail], dtype=int)
                for edge in path:
                    one = graph.edges[edge]["partial"] @ one
                expected = expected + one
            for seed in (1, None):  # the number 1, or the identity it stands for
                seeds = [1 if seed else np.eye(size[node], dtype=int) for node in (tail, head)]
                ahead = cg.totals(cg.forward(graph, {tail: seeds[0]}, cg.MATRIX))[head]
                back = cg.totals(cg.reverse(graph, {head: seeds[1]}, cg.MATRIX))[tail]
                for total in (ahead, back):
                    total = total * np.eye(size[tail], dtype=int) if np.ndim(total) == 0 and tail == head else total
                    assert np.array_equal(total + 0 * expected, expected)

    holds()


def test_a_number_among_matrices_is_a_multiple_of_the_identity() -> None:
    a = np.array([[1, 2], [3, 4]])
    assert np.array_equal(cg.MATRIX.add(1, a), [[2, 2], [3, 5]])
    assert np.array_equal(cg.MATRIX.add(a, 0), a)
    assert np.array_equal(cg.MATRIX.mul(a, 3), 3 * a)
    with pytest.raises(ValueError, match=r"have the shapes \(2, 2\) and \(1, 2\): expected one shape"):
        cg.MATRIX.add(a, np.array([[1, 2]]))


@given(multigraphs(lambda number, tail, head: st.just(number)))
def test_symbols_stand_for_whatever_is_put_in_their_place(graph: nx.MultiDiGraph) -> None:
    at = {}
    for *_, data in graph.edges(data=True):
        at[f"e{data['partial']}"] = [2, -1, 3, 0.5][data["partial"] % 4]
        data["partial"] = cg.Variable(f"e{data['partial']}")
    for tail, head in product(graph, repeat=2):
        total = cg.paths(graph, tail, head, cg.EXPRESSION).total
        expected = sum(math.prod(at[path_label(graph, edge)] for edge in path) for path in listed(graph, tail, head))
        used = {name: at[name] for name in cg.trace({"f": total}).graph["inputs"]}
        assert cg.solve({"f": total}, at=used).values["f"] == pytest.approx(expected)


def path_label(graph: nx.MultiDiGraph, edge: Any) -> str:
    return str(graph.edges[edge]["partial"].name)


# -- one by one


def diamond(*labels: Any) -> nx.MultiDiGraph:
    """Four edges x → y, in parallel."""
    graph = nx.MultiDiGraph()
    for label in labels:
        graph.add_edge("x", "y", partial=label)
    return graph


def test_parallel_edges_are_lifted_before_they_are_added() -> None:
    graph = diamond(3, -3)
    assert cg.paths(graph, "x", "y").total == 0
    assert cg.paths(graph, "x", "y", cg.COUNT).total == 2
    assert cg.paths(graph, "x", "y", cg.BOOLEAN).total is True
    assert cg.paths(graph, "x", "y", cg.MAX_PRODUCT).total == 3
    assert cg.paths(graph, "x", "y", cg.SIGNED_TOP).total == (-3, 3)
    assert cg.paths(graph, "x", "y", cg.ENTROPY).total == pytest.approx(math.log(2))


def test_the_largest_signed_product_alone_would_be_wrong() -> None:
    graph = nx.MultiDiGraph()
    for tail, head, label in [("x", "t", -2), ("x", "t", 1), ("t", "y", -3), ("t", "y", 2)]:
        graph.add_edge(tail, head, partial=label)
    assert cg.paths(graph, "x", "y", cg.SIGNED_TOP).total == (-4, 6)  # max alone: 2 · 1 = 2
    naive = cg.Semiring("NAIVE", max, operator.mul, -math.inf, 1)
    assert cg.paths(graph, "x", "y", naive).total == 2


def test_entropy_of_equal_and_of_single_paths() -> None:
    assert cg.paths(diamond(5, -5, 5), "x", "y", cg.ENTROPY).total == pytest.approx(math.log(3))
    assert cg.paths(diamond(-7), "x", "y", cg.ENTROPY).total == pytest.approx(0)
    assert cg.paths(diamond(2, 0), "x", "y", cg.ENTROPY).total == pytest.approx(0)  # 0·log 0 = 0
    assert cg.paths(diamond(0, 0), "x", "y", cg.ENTROPY).total == 0
    assert cg.ENTROPY.lift(-0.5) == (0.5, pytest.approx(-0.5 * math.log(0.5)))
    assert cg.ENTROPY.mul((2, 3), (5, 7)) == (10, 2 * 7 + 5 * 3)


def chain(length: int, label: Any) -> nx.MultiDiGraph:
    graph = nx.MultiDiGraph()
    for i in range(length):
        graph.add_edge(i, i + 1, partial=label)
    return graph


@pytest.mark.parametrize(("label", "lost"), [(-1e-10, 0.0), (1e10, math.inf)])
def test_sign_and_logarithm_outlast_floats(label: float, lost: float) -> None:
    graph = chain(20_001, label)
    assert cg.paths(graph, 0, 20_001).total == lost
    total = cg.paths(graph, 0, 20_001, cg.SIGN_LOG).total
    assert total.sign == math.copysign(1, label)
    assert total.log == pytest.approx(20_001 * math.log(abs(label)), rel=1e-9)
    assert float(total) == lost


def test_sign_and_logarithm_cancel_and_keep_digits() -> None:
    near = cg.paths(diamond(1.0, -1.0 + 1e-12), "x", "y", cg.SIGN_LOG).total
    assert float(near) == pytest.approx(1e-12, rel=1e-3)
    assert cg.paths(diamond(3.0, -3.0), "x", "y", cg.SIGN_LOG).total == (0, -math.inf)
    assert cg.SIGN_LOG.lift(Fraction(10**400, 3)).log == pytest.approx(400 * math.log(10) - math.log(3))


@pytest.mark.parametrize("semiring", [cg.REAL, cg.MAX_PRODUCT, cg.SIGNED_TOP, cg.ENTROPY, cg.SIGN_LOG], ids=repr)
def test_zero_times_infinity_is_no_answer(semiring: cg.Semiring) -> None:
    graph = nx.MultiDiGraph()
    graph.add_edge("x", "t", partial=0.0)
    graph.add_edge("t", "y", partial=math.inf)
    with pytest.raises(cg.DomainError, match="along the edge t → y is undefined"):
        cg.paths(graph, "x", "y", semiring)


def test_best_paths_keep_labels_that_are_alike_apart_and_drop_zeros() -> None:
    semiring = cg.k_best(3)
    assert cg.paths(diamond(2, 2, 0, -3), "x", "y", semiring).total == (Ranked(-3, (-3,)), *[Ranked(2, (2,))] * 2)
    with pytest.raises(ValueError, match=r"k_best: expected k ≥ 1, got 0\. Write k_best\(3\)"):
        cg.k_best(0)
    with pytest.raises(ValueError, match=r"expected k ≥ 1, got 2\.5"):
        cg.k_best(2.5)  # type: ignore[arg-type]


@given(multigraphs(numbers), st.integers(1, 5))
def test_best_paths_are_paths_with_their_nodes(graph: nx.MultiDiGraph, k: int) -> None:
    for tail, head in product(graph, repeat=2):
        every = {path.edges: path for path in cg.paths(graph, tail, head).paths}
        best = cg.best_paths(graph, tail, head, k)
        assert [every[path.edges] for path in best] == best
        assert len({path.edges for path in best}) == len(best)
        assert [abs(path.product) for path in best] == top([path.factors for path in every.values()], k)


def test_best_paths_of_many() -> None:
    graph = nx.MultiDiGraph()
    for i in range(60):
        graph.add_edge(i, i + 1, partial=2.0)
        graph.add_edge(i, i + 1, partial=-1.0)
    best = cg.best_paths(graph, 0, 60, 3)
    assert [path.product for path in best] == [2.0**60, -(2.0**59), -(2.0**59)]
    assert cg.paths(graph, 0, 60).count == 2**60


@given(multigraphs(numbers), st.sampled_from([cg.MAX_PRODUCT, cg.LONGEST, cg.SHORTEST]))
def test_the_path_that_was_chosen_has_the_total(graph: nx.MultiDiGraph, semiring: cg.Semiring) -> None:
    for sweep in (cg.forward, cg.reverse):
        for seed in graph:
            steps = list(sweep(graph, {seed: semiring.one}, semiring))
            for step in steps:
                if step.terms and step.total != semiring.zero:
                    edges = chosen_edges(steps, step.node)
                    assert {edges[0][:2].index(step.node), edges[-1][:2].index(seed)} == {0, 1}
                    along = edges[::-1] if sweep is cg.reverse else edges
                    labels = [semiring.lift(graph.edges[edge]["partial"]) for edge in along]
                    assert reduce(semiring.mul, labels) == step.total


# -- a solution, asked again

EXAMPLE = "t = x^2; u1 = sin(t); u2 = 3t; u = u1 + u2; J = cos(u)"


@pytest.fixture
def s() -> cg.Solution:
    return cg.solve(EXAMPLE, at={"x": 2})


@every_law
@pytest.mark.parametrize("direction", ["reverse", "forward"])
def test_a_solution_is_asked_again(s: cg.Solution, law: Law, direction: str) -> None:
    again = cg.solve(EXAMPLE, at={"x": 2}, direction=direction).over(law.semiring)
    words = [path.factors for path in s.paths("x").paths]
    (answer,) = again.jacobian.values()
    assert again.derivatives["x" if direction == "reverse" else "J"] == answer
    assert same(law.read(answer), law.expected(words))
    assert same(law.read(again.paths("x").total), law.expected(words))
    assert again.graph is s.graph or list(again.graph.edges(data=True)) == list(s.graph.edges(data=True))
    assert s.derivatives["x"] == pytest.approx(9.0991485)  # the question asked first is as it was
    assert str(law.semiring) in repr(again) or law.semiring is cg.REAL
    assert again.cost == s.cost or direction == "forward"


def test_symbols_need_a_point_where_numbers_are_compared() -> None:
    s = cg.solve(EXAMPLE)
    assert s.over(cg.COUNT).derivatives["x"] == 2
    assert len(s.over(cg.FREE).derivatives["x"]) == 2
    with pytest.raises(TypeError, match=r"MAX_PRODUCT needs numbers: expected a point.*Give at="):
        s.over(cg.MAX_PRODUCT)


def test_the_film_shows_the_most_influential_path_in_bold(s: cg.Solution) -> None:
    film = s.over(cg.MAX_PRODUCT).film()
    (best,) = cg.best_paths(s.graph, "x", "J")
    names = [*s.graph]
    bold = {(names[edge.tail], names[edge.head]) for edge in film.script.edges if edge.bold}
    assert bold == {edge[:2] for edge in best.edges} == {("x", "t"), ("t", "u2"), ("u2", "u"), ("u", "J")}
    assert film.svg(3).count('class="cg-bold cg-') == 4 + 4  # edges and their labels
    assert film.dot().count('penwidth="5"') == 4
    assert film.captions[5] == "t → J: 2.908 by u₂, 0.6337 by u₁. MAX_PRODUCT of these is 2.908."
    assert not any("∂J/∂" in words for words in film.captions)
    assert not any(edge.bold for edge in s.film().script.edges)
    chosen = s.film(bold=best.edges)
    assert {(names[e.tail], names[e.head]) for e in chosen.script.edges if e.bold} == bold


@pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)
def test_a_table_in_another_semiring_claims_no_derivative(s: cg.Solution, law: Law) -> None:
    if law.semiring is cg.REAL:
        return
    lines = str(s.over(law.semiring).table()).splitlines()
    assert str(law.semiring) in lines[0]
    assert all("∂" not in line.split("  ")[-1] for line in lines if line.startswith("x = 2"))
    assert "(x → J) +=" in "\n".join(lines)


MISTAKEN: dict[str, tuple[Callable[[], Any], str]] = {
    "a name, in a sweep": (lambda: cg.forward(diamond(1), {"x": 1}, "COUNT"), r"got 'COUNT'\. Write cg\.COUNT"),  # type: ignore[arg-type]
    "a name, of paths": (lambda: cg.paths(diamond(1), "x", "y", "COUNT"), "expected a semiring"),  # type: ignore[arg-type]
    "a name, asked again": (lambda: cg.solve("y = x", at={"x": 1}).over("COUNT"), "expected a semiring"),  # type: ignore[arg-type]
    "a name, eliminated": (lambda: cg.accumulate(diamond(1), [], semiring="COUNT"), "expected a semiring"),  # type: ignore[arg-type]
    "a node": (lambda: cg.reverse(diamond(1), "y"), r"seeds: expected a mapping .*got 'y'\. Write \{'y': 1\}"),  # type: ignore[arg-type]
    "a number": (
        lambda: cg.reverse(diamond(1), {"y": 2}, cg.FREE),
        r"expected an element of it, or 1 .*semiring\.lift\(2\)",
    ),
}


@pytest.mark.parametrize(("ask", "message"), MISTAKEN.values(), ids=MISTAKEN)
def test_what_is_no_semiring_and_no_seed(ask: Callable[[], Any], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        ask()


def test_words_are_no_products_of_numbers(s: cg.Solution) -> None:
    words = str(s.over(cg.FREE).paths("x"))
    assert "x → t → u₁ → u → J   ⟨0.969498, 1, −0.653644, 4⟩" in words and "·" not in words
    assert "11.634 ⟨0.969498, 1, 3, 4⟩" in str(s.over(cg.k_best(1)))
    assert element(cg.FREE.one) == "1" and element(Counter({(2, "a"): 3})) == "3⟨2, a⟩"
    assert element(Counter({(2, 3): 1}), style="latex") == r"\langle 2, 3 \rangle"
    assert element(Counter({(2, 3): 4}), style="spoken") == "4 times the word 2, 3"


def test_paths_in_other_semirings_on_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    def paths(*argv: str) -> str:
        assert main(["paths", EXAMPLE, "--at", "x=2", *argv]) == 0
        return capsys.readouterr().out

    assert paths("--semiring", "max-product").splitlines()[-1].split() == ["2", "paths", "MAX_PRODUCT", "=", "11.634"]
    for name, total in {"count": 2, "BOOLEAN": 1, "longest": s_longest(), "Signed_Top": [-2.5348, 11.634]}.items():
        answer = json.loads(paths("--semiring", name, "--json"))
        assert answer["semiring"] == name.upper() and answer["sums"][0]["total"] == pytest.approx(total, rel=1e-4)
    (free,) = json.loads(paths("--semiring", "free", "--json"))["sums"]
    assert [word["count"] for word in free["total"]] == [1, 1]
    assert sum(math.prod(word["word"]) for word in free["total"]) == pytest.approx(9.0991485)
    assert [path["product"][0]["word"] for path in free["paths"]] == [word["word"] for word in free["total"]]
    (best,) = json.loads(paths("--semiring", "k_best:1", "--json"))["sums"]
    assert best["total"] == [
        {"product": pytest.approx(11.634, rel=1e-4), "word": pytest.approx([0.9695, 1, 3, 4], rel=1e-4)}
    ]
    assert main(["paths", EXAMPLE, "--at", "x=2", "--semiring", "largest"]) == 2
    assert "--semiring 'largest': expected one of REAL, COUNT" in capsys.readouterr().err


def s_longest() -> float:
    return cg.solve(EXAMPLE, at={"x": 2}).over(cg.LONGEST).derivatives["x"]


# -- what things cost: counting is a path question, too


def logistic(levels: int) -> cg.Expression:
    """l ← 4·l·(1 − l), the example of Baydin et al. (2018), Table 1."""
    level: Any = cg.Variable("x")
    for _ in range(levels - 1):
        level = 4 * level * (1 - level)
    return level


def test_formulas_grow_as_paths_do_and_circuits_do_not(golden_cases: dict[str, Any]) -> None:
    case = golden_cases["cost_logistic_map"]
    for n in case["inputs"]["n"]:
        graph = cg.trace(logistic(n))
        graph = cg.linearize(graph, {"x": 0.3})
        operations = [node for node in graph if node != "x"]
        written_out = cg.totals(cg.reverse(graph, {"f": 1}, cg.COUNT))  # how often each stands in the formula
        assert len(operations) == 3 * (n - 1) == case["values"][f"circuit_ops_{n}"]
        formula_size = sum(written_out[node] for node in operations)
        assert formula_size == 3 * (2 ** (n - 1) - 1) == case["values"][f"formula_ops_{n}"]
        assert cg.solve(logistic(n), at={"x": 0.3}).cost.multiplications == graph.number_of_edges() == 4 * (n - 1)


def test_a_jacobian_takes_a_sweep_per_input_or_per_output(golden_cases: dict[str, Any]) -> None:
    case = golden_cases["cost_sweeps"]
    n, m = case["inputs"]["n"], case["inputs"]["m"]
    xs = [cg.Variable(f"x{i}") for i in range(n)]
    joined = reduce(operator.mul, xs)
    problem = {f"y{j}": cg.sin(joined + j) for j in range(m)}
    at = {f"x{i}": 1 + i / 10 for i in range(n)}
    outputs = [f"y{j}" for j in range(m)]
    ahead, back, auto = [
        cg.solve(problem, at=at, of=outputs, direction=direction) for direction in ("forward", "reverse", "auto")
    ]
    edges = ahead.graph.number_of_edges()
    assert len(ahead.seeds) == n == case["values"]["forward_sweeps"]
    assert len(back.seeds) == m == case["values"]["reverse_sweeps"]
    assert auto.direction == "reverse"
    assert ahead.cost.multiplications <= n * edges and back.cost.multiplications <= m * edges
    assert ahead.jacobian == pytest.approx(back.jacobian, rel=1e-12)
    for one in (*map(ahead.sweep, ahead.seeds), *map(back.sweep, back.seeds)):
        assert one.cost.multiplications == sum(len(step.terms) for step in one.steps) <= edges
    outputs = [f"y{j}" for j in range(9)]
    single = cg.solve({name: xs[0] * j for j, name in enumerate(outputs)}, at={"x0": 1}, of=outputs, direction="auto")
    assert (single.direction, single.cost.multiplications) == ("forward", single.graph.number_of_edges())


def test_the_operations_of_a_dense_layer(golden_cases: dict[str, Any]) -> None:
    case = golden_cases["flops_dense"]
    for n, m in [(1, 1), (3, 2), (5, 7), (case["inputs"]["N"], case["inputs"]["M"])]:
        xs = [cg.Variable(f"x{j}") for j in range(n)]
        layer = {}
        for i in range(m):
            ways = [cg.Variable(f"w{i}_{j}") * x for j, x in enumerate(xs)]
            layer[f"y{i}"] = reduce(operator.add, ways)
        biased = {f"b{i}": one + cg.Variable(f"bias{i}") for i, one in enumerate(layer.values())}
        without, both = Counter(), Counter()
        for name, data in cg.trace({**layer, **biased}).nodes(data=True):
            both[str(data["primitive"])] += 1
            without[str(data["primitive"])] += name not in biased
        counted = {
            "mult": without["multiply"],
            "add_nobias": without["add"],
            "total_nobias": without["multiply"] + without["add"],
            "total_bias": both["multiply"] + both["add"],
        }
        formula = {"mult": m * n, "add_nobias": m * (n - 1), "total_nobias": 2 * m * n - m, "total_bias": 2 * m * n}
        assert counted == formula
    assert counted == case["values"]


def operations(outputs: dict[str, Any]) -> int:
    """The size of the circuit: operations with at least one argument that is no literal."""
    graph = cg.trace(outputs)
    return sum(1 for _, data in graph.nodes(data=True) if data["arguments"] and data["primitive"].name != "literal")


def test_a_gradient_costs_at_most_five_times_the_function(explicit_case: dict[str, Any]) -> None:
    """Value and gradient as one circuit, against the value alone (Baur and Strassen, 1983; Griewank, 1989)."""
    text = "\n".join(explicit_case["assignments"])
    for output in explicit_case["outputs"]:
        s = cg.solve(text, of=output, wrt=list(explicit_case["inputs"]))
        value = s.values[output]
        alone = operations({output: value})
        both = operations({output: value, **{f"d{name}": d for name, d in s.gradient.items()}})
        assert both <= 5 * alone, (both, alone)


@pytest.mark.parametrize("n", [2, 10, 1000])
def test_a_gradient_costs_at_most_five_times_a_chain(n: int) -> None:
    x = cg.Variable("x")
    wavy = reduce(lambda value, i: cg.sin(value) if i % 2 else value * value, range(n), x)
    for function in (logistic(n), wavy):
        derivative = cg.solve(function).gradient["x"]
        assert operations({"f": function, "d": derivative}) <= 5 * operations({"f": function})

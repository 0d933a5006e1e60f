"""The labelled graph as a linear system, sums over cycles, and sparse Jacobians: all equal to the sweeps."""

from __future__ import annotations

import subprocess
import sys
from itertools import product
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import compgraph as cg
from compgraph import substitution
from compgraph.linear import spectral_radius
from compgraph.substitution import Edges, compiled
from tests.strategies import multigraphs

METHODS = ["substitution", "dense", "sparse"]


def floats(number: int, tail: int, head: int) -> st.SearchStrategy[float]:
    return st.sampled_from([0.0, 1.0, -1.0, 2.0, 0.5, -2.5])


def swept(graph: nx.MultiDiGraph, seeds: dict[Any, float]) -> tuple[dict[Any, float], dict[Any, float]]:
    return cg.totals(cg.forward(graph, seeds)), cg.totals(cg.reverse(graph, seeds))


# -- the same answer


@pytest.mark.parametrize("method", METHODS)
def test_every_solution_is_the_sweep(method: str) -> None:
    if method == "sparse":
        pytest.importorskip("scipy")

    @given(multigraphs(floats), st.data())
    def law(graph: nx.MultiDiGraph, data: st.DataObject) -> None:
        seeds = {node: data.draw(st.sampled_from([0.0, 1.0, -3.0])) for node in graph}
        system = cg.linear_system(graph)
        ahead, back = swept(graph, seeds)
        assert system.named(system.forward(seeds, method=method)) == pytest.approx(ahead, abs=1e-12)
        assert system.named(system.reverse(seeds, method=method)) == pytest.approx(back, abs=1e-12)

    law()


@given(multigraphs(floats))
def test_the_matrix_is_triangular_in_evaluation_order_and_adds_parallel_edges(graph: nx.MultiDiGraph) -> None:
    system = cg.linear_system(graph)
    assert np.array_equal(system.matrix, np.tril(system.matrix, -1))
    for (i, head), (j, tail) in product(enumerate(system.nodes), repeat=2):
        labels = [data["partial"] for data in (graph.get_edge_data(tail, head) or {}).values()]
        assert system.matrix[i, j] == sum(labels)


@given(multigraphs(floats))
def test_without_cycles_star_is_the_sum_over_paths(graph: nx.MultiDiGraph) -> None:
    closure = cg.star(graph)
    assert len(closure) == len(graph) ** 2
    for (head, tail), total in closure.items():
        assert total == pytest.approx(cg.paths(graph, tail, head).total, abs=1e-12)


def test_the_multipliers_of_the_lagrangian(golden_cases: dict[str, Any]) -> None:
    case = golden_cases["lagrange_colah"]
    graph = nx.MultiDiGraph()
    for edge in case["edges"]:
        graph.add_edge(edge["src"], edge["dst"], partial=edge["partial"])
    system = cg.linear_system(graph)
    for method in METHODS if cg_scipy() else METHODS[:2]:
        multipliers = system.named(system.reverse({"e": 1}, method=method))
        assert multipliers == pytest.approx(case["grads"], abs=case["tol"])
    ones = np.array([float(node == "e") for node in system.nodes])
    assert (np.eye(5) - system.matrix).T @ system.reverse(ones) == pytest.approx(ones)
    assert multipliers == cg.totals(cg.reverse(graph, {"e": 1}))


def cg_scipy() -> bool:
    try:
        import scipy  # noqa: F401
    except ImportError:
        return False
    return True


def test_an_explicit_case_as_a_system(explicit_case: dict[str, Any]) -> None:
    s = cg.solve("\n".join(explicit_case["assignments"]), at=explicit_case["inputs"])
    system = cg.linear_system(s.graph)
    for method in ("substitution", "dense"):
        found = system.named(system.reverse({s.outputs[0]: 1.0}, method=method))
        assert found == pytest.approx(s.derivatives, rel=1e-9, abs=1e-12)


# -- arrays


def layers(size: int, width: int, seed: int) -> tuple[Any, Any, Any]:
    generator = np.random.default_rng(seed)
    heads = np.repeat(np.arange(width, size), 2)
    tails = (heads // width - 1) * width + generator.integers(0, width, len(heads))
    return tails, heads, generator.uniform(-1, 1, len(heads))


@pytest.mark.parametrize("shuffled", [False, True])
@pytest.mark.parametrize("width", [50, 1000], ids=["deep", "wide"])
def test_compiled_and_plain_loops_agree(width: int, shuffled: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    size = 30_000
    tails, heads, partials = layers(size, width, 3)
    if shuffled:
        order = np.random.default_rng(4).permutation(len(heads))
        tails, heads, partials = tails[order], heads[order], partials[order]
    seeds = np.random.default_rng(5).normal(size=size)
    fast = [getattr(cg.LinearSystem(tails, heads, partials, size), way)(seeds) for way in ("forward", "reverse")]
    monkeypatch.setattr(substitution, "compiled", lambda: None)
    system = cg.LinearSystem(tails, heads, partials, size)
    plain = [system.forward(seeds), system.reverse(seeds)]
    assert bool(system._edges._levels) == (width == 1000)  # level by level where that is worth it
    for one, other in zip(fast, plain, strict=True):
        assert one == pytest.approx(other, rel=1e-12, abs=1e-12)
    residual = plain[0] - seeds
    np.subtract.at(residual, heads, partials * plain[0][tails])  # (I − A)ż − e
    assert residual == pytest.approx(np.zeros(size), abs=1e-9)


def test_the_loops_of_scipy_are_tried_before_they_are_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    sparsetools = pytest.importorskip("scipy.sparse._sparsetools")
    assert compiled() is not None
    for wrong in (
        lambda *arguments: None,  # does nothing
        lambda rows, columns, starts, ends, labels, x, y: y.__iadd__(x),
        lambda *arguments: 1 / 0,
    ):
        compiled.cache_clear()
        with monkeypatch.context() as patched:
            patched.setattr(sparsetools, "csr_matvec", wrong)
            assert compiled() is None
    compiled.cache_clear()
    assert compiled() is not None


def test_without_scipy_everything_but_the_sparse_method_works() -> None:
    code = """
import sys
sys.modules["scipy"] = None
import numpy as np, compgraph as cg
n = 30_001
system = cg.LinearSystem(np.arange(n - 1), np.arange(1, n), np.full(n - 1, 1.0), n)
assert system.reverse({n - 1: 2.0}).tolist() == [2.0] * n
try:
    system.reverse({n - 1: 2.0}, method="sparse")
except ImportError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "method='sparse' needs SciPy: pip install compgraph[sparse].\n"


def test_a_chain_of_any_depth_and_exact_sums() -> None:
    edges = Edges(np.arange(100_000), np.arange(1, 100_001), np.ones(100_000), 100_001)
    assert edges.forward(np.eye(1, 100_001)[0]).tolist() == [1.0] * 100_001
    doubling = cg.LinearSystem(np.repeat(np.arange(60), 2), np.repeat(np.arange(1, 61), 2), np.ones(120), 61)
    assert doubling.reverse({60: 1})[0] == 2.0**60


def test_an_empty_graph_and_one_without_edges() -> None:
    assert cg.linear_system(nx.MultiDiGraph()).reverse({}).tolist() == []
    alone = nx.MultiDiGraph()
    alone.add_nodes_from("ab")
    system = cg.linear_system(alone)
    assert system.named(system.reverse({"b": 2})) == {"a": 0, "b": 2}
    assert system.named(system.forward([0, 2], method="dense")) == {"a": 0, "b": 2}


def test_reading_a_graph_keeps_its_order_or_finds_one() -> None:
    graph = nx.MultiDiGraph()
    graph.add_edge("t", "y", partial=3.0)
    graph.add_edge("x", "t", partial=2.0)
    system = cg.linear_system(graph)
    assert list(system.nodes) == ["x", "t", "y"] and system.is_triangular
    assert system.named(system.reverse({"y": 1.0})) == {"x": 6.0, "t": 3.0, "y": 1.0}


def graph_of(*edges: tuple[str, str, Any]) -> nx.MultiDiGraph:
    graph = nx.MultiDiGraph()
    for tail, head, label in edges:
        graph.add_edge(tail, head, **({} if label is None else {"partial": label}))
    return graph


REFUSED: dict[str, tuple[Any, type[Exception], str]] = {
    "no label": (lambda: cg.linear_system(graph_of(("x", "y", None))), ValueError, "the edge x → y .* has no label"),
    "infinite": (
        lambda: cg.linear_system(graph_of(("x", "y", 1.0), ("x", "z", float("inf")))),
        ValueError,
        "the edge x → z is infinite or undefined: expected finite labels",
    ),
    "symbols": (
        lambda: cg.linear_system(cg.solve("y = sin(x)").graph),
        TypeError,
        "labels that are no numbers: expected a graph labelled at a point",
    ),
    "lengths": (lambda: cg.LinearSystem([0], [1, 2], [1.0], 3), ValueError, "expected three arrays of one length"),
    "places": (lambda: cg.LinearSystem([0], [3], [1.0], 3), ValueError, "places of nodes, from 0 to 2, got 0 to 3"),
    "numbering": (
        lambda: cg.LinearSystem([2], [1], [1.0], 3).reverse({1: 1.0}),
        ValueError,
        "the edge 2 → 1 goes back: expected nodes numbered with tails before heads",
    ),
    "seed": (lambda: cg.LinearSystem([0], [1], [1.0], 3).reverse({7: 1.0}), ValueError, "no node 7 to seed"),
    "seeds": (lambda: cg.LinearSystem([0], [1], [1.0], 3).reverse([1.0]), ValueError, r"got the shape \(1,\)"),
    "method": (
        lambda: cg.LinearSystem([0], [1], [1.0], 3).reverse({0: 1.0}, method="magic"),
        ValueError,
        "unknown method 'magic': expected one of substitution, dense, sparse",
    ),
    "cycle": (
        lambda: cg.linear_system(graph_of(("a", "b", 0.5), ("b", "a", 0.5))).reverse({"a": 1.0}),
        ValueError,
        r"the graph has a cycle: .*a → b → a.*Or solve with method='dense'",
    ),
    "too large": (lambda: cg.LinearSystem([0], [1], [1.0], 50_000).matrix, ValueError, "a dense matrix of 50000 nodes"),
}


@pytest.mark.parametrize(("ask", "error", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused(ask: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        ask()


# -- cycles


def round_and_round(seed: int, size: int = 6, scale: float = 0.9) -> nx.MultiDiGraph:
    """A graph with many cycles and parallel edges, of a given spectral radius."""
    generator = np.random.default_rng(seed)
    graph = nx.MultiDiGraph()
    graph.add_nodes_from(range(size))
    for tail, head in product(range(size), repeat=2):
        for _ in range(int(generator.integers(0, 3))):
            graph.add_edge(tail, head, partial=float(generator.normal()))
    radius = np.abs(np.linalg.eigvals(cg.linear_system(graph).matrix)).max()
    for *_, data in graph.edges(data=True):
        data["partial"] *= scale / radius
    return graph


@pytest.mark.parametrize("seed", range(5))
def test_star_is_the_limit_of_adding_longer_and_longer_walks(seed: int) -> None:
    graph = round_and_round(seed)
    system = cg.linear_system(graph)
    assert system.spectral_radius == pytest.approx(0.9)
    term = total = np.eye(6)
    for _ in range(600):
        term = system.matrix @ term
        total = total + term
    closure = cg.star(graph)
    assert closure.matrix == pytest.approx(total, rel=1e-9, abs=1e-9)
    for tail in graph:
        methods = ["dense", "sparse"] if cg_scipy() else ["dense"]
        for method in methods:
            ahead, back = [f({tail: 1.0}, method=method) for f in (system.forward, system.reverse)]
            assert ahead == pytest.approx([closure[head, tail] for head in graph], rel=1e-9)
            assert back == pytest.approx([closure[tail, other] for other in graph], rel=1e-9)


def test_a_geometric_series() -> None:
    graph = graph_of(("z", "z", 0.5), ("x", "z", 2.0))
    assert cg.star(graph)["z", "x"] == 4.0
    assert cg.star(graph)["x", "z"] == 0.0
    assert set(cg.star(graph)) == set(product("zx", repeat=2))
    with pytest.raises(ValueError, match=r"the graph has a cycle.*z → z"):
        cg.paths(graph, "x", "z")


def test_the_value_of_a_markov_decision_process(golden_cases: dict[str, Any]) -> None:
    """V = r + γPV as a graph: who earns what, and where one goes from there."""
    case = golden_cases["implicit_mdp"]
    gamma = case["inputs"]["gamma"]
    edges = [("V1", "V1", 0.9), ("V2", "V1", 0.1), ("V1", "V2", 0.2), ("V2", "V2", 0.8)]
    graph = graph_of(*[(tail, head, gamma * p) for tail, head, p in edges], ("r1", "V1", 1.0), ("r2", "V2", 1.0))
    closure = cg.star(graph)
    assert closure["V1", "r1"] == pytest.approx(case["grads"]["r1"], rel=1e-12)
    assert closure["V1", "r2"] == pytest.approx(case["grads"]["r2"], rel=1e-12)
    assert closure["V2", "r1"] * case["inputs"]["r1"] == pytest.approx(case["values"]["V2"], rel=1e-12)


DIVERGES = {
    "a loop of 1": ([("z", "z", 1.0)], 1),
    "a loop of −1": ([("z", "z", -1.0)], 1),
    "a loop of 2": ([("z", "z", 2.0)], 2),
    "two parallel loops": ([("z", "z", 0.5), ("z", "z", 0.5)], 1),
    "a long way round": ([("a", "b", 2.0), ("b", "c", 3.0), ("c", "a", 0.5), ("c", "d", 100.0)], 3 ** (1 / 3)),
    "a Markov chain without discount": ([("a", "a", 0.9), ("b", "a", 0.1), ("a", "b", 0.2), ("b", "b", 0.8)], 1),
}


@pytest.mark.parametrize(("edges", "radius"), DIVERGES.values(), ids=DIVERGES)
def test_where_going_round_does_not_converge_the_spectral_radius_is_named(edges: Any, radius: float) -> None:
    with pytest.raises(ValueError, match=rf"expected a spectral radius below 1, got {radius:.6g}\. Make the labels"):
        cg.star(graph_of(*edges))


def test_an_equation_has_a_solution_where_the_sum_diverges() -> None:
    system = cg.linear_system(graph_of(("z", "z", 2.0), ("x", "z", 1.0)))  # z = 2z + x, so z = −x
    for method in ["dense", "sparse"] if cg_scipy() else ["dense"]:
        assert system.named(system.forward({"x": 1.0}, method=method))["z"] == -1.0


@pytest.mark.parametrize("method", ["dense", "sparse"])
@pytest.mark.parametrize("name", ["a loop of 1", "two parallel loops", "a Markov chain without discount"])
def test_a_singular_system_is_refused(name: str, method: str) -> None:
    if method == "sparse":
        pytest.importorskip("scipy")
    edges, radius = DIVERGES[name]
    system = cg.linear_system(graph_of(*edges))
    with pytest.raises(ValueError, match=rf"I − A is singular: .* spectral radius {radius:g}\. Change a label"):
        system.forward({edges[0][0]: 1.0}, method=method)


def test_the_spectral_radius_is_that_of_the_cycles_alone() -> None:
    chain = [np.arange(300), np.arange(1, 301), np.full(300, 1e6)]  # nilpotent: eigenvalues of all of it are noise
    assert spectral_radius(*chain) == 0.0
    tails, heads, partials = (np.append(one, more) for one, more in zip(chain, (7, 7, -0.25), strict=True))
    assert spectral_radius(tails, heads, partials) == 0.25


# -- sparse Jacobians


def banded(size: int) -> cg.Solution:
    """y_i = x_{i−1}·x_i·x_{i+1}: each output depends on three inputs."""
    x = [cg.Variable(f"x{i}") for i in range(size + 2)]
    problem = {f"y{i}": x[i] * x[i + 1] * x[i + 2] for i in range(size)}
    return cg.solve(problem, at={f"x{i}": 1 + i / 7 for i in range(size + 2)}, of=list(problem))


def test_a_band_takes_as_many_sweeps_as_it_is_wide() -> None:
    for size in (3, 10, 100):
        s = banded(size)
        sparse = cg.sparse_jacobian(s.graph)
        assert (sparse.sweeps, sparse.direction) == (3, "forward")
        nonzero = {pair: value for pair, value in s.jacobian.items() if value}
        assert sparse.entries == pytest.approx(nonzero, rel=1e-14)
        assert sparse.multiplications <= 3 * s.graph.number_of_edges()


@given(multigraphs(floats))
def test_a_sparse_jacobian_is_the_jacobian(graph: nx.MultiDiGraph) -> None:
    inputs = [node for node in graph if not graph.in_degree(node)]
    outputs = [node for node in graph if not graph.out_degree(node)]
    for direction in ("auto", "forward", "reverse"):
        sparse = cg.sparse_jacobian(graph, direction=direction)
        assert set(sparse.entries) == {(y, x) for y in outputs for x in inputs if x == y or nx.has_path(graph, x, y)}
        for (y, x), entry in sparse.entries.items():
            assert entry == pytest.approx(cg.paths(graph, x, y).total)
        assert sparse.sweeps <= len(inputs if sparse.direction == "forward" else outputs)
    ahead, back = [cg.sparse_jacobian(graph, direction=direction).sweeps for direction in ("forward", "reverse")]
    assert cg.sparse_jacobian(graph).sweeps == min(ahead, back)


def test_an_arrow_needs_the_better_direction() -> None:
    """A dense row and a diagonal: forward takes a sweep per input, reverse two."""
    x = [cg.Variable(f"x{i}") for i in range(30)]
    total = sum(x[1:], x[0])
    problem = {"s": total, **{f"y{i}": cg.sin(one) for i, one in enumerate(x)}}
    s = cg.solve(problem, at={f"x{i}": i / 10 for i in range(30)}, of=list(problem))
    sparse = cg.sparse_jacobian(s.graph)
    assert (sparse.direction, sparse.sweeps) == ("reverse", 2)
    assert repr(sparse) == "SparseJacobian: 60 entries by 2 reverse sweeps instead of 31"
    assert cg.sparse_jacobian(s.graph, direction="forward").sweeps == 30
    gradient = cg.sparse_jacobian(s.graph, ["s"])
    assert repr(gradient) == "SparseJacobian: 30 entries by 1 reverse sweep instead of 1"
    assert (gradient.direction, gradient.sweeps, len(gradient.entries)) == ("reverse", 1, 30)


def test_a_pattern_does_not_depend_on_the_point() -> None:
    s = cg.solve("y = x*z; u = z^2", at={"x": 0, "z": 0}, of=["y", "u"])
    assert cg.sparsity_pattern(s.graph) == {"y": ["x", "z"], "u": ["z"]}
    assert cg.sparse_jacobian(s.graph).entries == {("y", "x"): 0, ("y", "z"): 0, ("u", "z"): 0}
    assert cg.sparsity_pattern(s.graph, outputs=["u"], inputs=["x", "z"]) == {"u": ["z"]}


def test_sparse_jacobians_in_symbols_and_other_semirings() -> None:
    s = cg.solve("y = x*z; u = z^2", of=["y", "u"])
    entries = cg.sparse_jacobian(s.graph, semiring=cg.EXPRESSION).entries
    assert {"".join(pair): str(entry) for pair, entry in entries.items()} == {"yx": "z", "yz": "x", "uz": "2·z"}
    assert set(cg.sparse_jacobian(s.graph, semiring=cg.COUNT).entries.values()) == {1}
    with pytest.raises(ValueError, match="unknown direction 'up': expected one of auto, forward, reverse"):
        cg.sparse_jacobian(s.graph, direction="up")
    with pytest.raises(ValueError, match="no node 'w'"):
        cg.sparse_jacobian(s.graph, ["w"])

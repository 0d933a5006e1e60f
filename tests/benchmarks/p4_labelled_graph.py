"""P4: a labelled DAG that is already given, swept in reverse at 10⁶ edges: from arrays, and from a networkx graph.

Run ``python tests/benchmarks/p4_labelled_graph.py``. Workloads: a deep graph, each node with two arguments among the
few before it, and a wide one of 1 000 layers. Without SciPy its rows are skipped by name.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any

import networkx as nx
import numpy as np
from harness import installed, race, sized, table, verdict

from compgraph import substitution
from compgraph.linear import LinearSystem, linear_system

EDGES = sized(1_000_000, 100_000)


def deep(edges: int) -> tuple[Any, Any, Any, int]:
    """Two arguments among the four nodes before."""
    generator = np.random.default_rng(1)
    heads = np.repeat(np.arange(1, edges // 2 + 1), 2)
    tails = np.maximum(heads - generator.integers(1, 5, len(heads)), 0)
    return tails, heads, generator.uniform(0.2, 0.8, len(heads)), edges // 2 + 1


def wide(edges: int) -> tuple[Any, Any, Any, int]:
    """Two arguments anywhere in the layer before, 1 000 layers."""
    generator = np.random.default_rng(2)
    width = edges // 2 // 1000
    heads = np.repeat(np.arange(width, width + edges // 2), 2)
    tails = (heads // width - 1) * width + generator.integers(0, width, len(heads))
    return tails, heads, generator.uniform(0.2, 0.8, len(heads)), width + edges // 2


def networkx_graph(tails: Any, heads: Any, partials: Any, size: int) -> nx.MultiDiGraph:
    graph = nx.MultiDiGraph()
    graph.add_nodes_from(range(size))
    graph.add_edges_from(
        (tail, head, {"partial": partial})
        for tail, head, partial in zip(tails.tolist(), heads.tolist(), partials.tolist(), strict=True)
    )
    return graph


def networkx_loop(graph: nx.MultiDiGraph, seed: int) -> list[float]:
    """A reverse sweep through networkx's public methods, its order given."""
    adjoints = dict.fromkeys(graph, 0.0)
    adjoints[seed] = 1.0
    for node in reversed(list(graph)):
        adjoint = adjoints[node]
        for tail, _, partial in graph.in_edges(node, data="partial"):
            adjoints[tail] += partial * adjoint
    return list(adjoints.values())


def dictionary_loop(graph: nx.MultiDiGraph, seed: int) -> list[float]:
    """The same over networkx's own dictionaries, as fast as Python goes there."""
    adjoints = dict.fromkeys(graph, 0.0)
    adjoints[seed] = 1.0
    for node in reversed(list(graph)):
        adjoint = adjoints[node]
        for tail, parallel in graph._pred[node].items():
            for data in parallel.values():
                adjoints[tail] += data["partial"] * adjoint
    return list(adjoints.values())


class WithoutLoops:
    """As where there is no SciPy: Python's own loop, or NumPy level by level."""

    def __init__(self, system: LinearSystem) -> None:
        self.system = system

    def __call__(self, seeds: dict[int, float]) -> Any:
        loops, substitution.compiled = substitution.compiled, lambda: None  # type: ignore[assignment]
        try:
            return self.system.reverse(seeds)
        finally:
            substitution.compiled = loops


def from_arrays(name: str, workload: Callable[[int], Any], here: dict[str, bool], loop: float) -> None:
    tails, heads, partials, size = workload(EDGES)
    seeds = {size - 1: 1.0}
    system = LinearSystem(tails, heads, partials, size)
    plain = WithoutLoops(system)
    runs: dict[str, Callable[[], Any]] = {"compgraph, without SciPy": lambda: plain(seeds)}
    expected = plain(seeds)
    if here["scipy"]:
        from scipy.sparse import eye_array
        from scipy.sparse.linalg import spsolve_triangular

        matrix = (eye_array(size, format="csr") - system.sparse.T).tocsr()
        right = np.zeros(size)
        right[-1] = 1.0
        runs["compgraph"] = lambda: system.reverse(seeds)
        runs["compgraph, arrays to system too"] = lambda: LinearSystem(tails, heads, partials, size).reverse(seeds)
        runs["scipy spsolve_triangular"] = lambda: spsolve_triangular(matrix, right, lower=False, unit_diagonal=True)
    for run in runs.values():
        assert np.allclose(run(), expected, rtol=1e-9)
    times = race(runs, repeats=5)
    edges = len(partials)
    table(f"{name}, {edges} edges, from arrays", times, per=edges, unit="ns/op")
    mine = times["compgraph, without SciPy"].median
    verdict(f"P4 {name}, from arrays without SciPy, vs the networkx loop", loop / mine, 25)
    if here["scipy"]:
        peer = times["scipy spsolve_triangular"].median
        goal = 5 if substitution.compiled() else 1
        verdict(f"P4 {name}, from arrays, vs spsolve_triangular", peer / times["compgraph"].median, goal)
        whole = times["compgraph, arrays to system too"].median
        verdict(f"P4 {name}, from arrays, setting up included, vs spsolve_triangular alone", peer / whole, 1)


def from_networkx(name: str, workload: Callable[[int], Any]) -> float:
    """Print the times from a graph; return that of the loop through networkx's methods."""
    tails, heads, partials, size = workload(EDGES)
    graph = networkx_graph(tails, heads, partials, size)
    gc.collect()
    gc.freeze()  # four million dictionaries are not to be walked during a measurement
    seeds = {size - 1: 1.0}
    system = linear_system(graph)
    runs: dict[str, Callable[[], Any]] = {
        "networkx loop": lambda: networkx_loop(graph, size - 1),
        "dictionary loop": lambda: dictionary_loop(graph, size - 1),
        "compgraph, the first sweep": lambda: linear_system(graph).reverse(seeds),
        "compgraph, each further one": lambda: system.reverse(seeds),
    }
    expected = dictionary_loop(graph, size - 1)
    for run in runs.values():
        assert np.allclose(run(), expected, rtol=1e-9)
    times = race(runs, repeats=5)
    gc.unfreeze()
    table(f"{name}, {len(partials)} edges, from a networkx graph", times, per=len(partials), unit="ns/op")
    public, loop, first, further = (timing.median for timing in times.values())
    verdict(f"P4 {name}, from networkx, first sweep relative to the dictionary loop", first / loop, 1, at_most=True)
    verdict(f"P4 {name}, from networkx, each further sweep vs the dictionary loop", loop / further, 3)
    return public


def main() -> None:
    here = installed("scipy")
    for name, workload in (("deep", deep), ("wide", wide)):
        loop = from_networkx(name, workload)
        from_arrays(name, workload, here, loop)


if __name__ == "__main__":
    main()

"""P6: multiplications that orders of elimination take, which are counts and therefore exact, and the time to find them.

Run ``python tests/benchmarks/p6_elimination.py``. Workloads: the published graphs, and random graphs for the exact
search. Published for Roe's flux: forward 620, reverse 364, Markowitz 407 or 344 by its rule for ties, a search trained
by reinforcement learning (AlphaGrad) 320.
"""

from __future__ import annotations

import json
import random
import time
from pathlib import Path
from typing import Any

import networkx as nx
from harness import verdict

import compgraph as cg
from compgraph.comparison import ORDERS

PUBLISHED = json.loads((Path(__file__).parent.parent / "data" / "elimination_graphs.json").read_text("utf-8"))["graphs"]


def published(case: dict[str, Any]) -> nx.MultiDiGraph:
    graph = nx.MultiDiGraph(inputs=case["inputs"], outputs=case["outputs"])
    graph.add_nodes_from(range(case["nodes"]))
    graph.add_edges_from((tail, head, {"partial": label}) for tail, head, label in case["edges"])
    return graph


def ladder(inner: int, inputs: int, seed: int) -> nx.MultiDiGraph:
    """A random graph of exactly so many inner nodes."""
    generator = random.Random(seed)
    graph = nx.MultiDiGraph(inputs=[("x", i) for i in range(inputs)])
    graph.add_nodes_from(graph.graph["inputs"])
    for v in range(inner):
        tails = {v - 1 - generator.randrange(5) for _ in range(2)}
        graph.add_edges_from((t if t >= 0 else ("x", generator.randrange(inputs)), v) for t in sorted(tails))
    graph.add_edges_from((x, generator.randrange(inner)) for x in graph.graph["inputs"] if not graph.out_degree(x))
    graph.add_edges_from([(v, ("y", v)) for v in range(inner) if not graph.out_degree(v)])
    return graph


def timed(graph: nx.MultiDiGraph, order: Any) -> tuple[int, float]:
    start = time.perf_counter()
    found = order(graph)
    seconds = time.perf_counter() - start
    return cg.elimination_cost(graph, found).multiplications, seconds


def main() -> None:
    orders = {**ORDERS, "auto": cg.auto, "anneal 5 s": cg.anneal(seconds=5)}
    print(f"{'':24}" + "".join(f"{case['name'][:15]:>18}" for case in PUBLISHED))
    found: dict[tuple[str, str], tuple[int, float]] = {}
    for name, order in orders.items():
        cells = []
        for case in PUBLISHED:
            graph = published(case)
            if name == "optimal" and len(cg.forward_order(graph)) > 20:
                cells.append("too large")
                continue
            if name == "anneal 5 s" and "optimum" in case:
                cells.append("")  # the exact search has said it
                continue
            count, seconds = found[name, case["name"]] = timed(graph, order)
            cells.append(f"{count} {seconds * 1e3:8.1f} ms")
        print(f"{name:24}" + "".join(f"{cell:>18}" for cell in cells))
    print("\nmoves of annealing on Roe's flux, seeds 0 to 4")
    roe = published(next(case for case in PUBLISHED if case["name"] == "roe_flux_1d"))
    for moves in (10_000, 30_000, 100_000):
        runs = [timed(roe, cg.anneal(moves=moves, seed=seed)) for seed in range(5)]
        seconds = max(seconds for _, seconds in runs)
        print(f"  {moves:>8}: {', '.join(str(count) for count, _ in runs)}, at most {seconds:.1f} s")
    print("\nexact search, random graphs")
    for inner in (10, 15, 18, 20):
        for inputs in (4, 100):
            graph = ladder(inner, inputs, inner)
            count, seconds = timed(graph, cg.optimal)
            cheap, _ = timed(graph, cg.auto)
            print(f"  {inner} inner nodes, {inputs:>3} inputs: {count} ({cheap} by auto), {seconds:.2f} s")
    print()
    verdict("P6 Roe flux, auto, multiplications", found["auto", "roe_flux_1d"][0], 344, at_most=True, unit="")
    annealed, _ = found["anneal 5 s", "roe_flux_1d"]
    verdict("P6 Roe flux, 5 s of annealing, multiplications", annealed, 295, at_most=True, unit="")
    optima = [case for case in PUBLISHED if "optimum" in case]
    right = sum(found["optimal", case["name"]][0] == case["optimum"] for case in optima)
    verdict("P6 published optima found by the exact search", right, len(optima), unit="")
    verdict("P6 exact optimum, inner nodes", inner, 20, unit="")


if __name__ == "__main__":
    main()

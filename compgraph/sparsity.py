"""Sparse Jacobians: which output depends on which input, and how few sweeps find all of their derivatives.

Inputs on which no output depends together can be seeded in one forward sweep: whatever arrives at an output came from
one of them. Who may share a sweep is a question of colouring a graph; the same goes for outputs and reverse sweeps.

References
----------
A. R. Curtis, M. J. D. Powell, J. K. Reid: On the estimation of sparse Jacobian matrices, IMA J. Appl. Math. 13, 1974.
A. H. Gebremedhin, F. Manne, A. Pothen: What color is your Jacobian?, SIAM Review 47, 2005.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations
from typing import Any, NamedTuple

import networkx as nx

from compgraph.propagation import expect_multigraph, expect_numbers, forward, reverse
from compgraph.semiring import REAL, Semiring

__all__ = ["SparseJacobian", "sparse_jacobian", "sparsity_pattern"]

#: One bit per seed: a label passes all of them on. The sweep decides for all seeds at once.
_BITS = Semiring("BITS", operator.or_, operator.and_, 0, -1, lift=lambda label: -1)

_DIRECTIONS = ("auto", "forward", "reverse")


class SparseJacobian(NamedTuple):
    """The derivatives that can be other than zero, and what they cost.

    Attributes
    ----------
    entries : dict
        (output, input) → derivative, wherever there is a path.
    direction : {"forward", "reverse"}
    groups : list of lists
        The inputs (of forward sweeps) or outputs (of reverse ones) that shared a sweep.
    multiplications : int
        Products formed in all sweeps.
    """

    entries: dict[tuple[Any, Any], Any]
    direction: str
    groups: list[list[Any]]
    multiplications: int

    @property
    def sweeps(self) -> int:
        """How many sweeps it took."""
        return len(self.groups)

    def __repr__(self) -> str:
        entries = "1 entry" if len(self.entries) == 1 else f"{len(self.entries)} entries"
        sweeps = f"{self.sweeps} {self.direction} sweep{'s' * (self.sweeps != 1)}"
        return f"SparseJacobian: {entries} by {sweeps} instead of {sum(map(len, self.groups))}"


def sparsity_pattern(
    graph: nx.MultiDiGraph, outputs: Iterable[Any] | None = None, inputs: Iterable[Any] | None = None
) -> dict[Any, list[Any]]:
    """Output → the inputs on which it depends, whatever the labels are.

    Parameters
    ----------
    graph : networkx.MultiDiGraph
    outputs, inputs : iterable of nodes, optional
        Those of a traced graph, if left out; of any other, the nodes without edges out of them, and into them.

    Notes
    -----
    One sweep for all inputs, a bit each.

    Examples
    --------
    >>> g = nx.MultiDiGraph([("x", "t", {"partial": 1}), ("t", "u", {"partial": 0}), ("y", "v", {"partial": 1})])
    >>> sparsity_pattern(g)
    {'u': ['x'], 'v': ['y']}
    """
    targets, sources = _ends(graph, outputs, inputs)
    reached = {step.node: step.total for step in forward(graph, {x: 1 << i for i, x in enumerate(sources)}, _BITS)}
    return {y: [sources[i] for i in _places(reached[y])] for y in targets}


def _places(bits: int) -> Iterator[int]:
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest


def sparse_jacobian(
    graph: nx.MultiDiGraph,
    outputs: Iterable[Any] | None = None,
    inputs: Iterable[Any] | None = None,
    *,
    direction: str = "auto",
    semiring: Semiring = REAL,
) -> SparseJacobian:
    """The Jacobian of a labelled graph in as few sweeps as colouring finds.

    Parameters
    ----------
    graph : networkx.MultiDiGraph
        Labelled.
    outputs, inputs : iterable of nodes, optional
        As in `sparsity_pattern`.
    direction : {"auto", "forward", "reverse"}
        Whether inputs or outputs share sweeps; whichever needs fewer, if left out.
    semiring : Semiring

    Notes
    -----
    Greedy colouring, the most constrained first. A dense row needs a forward sweep for each of its entries, a dense
    column a reverse sweep for each.

    Examples
    --------
    A chain in which each output depends on two neighbours takes two sweeps, however long it is:

    >>> g = nx.MultiDiGraph()
    >>> for i in range(100):
    ...     _ = g.add_edge(f"x{i}", f"y{i}", partial=2.0), g.add_edge(f"x{i + 1}", f"y{i}", partial=-1.0)
    >>> sparse_jacobian(g)
    SparseJacobian: 200 entries by 2 forward sweeps instead of 101
    """
    if direction not in _DIRECTIONS:
        raise ValueError(f"unknown direction {direction!r}: expected one of {', '.join(_DIRECTIONS)}.")
    expect_multigraph(graph)
    expect_numbers(graph, "sparse_jacobian")
    targets, sources = _ends(graph, outputs, inputs)
    rows = sparsity_pattern(graph, targets, sources)
    columns: dict[Any, list[Any]] = {x: [] for x in sources}
    for y, row in rows.items():
        for x in row:
            columns[x].append(y)
    ways = {"forward": (sources, rows), "reverse": (targets, columns)}
    # those that meet in one place need a sweep each: begin with the direction in which these are fewer
    least = {way: max(map(len, meetings.values()), default=0) for way, (_, meetings) in ways.items()}
    chosen = ""
    groups: list[list[Any]] = []
    for way in sorted(ways if direction == "auto" else [direction], key=least.__getitem__):
        if not chosen or least[way] < len(groups):
            found = _apart(*ways[way])
            if not chosen or len(found) < len(groups):
                chosen, groups = way, found
    sweep, pattern = (forward, columns) if chosen == "forward" else (reverse, rows)
    totals: dict[tuple[Any, Any], Any] = {}
    multiplications = 0
    for group in groups:
        final = {}
        for step in sweep(graph, dict.fromkeys(group, semiring.one), semiring):
            final[step.node] = semiring.readout(step.total)
            multiplications += len(step.terms)
        totals |= {(node, other): final[other] for node in group for other in pattern[node]}
    entries = {(y, x): totals[(x, y) if chosen == "forward" else (y, x)] for y in targets for x in rows[y]}
    return SparseJacobian(entries, chosen, groups, multiplications)


def _ends(graph: nx.MultiDiGraph, outputs: Any, inputs: Any) -> tuple[list[Any], list[Any]]:
    if outputs is None:
        outputs = graph.graph.get("outputs") or [node for node in graph if not graph._succ[node]]
    if inputs is None:
        inputs = graph.graph.get("inputs") or [node for node in graph if not graph._pred[node]]
    targets, sources = list(dict.fromkeys(outputs)), list(dict.fromkeys(inputs))
    for node in (*targets, *sources):
        if node not in graph:
            raise ValueError(f"no node {node!r}: expected nodes of the graph as outputs and inputs.")
    return targets, sources


def _apart(nodes: Iterable[Any], meetings: Mapping[Any, list[Any]]) -> list[list[Any]]:
    """The nodes in groups of which no two ever meet: those of one colour."""
    graph = nx.Graph()
    graph.add_nodes_from(nodes)
    for met in meetings.values():
        graph.add_edges_from(combinations(met, 2))
    colours = nx.greedy_color(graph, strategy="largest_first")
    groups: dict[int, list[Any]] = {}
    for node in graph:
        groups.setdefault(colours[node], []).append(node)
    return [groups[colour] for colour in sorted(groups)]

"""Sums over paths that may go round in cycles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import networkx as nx
import numpy as np

from compgraph.linear import linear_system
from compgraph.substitution import Vector

__all__ = ["Closure", "star"]


class Closure(Mapping[tuple[Any, Any], float]):
    """Sums over all paths of a graph that may have cycles: ``closure[head, tail]``; made by `star`.

    Attributes
    ----------
    nodes : sequence
    matrix : array
        (I − A)⁻¹: rows are heads and columns tails, both in the order of `nodes`.
    """

    def __init__(self, nodes: Sequence[Any], matrix: Vector) -> None:
        self.nodes = nodes
        self.matrix = matrix
        self._place = {node: i for i, node in enumerate(nodes)}

    def __getitem__(self, pair: tuple[Any, Any]) -> float:
        head, tail = pair
        return float(self.matrix[self._place[head], self._place[tail]])

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        return ((head, tail) for head in self.nodes for tail in self.nodes)

    def __len__(self) -> int:
        return len(self.nodes) ** 2

    def __repr__(self) -> str:
        return f"Closure of {len(self.nodes)} nodes"


def star(graph: nx.MultiDiGraph) -> Closure:
    """The sum over all paths between any two nodes, cycles included: (I − A)⁻¹ = I + A + A² + …

    Parameters
    ----------
    graph : networkx.MultiDiGraph
        Labelled with numbers; a cycle may be an edge from a node to itself.

    Raises
    ------
    ValueError
        The sum does not converge: the spectral radius of A is 1 or more, and is stated.

    Notes
    -----
    Dense: n³ multiplications. Where the sum diverges, I − A may still be invertible; `LinearSystem.reverse`
    solves it, but its solution is no sum over paths.

    Examples
    --------
    A path may go round any number of times, halved each time:

    >>> g = nx.MultiDiGraph()
    >>> _ = g.add_edge("z", "z", partial=0.5), g.add_edge("x", "z", partial=2.0)
    >>> star(g)["z", "x"]
    4.0
    """
    system = linear_system(graph)
    radius = system.spectral_radius
    size = len(system.nodes)
    if radius >= 1 - 64 * size * np.finfo(float).eps:
        raise ValueError(
            f"the sum over paths does not converge: expected a spectral radius below 1, got {radius:.6g}. "
            "Make the labels on cycles smaller."
        )
    return Closure(system.nodes, np.asarray(np.linalg.solve(np.eye(size) - system.matrix, np.eye(size)), np.float64))

"""What cycles bring with them: whether going round converges, and sums over paths that do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import networkx as nx
import numpy as np

from compgraph.substitution import Places, Vector

__all__ = ["Closure", "spectral_radius"]


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


def spectral_radius(tails: Places, heads: Places, partials: Vector) -> float:
    """The largest absolute value of an eigenvalue of the matrix A[head, tail] = Σ partial.

    Notes
    -----
    Nodes that reach each other form a block with eigenvalues of its own; only blocks are made dense. A node on no
    cycle adds the eigenvalue 0, which the eigenvalues of all of A together would state with a large error.

    Examples
    --------
    >>> spectral_radius(np.array([0, 1, 0]), np.array([1, 0, 2]), np.array([0.5, 0.5, 100.0]))
    0.5
    """
    graph: nx.DiGraph = nx.DiGraph(zip(tails.tolist(), heads.tolist(), strict=True))
    radius = 0.0
    for component in nx.strongly_connected_components(graph):
        if len(component) == 1 and not graph.has_edge(*component, *component):
            continue
        places = np.array(sorted(component))
        inside = np.isin(heads, places) & np.isin(tails, places)
        block = np.zeros((len(places), len(places)))
        np.add.at(block, (np.searchsorted(places, heads[inside]), np.searchsorted(places, tails[inside])), partials[inside])
        radius = max(radius, float(np.abs(np.linalg.eigvals(block)).max()))
    return radius

"""A labelled graph as a linear system: (I − A)ᵀλ = e, where A[i, j] is the label from node j to node i.

A reverse sweep solves this system by back-substitution, because in evaluation order A is triangular; a forward sweep
solves (I − A)ż = e. Written so, the sweep is arithmetic on three arrays, and a graph with cycles has an answer, too:
(I − A)⁻¹ = I + A + A² + … is the sum over all paths, however often they go round.

References
----------
T. Vieira: Backprop is not just the chain rule, 2017. M. Iri: Simultaneous computation of functions, partial derivatives
and estimates of rounding errors, Japan J. Appl. Math. 1, 1984.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import networkx as nx
import numpy as np
from numpy.typing import ArrayLike

from compgraph.propagation import _unlabelled, node_order
from compgraph.substitution import Edges, Places, Vector

__all__ = ["LinearSystem", "linear_system", "spectral_radius"]

#: Nodes of the largest dense matrix that is formed.
_DENSE = 20_000


class LinearSystem:
    """A labelled graph as arrays: edge number k goes from ``tails[k]`` to ``heads[k]`` and is labelled ``partials[k]``.

    Parameters
    ----------
    tails, heads : array of int
        Places of nodes. Numbered with tails before heads, the system is triangular and is solved by substitution.
    partials : array of float
        Finite. Parallel edges add up.
    nodes : int or sequence
        How many nodes there are, or what they are called.

    Notes
    -----
    Substitution takes one multiplication and one addition per edge: 2–5 ns in SciPy's compiled loops (extra
    ``[sparse]``), 100 ns in Python's own. A dense solution takes n³/3 multiplications. The arrays are not to be
    changed afterwards.

    Examples
    --------
    >>> system = LinearSystem([0, 0, 1], [1, 2, 2], [2.0, 3.0, 5.0], nodes=3)
    >>> system.reverse({2: 1.0})
    array([13.,  5.,  1.])
    >>> system.matrix
    array([[0., 0., 0.],
           [2., 0., 0.],
           [3., 5., 0.]])
    """

    def __init__(self, tails: ArrayLike, heads: ArrayLike, partials: ArrayLike, nodes: int | Sequence[Any]) -> None:
        self.nodes: Sequence[Any] = range(nodes) if isinstance(nodes, int) else nodes
        size = len(self.nodes)
        try:
            self.partials: Vector = np.asarray(partials, dtype=np.float64)
        except TypeError as error:
            raise TypeError(
                "labels that are no numbers: expected a graph labelled at a point. Give at=; "
                "where labels are linear maps, ask entrywise(graph)."
            ) from error
        kind: Any = np.int32 if max(size, self.partials.size) < 2**31 else np.int64  # SciPy's loops take either
        self.tails: Places = np.asarray(tails, dtype=kind)
        self.heads: Places = np.asarray(heads, dtype=kind)
        if not self.tails.shape == self.heads.shape == self.partials.shape == (len(self.partials),):
            shapes = f"{self.tails.shape}, {self.heads.shape}, {self.partials.shape}"
            raise ValueError(f"tails, heads and partials: expected three arrays of one length, got shapes {shapes}.")
        ends = [place for array in (self.tails, self.heads) if len(array) for place in (array.min(), array.max())]
        if ends and (min(ends) < 0 or max(ends) >= size):
            raise ValueError(
                f"tails and heads: expected places of nodes, from 0 to {size - 1}, got {min(ends)} to {max(ends)}."
            )
        if not np.isfinite(self.partials).all():
            edge = self._edge(int(np.argmin(np.isfinite(self.partials))))
            raise ValueError(f"{edge} is infinite or undefined: expected finite labels. Use the sweeps, cg.reverse.")

    def _edge(self, k: int) -> str:
        return f"the edge {self.nodes[self.tails[k]]} → {self.nodes[self.heads[k]]}"

    # -- the system

    @cached_property
    def matrix(self) -> Vector:
        """A, dense: rows are heads, columns are tails. In evaluation order it is strictly lower triangular."""
        size = len(self.nodes)
        if size > _DENSE:
            raise ValueError(f"a dense matrix of {size} nodes: expected at most {_DENSE}. Use method='sparse'.")
        matrix = np.zeros((size, size))
        np.add.at(matrix, (self.heads, self.tails), self.partials)
        return matrix

    @cached_property
    def sparse(self) -> Any:
        """A as a `scipy.sparse.csr_array`."""
        try:
            from scipy.sparse import csr_array
        except ImportError as error:
            raise ImportError("method='sparse' needs SciPy: pip install compgraph[sparse].", name="scipy") from error
        return csr_array((self.partials, (self.heads, self.tails)), shape=(len(self.nodes), len(self.nodes)))

    @cached_property
    def is_triangular(self) -> bool:
        """Whether every edge goes on in the order of `nodes`."""
        return bool((self.tails < self.heads).all())

    # -- its solutions

    def reverse(self, seeds: Mapping[Any, float] | ArrayLike, *, method: str = "substitution") -> Vector:
        """The adjoints λ of all nodes: (I − A)ᵀλ = e.

        Parameters
        ----------
        seeds : mapping of node to number, or array
            The right-hand side e.
        method : {"substitution", "dense", "sparse"}
            ``"sparse"`` needs SciPy. The last two solve systems with cycles as well.

        Returns
        -------
        array of float
            In the order of `nodes`; `named` makes a dict of it.

        Raises
        ------
        ValueError
            A cycle where one substitutes, or I − A is singular: the spectral radius of A is stated.
        """
        return self._solved(seeds, method, True)

    def forward(self, seeds: Mapping[Any, float] | ArrayLike, *, method: str = "substitution") -> Vector:
        """The tangents ż of all nodes: (I − A)ż = e. The mirror image of `reverse`."""
        return self._solved(seeds, method, False)

    def named(self, values: Vector) -> dict[Any, float]:
        """Node → value."""
        return dict(zip(self.nodes, values.tolist(), strict=True))

    def _solved(self, seeds: Any, method: str, transposed: bool) -> Vector:
        methods = {"substitution": self._substituted, "dense": self._solved_dense, "sparse": self._solved_sparse}
        if method not in methods:
            raise ValueError(f"unknown method {method!r}: expected one of {', '.join(methods)}.")
        return methods[method](self._vector(seeds), transposed)

    def _vector(self, seeds: Any) -> Vector:
        size = len(self.nodes)
        if not isinstance(seeds, Mapping):
            vector: Vector = np.array(seeds, dtype=np.float64)
            if vector.shape != (size,):
                raise ValueError(f"seeds: expected one number for each of {size} nodes, got the shape {vector.shape}.")
            return vector
        vector = np.zeros(size)
        place = self.nodes if isinstance(self.nodes, range) else self._place
        for node, seed in seeds.items():
            if node not in place:
                raise ValueError(f"no node {node!r} to seed: expected one of the {size} nodes of the system.")
            vector[node if isinstance(place, range) else place[node]] = seed
        return vector

    @cached_property
    def _place(self) -> dict[Any, int]:
        return {node: i for i, node in enumerate(self.nodes)}

    def _substituted(self, values: Vector, transposed: bool) -> Vector:
        if not self.is_triangular:
            self._refuse()
        return self._edges.reverse(values) if transposed else self._edges.forward(values)

    @cached_property
    def _edges(self) -> Edges:
        return Edges(self.tails, self.heads, self.partials, len(self.nodes))

    def _refuse(self) -> None:
        k = int(np.argmax(self.tails >= self.heads))
        graph = nx.MultiDiGraph()
        graph.add_nodes_from(self.nodes)
        edges = zip(self.tails.tolist(), self.heads.tolist(), strict=True)
        graph.add_edges_from((self.nodes[tail], self.nodes[head]) for tail, head in edges)
        try:
            node_order(graph)
        except ValueError as error:
            raise ValueError(f"{error} Or solve with method='dense' or 'sparse'.") from None
        raise ValueError(
            f"{self._edge(k)} goes back: expected nodes numbered with tails before heads. "
            "Number them so, or solve with method='sparse'."
        )

    def _solved_dense(self, values: Vector, transposed: bool) -> Vector:
        matrix = np.eye(len(values)) - (self.matrix.T if transposed else self.matrix)
        if not self.is_triangular and np.linalg.cond(matrix) > 1 / (4 * np.finfo(float).eps):
            raise self._singular()
        return np.asarray(np.linalg.solve(matrix, values), dtype=np.float64)

    def _solved_sparse(self, values: Vector, transposed: bool) -> Vector:
        labels = self.sparse.T if transposed else self.sparse
        from scipy.sparse import csc_array, eye_array
        from scipy.sparse.linalg import splu, spsolve_triangular

        matrix = eye_array(len(values), format="csr") - labels
        if self.is_triangular:
            solved = spsolve_triangular(matrix.tocsr(), values, lower=not transposed, unit_diagonal=True)
            return np.asarray(solved, dtype=np.float64)
        try:
            factors = splu(csc_array(matrix))
        except RuntimeError:
            raise self._singular() from None
        pivots = np.abs(factors.U.diagonal())
        if pivots.min() <= 16 * np.finfo(float).eps * pivots.max():
            raise self._singular()
        return np.asarray(factors.solve(values), dtype=np.float64)

    def _singular(self) -> ValueError:
        return ValueError(
            f"I − A is singular: expected a system with one solution, got a matrix A of spectral radius "
            f"{self.spectral_radius:.6g}. Change a label on a cycle."
        )

    @cached_property
    def spectral_radius(self) -> float:
        """The largest absolute value of an eigenvalue of A: 0 without cycles, below 1 where going round converges."""
        return spectral_radius(self.tails, self.heads, self.partials)


def linear_system(graph: nx.MultiDiGraph) -> LinearSystem:
    """The linear system of a labelled graph, its nodes in evaluation order (as they stand, where there is a cycle).

    Parameters
    ----------
    graph : networkx.MultiDiGraph
        Labelled with numbers.

    Raises
    ------
    ValueError
        An edge has no label, or an infinite one.

    Notes
    -----
    Reading the dictionaries of networkx takes longer than many sweeps over the arrays: keep the system.

    Examples
    --------
    >>> g = nx.MultiDiGraph()
    >>> _ = g.add_edge("x", "y", partial=3), g.add_edge("x", "y", partial=4)
    >>> system = linear_system(g)
    >>> system.named(system.reverse({"y": 1}))
    {'x': 7.0, 'y': 1.0}
    """
    if not isinstance(graph, nx.Graph):
        raise TypeError(f"expected a networkx graph, got {type(graph).__name__}. Write s.graph of a Solution s.")
    nodes = list(graph)
    place = {node: i for i, node in enumerate(nodes)}
    tails: list[int] = []
    partials: list[Any] = []
    ends: list[int] = []
    try:  # networkx's dictionaries are walked once: each step in them is a cache miss
        for before in graph._pred.values():
            for tail, parallel in before.items():
                at = place[tail]
                for data in parallel.values():
                    tails.append(at)
                    partials.append(data["partial"])
            ends.append(len(tails))
    except KeyError:
        unlabelled = (edge for edge in graph.edges(keys=True, data=True) if "partial" not in edge[3])
        raise _unlabelled(*next(unlabelled)) from None
    degrees = np.diff(np.fromiter(ends, int, len(ends)), prepend=0)
    heads = np.repeat(np.arange(len(nodes), dtype=np.intc), degrees)
    system = LinearSystem(np.fromiter(tails, np.intc, len(tails)), heads, partials, nodes)
    if system.is_triangular:
        system._place = place  # which is not made twice
        return system
    try:
        order = node_order(graph)
    except ValueError:  # a cycle, which the dense and the sparse solution can do with
        return system
    renumbered = {node: i for i, node in enumerate(order)}
    places = np.array([renumbered[node] for node in nodes])
    return LinearSystem(places[system.tails], places[system.heads], system.partials, order)


def spectral_radius(tails: Places, heads: Places, partials: Vector) -> float:
    """The largest absolute value of an eigenvalue of the matrix A[head, tail] = Σ partial.

    Notes
    -----
    Nodes that reach each other form a block with eigenvalues of its own; only blocks are made dense. A node on no
    cycle adds the eigenvalue 0, which the eigenvalues of all of A together would state with a large error.

    Examples
    --------
    >>> round(spectral_radius(np.array([0, 1, 0]), np.array([1, 0, 2]), np.array([0.5, 0.5, 100.0])), 9)
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
        ends = np.searchsorted(places, heads[inside]), np.searchsorted(places, tails[inside])
        np.add.at(block, ends, partials[inside])
        radius = max(radius, float(np.abs(np.linalg.eigvals(block)).max()))
    return radius

"""Vertex and edge elimination: a labelled DAG shrinks to its Jacobian, as a stream of frozen steps.

To eliminate a node is to join every edge into it with every edge out of it: the product of the two labels goes onto
the edge past the node, which is new (fill-in) or takes it up (absorption). When no inner node is left, the labels from
inputs to outputs are the Jacobian, whatever the order; what the order changes is the price. Nothing here knows what a
label means.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import networkx as nx

from compgraph.errors import DomainError
from compgraph.propagation import _is_nan, _some, _unlabelled
from compgraph.semiring import REAL, Semiring, a_semiring
from compgraph.structure import Back, Front, Join, Order, Skeleton, Start

__all__ = ["Change", "Cost", "Elimination", "Product", "accumulate", "after", "eliminate", "elimination_cost"]


class Cost(NamedTuple):
    """Operations a computation takes: products of labels, sums of products, and edges that elimination adds."""

    multiplications: int
    additions: int
    fill: int = 0


class Product(NamedTuple):
    """One product: `left`, of node → head, times `right`, of tail → node; it goes onto the edge tail → head."""

    tail: Any
    node: Any
    head: Any
    left: Any
    right: Any
    product: Any


class Change(NamedTuple):
    """What the label of an edge was and what it is now; None where there is no edge."""

    tail: Any
    head: Any
    before: Any
    after: Any


class Elimination(NamedTuple):
    """One elimination, and all that it does to the graph.

    Attributes
    ----------
    node : node or None
        What leaves the graph; None if an edge is eliminated and both of its ends stay.
    edge : Front, Back or None
        The edge that is eliminated, if it is not a node.
    products : tuple of Product
    added, changed, removed : tuple of Change
        Edges that are new (fill-in), that take up a product (absorption), and that are gone.
    cost : Cost
        Of all eliminations so far, this one included.
    """

    node: Any
    edge: Front | Back | None
    products: tuple[Product, ...]
    added: tuple[Change, ...]
    changed: tuple[Change, ...]
    removed: tuple[Change, ...]
    cost: Cost


def eliminate(
    graph: nx.MultiDiGraph,
    order: Order,
    *,
    semiring: Semiring = REAL,
    inputs: Iterable[Any] | None = None,
    outputs: Iterable[Any] | None = None,
) -> Iterator[Elimination]:
    """Eliminate every node between inputs and outputs, one after the other.

    Parameters
    ----------
    graph : networkx.MultiDiGraph
        A labelled DAG; only the edge attribute ``partial`` is read. It is not changed.
    order : sequence, or function from a graph to one
        Every inner node once. A turn may also be an edge, ``Front(tail, head)`` or ``Back(tail, head)``, as long as
        the edge is there by then and no inner node is left in the end.
    semiring : Semiring
        Labels are lifted one by one; then parallel edges are merged.
    inputs, outputs : iterable of node, optional
        If left out, those that ``graph.graph`` lists, or else the nodes with no edge into them or out of them.

    Yields
    ------
    Elimination

    Raises
    ------
    ValueError
        The order is none of this graph, the graph has a cycle, or an edge has no label.
    DomainError
        A partial that is needed is undefined, or a product is 0·∞.

    Notes
    -----
    It starts from ``after(graph, ())``: the nodes on paths from an input to an output, parallel edges merged. An output
    that is used by other nodes is followed by an identity node, which is then the output (``y.out``); an input that is
    computed from others is preceded by one (``t.in``).

    References
    ----------
    Griewank and Walther, Evaluating Derivatives, 2nd edition, chapters 9 and 10. Naumann, Optimal accumulation of
    Jacobian matrices by elimination methods on the dual computational graph, 2004 (elimination of edges).

    Examples
    --------
    >>> g = nx.MultiDiGraph()
    >>> _ = g.add_edge("x", "t", partial=2.0), g.add_edge("t", "y", partial=5.0), g.add_edge("x", "y", partial=1.0)
    >>> (step,) = eliminate(g, ["t"])
    >>> step.products
    (Product(tail='x', node='t', head='y', left=5.0, right=2.0, product=10.0),)
    >>> step.changed, step.cost
    ((Change(tail='x', head='y', before=1.0, after=11.0),), Cost(multiplications=1, additions=1, fill=0))
    """
    labelled = _Labelled(Start.of(graph, inputs, outputs), semiring)
    return labelled.eliminations(labelled.start.turns(order, labelled.graph))


def after(
    graph: nx.MultiDiGraph,
    steps: Iterable[Elimination],
    *,
    semiring: Semiring = REAL,
    inputs: Iterable[Any] | None = None,
    outputs: Iterable[Any] | None = None,
) -> nx.MultiDiGraph:
    """The graph that is left after some steps of `eliminate`, asked with the same options.

    One edge (key 0) per pair of nodes, labelled with an element of the semiring. Nodes keep their name and value.

    Examples
    --------
    >>> g = nx.MultiDiGraph()
    >>> _ = g.add_edge("x", "t", partial=2.0), g.add_edge("t", "y", partial=5.0), g.add_edge("t", "y", partial=1.0)
    >>> list(after(g, ()).edges(data="partial"))
    [('x', 't', 2.0), ('t', 'y', 6.0)]
    >>> list(after(g, eliminate(g, ["t"])).edges(data="partial"))
    [('x', 'y', 12.0)]
    """
    labelled = _Labelled(Start.of(graph, inputs, outputs), semiring)
    for step in steps:
        labelled.apply(step)
    return labelled.graph()


def accumulate(
    graph: nx.MultiDiGraph,
    order: Order,
    *,
    semiring: Semiring = REAL,
    inputs: Iterable[Any] | None = None,
    outputs: Iterable[Any] | None = None,
) -> dict[tuple[Any, Any], Any]:
    """The Jacobian by elimination, (output, input) → derivative; parameters and errors are those of `eliminate`.

    Examples
    --------
    >>> g = nx.MultiDiGraph()
    >>> _ = g.add_edge("x", "t", partial=2.0), g.add_edge("t", "y", partial=5.0), g.add_edge("t", "z", partial=1.0)
    >>> accumulate(g, ["t"])
    {('y', 'x'): 10.0, ('z', 'x'): 2.0}
    """
    labelled = _Labelled(Start.of(graph, inputs, outputs), semiring)
    for _ in labelled.eliminations(labelled.start.turns(order, labelled.graph)):
        pass
    return {
        (y, x): semiring.readout(labelled.succ[tail].get(head, semiring.zero))
        for y, head in labelled.start.outputs.items()
        for x, tail in labelled.start.inputs.items()
    }


def elimination_cost(
    graph: nx.MultiDiGraph,
    order: Order,
    *,
    inputs: Iterable[Any] | None = None,
    outputs: Iterable[Any] | None = None,
) -> Cost:
    """What `eliminate` costs, from the edges alone: labels are neither needed nor read.

    Notes
    -----
    The convention is the one in which elimination orders are published: parallel edges are merged beforehand at no
    cost, products with 1 and −1 count like all others, there are no seeds, and an output that is also used by other
    nodes is followed by an identity node. The `cost` of a Solution counts a sweep instead: one product per edge that it
    reaches, parallel edges one by one, the products with the seed included.

    Examples
    --------
    >>> g = nx.MultiDiGraph([("x", "t"), ("t", "y"), ("t", "z")])
    >>> elimination_cost(g, ["t"])
    Cost(multiplications=2, additions=0, fill=2)
    """
    start = Start.of(graph, inputs, outputs)
    skeleton = Skeleton(start)
    multiplications = fill = 0
    for turn in start.turns(order, start.graph):
        products, new = skeleton.eliminate(turn)
        multiplications += products
        fill += new
    _finished(skeleton.inner)
    return Cost(multiplications, multiplications - fill, fill)


def _finished(inner: Iterable[Any]) -> None:
    left = list(inner)
    if left:
        raise ValueError(
            f"the order ends too early: expected no inner node to be left, got {_some(left)}. Eliminate these as well."
        )


class _Labelled:
    """The edges with their labels, as they are by now."""

    def __init__(self, start: Start, semiring: Semiring) -> None:
        self.start, self.semiring = start, a_semiring(semiring)
        self.inner = dict.fromkeys(start.inner)
        self.pred: dict[Any, dict[Any, Any]] = {node: {} for node in start.nodes}
        self.succ: dict[Any, dict[Any, Any]] = {node: {} for node in start.nodes}
        for (tail, head), parallel in start.edges.items():
            label = semiring.one
            for i, (key, data) in enumerate((parallel or {}).items()):
                if "partial" not in data:
                    raise _unlabelled(tail, head, key, data)
                lifted = semiring.lift(data["partial"])
                label = self._sum(tail, head, label, lifted) if i else lifted
            self.pred[head][tail] = self.succ[tail][head] = label

    def graph(self) -> nx.MultiDiGraph:
        edges = [(tail, head, 0, {"partial": label}) for head in self.pred for tail, label in self.pred[head].items()]
        return self.start.graph(edges, without=set(self.start.nodes).difference(self.pred))

    def eliminations(self, turns: Iterable[Any]) -> Iterator[Elimination]:
        """Eliminate in turn; a step is yielded once it is applied."""
        multiplications = additions = fill = 0
        for turn in turns:
            join = Join.of(turn, self.pred, self.succ, self.inner)
            products = tuple([self._product(t, join.node, h) for t in join.tails for h in join.heads])
            added, changed = [], []
            for tail, _, head, _, _, product in products:
                if head in self.succ[tail]:
                    before = self.succ[tail][head]
                    changed.append(Change(tail, head, before, self._sum(tail, head, before, product)))
                else:
                    added.append(Change(tail, head, None, product))
            multiplications += len(products)
            additions += len(changed)
            fill += len(added)
            step = Elimination(
                join.node if join.leaves else None,
                turn if isinstance(turn, (Front, Back)) else None,
                products,
                tuple(added),
                tuple(changed),
                tuple(self._removed(join, turn)),
                Cost(multiplications, additions, fill),
            )
            self.apply(step)
            yield step
        _finished(self.inner)

    def _removed(self, join: Join, turn: Any) -> Iterator[Change]:
        if not join.leaves:
            yield Change(turn.tail, turn.head, self.succ[turn.tail][turn.head], None)
            return
        yield from (Change(tail, join.node, label, None) for tail, label in self.pred[join.node].items())
        yield from (Change(join.node, head, label, None) for head, label in self.succ[join.node].items())

    def apply(self, step: Elimination) -> None:
        for tail, head, _, label in (*step.added, *step.changed):
            self.pred[head][tail] = self.succ[tail][head] = label
        for tail, head, _, _ in step.removed:
            del self.pred[head][tail], self.succ[tail][head]
        if step.node is not None:
            del self.pred[step.node], self.succ[step.node], self.inner[step.node]

    def _product(self, tail: Any, node: Any, head: Any) -> Product:
        left, right = self.succ[node][head], self.succ[tail][node]
        product = self.semiring.mul(left, right)
        if _is_nan(product) and not (_is_nan(left) or _is_nan(right)):
            raise DomainError(
                f"the product along {tail} → {node} → {head} is undefined: {left} · {right}. "
                "Move the input away from this point."
            )
        return Product(tail, node, head, left, right, product)

    def _sum(self, tail: Any, head: Any, before: Any, product: Any) -> Any:
        label = self.semiring.add(before, product)
        if _is_nan(label) and not (_is_nan(before) or _is_nan(product)):
            raise DomainError(
                f"the sum on the edge {tail} → {head} is undefined: {before} + {product}. "
                "Move the input away from this point."
            )
        return label

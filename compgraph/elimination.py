"""Vertex and edge elimination: a labelled DAG shrinks step by step to its Jacobian, as a stream of frozen steps.

To eliminate a node is to join every edge into it with every edge out of it: the product of the two labels goes onto
the edge past the node, which is new (fill-in) or takes it up (absorption). When no inner node is left, the labels from
inputs to outputs are the Jacobian, whatever the order; what the order changes is the price. Nothing here knows what a
label means.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import networkx as nx

from compgraph.errors import DomainError
from compgraph.propagation import _is_nan, _some, _unlabelled, node_order
from compgraph.semiring import REAL, Semiring

__all__ = [
    "Back", "Change", "Cost", "Elimination", "Front", "Order", "Product", "accumulate", "after", "eliminate",
    "elimination_cost",
]  # fmt: skip


class Cost(NamedTuple):
    """Operations a computation takes: products of labels, sums of products, and edges added on the way."""

    multiplications: int
    additions: int
    fill: int = 0


class Front(NamedTuple):
    """Eliminate one edge at its head: join it with every edge that goes on from there."""

    tail: Any
    head: Any


class Back(NamedTuple):
    """Eliminate one edge at its tail: join it with every edge that arrives there."""

    tail: Any
    head: Any


class Product(NamedTuple):
    """One product: `left` is the label of node → head, `right` that of tail → node, `product` goes onto tail → head."""

    tail: Any
    node: Any
    head: Any
    left: Any
    right: Any
    product: Any


class Change(NamedTuple):
    """What a label was and what it is now; None where there is no edge."""

    tail: Any
    head: Any
    before: Any
    after: Any


class Elimination(NamedTuple):
    """One elimination, with all that it does to the graph.

    Attributes
    ----------
    node : node or None
        The node that leaves the graph; None if the elimination of an edge leaves both of its ends.
    edge : Front, Back or None
        The edge that was eliminated, if it was not a node.
    products : tuple of Product
        In the order in which they are formed.
    added, changed, removed : tuple of Change
        Edges that are new (the fill-in), that took up a product (absorption), and that are gone.
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


#: Nodes (or `Front` and `Back` of edges) in turn, or a function that finds them for a graph.
Order = Callable[[nx.MultiDiGraph], Sequence[Any]] | Sequence[Any]


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
        Every inner node once. Turns may also be edges, ``Front(tail, head)`` or ``Back(tail, head)``, mixed with
        nodes at will, as long as the edge is there when its turn comes and no inner node is left in the end.
    semiring : Semiring
        Labels are lifted one by one, and parallel edges then merged.
    inputs, outputs : iterable of node, optional
        If left out, what ``graph.graph`` lists as such, or else the nodes without edges into or out of them.

    Yields
    ------
    Elimination

    Raises
    ------
    ValueError
        The order is not one of this graph, the graph has a cycle, or an edge has no label.
    DomainError
        A partial that is needed is undefined, or a product is 0·∞.

    Notes
    -----
    What starts is ``after(graph, ())``: the nodes on paths from an input to an output, parallel edges merged. An output
    that feeds other nodes is followed by an identity node, which is then the output (``y.out``), and an input that
    is computed from others is preceded by one (``t.in``).

    References
    ----------
    Griewank and Walther, Evaluating Derivatives, 2nd edition, chapters 9 and 10. Naumann, Optimal accumulation
    of Jacobian matrices by elimination methods on the dual computational graph, 2004 (elimination of edges).

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
    start = Start.of(graph, inputs, outputs)
    labelled = _Labelled(start, semiring)
    return _eliminations(labelled, start, start.turns(order, labelled.graph))


def after(
    graph: nx.MultiDiGraph,
    steps: Iterable[Elimination],
    *,
    semiring: Semiring = REAL,
    inputs: Iterable[Any] | None = None,
    outputs: Iterable[Any] | None = None,
) -> nx.MultiDiGraph:
    """The graph that is left after some steps of `eliminate`, asked with the same options; after none, what it starts from.

    One edge (key 0) per pair; labels are elements of the semiring. Nodes keep their names and values.

    Examples
    --------
    >>> g = nx.MultiDiGraph()
    >>> _ = g.add_edge("x", "t", partial=2.0), g.add_edge("t", "y", partial=5.0), g.add_edge("t", "y", partial=1.0)
    >>> list(after(g, ()).edges(data="partial"))
    [('x', 't', 2.0), ('t', 'y', 6.0)]
    >>> list(after(g, eliminate(g, ["t"])).edges(data="partial"))
    [('x', 'y', 12.0)]
    """
    start = Start.of(graph, inputs, outputs)
    labelled = _Labelled(start, semiring)
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
    """The Jacobian by elimination: (output, input) → sum over all paths; the parameters are those of `eliminate`.

    Examples
    --------
    >>> g = nx.MultiDiGraph()
    >>> _ = g.add_edge("x", "t", partial=2.0), g.add_edge("t", "y", partial=5.0), g.add_edge("t", "z", partial=1.0)
    >>> accumulate(g, ["t"])
    {('y', 'x'): 10.0, ('z', 'x'): 2.0}
    """
    start = Start.of(graph, inputs, outputs)
    labelled = _Labelled(start, semiring)
    for _ in _eliminations(labelled, start, start.turns(order, labelled.graph)):
        pass
    return {
        (y, x): semiring.readout(labelled.succ[tail].get(head, semiring.zero))
        for y, head in start.outputs.items()
        for x, tail in start.inputs.items()
    }


def elimination_cost(
    graph: nx.MultiDiGraph,
    order: Order,
    *,
    inputs: Iterable[Any] | None = None,
    outputs: Iterable[Any] | None = None,
) -> Cost:
    """What `eliminate` would cost, from the edges alone: no labels are needed, and none are read.

    Notes
    -----
    The convention is the published one of elimination orders: parallel edges are merged beforehand at no cost,
    products with 1 and −1 count like all others, there are no seeds, and an output that also feeds other nodes is
    followed by an identity node. The cost of a `Solution` counts a sweep instead: one product per edge that it
    reaches, parallel edges each for itself, the products with the seed included.

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
    skeleton.finish()
    return Cost(multiplications, multiplications - fill, fill)


# -- what elimination starts from


class Start(NamedTuple):
    """The nodes on paths from inputs to outputs, in evaluation order, and the labels of the edges between them.

    `inputs` and `outputs` map each node asked for to the node that stands for it: itself, or its identity node.
    """

    nodes: list[Any]
    edges: dict[tuple[Any, Any], Any]
    inputs: dict[Any, Any]
    outputs: dict[Any, Any]
    given: nx.MultiDiGraph

    @classmethod
    def of(cls, graph: nx.MultiDiGraph, inputs: Iterable[Any] | None = None, outputs: Iterable[Any] | None = None) -> Start:
        """Leave out what is on no path, and set inputs and outputs apart from the nodes between them."""
        order = node_order(graph)
        pred, succ = graph._pred, graph._succ
        sources = _chosen(graph, "inputs", inputs, (node for node in order if not pred[node]))
        sinks = _chosen(graph, "outputs", outputs, (node for node in order if not succ[node]))
        reached, needed = set(sources), set(sinks)
        for node in order:
            if any(tail in reached for tail in pred[node]):
                reached.add(node)
        for node in reversed(order):
            if any(head in needed for head in succ[node]):
                needed.add(node)
        edges: dict[tuple[Any, Any], Any] = {
            (tail, head): pred[head][tail]
            for head in order
            if head in needed
            for tail in pred[head]
            if tail in reached
        }
        keep = (reached & needed).union(sources, sinks)
        before, behind = {head for _, head in edges}, {tail for tail, _ in edges}.union(sources)
        ahead = {node: _fresh(node, "in", graph) for node in sources if node in before}
        final = {node: _fresh(node, "out", graph) for node in sinks if node in behind}
        edges |= {(copy, node): None for node, copy in ahead.items()} | {(node, copy): None for node, copy in final.items()}
        nodes = [*ahead.values(), *(node for node in order if node in keep), *final.values()]
        entries, exits = {node: ahead.get(node, node) for node in sources}, {node: final.get(node, node) for node in sinks}
        return cls(nodes, edges, entries, exits, graph)

    @property
    def inner(self) -> list[Any]:
        """The nodes to eliminate, in evaluation order."""
        ends = {*self.inputs.values(), *self.outputs.values()}
        return [node for node in self.nodes if node not in ends]

    def graph(self, labels: Iterable[tuple[Any, Any, Any]] | None = None, without: Iterable[Any] = ()) -> nx.MultiDiGraph:
        """As a networkx graph, with labels or without, and without some of the nodes."""
        graph = self.given.__class__()
        graph.graph.update(inputs=list(self.inputs.values()), outputs=list(self.outputs.values()))
        gone, known = set(without), self.given._node
        for node in self.nodes:
            if node not in gone:
                graph.add_node(node, **{k: v for k, v in known.get(node, {}).items() if k in ("name", "value")})
        if labels is None:
            graph.add_edges_from((tail, head, 0) for tail, head in self.edges)
        else:
            graph.add_edges_from((tail, head, 0, {"partial": label}) for tail, head, label in labels)
        return graph

    def turns(self, order: Order, graph: Callable[[], nx.MultiDiGraph]) -> list[Any]:
        """The turns of an order, which has each inner node once unless it eliminates edges as well."""
        if isinstance(order, str):
            raise TypeError(f"expected an order of elimination, got the text {order!r:.60}. Write cg.markowitz, or a list of nodes.")
        turns = list(order(graph()) if callable(order) else order)
        if any(isinstance(turn, (Front, Back)) for turn in turns):
            return turns
        inner, seen = self.inner, set(turns)
        wrong = [f"{node} is not one of them" for node in turns if node not in set(inner)]
        wrong += [f"{node} is left out" for node in inner if node not in seen]
        wrong += [] if len(seen) == len(turns) else ["a node comes twice"]
        if wrong:
            raise ValueError(
                f"not an order of this graph: expected each of its {len(inner)} inner nodes once ({_some(inner)}), "
                f"but {wrong[0]}. List them in any order, or use cg.markowitz."
            )
        return turns

"""The structure that elimination works on: the nodes between inputs and outputs, and edges without their labels."""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, cast

import networkx as nx

from compgraph.propagation import _some, node_order

__all__ = ["Back", "Front", "Join", "Order", "Skeleton", "Start"]


class Front(NamedTuple):
    """Eliminate an edge at its head: join it with every edge that goes on from there."""

    tail: Any
    head: Any


class Back(NamedTuple):
    """Eliminate an edge at its tail: join it with every edge that arrives there."""

    tail: Any
    head: Any


#: Nodes (or `Front` and `Back` of edges) in turn, or a function that finds them for a graph.
Order = Callable[[nx.MultiDiGraph], Sequence[Any]] | Sequence[Any]


class Start(NamedTuple):
    """What elimination starts from.

    Attributes
    ----------
    nodes : list of node
        Those on a path from an input to an output, in evaluation order.
    edges : dict
        (tail, head) → the parallel edges as networkx keeps them, or None if one is the identity node of the other.
    inputs, outputs : dict
        Node asked for → the node that stands for it, itself or its identity node.
    given : networkx.MultiDiGraph
    """

    nodes: list[Any]
    edges: dict[tuple[Any, Any], Mapping[Any, Mapping[str, Any]] | None]
    inputs: dict[Any, Any]
    outputs: dict[Any, Any]
    given: nx.MultiDiGraph

    @classmethod
    def of(cls, graph: nx.MultiDiGraph, inputs: Iterable[Any] | None, outputs: Iterable[Any] | None) -> Start:
        """Leave out what is on no path; give inputs that are computed, and outputs that are used, an identity node."""
        order, pred, succ = node_order(graph), graph._pred, graph._succ
        sources = _ends(graph, "inputs", inputs, pred)
        sinks = _ends(graph, "outputs", outputs, succ)
        reached, needed = set(sources), set(sinks)
        for node in order:
            if node not in reached and any(tail in reached for tail in pred[node]):
                reached.add(node)
        for node in reversed(order):
            if node not in needed and any(head in needed for head in succ[node]):
                needed.add(node)
        edges = {
            (tail, head): pred[head][tail] for head in order if head in needed for tail in pred[head] if tail in reached
        }
        computed = {head for _, head in edges}
        used = {tail for tail, _ in edges}.union(sources)
        taken = set(graph)
        entries = {node: _fresh(node, "in", taken) if node in computed else node for node in sources}
        exits = {node: _fresh(node, "out", taken) if node in used else node for node in sinks}
        edges |= {(end, node): None for node, end in entries.items() if end != node}
        edges |= {(node, end): None for node, end in exits.items() if end != node}
        keep = (reached & needed).union(sources, sinks)
        nodes = dict.fromkeys([*entries.values(), *(node for node in order if node in keep), *exits.values()])
        return cls(list(nodes), edges, entries, exits, graph)

    @property
    def inner(self) -> list[Any]:
        """The nodes to eliminate, in evaluation order."""
        ends = {*self.inputs.values(), *self.outputs.values()}
        return [node for node in self.nodes if node not in ends]

    def graph(self, edges: Iterable[tuple[Any, ...]] | None = None, without: Container[Any] = ()) -> nx.MultiDiGraph:
        """As a networkx graph, without some of the nodes: its edges unlabelled, or (tail, head, key, attributes)."""
        graph = cast(nx.MultiDiGraph, self.given.__class__())
        graph.graph.update(inputs=list(self.inputs.values()), outputs=list(self.outputs.values()))
        for node in self.nodes:
            if node not in without:
                known = self.given._node.get(node, {})
                graph.add_node(node, **{key: known[key] for key in ("name", "value") if key in known})
        graph.add_edges_from([(*edge, 0) for edge in self.edges] if edges is None else edges)
        return graph

    def turns(self, order: Order, graph: Callable[[], nx.MultiDiGraph]) -> list[Any]:
        """The turns of an order. Each inner node has to come once, unless edges are eliminated as well."""
        if isinstance(order, str):
            raise TypeError(
                f"expected an order of elimination, got the text {order!r:.60}. Write a list of nodes, or cg.markowitz."
            )
        turns = list(order(graph()) if callable(order) else order)
        if any(isinstance(turn, (Front, Back)) for turn in turns):
            return turns
        inner = dict.fromkeys(self.inner, 0)
        for node in turns:
            if node not in inner:
                raise _bad_order(inner, f"{node} is not one of them")
            inner[node] += 1
        for node, times in inner.items():
            if times != 1:
                raise _bad_order(inner, f"{node} is left out" if times == 0 else f"{node} comes {times} times")
        return turns


def _bad_order(inner: Collection[Any], what: str) -> ValueError:
    which = f"each of the {len(inner)} inner nodes once ({_some(inner)})" if inner else "nothing, as no node is inner"
    return ValueError(f"not an order of this graph: expected {which}, but {what}. Or use cg.markowitz.")


def _ends(graph: nx.MultiDiGraph, kind: str, chosen: Iterable[Any] | None, adjacent: Mapping[Any, Any]) -> list[Any]:
    """The inputs or outputs: as chosen, as the graph lists them, or where nothing is `adjacent` before or behind."""
    listed = graph.graph.get(kind) if chosen is None else chosen
    nodes = [node for node in graph if not adjacent[node]] if listed is None else list(dict.fromkeys(listed))
    for node in nodes:
        if node not in graph:
            raise ValueError(f"{kind}: no node {node!r}: expected nodes of the graph ({_some(graph)}). Name some.")
    return nodes


def _fresh(node: Any, suffix: str, taken: set[Any]) -> Any:
    """A key that no node has, for the identity node of a node; it is then taken."""
    key = node
    while key in taken:
        key = f"{key}.{suffix}" if isinstance(key, str) else (key, suffix)
    taken.add(key)
    return key


class Join(NamedTuple):
    """What a turn does: it joins `tails` with `heads` past `node`, which leaves the graph or else loses an edge."""

    tails: Collection[Any]
    node: Any
    heads: Collection[Any]
    leaves: bool

    @classmethod
    def of(
        cls,
        turn: Any,
        pred: Mapping[Any, Collection[Any]],
        succ: Mapping[Any, Collection[Any]],
        inner: Collection[Any],
    ) -> Join:
        """Of a turn on a graph as it is by now.

        Raises
        ------
        ValueError
            The node, or the edge, is not there or no longer, or it is not inner.
        """
        if isinstance(turn, (Front, Back)):
            tail, head = turn
            node = head if isinstance(turn, Front) else tail
            if node in inner and head in succ.get(tail, ()):
                if isinstance(turn, Front):
                    return cls((tail,), node, succ[node], len(pred[node]) == 1)
                return cls(pred[node], node, (head,), len(succ[node]) == 1)
            side = "into" if isinstance(turn, Front) else "out of"
            raise ValueError(
                f"cannot eliminate {turn!r}: expected an edge {side} one of the {len(inner)} inner nodes that are left "
                f"({_some(inner)}). An edge is there until it, or the node, has been eliminated."
            )
        if turn not in inner:
            raise _bad_order(inner, f"{turn} is not one of them, or not any more")
        return cls(pred[turn], turn, succ[turn], True)


class Skeleton:
    """The edges without their labels, as they are by now: what eliminations cost."""

    def __init__(self, start: Start) -> None:
        self.pred: dict[Any, set[Any]] = {node: set() for node in start.nodes}
        self.succ: dict[Any, set[Any]] = {node: set() for node in start.nodes}
        for tail, head in start.edges:
            self.pred[head].add(tail)
            self.succ[tail].add(head)
        self.inner = dict.fromkeys(start.inner)

    def eliminate(self, turn: Any) -> tuple[int, int]:
        """Eliminate a node or an edge; the number of products, and of edges that are new."""
        pred, succ = self.pred, self.succ
        tails, node, heads, leaves = Join.of(turn, pred, succ, self.inner)
        products, fill = len(tails) * len(heads), 0
        for tail in tails:
            after = succ[tail]
            fill -= len(after)
            after.update(heads)
            fill += len(after)
        for head in heads:
            pred[head].update(tails)
        if leaves:
            for tail in pred.pop(node):
                succ[tail].discard(node)
            for head in succ.pop(node):
                pred[head].discard(node)
            del self.inner[node]
        else:
            succ[turn.tail].discard(turn.head)
            pred[turn.head].discard(turn.tail)
        return products, fill

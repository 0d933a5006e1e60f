"""Forward and reverse sweeps over a labelled DAG, as streams of frozen steps.

A sweep visits every node once. At its turn a node *pulls* one term along each edge from the nodes already
visited; what it then holds is final. Reverse is forward on the transposed graph with multiplication read from the
other side. Nothing here knows what a label means.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from numbers import Number
from typing import Any, NamedTuple

import networkx as nx
import numpy as np

from compgraph.errors import DomainError, brief
from compgraph.maps import LinearMap
from compgraph.semiring import REAL, Semiring, a_semiring

__all__ = [
    "Step",
    "Term",
    "expect_multigraph",
    "expect_numbers",
    "forward",
    "node_order",
    "restricted",
    "reverse",
    "totals",
]


class Term(NamedTuple):
    """What arrives along one edge: ``product`` is `partial` times `factor`, the factor nearer the output on the left.

    `tail`, `head` and `key` name the edge as it stands in the graph, whatever the direction of the sweep;
    `partial` is its label lifted into the semiring; `factor` is the total of the node it comes from.
    """

    tail: Any
    head: Any
    key: Any
    partial: Any
    factor: Any
    product: Any


class Step(NamedTuple):
    """One node's turn: it held `before` (its seed, or zero), pulled `terms`, and ends with `total`."""

    node: Any
    terms: tuple[Term, ...]
    before: Any
    total: Any


def forward(
    graph: nx.MultiDiGraph,
    seeds: Mapping[Any, Any],
    semiring: Semiring = REAL,
    *,
    order: Iterable[Any] | None = None,
) -> Iterator[Step]:
    """Sweep from the seeded nodes towards the outputs: the totals are tangents.

    Parameters
    ----------
    graph : networkx.MultiDiGraph
        A labelled DAG; only the edge attribute ``partial`` is read.
    seeds : mapping of node to element
        What the sweep starts from; every other node starts from ``semiring.zero``. Where elements are no numbers, 1
        stands for ``semiring.one``.
    semiring : Semiring
    order : iterable of nodes, optional
        An evaluation order of your own: every node once, tails before heads.

    Yields
    ------
    Step
        One per node, in evaluation order. Terms come in the order in which a push sweep would add them.

    Raises
    ------
    ValueError
        The graph has a cycle (which is listed), a seed is no node of it, or `order` is no evaluation order.
    DomainError
        A partial that the sweep needs is undefined, or a product is 0·∞.

    Notes
    -----
    One multiplication for each edge whose tail is reached, one addition for each further term.

    Examples
    --------
    >>> g = nx.MultiDiGraph()
    >>> _ = g.add_edge("x", "y", partial=3.0), g.add_edge("x", "y", partial=4.0)
    >>> totals(forward(g, {"x": 1.0}))
    {'x': 1.0, 'y': 7.0}
    """
    return _sweep(node_order(graph, order), graph._pred, seeds, semiring, a_semiring(semiring).mul, _along)


def reverse(
    graph: nx.MultiDiGraph,
    seeds: Mapping[Any, Any],
    semiring: Semiring = REAL,
    *,
    order: Iterable[Any] | None = None,
) -> Iterator[Step]:
    """Sweep from the seeded nodes back towards the inputs: the totals are adjoints.

    The mirror image of `forward`: the same parameters, errors and cost; one Step per node, in reverse
    evaluation order (`order`, too, is given from the inputs to the outputs).

    Examples
    --------
    >>> g = nx.MultiDiGraph()
    >>> _ = g.add_edge("x", "t", partial=2.0), g.add_edge("t", "y", partial=5.0)
    >>> totals(reverse(g, {"y": 1.0}))
    {'y': 1.0, 't': 5.0, 'x': 10.0}
    """
    multiply = a_semiring(semiring).mul
    backwards = node_order(graph, order)[::-1]
    return _sweep(backwards, graph._succ, seeds, semiring, lambda a, b: multiply(b, a), _against)


def totals(steps: Iterable[Step]) -> dict[Any, Any]:
    """The total each node ends with."""
    return {step.node: step.total for step in steps}


def expect_multigraph(graph: Any) -> None:
    """Refuse what is no directed multigraph, and say what to write instead."""
    if not isinstance(graph, nx.Graph):
        raise TypeError(f"expected a networkx.MultiDiGraph, got {type(graph).__name__}. Write s.graph of a Solution s.")
    if not (graph.is_directed() and graph.is_multigraph()):
        raise TypeError(
            f"expected a networkx.MultiDiGraph, got {type(graph).__name__}: "
            "parallel edges are different terms. Write nx.MultiDiGraph(graph)."
        )


def expect_numbers(graph: nx.MultiDiGraph, what: str) -> None:
    """Refuse labels that are linear maps between arrays, where numbers are multiplied and counted."""
    for tail, head, label in graph.edges(data="partial"):
        if isinstance(label, LinearMap):
            raise TypeError(
                f"{what} is for labels that are numbers: got a linear map on {tail} → {head}, between arrays. "
                "Zoom in first: s.scalars.graph."
            )


def node_order(graph: nx.MultiDiGraph, order: Iterable[Any] | None = None) -> list[Any]:
    """The nodes, tails before heads: in the `order` given, or as they stand, or topologically sorted.

    Ties of the sort go by insertion. A cycle raises ValueError and is listed, and so does an `order` that leaves a node
    out or puts a head before its tail. Cost: linear.
    """
    expect_multigraph(graph)
    given = graph if order is None else list(order)
    place = {node: i for i, node in enumerate(given)}
    if order is not None and (len(place) != len(given) or place.keys() != graph._node.keys()):
        wrong = [node for node in graph if node not in place] or [node for node in place if node not in graph] or given
        raise ValueError(
            f"order: expected each of the {len(graph)} nodes once, got {len(given)} entries; look at {wrong[0]!r}. "
            "Leave order out for the graph's own."
        )
    for tail, heads in graph._succ.items():
        at = place[tail]
        for head in heads:
            if place[head] <= at:
                if order is None:
                    return _sorted(graph, place)
                raise ValueError(
                    f"order: expected tails before heads, got {head} before {tail} although the edge {tail} → {head} "
                    "needs it the other way. Leave order out for the graph's own."
                )
    return list(place)


def restricted(graph: nx.MultiDiGraph, keep: Container[Any]) -> nx.MultiDiGraph:
    """The nodes of `keep` and the edges between them, in evaluation order. (A networkx view has the order of a set.)"""
    part: nx.MultiDiGraph = nx.MultiDiGraph()
    part.add_nodes_from((node, graph._node[node]) for node in node_order(graph) if node in keep)
    for tail in part:
        for head, parallel in graph._succ[tail].items():
            if head in keep:
                part.add_edges_from((tail, head, key, data) for key, data in parallel.items())
    return part


def _sorted(graph: nx.MultiDiGraph, place: Mapping[Any, int]) -> list[Any]:
    try:
        return list(nx.lexicographical_topological_sort(graph, key=place.__getitem__))
    except nx.NetworkXUnfeasible:
        cycle = [edge[0] for edge in nx.find_cycle(graph)]
        shown = " → ".join(str(node) for node in [*cycle[:20], *(["…"] if len(cycle) > 20 else []), cycle[0]])
        raise ValueError(
            f"the graph has a cycle: expected an acyclic graph, got {shown}. "
            "Remove one of these edges, or write the unknown out as a new node per iteration."
        ) from None


def _along(node: Any, other: Any) -> tuple[Any, Any]:
    return other, node


def _against(node: Any, other: Any) -> tuple[Any, Any]:
    return node, other


def _sweep(
    order: list[Any],
    incoming: Mapping[Any, Mapping[Any, Mapping[Any, Mapping[str, Any]]]],
    seeds: Mapping[Any, Any],
    semiring: Semiring,
    multiply: Callable[[Any, Any], Any],
    edge: Callable[[Any, Any], tuple[Any, Any]],
) -> Iterator[Step]:
    if not isinstance(seeds, Mapping):
        raise TypeError(f"seeds: expected a mapping of nodes to elements, got {seeds!r:.60}. Write {{'y': 1}}.")
    place = {node: i for i, node in enumerate(order)}
    for seed in seeds:
        if seed not in place:
            raise ValueError(f"no node {seed!r} to seed: expected one of {_some(place)}. Name a node of the graph.")
    if not isinstance(semiring.one, Number):
        seeds = {node: _element(seed, semiring) for node, seed in seeds.items()}
    return _steps(order, place, incoming, seeds, semiring, multiply, edge)


def _steps(
    order: list[Any],
    place: Mapping[Any, int],
    incoming: Mapping[Any, Mapping[Any, Mapping[Any, Mapping[str, Any]]]],
    seeds: Mapping[Any, Any],
    semiring: Semiring,
    multiply: Callable[[Any, Any], Any],
    edge: Callable[[Any, Any], tuple[Any, Any]],
) -> Iterator[Step]:
    add, zero, lift = semiring.add, semiring.zero, semiring.lift
    reached: dict[Any, Any] = {}
    for node in order:
        total = before = seeds.get(node, zero)
        terms = []
        others = [other for other in incoming[node] if other in reached]
        if len(others) > 1:
            others.sort(key=place.__getitem__)
        for other in others:
            factor = reached[other]
            tail, head = edge(node, other)
            parallel = incoming[node][other]
            for key in parallel:
                data = parallel[key]
                if "partial" not in data:
                    raise _unlabelled(tail, head, key, data)
                partial = lift(data["partial"])
                product = multiply(partial, factor)
                if product is not factor and _is_nan(product) and not (_is_nan(partial) or _is_nan(factor)):
                    raise DomainError(
                        f"the product along the edge {tail} → {head} is undefined: {brief(partial)} · {brief(factor)}. "
                        "Move the input away from this point."
                    )
                total = add(total, product)
                terms.append(Term(tail, head, key, partial, factor, product))
        if _is_nan(total) and not any(_is_nan(part) for part in (before, *(term.product for term in terms))):
            got = " + ".join(brief(term.product) for term in terms[:8])
            raise DomainError(
                f"the sum of the terms that arrive at {node} is undefined: got {got}. "
                "Move the input away from this point."
            )
        if terms or node in seeds:
            reached[node] = total
        yield Step(node, tuple(terms), before, total)


def _element(seed: Any, semiring: Semiring) -> Any:
    """A seed where elements are no numbers: 1 stands for the one of the semiring."""
    if not isinstance(seed, Number):
        return seed
    one: Any = 1
    if seed != one:
        raise TypeError(
            f"a seed over {semiring}: expected an element of it, or 1 for its one, got {seed!r:.40}. "
            f"Lift a label to make an element of it: semiring.lift({seed!r:.40})."
        )
    return semiring.one


def _is_nan(value: Any) -> bool:
    """Whether an element is undefined: NaN itself, or a pair with a NaN in it."""
    if type(value) is float:
        return value != value
    if isinstance(value, np.ndarray):
        return value.dtype.kind == "f" and bool(np.isnan(value).any())
    return isinstance(value, tuple) and any(type(part) is float and part != part for part in value)


def _unlabelled(tail: Any, head: Any, key: Any, data: Mapping[str, Any]) -> ValueError:
    if "undefined" in data:
        return DomainError(data["undefined"])
    return ValueError(
        f"the edge {tail} → {head} (key {key}) has no label: expected an edge attribute 'partial'. "
        f"Set graph.edges[{tail!r}, {head!r}, {key!r}]['partial'], or call linearize first."
    )


def _some(nodes: Iterable[Any]) -> str:
    names = [str(node) for node in nodes]
    return ", ".join(names[:8]) + (f", … ({len(names)} nodes)" if len(names) > 8 else "")

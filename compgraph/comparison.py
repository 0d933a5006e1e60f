"""Orders of elimination side by side, beside what it would cost to take every path by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from numbers import Real
from typing import Any, NamedTuple

import networkx as nx

from compgraph.elimination import Cost, after, eliminate, elimination_cost
from compgraph.orders import fewest_fill, forward_order, markowitz, markowitz_first, relative_markowitz, reverse_order
from compgraph.propagation import expect_numbers
from compgraph.search import MOST, optimal
from compgraph.semiring import REAL, Semiring
from compgraph.structure import Order, Skeleton, Start

__all__ = ["ORDERS", "Comparison", "Price", "compare_orders"]


class Price(NamedTuple):
    """What one order costs; `without_ones` are the multiplications with no factor ±1, None where labels are missing."""

    name: str
    cost: Cost
    without_ones: int | None


class Comparison(NamedTuple):
    """Orders of one graph, each with its price; it shows itself as a table, in a notebook as well.

    Attributes
    ----------
    prices : tuple of Price
        One for each order.
    path_by_path : Price
        Each path multiplied out by itself, then added up. It adds no edges.
    paths, inner, edges, inputs, outputs : int
        How many there are, parallel edges merged.
    """

    prices: tuple[Price, ...]
    path_by_path: Price
    paths: int
    inner: int
    edges: int
    inputs: int
    outputs: int

    def __repr__(self) -> str:
        from compgraph.notation.comparison import comparison_text

        return comparison_text(self)

    def to_dict(self) -> dict[str, Any]:
        """The comparison as plain data, schema ``compgraph-orders/1``: what ``eliminate --report --json`` prints."""
        prices = [
            {"name": price.name, **price.cost._asdict(), "without_ones": price.without_ones}
            for price in (*self.prices, self.path_by_path)
        ]
        sizes = {field: getattr(self, field) for field in ("paths", "inner", "edges", "inputs", "outputs")}
        return {"schema": "compgraph-orders/1", "orders": prices, **sizes}

    def latex(self) -> str:
        """The table as a LaTeX ``array``, for math mode."""
        from compgraph.notation.comparison import comparison_latex

        return comparison_latex(self)

    def _repr_latex_(self) -> str:
        return f"$$\n{self.latex()}\n$$"

    def _repr_html_(self) -> str:
        from compgraph.notation.comparison import comparison_html

        return comparison_html(self)


def compare_orders(
    graph: nx.MultiDiGraph,
    orders: Mapping[str, Order] | None = None,
    *,
    semiring: Semiring = REAL,
    inputs: Iterable[Any] | None = None,
    outputs: Iterable[Any] | None = None,
) -> Comparison:
    """What orders of elimination cost on one graph: those that take no search, `optimal` if it is small, and others.

    Parameters
    ----------
    graph : networkx.MultiDiGraph
        A DAG; where edges have no labels, it is not known which products are with 1 or −1.
    orders : mapping of str to order, optional
        What to compare these with, by name.
    semiring, inputs, outputs
        As of `eliminate`.

    Returns
    -------
    Comparison

    Notes
    -----
    Counts are those of `elimination_cost`; in the second column products with 1 and −1 are left out.

    Examples
    --------
    >>> graph = nx.MultiDiGraph()
    >>> _ = graph.add_edge("x", "t", partial=2.0), graph.add_edge("t", "u", partial=-1.0)
    >>> _ = graph.add_edge("u", "y", partial=3.0), graph.add_edge("u", "z", partial=4.0)
    >>> compare_orders(graph, {"mine": ["u", "t"]})
    Orders of elimination
    <BLANKLINE>
    Order                Multiplications   Without ±1   Additions   Fill-in
    ───────────────────────────────────────────────────────────────────────
    forward                            3            2           0         3
    reverse                            4            2           0         4
    markowitz                          3            2           0         3
    markowitz-first                    3            2           0         3
    relative-markowitz                 3            2           0         3
    fewest-fill                        3            2           0         3
    optimal                            3            2           0         3
    mine                               4            2           0         4
    ───────────────────────────────────────────────────────────────────────
    path by path                       4            2           0         0
    2 inner nodes, 4 edges, 2 paths from 1 input to 2 outputs
    """
    start = Start.of(graph, inputs, outputs)
    expect_numbers(graph, "compare_orders")
    ends = {"inputs": list(start.inputs), "outputs": list(start.outputs)}
    labelled = all("partial" in data for parallel in start.edges.values() for data in (parallel or {}).values())
    prices = []
    rules = {name: order for name, order in ORDERS.items() if order is not optimal or len(start.inner) <= MOST}
    for name, order in {**rules, **(orders or {})}.items():
        turns = start.turns(order, start.graph)  # asked once: a search takes its time
        steps = eliminate(graph, turns, semiring=semiring, **ends) if labelled else ()
        products = [product for step in steps for product in step.products]
        ones = sum(_is_one(product.left) or _is_one(product.right) for product in products)
        cost = elimination_cost(graph, turns, **ends)
        prices.append(Price(name, cost, cost.multiplications - ones if labelled else None))
    by_itself = _path_by_path(start, dict.fromkeys(start.edges, 1))
    without_ones = None
    if labelled:
        labels = after(graph, (), semiring=semiring, **ends).edges(data="partial")
        without_ones = _path_by_path(start, {(tail, head): 1 - _is_one(label) for tail, head, label in labels}).products
    alone = Price("path by path", Cost(by_itself.products, by_itself.paths - by_itself.pairs), without_ones)
    sizes = len(start.inner), len(start.edges), len(start.inputs), len(start.outputs)
    return Comparison(tuple(prices), alone, by_itself.paths, *sizes)


#: Orders by name, on the command line too.
ORDERS: dict[str, Callable[[nx.MultiDiGraph], list[Any]]] = {
    "forward": forward_order,
    "reverse": reverse_order,
    "markowitz": markowitz,
    "markowitz-first": markowitz_first,
    "relative-markowitz": relative_markowitz,
    "fewest-fill": fewest_fill,
    "optimal": optimal,
}


def _is_one(label: Any) -> bool:
    return isinstance(label, Real) and label in (1, -1)


class _Paths(NamedTuple):
    """Paths from inputs to outputs, the products it takes to multiply each out, and the pairs that they link."""

    paths: int
    products: int
    pairs: int


def _path_by_path(start: Start, factors: Mapping[tuple[Any, Any], int]) -> _Paths:
    """Of all paths at once, one node after the other; an edge counts as one factor or as none."""
    pred = Skeleton(start).pred
    number = {node: i for i, node in enumerate(start.inputs.values())}
    # node → paths from inputs, their factors, how many of them have none, and the inputs that they come from
    known: dict[Any, tuple[int, int, int, int]] = {}
    for node in start.nodes:
        paths, along, bare, sources = (1, 0, 1, 1 << number[node]) if node in number else (0, 0, 0, 0)
        for tail in pred[node]:
            counted = factors[tail, node]
            before = known[tail]
            paths += before[0]
            along += before[1] + counted * before[0]
            bare += 0 if counted else before[2]
            sources |= before[3]
        known[node] = paths, along, bare, sources
    ends = [known[node] for node in start.outputs.values()]
    paths = sum(end[0] for end in ends)
    products = sum(end[1] + end[2] for end in ends) - paths  # one less than its factors, if a path has any
    return _Paths(paths, products, sum(end[3].bit_count() for end in ends))

"""All second derivatives in one reverse sweep, by edge pushing.

While the output is expressed by the nodes visited last, its second derivatives with respect to pairs of them are the
weights of arcs between these nodes. The turn of a node replaces it by its arguments: arcs at it are pushed down along
its edges, and its own second partials, times its adjoint, become new arcs between its arguments. What is left between
the inputs in the end is the Hessian, symmetric and as sparse as it is.

References
----------
Gower, Mello, "A new framework for the computation of Hessians", Optimization Methods and Software 27 (2012).
"""

from __future__ import annotations

from typing import Any

import networkx as nx

from compgraph.dual import second_partial
from compgraph.errors import DomainError
from compgraph.expression import Expression
from compgraph.linearization import linearize
from compgraph.posing import depending, names_of, posed
from compgraph.propagation import node_order
from compgraph.semiring import REAL, Semiring
from compgraph.symbols import EXPRESSION

__all__ = ["edge_pushing"]


def edge_pushing(f: Any, at: Any = None, *, wrt: Any = None) -> dict[tuple[str, str], Any]:
    """The Hessian, keyed (input, input), by one sweep that carries arcs between nodes along with adjoints.

    Parameters and result are those of `hessian`, to which it is equal.

    Examples
    --------
    >>> edge_pushing("x^2 y", {"x": 3, "y": 2})
    {('x', 'x'): 4.0, ('x', 'y'): 6.0, ('y', 'x'): 6.0, ('y', 'y'): 0.0}

    Notes
    -----
    Cost: at each node the arcs at it times the arguments it has. Where each node meets few others, as in a sum of
    small terms, this is linear in the number of operations.
    """
    chosen = None if wrt is None else names_of(wrt)
    graph, outputs, inputs, values = posed(f, at, wrt=chosen, further=chosen or ())
    if len(outputs) != 1:
        raise ValueError(f"edge_pushing: expected one output, got {len(outputs)}. Take one output at a time.")
    linearize(graph, values, copy=False)
    part = graph if chosen is None else depending(graph, inputs, outputs)
    semiring = EXPRESSION if values is None else REAL._replace(zero=0.0, one=1.0)
    add, multiply = semiring.add, semiring.mul
    adjoints: dict[Any, Any] = {outputs[0]: semiring.one}
    arcs = _Arcs(semiring)
    for node in reversed(node_order(part)):
        if node not in adjoints or not part._pred[node]:
            continue
        adjoint = adjoints.pop(node)
        edges = sorted((key, tail) for tail, parallel in part._pred[node].items() for key in parallel)
        partials = {key: _label(part, tail, node, key) for key, tail in edges}
        mine = arcs.removed(node)
        own = mine.pop(node, None)
        for other, weight in mine.items():
            for key, tail in edges:
                arcs.push(tail, other, multiply(weight, partials[key]), twice=tail == other)
        for i, (key, tail) in enumerate(edges):
            for key_2, tail_2 in edges[i:]:
                weight = multiply(adjoint, _second(graph, node, key, key_2))
                if own is not None:
                    weight = add(weight, multiply(own, multiply(partials[key], partials[key_2])))
                # of two arguments that are the same node, (i, j) and (j, i) fall on the same arc
                arcs.push(tail, tail_2, weight, twice=key != key_2 and tail == tail_2)
        for key, tail in edges:
            share = multiply(adjoint, partials[key])
            adjoints[tail] = add(adjoints[tail], share) if tail in adjoints else share
    return {(x, y): arcs.at[x].get(y, semiring.zero) if x in arcs.at else semiring.zero for x in inputs for y in inputs}


class _Arcs:
    """Symmetric weights between nodes: ``at[a][b]`` is ``at[b][a]``."""

    def __init__(self, semiring: Semiring) -> None:
        self.add = semiring.add
        self.at: dict[Any, dict[Any, Any]] = {}

    def push(self, a: Any, b: Any, weight: Any, *, twice: bool) -> None:
        if isinstance(weight, Expression) or weight != 0:
            row = self.at.setdefault(a, {})
            weight = self.add(weight, weight) if twice else weight
            row[b] = self.add(row[b], weight) if b in row else weight
            if not isinstance(row[b], Expression) and row[b] != row[b]:
                raise DomainError(
                    f"the second derivative with respect to {a} and {b} does not exist here: a product 0·∞ or ∞ − ∞. "
                    "Move the inputs away from this point."
                )
            self.at.setdefault(b, {})[a] = row[b]

    def removed(self, node: Any) -> dict[Any, Any]:
        """The arcs at a node, taken out."""
        mine = self.at.pop(node, {})
        for other in mine:
            if other != node:
                del self.at[other][node]
        return mine


def _label(graph: nx.MultiDiGraph, tail: Any, head: Any, key: Any) -> Any:
    data = graph.edges[tail, head, key]
    if "partial" not in data:
        raise DomainError(data["undefined"])
    return data["partial"]


def _second(graph: nx.MultiDiGraph, node: Any, first: int, second: int) -> Any:
    """The second partial of an operation with respect to two of its arguments."""
    data = graph.nodes[node]
    operands = [graph.nodes[a].get("value") if isinstance(a, str) else a for a in data["arguments"]]
    return second_partial(data["primitive"], data["value"], operands, first, second)

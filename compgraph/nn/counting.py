"""How many operations a graph takes, from the graph itself."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import networkx as nx
import numpy as np

import compgraph as cg

__all__ = ["FlopCount", "NodeFlops", "flops"]

#: What counts as one operation for each entry; every other function of entries is evaluated, and counted apart.
_ARITHMETIC = frozenset({"add", "subtract", "multiply", "divide", "negate", "power", "square", "max", "min"})
_COMPARISONS = ("less", "less_equal", "greater", "greater_equal", "equal", "not_equal")
_FREE = frozenset({"variable", "literal", "identity", "where", "logical_and", "logical_or", "logical_not"}).union(
    _COMPARISONS
)


class NodeFlops(NamedTuple):
    """A node: its operation, the shape of its value, additions and multiplications, evaluations of functions."""

    node: str
    operation: str
    shape: tuple[int, ...]
    flops: int
    activations: int


class FlopCount(NamedTuple):
    """The operations of a graph, node by node; it prints as a table.

    Attributes
    ----------
    nodes : tuple of NodeFlops
        Nodes without operations are left out.
    flops : int
        Additions, multiplications and their like.
    activations : int
        Evaluations of functions such as tanh, one for each entry; not among the flops.
    """

    nodes: tuple[NodeFlops, ...]
    flops: int
    activations: int

    def __repr__(self) -> str:
        rows = [("node", "operation", "shape", "flops", "activations")]
        rows += [(n.node, n.operation, _shown(n.shape), f"{n.flops}", f"{n.activations}") for n in self.nodes]
        rows.append(("total", "", "", f"{self.flops}", f"{self.activations}"))
        widths = [max(len(row[i]) for row in rows) for i in range(5)]
        lines = [
            [
                cell.rjust(width) if i > 2 else cell.ljust(width)
                for i, (cell, width) in enumerate(zip(row, widths, strict=True))
            ]
            for row in rows
        ]
        return "\n".join("  ".join(line).rstrip() for line in lines)


def flops(graph: Any, shapes: Mapping[str, tuple[int, ...]] | None = None) -> FlopCount:
    """The operations that one evaluation of a graph takes, by the count of each row: a product of M × N numbers and N
    is 2MN − M.

    Parameters
    ----------
    graph : Expression, mapping of str to Expression, networkx.MultiDiGraph or Solution
    shapes : mapping of str to tuple, optional
        Of inputs that have neither a shape of their own nor a value; without one they are numbers.

    Examples
    --------
    >>> W, b = cg.Variable("W", shape=(128, 784)), cg.Variable("b", shape=128)
    >>> flops({"z": W @ cg.Variable("x", shape=784)}).flops
    200576
    >>> z = (W @ cg.Variable("x") + b).named("z")
    >>> flops({"h": cg.tanh(z)}, {"x": (784,)})
    node   operation  shape   flops  activations
    v1     matmul     128    200576            0
    z      add        128       128            0
    h      tanh       128         0          128
    total                    200704          128
    """
    if isinstance(graph, cg.Solution):
        graph = graph.graph
    traced = graph if isinstance(graph, nx.MultiDiGraph) else cg.trace(graph)
    known: dict[str, tuple[int, ...]] = {}
    nodes = []
    for node, data in traced.nodes(data=True):
        primitive = data["primitive"]
        operands = [known[a] if isinstance(a, str) else np.shape(a) for a in data["arguments"]]
        if "value" in data and not isinstance(data["value"], cg.Expression):
            known[node] = np.shape(data["value"])
        elif primitive.name == "variable":
            known[node] = tuple((shapes or {}).get(node, traced.graph.get("shapes", {}).get(node, ())))
        elif primitive.name == "literal":
            known[node] = operands[0]
        else:  # what the operation makes of variables of these shapes
            arguments = [cg.Variable(a, shape=known[a]) if isinstance(a, str) else a for a in data["arguments"]]
            try:
                known[node] = primitive(*arguments).shape
            except ValueError as error:
                numbers = [name for name in traced.graph["inputs"] if not known.get(name)]
                hint = f" {numbers[0]} has no shape: give shapes={{{numbers[0]!r}: …}}." if numbers else ""
                raise ValueError(f"{node}: {error}{hint}") from None
        nodes.append(_counted(node, primitive, known[node], operands))
    used = tuple(one for one in nodes if one.flops or one.activations)
    return FlopCount(used, sum(n.flops for n in used), sum(n.activations for n in used))


def _counted(node: str, primitive: cg.Primitive, shape: tuple[int, ...], operands: list[tuple[int, ...]]) -> NodeFlops:
    entries, row = math.prod(shape), getattr(primitive, "row", None)
    if row is not None:
        count = entries if row.flops is None else row.flops(shape, *operands, **getattr(primitive, "parameters", {}))
        return NodeFlops(node, primitive.name, shape, count, 0)
    if primitive.name in _FREE:
        return NodeFlops(node, primitive.name, shape, 0, 0)
    if primitive.name in _ARITHMETIC:
        return NodeFlops(node, primitive.name, shape, entries * max(1, len(operands) - 1), 0)
    return NodeFlops(node, primitive.name, shape, 0, entries)


def _shown(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape))

"""Graphs whose nodes hold arrays, as they are listed: shapes, labels that are linear maps, and what such a map does."""

from __future__ import annotations

from typing import Any

import networkx as nx

from compgraph.arrays.labels import has_arrays
from compgraph.expression import VARIABLE, Application, Variable
from compgraph.listing.identifiers import Slope
from compgraph.maps import LinearMap
from compgraph.symbols import EXPRESSION, _mapped, definition

__all__ = ["is_mapped", "mapped", "of_arrays", "product", "shaped"]

mapped = _mapped


def of_arrays(graph: nx.MultiDiGraph) -> bool:
    """Whether nodes of a traced graph hold arrays, as their operations or the shapes of the inputs say."""
    graph = graph.graph.get("operations", graph)
    if not all("primitive" in data for data in graph._node.values()):
        return False
    return bool(graph.graph.get("shapes")) or has_arrays(graph._node, {})


def shaped(graph: nx.MultiDiGraph) -> dict[Any, Variable]:
    """Every node as a variable of its shape.

    Raises
    ------
    ValueError
        Shapes that do not fit; the node is named.
    """
    graph = graph.graph.get("operations", graph)
    shapes = graph.graph.get("shapes", {})
    variables: dict[Any, Variable] = {}
    for key, data in graph._node.items():
        primitive = data["primitive"]
        shape = shapes.get(key, ())
        if primitive is not VARIABLE:
            operands = tuple([variables[a] if type(a) is str else a for a in data["arguments"]])
            try:
                shape = Application(primitive, operands).shape
            except ValueError as error:
                unknown = [n for n in graph.graph.get("inputs", ()) if n not in shapes]
                hint = f" Give {unknown[0]} its shape: cg.Variable({unknown[0]!r}, shape=(2, 3))." if unknown else ""
                raise ValueError(f"{key} = {definition(graph, key)}: {error}{hint}") from None
        variables[key] = Variable(key, shape or None)
    return variables


def product(term: tuple[Any, ...], names: dict[str, Slope]) -> Any:
    """A term with a map in it as an expression: the map, or backwards its transpose, applied to the derivative.

    Derivatives stand in it as variables; `names` receives which is which.
    """
    factors = []
    for factor, other in zip(term, term[::-1], strict=True):
        if isinstance(factor, Slope):
            shape = (other.output if factor is term[0] else other.input) if isinstance(other, LinearMap) else ()
            names[str(factor)] = factor
            factor = Variable(str(factor), shape or None)
        factors.append(factor)
    if len(factors) == 1:
        return factors[0]
    return EXPRESSION.mul(*factors)


def is_mapped(term: tuple[Any, ...]) -> bool:
    """Whether there is a linear map in a term."""
    return any(isinstance(factor, LinearMap) for factor in term)

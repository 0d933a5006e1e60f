"""Graphs whose nodes hold arrays, as they are listed: shapes, labels that are linear maps, and what such a map does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import networkx as nx

from compgraph.arrays.labels import has_arrays
from compgraph.arrays.reductions import SUM
from compgraph.arrays.rows import Bound
from compgraph.expression import VARIABLE, Application, Expression, Variable
from compgraph.functions import WHERE
from compgraph.listing.identifiers import Slope
from compgraph.maps import LinearMap
from compgraph.rewriting import Rewriting, is_elementwise
from compgraph.symbols import EXPRESSION, _mapped, definition

__all__ = ["is_mapped", "mapped", "masks", "of_arrays", "product", "shaped"]

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


def masks(graph: nx.MultiDiGraph, variables: Mapping[Any, Variable], outputs: Iterable[Any]) -> dict[Any, Any]:
    """Node → 1 where it is needed and 0 elsewhere, of nodes that only one branch of a `where` needs, entry by entry.

    What is not finite in the entries that are not taken has no influence on a derivative.
    """
    graph = graph.graph.get("operations", graph)
    always = dict.fromkeys(outputs, (None,))
    uses: dict[Any, set[tuple[Any, ...]]] = {key: {always[key]} for key in graph if key in always}
    found: dict[Any, Any] = {}
    for key in reversed(list(graph)):
        data = graph._node[key]
        primitive, arguments = data["primitive"], data["arguments"]
        mine = uses.get(key, {(None,)})
        cases = next(iter(mine)) if len(mine) == 1 else (None,)
        if cases != (None,):
            one: Any = 1
            for condition, holds in cases:
                one = Application(WHERE, (variables[condition], one, 0) if holds else (variables[condition], 0, one))
            found[key] = one
        for position, argument in enumerate(arguments):
            if type(argument) is not str:
                continue
            needed: tuple[Any, ...] = (None,)
            if is_elementwise(primitive) and variables[argument].shape == variables[key].shape:
                further = () if cases == (None,) else cases
                if primitive is WHERE and position and type(arguments[0]) is str:
                    needed = (*further, (arguments[0], position == 1))
                elif further and not (primitive is WHERE and not position):
                    needed = further
            uses.setdefault(argument, set()).add(needed)
    return {key: one for key, one in found.items() if graph._node[key]["primitive"] is not VARIABLE}


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
    return Rewriting({"reshape": _kept}).rewritten([EXPRESSION.mul(*factors)])[0]


def _kept(r: Rewriting, p: Mapping[str, Any], x: Any) -> Any:
    """A sum whose axes are put back keeps them: to be read, where nothing else has to share it."""
    if not (isinstance(x, Expression) and x.primitive.name == "sum" and isinstance(x.primitive, Bound)):
        return None
    kept = {**x.primitive.parameters, "keepdims": True}
    whole = SUM(*x.arguments, **kept)
    return r.row("sum", *x.arguments, **kept) if whole.shape == p["newshape"] else None


def is_mapped(term: tuple[Any, ...]) -> bool:
    """Whether there is a linear map in a term."""
    return any(isinstance(factor, LinearMap) for factor in term)

"""Values and labels of a graph with arrays in it: what `linearize` does where a node holds more than a number."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import networkx as nx
import numpy as np

from compgraph.arrays.elementwise import evaluated
from compgraph.arrays.rows import Bound
from compgraph.errors import DomainError
from compgraph.expression import LITERAL, Partial, Primitive
from compgraph.maps import LinearMap, Zero, broadcast
from compgraph.maps.elementwise import elementwise

__all__ = [
    "has_arrays",
    "holds_arrays",
    "labelled",
    "located",
    "met_kink",
    "shape_at",
    "shaped",
    "shaped_between",
    "value_of",
]


def has_arrays(nodes: Mapping[Any, Mapping[str, Any]], point: Mapping[str, Any]) -> bool:
    """Whether a node holds an array, or may come to hold one."""
    return any(isinstance(value, np.ndarray) for value in point.values()) or any(
        isinstance(data["primitive"], Bound)
        or (data["primitive"] is LITERAL and isinstance(data["arguments"][0], np.ndarray))
        for data in nodes.values()
    )


def value_of(primitive: Primitive, operands: Sequence[Any], what: Callable[[], str]) -> Any:
    """The value of a node; an error names the node, as `what` writes it.

    Raises
    ------
    ValueError
        Shapes that do not fit.
    DomainError
        A matrix that has no inverse, say.
    """
    if not isinstance(primitive, Bound) and not any(isinstance(operand, np.ndarray) for operand in operands):
        return primitive.value(*operands)
    try:
        return evaluated(primitive, operands)
    except DomainError as error:
        raise DomainError(f"{what()}: {error}") from None
    except ValueError as error:
        raise ValueError(f"{what()}: {error}") from None


def located(value: Any, operands: Sequence[Any]) -> tuple[Any, Any]:
    """Where a NaN and where an infinity arises, as an index each; None where none does that was not there before."""
    if not isinstance(value, np.ndarray) or value.dtype.kind != "f" or bool(np.isfinite(value).all()):
        return None, None
    came = [operand for operand in operands if np.asarray(operand).dtype.kind == "f"]
    nan, infinite = np.isnan(value), np.isinf(value)
    if any(bool(np.isnan(operand).any()) for operand in came):
        nan = np.zeros_like(nan)
    if any(bool(np.isinf(operand).any()) for operand in came):
        infinite = np.zeros_like(infinite)
    first = [np.argwhere(where) for where in (nan, infinite)]
    places = [tuple(int(i) for i in found[0]) if len(found) else None for found in first]
    return places[0], places[1]


def labelled(rule: Partial, value: Any, operands: Sequence[Any], position: int) -> Any:
    """The label of an edge: a map between arrays, a number between numbers.

    Raises
    ------
    DomainError
        The partial does not exist.
    """
    try:
        with np.errstate(all="ignore"):
            partial = rule(value, *operands) if callable(rule) else rule
    except np.linalg.LinAlgError as error:
        raise DomainError(str(error)) from None
    whole = partial if isinstance(partial, LinearMap) else _entries(partial, value, operands[position])
    if whole.output == whole.input == ():
        return float(whole.apply(1.0))
    return whole


def _entries(partial: Any, value: Any, operand: Any) -> LinearMap:
    """The map of an elementwise function, whose partial has a number for each entry or one for all."""
    end, start = np.shape(value), np.shape(operand)
    kind = value.dtype if isinstance(value, np.ndarray) and value.dtype.kind == "f" else None
    if isinstance(partial, np.ndarray):
        partial = np.broadcast_to(partial.astype(kind or float, copy=False), end)
    whole: LinearMap = elementwise(partial, end) @ broadcast(start, end, dtype=kind)
    return whole


def met_kink(primitive: Primitive, operands: Sequence[Any]) -> bool:
    """Whether the stated policy applies to any entry."""
    kink = primitive.kink
    if kink is None:
        return False
    if isinstance(primitive, Bound) or len(operands) == 1:
        return bool(np.any(kink(*operands)))
    return bool(np.vectorize(kink, otypes=[bool])(*operands).any())


def shape_at(graph: nx.MultiDiGraph, node: Any) -> tuple[int, ...]:
    """The shape of a node's value; () of a number, and of what has none."""
    found: tuple[int, ...] = getattr(graph._node[node].get("value"), "shape", ())
    return found


def holds_arrays(graph: nx.MultiDiGraph) -> bool:
    """Whether any node of a linearized graph does."""
    return any(isinstance(data.get("value"), np.ndarray) for data in graph._node.values())


def shaped(total: Any, output: tuple[int, ...], input: tuple[int, ...], kind: Any = float) -> Any:
    """A derivative in the shape that it has, a zero among them: of a number that of the input, with respect to a number
    that of the output; of an array with respect to an array it is a linear map."""
    if isinstance(total, LinearMap):
        if total.input == ():
            return total.apply(1.0)
        return total.T.apply(1.0) if total.output == () else total
    if type(total) not in (int, float) or total != 0 or output == input == ():
        return total
    return Zero(output, input) if output and input else np.zeros(output or input, kind)


def shaped_between(graph: nx.MultiDiGraph, total: Any, output: Any, input: Any) -> Any:
    """The same for two nodes of a linearized graph, in the kind of numbers that their arrays hold."""
    values = [graph._node[node].get("value") for node in (output, input)]
    kinds = [value.dtype for value in values if isinstance(value, np.ndarray) and value.dtype.kind == "f"]
    kind = np.result_type(*kinds) if kinds else float
    return shaped(total, shape_at(graph, output), shape_at(graph, input), kind)

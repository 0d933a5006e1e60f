"""Two zooms of one graph: nodes that hold arrays, and a node for each entry.

`scalarize` zooms in: every array becomes its entries, ``W[0,1]``, and every function of arrays the sums and products
that it is made of. Eliminating what has no name zooms out again (`statements`). `entries` does the same to a point.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import networkx as nx
import numpy as np

from compgraph.arrays.labels import shape_at
from compgraph.arrays.scalars import scalar_value
from compgraph.expression import VARIABLE, Expression, Variable, literal
from compgraph.numbers import given
from compgraph.posing import posed

__all__ = ["assembled", "entries", "entry_names", "refuse_many", "scalarize"]


def entry_names(name: str, shape: Iterable[int]) -> list[str]:
    """The names of the entries of an array, last axes fastest; of a number its own.

    Examples
    --------
    >>> entry_names("W", (2, 2)), entry_names("J", ())
    (['W[0,0]', 'W[0,1]', 'W[1,0]', 'W[1,1]'], ['J'])
    """
    return [f"{name}[{','.join(map(str, index))}]" if index else name for index in np.ndindex(*shape)]


def entries(point: Mapping[str, Any]) -> dict[str, Any]:
    """A point, entry by entry.

    Examples
    --------
    >>> entries({"x": [1, 2], "c": 3})
    {'x[0]': 1.0, 'x[1]': 2.0, 'c': 3.0}
    """
    found: dict[str, Any] = {}
    for name, value in point.items():
        array = given(value, name)
        names = entry_names(name, np.shape(array))
        found |= zip(names, array.ravel().tolist(), strict=True) if np.ndim(array) else [(name, array)]
    return found


def assembled(values: Mapping[str, Any], name: str, shape: tuple[int, ...]) -> Any:
    """The array whose entries are listed by name: what `entries` took apart."""
    array = np.array([values[entry] for entry in entry_names(name, shape)])
    return array.reshape(shape) if shape else array[0].item()


def scalarize(problem: Any, at: Mapping[str, Any] | None = None) -> dict[str, Expression]:
    """The same computation in scalars: name of each entry → Expression.

    Parameters
    ----------
    problem : Expression, mapping of str to Expression, sequence, text, function, or a traced graph
    at : mapping, optional
        Values, for the shapes of inputs whose Variable has none.

    Returns
    -------
    dict of str to Expression
        An entry ``z[0]`` for each entry of each named array, in evaluation order; inputs are ``W[0,1]``.

    Raises
    ------
    ValueError
        A function that is not written out in scalars, such as the inverse of a large matrix.

    Notes
    -----
    An expression for each sum and each product: of an M × N times N × P about 2·M·N·P.

    Examples
    --------
    >>> W, x = Variable("W", shape=(1, 2)), Variable("x", shape=2)
    >>> scalarize({"z": W @ x})
    {'z[0]': W[0,0]·x[0] + W[0,1]·x[1]}
    """
    graph = problem if isinstance(problem, nx.Graph) else posed(problem, at).graph
    shapes = dict(graph.graph.get("shapes", {}))
    shapes |= {node: shape_at(graph, node) for node in graph.graph["inputs"] if shape_at(graph, node)}
    shapes |= {name: np.shape(given(value, name)) for name, value in (at or {}).items()}
    values: dict[str, Any] = {}
    named: dict[str, Expression] = {}
    outputs = set(graph.graph["outputs"])
    for key, data in graph._node.items():
        primitive, name = data["primitive"], data["name"]
        if primitive is VARIABLE:
            values[key] = _entrywise(key, shapes.get(key, ()), Variable)
            continue
        value = scalar_value(primitive, [values[a] if type(a) is str else a for a in data["arguments"]])
        if name is not None or key in outputs:
            value, found = _named(key, value)
            named |= found
        values[key] = value
    for output in graph.graph["outputs"]:  # an output may be an input
        if graph._node[output]["primitive"] is VARIABLE:
            named |= _named(output, values[output])[1]
    return named


#: Operations that a scalar zoom may have: what a page or a person takes in is far less.
MOST = 300_000


def refuse_many(graph: nx.MultiDiGraph) -> None:
    """An error where the scalar zoom of a linearized graph would have more operations than anybody can use."""
    count = 0
    for node, data in graph.nodes(data=True):
        row = getattr(data["primitive"], "row", None)
        shapes = [np.shape(graph.nodes[a]["value"]) if type(a) is str else np.shape(a) for a in data["arguments"]]
        if row is not None and row.flops is not None:
            count += row.flops(shape_at(graph, node), *shapes, **data["primitive"].parameters)
        count += math.prod(shape_at(graph, node))
    if count > MOST:
        raise ValueError(
            f"the scalar zoom would have about {count} operations: expected at most {MOST}. "
            "Zoom into a smaller layer or fewer examples; entrywise(s.graph) has a node per entry only."
        )


def _entrywise(name: str, shape: tuple[int, ...], make: Any) -> Any:
    if not shape:
        return make(name)
    return _objects([make(entry) for entry in entry_names(name, shape)], shape)


def _objects(listed: list[Any], shape: tuple[int, ...]) -> Any:
    return np.fromiter(listed, dtype=object, count=len(listed)).reshape(shape)


def _named(key: str, value: Any) -> tuple[Any, dict[str, Expression]]:
    """Each entry under its name, and the same by name."""
    names = entry_names(key, np.shape(value))
    listed = value.ravel().tolist() if np.ndim(value) else [value]
    made = [
        (e if e.name == name else e.named(name)) if isinstance(e, Expression) else literal(e, name)
        for e, name in zip(listed, names, strict=True)
    ]
    if not np.ndim(value):
        return made[0], {key: made[0]}
    return _objects(made, np.shape(value)), dict(zip(names, made, strict=True))

"""The value and the gradient of a loss with arrays in it, batch by batch: what every training step calls.

The sweep is done once for each shape of a batch, in symbols; what it comes to is a program, and the program is
compiled. Where its numbers are not finite, the graph is asked, and names the node.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import networkx as nx
import numpy as np

import compgraph as cg

__all__ = ["evaluation", "loss_gradient"]

Results = Mapping[str, cg.Expression]


def loss_gradient(
    results: Results | cg.Expression, wrt: Iterable[str], *, further: Iterable[str] = ()
) -> Callable[..., dict[str, Any]]:
    """The gradient of a loss as a function of a point and a batch, the shapes of which may differ from call to call.

    Parameters
    ----------
    results : mapping of str to Expression, Expression, or text
        The last is the loss, a number for the whole batch.
    wrt : names
        The inputs that are parameters.
    further : names
        Nodes whose values are wanted as well.

    Returns
    -------
    callable
        ``g(point, batch={}) → {parameter: derivative, loss: value, …}``, as `descend` takes it. What is no input of
        the loss is passed over.

    Raises
    ------
    DomainError
        From the function: a node has no value, and is named.

    Examples
    --------
    >>> W, x = cg.Variable("W"), cg.Variable("x")
    >>> gradient = loss_gradient({"J": np.sum((x @ W) ** 2)}, ["W"])
    >>> found = gradient({"W": np.array([1.0, 2.0])}, {"x": np.eye(2)})
    >>> found["J"], found["W"]
    (5.0, array([2., 4.]))
    """
    if isinstance(results, str):
        results = cg.read(results, names=list(wrt))
    if not isinstance(results, (cg.Expression, Mapping)):
        raise TypeError(
            f"a loss with arrays: expected an Expression or a dict of them, got {type(results).__name__}. "
            "Write it with Variable('W') and NumPy's functions."
        )
    named = {"loss": results} if isinstance(results, cg.Expression) else dict(results)
    names, loss = list(wrt), list(named)[-1]
    shown = list(dict.fromkeys([loss, *further]))
    graph = cg.trace(named)
    unknown = [name for name in (*names, *shown) if name not in graph]
    if unknown:
        raise ValueError(
            f"{unknown[0]!r} is not in the graph of {loss}: expected names out of {', '.join(graph):.200}. Correct it."
        )
    compute = _computed(graph, shown, names)

    def gradient(point: Mapping[str, Any], batch: Mapping[str, Any] | None = None) -> dict[str, Any]:
        return compute(_given(point, batch or {}))

    return gradient


def evaluation(results: Results) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """The function from the values of inputs to those of the results; no derivative is taken.

    Examples
    --------
    >>> evaluation({"y": cg.Variable("x") ** 2})({"x": np.array([1.0, 3.0])})
    {'y': array([1., 9.])}
    """
    return _computed(cg.trace(dict(results)), list(results), [])


def _computed(graph: nx.MultiDiGraph, shown: Sequence[str], wrt: Sequence[str]) -> Callable[..., dict[str, Any]]:
    """The function from inputs to the values that are shown, and the derivatives of the first of them."""
    _forget_constants(graph, wrt)
    inputs, declared = list(graph.graph["inputs"]), dict(graph.graph.get("shapes", {}))
    made: dict[tuple[Any, ...], Callable[..., dict[str, Any]]] = {}

    def compute(given: Mapping[str, Any]) -> dict[str, Any]:
        point = {name: given[name] for name in inputs if name in given}
        shapes = {name: np.shape(value) for name, value in point.items()}
        if len(point) < len(inputs) or any(shapes[name] != shape for name, shape in declared.items()):
            cg.linearize(graph, point)  # raises, and says which
        key = tuple(shapes.values())
        if key not in made:
            try:
                made[key] = _compiled(graph, shapes, shown, wrt)
            except ValueError:
                cg.linearize(graph, point)  # raises where shapes do not fit, and names the node
                raise
        found = made[key](point)
        if not all(math.isfinite(np.sum(found[name])) for name in shown):
            cg.linearize(graph, point)  # raises where a node is undefined, and names it
        return found

    return compute


def _compiled(
    graph: nx.MultiDiGraph, shapes: Mapping[str, tuple[int, ...]], shown: Sequence[str], wrt: Sequence[str]
) -> Callable[..., dict[str, Any]]:
    """The program of a graph whose inputs have these shapes."""
    shaped = graph.copy()
    shaped.graph["shapes"] = {name: shape for name, shape in shapes.items() if shape}
    labelled = cg.linearize(shaped, copy=False)
    found = {name: labelled.nodes[name]["value"] for name in shown}
    if wrt:
        if found[shown[0]].shape:
            raise ValueError(
                f"the loss {shown[0]} has the shape {found[shown[0]].shape}: expected a number. "
                "Take its mean over the batch, np.mean(…)."
            )
        total = cg.totals(cg.reverse(labelled, {shown[0]: 1}, cg.EXPRESSION))
        found |= {name: total[name] for name in wrt}
    written = {f"of {name}": one for name, one in found.items() if isinstance(one, cg.Expression)}
    if not written:
        return lambda point: {name: _spread(one, shapes.get(name, ())) for name, one in found.items()}
    program = cg.program(written, of=list(written))
    function = program.compile()

    def run(point: Mapping[str, Any]) -> dict[str, Any]:
        results = function(**{name: point[name] for name in program.inputs})
        values = dict(zip(written, results if len(written) > 1 else (results,), strict=True))
        return {name: _spread(values.get(f"of {name}", one), shapes.get(name, ())) for name, one in found.items()}

    return run


def _forget_constants(graph: nx.MultiDiGraph, wrt: Iterable[str]) -> None:
    """Take away the edges that no parameter is behind: they need no partial."""
    moving = set(wrt)
    for node in graph:  # in evaluation order
        if not moving.isdisjoint(graph.pred[node]):
            moving.add(node)
    graph.remove_edges_from([edge for edge in graph.edges(keys=True) if edge[0] not in moving])


def _given(point: Mapping[str, Any], batch: Mapping[str, Any]) -> dict[str, Any]:
    twice = [name for name in batch if name in point]
    if twice:
        raise ValueError(
            f"{twice[0]!r} is a parameter and a column of the batch: expected one of them. Rename the other."
        )
    return {**batch, **point}


def _spread(value: Any, shape: tuple[int, ...]) -> Any:
    """A derivative that is the same number everywhere, in the shape of what it belongs to."""
    return np.full(shape, value) if shape and not np.ndim(value) else value

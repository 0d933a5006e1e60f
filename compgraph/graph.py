"""The explicit graph: expressions traced into a networkx DAG, as they were written.

A node per operation, an edge per use as an argument. What an edge means is put on it by `linearize`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import networkx as nx

from compgraph.expression import (
    IDENTITY,
    VARIABLE,
    Expression,
    Primitive,
    _apply,
    _operand,
    literal,
)
from compgraph.tracing import traced
from compgraph.traversal import evaluation_order, gc_paused, variables_as_read

__all__ = ["Graph", "trace"]


class Graph(nx.MultiDiGraph):  # type: ignore[misc] # networkx ships no types
    """A `networkx.MultiDiGraph` that shows itself; every function here takes any MultiDiGraph as well."""

    def __repr__(self) -> str:
        return f"Graph of {self.number_of_nodes()} nodes and {self.number_of_edges()} edges"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        from compgraph.render.film import picture

        try:
            return {**picture(self)._repr_mimebundle_(), "text/plain": repr(self)}
        except (RuntimeError, TimeoutError) as error:  # no engine, or none that copes
            return {"text/plain": f"{self!r}\n{error}"}


# -- trace


def trace(
    expressions: Any, *, inputs: Iterable[str] = (), shapes: Mapping[str, tuple[int, ...]] | None = None
) -> Graph:
    """The graph of what was written: a node per operation, an edge per use as an argument.

    Parameters
    ----------
    expressions : Expression, mapping of str to Expression, sequence of Expression, or function
        A mapping names its entries. A single unnamed expression is called ``f``, several ``f1, f2, …``. A Python
        function is run on variables (see `tracing.traced`): its parameters are the inputs, its local names the names.
    inputs : iterable of str
        Names of further inputs, which are nodes even where nothing uses them.
    shapes : mapping of str to tuple of int, optional
        Of parameters of a function that are arrays, so that it may ask for them as it runs.

    Returns
    -------
    Graph
        Inputs first, in order of first use (of a function: of its parameters), then operations in evaluation order.
        Node attributes ``primitive``, ``arguments`` (node keys and Python numbers) and ``name`` (as given, or None). An
        edge is keyed by the position of the argument. ``graph["outputs"]`` and ``graph["inputs"]`` list names;
        ``graph["unnamed"]`` the outputs that nobody gave one.

    Notes
    -----
    A name bound twice belongs to the last binding; earlier ones become ``c.1``, ``c.2``; an input keeps its name.
    Unnamed operations are ``v1, v2, …``, leaving out what is declared. Linear cost.

    Examples
    --------
    >>> from compgraph.expression import Variable
    >>> x = Variable("x")
    >>> graph = trace(x * x)
    >>> list(graph.edges(keys=True))
    [('x', 'f', 0), ('x', 'f', 1)]
    """
    parameters: Iterable[str] = ()
    with gc_paused():
        if callable(expressions):
            inputs = tuple(inputs)
            parameters, expressions = traced(expressions, inputs, shapes or {})
        order, given, outputs = _named_order(_entries(expressions))
        variables: dict[str, None] = dict.fromkeys(parameters)
        variables |= dict.fromkeys(variables_as_read([*(e for e in order if e in given), *outputs]))
        variables |= dict.fromkeys(inputs)
        names = _names(order, given, variables)
        graph = Graph()
        rows: list[_Row] = [(name, VARIABLE, (), name) for name in variables]
        for expression in order:
            if expression.primitive is not VARIABLE:
                arguments = tuple([names[a] if isinstance(a, Expression) else a for a in expression.arguments])
                name = names[expression]
                rows.append((name, expression.primitive, arguments, name if expression in given else None))
        _fill(graph, rows)
    if shapes := _shapes(order):
        graph.graph["shapes"] = shapes
    if asked := [str(e.name) for e in order if e.primitive is VARIABLE and getattr(e, "_shape", None) == ()]:
        graph.graph["numbers"] = asked  # their shape was asked for when nobody had said it
    graph.graph["inputs"] = list(variables)
    graph.graph["outputs"] = [names[e] for e in outputs]
    # these are called f only because a node needs a name: in formulas they are written out
    graph.graph["unnamed"] = [] if isinstance(expressions, Mapping) else [names[e] for e in outputs if e.name is None]
    return graph


def _entries(expressions: Any) -> list[tuple[str | None, Expression]]:
    """(name or None, expression) for each output, numbers made into literals."""
    if isinstance(expressions, Mapping):
        pairs: list[tuple[Any, Any]] = list(expressions.items())
    elif isinstance(expressions, Sequence) and not isinstance(expressions, (str, bytes, bytearray)):
        pairs = [(getattr(e, "name", None) or f"f{i}", e) for i, e in enumerate(expressions, 1)]
    else:
        pairs = [(getattr(expressions, "name", None), expressions)]
    if not pairs:
        raise ValueError("nothing to trace: expected at least one expression, got none.")
    entries: list[tuple[str | None, Expression]] = []
    for name, value in pairs:
        if name is not None and not isinstance(name, str):
            raise TypeError(f"expected a string as the name of an expression, got {name!r}.")
        operand = _operand(value)
        if operand is NotImplemented:
            raise TypeError(
                f"expected an Expression, a dict of them, text or a function, got {type(value).__name__}. "
                "Build one from Variable('x') or write it as text."
            )
        entries.append((name, operand if isinstance(operand, Expression) else literal(operand, name or "f")))
    return entries


def _named_order(
    entries: list[tuple[str | None, Expression]],
) -> tuple[list[Expression], dict[Expression, str], list[Expression]]:
    """Evaluation order, the given names, and the outputs; a second name of one expression is an identity node."""
    taken: dict[Expression, str] = {}
    outputs = []
    for name, expression in entries:
        if name is None:
            if expression.primitive is not VARIABLE:
                taken[expression] = "f"
        elif expression.primitive is VARIABLE and expression.name == name:
            pass
        elif expression.primitive is VARIABLE or expression in taken or expression.name not in (None, name):
            expression = _apply(IDENTITY, (expression,), name)
            taken[expression] = name
        else:
            taken[expression] = name
        outputs.append(expression)
    order = evaluation_order(outputs)
    given = {e: name for e in order if e.primitive is not VARIABLE and (name := taken.get(e) or e.name)}
    return order, given, outputs


def _shapes(order: Iterable[Expression]) -> dict[str, tuple[int, ...]]:
    """Name → shape, of the variables that were given one."""
    shapes: dict[str, tuple[int, ...]] = {}
    for variable in order:
        if variable.primitive is VARIABLE and (shape := getattr(variable, "_shape", ())):
            name = str(variable.name)
            if shapes.setdefault(name, shape) != shape:
                raise ValueError(
                    f"{name} has two shapes: expected one, got {shapes[name]} and {shape}. "
                    "Two variables of the same name are the same variable: rename one."
                )
    return shapes


def _names(
    order: list[Expression], given: dict[Expression, str], variables: Mapping[str, None]
) -> dict[Expression, str]:
    """Expression → node key, each key once."""
    bindings: dict[str, list[Expression]] = {}
    for expression, name in given.items():
        bindings.setdefault(name, []).append(expression)
    names: dict[Expression, str] = {}
    declared = set(bindings) | set(variables)
    for name, bound in bindings.items():
        version = itertools.count(1)
        earlier = bound if name in variables else bound[:-1]
        for expression in earlier:
            key = next(f"{name}.{i}" for i in version if f"{name}.{i}" not in declared)
            declared.add(key)
            names[expression] = key
        if name not in variables:
            names[bound[-1]] = name
    number = itertools.count(1)
    for expression in order:
        if expression.primitive is VARIABLE:
            names[expression] = str(expression.name)
        elif expression not in names:
            key = f"v{next(number)}"
            while key in declared:
                key = f"v{next(number)}"
            names[expression] = key
    return names


#: Key, primitive, arguments, and the name that was given.
_Row = tuple[str, Primitive, tuple[Any, ...], str | None]


def _fill(graph: nx.MultiDiGraph, rows: Iterable[_Row]) -> None:
    """Add nodes and edges in bulk.

    Writes networkx's own dictionaries: the public calls take three times as long, and a test holds the result
    equal to theirs.
    """
    nodes, succ, pred = graph._node, graph._succ, graph._pred
    for key, primitive, arguments, name in rows:
        nodes[key] = {"primitive": primitive, "arguments": arguments, "name": name}
        succ[key] = {}
        before: dict[Any, dict[int, dict[str, Any]]] = {}
        pred[key] = before
        partials = primitive.partials
        for position, argument in enumerate(arguments):
            if type(argument) is str and partials[position] is not None:
                parallel = before.get(argument)
                if parallel is None:
                    parallel = before[argument] = succ[argument][key] = {}
                parallel[position] = {}

"""A question posed: of what, with respect to what, and at which point, from text, expressions or a Python function."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import networkx as nx
import numpy as np

from compgraph.expression import VARIABLE, Expression, Primitive
from compgraph.graph import trace
from compgraph.propagation import restricted
from compgraph.tracing import arranged, parameters
from compgraph.traversal import demanded

__all__ = ["Posed", "Runnable", "complete", "depending", "names_of", "point", "posed", "runnable"]


class Posed(NamedTuple):
    """The traced graph, which outputs, which inputs, and the point by name (None while it is open)."""

    graph: nx.MultiDiGraph
    outputs: list[str]
    inputs: list[str]
    at: dict[str, Any] | None


def posed(
    problem: Any,
    at: Any = None,
    *,
    of: str | Iterable[str] | None = None,
    wrt: str | Iterable[str] | None = None,
    functions: Mapping[str, Primitive] | None = None,
    further: Iterable[str] = (),
) -> Posed:
    """Read and trace a problem, and find in it what is asked for.

    Parameters
    ----------
    problem : Expression, mapping of str to Expression, sequence of Expression, str, or function
    at : mapping of str to value, sequence of values in order of the inputs, a value if there is one input, or None
    of : name or names, optional
        The outputs; of text and of a mapping the last, otherwise all, if left out.
    wrt : name or names, optional
        The inputs; all if left out.
    functions : mapping of str to Primitive, optional
        Further functions that text may use.
    further : iterable of str
        Names of inputs that may be unused.

    Raises
    ------
    ValueError
        A name that is not there, or that is computed where an input is expected.

    Examples
    --------
    >>> posed("t = x^2; J = sin(t)", 2)[1:]
    (['J'], ['x'], {'x': 2})
    """
    sources = names_of(wrt)
    given = [*(names_of(at) if isinstance(at, Mapping) else ()), *further]
    names = [*given, *sources]
    if isinstance(problem, str):
        from compgraph.reading import read

        problem = read(problem, names=names, functions=functions or {})
    assigned = problem if isinstance(problem, Mapping) else ()
    inputs = [name for name in (given if at is not None else sources) if name not in assigned]
    graph = trace(problem, inputs=inputs, shapes=_shapes(problem, at))
    outputs = names_of(of) or (graph.graph["outputs"][-1:] if assigned else graph.graph["outputs"])
    inputs = sources or graph.graph["inputs"]
    for name in (*outputs, *inputs):
        if name not in graph and not (name in sources and f"{name}.1" in graph):
            raise ValueError(
                f"no node {name!r}: expected one of {', '.join(list(graph)[:20])}. Name a statement or an input."
            )
    for name in inputs:
        bound = name in assigned or f"{name}.1" in assigned  # text numbers what it assigns under the name of an input
        if name not in graph.graph["inputs"] or (name in sources and bound and name not in _read(graph)):
            raise ValueError(
                f"{name} is computed, not an input: expected wrt among {', '.join(graph.graph['inputs'])}. "
                f"Its derivative is derivatives[{name!r}] of a reverse solution."
            )
    if not callable(problem):  # a parameter is an input, even where nothing reads it before it is bound again
        _refuse_assigned(given, graph)
    graph.graph["outputs"] = list(outputs)
    return Posed(graph, list(outputs), list(inputs), None if at is None else point(at, graph.graph["inputs"]))


def _shapes(problem: Any, at: Any) -> dict[str, tuple[int, ...]]:
    """The shapes of the arrays that a Python function is given, by the names of its parameters."""
    if at is None or not callable(problem):
        return {}
    values = at if isinstance(at, Mapping) else point(at, parameters(problem))
    return {str(name): np.shape(v) for name, v in values.items() if isinstance(v, (np.ndarray, list, tuple))}


def point(values: Any, names: Sequence[str], what: str = "at") -> dict[str, Any]:
    """Values by name: from a mapping, from a sequence in order of the names, or one value for the only name.

    Examples
    --------
    >>> point((2, "1/3"), ["x", "y"]), point(2.0, ["x"])
    ({'x': 2, 'y': '1/3'}, {'x': 2.0})
    """
    if isinstance(values, Mapping):
        return dict(zip(names_of(values), values.values(), strict=True))
    if len(names) == 1 and hasattr(values, "ndim") and values.ndim and values.size != 1:
        return {names[0]: values}  # an array, for the only input
    listed = list(values) if isinstance(values, (tuple, list)) or getattr(values, "ndim", 0) == 1 else [values]
    if len(listed) != len(names):
        raise ValueError(
            f"{what}: expected {len(names)} value{'s' * (len(names) != 1)} ({', '.join(names) or 'none has a name'}), "
            f"got {len(listed)}. Write {what}={{{names[0] if names else 'x'!r}: 2, …}}."
        )
    return dict(zip(names, listed, strict=True))


class Runnable(NamedTuple):
    """A problem of one output as a function: ``run(values by name)``, on numbers of any kind."""

    inputs: list[str]
    run: Callable[[Mapping[str, Any]], Any]


def runnable(f: Any, given: Iterable[str] = ()) -> Runnable:
    """An Expression, text or a Python function as something that is run: a function is called, and not looked into.

    Examples
    --------
    >>> from fractions import Fraction
    >>> runnable("x^2 + 1").run({"x": Fraction(1, 2)})
    Fraction(5, 4)
    """
    names = list(given)
    if callable(f):

        def call(values: Mapping[str, Any]) -> Any:
            positional, named = arranged(f, values)
            return f(*positional, **named)

        return Runnable(parameters(f, names), call)
    graph, outputs, _, _ = posed(f, dict.fromkeys(names) or None)
    if len(outputs) != 1:
        raise ValueError(f"expected one output, got {len(outputs)} ({', '.join(outputs[:8])}). Take one at a time.")
    nodes = graph._node
    (output,) = outputs

    def parts(key: str) -> tuple[Primitive, tuple[Any, ...]]:
        return nodes[key]["primitive"], nodes[key]["arguments"]

    def evaluate(values: Mapping[str, Any]) -> Any:
        known = dict(values)
        operand = lambda a: known[a] if type(a) is str else a  # noqa: E731 - a name for an argument
        demanded([output], parts, lambda a: type(a) is str, known, operand, lambda key, a: nodes[key]["primitive"](*a))
        return known[output]

    return Runnable(graph.graph["inputs"], evaluate)


def depending(graph: nx.MultiDiGraph, inputs: Iterable[str], outputs: Iterable[str]) -> nx.MultiDiGraph:
    """The part of a linearized graph that depends on the inputs, and the outputs."""
    keep = set(inputs)
    for node in graph:
        if any(tail in keep for tail in graph._pred[node]):
            keep.add(node)
    return restricted(graph, keep.union(outputs))


def complete(values: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """The values, if there is one for each name."""
    missing = [name for name in names if name not in values]
    if missing:
        got = ", ".join(values) or "no values"
        raise ValueError(
            f"{', '.join(missing[:8])} {'has' if len(missing) == 1 else 'have'} no value: "
            f"expected one for each of {', '.join(names[:20])}, got {got}. "
            f"Write at={{{missing[0]!r}: 2, …}}, or --at {missing[0]}=2."
        )
    return values


def names_of(names: Any) -> list[str]:
    """The names in `names`, each once; expressions stand for theirs."""
    if names is None:
        return []
    chosen = [names] if isinstance(names, (str, Expression)) else list(names)
    called: list[Any] = [one.name if isinstance(one, Expression) else one for one in chosen]
    for one, name in zip(chosen, called, strict=True):
        if not isinstance(name, str):
            raise TypeError(
                f"expected a name, or an expression that has one, got {one!r:.60}. Write (x**2).named('t')."
            )
    return list(dict.fromkeys(called))


def _read(graph: nx.MultiDiGraph) -> set[Any]:
    """What some operation reads."""
    return {argument for _, data in graph.nodes(data=True) for argument in data["arguments"]}


def _refuse_assigned(names: Iterable[str], graph: nx.MultiDiGraph) -> None:
    """A name that is given and assigned is an input only if something reads it before it is assigned."""
    assigned = {
        data["name"].rpartition(".")[0] for _, data in graph.nodes(data=True) if data["name"] and data["arguments"]
    }
    computed = {name for name in names if name in graph and graph.nodes[name]["primitive"] is not VARIABLE}
    suspects = [name for name in names if name in assigned or name in computed]
    if not suspects:
        return
    read = _read(graph)
    for name in suspects:
        if name in computed or name not in read:
            raise ValueError(
                f"{name} is computed, not an input: expected values for inputs only, got one for {name} as well. "
                f"Leave {name} out, or do not assign it."
            )

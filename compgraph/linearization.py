"""The calculus, once: `linearize` puts a value on every node and a partial on every edge.

After this it is a path problem on a labelled DAG; the solvers read nothing but the edge attribute ``partial``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import networkx as nx
import numpy as np

from compgraph.arrays.labels import has_arrays, labelled, located, met_kink, value_of
from compgraph.arrays.rows import Bound
from compgraph.errors import DomainError, brief
from compgraph.expression import VARIABLE, Partial
from compgraph.functions import WHERE
from compgraph.numbers import entered, given, ieee, refuse_long
from compgraph.symbols import definition, symbolize
from compgraph.traversal import demanded, gc_paused

__all__ = ["linearize"]

#: What a node may hold: a condition is a bool.
_NUMBERS = frozenset({float, Fraction, bool})


def linearize(
    graph: nx.MultiDiGraph, at: Mapping[str, Any] | None = None, *, exact: bool = False, copy: bool = True
) -> nx.MultiDiGraph:
    """Put a value on every node and a partial on every edge.

    Parameters
    ----------
    graph : networkx.MultiDiGraph
        As made by `trace`.
    at : mapping of str to number or str, optional
        The value of every input: int, float, Fraction, or text such as ``"1/3"``. None leaves the point open: values
        and partials are then Expressions.
    exact : bool
        Keep Fractions as far as the operations allow; otherwise every number becomes a float.
    copy : bool
        Return a labelled copy (default), or label `graph` itself.

    Returns
    -------
    networkx.MultiDiGraph
        Node attribute ``value``, edge attribute ``partial``. Of a `where` the branch not taken loses its edges, and
        nodes that only it needs keep no value. ``graph["warnings"]`` lists kinks and infinities.

    Raises
    ------
    ValueError
        An input has no value, or the graph was not made by `trace`.
    DomainError
        A function is evaluated outside its domain; node, expression and value are named.

    Notes
    -----
    A partial that does not exist at the point stays off its edge, with the reason as attribute ``undefined``; a sweep
    that needs it raises. Cost: one evaluation per node, one partial per edge.

    Examples
    --------
    >>> from compgraph.expression import Variable
    >>> from compgraph.graph import trace
    >>> x = Variable("x")
    >>> linearize(trace(x * x), {"x": 3}).edges["x", "f", 0]
    {'partial': 3.0}
    """
    if "operations" in graph.graph or not all("primitive" in data for data in graph._node.values()):
        raise ValueError(
            "only a graph made by trace can be linearized: expected operations on every node, got "
            f"{'statements' if 'operations' in graph.graph else 'a graph labelled by hand'}. "
            "Linearize before statements; a graph labelled by hand is ready for forward and reverse."
        )
    with gc_paused():
        if copy:
            graph = graph.copy()
        if "warnings" in graph.graph:
            _unlabel(graph)
        graph.graph["warnings"] = []
        graph.graph["undefined"] = []
        if at is None:
            symbolize(graph)
        else:
            values = _evaluate(graph, _point(graph, at, exact), exact)
            _label(graph, values, exact)
    return graph


def _unlabel(graph: nx.MultiDiGraph) -> None:
    """Forget an earlier point: its values and partials, and which branches it took."""
    graph.remove_edges_from(list(graph.edges(keys=True)))
    for key, data in graph._node.items():
        data.pop("value", None)
        for position, argument in enumerate(data["arguments"]):
            if type(argument) is str and data["primitive"].partials[position] is not None:
                graph.add_edge(argument, key, position)


def _point(graph: nx.MultiDiGraph, at: Mapping[str, Any], exact: bool) -> dict[str, Any]:
    inputs = [n for n, data in graph.nodes(data=True) if data["primitive"] is VARIABLE]
    missing = [n for n in inputs if n not in at]
    if missing:
        got = ", ".join(map(str, at)) or "no values"
        raise ValueError(
            f"{', '.join(missing[:8])} {'has' if len(missing) == 1 else 'have'} no value: "
            f"expected one for each of {', '.join(inputs[:20])}, got {got}. "
            f"Write at={{{missing[0]!r}: 2, …}}, or --at {missing[0]}=2."
        )
    for name in at:
        if name not in graph or graph.nodes[name]["primitive"] is not VARIABLE:
            raise ValueError(
                f"{name} is not an input: expected values for {', '.join(inputs[:20])} only. Leave it out of the point."
            )
    point = {name: given(at[name], name, exact=exact) for name in inputs}
    for name in graph.graph.get("numbers", ()):
        if np.ndim(point.get(name, 0.0)):
            raise ValueError(
                f"{name} was taken for a number when its shape was asked for: got an array. "
                f"Say the shape where it is made: Variable({name!r}, shape={np.shape(point[name])})."
            )
    for name, shape in graph.graph.get("shapes", {}).items():
        if (got := np.shape(point[name])) != shape:
            raise ValueError(
                f"{name} has the shape {shape}: expected a value of that shape, got one of {got}. "
                "Reshape it, or give the Variable another shape."
            )
    for name, value in point.items():
        if isinstance(value, np.ndarray):
            if bool(np.isnan(value).any()):
                index = [int(i) for i in np.argwhere(np.isnan(value))[0]]
                raise DomainError(
                    f"{name}{index} is not a number: expected numbers in every entry, got NaN. "
                    "Fill it in, or leave the example out."
                )
            continue
        if _infinite(value) and at[name] not in (math.inf, -math.inf):
            graph.graph["warnings"].append(f"{name} is {_signed(value)}: the value given is beyond the floats.")
    return point


def _evaluate(graph: nx.MultiDiGraph, point: dict[str, Any], exact: bool) -> dict[str, Any]:
    """Node → value, in evaluation order; where there are branches, only of what is needed."""
    nodes = graph._node
    values: dict[str, Any] = dict(point)
    literals: dict[Any, Any] = {}
    arrays = has_arrays(nodes, point)
    undefined: list[DomainError] = []

    def compute_arrays(key: str, operands: tuple[Any, ...]) -> Any:
        if not any(isinstance(o, np.ndarray) for o in operands) and not isinstance(nodes[key]["primitive"], Bound):
            return compute(key, operands)
        value = value_of(nodes[key]["primitive"], operands, lambda: f"{key} = {definition(graph, key)}")
        nan, infinite = located(value, operands)
        if infinite is not None and nan is None and _is_pole(nodes[key]["primitive"], operands, infinite):
            nan, infinite = infinite, None
            value = np.where(np.isinf(value), np.nan, value)
        if nan is not None:
            at = [float(o[nan]) if np.shape(o) == np.shape(value) else o for o in operands]
            shown = nodes[key]["primitive"].undefined(
                [a for a in at if not isinstance(a, np.ndarray)],
                f"{key}[{', '.join(map(str, nan))}] = {definition(graph, key)}",
            )
            undefined.append(shown)
        if infinite is not None:
            what = f"{key} = {definition(graph, key)}"
            graph.graph["warnings"].append(f"{what} is infinite in the entry {list(infinite)}: the result overflows.")
        return value

    def compute(key: str, operands: tuple[Any, ...]) -> Any:
        primitive = nodes[key]["primitive"]
        try:
            value = primitive.value(*operands)
        except DomainError as error:
            if "exact" in str(error):
                raise
            raise primitive.undefined(operands, f"{key} = {definition(graph, key)}") from None
        if type(value) not in _NUMBERS:  # a function of one's own may return NumPy's, or nothing
            value = entered(value, f"{key} = {definition(graph, key)}", exact=exact)
        if type(value) is float and math.isinf(value) and not any(map(_infinite, operands)):
            what = f"{key} = {definition(graph, key)}"
            graph.graph["warnings"].append(f"{what} is {_signed(value)}: the result overflows.")
        return refuse_long(value) if exact else value

    def operand(argument: Any) -> Any:
        if type(argument) is str:
            return values[argument]
        if isinstance(argument, np.ndarray):
            return argument
        try:
            return literals[type(argument), argument]
        except KeyError:
            return literals.setdefault((type(argument), argument), entered(argument, "a literal", exact=exact))

    if any(data["primitive"] is WHERE for data in nodes.values()):
        used = {a for data in nodes.values() for a in data["arguments"] if type(a) is str}
        used -= set(graph.graph.get("outputs", ()))
        roots = [n for n in nodes if n not in used]
        parts = lambda key: (nodes[key]["primitive"], nodes[key]["arguments"])  # noqa: E731 - a name for an argument
        demanded(roots, parts, lambda a: type(a) is str, values, operand, compute_arrays if arrays else compute)
        values = {key: values[key] for key in nodes if key in values}
    else:
        evaluate = compute_arrays if arrays else compute
        for key, data in nodes.items():
            if key not in values:
                values[key] = evaluate(key, tuple([operand(a) for a in data["arguments"]]))
    if undefined and any(_is_undefined(values.get(node)) for node in graph.graph.get("outputs", nodes)):
        raise undefined[0]  # where no output has one, a `where` has left it out
    return values


def _is_pole(primitive: Any, operands: Sequence[Any], index: tuple[int, ...]) -> bool:
    """Whether an infinity is where the function is undefined, as 1/0 is, and no overflow."""
    if isinstance(primitive, Bound):
        return False
    try:
        spread = np.broadcast_arrays(*operands)
        primitive.value(*[float(operand[index]) for operand in spread])
    except DomainError:
        return True
    return False


def _is_undefined(value: Any) -> bool:
    if isinstance(value, np.ndarray):
        return value.dtype.kind == "f" and bool(np.isnan(value).any())
    return value is not None and bool(value != value)


def _label(graph: nx.MultiDiGraph, values: Mapping[str, Any], exact: bool) -> None:
    nodes, pred = graph._node, graph._pred
    warnings: list[str] = graph.graph["warnings"]
    for key, data in nodes.items():
        if key not in values:
            _cut(graph, key, list(pred[key]))
            continue
        value = data["value"] = values[key]
        before = pred[key]
        if not before:
            continue
        primitive, arguments = data["primitive"], data["arguments"]
        operands = [values.get(a) if type(a) is str else given(a, "a literal", exact=exact) for a in arguments]
        if isinstance(primitive, Bound) or any(isinstance(one, np.ndarray) for one in (value, *operands)):
            _label_arrays(graph, key, operands)
            continue
        if primitive is WHERE:
            untaken = 2 if operands[0] else 1
            _cut(graph, key, [arguments[untaken]], position=untaken)
        for tail, parallel in before.items():
            for position, label in parallel.items():
                rule = primitive.partials[position]
                partial = _partial(rule, value, operands, exact)
                if partial != partial:
                    point = dict(zip(arguments, operands, strict=True)).items()
                    at = ", ".join(f"{a} = {_plain(v)}" for a, v in point if type(a) is str)
                    label["undefined"] = (
                        f"the partial ∂{key}/∂{tail} of {key} = {definition(graph, key)} does not exist at {at}: "
                        f"the sweep needs it. Change the inputs, or leave out the derivative with wrt=[…]."
                    )
                    graph.graph["undefined"].append((tail, key, position))
                    continue
                if type(partial) is float and math.isinf(partial) and not any(map(_infinite, (*operands, value))):
                    warnings.append(f"∂{key}/∂{tail} is {_signed(partial)} at {tail} = {_plain(values[tail])}.")
                label["partial"] = partial
        if primitive is WHERE and _is_met(nodes, values, arguments[0]):
            which = "first" if operands[0] else "second"
            warnings.append(f"{key} = {definition(graph, key)} is where its cases meet: the {which} counts.")
        if primitive.kink is not None and primitive.kink(*operands):
            taken = [
                f"∂{key}/∂{tail} = {_plain(label['partial'])}"
                for tail, parallel in before.items()
                for label in parallel.values()
                if "partial" in label
            ]
            warnings.append(f"{key} = {definition(graph, key)} has a kink here: by convention {', '.join(taken)}.")


def _label_arrays(graph: nx.MultiDiGraph, key: str, operands: Sequence[Any]) -> None:
    """Labels of the edges into a node that arrays meet in."""
    data, warnings = graph._node[key], graph.graph["warnings"]
    primitive, arguments, value = data["primitive"], data["arguments"], data["value"]
    if primitive is WHERE and not isinstance(operands[0], np.ndarray):
        untaken = 2 if operands[0] else 1
        _cut(graph, key, [arguments[untaken]], position=untaken)
    for tail, parallel in graph._pred[key].items():
        for position, label in parallel.items():
            try:
                partial = label["partial"] = labelled(primitive.partials[position], value, operands, position)
                entries = getattr(partial, "values", None)
                if isinstance(entries, np.ndarray) and bool(np.isinf(entries).any()):
                    index = [int(i) for i in np.argwhere(np.isinf(entries))[0]]
                    warnings.append(f"∂{key}/∂{tail} is {_signed(entries[tuple(index)])} in the entry {index}.")
            except (ArithmeticError, ValueError) as error:
                label["undefined"] = (
                    f"the partial ∂{key}/∂{tail} of {key} = {definition(graph, key)} does not exist: {error}; "
                    f"the sweep needs it. Change the inputs, or leave out the derivative with wrt=[…]."
                )
                graph.graph["undefined"].append((tail, key, position))
    if met_kink(primitive, operands):
        warnings.append(f"{key} = {definition(graph, key)} has a kink at some entries: see the stated convention.")


def _is_met(nodes: Mapping[Any, Any], values: Mapping[str, Any], condition: Any) -> bool:
    """Whether a comparison is of two equal numbers: the least step may change its answer."""
    if type(condition) is not str or nodes[condition]["primitive"].name not in _COMPARISONS:
        return False
    a, b = (values.get(one) if type(one) is str else one for one in nodes[condition]["arguments"])
    return bool(a == b)


_COMPARISONS = frozenset({"less", "less_equal", "greater", "greater_equal", "equal", "not_equal"})


def _partial(rule: Partial, value: Any, operands: Sequence[Any], exact: bool) -> Any:
    """A partial at a point: a number, ±inf by IEEE rules where a division by zero says so, NaN where undefined."""
    if not callable(rule):
        return entered(rule, "a partial", exact=exact)
    try:
        partial = rule(value, *operands)
    except (ArithmeticError, ValueError):
        return ieee(rule, value, operands)
    if type(partial) is not float and type(partial) is not Fraction:
        return entered(partial, "a partial", exact=exact)
    return refuse_long(partial) if exact else partial


def _cut(graph: nx.MultiDiGraph, head: str, tails: Iterable[Any], position: int | None = None) -> None:
    for tail in tails:
        if type(tail) is str and graph.has_edge(tail, head):
            keys = list(graph._succ[tail][head]) if position is None else [position]
            graph.remove_edges_from([(tail, head, k) for k in keys])


def _infinite(value: Any) -> bool:
    return type(value) is float and math.isinf(value)


def _signed(value: Any) -> str:
    return "+∞" if value > 0 else "−∞"


def _plain(value: Any) -> str:
    return f"{value:g}" if type(value) is float else brief(value)

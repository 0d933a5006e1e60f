"""Derivatives of expressions, of text and of Python functions: Expressions where no point is given, numbers at one.

=========================  =============================================================================
`value_and_gradient(f)`    a function of the inputs: the value and the tuple of derivatives
`gradient(f, at)`          input → ∂f/∂input
`jacobian(f, at)`          (output, input) → derivative
`hessian(f, at)`           (input, input) → second derivative
`jvp(f, at, tangent=…)`    output → Jacobian × tangent, in one forward sweep
`vjp(f, at, adjoint=…)`    input → adjoint × Jacobian, in one reverse sweep
`hvp(f, at, tangent=…)`    input → Hessian × tangent, without the Hessian
=========================  =============================================================================

`f` is an Expression, text, a Python function of named parameters, or for several outputs a list or dict of Expressions;
of text and of a dict the last entry counts unless `of` names others. `at` is a dict, a list in order of the inputs
(of a function, its parameters; otherwise in order of first use), or a number where there is one input. Every answer is
a dict by name, and constant entries are numbers. What is returned at no point can be differentiated again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import networkx as nx

from compgraph.arrays.labels import holds_arrays, shape_at, shaped_between
from compgraph.columns import swept
from compgraph.expression import Expression
from compgraph.linearization import linearize
from compgraph.maps import Identity, LinearMap
from compgraph.numbers import given
from compgraph.posing import complete, depending, names_of, point, posed
from compgraph.propagation import forward, reverse, totals
from compgraph.semiring import LINEAR, MATRIX, REAL, Semiring
from compgraph.symbols import EXPRESSION

__all__ = ["gradient", "hessian", "hvp", "jacobian", "jvp", "value_and_gradient", "vjp"]

Names = str | Expression | Iterable[str | Expression] | None


def value_and_gradient(f: Any, wrt: Names = None) -> Callable[..., tuple[float, tuple[float, ...]]]:
    """The function of the inputs that returns the value and the tuple of derivatives.

    Parameters
    ----------
    f : Expression, str, mapping of str to Expression, or function
        Of several statements, in text or as entries, the last one counts.
    wrt : names or variables, optional
        The inputs to differentiate with respect to, in the order in which the function takes them by position and
        returns derivatives; None means all of them, in order of first use (of a function, its parameters). Inputs
        outside `wrt` go by name.

    Returns
    -------
    callable
        ``f(*numbers, **numbers) → (value, (derivative, …))``.

    Raises
    ------
    DomainError
        From the function, where `solve` would raise it.

    Notes
    -----
    One evaluation per operation and one multiplication per argument, all in plain Python: for a gradient that is wanted
    once. Linear in the number of operations, without recursion.

    Examples
    --------
    >>> from compgraph.expression import Variable
    >>> x, y = Variable("x"), Variable("y")
    >>> f = value_and_gradient(x * y + x)
    >>> f(2, 3)
    (8.0, (4.0, 2.0))
    >>> f(y=3, x=2)
    (8.0, (4.0, 2.0))
    """
    return swept(f, _names(wrt), ordered=False).function


# -- the six by name


def gradient(f: Any, at: Any = None, *, wrt: Names = None) -> dict[str, Any]:
    """The derivative of one output with respect to each input, by name.

    Parameters
    ----------
    f : Expression, str or function
    at : mapping, sequence or number, optional
        None leaves the point open: the derivatives are Expressions.
    wrt : names, optional
        The inputs; all if left out. One that is given and not used has derivative 0.

    Examples
    --------
    >>> gradient("x^2 y", {"x": 3, "y": 2})
    {'x': 12.0, 'y': 9.0}
    >>> gradient(lambda x, y: x * y)
    {'x': y, 'y': x}
    >>> gradient(gradient("x^3")["x"], 2)
    {'x': 12.0}

    Notes
    -----
    One reverse sweep: at most a small multiple of the cost of `f`, whatever the number of inputs.
    """
    if at is None:
        labelled = _labelled(f, None, None, wrt)
        if len(labelled.outputs) != 1:
            raise ValueError(
                f"gradient: expected one output, got {len(labelled.outputs)} ({', '.join(labelled.outputs[:8])}). "
                "Use jacobian for several."
            )
        return labelled.row(labelled.outputs[0])
    run = swept(f, _names(wrt), names_of(at) if isinstance(at, Mapping) else ())
    values = complete(point(at, run.inputs), list(dict.fromkeys((*run.inputs, *run.names))))
    return dict(zip(run.names, run.function(**values)[1], strict=True))


def jacobian(f: Any, at: Any = None, *, of: Names = None, wrt: Names = None) -> dict[tuple[str, str], Any]:
    """The derivative of each output with respect to each input, keyed (output, input).

    Parameters
    ----------
    f : function, sequence or mapping of Expressions, str, Expression
    at : mapping, sequence or number, optional
    of : names, optional
        The outputs; all that a function returns or a sequence holds, of text and of a mapping the last.
    wrt : names, optional

    Examples
    --------
    >>> jacobian("u = x y; v = x + y", {"x": 2, "y": 3}, of=["u", "v"])
    {('u', 'x'): 3.0, ('u', 'y'): 2.0, ('v', 'x'): 1.0, ('v', 'y'): 1.0}

    Notes
    -----
    One sweep per output or per input, whichever are fewer.
    """
    labelled = _labelled(f, at, of, wrt)
    if len(labelled.inputs) < len(labelled.outputs):
        ahead = {x: labelled.column_of(x) for x in labelled.inputs}
        return {(y, x): ahead[x][y] for y in labelled.outputs for x in labelled.inputs}
    return {(y, x): entry for y in labelled.outputs for x, entry in labelled.row(y).items()}


def hessian(f: Any, at: Any = None, *, wrt: Names = None) -> dict[tuple[str, str], Any]:
    """The second derivatives of one output, keyed (input, input): the gradient of the gradient.

    Examples
    --------
    >>> hessian("x^2 y", {"x": 3, "y": 2})
    {('x', 'x'): 4.0, ('x', 'y'): 6.0, ('y', 'x'): 6.0, ('y', 'y'): 0.0}

    Notes
    -----
    One sweep over the symbolic gradient per input. `edge_pushing` needs a single sweep for all of it.
    """
    first, values = _differentiated(f, at, wrt)
    names = list(first)
    if not names:  # a constant, of no inputs
        return {}
    labelled = _labelled(list(first.values()), values, None, names)
    rows = {x: labelled.row(output) for x, output in zip(names, labelled.outputs, strict=True)}
    # symmetric by construction: an entry and its mirror image are the same object
    place = {name: i for i, name in enumerate(names)}
    return {(x, y): rows[x][y] if place[x] <= place[y] else _mirrored(rows[y][x]) for x in names for y in names}


def _mirrored(entry: Any) -> Any:
    return entry.T if isinstance(entry, LinearMap) else entry


def jvp(f: Any, at: Any = None, *, tangent: Any, of: Names = None) -> dict[str, Any]:
    """Jacobian × tangent: the directional derivative of each output, in one forward sweep.

    Parameters
    ----------
    f, at, of
        As in `jacobian`.
    tangent : mapping, sequence or number
        A component for each input that moves; at no point, Expressions as well.

    Examples
    --------
    >>> jvp(lambda x, y: (x * y, x + y), (2, 3), tangent=(1, 10))
    {'f1': 23.0, 'f2': 11.0}
    """
    moving = names_of(tangent) if isinstance(tangent, Mapping) else None
    labelled = _labelled(f, at, of, moving)
    seeds = labelled.seeds(point(tangent, labelled.inputs, "tangent"))
    return labelled.column(seeds)


def vjp(f: Any, at: Any = None, *, adjoint: Any, of: Names = None, wrt: Names = None) -> dict[str, Any]:
    """Adjoint × Jacobian: how the sum of outputs, weighted by `adjoint`, changes with each input, in one reverse sweep.

    Parameters
    ----------
    f, at, of, wrt
        As in `jacobian`.
    adjoint : mapping, sequence or number
        A weight for each output; a mapping also says which outputs.

    Examples
    --------
    >>> vjp(lambda x, y: (x * y, x + y), (2, 3), adjoint=(1, 10))
    {'x': 13.0, 'y': 12.0}
    """
    outputs = names_of(adjoint) if isinstance(adjoint, Mapping) and of is None else of
    labelled = _labelled(f, at, outputs, wrt)
    return labelled.back(labelled.seeds(point(adjoint, labelled.outputs, "adjoint")))


def hvp(f: Any, at: Any = None, *, tangent: Any, wrt: Names = None) -> dict[str, Any]:
    """Hessian × tangent, by a forward sweep over the gradient.

    Examples
    --------
    >>> hvp("x^2 y", {"x": 3, "y": 2}, tangent={"x": 1, "y": 10})
    {'x': 64.0, 'y': 6.0}

    Notes
    -----
    Costs a small multiple of the gradient, whatever the number of inputs.
    """
    first, values = _differentiated(f, at, wrt)
    tangents = point(tangent, list(first), "tangent")
    if not first:
        return {}
    labelled = _labelled(list(first.values()), values, None, list(tangents))
    moved = labelled.column(labelled.seeds(tangents))
    return {name: moved[output] for name, output in zip(first, labelled.outputs, strict=True)}


# -- what they share


class _Labelled(NamedTuple):
    """A linearized graph, as far as it depends on the inputs asked for."""

    graph: nx.MultiDiGraph
    outputs: list[str]
    inputs: list[str]
    semiring: Semiring

    def row(self, output: str) -> dict[str, Any]:
        """∂output/∂input for each input: of an array with respect to an array, a linear map."""
        shape = shape_at(self.graph, output)
        found = self.back({output: Identity(shape)}, MATRIX) if shape else self.back({output: self.semiring.one})
        return {name: self._shaped(total, output, name) for name, total in found.items()}

    def column_of(self, input: str) -> dict[str, Any]:
        """∂output/∂input for each output."""
        shape = shape_at(self.graph, input)
        found = self.column({input: Identity(shape)}, MATRIX) if shape else self.column({input: self.semiring.one})
        return {name: self._shaped(total, name, input) for name, total in found.items()}

    def back(self, seeds: Mapping[str, Any], semiring: Semiring | None = None) -> dict[str, Any]:
        final = totals(reverse(self.graph, seeds, semiring or self.semiring))
        return {name: final[name] for name in self.inputs}

    def column(self, seeds: Mapping[str, Any], semiring: Semiring | None = None) -> dict[str, Any]:
        final = totals(forward(self.graph, seeds, semiring or self.semiring))
        return {name: final[name] for name in self.outputs}

    def seeds(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Seeds as the sweep takes them: numbers and arrays at a point, expressions as well where it is open."""
        if self.semiring is EXPRESSION:
            return dict(values)
        found = {name: given(value, name) for name, value in values.items()}
        for name, value in found.items():
            if (shape := shape_at(self.graph, name)) != getattr(value, "shape", ()):
                raise ValueError(f"{name} has the shape {shape}: expected as many components, got {value!r:.60}.")
        return found

    def _shaped(self, total: Any, output: str, input: str) -> Any:
        if self.semiring is not LINEAR:
            return total
        return shaped_between(self.graph, total, output, input)


def _labelled(f: Any, at: Any, of: Names, wrt: Names) -> _Labelled:
    graph, outputs, inputs, values = posed(f, at, of=_names(of), wrt=_names(wrt), further=_names(wrt) or ())
    linearize(graph, values, copy=False)
    return _limited(graph, outputs, inputs, EXPRESSION if values is None else _over(graph), wrt)


def _over(graph: nx.MultiDiGraph) -> Semiring:
    return LINEAR if holds_arrays(graph) else REAL._replace(zero=0.0, one=1.0)


def _limited(
    graph: nx.MultiDiGraph, outputs: list[str], inputs: list[str], semiring: Semiring, wrt: Names
) -> _Labelled:
    part = graph if wrt is None else depending(graph, inputs, outputs)
    return _Labelled(part, outputs, inputs, semiring)


def _names(names: Names) -> list[str] | None:
    return None if names is None else names_of(names)


def _differentiated(f: Any, at: Any, wrt: Names) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """The gradient in symbols, and the point by name."""
    graph, outputs, inputs, values = posed(f, at, wrt=_names(wrt), further=_names(wrt) or ())
    if len(outputs) != 1:
        raise ValueError(
            f"second derivatives: expected one output, got {len(outputs)} ({', '.join(outputs[:8])}). "
            "Take one output at a time."
        )
    if values is not None:  # log(x) is undefined at −1, even though 1/x is not
        labelled = linearize(graph, values)
        _limited(labelled, outputs, inputs, _over(labelled), wrt).row(outputs[0])
        if shapes := {name: shape for name in graph.graph["inputs"] if (shape := shape_at(labelled, name))}:
            graph.graph["shapes"] = shapes
    linearize(graph, copy=False)
    return _limited(graph, outputs, inputs, EXPRESSION, wrt).row(outputs[0]), values

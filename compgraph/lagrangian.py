"""A program as constraints zᵢ = fᵢ(z_α(i)), and the Lagrangian whose multipliers are the adjoints.

To evaluate a program is to satisfy its constraints; to differentiate it is to find the multipliers λ at which
L(z, λ) = z_output − Σ λᵢ·(zᵢ − fᵢ(z)) is stationary in z. ∂L/∂λ = 0 is the forward pass, ∂L/∂z = 0 is backpropagation.

References
----------
T. Vieira: Backprop is not just the chain rule, 2017. Y. LeCun: A theoretical framework for back-propagation, 1988.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, NamedTuple

import networkx as nx

from compgraph.derivative import value_and_gradient
from compgraph.expression import (
    ADD,
    EQUAL,
    GREATER,
    GREATER_EQUAL,
    LESS,
    LESS_EQUAL,
    NEGATE,
    NOT_EQUAL,
    SUBTRACT,
    VARIABLE,
    Expression,
)
from compgraph.propagation import expect_multigraph, expect_numbers, reverse, totals
from compgraph.symbols import definition
from compgraph.traversal import evaluation_order

__all__ = ["Constraint", "Constraints", "Lagrangian", "Residuals", "constraints"]


class Constraint(NamedTuple):
    """One equation ``node = right``.

    Attributes
    ----------
    node : str
    right : Expression or number
        In the names of other nodes; of an input the number given for it, None where the point is open.
    incoming, outgoing : tuple of str
        α and β: the nodes that `right` uses, and the nodes that use this one.
    is_input : bool
        Whether it copies an input: zᵢ = xᵢ.
    """

    node: str
    right: Any
    incoming: tuple[str, ...]
    outgoing: tuple[str, ...]
    is_input: bool

    def __str__(self) -> str:
        from compgraph import notation

        return f"{notation.name(self.node)} = {_written(self.right)}" + "  (input)" * self.is_input


def _written(right: Any) -> str:
    from compgraph import notation

    if right is None:
        return "?"
    return notation.text(right, pretty=True) if isinstance(right, Expression) else notation.element(right)


class Constraints(tuple[Constraint, ...]):
    """The constraints of a program, inputs first; shown one per line."""

    def __repr__(self) -> str:
        return "\n".join(map(str, self))


def constraints(graph: nx.MultiDiGraph) -> Constraints:
    """A program as equations between the values of its nodes, copies of the inputs included.

    Parameters
    ----------
    graph : networkx.MultiDiGraph
        Traced and linearized, at the level of operations or of statements. At a point, nodes that were not evaluated
        (in the branch that was not taken) are no constraints.

    Examples
    --------
    >>> from compgraph.solution import solve
    >>> constraints(solve("a = exp(x); b = a^2; c = a + b", at={"x": 0.5}).graph)
    x = 0.5  (input)
    a = exp(x)
    b = a²
    c = a + b
    """
    open_ended = not any(_is_number(value) for _, value in graph.nodes(data="value"))
    rights: dict[str, Any] = {}
    for node, data in graph.nodes(data=True):
        if "primitive" not in data:
            raise ValueError(f"{node} has no operation: expected a graph made by trace. See linear_system for others.")
        if open_ended or _is_number(data.get("value")):
            given = data["value"] if data["primitive"] is VARIABLE and not open_ended else None
            rights[node] = given if data["primitive"] is VARIABLE else definition(graph, node)
    incoming = {node: tuple([name for name in _variables(right) if name in rights]) for node, right in rights.items()}
    outgoing: dict[str, list[str]] = {node: [] for node in rights}
    for node, others in incoming.items():
        for other in others:
            outgoing[other].append(node)
    return Constraints(
        Constraint(node, right, incoming[node], tuple(outgoing[node]), graph.nodes[node]["primitive"] is VARIABLE)
        for node, right in rights.items()
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, Fraction))


def _variables(right: Any) -> list[str]:
    used = evaluation_order([right]) if isinstance(right, Expression) else []
    return [str(one.name) for one in used if one.primitive is VARIABLE]


class Residuals(NamedTuple):
    """The gradient of a Lagrangian; both parts vanish where the two sweeps leave it.

    Attributes
    ----------
    multipliers : dict
        Node → ∂L/∂λ = f(z) − z: how far its constraint is from being satisfied.
    values : dict
        Node → ∂L/∂z = [node is the output] − λ + Σ λ_β·∂f_β/∂z: how far its adjoint is from the adjoints of those who
        use it.
    """

    multipliers: dict[str, float]
    values: dict[str, float]


class Lagrangian:
    """L(z, λ) = z_output − Σ λᵢ·(zᵢ − fᵢ(z)), for any values z and multipliers λ.

    Parameters
    ----------
    graph : networkx.MultiDiGraph
        Linearized at a point, at the level of operations or of statements.
    output : str, optional
        The last output of the graph, if left out.

    Attributes
    ----------
    constraints : Constraints
    values, multipliers : dict
        What the forward pass and the reverse sweep find: a stationary point.

    Examples
    --------
    >>> from compgraph.solution import solve
    >>> lagrangian = Lagrangian(solve("t = x^2; y = 3t", at={"x": 2}).graph)
    >>> lagrangian
    L = y
      − λ_x·(x − 2)
      − λ_t·(t − x²)
      − λ_y·(y − 3·t)
    >>> lagrangian.value()
    12.0
    >>> lagrangian.residuals(multipliers={**lagrangian.multipliers, "t": 4.0}).values
    {'x': 4.0, 't': -1.0, 'y': 0.0}
    """

    def __init__(self, graph: nx.MultiDiGraph, output: str | None = None) -> None:
        expect_multigraph(graph)
        expect_numbers(graph, "Lagrangian")
        self.output = graph.graph["outputs"][-1] if output is None else output
        if self.output not in graph:
            raise ValueError(f"no node {self.output!r}: expected one of {', '.join(list(graph)[:20])}. Name an output.")
        self.constraints = constraints(graph)
        self.values = {node: value for node, value in graph.nodes(data="value") if _is_number(value)}
        if self.output not in self.values:
            raise ValueError(f"{self.output} has no value: expected a graph linearized at a point. Give at={{…}}.")
        found = totals(reverse(graph, {self.output: 1.0}))
        self.multipliers = {node: found[node] for node in self.values}
        self._functions = {
            one.node: value_and_gradient(one.right, _variables(one.right))
            for one in self.constraints if isinstance(one.right, Expression)
        }  # fmt: skip

    def value(self, values: Mapping[str, float] | None = None, multipliers: Mapping[str, float] | None = None) -> float:
        """L at any point; where all constraints hold it is the output, whatever the multipliers."""
        z, weights = self._point(values, multipliers)
        right = self._rights(z)
        return float(z[self.output] - sum(weights[node] * (z[node] - value) for node, (value, _) in right.items()))

    def residuals(
        self, values: Mapping[str, float] | None = None, multipliers: Mapping[str, float] | None = None
    ) -> Residuals:
        """The gradient of L at any point.

        An input that was changed in `values` while the rest was not shows here: its own constraint and those of the
        nodes that use it are off, and adjoints that were computed before no longer fit.
        """
        z, weights = self._point(values, multipliers)
        right = self._rights(z)
        slopes = {node: float(node == self.output) - weights[node] for node in z}
        for node, (_, partials) in right.items():
            for other, partial in partials.items():
                if other in slopes:
                    slopes[other] += weights[node] * partial
        return Residuals({node: value - z[node] for node, (value, _) in right.items()}, slopes)

    def _point(self, values: Any, multipliers: Any) -> tuple[dict[str, float], dict[str, float]]:
        point = []
        for what, given, known in (("values", values, self.values), ("multipliers", multipliers, self.multipliers)):
            chosen = known if given is None else given
            wrong = [node for node in known if node not in chosen] or [node for node in chosen if node not in known]
            if wrong:
                raise ValueError(
                    f"{what}: expected one for each of {len(known)} nodes, got {len(chosen)}; look at {wrong[0]}. "
                    f"Write {{**lagrangian.{what}, name: number}}."
                )
            point.append({node: float(chosen[node]) for node in known})
        return point[0], point[1]

    def _rights(self, z: Mapping[str, float]) -> dict[str, tuple[float, dict[str, float]]]:
        """Node → the right-hand side of its constraint, and its partials. (What was not evaluated is not used.)"""
        rights: dict[str, tuple[float, dict[str, float]]] = {}
        for one in self.constraints:
            if one.node in self._functions:
                names = _variables(one.right)
                value, partials = self._functions[one.node](*[z.get(name, math.nan) for name in names])
                rights[one.node] = value, dict(zip(names, partials, strict=True))
            else:
                rights[one.node] = float(one.right), {}
        return rights

    def __repr__(self) -> str:
        from compgraph import notation

        name = notation.name
        lines = [f"L = {name(self.output)}"]
        for one in self.constraints:
            right = f"({_written(one.right)})" if _is_sum(one.right) else _written(one.right)
            lines.append(f"  − λ_{name(one.node)}·({name(one.node)} − {right})")
        return "\n".join(lines)

    def _repr_latex_(self) -> str:
        from compgraph.notation import latex, name_latex
        from compgraph.notation.elements import element

        lines = [f"L &= {name_latex(self.output)}"]
        for one in self.constraints:
            right = latex(one.right) if isinstance(one.right, Expression) else element(one.right, style="latex")
            node = name_latex(one.node)
            right = rf"\left({right}\right)" if _is_sum(one.right) else right
            lines.append(rf"&\quad - \lambda_{{{node}}} \left({node} - {right}\right)")
        return "$$\n\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}\n$$"


def _is_sum(right: Any) -> bool:
    """Whether it needs brackets after a minus sign."""
    if isinstance(right, Expression):
        return right.primitive in (ADD, SUBTRACT, NEGATE, LESS, LESS_EQUAL, GREATER, GREATER_EQUAL, EQUAL, NOT_EQUAL)
    return bool(right < 0)

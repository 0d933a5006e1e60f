"""How many digits a run loses, node by node: the same graph once more, with so many digits that nobody doubts them.

A node that is wrong because its arguments are is an heir. The node to look at is the first that loses digits which its
arguments still have, and whose loss goes on to an output.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import Any, NamedTuple

import networkx as nx

from compgraph.dual import Dual
from compgraph.expression import POWER, VARIABLE, Expression
from compgraph.functions import WHERE
from compgraph.multiprecision import Precise, Precision
from compgraph.numbers import entered
from compgraph.propagation import Step, forward, reverse, totals
from compgraph.semiring import REAL
from compgraph.solution import Solution, solve

__all__ = ["Accuracy", "Measured", "NodeAccuracy", "accuracy"]

#: The digits of a float, log₁₀ 2⁵³.
FLOAT_DIGITS = 53 * math.log10(2)

#: Two runs that agree to so much, relatively, are taken for exact.
_AGREED = 1e-20
#: Digits of the last run, where cancellation leaves nothing of the earlier ones: more than two floats can be apart.
_MOST_DIGITS = 1400
#: Rows of a table that is shown unasked.
_MOST_ROWS = 60


class Measured(NamedTuple):
    """A number of the run beside the exact one.

    Attributes
    ----------
    value : float, Fraction or bool
    exact : mpmath number, or bool
        What it would be if every operation were exact; inputs and literals are taken as the floats that they are.
    error : float
        Relative to the exact number; ∞ where that is 0 and the value is not.
    """

    value: Any
    exact: Any
    error: float

    @property
    def lost(self) -> float:
        """Digits lost, out of nearly 16: 0 for an error of half a unit in the last place."""
        return min(max(math.log10(self.error) + FLOAT_DIGITS, 0.0), FLOAT_DIGITS) if self.error else 0.0


class NodeAccuracy(NamedTuple):
    """A node of the run.

    Attributes
    ----------
    node : str
    value, derivative : Measured
        The derivative is that of the sweep: ∂output/∂node, or ∂node/∂input. None where the sweep does not come.
    condition : float
        How many times a relative error of the arguments grows, at most: Σ |argument · partial| / |value|.
    """

    node: str
    value: Measured
    derivative: Measured | None
    condition: float


class Accuracy(NamedTuple):
    """The digits lost at every node; it prints as a table.

    Attributes
    ----------
    nodes : dict of str to NodeAccuracy
        In evaluation order.
    first, first_derivative : str or None
        Where digits are lost that were still there: in a value, and in a derivative. Only nodes count whose loss goes
        on to an output, or to a derivative that was asked for.
    threshold : float
        How many digits at once make a loss.
    digits : int
        Those of the exact run.
    graph : networkx.MultiDiGraph
    seed : str
    direction : str
    """

    nodes: dict[str, NodeAccuracy]
    first: str | None
    first_derivative: str | None
    threshold: float
    digits: int
    graph: nx.MultiDiGraph
    seed: str
    direction: str

    def __str__(self) -> str:
        from compgraph.notation.digits import accuracy_text

        return accuracy_text(self)

    def __repr__(self) -> str:
        from compgraph.notation.digits import accuracy_text

        return accuracy_text(self, most=_MOST_ROWS)

    def _repr_html_(self) -> str:
        from compgraph.notation.digits import accuracy_html

        return accuracy_html(self, most=_MOST_ROWS)


def accuracy(
    problem: Any,
    at: Mapping[str, Any] | None = None,
    *,
    digits: int = 50,
    threshold: float = 2.0,
    **options: Any,
) -> Accuracy:
    """Compare every value and every derivative of a run in floats with the exact ones, and point at the first loss.

    Parameters
    ----------
    problem : Solution, or what `solve` takes
    at : mapping of str to number, optional
        The point, where `problem` is no Solution.
    digits : int
        Of the run that is taken for exact; it is repeated with more where two of them disagree.
    threshold : float
        How many digits at once make a loss.
    **options
        Those of `solve`.

    Raises
    ------
    ValueError
        No point, several sweeps, or arrays.
    TypeError
        A function of one's own that has floats only.

    Notes
    -----
    Conditions are decided as the run did; where the exact numbers would decide otherwise, all digits of the condition
    are lost. Linear in operations, a quarter of a millisecond for each.

    Examples
    --------
    >>> a = accuracy("y = (1 - cos(x))/x^2", {"x": 1e-5})
    >>> a.first, round(a.nodes["y"].value.lost), round(a.nodes["v1"].value.lost)
    ('v2', 9, 0)
    """
    solution = problem if isinstance(problem, Solution) else solve(problem, at, **options)
    solution = _of_operations(solution)
    seed = _checked(solution)
    run = _exact_run(solution, digits)
    steps = {step.node: step for step in solution.steps}
    nodes = {
        node: NodeAccuracy(
            node,
            _measured(value, run.values[node]),
            _measured(steps[node].total, run.totals[node]) if node in steps else None,
            run.condition(node),
        )
        for node, value in solution.values.items()
    }
    return Accuracy(
        nodes,
        _first_value(solution, nodes, threshold),
        _first_derivative(solution, steps, run, nodes, threshold),
        threshold,
        run.precision.digits,
        solution.graph,
        seed,
        solution.direction,
    )


def _of_operations(solution: Solution) -> Solution:
    """The solution with a node for every operation, of one at the level of statements."""
    graph = solution.graph.graph.get("operations")
    if graph is None:
        return solution
    ends = solution.direction, solution.outputs, solution.inputs
    return Solution(graph, *ends, semiring=solution.semiring, limited=solution.limited)


def _checked(solution: Solution) -> str:
    """The seed of a solution that has one sweep, of numbers."""
    if not solution.derives:
        raise ValueError(f"accuracy: expected derivatives, got {solution.semiring}. Ask the solution it was made from.")
    for node, value in solution.values.items():
        if isinstance(value, Expression):
            raise ValueError(f"accuracy: expected a point, got an expression at {node}. Give at={{…}}.")
        if not isinstance(value, (float, Fraction, bool)):
            raise ValueError(
                f"accuracy: expected numbers, got {type(value).__name__} at {node}. Zoom in: s.scalars.accuracy()."
            )
    return solution._single("accuracy()")


# -- the exact run


class _Run:
    """Values, partials and totals of a solution, at some precision."""

    def __init__(self, solution: Solution, precision: Precision) -> None:
        self.graph, self.precision = solution.graph, precision
        self.nodes: Any = solution.graph.nodes
        self.exact = any(isinstance(value, Fraction) for value in solution.values.values())
        self.values: dict[Any, Any] = {}
        for node, value in solution.values.items():  # in evaluation order
            self.values[node] = self._value(node, value)
        swept = solution._swept
        self.partials = {
            (tail, head, key): self._partial(tail, head, key)
            for tail, head, key, data in self.graph.edges(keys=True, data=True)
            if "partial" in data
        }
        copy: nx.MultiDiGraph = nx.MultiDiGraph()
        copy.add_nodes_from(swept)
        known = [edge for edge in swept.edges(keys=True) if edge in self.partials]
        copy.add_edges_from((*edge, {"partial": self.partials[edge]}) for edge in known)
        sweep = reverse if solution.direction == "reverse" else forward
        one, zero = precision.number(1.0), precision.number(0.0)
        ring = REAL._replace(one=one, zero=zero)
        self.totals = totals(sweep(copy, dict.fromkeys(solution.seeds, one), ring))

    def _value(self, node: Any, value: Any) -> Any:
        primitive, arguments = self.nodes[node]["primitive"], self.nodes[node]["arguments"]
        if primitive is VARIABLE:
            return self.precision.number(value)
        if primitive is WHERE:  # the branch that the run took
            taken = arguments[1 if self.nodes[arguments[0]]["value"] else 2]
            return self._operand(taken)
        return self.precision.evaluate(primitive, tuple(map(self._operand, arguments)))

    def _operand(self, argument: Any, *, plain: bool = False) -> Any:
        """The value of a node, or a literal as the run has it."""
        if type(argument) is str:
            return self.values[argument]
        number = entered(argument, str(argument), exact=self.exact)
        return number if plain else self.precision.number(number)

    def _partial(self, tail: Any, head: Any, key: int) -> Any:
        """The partial of an edge: its rule, run on a number of many digits that moves."""
        primitive, arguments = self.nodes[head]["primitive"], self.nodes[head]["arguments"]
        if primitive is WHERE:
            return self.precision.number(1.0)
        # rules look at an exponent that is a number
        operands = [self._operand(a, plain=primitive is POWER and place == 1) for place, a in enumerate(arguments)]
        operands[key] = Dual(operands[key], 1)
        moved = primitive(*operands).tangent
        return moved if isinstance(moved, Precise) else self.precision.number(moved)

    def condition(self, node: Any) -> float:
        """Σ |argument · partial| / |value|."""
        value = self.values[node]
        if isinstance(value, bool):
            return 0.0
        terms = [
            abs(self.values[tail].value * self.partials[tail, node, key].value)
            for tail, _, key in self.graph.in_edges(node, keys=True)
            if (tail, node, key) in self.partials
        ]
        if value.value == 0:
            return math.inf if any(terms) else 0.0
        return float(sum(terms, self.precision.mp.zero) / abs(value.value))

    def agrees(self, other: _Run) -> bool:
        """Whether another run of fewer digits comes to the same."""
        pairs = [
            (mine[node], theirs[node])
            for mine, theirs in ((self.values, other.values), (self.totals, other.totals))
            for node in mine
        ]
        return all(a == b if isinstance(a, bool) else _relative(b.value, a.value) <= _AGREED for a, b in pairs)


def _exact_run(solution: Solution, digits: int) -> _Run:
    """The run of so many digits, or of more where they do not settle."""
    earlier = _Run(solution, Precision(digits))
    for more in (2 * digits, max(_MOST_DIGITS, 4 * digits)):
        run = _Run(solution, Precision(more))
        if not run.precision.short and run.agrees(earlier):
            break
        earlier = run
    return run


def _measured(value: Any, exact: Any) -> Measured:
    if isinstance(exact, bool):
        return Measured(value, exact, 0.0 if value == exact else math.inf)
    precision: Precision = exact.precision
    return Measured(value, exact.value, _relative(precision.number(value).value, exact.value))


def _relative(value: Any, exact: Any) -> float:
    """The relative error; ∞ where there is no number to compare with."""
    if value == exact or (value != value and exact != exact):
        return 0.0
    difference = abs(value - exact)
    if not exact or difference != difference or difference == math.inf:
        return math.inf
    return float(difference / abs(exact))


# -- the first loss


def _first_value(solution: Solution, nodes: Mapping[Any, NodeAccuracy], threshold: float) -> Any:
    lost = {node: one.value.lost for node, one in nodes.items()}
    rows = solution.graph.nodes
    return _first(
        lost,
        solution.outputs,
        threshold,
        lambda node: [a for a in rows[node]["arguments"] if a in lost],
        lambda node: 0.0,
    )


def _first_derivative(
    solution: Solution, steps: Mapping[Any, Step], run: _Run, nodes: Mapping[Any, NodeAccuracy], threshold: float
) -> Any:
    found = {node: one.derivative.lost for node, one in nodes.items() if one.derivative is not None}
    lost = {node: found[node] for node in steps if node in found}  # in the order of the sweep
    asked = solution.inputs if solution.direction == "reverse" else solution.outputs

    def sources(node: Any) -> list[Any]:
        return [term.head if solution.direction == "reverse" else term.tail for term in steps[node].terms]

    def partials(node: Any) -> float:
        """Digits lost by the worst of the partials that arrive."""
        return max((_measured(t.partial, run.partials[t[:3]]).lost for t in steps[node].terms), default=0.0)

    return _first(lost, asked, threshold, sources, partials)


def _first(
    lost: Mapping[Any, float],
    ends: Iterable[Any],
    threshold: float,
    sources: Callable[[Any], list[Any]],
    given: Callable[[Any], float],
) -> Any:
    """The first node that loses digits which its sources, and what else it is given, still have.

    Of the nodes from which a loss goes on, from node to node, to one of the ends.
    """
    reached = {node for node in ends if lost.get(node, 0.0) >= threshold}
    stack = list(reached)
    while stack:
        more = [one for one in sources(stack.pop()) if lost[one] >= threshold and one not in reached]
        reached.update(more)
        stack += more
    for node in lost:
        if node in reached:
            inherited = max([given(node), *(lost[one] for one in sources(node))])
            if lost[node] - inherited >= threshold:
                return node
    return None

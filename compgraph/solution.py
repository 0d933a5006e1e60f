"""The front door: `solve` reads, traces, linearizes and sweeps; a `Solution` answers and shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np

from compgraph.arrays.labels import holds_arrays, shape_at, shaped_between
from compgraph.elimination import Cost
from compgraph.expression import Expression, Primitive
from compgraph.levels import among, statements, unfolded
from compgraph.linearization import linearize
from compgraph.listing import Program, derivative_program
from compgraph.maps import Identity, LinearMap
from compgraph.maps.base import size
from compgraph.numbers import digits, plus, times
from compgraph.pathsum import PathSum, paths
from compgraph.posing import depending, posed
from compgraph.propagation import Step, forward, reverse
from compgraph.selection import Groups, between, named_nodes, neighbourhood
from compgraph.semiring import LINEAR, MATRIX, REAL, Ranked, Semiring, a_semiring
from compgraph.symbols import EXPRESSION, formulas, joining
from compgraph.zoom import entries, entry_names, refuse_many, scalarize

if TYPE_CHECKING:
    from compgraph.accuracy import Accuracy
    from compgraph.homework.report import Report
    from compgraph.render.derivation import Derivation
    from compgraph.render.exploring import Explorer
    from compgraph.render.film import Film
    from compgraph.render.table import Table
    from compgraph.structure import Order

__all__ = ["Solution", "solve"]

_DIRECTIONS = ("reverse", "forward", "auto")


def solve(
    problem: Any,
    at: Mapping[str, Any] | None = None,
    *,
    of: str | Iterable[str] | None = None,
    wrt: str | Iterable[str] | None = None,
    direction: str = "reverse",
    exact: bool = False,
    functions: Mapping[str, Primitive] | None = None,
) -> Solution:
    """Trace, linearize and sweep: every value, every partial, every derivative.

    Parameters
    ----------
    problem : Expression, mapping of str to Expression, sequence of Expression, str, or function
        Text holds statements (``t = x^2``), one per line or separated by ``;``. A Python function is run on variables:
        its parameters are the inputs, its local names name what they are bound to.
    at : mapping of str to number or text, optional
        The point; text such as ``"1/3"`` keeps exactness. None leaves it open: the answers are Expressions.
    of : name or names, optional
        The output(s); the last statement or entry if left out.
    wrt : name or names, optional
        The input(s) to differentiate with respect to. The sweep and `Solution.derivatives` are then limited to
        nodes reachable from them.
    direction : {"reverse", "forward", "auto"}
        One sweep per output, one per input, or whichever are fewer.
    exact : bool
        Keep Fractions as far as the operations allow.
    functions : mapping of str to Primitive, optional
        Further functions that text may use.

    Returns
    -------
    Solution

    Raises
    ------
    ParseError
        Text that cannot be read; the place is shown.
    DomainError
        A function outside its domain, or a derivative that does not exist.
    ValueError, TypeError
        An input without a value, an unknown name, something that is no expression.

    Notes
    -----
    Linear in operations for one sweep.

    Examples
    --------
    >>> s = solve("J = cos(sin(x^2) + 3x^2)", at={"x": 2})
    >>> round(s.gradient["x"], 4)
    9.0991
    """
    if direction not in _DIRECTIONS:
        raise ValueError(f"unknown direction {direction!r}: expected one of {', '.join(_DIRECTIONS)}.")
    if at is not None and not isinstance(at, Mapping):
        raise TypeError(f"at: expected a mapping of inputs to numbers, got {at!r:.60}. Write at={{'x': 2}}.")
    graph, outputs, inputs, at = posed(problem, at, of=of, wrt=wrt, functions=functions)
    linearize(graph, at, exact=exact, copy=False)
    if direction == "auto":
        direction = "forward" if len(inputs) < len(outputs) else "reverse"
    semiring = EXPRESSION if at is None else LINEAR if holds_arrays(graph) else _over(Fraction if exact else float)
    return Solution(graph, direction, outputs, inputs, semiring=semiring, limited=wrt is not None)


def _over(number: type) -> Semiring:
    """REAL, whose 0 and 1 are numbers as the run computes with; exact ones may be beyond the floats."""
    over = REAL._replace(zero=number(0), one=number(1))
    return over._replace(add=plus, mul=times) if number is Fraction else over


class Solution:
    """A linearized graph and its sweeps.

    Attributes
    ----------
    graph : networkx.MultiDiGraph
        Linearized.
    direction : str
        ``"reverse"`` or ``"forward"``.
    outputs, inputs : tuple of str
        What is differentiated, and with respect to what.
    cost : Cost
        Of the sweeps: one product per edge that a sweep reaches, parallel edges one by one, the product with the seed
        included. `elimination_cost` counts otherwise: parallel edges merged, and no seeds.

    Examples
    --------
    >>> s = solve("f = x*y + x", at={"x": 2, "y": 3})
    >>> s.values["f"], s.derivatives
    (8.0, {'f': 1.0, 'v1': 1.0, 'y': 2.0, 'x': 4.0})
    """

    def __init__(
        self,
        graph: nx.MultiDiGraph,
        direction: str,
        outputs: Iterable[str],
        inputs: Iterable[str],
        *,
        semiring: Semiring = REAL,
        limited: bool = False,
    ) -> None:
        self.graph = graph
        self.direction = direction
        self.outputs = tuple(outputs)
        self.inputs = tuple(inputs)
        self.semiring = semiring
        self.limited = limited
        self._totals: dict[str, dict[Any, Any]] = {}
        self.cost = Cost(0, 0)
        for seed in self.seeds:
            final: dict[Any, Any] = {}
            multiplications = additions = 0
            for step in self._sweep(seed):
                final[step.node] = self._shaped(step.node, seed, semiring.readout(step.total))
                multiplications += sum([_multiplications(term.partial) for term in step.terms])
                additions += max(0, len(step.terms) - (step.node != seed))
            self._totals[seed] = final
            self.cost = Cost(self.cost.multiplications + multiplications, self.cost.additions + additions)

    # -- the sweeps

    @property
    def seeds(self) -> tuple[str, ...]:
        """What the sweeps start from: the outputs in reverse, the inputs in forward."""
        return self.outputs if self.direction == "reverse" else self.inputs

    @cached_property
    def _swept(self) -> nx.MultiDiGraph:
        """The graph, or the part of it that depends on an explicit `wrt`.

        Where a partial with respect to a constant does not exist (xⁿ at x < 0 with ``n = 2`` assigned), nobody asked
        for it, and constants are left out.
        """
        undefined = self.graph.graph.get("undefined", ())
        if not self.limited and not undefined:
            return self.graph
        part = depending(self.graph, self.inputs, self.seeds)
        return part if self.limited or not any(tail in part for tail, _, _ in undefined) else self.graph

    def _sweep(self, seed: str) -> Iterator[Step]:
        sweep = reverse if self.direction == "reverse" else forward
        shape = shape_at(self.graph, seed)
        if not shape or not self.derives:
            return sweep(self._swept, {seed: self.semiring.one}, self.semiring)
        if self.semiring is EXPRESSION:
            raise ValueError(
                f"{seed} has the shape {shape}: expected a number to differentiate at no point. "
                "Give at={…}, or differentiate its sum with a weight for each entry."
            )
        return sweep(self._swept, {seed: Identity(shape)}, MATRIX)  # the totals are linear maps

    def sweep(self, name: str) -> Solution:
        """The solution of one sweep: from one output in reverse, from one input in forward."""
        if name not in self.seeds:
            raise ValueError(f"no sweep from {name!r}: expected one of {', '.join(self.seeds)}.")
        return self._one(name)

    def _one(self, name: str) -> Solution:
        outputs, inputs = ((name,), self.inputs) if self.direction == "reverse" else (self.outputs, (name,))
        return Solution(self.graph, self.direction, outputs, inputs, semiring=self.semiring, limited=self.limited)

    def _single(self, what: str) -> str:
        if len(self.seeds) != 1:
            kind = "outputs" if self.direction == "reverse" else "inputs"
            first = self.seeds[0] if self.seeds else "x"
            raise ValueError(
                f"{what}: expected one sweep, got {len(self.seeds)} {kind} ({', '.join(self.seeds[:8])}). "
                f"Ask for one of them, as s.sweep({first!r}).{what}, or use s.jacobian."
            )
        return self.seeds[0]

    @property
    def derives(self) -> bool:
        """Whether the totals are derivatives, and not answers in another semiring."""
        return self.semiring.name in (REAL.name, EXPRESSION.name, LINEAR.name)

    def over(self, semiring: Semiring) -> Solution:
        """The same question in another semiring: `derivatives` are then its readouts, `steps` hold its elements.

        Parameters
        ----------
        semiring : Semiring

        Raises
        ------
        TypeError
            The semiring needs numbers, and the point is left open.

        Examples
        --------
        >>> from compgraph.semiring import COUNT, MAX_PRODUCT
        >>> s = solve("f = x*y + 2x", at={"x": 2, "y": 3})
        >>> s.over(MAX_PRODUCT).derivatives["x"], s.over(COUNT).derivatives["x"]
        (3.0, 2)
        """
        a_semiring(semiring)
        if holds_arrays(self.graph) and semiring.name not in (LINEAR.name, MATRIX.name):
            raise TypeError(
                f"{semiring} acts on numbers: expected a graph of scalars, got nodes that hold arrays. "
                f"Zoom in first: s.scalars.over(cg.{semiring})."
            )
        try:
            return Solution(
                self.graph, self.direction, self.outputs, self.inputs, semiring=semiring, limited=self.limited
            )
        except TypeError as error:
            if not any(isinstance(partial, Expression) for partial in self.partials.values()):
                raise
            raise TypeError(
                f"{semiring} needs numbers: expected a point, got labels that are expressions. Give at={{…}}, or --at."
            ) from error

    @property
    def steps(self) -> Iterator[Step]:
        """The steps of the sweep, one per node, made anew at each access."""
        return self._sweep(self._single("steps"))

    def _shaped(self, node: str, seed: str, total: Any) -> Any:
        """A derivative in the shape that it has, where there are arrays."""
        if self.semiring is not LINEAR:
            return total
        return shaped_between(self.graph, total, *((seed, node) if self.direction == "reverse" else (node, seed)))

    # -- the answers

    @property
    def values(self) -> dict[str, Any]:
        """Node → value, of every node that was evaluated."""
        return {node: value for node, value in self.graph.nodes(data="value") if value is not None}

    @property
    def partials(self) -> dict[tuple[str, str, int], Any]:
        """(tail, head, key) → partial, of every edge whose partial exists."""
        return {
            (tail, head, key): data["partial"]
            for head in self.graph
            for tail, parallel in self.graph._pred[head].items()
            for key, data in parallel.items()
            if "partial" in data
        }

    @property
    def derivatives(self) -> dict[str, Any]:
        """Reverse: ∂output/∂name for every name. Forward: ∂name/∂input. 0 where one does not depend on the other."""
        return dict(self._totals[self._single("derivatives")])

    @property
    def gradient(self) -> dict[str, Any]:
        """∂output/∂input for every input, of a single output."""
        if len(self.outputs) != 1:
            raise ValueError(
                f"gradient: expected one output, got {len(self.outputs)} ({', '.join(self.outputs[:8])}). "
                "Use s.jacobian, or s.sweep(output).gradient in reverse."
            )
        return {name: derivative for (_, name), derivative in self.jacobian.items()}

    @property
    def jacobian(self) -> dict[tuple[str, str], Any]:
        """(output, input) → derivative."""
        at = self._totals
        zero = self.semiring.readout(self.semiring.zero)
        if self.direction == "reverse":
            return {(y, x): at[y].get(x, zero) for y in self.outputs for x in self.inputs}
        return {(y, x): at[x].get(y, zero) for y in self.outputs for x in self.inputs}

    @property
    def warnings(self) -> list[str]:
        """Kinks where a convention was applied, overflows and infinite partials."""
        return list(self.graph.graph.get("warnings", ()))

    def paths(self, tail: str, head: str | None = None) -> PathSum:
        """All paths from `tail` to `head` (the output, if left out): products, their sum, and how many there are."""
        if head is None:
            if len(self.outputs) != 1:
                raise ValueError(f"paths: expected a head, got several outputs. Name one of {', '.join(self.outputs)}.")
            head = self.outputs[0]
        return paths(self.graph, tail, head, joining(self.semiring))

    @cached_property
    def statements(self) -> Solution:
        """The same solution with one node per assigned name."""
        if "operations" in self.graph.graph:
            return self
        graph = statements(self.graph)
        return Solution(graph, self.direction, self.outputs, self.inputs, semiring=self.semiring, limited=self.limited)

    def folded(self, groups: Groups = None) -> Solution:
        """The same solution with groups of nodes folded: of each, only what is used outside of it is left.

        Parameters
        ----------
        groups : mapping of name to nodes, or names of scopes, optional
            Nodes called ``layer1.z`` are in the scope ``layer1``. Left out: all outermost scopes.

        Notes
        -----
        An input that only its group uses leaves with it, and is a number from then on; at no point, inputs stay.

        Examples
        --------
        >>> s = solve("h = w*x; a = h^2; J = a + x", at={"w": 2, "x": 3})
        >>> s.folded({"layer": ["w", "h", "a"]}).derivatives, s.derivatives["x"]
        ({'J': 1.0, 'a': 1.0, 'x': 25.0}, 25.0)
        """
        return self._among([*unfolded(self.graph, groups), *self.outputs])

    def among(self, nodes: Iterable[str]) -> Solution:
        """The same solution with these nodes only, all others eliminated: every number that is left is the same.

        Examples
        --------
        >>> s = solve("h = w*x; a = h^2; J = a + x", at={"w": 2, "x": 3}).among(["x", "J"])
        >>> s.partials, s.derivatives
        ({('x', 'J', 0): 25.0}, {'J': 1.0, 'x': 25.0})
        """
        return self._among([*named_nodes(self.graph, nodes), *self.seeds])

    def part(self, *, of: str | Iterable[str] | None = None, wrt: str | Iterable[str] | None = None) -> Solution:
        """What lies between some nodes: all that `of` is made from, or that is made from `wrt`, or both.

        Examples
        --------
        >>> s = solve("t = x*y; u = y^2; J = t + u", at={"x": 2, "y": 3})
        >>> list(s.part(of="t").values), list(s.part(wrt="x").values), list(s.part(of="t", wrt="x").values)
        (['x', 'y', 't'], ['x', 't', 'J'], ['x', 't'])
        """
        ends, starts = named_nodes(self.graph, of), named_nodes(self.graph, wrt)
        return self._among(between(self.graph, ends, starts), ends or self.outputs, starts or self.inputs)

    def around(self, node: str, depth: int = 1) -> Solution:
        """A node and those near it, all else eliminated: edges lead from there to where the sweep starts.

        Parameters
        ----------
        node : str
        depth : int
            How many edges away the farthest of them are.

        Examples
        --------
        >>> s = solve("t = x^2; u = sin(t); v = u*t; w = exp(v); J = w/2", at={"x": 1}).around("u")
        >>> list(s.partials), s.derivatives["u"] == solve("J = exp(u*1)/2", at={"u": s.values["u"]}).gradient["u"]
        ([('t', 'u', 0), ('t', 'v', 0), ('u', 'v', 0), ('v', 'J', 0)], True)
        """
        (middle,) = named_nodes(self.graph, node)
        return self.among(neighbourhood(self.graph, middle, depth))

    def _among(self, nodes: Iterable[str], outputs: Sequence[str] = (), inputs: Sequence[str] = ()) -> Solution:
        """What is left of the solution where only some nodes of its graph are."""
        over = None if self.derives else joining(self.semiring)
        if self.semiring.name == EXPRESSION.name:  # inputs without a value stay, because formulas speak of them
            nodes = [*nodes, *(node for node in self.inputs if node in self.graph)]
        graph = among(self.graph, [node for node in nodes if node in self._swept], semiring=over)
        if self._swept is not self.graph:  # what nobody asked for is gone
            graph.graph.pop("undefined", None)
        outputs = [node for node in outputs or self.outputs if node in graph]
        inputs = [node for node in inputs or self.inputs if node in graph]
        graph.graph.update(outputs=outputs, inputs=inputs)
        semiring = self.semiring if over is None else self.semiring._replace(lift=_lifted)
        return Solution(graph, self.direction, outputs, inputs, semiring=semiring)

    @cached_property
    def scalars(self) -> Solution:
        """The same solution with one node per entry of each array: the scalar zoom, on which any semiring acts.

        Examples
        --------
        >>> import numpy as np
        >>> from compgraph.expression import Variable
        >>> from compgraph.semiring import COUNT
        >>> s = solve({"y": np.sum(Variable("W") @ Variable("x"))}, at={"W": [[1, 2], [3, 4]], "x": [5, 6]})
        >>> s.scalars.gradient["W[0,1]"], s.scalars.over(COUNT).derivatives["x[0]"]
        (6.0, 2)
        """
        if not holds_arrays(self.graph):
            return self
        fine = self.graph.graph.get("operations", self.graph)
        refuse_many(fine)
        shapes = {name: shape_at(self.graph, name) for name in (*self.outputs, *self.inputs)}
        of = [entry for name in self.outputs for entry in entry_names(name, shapes[name])]
        wrt = [entry for name in self.inputs for entry in entry_names(name, shapes[name])]
        inputs = {name: fine.nodes[name]["value"] for name in fine.graph["inputs"]}
        return solve(scalarize(fine), entries(inputs), of=of, wrt=wrt, direction=self.direction)

    # -- checking

    def check(self, answers: Mapping[str, Any], *, level: str | None = None, **options: Any) -> Report:
        """Mark numbers worked out by hand: every cell against the right number, and against what it was made from.

        Parameters
        ----------
        answers : mapping of str to str or number
            Cell (``val:z``, ``part:z>a``, ``grad:w``, …) → what was found; a name alone is its value. As text
            ``"0.50"`` keeps its precision and ``"1/3"`` is exact.
        level : {"statements", "operations"}, optional
            Whether cells speak of assigned names, or of every operation; as the cells do, if left out.
        **options
            Those of `compgraph.homework.grade`: digits, working_digits, exact, reveal, …

        Raises
        ------
        ValueError
            Several outputs, no point, or an option that is none. What stands in a cell never raises.

        Examples
        --------
        >>> s = solve("z = w*x; a = z^2", at={"w": 3, "x": 2.5})
        >>> print(s.check({"z": "7.5", "a": "56.25", "grad:z": "15", "grad:w": "15"}))
        3/4
        ✗ grad:w   15    possible: a factor is missing: ∂z/∂w was taken as one    [root error]
        """
        from compgraph.homework.stating import checked

        return checked(self, answers, level=level, **options)

    def accuracy(self, *, digits: int = 50, threshold: float = 2.0) -> Accuracy:
        """The digits lost at every node, in values and in the sweep, and the first operation that loses them.

        The run is repeated on numbers of so many `digits`; `threshold` says how many digits at once make a loss.

        Examples
        --------
        >>> solve("y = sqrt(x + 1) - sqrt(x)", at={"x": 1e12}).accuracy().first
        'y'
        """
        from compgraph.accuracy import accuracy

        return accuracy(self, digits=digits, threshold=threshold)

    # -- showing

    def film(self, order: Order | None = None, **options: Any) -> Film:
        """The sweep as a film: one layout, a frame before the first step and one after each.

        Where the semiring chooses among paths (MAX_PRODUCT, LONGEST, …), the path of the best of all totals is bold;
        ``bold=`` names other edges. With an `order` of elimination, such as ``cg.markowitz`` or a list of nodes, the
        film shows the graph shrinking to its Jacobian instead.
        """
        from compgraph.render.film import solution_film

        return solution_film(self, order, **options)

    def widget(self, order: Order | None = None, *, step: int = 0, selection: str | None = None, **options: Any) -> Any:
        """The film in a notebook cell, in sync with Python; options are those of `film`."""
        return self.film(order, **options).widget(step=step, selection=selection)

    def explore(self, groups: Groups = None, **options: Any) -> Explorer:
        """A page to find one's way in a large graph: pan, zoom, search by name, fold scopes, step through the sweep.

        Parameters
        ----------
        groups : mapping of name to nodes, or names of scopes, optional
            What can be folded there; left out, all scopes that names speak of.
        **options
            title, theme, digits.

        Raises
        ------
        ValueError
            More nodes than can be shown, even with everything folded.
        """
        from compgraph.render.exploring import Explorer

        return Explorer(self, groups, **options)

    def network(self, inputs: str | Iterable[str] | None = None, **options: Any) -> Film:
        """The solution as a film of a network: neurons in columns, lines as thick as their weights.

        What is made of one weighted sum is one neuron, which shows its last name; biases and targets are not drawn. A
        sweep makes lines as thick as what flows back along them, and a neuron that passes nothing on, a dropped one for
        instance, is grey. `film` shows the same computation node by node.

        Parameters
        ----------
        inputs : name or names, optional
            What goes into the network; where it is left out, the vectors that are multiplied with matrices.
        **options
            title, theme, digits.

        Raises
        ------
        ValueError
            Several outputs, no point, a batch of examples, or no telling what goes in.

        Examples
        --------
        >>> s = solve("h = tanh(w*x + b); p = v*h + c; J = (p - y)^2", at=dict(x=1, w=2, b=0, v=3, c=1, y=2))
        >>> s.network("x")
        Film: Derivatives of J, 5 frames of 4 nodes
        """
        from compgraph.render.film import network_film

        return network_film(self, inputs, **options)

    def table(self, **options: Any) -> Table:
        """The forward and the backward column side by side, a ``+=`` for every term."""
        from compgraph.render.table import Table

        return Table(self, **options)

    def derivation(self, **options: Any) -> Derivation:
        """Every value, partial and derivative worked out line by line: formula = numbers = result."""
        from compgraph.render.derivation import Derivation

        return Derivation(self, **options)

    def program(self) -> Program:
        """The values and the sweep as a program: to read, to take along as Python, to compile.

        It holds at any point (of arrays, at any of the same shapes), and has both sides of every branch.

        Examples
        --------
        >>> print(solve("y = x^2").program())
        y = x²
        <BLANKLINE>
        ∂y/∂y = 1
        ∂y/∂x = 0
        ∂y/∂x += ∂y/∂y · (2·x)
        """
        wrt = self.inputs if self.limited else None
        graph = self.graph
        if holds_arrays(graph):  # a program is for arrays of the shapes that these have
            graph = graph.copy()
            graph.graph["shapes"] = {x: shape for x in graph.graph["inputs"] if (shape := shape_at(graph, x))}
        return derivative_program(graph, of=self.outputs, wrt=wrt, direction=self.direction)

    def to_graphviz(self, step: int | None = None, **options: Any) -> Any:
        """A `graphviz.Digraph` with full labels, as it stands after `step` steps (all of them, if left out)."""
        from compgraph.render.dot import solution_digraph

        return solution_digraph(self, step, **options)

    def to_dict(self) -> dict[str, Any]:
        """The solution as plain data, schema ``compgraph-solution/1``: what ``solve --json`` prints."""
        written = {head: formulas(self.graph, head) for head in self.graph}
        return {
            "schema": "compgraph-solution/1",
            "direction": self.direction,
            "outputs": list(self.outputs),
            "inputs": list(self.inputs),
            "values": {name: plain(value) for name, value in self.values.items()},
            "partials": [
                {
                    "tail": tail,
                    "head": head,
                    "argument": key,
                    "partial": plain(partial),
                    "formula": _text(written[head][tail, key]),
                }
                for (tail, head, key), partial in self.partials.items()
            ],
            "derivatives": {
                seed: {name: plain(total) for name, total in final.items()} for seed, final in self._totals.items()
            },
            "cost": {"multiplications": self.cost.multiplications, "additions": self.cost.additions},
            "warnings": self.warnings,
        }

    def __repr__(self) -> str:
        from compgraph import notation

        what = "∂{}/∂{}" if self.derives else f"{self.semiring} of {{1}} → {{0}}"
        names = notation.name
        lines = [f"{what.format(names(y), names(x))} = {_text(total)}" for (y, x), total in self.jacobian.items()]
        if len(lines) > 20:
            lines = [*lines[:20], f"… ({len(lines)} {'derivatives' if self.derives else 'totals'} in all)"]
        what = ", ".join(f"{y} = {_text(self.values[y])}" for y in self.outputs[:8] if y in self.values)
        return "\n".join([f"Solution ({self.direction}): {what}", *lines])

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        try:
            return {**self.film().figure()._repr_mimebundle_(), "text/plain": repr(self)}
        except (RuntimeError, TimeoutError) as error:  # no engine, or none that copes
            return {"text/plain": f"{self!r}\n{error}"}


def _lifted(label: Any) -> Any:
    """A label that is an element already."""
    return label


def _multiplications(partial: Any) -> int:
    return partial.cost if isinstance(partial, LinearMap) else 1


#: Bits of the longest integer that stays a number in JSON: Python neither writes nor reads more than 4 300 digits.
_LONGEST_INTEGER = 14_000

#: Entries of a map's matrix from which JSON has its shapes instead.
_LARGEST_MATRIX = 4096


def plain(value: Any) -> Any:
    """A value as JSON holds it: finite numbers as they are, pairs as lists, all else (Fractions, ∞, …) as text.

    A sum of words is a list of words, each with its count; one of the best paths has its product and its word.
    """
    if isinstance(value, LinearMap):
        if size(value.output) * size(value.input) > _LARGEST_MATRIX:
            return {"map": _text(value), "output": list(value.output), "input": list(value.input)}
        value = value.matrix()
    if isinstance(value, np.ndarray):
        entries = np.empty(value.size, dtype=object)
        entries[:] = [plain(entry) for entry in value.ravel().tolist()]
        return entries.reshape(value.shape).tolist()
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int) and value.bit_length() > _LONGEST_INTEGER:
        return digits(value)
    if isinstance(value, int) or (isinstance(value, float) and value - value == 0):
        return value
    if isinstance(value, Fraction):
        return digits(value)
    if isinstance(value, Counter):
        return [{"word": plain(word), "count": count} for word, count in value.items()]
    if isinstance(value, Ranked):
        return {"product": plain(value.product), "word": plain(value.word)}
    if isinstance(value, tuple):
        return [plain(part) for part in value]
    return _text(value, limit=10_000) if isinstance(value, Expression) else str(value)


def _text(value: Any, limit: int = 200) -> str:
    from compgraph import notation

    return notation.text(value, limit=limit) if isinstance(value, Expression) else notation.element(value)

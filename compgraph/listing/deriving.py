"""Graphs listed as programs: their values, their derivatives in either direction, and those of an elimination."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import networkx as nx

from compgraph.elimination import after, eliminate
from compgraph.expression import IDENTITY, LITERAL, VARIABLE, Application, Expression, Primitive, Variable
from compgraph.functions import WHERE
from compgraph.listing.guards import ALWAYS, NEVER, Cases, also, either, written_order
from compgraph.listing.identifiers import Slope
from compgraph.listing.assignments import Assignment, Guard, Program
from compgraph.posing import names_of, posed
from compgraph.propagation import node_order
from compgraph.semiring import COUNT
from compgraph.structure import Order
from compgraph.symbols import definition, formula

__all__ = ["derivative_program", "elimination_program", "program"]

Names = str | Expression | Iterable[str | Expression] | None


def program(problem: Any, *, of: Names = None, functions: Mapping[str, Primitive] | None = None) -> Program:
    """The values of a problem as a program.

    Parameters
    ----------
    problem : Expression, mapping of str to Expression, sequence of Expression, str, function, or traced graph
        As `solve` takes it.
    of : name or names, optional
        The outputs; the last statement or entry if left out.
    functions : mapping of str to Primitive, optional
        Further functions that text may use.

    Examples
    --------
    >>> print(program("u = x^2; J = u + sin(u)"))
    u = x²
    v1 = sin(u)
    J = u + v1
    >>> program("J = x*y + x").compile()(2, 3)
    8.0
    """
    listed = _listed(problem, of, None, functions)
    return Program(listed.graph, listed.inputs, listed.outputs, (), tuple(listed.values()), "values")


def derivative_program(
    problem: Any,
    *,
    of: Names = None,
    wrt: Names = None,
    direction: str = "reverse",
    functions: Mapping[str, Primitive] | None = None,
) -> Program:
    """The values of a problem and its derivatives as a program: what a sweep does, written out for every input.

    Parameters
    ----------
    problem, of, functions
        As in `program`. A graph may also be labelled by hand, or have no labels: they are then inputs.
    wrt : name or names, optional
        The inputs to differentiate with respect to; the listing is then limited to what depends on them.
    direction : {"reverse", "forward"}
        Adjoints by a block of ``+=`` for each output, or tangents by a block for each input.

    Examples
    --------
    >>> print(derivative_program("t = x^2; J = sin(t)", direction="forward"))
    t = x²
    J = sin(t)
    <BLANKLINE>
    ∂x/∂x = 1
    ∂t/∂x = (2·x) · ∂x/∂x
    ∂J/∂x = cos(t) · ∂t/∂x
    """
    if direction not in ("reverse", "forward"):
        raise ValueError(f"unknown direction {direction!r:.40}: expected reverse or forward.")
    listed = _listed(problem, of, wrt, functions)
    sweep = _reverse if direction == "reverse" else _forward
    seeds = listed.outputs if direction == "reverse" else listed.wrt
    keep = None if wrt is None else listed.depending()
    edges = [edge for edge in listed.edges() if keep is None or (edge.tail in keep and edge.head in keep)]
    lines = [*listed.values(), *(line for seed in seeds for line in sweep(seed, listed, edges))]
    missing = [Slope(edge.head, edge.tail) for edge in edges if edge.partial == Slope(edge.head, edge.tail)]
    inputs = (*listed.inputs, *dict.fromkeys(missing))
    return Program(listed.graph, inputs, listed.outputs, listed.wrt, tuple(lines), direction)


def elimination_program(
    problem: Any,
    order: Order,
    *,
    of: Names = None,
    wrt: Names = None,
    functions: Mapping[str, Primitive] | None = None,
) -> Program:
    """The values of a problem and its Jacobian, by eliminating nodes in some order.

    The label of an edge is ``∂head/∂tail``: at first the partial, in the end, between input and output, the derivative.

    Parameters
    ----------
    problem, of, wrt, functions
        As in `derivative_program`.
    order : sequence, or function from a graph to one
        As `eliminate` takes it: ``cg.markowitz``, or the inner nodes in turn.

    Examples
    --------
    >>> print(elimination_program("t = x^2; J = t*sin(t)", ["v1", "t"]))
    t = x²
    v1 = sin(t)
    J = t·v1
    <BLANKLINE>
    ∂t/∂x = 2·x
    ∂v1/∂t = cos(t)
    ∂J/∂t = v1
    ∂J/∂v1 = t
    <BLANKLINE>
    ∂J/∂t += ∂J/∂v1 · ∂v1/∂t
    ∂J/∂x = ∂J/∂t · ∂t/∂x
    """
    listed = _listed(problem, of, wrt, functions)
    labels: dict[tuple[Any, Any], list[_Edge]] = {}
    for edge in listed.edges():
        labels.setdefault((edge.tail, edge.head), []).append(edge)
    bare: nx.MultiDiGraph = nx.MultiDiGraph()
    bare.add_nodes_from(listed.order)
    bare.add_edges_from(((*pair, 0, {"partial": 1}) for pair in labels))
    ends: dict[str, Any] = {"inputs": listed.wrt, "outputs": listed.outputs, "semiring": COUNT}
    lines, inputs = listed.values(), list(listed.inputs)
    for tail, head in after(bare, (), **ends).edges():
        parallel = labels.get((tail, head))
        name = Slope(head, tail)
        if parallel is None:  # an identity node beside an end that is not at the edge
            lines.append(Assignment(name, ((1,),)))
        elif any(edge.partial == name for edge in parallel):
            inputs.append(name)
        elif all(edge.guard == ALWAYS for edge in parallel):
            lines.append(Assignment(name, tuple([(edge.partial,) for edge in parallel])))
        else:
            lines.append(Assignment(name, ((0,),)))
            lines += [Assignment(name, ((edge.partial,),), True, listed.guard(edge.guard)) for edge in parallel]
    for step in eliminate(bare, order, **ends):
        known = {(change.tail, change.head) for change in step.changed}
        for tail, node, head, *_ in step.products:
            product = (Slope(head, node), Slope(node, tail))
            lines.append(Assignment(Slope(head, tail), (product,), (tail, head) in known))
    return Program(listed.graph, tuple(inputs), listed.outputs, listed.wrt, tuple(lines), "elimination")


# -- a graph, listed


class _Edge(NamedTuple):
    """An edge with its partial in the names of the listing, and when it is there."""

    tail: Any
    head: Any
    partial: Any
    guard: Cases = ALWAYS


class _Listed:
    """A graph in the order in which it is written down."""

    def __init__(self, graph: nx.MultiDiGraph, outputs: Sequence[Any], wrt: Sequence[Any]) -> None:
        self.graph = graph
        self.nodes = graph._node
        self.outputs = tuple(outputs)
        self.wrt = tuple(wrt)
        self.traced = all("primitive" in data for data in self.nodes.values())
        self.coarse = "operations" in graph.graph
        self.guards: dict[Any, Cases] = {}
        self.order = node_order(graph)
        inputs = graph.graph.get("inputs", ()) if self.traced else ()
        self.inputs = tuple(inputs)
        if self.traced and not self.coarse:
            self.variables = {key: Variable(key) for key in self.nodes}
            if any(data["primitive"] is WHERE for data in self.nodes.values()):
                used = {a for data in self.nodes.values() for a in data["arguments"]}
                roots = [key for key in self.nodes if key not in used or key in self.outputs or key in inputs]
                self.order, self.guards = written_order(self.nodes, roots)
        self.place = {key: i for i, key in enumerate(self.order)}

    def guard(self, cases: Cases) -> Guard:
        """As it is listed: each case with the conditions in the order in which they are known."""
        if cases == ALWAYS:
            return None
        return tuple(sorted(tuple(sorted(case, key=lambda c: (self.place[c[0]], c[1]))) for case in cases))

    def needed(self, key: Any) -> Cases:
        """When a node is needed."""
        return self.guards.get(key, ALWAYS)

    def values(self) -> list[Assignment]:
        """An assignment for every node but the inputs."""
        lines = []
        for key in self.order if self.traced else ():
            primitive, guard = self.nodes[key]["primitive"], self.needed(key)
            if primitive is VARIABLE or guard == NEVER:
                continue
            if self.coarse:
                lines.append(Assignment(key, ((definition(self.graph, key),),)))
                continue
            operands = self._operands(key)
            plain = primitive is IDENTITY or primitive is LITERAL
            value = operands[0] if plain else Application(primitive, tuple(operands))
            lines.append(Assignment(key, ((value,),), False, self.guard(guard)))
        return lines

    def edges(self) -> Iterator[_Edge]:
        """Every edge, head by head, each in the order of its arguments."""
        for head in self.order:
            if self.traced and not self.coarse:
                yield from self._arguments(head)
                continue
            for tail, parallel in self.graph._pred[head].items():
                for key, data in parallel.items():
                    label = Slope(head, tail) if self.traced is False else formula(self.graph, tail, head, key)
                    yield _Edge(tail, head, data.get("partial", label) if not self.traced else label)

    def _arguments(self, head: str) -> Iterator[_Edge]:
        data, guard = self.nodes[head], self.needed(head)
        primitive, arguments = data["primitive"], data["arguments"]
        if guard == NEVER:
            return
        operands: list[Any] | None = None
        for position, argument in enumerate(arguments):
            if type(argument) is not str or (rule := primitive.partials[position]) is None:
                continue
            if primitive is WHERE:
                condition, holds = arguments[0], position == 1
                if type(condition) is str:
                    when = also(guard, condition, holds)
                    yield from [_Edge(argument, head, 1, when)] if when else []
                elif bool(condition) is holds:
                    yield _Edge(argument, head, 1, guard)
                continue
            if callable(rule):
                operands = self._operands(head) if operands is None else operands
                rule = rule(self.variables[head], *operands)
            yield _Edge(argument, head, rule, guard)

    def _operands(self, key: str) -> list[Any]:
        return [self.variables[a] if type(a) is str else a for a in self.nodes[key]["arguments"]]

    def depending(self) -> set[Any]:
        """The nodes that depend on an input asked for, and the outputs."""
        keep = set(self.wrt)
        for node in self.order:
            if any(tail in keep for tail in self.graph._pred[node]):
                keep.add(node)
        return keep.union(self.outputs)


def _listed(problem: Any, of: Names, wrt: Names, functions: Mapping[str, Primitive] | None) -> _Listed:
    if not isinstance(problem, nx.MultiDiGraph):
        graph, outputs, inputs, _ = posed(
            problem,
            of=None if of is None else names_of(of),
            wrt=None if wrt is None else names_of(wrt),
            functions=functions,
        )
        return _Listed(graph, outputs, inputs)
    chosen = {}
    for kind, asked, adjacent in (("outputs", of, problem._succ), ("inputs", wrt, problem._pred)):
        if asked is None:
            chosen[kind] = problem.graph.get(kind) or [node for node in problem if not adjacent[node]]
        else:
            chosen[kind] = [asked] if isinstance(asked, (str, Expression)) or asked in problem else list(asked)
        for node in chosen[kind]:
            if node not in problem:
                raise ValueError(f"no node {node!r:.60}: expected {kind} among those of the graph. Name one of them.")
    return _Listed(problem, chosen["outputs"], chosen["inputs"])


# -- sweeps


def _reverse(output: Any, listed: _Listed, edges: Sequence[_Edge]) -> Iterator[Assignment]:
    """The adjoints of one output: all from zero, then a ``+=`` along every edge that is reached."""
    into: dict[Any, list[_Edge]] = {}
    for edge in edges:
        into.setdefault(edge.head, []).append(edge)
    reached = {output}
    lines = []
    for head in reversed(listed.order):
        if head in reached:
            for tail, _, partial, guard in into.get(head, ()):
                reached.add(tail)
                product = (Slope(output, head), partial)
                lines.append(Assignment(Slope(output, tail), (product,), True, listed.guard(guard)))
    yield Assignment(Slope(output, output), ((1,),))
    for node in reversed(listed.order):
        if node != output and (node in reached or node in listed.wrt):
            yield Assignment(Slope(output, node), ((0,),))
    yield from lines


def _forward(source: Any, listed: _Listed, edges: Sequence[_Edge]) -> Iterator[Assignment]:
    """The tangents of one input: for every node that it reaches the sum over the edges into it."""
    into: dict[Any, list[_Edge]] = {}
    for edge in edges:
        into.setdefault(edge.head, []).append(edge)
    reached = {source}
    yield Assignment(Slope(source, source), ((1,),))
    for head in listed.order:
        terms = [(edge, (edge.partial, Slope(edge.tail, source))) for edge in into.get(head, ()) if edge.tail in reached]
        name, needed = Slope(head, source), listed.needed(head)
        if not terms:
            if head in listed.outputs and head != source:
                yield Assignment(name, ((0,),))
            continue
        reached.add(head)
        if all(edge.guard == needed for edge, _ in terms):
            yield Assignment(name, tuple([product for _, product in terms]), False, listed.guard(needed))
            continue
        yield Assignment(name, ((0,),), False, listed.guard(needed))
        for edge, product in terms:
            yield Assignment(name, (product,), True, listed.guard(edge.guard))

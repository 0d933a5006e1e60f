"""Graphs listed as programs: their values, their derivatives in either direction, and those of an elimination."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from typing import Any

import networkx as nx

from compgraph.elimination import after, eliminate
from compgraph.expression import Primitive
from compgraph.listing.assignments import Assignment, Program
from compgraph.listing.guards import ALWAYS
from compgraph.listing.identifiers import Slope
from compgraph.listing.listed import Edge, Listed, Names, listed
from compgraph.semiring import COUNT
from compgraph.structure import Order, Start
from compgraph.traversal import gc_paused

__all__ = ["derivative_program", "elimination_program", "program"]


@gc_paused()
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
    graph = listed(problem, of, None, functions)
    return Program(graph.graph, graph.inputs, graph.outputs, (), tuple(graph.values()), "values")


@gc_paused()
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
        As in `program`. A graph may also be labelled by hand.
    wrt : name or names, optional
        The inputs to differentiate with respect to: the first that the function takes, and the listing is limited to
        what depends on them.
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
    graph = listed(problem, of, wrt, functions)
    sweep = _reverse if direction == "reverse" else _forward
    seeds = graph.outputs if direction == "reverse" else graph.wrt
    keep = None if wrt is None else graph.depending()
    for seed in seeds if graph.arrays else ():
        if shape := graph.shaped[seed].shape:
            what = "an output" if direction == "reverse" else "an input"
            raise ValueError(
                f"{seed} has the shape {shape}: expected {what} that is a number, since a program has one sweep for "
                f"each. {'Sum it, or take an entry.' if direction == 'reverse' else 'Leave out direction=.'}"
            )
    edges = list(graph.edges())
    for edge in edges:
        if edge.partial is None:
            raise ValueError(
                f"the edge {edge.tail} → {edge.head} has no label: expected an edge attribute 'partial'. "
                "Set it, or write an elimination_program, whose inputs are the labels."
            )
    edges = [edge for edge in edges if keep is None or (edge.tail in keep and edge.head in keep)]
    lines = [*graph.values(), *(line for seed in seeds for line in sweep(seed, graph, edges))]
    return Program(graph.graph, graph.inputs, graph.outputs, graph.wrt, tuple(lines), direction)


@gc_paused()
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
        As in `derivative_program`. Where a graph made by hand has no labels, they are inputs.
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
    graph = listed(problem, of, wrt, functions)
    if graph.arrays:
        raise ValueError("a program of arrays cannot eliminate nodes: expected numbers. Write derivative_program.")
    labels: dict[tuple[Any, Any], list[Edge]] = {}
    for edge in graph.edges():
        labels.setdefault((edge.tail, edge.head), []).append(edge)
    bare: nx.MultiDiGraph = nx.MultiDiGraph()
    bare.add_nodes_from(graph.order)
    bare.add_edges_from((*pair, 0, {"partial": 1}) for pair in labels)
    ends: dict[str, Any] = {"inputs": graph.wrt, "outputs": graph.outputs, "semiring": COUNT}
    lines, inputs = graph.values(), list(graph.inputs)
    for tail, head in after(bare, (), **ends).edges():
        parallel = labels.get((tail, head))
        name = Slope(head, tail)
        if parallel is None:  # an identity node beside an end that is not at the edge
            lines.append(Assignment(name, ((1,),)))
        elif any(edge.partial is None for edge in parallel):
            inputs.append(name)  # one for all edges between the two
        elif all(edge.guard == ALWAYS for edge in parallel):
            lines.append(Assignment(name, tuple([(edge.partial,) for edge in parallel])))
        else:
            lines.append(Assignment(name, ((0,),)))
            lines += [Assignment(name, ((edge.partial,),), True, graph.guard(edge.guard)) for edge in parallel]
    for step in eliminate(bare, order, **ends):
        known = {(change.tail, change.head) for change in step.changed}
        for tail, node, head, *_ in step.products:
            product = (Slope(head, node), Slope(node, tail))
            lines.append(Assignment(Slope(head, tail), (product,), (tail, head) in known))
    lines += _at_the_ends(Start.of(bare, graph.wrt, graph.outputs), {line.name for line in lines})
    return Program(graph.graph, tuple(inputs), graph.outputs, graph.wrt, tuple(lines), "elimination")


def _at_the_ends(start: Start, known: Container[Any]) -> Iterator[Assignment]:
    """The derivatives of outputs that are used as well, and by computed inputs: their ends have other names."""
    for output, head in start.outputs.items():
        for source, tail in start.inputs.items():
            if (output, source) != (head, tail):
                found = Slope(head, tail)
                yield Assignment(Slope(output, source), ((found if found in known else 0,),))


# -- sweeps


def _reverse(output: Any, graph: Listed, edges: Sequence[Edge]) -> Iterator[Assignment]:
    """The adjoints of one output: all from zero, then a ``+=`` along every edge that is reached."""
    into: dict[Any, list[Edge]] = {}
    for edge in edges:
        into.setdefault(edge.head, []).append(edge)
    reached = {output}
    lines = []
    for head in reversed(graph.order):
        if head in reached:
            for tail, _, partial, guard in into.get(head, ()):
                reached.add(tail)
                product = (Slope(output, head), partial)
                lines.append(Assignment(Slope(output, tail), (product,), True, graph.guard(guard)))
    yield Assignment(Slope(output, output), ((1,),))
    for node in reversed(graph.order):
        if node != output and (node in reached or node in graph.wrt):
            yield Assignment(Slope(output, node), ((0,),))
    yield from lines


def _forward(source: Any, graph: Listed, edges: Sequence[Edge]) -> Iterator[Assignment]:
    """The tangents of one input: for every node that it reaches the sum over the edges into it."""
    into: dict[Any, list[Edge]] = {}
    for edge in edges:
        into.setdefault(edge.head, []).append(edge)
    reached = {source}
    yield Assignment(Slope(source, source), ((1,),))
    for head in graph.order:
        terms = [
            (edge, (edge.partial, Slope(edge.tail, source))) for edge in into.get(head, ()) if edge.tail in reached
        ]
        name, needed = Slope(head, source), graph.needed(head)
        if not terms:
            if head in graph.outputs and head != source:
                yield Assignment(name, ((0,),))
            continue
        reached.add(head)
        if all(edge.guard == needed for edge, _ in terms):
            yield Assignment(name, tuple([product for _, product in terms]), False, graph.guard(needed))
            continue
        yield Assignment(name, ((0,),), False, graph.guard(needed))
        for edge, product in terms:
            yield Assignment(name, (product,), True, graph.guard(edge.guard))

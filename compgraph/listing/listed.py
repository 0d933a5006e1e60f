"""A graph in the order in which it is written down: its assignments, and its edges with their partials."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import networkx as nx

from compgraph.expression import IDENTITY, LITERAL, VARIABLE, Application, Expression, Primitive, Variable
from compgraph.functions import WHERE
from compgraph.listing.assignments import Assignment, Guard
from compgraph.listing.guards import ALWAYS, NEVER, Cases, also, written_order
from compgraph.listing.shaped import mapped, masks, of_arrays, shaped
from compgraph.posing import names_of, posed
from compgraph.propagation import node_order
from compgraph.symbols import EXPRESSION, applied, definition, formulas

__all__ = ["Edge", "Listed", "Names", "listed"]

Names = str | Expression | Iterable[str | Expression] | None


class Edge(NamedTuple):
    """An edge with its partial in the names of the listing, and when it is there."""

    tail: Any
    head: Any
    partial: Any
    guard: Cases = ALWAYS


class Listed:
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
        self.inputs = tuple(dict.fromkeys([*(x for x in wrt if x in inputs), *inputs]))
        self.arrays = self.traced and of_arrays(graph)
        if self.traced and not self.coarse:
            self.variables = {key: Variable(key) for key in self.nodes}
            if not self.arrays and any(data["primitive"] is WHERE for data in self.nodes.values()):
                used = {a for data in self.nodes.values() for a in data["arguments"]}
                roots = [key for key in self.nodes if key not in used or key in self.outputs or key in inputs]
                self.order, self.guards = written_order(self.nodes, roots)
        self.place = {key: i for i, key in enumerate(self.order)}

    @cached_property
    def shaped(self) -> dict[Any, Variable]:
        """Node → a variable of its shape, where nodes hold arrays; only derivatives need to know."""
        return shaped(self.graph)

    @cached_property
    def masks(self) -> dict[Any, Any]:
        """Node → where it is needed, entry by entry."""
        return masks(self.graph, self.shaped, self.outputs)

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
            if primitive is IDENTITY or primitive is LITERAL:
                value = operands[0]
            elif primitive is WHERE and not isinstance(operands[0], Expression) and not self.arrays:
                value = operands[1 if operands[0] else 2]  # the branch not taken is not listed
            else:
                value = Application(primitive, tuple(operands))
            lines.append(Assignment(key, ((value,),), False, self.guard(guard)))
        return lines

    def edges(self) -> Iterator[Edge]:
        """Every edge, head by head, each in the order of its arguments."""
        for head in self.order:
            if self.traced and not self.coarse:
                yield from self._arguments(head)
                continue
            found = formulas(self.graph, head) if self.traced else {}
            for tail, parallel in self.graph._pred[head].items():
                for key, data in parallel.items():
                    yield Edge(tail, head, found[tail, key] if self.traced else data.get("partial"))

    def _arguments(self, head: str) -> Iterator[Edge]:
        data, guard = self.nodes[head], self.needed(head)
        primitive, arguments = data["primitive"], data["arguments"]
        if guard == NEVER:
            return
        operands: list[Any] | None = None
        for position, argument in enumerate(arguments):
            if type(argument) is not str or (rule := primitive.partials[position]) is None:
                continue
            if self.arrays:
                made = self.nodes[argument]
                if made["primitive"] is LITERAL and made["name"] is None:
                    continue  # an array that was only written down
                if operands is None:
                    operands = [self.shaped[a] if type(a) is str else a for a in arguments]
                output, operand = self.shaped[head], operands[position]
                partial = mapped(applied(rule, output, operands), output, operand)
                if head in self.masks:
                    partial = EXPRESSION.mul(mapped(self.masks[head], output, output), partial)
                yield Edge(argument, head, partial, guard)
                continue
            if primitive is WHERE:
                condition, holds = arguments[0], position == 1
                if type(condition) is str:
                    when = also(guard, condition, holds)
                    yield from [Edge(argument, head, 1, when)] if when else []
                elif bool(condition) is holds:
                    yield Edge(argument, head, 1, guard)
                continue
            operands = self._operands(head) if operands is None else operands
            yield Edge(argument, head, applied(rule, self.variables[head], operands), guard)

    def _operands(self, key: str) -> list[Any]:
        return [self.variables[a] if type(a) is str else a for a in self.nodes[key]["arguments"]]

    def depending(self) -> set[Any]:
        """The nodes that depend on an input asked for, and the outputs."""
        keep = set(self.wrt)
        for node in self.order:
            if any(tail in keep for tail in self.graph._pred[node]):
                keep.add(node)
        return keep.union(self.outputs)


def listed(problem: Any, of: Names, wrt: Names, functions: Mapping[str, Primitive] | None) -> Listed:
    """A problem traced, or a graph, with the outputs and inputs that are asked for."""
    if not isinstance(problem, nx.MultiDiGraph):
        graph, outputs, inputs, _ = posed(
            problem,
            of=None if of is None else names_of(of),
            wrt=None if wrt is None else names_of(wrt),
            functions=functions,
        )
        return Listed(graph, outputs, inputs)
    chosen = {}
    for kind, asked, adjacent in (("outputs", of, problem._succ), ("inputs", wrt, problem._pred)):
        if asked is None:
            chosen[kind] = problem.graph.get(kind) or [node for node in problem if not adjacent[node]]
        else:
            chosen[kind] = [asked] if isinstance(asked, (str, Expression)) or asked in problem else list(asked)
        for node in chosen[kind]:
            if node not in problem:
                raise ValueError(f"no node {node!r:.60}: expected {kind} among those of the graph. Name one of them.")
    return Listed(problem, chosen["outputs"], chosen["inputs"])

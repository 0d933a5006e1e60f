"""Solutions as plain documents: a graph, and what is asked of it; the answers are swept anew."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import networkx as nx

from compgraph.graph import Graph
from compgraph.interop.networkx_graphs import Document, Functions, document_of, graph_of
from compgraph.interop.networkx_values import SCHEMA, broken
from compgraph.propagation import forward
from compgraph.semiring import (
    BOOLEAN,
    COUNT,
    ENTROPY,
    FREE,
    LINEAR,
    LONGEST,
    MATRIX,
    MAX_PRODUCT,
    REAL,
    SHORTEST,
    SIGN_LOG,
    SIGNED_TOP,
    Semiring,
)
from compgraph.solution import Solution, _over
from compgraph.symbols import EXPRESSION
from compgraph.traversal import gc_paused

__all__ = ["document", "restored"]

_NAMED = (
    BOOLEAN, COUNT, ENTROPY, EXPRESSION, FREE, LONGEST, MATRIX, MAX_PRODUCT, REAL, SHORTEST, SIGNED_TOP, SIGN_LOG,
)  # fmt: skip
#: How long the answers may be of a Solution that is loaded: a stranger's text could ask for ages.
_MOST_PATHS, _MOST_BITS = 1_000_000, 2_000_000
#: REAL comes in two more kinds, whose 0 and 1 are the numbers that a run computes with.
_SEMIRINGS: dict[str, Semiring] = {
    **{one.name: one for one in _NAMED},
    "REAL(float)": _over(float),
    "REAL(Fraction)": _over(Fraction),
}


def document(saved: nx.MultiDiGraph | Solution, functions: Functions = None) -> Document:
    """A graph or a Solution as plain data.

    Raises
    ------
    TypeError
        It is neither.
    ValueError
        Something of it cannot be kept: a function of one's own that is not among `functions`, a linear map, …
    """
    with gc_paused():
        if not isinstance(saved, Solution):
            return document_of(saved, functions)
        found: Document = {"schema": SCHEMA, "solution": _question(saved)}
        return found | document_of(saved.graph, functions)


def _question(solution: Solution) -> dict[str, Any]:
    """What a Solution asks of its graph: the answers follow from it, and are not written down."""
    asked = solution.semiring
    kind = type(asked.zero)
    name = next((n for n, one in _SEMIRINGS.items() if _same(one, asked) and type(one.zero) is kind), None)
    if asked is LINEAR:
        raise ValueError(
            "a Solution with arrays cannot be saved: expected labels that are numbers, got linear maps. "
            "Save the text it was made of, and the values of its inputs."
        )
    if name is None:
        raise ValueError(
            f"a Solution over {asked} cannot be saved: expected one of {', '.join(_SEMIRINGS)}. "
            "Save the one it came from, and ask .over(…) of it once it is loaded."
        )
    return {
        "direction": solution.direction,
        "outputs": list(solution.outputs),
        "inputs": list(solution.inputs),
        "semiring": name,
        "limited": bool(solution.limited),
    }


def _same(one: Semiring, other: Semiring) -> bool:
    """Whether two semirings have the same functions; their 0 and 1 may be numbers of different kinds."""
    return one._replace(zero=0, one=1) == other._replace(zero=0, one=1)


def restored(plain: Any, functions: Functions = None) -> Graph | Solution:
    """The graph or the Solution that a document describes.

    Raises
    ------
    ValueError
        The document is malformed in whatever way.
    """
    with gc_paused():
        graph = graph_of(plain, functions)
    return graph if plain.get("solution") is None else _solution(graph, plain["solution"])


def _solution(graph: Graph, question: Any) -> Solution:
    match question:
        case {
            "direction": "forward" | "reverse" as direction,
            "outputs": [*outputs],
            "inputs": [*inputs],
            "semiring": str() as name,
            "limited": bool() as limited,
        }:
            named = all(isinstance(node, str) and node in graph for node in (*outputs, *inputs))
            if named and name in _SEMIRINGS:
                _refuse_endless(graph, name)
                try:
                    return Solution(graph, direction, outputs, inputs, semiring=_SEMIRINGS[name], limited=limited)
                except (TypeError, AttributeError, ArithmeticError) as error:
                    raise broken("solution", f"labels that {name} adds and multiplies", str(error)) from None
    raise broken("solution", "direction, outputs, inputs, semiring and limited", question)


def _refuse_endless(graph: Graph, name: str) -> None:
    """Refuse answers that are much longer than the text that asks for them: all paths, and products of fractions."""
    if name == "FREE":
        semiring, start, most, what = COUNT, 1, _MOST_PATHS, "paths"
    elif any(_bits(label) for *_, label in graph.edges(data="partial")):
        semiring, start, most, what = LONGEST._replace(lift=_bits), 0, _MOST_BITS, "bits of exact labels along a path"
    else:
        return
    sources = dict.fromkeys((node for node in graph if not graph._pred[node]), start)
    # a label that is missing is told of by the sweep that needs it
    bare: nx.MultiDiGraph = nx.MultiDiGraph()
    bare.add_nodes_from(graph)
    bare.add_edges_from(
        (tail, head, key, {"partial": label}) for tail, head, key, label in graph.edges(keys=True, data="partial")
    )
    found = max((step.total for step in forward(bare, sources, semiring)), default=0)
    if found > most:
        raise broken("solution", f"at most {most} {what}", found)


def _bits(label: Any) -> int:
    if isinstance(label, Fraction):
        return label.numerator.bit_length() + label.denominator.bit_length()
    return label.bit_length() if type(label) is int else 0

"""What stands beside a graph: the ledger of its paths, and its program in JavaScript for sliders."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import networkx as nx

from compgraph.expression import VARIABLE
from compgraph.listing.javascript import labels
from compgraph.notation import element, name
from compgraph.notation.ledger import ledger_rows
from compgraph.pathsum import PathSum

__all__ = ["Ledger", "Live", "Row", "ledger", "ledgers", "live"]

#: Paths of one ledger that are listed, and edges of a path that is.
MOST, LONGEST = 12, 24

#: Above so many nodes there are no sliders: nobody sees what they do.
LARGEST = 200


class Row(NamedTuple):
    """One path: its edges by number, its nodes, its product, and what it adds up to with those above."""

    edges: tuple[int, ...]
    route: str
    product: str
    so_far: str


class Ledger(NamedTuple):
    """The paths from one node to another, as far as they are listed; then how many there are, and their sum."""

    tail: int
    head: int
    title: str
    rows: tuple[Row, ...]
    ending: tuple[str, ...]


class Live(NamedTuple):
    """A graph that can be labelled anew: a JavaScript function, and the nodes and values that it takes."""

    code: str
    inputs: tuple[tuple[int, float], ...]


def ledger(path_sum: PathSum, graph: nx.MultiDiGraph, place: Mapping[Any, int], *, digits: int) -> Ledger | None:
    """The ledger of a sum over paths in a graph whose edges have the numbers of `place`; None where there is no path.

    Examples
    --------
    >>> from compgraph.pathsum import paths
    >>> graph = nx.MultiDiGraph()
    >>> _ = graph.add_edge("x", "y", partial=3.0), graph.add_edge("x", "y", partial=4.0)
    >>> edges = {edge: i for i, edge in enumerate(graph.edges(keys=True))}
    >>> ledger(paths(graph, "x", "y"), graph, edges, digits=4).rows[1]
    Row(edges=(1,), route='x → y (2nd)', product='4', so_far='7')
    """
    first = path_sum.first(MOST)
    if not first or not first[0].edges or max(len(path.edges) for path in first) > LONGEST:
        return None
    semiring = path_sum.paths.semiring  # type: ignore[attr-defined] # the paths of a PathSum know it
    written, ending = ledger_rows(path_sum, most=MOST, digits=digits)
    rows, so_far = [], semiring.zero
    for path, (route, product) in zip(first, written, strict=True):
        so_far = semiring.add(so_far, path.product)
        added = element(semiring.readout(so_far), digits)
        rows.append(Row(tuple([place[edge] for edge in path.edges]), route, product, added))
    tail, head = first[0].nodes[0], first[0].nodes[-1]
    nodes = {node: i for i, node in enumerate(graph)}
    return Ledger(nodes[tail], nodes[head], f"{name(tail)} → {name(head)}", tuple(rows), ending)


def ledgers(
    path_sums: Iterable[PathSum], graph: nx.MultiDiGraph, place: Mapping[Any, int], *, digits: int
) -> tuple[Ledger, ...]:
    """Those that there are."""
    made = (ledger(one, graph, place, digits=digits) for one in path_sums)
    return tuple([one for one in made if one is not None])


def live(graph: nx.MultiDiGraph) -> Live | None:
    """The program of a graph linearized at floats; None where there is none, or JavaScript cannot say it.

    Examples
    --------
    >>> live(nx.MultiDiGraph([("x", "y", {"partial": 2.0})])) is None
    True
    """
    values = [data.get("value", 0.0) for data in graph._node.values()]
    if not 1 < len(values) <= LARGEST or not {type(value) for value in values} <= {float, bool}:
        return None
    try:
        code = labels(graph)
    except (TypeError, ValueError):  # a primitive of the user's own, or a statement of many lines
        return None
    operations = graph.graph.get("operations", graph)
    place = {node: i for i, node in enumerate(graph)}
    inputs = [node for node, data in operations.nodes(data=True) if data["primitive"] is VARIABLE]
    if not inputs or not place.keys() >= set(inputs):  # an input that was eliminated has no value to move
        return None
    return Live(code, tuple([(place[node], values[place[node]]) for node in inputs]))

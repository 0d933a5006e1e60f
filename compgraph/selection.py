"""Which nodes: groups that names speak of or that are given, what lies within them, between others, near one.

`levels` leaves some nodes of a graph and eliminates the rest; here it is found out which.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Any

import networkx as nx

from compgraph.propagation import _some, node_order
from compgraph.symbols import _named

__all__ = ["Groups", "between", "grouped", "inner_nodes", "named_nodes", "neighbourhood", "scopes"]

#: Groups by name, each with its nodes; or names of scopes; or all outermost scopes.
Groups = Mapping[Any, Iterable[Any]] | Iterable[str] | str | None


#: Where a name is divided: not before a number, which tells bindings of one name apart (``c.1``).
_DIVISION = re.compile(r"(?<=.)[./](?![\d.]*$)")


def scopes(graph: nx.MultiDiGraph) -> dict[str, list[Any]]:
    """The groups that names speak of: ``layer1.z`` is in the scope ``layer1``, ``net/layer1/z`` in ``net`` as well.

    Returns
    -------
    dict of str to list of node
        Outer scopes before inner ones. An operation without a name is in the scopes of all that use it.

    Examples
    --------
    >>> from compgraph.expression import Variable
    >>> from compgraph.graph import trace
    >>> x = Variable("x")
    >>> scopes(trace({"a.t": x**2 + 1, "J": 3 * x}))
    {'a': ['v1', 'a.t']}
    """
    found: dict[Any, tuple[str, ...]] = {}
    order, users = node_order(graph), _users(graph)
    for node in reversed(order):
        if "primitive" in graph._node[node] and not _named(graph, node):
            first, *others = [found[head] for head in users[node]] or [()]
            found[node] = tuple([name for name in first if all(name in one for one in others)])
        else:
            found[node] = tuple([node[: cut.start()] for cut in _DIVISION.finditer(node)] if type(node) is str else ())
    groups: dict[str, list[Any]] = {}
    for node in order:
        for name in found[node]:
            groups.setdefault(name, []).append(node)
    return dict(sorted(groups.items(), key=lambda group: len(_DIVISION.findall(group[0] + ".z"))))


def grouped(graph: nx.MultiDiGraph, groups: Groups) -> dict[Any, list[Any]]:
    """Groups as they are given or as scopes are called, each with its nodes."""
    if isinstance(groups, Mapping):
        found = {name: list(members) for name, members in groups.items()}
        for name, members in found.items():
            unknown = [node for node in members if node not in graph]
            if unknown:
                raise ValueError(
                    f"group {name}: no node {unknown[0]!r}: expected nodes of the graph ({_some(graph)}). Name some."
                )
        return found
    known = scopes(graph)
    if groups is None:
        names = [name for name in known if not any(name.startswith((f"{one}.", f"{one}/")) for one in known)]
        if not names:
            raise ValueError(
                "nothing to fold: expected nodes with names such as layer1.z, got none. "
                "Say what belongs together: {'layer1': ['z', 'a']}."
            )
    else:
        names = [groups] if isinstance(groups, str) else list(groups)
    for name in names:
        if name not in known:
            raise ValueError(f"no scope {name!r}: expected one of {_some(known) or 'none'}. Or give {{name: nodes}}.")
    return {name: known[name] for name in names}


def inner_nodes(graph: nx.MultiDiGraph, groups: Mapping[Any, Iterable[Any]]) -> dict[Any, list[Any]]:
    """Of each group the nodes that nothing outside of it needs, and that are no outputs."""
    ends = graph.graph["outputs"] if "outputs" in graph.graph else [node for node in graph if not graph._succ[node]]
    outputs, used_by = set(ends), _users(graph)
    inner = {}
    for name, members in groups.items():
        group = dict.fromkeys(members)
        inner[name] = [node for node in group if node not in outputs and used_by[node] <= group.keys()]
    return inner


def _users(graph: nx.MultiDiGraph) -> dict[Any, set[Any]]:
    """Node → those that need it: along edges, or as a condition, which has none."""
    users = {node: set(heads) for node, heads in graph._succ.items()}
    for head, data in graph._node.items():
        for argument in data.get("arguments") or ():
            if type(argument) is str and argument in users:
                users[argument].add(head)
    return users


# -- parts


def named_nodes(graph: nx.MultiDiGraph, names: Any) -> list[Any]:
    """The nodes of these names, each once; an error says what was meant, perhaps."""
    chosen = [] if names is None else [names] if isinstance(names, str) else list(dict.fromkeys(names))
    for name in chosen:
        if name not in graph:
            near = difflib.get_close_matches(str(name), [str(node) for node in graph], 3)
            hint = f"Did you mean {', '.join(near)}?" if near else f"Nodes are {_some(graph)}."
            raise ValueError(f"no node {name!r:.60}: expected a node of the graph. {hint}")
    return chosen


def between(graph: nx.MultiDiGraph, ends: Iterable[Any], starts: Iterable[Any]) -> set[Any]:
    """The nodes that any of the ends is made from and that are made from any of the starts, where there are such."""
    made, used = set(ends), set(starts)
    made.update(*(nx.ancestors(graph, node) for node in ends))
    used.update(*(nx.descendants(graph, node) for node in starts))
    found = (made or set(graph)) & (used or set(graph))
    if not found:
        raise ValueError(
            f"nothing lies between {_some(starts)} and {_some(ends)}: expected the second to be made from the first. "
            "Exchange them."
        )
    return found


def neighbourhood(graph: nx.MultiDiGraph, node: Any, depth: int) -> set[Any]:
    """The nodes that so many edges, along or against their direction, reach from a node."""
    near, edge = {node}, [node]
    while edge and depth > 0:
        beside = {other for one in edge for other in (*graph._pred[one], *graph._succ[one])} - near
        near |= beside
        edge, depth = list(beside), depth - 1
    return near

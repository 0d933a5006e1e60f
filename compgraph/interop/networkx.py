"""Graphs and Solutions saved and loaded without loss: node-link JSON and GraphML, which networkx reads as well.

==========================  =====================================================================
`save(thing, path)`         writes ``.json`` or ``.graphml``, the whole file or none of it
`load(path)`                the graph or the Solution again
`to_json`, `from_json`      the same as text, in the node-link form of networkx
`to_graphml`,               the same as GraphML: one typed attribute for each label
`from_graphml`
==========================  =====================================================================

Kept are nodes and edges in their order, primitives by name, arguments with literals of their kind, values, partials
(numbers, Fractions, Expressions, arrays), inputs, outputs and warnings; of a Solution, what it asks: the answers are
swept anew. Own primitives are given as ``functions={name: primitive}`` on both sides. `networkx_values` says how what
is no number of JSON is written. Reading evaluates nothing, and refuses whatever is malformed with one ValueError.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

from compgraph.expression import Primitive
from compgraph.interop.networkx_graphs import document, restored
from compgraph.interop.networkx_values import broken

if TYPE_CHECKING:
    import networkx as nx

    from compgraph.graph import Graph
    from compgraph.solution import Solution

__all__ = ["from_graphml", "from_json", "load", "save", "to_graphml", "to_json"]

Functions = Mapping[str, Primitive] | None

#: Characters of a text, or bytes of a file, that are read; a graph of a million operations has some 200 million.
MOST = 2**30


def to_json(thing: nx.MultiDiGraph | Solution, *, functions: Functions = None) -> str:
    """A graph or a Solution as node-link JSON.

    Parameters
    ----------
    thing : networkx.MultiDiGraph or Solution
    functions : mapping of str to Primitive, optional
        Primitives that are not the library's, by the names they are saved under.

    Raises
    ------
    ValueError
        Something of it cannot be kept; it is named.

    Examples
    --------
    >>> import compgraph as cg
    >>> text = to_json(cg.solve("f = x*y", at={"x": 2, "y": "1/3"}, exact=True))
    >>> from_json(text).gradient
    {'x': Fraction(1, 3), 'y': Fraction(2, 1)}
    >>> import networkx as nx
    >>> list(nx.node_link_graph(json.loads(text), edges="edges").edges(data="partial"))
    [('x', 'f', '#1/3'), ('y', 'f', '#2/1')]
    """
    found = document(thing, functions)
    parts = [json.dumps(key) + ": " + _rows(value) for key, value in found.items()]
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _rows(value: Any) -> str:
    """JSON with a line for every node and edge, so that versions of a file can be compared."""
    if isinstance(value, list) and value:
        return "[\n" + ",\n".join([json.dumps(row, allow_nan=False) for row in value]) + "\n]"
    return json.dumps(value, allow_nan=False)


def from_json(text: str | bytes, *, functions: Functions = None) -> Graph | Solution:
    """The graph or the Solution that `to_json` wrote.

    Raises
    ------
    ValueError
        The text is malformed in whatever way, or uses a function that is not given.

    Examples
    --------
    >>> import networkx as nx
    >>> graph = nx.MultiDiGraph()
    >>> _ = graph.add_edge("x", "y", partial=3.0), graph.add_edge("x", "y", partial=4.0)
    >>> list(from_json(to_json(graph)).edges(keys=True, data="partial"))
    [('x', 'y', 0, 3.0), ('x', 'y', 1, 4.0)]
    """
    return restored(_parsed(_text(text)), functions)


def to_graphml(thing: nx.MultiDiGraph | Solution, *, functions: Functions = None) -> str:
    """A graph or a Solution as GraphML; the parameters and errors of `to_json`.

    Labels are typed: ``double``, ``long``, ``boolean``, otherwise text. What GraphML has no type for is the JSON of
    `to_json` behind a ``#``, lists of arguments too.

    Examples
    --------
    >>> import compgraph as cg, networkx as nx
    >>> text = to_graphml(cg.solve("f = x*y", at={"x": 2, "y": 3}))
    >>> nx.parse_graphml(text, force_multigraph=True).edges["x", "f", 0]["partial"]
    3.0
    """
    found = document(thing, functions)
    graph = found.pop("graph")
    if "compgraph" in graph:
        raise ValueError("the graph has an attribute 'compgraph', which GraphML keeps for the schema. Rename it.")
    header = {k: v for k, v in found.items() if k not in ("nodes", "edges", "directed", "multigraph")}
    keys: dict[tuple[str, str, str], str] = {}
    body = _data(keys, "graph", {"compgraph": f"#{json.dumps(header, allow_nan=False)}", **graph}, plain=("compgraph",))
    for node in found["nodes"]:
        body.append(f"<node id={quoteattr(_identity(node.pop('id')))}>")
        body += [*_data(keys, "node", node), "</node>"]
    for edge in found["edges"]:
        tail, head, key = (quoteattr(_identity(edge.pop(end), end)) for end in ("source", "target", "key"))
        body.append(f"<edge source={tail} target={head} id={key}>")
        body += [*_data(keys, "edge", edge), "</edge>"]
    declared = [
        f'<key id="{key}" for="{kind}" attr.name={quoteattr(name)} attr.type="{sort}"/>'
        for (kind, name, sort), key in keys.items()
    ]
    start = ['<?xml version="1.0" encoding="UTF-8"?>', f'<graphml xmlns="{_NAMESPACE}">', *declared]
    return "\n".join([*start, '<graph edgedefault="directed">', *body, "</graph>", "</graphml>", ""])


def from_graphml(text: str | bytes, *, functions: Functions = None) -> Graph | Solution:
    """The graph or the Solution that `to_graphml` wrote; the errors of `from_json`.

    Examples
    --------
    >>> import compgraph as cg
    >>> from_graphml(to_graphml(cg.trace(cg.Variable("x") ** 2))).nodes["f"]["arguments"]
    ('x', 2)
    """
    parser = ElementTree.XMLParser(target=_Plain())
    try:
        parser.feed(_text(text))
        root = parser.close()
    except ElementTree.ParseError as error:
        raise broken("the text", "GraphML", str(error)) from None
    graphs = [child for child in root if _tag(child) == "graph"]
    if _tag(root) != "graphml" or len(graphs) != 1:
        raise broken("the text", "one graph within <graphml>", f"<{_tag(root)}> with {len(graphs)}")
    types = {}
    for key in root:
        if _tag(key) == "key":
            types[key.get("for"), key.get("id")] = key.get("attr.name"), key.get("attr.type", "string")
    graph, nodes, edges = graphs[0], [], []
    attributes = _attributes(graph, types)
    for child in graph:
        if _tag(child) == "node":
            nodes.append({**_attributes(child, types), "id": _value(child.get("id"), "id")})
        elif _tag(child) == "edge":
            ends = {"source": child.get("source"), "target": child.get("target"), "key": child.get("id")}
            edges.append({**_attributes(child, types), **{end: _value(text, end) for end, text in ends.items()}})
    header = attributes.pop("compgraph", None)
    found = header if isinstance(header, dict) else {"schema": header}
    form = {"directed": graph.get("edgedefault") == "directed", "multigraph": True}
    return restored({**found, **form, "graph": attributes, "nodes": nodes, "edges": edges}, functions)


def save(thing: nx.MultiDiGraph | Solution, path: str | os.PathLike[str], *, functions: Functions = None) -> Path:
    """Write a graph or a Solution to ``….json`` or ``….graphml``: the whole file, or what was there stays.

    Raises
    ------
    ValueError
        Another kind of file, or something that cannot be kept (see `to_json`).
    """
    from compgraph.files import write

    written = to_json if _kind(path) == "json" else to_graphml
    return write(path, written(thing, functions=functions))


def load(path: str | os.PathLike[str], *, functions: Functions = None) -> Graph | Solution:
    """What `save` wrote: a graph, or a Solution whose answers are swept anew.

    Raises
    ------
    OSError
        The file cannot be read.
    ValueError
        It is malformed in whatever way.
    """
    read = from_json if _kind(path) == "json" else from_graphml
    with open(path, "rb") as file:
        return read(file.read(MOST + 1), functions=functions)


def _kind(path: str | os.PathLike[str]) -> str:
    kind = Path(path).suffix.lower().removeprefix(".")
    if kind in ("json", "graphml"):
        return kind
    raise ValueError(f"{Path(path).name}: expected a file .json or .graphml, got {kind or 'no suffix'}. Rename it.")


# -- text that anybody may have written


def _text(text: str | bytes) -> str:
    if len(text) > MOST:
        raise broken("the text", f"at most {MOST} characters", len(text))
    try:
        return text.decode("utf-8") if isinstance(text, bytes) else text
    except UnicodeDecodeError as error:
        raise broken("the text", "UTF-8", str(error)) from None


def _parsed(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_refused, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:  # a JSONDecodeError is a ValueError, and so is a number too long
        raise broken("the text", "JSON", str(error)) from None


def _refused(constant: str) -> Any:
    raise ValueError(f"{constant} is no number of JSON")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name occurs twice in one object")
    return found


# -- GraphML

_NAMESPACE = "http://graphml.graphdrawing.org/xmlns"
_TYPES = {bool: "boolean", int: "long", float: "double", str: "string"}
_LONG = 2**63


class _Plain(ElementTree.TreeBuilder):
    """XML without a document type: entities could stand for more text than fits in memory."""

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        raise broken("the text", "GraphML without a document type", name)


def _tag(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


def _cell(value: Any) -> Any:
    """Plain data as what one typed attribute holds."""
    if isinstance(value, (bool, float)) or (isinstance(value, int) and -_LONG <= value < _LONG):
        return value
    return value if isinstance(value, str) and value.isprintable() else f"#{json.dumps(value, allow_nan=False)}"


def _identity(key: Any, end: str = "id") -> str:
    """A key as text: that of an edge is usually a number, that of a node usually text."""
    cell = _cell(key)
    if end == "key":
        return str(key) if type(key) is int else f"#{json.dumps(key)}"
    return cell if isinstance(cell, str) else f"#{json.dumps(key)}"


def _data(
    keys: dict[tuple[str, str, str], str], kind: str, attributes: Mapping[str, Any], plain: tuple[str, ...] = ()
) -> list[str]:
    rows = []
    for name, value in attributes.items():
        cell = value if name in plain else _cell(value)
        shown = name if name.isprintable() and not name.startswith("#") else f"#{json.dumps(name)}"
        key = keys.setdefault((kind, shown, _TYPES[type(cell)]), f"d{len(keys)}")
        rows.append(f'<data key="{key}">{escape(str(cell).lower() if type(cell) is bool else str(cell))}</data>')
    return rows


def _attributes(element: Any, types: Mapping[Any, Any]) -> dict[str, Any]:
    found = {}
    for child in element:
        if _tag(child) == "data":
            name, kind = types.get((_tag(element), child.get("key")), (None, None))
            name = _value(name, "attr.name")
            if not isinstance(name, str) or name in found:
                raise broken(f"<{_tag(element)}>", "attributes with keys, each once", child.get("key"))
            found[name] = _typed(child.text or "", kind, name)
    return found


def _typed(text: str, kind: Any, where: str) -> Any:
    try:
        if kind == "boolean":
            return {"true": True, "false": False}[text.lower()]
        if kind in ("int", "long"):
            return int(text)
        if kind in ("double", "float"):
            return float(text)
    except (KeyError, ValueError):
        raise broken(where, f"a value of type {kind}", text) from None
    return _value(text, where)


def _value(text: Any, where: str) -> Any:
    """The plain data that an attribute of text stands for."""
    if not isinstance(text, str):
        raise broken(where, "text", text)
    if where == "key":
        return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else _value(text, "edge")
    if text.startswith("#"):
        try:
            return json.loads(text[1:], parse_constant=_refused, object_pairs_hook=_once)
        except RecursionError:
            raise broken(where, "plain data", text) from None
        except ValueError:
            pass  # a mark such as #1/3
    return text

"""A plain document as GraphML, one typed attribute for each label, and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

from compgraph.interop.networkx_graphs import Document
from compgraph.interop.networkx_values import broken, read_json

__all__ = ["graphml", "read_graphml"]

_NAMESPACE = "http://graphml.graphdrawing.org/xmlns"
_TYPES = {bool: "boolean", int: "long", float: "double", str: "string"}
_LONG = 2**63


def graphml(found: Document) -> str:
    """A document as GraphML; what is no node, edge or attribute of theirs is JSON in the attribute ``compgraph``."""
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


def read_graphml(text: str) -> Document:
    """The document that a text in GraphML stands for, as far as it is one."""
    parser = ElementTree.XMLParser(target=_Plain())
    try:
        parser.feed(text)
        root = parser.close()
    except (ElementTree.ParseError, UnicodeEncodeError) as error:
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
    return {**found, **form, "graph": attributes, "nodes": nodes, "edges": edges}


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
            return read_json(text[1:])
        except RecursionError:
            raise broken(where, "plain data", text) from None
        except ValueError:
            pass  # a mark such as #1/3
    return text

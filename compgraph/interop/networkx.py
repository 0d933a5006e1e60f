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

from compgraph.expression import Primitive
from compgraph.interop.networkx_graphml import graphml, read_graphml
from compgraph.interop.networkx_solutions import document, restored
from compgraph.interop.networkx_values import broken, read_json

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
    >>> json.loads(text)["edges"][0]["partial"]
    '#1/3'
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
    return graphml(document(thing, functions))


def from_graphml(text: str | bytes, *, functions: Functions = None) -> Graph | Solution:
    """The graph or the Solution that `to_graphml` wrote; the errors of `from_json`.

    Examples
    --------
    >>> import compgraph as cg
    >>> from_graphml(to_graphml(cg.trace(cg.Variable("x") ** 2))).nodes["f"]["arguments"]
    ('x', 2)
    """
    return restored(read_graphml(_text(text)), functions)


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
        return read_json(text)
    except (ValueError, RecursionError) as error:  # a number that is too long is a ValueError, too
        raise broken("the text", "JSON", str(error)) from None

"""Whatever is left at the end of a cell shows itself: each class that says how, in every form that it has.

A class that learns to show itself and is not in `SHOWN` makes `test_nothing_is_left_out` fail.
"""

from __future__ import annotations

import base64
import importlib
import json
import pkgutil
import re
import struct
import xml.etree.ElementTree as ET
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import networkx as nx
import pytest

import compgraph as cg
from compgraph.homework import Problem, Worksheet
from tests.pictures import EXAMPLE

#: Names that are to break what they stand in.
HOSTILE = '"</svg><script>alert(1)</script>', "a$b\\c{", "]]>&amp;"

METHODS = {
    "_repr_html_": "text/html",
    "_repr_svg_": "image/svg+xml",
    "_repr_latex_": "text/latex",
    "_repr_png_": "image/png",
}


def solved() -> cg.Solution:
    return cg.solve(EXAMPLE, at={"x": 2})


def hostile() -> cg.Solution:
    a, b, c = map(cg.Variable, HOSTILE)
    return cg.solve({"y": cg.sin(a * b) + c}, at=dict(zip(HOSTILE, (1, 2, 3), strict=True)))


def sheet() -> Worksheet:
    at = {"w": "0.6", "x": "1.5", "b": "-0.4"}
    return Worksheet(Problem("z = w*x + b; a = sigmoid(z)", title="</script>$", at=at, wrt=["w"]), ask=["val", "grad"])


def array() -> cg.Solution:
    return cg.solve("J = sum(tanh(W @ x)^2)", at={"W": [[0.1, 0.5], [0.3, 0.4]], "x": [1, 2]})


SHOWN: dict[str, Callable[[], Any]] = {
    "Accuracy": lambda: cg.solve("y = sqrt(x + 1) - sqrt(x)", at={"x": 1e12}).accuracy(),
    "Check": lambda: pytest.importorskip("sympy") and _compared(),
    "Comparison": lambda: cg.compare_orders(solved().graph),
    "Derivation": lambda: hostile().derivation(),
    "Explorer": lambda: solved().explore(),
    "Expression": lambda: cg.gradient("exp(x) / (1 + y)")["x"],
    "Film": lambda: hostile().film(),
    "GradientCheck": lambda: cg.check_gradient("relu(x) + y^2", {"x": 0, "y": 1}),
    "Graph": lambda: hostile().graph,
    "Lagrangian": lambda: cg.Lagrangian(solved().graph),
    "LinearMap": lambda: array().partials["x", "v1", 1],
    "Pages": lambda: solved().film().handout(2),
    "Paper": lambda: sheet().key,
    "PathSum": lambda: hostile().paths(HOSTILE[0], "y"),
    "Picture": lambda: hostile().film().figure(),
    "Program": lambda: hostile().program(),
    "Report": lambda: solved().check({"t": "</script>", "u1": "3.9"}),
    "SideBySide": lambda: solved().film().beside(hostile().film()),
    "Solution": hostile,
    "Table": lambda: hostile().table(),
    "Worksheet": sheet,
}


def _compared() -> Any:
    from compgraph.interop.sympy_checking import check

    return check("x^2 + sin(x)")


def bundle(shown: Any) -> dict[str, Any]:
    """What a notebook is given, as IPython collects it: the bundle first, then whatever else there is a method for."""
    found = dict(shown._repr_mimebundle_()) if hasattr(shown, "_repr_mimebundle_") else {}
    for method, kind in METHODS.items():
        if kind not in found and hasattr(shown, method):
            found[kind] = getattr(shown, method)()
    return {"text/plain": repr(shown), **found}


class Tags(HTMLParser):
    """HTML as a stack of open elements: `left` is what is never closed, `addresses` what is loaded."""

    EMPTY = frozenset(["br", "img", "input", "meta", "hr", "col", "link"])

    def __init__(self, text: str) -> None:
        super().__init__()
        self.left: list[str] = []
        self.names: set[str] = set()
        self.addresses: list[str] = []
        self.framed: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "xlink:href")]
        self.framed += [value or "" for name, value in attrs if name == "srcdoc"]
        assert not [name for name, _ in attrs if name.startswith("on")]
        if tag not in self.EMPTY:
            self.left.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.left.pop() == tag


def assert_valid(kind: str, data: Any) -> None:
    match kind:
        case "text/plain":
            assert data.strip() and all(c.isprintable() or c == "\n" for c in data) and len(data) < 20_000
        case "text/html":
            tags = Tags(data)
            assert tags.left == [] and "script" not in tags.names
            assert all(address.startswith("data:image/") for address in tags.addresses)
            for page in tags.framed:
                assert page.startswith("<!doctype html>") and page.rstrip().endswith("</html>")
        case "image/svg+xml":
            root = ET.fromstring(data)
            assert root.tag == "{http://www.w3.org/2000/svg}svg" and float(root.attrib["width"]) > 0
            assert not root.findall(".//{*}script") and len(data.split("<svg")) == 2
        case "image/png":
            assert_is_picture(data)
        case "text/latex":
            assert re.fullmatch(r"\$\$?[^$]+\$\$?", data.replace(r"\$", "")) or "\\begin{align*}" in data
            inner = re.sub(r"\\[{}\\]", "", data)
            assert inner.count("{") == inner.count("}")
            assert re.findall(r"\\begin\{(\w+)", data).sort() == re.findall(r"\\end\{(\w+)", data).sort()
        case _:
            raise AssertionError(f"{kind}: nobody has said what is valid there")


def assert_is_picture(encoded: str) -> None:
    """A PNG that fits into a cell, and in which something can be seen."""
    file = base64.b64decode(encoded, validate=True)
    assert file[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", file[16:24])
    assert 40 <= width <= 1200 and height >= 20 and len(file) > 1000


@pytest.mark.parametrize("name", SHOWN)
def test_every_form_is_valid(name: str) -> None:
    shown = bundle(SHOWN[name]())
    json.dumps(shown)  # as it goes to the notebook
    assert "text/plain" in shown and len(shown) > 1
    for kind, data in shown.items():
        assert_valid(kind, data)


def test_nothing_is_left_out() -> None:
    known = set()
    for module in pkgutil.walk_packages(cg.__path__, "compgraph."):
        if "font" in module.name or module.name.endswith("__main__"):
            continue
        for thing in vars(importlib.import_module(module.name)).values():
            if isinstance(thing, type) and thing.__module__ == module.name:
                known |= {thing.__name__ for name in vars(thing) if re.fullmatch("_repr_[a-z]+_", name)}
    assert known == SHOWN.keys()


# -- how large it is


def fifty() -> cg.Solution:
    lines = [f"y{i} = sin(y{i - 1})*y{i - 1}" for i in range(1, 25)]
    return cg.solve("; ".join(["y0 = sin(x)*x", *lines]), {"x": 1})


@pytest.mark.parametrize("show", [lambda s: s.film(), lambda s: s, lambda s: s.table(), lambda s: s.derivation(),
                                  lambda s: s.graph, lambda s: s.program()])  # fmt: skip
def test_no_output_is_above_150_kb(show: Callable[[cg.Solution], Any]) -> None:
    s = fifty()
    assert len(s.film()) > 50
    assert len(json.dumps(bundle(show(s)), ensure_ascii=False).encode()) <= 150_000


# -- where nothing is trusted


#: What JupyterLab shows of a notebook that somebody else has run, best first; of HTML no frames and no scripts.
TRUSTED_ANYHOW = ("text/html", "text/latex", "image/png", "text/plain")


@pytest.mark.parametrize("name", ["Film", "SideBySide", "Solution", "Graph", "Picture"])
def test_a_picture_stays_where_nothing_is_trusted(name: str) -> None:
    shown = bundle(SHOWN[name]())
    kind = next(kind for kind in TRUSTED_ANYHOW if kind in shown)
    if kind == "text/html":
        (address,) = (one for one in Tags(shown[kind]).addresses)
        assert_is_picture(address.removeprefix("data:image/png;base64,"))
    else:
        assert kind == "image/png"
        assert_is_picture(shown[kind])


def test_without_an_engine_there_are_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: Any, **__: Any) -> Any:
        raise RuntimeError("no Graphviz was found. Install one.")

    s = solved()
    monkeypatch.setattr("compgraph.render.drawing.layout", missing)
    for shown in (s, s.graph, s.film(), s.film().beside(s.film())):
        assert bundle(shown).keys() <= {"text/html", "text/plain"}  # and no method is asked that would raise
        assert all("Install one." in words for words in bundle(shown).values())


def test_a_graph_of_ones_own_shows_itself_as_well() -> None:
    graph = cg.Graph(nx.MultiDiGraph([(HOSTILE[0], HOSTILE[1], {"partial": 2.0})]))
    for kind, data in bundle(graph).items():
        assert_valid(kind, data)

"""The page of an explorer: what it knows is what the graph says, folded or not; what is too much is said."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest

import compgraph as cg
from compgraph.notation import element
from compgraph.render.exploring import MOST, Explorer
from compgraph.solution import Solution

x, y = cg.Variable("x"), cg.Variable("y")


def known(explorer: Explorer) -> dict[str, Any]:
    """What the page knows."""
    found = re.search(r'<script type="application/json" id="graph">(.*?)</script>', explorer.html(), re.DOTALL)
    assert found
    data: dict[str, Any] = json.loads(found[1])
    return data


def nested() -> cg.Solution:
    z = (cg.Variable("net.one.w") * x).named("net.one.z")
    a = (cg.sin(z) + z * y).named("net.one.a")
    b = (cg.Variable("net.two.w") * a + a**2).named("net.two.b")
    return cg.solve({"J": b * 2 + a}, {"x": 0.5, "y": 2, "net.one.w": 1.5, "net.two.w": -1})


@pytest.mark.parametrize(
    "folded", [[], ["net.one"], ["net.two"], ["net.one", "net.two"], ["net"], ["net", "net.one"]], ids=str
)
def test_what_is_shown_is_the_folded_graph(folded: list[str]) -> None:
    """The page puts a folded graph together from the edges of each scope: the same as folding all at once."""
    s, data = nested(), known(nested().explore())
    names = [scope[0] for scope in data["scopes"]]
    keys = [node[6] for node in data["nodes"]]

    def outermost(k: int) -> int:
        found = -1
        while k >= 0:
            found = k if names[k] in folded else found
            k = data["scopes"][k][1]
        return found

    shown = {i for i, node in enumerate(data["nodes"]) if outermost(node[5]) < 0}
    edges = []
    for i in shown:
        scope = outermost(data["nodes"][i][4])
        edges += [edge for edge in (data["edges"] if scope < 0 else data["scopes"][scope][2]) if edge[1] == i]
    whole = s.folded(folded) if folded else s
    assert {keys[i] for i in shown} == set(whole.graph)
    merged: dict[tuple[str, str], float] = {}
    for tail, head, label in edges:
        assert tail in shown
        pair = keys[tail], keys[head]
        merged[pair] = merged.get(pair, 0) + float(label.replace("−", "-"))
    expected: dict[tuple[str, str], float] = {}
    for (tail, head, _), partial in whole.partials.items():
        expected[tail, head] = expected.get((tail, head), 0) + partial
    assert merged == pytest.approx(expected, rel=1e-2, abs=1e-3)


def test_a_page_knows_every_total() -> None:
    s = nested()
    data = known(s.explore(digits=5))
    (sweep,) = data["sweeps"]
    totals = {data["nodes"][i][6]: total for i, total in zip(sweep["order"], sweep["totals"], strict=True)}
    assert totals == {node: element(total, 5) for node, total in s.derivatives.items()}
    assert data["nodes"][sweep["seed"]][0] == "J" and not data["folded"]


def test_the_same_bytes_and_nothing_from_elsewhere(tmp_path: Path) -> None:
    page = nested().explore(title="A <b>", theme="dark").html()
    assert page == nested().explore(title="A <b>", theme="dark").html()
    assert "<b>" not in page and 'data-theme="dark"' in page
    assert re.findall(r"https?://|url\((?!data:)", page) == []
    path = nested().explore().save(tmp_path / "graph.html")
    assert path.read_text("utf-8").startswith("<!doctype html>")
    with pytest.raises(ValueError, match=r"an explorer is a page: expected a name such as graph\.html, got 'a\.svg'"):
        nested().explore().save(tmp_path / "a.svg")


def test_a_notebook_shows_it() -> None:
    explorer = nested().explore()
    assert repr(explorer) == "Explorer: Derivatives of J, 13 nodes"
    bundle = explorer._repr_mimebundle_()
    assert 'sandbox="allow-scripts"' in bundle["text/html"] and bundle["text/plain"] == repr(explorer)


@pytest.mark.parametrize(
    "solution",
    [
        cg.solve({"J": cg.sin(x**2).named("a.t") + x}, None),
        cg.solve({"J": np.sum(cg.tanh(x @ y).named("l.h"))}, {"x": [[1, 2], [3, 4]], "y": [5, 6]}),
        cg.solve("f = x*y + 2x", {"x": 2, "y": 3}).over(cg.COUNT),
        cg.solve(cg.where(x > 0, x, y), {"x": 1, "y": 2}, direction="forward"),
        cg.solve("n = 2; J = x^n", {"x": -3}),
    ],
    ids=["symbols", "arrays", "semiring", "forward, a branch", "an undefined partial"],
)
def test_every_kind_of_solution_is_explored(solution: cg.Solution) -> None:
    data = known(solution.explore())
    assert len(data["nodes"]) == len(solution.graph) and len(data["sweeps"]) == len(solution.seeds)
    assert data["derives"] == solution.derives


def chain(length: int, scope: str = "") -> Solution:
    graph = nx.MultiDiGraph()
    nx.add_path(graph, [f"{scope}n{k}" for k in range(length - 1)] + ["J"], partial=1.0)
    return Solution(graph, "reverse", ["J"], [f"{scope}n0"])


def test_what_is_too_large_says_what_to_do() -> None:
    with pytest.raises(
        ValueError, match=r"5000 nodes \(nothing to fold\) is too large .* at most 2000 .* s\.around\('J'"
    ):
        chain(5000).explore()
    with pytest.raises(ValueError, match=r"expected at most 2000 at once, and 20000 in all"):
        chain(20_001, "all.").explore()
    assert len(chain(MOST).explore().html()) < 400_000
    assert chain(5000, "all.").explore().folded
    chain(5000).around("n2500", 20).explore()
    chain(5000).folded({"middle": [f"n{k}" for k in range(100, 4900)]}).explore()
    many = cg.solve({f"y{k}": x * k for k in range(400)}, {"x": 1}, of=[f"y{k}" for k in range(400)]).explore
    with pytest.raises(ValueError, match=r"400 sweeps over 401 nodes are too much .* s\.sweep\('y0'\)"):
        many()


def test_groups_are_apart_or_one_in_the_other() -> None:
    s = nested()
    assert [scope.name for scope in s.explore({"g": ["net.one.z", "net.one.w"]}).scopes] == ["g"]
    with pytest.raises(ValueError, match=r"net\.one\.z is in the group h and in g: expected groups apart"):
        s.explore({"g": ["net.one.z", "net.one.w"], "h": ["net.one.z", "net.one.w"]})
    with pytest.raises(ValueError, match="unknown theme"):
        s.explore(theme="red")

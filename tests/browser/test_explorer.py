"""The explorer in a real browser: 2 000 nodes are searched, folded, walked through and stepped, and that is quick."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

import compgraph as cg
from compgraph.render.exploring import MOST, Explorer
from compgraph.solution import Solution
from tests.browser.pages import Page, emulate

pytestmark = pytest.mark.browser

#: What the page shows, read from its own state: its text, and what its lists say.
SHOWN = """
const text = (id) => document.getElementById(id).textContent;
const list = (id) => [...document.querySelectorAll(`#${id} li`)].map((item) => item.textContent);
return {counter: text("counter"), caption: text("caption"), notice: text("notice"), name: text("name"),
  facts: text("facts"), found: text("found"), hits: list("hits"), scopes: list("scopes"), made: list("made"),
  used: list("used")};
"""

#: Milliseconds of so many steps, until the next frame has been drawn; sorted.
TIMED = """
const [count, done] = arguments, times = [];
const step = () => {
  const start = performance.now();
  document.getElementById("next").click();
  requestAnimationFrame(() => setTimeout(() => {
    times.push(performance.now() - start);
    if (times.length < count) step(); else done(times.sort((a, b) => a - b));
  }));
};
step();
"""


class Explored(Page):
    """An explorer opened from a file, once its first picture is there."""

    def __init__(self, browser: Any, shown: Explorer, path: Path) -> None:
        self.browser = browser
        self.resize(1280, 800)
        browser.get("about:blank")
        browser.get_log("performance")
        browser.get_log("browser")
        browser.get(shown.save(path / "graph.html").as_uri())
        self.wait(lambda: bool(self.run("return document.body.dataset.ready")))

    @property
    def shown(self) -> dict[str, Any]:
        found: dict[str, Any] = self.run(SHOWN)
        return found

    def search(self, words: str) -> None:
        self.run(
            "const e = document.getElementById('search'); e.value = arguments[0]; e.dispatchEvent(new Event('input'))",
            words,
        )

    def press(self, words: str, within: str = "body") -> None:
        """Click the button that says so."""
        self.run(
            "const [words, within] = arguments;"
            "[...document.querySelectorAll(`${within} button`)].find((b) => b.textContent === words).click()",
            words, within,
        )  # fmt: skip

    def focus(self, name: str) -> None:
        self.run("document.getElementById(arguments[0]).focus()", name)

    def ink(self) -> int:
        """How many pixels of the canvas are not paper."""
        return int(
            self.run(
                "const c = document.getElementById('canvas');"
                "const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;"
                "let n = 0; for (let i = 0; i < d.length; i += 4) n += d[i] < 250; return n"
            )
        )


def layered_graph(nodes: int, width: int = 40) -> Solution:
    """Random layers, each node made from two of the layer before."""
    numbers, graph = random.Random(7), cg.Graph()
    for i in range(nodes):
        graph.add_node(f"n{i}", value=round(numbers.uniform(-2, 2), 3))
        before = range((i // width - 1) * width, i // width * width) if i >= width else ()
        for tail in numbers.sample(before, min(2, len(before))):
            graph.add_edge(f"n{tail}", f"n{i}", partial=round(numbers.uniform(-1, 1), 3))
    return Solution(graph, "reverse", [f"n{nodes - 1}"], [f"n{i}" for i in range(width)])


def network(layers: int = 3, width: int = 3) -> cg.Solution:
    """Layers of neurons, the parameters of each in its scope."""
    at, signals = {"x": 0.5}, [cg.Variable("x")]
    for k in range(1, layers + 1):
        made = []
        for j in range(width):
            total: Any = cg.Variable(f"net.layer{k}.b{j}")
            at[f"net.layer{k}.b{j}"] = 0.25 * j
            for i, signal in enumerate(signals):
                at[f"net.layer{k}.w{j}_{i}"] = (i - j + 0.5) / width
                total = total + cg.Variable(f"net.layer{k}.w{j}_{i}") * signal
            made.append(cg.tanh(total.named(f"net.layer{k}.z{j}")).named(f"net.layer{k}.a{j}"))
        signals = made
    return cg.solve({"J": signals[0] ** 2 + signals[1]}, at)


def test_two_thousand_nodes_are_quick(browser: Any, tmp_path: Path) -> None:
    """On a quiet machine a step takes 20 ms and the first picture 0.3 s; what is promised is 50 ms and 3 s."""
    page = Explored(browser, layered_graph(2000).explore(), tmp_path)
    assert float(page.run("return document.body.dataset.ready")) < 6000
    browser.set_script_timeout(60)
    times = browser.execute_async_script(TIMED, 21)
    assert times[10] < 100, times
    assert page.shown["counter"] == "21 / 2000"
    assert page.ink() > 20_000
    assert page.complaints() == [] and all(url.startswith(("file:", "data:")) for url in page.requests())


def test_a_sweep_is_stepped_through(browser: Any, tmp_path: Path) -> None:
    s = cg.solve("t = x*y; u = sin(t); J = u + t", {"x": 2, "y": 0.5})
    page = Explored(browser, s.explore(), tmp_path)
    assert page.shown["caption"] == "The sweep starts at J."
    captions = []
    for _ in s.steps:
        page.click("next")
        captions.append(page.shown["caption"])
    assert captions[0] == "∂J/∂J = 1 (the seed)."
    assert captions[2] == "∂J/∂t = 1.54: 2 terms, 0.5403 · 1 by u; 1 · 1 by J."
    assert page.shown["counter"] == "5 / 5" and page.run("return document.getElementById('next').disabled")
    page.click("first")
    assert page.shown["counter"] == "0 / 5"
    page.run("document.activeElement.blur()")
    page.key("\ue014")  # →
    page.key("\ue010")  # End
    assert page.shown["counter"] == "5 / 5"


def test_a_forward_sweep_and_several_sweeps(browser: Any, tmp_path: Path) -> None:
    s = cg.solve("a = x*y; b = x + y", {"x": 2, "y": 3}, of=["a", "b"], direction="forward")
    page = Explored(browser, s.explore(), tmp_path)
    page.click("last")
    page.run("const e = document.getElementById('sweep'); e.value = 1; e.dispatchEvent(new Event('change'))")
    assert page.shown["caption"] == "The sweep starts at y."
    page.search("a")
    page.press("a", "#hits")
    assert page.shown["facts"] == "value 6, ∂a/∂y = 2"


def test_names_are_searched_as_they_are_written_and_shown(browser: Any, tmp_path: Path) -> None:
    page = Explored(browser, layered_graph(400).explore(), tmp_path)
    page.search("n123")
    assert page.shown["hits"] == ["n₁₂₃"] and page.shown["found"] == "1 node"
    page.search("N12")
    assert page.shown["hits"][0] == "n₁₂" and page.shown["found"] == "11 nodes"
    page.search("zebra")
    assert page.shown["hits"] == [] and page.shown["found"] == "No name has “zebra” in it."
    page.focus("search")
    page.search("n399")
    page.key("\ue007")  # Enter
    assert page.shown["name"] == "n₃₉₉" and len(page.shown["made"]) == 2 and page.shown["used"] == []


def test_scopes_fold_and_the_numbers_stay(browser: Any, tmp_path: Path) -> None:
    s = network()
    page = Explored(browser, s.explore(), tmp_path)
    assert page.shown["scopes"] == ["net", "net.layer1", "net.layer2", "net.layer3"]
    assert page.shown["counter"] == f"0 / {len(s.graph)}"
    page.press("net.layer2", "#scopes")
    folded = s.folded("net.layer2")
    assert page.shown["counter"] == f"0 / {len(folded.graph)}"
    page.search("net.layer2.a1")
    page.press("net.layer2.a1", "#hits")
    shown = page.shown
    partial = folded.partials["net.layer1.a0", "net.layer2.a1", 0]
    assert shown["made"][0] == f"net.layer1.a0 partial {partial:.4g}".replace("-", "−")
    assert len(shown["made"]) == 3 and shown["facts"].startswith("value ")
    before = shown["facts"]
    page.press("Unfold net.layer2", "#folds")
    assert page.shown["facts"] == before and page.shown["counter"] == f"0 / {len(s.graph)}"
    page.press("net", "#scopes")
    assert page.shown["scopes"] == ["net"]
    assert page.shown["counter"] == f"0 / {len(s.folded('net').graph)}"
    page.search("net.layer1.z1")  # folded away: looking at it unfolds what it is in
    page.press("net.layer1.z1", "#hits")
    assert page.shown["name"].startswith("net.layer1.z1 =") and "net.layer1" in page.shown["scopes"]
    assert page.complaints() == []


def test_a_graph_that_is_too_large_unfolds_as_far_as_it_can(browser: Any, tmp_path: Path) -> None:
    s = network(layers=6, width=18)
    assert len(s.graph) > MOST
    page = Explored(browser, s.explore([f"net.layer{k}" for k in range(1, 7)]), tmp_path)
    before = page.shown["counter"]
    page.press("Unfold all")
    assert page.shown["counter"] == before
    assert page.shown["notice"].startswith(
        f"All scopes unfolded: {len(s.graph)} nodes would be shown, and at most 2000"
    )
    page.press("net.layer3", "#scopes")
    assert page.shown["counter"] != before


def test_arrows_walk_along_edges(browser: Any, tmp_path: Path) -> None:
    page = Explored(browser, cg.solve("t = x*y; u = sin(t); J = u + t", {"x": 2, "y": 0.5}).explore(), tmp_path)
    page.search("t")
    page.press("t", "#hits")
    page.focus("canvas")
    page.key("\ue014")  # →
    first = page.shown["name"]
    page.key("\ue015")  # ↓: the other edge
    assert {first, page.shown["name"]} == {"u = sin(t)", "J = u + t"} and "2 of 2" in page.shown["notice"]
    page.key("\ue00c")  # Escape
    assert page.run("return document.getElementById('node').hidden")


def test_a_click_finds_the_node_and_wheels_zoom(browser: Any, tmp_path: Path) -> None:
    from selenium.webdriver.common.action_chains import ActionChains

    page = Explored(browser, cg.solve("y = 2*x", {"x": 2}).explore(), tmp_path)
    canvas = browser.find_element("id", "canvas")
    ActionChains(browser).move_to_element_with_offset(canvas, 70, 0).click().perform()
    assert page.shown["name"] == "y = 2·x" and page.shown["made"] == ["x partial 2"]
    before = page.ink()
    page.click("out")
    page.click("out")
    page.wait(lambda: page.ink() < before)
    page.click("fit")
    emulate(browser, prefers_color_scheme="dark")
    page.wait(lambda: page.ink() > 100_000)
    emulate(browser, prefers_color_scheme="light")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(browser: Any, unguarded: None, axe: str, tmp_path: Path, theme: str) -> None:
    page = Explored(browser, network().explore(theme=theme), tmp_path)
    page.resize(360 if theme == "dark" else 1280, 800)
    page.search("layer1.a")
    page.press("net.layer1.a0", "#hits")
    page.click("next")
    assert page.run("return document.documentElement.scrollWidth <= innerWidth")
    page.run(axe)
    found = browser.execute_async_script(
        "const done = arguments[0]; axe.run(document).then((found) => done("
        "found.violations.map((v) => [v.id, v.impact, ...v.nodes.map((n) => n.target.join(' '))])))"
    )
    assert found == []


def test_everything_is_reached_by_keys(browser: Any, tmp_path: Path) -> None:
    page = Explored(browser, network().explore(), tmp_path)
    page.run("document.activeElement.blur()")
    page.key("/")
    assert page.run("return document.activeElement.id") == "search"
    reached = set()
    for _ in range(40):
        page.key("\ue004")  # Tab
        reached.add(page.run("const e = document.activeElement; return e.id || e.textContent"))
    assert {
        "net.layer2",
        "foldall",
        "unfold",
        "canvas",
        "in",
        "out",
        "fit",
        "next",
        "last",
        "slider",
        "theme",
    } <= reached


def test_hostile_names_are_data(browser: Any, tmp_path: Path) -> None:
    name = "</script><img src=x onerror=alert(1)>.\"'&\u2028"
    s = cg.solve({"J": cg.Variable(name) ** 2}, {name: 3})
    page = Explored(browser, s.explore(title="<b>&"), tmp_path)
    page.search("img")
    assert len(page.shown["hits"]) == 1 and page.run("return document.images.length") == 0
    assert page.complaints() == []

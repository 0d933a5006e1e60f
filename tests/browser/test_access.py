"""The page without a mouse, without eyes, without room: axe, names, keys, small and large windows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import compgraph as cg
from tests.browser.pages import Page, emulate, worked
from tests.pictures import SHAPES

pytestmark = pytest.mark.browser

SEVERAL = "t = x*y; J = sin(t) + t*z", {"x": 2, "y": 0.5, "z": 1}


def films() -> dict[str, Any]:
    reverse, forward = (cg.solve(*SEVERAL, direction=way) for way in ("reverse", "forward"))
    return {
        "reverse": reverse.film(),
        "elimination": reverse.film(cg.reverse_order),
        "semiring": reverse.over(cg.MAX_PRODUCT).film(),
        "branch": SHAPES["branch"]().film(),
        "side by side": forward.film().beside(reverse.film()),
    }


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", films())
def test_axe_finds_nothing(browser: Any, unguarded: None, axe: str, tmp_path: Path, name: str, theme: str) -> None:
    emulate(browser, prefers_color_scheme=theme, prefers_reduced_motion="reduce")
    page = Page(browser, films()[name], tmp_path, at=2, size=(360 if theme == "dark" else 1280, 800))
    page.run(axe)
    for prepare in ("", "document.getElementById('quiz')?.click(); document.getElementById('hint').click()"):
        page.run(prepare)
        found = browser.execute_async_script(
            "const done = arguments[0]; axe.run(document).then((found) => done("
            "found.violations.map((v) => [v.id, v.impact, ...v.nodes.map((n) => n.target.join(' '))])))"
        )
        assert found == []
    passed = browser.execute_async_script("axe.run(document).then((found) => arguments[0](found.passes.length))")
    assert passed > 20


DEFICIENCIES = [
    [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
]


def test_colours_of_text_have_contrast() -> None:
    """What axe leaves undecided, because it stands in a picture: 4.5 to 1 for text, 3 to 1 for lines."""
    from compgraph.render.style import THEMES

    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    def contrast(a: str, b: str) -> float:
        light, dark = sorted((luminance(a), luminance(b)), reverse=True)
        return (light + 0.05) / (dark + 0.05)

    def seen(colour: str, matrix: list[list[float]]) -> list[float]:
        return [sum(m * int(colour[i : i + 2], 16) for m, i in zip(row, (1, 3, 5), strict=True)) for row in matrix]

    for theme in THEMES.values():
        # what those see who lack a kind of cone (Machado, Oliveira, Fernandes 2009), or colours
        for matrix in DEFICIENCIES if theme is not THEMES["print"] else ():
            for a, b in ((theme.now, theme.done), (theme.now, theme.rule), (theme.now_fill, theme.done_fill)):
                apart = zip(seen(a, matrix), seen(b, matrix), strict=True)
                assert sum((x - y) ** 2 for x, y in apart) ** 0.5 > 25
        for text, behind in (
            (theme.ink, theme.paper), (theme.ink, theme.card), (theme.ink, theme.done_fill), (theme.soft, theme.paper),
            (theme.soft, theme.card), (theme.now_ink, theme.now_fill),
        ):  # fmt: skip
            assert contrast(text, behind) >= 4.5
        for line in (theme.rule, theme.done, theme.now):
            assert contrast(line, theme.paper) >= 3


def tree(browser: Any) -> list[tuple[str, str]]:
    """What a screen reader is given: roles and names."""
    nodes = browser.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    return [(n["role"]["value"], n.get("name", {}).get("value", "")) for n in nodes if not n.get("ignored")]


def test_a_listener_is_told_every_node_with_its_numbers(browser: Any, tmp_path: Path) -> None:
    Page(browser, worked(), tmp_path, at=5)
    said = tree(browser)
    assert ("button", "t = x² = 4 ∂J/∂t = 2.275") in said and ("button", "x = 2 ∂J/∂x = ?") in said
    assert ("group", "Reverse sweep from J, step 5 of 6") in said
    assert ("slider", "Step") in said and ("slider", "x") in said
    assert not any(role in ("button", "slider", "combobox", "textbox") and not name for role, name in said)


def focus(page: Page) -> str:
    return str(page.run("return document.activeElement.id"))


def test_edges_are_walked_with_arrow_keys(browser: Any, tmp_path: Path) -> None:
    from selenium.webdriver.common.keys import Keys

    page = Page(browser, worked(), tmp_path, at=6)
    for _ in range(8):
        page.key(Keys.TAB)
        if focus(page).startswith("n"):
            break
    assert focus(page) == "n0"  # the node whose turn it is
    words = "return document.getElementById('walk').textContent"
    for key, node, said in (
        (Keys.ARROW_RIGHT, "n1", "x → t, partial 2·x = 4"),
        (Keys.ARROW_RIGHT, "n2", "t → u₁ (edge 1 of 2), partial cos(t) = −0.6536"),
        (Keys.ARROW_DOWN, "n3", "t → u₂ (edge 2 of 2), partial 3"),
        (Keys.ARROW_DOWN, "n2", "t → u₁ (edge 1 of 2), partial cos(t) = −0.6536"),
        (Keys.ARROW_RIGHT, "n4", "u₁ → u, partial 1"),
        (Keys.ARROW_LEFT, "n2", "u₁ → u (edge 1 of 2), partial 1"),
        (Keys.ARROW_LEFT, "n1", "t → u₁, partial cos(t) = −0.6536"),
        (Keys.ARROW_LEFT, "n0", "x → t, partial 2·x = 4"),
        (Keys.ARROW_LEFT, "n0", "No edge leads to x."),
    ):
        page.key(key)
        assert (focus(page), page.run(words)) == (node, said)
    assert page.frame == 6  # walking does not step
    page.key(Keys.ARROW_RIGHT)
    page.key(Keys.ENTER)
    assert page.frame == 5  # the turn of t
    assert page.run("return document.getElementById('walk').getAttribute('aria-live')") == "polite"


def test_everything_is_reached_by_tab(browser: Any, tmp_path: Path) -> None:
    from selenium.webdriver.common.keys import Keys

    page = Page(browser, cg.solve(*SEVERAL).film(), tmp_path, at=2)
    reached = []
    for _ in range(30):
        page.key(Keys.TAB)
        here = page.run("const e = document.activeElement; return e.id || e.tagName")
        if here in reached and here != "TR":
            break
        reached.append(here)
    assert {"theme", "first", "back", "play", "next", "last", "slider", "speed", "quiz", "input0", "reset"} <= set(
        reached
    )
    assert sum(here.startswith("n") and here[1:].isdigit() for here in reached) == 1  # one stop for the graph
    assert {"SELECT", "TR", "SUMMARY"} <= set(reached)


@pytest.mark.parametrize("width", [360, 1920])
@pytest.mark.parametrize("name", ["reverse", "elimination", "side by side", "long names"])
def test_nothing_overflows(browser: Any, tmp_path: Path, name: str, width: int) -> None:
    shown = films()[name] if name in films() else SHAPES[name]().film()
    page = Page(browser, shown, tmp_path, at=1, size=(width, 900))
    for prepare in ("", "document.getElementById('quiz')?.click()"):
        page.run(prepare)
        assert page.run("return document.documentElement.scrollWidth") <= width
    cut = page.run(
        "return [...document.querySelectorAll('button, select, input, p, td, h1')].filter((e) => e.checkVisibility()"
        " && !e.closest('#ledgers') && e.getBoundingClientRect().right > innerWidth).map((e) => e.outerHTML)"
    )
    assert cut == []

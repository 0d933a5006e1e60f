"""The player in a real browser: it steps, it shows the numbers of the steps, and nothing else runs or connects."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

import compgraph as cg
from compgraph.propagation import reverse
from compgraph.render.cells import runs_width
from compgraph.render.film import film
from compgraph.render.runs import NBSP
from compgraph.render.style import SIZES
from tests.browser.pages import Page, assert_shows, emulate, worked
from tests.pictures import EXAMPLE, HOSTILE, SHAPES, Picture, hostile_graph

pytestmark = pytest.mark.browser


def test_every_frame_shows_the_numbers_of_its_step(browser: Any, tmp_path: Path) -> None:
    shown = worked()
    page = Page(browser, shown, tmp_path)
    for k in range(len(shown)):
        assert_shows(page, shown, k)
        page.click("next")
    for k in reversed(range(len(shown) - 1)):
        page.click("back")
        assert_shows(page, shown, k)
    page.click("last")
    assert_shows(page, shown, 6)
    assert page.run("return [...document.querySelectorAll('button:disabled')].map((b) => b.id)") == ["next", "last"]
    page.click("first")
    assert_shows(page, shown, 0)
    assert page.complaints() == []


def test_marks_are_drawn_as_their_states_say(browser: Any, tmp_path: Path) -> None:
    page = Page(browser, worked(), tmp_path, at=3)
    lengths = page.run(
        "return ['todo', 'now', 'done'].map((state) => new Set([...document.querySelectorAll(`.cg-${state} .cg-mark`)]"
        ".map((mark) => Math.round(mark.getTotalLength()))).size === 1 && Math.round(document.querySelector("
        "`.cg-${state} .cg-mark`).getTotalLength()))"
    )
    assert len(set(lengths)) == 3 and False not in lengths


@pytest.mark.parametrize("name", ["parallel edges", "branch", "forward", "symbols"])
def test_every_shape_is_stepped_through(browser: Any, tmp_path: Path, name: str) -> None:
    shown = SHAPES[name]().film()
    page = Page(browser, shown, tmp_path)
    for k in [*range(len(shown)), *reversed(range(len(shown) - 1))]:
        page.run("const s = arguments[0], e = document.getElementById('slider'); e.value = s;"
                 "e.dispatchEvent(new Event('input', {bubbles: true}))", k)  # fmt: skip
        assert_shows(page, shown, k)
    assert page.complaints() == []


def test_several_sweeps_follow_one_another(browser: Any, tmp_path: Path) -> None:
    shown = cg.solve("a = x*y; b = x + y", {"x": 2, "y": 3}, of=["a", "b"]).film()
    page = Page(browser, shown, tmp_path)
    headings = []
    for k in range(len(shown)):
        assert_shows(page, shown, k)
        headings.append(page.run("return document.getElementById('heading').textContent"))
        page.click("next")
    assert headings == ["Reverse sweep from a"] * 5 + ["Reverse sweep from b"] * 5


def test_a_graph_shrinks(browser: Any, tmp_path: Path) -> None:
    shown = cg.solve("a = x*x; b = a*sin(y); c = b + a; d = exp(c/9)*b", {"x": 1.5, "y": 0.5}, of=["c", "d"]).film(
        cg.reverse_order
    )
    page = Page(browser, shown, tmp_path)
    for _ in range(2):
        for k in range(len(shown)):
            assert_shows(page, shown, k)
            page.click("next")
        page.click("first")
    assert page.complaints() == []


def test_keys_step(browser: Any, tmp_path: Path) -> None:
    from selenium.webdriver.common.keys import Keys

    shown = worked()
    page = Page(browser, shown, tmp_path)
    for key, k in ((Keys.ARROW_RIGHT, 1), (Keys.ARROW_RIGHT, 2), (Keys.ARROW_LEFT, 1), (Keys.END, 6), (Keys.HOME, 0)):
        page.key(key)
        assert_shows(page, shown, k)
    page.run("document.getElementById('slider').focus()")
    page.key(Keys.ARROW_RIGHT)
    assert page.frame == 1  # once, though the slider knows the key too


def test_the_slider_is_dragged(browser: Any, tmp_path: Path) -> None:
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.by import By

    page = Page(browser, worked(), tmp_path)
    slider = browser.find_element(By.ID, "slider")
    ActionChains(browser).click_and_hold(slider).move_by_offset(slider.size["width"] // 2, 0).release().perform()
    assert page.frame == 6
    ActionChains(browser).move_to_element(slider).click().perform()
    assert page.frame == 3


def test_it_plays_and_pauses(browser: Any, tmp_path: Path) -> None:
    page = Page(browser, worked(), tmp_path)

    def waits_for(frame: int) -> None:
        end = time.monotonic() + 20
        while page.frame != frame:
            assert time.monotonic() < end
            time.sleep(0.05)

    page.key(" ")
    waits_for(2)
    page.key(" ")
    assert page.run("return document.getElementById('play').getAttribute('aria-pressed')") == "false"
    assert page.run("return document.getElementById('caption').getAttribute('aria-live')") == "polite"
    stood = page.frame
    time.sleep(2.5)
    assert page.frame == stood
    page.click("last")
    page.click("play")  # from the end it begins again
    assert page.frame == 0


def test_it_begins_where_its_address_says(browser: Any, tmp_path: Path) -> None:
    assert Page(browser, worked(), tmp_path, at=5).frame == 5


def test_nothing_is_fetched(browser: Any, tmp_path: Path) -> None:
    page = Page(browser, worked(), tmp_path)
    page.click("last")
    asked = {url.split(",")[0].split("#")[0] for url in page.requests()}
    assert {url for url in asked if not url.startswith("data:font/woff2")} == {(tmp_path / "film.html").as_uri()}
    assert page.run("return document.fonts.size") == 2
    assert page.complaints() == []


def test_names_run_nothing(browser: Any, tmp_path: Path) -> None:
    from selenium.common.exceptions import NoAlertPresentException

    graph = hostile_graph()
    last = list(graph)[-1]
    shown = film(graph, {last: reverse(graph, {last: 1.0})}, title="</title><script>alert(1)</script>")
    page = Page(browser, shown, tmp_path)
    for k in range(len(shown)):
        state = page.state
        assert state["counter"] == f"{k} / {len(HOSTILE)}" and state["caption"].replace(NBSP, " ") == shown.captions[k]
        page.click("next")
    with pytest.raises(NoAlertPresentException):
        _ = browser.switch_to.alert.text
    assert page.run("return document.querySelectorAll('script').length") == 2
    assert page.run("return document.querySelectorAll('img, iframe, object, embed, a, link').length") == 0
    assert page.run("return document.querySelectorAll('#stage g[id^=n]').length") == len(graph)
    assert page.run("return document.title").startswith("</title><script>")
    assert page.complaints() == []


def test_the_policy_stops_what_is_not_ours(browser: Any, tmp_path: Path) -> None:
    page = Page(browser, worked(), tmp_path)
    page.run(
        "const s = document.createElement('script'); s.textContent = 'window.ran = 1'; document.body.append(s);"
        "const i = document.createElement('img'); i.src = 'https://example.org/x.png'; document.body.append(i);"
    )
    time.sleep(0.3)
    assert page.run("return window.ran ?? null") is None
    assert len(page.complaints()) == 2


@pytest.mark.parametrize("name", ["tiny", "wide", "sixty nodes", "long names"])
@pytest.mark.parametrize("size", [(360, 640), (768, 1024), (1920, 1080)])
def test_the_page_fits(browser: Any, tmp_path: Path, name: str, size: tuple[int, int]) -> None:
    page = Page(browser, SHAPES[name]().film(), tmp_path, size=size, at=3)
    assert page.run("return document.documentElement.scrollWidth") <= size[0]
    stage, controls, current = page.run(
        "const box = (e) => { const r = e.getBoundingClientRect(); return [r.left, r.top, r.right, r.bottom]; };"
        "return [box(document.getElementById('stage')), box(document.getElementById('controls')),"
        " box(document.querySelector('.cg-now .cg-card'))]"
    )
    assert stage[0] >= 0 and stage[2] <= size[0] and controls[2] <= size[0]
    assert controls[3] <= size[1]  # without scrolling the page
    time.sleep(0.8)  # the picture may be scrolling to its node
    current = page.run(
        "const r = document.querySelector('.cg-now .cg-card').getBoundingClientRect(); return [r.left, r.right]"
    )
    middle = sum(current) / 2
    assert stage[0] <= middle <= stage[2]
    assert page.run("return parseFloat(getComputedStyle(document.getElementById('caption')).fontSize)") >= 16


@pytest.mark.parametrize("name", ["Greek and subscripts", "large numbers", "long names", "branch"])
def test_letters_are_as_wide_as_computed(browser: Any, tmp_path: Path, name: str) -> None:
    """The widths that everything is laid out by are those of the browser."""
    shown = SHAPES[name]().film()
    page = Page(browser, shown, tmp_path, at=len(shown) - 1)
    page.browser.execute_async_script("document.fonts.ready.then(arguments[0])")
    measured = page.run(
        "return [...document.querySelectorAll('#stage g[id^=n]')].map((g) =>"
        " g.querySelector('text').getComputedTextLength())"
    )
    computed = [runs_width(cell.lines[0], SIZES.text) for cell in shown.drawing.cards]
    assert measured == pytest.approx(computed, abs=0.5)
    cut = page.run(
        "return [...document.querySelectorAll('#stage g[id^=n]')].filter((g) => { const c = g.querySelector('.cg-card')"
        ".getBBox(); return [...g.querySelectorAll('text')].some((t) => { const b = t.getBBox();"
        " return b.x < c.x || b.x + b.width > c.x + c.width; }); }).map((g) => g.id)"
    )
    assert cut == []


def test_light_and_dark_follow_the_viewer_and_the_button(browser: Any, tmp_path: Path) -> None:
    paper = "return getComputedStyle(document.getElementById('stage')).backgroundColor"
    emulate(browser, prefers_color_scheme="dark")
    page = Page(browser, worked(), tmp_path)
    dark = page.run(paper)
    page.click("theme")
    light = page.run(paper)
    emulate(browser, prefers_color_scheme="light")
    page.click("theme")
    assert (dark, light) == ("rgb(18, 21, 26)", "rgb(255, 255, 255)") and page.run(paper) == dark
    fixed = Page(browser, cg.solve(EXAMPLE, {"x": 2}).film(theme="dark"), tmp_path)
    assert fixed.run(paper) == dark
    emulate(browser)


def test_nothing_moves_by_itself_where_motion_is_not_wanted(browser: Any, tmp_path: Path) -> None:
    moving = (
        "const s = getComputedStyle(document.querySelector('.cg-now .cg-line'));"
        "return [s.animationName, s.animationDirection]"
    )
    emulate(browser, prefers_reduced_motion="reduce")
    page = Page(browser, worked(), tmp_path, at=5)
    assert page.run(moving)[0] == "none"
    emulate(browser, prefers_reduced_motion="no-preference")
    assert page.run(moving) == ["flow", "reverse"]
    forward = Page(browser, SHAPES["forward"]().sweep("x").film(), tmp_path, at=3)
    assert forward.run(moving) == ["flow", "normal"]
    emulate(browser)


def test_without_script_the_solved_graph_and_all_steps_are_there(browser: Any, tmp_path: Path) -> None:
    shown = worked()
    try:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
        page = Page(browser, shown, tmp_path)
        assert page.run("return document.body.classList.contains('live')") is False
        visible = "const e = document.querySelector(arguments[0]); return e.checkVisibility()"
        assert page.run(visible, "#stage svg") and page.run(visible, "#steps li:last-child")
        assert not page.run(visible, "#controls")
        totals = page.state["totals"]
        assert list(totals.values()) == [Picture(shown.figure()).words(f"n{i}")[-1] for i in range(6)]
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_the_player_works_in_the_sandbox_of_a_notebook(browser: Any, tmp_path: Path) -> None:
    from selenium.webdriver.common.by import By

    shown = worked()
    (tmp_path / "notebook.html").write_text(f"<!doctype html><body>{shown._repr_html_()}</body>", "utf-8")
    page = Page(browser, shown, tmp_path)
    browser.get((tmp_path / "notebook.html").as_uri())
    image, frame = (browser.find_element(By.TAG_NAME, name) for name in ("img", "iframe"))
    assert frame.size["height"] >= 400 and frame.size["width"] >= image.size["width"]
    browser.switch_to.frame(frame)
    try:
        page.click("next")
        assert_shows(page, shown, 1)
    finally:
        browser.switch_to.default_content()

"""What a page answers beside its steps: other inputs, the next number, the ledger of paths, another film."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import compgraph as cg
from compgraph.notation import number
from compgraph.propagation import reverse
from compgraph.render.film import film
from compgraph.render.runs import NBSP
from tests.browser.pages import Page, assert_shows, worked
from tests.pictures import EXAMPLE, SHAPES, Picture

pytestmark = pytest.mark.browser

SEVERAL = "t = x*y; J = sin(t) + t*z", {"x": 2, "y": 0.5, "z": 1}


def slide(page: Page, place: int, to: int) -> None:
    page.run(
        "const s = document.getElementById('input' + arguments[0]); s.value = arguments[1];"
        "s.dispatchEvent(new Event('input', {bubbles: true}))", place, to,
    )  # fmt: skip


def texts(page: Page) -> dict[str, list[str]]:
    """Every text of the picture, by node and label."""
    found: dict[str, list[str]] = page.run(
        "return Object.fromEntries([...document.querySelectorAll('#stage g[id]')].map((g) =>"
        " [g.id, [...g.querySelectorAll('text')].map((t) => t.textContent).filter((t) => t)]))"
    )
    return found


# -- sliders


@pytest.mark.parametrize("coarse", [False, True])
@pytest.mark.parametrize("direction", ["reverse", "forward"])
def test_a_slider_shows_what_python_computes_there(browser: Any, tmp_path: Path, direction: str, coarse: bool) -> None:
    text = "t = x*y; u = sin(t) - exp(-t)*z; J = u*t + z/y"
    point = {"x": 2.0, "y": 0.5, "z": 1.25}

    def solved(at: dict[str, float]) -> cg.Solution:
        whole = cg.solve(text, at, direction=direction)
        return whole.statements if coarse else whole

    shown = solved(point).film()
    page = Page(browser, shown, tmp_path)
    for place, name, to in ((0, "x", 37), (1, "y", -13), (2, "z", -100), (0, "x", -50)):
        slide(page, place, to)
        start = {"x": 2.0, "y": 0.5, "z": 1.25}[name]
        point[name] = float(f"{start + max(1.0, abs(start)) * to / 100:.12g}")
        there = solved(point).film()
        for k in (0, 2, len(there) - 1):
            page.run("location.hash = '#step=' + arguments[0]", k)
            page.wait(lambda k=k: page.frame == k)
            frame = Picture(there.svg(k))
            assert {key: sorted(words) for key, words in texts(page).items() if words} == {
                key: sorted(words) for key in frame.groups if (words := [w for w in frame.words(key) if w])
            }
            assert page.state["caption"].replace(NBSP, " ") == there.captions[k]
    page.click("reset")
    page.click("last")
    assert_shows(page, shown, len(shown) - 1)
    assert page.complaints() == []


def test_where_another_branch_counts_the_page_says_so(browser: Any, tmp_path: Path) -> None:
    page = Page(browser, cg.solve("y = where(x > 0, sqrt(x)*2, exp(x))", {"x": -0.5}).film(), tmp_path, at=1)
    before = texts(page)
    slide(page, 0, 80)
    assert page.run("return document.getElementById('notice').textContent").startswith("Another branch counts here")
    assert texts(page) == before
    slide(page, 0, -20)
    assert page.run("return document.getElementById('notice').textContent") == ""
    assert texts(page) != before


def test_outside_a_domain_the_page_says_so(browser: Any, tmp_path: Path) -> None:
    page = Page(browser, cg.solve("y = log(x)", {"x": 0.5}).film(), tmp_path, at=1)
    slide(page, 0, -80)
    assert page.run("return document.getElementById('notice').textContent").startswith("Outside the domain")
    assert texts(page)["n1"][1] == "= undefined"


def test_there_are_no_sliders_where_nothing_could_be_computed(browser: Any, tmp_path: Path) -> None:
    own = cg.Primitive("mine", lambda x: 2 * x, lambda y, x: 2)
    graph = cg.solve(EXAMPLE, {"x": 2}).graph
    by_hand = type(graph)()
    by_hand.add_edge("x", "y", partial=3.0)
    for shown in (
        cg.solve(EXAMPLE).film(),
        cg.solve("y = x^2", {"x": "1/3"}, exact=True).film(),
        cg.solve(own(cg.Variable("x")), {"x": 1.0}).film(),
        film(by_hand, {"y": reverse(by_hand, {"y": 1.0})}),
        cg.solve(EXAMPLE, {"x": 2}).over(cg.MAX_PRODUCT).film(),
    ):
        page = Page(browser, shown, tmp_path, at=1)
        assert page.run("return document.getElementById('inputs').hidden")
        assert page.complaints() == []


def test_long_numbers_stay_in_their_cells(browser: Any, tmp_path: Path) -> None:
    shown = cg.solve("t = x^9; J = t*x", {"x": 1}).film()
    page = Page(browser, shown, tmp_path, at=2)
    slide(page, 0, 37)
    for at in ("next", "last"):
        page.click(at)
        cut = page.run(
            "return [...document.querySelectorAll('#stage g[id^=n]')].filter((g) => {"
            " const c = g.querySelector('.cg-card').getBBox(); return [...g.querySelectorAll('text')].some((t) => {"
            " const b = t.getBBox(); return b.x < c.x || b.x + b.width > c.x + c.width; }); }).map((g) => g.id)"
        )
        assert cut == []


# -- predict, then see


def answer(page: Page, words: str) -> str:
    page.run("document.getElementById('answer').value = arguments[0]", words)
    page.click("check")
    return str(page.run("return document.getElementById('verdict').textContent"))


def asked(page: Page) -> bool:
    """Whether the question stands there, and a field to type in."""
    found = "return [!document.getElementById('ask').hidden, document.getElementById('caption').textContent]"
    visible, words = page.run(found)
    return bool(visible and words.startswith("What is ∂")) or bool(visible and " → " in words and words.endswith("?"))


def test_a_number_is_typed_before_it_is_shown(browser: Any, tmp_path: Path) -> None:
    shown = worked()
    page = Page(browser, shown, tmp_path)
    page.click("quiz")
    assert page.frame == 1 and not asked(page)  # the seed is given
    page.click("next")
    assert page.frame == 2 and asked(page)
    assert page.state["totals"]["n4"] == "∂J/∂u = ?" and "0.9695" not in page.state["caption"]
    assert "+0.9695" not in page.run("return document.getElementById('stage').textContent")
    for key in ("next", "last"):  # no way around
        page.click(key)
        assert page.frame == 2 and asked(page)
    assert answer(page, "0.5") == "Not yet."
    assert answer(page, "zero") == "Not a number: write 0.25, −3 or 1.5e−7."
    assert answer(page, "0.97") == "Right so far: give three digits."
    assert answer(page, "0.970") == "Right. Enter goes on."
    assert_shows(page, shown, 2)
    for k, words in ((3, "0.969"), (4, ".9695"), (5, "2.275"), (6, "9.1")):
        page.click("next")
        assert page.frame == k and asked(page)
        if k == 6:
            assert answer(page, words) == "Right so far: give three digits."
            words = "9.10"
        assert answer(page, words).startswith("Right.")
        assert_shows(page, shown, k)
    page.click("back")
    assert_shows(page, shown, 5)  # what has been seen may be seen again
    page.click("quiz")
    page.click("last")
    assert_shows(page, shown, 6)
    assert page.complaints() == []


def test_hints_come_in_three_levels(browser: Any, tmp_path: Path) -> None:
    page = Page(browser, worked(), tmp_path, at=4)
    page.click("quiz")
    hints = []
    for _ in range(3):
        page.click("hint")
        hints.append(page.run("return document.getElementById('verdict').textContent").replace(NBSP, " "))
    assert hints == [
        "∂J/∂t = ∂J/∂u₂ · ∂u₂/∂t + ∂J/∂u₁ · ∂u₁/∂t",
        "∂J/∂t = 0.9695 · 3 + 0.9695 · (−0.6536)",
        "It is 2.275.",
    ]


def test_whoever_computes_with_what_stands_there_is_right(browser: Any, tmp_path: Path) -> None:
    page = Page(browser, worked(), tmp_path, at=4)
    page.click("quiz")
    assert answer(page, "2.27483") == "Right. Enter goes on."  # 0.9695·3 + 0.9695·(−0.6536), and not 2.27498…


@pytest.mark.parametrize(
    "name", ["forward", "parallel edges", "sixty nodes", "by hand", "semiring", "exact", "statements"]
)
def test_any_film_of_numbers_asks(browser: Any, tmp_path: Path, name: str) -> None:
    graph = type(cg.solve("y = x", {"x": 1}).graph)()
    graph.add_edge("x", "t", partial=2.0)
    graph.add_edge("t", "y", partial=5.0)
    shown = {
        "by hand": lambda: film(graph, {"y": reverse(graph, {"y": 1.0})}),
        "semiring": lambda: cg.solve(*SEVERAL).over(cg.COUNT).film(),
        "exact": lambda: cg.solve("t = x^2/3; J = t*x", {"x": "1/3"}, exact=True).film(),
        "statements": lambda: cg.solve("t = x^2; J = cos(sin(t) + 3t)", {"x": 2}).statements.film(),
    }.get(name, lambda: SHAPES[name]().film())()
    page = Page(browser, shown, tmp_path)
    page.click("quiz")
    for k in range(1, min(len(shown), 14)):
        if not asked(page):
            page.click("next")
        turn = [step for sweep in shown.script.sweeps for step in (None, *sweep.steps)][page.frame]
        if asked(page):
            assert turn is not None and turn.total is not None
            page.click("hint"), page.click("hint"), page.click("hint")
            said = page.run("return document.getElementById('verdict').textContent")
            assert re.fullmatch(r"It is .*\.", said)
            assert answer(page, repr(turn.total)).startswith("Right."), (k, turn)
    assert page.frame >= min(len(shown) - 1, 4)
    assert page.complaints() == []


# -- the ledger


def test_the_ledger_lists_paths_and_lights_them(browser: Any, tmp_path: Path) -> None:
    solution = cg.solve(*SEVERAL)
    page = Page(browser, solution.film(), tmp_path)
    rows = (
        "return [...document.querySelectorAll('#ledgers tbody tr')].map((r) => [...r.cells].map((c) => c.textContent))"
    )
    assert [[cell.replace(NBSP, " ") for cell in row] for row in page.run(rows)] == [
        ["x → t → v₁ → J", "1 · 0.5403 · 0.5 ≈ 0.2702", "0.2702"],
        ["x → t → v₂ → J", "1 · 1 · 0.5 = 0.5", "0.7702"],
        ["2 paths", "sum = 0.7702", ""],
    ]
    lit = "return [...document.querySelectorAll('#stage .cg-lit')].map((g) => g.id)"
    edges = {edge: f"e{i}" for i, edge in enumerate(solution.graph.edges(keys=True))}
    for place, path in enumerate(solution.paths("x").paths):
        page.run("document.querySelectorAll('#ledgers tbody tr')[arguments[0]].focus()", place)
        assert {key for key in page.run(lit) if key[0] == "e"} == {edges[edge] for edge in path.edges}
        assert page.run("return document.querySelector('#stage.dim') !== null")
        page.run("document.activeElement.blur()")
        assert page.run(lit) == []
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.by import By

    row = browser.find_elements(By.CSS_SELECTOR, "#ledgers tbody tr")[1]
    ActionChains(browser).scroll_to_element(row).move_to_element(row).perform()
    assert len([key for key in page.run(lit) if key[0] == "e"]) == 3
    slide(page, 1, 50)
    there = cg.solve(SEVERAL[0], {"x": 2, "y": 1.0, "z": 1})
    assert page.run(rows)[-1][1].replace(NBSP, " ") == f"sum = {number(there.gradient['x'], 4)}"
    choice = "const s = document.querySelector('#ledgers select'); s.value = '2'; s.dispatchEvent(new Event('change'))"
    page.run(choice)
    assert page.run(rows)[0][0] == "z → v₂ → J"


def test_more_paths_than_anybody_reads_are_counted(browser: Any, tmp_path: Path) -> None:
    text = "; ".join(["y0 = x*x"] + [f"y{i} = y{i - 1}*y{i - 1}" for i in range(1, 10)])
    page = Page(browser, cg.solve(text, {"x": 1}).film(), tmp_path)
    said = page.run("return document.querySelector('#ledgers .ending').textContent")
    assert "1012 more: 1024 paths in all" in said and said.endswith(f"sum ={NBSP}1024")


# -- time


def test_the_pace_changes(browser: Any, tmp_path: Path) -> None:
    page = Page(browser, worked(), tmp_path)
    pace = "return document.getElementById('speed').value"
    assert page.run(pace) == "1"
    for key, expected in (
        ("+", "2"),
        ("+", "4"),
        ("+", "4"),
        ("-", "2"),
        ("-", "1"),
        ("-", ".5"),
        ("-", ".5"),
        ("+", "1"),
    ):
        page.key(key)
        assert page.run(pace) == expected
    page.key("+"), page.key("+"), page.key(" ")
    page.wait(lambda: page.frame >= 3, seconds=5)  # at 4×, a second or less for each
    assert page.run("return document.getElementById('play').getAttribute('aria-pressed')") == "true"


def test_a_click_on_a_node_goes_through_its_steps(browser: Any, tmp_path: Path) -> None:
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

    page = Page(browser, worked(), tmp_path)
    seen = []
    for _ in range(3):
        ActionChains(browser).move_to_element(browser.find_element(By.ID, "n4")).click().perform()
        seen.append(page.frame)
    assert seen == [2, 3, 4]  # its own turn, then those in which u₂ and u₁ take from it
    page.key(Keys.ARROW_RIGHT)
    assert page.frame == 5  # keys go on stepping
    shown = cg.solve("a = x*y; b = x + y", {"x": 2, "y": 3}, of=["a", "b"]).film()
    page = Page(browser, shown, tmp_path)
    frames = []
    for _ in range(3):
        ActionChains(browser).move_to_element(browser.find_element(By.ID, "n0")).click().perform()
        frames.append(page.frame)
    own = [k for k, words in enumerate(shown.captions) if re.match("∂[ab]/∂x =", words)]
    assert frames == [*own, own[0]]


def test_addresses_name_steps(browser: Any, tmp_path: Path) -> None:
    page = Page(browser, worked(), tmp_path)
    page.run("location.hash = '#step=4'")
    page.wait(lambda: page.frame == 4)
    page.click("next")
    page.wait(lambda: page.run("return location.hash") == "#step=5")
    page.run("location.hash = '#2'")
    page.wait(lambda: page.frame == 2)
    page.run("location.hash = '#nonsense'")
    page.wait(lambda: page.frame == 0)


# -- side by side


def test_two_films_step_together_and_say_what_they_cost(browser: Any, tmp_path: Path) -> None:
    forward, backward = (cg.solve(*SEVERAL, direction=way) for way in ("forward", "reverse"))
    one, other = forward.film(), backward.film()
    both = one.beside(other)
    assert len(both) == len(one)
    page = Page(browser, both, tmp_path)
    costs = "return ['cost', 'cost2'].map((id) => document.getElementById(id).textContent)"
    second = "return [...document.querySelectorAll('#caption2 p')].map((p) => p.textContent).join(' — ')"
    totals = "return [...document.querySelectorAll('#stage2 .cg-total')].map((t) => t.textContent)"
    for k in range(len(both)):
        assert page.state["caption"].replace(NBSP, " ") == one.captions[k]
        if k < len(other):
            assert page.run(second).replace(NBSP, " ") == other.captions[k]
            frame = Picture(other.svg(k))
            assert page.run(totals) == [frame.words(f"n{i}")[-1] for i in range(len(other.script.nodes))]
        else:
            assert page.run(second) == f"Finished after {len(other) - 1} steps."
            assert page.run("return document.querySelectorAll('#stage2 .cg-now').length") == 0
        page.click("next")
    counted = [f"{s.cost.multiplications} multiplications, {s.cost.additions} addition" for s in (forward, backward)]
    assert [found.removesuffix("s") for found in page.run(costs)] == counted
    assert forward.cost.multiplications > backward.cost.multiplications
    slide(page, 0, 50)
    there = cg.solve(SEVERAL[0], {"x": 3, "y": 0.5, "z": 1})
    assert page.run(totals) == [Picture(there.film().svg(-1)).words(f"n{i}")[-1] for i in range(len(there.graph))]
    page.run("document.querySelector('#ledgers tbody tr').focus()")
    lit = page.run("return [...document.querySelectorAll('.cg-lit[id*=e]')].map((g) => g.id)")
    assert lit and {key for key in lit if key[0] == "b"} == {f"b{key}" for key in lit if key[0] == "e"}
    assert page.run("return new Set([...document.querySelectorAll('[id]')].map((e) => e.id)).size"
                    " === document.querySelectorAll('[id]').length")  # fmt: skip
    assert page.complaints() == []


def test_films_side_by_side_are_saved_and_shown(tmp_path: Path) -> None:
    both = worked().beside(cg.solve(EXAMPLE, {"x": 2}, direction="forward").film())
    assert both.save(tmp_path / "both.html") == [tmp_path / "both.html"]
    with pytest.raises(ValueError, match=r"expected a name that ends in \.html"):
        both.save(tmp_path / "both.png")
    bundle = both._repr_mimebundle_()
    assert bundle["text/plain"].startswith("SideBySide: Derivatives of J (7 frames)")
    assert "<iframe" in bundle["text/html"] and "data:image/png" in bundle["text/html"]

"""Films opened as files in headless Chromium, and what a page of ours shows there."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest

import compgraph as cg
from compgraph.render.beside import SideBySide
from compgraph.render.film import Film
from compgraph.render.runs import NBSP
from tests.pictures import EXAMPLE, Picture

FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
)  # fmt: skip

STATE = """
const text = (e, s) => e?.querySelector(s)?.textContent ?? "";
const groups = [...document.querySelectorAll("#stage g[id]")];
return {
  states: Object.fromEntries(groups.map((g) => [g.id, [...g.classList]])),
  totals: Object.fromEntries(groups.filter((g) => g.id[0] === "n").map((g) => [g.id, text(g, ".cg-total")])),
  terms: Object.fromEntries(groups.filter((g) => g.id[0] === "l").map((g) => [g.id, text(g, ".cg-term")])),
  marks: Object.fromEntries(groups.filter((g) => g.id[0] === "n")
    .map((g) => [g.id, g.querySelector(".cg-mark")?.getAttribute("d")])),
  caption: [...document.querySelectorAll("#caption p")].map((p) => p.textContent).join(" — "),
  counter: document.getElementById("counter").textContent,
  slider: document.getElementById("slider").value,
};
"""


def missing(what: str) -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail(f"the browser test needs {what}")
    pytest.skip(f"needs {what}")


class Page:
    """A film opened from a file, without a server."""

    def __init__(
        self, browser: Any, shown: Film | SideBySide, path: Path, *, size: tuple[int, int] = (1280, 800), at: int = 0
    ) -> None:
        self.browser = browser
        shown.save(path / "film.html")
        self.resize(*size)
        browser.get("about:blank")
        browser.get_log("performance")
        browser.get_log("browser")
        browser.get((path / "film.html").as_uri() + (f"#{at}" if at else ""))

    def resize(self, width: int, height: int) -> None:
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def click(self, name: str) -> None:
        self.browser.execute_script("document.getElementById(arguments[0]).click()", name)

    def key(self, key: str) -> None:
        from selenium.webdriver.common.action_chains import ActionChains

        ActionChains(self.browser).send_keys(key).perform()

    def wait(self, until: Callable[[], bool], seconds: float = 10) -> None:
        """Wait for something that happens by itself."""
        end = time.monotonic() + seconds
        while not until():
            assert time.monotonic() < end, "it did not happen"
            time.sleep(0.02)

    @property
    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = self.browser.execute_script(STATE)
        return found

    @property
    def frame(self) -> int:
        return int(self.state["slider"])

    def run(self, script: str, *arguments: Any) -> Any:
        return self.browser.execute_script(script, *arguments)

    def complaints(self) -> list[str]:
        """What stands in the console; a policy that stopped something complains there too."""
        return [entry["message"] for entry in self.browser.get_log("browser")]

    def requests(self) -> set[str]:
        entries = [json.loads(entry["message"])["message"] for entry in self.browser.get_log("performance")]
        return {e["params"]["request"]["url"] for e in entries if e["method"] == "Network.requestWillBeSent"}


def assert_shows(page: Page, shown: Film, k: int) -> None:
    """The page shows what frame `k` shows as an SVG of its own."""
    state, frame = page.state, Picture(shown.svg(k))
    assert state["slider"] == str(k) and state["counter"] == f"{k} / {len(shown) - 1}"
    assert state["caption"].replace(NBSP, " ") == shown.captions[k]
    for key in state["states"].keys() - frame.groups.keys():  # what is not there yet, or not any more
        assert state["states"][key] == ["cg-off"]
    for key, group in frame.groups.items():
        assert set(state["states"][key]) - {"cg-todo"} == frame.state(key) - {"cg-todo"}
        if key.startswith("n") and state["totals"][key]:
            assert state["totals"][key] == frame.words(key)[-1]
            assert state["marks"][key] == next(e.attrib["d"] for e in group if "cg-mark" in e.attrib.get("class", ""))
        if key.startswith("l"):
            terms = [text.words for text in frame.texts if text.owner == key and "cg-term" in text.kind]
            assert state["terms"][key] == "".join(terms)


def emulate(browser: Any, **features: str) -> None:
    pairs = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": pairs})


def worked() -> Film:
    return cg.solve(EXAMPLE, {"x": 2}).film()

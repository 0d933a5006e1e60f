"""A notebook in JupyterLab, as people use it: run it, step the film, read the numbers, talk with the widgets."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import compgraph as cg
from compgraph.render.runs import NBSP
from tests.browser.pages import STATE, missing, worked
from tests.pictures import EXAMPLE

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parent.parent.parent

FILM, WIDGET, ASK, TELL, SHEET, MARKS, CORRECT = range(7)
CELLS = (
    """
import compgraph as cg
text = "t = x^2; u1 = sin(t); u2 = 3t; u = u1 + u2; J = cos(u)"
s = cg.solve(text, at={"x": 2})
s.film()
""",
    "seen = []\nw = s.widget()\nw.observe(lambda change: seen.append(change.new), 'step')\nw",
    "print(w.step, w.selection, seen[-1:])",
    "w.step, w.selection = 5, 'u1'",
    """
from compgraph.homework import Problem, Worksheet
sheet = Worksheet(Problem("z = w*x; a = z^2", at={"w": 3, "x": 2.5}), ask=["val", "grad"]).widget()
sheet.answers = {"val:z": "7.5"}
sheet
""",
    "print(sheet.answers, sheet.report and sheet.report.score)",
    "if sheet.report:\n    sheet.answers = {**sheet.answers, 'grad:w': '37.5'}\n    sheet.check()",
)

#: Where JupyterLab keeps what it keeps.
PLACES = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTERLAB_SETTINGS_DIR",
          "JUPYTERLAB_WORKSPACES_DIR", "IPYTHONDIR")  # fmt: skip


def notebook(path: Path, cells: tuple[str, ...], outputs: dict[int, dict[str, Any]] | None = None) -> None:
    """Write a notebook; `outputs` are the mime bundles of cells that have been run by somebody else."""
    written = [
        {"cell_type": "code", "id": f"c{i}", "metadata": {}, "source": source.strip(), "execution_count": 1,
         "outputs": [{"output_type": "execute_result", "execution_count": 1, "metadata": {}, "data": bundle}
                     for bundle in [(outputs or {}).get(i)] if bundle]}
        for i, source in enumerate(cells)
    ]  # fmt: skip
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    path.write_text(
        json.dumps({"cells": written, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}), "utf-8"
    )


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The address of a JupyterLab, and the folder that it shows."""
    for library in ("jupyterlab", "ipykernel", "anywidget"):
        if importlib.util.find_spec(library) is None:
            missing(f"{library}: pip install jupyterlab ipykernel anywidget")
    home, work = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("work")
    settings = home / "jupyter_config_dir" / "labconfig" / "default_setting_overrides.json"
    settings.parent.mkdir(parents=True)
    quiet = {"fetchNews": "false", "checkForUpdates": False}
    settings.write_text(json.dumps({"@jupyterlab/apputils-extension:notification": quiet}))
    options = {
        "ServerApp.root_dir": work, "ServerApp.port": 0, "ServerApp.open_browser": False, "ServerApp.allow_root": True,
        "IdentityProvider.token": "",
    }  # fmt: skip
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    environment = {**os.environ, "PYTHONPATH": path, **{place: str(home / place.lower()) for place in PLACES}}
    command = [sys.executable, "-m", "jupyterlab", *(f"--{name}={value}" for name, value in options.items())]
    with (home / "log").open("wb") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=work)
    try:
        wait(lambda: list((home / "jupyter_runtime_dir").glob("jpserver-*.json")) or server.poll() is not None, 60)
        assert server.poll() is None, (home / "log").read_text("utf-8")
        told = next((home / "jupyter_runtime_dir").glob("jpserver-*.json"))
        wait(lambda: told.read_text().rstrip().endswith("}"))
        yield json.loads(told.read_text())["url"], work
    finally:
        server.terminate()
        server.wait(20)


def wait(until: Callable[[], Any], seconds: float = 30) -> Any:
    """What `until` says as soon as it says something."""
    end = time.monotonic() + seconds
    while not (found := until()):
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)
    return found


def expect(say: Callable[[], Any], said: Any, seconds: float = 30) -> None:
    """Wait until it says this."""
    end = time.monotonic() + seconds
    while (found := say()) != said:
        assert time.monotonic() < end, f"expected {said!r}, got {found!r}"
        time.sleep(0.05)


class Lab:
    """One notebook, opened in JupyterLab."""

    def __init__(self, browser: Any, address: str, name: str) -> None:
        self.browser = browser
        metrics = {"width": 1400, "height": 4000, "deviceScaleFactor": 1, "mobile": False}  # all cells are in sight
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        browser.get(f"{address}lab/tree/{name}?reset")
        self.one(".jp-Notebook .jp-Cell .cm-content")

    def all(self, selector: str) -> list[Any]:
        self.browser.switch_to.default_content()
        found: list[Any] = self.browser.find_elements("css selector", selector)
        return found

    def one(self, selector: str) -> Any:
        return wait(lambda: next(iter(self.all(selector)), None))

    def output(self, cell: int, selector: str) -> Any:
        """What stands in the output of a cell."""
        return self.one(f".jp-Cell[data-windowed-list-index='{cell}'] .jp-OutputArea-output {selector}")

    def run_all(self) -> None:
        from selenium.webdriver.common.action_chains import ActionChains

        wait(lambda: any("| Idle" in one.text for one in self.all(".jp-StatusBar-TextItem")))  # the kernel has come up
        label = next(one for one in self.all(".lm-MenuBar-itemLabel") if one.text == "Run")
        ActionChains(self.browser).click(label).perform()
        self.one("li[data-command='runmenu:run-all']").click()

    def run(self, cell: int) -> None:
        """Click on a cell and run it."""
        from selenium.webdriver.common.action_chains import ActionChains
        from selenium.webdriver.common.keys import Keys

        self.one(f".jp-Cell[data-windowed-list-index='{cell}'] .cm-content").click()
        ActionChains(self.browser).key_down(Keys.SHIFT).send_keys(Keys.ENTER).key_up(Keys.SHIFT).perform()

    def printed(self, cell: int) -> str:
        return str(self.output(cell, "pre").text)

    def enter(self, cell: int) -> Frame:
        return Frame(self, cell)


class Frame:
    """The page of a film in the output of a cell."""

    def __init__(self, lab: Lab, cell: int) -> None:
        self.lab, self.cell, self.browser = lab, cell, lab.browser

    def inside(self) -> Any:
        frame = self.lab.output(self.cell, "iframe")
        self.browser.switch_to.frame(frame)
        return wait(lambda: self.browser.find_elements("css selector", "body.live"))

    @property
    def state(self) -> dict[str, Any]:
        self.inside()
        found: dict[str, Any] = self.browser.execute_script(STATE)
        return found

    def press(self, *keys: str) -> None:
        from selenium.webdriver.common.action_chains import ActionChains

        self.inside()
        self.browser.execute_script("document.activeElement.blur(); window.focus()")
        ActionChains(self.browser).send_keys(*keys).perform()

    def pressed(self) -> list[str]:
        """The nodes that are selected."""
        self.inside()
        chosen = self.browser.find_elements("css selector", "[data-node][aria-pressed=true]")
        return [worked().keys[int(node.get_attribute("data-node"))] for node in chosen]

    def click(self, selector: str) -> None:
        self.inside()
        self.browser.find_element("css selector", selector).click()


@pytest.fixture(scope="module")
def opened(browser: Any, lab: tuple[str, Path]) -> Lab:
    address, work = lab
    notebook(work / "film.ipynb", CELLS)
    one = Lab(browser, address, "film.ipynb")
    one.run_all()
    expect(lambda: one.printed(ASK), "0 None []", 60)
    return one


def test_the_film_is_stepped_in_a_cell(opened: Lab) -> None:
    from selenium.webdriver.common.keys import Keys

    shown, frame = worked(), opened.enter(FILM)
    for k in range(len(shown)):
        state = frame.state
        assert state["counter"] == f"{k} / 6" and state["caption"].replace(NBSP, " ") == shown.captions[k]
        if k % 2:
            frame.press(Keys.ARROW_RIGHT)
        else:
            frame.click("#next") if k < 6 else None
    assert state["totals"]["n0"] == "∂J/∂x = 9.099"


def test_python_and_the_page_know_of_each_other(opened: Lab) -> None:
    from selenium.webdriver.common.keys import Keys

    frame = opened.enter(WIDGET)
    expect(lambda: frame.state["counter"], "5 / 6")  # as Python has set it
    assert "∂J/∂t" in frame.state["caption"] and frame.pressed() == ["u1"]
    frame.press(Keys.HOME, Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    frame.click("#next")
    assert frame.state["slider"] == "3"
    opened.run(ASK)
    expect(lambda: opened.printed(ASK), "3 u1 [3]")
    frame.click("#n1")  # which is t, and leads to its step
    assert frame.state["slider"] == "5" and frame.pressed() == ["t"]
    opened.run(ASK)
    expect(lambda: opened.printed(ASK), "5 t [5]")
    frame.press(Keys.HOME)
    assert frame.state["slider"] == "0"
    opened.run(TELL)
    expect(lambda: (frame.state["counter"], frame.pressed()), ("5 / 6", ["u1"]))


def test_a_worksheet_is_typed_in_and_marked(opened: Lab) -> None:
    from selenium.webdriver.common.keys import Keys

    def box(cell: str) -> Any:
        opened.browser.switch_to.frame(opened.output(SHEET, "iframe:not([sandbox])"))
        return wait(lambda: opened.browser.find_elements("name", cell))[0]

    expect(lambda: opened.printed(MARKS), "{'val:z': '7.5'} None")
    expect(lambda: box("val:z").get_attribute("value"), "7.5")  # as Python has set it
    box("val:a").send_keys("56.25")
    box("grad:w").send_keys("16", Keys.BACKSPACE, "5")  # 15, where 37.5 was meant
    opened.output(SHEET, "button").click()
    opened.browser.switch_to.frame(opened.output(SHEET, "iframe[sandbox]"))
    words = wait(lambda: [one.text for one in opened.browser.find_elements("css selector", ".cg-report")])[0]
    assert "2/5" in words and "∂a/∂w" in words and "error" in words
    high, inner = (
        opened.browser.execute_script(f"return {length}") for length in ("innerHeight", "document.body.scrollHeight")
    )
    assert high >= inner > 200  # all of it is in sight
    opened.run(MARKS)
    expect(lambda: opened.printed(MARKS), "{'val:z': '7.5', 'val:a': '56.25', 'grad:w': '15'} 2.0")
    opened.run(CORRECT)
    expect(lambda: box("grad:w").get_attribute("value"), "37.5")
    opened.run(MARKS)
    expect(lambda: opened.printed(MARKS), "{'val:z': '7.5', 'val:a': '56.25', 'grad:w': '37.5'} 3.0")


def test_a_notebook_that_is_not_trusted_still_shows_the_picture(browser: Any, lab: tuple[str, Path]) -> None:
    address, work = lab
    s = cg.solve(EXAMPLE, at={"x": 2})
    bundles = dict(enumerate([s.film()._repr_mimebundle_(), s.widget()._repr_mimebundle_()[0], s._repr_mimebundle_()]))
    notebook(work / "received.ipynb", ("s.film()", "s.widget()", "s"), bundles)
    received = Lab(browser, address, "received.ipynb")
    for cell in bundles:
        picture = received.output(cell, "img")
        shown = "return arguments[0].complete && arguments[0].naturalWidth"
        wait(lambda: browser.execute_script(shown, picture) > 400)  # noqa: B023
    assert received.all(".jp-OutputArea-output iframe") == []

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

from compgraph.render.runs import NBSP
from tests.browser.pages import STATE, missing, worked

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parent.parent.parent

FILM, WIDGET, ASK, TELL = range(4)
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
        return [list(worked().keys)[int(node.get_attribute("data-node"))] for node in chosen]

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

"""A notebook exported by nbconvert: without a kernel, a server or a network its films step as before."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import compgraph as cg
from compgraph.render.runs import NBSP
from tests.browser.pages import STATE, missing, worked
from tests.pictures import EXAMPLE

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page that nbconvert has made of a film, its widget, two films side by side, a solution and a table."""
    for library in ("nbconvert", "anywidget"):
        if importlib.util.find_spec(library) is None:
            missing(f"{library}: pip install nbconvert anywidget")
    s = cg.solve(EXAMPLE, at={"x": 2})
    bundles = [one._repr_mimebundle_() for one in (s.film(), s.film().beside(s.film()), s, s.table())]
    bundles.append(s.widget()._repr_mimebundle_()[0])
    cells = [
        {"cell_type": "code", "id": f"c{i}", "metadata": {}, "source": "shown", "execution_count": 1, "outputs": [
            {"output_type": "execute_result", "execution_count": 1, "metadata": {}, "data": one}]}
        for i, one in enumerate(bundles)
    ]  # fmt: skip
    path = tmp_path_factory.mktemp("exported") / "film.ipynb"
    path.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}), "utf-8")
    command = [sys.executable, "-m", "nbconvert", "--to", "html", str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=120, cwd=path.parent)
    return path.with_suffix(".html")


@pytest.fixture
def page(browser: Any, exported: Path) -> Iterator[Any]:
    browser.execute_cdp_cmd("Network.enable", {})
    browser.execute_cdp_cmd("Network.setBlockedURLs", {"urls": ["http://*", "https://*"]})
    browser.get(exported.as_uri())
    yield browser
    browser.execute_cdp_cmd("Network.setBlockedURLs", {"urls": []})


@pytest.mark.parametrize("cell", [0, 4], ids=["film", "widget"])
def test_a_film_steps_offline(page: Any, cell: int) -> None:
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys

    shown = worked()
    frame = page.find_elements("css selector", ".jp-OutputArea-output")[cell].find_element("css selector", "iframe")
    page.execute_script("arguments[0].scrollIntoView()", frame)
    page.switch_to.frame(frame)
    for k in range(len(shown)):
        state = page.execute_script(STATE)
        assert state["counter"] == f"{k} / 6" and state["caption"].replace(NBSP, " ") == shown.captions[k]
        if k == 0:
            page.find_element("id", "next").click()
        else:
            ActionChains(page).send_keys(Keys.ARROW_RIGHT).perform()


def test_everything_else_is_there(page: Any) -> None:
    cells = page.find_elements("css selector", ".jp-OutputArea-output")
    assert len(cells) == 5
    assert len(page.find_elements("css selector", "iframe")) == 3
    picture = cells[2].find_element("css selector", "svg, img[src^='data:image/svg+xml']")
    assert picture.size["width"] > 400
    assert "Reverse sweep from J" in cells[3].text
    assert page.execute_script("return document.documentElement.scrollWidth <= innerWidth")

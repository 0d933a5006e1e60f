"""One browser for the tests of a module, and axe for what stands in it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.pages import FLAGS, emulate, missing


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    try:
        from selenium import webdriver
        from selenium.webdriver.chrome.service import Service
    except ImportError:
        missing("selenium: pip install selenium")
    program, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if program is None or driver is None:
        missing("Chromium: apt-get install chromium chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = str(program)
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    chrome = webdriver.Chrome(options=options, service=Service(str(driver)))
    yield chrome
    chrome.quit()


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The source of axe-core: named by AXE, or fetched from npm."""
    given = os.environ.get("AXE")
    if given:
        return Path(given).read_text("utf-8")
    folder = tmp_path_factory.mktemp("axe")
    try:
        subprocess.run(
            ["npm", "install", "--silent", "--no-audit", "--no-fund", "axe-core@4"], cwd=folder, check=True, timeout=120
        )
    except (OSError, subprocess.SubprocessError):
        missing("axe-core: apt-get install npm, or set AXE to the path of axe.min.js")
    return (folder / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")


@pytest.fixture
def unguarded(browser: Any) -> Iterator[None]:
    """A page's policy would not let axe in."""
    browser.execute_cdp_cmd("Page.setBypassCSP", {"enabled": True})
    yield
    browser.execute_cdp_cmd("Page.setBypassCSP", {"enabled": False})
    emulate(browser)

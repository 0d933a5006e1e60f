"""The library in a browser, by Pyodide: a wheel of ours, numbers, a film and a sheet in the page, from local files.

The runtime comes from npm, wheels from PyPI, into a folder of the user's cache. NumPy compiled for Pyodide is in
neither place, but in Pyodide's own release: with PYODIDE set to the folder of one, the real one is loaded, and arrays
are tried as well. Otherwise there is a stand-in, which shows that nothing else is missing (`tests/standin`).
"""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from tests.bare import run
from tests.browser.pages import missing

pytestmark = pytest.mark.browser

VERSION = "314.0.7"
PURE = ("lark", "mpmath", "networkx", "graphviz", "tqdm")
ROOT = Path(__file__).parents[2]

PAGE = """<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>compgraph</title><body><script type="module">
import { loadPyodide } from "./runtime/pyodide.mjs";
try {
  const python = await loadPyodide();
  for (const name of WHEELS) python.unpackArchive(await (await fetch(name)).arrayBuffer(), "wheel");
  for (const name of SOURCES) {
    python.FS.mkdirTree("/here/" + name.split("/").slice(0, -1).join("/"));
    python.FS.writeFile("/here/" + name, await (await fetch("source/" + name)).text());
  }
  window.python = python;
  window.loaded = true;
} catch (error) {
  window.failed = String(error);
}
</script></body></html>
"""


def fetched(command: list[str], folder: Path, what: str) -> None:
    try:
        subprocess.run(command, cwd=folder, check=True, timeout=300, capture_output=True)
    except (OSError, subprocess.SubprocessError):
        missing(what)


@pytest.fixture(scope="module")
def cache() -> Path:
    """The runtime and the wheels, kept between runs."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "compgraph-tests" / f"pyodide-{VERSION}"
    base.mkdir(parents=True, exist_ok=True)
    if not (base / "node_modules" / "pyodide" / "pyodide.asm.wasm").exists():
        npm = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(base), f"pyodide@{VERSION}"]
        fetched(npm, base, f"Pyodide's runtime: npm install pyodide@{VERSION}")
    if len(list(base.glob("*.whl"))) < len(PURE):
        pip = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "--quiet",
            "--no-deps",
            "--only-binary",
            ":all:",
            "-d",
            str(base),
        ]
        fetched([*pip, *PURE], base, f"wheels: pip download {' '.join(PURE)}")
    return base


@pytest.fixture(scope="module")
def numpy() -> Path | None:
    """NumPy for Pyodide, from an unpacked release."""
    release = os.environ.get("PYODIDE")
    return next(iter(sorted(Path(release).glob("numpy-*wasm32.whl"))), None) if release else None


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, cache: Path, numpy: Path | None) -> Iterator[str]:
    """A folder with everything, on a port of this machine."""
    folder = tmp_path_factory.mktemp("site")
    wheel = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", str(folder), str(ROOT)]
    fetched(wheel, folder, "a wheel of ours: pip wheel .")
    release = Path(os.environ["PYODIDE"]) if numpy else cache / "node_modules" / "pyodide"
    (folder / "runtime").symlink_to(release)
    for path in (*cache.glob("*.whl"), *filter(None, [numpy])):
        shutil.copy(path, folder)
    (folder / "source").symlink_to(ROOT)
    shutil.copy(ROOT / "examples" / "in_the_browser.html", folder)
    if numpy is None:
        with ZipFile(folder / "numpy-0-py3-none-any.whl", "w") as archive:
            for name in ("__init__", "typing"):
                archive.write(ROOT / "tests" / "standin" / "numpy" / f"{name}.py", f"numpy/{name}.py")
            archive.writestr(
                "numpy-0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
            )
            archive.writestr("numpy-0.dist-info/METADATA", "Metadata-Version: 2.1\nName: numpy\nVersion: 0\n")
    page = PAGE.replace("WHEELS", json.dumps(sorted(path.name for path in folder.glob("*.whl"))))
    (folder / "index.html").write_text(page.replace("SOURCES", '["tests/bare.py"]'), "utf-8")
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/index.html"
    server.shutdown()
    server.server_close()


class Quiet(SimpleHTTPRequestHandler):
    """A server that says nothing."""

    extensions_map = {**SimpleHTTPRequestHandler.extensions_map, ".wasm": "application/wasm", ".mjs": "text/javascript"}  # noqa: RUF012

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def python(browser: Any, site: str) -> Any:
    """Python in the page: a function that runs a program, and returns what its last line is, as JSON."""
    browser.get(site)
    browser.set_script_timeout(120)
    browser.execute_async_script(
        "const wait = (done) => window.loaded || window.failed ? done() : setTimeout(wait, 50, done);wait(arguments[0])"
    )
    assert browser.execute_script("return window.failed") is None

    def evaluate(program: str) -> Any:
        answer = browser.execute_async_script(
            "const [program, done] = arguments;"
            "try { done(['', window.python.runPython(program)]) } catch (error) { done([String(error), '']) }",
            program,
        )
        assert answer[0] == "", answer[0]
        return json.loads(answer[1]) if answer[1] else None

    evaluate("import sys\nsys.path.insert(0, '/here')\n''")
    return evaluate


def test_numbers_pictures_and_marks_are_those_of_any_other_python(python: Any) -> None:
    found = python("import json\nfrom tests.bare import run\nfound = run()\njson.dumps(found)")
    here = json.loads(json.dumps(run()))
    assert python("import sys, json\njson.dumps([sys.platform, sys.version_info[0]])") == ["emscripten", 3]
    assert found["gradient"] == {"x": pytest.approx(9.099148544832385, rel=1e-12)}
    for part in ("captions", "picture", "paper", "report", "verdicts"):
        assert found[part] == here[part], part
    assert found["pages"] == here["pages"]  # byte for byte
    assert found["note"] == 1 and found["sizes"]["notebook"] > found["sizes"]["film"]


def test_a_film_and_a_sheet_stand_in_the_page(browser: Any, python: Any) -> None:
    python(
        "import compgraph as cg, js\n"
        "from compgraph.homework import Problem, Worksheet\n"
        "s = cg.solve('J = cos(sin(x^2) + 3x^2)', at={'x': 2})\n"
        "problem = Problem('z = w*x + b; a = sigmoid(z)', at={'w': '0.6', 'x': '1.5', 'b': '-0.4'})\n"
        "js.document.body.innerHTML = s.film().svg(3) + s.film()._repr_html_() + Worksheet(problem).blank.svg()\n"
        "''"
    )
    shown = browser.execute_script(
        "return [...document.querySelectorAll('body > svg')].map((e) => [e.querySelectorAll('text').length,"
        "e.getBoundingClientRect().width > 300, e.querySelector('title').textContent])"
    )
    assert [one[1] for one in shown] == [True, True] and min(one[0] for one in shown) > 10
    assert "step 3" in shown[0][2]
    assert len(browser.find_elements("css selector", "iframe[sandbox]")) == 1
    words = browser.execute_script("return document.querySelector('body > svg').textContent")
    assert "= 11.24" in words


def test_arrays(python: Any, numpy: Path | None) -> None:
    if numpy is None:
        pytest.skip(
            "needs NumPy compiled for Pyodide, which neither PyPI nor npm has: "
            "set PYODIDE to the folder of an unpacked release (pyodide-*.tar.bz2)"
        )
    found = python(
        "import json, numpy as np, compgraph as cg\n"
        "s = cg.solve('z = W @ x; J = sum(z**2)', at={'W': np.array([[1.0, 2], [3, 4]]), 'x': np.array([1.0, -1])})\n"
        "json.dumps([s.gradient['W'].tolist(), s.gradient['x'].tolist(), len(s.film().html())])"
    )
    assert found[:2] == [[[-2, 2], [-2, 2]], [-8, -12]] and found[2] > 10_000


def test_the_example_runs_without_a_network(browser: Any, site: str, tmp_path: Path) -> None:
    from selenium.webdriver.support.wait import WebDriverWait

    folder = site.rsplit("/", 1)[0]
    listed = browser.execute_async_script("fetch(arguments[0]).then((r) => r.text()).then(arguments[1])", site)
    wheels = ",".join(json.loads(listed.split("const name of ")[1].split(") python")[0]))
    browser.get(f"{folder}/in_the_browser.html?runtime=runtime/&wheels={wheels}")
    said = lambda _: browser.find_element("id", "said").text  # noqa: E731
    WebDriverWait(browser, 60).until(lambda _: said(0).startswith(("Ready", "Python could")))
    assert said(0) == "Ready."
    browser.find_element("css selector", "button[value=film]").click()
    browser.switch_to.frame("shown")
    assert "−0.2662" in browser.find_element("id", "steps").get_attribute("textContent")
    assert browser.execute_script("return document.querySelectorAll('#stage svg text').length") > 10
    browser.switch_to.default_content()
    browser.find_element("css selector", "button[value=sheet]").click()
    browser.switch_to.frame("shown")
    WebDriverWait(browser, 10).until(lambda _: browser.find_elements("css selector", "input[name]"))
    assert len(browser.find_elements("css selector", "input[name]")) > 5
    browser.switch_to.default_content()
    browser.execute_script("document.getElementById('text').value = 'y = q +'")
    browser.find_element("css selector", "button[value=film]").click()
    assert "expected" in said(0) and "Traceback" not in said(0)
    browser.get(f"{folder}/in_the_browser.html?runtime=https://example.org/")
    WebDriverWait(browser, 10).until(lambda _: said(0).startswith("Python could not be loaded"))

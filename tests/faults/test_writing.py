"""What is written is there whole or not at all: full disks, interrupts, links, files that must not be written."""

from __future__ import annotations

import ast
import errno
import os
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import compgraph as cg
from compgraph import files
from compgraph.cli import main
from compgraph.homework.gradescope import save_results
from compgraph.homework.overrides import save_overrides
from compgraph.homework.problem import Problem
from compgraph.homework.worksheet import Worksheet
from compgraph.interop.networkx import save
from compgraph.nn import Standardization
from compgraph.nn.saving import save as save_parameters

ROOT = Path(cg.__file__).parent
SOLUTION = cg.solve("t = x^2; J = cos(sin(t) + 3t)", at={"x": 2})
SHEET = Worksheet(Problem("z = w*x + b", at={"w": "0.6", "x": "1.5", "b": "-0.4"}))


#: The name of a file → what writes it: every kind of file that this library exports.
EXPORTERS: dict[str, Callable[[Path], Any]] = {
    "film.html": SOLUTION.film().save,
    "graph.svg": SOLUTION.film().save,
    "graph.png": SOLUTION.film().save,
    "graph.dot": SOLUTION.film().save,
    "slides.tex": SOLUTION.film().save,
    "graph.tikz": SOLUTION.film().save,
    "sheet.html": SHEET.blank.save,
    "sheet.svg": SHEET.blank.save,
    "key.tex": SHEET.key.save,
    "key.md": SHEET.key.save,
    "answers.toml": SHEET.template.save,
    "answers.csv": SHEET.template.save,
    "overrides.toml": lambda path: save_overrides(path, {}),
    "results.json": lambda path: save_results(path, {"score": 1.0}),
    "scale.json": Standardization.fit([1.0, 2.0]).save,
    "scale.npz": Standardization.fit([1.0, 2.0]).save,
    "weights.npz": lambda path: save_parameters(path, {"W": [[1.0, 2.0]]}),
    "saved.json": lambda path: save(SOLUTION, path),
    "saved.graphml": lambda path: save(SOLUTION, path),
}


def test_nothing_else_opens_a_file_to_write() -> None:
    """Whatever exports goes through `files.write`; the engine's cache has its own, and two tools are run by hand."""
    opening = set()
    for path in ROOT.rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(call, ast.Call):
                method = isinstance(call.func, ast.Attribute)
                name = getattr(call.func, "attr", getattr(call.func, "id", ""))
                mode = [*call.args[0 if method else 1 :][:1], *(k.value for k in call.keywords if k.arg == "mode")]
                writes = any(isinstance(one, ast.Constant) and set("wxa+") & {*str(one.value)} for one in mode)
                if name in ("write_text", "write_bytes", "mkstemp", "NamedTemporaryFile") or (
                    name == "open" and writes
                ):
                    opening.add(path.relative_to(ROOT).as_posix())
    assert opening == {"files.py", "render/cache.py", "render/font/make.py"}


# -- faults in the middle


class Breaking:
    """A file that fails after half of what it is to hold."""

    def __init__(self, path: Any, mode: str, error: BaseException) -> None:
        self.file, self.error = open(path, mode), error  # noqa: SIM115 - closed below

    def __enter__(self) -> Breaking:
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()

    def write(self, data: bytes) -> None:
        self.file.write(data[: len(data) // 2])
        self.file.flush()
        raise self.error


FAULTS = {
    "full disk": OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
    "quota": OSError(errno.EDQUOT, os.strerror(errno.EDQUOT)),
    "interrupt": KeyboardInterrupt(),
    "no memory": MemoryError(),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", EXPORTERS)
def test_a_fault_in_the_middle_leaves_the_old_file(
    name: str, fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / name
    path.write_bytes(b"before")

    def breaking(path: Any, mode: str) -> Any:
        return open(path, mode) if mode == "r+b" else Breaking(path, mode, FAULTS[fault])

    with monkeypatch.context() as patch, pytest.raises(type(FAULTS[fault])) as caught:
        patch.setattr(files, "open", breaking, raising=False)
        EXPORTERS[name](path)
    assert os.listdir(tmp_path) == [name] and path.read_bytes() == b"before"
    if isinstance(caught.value, OSError):
        assert caught.value.filename == str(path)  # it is said which file
    EXPORTERS[name](path)
    assert os.listdir(tmp_path) == [name] and path.read_bytes() != b"before"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no such device")
def test_a_device_that_is_full_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(OSError, match="No space left on device: '/dev/full'"):
        SOLUTION.film().save("/dev/full", format="html")
    assert main(["film", "x^2", "--at", "x=2", "-o", "/dev/full", "--format", "html"]) == 2
    assert capsys.readouterr().err == "compgraph: /dev/full: No space left on device.\n"
    assert stat.S_ISCHR(os.stat("/dev/full").st_mode)


_INTERRUPTED = """
import sys, itertools
from pathlib import Path
from tests.faults.test_writing import EXPORTERS
folder = Path(sys.argv[1])
for export, name in itertools.cycle((export, name) for name, export in EXPORTERS.items()):
    export(folder / name)
    print(".", end="", flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_an_interrupt_from_the_keyboard_leaves_whole_files_only(tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    whole.mkdir()
    for name, export in EXPORTERS.items():
        export(whole / name)
    for turn in range(2):
        folder = tmp_path / f"{turn}"
        folder.mkdir()
        process = subprocess.Popen(
            [sys.executable, "-c", _INTERRUPTED, str(folder)],
            cwd=ROOT.parent,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert process.stdout is not None
        process.stdout.read(2 * len(EXPORTERS))  # every file has been written twice
        time.sleep(0.0137 * (turn + 1))
        process.send_signal(signal.SIGINT)
        process.stdout.close()
        assert process.wait(20) != 0
        assert sorted(os.listdir(folder)) == sorted(EXPORTERS)
        for name in EXPORTERS:
            if not name.endswith(".npz"):  # an archive holds the time
                assert (folder / name).read_bytes() == (whole / name).read_bytes(), name


# -- where it goes


@pytest.fixture
def as_nobody() -> Iterator[None]:
    """Root may write everything; for the time of a test we are somebody else."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    yield
    os.seteuid(0)


def test_a_link_is_followed_and_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "here").mkdir(), (tmp_path / "there").mkdir()
    link, target = tmp_path / "here" / "film.html", tmp_path / "there" / "kept.html"
    link.symlink_to(target)
    for _ in range(2):  # at first it points to nothing
        assert SOLUTION.film().save(link) == [link]
        assert link.is_symlink() and target.read_bytes().startswith(b"<!doctype")
    assert os.listdir(tmp_path / "here") == ["film.html"] and os.listdir(tmp_path / "there") == ["kept.html"]
    (tmp_path / "a.svg").symlink_to(tmp_path / "b.svg")
    (tmp_path / "b.svg").symlink_to(tmp_path / "a.svg")
    with pytest.raises(OSError, match=r"symbolic links: '.*a\.svg'"):
        SOLUTION.film().save(tmp_path / "a.svg")


def test_permissions_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    before = os.umask(0o022)
    try:
        save_results(path, {"score": 0.0})
        assert stat.S_IMODE(path.stat().st_mode) == 0o644
        path.chmod(0o600)  # marks are nobody else's business
        save_results(path, {"score": 1.0})
        assert stat.S_IMODE(path.stat().st_mode) == 0o600 and "1.0" in path.read_text()
    finally:
        os.umask(before)


@pytest.mark.skipif(sys.platform == "win32", reason="permissions of POSIX")
def test_what_must_not_be_written_is_left_alone(as_nobody: None, capfd: pytest.CaptureFixture[str]) -> None:
    with tempfile.TemporaryDirectory(dir="/tmp" if Path("/tmp").is_dir() else None) as name:
        folder = Path(name)
        (folder / "kept.html").write_text("before")
        (folder / "kept.html").chmod(0o444)
        with pytest.raises(PermissionError, match=r"kept\.html"):
            SOLUTION.film().save(folder / "kept.html")
        folder.chmod(0o555)
        with pytest.raises(PermissionError, match=r"new\.html"):
            SOLUTION.film().save(folder / "new.html")
        assert main(["film", "x^2", "--at", "x=2", "-o", str(folder / "new.html")]) == 2
        assert capfd.readouterr().err == f"compgraph: {folder / 'new.html'}: Permission denied.\n"
        assert os.listdir(folder) == ["kept.html"] and (folder / "kept.html").read_text() == "before"
        folder.chmod(0o755)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes of POSIX")
def test_a_pipe_is_written_to_and_stays_one(tmp_path: Path) -> None:
    pipe = tmp_path / "film.html"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as pool:
        read = pool.submit(pipe.read_bytes)
        SOLUTION.film().save(pipe)
        assert read.result(20).startswith(b"<!doctype")
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_folders_and_places_that_are_none_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.svg").mkdir()
    with pytest.raises(OSError, match=r"sheet.*a\.svg|a\.svg"):
        SHEET.blank.save(tmp_path / "a.svg")
    (tmp_path / "file").write_text("")
    with pytest.raises((NotADirectoryError, FileNotFoundError), match=r"b\.svg"):
        SOLUTION.film().save(tmp_path / "file" / "b.svg")
    assert sorted(os.listdir(tmp_path)) == ["a.svg", "file"]


def test_threads_that_write_one_file_leave_one_of_theirs(tmp_path: Path) -> None:
    contents = [bytes([65 + i]) * 300_000 for i in range(8)]
    path = tmp_path / "a.bin"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda content: files.write(path, content), contents * 8))
    assert path.read_bytes() in contents and os.listdir(tmp_path) == ["a.bin"]

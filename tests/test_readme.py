"""What the README shows is what happens."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, flags=re.S | re.M)


def test_the_python_prints_what_stands_below_it() -> None:
    code, printed = blocks("python")[0], blocks("text")[0]
    assert len(code.strip().splitlines()) <= 8
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(code, "README.md", "exec"), {})
    assert out.getvalue().strip() == printed.strip()


def test_there_are_exactly_two_set_up_commands_of_one_line_each() -> None:
    section = README.split("## Set up")[1].split("\n## ")[0]
    commands = re.findall(r"^```sh\n(.*?)^```", section, flags=re.S | re.M)
    assert len(commands) == 2
    assert all(len(command.strip().splitlines()) == 1 for command in commands)
    assert 'compgraph film "J = cos(sin(x^2) + 3x^2)" --at x=2 -o steps.html' in commands[0]
    assert "[test]" in commands[1] and "pytest" in commands[1]


def test_files_it_links_to_exist() -> None:
    targets = re.findall(r"\]\(([^)#]+)\)", README)
    assert targets
    for target in targets:
        if not target.startswith("http"):
            assert (ROOT / target).exists(), target


def test_all_the_python_runs_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # some of it writes files
    namespace: dict[str, object] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        for code in blocks("python"):
            exec(compile(code, "README.md", "exec"), namespace)


def test_the_check_says_what_stands_below_it() -> None:
    code = next(code for code in blocks("python") if "s.check(" in code)
    printed = next(text for text in blocks("text") if "[root error]" in text)
    *before, last = code.strip().splitlines()
    namespace: dict[str, object] = {}
    exec("\n".join(["import compgraph as cg", *before, f"said = {last}"]), namespace)
    assert str(namespace["said"]) == printed.strip()

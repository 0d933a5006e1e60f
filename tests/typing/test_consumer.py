"""The consumer's program runs, and type checkers that are installed accept it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.typing.consumer import main

CONSUMER = Path(__file__).with_name("consumer.py")


def test_the_program_runs(tmp_path: Path) -> None:
    assert main(tmp_path)[0].read_text("utf-8").startswith("digraph")


@pytest.mark.parametrize("checker", ["mypy", "pyright"])
def test_the_types_are_what_the_consumer_relies_on(checker: str) -> None:
    program = shutil.which(checker, path=str(Path(sys.executable).parent))
    if program is None:
        pytest.skip(f"{checker} is not installed here (CI has it)")
    arguments = {
        "mypy": ["--strict", "--follow-imports=silent", str(CONSUMER)],
        "pyright": ["--pythonpath", sys.executable, "-p", str(CONSUMER.parent)],
    }
    command = [program, *arguments[checker]]
    done = subprocess.run(command, cwd=CONSUMER.parent.parent.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr

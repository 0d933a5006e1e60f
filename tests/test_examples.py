"""Every example runs as its first lines say, in a folder of its own, and what it writes is what it says it is."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

import compgraph as cg

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"


def run(name: str, folder: Path) -> tuple[list[Path], str]:
    """What an example wrote, and what else it said."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / f"{name}.py"), str(folder)],
        env={**os.environ, "PYTHONPATH": path, "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    written = [Path(line.removeprefix("wrote ")) for line in lines if line.startswith("wrote ")]
    assert sorted(written) == sorted(path for path in folder.rglob("*") if path.is_file())
    return written, "\n".join(line for line in lines if not line.startswith("wrote "))


def pages(path: Path) -> list[str]:
    """The text of a PDF, page by page."""
    pypdf = pytest.importorskip("pypdf")
    pytest.importorskip("reportlab")
    return [page.extract_text() for page in pypdf.PdfReader(path).pages]


def sets(document: Path) -> int:
    """The number of pages that LaTeX makes of a document, without a complaint about what does not fit."""
    if shutil.which("pdflatex") is None:
        pytest.skip("needs pdflatex: apt-get install texlive-latex-recommended texlive-pictures lmodern")
    command = ["pdflatex", "-halt-on-error", "-interaction=nonstopmode", document.name]
    done = subprocess.run(command, cwd=document.parent, capture_output=True, timeout=120)
    said = done.stdout.decode("utf-8", "replace")
    assert done.returncode == 0, said[-2000:]
    assert "Overfull" not in said
    found = re.search(r"\((\d+) pages?", said)
    assert found, said[-2000:]
    return int(found[1])


def test_the_readme_names_every_example() -> None:
    readme = (EXAMPLES / "README.md").read_text("utf-8")
    assert set(re.findall(r"`(\w+\.py)`", readme)) == {path.name for path in EXAMPLES.glob("*.py")}


def test_worked_example(tmp_path: Path) -> None:
    (picture,), _ = run("worked_example", tmp_path)
    assert picture.read_bytes() == (EXAMPLES / picture.name).read_bytes(), "run it again with the folder examples"


def test_slides(tmp_path: Path) -> None:
    pytest.importorskip("reportlab")
    (deck, document, page, handout), _ = run("slides", tmp_path)
    steps = 8
    tex, shown = deck.read_text("utf-8"), pages(document)
    overlays = re.findall(r"\\only<(\d+)", tex)
    assert tex.count(r"\begin{frame}") == 1 and str(steps) in overlays  # that such decks are set: tests/test_paper.py
    assert len(shown) == steps and "∂J/∂x" in shown[-1] and "5.5" in shown[-1]
    assert page.read_text("utf-8").startswith("<!doctype html>")
    assert len(pages(handout)) == 3


def test_class_sheets(tmp_path: Path) -> None:
    pytest.importorskip("reportlab")
    written, _ = run("class_sheets", tmp_path)
    assert len(written) == 3 * 30
    given = set()
    for name in ("student-01", "student-17", "student-30"):
        (sheet,), (key,) = (pages(tmp_path / kind / f"{name}.pdf") for kind in ("sheets", "keys"))
        inputs = {x: found[1] for x in "wxb" if (found := re.search(rf"\b{x} = (−?[\d.]+)", sheet))}
        assert inputs.keys() == {"w", "x", "b"}
        numbers = {x: float(value.replace("−", "-")) for x, value in inputs.items()}
        s = cg.solve("z = w*x + b; a = sigmoid(z); L = (a - t)^2", at={**numbers, "t": 1})
        answer = f"{s.gradient['w']:.4g}".replace("-", "−")
        assert answer in key and answer not in sheet
        answers = tomllib.loads((tmp_path / "answers" / f"{name}.toml").read_text("utf-8"))
        assert answers["student"] == name.replace("-", " ") and set(answers["answers"].values()) == {""}
        given.add(tuple(inputs.values()))
    assert len(given) == 3  # everybody has numbers of their own


def test_gallery(tmp_path: Path, golden_cases: dict[str, dict[str, object]]) -> None:
    (page,), _ = run("gallery", tmp_path)
    text = page.read_text("utf-8")
    cases = [case for case in golden_cases.values() if case["kind"] == "explicit"]
    assert len(cases) > 50 and text.count("<section") == text.count("<img") == text.count("</details>") == len(cases)
    assert all(f'id="{case["id"]}"' in text and f'href="#{case["id"]}"' in text for case in cases)
    assert "∂u/∂u₁ = 1" in text and len(text) < 2_000_000
    addresses = re.findall(r'(?:src|href)="([^"]*)"', text)
    assert all(address.startswith(("#", "data:image/svg+xml,")) for address in addresses)  # nothing else is loaded


def test_gradient_bug(tmp_path: Path) -> None:
    (page,), said = run("gradient_bug", tmp_path)
    assert "0 of 2 agree" in said and "w: expected −0.26617038, got −0.70501114" in said
    wrong = next(line for line in said.splitlines() if line.startswith("✗"))
    assert "grad:z" in wrong and "the derivative of sigmoid" in wrong and "[root error]" in wrong
    assert page.read_text("utf-8").count("cg-root") > said.count("✗")


def test_paper_figure(tmp_path: Path) -> None:
    written, _ = run("paper_figure", tmp_path)
    assert [path.name for path in written] == ["network.tikz", "network.svg", "unit.tikz", "unit.svg", "figure.tex"]
    for path in written:
        text = path.read_text("utf-8")
        if path.suffix == ".svg":
            words = " ".join(ET.fromstring(text).itertext())
            assert "0.298" in words or "0.275" in words  # the errors that Mazur found
        elif path.suffix == ".tikz":
            assert text.count(r"\begin{tikzpicture}") == text.count(r"\end{tikzpicture}") == 1
    assert sets(tmp_path / "figure.tex") == 1

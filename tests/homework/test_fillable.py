"""The sheet that is filled in on the screen: made without a browser here, used in one in tests/browser."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from compgraph.cli import main
from compgraph.homework import Problem, Worksheet
from tests.homework.test_hw_cli import PROBLEM
from tests.homework.test_worksheet import SHEETS, answers_of, found_in, sheet

ARRAYS = "Z = W @ x + b; a = relu(Z); L = sum(a**2)"
AT: dict[str, Any] = {"W": [["1", "2"], ["3", "-4"]], "x": ["0.5", "1.5"], "b": ["0.1", "0.2"]}


class Inputs(HTMLParser):
    """The boxes of a page, and what it carries for its script."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.boxes: dict[str, dict[str, str]] = {}
        self.feed(page)
        found = re.search(r'<script type="application/json" id="about">(.*?)</script>', page)
        assert found
        self.about: dict[str, Any] = json.loads(found[1])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {key: value or "" for key, value in attrs}
        if tag == "input" and "name" in given:
            self.boxes[given["name"]] = given


def told(page: str) -> str:
    """All of a page but its style and its program, which are the same for every sheet but for places."""
    return re.sub(r"<style>.*?</style>|<script>.*?</script>", "", page, flags=re.DOTALL)


@pytest.mark.parametrize("name", SHEETS)
def test_every_box_is_there_once_and_no_answer_is(name: str) -> None:
    worksheet = sheet(name)
    page = worksheet.fillable.html()
    inputs = Inputs(page)
    assert sorted(inputs.boxes) == sorted(worksheet.cells)
    assert [int(box["data-number"]) for box in inputs.boxes.values()] == sorted(
        int(box["data-number"]) for box in inputs.boxes.values()
    )
    assert all(box.get("value", "") == "" and box["aria-label"] for box in inputs.boxes.values())
    wanted = answers_of(worksheet)
    assert found_in(told(page), wanted) == set()
    assert found_in(told(page) + f" {next(iter(wanted.values())):.6g} ", wanted)  # a leak would be seen
    assert inputs.about["problem"] == worksheet.problem.hash and inputs.about["seed"] == worksheet.seed
    assert page == worksheet.fillable.html()


def test_the_program_of_a_page_is_the_same_for_every_sheet() -> None:
    programs = {re.findall(r"<script>(.*?)</script>", sheet(name).fillable.html(), re.DOTALL)[0] for name in SHEETS}
    assert len(programs) == 1


def test_its_policy_allows_its_own_script_and_nothing_else() -> None:
    page = sheet("variant").fillable.html()
    policy = unescape(re.findall(r'Content-Security-Policy" content="([^"]*)"', page)[0])
    for tag, rule in (("style", "style-src"), ("script", "script-src")):
        (text,) = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{rule} 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy and "connect" not in policy
    assert not re.search(r"""(?:src|href)=|https?://(?!www\.w3\.org/2000/svg)|style="|\son\w+=""", page)
    assert "cdn" not in page and page.count("<script") == 2


def test_names_and_titles_cannot_end_an_element() -> None:
    title = "</script><b>\"'&"
    problem = Problem("y = x^2", {"x": "1.7"}, title=title)
    page = Worksheet(problem, student=title).fillable.html()
    assert '<b>"' not in page and Inputs(page).about["title"] == Inputs(page).about["student"] == title


def test_entries_of_an_array_in_a_table_stand_in_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("compgraph.homework.paper.fitting.SMALLEST", 9.0)  # nothing is drawn as large as that
    worksheet = Worksheet(Problem(ARRAYS, AT, wrt=["W"]), ask=["val", "grad"])
    page = worksheet.fillable.html()
    assert re.findall(r'<small>([^<]*)</small></legend><div class="rows (c\d)">', page) == [
        ("val:Z", "c2"), ("val:a", "c2"), ("grad:a", "c2"), ("grad:Z", "c2"), ("grad:W", "c2"),
    ]  # fmt: skip
    block = re.findall(r"<fieldset>.*?</fieldset>", page)[-1]
    assert list(Inputs(page).boxes) != sorted(worksheet.cells)
    assert re.findall(r'name="([^"]*)"', block) == [f"grad:W[{i},{j}]" for i in (0, 1) for j in (0, 1)]
    assert sorted(Inputs(page).boxes) == sorted(worksheet.cells)
    assert ".c2{" in page


def test_only_a_page_can_be_saved(tmp_path: Path) -> None:
    assert sheet("neuron").fillable.save(tmp_path / "a.html").read_text("utf-8") == sheet("neuron").fillable.html()
    with pytest.raises(ValueError, match="unknown format 'pdf': a sheet to fill in is a page"):
        sheet("neuron").fillable.save(tmp_path / "a.pdf")
    assert len(list(tmp_path.iterdir())) == 1


def test_the_command_writes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("hw3.toml").write_text(PROBLEM, "utf-8")
    Path("list.csv").write_text("student\ns1\ns2\n", "utf-8")
    assert main(["hw", "sheet", "hw3.toml", "-o", "sheet.html", "--fillable", "--student", "s7"]) == 0
    assert Inputs(Path("sheet.html").read_text("utf-8")).about["student"] == "s7"
    assert main(["hw", "sheet", "hw3.toml", "-o", "out", "--fillable", "--class", "list.csv", "--secret", "abc"]) == 0
    assert {Inputs(file.read_text("utf-8")).about["student"] for file in Path("out").iterdir()} == {"s1", "s2"}
    assert main(["hw", "sheet", "hw3.toml", "--template", "a.toml", "--fillable"]) != 0
    assert "--fillable makes a page: expected -o sheet.html" in capsys.readouterr().err

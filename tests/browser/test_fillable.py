"""The sheet that is filled in on the screen: typed into, kept, saved, loaded and marked, by keyboard alone."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import compgraph
from compgraph.cli import main
from compgraph.homework import Problem, Worksheet, grade, load_sheet
from compgraph.homework.answers import read_answer
from compgraph.homework.simulation import honest
from tests.homework.hostile import HOSTILE
from tests.homework.test_hw_cli import PROBLEM, RIGHT
from tests.homework.test_worksheet import sheet

pytestmark = pytest.mark.browser

SPELLING = (Path(compgraph.__file__).parent / "homework" / "paper" / "spelling.js").read_text("utf-8")


class Form:
    """A sheet opened from a file."""

    def __init__(self, browser: Any, worksheet: Worksheet, folder: Path, size: tuple[int, int] = (1280, 900)) -> None:
        self.browser, self.folder = browser, folder
        self.path = worksheet.fillable.save(folder / "sheet.html")
        browser.execute_cdp_cmd(
            "Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(folder), "eventsEnabled": False}
        )
        width, height = size
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        self.open()

    def open(self) -> None:
        self.browser.get(self.path.as_uri())

    def run(self, script: str, *arguments: Any) -> Any:
        return self.browser.execute_script(script, *arguments)

    def keys(self, *keys: str) -> None:
        from selenium.webdriver.common.action_chains import ActionChains

        ActionChains(self.browser).send_keys(*keys).perform()

    def focus(self, name: str) -> None:
        self.run("document.getElementById(arguments[0]).focus()", name)

    def box(self, cell: str) -> Any:
        return self.browser.find_element("name", cell)

    @property
    def typed(self) -> dict[str, str]:
        fields = "[...document.querySelectorAll('input[name]')].map((f) => [f.name, f.value])"
        found: dict[str, str] = self.run(f"return Object.fromEntries({fields})")
        return found

    def said(self, name: str = "said") -> str:
        return str(self.run("return document.getElementById(arguments[0]).textContent", name))

    def saved(self, name: str) -> Path:
        """The file that Save gives."""
        self.focus("save")
        self.keys("\ue007")
        path, end = self.folder / name, time.monotonic() + 10
        while not path.exists():
            assert time.monotonic() < end, [file.name for file in self.folder.iterdir()]
            time.sleep(0.02)
        return path

    def load(self, path: Path) -> None:
        before = self.said()
        self.browser.find_element("id", "file").send_keys(str(path))
        end = time.monotonic() + 5
        while self.said() == before or not self.said():
            assert time.monotonic() < end
            time.sleep(0.02)


@pytest.fixture
def fresh(browser: Any) -> Iterator[None]:
    """Nothing is left in the browser of what another test typed."""
    yield
    browser.execute_script("try { localStorage.clear() } catch {}")


@pytest.fixture
def hw3(tmp_path: Path) -> Problem:
    (tmp_path / "hw3.toml").write_text(PROBLEM, "utf-8")
    return Problem.load(tmp_path / "hw3.toml")


def test_what_is_typed_with_the_keyboard_alone_is_marked(
    browser: Any, fresh: None, hw3: Problem, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from selenium.webdriver.common.keys import Keys

    form = Form(browser, Worksheet(hw3), tmp_path)
    form.keys(Keys.TAB, "s123", Keys.TAB)
    answers = dict(RIGHT) | {"val:L": "0.15", "grad:w": " 1.5·grad:z ", "grad:z": "2(a-t)*a(1-a) = -0.1774"}
    for cell in Worksheet(hw3).cells:  # Enter goes to the next box, in the order of the numbers
        assert form.run("return document.activeElement.name") == cell
        form.keys(answers[cell], Keys.ENTER)
    assert form.run("return document.activeElement.id") == "save"
    assert form.typed == answers  # as they were typed
    path = form.saved("hw3-s123.json")
    assert form.said().startswith("Saved as hw3-s123.json.") and "7 cannot be read" in form.said()
    data = json.loads(path.read_text("utf-8"))
    assert list(data) == ["schema", "problem", "student", "answers"]
    handed_in = load_sheet(path)
    assert (handed_in.student, handed_in.problem, handed_in.answers) == ("s123", hw3.hash, answers)
    report = grade(hw3, handed_in.answers)
    assert report.to_dict() == grade(hw3, answers).to_dict()
    verdicts = {cell: report[cell].verdict for cell in answers}
    assert verdicts.pop("val:L") == "wrong" and verdicts.pop("grad:w") == "invalid"
    assert set(verdicts.values()) == {"correct"}
    assert main(["hw", "check", str(tmp_path / "hw3.toml"), str(path)]) == 1
    assert "hw3 · s123 · 5/7" in capsys.readouterr().out


def test_honest_work_on_a_students_own_numbers_is_right(
    browser: Any, fresh: None, hw3: Problem, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    worksheet = Worksheet.of_student(hw3, "s7", "a secret")
    form = Form(browser, worksheet, tmp_path)
    assert form.browser.find_element("id", "student").get_attribute("readonly")
    for cell, typed in honest(worksheet.problem, worksheet.cells, digits=4).items():
        form.box(cell).send_keys(typed)
        assert form.box(cell).get_attribute("aria-invalid") == "false"
    path = form.saved("hw3-s7.json")
    assert form.said() == "Saved as hw3-s7.json."
    assert json.loads(path.read_text("utf-8"))["seed"] == worksheet.seed
    assert main(["hw", "check", str(tmp_path / "hw3.toml"), str(path), "--secret", "a secret"]) == 0
    assert "7/7" in capsys.readouterr().out


def test_a_sheet_is_kept_and_a_file_is_loaded_and_taken_back(
    browser: Any, fresh: None, hw3: Problem, tmp_path: Path
) -> None:
    worksheet = Worksheet(hw3)
    form = Form(browser, worksheet, tmp_path)
    form.box("val:z").send_keys("0.5")
    form.browser.find_element("id", "student").send_keys("Zoë / 1")
    form.open()
    assert form.typed["val:z"] == "0.5" and form.said("count") == "1 of 7"
    assert form.said() == "Kept in this browser from before."
    assert form.saved("hw3-Zoë_1.json").exists()
    # the template, filled in with an editor
    text = worksheet.template.toml().replace('"val:a"  = ""', '"val:a"  = "a\\u00b2 \\"≈\\" 0.6"')
    assert text != worksheet.template.toml()
    (tmp_path / "answers.toml").write_text(text, "utf-8")
    form.load(tmp_path / "answers.toml")
    assert form.said() == "Loaded answers.toml."
    assert form.typed == dict(load_sheet(tmp_path / "answers.toml").answers)
    assert form.typed["val:a"] == 'a² "≈" 0.6' and form.typed["val:z"] == ""
    form.run("document.getElementById('undo').click()")
    assert form.typed["val:z"] == "0.5" and form.typed["val:a"] == ""
    form.run("document.getElementById('clear').click()")
    assert set(form.typed.values()) == {""} and form.said("count") == "0 of 7"
    form.load(tmp_path / "hw3-Zoë_1.json")
    assert form.typed["val:z"] == "0.5"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{]", "it is damaged."),
        ("hello", "no file of answers"),
        ('{"schema": "other/1", "answers": {}}', "no file of answers"),
        ('{"problem": "b2:0", "answers": {}}', "another problem"),
        ('{"answers": 3, "problem": 4}', "another problem"),
    ],
)
def test_a_file_of_another_kind_changes_nothing(
    browser: Any, fresh: None, hw3: Problem, tmp_path: Path, text: str, why: str
) -> None:
    form = Form(browser, Worksheet(hw3), tmp_path)
    form.box("val:z").send_keys("0.5")
    (tmp_path / "a.json").write_text(text, "utf-8")
    form.load(tmp_path / "a.json")
    assert re.search(why, form.said()) and form.said().startswith("a.json was not loaded:")
    assert form.typed["val:z"] == "0.5"


READ = (
    "", " - ", "n/a", "0.5", "-0.2350", ".5", "5.", "−1,5", "0,333", "1/3", "-47/3", "1.5e-4", "1.5×10^-4",
    "2 * 10^(3)", "3·10⁻²", "1 000.5", "1,234,567", "1'000", "50 %", "z = 0.5", "= 0.5", "0.5 =",
    "2(a-t) a = 0.235", "dL/dw = 0.1", "2ab", "xln(x)", "sin x", "sinx", "sin(x", "x)", "()", "2*", "*2", "x + ",
    "-x", "2^-3", "x**2", "x*/2", "a b", "2 3", "0.5 m", "q", "qx", "pi/4", "πx", "2πr", "e^x", "√2", "sqrt(2)/2",
    "σ(x)", "max(x, a)", "u₁", "w′", "|x|", "x^2 y", "1e999", "1e-300", "x[0]", "{x}", "x = ", "≈ 0.5", "0.5 ≈",
    "1/3 = 0.333", "foo = 0.5", "x²", "½", "--2", "+3", "2x10^3", "２.５", "x!", "$x$", "a;b", "1.2.3", "0.50.5",
    "3 x 10^2", "log10(x)", "lg(x)", "exp(-a)", "relu(x)-", "where(x > 0, 1, 2)",
)  # fmt: skip


@pytest.mark.parametrize("comma", [False, True])
def test_what_is_said_of_the_spelling_is_what_marking_says(browser: Any, comma: bool) -> None:
    """What a page calls unreadable is; what it reads as a number is that, with as many digits."""
    names = ["a", "b", "t", "x", "r", "y", "u1", "w'", "L"]
    typed = [*READ, *(text for text in HOSTILE if text.isprintable())]
    about = {"names": names, "functions": functions(), "digits": 4, "comma": comma}
    told = browser.execute_script(
        f"{SPELLING}; return arguments[0].map((typed) => spelling(typed, arguments[1]))", typed, about
    )
    found = dict(zip(typed, told, strict=True))
    read = {text: read_answer(text, names=names, decimal_comma=comma) for text in found}
    assert {t for t, one in found.items() if one["kind"] == "unread"} <= {
        t for t, one in read.items() if one.kind == "invalid"
    }
    assert {t for t, one in found.items() if one["kind"] == "blank"} == {
        t for t, one in read.items() if one.kind == "blank"
    }
    for text, one in found.items():
        if one["kind"] == "number" and read[text].kind != "invalid":
            assert read[text].kind in ("number", "both"), text
            if "digits" in one:
                assert one["digits"] == read[text].digits, text
    invalid = [text for text, one in read.items() if one.kind == "invalid"]
    unseen = [text for text in invalid if found[text]["kind"] != "unread"]
    assert len(invalid) > 20 and len(unseen) <= 0.25 * len(invalid), unseen


def functions() -> list[str]:
    page = sheet("neuron").fillable.html()
    found: list[str] = json.loads(re.findall(r'id="about">(.*?)</script>', page)[0])["functions"]
    return found


@pytest.mark.parametrize("width", [360, 1280, 1920])
@pytest.mark.parametrize("name", ["neuron", "network", "paths", "wide"])
def test_nothing_sticks_out_and_boxes_lie_where_they_are_drawn(
    browser: Any, fresh: None, tmp_path: Path, name: str, width: int
) -> None:
    worksheet = sheet(name)
    form = Form(browser, worksheet, tmp_path, (width, 800))
    assert form.run("return document.documentElement.scrollWidth") <= width
    smallest = form.run(
        "return Math.min(...[...document.querySelectorAll('input[name]')].map((f) => f.getBoundingClientRect().height))"
    )
    assert smallest >= 23.9
    apart = form.run(
        "const drawn = [...document.querySelectorAll('.picture .cg-blank')].map((e) => e.getBoundingClientRect());"
        "return [...document.querySelectorAll('.picture input')].map((f) => f.getBoundingClientRect()).map((f) =>"
        "Math.min(...drawn.map((d) => Math.abs(d.x - f.x) + Math.abs(d.y - f.y) + Math.abs(d.width - f.width))))"
    )
    assert len(apart) == len(worksheet.blank.content.drawn) and max(apart, default=0) < 3


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("name", ["neuron", "network", "paths"])
def test_axe_finds_nothing(
    browser: Any,
    fresh: None,
    unguarded: None,
    axe: str,
    tmp_path: Path,
    name: str,
    width: int,
) -> None:
    form = Form(browser, sheet(name), tmp_path, (width, 800))
    form.browser.find_elements("css selector", "input[name]")[0].send_keys("0,5")
    form.run(axe)
    found = browser.execute_async_script(
        "const done = arguments[0]; axe.run(document).then((found) => done("
        "found.violations.map((v) => [v.id, v.impact, ...v.nodes.map((n) => n.target.join(' '))])))"
    )
    assert found == []
    assert form.box(sheet(name).cells[0]).get_attribute("aria-invalid") == "true"


def test_a_box_in_a_table_shows_where_it_belongs(browser: Any, fresh: None, tmp_path: Path) -> None:
    form = Form(browser, sheet("network"), tmp_path)
    assert not sheet("network").blank.content.drawn
    for number in (3, 30):
        form.focus(f"b{number}")
        shown = form.run(
            "return [...document.querySelectorAll('.cg-here')].map((e) => e.nextElementSibling.textContent)"
        )
        assert shown == [str(number)]

"""``compgraph hw`` as a teacher types it, mistakes included: one message, no traceback, and an exit code that tells."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from compgraph.cli import main
from compgraph.homework import Problem, load_sheet
from compgraph.homework.commands.files import paths_for
from compgraph.homework.simulation import honest
from compgraph.homework.variants import printed
from tests.homework.hostile import HOSTILE, valid

PROBLEM = """
title = "hw3"
statements = '''
z = w*x + b
a = sigmoid(z)
L = (a - t)^2
'''
[inputs]
w = "0.6"
x = "1.5"
b = "-0.4"
t = "1"
[homework]
wrt = ["w", "b"]
ask = ["val", "grad"]
digits = 4
"""
LIST = "student,name\ns1,Ann Lee\ns2,Bo Ng\n../s3,=Cy\n"
RIGHT = {
    "val:z": "0.5", "val:a": "0.6225", "val:L": "0.1425", "grad:a": "-0.7551", "grad:z": "-0.1774", "grad:b": "-0.1774",
    "grad:w": "-0.2662",
}  # fmt: skip


class Ran:
    def __init__(self, capsys: pytest.CaptureFixture[str], *argv: object) -> None:
        self.code = main(["hw", *(str(word) for word in argv)])
        self.out, self.err = capsys.readouterr()
        assert "Traceback" not in self.err


@pytest.fixture
def hw(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The command in a folder with a problem, a class list, answers that are right, and wrong ones."""
    monkeypatch.chdir(tmp_path)
    Path("hw3.toml").write_text(PROBLEM, "utf-8")
    Path("list.csv").write_text(LIST, "utf-8")
    Path("secret.txt").write_text("a long secret\n", "utf-8")
    answers("right.toml", RIGHT, "s1")
    answers("wrong.toml", {**RIGHT, "val:z": "0.9", "grad:w": "9.87"}, "s2")
    return lambda *argv: Ran(capsys, *argv)


def answers(path: str, cells: dict[str, str], student: str = "", **about: str) -> None:
    lines = [f"{key} = {json.dumps(value)}" for key, value in {"student": student, **about}.items()]
    lines += ["[answers]", *(f"{json.dumps(cell)} = {json.dumps(typed)}" for cell, typed in cells.items())]
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text("\n".join(lines), "utf-8")


def filled(path: Path, base: Problem) -> None:
    """Fill in an answer file without a mistake, as it was printed."""
    sheet = load_sheet(path)
    own = printed(base, sheet.seed) if sheet.seed else base
    assert own.hash == sheet.problem
    right = honest(own, list(sheet.answers), 4)
    text = re.sub(r'(?m)^("([^"]+)" *= )""', lambda line: f'{line[1]}"{right[line[2]]}"', path.read_text("utf-8"))
    path.write_text(text, "utf-8")


# -- check


def test_check_tells_by_its_exit_code(hw: Any) -> None:
    done = hw("check", "hw3.toml", "right.toml")
    assert (done.code, done.out, done.err) == (0, "hw3 · s1 · 7/7   all right\n", "")
    done = hw("check", "hw3.toml", "wrong.toml")
    assert (done.code, done.err) == (1, "")
    assert done.out.startswith("hw3 · s2 · 5/7\n✗ val:z")
    assert "[root error]" in done.out
    assert "-0.266" not in done.out and "−0.266" not in done.out


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({}, 0),
        ({"val:z": ""}, 1),
        ({"val:z": "o.5"}, 1),
        ({"val:a": "0.62"}, 1),
        ({"val:q": "1"}, 1),
        ({"val:a": "0.62246"}, 0),
    ],
)
def test_anything_that_is_not_right_is_a_negative_answer(hw: Any, change: dict[str, str], code: int) -> None:
    answers("some.toml", {**RIGHT, **change})
    assert hw("check", "hw3.toml", "some.toml").code == code


def test_check_prints_json_and_reveals_on_request_only(hw: Any) -> None:
    report = json.loads(hw("check", "hw3.toml", "wrong.toml", "--json").out)
    assert (report["schema"], report["student"], report["score"]) == ("compgraph-report/1", "s2", 5.0)
    assert "reference" not in report["cells"]["grad:w"]
    revealed = json.loads(hw("check", "hw3.toml", "wrong.toml", "--json", "--reveal").out)
    assert float(revealed["cells"]["grad:w"]["reference"].replace("−", "-")) == pytest.approx(-0.2662, abs=1e-4)
    several = json.loads(hw("check", "hw3.toml", "right.toml", "wrong.toml", "--json").out)
    assert [one["score"] for one in several["reports"]] == [7.0, 5.0]


def test_check_with_other_options_than_the_problems(hw: Any) -> None:
    answers("carried.toml", {"val:z": "0.9", "val:a": "0.7109"})
    assert "consistent with your z: full credit" in hw("check", "hw3.toml", "carried.toml").out
    assert "consistent with your z: no credit" in hw("check", "hw3.toml", "carried.toml", "--no-follow-through").out
    answers("short.toml", {"val:a": "0.62"})
    assert "too few digits" in hw("check", "hw3.toml", "short.toml").out
    assert "too few digits" not in hw("check", "hw3.toml", "short.toml", "--digits", "2").out
    assert "check the" in hw("check", "hw3.toml", "wrong.toml", "--detail", "locate").out


def test_check_writes_a_page(hw: Any) -> None:
    assert hw("check", "hw3.toml", "wrong.toml", "--html", "report.html").code == 1
    page = Path("report.html").read_text("utf-8")
    assert "<script" not in page and "0.9" in page
    assert hw("check", "hw3.toml", "wrong.toml", "right.toml", "--html", "pages/{student}.html").code == 2
    Path("pages").mkdir()
    assert hw("check", "hw3.toml", "wrong.toml", "right.toml", "--html", "pages/{student}.html").code == 1
    assert sorted(path.name for path in Path("pages").iterdir()) == ["s1.html", "s2.html"]


def test_one_bad_file_among_several_does_not_stop_the_others(hw: Any) -> None:
    Path("bad.csv").write_bytes(b"PK\x03\x04")
    done = hw("check", "hw3.toml", "bad.csv", "right.toml", "nothing.toml")
    assert (done.code, done.out) == (2, "hw3 · s1 · 7/7   all right\n")
    assert done.err.splitlines() == [
        "compgraph: bad.csv: this is a workbook or an archive: expected text. Save it as CSV (UTF-8).",
        "compgraph: nothing.toml: No such file or directory.",
    ]


def test_check_in_a_process_of_its_own(hw: Any) -> None:
    root = str(Path(__file__).parents[2])
    command = [sys.executable, "-m", "compgraph", "hw", "check", "hw3.toml", "wrong.toml"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", env={"PYTHONPATH": root, "PYTHONUTF8": "1"})
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.startswith("hw3 · s2 · 5/7")


def test_hostile_answers_are_read(hw: Any) -> None:
    cells = [*RIGHT, *HOSTILE]
    data = {"student": "\u202e<b>", "answers": {cell: HOSTILE[i % len(HOSTILE)] for i, cell in enumerate(cells)}}
    Path("hostile.json").write_text(json.dumps(data), "utf-8")
    done = hw("check", "hw3.toml", "hostile.json", "--html", "r.html", "--gradescope", "results.json")
    assert done.code == 1
    valid(json.loads(Path("results.json").read_text("ascii")))


# -- what teachers do wrong

REFUSED: dict[str, tuple[str, str]] = {
    "nothing": ("", "arguments are required: COMMAND"),
    "unknown command": ("mark hw3.toml", "invalid choice: 'mark'"),
    "no answers": ("check hw3.toml", "arguments are required: ANSWERS"),
    "no such problem": ("check hw4.toml right.toml", r"hw4\.toml: No such file or directory\."),
    "no such answers": ("check hw3.toml left.toml", r"left\.toml: No such file or directory\."),
    "a folder to check": ("check hw3.toml .", r"\.: expected a file of answers"),
    "exchanged": ("check right.toml hw3.toml", r"right\.toml: this is a file of answers: .*Write the problem first"),
    "problem as answers": ("check hw3.toml hw3.toml", r"hw3\.toml: expected a table of answers"),
    "text for a problem": ("check z=w*x right.toml", r"z=w\*x: expected a problem file, \.toml"),
    "workbook": ("check hw3.toml marks.xlsx", r"marks\.xlsx: .*got '\.xlsx'\. From a spreadsheet, save as CSV"),
    "another problem's": ("check hw3.toml other.toml", r"other\.toml: .*answers another problem: expected b2:"),
    "digits": ("check hw3.toml right.toml --digits 0", "digits: expected a whole number from 1 to 40, got 0"),
    "digits in words": ("check hw3.toml right.toml --digits four", "--digits: invalid int value: 'four'"),
    "no folder": ("check hw3.toml right.toml --html no/r.html", r"no/r\.html: there is no folder no\. Make it"),
    "no such seed": ("check hw3.toml right.toml --seed abc", r"seed: expected one as it is printed, .*'abc'"),
    "secret": ("check hw3.toml right.toml --secret abc", r"right\.toml \(of s1\?\): the seed is missing"),
    "no secret file": ("check hw3.toml right.toml --secret @no.txt", r"no\.txt: No such file"),
    "no overrides": ("check hw3.toml right.toml --overrides no.toml", r"no\.toml: No such file"),
    "results that reveal": ("check hw3.toml right.toml --reveal --gradescope r.json", "no --reveal"),
    "no such folder": ("class hw3.toml work", r"work: No such file or directory\."),
    "empty folder": ("class hw3.toml empty", "nothing to mark: expected files of answers"),
    "list without ids": ("class hw3.toml right.toml --roster ids.csv", r"ids\.csv: no column of ids: .*got a, b"),
    "no such column": ("class hw3.toml right.toml --roster list.csv --id-column q", "no column 'q': expected one of"),
    "roster workbook": ("class hw3.toml right.toml --roster marks.xlsx", r"marks\.xlsx: this is a workbook"),
    "attempts": ("class hw3.toml right.toml --attempts first", "--attempts: invalid choice: 'first'"),
    "penalty": ("class hw3.toml right.toml --penalty 2", "penalty: expected a number from 0 to 1, got 2"),
    "workers": ("class hw3.toml right.toml --workers -2", r"--workers: expected 0 or more, got -2"),
    "upload": ("class hw3.toml right.toml --upload up.csv", r"--upload gives a class list back: expected --roster"),
    "one result": (
        "class hw3.toml right.toml wrong.toml --gradescope r.json",
        r"r\.json: expected a folder .*2 students",
    ),
    "nothing to write": ("sheet hw3.toml", r"nothing to write: expected -o sheet\.html"),
    "no key": ("key hw3.toml", r"nothing to write: expected -o key\.html"),
    "format": ("sheet hw3.toml -o sheet.docx", "unknown format 'docx': expected svg, png, pdf, html, tex or md"),
    "template": ("sheet hw3.toml --template answers.xlsx", r"unknown format '\.xlsx': expected \.toml or \.csv"),
    "cells": ("sheet hw3.toml -o s.html --ask val:q", r"there is no 'q' in this problem"),
    "secret of nobody": ("sheet hw3.toml -o s.html --secret x", "expected --student ID or --class LIST.csv with it"),
    "class and student": (
        "sheet hw3.toml -o out --class list.csv --student s1",
        "no --student and no --seed beside it",
    ),
    "class in one file": ("sheet hw3.toml -o s.svg --class list.csv", r"s\.svg: expected a folder, or a name with"),
    "export": ("export hw3.toml --format canvas", "invalid choice: 'canvas'"),
    "students": ("stress hw3.toml --students -1", "students: expected a whole number, got -1"),
}


@pytest.mark.parametrize(("typed", "message"), REFUSED.values(), ids=REFUSED)
def test_a_mistake_is_one_message_and_exit_code_two(hw: Any, typed: str, message: str) -> None:
    Path("marks.xlsx").write_bytes(b"PK\x03\x04\x14\0")
    Path("ids.csv").write_text("a,b\n1,2\n", "utf-8")
    Path("empty").mkdir()
    answers("other.toml", RIGHT, problem="b2:123")
    before = set(Path().rglob("*"))
    done = hw(*typed.split())
    assert (done.code, done.err.count("compgraph: ")) == (2, 1)
    assert re.search(f"(?s){message}", done.err)
    assert len(done.err) < 1000
    assert {path.name for path in set(Path().rglob("*")) - before} <= {"r.json"}


def test_every_command_has_help_with_an_example(hw: Any) -> None:
    for command in ([], ["sheet"], ["key"], ["check"], ["class"], ["stress"], ["export"]):
        done = hw(*command, "--help")
        assert done.code == 0
        assert " ".join(["Example: compgraph hw", *command]) in re.sub(r"\s+", " ", done.out)


def test_toml_and_a_table_from_a_spreadsheet_are_marked_alike(hw: Any) -> None:
    assert hw("sheet", "hw3.toml", "--student", "s1", "--template", "answers.toml").code == 0
    assert hw("sheet", "hw3.toml", "--student", "s1", "--template", "answers.csv").code == 0
    given = {**RIGHT, "val:z": "0.9", "grad:w": "1/3"}
    text = Path("answers.toml").read_text("utf-8")
    Path("answers.toml").write_text(
        re.sub(r'(?m)^"(\S+)" *= ""', lambda m: f'"{m[1]}" = "{given[m[1]]}"', text), "utf-8"
    )
    rows = list(csv.reader(Path("answers.csv").read_text("utf-8-sig").splitlines()))
    filled_in = [[row[0], given.get(row[0], row[-1])] for row in rows]
    Path("answers.csv").write_text("\r\n".join(";".join(row) for row in filled_in), "utf-8-sig")
    reports = [json.loads(hw("check", "hw3.toml", f"answers.{kind}", "--json").out) for kind in ("toml", "csv")]
    assert reports[0] == reports[1]
    assert (reports[0]["student"], reports[0]["roots"]) == ("s1", ["val:z", "grad:w"])


# -- results.json is there whatever happens


@pytest.mark.parametrize("file", ["right.toml", "wrong.toml", "nothing.toml", "bad.toml", "marks.xlsx", "huge.csv"])
@pytest.mark.parametrize("problem", ["hw3.toml", "nothing.toml", "right.toml"])
def test_results_are_always_valid(hw: Any, file: str, problem: str) -> None:
    Path("bad.toml").write_text("[answers", "utf-8")
    Path("marks.xlsx").write_bytes(b"PK")
    with open("huge.csv", "wb") as huge:
        huge.truncate(50_000_000)
    done = hw("check", problem, file, "--gradescope", "results.json")
    found = json.loads(Path("results.json").read_text("utf-8"))
    valid(found)
    works = problem == "hw3.toml" and file in ("right.toml", "wrong.toml")
    assert (found["score"] > 0) == works == (done.code != 2)
    assert works or "could not be marked" in found["output"]


def test_results_are_valid_where_marking_itself_fails(hw: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr("compgraph.homework.commands.marks.grade", broken)
    with pytest.raises(RuntimeError, match="a bug"):
        hw("check", "hw3.toml", "right.toml", "--gradescope", "results.json")
    valid(json.loads(Path("results.json").read_text("utf-8")))


# -- from sheets to marks


def test_a_class_from_the_sheets_to_the_marks(hw: Any) -> None:
    secret = ("--secret", "@secret.txt")
    done = hw("sheet", "hw3.toml", "--class", "list.csv", *secret, "-o", "sheets", "--template", "work/{student}.toml")
    assert (done.code, done.out) == (0, "3 files in sheets\n3 files in work\n")
    assert sorted(path.name for path in Path("sheets").iterdir()) == ["_s3.html", "s1.html", "s2.html"]
    base = Problem.load("hw3.toml")
    for path in Path("work").iterdir():
        filled(path, base)
    # one of them makes a mistake, one file is damaged, and the class is marked in the folder itself
    text = Path("work/s2.toml").read_text("utf-8")
    Path("work/s2.toml").write_text(re.sub(r'("grad:w" *= )".*?"', r'\1"12345"', text), "utf-8")
    Path("work/empty.csv").write_bytes(b"")
    argv = (
        "class",
        "hw3.toml",
        "work",
        "--roster",
        "list.csv",
        *secret,
        "-o",
        "work/grades.csv",
        "--page",
        "class.html",
    )
    done = hw(*argv)
    assert done.code == 1
    assert done.out.startswith("hw3 · 3 students · mean 6.67/7\n")
    assert "work/empty.csv: the file is empty: expected answers." in done.out
    assert done.out.endswith("Written: work/grades.csv, class.html\n")
    data = Path("work/grades.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    table = list(csv.DictReader(data.decode("utf-8-sig").splitlines()))
    assert [(row["name"], row["score"]) for row in table[:3]] == [("Ann Lee", "7"), ("Bo Ng", "6"), ("'=Cy", "7")]
    assert "<script" not in Path("class.html").read_text("utf-8")
    again = hw(*argv)  # what was written is no answer
    assert again.out == done.out
    assert Path("work/grades.csv").read_bytes() == data
    Path("work/empty.csv").unlink()
    assert hw("class", "hw3.toml", "work", "--roster", "list.csv", "-o", "work/grades.csv").code == 0
    # the check of one sheet, and its key
    assert hw("check", "hw3.toml", "work/s1.toml", *secret).code == 0
    assert hw("key", "hw3.toml", "--student", "s1", *secret, "-o", "key.md").code == 0
    assert load_sheet("work/s1.toml").seed in Path("key.md").read_text("utf-8")


def test_a_class_on_two_workers_is_the_same(hw: Any) -> None:
    one = hw("class", "hw3.toml", "right.toml", "wrong.toml", "--json")
    two = hw("class", "hw3.toml", "right.toml", "wrong.toml", "--json", "--workers", "2")
    assert one.code == two.code == 0
    assert json.loads(one.out) == json.loads(two.out)
    assert json.loads(one.out)["schema"] == "compgraph-class/1"


def test_overrides_and_attempts(hw: Any) -> None:
    answers("again.toml", RIGHT, "s2")
    Path("o.toml").write_text('[[override]]\nstudent = "s2"\ncell = "val:z"\ncredit = 0.75\n', "utf-8")
    files = ("wrong.toml", "again.toml")
    scores = {}
    for attempts in ("best", "last", "penalty"):
        found = json.loads(hw("class", "hw3.toml", *files, "--attempts", attempts, "--penalty", "0.5", "--json").out)
        scores[attempts] = found["students"][0]["score"]
    assert scores == {"best": 7.0, "last": 7.0, "penalty": 5.0}
    decided = json.loads(hw("class", "hw3.toml", "wrong.toml", "--overrides", "o.toml", "--json").out)
    assert decided["students"][0]["score"] == 5.75
    assert "75 % of the credit by the teacher" in hw("check", "hw3.toml", "wrong.toml", "--overrides", "o.toml").out


def test_results_of_a_class(hw: Any) -> None:
    assert hw("class", "hw3.toml", "wrong.toml", "--gradescope", "results.json").code == 0
    found = json.loads(Path("results.json").read_text("utf-8"))
    valid(found)
    assert found["score"] == 5.0
    assert hw("class", "hw3.toml", "wrong.toml", "right.toml", "--gradescope", "results").code == 0
    assert sorted(path.name for path in Path("results").iterdir()) == ["s1.json", "s2.json"]
    Path("work").mkdir()
    Path("work/empty.toml").write_bytes(b"")
    assert hw("class", "hw3.toml", "work", "--gradescope", "results.json").code == 1
    found = json.loads(Path("results.json").read_text("utf-8"))
    valid(found)
    assert "the file is empty" in found["output"]


@pytest.mark.parametrize("suffix", ["svg", "png", "html", "tex", "md"])
def test_sheets_and_keys_in_every_format(hw: Any, suffix: str) -> None:
    assert hw("sheet", "hw3.toml", "-o", f"sheet.{suffix}", "--template", "answers.csv").out.split() == [
        f"sheet.{suffix}",
        "answers.csv",
    ]
    assert hw("key", "hw3.toml", "-o", f"key.{suffix}").code == 0
    assert Path(f"sheet.{suffix}").stat().st_size > 500
    if suffix in ("svg", "html", "md"):
        for number in ("0.6225", "0.2662"):
            assert number not in Path(f"sheet.{suffix}").read_text("utf-8")
            assert number in Path(f"key.{suffix}").read_text("utf-8")


def test_a_seed_makes_other_numbers_and_is_marked_with_them(hw: Any) -> None:
    assert hw("sheet", "hw3.toml", "--seed", "monday", "--template", "answers.toml").code == 0
    seed = load_sheet("answers.toml").seed
    assert seed.startswith("monday#")
    filled(Path("answers.toml"), Problem.load("hw3.toml"))
    assert hw("check", "hw3.toml", "answers.toml").code == 0
    bare = {cell: str(typed) for cell, typed in load_sheet("answers.toml").answers.items()}
    answers("bare.toml", bare)
    assert hw("check", "hw3.toml", "bare.toml").code == 1
    assert hw("check", "hw3.toml", "bare.toml", "--seed", seed).code == 0


def test_exports(hw: Any) -> None:
    done = hw("export", "hw3.toml", "--format", "moodle")
    assert (done.code, done.out) == (0, "hw3.xml\n")
    assert ElementTree.parse("hw3.xml").getroot().tag == "quiz"
    assert hw("export", "hw3.toml", "--format", "jupyterquiz", "-o", "quiz.json").code == 0
    assert json.loads(Path("quiz.json").read_text("utf-8"))[0]["type"] == "numeric"
    assert hw("export", "hw3.toml", "--format", "nbgrader").code == 0
    assert json.loads(Path("hw3.ipynb").read_text("utf-8"))["nbformat"] == 4


def test_stress(hw: Any) -> None:
    done = hw("stress", "hw3.toml", "--students", "20")
    assert done.code == 0
    lines = done.out.splitlines()
    assert lines[:3] == [
        "hw3",
        "7 cells at 4 digits",
        "✓ 20 honest students, who round as people do: all marked right",
    ]
    found = json.loads(hw("stress", "hw3.toml", "--students", "5", "--digits", "3", "--json").out)
    assert (found["schema"], found["digits"], found["faulted"]) == ("compgraph-stress/1", 3, [])


def test_paths_of_students_stay_in_their_folder() -> None:
    students = ["../../etc/passwd", "a/b", "a_b", "A_B", "..", "", "x" * 300, "nul\x00"]
    paths = paths_for("out", students, ".svg")
    assert len({str(path).casefold() for path in paths}) == len(students)
    assert {path.parent for path in paths} == {Path("out")}
    assert all(len(path.name) < 100 for path in paths)

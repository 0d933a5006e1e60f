"""Files from other people: whatever is in them, they are read or refused in one sentence that names the file."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compgraph.cli import main
from compgraph.files import DEEPEST, LONGEST, read_text, read_toml
from compgraph.homework.classes import grade_class
from compgraph.homework.overrides import load_overrides
from compgraph.homework.priors import load_priors
from compgraph.homework.problem import Problem
from compgraph.homework.roster import load_roster
from compgraph.homework.sheets import load_sheets
from compgraph.problem import load_problem

PROBLEM = """
title = "Neuron"
statements = '''
z = w*x + b
a = sigmoid(z)
L = (a - t)^2
'''
[inputs]
w = "0.6"
x = 1.5
b = "-0.4"
t = 1
[homework]
wrt = ["w", "b"]
ask = ["val", "part", "grad"]
digits = 4
eta = "0.5"
[[hypothesis]]
cell = "grad:w"
formula = "2*x"
message = "The chain rule has one more factor."
"""
ANSWERS = {
    ".toml": 'schema = "compgraph-answers/1"\nstudent = "s123"\n[answers]\n"val:z" = "0.5"\n"grad:w" = -0.2662\n',
    ".json": '{"student": "s1", "answers": {"val:z": "0.5", "grad:w": -0.2}}',
    ".csv": 'student,val:z,grad:w\ns1,0.5,"1/3"\ns2,"0,5",x\n',
    ".txt": 'cell;answer\nval:z;0.5\ngrad:w;"-0.26"\nstudent;s1\n',
}
OVERRIDES = '[[override]]\nstudent = "s1"\ncell = "grad:w"\ncredit = 1.0\nreason = "a bad print"\n'
PRIORS = '[wrong_rule]\nprior = 3\ntitle = "a"\nlocate = "look at {cell}"\nname = "{what}"\n'
ROSTER = 'Student,ID,SIS User ID\n,,\n    Points Possible,,\n"Lee, Ann",17,00123\n'

# -- mutations of what is right, which reach further than bytes at random

_BITS = [
    '"', "'", "'''", "=", "[", "]", "[[", "]]", "{", "}", "\n", ",", ";", ":", "#", "\0", "\u202e", "é", "nan", "-inf",
    "1e400", "9" * 5_000, "true", "1979-05-27", "[1, [2]]", "{a = 1}", "\\", "..", "a.b", "\t", "\r", "null", "NaN",
    "(", "^9999", "PK\x03\x04", "\ufeff", "=1+1", "@", "val:", "path:x>z>L", "val:" + "x" * 300, "-0", "0x1F",
    "\x1b[2J",
]  # fmt: skip


@st.composite
def mutated(draw: Callable[[st.SearchStrategy[Any]], Any], *texts: str) -> bytes:
    """A text with a few places changed, in some encoding."""
    text = draw(st.sampled_from(texts))
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(text)))
        end = start + draw(st.integers(0, 6))
        text = text[:start] + draw(st.sampled_from(_BITS) | st.just("") | st.text(max_size=3)) + text[end:]
    return bytes(text.encode(draw(st.sampled_from(["utf-8", "utf-8", "utf-8-sig", "utf-16", "latin-1"])), "replace"))


@given(mutated(PROBLEM, 'statements = ["t = x^2", "J = cos(t)"]\noutputs = ["J"]\n[inputs]\nx = "2"\n'), st.data())
@settings(max_examples=150, deadline=None)
def test_a_problem_file_is_answered_or_refused(content: bytes, data: st.DataObject) -> None:
    path = Path(data.draw(st.just("fuzzed.toml")))
    path = Path(os.environ["PYTEST_TMP"], path)
    path.write_bytes(content)
    command = data.draw(st.sampled_from([["solve"], ["solve", "--json", "--exact"], ["gradient"], ["program"]]))
    for words in ([command[0], str(path), *command[1:]], ["hw", "sheet", str(path), "-o", f"{path}.md"]):
        out, err = StringIO(), StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            code = main(words)
        assert code in (0, 2), err.getvalue()
        assert (code == 0) == (not err.getvalue()) and err.getvalue().count("\n") < 6
        assert "\x1b" not in err.getvalue() and "\0" not in err.getvalue()


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place for Hypothesis to write to, which knows no fixtures per example."""
    monkeypatch.setenv("PYTEST_TMP", str(tmp_path))
    return tmp_path


@pytest.fixture(scope="module")
def problem(tmp_path_factory: pytest.TempPathFactory) -> Problem:
    path = tmp_path_factory.mktemp("problem") / "neuron.toml"
    path.write_text(PROBLEM, "utf-8")
    return Problem.load(path)


@given(st.sampled_from(sorted(ANSWERS)), st.data())
@settings(max_examples=150, deadline=None)
def test_an_answer_file_is_marked_or_listed(problem: Problem, suffix: str, data: st.DataObject) -> None:
    path = Path(os.environ["PYTEST_TMP"], f"answers{suffix}")
    path.write_bytes(data.draw(mutated(*ANSWERS.values())))
    found = grade_class(problem, [path])
    assert len(found.entries) + len(found.failures) > 0
    for failure in found.failures:
        assert failure.reason.isprintable() and len(failure.reason) < 600
    found.grades(), found.html(), str(found)


@pytest.mark.parametrize(
    ("load", "text", "suffix"),
    [(load_overrides, OVERRIDES, ".toml"), (load_priors, PRIORS, ".toml"), (load_roster, ROSTER, ".csv")],
    ids=["overrides", "priors", "roster"],
)
def test_a_teachers_files_are_read_or_refused(load: Any, text: str, suffix: str, folder: Path) -> None:
    path = folder / f"file{suffix}"

    @given(mutated(text))
    @settings(max_examples=80, deadline=None)
    def holds(content: bytes) -> None:
        path.write_bytes(content)
        try:
            load(path)
        except ValueError as error:
            assert str(error).startswith(str(path)) and type(error) in (ValueError, UnicodeDecodeError)
            assert len(str(error)) < 1_000

    path.write_text(text, "utf-8")
    load(path)
    holds()


# -- nested, long and endless

DEEP = {
    "brackets": "title = " + "[" * 100_000,
    "tables": "title = " + "{a = " * 100_000,
    "a dotted key": ".".join("a" * 1_000_000) + " = 1",
    "a dotted heading": "[" + " . ".join(["'a b'"] * 100_000) + "]",
    "fifty levels": "[inputs]\n" + ".".join("a" * 50) + " = 1",
    "an integer": "title = " + "9" * 5_000,
}


@pytest.mark.parametrize("kind", DEEP)
@pytest.mark.parametrize(
    "load", [load_problem, load_overrides, load_priors, load_sheets, Problem.load], ids=lambda load: load.__qualname__
)
def test_no_nesting_is_too_deep_to_be_refused(kind: str, load: Any, folder: Path) -> None:
    path = folder / "deep.toml"
    path.write_text(DEEP[kind], "utf-8")
    with pytest.raises(ValueError, match=r"deep\.toml.*: expected") as caught:
        load(path)
    assert len(str(caught.value)) < 500


def test_json_as_deep_as_its_parser_goes_is_refused(folder: Path) -> None:
    for depth in (DEEPEST + 1, 900, 990, 100_000):
        path = folder / "deep.json"
        path.write_text('{"schema": ' + "[" * depth + "]" * depth + "}", "utf-8")
        with pytest.raises(ValueError, match=r"deep\.json: expected"):
            load_sheets(path)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no such device")
def test_a_file_that_never_ends_is_refused(folder: Path) -> None:
    (folder / "endless.csv").symlink_to("/dev/zero")
    for load in (load_sheets, load_roster):
        with pytest.raises(ValueError, match=r"endless\.csv: the file has 5\.0 MB: expected at most 5 MB"):
            load(folder / "endless.csv")
    (folder / "long.toml").write_bytes(b"#" * (LONGEST + 1))
    with pytest.raises(ValueError, match="expected at most 5 MB"):
        read_text(folder / "long.toml")


def test_a_key_of_some_parts_is_read() -> None:
    assert read_toml("a.b.'c d' = 1", "f.toml") == {"a": {"b": {"c d": 1}}}
    assert read_toml('a = "' + "1.2." * 100 + '"\nb = "....."', "f.toml")["b"] == "....."


# -- links and pipes among what students hand in


def test_links_and_pipes_in_a_folder_are_listed_and_not_followed(problem: Problem, folder: Path) -> None:
    work, elsewhere = folder / "work", folder / "elsewhere"
    work.mkdir(), elsewhere.mkdir()
    (elsewhere / "secret.csv").write_text("student,password\nann,hunter2\n", "utf-8")
    (work / "a.toml").write_text(ANSWERS[".toml"], "utf-8")
    (work / "b.toml").symlink_to(work / "a.toml")  # the answers of somebody else
    (work / "c.csv").symlink_to(elsewhere / "secret.csv")
    (work / "d").symlink_to(elsewhere, target_is_directory=True)
    (work / "e.csv").symlink_to(folder / "nowhere")
    if hasattr(os, "mkfifo"):
        os.mkfifo(work / "f.csv")  # opening it would wait for ever
    found = grade_class(problem, work)
    assert [entry.student for entry in found.entries] == ["s123"]
    assert {Path(failure.source).name for failure in found.failures} == {*os.listdir(work)} - {"a.toml"}
    assert all("this is a link or a device: expected a file of answers" in f.reason for f in found.failures)
    assert "hunter2" not in found.html() + str(found) and "password" not in found.html() + str(found)
    # what is named itself may be a link: that is the teacher's own doing
    assert len(grade_class(problem, [work / "b.toml"]).entries) == 1


@pytest.mark.parametrize("key", ["marking", "hypotheses", "title", "output"])
def test_what_is_said_elsewhere_is_no_key_of_homework(key: str, folder: Path) -> None:
    path = folder / "problem.toml"
    path.write_text(PROBLEM.replace("digits = 4", f'{key} = "x"'), "utf-8")
    with pytest.raises(ValueError, match=rf"\[homework\]: unknown key '{key}': expected wrt"):
        Problem.load(path)


def test_results_are_json_whatever_the_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["solve", "J = x*2^20000; K = x/0^x", "--at", "x=2", "--of", "J", "--exact", "--json"]) in (0, 2)
    assert main(["solve", "J = x*2^20000", "--at", "x=2", "--exact", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert len(said["values"]["J"]) == 6021 and said["values"]["J"].isdigit()

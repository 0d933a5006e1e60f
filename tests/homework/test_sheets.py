"""Answer files: TOML, JSON and CSV in every dialect give the same sheet; a bad file is named with its reason."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compgraph.homework import Problem, Sheet, grade, load_sheet, load_sheets

ANSWERS = {"val:z": "0.50", "part:z>a": "1/3", "grad:w": "-0.2662", "grad:b": "2(a-t)", "val:L": ""}
PROBLEM = Problem("z = w*x + b; a = sigmoid(z); L = (a - t)^2", {"w": "0.6", "x": "1.5", "b": "-0.4", "t": "1"})

TOML = 'schema = "compgraph-answers/1"\nproblem = "b2:1"\nstudent = "s1"\n[answers]\n' + "".join(
    f"{json.dumps(cell)} = {json.dumps(typed)}\n" for cell, typed in ANSWERS.items()
)
JSON = json.dumps({"schema": "compgraph-answers/1", "problem": "b2:1", "student": "s1", "answers": ANSWERS})
LONG = "cell,answer\nproblem,b2:1\nstudent,s1\n" + "".join(f"{cell},{typed}\n" for cell, typed in ANSWERS.items())
WIDE = f"student,problem,{','.join(ANSWERS)}\ns1,b2:1,{','.join(ANSWERS.values())}\n"

FILES = {
    "toml": (TOML, "a.toml"),
    "json": (JSON, "a.json"),
    "long": (LONG, "a.csv"),
    "wide": (WIDE, "a.csv"),
    "semicolons": (LONG.replace(",", ";"), "a.csv"),
    "semicolons, wide": (WIDE.replace(",", ";"), "a.csv"),
    "tabs": (LONG.replace(",", "\t"), "a.tsv"),
    "a mark": ("\ufeff" + LONG, "a.csv"),
    "a mark in TOML": ("\ufeff" + TOML, "a.toml"),
    "lines of Windows": (LONG.replace("\n", "\r\n"), "a.csv"),
    "quotes": ("".join(f'"{a}";"{b}"\n' for a, b in (line.split(",") for line in LONG.splitlines())), "a.csv"),
    "sep": ("sep=;\n" + LONG.replace(",", ";"), "a.csv"),
    "empty lines": (LONG.replace("\n", "\n\n,,\n"), "a.csv"),
    "a comment": ("# from the exercise class\n" + LONG, "a.csv"),
    "names with spaces": (LONG.replace("val:z", " val:z "), "a.csv"),
}


@pytest.mark.parametrize("name", FILES)
def test_every_dialect_gives_the_same_sheet(name: str, tmp_path: Path) -> None:
    text, file = FILES[name]
    path = tmp_path / file
    path.write_bytes(text.encode())
    sheet = load_sheet(path)
    assert sheet._replace(source="") == Sheet(ANSWERS, "s1", "b2:1") and sheet.source == str(path)


def test_the_unicode_text_of_spreadsheets(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(LONG.encode("utf-16"))
    assert load_sheet(path).answers == ANSWERS


def test_numbers_without_quotes_keep_their_spelling_and_say_so(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('[answers]\n"val:z" = 0.50\n"val:a" = 1\n', "utf-8")
    (tmp_path / "a.json").write_text('{"answers": {"val:z": 0.50, "val:a": 1}}', "utf-8")
    for file in ("a.toml", "a.json"):
        report = grade(PROBLEM, load_sheet(tmp_path / file))
        assert report["val:z"].typed == "0.50" and "without quotes" in report["val:z"].message
        assert report["val:z"].verdict == "correct"


def test_a_class_in_one_file(tmp_path: Path) -> None:
    path = tmp_path / "class.csv"
    path.write_text("id;val:z;val:a\ns1;0.5;0.622\ns2;0.9;\ns1;1;1\n", "utf-8")
    sheets = load_sheets(path)
    assert [(sheet.student, sheet.answers["val:z"]) for sheet in sheets] == [("s1", "0.5"), ("s2", "0.9"), ("s1", "1")]
    with pytest.raises(ValueError, match="expected the answers of one student, got 3"):
        load_sheet(path)
    path.write_text("student,cell,answer\ns1,val:z,0.5\ns2,val:z,0.9\ns1,val:a,0.622\n", "utf-8")
    assert [(sheet.student, len(sheet.answers)) for sheet in load_sheets(path)] == [("s1", 2), ("s2", 1)]


def test_damage_by_a_spreadsheet_is_pointed_out(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("cell;answer\nval:z;01-Mar\nval:a;#NAME?\nval:L;1,42E-01\n", "utf-8")
    report = grade(PROBLEM, load_sheet(path))
    assert "01-Mar is a date: a spreadsheet has changed" in str(report) and "error of a spreadsheet" in str(report)
    assert "has a comma" in report["val:L"].message


BAD: dict[str, tuple[bytes, str, str]] = {
    "empty": (b"", "a.toml", "the file is empty"),
    "blank": (b"\n \n", "a.csv", "the file is empty"),
    "a workbook": (b"PK\x03\x04xxxx", "a.csv", "a workbook or an archive"),
    "a kind": (b"x", "a.xlsx", "expected a file of answers, .toml, .json or .csv, got '.xlsx'"),
    "latin-1": ("student\xe9".encode("latin-1"), "a.csv", "expected text in UTF-8"),
    "TOML": (b"[answers\n", "a.toml", "expected TOML.*both in quotes"),
    "JSON": (b"{", "a.json", "expected JSON"),
    "deep": (b"[" * 10**5, "a.json", "expected JSON"),
    "deep TOML": (b"a = " + b"[" * 10**5, "a.toml", "expected TOML"),
    "a list": (b"[1]", "a.json", "expected a table with answers, got list"),
    "no answers": (b'student = "s1"', "a.toml", r"expected a table of answers. Write \[answers\]"),
    "a schema": (b'schema = "other/2"\n[answers]', "a.toml", "expected the schema compgraph-answers/1"),
    "a student": (b'{"student": [], "answers": {}}', "a.json", "student: expected text"),
    "columns": (b"name,points\ns1,3\n", "a.csv", "expected a first row cell,answer"),
    "no answer": (b"cell,points\nval:z,3\n", "a.csv", "expected a column answer beside cell"),
    "no rows": (b"student,val:z\n", "a.csv", "expected a row for each student"),
    "NUL": (b'cell,answer\n"val:z,1', "a.csv", "expected CSV"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_named_with_its_reason(name: str, tmp_path: Path) -> None:
    data, file, message = BAD[name]
    path = tmp_path / file
    path.write_bytes(data)
    with pytest.raises(ValueError, match=message) as caught:
        load_sheets(path)
    assert str(path) in str(caught.value) and len(str(caught.value)) < 400 + len(str(path))


def test_a_long_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with path.open("wb") as file:
        file.truncate(50_000_000)
    with pytest.raises(ValueError, match=r"the file has 50\.0 MB: expected at most 5 MB.*Nothing of it was read"):
        load_sheets(path)


TEXTS = st.text(alphabet="abcwz:>=\"'[]{},;\n\t .0123456789-", max_size=200).map(str.encode)


@settings(max_examples=300)
@given(st.sampled_from([".toml", ".json", ".csv"]), st.one_of(st.binary(max_size=200), TEXTS))
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, suffix: str, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / f"any{suffix}"
    path.write_bytes(data)
    try:
        sheets = load_sheets(path)
    except ValueError as error:
        assert str(path) in str(error)
    else:
        for sheet in sheets:
            grade(PROBLEM, sheet._replace(problem=""))


def test_the_sheet_of_another_problem(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text(TOML, "utf-8")
    with pytest.raises(ValueError, match=r"a\.toml: the sheet of s1 answers another problem: expected b2:.*got b2:1"):
        grade(PROBLEM, load_sheet(path))

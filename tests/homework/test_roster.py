"""Class lists as platforms write them: everybody is read, joined by any of their ids, and nobody is lost."""

from __future__ import annotations

from pathlib import Path, PurePath

import pytest

from compgraph.homework.roster import load_roster, read_roster

MOODLE = (
    "Identifier,Full name,Email address,Status,Grade,Maximum Grade,Feedback comments\n"
    "Participant 4711,Ann Lee,ann@uni.example,Submitted,,30.00,\n"
    "Participant 4712,Bo Ng,bo@uni.example,No submission,-,30.00,\n"
)
PARTICIPANTS = "Vorname;Nachname;ID-Nummer;E-Mail-Adresse\nAnn;Lee;0123;ann@uni.example\nBo;Ng;0124;bo@uni.example\n"
CANVAS = (
    'Student,ID,SIS User ID,SIS Login ID,Section,hw3 (4711)\n,,,,,Manual Posting\n"    Points Possible",,,,,30\n'
    '"Lee, Ann",17,u17,alee,A,\n"Ng, Bo",18,u18,bng,A,12\n'
)
PLAIN = "student,name\ns1,Ann Lee\ns2,Bo Ng\n"


@pytest.mark.parametrize(
    ("text", "kind", "people", "signed"),
    [
        (MOODLE, "moodle", ["ann@uni.example", "bo@uni.example"], ["ANN@uni.example ", "Participant 4711", "4711"]),
        (PARTICIPANTS, "moodle", ["0123", "0124"], ["0123", "ann@uni.example", "123"]),
        (f"\ufeff{PARTICIPANTS}", "moodle", ["0123", "0124"], ["0123"]),
        (f"sep=;\n{PARTICIPANTS}", "moodle", ["0123", "0124"], ["0123"]),
        (CANVAS, "canvas", ["u17", "u18"], ["u17", "alee", "17", "ALEE"]),
        (PLAIN, "", ["s1", "s2"], ["s1", " S1", "ｓ１"]),
        (PLAIN.replace(",", "\t"), "", ["s1", "s2"], ["s1"]),
    ],
)
def test_lists_of_platforms(text: str, kind: str, people: list[str], signed: list[str], tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(text, "utf-8")
    roster = load_roster(tmp_path / "list.csv")
    assert (roster.kind, [person.student for person in roster.people], roster.remarks) == (kind, people, ())
    for one in signed:
        person = roster.find(one).person
        assert person is not None and person.student == people[0], one
    assert roster.people[0].name in ("Ann Lee", "Lee, Ann")


def test_points_possible_are_kept_apart() -> None:
    roster = read_roster(CANVAS)
    assert roster.points[5] == "30"
    assert len(roster) == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file is empty: expected a class list"),
        (" \n \n", "the file is empty"),
        ("student,name\n", "expected a row for each student below student, name, got none"),
        ("a,b\n1,2\n", r"no column of ids: expected one such as 'ID number'.*got a, b"),
    ],
)
def test_what_is_no_class_list_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=f"(?s)class list: .*{message}"):
        read_roster(text)


def test_a_workbook_is_refused(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_bytes(b"PK\x03\x04\0\0")
    with pytest.raises(ValueError, match=r"list\.csv: this is a workbook.*Save it as CSV"):
        load_roster(tmp_path / "list.csv")


def test_a_column_can_be_named() -> None:
    roster = read_roster("a,b\n1,x\n2,y\n", id_column="B")
    assert [person.student for person in roster.people] == ["x", "y"]
    with pytest.raises(ValueError, match="no column 'c': expected one of a, b"):
        read_roster("a,b\n1,x\n", id_column="c")


def test_people_are_known_by_what_everybody_has() -> None:
    text = "ID number,Username,First name\n,ann,Ann\n7,bo,Bo\n"
    assert [person.student for person in read_roster(text).people] == ["ann", "bo"]


def test_shared_ids_are_nobodys_and_nobody_is_lost() -> None:
    roster = read_roster("student,email,name\n7,ann@x,Ann\n7,bo@x,Bo\n,,Cy\n8,di@x,Di\n8,di@x,Di\n")
    assert [person.student for person in roster.people] == ["ann@x", "bo@x", "Cy (row 3)", "8"]
    found = roster.find("7")
    assert found.person is None
    assert found.remark == "7 is the id of 2 people in the class list: Ann, Bo"
    assert roster.find("bo@x").person == roster.people[1]
    assert roster.remarks == (
        "rows that stand twice in the class list count once: 1 left out",
        "row 3 of the class list (Cy) has no id: no sheet can be joined to it",
        "7 is the id of 2 people in the class list: Ann, Bo",
    )


def test_zeros_that_a_spreadsheet_dropped() -> None:
    roster = read_roster("student\n00123\n0123\n0456\n")
    assert roster.find("123").person is None  # which of the two?
    match = roster.find("456")
    assert match.person is not None
    assert match.person.student == "0456"
    assert "spreadsheets drop zeros" in match.remark


def test_whoever_is_not_found_is_told_the_nearest() -> None:
    roster = read_roster("student\nalee\nbng\n")
    assert roster.find("alle").remark == "alle is not in the class list; the nearest id is alee"
    assert roster.find("").remark == "nobody is not in the class list"
    assert roster.find("zzzzzz").remark == "zzzzzz is not in the class list"
    assert roster.find("x" * 10_000).person is None


@pytest.mark.parametrize(
    ("path", "student"),
    [
        ("work/leeann_17_991_answers.toml", "u17"),  # what Canvas hands out
        ("work/Ann Lee_17_assignsubmission_file/answers.toml", "u17"),  # and Moodle
        ("u18.toml", "u18"),
        ("work/answers.toml", None),
        ("work/17_18.toml", None),
    ],
)
def test_files_named_after_somebody(path: str, student: str | None) -> None:
    person = read_roster(CANVAS).find_in(PurePath(path))
    assert (person.student if person else None) == student


def test_hostile_lists_are_read_as_text() -> None:
    roster = read_roster("student,name\n\"=cmd|'/C calc'!A0\",<script>\n'-7,x\n")
    assert [person.student for person in roster.people] == ["=cmd|'/C calc'!A0", "-7"]
    assert roster.find("'=cmd|'/C calc'!A0").person == roster.people[0]

"""A class marked: the same on any engine, nobody lost, and what a teacher reads off it."""

from __future__ import annotations

import csv
import io
import json
import pickle
import random
import re
from collections.abc import Callable
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from fractions import Fraction
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from compgraph.homework import Problem, Sheet, grade
from compgraph.homework.classes import grade_class
from compgraph.homework.classreport import ClassReport
from compgraph.homework.collecting import collected
from compgraph.homework.gradebook import guarded
from compgraph.homework.gradescope import failed, results
from compgraph.homework.overrides import load_overrides, overrides_text, save_overrides
from compgraph.homework.precise import fraction
from compgraph.homework.roster import read_roster
from compgraph.homework.simulation import honest, mistaken, mistakes, random_style
from compgraph.homework.stress import stress
from compgraph.homework.tallies import clusters, misconceptions, success
from compgraph.homework.variants import printed, student_seed
from tests.homework.hostile import HOSTILE, valid

TEXT = "z = w*x + b; a = sigmoid(z); L = (a - t)^2"
POINT = {"w": "0.6", "x": "1.5", "b": "-0.4", "t": "1"}
BASE = Problem(TEXT, POINT, title="hw3", wrt=["w", "b"], ask=["val", "part", "grad"], marking={"digits": 4})
RIGHT = honest(BASE, BASE.cells, 4)


def written(sheet: Sheet, path: Path) -> Path:
    """A sheet as a file of answers."""
    about = {"schema": "compgraph-answers/1", "problem": sheet.problem, "seed": sheet.seed, "student": sheet.student}
    lines = [f"{key} = {json.dumps(value)}" for key, value in about.items() if value]
    lines += ["[answers]", *(f"{json.dumps(cell)} = {json.dumps(typed)}" for cell, typed in sheet.answers.items())]
    path.write_text("\n".join(lines), "utf-8")
    return path


def spoiled(folder: Path) -> None:
    """One corrupt file, one empty, one of 50 MB, one with hostile strings, and a workbook."""
    (folder / "s201.toml").write_text('student = "s201"\n[answers\n"val:z" = 0', "utf-8")
    (folder / "s202.toml").write_bytes(b"")
    with open(folder / "s203.json", "wb") as huge:
        huge.truncate(50_000_000)
    answers = {cell: HOSTILE[i % len(HOSTILE)] for i, cell in enumerate(BASE.cells)}
    hostile = {**answers, **dict.fromkeys(HOSTILE, "1")}
    data = {"schema": "compgraph-answers/1", "student": "<b>=s204</b>", "answers": hostile}
    (folder / "s204.json").write_text(json.dumps(data), "utf-8")
    (folder / "s205.xlsx").write_bytes(b"PK\x03\x04\x14\x00")
    (folder / ".DS_Store").write_bytes(b"\0")


@pytest.fixture(scope="module")
def class_of_200(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two hundred students, each with numbers of their own; a third of them make a mistake."""
    folder = tmp_path_factory.mktemp("class")
    rng = random.Random(0)
    for number in range(200):
        student = f"s{number}"
        # the first draw, good numbers or not: what is printed on a sheet says which it was
        seed = f"{student_seed('secret', student, BASE)}#0"
        own = printed(BASE, seed)
        sheet = honest(own, own.cells, 4, random_style(rng))
        if number % 3 == 0:
            # the mistakes of the teacher's problem: the formulas are the same at all numbers
            sheet = mistaken(own, own.cells, 4, rng.choice(MISTAKES))
        written(Sheet(sheet, student, own.hash, seed=seed), folder / f"{student}.toml")
    spoiled(folder)
    return folder


MISTAKES = list(mistakes(BASE, BASE.cells))


@pytest.fixture(scope="module")
def on_one_core(class_of_200: Path) -> ClassReport:
    return grade_class(BASE, class_of_200)


def same(found: ClassReport, wanted: ClassReport) -> None:
    assert found.to_dict() == wanted.to_dict()
    assert [report.to_dict() for report in found.values()] == [report.to_dict() for report in wanted.values()]
    assert (str(found), found.html(), found.grades()) == (str(wanted), wanted.html(), wanted.grades())


def test_a_class_of_200_on_one_core(on_one_core: ClassReport) -> None:
    marks = {entry.student: entry.score for entry in on_one_core.entries}
    assert len(marks) == 201  # with the hostile one, who has no mark but a line
    for number in range(200):
        if number % 3:
            assert marks[f"s{number}"] == len(BASE.cells)
    assert marks["<b>=s204</b>"] == 0
    mistaken_ones = [on_one_core[f"s{number}"] for number in range(0, 200, 3)]
    seen = [report for report in mistaken_ones if report.roots]
    assert len(seen) >= 0.9 * len(mistaken_ones)
    assert sum(len(report.roots) == 1 for report in seen) >= 0.95 * len(seen)
    # the numbers after a mistake follow from it: they lose nothing
    assert any(report[cell].verdict == "follow_through" for report in seen for cell in report)
    files = {Path(failure.source).name: failure.reason for failure in on_one_core.failures}
    assert list(files) == ["s201.toml", "s202.toml", "s203.json", "s205.xlsx"]
    assert files["s201.toml"].startswith("expected TOML")
    assert files["s202.toml"] == "the file is empty: expected answers."
    assert "50.0 MB" in files["s203.json"] and "Nothing of it was read" in files["s203.json"]
    assert "save as CSV" in files["s205.xlsx"]


def test_a_class_of_200_on_two_workers_of_dask(class_of_200: Path, on_one_core: ClassReport) -> None:
    distributed = pytest.importorskip("distributed")
    cluster = distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
    )
    with cluster, distributed.Client(cluster) as client:
        same(grade_class(BASE, class_of_200, executor=client.get_executor()), on_one_core)


@pytest.mark.parametrize("pool", [ThreadPoolExecutor, ProcessPoolExecutor])
def test_other_executors(class_of_200: Path, pool: Callable[[int], Executor]) -> None:
    some = [class_of_200 / f"s{number}.toml" for number in range(30)]
    with pool(2) as executor:
        same(grade_class(BASE, some, executor=executor), grade_class(BASE, some))


class Dying(Executor):
    """An executor whose workers die, or that does not even take the work."""

    def __init__(self, refusing: bool) -> None:
        self.refusing = refusing

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        if self.refusing:
            raise RuntimeError("cannot schedule new futures after shutdown")
        future: Future[Any] = Future()
        future.set_exception(MemoryError("killed"))
        return future


@pytest.mark.parametrize(("refusing", "name"), [(True, "RuntimeError"), (False, "MemoryError")])
def test_a_worker_that_dies_takes_no_marks_with_it(refusing: bool, name: str) -> None:
    sheets = [Sheet(RIGHT, f"s{number}") for number in range(5)]
    found = grade_class(BASE, sheets, executor=Dying(refusing))
    assert [entry.score for entry in found.entries] == [len(RIGHT)] * 5
    assert found.remarks == (f"5 sheets were marked here, not by the executor: {name}",)


def of_sheet(sheet: Sheet) -> Problem:
    """Which problem a sheet answers, in a way of one's own."""
    if sheet.student == "s9":
        raise ValueError("s9 is in the other course.")
    return Problem("y = 2x", {"x": "3"}, title="other") if sheet.student == "s1" else BASE


def test_a_function_says_which_problem_a_sheet_answers() -> None:
    sheets = [Sheet({"val:y": "6"}, "s1"), Sheet(RIGHT, "s2"), Sheet(RIGHT, "s9")]
    found = grade_class(of_sheet, sheets)
    assert [(entry.student, entry.score) for entry in found.entries] == [("s1", 1.0), ("s2", len(RIGHT))]
    assert [(failure.student, failure.reason) for failure in found.failures] == [("s9", "s9 is in the other course.")]
    with ProcessPoolExecutor(2) as executor:
        same(grade_class(of_sheet, sheets, executor=executor), found)
        with pytest.raises(TypeError, match=r"has to travel.*Name a function of a module"):
            grade_class(lambda sheet: BASE, sheets, executor=executor)


def test_reports_travel_without_references() -> None:
    found = grade_class(BASE, [Sheet({**RIGHT, "val:z": "0.9", "grad:w": "7.7"}, "s1")])
    travelled = pickle.dumps(found["s1"])
    for number in ("0.235003", "-0.26619", "grad_w"):
        assert number.encode() not in travelled
    assert str(pickle.loads(travelled)) == str(found["s1"])


def test_progress_is_told() -> None:
    told: list[tuple[int, int]] = []
    grade_class(BASE, [Sheet(RIGHT, "a"), Sheet(RIGHT, "b")], progress=lambda done, of: told.append((done, of)))
    assert told == [(1, 2), (2, 2)]


# -- who


def test_a_class_list_joins_and_loses_nobody(tmp_path: Path) -> None:
    roster = read_roster("student,email,name\n007,ann@x,Ann\n8,bo@x,Bo\n9,cy@x,Cy\n10,di@x,Di\n")
    (tmp_path / "work").mkdir()
    written(Sheet(RIGHT, "7"), tmp_path / "work" / "a.toml")
    written(Sheet(RIGHT, "BO@x"), tmp_path / "work" / "b.toml")
    written(Sheet(RIGHT, ""), tmp_path / "work" / "cy_9_answers.toml")
    written(Sheet(RIGHT, "11"), tmp_path / "work" / "d.toml")
    written(Sheet(RIGHT, ""), tmp_path / "work" / "scan.toml")
    (tmp_path / "work" / "di_10_answers.toml").write_text("[", "utf-8")
    found = grade_class(BASE, tmp_path / "work", roster=roster)
    table = [(entry.student, entry.person.name if entry.person else None, entry.score) for entry in found.entries]
    assert table == [
        ("007", "Ann", 11), ("8", "Bo", 11), ("9", "Cy", 11), ("10", "Di", None), ("11", None, 11), ("scan", None, 11),
    ]  # fmt: skip
    remarks = [" | ".join(entry.remarks) for entry in found.entries]
    assert remarks[0] == "7 was taken for 007: spreadsheets drop zeros in front"
    assert remarks[1] == ""
    assert remarks[2] == "nobody signed: joined by the name of the file"
    assert re.fullmatch(r"no sheet was marked \| .*di_10_answers\.toml: expected TOML: .*", remarks[3])
    assert remarks[4] == "11 is not in the class list"
    assert remarks[5] == "nobody signed, and the file is not named after anybody in the class list"
    assert found.failures[0].student == "10"
    assert [entry.student for entry in found.missing] == ["10"]


def test_a_sheet_counts_with_the_numbers_of_its_own_student() -> None:
    roster = read_roster("student\ns1\ns2\ns3\ns4\n")
    seeds = {student: f"{student_seed('secret', student, BASE)}#0" for student in ("s1", "s2", "s3")}
    own = {student: printed(BASE, seed) for student, seed in seeds.items()}
    answers = {student: honest(problem, problem.cells, 4) for student, problem in own.items()}
    sheets = [
        Sheet(answers["s1"], "s1", own["s1"].hash, seed=seeds["s1"]),
        Sheet(answers["s1"], "s2", own["s1"].hash, seed=seeds["s1"]),  # copied
        Sheet(answers["s3"], "s3"),  # nothing printed on it
        Sheet(RIGHT, "s4", BASE.hash, seed="made up#0"),
    ]
    found = grade_class(BASE, sheets, roster=roster, secret="secret")
    assert [entry.score for entry in found.entries] == [11, None, None, None]
    reasons = {failure.student: failure.reason for failure in found.failures}
    assert reasons["s2"].startswith("the seed is that of s1")
    assert reasons["s3"].startswith("the seed is missing")
    assert reasons["s4"].startswith("the seed made up was not made for s4")
    astray = grade_class(BASE, sheets[:1], secret="another")
    assert astray.failures[0].student == "s1" and "are these the right ones?" in str(astray)
    assert "are these the right ones?" not in str(found)


def test_a_sheet_of_another_problem_is_an_error_and_not_zero_marks() -> None:
    found = grade_class(BASE, [Sheet(RIGHT, "s1", "b2:123"), Sheet(RIGHT, "s2", seed="none")])
    assert len(found) == 0
    assert "another problem" in found.failures[0].reason
    assert "seed: expected one as it is printed" in found.failures[1].reason


# -- several sheets of a student

WRONG = {**RIGHT, "grad:w": "0.5555", "grad:b": "0.7777"}
HALF = {**RIGHT, "grad:w": "0.5555"}


@pytest.mark.parametrize(
    ("attempts", "penalty", "counts", "score"),
    [
        ("best", 0.1, 2, 11.0),
        ("last", 0.1, 3, 10.0),
        ("penalty", 0.1, 0, 9.0),  # 9, 0.9·10, 0.8·11, 0.7·10: of two that are equal the first
        ("penalty", 0.05, 2, 9.9),
        ("penalty", 0.0, 2, 11.0),
        ("penalty", 1.0, 0, 9.0),
    ],
)
def test_attempts(attempts: str, penalty: float, counts: int, score: float) -> None:
    sheets = [Sheet(answers, "s1", source=f"{i}.toml") for i, answers in enumerate((WRONG, HALF, RIGHT, HALF))]
    (entry,) = grade_class(BASE, sheets, attempts=attempts, penalty=penalty).entries
    assert (entry.counts, entry.score, len(entry.attempts)) == (counts, score, 4)
    assert entry.attempt is not None
    assert entry.attempt.source == f"{counts}.toml"


def test_files_are_attempts_in_the_order_of_the_numbers_in_their_names(tmp_path: Path) -> None:
    for number, answers in ((2, WRONG), (10, RIGHT)):
        written(Sheet(answers, "s1"), tmp_path / f"try{number}.toml")
    (entry,) = grade_class(BASE, tmp_path, attempts="last").entries
    assert entry.score == 11


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"attempts": "first"}, "attempts: expected one of best, last, penalty, got 'first'"),
        ({"penalty": 2}, "penalty: expected a number from 0 to 1, got 2"),
        ({"digits": 0}, "digits: expected a whole number from 1 to 40, got 0"),
        ({"detail": "all"}, "detail: expected one of"),
    ],
)
def test_faulty_options_are_said_once(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        grade_class(BASE, [Sheet(RIGHT, "s1")], **options)


def test_what_is_not_there_raises(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        grade_class(BASE, tmp_path / "nothing")
    with pytest.raises(ValueError, match="nothing to mark: expected files of answers"):
        grade_class(BASE, tmp_path)


def test_some_files_are_left_out(tmp_path: Path) -> None:
    written(Sheet(RIGHT, "s1"), tmp_path / "s1.toml")
    (tmp_path / "grades.csv").write_text("student,score\n", "utf-8")
    (tmp_path / "__MACOSX").mkdir()
    (tmp_path / "__MACOSX" / "s1.toml").write_text("[", "utf-8")
    sheets, failures = collected(tmp_path, leave=[tmp_path / "grades.csv"])
    assert (len(sheets), failures) == (1, [])
    assert len(collected(tmp_path)[1]) == 1


# -- what a teacher decides

DECIDED = """
schema = "compgraph-overrides/1"
[[override]]
student = "s1"
cell = " grad : w "
credit = 1
reason = "printed badly"
comment = "see me"
[[override]]
student = "s9"
cell = "grad:w"
credit = 0.5
[[override]]
student = "s1"
cell = "grad:q"
credit = 0.5
"""


def test_overrides_survive_a_regrade_and_a_new_marking(tmp_path: Path) -> None:
    (tmp_path / "overrides.toml").write_text(DECIDED, "utf-8")
    sheets = [Sheet(HALF, "s1"), Sheet(HALF, "s2")]
    found = grade_class(BASE, sheets, overrides=tmp_path / "overrides.toml")
    assert [entry.score for entry in found.entries] == [11, 10]
    override = found["s1"]["grad:w"].override
    assert override is not None
    assert override.reason == "printed badly"
    assert found.remarks[0] == "override of grad:w of s9: no sheet of theirs was marked"
    assert found.remarks[1].startswith("override of grad:q of s1: ")
    again = found.regrade(credit={"correct": 0.5, "correct_rounding": 0.5})
    assert [entry.score for entry in again.entries] == [6, 5]  # 10 halves and the one decided
    # decided on the class, written, read, and there at the next marking; nothing that was decided is lost
    more = found.override("s2", "grad:w", 0.25, reason="half a quarter")
    assert [entry.score for entry in more.entries] == [11, 10.25]
    save_overrides(tmp_path / "new.toml", more.overrides)
    assert [e.score for e in grade_class(BASE, sheets, overrides=tmp_path / "new.toml").entries] == [11, 10.25]
    kept = load_overrides(tmp_path / "new.toml")
    assert set(kept) == {("s1", "grad:w"), ("s9", "grad:w"), ("s1", "grad:q"), ("s2", "grad:w")}
    assert overrides_text(kept) == (tmp_path / "new.toml").read_text("utf-8")
    # what was decided is not undone by reports that have travelled
    with ThreadPoolExecutor(1) as executor:
        far = grade_class(BASE, sheets, overrides=tmp_path / "overrides.toml", executor=executor)
    assert far.regrade().to_dict() == found.to_dict()


def test_only_what_there_is_can_be_decided() -> None:
    found = grade_class(BASE, [Sheet(HALF, "s1")])
    with pytest.raises(KeyError, match="no sheet of 's2' was marked"):
        found.override("s2", "grad:w", 1)
    with pytest.raises(ValueError, match="expected a credit from 0 to 1, got 2"):
        found.override("s1", "grad:w", 2)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[override]]\nstudent = 's1'\ncell = 'grad:w'", "1, credit: expected a number from 0 to 1, got none"),
        ("[[override]]\nstudent = 's1'\ncell = 'grad:w'\ncredit = 1.5", "1, credit: .*got 1.5"),
        ("[[override]]\nstudent = 's1'\ncell = 'grad:w'\ncredit = nan", "1, credit: .*got nan"),
        ("[[override]]\nstudent = 's1'\ncell = 1\ncredit = 1", "1, cell: expected the name of a cell, got 1"),
        ("[[override]]\nmark = 1", "unknown key 'mark': expected student, cell, credit, reason, comment"),
        ("override = 1", r"expected tables \[\[override\]\]"),
        ("[marks]\n", r"expected tables \[\[override\]\], got 'marks'"),
        ("schema = 'x'", "expected the schema compgraph-overrides/1, got 'x'"),
        ("[", "expected TOML"),
        ("[[override]]\nstudent = 's'\ncell = 'c'\ncredit = 1\n" * 2, "2: c of s is decided twice"),
    ],
)
def test_faulty_overrides_name_file_and_table(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "o.toml").write_text(text, "utf-8")
    with pytest.raises(ValueError, match=rf"o\.toml.*{message}"):
        load_overrides(tmp_path / "o.toml")


# -- what a class has in common


def test_success_mistakes_and_clusters() -> None:
    dropped = {**RIGHT, "val:z": "0.9"}  # without the bias, and the rest right: copied wrongly
    odd = {**RIGHT, "grad:w": "7.777"}
    sheets = [Sheet(RIGHT, "a"), Sheet(dropped, "b"), Sheet(dropped, "c"), Sheet(odd, "d"), Sheet(odd, "e")]
    sheets.append(Sheet({**odd, "grad:w": "7.7770", "grad:b": ""}, "f"))
    reports = list(grade_class(BASE, sheets).values())
    table = {one.cell: one for one in success(reports)}
    assert list(table) == list(reports[0])
    assert (table["val:z"].right, table["val:z"].wrong, table["val:z"].credit) == (4, 2, pytest.approx(4 / 6))
    assert (table["grad:b"].blank, table["grad:w"].wrong, table["grad:w"].sheets) == (1, 3, 6)
    (mistake,) = misconceptions(reports)
    assert (mistake.class_, mistake.students, mistake.likely, mistake.where) == ("forward_slip", 2, 2, ("val:z",))
    (cluster,) = clusters(reports)
    assert (cluster.cell, cluster.typed, cluster.students) == ("grad:w", "7.777", ("d", "e", "f"))


def test_of_variants_the_same_multiple_of_the_right_number_makes_a_cluster() -> None:
    same_number = [Sheet({"grad:w": "7.777"}, "a"), Sheet({"grad:w": "7.777"}, "b", seed="other#0")]
    found = grade_class(BASE, same_number)
    assert found["b"].problem.hash == printed(BASE, "other#0").hash != BASE.hash
    assert clusters(found.values()) == []
    sheets = []
    for number in range(4):
        own = printed(BASE, f"s{number}#0")
        wrong = fraction(own.reference("grad:w")) * 7 if number < 3 else Fraction(8)
        sheets.append(Sheet({"grad:w": f"{float(wrong):.4g}"}, f"s{number}", own.hash, seed=f"s{number}#0"))
    (cluster,) = clusters(grade_class(BASE, sheets).values())
    assert (cluster.cell, cluster.typed) == ("grad:w", "7 times the right number")
    assert cluster.students == ("s0", "s1", "s2")


# -- tables


def rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


def test_grades_as_a_table(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text("[", "utf-8")
    roster = read_roster("student,name\ns1,Ann\ns2,Bo\n")
    found = grade_class(BASE, [Sheet(HALF, "s1"), Sheet(RIGHT, "s3"), tmp_path / "x.toml"], roster=roster)
    header, *table = rows(found.grades())
    assert header == ["student", "name", "student", "score", "max_score", "percent", "attempts", "remarks", *BASE.cells]
    assert table[0][:8] == ["s1", "Ann", "s1", "10", "11", "90.90909", "1", ""]
    assert table[0][8:] == ["1"] * 10 + ["0"]
    assert table[1][:8] == ["s2", "Bo", "s2", "", "", "", "0", "no sheet was marked"]
    assert table[2][:4] == ["", "", "s3", "11"]
    assert re.fullmatch(r"not marked: .*x\.toml: expected TOML.*", table[3][7])
    assert {len(row) for row in table} == {len(header)}


CANVAS = 'Student,ID,SIS User ID,SIS Login ID,Section,hw3 (4711),old (1)\n"   Points Possible",,,,,22,5\n'
WORKSHEET = "Identifier,Full name,Email address,Grade,Maximum Grade,Feedback comments,Last modified (grade)\n"


def test_a_gradebook_of_canvas_is_given_back() -> None:
    roster = read_roster(f'{CANVAS}"Lee, Ann",17,u17,alee,A,,3\n"Ng, Bo",18,u18,bng,A,9,4\n')
    header, *table = rows(grade_class(BASE, [Sheet(HALF, "u17")], roster=roster).upload())
    assert header == [
        "Student",
        "ID",
        "SIS User ID",
        "SIS Login ID",
        "Section",
        "hw3 (4711)",
    ]  # the old one stays as is
    assert table == [["Lee, Ann", "17", "u17", "alee", "A", "20"], ["Ng, Bo", "18", "u18", "bng", "A", "9"]]


def test_a_new_column_for_canvas() -> None:
    roster = read_roster('Student,ID,SIS User ID,Section\n"Lee, Ann",17,u17,A\n')
    assert rows(grade_class(BASE, [Sheet(HALF, "u17")], roster=roster).upload()) == [
        ["Student", "ID", "SIS User ID", "Section", "hw3"],
        ["Lee, Ann", "17", "u17", "A", "10"],
    ]


def test_a_worksheet_of_moodle_is_given_back() -> None:
    roster = read_roster(f"{WORKSHEET}Participant 1,Ann,ann@x,,100.00,,-\nParticipant 2,Bo,bo@x,,100.00,,-\n")
    sheets = [Sheet({**HALF, "val:z": "<b>"}, "ann@x")]
    header, ann, bo = rows(grade_class(BASE, sheets, roster=roster).upload())
    assert ",".join(header) + "\n" == WORKSHEET
    assert ann[:5] == ["Participant 1", "Ann", "ann@x", "81.81818", "100.00"]
    assert ann[6] == bo[6] == "-"
    assert bo[3:6] == ["", "100.00", ""]
    assert "&lt;b&gt;" in ann[5] and "<b>" not in ann[5] and "[root error]" in ann[5]
    revealing = grade_class(BASE, sheets, roster=roster, reveal=True)
    assert rows(revealing.upload())[1][5] == ""  # students read it


def test_an_upload_needs_a_class_list() -> None:
    with pytest.raises(ValueError, match="no class list: expected the file that Moodle or Canvas gave"):
        grade_class(BASE, [Sheet(RIGHT, "s1")]).upload()


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "\r=1", "＝1", "-cmd|' /C calc'!A0"])
def test_no_spreadsheet_computes_with_what_a_student_wrote(text: str) -> None:
    assert guarded(text).startswith("'")
    roster = read_roster(f"student,name\ns1,{json.dumps(text, ensure_ascii=False)}\n") if text.isprintable() else None
    found = grade_class(BASE, [Sheet(RIGHT, text), Sheet(RIGHT, "s1")], roster=roster)
    table = rows(found.grades())
    assert [field for row in table for field in row if re.match(r"[\s]*[=+@＝-]", field)] == []
    if roster:
        assert f"'{text}" in [field for row in rows(found.upload()) for field in row]


# -- pages and other systems


class Page(HTMLParser):
    """The tags and texts of a page, which has to be well nested."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)
        assert not any(name.startswith("on") for name, _ in attrs)
        if tag not in ("meta", "rect", "path"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in ("rect", "path"):
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_the_page_of_a_class(on_one_core: ClassReport) -> None:
    page = Page(on_one_core.html())
    assert {"script", "link", "img", "iframe"}.isdisjoint(page.tags)
    text = "\n".join(page.texts)
    assert "201 students marked · 4 files not marked" in text
    for heading in ("Success per cell", "Mistakes", "Not marked", "Students"):
        assert heading in page.texts
    assert "<b>=s204</b>" in page.texts  # as text
    assert page.tags.count("b") == 0
    assert "s203.json" in text
    assert on_one_core.html() == on_one_core.html()


def test_a_page_of_nobody_and_of_hostile_names() -> None:
    found = grade_class(BASE, [Sheet({"<script>": "1", "val:z": "<img src=x onerror=y>"}, "</td><script>\x00\ud800")])
    assert "script" not in Page(found.html()).tags
    found.html().encode("utf-8")
    found.grades().encode("utf-8")
    Page(ClassReport([]).html())
    assert str(ClassReport([], title="hw3")) == "hw3 · 0 students"


def test_results_for_gradescope() -> None:
    report = grade(BASE, Sheet({**HALF, "val:z": "0.5000001"}, "s1"), credit={"too_few_digits": 1 / 3})
    found = results(report, factor=0.9)
    assert [test["name"] for test in found["tests"]] == ["Values", "Partial derivatives", "Derivatives"]
    assert sum(test["max_score"] for test in found["tests"]) == 11
    assert found["score"] == round(0.9 * report.score, 5)
    thirds = results(report.regrade(credit={"correct": 1 / 3, "correct_rounding": 1 / 3}))
    assert all(number == round(number, 5) for test in thirds["tests"] for number in (test["score"], test["max_score"]))
    valid(found)
    assert not contains_reference(json.dumps(found))
    with pytest.raises(ValueError, match="reveals expected numbers"):
        results(grade(BASE, Sheet(HALF), reveal=True))


def contains_reference(text: str) -> bool:
    return "-0.26619" in text or "−0.26619" in text or "-0.2662" in text


@pytest.mark.parametrize("reason", ["", "x" * 10_000, "\x00\ud800</pre>", "the file is empty"])
def test_a_failure_is_a_valid_result(reason: str) -> None:
    valid(failed(reason, max_score=11))


def test_hostile_answers_make_valid_results(on_one_core: ClassReport) -> None:
    valid(results(on_one_core["<b>=s204</b>"]))


# -- trying a problem


def test_stress() -> None:
    told: list[tuple[int, int]] = []
    found = stress(BASE, students=30, progress=lambda done, of: told.append((done, of)))
    assert (found.is_fair, found.digits, found.cells, found.honest) == (True, 4, 11, 30)
    assert found.made == found.possible == len(MISTAKES)
    assert found.shown >= 0.9 * found.made
    assert found.alone >= 0.99 * found.shown
    assert found.named >= 0.95 * found.shown
    assert told[-1] == (30 + found.made, 30 + found.made)
    assert "30 honest students, who round as people do: all marked right" in str(found)
    assert json.loads(json.dumps(found.to_dict()))["schema"] == "compgraph-stress/1"
    few = stress(BASE, students=0, most=5)
    assert (few.made, few.possible) == (5, len(MISTAKES))
    assert f"mistakes (of {len(MISTAKES)}, drawn by lot) are seen" in str(few)


def test_stress_finds_what_is_unfair_and_what_does_not_show() -> None:
    # who rounds x/3 to 2 digits is far off in the difference; x² and 2x are the same at 2
    unfair = Problem(
        "u = x/3; v = u - c; y = 1000v", {"x": "1", "c": "0.33"}, marking={"digits": 2, "working_digits": 9}
    )
    found = stress(unfair, students=60, most=0)
    assert not found.is_fair
    assert "honest students some are not marked right" in str(found)
    hidden = stress(Problem("y = x^2", {"x": "2"}), students=1).diagnosability.hidden
    assert ("part:x>y" in {cell for cell, _ in hidden}) or ("val:y" in {cell for cell, _ in hidden})


def test_stress_refuses() -> None:
    with pytest.raises(ValueError, match="students: expected a whole number, got -1"):
        stress(BASE, students=-1)


def test_a_mistake_is_carried_on() -> None:
    (slip,) = [one for one in MISTAKES if (one.cell, one.class_) == ("val:z", "forward_slip")][:1]
    sheet = mistaken(BASE, BASE.cells, 4, slip)
    report = grade(BASE, sheet, digits=4)
    assert report.roots == ["val:z"]
    assert report["val:a"].verdict == "follow_through"
    assert sheet["val:a"] != RIGHT["val:a"]

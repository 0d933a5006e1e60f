"""Verdicts: the table, the laws, real sheets, and what a report holds and hides."""

from __future__ import annotations

import json
import pickle
import random
from fractions import Fraction
from functools import cache
from typing import Any

import pytest

from compgraph.errors import ParseError
from compgraph.homework import CREDIT, Problem, Report, Sheet, grade, read_answer
from compgraph.homework.marking import Marking
from compgraph.homework.precise import fraction
from compgraph.homework.verdict import Options
from tests.homework.mistaken import SHAPES, drawn, variant
from tests.homework.students import GOLDEN, golden_problem, honest, random_problem, rounded, typed

NEURON = Problem(
    "z = w*x + b; a = sigmoid(z); L = (a - t)^2",
    {"w": "0.6", "x": "1.5", "b": "-0.4", "t": "1"}, wrt=["w", "b"], eta="0.5", title="hw3",
)  # fmt: skip


def verdicts(sheet: dict[str, str], problem: Problem = NEURON, **options: Any) -> dict[str, str]:
    return {cell: found.verdict for cell, found in grade(problem, sheet, **options).items()}


# -- one cell: z = 0.5, a = 0.62245…, L = 0.14253…, ∂L/∂w = −0.266175…

ONE = [
    ("val:z", "0.5", {}, "correct"),
    ("val:z", "1/2", {}, "correct"),
    ("val:z", "0.500", {"exact": True}, "correct"),
    ("val:z", "w*x + b", {}, "correct"),
    ("val:z", "0.51", {}, "wrong"),
    ("val:z", "", {}, "blank"),
    ("val:z", "half", {}, "invalid"),
    ("val:a", "0.622", {}, "correct"),
    ("val:a", "0.6225", {}, "correct"),
    ("val:a", "0.62245933", {}, "correct"),
    ("val:a", "62.2e-2", {}, "correct"),
    ("val:a", "0.62", {}, "too_few_digits"),
    ("val:a", "0.6", {"digits": 1}, "correct"),
    ("val:a", "1", {}, "too_few_digits"),
    ("val:a", "0.622", {"exact": True}, "approximate"),
    ("val:a", "sigmoid(1/2)", {"exact": True}, "correct"),
    ("val:a", "0.6224", {}, "correct_rounding"),  # cut off
    ("val:a", "0.6224", {"truncation": False}, "wrong"),
    ("val:a", "0.6230", {}, "wrong"),
    ("val:a", "0.6230", {"rtol": 1e-2}, "correct"),
    ("val:a", "0.6230", {"atol": 1e-3}, "correct"),
    ("val:a", "0.6230", {"atol": 1e-5}, "wrong"),
    ("val:a", "-0.622", {}, "wrong"),
    ("val:L", "0.143", {}, "correct"),
    ("val:L", ".1425", {"digits": 4}, "correct"),
    ("val:L", "0.1429", {"digits": 4, "working_digits": 3}, "correct_rounding"),  # (0.622 − 1)²
    ("val:L", "0.1429", {"digits": 4, "working_digits": 6}, "wrong"),
    ("grad:w", "-0.266", {}, "correct"),
    ("grad:w", "0.266", {}, "wrong"),
    ("grad:L", "1", {}, "correct"),
    ("part:w>z", "x", {}, "correct"),
    ("part:z>a", "a(1-a)", {}, "correct"),
    ("part:z>a", "sigmoid(z)*(1 - sigmoid(z))", {}, "correct"),
    ("part:z>a", "a", {}, "wrong"),
    ("new:w", "0.733", {}, "correct"),
    ("dgrad:w", "2(a-t)a(1-a)x", {}, "correct"),
    ("dgrad:w", "2*(sigmoid(w x + b) - t)*sigmoid(w x+b)*(1-sigmoid(w x + b))*x", {}, "correct"),
    ("dgrad:w", "-0.266", {}, "wrong"),
    ("tan:a|w", "0.3525", {"digits": 4}, "correct"),
    ("path:w>z>a", "0.3525", {"digits": 4}, "correct"),
]


@pytest.mark.parametrize(("cell", "answer", "options", "verdict"), ONE)
def test_one_cell(cell: str, answer: str, options: dict[str, Any], verdict: str) -> None:
    assert verdicts({cell: answer}, **options)[cell] == verdict


def test_the_reference_zero_is_absolute() -> None:
    problem = Problem("d = x - y; s = sin(d)", {"x": "2", "y": "2"})
    assert verdicts({"val:s": "0"}, problem)["val:s"] == "correct"
    assert verdicts({"val:s": "0.000"}, problem)["val:s"] == "correct"
    assert verdicts({"val:s": "0.0004"}, problem)["val:s"] == "wrong"
    assert verdicts({"val:s": "0.0004"}, problem, atol=1e-3)["val:s"] == "correct"


def test_a_zero_for_a_number_earns_nothing() -> None:
    found = grade(NEURON, {"val:L": "0"})["val:L"]
    assert found.credit == 0 and "no_digits" in found.flags


@pytest.mark.parametrize(
    ("answer", "credit", "formula"),
    [
        ("a(1-a) = 0.235", 1.0, "correct"),
        ("a(1-a) = 0.3", 0.5, "correct"),
        ("a(1+a) = 0.235", 0.5, "wrong"),
        ("a = 1", 0.0, "wrong"),
    ],
)
def test_a_formula_and_its_number_count_half_each(answer: str, credit: float, formula: str) -> None:
    found = grade(NEURON, {"part:z>a": answer})["part:z>a"]
    assert (found.credit, found.formula) == (credit, formula)


def test_a_formula_that_is_right_at_this_point_only() -> None:
    problem = Problem("y = x^2", {"x": "2"})
    found = grade(problem, {"part:x>y": "x^2"})["part:x>y"]
    assert found.verdict == "wrong" and found.flags == ("at_point",)


# -- earlier errors


def test_what_follows_from_an_error_keeps_its_credit() -> None:
    report = grade(
        NEURON, {"val:z": "0.9", "val:a": "0.711", "grad:a": "-0.578", "part:z>a": "0.205", "grad:z": "-0.119"}
    )
    assert report.roots == ["val:z"] and report.score == 4
    assert all(report[c].because == ("val:z",) for c in report if c != "val:z")
    assert grade(NEURON, dict(report_answers(report)), follow_through=False).score == 0


def report_answers(report: Report) -> list[tuple[str, str]]:
    return [(cell, found.typed) for cell, found in report.items()]


def test_the_printed_example() -> None:
    answers = {
        "val:z": "0.9", "val:a": "0.711", "grad:a": "-0.578", "part:z>a": "0.205",
        "grad:z": "-0.119", "grad:w": "-0.178", "grad:b": "-0.119", "part:w>z": "1.5",
    }  # fmt: skip
    assert str(grade(NEURON, Sheet(answers, "s123"))) == (
        "hw3 · s123 · 7/8\n"
        "✗ val:z   0.9    likely: b was left out    [root error]\n"
        "→ val:a, part:z>a, grad:a, grad:z, grad:b, grad:w   consistent with your z: full credit"
    )


def test_a_student_may_carry_full_precision_elsewhere() -> None:
    """val:a was written with two digits, but its later use had all of them; val:z is wrong."""
    a = 0.7109495026250039
    sheet = {"val:z": "0.9", "val:a": "0.71", "val:L": f"{(a - 1) ** 2:.6f}"}
    assert verdicts(sheet, digits=2) == {"val:z": "wrong", "val:a": "follow_through", "val:L": "follow_through"}


@pytest.mark.parametrize("slope", ["0.205", "0.205479"])
def test_sigma_prime_from_a_or_from_z(slope: str) -> None:
    sheet = {"val:z": "0.9", "val:a": "0.622", "part:z>a": slope}  # from z, though a is right
    assert verdicts(sheet)["part:z>a"] == "follow_through"
    from_a = {"val:z": "0.5", "val:a": "0.8", "part:z>a": "0.160"}
    from_z = {"val:z": "0.5", "val:a": "0.8", "part:z>a": "0.235"}
    assert verdicts(from_a)["part:z>a"] == "follow_through" and verdicts(from_z)["part:z>a"] == "correct"


def test_a_derivative_may_be_a_sum_over_paths() -> None:
    problem = Problem("u = x^2; v = sin(x); y = u*v", {"x": "1.7"})
    right = {cell: float(problem.reference(cell)) for cell in ("part:x>u", "part:x>v", "grad:u", "grad:v")}
    wrong = right | {"grad:u": 2.0}
    path = wrong["part:x>u"] * right["grad:u"] + wrong["part:x>v"] * wrong["grad:v"]
    sheet = {cell: f"{value:.5g}" for cell, value in wrong.items()} | {"grad:x": f"{path:.5g}"}
    assert verdicts(sheet, problem, digits=5)["grad:x"] == "correct"
    recurrence = wrong["part:x>u"] * wrong["grad:u"] + wrong["part:x>v"] * wrong["grad:v"]
    assert verdicts(sheet | {"grad:x": f"{recurrence:.5g}"}, problem, digits=5)["grad:x"] == "follow_through"


def test_eased() -> None:
    """∂L/∂a became 0: everything after it is 0 without any work."""
    sheet = {"val:z": "0.5", "part:a>L": "0", "grad:a": "0", "grad:z": "0", "grad:w": "0"}
    report = grade(NEURON, sheet)
    assert report.roots == ["part:a>L"]
    assert {report[c].verdict for c in ("grad:a", "grad:z", "grad:w")} == {"eased"}
    assert report["grad:w"].because == ("part:a>L",) and report["grad:w"].credit == 0
    assert grade(NEURON, sheet, credit={"eased": 0.5})["grad:w"].credit == 0.5


def test_a_zero_makes_the_rest_easy() -> None:
    report = grade(NEURON, {"val:z": "0", "val:a": "0.5", "part:z>a": "0.25"})
    assert (report["val:a"].verdict, report["part:z>a"].verdict, report.score) == ("eased", "follow_through", 1)


def test_zeros_everywhere_earn_nothing() -> None:
    for seed in range(20):
        problem = problem_of(seed)
        right = [c for c in problem.cells if problem.reference(c) == 0]
        assert grade(problem, dict.fromkeys(problem.cells, "0")).score <= len(right)


def test_transcription() -> None:
    report = grade(NEURON, {"val:z": "0.9", "val:a": "0.622", "val:L": "0.143"})
    assert report["val:z"].flags == ("transcription",) and report["val:a"].verdict == "correct"
    assert "copied wrongly" in str(report)


def test_a_blank_or_unreadable_cell_blocks_nothing() -> None:
    sheet = honest(NEURON, 4)
    for cell in sheet:
        for nothing in ("", "???!", "0,5"):
            found = verdicts({**sheet, cell: nothing}, digits=4)
            assert found.pop(cell) in ("blank", "invalid")
            assert set(found.values()) <= {"correct", "correct_rounding"}


def test_two_errors_are_two_roots() -> None:
    report = grade(NEURON, {"val:z": "0.9", "val:a": "0.711", "part:a>L": "0.5", "grad:z": "0.103"})
    assert report.roots == ["val:z", "part:a>L"]
    assert report["grad:z"].because == ("val:z", "part:a>L") and report["grad:z"].verdict == "follow_through"


# -- laws, on simulated students


@cache
def problem_of(seed: int) -> Problem:
    return random_problem(random.Random(seed))


def marked(problem: Problem, sheet: dict[str, str], digits: int, **options: Any) -> dict[str, str]:
    read = {cell: read_answer(text) for cell, text in sheet.items()}
    return {cell: mark.verdict for cell, mark in Marking(problem, read, Options(digits, **options)).marks.items()}


FAIR = {"correct", "correct_rounding"}


@pytest.mark.parametrize("part", range(5))
def test_honest_students_make_no_mistakes(part: int) -> None:
    """1 000 sheets at 3, 4 and 5 digits: rounded after each step or operation, or cut off; all or some of it asked."""
    for seed in range(200 * part, 200 * part + 200):
        rng = random.Random(seed)
        problem, digits = problem_of(seed % 60), 3 + seed % 3
        cells = problem.cells
        asked = cells if rng.random() < 0.5 else rng.sample(cells, rng.randint(1, len(cells)))
        sheet = honest(problem, digits, asked=asked, inside=seed % 4 == 1, cut=seed % 4 == 2)
        found = marked(problem, sheet, digits)
        assert set(found.values()) <= FAIR, (seed, {c: (sheet[c], v) for c, v in found.items() if v not in FAIR})


def test_more_digits_never_hurt() -> None:
    for seed in range(0, 60, 2):
        problem = problem_of(seed)
        for cell in problem.cells:
            value = problem.reference(cell)
            if value is None or isinstance(value, bool):
                continue
            for digits in (3, 5, 8, 12, 20):
                answer = typed(rounded(value, digits), digits)
                assert marked(problem, {cell: answer}, 3)[cell] in FAIR, (cell, answer)


def test_the_order_of_cells_does_not_matter() -> None:
    for seed in range(25):
        problem = variant(SHAPES[seed % len(SHAPES)], random.Random(seed))
        made = drawn(problem, random.Random(seed), 4)
        assert made is not None
        mixed = list(made[1].items())
        random.Random(seed).shuffle(mixed)
        assert grade(problem, dict(mixed), digits=4).to_dict() == grade(problem, made[1], digits=4).to_dict()


def test_asking_more_never_turns_right_into_wrong() -> None:
    for seed in range(40):
        rng = random.Random(seed)
        problem, digits = problem_of(seed), 3 + seed % 2
        sheet = honest(problem, digits)
        some = rng.sample(sorted(sheet), max(1, len(sheet) // 3))
        few = marked(problem, {cell: sheet[cell] for cell in some}, digits)
        many = marked(problem, sheet, digits)
        assert all(many[cell] != "wrong" for cell in some if few[cell] in FAIR)


@pytest.mark.parametrize("digits", [3, 4])
def test_one_mutated_recipe_is_one_root(digits: int) -> None:
    """What else there is, is carried forward: at least 99 of 100."""
    one = tried = 0
    for seed in range(75):
        problem = variant(SHAPES[seed % len(SHAPES)], random.Random(seed % (2 * len(SHAPES))))
        made = drawn(problem, random.Random(1000 + seed), digits)
        assert made is not None
        mistake, sheet = made
        found = marked(problem, sheet, digits)
        tried += 1
        one += [cell for cell, verdict in found.items() if verdict == "wrong"] == [mistake.cell]
    assert one >= 0.99 * tried - 1


# -- a two-layer network by hand

WEIGHTS = [f"w{i}" for i in range(1, 9)]
MAZUR = golden_problem("mazur", eta="0.5", wrt=WEIGHTS)


def test_a_network_by_hand_at_four_digits() -> None:
    report = grade(MAZUR, honest(MAZUR, 4), digits=4)
    assert report.score == report.max_score == 57
    assert {found.verdict for found in report.values()} <= FAIR


@pytest.mark.parametrize("kept", [0, 1])
def test_an_overwritten_contribution(kept: int) -> None:
    """``=`` where ``+=`` belongs: the hidden unit gets what comes from one output alone."""
    sheet = {cell: Fraction(text) for cell, text in honest(MAZUR, 4).items()}
    part, upstream = MAZUR.quantities["grad:out_h1"].terms[kept].factors
    wrong = honest(MAZUR, 4, changed={"grad:out_h1": lambda _: sheet[part] * sheet[upstream]})
    report = grade(MAZUR, wrong, digits=4)
    assert report.roots == ["grad:out_h1"] and report.score == 56
    found = report["grad:out_h1"].diagnoses[0]
    assert (found.class_, found.level) == ("missing_path", "likely")
    carried = {cell for cell, one in report.items() if one.verdict == "follow_through"}
    assert {"grad:net_h1", "grad:w1", "grad:w2"} <= carried <= {"grad:net_h1", "grad:w1", "grad:w2", "new:w1", "new:w2"}


def test_a_later_layers_updated_weights() -> None:
    sheet = {cell: Fraction(text) for cell, text in honest(MAZUR, 4).items()}

    def new(h: int) -> Fraction:
        return sheet[f"new:w{4 + h}"] * sheet["grad:net_o1"] + sheet[f"new:w{6 + h}"] * sheet["grad:net_o2"]

    wrong = honest(MAZUR, 4, changed={f"grad:out_h{h}": (lambda _, h=h: new(h)) for h in (1, 2)})
    report = grade(MAZUR, wrong, digits=4)
    assert sorted(report.roots) == ["grad:out_h1", "grad:out_h2"]
    assert [m.class_ for m in report.misconceptions] == ["updated_weights"]


# -- published tables


def test_published_tables_that_are_wrong() -> None:
    cases = {case["id"]: case for case in GOLDEN if case["kind"] == "hand_check"}
    assert set(cases) == {"wrong_primelearnpoint", "wrong_cscn8010"}, "a new case: say below what becomes of it"
    claimed = cases["wrong_primelearnpoint"]["claimed"]
    found = verdicts(
        {f"val:{name}": f"{value:.4f}" for name, value in claimed.items()}, golden_problem("mazur"), digits=4
    )
    assert found == {
        "val:net_h1": "wrong", "val:net_h2": "wrong", "val:out_h1": "follow_through", "val:out_h2": "follow_through",
        "val:net_o1": "wrong", "val:net_o2": "wrong",
    }  # fmt: skip
    claimed = cases["wrong_cscn8010"]["claimed"]
    found = verdicts({f"val:{name}": f"{value:.3f}" for name, value in claimed.items()}, golden_problem("cscn8010"))
    assert found == {"val:z2": "wrong", "val:L": "wrong"}


@pytest.mark.parametrize("name", ["sghosh", "cs231n_sigmoid", "mazur", "colah", "hu_not_chain_rule", "cscn8010"])
def test_published_tables_that_were_rounded(name: str) -> None:
    """Numbers as a source prints them are right, or rounded on the way; those that its flags call wrong aside."""
    case = next(case for case in GOLDEN if case["id"] == name)
    printed = case.get("source_printed") or {}
    problem = golden_problem(name)
    sheet = {f"val:{node}": str(text) for node, text in printed.get("values", {}).items() if node in problem.graph}
    derivatives = {**printed.get("grads", {}), **printed.get("adjoints", {})}
    sheet |= {f"grad:{node}": str(text) for node, text in derivatives.items() if node in problem.graph}
    known_wrong = {"cscn8010": {"val:z2", "val:L"}}.get(name, set())
    found = verdicts(
        sheet, problem, digits=2, working_digits=2 if name == "cs231n_sigmoid" else 4 if name == "sghosh" else 3
    )
    wrong = {cell for cell, verdict in found.items() if verdict == "wrong"}
    assert wrong == known_wrong


# -- reports


def test_a_report_for_students_holds_no_reference() -> None:
    for seed in range(20):
        problem = problem_of(seed)
        sheet = dict.fromkeys(problem.cells, "123.456")
        for report in (grade(problem, sheet), pickle.loads(pickle.dumps(grade(problem, sheet)))):
            shown = json.dumps(report.to_dict(), ensure_ascii=False) + str(report)
            shown += "".join(str(report.trace(cell)) for cell in problem.cells)
            data = shown.encode() + pickle.dumps(grade(problem, sheet))
            for cell in problem.cells:
                value = problem.reference(cell)
                if value is None or isinstance(value, bool) or _stands_in(problem, value):
                    continue
                for digits in (5, 8, 15):
                    assert typed(abs(rounded(value, digits)), digits).encode() not in data, cell


def _stands_in(problem: Problem, value: Any) -> bool:
    """Whether a number is short, or is one of the problem itself."""
    return len(typed(rounded(value, 12), 12).rstrip("0")) < 8 or fraction(value).denominator < 10**4


def test_what_is_revealed() -> None:
    found = grade(NEURON, {"val:z": "0.9", "val:a": "0.711"}, reveal=True).to_dict()["cells"]["val:a"]
    assert found["reference"].startswith("0.6224593") and found["follow_through"].startswith("0.7109495")
    a = 0.7109495
    assert found["radius"] == pytest.approx(1.02 * 0.0005 + 2 * a * (1 - a) * 2 * 0.05 / 12**0.5)
    assert "reference" not in grade(NEURON, {"val:a": "0.711"}).to_dict()["cells"]["val:a"]
    assert "(expected 0.5)" in str(grade(NEURON, {"val:z": "0.9"}, reveal=True))


def test_the_schema_of_a_report() -> None:
    data = json.loads(json.dumps(grade(NEURON, {"val:z": "0.9", "val:q": "1"}).to_dict()))
    assert data["schema"] == "compgraph-report/1" and data["problem"] == NEURON.hash
    assert (data["score"], data["max_score"], data["roots"]) == (0.0, 1, ["val:z"])
    assert set(data["cells"]["val:z"]) >= {"verdict", "typed", "read_as", "credit", "diagnoses", "flags"}
    assert "no 'q'" in data["unknown"]["val:q"]


def test_a_teacher_overrides_and_regrades() -> None:
    report = grade(NEURON, {"val:z": "0.9", "val:a": "0.62"})
    better = report.override("val:z", 0.5, reason="copied from the board", comment="see the forum")
    assert (report.score, better.score) == (0.5, 1.0)
    again = better.regrade({"too_few_digits": 1})
    assert again.score == 1.5 and again["val:z"].override is not None
    assert "by the teacher: copied from the board" in str(again)
    with pytest.raises(ValueError, match="from 0 to 1"):
        report.override("val:z", 2)
    with pytest.raises(KeyError, match="not on this sheet"):
        report.override("val:L", 1)


def test_a_trace_shows_where_a_number_comes_from() -> None:
    report = grade(NEURON, {"val:z": "0.9", "part:z>a": "0.3", "grad:a": "-0.5"}, reveal=True)
    assert str(report.trace("grad:z")) == "grad:z = part:z>a · grad:a\n       = 0.3 · (−0.5)\n       = −0.15"
    assert str(report.trace("val:a")).splitlines()[1:] == ["      = sigmoid(0.9)", "      = 0.71095"]
    hidden = grade(NEURON, {"val:z": "0.9"}).trace("val:a")
    assert hidden.numbers == {"val:z": "0.9"} and hidden.result == ""


def test_what_is_on_the_sheet() -> None:
    report = grade(NEURON, {"val:z": "0.9"})
    assert "val:z" in report and " val : z" in report and "val:a" not in report and "grad:q" not in report


def test_a_report_travels() -> None:
    report = grade(NEURON, {"val:z": "0.9", "val:a": "0.711"})
    again = pickle.loads(pickle.dumps(report))
    assert again.to_dict() == report.to_dict() and str(again) == str(report)
    assert again.regrade({"wrong": 0.1}).score == pytest.approx(1.1)


def test_what_is_asked_counts() -> None:
    problem = Problem(NEURON.text, NEURON.at, wrt=["w"], ask=["val", "grad:w"])
    report = grade(problem, {"val:z": "0.5", "val:a": "0.622", "part:z>a": "0.235"})
    assert report.max_score == 4 and report.score == 2  # a cell that nobody asked does not count
    assert report["val:L"].verdict == report["grad:w"].verdict == "blank"


# -- misuse


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"digits": 0}, "digits: expected a whole number from 1 to 40"),
        ({"working_digits": 2.5}, "working_digits"),
        ({"rtol": -1}, "rtol: expected a number ≥ 0"),
        ({"exact": "yes"}, "exact: expected True or False"),
        ({"detail": "all"}, "detail: expected one of locate, name, show"),
        ({"credit": {"right": 1}}, "no verdict 'right'"),
        ({"credit": {"wrong": 2}}, "expected a number from 0 to 1"),
    ],
)
def test_options_are_checked(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        grade(NEURON, {"val:z": "0.5"}, **options)


def test_the_sheet_of_another_problem_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"the sheet of s1 answers another problem: expected b2:"):
        grade(NEURON, Sheet({"val:z": "0.5"}, "s1", "b2:0"))
    with pytest.raises(TypeError, match="expected a mapping"):
        grade(NEURON, ["0.5"])  # type: ignore[arg-type]


def test_hostile_sheets() -> None:
    sheet: dict[Any, Any] = {
        "val:z": "__import__('os').abort()", "val:a": "9**9**9**9", "val:L": "\x00" * 400, "grad:w": ["0.5"],
        "grad:b": float("nan"), "\ud800": "1", "val:" + "z" * 10**4: "1", 7: "1", "part:z>a": "(" * 499,
    }  # fmt: skip
    report = grade(NEURON, sheet)
    assert {found.verdict for found in report.values()} == {"invalid"} and len(report.unknown) == 3
    assert str(report) and json.dumps(report.to_dict())


STRANGE = (
    "0",
    "1",
    "-1",
    "0.5",
    "1e300",
    "-1e-300",
    "1e400",
    "1/3",
    "99999999999999999999",
    "0.000",
    "1e-400",
    "pi",
    "sqrt(2)",
    "1/7^100",
    "7^80",
    "a*1000^99",
    "exp(1000a)",
    "ln(a)",
    "a^a",
    "1/(a-a)",
    "a^(-50)",
    "a + a = 0.5",
    "10^400 a",
    "a > 0",
    "(",
    "=",
    "where(a > 0, a, 1/0)",
    "9^9^9^9",
    "",
    "a = a = a",
    "1/0",
    "-a^0.5",
)


def test_any_sheet_is_marked() -> None:
    """Numbers and formulas at the end of the world, in every kind of cell."""
    rng = random.Random(6)
    for seed in range(60):
        problem = problem_of(seed)
        names = list(problem.graph)
        sheet = {cell: rng.choice(STRANGE).replace("a", rng.choice(names)) for cell in problem.cells}
        sheet |= {f"dgrad:{name}": rng.choice(STRANGE).replace("a", rng.choice(names)) for name in problem.inputs}
        report = grade(problem, sheet, digits=rng.choice((1, 3, 12)), exact=seed % 5 == 0, reveal=seed % 2 == 0)
        assert len(report) == len(sheet) and str(report) and json.dumps(report.to_dict())


def test_credit_is_a_table() -> None:
    assert CREDIT["correct"] == CREDIT["follow_through"] == 1 and CREDIT["eased"] == CREDIT["wrong"] == 0
    with pytest.raises(ParseError):
        grade(NEURON, {}).problem.quantities.name("val")

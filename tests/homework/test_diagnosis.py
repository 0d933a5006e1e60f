"""What a diagnosis says: the mistake by name, its twins, silence where chance explains as much, and no numbers."""

from __future__ import annotations

import math
import random
import re
import time
from collections import Counter
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from compgraph.homework import Problem, Report, grade, read_answer
from compgraph.homework.diagnosis import Diagnosis, diagnose, groups, misconceptions
from compgraph.homework.hypotheses import rounded
from compgraph.homework.marking import Marking
from compgraph.homework.mutations import mutations
from compgraph.homework.precise import fraction
from compgraph.homework.priors import load_priors, priors
from compgraph.homework.verdict import Options
from tests.homework.mistaken import SHAPES, Mistake, drawn, is_made, variant
from tests.homework.students import golden_problem, honest, typed
from tests.homework.students import rounded as to_digits

NEURON = Problem(
    "z = w*x + b; a = sigmoid(z); L = (a - t)^2",
    {"w": "0.6", "x": "1.4", "b": "-0.37", "t": "1"},
    wrt=["w", "b"], eta="0.3", batch=3,
)  # fmt: skip
DIAMOND = Problem("u = x^2; v = sin(x); y = u*v", {"x": "1.7"})
PRODUCT = Problem("y = x^2*sin(x)", {"x": "1.7"})
QUOTIENT = Problem("y = sin(x)/x^2", {"x": "1.7"})
COMPOSED = Problem("y = sin(x^3)", {"x": "1.3"})
LOGARITHM = Problem("y = ln(x)", {"x": "1.7"})
LAYERS = Problem(
    "z1 = w1*x + b1; a1 = sigmoid(z1); z2 = w2*a1 + b2; a2 = sigmoid(z2); L = (a2 - y)^2/2",
    {"w1": "0.43", "x": "0.51", "b1": "0.52", "w2": "0.83", "b2": "-0.21", "y": "0.9"},
    wrt=["w1", "b1", "w2", "b2"], eta="0.7",
)  # fmt: skip

# the right numbers of the neuron, computed here and nowhere else
W, X, B, T, ETA = 0.6, 1.4, -0.37, 1.0, 0.3
Z = W * X + B
A = 1 / (1 + math.exp(-Z))
SLOPE, ERROR = A * (1 - A), 2 * (A - T)
GZ = SLOPE * ERROR
GW = GZ * X
P, C, S = 1.7, math.cos(1.7), math.sin(1.7)
Z1 = 0.43 * 0.51 + 0.52
A1 = 1 / (1 + math.exp(-Z1))
A2 = 1 / (1 + math.exp(-(0.83 * A1 - 0.21)))
GZ2 = (A2 - 0.9) * A2 * (1 - A2)
# the new weight and the adjoint as they stand on a sheet with six digits
RENEWED = 0.865945 * -0.0758662


def wrong_sheet(problem: Problem, cell: str, value: float, digits: int = 6) -> dict[str, str]:
    """A full sheet with one wrong number, and what follows from it."""
    return honest(problem, digits, changed={cell: lambda _: to_digits(Fraction(value), 12)})


MADE = [
    ("forward_slip", NEURON, "val:z", W * X),
    ("forward_slip", NEURON, "val:z", W * X - B),
    ("forward_slip", NEURON, "val:z", W + X + B),
    ("early_rounding", NEURON, "val:L", (round(A, 2) - T) ** 2),
    ("sign_local", NEURON, "part:a>L", -ERROR),
    ("sign_overall", NEURON, "part:a>L", -ERROR),
    ("dropped_local_factor", NEURON, "grad:w", GZ),
    ("missing_upstream", NEURON, "grad:z", SLOPE),
    ("added_factors", NEURON, "grad:z", SLOPE + ERROR),
    ("reciprocal", NEURON, "grad:z", ERROR / SLOPE),
    ("value_for_gradient", NEURON, "grad:z", Z),
    ("constant_factor", NEURON, "part:a>L", A - T),
    ("batch_factor", NEURON, "grad:w", 3 * GW),
    ("batch_factor", NEURON, "grad:w", GW / 9),
    ("wrong_point", NEURON, "part:z>a", Z * (1 - Z)),
    ("wrong_point", COMPOSED, "part:x>y", math.cos(1.3) * 3 * 1.3**2),
    ("wrong_rule", NEURON, "part:z>a", 1 - A**2),
    ("wrong_rule", COMPOSED, "part:x>y", math.cos(1.3**3) * 3 * 1.3**3),
    ("wrong_rule", LOGARITHM, "part:x>y", math.log(1.7)),
    ("constant_factor", COMPOSED, "part:x>y", math.cos(1.3**3) * 9 * 1.3**2),
    ("dropped_local_factor", COMPOSED, "part:x>y", math.cos(1.3**3)),
    ("update_sign", NEURON, "new:w", W + ETA * GW),
    ("no_eta", NEURON, "new:w", W - GW),
    ("decimal_shift", NEURON, "grad:w", 10 * GW),
    ("copied_cell", NEURON, "val:L", A),
    ("missing_path", DIAMOND, "grad:x", 2 * P * S),
    ("missing_path", DIAMOND, "grad:x", C * P**2),
    ("sign_path", DIAMOND, "grad:x", 2 * P * S - C * P**2),
    ("multiplied_paths", DIAMOND, "grad:x", 2 * P * S * C * P**2),
    ("averaged_paths", DIAMOND, "grad:x", (2 * P * S + C * P**2) / 2),
    ("product_rule", PRODUCT, "part:x>y", 2 * P * C),
    ("missing_path", PRODUCT, "part:x>y", 2 * P * S),
    ("product_rule", QUOTIENT, "part:x>y", C / (2 * P)),
    ("degrees_radians", DIAMOND, "val:v", math.sin(math.radians(1.7))),
    ("degrees_radians", DIAMOND, "part:x>v", math.cos(math.radians(1.7))),
    ("log_base", LOGARITHM, "val:y", math.log10(1.7)),
    ("log_base", LOGARITHM, "part:x>y", 1 / (1.7 * math.log(10))),
    ("updated_weights", LAYERS, "grad:a1", RENEWED),
    ("updated_weights", LAYERS, "part:a1>z2", 0.83 - 0.7 * GZ2 * A1),
]


@pytest.mark.parametrize(("class_", "problem", "cell", "value"), MADE)
def test_a_mistake_is_named(class_: str, problem: Problem, cell: str, value: float) -> None:
    report = grade(problem, wrong_sheet(problem, cell, value), digits=6)
    assert report.roots == [cell]
    first = report[cell].diagnoses[0]
    assert class_ in (first.class_, *first.twins)
    assert first.level == "likely"


def test_every_kind_of_mistake_is_made_in_a_test_above() -> None:
    arrays = {"missing_transpose", "transposed", "sum_over_batch", "swapped_rows", "swapped_columns"}  # test_blocks
    elsewhere = {"teacher", "digit_transposition", *arrays}
    assert set(priors()) == {class_ for class_, *_ in MADE} | elsewhere


def test_digits_exchanged() -> None:
    right = to_digits(Fraction(A), 4)  # 0.6154
    assert typed(right, 4) == "0.6154"
    sheet = {**honest(NEURON, 4), "val:a": "0.6514"}
    (found,) = grade(NEURON, sheet, digits=4)["val:a"].diagnoses
    assert found.class_ == "digit_transposition"


# -- what a diagnosis is about


def test_where_and_what() -> None:
    report = grade(DIAMOND, wrong_sheet(DIAMOND, "grad:x", 2 * P * S), digits=6)
    (found,) = report["grad:x"].diagnoses
    assert found.where == "part:x>v" and found.message == "a contribution to ∂y/∂x is missing: that of v"


def test_answered_cells_are_facts() -> None:
    """A mistake in a cell that is answered, and right, is no explanation of a later one."""
    wrong = typed(to_digits(Fraction(2 * (A - T) * Z * (1 - Z) * X), 6), 6)  # σ′ = z(1 − z)
    alone = grade(NEURON, {"grad:w": wrong}, digits=6)
    sheet = grade(NEURON, {**honest(NEURON, 6), "grad:w": wrong}, digits=6)
    assert [d.class_ for d in alone["grad:w"].diagnoses] == ["wrong_point"]
    assert "wrong_point" not in {name for d in sheet["grad:w"].diagnoses for name in (d.class_, *d.twins)}


def test_a_mistake_before_an_unanswered_cell_is_found_there() -> None:
    value = 2 * (A - T) * Z * (1 - Z) * X  # σ′ = z(1 − z), on the way to ∂L/∂w
    report = grade(NEURON, {"grad:w": typed(to_digits(Fraction(value), 6), 6)}, digits=6)
    (found,) = report["grad:w"].diagnoses
    assert (found.class_, found.where, found.level) == ("wrong_point", "part:z>a", "likely")
    assert found.message.startswith("in ∂a/∂z: ")


def test_own_wrong_numbers_are_used() -> None:
    """The second mistake on a sheet is found on the student's own numbers."""
    first = honest(NEURON, 6, changed={"val:z": lambda _: Fraction("0.84")})
    second = {**first, "grad:z": typed(to_digits(Fraction(first["part:z>a"]), 6), 6)}
    report = grade(NEURON, second, digits=6)
    assert report.roots[:2] == ["val:z", "grad:z"]
    assert report["val:z"].diagnoses[0].class_ == "forward_slip"
    assert report["grad:z"].diagnoses[0].class_ == "missing_upstream"


def test_twins_are_one_entry() -> None:
    report = grade(NEURON, wrong_sheet(NEURON, "part:a>L", A - T), digits=6)
    (found,) = report["part:a>L"].diagnoses
    assert {"constant_factor", "wrong_rule"} <= {found.class_, *found.twins}
    assert len(set(found.twins)) == len(found.twins) and found.class_ not in found.twins


def test_mistakes_that_are_the_same_at_this_point_only_are_no_twins() -> None:
    # x·x³/x is 2·x² at x = 2: an exponent not lowered, or the factor two
    problem = Problem("y = sin(x^2)", {"x": "2"})
    answer = read_answer(typed(to_digits(Fraction(math.cos(4) * 8), 6), 6))
    found = diagnose(problem, problem.environment, "part:x>y", answer, working=6)
    assert [(d.class_, d.level) for d in found] == [("constant_factor", "possible"), ("wrong_rule", "possible")]


def test_the_path_sum_of_a_wrong_network() -> None:
    """A published example with one contribution overwritten instead of added."""
    problem = golden_problem("mazur", eta="0.5", wrt=[f"w{i}" for i in range(1, 9)])
    right = honest(problem, 4)
    assert grade(problem, right, digits=4).roots == []
    assert grade(problem, right, digits=4).score == len(right)

    def second_only(_: Any) -> Fraction:
        return Fraction(right["part:out_h1>net_o2"]) * Fraction(right["grad:net_o2"])

    report = grade(problem, honest(problem, 4, changed={"grad:out_h1": second_only}), digits=4)
    assert report.roots == ["grad:out_h1"]
    (found,) = report["grad:out_h1"].diagnoses
    assert (found.class_, found.level, found.where) == ("missing_path", "likely", "part:out_h1>net_o1")
    assert {c: r.verdict for c, r in report.items() if r.verdict not in ("correct", "correct_rounding")} == {
        "grad:out_h1": "wrong", **dict.fromkeys(["grad:net_h1", "grad:w1", "grad:w2"], "follow_through"),
    } | {c: r.verdict for c, r in report.items() if r.verdict == "follow_through"}  # fmt: skip


@pytest.mark.parametrize("asked", ["all", "no partials"])
def test_a_later_layers_new_weights(asked: str) -> None:
    problem = golden_problem("mazur", eta="0.5", wrt=[f"w{i}" for i in range(1, 9)])
    right = {cell: Fraction(text) for cell, text in honest(problem, 4).items()}
    changed = {
        f"grad:out_h{h}": lambda _, h=h: (
            right[f"new:w{4 + h}"] * right["grad:net_o1"] + right[f"new:w{6 + h}"] * right["grad:net_o2"]
        )
        for h in (1, 2)
    }
    cells = [cell for cell in right if asked == "all" or not cell.startswith("part:")]
    report = grade(problem, honest(problem, 4, asked=cells, changed=changed), digits=4)
    assert sorted(report.roots) == ["grad:out_h1", "grad:out_h2"]
    assert [d.class_ for root in report.roots for d in report[root].diagnoses] == ["updated_weights"] * 2
    (shared,) = report.misconceptions
    assert shared.class_ == "updated_weights" and sorted(shared.cells) == sorted(report.roots)


# -- how sure it is


def test_a_coarse_number_is_never_called_likely() -> None:
    levels = Counter()
    for cell in ("val:a", "val:L", "part:z>a", "part:a>L", "grad:a", "grad:z", "grad:w"):
        for number in ("0.3", "-0.2", "0.7", "-0.5"):
            found = diagnose(NEURON, NEURON.environment, cell, read_answer(number), working=3)
            levels.update(d.level for d in found)
            assert len(found) <= 3
    assert levels["likely"] == 0


def test_an_unexplained_number_has_no_diagnosis() -> None:
    assert grade(NEURON, {"grad:w": "12.3457"}, digits=6)["grad:w"].diagnoses == ()


def test_several_explanations_are_possible_ones() -> None:
    problem = Problem("y = a*b", {"a": "2", "b": "2"})
    found = diagnose(problem, problem.environment, "val:y", read_answer("2.00"), working=3)
    assert len(found) > 1 and {d.level for d in found} == {"possible"}


def test_rounding_on_the_way_is_allowed_for_where_nothing_matches_exactly() -> None:
    """A student who carries three digits in the head makes a mistake; the numbers between are not on the sheet."""
    head = to_digits(to_digits(Fraction(SLOPE), 3) * Fraction(X), 3)  # ∂L/∂a taken as 1
    exact = to_digits(Fraction(SLOPE * X), 6)
    assert head != exact
    answer = read_answer(typed(to_digits(head, 6), 6))
    assert answer.half < abs(head - Fraction(SLOPE * X))
    found = diagnose(NEURON, NEURON.environment, "grad:w", answer, working=3)
    assert "missing_upstream" in {name for d in found for name in (d.class_, *d.twins)}
    assert diagnose(NEURON, NEURON.environment, "grad:w", answer, working=None) == ()


@cache
def problem_of(seed: int) -> Problem:
    return variant(SHAPES[seed % len(SHAPES)], random.Random(seed))


def made(seed: int, digits: int) -> tuple[Problem, Mistake, dict[str, str]]:
    problem = problem_of(seed % len(SHAPES))
    found = drawn(problem, random.Random(seed), digits)
    assert found is not None
    return problem, *found


@pytest.mark.parametrize(("digits", "share"), [(4, 0.95), (3, 0.9)])
def test_the_right_group_is_named_first(digits: int, share: float) -> None:
    named = roots = 0
    seeds = range(100)
    for seed in seeds:
        problem, mistake, sheet = made(seed, digits)
        marking = Marking(problem, {c: read_answer(text) for c, text in sheet.items()}, Options(digits))
        wrong = [cell for cell, mark in marking.marks.items() if mark.verdict == "wrong"]
        roots += wrong == [mistake.cell]
        answer = marking.answers[mistake.cell]
        _, found = groups(problem, marking.own, mistake.cell, answer, working=digits)
        said = diagnose(problem, marking.own, mistake.cell, answer, working=digits)
        named += bool(said) and any(is_made(member, mistake) for member in found[0].members)
    assert named >= share * len(seeds)
    assert roots >= 0.99 * len(seeds)


@pytest.mark.parametrize("digits", [3, 4])
def test_random_wrong_numbers_are_hardly_ever_explained(digits: int) -> None:
    rng = random.Random(digits)
    claimed = tried = 0
    while tried < 400:
        problem = problem_of(rng.randrange(len(SHAPES)))
        cell = rng.choice(problem.cells)
        right = problem.reference(cell)
        if right is None or right == 0:
            continue
        factor = Fraction(math.exp(rng.uniform(-math.log(3), math.log(3))))
        answer = read_answer(typed(to_digits(fraction(right) * factor, digits), digits))
        if abs(factor - 1) > Fraction(1, 20):
            tried += 1
            found = diagnose(problem, problem.environment, cell, answer, working=digits)
            claimed += any(d.level == "likely" for d in found)
    assert claimed <= 0.01 * tried


# -- what it says


NUMBER = re.compile(r"\d")


def names_removed(text: str, problem: Problem) -> str:
    for name in sorted(problem.graph, key=len, reverse=True):
        text = text.replace(name, "")
    return text


@pytest.mark.parametrize("detail", ["locate", "name", "show"])
def test_a_message_for_students_holds_no_number(detail: str) -> None:
    for seed in range(40):
        problem, mistake, sheet = made(seed, 4)
        report = grade(problem, sheet, digits=4, detail=detail)
        for found in report[mistake.cell].diagnoses:
            assert not NUMBER.search(names_removed(found.message, problem)), found.message


def test_every_template_can_be_filled_in_without_a_number() -> None:
    for name in SHAPES:
        problem = golden_problem(name, eta="0.5", batch=5)
        for cell in problem.cells:
            for mutation in mutations(problem, cell):
                prior = priors()[mutation.class_]
                for template in (prior.title, prior.locate, prior.name):
                    said = template.format(cell="", what=mutation.what)
                    assert not NUMBER.search(names_removed(said, problem)), said


def test_details() -> None:
    sheet = wrong_sheet(DIAMOND, "grad:x", 2 * P * S)
    said = {
        (detail, reveal): grade(DIAMOND, sheet, digits=6, detail=detail, reveal=reveal)["grad:x"].diagnoses[0].message
        for detail in ("locate", "name", "show")
        for reveal in (False, True)
    }
    assert said["locate", False] == said["locate", True] == "check the sum that gives ∂y/∂x"
    assert said["name", False] == said["name", True] == said["show", False]
    assert said["show", True].startswith(said["name", True])
    assert "(∂u/∂x)·(∂y/∂u) gives ∂y/∂x = 3.37166" in said["show", True]
    assert f"{2 * P * S + C * P**2:.6g}" in said["show", True]


def test_a_diagnosis_never_changes_the_score() -> None:
    for seed in range(10):
        problem, _, sheet = made(seed, 4)
        marking = Marking(problem, {c: read_answer(text) for c, text in sheet.items()}, Options(4))
        assert grade(problem, sheet, digits=4).score == Report(marking).score


def test_a_report_with_diagnoses_is_plain_data() -> None:
    data = grade(DIAMOND, wrong_sheet(DIAMOND, "grad:x", 2 * P * S), digits=6).to_dict()
    (found,) = data["cells"]["grad:x"]["diagnoses"]
    assert set(found) == {"class", "level", "where", "message", "twins"}
    assert found["class"] == "missing_path" and isinstance(found["twins"], list)


# -- several cells


def test_one_mistake_in_several_cells_is_reported_once() -> None:
    sheet = honest(LAYERS, 6)
    wrong = {"part:z1>a1": Z1 * (1 - Z1), "part:z2>a2": (0.83 * A1 - 0.21) * (1 - (0.83 * A1 - 0.21))}
    report = grade(LAYERS, {**sheet, **{c: typed(to_digits(Fraction(v), 6), 6) for c, v in wrong.items()}}, digits=6)
    (shared,) = report.misconceptions
    assert shared.class_ == "wrong_point" and shared.cells == tuple(wrong)


def test_a_single_mistake_is_no_misconception() -> None:
    report = grade(NEURON, wrong_sheet(NEURON, "val:z", W * X), digits=6)
    assert report["val:z"].diagnoses and report.misconceptions == ()


def test_cells_are_counted_in_one_misconception_each() -> None:
    def d(class_: str, *twins: str) -> Diagnosis:
        return Diagnosis(class_, "likely", "", "", twins)

    found = {"a": [d("sign_local", "reciprocal")], "b": [d("sign_local")], "c": [d("reciprocal")], "d": [d("no_eta")]}
    (first,) = misconceptions(found)
    assert first.class_ == "sign_local" and first.cells == ("a", "b")
    assert misconceptions({**found, "e": [d("reciprocal")]})[1].cells == ("c", "e")


# -- the teacher's own


def with_hypothesis(**table: str) -> Problem:
    return Problem("z = w*x + b; a = sigmoid(z)", {"w": "0.6", "x": "1.4", "b": "-0.37"}, hypotheses=[table])


def test_a_teachers_own_mistake_comes_first() -> None:
    problem = with_hypothesis(cell="grad:w", formula="grad:z + x", message="Added x instead of multiplying by x.")
    report = grade(problem, {**honest(problem, 6), "grad:w": typed(to_digits(Fraction(SLOPE + X), 6), 6)}, digits=6)
    found = report["grad:w"].diagnoses[0]
    assert found.class_ == "teacher" and found.message == "Added x instead of multiplying by x."
    assert "added_factors" in found.twins


@pytest.mark.parametrize(
    ("formula", "value"),
    [("part:w>z*grad:z^2", X * SLOPE**2), ("2 val:a - x", 2 * A - X), ("part: z > a", SLOPE), ("3/7", 3 / 7)],
)
def test_formulas_of_teachers(formula: str, value: float) -> None:
    problem = with_hypothesis(cell=" grad : w", formula=formula, message="No.")
    found = grade(problem, {"grad:w": f"{value:.8f}"}, digits=6)["grad:w"].diagnoses
    assert "teacher" in {name for d in found for name in (d.class_, *d.twins)}


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"cell": "grad:w", "formula": "grad:z"}, "no message"),
        ({"cell": "grad:q", "formula": "x", "message": "m"}, "hypothesis.*1"),
        ({"cell": "grad:w", "formula": "grad:z +", "message": "m"}, "hypothesis.*1"),
        ({"cell": "grad:w", "formula": "grad:z*q", "message": "m"}, "hypothesis.*q"),
    ],
)
def test_a_faulty_hypothesis_is_the_teachers_error(table: dict[str, str], message: str) -> None:
    problem = with_hypothesis(**table)
    with pytest.raises(ValueError, match=message):
        grade(problem, {"grad:w": "12.3"})


# -- formulas


@pytest.mark.parametrize(
    ("formula", "class_"),
    [
        ("2x*sin(x)", "missing_path"),
        ("2x*sin(x) - x^2*cos(x)", "sign_local"),
        ("2x*cos(x)", ""),
        ("2x + cos(x)", "missing_upstream"),
    ],
)
def test_a_symbolic_derivative(formula: str, class_: str) -> None:
    report = grade(DIAMOND, {"dgrad:x": formula})
    found = report["dgrad:x"].diagnoses
    assert report["dgrad:x"].verdict == "wrong"
    assert (found[0].class_ if found else "") == class_
    if found:
        assert found[0].level == "likely"


def test_a_formula_in_a_number_cell() -> None:
    report = grade(NEURON, {"part:z>a": "z*(1-z)"})
    assert report["part:z>a"].diagnoses[0].class_ == "wrong_point"


def test_a_symbolic_derivative_in_one_statement() -> None:
    report = grade(PRODUCT, {"dgrad:x": "2x*cos(x)"})
    assert report["dgrad:x"].diagnoses[0].class_ == "product_rule"


# -- the table


def test_priors_are_those_of_the_design() -> None:
    expected = {
        9: "missing_path dropped_local_factor sign_local sign_overall updated_weights",
        8: "constant_factor batch_factor product_rule degrees_radians update_sign",
        7: "wrong_point missing_upstream log_base no_eta",
        6: "wrong_rule added_factors digit_transposition decimal_shift",
        5: "sign_path forward_slip",
        4: "multiplied_paths copied_cell",
        3: "value_for_gradient reciprocal",
        2: "averaged_paths",
    }
    assert {name: prior for prior, names in expected.items() for name in names.split()}.items() <= {
        name: row.prior for name, row in priors().items()
    }.items()


def test_a_teacher_may_edit_the_table(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('[wrong_rule]\nprior = 9\nname = "look up the rule for {what}"\n', "utf-8")
    table = load_priors(path)
    assert table["wrong_rule"].prior == 9 and table["wrong_rule"].locate == priors()["wrong_rule"].locate
    answer = read_answer(typed(to_digits(Fraction(A - T), 6), 6))
    usual = diagnose(NEURON, NEURON.environment, "part:a>L", answer, working=6)
    mine = diagnose(NEURON, NEURON.environment, "part:a>L", answer, working=6, table=table)
    assert (usual[0].class_, mine[0].class_) == ("constant_factor", "wrong_rule")
    assert mine[0].message == "look up the rule for the power"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[wrong_rule]\nprior = 12", "prior = 1 to 9"),
        ("[wrong_rule]\nprior = true", "prior = 1 to 9"),
        ("[wrong_ruler]\nprior = 3", "unknown mistake 'wrong_ruler'"),
        ('[wrong_rule]\nname = "{secret}"', "{cell} and {what}"),
        ('[wrong_rule]\nname = "{what.__class__}"', "{cell} and {what}"),
        ('[wrong_rule]\nname = "{what!r}"', "{cell} and {what}"),
        ('[wrong_rule]\nname = "{"', "{cell}"),
        ("prior = 3", "unknown mistake"),
        ("[wrong_rule", "expected TOML"),
    ],
)
def test_a_faulty_table_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(ValueError, match=re.escape(message)):
        load_priors(path)


# -- bounds


@pytest.mark.parametrize(
    ("text", "point"),
    [
        ("y = " + " + ".join(f"sin({k}x)*x" for k in range(1, 400)), {"x": "0.7"}),
        ("; ".join(["x0 = x", *(f"x{k + 1} = sin(x{k}) + x{k}/2" for k in range(800))]), {"x": "0.7"}),
    ],
    ids=["wide", "deep"],
)
def test_time_and_number_of_hypotheses_are_bounded(text: str, point: dict[str, str]) -> None:
    problem = Problem(text, point)
    suspicion = problem.mistakes.about(problem.environment, "grad:x")
    found = list(suspicion.structural())
    assert 20 < len(found) <= 2000
    start = time.process_time()
    diagnose(problem, problem.environment, "grad:x", read_answer("0.123"), working=4)
    assert time.process_time() - start < 1  # 0.1 s is measured in tests/benchmarks


@pytest.mark.parametrize("number", ["0", "0.000", "1e300", "-1e-300", "99999999999999999999", "1/3", "pi", "1e400"])
def test_strange_numbers(number: str) -> None:
    answer = read_answer(number)
    for cell in NEURON.cells:
        for found in diagnose(NEURON, NEURON.environment, cell, answer, working=3):
            assert found.level in ("likely", "possible")


def test_the_branch_not_taken_does_no_harm() -> None:
    problem = Problem("h = where(x > 0, sqrt(x), 0); y = h*x + x", {"x": "-1.3"})
    found = grade(problem, {**honest(problem, 4), "grad:x": "-1"}, digits=4)["grad:x"].diagnoses
    assert {name for d in found for name in (d.class_, *d.twins)} >= {"sign_overall"}


@pytest.mark.parametrize(("value", "digits", "expected"), [(0.23456, 2, 0.23), (-1996.0, 3, -2000.0), (0.0, 3, 0.0)])
def test_rounding(value: float, digits: int, expected: float) -> None:
    assert rounded(value, digits) == expected


def test_the_order_of_the_sheet_does_not_matter() -> None:
    problem, mistake, sheet = made(7, 4)
    backwards = dict(reversed(list(sheet.items())))
    assert (
        grade(problem, sheet, digits=4)[mistake.cell].diagnoses
        == grade(problem, backwards, digits=4)[mistake.cell].diagnoses
    )

"""Variants: numbers that follow from a seed for ever, that are pleasant, and at which mistakes show."""

from __future__ import annotations

import itertools
import time
from collections.abc import Mapping
from fractions import Fraction
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compgraph.homework import Problem, grade, load_sheet, load_sheets
from compgraph.homework.diagnosability import LIKELY, Diagnosability, Rehearsal
from compgraph.homework.draws import candidates, draw
from compgraph.homework.environment import Environment, Given
from compgraph.homework.floats import Numbers
from compgraph.homework.picking import CONDITION, Picker, condition
from compgraph.homework.precise import fraction
from compgraph.homework.priors import priors
from compgraph.homework.variants import Variant, printed, student_seed, variant, variants
from compgraph.homework.worksheet import Worksheet

ASK = ["val", "part", "grad"]
PROBLEMS: Mapping[str, Problem] = {
    "neuron": Problem(
        "z = w*x + b; a = sigmoid(z); L = (a - t)^2", {"w": "0.6", "x": "1.5", "b": "-0.4", "t": "1"},
        wrt=["w", "b"], eta="0.5", fixed=["t"],
    ),
    "worked": Problem("t = x^2; u1 = sin(t); u2 = 3t; u = u1 + u2; J = cos(u)", {"x": "2"}),
    "shared": Problem("s = x^2; p = 3*y^2; f = s*p + x*y", {"x": "2", "y": "3"}),
    "relu": Problem(
        "z = w*x + b; a = relu(z); c = v*a; L = (c - t)^2/2",
        {"w": "0.5", "x": "2", "b": "0.3", "v": "1.5", "t": "0.4"},
    ),
    "where": Problem("y = where(x > 3, x^2, sin(x)); f = y*exp(-x)", {"x": "4.5"}),
    "comma": Problem("y = 0,3*x + sin(x*k)", {"x": "1,75", "k": "2"}, decimal_comma=True),
}  # fmt: skip


@cache
def made(name: str, seed: str = "a seed") -> Variant:
    return variant(PROBLEMS[name], seed, ask=ASK)


# -- seeds


def test_a_seed_depends_on_the_secret_the_student_and_the_problem_and_on_nothing_else() -> None:
    base, other = PROBLEMS["neuron"], PROBLEMS["worked"]
    seeds = [
        student_seed("secret", "s1", base),
        student_seed("secret", "s2", base),
        student_seed("Secret", "s1", base),
        student_seed("secret", "s1", other),
    ]
    assert len(set(seeds)) == 4 and all(len(seed) == 16 and int(seed, 16) >= 0 for seed in seeds)
    assert seeds[0] == student_seed(b"secret", " s1\n", base)
    assert student_seed("s", "Zoe\u0308", base) == student_seed("s", "Zo\u00eb", base)
    # neighbours in one message are not the same as in another
    assert student_seed("s", 's1", "b2', base) != student_seed("s", "s1", base)
    with pytest.raises(ValueError, match="secret: expected the course's own"):
        student_seed("", "s1", base)
    with pytest.raises(ValueError, match="student: expected an id"):
        student_seed("secret", " ", base)


def test_what_was_printed_once_is_the_same_for_ever() -> None:
    """These numbers are on paper somewhere: no later version may draw others."""
    base = PROBLEMS["neuron"]
    assert student_seed("secret", "s123", base) == "fbe2e1bf506a19d0"
    assert printed(base, "abc#0").at == {"w": "0.7", "x": "2.4", "b": "-0.4", "t": "1"}
    assert printed(base, "abc#7").at == {"w": "1.1", "x": "2.6", "b": "-0.4", "t": "1"}


@pytest.mark.parametrize("name", PROBLEMS)
def test_a_printed_seed_gives_the_problem_back(name: str) -> None:
    base, one = PROBLEMS[name], made(name)
    again = printed(base, f" {one.seed}\n")
    assert again.hash == one.problem.hash != base.hash
    assert again.at == one.problem.at and again.text == base.text and again.fixed == base.fixed
    assert variant(base, one.seed, ask=ASK).problem.at == one.problem.at
    assert int(one.seed.partition("#")[2]) == sum(one.refused.values())


@pytest.mark.parametrize("seed", ["abc", "#", "abc#x", "abc#1234567", "a#b#1", "abc#١"])
def test_a_seed_that_was_not_printed_is_refused(seed: str) -> None:
    with pytest.raises(ValueError, match="expected one as it is printed"):
        printed(PROBLEMS["neuron"], seed)


def test_a_seed_that_somebody_made_up_is_an_error_of_the_sheet() -> None:
    base = Problem("y = ln(x - 3)", {"x": "4.5"})
    choices = candidates(base)
    bad = next(i for i in range(100) if draw("mine", i, choices)["x"] <= 3)
    with pytest.raises(ValueError, match="seed: expected one that was printed for this problem"):
        printed(base, f"mine#{bad}")


@pytest.mark.parametrize("seed", ["", " ", "a#b", "a\nb", "a\0"])
def test_a_seed_that_cannot_be_printed_is_refused(seed: str) -> None:
    with pytest.raises(ValueError, match="seed: expected text"):
        variant(PROBLEMS["worked"], seed)


# -- the numbers


@pytest.mark.parametrize("name", PROBLEMS)
@pytest.mark.parametrize("seed", ["a seed", "another", "7"])
def test_numbers_are_pleasant_and_nothing_is_trivial(name: str, seed: str) -> None:
    base, found = PROBLEMS[name], made(name, seed).problem
    environment, cells = found.environment, found.expanded(ASK)
    assert found.solution.warnings == []  # no kinks
    for given_name in found.inputs:
        number = fraction(environment.value(f"val:{given_name}"))
        if given_name in base.fixed:
            assert found.at[given_name] == base.at[given_name]
            continue
        usual = fraction(base.environment.value(f"val:{given_name}"))
        assert number not in (0, 1, -1) and (number > 0) == (usual > 0)
        assert (100 * number).denominator == 1 and len(str(found.at[given_name]).strip("-0.,")) <= 4
        assert usual / 2 <= number <= 2 * usual or abs(number - usual) <= 9 * Fraction(1, 10) or number <= 10
    values = {cell: environment.value(cell) for cell in cells}
    numbers = {cell: fraction(value) for cell, value in values.items() if not isinstance(value, bool)}
    always = {cell for cell in numbers if is_constant(name, cell)}
    assert not [cell for cell, number in numbers.items() if number in (0, 1, -1) and cell not in always]
    assert all(Fraction(1, 10_000) <= abs(number) <= 100_000 for cell, number in numbers.items() if cell not in always)
    assert all(condition(environment, cell) <= CONDITION for cell in numbers)
    for one, other in itertools.combinations(sorted(numbers), 2):
        if f"{float(numbers[one]):.3e}" == f"{float(numbers[other]):.3e}":
            assert is_same(name, one, other), (one, other)


@cache
def drawn(name: str) -> list[dict[str, Fraction]]:
    """The cells at other good numbers of the same problem."""
    found = []
    for seed in ("b", "c", "d"):
        environment = made(name, seed).problem.environment
        found.append(
            {c: fraction(environment.value(c)) for c in environment.quantities if environment.value(c) is not None}
        )
    return found


def is_constant(name: str, cell: str) -> bool:
    return len({point[cell] for point in drawn(name)}) == 1


def is_same(name: str, one: str, other: str) -> bool:
    return all(abs(point[one] - point[other]) < Fraction(1, 10**20) for point in drawn(name))


@pytest.mark.parametrize("name", ["neuron", "worked", "shared"])
def test_likely_mistakes_show_and_are_told_apart(name: str) -> None:
    """Looked at in another way than the picker does: by what a diagnosis suspects on a sheet filled in."""
    found = made(name)
    problem, digits = found.problem, 4
    reference, cells = problem.environment, problem.expanded(ASK)
    table, bad = priors(), []
    for cell in cells:
        given_cells = {c: Given(fraction(reference.value(c))) for c in cells if c != cell}
        sheet = Environment(
            problem.quantities, reference.point, reference.arithmetic, given=given_cells, base=reference
        )
        suspicion = problem.mistakes.about(sheet, cell)
        likely = [h for h in suspicion.structural(at_point=False) if table[h.mutation.class_].prior >= LIKELY]
        assert likely
        for hypothesis in likely:
            points = [tuple(suspicion.at_points(hypothesis))]
            right = tuple(problem.mistakes.formula(cell)(point) for point in problem.mistakes.points)
            if same(hypothesis.value, suspicion.right, digits) and points[0] != pytest.approx(right, nan_ok=True):
                bad.append((cell, hypothesis.mutation.class_))
    allowed = {flaw for seed in ("b", "c", "d") for flaw in made(name, seed).diagnosability.hidden}
    assert set(bad) <= allowed
    assert made(name).diagnosability.share > 0.9


def same(a: float, b: float, digits: int) -> bool:
    return f"{a:.{digits - 1}e}" == f"{b:.{digits - 1}e}"


@pytest.mark.parametrize("level", ["statements", "operations"])
@pytest.mark.parametrize(
    "text, at, ask, there, reason",
    [
        ("z = w*x + b; y = sin(z)", {"w": "0.5", "x": "3", "b": "-0.2"}, ["val"], "0.5 2 -1", "a zero or one"),
        ("z = w*x; a = relu(z - 2)", {"w": "0.5", "x": "7"}, ["val", "grad"], "0.5 2", "a zero or one"),
        ("y = where(x > 3, x^2, sin(x))", {"x": "4.5"}, ["val"], "2.5", "another branch, or outside the domain"),
        ("y = ln(x - 3)", {"x": "4.5"}, ["val"], "2", "another branch, or outside the domain"),
        ("u = x + y; v = x*y; f = u/v", {"x": "2.5", "y": "3.5"}, ["val:u", "val:v"], "2 2", "equal cells"),
        ("u = x^2; v = 3x; f = u + v", {"x": "2.5"}, ["grad:x"], "1.5", "mistakes that hide"),
        ("u = x^3; y = u - 7.9", {"x": "3"}, ["val"], "2", "rounding that grows"),
        ("u = x^9; y = sin(u)", {"x": "1.5"}, ["val:u"], "4", "a number too small or too large"),
        ("z = w*x + b; y = sin(z)", {"w": "0.5", "x": "3", "b": "-0.2"}, ["val"], "0.7 3 -0.4", ""),
    ],
)
def test_numbers_that_will_not_do_are_refused_with_the_reason(
    text: str, at: dict[str, str], ask: list[str], there: str, reason: str, level: str
) -> None:
    problem = Problem(text, at, level=level)
    picker = Picker(problem, problem.expanded(ask), 4, candidates(problem))
    assert picker.refusal(dict(zip(at, map(Fraction, there.split()), strict=True))) == reason


def test_everybody_has_the_same_branch() -> None:
    for level in ("statements", "operations"):
        base = Problem("y = where(x > 3, x^2, sin(x)); f = y*k", {"x": "3.5", "k": "2.5"}, level=level)
        found = [variant(base, seed, ask=ASK) for seed in range(12)]
        assert all(Fraction(one.problem.at["x"]) > 3 for one in found)
        assert sum(one.refused.get("another branch, or outside the domain", 0) for one in found) >= 3


def test_no_kinks() -> None:
    base = Problem("m = max(x, k); y = m^2", {"x": "0.5", "k": "0.7"})
    found = [variant(base, seed, ask=["val"]) for seed in range(60)]
    assert all(one.problem.at["x"] != one.problem.at["k"] and not one.problem.solution.warnings for one in found)
    assert sum(one.refused.get("a kink", 0) for one in found) >= 1


def test_what_no_draw_avoids_is_held_against_none() -> None:
    """The slope of a sum is 1, that of relu too where it is not 0, and relu(z) is z there."""
    problem = made("relu").problem
    value = problem.reference
    assert value("part:b>z") == value("part:z>a") == 1 and value("val:a") == value("val:z") != 0
    assert "equal cells" not in made("relu").refused or made("relu").refused["equal cells"] < 100


def test_no_good_numbers_are_said_with_their_reasons(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("compgraph.homework.variants._TRIES", 10)
    with pytest.raises(ValueError, match=r"no good numbers .* in 10 draws: .* \(\d+\).*Ask fewer cells"):
        variant(Problem("u = x + 1000; y = u - 999", {"x": "2"}), "s", ask=["val:y"])
    with pytest.raises(ValueError, match="no input can have another number"):
        variant(Problem("y = sin(x)", {"x": "pi/3"}), "s")
    with pytest.raises(ValueError, match="no input can have another number"):
        variant(Problem("y = sin(x)", {"x": "2"}, fixed=["x"]), "s")
    with pytest.raises(ValueError, match="fixed: 'q' is no input"):
        Problem("y = sin(x)", {"x": "2"}, fixed=["q"])


spelled = st.one_of(
    st.integers(-500, 500).map(str),
    st.decimals(-50, 50, places=2).map(str),
    st.fractions(-9, 9, max_denominator=12).map(str),
)


@settings(max_examples=60, deadline=None)
@given(x=spelled, y=spelled, seed=st.text(max_size=8), attempt=st.integers(0, 99))
def test_draws_are_of_the_kind_of_the_teachers_numbers(x: str, y: str, seed: str, attempt: int) -> None:
    problem = Problem("f = x + y*x", {"x": x, "y": y})
    choices = candidates(problem)
    assert len(choices["x"]) * len(choices["y"]) >= 80
    for name, number in draw(seed, attempt, choices).items():
        usual = Fraction(problem.at[name])
        assert number not in (0, 1, -1) and (usual == 0 or (number > 0) == (usual > 0))
        assert number.denominator <= 100 * usual.denominator
        assert number in choices[name] == sorted(set(choices[name]), key=abs)
    assert draw(seed, attempt, choices) == draw(seed, attempt, dict(reversed(choices.items())))


# -- how well mistakes show


def test_a_mistake_that_hides_and_two_that_collide_are_reported() -> None:
    """x² is 2x at 2; and where both terms of a sum are the same, nobody knows which one is missing."""
    problem = Problem("y = x^2", {"x": "2"})
    told = Rehearsal(problem, ["val:y", "part:x>y"]).at(Numbers(problem.environment), 4)
    assert ("part:x>y", "value_for_gradient") in told.hidden or ("part:x>y", "wrong_rule") in told.hidden
    assert told.distinct < told.mistakes and 0 < told.share < 1
    problem = Problem("u = x^2; v = 3x; f = u + v", {"x": "1.5"})
    rehearsal = Rehearsal(problem, ["grad:x"])
    told = rehearsal.at(Numbers(problem.environment), 4)
    assert ("grad:x", "missing_path", "missing_path") in told.confused
    moved = Problem(problem.text, {"x": "1.7"})
    assert rehearsal.at(Numbers(moved.environment), 4).share > told.share
    assert rehearsal.at(Numbers(moved.environment), 8).share >= rehearsal.at(Numbers(moved.environment), 2).share
    assert str(Diagnosability(8, 6)) == "6 of 8 possible mistakes give a number of their own (75 %)."
    assert Diagnosability(0, 0).share == 1


def test_picked_numbers_tell_more_than_the_teachers() -> None:
    base = PROBLEMS["worked"]
    usual = Worksheet(base, ask=ASK).diagnosability
    assert made("worked").diagnosability.share >= usual.share


# -- a class


def test_a_class_has_its_own_numbers_each_and_the_sheets_can_be_marked(tmp_path: Path) -> None:
    base = PROBLEMS["neuron"]
    students = [f"s{i}" for i in range(30)]
    sheets = list(Worksheet.of_class(base, students, "secret", ask=ASK))
    assert [sheet.student for sheet in sheets] == students
    assert len({sheet.problem.hash for sheet in sheets}) >= 28
    assert [v.seed for v in variants(base, students, "secret", ask=ASK)] == [sheet.seed for sheet in sheets]
    alone = Worksheet.of_student(base, "s7", "secret", ask=ASK)
    assert alone.problem.hash == sheets[7].problem.hash and alone.seed == sheets[7].seed
    assert alone.blank.svg() == sheets[7].blank.svg()
    assert {sheet.problem.at["t"] for sheet in sheets} == {"1"}
    for sheet in sheets[:4]:
        for suffix in ("toml", "csv"):
            handed_in = load_sheet(filled_in(sheet, tmp_path / f"{sheet.student}.{suffix}"))
            assert (handed_in.student, handed_in.seed) == (sheet.student, sheet.seed)
            assert handed_in.seed.partition("#")[0] == student_seed("secret", handed_in.student, base)
            report = grade(printed(base, handed_in.seed), handed_in, digits=4)
            assert report.score == report.max_score == len(sheet.cells)
            with pytest.raises(ValueError, match="another problem"):
                grade(base, handed_in)


def filled_in(sheet: Worksheet, path: Path) -> Path:
    """A template with the key in it."""
    text = sheet.template.save(path).read_text("utf-8")
    for entry in sheet.key.content.entries:
        answer = entry.answer.replace("−", "-")
        if path.suffix == ".toml":
            wide = max(len(cell) for cell in sheet.cells) + 2
            quoted = f'"{entry.cell}"'
            text = text.replace(f'{quoted:{wide}} = ""', f'{quoted:{wide}} = "{answer}"')
        else:
            text = text.replace(f"{entry.cell},\n", f"{entry.cell},{answer}\n")
    path.write_text(text, "utf-8")
    return path


def test_a_class_in_one_file_keeps_everybodys_seed(tmp_path: Path) -> None:
    sheets = list(Worksheet.of_class(PROBLEMS["worked"], ["a", "b"], "secret", ask=["val"]))
    long = [("student", "cell", "answer")]
    for sheet in sheets:
        about = [("problem", sheet.problem.hash), ("seed", sheet.seed)]
        long += [(sheet.student, *row) for row in [*about, *((cell, "1") for cell in sheet.cells)]]
    wide = [("student", "problem", "seed", *sheets[0].cells)]
    wide += [(sheet.student, sheet.problem.hash, sheet.seed, *["1"] * len(sheet.cells)) for sheet in sheets]
    for rows in (long, wide):
        (tmp_path / "class.csv").write_text("\n".join(map(";".join, rows)), "utf-8")
        for found, sheet in zip(load_sheets(tmp_path / "class.csv"), sheets, strict=True):
            assert (found.student, found.problem, found.seed) == (sheet.student, sheet.problem.hash, sheet.seed)
            assert list(found.answers) == sheet.cells


def test_a_sheet_in_json_has_a_seed_as_well(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"seed": "ab#2", "student": "s1", "answers": {"val:y": 0.50}}')
    found = load_sheet(tmp_path / "a.json")
    assert (found.seed, found.student, found.problem) == ("ab#2", "s1", "") and str(found.answers["val:y"]) == "0.50"
    (tmp_path / "b.toml").write_text("seed = ['ab#2']\n[answers]\n")
    with pytest.raises(ValueError, match=r"b\.toml, seed: expected text"):
        load_sheet(tmp_path / "b.toml")


def test_a_problem_file_names_what_stays_fixed(tmp_path: Path) -> None:
    (tmp_path / "hw.toml").write_text(
        "statements = 'z = w*x; L = (z - t)^2'\n[inputs]\nw = '0.5'\nx = '3'\nt = '1'\n[homework]\nfixed = ['t', 'x']\n"
    )
    problem = Problem.load(tmp_path / "hw.toml")
    assert problem.fixed == ("t", "x")
    moved = variant(problem, "1").problem
    assert moved.at["t"] == "1" and moved.at["x"] == "3" and moved.at["w"] != "0.5"
    assert problem.hash == Problem(problem.text, problem.at).hash


def test_numbers_for_twenty_cells_are_picked_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    base = PROBLEMS["relu"]
    cells = base.expanded(ASK)
    assert len(cells) == 20
    start = time.perf_counter()
    found = variant(base, "timed", ask=cells)
    seconds = time.perf_counter() - start
    with capsys.disabled():
        print(f"\n{len(cells)} cells, {sum(found.refused.values())} draws refused: {seconds:.2f} s", end=" ")
    assert seconds < 2

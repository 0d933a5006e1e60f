"""Cells and their recipes: names, and quantities against the solver and the golden numbers at thirty digits."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import mpmath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import compgraph as cg
from compgraph.errors import ParseError
from compgraph.homework import Problem
from compgraph.homework.cells import KINDS, nearest, parse_cell
from compgraph.homework.precise import fraction
from tests.homework.students import EXPLICIT, golden_problem

NEURON = Problem(
    "z = w*x + b; a = sigmoid(z); L = (a - t)^2",
    {"w": "0.6", "x": "1.5", "b": "-0.4", "t": "1"}, wrt=["w", "b"], eta="0.5",
)  # fmt: skip


# -- names


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("val:z", "val:z"), (" grad : w ", "grad:w"), ("part:z->a", "part:z>a"), ("path:x → z → a → L", "path:x>z>a>L"),
        ("tan:a|w", "tan:a|w"), ("new:w", "new:w"), ("dgrad:x", "dgrad:x"),
    ],
)  # fmt: skip
def test_names_of_cells(text: str, canonical: str) -> None:
    assert NEURON.quantities.name(text) == canonical


def test_a_tangent_of_the_only_input_needs_no_seed() -> None:
    problem = Problem("u = x^2; y = sin(u)", {"x": "2"})
    assert problem.quantities.name("tan:y") == problem.quantities.name("tan:y|x")
    with pytest.raises(ParseError, match=r"tan:"):
        NEURON.quantities.name("tan:a")


def test_parallel_edges_go_by_position() -> None:
    problem = Problem("m = x*x", {"x": "3"}, level="operations")
    assert [problem.reference(f"part:x>m#{k}") for k in (0, 1)] == [3, 3]
    with pytest.raises(ParseError, match=r"#0|#1|parallel"):
        problem.quantities.name("part:x>m")
    assert Problem("m = x*x", {"x": "3"}).reference("part:x>m") == 6  # one statement, one edge


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("z", "no cell name: expected kind:name"),
        ("vall:z", "no kind of cell.*Did you mean val"),
        ("grad:q", "no 'q' in this problem"),
        ("val:", "a name is missing"),
        ("part:z", r"expected tail>head behind part:, got 1"),
        ("part:z>L", "Did you mean|no edge"),
        ("path:x", "nodes from tail to head"),
        ("val:z>a", "expected one name"),
        ("val:z|x", "stands before the input of a tangent"),
        ("part:#1>a", "# belongs behind the head|name is missing"),
        ("new:x", "new|Did you mean"),
        ("x" * 300, "300 characters"),
        ("dL/dw", "Did you mean grad:w"),
        ("da/dz", "Did you mean part:z>a"),
        ("Grad w", "Did you mean grad:w"),
        ("__class__:x", "no kind of cell"),
    ],
)
def test_an_unknown_cell_is_answered_with_the_nearest(text: str, message: str) -> None:
    with pytest.raises(ParseError, match=message):
        NEURON.quantities.name(text)


def test_nearest_is_silent_where_nothing_is_near() -> None:
    assert nearest("completely else", ["val:z", "grad:w"]) == []


@settings(max_examples=200)
@given(st.one_of(st.text(max_size=40), st.lists(st.sampled_from([*KINDS, *":>#|→-zaLwx0 1"]), max_size=8).map("".join)))
def test_any_name_is_known_or_refused(text: str) -> None:
    try:
        name = NEURON.quantities.name(text)
    except ParseError as error:
        assert error.message
    else:
        assert (
            NEURON.quantities.name(name) == name and str(parse_cell(name)).partition("|")[0] == name.partition("|")[0]
        )


# -- recipes


def test_recipes_are_written_in_names_of_cells() -> None:
    recipes = {cell: NEURON.quantities[cell].recipe for cell in ("grad:w", "new:w", "val:z", "part:z>a", "grad:L")}
    assert recipes["grad:w"] == "part:w>z · grad:z"
    assert recipes["val:z"] == "w·x + b" and recipes["grad:L"] == "1"
    assert recipes["part:z>a"] == "a·(1 − a)"
    assert "val:w" in recipes["new:w"] and "grad:w" in recipes["new:w"]


def test_parents_come_before() -> None:
    for name in ("mazur", "gormley_cos_sin", "rufflewind"):
        quantities = golden_problem(name).quantities
        for quantity in quantities.values():
            assert all(quantities[parent].order < quantity.order for parent in quantity.parents), quantity


@pytest.mark.parametrize("name", EXPLICIT)
def test_references_are_the_golden_numbers(name: str) -> None:
    """Values, partials, derivatives and tangents at 50 digits, against the solver and the golden cases."""
    case = EXPLICIT[name]
    problem = golden_problem(name)
    solution = problem.solution.statements if len(case["outputs"]) == 1 else problem.solution.sweep(problem.output)
    for node, value in solution.values.items():
        found = problem.reference(f"val:{node}")
        if isinstance(found, bool) or node not in problem.graph:
            continue
        assert float(found) == pytest.approx(value, rel=1e-9, abs=1e-12), node
    for node, value in solution.derivatives.items():
        if f"grad:{node}" in problem.quantities:
            assert float(problem.reference(f"grad:{node}")) == pytest.approx(value, rel=1e-7, abs=1e-10), node
    if problem.output == case["outputs"][0]:
        for node, value in case["grads"].items():
            if node in problem.inputs:
                assert float(problem.reference(f"grad:{node}")) == pytest.approx(value, rel=1e-9, abs=1e-12), node


def test_a_reference_has_more_digits_than_a_float() -> None:
    with mpmath.workdps(40):
        w, x, b, t = (mpmath.mpf(s) for s in ("0.6", "1.5", "-0.4", "1"))
        a = 1 / (1 + mpmath.exp(-(w * x + b)))
        right = 2 * (a - t) * a * (1 - a) * x
        found = NEURON.reference("grad:w")
        assert abs(mpmath.mpf(fraction(found).numerator) / fraction(found).denominator - right) < mpmath.mpf(10) ** -32


def test_cancellation_costs_no_digits() -> None:
    problem = Problem("s = x + 10^20; d = s - 10^20; y = exp(d) - exp(x)", {"x": "1/3"})
    assert problem.reference("val:d") == Fraction(1, 3) and problem.reference("val:y") == 0


def test_rationals_stay_rationals() -> None:
    problem = Problem("q = x/3; y = q^2 - 1/9", {"x": "1"})
    assert problem.reference("val:y") == 0 and problem.reference("grad:x") == Fraction(2, 9)


@pytest.mark.parametrize(
    ("text", "point", "cell", "value"),
    [
        ("y = sin(pi*x)", {"x": "1"}, "val:y", 0),
        ("y = sqrt(x)", {"x": "9/4"}, "val:y", Fraction(3, 2)),
        ("y = x^3", {"x": "0.1"}, "val:y", Fraction(1, 1000)),
        ("y = cos(x)", {"x": "pi/2"}, "val:y", 0),
        ("y = relu(x)*3", {"x": "-2"}, "grad:x", 0),
        ("y = where(x > 0, sqrt(x), 0) + x", {"x": "-1"}, "grad:x", 1),
        ("y = max(x, z)", {"x": "2", "z": "2"}, "grad:x", Fraction(1, 2)),
        ("y = abs(x)", {"x": "0"}, "grad:x", 0),
    ],
)
def test_values_that_people_know(text: str, point: dict[str, str], cell: str, value: Any) -> None:
    assert Problem(text, point).reference(cell) == value


def test_a_path_product_and_the_sum_of_all() -> None:
    problem = Problem("u = x^2; v = sin(x); y = u*v", {"x": "2"})
    paths = [problem.reference(f"path:x>{middle}>y") for middle in ("u", "v")]
    assert float(sum(map(fraction, paths))) == pytest.approx(float(problem.reference("grad:x")), rel=1e-15)
    assert float(paths[0]) == pytest.approx(4 * math.sin(2))


def test_tangents_and_derivatives_meet() -> None:
    problem = golden_problem("mazur")
    for seed in ("w1", "w5", "b1"):
        assert float(problem.reference(f"tan:E|{seed}")) == pytest.approx(
            float(problem.reference(f"grad:{seed}")), rel=1e-14
        )


def test_updates() -> None:
    assert float(NEURON.reference("new:w")) == pytest.approx(0.6 - 0.5 * float(NEURON.reference("grad:w")), rel=1e-15)
    step = next(case for case in _golden() if case["id"] == "mazur_step1")
    problem = golden_problem("mazur", eta="0.5", parameters=[f"w{i}" for i in range(1, 9)])
    for i in range(1, 9):
        assert float(problem.reference(f"new:w{i}")) == pytest.approx(step["values"][f"w{i}"], rel=1e-12)


def _golden() -> list[dict[str, Any]]:
    from tests.homework.students import GOLDEN

    return GOLDEN


# -- problems


def test_the_hash_is_of_the_meaning() -> None:
    same = Problem(
        "z = w*x  +  b   # the sum\na = sigmoid(z)\nL = (a - t)^2\n",
        {"t": 1, "b": "-2/5", "x": "1.50", "w": "0.6"}, wrt=["b", "w"], eta="1/2", title="Other",
    )  # fmt: skip
    assert same.hash == NEURON.hash and same.hash.startswith("b2:")
    at = {"w": "0.6", "x": "1.5", "b": "-0.4", "t": "2"}
    assert Problem(NEURON.text, at, wrt=["w", "b"], eta="0.5").hash != NEURON.hash


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"output": "q"}, ValueError, "q"),
        ({"wrt": ["q"]}, ValueError, "q"),
        ({"eta": "fast"}, ParseError, "fast"),
        ({"parameters": ["w"]}, ValueError, "expected eta, got none"),
        ({"eta": "0.1", "parameters": ["L"]}, ValueError, "'L' is no input"),
        ({"batch": 0}, TypeError, "batch: expected a whole number"),
        ({"batch": True}, TypeError, "batch"),
        ({"level": "nodes"}, ValueError, "'statements' or 'operations'"),
        ({"ask": "val"}, TypeError, "expected a list"),
        ({"ask": ["grads"]}, ParseError, "grads"),
        ({"marking": {"digit": 3}}, ValueError, "unknown option 'digit'"),
        ({"decimal_comma": 1}, TypeError, "true or false"),
    ],
)
def test_a_faulty_problem_is_the_teachers_error(options: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        Problem(NEURON.text, NEURON.at, **options)


def test_a_value_that_is_missing_or_none() -> None:
    with pytest.raises(ValueError, match="t"):
        Problem(NEURON.text, {"w": "0.6", "x": "1.5", "b": "-0.4"})
    with pytest.raises(TypeError, match="expected a number as text"):
        Problem("y = x", {"x": [None]})
    with pytest.raises(cg.DomainError, match="log"):
        Problem("y = ln(x)", {"x": "-1"})


def test_a_problem_file(tmp_path: Any) -> None:
    path = tmp_path / "hw3.toml"
    path.write_text(
        'title = "hw3"\nstatements = """\nz = w*x + b\na = sigmoid(z)\nL = (a - t)^2\n"""\n'
        '[inputs]\nw = "0.6"\nx = "1.5"\nb = "-0.4"\nt = "1"\n'
        '[homework]\nwrt = ["w", "b"]\neta = "0.5"\nask = ["val", "grad:w"]\ndigits = 4\n'
        '[[hypothesis]]\ncell = "grad:w"\nformula = "grad:z + x"\nmessage = "Added."\n',
        "utf-8",
    )
    problem = Problem.load(path)
    assert problem.hash == NEURON.hash and problem.title == "hw3"
    assert problem.cells == ["val:z", "val:a", "val:L", "grad:w"] and problem.marking == {"digits": 4}
    assert problem.hypotheses[0]["message"] == "Added."
    path.write_text(path.read_text("utf-8").replace("digits", "digitz"), "utf-8")
    with pytest.raises(ValueError, match=r"hw3\.toml.*unknown key 'digitz'"):
        Problem.load(path)

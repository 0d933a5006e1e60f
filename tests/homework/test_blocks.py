"""Hand calculations with arrays: cells that hold a whole array, and what is said of them when they are wrong."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

import compgraph as cg
from compgraph.homework import Problem, grade

LAYER = Problem(
    "Z = X @ W + b; H = tanh(Z); J = sum((H - T)^2)/2",
    at={
        "X": [["1", "2"], ["0", "1"], ["-1", "1"]],
        "W": [["0.1", "0.2"], ["0.3", "-0.1"]],
        "b": ["0", "0.1"],
        "T": [[0, 1], [1, 0], [0, 0]],
    },
    wrt=["W", "b", "X"],
    eta="0.5",
    parameters=["W", "b"],
    title="layer",
)
S = LAYER.whole
COLUMNS = Problem(
    "z = A @ x; u = B @ z; J = u @ u",
    at={"A": [["1", "2"], ["3", "5"]], "B": [["0.5", "1"], ["2", "-1"]], "x": ["0.5", "-1"]},
)


def typed(array: Any, digits: int = 5) -> str:
    return str(np.round(array, digits).tolist())


def test_the_cells_are_those_of_entries() -> None:
    assert LAYER.shapes == {name: np.shape(S.values[name]) for name in "XWbTZH"}
    assert {"val:Z[0,0]", "part:X[0,1]>Z[0,0]", "grad:W[1,0]", "new:b[1]"} <= set(LAYER.cells)
    assert LAYER.expanded(["grad:W"]) == ["grad:W[0,0]", "grad:W[0,1]", "grad:W[1,0]", "grad:W[1,1]"]
    with pytest.raises(cg.ParseError, match=r"there is no 'V' in this problem"):
        LAYER.expanded(["grad:V"])


def test_a_right_sheet() -> None:
    new = {f"new:{n}": typed(S.values[n] - 0.5 * S.derivatives[n]) for n in ("W", "b")}
    sheet = {"val:Z": typed(S.values["Z"]), "val:H": typed(S.values["H"]), "val:J": f"{S.values['J']:.5f}"}
    sheet |= {f"grad:{n}": typed(S.derivatives[n]) for n in ("H", "Z", "W", "b", "X")}
    report = grade(LAYER, sheet | new)
    assert report.score == report.max_score == 6 + 6 + 1 + 6 + 6 + 4 + 2 + 6 + 4 + 2


@pytest.mark.parametrize(
    "text",
    [
        "[[0.7, 0.1], [0.3, 0], [0.2, -0.2]]",
        "0.7 0.1; 0.3 0; 0.2 -0.2",
        "0.7, 0.1\n0.3, 0\n0.2, -0.2",
        "[0.7 0.1; 0.3 0.0; 0.2 -0.2]",
        [["0.7", "0.1"], ["0.3", "0"], ["0.2", "-0.2"]],
        np.array([[0.7, 0.1], [0.3, 0.0], [0.2, -0.2]]),
    ],
    ids=["json", "semicolons", "lines", "brackets", "lists", "array"],
)
def test_how_rows_are_written(text: Any) -> None:
    report = grade(LAYER, {"val:Z": text})
    assert [cell.verdict for cell in report.cells.values()] == ["correct"] * 6


def test_a_vector_may_stand_in_a_row_or_a_column() -> None:
    right = S.derivatives["b"]
    for text in (typed(right), typed(right[:, None]), typed(right[None]), "; ".join(f"{v:.5f}" for v in right)):
        assert grade(LAYER, {"grad:b": text}).score == 2, text


@pytest.mark.parametrize(
    ("cell", "text", "message"),
    [
        ("val:Z", "1 2; 3 4", r"the shape is 2×2: expected 3×2, that of Z\."),
        ("val:Z", "1 2 3; 4 5 6", r"the shape is 2×3: expected 3×2, that of Z\. It looks transposed\."),
        ("val:Z", "1 2; 3", "the rows have different lengths.*Write rows as"),
        ("val:Z", "5", "the shape is 1: expected 3×2"),
        ("grad:b", "[[1, 2], [3,", "these rows cannot be read"),
        ("grad:b", 3.5, "one number: expected an array"),
    ],
)
def test_shapes_are_looked_at_first(cell: str, text: Any, message: str) -> None:
    report = grade(LAYER, {cell: text})
    assert report.score == 0
    found = next(iter(report.cells.values()))
    assert found.verdict == "invalid"
    assert __import__("re").search(message, found.message), found.message


def test_an_entry_that_is_no_number_costs_one_cell() -> None:
    report = grade(LAYER, {"val:Z": "0.7 0.1; 0.3 x?; 0.2 -0.2"})
    assert report["val:Z[1,1]"].verdict == "invalid" and report.score == 5


def test_a_blank_is_blank() -> None:
    assert {cell.verdict for cell in grade(LAYER, {"grad:b": " "}).cells.values()} == {"blank"}


# -- mistakes with whole arrays

D = S.derivatives
SC = COLUMNS.whole
MADE: list[tuple[str, Problem, str, Any]] = [
    ("transposed", LAYER, "grad:W", D["W"].T),
    ("transposed", LAYER, "grad:X", D["X"].T),  # of another shape
    ("transposed", COLUMNS, "grad:A", SC.derivatives["A"].T),
    ("transposed", LAYER, "new:W", (S.values["W"] - 0.5 * D["W"]).T),
    ("missing_transpose", LAYER, "grad:X", D["Z"] @ S.values["W"]),
    ("missing_transpose", COLUMNS, "grad:z", SC.values["B"] @ SC.derivatives["u"]),
    ("missing_transpose", COLUMNS, "val:z", SC.values["A"].T @ SC.values["x"]),
    ("sum_over_batch", LAYER, "grad:b", D["Z"]),
    ("sum_over_batch", LAYER, "grad:b", D["Z"].mean(axis=0)),
    ("sum_over_batch", LAYER, "grad:b", D["Z"][0]),
    ("sum_over_batch", LAYER, "grad:W", D["W"] / 3),
    ("swapped_rows", LAYER, "val:H", S.values["H"][[1, 0, 2]]),
    ("swapped_columns", LAYER, "val:Z", S.values["Z"][:, ::-1]),
]


@pytest.mark.parametrize(("class_", "problem", "cell", "array"), MADE)
def test_a_mistake_with_an_array_is_named(class_: str, problem: Problem, cell: str, array: Any) -> None:
    report = grade(problem, {cell: typed(array)})
    told = {d.class_ for found in report.cells.values() for d in found.diagnoses}
    assert told == {class_}
    assert cell in next(d.message for found in report.cells.values() for d in found.diagnoses)
    assert grade(problem, {cell: typed(array)}, detail="locate").score == report.score


@pytest.mark.parametrize(("class_", "problem", "cell", "array"), MADE)
def test_a_report_holds_no_number_that_was_to_be_found(class_: str, problem: Problem, cell: str, array: Any) -> None:
    text = str(grade(problem, {cell: typed(array)}))
    kind, name = cell.split(":")
    right = {"val": problem.whole.values, "grad": problem.whole.derivatives}.get(kind)
    for entry in np.ravel(right[name]) if right is not None else ():
        if round(entry, 5) not in np.round(np.ravel(array), 5):
            assert f"{entry:.4f}" not in text


def test_a_mistake_in_the_numbers_is_no_mistake_of_the_array() -> None:
    array = np.array(D["W"])
    array[0, 1] += 0.3
    report = grade(LAYER, {"grad:W": typed(array)})
    assert report.roots == ["grad:W[0,1]"]
    assert not {d.class_ for d in report["grad:W[0,1]"].diagnoses} & {"transposed", "sum_over_batch", "swapped_rows"}


def test_what_follows_from_a_wrong_array_is_not_wrong_again() -> None:
    wrong = S.values["Z"][:, ::-1]
    report = grade(LAYER, {"val:Z": typed(wrong), "val:H": typed(np.tanh(wrong))})
    assert {report[cell].verdict for cell in report if cell.startswith("val:H")} <= {"follow_through", "eased"}


# -- the problem as a whole


def test_a_problem_with_arrays_travels() -> None:
    again = pickle.loads(pickle.dumps(LAYER))
    assert again.hash == LAYER.hash and again.shapes == LAYER.shapes
    other = LAYER.posed({"W[0,1]": "0.7"}, ["grad:W"])
    assert other.whole.values["W"].tolist() == [[0.1, 0.7], [0.3, -0.1]] and other.hash != LAYER.hash


def test_any_solution_with_arrays_can_be_checked() -> None:
    W, x = cg.Variable("W"), cg.Variable("x")
    h = np.tanh(W @ x).named("h")
    s = cg.solve({"h": h, "J": np.sum(h * h, axis=0)}, at={"W": [[0.1, 0.2], [0.3, 0.4]], "x": [1, 2]})
    report = s.check({"h": typed(s.values["h"]), "grad:W": typed(s.gradient["W"]), "J": f"{s.values['J']:.4f}"})
    assert report.score == report.max_score == 7


def test_a_file_may_hold_arrays(tmp_path: Any) -> None:
    path = tmp_path / "layer.toml"
    path.write_text(
        'statements = "z = W @ x; J = sum(z^2)"\n[inputs]\nW = [["1/2", 2], [3, 4]]\nx = [1, 0.5]\n', "utf-8"
    )
    problem = Problem.load(path)
    assert problem.whole.values["z"].tolist() == [1.5, 5]
    assert grade(problem, {"val:z": "1.5; 5"}).score == 2

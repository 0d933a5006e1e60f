"""How arrays, functions of arrays and linear maps are written; and that what is written of a map is its matrix."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import compgraph as cg
from compgraph import maps, notation
from compgraph.expression import Expression
from compgraph.notation.arrays import array, index, parameter, short, summary
from compgraph.notation.combining import linear_total
from compgraph.notation.elements import element
from compgraph.notation.kronecker import as_expression
from compgraph.notation.maps import linear_map

A, M = cg.Variable("A", shape=(3, 3)), cg.Variable("M", shape=(3, 3))
B, W = cg.Variable("B", shape=(4, 3)), cg.Variable("W", shape=(3, 2))
X, b, x = cg.Variable("X", shape=(5, 2)), cg.Variable("b", shape=3), cg.Variable("x", shape=2)
T = cg.Variable("T", shape=(2, 3, 4))

#: An expression: as it is typed, in a picture, in LaTeX, in words.
WRITTEN: list[tuple[Any, str, str, str, str]] = [
    (W @ x, "W @ x", "W @ x", r"W \, x", "the matrix product of W and x"),
    (A * M, "A·M", "A ⊙ M", r"A \odot M", "A times entry by entry M"),
    (2 * A, "2·A", "2·A", "2A", "2 times A"),
    (A.T @ M, "A.T @ M", "Aᵀ @ M", r"A^{\mathsf{T}} \, M", "the matrix product of A transposed and M"),
    (2 * A @ M, "(2·A) @ M", "(2·A) @ M", r"(2A) \, M",
     "the matrix product of open bracket 2 times A close bracket and M"),
    (2 * (A @ M), "2·(A @ M)", "2·(A @ M)", r"2(A \, M)", "2 times the matrix product of A and M"),
    (A @ (M @ b), "A @ (M @ b)", "A @ (M @ b)", r"A \, (M \, b)",
     "the matrix product of A and the matrix product of M and b"),
    (W @ x + b, "W @ x + b", "W @ x + b", r"W \, x + b", "the matrix product of W and x plus b"),
    ((A @ M).T, "(A @ M).T", "(A @ M)ᵀ", r"(A \, M)^{\mathsf{T}}",
     "open bracket the matrix product of A and M close bracket transposed"),
    (np.linalg.inv(A), "inv(A)", "A⁻¹", "A^{-1}", "the inverse of A"),
    (np.linalg.solve(A, b), "solve(A, b)", "A⁻¹ @ b", r"A^{-1} \, b",
     "the solution of the system A with right side b"),
    (np.sum(B), "sum(B)", "Σ(B)", r"\sum (B)", "the sum of B"),
    (np.sum(B, axis=0), "sum(B, axis=0)", "Σ(B, axis=0)", r"\sum_{\mathrm{axis=0}} (B)", "the sum of B over axis 0"),
    (np.mean(B, axis=1), "mean(B, axis=1)", "mean(B, axis=1)", r"\operatorname{mean}(B, \mathrm{axis=1})",
     "the mean of B over axis 1"),
    (np.max(B), "max(B)", "max(B)", r"\max(B)", "the maximum of B"),
    (np.linalg.norm(x), "norm(x)", "‖x‖", r"\left\| x \right\|", "the norm of x"),
    (np.linalg.det(A), "det(A)", "det(A)", r"\operatorname{det}(A)", "the determinant of A"),
    (np.trace(A), "trace(A)", "tr(A)", r"\operatorname{tr}(A)", "the trace of A"),
    (B[0, :], "B[0, :]", "B[0, :]", r"B_{\mathrm{0,\ :}}", "B at 0, all"),
    (B[1:3], "B[1:3]", "B[1:3]", r"B_{\mathrm{1:3}}", "B at 1 to 3"),
    (B[[0, 2]], "B[[0, 2]]", "B[[0, 2]]", r"B_{\mathrm{[0,\ 2]}}", "B at [0, 2]"),
    ((A + M)[0], "(A + M)[0]", "(A + M)[0]", r"(A + M)_{\mathrm{0}}", "open bracket A plus M close bracket at 0"),
    (np.reshape(B, (3, 4)), "reshape(B, (3, 4))", "reshape(B, 3×4)", r"\operatorname{reshape}(B, 3 \times 4)",
     "reshape of B and (3, 4)"),
    (np.einsum("ij,jk->ik", B, A), "einsum('ij,jk->ik', B, A)", "einsum(ij,jk → ik, B, A)",
     r"\operatorname{einsum}(\mathrm{ij,jk\ \text{→}\ ik}, B, A)", "einsum of ij,jk → ik, B and A"),
    (cg.softmax(B), "softmax(B)", "softmax(B)", r"\operatorname{softmax}(B)", "softmax of B"),
    (np.where(B > 0, B, 0), "where(B > 0, B, 0)", "[B > 0] ⊙ B",
     r"\begin{cases} B & \text{if } B > 0 \\ 0 & \text{otherwise} \end{cases}",
     "B if B is greater than 0, otherwise 0"),
    (np.outer(b, x), "outer(b, x)", "b ⊗ x", r"b \otimes x", "the outer product of b and x"),
    (np.concatenate([x, b]), "concatenate([x, b], axis=0)", "concatenate(x, b)", r"\operatorname{concatenate}(x, b)",
     "concatenate of x and b"),
    (np.transpose(T, (2, 0, 1)), "transpose(T, axes=(2, 0, 1))", "transpose(T, axes=(2, 0, 1))",
     r"\operatorname{transpose}(T, \mathrm{axes=(2,\ 0,\ 1)})", "T transposed"),
    (np.flip(b), "flip(b)", "flip(b)", r"\operatorname{flip}(b)", "flip of b"),
    (np.array([1.0, 2.0, 3.0]) * b, "[1 2 3]·b", "[1 2 3] ⊙ b", r"\begin{bmatrix} 1 & 2 & 3 \end{bmatrix} \odot b",
     "open bracket an array of 3: 1, 2, 3 close bracket times entry by entry b"),
    (np.ones((64, 3)) @ b, "(array 64×3) @ b", "(array 64×3) @ b", r"(\mathrm{array}\ 64 \times 3) \, b",
     "the matrix product of open bracket an array of 64 by 3, all 1 close bracket and b"),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "typed", "pretty", "latex", "spoken"), WRITTEN, ids=[w[1] for w in WRITTEN])
def test_an_expression_of_arrays_is_written(
    expression: Expression, typed: str, pretty: str, latex: str, spoken: str
) -> None:
    assert repr(expression) == typed == notation.text(expression)
    assert notation.text(expression, pretty=True) == pretty
    assert notation.latex(expression) == latex
    assert notation.spoken(expression) == spoken


def test_shapes_that_nobody_gave_do_not_matter() -> None:
    free = cg.Variable("P") @ cg.Variable("q") * cg.Variable("r")
    assert notation.text(free, pretty=True) == "(P @ q)·r"
    deep: Any = cg.Variable("x", shape=3)
    for _ in range(20):
        deep = deep * deep
    assert notation.text(deep, limit=3, pretty=True) == "… ⊙ …"
    for _ in range(20_000):  # too deep to look through, unless somebody has asked for the shape
        deep = deep * deep
    assert notation.text(deep, limit=3, pretty=True) == "…·…"
    assert deep.shape == (3,) and notation.text(deep, limit=3, pretty=True) == "… ⊙ …"


def test_writing_settles_no_shape() -> None:
    w = cg.Variable("w")
    assert repr(w * w + 1)
    assert cg.solve({"J": np.sum(w)}, at={"w": [1, 2]}).values["J"] == 3


# -- values


def test_a_small_array_is_written_out_and_a_large_one_by_shape_and_range() -> None:
    assert array(np.array([[1.0, -0.5], [0.25, 4.0]])) == "[1 −0.5; 0.25 4]"
    assert array(np.arange(640.0).reshape(64, 10)) == "array 64×10, 0…639"
    assert array(np.zeros((2, 3, 4))) == "array 2×3×4, all 0"
    assert array(np.array([])) == "array 0"
    assert array(np.array([True, False])) == "[true false]"
    assert array(np.full((5, 5), np.nan)) == "array 5×5, 25 not finite"
    assert array(np.where(np.eye(4) > 0, np.inf, -2.0)) == "array 4×4, all −2, 4 not finite"
    assert array(np.ones(2), style="latex") == r"\begin{bmatrix} 1 & 1 \end{bmatrix}"
    assert array(np.eye(2), style="latex") == r"\begin{bmatrix} 1 & 0 \\ 0 & 1 \end{bmatrix}"
    assert array(np.ones((9, 9)), style="latex") == r"\mathrm{array}\ 9 \times 9, \mathrm{all\ }1"
    assert array(np.array([1.5, -2.0]), style="spoken") == "an array of 2: 1.5, minus 2"
    assert summary(np.arange(4.0)) == "4, 0…3" and short(np.ones((2, 2))) == "array 2×2"
    assert element(np.float32(0.5)) == "0.5" == element(np.array(0.5))


def test_parameters_are_written_as_python_has_them() -> None:
    assert parameter((3, -1)) == "(3, −1)" and parameter((1,)) == "(1,)" and parameter([1, 2]) == "[1, 2]"
    assert index((0, slice(None))) == "0, :" and index((Ellipsis, None)) == "..., None"
    assert index(np.array([True, False])) == "mask 2" and index(np.zeros((3, 3), int)) == "array 3×3"


# -- maps


def test_a_map_of_numbers_is_written_by_few_numbers_or_by_its_shapes() -> None:
    assert linear_map(maps.Diagonal(np.array([0.656, 0.9, 0.43])), 2) == "diag(0.66, 0.9, 0.43)"
    assert linear_map(maps.Diagonal(np.ones((2, 2)))) == "diag(2×2)"
    assert linear_map(maps.Dense(np.array([[1.0, 2.0], [3.0, 4.0]]))) == "[1 2; 3 4]"
    assert linear_map(maps.Dense(np.ones((64, 10)))) == "64 ← 10"
    assert linear_map(maps.RightMultiply(np.ones((2, 1)), (3, 2))) == "3×1 ← 3×2"
    assert linear_map(maps.WeightedSum(np.ones((3, 2)))) == "[1 1; 1 1; 1 1]"  # the derivative of a number
    assert linear_map(maps.WeightedSum(np.ones((9, 2)))) == "1 ← 9×2"
    assert linear_map(maps.Identity(3)) == "I" and linear_map(maps.Zero(2, 3)) == "0"
    assert linear_map(maps.Sum((3, 2), 0)) == "Σ(·, axis=0)" and linear_map(maps.Sum(3) * (1 / 3), 3) == "0.333·Σ"
    assert linear_map(maps.Gather((4, 3), (0, slice(None)))) == "pick[0, :]"
    assert linear_map(-maps.Identity(3), style="latex") == "-I"
    assert linear_map(maps.Dense(np.eye(2)), style="latex") == r"\begin{bmatrix} 1 & 0 \\ 0 & 1 \end{bmatrix}"
    assert linear_map(maps.Dense(np.ones((64, 10))), style="spoken") == "a map to 64 from 10"


def test_a_deep_map_is_written_without_recursion_and_in_few_words() -> None:
    w = cg.Variable("w", shape=2)
    whole: Any = maps.Dense(np.ones((2, 2)))
    for _ in range(20_000):
        whole = maps.Diagonal(w) @ maps.Dense(np.ones((2, 2))) @ whole
    assert len(linear_map(whole)) < 200


#: A function: its formula with respect to each argument.
FORMULAS: list[tuple[str, Any, dict[str, str]]] = [
    ("matrix and vector", W @ x, {"W": "I ⊗ xᵀ", "x": "W"}),
    ("vector and matrix", b @ A, {"b": "Aᵀ", "A": "bᵀ ⊗ I"}),
    ("vectors", x @ x[::-1], {"x": "v₁ᵀ"}),
    ("matrices", X @ W.T, {"X": "I ⊗ v₁ᵀ", "v1": "X ⊗ I"}),
    ("einsum", np.einsum("ij,jk->ik", B, A), {"B": "I ⊗ Aᵀ", "A": "B ⊗ I"}),
    ("outer product", np.outer(b, x), {"b": "I ⊗ x", "x": "b ⊗ I"}),
    ("inverse", np.linalg.inv(A), {"A": "−(y ⊗ yᵀ)"}),
    ("system", np.linalg.solve(A, b), {"A": "−(A⁻¹ · (I ⊗ yᵀ))", "b": "A⁻¹"}),
    ("elementwise", np.tanh(b), {"b": "diag(1 − y²)"}),
    ("sigmoid", cg.sigmoid(b), {"b": "diag(y ⊙ (1 − y))"}),
    ("relu", cg.relu(b), {"b": "diag([b > 0])"}),
    ("softmax", cg.softmax(b), {"b": "diag(y) − y · yᵀ"}),
    ("norm", np.linalg.norm(x), {"x": "(x/y)ᵀ"}),
    ("scale", 3 * b, {"b": "3·I"}),
    ("sum", np.sum(b), {"b": "Σ"}),
    ("bias of a batch", X + x, {"X": "I", "x": "repeat(·, axis=0)"}),
    ("entry", B[0, :], {"B": "pick[0, :]"}),
    ("transpose", B.T, {"B": "transpose"}),
]


def _linearized(expression: Any) -> Any:
    rng = np.random.default_rng(3)
    graph = cg.trace({"y": expression})
    return cg.linearize(graph, {name: rng.normal(size=shape) for name, shape in graph.graph["shapes"].items()})


@pytest.mark.parametrize(("name", "expression", "formulas"), FORMULAS, ids=[f[0] for f in FORMULAS])
def test_the_formula_of_an_edge(name: str, expression: Any, formulas: dict[str, str]) -> None:
    graph = _linearized(expression)
    found = {tail: element(cg.formula(graph, tail, "y", key)) for tail, _, key in graph.in_edges("y", keys=True)}
    assert formulas.items() <= found.items()


def _column(values: Any) -> Any:
    return values.reshape(-1, 1) if values.ndim == 1 else values


def _evaluated(expression: Any, values: dict[str, Any], rows: int, columns: int) -> Any:
    """The matrix that a formula stands for, by the ordinary meaning of what is written."""
    if not isinstance(expression, Expression):
        return np.asarray(expression, dtype=float)
    name = expression.primitive.name
    if name == "variable":
        if expression.name == "Σ":
            return np.ones((1, columns))
        return np.asarray(values[str(expression.name)], dtype=float)
    if name in ("kron", "joined"):
        left, right = expression.arguments
        if name == "kron":
            if isinstance(left, Expression) and left.name == "I":
                two = _column(_evaluated(right, values, rows, columns))
                return np.kron(np.eye(max(rows // two.shape[0], 1)), two)
            if isinstance(right, Expression) and right.name == "I":
                one = _column(_evaluated(left, values, rows, columns))
                return np.kron(one, np.eye(rows // one.shape[0]))
        one, two = (_evaluated(side, values, rows, columns) for side in (left, right))
        return np.kron(one, two) if name == "kron" else np.atleast_2d(one) @ np.atleast_2d(two)
    if name == "transpose":
        (inner,) = (_evaluated(one, values, rows, columns) for one in expression.arguments)
        return inner.T if inner.ndim == 2 else inner.reshape(1, -1)
    operands = [_evaluated(one, values, rows, columns) for one in expression.arguments]
    if name == "diag":
        return np.diag(np.ravel(operands[0]))
    meaning: dict[str, Callable[..., Any]] = {
        "subtract": np.subtract, "negate": np.negative, "power": np.power, "square": np.square,
        "multiply": np.multiply, "divide": np.divide, "where": np.where, "greater": np.greater, "inv": np.linalg.inv,
    }  # fmt: skip
    return meaning[name](*operands)


MEANT = (
    "matrix and vector", "vector and matrix", "matrices", "einsum", "outer product", "inverse", "elementwise",
    "sigmoid", "relu", "norm", "sum",
)  # fmt: skip


@pytest.mark.parametrize("name", MEANT)
def test_what_is_written_of_a_map_is_its_matrix(name: str) -> None:
    expression = next(one for label, one, _ in FORMULAS if label == name)
    graph = _linearized(expression)
    values = dict(graph.nodes(data="value"))
    for tail, _, key in graph.in_edges("y", keys=True):
        numeric = graph.edges[tail, "y", key]["partial"].matrix()
        formula = as_expression(cg.formula(graph, tail, "y", key))
        assert np.allclose(_evaluated(formula, values, *numeric.shape), numeric), (tail, formula)


# -- equalities


def test_an_equality_of_arrays_is_true_as_printed_or_approximate() -> None:
    diagonal = maps.Diagonal(np.array([3.0, 0.5]))
    assert linear_total([(np.array([1.0, 2.0]), diagonal)], np.array([3.0, 1.0]), reverse=True) == (
        "[1 2] · diag(3, 0.5) = [3 1]"
    )
    dense = maps.Dense(np.array([[1.0, 2.0]]))
    assert linear_total([(dense, np.array([3.0, 0.5]))], np.array([4.0]), reverse=False) == "[1 2] · [3 0.5] = [4]"
    third = np.array([1 / 3])
    assert " ≈ " in linear_total([(third, maps.Diagonal(np.array([3.0])))], np.array([1.0]), reverse=True, digits=3)
    large = np.ones(20)
    assert linear_total([(large, maps.Identity(20))], large, reverse=True) == (
        "(array 20, all 1) · I ≈ array 20, all 1"
    )
    assert " ≈ " in linear_total([(np.ones(2), maps.Identity(2))], np.array([1.0, 2.0]), reverse=True)
    both = [(np.array([1.0, 2.0]), maps.Identity(2)), (2.0, maps.Spread(np.ones(2)).T)]
    assert linear_total(both, np.array([3.0, 4.0]), reverse=True) == "[1 2] · I + 2 · [1 1] = [3 4]"
    many = linear_total([(np.ones(1), maps.Identity(1))] * 9, np.array([9.0]), reverse=True)
    assert many.endswith("+ … (3 more) ≈ [9]")


# -- everything that writes meets arrays


def _solutions() -> dict[str, Any]:
    rng = np.random.default_rng(0)
    z = (W @ x + b).named("z")
    h = np.tanh(z).named("h")
    at = {"W": rng.normal(size=(3, 2)), "x": rng.normal(size=2), "b": np.zeros(3)}
    loss = np.sum(h**2).named("J")
    batch = np.mean(np.sum(cg.softmax(X @ W.T + b) * np.eye(5, 3), axis=1)).named("L")
    return {
        "reverse": cg.solve(loss, at=at),
        "forward": cg.solve(loss, at=at, direction="forward").sweep("W"),
        "vector": cg.solve({"z": z, "h": h}, at=at).sweep("h"),
        "symbolic": cg.solve(loss),
        "batch": cg.solve(batch, at={**at, "X": rng.normal(size=(5, 2))}),
        "statements": cg.solve(loss, at=at).statements,
        "repeated": cg.solve({"J": np.sum(x * x) + x[0]}, at={"x": [1.0, 2.0]}),
    }


SOLUTIONS = _solutions()


@pytest.mark.parametrize("name", SOLUTIONS)
def test_nothing_that_writes_stumbles_over_arrays(name: str) -> None:
    s = SOLUTIONS[name]
    everything = [
        repr(s), str(s.table()), s.table().latex(), s.table()._repr_html_(),
        str(s.derivation()), s.derivation().latex(),
        *s.film().captions, s.film().dot(), repr(s.paths(s.inputs[0], s.outputs[0])), json.dumps(s.to_dict()),
        *s.film(cg.markowitz).captions,
    ]  # fmt: skip
    for one in everything:
        assert "array(" not in one and "Composition" not in one and "object at" not in one and "\\n " not in one
    assert "∂" in everything[0]


SHOWN = [
    W @ x, X @ W.T, np.linalg.inv(A), np.linalg.solve(A, A), np.linalg.det(A), np.linalg.slogdet(A)[1],
    np.linalg.norm(x), np.sum(B, axis=1, keepdims=True), B[None], B[..., 1], B[np.array([True, False, True, True])],
    T.transpose(1, 0, 2), np.einsum("ijk->ik", T), np.einsum("ij,kj,j->ik", A, B, b), cg.softmax(B, axis=0),
    cg.log_softmax(B), cg.logsumexp(B, axis=1), np.where(B > 0, B, -B), np.var(B, axis=1), np.std(B), np.max(B, axis=0),
    np.prod(b), np.cumsum(B, axis=0), np.stack([b, b]), b / np.sum(b), np.trace(A),
    cg.conv2d(cg.Variable("I", shape=(1, 1, 4, 4)), cg.Variable("K", shape=(1, 1, 2, 2)), stride=2, padding=1),
    cg.max_pool2d(cg.Variable("I", shape=(1, 1, 4, 4))), np.roll(B, 1, axis=0), np.pad(b, 1), np.maximum(B, b),
    np.tensordot(T, A, axes=(1, 0)), np.diag(b), np.tril(A), np.exp(A) @ b, np.array([[1.0, 2.0, 3.0]]) @ b,
]  # fmt: skip


@pytest.mark.parametrize("expression", SHOWN, ids=lambda one: repr(one)[:40])
@pytest.mark.parametrize("whole", [False, True])
def test_every_function_of_arrays_is_shown(expression: Any, whole: bool) -> None:
    rng = np.random.default_rng(0)
    out = expression if whole else np.sum(np.sin(expression))
    shapes = cg.trace({"y": out}).graph["shapes"]
    s = cg.solve({"y": out}, at={name: rng.normal(size=shape) for name, shape in shapes.items()})
    for one in (s, s.statements):
        written = [str(one.table()), one.table().latex(), str(one.derivation()), *one.film().captions, one.film().dot()]
        assert all(written) and not any("LinearMap" in part or "Row" in part for part in written)
    assert notation.spoken(expression) and notation.latex(expression)


def test_a_step_of_arrays_says_what_is_multiplied() -> None:
    captions = SOLUTIONS["reverse"].film().captions
    assert captions[3].startswith("∂J/∂h = ∂J/∂v₂ · ∂v₂/∂h = [1 1 1] · diag(")
    assert "· (3 ← 3×2) ≈ [" in next(one for one in captions if one.startswith("∂J/∂W"))
    assert "Kronecker" not in "".join(captions)
    table = str(SOLUTIONS["statements"].table())
    assert "∂z/∂W = I ⊗ xᵀ" in table and "∂h/∂z = diag(1 − h²)" in table and "J = Σ(h²)" in table


def test_statements_of_arrays_have_the_maps_of_whole_statements() -> None:
    s, coarse = SOLUTIONS["reverse"], SOLUTIONS["statements"]
    for name in ("z", "h", "W", "x", "b"):
        assert np.allclose(coarse.derivatives[name], s.derivatives[name])
    whole = coarse.partials["W", "z", 0]
    assert np.allclose(whole.matrix(), np.kron(np.eye(3), s.values["x"]))


def test_paths_of_arrays_are_maps_and_their_sum_is_the_derivative() -> None:
    s = SOLUTIONS["repeated"]
    found = s.paths("x", "J")
    assert found.count == 3 and np.allclose(found.total.matrix(), [s.gradient["x"]])
    assert np.allclose(sum(path.product.matrix() for path in found.paths), found.total.matrix())
    symbolic = SOLUTIONS["symbolic"].paths("W", "J")
    assert symbolic.count == 1 and isinstance(symbolic.total, maps.LinearMap)


def test_large_maps_are_data_by_their_shapes() -> None:
    big = cg.Variable("big", shape=(40, 30))
    s = cg.solve({"y": big @ np.ones(30)}, at={"big": np.ones((40, 30))})
    written = json.loads(json.dumps(s.to_dict()))
    (partial,) = [one for one in written["partials"] if one["tail"] == "big"]
    assert partial["partial"] == {"map": "40 ← 40×30", "output": [40], "input": [40, 30]}
    assert partial["formula"] == "I ⊗ v₁ᵀ"
    small = SOLUTIONS["reverse"].to_dict()["partials"]
    assert small[1]["partial"] == SOLUTIONS["reverse"].values["W"].tolist()

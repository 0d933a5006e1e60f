"""Arrays: values as NumPy has them, labels as maps, derivatives of every order, at both zooms, in every direction."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import compgraph as cg
from compgraph.arrays.elementwise import NUMPY
from compgraph.arrays.protocols import BY_FUNCTION, ROWS
from compgraph.arrays.rows import Bound, Row
from compgraph.functions import FUNCTIONS, HIDDEN
from compgraph.maps import LinearMap, Scale
from compgraph.zoom import assembled, entry_names
from tests.array_cases import CASES
from tests.primitive_cases import NUMERIC

each_case = pytest.mark.parametrize("name", CASES)


def solved(name: str, **options: Any) -> Any:
    case = CASES[name]
    return cg.solve({"f": case.function(**case.variables())}, at=case.point(), **options)


def block(map: Any, value: Any, by: Any) -> Any:
    """The Jacobian of one array with respect to another, whatever it is kept as."""
    return map.matrix() if isinstance(map, LinearMap) else np.reshape(map, (np.size(value), np.size(by)))


# -- the table


def test_every_row_has_a_case() -> None:
    met: set[str] = set()
    unknown = np.dot(cg.Variable("A"), cg.Variable("x"))  # where shapes are known it is a matmul
    assert cg.solve({"f": unknown}, at={"A": [[1, 2]], "x": [3, 4]}).values["f"].tolist() == [11]
    met.add(unknown.primitive.name)
    for case in CASES.values():
        graph = cg.trace({"f": case.weighted(**case.variables())})
        symbols = cg.gradient({"J": case.weighted(**case.variables())})
        for one in (graph, cg.trace({f"d{k}": v for k, v in symbols.items()})):
            met |= {data["primitive"].name for _, data in one.nodes(data=True) if isinstance(data["primitive"], Bound)}
    assert set(ROWS) - met == set()


def test_every_function_of_numpy_that_is_offered_has_a_case() -> None:
    source = Path(__file__).with_name("array_cases.py").read_text("utf-8")
    further = {
        "average", "full_like", "ones_like", "zeros_like", "shape", "ndim", "size", "array_split", "bincount", "triu",
        "prod", "atleast_1d", "atleast_2d", "atleast_3d", "fliplr", "flipud", "moveaxis", "ravel", "resize", "rollaxis",
        "rot90",
    }  # fmt: skip
    for function in BY_FUNCTION:
        assert function.__name__ in further or f".{function.__name__.removeprefix('a')}(" in source, function


@each_case
def test_values_are_numpys(name: str) -> None:
    case = CASES[name]
    np.testing.assert_allclose(solved(name).values["f"], case.function(**case.point()), rtol=1e-12, atol=1e-14)


@each_case
def test_shapes_are_known_before_values(name: str) -> None:
    case = CASES[name]
    assert case.function(**case.variables()).shape == np.shape(case.function(**case.point()))


# -- derivatives


@each_case
def test_the_gradient_agrees_with_differences(name: str) -> None:
    case = CASES[name]
    assert cg.check_gradient(case.weighted, case.point(), tolerance=1e-5).ok


@each_case
def test_forward_is_reverse(name: str) -> None:
    case = CASES[name]
    at, f = case.point(), case.function(**case.variables())
    back = cg.solve({"f": f}, at=at)
    for n, value in at.items():
        ahead = cg.solve({"f": f}, at=at, wrt=n, direction="forward")
        expected = block(back.derivatives[n], back.values["f"], value)
        np.testing.assert_allclose(
            block(ahead.derivatives["f"], back.values["f"], value), expected, rtol=1e-10, atol=1e-12
        )


@each_case
def test_the_scalar_zoom_has_the_same_jacobian(name: str) -> None:
    s = solved(name)
    at, f = CASES[name].point(), s.values["f"]
    fine = s.scalars
    entries = fine.jacobian
    np.testing.assert_allclose(assembled(fine.values, "f", np.shape(f)), f, rtol=1e-9, atol=1e-12)
    for n, value in at.items():
        rows, columns = entry_names("f", np.shape(f)), entry_names(n, np.shape(value))
        jacobian = [[entries[row, column] for column in columns] for row in rows]
        np.testing.assert_allclose(jacobian, block(s.derivatives[n], f, value), rtol=1e-8, atol=1e-10)


@each_case
def test_the_gradient_in_symbols_is_the_gradient_in_numbers(name: str) -> None:
    case = CASES[name]
    at = case.point()
    symbols = cg.gradient({"J": case.weighted(**case.variables())})
    numbers = cg.gradient({"J": case.weighted(**case.variables())}, at)
    for n in at:
        found = cg.solve({"d": symbols[n]}, at={k: at[k] for k in cg.trace({"d": symbols[n]}).graph["inputs"]})
        np.testing.assert_allclose(found.values["d"], numbers[n], rtol=1e-9, atol=1e-11)


@each_case
def test_second_derivatives_agree_with_differences_of_first_ones(name: str) -> None:
    case = CASES[name]
    at, f = case.point(), case.weighted(**case.variables())
    tangent = case.point(seed=1)
    found = cg.hvp({"J": f}, at, tangent=tangent)
    h = 1e-6
    up, down = (cg.gradient({"J": f}, {n: at[n] + sign * h * tangent[n] for n in at}) for sign in (1, -1))
    for n in at:
        size = max(1.0, np.abs(found[n]).max())
        np.testing.assert_allclose(found[n], (up[n] - down[n]) / (2 * h), rtol=1e-5, atol=2e-5 * size)


@pytest.mark.parametrize("name", sorted(set(CASES) - {"average"}))  # whose weights are a literal of its own
def test_float32_stays_float32(name: str) -> None:
    case = CASES[name]
    f = case.function(**case.variables())
    s = cg.solve({"J": np.sum(f * f)}, at=case.point(dtype=np.float32))
    conditions = {n for n, v in s.values.items() if isinstance(v, np.ndarray) and v.dtype.kind == "b"}
    for found in (s.values, s.derivatives):
        kinds = {n: v.dtype for n, v in found.items() if isinstance(v, np.ndarray) and n not in conditions}
        assert {n for n, kind in kinds.items() if kind != np.float32} == set()


@each_case
def test_jax_agrees(name: str) -> None:
    jax = pytest.importorskip("jax")
    import jax.numpy as jnp

    case = CASES[name]
    if "cg" in case.function.__code__.co_names:
        pytest.skip("written in this library's own functions")
    with jax.enable_x64(True) if hasattr(jax, "enable_x64") else jax.experimental.enable_x64():
        at = case.point()
        names = list(at)
        jaxed = type(case.function)(case.function.__code__, {**case.function.__globals__, "np": jnp})

        def weighted(*arrays: Any) -> Any:
            result = jaxed(**dict(zip(names, arrays, strict=True)))
            weights = jnp.sin(1.0 + jnp.arange(jnp.size(result))).reshape(jnp.shape(result))
            return jnp.sum(result * weights) + jnp.sum(result * result) / 3

        theirs = jax.grad(weighted, argnums=tuple(range(len(names))))(*at.values())
        ours = cg.gradient({"J": case.weighted(**case.variables())}, at)
        for n, gradient in zip(names, theirs, strict=True):
            np.testing.assert_allclose(ours[n], gradient, rtol=1e-10, atol=1e-10)


# -- the rule table, entry by entry


@pytest.mark.parametrize("name", NUMERIC)
def test_a_function_of_the_table_acts_entry_by_entry(name: str) -> None:
    case = NUMERIC[name]
    row: Any = FUNCTIONS.get(name) or HIDDEN[name]
    assert name in NUMPY
    arity = len(case.spans)
    random = np.random.default_rng(2)
    arrays = [random.uniform(max(low, -3), min(high, 3), size=5) for low, high in case.spans]
    variables = [cg.Variable(f"x{i}") for i in range(arity)]
    f = row(*variables)
    at = {f"x{i}": array for i, array in enumerate(arrays)}
    s = cg.solve({"f": f}, at=at)
    for j in range(5):
        one = cg.solve({"f": f}, at={n: float(array[j]) for n, array in at.items()})
        assert s.values["f"][j] == pytest.approx(one.values["f"], rel=1e-12, abs=1e-300)
        for (tail, _, key), partial in one.partials.items():
            diagonal = s.partials[tail, "f", key].matrix()[j, j]
            assert diagonal == pytest.approx(partial, rel=1e-11, abs=1e-300)


def test_a_primitive_of_ones_own_acts_entry_by_entry() -> None:
    x = cg.Variable("x")
    softsign = cg.Primitive("softsign", lambda x: x / (1 + abs(x)), lambda y, x: 1 / (1 + cg.abs(x)) ** 2)
    floored = cg.Primitive("halved", lambda x: float(int(x) / 2), lambda y, x: 0.5)
    s = cg.solve({"f": np.sum(softsign(x))}, at={"x": [1.0, -3.0]})
    assert s.gradient["x"].tolist() == [0.25, 0.0625]
    assert cg.solve({"f": floored(x)}, at={"x": [3.0, 5.0]}).values["f"].tolist() == [1.5, 2.5]


def test_a_row_of_ones_own() -> None:
    double = Row("double", lambda x: 2 * x, lambda y, x: Scale(2.0, x.shape))
    s = cg.solve({"f": np.sum(double(cg.Variable("x")))}, at={"x": [1, 2]})
    assert s.values["f"] == 6 and s.gradient["x"].tolist() == [2, 2]
    with pytest.raises(TypeError, match="double cannot be pickled"):
        pickle.dumps(double(cg.Variable("x")))


# -- labels


def test_an_elementwise_partial_is_a_diagonal_and_never_a_jacobian() -> None:
    x = cg.Variable("x")
    s = cg.solve({"f": np.sin(x)}, at={"x": np.ones((3, 3))})
    label = s.partials["x", "f", 0]
    assert isinstance(label, cg.maps.Diagonal) and label.matrix().shape == (9, 9)


def test_the_labels_fit_the_nodes_they_join() -> None:
    for name in CASES:
        s = solved(name)
        shapes = cg.check_shapes(s.graph)
        assert all(shape == np.shape(s.values[node]) for node, shape in shapes.items())


def test_the_derivative_of_a_number_has_the_shape_of_its_variable() -> None:
    s = solved("cross-entropy")
    assert all(np.shape(s.derivatives[node]) == np.shape(value) for node, value in s.values.items())
    x, y = cg.Variable("x"), cg.Variable("y")
    s = cg.solve({"J": np.sum(x), "k": y * 2}, at={"x": [1, 2], "y": [3, 4]}, of="J")
    assert s.derivatives["y"].tolist() == [0, 0]
    assert isinstance(cg.solve({"f": 2 * x}, at={"x": [1, 2], "y": [3, 4]}).derivatives["y"], LinearMap)


def test_a_bias_sums_over_the_batch() -> None:
    X, b = cg.Variable("X"), cg.Variable("b")
    s = cg.solve({"J": np.sum((X + b) ** 2)}, at={"X": np.ones((4, 2)), "b": [1.0, 2.0]})
    assert s.gradient["b"].tolist() == [16, 24]


# -- both zooms


def test_zooming_out_eliminates_the_interior() -> None:
    W, x = cg.Variable("W"), cg.Variable("x")
    at = {"W": [[1.0, 2.0], [3.0, 4.0]], "x": [5.0, 6.0]}
    s = cg.solve({"z": W @ x, "J": np.sum(np.tanh(W @ x / 10))}, at=at)
    fine = s.scalars
    out = fine.statements.graph
    label = {(tail, head): data["partial"] for tail, head, data in out.edges(data=True)}
    assert label["W[0,1]", "z[0]"] == 6 and label["x[1]", "z[0]"] == 2 and ("x[0]", "W[0,0]") not in label
    entries = cg.entrywise(cg.solve({"z": W @ x}, at=at).graph)
    assert entries.edges["x[1]", "z[0]", 1]["partial"] == 2  # weights on the edges, as a layer is drawn


def test_path_sums_between_entries_are_entries_of_the_block() -> None:
    s = solved("layer")
    matrix = s.derivatives["x"].matrix()
    for i, j in np.ndindex(3, 3):
        assert s.scalars.paths(f"x[{j}]", f"f[{i}]").total == pytest.approx(matrix[i, j])


def test_other_semirings_act_on_the_scalar_zoom() -> None:
    s = solved("layer")
    with pytest.raises(TypeError, match=r"COUNT acts on numbers: .* s\.scalars\.over\(cg\.COUNT\)"):
        s.over(cg.COUNT)
    assert s.scalars.sweep("f[0]").over(cg.COUNT).derivatives["x[0]"] == 1
    assert cg.solve("f = x^2", at={"x": 3}).scalars.values["f"] == 9


def test_a_large_inverse_is_not_written_out() -> None:
    A = cg.Variable("A", shape=(8, 8))
    with pytest.raises(ValueError, match="not written out in scalars: expected a matrix of at most 5 rows"):
        cg.scalarize({"f": np.linalg.inv(A)})


def test_the_cost_of_a_sweep_counts_multiplications_of_maps() -> None:
    W, X = cg.Variable("W"), cg.Variable("X")
    s = cg.solve({"J": np.sum(X @ W)}, at={"X": np.ones((5, 4)), "W": np.ones((4, 3))})
    assert s.cost.multiplications == 2 * 5 * 4 * 3  # a product with W and one with X; the sum only adds


# -- errors


@pytest.mark.parametrize(
    ("f", "at", "error", "message"),
    [
        (lambda W, x: W @ x, {"W": np.ones((3, 2)), "x": np.ones(3)}, ValueError, r"f = .*\(3, 2\) and \(3,\) cannot"),
        (lambda x, y: x + y, {"x": np.ones(3), "y": np.ones(2)}, ValueError, r"add of the shapes \(3,\) and \(2,\)"),
        (lambda x: np.log(x), {"x": [1.0, -1.0]}, cg.DomainError, r"log is undefined at f\[1\] = .*got -1"),
        (lambda x: np.sum(np.log(x)), {"x": [1.0, -1.0]}, cg.DomainError, r"log is undefined at v1\[1\] = .*got -1"),
        (lambda x: x[5], {"x": [1.0, -1.0]}, ValueError, "out of bounds"),
        (lambda A: np.linalg.inv(A), {"A": np.ones((2, 2))}, cg.DomainError, "inv is undefined: singular matrix"),
        (lambda A: np.linalg.inv(A), {"A": np.ones((2, 3))}, ValueError, "square"),
        (lambda x: np.reshape(x, (2, 2)), {"x": np.ones(3)}, ValueError, "reshape"),
        (lambda x: np.sum(x, axis=2), {"x": np.ones(3)}, ValueError, "axis 2"),
    ],
)  # fmt: skip
def test_an_error_names_the_node_and_the_shapes(f: Any, at: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        cg.solve({"f": f(**{n: cg.Variable(n) for n in at})}, at=at)


def test_a_shape_that_was_declared_is_held() -> None:
    x = cg.Variable("x", shape=(2,))
    with pytest.raises(ValueError, match=r"x has the shape \(2,\): expected a value of that shape, got one of \(3,\)"):
        cg.solve(np.sum(x), at={"x": [1, 2, 3]})
    with pytest.raises(ValueError, match="x has two shapes"):
        cg.trace(np.sum(x) + np.sum(cg.Variable("x", shape=3)))
    with pytest.raises(ValueError, match="matmul of the shapes"):
        (cg.Variable("W", shape=(3, 3)) @ x).shape  # noqa: B018 - it is asked for


def test_a_shape_that_was_asked_for_is_settled() -> None:
    w = cg.Variable("w")
    mean = np.sum(w**2) / w.size  # as of a number
    assert cg.solve(mean, at={"w": 3}).values["f"] == 9
    with pytest.raises(
        ValueError, match=r"w was taken for a number when its shape was asked for: got an array.*shape="
    ):
        cg.solve(mean, at={"w": [1, 2, 3]})
    assert cg.gradient(lambda w: np.sum(w**2) / w.size, {"w": [1, 2]})["w"].tolist() == [1, 2]
    with pytest.raises(ValueError, match="without a shape"):
        np.linalg.norm(cg.Variable("A"), 2)


@pytest.mark.parametrize("use", [pickle.dumps, repr, cg.simplify, cg.trace, cg.expression_size, cg.value_and_gradient])
def test_nothing_else_settles_a_shape(use: Any) -> None:
    w = cg.Variable("w")
    loss = np.sum(np.tanh(w) * w + 1)
    use(loss)
    assert cg.gradient(loss, {"w": np.zeros(2)})["w"].tolist() == [0, 0]


def test_a_jacobian_has_the_same_shapes_in_either_direction() -> None:
    A, x = cg.Variable("A"), cg.Variable("x")
    f, at = {"J": np.sum(A @ x), "K": np.sum(x * x)}, {"A": [[1, 2], [3, 4]], "x": [5, 6]}
    ahead, back = (cg.jacobian(f, at, of=["J", "K"], wrt=wrt) for wrt in (["x"], None))
    assert ahead["J", "x"].tolist() == back["J", "x"].tolist() == [4, 6]
    assert back["K", "A"].tolist() == [[0, 0], [0, 0]]


def test_at_no_point_shapes_have_to_be_said() -> None:
    with pytest.raises(ValueError, match=r"W, x have no shape\. Give a point, or Variable"):
        cg.gradient("sum(tanh(W @ x))")


def test_lists_and_fractions_make_arrays() -> None:
    x = cg.Variable("x")
    assert cg.solve({"f": x - [1, 2]}, at={"x": ["1/2", "2"]}).values["f"].tolist() == [-0.5, 0]
    assert cg.solve({"f": [1, 2] * x}, at={"x": 3}).values["f"].tolist() == [3, 6]


def test_an_entry_that_is_no_number_is_named() -> None:
    with pytest.raises(cg.DomainError, match=r"x\[1, 0\] is not a number: expected numbers in every entry, got NaN"):
        cg.solve("sum(x)", at={"x": [[1, 2], [float("nan"), 4]]})


def test_a_pole_is_no_overflow() -> None:
    for text in ("sum(1/x)", "sum(log(x))"):
        with pytest.raises(cg.DomainError, match=r"undefined at v1\[1\]"):
            cg.solve(text, at={"x": [1.0, 0.0]})
    assert cg.solve("sum(sqrt(x))", at={"x": [1.0, 0.0]}).warnings == ["∂v1/∂x is +∞ in the entry [1]."]


def test_a_forward_sweep_gives_gradients_in_the_shape_of_the_variable() -> None:
    W = cg.Variable("W")
    s = cg.solve({"J": np.sum(W * W)}, at={"W": [[1, 2]]}, direction="forward")
    assert s.gradient["W"].tolist() == [[2, 4]]


def test_a_zoom_that_nobody_can_use_is_refused() -> None:
    s = cg.solve(np.sum(cg.Variable("W") @ cg.Variable("x")), at={"W": np.ones((1000, 1000)), "x": np.ones(1000)})
    with pytest.raises(ValueError, match=r"about \d+ operations: expected at most 300000"):
        s.scalars  # noqa: B018 - it is asked for


@pytest.mark.parametrize("ask", [cg.compare_orders, cg.sparse_jacobian, cg.Lagrangian])
def test_what_counts_numbers_asks_for_the_scalar_zoom(ask: Any) -> None:
    with pytest.raises(TypeError, match=r"labels that are numbers.*s\.scalars\.graph"):
        ask(solved("layer").graph)


def test_what_is_not_supported_says_so_by_name() -> None:
    x = cg.Variable("x", shape=(2, 2))
    for call, name in [
        (lambda: np.linalg.eig(x), "eig"),
        (lambda: np.sort(x), "sort"),
        (lambda: np.floor(x), "floor"),
        (lambda: np.sum(x, where=np.eye(2) > 0), "where"),
        (lambda: np.pad(x, 1, mode="edge"), "edge"),
        (lambda: np.linalg.norm(x, 2), "norm"),
        (lambda: np.add(x, 1, out=np.ones((2, 2))), "out"),
    ]:
        with pytest.raises(TypeError, match=name):
            call()


def test_an_exact_run_refuses_arrays() -> None:
    with pytest.raises(TypeError, match=r"x: expected a number, for exact fractions, got an array of the shape \(2,\)"):
        cg.solve(np.sum(cg.Variable("x")), at={"x": [1, 2]}, exact=True)


def test_an_array_as_an_output_has_no_gradient_at_no_point() -> None:
    with pytest.raises(ValueError, match=r"f has the shape \(2,\): expected a number to differentiate at no point"):
        cg.solve(np.sin(cg.Variable("x", shape=2)))
    with pytest.raises(ValueError, match="expected an output that is a number"):
        cg.value_and_gradient(np.sin(cg.Variable("x")))(np.ones(2))


# -- where things are not defined


def test_what_a_where_leaves_out_has_no_influence() -> None:
    x = cg.Variable("x")
    f = cg.where(x > 0, np.sqrt(x), 0.0)
    s = cg.solve({"J": np.sum(f)}, at={"x": [4.0, -1.0, 0.0]})
    assert s.values["J"] == 2 and s.gradient["x"].tolist() == [0.25, 0, 0]
    assert cg.hessian({"J": np.sum(f)}, {"x": [4.0, -1.0]})["x", "x"].matrix().tolist() == [[-1 / 32, 0], [0, 0]]
    with pytest.raises(cg.DomainError, match=r"sqrt is undefined at v\d\[1\]"):
        cg.solve({"J": np.sum(np.sqrt(x))}, at={"x": [4.0, -1.0]})


def test_infinities_and_kinks_are_warned_of() -> None:
    x = cg.Variable("x")
    assert "infinite in the entry [1]" in cg.solve({"f": np.exp(x)}, at={"x": [1.0, 1e4]}).warnings[0]
    assert "kink" in cg.solve({"f": cg.relu(x)}, at={"x": [0.0, 1.0]}).warnings[0]
    s = cg.solve({"f": np.max(x)}, at={"x": [1.0, 1.0]})
    assert s.gradient["x"].tolist() == [0.5, 0.5] and "kink" in s.warnings[0]


# -- expressions themselves


def test_shapes_survive_pickling() -> None:
    f = cg.Variable("W", shape=(3, 2)) @ np.ones(2)
    again = pickle.loads(pickle.dumps(f))
    assert again.shape == (3,) and cg.solve({"f": again}, at={"W": np.ones((3, 2))}).values["f"].tolist() == [2, 2, 2]


def test_a_deep_chain_of_arrays() -> None:
    x = cg.Variable("x", shape=2)
    f = x
    for _ in range(20_000):
        f = f + 1
    assert np.sum(f).shape == ()
    assert cg.solve({"J": np.sum(f)}, at={"x": [0, 1]}).values["J"] == 40_001


def test_an_array_can_be_iterated_over_and_unpacked() -> None:
    a, b = cg.Variable("x", shape=2)
    assert cg.solve({"f": a * b}, at={"x": [3, 4]}).gradient["x"].tolist() == [4, 3]
    with pytest.raises(TypeError, match="Variable\\('x', shape="):
        list(cg.Variable("x"))


def test_a_literal_is_read_only_and_its_own() -> None:
    weights = np.array([1.0, 2.0])
    f = np.sum(weights * cg.Variable("x"))
    weights[:] = 0
    assert cg.solve(f, at={"x": [1, 1]}).values["f"] == 3

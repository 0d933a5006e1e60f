"""Programs of arrays: compiled, written as Python and as text, they say what `solve` says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np
import pytest

import compgraph as cg
from compgraph.arrays import conv2d, log_softmax, logsumexp, max_pool2d, scatter, softmax
from compgraph.arrays.protocols import ROWS
from compgraph.functions import FUNCTIONS

SHAPES: dict[str, Any] = {
    "A": (3, 3), "B": (3, 4), "C": (4, 2), "x": 3, "y": 4, "S": (2, 3, 3), "P": (2, 2, 5, 5), "K": (3, 2, 3, 3),
    "c": (),
}  # fmt: skip
V = {name: cg.Variable(name, shape=shape) for name, shape in SHAPES.items()}
A, B, C, x, y, S, P, K, c = V.values()


def point(dtype: Any = float, seed: int = 1) -> dict[str, Any]:
    random = np.random.default_rng(seed)
    at: dict[str, Any] = {name: random.normal(size=e.shape).astype(dtype) for name, e in V.items() if e.shape}
    at["A"] += 3 * np.eye(3, dtype=dtype)
    at["S"] += 3 * np.eye(3, dtype=dtype)
    return {**at, "c": 1.5}


#: Row of arrays → expressions that apply it.
CASES: dict[str, list[Any]] = {
    "matmul": [A @ B, A @ x, x @ B, x @ x, S @ B, A @ S, S @ S, B @ C @ np.ones((2, 2))],
    "einsum": [
        np.einsum("ij,jk,k->i", A, B, y), np.einsum("ii->i", A), np.einsum("ij->", B), np.einsum("ij->ji", B),
        np.einsum("ij,ij->i", B, B), np.einsum("bij,bjk->bik", S, S), np.einsum("i,j->ji", x, y),
        np.einsum("ij,kl->jl", A, B), np.einsum("bij,jk->kbi", S, B), np.einsum("i,i", x, x),
    ],
    "outer": [np.outer(x, y)],
    "dot": [np.dot(A, x), np.dot(2.0, B), np.dot(c, c)],
    "sum": [np.sum(B), np.sum(B, axis=0), np.sum(B, axis=1, keepdims=True), np.sum(S, axis=(0, 2)), np.sum(B * B)],
    "mean": [np.mean(B), np.mean(B, axis=1), np.mean(S, axis=(1, 2), keepdims=True)],
    "var": [np.var(B), np.var(B, axis=0, ddof=1), np.var(B, axis=1, keepdims=True)],
    "std": [np.std(B), np.std(B, axis=0)],
    "prod": [np.prod(B, axis=1), np.prod(x)],
    "amax": [np.max(B), np.max(B, axis=1), np.max(B, axis=0, keepdims=True)],
    "amin": [np.min(B), np.min(B, axis=1)],
    "cumsum": [np.cumsum(B), np.cumsum(B, axis=0)],
    "norm": [np.linalg.norm(B), np.linalg.norm(B, axis=0)],
    "logsumexp": [logsumexp(B), logsumexp(B, axis=1), logsumexp(B, axis=0, keepdims=True)],
    "softmax": [softmax(B), softmax(B, axis=0), softmax(x)],
    "log_softmax": [log_softmax(B), log_softmax(B, axis=0)],
    "reshape": [B.reshape(2, 6), B.T.reshape(-1), (A @ B).T.reshape(2, 6)],
    "transpose": [B.T, np.transpose(S, (1, 0, 2)), (A @ B).T],
    "broadcast_to": [np.broadcast_to(x, (2, 3)), np.broadcast_to(c, (2, 2)) @ np.ones((2, 2))],
    "getitem": [B[1], B[:, [0, 0, 2]], B[0, 1], B[::2, None], np.tanh(B)[0, 1], B[np.array([True, False, True])]],
    "rearrange": [
        np.flip(B, 0), np.roll(B, 1), np.take(B, [0, 2], axis=1), np.squeeze(B[:1]), np.repeat(x, 2), np.tile(x, 2),
        np.swapaxes(S, 0, 1), np.expand_dims(x, 0), np.moveaxis(cast(Any, S), 0, -1), np.ravel(B), np.diag(A),
    ],
    "concatenate": [np.concatenate([A, B], axis=1), np.concatenate([x, y])],
    "stack": [np.stack([x, x * 2]), np.stack([x, np.tanh(x)], axis=1)],
    "pad": [np.pad(B, 1), np.pad(B, ((0, 1), (2, 0)), constant_values=2.0)],
    "scatter": [scatter(x, (5,), [0, 2, 2]), scatter(x, (2, 3), 0), np.diag(x)],
    "inv": [np.linalg.inv(A), np.linalg.inv(S)],
    "solve": [np.linalg.solve(A, B), np.linalg.solve(A, x), np.linalg.solve(S, A)],
    "det": [np.linalg.det(A), np.linalg.det(S)],
    "detsign": [np.linalg.slogdet(A)[0] * c],
    "logdet": [np.linalg.slogdet(A)[1]],
    "trace": [np.trace(A)],
    "conv2d": [conv2d(P, K), conv2d(P, K, stride=2, padding=1), conv2d(np.tanh(P), K, padding=(0, 1))],
    "patches": [],  # only in the derivative of conv2d
    "max_pool2d": [max_pool2d(P, 2), max_pool2d(P, 3, stride=1)],
}  # fmt: skip

#: Functions of numbers that want other arguments than any.
ENTRIES: dict[str, Any] = {
    "where": cg.where(B > 0, B * 2, np.exp(B)),
    "logical_and": cg.where(np.logical_and(B > 0, B < 1), B * y, B),
    "logical_or": cg.where(np.logical_or(B > 1, B < 0), B * y, c),
    "logical_not": cg.where(np.logical_not(B > 0), B * y, c),
    "hypot": np.hypot(B, y), "logaddexp": np.logaddexp(B, y), "atan2": np.arctan2(B, y), "max": cg.max(B, y, 0.1),
    "min": np.minimum(B, y), "prelu": cg.prelu(B, y), "swish": cg.swish(B, y), "leaky_relu": cg.leaky_relu(B),
    "elu": cg.elu(B),
}  # fmt: skip
_INSIDE = {"asin", "acos", "atanh"}
_POSITIVE = {"sqrt", "log", "log2", "log10", "log1p", "cbrt", "acot", "csch", "coth", "csc", "cot"}


def entries(name: str) -> Any:
    """An expression that applies a function of numbers where it is defined."""
    if name in ENTRIES:
        return ENTRIES[name]
    inner = np.tanh(B) * 0.9
    if name == "asech":
        return FUNCTIONS[name](inner * inner + 0.05)
    if name in ("acosh", "asec", "acsc", "acoth"):
        return FUNCTIONS[name](B * B + 1.5)
    return FUNCTIONS[name](inner if name in _INSIDE else B * B + 0.3 if name in _POSITIVE else B)


OPERATORS = {"add": B + y, "subtract": y - B, "multiply": B * c, "divide": 1 / (y * y + 1) / B, "power": np.exp(B) ** y,
             "negate": -B, "cube": B**3, "inverse": (B * B) ** -1, "half": (B * B) ** 0.5, "abs": abs(-B),
             "guard": cg.where(B > 0, np.sqrt(B), 0.0), "scalar": cg.where(c > 0, B * c, np.sqrt(B)),
             "guarded": cg.where(B > 0, np.sqrt(B) * y, 0.0),
             "twice": cg.where(B > 0, cg.where(B < 1, np.log(B), y), 0.0),
             "equal": cg.where(cg.equal(B, y), B, y)}  # fmt: skip
UNARY = sorted({row.name for row in FUNCTIONS.values()})
ALL = {
    **{f"{name}-{i}": e for name, cases in CASES.items() for i, e in enumerate(cases)},
    **{name: entries(name) for name in UNARY},
    **OPERATORS,
}


def weighted(e: Any) -> Any:
    """A number that every entry has a part in."""
    weights = np.random.default_rng(5).normal(size=e.shape)
    return np.sum(e * weights * e) if e.shape else e * 1.3 * e


def problem(e: Any) -> tuple[dict[str, Any], list[str]]:
    J = weighted(e)
    return {"e": e if e.name is None and e.arguments else e + 0, "J": J}, cg.trace({"J": J}).graph["inputs"]


def near(got: Any, wanted: Any, tolerance: float = 1e-10) -> None:
    assert np.shape(got) == np.shape(wanted)
    scale = max(1.0, float(np.max(np.abs(wanted), initial=0)))
    assert np.max(np.abs(np.asarray(got) - wanted), initial=0) <= tolerance * scale


def test_every_row_and_every_function_has_a_case() -> None:
    assert set(CASES) == set(ROWS)
    assert {row.name for row in FUNCTIONS.values()} <= set(ALL)


@pytest.mark.parametrize("name", ALL)
def test_compiled_programs_are_equal_to_solve(name: str) -> None:
    asked, inputs = problem(ALL[name])
    at = {key: value for key, value in point().items() if key in inputs}
    solution = cg.solve(asked, at=at)
    value, slopes = cg.derivative_program(asked, wrt=inputs).compile()(**at)
    near(value, solution.values["J"])
    for key, slope in zip(inputs, slopes, strict=True):
        near(slope, solution.gradient[key])
    near(cg.program(asked, of="e").compile()(**at), solution.values["e"])


@pytest.mark.parametrize("name", ALL)
def test_float32_stays_float32(name: str) -> None:
    asked, inputs = problem(ALL[name])
    at = {key: value for key, value in point(np.float32).items() if key in inputs}
    f = cg.derivative_program(asked, wrt=inputs).compile()
    wide, _ = cg.derivative_program(asked, wrt=inputs).compile()(**{k: np.asarray(v, float)[()] for k, v in at.items()})
    value, slopes = f(**at)
    assert type(value) is float and abs(value - wide) < 1e-3 * max(1, abs(wide))
    assert {slope.dtype for slope in slopes if isinstance(slope, np.ndarray)} <= {np.dtype(np.float32)}


# -- as Python


def run(source: str, name: str = "f") -> Callable[..., Any]:
    namespace: dict[str, Any] = {}
    exec(source, namespace)
    assert "compgraph" not in source
    found: Callable[..., Any] = namespace[name]
    return found


@pytest.mark.parametrize("name", ALL)
def test_python_is_equal_to_solve(name: str) -> None:
    asked, inputs = problem(ALL[name])
    at = {key: value for key, value in point().items() if key in inputs}
    solution = cg.solve(asked, at=at)
    with np.errstate(all="ignore"):
        value, slopes = run(cg.derivative_program(asked, wrt=inputs).python())(**at)
    near(value, solution.values["J"])
    for key, slope in zip(inputs, slopes, strict=True):
        near(slope, solution.gradient[key])


# -- a network


LAYERS: dict[str, Any] = {"W1": (5, 6), "b1": 6, "W2": (6, 3), "b2": 3}


def network(batch: int = 4, activation: Any = np.tanh) -> dict[str, Any]:
    data, targets = cg.Variable("data", shape=(batch, 5)), cg.Variable("targets", shape=(batch, 3))
    w = {name: cg.Variable(name, shape=shape) for name, shape in LAYERS.items()}
    h = activation(data @ w["W1"] + w["b1"])
    z = h @ w["W2"] + w["b2"]
    return {"h": h, "z": z, "J": np.mean(logsumexp(z, axis=1) - np.sum(z * targets, axis=1))}


def batch_of(size: int, dtype: Any = float) -> dict[str, Any]:
    random = np.random.default_rng(size)
    at = {name: random.normal(size=shape) for name, shape in LAYERS.items()}
    at |= {"data": random.normal(size=(size, 5)), "targets": np.eye(3)[random.integers(0, 3, size)]}
    return {name: array.astype(dtype) for name, array in at.items()}


LISTING = """\
v1 = data @ W1
v2 = v1 + b1
h = tanh(v2)
v3 = h @ W2
z = v3 + b2
v4 = logsumexp(z, axis=1)
v5 = z·targets
v6 = sum(v5, axis=1)
v7 = v4 − v6
J = mean(v7)

∂J/∂J = 1
∂J/∂v7 = 0
∂J/∂v6 = 0
∂J/∂v5 = 0
∂J/∂v4 = 0
∂J/∂z = 0
∂J/∂v3 = 0
∂J/∂h = 0
∂J/∂v2 = 0
∂J/∂v1 = 0
∂J/∂b2 = 0
∂J/∂W2 = 0
∂J/∂b1 = 0
∂J/∂W1 = 0
∂J/∂v7 += broadcast_to(0.25·∂J/∂J, (4,))
∂J/∂v4 += ∂J/∂v7
∂J/∂v6 += −∂J/∂v7
∂J/∂v5 += broadcast_to(reshape(∂J/∂v6, (4, 1)), (4, 3))
∂J/∂z += targets·∂J/∂v5
∂J/∂z += exp(z − reshape(v4, (4, 1)))·reshape(∂J/∂v4, (4, 1))
∂J/∂v3 += ∂J/∂z
∂J/∂b2 += sum(∂J/∂z, axis=0)
∂J/∂h += ∂J/∂v3 @ W2.T
∂J/∂W2 += h.T @ ∂J/∂v3
∂J/∂v2 += sech(v2)²·∂J/∂h
∂J/∂v1 += ∂J/∂v2
∂J/∂b1 += sum(∂J/∂v2, axis=0)
∂J/∂W1 += data.T @ ∂J/∂v1"""


def test_a_network_is_listed_as_one_writes_it() -> None:
    program = cg.derivative_program(network(), wrt=list(LAYERS))
    assert str(program) == LISTING
    assert program.cost[:2] == cg.solve(network(), at=batch_of(4), wrt=list(LAYERS)).cost[:2]
    lines = program.latex().splitlines()
    assert (
        r"\frac{\partial J}{\partial W_{2}} &\mathrel{+}= h^{\mathsf{T}} \, \frac{\partial J}{\partial v_{3}} \\"
        in lines
    )


PYTHON = """\
    dJ_dv7 += 0.25 * dJ_dJ
    dJ_dv4 += dJ_dv7
    dJ_dv6 += -dJ_dv7
    dJ_dv5 += np.reshape(dJ_dv6, (4, 1))
    dJ_dz += targets * dJ_dv5
    dJ_dz += np.exp(z - np.reshape(v4, (4, 1))) * np.reshape(dJ_dv4, (4, 1))
    dJ_dv3 += dJ_dz
    dJ_db2 += np.sum(dJ_dz, axis=0)
    dJ_dh += dJ_dv3 @ W2.T
    dJ_dW2 += h.T @ dJ_dv3
    dJ_dv2 += sech(v2) ** 2 * dJ_dh
    dJ_dv1 += dJ_dv2
    dJ_db1 += np.sum(dJ_dv2, axis=0)
    dJ_dW1 += data.T @ dJ_dv1
    return J, (dJ_dW1, dJ_db1, dJ_dW2, dJ_db2)
"""


def test_python_of_a_network_keeps_float32() -> None:
    source = cg.derivative_program(network(), wrt=list(LAYERS)).python()
    assert source.endswith(PYTHON)
    _, slopes = run(source)(**batch_of(4, np.float32))
    assert {slope.dtype for slope in slopes} == {np.dtype(np.float32)}


@pytest.mark.parametrize("activation", [np.tanh, cg.relu, cg.sigmoid, cg.softplus, cg.gelu])
def test_shapes_and_kinds_of_numbers_may_change_between_calls(activation: Any) -> None:
    f = cg.derivative_program(network(activation=activation), wrt=list(LAYERS)).compile()
    for size, dtype in [(4, float), (2, np.float32), (4, float), (7, float), (2, np.float32), (4, np.float32)]:
        at = batch_of(size, dtype)
        solution = cg.solve(network(size, activation), at=at, wrt=list(LAYERS))
        value, slopes = f(**at)
        near(value, solution.values["J"], 1e-6 if dtype is np.float32 else 1e-12)
        for name, slope in zip(LAYERS, slopes, strict=True):
            assert slope.dtype == dtype
            near(slope, solution.gradient[name], 2e-5 if dtype is np.float32 else 1e-12)


def test_results_are_arrays_of_their_own() -> None:
    f = cg.derivative_program(network(), wrt=list(LAYERS)).compile()
    one, other = batch_of(4), {**batch_of(4), "data": np.ones((4, 5))}
    _, first = f(**one)
    kept = [slope.copy() for slope in first]
    for slope in f(**other)[1]:
        slope[...] = np.nan
    _, again = f(**one)
    for slope, copy, third in zip(first, kept, again, strict=True):
        assert (slope == copy).all() and (third == copy).all()
        assert not any(np.shares_memory(slope, value) for value in (*one.values(), third))


@pytest.mark.parametrize("e", [B.T, B[0], B.reshape(-1), np.pad(B, 1), np.stack([x, x]), B, np.broadcast_to(c, (2, 2))])
def test_views_are_not_handed_out(e: Any) -> None:
    f = cg.program({"e": e + 0 if e.primitive.name == "variable" else e}).compile()
    at = {name: value for name, value in point().items() if name in cg.trace({"e": e}).graph["inputs"]}
    first, second = f(**at), f(**at)
    assert not np.shares_memory(first, second)
    assert not any(np.shares_memory(first, np.asarray(value)) for value in at.values())
    first[...] = np.nan
    near(f(**at), second)


def test_threads_may_call_it_at_the_same_time() -> None:
    from concurrent.futures import ThreadPoolExecutor

    f = cg.derivative_program(network(64), wrt=list(LAYERS)).compile()
    points = [{**batch_of(64), "data": np.full((64, 5), i / 10)} for i in range(8)]
    wanted = [f(**at)[1] for at in points]
    with ThreadPoolExecutor(4) as pool:
        for number, (_, slopes) in enumerate(pool.map(lambda i: f(**points[i % 8]), range(200))):
            assert all((a == b).all() for a, b in zip(slopes, wanted[number % 8], strict=True))


def test_infinities_and_nan_pass() -> None:
    f = cg.program({"e": np.log(B) + np.exp(B * 1000)}).compile()
    found = f(B=np.array([[0.0, -1.0, 2.0, np.nan]] * 3))
    assert found[0, 0] == -np.inf and np.isnan(found[0, 1]) and found[0, 2] == np.inf and np.isnan(found[0, 3])
    total = cg.program({"e": logsumexp(B, axis=1)}).compile()
    rows = np.array([[-np.inf] * 4, [0.0, np.inf, 1.0, 2.0], [0.0, np.nan, 1.0, 2.0]])
    assert np.array_equal(total(B=rows), [-np.inf, np.inf, np.nan], equal_nan=True)


def test_a_guard_leaks_nothing() -> None:
    e = cg.where(B > 0, np.sqrt(B) * y, 0.0)
    at = {"B": np.array([[-1.0, 0.0, 4.0, -np.inf]] * 3), "y": np.ones(4)}
    for f in (cg.derivative_program({"J": np.sum(e)}).compile(), run(cg.derivative_program({"J": np.sum(e)}).python())):
        with np.errstate(all="ignore"):
            value, (slope, other) = f(**at)
        assert value == 6.0
        assert (slope == [0.0, 0.0, 0.25, 0.0]).all() and (other == [0.0, 0.0, 6.0, 0.0]).all()


# -- several outputs, the other direction, and what is refused


def test_several_outputs_have_a_sweep_each() -> None:
    f = cg.derivative_program({"a": np.sum(B * B), "b": np.sum(B)}, of=["a", "b"]).compile()
    at = {"B": point()["B"]}
    (a, b), ((da,), (db,)) = f(**at)
    near([a, b], [np.sum(at["B"] ** 2), np.sum(at["B"])])
    near(da, 2 * at["B"])
    near(db, np.ones((3, 4)))


def test_forward_from_a_number() -> None:
    problem = {"J": np.sum(np.tanh(B * c))}
    program = cg.derivative_program(problem, wrt="c", direction="forward")
    assert str(program).splitlines()[-1] == "∂J/∂c = sum(∂v2/∂c)"
    at = {"B": point()["B"], "c": 0.5}
    wanted = cg.solve(problem, at=at).gradient["c"]
    near(program.compile()(**at)[1], (wanted,))
    near(run(program.python())(**at)[1], (wanted,))


def test_what_nothing_depends_on_has_a_derivative_of_zeros() -> None:
    _, slopes = cg.derivative_program({"J": np.sum(x)}, wrt=["x"]).compile()(x=np.ones(3))
    near(slopes[0], np.ones(3))
    _, slopes = cg.derivative_program({"J": np.sum(np.sign(x))}).compile()(x=np.ones(3, np.float32))
    assert slopes[0].dtype == np.float32 and (slopes[0] == np.zeros(3)).all()


def test_of_one_derivative_many_names() -> None:
    u, v = cg.Variable("u", shape=3), cg.Variable("v", shape=3)
    _, (one, other) = cg.derivative_program({"J": np.sum((u + v) ** 2)}).compile()(np.ones(3), np.ones(3))
    near(one, np.full(3, 4.0))
    assert not np.shares_memory(one, other)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: cg.derivative_program({"e": np.tanh(B)}), r"e has the shape \(3, 4\): expected an output"),
        (lambda: cg.derivative_program({"J": np.sum(B)}, direction="forward"), r"B has .* Leave out direction"),
        (lambda: cg.elimination_program({"J": np.sum(B)}, cg.markowitz), "program of arrays cannot eliminate"),
        (lambda: cg.program({"J": np.sum(B)}).javascript(), "no JavaScript"),
        (lambda: cg.program({"J": np.sum(B)}).compile(fast=True), "fast=True is for programs of numbers"),
        (lambda: cg.derivative_program({"J": np.sum(cg.Variable("U") @ B)}), r"Variable\('U', shape="),
        (lambda: cg.program({"e": A @ B}).compile()(np.ones((3, 3)), np.ones((4, 4))), "matmul of the shapes"),
        (lambda: cg.program({"e": np.linalg.inv(A)}).compile()(np.ones((3, 3))), "inv is undefined"),
        (lambda: cg.program({"J": np.sum(B)}).python(name="1"), "expected a Python identifier"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_said(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


def test_a_row_of_ones_own_is_called() -> None:
    from compgraph.arrays import Row
    from compgraph.maps import Scale

    double = Row("sum", lambda v: 2 * v, lambda _, v: Scale(2.0, v.shape))  # by the name of another
    f = cg.derivative_program({"J": np.sum(double(B) * B)}).compile()
    at = point()["B"]
    near(f(at)[1][0], 4 * at)
    softsign = cg.Primitive("exp", lambda v: v / (1 + abs(v)), lambda _, v: 1 / (1 + abs(v)) ** 2)
    near(cg.program({"e": softsign(B)}).compile()(at), at / (1 + np.abs(at)))


# -- how it is compiled


def compiled_source(asked: Any, at: dict[str, Any], **options: Any) -> str:
    import inspect

    f = cg.derivative_program(asked, **options).compile()
    f(**at)
    return inspect.getsource(f)


def test_the_gradient_of_cross_entropy_is_what_one_writes_by_hand() -> None:
    """p − t, with one exponential for the loss and its gradient; relu and its partial from what relu gave."""
    source = compiled_source(network(activation=cg.relu), batch_of(4), wrt=list(LAYERS))
    count = {name: source.count(f"np.{name}(") for name in ("exp", "log", "divide", "dot", "where", "negative")}
    assert count == {"exp": 1, "log": 1, "divide": 1, "dot": 9, "where": 0, "negative": 1}
    assert "copy()" not in source


def test_tanh_has_its_partial_from_its_value() -> None:
    source = compiled_source(network(), batch_of(4), wrt=list(LAYERS))
    assert source.count("np.tanh(") == source.count("np.square(") == 1 and source.count("np.exp(") == 1


def test_memory_is_used_again() -> None:
    chain = np.tanh(cg.Variable("u", shape=(8, 8)))
    for _ in range(50):
        chain = np.tanh(chain * 0.5 + 1)
    source = compiled_source({"J": np.sum(chain)}, {"u": np.ones((8, 8))})
    values = cg.program({"J": np.sum(chain)}).compile()
    values(np.ones((8, 8)))
    import inspect

    places = {word for word in inspect.getsource(values).replace(",", " ").replace(")", " ").split() if word[0] == "a"}
    assert len(places - {"add"}) <= 3
    assert source.count("np.tanh(") == 51


def test_a_long_chain() -> None:
    u = cg.Variable("u", shape=2)
    chain: Any = u
    for _ in range(3_000):
        chain = chain * 1.0001 + 0.1 if _ % 2 else np.sin(chain)
    value, (slope,) = cg.derivative_program({"J": np.sum(chain)}).compile()(np.ones(2))
    assert np.isfinite(value) and np.isfinite(slope).all()


def random_problem(seed: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """A graph of operations of all kinds, whose parts are used again and again, and a point."""
    random = np.random.default_rng(seed)
    at = {name: random.normal(size=(4, 4)) for name in ("m", "n")} | {"k": random.normal(size=4), "s": 0.7}
    shaped = {name: cg.Variable(name, shape=np.shape(value) or None) for name, value in at.items()}
    pool: list[Any] = [*shaped.values()]
    square = [shaped["m"], shaped["n"]]
    for _ in range(25):
        a, b = (square[random.integers(len(square))] for _ in range(2))
        other = pool[random.integers(len(pool))]
        made: list[Callable[[], Any]] = [
            lambda a=a, o=other: a + o,
            lambda a=a, b=b: a.T - b,
            lambda a=a, o=other: np.tanh(a) * o,
            lambda a=a, b=b: a @ b / 4,
            lambda a=a: np.sin(a.reshape(2, 8)).T.reshape(4, 4),
            lambda a=a: softmax(a),
            lambda a=a, b=b: cg.where(a > b, a, 0.0),
            lambda a=a: a - np.mean(a, axis=0),
            lambda a=a: -a[::-1] * 0.5,
            lambda a=a: cg.relu(a.T) * 2,
            lambda a=a, b=b: np.concatenate([a[:2], b[2:]]),
            lambda a=a: np.pad(a[1:, 1:], ((1, 0), (0, 1))),
            lambda a=a: logsumexp(a, axis=1, keepdims=True) - a,
            lambda a=a: np.sum(a, axis=0) + a.T,
            lambda a=a: np.roll(a, 1, axis=0) * a * 0.1,
        ]
        one = made[random.integers(len(made))]()
        square.append(one)
        pool += [one, np.max(one, axis=1), np.sum(one * a) / 16]
    return {"last": square[-1], "J": np.sum(square[-1] * square[-2]) + np.sum(square[-3])}, at


@pytest.mark.parametrize("seed", range(25))
def test_whatever_the_graph_results_are_not_overwritten(seed: int) -> None:
    asked, at = random_problem(seed)
    at = {name: at[name] for name in cg.trace(asked).graph["inputs"]}
    solution = cg.solve(asked, at=at)
    f = cg.derivative_program(asked, of=["J"]).compile()
    f(**{name: value * 0 for name, value in at.items()})  # what an earlier call leaves is not to matter
    value, slopes = f(**at)
    near(value, solution.values["J"], 1e-9)
    for name, slope in zip(at, slopes, strict=True):
        near(slope, solution.gradient[name], 1e-8)
    near(cg.program(asked, of="last").compile()(**at), solution.values["last"], 1e-9)


def test_names_of_inputs_and_of_places_do_not_meet() -> None:
    names = [f"{letter}{number}" for number in range(1, 8) for letter in "acvkmjt"]
    total = sum(np.sum(np.tanh(cg.Variable(name, shape=(2, 2)) @ np.ones((2, 2)))) * i for i, name in enumerate(names))
    at = {name: np.full((2, 2), 0.01 * i) for i, name in enumerate(names)}
    value, slopes = cg.derivative_program({"J": total}, wrt=names).compile()(**at)
    solution = cg.solve({"J": total}, at=at)
    near(value, solution.values["J"])
    for name, slope in zip(names, slopes, strict=True):
        near(slope, solution.gradient[name])


def test_lists_and_whole_numbers_become_floats() -> None:
    f = cg.program({"e": B * 2 + x[0]}).compile()
    near(f([[1, 2], [3, 4]], [1, 5]), np.array([[3.0, 5.0], [7.0, 9.0]]))
    near(f([[1, 2, 3]], [1]), np.array([[3.0, 5.0, 7.0]]))
    assert f(np.ones((2, 2), int), np.ones(1, int)).dtype == float
    assert f(np.ones((2, 2), np.float16), np.ones(1, np.float16)).dtype == np.float16
    assert f(np.ones((2, 2), np.float32), np.ones(1)).dtype == float


def test_after_an_error_it_works_as_before() -> None:
    f = cg.program({"e": np.linalg.inv(A)}).compile()
    for _ in range(2):
        with pytest.raises(cg.DomainError, match="inv is undefined"):
            f(np.ones((3, 3)))
        near(f(2 * np.eye(3)), np.eye(3) / 2)
    with pytest.raises(TypeError, match="expected \\(A\\), got no value for A"):
        f()


def test_values_need_no_shapes_beforehand() -> None:
    p, q = cg.Variable("p"), cg.Variable("q")
    program = cg.program({"e": np.sum(p @ q, axis=0) + 1})
    assert str(program) == "v1 = p @ q\nv2 = sum(v1, axis=0)\ne = v2 + 1"
    at = {"p": np.arange(6.0).reshape(2, 3), "q": np.ones((3, 4))}
    wanted = (at["p"] @ at["q"]).sum(axis=0) + 1
    near(program.compile()(**at), wanted)
    near(run(program.python())(**at), wanted)
    with pytest.raises(ValueError, match=r"Variable\('p', shape="):
        cg.derivative_program({"J": np.sum(p @ q)})

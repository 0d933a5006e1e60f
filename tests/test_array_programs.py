"""Programs of arrays: compiled, written as Python and as text, they say what `solve` says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

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
        np.swapaxes(S, 0, 1), np.expand_dims(x, 0), np.moveaxis(S, 0, -1), np.ravel(B), np.diag(A),
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

"""JAX: the same values and derivatives from either side, at 10⁻¹², on one device and on two."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

import compgraph as cg
from compgraph.arrays.protocols import ROWS as OF_ARRAYS
from compgraph.functions import FUNCTIONS, HIDDEN
from compgraph.listing.definitions import defined
from tests.primitive_cases import NUMERIC
from tests.strategies import Guarded, Sample, expressions, guarded

jax = pytest.importorskip("jax")

from jax import lax  # noqa: E402 - after the skip
from jax import numpy as jnp  # noqa: E402

from compgraph.interop.jax import from_jaxpr, to_jax  # noqa: E402
from compgraph.interop.jax_reading import _CALLS, _LOOPS, _ROWS, _SEVERAL  # noqa: E402
from compgraph.interop.jax_rows import ARRAYS, NATIVE, VALUES, Rows  # noqa: E402


@pytest.fixture(autouse=True)
def double() -> Iterator[None]:
    with jax.enable_x64(True):
        yield


def close(ours: Any, theirs: Any, **at: Any) -> None:
    np.testing.assert_allclose(
        np.asarray(theirs, float), np.asarray(ours, float), rtol=1e-12, atol=1e-13, err_msg=str(at)
    )


# -- to JAX: every primitive


@pytest.mark.parametrize("name", [name for name in NUMERIC if name != "literal"])
def test_every_primitive_has_the_same_values_and_slopes(name: str) -> None:
    case = NUMERIC[name]
    primitive = FUNCTIONS.get(name) or HIDDEN[name]
    points = [
        tuple(_between(*span, share + 0.1 * place) for place, span in enumerate(case.spans)) for share in (0.13, 0.71)
    ]
    points += [point for point in (*case.points, *case.stated) if all(x == 0 or 1e-100 < abs(x) < 1e100 for x in point)]
    made: dict[int, Any] = {}
    for point in points:
        names = [f"x{i}" for i in range(len(point))]
        graph = cg.trace(primitive(*map(cg.Variable, names)))
        if len(point) not in made:
            edges = tuple(i for i in range(len(point)) if graph.has_edge(names[i], "f"))
            f = to_jax(graph)
            made[len(point)] = edges, jax.jit(jax.value_and_grad(f, edges) if edges else lambda *x, f=f: (f(*x), ()))
        places, both = made[len(point)]
        value, slopes = both(*point)
        cg.linearize(graph, dict(zip(names, point, strict=True)), copy=False)
        if 1e-290 < abs(graph.nodes["f"]["value"]) < math.inf or graph.nodes["f"]["value"] == 0:
            close(graph.nodes["f"]["value"], value, name=name, point=point)
            partials = dict.fromkeys(names, 0.0) | {
                tail: data.get("partial", math.nan) for tail, _, data in graph.edges(data=True)
            }
            for place, slope in zip(places, slopes, strict=True):
                if math.isfinite(partials[names[place]]):
                    close(partials[names[place]], slope, name=name, point=point)


def _between(low: float, high: float, share: float) -> float:
    """A number of moderate size within a span."""
    low, high = max(low, -1e3), min(high, 1e3)
    return low + share * (high - low)


def test_every_row_is_somewhere() -> None:
    numeric = {row for row in (*FUNCTIONS.values(), *HIDDEN.values()) if row.name != "variable"}
    rows = Rows()
    for row in numeric:
        assert row in rows._rows or row in NATIVE or row in VALUES or defined(row) is not None, row
    assert not NATIVE.keys() & VALUES.keys()
    lacking = {name for name in OF_ARRAYS if name not in ARRAYS and not hasattr(Rows, f"_{name}")}
    assert lacking == {"patches"}  # stands in derivatives of convolutions only


# -- to JAX: graphs

WORKED = "J = cos(sin(x^2) + 3x^2)"


def test_the_worked_example_under_every_transformation() -> None:
    f, ours = to_jax(WORKED), cg.solve(WORKED, at={"x": 2})
    value, slope, bend = jax.jit(lambda x: (f(x=x), jax.grad(f)(x), jax.grad(jax.grad(f))(x)))(2.0)
    close([ours.values["J"], ours.gradient["x"], cg.hessian(WORKED, {"x": 2})["x", "x"]], [value, slope, bend])
    points = jnp.linspace(-2, 2, 7)
    slopes = [cg.solve(WORKED, at={"x": float(x)}).gradient["x"] for x in points]
    close(slopes, jax.jit(jax.vmap(jax.grad(f)))(points))
    close(slopes, jax.jit(lambda x: jax.jvp(f, (x,), (jnp.ones(7),))[1])(points))
    close(ours.values["J"], f(2))  # without jit as well
    assert f.__name__ == "J" and "J of x" in str(f.__doc__)


def test_graphs_programs_and_several_outputs() -> None:
    text = "a = x*y; b = a + sin(x); c = where(x > 1, sqrt(x), y)"
    a, c = to_jax(cg.trace(cg.read(text)), of=["b", "c"])(4.0, 2.0)
    close([8 + math.sin(4), 2], [a, c])
    for program in (cg.derivative_program(text, of=["b", "c"]), cg.derivative_program(text, direction="forward")):
        for point in ((4.0, 2.0), (0.5, 3.0)):
            mine, theirs = program.compile()(*point), jax.jit(to_jax(program))(*point)
            jax.tree.map(close, mine, theirs)
    eliminated = cg.elimination_program("t = x^2; J = t*sin(t)", ["v1", "t"])
    jax.tree.map(close, eliminated.compile()(0.7), to_jax(eliminated)(0.7))
    by_hand = cg.Graph()
    by_hand.add_edge("x", "t", partial=2.0)
    by_hand.add_edge("t", "y", partial=5.0)
    jax.tree.map(close, cg.derivative_program(by_hand).compile()(), to_jax(cg.derivative_program(by_hand))())


@settings(max_examples=8, deadline=None)
@given(expressions())
def test_random_expressions_have_the_same_gradient(sample: Sample) -> None:
    with jax.enable_x64(True):
        names = list(cg.trace(sample.expression).graph["inputs"])
        s = cg.solve(sample.expression, at={name: sample.point[name] for name in names})
        point = [sample.point[name] for name in names]
        f = to_jax(sample.expression)
        if names:
            value, slopes = jax.jit(jax.value_and_grad(f, tuple(range(len(names)))))(*point)
            np.testing.assert_allclose(value, s.values[s.outputs[0]], rtol=1e-11, atol=1e-12)
            np.testing.assert_allclose(slopes, [s.gradient[n] for n in names], rtol=1e-9, atol=1e-11)


@settings(max_examples=8, deadline=None)
@given(guarded())
def test_branches_not_taken_leak_nothing(case: Guarded) -> None:
    with jax.enable_x64(True):
        f, names = to_jax(case.expression), list(cg.trace(case.expression).graph["inputs"])
        places = tuple(range(len(names)))
        s = cg.solve(case.expression, at={name: case.point[name] for name in names})
        point = [case.point[name] for name in names]
        value, backward, forward = jax.jit(lambda *x: (f(*x), jax.grad(f, places)(*x), jax.jacfwd(f, places)(*x)))(
            *point
        )
        np.testing.assert_allclose(value, s.values[s.outputs[0]], rtol=1e-11, atol=1e-12)
        for slopes in (backward, forward):
            np.testing.assert_allclose(slopes, [s.gradient[n] for n in names], rtol=1e-10, atol=1e-11)


def test_second_derivatives_of_a_branch() -> None:
    f = to_jax("y = where(x > 0, sqrt(x), 0)")
    assert jax.jit(jax.vmap(jax.grad(f)))(jnp.array([-1.0, 4.0])).tolist() == [0, 0.25]
    assert jax.jit(jax.vmap(jax.grad(jax.grad(f))))(jnp.array([-1.0, 4.0])).tolist() == [0, -1 / 32]


def test_single_precision_unless_told_otherwise() -> None:
    f = to_jax("y = x/3")
    with jax.enable_x64(False):
        assert f(1.0).dtype == jnp.float32
    assert f(1.0).dtype == jnp.float64 and f(jnp.float32(1)).dtype == jnp.float32


def test_functions_of_ones_own() -> None:
    softsign = cg.Primitive("softsign", lambda x: x / (1 + cg.abs(x)), lambda y, x: 1 / (1 + cg.abs(x)) ** 2)
    f = to_jax("y = 2*softsign(x)", functions={"softsign": softsign})
    close(1.5, f(3.0))
    close(2 / 16, jax.jit(jax.grad(f))(3.0))
    foreign = cg.Primitive("foreign", math.sin, lambda y, x: cg.cos(x))
    with pytest.raises(TypeError, match=r"Use this library's functions \(cg\.sin, not math\.sin\)"):
        to_jax("y = foreign(x)", functions={"foreign": foreign})(1.0)


def test_a_large_function_in_parts() -> None:
    x, y = cg.Variable("x"), cg.Variable("y")
    a: Any = x
    for _ in range(12):
        a = cg.sin(a * y) + x
    whole, parts = (to_jax({"u": a * y, "a": a}, of=["u", "a"], parts=parts) for parts in (1, 4))
    close(whole(0.3, 0.8), parts(0.3, 0.8))
    gradient = cg.gradient(a, {"x": 0.3, "y": 0.8})
    close(list(gradient.values()), jax.grad(lambda *p: parts(*p)[1], argnums=(0, 1))(0.3, 0.8))
    branches = "u = where(x > 0, sqrt(x), 1); y = where(x > 0, u*log(x), -x) + x"
    cut = jax.grad(to_jax(branches, parts=3))
    for at in (-1.0, 4.0):
        close(cg.gradient(branches, {"x": at})["x"], cut(at))
    with pytest.raises(ValueError, match="parts: expected 1 or more, got 0"):
        to_jax(WORKED, parts=0)


def test_calls_that_do_not_fit() -> None:
    with pytest.raises(TypeError, match="expected a value for each of x, got 2 by position"):
        to_jax(WORKED)(1.0, 2.0)
    with pytest.raises(TypeError, match="got 0 by position and y by name"):
        to_jax(WORKED)(y=1.0)
    with pytest.raises(TypeError, match="Give each once"):
        to_jax(WORKED)(1.0, x=1.0)


# -- arrays, to JAX


def _array(*shape: int, seed: int = 0) -> Any:
    return np.random.default_rng(seed).uniform(0.2, 0.9, shape)


ARRAY_CASES: dict[str, Callable[..., Any]] = {
    "matmul": lambda A, B: A @ B.T,
    "einsum": lambda A, B: np.einsum("ij,kj->ki", A, B),
    "dot": lambda A, B: np.dot(A, B[0]),
    "outer": lambda A, B: np.outer(A[0], B[1]),
    "sums": lambda A, B: np.sum(A, axis=0) * np.mean(B) + np.prod(A) + np.var(B, axis=0) + np.std(A),
    "extremes": lambda A, B: np.max(A, axis=1) - np.min(B),
    "norms": lambda A, B: np.linalg.norm(A) + np.linalg.norm(B, axis=1),
    "cumsum": lambda A, B: np.cumsum(A, axis=1) * B,
    "softmax": lambda A, B: cg.arrays.softmax(A) + cg.arrays.log_softmax(B) + cg.arrays.logsumexp(A),
    "shapes": lambda A, B: np.reshape(A, (3, 2)) @ np.transpose(B)[:2, :1] + np.broadcast_to(B[0, 0], (3, 1)),
    "moves": lambda A, B: np.flip(np.concatenate([A, B]), 0) + np.stack([A, B]).reshape(4, 3) + np.repeat(A, 2, axis=0),
    "pad": lambda A, B: np.pad(A, 1) * 2,
    "scatter": lambda A, B: cg.arrays.scatter(A[0], (5,), [0, 2, 2]),
    "matrices": lambda A, B: np.linalg.inv(A @ B.T + 2 * np.eye(2)) + np.linalg.det(A @ A.T),
    "solve": lambda A, B: np.linalg.solve(A @ A.T + np.eye(2), B) * np.trace(A @ B.T),
    "slogdet": lambda A, B: np.linalg.slogdet(A @ A.T + np.eye(2))[0] * np.linalg.slogdet(A @ A.T + np.eye(2))[1],
    "conv2d": lambda A, B: cg.arrays.conv2d(np.reshape(A, (1, 1, 2, 3)), np.reshape(B[:, :2], (1, 1, 2, 2)), padding=1),
    "max_pool2d": lambda A, B: cg.arrays.max_pool2d(np.reshape(np.pad(A, 1), (1, 1, 4, 5)), 2),
    "elementwise": lambda A, B: np.tanh(A) * cg.sigmoid(B) + np.where(A > 0.5, A, cg.relu(B)) + np.maximum(A, B),
}


@pytest.mark.parametrize("name", ARRAY_CASES)
def test_functions_of_arrays(name: str) -> None:
    A, B = cg.Variable("A", shape=(2, 3)), cg.Variable("B", shape=(2, 3))
    expression = np.sum(np.sin(ARRAY_CASES[name](A, B)))
    point = {"A": _array(2, 3), "B": _array(2, 3, seed=1)}
    order = list(cg.trace(expression).graph["inputs"])
    s = cg.solve(expression, at={n: point[n] for n in order})
    f = jax.jit(jax.value_and_grad(to_jax(expression), tuple(range(len(order)))))
    value, slopes = f(*[point[n] for n in order])
    np.testing.assert_allclose(value, s.values[s.outputs[0]], rtol=1e-12)
    for n, slope in zip(order, slopes, strict=True):
        np.testing.assert_allclose(slope, s.gradient[n], rtol=1e-10, atol=1e-12)


# -- from JAX


def _loop(x: Any) -> Any:
    return lax.fori_loop(0, 3, lambda i, c: c * x + i, x)


def _while(x: Any) -> Any:
    return lax.while_loop(lambda c: c[0] < 3, lambda c: (c[0] + 1, c[1] * jnp.sin(x)), (0, x))[1]


def _scan(x: Any) -> Any:
    carry, rows = lax.scan(lambda c, a: (c * a + x, c), x, jnp.arange(3.0), reverse=True)
    return carry + rows.sum() * rows[1]


@jax.custom_vjp  # type: ignore[untyped-decorator] # JAX's
def _ruled(x: Any) -> Any:
    return x * x * x


_ruled.defvjp(lambda x: (x * x * x, x), lambda x, adjoint: (3 * x * x * adjoint,))

#: Functions of one or two numbers.
SCALARS: dict[str, Callable[..., Any]] = {
    "worked": lambda x: jnp.cos(jnp.sin(x**2) + 3 * x**2),
    "arithmetic": lambda x, y: (x + y) * (x - y) / y + x**y + x**3 + 2**x - (-x) + jnp.abs(-x),
    "roots": lambda x, y: jnp.sqrt(x) + jnp.cbrt(y) + lax.rsqrt(x) + jnp.square(y) + jnp.hypot(x, y),
    "exponentials": lambda x: jnp.exp(x) + jnp.expm1(x) + jnp.exp2(x) + jnp.log(x) + jnp.log1p(x) + jnp.log2(x),
    "trigonometry": lambda x, y: jnp.sin(x) + jnp.cos(x) + jnp.tan(x) + jnp.arctan2(x, y) + jnp.sinc(x),
    "inverses": lambda x: jnp.arcsin(x) + jnp.arccos(x) + jnp.arctan(x) + jnp.arcsinh(x) + jnp.arctanh(x)
    + jnp.arccosh(1 + x),
    "hyperbolic": lambda x: jnp.sinh(x) + jnp.cosh(x) + jnp.tanh(x),
    "networks": lambda x, y: jax.nn.relu(x) + jax.nn.sigmoid(y) + jax.nn.softplus(x) + jax.nn.gelu(x) + jax.nn.silu(y)
    + jax.nn.elu(x - 1) + jax.nn.selu(y) + jnp.logaddexp(x, y) + jax.nn.gelu(y, approximate=False),
    "errors": lambda x: jax.scipy.special.erf(x) + jax.scipy.special.erfc(x) + jnp.sign(x),
    "choices": lambda x, y: jnp.where((x > 0.5) & ~(y <= 0.1) | (x == y), x * y, jnp.sqrt(y)) + jnp.maximum(x, y)
    + jnp.minimum(x, 2 * y) + jnp.clip(x, 0, 0.5) + jnp.where((x >= y) != (x < 1), x, y),
    "lax choices": lambda x, y: lax.clamp(0.0, x, 1.0) + lax.select(x < y, x, y) + (x > 0.2) * y,
    "cond": lambda x, y: lax.cond(x > y, lambda a, b: a * b, lambda a, b: a - b, x, y)
    + lax.cond(True, jnp.sin, jnp.cos, x) + lax.switch(1, [jnp.sin, jnp.cos, jnp.tan], y),
    "calls": lambda x: jax.jit(jnp.sin)(x) + jax.checkpoint(jnp.cos)(x) + _ruled(x) + lax.optimization_barrier(x),  # type: ignore[no-untyped-call]
    "loops": lambda x: _loop(x) + _while(x) + _scan(x),
    "stopped": lambda x, y: x * lax.stop_gradient(jnp.sin(x) * y) + y,
    "kinds": lambda x: (x > 0.5).astype(float) * x + jnp.array(2) * x + jnp.isfinite(x) * x,
}  # fmt: skip


@pytest.mark.parametrize("name", SCALARS)
def test_functions_of_numbers_are_read(name: str) -> None:
    f = SCALARS[name]
    names = f.__code__.co_varnames[: f.__code__.co_argcount]
    places = tuple(range(len(names)))
    expression = from_jaxpr(f, *[1.0 for _ in names])
    back = to_jax(expression)
    derivative = jax.jacfwd if name == "loops" else jax.jacrev  # JAX has no reverse mode for while
    both = jax.jit(lambda *x: (f(*x), derivative(f, places)(*x), back(**dict(zip(names, x, strict=True)))))
    for point in ((0.3, 0.7), (0.9, 0.15)):
        value, slopes, again = both(*point[: len(names)])
        s = cg.solve(expression, at=dict(zip(names, point, strict=False)))
        close(s.values[s.outputs[0]], value)
        close(s.values[s.outputs[0]], again)
        close([s.gradient[n] for n in names], slopes)


#: Functions of arrays W (2, 3), x (3), b (2).
READ: dict[str, Callable[..., Any]] = {
    "layer": lambda W, x, b: jnp.sum(jnp.tanh(W @ x + b) ** 2),
    "softmax": lambda W, x, b: -jax.nn.log_softmax(W @ x + b)[1] + jax.nn.softmax(x)[0] + jax.nn.logsumexp(b),
    "products": lambda W, x, b: jnp.einsum("ij,kj->ik", W, W).sum() + jnp.dot(x, x) + (b @ W).prod()
    + jnp.outer(x, b).max(),
    "shapes": lambda W, x, b: (W.T.reshape(2, 3) * x).sum() + jnp.flip(x)[0] * W[1, 2] + jnp.concatenate([x, b])[3]
    + jnp.squeeze(W[:1]).min() + jnp.expand_dims(b, 0).sum() + jnp.split(x, 3)[1][0] + W[::1, ::2].mean()
    + lax.dynamic_slice(x, (1,), (2,)).sum(),
    "batch": lambda W, x, b: jax.vmap(lambda row: jnp.dot(row, x))(W).sum() + jnp.mean(jax.nn.relu(W - 0.5))
    + jnp.var(x),
    "scan": lambda W, x, b: lax.scan(lambda c, row: (jnp.tanh(row * c.sum() + x), c.sum()), x, W)[1].sum(),
}  # fmt: skip


@pytest.mark.parametrize("name", READ)
def test_functions_of_arrays_are_read(name: str) -> None:
    f, point = READ[name], {"W": _array(2, 3), "x": _array(3, seed=1), "b": _array(2, seed=2)}
    expression = from_jaxpr(f, *point.values())
    used = {n: point[n] for n in cg.trace(expression).graph["inputs"]}
    s = cg.solve(expression, at=used)
    value, slopes = jax.jit(jax.value_and_grad(f, (0, 1, 2)))(*point.values())
    close(s.values[s.outputs[0]], value)
    theirs = dict(zip(point, slopes, strict=True))
    for n in used:
        np.testing.assert_allclose(s.gradient[n], theirs[n], rtol=1e-10, atol=1e-12)


def _met(jaxpr: Any) -> Iterator[str]:
    stack = [jaxpr]
    while stack:
        inner = stack.pop()
        inner = getattr(inner, "jaxpr", inner)
        for equation in inner.eqns:
            yield equation.primitive.name
            for value in equation.params.values():
                stack += [
                    v
                    for v in (value if isinstance(value, tuple) else (value,))
                    if hasattr(v, "eqns") or hasattr(v, "jaxpr")
                ]


def test_every_row_of_the_table_is_tested() -> None:
    met: set[str] = set()
    for f in SCALARS.values():
        met |= set(_met(jax.make_jaxpr(f)(*[0.3, 0.7][: f.__code__.co_argcount])))
    for f in READ.values():
        met |= set(_met(jax.make_jaxpr(f)(_array(2, 3), _array(3), _array(2))))
    renamed = {
        "pjit",
        "closed_call",
        "core_call",
        "checkpoint",
        "remat",
        "custom_vjp_call_jaxpr",
        "copy_p",
        "expand_dims",
    }
    missing = (_ROWS.keys() | _SEVERAL.keys() | _CALLS.keys() | _LOOPS.keys()) - met - renamed
    assert missing <= {"add_any", "copy", "device_put", "reduce_precision", "sharding_constraint"}


def test_names_and_structure_are_kept() -> None:
    read = from_jaxpr(lambda p, x: {"y": p["w"] * x + p["b"], "l": [x, 2.0]}, {"w": 1.0, "b": 2.0}, 3.0)
    assert repr(read["y"]) == "p_w·x + p_b" and read["l"][1] == 2.0 and repr(read["l"][0]) == "x"
    assert repr(from_jaxpr(lambda *xs: xs[0] * xs[1], 1.0, 2.0)) == "xs_0·xs_1"
    closed = jax.make_jaxpr(lambda a, b: (a + b, a * b))(1.0, 2.0)
    assert [repr(e) for e in from_jaxpr(closed)] == ["x1 + x2", "x1·x2"]
    assert [repr(e) for e in from_jaxpr(closed, names=["p", "q"])] == ["p + q", "p·q"]
    assert repr(from_jaxpr(jax.jit(jax.nn.relu), 1.0)) == "relu(x)"
    with pytest.raises(ValueError, match="names: expected 2, got 1"):
        from_jaxpr(closed, names=["p"])
    with pytest.raises(TypeError, match="expected a function or a jaxpr, got int"):
        from_jaxpr(3)


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (jax.scipy.special.erfinv, "erf_inv has no counterpart"),
        (jnp.floor, "floor has no counterpart"),
        (jnp.sort, "sort has no counterpart"),
        (lambda x: lax.while_loop(lambda c: c < 3, lambda c: c * 2, x), "while: expected a number of turns"),
        (lambda x: lax.fori_loop(0, 200_000, lambda i, c: c, x), "a loop of 200000 turns or more is not unrolled"),
        (lambda x: jnp.int32(x) * x, "convert_element_type to an integer has no derivative"),
        (lambda x: lax.switch(jnp.int32(x), [jnp.sin, jnp.cos], x), "convert_element_type to an integer"),
    ],
)
def test_what_is_refused_is_named(function: Callable[..., Any], said: str) -> None:
    with pytest.raises(NotImplementedError, match=said):
        from_jaxpr(function, np.ones(2) if function is jnp.sort else 0.5)


# -- two devices

_SHARDED = """
import jax, numpy as np
from jax.sharding import PartitionSpec as P
from compgraph.interop.jax import to_jax
import compgraph as cg

jax.config.update("jax_enable_x64", True)
assert len(jax.devices()) == 2
f = to_jax("J = cos(sin(x^2) + 3x^2) * where(y > 0, sqrt(y), y)")
mesh = jax.sharding.Mesh(np.array(jax.devices()), ("batch",))
slopes = jax.vmap(jax.value_and_grad(f, argnums=(0, 1)))
spread = jax.jit(jax.shard_map(slopes, mesh=mesh, in_specs=P("batch"), out_specs=P("batch")))
x, y = np.linspace(-2, 2, 8), np.linspace(-1, 3, 8)
values, (dx, dy) = spread(x, y)
assert len(values.sharding.device_set) == 2
for i in range(8):
    s = cg.solve("J = cos(sin(x^2) + 3x^2) * where(y > 0, sqrt(y), y)", at={"x": x[i], "y": y[i]})
    np.testing.assert_allclose([values[i], dx[i], dy[i]], [s.values["J"], *s.gradient.values()], rtol=1e-12, atol=1e-13)

total = jax.shard_map(lambda x, y: jax.lax.psum(f(x, y).sum(), "batch"), mesh=mesh, in_specs=P("batch"), out_specs=P())
np.testing.assert_allclose(jax.grad(total)(x, y), dx, rtol=1e-12, atol=1e-13)
print("spread")
"""


def test_a_graph_over_two_devices() -> None:
    root = str(Path(cg.__file__).parent.parent)
    path = os.pathsep.join([root, *filter(None, sys.path)])
    environment = {
        **os.environ,
        "PYTHONPATH": path,
        "XLA_FLAGS": "--xla_force_host_platform_device_count=2",
        "JAX_PLATFORMS": "cpu",
    }
    done = subprocess.run([sys.executable, "-c", _SHARDED], env=environment, capture_output=True, text=True)
    assert done.stdout.strip() == "spread", done.stderr

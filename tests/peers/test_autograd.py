"""What the scalar and graph parts of autograd's suite say, said of this library.

The facts are those of ``tests/test_graphs.py``, ``test_scalar_ops.py``, ``test_binary_ops.py``, ``test_wrappers.py``,
``test_logic.py`` and ``test_jacobian.py`` in github.com/HIPS/autograd (MIT), as far as they concern numbers: there a
function is compared with difference quotients, and so are its derivatives. Here the same is asked of a derivative in
symbols, in numbers, by dual numbers, and of a derivative's derivative.
"""

from __future__ import annotations

import functools
import itertools
import math
import random
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

import compgraph as cg

Function = Callable[..., Any]


def checked(function: Function, *point: float, orders: int = 2) -> None:
    """A function and its derivatives, up to an order, against difference quotients, every way to the same number."""
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    at = dict(zip(names, point, strict=True))
    questions: list[Any] = [function(*map(cg.Variable, names))]
    for order in range(orders):
        further: list[Any] = []
        for asked in questions:
            if not isinstance(asked, cg.Expression):
                continue  # a constant, whose derivatives are 0
            check = cg.check_gradient(asked, at, wrt=names)
            assert check.ok, f"order {order + 1}: {check}"
            value, partials = cg.value_and_gradient(asked, names)(*point)
            solution = cg.solve({"f": asked}, at=at, wrt=names)
            assert value == pytest.approx(solution.values["f"], rel=1e-12)
            assert dict(zip(names, partials, strict=True)) == pytest.approx(solution.gradient, rel=1e-9, abs=1e-12)
            further += cg.gradient(asked, wrt=names).values()
        questions = further
    for place in range(len(names)):  # dual numbers know nothing of graphs
        expected = cg.gradient(function(*map(cg.Variable, names)), at, wrt=names)[names[place]]
        assert cg.derivative_of(function, place)(*point) == pytest.approx(expected, rel=1e-12, abs=1e-15)


# -- graphs


def test_a_node_used_twice() -> None:
    checked(lambda x: cg.sin(cg.sin(x) + cg.sin(x)), 0.7, orders=3)


def test_a_diamond_above_a_diamond() -> None:
    def chained(a):
        b = a + 1.0
        c = b + 1.5
        d = a + b
        return d + c

    checked(chained, 0.3)
    s = cg.solve(chained, at={"a": 0.3})
    assert s.gradient == {"a": 3.0} and s.gradient == {"a": 3.0}  # nothing is added up twice, asked twice
    assert s.paths("a").count == 3


def test_a_constant_and_the_identity() -> None:
    assert cg.gradient(lambda x: 1.0 + 0 * x, 2.0) == {"x": 0.0}
    assert cg.derivative_of(lambda x: 1.0)(2.0) == 0
    first = cg.gradient(lambda x: x)["x"]
    assert first == 1 and cg.derivative_of(cg.derivative_of(lambda x: x))(2.0) == 0
    assert cg.hessian(lambda x: x, 2.0) == {("x", "x"): 0.0}


@pytest.mark.parametrize("order", [*itertools.product((0, 1), repeat=3)], ids=str)
def test_third_derivatives_in_any_order_of_two_arguments(order: Sequence[int]) -> None:
    def function(x: Any, y: Any) -> Any:
        return cg.sin(cg.sin(x) + cg.sin(y))

    names, point = ("x", "y"), {"x": 0.4, "y": -1.1}
    derivative: Any = function(*map(cg.Variable, names))
    nested: Function = function
    for place in order:
        derivative = cg.gradient(derivative, wrt=names)[names[place]]
        nested = cg.derivative_of(nested, place)
    symbolic = cg.solve({"d": derivative}, at=point).values["d"]
    assert symbolic == pytest.approx(nested(*point.values()), rel=1e-12)
    assert cg.check_gradient(derivative, point).ok


@pytest.mark.parametrize("inner", [lambda x, y: x * y, lambda x, y: y * x], ids=["xy", "yx"])
def test_a_derivative_within_a_function_that_is_differentiated(inner: Function) -> None:
    # x · d/dy (x·y) is x², whichever factor comes first: the derivative is 2x
    def outer(x: Any) -> Any:
        return x * cg.derivative_of(lambda y: inner(x, y))(2.0)

    assert cg.derivative_of(outer)(1.5) == 3.0
    symbolic = cg.Variable("x") * cg.gradient(inner(cg.Variable("x"), cg.Variable("y")))["y"]
    assert cg.gradient(symbolic, {"x": 1.5, "y": 2.0}, wrt="x") == {"x": 3.0}


def test_the_hessian_of_a_quadratic_form_is_the_matrix_and_its_transpose() -> None:
    generator = random.Random(1)
    matrix = [[generator.gauss(0, 1) for _ in range(5)] for _ in range(5)]
    x = [cg.Variable(f"x{i}") for i in range(5)]
    form: Any = sum((matrix[i][j] * x[i] * x[j] for i in range(5) for j in range(5)), 0.0)
    found = cg.hessian(form, {f"x{i}": generator.gauss(0, 1) for i in range(5)})
    for i, j in itertools.product(range(5), repeat=2):
        assert found[f"x{i}", f"x{j}"] == pytest.approx(matrix[i][j] + matrix[j][i])


def _vector(size: int, seed: int) -> list[float]:
    generator = random.Random(seed)
    return [generator.gauss(0, 1) for _ in range(size)]


def test_hessian_times_vector_is_the_product_with_the_hessian() -> None:
    names, at, v = [f"a{i}" for i in range(5)], _vector(5, 2), _vector(5, 3)
    weights = _vector(5, 4)
    a = [cg.Variable(name) for name in names]
    f = cg.sin(sum((w * one for w, one in zip(weights, a, strict=True)), 0.0)) + sum(map(cg.sin, a), 0.0)
    point, tangent = dict(zip(names, at, strict=True)), dict(zip(names, v, strict=True))
    matrix = cg.hessian(f, point)
    product = {i: sum(matrix[i, j] * tangent[j] for j in names) for i in names}
    assert cg.hvp(f, point, tangent=tangent) == pytest.approx(product, rel=1e-12)


def test_a_vector_times_a_jacobian_that_is_not_symmetric() -> None:
    names, at, v = [f"a{i}" for i in range(5)], _vector(5, 5), _vector(5, 6)
    a = [cg.Variable(name) for name in names]
    rolled = {f"y{i}": cg.sin(a[i - 1]) * 1 for i in range(5)}
    point = dict(zip(names, at, strict=True))
    adjoint = {f"y{i}": v[i] for i in range(5)}
    matrix = cg.jacobian(rolled, point, of=list(rolled))
    found = cg.vjp(rolled, point, adjoint=adjoint)
    assert found == pytest.approx({x: sum(adjoint[y] * matrix[y, x] for y in rolled) for x in names}, rel=1e-12)
    assert found["a0"] == pytest.approx(v[1] * math.cos(at[0]))
    moved = cg.jvp(rolled, point, tangent=dict(zip(names, v, strict=True)), of=list(rolled))
    assert moved["y0"] == pytest.approx(v[4] * math.cos(at[4]))


# -- one argument, two arguments

POINTS = {"log": (0.6, 1.7), "abs": (1.1, -1.1), "sign": (1.1, -1.1)}


@pytest.mark.parametrize(
    "name", ["abs", "sin", "sign", "exp", "log", "cos", "tan", "cosh", "sinh", "tanh", "sqrt", "square"]
)
def test_three_times_a_function_and_its_derivatives(name: str) -> None:
    function = getattr(cg, name)
    for at in POINTS.get(name, (0.3, 0.9)):
        checked(lambda x: 3.0 * function(x), at)


def test_three_times_the_opposite() -> None:
    checked(lambda x: 3.0 * -x, 0.8)


PAIRS: dict[str, tuple[Function, list[tuple[float, float]]]] = {
    "add": (lambda x, y: x + y, [(2.0, -0.7), (-1.3, 0.2)]),
    "subtract": (lambda x, y: x - y, [(2.0, -0.7), (-1.3, 0.2)]),
    "multiply": (lambda x, y: x * y, [(2.0, -0.7), (-1.3, 0.2)]),
    "divide": (lambda x, y: x / y, [(2.0, -0.7), (-1.3, 1.2)]),
    "power": (lambda x, y: x**y, [(3.1, 1.0), (1.4, 2.0), (1.8, -1.0), (2.5, 0.5)]),
    "maximum": (lambda x, y: cg.max(x, y), [(0.3, 0.9), (1.2, -0.4)]),
    "minimum": (lambda x, y: cg.min(x, y), [(0.3, 0.9), (1.2, -0.4)]),
    "logaddexp": (lambda x, y: cg.logaddexp(x, y), [(0.3, 0.9), (1.2, -0.4)]),
    "arctan2": (lambda x, y: cg.atan2(x, y), [(0.3, 0.9), (1.2, -0.4)]),
    "hypot": (lambda x, y: cg.hypot(x, y), [(0.3, 0.9), (1.2, -0.4)]),
    "remainders of both": (lambda x, y: x * y / (x + y) - (x - y) ** 2 / y, [(0.3, 0.9), (1.2, 0.4)]),
}


@pytest.mark.parametrize("name", PAIRS)
def test_two_arguments_their_derivatives_and_the_mixed_ones(name: str) -> None:
    function, points = PAIRS[name]
    for point in points:
        checked(function, *point)


@pytest.mark.parametrize("left", [2, 2.0, np.float64(2), np.int64(2)], ids=lambda value: type(value).__name__)
@pytest.mark.parametrize("operator", ["__add__", "__sub__", "__mul__", "__truediv__", "__pow__"])
def test_a_number_stands_on_either_side(left: Any, operator: str) -> None:
    import operator as operators

    apply = getattr(operators, operator)
    assert cg.check_gradient(lambda x: apply(left, x), 1.7).ok
    assert cg.check_gradient(lambda x: apply(x, left), 1.7).ok


def test_a_tie_of_the_maximum_is_shared() -> None:
    assert cg.gradient(lambda x, y: cg.max(x, y), (1.0, 1.0)) == {"x": 0.5, "y": 0.5}
    assert cg.gradient(lambda x: cg.max(x, x), 1.0) == {"x": 1.0}
    assert cg.gradient(lambda x, y, z: cg.max(x, y, z), (1.0, 1.0, 0.0)) == {"x": 0.5, "y": 0.5, "z": 0.0}


def test_powers_at_zero() -> None:
    x = cg.Variable("x")
    assert [cg.gradient(x**n, 0.0, wrt="x")["x"] for n in (0, 1, 2, 3)] == [0, 1, 0, 0]
    assert [cg.gradient(x**n, -2.0, wrt="x")["x"] for n in (0, 1, 2, 3)] == [0, 1, -4, 12]
    assert cg.gradient(lambda x, y: x**y, (0.0, 2.0)) == {"x": 0.0, "y": 0.0}


# -- wrappers


def test_value_and_gradient_are_those_of_each_alone() -> None:
    def function(x: Any) -> Any:
        return 3.0 * x**3.2

    value, (partial,) = cg.value_and_gradient(function)(1.7)
    assert value == function(1.7) and partial == cg.gradient(function, 1.7)["x"]


def test_some_arguments_of_many() -> None:
    def complicated(a, b, c, d, e, f=1.1, g=9.0):
        return a + cg.sin(b) + cg.cosh(c) + cg.cos(d) + cg.tan(e) + f + g

    at = {"a": 0.5, "b": -0.3, "c": 0.2, "d": -1.1, "e": 0.7, "f": 0.6, "g": -0.1}
    found = cg.gradient(complicated, at, wrt=["d", "b"])
    assert found == pytest.approx({"d": -math.sin(-1.1), "b": math.cos(-0.3)})
    assert list(found) == ["d", "b"]
    assert cg.check_gradient(complicated, at, gradient=found).ok


def test_a_function_with_arguments_filled_in() -> None:
    filled = functools.partial(lambda x, y: x * y + x, y=3.0)
    assert cg.derivative_of(filled)(2.0) == 4.0


def test_a_chain_in_little_memory_has_the_same_derivative() -> None:
    def step(x: Any) -> Any:
        return cg.sin(x**2 + 1)

    def whole(x: Any) -> Any:
        for _ in range(10):
            x = step(x)
        return x

    for snapshots in (2, 3, 10):
        kept = cg.chain_gradient(step, 0.7, 10, snapshots=snapshots)
        assert kept.gradient["x"] == pytest.approx(cg.gradient(whole, 0.7)["x"], rel=1e-12)


# -- what cannot be differentiated says so


def test_a_comparison_has_no_derivative_and_no_truth() -> None:
    with pytest.raises(TypeError, match=r"no truth value.*where"):
        cg.gradient(lambda x: x**2 if x > 0 else x, 1.0)

    # by dual numbers a function may look at its values, and an assertion about them is none of the graph's business
    def branching(x: Any) -> Any:
        assert abs(x - (x * 3.0) / 3.0) < 1e-9
        return x**2 if x > 0 else x

    assert cg.derivative_of(branching)(3.0) == 6.0 and cg.derivative_of(branching)(-3.0) == 1.0


def test_several_outputs_have_no_single_gradient() -> None:
    with pytest.raises(ValueError, match=r"expected one output, got 2 .* Use jacobian"):
        cg.gradient(lambda x: (x * 2, x))
    with pytest.raises((TypeError, ValueError), match=r"one|jacobian"):
        cg.gradient(lambda x: (x * 2, x), 1.0)


def test_a_primitive_without_a_derivative_is_refused_where_it_is_needed() -> None:
    double = cg.Primitive("double", lambda x: 2.0 * x, None)  # says that there is none
    assert cg.solve({"f": double(cg.Variable("x"))}, at={"x": 1}).values["f"] == 2.0
    with pytest.raises(TypeError, match="half takes 0 arguments: got 1"):
        cg.Primitive("half", lambda x: x / 2)(cg.Variable("x"))


def test_two_threads_of_nested_derivatives_do_not_mix() -> None:
    from concurrent.futures import ThreadPoolExecutor

    def outer(x: Any) -> Any:
        return cg.derivative_of(lambda y: cg.sin(x * y) * y)(0.5) * x

    derivative = cg.derivative_of(outer)
    points = [i / 50 for i in range(200)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(derivative, points)) == [derivative(point) for point in points]

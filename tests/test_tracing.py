"""Python functions as problems: which names their operations get, in functions of many constructs."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import compgraph as cg
from compgraph.tracing import traced

#: Where a coverage tool or a debugger watches the lines, only the last bindings have names.
unwatched = pytest.mark.skipif(sys.gettrace() is not None, reason="a tracer is at work")


def names(function: Callable[..., Any]) -> list[str]:
    """The operations of the graph that have a name, in order."""
    return [node for node, data in cg.trace(function).nodes(data=True) if data["name"] and data["arguments"]]


# -- functions of many constructs, each with the names that it should give


def straight(x, y):
    t = x * y
    u = cg.sin(t)
    return u + t


def bound_again(x):
    c = x * x
    c = c + 1
    d = c * c
    c = d * x
    return c


def input_bound_again(x):
    x = x * x
    x = x + 1
    return cg.exp(x)


def augmented(x, y):
    s = x * y
    s += y
    s -= 2
    s *= x
    s /= 3
    s **= 2
    return s


# fmt: off
def two_on_a_line(x):
    c = x * x; c = c * x; d = c + 1  # noqa: E702 - what is tested
    return d


def loop_on_one_line(x):
    p = x
    for _ in range(3): p = p * x  # noqa: E701 - what is tested
    return p
# fmt: on


def loop(x):
    s = x
    for k in range(1, 4):
        s = s * x + k
    return s


def while_with_break(x):
    n, s = 10, x
    while True:
        n -= 3
        s = s + n * x
        if n < 3:
            break
    return s


def branch_on_a_number(x, n=3):
    if n > 2:  # noqa: SIM108 - what is tested
        t = x * n
    else:
        t = x / n
    return cg.cos(t)


def unpacked(x, y):
    a, b = x + y, x - y
    (c, *rest) = [a * b, a, b]
    return c + rest[0]


def swapped(x, y):
    a, b = x * 2, y * 3
    for _ in range(2):
        a, b = b, a + b
    return b


def alias(x):
    a = b = x * x
    c = a
    return c + b


def walrus(x):
    return (t := x * x) + cg.sin(t)


def helper_inside(x, y):
    def square(v):
        inner = v * v
        return inner

    t = square(x) + square(y)
    return cg.sqrt(t)


def comprehension(x):
    powers = [x**k for k in range(1, 4)]
    total = sum(powers)
    return total * 2


def closed_over(x):
    t = x * x

    def twice():
        nonlocal t
        t = t * 2
        return t

    u = twice()
    return u + t


def early_return(x, n=0):
    t = x * x
    if n == 0:
        return t
    t = t * n
    return t


def tried(x):
    try:
        t = x * x
        raise KeyError
    except KeyError:
        t = t + 1
    finally:
        u = t * x
    return u


def with_numpy(x):
    t = np.sin(x) * np.float64(2.0)
    u = np.int64(3) * t + np.array(0.5)
    return u


def recursive(x, n=3):
    t = x * n
    return t if n == 1 else t + recursive(x, n - 1)


CASES: list[tuple[Callable[..., Any], list[str]]] = [
    (straight, ["t", "u", "f"]),
    (bound_again, ["c.1", "c.2", "d", "c"]),
    (input_bound_again, ["x.1", "x.2", "f"]),
    (augmented, ["s.1", "s.2", "s.3", "s.4", "s.5", "s"]),
    (two_on_a_line, ["c.1", "c", "d"]),
    (loop, ["s.1", "s.2", "s"]),
    (loop_on_one_line, ["p.1", "p.2", "p"]),
    (while_with_break, ["s.1", "s.2", "s"]),
    (branch_on_a_number, ["t", "f"]),
    (unpacked, ["a", "b", "c", "f"]),
    (swapped, ["a", "b.1", "b.2", "b"]),
    (alias, ["a", "f"]),
    (walrus, ["t", "f"]),
    (helper_inside, ["t", "f"]),
    (comprehension, ["total", "f"]),
    (early_return, ["t"]),
    (tried, ["t.1", "t", "u"]),
    (with_numpy, ["t", "u"]),
    (recursive, ["t", "f"]),
    (lambda x, y: x * y, ["f"]),
]


@unwatched
@pytest.mark.parametrize(("function", "expected"), CASES, ids=[f.__name__ for f, _ in CASES])
def test_local_names_of_the_outermost_call(function: Callable[..., Any], expected: list[str]) -> None:
    assert names(function) == expected


@pytest.mark.parametrize("function", [f for f, _ in CASES] + [closed_over], ids=lambda f: f.__name__)
def test_the_graph_computes_what_the_function_computes(function: Callable[..., Any]) -> None:
    at = dict(zip(cg.trace(function).graph["inputs"], (0.7, 1.3), strict=False))
    s = cg.solve(function, at=at)
    assert s.values[s.outputs[0]] == pytest.approx(function(*at.values()), rel=1e-15)
    value, gradient = cg.value_and_gradient(function)(*at.values())
    assert value == s.values[s.outputs[0]]
    assert dict(zip(at, gradient, strict=True)) == pytest.approx(s.gradient)
    assert cg.check_gradient(function, at).ok


@unwatched
def test_a_name_belongs_to_what_was_made_inside_and_stays_away_from_what_was_not() -> None:
    z = cg.Variable("z")
    outside = z * z

    def f(x):
        t = outside
        y = x
        w = t + y
        return w

    assert names(f) == ["w"]
    assert outside.name is None
    assert cg.trace(f).graph["inputs"] == ["x", "z"]


@unwatched
def test_an_expression_keeps_its_first_name() -> None:
    def f(x):
        t = (x * x).named("square")
        u = t + 1
        v = u
        return v

    assert names(f) == ["square", "u"]


# -- what may be traced


class Model:
    """A method and an instance that can be called."""

    def method(self, x):
        t = x * x
        return self.other(t)

    def other(self, x):
        hidden = x + 1
        return hidden * 2

    def __call__(self, x):
        called = x * 3
        return called

    @classmethod
    def of_class(cls, x):
        made = x + 4
        return made


class Inherited(Model):
    pass


def wrapped(function):
    @functools.wraps(function)
    def wrapper(*arguments, **keywords):
        outer = function(*arguments, **keywords)
        return outer + 1

    return wrapper


@unwatched
def test_methods_callables_partials_and_wrapped_functions() -> None:
    assert names(Model().method) == ["t", "f"]
    assert names(Model()) == names(Inherited()) == ["called"]
    assert names(Model.of_class) == ["made"]
    assert names(functools.partial(straight, y=2.0)) == ["t", "u", "f"]
    assert names(wrapped(straight)) == ["t", "u", "f"]
    assert names(functools.lru_cache(straight)) == ["t", "u", "f"]
    assert cg.trace(wrapped(straight)).graph["inputs"] == ["x", "y"]
    assert cg.trace(functools.partial(straight, y=2.0)).graph["inputs"] == ["x"]


def test_parameters_are_inputs_unless_they_have_a_default() -> None:
    def f(a, /, b, c=2.0, *, d, e=3.0, **further):
        return a * b * c * d * e

    assert traced(f).inputs == ("a", "b", "d")
    assert traced(f, ["c"]).inputs == ("a", "b", "c", "d")
    assert cg.solve(f, {"a": 1, "b": 1, "d": 1}).values["f"] == 6
    assert cg.solve(f, {"a": 1, "b": 1, "d": 1, "e": 10}).gradient == {"a": 20, "b": 20, "d": 20, "e": 2}
    assert cg.value_and_gradient(f, wrt=["e", "a"])(1, 2, b=3, d=4) == (48.0, (48.0, 24.0))

    def g(a=2.0, b=3.0, /):
        return a * b

    assert cg.gradient(g, {"b": 5}) == {"b": 2.0}


def test_inputs_stand_in_order_of_the_parameters_and_may_be_unused() -> None:
    s = cg.solve(lambda x, y, z: y * x, {"x": 2, "y": 3, "z": 4})
    assert s.inputs == ("x", "y", "z")
    assert s.gradient == {"x": 3, "y": 2, "z": 0}
    assert cg.value_and_gradient(lambda x, y, z: z - x)(1, 2, 3) == (2.0, (-1.0, 0.0, 1.0))


def test_several_results() -> None:
    def f(x, y):
        total = x + y
        return x * y, total

    s = cg.solve(f, {"x": 2, "y": 3})
    assert s.outputs == ("f1", "total") if sys.gettrace() is None else ("f1", "f2")
    assert list(s.jacobian.values()) == [3, 2, 1, 1]
    assert cg.solve(lambda x: {"a": x * x, "b": 3 * x}, {"x": 2}).jacobian == {("a", "x"): 4, ("b", "x"): 3}
    assert cg.solve(lambda x: {"a": x * x, "b": 3 * x}, {"x": 2}, of="a").jacobian == {("a", "x"): 4}


def test_a_primitive_is_a_function_like_any_other() -> None:
    assert cg.gradient(cg.exp, 0.0) == {"x": 1.0}
    assert cg.gradient(cg.atan2, (0.0, 2.0)) == {"x1": 0.5, "x2": 0.0}
    assert cg.gradient(cg.leaky_relu, -1.0) == {"x": 0.01}
    assert cg.solve(cg.square, at={"x": 3}).gradient == {"x": 6.0}


def test_constant_functions_have_derivative_zero() -> None:
    assert cg.gradient(lambda x: 5.0, 1.0) == {"x": 0.0}
    assert cg.value_and_gradient(lambda x, y: x)(2, 3) == (2.0, (1.0, 0.0))


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda *x: x[0], r"takes \*x: expected named parameters.*lambda x, y"),
        (cg.max, r"takes \*arguments"),
        (lambda x: None, "returned None.*End it with return"),
        (lambda x: "text", "got str"),
        (lambda x: [x, "text"], "got str"),
        (max, "does not say what its parameters are.*lambda"),
        (lambda x: x if x > 0 else -x, "no truth value.*where"),
        (lambda x: abs(float(x)), "has no value yet"),
        (lambda x: np.sort(x), "np.sort is not available"),
    ],
)
def test_what_cannot_be_traced_is_refused(function: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        cg.trace(function)


# -- the tools of others


def test_the_tracer_is_gone_afterwards_whatever_happens() -> None:
    before = sys.gettrace(), sys.getprofile()
    traced(straight)
    assert (sys.gettrace(), sys.getprofile()) == before
    with pytest.raises(TypeError):
        traced(lambda x: x if x > 0 else 0)
    assert (sys.gettrace(), sys.getprofile()) == before


def test_under_a_tracer_of_somebody_else_the_last_bindings_are_named() -> None:
    seen: list[str] = []

    def watch(frame: Any, event: str, argument: Any) -> Any:
        seen.append(event)
        return watch

    before = sys.gettrace()
    sys.settrace(watch)
    try:
        result = names(bound_again)
        kept = sys.gettrace()
    finally:
        sys.settrace(before)
    assert kept is watch and "line" in seen
    assert result == ["d", "c"]


def test_under_a_tracer_and_a_profiler_nothing_is_named_and_nothing_breaks() -> None:
    before = sys.gettrace(), sys.getprofile()
    sys.settrace(lambda *_: None)
    sys.setprofile(lambda *_: None)
    try:
        result = names(bound_again)
    finally:
        sys.setprofile(before[1])
        sys.settrace(before[0])
    assert result == ["f"]


@unwatched
def test_a_long_loop_is_followed_to_its_end() -> None:
    def f(x):
        t = x
        for _ in range(20_000):
            t = t * 0.9999
        return t

    graph = cg.trace(f)
    assert len(graph) == 20_001 and "t.19999" in graph and graph.graph["outputs"] == ["t"]
    assert cg.gradient(f, 2.0)["x"] == pytest.approx(0.9999**20_000)


def test_rebinding_makes_new_nodes(golden_cases: dict[str, dict[str, Any]]) -> None:
    case = golden_cases["micrograd_readme"]

    def g(a, b):
        c = a + b
        d = a * b + b**3
        c = c + c + 1
        c = c + 1 + c + (-a)
        d = d + d * 2 + cg.relu(b + a)
        d = d + 3 * d + cg.relu(b - a)
        e = c - d
        f = e**2
        g = f / 2.0
        g = g + 10.0 / f
        return g

    assert cg.gradient(g, case["inputs"]) == pytest.approx(case["grads"], rel=1e-12)

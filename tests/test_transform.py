"""Program transformation: what is emitted is run, and agrees with dual numbers; what cannot be is refused by line."""

from __future__ import annotations

import ast
import copy
import inspect
import linecache
import math
import os
import random
import re
import subprocess
import sys
import textwrap
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import compgraph as cg
from compgraph import Dual, ParseError, forward_source, reverse_source
from compgraph.cli import main
from compgraph.functions import FUNCTIONS
from tests.transform_cases import FORWARD, HEADING, HELPERS, random_program

CASES = {node.name: node for node in ast.parse(FORWARD).body if isinstance(node, ast.FunctionDef)}
NAMES = [name for name in CASES if name not in HELPERS]


def run(source: str, name: str) -> Callable[..., Any]:
    """The function of an emitted source, run in a namespace of its own."""
    space: dict[str, Any] = {}
    exec(compile(source, "<emitted>", "exec"), space)
    function: Callable[..., Any] = space[name]
    return function


# -- the same functions on dual numbers


def value_of(x: Any) -> Any:
    return x.value if isinstance(x, Dual) else x


def dual_namespace() -> dict[str, Any]:
    """The cases themselves, with a `math` that takes dual numbers."""
    names = {name: getattr(cg, name, getattr(math, name)) for name in dir(math) if not name.startswith("_")}
    names |= {"fabs": cg.abs, "pow": lambda a, b: a**b, "floor": lambda x: math.floor(value_of(x))}
    space: dict[str, Any] = {
        "math": types.SimpleNamespace(**names), "TAU": 2 * math.pi, "max": cg.max, "min": cg.min,
        "int": lambda x: int(value_of(x)), "round": lambda x: round(value_of(x)),
    }  # fmt: skip
    exec(compile(FORWARD, "<cases>", "exec"), space)
    return space


ON_DUALS = dual_namespace()


def drawn(name: str, r: random.Random) -> Any:
    """A value for a parameter, by its name."""
    shapes: dict[str, Any] = {"xs": [0] * 4, "ws": [0] * 4, "grid": [[0] * 3] * 2, "table": {"a": 0, "b": 0}}
    return mapped(lambda _: r.uniform(0.3, 2), shapes.get(name, 0))


def mapped(function: Callable[..., Any], first: Any, *others: Any) -> Any:
    if isinstance(first, (list, tuple)):
        return type(first)(mapped(function, *parts) for parts in zip(first, *others, strict=True))
    if isinstance(first, dict):
        return {key: mapped(function, first[key], *(other[key] for other in others)) for key in first}
    return function(first, *others)


def flat(value: Any) -> list[Any]:
    if isinstance(value, (list, tuple, dict)):
        return [x for part in (value.values() if isinstance(value, dict) else value) for x in flat(part)]
    return [value]


def points(name: str, count: int = 5) -> list[dict[str, Any]]:
    arguments = CASES[name].args
    inputs = [p.arg for p in arguments.args[: len(arguments.args) - len(arguments.defaults)]]
    return [{p: drawn(p, random.Random(f"{name} {p} {i}")) for p in inputs} for i in range(count)]


def same_shape(a: Any, b: Any) -> bool:
    return mapped(lambda _: 0, a) == mapped(lambda _: 0, b)


@pytest.mark.parametrize("name", NAMES)
def test_forward_agrees_with_dual_numbers(name: str) -> None:
    f = run(forward_source(HEADING + FORWARD, name=name), f"{name}_jvp")
    parameters = list(inspect.signature(f).parameters)
    for point in points(name):
        moved = mapped(lambda _: random.Random(name).uniform(-1, 1), point)
        duals = mapped(Dual, point, moved)
        expected = ON_DUALS[name](**duals)
        # the tangent of a parameter is the one that follows it
        tangents = {parameters[parameters.index(p) + 1]: copy.deepcopy(t) for p, t in moved.items()}
        value, tangent = f(**copy.deepcopy(point), **tangents)
        assert same_shape(value, expected) and same_shape(tangent, expected)
        assert flat(value) == pytest.approx([value_of(e) for e in flat(expected)], rel=1e-12)
        slopes = [e.tangent if isinstance(e, Dual) else 0.0 for e in flat(expected)]
        assert flat(tangent) == pytest.approx(slopes, rel=1e-9, abs=1e-12)


#: What cannot be unrolled: conditions on inputs, and lists of unknown length.
# fmt: off
NOT_UNROLLED = (
    "nested_branches", "branch", "conditional", "conditional_calls", "early_return", "chosen_by_both", "until_small",
    "with_break", "with_else", "newton", "call_in_a_subscript", "in_conditions", "asserted", "starred", "horner",
    "list_of_squares", "enumerated", "zipped", "dot_product", "comprehension", "comprehension_with_calls", "softmax",
    "matrix_product", "slices", "from_dict", "result_of_literals", "pair_of_pairs", "constant_result", "constant_pairs",
    "rows_in_place", "names_again", "names_again_in_zip",
)
# fmt: on


@pytest.mark.parametrize("name", [name for name in NAMES if name not in NOT_UNROLLED])
def test_reverse_agrees_with_dual_numbers(name: str) -> None:
    source = reverse_source(HEADING + FORWARD, name=name)
    f = run(source, f"{name}_vjp")
    for point in points(name, 3):
        seeds = [p for p in inspect.signature(f).parameters if p.endswith("_bar")]
        weights = [random.Random(i).uniform(0.5, 2) for i in range(len(seeds))]
        value, adjoints = f(**point, **dict(zip(seeds, weights, strict=True)))
        for position, p in enumerate(point):
            at = {q: Dual(x, float(q == p)) for q, x in point.items()}
            expected = ON_DUALS[name](**at)
            moving = [e for e in flat(expected) if isinstance(e, Dual)]
            slope = sum(w * e.tangent for w, e in zip(weights, moving, strict=True))
            assert adjoints[position] == pytest.approx(slope, rel=1e-9, abs=1e-12)
            assert flat(value) == pytest.approx([value_of(e) for e in flat(expected)], rel=1e-12)


@pytest.mark.parametrize("name", NOT_UNROLLED)
def test_what_reverse_cannot_unroll_is_refused_by_line(name: str) -> None:
    with pytest.raises(ParseError, match=r"^line \d+: .*(Use|Write|Return)"):
        reverse_source(HEADING + FORWARD, name=name)


@pytest.mark.parametrize("seed", range(60))
def test_random_programs(seed: int) -> None:
    text = random_program(seed)
    space = dict(ON_DUALS)
    exec(compile(text, "<random>", "exec"), space)
    f = run(forward_source(f"import math\n{text}"), "f_jvp")
    for x, y in ((0.7, 1.3), (-0.4, 0.6)):
        value, tangent = f(x, 0.3, y, -0.8)
        expected = flat(space["f"](Dual(x, 0.3), Dual(y, -0.8)))
        assert flat(value) == pytest.approx([value_of(e) for e in expected], rel=1e-9)
        slopes = [e.tangent if isinstance(e, Dual) else 0.0 for e in expected]
        assert flat(tangent) == pytest.approx(slopes, rel=1e-7, abs=1e-9)


def test_there_are_enough_cases() -> None:
    assert len(NAMES) >= 60
    assert len(NAMES) - len(NOT_UNROLLED) >= 40


# -- golden texts


def test_the_worked_example_forward() -> None:
    assert forward_source(
        """
        import math

        def f(x):
            t = x ** 2
            u1 = math.sin(t)
            u2 = 3 * t
            u = u1 + u2  # both
            return math.cos(u)
        """
    ) == textwrap.dedent(
        """\
        import math


        def f_jvp(x, dx):
            t = x ** 2
            dt = 2 * x * dx
            u1 = math.sin(t)
            du1 = math.cos(t) * dt
            u2 = 3 * t
            du2 = 3 * dt
            u = u1 + u2  # both
            du = du1 + du2
            result = math.cos(u)
            dresult = -math.sin(u) * du
            return result, dresult
        """
    )


def test_a_loop_that_overwrites_its_variable() -> None:
    assert forward_source(
        '''
        def root(x, n=10):
            """The square root, as in Babylon."""
            t = (1 + x) / 2
            for i in range(1, n):
                # between t and x / t
                t = (t + x / t) / 2

            return t
        '''
    ) == textwrap.dedent(
        '''\
        def root_jvp(x, dx, n=10):
            """The square root, as in Babylon."""
            t = (1 + x) / 2
            dt = dx / 2
            for i in range(1, n):
                # between t and x / t
                dt = (dt + dx / t - x / t / t * dt) / 2
                t = (t + x / t) / 2

            return t, dt
        '''
    )


VIEIRA = ["a = math.exp(x)", "b = a ** 2", "c = a + b", "d = math.exp(c)", "e = math.sin(c)", "f = d + e"]


def function_of(assignments: list[str], inputs: list[str], returned: str) -> str:
    body = "".join(f"    {line}\n" for line in assignments)
    text = re.sub(r"(?<![.\w])(exp|log|sin|cos|sqrt)\(", r"math.\1(", body)
    return f"import math\n\ndef f({', '.join(inputs)}):\n{text}    return {returned}\n"


def test_reverse_of_vieira_and_domke() -> None:
    source = reverse_source(function_of(VIEIRA, ["x"], "f"))
    assert source == textwrap.dedent(
        """\
        import math


        def f_vjp(x, f_bar=1.0):
            a = math.exp(x)
            b = a ** 2
            c = a + b
            d = math.exp(c)
            e = math.sin(c)
            f = d + e

            x_bar = a_bar = b_bar = c_bar = d_bar = e_bar = 0.0
            d_bar += f_bar
            e_bar += f_bar
            c_bar += math.cos(c) * e_bar
            c_bar += d * d_bar
            a_bar += c_bar
            b_bar += c_bar
            a_bar += 2 * a * b_bar
            x_bar += a * a_bar
            return f, (x_bar,)
        """
    )


# -- golden cases from public teaching material


@pytest.mark.parametrize("case", ["baydin_survey", "cppad_exp_eps", "gormley_cos_sin", "vieira_domke"])
def test_values_and_tangents_of_golden_cases(case: str, golden_cases: dict[str, dict[str, Any]]) -> None:
    one = golden_cases[case]
    inputs, names = one["inputs"], list(one["values"])
    source = forward_source(function_of(one["assignments"], list(inputs), ", ".join(names)))
    f = run(source, "f_jvp")
    for x, tangents in one["tangents"].items():
        values, slopes = f(*(entry for name, at in inputs.items() for entry in (float(at), float(name == x))))
        assert values == pytest.approx([one["values"][name] for name in names], rel=one["tol"])
        assert slopes == pytest.approx([tangents[name] for name in names], rel=one["tol"], abs=one["tol"])


def test_babylonian_as_a_loop(golden_cases: dict[str, dict[str, Any]]) -> None:
    one = golden_cases["babylonian"]
    loop = "def f(x):\n    t = (1 + x) / 2\n    for i in range(9):\n        t = (t + x / t) / 2\n    return t\n"
    value, slope = run(forward_source(loop), "f_jvp")(49.0, 1.0)
    assert value == pytest.approx(one["values"]["t9"], rel=one["tol"])
    assert slope == pytest.approx(one["grads"]["x"], rel=one["tol"])
    assert run(reverse_source(loop), "f_vjp")(49.0)[1] == pytest.approx((one["grads"]["x"],), rel=one["tol"])


def test_exp_eps_as_a_loop_with_a_condition(golden_cases: dict[str, dict[str, Any]]) -> None:
    one = golden_cases["cppad_exp_eps"]
    source = forward_source(
        """
        def exp_eps(x, epsilon=0.2):
            k, term, total = 0, 1.0, 1.0
            while term > epsilon:
                k = k + 1
                term = term * x / k
                total = total + term
            return total
        """
    )
    value, slope = run(source, "exp_eps_jvp")(0.5, 1.0)
    assert (value, slope) == (one["values"]["v7"], one["grads"]["v1"])


def test_one_assignment_per_statement_and_one_addition_per_edge(golden_cases: dict[str, dict[str, Any]]) -> None:
    one = golden_cases["vieira_domke"]
    source = reverse_source(function_of(one["assignments"], ["x"], "f"))
    forward, backward = source.split("\n\n    ")[0], source.split("\n\n    ")[1]
    assert len(re.findall(r"^    \w+ = ", forward, re.M)) == len(one["assignments"])
    assert len(re.findall(r"^    \w+_bar \+= ", backward, re.M)) == len(one["edges"])
    value, (slope,) = run(source, "f_vjp")(one["inputs"]["x"])
    assert value == pytest.approx(one["values"]["f"], rel=one["tol"])
    assert slope == pytest.approx(one["grads"]["x"], rel=one["tol"])


# -- every row of the rule table

DIFFERENTIABLE = [
    row for name, row in FUNCTIONS.items() if name == row.name and "logical" not in name and name != "where"
]


@pytest.mark.parametrize(
    "heading", ["import compgraph as cg", "from compgraph import {0}", "import numpy as np\nfrom compgraph import {0}"]
)
@pytest.mark.parametrize("row", DIFFERENTIABLE, ids=lambda row: row.name)
def test_every_primitive_in_math_and_numpy(row: Any, heading: str) -> None:
    count = 2 if row.name in ("max", "min") else len(row.partials)
    called = f"cg.{row.name}" if heading.endswith("cg") else row.name
    names = [f"x{i}" for i in range(count)]
    body = f"y = {called}({', '.join(names)})" + ("\n    np.sin(0.0)" if "numpy" in heading else "")
    source = f"{heading.format(row.name)}\ndef f({', '.join(names)}):\n    {body}\n    return y\n"
    f, g = run(forward_source(source), "f_jvp"), run(reverse_source(source.replace("\n    np.sin(0.0)", "")), "f_vjp")
    for x in (0.6, -0.4, 1.7, -2.5):
        at = [x, 0.8, -1.3][:count]
        try:
            row(*at)
        except ValueError:
            continue
        duals = [Dual(a, 0.5 + i) for i, a in enumerate(at)]
        expected = row(*duals)
        value, tangent = f(*(entry for d in duals for entry in (d.value, d.tangent)))
        assert (value, tangent) == pytest.approx((expected.value, expected.tangent), rel=1e-12)
        slopes = g(*at)[1]
        assert sum(s * d.tangent for s, d in zip(slopes, duals, strict=True)) == pytest.approx(
            expected.tangent, rel=1e-12
        )


def test_arrays() -> None:
    source = """
        import numpy as np

        def f(x, W):
            h = np.tanh(W @ x)
            s = x + 1.0
            r = s
            s += h  # in place: r changes with it, x does not
            h = h + r[0]
            p = np.exp(s) / np.sum(np.exp(s))
            q = np.where(x > 0, x * p, 0.0)
            q[0] = q[1] * q[2]
            return np.sum(q) + np.dot(x, h) + np.maximum(x, h)[0] + np.mean(W.T @ x) / x[1] ** 2
        """
    f = run(forward_source(source), "f_jvp")
    r = np.random.default_rng(3)
    x, W, dx, dW = r.normal(size=3), r.normal(size=(3, 3)), r.normal(size=3), r.normal(size=(3, 3))
    kept = dx.copy()
    value, tangent = f(x, dx, W, dW)
    h = 1e-6
    ahead, behind = (f(x + s * dx, dx, W + s * dW, dW)[0] for s in (h, -h))
    assert tangent == pytest.approx((ahead - behind) / (2 * h), rel=1e-7)
    assert np.array_equal(dx, kept) and np.isfinite(value)


# -- what is kept, what is chosen


def test_the_tangent_comes_first_where_the_variable_is_overwritten() -> None:
    lines = forward_source("def f(x):\n    x = x * x\n    y = x * x\n    return y\n").splitlines()
    assert lines[1:5] == ["    dx = x * dx + x * dx", "    x = x * x", "    y = x * x", "    dy = x * dx + x * dx"]


COMMENTED = '''
import math  # not a part of it

def f(x, y):  # head
    """What it is."""
    # before the first
    a = x * y  # of a
    b = (a     # inside
         + x)  # after
    # before if

    if a > b:  # of if
        # in the branch
        c = a  # of c
        # at its end
    elif a > 0:  # of elif
        c = b
    else:  # of else
        c = x
    # before the loop
    for i in range(3):  # of for
        c *= a; c += 1  # of both
    else:  # of the other else
        pass  # of pass
    def inner(z):  # of inner
        # in it
        return z
    if (c >  # of the left
        0):  # of the right
        c = inner(c)
    # before return
    return math.sin(  # of the call
        c)  # of return
    # at the very end
'''


def test_comments_and_docstring_are_kept_in_order() -> None:
    comments = re.findall("# .*", COMMENTED)[1:]
    emitted = re.findall("# .*", forward_source(COMMENTED))
    assert emitted == comments
    assert '"""What it is."""' in forward_source(COMMENTED)
    assert "        # in the branch\n        c = a  # of c\n        dc = da\n        # at its end\n" in forward_source(
        COMMENTED
    )


@pytest.mark.parametrize("name", NAMES)
def test_the_same_bytes_and_what_python_accepts(name: str) -> None:
    one, two = (forward_source(HEADING + FORWARD, name=name) for _ in range(2))
    assert one == two
    assert one.endswith("\n") and not one.endswith("\n\n")
    assert all(line == line.rstrip() for line in one.splitlines())
    assert ast.unparse(ast.parse(one))


def test_the_same_bytes_whatever_the_hash_seed() -> None:
    program = (
        "from compgraph import forward_source as f, reverse_source as r; from tests.transform_cases import *; "
        "print([f(HEADING + FORWARD, name=n) for n in ('filled', 'every_function', 'a_dict', 'swapped')], "
        "r(HEADING + FORWARD, name='every_function'))"
    )
    path = os.pathsep.join([str(Path(__file__).parent.parent), *filter(None, sys.path)])
    printed = {
        subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True,
            env={**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": seed, "PYTHONUTF8": "1"},
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(printed) == 1 and len(printed.pop()) > 1000


def test_names_in_use_are_left_alone() -> None:
    source = """
        import math
        sech = 2.0
        def f(x, dx=1.0, d_x=2.0, result=0.5):
            v1 = math.tanh(x)
            sign = v1 * dx
            return abs(sign) * sech ** d_x * math.exp(result * x)
        """
    emitted = forward_source(source)
    f = run(emitted, "f_jvp")
    expected = 0.5 * math.exp(0.35) * math.tanh(0.7) * 4 + math.exp(0.35) * 4 / math.cosh(0.7) ** 2
    parameters = list(inspect.signature(f).parameters)
    assert parameters[0] == "x" and parameters[2:] == ["dx", "d_x", "result"] and parameters[1] not in parameters[2:]
    assert f(0.7, 1.0)[1] == pytest.approx(expected, rel=1e-14)


def test_a_name_of_a_module_that_is_taken() -> None:
    f = run(forward_source("from math import sin\ndef f(x):\n    math = x * x\n    return sin(math)\n"), "f_jvp")
    assert f(0.5, 1.0)[1] == pytest.approx(math.cos(0.25), rel=1e-15)
    g = run(forward_source("import math as m\ndef f(x):\n    return m.tanh(m.sin(x))\n"), "f_jvp")
    assert g(0.5, 1.0)[1] == pytest.approx(math.cos(0.5) / math.cosh(math.sin(0.5)) ** 2, rel=1e-14)


def test_wrt_chooses_the_parameters() -> None:
    text = "def f(x, k, n=2):\n    return k * x ** n\n"
    assert forward_source(text, wrt="x").startswith("def f_jvp(x, dx, k, n=2):")
    assert forward_source(text, wrt=["k", "n"]).split("\n\n\n")[-1].startswith("def f_jvp(x, k, dk, n=2, dn=0.0):")
    assert run(forward_source(text, wrt=["n"]), "f_jvp")(3.0, 2.0, 2, 1.0)[1] == pytest.approx(18 * math.log(3))
    assert reverse_source(text, wrt="k").splitlines()[0] == "def f_vjp(x, k, result_bar=1.0):"
    with pytest.raises(ValueError, match=r"wrt: expected parameters of f \(x, k, n\), got 'z'"):
        forward_source(text, wrt="z")
    assert forward_source("def f(x, k):\n    for i in range(k):\n        x = x * x\n    return x\n").startswith(
        "def f_jvp(x, dx, k):"
    )


def test_derivatives_can_be_transformed_again() -> None:
    text = (
        "import math\ndef f(x):\n    y = x * x\n    for i in range(2):\n        y = y * math.sin(x)\n    return y / x\n"
    )
    once = forward_source(text)
    twice = run(forward_source(once, wrt="x"), "f_jvp_jvp")
    f: Callable[[Any], Any] = lambda x: x * cg.sin(x) ** 2  # noqa: E731
    (value, first), (slope, second) = twice(0.8, 1.0, 1.0)
    exact = cg.derivative_of(f)
    assert (value, first, slope) == pytest.approx((f(0.8), exact(0.8), exact(0.8)), rel=1e-13)
    assert second == pytest.approx(cg.derivative_of(exact)(0.8), rel=1e-12)


def test_long_functions_and_long_sums() -> None:
    lines = "".join(f"    x{i + 1} = x{i} * 1.0001 + 0.5\n" for i in range(1000))
    text = f"def f(x0):\n{lines}    return x1000\n"
    assert run(forward_source(text), "f_jvp")(1.0, 1.0)[1] == pytest.approx(1.0001**1000, rel=1e-9)
    assert run(reverse_source(text), "f_vjp")(1.0)[1] == pytest.approx((1.0001**1000,), rel=1e-9)
    terms = " + ".join(["x"] * 600)
    assert run(forward_source(f"def f(x):\n    y = {terms}\n    return y\n"), "f_jvp")(1.0, 1.0) == (600, 600)
    assert run(reverse_source(f"def f(x):\n    y = {terms}\n    return y\n"), "f_vjp")(1.0) == (600, (600,))


# -- functions at hand

SCALE = 3.0
LIMITS = (1.0, 2.0)
WEIGHTS = [1.0, 2.0]


def at_hand(x: float, power: int = 2) -> float:
    """A function with constants and a helper around it."""
    return SCALE * math.sin(LIMITS[1] * x) ** power + beside(x, np.float64(1.0))


def beside(a: float, b: float) -> float:
    return cg.sigmoid(a) * b


def of_weights(x: float) -> float:
    return x * WEIGHTS[0]


def made(factor: float) -> Callable[[float], float]:
    def inner(x: float) -> float:
        return factor * x * x

    return inner


def test_a_function_at_hand_is_transformed_with_what_it_uses() -> None:
    source = forward_source(at_hand)
    assert "SCALE = 3.0\n" in source and "LIMITS = (1.0, 2.0)\n" in source
    value, slope = run(source, "at_hand_jvp")(0.4, 1.0)
    f: Callable[[Any], Any] = lambda x: 3 * cg.sin(2 * x) ** 2 + cg.sigmoid(x)  # noqa: E731
    assert (value, slope) == pytest.approx((f(0.4), cg.derivative_of(f)(0.4)), rel=1e-13)
    assert run(reverse_source(at_hand), "at_hand_vjp")(0.4)[1] == pytest.approx((slope,), rel=1e-13)


def test_a_closure_keeps_the_number_that_it_found() -> None:
    assert run(forward_source(made(2.5)), "inner_jvp")(2.0, 1.0) == (10.0, 10.0)


def test_a_list_outside_the_function_is_refused() -> None:
    line = inspect.getsourcelines(of_weights)[1] + 1
    with pytest.raises(ParseError, match=f"line {line}: WEIGHTS is a list outside the function. Hand it over"):
        forward_source(of_weights)


def test_a_notebook_cell() -> None:
    cell = "N = 4\n\ndef half(v):\n    return v / 2\n\ndef f(x):\n    # in a cell\n    return half(x) ** N\n"
    name = "<ipython-input-1-cell>"
    linecache.cache[name] = (len(cell), None, cell.splitlines(keepends=True), name)
    space: dict[str, Any] = {}
    exec(compile(cell, name, "exec"), space)
    source = forward_source(space["f"])
    assert "# in a cell" in source
    assert run(source, "f_jvp")(2.0, 1.0) == (1.0, 2.0)


def test_a_function_without_source_is_refused() -> None:
    space: dict[str, Any] = {}
    exec("def f(x):\n    return x\n", space)
    with pytest.raises(
        ValueError, match=r"the source of f cannot be found: expected a function from a file or a notebook"
    ):
        forward_source(space["f"])
    for wrong in (len, 3, None):
        with pytest.raises(TypeError, match="expected a Python function or its source, got"):
            forward_source(wrong)  # type: ignore[arg-type]
    with pytest.raises(ParseError, match="a lambda cannot be transformed"):
        forward_source(lambda x: x)


# -- refusals

REFUSED = {
    "try": ("try:\n        y = x\n    except ValueError:\n        y = 0\n    return y", 2, "try cannot be transformed"),
    "with": ("with open('a') as g:\n        return x", 2, "with cannot be transformed"),
    "a class": ("class A:\n        pass\n    return x", 2, "a class cannot be transformed"),
    "a generator": ("yield x", 2, "a generator cannot be transformed"),
    "global": ("global y\n    y = x\n    return y", 2, "global cannot be transformed"),
    "nonlocal": ("y = x\n    def g():\n        nonlocal y\n        y = 2\n    g()\n    return y", 4, "nonlocal cannot"),
    "lambda": ("g = lambda a: a * x\n    return g(x)", 2, "a lambda cannot be transformed"),
    "match": ("match x:\n        case 1:\n            return x\n    return x", 2, "match cannot be transformed"),
    "walrus": ("return (y := x) * y", 2, "an assignment within an expression"),
    "is": ("y = 1.0\n    return y if x is None else x", 3, "is, of x, which has a derivative"),
    "%": ("return x % 2", 2, "% has no derivative here"),
    "//": ("return x // 2", 2, "// has no derivative here"),
    "or": ("return x or 2.0", 2, "and, or of values that have a derivative"),
    "text": ("return float(str(x))", 2, "str has no derivative that is known"),
    "f-string": ("s = f'{x}'\n    return float(s)", 2, "text made of a value"),
    "unknown": ("return unknown(x)", 2, "unknown is not defined"),
    "foreign": ("return random.gauss(x, 1.0)", 2, "random.gauss has no derivative that is known"),
    "gamma": ("return math.gamma(x)", 2, "math.gamma has no derivative that is known"),
    "sorted": ("xs = [x]\n    xs.sort()\n    return xs", 3, "the method sort has no derivative"),
    "attribute": ("return x.real", 2, "the attribute real has no derivative"),
    "attribute set": ("x.real = 2 * x\n    return x", 2, "an attribute that is assigned to"),
    "max of a list": ("return max([x, 2])", 2, "max: expected 2 arguments, got 1"),
    "log with a base": ("return math.log(x, 10)", 2, "log with a base has no derivative here. Write log"),
    "star": ("return max(*[x, x])", 2, "max: expected plain arguments"),
    "star of one's own": ("def g(a, b):\n        return a\n    return g(*[x, x])", 4, "g is called with"),
    "too many": ("def g(a):\n        return a\n    return g(x, x)", 4, "g takes 1 arguments, got 2"),
    "no such keyword": ("def g(a):\n        return a\n    return g(a=x, b=x)", 4, "g has no parameter b"),
    "a function handed over": ("def g(h, a):\n        return h(a)\n    return g(math.sin, x)", 3, "h has no"),
    "a list outside": ("return x * TABLE[0]", 2, "TABLE is changed or made outside the function"),
    "a changing number": ("return x * COUNT", 2, "COUNT is changed or made outside the function"),
    "a class outside": ("return A(x)", 2, "A is a class. Only functions can be called"),
    "two meanings": ("return sum(sum(a * x for a in [x]) * a for a in range(3))", 2, "a stands for two things"),
    "two meanings of an index": (
        "i = x\n    for i, v in enumerate([x]):\n        x += v\n    return x * i", 3, "i stands for two things",
    ),
    "pop beside": ("xs = [x, x * x]\n    return xs[0] * xs.pop()", 3, "pop.. beside other uses of xs"),
    "hidden change": (
        "xs = [x]\n    def g(a):\n        xs.append(a)\n        return 1\n    if g(x) > 0:\n        return xs[1]",
        6, "g changes a list. Give its call a statement of its own",
    ),
    "bare return": ("if x > 1:\n        return\n    return x", 3, "return without a value"),
    "nothing": ("y = x", 1, "f returns nothing"),
    "arguments": (None, 1, "f takes .xs: expected named parameters"),
    "decorated": (None, 1, "f is decorated"),
    "async": (None, 1, "f is asynchronous"),
}  # fmt: skip
WHOLE = {
    "arguments": "def f(*xs):\n    return xs[0]",
    "decorated": "@cache\ndef f(x):\n    return x",
    "async": "async def f(x):\n    return x",
}
AROUND = "\n\nimport math, random\nTABLE = [1, 2]\nCOUNT = 1\nCOUNT += 1\nclass A: pass\n"


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_transformed_is_refused_by_name_and_line(what: str) -> None:
    body, line, message = REFUSED[what]
    text = WHOLE.get(what) or f"def f(x):\n    {body}"
    with pytest.raises(ParseError, match=message) as error:
        forward_source(text + AROUND)
    assert str(error.value).startswith(f"line {line}: ")
    shown = str(error.value).splitlines()
    assert shown[-1].strip() == "^" and shown[-2].strip() in text
    assert re.search(r"\. [A-Z][^.]*\.$", error.value.message) or "Write" in error.value.message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("def f(x:\n    return x", r"line 1: .*Correct the source"),
        ("x = 3", "no function in the source: expected def f"),
        ("", "no function in the source"),
        ("def f(n=3):\n    return n", "f has no input: expected a parameter without a default. Name it in wrt"),
    ],
)
def test_a_source_without_a_function(text: str, message: str) -> None:
    with pytest.raises(ParseError, match=message):
        forward_source(text)


def test_no_function_of_that_name() -> None:
    with pytest.raises(ParseError, match=r"no function h in the source: expected f, g\. Name one that is there"):
        forward_source("def f(x):\n    return x\ndef g(x):\n    return x\n", name="h")


REVERSE_REFUSED = [
    ("if x > 0:\n        return x\n    return 2 * x", 2, "whether x > 0 holds is not known before"),
    ("n = 3\n    while x > n:\n        n += 1\n    return x * n", 3, "whether x > n holds is not known before"),
    ("for i in range(k):\n        x = x * x\n    return x", 2, "range cannot be unrolled|range .* known before"),
    ("return x[0]", 2, "expected an element of a list made here"),
    ("while True:\n        x = x * x\n    return x", 3, "more than 100000 operations when unrolled"),
    ("def g(a):\n        return g(a)\n    return g(x)", 3, "g: more than 50 calls deep. Write a loop"),
    ("return {'a': x}", 1, "a result is no number, but a dict|a str"),
    ("print(x)\n    return x", 2, "print cannot be unrolled"),
    ("import math\n    return math.gamma(x)", 3, "math.gamma cannot be unrolled"),
]


@pytest.mark.parametrize(("body", "line", "message"), REVERSE_REFUSED)
def test_what_cannot_be_unrolled(body: str, line: int, message: str) -> None:
    with pytest.raises(ParseError, match=message) as error:
        reverse_source(f"def f(x, k):\n    {body}\n", wrt="x")
    assert str(error.value).startswith(f"line {line}: ")


def test_several_results_have_an_adjoint_each() -> None:
    source = reverse_source("def f(x, y):\n    a = x * y\n    b = a * x\n    return a, b, a\n")
    assert source.startswith("def f_vjp(x, y, a_bar, b_bar, v1_bar):")
    values, adjoints = run(source, "f_vjp")(2.0, 3.0, 1.0, 10.0, 100.0)
    assert values == (6.0, 12.0, 6.0)
    assert adjoints == (101 * 3.0 + 10 * 12.0, 101 * 2.0 + 10 * 4.0)


def test_reverse_keeps_comments_and_versions_of_names() -> None:
    source = reverse_source(
        "def f(x):\n    # twice\n    for i in range(2):\n        x = x * x  # squared\n    return x\n"
    )
    assert source == textwrap.dedent(
        """\
        def f_vjp(x, x_2_bar=1.0):
            # twice
            # i = 0
            x_1 = x * x  # squared
            # i = 1
            x_2 = x_1 * x_1

            x_bar = x_1_bar = 0.0
            x_1_bar += x_1 * x_2_bar
            x_1_bar += x_1 * x_2_bar
            x_bar += x * x_1_bar
            x_bar += x * x_1_bar
            return x_2, (x_bar,)
        """
    )


# -- the command


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "model.py"
    file.write_text(
        "import math\n\ndef loss(w, x=2.0):\n    return math.exp(-w * x)\n\ndef other(x):\n    return x\n", "utf-8"
    )
    assert main(["transform", f"{file}:loss"]) == 0
    assert run(capsys.readouterr().out, "loss_jvp")(0.5, 1.0) == pytest.approx((math.exp(-1), -2 * math.exp(-1)))
    assert main(["transform", f"{file}:loss", "--direction", "reverse", "--wrt", "w", "x"]) == 0
    assert run(capsys.readouterr().out, "loss_vjp")(0.5, 2.0)[1] == pytest.approx(
        (-2 * math.exp(-1), -0.5 * math.exp(-1))
    )
    assert main(["transform", str(file)]) == 0
    assert capsys.readouterr().out.startswith("def other_jvp(x, dx):")
    monkeypatch.setattr("sys.stdin", __import__("io").StringIO("def f(x):\n    return x * x\n"))
    assert main(["transform", "-"]) == 0
    assert "return x * x, x * dx + x * dx" in capsys.readouterr().out
    for wrong, message in ((f"{file}:no", "no function no in the source"), (str(tmp_path / "no.py"), "No such file")):
        assert main(["transform", wrong]) == 2
        assert message in capsys.readouterr().err

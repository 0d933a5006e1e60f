"""Programs: what is listed, and that read, exec'd, compiled or interpreted it says what the graph says."""

from __future__ import annotations

import ast
import contextlib
import inspect
import math
import re
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import compgraph as cg
from compgraph.cli import main
from compgraph.expression import VARIABLE
from compgraph.functions import FUNCTIONS, HIDDEN
from compgraph.listing import generation
from compgraph.listing.definitions import DEFINITIONS
from compgraph.listing.forms import CALLS, LIBRARIES
from compgraph.listing.identifiers import Identifiers
from compgraph.listing.machine import INSTRUCTIONS
from tests.primitive_cases import NUMERIC
from tests.strategies import Guarded, Program, Sample, expressions, guarded, multigraphs, programs

Run = Callable[..., Any]
WORKED = "t = x^2; u1 = sin(t); u2 = 3t; u = u1 + u2; J = cos(u)"


class close:
    """Equal numbers to rounding, however they are nested."""

    def __init__(self, expected: Any) -> None:
        self.expected = list(flat(expected))

    def __eq__(self, found: object) -> bool:
        return list(flat(found)) == pytest.approx(self.expected, rel=1e-9, abs=1e-11)

    def __repr__(self) -> str:
        return f"close to {self.expected}"


def flat(nested: Any) -> Iterator[float]:
    for part in nested if isinstance(nested, (tuple, list)) else [nested]:
        yield from flat(part) if isinstance(part, (tuple, list)) else [float(part)]


def executed(program: cg.Program, library: str = "math") -> Run:
    """The function that the Python form defines, with nothing else at hand."""
    source = program.python(library)
    imported = {
        alias.name for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Import) for alias in node.names
    }
    assert imported <= {"math", "numpy"}
    namespace: dict[str, Any] = {}
    exec(source, namespace)
    function: Run = namespace["f"]
    return function


def solved(problem: Any, point: dict[str, float]) -> tuple[float, tuple[float, ...]]:
    s = cg.solve(problem, at=point, wrt=list(point))
    return s.values[s.outputs[0]], tuple(s.gradient[name] for name in point)


fast = pytest.mark.parametrize("fast", [False, pytest.param(True, id="fast")])


def needs_numba(fast: bool) -> None:
    if fast:
        pytest.importorskip("numba")


# -- what is listed

FORWARD = """\
t = x²
u1 = sin(t)
u2 = 3·t
u = u1 + u2
J = cos(u)
"""
TEXT = {
    "reverse": FORWARD
    + """
∂J/∂J = 1
∂J/∂u = 0
∂J/∂u2 = 0
∂J/∂u1 = 0
∂J/∂t = 0
∂J/∂x = 0
∂J/∂u += ∂J/∂J · (−sin(u))
∂J/∂u1 += ∂J/∂u · 1
∂J/∂u2 += ∂J/∂u · 1
∂J/∂t += ∂J/∂u2 · 3
∂J/∂t += ∂J/∂u1 · cos(t)
∂J/∂x += ∂J/∂t · (2·x)""",
    "forward": FORWARD
    + """
∂x/∂x = 1
∂t/∂x = (2·x) · ∂x/∂x
∂u1/∂x = cos(t) · ∂t/∂x
∂u2/∂x = 3 · ∂t/∂x
∂u/∂x = 1 · ∂u1/∂x + 1 · ∂u2/∂x
∂J/∂x = (−sin(u)) · ∂u/∂x""",
}
PYTHON = """\
import math


def f(x):
    t = x ** 2
    u1 = math.sin(t)
    u2 = 3 * t
    u = u1 + u2
    J = math.cos(u)

    dJ_dJ = 1.0
    dJ_du = 0.0
    dJ_du2 = 0.0
    dJ_du1 = 0.0
    dJ_dt = 0.0
    dJ_dx = 0.0
    dJ_du += dJ_dJ * -math.sin(u)
    dJ_du1 += dJ_du
    dJ_du2 += dJ_du
    dJ_dt += dJ_du2 * 3
    dJ_dt += dJ_du1 * math.cos(t)
    dJ_dx += dJ_dt * (2 * x)
    return J, (dJ_dx,)
"""
LATEX = r"""\begin{aligned}
t &= x^{2} \\
u_{1} &= \sin(t) \\
u_{2} &= 3t \\
u &= u_{1} + u_{2} \\
J &= \cos(u) \\
\frac{\partial J}{\partial J} &= 1 \\
\frac{\partial J}{\partial u} &= 0 \\
\frac{\partial J}{\partial u_{2}} &= 0 \\
\frac{\partial J}{\partial u_{1}} &= 0 \\
\frac{\partial J}{\partial t} &= 0 \\
\frac{\partial J}{\partial x} &= 0 \\
\frac{\partial J}{\partial u} &\mathrel{+}= \frac{\partial J}{\partial J} \cdot (-\sin(u)) \\
\frac{\partial J}{\partial u_{1}} &\mathrel{+}= \frac{\partial J}{\partial u} \cdot 1 \\
\frac{\partial J}{\partial u_{2}} &\mathrel{+}= \frac{\partial J}{\partial u} \cdot 1 \\
\frac{\partial J}{\partial t} &\mathrel{+}= \frac{\partial J}{\partial u_{2}} \cdot 3 \\
\frac{\partial J}{\partial t} &\mathrel{+}= \frac{\partial J}{\partial u_{1}} \cdot \cos(t) \\
\frac{\partial J}{\partial x} &\mathrel{+}= \frac{\partial J}{\partial t} \cdot (2x)
\end{aligned}"""


@pytest.mark.parametrize("direction", TEXT)
def test_the_worked_example_as_text(direction: str) -> None:
    program = cg.derivative_program(WORKED, direction=direction)
    assert str(program) == repr(program) == TEXT[direction]
    assert str(cg.solve(WORKED, at={"x": 2}, direction=direction).program()) == TEXT[direction]
    assert str(cg.program(WORKED)) == FORWARD.strip()


def test_the_worked_example_as_python_and_latex() -> None:
    program = cg.derivative_program(WORKED)
    assert program.python().replace("* (-math.sin(u))", "* -math.sin(u)") == PYTHON
    assert program.latex() == LATEX
    assert program._repr_latex_() == f"$$\n{LATEX}\n$$"


def test_one_assignment_per_statement_and_one_sum_per_edge(golden_cases: dict[str, Any]) -> None:
    """The gradient code of the lecture: as many `+=` as edges, in reverse order of the statements."""
    case = golden_cases["vieira_domke"]
    s = cg.solve("\n".join(case["assignments"]), at=case["inputs"], of=case["outputs"]).statements
    program = s.program()
    values = [a for a in program.assignments if not isinstance(a.name, cg.Slope)]
    assert [a.name for a in values] == list(case["values"])
    assert sum(a.adds for a in program.assignments) == s.graph.number_of_edges() == s.cost.multiplications
    _, gradient = executed(program)(*[case["inputs"][name] for name in program.inputs])
    assert dict(zip(program.wrt, gradient, strict=True)) == pytest.approx(case["grads"], rel=case["tol"])


def test_a_long_program_shows_its_beginning() -> None:
    x = cg.Variable("x")
    chain = x
    for _ in range(100):
        chain = cg.sin(chain)
    program = cg.program(chain)
    assert len(repr(program).splitlines()) == 60 and repr(program).endswith(
        "(100 assignments in all; print(program) shows them)"
    )
    assert len(str(program).splitlines()) == 100
    assert program._repr_latex_().count("\\\\") == 60 and r"\vdots" in program._repr_latex_()


@pytest.mark.parametrize(
    ("key", "identifier"),
    [
        ("x", "x"), ("α", "alpha"), ("λ", "lambda_"), ("Γ", "Gamma"), ("x'", "x_prime"), ("u₁", "u1"), ("c.1", "c_1"),
        ("W[0,1]", "W_0_1"), ("if", "if_"), ("max", "max_"), ("math", "math_"), ("sin", "sin_"), ("2x", "v_2x"),
        ("x; import os", "x_import_os"), ('""" + open("f")', "open_f"), ("", "v"), ("𝑥", "x"), ("é", "e"),
        (("a", 1), "a_1"), ("_", "__"),
    ],
)  # fmt: skip
def test_names_become_plain_identifiers(key: Any, identifier: str) -> None:
    assert Identifiers()[key] == identifier


@given(st.lists(st.text(max_size=12), max_size=20))
def test_identifiers_are_identifiers_and_each_belongs_to_one_name(keys: list[str]) -> None:
    names = Identifiers()
    found = {key: names[key] for key in keys}
    assert len(set(found.values())) == len(found)
    for key, identifier in found.items():
        assert re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", identifier) and identifier.isidentifier()
        assert names[key] == identifier


def test_names_cannot_inject_code() -> None:
    evil = 'x"): __import__("os").abort()  #'
    row = cg.Primitive('f(0); __import__("os").abort()', lambda a: a * 2.0, lambda y, a: 2)
    expression = row(cg.Variable(evil) * 3).named("α; raise SystemExit")
    program = cg.derivative_program(expression)
    assert program.compile()(2.0) == (12.0, (6.0,))
    for library in ("math", "numpy"):
        calls = {node.func.id for node in ast.walk(ast.parse(program.python(library))) if isinstance(node, ast.Call)}  # type: ignore[attr-defined]
        assert "abort" not in {
            node.attr for node in ast.walk(ast.parse(program.python(library))) if isinstance(node, ast.Attribute)
        }
        assert all(re.fullmatch(r"\w+", call) for call in calls)


def test_what_cannot_be_asked_says_so() -> None:
    with pytest.raises(ValueError, match="direction 'sideways': expected reverse or forward"):
        cg.derivative_program("x^2", direction="sideways")
    with pytest.raises(ValueError, match="library: expected math or numpy, got 'jax'"):
        cg.program("x^2").python("jax")
    with pytest.raises(ValueError, match="expected a Python identifier, got 'a b'"):
        cg.program("x^2").python(name="a b")
    with pytest.raises(ValueError, match="no node 'z'"):
        cg.derivative_program(cg.trace(cg.Variable("x") * 2), wrt="z")


# -- what it costs


@given(expressions(named=True), st.sampled_from(["reverse", "forward"]))
def test_a_sweep_costs_what_the_solver_counts(sample: Sample, direction: str) -> None:
    """At no point, where both sides of every branch are there."""
    program = cg.derivative_program(sample.expression, direction=direction)
    assert program.cost == cg.solve(sample.expression, direction=direction).cost
    limited = cg.derivative_program(sample.expression, direction=direction, wrt=["x"])
    assert limited.cost == cg.solve(sample.expression, direction=direction, wrt=["x"]).cost


@given(expressions(named=True))
def test_several_outputs_cost_a_sweep_each(sample: Sample) -> None:
    problem = {f"o{i}": part for i, part in enumerate(sample.parts[-3:])}
    for direction in ("reverse", "forward"):
        program = cg.derivative_program(problem, of=list(problem), direction=direction)
        assert program.cost == cg.solve(problem, of=list(problem), direction=direction).cost


ORDERS = [cg.forward_order, cg.reverse_order, cg.markowitz]


@given(expressions(named=True), st.sampled_from(ORDERS))
def test_an_elimination_costs_what_the_solver_counts(sample: Sample, order: Any) -> None:
    graph = cg.trace(sample.expression)
    program = cg.elimination_program(graph, order)
    assert program.cost == cg.elimination_cost(graph, order)
    # the multiplications written down are those, factors of 1 among them
    lines = program.python().splitlines()
    assert sum(bool(re.search(r"= d\w+ \* d\w+$", line)) for line in lines) == program.cost.multiplications


@settings(max_examples=30)
@given(multigraphs(lambda *_: st.integers(-3, 3).map(float)), st.sampled_from(ORDERS))
def test_graphs_labelled_by_hand(graph: nx.MultiDiGraph, order: Any) -> None:
    by_elimination = cg.elimination_program(graph, order)
    assert by_elimination.cost == cg.elimination_cost(graph, order)
    swept = cg.derivative_program(graph)
    jacobian = {
        (y, x): cg.totals(cg.reverse(graph, {y: 1.0}))[x] for y in swept.outputs for x in swept.wrt
    }  # fmt: skip
    rows = swept.compile()()
    found = rows if len(swept.outputs) > 1 else (rows,)
    assert {(y, x): found[i][j] for i, y in enumerate(swept.outputs) for j, x in enumerate(swept.wrt)} == jacobian
    other = by_elimination.compile()()
    assert (other if len(swept.outputs) > 1 else (other,)) == found


def test_labels_that_a_graph_does_not_have_are_inputs() -> None:
    graph = nx.MultiDiGraph([("x", "t"), ("t", "y"), ("x", "y")])
    program = cg.elimination_program(graph, ["t"])
    assert set(map(str, program.inputs)) == {"∂t/∂x", "∂y/∂t", "∂y/∂x"}
    point = {"∂t/∂x": 2.0, "∂y/∂t": 5.0, "∂y/∂x": 1.0}
    assert program.compile()(**point) == (11.0,) == program.compile()(dt_dx=2.0, dy_dt=5.0, dy_dx=1.0)
    assert executed(program)(*[point[str(key)] for key in program.inputs]) == (11.0,)
    with pytest.raises(ValueError, match="x → t has no label: expected an edge attribute 'partial'"):
        cg.derivative_program(graph)


# -- compiled = interpreted = graph


@fast
@given(sample=expressions(named=True))
def test_compiled_is_what_the_graph_says(fast: bool, sample: Sample) -> None:
    needs_numba(fast)
    names = list(sample.point)
    expected = solved(sample.expression, sample.point)
    for direction in ("reverse", "forward"):
        function = cg.derivative_program(sample.expression, wrt=names, direction=direction).compile(fast=fast)
        assert function(**sample.point) == close(expected) == function(*sample.point.values())
    assert cg.program(sample.expression).compile(fast=fast)(**_used(sample)) == close(expected[0])


def _used(sample: Sample) -> dict[str, float]:
    return {name: sample.point[name] for name in cg.trace(sample.expression).graph["inputs"]}


@given(expressions(named=True))
def test_python_alone_is_what_the_graph_says(sample: Sample) -> None:
    value, gradient = solved(sample.expression, sample.point)
    point = list(sample.point.values())
    arrays = [np.array([x, x]) for x in point]
    for direction in ("reverse", "forward"):
        program = cg.derivative_program(sample.expression, wrt=list(sample.point), direction=direction)
        assert executed(program)(*point) == close((value, gradient))
        found, slopes = executed(program, "numpy")(*arrays)
        assert np.broadcast_to(found, 2).tolist() == close([value, value])
        assert [np.broadcast_to(slope, 2)[1] for slope in slopes] == close(list(gradient))
    eliminated = cg.elimination_program(sample.expression, cg.markowitz, wrt=list(sample.point))
    assert executed(eliminated)(*point) == close((value, gradient))
    found, slopes = executed(eliminated, "numpy")(*arrays)
    assert [np.broadcast_to(slope, 2)[0] for slope in slopes] == close(list(gradient))


@fast
@given(sample=expressions(named=True), shifts=st.lists(st.floats(-0.003, 0.003), min_size=1, max_size=70))
def test_many_points_are_each_of_them(fast: bool, sample: Sample, shifts: list[float]) -> None:
    needs_numba(fast)
    function = cg.derivative_program(sample.expression, wrt=list(sample.point)).compile(fast=fast)
    x, y, z = sample.point.values()
    value, slopes = function(x + np.array(shifts), y, [z] * len(shifts))
    one = [function(x + shift, y, z) for shift in shifts]
    assert isinstance(value, np.ndarray) and value.shape == (len(shifts),)
    assert value.tolist() == close([point[0] for point in one])
    for place, slope in enumerate(slopes):
        assert slope.tolist() == close([point[1][place] for point in one])


@fast
@given(sample=guarded())
def test_guarded_branches_do_not_leak(fast: bool, sample: Guarded) -> None:
    needs_numba(fast)
    names = list(sample.point)
    expected = solved(sample.taken, sample.point)
    for direction in ("reverse", "forward"):
        program = cg.derivative_program(sample.expression, wrt=names, direction=direction)
        function = program.compile(fast=fast)
        assert function(**sample.point) == close(expected)
        arrays = [np.full(3, x) for x in sample.point.values()]
        value, slopes = function(*arrays)
        assert [value[0], *(slope[2] for slope in slopes)] == close([expected[0], *expected[1]])
    if not fast:
        value, slopes = executed(program, "numpy")(*arrays)
        assert [np.broadcast_to(s, 3)[1] for s in (value, *slopes)] == close([expected[0], *expected[1]])


@given(guarded())
def test_python_alone_evaluates_no_branch_that_is_not_taken(sample: Guarded) -> None:
    expected = solved(sample.taken, sample.point)
    for direction in ("reverse", "forward"):
        program = cg.derivative_program(sample.expression, wrt=list(sample.point), direction=direction)
        assert executed(program)(*sample.point.values()) == close(expected)
    program = cg.elimination_program(sample.expression, cg.forward_order, wrt=list(sample.point))
    assert executed(program)(*sample.point.values()) == close(expected)


@given(programs())
def test_text_and_operators_compile_alike(program: Program) -> None:
    text, built = (cg.derivative_program(one, wrt=list(program.point)) for one in (program.text, program.expressions))
    assert text.compile()(**program.point) == close(built.compile()(**program.point))
    coarse = cg.solve(program.text, at=program.point, wrt=list(program.point)).statements.program()
    assert coarse.compile()(**program.point) == close(text.compile()(**program.point))
    assert executed(coarse)(*program.point.values()) == close(text.compile()(**program.point))


@fast
def test_golden_cases(fast: bool, explicit_case: dict[str, Any]) -> None:
    needs_numba(fast)
    case = explicit_case
    problem, names = "\n".join(case["assignments"]), list(case["inputs"])
    expected = pytest.approx([case["grads"][name] for name in names], rel=case["tol"], abs=case["tol"])
    value = pytest.approx(case["values"][case["outputs"][0]], rel=case["tol"], abs=case["tol"])
    for direction in ("reverse", "forward"):
        program = cg.derivative_program(problem, of=case["outputs"], wrt=names, direction=direction)
        for function in (program.compile(fast=fast), executed(program)):
            found = function(*case["inputs"].values())
            assert found[0] == value and list(found[1]) == expected
    eliminated = cg.elimination_program(problem, cg.markowitz, of=case["outputs"], wrt=names).compile(fast=fast)
    assert list(eliminated(**case["inputs"])[1]) == expected


# -- every primitive

ROWS = {row.name: row for row in {**FUNCTIONS, **HIDDEN}.values() if row is not VARIABLE}


def test_every_primitive_has_a_row() -> None:
    for name, row in ROWS.items():
        for library in LIBRARIES.values():
            assert (row in library.forms) != (row in DEFINITIONS), f"{name} in {library.name}"
        if row not in DEFINITIONS and name not in ("identity", "literal"):
            assert row in INSTRUCTIONS, name
    assert set(CALLS) <= set(INSTRUCTIONS)


@pytest.mark.parametrize("name", [name for name in ROWS if name in NUMERIC and name not in ("identity", "literal")])
def test_a_primitive_at_its_edges_and_extremes(name: str) -> None:
    """Compiled, as an array and by the machine: values, slopes and errors are those of `value_and_gradient`."""
    row, case = ROWS[name], NUMERIC[name]
    variables = [cg.Variable(f"x{i}") for i in range(len(case.spans))]
    names = [variable.name for variable in variables]
    expression = row(*variables)
    program = cg.derivative_program(expression, wrt=names)
    middle = tuple(math.sqrt(low * high) if low > 0 else (low + high) / 2 for low, high in case.spans)
    runs = [program.compile()]
    with contextlib.suppress(ImportError):
        runs.append(program.compile(fast=True))
    points = (middle, *(case.points if len(names) == 1 else ()), *case.outside, *case.stated)
    for point in (point for point in points if len(point) == len(names)):
        expected = answer(cg.value_and_gradient(expression, names), point)
        for run in runs:
            found = answer(run, point)
            if isinstance(expected, str):
                assert found == expected
            else:
                assert found == pytest.approx(expected, rel=1e-12, abs=1e-300, nan_ok=True), point
            many = answer(lambda *p, run=run: run(*[np.array([x, x]) for x in p]), point)
            assert many == found if isinstance(found, str) else many == pytest.approx(found, rel=1e-12, nan_ok=True)


def answer(function: Run, point: tuple[float, ...]) -> Any:
    """The value and the slopes as one flat list, or the message of the error."""
    try:
        value, slopes = function(*point)
    except cg.DomainError as error:
        return re.sub(r"at \w+ = ", "at f = ", str(error))
    return [float(np.ravel(part)[0]) for part in (value, *slopes)]


# -- domains, kinks, branches


@fast
@pytest.mark.parametrize(
    ("text", "x"),
    [
        ("log(x) + x", -1.0), ("1/x + x^2", 0.0), ("sqrt(x - 3)", 2.0), ("x^0.5", -4.0), ("asin(x)*2", 1.5),
        ("where(log(x) > 0, 1, 2)", -1.0), ("x*log(x - 1)", 1.0), ("sqrt(x)*sqrt(x)", 0.0), ("atan2(x, x)", 0.0),
        ("sqrt(x)", 0.0), ("exp(x)", 1000.0), ("1/exp(x)", 1000.0), ("abs(x)", 0.0), ("relu(x)*3", 0.0),
        ("cbrt(x)", 0.0), ("max(x, 0)", 0.0), ("x^2", 1e200), ("sin(x)", math.inf), ("x", math.inf),
        ("tanh(x)", -math.inf), ("x + 1", math.nan),
        ("where(x > 0, log(x), -x)", 0.0), ("where(x > 0, 1, where(x < 0, 2, sqrt(x)))", 0.0),
    ],
)  # fmt: skip
def test_what_is_not_usual_is_as_elsewhere(fast: bool, text: str, x: float) -> None:
    needs_numba(fast)
    expected = answer(cg.value_and_gradient(text), (x,))
    function = cg.derivative_program(text).compile(fast=fast)
    assert answer(function, (x,)) == expected or expected != expected or found_alike(answer(function, (x,)), expected)
    many = answer(lambda x: function(np.array([x, 2.0])) if text != "asin(x)*2" else function(np.array([x])), (x,))
    assert many == expected or found_alike(many, expected)


def found_alike(found: Any, expected: Any) -> bool:
    """Equal numbers, NaN included."""
    return not isinstance(expected, str) and np.array_equal(found, expected, equal_nan=True)


def test_a_branch_not_taken_is_not_evaluated() -> None:
    calls: list[float] = []

    def seen(x: float) -> float:
        calls.append(float(x))
        return 2.0 * x

    row = cg.Primitive("seen", seen, lambda y, x: 2)
    x = cg.Variable("x")
    function = cg.derivative_program(cg.where(x > 0, row(x) + 1, x)).compile()
    assert function(-1.0) == (-1.0, (1.0,)) and calls == []
    assert function(3.0) == (7.0, (2.0,)) and calls == [3.0]
    calls.clear()
    value, (slope,) = function(np.array([-1.0, 4.0, -2.0, 5.0]))
    assert value.tolist() == [-1.0, 9.0, -2.0, 11.0] and slope.tolist() == [1.0, 2.0, 1.0, 2.0]
    assert set(calls) == {4.0, 5.0}


def test_a_part_that_two_branches_share_is_evaluated_where_one_is_taken() -> None:
    x, y = cg.Variable("x"), cg.Variable("y")
    root = cg.sqrt(x)
    expression = cg.where(x > 0, root, 0) + cg.where(cg.logical_and(x > 1, y > 0), root * y, 1)
    program = cg.derivative_program(expression)
    for point in ((-1.0, 2.0), (0.5, 2.0), (4.0, 3.0), (4.0, -3.0)):
        assert (
            executed(program)(*point) == close(cg.value_and_gradient(expression)(*point)) == program.compile()(*point)
        )
        assert program.compile(fast=False)(*map(np.atleast_1d, point))[0][0] == close(program.compile()(*point)[0])


def test_branches_that_are_conditions_of_one_another() -> None:
    """The condition of the one is in a branch of the other, whose own guard waits for it: evaluated in any case."""
    x = cg.Variable("x")
    shared = cg.exp(x)
    inner = cg.where(x > 1, shared, 2)
    expression = cg.where(inner > 2.5, shared, x)
    for at in (0.5, 2.0):
        assert cg.derivative_program(expression).compile()(at) == close(cg.value_and_gradient(expression)(at))
        assert executed(cg.derivative_program(expression))(at) == close(cg.value_and_gradient(expression)(at))


def test_conditions_are_numbers_where_they_are_calculated_with() -> None:
    x, y = cg.Variable("x"), cg.Variable("y")
    expression = (x > 0) * y + ((x > 0) + (y > 0)) * x
    function = cg.derivative_program(expression, wrt=["x", "y"]).compile()
    assert function(2.0, 3.0) == cg.value_and_gradient(expression, ["x", "y"])(2.0, 3.0)
    assert function([2.0, -1.0], [3.0, 3.0])[0].tolist() == [7.0, -1.0]
    assert repr(cg.program(x > 0).compile()(1.0)) == "1.0" and cg.program(x > 0).compile()([1, -1]).tolist() == [
        1.0,
        0.0,
    ]


# -- how it is called


def test_arguments_are_bound_and_entered() -> None:
    function = cg.derivative_program("x*y + x").compile()
    expected = (8.0, (4.0, 2.0))
    assert (
        function(2, 3) == function(2, y="3") == function(y=3, x=np.float32(2)) == function(np.int64(2), 3.0) == expected
    )
    assert all(type(part) is float for part in (expected[0], *function(2, 3)[1]))
    for call, match in (
        (lambda: function(2), "no value for y"),
        (lambda: function(2, 3, 4), r"expected \(x, y\), got 3 positional"),
        (lambda: function(2, x=3), "got x twice"),
        (lambda: function(2, 3, z=1), "got z which is no input"),
        (lambda: function(2, object()), "y: expected a number or text"),
    ):
        with pytest.raises(TypeError, match=match):
            call()
    with pytest.raises(ValueError, match=r"equal length, got shapes x: \(2,\), y: \(3,\)"):
        function([1, 2], [1, 2, 3])
    with pytest.raises(ValueError, match="one dimension"):
        function(np.ones((2, 2)), 1)


def test_everything_that_can_be_solved_can_be_listed() -> None:
    def square(x: Any, y: Any) -> Any:
        t = x * y
        return t * t

    x, y = cg.Variable("x"), cg.Variable("y")
    problems = [square, "t = x*y; f = t*t", (x * y) ** 2, {"f": (x * y) ** 2}, [(x * y) ** 2], cg.trace(square)]
    for problem in problems:
        assert cg.derivative_program(problem).compile()(2, 3) == (36.0, (36.0, 24.0))
        assert cg.program(problem).compile()(2, 3) == 36.0
        assert cg.elimination_program(problem, cg.markowitz).compile()(2, 3) == (36.0, (36.0, 24.0))
    twice = cg.Primitive("twice", lambda x: 2 * x, 2)
    assert cg.program("twice(x)", functions={"twice": twice}).compile()(2) == 4.0
    z = cg.root("z^2 = x", {"z": 1})["z"]
    assert cg.derivative_program(3 * z).compile()([4.0, 9.0])[1][0].tolist() == [0.75, 0.5]


def test_results_have_the_shape_that_is_promised() -> None:
    text = "u = x*y; v = x + 1"
    assert cg.program(text, of=["u", "v"]).compile()(2, 3) == (6.0, 3.0)
    rows = cg.derivative_program(text, of=["u", "v"]).compile()
    assert rows(2, 3) == ((6.0, 3.0), ((3.0, 2.0), (1.0, 0.0)))
    values, slopes = rows([2, 1], 3)
    assert [v.tolist() for v in values] == [[6, 3], [3, 2]]
    assert [[s.tolist() for s in row] for row in slopes] == [[[3, 3], [2, 1]], [[1, 1], [0, 0]]]
    assert cg.derivative_program("f = 3 + 0*x").compile()([1.0, 2.0])[0].tolist() == [3.0, 3.0]
    assert cg.derivative_program("k = 2; f = k").compile()() == (2.0, ())
    assert cg.derivative_program({"f": cg.Variable("x")}).compile()(2.0) == (2.0, (1.0,))


def test_results_of_one_call_are_not_changed_by_the_next() -> None:
    function = cg.derivative_program("x*y + y").compile()
    first = function(np.array([1.0, 2.0]), np.array([3.0, 4.0]))
    before = [first[0].tolist(), *(slope.tolist() for slope in first[1])]
    second = function(np.array([5.0, 6.0]), np.array([7.0, 8.0]))
    assert [first[0].tolist(), *(slope.tolist() for slope in first[1])] == before
    second[1][0][:] = 0
    assert function(np.array([5.0, 6.0]), np.array([7.0, 8.0]))[1][0].tolist() == [7.0, 8.0]


def test_no_points_at_all() -> None:
    value, (slope,) = cg.derivative_program("sin(x)^2").compile()(np.array([]))
    assert value.shape == slope.shape == (0,)


def test_literals_are_exact() -> None:
    x = cg.Variable("x")
    huge, third, odd = 10**400, cg.Variable("x") * 0 + 1, 0.1 + 2**-54
    assert cg.program(x * odd).compile()(1.0) == odd
    assert eval(re.search(r"\* (\S+)", cg.program(x * odd).python())[1]) == odd  # type: ignore[index]
    assert cg.program(x + huge).compile()(1.0) == math.inf
    assert "math.inf" in cg.program(x + huge).python() and third is not None
    from fractions import Fraction

    assert cg.program(x * Fraction(1, 3)).compile()(3.0) == executed(cg.program(x * Fraction(1, 3)))(3.0) == 3 * (1 / 3)
    assert cg.program(x + (2**60 + 1)).compile()(0.0) == float(2**60 + 1) == executed(cg.program(x + (2**60 + 1)))(0.0)


def test_the_source_can_be_seen() -> None:
    function = cg.derivative_program(WORKED).compile()
    source = inspect.getsource(function)
    assert source.startswith("def f(x):") and "math.sin" in source and "+=" not in source
    assert str(inspect.signature(function)) == "(x)"


def test_the_source_is_in_the_traceback() -> None:
    row = cg.Primitive("broken", lambda x: x + None, lambda y, x: 1)  # type: ignore[operator]
    function = cg.program(row(cg.Variable("x")).named("y")).compile()
    with pytest.raises(TypeError) as caught:
        function(1.0)
    assert "y = broken_own(x)" in "".join(traceback.format_tb(caught.value.__traceback__))


def test_a_function_of_your_own() -> None:
    softsign = cg.Primitive("softsign", lambda x: x / (1 + abs(x)), lambda y, x: 1 / (1 + cg.abs(x)) ** 2)
    x = cg.Variable("x")
    program = cg.derivative_program(softsign(2 * x))
    assert program.compile()(1.5) == close(cg.value_and_gradient(softsign(2 * x))(1.5))
    assert program.compile()([1.5, -1.5])[0].tolist() == [0.75, -0.75]
    assert "# of your own, to be defined here: softsign" in program.python()
    namespace: dict[str, Any] = {"softsign": softsign.evaluate}
    exec(program.python(), namespace)
    assert namespace["f"](1.5) == program.compile()(1.5)
    pytest.importorskip("numba")
    with pytest.raises(ValueError, match=r"softsign is a function of your own.*Leave it out"):
        program.compile(fast=True)


def test_without_numba_the_message_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    from compgraph.listing import machine

    machine._interpreter.cache_clear()
    monkeypatch.setitem(__import__("sys").modules, "numba", None)
    with pytest.raises(ImportError, match=r'pip install "compgraph\[fast\]", or leave out fast=True'):
        cg.program("x^2").compile(fast=True)


# -- on the command line


@pytest.mark.parametrize(
    ("options", "first"),
    [
        ([], "t = x²"), (["--values"], "t = x²"), (["--format", "python"], "import math"),
        (["--order", "markowitz"], "t = x²"),
        (["--format", "numpy", "--direction", "forward"], "import numpy as np"),
        (["--statements", "--wrt", "x"], "t = x²"), (["--format", "latex"], r"\begin{aligned}"),
    ],
)  # fmt: skip
def test_the_command(options: list[str], first: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["program", "t = x^2; J = sin(t)", *options]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == first
    assert any("J" in line and "x" in line for line in lines[1:]) or "--values" in options


def test_the_command_refuses_in_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["program", "y = x^2", "--order", "nowhere"]) == 2
    assert "--order 'nowhere': expected" in capsys.readouterr().err


# -- deep and wide


def chain(length: int) -> cg.Expression:
    x, y = cg.Variable("x"), cg.Variable("y")
    total: cg.Expression = x
    for i in range(length):
        total = total * 0.999 if i % 3 == 0 else total + y if i % 3 == 1 else cg.sin(total)
    return total


@pytest.mark.parametrize("longest", [50, generation.LONGEST])
@fast
def test_deep_and_wide(fast: bool, longest: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Several functions where one would be too long; the same numbers."""
    needs_numba(fast)
    monkeypatch.setattr(generation, "LONGEST", longest)
    monkeypatch.setattr("compgraph.listing.arrays.LONGEST", longest)
    wide = sum((cg.Variable(f"x{i}") ** 2 * cg.Variable("x0") for i in range(300)), cg.Variable("x0"))
    branchy = cg.where(chain(200) > 0, wide, -wide)
    for expression in (chain(2000), wide, branchy):
        names = cg.trace(expression).graph["inputs"]
        point = [0.3 + 0.001 * i for i in range(len(names))]
        function = cg.derivative_program(expression, wrt=names).compile(fast=fast)
        expected = cg.value_and_gradient(expression, names)(*point)
        assert function(*point) == close(expected)
        value, slopes = function(*[np.array([x, x]) for x in point])
        assert [value[1], *(slope[0] for slope in slopes)] == close([expected[0], *expected[1]])


def test_a_statement_that_is_too_long_for_a_line_is_refused_as_python_only() -> None:
    program = cg.solve(chain(2000).named("y")).statements.program()
    assert program.compile()(0.3, 0.4) == close(cg.value_and_gradient(chain(2000))(0.3, 0.4))
    with pytest.raises(ValueError, match="does not fit into a line of Python: expected at most 150"):
        program.python()


def test_a_chain_of_100_000() -> None:
    expression = chain(100_000)
    program = cg.derivative_program(expression)
    assert program.cost.multiplications == 133_333
    assert program.compile()(0.3, 0.4) == close(cg.value_and_gradient(expression)(0.3, 0.4))


@pytest.mark.parametrize("order", [cg.forward_order, cg.reverse_order, cg.markowitz, cg.optimal])
@pytest.mark.parametrize(
    "text", ["a = x^2; c = a + x; d = c*c", "a = x*y; b = sin(a)*z; c = a + b; d = b*c", "c = x*x; d = c"]
)
def test_an_output_that_is_used_as_well_has_its_own_derivative(text: str, order: Any) -> None:
    names = sorted(set(text) & set("xyz"))
    at = dict(zip(names, (1.5, 2.0, 3.0), strict=False))
    solution = cg.solve(text, at=at, of=["c", "d"])
    listed = cg.elimination_program(text, order, of=["c", "d"])
    _, rows = listed.compile()(*(at[name] for name in listed.inputs))
    found = {(y, x): rows[i][k] for i, y in enumerate(listed.outputs) for k, x in enumerate(listed.wrt)}
    assert found == pytest.approx(solution.jacobian)

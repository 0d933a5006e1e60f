"""Every golden case of kind explicit, paths and kink: read as text and built by operators, forward and in reverse."""

from __future__ import annotations

import ast
import time
from typing import Any

import pytest

import compgraph as cg
from compgraph.functions import FUNCTIONS

Case = dict[str, Any]


def within(case: Case, expected: Any) -> Any:
    """Equal to the tolerance of the case, relative, and absolute where the number is smaller than one."""
    return pytest.approx(expected, rel=case["tol"], abs=case["tol"])


# -- the two ways in


def as_text(case: Case) -> Any:
    return "\n".join(case["assignments"])


_OPERATORS: dict[type, Any] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
    ast.Pow: lambda a, b: a**b,
    ast.USub: lambda a: -a,
}


def as_operators(case: Case) -> Any:
    """The assignments through Python's operators: its own parser, and nothing executed."""
    names: dict[str, Any] = {name: cg.Variable(name) for name in case["inputs"]}

    def built(node: ast.AST) -> Any:
        match node:
            case ast.Constant(value=value):
                return value
            case ast.Name(id=name):
                return names[name]
            case ast.BinOp(left=left, op=op, right=right):
                return _OPERATORS[type(op)](built(left), built(right))
            case ast.UnaryOp(op=op, operand=operand):
                return _OPERATORS[type(op)](built(operand))
            case ast.Call(func=ast.Name(id=name), args=arguments):
                return FUNCTIONS[name](*map(built, arguments))
        raise AssertionError(ast.dump(node))

    made = {}
    for line in case["assignments"]:
        match ast.parse(line).body:
            case [ast.Assign(targets=[ast.Name(id=name)], value=value)]:
                names[name] = made[name] = built(value)
    return made


@pytest.fixture(params=[as_text, as_operators], ids=["text", "operators"])
def problem(request: pytest.FixtureRequest, explicit_case: Case) -> Any:
    return request.param(explicit_case)


# -- explicit


def test_values_adjoints_and_gradient(explicit_case: Case, problem: Any) -> None:
    s = cg.solve(problem, at=explicit_case["inputs"], of=explicit_case["outputs"])
    assert {name: s.values[name] for name in explicit_case["values"]} == within(explicit_case, explicit_case["values"])
    assert s.gradient == within(explicit_case, explicit_case["grads"])
    adjoints = explicit_case["adjoints"]
    assert {name: s.derivatives[name] for name in adjoints} == within(explicit_case, adjoints)
    assert s.warnings == []


def test_forward_gives_the_same_gradient_and_the_tangents(explicit_case: Case, problem: Any) -> None:
    s = cg.solve(problem, at=explicit_case["inputs"], of=explicit_case["outputs"], direction="forward")
    assert s.gradient == within(explicit_case, explicit_case["grads"])
    for name, tangents in explicit_case.get("tangents", {}).items():
        found = s.sweep(name).derivatives
        assert {node: found[node] for node in tangents} == within(explicit_case, tangents)


def test_partials_of_whole_statements(explicit_case: Case, problem: Any) -> None:
    s = cg.solve(problem, at=explicit_case["inputs"], of=explicit_case["outputs"]).statements
    expected = {(edge["src"], edge["dst"], 0): edge["partial"] for edge in explicit_case["edges"]}
    assert s.partials == within(explicit_case, expected)
    assert list(s.graph) == [*s.graph.graph["inputs"], *explicit_case["values"]]
    assert s.gradient == within(explicit_case, explicit_case["grads"])
    (output,) = explicit_case["outputs"]
    assert {name: s.paths(name, output).count for name in s.inputs} == {
        name: explicit_case["statement_paths"].get(name, 0) for name in s.inputs
    }


def test_formulas_of_statements_evaluate_to_their_partials(explicit_case: Case, problem: Any) -> None:
    s = cg.solve(problem, at=explicit_case["inputs"], of=explicit_case["outputs"])
    for solution in (s, s.statements):
        for (tail, head, key), partial in solution.partials.items():
            formula = cg.formula(solution.graph, tail, head, key)
            if isinstance(formula, cg.Expression):
                names = cg.trace({"label": formula}).graph["inputs"]
                formula = cg.solve({"label": formula}, at={name: s.values[name] for name in names}).values["label"]
            assert formula == pytest.approx(partial, rel=1e-9, abs=1e-12)


def test_symbols_evaluate_to_the_gradient(explicit_case: Case, problem: Any) -> None:
    for name, derivative in cg.solve(problem, of=explicit_case["outputs"]).gradient.items():
        found = cg.solve({"d": derivative}, at=explicit_case["inputs"]).values["d"]
        assert found == pytest.approx(explicit_case["grads"][name], rel=1e-9, abs=1e-12)


def test_value_and_gradient(explicit_case: Case) -> None:
    function = cg.value_and_gradient(as_text(explicit_case), list(explicit_case["inputs"]))
    value, gradient = function(**explicit_case["inputs"])
    assert value == within(explicit_case, explicit_case["values"][explicit_case["outputs"][0]])
    expected = explicit_case["grads"]
    assert dict(zip(explicit_case["inputs"], gradient, strict=True)) == within(explicit_case, expected)


def test_the_statement_paths_of_the_worked_example(golden_cases: dict[str, Case]) -> None:
    case = golden_cases["gormley_cos_sin"]
    ledger = cg.solve(as_text(case), at=case["inputs"]).statements.paths("x", "J")
    assert [path.nodes for path in ledger.paths] == [("x", "t", "u1", "u", "J"), ("x", "t", "u2", "u", "J")]
    assert sum(path.product for path in ledger.paths) == within(case, case["grads"]["x"]) == ledger.total


def test_partial_and_total_are_different_numbers(golden_cases: dict[str, Case]) -> None:
    case = golden_cases["hu_not_chain_rule"]
    reverse = cg.solve(as_text(case), at=case["inputs"]).statements
    forward = cg.solve(as_text(case), at=case["inputs"], direction="forward").statements
    assert reverse.partials["a", "b2", 0] == 3 and forward.derivatives["b2"] == 5
    assert reverse.partials["b1", "c", 0] == 4 and reverse.derivatives["b1"] == 9
    assert 4 * 2 + 5 * 5 == 9 * 2 + 5 * 3 == reverse.gradient["a"] == 33


# -- paths and kinks


def test_a_doubling_chain_is_counted_at_once(golden_cases: dict[str, Case]) -> None:
    case = golden_cases["paths_doubling60"]
    text = "\n".join(f"x{k + 1} = x{k} + x{k}" for k in range(60))
    start = time.process_time()
    s = cg.solve(text, at=case["inputs"])
    ledger = s.paths("x0", "x60")
    few = ledger.first(3)
    shown = repr(ledger)
    assert time.process_time() - start < 1
    assert ledger.count == 2**60 and ledger.total == case["values"]["n_paths"]
    assert s.values["x60"] == case["values"]["x60"]
    assert s.gradient["x0"] == case["grads"]["x0"]
    assert len({path.edges for path in few}) == 3 and {path.product for path in few} == {1.0}
    assert len(shown) < 10_000


def test_the_kink_of_relu_has_derivative_zero_and_says_so(golden_cases: dict[str, Case]) -> None:
    case = golden_cases["kink_relu0"]
    s = cg.solve("f = relu(x)", at=case["inputs"])
    assert s.values["f"] == case["values"]["relu"]
    assert s.gradient["x"] == 0
    assert len(s.warnings) == 1 and "relu" in s.warnings[0]


def test_a_tie_of_max_is_shared_and_says_so(golden_cases: dict[str, Case]) -> None:
    case = golden_cases["kink_max_tie"]
    s = cg.solve("f = max(x, y)", at=case["inputs"])
    assert s.values["f"] == case["values"]["max"]
    assert s.gradient == {"x": 0.5, "y": 0.5}
    assert len(s.warnings) == 1 and "max" in s.warnings[0]

"""Difference quotients and gradient checks: how good, how many calls, and what they say of kinks and mistakes."""

from __future__ import annotations

import json
import math
import random
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings

import compgraph as cg
from compgraph.analytic import CONTINUED, Complex
from compgraph.cli import main
from compgraph.functions import FUNCTIONS, HIDDEN
from tests.primitive_cases import NUMERIC
from tests.strategies import Sample, expressions

Case = dict[str, Any]
ROWS = {**HIDDEN, **FUNCTIONS}
x, y = cg.Variable("x"), cg.Variable("y")

PROBLEMS = {
    "fd_gsl": ("x^(3/2)", "central"),
    "fd_scipy_fprime": ("x0^2 + 200 x1^2", "forward"),
    "complex_step_hyperdual": ("exp(x) / sqrt(sin(x)^3 + cos(x)^3)", "complex"),
}


# -- difference quotients


def test_every_golden_case_of_this_kind_is_here(golden_cases: dict[str, Case]) -> None:
    assert set(PROBLEMS) == {name for name, case in golden_cases.items() if case["kind"] == "finite_difference"}


@pytest.mark.parametrize("name", PROBLEMS)
def test_golden_cases(golden_cases: dict[str, Case], name: str) -> None:
    case = golden_cases[name]
    problem, method = PROBLEMS[name]
    found = cg.finite_difference(problem, case["inputs"], method=method)
    assert found.gradient == pytest.approx(case["grads"], rel=case["tol"])
    assert cg.gradient(problem, case["inputs"]) == pytest.approx(case["grads"], rel=1e-12)
    if case["values"]:
        assert cg.solve(problem, case["inputs"]).values["f"] == pytest.approx(case["values"]["f"], rel=1e-14)


def test_number_of_calls(golden_cases: dict[str, Case]) -> None:
    case = golden_cases["cost_sweeps"]
    n = case["inputs"]["n"]
    calls = []

    def f(a: Any, b: Any, c: Any, d: Any, e: Any) -> Any:
        calls.append((a, b, c, d, e))
        return a * b + c * d * e

    for method, expected in [
        ("central", case["values"]["fd_evals_central"]),
        ("forward", case["values"]["fd_evals_forward"]),
        ("complex", n),
    ]:
        calls.clear()
        found = cg.finite_difference(f, (1, 2, 3, 4, 5), method=method)
        assert found.calls == len(calls) == expected and found.method == method
        assert found.gradient == pytest.approx({"a": 2, "b": 1, "c": 20, "d": 15, "e": 12}, rel=1e-6)
    assert cg.finite_difference(f, (1, 2, 3, 4, 5), wrt=["a", "e"]).calls == 4


def test_a_function_is_called_as_it_is() -> None:
    def f(x, n=3, *, scale=2.0):
        return scale * math.sin(x) ** n if x > 0 else math.inf

    found = cg.finite_difference(f, 1.0)
    assert found.gradient == {"x": pytest.approx(6 * math.sin(1) ** 2 * math.cos(1))}
    assert cg.finite_difference(f, {"x": 1.0, "scale": 4.0}).gradient["scale"] == pytest.approx(math.sin(1) ** 3)
    assert cg.finite_difference(lambda x: np.float64(x) ** 2, 3.0).gradient["x"] == pytest.approx(6)


def test_steps_are_sensible_and_may_be_chosen() -> None:
    found = cg.finite_difference("x + y", {"x": 1000.0, "y": 1e-3})
    assert found.steps == {"x": pytest.approx(6.06e-3, rel=0.01), "y": pytest.approx(6.06e-6, rel=0.01)}
    assert cg.finite_difference("x", 0.0, method="forward").steps["x"] == pytest.approx(1.49e-8, rel=0.01)
    assert cg.finite_difference("x^2", 1.0, method="forward", step=0.5).gradient["x"] == 2.5
    assert cg.finite_difference("x^3", 1.0, method="complex", step=0.5).gradient["x"] == pytest.approx(2.75)
    # the quotient is taken with the step that x + h really is
    assert cg.finite_difference("x", 1e8, step=1e-7).gradient["x"] == 1


def valley(curve: list[Any]) -> tuple[float, float]:
    """The step in the valley of an error curve, and the error there: one that is small by luck has large neighbours."""
    worst = {curve[i].step: max(one.error for one in curve[i - 2 : i + 3]) for i in range(2, len(curve) - 2)}
    step = min(worst, key=lambda h: worst[h])
    return step, worst[step]


@pytest.mark.parametrize(("problem", "at"), [("sin(x)", 1.0), ("x^3", 2.1), ("exp(x)", 0.5), ("log(x)", 0.7)])
def test_error_curves_have_a_minimum_between_rounding_and_truncation(problem: str, at: float) -> None:
    central = cg.error_curve(problem, at)
    step, error = valley(central)
    assert 1e-6 <= step <= 1e-4 and error < 2e-9
    assert central[0].step > 0.1 and central[0].error > 1e-2 and max(one.error for one in central[-8:]) > 1e-5
    # second order: a tenth of the step, a hundredth of the error
    for coarse, fine in zip(central[3:6], central[5:8], strict=True):
        assert coarse.error / fine.error == pytest.approx(100, rel=0.1)
    forward = cg.error_curve(problem, at, method="forward")
    assert 1e-9 <= valley(forward)[0] <= 1e-7 and valley(forward)[1] > error
    for coarse, fine in zip(forward[4:8], forward[6:10], strict=True):
        assert coarse.error / fine.error == pytest.approx(10, rel=0.1)
    # nothing is subtracted, so nothing is lost however small the step
    assert all(one.error < 2e-14 for one in cg.error_curve(problem, at, method="complex") if one.step < 1e-8)
    # the steps that are taken if nothing is said lie in the valley
    for method in ("central", "forward"):
        taken = abs(cg.finite_difference(problem, at, method=method).gradient["x"] - cg.gradient(problem, at)["x"])
        assert taken < 20 * valley(cg.error_curve(problem, at, method=method))[1]


def test_error_curves_of_steps_of_ones_own() -> None:
    assert [one.step for one in cg.error_curve("x^2", 1.0, steps=[0.1, 0.2])] == [0.1, 0.2]
    first, *_ = cg.error_curve("sqrt(x)", 0.02)  # longer steps leave the domain
    assert first.step == pytest.approx(0.01)
    with pytest.raises(cg.DomainError, match="sqrt is undefined"):
        cg.error_curve("sqrt(x)", 0.02, steps=[0.1])
    (one,) = cg.error_curve("x^2 y", {"x": 1.0, "y": 3.0}, wrt="x", method="forward", steps=[0.5])
    assert one == (0.5, pytest.approx(1.5))


@pytest.mark.parametrize("name", [n for n in NUMERIC if n not in ("identity", "literal")])
def test_the_complex_step_is_the_derivative(name: str) -> None:
    row, case = ROWS[name], NUMERIC[name]
    if row not in CONTINUED and name not in ("max", "min", "where"):
        assert name in ("erf", "erfc", "gelu")
        with pytest.raises(TypeError, match=rf"cannot pass through {name}: expected.*central"):
            cg.finite_difference(lambda x: row(x), 0.5, method="complex")
        return
    source = random.Random(name)
    for _ in range(25):
        spans = [(max(low, -3.0), min(high, 3.0)) for low, high in case.spans]
        point = [source.uniform(low + (high - low) / 50, high - (high - low) / 50) for low, high in spans]
        for i in range(len(point)):

            def f(x: Any, i: int = i, point: list[float] = point) -> Any:
                return row(*point[:i], x, *point[i + 1 :])

            exact = cg.derivative_of(f)(point[i])
            found = cg.finite_difference(f, point[i], method="complex").gradient["x"]
            assert found == pytest.approx(exact, rel=3e-14, abs=3e-14)
            if abs(exact) < 100:  # not beside a pole
                central = cg.finite_difference(f, point[i]).gradient["x"]
                assert central == pytest.approx(exact, rel=1e-6, abs=1e-6)


def test_the_complex_step_keeps_to_the_real_domain_and_its_pieces() -> None:
    for problem in ("sqrt(x)", "log(x)", "acosh(x)", "x^0.5", "asin(x - 2)"):
        with pytest.raises(cg.DomainError):
            cg.finite_difference(problem, -1.0, method="complex")
    assert cg.finite_difference("x^101", -1.5, method="complex").gradient["x"] == pytest.approx(101 * 1.5**100)
    for problem, at, slope in (("abs(x)", -2, -1), ("relu(x)", 0, 0), ("max(x, 0)", 0, 0.5), ("x^-3", -2, -3 / 16)):
        assert cg.finite_difference(problem, at, method="complex").gradient["x"] == pytest.approx(slope)
    guard = cg.where(x > 0, cg.sqrt(x), 0)
    assert cg.finite_difference(guard, -1.0, method="complex").gradient["x"] == 0
    assert cg.finite_difference(lambda x: x * x if x > 1 else 3 * x, 2.0, method="complex").gradient["x"] == 4
    assert repr(Complex(1 + 2j)) == "Complex((1+2j))"


@pytest.mark.parametrize(
    ("ask", "error", "message"),
    [
        (lambda: cg.finite_difference("x", 1, method="backward"), ValueError, "unknown method 'backward'.*central"),
        (lambda: cg.finite_difference("x", 1, step=0.0), ValueError, "step: expected a positive number"),
        (lambda: cg.finite_difference("x", 1e20, step=1e-9), ValueError, "lost beside x = 1e[+]20"),
        (lambda: cg.finite_difference("x y", {"x": 1}), ValueError, "y has no value"),
        (lambda: cg.finite_difference(lambda x: "text", 1), TypeError, "returns a number, got str"),
        (lambda: cg.finite_difference([x, y], (1, 2)), ValueError, "expected one output, got 2"),
        (lambda: cg.finite_difference(math.sin, 1.0, method="complex"), TypeError, r"Complex cannot become.*cg\.sin"),
        (lambda: cg.error_curve("x y", (1, 2)), ValueError, "expected one input, got x, y.*wrt="),
        (lambda: cg.check_gradient("x y", (1, 2), gradient=lambda a: a), TypeError, "no value for a"),
        (lambda: cg.check_gradient("x", 1, tolerance=-1), ValueError, "tolerance: expected 0 or a positive.*got -1"),
        (lambda: cg.check_gradient("x", 1, tolerance=math.nan), ValueError, "tolerance: expected 0 or a positive"),
    ],
)
def test_misuse_says_what_is_wrong(ask: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        ask()


# -- gradient checks


def smooth(sample: Sample) -> dict[str, float]:
    """The point of the sample, if the expression has a derivative there."""
    point = {name: sample.point[name] for name in cg.trace(sample.expression).graph["inputs"]}
    try:
        assume(not cg.solve(sample.expression, at=point).warnings)
    except cg.DomainError:
        assume(False)
    return point


@given(expressions())
@settings(max_examples=40)
def test_a_right_gradient_is_never_refused(sample: Sample) -> None:
    check = cg.check_gradient(sample.expression, smooth(sample))
    assert check.ok, check


@given(expressions())
@settings(max_examples=40)
def test_a_wrong_gradient_is_never_accepted(sample: Sample) -> None:
    point = smooth(sample)
    assume(point)
    right = cg.gradient(sample.expression, point)
    wrong = next(iter(point))
    stated = {**right, wrong: right[wrong] * 1.01 + 0.01}
    assume(abs(stated[wrong] - right[wrong]) > 1e-3)
    check = cg.check_gradient(sample.expression, point, gradient=stated)
    verdicts = {one.name: one.verdict for one in check.inputs}
    # (beside a kink a value between the slopes of its sides cannot be refused)
    assert verdicts[wrong] in ("disagrees", "kink") and (verdicts[wrong] == "disagrees") == (not check.ok)
    assert verdicts[wrong] == "disagrees" or next(o for o in check.inputs if o.name == wrong).kink is not None


@pytest.mark.parametrize(
    ("problem", "at", "verdict", "kink"),
    [
        ("x^2", 3.0, "agrees", None),
        ("relu(x)", 0.0, "kink", 0.0),  # the convention, 0, is one of the two slopes
        ("relu(x)", 1e-6, "agrees", 0.0),  # the kink is near, a shorter step stays clear of it
        ("relu(x)", 1e-3, "agrees", None),
        ("abs(x)", 0.0, "agrees", 0.0),
        ("abs(x - 2) + x", 2.0, "agrees", 2.0),
        ("max(x, 1)", 1.0, "agrees", 1.0),
        ("elu(x, 3)", 0.0, "kink", 0.0),
        ("sign(x)", 1e-7, "agrees", 0.0),
        ("abs(x) x", 0.0, "agrees", None),  # its slope is continuous
        ("x^4", 0.0, "agrees", None),
        ("1e8 + x^2", 1.0, "agrees", None),  # rounding of a large value
        ("sin(1e5 x)", 1.0, "agrees", None),  # a fast change is no kink
        ("tanh(1e4 x)", 1e-5, "agrees", None),
        ("1/x", 1e-6, "agrees", 0.0),
        ("log(x)", 1e-8, "agrees", None),  # undefined within the usual step
        ("sqrt(x)", 0.0, "undefined", None),
        ("exp(x)", 700.0, "agrees", None),
        ("x^2", 1e-30, "agrees", None),
        ("x^2", 1e30, "agrees", None),
        ("cbrt(x)", 1e-9, "agrees", 0.0),
        ("sign(x)", 0.0, "undefined", 0.0),  # a jump: the quotient grows without end
        ("x + sign(x - 1)", 1.0, "undefined", 1.0),
        ("cbrt(x)^2", 1e-3, "agrees", None),
    ],
)
def test_verdicts(problem: str, at: float, verdict: str, kink: float | None) -> None:
    check = cg.check_gradient(problem, at)
    (one,) = check.inputs
    assert one.verdict == verdict, check
    assert one.kink == (kink if kink is None else pytest.approx(kink, abs=1e-8)), check
    assert check.ok == (verdict != "undefined")


def test_a_smooth_function_takes_five_calls_per_input() -> None:
    assert cg.check_gradient("x y^2 + sin(z)", (1, 2, 3)).calls == 15


def test_it_says_which_input_disagrees() -> None:
    wrong = cg.Primitive("wrong", lambda x: x * x, lambda y, x: 3 * x)
    check = cg.check_gradient(wrong(x) + y, {"x": 2, "y": 1})
    assert not check.ok
    assert [one.verdict for one in check.inputs] == ["disagrees", "agrees"]
    assert check.inputs[0].derivative == 6 and check.inputs[0].difference == pytest.approx(4)
    half = cg.check_gradient("relu(x)", 0.0, gradient={"x": 2.0})
    assert half.inputs[0].verdict == "disagrees" and half.inputs[0].kink == 0


def test_gradients_of_ones_own() -> None:
    f = "x^2 y"
    for stated in (
        {"x": 12, "y": 9},
        (12, 9),
        lambda x, y: (2 * x * y, x**2),
        lambda y, x: {"x": 2 * x * y, "y": x**2},
    ):
        assert cg.check_gradient(f, (3, 2), gradient=stated).ok
    assert not cg.check_gradient(f, (3, 2), gradient={"x": 12.01, "y": 9}).ok
    assert cg.check_gradient(f, (3, 2), gradient={"x": 12.01, "y": 9}, tolerance=1e-2).ok
    assert cg.check_gradient(f, (3, 2), gradient={"y": 9}, wrt="y").ok


def test_functions_that_branch_are_checked_by_dual_numbers() -> None:
    def huber(x):
        return x * x / 2 if abs(x) < 1 else abs(x) - 0.5

    assert cg.check_gradient(huber, 0.3).ok and cg.check_gradient(huber, -4.0).ok
    jump = cg.check_gradient(lambda x: x * x if x > 1 else x, 1.0)
    assert jump.inputs[0].kink == 1 and jump.inputs[0].verdict == "kink"


def test_a_jump_is_said_to_be_one() -> None:
    assert "settles at no step, as beside a jump. A kink is near x = 0. Move" in str(cg.check_gradient("sign(x)", 0.0))
    assert "not finite here" in str(cg.check_gradient("sqrt(x)", 0.0))


def test_the_report_prints_as_a_table() -> None:
    check = cg.check_gradient("x1^2 y + relu(z)", {"x1": 3, "y": 2, "z": 0}, gradient={"x1": 12, "y": 6, "z": 0})
    lines = str(check).splitlines()
    assert lines[0].split() == ["Input", "Derivative", "Difference", "Its", "error", "Verdict"]
    assert lines[2].split()[0] == "x₁" and lines[2].endswith("agrees")
    assert lines[3].endswith("disagrees") and lines[4].endswith("kink")
    assert lines[5] == f"1 of 3 agree, by {check.calls} calls of the function."
    assert lines[6:] == [
        "y: expected 9, got 6. No kink is near.",
        "z: no derivative exists; the convention chose between the two sides. A kink is near z = 0, slopes 0 and 1.",
    ]
    assert check.to_dict()["ok"] is False and check.to_dict()["schema"] == "compgraph-check/1"
    json.dumps(cg.check_gradient("sqrt(x)", 0.0).to_dict(), allow_nan=False)


# -- the command line


def test_check_gradient_on_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check-gradient", "f = x^2 y", "--at", "x=3", "y=2"]) == 0
    assert "2 of 2 agree" in capsys.readouterr().out
    assert main(["check-gradient", "f = x^2 y", "--at", "x=3", "y=2", "--gradient", "y=8"]) == 1
    assert "y: expected 9, got 8" in capsys.readouterr().out
    assert main(["check-gradient", "t = x^2; f = t y", "--at", "x=3", "--of", "t", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["ok"] and answer["inputs"][0]["derivative"] == 6
    assert main(["check-gradient", "f = x^2 y", "--at", "x=3"]) == 2
    assert "y has no value" in capsys.readouterr().err
    assert main(["check-gradient", "f = x", "--at", "x=3", "--of", "u"]) == 2
    assert "--of: expected one of f, got u" in capsys.readouterr().err


def test_gradient_on_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["gradient", "f = x^2 y", "--at", "x=1/3", "y=2", "--exact"]) == 0
    assert capsys.readouterr().out == "∂f/∂x = 4/3\n∂f/∂y = 1/9\n"
    assert main(["gradient", "f = 2 + 3"]) == 0
    assert capsys.readouterr().out == "There is no input to differentiate with respect to.\n"
    assert main(["gradient", "f = x*x + 0*x", "--simplify"]) == 0
    assert capsys.readouterr().out == "∂f/∂x = 2·x\n"
    assert main(["gradient", "u = x y; v = x + y", "--of", "u", "v", "--wrt", "x", "--at", "x=2", "y=3", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer == {"schema": "compgraph-gradient/1", "gradient": {"u": {"x": 3.0}, "v": {"x": 1.0}}}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("check-gradient x^2*y --at x=1", "y has no value.*--at y=2"),
        ("check-gradient x^2 --at x=1 --gradient x", "--gradient 'x': expected name=value. Write --gradient x=2"),
        ("check-gradient x^2 --at x=1 --gradient x=nan", "--gradient x: nan is a name: expected a number"),
        ("check-gradient x^2 --at x=1 --gradient w=2", "w has no value"),
        ("check-gradient x^2 --at x=1 --tolerance -1", "tolerance: expected 0 or a positive number, got -1"),
        ("check-gradient x^2 --at x=1 --tolerance much", "invalid float value: 'much'"),
        ("check-gradient log(x) --at x=-1", r"log is undefined at f = log\(x\): expected x > 0, got -1"),
        ("check-gradient x^2 --at x=one", "one is a name: expected a number"),
        ("check-gradient nothere.toml", "nothere.toml: No such file"),
        ("gradient x^^2", r"cannot follow \^"),
        ("gradient", "PROBLEM. Write the problem first"),
        ("gradient x^2 --of g", "no node 'g': expected one of x, f"),
        ("gradient t=x^2;f=2t --wrt t", "t is computed, not an input"),
        ("gradient x^2 --at x 2", "--at 'x': expected name=value"),
        ("gradient 1/x --at x=0", "divide is undefined"),
        ("gradient x --forwards", "unrecognized arguments: --forwards"),
        ("gradients x", "invalid choice: 'gradients'"),
    ],
)
def test_mistakes_on_the_command_line(capsys: pytest.CaptureFixture[str], words: str, message: str) -> None:
    assert main(words.split()) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.startswith("compgraph: ") and "Traceback" not in err
    assert re.search(message, err), err


def test_a_jump_is_no_kink() -> None:
    check = cg.check_gradient("where(x > 0, x + 1, x)", {"x": 0})
    assert check.inputs[0].verdict == "undefined" and not check.ok
    for kink in ("relu(x)", "abs(x)", "where(x > 0, 3x, -x)", "max(x, 100x)"):
        assert cg.check_gradient(kink, {"x": 0}).inputs[0].verdict in ("kink", "agrees"), kink


def test_a_check_is_true_if_it_is_passed() -> None:
    assert cg.check_gradient("x^2", {"x": 1})
    assert not cg.check_gradient("x^2", {"x": 1}, gradient={"x": 9})


def test_some_derivatives_of_a_gradient() -> None:
    check = cg.check_gradient("x^2 y", {"x": 3, "y": 2}, gradient={"y": 8})
    assert [(one.name, one.verdict) for one in check.inputs] == [("y", "disagrees")]
    with pytest.raises(ValueError, match=r"gradient: expected derivatives by x, y, got z"):
        cg.check_gradient("x^2 y", {"x": 3, "y": 2}, gradient={"z": 8})

"""Text that wants to break something: it is answered, or refused in one sentence, and never takes long.

What single answers may hold is fuzzed in ``tests/test_reading.py``; here whole problems go all the way through: read,
solved, tabulated, drawn as DOT, listed, compiled.
"""

from __future__ import annotations

import json
import math
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import compgraph as cg
from compgraph.cli import main
from compgraph.numbers import plus, times

Draw = Callable[[st.SearchStrategy[Any]], Any]


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Of processor time: what else the machine does is no matter of ours."""
    start = time.process_time()
    yield
    assert time.process_time() - start < seconds


# -- whole problems

_ONE = [
    "abs", "acosh", "acot", "acsch", "asech", "atanh", "cbrt", "cos", "coth", "csc", "elu", "erf", "erfc", "exp",
    "exp2", "gelu", "leaky_relu", "log", "log10", "log1p", "mish", "relu", "sec", "sigmoid", "sign", "sin", "softplus",
    "sqrt", "square", "swish", "tan", "tanh",
]  # fmt: skip
_TWO = ["atan2", "elu", "hypot", "leaky_relu", "logaddexp", "max", "min", "prelu", "swish"]
_LITERALS = [
    "0", "1", "2", "3", "0.5", "(-1)", "1/3", "π", "e", "1e300", "1e-300", "1e308", "10^400", "1e-400", "2^1000",
    "9999999999999999999999",
]  # fmt: skip
_POINT = [0, 1, -1, -2.5, "1/3", "π", "sqrt(2)", 1e308, -1e-308, "1e400", 10**400, -0.0, math.inf, math.nan]


def _formulas(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    one, two = st.sampled_from(_ONE), st.sampled_from(_TWO)
    operator, comparison = st.sampled_from("+-*/^"), st.sampled_from(["<", "<=", ">", ">=", "==", "!="])
    return st.one_of(
        st.builds("({}) {} ({})".format, inner, operator, inner),
        st.builds("{}({})".format, one, inner),
        st.builds("{}({}, {})".format, two, inner, inner),
        st.builds("where(({}) {} ({}), {}, {})".format, inner, comparison, inner, inner, inner),
    )


_FORMULA = st.recursive(st.sampled_from("xyab") | st.sampled_from(_LITERALS), _formulas, max_leaves=8)


def all_of_it(text: str, at: Any, exact: bool, direction: str) -> None:
    """Everything that a person may ask of a problem."""
    solution = cg.solve(text, at, exact=exact, direction=direction)
    for seed in solution.seeds:
        swept = solution.sweep(seed)
        str(swept.table()), repr(swept), swept.film().dot()
    solution.to_dict(), solution.statements.to_dict()
    for name in solution.inputs[:1]:
        str(solution.paths(name))
    if not exact:
        cg.solve(text).program().compile()


@given(st.lists(_FORMULA, min_size=1, max_size=3), st.data(), st.booleans())
@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_problem_is_answered_or_refused(formulas: list[str], data: st.DataObject, exact: bool) -> None:
    text = "; ".join(f"{name} = {formula}" for name, formula in zip("uvJ"[-len(formulas) :], formulas, strict=True))
    direction = data.draw(st.sampled_from(["reverse", "forward", "auto"]))
    at = None
    if data.draw(st.booleans()):
        inputs = cg.trace(cg.read(text)).graph["inputs"] if _reads(text) else []
        at = {name: data.draw(st.sampled_from(_POINT)) for name in inputs}
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # what is to be said is said in s.warnings
        try:
            all_of_it(text, at, exact, direction)
        except (cg.ParseError, cg.DomainError) as error:
            assert str(error).rstrip().endswith((".", ")", "^")), str(error)


def _reads(text: str) -> bool:
    try:
        cg.read(text)
    except cg.ParseError:
        return False
    return True


#: Found by fuzzing, each of which ended in an error of Python's own: a division by a literal zero and a literal too
#: large to be squared, in symbols; exact numbers beyond the floats; branches that a literal condition never takes.
_FOUND: list[tuple[str, Any, bool]] = [
    ("J = x/0", None, False),
    ("J = x/0.0 + where(x > 0, 1, x/0)", None, False),
    ("J = hypot(a, 1e308)", {"a": -2.5}, False),
    ("J = elu(a, 1e308) + atan2(1e308, a)", {"a": -1}, True),
    ("J = 10^400*(x + b)", {"x": "sqrt(2)", "b": "1/3"}, True),
    ("u = x*1e308*1e308; J = sigmoid(u)^y", {"x": "1e400", "y": "1/3"}, True),
    ("J = where(x^a != 1, atan2(y, 1e300), b)", {"x": "1e400", "a": -1, "y": "1e400", "b": 2}, True),
    ("J = 10^400*(tanh(x)*prelu(0.0, b))", None, True),
    ("J = elu(0) + x*leaky_relu(-1)", {"x": 1}, False),
    ("J = x*" + "9" * 5_000, {"x": 0.5}, True),
    ("J = where(x > 10^6000, x, 1)", None, False),
    ("J = where(2 > 1, x, y^2) + where(2 < 1, y^2, x)", {"x": 1, "y": 2}, False),
]


@pytest.mark.parametrize(("text", "at", "exact"), _FOUND, ids=[text[:40] for text, _, _ in _FOUND])
@pytest.mark.parametrize("direction", ["reverse", "forward"])
def test_what_fuzzing_found_is_answered_or_refused(text: str, at: Any, exact: bool, direction: str) -> None:
    try:
        all_of_it(text, at, exact, direction)
    except cg.DomainError as error:
        assert "10^400" not in text and len(str(error)) < 400


def test_a_quotient_by_zero_is_written_and_refused_when_it_is_computed() -> None:
    s = cg.solve("J = x/0")
    assert str(s.gradient["x"]) == "1/0" and "∂J/∂J · (1/0)" in str(s.program())
    with pytest.raises(cg.DomainError, match="expected a denominator other than 0"):
        cg.solve("J = x/0", at={"x": 1})
    with pytest.raises(cg.DomainError, match="expected a denominator other than 0"):
        cg.solve(s.gradient["x"], at={})


def test_exact_numbers_beyond_the_floats_meet_floats_as_infinities() -> None:
    s = cg.solve("J = 10^400*tanh(x)", at={"x": "1/2"}, exact=True)
    assert s.gradient["x"] == math.inf
    assert cg.solve("J = 10^400*x", at={"x": "1/2"}, exact=True).gradient["x"] == 10**400
    assert times(10**400, 1e-300) == 1e100 and times(10**400, 0.0) == 0 and plus(10**400, -math.inf) == -math.inf


def test_a_branch_that_a_literal_condition_never_takes_is_not_listed() -> None:
    program = cg.solve("J = where(2 > 1, x^2, y^3)").program()
    assert "y" not in str(program).split("\n")[1] and "where" not in str(program)
    assert program.compile()(3.0, 2.0)[0] == 9.0


# -- size and depth


@pytest.mark.parametrize(
    ("text", "at", "value"),
    [
        ("(" * 100_000 + "x" + ")" * 100_000, 2, 2),
        ("J = " + "sin(" * 20_000 + "x" + ")" * 20_000, 0, 0),
        ("x" + "+x" * 20_000, 1, 20_001),
        ("-" * 20_000 + "x", 3, 3),
        ("√" * 5_000 + "x", 1, 1),
        ("; ".join(["t = x", *(["t = t + 1"] * 5_000)]), 0, 5_000),
    ],
    ids=["brackets", "calls", "sum", "signs", "roots", "rebinding"],
)
def test_deep_and_long_problems_are_solved(text: str, at: float, value: float) -> None:
    solution = cg.solve(text, at={"x": at})
    assert solution.values[solution.outputs[0]] == value
    assert len(repr(solution)) < 20_000


@pytest.mark.parametrize("nested", ["(" * 100_000, "max(" * 50_000, "|" * 99_999, "where(" * 50_000])
def test_brackets_that_are_never_closed_are_refused_at_their_place(nested: str) -> None:
    with within(10), pytest.raises(cg.ParseError) as caught:
        cg.solve(nested + "x")
    assert len(caught.value.message) < 300 and 0 <= caught.value.position <= len(nested) + 1


@pytest.mark.parametrize("tower", ["9^9^9^9", "9**9**9**9 * x", "x*(9^9^9^9)", "2^(2^(2^(2^(2^2))))*x"])
@pytest.mark.parametrize("exact", [False, True])
def test_towers_of_powers_are_refused_at_once(tower: str, exact: bool) -> None:
    with within(2), pytest.raises(cg.ParseError):
        cg.solve(tower, at={"x": 1}, exact=exact)


def test_a_tower_of_powers_in_values_overflows_with_a_warning_or_is_refused() -> None:
    with within(2):
        s = cg.solve("J = a^b^c^d", at=dict.fromkeys("abcd", 9))
        assert s.values["J"] == math.inf and any("overflows" in warning for warning in s.warnings)
        with pytest.raises(cg.DomainError, match=r"exact result of about .* bits is refused"):
            cg.solve("J = a^b^c^d", at=dict.fromkeys("abcd", 9), exact=True)


@pytest.mark.parametrize("digits", [5_000, 1_000_000])
def test_huge_integers_are_read_or_refused(digits: int) -> None:
    with within(10):
        try:
            s = cg.solve(f"J = x*{'9' * digits}", at={"x": 0.5})
            assert s.values["J"] == math.inf
        except cg.ParseError as error:
            assert len(str(error)) < 1_000
        with pytest.raises((cg.ParseError, cg.DomainError, ValueError)) as caught:
            cg.solve("J = x + 1", at={"x": "9" * digits}, exact=True)
        assert len(str(caught.value)) < 1_000


# -- characters

_INVISIBLE = ["\0", "\x1b", "\x7f", "\u200e", "\u202e", "\u2066", "\ud800", "\u061c"]


@pytest.mark.parametrize("character", _INVISIBLE, ids=[f"U+{ord(c):04X}" for c in _INVISIBLE])
def test_what_no_editor_shows_is_refused_and_never_echoed(character: str, capsys: pytest.CaptureFixture[str]) -> None:
    for text in (f"J = x{character} + 1", f"J = x # {character}", f"{character}J = x"):
        with pytest.raises(cg.ParseError) as caught:
            cg.solve(text, at={"x": 1})
        assert character not in str(caught.value)
        assert main(["solve", text, "--at", "x=1"]) == 2
        said = capsys.readouterr().err
        assert character not in said and said.count("\n") <= 4 and "Traceback" not in said


@given(st.text(st.characters(), max_size=40), st.text(st.characters(), max_size=10))
@settings(max_examples=100, deadline=None)
@example("J = x", "x=\x1b[31m")
@example("\ud800", "\ud800=\ud800")
def test_the_command_answers_or_says_one_thing(problem: str, point: str) -> None:
    from contextlib import redirect_stderr, redirect_stdout
    from io import StringIO

    out, err = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main(["solve", "--exact", f" {problem}", "--at", f" {point}"])
    assert code in (0, 2)
    assert (code == 2) == bool(err.getvalue())
    assert "\x1b" not in err.getvalue() + out.getvalue() and "\u202e" not in err.getvalue() + out.getvalue()


# -- what is no problem at all

_MISUSE: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: cg.solve(b"x^2"), TypeError, "expected an Expression, a dict of them, text or a function, got bytes"),
    (lambda: cg.solve(None), TypeError, "expected an Expression, .* got NoneType"),
    (lambda: cg.solve(""), cg.ParseError, "there is nothing to read"),
    (lambda: cg.solve({}), ValueError, "expected at least one expression"),
    (lambda: cg.solve("x", at={"x": object()}), TypeError, "x: expected a number or text"),
    (lambda: cg.solve("x", at={"x": 1j}), TypeError, "x: expected a number or text"),
    (lambda: cg.solve("x*x", at={"x": [1, [2]]}), TypeError, "Give rows of equal length"),
    (lambda: cg.solve("x*x", at={"x": "__import__('os')"}), cg.ParseError, "no meaning in a formula"),
    (lambda: cg.solve("x", at={"x": 1}).table(digits=10**9), ValueError, "digits: expected .* at most 1000"),
    (lambda: cg.solve("x", at={"x": 1}).film(digits=10**9).svg(0), ValueError, "digits: expected .* at most 1000"),
    (lambda: cg.solve("x", at={"x": 1}).film().svg(10**30), IndexError, "no frame 1000"),
    (lambda: cg.Variable(""), TypeError, "expected a non-empty string"),
]


@pytest.mark.parametrize(("ask", "error", "message"), _MISUSE, ids=range(len(_MISUSE)))
def test_misuse_says_what_was_expected(ask: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message), within(5):
        str(ask())


@pytest.mark.parametrize(
    "name", ["a\0b", "a\u202eb", "a\ud800", "lambda", "x\nimport os", "f(x)", "</script>", r"\input{x}"]
)
def test_any_name_of_a_variable_goes_everywhere(name: str, tmp_path: Path) -> None:
    harmless = cg.solve({"J": cg.Variable("w") * 2 + 1}, at={"w": 3})
    s = cg.solve({"J": cg.Variable(name) * 2 + 1}, at={name: 3})
    json.dumps(s.to_dict()), str(s.table()), repr(s), s.film()._repr_mimebundle_()
    for suffix in ("html", "svg", "png", "dot", "tex", "tikz"):
        (path,) = s.film().save(tmp_path / f"film.{suffix}")
        assert path.stat().st_size > 100
    text = s.film().html()
    assert name.isprintable() or name not in text
    assert text.count("</script>") == harmless.film().html().count("</script>")
    program = cg.solve({"J": cg.Variable(name) * 2 + 1}).program()
    assert program.compile()(3.0) == (7.0, (2.0,)) and "import os" not in program.python().split("\n")

"""Every row of the rule table against mpmath at 50 digits, over its domain, at its edges and extremes."""

from __future__ import annotations

import copy
import math
import pickle
import random
import sys
from fractions import Fraction as Q
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from compgraph import functions as F
from compgraph.errors import DomainError
from compgraph.expression import ABS, EQUAL, LITERAL, POWER, VARIABLE, Application, Expression, Primitive, Variable
from compgraph.numbers import ieee
from compgraph.traversal import evaluation_order
from tests.primitive_cases import ALIASES, LOGICAL, NUMERIC, Case, mp

ROWS = {**F.HIDDEN, **{name: row for name, row in F.FUNCTIONS.items() if name == row.name}}
SAMPLES = 40


def drawn(case: Case, count: int) -> list[tuple[float, ...]]:
    """Points of the spans: half evenly spread, half with evenly spread exponents."""
    source = random.Random(repr(case.spans))

    def draw(low: float, high: float) -> float:
        if source.random() < 0.5:
            return source.uniform(low, high)
        sign = source.choice([s for s, end in ((-1, -low), (1, high)) if end > 0])
        near, far = (max(low, 1e-20), high) if sign > 0 else (max(-high, 1e-20), -low)
        return sign * math.exp(source.uniform(math.log(near), math.log(far)))

    return [tuple(draw(*span) for span in case.spans) for _ in range(count)]


def points(case: Case) -> list[tuple[float, ...]]:
    return [*drawn(case, SAMPLES), *case.points]


def moderate(case: Case, count: int) -> list[tuple[float, ...]]:
    """Points of the spans between −4 and 4."""
    source = random.Random(repr(case.spans))
    spans = [(max(low, -4.0), min(high, 4.0)) for low, high in case.spans]
    return [tuple(source.uniform(*span) for span in spans) for _ in range(count)]


def ulp(value: Any) -> Any:
    """The spacing of floats at a number, which mpmath holds to more digits and with a larger exponent."""
    return mp.mpf(math.ulp(float(value)) if abs(value) < 2.0**1023 else 2.0**971)


def spread(function: Any, point: tuple[Any, ...]) -> Any:
    """Σ|x·∂f/∂x|: what one relative rounding of each argument does to f; κ is this over |f|."""
    total = mp.mpf(0)
    with mp.workprec(400):
        step = mp.mpf(2) ** -100
        for i, x in enumerate(point):
            above, below = ([*point[:i], x * (1 + h), *point[i + 1 :]] for h in (step, -step))
            total += abs(function(*above) - function(*below)) / (2 * step)
    return total


def assert_close(got: Any, function: Any, point: tuple[Any, ...], ulps: int, where: str, largest: Any = 0) -> None:
    """Within (ulps + 2κ) units in the last place; ±inf where the truth is beyond the largest float.

    At a zero crossing the unit is that of the largest intermediate.
    """
    true = mp.mpf(function(*point))
    assert got == got, f"{where}: nan, expected {mp.nstr(true, 17)}"
    relative = ulp(true) / abs(true) if true else mp.mpf(2) ** -52
    allowed = ulps * ulp(max(abs(true), abs(largest))) + 2 * spread(function, point) * relative
    if math.isinf(got):
        assert got * true > 0 and abs(true) + allowed > sys.float_info.max, f"{where}: {got}, not {mp.nstr(true, 17)}"
        return
    error = abs(mp.mpf(got) - true)
    assert error <= allowed, f"{where} = {got!r}, not {mp.nstr(true, 20)}: {mp.nstr(error / ulp(true), 4)} ulp"


def partial(primitive: Primitive, position: int, output: Any, point: tuple[Any, ...]) -> Any:
    """A partial on numbers, by IEEE rules where Python's own arithmetic refuses."""
    rule = primitive.partials[position]
    if not callable(rule):
        return rule
    try:
        return rule(output, *point)
    except (ArithmeticError, ValueError):
        return ieee(rule, output, point)


def evaluated(expression: Any, values: dict[Expression, Any]) -> Any:
    """An expression's value; every branch of every `where` is evaluated."""
    if not isinstance(expression, Expression):
        return expression
    values = dict(values)
    for e in evaluation_order([expression]):
        if e not in values:
            values[e] = e.primitive.value(*(values.get(a, a) for a in e.arguments))
    return values[expression]


def differentiated(expression: Expression, wrt: Expression) -> Any:
    """The derivative as an expression: the sum of partial times tangent, by the rules alone."""
    tangents: dict[Any, Any] = {wrt: 1}
    for e in evaluation_order([expression]):
        for position, argument in enumerate(e.arguments):
            if argument in tangents and (rule := e.primitive.partials[position]) is not None:
                factor = rule(e, *e.arguments) if callable(rule) else rule
                term = factor * tangents[argument]
                tangents[e] = tangents[e] + term if e in tangents else term
    return tangents.get(expression, 0)


# -- the table is complete


def test_every_row_is_tested() -> None:
    assert set(ROWS) == {*NUMERIC, *LOGICAL, "variable"}


def test_every_name_in_text_is_a_row_or_a_listed_alias() -> None:
    assert {name: row.name for name, row in F.FUNCTIONS.items() if name != row.name} == ALIASES
    assert not set(F.FUNCTIONS) & set(F.HIDDEN)


def test_the_exported_names_are_the_rows() -> None:
    exported = {name: getattr(F, name) for name in F.__all__ if name.islower()}
    where = exported.pop("where")
    assert where is F.where
    assert set(map(id, exported.values())) | {id(F.FUNCTIONS["where"])} == set(map(id, F.FUNCTIONS.values()))
    assert all(row.name == name for name, row in exported.items())


def test_the_cases_are_consistent() -> None:
    """The stated slopes are the derivatives of the stated functions: the table is right by itself."""
    for name, case in NUMERIC.items():
        for point in moderate(case, 5):
            for i, slope in enumerate(case.slopes):
                if slope is None:
                    continue
                exact = tuple(map(mp.mpf, point))
                derivative = mp.diff(case.truth, exact, tuple(int(k == i) for k in range(len(exact))))
                assert mp.almosteq(slope(*exact), derivative, 1e-9, 1e-20), (name, point)


# -- values and partials


@pytest.mark.parametrize("name", NUMERIC)
def test_values(name: str) -> None:
    case = NUMERIC[name]
    for point in points(case):
        check_value(name, case, point)


def check_value(name: str, case: Case, point: tuple[float, ...]) -> None:
    got = ROWS[name].value(*point)
    assert type(got) is float
    assert_close(got, case.truth, tuple(map(mp.mpf, point)), 4, f"{name}{point}")


@pytest.mark.parametrize("name", NUMERIC)
def test_partials(name: str) -> None:
    case = NUMERIC[name]
    for point in points(case):
        check_partials(name, case, point)


def check_partials(name: str, case: Case, point: tuple[float, ...]) -> None:
    exact = tuple(map(mp.mpf, point))
    output = ROWS[name].value(*point)
    for i, slope in enumerate(case.slopes):
        got = partial(ROWS[name], i, output, point)
        if slope is None:
            assert got is None
        elif name in {"atan", "acot"} and abs(point[0]) > 1e154:
            assert abs(got) < sys.float_info.min  # x² overflows, and 1/x² is below the normal floats
        else:
            largest = case.largest(*exact) if case.largest and i == 0 else 0
            assert_close(got, slope, exact, 8, f"∂{i} {name}{point}", largest)


@pytest.mark.parametrize("name", [name for name, case in NUMERIC.items() if case.stated])
def test_stated_slopes(name: str) -> None:
    """Conventions at kinks, infinite slopes, and slopes that do not exist."""
    for stated, slopes in NUMERIC[name].stated.items():
        for zero in (0.0, -0.0):
            point = tuple(x or zero for x in stated)
            output = ROWS[name].value(*point)
            got = [partial(ROWS[name], i, output, point) for i in range(len(point))]
            np.testing.assert_array_equal(got, slopes, err_msg=f"{name}{point}")


@pytest.mark.parametrize("name", [name for name, case in NUMERIC.items() if case.outside])
def test_outside_the_domain(name: str) -> None:
    for point in NUMERIC[name].outside:
        with pytest.raises(DomainError, match=rf"{name} is undefined: expected .*, got .*Change the input"):
            ROWS[name](*point)


@pytest.mark.parametrize("name", LOGICAL)
def test_conditions(name: str) -> None:
    row = ROWS[name]
    arity = len(row.partials)
    assert set(row.partials) == {None}
    for a in (0.0, 1.0, -2.0):
        for b in (0.0, 1.0, -2.0):
            operands = (a, b)[:arity]
            assert row(*operands) is LOGICAL[name](*operands)


def test_a_variable_has_no_value() -> None:
    assert list(VARIABLE.partials) == []
    with pytest.raises(DomainError):
        VARIABLE.value()


def normal(low: float, high: float) -> st.SearchStrategy[float]:
    """Normal floats, which have all 53 bits."""
    least = sys.float_info.min
    return st.floats(max(low, least) if low >= 0 else low, high, allow_subnormal=False)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.data())
@pytest.mark.parametrize("name", NUMERIC)
def test_anywhere_in_the_domain(name: str, data: st.DataObject) -> None:
    case = NUMERIC[name]
    point = tuple(data.draw(normal(*span)) + 0.0 for span in case.spans)  # mpmath has no −0
    assume(point not in (*case.outside, *case.stated))
    check_value(name, case, point)
    check_partials(name, case, point)


# -- one rule for numbers and expressions


@pytest.mark.parametrize("name", NUMERIC)
def test_a_rule_gives_the_same_on_expressions(name: str) -> None:
    case, row = NUMERIC[name], ROWS[name]
    variables: list[Expression] = [Variable(f"x{i}") for i in range(len(case.slopes))]
    y = Variable("y")
    for point in drawn(case, 10):
        output = row.value(*point)
        values = dict(zip([y, *variables], [output, *point], strict=True))
        for i in range(len(variables)):
            if callable(rule := row.partials[i]):
                assert evaluated(rule(y, *variables), values) == partial(row, i, output, point), point


@pytest.mark.parametrize("name", [n for n in NUMERIC if ROWS[n].textbook is not ROWS[n].partials])
def test_the_textbook_form_is_the_same_function(name: str) -> None:
    case, row = NUMERIC[name], ROWS[name]
    variables: list[Expression] = [Variable(f"x{i}") for i in range(len(case.slopes))]
    y = Variable("y")
    for point in moderate(case, 10):
        output = row.value(*point)
        values = dict(zip([y, *variables], [output, *point], strict=True))
        for i in range(len(variables)):
            printed, rule = row.textbook[i], row.partials[i]
            assert callable(printed) and callable(rule)
            stable = rule(output, *point)
            assert evaluated(printed(y, *variables), values) == pytest.approx(stable, rel=1e-9)
            assert evaluated(printed(output, *point), {}) == pytest.approx(stable, rel=1e-9)


SMOOTH = sorted({*NUMERIC} - {"literal", "identity", "negate", "abs", "sign", "relu", "max", "min", "where"})


@pytest.mark.parametrize("name", SMOOTH)
def test_rules_can_be_differentiated_again(name: str) -> None:
    """The derivative of the rule, by the rules, is the second derivative of the function."""
    case, row = NUMERIC[name], ROWS[name]
    variables: list[Expression] = [Variable(f"x{i}") for i in range(len(case.spans))]
    first = [differentiated(row(*variables), v) for v in variables]
    for point in moderate(case, 5):
        values = dict(zip(variables, point, strict=True))
        exact = [mp.mpf(x) for x in point]
        for i, slope in enumerate(case.slopes):
            for j, v in enumerate(variables):
                second = differentiated(first[i], v) if isinstance(first[i], Expression) else 0
                true = mp.diff(slope, exact, tuple(int(k == j) for k in range(len(exact))))
                assert evaluated(second, values) == pytest.approx(float(true), rel=1e-9, abs=1e-12), (point, i, j)


@pytest.mark.parametrize("name", ["relu", "leaky_relu", "prelu", "elu", "abs", "max", "min"])
def test_piecewise_rules_as_expressions(name: str) -> None:
    """On both sides of a kink and at it, the derivative as an expression is the one on numbers."""
    row = ROWS[name]
    x, z = Variable("x"), Variable("z")
    arguments = (x, z) if name in {"max", "min"} or len(row.partials) == 2 else (x,)
    slope = differentiated(row(*arguments), x)
    for a in (-1.0, 0.0, 0.5, 2.0):
        operands = (a, 0.5)[: len(arguments)]
        assert evaluated(slope, {x: a, z: 0.5}) == row.partials[0](row.value(*operands), *operands)


# -- conventions


@pytest.mark.parametrize(
    ("name", "point", "kink"),
    [
        ("abs", (0.0,), True),
        ("abs", (1e-300,), False),
        ("relu", (0.0,), True),
        ("relu", (-1.0,), False),
        ("sign", (-0.0,), True),
        ("sign", (2.0,), False),
        ("leaky_relu", (0.0, 0.01), True),
        ("leaky_relu", (0.0, 1.0), False),
        ("prelu", (0.0, 0.5), True),
        ("prelu", (0.0, 1.0), False),
        ("elu", (0.0, 2.0), True),
        ("elu", (0.0, 1.0), False),
        ("elu", (-1.0, 2.0), False),
        ("max", (1.0, 3.0, 3.0), True),
        ("max", (1.0, 1.0, 3.0), False),
        ("min", (1.0, 1.0, 3.0), True),
        ("min", (1.0, 3.0, 3.0), False),
        ("max", (1.0,), False),
    ],
)
def test_kinks(name: str, point: tuple[float, ...], kink: bool) -> None:
    assert ROWS[name].kink(*point) is kink


def test_rows_without_a_kink_say_so() -> None:
    kinked = {name for name, row in ROWS.items() if row.kink is not None}
    assert kinked == {"abs", "sign", "relu", "leaky_relu", "prelu", "elu", "max", "min"}


def test_shares_of_a_tie_add_up_to_one() -> None:
    for row in (F.max, F.min):
        for count in range(1, 6):
            tie = (Q(3),) * count
            assert sum(row.partials[i](Q(3), *tie) for i in range(count)) == 1


def test_max_and_min_take_any_number_of_arguments() -> None:
    assert F.max(3) == 3 and F.max(1.0, 4.0, 2.0) == 4.0 and F.min(5, 2, Q(1, 2), 7) == Q(1, 2)
    x = Variable("x")
    assert F.max(x, 0, 1).arguments == (x, 0, 1)


def test_a_nan_is_not_lost() -> None:
    for name in ("max", "min", "sign", "relu", "leaky_relu", "elu", "abs", "sigmoid", "softplus", "hypot"):
        row = ROWS[name]
        count = 2 if name in {"max", "min", "hypot"} else 1
        for place in range(count):
            operands = [1.0] * count
            operands[place] = math.nan
            assert math.isnan(row(*operands)), (name, operands)


# -- exact numbers


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (F.square(Q(-2, 3)), Q(4, 9)),
        (F.abs(Q(-2, 3)), Q(2, 3)),
        (F.sign(Q(-2, 3)), Q(-1)),
        (F.sign(Q(0)), Q(0)),
        (F.sqrt(Q(9, 16)), Q(3, 4)),
        (F.sqrt(Q(0)), Q(0)),
        (F.sqrt(Q(10**200)), Q(10**100)),
        (F.cbrt(Q(-27, 8)), Q(-3, 2)),
        (F.cbrt(Q((10**30 + 7) ** 3)), Q(10**30 + 7)),
        (F.hypot(Q(3, 2), Q(2)), Q(5, 2)),
        (F.relu(Q(2, 3)), Q(2, 3)),
        (F.relu(Q(-2, 3)), Q(0)),
        (F.leaky_relu(Q(-2), Q(1, 100)), Q(-1, 50)),
        (F.prelu(Q(-2), Q(1, 4)), Q(-1, 2)),
        (F.elu(Q(5, 2)), Q(5, 2)),
        (F.max(Q(1, 3), Q(1, 2)), Q(1, 2)),
        (F.min(Q(1, 3), Q(1, 2)), Q(1, 3)),
        (F.FUNCTIONS["where"](True, Q(1, 3), Q(1, 2)), Q(1, 3)),
        (F.sqrt.partials[0](Q(3, 4), Q(9, 16)), Q(2, 3)),
        (F.cbrt.partials[0](Q(-3, 2), Q(-27, 8)), Q(4, 27)),
        (F.log.partials[0](0.4, Q(3, 2)), Q(2, 3)),
        (F.atan.partials[0](0.4, Q(1, 2)), Q(4, 5)),
        (F.atanh.partials[0](0.5, Q(1, 2)), Q(4, 3)),
        (F.asin.partials[0](0.6, Q(3, 5)), Q(5, 4)),
        (F.asinh.partials[0](0.6, Q(3, 4)), Q(4, 5)),
        (F.hypot.partials[0](Q(5), Q(3), Q(4)), Q(3, 5)),
        (F.max.partials[1](Q(3), Q(3), Q(3), Q(3)), Q(1, 3)),
        (POWER(Q(8, 27), Q(2, 3)), Q(4, 9)),
        (POWER(Q(32), Q(-3, 5)), Q(1, 8)),
    ],
)
def test_fractions_stay_exact(result: Any, expected: Q) -> None:
    assert result == expected
    assert type(result) is Q


@pytest.mark.parametrize(
    "result", [F.sqrt(Q(2)), F.cbrt(Q(2)), F.hypot(Q(1), Q(1)), F.sin(Q(1, 2)), F.hypot(Q(3), 4.0), F.elu(Q(-1))]
)
def test_what_is_not_a_fraction_becomes_a_float(result: Any) -> None:
    assert type(result) is float


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.fractions(min_value=0), st.integers(2, 3))
def test_roots_of_powers(x: Q, degree: int) -> None:
    root = {2: F.sqrt, 3: F.cbrt}[degree]
    assert root(x**degree) == x
    assert type(root(x**degree)) is Q
    near = root(x**degree + 1)
    assert type(near) is float or near**degree == x**degree + 1


def test_fractions_give_what_floats_give() -> None:
    """Dyadic rationals are both, so the two answers may differ by a rounding at most."""
    for name, case in NUMERIC.items():
        for point in moderate(case, 10):
            dyadic = tuple(Q(round(x * 64), 64) for x in point)
            try:
                expected = ROWS[name].value(*map(float, dyadic))
            except DomainError:
                continue
            assert ROWS[name].value(*dyadic) == pytest.approx(expected, rel=1e-14), (name, dyadic)


def test_exact_numbers_beyond_the_floats() -> None:
    big = Q(10**400)
    assert F.tanh(-big) == -1.0
    assert F.exp(big) == math.inf and F.exp(-big) == 0.0
    assert F.sinh(-big) == -math.inf
    assert F.sigmoid(big) == 1.0
    assert F.sqrt(big) == Q(10**200)
    with pytest.raises(DomainError, match="sin is undefined: expected a finite x"):
        F.sin(big)


# -- NumPy


@pytest.mark.parametrize("name", sorted(F.BY_UFUNC))
def test_numpy_functions_of_expressions(name: str) -> None:
    """np.name on expressions gives an expression, and its value is np.name of the values."""
    ufunc = getattr(np, name)
    x, y = Variable("x"), Variable("y")
    point = (1.75 if name == "arccosh" else 0.25, 1.5)[: ufunc.nin]
    expression = ufunc(*(x, y)[: ufunc.nin])
    assert isinstance(expression, Expression)
    assert evaluated(expression, {x: point[0], y: 1.5}) == pytest.approx(ufunc(*point), rel=1e-15)
    if ufunc.nin == 2:  # a NumPy scalar on either side is a Python number
        mixed = ufunc(np.float64(point[0]), y)
        assert mixed.arguments == (point[0], y) and type(mixed.arguments[0]) is float
        assert ufunc(x, np.int64(2)).arguments == (x, 2)


def test_numpy_equal_is_a_condition_and_where_takes_it() -> None:
    x = Variable("x")
    condition = np.equal(x, 2)
    assert condition.primitive is EQUAL
    choice = np.where(np.logical_and(x > 0, np.not_equal(x, 2)), x, -1)
    assert [evaluated(choice, {x: v}) for v in (1.0, 2.0, -1.0)] == [1.0, -1, -1]


@pytest.mark.parametrize(
    "attempt",
    [
        lambda x: np.gcd(x, 2),
        lambda x: np.add.reduce([x, x]),
        lambda x: np.sin(x, out=np.zeros(1)),
        lambda x: np.array(["a"]) * x,
        lambda x: np.maximum(x, np.array([None, x])),
        lambda x: np.sort(x),
    ],
)
def test_numpy_what_is_refused(attempt: Any) -> None:
    with pytest.raises(TypeError, match=r"Expression|scalar|real numbers"):
        attempt(Variable("x"))


# -- calling


def test_numbers_are_python_numbers() -> None:
    for value in (np.float64(0.5), np.float32(0.5), np.array(0.5), 0.5):
        assert type(F.sin(value)) is float
        assert F.sin(value) == math.sin(0.5)
    assert type(F.square(np.int64(3))) is int


def test_a_list_is_an_array_as_in_numpy() -> None:
    assert F.sin([0.0, 0.5]).tolist() == [0.0, math.sin(0.5)]
    assert F.hypot([3.0, 5.0], [4.0, 12.0]).tolist() == [5.0, 13.0]


@pytest.mark.parametrize("value", [np.array(["1"]), ["1"], "1", None, 1j])
def test_what_is_not_a_scalar_is_refused(value: Any) -> None:
    for attempt in (lambda: F.sin(value), lambda: F.hypot(1.0, value), lambda: F.max(Variable("x"), value)):
        with pytest.raises(TypeError, match="expected"):
            attempt()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: F.sin(), r"sin takes 1 argument: got 0"),
        (lambda: F.sin(1.0, 2.0), r"sin takes 1 argument: got 2"),
        (lambda: F.hypot(Variable("x")), r"hypot takes 2 arguments: got 1"),
        (lambda: F.swish(1.0, 2.0, 3.0), r"swish takes 1 to 2 arguments: got 3"),
        (lambda: F.prelu(1.0), r"prelu takes 2 arguments: got 1"),
        (lambda: F.max(), r"max takes one or more arguments: got 0"),
    ],
)
def test_wrong_number_of_arguments(call: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        call()


def test_defaults_are_filled_in() -> None:
    x = Variable("x")
    assert F.leaky_relu(x).arguments == (x, 0.01) and F.leaky_relu(-2.0) == -0.02
    assert F.elu(x).arguments == (x, 1) and F.elu(-1.0) == math.expm1(-1)
    assert F.swish(x).arguments == (x, 1) and F.swish(2.0) == F.swish(2.0, 1.0)


def test_where_refuses_a_decided_condition() -> None:
    x = Variable("x")
    for decided in (True, np.bool_(False), 1.0, x == x):
        with pytest.raises(TypeError, match=r"where: expected a condition .* x > 0, got .*equal\(x, y\)"):
            F.where(decided, x, 0)
    choice = F.where(x > 0, x, 0)
    assert isinstance(choice, Application) and choice.primitive is F.FUNCTIONS["where"]


def test_abs_is_the_operator() -> None:
    assert F.abs is ABS and abs(Variable("x")).primitive is ABS and F.abs(-2.0) == 2.0


# -- pickling


def test_builtin_rows_survive_pickling_and_copying_as_themselves() -> None:
    for row in ROWS.values():
        assert pickle.loads(pickle.dumps(row)) is row
        assert copy.deepcopy(row) is row


def _softsign(x: Any) -> Any:
    return x / (1 + abs(x))


def _softsign_slope(y: Any, x: Any) -> Any:
    return 1 / (1 + abs(x)) ** 2


def test_a_users_primitive() -> None:
    softsign = Primitive("softsign", _softsign, _softsign_slope, domain="any x")
    again = pickle.loads(pickle.dumps(softsign))
    assert again(3.0) == softsign(3.0) == 0.75
    assert again.partials == (_softsign_slope,) and again.textbook == (_softsign_slope,) and again.domain == "any x"
    x = Variable("x")
    assert evaluated(differentiated(softsign(x), x), {x: -3.0}) == 1 / 16
    expression = pickle.loads(pickle.dumps(softsign(F.sin(x))))
    assert expression.primitive.name == "softsign" and expression.arguments[0].primitive is F.sin


def test_a_users_primitive_named_like_a_row_stays_its_own() -> None:
    mine = Primitive("sin", _softsign, _softsign_slope)
    again = pickle.loads(pickle.dumps(mine))
    assert again is not F.sin and again(3.0) == 0.75


def test_a_rule_for_each_position_cannot_be_pickled() -> None:
    with pytest.raises(TypeError, match="largest cannot be pickled"):
        pickle.dumps(Primitive("largest", max, each=lambda position: 1))


def test_literal_values_pass_through() -> None:
    assert LITERAL(Q(1, 3)) == Q(1, 3)

"""Training: every golden case of kind update, the optimizers against each other and themselves, data preparation."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Mapping
from dataclasses import FrozenInstanceError
from itertools import islice, repeat
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import compgraph as cg
from compgraph.nn import (
    AdaDelta,
    AdaGrad,
    Adam,
    GradientDescent,
    Momentum,
    Nesterov,
    Optimizer,
    RMSProp,
    Standardization,
    Update,
    descend,
    from_one_hot,
    last,
    mean_gradient,
    minibatches,
    minimize,
    moving_average,
    one_hot,
)

Case = dict[str, Any]
Cases = Mapping[str, Case]

BOWL = "theta^2 / 2"
EVERY: list[Optimizer] = [
    GradientDescent(0.05),
    GradientDescent(lambda step: 0.5 / step),
    Momentum(0.05),
    Nesterov(0.05),
    AdaGrad(0.5),
    RMSProp(0.05),
    AdaDelta(1.0, epsilon=1e-2),
    Adam(0.1),
]


def name(optimizer: Optimizer) -> str:
    return type(optimizer).__name__ + ("-schedule" if callable(optimizer.rate) else "")


each = pytest.mark.parametrize("optimizer", EVERY, ids=name)


def walk(optimizer: Optimizer, steps: int, start: float = 1.0, loss: str = BOWL) -> list[float]:
    return [update.point["theta"] for update in minimize(loss, {"theta": start}, optimizer, steps=steps)]


def constant(slopes: Mapping[str, Any]) -> Callable[..., Mapping[str, Any]]:
    return lambda point: slopes


# -- the golden cases of kind update


def mazur_step1(cases: Cases) -> dict[str, float]:
    case = cases["mazur"]
    text = "\n".join(case["assignments"])
    start = {f"w{i}": case["inputs"][f"w{i}"] for i in range(1, 9)}
    rest = {key: value for key, value in case["inputs"].items() if key not in start}
    rate = cases["mazur_step1"]["inputs"]["lr"]
    (update,) = minimize(text, start, GradientDescent(rate), batches=[rest])
    after = cg.solve(text, at={**rest, **update.point}).values
    return {**update.point, **{f"{key}_after": after[key] for key in ("E", "out_o1", "out_o2")}}


def hackers_guide_step(cases: Cases) -> dict[str, float]:
    neuron = "s = sigmoid(a*x + b*y + c)"
    start = {"a": 1, "b": 2, "c": -3, "x": -1, "y": 3}
    climb = GradientDescent(cases["hackers_guide_step"]["inputs"]["step"])
    (update,) = minimize(neuron + "; J = -s", start, climb, steps=1)
    return {"s_after": cg.solve(neuron, at=update.point).values["s"]}


def opt_adagrad_tf(cases: Cases) -> dict[str, float]:
    given = cases["opt_adagrad_tf"]["inputs"]
    start = {"var0": np.array([1.0, 2.0]), "var1": np.array([3.0, 4.0])}
    slopes = {"var0": np.full(2, 0.1), "var1": np.full(2, 0.01)}
    optimizer = AdaGrad(given["lr"], accumulated=given["acc0"], epsilon=0)
    point = last(descend(constant(slopes), start, optimizer, steps=given["steps"])).point
    return {f"{key}_{i}": value for key in point for i, value in enumerate(point[key])}


def keras(case: Case, optimizer: Optimizer) -> dict[str, float]:
    start, slopes = ({"x": np.array(case["inputs"][key], float)} for key in ("x", "g"))
    (update,) = descend(constant(slopes), start, optimizer, steps=1)
    return {f"x{i}": value for i, value in enumerate(update.point["x"])}


def winovich(case: Case, kind: type[Momentum]) -> dict[str, float]:
    given = case["inputs"]
    points = walk(kind(given["alpha"], decay=given["gamma"]), 3, given["theta0"])
    return {f"theta{i}": value for i, value in enumerate(points, 1)}


def ema_closed_form(cases: Cases) -> dict[str, float]:
    *_, end = moving_average([1, 2, 3], cases["ema_closed_form"]["inputs"]["beta"])
    return {"m3": end.value, "mhat3": end.corrected}


def sgd_minibatch(cases: Cases) -> dict[str, float]:
    gradient, point = mean_gradient("(w*x - t)^2", ["w"]), cases["sgd_minibatch"]["inputs"]
    data = {"x": [1, 3], "t": [2, -1]}
    full = gradient(point, data)["w"]
    ones = {batch["x"].item(): gradient(point, batch)["w"] for batch in minibatches(data, 1, seed=0)}
    assert full == sum(ones.values()) / 2
    return {"full_grad": full, "g_ex1": ones[1], "g_ex2": ones[3]}


CHECKS: dict[str, Callable[[Cases], dict[str, float]]] = {
    "mazur_step1": mazur_step1,
    "hackers_guide_step": hackers_guide_step,
    "opt_adagrad_tf": opt_adagrad_tf,
    "opt_adadelta_keras": lambda cases: keras(cases["opt_adadelta_keras"], AdaDelta(0.5, decay=0.95, epsilon=1e-7)),
    "opt_adam_keras": lambda cases: keras(cases["opt_adam_keras"], Adam(0.5, first=0.9, second=0.999, epsilon=1e-7)),
    "opt_momentum_winovich": lambda cases: winovich(cases["opt_momentum_winovich"], Momentum),
    "opt_nesterov_winovich": lambda cases: winovich(cases["opt_nesterov_winovich"], Nesterov),
    "ema_closed_form": ema_closed_form,
    "sgd_minibatch": sgd_minibatch,
}


@pytest.mark.parametrize("identifier", CHECKS)
def test_golden_update(identifier: str, golden_cases: Cases) -> None:
    case = golden_cases[identifier]
    assert CHECKS[identifier](golden_cases) == pytest.approx(case["values"], rel=case["tol"], abs=case["tol"])


def test_no_golden_case_of_kind_update_is_left_out(golden_cases: Cases) -> None:
    assert set(CHECKS) == {identifier for identifier, case in golden_cases.items() if case["kind"] == "update"}


# -- going downhill


def test_high_and_low_learning_rates() -> None:
    high, edge, low = (np.array(walk(GradientDescent(rate), 60)) for rate in (2.1, 1.9, 0.1))
    assert (np.diff(np.abs(high)) > 0).all() and abs(high[-1]) > 100  # diverges
    assert (np.sign(edge[1:]) == -np.sign(edge[:-1])).all() and abs(edge[-1]) < 0.01  # oscillates, and arrives
    assert (np.diff(low) < 0).all() and 0 < low[-1] < 0.01  # monotone


def test_divergence_names_the_parameter_and_the_step() -> None:
    with pytest.raises(FloatingPointError, match=r"'theta' is not finite at step 7\d\d\d: .* Lower the learning rate"):
        walk(GradientDescent(2.1), 10_000)
    start = {"b": np.zeros(3), "w": np.array([1.0, 1e300])}
    with pytest.raises(FloatingPointError, match=r"the parameter 'w' is not finite at step 1: .* got -inf\. Lower"):
        last(descend(lambda at: {"b": at["b"], "w": at["w"]}, start, GradientDescent(1e10), steps=9))
    with pytest.raises(FloatingPointError, match="the gradient of 'b' is not finite at step 1"):
        last(descend(lambda at: {"w": 0 * at["w"], "b": at["b"] + np.nan}, start, Adam(), steps=9))
    with pytest.raises(FloatingPointError, match="the parameter 'w' is not finite at the start"):
        descend(lambda at: at, {"w": np.inf}, Adam(), steps=9)


@each
def test_every_optimizer_comes_closer(optimizer: Optimizer) -> None:
    assert abs(walk(optimizer, 500)[-1]) < 0.15


def test_mazurs_network_learns(golden_cases: Cases) -> None:
    case = golden_cases["mazur"]
    text = "\n".join(case["assignments"])
    start = {f"w{i}": case["inputs"][f"w{i}"] for i in range(1, 9)}
    rest = {key: value for key, value in case["inputs"].items() if key not in start}
    end = last(minimize(text, start, GradientDescent(0.5), batches=repeat(rest), steps=10_000))
    assert end.step == 10_000
    assert cg.solve(text, at={**rest, **end.point}).values["E"] == pytest.approx(3.51e-5, rel=1e-3)


def test_rosenbrocks_valley_by_adam_from_text() -> None:
    valley = "(1 - x)^2 + 100(y - x^2)^2"
    end = last(minimize(valley, {"x": -1.2, "y": 1}, Adam(0.05), steps=20_000, tolerance=1e-8))
    assert end.point == pytest.approx({"x": 1, "y": 1}, abs=1e-6)
    assert end.step < 5000


def test_every_way_to_a_gradient_walks_the_same_way() -> None:
    x, y = cg.Variable("x"), cg.Variable("y")
    loss = (x - 1) ** 2 + cg.cosh(x * y)
    start, optimizer = {"x": 0.3, "y": -0.4}, Adam(0.1)
    function = cg.value_and_gradient(loss, list(start))
    ways = [
        minimize(loss, start, optimizer, steps=20),
        minimize("(x - 1)^2 + cosh(x y)", start, optimizer, steps=20),
        minimize(lambda x, y: (x - 1) ** 2 + np.cosh(x * y), start, optimizer, steps=20),
        descend(lambda at: cg.gradient(loss, at), start, optimizer, steps=20),
        descend(lambda at: dict(zip(start, function(**at)[1], strict=True)), start, optimizer, steps=20),
    ]
    expected, *others = (last(way).point for way in ways)
    for other in others:
        assert other == pytest.approx(expected, rel=1e-12)


def test_momentum_and_nesterov_by_hand_with_a_schedule() -> None:
    """On θ²/2 from 1 with γ = ½ and rates 1/2, 1/4: the rate is in the velocity, so the old part keeps its own."""
    assert walk(Momentum(lambda step: 0.5**step, decay=0.5), 2) == [0.5, 0.5 - (0.25 + 0.125)]
    assert walk(Nesterov(lambda step: 0.5**step, decay=0.5), 2) == [0.5, 0.5 - (0.25 + 0.25 * (0.5 - 0.25))]


def test_nesterov_asks_for_the_gradient_elsewhere() -> None:
    asked = []

    def gradient(at: Mapping[str, float]) -> Mapping[str, float]:
        asked.append(at["theta"])
        return at

    updates = list(descend(gradient, {"theta": 1.0}, Nesterov(0.1), steps=3))
    assert asked == [update.gradient["theta"] for update in updates] == pytest.approx([1, 0.81, 0.5751])
    assert asked[1] != updates[0].point["theta"]


def test_the_averages_of_squares_by_hand() -> None:
    """Slopes 3, then 4: RMSProp with ρ = ¾, ε = ½; AdaDelta with ρ = ½, ε = ½, α = 2; AdaGrad with ε = 1."""
    slopes = iter([3.0, 4.0])
    updates = list(descend(lambda at: {"w": next(slopes)}, {"w": 0}, RMSProp(1.0, decay=0.75, epsilon=0.5), steps=2))
    assert [update.state["w"]["squares"] for update in updates] == [2.25, 5.6875]
    assert [update.point["w"] for update in updates] == pytest.approx([-1.5, -1.5 - 4 / (5.6875**0.5 + 0.5)])

    slopes = iter([3.0, 4.0])
    first, second = descend(lambda at: {"w": next(slopes)}, {"w": 0}, AdaDelta(2.0, decay=0.5, epsilon=0.5), steps=2)
    assert first.point["w"] == pytest.approx(-2 * 3 * (0.5 / 5) ** 0.5)
    assert first.state["w"] == pytest.approx({"squares": 4.5, "moves": 0.45})
    assert second.point["w"] - first.point["w"] == pytest.approx(-2 * 4 * (0.95 / (10.25 + 0.5)) ** 0.5)

    slopes = iter([3.0, 4.0])
    updates = list(descend(lambda at: {"w": next(slopes)}, {"w": 0}, AdaGrad(1.0, epsilon=1.0), steps=2))
    assert [update.point["w"] for update in updates] == pytest.approx([-3 / 4, -3 / 4 - 4 / 6])


def test_adam_by_hand() -> None:
    """Slopes 1, then −1: m = 0.1, then −0.01 with weights that sum to 0.19; v̂ = 1 both times."""
    slopes = iter([1.0, -1.0])
    first, second = descend(lambda at: {"w": next(slopes)}, {"w": 0}, Adam(0.5, epsilon=0), steps=2)
    assert first.point["w"] == pytest.approx(-0.5)
    assert second.state["w"] == pytest.approx({"mean": -0.01, "squares": 0.001999})
    assert second.point["w"] == pytest.approx(-0.5 + 0.5 * 0.01 / 0.19)


def test_pytorch_walks_the_same_way() -> None:
    torch = pytest.importorskip("torch")
    pairs = [
        (GradientDescent(0.1), lambda w: torch.optim.SGD([w], lr=0.1)),
        (Momentum(0.1, decay=0.8), lambda w: torch.optim.SGD([w], lr=0.1, momentum=0.8)),
        (AdaGrad(0.1, accumulated=0.5), lambda w: torch.optim.Adagrad([w], 0.1, 0, 0, 0.5, eps=1e-8)),
        (RMSProp(0.1, decay=0.7), lambda w: torch.optim.RMSprop([w], 0.1, alpha=0.7, eps=1e-8)),
        (AdaDelta(0.5, decay=0.7, epsilon=1e-3), lambda w: torch.optim.Adadelta([w], 0.5, rho=0.7, eps=1e-3)),
        (Adam(0.1, first=0.7, second=0.8), lambda w: torch.optim.Adam([w], 0.1, betas=(0.7, 0.8), eps=1e-8)),
    ]  # fmt: skip
    slopes = np.random.default_rng(0).normal(size=(30, 4))
    for ours, theirs in pairs:
        weights = torch.zeros(4, dtype=torch.float64, requires_grad=True)
        optimizer = theirs(weights)
        rows = iter(slopes)
        updates = descend(lambda at, rows=rows: {"w": next(rows)}, {"w": np.zeros(4)}, ours, steps=30)
        for slope, update in zip(slopes, updates, strict=True):
            weights.grad = torch.tensor(slope)
            optimizer.step()
            np.testing.assert_allclose(update.point["w"], weights.detach().numpy(), rtol=1e-11, atol=1e-13)


# -- laws


@each
def test_an_array_is_its_entries(optimizer: Optimizer) -> None:
    start = np.array([[1.0, -2.0], [0.5, 0.0]])
    whole = descend(lambda at: {"w": np.sinh(at["w"])}, {"w": start}, optimizer, steps=20)
    entries = {f"w{i}": value for i, value in enumerate(start.ravel().tolist())}
    single = descend(lambda at: {key: np.sinh(value) for key, value in at.items()}, entries, optimizer, steps=20)
    for one, other in zip(whole, single, strict=True):
        np.testing.assert_allclose(one.point["w"].ravel(), list(other.point.values()), rtol=1e-13)
        assert all(type(value) is float for value in other.point.values())


@each
def test_an_interrupted_descent_goes_on_to_the_same_numbers(optimizer: Optimizer) -> None:
    def updates(start: Any, steps: int) -> Iterator[Update]:
        return minimize("cosh(x - y) + x^2", start, optimizer, steps=steps)

    whole = list(updates({"x": 1, "y": 3}, 9))
    assert list(updates(whole[3], 5)) == whole[4:]
    if not callable(optimizer.rate):
        assert pickle.loads(pickle.dumps((optimizer, whole))) == (optimizer, whole)


@given(st.floats(1e-3, 1e3), st.lists(st.floats(-10, 10), min_size=1, max_size=8))
def test_what_divides_by_its_own_size_does_not_see_the_scale_of_a_loss(scale: float, slopes: list[float]) -> None:
    assume(all(abs(slope) > 1e-3 for slope in slopes))
    for optimizer in (Adam(0.1, epsilon=0), RMSProp(0.1, epsilon=0), AdaGrad(0.1, epsilon=0)):
        ends = []
        for factor in (1.0, scale):
            rows = iter(slopes)
            updates = descend(lambda at, f=factor, r=rows: {"w": f * next(r)}, {"w": 0.0}, optimizer, steps=len(slopes))
            ends.append(last(updates).point["w"])
        assert ends[0] == pytest.approx(ends[1], rel=1e-9, abs=1e-12)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=20), st.floats(0, 0.99))
def test_a_moving_average_is_its_closed_form(values: list[float], decay: float) -> None:
    *_, end = moving_average(values, decay)
    count = len(values)
    closed = (1 - decay) * sum(decay ** (count - i) * value for i, value in enumerate(values, 1))
    assert end.value == pytest.approx(closed, rel=1e-9, abs=1e-6)
    assert min(values) - 1e-6 <= end.corrected <= max(values) + 1e-6
    assert [average.corrected for average in moving_average([7.0] * 5, decay)] == pytest.approx([7.0] * 5)


# -- what goes in, what comes out, when it stops


def test_precision_shape_and_inputs_are_kept() -> None:
    start = {"w": np.ones((2, 3), np.float32), "b": np.array(2.0), "k": 3}
    for optimizer in EVERY:
        end = last(
            descend(lambda at: {key: np.float64(1) * value for key, value in at.items()}, start, optimizer, steps=3)
        )
        assert end.point["w"].dtype == np.float32 and end.point["w"].shape == (2, 3)
        assert type(end.point["b"]) is type(end.point["k"]) is float
    assert (start["w"] == 1).all() and start["b"] == 2  # nothing is changed in place


def test_a_descent_keeps_its_start_from_changes() -> None:
    start = {"w": np.ones(2)}
    updates = descend(lambda at: at, start, GradientDescent(0.5), steps=1)
    start["w"][:] = 7
    assert last(updates).point["w"].tolist() == [0.5, 0.5]


def test_without_an_epsilon_what_has_no_gradient_stays() -> None:
    for optimizer in (AdaGrad(epsilon=0), RMSProp(epsilon=0), Adam(epsilon=0), AdaDelta(epsilon=0)):
        end = last(
            descend(constant({"w": np.array([0.0, 1.0]), "b": 0.0}), {"w": np.ones(2), "b": 1}, optimizer, steps=3)
        )
        assert end.point["w"][0] == end.point["b"] == 1


def test_when_it_stops() -> None:
    halving = GradientDescent(0.5)
    assert [update.step for update in minimize(BOWL, {"theta": 1}, halving, steps=3)] == [1, 2, 3]
    assert last(minimize(BOWL, {"theta": 1}, halving, steps=99, tolerance=2**-5)).point["theta"] == 2**-6
    assert last(minimize(BOWL, {"theta": 0}, halving, steps=99, tolerance=0)).step == 1  # at rest from the start
    batches = iter([{}] * 5)
    assert last(minimize(BOWL, {"theta": 1}, halving, batches=batches, steps=3)).step == 3
    assert len(list(batches)) == 2  # no batch is taken and not used
    passing = descend(lambda at: {"x": at["x"] - 0.875}, {"x": 1.0}, Momentum(1.0, decay=0.5), steps=2, tolerance=0.01)
    assert last(passing).step == 2


def test_rest_is_not_momentum_passing_through() -> None:
    slopes = iter([1.0, 0.0, 1.0])
    updates = descend(lambda at: {"x": next(slopes)}, {"x": 0.0}, Momentum(0.1), steps=3, tolerance=1e-6)
    assert last(updates).step == 3


def test_a_batch_without_a_slope_is_not_the_end() -> None:
    hinge = "relu(1 - w*x)"
    updates = list(minimize(hinge, {"w": 0.0}, GradientDescent(1.0), batches=[{"x": 2}, {"x": 2}, {"x": -0.5}]))
    assert [update.gradient["w"] for update in updates] == [-2, 0, 0.5]


def test_entries_that_belong_to_no_parameter_are_kept_beside() -> None:
    loss = "(w*x - 6)^2 / 2"
    (update,) = descend(lambda at: cg.gradient(loss, {**at, "x": 2}), {"w": 1}, GradientDescent(0.25), steps=1)
    assert update == Update(1, {"w": 3.0}, {"w": -8.0}, {"w": {}}, {"x": -4.0})


MISUSES: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: descend(dict, {"w": 1}, Adam()), ValueError, "without an end: expected steps= or batches="),
    (lambda: descend(dict, {"w": 1}, "adam", steps=1), TypeError, "expected an optimizer, got 'adam'"),
    (lambda: descend(dict, {}, Adam(), steps=1), TypeError, "start: expected a dict from parameter to number, got {}"),
    (lambda: minimize("w^2", [5], Adam(), steps=1), TypeError, r"start: expected a dict .*, got \[5\]"),
    (lambda: minimize("w^2", {"w": 1}, Adam(), steps=2.5), ValueError, "steps: .* a whole number, got 2.5"),
    (lambda: last(minimize("w*x", {"w": 1}, Adam(), batches={"x": [1]})), TypeError, "expected a dict .* got 'x'"),
    (lambda: mean_gradient("w*x", ["w"])({"w": 1}, {"x": []}), ValueError, r"per example, got shapes x \(0,\)"),
    (
        lambda: mean_gradient("w*x + t", ["w"])({"w": 1}, {"x": np.ones((2, 1)), "t": np.ones(2)}),
        ValueError,
        r"got shapes x \(2, 1\), t \(2,\)\. Flatten",
    ),
    (lambda: Standardization.fit([["tall"]]), ValueError, "a table of numbers, got one that is none: .*'tall'"),
    (lambda: minibatches([1, 2], 1, seed=0), TypeError, "a dict from name to column, got a list"),
    (lambda: minibatches({"x": [1]}, 1, seed=-1), ValueError, "seed: expected a whole number, at least 0, got -1"),
    (lambda: descend(dict, {"w": "one"}, Adam(), steps=1), TypeError, "the parameter 'w': expected a number"),
    (lambda: last(descend(constant({"v": 1}), {"w": 1}, Adam(), steps=1)), ValueError, "lacks 'w': .* got one for v"),
    (
        lambda: last(descend(constant({"w": np.ones(3)}), {"w": np.ones((3, 1))}, Adam(), steps=1)),
        ValueError,
        r"gradient of 'w': expected the shape of the parameter, \(3, 1\), got \(3,\)",
    ),
    (lambda: last(descend(lambda at: (1.0, (2.0,)), {"w": 1}, Adam(), steps=1)), TypeError, "use minimize"),
    (lambda: last(minimize("w^2", {"w": 1}, Adam(), steps=0)), ValueError, "no updates: expected at least one"),
    (lambda: minimize(lambda w: w**2, {"w": [1, 1]}, Adam(), steps=1), TypeError, "with arrays: expected an Expr"),
    (lambda: last(minimize("w*x", {"w": 1}, Adam(), steps=1)), TypeError, "no value for x"),
    (lambda: last(minimize("w*x", {"w": 1}, Adam(), batches=[{"w": 2}])), ValueError, "'w' is a parameter and a col"),
    (
        lambda: descend(dict, last(minimize("w^2", {"w": 1}, Adam(), steps=1)), Momentum(), steps=1),
        ValueError,
        "another optimizer: expected velocity to be remembered of 'w', got mean, squares",
    ),
    (lambda: GradientDescent(-0.1), ValueError, "above 0 or .*, got -0.1. To climb, descend on the negative"),
    (lambda: walk(GradientDescent(lambda step: 2 - step), 3), ValueError, "GradientDescent at step 2: .* got 0"),
    (lambda: Momentum(decay=1.0), ValueError, "decay of Momentum: expected a number from 0 to below 1, got 1.0"),
    (lambda: Adam(second=-0.1), ValueError, "second of Adam"),
    (lambda: AdaGrad(accumulated=-1), ValueError, "accumulated of AdaGrad: .* not below 0"),
    (lambda: moving_average([1.0], 2), ValueError, "decay of a moving average"),
    (lambda: one_hot([0, 3], 3), ValueError, "label 1: expected one of 0 to 2, got 3"),
    (lambda: one_hot(["cow"], ["dog", "cat"]), ValueError, "label 0: expected one of 'dog', 'cat', got 'cow'"),
    (lambda: one_hot([[0]], 3), ValueError, r"one per example, got an array of shape \(1, 1\)"),
    (lambda: one_hot([0], ["a", "a"]), ValueError, "each once"),
    (lambda: one_hot(["a"], "ab"), TypeError, "got the text 'ab'"),
    (lambda: from_one_hot([[0, 1]], 3), ValueError, "expected 3 columns, one per class, got 2"),
    (lambda: from_one_hot([0, 1]), ValueError, "examples × classes"),
    (lambda: from_one_hot([[0, 1], [np.nan, 1]]), ValueError, "row 1: expected numbers, got nan"),
    (lambda: Standardization.fit([[1, 2], [3, np.nan]]), ValueError, "got nan in row 1, column 1. Fill in or drop"),
    (lambda: Standardization.fit([]), ValueError, "at least one example"),
    (lambda: Standardization.fit([1], epsilon=-1), ValueError, "epsilon: expected a finite number not below 0"),
    (lambda: Standardization.fit([[1, 2]]).apply([[1, 2, 3]]), ValueError, r"shape \(2,\) for each example, as fitted"),
    (lambda: Standardization.fit([1]).save("scale.txt"), ValueError, "ends in .json or .npz, got '.txt'"),
    (lambda: minibatches({"x": [1, 2], "t": [1]}, 1, seed=0), ValueError, "in every column, got x 2, t 1"),
    (lambda: minibatches({"x": []}, 1, seed=0), ValueError, "got 'x' without any"),
    (lambda: minibatches({}, 1, seed=0), ValueError, "got no column"),
    (lambda: minibatches({"x": [1]}, 0, seed=0), ValueError, "size: expected a whole number, at least 1, got 0"),
    (lambda: minibatches({"x": [1]}, 1, seed=0, epochs=0), ValueError, "epochs: expected a whole number, at least 1"),
]  # fmt: skip


@pytest.mark.parametrize(("misuse", "kind", "message"), MISUSES, ids=[message[:30] for _, _, message in MISUSES])
def test_misuse_says_what_to_do(misuse: Callable[[], Any], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        misuse()


def test_an_optimizer_is_data() -> None:
    assert repr(Adam()) == "Adam(rate=0.001, first=0.9, second=0.999, epsilon=1e-08)"
    assert Momentum(0.1) == Momentum(0.1) != Nesterov(0.1)
    with pytest.raises(FrozenInstanceError):
        Adam().rate = 1  # type: ignore[misc]


# -- data


def test_golden_standardisation(golden_cases: Cases, tmp_path: Path) -> None:
    case = golden_cases["data_standardise"]
    scale = Standardization.fit(case["inputs"]["x"])
    for file in (tmp_path / "scale.json", tmp_path / "scale.npz"):
        scale.save(file)
        found = Standardization.load(file).apply(case["inputs"]["x"])
        assert dict(zip(("z0", "z1", "z2"), found, strict=True)) == pytest.approx(case["values"], abs=case["tol"])


columns = st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=30)


@given(columns, st.floats(0.01, 100), st.floats(-100, 100))
def test_standardised_columns_have_mean_0_and_variance_1_on_any_scale(
    column: list[float], factor: float, shift: float
) -> None:
    assume(np.ptp(column) > 1e-3)
    z = Standardization.fit(column).apply(column)
    assert z.mean() == pytest.approx(0, abs=1e-6) and z.var() == pytest.approx(1, abs=1e-6)
    moved = -factor * np.array(column) + shift
    np.testing.assert_allclose(Standardization.fit(moved).apply(moved), -z, atol=1e-5)
    np.testing.assert_allclose(Standardization.fit(column).undo(z), column, atol=1e-9)


def test_columns_without_spread_are_shifted_only() -> None:
    data = np.array([[0.1, 1.0], [0.1, 2.0], [0.1, 3.0]])  # whose mean in floats is 0.10000000000000002
    scale = Standardization.fit(data)
    assert scale.deviation[0] == 0 and (scale.apply(data)[:, 0] == 0).all()
    assert scale.apply([[1.1, 2.0]]).tolist() == [[1.0, 0.0]]
    np.testing.assert_allclose(scale.undo(scale.apply(data)), data)
    small = Standardization.fit([5.0, 5.0], epsilon=0.25)
    assert small.apply([5.0, 6.0]).tolist() == [0.0, 2.0]
    for size in (1e-200, 1e200):  # squares would vanish or overflow
        np.testing.assert_allclose(Standardization.fit([0, size]).apply([0, size]), [-1, 1])


def test_a_scale_is_saved_to_the_last_bit(tmp_path: Path) -> None:
    data = np.random.default_rng(1).normal(size=(7, 3)) / 3
    scale = Standardization.fit(data)
    for ending in ("json", "npz"):
        first, second = tmp_path / f"a.{ending}", tmp_path / f"b.{ending}"
        scale.save(first)
        loaded = Standardization.load(first)
        assert (loaded.mean == scale.mean).all() and (loaded.deviation == scale.deviation).all()
        assert (loaded.apply(data[:2]) == scale.apply(data)[:2]).all()
        loaded.save(second)
        assert first.read_bytes() == second.read_bytes()
    assert scale.apply(data.astype(np.float32)).dtype == np.float32


@pytest.mark.parametrize(
    "text", ["", "[]", '{"mean": 1}', '{"mean": [1], "deviation": 1}', '{"mean": 1, "deviation": -1}']
)
def test_a_file_that_is_none_says_so(tmp_path: Path, text: str) -> None:
    (tmp_path / "scale.json").write_text(text)
    with pytest.raises(ValueError, match=r"scale\.json: expected"):
        Standardization.load(tmp_path / "scale.json")


@given(st.lists(st.sampled_from("abcd")))
def test_one_hot_and_back(labels: list[str]) -> None:
    rows = one_hot(labels, list("dcba"))
    assert rows.shape == (len(labels), 4) and (rows.sum(axis=1) == 1).all()
    assert from_one_hot(rows, list("dcba")).tolist() == labels
    assert from_one_hot(rows[:, ::-1]).tolist() == ["abcd".index(label) for label in labels]


@given(st.integers(1, 40), st.integers(1, 50), st.integers(0, 1000), st.integers(1, 3))
def test_every_example_comes_once_in_every_epoch(count: int, size: int, seed: int, epochs: int) -> None:
    data = {"row": np.arange(count), "double": 2 * np.arange(count), "image": np.arange(count * 4).reshape(count, 2, 2)}
    batches = list(minibatches(data, size, seed=seed, epochs=epochs))
    per_epoch = -(-count // size)
    assert len(batches) == per_epoch * epochs
    for epoch in range(epochs):
        own = batches[epoch * per_epoch : (epoch + 1) * per_epoch]
        assert sorted(np.concatenate([batch["row"] for batch in own]).tolist()) == list(range(count))
        assert all(len(batch["row"]) == size for batch in own[:-1])
    for batch in batches:  # columns stay together
        assert (batch["double"] == 2 * batch["row"]).all() and (batch["image"][:, 0, 0] == 4 * batch["row"]).all()


def test_batches_are_those_of_their_seed_and_differ_by_epoch() -> None:
    def order(seed: int, epochs: int = 1) -> list[int]:
        return [int(batch["x"][0]) for batch in minibatches({"x": range(50)}, 1, seed=seed, epochs=epochs)]

    assert order(3) == order(3) != order(4)
    twice = order(3, epochs=2)
    assert twice[:50] == order(3) != twice[50:]


# -- all of it together


def test_logistic_regression_on_minibatches(tmp_path: Path) -> None:
    """200 points in two clouds, each coordinate on a scale of its own; held against Newton's method."""
    rng = np.random.default_rng(7)
    labels = rng.choice([-1.0, 1.0], size=200)
    points = (rng.normal(size=(200, 2)) + labels[:, None] * [1.0, -0.8]) * [1000.0, 0.01] + [500.0, 3.0]
    scale = Standardization.fit(points[:150])
    z = scale.apply(points)
    data = {"x": z[:150, 0], "y": z[:150, 1], "t": labels[:150]}
    loss = "softplus(-t*(u*x + v*y + b)) + 0.01*(u^2 + v^2)"
    start = {"u": 0.0, "v": 0.0, "b": 0.0}

    design, weights = np.column_stack([z[:150], np.ones(150)]), np.zeros(3)
    penalty = np.diag([0.02, 0.02, 0])
    for _ in range(20):  # Newton, on ln(1 + exp(−t·z)) by hand
        miss = 1 / (1 + np.exp(data["t"] * (design @ weights)))
        slope = -design.T @ (data["t"] * miss) / 150 + penalty @ weights
        curvature = design.T @ (design * (miss * (1 - miss))[:, None]) / 150 + penalty
        weights -= np.linalg.solve(curvature, slope)

    full = last(minimize(loss, start, Nesterov(0.5), batches=repeat(data), steps=2000, tolerance=1e-11))
    assert full.step < 2000
    np.testing.assert_allclose(list(full.point.values()), weights, rtol=1e-8)

    batches = minibatches(data, 15, seed=0, epochs=60)
    updates = minimize(loss, start, GradientDescent(lambda step: 2 / (1 + 0.02 * step)), batches=batches)
    end = last(updates)
    assert end.step == 600
    np.testing.assert_allclose(list(end.point.values()), weights, atol=0.06)
    u, v, b = end.point.values()
    assert (np.sign(z[150:] @ [u, v] + b) == labels[150:]).mean() >= 0.86


def test_updates_come_one_by_one() -> None:
    updates = minimize(BOWL, {"theta": 1}, Adam(), steps=10**12)
    assert [update.step for update in islice(updates, 3)] == [1, 2, 3]

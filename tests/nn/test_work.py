"""Real work: digits, regression as scikit-learn has it, a memory, a hyperparameter; and figures and counts of it."""

from __future__ import annotations

import importlib.util
import re
import runpy
import tracemalloc
from itertools import repeat
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import compgraph as cg
from compgraph import nn

EXAMPLES = Path(__file__).parent.parent.parent / "examples"


def example(name: str) -> ModuleType:
    if not EXAMPLES.exists():
        pytest.skip("installed without its examples")
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("name", "epochs", "least"), [("digits", 20, 0.96), ("digits_convolution", 3, 0.96)])
def test_digits(
    name: str, epochs: int, least: float, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As a person runs it, but for fewer epochs than it takes by itself."""
    pytest.importorskip("sklearn")
    file = EXAMPLES / f"{name}.py"
    if not file.exists():
        pytest.skip("installed without its examples")
    monkeypatch.setattr("sys.argv", [str(file), "--epochs", str(epochs)])
    runpy.run_path(str(file), run_name="__main__")
    last_line = capsys.readouterr().out.splitlines()[-1]
    found = re.fullmatch(r"test accuracy (0\.\d{4})", last_line)
    assert found and float(found[1]) >= least, last_line


def test_the_readme_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    text = (Path(nn.__file__).parent / "README.md").read_text("utf-8")
    (code,) = re.findall(r"^```python\n(.*?)^```", text, flags=re.S | re.M)
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    images = rng.normal(size=(60, 64))
    labels = nn.one_hot(images[:, :10].argmax(1), 10)
    given = {"images": images[:40], "labels": labels[:40], "others": images[40:], "theirs": labels[40:]}
    exec(code, given)
    assert given["trained"].history[-1]["loss"] < 1  # of log 10 = 2.3 at the start
    assert (tmp_path / "run.npz").exists()


def test_a_recurrent_network_remembers_the_first_bit() -> None:
    memory = example("memory")
    trained = memory.train(25)
    assert trained.history[-1]["accuracy"] == 1.0
    assert trained.history[0]["accuracy"] < 0.9
    bits = memory.sequences(20, seed=7)
    flipped = {**bits, "x": np.hstack([bits["x"][:, :1], -bits["x"][:, 1:]])}  # what came later does not matter
    assert ((trained(x=bits["x"])["y"] > 0) == (trained(x=flipped["x"])["y"] > 0)).all()


def test_logistic_regression_has_the_coefficients_of_scikit_learn() -> None:
    """569 tumours, 30 measures of each, an L2 penalty: by Nesterov's momentum, to the last digits."""
    datasets = pytest.importorskip("sklearn.datasets")
    from sklearn.linear_model import LogisticRegression

    data = datasets.load_breast_cancer()
    x, t = nn.Standardization.fit(data.data).apply(data.data), data.target.astype(float)
    theirs = LogisticRegression(C=1.0, tol=1e-10, solver="newton-cholesky").fit(x, t)

    w = cg.Variable("w")
    z = cg.Variable("x") @ w + cg.Variable("b")
    loss = np.sum(cg.softplus(z) - cg.Variable("t") * z) + nn.l2(w) / 2
    start, optimizer = {"w": np.zeros(30), "b": 0.0}, nn.Nesterov(1 / 1900, decay=0.95)
    end = nn.last(nn.minimize(loss, start, optimizer, batches=repeat({"x": x, "t": t}), steps=3000, tolerance=1e-8))
    assert end.step < 3000
    np.testing.assert_allclose(end.point["w"], theirs.coef_[0], atol=1e-7)
    assert end.point["b"] == pytest.approx(theirs.intercept_[0], abs=1e-7)


# -- an outer problem and an inner one


def test_the_derivative_through_a_fit_is_that_of_the_normal_equations() -> None:
    ridge = example("ridge")
    loss = ridge.held_out_error()
    for s in (-5.0, -3.8, -2.0, 0.5):  # at −3.8 the last bits of the iteration never settle
        solution = cg.solve(loss, at={"s": s})
        slope = (ridge.closed_form(s + 1e-5) - ridge.closed_form(s - 1e-5)) / 2e-5
        assert solution.values[solution.outputs[0]] == pytest.approx(ridge.closed_form(s), rel=1e-10)
        assert solution.gradient["s"] == pytest.approx(slope, rel=1e-6)
    assert cg.check_gradient(loss, {"s": -1.0}).ok


def test_the_regularisation_that_held_out_data_ask_for() -> None:
    ridge = example("ridge")
    end = nn.last(nn.minimize(ridge.held_out_error(), {"s": -4.0}, nn.Adam(0.2), steps=150, tolerance=1e-5))
    grid = np.linspace(-6, 3, 901)
    best = grid[np.argmin([ridge.closed_form(s) for s in grid])]
    assert end.point["s"] == pytest.approx(best, abs=0.01)


def test_no_iteration_of_the_inner_problem_is_kept() -> None:
    """Ten times as many iterations, the same memory."""
    ridge = example("ridge")

    def peak(rate: float) -> float:
        loss = ridge.held_out_error(rate)
        cg.solve(loss, at={"s": -1.0})
        tracemalloc.start()
        cg.solve(loss, at={"s": -2.0})
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return size

    assert peak(0.02) < 1.2 * peak(0.2) + 10_000


# -- how many operations


@pytest.mark.parametrize(("inputs", "units"), [(784, 128), (1, 1), (3, 7), (64, 10)])
def test_a_dense_layer_takes_2mn_operations(inputs: int, units: int, golden_cases: Any) -> None:
    """Of arrays, in either order of the product, for a batch, and entry by entry."""
    x = cg.Variable("x", shape=inputs)
    z = nn.dense(nn.Draft(), x, inputs, units, "tanh")
    bare = nn.dense(nn.Draft(), x, inputs, units, bias=False)
    assert nn.flops(bare).flops == 2 * units * inputs - units
    assert nn.flops(z).flops == 2 * units * inputs
    assert nn.flops(z).activations == units
    assert nn.flops(cg.Variable("A", shape=(units, inputs)) @ x).flops == 2 * units * inputs - units
    batch = nn.dense(nn.Draft(), cg.Variable("x"), inputs, units)
    assert nn.flops(batch, {"x": (32, inputs)}).flops == 32 * 2 * units * inputs
    if inputs == 784:
        values = golden_cases["flops_dense"]["values"]
        assert (nn.flops(bare).flops, nn.flops(z).flops) == (values["total_nobias"], values["total_bias"])
    else:
        zoomed = nn.flops(cg.trace(cg.scalarize({"h": z})))
        assert (zoomed.flops, zoomed.activations) == (2 * units * inputs, units)


def test_counts_of_a_network_node_by_node() -> None:
    def build(draft: nn.Draft, x: Any) -> dict[str, Any]:
        h = cg.max_pool2d(nn.convolution(draft, x, 1, 4, "relu", size=3))
        return {"y": nn.dense(draft, np.reshape(h, (-1, 36)), 36, 10)}

    network = nn.network(build)
    count = nn.flops(network.test, {"x": (5, 1, 8, 8)})
    by_name = {one.operation: one for one in count.nodes}
    assert by_name["conv2d"].shape == (5, 4, 6, 6)
    assert by_name["conv2d"].flops == 5 * 4 * 36 * (2 * 9 - 1)
    assert by_name["relu"] == ("h1", "relu", (5, 4, 6, 6), 0, 5 * 4 * 36)
    assert by_name["max_pool2d"].flops == 5 * 4 * 9 * 3
    assert by_name["matmul"].flops == 5 * 10 * (2 * 36 - 1)
    assert count.flops == sum(one.flops for one in count.nodes)
    assert str(count).splitlines()[0].split() == ["node", "operation", "shape", "flops", "activations"]
    at = {**network.parameters, "x": np.ones((5, 1, 8, 8))}
    assert nn.flops(cg.solve(network.test, at=at)) == count  # of shapes or of values, the same


# -- figures


def test_figures(golden_cases: Any) -> None:
    pytest.importorskip("matplotlib")
    history = [{"epoch": i, "loss": 1 / i, "held_out": 2 / i, "accuracy": 1 - 0.5 / i} for i in range(1, 6)]
    losses, measures = nn.loss_curves(history).axes
    assert [line.get_label() for line in losses.lines] == ["training", "held out"]
    assert losses.lines[1].get_ydata().tolist() == [2 / i for i in range(1, 6)]
    assert measures.lines[0].get_label() == "accuracy"
    assert len(nn.loss_curves([{"epoch": 1, "loss": 2.0}]).axes) == 1

    figure = nn.learning_rates("theta^2 / 2", {"theta": 1}, [2.1, 1.9, 0.1], steps=30)
    assert [panel.get_title() for panel in figure.axes] == [
        "α = 2.1: diverges", "α = 1.9: oscillates", "α = 0.1: falls steadily"
    ]  # fmt: skip
    walked = figure.axes[2].lines[1].get_xdata()
    np.testing.assert_allclose(walked, 0.9 ** np.arange(31), rtol=1e-12)

    case = golden_cases["nielsen_vanishing"]
    gradients = cg.solve("\n".join(case["assignments"]), at=case["inputs"]).gradient
    (panel,) = nn.gradient_norms({f"b{k}": gradients[f"b{k}"] for k in range(1, 5)}).axes
    heights = [bar.get_height() for bar in panel.patches]
    assert heights == pytest.approx([case["grads"][f"b{k}"] for k in range(1, 5)]) and panel.get_yscale() == "log"


def test_figures_of_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one epoch, got none"):
        nn.loss_curves([])
    with pytest.raises(ValueError, match="at least one gradient, got none"):
        nn.gradient_norms({})
    with pytest.raises(ValueError, match="expected one parameter, got 2"):
        nn.learning_rates("x + y", {"x": 0, "y": 0}, [0.1])

"""Networks as the lectures have them: each item of networks, activations, regularisation and optimisation by name.

`ITEMS` says which test shows what; those of optimizers and data are in ``tests/test_nn.py``.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import compgraph as cg
from compgraph import nn

Cases = Mapping[str, dict[str, Any]]

#: Item → where it is tested.
ITEMS = {
    "57 logistic regression, the likelihood of lectures": "test_logistic_regression_as_a_likelihood",
    "58 a network with one hidden layer, α and β": "test_a_network_with_one_hidden_layer",
    "59 the derivative of the sigmoid": "test_the_sigmoid_is_stable_everywhere",
    "60 stochastic gradient descent, Mazur's network": "test_mazurs_network_learns",
    "61 a dense layer, as arrays and as neurons": "test_a_dense_layer_is_its_neurons",
    "62 several hidden layers": "test_the_gradient_vanishes_through_four_layers",
    "63 the equations of Rumelhart, Hinton and Williams": "test_deltas_are_sums_over_successors",
    "64 the matrix form": "test_the_matrix_form",
    "65 Jacobians in the chain rule": "test_the_jacobian_of_a_composite_is_a_product",
    "66 the shape rule, broadcasting": "test_a_bias_that_is_broadcast_gets_the_sum_over_the_batch",
    "67 grouping of products": "test_grouping_changes_the_cost_and_not_the_result",
    "68 the error of a neuron": "test_the_error_of_a_neuron",
    "69 bias as the weight of a constant 1": "test_a_bias_is_the_weight_of_a_constant_1",
    "70 the error parabola of a linear neuron": "test_the_error_parabola_touches_the_axis",
    "71 the update": "test_golden_update",
    "72 losses are means over examples": "test_the_gradient_of_a_batch_is_the_mean_over_its_examples",
    "73 shared weights": "test_weights_can_be_shared",
    "74 paths through the next layer": "test_deltas_are_sums_over_successors",
    "75 second derivatives": "test_gauss_newton_where_the_residual_is_0",
    "76–81 activations": "test_golden_activations",
    "80 activations that learn": "test_prelu_learns_on_its_branch",
    "82 gradient flow": "test_the_gradient_vanishes_through_four_layers",
    "83 penalties": "test_a_penalty_as_in_the_book",
    "84 dropout": "test_golden_dropout",
    "85 batch normalisation in training": "test_golden_batch_normalisation",
    "86 batch normalisation at test": "test_batch_normalisation_at_test_is_affine",
    "87 losses": "test_a_loss_is_that_of_pytorch",
    "88 one-hot": "test_two_layers_and_classes",
    "89 standardisation": "test_golden_standardisation",
    "90 overfitting": "test_overfitting",
    "91 universal approximation": "test_universal_approximation",
    "92 decreasing rates": "test_logistic_regression_on_minibatches",
    "93 minibatches": "test_golden_update",
    "94 high and low rates": "test_high_and_low_learning_rates",
    "95–101 optimizers": "test_no_golden_case_of_kind_update_is_left_out",
}


def test_every_item_has_its_test() -> None:
    folder = Path(__file__).parent
    files = [*folder.glob("test_*.py"), *folder.parent.glob("test_nn*.py")]
    trees = [ast.parse(file.read_text("utf-8")) for file in files]
    names = {node.name for tree in trees for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    assert set(ITEMS.values()) <= names


def test_no_golden_case_of_these_kinds_is_left_out(golden_cases: Cases) -> None:
    kinds = {identifier for identifier, case in golden_cases.items() if case["kind"] in ("layer", "stability")}
    shown = "".join(file.read_text("utf-8") for file in (Path(__file__), Path(__file__).parent.parent / "test_nn.py"))
    assert kinds and all(f'golden_cases["{identifier}"]' in shown for identifier in kinds)


def golden(case: Mapping[str, Any], of: Mapping[str, cg.Expression], at: Mapping[str, Any]) -> cg.Solution:
    """The solution of a graph of ours; its values are compared by name where the case has the same."""
    solution = cg.solve(of, at=at)
    for name, value in solution.values.items():
        if name in case["values"] and not np.ndim(value):
            assert value == pytest.approx(case["values"][name], rel=1e-12), name
    return solution


# -- single neurons and small networks


def test_logistic_regression_as_a_likelihood(golden_cases: Cases) -> None:
    case = golden_cases["gormley_logreg"]
    x = [cg.Variable(f"x{i}") for i in range(3)]
    weights = [cg.Variable(f"t{i}") for i in range(3)]  # the bias has j = 0 and x₀ = 1
    a = sum(w * one for w, one in zip(weights, x, strict=True)).named("a")  # type: ignore[union-attr] # not the number 0
    y = cg.sigmoid(a).named("y")
    s = golden(case, {"J": nn.log_likelihood(y, cg.Variable("ystar"))}, case["inputs"])
    assert s.gradient == pytest.approx(case["grads"], rel=1e-12)
    assert s.derivatives["a"] == pytest.approx(case["inputs"]["ystar"] - case["values"]["y"], rel=1e-12)


def gormley(bias: Any) -> dict[str, Any]:
    x = [cg.Variable("x1"), cg.Variable("x2")]
    z = nn.neurons(x, 2, weights="α", bias=bias)
    y = nn.neurons(z, 1, weights="β", sums="b", outputs="y", bias=bias)
    return {"y": y[0], "J": nn.half_squares(y, [cg.Variable("t")])}


def gormley_point(case: Mapping[str, Any]) -> dict[str, float]:
    given = case["inputs"]
    names = {**{f"α{j}{i}": f"a{j}{i}" for j in (1, 2) for i in range(3)}, **{f"β{j}": f"b{j}" for j in range(3)}}
    return {**{ours: given[theirs] for ours, theirs in names.items()}, "x1": given["x1"], "x2": given["x2"],
            "t": given["ystar"]}  # fmt: skip


def test_a_network_with_one_hidden_layer(golden_cases: Cases) -> None:
    case = golden_cases["gormley_nn"]
    s = golden(case, gormley("constant"), gormley_point(case))
    for j in (1, 2):
        for i in range(3):
            assert s.gradient[f"α{j}{i}"] == pytest.approx(case["grads"][f"a{j}{i}"], rel=1e-12)
    assert s.gradient["β2"] == pytest.approx(case["grads"]["b2"], rel=1e-12)
    assert s.values["a1"] == pytest.approx(case["values"]["A1"]) and s.values["b"] == pytest.approx(case["values"]["b"])


def test_a_bias_is_the_weight_of_a_constant_1(golden_cases: Cases) -> None:
    at = gormley_point(golden_cases["gormley_nn"])
    constant, separate = (cg.solve(gormley(bias), at=at) for bias in ("constant", "separate"))
    assert constant.gradient.keys() == separate.gradient.keys()
    assert constant.gradient == pytest.approx(separate.gradient, rel=1e-14)
    assert cg.solve(gormley(None), at={k: v for k, v in at.items() if k[-1] != "0"}).values["J"] > 0


def test_indices_are_told_apart() -> None:
    x = [cg.Variable(f"x{i}") for i in range(1, 12)]
    graph = cg.trace(nn.half_squares(nn.neurons(x, 12, bias=None), [0] * 12))
    weights = [name for name in graph.graph["inputs"] if name[0] == "w"]
    assert len(weights) == 12 * 11 and {"w1_11", "w11_1", "w12_11"} <= set(weights)


def test_the_sigmoid_is_stable_everywhere() -> None:
    x = np.array([-1000.0, -40.0, 0.0, 40.0, 1000.0])
    found = nn.loss_gradient(np.sum(cg.sigmoid(cg.Variable("x"))), ["x"])({"x": x})
    np.testing.assert_allclose(found["x"], [0, np.exp(-40), 0.25, np.exp(-40), 0], rtol=1e-12)
    y = cg.sigmoid(x)
    assert (y >= 0).all() and y[0] == 0 and y[-1] == 1 and y[2] == 0.5


def test_a_dense_layer_is_its_neurons() -> None:
    """2 × 3: arrays, neurons, and the arrays taken apart have the same gradients; each weight is on its edge."""
    rng = np.random.default_rng(0)
    W, b, x = rng.normal(size=(2, 3)), rng.normal(size=3), rng.normal(size=2)
    draft = nn.Draft()
    of_arrays = {"J": np.sum(nn.dense(draft, cg.Variable("x", shape=2), 2, 3, "tanh") ** 2)}
    at = {"x": x, "W1": W, "b1": b}
    whole = cg.solve(of_arrays, at=at).gradient

    inputs = [cg.Variable("x1"), cg.Variable("x2")]
    named = {f"w{j + 1}{i + 1}": W[i, j] for i in range(2) for j in range(3)}
    point = {"x1": x[0], "x2": x[1], **named, **{f"w{j + 1}0": b[j] for j in range(3)}}
    s = cg.solve({"J": nn.sum_squares(nn.neurons(inputs, 3, activation=np.tanh), [0, 0, 0])}, at=point)
    for i in range(2):
        assert s.gradient[f"x{i + 1}"] == pytest.approx(whole["x"][i], rel=1e-12)
        for j in range(3):
            assert s.gradient[f"w{j + 1}{i + 1}"] == pytest.approx(whole["W1"][i, j], rel=1e-12)
            assert s.statements.partials[f"x{i + 1}", f"a{j + 1}", 0] == W[i, j]

    entries = cg.solve(cg.scalarize(of_arrays), at=cg.entries(at)).gradient
    assert entries["W1[1,2]"] == pytest.approx(whole["W1"][1, 2], rel=1e-12)


def deep(layers: int) -> dict[str, Any]:
    """A chain of single neurons, as text would name them."""
    a: Any = cg.Variable("a0")
    for k in range(1, layers + 1):
        (a,) = [cg.sigmoid((cg.Variable(f"w{k}") * a + cg.Variable(f"b{k}")).named(f"z{k}")).named(f"a{k}")]
    return {"C": nn.half_squares([a], [cg.Variable("y")])}


def test_the_gradient_vanishes_through_four_layers(golden_cases: Cases) -> None:
    case = golden_cases["nielsen_vanishing"]
    s = golden(case, deep(4), case["inputs"])
    assert s.gradient == pytest.approx(case["grads"], rel=1e-12)
    slopes = [s.partials[f"z{k}", f"a{k}", 0] for k in range(1, 5)]
    assert all(0 < slope <= 0.25 for slope in slopes)  # what each layer lets through, on its edge
    path = s.paths("b1", "C")
    assert path.count == 1 and path.total == pytest.approx(case["grads"]["b1"], rel=1e-12)
    biases = [s.gradient[f"b{k}"] for k in range(1, 5)]
    assert all(earlier < later / 4 for earlier, later in pairwise(biases))


def test_deltas_are_sums_over_successors() -> None:
    """δᵢ = f'(aᵢ)·Σⱼ wⱼᵢ·δⱼ at every hidden unit, and ∂E/∂wⱼᵢ = δⱼ·zᵢ."""
    rng = np.random.default_rng(1)
    x = [cg.Variable("x1"), cg.Variable("x2")]
    h = nn.neurons(x, 3, weights="u", sums="p", outputs="h")
    y = nn.neurons(h, 2, weights="v", sums="q", outputs="y")
    E = {"E": nn.half_squares(y, [0.3, 0.6])}
    s = cg.solve(E, at={name: rng.normal() for name in cg.trace(E).graph["inputs"]})
    value, delta = s.values, s.derivatives
    for j in (1, 2):
        y_j = value[f"y{j}"]
        assert delta[f"q{j}"] == pytest.approx((y_j - (0.3, 0.6)[j - 1]) * y_j * (1 - y_j), rel=1e-12)
    for i in (1, 2, 3):
        h_i = value[f"h{i}"]
        outgoing = sum(value[f"v{j}{i}"] * delta[f"q{j}"] for j in (1, 2))
        assert delta[f"h{i}"] == pytest.approx(outgoing, rel=1e-12)
        assert delta[f"p{i}"] == pytest.approx(h_i * (1 - h_i) * outgoing, rel=1e-12)
        for j in (1, 2):
            assert delta[f"v{j}{i}"] == pytest.approx(delta[f"q{j}"] * h_i, rel=1e-12)
            assert s.statements.paths(f"h{i}", f"q{j}").total == value[f"v{j}{i}"]


def test_the_error_of_a_neuron(golden_cases: Cases) -> None:
    case = golden_cases["mazur"]
    i = [cg.Variable("i1"), cg.Variable("i2")]
    h = nn.neurons(i, 2, weights="u", sums="net_h", outputs="out_h")
    o = nn.neurons(h, 2, weights="v", sums="net_o", outputs="out_o")
    given = case["inputs"]
    weights = {"u11": "w1", "u12": "w2", "u21": "w3", "u22": "w4", "v11": "w5", "v12": "w6", "v21": "w7", "v22": "w8",
               "u10": "b1", "u20": "b1", "v10": "b2", "v20": "b2"}  # fmt: skip
    at = {"i1": given["i1"], "i2": given["i2"], **{ours: given[theirs] for ours, theirs in weights.items()}}
    s = golden(case, {"E": nn.half_squares(o, [given["t1"], given["t2"]])}, at)
    assert s.derivatives["net_o1"] == pytest.approx(0.138498562, abs=5e-10)
    for ours, theirs in weights.items():
        if theirs[0] == "w":
            assert s.gradient[ours] == pytest.approx(case["grads"][theirs], rel=1e-12)
    assert s.gradient["u10"] + s.gradient["u20"] == pytest.approx(case["grads"]["b1"], rel=1e-12)
    # without the loss the network is the same
    net = cg.solve({one.name: one for one in o}, at=at, of="out_o1")
    assert net.values["out_o2"] == s.values["out_o2"]


def test_the_error_parabola_touches_the_axis(golden_cases: Cases) -> None:
    case = golden_cases["wiki_backprop_parabola"]
    y = nn.neurons([cg.Variable("x1"), cg.Variable("x2")], 1, sums="y", outputs="o", activation=None, bias=None)
    s = golden(case, {"E": nn.sum_squares(y, [cg.Variable("t")])}, case["inputs"])
    assert s.gradient == pytest.approx(case["grads"], rel=1e-12)
    loss = {"E": nn.sum_squares(y, [0.0])}
    errors = [cg.solve(loss, at={"x1": 1, "x2": 1, "w1": w, "w2": -0.1}).values["E"] for w in (-0.2, 0.1, 0.4)]
    assert errors == pytest.approx([0.09, 0, 0.09])
    fixed = [{"x1": 1.0, "x2": 1.0, "w2": -0.1}] * 60
    end = nn.last(nn.minimize(loss["E"], {"w1": 0.3}, nn.GradientDescent(0.2), batches=fixed))
    assert end.point["w1"] == pytest.approx(0.1, abs=1e-9)


# -- arrays


def test_the_matrix_form() -> None:
    """δˡ⁻¹ = f'∘(δˡ Wᵀ), ∂J/∂Wˡ = (aˡ⁻¹)ᵀ δˡ, examples in rows, on three layers by hand."""
    rng = np.random.default_rng(2)
    sizes = [3, 5, 4, 2]
    x, t = rng.normal(size=(7, 3)), rng.normal(size=(7, 2))

    def build(draft: nn.Draft, x: Any, t: Any) -> dict[str, Any]:
        for n, m in pairwise(sizes):
            x = nn.dense(draft, x, n, m, "tanh")
        return {"J": nn.half_squares(x, t)}

    network = nn.network(build)
    p = network.parameters
    found = nn.loss_gradient(network.training, p)(p, {"x": x, "t": t})
    activations = [x]
    for k in (1, 2, 3):
        activations.append(np.tanh(activations[-1] @ p[f"W{k}"] + p[f"b{k}"]))
    delta = (activations[3] - t) / 7 * (1 - activations[3] ** 2)
    for k in (3, 2, 1):
        np.testing.assert_allclose(found[f"W{k}"], activations[k - 1].T @ delta, rtol=1e-12, atol=1e-16)
        np.testing.assert_allclose(found[f"b{k}"], delta.sum(0), rtol=1e-12, atol=1e-16)
        delta = (delta @ p[f"W{k}"].T) * (1 - activations[k - 1] ** 2)
    s = cg.solve(network.training, at={**p, "x": x, "t": t})
    np.testing.assert_allclose(s.derivatives["h1"] * (1 - s.values["h1"] ** 2), s.derivatives["z1"], rtol=1e-12)


def test_the_jacobian_of_a_composite_is_a_product() -> None:
    rng = np.random.default_rng(3)
    draft = nn.Draft()
    f = nn.dense(draft, cg.Variable("x"), 3, 4, "tanh")
    g = nn.dense(draft, f, 4, 2, "sigmoid")
    at = {**draft.parameters, "x": rng.normal(size=3)}
    s = cg.solve(g, at=at, wrt="x")
    inner = cg.solve(f, at={k: at[k] for k in ("x", "W1", "b1")}, wrt="x")
    outer, first, whole = s.derivatives["h1"].matrix(), inner.derivatives["x"].matrix(), s.derivatives["x"].matrix()
    assert (outer.shape, first.shape, whole.shape) == ((2, 4), (4, 3), (2, 3))
    np.testing.assert_allclose(outer @ first, whole, rtol=1e-12)


def test_a_bias_that_is_broadcast_gets_the_sum_over_the_batch() -> None:
    rng = np.random.default_rng(4)
    c = rng.normal(size=(6, 3))
    b = cg.Variable("b")
    loss = np.sum((cg.Variable("x") @ cg.Variable("W") + b) * c)
    at = {"x": rng.normal(size=(6, 2)), "W": rng.normal(size=(2, 3)), "b": np.zeros(3)}
    found = nn.loss_gradient(loss, at)(at)
    np.testing.assert_allclose(found["b"], c.sum(0), rtol=1e-12)
    assert all(np.shape(found[name]) == np.shape(at[name]) for name in at)
    with pytest.raises(ValueError, match=r"\(6, 3\) and \(2,\)"):
        nn.loss_gradient(loss, at)({**at, "b": np.zeros(2)})


def test_grouping_changes_the_cost_and_not_the_result() -> None:
    A, B, v = cg.Variable("A", shape=(30, 20)), cg.Variable("B", shape=(20, 40)), cg.Variable("v", shape=40)
    left, right = {"y": (A @ B) @ v}, {"y": A @ (B @ v)}
    assert nn.flops(left).flops == 30 * 40 * (2 * 20 - 1) + 30 * (2 * 40 - 1)
    assert nn.flops(right).flops == 20 * (2 * 40 - 1) + 30 * (2 * 20 - 1)
    rng = np.random.default_rng(5)
    at = {"A": rng.normal(size=(30, 20)), "B": rng.normal(size=(20, 40)), "v": rng.normal(size=40)}
    np.testing.assert_allclose(nn.evaluation(left)(at)["y"], nn.evaluation(right)(at)["y"], rtol=1e-11)


def test_the_gradient_of_a_batch_is_the_mean_over_its_examples() -> None:
    rng = np.random.default_rng(6)
    x, t = rng.normal(size=(5, 4)), np.eye(3)[[0, 2, 1, 1, 0]]

    def build(draft: nn.Draft, x: Any, t: Any) -> dict[str, Any]:
        return {"J": nn.softmax_cross_entropy(nn.dense(draft, nn.dense(draft, x, 4, 6, "gelu"), 6, 3), t)}

    network = nn.network(build)
    gradient = nn.loss_gradient(network.training, network.parameters)
    whole = gradient(network.parameters, {"x": x, "t": t})
    ones = [gradient(network.parameters, {"x": x[i : i + 1], "t": t[i : i + 1]}) for i in range(5)]
    for name in whole:
        np.testing.assert_allclose(whole[name], np.mean([one[name] for one in ones], axis=0), rtol=1e-11, atol=1e-16)


def test_gauss_newton_where_the_residual_is_0() -> None:
    """Least squares, a target that is met: the Hessian is JᵀJ, J being the gradient of the output."""
    rng = np.random.default_rng(7)
    (y,) = nn.neurons(nn.neurons([cg.Variable("x1")], 2), 1, weights="v", sums="b", outputs="y")
    at = {name: rng.normal() for name in cg.trace(y).graph["inputs"]}
    s = cg.solve(y, at=at)
    weights = [name for name in at if name != "x1"]
    hessian = cg.hessian(nn.half_squares([y], [s.values[s.outputs[0]]]), at, wrt=weights)
    for p in weights:
        for q in weights:
            assert hessian[p, q] == pytest.approx(s.gradient[p] * s.gradient[q], rel=1e-9, abs=1e-15)


# -- activations


def softplus_of_the_slide(x: Any) -> Any:
    return cg.softplus(-x)


ACTIVATED: dict[str, Callable[..., Any]] = {
    "ag_swish": lambda x, b: cg.swish(x, b),
    "ag_softplus_std": cg.softplus,
    "ag_softplus_slide": softplus_of_the_slide,
    "ag_elu_neg": lambda x, al: cg.elu(x, al),
    "ag_mish": cg.mish,
    "ag_relu_combo": lambda x, al: cg.prelu(x, al),
    "autograd_tanh": np.tanh,
}


@pytest.mark.parametrize("identifier", ACTIVATED)
def test_golden_activations(identifier: str, golden_cases: Cases) -> None:
    """Our own rows against what the cases write out in elementary functions; on numbers, and in an array."""
    case = golden_cases[identifier]
    at, (output,) = case["inputs"], case["outputs"]
    y = ACTIVATED[identifier](*map(cg.Variable, at))
    s = cg.solve({output: y}, at=at)
    assert s.values[output] == pytest.approx(case["values"][output], rel=1e-12)
    assert s.gradient == pytest.approx(case["grads"], rel=1e-11)
    many = {**at, "x": np.full(3, float(at["x"]))}
    found = nn.loss_gradient(np.sum(y), at)(many)
    np.testing.assert_allclose(found["x"], case["grads"]["x"], rtol=1e-11)
    for name in at:
        assert np.sum(found[name]) == pytest.approx(3 * case["grads"][name], rel=1e-11)


def test_golden_kink(golden_cases: Cases) -> None:
    s = cg.solve({"y": cg.relu(cg.Variable("x"))}, at=golden_cases["kink_relu0"]["inputs"])
    assert s.values["y"] == 0 == s.gradient["x"] and "by convention" in s.warnings[0]


def test_prelu_learns_on_its_branch() -> None:
    draft = nn.Draft()
    loss = np.sum(nn.prelu(draft, cg.Variable("x"), start=0.1))
    found = nn.loss_gradient(loss, ["β1", "x"])({"β1": 0.1, "x": np.array([2.0, -3.0, -5.0])})
    assert found["β1"] == -8.0 and found["x"].tolist() == [1.0, 0.1, 0.1]


def test_golden_stability(golden_cases: Cases) -> None:
    case = golden_cases["softmax_stability"]
    s = np.array(case["inputs"]["s"], dtype=float)
    wanted = [case["values"][f"p{i}"] for i in range(3)]
    np.testing.assert_allclose(cg.softmax(s), wanted, rtol=1e-12)
    found = nn.loss_gradient({"p": cg.softmax(cg.Variable("s")).named("p"), "J": cg.softmax(cg.Variable("s"))[2]},
                             ["s"], further=["p"])({"s": s})  # fmt: skip
    np.testing.assert_allclose(found["p"], wanted, rtol=1e-12)
    assert np.isfinite(found["s"]).all()
    assert cg.log_softmax(s).tolist() == [-666.0, -333.0, 0.0]


# -- regularisation and normalisation


def test_a_penalty_as_in_the_book(golden_cases: Cases) -> None:
    case = golden_cases["d2l_mlp"]
    given = case["inputs"]
    W = np.array([[given["W11"], given["W21"]], [given["W12"], given["W22"]]])
    V, x = np.array([[given["V1"]], [given["V2"]]]), np.array([given["x1"], given["x2"]])
    draft = nn.Draft()
    h = nn.dense(draft, cg.Variable("x"), 2, 2, "tanh", bias=False)
    o = nn.dense(draft, h, 2, 1, bias=False)
    lam = cg.Variable("lam")
    loss = nn.half_squares(o, cg.Variable("y")).named("L") + (lam / 2 * nn.l2(cg.Variable("W1"), cg.Variable("W2")))
    at = {"W1": W, "W2": V, "x": x, "y": given["y"], "lam": given["lam"]}
    s = golden(case, {"J": loss}, at)
    grads = case["grads"]
    np.testing.assert_allclose(
        s.gradient["W1"], [[grads["W11"], grads["W21"]], [grads["W12"], grads["W22"]]], rtol=1e-12
    )
    np.testing.assert_allclose(s.gradient["W2"].ravel(), [grads["V1"], grads["V2"]], rtol=1e-12)
    assert s.gradient["lam"] == pytest.approx(grads["lam"], rel=1e-12)


def test_golden_dropout(golden_cases: Cases) -> None:
    case = golden_cases["dropout_inverted"]
    rate, x = case["inputs"]["p"], np.array(case["inputs"]["x"], dtype=float)
    results = nn.network(lambda draft, x: {"J": np.sum(nn.dropout(draft, x, 4, rate=rate).named("y"))})
    (name,) = results.masks
    mask = np.array([1, 0, 1, 1]) / (1 - rate)
    found = nn.loss_gradient(results.training, ["x"], further=["y"])({"x": x}, {name: mask})
    kept, dropped = case["values"]["kept"], case["values"]["dropped"]
    np.testing.assert_allclose(found["y"], [kept, dropped, kept, kept], rtol=1e-12)
    grads = case["grads"]
    np.testing.assert_allclose(found["x"], [grads["kept"], grads["dropped"], grads["kept"], grads["kept"]], rtol=1e-12)

    at_test = nn.loss_gradient(results.test, ["x"], further=["y"])({"x": x})
    assert at_test["y"].tolist() == [case["values"]["test"]] * 4 and at_test["x"].tolist() == [1.0] * 4
    drawn = results.masks[name].draw(np.random.default_rng(0), 40_000)
    assert set(np.unique(drawn)) == {0.0, 1 / (1 - rate)}
    np.testing.assert_allclose((x * drawn).mean(0), case["values"]["expectation"], rtol=0.02)


def test_the_mean_over_all_masks_is_the_output_at_test() -> None:
    """Exactly: each of the 2⁴ masks with its probability, where the rest is linear."""
    x, rate = np.array([1.0, -2.0, 0.5, 3.0]), 0.25
    build = lambda draft, x: {"y": nn.dense(draft, nn.dropout(draft, x, 4, rate=rate), 4, 2)}  # noqa: E731 - one line
    network = nn.network(build)
    (name,), at = network.masks, {**network.parameters, "x": x}
    mean = np.zeros(2)
    for bits in np.ndindex(2, 2, 2, 2):
        chance = np.prod(np.where(bits, 1 - rate, rate))
        mean += chance * nn.evaluation(network.training)({**at, name: np.array(bits) / (1 - rate)})["y"]
    np.testing.assert_allclose(mean, nn.evaluation(network.test)(at)["y"], rtol=1e-12)


def test_golden_batch_normalisation(golden_cases: Cases) -> None:
    case = golden_cases["bn_batch"]
    given, grads = case["inputs"], case["grads"]
    draft = nn.Draft()
    y = nn.batch_norm(draft, cg.Variable("x"), 1, epsilon=1e-5)
    loss = np.sum(y * np.array([[1.0], [-2.0], [0.5]]))
    at = {"x": np.array([[given["x1"]], [given["x2"]], [given["x3"]]], dtype=float),
          "γ1": np.array([given["g"]]), "β1": np.array([given["be"]])}  # fmt: skip
    s = cg.solve({"L": loss}, at=at)
    assert s.values["L"] == pytest.approx(case["values"]["L"], rel=1e-12)
    assert s.values["μ1"][0] == pytest.approx(case["values"]["mu"])
    assert s.values["var1"][0] == pytest.approx(case["values"]["var"])
    np.testing.assert_allclose(s.gradient["x"].ravel(), [grads["x1"], grads["x2"], grads["x3"]], rtol=1e-9)
    assert s.gradient["γ1"][0] == pytest.approx(grads["g"], rel=1e-9)
    assert s.gradient["β1"][0] == pytest.approx(grads["be"], rel=1e-9)
    assert s.gradient["x"].sum() == pytest.approx(0, abs=1e-12)  # through μ and σ²; without them it is −0.60
    assert {"μ1", "var1"} <= set(s.derivatives) and s.derivatives["var1"][0] != 0


def test_batch_normalisation_at_test_is_affine() -> None:
    """Of slope γ/√(σ² + ε), by statistics that nothing flows to."""
    network = nn.network(lambda draft, x: {"y": nn.batch_norm(draft, x, 2, epsilon=1e-3), })  # fmt: skip
    statistics = {"μ1": np.array([1.0, -2.0]), "var1": np.array([4.0, 0.25])}
    parameters = {"γ1": np.array([1.5, 0.5]), "β1": np.array([0.1, -0.2])}
    x = np.random.default_rng(8).normal(size=(5, 2))
    loss = {"J": np.sum(network.test["y"])}
    found = nn.loss_gradient(loss, ["x"])({"x": x}, {**statistics, **parameters})
    slope = parameters["γ1"] / np.sqrt(statistics["var1"] + 1e-3)
    np.testing.assert_allclose(found["x"], np.broadcast_to(slope, (5, 2)), rtol=1e-12)
    y = nn.evaluation({"y": network.test["y"]})({"x": x, **statistics, **parameters})["y"]
    np.testing.assert_allclose(y, slope * (x - statistics["μ1"]) + parameters["β1"], rtol=1e-12)
    assert set(network.parameters) == {"γ1", "β1"} and set(network.statistics) == {"μ1", "var1"}


def test_two_layers_and_classes(golden_cases: Cases) -> None:
    case = golden_cases["geoj_two_layer"]
    given, grads = case["inputs"], case["grads"]
    array = lambda name, n, m: np.array(  # noqa: E731 - used at once
        [[given[f"{name}{i}{j}"] for j in range(1, m + 1)] for i in range(1, n + 1)], dtype=float
    )
    at = {"W1": array("W1", 2, 2), "b1": np.zeros(2), "W2": array("W2", 2, 3), "b2": np.zeros(3)}
    x = np.array([[given["X1"], given["X2"]]], dtype=float)

    def build(labels: Any) -> Any:
        draft = nn.Draft()
        s = nn.dense(draft, nn.dense(draft, cg.Variable("x"), 2, 2, "relu"), 2, 3)
        return nn.softmax_cross_entropy(s, labels)

    for labels in (nn.one_hot([2], 3), np.array([2])):
        found = nn.loss_gradient(build(labels), at)(at, {"x": x})
        assert found["loss"] == pytest.approx(case["values"]["loss"], rel=1e-12)
        for name in ("W1", "W2"):
            n, m = at[name].shape
            wanted = [[grads[f"{name}{i}{j}"] for j in range(1, m + 1)] for i in range(1, n + 1)]
            np.testing.assert_allclose(found[name], wanted, rtol=1e-11, atol=1e-15)
        np.testing.assert_allclose(found["b2"], [grads["b21"], grads["b22"], grads["b23"]], rtol=1e-11)


# -- demonstrations


def curve(units: int, activation: Any = "tanh", *, bias: bool = True) -> Callable[..., dict[str, Any]]:
    def build(draft: nn.Draft, x: Any, t: Any) -> dict[str, Any]:
        h = nn.dense(draft, x, 1, units, activation, bias=bias)
        y = nn.dense(draft, h, units, 1, bias=bias).named("y")
        return {"y": y, "J": nn.mean_squares(y, t)}

    return build


def test_overfitting() -> None:
    """Eight noisy points and far too many units: one loss falls to a fraction of the noise, the other rises again."""
    rng = np.random.default_rng(10)
    x = rng.uniform(-3, 3, size=(28, 1))
    t = np.sin(x) + 0.5 * rng.normal(size=(28, 1))
    data, held_out = {"x": x[:8], "t": t[:8]}, {"x": x[8:], "t": t[8:]}
    end = nn.train(nn.network(curve(50)), data, nn.Adam(0.03), epochs=600, size=8, held_out=held_out, quiet=True)
    losses = [row["held_out"] for row in end.history]
    assert end.history[-1]["loss"] < 0.12 < min(losses) < losses[-1] / 3


def test_universal_approximation() -> None:
    """sin on [0, 1]: more units come closer; without thresholds y(0) stays 0, and so it does not fit cos at all."""
    x = np.linspace(0, 1, 50)[:, None]
    errors = []
    for units in (1, 16):
        end = nn.train(nn.network(curve(units)), {"x": x, "t": np.sin(2 * np.pi * x)}, nn.Adam(nn.Cosine(0.05, 2000)),
                       epochs=2000, size=50, quiet=True)  # fmt: skip
        errors.append(np.abs(end(x=x)["y"] - np.sin(2 * np.pi * x)).max())
    assert errors[1] < 0.1 < 0.3 < errors[0]
    end = nn.train(nn.network(curve(16, bias=False)), {"x": x, "t": np.cos(x)}, nn.Adam(0.05), epochs=50, quiet=True)
    assert end(x=np.zeros((1, 1)))["y"].item() == 0.0

"""Layers and losses: against PyTorch, against difference quotients, and by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

import compgraph as cg
from compgraph import nn

RNG = np.random.default_rng(0)
X, IMAGES = RNG.normal(size=(5, 4)), RNG.normal(size=(3, 2, 6, 6))
ROWS, MANY = np.eye(3)[[0, 2, 1, 1, 0]], RNG.integers(0, 2, size=(5, 3)).astype(float)
WAVE = RNG.normal(size=(5, 3))  # weights of a sum, to have a loss that is no symmetric one

Function = Callable[..., Any]


def shaken(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters away from where they start, as 0 and 1 hide mistakes."""
    rng = np.random.default_rng(1)
    return {name: value + 0.3 * rng.normal(size=np.shape(value)) for name, value in parameters.items()}


def of_layer(layer: Function, **inputs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """A loss of what a layer gives, and a point: the inputs, shaken parameters, and masks."""
    draft = nn.Draft(seed=3)
    y = layer(draft, *map(cg.Variable, inputs))
    masks = {name: mask.draw(np.random.default_rng(2), 5) for name, mask in draft.masks.items()}
    return {"y": y, "J": np.sum(y * cg.Variable("c"))}, {**inputs, **shaken(draft.parameters), **masks}


def dense(torch: Any, p: Any) -> Any:
    return torch.tanh(p["x"] @ p["W1"] + p["b1"])


def convolved(torch: Any, p: Any) -> Any:
    z = torch.nn.functional.conv2d(p["x"], p["K1"], stride=2, padding=1) + p["b1"]
    return torch.nn.functional.max_pool2d(torch.relu(z), 2)


def layer_normed(torch: Any, p: Any) -> Any:
    return torch.nn.functional.layer_norm(p["x"], (4,), p["γ1"], p["β1"], 1e-5)


def batch_normed(torch: Any, p: Any) -> Any:
    return torch.nn.functional.batch_norm(p["x"], None, None, p["γ1"], p["β1"], training=True, eps=1e-5)


def batch_normed_images(torch: Any, p: Any) -> Any:
    flat = p["γ1"].reshape(-1), p["β1"].reshape(-1)
    return torch.nn.functional.batch_norm(p["x"], None, None, *flat, training=True, eps=1e-5)


def recurrent(torch: Any, p: Any) -> Any:
    h = torch.zeros(3, dtype=torch.float64)
    for i in range(4):
        h = torch.tanh(p["x"][:, i : i + 1] @ p["W1"] + h @ p["U1"] + p["b1"])
    return h


def lstm(torch: Any, p: Any) -> Any:
    """By PyTorch's own cell, whose gates are in the order i, f, g, o."""
    cell = torch.nn.LSTMCell(1, 3, dtype=torch.float64)
    weights = {
        "weight_ih": torch.cat([p[f"W{g}1"].T for g in "ifgo"]),
        "weight_hh": torch.cat([p[f"U{g}1"].T for g in "ifgo"]),
        "bias_ih": torch.cat([p[f"b{g}1"] for g in "ifgo"]),
        "bias_hh": torch.zeros(12, dtype=torch.float64),
    }
    state = torch.zeros(5, 3, dtype=torch.float64), torch.zeros(5, 3, dtype=torch.float64)
    for i in range(4):
        state = torch.func.functional_call(cell, weights, (p["x"][:, i : i + 1], state))
    return state[0]


def gru(torch: Any, p: Any) -> Any:
    h = torch.zeros(3, dtype=torch.float64)
    for i in range(4):
        x = p["x"][:, i : i + 1]
        u = torch.sigmoid(x @ p["Wu1"] + h @ p["Uu1"] + p["bu1"])
        r = torch.sigmoid(x @ p["Wr1"] + h @ p["Ur1"] + p["br1"])
        h = (1 - u) * torch.tanh(x @ p["Wn1"] + (r * h) @ p["Un1"] + p["bn1"]) + u * h
    return h


def unrolled(layer: Function) -> Function:
    return lambda d, x: layer(d, [x[:, i : i + 1] for i in range(4)], 1, 3)[-1]


#: Name → the layer, what it is applied to, and PyTorch's own.
LAYERS: dict[str, tuple[Function, Any, Function]] = {
    "dense": (lambda d, x: nn.dense(d, x, 4, 3, "tanh"), X, dense),
    "dense_without_bias": (lambda d, x: nn.dense(d, x, 4, 3, bias=False), X, lambda torch, p: p["x"] @ p["W1"]),
    "convolution_and_pooling": (
        lambda d, x: cg.max_pool2d(nn.convolution(d, x, 2, 4, "relu", size=3, stride=2, padding=1)), IMAGES, convolved,
    ),
    "layer_norm": (lambda d, x: nn.layer_norm(d, x, 4), X, layer_normed),
    "batch_norm": (lambda d, x: nn.batch_norm(d, x, 4), X, batch_normed),
    "batch_norm_of_images": (lambda d, x: nn.batch_norm(d, x, 2, images=True), IMAGES, batch_normed_images),
    "dropout": (lambda d, x: nn.dropout(d, x, 4, rate=0.25), X, lambda torch, p: p["x"] * p["mask1"]),
    "prelu": (nn.prelu, X, lambda torch, p: torch.nn.functional.prelu(p["x"], p["β1"].reshape(1))),
    "swish": (nn.swish, X, lambda torch, p: p["x"] * torch.sigmoid(p["β1"] * p["x"])),
    "embedding": (lambda d, x: nn.embedding(d, x, 4, 3), np.eye(4)[[1, 1, 3]], lambda torch, p: p["x"] @ p["E1"]),
    "recurrent": (unrolled(nn.recurrent), X, recurrent),
    "gru": (unrolled(nn.gru), X, gru),
    "lstm": (unrolled(nn.lstm), X, lstm),
    **{
        name: (lambda d, x, name=name: nn.dense(d, x, 4, 3, name), X, lambda torch, p, f=function: f(
            torch, p["x"] @ p["W1"] + p["b1"]))
        for name, function in {
            "elu": lambda torch, z: torch.nn.functional.elu(z),
            "gelu": lambda torch, z: torch.nn.functional.gelu(z),
            "leaky_relu": lambda torch, z: torch.nn.functional.leaky_relu(z, 0.01),
            "linear": lambda torch, z: z,
            "log_softmax": lambda torch, z: torch.log_softmax(z, -1),
            "mish": lambda torch, z: torch.nn.functional.mish(z),
            "relu": lambda torch, z: torch.relu(z),
            "sigmoid": lambda torch, z: torch.sigmoid(z),
            "softmax": lambda torch, z: torch.softmax(z, -1),
            "softplus": lambda torch, z: torch.nn.functional.softplus(z),
            "swish (by name)": lambda torch, z: torch.nn.functional.silu(z),
            "tanh": lambda torch, z: torch.tanh(z),
        }.items()
    },
}  # fmt: skip
LAYERS["swish (by name)"] = (lambda d, x: nn.dense(d, x, 4, 3, "swish"), *LAYERS["swish (by name)"][1:])


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_is_that_of_pytorch(name: str) -> None:
    torch = pytest.importorskip("torch")
    layer, x, reference = LAYERS[name]
    results, at = of_layer(layer, x=x)
    point = {key: torch.tensor(value, dtype=torch.float64, requires_grad=True) for key, value in at.items()}
    wanted = reference(torch, point)
    c = RNG.normal(size=tuple(wanted.shape))
    (wanted * torch.tensor(c)).sum().backward()

    gradient = nn.loss_gradient(results, at, further=["y"] if "y" in results else [])
    found = gradient(at, {"c": c})
    np.testing.assert_allclose(found["y"], wanted.detach().numpy(), rtol=1e-12, atol=1e-12)
    solved = cg.solve(results, at={**at, "c": c}).gradient
    for key, tensor in point.items():
        np.testing.assert_allclose(found[key], tensor.grad.numpy(), rtol=1e-10, atol=1e-10, err_msg=key)
        np.testing.assert_allclose(solved[key], tensor.grad.numpy(), rtol=1e-10, atol=1e-10, err_msg=key)


@pytest.mark.parametrize("name", ["dense", "convolution_and_pooling", "batch_norm", "layer_norm", "lstm", "prelu"])
def test_a_layer_agrees_with_difference_quotients(name: str) -> None:
    layer, x, _ = LAYERS[name]
    results, at = of_layer(layer, x=x)
    c = np.cos(np.arange(np.size(nn.evaluation({"y": results["y"]})(at)["y"])))
    at["c"] = c.reshape(np.shape(nn.evaluation({"y": results["y"]})(at)["y"]))
    assert cg.check_gradient(results["J"], at, wrt=[key for key in at if key != "c"]).ok


def test_every_activation_by_name_is_tested() -> None:
    from compgraph.nn.layers import ACTIVATIONS

    assert set(ACTIVATIONS) - {"swish"} <= set(LAYERS)


def test_a_whole_network_is_that_of_jax() -> None:
    """Two convolutions, normalised, pooled, with dropout and a penalty: ten parameters."""
    jax = pytest.importorskip("jax")

    def build(draft: nn.Draft, x: Any, t: Any) -> dict[str, Any]:
        h = nn.batch_norm(draft, nn.convolution(draft, x, 2, 3, "gelu", padding=1), 3, images=True)
        h = cg.max_pool2d(nn.convolution(draft, h, 3, 4, "tanh"))
        h = nn.layer_norm(draft, nn.dropout(draft, np.reshape(h, (-1, 16)), 16, rate=0.2), 16)
        return {"J": nn.softmax_cross_entropy(nn.dense(draft, h, 16, 3), t) + 0.01 * nn.l2(cg.Variable("W6"))}

    network = nn.network(build)
    point = shaken(network.parameters)
    masks = {name: mask.draw(np.random.default_rng(2), 3) for name, mask in network.masks.items()}
    batch = {"x": IMAGES, "t": ROWS[:3], **masks}

    def theirs(p: Any) -> Any:
        jnp, conv = jax.numpy, jax.lax.conv_general_dilated
        normal = lambda h, axis, γ, β: γ * (h - h.mean(axis, keepdims=True)) / jnp.sqrt(  # noqa: E731 - twice
            h.var(axis, keepdims=True) + 1e-5) + β  # fmt: skip
        h = jax.nn.gelu(conv(IMAGES, p["K1"], (1, 1), [(1, 1), (1, 1)]) + p["b1"], approximate=False)
        h = normal(h, (0, 2, 3), p["γ2"], p["β2"])
        h = jnp.tanh(conv(h, p["K3"], (1, 1), "VALID") + p["b3"])
        h = jax.lax.reduce_window(h, -jnp.inf, jax.lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID").reshape(-1, 16)
        h = normal(h * masks["mask4"], -1, p["γ5"], p["β5"])
        scores = jax.nn.log_softmax(h @ p["W6"] + p["b6"])
        return -(ROWS[:3] * scores).sum(-1).mean() + 0.01 * (p["W6"] ** 2).sum()

    with jax.enable_x64(True):
        loss, slopes = jax.jit(jax.value_and_grad(theirs))(point)
    found = nn.loss_gradient(network.training, point)(point, batch)
    solved = cg.solve(network.training, at={**point, **batch}, wrt=list(point)).gradient
    assert len(point) == 10 and found["J"] == pytest.approx(float(loss), rel=1e-12)
    for name in point:
        np.testing.assert_allclose(found[name], slopes[name], rtol=1e-10, atol=1e-10, err_msg=name)
        np.testing.assert_allclose(solved[name], slopes[name], rtol=1e-10, atol=1e-10, err_msg=name)


# -- what layers are given and what they keep


def test_names_in_the_graph_are_those_of_lectures() -> None:
    draft, x = nn.Draft(), cg.Variable("x")
    h = nn.dense(draft, nn.dense(draft, x, 2, 3, "relu"), 3, 1, np.tanh)
    graph = cg.trace({"J": np.sum(h**2)})
    assert [node for node in graph if node[0] in "Wbzh"] == ["W1", "b1", "W2", "b2", "z1", "h1", "z2", "h2"]
    assert {name: value.shape for name, value in draft.parameters.items()} == {
        "W1": (2, 3), "b1": (3,), "W2": (3, 1), "b2": (1,)
    }  # fmt: skip


def test_initial_weights_have_the_variance_that_keeps_signals_alive() -> None:
    for activation, gain in (("relu", 2), ("tanh", 1), (cg.gelu, 2), (None, 1)):
        draft = nn.Draft(seed=5)
        nn.dense(draft, cg.Variable("x"), 400, 300, activation)
        assert draft.parameters["W1"].var() == pytest.approx(gain / 400, rel=0.02)
        assert draft.parameters["b1"].tolist() == [0.0] * 300
    draft = nn.Draft()
    nn.convolution(draft, cg.Variable("x"), 16, 64, "relu", size=5)
    assert draft.parameters["K1"].var() == pytest.approx(2 / 400, rel=0.02)


def test_the_seed_decides() -> None:
    def build(draft: nn.Draft, x: Any) -> dict[str, Any]:
        return {"J": np.sum(nn.dense(draft, x, 3, 3))}

    one, same, other = (nn.network(build, seed=seed).parameters["W1"] for seed in (4, 4, 5))
    assert (one == same).all() and (one != other).all()


def test_float32_stays_float32() -> None:
    def build(draft: nn.Draft, x: Any, t: Any) -> dict[str, Any]:
        h = nn.dropout(draft, nn.batch_norm(draft, nn.dense(draft, x, 4, 8, "relu"), 8), 8)
        return {"J": nn.softmax_cross_entropy(nn.dense(draft, h, 8, 3), t)}

    data = {"x": X, "t": ROWS}
    trained = nn.train(nn.network(build, dtype="f4"), data, nn.Adam(), epochs=2, size=3, quiet=True)
    assert {value.dtype for value in (*trained.parameters.values(), *trained.statistics.values())} == {np.dtype("f4")}


def test_weights_can_be_shared() -> None:
    """The same variable twice: its derivative is the sum over both uses."""
    draft, x = nn.Draft(), cg.Variable("x")
    w = draft.weights("W", (4, 4), inputs=4)
    twice = np.sum(np.tanh(np.tanh(x @ w) @ w) * WAVE[:, :1])
    apart = np.sum(np.tanh(np.tanh(x @ cg.Variable("A")) @ cg.Variable("B")) * WAVE[:, :1])
    at = {"W": draft.parameters["W"]}
    once = nn.loss_gradient(apart, ["A", "B"])({"A": at["W"], "B": at["W"]}, {"x": X})
    np.testing.assert_allclose(nn.loss_gradient(twice, ["W"])(at, {"x": X})["W"], once["A"] + once["B"], rtol=1e-12)


def test_a_weight_has_a_path_through_each_step() -> None:
    draft, x = nn.Draft(seed=1), cg.Variable("x")
    hidden = nn.recurrent(draft, [x[:, i : i + 1] for i in range(3)], 1, 2)
    at = {**draft.parameters, "x": X}
    s = cg.solve({"J": np.sum(hidden[-1] ** 2)}, at=at)
    for name in ("W1", "U1", "b1"):
        along = s.paths(name, "J")
        assert along.count == 3
        np.testing.assert_allclose(along.total.matrix().reshape(np.shape(at[name])), s.gradient[name], rtol=1e-12)


def test_an_embedding_of_numbers_is_one_of_rows() -> None:
    numbers = np.array([2, 0, 2])
    ends = []
    for tokens in (numbers, cg.Variable("x")):
        draft = nn.Draft(seed=0)
        loss = np.sum(nn.embedding(draft, tokens, 4, 3) ** 2 * WAVE[:3])
        ends.append(nn.loss_gradient(loss, ["E1"])(draft.parameters, {"x": np.eye(4)[numbers]}))
    assert ends[0]["loss"] == pytest.approx(ends[1]["loss"])
    np.testing.assert_allclose(ends[0]["E1"], ends[1]["E1"], rtol=1e-14)
    assert not ends[0]["E1"][[1, 3]].any()


# -- losses


def entropy(torch: Any, z: Any, t: Any) -> Any:
    return torch.nn.functional.cross_entropy(z, t)


LOSSES: dict[str, tuple[Function, Any, Function]] = {
    "half_squares": (nn.half_squares, MANY, lambda torch, z, t: ((z - t) ** 2).sum(-1).mean() / 2),
    "sum_squares": (nn.sum_squares, MANY, lambda torch, z, t: ((z - t) ** 2).sum(-1).mean()),
    "mean_squares": (nn.mean_squares, MANY, lambda torch, z, t: torch.nn.functional.mse_loss(z, t)),
    "sigmoid_cross_entropy": (
        nn.sigmoid_cross_entropy, MANY,
        lambda torch, z, t: torch.nn.functional.binary_cross_entropy_with_logits(z, t, reduction="sum") / 5,
    ),
    "softmax_cross_entropy": (nn.softmax_cross_entropy, ROWS, entropy),
    "log_likelihood": (
        lambda z, t: -np.mean(nn.log_likelihood(cg.sigmoid(z), t)), MANY,
        lambda torch, z, t: torch.nn.functional.binary_cross_entropy(torch.sigmoid(z), t),
    ),
    "l1": (lambda z, t: 0.1 * nn.l1(z, 2 * z), MANY, lambda torch, z, t: 0.3 * z.abs().sum()),
    "l2": (lambda z, t: 0.1 * nn.l2(z, 2 * z), MANY, lambda torch, z, t: 0.5 * (z**2).sum()),
}  # fmt: skip


#: Of probabilities that round to 0 or 1 the likelihood is lost: what the cross-entropies of logits are for.
SCALED = [(name, scale) for name in LOSSES for scale in (1.0, 100.0) if (name, scale) != ("log_likelihood", 100.0)]


@pytest.mark.parametrize(("name", "scale"), SCALED)
def test_a_loss_is_that_of_pytorch(name: str, scale: float) -> None:
    torch = pytest.importorskip("torch")
    loss, t, reference = LOSSES[name]
    at = {"z": scale * WAVE}
    point = torch.tensor(at["z"], requires_grad=True)
    wanted = reference(torch, point, torch.tensor(t))
    wanted.backward()
    found = nn.loss_gradient(loss(cg.Variable("z"), t), ["z"])(at)
    assert found["loss"] == pytest.approx(wanted.item(), rel=1e-12)
    np.testing.assert_allclose(found["z"], point.grad.numpy(), rtol=1e-10, atol=1e-12)
    assert cg.check_gradient(loss(cg.Variable("z"), t), at).ok


def test_classes_may_be_rows_or_numbers() -> None:
    """As arrays, or as an input that has such values."""
    z, t, numbers = cg.Variable("z"), cg.Variable("t"), ROWS.argmax(1)
    ways = [
        (nn.softmax_cross_entropy(z, ROWS), {}),
        (nn.softmax_cross_entropy(z, numbers), {}),
        (nn.softmax_cross_entropy(z, t), {"t": ROWS}),
        (nn.softmax_cross_entropy(z, t, classes=3), {"t": numbers}),
    ]
    first, *others = (nn.loss_gradient(loss, ["z"])({"z": WAVE}, data) for loss, data in ways)
    for other in others:
        assert first["loss"] == pytest.approx(other["loss"], rel=1e-14)
        np.testing.assert_allclose(first["z"], other["z"], rtol=1e-12, atol=1e-15)


def test_a_loss_of_a_batch_is_the_mean_over_its_examples() -> None:
    for loss, t in ((nn.half_squares, MANY), (nn.sigmoid_cross_entropy, MANY), (nn.softmax_cross_entropy, ROWS)):
        whole = loss(WAVE, t)
        assert whole == pytest.approx(np.mean([loss(z, one) for z, one in zip(WAVE, t, strict=True)]))


def test_cross_entropies_neither_overflow_nor_lose_digits() -> None:
    z = np.array([[1000.0, -1000.0], [0.0, 745.0]])
    assert nn.sigmoid_cross_entropy(z, np.array([[0.0, 1.0], [1.0, 1.0]])) == pytest.approx((2000 + np.log(2)) / 2)
    assert nn.softmax_cross_entropy(z, np.array([1, 0])) == pytest.approx((2000 + 745) / 2)
    small = nn.loss_gradient(nn.sigmoid_cross_entropy(cg.Variable("z"), 1.0), ["z"])({"z": np.array([40.0])})
    assert small["loss"] == pytest.approx(4.248354255291589e-18, rel=1e-12)  # log(1 − σ(−40)) by parts would be 0


# -- what is wrong is said


MISUSES: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: nn.dense(nn.Draft(), cg.Variable("x"), 2, 3, "rleu"), ValueError, "unknown activation 'rleu': expected o"),
    (lambda: nn.dropout(nn.Draft(), cg.Variable("x"), 3, rate=1), ValueError, "rate of dropout: expected a number fro"),
    (lambda: nn.batch_norm(nn.Draft(), cg.Variable("x"), 3, epsilon=-1), ValueError, "epsilon: expected a finite numb"),
    (lambda: nn.embedding(nn.Draft(), [0, 4], 4, 2), ValueError, "tokens: expected whole numbers from 0 to 3"),
    (lambda: nn.recurrent(nn.Draft(), cg.Variable("x"), 1, 2), TypeError, "a list with an expression for every step"),
    (lambda: nn.l2(), ValueError, "a penalty: expected weights, got none"),
    (lambda: nn.half_squares([cg.Variable("y")], [0, 1]), ValueError, r"one for each of 1 outputs, got \[0, 1\]"),
    (lambda: nn.flops(cg.Variable("x") @ np.ones((2, 3))), ValueError, r"x has no shape: give shapes=\{'x': …\}"),
    (lambda: nn.softmax_cross_entropy(WAVE, ["a"] * 5), TypeError, "one-hot rows of floats or whole numbers"),
    (lambda: nn.network(lambda draft, x: x**2), TypeError, "expected a dict of expressions whose last entry is the lo"),
    (lambda: nn.network(lambda draft, W1: {"J": nn.dense(draft, W1, 1, 1)}), ValueError, "'W1' is an input and a var"),
    (
        lambda: nn.network(lambda draft, x: {"J": nn.dense(draft, x, 1, 1) if draft.training else x**2}),
        ValueError, "different parameters, W1, b1: expected the same",
    ),
    (lambda: [d := nn.Draft(), d.parameter("W", 0.0), d.parameter("W", 0.0)], ValueError, "'W' is a variable of the"),
    (lambda: nn.loss_gradient(cg.Variable("x") * 2, ["y"]), ValueError, "'y' is not in the graph of loss: expected"),
    (lambda: nn.loss_gradient(cg.Variable("x") * 2, ["x"])({"x": np.ones(2)}), ValueError, r"the shape \(2,\): ex"),
    (lambda: nn.loss_gradient(cg.Variable("x") * 2, ["x"])({"x": 1.0}, {"x": 2}), ValueError, "'x' is a parameter and"),
    (lambda: nn.loss_gradient(cg.Variable("x") * cg.Variable("u"), ["x"])({"x": 1.0}), ValueError, "u has no value"),
    (
        lambda: nn.evaluation({"y": cg.Variable("x") @ cg.Variable("W", shape=(2, 3))})({"x": X, "W": np.ones((4, 3))}),
        ValueError, r"W has the shape \(2, 3\): expected a value of that shape, got one of \(4, 3\)",
    ),
    (
        lambda: nn.evaluation({"y": (cg.Variable("x") @ cg.Variable("W")).named("y")})({"x": X, "W": np.ones((3, 3))}),
        ValueError, r"y = x @ W.*\(5, 4\) and \(3, 3\)",
    ),
    (
        lambda: nn.loss_gradient({"u": np.log(cg.Variable("x")).named("u"), "J": np.sum(cg.Variable("x"))
                                  + np.sum(np.log(cg.Variable("x")))}, ["x"])({"x": np.array([1.0, -1.0])}),
        cg.DomainError, r"log is undefined at u\[1\] = log\(x\): expected x > 0",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("misuse", "kind", "message"), MISUSES, ids=[message[:30] for _, _, message in MISUSES])
def test_misuse_says_what_to_do(misuse: Callable[[], Any], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        misuse()

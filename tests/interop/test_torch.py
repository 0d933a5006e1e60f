"""PyTorch's graphs read as ours: every label is what PyTorch's node does, every sweep leaves what backward() leaves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import networkx as nx
import numpy as np
import pytest

import compgraph as cg
from compgraph.render.film import film

torch = pytest.importorskip("torch")

from compgraph.interop.torch import adjoints, check_backward, from_loss  # noqa: E402 - after the skip
from compgraph.interop.torch_labels import ELEMENTWISE, ROWS, Recorded  # noqa: E402

F = torch.nn.functional


def tensor(*shape: int, seed: int = 0, low: float = 0.2, high: float = 0.8) -> Any:
    """An input in double precision, of distinct entries in a span where every function is defined."""
    generator = torch.Generator().manual_seed(seed)
    entries = torch.rand(*shape, generator=generator, dtype=torch.float64)
    return (low + (high - low) * entries).requires_grad_()


@pytest.fixture(autouse=True)
def double() -> Any:
    torch.manual_seed(0)
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


# -- every label

A, B, V = tensor(3, 4, seed=1), tensor(3, 4, seed=2), tensor(4, seed=3)


def names(text: str) -> list[str]:
    return text.split()


#: What to compute of A (3, 4), B (3, 4) and V (4).
CASES: dict[str, Callable[[], Any]] = {
    **{
        name: (lambda f: lambda: f(A))(getattr(torch, name))
        for name in names("""
            abs acos asin asinh atan atanh clone cos cosh deg2rad digamma erf erfc erfinv exp exp2 expm1 lgamma log
            log10 log1p log2 logit neg rad2deg reciprocal relu rsqrt sgn sigmoid sign sin sinc sinh sqrt square tan
            tanh trunc
        """)
    },
    **{
        name: (lambda f: lambda: f(A - 0.5))(getattr(F, name))
        for name in names("""
            celu elu gelu hardshrink hardsigmoid hardswish hardtanh leaky_relu logsigmoid mish silu softplus
            softshrink
        """)
    },
    **{
        name: (lambda f: lambda: f(A, B))(getattr(torch, name))
        for name in names("""
            add atan2 copysign div fmax fmin hypot logaddexp logaddexp2 maximum minimum mul pow rsub sub xlogy
        """)
    },
    **{
        f"{name}, broadcast": (lambda f: lambda: f(A, V) + f(V, A))(getattr(torch, name))
        for name in names("add atan2 div maximum mul pow rsub sub")
    },
    "a column": lambda: A * B[:, :1] + A.sum(1, keepdim=True) * B,
    "a number": lambda: A * A.sum() + A.mean() / B,
    "acosh": lambda: torch.acosh(1 + A),
    "powers": lambda: A**3 + 2**B,
    "alias": lambda: torch.ops.aten.alias(A),
    "clamp": lambda: A.clamp(0.3, 0.6) + B.clamp_min(0.4) + B.clamp_max(0.4),
    "lerp": lambda: torch.lerp(A, B, 0.3),
    "masked_fill": lambda: A.masked_fill(A > 0.5, 2.0),
    "prelu": lambda: F.prelu(A - 0.5, V[:1]),
    "threshold": lambda: F.threshold(A, 0.5, 0.0),
    "to": lambda: A.float().double(),
    "where": lambda: torch.where(A > 0.5, A, B),
    "dot": lambda: V @ A[0],
    "mv": lambda: A @ V,
    "mm": lambda: A.T @ B,
    "addmm": lambda: torch.addmm(V, A.T.T, B.T @ A, beta=2, alpha=3),
    "linear": lambda: F.linear(A, B, V[:3]),
    "bmm": lambda: torch.bmm(A.reshape(3, 2, 2), B.reshape(3, 2, 2)),
    "sums": lambda: A.sum(0) + B.sum(-2) + A.sum() + B.mean(0, keepdim=True) + A.mean((0, 1)),
    "shapes": lambda: A.view(2, 6).unsqueeze(1).squeeze() + B.t().reshape(2, 6) + A.transpose(-1, 0).reshape(2, 6),
    "squeeze": lambda: A[:, :1].squeeze(1) + A[:, None, :1].squeeze(),
    "permute": lambda: A.view(3, 2, 2).permute(-1, 0, 1),
    "expand": lambda: V.expand(3, 4) * A,
    "no row": lambda: A.cumsum(0) + torch.softmax(B, 1) + A.flip(0) + A[[2, 0, 0]] + torch.logsumexp(A, 0),
    "several results": lambda: A.split([1, 3], 1)[1] * B.unbind(1)[0][:, None] + torch.std_mean(A)[0],
    "linear algebra": lambda: torch.linalg.inv(A @ A.T + torch.eye(3)).det() + torch.linalg.eigvalsh(A @ A.T).sum(),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_labels_are_what_the_nodes_of_pytorch_do(name: str) -> None:
    result = CASES[name]()
    graph = from_loss(result, {"A": A, "B": B, "V": V})
    cg.check_shapes(graph)
    random = np.random.default_rng(0)
    for tail, head, _, label in graph.edges(keys=True, data="partial"):
        if isinstance(label, cg.LinearMap):
            tangent, adjoint = random.normal(size=label.input), random.normal(size=label.output)
            there, back = label.apply(tangent), label.T.apply(adjoint)
            np.testing.assert_allclose(
                (there * adjoint).sum(), (tangent * back).sum(), 1e-6, 1e-9, err_msg=f"{tail}, {head}"
            )
    assert check_backward(result, {"A": A, "B": B, "V": V}, tolerance=1e-12)


def test_every_row_is_tested() -> None:
    met: dict[str, set[bool]] = {}
    for case in CASES.values():
        graph = from_loss(case())
        for _, head, label in graph.edges(data="partial"):
            met.setdefault(graph.nodes[head]["operation"], set()).add(isinstance(label, Recorded))
    assert (ROWS.keys() | ELEMENTWISE) - met.keys() == set()
    assert {name for name in ROWS.keys() | ELEMENTWISE if met[name] != {False}} == set()


def test_one_label_of_each_kind() -> None:
    def label(result: Any, position: int = 0) -> str:
        graph = from_loss(result, {"A": A, "B": B, "V": V, "y": result})
        return next(
            repr(data["partial"]) for _, _, key, data in graph.in_edges("y", keys=True, data=True) if key == position
        )

    assert label(-A) == "LinearMap (3, 4) ← (3, 4): −I"
    assert label(A * 3) == "LinearMap (3, 4) ← (3, 4): 3·I"
    assert label(A + V, 1) == "LinearMap (3, 4) ← (4,): repeat axis 0"
    assert label(A * B) == "LinearMap (3, 4) ← (3, 4): diag 3×4"
    assert label(A @ V) == "LinearMap (3,) ← (3, 4): reshape · right 4×1"
    assert label(A.T @ B) == "LinearMap (4, 4) ← (4, 3): right 3×4"
    assert label(A.T @ B, 1) == "LinearMap (4, 4) ← (3, 4): left 4×3"
    assert label(torch.softmax(V, 0)) == "LinearMap (4,) ← (4,): softmax"


# -- scalars: numbers, and every semiring


def worked() -> tuple[Any, cg.Graph]:
    x = torch.tensor(2.0, requires_grad=True)
    t = x**2
    J = torch.cos(torch.sin(t) + 3 * t)
    return J, from_loss(J, {"x": x, "t": t, "J": J})


def test_numbers_between_numbers() -> None:
    J, graph = worked()
    assert list(graph) == ["x", "t", "sin1", "mul1", "add1", "J"]
    assert (graph.graph["inputs"], graph.graph["outputs"]) == (["x"], ["J"])
    ours = cg.solve("t = x^2; J = cos(sin(t) + 3t)", at={"x": 2})
    s = cg.Solution(graph, "reverse", ["J"], ["x"])
    assert s.derivatives["x"] == pytest.approx(ours.gradient["x"], rel=1e-15)
    assert s.over(cg.COUNT).derivatives["x"] == 2 == s.paths("x").count
    assert "9.09915" in str(s.table()) and len(s.film()) == 7
    J.backward()  # nothing was freed
    assert graph.nodes["t"]["value"] == 4.0 and "value" not in graph.nodes["mul1"]


def test_the_same_tensor_twice_is_two_edges() -> None:
    x = torch.tensor(3.0, requires_grad=True)
    graph = from_loss(x * x, {"x": x})
    assert list(graph.edges(keys=True, data="partial")) == [("x", "loss", 0, 3.0), ("x", "loss", 1, 3.0)]
    assert adjoints(graph)["x"] == 6.0


def test_an_input_may_be_the_result_and_an_output_need_not_be_a_number() -> None:
    x = tensor(3)
    assert check_backward(x, {"x": x}) and check_backward(x * x, {"x": x})
    assert adjoints(from_loss(x, {"x": x}))["x"].tolist() == [1, 1, 1]


# -- networks


def mlp() -> Any:
    return torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 2))


NETWORKS: dict[str, Callable[[], tuple[Any, Any]]] = {
    "perceptron": lambda: (m := mlp(), F.cross_entropy(m(torch.randn(5, 3)), torch.tensor([0, 1, 1, 0, 1]))),
    "convolutional": lambda: (
        m := torch.nn.Sequential(
            torch.nn.Conv2d(1, 2, 3), torch.nn.ReLU(), torch.nn.MaxPool2d(2), torch.nn.Flatten(), torch.nn.Linear(8, 3)
        ),
        F.cross_entropy(m(torch.randn(2, 1, 6, 6)), torch.tensor([0, 2])),
    ),
    "normalized": lambda: (
        m := torch.nn.Sequential(torch.nn.Conv1d(2, 3, 2), torch.nn.BatchNorm1d(3), torch.nn.GELU()),
        m(torch.randn(4, 2, 5)).pow(2).mean(),
    ),
    "recurrent": lambda: (m := torch.nn.LSTM(3, 2), m(torch.randn(4, 1, 3))[0].sum()),
    "transformer": lambda: (
        m := torch.nn.TransformerEncoderLayer(4, 2, 8, dropout=0.0, batch_first=True),
        m(torch.randn(2, 3, 4)).pow(2).sum(),
    ),
    "embedding": lambda: (m := torch.nn.Embedding(5, 3, sparse=True), m(torch.tensor([1, 1, 3])).pow(2).sum()),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_backward_of_networks(name: str) -> None:
    module, loss = NETWORKS[name]()
    check = check_backward(loss, module, tolerance=1e-12)
    assert check and {one.name for one in check.inputs} == dict(module.named_parameters()).keys()
    found = adjoints(from_loss(loss, module))
    loss.backward()  # as one calls it, after the sweep
    for name, parameter in module.named_parameters():
        np.testing.assert_allclose(found[name], parameter.grad.to_dense().numpy(), rtol=1e-12, atol=1e-15)


def test_a_perceptron_step_by_step() -> None:
    module = mlp()
    x = torch.randn(5, 3, requires_grad=True)
    logits = module(x)
    loss = F.cross_entropy(logits, torch.tensor([0, 1, 1, 0, 1]))
    graph = from_loss(loss, {**dict(module.named_parameters()), "x": x, "logits": logits, "loss": loss})
    assert graph.graph["inputs"] == ["0.weight", "0.bias", "2.weight", "2.bias", "x"]
    assert list(graph)[5:] == ["t1", "addmm1", "tanh1", "t2", "logits", "log_softmax1", "loss"]
    assert list(nx.topological_sort(graph))[-1] == "loss" == graph.graph["outputs"][0]
    np.testing.assert_array_equal(graph.nodes["logits"]["value"], logits.detach().numpy())
    steps = list(cg.reverse(graph, {"loss": np.ones(())}, cg.MATRIX))
    at_logits = next(step for step in steps if step.node == "logits")
    softmax = torch.softmax(logits, 1).detach().numpy()
    softmax[range(5), [0, 1, 1, 0, 1]] -= 1  # softmax minus one-hot, by hand
    np.testing.assert_allclose(at_logits.total, softmax / 5, atol=1e-15)
    pictures = film(graph, {"loss": steps})
    assert len(pictures) == len(graph) + 1 and "nll_loss" in pictures.svg(3)
    # seeded with a number the totals are maps: the Jacobian, whose matrix can be asked for
    maps = cg.totals(cg.reverse(graph, {"loss": 1.0}, cg.MATRIX))
    np.testing.assert_allclose(maps["0.weight"].matrix(), cg.totals(steps)["0.weight"].reshape(1, 12), atol=1e-15)
    # forward: the same derivative along a direction
    there = cg.totals(cg.forward(graph, {"x": np.ones((5, 3))}, cg.MATRIX))["loss"]
    assert there == pytest.approx(cg.totals(steps)["x"].sum(), rel=1e-12)
    assert cg.entrywise(graph).number_of_nodes() == sum(
        np.prod(d["shape"], dtype=int) for _, d in graph.nodes(data=True)
    )


def test_single_precision_is_compared_as_such() -> None:
    module = mlp().float()
    check = check_backward(module(torch.randn(5, 3, dtype=torch.float32)).sum(), module)
    assert check and check.tolerance == 1e-5


def test_what_is_named_and_not_used_has_derivative_0() -> None:
    x, y = tensor(2), tensor(3)
    graph = from_loss((x * x).sum(), {"x": x, "y": y})
    assert graph.graph["inputs"] == ["x", "y"]
    assert adjoints(graph)["y"].tolist() == [0, 0, 0] and check_backward((x * x).sum(), {"x": x, "y": y})


# -- what people do to graphs


class Cubed(torch.autograd.Function):  # type: ignore[misc, name-defined] # of a library without types
    """A function of one's own, whose other arguments need no gradient."""

    @staticmethod
    def forward(context: Any, note: str, constant: Any, x: Any, factor: float) -> Any:
        context.save_for_backward(x)
        context.factor = factor
        return x**3

    @staticmethod
    def backward(context: Any, *adjoints: Any) -> Any:
        (x,) = context.saved_tensors
        return None, None, context.factor * x**2 * adjoints[0], None


def test_a_function_of_ones_own() -> None:
    x = tensor(3)
    graph = from_loss(Cubed.apply("x³", torch.ones(1), x, 3.0).sum(), {"x": x})
    assert list(graph) == ["x", "cubed1", "loss"] and check_backward(Cubed.apply("", x.detach(), x, 3.0).sum())
    np.testing.assert_allclose(adjoints(graph)["x"], 3 * x.detach().numpy() ** 2, rtol=1e-15)
    np.testing.assert_array_equal(graph.nodes["x"]["value"], x.detach().numpy())
    assert cg.totals(cg.forward(graph, {"x": np.ones(3)}, cg.MATRIX))["loss"] == pytest.approx(3 * (x**2).sum().item())


class Doubled(torch.autograd.Function):  # type: ignore[misc, name-defined]
    """A function whose derivative PyTorch cannot differentiate."""

    @staticmethod
    def forward(context: Any, x: Any) -> Any:
        return x * torch.arange(1.0, 4.0)

    @staticmethod
    @torch.autograd.function.once_differentiable  # type: ignore[untyped-decorator]
    def backward(context: Any, *adjoints: Any) -> Any:
        return adjoints[0] * torch.arange(1.0, 4.0)


def test_forward_through_what_pytorch_cannot_differentiate_twice() -> None:
    graph = from_loss(Doubled.apply(tensor(3)))
    assert cg.totals(cg.forward(graph, {"x1": np.ones(3)}, cg.MATRIX))["loss"].tolist() == [1, 2, 3]


def test_checkpoints() -> None:
    from torch.utils.checkpoint import checkpoint

    x, module = tensor(2, 3), mlp()
    assert check_backward(checkpoint(module, x, use_reentrant=False).sum(), {**dict(module.named_parameters()), "x": x})
    with pytest.raises(ValueError, match="use_reentrant=False"):
        from_loss(checkpoint(module, x, use_reentrant=True).sum())
    assert all(parameter.grad is None for parameter in module.parameters())


def test_in_place_operations_are_what_pytorch_makes_of_them() -> None:
    x = tensor(3)
    y = x * 2
    y[0] = y[1] * 3
    y[1:].mul_(x[0])
    assert check_backward((y * y).sum(), {"x": x})
    assert {d["operation"] for _, d in from_loss(y).nodes(data=True)} >= {"copy_slices", "mul"}


def test_hooks_are_not_run_and_a_check_says_so() -> None:
    x = tensor(3)
    h = torch.tanh(x)
    h.register_hook(lambda adjoint: 2 * adjoint)
    between = check_backward(h.sum(), {"x": x})
    assert not between and between.inputs[0].difference == pytest.approx(0.5, abs=0.1)
    y = tensor(2)
    y.register_hook(lambda adjoint: 2 * adjoint)
    check = check_backward((y * y).sum(), {"y": y})
    assert not check.ok and "✗" in repr(check) and "y has a hook" in repr(check)


def test_a_graph_that_is_gone() -> None:
    x = tensor(3)
    loss = torch.softmax(x, 0).square().sum()
    graph = from_loss(loss, {"x": x})
    loss.backward()
    with pytest.raises(ValueError, match=r"second time.*retain_graph=True"):
        from_loss(loss)
    with pytest.raises(ValueError, match=r"second time.*retain_graph=True"):
        adjoints(graph)
    kept = torch.softmax(x, 0).square().sum()
    kept.backward(retain_graph=True)
    assert check_backward(kept, {"x": x})


def test_a_parameter_that_changed() -> None:
    x = tensor(3)
    loss = (x * x).sum()
    with torch.no_grad():
        x += 1
    with pytest.raises(ValueError, match="modified by an inplace operation"):
        from_loss(loss)


def test_misuse_is_refused() -> None:
    x = tensor(3)
    with pytest.raises(TypeError, match=r"expected a torch\.Tensor, got float"):
        from_loss(3.0)
    with pytest.raises(ValueError, match="has no grad_fn"):
        from_loss(x.detach() * 2)
    with pytest.raises(ValueError, match="y does not require grad"):
        from_loss(x.sum(), {"y": torch.ones(2)})
    with pytest.raises(ValueError, match="y is no part of the graph"):
        from_loss(x.sum(), {"y": x * 2})
    with pytest.raises(TypeError, match="expected strings and tensors, got 1"):
        from_loss(x.sum(), {1: x})
    with pytest.raises(ValueError, match="complex tensor"):
        from_loss(torch.complex(x, x).abs().sum())


def test_a_chain_of_ten_thousand() -> None:
    x = torch.tensor(0.5, requires_grad=True)
    y = x
    for _ in range(10_000):
        y = torch.sin(y)
    graph = from_loss(y, {"x": x})
    (derivative,) = torch.autograd.grad(y, [x])
    assert len(graph) == 10_001 and graph.graph["outputs"] == ["loss"]
    assert cg.totals(cg.reverse(graph, {"loss": 1.0}))["x"] == pytest.approx(derivative.item(), rel=1e-12)

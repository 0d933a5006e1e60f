"""P3: one training step of a network 64–128–64–10, batch 64, softmax cross-entropy, float32, on one thread.

Run ``python tests/benchmarks/p3_training_step.py`` (``tanh`` after it for tanh instead of relu). A step is the loss,
its gradient and the update W ← W − 0.05·∂J/∂W of all six arrays. Everybody starts from the same weights, and after a
few steps has to have the same ones. Peers that are not installed are skipped by name.
"""

# ruff: noqa: E402 - the number of threads is set before NumPy is imported: BLAS reads it once

from __future__ import annotations

import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"

import gc
import itertools
import sys
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
from harness import installed, race, table, verdict

import compgraph as cg

BATCH, LAYERS, RATE = 64, (64, 128, 64, 10), 0.05
NAMES = [f"{kind}{i}" for i in range(1, len(LAYERS)) for kind in "Wb"]
Step = Callable[[], None]


def weights() -> dict[str, np.ndarray]:
    random = np.random.default_rng(0)
    made = {}
    for i, (inputs, outputs) in enumerate(itertools.pairwise(LAYERS), 1):
        made[f"W{i}"] = (random.normal(size=(inputs, outputs)) / np.sqrt(inputs)).astype(np.float32)
        made[f"b{i}"] = np.zeros(outputs, np.float32)
    return made


def data() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(1)
    labels = random.integers(0, LAYERS[-1], BATCH)
    return random.normal(size=(BATCH, LAYERS[0])).astype(np.float32), np.eye(10, dtype=np.float32)[labels], labels


# -- competitors: each makes a step, and a way to look at the weights


def compiled(tanh: bool) -> tuple[Step, Any]:
    shapes = {name: array.shape for name, array in weights().items()}
    p = {name: cg.Variable(name, shape=shape) for name, shape in shapes.items()}
    x, t = cg.Variable("x", shape=(BATCH, LAYERS[0])), cg.Variable("t", shape=(BATCH, LAYERS[-1]))
    h = x
    for i in (1, 2):
        z = h @ p[f"W{i}"] + p[f"b{i}"]
        h = np.tanh(z) if tanh else cg.relu(z)
    z = h @ p["W3"] + p["b3"]
    loss = np.mean(cg.logsumexp(z, axis=1) - np.sum(z * t, axis=1))
    f = cg.derivative_program({"J": loss}, wrt=NAMES).compile()
    now, (images, targets, _) = weights(), data()
    arrays = [now[name] for name in NAMES]

    def step() -> None:
        _, gradient = f(*arrays, images, targets)
        for array, slope in zip(arrays, gradient, strict=True):
            slope *= RATE
            array -= slope

    return step, now


def by_hand(tanh: bool) -> tuple[Step, Any]:
    w, (x, t, _) = weights(), data()

    def step() -> None:
        z1 = x @ w["W1"] + w["b1"]
        h1 = np.tanh(z1) if tanh else np.maximum(z1, 0)
        z2 = h1 @ w["W2"] + w["b2"]
        h2 = np.tanh(z2) if tanh else np.maximum(z2, 0)
        z3 = h2 @ w["W3"] + w["b3"]
        e = np.exp(z3 - z3.max(axis=1, keepdims=True))
        p = e / e.sum(axis=1, keepdims=True)
        -np.log((p * t).sum(axis=1)).mean()
        d3 = (p - t) / BATCH
        d2 = (d3 @ w["W3"].T) * (1 - h2**2 if tanh else z2 > 0)
        d1 = (d2 @ w["W2"].T) * (1 - h1**2 if tanh else z1 > 0)
        for i, before, d in ((1, x, d1), (2, h1, d2), (3, h2, d3)):
            w[f"W{i}"] -= RATE * (before.T @ d)
            w[f"b{i}"] -= RATE * d.sum(axis=0)

    return step, w


def by_hand_in_place(tanh: bool) -> tuple[Step, Any]:
    w, (x, t, _) = weights(), data()
    h1, d1 = np.empty((2, BATCH, 128), np.float32)
    h2, d2 = np.empty((2, BATCH, 64), np.float32)
    z3, d3, top = *np.empty((2, BATCH, 10), np.float32), np.empty((BATCH, 1), np.float32)
    slopes = {name: np.empty_like(array) for name, array in w.items()}

    def step() -> None:
        for i, before, h in ((1, x, h1), (2, h1, h2), (3, h2, z3)):
            np.dot(before, w[f"W{i}"], out=h)
            h += w[f"b{i}"]
            if h is not z3:
                np.tanh(h, out=h) if tanh else np.maximum(h, 0, out=h)
        np.max(z3, axis=1, keepdims=True, out=top)
        np.subtract(z3, top, out=z3)
        np.exp(z3, out=z3)
        np.sum(z3, axis=1, keepdims=True, out=top)
        np.divide(z3, top, out=d3)
        -np.log(np.einsum("ij,ij->i", d3, t)).mean()
        np.subtract(d3, t, out=d3)
        np.multiply(d3, 1 / BATCH, out=d3)
        for i, before, d, below in ((3, h2, d3, d2), (2, h1, d2, d1), (1, x, d1, None)):
            np.dot(before.T, d, out=slopes[f"W{i}"])
            np.sum(d, axis=0, out=slopes[f"b{i}"])
            if below is not None:
                np.dot(d, w[f"W{i}"].T, out=below)
                if tanh:
                    np.square(before, out=before)
                    np.subtract(1, before, out=before)
                    np.multiply(below, before, out=below)
                else:
                    np.multiply(below, before > 0, out=below)
        for name, slope in slopes.items():
            slope *= RATE
            w[name] -= slope

    return step, w


def with_jax(tanh: bool) -> tuple[Step, Any]:
    import jax
    import jax.numpy as jnp

    (x, t, _), now = data(), {name: jnp.asarray(array) for name, array in weights().items()}
    inputs, targets = jnp.asarray(x), jnp.asarray(t)

    def loss(w: Any) -> Any:
        h = inputs
        for i in (1, 2):
            z = h @ w[f"W{i}"] + w[f"b{i}"]
            h = jnp.tanh(z) if tanh else jax.nn.relu(z)
        z = h @ w["W3"] + w["b3"]
        return jnp.mean(jax.nn.logsumexp(z, axis=1) - jnp.sum(z * targets, axis=1))

    @jax.jit
    def update(w: Any) -> Any:
        value, slopes = jax.value_and_grad(loss)(w)
        return value, {name: w[name] - RATE * slopes[name] for name in w}

    def step() -> None:
        _, new = update(now)
        now.update(new)
        jax.block_until_ready(new)

    return step, now


def with_torch(tanh: bool) -> tuple[Step, Any]:
    import torch

    torch.set_num_threads(1)
    x, _, labels = map(torch.from_numpy, data())
    w = {name: torch.from_numpy(array).requires_grad_() for name, array in weights().items()}

    def step() -> None:
        h = x
        for i in (1, 2):
            z = h @ w[f"W{i}"] + w[f"b{i}"]
            h = torch.tanh(z) if tanh else torch.relu(z)
        torch.nn.functional.cross_entropy(h @ w["W3"] + w["b3"], labels).backward()
        with torch.no_grad():
            for array in w.values():
                array -= RATE * array.grad
                array.grad = None

    return step, w


def with_autograd(tanh: bool) -> tuple[Step, Any]:
    import autograd
    import autograd.numpy as anp

    now, (x, t, _) = weights(), data()

    def loss(w: Any) -> Any:
        h = x
        for i in (1, 2):
            z = anp.dot(h, w[f"W{i}"]) + w[f"b{i}"]
            h = anp.tanh(z) if tanh else anp.maximum(z, 0)
        z = anp.dot(h, w["W3"]) + w["b3"]
        top = anp.max(z, axis=1, keepdims=True)
        total = anp.log(anp.sum(anp.exp(z - top), axis=1)) + top[:, 0]
        return anp.mean(total - anp.sum(z * t, axis=1))

    gradient = autograd.value_and_grad(loss)

    def step() -> None:
        _, slopes = gradient(now)
        for name in NAMES:
            now[name] = now[name] - RATE * slopes[name]

    return step, now


MAKERS: dict[str, tuple[str, Callable[[bool], tuple[Step, Any]]]] = {
    "hand-written NumPy": ("numpy", by_hand),
    "hand-written, out=": ("numpy", by_hand_in_place),
    "compiled": ("numpy", compiled),
    "jax.jit": ("jax", with_jax),
    "torch eager": ("torch", with_torch),
    "autograd": ("autograd", with_autograd),
}


def peak(make: Callable[[bool], tuple[Step, Any]], tanh: bool) -> int:
    """The most bytes that NumPy holds at once during a step, and whatever was put aside for it before."""
    tracemalloc.start()
    step, _ = make(tanh)
    for _ in range(3):
        step()
    tracemalloc.reset_peak()
    step()
    found = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return found


def main() -> None:
    tanh = "tanh" in sys.argv[1:]
    here = installed("numpy", *(library for library, _ in MAKERS.values() if library != "numpy"))
    made = {name: make(tanh) for name, (library, make) in MAKERS.items() if here[library]}
    for step, _ in made.values():
        for _ in range(3):
            step()
    wanted = made["hand-written NumPy"][1]
    for name, (_, now) in made.items():
        found = {key: value.detach().numpy() if hasattr(value, "detach") else value for key, value in now.items()}
        if not all(np.allclose(found[key], wanted[key], rtol=1e-4, atol=1e-6) for key in NAMES):
            print(f"{name} disagrees")
    gc.collect()
    gc.freeze()  # what the peers brought along need not be looked at before each of many short repeats
    times = race({name: step for name, (step, _) in made.items()}, repeats=150, batch=20)
    table(f"training step, {'tanh' if tanh else 'relu'}", times, unit="µs/op")
    best = {name: timing.best for name, timing in times.items()}
    verdict("P3 training step vs hand-written NumPy", best["compiled"] / best["hand-written NumPy"], 1, at_most=True)
    if "jax.jit" in best:
        verdict("P3 training step, faster than jax.jit", best["jax.jit"] / best["compiled"], 1)
    if "torch eager" in best:
        verdict("P3 training step, faster than torch eager", best["torch eager"] / best["compiled"], 2)
    memory = peak(compiled, tanh) / peak(by_hand, tanh)
    verdict("P3 memory of a step vs hand-written NumPy", memory, 1.5, at_most=True)


if __name__ == "__main__":
    main()

"""How strongly to regularise: the derivative of the error on held-out data with respect to λ, through the fit itself.

    python examples/ridge.py

The inner problem, ridge regression, is solved by iterating gradient descent to its fixed point w = w − α·∇L(w, λ). By
the implicit function theorem ∂w/∂λ follows from that point alone: no iteration is kept. The outer problem then
descends on log λ.
"""

from __future__ import annotations

import numpy as np

import compgraph as cg
from compgraph import nn


def data(seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Two inputs that nearly say the same, and noise: 20 examples to fit, 20 to judge by."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(40, 1)) + 0.3 * rng.normal(size=(40, 2))
    t = x @ [1.0, 0.5] + 1.5 * rng.normal(size=40)
    return x[:20], t[:20], x[20:], t[20:]


def error(x: np.ndarray, t: np.ndarray, w: list) -> cg.Expression:
    """The mean square of x·w − t, written in the moments of the data."""
    gram, moment = x.T @ x / len(t), x.T @ t / len(t)
    squares = sum(gram[i, j] * w[i] * w[j] for i in range(2) for j in range(2))
    return squares - 2 * sum(moment[i] * w[i] for i in range(2)) + t @ t / len(t)


def held_out_error(rate: float = 0.2) -> cg.Expression:
    """As an expression of s = log λ."""
    x, t, x_held, t_held = data()
    w, s = [cg.Variable("w1"), cg.Variable("w2")], cg.Variable("s")
    slopes = cg.gradient(error(x, t, w) + cg.exp(s) * (w[0] ** 2 + w[1] ** 2), wrt=["w1", "w2"])
    fitted = cg.fixed_point({one.name: one - rate * slopes[one.name] for one in w}, start={"w1": 0.0, "w2": 0.0})
    return error(x_held, t_held, [fitted["w1"], fitted["w2"]])


def closed_form(s: float) -> float:
    """The same by the normal equations, to compare with."""
    x, t, x_held, t_held = data()
    w = np.linalg.solve(x.T @ x / 20 + np.exp(s) * np.eye(2), x.T @ t / 20)
    return float(np.mean((x_held @ w - t_held) ** 2))


if __name__ == "__main__":
    loss = held_out_error()
    for update in nn.minimize(loss, {"s": -4.0}, nn.Adam(rate=0.2), steps=100, tolerance=1e-6):
        if update.step % 20 == 0:
            s = update.point["s"]
            print(f"step {update.step:3}   λ = {np.exp(s):.4f}   held-out error {closed_form(s):.6f}")

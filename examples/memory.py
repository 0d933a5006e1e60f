"""A recurrent network that remembers: of a sequence of random bits it has to say the first one, at the end.

    python examples/memory.py

Backpropagation through time is backpropagation: the network is unrolled, and its weights have a path through each step.
"""

from __future__ import annotations

import argparse

import numpy as np

from compgraph import nn

LENGTH = 12


def layers(draft, x, t):
    """Bit by bit through one cell of 16 units; the last state decides."""
    hidden = nn.recurrent(draft, [x[:, i : i + 1] for i in range(LENGTH)], 1, 16)
    y = nn.dense(draft, hidden[-1], 16, 1).named("y")
    return {"y": y, "J": nn.sigmoid_cross_entropy(y, t)}


def sequences(count: int, seed: int) -> dict[str, np.ndarray]:
    bits = np.random.default_rng(seed).choice([-1.0, 1.0], size=(count, LENGTH))
    return {"x": bits, "t": (bits[:, :1] + 1) / 2}


def accuracy(y, t):
    """The share of sequences whose first bit is told right."""
    return np.mean((y > 0) == (t > 0.5))


def train(epochs: int) -> nn.Trained:
    return nn.train(
        nn.network(layers, seed=0),
        sequences(512, seed=0),
        nn.Adam(rate=nn.Cosine(0.01, steps=16 * epochs)),
        epochs=epochs,
        held_out=sequences(512, seed=1),
        measures={"accuracy": accuracy},
    )


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description="A recurrent network that remembers the first of twelve bits.")
    arguments.add_argument("--epochs", type=int, default=40)
    trained = train(arguments.parse_args().epochs)
    print(f"test accuracy {trained.history[-1]['accuracy']:.4f}")

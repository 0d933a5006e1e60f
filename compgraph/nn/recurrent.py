"""Recurrent layers, unrolled: one cell applied step by step, with the same weights at each.

Every step is in the graph, so that backpropagation through time is backpropagation: a weight has a path through each
step, and its derivative is the sum over them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import compgraph as cg
from compgraph.nn.drafting import Draft
from compgraph.nn.layers import Activation, activated

__all__ = ["gru", "lstm", "recurrent"]


def recurrent(
    draft: Draft, steps: Sequence[Any], inputs: int, units: int, activation: Activation = "tanh"
) -> list[cg.Expression]:
    """h ← f(x @ W + h @ U + b) for each x of a sequence, from h = 0.

    Parameters
    ----------
    draft : Draft
    steps : sequence of Expression
        An x for every step, of shape (…, inputs): of a variable with the axes example, step, feature,
        ``[x[:, i] for i in range(10)]``.
    inputs, units : int
    activation : str or function

    Returns
    -------
    list of Expression
        The h after every step, named ``h1_1``, ``h1_2``, …

    Examples
    --------
    >>> draft = Draft()
    >>> x = cg.Variable("x")
    >>> hidden = recurrent(draft, [x[:, i] for i in range(3)], 1, 4)
    >>> [h.name for h in hidden], list(draft.parameters)
    (['h1_1', 'h1_2', 'h1_3'], ['W1', 'U1', 'b1'])
    """
    k = draft.layer()
    weigh = _gate(draft, k, "", inputs, units)
    return _unrolled(k, steps, units, lambda x, h: activated(weigh(x, h), activation))


def gru(draft: Draft, steps: Sequence[Any], inputs: int, units: int) -> list[cg.Expression]:
    """A gated recurrent unit: h ← (1 − u)·n + u·h with n = tanh(x @ Wn + (r·h) @ Un + bn) and gates u, r.

    References
    ----------
    Cho et al., "Learning phrase representations using RNN encoder–decoder", arXiv:1406.1078 (2014).
    """
    k = draft.layer()
    update, reset, new = (_gate(draft, k, name, inputs, units) for name in ("u", "r", "n"))

    def cell(x: Any, h: Any) -> Any:
        u = cg.sigmoid(update(x, h))
        return (1 - u) * cg.tanh(new(x, cg.sigmoid(reset(x, h)) * h)) + u * h

    return _unrolled(k, steps, units, cell)


def lstm(draft: Draft, steps: Sequence[Any], inputs: int, units: int) -> list[cg.Expression]:
    """A long short-term memory: c ← f·c + i·g, h ← o·tanh(c), with gates i, f, o; the bias of f starts at 1.

    References
    ----------
    Hochreiter, Schmidhuber, "Long short-term memory", Neural Computation 9 (1997); the gate f by Gers et al. (2000).
    """
    k = draft.layer()
    gates = [_gate(draft, k, name, inputs, units, bias=float(name == "f")) for name in ("i", "f", "o", "g")]
    cells: list[Any] = [np.zeros(units)]

    def cell(x: Any, h: Any) -> Any:
        take, keep, show = (cg.sigmoid(gate(x, h)) for gate in gates[:3])
        cells.append((keep * cells[-1] + take * cg.tanh(gates[3](x, h))).named(f"c{k}_{len(cells)}"))
        return show * cg.tanh(cells[-1])

    return _unrolled(k, steps, units, cell)


def _gate(draft: Draft, k: int, name: str, inputs: int, units: int, *, bias: float = 0.0) -> Callable[[Any, Any], Any]:
    """x @ W + h @ U + b with parameters of its own."""
    w = draft.weights(f"W{name}{k}", (inputs, units), inputs=inputs)
    u = draft.weights(f"U{name}{k}", (units, units), inputs=units)
    b = draft.parameter(f"b{name}{k}", np.full(units, bias))
    return lambda x, h: x @ w + h @ u + b


def _unrolled(k: int, steps: Sequence[Any], units: int, cell: Callable[[Any, Any], Any]) -> list[cg.Expression]:
    if isinstance(steps, cg.Expression):
        raise TypeError(
            "steps: expected a list with an expression for every step, got one expression. "
            "Write [x[:, i] for i in range(10)]."
        )
    hidden: list[Any] = [np.zeros(units)]
    for i, x in enumerate(steps, 1):
        hidden.append(cell(x, hidden[-1]).named(f"h{k}_{i}"))
    return hidden[1:]

"""Networks neuron by neuron, as lectures draw them: every weight is a variable, every product a node.

For pictures, films and calculations by hand; what is trained on data is made of arrays, in `layers`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import compgraph as cg
from compgraph.expression import literal
from compgraph.nn.layers import Activation, activated

__all__ = ["neurons"]


def neurons(
    inputs: Sequence[Any],
    units: int,
    *,
    weights: str = "w",
    sums: str = "a",
    outputs: str = "z",
    activation: Activation = "sigmoid",
    bias: Literal["separate", "constant"] | None = "separate",
) -> list[cg.Expression]:
    """A layer of single neurons, aⱼ = wⱼ₀ + Σᵢ wⱼᵢ·xᵢ and zⱼ = f(aⱼ).

    Parameters
    ----------
    inputs : sequence of Expression or number
        x₁, x₂, …
    units : int
        How many neurons.
    weights, sums, outputs : str
        What the names begin with. A weight has the index of its neuron, then that of its input: ``w21`` leads from
        input 1 to neuron 2. A single neuron has no index: ``β1``, ``b``, ``y``.
    activation : str or function
    bias : {"separate", "constant"} or None
        Added as it is; or as the weight of one more input, a node that is constantly 1 and has the index 0; or none.

    Returns
    -------
    list of Expression
        The outputs; sums are named as well, and appear in the graph.

    Examples
    --------
    The network of a lecture, with two inputs, two hidden neurons and one output:

    >>> x = [cg.Variable("x1"), cg.Variable("x2")]
    >>> z = neurons(x, 2, weights="α")
    >>> (y,) = neurons(z, 1, weights="β", sums="b", outputs="y")
    >>> z[1], z[1].arguments[0]
    (sigmoid(a2), α21·x1 + α22·x2 + α20)
    >>> y.arguments[0]
    β1·z1 + β2·z2 + β0
    >>> neurons(x, 1, bias="constant")[0].arguments[0]
    w0·x0 + w1·x1 + w2·x2
    """
    if bias not in ("separate", "constant", None):
        raise ValueError(f"bias: expected 'separate', 'constant' or None, got {bias!r:.40}.")
    if not inputs:
        raise ValueError("inputs: expected at least one, got none. Give variables or the outputs of a layer.")
    constant = _constant(inputs) if bias == "constant" else None
    return [
        _neuron(list(inputs), str(j) if units > 1 else "", weights, sums, outputs, activation, bias, constant)
        for j in range(1, units + 1)
    ]


def _constant(inputs: Sequence[Any]) -> Any:
    """1 as a node: x0, where the inputs are x1, x2, …; as a bare number, where they have no names that say so."""
    names = [getattr(one, "name", None) or "" for one in inputs]
    stems = {name.removesuffix(str(i)) for i, name in enumerate(names, 1)}
    if len(stems) == 1 and stems != {""} and all(name.endswith(str(i)) for i, name in enumerate(names, 1)):
        return literal(1, f"{stems.pop()}0")
    return 1


def _neuron(
    inputs: list[Any],
    j: str,
    weights: str,
    sums: str,
    outputs: str,
    activation: Activation,
    bias: str | None,
    constant: Any,
) -> cg.Expression:
    def weight(i: int) -> cg.Variable:
        between = "_" if j and (len(j) > 1 or len(inputs) > 9) else ""  # α1_11 is neither α11_1 nor α111
        return cg.Variable(f"{weights}{j}{between}{i}")

    terms = [weight(i) * x for i, x in enumerate(inputs, 1)]
    if bias == "constant":
        terms.insert(0, weight(0) * constant)
    if bias == "separate":
        terms.append(weight(0))
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    found: cg.Expression = activated(total.named(f"{sums}{j}"), activation).named(f"{outputs}{j}")
    return found

"""What the edges of PyTorch's graph mean: a number, a linear map that says what it is, or the node itself as a map."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from compgraph.maps import Dense, Diagonal, LeftMultiply, LinearMap, Permute, Reshape, RightMultiply, Sum, broadcast
from compgraph.maps.base import Array, Shape, size
from compgraph.maps.elementwise import elementwise

__all__ = ["ROWS", "Recorded", "Use", "array_of", "gone", "is_input", "number_or_array", "operation", "partial"]


def is_input(node: Any) -> bool:
    return hasattr(node, "variable")


def operation(node: Any) -> str:
    """The operation behind a ``grad_fn``.

    >>> operation(type("", (), {"name": lambda self: "MaxPool2DWithIndicesBackward0"})())
    'max_pool2d_with_indices'
    """
    if is_input(node):
        return "input"
    name = re.sub(r"Backward\d*$", "", node.name().rpartition("::")[2])
    return re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=\dD)(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def gone(error: RuntimeError) -> ValueError:
    return ValueError(
        f"the graph of PyTorch cannot be read: {str(error).partition('. ')[0]}. "
        "Read and sweep it before backward(), or call backward(retain_graph=True); change parameters afterwards."
    )


class Use(NamedTuple):
    """A tensor as an argument: of which node, for which of its outputs, in which place; the shapes on either side."""

    node: Any
    output: int
    position: int
    head: Shape
    tail: Shape

    def pull(self, cotangent: Any) -> Any:
        """What the node sends to the argument for a cotangent of its output; None for nothing.

        The engine would add up what was broadcast, and run hooks; the node alone does neither.
        """
        import torch

        given = [
            cotangent if i == self.output else torch.zeros(tuple(m.shape), dtype=m.dtype, device=m.device)
            for i, m in enumerate(self.node._input_metadata)
        ]
        own = hasattr(self.node, "needs_input_grad")  # a function written in Python, which is not called itself
        sent = (self.node.apply if own else self.node)(*given)
        if not isinstance(sent, tuple):
            return sent
        if not own:
            return sent[self.position]
        # it sends something to all of its arguments, of which only tensors are in next_functions
        tracked = [i for i, (node, _) in enumerate(self.node.next_functions) if node is not None]
        wanted = [i for i, needed in enumerate(self.node.needs_input_grad) if needed]
        return sent[wanted[tracked.index(self.position)]]

    def tensor(self, array: Any, *, requires_grad: bool = False) -> Any:
        """An array as a cotangent."""
        import torch

        kind = self.node._input_metadata[self.output]
        return torch.tensor(array, dtype=kind.dtype, device=kind.device, requires_grad=requires_grad)

    def ones(self) -> Array | None:
        """The entries of a partial that is a diagonal, in the shape of the result."""
        import torch

        with torch.no_grad():
            sent = self.pull(self.tensor(np.ones(self.head)))
        return None if sent is None else array_of(sent)


class Recorded(LinearMap):
    """The partial that a node of PyTorch's graph stands for: backwards it is applied by the node itself.

    Forwards, the node is differentiated by its cotangent, in which it is linear; one that PyTorch cannot differentiate
    is asked for its matrix. `cost` is that of the matrix: what the node takes is not known.
    """

    __slots__ = ("turned", "use")

    def __init__(self, use: Use, *, turned: bool = False) -> None:
        self.use, self.turned = use, turned
        self.output, self.input = (use.tail, use.head) if turned else (use.head, use.tail)

    def _apply(self, x: Any) -> Array:
        one, further = self._backward if self.turned else self._forward, self._further(x)
        try:
            made = [one(array) for array in np.reshape(x, (size(further), *self.input))]
            return np.reshape(np.stack(made) if made else np.zeros(0), (*further, *self.output))
        except RuntimeError as error:
            raise gone(error) from error

    def _backward(self, adjoint: Array) -> Array:
        import torch

        with torch.no_grad():
            sent = self.use.pull(self.use.tensor(adjoint))
            return np.zeros(self.output) if sent is None else array_of(sent.sum_to_size(self.output))

    def _forward(self, tangent: Array) -> Array:
        try:
            found = self._twice(tangent)
        except RuntimeError:
            found = None
        if found is None:
            found = (tangent.ravel() @ self.transpose().matrix()).reshape(self.output)
        return found

    def _twice(self, tangent: Array) -> Array | None:
        """By the derivative of what is sent; None where the node works outside of what PyTorch records."""
        import torch

        with torch.enable_grad():
            cotangent = self.use.tensor(np.zeros(self.output), requires_grad=True)
            sent = self.use.pull(cotangent)
            if sent is None or not sent.requires_grad:
                return None
            there = torch.tensor(tangent, dtype=sent.dtype, device=sent.device)
            (found,) = torch.autograd.grad(sent.sum_to_size(self.input), cotangent, there)
        return array_of(found)

    def transpose(self) -> Recorded:
        return Recorded(self.use, turned=not self.turned)

    @property
    def dtype(self) -> np.dtype[Any]:
        return array_of(self.use.tensor(0)).dtype

    @property
    def cost(self) -> int:
        return size(self.output) * size(self.input)

    @property
    def label(self) -> str:
        return operation(self.use.node) + ("ᵀ" if self.turned else "")


def partial(use: Use) -> Any:
    """The label of an edge: a number, a map that says what it is, or the node itself."""
    if use.head == use.tail == ():
        number = use.ones()
        return 0.0 if number is None else number.item()
    row = ROWS.get(name := operation(use.node))
    if row is not None:
        return row(use.node, use)
    if name in ELEMENTWISE:
        entries = use.ones()
        if entries is not None and entries.shape == use.head:
            even = entries.size and (entries == entries.flat[0]).all()
            diagonal = elementwise(entries.flat[0].item(), use.head) if even else Diagonal(entries)
            return diagonal @ broadcast(use.tail, use.head)
    return Recorded(use)


#: Functions of single entries, by the name of their operation.
ELEMENTWISE = frozenset({
    "abs", "acos", "acosh", "add", "alias", "asin", "asinh", "atan", "atan2", "atanh", "celu", "clamp", "clamp_max",
    "clamp_min", "clone", "copysign", "cos", "cosh", "deg2rad", "digamma", "div", "elu", "erf", "erfc", "erfinv",
    "exp", "exp2", "expm1", "fmax", "fmin", "gelu", "hardshrink", "hardsigmoid", "hardswish", "hardtanh", "hypot",
    "leaky_relu", "lerp", "lgamma", "log", "log10", "log1p", "log2", "log_sigmoid", "logaddexp", "logaddexp2",
    "logit", "masked_fill", "maximum", "minimum", "mish", "mul", "neg", "pow", "prelu_kernel", "rad2deg",
    "reciprocal", "relu", "rsqrt", "rsub", "sgn", "sigmoid", "sign", "silu", "sin", "sinc", "sinh", "softplus",
    "softshrink", "sqrt", "sub", "tan", "tanh", "threshold", "to_copy", "trunc", "where", "xlogy",
})  # fmt: skip


def _reshape(node: Any, use: Use) -> LinearMap:
    return Reshape(use.head, use.tail)


def _summed(node: Any, use: Use) -> LinearMap:
    axes = [_signed(axis) for axis in getattr(node, "_saved_dim", None) or ()] or None  # none: over all
    total = Sum(use.tail, axes)
    shaped: LinearMap = Reshape(use.head, total.output) @ total
    return shaped


def _mean(node: Any, use: Use) -> LinearMap:
    return (size(use.head) / size(use.tail)) * _summed(node, use)


def _product(left: str, right: str) -> Callable[[Any, Use], LinearMap]:
    """The partial of a product of two matrices, of which the node saved the one that it needs."""

    def row(node: Any, use: Use) -> LinearMap:
        if use.position == 0:
            return RightMultiply(array_of(getattr(node, right)), use.tail)
        return LeftMultiply(array_of(getattr(node, left)), use.tail)

    return row


def _addmm(node: Any, use: Use) -> LinearMap:
    if use.position == 0:
        factor, term = node._saved_beta, broadcast(use.tail, use.head)
    else:
        row = _product("_saved_mat1", "_saved_mat2")
        factor, term = node._saved_alpha, row(node, use._replace(position=use.position - 1))
    scaled: LinearMap = factor * term
    return scaled


def _mv(node: Any, use: Use) -> LinearMap:
    if use.position == 1:
        return Dense(array_of(node._saved_self))
    column = RightMultiply(array_of(node._saved_vec)[:, np.newaxis], use.tail)
    shaped: LinearMap = Reshape(use.head, column.output) @ column
    return shaped


def _dot(node: Any, use: Use) -> LinearMap:
    other = node._saved_tensor if use.position == 0 else node._saved_self
    return Dense(array_of(other)[np.newaxis], use.head, use.tail)


def _transposed(node: Any, use: Use) -> LinearMap:
    axes = list(range(len(use.tail)))
    first, second = _signed(node._saved_dim0), _signed(node._saved_dim1)
    axes[first], axes[second] = axes[second], axes[first]
    return Permute(use.tail, axes)


#: Operations whose partial is a map with a name: its maker, from the node and the use.
ROWS: dict[str, Callable[[Any, Use], LinearMap]] = {
    "addmm": _addmm,
    "bmm": _product("_saved_self", "_saved_mat2"),
    "dot": _dot,
    "expand": lambda node, use: broadcast(use.tail, use.head),
    "mean": _mean,
    "mm": _product("_saved_self", "_saved_mat2"),
    "mv": _mv,
    "permute": lambda node, use: Permute(use.tail, [_signed(axis) for axis in node._saved_dims]),
    "squeeze": _reshape,
    "sum": _summed,
    "t": lambda node, use: Permute(use.tail),
    "transpose": _transposed,
    "unsafe_view": _reshape,
    "unsqueeze": _reshape,
    "view": _reshape,
}


def _signed(axis: int) -> int:
    """An axis; PyTorch saves −1 as an unsigned integer of 64 bits."""
    return axis - (1 << 64) if axis >= 1 << 63 else axis


def array_of(tensor: Any) -> Array:
    import torch

    if tensor.is_complex():
        raise ValueError(
            "a complex tensor: expected real numbers. "
            "Write the computation in real and imaginary parts (torch.view_as_real)."
        )
    dense = tensor.detach().to_dense() if tensor.is_sparse else tensor.detach()
    # NumPy has no bfloat16, and is slow with float16; a copy, since the tensor may change
    kind = torch.float32 if dense.dtype in (torch.bfloat16, torch.float16) else dense.dtype
    array: Array = torch.empty(dense.shape, dtype=kind).copy_(dense).numpy()
    return array


def number_or_array(tensor: Any) -> Any:
    array = array_of(tensor)
    return array if array.ndim else array.item()

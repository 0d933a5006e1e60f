"""Functions of arrays, as anybody writes them in NumPy: each runs on arrays and on expressions unchanged.

A table of name → (function, shapes of its arguments by name). Every row of `compgraph.arrays` stands in it at least
once, which a test holds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import compgraph as cg


class Case(NamedTuple):
    function: Callable[..., Any]
    shapes: dict[str, tuple[int, ...]]

    def point(self, seed: int = 0, dtype: Any = float) -> dict[str, Any]:
        """Numbers without ties, regular matrices among them."""
        random = np.random.default_rng(seed)
        point = {}
        for name, shape in self.shapes.items():
            value = random.normal(size=shape)
            if len(shape) > 1 and shape[-1] == shape[-2]:
                value = value + 3 * np.eye(shape[-1])
            point[name] = value.astype(dtype) if shape else float(value)
        return point

    def variables(self) -> dict[str, Any]:
        return {name: cg.Variable(name, shape) for name, shape in self.shapes.items()}

    def weighted(self, **arrays: Any) -> Any:
        """A number made of the result that depends on all of its entries in different ways."""
        result = self.function(**arrays)
        weights = np.sin(1.0 + np.arange(np.size(result))).reshape(np.shape(result))
        return np.sum(result * weights) + np.sum(result * result) / 3


A, B, X, Y, C = {"A": (3, 3)}, {"B": (3, 4)}, {"x": (3,)}, {"y": (4,)}, {"c": ()}
IMAGES, KERNELS, STACK = {"images": (2, 2, 5, 5)}, {"kernels": (3, 2, 3, 3)}, {"S": (2, 3, 3)}

CASES: dict[str, Case] = {
    name: Case(function, {k: v for shape in shapes for k, v in shape.items()})
    for name, function, *shapes in [
        # elementwise, with broadcasting
        ("add", lambda A, x: A + x, A, X),
        ("subtract from", lambda B, y: 1 - B - y, B, Y),
        ("multiply", lambda B, y: B * y, B, Y),
        ("by a column", lambda B, x: B * x[:, None], B, X),
        ("by a number", lambda c, B: c * B + c, C, B),
        ("divide", lambda B, y: B / (y**2 + 1), B, Y),
        ("power", lambda B, y: np.exp(B) ** y, B, Y),
        ("ufuncs", lambda B: np.sin(B) * np.cos(B) + np.square(B), B),
        ("maximum", lambda B, y: np.maximum(B, y), B, Y),
        ("logaddexp", lambda B, y: np.logaddexp(B, y), B, Y),
        ("hypot", lambda B, y: np.hypot(B, y), B, Y),
        ("where", lambda B: np.where(B > 0, B * 2, np.exp(B)), B),
        ("clip", lambda B: np.clip(B, -0.5, 0.5), B),
        # sums and what is made of them
        ("sum", lambda B: np.sum(B), B),
        ("sum of rows", lambda B: B.sum(axis=0), B),
        ("sum kept", lambda B: B - np.sum(B, axis=1, keepdims=True), B),
        ("sum of a stack", lambda S: np.sum(S, axis=(0, -1)), STACK),
        ("mean", lambda B: B.mean(axis=1), B),
        ("var", lambda B: np.var(B, axis=0), B),
        ("var of a sample", lambda B: np.var(B, axis=1, ddof=1, keepdims=True) * B, B),
        ("std", lambda B: np.std(B), B),
        ("prod", lambda B: np.prod(B, axis=1), B),
        ("prod of all", lambda x: np.prod(x), X),
        ("max", lambda B: np.max(B, axis=1), B),
        ("min", lambda B: B.min(), B),
        ("cumsum", lambda B: np.cumsum(B, axis=0), B),
        ("cumsum of all", lambda B: np.cumsum(B), B),
        ("norm", lambda B: np.linalg.norm(B), B),
        ("norm of columns", lambda B: np.linalg.norm(B, axis=0), B),
        ("norm 1", lambda x: np.linalg.norm(x, 1), X),
        ("logsumexp", lambda B: cg.logsumexp(B, axis=1), B),
        ("softmax", lambda B: cg.softmax(B), B),
        ("softmax of columns", lambda B: cg.softmax(B, axis=0), B),
        ("log_softmax", lambda B: cg.log_softmax(B), B),
        ("average", lambda B: np.average(B, axis=0, weights=np.array([1.0, 2.0, 3.0])), B),
        # products
        ("matmul", lambda A, B: A @ B, A, B),
        ("matrix and vector", lambda A, x: A @ x, A, X),
        ("vector and matrix", lambda x, B: x @ B, X, B),
        ("two vectors", lambda x: x @ (2 * x), X),
        ("stack and matrix", lambda S, B: S @ B, STACK, B),
        ("matrix and stack", lambda A, S: A @ S, A, STACK),
        ("dot", lambda A, x: np.dot(A, x), A, X),
        ("outer", lambda x, y: np.outer(x, y), X, Y),
        ("inner", lambda x, A: np.inner(A, x), X, A),
        ("vdot", lambda A, S: np.vdot(A, S[0]), A, STACK),
        ("einsum", lambda A, B, y: np.einsum("ij,jk,k->i", A, B, y), A, B, Y),
        ("einsum of a diagonal", lambda A: np.einsum("ii->i", A), A),
        ("einsum of a sum", lambda B: np.einsum("ij->j", B), B),
        ("einsum with dots", lambda S, B: np.einsum("...ij,jk->...ik", S, B), STACK, B),
        ("tensordot", lambda A, B: np.tensordot(A, B, axes=([0], [0])), A, B),
        # moves
        ("reshape", lambda B: B.reshape(2, -1), B),
        ("ravel", lambda B: B.ravel(), B),
        ("transpose", lambda B: B.T @ B, B),
        ("transpose of a stack", lambda S: np.transpose(S, (2, 0, 1)), STACK),
        ("row", lambda B: B[1], B),
        ("entry", lambda B: B[0, 1] * B[2, 3], B),
        ("columns twice", lambda B: B[:, [0, 0, 2]], B),
        ("steps", lambda B: B[::2, ::-1], B),
        ("mask", lambda B: B[np.arange(3) > 0], B),
        ("rows of it", lambda B: sum(row * i for i, row in enumerate(B)), B),
        ("concatenate", lambda A, B: np.concatenate([A, B], axis=1), A, B),
        ("stack", lambda x: np.stack([x, x * 2], axis=1), X),
        ("vstack", lambda x, A: np.vstack([x, A]), X, A),
        ("hstack", lambda x, y: np.hstack([x, y]), X, Y),
        ("column_stack", lambda x: np.column_stack([x, x**2]), X),
        ("pad", lambda B: np.pad(B, ((1, 0), (0, 2))), B),
        ("broadcast_to", lambda x: np.broadcast_to(x, (2, 3)), X),
        ("expand_dims", lambda x: np.expand_dims(x, 1) * x, X),
        ("squeeze", lambda B: np.squeeze(B[:1]), B),
        ("flip", lambda B: np.flip(B, 0), B),
        ("roll", lambda B: np.roll(B, 1, axis=1), B),
        ("take", lambda B: np.take(B, np.array([0, 2, 2]), axis=1), B),
        ("repeat", lambda x: np.repeat(x, 2), X),
        ("tile", lambda x: np.tile(x, 2), X),
        ("swapaxes", lambda S: np.swapaxes(S, 0, 2), STACK),
        ("diagonal", lambda A: np.diagonal(A), A),
        ("diag of a vector", lambda x: np.diag(x), X),
        ("diag of a matrix", lambda A: np.diag(A), A),
        ("tril", lambda A: np.tril(A), A),
        ("split", lambda B: np.split(B, 2, axis=1)[1], B),
        ("diff", lambda B: np.diff(B, axis=1), B),
        ("scatter", lambda x: cg.arrays.scatter(x, (5,), [0, 4, 4]), X),
        # linear algebra
        ("trace", lambda A: np.trace(A), A),
        ("inv", lambda A: np.linalg.inv(A), A),
        ("solve", lambda A, B: np.linalg.solve(A, B), A, B),
        ("solve for a vector", lambda A, x: np.linalg.solve(A, x), A, X),
        ("det", lambda A: np.linalg.det(A), A),
        ("slogdet", lambda A: np.linalg.slogdet(A)[1], A),
        ("sign of det", lambda A: np.linalg.slogdet(A)[0] * A, A),
        # windows
        ("conv2d", lambda images, kernels: cg.conv2d(images, kernels), IMAGES, KERNELS),
        ("conv2d in steps", lambda images, kernels: cg.conv2d(images, kernels, stride=2, padding=1), IMAGES, KERNELS),
        ("max_pool2d", lambda images: cg.max_pool2d(images, 2), IMAGES),
        ("max_pool2d overlapping", lambda images: cg.max_pool2d(images, 3, stride=1), IMAGES),
        # some together
        ("layer", lambda A, x: cg.sigmoid(A @ x + 1), A, X),
        ("cross-entropy", lambda B: np.mean(cg.logsumexp(B, axis=1) - B[:, 0]), B),
        ("whitened", lambda B: (B - B.mean(axis=0)) / np.sqrt(B.var(axis=0) + 1e-5), B),
    ]
}  # fmt: skip

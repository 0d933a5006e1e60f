"""Operations on arrays rewritten as others that are cheaper: the algebra behind a gradient that is written by hand.

Rules are local: a primitive and its arguments give an expression that is equal up to rounding, of the same shape. What
is equal becomes one object. Nothing is reordered where that could overflow, and nothing is multiplied out.

- Factors that are numbers, and signs, meet: 2·(x·½) is x, a + (−b) is a − b, c·a − c·b is c·(a − b).
- What broadcasting does by itself is not written: x + broadcast_to(b) is x + b. A sum of what is repeated is a product.
- Moves meet: the transpose of a transpose, the reshape of a reshape; what only adds axes is a reshape.
- e to the log_softmax is the softmax, and so is exp(x − logsumexp(x)).
- Where tanh(x) is there anyway, sech(x)² is 1 − tanh(x)²: to the rounding of 1, which is what hand-written code has.
- Products of stacks with one matrix are one product of matrices, and an einsum of two arrays is a product.
"""

from __future__ import annotations

from compgraph.rewriting.parts import is_elementwise, shape_of
from compgraph.rewriting.run import Rewriting

__all__ = ["Rewriting", "is_elementwise", "shape_of"]

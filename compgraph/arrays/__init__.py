"""Functions of whole arrays, as NumPy names them: one row each, whose partials are linear maps.

Nobody calls this room by name: ``np.sum(x, axis=0)``, ``W @ x``, ``x[:, 0]`` and ``np.linalg.inv(A)`` find their rows
here when `x`, `W` or `A` is an Expression. What NumPy has no name for is public: `softmax`, `log_softmax`, `logsumexp`,
`conv2d`, `max_pool2d`.

==============  ========================================================================================
`rows`          `Row`: a function, its parameters, and one rule per argument, which gives a map
`reductions`    sum, mean, var, std, prod, max, min, cumsum, norm, logsumexp, softmax, log_softmax
`products`      matmul, dot, inner, outer, tensordot, einsum
`moves`         reshape, transpose, indexing, concatenate, stack, pad, broadcast_to, take, repeat, flip, …
`matrices`      inv, solve, det, slogdet
`windows`       conv2d, max_pool2d
`elementwise`   the functions of the rule table, entry by entry
`shapes`        the shape of an expression, without its value
`protocols`     which function of NumPy finds which row
==============  ========================================================================================
"""

from __future__ import annotations

from compgraph.arrays.elementwise import evaluated
from compgraph.arrays.moves import scatter
from compgraph.arrays.reductions import log_softmax, logsumexp, softmax
from compgraph.arrays.rows import Bound, Row
from compgraph.arrays.shapes import shape_of
from compgraph.arrays.windows import conv2d, max_pool2d

__all__ = [
    "Bound",
    "Row",
    "conv2d",
    "evaluated",
    "log_softmax",
    "logsumexp",
    "max_pool2d",
    "scatter",
    "shape_of",
    "softmax",
]

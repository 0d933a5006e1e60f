"""Linear maps as labels: the partial of an array with respect to an array, without its matrix.

>>> from compgraph.maps import Dense, Diagonal
>>> layer = Diagonal([0.5, 0.25]) @ Dense([[1.0, 2.0], [3.0, 4.0]])
>>> layer.T.apply([1.0, 0.0])
array([0.5, 1. ])
"""

from compgraph.maps.base import LinearMap, MatrixCost
from compgraph.maps.composite import Addition, Composition
from compgraph.maps.contraction import Contraction
from compgraph.maps.elementwise import Diagonal, Identity, Scale, Zero
from compgraph.maps.indexing import Gather, Scatter
from compgraph.maps.moves import Broadcast, Permute, Reshape, Sum, broadcast
from compgraph.maps.products import Dense, Kronecker, LeftMultiply, RightMultiply
from compgraph.maps.shapes import check_shapes, entrywise
from compgraph.maps.weighted import Spread, WeightedSum

__all__ = [
    "Addition",
    "Broadcast",
    "Composition",
    "Contraction",
    "Dense",
    "Diagonal",
    "Gather",
    "Identity",
    "Kronecker",
    "LeftMultiply",
    "LinearMap",
    "MatrixCost",
    "Permute",
    "Reshape",
    "RightMultiply",
    "Scale",
    "Scatter",
    "Spread",
    "Sum",
    "WeightedSum",
    "Zero",
    "broadcast",
    "check_shapes",
    "entrywise",
]

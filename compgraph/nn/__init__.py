"""Training: optimizers that go downhill on any loss, and the preparation of data.

>>> from compgraph.nn import Adam, last, minimize
>>> end = last(minimize("(x - 3)^2", {"x": 0}, Adam(rate=0.1), steps=1000, tolerance=1e-9))
>>> round(end.point["x"], 9)
3.0
"""

from compgraph.nn.averages import Average, moving_average
from compgraph.nn.data import Standardization, from_one_hot, minibatches, one_hot
from compgraph.nn.descent import Update, descend, last
from compgraph.nn.minimization import mean_gradient, minimize
from compgraph.nn.optimizers import (
    AdaDelta,
    AdaGrad,
    Adam,
    GradientDescent,
    Momentum,
    Nesterov,
    Optimizer,
    RMSProp,
)

__all__ = [
    "AdaDelta",
    "AdaGrad",
    "Adam",
    "Average",
    "GradientDescent",
    "Momentum",
    "Nesterov",
    "Optimizer",
    "RMSProp",
    "Standardization",
    "Update",
    "descend",
    "from_one_hot",
    "last",
    "mean_gradient",
    "minibatches",
    "minimize",
    "moving_average",
    "one_hot",
]

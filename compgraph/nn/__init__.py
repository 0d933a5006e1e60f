"""Networks: layers and losses, the training of them, and optimizers that go downhill on any loss.

>>> import numpy as np
>>> from compgraph import nn
>>> def xor(draft, x, t):
...     h = nn.dense(draft, x, 2, 8, "tanh")
...     y = nn.dense(draft, h, 8, 1, "sigmoid").named("y")
...     return {"y": y, "J": nn.half_squares(y, t)}
>>> x = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
>>> t = np.array([[0.0], [1.0], [1.0], [0.0]])
>>> trained = nn.train(nn.network(xor, seed=1), {"x": x, "t": t}, nn.Adam(0.05), epochs=300, quiet=True)
>>> trained(x=x)["y"].round().ravel().tolist()
[0.0, 1.0, 1.0, 0.0]
"""

from compgraph.nn.averages import Average, moving_average
from compgraph.nn.counting import FlopCount, flops
from compgraph.nn.data import Standardization, from_one_hot, minibatches, one_hot
from compgraph.nn.descent import Update, descend, last
from compgraph.nn.drafting import Draft, Mask, Network, network
from compgraph.nn.epoch import Epoch, epochs
from compgraph.nn.figures import gradient_norms, learning_rates, loss_curves
from compgraph.nn.gradients import evaluation, loss_gradient
from compgraph.nn.layers import (
    batch_norm,
    convolution,
    dense,
    dropout,
    embedding,
    layer_norm,
    prelu,
    swish,
)
from compgraph.nn.losses import (
    half_squares,
    l1,
    l2,
    log_likelihood,
    mean_squares,
    sigmoid_cross_entropy,
    softmax_cross_entropy,
    sum_squares,
)
from compgraph.nn.minimization import mean_gradient, minimize
from compgraph.nn.neurons import neurons
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
from compgraph.nn.recurrent import gru, lstm, recurrent
from compgraph.nn.saving import load, save
from compgraph.nn.schedules import Cosine, Exponential
from compgraph.nn.training import Trained, train

__all__ = [
    "AdaDelta",
    "AdaGrad",
    "Adam",
    "Average",
    "Cosine",
    "Draft",
    "Epoch",
    "Exponential",
    "FlopCount",
    "GradientDescent",
    "Mask",
    "Momentum",
    "Nesterov",
    "Network",
    "Optimizer",
    "RMSProp",
    "Standardization",
    "Trained",
    "Update",
    "batch_norm",
    "convolution",
    "dense",
    "descend",
    "dropout",
    "embedding",
    "epochs",
    "evaluation",
    "flops",
    "from_one_hot",
    "gradient_norms",
    "gru",
    "half_squares",
    "l1",
    "l2",
    "last",
    "layer_norm",
    "learning_rates",
    "load",
    "log_likelihood",
    "loss_curves",
    "loss_gradient",
    "lstm",
    "mean_gradient",
    "mean_squares",
    "minibatches",
    "minimize",
    "moving_average",
    "network",
    "neurons",
    "one_hot",
    "prelu",
    "recurrent",
    "save",
    "sigmoid_cross_entropy",
    "softmax_cross_entropy",
    "sum_squares",
    "swish",
    "train",
]

"""The functions of the rule table on arrays, entry by entry: NumPy's where it has them, or a formula in them.

The formulas keep to the limits of `evaluation`: nothing overflows on the way unless the result does. A function that
has neither is called for each entry.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

import numpy as np

from compgraph.arrays.rows import Bound, misfit
from compgraph.errors import DomainError
from compgraph.evaluation import LOG_2, SQRT_2
from compgraph.expression import Primitive
from compgraph.functions import BY_UFUNC

__all__ = ["NUMPY", "evaluated"]


def _sigmoid(x: Any) -> Any:
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)


def _softplus(x: Any) -> Any:
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def _sech(x: Any) -> Any:
    e = np.exp(-np.abs(x))
    return 2 * e / (1 + e * e)


def _csch(x: Any) -> Any:
    return np.copysign(2 * np.exp(-np.abs(x)) / np.expm1(-2 * np.abs(x)), x)


def _acsch(x: Any) -> Any:
    inverse = 1 / x
    return np.where(np.isfinite(inverse), np.arcsinh(inverse), np.copysign(LOG_2 - np.log(np.abs(x)), x))


def _each(function: Callable[[float], float]) -> Callable[[Any], Any]:
    """A function of floats for each entry, in the kind of numbers that came."""
    entry = np.vectorize(function, otypes=[float])

    def each(x: Any) -> Any:
        return entry(x).astype(np.asarray(x).dtype, copy=False)

    return each


_erfc = _each(math.erfc)

#: Name of a row → the function on arrays.
NUMPY: dict[str, Callable[..., Any]] = {
    **{
        row.name: getattr(np, name)
        for name, row in BY_UFUNC.items()
        if isinstance(row, Primitive)
        and not isinstance(row, Bound)
        and name not in ("fmax", "fmin", "fabs", "float_power")
    },
    "identity": lambda x: x,
    "literal": lambda x: np.asarray(x),
    "abs": np.abs,
    "cot": lambda x: 1 / np.tan(x),
    "sec": lambda x: 1 / np.cos(x),
    "csc": lambda x: 1 / np.sin(x),
    "acot": lambda x: np.arctan(1 / x),
    "asec": lambda x: np.arccos(1 / x),
    "acsc": lambda x: np.arcsin(1 / x),
    "coth": lambda x: 1 / np.tanh(x),
    "sech": _sech,
    "csch": _csch,
    "acoth": lambda x: np.arctanh(1 / x),
    "asech": lambda x: np.log1p(np.sqrt((1 - x) * (1 + x))) - np.log(x),
    "acsch": _acsch,
    "erf": _each(math.erf),
    "erfc": _erfc,
    "sigmoid": _sigmoid,
    "softplus": _softplus,
    "relu": lambda x: np.maximum(x, 0),
    "leaky_relu": lambda x, slope: np.where(x > 0, x, slope * x),
    "prelu": lambda x, beta: np.where(x > 0, x, beta * x),
    "elu": lambda x, alpha: np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0))),
    "swish": lambda x, beta: x * _sigmoid(beta * x),
    "mish": lambda x: x * np.tanh(_softplus(x)),
    "gelu": lambda x: x / 2 * _erfc(-x / SQRT_2),
    "max": lambda *x: reduce(np.maximum, x),
    "min": lambda *x: reduce(np.minimum, x),
    "where": np.where,
}


def evaluated(primitive: Primitive, operands: Sequence[Any]) -> Any:
    """A primitive on arrays and numbers: an array, or a Python number where the shape is ().

    Raises
    ------
    ValueError
        The shapes do not fit.
    """
    if isinstance(primitive, Bound):
        return primitive.value(*operands)
    function = NUMPY.get(primitive.name)
    try:
        with np.errstate(all="ignore"):
            if function is None or not _is_ours(primitive):
                result = _own(primitive, operands)
            else:
                result = function(*[_weak(operand) for operand in operands])
    except DomainError:
        raise
    except (ValueError, TypeError) as error:
        raise misfit(primitive.name, operands, error) from None
    if isinstance(result, (np.ndarray, np.generic)):
        if result.ndim == 0:
            return result.item()
        kinds = [o.dtype for o in operands if isinstance(o, np.ndarray) and o.dtype.kind == "f"]
        if kinds and result.dtype.kind == "f" and result.dtype != (wanted := np.result_type(*kinds)):
            result = result.astype(wanted)  # np.where of two Python numbers gives float64
    return result


def _is_ours(primitive: Primitive) -> bool:
    from compgraph.functions import FUNCTIONS, HIDDEN

    return FUNCTIONS.get(primitive.name) is primitive or HIDDEN.get(primitive.name) is primitive


def _weak(operand: Any) -> Any:
    """A Fraction as a float; a Python number stays one, so that float32 arrays stay float32."""
    return operand if isinstance(operand, (np.ndarray, int, float)) else float(operand)


def _own(primitive: Primitive, operands: Sequence[Any]) -> Any:
    """A primitive of somebody's own: on whole arrays, if it takes them, or for each entry."""
    try:
        result = primitive.evaluate(*operands)
        if np.shape(result) == np.broadcast_shapes(*[np.shape(o) for o in operands]):
            return result
    except (TypeError, ValueError):
        pass
    return np.vectorize(primitive.value, otypes=[float])(*operands)

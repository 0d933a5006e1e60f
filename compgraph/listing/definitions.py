"""Primitives that no library has, defined by others.

A definition is written in this library's own functions, as partials are, so that one row serves `math`, NumPy,
JavaScript and the machine. It keeps to the limits of `evaluation`: nothing overflows on the way unless the result
does, nor in a branch of a `where`, which may be evaluated without being taken.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from compgraph import functions as cg
from compgraph.evaluation import LOG_2, SQRT_2
from compgraph.expression import EQUAL, Expression, Primitive, Variable
from compgraph.functions import WHERE
from compgraph.traversal import evaluation_order

__all__ = ["DEFINITIONS", "defined", "steps"]


def defined(primitive: Primitive) -> tuple[list[Expression], Expression] | None:
    """The parameters of a primitive that is defined by others, and its definition; None where there is none."""
    rule = DEFINITIONS.get(primitive)
    if rule is None:
        return None
    parameters: list[Expression] = [Variable(name) for name in rule.__code__.co_varnames[: rule.__code__.co_argcount]]
    return parameters, rule(*parameters)


def steps(definition: Expression) -> list[Expression]:
    """The named parts of a definition in evaluation order, and the whole."""
    return [e for e in evaluation_order([definition]) if (e.name is not None and e.arguments) or e is definition]


def _decay(x: Any) -> Any:
    """e^−|x|, which cannot overflow."""
    return cg.exp(-cg.abs(x)).named("e")


def _sech(x: Any) -> Any:
    e = _decay(x)
    return 2 * e / (1 + e * e)


def _csch(x: Any) -> Any:
    size = (2 * _decay(x) / -cg.expm1(-2 * cg.abs(x))).named("size")
    return WHERE(x > 0, size, -size)


def _logaddexp(a: Any, b: Any) -> Any:
    return cg.max(a, b) + WHERE(EQUAL(a, b), LOG_2, cg.log1p(cg.exp(-cg.abs(a - b))))  # a = b may be infinite


def _sigmoid(x: Any) -> Any:
    e = _decay(x)
    return WHERE(x >= 0, 1, e) / (1 + e)


def _softplus(x: Any) -> Any:
    return cg.max(x, 0) + cg.log1p(_decay(x))


# fmt: off
#: The other primitives, by those of `CALLS` and by each other.
DEFINITIONS: dict[Primitive, Callable[..., Any]] = {
    cg.square:     lambda x: x * x,
    cg.cot:        lambda x: 1 / cg.tan(x),
    cg.sec:        lambda x: 1 / cg.cos(x),
    cg.csc:        lambda x: 1 / cg.sin(x),
    cg.acot:       lambda x: cg.atan(1 / x),
    cg.asec:       lambda x: cg.acos(1 / x),
    cg.acsc:       lambda x: cg.asin(1 / x),
    cg.coth:       lambda x: 1 / cg.tanh(x),
    cg.sech:       _sech,
    cg.csch:       _csch,
    cg.acoth:      lambda x: cg.atanh(1 / x),
    cg.asech:      lambda x: cg.log1p(cg.sqrt((1 - x) * (1 + x))) - cg.log(x),
    cg.acsch:      lambda x: cg.asinh(1 / x),
    cg.logaddexp:  _logaddexp,
    cg.sigmoid:    _sigmoid,
    cg.softplus:   _softplus,
    cg.sign:       lambda x: WHERE(x > 0, 1, WHERE(x < 0, -1, x)),
    cg.relu:       lambda x: WHERE(x <= 0, 0, x),
    cg.leaky_relu: lambda x, slope: WHERE(x > 0, x, slope * x),
    cg.prelu:      lambda x, beta: WHERE(x > 0, x, beta * x),
    cg.elu:        lambda x, alpha: WHERE(x > 0, x, alpha * cg.expm1(cg.min(x, 0))),
    cg.swish:      lambda x, beta: x * cg.sigmoid(beta * x),
    cg.mish:       lambda x: x * cg.tanh(cg.softplus(x)),
    cg.gelu:       lambda x: x / 2 * cg.erfc(-x / SQRT_2),
}
# fmt: on

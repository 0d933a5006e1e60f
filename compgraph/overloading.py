"""Numbers of further kinds: every operator is a call of the primitive of its name, and the kind says what that means.

`Dual`, `Series` and complex numbers are such kinds. A kind defines `__primitive__`; the same Python function then runs
on it as it runs on floats and on expressions.
"""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np

from compgraph.expression import (
    ABS,
    ADD,
    DIVIDE,
    GREATER,
    GREATER_EQUAL,
    LESS,
    LESS_EQUAL,
    MULTIPLY,
    NEGATE,
    POWER,
    SUBTRACT,
    Primitive,
    _operand,
)
from compgraph.functions import BY_UFUNC

__all__ = ["Overloaded"]


class Overloaded:
    """A kind of number on which operators, NumPy's functions and this library's call primitives.

    Attributes
    ----------
    value : Any
        The number itself, without what the kind carries along: comparisons and branches go by it.
    tag : int
        Which perturbation it carries. Where several kinds or tags meet, the largest tag, which is the newest, takes the
        others for constants: it is outermost.
    """

    __slots__ = ("tag", "value")

    tag: int
    value: Any

    def __primitive__(self, primitive: Primitive, arguments: tuple[Any, ...]) -> Any:
        """The primitive applied to arguments of which this one has the largest tag."""
        raise NotImplementedError

    # -- arithmetic

    def __add__(self, other: Any) -> Any:
        return ADD(self, other) if _is_number(other) else NotImplemented

    def __radd__(self, other: Any) -> Any:
        return ADD(other, self) if _is_number(other) else NotImplemented

    def __sub__(self, other: Any) -> Any:
        return SUBTRACT(self, other) if _is_number(other) else NotImplemented

    def __rsub__(self, other: Any) -> Any:
        return SUBTRACT(other, self) if _is_number(other) else NotImplemented

    def __mul__(self, other: Any) -> Any:
        return MULTIPLY(self, other) if _is_number(other) else NotImplemented

    def __rmul__(self, other: Any) -> Any:
        return MULTIPLY(other, self) if _is_number(other) else NotImplemented

    def __truediv__(self, other: Any) -> Any:
        return DIVIDE(self, other) if _is_number(other) else NotImplemented

    def __rtruediv__(self, other: Any) -> Any:
        return DIVIDE(other, self) if _is_number(other) else NotImplemented

    def __pow__(self, other: Any) -> Any:
        return POWER(self, other) if _is_number(other) else NotImplemented

    def __rpow__(self, other: Any) -> Any:
        return POWER(other, self) if _is_number(other) else NotImplemented

    def __neg__(self) -> Any:
        return NEGATE(self)

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return ABS(self)

    # -- comparisons, on the value

    def __lt__(self, other: Any) -> Any:
        return LESS(self, other) if _is_number(other) else NotImplemented

    def __le__(self, other: Any) -> Any:
        return LESS_EQUAL(self, other) if _is_number(other) else NotImplemented

    def __gt__(self, other: Any) -> Any:
        return GREATER(self, other) if _is_number(other) else NotImplemented

    def __ge__(self, other: Any) -> Any:
        return GREATER_EQUAL(self, other) if _is_number(other) else NotImplemented

    def __eq__(self, other: Any) -> Any:
        return self.value == (other.value if isinstance(other, Overloaded) else other)

    def __hash__(self) -> int:
        return hash(self.value)

    def __bool__(self) -> bool:
        return bool(self.value)

    # -- NumPy, and what it is not

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **keywords: Any) -> Any:
        primitive = BY_UFUNC.get(ufunc.__name__)
        if method != "__call__" or keywords or primitive is None:
            raise TypeError(
                f"np.{ufunc.__name__} is not available for a {type(self).__name__}: expected one of "
                f"{', '.join(sorted(BY_UFUNC))}. Use this library's functions instead."
            )
        return primitive(*inputs)

    def __float__(self) -> NoReturn:
        raise TypeError(
            f"a {type(self).__name__} cannot become a plain number, which would lose what it carries. "
            "Use this library's functions (cg.sin, not math.sin), or its value."
        )

    __int__ = __complex__ = __index__ = __float__


def _is_number(value: Any) -> bool:
    """Whether a primitive takes it: plain numbers, expressions, and numbers of a further kind."""
    return isinstance(value, Overloaded) or _operand(value) is not NotImplemented

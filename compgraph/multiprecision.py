"""Numbers of many digits: every primitive on mpmath's numbers, and a kind of number that runs through any rule.

`rows` is the table of evaluations; `Precise` carries a number of a context along, so that values, and by `Dual` also
partials, come out of the very rules that floats go through.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from compgraph.evaluation import LOG_2, SQRT_2
from compgraph.expression import Primitive
from compgraph.functions import FUNCTIONS, HIDDEN, LOG_10, SQRT_PI
from compgraph.overloading import Overloaded

__all__ = ["Precise", "Precision", "rows"]

#: Beyond 2 to this power a number is infinite, and below its reciprocal 0: no float is a product of such numbers.
_BEYOND = 4096

#: Functions that are never 0 or ±1 at a rational number other than 0.
_NEVER_WHOLE = frozenset({"exp", "exp2", "cos", "cosh", "sec", "sech", "tanh", "coth", "erf", "erfc", "sigmoid"})


def rows(mp: Any) -> dict[str, Callable[..., Any]]:
    """Primitive → its evaluation on numbers of an mpmath context, by name; comparisons give a bool.

    Examples
    --------
    >>> import mpmath
    >>> str(rows(mpmath.mp)["sigmoid"](mpmath.mpf(0)))
    '0.5'
    """

    def sigmoid(x: Any) -> Any:
        return 1 / (1 + mp.exp(-x))

    def softplus(x: Any) -> Any:
        return max(x, mp.zero) + mp.log1p(mp.exp(-abs(x)))

    def sloped(x: Any, slope: Any) -> Any:
        return x if x > 0 else slope * x

    return {
        "identity": lambda x: x, "literal": lambda x: x, "negate": operator.neg, "abs": abs, "sign": mp.sign,
        "add": operator.add, "subtract": operator.sub, "multiply": operator.mul, "divide": operator.truediv,
        "power": operator.pow, "square": lambda x: x * x, "sqrt": mp.sqrt,
        "cbrt": lambda x: mp.sign(x) * mp.cbrt(abs(x)), "hypot": mp.hypot,
        "exp": mp.exp, "expm1": mp.expm1, "exp2": lambda x: mp.exp(x * mp.ln2), "log": mp.log, "log1p": mp.log1p,
        "log2": lambda x: mp.log(x) / mp.ln2, "log10": mp.log10,
        "logaddexp": lambda a, b: max(a, b) + mp.log1p(mp.exp(-abs(a - b))),
        "sin": mp.sin, "cos": mp.cos, "tan": mp.tan, "cot": mp.cot, "sec": mp.sec, "csc": mp.csc,
        "asin": mp.asin, "acos": mp.acos, "atan": mp.atan, "acot": mp.acot, "asec": mp.asec, "acsc": mp.acsc,
        "atan2": lambda y, x: mp.atan2(y, x) if x or y else None,
        "sinh": mp.sinh, "cosh": mp.cosh, "tanh": mp.tanh, "coth": mp.coth, "sech": mp.sech, "csch": mp.csch,
        "asinh": mp.asinh, "acosh": mp.acosh, "atanh": mp.atanh, "acoth": mp.acoth, "asech": mp.asech,
        "acsch": mp.acsch, "erf": mp.erf, "erfc": mp.erfc, "sigmoid": sigmoid, "softplus": softplus,
        "relu": lambda x: max(x, mp.zero), "leaky_relu": sloped, "prelu": sloped,
        "elu": lambda x, alpha: x if x > 0 else alpha * mp.expm1(x), "swish": lambda x, beta: x * sigmoid(beta * x),
        "mish": lambda x: x * mp.tanh(softplus(x)), "gelu": lambda x: x / 2 * mp.erfc(-x / mp.sqrt(2)),
        "max": lambda *x: max(x), "min": lambda *x: min(x), "where": lambda condition, a, b: a if condition else b,
        "less": operator.lt, "less_equal": operator.le, "greater": operator.gt, "greater_equal": operator.ge,
        "equal": operator.eq, "not_equal": operator.ne, "logical_and": lambda a, b: bool(a and b),
        "logical_or": lambda a, b: bool(a or b), "logical_not": operator.not_,
    }  # fmt: skip


class Precision:
    """So many decimal digits: the context, its rows, and the constants that rules have as floats.

    Attributes
    ----------
    short : bool
        Whether the digits were too few somewhere since this was made: a sum lost nearly all of them, and was taken for
        0, or one of its terms was too small to be seen, or a function gave 0 or 1 where it only comes near.
    """

    def __init__(self, digits: int) -> None:
        import mpmath

        self.digits = digits
        self.mp = mp = mpmath.MPContext()
        mp.dps = digits
        self.rows: Mapping[str, Callable[..., Any]] = rows(mp)
        self.constants = {
            LOG_2: mp.ln2, LOG_10: mp.ln10, SQRT_2: mp.sqrt(2), SQRT_PI: mp.sqrt(mp.pi),
            2 / SQRT_PI: 2 / mp.sqrt(mp.pi), -2 / SQRT_PI: -2 / mp.sqrt(mp.pi), SQRT_2 * SQRT_PI: mp.sqrt(2 * mp.pi),
        }  # fmt: skip
        self.short = False
        self._lost = mp.mpf(10) ** (8 - digits)  # what is left, relatively, when all digits have cancelled

    def number(self, value: Any) -> Precise:
        """A float or a Fraction as it stands."""
        if isinstance(value, Fraction):
            return Precise(self.mp.mpf(value.numerator) / value.denominator, self)
        return Precise(self.mp.mpf(value), self)

    def _operand(self, argument: Any) -> Any:
        """The number in an argument; a constant of a rule in full."""
        if isinstance(argument, (Precise, bool)):
            return argument.value if isinstance(argument, Precise) else argument
        return self.constants.get(argument) or self.number(argument).value

    def evaluate(self, primitive: Primitive, arguments: tuple[Any, ...]) -> Any:
        """The primitive applied: a bool of a condition, otherwise a number; NaN outside the domain."""
        mp, name = self.mp, primitive.name
        operands = [self._operand(argument) for argument in arguments]
        own = FUNCTIONS.get(name) is not primitive and HIDDEN.get(name) is not primitive
        try:
            result = (primitive.evaluate if own else self.rows[name])(*operands)
        except ZeroDivisionError:
            pole = operands[0] if name == "divide" else mp.one
            result = mp.nan if pole == 0 else mp.inf * mp.sign(pole)
        except (ValueError, ArithmeticError):
            result = mp.nan
        if isinstance(result, bool):
            return result
        if own and not isinstance(result, mp.mpf):
            raise TypeError(
                f"{name} has no value of {self.digits} digits: expected a number of mpmath, got "
                f"{type(result).__name__}. Write its function in arithmetic, or the expression without it."
            )
        if not isinstance(result, mp.mpf):  # a complex number, or none
            result = mp.nan
        elif name in ("add", "subtract") and all(operands):
            if abs(result) <= self._lost * max(map(abs, operands)):
                self.short, result = True, mp.zero
            self.short |= result in (operands[0], operands[1], -operands[1])
        elif name in _NEVER_WHOLE and operands[0] and abs(result) in (0, 1):
            self.short = True
        if result and mp.isfinite(result) and abs(mp.mag(result)) > _BEYOND:
            result = mp.inf * mp.sign(result) if mp.mag(result) > 0 else mp.zero
        return Precise(result, self)


class Precise(Overloaded):
    """A number of many digits, on which operators and functions call primitives.

    Examples
    --------
    >>> from compgraph.functions import exp
    >>> exp(Precision(30).number(1.0))
    2.71828182845904523536028747135
    """

    __slots__ = ("precision",)

    def __init__(self, value: Any, precision: Precision) -> None:
        self.value, self.precision, self.tag = value, precision, -1  # within a Dual, never around one

    def __primitive__(self, primitive: Primitive, arguments: tuple[Any, ...]) -> Any:
        return self.precision.evaluate(primitive, arguments)

    def __repr__(self) -> str:
        return str(self.precision.mp.nstr(self.value, self.precision.digits))

"""Expressions: what is written down before anything is computed.

An `Expression` is either a `Variable` or a `Primitive` applied to arguments. It carries no value and no
derivative: those belong to the run that computed them. Creation order is a topological order, because an
expression can only be built from expressions that exist; `serial` records it.

A `Primitive` is one row of data: a name, an evaluation on numbers, and one partial per argument, written in the
library's own overloaded functions with the output passed first. The same row serves numbers and expressions.
"""

from __future__ import annotations

import itertools
import math
import operator
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from typing import Any, NoReturn

import numpy as np

from compgraph.errors import DomainError
from compgraph.evaluation import Number, power

__all__ = ["Application", "Expression", "Number", "Partial", "Primitive", "Variable", "equal", "literal"]

#: ``∂(output, *arguments)``, or the number itself where the partial is constant, or None where there is no edge.
Partial = Callable[..., Any] | Number | None

_serial = itertools.count().__next__


class Expression:
    """A named input or a primitive applied to arguments: immutable, compared by identity.

    Build expressions from `Variable` with Python's operators, this library's functions, or NumPy's.

    Examples
    --------
    >>> x = Variable("x")
    >>> 3 * x**2 + 1
    3·x² + 1
    """

    # the arguments are kept one by one: a tuple would be one more object for the garbage collector to visit, and its
    # visits are most of what it costs to build a large expression
    __slots__ = ("_further", "first", "name", "primitive", "second", "serial")

    primitive: Primitive
    first: Any  # the argument or the first of two, None where there are none or more than two
    second: Any  # the second of two
    _further: tuple[Any, ...] | None
    name: str | None
    serial: int

    @property
    def arguments(self) -> tuple[Any, ...]:
        """What the primitive is applied to, each an Expression or a number; empty for a variable."""
        if self.second is not None:
            return (self.first, self.second)
        if self.first is not None:
            return (self.first,)
        return self._further or ()

    def named(self, name: str) -> Expression:
        """The same expression under a name, as a new object; a variable becomes an assignment ``name = x``."""
        if not isinstance(name, str) or not name:
            raise TypeError(f"named: expected a non-empty string, got {name!r}. Write (x**2).named('t').")
        if self.primitive is VARIABLE:
            return _apply(IDENTITY, (self,), name)
        return _apply(self.primitive, self.arguments, name)

    # -- arithmetic: written out, because this is where the time of building goes

    def __add__(self, other: Any) -> Expression:
        if type(other) in _PLAIN or (other := _operand(other)) is not NotImplemented:
            return Application(ADD, (self, other))
        return NotImplemented

    def __radd__(self, other: Any) -> Expression:
        return NotImplemented if (other := _operand(other)) is NotImplemented else Application(ADD, (other, self))

    def __sub__(self, other: Any) -> Expression:
        if type(other) in _PLAIN or (other := _operand(other)) is not NotImplemented:
            return Application(SUBTRACT, (self, other))
        return NotImplemented

    def __rsub__(self, other: Any) -> Expression:
        return NotImplemented if (other := _operand(other)) is NotImplemented else Application(SUBTRACT, (other, self))

    def __mul__(self, other: Any) -> Expression:
        if type(other) in _PLAIN or (other := _operand(other)) is not NotImplemented:
            return Application(MULTIPLY, (self, other))
        return NotImplemented

    def __rmul__(self, other: Any) -> Expression:
        return NotImplemented if (other := _operand(other)) is NotImplemented else Application(MULTIPLY, (other, self))

    def __truediv__(self, other: Any) -> Expression:
        if type(other) in _PLAIN or (other := _operand(other)) is not NotImplemented:
            return Application(DIVIDE, (self, other))
        return NotImplemented

    def __rtruediv__(self, other: Any) -> Expression:
        return NotImplemented if (other := _operand(other)) is NotImplemented else Application(DIVIDE, (other, self))

    def __pow__(self, other: Any) -> Expression:
        if type(other) in _PLAIN or (other := _operand(other)) is not NotImplemented:
            return Application(POWER, (self, other))
        return NotImplemented

    def __rpow__(self, other: Any) -> Expression:
        return NotImplemented if (other := _operand(other)) is NotImplemented else Application(POWER, (other, self))

    def __neg__(self) -> Expression:
        return Application(NEGATE, (self,))

    def __pos__(self) -> Expression:
        return self

    def __abs__(self) -> Expression:
        return Application(ABS, (self,))

    # -- conditions, for `where`; == stays identity, `equal` compares values

    def __lt__(self, other: Any) -> Expression:
        return NotImplemented if (other := _operand(other)) is NotImplemented else Application(LESS, (self, other))

    def __le__(self, other: Any) -> Expression:
        if (other := _operand(other)) is NotImplemented:
            return NotImplemented
        return Application(LESS_EQUAL, (self, other))

    def __gt__(self, other: Any) -> Expression:
        return NotImplemented if (other := _operand(other)) is NotImplemented else Application(GREATER, (self, other))

    def __ge__(self, other: Any) -> Expression:
        if (other := _operand(other)) is NotImplemented:
            return NotImplemented
        return Application(GREATER_EQUAL, (self, other))

    # -- what an expression is not

    def __bool__(self) -> NoReturn:
        raise TypeError(
            "an Expression has no truth value: it stands for every input at once. "
            "Expected a number in `if`, `while`, `and`, `or`. Write where(x > 0, a, b) instead. "
            "cg.derivative_of(f) differentiates a function with such branches at a point."
        )

    def __float__(self) -> NoReturn:
        raise TypeError(
            "an Expression has no value yet: expected a number, got an expression. "
            "Use this library's functions (cg.sin, not math.sin), or solve(expression, at={...}).values."
        )

    __int__ = __complex__ = __index__ = __float__

    def __iter__(self) -> NoReturn:
        raise TypeError(
            "an Expression is a scalar and cannot be iterated over. Write a list of expressions, [x1, x2], instead."
        )

    def __array__(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError(
            "an Expression cannot become a NumPy array: expected a scalar operation. "
            "Keep expressions in a list, and use one scalar expression per entry."
        )

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **keywords: Any) -> Any:
        from compgraph import functions

        primitive = functions.BY_UFUNC.get(ufunc.__name__)
        if method != "__call__" or keywords or primitive is None:
            raise TypeError(
                f"np.{ufunc.__name__} is not available for an Expression: expected one of "
                f"{', '.join(sorted(functions.BY_UFUNC))}. Use this library's functions instead."
            )
        return primitive(*inputs)

    def __array_function__(self, function: Any, types: Any, arguments: Any, keywords: Any) -> Any:
        from compgraph import functions

        if function is np.where and len(arguments) == 3:
            return functions.where(*arguments)
        raise TypeError(
            f"np.{function.__name__} is not available for an Expression. Use this library's functions instead."
        )

    # -- display, copying, pickling

    def __repr__(self) -> str:
        from compgraph import notation

        return notation.text(self)

    def _repr_latex_(self) -> str:
        from compgraph import notation

        return f"${notation.latex(self)}$"

    def __copy__(self) -> Expression:
        return self

    def __deepcopy__(self, memo: Any) -> Expression:
        return self

    def __reduce__(self) -> Any:
        from compgraph import traversal

        return traversal.from_listing, (traversal.to_listing(self),)


class Variable(Expression):
    """A named input. Two variables of the same name are the same variable.

    Examples
    --------
    >>> Variable("x") * Variable("x")
    x·x
    """

    __slots__ = ()

    def __init__(self, name: str) -> None:
        if not isinstance(name, str) or not name:
            raise TypeError(f"Variable: expected a non-empty string as its name, got {name!r}. Write Variable('x').")
        self.primitive = VARIABLE
        self.first = self.second = self._further = None
        self.name = name
        self.serial = _serial()


class Application(Expression):
    """A primitive applied to arguments, each an `Expression` or a Python number."""

    __slots__ = ()

    def __init__(self, primitive: Primitive, arguments: tuple[Any, ...]) -> None:
        self.primitive = primitive
        if len(arguments) == 2:
            self.first, self.second = arguments
            self._further = None
        elif len(arguments) == 1:
            (self.first,) = arguments
            self.second = self._further = None
        else:
            self.first = self.second = None
            self._further = arguments
        self.name = None
        self.serial = _serial()


#: What may stand as an argument as it is; everything else goes through `_operand`.
_PLAIN = frozenset({Application, Variable, float, int, Fraction})


def _apply(primitive: Primitive, arguments: tuple[Any, ...], name: str | None) -> Application:
    application = Application(primitive, arguments)
    application.name = name
    return application


def literal(value: Number, name: str) -> Expression:
    """A number with a name of its own (``k = 2``): a node with the primitive ``literal``, never an input."""
    return _apply(LITERAL, (_operand(value),), name)


def _operand(value: Any) -> Any:
    """`value` as an argument: an Expression or a Python number; NotImplemented for what is neither."""
    if isinstance(value, (Expression, int, float, Fraction)):
        if isinstance(value, (bool, np.floating)):
            return float(value)
        return value
    if isinstance(value, np.integer):
        return int(value)
    if isinstance(value, (np.floating, np.bool_)):
        return float(value)
    if isinstance(value, np.ndarray):
        if value.ndim == 0 and value.dtype != object:
            return _operand(value[()])
        raise TypeError(
            f"expected a scalar, got an array of shape {value.shape}. "
            "Expressions are scalar: use one expression per entry, in a list."
        )
    return NotImplemented


class Primitive:
    """An elementary function: a name, an evaluation and one partial per argument.

    Parameters
    ----------
    name : str
        What it is called in text and in pictures.
    evaluate : callable
        The function on Python numbers. It raises ValueError or ZeroDivisionError outside its domain.
    *partials : callable, number or None
        ``∂(output, *arguments)`` for each argument, in the library's overloaded functions; a number where the
        partial is constant; None for an argument without an edge (a condition).
    defaults : tuple of numbers
        Values of the last arguments where they are left out.
    domain : str
        The domain in words, for error messages: ``"x > 0"``.
    kink : callable, optional
        ``kink(*arguments)`` is true where the derivative jumps and the stated policy applies.
    textbook : callable or tuple, optional
        The partial (a tuple, of several arguments) as a textbook prints it where the stable form differs; for
        pictures only.
    each : callable, optional
        For any number of arguments, instead of `partials`: position → partial; `textbook`, if any, likewise.

    Examples
    --------
    >>> softsign = Primitive("softsign", lambda x: x / (1 + abs(x)), lambda y, x: 1 / (1 + abs(x)) ** 2)
    >>> softsign(3.0)
    0.75
    >>> softsign(Variable("x"))
    softsign(x)
    """

    __slots__ = ("_arity", "defaults", "domain", "evaluate", "kink", "name", "partials", "textbook")

    def __init__(
        self,
        name: str,
        evaluate: Callable[..., Any],
        *partials: Partial,
        defaults: tuple[Number, ...] = (),
        domain: str = "",
        kink: Callable[..., bool] | None = None,
        textbook: Callable[..., Any] | tuple[Partial, ...] = (),
        each: Callable[[int], Partial] | None = None,
    ) -> None:
        self.name = name
        self.evaluate = evaluate
        self.partials: Sequence[Partial] = _Each(each) if each is not None else partials
        self._arity = -1 if each is not None else len(partials)  # −1: any number
        self.defaults = defaults
        self.domain = domain
        self.kink = kink
        forms: Sequence[Partial] = textbook if isinstance(textbook, tuple) else (textbook,)
        if each is not None and callable(textbook):
            forms = _Each(textbook)
        self.textbook = forms if textbook else self.partials

    def __call__(self, *arguments: Any) -> Any:
        """Apply to expressions (giving an `Application`) or evaluate on numbers."""
        if len(arguments) != self._arity:
            arguments = self._completed(arguments)
        elif len(arguments) == 1:  # the usual case, and the rules' own, made short
            if type(arguments[0]) is float:
                return self.value(*arguments)
            if isinstance(arguments[0], Expression):
                return Application(self, arguments)
        operands = tuple(map(_operand, arguments))
        if NotImplemented not in operands:
            if any(isinstance(operand, Expression) for operand in operands):
                return Application(self, operands)
            return self.value(*operands)
        kinds = [argument for argument in arguments if hasattr(type(argument), "__primitive__")]
        if kinds:  # a dual number, say; of several the newest is outermost
            return max(kinds, key=lambda kind: kind.tag).__primitive__(self, arguments)
        wrong = arguments[operands.index(NotImplemented)]
        raise TypeError(
            f"{self.name}: expected numbers or expressions, got {type(wrong).__name__} {wrong!r:.80}. "
            "Make a Variable of a name, and a number of a string."
        )

    def _completed(self, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
        """The arguments with the defaults of those left out."""
        missing = self._arity - len(arguments)
        if 0 < missing <= len(self.defaults):
            return arguments + self.defaults[-missing:]
        if isinstance(self.partials, _Each) and arguments:
            return arguments
        raise TypeError(f"{self.name} takes {self.signature}: got {len(arguments)}.")

    @property
    def signature(self) -> str:
        """How many arguments it takes, in words."""
        if isinstance(self.partials, _Each):
            return "one or more arguments"
        most, least = self._arity, self._arity - len(self.defaults)
        return f"{most} argument{'s' * (most != 1)}" if most == least else f"{least} to {most} arguments"

    def value(self, *arguments: Any) -> Any:
        """Evaluate on numbers; `DomainError` outside the domain, ±inf on overflow."""
        try:
            result = self.evaluate(*arguments)
        except OverflowError:
            return overflowed(self, arguments)
        except DomainError:
            raise  # it says more than that the value is outside
        except (ValueError, ZeroDivisionError):
            raise self.undefined(arguments) from None
        if result != result and not any(a != a for a in arguments):
            raise self.undefined(arguments)
        return result

    def undefined(self, arguments: Iterable[Any], where: str = "") -> DomainError:
        """The error for arguments outside the domain."""
        shown = ", ".join(_short(a) for a in arguments)
        shown = f"({shown})" if ", " in shown else shown
        expected = f"expected {self.domain}, got" if self.domain else "got"
        at = f" at {where}" if where else ""
        return DomainError(
            f"{self.name} is undefined{at}: {expected} {shown}. "
            "Change the input, or guard the expression with where(condition, …, …)."
        )

    def __repr__(self) -> str:
        return self.name

    def __reduce__(self) -> Any:
        from compgraph import functions

        if functions.FUNCTIONS.get(self.name) is self or functions.HIDDEN.get(self.name) is self:
            return _primitive_named, (self.name,)
        if isinstance(self.partials, _Each):
            raise TypeError(f"{self.name} cannot be pickled: expected one partial per argument, got a rule for each.")
        extra = (self.defaults, self.domain, self.kink, tuple(self.textbook))
        return _primitive, (self.name, self.evaluate, tuple(self.partials), *extra)


class _Each(Sequence[Partial]):
    """The partials of a primitive with any number of arguments: position → partial."""

    def __init__(self, rule: Callable[[int], Partial]) -> None:
        self._rule = rule

    def __getitem__(self, position: Any) -> Any:
        return self._rule(position)

    def __len__(self) -> int:
        raise TypeError("a primitive with any number of arguments has no fixed number of partials")


def _primitive(
    name: str, evaluate: Any, partials: Any, defaults: Any, domain: str, kink: Any, textbook: Any
) -> Primitive:
    return Primitive(name, evaluate, *partials, defaults=defaults, domain=domain, kink=kink, textbook=textbook)


def _primitive_named(name: str) -> Primitive:
    from compgraph import functions

    return functions.FUNCTIONS.get(name) or functions.HIDDEN[name]


def _short(value: Any) -> str:
    return f"{value:.6g}" if type(value) is float and math.isfinite(value) else str(value)


def overflowed(primitive: Primitive, arguments: Sequence[Any]) -> Any:
    """The result where Python's arithmetic overflowed: ±inf, or that of an infinite argument."""
    floats = [_float(argument) for argument in arguments]
    if any(math.isinf(f) and type(a) is not float for f, a in zip(floats, arguments, strict=True)):
        return primitive.value(*floats)  # an exact number beyond the floats: tanh(10⁴⁰⁰) is 1
    if primitive is POWER:
        return -math.inf if floats[0] < 0 and floats[1] % 2 == 1 else math.inf
    return math.copysign(math.inf, floats[0]) if primitive.name == "sinh" else math.inf


def _float(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


# -- arithmetic: the rows that operators use

#: What a rule may decide at once; a dual number carries more than the value that it compares by.
_NUMBERS = (int, float, Fraction)


def _power_base(y: Any, x: Any, n: Any) -> Any:
    if isinstance(n, _NUMBERS):
        if n == 0:
            return 0 * n
        if n == 1:
            return n
        if n == 2:
            return n * x
    return n * (power(x, n - 1) if type(x) is Fraction else x ** (n - 1))


def _power_exponent(y: Any, x: Any, n: Any) -> Any:
    from compgraph.functions import log

    if isinstance(x, _NUMBERS) and isinstance(y, _NUMBERS) and x == 0 and n > 0:
        return 0 * y  # the limit of xⁿ·log x, and of 0ⁿ, which is 0 for every n > 0
    return y * log(x)


def _reciprocal(b: Any) -> Any:
    return Fraction(1, b) if type(b) is int and b else 1 / b  # a literal 3 keeps 1/3 exact in symbols


def _variable(*_: Any) -> NoReturn:
    raise ValueError("a variable has no value of its own")


VARIABLE = Primitive("variable", _variable)
LITERAL = Primitive("literal", lambda value: value, None)
IDENTITY = Primitive("identity", lambda x: x, 1)
ADD = Primitive("add", operator.add, 1, 1)
SUBTRACT = Primitive("subtract", operator.sub, 1, -1)
MULTIPLY = Primitive("multiply", operator.mul, lambda y, a, b: b, lambda y, a, b: a)
DIVIDE = Primitive(
    "divide",
    operator.truediv,
    lambda y, a, b: _reciprocal(b),
    lambda y, a, b: -y / b,
    domain="a denominator other than 0",
    textbook=(lambda y, a, b: _reciprocal(b), lambda y, a, b: -a / b**2),
)
POWER = Primitive(
    "power",
    power,
    _power_base,
    _power_exponent,
    domain="x > 0, or x < 0 with an integer exponent, or 0 with an exponent ≥ 0",
    textbook=(_power_base, lambda y, x, n: y * _log(x)),
)
NEGATE = Primitive("negate", operator.neg, -1)
ABS = Primitive("abs", abs, lambda y, x: _sign(x), kink=lambda x: x == 0)
LESS = Primitive("less", operator.lt, None, None)
LESS_EQUAL = Primitive("less_equal", operator.le, None, None)
GREATER = Primitive("greater", operator.gt, None, None)
GREATER_EQUAL = Primitive("greater_equal", operator.ge, None, None)
EQUAL = Primitive("equal", operator.eq, None, None)
NOT_EQUAL = Primitive("not_equal", operator.ne, None, None)


def _sign(x: Any) -> Any:
    from compgraph.functions import sign

    return sign(x)


def _log(x: Any) -> Any:
    from compgraph.functions import log

    return log(x)


def equal(a: Any, b: Any) -> Any:
    """Whether two values are equal: a condition for `where`; on numbers, a bool. (``==`` compares identity.)

    Examples
    --------
    >>> equal(2.0, 2.0)
    True
    >>> equal(Variable("x"), 0)
    x == 0
    """
    return EQUAL(a, b)

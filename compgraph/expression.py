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
from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from typing import Any, NoReturn

import numpy as np

from compgraph.arithmetic import log, overflowed, power_base, power_exponent, reciprocal, sign
from compgraph.errors import DomainError, brief
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
    __slots__ = ("_further", "_shape", "first", "name", "primitive", "second", "serial")

    primitive: Primitive
    first: Any  # the argument or the first of two, None where there are none or more than two
    second: Any  # the second of two
    _further: tuple[Any, ...] | None
    name: str | None
    serial: int
    _shape: tuple[int, ...]  # absent until somebody asks

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

    def __matmul__(self, other: Any) -> Any:
        from compgraph.arrays.products import MATMUL

        return MATMUL(self, other)

    def __rmatmul__(self, other: Any) -> Any:
        from compgraph.arrays.products import MATMUL

        return MATMUL(other, self)

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

    def __iter__(self) -> Iterator[Expression]:
        return iter([self[i] for i in range(len(self))])

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError(
                "an Expression without a shape is a scalar and cannot be iterated over. "
                "Write a list of expressions, [x1, x2], or give a Variable a shape: Variable('x', shape=(2,))."
            )
        return self.shape[0]

    def __array__(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError(
            "an Expression cannot become a NumPy array: expected numbers, got what has no value yet. "
            "Join expressions by np.stack([x1, x2]), or keep them in a list."
        )

    # -- arrays: NumPy's functions and the methods that its arrays have

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **keywords: Any) -> Any:
        from compgraph.arrays import protocols

        return protocols.ufunc(ufunc, method, inputs, keywords)

    def __array_function__(self, function: Any, types: Any, arguments: Any, keywords: Any) -> Any:
        from compgraph.arrays import protocols

        return protocols.array_function(function, arguments, keywords)

    def __getitem__(self, index: Any) -> Expression:
        from compgraph.arrays import moves

        return moves.getitem(self, index)  # type: ignore[no-any-return] # an Expression, as it is applied to one

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape that follows from those of the variables; () for a number.

        A Variable whose shape nobody has said is a number from here on: a value of another shape is refused.
        """
        try:
            return self._shape
        except AttributeError:
            from compgraph.arrays.shapes import shape_of

            return shape_of(self)

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of entries."""
        return math.prod(self.shape)

    @property
    def T(self) -> Any:
        """The transpose: axes in reverse order."""
        return np.transpose(self)

    def sum(self, axis: Any = None, keepdims: bool = False) -> Any:
        """`numpy.sum`, as a method like those below."""
        return np.sum(self, axis=axis, keepdims=keepdims)

    def mean(self, axis: Any = None, keepdims: bool = False) -> Any:
        return np.mean(self, axis=axis, keepdims=keepdims)

    def var(self, axis: Any = None, ddof: int = 0, keepdims: bool = False) -> Any:
        return np.var(self, axis=axis, ddof=ddof, keepdims=keepdims)

    def std(self, axis: Any = None, ddof: int = 0, keepdims: bool = False) -> Any:
        return np.std(self, axis=axis, ddof=ddof, keepdims=keepdims)

    def prod(self, axis: Any = None, keepdims: bool = False) -> Any:
        return np.prod(self, axis=axis, keepdims=keepdims)

    def max(self, axis: Any = None, keepdims: bool = False) -> Any:
        return np.max(self, axis=axis, keepdims=keepdims)

    def min(self, axis: Any = None, keepdims: bool = False) -> Any:
        return np.min(self, axis=axis, keepdims=keepdims)

    def cumsum(self, axis: Any = None) -> Any:
        return np.cumsum(self, axis=axis)

    def dot(self, other: Any) -> Any:
        return np.dot(self, other)

    def reshape(self, *shape: Any) -> Any:
        from compgraph.arrays import moves

        return moves.reshape(self, *shape)

    def transpose(self, *axes: Any) -> Any:
        from compgraph.arrays import moves

        return moves.transpose(self, *axes)

    def ravel(self) -> Any:
        return self.reshape(-1)

    flatten = ravel

    def squeeze(self, axis: Any = None) -> Any:
        return np.squeeze(self, **({} if axis is None else {"axis": axis}))

    def swapaxes(self, one: int, other: int) -> Any:
        return np.swapaxes(self, one, other)

    def clip(self, least: Any = None, most: Any = None) -> Any:
        return np.clip(self, least, most)

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

    Parameters
    ----------
    name : str
    shape : tuple of int, or int, optional
        Of an array, where it has to be known before there are values: to take derivatives at no point, to list
        programs, to iterate. A value given for it has to have this shape.

    Examples
    --------
    >>> Variable("x") * Variable("x")
    x·x
    >>> (Variable("W", shape=(3, 2)) @ Variable("x", shape=2)).shape
    (3,)
    """

    __slots__ = ()

    def __init__(self, name: str, shape: Any = None) -> None:
        if not isinstance(name, str) or not name:
            raise TypeError(f"Variable: expected a non-empty string as its name, got {name!r}. Write Variable('x').")
        if shape is not None:
            from compgraph.maps.base import as_shape

            self._shape = as_shape(shape)
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


def literal(value: Any, name: str) -> Expression:
    """A number or array with a name of its own (``k = 2``): a node with the primitive ``literal``, never an input."""
    operand = _operand(value)
    return _apply(LITERAL, operand.arguments if isinstance(operand, Expression) else (operand,), name)


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
    if isinstance(value, (list, tuple)) and not any(isinstance(entry, Expression) for entry in value):
        try:
            value = np.array(value)
        except ValueError:
            return NotImplemented
    if isinstance(value, np.ndarray):
        if value.dtype.kind not in "biuf":
            raise TypeError(
                f"expected an array of real numbers, got one of the kind {value.dtype}. "
                "Convert it with .astype(float); join expressions by np.stack([x1, x2])."
            )
        return constant(value) if value.ndim else _operand(value[()])
    return NotImplemented


def constant(array: Any) -> Expression:
    """An array of numbers as an expression: a node with the primitive ``literal``, whose name nobody gave."""
    kept = np.array(array, dtype=None if array.dtype.kind in "bf" else float).view(_Fixed)
    kept.setflags(write=False)
    return Application(LITERAL, (kept,))


class _Fixed(np.ndarray[Any, Any]):
    """An array as an argument: like a number it can be looked up, but it is equal to itself alone."""

    __hash__ = object.__hash__  # type: ignore[assignment] # arrays have none

    def __eq__(self, other: object) -> bool:
        return self is other

    def __ne__(self, other: object) -> bool:
        return self is not other


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
            arguments = self.completed(arguments)
        elif len(arguments) == 1:  # the usual case, and the rules' own, made short
            if type(arguments[0]) is float:
                return self.value(*arguments)
            if isinstance(arguments[0], Expression):
                return Application(self, arguments)
        if any(isinstance(a, (np.ndarray, list)) and np.ndim(a) for a in arguments):
            return self._of_arrays(tuple([np.array(a) if isinstance(a, list) else a for a in arguments]))
        operands = tuple(map(_operand, arguments))
        if not any(operand is NotImplemented for operand in operands):
            if any(isinstance(operand, Expression) for operand in operands):
                return Application(self, operands)
            return self.value(*operands)
        kinds = [argument for argument in arguments if hasattr(type(argument), "__primitive__")]
        if kinds:  # a dual number, say; of several the newest is outermost
            return max(kinds, key=lambda kind: kind.tag).__primitive__(self, arguments)
        wrong = next(a for a, o in zip(arguments, operands, strict=True) if o is NotImplemented)
        raise TypeError(
            f"{self.name}: expected numbers or expressions, got {type(wrong).__name__} {wrong!r:.80}. "
            "Make a Variable of a name, and a number of a string."
        )

    def _of_arrays(self, arguments: tuple[Any, ...]) -> Any:
        """Applied to arrays, among expressions or without."""
        for argument in arguments:
            if isinstance(argument, np.ndarray) and argument.dtype.kind not in "biuf":
                raise TypeError(
                    f"{self.name}: expected arrays of real numbers, got one of the kind {argument.dtype}. "
                    "Convert it with .astype(float); join expressions by np.stack([x1, x2])."
                )
        if any(isinstance(a, Expression) for a in arguments):
            operands = tuple(map(_operand, arguments))
            if not any(operand is NotImplemented for operand in operands):
                return Application(self, operands)
        from compgraph.arrays.elementwise import evaluated

        return evaluated(self, arguments)

    def completed(self, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
        """The arguments with the defaults of those left out."""
        missing = self._arity - len(arguments)
        if 0 <= missing <= len(self.defaults):
            return arguments + self.defaults[len(self.defaults) - missing :]
        if isinstance(self.partials, _Each) and arguments:
            return arguments
        raise TypeError(f"{self.name} takes {self.signature}: got {len(arguments)}.")

    @property
    def arity(self) -> int:
        """How many arguments it takes at most; −1 for any number."""
        return self._arity

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
        shown = ", ".join(brief(a) for a in arguments)
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


# -- arithmetic: the rows that operators use


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
    lambda y, a, b: reciprocal(b),
    lambda y, a, b: -y / b,
    domain="a denominator other than 0",
    textbook=(lambda y, a, b: reciprocal(b), lambda y, a, b: -a / b**2),
)
POWER = Primitive(
    "power",
    power,
    power_base,
    power_exponent,
    domain="x > 0, or x < 0 with an integer exponent, or 0 with an exponent ≥ 0",
    textbook=(power_base, lambda y, x, n: y * log(x)),
)
NEGATE = Primitive("negate", operator.neg, -1)
ABS = Primitive("abs", abs, lambda y, x: sign(x), kink=lambda x: x == 0)
LESS = Primitive("less", operator.lt, None, None)
LESS_EQUAL = Primitive("less_equal", operator.le, None, None)
GREATER = Primitive("greater", operator.gt, None, None)
GREATER_EQUAL = Primitive("greater_equal", operator.ge, None, None)
EQUAL = Primitive("equal", operator.eq, None, None)
NOT_EQUAL = Primitive("not_equal", operator.ne, None, None)


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

"""How large an expression is, and what can be left out of it, on request only: a picture shows what was written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from fractions import Fraction
from functools import reduce
from typing import Any, NamedTuple

from compgraph.errors import DomainError
from compgraph.expression import (
    ADD,
    DIVIDE,
    IDENTITY,
    LITERAL,
    MULTIPLY,
    NEGATE,
    POWER,
    SUBTRACT,
    VARIABLE,
    Expression,
    Primitive,
    _apply,
)  # fmt: skip
from compgraph.functions import WHERE
from compgraph.traversal import evaluation_order, gc_paused

__all__ = ["Size", "expression_size", "simplify"]


class Size(NamedTuple):
    """Operations: in the `circuit` a shared result counts once, in the `formula` wherever it stands."""

    circuit: int
    formula: int


def expression_size(expression: Any) -> Size:
    """How many operations an expression has, with sharing and written out as a formula.

    Naive symbolic differentiation pays for the formula, a sweep for the circuit.

    Parameters
    ----------
    expression : Expression, number, or iterable of them
        Of several, operations that they share are one in the circuit. Inputs, literals and assignments do not count.

    Examples
    --------
    >>> from compgraph.expression import Variable
    >>> x = Variable("x")
    >>> for _ in range(10):
    ...     x = 4 * (x * (1 - x))
    >>> expression_size(x)
    Size(circuit=30, formula=3069)

    Notes
    -----
    Linear in the circuit; formulas are counted, not written.
    """
    several = isinstance(expression, Iterable) and not isinstance(expression, Expression)
    roots = list(expression) if several else [expression]
    times: Counter[Any] = Counter(root for root in roots if isinstance(root, Expression))
    circuit = formula = 0
    for operation in reversed(evaluation_order(roots)):
        uses = times.pop(operation)  # in how many places it would be written
        if operation.primitive not in (VARIABLE, LITERAL, IDENTITY):
            circuit += 1
            formula += uses
        for argument in operation.arguments:
            if isinstance(argument, Expression):
                times[argument] += uses
    return Size(circuit, formula)


def simplify(expression: Any) -> Any:
    """The same expression without zeros, ones and arithmetic on literals, like terms and like factors collected.

    Parameters
    ----------
    expression : Expression or number

    Returns
    -------
    Expression or number
        Equal wherever the original is defined (x/x is 1), up to rounding. Names stay. Equal subexpressions become one.

    Examples
    --------
    >>> from compgraph.expression import Variable
    >>> x, y = Variable("x"), Variable("y")
    >>> simplify(2 * x + 0 * y + x * 1 - 3)
    3·x − 3
    >>> simplify(x * (x * y) / y)
    x²

    Notes
    -----
    Nothing is multiplied out, and a result that is used more than once stays one: no expression grows. Linear cost.
    """
    with gc_paused():
        return _Simplifier([expression]).value(expression)


#: Operations whose results are added up, or multiplied, by the operation above them.
_SUMS = frozenset({ADD, SUBTRACT, NEGATE})
_PRODUCTS = frozenset({MULTIPLY, DIVIDE})


class _Simplifier:
    """One run: what operations become, and one object for each that is the same."""

    def __init__(self, roots: Iterable[Any]) -> None:
        order = evaluation_order(roots)
        uses = Counter(a for e in order for a in e.arguments if isinstance(a, Expression))
        uses.update(root for root in roots if isinstance(root, Expression))
        self.made: dict[Any, Any] = {}
        self.same: dict[Any, Expression] = {}
        # an operation that is only a part of the sum or the product above it is not looked at by itself
        self.parts: set[Expression] = set()
        for e in order:
            kind = _kind(e)
            for a in e.arguments:
                if kind and isinstance(a, Expression) and a.name is None and uses[a] == 1 and _kind(a) is kind:
                    self.parts.add(a)
        for e in order:
            if e not in self.parts:
                self.made[e] = self._named(e, self._simplified(e))

    def value(self, argument: Any) -> Any:
        return self.made[argument] if isinstance(argument, Expression) else argument

    def apply(self, primitive: Primitive, *arguments: Any) -> Expression:
        key = (primitive, *(a if isinstance(a, Expression) else (type(a), a) for a in arguments))
        if key not in self.same:
            self.same[key] = _apply(primitive, arguments, None)
        return self.same[key]

    def _named(self, e: Expression, result: Any) -> Any:
        if e.name is None or e.primitive is VARIABLE or not isinstance(result, Expression) or result.name is not None:
            return result
        return _apply(result.primitive, result.arguments, e.name)

    def _simplified(self, e: Expression) -> Any:
        kind = _kind(e)
        if e.primitive is VARIABLE:
            return self.same.setdefault((VARIABLE, e.name), e)
        if kind is _SUMS:
            return self._sum(e)
        if kind is _PRODUCTS:
            return self._product(e)
        arguments = [self.value(a) for a in e.arguments]
        if e.primitive is POWER and _is_number(arguments[1]):
            return self._power(*arguments)
        if e.primitive is IDENTITY and e.name is None:
            return arguments[0]
        if e.primitive is WHERE and arguments[1] is arguments[2]:
            return arguments[1]
        if e.primitive not in (LITERAL, IDENTITY) and all(_is_number(a) and a in (0, 1) for a in arguments):
            value = _folded(e.primitive, arguments)  # sin(0), but not sin(2)
            if value is not None:
                return value
        return self.apply(e.primitive, *arguments)

    # -- sums: term → coefficient

    def _sum(self, e: Expression) -> Any:
        terms: dict[Any, Any] = {}
        for sign, part in self._leaves(e, _SUMS):
            coefficient, term = _split(self.value(part))
            terms[term] = terms.get(term, 0) + sign * coefficient
        total: Any = 0
        for term, coefficient in terms.items():
            if coefficient == 0:
                continue
            size = self._scaled(abs(coefficient), term)
            if not isinstance(total, Expression) and total == 0:
                total = size if coefficient > 0 else self._scaled(coefficient, term)
            else:
                total = self.apply(ADD if coefficient > 0 else SUBTRACT, total, size)
        return total

    def _leaves(self, e: Expression, kind: frozenset[Primitive]) -> Iterator[tuple[int, Any]]:
        """What is added up or multiplied below `e`, from left to right, with its sign or exponent ±1."""
        stack: list[tuple[int, Any]] = [(1, e)]
        while stack:
            sign, part = stack.pop()
            if part is not e and part not in self.parts:
                yield sign, part
                continue
            arguments = part.arguments
            if part.primitive is NEGATE:
                stack.append((-sign, arguments[0]))
            else:
                last = -sign if part.primitive in (SUBTRACT, DIVIDE) else sign
                stack += [(last, arguments[1]), (sign, arguments[0])]

    def _scaled(self, coefficient: Any, term: Any) -> Any:
        """coefficient · term, where None stands for the term 1."""
        if term is None:
            return _plain(coefficient)
        whole = Fraction(coefficient) if isinstance(coefficient, (int, Fraction)) else None
        number = coefficient if whole is None else whole.numerator
        if number != 1:
            term = self.apply(NEGATE, term) if number == -1 else self.apply(MULTIPLY, number, term)
        return term if whole is None or whole.denominator == 1 else self.apply(DIVIDE, term, whole.denominator)

    # -- products: factor → exponent

    def _product(self, e: Expression) -> Any:
        coefficient: Any = 1
        factors: dict[Any, Any] = {}
        for sign, part in self._leaves(e, _PRODUCTS):
            number, factor = _split(self.value(part))
            power = sign
            if factor is not None and factor.name is None and _is_numeric_quotient(factor):  # a/b below is b/a above
                number, factor, power = number * factor.arguments[0], factor.arguments[1], -sign
            if sign > 0:
                coefficient = coefficient * number
            elif number == 0:
                factors[0] = -1  # a division by zero is left for whoever evaluates it
            else:
                exact = not isinstance(number, float) and not isinstance(coefficient, float)
                coefficient = Fraction(coefficient) / number if exact else coefficient / number
            if factor is not None:
                base, exponent = factor.arguments if _is_numeric_power(factor) else (factor, 1)
                factors[base] = factors.get(base, 0) + power * exponent
        if coefficient == 0:
            return 0
        top = self._multiplied([self._raised(base, n) for base, n in factors.items() if n > 0])
        bottom = self._multiplied([self._raised(base, -n) for base, n in factors.items() if n < 0])
        if bottom is None:
            return self._scaled(coefficient, top)
        if top is None:
            if isinstance(coefficient, Fraction):
                coefficient, bottom = coefficient.numerator, self._scaled(coefficient.denominator, bottom)
            return self.apply(DIVIDE, coefficient, bottom)
        return self._scaled(coefficient, self.apply(DIVIDE, top, bottom))

    def _multiplied(self, factors: list[Any]) -> Any:
        return reduce(lambda a, b: self.apply(MULTIPLY, a, b), factors) if factors else None

    def _raised(self, base: Any, exponent: Any) -> Any:
        return base if exponent == 1 else self.apply(POWER, base, exponent)

    def _power(self, base: Any, exponent: Any) -> Any:
        if exponent == 0:
            return 1
        if _is_number(base):
            value = _folded(POWER, [base, exponent])
            return self.apply(POWER, base, exponent) if value is None else value
        return self._raised(base, exponent)


def _kind(e: Expression) -> frozenset[Primitive] | None:
    return next((kind for kind in (_SUMS, _PRODUCTS) if e.primitive in kind), None)


def _is_number(value: Any) -> bool:
    return not isinstance(value, Expression)


def _is_numeric_power(value: Any) -> bool:
    return value.name is None and value.primitive is POWER and list(map(_is_number, value.arguments)) == [False, True]


def _is_numeric_quotient(value: Any) -> bool:
    return value.primitive is DIVIDE and isinstance(value.arguments[1], Expression) and _is_number(value.arguments[0])


def _split(value: Any) -> tuple[Any, Any]:
    """A result as coefficient and term; of a number the term is None."""
    if _is_number(value):
        return value, None
    coefficient: Any = 1
    if value.name is None and value.primitive is DIVIDE and isinstance(value.arguments[1], int):
        coefficient = Fraction(1, value.arguments[1]) if value.arguments[1] else 1
        value = value.arguments[0] if value.arguments[1] else value
        if _is_number(value):
            return coefficient * value, None
    if value.name is None and value.primitive is NEGATE:
        return -coefficient, value.arguments[0]
    if value.name is None and value.primitive is MULTIPLY and _is_number(value.arguments[0]):
        return coefficient * value.arguments[0], value.arguments[1]
    return coefficient, value


def _plain(number: Any) -> Any:
    return int(number) if isinstance(number, Fraction) and number.denominator == 1 else number


def _folded(primitive: Primitive, arguments: list[Any]) -> Any:
    """The value at literals where it is a whole number, and exact because they are whole as well; None otherwise."""
    if not all(isinstance(a, int) and abs(a) < 100 for a in arguments):
        return None
    try:
        value = primitive.value(*map(float, arguments))
    except DomainError:
        return None
    return int(value) if type(value) is float and abs(value) < 2**53 and value == int(value) else None

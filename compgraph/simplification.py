"""What can be left out of an expression, on request only: a picture shows what was written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from fractions import Fraction
from functools import reduce
from typing import Any

import numpy as np

from compgraph.arrays.rows import Bound
from compgraph.arrays.shapes import said_shape
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
from compgraph.rewriting import Rewriting, shape_of
from compgraph.traversal import evaluation_order, gc_paused

__all__ = ["simplify"]


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
    Nothing is multiplied out, and what is used more than once stays one, but for a literal factor, which moves on to
    where literals meet. Linear cost.

    Expressions of arrays follow the rules of `compgraph.rewriting`, which know shapes: ``sum(broadcast_to(x))`` is a
    product, ``exp(log_softmax(z))`` is ``softmax(z)``.
    """
    with gc_paused():
        if any(isinstance(e.primitive, Bound) or getattr(e, "_shape", ()) for e in evaluation_order([expression])):
            return _of_arrays(expression)
        return _Simplifier([expression]).value(expression)


def _of_arrays(expression: Expression) -> Any:
    """Arrays have rules of their own, and need their shapes; where these are unknown, nothing is done."""
    try:
        shape = said_shape(expression)
    except ValueError:
        return expression
    if shape is None:
        return expression
    (result,) = Rewriting(names=True).rewritten([expression])
    return result if shape_of(result) == shape else np.broadcast_to(result, shape)


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
        self.alike: dict[Any, Any] = {}  # sums and products, whatever the order of their parts
        self.split: dict[Expression, tuple[Any, Any]] = {}  # result → its coefficient and what that stands before
        self.factors: dict[Expression, tuple[list[Any], list[Any]]] = {}  # product → its factors above and below
        self.shared: set[Any] = set()  # products that are wanted as they are, without a coefficient inside
        self.uses = uses
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
            coefficient, term = self._split(self.value(part))
            terms[term] = terms.get(term, 0) + sign * coefficient
        if len(terms) == 1 and self.uses[e] > 1:
            self.shared.update(terms)
        key = (ADD, frozenset(terms.items()))
        if key not in self.alike:
            self.alike[key] = self._added(terms)
        return self.alike[key]

    def _added(self, terms: dict[Any, Any]) -> Any:
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

    def _split(self, value: Any) -> tuple[Any, Any]:
        """A result as coefficient and term; of a number the term is None."""
        return self.split.get(value, (1, value)) if isinstance(value, Expression) else (value, None)

    def _scaled(self, coefficient: Any, term: Any) -> Any:
        """coefficient · term, where None stands for the term 1."""
        if term is None:
            return _plain(coefficient)
        exact = Fraction(coefficient) if isinstance(coefficient, (int, Fraction)) else None
        above, below = (coefficient, 1) if exact is None else (exact.numerator, exact.denominator)
        top, bottom = ([term], []) if term in self.shared else self.factors.get(term, ([term], []))
        if above == -1:
            top = [self.apply(NEGATE, top[0]), *top[1:]]
        elif above != 1:
            top = [above, *top]
        scaled = self._divided(top, bottom if below == 1 else [below, *bottom])
        self.split.setdefault(scaled, (coefficient, term))
        return scaled

    # -- products: factor → exponent

    def _product(self, e: Expression) -> Any:
        coefficient: Any = 1
        factors: dict[Any, Any] = {}
        for sign, part in self._leaves(e, _PRODUCTS):
            number, factor = self._split(self.value(part))
            power = sign
            if factor is not None and factor.name is None and _is_numeric_quotient(factor):  # a/b below is b/a above
                above, (below, factor), power = factor.arguments[0], self._split(factor.arguments[1]), -sign
                number = _ratio(number * above, below)
            if sign > 0:
                coefficient = coefficient * number
            elif number == 0:
                factors[0] = -1  # a division by zero is left for whoever evaluates it
            else:
                coefficient = _ratio(coefficient, number)
            if factor is not None:
                base, exponent = factor.arguments if _is_numeric_power(factor) else (factor, 1)
                factors[base] = factors.get(base, 0) + power * exponent
        if coefficient == 0:
            return 0
        top = [self._raised(base, n) for base, n in factors.items() if n > 0]
        bottom = [self._raised(base, -n) for base, n in factors.items() if n < 0]
        if bottom and not top:
            if isinstance(coefficient, Fraction):
                below = [coefficient.denominator] if coefficient.denominator != 1 else []
                coefficient, bottom = coefficient.numerator, [*below, *bottom]
            return self._divided([coefficient], bottom)
        if not top:
            return self._scaled(coefficient, None)
        key = (MULTIPLY, frozenset(factors.items()))
        if key not in self.alike:
            self.alike[key] = self._divided(top, bottom)
            self.factors.setdefault(self.alike[key], (top, bottom))
        term = self.alike[key]
        if self.uses[e] > 1 or len(factors) == 1:  # 2·p stays 2·p, even if p is x·y
            self.shared.add(term)
        return self._scaled(coefficient, term)

    def _divided(self, top: list[Any], bottom: list[Any]) -> Any:
        over, under = (reduce(lambda a, b: self.apply(MULTIPLY, a, b), part or [None]) for part in (top, bottom))
        return over if under is None else self.apply(DIVIDE, over, under)

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


def _ratio(above: Any, below: Any) -> Any:
    return above / below if isinstance(above, float) or isinstance(below, float) else Fraction(above) / below


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

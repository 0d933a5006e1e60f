"""A linear map as an expression that is made for being written, and has no value.

It stands for the matrix of the map, entries counted with the last axis fastest: a matrix on the left of what it is
given, X ↦ A X, is A ⊗ I, one on the right, X ↦ X B, is I ⊗ Bᵀ, and the map V ↦ V x of the partial ∂(W x)/∂W is
I ⊗ xᵀ. A change of shape has the matrix I there, and is left out.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from compgraph.arrays.moves import GETITEM, TRANSPOSE
from compgraph.arrays.reductions import SUM
from compgraph.arrays.rows import Bound, Row
from compgraph.expression import ADD, MULTIPLY, NEGATE, SUBTRACT, Application, Expression, Variable, constant
from compgraph.maps import (
    Addition,
    Broadcast,
    Contraction,
    Dense,
    Diagonal,
    Gather,
    Identity,
    Kronecker,
    LeftMultiply,
    LinearMap,
    Permute,
    Reshape,
    RightMultiply,
    Scale,
    Scatter,
    Spread,
    Sum,
    WeightedSum,
    Zero,
)
from compgraph.maps.composite import Composite

__all__ = ["as_expression"]

#: Parts of a map that are looked at.
PARTS = 40


def _never(*_: Any) -> Any:
    raise TypeError("a map that is written as an expression has no value.")


DIAG, KRON, JOINED = (Bound(Row(name, _never), {}) for name in ("diag", "kron", "joined"))

_IDENTITY, _MORE, _DOT = Variable("I"), Variable("…"), Variable("·")


def as_expression(map: LinearMap) -> Expression:
    """What is written for a map; of many parts only those that come first.

    Examples
    --------
    >>> x = Variable("x", shape=2)
    >>> as_expression(Contraction("ij,j->i", 0, [None, x], (3, 2)))
    kron(I, x.T)
    """
    made: dict[int, list[_Factor]] = {}
    stack: list[tuple[LinearMap, bool]] = [(map, False)]
    met = 0
    while stack:
        part, is_ready = stack.pop()
        if id(part) in made:
            continue
        if not isinstance(part, Composite):
            made[id(part)] = [part]
        elif is_ready:
            left, right = made[id(part.left)], made[id(part.right)]
            made[id(part)] = [_sum(left, right)] if isinstance(part, Addition) else _joined(left, right)
        elif (met := met + 1) > PARTS:
            made[id(part)] = [_MORE]
        else:
            stack += [(part, True), (part.right, False), (part.left, False)]
    return _product(made[id(map)])


#: A factor of a map in symbols: a map that is no composite, or what is written for one.
_Factor = LinearMap | Expression


def _joined(left: list[_Factor], right: list[_Factor]) -> list[_Factor]:
    """The factors of two maps joined; of vectors Σ · diag(v) is vᵀ, and diag(v) · repeat is v."""
    last, first = left[-1], right[0]
    if isinstance(last, Sum) and isinstance(first, Diagonal) and len(last.input) == 1:
        return [*left[:-1], Application(Bound(TRANSPOSE, {}), (_written(first.values),)), *right[1:]]
    if isinstance(last, LeftMultiply) and isinstance(first, RightMultiply) and _columns(last) > 1:
        return [*left[:-1], Application(KRON, (_written(last.array), _turned(first.array))), *right[1:]]
    if isinstance(last, Diagonal) and isinstance(first, Broadcast) and len(first.output) == 1:
        return [*left[:-1], _written(last.values), *right[1:]]
    return [*left, *right]


def _columns(part: LeftMultiply) -> int:
    return part.input[-1]


def _sum(left: list[_Factor], right: list[_Factor]) -> Expression:
    for one, other in ((left, right), (right, left)):
        minus = [part for part in other if isinstance(part, Scale) and _is(part.factor, -1)]
        if minus:
            return Application(SUBTRACT, (_product(one), _product([part for part in other if part is not minus[0]])))
    return Application(ADD, (_product(left), _product(right)))


def _product(factors: list[_Factor]) -> Expression:
    """Factors side by side, numbers in front; what changes nothing is left out."""
    numbers = [one.factor for one in factors if isinstance(one, Scale) and not isinstance(one.factor, Expression)]
    kept = [one for one in factors if not isinstance(one, (Reshape, Identity))]
    kept = [one for one in kept if not isinstance(one, Scale) or isinstance(one.factor, Expression)]
    parts = [one if isinstance(one, Expression) else _leaf(one) for one in kept] or [_IDENTITY]
    product = parts[0]
    for part in parts[1:]:
        product = Application(JOINED, (product, part))
    number = math.prod(numbers)
    if number == 1:
        return product
    return Application(NEGATE, (product,)) if number == -1 else Application(MULTIPLY, (number, product))


def _leaf(part: LinearMap) -> Expression:
    """A map that is no composite."""
    if isinstance(part, Scale):
        return Application(MULTIPLY, (part.factor, _IDENTITY))
    if isinstance(part, Diagonal):
        return Application(DIAG, (_written(part.values),))
    if isinstance(part, WeightedSum):
        return _product(_joined([Sum(part.input, part.axes)], [Diagonal(part.values)]))
    if isinstance(part, Spread):
        return _product(_joined([Diagonal(part.values)], [Broadcast(part.output, part.axes)]))
    if isinstance(part, Dense):
        return _written(part.array)
    if isinstance(part, LeftMultiply) and _columns(part) == 1:
        return _written(part.array)
    if isinstance(part, RightMultiply) and part.input[-2] == 1:
        return _turned(part.array)
    if isinstance(part, LeftMultiply):
        return Application(KRON, (_written(part.array), _IDENTITY))
    if isinstance(part, RightMultiply):
        return Application(KRON, (_IDENTITY, _turned(part.array)))
    if isinstance(part, Kronecker):
        return Application(KRON, (_written(part.left), _written(part.right)))
    if isinstance(part, Contraction):
        return _contraction(part)
    if isinstance(part, Sum):
        return _reduced("Σ", part.axes, part.input)
    if isinstance(part, Broadcast):
        return _reduced("repeat", part.axes, part.output)
    if isinstance(part, (Gather, Scatter)):
        word = Variable("pick" if isinstance(part, Gather) else "place")
        return word if part.index is None else Application(Bound(GETITEM, {"index": part.index}), (word,))
    if isinstance(part, Permute):
        two = len(part.input) == 2
        return Variable("transpose") if two else Application(Bound(TRANSPOSE, {"axes": part.axes}), (_DOT,))
    return Variable("0" if isinstance(part, Zero) else part.label.replace(" ", "_"))


def _is(factor: Any, value: int) -> bool:
    return not isinstance(factor, Expression) and bool(factor == value)


def _reduced(name: str, axes: tuple[int, ...], whole: tuple[int, ...]) -> Expression:
    """Σ or a repetition: over some axes a function of what is put in the place of the dot."""
    if len(axes) == len(whole):
        return Variable(name)
    row = SUM if name == "Σ" else Row(name, _never)
    return Application(Bound(row, {"axis": axes[0] if len(axes) == 1 else axes}), (_DOT,))


def _written(values: Any) -> Expression:
    return values if isinstance(values, Expression) else constant(np.asarray(values, dtype=float))


def _turned(values: Any) -> Expression:
    """The transpose; of a transpose what it is of, of a column the vector as a row."""
    expression = _written(values)
    primitive = expression.primitive
    if isinstance(primitive, Bound) and primitive.name == "transpose" and not primitive.parameters:
        return _written(expression.arguments[0])
    if (
        expression.primitive.name == "reshape"
        and expression.shape[1:] == (1,)
        and len(expression.arguments[0].shape) == 1
    ):
        expression = expression.arguments[0]
    return Application(Bound(TRANSPOSE, {}), (expression,))


def _contraction(part: Contraction) -> Expression:
    """An einsum whose only other operand stands on one side, as a Kronecker product; else as it is."""
    mine, result = part.terms[part.position], part.result
    if len(part.operands) == 2:
        other, term = part.operands[1 - part.position], part.terms[1 - part.position]
        rows, columns = (term, "") if len(term) == 1 else (term[:1], term[1:])
        if len(term) <= 2:
            for one, two, turned in ((columns, rows, False), (rows, columns, True)):
                if mine.startswith(one) and result == two + mine.removeprefix(one):
                    return Application(KRON, (_turned(other) if turned else _written(other), _IDENTITY))
                if mine.endswith(one) and result == mine.removesuffix(one) + two:
                    return Application(KRON, (_IDENTITY, _turned(other) if turned else _written(other)))
    subscripts = f"{','.join(part.terms)}->{result}"
    operands = tuple([_DOT if one is None else _written(one) for one in part.operands])
    return Application(Bound(Row("einsum", _never), {"subscripts": subscripts}), operands)

"""A graph read in symbols: labels as Expressions, and formulas in the names of the picture.

`formula` reads one partial back, also of a whole statement, and EXPRESSION is the semiring in which totals are
derivatives in symbols.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import networkx as nx
import numpy as np

from compgraph.arrays.labels import has_arrays
from compgraph.errors import DomainError
from compgraph.expression import (
    LITERAL,
    MULTIPLY,
    VARIABLE,
    Application,
    Expression,
    Partial,
    Primitive,
    Variable,
    _apply,
)
from compgraph.functions import WHERE, logical_not, logical_or
from compgraph.maps import Diagonal, LinearMap, Scale, Zero, broadcast
from compgraph.maps.elementwise import elementwise
from compgraph.numbers import plus, times
from compgraph.semiring import LINEAR, MATRIX, Semiring

__all__ = ["EXPRESSION", "applied", "definition", "formula", "formulas", "joining", "symbolize"]


def symbolize(graph: nx.MultiDiGraph) -> None:
    """Label `graph` in place with values and partials that are Expressions, sharing as the graph does."""
    built: dict[str, Any] = {}
    unnamed = graph.graph.get("unnamed", ())
    shapes = graph.graph.get("shapes", {})
    arrays = shapes or has_arrays(graph._node, {})
    for key, data in graph._node.items():
        primitive, name = data["primitive"], None if key in unnamed else data["name"]
        operands = tuple([built[a] if type(a) is str else a for a in data["arguments"]])
        value = Variable(key, shapes.get(key)) if primitive is VARIABLE else _apply(primitive, operands, name)
        built[key] = data["value"] = value
        for parallel in graph._pred[key].values():
            for position, label in parallel.items():
                if not arrays:
                    label["partial"] = applied(primitive.partials[position], value, operands)
                    continue
                try:
                    partial = applied(primitive.partials[position], value, operands)
                    label["partial"] = _mapped(partial, value, operands[position])
                except ValueError as error:
                    raise _unshaped(graph, key, error) from None


def applied(rule: Partial, output: Any, operands: Sequence[Any]) -> Any:
    """A partial in symbols; literals that arithmetic cannot take (1/0, the square of 10²⁰⁰) are left standing in it.

    Examples
    --------
    >>> applied(lambda y, a, b: 1 / b, Variable("y"), (Variable("a"), 0))
    1/0
    """
    if not callable(rule):
        return rule
    try:
        return rule(output, *operands)
    except (ArithmeticError, DomainError):
        return rule(output, *[o if isinstance(o, Expression) else Application(LITERAL, (o,)) for o in operands])


def _unshaped(graph: nx.MultiDiGraph, key: Any, error: ValueError) -> ValueError:
    """What is wrong with shapes at no point: most often that nobody has said them."""
    shapes = graph.graph.get("shapes", {})
    without = [name for name in graph.graph.get("inputs", ()) if name not in shapes]
    if not without:
        return ValueError(f"{key}: {error}")
    return ValueError(
        f"{key} cannot be differentiated at no point: {', '.join(map(str, without[:8]))} "
        f"{'have' if len(without) > 1 else 'has'} no shape. Give a point, or Variable({without[0]!r}, shape=…)."
    )


def _mapped(partial: Any, output: Any, operand: Any) -> Any:
    """A partial between arrays as a linear map, whose parts are Expressions; between numbers as it is."""
    if isinstance(partial, LinearMap):
        return partial.apply(1) if partial.output == partial.input == () else partial
    end, start = output.shape, getattr(operand, "shape", ())
    if end == start == ():
        return partial
    if isinstance(partial, Expression):
        if partial.shape not in ((), end):
            partial = np.broadcast_to(partial, end)
        whole: LinearMap = Diagonal(partial) if partial.shape else Scale(partial, end)
    else:
        whole = elementwise(partial, end)
    return whole @ broadcast(start, end)


def definition(graph: nx.MultiDiGraph, key: Any) -> Any:
    """How a node is made, in the names of the picture: ``u1 + u2``; None for an input or a node made by hand.

    On a statement graph the whole right-hand side, in assigned names only.
    """
    graph = graph.graph.get("operations", graph)
    data = graph.nodes[key]
    if data.get("primitive", VARIABLE) is VARIABLE:
        return None
    if data["primitive"] is LITERAL:
        return data["arguments"][0]
    inner = _inner(graph, key)
    built = _written(graph, inner, key)
    return _apply(data["primitive"], tuple([built.get(a, a) for a in data["arguments"]]), None)


def _named(graph: nx.MultiDiGraph, key: Any) -> bool:
    data = graph._node[key]
    return data["primitive"] is VARIABLE or data["name"] is not None


def _inner(graph: nx.MultiDiGraph, key: Any) -> list[Any]:
    """The unnamed operations of one statement, in evaluation order; none at the level of operations."""
    if "statements" not in graph.graph:
        return []
    place = graph.graph["statements"]
    stack, seen = [key], {key}
    while stack:
        for argument in graph._node[stack.pop()]["arguments"]:
            if type(argument) is str and argument not in seen and not _named(graph, argument):
                seen.add(argument)
                stack.append(argument)
    return sorted(seen - {key}, key=place.__getitem__)


def _written(graph: nx.MultiDiGraph, inner: Iterable[Any], key: Any) -> dict[Any, Expression]:
    """Node key → Expression in picture names: a Variable each, but the whole operation for those in `inner`."""
    built: dict[Any, Expression] = {}
    for node in [*inner, key]:
        data = graph._node[node]
        for argument in data["arguments"]:
            if type(argument) is str and argument not in built:
                built[argument] = _pictured(graph, argument)
        built[node] = Application(data["primitive"], tuple([built.get(a, a) for a in data["arguments"]]))
    return built


def _pictured(graph: nx.MultiDiGraph, key: Any) -> Variable:
    """A node as it stands in a formula: by its name, and of its shape."""
    shape = getattr(graph._node[key].get("value"), "shape", ()) or graph.graph.get("shapes", {}).get(key)
    return Variable(str(key), shape or None)


def formula(graph: nx.MultiDiGraph, tail: Any, head: Any, key: Any = 0) -> Any:
    """The symbolic partial on an edge, in the names of the picture (``cos(t)``); computed on demand.

    Parameters
    ----------
    graph : networkx.MultiDiGraph
        Traced, linearized, or a statement graph: there the partial of the whole statement, in assigned names only.
    tail, head, key
        The edge. `key` is the position of the argument.

    Returns
    -------
    Expression or number
        As a textbook prints it: equal in value to the stable form the sweep uses.

    Raises
    ------
    ValueError
        No such edge.

    Examples
    --------
    >>> from compgraph.functions import sin
    >>> from compgraph.graph import trace
    >>> t = (Variable("x") ** 2).named("t")
    >>> graph = trace({"t": t, "y": sin(t)})
    >>> formula(graph, "t", "y"), formula(graph, "x", "t")
    (cos(t), 2·x)
    """
    if not graph.has_edge(tail, head, key):
        raise ValueError(
            f"no edge {tail} → {head} with key {key}: "
            f"expected one of {list(graph.in_edges(head, keys=True))[:8] if head in graph else 'the graph’s edges'}."
        )
    fine = graph.graph.get("operations")
    if fine is None:
        data = graph.nodes[head]
        if data.get("primitive") is None:
            return graph.edges[tail, head, key].get("partial")
        built = _written(graph, (), head)
        output = built[head] if _shows_itself(data["primitive"]) else _pictured(graph, head)
        operands = [built.get(a, a) for a in data["arguments"]]
        return _labelled(data["primitive"].textbook[key], output, operands, key)
    return _statement_formulas(fine, head).get(tail, 0)


def formulas(graph: nx.MultiDiGraph, head: Any) -> dict[tuple[Any, Any], Any]:
    """The symbolic partials of one node, (tail, key) → formula: of a whole statement in one sweep through it.

    Examples
    --------
    >>> from compgraph.graph import trace
    >>> x, y = Variable("x"), Variable("y")
    >>> formulas(trace({"f": x * y}), "f")
    {('x', 0): y, ('y', 1): x}
    """
    edges = [(tail, key) for tail, parallel in graph._pred[head].items() for key in parallel]
    fine = graph.graph.get("operations")
    if fine is None:
        return {(tail, key): formula(graph, tail, head, key) for tail, key in edges}
    found = _statement_formulas(fine, head)
    return {(tail, key): found.get(tail, 0) for tail, key in edges}


def _statement_formulas(fine: nx.MultiDiGraph, head: Any) -> dict[Any, Any]:
    """Assigned name or input → the symbolic partial of a statement with respect to it."""
    inner = _inner(fine, head)
    built = _written(fine, inner, head)
    total: dict[Any, Any] = {head: 1}
    for node in [head, *reversed(inner)]:
        if node not in total:
            continue
        data = fine._node[node]
        operands = [built.get(a, a) for a in data["arguments"]]
        # the output of the statement has a name in the picture, the operations inside it have none
        output = _pictured(fine, node) if node == head and not _shows_itself(data["primitive"]) else built[node]
        for position, argument in enumerate(data["arguments"]):
            if type(argument) is str and fine.has_edge(argument, node, position):
                partial = _labelled(data["primitive"].textbook[position], output, operands, position)
                product = _chained(total[node], partial)
                total[argument] = _plus(total[argument], product) if argument in total else product
    return total


def _labelled(rule: Partial, output: Any, operands: Sequence[Any], position: int) -> Any:
    """A partial in symbols: a map where either end is an array."""
    operand, partial = operands[position], applied(rule, output, operands)
    if isinstance(partial, LinearMap) or _shape(output) or _shape(operand):
        return _mapped(partial, output, operand)
    return partial


def _shape(value: Any) -> tuple[int, ...]:
    shape: tuple[int, ...] = getattr(value, "shape", ())
    return shape


def _chained(left: Any, right: Any) -> Any:
    """left · right of two labels: a number beside a map is that multiple of it."""
    if isinstance(left, LinearMap) and isinstance(right, LinearMap):
        return left @ right
    if isinstance(left, LinearMap) or isinstance(right, LinearMap):
        return left * right if isinstance(left, LinearMap) or not _is_one(left) else right
    return _times(left, right)


def _is_one(label: Any) -> bool:
    return not isinstance(label, Expression) and bool(label == 1)


def _shows_itself(primitive: Primitive) -> bool:
    """Whether a partial in terms of the output reads better written out: e^x rather than the name of the result."""
    return primitive.name in ("exp", "exp2", "divide", "power")


# -- the semiring of expressions


class _Guard(NamedTuple):
    """The parts of ``where(c, term, 0)``, or of ``where(c, 0, term)`` where it `holds` not."""

    condition: Any
    term: Any
    holds: bool

    def around(self, term: Any) -> Any:
        return Application(WHERE, (self.condition, term, 0) if self.holds else (self.condition, 0, term))

    def test(self) -> Any:
        """An expression that is true where the term counts."""
        return self.condition if self.holds else logical_not(self.condition)


def _guard(value: Any) -> _Guard | None:
    if isinstance(value, Expression) and value.primitive is WHERE:
        condition, a, b = value.arguments
        if not isinstance(b, Expression) and b == 0:
            return _Guard(condition, a, True)
        if not isinstance(a, Expression) and a == 0:
            return _Guard(condition, b, False)
    return None


def _same(a: Any, b: Any) -> bool:
    """Whether two conditions are the same to the eye: ``x > 0`` written twice; nothing deeper is compared."""
    if a is b or not isinstance(a, Expression) or not isinstance(b, Expression):
        return a is b
    if a.primitive is not b.primitive or a.name != b.name or len(a.arguments) != len(b.arguments):
        return False
    return all(p is q or p == q for p, q in zip(a.arguments, b.arguments, strict=True))  # == of expressions is identity


def _times(left: Any, right: Any) -> Any:
    """left · right, the product put inside a guard, so that nothing is evaluated where the guard does not hold."""
    if isinstance(left, LinearMap) or isinstance(right, LinearMap):
        return _linear_times(left, right)
    if _is_trivial(left) or _is_trivial(right):
        return _product(left, right)
    outer, inner = _guard(left), _guard(right)
    if outer is None:
        return inner.around(_product(left, inner.term)) if inner else _product(left, right)
    if inner is None:
        return outer.around(_product(outer.term, right))
    if outer.holds == inner.holds and _same(outer.condition, inner.condition):
        return outer.around(_product(outer.term, inner.term))
    # one condition for both, evaluated from the output inwards, as the branches themselves are
    both = _Guard(outer.around(inner.test()), None, True)
    return both.around(_product(outer.term, inner.term))


def _linear_times(left: Any, right: Any) -> Any:
    """A map applied to an expression or a number, or backwards its transpose; two maps joined."""
    if isinstance(left, LinearMap) and isinstance(right, LinearMap):
        return left @ right
    map, total = (left, right) if isinstance(left, LinearMap) else (right.transpose(), left)
    if isinstance(map, Zero):
        return 0
    if not isinstance(total, (Expression, np.ndarray)):
        if total == 0:
            return 0
        total = Application(LITERAL, (total,))
    if isinstance(map, Diagonal) and isinstance(total, Expression):
        return _times(map.values, _unspread(total)) if isinstance(map.values, Expression) else map.values * total
    if isinstance(map, Scale) and isinstance(map.factor, Expression):
        return _times(map.factor, total)
    result = map.apply(total)
    if isinstance(result, Expression) and result.primitive is MULTIPLY:
        for factor, other in (result.arguments, result.arguments[::-1]):
            if getattr(factor, "shape", ()) == result.shape and (number := _unspread(other)) is not other:
                return _product(number, factor)
    return result


def _unspread(total: Any) -> Any:
    """The number itself that was repeated into an array, beside an array of that shape."""
    if isinstance(total, Expression) and total.primitive.name == "broadcast_to":
        (one,) = total.arguments
        if isinstance(one, Expression) and not one.shape:
            return one.first if one.primitive is LITERAL else one
    return total


def _product(left: Any, right: Any) -> Any:
    """left · right, with 0 and 1 left out and −1 written as a sign."""
    for factor, other in ((left, right), (right, left)):
        if isinstance(other, Expression) and not isinstance(factor, Expression):
            if _is_trivial(factor):
                return 0 if factor == 0 else other
            if factor == -1:
                return -other
    return times(left, right)


def _is_trivial(factor: Any) -> bool:
    return not isinstance(factor, Expression) and (factor == 0 or factor == 1)


def _plus(left: Any, right: Any) -> Any:
    """left + right, with 0 left out; the sum of two guarded terms is guarded: one of their conditions has to hold."""
    if isinstance(left, LinearMap) or isinstance(right, LinearMap):
        return left + right
    if not isinstance(left, Expression) and left == 0:
        return right
    if not isinstance(right, Expression) and right == 0:
        return left
    a, b = _guard(left), _guard(right)
    if a is None or b is None:
        return plus(left, right)
    if not _same(a.condition, b.condition):
        return _Guard(logical_or(a.test(), b.test()), None, True).around(left + right)
    if a.holds == b.holds:
        return a.around(a.term + b.term)
    return Application(WHERE, (a.condition, *((a.term, b.term) if a.holds else (b.term, a.term))))


#: Labels and totals are Expressions (or numbers): the totals are derivatives in symbols.
EXPRESSION = Semiring("EXPRESSION", _plus, _times, 0, 1)


def joining(semiring: Semiring) -> Semiring:
    """The same derivatives where labels are joined to labels, along a path or in an elimination: maps stay maps."""
    if semiring.name == EXPRESSION.name:
        return EXPRESSION._replace(mul=_chained)
    return MATRIX if semiring.name == LINEAR.name else semiring

"""The run of rules over expressions: what operations become, and one object for each that is the same."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from compgraph import functions as cg
from compgraph.arrays.protocols import ROWS
from compgraph.arrays.rows import Bound
from compgraph.expression import VARIABLE, Expression, Primitive, Variable, _apply
from compgraph.rewriting.arithmetic import ARITHMETIC
from compgraph.rewriting.moves import MOVES
from compgraph.rewriting.parts import bound, is_elementwise, shape_of, whole_number
from compgraph.rewriting.products import PRODUCTS
from compgraph.traversal import evaluation_order, gc_paused

__all__ = ["Rewriting"]

RULES: dict[str, Callable[..., Any]] = {**ARITHMETIC, **MOVES, **PRODUCTS}


class Rewriting:
    """One run: what operations become, and one object for each that is the same.

    Parameters
    ----------
    further : mapping of name to rule, optional
        Rules by the name of a primitive, tried before those of this module: ``rule(self, parameters, *arguments)`` is
        the result, or None.
    names : bool
        Whether what has a name keeps it.

    Examples
    --------
    >>> from compgraph.expression import Variable
    >>> x = Variable("x", shape=(2, 3))
    >>> Rewriting().rewritten([2 * (x * 0.5), x.T.T + 0, np.sum(np.broadcast_to(x, (4, 2, 3)), axis=0)])
    [x, x, 4·x]
    """

    def __init__(self, further: Mapping[str, Callable[..., Any]] | None = None, *, names: bool = False) -> None:
        self.further = further or {}
        self.names = names
        self.same: dict[Any, Expression] = {}

    def rewritten(self, roots: Iterable[Any]) -> list[Any]:
        """Expressions (or numbers) rewritten, with what they share shared."""
        roots = list(roots)
        made: dict[Any, Any] = {}
        with gc_paused():
            for e in evaluation_order(roots):
                if e.primitive is VARIABLE:
                    made[e] = self.same.setdefault((VARIABLE, e.name), e)
                else:
                    arguments = [made[a] if isinstance(a, Expression) else a for a in e.arguments]
                    made[e] = self._named(e, self.make(e.primitive, *arguments))
        return [made[root] if isinstance(root, Expression) else root for root in roots]

    def _named(self, e: Expression, result: Any) -> Any:
        """The result under the name that somebody gave it, if names are kept; rules do not look behind a name."""
        if not self.names or e.name is None or not isinstance(result, Expression) or result.name is not None:
            return result
        return _apply(result.primitive, result.arguments, e.name)

    def make(self, primitive: Primitive, *arguments: Any) -> Any:
        """A primitive applied: what a rule makes of it, or the application itself."""
        operands = tuple([float(a) if isinstance(a, Fraction) else a for a in arguments])
        parameters = primitive.parameters if isinstance(primitive, Bound) else {}
        if is_elementwise(primitive):
            operands = self._unspread(primitive, operands)
        for rules in (self.further, RULES) if _is_ours(primitive) else ():
            if (rule := rules.get(primitive.name)) and (result := rule(self, parameters, *operands)) is not None:
                return result
        return self.plain(primitive, *operands)

    def row(self, name: str, *arguments: Any, **parameters: Any) -> Any:
        """A row of arrays applied."""
        return self.make(Bound(ROWS[name], parameters), *arguments)

    def expanded(self, definition: Callable[..., Any], *arguments: Any) -> Any:
        """What a definition in this library's functions makes of the arguments."""
        parameters = [Variable(f"{i}", shape_of(a)) for i, a in enumerate(arguments)]
        known: dict[Any, Any] = dict(zip(parameters, arguments, strict=True))
        whole = definition(*parameters)
        for e in evaluation_order([whole]):
            if e not in known:
                known[e] = self.make(e.primitive, *[known[a] if isinstance(a, Expression) else a for a in e.arguments])
        return known[whole]

    def plain(self, primitive: Primitive, *arguments: Any) -> Expression:
        """The application itself, one object for each."""
        key = _called(primitive, arguments)
        if key not in self.same:
            self.same[key] = _apply(primitive, arguments, None)
        return self.same[key]

    def known(self, primitive: Primitive, *arguments: Any) -> Any:
        """The application, if it is there already; None otherwise."""
        return self.same.get(_called(primitive, arguments))

    def _unspread(self, primitive: Primitive, operands: tuple[Any, ...]) -> tuple[Any, ...]:
        """Operands without the broadcasts that an elementwise function does by itself."""
        if not any(bound(o, "broadcast_to") is not None for o in operands):
            return operands
        whole = np.broadcast_shapes(*map(shape_of, operands))
        kept = list(operands)
        for i, operand in enumerate(operands):
            if bound(operand, "broadcast_to") is not None:
                inner = operand.arguments[0]
                others = [shape_of(o) for j, o in enumerate(kept) if j != i]
                if np.broadcast_shapes(shape_of(inner), *others) == whole:
                    kept[i] = inner
        return tuple(kept)


def _is_ours(primitive: Primitive) -> bool:
    """Whether it is in the table: somebody's own may have the name of another."""
    if isinstance(primitive, Bound):
        return ROWS.get(primitive.name) is primitive.row
    return primitive in (cg.FUNCTIONS.get(primitive.name), cg.HIDDEN.get(primitive.name))


def _called(primitive: Primitive, arguments: tuple[Any, ...]) -> Any:
    """What an application is known by; −0 is not the same as 0, nor NaN different from itself."""
    return (_key(primitive), *[a if isinstance(a, Expression) else repr(whole_number(a)) for a in arguments])


def _key(primitive: Primitive) -> Any:
    if not isinstance(primitive, Bound):
        return primitive
    items = tuple(sorted(primitive.parameters.items()))
    try:
        hash(items)
    except TypeError:
        return primitive.row, pickle.dumps(items)  # slices and arrays among them
    return primitive.row, repr(items)  # for which 1 and True are two things

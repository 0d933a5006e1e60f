"""Reverse mode: the operations of a function forward, then an adjoint for each in reverse order, one += per edge."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from compgraph.expression import IDENTITY, MULTIPLY, POWER, Expression
from compgraph.listing.forms import Level, Piece
from compgraph.transform.activity import Routines
from compgraph.transform.evaluating import Atom, Node
from compgraph.transform.program import assembled, used_names, writer_for
from compgraph.transform.source import definition_of
from compgraph.transform.unrolling import Unrolled
from compgraph.transform.writing import Names, Partials, Term, Writer

__all__ = ["reverse_source"]

_INDENT = "    "
_WIDTH = 110


def reverse_source(
    function: Callable[..., Any] | str, *, wrt: str | Iterable[str] | None = None, name: str | None = None
) -> str:
    """Reverse mode by program transformation: the source of a function that computes a value and its gradient.

    Parameters
    ----------
    function : function or str
        A Python function whose source can be found (in a file or a notebook cell), or Python source that defines one.
    wrt : names, optional
        The parameters to differentiate with respect to; if left out, those without a default. Others without a
        default stay arguments; one with a default is the number that it is.
    name : str, optional
        Which function of the source; the last one if left out.

    Returns
    -------
    str
        Python that runs alone. ``f(x, y)`` becomes ``f_vjp(x, y, f_bar=1.0)``, which returns the value and a tuple of
        adjoints: the derivative by each of x and y, times `f_bar`. Of several results each has an adjoint to give.

    Raises
    ------
    ParseError
        A loop whose count or a branch whose condition depends on an input, or another construct that cannot be
        unrolled; the message names it and its line.

    Notes
    -----
    Nothing is run. Loops of fixed count are unrolled, functions that the function calls become a part of it, and an
    expression is taken apart into operations, v1, v2, …; of a name that is bound again the last binding keeps it, and
    earlier ones become c_1, c_2.

    Examples
    --------
    >>> print(reverse_source('''
    ... import math
    ... def f(x, y):
    ...     t = x * y  # twice
    ...     return math.sin(t) + t
    ... '''))
    import math
    <BLANKLINE>
    <BLANKLINE>
    def f_vjp(x, y, result_bar=1.0):
        t = x * y  # twice
        v1 = math.sin(t)
        result = v1 + t
    <BLANKLINE>
        x_bar = y_bar = t_bar = v1_bar = 0.0
        v1_bar += result_bar
        t_bar += result_bar
        t_bar += math.cos(t) * v1_bar
        x_bar += y * t_bar
        y_bar += x * t_bar
        return result, (x_bar, y_bar)
    <BLANKLINE>
    """
    routines = Routines(definition_of(function, name), wrt)
    names = Names(used_names(routines.all))
    writer = writer_for(routines.all, names)
    text = _Reverse(Unrolled(routines), names, writer).text()
    return assembled([(text, routines.main.scope)], writer, [])


class _Reverse:
    def __init__(self, unrolled: Unrolled, names: Names, writer: Writer) -> None:
        self.unrolled = unrolled
        self.names = names
        self.writer = writer
        result = unrolled.result
        self.results: list[Any] = list(result) if isinstance(result, (tuple, list)) else [result]
        for i, value in enumerate(self.results):
            if isinstance(value, Node) and value.active and any(value is other for other in self.results[:i]):
                self.results[i] = unrolled.applied(IDENTITY, [value], lambda a: a[0])
        self.called = self._called()
        self.adjoints = {node: names.fresh(f"{self.called[node]}_bar") for node in self._needed()}

    def _called(self) -> dict[Node, str]:
        """Node → name: the last binding of a name keeps it, unless it is an input's."""
        unrolled, names = self.unrolled, self.names
        if len(self.results) == 1 and isinstance(last := self.results[0], Node) and last.base is None:
            last.base = names.fresh("result")
        bound: dict[str, list[Node]] = {}
        for node in unrolled.nodes:
            if node.base is not None:
                bound.setdefault(node.base, []).append(node)
        called = {node: parameter for parameter, node in unrolled.inputs.items()}
        for base, nodes in bound.items():
            for number, node in enumerate(nodes, 1):
                keeps = node is nodes[-1] and base not in unrolled.inputs
                called[node] = base if keeps else names.fresh(f"{base}_{number}")
        given: set[str] = set()
        for node in unrolled.nodes:
            if node not in called:
                called[node] = names.numbered("v", given)
        names.used |= given
        return called

    def _needed(self) -> list[Node]:
        """The inputs, and what moves with them and a result depends on, in order."""
        needed = {value for value in self.results if isinstance(value, Node) and value.active}
        for node in reversed(self.unrolled.nodes):
            if node in needed:
                needed.update(o for o in node.operands if isinstance(o, Node) and o.active)
        inputs = [node for node in self.unrolled.inputs.values() if node.active]
        return [*inputs, *(node for node in self.unrolled.nodes if node in needed)]

    # -- text

    def text(self) -> str:
        main = self.unrolled.routine
        seeds = [self.adjoints[v] for v in self.results if isinstance(v, Node) and v in self.adjoints]
        inputs = [node for node in self.unrolled.inputs.values() if node.active]
        one = len(self.results) == 1 and not isinstance(self.unrolled.result, (tuple, list))
        parameters = [*self.unrolled.inputs, *(f"{seed}=1.0" if one else seed for seed in seeds)]
        lines = list(self._forward())
        zeros = [adjoint for adjoint in self.adjoints.values() if adjoint not in seeds]
        lines += ["", *self._zeros(zeros), *self._backward()]
        values = [self._piece(value).text for value in self.results]
        value = values[0] if one else _listed(values, isinstance(self.unrolled.result, list))
        adjoints = _listed([self.adjoints[node] for node in inputs], False)
        head = f"def {self.names.fresh(f'{main.name}_vjp')}({', '.join(parameters)}):"
        body = [f"{_INDENT}{line}" if line else "" for line in [*lines, f"return {value}, {adjoints}"]]
        return "\n".join([head, *body]) + "\n"

    def _forward(self) -> Iterable[str]:
        for node in self.unrolled.nodes:
            yield from node.before
            line = f"{self.called[node]} = {node.form([self._piece(o) for o in node.operands]).text}"
            yield f"{line}  {node.beside}" if node.beside else line
        yield from self.unrolled.pending

    def _piece(self, operand: Any) -> Piece:
        if isinstance(operand, Node):
            return Piece(self.called[operand])
        if isinstance(operand, Atom):
            return Piece(operand.text)
        if isinstance(operand, (int, float)):
            return Piece(repr(operand), Level.SIGN if operand < 0 else Level.ATOM)
        raise self.unrolled.routine.source.refused(
            f"a result is no number, but a {type(operand).__name__}. Return a number, or a tuple or list of numbers.",
            self.unrolled.routine.node,
        )

    def _zeros(self, adjoints: list[str]) -> Iterable[str]:
        line = ""
        for adjoint in adjoints:
            if len(line) + len(adjoint) > _WIDTH:
                yield f"{line}0.0"
                line = ""
            line += f"{adjoint} = "
        if line:
            yield f"{line}0.0"

    def _backward(self) -> Iterable[str]:
        for node in reversed(self.unrolled.nodes):
            if node not in self.adjoints or node.row is None:
                continue
            operands = [*node.operands, *node.row.defaults[len(node.row.defaults) - self._missing(node) :]]
            constants = {i: o for i, o in enumerate(operands) if i >= len(node.operands)}
            base = operands[0]
            if node.row is MULTIPLY:
                constants |= {i: o for i, o in enumerate(operands) if isinstance(o, (int, float)) and abs(o) == 1}
            if node.row is POWER and isinstance(operands[1], (int, float)):
                constants[1] = operands[1]
            positive = isinstance(base, (int, float)) and base > 0
            partials = Partials.of(node.row, len(operands), constants, positive_base=positive)
            known: dict[Expression, Piece] = {partials.output: Piece(self.called[node])}
            known |= {
                v: self._piece(o) for v, o in zip(partials.operands, operands, strict=True) if isinstance(v, Expression)
            }
            for partial, operand in zip(partials.each, node.operands, strict=False):
                if isinstance(operand, Node) and operand in self.adjoints:
                    term = self.writer.product(partial, known, Term(Piece(self.adjoints[node])))
                    if term is not None:
                        yield f"{self.adjoints[operand]} += {term.signed().text}"

    def _missing(self, node: Node) -> int:
        """How many defaults the call leaves out."""
        row = node.row
        return len(row.partials) - len(node.operands) if row is not None and row.defaults else 0


def _listed(parts: list[str], as_list: bool) -> str:
    inner = f"{', '.join(parts)}{',' * (len(parts) == 1 and not as_list)}"
    return f"[{inner}]" if as_list else f"({inner})"

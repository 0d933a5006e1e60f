"""The table of a sweep: each equation of the program beside the terms it sends on, a ``+=`` for each.

The two columns of a lecture slide, with the local partial of every term and the running total it leads to. A row is
an equation, so in both directions the partials beside it are those of that equation: in reverse a node pushes its
terms to its arguments, and forward it collects them from there.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from compgraph.expression import Expression
from compgraph.notation import latex, name, name_latex, number, product, step_sentence, text
from compgraph.notation.elements import element, is_number, ordinal
from compgraph.notation.grid import Cells, Section, grid_html, grid_latex, grid_text
from compgraph.notation.sentences import Direction
from compgraph.propagation import Step, Term, node_order
from compgraph.symbols import definition, formula

if TYPE_CHECKING:
    import networkx as nx

    from compgraph.solution import Solution

__all__ = ["Line", "Row", "Table", "equation"]

Style = Literal["text", "latex"]

#: Rows that a notebook or a prompt shows; `str` has them all.
_MOST = 60


class Line(NamedTuple):
    """One ``+=``: a term, and what the node it is added to holds before and after it."""

    term: Term
    before: Any
    after: Any


class Row(NamedTuple):
    """One node at its turn: its step (None where the sweep does not come by) and the terms of its equation."""

    node: Any
    step: Step | None
    lines: tuple[Line, ...]


class Table:
    """A solution as a table, in the order of its sweep: equation, terms, local partials, running totals.

    It shows itself in a notebook; ``str(table)`` is the whole of it as text, and ``table.latex()`` as LaTeX.

    Parameters
    ----------
    solution : Solution
        Of one sweep; at the level of operations or of statements, at a point or at none.
    digits : int
        Significant digits of rounded numbers.

    Raises
    ------
    ValueError
        The solution has several sweeps: ask one of ``solution.sweep(name)``.

    Examples
    --------
    >>> from compgraph.solution import solve
    >>> print(solve("t = x^2; y = t*x", at={"x": 3}).table())
    Reverse sweep from y
    <BLANKLINE>
    Forward        Backward                                      Local partial        Total so far
    ──────────────────────────────────────────────────────────────────────────────────────────────
    y = t·x = 27   ∂y/∂y = 1 (the seed)
                   ∂y/∂t += ∂y/∂y · ∂y/∂t = 1 · 3 = 3            ∂y/∂t = x            3
                   ∂y/∂x += ∂y/∂y · ∂y/∂x (direct) = 1 · 9 = 9   ∂y/∂x (direct) = t   9
    t = x² = 9     ∂y/∂x += ∂y/∂t · ∂t/∂x = 3 · 6 = 18           ∂t/∂x = 2·x          27
    ──────────────────────────────────────────────────────────────────────────────────────────────
    x = 3          ∂y/∂x = 27
    """

    def __init__(self, solution: Solution, *, digits: int = 6) -> None:
        number(0, digits)  # refuses digits that cannot be
        self.solution = solution
        self.digits = digits
        self._seed = solution._single("table()")
        self._reverse = solution.direction == "reverse"
        self._steps: dict[Any, Step] = {}
        self._lines: dict[tuple[Any, Any, Any], Line] = {}
        add = solution.semiring.add
        for step in solution.steps:
            self._steps[step.node] = step
            held = step.before
            for term in step.terms:
                before, held = held, add(held, term.product)
                self._lines[term.tail, term.head, term.key] = Line(term, before, held)

    @property
    def rows(self) -> Iterator[Row]:
        """The rows in the order of the sweep, without those of `summary` in a reverse table."""
        order = node_order(self.solution.graph)
        last = set(self.solution.inputs) if self._reverse else ()
        return (self._row(node) for node in (reversed(order) if self._reverse else order) if node not in last)

    @property
    def summary(self) -> Iterator[Row]:
        """What was asked for, without the terms: the inputs of a reverse sweep, the outputs of a forward one."""
        asked = self.solution.inputs if self._reverse else self.solution.outputs
        return (Row(node, self._steps.get(node), ()) for node in asked)

    def _row(self, node: Any) -> Row:
        step = self._steps.get(node)
        if self._reverse:  # each argument once, so their order is free: that of the equation
            edges = list(self.solution.graph.in_edges(node, keys=True))
        else:
            edges = [term[:3] for term in step.terms] if step else []
        return Row(node, step, tuple([self._lines[edge] for edge in edges if edge in self._lines]))

    # -- cells

    @property
    def caption(self) -> str:
        """What the table shows."""
        other = "" if self.solution.derives else f", {self.solution.semiring}"
        return f"{'Reverse' if self._reverse else 'Forward'} sweep from {name(self._seed)}{other}"

    @property
    def _head(self) -> Cells:
        if self._reverse:
            return "Forward", "Backward", "Local partial", "Total so far"
        return "Values", "Tangents", "Local partial", "Total so far"

    def _cells(self, row: Row, style: Style) -> list[Cells]:
        """A row as lines of four cells; the first cell belongs to all of them."""
        lines = [("", *self._line(line, style)) for line in row.lines]
        if row.step is not None and (not lines or row.node == self._seed):
            lines.insert(0, ("", self._own(row.step, style), "", ""))
        left = equation(self.solution.graph, row.node, digits=self.digits, style=style)
        return [(left, *lines[0][1:]), *lines[1:]] if lines else [(left, "", "", "")]

    def _own(self, step: Step, style: Style) -> str:
        """The node's own derivative, where no line adds to it."""
        if not step.terms and self.solution.derives:
            direction: Direction = "reverse" if self._reverse else "forward"
            return step_sentence(step, direction=direction, seed=self._seed, digits=self.digits, style=style)
        return f"{self._total(step.node, style)} = {element(step.total, self.digits, style)}"

    def _line(self, line: Line, style: Style) -> Cells:
        hand, term = _HANDS[style], line.term
        here, there = (term.tail, term.head) if self._reverse else (term.head, term.tail)
        partial = hand.derivative.format(hand.name(term.head), hand.name(term.tail)) + self._which(term, style)
        symbols, factors = (self._total(there, style), partial), (term.factor, term.partial)
        if not self._reverse:  # the factor nearer the output stands on the left
            symbols, factors = symbols[::-1], factors[::-1]
        added = f"{self._total(here, style)} {hand.plus} {hand.times.join(symbols)}"
        if self.solution.semiring.mul is not operator.mul and not self.solution.derives:
            added += " = " + element(term.product, self.digits, style)
        elif is_number(term.partial) and is_number(term.factor) and is_number(term.product):
            added += " = " + product(factors, term.product, digits=self.digits, style=style)
        local = element(formula(self.solution.graph, term.tail, term.head, term.key), self.digits, style)
        return added, f"{partial} = {local}", element(line.after, self.digits, style)

    def _which(self, term: Term, style: Style) -> str:
        """What tells a partial from others of the same symbol: parallel ones, or a total that has more terms."""
        if self.solution.graph.number_of_edges(term.tail, term.head) > 1:
            return _HANDS[style].which.format(ordinal(term.key))
        here, there = (term.tail, term.head) if self._reverse else (term.head, term.tail)
        direct = there == self._seed and len(self._steps[here].terms) > 1
        return _HANDS[style].which.format("direct") if direct else ""

    def _total(self, node: Any, style: Style) -> str:
        hand = _HANDS[style]
        top, bottom = (self._seed, node) if self._reverse else (node, self._seed)
        if not self.solution.derives:
            arrow = " → " if style == "text" else r" \to "
            return f"({hand.name(bottom)}{arrow}{hand.name(top)})"
        return hand.derivative.format(hand.name(top), hand.name(bottom))

    def _sections(self, style: Style, most: int | None) -> list[Section]:
        """The rows and the summary, of each at most so many."""
        sections = []
        for rows in (self.rows, self.summary):
            groups = [self._cells(row, style) for row in islice(rows, most)]
            missing = sum(1 for _ in rows)
            words = [f"… and {missing} more rows; print(table) shows all {missing + len(groups)}"] if missing else []
            sections.append(Section(groups, words))
        return sections

    # -- the table as text, HTML and LaTeX

    def __str__(self) -> str:
        return self._text(None)

    def __repr__(self) -> str:
        return self._text(_MOST)

    def _text(self, most: int | None) -> str:
        return f"{self.caption}\n\n{grid_text(self._head, self._sections('text', most))}"

    def latex(self) -> str:
        """The whole table as a LaTeX ``array``, for math mode."""
        return grid_latex(self._head, self._sections("latex", None))

    def _repr_latex_(self) -> str:
        return f"$$\n{grid_latex(self._head, self._sections('latex', _MOST))}\n$$"

    def html(self) -> str:
        """As a notebook shows it."""
        return self._repr_html_()

    def _repr_html_(self) -> str:
        return grid_html(self.caption, self._head, self._sections("text", _MOST))

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": self._repr_html_(), "text/latex": self._repr_latex_()}


class _Hand(NamedTuple):
    """How a style writes a line."""

    name: Callable[[Any], str]
    expression: Callable[[Any], str]
    derivative: str
    which: str
    times: str
    plus: str
    condition: str
    unevaluated: str


_HANDS: dict[str, _Hand] = {
    "text": _Hand(
        name, lambda e: text(e, limit=60, pretty=True), "∂{}/∂{}", " ({})", " · ", "+=", "({})", "{}: not evaluated"
    ),
    "latex": _Hand(
        name_latex, lambda e: latex(e, limit=60), r"\frac{{\partial {}}}{{\partial {}}}", r"\,\text{{({})}}",
        r" \cdot ", "{+}{=}", r"\left({}\right)", r"{}\text{{: not evaluated}}",
    ),
}  # fmt: skip


def equation(graph: nx.MultiDiGraph, node: Any, *, digits: int = 6, style: Style = "text") -> str:
    """How a node is made, and its value.

    Examples
    --------
    >>> from compgraph.solution import solve
    >>> print(equation(solve("u1 = 3x; y = u1 + x", at={"x": 2}).graph, "y"))
    y = u₁ + x = 8
    """
    hand, data = _HANDS[style], graph.nodes[node]
    made, value = definition(graph, node), data.get("value")
    parts = [hand.name(node)]
    if isinstance(made, Expression):
        written = hand.expression(made)
        # a condition has an equals sign or an arrow of its own
        parts.append(hand.condition.format(written) if isinstance(value, bool) else written)
    elif made is not None and isinstance(value, Expression):
        value = made  # a literal, at no point
    if value is None and "primitive" in data:
        return hand.unevaluated.format(" = ".join(parts))
    if value is not None and not isinstance(value, Expression):
        parts.append(element(value, digits, style))
    return " = ".join(parts)

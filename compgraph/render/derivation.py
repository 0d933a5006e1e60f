"""A solution worked out line by line, as on paper: the formula, the same with the numbers put in, the result.

Values first, then the partials of every edge, then the derivatives in the order of the sweep. An equality of printed
numbers is true of the digits printed, or it is written with ``≈``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import escape
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from compgraph.expression import VARIABLE, Expression
from compgraph.maps import LinearMap
from compgraph.notation import grid, latex, name, name_latex, number, number_latex, text
from compgraph.notation.elements import element, is_number, ordinal
from compgraph.notation.filling import filled, filled_relation, is_rounded, names
from compgraph.notation.sentences import step_parts
from compgraph.render.runs import typeset
from compgraph.symbols import definition, formula

if TYPE_CHECKING:
    from compgraph.solution import Solution

__all__ = ["Derivation", "Line", "Section"]

Style = Literal["text", "latex"]

#: Lines that a notebook or a prompt shows; `str` and `latex` have them all.
MOST = 120

#: Operations of a formula that are written out, and letters of a line of LaTeX before it is broken.
LIMIT, WIDE = 60, 48


class Line(NamedTuple):
    """What is worked out, and each ``= …`` or ``≈ …`` that follows."""

    left: str
    steps: tuple[str, ...]


class Section(NamedTuple):
    """Lines that belong together."""

    heading: str
    lines: tuple[Line, ...]


class Derivation:
    """How every number of a solution comes about: text as `str`, LaTeX as `latex`, and both in a notebook.

    Parameters
    ----------
    solution : Solution
        At the level of operations or of statements, at a point or at none; with one sweep or with several.
    digits : int
        Significant digits of rounded numbers.

    Raises
    ------
    ValueError
        The totals are those of another semiring, and no derivatives.

    Examples
    --------
    >>> from compgraph.solution import solve
    >>> print(solve("t = x^2; y = t*x", at={"x": 3}).derivation())
    Values
    x       = 3
    t       = x² = 3² = 9
    y       = t·x = 9·3 = 27
    Partials
    ∂t/∂x   = 2·x = 2·3 = 6
    ∂y/∂t   = x = 3
    ∂y/∂x   = t = 9
    Derivatives of y
    ∂y/∂y   = 1 (the seed)
    ∂y/∂t   = ∂y/∂y · ∂y/∂t = 1 · 3 = 3
    ∂y/∂x   = ∂y/∂y · ∂y/∂x (direct) + ∂y/∂t · ∂t/∂x = 1 · 9 + 3 · 6 = 27
    """

    def __init__(self, solution: Solution, *, digits: int = 6) -> None:
        number(0, digits)  # refuses digits that cannot be
        if not solution.derives:
            raise ValueError(f"derivation: expected derivatives, got totals of {solution.semiring}. Use s.table().")
        self.solution = solution
        self.digits = digits

    def sections(self, style: Style = "text") -> Iterator[Section]:
        """Values, partials, and the derivatives of each sweep, written out."""
        hand, graph = _HANDS[style], self.solution.graph
        yield Section("Values", tuple(self._value(node, hand) for node in graph if not self._is_open(node)))
        into = (sorted(graph.in_edges(node, keys=True), key=_position) for node in graph)
        edges = [edge for arguments in into for edge in arguments if "partial" in graph.edges[edge]]
        if edges:
            yield Section("Partials", tuple(self._partial(edge, hand) for edge in edges))
        what = "of" if self.solution.direction == "reverse" else "with respect to"
        for seed in self.solution.seeds:
            shown_seed = name(seed) if style == "text" else f"${name_latex(seed)}$"
            yield Section(f"Derivatives {what} {shown_seed}", tuple(self._totals(seed, style)))

    def _is_open(self, node: Any) -> bool:
        """Whether a node is an input without a value."""
        value = self.solution.graph.nodes[node].get("value")
        return definition(self.solution.graph, node) is None and (value is None or isinstance(value, Expression))

    def _value(self, node: Any, hand: _Hand) -> Line:
        made, value = definition(self.solution.graph, node), self.solution.graph.nodes[node].get("value")
        if not isinstance(made, Expression):
            return Line(hand.name(node), (f"= {self._written(made if value is None else value, hand)}",))
        return Line(hand.name(node), self._worked(made, value, hand))

    def _partial(self, edge: tuple[Any, Any, Any], hand: _Hand) -> Line:
        graph, (tail, head, key) = self.solution.graph, edge
        left = hand.derivative.format(hand.name(head), hand.name(tail))
        if graph.number_of_edges(tail, head) > 1:
            left += hand.which.format(ordinal(key))
        partial = graph.edges[tail, head, key]["partial"]
        made = formula(graph, tail, head, key) if "primitive" in graph.nodes[head] else partial
        if isinstance(made, LinearMap):
            shown = dict.fromkeys(self._written(one, hand) for one in (made, partial))  # once, if they look alike
            return Line(left, tuple([f"= {one}" for one in shown]))
        if not isinstance(made, Expression):
            return Line(left, (f"= {self._written(partial, hand)}",))
        return Line(left, self._worked(made, partial, hand))

    def _worked(self, made: Expression, value: Any, hand: _Hand) -> tuple[str, ...]:
        """A formula, the same in numbers, and what that gives."""
        steps = [f"= {hand.expression(made)}"]
        if value is None or isinstance(value, Expression):
            return tuple(steps) if value is not None else (*steps, hand.unevaluated)
        values = {v: self.solution.graph.nodes[v].get("value") for v in names(made)}
        if not is_number(value) or not all(map(is_number, values.values())):
            return (*steps, f"= {self._written(value, hand)}")
        result = hand.number(value, self.digits)
        if made.primitive is VARIABLE:
            return (*steps, f"= {result}")
        put_in = hand.expression(filled(made, values, self.digits))
        if values and put_in != result:  # as −(2) is −2
            rounded = any(is_rounded(one, self.digits) for one in values.values())
            steps.append(f"{hand.signs['≈' if rounded else '=']} {put_in}")
        return (*steps, f"{hand.signs[filled_relation(made, values, value, self.digits)]} {result}")

    def _totals(self, seed: Any, style: Style) -> Iterator[Line]:
        direction: Any = self.solution.direction
        for step in self.solution.sweep(seed).steps:
            if not step.terms and step.node != seed:  # neither depends on the other
                continue
            symbols, numbers = step_parts(step, direction, seed, self.solution.graph, self.digits, style)
            left, _, right = symbols.partition(" = ")
            yield Line(left, (f"= {right}", *([numbers.strip()] if numbers else [])))

    def _written(self, value: Any, hand: _Hand) -> str:
        return element(value, self.digits, hand.style)

    # -- text, LaTeX, HTML

    def __str__(self) -> str:
        return self._text(list(self.sections()))

    def __repr__(self) -> str:
        return self._text(_first(self.sections(), MOST))

    def _text(self, sections: list[Section]) -> str:
        rows = [
            [(line.left, " ".join(line.steps)) for line in section.lines] for section in sections
        ]  # one width for all sections, so that the relations stand below each other
        wide = max((len(left) for group in rows for left, _ in group), default=0)
        blocks = []
        for section, group in zip(sections, rows, strict=True):
            padded = [[(left.ljust(wide), right)] for left, right in group]
            blocks.append(f"{section.heading}\n{grid.grid_text(None, [grid.Section(padded)])}")
        return "\n".join(blocks)

    def latex(self) -> str:
        r"""All lines as LaTeX with amsmath: a heading and an ``align*`` for each section.

        Examples
        --------
        >>> from compgraph.solution import solve
        >>> print(solve("y = sin(x)", at={"x": 0.5}).derivation(digits=3).latex().split("Partials")[0])
        Values
        \begin{align*}
        x &= 0.5 \\
        y &= \sin(x) = \sin(0.5) \approx 0.479
        \end{align*}
        <BLANKLINE>
        """
        return _latex(self.sections("latex"))

    def _repr_latex_(self) -> str:
        return _latex(_first(self.sections("latex"), MOST))

    def html(self) -> str:
        """As a notebook shows it."""
        return self._repr_html_()

    def _repr_html_(self) -> str:
        return _html(_first(self.sections(), MOST))

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": self._repr_html_(), "text/latex": self._repr_latex_()}


class _Hand(NamedTuple):
    """How a style writes a line."""

    style: Style
    name: Callable[[Any], str]
    number: Callable[[Any, int], str]
    expression: Callable[[Any], str]
    derivative: str
    which: str
    unevaluated: str
    signs: dict[str, str]


_HANDS: dict[str, _Hand] = {
    "text": _Hand(
        "text", name, number, lambda e: text(e, limit=LIMIT, pretty=True), "∂{}/∂{}", " ({})", "(not evaluated)",
        {"=": "=", "≈": "≈"},
    ),
    "latex": _Hand(
        "latex", name_latex, number_latex, lambda e: latex(e, limit=LIMIT), r"\frac{{\partial {}}}{{\partial {}}}",
        r"\,\text{{({})}}", r"\quad\text{(not evaluated)}", {"=": "=", "≈": r"\approx"},
    ),
}  # fmt: skip


def _position(edge: tuple[Any, Any, Any]) -> int:
    """Which argument an edge is, where edges are numbered by that."""
    return edge[2] if isinstance(edge[2], int) else 0


# -- lines laid out


def _first(sections: Iterator[Section], most: int) -> list[Section]:
    """The first lines, and how many there are."""
    kept: list[Section] = []
    room = most
    for heading, lines in sections:
        kept.append(Section(heading, lines[:room] if len(lines) <= room else (*lines[:room], _more(len(lines) - room))))
        room = max(0, room - len(lines))
    return kept


def _more(count: int) -> Line:
    return Line("…", (f"{count} more lines",))


def _latex(sections: Iterator[Section] | list[Section]) -> str:
    blocks = []
    for section in sections:
        end = (
            r" \\[4pt]"
            if any(r"\frac" in part for line in section.lines for part in (line.left, *line.steps))
            else r" \\"
        )
        lines = []
        for left, steps in section.lines:
            seen = sum(len(_UNSEEN.sub("", step)) for step in steps)
            lines.append(f"{left} &" + (f"{end}\n&" if seen > WIDE else " ").join(steps))
        body = f"{end}\n".join(lines)
        blocks.append(f"{section.heading}\n\\begin{{align*}}\n{body}\n\\end{{align*}}\n")
    return "".join(blocks)


#: What takes no room in a formula, or none beside it.
_UNSEEN = re.compile(r"\\[A-Za-z]+|[{}\\^_ ]")


def _html(sections: list[Section]) -> str:
    rows = []
    for section in sections:
        heading = f'<th colspan="2" scope="rowgroup"{_STYLE.format("left")}>{escape(section.heading)}</th>'
        rows.append(f"<tr>{heading}</tr>")
        for left, steps in section.lines:
            first = f'<th scope="row"{_STYLE.format("right")}>{_slanted(left)}</th>'
            rows.append(f"<tr>{first}<td{_STYLE.format('left')}>{_slanted(' '.join(steps))}</td></tr>")
    return "\n".join(['<table style="border-collapse:collapse">', *rows, "</table>"])


_STYLE = ' style="text-align:{};vertical-align:top;font-weight:normal;padding:.1em .4em"'


def _slanted(words: str) -> str:
    """Text with variables in italics."""
    runs = typeset(words)
    return "".join(f"<i>{escape(run)}</i>" if i % 2 else escape(run) for i, run in enumerate(runs) if run)

"""Eliminations as they are written: orders side by side, and the steps of one order with their products."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from typing import TYPE_CHECKING

from compgraph.notation.elements import element, is_number
from compgraph.notation.grid import Cells, Section, grid_html, grid_latex, grid_text
from compgraph.notation.names import name, plain, plain_latex
from compgraph.notation.numerals import number, product, total
from compgraph.semiring import REAL, Semiring

if TYPE_CHECKING:
    from compgraph.comparison import Comparison, Price
    from compgraph.elimination import Cost, Elimination

__all__ = [
    "comparison_html",
    "comparison_latex",
    "comparison_text",
    "cost",
    "elimination_reason",
    "elimination_sentence",
    "eliminations",
]

_CAPTION = "Orders of elimination"
_MOST = 6  # products that a sentence writes out
_HEAD = ("Order", "Multiplications", "Without ±1", "Additions", "Fill-in")


def comparison_text(comparison: Comparison) -> str:
    """A row for each order, numbers to the right."""
    sections = [
        Section([[(cells[0], *map(str.rjust, cells[1:], map(len, _HEAD[1:])))] for cells in rows], words)
        for rows, words in _sections(comparison)
    ]
    return f"{_CAPTION}\n\n{grid_text(_HEAD, sections)}"


def comparison_html(comparison: Comparison) -> str:
    """The same as an HTML table."""
    sections = [Section([[cells] for cells in rows], words) for rows, words in _sections(comparison)]
    return grid_html(_CAPTION, _HEAD, sections)


def comparison_latex(comparison: Comparison) -> str:
    """The same as a LaTeX ``array``, for math mode."""
    sections = [
        Section([[(plain_latex(cells[0]), *cells[1:])] for cells in rows], words)
        for rows, words in _sections(comparison)
    ]
    return grid_latex(_HEAD, sections)


def _sections(comparison: Comparison) -> list[tuple[list[Cells], list[str]]]:
    return [
        ([_cells(price) for price in comparison.prices], []),
        ([_cells(comparison.path_by_path)], [_sizes(comparison)]),
    ]


def _cells(price: Price) -> Cells:
    multiplications, additions, fill = map(number, price.cost)
    without_ones = "" if price.without_ones is None else number(price.without_ones)
    return plain(price.name, 40), multiplications, without_ones, additions, fill


def _sizes(comparison: Comparison) -> str:
    parts = [_count(getattr(comparison, field), field) for field in ("inner", "edges", "paths", "inputs", "outputs")]
    return f"{', '.join(parts[:3])} from {parts[3]} to {parts[4]}"


def _count(how_many: int, what: str) -> str:
    noun = "inner nodes" if what == "inner" else what
    return f"{number(how_many)} {noun.removesuffix('s') if how_many == 1 else noun}"


def cost(price: Cost) -> str:
    """A cost in words.

    Examples
    --------
    >>> from compgraph.elimination import Cost
    >>> cost(Cost(4, 1, 3))
    '4 multiplications, 1 addition, 3 edges of fill-in'
    """
    multiplications, additions, fill = map(_count, price, ("multiplications", "additions", "edges"))
    return f"{multiplications}, {additions}, {fill} of fill-in"


def eliminations(steps: Iterable[Elimination], *, semiring: Semiring = REAL, digits: int = 6) -> str:
    """Each elimination with its products, and the label that each of these makes.

    Examples
    --------
    >>> import networkx as nx
    >>> from compgraph.elimination import eliminate
    >>> g = nx.MultiDiGraph()
    >>> _ = g.add_edge("x", "t", partial=2.0), g.add_edge("t", "y", partial=5.0), g.add_edge("x", "y", partial=1.0)
    >>> print(eliminations(eliminate(g, ["t"])))
    Eliminated   Edge    Product      Label
    ─────────────────────────────────────────────
    t            x → y   5 · 2 = 10   1 + 10 = 11
    """
    multiplies, adds = semiring.mul is operator.mul, semiring.add is operator.add
    groups = []
    for step in steps:
        labels = {(tail, head): (before, label) for tail, head, before, label in (*step.added, *step.changed)}
        rows = []
        for tail, _, head, left, right, made in step.products:
            written = element(made, digits)
            if multiplies and all(map(is_number, (left, right, made))):
                written = product((left, right), made, digits=digits)
            before, label = labels[tail, head]
            if before is None:
                result = "new"
            elif adds and all(map(is_number, (before, made, label))):
                result = total([(before,), (made,)], label, digits=digits)
            else:
                result = element(label, digits)
            rows.append((f"{name(tail)} → {name(head)}", written, result))
        first = [name(step.node) if step.edge is None else f"{name(step.edge.tail)} → {name(step.edge.head)}"]
        groups.append([(*(first if i == 0 else [""]), *row) for i, row in enumerate(rows or [("", "", "")])])
    return grid_text(("Eliminated", "Edge", "Product", "Label"), [Section(groups)])


def elimination_sentence(step: Elimination, *, semiring: Semiring = REAL, digits: int = 6) -> str:
    """What one elimination does to the labels, in a sentence.

    Examples
    --------
    >>> import networkx as nx
    >>> from compgraph.elimination import eliminate
    >>> g = nx.MultiDiGraph()
    >>> _ = g.add_edge("x", "t", partial=2.0), g.add_edge("t", "y", partial=5.0), g.add_edge("x", "y", partial=1.0)
    >>> print(elimination_sentence(*eliminate(g, ["t"])))
    t is eliminated: x → y becomes 1 + 5 · 2 = 11.
    """
    multiplies, adds = semiring.mul is operator.mul, semiring.add is operator.add
    before = {(tail, head): label for tail, head, label, _ in step.changed}
    after = {(tail, head): label for tail, head, _, label in step.changed}
    made = []
    for tail, _, head, left, right, result in step.products[:_MOST]:
        numbers = multiplies and all(map(is_number, (left, right, result)))
        written = total([(left, right)], result, digits=digits) if numbers else element(result, digits)
        old, new = before.get((tail, head)), after.get((tail, head))
        if (tail, head) not in before:
            words = f"new, {written}"
        elif numbers and adds and is_number(old) and is_number(new):
            words = f"becomes {total([(old,), (left, right)], new, digits=digits)}"
        else:
            words = f"takes up {written} and becomes {element(new, digits)}"
        made.append(f"{name(tail)} → {name(head)} {'is ' * words.startswith('new')}{words}")
    if len(step.products) > _MOST:
        made.append(f"… ({len(step.products) - _MOST} more)")
    what = f"{name(step.node)} is eliminated"
    if step.edge is not None:
        where = "head" if type(step.edge).__name__ == "Front" else "tail"
        what = f"{name(step.edge.tail)} → {name(step.edge.head)} is eliminated at its {where}"
    return what + (f": {'; '.join(made)}." if made else ".")


def elimination_reason(step: Elimination) -> str:
    """In words, why an elimination has as many products as it has, and what all of them cost by now.

    Examples
    --------
    >>> import networkx as nx
    >>> from compgraph.elimination import eliminate
    >>> g = nx.MultiDiGraph([("x", "t", {"partial": 2}), ("t", "y", {"partial": 3}), ("t", "z", {"partial": 1})])
    >>> print(elimination_reason(*eliminate(g, ["t"])))
    1 edge in times 2 edges out is 2 products. By now 2 multiplications, 0 additions, 2 edges of fill-in.
    """
    tails = len({product.tail for product in step.products})
    heads = len({product.head for product in step.products})
    joined = f"{_count(tails, 'edges')} in times {_count(heads, 'edges')} out is {_count(tails * heads, 'products')}"
    return f"{joined}. By now {cost(step.cost)}."

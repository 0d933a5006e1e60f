"""The ledger of a path sum: each path with its factors and their product, and what they add up to."""

from __future__ import annotations

import operator
from functools import reduce
from typing import TYPE_CHECKING, Any

from compgraph.expression import MULTIPLY, Application, Expression
from compgraph.notation.elements import element, is_number, ordinal
from compgraph.notation.grid import Section, grid_html, grid_latex, grid_text
from compgraph.notation.names import name, name_latex, plain_latex
from compgraph.notation.numerals import Style, evaluated, marks, product, relation, shown
from compgraph.semiring import REAL

if TYPE_CHECKING:
    from compgraph.pathsum import Path, PathSum

__all__ = ["ledger", "ledger_html", "ledger_latex", "ledger_rows"]

#: Nodes or factors of one path that are written out.
_LONGEST = 24

_HEAD = ("Path", "Product")

#: Semirings whose addition is one; what others make of their products goes by their name.
_SUMS = frozenset({"REAL", "COUNT", "EXPRESSION", "FREE", "MATRIX", "SIGN_LOG"})


def ledger(path_sum: PathSum, *, most: int = 10, digits: int = 6) -> str:
    """Each path, its factors (the one nearer the output on the left), its product, and the sum, as lines of text.

    At most `most` paths are enumerated; the last lines say how many there are, and their sum, whatever the number.

    Examples
    --------
    >>> import networkx as nx
    >>> from compgraph.pathsum import paths
    >>> g = nx.MultiDiGraph()
    >>> _ = g.add_edge("x", "t", partial=2.0), g.add_edge("t", "y", partial=3.0), g.add_edge("x", "y", partial=-1.0)
    >>> print(ledger(paths(g, "x", "y")))
    x → t → y   3 · 2 = 6
    x → y       −1
    2 paths     sum = 5
    """
    return grid_text(None, _sections(path_sum, most, digits, "text"))


def ledger_html(path_sum: PathSum, *, most: int = 10, digits: int = 6) -> str:
    """The ledger as an HTML table."""
    return grid_html("Paths and their products", _HEAD, _sections(path_sum, most, digits, "text"))


def ledger_latex(path_sum: PathSum, *, most: int = 10, digits: int = 6) -> str:
    """The ledger as a LaTeX ``array``, for math mode."""
    return grid_latex(_HEAD, _sections(path_sum, most, digits, "latex"))


def ledger_rows(path_sum: PathSum, *, most: int = 10, digits: int = 6) -> tuple[list[tuple[str, str]], tuple[str, ...]]:
    """The ledger as data: the nodes and the product of each path listed, and what is said of all of them at the end.

    Examples
    --------
    >>> import networkx as nx
    >>> from compgraph.pathsum import paths
    >>> ledger_rows(paths(nx.MultiDiGraph([("x", "y", {"partial": 3.0})]), "x", "y"))
    ([('x → y', '3')], ('1 path', 'sum = 3'))
    """
    listed, all_of_them = _sections(path_sum, most, digits, "text")
    rows = [(route, product) for ((route, product),) in listed.groups]
    return rows, (*listed.words, *all_of_them.groups[0][0])


def _sections(path_sum: PathSum, most: int, digits: int, style: Style) -> list[Section]:
    first, total = path_sum.first(most), path_sum.total
    semiring = getattr(path_sum.paths, "semiring", REAL)
    multiplies = semiring.mul is operator.mul
    groups = [
        [(route, _product(path, digits, style, multiplies))]
        for route, path in zip(_routes(first, style), first, strict=True)
    ]
    what = "sum" if semiring.name in _SUMS else semiring.name
    counted = "1 path" if path_sum.count == 1 else f"{element(path_sum.count)} paths"
    missing, words, sign = path_sum.count - len(first), [], "="
    if missing:
        words.append(f"… and {element(missing)} more: {counted} in all; the {what} is exact without listing them")
    elif what == "sum" and is_number(total) and all(is_number(path.product) for path in first):
        # the sum of what is printed above, against what is printed here
        sign = relation(evaluated([[shown(path.product, digits)] for path in first]), shown(total, digits))
    written = marks(style).relations[sign] + element(total, digits, style)
    row = (counted, what + written) if style == "text" else (plain_latex(counted), plain_latex(what) + written)
    return [Section(groups, words), Section([[row]])]


def _routes(paths: list[Path], style: Style) -> list[str]:
    """The nodes of each path, and which of several parallel edges it takes."""
    keys: dict[tuple[Any, Any], set[Any]] = {}
    for path in paths:
        for tail, head, key in path.edges:
            keys.setdefault((tail, head), set()).add(key)
    arrow, which, typeset, omitted = _ROUTES[style]
    routes = []
    for path in paths:
        parts = [typeset(path.nodes[0])]
        for tail, head, key in path.edges:
            parts.append(typeset(head) + (which.format(ordinal(key)) if len(keys[tail, head]) > 1 else ""))
        if len(parts) > _LONGEST:
            parts = [*parts[: _LONGEST // 2], omitted, *parts[-_LONGEST // 2 :]]
        routes.append(arrow.join(parts))
    return routes


_ROUTES = {
    "text": (" → ", " ({})", name, "…"),
    "latex": (r" \to ", r"\,\text{{({})}}", name_latex, r"\ldots"),
}


def _product(path: Path, digits: int, style: Style, multiplies: bool) -> str:
    factors = path.factors[::-1]
    if not 2 <= len(factors) <= _LONGEST:
        return element(path.product, digits, style)
    if multiplies and all(map(is_number, (*factors, path.product))):
        return product(factors, path.product, digits=digits, style=style)
    result = element(path.product, digits, style)
    if not any(isinstance(factor, Expression) for factor in factors):
        return result  # of another semiring, whose product is not written with a dot
    written_out = reduce(lambda a, b: Application(MULTIPLY, (a, b)), factors)
    return element(written_out, digits, style) + marks(style).relations["="] + result

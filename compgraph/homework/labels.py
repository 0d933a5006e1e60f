"""How a cell is written on paper and in a question: its symbol, the same in LaTeX, and in words.

>>> symbol("part:z>a", "L"), symbol("grad:w1", "L"), symbol("path:x>s>f", "f"), symbol("tan:v|x", "f", ["x", "y"])
('∂a/∂z', '∂L/∂w₁', 'x → s → f', '∂v/∂x')
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from compgraph.homework.cells import Cell, parse_cell
from compgraph.notation import name, name_latex
from compgraph.notation.elements import ordinal

__all__ = ["symbol", "symbol_latex", "words"]


def symbol(cell: str, output: str, seeds: Sequence[str] = ()) -> str:
    """The symbol of a cell: ``∂L/∂w``.

    Parameters
    ----------
    cell : str
        Its canonical name.
    output : str
        What is differentiated.
    seeds : sequence of str
        The inputs that tangents may start from, of which a tangent names its own only where there are several.
    """
    parts = parse_cell(cell)
    if parts.kind in ("val", "new"):
        return name(parts.nodes[0]) + ("′" if parts.kind == "new" else "")
    if parts.kind == "path":
        return " → ".join(_along(parts, name))
    top, bottom, which = _derivative(parts, output, seeds)
    return f"∂{name(top)}/∂{name(bottom)}{which and f' ({which})'}"


def symbol_latex(cell: str, output: str, seeds: Sequence[str] = ()) -> str:
    r"""The symbol of a cell for math mode.

    Examples
    --------
    >>> print(symbol_latex("part:x>m#1", "m"), symbol_latex("new:w1", "L"))
    \partial m/\partial x\ \text{(2nd)} w_{1}{}^{\prime}
    """
    parts = parse_cell(cell)
    if parts.kind in ("val", "new"):
        return name_latex(parts.nodes[0]) + (r"{}^{\prime}" if parts.kind == "new" else "")
    if parts.kind == "path":
        return r" \to ".join(_along(parts, name_latex, r"\ \text{{({})}}"))
    top, bottom, which = _derivative(parts, output, seeds)
    which = which and rf"\ \text{{({which})}}"
    return rf"\partial {name_latex(top)}/\partial {name_latex(bottom)}{which}"


def words(cell: str, output: str, seeds: Sequence[str] = ()) -> str:
    """What a cell asks, in words that need no picture.

    Examples
    --------
    >>> words("part:z>a", "L"), words("new:w", "L")
    ('∂a/∂z, the partial derivative on the arrow z → a', 'w′, the parameter w after one step of gradient descent')
    """
    parts, sign = parse_cell(cell), symbol(cell, output, seeds)
    first = name(parts.nodes[0])
    if parts.kind == "val":
        return f"the value of {first}"
    if parts.kind == "part":
        return f"{sign}, the partial derivative on the arrow {' → '.join(map(name, parts.nodes))}"
    if parts.kind == "grad":
        return f"{sign}, the derivative of {name(output)} with respect to {first} along all paths"
    if parts.kind == "tan":
        return f"{sign}, the derivative of {first} with respect to {name(_seed(parts, seeds))} along all paths"
    if parts.kind == "path":
        return f"the product of the partial derivatives along {sign}"
    if parts.kind == "new":
        return f"{sign}, the parameter {first} after one step of gradient descent"
    return f"{sign} as a formula in the inputs"


def _derivative(parts: Cell, output: str, seeds: Sequence[str]) -> tuple[str, str, str]:
    """Of what, with respect to what, and which of several arguments that is."""
    if parts.kind == "part":
        tail, head = parts.nodes
        return head, tail, "" if parts.keys[0] is None else ordinal(parts.keys[0])
    if parts.kind == "tan":
        return parts.nodes[0], _seed(parts, seeds), ""
    return output, parts.nodes[0], ""


def _seed(parts: Cell, seeds: Sequence[str]) -> str:
    return parts.seed or (seeds[0] if seeds else "x")


def _along(parts: Cell, written: Callable[[str], str], mark: str = " ({})") -> list[str]:
    first, *rest = parts.nodes
    marks = [mark.format(ordinal(key)) if key is not None else "" for key in parts.keys]
    return [written(first), *(f"{written(node)}{mark}" for node, mark in zip(rest, marks, strict=True))]

"""Tables for pandas: what a Solution knows, paths, orders and marks as DataFrames.

=====================  ================================================================
`nodes(s)`             node → equation, value, derivative
`edges(s)`             (tail, head, argument) → partial, formula
`steps(s)`             the sweep: a row for every term, with the total so far
`table(s)`             the same as it is printed
`jacobian(s)`          outputs × inputs; of a Hessian too
`paths(s.paths(…))`    a row for every path
`orders(comparison)`   what orders of elimination cost
`marks(report)`        a class: a row for every student, a column for every cell
=====================  ================================================================

Floats are columns of floats, with NaN where there is nothing; Fractions and Expressions stay what they are.

>>> import compgraph as cg
>>> nodes(cg.solve("t = x^2; J = sin(t)", at={"x": 0}))  # doctest: +NORMALIZE_WHITESPACE
     equation  value  derivative
node
x                0.0         0.0
t          x²    0.0         1.0
J      sin(t)    0.0         1.0
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from compgraph.comparison import Comparison
from compgraph.expression import Expression
from compgraph.notation import element, text
from compgraph.pathsum import PathSum
from compgraph.solution import Solution
from compgraph.symbols import definition, formulas

if TYPE_CHECKING:
    import pandas as pd

    from compgraph.homework.classreport import ClassReport

__all__ = ["edges", "jacobian", "marks", "nodes", "orders", "paths", "steps", "table"]

#: Paths that are listed without being asked for.
MOST = 10_000


def nodes(solution: Solution) -> pd.DataFrame:
    """Node → its equation, value, and derivative: one column, or of several sweeps one for each."""
    graph = solution.graph
    derivative = "derivative" if solution.derives else "total"
    word = "of" if solution.direction == "reverse" else "by"
    columns: dict[str, Iterable[Any]] = {
        "equation": ["" if (made := definition(graph, node)) is None else _text(made) for node in graph],
        "value": [data.get("value") for _, data in graph.nodes(data=True)],
    }
    for seed in solution.seeds:
        found = solution._totals[seed]
        name = derivative if len(solution.seeds) == 1 else f"{derivative} {word} {seed}"
        columns[name] = [found.get(node) for node in graph]
    return _frame(columns, index=("node", list(graph)))


def edges(solution: Solution) -> pd.DataFrame:
    """(tail, head, argument) → the partial, and its formula in the names of the picture.

    Examples
    --------
    >>> import compgraph as cg
    >>> edges(cg.solve("f = x*x + y", at={"x": 3, "y": 1}))["partial"]
    tail  head  argument
    x     v1    0           3.0
                1           3.0
    v1    f     0           1.0
    y     f     1           1.0
    Name: partial, dtype: float64
    """
    import pandas as pd

    partials = solution.partials
    written = {head: formulas(solution.graph, head) for head in dict.fromkeys(head for _, head, _ in partials)}
    frame = _frame(
        {"partial": partials.values(), "formula": [_text(written[head][tail, key]) for tail, head, key in partials]}
    )
    frame.index = pd.MultiIndex.from_arrays(_arrays(partials, 3), names=["tail", "head", "argument"])
    return frame


def steps(solution: Solution) -> pd.DataFrame:
    """The sweep in its order: a row for every term, and for every node without terms; `total` is the total so far.

    Raises
    ------
    ValueError
        The solution has several sweeps: ask one of ``solution.sweep(name)``.
    """
    rows: list[tuple[Any, ...]] = []
    add = solution.semiring.add
    for number, step in enumerate(solution.steps, 1):
        held = step.before
        if not step.terms:
            rows.append((number, step.node, None, None, None, None, None, None, held))
        for term in step.terms:
            held = add(held, term.product)
            rows.append((number, step.node, *term, held))
    names = ("step", "node", "tail", "head", "argument", "partial", "factor", "product", "total")
    return _frame(dict(zip(names, _arrays(rows, len(names)), strict=True)))


def table(solution: Solution, *, digits: int = 6) -> pd.DataFrame:
    """The table of the sweep as it is printed: text, a row for every line.

    Examples
    --------
    >>> import compgraph as cg
    >>> list(table(cg.solve("y = x^2", at={"x": 3}))["Total so far"])
    ['', '6', '']
    """
    import pandas as pd

    printed = solution.table(digits=digits)
    lines = [line for row in (*printed.rows, *printed.summary) for line in printed._cells(row, "text")]
    return pd.DataFrame(lines, columns=list(printed._head))


def jacobian(found: Solution | Mapping[tuple[Any, Any], Any]) -> pd.DataFrame:
    """The derivatives of a Solution, outputs × inputs; or what `cg.jacobian` or `cg.hessian` gave.

    Examples
    --------
    >>> import compgraph as cg
    >>> jacobian(cg.hessian("x^2*y", {"x": 3, "y": 1}))
         x    y
    x  2.0  6.0
    y  6.0  0.0
    """
    entries = found.jacobian if isinstance(found, Solution) else found
    rows, columns = (list(dict.fromkeys(ends)) for ends in _arrays(entries, 2))
    return _frame({column: [entries.get((row, column), 0.0) for row in rows] for column in columns}, index=(None, rows))


def paths(found: PathSum, *, most: int | None = None) -> pd.DataFrame:
    """A row for every path: how it goes, its nodes, factors and product.

    Parameters
    ----------
    found : PathSum
    most : int, optional
        The first so many.

    Raises
    ------
    ValueError
        There are too many to list, and nobody said how many.

    Examples
    --------
    >>> import compgraph as cg
    >>> paths(cg.solve("t = x^2; y = t*x", at={"x": 3}).paths("x"))[["path", "product"]]
            path  product
    0  x → t → y     18.0
    1      x → y      9.0
    """
    if most is None and found.count > MOST:
        raise ValueError(
            f"{found.count} paths are more than a table holds: expected at most {MOST}. Ask for the first: most=100."
        )
    listed = found.first(MOST if most is None else most)
    return _frame(
        {
            "path": [" → ".join(map(str, path.nodes)) for path in listed],
            "nodes": [path.nodes for path in listed],
            "factors": [path.factors for path in listed],
            "product": [path.product for path in listed],
        }
    )


def orders(comparison: Comparison) -> pd.DataFrame:
    """Order → what it costs: multiplications, those without ±1, additions, fill-in (``fill``).

    Examples
    --------
    >>> import compgraph as cg
    >>> costs = orders(cg.compare_orders(cg.solve("t = x*y; f = sin(t)", at={"x": 2, "y": 3}).graph))
    >>> int(costs.loc["reverse", "multiplications"])
    2
    """
    prices = (*comparison.prices, comparison.path_by_path)
    columns = {
        field: [getattr(price.cost, field) for price in prices] for field in comparison.path_by_path.cost._fields
    }
    columns["without_ones"] = [price.without_ones for price in prices]
    return _frame(columns, index=("order", [price.name for price in prices]))


def marks(report: ClassReport) -> pd.DataFrame:
    """Student → score, maximum, attempts, remarks, and the credit of each cell; NaN where nothing was handed in."""
    cells = list(dict.fromkeys(cell for one in report.values() for cell in one.cells))
    entries = report.entries
    columns: dict[str, Any] = {
        "score": [None if entry.score is None else float(entry.score) for entry in entries],
        "max_score": [entry.max_score for entry in entries],
        "attempts": [len(entry.attempts) for entry in entries],
        "remarks": ["; ".join(entry.notes) for entry in entries],
    }
    for cell in cells:
        columns[cell] = [
            float(entry.attempt.report.cells[cell].credit)
            if entry.attempt is not None and cell in entry.attempt.report.cells
            else None
            for entry in entries
        ]
    return _frame(columns, index=("student", [entry.student for entry in entries]))


# -- columns


def _frame(columns: Mapping[Any, Iterable[Any]], index: tuple[Any, list[Any]] | None = None) -> pd.DataFrame:
    import pandas as pd

    frame = pd.DataFrame({name: _column(list(values)) for name, values in columns.items()}, columns=list(columns))
    if index is not None:
        name, labels = index
        frame.index = pd.Index(labels, name=name, tupleize_cols=False)
    return frame


def _column(values: list[Any]) -> pd.Series[Any]:
    """Floats and truth values as floats, integers as integers that may be missing, all else as it is."""
    import pandas as pd

    kinds = {type(value) for value in values if value is not None}
    if kinds and kinds <= {int} and all(value is None or abs(value) < 2**63 for value in values):
        return pd.Series(values, dtype="Int64" if None in values else "int64")
    if float in kinds and kinds <= {float, int, bool}:
        return pd.Series([float("nan") if value is None else float(value) for value in values], dtype="float64")
    if kinds == {str} and None not in values:
        return pd.Series(values)
    column = np.empty(len(values), dtype=object)
    for place, value in enumerate(values):  # one by one: NumPy takes tuples apart otherwise
        column[place] = value
    return pd.Series(column, dtype="object")


def _arrays(rows: Iterable[Iterable[Any]], width: int) -> list[list[Any]]:
    """Rows as columns, of which there are some even where there are no rows."""
    listed = list(rows)
    return [list(column) for column in zip(*listed, strict=True)] if listed else [[] for _ in range(width)]


def _text(formula: Any) -> str:
    return text(formula, limit=200) if isinstance(formula, Expression) else element(formula)

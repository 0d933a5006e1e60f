"""What stands on a sheet, before anyone decides in which format.

A blank is made without ever asking for an answer: where there is none, none can leak. A key is a blank that answers
are added to.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import NamedTuple

from compgraph import notation
from compgraph.homework.constants import written
from compgraph.homework.environment import is_short
from compgraph.homework.labels import symbol, symbol_latex
from compgraph.homework.paper.figure import Figure, box_width
from compgraph.homework.paper.fitting import HEIGHT, WIDTH, fitted
from compgraph.homework.precise import Value, fraction
from compgraph.homework.problem import Problem
from compgraph.homework.program import legible
from compgraph.homework.tracing import shown_number, trace_of
from compgraph.propagation import reverse, totals
from compgraph.render.runs import clean
from compgraph.symbols import EXPRESSION

__all__ = ["Content", "Entry", "blank", "key"]


class Entry(NamedTuple):
    """One box: its number, the cell it is, and in a key what belongs there and where that comes from."""

    number: int
    cell: str
    symbol: str
    latex: str
    is_formula: bool = False
    answer: str = ""
    because: str = ""


class Content(NamedTuple):
    """A sheet.

    Attributes
    ----------
    title, student, footer : str
    statements, given, tasks : tuple of str
        What is computed, from what, and what is asked.
    figure : Figure, optional
    scale : float
        How much smaller than life it is drawn.
    is_landscape : bool
        Whether the page is turned.
    entries : tuple of Entry
        All boxes.
    drawn : frozenset of int
        The numbers of those that can be written into the figure; the others stand in a table.
    width : float
        Of a box.
    is_key : bool
    notes : tuple of str
        For teachers.
    """

    title: str
    student: str
    footer: str
    statements: tuple[str, ...]
    given: tuple[str, ...]
    tasks: tuple[str, ...]
    figure: Figure | None
    scale: float
    is_landscape: bool
    entries: tuple[Entry, ...]
    drawn: frozenset[int]
    width: float
    is_key: bool = False
    notes: tuple[str, ...] = ()

    @property
    def page(self) -> tuple[float, float]:
        """Width and height of the page in pixels."""
        return (HEIGHT, WIDTH) if self.is_landscape else (WIDTH, HEIGHT)

    @property
    def tabled(self) -> tuple[Entry, ...]:
        """The boxes of the table."""
        return tuple(entry for entry in self.entries if entry.number not in self.drawn)

    @property
    def heading(self) -> str:
        """The title as it is printed."""
        if not self.is_key:
            return self.title
        return " — ".join(part for part in (self.title, self.student, "key") if part)


def blank(
    problem: Problem,
    cells: Sequence[str],
    *,
    digits: int,
    title: str = "",
    student: str = "",
    seed: str = "",
    engine: str = "auto",
) -> Content:
    """Put a blank sheet together.

    Parameters
    ----------
    problem : Problem
    cells : sequence of str
        What is asked, in the order of the numbers.
    digits : int
    title, student, seed : str
    engine : str
        Which Graphviz is asked.
    """
    numbers = {cell: i for i, cell in enumerate(cells, 1)}
    how = {node: _how(problem, node) for node in problem.graph}
    width = box_width(digits)
    picture, scale, is_landscape, has_chips = fitted(problem, numbers, how, width, engine)
    drawn = frozenset() if picture is None or has_chips else frozenset(slot.number for slot in picture.slots)
    output, seeds = problem.output, problem.wrt
    return Content(
        clean(title or problem.title or f"Derivatives of {notation.name(output)}"),
        clean(student),
        " · ".join([*([f"seed {clean(seed)}"] if seed else []), f"problem {problem.hash}"]),
        tuple(how[node] for node in problem.graph if problem.quantities[f"val:{node}"].program is not None),
        tuple(how[node] for node in problem.inputs),
        tuple(_tasks(problem, cells, digits)),
        picture,
        scale,
        is_landscape,
        tuple(
            Entry(i, cell, symbol(cell, output, seeds), symbol_latex(cell, output, seeds), cell.startswith("dgrad:"))
            for cell, i in numbers.items()
        ),
        drawn,
        width,
    )


def key(content: Content, problem: Problem, *, digits: int, notes: Iterable[str] = ()) -> Content:
    """The key of a sheet: the same with the answers, where they come from, and notes for teachers."""
    entries = [
        entry._replace(answer=_answer(problem, entry.cell, digits), because=_because(problem, entry.cell, digits))
        for entry in content.entries
    ]
    return content._replace(entries=tuple(entries), tasks=(), is_key=True, notes=tuple(notes))


# -- words


def _how(problem: Problem, node: str) -> str:
    """``z = w·x + b``, or of an input ``x = 1.5``, as the problem has it."""
    program = problem.quantities[f"val:{node}"].program
    if program is None:
        recipe = re.sub(r"\bpi\b", "π", str(problem.at[node]).replace("-", "−"))
    else:
        recipe = notation.text(legible(program.expression), limit=60, pretty=True)
    return f"{notation.name(node)} = {_localized(recipe, problem)}"


def _localized(text: str, problem: Problem) -> str:
    """As a class writes it: ln, which nobody takes for another logarithm, and a comma where that is the custom."""
    text = re.sub(r"\blog\(", "ln(", text)
    return re.sub(r"(?<=\d)\.(?=\d)", ",", text) if problem.decimal_comma else text


def _tasks(problem: Problem, cells: Sequence[str], digits: int) -> Iterable[str]:
    """What the boxes ask, a sentence for each kind of them."""
    kinds = {cell.partition(":")[0] for cell in cells}
    output = notation.name(problem.output)
    if kinds - {"dgrad"}:
        yield (
            f"Write a number with {digits} significant digits into every box; "
            "a short decimal or an exact fraction such as 1/3 is as good."
        )
    if "val" in kinds:
        yield "Values: forwards, at the nodes."
    if "part" in kinds:
        yield "Partial derivatives: on each arrow, of the node it leads to with respect to the node it comes from."
    if "grad" in kinds:
        yield f"Derivatives of {output}: backwards, at the nodes, all paths added up."
    if "tan" in kinds:
        sources = ", ".join(notation.name(seed) for seed in problem.wrt)
        yield f"Derivatives with respect to {sources}: forwards, at the nodes, all paths added up."
    if "path" in kinds:
        yield "Path products: the partial derivatives along a path, multiplied."
    if "new" in kinds:
        yield f"With a prime: the parameter after one step of gradient descent, learning rate η = {_rate(problem)}."
    if "dgrad" in kinds:
        yield "Formulas: the derivative as an expression in the names above."


def _rate(problem: Problem) -> str:
    _, (_, rate) = problem.quantities[f"new:{problem.parameters[0]}"].terms
    return _localized(written(-rate), problem)


def _answer(problem: Problem, cell: str, digits: int) -> str:
    """What belongs into a box: a short number in full, another rounded."""
    if cell.startswith("dgrad:"):
        total = totals(reverse(problem.graph, {problem.output: 1}, EXPRESSION)).get(cell.partition(":")[2], 0)
        return _localized(notation.text(total, limit=200, pretty=True), problem)
    value = problem.reference(cell)
    if value is None:
        return "does not exist"
    if isinstance(value, bool):
        return str(value).lower()
    number = written(fraction(value), None if is_short(value, digits) else digits)
    return _localized(number.replace("-", "−"), problem)


def _because(problem: Problem, cell: str, digits: int) -> str:
    """The recipe, and the same with the numbers put in, as an equation that its result can follow."""
    if cell.startswith("dgrad:"):
        return ""
    quantity, environment = problem.quantities[cell], problem.environment
    trace = trace_of(quantity, environment, reveal=True, digits=digits + 1)
    put_in = all(_is_shown_whole(environment.value(parent), digits + 1) for parent in quantity.parents)
    result = put_in and _is_shown_whole(environment.value(cell), digits)
    told = trace.recipe
    if trace.filled not in ("", trace.recipe, trace.result):
        told += f" {'=' if put_in else '≈'} {trace.filled}"
    elif trace.recipe == trace.result:
        return ""
    return _localized(f"{told} {'=' if result else '≈'} ", problem)


def _is_shown_whole(value: Value, digits: int) -> bool:
    """Whether a number is printed as it is, and not rounded."""
    if type(value) is Fraction:
        return shown_number(value, digits) == shown_number(value, 60)
    return isinstance(value, bool)

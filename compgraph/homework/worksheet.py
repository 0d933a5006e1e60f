"""Worksheets: a problem on paper, its key, and an answer file to fill in.

>>> from compgraph.homework.problem import Problem
>>> problem = Problem("z = w*x + b; a = sigmoid(z)", title="hw3", at={"w": "0.6", "x": "1.5", "b": "-0.4"}, wrt=["w"])
>>> sheet = Worksheet(problem, ask=["val", "grad"])
>>> print(sheet.template.toml())  # doctest: +ELLIPSIS
schema  = "compgraph-answers/1"
problem = "b2:..."
student = ""
<BLANKLINE>
[answers]         # in quotes, as on paper: "0.50", "1/3", "-1.5e-4"
"val:z"  = ""     # 1: z
"val:a"  = ""     # 2: a
"grad:z" = ""     # 3: ∂a/∂z
"grad:w" = ""     # 4: ∂a/∂w
<BLANKLINE>
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from compgraph.files import write
from compgraph.homework.diagnosability import Diagnosability, Rehearsal
from compgraph.homework.floats import Numbers
from compgraph.homework.labels import symbol, words
from compgraph.homework.paper import content, html, latex, markdown, svg
from compgraph.homework.paper.content import Content
from compgraph.homework.paper.fillable import Fillable
from compgraph.homework.paper.fitting import MARGIN
from compgraph.homework.priors import priors
from compgraph.homework.problem import Problem
from compgraph.homework.template import Template
from compgraph.homework.variants import Variant, student_seed, variant, variants

__all__ = ["Paper", "Worksheet"]

#: What a sheet asks unless it is told otherwise.
ASK = ("val", "part", "grad")
DIGITS = 4


class Worksheet:
    """A problem as a sheet to fill in.

    Parameters
    ----------
    problem : Problem
    ask : sequence of str, optional
        Kinds of cells (``"val"``) and cells (``"grad:w"``); what the problem asks, or values, partials and derivatives,
        if left out.
    digits : int, optional
        Significant digits of the answers: those that the problem is marked with, or 4.
    seed : str, int or Variant, optional
        Pick other numbers for the inputs, as `compgraph.homework.variants.variant` does, or take those that it has
        picked; the problem's own if left out.
    student : str
        Whose sheet it is, if that is to be printed.
    title : str
        Another title than the problem's.
    engine : {"auto", "embedded", "dot", "layered"}
        Which Graphviz lays the graph out.

    Attributes
    ----------
    problem : Problem
        What the sheet is marked with: with the numbers picked, asking for the cells of the sheet.
    cells : list of str
        What is asked, in the order of the numbers.
    seed : str
        What is printed: empty without a seed.

    Raises
    ------
    ValueError
        Nothing to ask, or no good numbers.
    """

    def __init__(
        self,
        problem: Problem,
        *,
        ask: Sequence[str] | None = None,
        digits: int | None = None,
        seed: str | int | Variant | None = None,
        student: str = "",
        title: str = "",
        engine: str = "auto",
    ) -> None:
        self.digits = problem.marking.get("digits", DIGITS) if digits is None else digits
        if isinstance(self.digits, bool) or not isinstance(self.digits, int) or not 1 <= self.digits <= 15:
            raise ValueError(f"digits: expected a whole number from 1 to 15, got {self.digits!r:.40}.")
        if isinstance(ask, str):
            raise TypeError(f"ask: expected a list such as ['val', 'grad'], got {ask!r:.40}. Write [{ask!r:.40}].")
        wanted = list(ask) if ask is not None else problem.asked or list(ASK)
        # a condition is decided, not computed
        self.cells = [c for c in problem.expanded(wanted) if not isinstance(problem.reference(_number(c)), bool)]
        if not self.cells:
            raise ValueError(f"ask: nothing to compute in {', '.join(wanted)[:60]}: expected at least one cell.")
        self.seed = ""
        self._variant: Variant | None = None
        if seed is not None:
            if not isinstance(seed, Variant):
                seed = variant(problem, seed, ask=self.cells, digits=self.digits)
            self._variant, problem, self.seed = seed, seed.problem, seed.seed
        self.problem = problem.posed({}, self.cells)
        self.student = student
        self.title = title
        self._engine = engine

    @classmethod
    def of_student(cls, problem: Problem, student: str, secret: str | bytes, **options: Any) -> Worksheet:
        """The sheet of one student, with numbers that follow from the course's secret; options are those of a sheet."""
        return cls(problem, seed=student_seed(secret, student, problem), student=student, **options)

    @classmethod
    def of_class(
        cls, problem: Problem, students: Iterable[str], secret: str | bytes, **options: Any
    ) -> Iterator[Worksheet]:
        """The sheets of a class, in the order of its list; made together they take less time."""
        names = list(students)
        plain = cls(problem, **options)
        picked = variants(problem, names, secret, ask=plain.cells, digits=plain.digits)
        return (cls(problem, seed=one, student=name, **options) for name, one in zip(names, picked, strict=True))

    def __repr__(self) -> str:
        about = {"student": self.student, "seed": self.seed}
        which = "".join(f", {name} {value}" for name, value in about.items() if value)
        return f"Worksheet {self.blank.content.title!r}: {len(self.cells)} cells{which}, problem {self.problem.hash}"

    def _repr_svg_(self) -> str:
        return self.blank.svg()

    # -- what is handed out, and what is not

    @cached_property
    def blank(self) -> Paper:
        """The sheet for students: it has no answer in it."""
        return Paper(
            content.blank(
                self.problem,
                self.cells,
                digits=self.digits,
                title=self.title,
                student=self.student,
                seed=self.seed,
                engine=self._engine,
            )
        )

    @cached_property
    def key(self) -> Paper:
        """The same sheet with the answers, where they come from, and how well mistakes show."""
        return Paper(content.key(self.blank.content, self.problem, digits=self.digits, notes=self._notes()))

    @property
    def template(self) -> Template:
        """An answer file to fill in."""
        labels = [symbol(cell, self.problem.output, self.problem.wrt) for cell in self.cells]
        return Template(self.problem.hash, self.seed, self.student, tuple(zip(self.cells, labels, strict=True)))

    @property
    def fillable(self) -> Fillable:
        """The sheet as a page that is filled in on the screen and saves an answer file; it has no answer in it."""
        problem = self.problem
        return Fillable(
            self.blank.content,
            {cell: words(cell, problem.output, problem.wrt) for cell in self.cells},
            problem=problem.hash,
            seed=self.seed,
            student=self.student,
            digits=self.digits,
            names=tuple(problem.graph),
            decimal_comma=problem.decimal_comma,
        )

    def widget(self, **options: Any) -> Any:
        """The sheet in a notebook cell, to be typed in, with a button that marks it; the report appears beneath.

        It needs ``pip install compgraph[widget]`` and a kernel that runs. Without them the sheet is a picture, and
        `fillable` a page.

        Parameters
        ----------
        **options
            Those of `compgraph.homework.grade`; as the problem is marked, if left out.

        Returns
        -------
        anywidget.AnyWidget
            `answers` (cell → what was typed) and `report` are traits: read them, set the answers, ``observe`` both;
            ``check()`` does what the button does.

        Raises
        ------
        ImportError
            anywidget is not installed.
        ValueError
            An option is none.
        """
        from compgraph.homework.widget import worksheet_widget

        return worksheet_widget(self, **options)

    @cached_property
    def diagnosability(self) -> Diagnosability:
        """How many of the mistakes that can be made on this sheet give a number of their own."""
        if self._variant is not None:
            return self._variant.diagnosability
        return Rehearsal(self.problem, self.cells).at(Numbers(self.problem.environment), self.digits)

    def _notes(self) -> list[str]:
        told, table = self.diagnosability, priors()
        notes = [str(told)]
        hidden = Counter((cell, table[one].title) for cell, one in told.hidden)
        confused = Counter((cell, table[one].title, table[other].title) for cell, one, other in told.confused)
        for (cell, title), count in hidden.most_common(_NOTES):
            notes.append(f"Not seen in {cell}: {title}{_times(count)}.")
        for (cell, one, other), count in confused.most_common(_NOTES):
            both = f"{one} and {other}" if one != other else f"several {one}"
            notes.append(f"Not told apart in {cell}: {both}{_times(count)}.")
        left = max(len(hidden) - _NOTES, 0) + max(len(confused) - _NOTES, 0)
        return [*notes, f"And {left} more of these."] if left else notes


def _times(count: int) -> str:
    return f" ({count} of them)" if count > 1 else ""


#: So many mistakes of a kind that do not show are listed in a key.
_NOTES = 3


def _number(cell: str) -> str:
    """The cell whose number belongs to a formula."""
    return cell.replace("dgrad:", "grad:", 1) if cell.startswith("dgrad:") else cell


class Paper:
    """One side of a worksheet, in any format; made by `Worksheet`. The same sheet gives the same bytes always."""

    def __init__(self, content: Content) -> None:
        self.content = content

    def svg(self) -> str:
        """A picture of the page: A4, or as long as it has to be."""
        return svg.document(self.content)

    def png(self, scale: float = 2.0) -> bytes:
        """The same in pixels, `scale` of them to 1/96 inch."""
        from compgraph.render.raster import png

        return png(self.svg(), scale=scale)

    def pdf(self) -> bytes:
        """The same on pages of A4, with text that can be selected."""
        from compgraph.render.paging import paged
        from compgraph.render.pdf import pdf
        from compgraph.render.shapes import read

        # a pixel is three quarters of a point
        return pdf(paged(read(self.svg()), self.content.page[1], 0.75 * MARGIN), title=self.content.heading, scale=0.75)

    def html(self) -> str:
        """A page without scripts that prints on A4."""
        return html.document(self.content)

    def latex(self) -> str:
        """A document that prints on A4."""
        return latex.document(self.content)

    def markdown(self, picture: str = "") -> str:
        """A table to fill in; `picture` is the address of a picture of the graph, if there is one."""
        return markdown.document(self.content, picture)

    def save(self, path: str | os.PathLike[str], *, format: str | None = None) -> Path:
        """Write a file, whole or not at all: ``.svg``, ``.png``, ``.pdf``, ``.html``, ``.tex`` or ``.md``."""
        path = Path(path)
        kind = (format or path.suffix[1:]).lower()
        formats: dict[str, Callable[[], str | bytes]] = {
            "svg": self.svg, "png": self.png, "pdf": self.pdf, "html": self.html, "htm": self.html, "tex": self.latex,
            "latex": self.latex, "md": self.markdown, "markdown": self.markdown,
        }  # fmt: skip
        if kind not in formats:
            raise ValueError(
                f"unknown format {kind!r:.20}: expected svg, png, pdf, html, tex or md. Name it sheet.html."
            )
        return write(path, formats[kind]())

    def __repr__(self) -> str:
        return f"Paper {self.content.heading!r}: {len(self.content.entries)} boxes"

    def _repr_svg_(self) -> str:
        return self.svg()

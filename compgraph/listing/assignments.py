"""The noun `Program`: an ordered listing of assignments, to read, to take along as Python, and to run."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import networkx as nx

from compgraph.elimination import Cost
from compgraph.expression import MULTIPLY, Application, Variable
from compgraph.listing.identifiers import Slope
from compgraph.listing.shaped import is_mapped, of_arrays, product
from compgraph.maps import LinearMap

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Assignment", "Guard", "Program"]

#: When an assignment counts: in one of these cases, each a set of (condition, whether it holds). None: always.
Guard = tuple[tuple[tuple[str, bool], ...], ...] | None


class Assignment(NamedTuple):
    """A line of a program: ``name = terms``, or ``name += terms``.

    Attributes
    ----------
    name : str or Slope
        A node, or a derivative.
    terms : tuple of tuples
        A sum of terms, each of one factor or of two: their product, the factor nearer the output on the left. A
        factor is an Expression in the names of the listing, a number, or the `Slope` assigned by another line.
    adds : bool
        Whether it is a ``+=``.
    guard : tuple or None
        The cases in which it counts, each a tuple of (condition, whether it holds); None: always.
    """

    name: Any
    terms: tuple[tuple[Any, ...], ...]
    adds: bool = False
    guard: Guard = None

    @property
    def products(self) -> int:
        """How many of its terms are products."""
        return sum(len(term) > 1 for term in self.terms)

    @property
    def multiplications(self) -> int:
        """How many numbers they multiply."""
        maps = [next((f for f in term if isinstance(f, LinearMap)), None) for term in self.terms if len(term) > 1]
        return sum(1 if one is None else one.cost for one in maps)


class Program:
    """An ordered, straight-line listing of assignments: of values, and of derivatives if it `derives` any.

    ``str(program)`` is the listing as text; `latex`, `python` and `compile` are its other forms.

    Attributes
    ----------
    inputs : tuple
        What it takes: names of inputs, and of labels (`Slope`) where a graph made by hand has none.
    outputs : tuple of str
        What it computes.
    wrt : tuple of str
        What the outputs are differentiated with respect to; empty in a program of values.
    assignments : tuple of Assignment
    direction : str
        ``"reverse"``, ``"forward"``, ``"elimination"``, or ``"values"``.
    graph : networkx.MultiDiGraph
        What it was listed from.

    Examples
    --------
    >>> from compgraph.listing import derivative_program
    >>> print(derivative_program("t = x^2; J = t + sin(t)"))
    t = x²
    v1 = sin(t)
    J = t + v1
    <BLANKLINE>
    ∂J/∂J = 1
    ∂J/∂v1 = 0
    ∂J/∂t = 0
    ∂J/∂x = 0
    ∂J/∂t += ∂J/∂J · 1
    ∂J/∂v1 += ∂J/∂J · 1
    ∂J/∂t += ∂J/∂v1 · cos(t)
    ∂J/∂x += ∂J/∂t · (2·x)
    """

    def __init__(
        self,
        graph: nx.MultiDiGraph,
        inputs: tuple[Any, ...],
        outputs: tuple[Any, ...],
        wrt: tuple[Any, ...],
        assignments: tuple[Assignment, ...],
        direction: str,
    ) -> None:
        self.graph = graph
        self.inputs = inputs
        self.outputs = outputs
        self.wrt = wrt
        self.assignments = assignments
        self.direction = direction

    @property
    def derives(self) -> bool:
        """Whether there are derivatives in it."""
        return self.direction != "values"

    @cached_property
    def cost(self) -> Cost:
        """The products of derivatives in the listing, and the additions and fill that go with them.

        Notes
        -----
        A term with a partial of 1 or −1 is a product like all others, as it is for the solver, even where the Python
        form leaves the factor out. What it takes to compute values and partials is not counted. Hence of a sweep this
        is the `cost` of the Solution, and of an elimination it is `elimination_cost`, each in its own convention. A
        branch counts on both of its sides, as it does in a solution at no point.

        Examples
        --------
        >>> from compgraph.listing import derivative_program
        >>> derivative_program("J = cos(sin(x^2) + 3x^2)").cost
        Cost(multiplications=7, additions=1, fill=0)
        """
        products = additions = 0
        first: set[Any] = set()
        for assignment in self.assignments:
            if assignment.products:
                products += assignment.multiplications
                additions += assignment.products - (assignment.name not in first)
                first.add(assignment.name)
        if self.direction == "elimination":
            fill = sum(1 for a in self.assignments if a.products and not a.adds)
            return Cost(products, products - fill, fill)
        return Cost(products, additions)

    # -- to read

    def lines(self) -> Iterator[str]:
        """The listing, line by line; an empty line between values and each block of derivatives."""
        from compgraph import notation

        for number, block in enumerate(self.blocks()):
            if number:
                yield ""
            for a in block:
                cases = [" and ".join(c if holds else f"not {c}" for c, holds in case) for case in a.guard or ()]
                guard = f"if {' or '.join(cases)}: " if cases else ""
                terms = [_written(term, str, notation.text, " · ", "d·") for term in a.terms]
                yield f"{guard}{a.name} {'+=' if a.adds else '='} {' + '.join(terms)}"

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def __repr__(self) -> str:
        lines = list(itertools.islice(self.lines(), _MOST + 1))
        if len(lines) > _MOST:
            lines = [*lines[: _MOST - 1], f"… ({len(self.assignments)} assignments in all; print(program) shows them)"]
        return "\n".join(lines)

    def latex(self, *, most: int | None = None) -> str:
        r"""The listing in LaTeX, for math mode: an ``aligned`` environment (from amsmath) of `most` lines.

        Examples
        --------
        >>> from compgraph.listing import program
        >>> print(program("t = x^2; J = sin(t)").latex())
        \begin{aligned}
        t &= x^{2} \\
        J &= \sin(t)
        \end{aligned}
        """
        from compgraph import notation

        def name(key: Any) -> str:
            if isinstance(key, Slope):
                of, wrt = notation.name_latex(key.of), notation.name_latex(key.wrt)
                return rf"\frac{{\partial {of}}}{{\partial {wrt}}}"
            return notation.name_latex(key)

        lines = []
        for a in itertools.islice(self.assignments, most):
            terms = [_written(term, name, notation.latex, r" \cdot ", r"d \cdot ") for term in a.terms]
            cases = [
                r" \text{ and } ".join(name(c) if holds else rf"\text{{not }} {name(c)}" for c, holds in case)
                for case in a.guard or ()
            ]
            guard = r" && \text{if } " + r" \text{ or } ".join(cases) if cases else ""
            sign = r"\mathrel{+}=" if a.adds else "="
            lines.append(f"{name(a.name)} &{sign} {' + '.join(terms)}{guard}")
        if most is not None and len(self.assignments) > most:
            lines.append(r"&\;\;\vdots")
        return "\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}"

    def _repr_latex_(self) -> str:
        return f"$$\n{self.latex(most=_MOST)}\n$$"

    def blocks(self) -> list[tuple[Assignment, ...]]:
        """Values, then each block of derivatives: it begins with a seed, or where labels end and products begin."""
        starts = [0, *(i for i, a in enumerate(self.assignments) if self._begins(i, a)), len(self.assignments)]
        return [self.assignments[i:j] for i, j in itertools.pairwise(starts) if i < j]

    def _begins(self, i: int, a: Assignment) -> bool:
        if not isinstance(a.name, Slope):
            return False
        if self.direction != "elimination":
            return bool(a.name.of == a.name.wrt)
        before = self.assignments[i - 1] if i else None
        if before is None or not isinstance(before.name, Slope):
            return True
        return bool(a.products and not before.products)

    # -- to take along, and to run

    def python(self, library: str = "math", *, name: str = "f") -> str:
        """A Python module that defines the function `name`, and needs nothing but `library`.

        Parameters
        ----------
        library : {"math", "numpy"}
            For numbers, or for arrays of equal length: many points at once. A program of arrays is NumPy's in any
            case.
        name : str

        Notes
        -----
        It takes the inputs in their order. A program of values returns the value, and one of derivatives a pair: the
        value and the tuple of its derivatives, in the order of `wrt`. Of several outputs both are tuples, and the
        derivatives are tuples in turn, the rows of the Jacobian. What `library` lacks is defined above the function.
        With NumPy, a result that is the same at all points may be a number instead of an array.

        A primitive of your own is called by its name, and a comment says so: define it yourself, or use `compile`.

        Examples
        --------
        >>> from compgraph.listing import derivative_program
        >>> print(derivative_program("J = x*sin(x)").python())
        import math
        <BLANKLINE>
        <BLANKLINE>
        def f(x):
            v1 = math.sin(x)
            J = x * v1
        <BLANKLINE>
            dJ_dJ = 1.0
            dJ_dv1 = 0.0
            dJ_dx = 0.0
            dJ_dx += dJ_dJ * v1
            dJ_dv1 += dJ_dJ * x
            dJ_dx += dJ_dv1 * math.cos(x)
            return J, (dJ_dx,)
        <BLANKLINE>
        """
        from compgraph.listing.source import module
        from compgraph.listing.wholesource import array_module

        return array_module(self, name) if of_arrays(self.graph) else module(self, library, name)

    def javascript(self, *, name: str = "f") -> str:
        """The function of `python` in JavaScript, which returns arrays for tuples, and NaN outside a domain.

        Examples
        --------
        >>> from compgraph.listing import derivative_program
        >>> print(derivative_program("J = x*sin(x)", direction="forward").javascript())
        function f(x) {
          const v1 = Math.sin(x);
          const J = x * v1;
        <BLANKLINE>
          const dx_dx = 1.0;
          const dv1_dx = Math.cos(x) * dx_dx;
          const dJ_dx = v1 * dx_dx + x * dv1_dx;
          return [J, [dJ_dx]];
        }
        <BLANKLINE>
        """
        from compgraph.listing.javascript import module

        if of_arrays(self.graph):
            raise ValueError("a program of arrays has no JavaScript: expected numbers. Write python(), or compile it.")
        return module(self, name)

    def compile(self, *, fast: bool = False) -> Callable[..., Any]:
        """The program as a fast function of its inputs, of numbers or of many points at once.

        Parameters
        ----------
        fast : bool
            Run on numba (``pip install "compgraph[fast]"``), which interprets the program: nothing is compiled for
            it. (Once, ever, the interpreter is, which takes seconds; numba keeps it on disk.) Otherwise Python code
            is generated, and NumPy code for arrays.

        Returns
        -------
        callable
            It takes the inputs by position or by name, and returns what the function of `python` returns. Where one
            is an array (or list), all have to be of its length, or numbers; the results are then arrays. That of a
            program of arrays takes arrays, and returns new ones; numbers among them are Python floats.

        Raises
        ------
        DomainError
            From the function, where `solve` would raise it.
        ImportError
            numba is asked for, and is not there.

        Notes
        -----
        Conventions at kinks, infinite partials and errors are those of the graph: where arithmetic fails, or a result
        is not finite, the graph is asked. A branch not taken is not evaluated, and what the outputs do not need is left
        out.

        ``inspect.getsource`` shows the code. Linear in the size of the program, of which there is no limit.

        A program of arrays is compiled anew for other shapes, of a last batch, say, and other kinds of numbers: all is
        computed as the inputs are, in float32 if these are. Infinities and NaN pass, as IEEE has it; what a `where`
        leaves out has no influence on a derivative. Operations are simplified by the rules of `compgraph.rewriting`.
        Memory is put aside for the function and used again in each call; threads may call it at the same time.

        Examples
        --------
        >>> from compgraph.listing import derivative_program
        >>> f = derivative_program("J = x*y + x").compile()
        >>> f(2, 3)
        (8.0, (4.0, 2.0))
        >>> f([1, 2], y=3)
        (array([4., 8.]), (array([4., 4.]), array([1., 2.])))
        """
        from compgraph.listing.running import compiled

        return compiled(self, fast=fast)


#: So many lines are shown where a program shows itself.
_MOST = 60


def _written(term: tuple[Any, ...], name: Any, written: Any, sign: str, mark: str) -> str:
    """A term as it is written: its factors side by side, or what a linear map does to a derivative."""
    if is_mapped(term):
        slopes: dict[str, Slope] = {}
        text: str = written(product(term, slopes), words={key: name(slope) for key, slope in slopes.items()})
        return text
    return sign.join(_factors(term, name, written, mark))


def _factors(term: tuple[Any, ...], name: Any, written: Any, mark: str) -> list[str]:
    """The factors of a term as they are written side by side, in brackets where a product needs them.

    An expression is written as a factor of a product with ``d``, whose `mark` is then cut off.
    """
    if len(term) == 1:
        return [name(term[0]) if isinstance(term[0], Slope) else written(term[0])]
    return [
        name(factor)
        if isinstance(factor, Slope)
        else written(Application(MULTIPLY, (Variable("d"), factor))).removeprefix(mark)
        for factor in term
    ]

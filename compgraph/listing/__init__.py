"""Programs: a graph listed in evaluation order, to read, to take along as Python, and to run fast.

==============================  =====================================================================================
`program(problem)`              its values
`derivative_program(problem)`   values and derivatives, by a reverse or a forward sweep
`elimination_program(…)`        values and the Jacobian, by eliminating nodes in some order
==============================  =====================================================================================

A `Program` holds lines, each an `Assignment`; ``str(program)``, ``program.latex()`` and ``program.python()`` write
them out, and ``program.compile()`` is a fast function. How it is done: `deriving` writes down a graph as it is
`listed`, and `guards` says when a branch is needed; `source` writes Python and `javascript` JavaScript from the tables
in `forms` and `definitions`. `lowering` breaks the lines down into single `operations`, of which `generation` makes
fast Python, `arrays` NumPy with few `registers`, and `machine` a flat array for the `interpreter` on numba. `running`
makes functions of these.

Where nodes hold arrays, `shaped` knows their shapes and what their labels do, and `wholesource` writes NumPy. `whole`
makes the function: what `compgraph.rewriting` leaves of the expressions is broken down by `elementary`, gets its place
in memory from `allocation`, and is written by `kernels`, for the shapes that come.
"""

from __future__ import annotations

from compgraph.listing.assignments import Assignment, Program
from compgraph.listing.deriving import derivative_program, elimination_program, program
from compgraph.listing.identifiers import Slope

__all__ = ["Assignment", "Program", "Slope", "derivative_program", "elimination_program", "program"]

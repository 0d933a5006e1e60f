"""Text → expressions, by a grammar: nothing is ever evaluated as code.

Teachers write statements with it, students answers. `lexing` finds the tokens, `vocabulary` says what words mean,
`juxtaposition` writes out what is meant but not written, and the grammar does the rest. `building` keeps no tree:
expressions grow from the bottom up while it reads, so that depth is limited by memory alone.

In short: ``^`` or ``**`` for powers, from the right; ``2x``, ``x(x+3)``, ``ab`` for products; ``sin 3x`` for sin(3x);
``ln`` and ``log`` natural; ``e``, ``pi``, ``π`` constants unless they are assigned or declared; ``×``, ``÷``, ``√``,
``x²``, ``½``, ``|x|`` as on paper; ``<``, ``<=``, ``≤``, ``==``, ``!=`` and so on for `where`. A product without a
sign binds tighter than everything but a power. What people read in two ways, as ``1/2x`` or ``sin^2 x``, is refused
with both readings.

Where nothing settles the matter: −3x is (−3)·x, with a literal −3; −x² is −(x²); sin -x is sin(−x); e^x is exp(x);
``2e3`` is a number even where e is a name; a digit after a name belongs to it, so that ``x2`` is never 2·x. Arithmetic
on literals is done at once, and exactly.
"""

from __future__ import annotations

from compgraph.reading.building import ANSWER, PROBLEM, Limits
from compgraph.reading.statements import read, read_expression, read_number

__all__ = ["ANSWER", "PROBLEM", "Limits", "read", "read_expression", "read_number"]

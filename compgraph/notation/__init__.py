"""Names, numbers, expressions and steps as they are written: Unicode text, LaTeX, spoken text.

Pure functions from data to strings, and nothing else. What a string claims is true: an equality between printed
numbers holds in exact arithmetic on the printed digits, or it is written with ``≈``.
"""

from __future__ import annotations

from compgraph.notation.checks import check_text
from compgraph.notation.comparison import cost, elimination_reason, elimination_sentence, eliminations
from compgraph.notation.elements import element
from compgraph.notation.ledger import ledger
from compgraph.notation.names import name, name_latex, name_spoken
from compgraph.notation.numerals import number, number_latex, number_spoken, product, relation, shown, total
from compgraph.notation.sentences import step_reason, step_sentence
from compgraph.notation.speech import spoken
from compgraph.notation.tex import latex
from compgraph.notation.unicode import text

__all__ = [
    "check_text",
    "cost",
    "element",
    "elimination_reason",
    "elimination_sentence",
    "eliminations",
    "latex",
    "ledger",
    "name",
    "name_latex",
    "name_spoken",
    "number",
    "number_latex",
    "number_spoken",
    "product",
    "relation",
    "shown",
    "spoken",
    "step_reason",
    "step_sentence",
    "text",
    "total",
]

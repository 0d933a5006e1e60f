"""How many digits a run loses, as it is written: a row for each node, and which of them is the first."""

from __future__ import annotations

import math
from itertools import islice
from typing import TYPE_CHECKING

from compgraph.expression import Expression
from compgraph.notation.grid import Section, grid_html, grid_text
from compgraph.notation.names import name
from compgraph.notation.numerals import number
from compgraph.notation.unicode import text
from compgraph.symbols import definition

if TYPE_CHECKING:
    from compgraph.accuracy import Accuracy, NodeAccuracy

__all__ = ["accuracy_html", "accuracy_text"]

_HEAD = ("Node", "Value", "Lost", "Derivative", "Lost", "Errors grow")


def accuracy_text(accuracy: Accuracy, *, most: int | None = None) -> str:
    """The digits lost as columns side by side, of at most so many nodes."""
    return f"{_caption(accuracy)}\n\n{grid_text(_HEAD, [_section(accuracy, most)])}"


def accuracy_html(accuracy: Accuracy, *, most: int | None = None) -> str:
    """The same as a table."""
    return grid_html(_caption(accuracy), _HEAD, [_section(accuracy, most)])


def _caption(accuracy: Accuracy) -> str:
    return f"Digits lost in values, and in the {accuracy.direction} sweep from {name(accuracy.seed)}"


def _section(accuracy: Accuracy, most: int | None) -> Section:
    rows = [[_row(accuracy, one)] for one in islice(accuracy.nodes.values(), most)]
    missing = len(accuracy.nodes) - len(rows)
    words = [f"… and {missing} more; print(accuracy) shows all"] if missing else []
    return Section(rows, [*words, *_sentences(accuracy)])


def _row(accuracy: Accuracy, one: NodeAccuracy) -> tuple[str, ...]:
    made = definition(accuracy.graph, one.node)
    written = name(one.node)
    if made is not None:
        written += f" = {text(made, limit=60, pretty=True) if isinstance(made, Expression) else number(made)}"
    slope = ("", "") if one.derivative is None else (number(one.derivative.value), _digits(one.derivative.lost))
    grow = "" if made is None or one.condition == 0 else f"{number(one.condition, 2)} times"
    return (written, number(one.value.value), _digits(one.value.lost), *slope, grow)


def _sentences(accuracy: Accuracy) -> list[str]:
    """Where digits are lost first."""
    said = []
    if accuracy.first is not None:
        one = accuracy.nodes[accuracy.first]
        said.append(f"{name(one.node)} is the first to lose digits: {_digits(one.value.lost)} of 16; {_reason(one)}.")
    if accuracy.first_derivative is not None:
        slope = accuracy.nodes[accuracy.first_derivative].derivative
        lost = "" if slope is None else _digits(slope.lost)
        said.append(f"The derivative at {name(accuracy.first_derivative)} is the first to lose digits: {lost} of 16.")
    return said or [f"No operation loses {number(accuracy.threshold)} digits that reach a result."]


def _reason(one: NodeAccuracy) -> str:
    if isinstance(one.value.value, bool):
        return "exact numbers would decide otherwise"
    if one.value.value in (math.inf, -math.inf):
        return "it overflows"
    return f"it makes errors of its arguments up to {number(one.condition, 2)} times as large"


def _digits(lost: float) -> str:
    """Digits to one decimal; all of them as 16."""
    return "0" if lost < 0.05 else "16" if lost > 15.9 else f"{lost:.1f}"

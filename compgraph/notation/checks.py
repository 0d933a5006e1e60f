"""A gradient check as it is written: each derivative beside its difference quotient, and what the difference means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compgraph.notation.grid import Section, grid_html, grid_text
from compgraph.notation.names import name
from compgraph.notation.numerals import number

if TYPE_CHECKING:
    from compgraph.checking import CheckedInput, GradientCheck

__all__ = ["check_html", "check_text"]

_HEAD = ("Input", "Derivative", "Difference", "Its error", "Verdict")


def check_text(check: GradientCheck, *, digits: int = 8) -> str:
    """A row for each input, and a sentence for whatever does not simply agree."""
    return grid_text(_HEAD, [_section(check, digits)])


def check_html(check: GradientCheck, *, digits: int = 8) -> str:
    """The same as an HTML table."""
    return grid_html("Derivatives beside difference quotients", _HEAD, [_section(check, digits)])


def _section(check: GradientCheck, digits: int) -> Section:
    rows = [
        (name(one.name), number(one.derivative, digits), number(one.difference, digits), _error(one), one.verdict)
        for one in check.inputs
    ]
    agree = sum(one.verdict == "agrees" for one in check.inputs)
    words = [f"{agree} of {len(rows)} agree, by {check.calls} calls of the function."]
    words += [sentence for one in check.inputs if (sentence := _sentence(one, digits))]
    return Section([[row] for row in rows], words)


def _error(one: CheckedInput) -> str:
    return "" if one.verdict == "undefined" and one.kink is None else f"≲ {number(one.uncertainty, 2)}"


def _sentence(one: CheckedInput, digits: int) -> str:
    what = name(one.name)
    near = "" if one.kink is None else f" A kink is near {what} = {number(one.kink, 4)}"
    slopes = f"slopes {number(one.left, 6)} and {number(one.right, 6)}"
    match one.verdict:
        case "undefined":
            if one.kink is None:
                return f"{what}: the function or its derivative is not finite here and beside it. Move the point."
            return f"{what}: the difference quotient settles at no step, as beside a jump.{near}. Move the point."
        case "kink":
            return f"{what}: no derivative exists; the convention chose between the two sides.{near}, {slopes}."
        case "disagrees":
            wrong = f"{what}: expected {number(one.difference, digits)}, got {number(one.derivative, digits)}."
            return f"{wrong}{near}, {slopes}." if near else f"{wrong} No kink is near."
    return f"{what}:{near}." if near else ""

"""The sentence beneath a frame: what one step of a sweep computes, and why it has as many terms as it has."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from string import Formatter
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from compgraph.notation.combining import are_linear, linear_total
from compgraph.notation.elements import element, is_number, ordinal
from compgraph.notation.names import name, name_latex, name_spoken
from compgraph.notation.numerals import Style, marks, number, number_latex, number_spoken, total

if TYPE_CHECKING:
    import networkx as nx

    from compgraph.propagation import Step, Term

__all__ = ["Direction", "step_parts", "step_reason", "step_sentence"]

Direction = Literal["forward", "reverse"]

#: More terms than this are not written out.
_MOST = 6


class _Voice(NamedTuple):
    """How one style writes names, numbers, derivatives and what stands between the parts of a sentence."""

    name: Callable[[Any], str]
    number: Callable[[Any, int], str]
    derivative: str  # of {0} with respect to {1}; {2} says which, by one of the next two
    argument: str
    direct: str
    adjoint: str
    tangent: str
    plus: str
    numbers: str


_VOICES = {
    "text": _Voice(
        name, number, "∂{0}/∂{1}{2}", " ({})", " (direct)", "adjoint({})", "tangent({})", " + ", " = ",
    ),
    "latex": _Voice(
        name_latex, number_latex, r"\frac{{\partial {0}}}{{\partial {1}}}{2}", r"\,\text{{({})}}",
        r"\,\text{(direct)}", r"\bar{{{}}}", r"\dot{{{}}}", " + ", " = ",
    ),
    "spoken": _Voice(
        name_spoken, number_spoken, "the derivative of {0} with respect to {1}{2}", " as its {} argument",
        " directly", "the adjoint of {}", "the tangent of {}", ", plus ", ". In numbers: ",
    ),
}  # fmt: skip

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def step_sentence(
    step: Step,
    *,
    direction: Direction,
    seed: Any = None,
    graph: nx.MultiDiGraph | None = None,
    digits: int = 6,
    style: Style = "text",
) -> str:
    """What a step computes: in symbols, in numbers, and the result.

    Parameters
    ----------
    step : Step
    direction : {"forward", "reverse"}
    seed : node, optional
        What the sweep starts from: the output J of a reverse sweep, whose totals are then written ∂J/∂…, or the
        input x of a forward one (∂…/∂x). Without it, totals are adjoints x̄ or tangents ẋ.
    graph : networkx.MultiDiGraph, optional
        Where parallel edges are seen of which the step has only one.
    digits : int
        Significant digits of rounded numbers.
    style : {"text", "latex", "spoken"}
        LaTeX is for math mode; a spoken sentence ends with a full stop.

    Notes
    -----
    The last relation is ``=`` only where it holds exactly for the digits printed, and ``≈`` otherwise. A local
    partial with the same symbol as a total is marked ``(direct)``, and the partials of an argument that is used
    several times ``(1st)``, ``(2nd)``, by its positions. What is no number is shown as it is.

    Examples
    --------
    >>> from compgraph.propagation import Step, Term
    >>> terms = (Term("t", "u1", 0, 0.5, -2.0, -1.0), Term("t", "u2", 0, 3.0, -2.0, -6.0))
    >>> print(step_sentence(Step("t", terms, 0.0, -7.0), direction="reverse", seed="J"))
    ∂J/∂t = ∂J/∂u₁ · ∂u₁/∂t + ∂J/∂u₂ · ∂u₂/∂t = (−2) · 0.5 + (−2) · 3 = −7
    """
    return _sentence("".join(step_parts(step, direction, seed, graph, digits, style)), style)


def step_parts(
    step: Step, direction: Direction, seed: Any, graph: nx.MultiDiGraph | None, digits: int, style: Style = "text"
) -> tuple[str, str]:
    """The sentence of a step in two parts: in symbols, and the same in numbers with its result, if there are terms.

    Examples
    --------
    >>> from compgraph.propagation import Step, Term
    >>> step_parts(Step("t", (Term("t", "u", 0, 0.5, -2.0, -1.0),), 0.0, -1.0), "reverse", "J", None, 4)
    ('∂J/∂t = ∂J/∂u · ∂u/∂t', ' = −2 · 0.5 = −1')
    """
    reverse = _is_reverse(direction)
    written, voice = marks(style), _VOICES[style]
    equals, seeded = written.relations["="], not _is_zero(step.before)
    left = _total(step.node, reverse, seed, style)
    the_seed = _worded("{0} (the seed)", style, element(step.before, digits, style))
    if not step.terms:
        if not seeded and step.node != seed:
            because = _worded(": " + _unreached(reverse, seed), style, voice.name(step.node), voice.name(seed))
            return left + equals + element(step.total, digits, style) + because, ""
        if step.node != seed or (is_number(step.before) and step.before != 1):
            left = _total(step.node, reverse, None, style)  # ∂J/∂J is 1 and nothing else
        return left + equals + the_seed, ""
    symbols = [the_seed] if seeded else []
    for term in step.terms[:_MOST]:
        partial = voice.derivative.format(
            voice.name(term.head), voice.name(term.tail), _which(step, term, reverse, seed, graph, voice)
        )
        factor = _total(term.head if reverse else term.tail, reverse, seed, style)
        symbols.append(written.times.join(_nearer_first(factor, partial, reverse)))
    if len(step.terms) > _MOST:
        symbols.append(written.more.format(len(step.terms) - _MOST))
    if _is_arithmetic(step):
        products: list[Sequence[Any]] = [_nearer_first(t.factor, t.partial, reverse) for t in step.terms]
        sums = [(step.before,), *products] if seeded else products
        result = voice.numbers + total(sums, step.total, digits=digits, style=style, most=_MOST + seeded)
    elif not seeded and are_linear([step.total, *(v for term in step.terms for v in term[3:5])]):
        products = [_nearer_first(t.factor, t.partial, reverse) for t in step.terms]
        result = voice.numbers + linear_total(products, step.total, reverse=reverse, digits=digits, style=style)
    else:
        result = equals + element(step.total, digits, style)
    return left + equals + voice.plus.join(symbols), result


def step_reason(
    step: Step,
    direction: Direction,
    *,
    seed: Any = None,
    graph: nx.MultiDiGraph | None = None,
    digits: int = 6,
    style: Style = "text",
) -> str:
    """In words, why a step has as many terms as it has.

    The parameters are those of `step_sentence`; with `graph`, uses that do not lead to the output are told apart.

    Examples
    --------
    >>> from compgraph.propagation import Step, Term
    >>> terms = (Term("t", "u1", 0, 0.5, -2.0, -1.0), Term("t", "u2", 0, 3.0, -2.0, -6.0))
    >>> print(step_reason(Step("t", terms, 0.0, -7.0), "reverse", seed="J"))
    t is used twice, so two terms add up.
    """
    reverse = _is_reverse(direction)
    marks(style)
    terms, voice = step.terms, _VOICES[style]
    others = {term.head if reverse else term.tail for term in terms}
    other = next(iter(others)) if len(others) == 1 else None
    if terms:
        count = len(terms)
        so = ", so there is one term." if count == 1 else f", so {_counted(count)} terms add up."
        uses = graph.out_degree(step.node) if graph is not None and reverse and step.node in graph else count
        if count > 1 and other is not None and uses == count:
            reason = ("{2} uses {0} " if reverse else "{0} uses {2} ") + _times(count) + so
        elif reverse:
            way = "" if uses <= count else f", {_times(count)} on the way to " + ("a seed" if seed is None else "{1}")
            reason = f"{{0}} is used {_times(max(uses, count))}{way}{so}"
        elif count == 1 and other == seed and seed is not None:
            reason = "{0} is computed directly from {1}" + so
        else:
            on = "a seed" if seed is None else "{1}"
            what = "argument that depends" if count == 1 else "arguments that depend"
            reason = f"{{0}} has {_counted(count)} {what} on {on}{so}"
        if not _is_zero(step.before):
            reason += " {0} is a seed itself: its {3} comes first."
    elif step.node != seed and _is_zero(step.before):
        reason = _unreached(reverse, seed) + ", so there are no terms."
        reason = reason[0].upper() + reason[1:]
    else:
        role = "a seed" if step.node != seed else "the output" if reverse else "the input"
        reason = f"{{0}} is {role}: the sweep starts here with {{3}}."
    named = [voice.name(step.node), voice.name(seed), voice.name(other)]
    return _worded(reason, style, *named, element(step.before, digits, style))


def _is_reverse(direction: str) -> bool:
    if direction not in ("forward", "reverse"):
        raise ValueError(f"direction: expected 'forward' or 'reverse', got {direction!r:.40}.")
    return direction == "reverse"


def _nearer_first(factor: Any, partial: Any, reverse: bool) -> tuple[Any, Any]:
    """The factor nearer the output stands on the left."""
    return (factor, partial) if reverse else (partial, factor)


def _unreached(reverse: bool, seed: Any) -> str:
    if seed is None:
        return "nothing that is seeded depends on {0}" if reverse else "{0} depends on nothing that is seeded"
    return "{1} does not depend on {0}" if reverse else "{0} does not depend on {1}"


def _which(step: Step, term: Term, reverse: bool, seed: Any, graph: Any, voice: _Voice) -> str:
    parallel = sum(1 for t in step.terms if t.tail == term.tail and t.head == term.head)
    if graph is not None:
        parallel = max(parallel, graph.number_of_edges(term.tail, term.head))
    if parallel > 1:
        return voice.argument.format(ordinal(term.key))
    # ∂J/∂x along one edge, beside ∂J/∂x in all: the same symbol for two numbers
    direct = seed is not None and len(step.terms) > 1 and (term.head if reverse else term.tail) == seed
    return voice.direct if direct else ""


def _total(node: Any, reverse: bool, seed: Any, style: Style) -> str:
    """The symbol of what the sweep leaves at a node."""
    voice = _VOICES[style]
    if seed is not None:
        return voice.derivative.format(*map(voice.name, (seed, node) if reverse else (node, seed)), "")
    written = voice.name(node)
    if style == "text" and re.match(r"[A-Za-zα-ωΑ-Ω](?![A-Za-zα-ωΑ-Ω])", written):
        return written[0] + ("\u0304" if reverse else "\u0307") + written[1:]  # ū₁: the bar stands over the letter
    return (voice.adjoint if reverse else voice.tangent).format(written)


def _worded(template: str, style: Style, *shown: str) -> str:
    """A sentence with names in it; in LaTeX the words are text and the names mathematics."""
    if style != "latex":
        return template.format(*shown)
    parts = []
    for words, field, _, _ in Formatter().parse(template):
        parts += [rf"\text{{{words}}}" if words else "", shown[int(field)] if field else ""]
    return "".join(parts)


def _sentence(words: str, style: Style) -> str:
    return f"{words[0].upper()}{words[1:]}." if style == "spoken" else words


def _counted(count: int) -> str:
    return _NUMBERS[count] if count < len(_NUMBERS) else str(count)


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{_counted(count)} times")


def _is_zero(value: Any) -> bool:
    """Whether this is where a sum begins: also the ±∞ from which a maximum or minimum begins."""
    if is_number(value):
        return value == 0 or value in (math.inf, -math.inf)
    return isinstance(value, Counter) and not value


def _is_arithmetic(step: Step) -> bool:
    """Whether a step is made of numbers, added and multiplied: another semiring may mean other operations by it."""
    values = [step.total, step.before, *(v for term in step.terms for v in term[3:])]
    if not all(map(is_number, values)):
        return False
    try:
        result, before, *rest = map(float, values)
    except OverflowError:
        return True  # an exact number: no other semiring here has such
    products = [partial * factor for partial, factor in zip(rest[::3], rest[1::3], strict=True)]
    expected, scale = sum(products, before), sum(map(abs, products), abs(before))
    if math.isfinite(expected) and math.isfinite(result):
        return math.isclose(expected, result, rel_tol=1e-9, abs_tol=1e-9 * scale + 1e-300)
    return expected == result or (expected != expected and result != result)

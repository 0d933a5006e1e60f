"""The sentence beneath a frame: golden sentences, and the truth of every equality in them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from typing import Any

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compgraph import functions as F
from compgraph.expression import Variable
from compgraph.graph import trace
from compgraph.levels import statements
from compgraph.linearization import linearize
from compgraph.notation import name, step_reason, step_sentence
from compgraph.propagation import Step, Term, forward, reverse
from compgraph.semiring import COUNT, FREE
from compgraph.symbols import EXPRESSION
from tests.test_notation import HOSTILE, assert_is_latex, assert_is_true

x, b, a = Variable("x"), Variable("b"), Variable("a")
t = (x**2).named("t")
u1, u2 = F.sin(t).named("u1"), (3 * t).named("u2")
u = (u1 + u2).named("u")
J = F.cos(u).named("J")


def example() -> nx.MultiDiGraph:
    """The worked example at x = 2, with an input that nothing uses."""
    return linearize(trace({"t": t, "u1": u1, "u2": u2, "u": u, "J": J}, inputs=["x", "b"]), {"x": 2, "b": 1})


def product_of_equals() -> nx.MultiDiGraph:
    p = (x * x).named("p")
    return linearize(trace({"p": p, "q": (p / x).named("q")}), {"x": 3})


def partial_is_not_total() -> nx.MultiDiGraph:
    b1 = (2 * a).named("b1")
    b2 = (3 * a + b1).named("b2")
    return statements(linearize(trace({"b1": b1, "b2": b2, "c": (4 * b1 + 5 * b2).named("c")}), {"a": 1}))


def by_node(steps: Iterable[Step]) -> dict[Any, Step]:
    return {step.node: step for step in steps}


def said(graph: nx.MultiDiGraph, direction: Any, seed: Any, node: str, **options: Any) -> tuple[str, str]:
    sweep = reverse if direction == "reverse" else forward
    step = by_node(sweep(graph, {seed: 1.0}))[node]
    sentence = step_sentence(step, direction=direction, seed=seed, graph=graph, digits=4, **options)
    return sentence, step_reason(step, direction, seed=seed, graph=graph, **options)


@pytest.mark.parametrize(
    ("make", "direction", "seed", "node", "sentence", "reason"),
    [
        (example, "reverse", "J", "J", "∂J/∂J = 1 (the seed)", "J is the output: the sweep starts here with 1."),
        (example, "reverse", "J", "u", "∂J/∂u = ∂J/∂J · ∂J/∂u = 1 · 0.9695 = 0.9695",
         "u is used once, so there is one term."),
        (example, "reverse", "J", "t",
         "∂J/∂t = ∂J/∂u₁ · ∂u₁/∂t + ∂J/∂u₂ · ∂u₂/∂t = 0.9695 · (−0.6536) + 0.9695 · 3 ≈ 2.275",
         "t is used twice, so two terms add up."),
        (example, "reverse", "J", "x", "∂J/∂x = ∂J/∂t · ∂t/∂x = 2.275 · 4 ≈ 9.099",
         "x is used once, so there is one term."),
        (example, "reverse", "J", "b", "∂J/∂b = 0: J does not depend on b",
         "J does not depend on b, so there are no terms."),
        (example, "forward", "x", "x", "∂x/∂x = 1 (the seed)", "x is the input: the sweep starts here with 1."),
        (example, "forward", "x", "t", "∂t/∂x = ∂t/∂x · ∂x/∂x = 4 · 1 = 4",
         "t is computed directly from x, so there is one term."),
        (example, "forward", "x", "u1", "∂u₁/∂x = ∂u₁/∂t · ∂t/∂x = −0.6536 · 4 ≈ −2.615",
         "u₁ has one argument that depends on x, so there is one term."),
        (example, "forward", "x", "u", "∂u/∂x = ∂u/∂u₁ · ∂u₁/∂x + ∂u/∂u₂ · ∂u₂/∂x = 1 · (−2.615) + 1 · 12 = 9.385",
         "u has two arguments that depend on x, so two terms add up."),
        (example, "forward", "x", "b", "∂b/∂x = 0: b does not depend on x",
         "b does not depend on x, so there are no terms."),
        # parallel edges, and one edge of which only some uses lead to the output
        (product_of_equals, "forward", "x", "p",
         "∂p/∂x = ∂p/∂x (1st) · ∂x/∂x + ∂p/∂x (2nd) · ∂x/∂x = 3 · 1 + 3 · 1 = 6",
         "p uses x twice, so two terms add up."),
        (product_of_equals, "reverse", "p", "x",
         "∂p/∂x = ∂p/∂p · ∂p/∂x (1st) + ∂p/∂p · ∂p/∂x (2nd) = 1 · 3 + 1 · 3 = 6",
         "x is used three times, twice on the way to p, so two terms add up."),
        # the same symbol for the partial of one edge and for the derivative in all
        (partial_is_not_total, "forward", "a", "b2",
         "∂b₂/∂a = ∂b₂/∂a (direct) · ∂a/∂a + ∂b₂/∂b₁ · ∂b₁/∂a = 3 · 1 + 1 · 2 = 5",
         "b₂ has two arguments that depend on a, so two terms add up."),
        (partial_is_not_total, "reverse", "c", "b1",
         "∂c/∂b₁ = ∂c/∂c · ∂c/∂b₁ (direct) + ∂c/∂b₂ · ∂b₂/∂b₁ = 1 · 4 + 5 · 1 = 9",
         "b₁ is used twice, so two terms add up."),
    ],
)  # fmt: skip
def test_sentences(make: Any, direction: str, seed: str, node: str, sentence: str, reason: str) -> None:
    got, why = said(make(), direction, seed, node)
    assert sorted_terms(got) == sorted_terms(sentence)
    assert why == reason


def sorted_terms(sentence: str) -> list[list[str]]:
    """A sentence up to the order of its terms, which the sweep decides."""
    return [sorted(side.split(" + ")) for side in sentence.replace(" ≈ ", " = ≈ ").split(" = ")]


def test_a_square_uses_its_argument_twice() -> None:
    graph = linearize(trace({"p": (x * x).named("p")}), {"x": 3})
    assert said(graph, "reverse", "p", "x")[1] == "p uses x twice, so two terms add up."


def test_latex_sentences() -> None:
    sentence, reason = said(example(), "reverse", "J", "u1", style="latex")
    assert sentence == (
        r"\frac{\partial J}{\partial u_{1}} = \frac{\partial J}{\partial u} \cdot \frac{\partial u}{\partial u_{1}} "
        r"= 0.9695 \cdot 1 = 0.9695"
    )
    assert reason == r"u_{1}\text{ is used once, so there is one term.}"
    for graph, direction, seed in [
        (example(), "reverse", "J"), (product_of_equals(), "reverse", "q"), (partial_is_not_total(), "forward", "a"),
    ]:  # fmt: skip
        for node in graph:
            for text in said(graph, direction, seed, node, style="latex"):
                assert_is_latex(text)


def test_spoken_sentences() -> None:
    assert said(example(), "reverse", "J", "x", style="spoken")[0] == (
        "The derivative of J with respect to x equals the derivative of J with respect to t times "
        "the derivative of t with respect to x. In numbers: 2.275 times 4 is approximately 9.099."
    )
    assert said(product_of_equals(), "forward", "x", "p", style="spoken")[0].startswith(
        "The derivative of p with respect to x equals the derivative of p with respect to x as its 1st argument times "
    )
    assert said(example(), "reverse", "J", "b", style="spoken")[0] == (
        "The derivative of J with respect to b equals 0: J does not depend on b."
    )


def test_without_a_name_for_the_seed_totals_are_adjoints_and_tangents() -> None:
    graph = nx.MultiDiGraph()
    graph.add_edge("u1", "net_h", partial=2.0)
    graph.add_node("alone")
    steps = by_node(reverse(graph, {"net_h": 3.0}))
    assert step_sentence(steps["net_h"], direction="reverse") == "adjoint(net_h) = 3 (the seed)"
    assert step_sentence(steps["u1"], direction="reverse") == "u\u0304₁ = adjoint(net_h) · ∂net_h/∂u₁ = 3 · 2 = 6"
    assert step_sentence(steps["alone"], direction="reverse") == (
        "adjoint(alone) = 0: nothing that is seeded depends on alone"
    )
    assert step_reason(steps["net_h"], "reverse") == "net_h is a seed: the sweep starts here with 3."
    assert step_reason(steps["alone"], "reverse") == "Nothing that is seeded depends on alone, so there are no terms."
    ahead = by_node(forward(graph, {"u1": 1.0}))
    assert step_sentence(ahead["net_h"], direction="forward", style="latex") == (
        r"\dot{\mathrm{net}_{h}} = \frac{\partial \mathrm{net}_{h}}{\partial u_{1}} \cdot \dot{u_{1}} = 2 \cdot 1 = 2"
    )
    assert step_reason(ahead["net_h"], "forward") == (
        "net_h has one argument that depends on a seed, so there is one term."
    )


def test_a_node_that_is_seeded_and_reached_says_so() -> None:
    graph = example()
    step = by_node(reverse(graph, {"J": 1.0, "u1": 2.0}))["u1"]
    assert step_sentence(step, direction="reverse", seed="J", digits=3) == (
        "∂J/∂u₁ = 2 (the seed) + ∂J/∂u · ∂u/∂u₁ = 2 + 0.969 · 1 ≈ 2.97"
    )
    assert step_reason(step, "reverse", seed="J", graph=graph) == (
        "u₁ is used once, so there is one term. u₁ is a seed itself: its 2 comes first."
    )


def test_a_seed_other_than_one_is_not_called_a_derivative_of_itself() -> None:
    assert step_sentence(Step("J", (), 2.0, 2.0), direction="reverse", seed="J") == "J\u0304 = 2 (the seed)"


def test_number_words_end_at_ten() -> None:
    for count, words in [(3, "three times, so three"), (10, "ten times, so ten"), (11, "11 times, so 11")]:
        terms = tuple(Term("w", f"h{i}", 0, 1.0, 1.0, 1.0) for i in range(count))
        step = Step("w", terms, 0.0, float(count))
        assert step_reason(step, "reverse", seed="J") == f"w is used {words} terms add up."


def test_many_terms_are_cut_and_not_called_equal() -> None:
    terms = tuple(Term("w", f"h{i}", 0, 1.0, 1.0, 1.0) for i in range(100_000))
    sentence = step_sentence(Step("w", terms, 0.0, 100_000.0), direction="reverse", seed="J")
    assert sentence.endswith("1 · 1 + … (99994 more) ≈ 100000")
    assert len(sentence) < 400


@pytest.mark.parametrize(
    ("semiring", "seed", "ending"),
    [(FREE, FREE.one, " = l2 + l1 · l0"), (COUNT, 1, " = 1 · 1 + 1 · 1 = 2")],
    ids=["FREE", "COUNT"],
)
def test_other_semirings(semiring: Any, seed: Any, ending: str) -> None:
    graph = nx.MultiDiGraph()
    for i, (tail, head) in enumerate([("x", "t"), ("t", "y"), ("x", "y")]):
        graph.add_edge(tail, head, partial=f"l{i}")
    sentence = step_sentence(by_node(reverse(graph, {"y": seed}, semiring))["x"], direction="reverse", seed="y")
    assert sorted_terms(sentence)[-1] == sorted_terms(ending)[-1]
    assert step_sentence(by_node(reverse(graph, {"y": seed}, semiring))["y"], direction="reverse", seed="y") == (
        "∂y/∂y = 1 (the seed)"
    )


def test_symbols() -> None:
    graph = linearize(trace({"t": t, "y": F.sin(t).named("y")}))
    step = by_node(reverse(graph, {"y": 1}, EXPRESSION))["x"]
    assert step_sentence(step, direction="reverse", seed="y") == "∂y/∂x = ∂y/∂t · ∂t/∂x = cos(t)·(2·x)"
    assert step_sentence(step, direction="reverse", seed="y", style="latex").endswith(r" = \cos(t) \cdot (2x)")


def test_numbers_of_another_semiring_are_not_multiplied() -> None:
    # the longest path: addition is max, multiplication is +
    terms = (Term("x", "y", 0, 5.0, 0.0, 5.0), Term("x", "z", 0, 2.0, 1.0, 3.0))
    assert step_sentence(Step("x", terms, -math.inf, 5.0), direction="reverse") == (
        "x\u0304 = y\u0304 · ∂y/∂x + z\u0304 · ∂z/∂x = 5"
    )
    unreached = step_sentence(Step("b", (), -math.inf, -math.inf), direction="reverse", seed="J")
    assert unreached == "∂J/∂b = −∞: J does not depend on b"


def test_arrays_and_whatever_else_are_shown_as_they_are() -> None:
    terms = (Term("x", "y", 0, "<A>", "\x07", "<A>\x07"),)
    sentence = step_sentence(Step("x", terms, Counter(), "<A>\x07"), direction="reverse", seed="y")
    assert sentence == "∂y/∂x = ∂y/∂y · ∂y/∂x = <A>\\x07"


@pytest.mark.parametrize("key", HOSTILE, ids=ascii)
def test_hostile_names_are_safe_in_sentences(key: str) -> None:
    terms = (Term(key, "y", 0, 2.0, 1.0, 2.0), Term(key, key + "z", key, 2.0, 1.0, 2.0))
    for step in (Step(key, terms, 0.0, 4.0), Step(key, (), 0.0, 0.0), Step(key, (), 1.0, 1.0)):
        for seed in (None, "y", key):
            for text in (
                step_sentence(step, direction="reverse", seed=seed),
                step_sentence(step, direction="reverse", seed=seed, style="spoken"),
                step_reason(step, "reverse", seed=seed),
            ):
                assert "\n" not in text and all(c.isprintable() or c in "\u0304" for c in text)
            assert_is_latex(step_sentence(step, direction="forward", seed=seed, style="latex"))
            assert_is_latex(step_reason(step, "forward", seed=seed, style="latex"))


def test_wrong_questions_are_refused() -> None:
    step = Step("x", (), 0.0, 0.0)
    with pytest.raises(ValueError, match="direction: expected 'forward' or 'reverse', got 'backward'"):
        step_sentence(step, direction="backward", seed="J")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="style: expected"):
        step_reason(step, "reverse", seed="J", style="html")  # type: ignore[arg-type]


labels = st.one_of(
    st.floats(-10, 10).map(lambda v: round(v, 3)), st.floats(-1e3, 1e3), st.fractions(-3, 3, max_denominator=7),
    st.integers(-3, 3),
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(1, 3), labels), min_size=1, max_size=12), st.integers(1, 8))
def test_every_number_in_every_sentence_is_true(edges: list[tuple[int, int, Any]], digits: int) -> None:
    graph = nx.MultiDiGraph()
    graph.add_nodes_from(f"n{i}" for i in range(9))
    for tail, length, label in edges:
        graph.add_edge(f"n{tail}", f"n{tail + length}", partial=label)
    for direction, sweep, seed in (("reverse", reverse, "n4"), ("forward", forward, "n0")):
        for step in sweep(graph, {seed: 1}):
            sentence = step_sentence(step, direction=direction, seed=seed, graph=graph, digits=digits)  # type: ignore[arg-type]
            reason = step_reason(step, direction, seed=seed, graph=graph)  # type: ignore[arg-type]
            assert reason.endswith(".") and name(step.node) in reason
            if step.terms and "more)" not in sentence:
                assert_is_true(sentence.split(" = ", 2)[2])
                left, symbols, _ = sentence.split(" = ", 2)
                assert len(symbols.split(" + ")) == len(step.terms)
                assert left == (f"∂n₄/∂{name(step.node)}" if direction == "reverse" else f"∂{name(step.node)}/∂n₀")

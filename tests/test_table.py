"""The table of a sweep and the ledger of paths: what they say is true, complete, and safe to show."""

from __future__ import annotations

import os
import re
from collections import Counter
from fractions import Fraction
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import networkx as nx
import pytest

import compgraph as cg
from compgraph.notation.ledger import ledger, ledger_html, ledger_latex
from compgraph.render.table import Table, equation

EXAMPLE = "t = x^2; u1 = sin(t); u2 = 3t; u = u1 + u2; J = cos(u)"
HOSTILE = [
    "</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>", 'a"b\\', "50% of $x_\\alpha$ & #1~^{", "\x07",
]  # fmt: skip

GOLDEN = Path(__file__).parent / "data" / "golden"


def held(name: str, text: str) -> None:
    """The text is that of the golden file; COMPGRAPH_GOLDEN=update writes the file anew."""
    path = GOLDEN / name
    if os.environ.get("COMPGRAPH_GOLDEN") == "update":
        GOLDEN.mkdir(exist_ok=True)
        path.write_text(text + "\n", encoding="utf-8", newline="\n")
    assert text + "\n" == path.read_text(encoding="utf-8")


def case_solution(case: dict[str, Any], **options: Any) -> cg.Solution:
    return cg.solve("\n".join(case["assignments"]), case["inputs"], of=case["outputs"], **options)


# -- golden texts


@pytest.mark.parametrize(
    ("name", "problem", "at", "options"),
    [
        ("reverse", "J = cos(sin(x^2) + 3x^2)", {"x": 2}, {}),
        ("named", EXAMPLE, {"x": 2}, {}),
        ("forward", EXAMPLE, {"x": 2}, {"direction": "forward"}),
        ("symbolic", EXAMPLE, None, {}),
        ("exact", "t = x*x; y = t/x - z", {"x": "1/3", "z": 0.1, "unused": 1}, {"exact": True}),
        ("where", "y = where(x > 0, sqrt(x), k*x)", {"x": -1, "k": 3}, {}),
    ],
)
def test_the_text_is_held_by_a_golden_file(name: str, problem: str, at: Any, options: dict[str, Any]) -> None:
    held(f"table_{name}.txt", str(cg.solve(problem, at, **options).table()))


def test_the_level_of_statements_is_held_by_a_golden_file() -> None:
    s = cg.solve("t = x^2; J = cos(sin(t) + 3t)", {"x": 2})
    held("table_statements.txt", str(s.statements.table()))


@pytest.mark.parametrize("form", ["html", "tex"])
def test_html_and_latex_are_held_by_golden_files(form: str) -> None:
    table = cg.solve(EXAMPLE, {"x": 2}).table(digits=4)
    held(f"table_named.{form}", table._repr_html_() if form == "html" else table.latex())


def test_the_slide_has_two_increments_of_the_node_that_is_used_twice() -> None:
    text = str(cg.solve(EXAMPLE, {"x": 2}).table(digits=4))
    assert "∂J/∂t += ∂J/∂u₁ · ∂u₁/∂t = 0.9695 · (−0.6536) ≈ −0.6337" in text
    assert "∂J/∂t += ∂J/∂u₂ · ∂u₂/∂t" in text
    assert "∂u₁/∂t = cos(t)" in text
    assert "u = u₁ + u₂ = 11.24" in text


# -- what the rows hold


def pushed(solution: cg.Solution) -> list[tuple[str, str, int, Any, Any]]:
    """A push sweep, written out: head, tail, key, and the tail's adjoint before and after each ``+=``."""
    (seed,) = solution.outputs
    graph = solution.graph
    adjoint = dict.fromkeys(graph, 0.0) | {seed: 1.0}
    reached, lines = {seed}, []
    for head in reversed(list(graph)):
        for tail, _, key, partial in graph.in_edges(head, keys=True, data="partial"):
            if head in reached:
                before, adjoint[tail] = adjoint[tail], adjoint[tail] + adjoint[head] * partial
                reached.add(tail)
                lines.append((head, tail, key, before, adjoint[tail]))
    return lines


@pytest.mark.parametrize("statements", [False, True])
def test_lines_are_those_of_a_push_sweep(explicit_case: dict[str, Any], statements: bool) -> None:
    solution = case_solution(explicit_case)
    for output in solution.outputs:
        one = solution.sweep(output)
        one = one.statements if statements else one
        table = one.table()
        lines = [
            (line.term.head, line.term.tail, line.term.key, line.before, line.after)
            for row in [*table.rows, *table.summary]
            for line in row.lines
        ]
        assert lines == pushed(one)
        assert {tail: after for _, tail, _, _, after in lines}.items() <= one.derivatives.items()


def test_a_forward_row_collects_the_terms_of_its_own_equation(explicit_case: dict[str, Any]) -> None:
    solution = case_solution(explicit_case, direction="forward")
    for name in solution.inputs[:3]:
        one = solution.sweep(name)
        rows = list(one.table().rows)
        assert [row.node for row in rows] == list(one.graph)
        for row in rows:
            assert all(line.term.head == row.node for line in row.lines)
            if row.lines:
                assert row.lines[-1].after == one.derivatives[row.node]


def test_running_totals_of_the_cppad_trace(golden_cases: dict[str, dict[str, Any]]) -> None:
    table = case_solution(golden_cases["cppad_exp_eps"]).table()
    totals: dict[str, list[float]] = {}
    for row in table.rows:
        for line in row.lines:
            totals.setdefault(line.term.tail, []).append(line.after)
    assert totals["v1"] == [0.25, 1.5]
    assert totals["v3"] == [0.25, 1.25]


# -- what the text claims

_NUMBER = r"\(?−?[\d.]+(?:×10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)?(?:/\d+)?\)?"
_CLAIM = re.compile(rf"({_NUMBER}) · ({_NUMBER}) ([=≈]) ({_NUMBER})(?=\s|$)")
_LOWER = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹−", "-0123456789-")


def as_printed(written: str) -> Fraction:
    plain, _, power = written.strip("()").partition("×10")
    return Fraction(plain.translate(_LOWER)) * Fraction(10) ** int(power.translate(_LOWER) or 0)


@pytest.mark.parametrize("digits", [2, 4, 6])
def test_every_printed_equality_is_true(explicit_case: dict[str, Any], digits: int) -> None:
    solution = case_solution(explicit_case)
    claims = 0
    for output in solution.outputs:
        for left, right, sign, result in _CLAIM.findall(str(solution.sweep(output).table(digits=digits))):
            product, claimed = as_printed(left) * as_printed(right), as_printed(result)
            assert (sign == "=") == (product == claimed)
            assert abs(product - claimed) <= Fraction(3, 10 ** (digits - 1)) * abs(claimed) or product == claimed
            claims += 1
        claims -= sum(len(row.lines) for row in solution.sweep(output).table().rows)
    assert claims == 0  # and none was overlooked


def test_columns_are_aligned() -> None:
    lines = str(cg.solve("ä = 名x; y = sin(ä)*名", {"名": 2, "x": 3}).table()).splitlines()[2:]
    width = lambda s: sum(2 if c == "名" else 0 if c == "\u0304" else 1 for c in s)  # noqa: E731
    starts = {width(line[: line.index("∂")]) for line in lines if "∂" in line}
    assert len(starts) == 1


# -- what is left out, and said to be


def test_unused_inputs_and_branches_not_taken_are_rows_too() -> None:
    text = str(cg.solve("y = where(x > 0, sqrt(x), k*x)", {"x": -1, "k": 3, "z": 5}).table())
    assert re.search(r"v₂ = sqrt\(x\): not evaluated +∂y/∂v₂ = 0", text)
    assert re.search(r"v₁ = \(x > 0\) = false", text)
    assert re.search(r"z = 5 +∂y/∂z = 0: y does not depend on z", text)
    assert re.search(r"x = −1 +∂y/∂x = 3", text)


def test_inputs_outside_wrt_have_no_derivative() -> None:
    table = cg.solve("f = x*y", {"x": 2, "y": 3}, wrt="x").table()
    assert re.search(r"(?m)^y = 3$", str(table))
    assert [row.node for row in table.summary] == ["x"]


def test_parallel_edges_are_told_apart() -> None:
    text = str(cg.solve("y = x*x", {"x": 3}).table())
    assert "∂y/∂x (1st) = 1 · 3 = 3" in text
    assert "∂y/∂x (2nd) = 1 · 3 = 3" in text


def test_an_output_that_is_a_number_has_a_table() -> None:
    assert "f = 6" in str(cg.solve("f = 2*3", {}).table())


def test_a_big_table_is_whole_as_text_and_honest_as_a_picture() -> None:
    s = cg.solve("\n".join(["a0 = x", *(f"a{i} = sin(a{i - 1})" for i in range(1, 3000))]), {"x": 1})
    table = s.table()
    assert str(table).count("+=") == 3000
    assert repr(table).count("+=") == 60
    line = "… and 2940 more rows; print(table) shows all 3000"
    assert line in repr(table)
    assert line in table._repr_html_()
    assert table._repr_html_().count("<tr>") < 80
    assert "2940" in table._repr_latex_()
    assert table.latex().count("+") >= 3000


def test_several_sweeps_are_refused_with_what_to_write() -> None:
    s = cg.solve({"a": cg.Variable("x") * 2, "b": cg.Variable("x") + 1}, {"x": 1}, of=["a", "b"])
    with pytest.raises(ValueError, match=r"s\.sweep\('a'\)\.table"):
        s.table()
    assert "∂b/∂x" in str(s.sweep("b").table())


def test_digits_that_cannot_be_are_refused_at_once() -> None:
    with pytest.raises(ValueError, match="digits"):
        cg.solve("y = x", {"x": 1}).table(digits=0)


def test_an_equation_of_a_node_made_by_hand_is_its_name() -> None:
    graph = nx.MultiDiGraph()
    graph.add_edge("a", "b1", partial=2.0)
    assert equation(graph, "b1") == "b₁"


# -- media


class Tags(HTMLParser):
    """Start tags with their attributes, and the text."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, Any]]] = []
        self.text = ""
        self.feed(document)
        self.close()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def hostile_solution() -> cg.Solution:
    inputs = [cg.Variable(name) for name in HOSTILE]
    return cg.solve({HOSTILE[0] + "!": cg.sin(inputs[0]) * inputs[1] + inputs[2] * inputs[3] * inputs[4]},
                    dict.fromkeys(HOSTILE, 1.5))  # fmt: skip


def test_html_is_a_table_and_nothing_else_whatever_the_names() -> None:
    s = hostile_solution()
    for document in (s.table()._repr_html_(), ledger_html(s.paths(HOSTILE[0]))):
        parsed = Tags(document)
        assert {tag for tag, _ in parsed.tags} == {"table", "caption", "thead", "tbody", "tr", "th", "td"}
        assert {key for _, attributes in parsed.tags for key in attributes} <= {"style", "scope", "rowspan", "colspan"}
        assert "alert(1)" in parsed.text


def test_html_names_its_columns_and_spans_its_rows() -> None:
    parsed = Tags(cg.solve(EXAMPLE, {"x": 2}).table()._repr_html_())
    assert [a["scope"] for tag, a in parsed.tags if tag == "th" and a["scope"] == "col"] == ["col"] * 4
    rows = sum(tag == "tr" for tag, _ in parsed.tags) - 1
    assert sum(int(a.get("rowspan", 1)) for tag, a in parsed.tags if a.get("scope") == "row") == rows


def cells(latex: str) -> list[list[str]]:
    lines = [line.removesuffix(r" \\[4pt]") for line in latex.splitlines() if line.endswith(r"\\[4pt]")]
    return [re.split(r"(?<!\\) & ", line) for line in lines]


@pytest.mark.parametrize(
    "solution",
    [
        pytest.param(lambda: cg.solve(EXAMPLE, {"x": 2}), id="point"),
        pytest.param(lambda: cg.solve(EXAMPLE, {"x": 2}, direction="forward"), id="forward"),
        pytest.param(lambda: cg.solve(EXAMPLE), id="symbolic"),
        pytest.param(lambda: cg.solve("y = x*x/alpha_1", {"x": "1/3", "alpha_1": 7}, exact=True), id="exact"),
        pytest.param(hostile_solution, id="hostile"),
    ],
)
def test_latex_is_balanced_and_is_set(solution: Any) -> None:
    s = solution()
    for source, columns in ((s.table().latex(), 4), (ledger_latex(s.paths(s.inputs[0])), 2)):
        bare = re.sub(r"\\[{}\\]", "", source)
        assert bare.count("{") == bare.count("}")
        assert source.count(r"\begin{array}") == source.count(r"\end{array}") == 1
        assert cells(source)
        assert all(len(row) == columns for row in cells(source))
        mathtext = pytest.importorskip("matplotlib.mathtext")
        parser = mathtext.MathTextParser("path")
        for row in cells(source):
            for cell in filter(None, row):
                known = cell.replace(r"\&", "+")  # the only escape that this engine does not know
                assert parser.parse(f"${known}$").width > 0


def test_a_notebook_gets_text_html_and_latex() -> None:
    bundle = cg.solve(EXAMPLE, {"x": 2}).table()._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html", "text/latex"}
    assert bundle["text/latex"].startswith("$$\n\\begin{array}")


# -- the ledger of paths


def test_the_ledger_of_the_worked_example() -> None:
    assert repr(cg.solve(EXAMPLE, {"x": 2}).paths("x")).splitlines() == [
        "x → t → u₁ → u → J   0.969498 · 1 · (−0.653644) · 4 ≈ −2.53482",
        "x → t → u₂ → u → J   0.969498 · 1 · 3 · 4 ≈ 11.634",
        "2 paths              sum ≈ 9.09915",
    ]


def test_more_paths_than_atoms_are_counted_and_a_few_listed() -> None:
    graph = nx.MultiDiGraph()
    for i in range(60):
        for _ in range(2):
            graph.add_edge(i, i + 1, partial=1)
    lines = repr(cg.paths(graph, 0, 60)).splitlines()
    assert lines[-2] == (
        "… and 1152921504606846966 more: 1152921504606846976 paths in all; the sum is exact without listing them"
    )
    assert lines[-1].split("   ")[0] == "1152921504606846976 paths"
    assert lines[-1].endswith("sum = 1152921504606846976")
    assert len(lines) == 12
    assert len(set(lines)) == 12  # parallel edges are told apart


def test_factors_nearer_the_output_stand_on_the_left() -> None:
    graph = nx.MultiDiGraph()
    graph.add_edge("x", "t", partial="a")
    graph.add_edge("t", "y", partial="b")
    assert repr(cg.paths(graph, "x", "y", cg.FREE)).splitlines()[0].endswith("b · a")
    s = cg.solve("t = 2x; y = 3t", {"x": 1})
    assert "3 · 2 = 6" in repr(s.paths("x"))


def test_the_ledger_in_symbols_shows_factors_and_product() -> None:
    first = repr(cg.solve(EXAMPLE).paths("x")).splitlines()[0]
    assert first == "x → t → u₁ → u → J   −sin(u)·1·cos(t)·(2·x) = −sin(u)·(cos(t)·(2·x))"


@pytest.mark.parametrize(
    ("tail", "head", "expected"), [("y", "x", "0 paths   sum = 0"), ("x", "x", "1 path   sum = 1")]
)
def test_no_path_and_the_path_of_no_edges(tail: str, head: str, expected: str) -> None:
    graph = nx.MultiDiGraph()
    graph.add_edge("x", "y", partial=2.0)
    assert ledger(cg.paths(graph, tail, head)).splitlines()[-1] == expected


def test_the_ledger_shows_itself_in_a_notebook() -> None:
    paths = cg.solve("y = x*x", {"x": 3}).paths("x")
    assert "x → y (1st)" in paths._repr_html_()
    assert r"x \to y\,\text{(2nd)}" in paths._repr_latex_()
    assert Counter(tag for tag, _ in Tags(paths._repr_html_()).tags)["tr"] == 4


def test_a_sum_of_printed_products_that_is_not_the_printed_sum_is_said_to_be_rounded() -> None:
    graph = nx.MultiDiGraph()
    for i in range(3):
        graph.add_edge("x", "y", key=i, partial=1 / 3)
    assert ledger(cg.paths(graph, "x", "y")).endswith("sum ≈ 1")


def test_table_is_what_solution_table_gives() -> None:
    assert isinstance(cg.solve("y = x", {"x": 1}).table(), Table)

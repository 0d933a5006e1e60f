"""Widgets without a browser: what Python sees and sets, and what stays where there is no anywidget."""

from __future__ import annotations

import sys
from typing import Any

import pytest

import compgraph as cg
from compgraph.homework import Problem, Report, Worksheet
from tests.pictures import EXAMPLE

NETWORK = "h = tanh(w*x + b); p = v*h + c; J = (p - y)^2"

FINDABLE = "needs anywidget: pip install compgraph[widget]"


def solved() -> cg.Solution:
    return cg.solve(EXAMPLE, at={"x": 2})


def sheet(**options: Any) -> Worksheet:
    at = {"w": "0.6", "x": "1.5", "b": "-0.4"}
    return Worksheet(
        Problem("z = w*x + b; a = sigmoid(z)", title="hw3", at=at, wrt=["w"]), ask=["val", "grad"], **options
    )


@pytest.mark.parametrize(
    "make", [lambda: solved().film().widget(), lambda: solved().widget(), lambda: sheet().widget()]
)
def test_without_anywidget_there_is_one_sentence(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from compgraph.render import widget

    monkeypatch.setitem(sys.modules, "anywidget", None)
    for module in (widget, sys.modules.get("compgraph.homework.widget", widget)):
        module._kind.cache_clear()
    with pytest.raises(ImportError, match=r"widgets need anywidget. Install it: pip install compgraph\[widget\]"):
        make()
    assert "text/html" in solved().film()._repr_mimebundle_() and sheet()._repr_svg_().startswith("<svg")


@pytest.fixture
def traitlets() -> Any:
    pytest.importorskip("anywidget", reason=FINDABLE)
    return pytest.importorskip("traitlets")


def test_step_and_selection_are_traits(traitlets: Any) -> None:
    w = solved().widget(step=2, selection="u1")
    seen: list[tuple[str, Any]] = []
    w.observe(lambda change: seen.append((change.name, change.new)), ["step", "selection"])
    w.step, w.selection = 5, None
    w.step = 5  # which it is
    assert seen == [("step", 5), ("selection", None)]
    assert repr(w) == "FilmWidget(step=5, selection=None) of Film: Derivatives of J, 7 frames of 6 nodes"


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("step", 7, "step: expected a number from 0 to 6, got 7."),
        ("step", -1, "step: expected a number from 0 to 6, got -1."),
        ("selection", "u9", "selection: expected one of x, t, u1, u2, u, J, or None, got 'u9'."),
    ],
)
def test_what_is_no_step_or_node_is_refused(traitlets: Any, name: str, value: Any, message: str) -> None:
    w = solved().widget()
    with pytest.raises(traitlets.TraitError, match=message):
        setattr(w, name, value)
    with pytest.raises(traitlets.TraitError, match=message):
        solved().widget(**{name: value})
    assert (w.step, w.selection) == (0, None)


def test_every_film_has_its_nodes_by_name(traitlets: Any) -> None:
    s = solved()
    network = cg.solve(NETWORK, at={"x": 1, "w": 2, "b": 0, "v": 3, "c": 1, "y": 2})
    for film in (s.film(), s.film(cg.markowitz), s.over(cg.MAX_PRODUCT).film(), network.network("x")):
        w = film.widget(selection=film.keys[-1])
        assert len(film.keys) == len(film.script.nodes) and w.selection in film.keys
    assert list(s.film(cg.markowitz).keys) == list(s.graph)
    assert network.network("x").keys == ("x", "h", "p", "J")


def test_the_page_of_a_widget_is_the_films(traitlets: Any) -> None:
    w = solved().widget()
    data, _ = w._repr_mimebundle_()
    assert w.get_state()["_page"] == w.film.html()
    assert data["text/html"] == w.film._repr_html_()  # where no kernel runs
    assert "application/vnd.jupyter.widget-view+json" in data and data["text/plain"] == repr(w)


# -- worksheets


def test_a_worksheet_is_filled_in_and_checked(traitlets: Any) -> None:
    w = sheet().widget()
    assert w.answers == {} and w.report is None
    w.answers = {"val:z": "0.5", "val:a": "0.6225", "grad:z": "0.2350", "grad:w": "0.2"}
    seen: list[Report] = []
    w.observe(lambda change: seen.append(change.new), "report")
    report = w.check()
    assert seen == [report] and w.report is report and report.score == 3 and report.roots == ["grad:w"]
    assert w.get_state()["_report"] == report.html()
    assert repr(w).endswith("4 filled in")


def test_the_button_marks_what_was_typed(traitlets: Any) -> None:
    w = sheet().widget()
    w.set_state({"answers": {"val:z": "0.5"}})  # as the page tells it
    w._handle_custom_msg("check", [])
    assert w.report["val:z"].verdict == "correct" and w.report["val:a"].verdict == "blank"


def test_marking_is_that_of_the_problem_unless_told_otherwise(traitlets: Any) -> None:
    answers = {"val:a": "0.62"}
    for widget, verdict in ((sheet().widget(), "too_few_digits"), (sheet().widget(digits=2), "correct"),
                            (sheet(digits=2).widget(), "correct")):  # fmt: skip
        widget.answers = answers
        assert widget.check()["val:a"].verdict == verdict
    with pytest.raises(ValueError, match="detail: expected one of"):
        sheet().widget(detail="everything")


def test_what_is_no_cell_is_refused(traitlets: Any) -> None:
    w = sheet().widget()
    with pytest.raises(traitlets.TraitError, match="answers: 'zz' is no cell name"):
        w.answers = {"zz": "1"}
    with pytest.raises(traitlets.TraitError, match="must be a unicode string"):
        w.answers = {"val:z": 0.5}
    w.answers = {"val:z": "'; DROP TABLE"}
    assert w.check()["val:z"].verdict == "invalid"


def test_a_sheet_in_a_cell_holds_no_answer(traitlets: Any) -> None:
    w = sheet().widget()
    state = {name: value for name, value in w.get_state().items() if name != "_esm"}
    right = f"{cg.solve('z = w*x + b; a = sigmoid(z)', at={'w': 0.6, 'x': 1.5, 'b': -0.4}).values['a']:.4f}"
    assert right not in str(state) and right not in str(w._repr_mimebundle_())
    w.check()
    assert right not in w.get_state()["_report"]

"""Tables for pandas: the numbers are the Solution's, in columns of the kind that they are."""

from __future__ import annotations

import doctest
import math
from fractions import Fraction
from pathlib import Path
from typing import Any

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import compgraph as cg
from compgraph.homework import Problem, Sheet, grade_class
from compgraph.interop import pandas as tables
from tests.strategies import Sample, expressions

pd = pytest.importorskip("pandas")

EXAMPLE = "t = x^2; u1 = sin(t); u2 = 3t; u = u1 + u2; J = cos(u)"


@given(expressions(), st.sampled_from(["reverse", "forward"]))
@settings(max_examples=25)
def test_the_numbers_are_the_solutions(sample: Sample, direction: str) -> None:
    s = cg.solve(sample.expression, at=sample.point, direction=direction).sweep("f" if direction == "reverse" else "x")
    nodes, edges, steps = tables.nodes(s), tables.edges(s), tables.steps(s)
    assert nodes["value"].dropna().to_dict() == pytest.approx({k: float(v) for k, v in s.values.items()})
    assert nodes["derivative"].dropna().to_dict() == pytest.approx(s.derivatives)
    assert edges["partial"].to_dict() == s.partials
    assert nodes["value"].dtype == nodes["derivative"].dtype == "float64"
    assert edges.empty or edges["partial"].dtype == "float64"
    assert steps.groupby("node")["total"].last().to_dict() == pytest.approx(s.derivatives)
    assert len(steps) == sum(max(1, len(step.terms)) for step in s.steps)


def test_kinds_of_columns() -> None:
    s = cg.solve("f = where(x > 0, x*y, sqrt(x))", at={"x": 2, "y": 3})
    nodes = tables.nodes(s)
    assert nodes["value"].dtype == "float64" and nodes.index.name == "node" and nodes.loc["f", "value"] == 6.0
    assert nodes["value"].isna().sum() == 1  # of the branch that is not taken
    steps = tables.steps(s)
    assert (steps["step"].dtype, steps["argument"].dtype, steps["product"].dtype) == ("int64", "Int64", "float64")
    exact = tables.nodes(cg.solve("f = x/3", at={"x": "1/2"}, exact=True))
    assert exact.loc["f", "value"] == Fraction(1, 6) and exact["value"].dtype == object
    symbols = tables.nodes(cg.solve("f = x^2"))
    assert repr(symbols.loc["x", "derivative"]) == "2·x"
    counts = tables.nodes(cg.solve(EXAMPLE, at={"x": 2}).over(cg.COUNT))
    assert counts["total"].dtype == "int64" and counts.loc["x", "total"] == 2
    assert tables.edges(cg.solve("f = 2", at={})).empty


def test_equations_and_formulas_are_in_the_names_of_the_picture() -> None:
    s = cg.solve(EXAMPLE, at={"x": 2})
    assert tables.nodes(s)["equation"].to_dict() == {
        "x": "", "t": "x²", "u1": "sin(t)", "u2": "3·t", "u": "u1 + u2", "J": "cos(u)",
    }  # fmt: skip
    assert tables.edges(s)["formula"].to_dict()["t", "u1", 0] == "cos(t)"
    assert list(tables.edges(s.statements)["formula"]) == list(tables.edges(s)["formula"])


def test_several_sweeps() -> None:
    s = cg.solve("p = x*y; q = x + y", at={"x": 2, "y": 3}, of=["p", "q"])
    assert list(tables.nodes(s).columns) == ["equation", "value", "derivative of p", "derivative of q"]
    forward = cg.solve("p = x*y; q = x + y", at={"x": 2, "y": 3}, of=["p", "q"], direction="forward")
    assert list(tables.nodes(forward).columns)[2:] == ["derivative by x", "derivative by y"]
    assert tables.jacobian(s).loc["p"].to_dict() == {"x": 3.0, "y": 2.0}
    assert tables.jacobian(s).equals(tables.jacobian(s.jacobian))
    with pytest.raises(ValueError, match=r"steps: expected one sweep"):
        tables.steps(s)


def test_the_table_is_the_printed_one() -> None:
    s = cg.solve(EXAMPLE, at={"x": 2})
    found = tables.table(s)
    printed = str(s.table())
    assert list(found.columns) == ["Forward", "Backward", "Local partial", "Total so far"]
    assert all(cell in printed for cell in found.to_numpy().ravel()) and len(found) >= len(s.graph)


def test_paths() -> None:
    s = cg.solve(EXAMPLE, at={"x": 2})
    found = tables.paths(s.paths("x"))
    assert list(found["path"]) == ["x → t → u1 → u → J", "x → t → u2 → u → J"]
    assert found["product"].sum() == pytest.approx(s.gradient["x"]) and len(found.loc[0, "factors"]) == 4
    f: Any = cg.Variable("x")
    for _ in range(60):
        f = f + f
    many = cg.solve(f, at={"x": 1}).paths("x")
    with pytest.raises(ValueError, match=f"{2**60} paths are more than a table holds.*most=100"):
        tables.paths(many)
    assert len(tables.paths(many, most=3)) == 3
    assert tables.paths(cg.solve("f = x + y", at={"x": 1, "y": 2}).paths("x", "y")).empty


def test_orders() -> None:
    compared = cg.compare_orders(cg.solve(EXAMPLE, at={"x": 2}).graph)
    found = tables.orders(compared)
    assert found.loc["reverse", "multiplications"] == compared.prices[1].cost.multiplications
    assert found.index[-1] == "path by path" and set(found.dtypes.astype(str)) == {"int64"}
    bare = nx.MultiDiGraph([("x", "t"), ("t", "y")])
    assert tables.orders(cg.compare_orders(bare))["without_ones"].isna().all()


def test_marks_of_a_class() -> None:
    problem = Problem("z = w*x + b; a = sigmoid(z)", at={"w": "0.6", "x": "1.5", "b": "-0.4"}, title="hw3")
    sheets = [Sheet({"val:z": "0.5", "val:a": "0.622"}, "s1"), Sheet({"val:z": "0.9"}, "s2")]
    found = tables.marks(grade_class(problem, sheets))
    assert found["score"].to_dict() == {"s1": 2.0, "s2": 0.0} and found["score"].dtype == "float64"
    assert found.loc["s1", "val:a"] == 1.0 and math.isnan(found.loc["s2", "val:a"])
    assert found["attempts"].dtype == "int64" and found.index.name == "student"


def test_the_readme_is_true() -> None:
    pytest.importorskip("sympy")
    pytest.importorskip("networkx", minversion="3.4")
    readme = Path(tables.__file__).with_name("README.md")
    failed, tried = doctest.testfile(str(readme), module_relative=False, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert failed == 0 and tried > 10

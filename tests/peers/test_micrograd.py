"""What micrograd's engine tests say, said of this library.

The facts are those of ``test/test_engine.py`` in github.com/karpathy/micrograd (MIT): two computations in which names
are bound again and again and nodes are used several times, their values and derivatives. There they are compared with
PyTorch; here they are recomputed in three ways, and with micrograd and PyTorch as well where these are installed.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

import compgraph as cg


def sanity(x: Any, relu: Callable[[Any], Any]) -> Any:
    """One input, used seven times over."""
    z = 2 * x + 2 + x
    q = relu(z) + z * x
    h = relu(z * z)
    return h + q + q * x


def more(a: Any, b: Any, relu: Callable[[Any], Any]) -> Any:
    """Two inputs; c, d and g are bound anew to what holds their old selves."""
    c, d = a + b, a * b + b**3
    c = c + (c + 1)
    c = c + (1 + c + (-a))
    d = d + (d * 2 + relu(b + a))
    d = d + (3 * d + relu(b - a))
    e = c - d
    f = e**2
    g = f / 2
    return g + 10 / f


#: Function, point, value, derivatives; exact, so that nobody has to believe anybody's floats.
FACTS: dict[str, tuple[Callable[..., Any], dict[str, int], Fraction, dict[str, Fraction]]] = {
    "sanity": (sanity, {"x": -4}, Fraction(-20), {"x": Fraction(46)}),
    "more": (more, {"a": -4, "b": 2}, Fraction(49, 2) + Fraction(10, 49), {
        "a": Fraction(47_620, 343), "b": Fraction(221_433, 343),
    }),
}  # fmt: skip


@pytest.fixture(params=FACTS)
def fact(request: pytest.FixtureRequest) -> Any:
    return FACTS[request.param]


def test_values_and_derivatives_are_exact(fact: Any) -> None:
    function, point, value, derivatives = fact
    variables = [cg.Variable(name) for name in point]
    solution = cg.solve({"g": function(*variables, cg.relu)}, at=point, exact=True)
    assert solution.values["g"] == value
    assert solution.gradient == derivatives


@pytest.mark.parametrize("direction", ["reverse", "forward", "auto"])
def test_in_floats_in_every_direction(fact: Any, direction: str) -> None:
    function, point, value, derivatives = fact
    output = function(*map(cg.Variable, point), cg.relu)
    solution = cg.solve({"g": output}, at=point, direction=direction)
    assert solution.values["g"] == pytest.approx(float(value), rel=1e-15)
    found = {name: solution.jacobian["g", name] for name in point}
    assert found == pytest.approx({name: float(d) for name, d in derivatives.items()}, rel=1e-15)


def test_a_second_backward_pass_changes_nothing(fact: Any) -> None:
    function, point, value, derivatives = fact
    gradient = cg.value_and_gradient(function(*map(cg.Variable, point), cg.relu), list(point))
    assert gradient(*point.values()) == gradient(*point.values())
    found, partials = gradient(*point.values())
    assert found == pytest.approx(float(value)) and partials == pytest.approx([float(d) for d in derivatives.values()])


def test_the_peers_agree_where_they_are_installed(fact: Any) -> None:
    engine = pytest.importorskip("micrograd.engine")
    function, point, value, derivatives = fact
    inputs = [engine.Value(number) for number in point.values()]
    output = function(*inputs, engine.Value.relu)
    output.backward()
    assert output.data == pytest.approx(float(value), rel=1e-12)
    assert [one.grad for one in inputs] == pytest.approx([float(d) for d in derivatives.values()], rel=1e-12)


def test_text_binds_names_again_as_python_does() -> None:
    s = cg.solve(
        """
        c = a + b;          d = a b + b^3
        c = c + c + 1;      c = c + 1 + c - a
        d = d + 2d + relu(b + a)
        d = d + 3d + relu(b - a)
        f = (c - d)^2
        g = f/2 + 10/f
        """,
        at={"a": -4, "b": 2},
        exact=True,
    )
    _, _, value, derivatives = FACTS["more"]
    assert s.values["g"] == value and s.gradient == derivatives
    assert {"c.1", "c.2", "c", "d.1", "d.2", "d"} <= set(s.graph)

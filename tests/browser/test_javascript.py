"""The player's arithmetic in node: programs say what Python says, numbers are printed and judged alike."""

from __future__ import annotations

import json
import math
import random
import shutil
import subprocess
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import compgraph as cg
from compgraph import notation
from compgraph.expression import VARIABLE, Variable
from compgraph.functions import FUNCTIONS, HIDDEN
from compgraph.homework.answers import read_answer
from compgraph.homework.verdict import Options, is_short, meets
from compgraph.listing.javascript import labels
from compgraph.render import film
from compgraph.render.page import PARTS
from tests.browser.pages import missing
from tests.pictures import EXAMPLE, SHAPES
from tests.primitive_cases import LOGICAL, NUMERIC

pytestmark = pytest.mark.browser

PLAYER = Path(film.__file__).parent / "player"
ROWS = {row.name: row for row in {**FUNCTIONS, **HIDDEN}.values() if row is not VARIABLE}
SPECIAL = {"Infinity": math.inf, "-Infinity": -math.inf, "NaN": math.nan}


def node(script: str, given: Any) -> Any:
    """What a script makes of `given`: it is a body of a function, and returns JSON or what becomes JSON."""
    program = shutil.which("node")
    if program is None:
        missing("node: apt-get install nodejs")
    whole = (
        f"const given = JSON.parse(require('fs').readFileSync(0, 'utf8'));\n"
        f"const result = (() => {{\n{script}\n}})();\n"
        "const plain = (_, x) => (typeof x === 'number' && !Number.isFinite(x) ? String(x) : x);\n"
        "process.stdout.write(JSON.stringify(result, plain));"
    )
    found = subprocess.run(
        [str(program), "-e", whole], input=json.dumps(given), capture_output=True, text=True, encoding="utf-8"
    )
    assert found.returncode == 0, found.stderr[:2000]
    return json.loads(found.stdout)


def number(found: Any) -> Any:
    return SPECIAL.get(found, found) if isinstance(found, str) else found


def close(a: float, b: float) -> bool:
    return a == b or (a != a and b != b) or abs(a - b) <= 1e-12 * max(abs(a), abs(b)) or max(abs(a), abs(b)) < 1e-300


# -- programs


def test_every_primitive_computes_what_python_computes() -> None:
    rng = random.Random(7)
    codes, points, expected = [], [], []
    for name, row in ROWS.items():
        if name in LOGICAL:
            continue
        case = NUMERIC[name]
        arguments = [Variable(f"a{i}") for i in range(len(case.spans))]
        program = cg.derivative_program(row(*arguments).named("y"), wrt=arguments)
        function = program.compile()
        near = [tuple(_drawn(rng, *span) for span in case.spans) for _ in range(40)]
        codes.append(program.javascript(name=f"f_{name}"))
        kept = []
        for point in [*near, *(p for p in case.points if len(p) == len(arguments))]:
            try:
                value, slopes = function(*point)
            except (cg.DomainError, ArithmeticError):
                continue
            if all(map(math.isfinite, (value, *slopes))):
                kept.append((point, [value, *slopes]))
        assert len(kept) >= 10, name
        points.append((name, [point for point, _ in kept]))
        expected += [(name, point, numbers) for point, numbers in kept]
    run = "return given.flatMap(([name, points]) => points.map((p) => table[name](...p).flat()));"
    names = [name for name, _ in points]
    scopes = ", ".join(
        f"{json.dumps(name)}: (() => {{ {code}\nreturn f_{name}; }})()" for name, code in zip(names, codes, strict=True)
    )
    found = node(f"const table = {{{scopes}}};\n{run}", points)
    wrong = [
        (name, point, numbers, got)
        for (name, point, numbers), got in zip(expected, found, strict=True)
        if not all(close(a, number(b)) for a, b in zip(numbers, got, strict=True))
    ]
    assert wrong == []


def _drawn(rng: random.Random, low: float, high: float) -> float:
    """A number of the span, of any size it has, but such that differences in rounding do not grow beyond it."""
    low, high = max(low, -500.0), min(high, 500.0)
    return rng.uniform(low, high) if rng.random() < 0.5 else rng.uniform(max(low, -3.0), min(high, 3.0))


def test_conditions_choose_as_python_does() -> None:
    text = (
        "f = where(x > 0, where(y >= x, x*y, x - y), where(x == y, 1, where(y != 2, x + y, 7))) + where(x <= y, 1, 2)"
    )
    x, y = Variable("x"), Variable("y")
    both = cg.logical_and(x > 0, cg.logical_not(cg.logical_or(y < 1, y > 2)))
    points = [(float(a), float(b)) for a in (-1, 0, 2) for b in (-1, 0, 1, 2, 3)]
    for program in (cg.program(text), cg.program(cg.where(both, x * y, x - y) + 0 * x + 0 * y)):
        found = node(f"{program.javascript()}\nreturn given.map((p) => f(...p));", points)
        assert found == [program.compile()(*point) for point in points]


@pytest.mark.parametrize("name", [*SHAPES, "statements"])
def test_labels_at_other_points_are_those_of_python(name: str) -> None:
    text = "t = x^2; u1 = sin(t)*exp(-x); J = tanh(u1 + 3t)*u1/(1 + t)"
    solution = cg.solve(text, {"x": 0.3}).statements if name == "statements" else SHAPES[name]()
    if name == "symbols":
        solution = cg.solve(EXAMPLE, {"x": 2})
    fine = solution.graph.graph.get("operations", solution.graph)
    inputs = [key for key, data in fine.nodes(data=True) if data["primitive"] is VARIABLE]
    rng = random.Random(name)
    at = [fine.nodes[key]["value"] for key in inputs]
    points = [at, *([v * (1 + 0.2 * rng.uniform(-1, 1)) for v in at] for _ in range(8))]
    found = node(f"{labels(solution.graph)}\nreturn given.map((p) => labels(...p));", points)
    for point, (values, partials, _) in zip(points, found, strict=True):
        graph = cg.linearize(fine, dict(zip(inputs, point, strict=True)))
        graph = cg.statements(graph) if fine is not solution.graph else graph
        for a, b in zip(graph.nodes(data="value"), values, strict=True):
            assert a[1] is None or close(float(a[1]), float(number(b))), a[0]
        edges = list(graph.edges(keys=True, data="partial"))
        assert [edge[:3] for edge in edges] == list(solution.graph.edges(keys=True))
        for edge, b in zip(edges, partials, strict=True):
            assert close(float(edge[3]), number(b)), edge


def test_a_primitive_of_ones_own_has_no_javascript() -> None:
    row = cg.Primitive("mine", lambda x: 2 * x, lambda y, x: 2)
    graph = cg.solve(row(Variable("x")), {"x": 1.0}).graph
    with pytest.raises(ValueError, match="mine: expected a primitive that JavaScript has"):
        labels(graph)
    assert "// of your own, to be defined: mine" in cg.program(row(Variable("x"))).javascript()
    with pytest.raises(ValueError, match="expected a JavaScript identifier, got 'let'"):
        cg.program("x^2").javascript(name="let")


# -- numbers


def player(script: str, given: Any) -> Any:
    return node((PLAYER / "numbers.js").read_text("utf-8") + script, given)


def test_numbers_are_printed_as_python_prints_them() -> None:
    rng = random.Random(3)
    some = [rng.uniform(-10, 10) * 10.0 ** rng.randint(-12, 12) for _ in range(3000)]
    some += [round(x, rng.randint(0, 6)) for x in some[:500]]
    some += [
        0.0,
        -0.0,
        1234.5,
        1235.5,
        -0.5,
        0.12345,
        99995.0,
        9999.5,
        0.00099995,
        1e22,
        1e-5,
        0.0001,
        12345678.0,
        5e-324,
    ]
    some += [1.7976931348623157e308, 2.0**52, 1e7 - 0.5, -123456.5, 0.1, 1 / 3]
    for digits in (1, 3, 4, 6, 12):
        found = player(f"return given.map((x) => number(x, {digits}));", some)
        assert found == [notation.number(x, digits) for x in some]


def test_equalities_are_true_of_the_digits_printed() -> None:
    rng = random.Random(5)
    cases = []
    for _ in range(800):
        terms = [
            [rng.choice((rng.uniform(-3, 3), float(rng.randint(-4, 4)), 0.25)) for _ in range(2)]
            for _ in range(rng.randint(1, 8))
        ]
        cases.append((terms, sum(math.prod(term) for term in terms)))
    found = player("return given.map(([terms, total]) => equation(terms, total, 4));", cases)
    written = [" = " + notation.total(terms, total, digits=4, most=6) for terms, total in cases]
    assert [text.replace("\u00a0", " ") for text in found] == written
    assert any("=" in text.rsplit(" ", 2)[1] for text in found) and any("≈" in text for text in found)


TYPED = """
2.27 2.275 2.2 2 -.654 −0.654 -0.653 0.00123 1.23e-3 1.23×10^-3 1.2·10⁻³ 12 12.0 12.1 -3 5230 5227 5227.4 5300 0.5
1/2 1/3
0.333 0.33 0.34 0.666 0.667 0 0.0 0.001 1e-7 1.00e-7 123456 123000 120000 9.1 9.10 9.09 9.0991 abc 1/0
"""


def test_a_typed_number_is_judged_as_homework_judges_it() -> None:
    rng = random.Random(11)
    targets = [2.2749, -0.65364, 0.0012345, 12.0, -3.0, 5227.4, 0.5, 1 / 3, 2 / 3, 1e-7, 123456.0, 0.0, 9.0991]
    typed = ["", *TYPED.split()]
    typed += [f"{target * rng.uniform(0.97, 1.03):.{rng.randint(0, 6)}f}" for target in targets for _ in range(60)]
    cases = [(words, target) for words in typed for target in targets]
    found = player("return given.map(([words, target]) => judged(words, target));", cases)
    assert [(case, got) for case, got in zip(cases, found, strict=True) if got != _verdict(*case)] == []


def _verdict(words: str, target: float) -> str:
    answer = read_answer(words)
    if answer.value is None:
        return "unread"
    exact = Fraction(target).limit_denominator(10**9)
    if not meets(answer, exact, 0.0, Options()):
        return "wrong"
    return "short" if is_short(answer, exact, Options()) else "right"


# -- the script itself


def test_the_script_is_small_and_plain() -> None:
    names = sorted(path.stem for path in PLAYER.glob("*.js"))
    assert names == sorted(PARTS)
    text = "".join((PLAYER / f"{name}.js").read_text("utf-8") for name in PARTS)
    assert len(text.encode()) <= 40_000
    for forbidden in (
        "eval(",
        "new Function",
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "fetch(",
    ):
        assert forbidden not in text
    node("return 1;", None)
    for name in PARTS:
        subprocess.run([str(shutil.which("node")), "--check", str(PLAYER / f"{name}.js")], check=True)

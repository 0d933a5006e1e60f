"""Random graphs, expressions, guarded expressions and programs, for Hypothesis.

Every strategy gives something that is defined at the point that comes with it, so that no example is thrown away.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, NamedTuple

import networkx as nx
from hypothesis import strategies as st

import compgraph as cg
from compgraph.functions import FUNCTIONS

Draw = Callable[[st.SearchStrategy[Any]], Any]

# -- graphs labelled by hand


@st.composite
def multigraphs(
    draw: Draw, labels: Callable[[int, int, int], st.SearchStrategy[Any]], *, most: int = 7, edges: int = 12
) -> nx.MultiDiGraph:
    """An acyclic multigraph with parallel edges, nodes and edges inserted in any order.

    `labels` gives the strategy of a label from the number of the edge and the places of its tail and head in a
    topological order, which is the node attribute ``place``. The nodes are numbers, text and tuples.
    """
    size = draw(st.integers(1, most))
    names: list[Hashable] = [(f"n{i}", i, (i, "pair"))[i % 3] for i in range(size)]
    ends = st.tuples(st.integers(0, size - 1), st.integers(0, size - 1)).filter(lambda pair: pair[0] != pair[1])
    pairs = draw(st.lists(ends, max_size=edges)) if size > 1 else []
    pairs += [pair for pair in pairs if draw(st.booleans())]  # parallel edges
    graph = nx.MultiDiGraph()
    for i in draw(st.permutations(range(size))):
        graph.add_node(names[i], place=i)
    for number, pair in enumerate(draw(st.permutations(pairs))):
        tail, head = sorted(pair)
        graph.add_edge(names[tail], names[head], partial=draw(labels(number, tail, head)))
    return graph


# -- expressions over all primitives, kept inside every domain

F: dict[str, Callable[..., Any]] = {**FUNCTIONS}

#: Primitive → a formula of one or two unknowns in which it is defined everywhere and of moderate size.
SAFE: dict[str, Callable[..., Any]] = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / (b**2 + 1),
    "power": lambda a, b: (a**2 + 0.5) ** F["sin"](b),
    "negate": lambda a: -a,
    "integer power": lambda a: a**3,
    "reflected": lambda a: 2 ** (1 - F["tanh"](a)) / 3,
    **{
        name: (lambda f: lambda a: f(a))(F[name])
        for name in [
            "abs",
            "sign",
            "square",
            "cbrt",
            "sin",
            "cos",
            "tanh",
            "sech",
            "asinh",
            "atan",
            "erf",
            "erfc",
            "sigmoid",
            "softplus",
            "relu",
            "elu",
            "swish",
            "mish",
            "gelu",
        ]
    },
    **{name: (lambda f: lambda a: f(F["tanh"](a)))(F[name]) for name in ("exp", "exp2", "expm1", "sinh", "cosh")},
    **{name: (lambda f: lambda a: f(a**2 + 0.5))(F[name]) for name in ("sqrt", "log", "log2", "log10", "log1p")},
    **{name: (lambda f: lambda a: f(F["tanh"](a) / 2))(F[name]) for name in ("tan", "sec", "asin", "acos", "atanh")},
    **{
        name: (lambda f: lambda a: f(F["sigmoid"](a) + 0.5))(F[name])
        for name in ("cot", "csc", "coth", "csch", "acot", "acsch")
    },
    **{name: (lambda f: lambda a: f(a**2 + 1.5))(F[name]) for name in ("acosh", "asec", "acsc", "acoth")},
    "asech": lambda a: F["asech"](F["sigmoid"](a) / 2 + 0.25),
    **{name: (lambda f: lambda a, b: f(a, b))(F[name]) for name in ("leaky_relu", "prelu", "max", "min", "logaddexp")},
    "three": lambda a, b: F["max"](a, b, 0.25) + F["min"](a, b, 0.125),
    "hypot": lambda a, b: F["hypot"](a, b**2 + 0.5),
    "atan2": lambda a, b: F["atan2"](a, b**2 + 0.5),
    "elu with its alpha": lambda a, b: F["elu"](a, b),
    "swish with its beta": lambda a, b: F["swish"](a, b),
    "where": lambda a, b: F["where"](a > b, a, b**2),
    "logical_and": lambda a, b: F["where"](F["logical_and"](a > 0, b <= 1), a, b * 2),
    "logical_or": lambda a, b: F["where"](F["logical_or"](a < b, b >= 1), b, a / 3),
    "logical_not": lambda a: F["where"](F["logical_not"](a > 0.5), a**2, 1),
}
_FORMULAS = list(SAFE.values())
_ARITY = [formula.__code__.co_argcount for formula in _FORMULAS]


class Sample(NamedTuple):
    """An expression, the operations it was made of (some named), and a point where all of it is defined."""

    expression: cg.Expression
    parts: list[cg.Expression]
    point: dict[str, float]


#: No two inputs have a value in common, and none is zero: kinks are tested elsewhere, on purpose.
_OFFSETS = {"x": 0.00291, "y": 0.00713, "z": 0.00577}


@st.composite
def expressions(
    draw: Draw, *, operations: int = 10, named: bool = False, formulas: list[Callable[..., Any]] | None = None
) -> Sample:
    """A random expression of x, y, z over all primitives: a DAG, its operands shared, used twice, or literals."""
    point = {name: draw(st.integers(-150, 150)) / 100 + offset for name, offset in _OFFSETS.items()}
    pool: list[tuple[Any, float]] = [(cg.Variable(name), value) for name, value in point.items()]
    parts: list[cg.Expression] = []
    for _ in range(draw(st.integers(1, operations))):
        formula = draw(st.sampled_from(formulas or _FORMULAS))
        arity = formula.__code__.co_argcount
        chosen = [pool[-1 - min(draw(st.integers(0, 5)), len(pool) - 1)] for _ in range(arity)]
        if arity == 2 and draw(st.integers(0, 5)) == 0:
            literal = draw(st.sampled_from([2, -1, 0.5, 3]))
            chosen[1] = (literal, float(literal))
        expression, value = formula(*(e for e, _ in chosen)), formula(*(v for _, v in chosen))
        if abs(value) > 6:
            expression, value = cg.atan(expression), cg.atan(value)
        if named and draw(st.booleans()):
            # a name is now and then bound again
            expression = expression.named(draw(st.sampled_from("abcdefgh")))
        parts.append(expression)
        pool.append((expression, value))
    return Sample(expression, parts, point)


# -- guarded expressions, with an oracle that has no guards


class Guarded(NamedTuple):
    """An expression with `where`, and the same with every choice made already, as it is at the point."""

    expression: Any
    taken: Any
    point: dict[str, float]


_RISKY: list[Callable[[Any], Any]] = [
    cg.sqrt,
    cg.log,
    lambda a: a**0.5,
    lambda a: a**-1.5,
    lambda a: 1 / cg.sqrt(a),
    lambda a: cg.acosh(a + 1),
    lambda a: cg.log(a) / a,
]
_CALM: list[Callable[..., Any]] = [
    lambda a, b: a + b,
    lambda a, b: a * b,
    lambda a, b: a - 2 * b,
    lambda a, b: cg.sin(a) * b,
    lambda a, b: cg.tanh(a + b),
    lambda a, b: cg.atan(a) ** 2,
]


def _each(rule: Callable[..., Any], one: Any, defined: bool, other: Any = None) -> tuple[Any, Any, Any]:
    """A rule applied with guards, without them, and to values; None in place of what is not defined."""
    pairs = [(a,) if other is None else (a, b) for a, b in zip(one, other or one, strict=True)]
    return (rule(*pairs[0]), rule(*pairs[1]), rule(*pairs[2])) if defined else (rule(*pairs[0]), None, None)


@st.composite
def guarded(draw: Draw) -> Guarded:
    """A DAG in which operations undefined at the point are used only behind a `where` that does not take them."""
    point = {name: draw(st.sampled_from([-1.5, -0.5, 0.0, 0.75, 2.0])) + o for name, o in _OFFSETS.items()}
    # (with guards, without guards or None where undefined, value, the unknown that has to be positive)
    inputs = [(cg.Variable(name), value) for name, value in point.items()]
    safe: list[tuple[Any, Any, float]] = [(x, x, value) for x, value in inputs]
    risky: list[tuple[Any, Any, Any, int]] = []
    for _ in range(draw(st.integers(2, 9))):
        kind = draw(st.sampled_from(["risky", "behind", "inner", "guard", "guard", "calm"]))
        if kind == "risky" or not risky:
            at = draw(st.integers(0, len(safe) - 1))
            rule = draw(st.sampled_from(_RISKY))
            risky.append((*_each(rule, safe[at], safe[at][2] > 0), at))
        elif kind == "behind":  # more operations within the branch
            *one, at = draw(st.sampled_from(risky))
            rule, other = draw(st.sampled_from(_CALM)), draw(st.sampled_from(safe))
            risky.append((*_each(rule, one, one[2] is not None, other), at))
        elif kind == "inner":  # a guard within the branch, whose condition is defined only there
            *one, at = draw(st.sampled_from(risky))
            rule, other = draw(st.sampled_from(_RISKY)), draw(st.sampled_from(safe))
            taken = one[2] is not None and one[2] > 0.5
            chosen = _each(rule, one, taken) if taken else other
            test, kept = one[0], rule(one[0])
            first = draw(st.booleans())
            written = cg.where(test > 0.5, kept, other[0]) if first else cg.where(test <= 0.5, other[0], kept)
            risky.append((written, *(chosen[1:] if one[2] is not None else (None, None)), at))
        elif kind == "guard":
            *one, at = draw(st.sampled_from(risky))
            other = (0, 0, 0.0) if draw(st.booleans()) else draw(st.sampled_from(safe))
            level = draw(st.sampled_from([0, 0.25]))
            test, taken = safe[at][0], safe[at][2] > level
            first = draw(st.booleans())
            written = cg.where(test > level, one[0], other[0]) if first else cg.where(test <= level, other[0], one[0])
            safe.append((written, *(one[1:] if taken else other[1:])))
        else:
            made = _each(draw(st.sampled_from(_CALM)), draw(st.sampled_from(safe)), True, draw(st.sampled_from(safe)))
            if abs(made[2]) < 50:
                safe.append(made)
    total = safe[0]
    for term in safe[1:]:
        total = (total[0] + term[0], total[1] + term[1], total[2] + term[2])
    return Guarded(total[0], total[1], point)


# -- programs, as text and through operators


class Program(NamedTuple):
    """Statements as text, the same through Python's operators, and a point."""

    text: str
    expressions: dict[str, cg.Expression]
    point: dict[str, float]


_TEXTS: list[tuple[str, Callable[..., Any]]] = [
    ("{0} + {1}", lambda a, b: a + b),
    ("{0} - {1}", lambda a, b: a - b),
    ("{0} * {1}", lambda a, b: a * b),
    ("{0} / ({1}^2 + 1)", lambda a, b: a / (b**2 + 1)),
    ("-{0}*{0}", lambda a: -a * a),
    ("sin(3{0}) + 2", lambda a: cg.sin(3 * a) + 2),
    ("tanh({0})^2", lambda a: cg.tanh(a) ** 2),
    ("max({0}, {1})", lambda a, b: cg.max(a, b)),
    ("where({0} > {1}, sigmoid({0}), {1}/2)", lambda a, b: cg.where(a > b, cg.sigmoid(a), b / 2)),
    ("sqrt(1 + {0}^2)", lambda a: cg.sqrt(1 + a**2)),
]


@st.composite
def programs(draw: Draw) -> Program:
    """Statements over a few names, each of one or two operations; names may be bound again."""
    point = {name: draw(st.integers(-150, 150)) / 100 + offset for name, offset in _OFFSETS.items()}
    bound: dict[str, Any] = {name: cg.Variable(name) for name in point}
    lines, made = [], {}
    targets = draw(st.lists(st.sampled_from(["a", "b", "c", "d", "u1", "u2"]), min_size=1, max_size=6))
    for place, target in enumerate(targets):
        template, build = draw(st.sampled_from(_TEXTS))
        names = [draw(st.sampled_from(sorted(bound))) for _ in range(build.__code__.co_argcount)]
        expression = build(*(bound[name] for name in names))
        again = targets[place + 1 :].count(target)
        key = f"{target}.{targets[:place].count(target) + 1}" if again else target
        lines.append(f"{target} = {template.format(*names)}")
        bound[target] = made[key] = expression.named(key)
    return Program(draw(st.sampled_from(["\n", "; "])).join(lines), made, point)

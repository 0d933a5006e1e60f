"""An expression as columns: evaluated and swept directly, without a networkx graph.

What a loop reads lies together in memory. It is the same calculus as `linearize` and `reverse`, for a gradient that is
wanted once and quickly; where a domain ends, the graph is asked instead.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from compgraph.arrays.labels import holds_arrays, shape_at, shaped
from compgraph.expression import VARIABLE, Application, Expression, Primitive, _operand, literal
from compgraph.graph import trace
from compgraph.linearization import linearize
from compgraph.numbers import given
from compgraph.posing import depending, posed
from compgraph.propagation import reverse, totals
from compgraph.semiring import LINEAR, REAL
from compgraph.tracing import parameters, traced
from compgraph.traversal import from_listing, gc_paused, to_listing

__all__ = ["Columns", "Swept", "columns", "evaluate", "inputs_of", "sweep", "swept", "within"]


class Columns(NamedTuple):
    """Operations from the output back to the inputs.

    The place of an operation is its distance from the output in order of creation, so no sort and no dictionary of
    operations is needed; where the program made other expressions in between, a row is empty. Variables and literals
    follow after the last row and are counted from the end. `first` and `second` are the places of the arguments,
    None where there is none; a row of three or more has all of them in `second`. `named` lists the rows that have a
    name, the last one first.
    """

    root: int
    primitives: list[Primitive | None]
    first: list[int | None]
    second: list[Any]
    ends: list[Any]
    named: list[int]


#: A gap this long between two operations in order of creation is closed by building the expression anew.
GAP = 1_000_000


def columns(root: Expression) -> Columns:
    """The columns of everything that an expression needs."""
    if root.primitive is VARIABLE:
        return Columns(-1, [], [], [], [root], [])
    try:
        return _columns(root)
    except _Sparse:
        return _columns(from_listing(to_listing(root)))


class _Sparse(Exception):
    """Two operations lie too far apart in order of creation."""


def _columns(root: Expression) -> Columns:
    top = root.serial
    rows: list[Expression | None] = [root]
    size = 1
    primitives: list[Primitive | None] = []
    first: list[int | None] = []
    second: list[Any] = []
    ends: dict[Any, int] = {}  # variable or literal → its place, from the end
    named: list[int] = []
    add_primitive, add_first, add_second, known = primitives.append, first.append, second.append, ends.get

    def place(argument: Any) -> int:
        nonlocal size
        if type(argument) is not Application:
            return ends.setdefault(argument, ~len(ends))
        at = top - argument.serial
        if at >= size:
            if at - size > GAP:
                raise _Sparse
            rows.extend([None] * (at - size + 1))
            size = at + 1
        rows[at] = argument
        return at

    for expression in rows:  # grows as it is read
        if expression is None:
            add_primitive(None)
            add_first(None)
            add_second(None)
            continue
        if expression.name is not None:
            named.append(len(primitives))
        add_primitive(expression.primitive)
        a, b = expression.first, expression.second
        if b is not None:  # the case that counts, written out
            if type(a) is Application and (at := top - a.serial) < size:
                rows[at] = a
                add_first(at)
            else:
                add_first(place(a) if (at := known(a, 0)) == 0 else at)
            if type(b) is Application and (at := top - b.serial) < size:
                rows[at] = b
                add_second(at)
            else:
                add_second(place(b) if (at := known(b, 0)) == 0 else at)
        elif a is not None:
            add_first(place(a))
            add_second(None)
        else:
            add_first(None)
            add_second([place(argument) for argument in expression.arguments])
    return Columns(0, primitives, first, second, list(ends)[::-1], named)


def inputs_of(table: Columns, listed: Collection[str] = ()) -> dict[str, list[int]]:
    """Name → the places of the variables of that name, in order of first use: as the statements are read.

    Where every name is `listed` elsewhere, nobody asks for that order, and it is not looked for.
    """
    waiting = {~i: str(e.name) for i, e in enumerate(reversed(table.ends)) if isinstance(e, Expression)}
    found: dict[str, list[int]] = {}
    names = set(waiting.values())
    if len(names) == 1 or names.issubset(listed):
        for place, name in waiting.items():
            found.setdefault(name, []).append(place)
        return found
    seen = [False] * len(table.primitives)
    for statement in (*reversed(table.named), table.root):
        stack = [statement]
        while stack and waiting:
            place = stack.pop()
            if place < 0:
                if place in waiting:
                    found.setdefault(waiting.pop(place), []).append(place)
            elif not seen[place]:
                seen[place] = True
                a, b = table.first[place], table.second[place]
                # the last argument first, so that the first is read first
                stack += reversed(b) if type(b) is list else [p for p in (b, a) if p is not None]
    return found


def within(table: Columns, sources: Iterable[int] | None) -> list[bool]:
    """For each place whether a share may be sent there: never to a literal, nor to what depends on no source."""
    count = len(table.primitives)
    if sources is None:
        return [True] * count + [isinstance(e, Expression) for e in table.ends]
    reached = [False] * (count + len(table.ends))
    for place in sources:
        reached[place] = True
    for i in range(count - 1, -1, -1):
        a, b = table.first[i], table.second[i]
        reached[i] = any(place is not None and reached[place] for place in (b if type(b) is list else (a, b)))
    return reached


def evaluate(table: Columns, values: list[Any]) -> None:
    """Put the value of every operation in its place; a branch not taken included: if it fails, the graph is asked."""
    i = len(table.primitives)
    for primitive, a, b in zip(reversed(table.primitives), reversed(table.first), reversed(table.second), strict=True):
        i -= 1
        if primitive is None:
            continue
        if a is not None:
            values[i] = primitive.evaluate(values[a], values[b]) if b is not None else primitive.evaluate(values[a])
        else:
            values[i] = primitive.evaluate(*[values[place] for place in b])


def sweep(table: Columns, values: list[Any], into: list[bool]) -> list[float]:
    """Adjoints by pushing each operation's share `into` its arguments, from the output back."""
    adjoints = [0.0] * len(into)
    adjoints[table.root] = 1.0
    i = -1
    for primitive, a, b in zip(table.primitives, table.first, table.second, strict=True):
        i += 1
        if primitive is None:
            continue
        adjoint = adjoints[i]
        if a is None:
            operands = [values[place] for place in b]
            for place, rule in zip(b, primitive.partials, strict=False):
                if into[place] and rule is not None:
                    adjoints[place] += adjoint * (rule(values[i], *operands) if callable(rule) else rule)
        elif b is None:
            only: Any = primitive.partials[0]
            if into[a] and only is not None:
                adjoints[a] += adjoint * (only(values[i], values[a]) if callable(only) else only)
        else:
            left: Any
            right: Any
            left, right = primitive.partials
            if into[a] and left is not None:
                adjoints[a] += adjoint * (left(values[i], values[a], values[b]) if callable(left) else left)
            if into[b] and right is not None:
                adjoints[b] += adjoint * (right(values[i], values[a], values[b]) if callable(right) else right)
    return adjoints


# -- as a function of the inputs


class Swept(NamedTuple):
    """The value and gradient as a `function`, the `names` it takes by position, and all its `inputs`."""

    function: Callable[..., tuple[float, tuple[float, ...]]]
    names: tuple[str, ...]
    inputs: tuple[str, ...]


def swept(f: Any, wrt: Sequence[str] | None, given: Sequence[str] = (), *, ordered: bool = True) -> Swept:
    """The function that evaluates and sweeps, for `value_and_gradient`; an input that is `given` may be unused.

    Unless `ordered`, the order of all `inputs` does not matter, but only that of `wrt`.
    """
    asked = [*given, *(wrt or ())]
    try:
        root, taken, statements = _root(f, asked)
    except (TypeError, ValueError, IndexError) as error:
        if not callable(f) or not _wants_shapes(error):
            raise
        return _retraced(f, wrt, asked, error)
    table = columns(root)
    found = inputs_of(table, () if ordered else wrt or ())
    if any(name.partition(".")[0] in asked for name in statements):  # what is computed is no input, unless read before
        posed(statements, dict.fromkeys(given), wrt=wrt, further=asked)
    inputs = {name: found.get(name, []) for name in (*taken, *found, *given)}
    names = tuple(inputs if wrt is None else wrt)
    keywords = tuple(name for name in inputs if name not in names)
    places = [inputs.get(name, []) for name in names]
    into = within(table, [place for known in places for place in known] if keywords else None)

    def function(*positional: Any, **named: Any) -> tuple[float, tuple[float, ...]]:
        at = _bind(names, keywords, positional, named)
        if set(map(type, at.values())) - {float}:  # an array: labels are maps
            return _explained(f if callable(f) else root, names, at)
        values = [0.0] * len(table.primitives) + table.ends
        for name, known in inputs.items():
            for place in known:
                values[place] = at[name]
        with gc_paused():
            try:
                evaluate(table, values)
                adjoints = sweep(table, values, into)
            except (ArithmeticError, ValueError, TypeError):
                return _explained(root, names, at)
        if type(values[table.root]) not in _SCALAR:  # an array among the literals
            return _explained(root, names, at)
        derivatives = tuple([sum([adjoints[place] for place in known], 0.0) for known in places])
        check = sum(derivatives, values[table.root])
        if check - check != 0:  # an infinity or a NaN somewhere: the graph tells whether it may stand
            return _explained(root, names, at)
        return float(values[table.root]), derivatives

    return Swept(function, names, tuple(inputs))


def _wants_shapes(error: Exception) -> bool:
    return any(word in str(error) for word in ("shape", "axis", "axes", "index", "dimension"))


def _retraced(f: Any, wrt: Sequence[str] | None, asked: Sequence[str], error: Exception) -> Swept:
    """A function that has to know the shapes of its arguments as it runs: it is traced at each call."""
    inputs = tuple(dict.fromkeys((*parameters(f, asked), *asked)))
    names = inputs if wrt is None else tuple(wrt)
    keywords = tuple(name for name in inputs if name not in names)

    def function(*positional: Any, **named: Any) -> tuple[Any, tuple[Any, ...]]:
        at = _bind(names, keywords, positional, named)
        if not any(isinstance(value, np.ndarray) for value in at.values()):
            raise error
        return _explained(f, names, at)

    return Swept(function, names, inputs)


def _root(f: Any, given: Sequence[str]) -> tuple[Expression, Sequence[str], Mapping[str, Any]]:
    """The one output, the parameters of a function, and the statements of text or a dict, of which the last counts."""
    parameters: Sequence[str] = ()
    statements: Mapping[str, Any] = {}
    if isinstance(f, str):
        from compgraph.reading import read

        f = read(f, names=list(given))
    if isinstance(f, Mapping):
        statements = f
        f = list(f.values())[-1:]
    elif callable(f):
        with gc_paused():
            parameters, f = traced(f, given)
    if isinstance(f, (Mapping, list, tuple)):
        if len(f) != 1:
            raise ValueError(f"gradient: expected one output, got {len(f)}. Use jacobian for several.")
        (f,) = f.values() if isinstance(f, Mapping) else f
    if not isinstance(f, Expression):
        if _operand(f) is NotImplemented:
            raise TypeError(
                f"expected one output, of an Expression, text or a Python function, got {type(f).__name__}. "
                "Build an Expression from Variable('x'); use jacobian for several outputs."
            )
        f = literal(f, "f")
    return f, parameters, statements


def _bind(
    names: Sequence[str], keywords: Sequence[str], positional: Sequence[Any], named: dict[str, Any]
) -> dict[str, Any]:
    at = dict(zip(names, positional, strict=False))
    twice = [name for name in named if name in at]
    at.update(named)
    missing = [name for name in (*names, *keywords) if name not in at]
    unknown = [name for name in named if name not in names and name not in keywords]
    if len(positional) > len(names) or twice or missing or unknown:
        takes = ", ".join([*names, *(f"{k}=…" for k in keywords)])
        wrong = (
            f"{len(positional)} positional arguments"
            if len(positional) > len(names)
            else f"{twice[0]} twice"
            if twice
            else f"no value for {', '.join(missing)}"
            if missing
            else f"the unknown {', '.join(unknown)}"
        )
        raise TypeError(f"expected ({takes}), got {wrong}. Give inputs outside wrt by name.")
    return {name: value if type(value) is float else given(value, name) for name, value in at.items()}


#: What a value is in a sweep over numbers.
_SCALAR = frozenset({float, int, Fraction, bool})


def _explained(root: Any, names: Sequence[str], at: dict[str, Any]) -> tuple[Any, tuple[Any, ...]]:
    """The same through the graph, which takes arrays, says where a domain ends, and lets infinities pass."""
    graph = posed(root, at).graph if callable(root) else trace(root)
    used = set(graph.graph["inputs"])
    graph = linearize(graph, {name: value for name, value in at.items() if name in used}, copy=False)
    output = graph.graph["outputs"][0]
    part = depending(graph, set(names) & used, [output])
    if not holds_arrays(graph):
        final = totals(reverse(part, {output: 1.0}, REAL))
        return float(graph.nodes[output]["value"]), tuple(float(final.get(name, 0.0)) for name in names)
    if shape := shape_at(graph, output):
        raise ValueError(
            f"value_and_gradient: expected an output that is a number, got one of the shape {shape}. "
            "Sum it with weights, or use jacobian, whose entries are linear maps."
        )
    final = totals(reverse(part, {output: 1.0}, LINEAR))
    slopes = (shaped(final.get(name, 0.0), (), np.shape(at[name])) for name in names)
    return float(graph.nodes[output]["value"]), tuple(slopes)

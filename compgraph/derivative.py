"""Derivatives as functions: evaluated and swept directly on the expression, without a networkx graph."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from compgraph.expression import VARIABLE, Application, Expression, Primitive
from compgraph.graph import trace
from compgraph.linearization import linearize
from compgraph.numbers import entered
from compgraph.propagation import restricted, reverse
from compgraph.semiring import REAL
from compgraph.traversal import gc_paused

__all__ = ["value_and_gradient"]


def value_and_gradient(
    expression: Expression | str, wrt: Iterable[str | Expression] | str | Expression | None = None
) -> Callable[..., tuple[float, tuple[float, ...]]]:
    """The function of the inputs that returns the value and the tuple of derivatives.

    Parameters
    ----------
    expression : Expression or str
        Text may be several statements; the last one counts.
    wrt : names or variables, optional
        The inputs to differentiate with respect to, in the order in which the function takes them by position and
        returns derivatives; None means all of them, in order of first use. Inputs outside `wrt` go by name.

    Returns
    -------
    callable
        ``f(*numbers, **numbers) → (value, (derivative, …))``.

    Raises
    ------
    DomainError
        From the function, where `solve` would raise it.

    Notes
    -----
    One evaluation per operation and one multiplication per argument, all in plain Python: for a gradient that is wanted
    once. Linear in the number of operations, without recursion.

    Examples
    --------
    >>> from compgraph.expression import Variable
    >>> x, y = Variable("x"), Variable("y")
    >>> f = value_and_gradient(x * y + x)
    >>> f(2, 3)
    (8.0, (4.0, 2.0))
    >>> f(y=3, x=2)
    (8.0, (4.0, 2.0))
    """
    root = _root(expression)
    rows = _rows(root)
    inputs = _inputs(rows)
    names = tuple(inputs) if wrt is None else _names(wrt)
    keywords = tuple(name for name in inputs if name not in names)
    places = [inputs.get(name, ()) for name in names]
    within = _within(rows, [place for known in places for place in known] if keywords else None)

    def function(*positional: Any, **named: Any) -> tuple[float, tuple[float, ...]]:
        point = _bind(names, keywords, positional, named)
        values = [0.0] * len(rows.primitives) + rows.ends
        for name, known in inputs.items():
            for place in known:
                values[place] = point[name]
        with gc_paused():
            try:
                _evaluate(rows, values)
                adjoints = _sweep(rows, values, within)
            except (ArithmeticError, ValueError):
                return _explained(root, names, point)
        gradient = tuple([sum([adjoints[place] for place in known], 0.0) for known in places])
        check = sum(gradient, values[rows.root])
        if check - check != 0:  # an infinity or a NaN somewhere: the graph tells whether it may stand
            return _explained(root, names, point)
        return float(values[rows.root]), gradient

    return function


def _root(expression: Any) -> Expression:
    if isinstance(expression, str):
        from compgraph.reading import read

        return list(read(expression).values())[-1]
    if not isinstance(expression, Expression):
        raise TypeError(
            f"value_and_gradient: expected an Expression or text, got {type(expression).__name__}. "
            "Build one from Variable('x')."
        )
    return expression


class _Rows(NamedTuple):
    """Operations from the output back to the inputs, as columns: what a loop reads must lie together in memory.

    The place of an operation is its distance from the output in order of creation, so no sort and no dictionary of
    operations is needed; where the program made other expressions in between, a row is empty. Variables and literals
    follow after the last row and are counted from the end. `first` and `second` are the places of the arguments,
    None where there is none; a row of three or more has all of them in `second`.
    """

    root: int
    primitives: list[Primitive | None]
    first: list[int | None]
    second: list[Any]
    ends: list[Any]


def _rows(root: Expression) -> _Rows:
    if root.primitive is VARIABLE:
        return _Rows(-1, [], [], [], [root])
    top = root.serial
    rows: list[Expression | None] = [root]
    size = 1
    primitives: list[Primitive | None] = []
    first: list[int | None] = []
    second: list[Any] = []
    ends: dict[Any, int] = {}  # variable or literal → its place, from the end
    add_primitive, add_first, add_second, known = primitives.append, first.append, second.append, ends.get

    def place(argument: Any) -> int:
        nonlocal size
        if type(argument) is not Application:
            return ends.setdefault(argument, ~len(ends))
        at = top - argument.serial
        if at >= size:
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
        add_primitive(expression.primitive)
        arguments = expression.arguments
        if len(arguments) == 2:  # the case that counts, written out
            a, b = arguments
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
        elif len(arguments) == 1:
            add_first(place(arguments[0]))
            add_second(None)
        else:
            add_first(None)
            add_second([place(a) for a in arguments])
    return _Rows(0, primitives, first, second, list(ends)[::-1])


def _inputs(rows: _Rows) -> dict[str, list[int]]:
    """Name → the places of the variables of that name, in order of first use."""
    waiting = {~i: e for i, e in enumerate(reversed(rows.ends)) if isinstance(e, Expression)}
    found: dict[str, list[int]] = {}

    def meet(place: Any) -> None:
        if place in waiting:
            found.setdefault(str(waiting[place].name), []).append(place)
            del waiting[place]

    for a, b in zip(reversed(rows.first), reversed(rows.second), strict=True):
        if a is not None and a < 0:
            meet(a)
        for place in b if type(b) is list else (b,):
            if place is not None and place < 0:
                meet(place)
        if not waiting:
            return found
    meet(-1)  # left over only where the expression is itself an input
    return found


def _names(wrt: Any) -> tuple[str, ...]:
    chosen = [wrt] if isinstance(wrt, (str, Expression)) else list(wrt)
    names = []
    for one in chosen:
        name = one.name if isinstance(one, Expression) and one.primitive is VARIABLE else one
        if not isinstance(name, str):
            raise TypeError(f"wrt: expected names or variables, got {name!r}. Write wrt=['x'].")
        names.append(name)
    return tuple(names)


def _bind(names: Sequence[str], keywords: Sequence[str], positional: Sequence[Any], named: dict[str, Any]) -> dict[str, Any]:
    point = dict(zip(names, positional, strict=False))
    twice = [name for name in named if name in point]
    point.update(named)
    missing = [name for name in (*names, *keywords) if name not in point]
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
    return {name: value if type(value) is float else entered(value, name) for name, value in point.items()}


def _within(rows: _Rows, sources: Iterable[int] | None) -> list[bool]:
    """For each place whether a share may be sent there: never to a literal, nor to what depends on no source."""
    count = len(rows.primitives)
    if sources is None:
        return [True] * count + [isinstance(e, Expression) for e in rows.ends]
    within = [False] * (count + len(rows.ends))
    for place in sources:
        within[place] = True
    for i in range(count - 1, -1, -1):
        a, b = rows.first[i], rows.second[i]
        within[i] = any(place is not None and within[place] for place in (b if type(b) is list else (a, b)))
    return within


def _evaluate(rows: _Rows, values: list[Any]) -> None:
    """Put the value of every operation in its place; a branch not taken included: if it fails, the graph is asked."""
    i = len(rows.primitives)
    for primitive, a, b in zip(reversed(rows.primitives), reversed(rows.first), reversed(rows.second), strict=True):
        i -= 1
        if primitive is None:
            continue
        if a is not None:
            values[i] = primitive.evaluate(values[a], values[b]) if b is not None else primitive.evaluate(values[a])
        else:
            values[i] = primitive.evaluate(*[values[place] for place in b])


def _sweep(rows: _Rows, values: list[Any], within: list[bool]) -> list[float]:
    """Adjoints by pushing each operation's share to its arguments, from the output back."""
    adjoints = [0.0] * len(within)
    adjoints[rows.root] = 1.0
    i = -1
    for primitive, a, b in zip(rows.primitives, rows.first, rows.second, strict=True):
        i += 1
        if primitive is None:
            continue
        adjoint = adjoints[i]
        if a is None:
            operands = [values[place] for place in b]
            for place, rule in zip(b, primitive.partials, strict=False):
                if within[place] and rule is not None:
                    adjoints[place] += adjoint * (rule(values[i], *operands) if callable(rule) else rule)
        elif b is None:
            only: Any = primitive.partials[0]
            if within[a] and only is not None:
                adjoints[a] += adjoint * (only(values[i], values[a]) if callable(only) else only)
        else:
            left: Any
            right: Any
            left, right = primitive.partials
            if within[a] and left is not None:
                adjoints[a] += adjoint * (left(values[i], values[a], values[b]) if callable(left) else left)
            if within[b] and right is not None:
                adjoints[b] += adjoint * (right(values[i], values[a], values[b]) if callable(right) else right)
    return adjoints


def _explained(root: Expression, names: Sequence[str], point: dict[str, Any]) -> tuple[float, tuple[float, ...]]:
    """The same through the graph, which says where a domain ends, and lets infinities pass."""
    graph = trace(root)
    used = set(graph.graph["inputs"])
    graph = linearize(graph, {name: value for name, value in point.items() if name in used}, copy=False)
    output = graph.graph["outputs"][0]
    keep = set(names) & used
    for node, data in graph.nodes(data=True):
        if any(a in keep for a in data["arguments"] if isinstance(a, str)):
            keep.add(node)
    part = restricted(graph, keep | {output})
    final = {step.node: step.total for step in reverse(part, {output: 1.0}, REAL)}
    return float(graph.nodes[output]["value"]), tuple(float(final.get(name, 0.0)) for name in names)

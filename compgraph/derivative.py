"""Derivatives as functions: evaluated and swept directly on the expression, without a networkx graph."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from compgraph.expression import VARIABLE, Expression, evaluation_order
from compgraph.graph import gc_paused, trace
from compgraph.linearization import linearize
from compgraph.numbers import entered
from compgraph.propagation import reverse
from compgraph.semiring import REAL

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
    order = evaluation_order([root])
    operations = [e for e in order if e.primitive is not VARIABLE]
    variables = _variables(order, operations)
    names = tuple(variables) if wrt is None else _names(wrt)
    keywords = tuple(name for name in variables if name not in names)
    active = None if not keywords else _dependent(order, [v for n in names for v in variables.get(n, ())])

    def function(*positional: Any, **named: Any) -> tuple[float, tuple[float, ...]]:
        point = _bind(names, keywords, positional, named)
        values: dict[Any, Any] = {v: point[name] for name, objects in variables.items() for v in objects}
        with gc_paused():
            try:
                _evaluate(operations, values)
                adjoints = _sweep(root, operations, values, active)
            except (ArithmeticError, ValueError):
                return _explained(root, names, point)
        gradient = tuple([sum([adjoints.get(v, 0.0) for v in variables.get(name, ())]) for name in names])
        check = sum(gradient, values[root])
        if check - check != 0:  # an infinity or a NaN somewhere: the graph tells whether it may stand
            return _explained(root, names, point)
        return float(values[root]), gradient

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


def _variables(order: Iterable[Expression], operations: Iterable[Expression]) -> dict[str, list[Expression]]:
    """Name → the variables of that name, in order of first use."""
    waiting = {e for e in order if e.primitive is VARIABLE}
    found: dict[str, list[Expression]] = {}
    for expression in operations:
        if not waiting:
            return found
        for argument in expression.arguments:
            if argument in waiting:
                waiting.remove(argument)
                found.setdefault(str(argument.name), []).append(argument)
    return {str(e.name): [e] for e in waiting} or found  # left over only where the expression is itself an input


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


def _dependent(order: Iterable[Expression], sources: Iterable[Expression]) -> set[Expression]:
    reached = set(sources)
    for expression in order:
        if any(a in reached for a in expression.arguments):
            reached.add(expression)
    return reached


def _evaluate(operations: Iterable[Expression], values: dict[Any, Any]) -> None:
    """Add the value of every operation, branches not taken included: where one fails, the graph is asked."""
    get = values.get  # a literal is no key, and stands for itself
    for expression in operations:
        arguments = expression.arguments
        if len(arguments) == 2:
            a, b = arguments
            values[expression] = expression.primitive.evaluate(get(a, a), get(b, b))
        elif len(arguments) == 1:
            (a,) = arguments
            values[expression] = expression.primitive.evaluate(get(a, a))
        else:
            values[expression] = expression.primitive.evaluate(*[get(a, a) for a in arguments])


def _sweep(
    root: Expression, operations: Sequence[Expression], values: dict[Any, Any], active: set[Any] | None
) -> dict[Any, float]:
    """Adjoints by pushing each operation's share to its arguments, in reverse order of creation."""
    adjoints: dict[Any, float] = {root: 1.0}
    get, held = values.get, adjoints.get
    within = values if active is None else active
    for expression in reversed(operations):
        adjoint = held(expression)
        if adjoint is None:
            continue
        arguments = expression.arguments
        if len(arguments) == 2:  # the case that counts, written out: only what a rule needs is looked up
            a, b = arguments
            rule, other = expression.primitive.partials
            if a in within and rule is not None:
                share = adjoint * rule(values[expression], values[a], get(b, b)) if callable(rule) else adjoint * rule
                before = held(a)
                adjoints[a] = share if before is None else before + share
            if b in within and other is not None:
                share = adjoint * other(values[expression], get(a, a), values[b]) if callable(other) else adjoint * other
                before = held(b)
                adjoints[b] = share if before is None else before + share
            continue
        operands = [get(a, a) for a in arguments]
        for argument, rule in zip(arguments, expression.primitive.partials, strict=False):
            if argument in within and rule is not None:
                share = adjoint * (rule(values[expression], *operands) if callable(rule) else rule)
                before = held(argument)
                adjoints[argument] = share if before is None else before + share
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
    part = graph.subgraph([node for node in graph if node in keep or node == output])
    final = {step.node: step.total for step in reverse(part, {output: 1.0}, REAL)}
    return float(graph.nodes[output]["value"]), tuple(float(final.get(name, 0.0)) for name in names)

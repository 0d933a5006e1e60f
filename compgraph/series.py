"""Taylor coefficients to any order, by running a program on power series.

For y = f(x) with the partial p = ∂(y, x), the series satisfy Y' = P·X'. The k-th coefficient of Y needs only those of
P before it, and P is written in the library's functions of Y and X: a series whose coefficients are computed when they
are asked for may stand in its own definition, and the row of the rule table is all that is needed. Functions that
differentiate into each other, as sine and cosine do, ask for each other's coefficients in turn.

References
----------
McIlroy, "Power series, power serious", Journal of Functional Programming 9 (1999). Griewank, Walther, *Evaluating
Derivatives* (2008), chapter 13.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from compgraph.dual import partial_at
from compgraph.errors import DomainError
from compgraph.expression import DIVIDE, MULTIPLY, NEGATE, POWER, Primitive, _operand, _serial
from compgraph.functions import WHERE, log
from compgraph.numbers import entered
from compgraph.overloading import Overloaded
from compgraph.posing import complete, point, runnable

__all__ = ["Series", "taylor"]


def taylor(f: Any, at: Any, order: int, *, wrt: str | None = None) -> list[float]:
    """The Taylor coefficients of a function of one variable: ``f(a + h) = c[0] + c[1]·h + c[2]·h² + …``.

    Parameters
    ----------
    f : Expression, str or function
    at : mapping, sequence or number
        The point a. Inputs other than `wrt` are constants.
    order : int
        The last power of h, 0 or more.
    wrt : name, optional
        Which input moves; may be left out where there is one.

    Returns
    -------
    list of float
        order + 1 coefficients: ``c[k]`` is the k-th derivative divided by k!.

    Raises
    ------
    DomainError
        The function has no Taylor series at the point (√x or log x at 0), or a coefficient is not finite.

    Examples
    --------
    >>> taylor("1 / (1 - x)", 0, 4)
    [1.0, 1.0, 1.0, 1.0, 1.0]
    >>> taylor(lambda x: x**3, 2, 4)
    [8.0, 12.0, 6.0, 1.0, 0.0]

    Notes
    -----
    Cost: of the order of (order + 1)² multiplications per operation. A kink follows the stated convention.
    """
    if isinstance(order, bool) or not isinstance(order, int) or order < 0:
        raise ValueError(f"taylor: expected an order of 0 or more, got {order!r}. Write taylor(f, at, 3).")
    given = list(at) if isinstance(at, Mapping) else []
    problem = runnable(f, given if wrt is None else [*given, wrt])
    values: dict[str, Any] = {
        name: entered(value, name) for name, value in complete(point(at, problem.inputs), problem.inputs).items()
    }
    moving = wrt or (problem.inputs[0] if len(problem.inputs) == 1 else None)
    if moving not in values:
        raise ValueError(
            f"taylor: expected the name of the input that moves, one of {', '.join(values) or 'none'}, got {wrt!r}. "
            f"Write wrt={next(iter(values), 'x')!r}."
        )
    run = _Run(order)
    values[moving] = Series(run, values[moving], lambda k: 1.0 if k == 1 else 0.0)
    result = problem.run(values)
    if not isinstance(result, Series) and _operand(result) is NotImplemented:
        raise TypeError(
            f"taylor: expected a function that returns a number, got {type(result).__name__} {result!r:.60}."
        )
    found = [float(c) for c in run.coefficients(result)]
    for k, c in enumerate(found):
        if c - c != 0:
            raise DomainError(f"the coefficient of order {k} is not finite: got {c}. Move the input away from here.")
    return found


class _Run:
    """One expansion: its order, its tag, and what is known within the operation that is being expanded."""

    def __init__(self, order: int) -> None:
        self.order = order
        self.tag = _serial()
        self.known: dict[Any, tuple[tuple[Any, ...], Any]] | None = None

    def coefficients(self, value: Any) -> list[Any]:
        """All coefficients, in turn; a constant is a series as well."""
        return [self.coefficient(value, k) for k in range(self.order + 1)]

    def coefficient(self, value: Any, k: int) -> Any:
        if isinstance(value, Series) and value.tag == self.tag:
            return value.coefficient(k)
        return value if k == 0 else 0


class Series(Overloaded):
    """A truncated power series: its first coefficient is its value, the others are computed when asked for."""

    __slots__ = ("_known", "_next", "run")

    def __init__(self, run: _Run, value: Any, following: Callable[[int], Any]) -> None:
        self.run = run
        self.tag = run.tag
        self.value = value
        self._known = [value]
        self._next = following

    def coefficient(self, k: int) -> Any:
        known = self._known
        while len(known) <= k:
            known.append(self._next(len(known)))
        return known[k]

    def __primitive__(self, primitive: Primitive, arguments: tuple[Any, ...]) -> Any:
        run = self.run
        if run.known is not None:  # within a rule: later coefficients wait until they are asked for
            return self._once(primitive, arguments, run.known)
        run.known = {}
        try:
            result = self._once(primitive, arguments, run.known)
            run.coefficients(result)
            return result
        finally:
            run.known = None

    def _once(self, primitive: Primitive, arguments: tuple[Any, ...], known: dict[Any, Any]) -> Any:
        """The same function of the same series is the same series: this closes the circle from sin to cos to sin."""
        key = (primitive, *(id(a) if isinstance(a, Series) else (type(a), a) for a in arguments))
        if key not in known:
            result = self._applied(primitive, arguments)
            known[key] = (arguments, result)  # holds on to the arguments, so that an id stays theirs
            if primitive is NEGATE:
                known[NEGATE, id(result)] = ((result,), arguments[0])
        return known[key][1]

    def _applied(self, primitive: Primitive, arguments: tuple[Any, ...]) -> Any:
        run = self.run
        moves = [isinstance(a, Series) and a.tag == run.tag for a in arguments]
        inner = [a.value if moving else a for a, moving in zip(arguments, moves, strict=True)]
        if primitive is WHERE:
            return arguments[1] if inner[0] else arguments[2]
        if primitive is POWER and not moves[1] and isinstance(n := arguments[1], (int, float)) and n == int(n) >= 0:
            return _integer_power(arguments[0], int(n))
        value = primitive(*inner)
        rules = [(place, primitive.partials[place]) for place, moving in enumerate(moves) if moving]
        edges = [(arguments[place], rule) for place, rule in rules if rule is not None]
        if not edges:
            return value
        coefficient = run.coefficient
        result: Series

        if primitive is MULTIPLY:
            a, b = arguments

            def following(k: int) -> Any:
                return sum(coefficient(a, j) * coefficient(b, k - j) for j in range(k + 1))

        elif primitive is DIVIDE:
            a, b = arguments

            def following(k: int) -> Any:
                known = sum(result.coefficient(j) * coefficient(b, k - j) for j in range(k))
                return (coefficient(a, k) - known) / coefficient(b, 0)

        elif primitive is POWER and not moves[1]:
            x, n = arguments
            if inner[0] == 0:
                raise DomainError(f"x**{n} has no Taylor series at x = 0. Move the input away from this point.")

            def following(k: int) -> Any:
                # x·y' = n·y·x', coefficient by coefficient
                known = sum((n * j - (k - j)) * x.coefficient(j) * result.coefficient(k - j) for j in range(1, k + 1))
                return known / (k * x.value)

        elif primitive is POWER:
            exponent = arguments[1] * log(arguments[0])

            def following(k: int) -> Any:
                return sum(j * coefficient(exponent, j) * result.coefficient(k - j) for j in range(1, k + 1)) / k

        elif not any(callable(rule) for _, rule in edges):

            def following(k: int) -> Any:
                return sum(rule * a.coefficient(k) for a, rule in edges)

        else:
            partials: list[Any] = []

            def following(k: int) -> Any:
                if not partials:
                    partials.extend([partial_at(primitive, rule, result, arguments) for _, rule in edges])
                pairs = zip(partials, edges, strict=True)
                return (
                    sum(coefficient(p, j) * (k - j) * a.coefficient(k - j) for p, (a, _) in pairs for j in range(k)) / k
                )

        result = Series(run, value, following)
        return result

    def __repr__(self) -> str:
        return f"Series({', '.join(map(str, self._known))}, …)"


def _integer_power(x: Any, n: int) -> Any:
    """xⁿ by squaring: right at x = 0 as well, where the recurrence of other powers divides by it."""
    result: Any = None
    while n:
        if n & 1:
            result = x if result is None else result * x
        n >>= 1
        x = x * x if n else x
    return 1.0 if result is None else result

"""Equations g(z, x) = 0, and how they are solved for z: by Newton's method, by iteration, by a solver of one's own."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from compgraph.derivative import gradient, value_and_gradient
from compgraph.errors import DomainError
from compgraph.expression import VARIABLE, Expression
from compgraph.traversal import evaluation_order

__all__ = ["Equations", "Solved", "Solver", "iterate"]

#: ``solver(g, start) → z`` with g(z) ≈ 0, on lists of floats.
Solver = Callable[[Callable[[Sequence[float]], list[float]], list[float]], Iterable[float]]

Array = NDArray[np.float64]

_EPS = float(np.finfo(float).eps)


class Solved(NamedTuple):
    """The unknowns at a point, and the partials of all equations there: a row each, a column per unknown and input."""

    point: tuple[float, ...]
    unknowns: tuple[float, ...]
    partials: Array


class Equations:
    """As many equations as unknowns, each an Expression that vanishes at the solution.

    Parameters
    ----------
    expressions : sequence of Expression
    start : mapping of str to number
        The unknowns, and where the search begins.
    solver : callable, optional
        Newton's method, if left out.

    Attributes
    ----------
    inputs : tuple of str
        The other variables, in order of first use.
    """

    def __init__(self, expressions: Sequence[Expression], start: Mapping[str, float], solver: Solver | None) -> None:
        self.expressions = tuple(expressions)
        self.start = {name: float(value) for name, value in start.items()}
        self.solver = solver
        used = [str(e.name) for e in evaluation_order(self.expressions) if e.primitive is VARIABLE]
        self.inputs = tuple(dict.fromkeys(name for name in used if name not in start))
        self._last: Solved | None = None

    def __reduce__(self) -> Any:
        return Equations, (self.expressions, self.start, self.solver)

    @cached_property
    def slopes(self) -> list[dict[str, Any]]:
        """Of each equation: variable → partial, as an Expression."""
        return [gradient(one) for one in self.expressions]

    @cached_property
    def _functions(self) -> list[Callable[..., tuple[float, tuple[float, ...]]]]:
        return [value_and_gradient(one, [*self.start, *self.inputs]) for one in self.expressions]

    def at(self, point: Iterable[float]) -> Solved:
        """The solution at a point.

        The last one is kept, because each unknown and each partial of it asks for the same.
        """
        point = tuple([float(value) for value in point])
        if self._last is None or self._last.point != point:
            unknowns = self._newton(point) if self.solver is None else self._by(self.solver, point)
            self._last = Solved(point, tuple(unknowns.tolist()), self._evaluated(unknowns, point)[1])
        return self._last

    def _evaluated(self, unknowns: Iterable[float], point: Iterable[float]) -> tuple[Array, Array]:
        rows = [function(*unknowns, *point) for function in self._functions]
        return np.array([value for value, _ in rows]), np.array([partials for _, partials in rows])

    def _step(self, unknowns: Array, point: tuple[float, ...]) -> tuple[Array, float]:
        """Newton's step, and the size of what is left of the equations."""
        values, partials = self._evaluated(unknowns, point)
        try:
            step: Array = np.asarray(np.linalg.solve(partials[:, : len(unknowns)], values), dtype=np.float64)
        except np.linalg.LinAlgError:
            raise DomainError(
                f"the equations determine no {', '.join(self.start)} near {unknowns.tolist()}: expected an invertible "
                "Jacobian, got a singular one. Start elsewhere, or check that every unknown is used."
            ) from None
        return step, float(np.linalg.norm(values))

    def _newton(self, point: tuple[float, ...]) -> Array:
        """Newton's method; a step is halved until it takes the equations nearer to zero."""
        unknowns = np.array(list(self.start.values()))
        step, size = self._step(unknowns, point)
        for _ in range(200):
            if size == 0 or (np.abs(step) <= 2 * _EPS * np.abs(unknowns)).all():
                return unknowns - step
            for halved in range(40):
                try:
                    nearer = unknowns - step / 2**halved
                    following, left = self._step(nearer, point)
                except DomainError:  # beyond where the equations are defined
                    continue
                if left < size:
                    unknowns, step, size = nearer, following, left
                    break
            else:
                if (np.abs(step) <= math.sqrt(_EPS) * (1 + np.abs(unknowns))).all():
                    return unknowns  # as near as rounding lets it come
                break
        raise DomainError(
            f"Newton's method finds no {', '.join(self.start)} from {list(self.start.values())}: it ends at "
            f"{unknowns.tolist()}, where the equations are off by {size:.3g}. Start nearer to a solution."
        )

    def _by(self, solver: Solver, point: tuple[float, ...]) -> Array:
        def left(unknowns: Sequence[float]) -> list[float]:
            return [function(*unknowns, *point)[0] for function in self._functions]

        unknowns = np.array([float(value) for value in solver(left, list(self.start.values()))])
        step, size = self._step(unknowns, point)
        if not (np.abs(step) <= 1e-6 * (1 + np.abs(unknowns))).all():
            raise DomainError(
                f"the solver finds no {', '.join(self.start)}: it ends at {unknowns.tolist()}, where the equations are "
                f"off by {size:.3g}. Start nearer to a solution, or leave the solver out."
            )
        return unknowns


def iterate(equations: Callable[[Sequence[float]], list[float]], start: list[float]) -> list[float]:
    """Solve z = Φ(z), where g(z) = z − Φ(z), by iterating Φ until it changes nothing; only the last iterate is kept.

    Examples
    --------
    >>> iterate(lambda z: [z[0] - 0.5 * (z[0] + 2 / z[0])], [1.0])
    [1.414213562373095]
    """
    unknowns = list(start)
    least, since = math.inf, 0
    for _ in range(1_000_000):
        changes = equations(unknowns)
        unknowns = [z - change for z, change in zip(unknowns, changes, strict=True)]
        if not all(map(math.isfinite, unknowns)):
            break
        if all(abs(change) <= 4 * _EPS * abs(z) for z, change in zip(unknowns, changes, strict=True)):
            return unknowns
        size = max([abs(change) / (1 + abs(z)) for z, change in zip(unknowns, changes, strict=True)])
        least, since = (size, 0) if size < least else (least, since + 1)
        if since >= 100 and least <= math.sqrt(_EPS):
            return unknowns  # as near as rounding lets it come
    raise DomainError(f"the iteration does not converge: it starts at {start} and ends at {unknowns}. Start elsewhere.")

"""Implicit nodes: values that are defined by equations, g(z, x) = 0, or as fixed points, z = Φ(z, x).

How the equations are solved does not matter to the derivative: by the implicit function theorem it is
∂z/∂x = −(∂g/∂z)⁻¹·∂g/∂x at the solution, whatever the number of iterations, none of which is kept. The partial is
written in the library's own functions of z and x, so it can be differentiated again.

References
----------
A. Griewank, A. Walther: Evaluating Derivatives, 2nd ed., SIAM 2008, ch. 15. B. Christianson: Reverse accumulation and
attractive fixed points, Optimization Methods and Software 3, 1994.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import numpy as np

from compgraph.equations import Equations, Solver, iterate
from compgraph.expression import LITERAL, VARIABLE, Application, Expression, Primitive, Variable
from compgraph.traversal import evaluation_order

__all__ = ["fixed_point", "root"]


def root(
    equations: Expression | str | Iterable[Expression | str],
    start: Mapping[str, float],
    *,
    given: Mapping[str, Any] | None = None,
    solver: Solver | None = None,
) -> dict[str, Any]:
    """Unknowns that are defined by equations, as expressions of the inputs.

    Parameters
    ----------
    equations : Expression, str, or several of them
        What vanishes at the solution; text may have two sides, ``"z^2 = x"``, and several equations stand on lines of
        their own or between semicolons. As many as there are unknowns.
    start : mapping of str to number
        The unknowns, and where the search for them begins. All other variables are inputs.
    given : mapping of str to Expression or number, optional
        What an input of the equations stands for, where that is not an input of the program of the same name. Text
        takes ``e`` and ``pi`` for constants unless they are unknown or given.
    solver : callable, optional
        ``solver(g, start) → z``, on lists of floats; for example ``lambda g, z: scipy.optimize.root(g, z).x``. Newton's
        method with the library's own Jacobian, if left out.

    Returns
    -------
    dict of str to Expression
        Unknown → a node that depends on the inputs, and can be used in further expressions.

    Raises
    ------
    ValueError
        There are not as many equations as unknowns.
    DomainError
        When it is evaluated: the search ends without a solution.

    Notes
    -----
    One search per point, for all unknowns together. A partial takes one linear system of as many equations, and no
    more memory for more iterations.

    Examples
    --------
    >>> from compgraph.solution import solve
    >>> z = root("z^2 = x", {"z": 1})["z"]
    >>> s = solve({"y": 3 * z}, at={"x": 4})
    >>> s.values["y"], s.gradient["x"]
    (6.0, 0.75)
    >>> solve(z).gradient["x"]
    1/(2·z)
    """
    if not isinstance(start, Mapping):
        raise TypeError(f"start: expected a mapping of unknowns to numbers, got {start!r:.60}. Write {{'z': 1}}.")
    if isinstance(equations, str):
        equations = [one for one in re.split(r"[;\n]", equations) if one.strip()]
    chosen = [equations] if isinstance(equations, Expression) else list(equations)
    known = {} if given is None else dict(given)
    read = [_equation(one, [*start, *known]) for one in chosen]
    if len(read) != len(start):
        raise ValueError(
            f"expected as many equations as unknowns, got {len(read)} for {', '.join(start) or 'none'}. "
            "Name every unknown in start, and write an equation for each."
        )
    used = {node.name for node in evaluation_order(e for e in read if isinstance(e, Expression))}
    for name in start:
        if name not in used:
            raise ValueError(
                f"start: {name} is in none of the equations: expected unknowns that are. Correct its name."
            )
    system = Equations(read, start, solver)
    for name in known:
        if name not in system.inputs:
            raise ValueError(f"given: {name} is no input of the equations: expected {', '.join(system.inputs)}.")
    arguments = [known.get(name, Variable(name)) for name in system.inputs]
    found = {name: _Unknown(system, k).primitive(*arguments) for k, name in enumerate(start)}
    return {name: z.named(name) if isinstance(z, Expression) else z for name, z in found.items()}


def fixed_point(
    updates: Mapping[str, Expression | str],
    start: Mapping[str, float],
    *,
    given: Mapping[str, Any] | None = None,
    solver: Solver | None = iterate,
) -> dict[str, Any]:
    """Unknowns that reproduce themselves, z = Φ(z, x), as expressions of the inputs.

    Parameters
    ----------
    updates : mapping of str to Expression or str
        Unknown → Φ, an expression of unknowns and inputs.
    start, given : mapping
        As for `root`.
    solver : callable or None
        Φ is iterated until it changes nothing, and only the last iterate is kept; None for Newton's method.

    Examples
    --------
    >>> from compgraph.solution import solve
    >>> z = fixed_point({"z": "(z + x/z)/2"}, {"z": 1})["z"]  # Heron's method for √x
    >>> round(solve(z, at={"x": 2}).gradient["x"], 8)
    0.35355339
    """
    if not isinstance(updates, Mapping):
        raise TypeError(f"expected a mapping of unknowns to updates, got {updates!r:.60}. Write {{'z': 'cos(z)*a'}}.")
    if set(updates) != set(start):
        wrong = ", ".join(sorted(set(updates) ^ set(start)))
        raise ValueError(f"expected an update and a start for each unknown, got only one of them for {wrong}.")
    names = [*start, *(given or ())]
    equations = [Variable(name) - _equation(updates[name], names) for name in start]
    return root(equations, start, given=given, solver=solver)


def _equation(written: Expression | str, names: list[str]) -> Any:
    if not isinstance(written, str):
        return written
    from compgraph.reading import read_expression

    left, equals, right = written.partition("=")
    if equals:
        return read_expression(left, names=names) - read_expression(right, names=names)
    return read_expression(written, names=names)


# -- the primitives: one for each unknown, one partial for each input


class _Unknown:
    """Inputs → the unknown number k; the evaluation of its primitive."""

    def __init__(self, system: Equations, k: int) -> None:
        self.system, self.k = system, k

    def __call__(self, *inputs: Any) -> float:
        return self.system.at(inputs).unknowns[self.k]

    @property
    def primitive(self) -> Primitive:
        begin = ", ".join(f"{name} = {value:g}" for name, value in self.system.start.items())
        slopes = [_Slope(self.system, self.k, j) for j in range(len(self.system.inputs))]
        return Primitive("root", self, *slopes, domain=f"inputs for which a solution is found from {begin}")


class _Slope:
    """The partial of the unknown number k with respect to the input number j: −[(∂g/∂z)⁻¹·∂g/∂x]ₖⱼ."""

    def __init__(self, system: Equations, k: int, j: int) -> None:
        self.system, self.k, self.j = system, k, j

    def __call__(self, unknown: Any, *inputs: Any) -> Any:
        size = len(self.system.start)
        if not any(isinstance(value, Expression) for value in (unknown, *inputs)):
            partials = self.system.at(inputs).partials
            if size == 1:
                return -float(partials[0, 1 + self.j]) / float(partials[0, 0])
            adjoints = np.linalg.solve(partials[:, :size].T, np.eye(size)[self.k])
            return float(-adjoints @ partials[:, size + self.j])
        point = dict(zip(self.system.inputs, inputs, strict=True))
        for k, name in enumerate(self.system.start):
            point[name] = unknown if k == self.k else _Unknown(self.system, k).primitive(*inputs)
        input_name = self.system.inputs[self.j]
        matrix = [_filled(slopes.get(name, 0), point) for slopes in self.system.slopes for name in self.system.start]
        right = [-_filled(slopes.get(input_name, 0), point) for slopes in self.system.slopes]
        return right[0] / matrix[0] if size == 1 else _solution(size, self.k)(*matrix, *right)


def _filled(formula: Any, point: Mapping[str, Any]) -> Any:
    """A formula with something in the place of each variable."""
    if not isinstance(formula, Expression):
        return formula
    built: dict[Expression, Any] = {}
    for one in evaluation_order([formula]):
        if one.primitive is VARIABLE:
            built[one] = point[str(one.name)]
        elif one.primitive is LITERAL:
            built[one] = one.arguments[0]
        else:
            built[one] = Application(one.primitive, tuple([built.get(a, a) for a in one.arguments]))
    return built[formula]


# -- the solution of a linear system, as a primitive of its coefficients


@cache
def _solution(size: int, k: int) -> Primitive:
    """A⁻¹b, its entry number k, as a function of the entries of A, row by row, and of b."""
    slopes = [_SolutionSlope(size, k, position) for position in range(size * size + size)]
    return Primitive("solution", _Solution(size, k), *slopes, domain="a matrix that can be inverted")


class _Solution:
    def __init__(self, size: int, k: int) -> None:
        self.size, self.k = size, k

    def __call__(self, *entries: Any) -> float:
        numbers = np.array([float(entry) for entry in entries])
        matrix = numbers[: -self.size].reshape(self.size, self.size)
        return float(np.linalg.solve(matrix, numbers[-self.size :])[self.k])


class _SolutionSlope:
    """∂/∂bᵢ is the entry (k, i) of A⁻¹, that is A⁻¹eᵢ at k; ∂/∂aᵢⱼ is that times −(A⁻¹b)ⱼ."""

    def __init__(self, size: int, k: int, position: int) -> None:
        self.size, self.k, self.position = size, k, position

    def __call__(self, output: Any, *entries: Any) -> Any:
        size = self.size
        of_right = self.position >= size * size
        i, j = (self.position - size * size, 0) if of_right else divmod(self.position, size)
        inverse = _solution(size, self.k)(*entries[: size * size], *[float(i == row) for row in range(size)])
        if of_right:
            return inverse
        return -inverse * (output if j == self.k else _solution(size, j)(*entries))

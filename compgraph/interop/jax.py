"""JAX: graphs as functions that XLA compiles, maps over batches and spreads over machines; and its programs read.

==============  =================================================================================
`to_jax`        an expression, a graph or a program → a function for ``jit``, ``vmap``, ``grad``, ``shard_map``
`from_jaxpr`    a function of ``jax.numpy``, or a jaxpr → expressions
==============  =================================================================================

JAX computes in single precision unless it is told otherwise: ``jax.config.update("jax_enable_x64", True)`` once, or
``with jax.enable_x64(True):`` around calls.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import reduce
from typing import Any, NamedTuple

from compgraph.expression import ADD, MULTIPLY, VARIABLE, Expression, Primitive
from compgraph.functions import WHERE, logical_and, logical_not, logical_or
from compgraph.interop.jax_reading import from_jaxpr
from compgraph.interop.jax_rows import SAFE, Rows
from compgraph.listing import Program, program
from compgraph.listing.assignments import Assignment, Guard
from compgraph.listing.identifiers import Slope
from compgraph.traversal import evaluation_order

__all__ = ["from_jaxpr", "to_jax"]


def to_jax(
    problem: Any,
    *,
    of: Any = None,
    parts: int = 1,
    functions: Mapping[str, Primitive] | None = None,
) -> Callable[..., Any]:
    """A function of JAX that computes a problem.

    Parameters
    ----------
    problem : Program, or whatever `compgraph.program` takes
        Expressions, text, a traced graph. A Program with derivatives gives values and derivatives.
    of : name or names, optional
        The outputs; the last statement if left out.
    parts : int
        Into how many parts the function is cut. Each is compiled on its own at the first call, and computed again where
        it is differentiated, so that little passes from one to the next. XLA's time to compile grows faster than the
        function: cut one of many thousand operations into parts of some hundred, and do not wrap the result in
        ``jax.jit``, which would make one piece of it again.
    functions : mapping of str to Primitive, optional
        Further functions that text may use.

    Returns
    -------
    callable
        Takes the inputs in their order, or by name; numbers, or arrays of one shape for points at once. It returns what
        the compiled program returns: the output, or a tuple of several. Derivatives by ``jax.grad`` follow the
        rules of this library, kinks included, and branches not taken leak no NaN.

    Notes
    -----
    Where `solve` raises DomainError, JAX gives NaN or ±∞. Both branches of a `where` are computed, the one that is not
    taken at a point where it is defined.

    Examples
    --------
    >>> import jax
    >>> f = to_jax("J = cos(sin(x^2) + 3x^2)")
    >>> with jax.enable_x64(True):
    ...     print(f"{jax.jit(jax.grad(f))(2.0):.4f}")
    9.0991
    """
    import jax

    if not isinstance(parts, int) or parts < 1:
        raise ValueError(f"parts: expected 1 or more, got {parts!r:.40}. Write parts=8 for 10 000 operations.")
    listing = problem if isinstance(problem, Program) else program(problem, of=of, functions=functions)
    names, rows = tuple(listing.inputs), Rows()
    stages = [(stage, stage.function(rows)) for stage in _cut(listing, parts)]
    if parts > 1:
        stages = [(stage, jax.jit(jax.checkpoint(run))) for stage, run in stages]

    def f(*arguments: Any, **named: Any) -> Any:
        given = _bound(names, arguments, named)
        kind = jax.numpy.result_type(*given.values(), float)
        known = {name: jax.numpy.asarray(value, kind) for name, value in given.items()}
        for stage, run in stages:
            known |= zip(stage.writes, run(*[known[name] for name in stage.reads]), strict=True)
        return _results(listing, known, kind)

    f.__name__ = f.__qualname__ = "_".join(map(str, listing.outputs))[:40]
    f.__doc__ = f"{', '.join(map(str, listing.outputs))} of {', '.join(map(str, names)) or 'nothing'}, in JAX."
    return f


def _bound(names: Sequence[Any], arguments: Sequence[Any], named: Mapping[str, Any]) -> dict[Any, Any]:
    """Input → what was given for it."""
    given = dict(zip(names, arguments, strict=False))
    by_name = {str(name): name for name in names}
    more = {by_name.get(name, name): value for name, value in named.items()}
    if len(arguments) > len(names) or more.keys() & given.keys() or (more | given).keys() != set(names):
        raise TypeError(
            f"expected a value for each of {', '.join(by_name) or 'no inputs'}, got {len(arguments)} by position and "
            f"{', '.join(named) or 'none'} by name. Give each once."
        )
    return given | more


def _results(listing: Program, known: Mapping[Any, Any], kind: Any) -> Any:
    """What a compiled program returns: the values, the derivatives, or both."""
    from jax import numpy as jnp

    one = len(listing.outputs) == 1
    values: Any = None
    if all(y in known for y in listing.outputs):  # a graph made by hand has none
        values = tuple([jnp.asarray(known[y], kind) for y in listing.outputs])
    if not listing.derives:
        return values[0] if one else values

    def slope(y: Any, x: Any) -> Any:
        return jnp.asarray(known.get(Slope(y, x), float(x == y)), kind)

    slopes: Any = tuple([tuple([slope(y, x) for x in listing.wrt]) for y in listing.outputs])
    if one:
        values, slopes = None if values is None else values[0], slopes[0]
    return slopes if values is None else (values, slopes)


class _Stage(NamedTuple):
    """Lines of a program that are run together, what they read and what of theirs is read afterwards."""

    lines: tuple[Assignment, ...]
    reads: tuple[Any, ...]
    writes: tuple[Any, ...]

    def function(self, rows: Rows) -> Callable[..., Any]:
        def run(*values: Any) -> Any:
            known = dict(zip(self.reads, values, strict=True))
            for line in self.lines:
                total = _total(line, known, rows)
                known[line.name] = rows.apply(ADD, (known[line.name], total)) if line.adds else total
            return tuple([known[name] for name in self.writes])

        return run


def _cut(listing: Program, parts: int) -> Iterator[_Stage]:
    lines = listing.assignments
    ends = {*listing.outputs, *(Slope(y, x) for y in listing.outputs for x in listing.wrt)}
    length = max(1, -(-len(lines) // parts))
    blocks = [lines[start : start + length] for start in range(0, len(lines), length)]
    reads = []
    for block in blocks:  # only what no earlier line of the block assigns
        assigned: set[Any] = set()
        read: dict[Any, None] = {}
        for line in block:
            read |= dict.fromkeys(name for name in _read(line) if name not in assigned)
            assigned.add(line.name)
        reads.append(read)
    wanted = [ends]
    for read in reversed(reads[1:]):
        wanted.append(wanted[-1] | read.keys())
    for block, read, later in zip(blocks, reads, reversed(wanted), strict=True):
        writes = [name for name in dict.fromkeys(line.name for line in block) if name in later]
        yield _Stage(tuple(block), tuple(read), tuple(writes))


def _read(line: Assignment) -> Iterator[Any]:
    """The names that a line needs."""
    for term in line.terms:
        for factor in term:
            if isinstance(factor, Slope):
                yield factor
            elif isinstance(factor, Expression):
                yield from (e.name for e in evaluation_order([factor]) if e.primitive is VARIABLE)
    for case in line.guard or ():
        yield from (condition for condition, _ in case)
    if line.adds:
        yield line.name


def _total(line: Assignment, known: Mapping[Any, Any], rows: Rows) -> Any:
    """The sum of the terms of a line, if it counts."""
    mask = None if line.guard is None else _mask(line.guard, known, rows)
    total = None
    for term in line.terms:
        product = None
        for factor in term:
            value = known[factor] if isinstance(factor, Slope) else _value(factor, known, mask, rows)
            product = value if product is None else rows.apply(MULTIPLY, (product, value))
        total = product if total is None else rows.apply(ADD, (total, product))
    return rows.apply(WHERE, (mask, total, 0.0)) if mask is not None and isinstance(line.name, Slope) else total


def _value(factor: Any, known: Mapping[Any, Any], mask: Any, rows: Rows) -> Any:
    """A factor; where its line does not count, at a point inside of its domain, so that no NaN comes of it."""
    if mask is None or not isinstance(factor, Expression) or factor.primitive is VARIABLE:
        return rows.evaluate(factor, known)
    safe = SAFE.get(factor.primitive, 0.5)
    read = {e.name: known[e.name] for e in evaluation_order([factor]) if e.primitive is VARIABLE}
    guarded = {
        name: value if value.dtype == bool else rows.apply(WHERE, (mask, value, safe)) for name, value in read.items()
    }
    return rows.evaluate(factor, guarded)


def _mask(guard: Guard, known: Mapping[Any, Any], rows: Rows) -> Any:
    """Whether one of the cases holds."""
    cases = []
    for case in guard or ():
        parts = [known[c] if holds else rows.apply(logical_not, (known[c],)) for c, holds in case]
        cases.append(reduce(lambda a, b: rows.apply(logical_and, (a, b)), parts))
    return reduce(lambda a, b: rows.apply(logical_or, (a, b)), cases)

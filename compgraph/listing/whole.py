"""Programs of whole arrays as functions: code for the shapes that come, made when they come first."""

from __future__ import annotations

import functools
import hashlib
import linecache
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from compgraph.expression import LITERAL, Application
from compgraph.linearization import linearize
from compgraph.listing.allocation import Code, code
from compgraph.listing.elementary import ELEMENTARY
from compgraph.listing.identifiers import Identifiers
from compgraph.listing.shaped import shaped
from compgraph.numbers import given
from compgraph.posing import depending
from compgraph.propagation import forward, reverse, totals
from compgraph.rewriting import Rewriting, shape_of
from compgraph.symbols import EXPRESSION
from compgraph.traversal import gc_paused

if TYPE_CHECKING:
    from compgraph.listing.assignments import Program
    from compgraph.listing.running import _Shape as Returned

__all__ = ["compiled_whole"]

#: So many combinations of shapes a function keeps the code of.
_KEPT = 8

Shape = tuple[int, ...]


def compiled_whole(
    program: Program, shape: Returned, bound: Callable[..., tuple[Any, ...]], *, fast: bool = False
) -> Callable[..., Any]:
    """The function of a program of arrays; `Program.compile` says what it does."""
    if fast:
        raise ValueError("fast=True is for programs of numbers: this one is of arrays. Leave it out.")
    names = Identifiers()
    parameters = {str(key): names[key] for key in program.inputs}
    by_name = {key: i for keys in (parameters, parameters.values()) for i, key in enumerate(keys)}
    count = len(parameters)
    made: dict[Any, list[Any]] = {}  # kinds and shapes → functions that nobody is using

    def f(*positional: Any, **named: Any) -> Any:
        if named or len(positional) != count:
            positional = bound(positional, named, program.inputs, by_name)
        key = tuple([(v.dtype, v.shape) if type(v) is np.ndarray else np.shape(v) for v in positional])
        try:
            run = made[key].pop()
        except (KeyError, IndexError):
            run = None
        if run is None:
            run = _specialised(program, parameters, positional, shape)
            f.__wrapped__ = run  # type: ignore[attr-defined] # inspect.getsource follows it to the generated code
            if len(made) >= _KEPT and key not in made:
                made.pop(next(iter(list(made)), None), None)
        try:
            with np.errstate(all="ignore"):
                return run(*positional)
        finally:
            made.setdefault(key, []).append(run)

    f.__doc__ = f"{', '.join(map(str, program.outputs))}{' and derivatives' if program.derives else ''} of arrays."
    return f


def _specialised(
    program: Program, parameters: dict[str, str], arguments: Sequence[Any], shape: Returned
) -> Callable[..., Any]:
    """The function for arguments of these shapes."""
    values = [given(value, name) for name, value in zip(parameters, arguments, strict=True)]
    kinds = [value.dtype for value in values if isinstance(value, np.ndarray)]
    dtype = np.result_type(*kinds) if kinds else np.dtype(float)
    shapes = {name: np.shape(value) for name, value in zip(parameters, values, strict=True)}
    with gc_paused():
        roots = [*expressions(program, shapes)]
        elementary = Rewriting(ELEMENTARY).rewritten(Rewriting().rewritten(roots))
        roots = [_full(one, shape_of(root)) for one, root in zip(elementary, roots, strict=True)]
        made = code(roots, parameters, dtype, shape.text)
    run: Callable[..., Any] = _made(made)
    if all(type(a) is np.ndarray and a.dtype == dtype for a in arguments):
        return run

    def converted(*positional: Any) -> Any:
        entered = [given(value, name) for name, value in zip(parameters, positional, strict=True)]
        return run(*[np.asarray(v, dtype) if isinstance(v, np.ndarray) else dtype.type(v) for v in entered])

    functools.update_wrapper(converted, run)
    return converted


def expressions(program: Program, shapes: dict[str, Shape]) -> list[Any]:
    """The values and the derivatives of a program as expressions, output by output, given the shapes of inputs.

    Raises
    ------
    ValueError
        The shapes do not fit.
    """
    graph = program.graph.graph.get("operations", program.graph).copy()
    graph.graph["shapes"] = {name: shape for name, shape in shapes.items() if shape}
    shaped(graph)  # which says what does not fit
    graph = linearize(graph, copy=False)
    nodes = graph._node
    values = [nodes[y]["value"] for y in program.outputs]
    slopes: dict[tuple[Any, Any], Any] = {}
    for output in program.outputs if program.direction == "reverse" else ():
        part = depending(graph, program.wrt, [output])
        final = totals(reverse(part, {output: 1}, EXPRESSION))
        slopes |= {(output, x): final.get(x, 0) for x in program.wrt}
    for x in program.wrt if program.direction == "forward" else ():
        final = totals(forward(graph, {x: 1}, EXPRESSION))
        slopes |= {(output, x): final.get(output, 0) for output in program.outputs}
    if program.derives:
        ends = [(y, x) for y in program.outputs for x in program.wrt]
        scalar = 0 if program.direction == "reverse" else 1
        for pair in ends:
            values.append(_shaped(slopes[pair], shape_of(nodes[pair[1 - scalar]]["value"])))
    return values


def _shaped(total: Any, shape: Shape) -> Any:
    """A derivative in the shape that it has where it is not a mere number."""
    if shape_of(total) == shape:
        return total
    return np.broadcast_to(Application(LITERAL, (total,)) if not shape_of(total) else total, shape)


def _full(rewritten: Any, shape: Shape) -> Any:
    return rewritten if shape_of(rewritten) == shape else _shaped(rewritten, shape)


def _made(made: Code) -> Any:
    """The function, which tracebacks and `inspect` can show."""
    filename = f"<compgraph program {hashlib.blake2b(made.source.encode(), digest_size=6).hexdigest()}>"
    namespace: dict[str, Any] = {"__name__": "compgraph.listing.generated"}
    exec(compile(made.source, filename, "exec"), namespace)  # names in it are identifiers of ours, and numbers
    linecache.cache[filename] = (len(made.source), None, made.source.splitlines(keepends=True), filename)
    return namespace["make"](**made.given)

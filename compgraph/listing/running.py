"""Programs as functions: generated code for what is usual, and the graph where something is not."""

from __future__ import annotations

import functools
import hashlib
import linecache
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from compgraph.expression import Primitive
from compgraph.linearization import linearize
from compgraph.listing.arrays import array_code
from compgraph.listing.generation import scalar_code
from compgraph.listing.identifiers import Identifiers
from compgraph.listing.lowering import lowered
from compgraph.listing.operations import Lowered
from compgraph.listing.shaped import of_arrays
from compgraph.listing.whole import compiled_whole
from compgraph.numbers import entered
from compgraph.posing import depending
from compgraph.propagation import reverse, totals
from compgraph.semiring import REAL
from compgraph.traversal import gc_paused

if TYPE_CHECKING:
    from compgraph.listing.assignments import Program

__all__ = ["compiled"]

_FLOAT = {float}


def compiled(program: Program, *, fast: bool) -> Callable[..., Any]:
    """The function of a program; `Program.compile` says what it does."""
    if of_arrays(program.graph):
        returned = _Shape(len(program.outputs), True, program.derives)
        return compiled_whole(program, returned, _bound, fast=fast)
    with gc_paused():
        code = lowered(program)
        shape = _Shape(len(program.outputs), bool(code.values), program.derives)
        names = Identifiers()
        parameters = [names[key] for key in program.inputs]
        if fast:
            from compgraph.listing.machine import Machine

            machine = Machine(code, shape.of)
            run, many = machine.scalar, machine.points
        else:
            generated = scalar_code(code, "f", parameters, shape.text)
            run, many = _made(generated.source, "f", generated.foreign), _Arrays(code, parameters, shape)
    count, finite = len(parameters), shape.finite()
    by_name = {**{str(key): i for i, key in enumerate(program.inputs)}, **{p: i for i, p in enumerate(parameters)}}

    def f(*positional: Any, **named: Any) -> Any:
        if named or len(positional) != count:
            positional = _bound(positional, named, program.inputs, by_name)
        if positional and set(map(type, positional)) != _FLOAT:
            if any(map(_is_many, positional)):
                return _at_points(positional, many, f, program, shape)
            positional = tuple([_entered(v, k) for v, k in zip(positional, program.inputs, strict=True)])
        try:
            result = run(*positional)
            if finite(result):
                return result
        except (ArithmeticError, ValueError):
            pass
        return _asked(program, positional, shape)

    if not fast:
        functools.update_wrapper(f, run, assigned=())  # inspect.getsource follows it to the generated code
    f.__doc__ = f"{', '.join(map(str, program.outputs))}{' and derivatives' if program.derives else ''} at a point."
    return f


class _Shape(NamedTuple):
    """How results are returned: of how many outputs, and whether there are values and derivatives."""

    outputs: int
    values: bool
    derives: bool

    def of(self, results: Sequence[Any]) -> Any:
        """A flat list of results as it is returned."""
        values, slopes = self._parts(results)
        shown = [values[0] if self.outputs == 1 else tuple(values)] if self.values else []
        if self.derives:
            shown.append(slopes[0] if self.outputs == 1 else tuple(slopes))
        return shown[0] if len(shown) == 1 else tuple(shown)

    def text(self, results: Sequence[str]) -> str:
        """The same in Python."""
        values, slopes = self._parts(results)
        rows = [_tuple(row) for row in slopes]
        shown = [values[0] if self.outputs == 1 else _tuple(values)] if self.values else []
        if self.derives:
            shown.append(rows[0] if self.outputs == 1 else _tuple(rows))
        return ", ".join(shown)

    def _parts(self, results: Sequence[Any]) -> tuple[Sequence[Any], list[tuple[Any, ...]]]:
        values = results[: self.outputs] if self.values else []
        slopes = results[len(values) :]
        width = len(slopes) // self.outputs
        return values, [tuple(slopes[i * width : (i + 1) * width]) for i in range(self.outputs)]

    def finite(self) -> Callable[[Any], bool]:
        """Whether a result holds neither infinities nor NaN, as its sum tells: then it stands."""
        if not self.derives and self.outputs == 1:
            return lambda result: result - result == 0
        if self.derives and self.values and self.outputs == 1:
            return lambda result: (total := sum(result[1], result[0])) - total == 0
        return lambda result: (total := sum(_flat(result))) - total == 0


def _flat(result: Any) -> Iterator[Any]:
    """The numbers, or arrays, in a result, in order."""
    stack = [result]
    while stack:
        part = stack.pop()
        if isinstance(part, tuple):
            stack += reversed(part)
        else:
            yield part


def _tuple(parts: Sequence[str]) -> str:
    return f"({', '.join(parts)}{',' * (len(parts) == 1)})"


def _made(source: str, name: str, foreign: dict[str, Primitive], *, arrays: bool = False) -> Any:
    """The function of that name in a source, which tracebacks and `inspect` can show."""
    namespace: dict[str, Any] = {
        called: np.vectorize(row.evaluate, otypes=[float]) if arrays else row.evaluate
        for called, row in foreign.items()
    }
    namespace |= {"__name__": "compgraph.listing.generated"}
    filename = f"<compgraph program {hashlib.blake2b(source.encode(), digest_size=6).hexdigest()}>"
    exec(compile(source, filename, "exec"), namespace)  # names in it are identifiers of ours, and numbers their repr
    function = namespace[name]
    # one entry for one source, and never taken out: a finalizer would do that while somebody goes through the cache
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    return function


# -- arguments


def _bound(
    positional: tuple[Any, ...], named: dict[str, Any], inputs: Sequence[Any], by_name: dict[str, int]
) -> tuple[Any, ...]:
    """The arguments in the order of the inputs."""
    values = dict(enumerate(positional))
    for name, value in named.items():
        if name not in by_name or by_name[name] in values:
            wrong = "twice" if name in by_name else "which is no input"
            raise TypeError(f"expected ({', '.join(by_name)}), got {name} {wrong}. Give each input once.")
        values[by_name[name]] = value
    if len(positional) > len(inputs):
        raise TypeError(f"expected ({', '.join(by_name)}), got {len(positional)} positional arguments.")
    missing = [str(key) for i, key in enumerate(inputs) if i not in values]
    if missing:
        raise TypeError(f"expected ({', '.join(by_name)}), got no value for {', '.join(missing[:8])}.")
    return tuple([values[i] for i in range(len(inputs))])


def _entered(value: Any, key: Any) -> float:
    return value if type(value) is float else float(entered(value, str(key)))


def _is_many(value: Any) -> bool:
    return isinstance(value, (list, tuple)) or getattr(value, "ndim", 0) > 0


def _asked(program: Program, point: Sequence[float], shape: _Shape) -> Any:
    """The same from the graph, which says where a domain ends, and lets infinities pass."""
    graph, at = program.graph, dict(zip(program.inputs, point, strict=True))
    graph = graph.graph.get("operations", graph)
    if shape.values:
        graph = linearize(graph, at)
    else:
        graph = graph.copy()
        for key, value in at.items():
            for data in graph._succ[key.wrt][key.of].values():
                data["partial"] = value
    results = [graph.nodes[y]["value"] for y in program.outputs] if shape.values else []
    for output in program.outputs if shape.derives else ():
        final = totals(reverse(depending(graph, program.wrt, [output]), {output: 1.0}, REAL))
        results += [final.get(x, 0.0) for x in program.wrt]
    return shape.of(list(map(float, results)))


# -- many points


class _Arrays:
    """The function of arrays of a program, made when it is first used."""

    def __init__(self, code: Lowered, parameters: Sequence[str], shape: _Shape) -> None:
        self._make = functools.partial(array_code, code, "f", parameters, shape.text)
        self._function: Any = None
        self._rows = 0
        self._spare: list[tuple[int, list[np.ndarray]]] = []  # rows of an earlier call, to be used again

    def __call__(self, arrays: Sequence[np.ndarray], points: int) -> Any:
        if self._function is None:
            generated = self._make()
            self._rows = generated.rows
            self._function = _made(generated.source, "f", generated.foreign, arrays=True)
        try:
            length, rows = self._spare.pop()
        except IndexError:
            length, rows = -1, []
        if length != points:
            rows = list(np.empty((self._rows, points)))
        with np.errstate(divide="raise", invalid="raise", over="ignore", under="ignore"):
            result = self._function(*arrays, rows)
        self._spare[:] = [(points, rows)]
        return result


def _at_points(arguments: Sequence[Any], many: Any, one: Any, program: Program, shape: _Shape) -> Any:
    """The results at many points: all at once, or where that fails one after the other."""
    columns = [np.asarray(value, float) if _is_many(value) else value for value in arguments]
    lengths = {column.shape for column in columns if isinstance(column, np.ndarray)}
    if len(lengths) != 1 or len(next(iter(lengths))) != 1:
        got = ", ".join(f"{key}: {np.shape(value)}" for key, value in zip(program.inputs, columns, strict=True))
        raise ValueError(
            f"expected numbers, or arrays of one dimension and equal length, got shapes {got}. Flatten them first."
        )
    (points,) = next(iter(lengths))
    rows = [
        column if isinstance(column, np.ndarray) else np.full(points, _entered(column, key))
        for column, key in zip(columns, program.inputs, strict=True)
    ]
    try:
        result = many(rows, points)
        if all(np.isfinite(array).all() for array in _flat(result)):
            return result
    except (ArithmeticError, ValueError):
        pass
    results = [tuple(_flat(one(*point))) for point in zip(*(row.tolist() for row in rows), strict=True)]
    return shape.of([np.array(column) for column in zip(*results, strict=True)])

"""Programs of arrays as Python modules to take along: NumPy as one would write it by hand."""

from __future__ import annotations

import keyword
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import EllipsisType
from typing import TYPE_CHECKING, Any

import numpy as np

from compgraph import functions as cg
from compgraph.arrays.rows import Bound
from compgraph.expression import POWER, Expression, Primitive
from compgraph.listing.forms import LIBRARIES, Level, Library, Piece, infix
from compgraph.listing.identifiers import Identifiers, Slope
from compgraph.listing.shaped import is_mapped, product, shaped
from compgraph.listing.source import Writer

if TYPE_CHECKING:
    from compgraph.listing.assignments import Assignment, Program

__all__ = ["array_module"]


def array_module(program: Program, name: str) -> str:
    """The program as a module that defines the function `name` of arrays."""
    if not (name.isidentifier() and not keyword.iskeyword(name)):
        raise ValueError(f"name: expected a Python identifier, got {name!r:.40}. Write name='f'.")
    writer = _ArrayWriter(LIBRARIES["numpy"])
    body = list(writer.function(program, name))
    parts = [*writer.needed.values(), *writer.helpers.values(), "\n".join(body) + "\n"]
    return "\n\n".join(["".join(writer.heading()), *parts])


class _ArrayWriter(Writer):
    """Writes functions of arrays: maps as what they do, and the rows of arrays as NumPy calls them."""

    def __init__(self, library: Library) -> None:
        super().__init__(library)
        self.names = Identifiers(HELPERS)
        self.helpers: dict[str, str] = {}
        self.shapes: dict[Any, tuple[int, ...]] = {}
        self.like: Any = None  # an input of whose kind arrays are that are written down: float32 stays float32

    def function(self, program: Program, name: str) -> Iterator[str]:
        if program.derives:
            self.shapes = {key: variable.shape for key, variable in shaped(program.graph).items()}
        given = program.graph.graph.get("operations", program.graph).graph.get("shapes", {})
        self.like = next((key for key in program.inputs if key in given), None)
        yield from super().function(program, name)

    def line(self, a: Assignment, program: Program) -> str:
        if isinstance(a.name, Slope) and not a.adds and a.terms == ((0,),):
            node = a.name.wrt if program.direction == "reverse" else a.name.of
            if self.shapes[node]:
                return f"{self.names[a.name]} = np.zeros_like({self.names[node]})"
        return super().line(a, program)

    def _product(self, term: tuple[Any, ...]) -> Piece:
        if is_mapped(term):
            whole = product(term, self.slopes)
            if isinstance(whole, Expression) and whole.primitive.name == "broadcast_to":
                (whole,) = whole.arguments  # += does it
            return self.expression(whole, {}) if isinstance(whole, Expression) else self.number(whole)
        return self.number(term[0]) if isinstance(term[0], np.ndarray) else super()._product(term)

    def number(self, value: Any) -> Piece:
        if not isinstance(value, np.ndarray):
            return super().number(value)
        kind = f", {self.names[self.like]}.dtype" if self.like is not None and value.dtype.kind == "f" else ""
        return Piece(f"np.array({_entries(value)}{kind})")

    def _form(self, primitive: Primitive) -> Any:
        if primitive is cg.square:
            return lambda operands: self.library.forms[POWER]((operands[0], Piece("2")))
        if not isinstance(primitive, Bound):
            return super()._form(primitive)
        called, parameters = primitive.name, primitive.parameters
        for helper in HELPERS if called in HELPERS else ():
            if helper == called or (called, helper) == ("conv2d", "patches"):
                self.helpers[helper] = HELPERS[helper]
        form = _FORMS.get(called) or _called(called if called in HELPERS else f"np.{called}")
        return lambda operands: form(operands, parameters)


#: What NumPy has no function for.
HELPERS = {
    "softmax": """\
def softmax(x, axis=-1):
    e = np.exp(x - np.max(x, axis=axis, keepdims=True))
    return e / np.sum(e, axis=axis, keepdims=True)
""",
    "log_softmax": """\
def log_softmax(x, axis=-1):
    above = x - np.max(x, axis=axis, keepdims=True)
    return above - np.log(np.sum(np.exp(above), axis=axis, keepdims=True))
""",
    "logsumexp": """\
def logsumexp(x, axis=None, keepdims=False):
    top = np.max(x, axis=axis, keepdims=True)
    total = np.log(np.sum(np.exp(x - top), axis=axis, keepdims=True)) + top
    return total if keepdims else np.squeeze(total, axis=axis)
""",
    "scatter": """\
def scatter(x, shape, index=None, places=None):
    whole = np.zeros(shape, np.asarray(x).dtype)
    if places is None:
        np.add.at(whole, index, x)
    else:
        np.add.at(whole.reshape(-1), places, x)
    return whole
""",
    "patches": """\
def patches(x, window, stride, padding):
    rows, columns = padding
    x = np.pad(x, ((0, 0), (0, 0), (rows, rows), (columns, columns)))
    windows = np.lib.stride_tricks.sliding_window_view(x, window, axis=(2, 3))[:, :, :: stride[0], :: stride[1]]
    n, channels, i, j, *_ = windows.shape
    return windows.transpose(0, 2, 3, 1, 4, 5).reshape(n * i * j, -1)
""",
    "conv2d": """\
def conv2d(x, kernels, stride=(1, 1), padding=(0, 0)):
    o, _, h, w = kernels.shape
    rows = (x.shape[2] + 2 * padding[0] - h) // stride[0] + 1
    columns = (x.shape[3] + 2 * padding[1] - w) // stride[1] + 1
    flat = patches(x, (h, w), stride, padding) @ kernels.reshape(o, -1).T
    return flat.reshape(x.shape[0], rows, columns, o).transpose(0, 3, 1, 2)
""",
    "max_pool2d": """\
def max_pool2d(x, size, stride=None):
    down, right = stride or size
    windows = np.lib.stride_tricks.sliding_window_view(x, size, axis=(2, 3))[:, :, ::down, ::right]
    return windows.max(axis=(4, 5))
""",
}


# -- rows


def _called(function: str, *positional: str) -> Callable[..., Piece]:
    """A call with the parameters by name, some by their place."""

    def form(operands: Sequence[Piece], parameters: Mapping[str, Any]) -> Piece:
        given = [o.text for o in operands] + [_value(parameters[key]) for key in positional if key in parameters]
        given += [f"{key}={_value(value)}" for key, value in parameters.items() if key not in positional]
        return Piece(f"{function}({', '.join(given)})")

    return form


def _joined(function: str) -> Callable[..., Piece]:
    def form(operands: Sequence[Piece], parameters: Mapping[str, Any]) -> Piece:
        axis = f", axis={parameters['axis']}" if parameters.get("axis") else ""
        return Piece(f"{function}([{', '.join([o.text for o in operands])}]{axis})")

    return form


def _transposed(operands: Sequence[Piece], parameters: Mapping[str, Any]) -> Piece:
    if "axes" in parameters:
        return _called("np.transpose", "axes")(operands, parameters)
    return Piece(f"{operands[0].at(Level.ATOM)}.T")


def _indexed(operands: Sequence[Piece], parameters: Mapping[str, Any]) -> Piece:
    return Piece(f"{operands[0].at(Level.ATOM)}[{_index(parameters['index'])}]")


def _rearranged(operands: Sequence[Piece], parameters: Mapping[str, Any]) -> Piece:
    further = [_value(one) for one in parameters.get("arguments", ())]
    further += [f"{key}={_value(one)}" for key, one in (parameters.get("keywords") or {}).items()]
    return Piece(f"np.{parameters['function']}({', '.join([operands[0].text, *further])})")


def _part(number: int) -> Callable[..., Piece]:
    return lambda operands, _: Piece(f"np.linalg.slogdet({operands[0].text})[{number}]")


def _einsum(operands: Sequence[Piece], parameters: Mapping[str, Any]) -> Piece:
    return Piece(f"np.einsum({', '.join([repr(parameters['subscripts']), *[o.text for o in operands]])})")


_TIMES = infix("@", Level.PRODUCT, Level.PRODUCT, Level.POWER)

_FORMS: dict[str, Callable[..., Piece]] = {
    "matmul": lambda operands, _: _TIMES(operands), "einsum": _einsum, "transpose": _transposed, "getitem": _indexed,
    "rearrange": _rearranged, "concatenate": _joined("np.concatenate"), "stack": _joined("np.stack"),
    "amax": _called("np.max"), "amin": _called("np.min"), "norm": _called("np.linalg.norm"),
    "inv": _called("np.linalg.inv"), "det": _called("np.linalg.det"), "solve": _called("np.linalg.solve"),
    "detsign": _part(0), "logdet": _part(1), "reshape": _called("np.reshape", "newshape"),
    "broadcast_to": _called("np.broadcast_to", "shape"),
    "pad": lambda operands, p: _called("np.pad", "pad_width")(
        operands, {"constant_values" if key == "constant" else key: value for key, value in p.items()}
    ),
}  # fmt: skip


def _entries(value: Any) -> str:
    return repr(np.asarray(value).tolist()).replace("inf", "np.inf").replace("nan", "np.nan")


def _value(value: Any) -> str:
    """A parameter in Python."""
    if isinstance(value, np.ndarray):
        return f"np.array({_entries(value)})"
    if isinstance(value, tuple) and any(isinstance(one, np.ndarray) for one in value):
        return f"({', '.join(map(_one, value))},)"
    return repr(value)


def _index(index: Any) -> str:
    """What stands between brackets."""
    parts = [_one(i) for i in index] if isinstance(index, tuple) else [_one(index)]
    return ", ".join(parts) + ("," if isinstance(index, tuple) and len(parts) == 1 else "")


def _one(index: Any) -> str:
    if isinstance(index, slice):
        bounds = ["" if i is None else str(i) for i in (index.start, index.stop)]
        return ":".join(bounds + ([] if index.step is None else [str(index.step)]))
    if isinstance(index, EllipsisType):
        return "..."
    return f"np.array({_entries(index)})" if isinstance(index, np.ndarray) else repr(index)

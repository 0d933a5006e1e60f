"""Programs of arrays as Python modules to take along: NumPy as one would write it by hand."""

from __future__ import annotations

import keyword
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import EllipsisType
from typing import TYPE_CHECKING, Any

import numpy as np

from compgraph.arrays.rows import Bound
from compgraph.expression import LITERAL, Expression, Primitive
from compgraph.listing.forms import LIBRARIES, Level, Piece, infix
from compgraph.listing.identifiers import Slope
from compgraph.listing.shaped import is_mapped, product, shaped
from compgraph.listing.source import Writer
from compgraph.rewriting import Rewriting

if TYPE_CHECKING:
    from compgraph.listing.assignments import Assignment, Program

__all__ = ["array_module"]


def array_module(program: Program, name: str) -> str:
    """The program as a module that defines the function `name` of arrays."""
    if not (name.isidentifier() and not keyword.iskeyword(name)):
        raise ValueError(f"name: expected a Python identifier, got {name!r:.40}. Write name='f'.")
    writer = _ArrayWriter(program)
    body = list(writer.function(program, name))
    return "\n\n".join(["".join(writer.heading()), *writer.needed.values(), "\n".join(body) + "\n"])


class _ArrayWriter(Writer):
    """Writes functions of arrays: maps as what they do, and the rows of arrays as NumPy calls them."""

    def __init__(self, program: Program) -> None:
        super().__init__(LIBRARIES["numpy"])
        self.shapes = {key: variable.shape for key, variable in shaped(program.graph).items()}
        # numbers that are written down are of the kind of the inputs: float32 stays float32
        self.like = next((key for key in program.inputs if self.shapes[key]), None)

    def line(self, a: Assignment, program: Program) -> str:
        if isinstance(a.name, Slope) and not a.adds and a.terms == ((0,),):
            node = a.name.wrt if program.direction == "reverse" else a.name.of
            if self.shapes[node]:
                return f"{self.names[a.name]} = np.zeros_like({self.names[node]})"
        return super().line(a, program)

    def _product(self, term: tuple[Any, ...]) -> Piece:
        if not is_mapped(term):
            if len(term) == 1 and isinstance(term[0], np.ndarray):
                return Piece(self.array(term[0]))
            return super()._product(term)
        slopes: dict[str, Slope] = {}
        whole = Rewriting().rewritten([product(term, slopes)])[0]
        return self.expression(whole, {}, slopes)

    def constant(self, value: Any) -> Piece:
        return Piece(self.array(value)) if isinstance(value, np.ndarray) else self.library.number(value)

    def array(self, value: np.ndarray) -> str:
        """An array as its entries."""
        kind = f", {self.names[self.like]}.dtype" if self.like is not None and value.dtype.kind == "f" else ""
        return f"np.array({_entries(value)}{kind})"

    def _form(self, primitive: Primitive) -> Any:
        if not isinstance(primitive, Bound):
            return super()._form(primitive)
        form, parameters = _FORMS.get(primitive.name), dict(primitive.parameters)
        if primitive.name in _OWN and primitive not in self.needed:
            self.needed[_OWN_ROWS[primitive.name]] = _OWN[primitive.name]
        if form is None:
            form = _called(primitive.name if primitive.name in _OWN else f"np.{primitive.name}")
        return lambda operands: form(operands, parameters)


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
    return f"({_index(value)})" if isinstance(value, tuple) and any(isinstance(v, (slice, np.ndarray)) for v in value) else repr(value)


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

"""NumPy code for arrays of known shapes: one operation a line, into memory that is used again and again.

Every result that another operation reads has a place in memory from the start, which it leaves to others when it is no
longer needed; transposes and reshapes of it are views made beforehand, and cost nothing. Numbers, what an input is
viewed as, and the results of the program are made anew in each call.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from types import EllipsisType
from typing import Any, NamedTuple

import numpy as np

from compgraph.arrays.elementwise import evaluated
from compgraph.arrays.rows import Bound, normalized
from compgraph.expression import ADD, DIVIDE, LITERAL, MULTIPLY, SUBTRACT, VARIABLE, Expression
from compgraph.functions import WHERE
from compgraph.listing.elementary import UFUNCS
from compgraph.listing.forms import CONDITIONS
from compgraph.rewriting import is_elementwise, shape_of
from compgraph.traversal import evaluation_order

__all__ = ["Code", "code"]

#: Sums over one axis of a matrix of at most so many rows are products with ones, which BLAS is quicker at.
_LONGEST_PRODUCT = 4096

#: The largest of each row of at most so many entries is looked for column by column.
_FEW = 32

_VIEWS = frozenset({"reshape", "transpose", "getitem"})
_REDUCED = {"sum": "np.add.reduce", "prod": "np.multiply.reduce", "amax": "np.maximum.reduce", "amin": "np.minimum.reduce"}  # fmt: skip
_SIGNS = {ADD: "+", SUBTRACT: "-", MULTIPLY: "*", DIVIDE: "/"}


class Code(NamedTuple):
    """Source of ``make(…)``, which gives the function of the inputs; what it is given; and how much memory that is."""

    source: str
    given: dict[str, Any]
    bytes: int


class _Place(NamedTuple):
    """Where a result is: its name, the array if it stands there from the start, and whether it is the first there."""

    text: str
    array: Any = None
    register: int | None = None  # that it may leave to another


def code(
    roots: Sequence[Any],
    parameters: Mapping[str, str],
    dtype: np.dtype[Any],
    returned: Callable[[Sequence[str]], str],
) -> Code:
    """The function of the inputs that computes the roots, which are elementary."""
    writer = _Writer(roots, parameters, dtype)
    results = writer.written()
    body = [f"        {line}" for line in writer.lines]
    source = "\n".join(
        [
            f"def make({', '.join(['np', *writer.given])}):",
            f"    def f({', '.join(parameters.values())}):",
            *body,
            f"        return {returned(results)}",
            "",
            "    return f",
            "",
        ]
    )
    return Code(source, {"np": np, **writer.given}, sum(array.nbytes for array in writer.memory))


class _Writer:
    def __init__(self, roots: Sequence[Any], parameters: Mapping[str, str], dtype: np.dtype[Any]) -> None:
        self.roots = roots
        self.parameters = parameters
        self.dtype = dtype
        self.order = evaluation_order(roots)
        self.uses = Counter(a for e in self.order for a in e.arguments if isinstance(a, Expression))
        self.results = {root for root in roots if isinstance(root, Expression)}
        self.inside = self._inside()
        self.last = self._last()
        self.places: dict[Expression, _Place] = {}
        self.given: dict[str, Any] = {}
        self.literals: dict[Any, str] = {}
        self.lines: list[str] = []
        self.memory: list[np.ndarray] = []
        self.free: dict[tuple[int, Any], list[int]] = {}
        self.named: dict[Any, tuple[str, np.ndarray]] = {}  # register and shape → name and view
        self.number = 0

    # -- when what is needed

    def _inside(self) -> set[Expression]:
        """Products that only their sum over all entries is wanted of."""
        found = set()
        for e in self.order:
            if e.primitive.name == "sum" and isinstance(e.primitive, Bound) and not e.primitive.parameters:
                (x,) = e.arguments
                if isinstance(x, Expression) and self.uses[x] == 1 and x not in self.results and x.size < 2**16:
                    parts = x.arguments * 2 if x.primitive.name == "square" else x.arguments
                    if x.primitive.name in ("square", "multiply") and all(shape_of(p) == x.shape for p in parts):
                        found.add(x)
        return found

    def _last(self) -> dict[Expression, int]:
        """The turn after which neither a result nor anything that may be a view of it is read."""
        last: dict[Expression, int] = dict.fromkeys(self.results, len(self.order))
        for turn in range(len(self.order) - 1, -1, -1):
            e = self.order[turn]
            is_view = e.primitive.name in _VIEWS or e in self.inside
            for a in e.arguments:
                if isinstance(a, Expression):
                    last[a] = max(last.get(a, 0), last.get(e, turn) if is_view else turn)
        return last

    # -- names

    def constant(self, value: Any, hint: str) -> str:
        self.number += 1
        name = f"{hint}{self.number}"
        self.given[name] = value
        return name

    def fresh(self, hint: str) -> str:
        self.number += 1
        return f"{hint}{self.number}"

    def text(self, operand: Any) -> str:
        """An operand of an operation on arrays."""
        if isinstance(operand, Expression):
            return self.places[operand].text
        if operand not in self.literals:  # 2 and 2.0 are the same array
            self.literals[operand] = self.constant(np.array(operand, self.dtype), "c")
        return self.literals[operand]

    # -- memory

    def target(self, e: Expression, turn: int, *, over: bool) -> tuple[str, np.ndarray]:
        """The name and the array of the place for a result; `over` operands that are read for the last time."""
        dtype = np.dtype(bool) if e.primitive in CONDITIONS else self.dtype
        if over:
            self.release(e, turn)
        shape = shape_of(e)
        size = math.prod(shape)
        spare = self.free.get((size, dtype))
        if spare:
            register = spare.pop()
        else:
            register = len(self.memory)
            self.memory.append(np.empty(size, dtype))
        array = self.memory[register].reshape(shape)
        if (register, shape) not in self.named:
            self.named[register, shape] = self.constant(array, "m" if dtype == bool else "a"), array
        name, array = self.named[register, shape]
        self.places[e] = _Place(name, array, register)
        return name, array

    def release(self, e: Expression, turn: int) -> None:
        """Leave the memory of operands that are read for the last time to others."""
        stack = list(e.arguments)
        while stack:
            a = stack.pop()
            if a in self.inside:
                stack += a.arguments
            elif isinstance(a, Expression) and self.last[a] <= turn:
                place = self.places[a]
                if place.register is not None:
                    memory = self.memory[place.register]
                    self.free.setdefault((memory.size, memory.dtype), []).append(place.register)
                    self.places[a] = place._replace(register=None)
                if a.primitive.name in _VIEWS:
                    stack += a.arguments

    # -- operations

    def written(self) -> list[str]:
        """Write every operation; the texts of the results."""
        for turn, e in enumerate(self.order):
            if e in self.inside:
                continue
            self.write(e, turn)
            self.release(e, turn)
        results, met = [], set()
        for root in self.roots:
            if not isinstance(root, Expression):
                results.append(repr(float(root)))
                continue
            place = self.places[root]
            text = place.text
            if not root.shape:
                text = f"float({text})"
            elif root in met or root.primitive in (VARIABLE, LITERAL) or root.primitive.name in _VIEWS:
                text = f"{text}.copy()"
            met.add(root)
            results.append(text)
        return results

    def write(self, e: Expression, turn: int) -> None:
        primitive = e.primitive
        if primitive is VARIABLE:
            self.places[e] = _Place(self.parameters[str(e.name)])
        elif primitive is LITERAL:
            (value,) = e.arguments
            array = np.asarray(value, None if value.dtype == bool else self.dtype).view(np.ndarray)
            self.places[e] = _Place(self.constant(array, "k"), array)
        elif is_elementwise(primitive):
            self.elementwise(e, turn)
        else:
            getattr(self, f"_{primitive.name}", self.called)(e, turn)

    def emit(self, e: Expression, turn: int, call: str, out: str = "out=", *, over: bool = False) -> None:
        """A call that takes the place for its result as the last argument."""
        if not shape_of(e) or e in self.results:
            name = self.fresh("v")
            self.places[e] = _Place(name)
            self.lines.append(f"{name} = {call})")
        else:
            name, _ = self.target(e, turn, over=over)
            self.lines.append(f"{call}, {out}{name})")

    def elementwise(self, e: Expression, turn: int) -> None:
        primitive, operands = e.primitive, e.arguments
        if not e.shape and primitive in _SIGNS:
            texts = [self.text(o) if isinstance(o, Expression) else repr(o) for o in operands]
            name = self.fresh("v")
            self.places[e] = _Place(name)
            self.lines.append(f"{name} = {texts[0]} {_SIGNS[primitive]} {texts[1]}")
        elif primitive is WHERE:
            self.where(e, turn)
        elif primitive in UFUNCS:
            out = "out=" if UFUNCS[primitive] in ("np.maximum", "np.minimum") else ""
            self.emit(e, turn, f"{UFUNCS[primitive]}({', '.join(map(self.text, operands))}", out, over=True)
        else:
            self.called(e, turn)

    def where(self, e: Expression, turn: int) -> None:
        """A choice; of something or 0 by its bits, which is quick and leaves neither an infinity nor a NaN."""
        condition, a, b = e.arguments
        kept = b if not isinstance(a, Expression) and a == 0 else a
        other = a if kept is b else b
        zero = not isinstance(other, Expression) and other == 0
        if zero and isinstance(kept, Expression) and shape_of(kept) == e.shape == shape_of(condition) and self.places[kept].array is not None:
            mask = self.places[condition]
            if mask.array is not None and mask.array.dtype == bool:
                whole = np.dtype(f"i{self.dtype.itemsize}")
                bits = np.empty(e.shape, np.int8)
                self.memory.append(bits)
                name = self.constant(bits, "b")
                seen = self.constant(mask.array.view(np.int8), "b")
                call = f"np.negative({seen}" if kept is a else f"np.subtract({seen}, {self.constant(np.int8(1), 'c')}"
                self.lines.append(f"{call}, {name})")
                source = self.constant(self.places[kept].array.view(whole), "i")
                target, array = self.target(e, turn, over=True)
                self.lines.append(f"np.bitwise_and({source}, {name}, {self.constant(array.view(whole), 'i')})")
                if e in self.results:
                    name = self.fresh("v")
                    self.lines.append(f"{name} = {target}.copy()")
                    self.places[e] = self.places[e]._replace(text=name, array=None)
                return
        name = self.fresh("v")
        self.lines.append(f"{name} = np.where({', '.join(map(self.text, e.arguments))})")
        self.places[e] = _Place(name)

    def called(self, e: Expression, turn: int) -> None:
        """Any other function: as it is evaluated, into an array of its own."""
        primitive = e.primitive
        function = primitive.value if isinstance(primitive, Bound) else (lambda *x: evaluated(primitive, x))
        name, kind = self.fresh("v"), self.constant(self.dtype, "t")
        called = self.constant(function, f"{primitive.name}_" if primitive.name.isidentifier() else "f")
        result = f"np.asarray({called}({', '.join(map(self.text, e.arguments))}), {kind})"
        self.lines.append(f"{name} = {result if e.shape else result + '[()]'}")
        self.places[e] = _Place(name)

    # -- views

    def viewed(self, e: Expression, turn: int, text: str, view: Callable[[Any], Any]) -> None:
        """A view of what has a place, made beforehand; of anything else in each call."""
        (x,) = e.arguments
        place = self.places[x]
        if place.array is None:
            name = self.fresh("v")
            self.lines.append(f"{name} = {place.text}{text}")
            self.places[e] = _Place(name)
            return
        array = view(place.array)
        if np.shares_memory(array, place.array) or not array.size:
            self.places[e] = _Place(self.constant(array, "a"), array)
        elif x.primitive is LITERAL:
            self.places[e] = _Place(self.constant(array, "k"), array)
        else:  # a reshape of what does not stand in one piece
            name, target = self.target(e, turn, over=False)
            there = self.constant(target.reshape(place.array.shape), "a")
            self.lines.append(f"np.copyto({there}, {place.text})")

    def _reshape(self, e: Expression, turn: int) -> None:
        self.viewed(e, turn, f".reshape({e.shape})", lambda x: x.reshape(e.shape))

    def _transpose(self, e: Expression, turn: int) -> None:
        axes = e.primitive.parameters.get("axes")  # type: ignore[attr-defined] # of a Bound
        self.viewed(e, turn, f".transpose({axes})" if axes else ".T", lambda x: x.transpose(axes) if axes else x.T)

    def _getitem(self, e: Expression, turn: int) -> None:
        index = e.primitive.parameters["index"]  # type: ignore[attr-defined] # of a Bound
        parts = index if isinstance(index, tuple) else (index,)
        basic = (int, np.integer, slice, type(None), EllipsisType)
        if all(isinstance(i, basic) and not isinstance(i, bool) for i in parts):
            parts = parts if Ellipsis in parts else (*parts, ...)
            self.viewed(e, turn, f"[{self.constant(parts, 'j')}]", lambda x: x[parts])
        else:
            self.called(e, turn)

    # -- what moves entries into a place of its own

    def _broadcast_to(self, e: Expression, turn: int) -> None:
        (x,) = e.arguments
        if isinstance(x, Expression):
            name, _ = self.target(e, turn, over=False)
            self.lines.append(f"np.copyto({name}, {self.text(x)})")
            self.copied(e)
        else:
            array = np.full(e.shape, x, self.dtype)
            self.places[e] = _Place(self.constant(array, "k"), array)
            if e in self.results:
                self.copied(e)

    def copied(self, e: Expression) -> None:
        """A result that stands in a place is handed out as a copy."""
        if e in self.results:
            name = self.fresh("v")
            self.lines.append(f"{name} = {self.places[e].text}.copy()")
            self.places[e] = self.places[e]._replace(text=name, array=None)

    def _concatenate(self, e: Expression, turn: int) -> None:
        axis = e.primitive.parameters.get("axis", 0)  # type: ignore[attr-defined] # of a Bound
        self.emit(e, turn, f"np.{e.primitive.name}(({', '.join(map(self.text, e.arguments))},), {axis}")

    _stack = _concatenate

    def _scatter(self, e: Expression, turn: int) -> None:
        p = e.primitive.parameters  # type: ignore[attr-defined] # of a Bound
        index = p.get("index")
        parts = index if isinstance(index, tuple) else (index,)
        if index is None or not all(isinstance(i, (int, slice, EllipsisType)) for i in parts):
            self.called(e, turn)
            return
        name, _ = self.target(e, turn, over=False)
        self.lines.append(f"{name}.fill(0)")
        self.lines.append(f"{name}[{self.constant(index, 'j')}] = {self.text(e.arguments[0])}")
        self.copied(e)

    def _pad(self, e: Expression, turn: int) -> None:
        from compgraph.arrays.moves import _padding

        p = e.primitive.parameters  # type: ignore[attr-defined] # of a Bound
        shape = shape_of(e.arguments[0])
        inside = tuple(slice(a, a + n) for n, (a, _) in zip(shape, _padding(len(shape), p["pad_width"]), strict=True))
        name, _ = self.target(e, turn, over=False)
        self.lines.append(f"{name}.fill({float(p.get('constant', 0.0))!r})")
        self.lines.append(f"{name}[{self.constant(inside, 'j')}] = {self.text(e.arguments[0])}")
        self.copied(e)

    # -- sums and products

    def _fmax(self, e: Expression, turn: int) -> None:
        self.emit(e, turn, f"np.fmax({', '.join(map(self.text, e.arguments))}", over=True)

    def _sum(self, e: Expression, turn: int) -> None:
        (x,) = e.arguments
        p = e.primitive.parameters  # type: ignore[attr-defined] # of a Bound
        shape = shape_of(x)
        axes = normalized(p.get("axis"), len(shape))
        if x in self.inside:
            factors = x.arguments * 2 if len(x.arguments) == 1 else x.arguments
            self.emit(e, turn, f"np.vdot({', '.join(map(self.text, factors))}")
        elif len(shape) == 2 and len(axes) == 1 and shape[axes[0]] <= _LONGEST_PRODUCT and not self.is_bool(x):
            order = self.text(x), self.ones(shape[axes[0]])
            order = order[::-1] if axes == (0,) else order
            call = f"np.dot({', '.join(order)}"
            if e in self.results:
                name = self.fresh("v")
                self.places[e] = _Place(name)
                self.lines.append(f"{name} = {call}){f'.reshape({e.shape})' if p.get('keepdims') else ''}")
            else:
                _, array = self.target(e, turn, over=False)
                self.lines.append(f"{call}, out={self.constant(array.reshape(-1), 'a')})")
        else:
            self.reduce(e, turn)

    def ones(self, length: int) -> str:
        key = "ones", length
        if key not in self.literals:
            self.literals[key] = self.constant(np.ones(length, self.dtype), "k")
        return self.literals[key]

    def is_bool(self, x: Any) -> bool:
        """Whether it holds truth values."""
        while isinstance(x, Expression) and x.primitive.name in _VIEWS:
            (x,) = x.arguments
        if isinstance(x, Expression) and x.primitive is LITERAL:
            return bool(x.arguments[0].dtype == bool)
        return isinstance(x, Expression) and x.primitive in CONDITIONS

    def reduce(self, e: Expression, turn: int) -> None:
        p = e.primitive.parameters  # type: ignore[attr-defined] # of a Bound
        keep = bool(p.get("keepdims"))
        kind = self.constant(self.dtype, "t") if self.is_bool(e.arguments[0]) else None
        call = f"{_REDUCED[e.primitive.name]}({self.text(e.arguments[0])}, {p.get('axis')!r}, {kind}"
        if e.shape and not e in self.results:
            name, _ = self.target(e, turn, over=False)
            self.lines.append(f"{call}, {name}{', True' if keep else ''})")
        else:
            name = self.fresh("v")
            self.places[e] = _Place(name)
            self.lines.append(f"{name} = {call}{', None, True' if keep else ''})")

    def extreme(self, e: Expression, turn: int) -> None:
        """The largest of few columns: NumPy is quicker at the largest of few rows, even if they are copied first."""
        (x,) = e.arguments
        shape, p = shape_of(x), e.primitive.parameters  # type: ignore[attr-defined] # of a Bound
        if len(shape) != 2 or normalized(p.get("axis"), 2) != (1,) or not 1 < shape[1] <= min(_FEW, shape[0]):
            self.reduce(e, turn)
            return
        turned = np.empty(shape[::-1], self.dtype)
        self.memory.append(turned)
        name = self.constant(turned, "a")
        self.lines.append(f"np.copyto({self.constant(turned.T, 'a')}, {self.text(x)})")
        call = f"{_REDUCED[e.primitive.name]}({name}, 0, None"
        if e in self.results:
            self.places[e] = _Place(self.fresh("v"))
            self.lines.append(f"{self.places[e].text} = {call}).reshape({e.shape})")
        else:
            _, array = self.target(e, turn, over=False)
            self.lines.append(f"{call}, {self.constant(array.reshape(-1), 'a')})")

    _amax = _amin = extreme
    _prod = reduce

    def _cumsum(self, e: Expression, turn: int) -> None:
        axis = e.primitive.parameters.get("axis")  # type: ignore[attr-defined] # of a Bound
        self.emit(e, turn, f"np.cumsum({self.text(e.arguments[0])}, {axis}, None", "")

    def _matmul(self, e: Expression, turn: int) -> None:
        flat = all(len(shape_of(a)) <= 2 for a in e.arguments)
        self.emit(e, turn, f"np.{'dot' if flat else 'matmul'}({', '.join(map(self.text, e.arguments))}")

    def _einsum(self, e: Expression, turn: int) -> None:
        subscripts = e.primitive.parameters["subscripts"]  # type: ignore[attr-defined] # of a Bound
        optimize = "True" if len(e.arguments) > 2 else "False"
        call = f"np.einsum({subscripts!r}, {', '.join(map(self.text, e.arguments))}, optimize={optimize}"
        self.emit(e, turn, call)

    def _patches(self, e: Expression, turn: int) -> None:
        """The windows of images, copied from a view of them."""
        p = e.primitive.parameters  # type: ignore[attr-defined] # of a Bound
        (x,) = e.arguments
        rows, columns = p["padding"]
        place = self.places[x]
        if rows or columns:
            n, c, h, w = shape_of(x)
            whole = np.zeros((n, c, h + 2 * rows, w + 2 * columns), self.dtype)
            self.memory.append(whole)
            inner = whole[:, :, rows : rows + h, columns : columns + w]
            self.lines.append(f"np.copyto({self.constant(inner, 'a')}, {place.text})")
            place = _Place("", whole)
        elif place.array is None:
            whole = np.empty(shape_of(x), self.dtype)
            self.memory.append(whole)
            self.lines.append(f"np.copyto({self.constant(whole, 'a')}, {place.text})")
            place = _Place("", whole)
        view = np.lib.stride_tricks.sliding_window_view(place.array, p["window"], axis=(2, 3))
        view = view[:, :, :: p["stride"][0], :: p["stride"][1]].transpose(0, 2, 3, 1, 4, 5)
        _, target = self.target(e, turn, over=False)
        self.lines.append(
            f"np.copyto({self.constant(target.reshape(view.shape), 'a')}, {self.constant(view, 'a')})"
        )
        self.copied(e)

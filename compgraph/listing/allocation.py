"""NumPy code for arrays of known shapes: one operation a line, into memory that is used again and again.

Every result that another operation reads has a place in memory from the start, which it leaves to others when it is no
longer needed; transposes and reshapes of it are views made beforehand, and cost nothing. Numbers, what an input is
viewed as, and the results of the program are made anew in each call.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from compgraph.arrays.elementwise import evaluated
from compgraph.arrays.moves import GETITEM, RESHAPE, TRANSPOSE
from compgraph.arrays.reductions import SUM
from compgraph.arrays.rows import Bound
from compgraph.expression import ADD, DIVIDE, LITERAL, MULTIPLY, SUBTRACT, VARIABLE, Expression
from compgraph.functions import WHERE, square
from compgraph.listing.elementary import UFUNCS
from compgraph.listing.forms import CONDITIONS
from compgraph.listing.kernels import KERNELS, choice
from compgraph.rewriting import is_elementwise, shape_of
from compgraph.traversal import evaluation_order

__all__ = ["Code", "Place", "Writer", "code"]

#: What gives a view of its argument, or may.
VIEWS = frozenset({RESHAPE, TRANSPOSE, GETITEM})

#: Numbers are quicker in Python's operators, arrays in NumPy's functions.
_SIGNS = {ADD: "+", SUBTRACT: "-", MULTIPLY: "*", DIVIDE: "/"}

#: Sums of products of at most so many entries are scalar products.
_MOST = 2**16


class Code(NamedTuple):
    """Source of ``make(…)``, which gives the function of the inputs; what it is given; and how much memory that is."""

    source: str
    given: dict[str, Any]
    bytes: int


class Place(NamedTuple):
    """Where a result is: its name, the array if it stands there from the start, and the memory it may leave."""

    text: str
    array: Any = None
    register: int | None = None


def code(
    roots: Sequence[Any],
    parameters: Mapping[str, str],
    dtype: np.dtype[Any],
    returned: Callable[[Sequence[str]], str],
) -> Code:
    """The function of the inputs that computes the roots, which are elementary.

    Parameters
    ----------
    roots : sequence of Expression or number
    parameters : mapping of str to str
        Name of an input → identifier.
    dtype : numpy.dtype
        Of the inputs, and of everything but conditions.
    returned : callable
        How a list of results is written behind ``return``.
    """
    writer = Writer(roots, parameters, dtype)
    results = writer.written()
    lines = [
        f"def make({', '.join(['np', *writer.given])}):",
        f"    def f({', '.join(parameters.values())}):",
        *[f"        {line}" for line in writer.lines],
        f"        return {returned(results)}",
        "",
        "    return f",
        "",
    ]
    return Code("\n".join(lines), {"np": np, **writer.given}, sum(array.nbytes for array in writer.memory))


class Writer:
    """Writes operations, and remembers where their results are."""

    def __init__(self, roots: Sequence[Any], parameters: Mapping[str, str], dtype: np.dtype[Any]) -> None:
        self.roots = roots
        self.parameters = parameters
        self.taken_names = set(parameters.values())
        self.dtype = dtype
        self.order = evaluation_order(roots)
        self.uses = Counter(a for e in self.order for a in e.arguments if isinstance(a, Expression))
        self.results = {root for root in roots if isinstance(root, Expression)}
        self.inside = {product for e in self.order if (product := self._only_summed(e)) is not None}
        self.last = self._last()
        self.places: dict[Expression, Place] = {}
        self.lines: list[str] = []
        self.given: dict[str, Any] = {}
        self.constants: dict[Any, str] = {}
        self.memory: list[np.ndarray] = []
        self.free: dict[tuple[int, np.dtype[Any]], list[int]] = {}
        self.named: dict[tuple[int, tuple[int, ...]], tuple[str, np.ndarray]] = {}
        self.number = 0

    # -- when what is needed

    def _only_summed(self, e: Expression) -> Expression | None:
        """The product that only its sum over all entries is wanted of, which is a scalar product."""
        if not (isinstance(e.primitive, Bound) and e.primitive.row is SUM and not e.primitive.parameters):
            return None
        (x,) = e.arguments
        if not isinstance(x, Expression) or self.uses[x] > 1 or x in self.results or x.size > _MOST:
            return None
        is_product = x.primitive in (square, MULTIPLY) and all(shape_of(a) == x.shape for a in x.arguments)
        return x if is_product and not any(map(self.is_bool, x.arguments)) else None

    def _last(self) -> dict[Expression, int]:
        """The turn after which neither a result nor anything that may be a view of it is read."""
        last: dict[Expression, int] = dict.fromkeys(self.results, len(self.order))
        for turn in range(len(self.order) - 1, -1, -1):
            e = self.order[turn]
            until = last.get(e, turn) if _is_view(e) or e in self.inside else turn
            for a in e.arguments:
                if isinstance(a, Expression):
                    last[a] = max(last.get(a, 0), until)
        return last

    def is_bool(self, x: Any) -> bool:
        """Whether it holds truth values."""
        while isinstance(x, Expression) and _is_view(x):
            (x,) = x.arguments
        if isinstance(x, Expression) and x.primitive is LITERAL:
            return bool(x.arguments[0].dtype == np.bool_)
        return isinstance(x, Expression) and x.primitive in CONDITIONS

    # -- names

    def fresh(self, hint: str) -> str:
        """A name that nothing has, no input either."""
        self.number += 1
        while (name := f"{hint}{self.number}") in self.taken_names:
            self.number += 1
        return name

    def constant(self, value: Any, hint: str) -> str:
        """The name of something made beforehand."""
        name = self.fresh(hint)
        self.given[name] = value
        return name

    def once(self, key: Any, make: Callable[[], Any], hint: str) -> str:
        """The name of something made beforehand, the same for the same key."""
        if key not in self.constants:
            self.constants[key] = self.constant(make(), hint)
        return self.constants[key]

    def text(self, operand: Any) -> str:
        """An operand of an operation on arrays; a number is an array already, which saves NumPy the conversion."""
        if isinstance(operand, Expression):
            return self.places[operand].text
        return self.once(operand, lambda: np.array(operand, self.dtype), "c")

    def texts(self, e: Expression) -> str:
        return ", ".join(map(self.text, e.arguments))

    def viewed(self, array: Any) -> str:
        """The name of an array that is made beforehand: a view of what has a place, say."""
        return self.constant(array, "a")

    # -- memory

    def taken(self, size: int, dtype: np.dtype[Any]) -> int:
        """A register, which nobody else has until it is `given_back`."""
        spare = self.free.get((size, dtype))
        if spare:
            return spare.pop()
        self.memory.append(np.empty(size, dtype))
        return len(self.memory) - 1

    def given_back(self, register: int) -> None:
        memory = self.memory[register]
        self.free.setdefault((memory.size, memory.dtype), []).append(register)

    def target(self, e: Expression, turn: int, *, over: bool = False) -> tuple[str, np.ndarray]:
        """The name and the array of the place for a result; `over` operands that are read for the last time."""
        if over:
            self.release(e, turn)
        dtype = np.dtype(bool) if e.primitive in CONDITIONS else self.dtype
        register = self.taken(e.size, dtype)
        if (register, e.shape) not in self.named:
            array = self.memory[register].reshape(e.shape)
            self.named[register, e.shape] = self.constant(array, "m" if dtype.kind == "b" else "a"), array
        name, array = self.named[register, e.shape]
        self.places[e] = Place(name, array, register)
        return name, array

    def release(self, e: Expression, turn: int) -> None:
        """Leave the memory of operands that are read for the last time to others."""
        stack = list(e.arguments)
        while stack:
            a = stack.pop()
            if a in self.inside:
                stack += a.arguments
            elif isinstance(a, Expression) and self.last[a] <= turn:
                register = self.places[a].register
                if register is not None:
                    self.given_back(register)
                    self.places[a] = self.places[a]._replace(register=None)
                if _is_view(a):
                    stack += a.arguments

    # -- operations

    def written(self) -> list[str]:
        """Write every operation; the texts of the results."""
        for turn, e in enumerate(self.order):
            if e not in self.inside:
                self.write(e, turn)
                self.release(e, turn)
        results, met = [], set()
        for root in self.roots:
            if not isinstance(root, Expression):
                results.append(repr(float(root)))
                continue
            text = self.places[root].text
            if not root.shape:
                text = f"float({text})"
            elif root in met or root.primitive in (VARIABLE, LITERAL) or _is_view(root):
                text = f"{text}.copy()"
            met.add(root)
            results.append(text)
        return results

    def write(self, e: Expression, turn: int) -> None:
        primitive = e.primitive
        if primitive is VARIABLE:
            self.places[e] = Place(self.parameters[str(e.name)])
        elif primitive is LITERAL:
            (value,) = e.arguments
            self.standing(e, np.array(value, bool if value.dtype == np.bool_ else self.dtype))
        elif primitive is WHERE:
            choice(self, e, turn)
        elif is_elementwise(primitive):
            self.elementwise(e, turn)
        else:
            kernel = KERNELS.get(primitive.row) if isinstance(primitive, Bound) else None
            (kernel or Writer.called)(self, e, turn)

    def elementwise(self, e: Expression, turn: int) -> None:
        function = UFUNCS.get(e.primitive)
        if not e.shape and e.primitive in _SIGNS:
            left, right = [self.text(o) if isinstance(o, Expression) else repr(o) for o in e.arguments]
            self.bound(e, f"{left} {_SIGNS[e.primitive]} {right}")
        elif function is None:
            self.called(e, turn)
        else:
            self.call(e, turn, f"{function}({self.texts(e)}", over=True)

    def call(self, e: Expression, turn: int, call: str, out: str = "out=", *, over: bool = False) -> None:
        """A call that takes the place for its result as its last argument."""
        if not e.shape or e in self.results:
            self.bound(e, f"{call})")
        else:
            name, _ = self.target(e, turn, over=over)
            self.lines.append(f"{call}, {out}{name})")

    def bound(self, e: Expression, value: str) -> None:
        """A result that is made anew in each call."""
        self.places[e] = Place(self.fresh("v"))
        self.lines.append(f"{self.places[e].text} = {value}")

    def standing(self, e: Expression, array: np.ndarray) -> None:
        """A result that is the same in every call."""
        self.places[e] = Place(self.constant(array, "k"), array)

    def handed_out(self, e: Expression) -> None:
        """A result of the program that stands in a place of its own is copied."""
        if e in self.results:
            place = self.places[e]
            self.bound(e, f"{place.text}.copy()")
            self.places[e] = self.places[e]._replace(register=place.register)

    def called(self, e: Expression, turn: int) -> None:
        """Any other function: as it is evaluated, into an array of its own."""
        primitive = e.primitive
        function = primitive.value if isinstance(primitive, Bound) else (lambda *x: evaluated(primitive, x))
        kind = self.once("dtype", lambda: self.dtype, "t")
        name = self.constant(function, f"{primitive.name}_" if primitive.name.isidentifier() else "function_")
        self.bound(e, f"np.asarray({name}({self.texts(e)}), {kind}){'' if e.shape else '[()]'}")

    def view(self, e: Expression, turn: int, text: str, view: Callable[[Any], Any]) -> None:
        """A view of what has a place, made beforehand; of anything else in each call."""
        (x,) = e.arguments
        if not isinstance(x, Expression):
            self.standing(e, view(np.asarray(x, self.dtype)))
            return
        place = self.places[x]
        if place.array is None:
            self.bound(e, f"{place.text}{text}")
            return
        array = view(place.array)
        if np.shares_memory(array, place.array) or not array.size or x.primitive is LITERAL:
            self.places[e] = Place(self.viewed(array), array)
        else:  # a reshape of what does not stand in one piece
            _, target = self.target(e, turn)
            self.lines.append(f"np.copyto({self.viewed(target.reshape(place.array.shape))}, {place.text})")


def _is_view(e: Expression) -> bool:
    return isinstance(e.primitive, Bound) and e.primitive.row in VIEWS

"""Values as plain data and back: what JSON has no number for is text that begins with ``#``.

==================  ==========================================================================
``0.5``, ``3``      a float, an int: each keeps its kind, as Python's JSON does
``"#1/3"``          a Fraction
``"#inf"``, …       a float that is no number of JSON; ``"#-inf"``, ``"#nan"`` likewise
``"#0x1f"``         a long integer, ``"#(1+2j)"`` a complex number
``"#@17"``          an Expression: row 17 of the listing, so that what is shared stays shared
``"##text"``        text that itself begins with ``#``
``{"tuple": …}``    a tuple; ``{"dict": …}``, ``{"array": …}`` likewise; a list is a list
==================  ==========================================================================

Nothing is evaluated while this is read, and whatever cannot be read is one ValueError.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from compgraph.evaluation import EXACT_BITS
from compgraph.expression import VARIABLE, Expression, Primitive, Variable, _apply
from compgraph.functions import FUNCTIONS, HIDDEN

__all__ = ["SCHEMA", "Reader", "Writer", "a_list", "broken", "read_json"]

SCHEMA = "compgraph-graph/1"

#: Integers up to here are written in digits; reading more than about 14 000 bits of them is refused by Python itself.
_DIGITS = 10_000
#: How deep tuples, lists and dicts may stand within each other.
_DEPTH = 20
_INTEGER = r"-?(?:0x[0-9a-f]+|[0-9]{1,4000})"
_WHOLE, _RATIO = re.compile(_INTEGER), re.compile(f"({_INTEGER})/({_INTEGER})")
_ROW = re.compile(r"@([0-9]{1,12})")
_FLOATS = {"inf": math.inf, "-inf": -math.inf, "nan": math.nan}
_LIBRARY = {**HIDDEN, **FUNCTIONS}


def broken(where: str, expected: str, got: Any) -> ValueError:
    """The error for text that is no saved graph."""
    shown = f"{got!r:.60}" if not isinstance(got, (list, dict)) or len(got) < 20 else f"{type(got).__name__}"
    return ValueError(
        f"this is no graph of schema {SCHEMA}: {where}: expected {expected}, got {shown}. "
        "Save it once more with compgraph.interop.networkx.save."
    )


def read_json(text: str) -> Any:
    """JSON without the numbers that it does not have, and without names that stand twice in one object."""
    return json.loads(text, parse_constant=_refused, object_pairs_hook=_once)


def _refused(constant: str) -> Any:
    raise ValueError(f"{constant} is no number of JSON")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name occurs twice in one object")
    return found


class Writer:
    """Values → plain data. Expressions are gathered in one listing, own functions by name."""

    def __init__(self, functions: Mapping[str, Primitive] | None = None) -> None:
        self._own = {primitive: name for name, primitive in (functions or {}).items()}
        self._place: dict[Expression, int] = {}
        self.functions: dict[str, None] = {}
        self.listing: list[list[Any]] = []

    def primitive(self, primitive: Primitive, where: str) -> str:
        """Its name, if reading it finds the same again."""
        name = self._own.get(primitive)
        if name is not None:
            self.functions[name] = None
            return str(self.value(name, where))
        if _LIBRARY.get(primitive.name) is not primitive:
            raise ValueError(
                f"{where}: expected a function of the library, got {primitive.name}. It is saved by its name alone: "
                f"give functions={{{primitive.name!r}: {primitive.name}}}, here and where the graph is loaded."
            )
        if primitive.name in self._own.values():
            raise ValueError(
                f"functions: expected a name that is not taken, got {primitive.name}, and the graph has both. "
                "Give yours another name."
            )
        return primitive.name

    def key(self, key: Any, where: str, depth: int = 0) -> Any:
        """The key of a node or an edge: text and numbers as they are, a tuple as a list."""
        if isinstance(key, tuple) and depth < _DEPTH:
            return [self.key(part, where, depth + 1) for part in key]
        if isinstance(key, (str, int, float, Fraction)) or key is None:
            return self.value(key, where)
        raise ValueError(
            f"{where}: expected a key of text, numbers and tuples, got {type(key).__name__} {key!r:.60}. "
            "Rename it with networkx.relabel_nodes."
        )

    def arguments(self, arguments: Any, where: str) -> list[Any]:
        """Node keys are text, and literals are numbers."""
        if not isinstance(arguments, tuple) or not all(isinstance(a, (str, int, float, Fraction)) for a in arguments):
            raise ValueError(f"{where}: expected a tuple of names and numbers as its arguments, got {arguments!r:.60}.")
        return [self.value(a, where) for a in arguments]

    def value(self, value: Any, where: str, depth: int = 0) -> Any:
        """Any value that an attribute may have."""
        if isinstance(value, np.generic):
            value = value.item()
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str):
            return f"#{value}" if value.startswith("#") else str(value)
        if isinstance(value, float):
            return float(value) if math.isfinite(value) else f"#{float(value)}"
        if isinstance(value, int):
            return int(value) if value.bit_length() <= _DIGITS else f"#{value:#x}"
        if isinstance(value, Fraction):
            return "#" + "/".join(
                str(part) if part.bit_length() <= _DIGITS else f"{part:#x}"
                for part in (value.numerator, value.denominator)
            )
        if isinstance(value, complex):
            return f"#{complex(value)!r}"
        if isinstance(value, Expression):
            return f"#@{self._row(value, where)}"
        if depth < _DEPTH:
            if isinstance(value, (list, tuple)):
                parts = [self.value(part, where, depth + 1) for part in value]
                return parts if isinstance(value, list) else {"tuple": parts}
            if isinstance(value, dict):
                pairs = [[self.value(part, where, depth + 1) for part in pair] for pair in value.items()]
                return {"dict": pairs}
            if isinstance(value, np.ndarray) and value.dtype.kind in "biufcO":
                entries = [self.value(entry, where, _DEPTH) for entry in value.ravel().tolist()]
                return {"array": entries, "shape": list(value.shape), "dtype": value.dtype.str}
        raise ValueError(
            f"{where}: expected numbers, text, expressions, arrays, and lists or dicts of them at most {_DEPTH} deep, "
            f"got {type(value).__name__} {value!r:.60}. Leave it out, or save what it is made of."
        )

    def _row(self, expression: Expression, where: str) -> int:
        """The row of an expression in the listing; it and what it is made of are added if they are new."""
        place, stack = self._place, [expression]
        while stack:
            top = stack[-1]
            if getattr(top, "_shape", ()):
                raise ValueError(f"{where}: expected an expression of numbers, got one of arrays. Give a point.")
            missing = [a for a in top.arguments if isinstance(a, Expression) and a not in place]
            if top in place or not missing:
                stack.pop()
            if top not in place and not missing:
                operands = [
                    f"@{place[a]}" if isinstance(a, Expression) else self.value(a, where) for a in top.arguments
                ]
                place[top] = len(self.listing)
                name = top.name if top.name is None else self.value(top.name, where)
                self.listing.append([self.primitive(top.primitive, where), operands, name])
            stack += missing
        return place[expression]


class Reader:
    """Plain data → values; the mirror image of `Writer`, for text that anybody may have written."""

    def __init__(self, functions: Mapping[str, Primitive] | None, named: Any, listing: Any) -> None:
        given = functions or {}
        self._primitives = dict(_LIBRARY)
        for name in a_list(named, "functions"):
            if not isinstance(name, str) or name not in given:
                raise ValueError(
                    f"the graph uses {name!s:.60}, which is no function of the library: expected it among "
                    f"functions, got {', '.join(given) or 'none'}. Give functions={{{name!r:.60}: …}}."
                )
            self._primitives[name] = given[name]
        self._rows: list[Expression] = []
        for number, row in enumerate(a_list(listing, "listing")):
            self._rows.append(self._expression(row, f"listing, row {number}"))

    def _expression(self, row: Any, where: str) -> Expression:
        match row:
            case [kind, [*operands], None | str() as name]:
                name = name if name is None else self.value(name, where)
                arguments = tuple([self._operand(operand, where) for operand in operands])
                primitive = self.primitive(kind, len(arguments), where)
                if primitive is not VARIABLE:
                    return _apply(primitive, arguments, name)
                if name:
                    return Variable(name)
        raise broken(where, "[primitive, arguments, name]", row)

    def _operand(self, operand: Any, where: str) -> Any:
        if isinstance(operand, str) and (found := _ROW.fullmatch(operand)):
            return self._row(found[1], where)
        return self.number(operand, where)

    def _row(self, number: str, where: str) -> Expression:
        if int(number) < len(self._rows):
            return self._rows[int(number)]
        raise broken(where, f"one of {len(self._rows)} rows of the listing above it", f"@{number}")

    def primitive(self, name: Any, arguments: int | None, where: str) -> Primitive:
        """The function of that name, if it takes so many arguments, which None leaves open."""
        name = self.value(name, where) if isinstance(name, str) else None
        if not isinstance(name, str) or name not in self._primitives:
            raise broken(where, "the name of a function", name)
        primitive = self._primitives[name]
        if arguments is not None and primitive._arity != arguments and not (primitive._arity < 0 < arguments):
            raise broken(where, f"{primitive.signature} of {name}", arguments)
        return primitive

    def arguments(self, arguments: Any, where: str) -> tuple[Any, ...]:
        """Node keys and literals."""
        found = [self.value(a, where) for a in a_list(arguments, f"{where}, arguments")]
        return tuple([a if isinstance(a, str) else self.number(a, where) for a in found])

    def number(self, value: Any, where: str) -> Any:
        """A literal."""
        number = self.value(value, where) if isinstance(value, str) else value
        if isinstance(number, (int, float, Fraction)) and not isinstance(number, bool):
            return number
        raise broken(where, "a number", value)

    def key(self, key: Any, where: str, depth: int = 0) -> Any:
        """The key of a node or an edge."""
        if isinstance(key, list) and depth < _DEPTH:
            return tuple([self.key(part, where, depth + 1) for part in key])
        found = self.value(key, where)
        if (isinstance(found, (str, int, float, Fraction)) or (found is None and depth)) and found == found:
            return found
        raise broken(where, "a key of text, numbers and lists", key)

    def value(self, value: Any, where: str, depth: int = 0) -> Any:
        """Any value that an attribute may have."""
        if value is None or isinstance(value, (bool, int, float)):
            return value
        if isinstance(value, str):
            return self._marked(value[1:], where) if value.startswith("#") else value
        if depth < _DEPTH:
            match value:
                case [*parts]:
                    return [self.value(part, where, depth + 1) for part in parts]
                case {"tuple": [*parts]} if len(value) == 1:
                    return tuple([self.value(part, where, depth + 1) for part in parts])
                case {"dict": [*pairs]} if len(value) == 1:
                    return self._dict(pairs, where, depth)
                case {"array": [*entries], "shape": [*shape], "dtype": str() as kind} if len(value) == 3:
                    return self._array(entries, shape, kind, where)
        raise broken(where, f"a value, nested at most {_DEPTH} deep", value)

    def _marked(self, text: str, where: str) -> Any:
        if text.startswith("#"):
            return text
        if text in _FLOATS:
            return _FLOATS[text]
        if found := _ROW.fullmatch(text):
            return self._row(found[1], where)
        if len(text) < EXACT_BITS:  # in hexadecimal digits four times as many bits as the library keeps
            if _WHOLE.fullmatch(text):
                return _integer(text)
            if (ratio := _RATIO.fullmatch(text)) and (below := _integer(ratio[2])) > 0:
                return Fraction(_integer(ratio[1]), below)
            if text.startswith("(") or text.endswith("j"):
                try:
                    return complex(text)
                except ValueError:
                    pass
        raise broken(where, "a mark such as #1/3 or #inf", f"#{text}")

    def _dict(self, pairs: list[Any], where: str, depth: int) -> dict[Any, Any]:
        found = {}
        for pair in pairs:
            match pair:
                case [key, value]:
                    key = self.value(key, where, depth + 1)
                    try:
                        found[key] = self.value(value, where, depth + 1)
                        continue
                    except TypeError:  # a list as key
                        pass
            raise broken(where, "pairs of a key and a value", pair)
        return found

    def _array(self, entries: list[Any], shape: list[Any], kind: str, where: str) -> Any:
        values = [self.value(entry, where, _DEPTH) for entry in entries]
        sizes = [size for size in shape if type(size) is int and size >= 0]
        if len(sizes) != len(shape) or math.prod(sizes) != len(values) or not re.fullmatch(r"[<>|]?[biufcO]\d*", kind):
            raise broken(where, f"an array of {len(values)} entries", (shape, kind))
        try:
            array = np.empty(len(values), np.dtype(kind))
            for place, value in enumerate(values):  # one by one: NumPy takes objects apart otherwise
                array[place] = value
            return array.reshape(sizes)
        except (TypeError, ValueError, OverflowError) as error:
            raise broken(where, f"entries of {kind}", str(error)) from None


def _integer(text: str) -> int:
    return int(text, 16 if "x" in text else 10)


def a_list(value: Any, where: str) -> list[Any]:
    """The list itself, if it is one."""
    if isinstance(value, list):
        return value
    raise broken(where, "a list", value)

"""Statements → named expressions: which name stands for what, and where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from compgraph.errors import ParseError
from compgraph.evaluation import Number
from compgraph.expression import IDENTITY, Application, Expression, Primitive, Variable, literal
from compgraph.reading.building import ANSWER, PROBLEM, Limits, build, too_large
from compgraph.reading.folding import TooLarge, decimal, plain
from compgraph.reading.juxtaposition import explicit
from compgraph.reading.lexing import Token, normalised, scan, shown
from compgraph.reading.vocabulary import Vocabulary
from compgraph.traversal import evaluation_order, gc_paused

__all__ = ["read", "read_expression", "read_number"]


def read(
    text: str,
    *,
    names: Iterable[str] = (),
    functions: Mapping[str, Primitive] | None = None,
    decimal_comma: bool = False,
) -> dict[str, Expression]:
    """Read statements, one per line or separated by ``;``: name → expression, in their order.

    A name that is bound again keeps its last binding, and earlier ones become ``c.1``, ``c.2``; all bindings of an
    input are numbered. A single expression without a name is called ``f``.

    Parameters
    ----------
    text : str
        For example ``"t = x^2; J = cos(t)  # a comment"``.
    names : iterable of str
        Names declared beside the text: they are inputs, and ``ab`` is a product where a and b are declared.
    functions : mapping of str to Primitive, optional
        Further functions, which win over those of the library.
    decimal_comma : bool
        Whether ``0,5`` is a number; the arguments of functions are then separated by ``;``.

    Raises
    ------
    ParseError
        For any text that is not understood, with the place and what to write instead.

    Notes
    -----
    Linear in the length of the text, of whatever depth; at most a million characters.

    Examples
    --------
    >>> read("t = x^2; J = cos(sin(t) + 3t)")
    {'t': x², 'J': cos(sin(t) + 3·t)}
    >>> list(read("c = a + b; c = c^2; a = 2c"))
    ['c.1', 'c', 'a.1']
    """
    with _reading(text):
        return _Source(text, names, functions, decimal_comma, PROBLEM).statements()


def read_expression(
    text: str,
    *,
    names: Iterable[str] = (),
    functions: Mapping[str, Primitive] | None = None,
    decimal_comma: bool = False,
    limits: Limits = ANSWER,
) -> Expression | Number:
    """Read one expression, such as an answer; a constant becomes a number.

    Parameters are those of `read`; `limits` keeps hostile answers small.

    Examples
    --------
    >>> read_expression("2(a-t)a", names=["a", "t"])
    2·(a − t)·a
    >>> read_expression("1/3 + 1/6")
    Fraction(1, 2)
    """
    with _reading(text):
        return _Source(text, names, functions, decimal_comma, limits).expression()


def read_number(text: str, *, decimal_comma: bool = False) -> Number:
    """Read a constant: an int, a Fraction, or a float.

    A float stands for the decimal it prints as; what is neither that nor exact (``1/3``, 20 decimals) is a Fraction,
    and only irrational constants (``pi/2``, ``sqrt(2)``) are rounded.

    Examples
    --------
    >>> [read_number(text) for text in ("2", "-0.5", "1/3", "1.5×10^-4", "pi/2", "√4")]
    [2, -0.5, Fraction(1, 3), 0.00015, 1.5707963267948966, 2]
    """
    value = read_expression(text, decimal_comma=decimal_comma)
    if isinstance(value, Expression):
        named = next(node.name for node in evaluation_order([value]) if node.name)
        message = f"{shown(named)} is a name: expected a number such as 2, -0.5, 1/3, 1.5e-4 or pi/2. Write its value."
        raise ParseError(message, 0, text)
    return value


class _Source:
    """A text that is being read, and what its names stand for so far."""

    def __init__(
        self,
        text: str,
        names: Iterable[str],
        functions: Mapping[str, Primitive] | None,
        decimal_comma: bool,
        limits: Limits,
    ) -> None:
        from compgraph.functions import FUNCTIONS
        from compgraph.reading.vocabulary import ARRAY_FUNCTIONS

        if len(text) > limits.characters:
            message = f"the text has {len(text)} characters: expected at most {limits.characters}. Shorten it."
            raise ParseError(message, limits.characters)
        declared = [names] if isinstance(names, str) else list(names)
        for name in declared:
            if not isinstance(name, str):
                raise TypeError(f"names: expected strings, got {type(name).__name__} {name!r:.40}. Write names=['x'].")
        known = dict(FUNCTIONS)
        for name, function in (functions or {}).items():
            if not isinstance(function, Primitive):
                raise TypeError(f"functions: expected Primitives, got {type(function).__name__} for {name!r:.40}.")
            known[normalised(name)] = function
        self.text = text
        self.limits = limits
        self.parts = scan(text, decimal_comma=decimal_comma)
        if not self.parts:
            raise ParseError("there is nothing to read: expected an expression. Write one, such as x^2 + 1.")
        self.targets = [_target(part, known) for part in self.parts]
        assigned = [target for target in self.targets if target is not None]
        # "var = …" and "mean = …" are names that people give
        arrays = {n: f for n, f in ARRAY_FUNCTIONS.items() if n not in assigned and n not in declared}
        self.vocabulary = Vocabulary(self.parts, [*assigned, *declared], {**arrays, **known})
        self.inputs: dict[str, Expression | None] = {normalised(name): None for name in declared}
        self.bound: dict[str, Expression] = {}

    def statements(self) -> dict[str, Expression]:
        targets = [target or "f" for target in self.targets]
        result: dict[str, Expression] = {}
        total, done = Counter(targets), Counter[str]()
        for part, target, named in zip(self.parts, targets, self.targets, strict=True):
            if named is None and len(targets) > 1:
                message = "a statement without a name: expected name = expression, as there are several."
                raise ParseError(f"{message} Write f = … .", part[0].start)
            value = self.value(part[2:] if named else part, part[-1].end)
            done[target] += 1
            key = self.vocabulary.key(target)
            if done[target] < total[target] or target in self.inputs:
                key = f"{key}.{done[target]}"
            self.bound[target] = result[key] = _named(value, key)
        return result

    def expression(self) -> Expression | Number:
        if len(self.parts) > 1:
            message = "a second statement begins here: expected one expression. Delete it."
            raise ParseError(message, self.parts[1][0].start)
        if self.targets[0] is not None:
            message = "= cannot stand here: expected an expression without a name. Write only what follows the =."
            raise ParseError(message, self.parts[0][1].start)
        value: Expression | Number = self.value(self.parts[0], self.parts[0][-1].end)
        if isinstance(value, Expression):
            self.check_size(value)
            return value
        number: Number = plain(value)
        return number

    def value(self, tokens: Sequence[Token], end: int) -> Any:
        """The right side of one statement, which ends at `end`."""
        if not tokens:
            raise ParseError("nothing follows the =: expected an expression. Write one.", end)
        meant = self.vocabulary.resolved(self.text, tokens, self.number)
        for token in meant:
            if token.type == "NAME" and type(token.value) is str:
                token.value = self.lookup(token.value)
        return build(explicit(self.text, meant, self.number), end, self.limits)

    def lookup(self, name: str) -> Expression:
        """What a name stands for here: its last binding, or the input."""
        expression = self.bound.get(name)
        if expression is None and (expression := self.inputs.get(name)) is None:
            expression = self.inputs[name] = Variable(self.vocabulary.key(name))
        return expression

    def number(self, token: Token) -> Number:
        try:
            return decimal(token.value, self.limits.bits)
        except TooLarge:
            raise too_large(token) from None

    def check_size(self, expression: Expression) -> None:
        if self.limits.nodes is None and self.limits.depth is None:
            return
        depth: dict[Any, int] = {}
        for node in evaluation_order([expression]):
            depth[node] = 1 + max([depth.get(argument, 0) for argument in node.arguments], default=0)
        for size, most, what in (
            (len(depth), self.limits.nodes, "operations"),
            (depth[expression], self.limits.depth, "operations inside each other"),
        ):
            if most is not None and size > most:
                raise ParseError(f"the expression has {size} {what}: expected at most {most}. Simplify it.")


def _target(statement: Sequence[Token], functions: Mapping[str, Primitive]) -> str | None:
    """The name that a statement assigns; None where it assigns none."""
    first = statement[0]
    if len(statement) > 1 and statement[1].type == "EQUALS" and first.type == "NAME":
        name: str = first.value
        if name in functions:
            message = f"{shown(name)} is a function: expected a name of its own before the =. Choose another name."
            raise ParseError(message, first.start)
        if "." in name:
            message = f"{shown(name)} is not a name: expected letters, digits and underscores. Choose another name."
            raise ParseError(message, first.start)
        return name
    depth = 0
    for token in statement:
        depth += (token.type == "OPEN") - (token.type == "CLOSE")
        if token.type == "EQUALS" and depth == 0:
            message = "the left side of = is not a name: expected name = expression."
            if first.type == "NAME" and statement[1].type == "OPEN" and first.value not in functions:
                message += f" Write {shown(first.value)} = …, without brackets."
            else:
                message += " Write a name there, or == to compare."
            raise ParseError(message, first.start)
    return None


def _named(value: Any, name: str) -> Expression:
    """A value as the result of ``name = …``; what has a name already is referred to, not repeated."""
    if not isinstance(value, Expression):
        return literal(plain(value), name)
    return (Application(IDENTITY, (value,)) if value.name else value).named(name)


@contextmanager
def _reading(text: str) -> Iterator[None]:
    """Errors inside know their place; this adds the text that it is a place of."""
    if not isinstance(text, str):
        raise TypeError(f"expected text, got {type(text).__name__}. Write a string such as 'x^2 + 1'.")
    try:
        with gc_paused():
            yield
    except ParseError as error:
        raise ParseError(error.message, error.position, text) from None

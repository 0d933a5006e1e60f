"""The grammar at work: tokens → one expression, by lark's LALR parser with callbacks instead of a tree."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from importlib import resources
from typing import Any, NamedTuple

from compgraph.arrays.products import MATMUL
from compgraph.arrays.reductions import AMAX, AMIN
from compgraph.errors import DomainError, ParseError
from compgraph.evaluation import EXACT_BITS, Number
from compgraph.expression import (
    ADD,
    DIVIDE,
    EQUAL,
    GREATER,
    GREATER_EQUAL,
    LESS,
    LESS_EQUAL,
    MULTIPLY,
    NEGATE,
    NOT_EQUAL,
    POWER,
    SUBTRACT,
    Application,
    Expression,
    Primitive,
)
from compgraph.reading.folding import E, TooLarge, fold, plain
from compgraph.reading.lexing import Token, shown

__all__ = ["ANSWER", "PROBLEM", "Limits", "build", "too_large"]


class Limits(NamedTuple):
    """How much is read; None for no limit.

    Attributes
    ----------
    characters : int
        Length of the text.
    bits : int
        Size of a literal.
    exponent : int, optional
        Absolute value of a literal exponent.
    nodes, depth : int, optional
        Number of operations and variables, and the longest chain of them.
    """

    characters: int
    bits: int
    exponent: int | None = None
    nodes: int | None = None
    depth: int | None = None


PROBLEM = Limits(1_000_000, EXACT_BITS)
ANSWER = Limits(500, 12_000, exponent=10_000, nodes=200, depth=60)

_COMPARISONS = {
    "<": LESS, "<=": LESS_EQUAL, ">": GREATER, ">=": GREATER_EQUAL, "==": EQUAL, "!=": NOT_EQUAL,
}  # fmt: skip


def build(tokens: Sequence[Token], end: int, limits: Limits) -> Any:
    """The expression that tokens spell, or a number; `end` is where the statement ends.

    Raises
    ------
    ParseError
        Where a token does not follow the one before it, and for arithmetic on literals that has no result.

    Notes
    -----
    Linear in the number of tokens, without recursion.
    """
    from lark.exceptions import UnexpectedToken

    feed = _parser(limits).parse_interactive().parser_state.feed_token
    before = token = None
    try:
        for token in tokens:
            feed(token)
            before = token
        token = Token("$END", "", end, end)
        return feed(token, True)
    except UnexpectedToken:
        assert token is not None
        raise _unexpected(before, token) from None


@functools.cache
def _parser(limits: Limits) -> Any:
    from lark import Lark
    from lark.lexer import Lexer

    class Written(Lexer):
        """The tokens are made already."""

        def __init__(self, configuration: Any) -> None:
            pass

        def lex(self, state: Any, parser_state: Any) -> Iterator[Any]:
            return iter(state.text)

    grammar = resources.files("compgraph.reading").joinpath("grammar.lark").read_text("utf-8")
    return Lark(grammar, parser="lalr", lexer=Written, transformer=_Builder(limits))


class _Builder:
    """One method per name in the grammar; each gets the values of its symbols, tokens included."""

    def __init__(self, limits: Limits) -> None:
        from compgraph.functions import FUNCTIONS

        self._limits = limits
        self._exp, self._roots = FUNCTIONS["exp"], {"√": FUNCTIONS["sqrt"], "∛": FUNCTIONS["cbrt"]}
        self._extremes = {FUNCTIONS["max"]: AMAX, FUNCTIONS["min"]: AMIN}
        self.add = self._binary(ADD)
        self.subtract = self._binary(SUBTRACT)
        self.multiply = self._binary(MULTIPLY)
        self.divide = self._binary(DIVIDE)

    def _binary(self, primitive: Primitive) -> Callable[[list[Any]], Any]:
        def binary(children: list[Any]) -> Any:
            left, operator, right = children
            if isinstance(left, Expression):
                return Application(primitive, (left, plain(right)))
            return self._apply(primitive, (left, right), operator)

        return binary

    def _apply(self, primitive: Primitive, operands: tuple[Any, ...], token: Token) -> Any:
        for operand in operands:
            if isinstance(operand, Expression):
                return primitive(*map(plain, operands))
        try:
            return fold(primitive, operands, self._limits.bits)
        except TooLarge:
            raise too_large(token) from None
        except DomainError:
            raise _undefined(primitive, operands, token) from None

    def matmul(self, children: list[Any]) -> Any:
        left, operator, right = children
        if not isinstance(left, Expression) or not isinstance(right, Expression):
            message = "a matrix product of a number: expected arrays on both sides of @, got a number."
            raise ParseError(f"{message} Write * for a product with a number.", operator.start)
        return MATMUL(left, right)

    def comparison(self, children: list[Any]) -> Any:
        left, operator, right = children
        return self._apply(_COMPARISONS[operator.value], (left, right), operator)

    def power(self, children: list[Any]) -> Any:
        base, operator, exponent = children
        most = self._limits.exponent
        if most is not None and not isinstance(exponent, Expression) and abs(exponent) > most:
            message = f"the exponent is too large: expected at most {most} in absolute value. Write a smaller one."
            raise ParseError(message, operator.end)
        if base is E:
            return self._apply(self._exp, (exponent,), operator)
        return self._apply(POWER, (base, exponent), operator)

    def negate(self, children: list[Any]) -> Any:
        return self._apply(NEGATE, (children[1],), children[0])

    def root(self, children: list[Any]) -> Any:
        return self._apply(self._roots[children[0].value], (children[1],), children[0])

    def call(self, children: list[Any]) -> Any:
        function, _, arguments, _ = children
        if len(arguments) == 1 and isinstance(arguments[0], Expression) and function.value in self._extremes:
            return self._extremes[function.value](arguments[0])  # of a whole array; of a number it is that number
        return self._apply(function.value, tuple(arguments), function)

    def first(self, children: list[Any]) -> list[Any]:
        return children

    def further(self, children: list[Any]) -> list[Any]:
        arguments: list[Any] = children[0]
        arguments.append(children[2])
        return arguments

    def value(self, children: list[Any]) -> Any:
        return children[0].value

    def keep(self, children: list[Any]) -> Any:
        return children[1]

    bracket = keep


# -- messages


def _unexpected(before: Token | None, token: Token) -> ParseError:
    if before is None:
        message = f"{token.value} cannot begin an expression: expected a name, a number or an opening bracket."
        return ParseError(f"{message} Write what stands before it, or delete it.", token.start)
    if token.type == "$END":
        message = f"the expression ends after {before.value}: expected a value."
        advice = f"Write what follows, or delete the {before.value}. A line goes on only inside brackets."
        return ParseError(f"{message} {advice}", token.start)
    if before.type == "OPEN" and token.type == "CLOSE":
        return ParseError("nothing stands between these brackets: expected an expression. Write one.", token.start)
    message = f"{token.value} cannot follow {before.value}: expected a value between them."
    return ParseError(f"{message} Write it, or delete one of the two.", token.start)


def too_large(token: Token) -> ParseError:
    """The error for a literal that nobody can read."""
    message = "the result of this is too large for a number: expected fewer digits. Write a smaller one."
    return ParseError(message, token.start)


def _undefined(primitive: Primitive, operands: Sequence[Number], token: Token) -> ParseError:
    if primitive is DIVIDE:
        return ParseError("division by 0: expected another denominator. Correct it.", token.start)
    arguments = ", ".join([shown(str(plain(operand)), 20) for operand in operands])
    expected = f"expected {primitive.domain}, got {arguments}" if primitive.domain else f"got {arguments}"
    return ParseError(f"{primitive.name} is undefined here: {expected}. Correct the number.", token.start)

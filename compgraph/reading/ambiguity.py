"""Notations that people read in two ways, and the words that refuse them.

`juxtaposition` decides when one is met; here both readings are spelled out in the author's own words, with the
brackets that would settle the matter.
"""

from __future__ import annotations

from collections.abc import Sequence

from compgraph.errors import ParseError
from compgraph.reading.lexing import ENDS, SIGNS, Token, shown

__all__ = ["Readings"]

_OPERATORS = frozenset({"PLUS", "MINUS", "TIMES", "DIVIDE", "AT", "COMPARE", "COMMA", "EQUALS"})
_HAVE_INVERSES = {name + h for name in ("sin", "cos", "tan", "cot", "sec", "csc") for h in ("", "h")}


class Readings:
    """The errors for one statement. Places in it are indices of tokens or, called `start`, of characters."""

    def __init__(self, text: str, tokens: Sequence[Token]) -> None:
        self._text = text
        self._tokens = tokens

    # -- the refusals, each with an example

    def exponent_number(self, i: int, glued: bool) -> ParseError:
        """``2e3x``, ``2e+3x``; and ``2e+3`` or ``2e3`` where e or e3 is a name."""
        token = self._tokens[i]
        mantissa, letter, power = token.value.partition("E" if "E" in token.value else "e")
        rest = self._run(i + 1) if glued else ""
        if power[0] in "+-":
            product = f"{mantissa}*{letter} {power[0]} {power[1:]}{rest}"
        else:
            product = f"{mantissa}*{letter}{power}{'*' * rest.startswith('(')}{rest}"
        number = f"{mantissa}*10^{power.removeprefix('+')}{'*' * bool(rest)}{rest}"
        return self._two(token.start, i + glued, product, number, token.start + len(mantissa))

    def under_quotient(self, start: int, divide: Token, i: int) -> ParseError:
        """``1/2x``"""
        above, below = self._slice(start, divide.start), self._slice(divide.end, self._tokens[i].start)
        return self._two(start, i, f"({above}/{below})*{self._run(i)}", f"{above}/({below}*{self._run(i)})")

    def in_exponent(self, start: int, power: Token, i: int) -> ParseError:
        """``2^3x``"""
        base, exponent = self._slice(start, power.start), self._slice(power.end, self._tokens[i].start)
        return self._two(start, i, f"({base}^{exponent})*{self._run(i)}", f"{base}^({exponent}*{self._run(i)})")

    def in_argument(self, function: Token, i: int) -> ParseError:
        """``sin x (x+1)``, ``sin 2 x``"""
        name, argument = self.name(function), self._slice(function.end, self._tokens[i].start)
        return self._two(function.start, i, f"{name}({argument})*{self._run(i)}", f"{name}({argument}*{self._run(i)})")

    def after_argument(self, function: Token, i: int) -> ParseError:
        """``sin x/2``, ``ln 2 * x``"""
        operator, name = self._tokens[i], self.name(function)
        argument, rest = self._slice(function.end, operator.start), operator.value + self._run(i + 1)
        return self._two(function.start, i + 1, f"{name}({argument}){rest}", f"{name}({argument}{rest})")

    def after_call(self, function: Token, opener: Token, i: int) -> ParseError:
        """``sin (x+1)^2``, ``ln (x)(y)``"""
        name, argument = self.name(function), self._slice(opener.start, self._tokens[i].start)
        rest = ("*" if self._tokens[i].type == "OPEN" else "") + self._run(i)
        return self._two(function.start, i, f"({name}{argument}){rest}", f"{name}({argument}{rest})")

    def under_root(self, root: Token, i: int) -> ParseError:
        """``√2x``, ``√x²``"""
        inner, rest = self._slice(root.end, self._tokens[i].start), self._run(i)
        rest = rest if self._tokens[i].type in ("POWER", "SUPERSCRIPT") else f"*{rest}"
        return self._two(root.start, i, f"({root.value}{inner}){rest}", f"{root.value}({inner}{rest})")

    def of_function(self, i: int) -> ParseError:
        """``sin^2 x``, ``sin⁻¹(x)``"""
        name, after = self.name(self._tokens[i]), self._exponent_end(i + 1)
        exponent = self._slice(self._tokens[i + 1].start, self._tokens[after - 1].end).replace("**", "^")
        argument = self._run(after) or "x"
        argument = argument if argument.startswith("(") and argument.endswith(")") else f"({argument})"
        position = self._tokens[i + 1].start
        if exponent.strip("^() ").replace("−", "-").replace("⁻¹", "-1") == "-1":
            inverse = f"a{name}{argument}" if name in _HAVE_INVERSES else f"the inverse function of {name}"
            return self._two(self._tokens[i].start, after, f"1/{name}{argument}", inverse, position)
        squared, iterated = f"({name}{argument}){exponent}", f"{name}({name}{argument})"
        return self._two(self._tokens[i].start, after, squared, iterated, position)

    def of_first_power(self, start: int, power: Token, i: int) -> ParseError:
        """``x^1/2``"""
        base, exponent = self._slice(start, power.start), self._slice(power.end, self._tokens[i].start)
        below = self._run(i + 1)
        return self._two(start, i + 1, f"({base}^{exponent})/{below}", f"{base}^({exponent}/{below})")

    def scientific(self, start: int, i: int) -> ParseError:
        """``6/1.5×10^-4``, ``x^1.5×10^2``"""
        outer, mantissa, operator = self._tokens[i - 2 : i + 1]
        above, digits = self._slice(start, outer.start), self._slice(mantissa.start, mantissa.end)
        rest = operator.value + self._run(i + 1)
        first, second = f"({above}{outer.value}{digits}){rest}", f"{above}{outer.value}({digits}{rest})"
        return self._two(start, i + 1, first, second)

    def name(self, token: Token) -> str:
        """A token as it was typed."""
        return self._slice(token.start, token.end)

    # -- pieces of the text

    def _two(self, start: int, i: int, first: str, second: str, position: int | None = None) -> ParseError:
        """The text from `start` to the end of the factors at token `i` has two readings."""
        if position is None:
            position = self._tokens[i].start if i < len(self._tokens) else self._tokens[-1].end
        written = self._slice(start, self._run_end(i))
        return ParseError(f"{written} can be read two ways: {first} or {second}. Put brackets.", position)

    def _slice(self, start: int, end: int) -> str:
        return shown(self._text[start:end])

    def _run(self, i: int) -> str:
        """The factors that begin at token `i`."""
        return self._slice(self._tokens[i].start, self._run_end(i)) if i < len(self._tokens) else ""

    def _run_end(self, i: int) -> int:
        """Where the factors that begin at token `i` end."""
        depth, ended = 0, False
        end = self._tokens[i].start if i < len(self._tokens) else self._tokens[-1].end
        for token in self._tokens[i:]:
            depth += (token.type == "OPEN") - (token.type == "CLOSE")
            if depth < 0 or (depth == 0 and token.type in _OPERATORS and (ended or token.type not in SIGNS)):
                break
            end, ended = token.end, token.type in ENDS
        return end

    def _exponent_end(self, i: int) -> int:
        """The index after the exponent that begins at token `i`, a ^ or a raised number."""
        if self._tokens[i].type == "SUPERSCRIPT":
            return i + 1
        i += 1
        while i < len(self._tokens) and self._tokens[i].type in SIGNS:
            i += 1
        depth = 0
        while i < len(self._tokens):
            depth += (self._tokens[i].type == "OPEN") - (self._tokens[i].type == "CLOSE")
            i += 1
            if depth <= 0:
                break
        return i

"""What a word of text means: a name, a constant, a function, or several names written without a space.

Names are known when they are assigned in the text or declared beside it (in `at`, `wrt`, a problem's inputs). Any other
word is one new input, unless it is wholly made of known names and constants (``ab`` with a and b declared), the
longest first, or ends in a function that is called (``xln(x)``).
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from compgraph.arrays.protocols import ROWS
from compgraph.arrays.rows import Bound
from compgraph.errors import ParseError
from compgraph.evaluation import Number
from compgraph.expression import Primitive
from compgraph.reading.ambiguity import Readings
from compgraph.reading.folding import PI, E
from compgraph.reading.lexing import NOTHING, STARTS, Token, normalised, shown

__all__ = ["Vocabulary", "accepts", "arity_advice"]

_CONSTANTS = {"e": E, "pi": PI, "π": PI}
#: Functions of whole arrays that text may call; along an axis they are called from Python.
ARRAY_FUNCTIONS: dict[str, Primitive] = {
    name: Bound(ROWS[row], {})
    for name, row in {
        **{name: name for name in ("sum", "mean", "var", "std", "prod", "norm", "softmax", "log_softmax", "logsumexp")},
        **{name: name for name in ("transpose", "dot", "outer", "inv", "det", "trace", "solve")},
    }.items()
}
#: The longest word that is tried as a product of names.
_LONGEST = 60

_OTHER_BASE = "For another base write log(x)/log(2), log2(x) or log10(x)."


def accepts(function: Primitive, count: int) -> bool:
    """Whether a function may be called with so many arguments."""
    try:
        most = len(function.partials)
    except TypeError:  # any number of arguments
        return count >= 1
    return most - len(function.defaults) <= count <= most


def arity_advice(function: Primitive, count: int) -> str:
    """What to write instead of a call with `count` arguments, which `function` does not accept."""
    if function.name == "where":
        return "Write where(condition, value if it holds, value if not)."
    if function.name == "log":
        return _OTHER_BASE
    if count > 1 and accepts(function, 1):
        return "A comma separates arguments: write decimals as 0.5."
    return "Write as many, with commas between them."


class Vocabulary:
    """The words of one text.

    Parameters
    ----------
    statements : sequence of sequences of Token
        The text as `scan` returns it; the words of all statements are known before the first one is read.
    declared : iterable of str
        Names assigned in the text or declared beside it; of two spellings of one name the last is its key.
    functions : mapping of str to Primitive
        What may be called.
    """

    def __init__(
        self,
        statements: Sequence[Sequence[Token]],
        declared: Iterable[str],
        functions: Mapping[str, Primitive],
    ) -> None:
        self._keys = {normalised(name): name for name in declared}
        self._known = self._keys.keys() | _CONSTANTS.keys()
        self._lengths = sorted({len(name) for name in self._known if len(name) <= _LONGEST}, reverse=True)
        self._alone = {
            token.value
            for statement in statements
            for token, following in zip(statement, [*statement[1:], statement[0]], strict=True)
            if token.type == "NAME" and (following.type != "OPEN" or token is statement[-1])
        }
        self._functions = functions
        if "σ" not in self._alone and "σ" not in self._keys and "sigmoid" in functions:
            self._functions = {"σ": functions["sigmoid"], **functions}
        self._splits: dict[str, list[str] | None] = {}

    def key(self, name: str) -> str:
        """A name as it was declared, for a name as it was read."""
        return self._keys.get(name, name)

    def resolved(self, text: str, tokens: Sequence[Token], number: Callable[[Token], Number]) -> list[Token]:
        """One statement with words and numbers as what they mean.

        A token NAME has a name or a constant as its value, FUNCTION a Primitive, NUMBER what `number` makes of it.
        """
        resolved: list[Token] = []
        for i, token in enumerate(tokens):
            following = tokens[i + 1] if i + 1 < len(tokens) else NOTHING
            if token.type == "NAME":
                resolved += self._resolve(token, following)
                continue
            if token.type == "NUMBER" and type(token.value) is str:
                _, letter, power = token.value.partition("E" if "E" in token.value else "e")
                if letter:  # digits, e and digits alone are a number
                    signed = power[0] in "+-"
                    glued = following.type in STARTS and (signed or following.start == token.end)
                    if glued or (letter if signed else letter + power) in self._keys:
                        raise Readings(text, tokens).exponent_number(i, glued)
                token.value = number(token)
            resolved.append(token)
        return resolved

    def _resolve(self, word: Token, following: Token) -> list[Token]:
        name, called = word.value, following.type == "OPEN"
        if name in self._keys and not (called and name in self._functions):
            return [word]
        if name in self._functions:
            return [Token("FUNCTION", self._functions[name], word.start, word.end)]
        if name in _CONSTANTS:
            return [Token("NAME", _CONSTANTS[name], word.start, word.end)]
        if "." in name:
            message = f"{shown(name)} is neither a name nor a number: expected decimals as 0.5, products as 2*x."
            raise ParseError(f"{message} Delete the point.", word.start + name.index("."))
        parts = self._split(name)
        if parts is not None:
            return self._pieces(word, parts)
        if called:
            return self._called(word)
        self._refuse_hidden_function(word, following)
        return [word]

    def _split(self, name: str) -> list[str] | None:
        """The known names that make up a word, the longest first; None if some of it is left, or none is declared."""
        if name not in self._splits:
            self._splits[name] = self._splitting(name) if len(name) <= _LONGEST else None
        return self._splits[name]

    def _splitting(self, name: str) -> list[str] | None:
        length = len(name)
        chosen = [0] * length + [-1]  # the length of the name to take at each place; 0 where none leads to the end
        for start in range(length - 1, -1, -1):
            for size in self._lengths:
                if start + size <= length and chosen[start + size] and name[start : start + size] in self._known:
                    chosen[start] = size
                    break
        if not chosen[0]:
            return self._around_pi(name)
        parts, start = [], 0
        while start < length:
            parts.append(name[start : start + chosen[start]])
            start += chosen[start]
        return parts if any(part in self._keys for part in parts) else self._around_pi(name)

    def _around_pi(self, name: str) -> list[str] | None:
        """The letter π is the constant wherever it stands, unless it is declared: πx is π·x, and x may be new."""
        if "π" not in name or any("π" in key for key in self._keys):
            return None
        parts = [part for part in re.split("(π)", name) if part]
        return parts if all(part[0].isalpha() for part in parts) else None

    def _pieces(self, word: Token, parts: Sequence[str]) -> list[Token]:
        tokens, start = [], word.start
        exact = word.end - word.start == len(word.value)  # otherwise normalisation has moved the letters
        for part in parts:
            end = start + len(part) if exact else word.end
            meaning = part if part in self._keys else _CONSTANTS.get(part, part)
            tokens.append(Token("NAME", meaning, start if exact else word.start, end))
            start = end
        return tokens

    def _called(self, word: Token) -> list[Token]:
        """A word before a bracket that is neither a known name nor a function."""
        name = word.value
        for size in range(min(len(name) - 1, _LONGEST), 0, -1):
            function = self._functions.get(name[-size:])
            factor = name[:-size]
            if function is not None:
                parts = [factor] if factor in self._alone else self._split(factor)
                if parts is not None:
                    tokens = self._pieces(word, [*parts, name[-size:]])
                    tokens[-1] = Token("FUNCTION", function, tokens[-1].start, tokens[-1].end)
                    return tokens
        if name in self._alone:
            return [word]
        call = shown(name)
        if name.startswith(("log_", "ln_")):
            advice = _OTHER_BASE
        elif near := difflib.get_close_matches(name[:30].lower(), self._functions, 3):
            advice = f"Did you mean {' or '.join(near)}? If {call} is a variable, write {call}*(…)."
        else:
            advice = f"If {call} is a variable, write {call}*(…)."
        message = f"unknown function {call}: expected one such as sin, exp, ln, sqrt, max. {advice}"
        raise ParseError(message, word.start)

    def _refuse_hidden_function(self, word: Token, following: Token) -> None:
        """``sinx`` beside a variable x is hardly a new input."""
        name = word.value
        for size in range(min(len(name) - 1, 12), 1, -1):
            function, rest = name[:size], name[size:].lstrip("0123456789")
            if self._is_function(function) and rest and (rest in self._alone or self._split(rest)):
                advice = f"Write {function}({name[size:]}), or declare {name}."
                raise self._hidden(word, function, advice)
            factor, function = name[:-size], name[-size:]
            called = following.type in ("NAME", "NUMBER", "ROOT") and self._is_function(function)
            if called and (factor in self._alone or self._split(factor)):
                raise self._hidden(word, function, f"Write {factor}*{function}(…), or declare {name}.")

    def _is_function(self, name: str) -> bool:
        # of "means" and "sums" nobody thinks that they hide a function
        return name in self._functions and name not in ARRAY_FUNCTIONS and accepts(self._functions[name], 1)

    def _hidden(self, word: Token, function: str, advice: str) -> ParseError:
        message = f"{shown(word.value)} is no known name, but {function} is a function: expected brackets or a space."
        return ParseError(f"{message} {advice}", word.start)

"""Text → statements of tokens: what each character is, where it stands, and which brackets belong together.

Every token keeps the place where it was typed, so that an error can point at it. Unicode is read as it is meant:
× and · are products, − is a minus, x² a power, u₁ the name u1, digits of any script are digits.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from fractions import Fraction
from typing import Any, NoReturn

from compgraph.errors import ParseError

__all__ = ["ENDS", "NOTHING", "SIGNS", "STARTS", "Token", "normalised", "scan", "shown"]


class Token:
    """A piece of text: its type (a terminal of the grammar), what it stands for, and where it was typed."""

    __slots__ = ("end", "start", "type", "value")

    def __init__(self, type: str, value: Any, start: int, end: int) -> None:
        self.type = type
        self.value = value
        self.start = start
        self.end = end

    def __repr__(self) -> str:
        return f"{self.type}({self.value!r})"


#: Types of tokens that a value may begin with, end with, and have before it.
STARTS = frozenset({"NUMBER", "NAME", "FUNCTION", "OPEN", "ROOT"})
ENDS = frozenset({"NUMBER", "NAME", "CLOSE", "SUPERSCRIPT"})
SIGNS = frozenset({"PLUS", "MINUS"})

#: What stands before the first token and after the last.
NOTHING = Token("", "", -1, -1)

#: Characters → type of token. The full-width forms of East Asian keyboards are among them by normalisation.
_SYMBOLS = {
    symbol: kind
    for kind, symbols in {
        "PLUS": "+",
        "MINUS": "- − – — ‐ ‑ ‒ ⁃",
        "TIMES": "* × · • ∙ ⋅ ∗ ✕",
        "DIVIDE": "/ ÷ ∕ ⁄",
        "AT": "@",
        "POWER": "^ **",
        "OPEN": "(",
        "CLOSE": ")",
        "BAR": "| ∣",
        "ROOT": "√ ∛",
        "COMPARE": "< <= ≤ ⩽ > >= ≥ ⩾ == != ≠",
        "EQUALS": "=",
        "COMMA": ",",
        "SEMICOLON": ";",
    }.items()
    for symbol in symbols.split()
}
_CANONICAL = {"≤": "<=", "⩽": "<=", "≥": ">=", "⩾": ">=", "≠": "!="}

_ADVICE = {
    ":": "Write / for a quotient, and = to name something.",
    "[": "Write round brackets.",
    "]": "Write round brackets.",
    "{": "Write round brackets.",
    "}": "Write round brackets.",
    "%": "Write 5/100 for 5 %.",
    "&": "Write logical_and(x > 0, y > 0).",
    "∞": "Infinity is no number here; leave it out.",
    "\\": "LaTeX is not read: write a/b, sqrt(x), alpha.",
    "$": "LaTeX is not read: write a/b, sqrt(x), alpha.",
    "°": "Angles are in radians: write 30*pi/180.",
    "!": "There is no factorial: write the product.",
    "_": "A name begins with a letter.",
    ".": "Write decimals as 0.5, products as 2*x.",
}

# Superscript digits, indices and fractions are "word characters" to `re`: the first and the last are kept apart here.
_SUPERSCRIPTS = "⁰¹²³⁴-⁹"
_FRACTIONS = "¼-¾⅐-⅞↉"
_MARKS = "\u0300-\u036f\u20d0-\u20dc"  # hats, bars and arrows that are typed after their letter
_LETTER = rf"[^\W\d_{_SUPERSCRIPTS}{_FRACTIONS}]"
_NAME = rf"{_LETTER}(?:[^\W{_SUPERSCRIPTS}{_FRACTIONS}]|[{_MARKS}])*['′’]*(?:\.\d+)?"

_LETTERS_BELOW = re.compile("[ₐ-ₜᵢ-ᵪⱼ]+")

_PATTERN = r"""
  [ \t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]*
  (?:
    (?P<NAME>{name})
  | (?P<NUMBER>{number}(?:[eE][-+−]?\d+)?)
  | (?P<SYMBOL>\*\*|<=|>=|==|!=|[-+*/^()|,;=<>@])
  | (?P<LINE>\r\n|[\n\r\x85\u2028\u2029])
  | (?P<COMMENT>\#[^\n\r\x85\u2028\u2029]*)
  | (?P<SUPERSCRIPT>[⁺⁻]?[{superscripts}]+)
  | (?P<FRACTION>[{fractions}])
  | (?P<OTHER>.)
  | \Z
  )
"""

# Characters that change what is seen, or that no editor shows: not even a comment may hold them.
_INVISIBLE = re.compile(
    "[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


@functools.cache
def _pattern(decimal_comma: bool) -> re.Pattern[str]:
    number = r"(?:\d+(?:,\d+|\.\d*)?|\.\d+)" if decimal_comma else r"(?:\d+(?:\.\d*)?|\.\d+)"
    filled = _PATTERN.format(name=_NAME, number=number, superscripts=_SUPERSCRIPTS, fractions=_FRACTIONS)
    return re.compile(filled, re.VERBOSE | re.DOTALL)


def normalised(name: str) -> str:
    """A name in the one form it is known by: ``u₁`` is ``u1``, ``xᵢ`` is ``x_i``, ``w′`` is ``w'``.

    Examples
    --------
    >>> normalised("u₁"), normalised("xᵢⱼ′")
    ('u1', "x_ij'")
    """
    if name.isascii():
        return name
    name = _LETTERS_BELOW.sub(r"_\g<0>", name)
    return unicodedata.normalize("NFKC", name).replace("’", "'").replace("′", "'")


def shown(piece: str, longest: int = 40) -> str:
    """A piece of text for a message: on one line, not too long, nothing invisible in it.

    Examples
    --------
    >>> shown("x +\\n  y"), shown("x" * 50, 5)
    ('x + y', 'xxxx…')
    """
    if len(piece) > 4 * longest:
        piece = piece[: 4 * longest]
    piece = "".join([c if c.isprintable() else f"\\u{ord(c):04x}" for c in " ".join(piece.split())])
    return piece if len(piece) <= longest else piece[: longest - 1] + "…"


def scan(text: str, *, decimal_comma: bool = False) -> list[list[Token]]:
    """The statements of a text, each a list of tokens; a line goes on while a bracket is open.

    Names and numbers keep their spelling (normalised); what they mean is decided when all names are known.

    Raises
    ------
    ParseError
        At a character that has no meaning in a formula, and at a bracket without its counterpart.

    Notes
    -----
    Linear in the length of the text.
    """
    start = 1 if text.startswith("\ufeff") else 0
    if match := _INVISIBLE.search(text, start):
        _refuse_character(text, match.start())
    statements: list[list[Token]] = [[]]
    add = statements[-1].append
    brackets: list[int] = []
    for match in _pattern(decimal_comma).finditer(text, start):
        kind = match.lastgroup
        if kind is None or kind == "COMMENT":
            continue
        start, end = match.span(kind)
        value: Any = text[start:end]
        if kind == "OTHER":
            kind, value = "SYMBOL", value if value in _SYMBOLS else _plain(value)
            if value not in _SYMBOLS:
                _refuse_character(text, start)
        if kind == "SYMBOL":
            kind, value = _SYMBOLS[value], _CANONICAL.get(value, value)
            if kind == "OPEN":
                brackets.append(start)
            elif kind == "CLOSE":
                if not brackets:
                    raise ParseError(") closes a bracket that was never opened. Delete it, or write its (.", start)
                brackets.pop()
            elif kind == "COMMA" and decimal_comma:
                message = "a comma here is a decimal comma: expected digits on both sides. Separate arguments with ;"
                raise ParseError(f"{message}, as in max(x; 0,5).", start)
            elif kind == "SEMICOLON":
                if decimal_comma and brackets:
                    kind = "COMMA"
                elif brackets:
                    raise _unclosed(brackets[-1])
                else:
                    kind = "LINE"
        elif kind == "NAME":
            if not value.isascii():
                value = _name(value, start)
        elif kind == "NUMBER":
            value = value.replace("−", "-")
            if decimal_comma:
                if re.fullmatch(r"[1-9]\d{0,2}\.\d{3}", value):
                    message = f"{value} can be read two ways: {value.replace('.', '')} or {value.replace('.', ',')}."
                    raise ParseError(f"{message} Write the one you mean.", start)
                value = value.replace(",", ".")
        elif kind == "SUPERSCRIPT":
            value = unicodedata.normalize("NFKC", value).replace("−", "-").removeprefix("+")
        elif kind == "FRACTION":
            kind, (top, bottom) = "NUMBER", unicodedata.normalize("NFKC", value).split("⁄")
            value = Fraction(int(top), int(bottom))
        if kind != "LINE":
            add(Token(kind, value, start, end))
        elif not brackets and statements[-1]:
            statements.append([])
            add = statements[-1].append
    if brackets:
        raise _unclosed(brackets[-1])
    return statements if statements[-1] else statements[:-1]


def _plain(character: str) -> str:
    """The character of usual width; raised and lowered ones are left as they are."""
    raised = unicodedata.decomposition(character).startswith(("<super>", "<sub>"))
    return character if raised else unicodedata.normalize("NFKC", character)


def _unclosed(position: int) -> ParseError:
    return ParseError("this bracket is never closed: expected a ) after it. Write the missing ).", position)


def _name(piece: str, start: int) -> str:
    """The normalised name; a superscript letter in it (xⁿ) would become a plain one, and is refused."""
    for offset, character in enumerate(piece):
        if unicodedata.decomposition(character).startswith("<super>"):
            letter = unicodedata.normalize("NFKC", character)
            message = f"{character} is a superscript letter: expected an exponent that can be read. Write ^{letter}."
            raise ParseError(message, start + offset)
    letters, point, version = piece.partition(".")
    name = normalised(letters)
    if not name.replace("'", "").isidentifier():  # some characters normalise to brackets or points
        message = f"{shown(piece)} is not a name: expected letters, digits and underscores. Choose another name."
        raise ParseError(message, start)
    return name + point + version


def _refuse_character(text: str, position: int) -> NoReturn:
    character = text[position]
    named = unicodedata.name(character, "a control character" if character < "\xa0" else "an unknown character")
    if not character.isprintable():
        message = f"the invisible character U+{ord(character):04X} ({named}) is part of no formula. Delete it."
    elif character in "⁺⁻⁽⁾ⁿ" or unicodedata.decomposition(character).startswith("<super>"):
        message = f"{character} is a superscript without a number: expected one such as x². Write the exponent after ^."
    else:
        advice = _ADVICE.get(character, "Delete it, or write what it means with + - * / ^ ( ).")
        message = f"{character} ({named.lower()}) has no meaning in a formula here. {advice}"
    raise ParseError(message, position)

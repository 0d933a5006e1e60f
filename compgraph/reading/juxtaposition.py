"""What is meant but not written: products without a sign, functions without brackets, bars for absolute values.

`explicit` writes it out for the grammar: ``2x`` becomes 2 JOIN x, ``sin 3x`` and ``|x|`` become calls with brackets. It
looks at neighbouring tokens only. This is also where a notation that people read in two ways is recognised and refused.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from compgraph.errors import ParseError
from compgraph.evaluation import Number
from compgraph.expression import ABS
from compgraph.reading.ambiguity import Readings
from compgraph.reading.lexing import ENDS, NOTHING, SIGNS, STARTS, Token
from compgraph.reading.vocabulary import accepts, arity_advice

__all__ = ["explicit"]

_POWERS = frozenset({"POWER", "SUPERSCRIPT"})
_PRODUCTS = frozenset({"TIMES", "DIVIDE", "AT"})


def explicit(text: str, tokens: Sequence[Token], number: Callable[[Token], Number]) -> list[Token]:
    """One statement, all of it written out.

    Parameters
    ----------
    text : str
        What the tokens were scanned from.
    tokens : sequence of Token
        As `Vocabulary.resolved` returns them.
    number : callable
        The value of a token SUPERSCRIPT.

    Raises
    ------
    ParseError
        For a notation that can be read in two ways, a wrong number of arguments, a bar without its counterpart, a
        comma or an equals sign that is out of place.

    Notes
    -----
    Linear in the number of tokens.
    """
    return _Pass(text, tokens, number).written()


class _Level:
    """What is pending between one pair of brackets."""

    __slots__ = (
        "bar", "called", "compared", "count", "divide", "factor", "function", "open", "opener", "power", "root", "term",
    )  # fmt: skip

    def __init__(self, opener: Token, called: Token | None = None) -> None:
        self.opener = opener  # the bracket or bar that began it
        self.called = called  # the function whose arguments it holds
        self.count = 1  # arguments so far
        self.open = 0  # functions without brackets whose argument is being read,
        self.function: Token | None = None  # and the outermost of them
        self.compared = False
        self.bar = False  # whether a bar was closed in this run of factors
        self.next_term()

    def next_term(self) -> None:
        self.term = -1  # where the current product begins; −1 before it does
        self.divide: Token | None = None  # the / that the current factor stands under
        self.next_factor()

    def next_factor(self) -> None:
        self.factor = -1  # where the current factor begins
        self.power: Token | None = None  # the ^ whose exponent, without brackets, is being read
        self.root: Token | None = None  # the √ that the current factor stands under


class _Pass:
    """One pass over the tokens of a statement."""

    def __init__(self, text: str, tokens: Sequence[Token], number: Callable[[Token], Number]) -> None:
        self._tokens = tokens
        self._number = number
        self._readings = Readings(text, tokens)
        self._levels = [_Level(NOTHING)]
        self._out: list[Token] = []

    def written(self) -> list[Token]:
        tokens = self._tokens
        before, ended = NOTHING, False  # the token before, and whether it ends a value
        for i, token in enumerate(tokens):
            following = self._next(i)
            level = self._levels[-1]
            kind = token.type if token.type != "BAR" else self._bar(level, token, ended)
            if kind in STARTS:
                if ended:
                    self._join(level, i, token, before)
                elif kind == "OPEN" and before.type != "FUNCTION":
                    level.power = None  # an exponent in brackets ends where they do
                if level.factor < 0:
                    level.factor = token.start
                    if level.term < 0:
                        level.term = token.start
                if kind == "FUNCTION":
                    self._function(level, i, token, following)
                elif kind == "OPEN":
                    self._open(token, before)
                else:
                    if kind == "ROOT":
                        level.root = token
                    self._out.append(token)
            elif kind == "CLOSE":
                self._close(level, i, token, before, following)
            elif kind in _POWERS:
                self._power(level, i, token, before)
            elif ended or kind not in SIGNS:
                self._operator(level, i, token, before)
            elif kind == "MINUS" and following.type == "NUMBER" and self._next(i + 1).type not in _POWERS:
                following.value = -following.value  # −3 is a literal, −3² is not
            else:
                self._out.append(token)
            before, ended = token, kind in ENDS
        if len(self._levels) > 1:  # `scan` has matched the brackets: a bar is open still
            raise _error("| is never closed: expected a second |. Write abs(…).", self._levels[1].opener)
        self._end_functions(self._levels[0], before)
        return self._out

    # -- values

    def _join(self, level: _Level, i: int, token: Token, before: Token) -> None:
        """A value follows a value: a product, unless it could be something else."""
        glued = before.end == token.start
        bracket = token.type in ("OPEN", "BAR")
        if token.type == "NUMBER":
            written = "a bracket" if before.type == "CLOSE" else self._readings.name(before)
            raise _error(f"a number follows {written}: expected an operator. Write *, + or ^ between them.", token)
        if level.root is not None and glued and before.type != "CLOSE":
            raise self._readings.under_root(level.root, i)
        if level.power is not None and glued:
            raise self._readings.in_exponent(level.factor, level.power, i)
        inside = level.function is not None and token.type != "FUNCTION"
        if inside and level.function is not None and (bracket or not glued):
            raise self._readings.in_argument(level.function, i)
        if level.divide is not None and not inside:
            raise self._readings.under_quotient(level.term, level.divide, i)
        if token.type == "BAR" and level.bar:
            message = "these bars can be paired in two ways: expected only one pair in a product. Write abs(…)."
            raise _error(message, token)
        if not inside:
            self._end_functions(level, before)
            level.next_factor()
        self._out.append(Token("JOIN", "*", token.start, token.start))

    def _function(self, level: _Level, i: int, token: Token, following: Token) -> None:
        """A call, with brackets or without: then its argument is the product that follows without a space."""
        name, kind = self._readings.name(token), following.type
        if kind in _POWERS:
            raise self._readings.of_function(i)
        signed = kind == "MINUS" and following.end == self._next(i + 1).start
        if kind not in STARTS and kind != "BAR" and not signed:
            raise _error(f"{name} is a function: expected its argument after it. Write {name}(…).", token)
        self._out.append(token)
        if kind == "OPEN":
            return
        if level.power is not None:
            message = f"a function in an exponent needs brackets: expected ( after {name}. Write ^{name}(…)."
            raise _error(message, token)
        if not accepts(token.value, 1):
            raise _error(f"{name} takes {token.value.signature}: expected brackets. Write {name}(…, …).", token)
        self._out.append(Token("OPEN", "(", following.start, following.start))
        level.open += 1
        level.function = level.function or token

    def _end_functions(self, level: _Level, last: Token) -> None:
        """The arguments of functions without brackets end here."""
        if level.open:
            self._out += [Token("CLOSE", ")", last.end, last.end)] * level.open
            level.open, level.function = 0, None

    # -- brackets

    def _bar(self, level: _Level, token: Token, ended: bool) -> str:
        """Whether a bar opens or closes: it closes after a value, if one is open."""
        if level.opener.type != "BAR":
            return "OPEN"
        if ended:
            return "CLOSE"
        message = "bars within bars can be paired in two ways: expected a value before this |. Write abs(…) for |…|."
        raise _error(message, token)

    def _open(self, token: Token, before: Token) -> None:
        if token.type == "BAR":
            self._out.append(Token("FUNCTION", ABS, token.start, token.end))
            self._out.append(Token("OPEN", "|", token.start, token.end))
            self._levels.append(_Level(token))
        else:
            self._out.append(token)
            self._levels.append(_Level(token, before if before.type == "FUNCTION" else None))

    def _close(self, level: _Level, i: int, token: Token, before: Token, following: Token) -> None:
        opener, called = level.opener, level.called
        if token.type == "CLOSE" and opener.type == "BAR":
            raise _error("| is never closed: expected a second | before the ). Write abs(…).", opener)
        self._end_functions(level, before)
        self._levels.pop()
        if token.type == "BAR":
            self._levels[-1].bar = True
            self._out.append(Token("CLOSE", "|", token.start, token.end))
            return
        self._out.append(token)
        if called is None:
            return
        if before is not opener and not accepts(called.value, level.count):
            message = f"{self._readings.name(called)} takes {called.value.signature}: got {level.count}."
            raise _error(f"{message} {arity_advice(called.value, level.count)}", called)
        if called.end < opener.start:
            glued = following.type == "OPEN" and following.start == token.end
            if glued or following.type in _POWERS:
                raise self._readings.after_call(called, opener, i + 1)

    # -- operators

    def _next(self, i: int) -> Token:
        return self._tokens[i + 1] if i + 1 < len(self._tokens) else NOTHING

    def _power(self, level: _Level, i: int, token: Token, before: Token) -> None:
        """An exponent follows, after ^ or raised."""
        if level.root is not None:
            raise self._readings.under_root(level.root, i)
        if before.type == "SUPERSCRIPT":
            message = "an exponent follows an exponent: expected one. Put brackets: (x²)^3 or x^(2^3)."
            raise _error(message, token)
        if token.type == "POWER":
            level.power = token
            self._out.append(token)
        else:
            self._out.append(Token("POWER", "^", token.start, token.start))
            self._out.append(Token("NUMBER", self._number(token), token.start, token.end))

    def _operator(self, level: _Level, i: int, token: Token, before: Token) -> None:
        """An operator that ends the current factor, or a comma."""
        kind = token.type
        if kind == "EQUALS":
            message = "= cannot stand here: a statement has one =, after its name. Write == to compare two values."
            raise _error(message, token)
        if kind in _PRODUCTS:
            self._check_factor(level, i, token, before)
        self._end_functions(level, before)
        level.bar = False
        if kind in _PRODUCTS:
            level.divide = token if kind == "DIVIDE" else None
            level.next_factor()
        else:
            level.next_term()
        if kind == "COMPARE":
            if level.compared:
                message = "two comparisons in a row: expected one. Write logical_and(0 < x, x < 1) for 0 < x < 1."
                raise _error(message, token)
            level.compared = True
        elif kind == "COMMA":
            if level.called is None:
                raise _error(self._comma(i, before), token)
            level.count += 1
            level.compared = False
        self._out.append(token)

    def _check_factor(self, level: _Level, i: int, token: Token, before: Token) -> None:
        """Refuse ``sin x/2``, ``x^1/2`` and ``6/1.5×10^-4`` at their last operator."""
        following = self._next(i)
        if level.function is not None and following.type != "FUNCTION":
            raise self._readings.after_argument(level.function, i)
        if before.type != "NUMBER" or i < 2:
            return
        outer = self._tokens[i - 3 if self._tokens[i - 2].type == "MINUS" else i - 2]
        if token.type == "DIVIDE":
            if outer is level.power and before.value in (1, -1):
                raise self._readings.of_first_power(level.factor, outer, i)
            return
        ten = following.type == "NUMBER" and following.value == 10 and self._next(i + 1).type in _POWERS
        if ten and token.value != "*" and (outer is level.divide or outer is level.power):
            raise self._readings.scientific(level.term if outer is level.divide else level.factor, i)

    def _comma(self, i: int, before: Token) -> str:
        following = self._next(i)
        if before.type == following.type == "NUMBER" and before.end + 1 == following.start:
            left, right = self._readings.name(before), self._readings.name(following)
            return f"{left},{right} is not a number here: expected a decimal point. Write {left}.{right}."
        return "a comma cannot stand here: expected it only between the arguments of a function. Delete it."


def _error(message: str, token: Token) -> ParseError:
    return ParseError(message, token.start)

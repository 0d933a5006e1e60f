"""The two errors of this library that are not Python's own, and how they name a value.

Misuse raises built-in exceptions; these two say that the *input* cannot be answered.
"""

from __future__ import annotations

__all__ = ["DomainError", "ParseError", "brief"]

#: Of a value that a message names, so many characters at most.
_LONGEST = 40


def brief(value: object) -> str:
    """A value as a message names it: short, whatever it is.

    Examples
    --------
    >>> brief(2 / 3), brief(10**50), brief(10**5000)
    ('0.666667', '1000000000000000000000000000000… (51 characters)', 'a number of more than 4300 digits')
    """
    try:
        text = f"{value:.6g}" if type(value) is float else str(value)
    except ValueError:  # Python writes out no more digits of an integer
        return "a number of more than 4300 digits"
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 9]}… ({len(text)} characters)"


class DomainError(ValueError):
    """A value outside a function's domain, or a derivative that does not exist where it was asked for."""


class ParseError(ValueError):
    """Text that cannot be read, with the place where reading stopped.

    Attributes
    ----------
    message : str
        What is wrong and what to do, in one or two sentences.
    position : int
        Index into the text of the first character that could not be used.
    text : str
        The text itself; ``str(error)`` shows its line with a caret below the position.
    """

    def __init__(self, message: str, position: int = 0, text: str = "") -> None:
        self.message = message
        self.position = position
        self.text = text
        super().__init__(message, position, text)

    def __str__(self) -> str:
        if not self.text:
            return self.message
        start = self.text.rfind("\n", 0, self.position) + 1
        end = self.text.find("\n", self.position)
        line = self.text[start:] if end < 0 else self.text[start:end]
        column = self.position - start
        first = max(0, column - 60)  # a very long line is shown around the place only
        # one mark for what cannot be seen or would turn the line around, so that the caret stays in its place
        line = "".join(c if c.isprintable() else " " if c.isspace() else "\ufffd" for c in line[first : column + 20])
        return f"{self.message}\n    {line}\n    {' ' * (column - first)}^"

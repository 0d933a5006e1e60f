"""The names of the cells of a sheet: what is asked, and of what.

=====================  ==============================================================
``val:z``              the value of z
``part:z>a``           the partial ∂a/∂z; ``part:x>m#1`` where edges are parallel
``grad:w``             the derivative of the output with respect to w
``tan:v``              the tangent of v; ``tan:v|x`` where there are several inputs
``path:x>s>f``         the product of partials along a path
``new:w``              the parameter w after one update
``dgrad:x``            the derivative with respect to x, as a formula
=====================  ==============================================================
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from typing import NamedTuple

from compgraph.errors import ParseError
from compgraph.reading.lexing import shown

__all__ = ["KINDS", "Cell", "nearest", "parse_cell"]

#: Kind → an example of it.
KINDS = {
    "val": "val:z",
    "part": "part:z>a",
    "grad": "grad:w",
    "tan": "tan:v",
    "path": "path:x>s>f",
    "new": "new:w",
    "dgrad": "dgrad:x",
}

_LONGEST = 200
_EXAMPLES = ", ".join(KINDS.values())


class Cell(NamedTuple):
    """A cell name taken apart.

    Attributes
    ----------
    kind : str
    nodes : tuple of str
        One node; tail and head of a partial; all nodes of a path.
    keys : tuple of int or None
        For each edge of a partial or path the position of the argument, where it was given.
    seed : str, optional
        The input of a tangent, where it was given.
    """

    kind: str
    nodes: tuple[str, ...]
    keys: tuple[int | None, ...] = ()
    seed: str | None = None

    def __str__(self) -> str:
        heads = [
            f"{node}#{key}" if key is not None else node for node, key in zip(self.nodes[1:], self.keys, strict=True)
        ]
        return f"{self.kind}:{'>'.join([self.nodes[0], *heads])}" + (f"|{self.seed}" if self.seed else "")


def parse_cell(text: str) -> Cell:
    """A cell name, taken apart; whether there is such a node or edge is for the problem to say.

    Raises
    ------
    ParseError
        With the place, and what to write instead.

    Examples
    --------
    >>> parse_cell("part:x>m#1")
    Cell(kind='part', nodes=('x', 'm'), keys=(1,), seed=None)
    >>> str(parse_cell(" path : x → s → f"))
    'path:x>s>f'
    """
    if len(text) > _LONGEST:
        message = (
            f"a cell name of {len(text)} characters: expected at most {_LONGEST}, such as {KINDS['val']}. Shorten it."
        )
        raise ParseError(message, _LONGEST, text[:_LONGEST])
    kind, colon, rest = text.partition(":")
    kind = kind.strip()
    if not colon:
        raise ParseError(f"{shown(text)!r} is no cell name: expected kind:name, such as {_EXAMPLES}.", 0, text)
    if kind not in KINDS:
        close = difflib.get_close_matches(kind.lower()[:20], KINDS, 1, 0.5)
        advice = f"Did you mean {close[0]}?" if close else f"Write one such as {KINDS['val']}."
        raise ParseError(f"{shown(kind)!r} is no kind of cell: expected {', '.join(KINDS)}. {advice}", 0, text)
    start = len(text) - len(rest)
    names, bar, seed = rest.replace("→", ">").replace("->", " >").partition("|")
    nodes: list[str] = []
    keys: list[int | None] = []
    for piece in names.split(">"):
        node, sharp, key = (part.strip() for part in piece.partition("#"))
        if not node or (sharp and not re.fullmatch("[0-9]{1,6}", key)) or (sharp and not nodes):
            what = (
                "a name is missing"
                if not node
                else "# belongs behind the head of an edge, with a whole number after it"
            )
            raise ParseError(f"{what}: expected a cell such as {KINDS[kind]}, got {shown(text)!r}.", start, text)
        nodes.append(node)
        keys.append(int(key) if sharp else None)
        start += len(piece) + 1
    fewest, most = {"part": (2, 2), "path": (2, _LONGEST)}.get(kind, (1, 1))
    if not fewest <= len(nodes) <= most:
        expected = {1: "one name", 2: "tail>head"}[most] if most < 3 else "the nodes from tail to head"
        message = (
            f"{shown(text)!r}: expected {expected} behind {kind}:, got {len(nodes)}. Write one such as {KINDS[kind]}."
        )
        raise ParseError(message, text.index(":") + 1, text)
    if bar and (kind != "tan" or not seed.strip()):
        message = "| stands before the input of a tangent, as in tan:v|x: expected none here, or a name after it."
        raise ParseError(f"{message} Delete it, or name the input.", text.index("|"), text)
    return Cell(kind, tuple(nodes), tuple(keys[1:]), seed.strip() or None)


_DERIVATIVE = re.compile(r"[d∂δ]\s*(.{1,40}?)\s*/\s*[d∂δ]\s*(.{1,40})")


def nearest(text: str, known: Sequence[str], output: str = "") -> list[str]:
    """The known cells that a name was probably meant to be, the likeliest first, at most three.

    Examples
    --------
    >>> nearest("Grad w", ["val:w", "grad:w", "grad:x"]), nearest("dL/dw", ["val:w", "grad:w"], "L")
    (['grad:w'], ['grad:w'])
    """
    text = text[:60]
    meant = [text]
    if match := _DERIVATIVE.fullmatch(text.strip()):
        top, bottom = match.groups()
        meant = [f"grad:{bottom}"] if top == output else [f"part:{bottom}>{top}", f"tan:{top}|{bottom}"]
    folded = {_folded(name): name for name in reversed(known)}
    same = [folded[_folded(m)] for m in meant if _folded(m) in folded]
    if same:
        return same
    return difflib.get_close_matches(meant[0], known[:300], 3, 0.6)


def _folded(name: str) -> str:
    return re.sub(r"[^\w>|#]", "", name.casefold())

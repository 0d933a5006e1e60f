"""The quantity graph: everything a sheet may ask, each with its recipe over what it is computed from.

``val v`` is an operation on values, ``part u>v`` the formula of a partial, ``grad u = Σ part u>v · grad v``,
``tan v = Σ part u>v · tan u``, a path is the product of its partials, and ``new θ = θ − η · grad θ``. Nothing here is a
number yet: an `Environment` evaluates recipes, on the reference or on what a student wrote.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import networkx as nx

from compgraph.errors import ParseError
from compgraph.expression import LITERAL, VARIABLE
from compgraph.homework.cells import Cell, nearest, parse_cell
from compgraph.homework.constants import written as decimal
from compgraph.homework.program import Program, legible
from compgraph.reading.lexing import normalised, shown
from compgraph.symbols import definition, formulas

__all__ = ["Quantities", "Quantity", "Term"]

_RANK = {"val": 0, "part": 1, "path": 2, "tan": 3, "grad": 4, "new": 5, "dgrad": 6}


class Term(NamedTuple):
    """A coefficient times the values of cells."""

    factors: tuple[str, ...]
    coefficient: Fraction = Fraction(1)


class Quantity:
    """A cell with its recipe.

    Attributes
    ----------
    cell, kind : str
        Its canonical name, and the part of it before the colon.
    nodes : tuple of str
        The nodes it is about: one, tail and head of a partial, all of a path.
    order : tuple
        Sorting by it puts parents before what is computed from them.
    terms : tuple of Term
        The recipe of a derivative, tangent, path or update: a sum of products of cells. Empty otherwise (and for 0).
    program : Program, optional
        The recipe of a value or partial: a formula in the names of nodes. None for an input, and where there are terms.
    parents : tuple of str
        The cells in the recipe.
    """

    def __init__(
        self, cell: str, nodes: Sequence[str], order: tuple[Any, ...], *,
        terms: Sequence[Term] = (), expression: Any = None,
    ) -> None:  # fmt: skip
        self.cell = cell
        self.kind = cell.partition(":")[0]
        self.nodes = tuple(nodes)
        self.order = (_RANK[self.kind], *order)
        self.terms = tuple(terms)
        self.program = None if expression is None else Program(expression)
        if self.program is not None:
            self.parents = tuple(f"val:{name}" for name in self.program.names)
        else:
            self.parents = tuple(dict.fromkeys(factor for term in self.terms for factor in term.factors))

    @property
    def is_input(self) -> bool:
        """Whether this is the value of an input, given and not computed."""
        return self.kind == "val" and self.program is None

    @property
    def recipe(self) -> str:
        """The recipe as it is written: ``w·x + b`` for a value or partial, else ``part:w>z · grad:z`` in names of
        cells.

        Empty for an input.
        """
        if self.program is not None:
            from compgraph import notation

            return notation.text(legible(self.program.expression))
        return "" if self.is_input else self.written({})

    def written(self, numbers: Mapping[str, str]) -> str:
        """A sum of products with numbers put in for some of its cells."""
        total = ""
        for factors, coefficient in self.terms:
            sign = " − " if coefficient < 0 else " + "
            size = [] if factors and abs(coefficient) == 1 else [decimal(abs(coefficient))]
            product = " · ".join([*size, *(numbers.get(factor, factor) for factor in factors)])
            total += (sign if total else sign.strip(" +")) + product
        return total or "0"

    def __repr__(self) -> str:
        return f"{self.cell} = {self.recipe}" if self.recipe else f"{self.cell} is given"


class Quantities(Mapping[str, Quantity]):
    """Canonical cell name → its quantity; tangents and paths are made when they are asked for.

    Parameters
    ----------
    graph : networkx.MultiDiGraph
        Linearized at no point, at either level.
    output : str
        What is differentiated.
    seeds : sequence of str
        The inputs that tangents may start from.
    update : mapping of str to Fraction
        Parameter → learning rate.
    """

    def __init__(
        self, graph: nx.MultiDiGraph, output: str, *, seeds: Sequence[str], update: Mapping[str, Fraction]
    ) -> None:
        self.graph = graph
        self.output = output
        self.seeds = tuple(seeds)
        self._place = {node: i for i, node in enumerate(graph)}
        self._names = {normalised(node): node for node in reversed(list(graph))}
        self._towards = nx.ancestors(graph, output) | {output}
        self._known: dict[str, Quantity] = {}
        for quantity in (*self._values(), *self._partials(), *self._derivatives(), *self._updates(update)):
            self._known[quantity.cell] = quantity

    def __getitem__(self, cell: str) -> Quantity:
        if cell not in self._known:
            if self.name(cell) != cell:  # raises ParseError for what there is not
                raise KeyError(cell)
            kind = cell.partition(":")[0]
            makers = {"tan": self._tangents, "path": self._path, "dgrad": self._symbolic}
            for quantity in makers[kind](parse_cell(cell)):
                self._known[quantity.cell] = quantity
        return self._known[cell]

    def __contains__(self, cell: object) -> bool:
        return cell in self._known

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)

    # -- names of cells

    def name(self, text: str) -> str:
        """The canonical name of a cell.

        Raises
        ------
        ParseError
            There is no such cell: the nearest known ones are listed.
        """
        if text in self._known:
            return text
        try:
            cell = parse_cell(text)
            return str(self._canonical(cell, text))
        except ParseError as error:
            close = nearest(text, self._suggestions(), self.output)
            if not close or "Did you mean" in error.message:
                raise
            raise ParseError(
                f"{error.message} Did you mean {' or '.join(close)}?", error.position, error.text
            ) from None

    def _canonical(self, cell: Cell, text: str) -> Cell:
        nodes = tuple(self._node(name, text) for name in cell.nodes)
        if cell.kind in ("part", "path"):
            edges = zip(nodes, nodes[1:], cell.keys, strict=False)
            return cell._replace(nodes=nodes, keys=tuple(self._key(*edge, text) for edge in edges))
        node = nodes[0]
        if cell.kind == "tan":
            return cell._replace(nodes=nodes, seed=self._seed(cell.seed, text))
        if cell.kind == "dgrad" and self.graph.nodes[node]["primitive"] is not VARIABLE:
            raise ParseError(f"{node} is computed: expected an input behind dgrad:. Name an input.", 6, text)
        if cell.kind == "new":
            raise ParseError(f"{node} is not updated: expected one of the problem's parameters, with its eta.", 4, text)
        return cell._replace(nodes=nodes)

    def _node(self, name: str, text: str) -> str:
        node = name if name in self._place else self._names.get(normalised(name))
        if node is None:
            names = ", ".join(list(self._place)[:12])
            raise ParseError(
                f"there is no {shown(name)!r} in this problem: expected one of {names}.", text.find(name), text
            )
        return node

    def _key(self, tail: str, head: str, key: int | None, text: str) -> int | None:
        keys = list(self.graph.get_edge_data(tail, head) or ())
        if key in keys or (key is None and len(keys) == 1):
            return key if len(keys) > 1 else None
        if not keys:
            message = f"{head} is not computed directly from {tail}: expected an edge of the graph."
        else:
            edges = " or ".join(f"{tail}>{head}#{k}" for k in keys)
            message = f"{tail} is used {len(keys)} times in {head}: expected {edges}."
        raise ParseError(message, text.find(":") + 1, text)

    def _seed(self, seed: str | None, text: str) -> str | None:
        if seed is not None:
            seed = self._node(seed, text)
        if len(self.seeds) == 1 and seed in (None, self.seeds[0]):
            return None
        if seed in self.seeds:
            return seed
        wanted = ", ".join(f"|{name}" for name in self.seeds[:12])
        raise ParseError(f"a tangent starts from an input: expected {wanted} behind the name.", len(text), text)

    def _suggestions(self) -> list[str]:
        seeds = [""] if len(self.seeds) == 1 else [f"|{seed}" for seed in self.seeds]
        tangents = [f"tan:{node}{seed}" for seed in seeds[:20] for node in self._place]
        return [*self._known, *tangents]

    # -- the quantities

    def _values(self) -> Iterator[Quantity]:
        for node, place in self._place.items():
            yield Quantity(f"val:{node}", [node], (place,), expression=definition(self.graph, node))

    def _partials(self) -> Iterator[Quantity]:
        found = {head: formulas(self.graph, head) for head in self.graph}
        for tail, head, key in self.graph.edges(keys=True):
            order = (self._place[head], self._place[tail], key)
            yield Quantity(self._part(tail, head, key), [tail, head], order, expression=found[head][tail, key])

    def _part(self, tail: str, head: str, key: int) -> str:
        parallel = len(self.graph._succ[tail][head]) > 1
        return f"part:{tail}>{head}#{key}" if parallel else f"part:{tail}>{head}"

    def _derivatives(self) -> Iterator[Quantity]:
        for node, place in self._place.items():
            terms = [
                Term((self._part(node, head, key), f"grad:{head}"))
                for head, parallel in sorted(self.graph._succ[node].items(), key=lambda item: self._place[item[0]])
                if head in self._towards
                for key in parallel
            ]
            yield Quantity(f"grad:{node}", [node], (-place,), terms=[Term(())] if node == self.output else terms)

    def _tangents(self, cell: Cell) -> Iterator[Quantity]:
        seed = cell.seed or self.seeds[0]
        reached = nx.descendants(self.graph, seed)
        suffix = f"|{cell.seed}" if cell.seed else ""
        for node, place in self._place.items():
            terms = [
                Term((self._part(tail, node, key), f"tan:{tail}{suffix}"))
                for tail, parallel in self.graph._pred[node].items()
                if tail in reached or tail == seed
                for key in parallel
            ]
            order = (self._place[seed], place)
            yield Quantity(f"tan:{node}{suffix}", [node], order, terms=[Term(())] if node == seed else terms)

    def _path(self, cell: Cell) -> Iterator[Quantity]:
        edges = zip(cell.nodes, cell.nodes[1:], cell.keys, strict=False)
        factors = [
            self._part(tail, head, next(iter(self.graph._succ[tail][head])) if key is None else key)
            for tail, head, key in edges
        ]
        yield Quantity(str(cell), cell.nodes, (str(cell),), terms=[Term(tuple(reversed(factors)))])

    def _symbolic(self, cell: Cell) -> Iterator[Quantity]:
        """The derivative as a function: its number at a point is that of ``grad:``."""
        yield Quantity(str(cell), cell.nodes, (self._place[cell.nodes[0]],), terms=[Term((f"grad:{cell.nodes[0]}",))])

    def _updates(self, update: Mapping[str, Fraction]) -> Iterator[Quantity]:
        for node, rate in update.items():
            terms = [Term((f"val:{node}",)), Term((f"grad:{node}",), -rate)]
            yield Quantity(f"new:{node}", [node], (self._place[node],), terms=terms)

    # -- lists of cells

    def listed(self, kinds: Iterable[str], within: Iterable[str]) -> list[str]:
        """The cells of some kinds that depend on the nodes in `within`, in the order in which a sheet asks them."""
        reached = set(within)
        for node in self._place:
            if any(tail in reached for tail in self.graph._pred[node]):
                reached.add(node)
        found: list[str] = []
        for kind in kinds:
            chosen = [q for q in self._of(kind) if self._is_asked(q, reached)]
            found += [q.cell for q in sorted(chosen, key=lambda q: q.order)]
        return found

    def _of(self, kind: str) -> list[Quantity]:
        if kind == "tan":
            for seed in self.seeds:
                self[self.name(f"tan:{seed}|{seed}")]
        return [q for q in self._known.values() if q.kind == kind]

    def _is_asked(self, quantity: Quantity, reached: set[str]) -> bool:
        computed = self.graph.nodes[quantity.nodes[0]]["primitive"] not in (VARIABLE, LITERAL)
        if quantity.kind == "val":
            return computed
        if quantity.kind == "grad":
            node = quantity.nodes[0]
            return node in reached and node != self.output and bool(quantity.terms)
        return set(quantity.nodes) <= reached and (quantity.kind != "tan" or computed)

"""Layers for a layout without Graphviz: every node in one, and a place in every layer that an edge passes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

from compgraph.render.skeleton import Box, Edge

__all__ = ["ASIDE", "LOOP", "Layers", "layers"]

#: Between layers without labels, and half of that with them, as every second layer then holds labels alone.
_BETWEEN = 32.4

#: What stays free beside a node, a label and a line.
_BESIDE_NODE, _BESIDE_LABEL, _BESIDE_LINE = 10.8, 5.0, 5.0

#: Between a label and its own line; for an edge from a node to itself.
ASIDE, LOOP = 3.0, 26.0

#: Places of edges in the layers they pass, for each node and edge: the longest edges of a graph that needs more get
#: none, and are drawn as they come.
_MOST, _LEAST = 5, 20_000

#: Between lines that leave a node, at most; what stays free at its corners.
_PORT, _CORNER = 24.0, 8.0


class Layers:
    """Nodes and the places of edges, as vertices in rows.

    Attributes
    ----------
    rank : list of int
        The row of each vertex: first the nodes, then what edges need.
    rows : list of list of int
        The order in each row.
    length, before, after : list of float
        What a vertex takes along the edges; across them, before and after its line.
    chains : list of list of int
        Of each edge, the vertices from tail to head; of a loop, its node.
    labels : dict of int to int
        Edge → the vertex that holds its label.
    is_back : list of bool
        Edges of a cycle that run against the others.
    between : float
    """

    def __init__(self, nodes: Sequence[Box], rank: list[int], between: float) -> None:
        self.count = len(nodes)
        self.rank = rank
        self.between = between
        self.length = [box.width for box in nodes]
        self.before = [box.height / 2 for box in nodes]
        self.after = [box.height / 2 for box in nodes]
        self.rows: list[list[int]] = [[] for _ in range(max(rank, default=-1) + 1)]
        self.chains: list[list[int]] = []
        self.labels: dict[int, int] = {}
        self.is_back: list[bool] = []
        self.up: list[list[int]] = [[] for _ in nodes]
        self.down: list[list[int]] = [[] for _ in nodes]
        self.leave: dict[tuple[int, int], float] = {}  # edge and vertex → where its line leaves, from the middle
        self.enter: dict[tuple[int, int], float] = {}
        self._labelled: set[int] = set()
        self._joined: list[list[tuple[int, int, bool]]] = []

    def add(self, rank: int, label: Box | None) -> int:
        """A place for an edge, and its label."""
        v = len(self.rank)
        self.rank.append(rank)
        self.length.append(label.width if label else 0.0)
        self.before.append(label.height + ASIDE if label else 0.0)
        self.after.append(0.0)
        self.up.append([])
        self.down.append([])
        if label:
            self._labelled.add(v)
        return v

    def is_label(self, v: int) -> bool:
        return v in self._labelled

    def apart(self, u: int, v: int) -> float:
        """How far the lines of two neighbours in a row are apart at least."""
        return self.after[u] + self._margin(u) + self._margin(v) + self.before[v]

    def _margin(self, v: int) -> float:
        return _BESIDE_NODE if v < self.count else _BESIDE_LABEL if v in self._labelled else _BESIDE_LINE

    def dummies(self, u: int, v: int) -> int:
        """How many of two vertices are no nodes."""
        return (u >= self.count) + (v >= self.count)

    def attach(self) -> None:
        """Spread the ends of edges at their nodes, in the order in which their other ends lie."""
        place = [0] * len(self.rank)
        for row in self.rows:
            for i, v in enumerate(row):
                place[v] = i
        leaving: dict[int, list[tuple[int, int]]] = defaultdict(list)
        entering: dict[int, list[tuple[int, int]]] = defaultdict(list)
        self._joined = [[] for _ in self.rank]
        for e, chain in enumerate(self.chains):
            for u, v in pairwise(chain):
                leaving[u].append((place[v], e))
                entering[v].append((place[u], e))
                self._joined[u].append((e, v, False))
                self._joined[v].append((e, u, True))
        for ports, at in ((leaving, self.leave), (entering, self.enter)):
            for v, ends in ports.items():
                room = 2 * self.after[v] - 2 * _CORNER if v < self.count else 0.0
                step = min(_PORT, room / max(len(ends) - 1, 1))
                for i, (_, e) in enumerate(sorted(ends)):
                    at[e, v] = (i - (len(ends) - 1) / 2) * step

    def pulls(self, v: int, before: bool, after: bool) -> Iterator[tuple[float, float, int]]:
        """Where the edges of a vertex are held at their other end and here, and by whom."""
        for e, w, is_before in self._joined[v]:
            if is_before and before:
                yield self.leave[e, w], self.enter[e, v], w
            elif not is_before and after:
                yield self.enter[e, w], self.leave[e, v], w


def layers(nodes: Sequence[Box], edges: Sequence[Edge]) -> Layers:
    """Every node in a layer after those it is made of, as late as shortens its edges; every edge with its places."""
    order, back = _topological(len(nodes), edges)
    ends = [(head, tail) if is_back else (tail, head) for (tail, head, _), is_back in zip(edges, back, strict=True)]
    labelled = any(label is not None and tail != head for tail, head, label in edges)
    rank = [(2 if labelled else 1) * r for r in _ranks(order, ends)]
    laid = Layers(nodes, rank, _BETWEEN / 2 if labelled else _BETWEEN)
    laid.is_back = back
    spans = sorted(rank[v] - rank[u] for u, v in ends)
    room, longest = max(_LEAST, _MOST * (len(nodes) + len(edges))), 0
    for longest in spans:
        room -= max(longest - 1, 0)
        if room < 0:
            break
    limit = longest if room >= 0 else longest - 1
    for e, ((u, v), (_, _, label)) in enumerate(zip(ends, edges, strict=True)):
        if u == v:
            laid.chains.append([u])
            laid.before[u] += LOOP + (label.height if label else 0.0)
            continue
        chain, middle = [u], (rank[u] + rank[v]) // 2
        if rank[v] - rank[u] <= limit:
            for r in range(rank[u] + 1, rank[v]):
                chain.append(laid.add(r, label if r == middle else None))
                if label is not None and r == middle:
                    laid.labels[e] = chain[-1]
        chain.append(v)
        laid.chains.append(chain)
        if len(chain) < 3 and rank[v] - rank[u] > 1:
            continue
        for a, b in pairwise(chain):
            laid.down[a].append(b)
            laid.up[b].append(a)
    return laid


def _topological(count: int, edges: Sequence[Edge]) -> tuple[list[int], list[bool]]:
    """Nodes in an order that all edges follow but those that close a cycle; and which these are."""
    out: list[list[tuple[int, int]]] = [[] for _ in range(count)]
    for e, (tail, head, _) in enumerate(edges):
        out[tail].append((head, e))
    back, state, finished = [False] * len(edges), [0] * count, []
    for start in range(count):
        if state[start]:
            continue
        state[start] = 1
        stack = [(start, iter(out[start]))]
        while stack:
            node, rest = stack[-1]
            for head, e in rest:
                if state[head] == 0:
                    state[head] = 1
                    stack.append((head, iter(out[head])))
                    break
                back[e] = state[head] == 1 and head != node
            else:
                state[node] = 2
                finished.append(node)
                stack.pop()
    return finished[::-1], back


def _ranks(order: Sequence[int], ends: Sequence[tuple[int, int]]) -> list[int]:
    """The layer of each node: after all that it is made of; with more edges out than in, as late as can be."""
    out: list[list[int]] = [[] for _ in order]
    into = [0] * len(order)
    for u, v in ends:
        if u != v:
            out[u].append(v)
            into[v] += 1
    rank = [0] * len(order)
    for u in order:
        for v in out[u]:
            rank[v] = max(rank[v], rank[u] + 1)
    for u in reversed(order):
        if len(out[u]) > into[u]:
            rank[u] = min(rank[v] for v in out[u]) - 1
    used = sorted(set(rank))
    place = {r: i for i, r in enumerate(used)}
    return [place[r] for r in rank]

"""Which nodes are needed when: of a `where` its condition, and the branch that it takes.

A guard is a set of cases, each a set of (condition, whether it holds): the node is needed where all of one case holds.
ALWAYS is the set of the one case that asks for nothing, NEVER that of no case.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from compgraph.functions import WHERE

__all__ = ["ALWAYS", "NEVER", "Cases", "also", "either", "needs", "written_order"]

Case = frozenset[tuple[str, bool]]
Cases = frozenset[Case]

ALWAYS: Cases = frozenset({frozenset()})
NEVER: Cases = frozenset()

#: A node that is needed in more cases than this is evaluated in all.
MOST = 8


def also(guard: Cases, condition: str, holds: bool) -> Cases:
    """The guard, and besides that the condition holds, or holds not."""
    if (condition, not holds) not in frozenset().union(*guard):
        return frozenset([case | {(condition, holds)} for case in guard])
    return frozenset([case | {(condition, holds)} for case in guard if (condition, not holds) not in case])


def either(a: Cases, b: Cases) -> Cases:
    """One guard or the other, in few words: a case within another goes, and so does what is the case both ways."""
    if a == b or not b:
        return a
    if not a:
        return b
    cases = set(a | b)
    again = True
    while again:
        again = False
        cases = {case for case in cases if not any(other < case for other in cases)}
        for case in cases:
            for condition, holds in case:
                opposite = case - {(condition, holds)} | {(condition, not holds)}
                if opposite in cases:
                    cases = (cases - {case, opposite}) | {case - {(condition, holds)}}
                    again = True
                    break
            if again:
                break
    return frozenset(cases) if len(cases) <= MOST else ALWAYS


def needs(nodes: Mapping[str, Mapping[str, Any]], roots: Iterable[str], forced: Collection[str]) -> dict[str, Cases]:
    """Node → when it is needed, given that the `roots` and the `forced` always are. Nodes are in evaluation order."""
    found = dict.fromkeys(nodes, NEVER) | dict.fromkeys(roots, ALWAYS) | dict.fromkeys(forced, ALWAYS)
    for key in reversed(list(nodes)):
        guard, data = found[key], nodes[key]
        arguments = data["arguments"]
        if data["primitive"] is WHERE:
            condition = arguments[0]
            if type(condition) is not str:  # decided already
                branches = [(arguments[1] if condition else arguments[2], guard)]
            else:
                branches = [
                    (condition, guard),
                    (arguments[1], also(guard, condition, True)),
                    (arguments[2], also(guard, condition, False)),
                ]
        else:
            branches = [(argument, guard) for argument in arguments]
        for argument, when in branches:
            if type(argument) is str:
                found[argument] = either(found[argument], when)
    return found


def written_order(nodes: Mapping[str, Mapping[str, Any]], roots: Sequence[str]) -> tuple[list[str], dict[str, Cases]]:
    """The nodes in an order in which every condition is known before what it guards, and when each is needed.

    Two branches may be conditions of one another's; a node on such a cycle is evaluated in all cases.
    """
    forced: set[str] = set()
    while True:
        guards = needs(nodes, roots, forced)
        place = {key: i for i, key in enumerate(nodes)}
        waiting: dict[str, int] = {}
        after: dict[str, list[str]] = {}
        ready: list[int] = []
        for key, data in nodes.items():
            before = {a for a in data["arguments"] if type(a) is str}
            before |= {condition for case in guards[key] for condition, _ in case}
            waiting[key] = len(before)
            for other in before:
                after.setdefault(other, []).append(key)
            if not before:
                ready.append(place[key])
        names, order = list(nodes), []
        while ready:
            order.append(names[heapq.heappop(ready)])
            for key in after.get(order[-1], ()):
                waiting[key] -= 1
                if not waiting[key]:
                    heapq.heappush(ready, place[key])
        if len(order) == len(names):
            return order, guards
        left = [key for key in names if waiting[key]]
        forced.add(next(key for key in left if guards[key] != ALWAYS))

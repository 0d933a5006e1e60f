"""Cells that hold whole arrays: ``val:z``, ``grad:W`` where z and W are arrays, filled in by rows.

A problem with arrays is marked entry by entry, ``grad:W[0,1]``, as any other. Beside that a cell may be filled in as a
whole. Its shape is looked at first; where entries are wrong, the mistakes that are made with whole arrays are tried:
transposed, a transpose forgotten, examples of a batch not added up (or averaged), two rows or columns exchanged.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from compgraph.arrays.labels import shape_at
from compgraph.errors import ParseError
from compgraph.homework.answers import Answer
from compgraph.homework.diagnosis import Diagnosis, Misconception
from compgraph.homework.priors import priors
from compgraph.maps.base import written
from compgraph.zoom import entry_names

if TYPE_CHECKING:
    from compgraph.homework.marking import Marking
    from compgraph.homework.problem import Problem

__all__ = ["Block", "block_of", "diagnosed_blocks", "split"]

_KINDS = ("val", "grad", "new")
#: Entries of an answer that are read.
_MOST = 2_000


class Block(NamedTuple):
    """A cell that holds an array: its kind, the node, the shape, and the cells of its entries in order."""

    kind: str
    name: str
    shape: tuple[int, ...]

    @property
    def cells(self) -> list[str]:
        return [f"{self.kind}:{entry}" for entry in entry_names(self.name, self.shape)]


def block_of(cell: str, shapes: Mapping[str, tuple[int, ...]]) -> Block | None:
    """The array that a cell is about as a whole; None of any other cell."""
    kind, _, name = (part.strip() for part in cell.partition(":"))
    return Block(kind, name, shapes[name]) if kind in _KINDS and name in shapes else None


def split(block: Block, typed: Any) -> tuple[dict[str, Any], tuple[int, ...] | None]:
    """Cell of an entry → what was typed there; and the shape that was typed, where it is another.

    Rows stand in brackets, ``[[1, 2], [3, 4]]``, or are parted by semicolons or lines: ``1 2; 3 4``. A vector may stand
    in a row or in a column.
    """
    if isinstance(typed, str) and not typed.strip():
        return dict.fromkeys(block.cells, ""), None
    try:
        entries = _rows(typed)
    except ParseError as error:
        message = f"{error.message} Write rows as [[1, 2], [3, 4]], or 1 2; 3 4."
        return dict.fromkeys(block.cells, Answer("invalid", str(typed)[:200], message=message)), None
    lined = [len(shape) == 1 or (len(shape) == 2 and 1 in shape) for shape in (block.shape, entries.shape)]
    if all(lined) and 1 in (len(block.shape), entries.ndim) and entries.size == np.prod(block.shape):
        entries = entries.reshape(block.shape)
    if entries.shape != block.shape:
        message = f"the shape is {written(entries.shape)}: expected {written(block.shape)}, that of {block.name}."
        if entries.shape == block.shape[::-1]:
            message += " It looks transposed."
        return dict.fromkeys(block.cells, Answer("invalid", str(typed)[:200], message=message)), entries.shape
    return dict(zip(block.cells, entries.ravel().tolist(), strict=True)), None


def _rows(typed: Any) -> Any:
    """What was typed as an array of entries, each as it was typed."""
    if isinstance(typed, np.ndarray):
        return typed.astype(object)
    listed = typed
    if isinstance(typed, str):
        text = typed.strip()[: 20 * _MOST]
        if text.startswith("[["):
            try:
                # numbers stay as they are written
                listed = json.loads(text, parse_float=str, parse_int=str)
            except (ValueError, RecursionError):
                raise ParseError("these rows cannot be read.", 0, text[:80]) from None
        else:
            lines = [line for line in text.strip("[]").replace("\n", ";").split(";") if line.strip()]
            listed = [line.replace(",", " ").split() for line in lines]
            listed = listed[0] if len(listed) == 1 else listed
    if not isinstance(listed, (list, tuple)):
        raise ParseError(f"one number: expected an array, got {str(typed)[:40]!r}.", 0, str(typed)[:80])
    try:
        entries = np.array(listed, dtype=object)
    except ValueError:
        entries = np.array([None])
    if entries.size > _MOST or any(isinstance(entry, (list, tuple)) or entry is None for entry in entries.flat):
        raise ParseError("the rows have different lengths.", 0, str(typed)[:80])
    return entries


# -- mistakes with whole arrays


def diagnosed_blocks(
    problem: Problem, marking: Marking, typed: Mapping[Block, Any], detail: str
) -> tuple[dict[str, tuple[Diagnosis, ...]], list[Misconception]]:
    """Cell → the mistake that explains all of its array, and the same once for each array."""
    found: dict[str, tuple[Diagnosis, ...]] = {}
    shared: list[Misconception] = []
    for block, answer in typed.items():
        wrong = [cell for cell in block.cells if marking.marks[cell].verdict in ("wrong", "invalid")]
        given = _numbers(answer) if wrong else None
        if given is None:
            continue
        kind = next((class_ for class_, array in _mistakes(problem, block) if _is(given, array)), None)
        if kind is None:
            continue
        prior = priors()[kind]
        told = prior.locate if detail == "locate" else prior.name
        message = told.format(cell=f"{block.kind}:{block.name}", what=block.name)
        found |= {cell: (Diagnosis(kind, "likely", cell, message),) for cell in wrong}
        if len(wrong) > 1:
            shared.append(Misconception(kind, tuple(wrong), message))
    return found, shared


def _numbers(answer: Any) -> Any:
    """What was typed as floats with half a unit of the last digit of each; None where an entry is none."""
    from compgraph.homework.answers import read_answer

    try:
        entries = _rows(answer)
    except ParseError:
        return None
    read = [read_answer(entry if isinstance(entry, str) else repr(entry)) for entry in entries.flat]
    if any(one.value is None for one in read):
        return None
    values = np.array([float(one.value or 0) for one in read]).reshape(entries.shape)
    halves = np.array([float(one.half) for one in read]).reshape(entries.shape)
    return values, halves


def _is(given: tuple[Any, Any], expected: Any) -> bool:
    values, halves = given
    if values.shape != np.shape(expected):
        return False
    slack = 1.05 * halves + 1e-9 + 5e-4 * np.abs(expected)
    return bool((np.abs(values - expected) <= slack).all())


def _mistakes(problem: Problem, block: Block) -> Iterator[tuple[str, Any]]:
    """Kind of mistake → the array that it gives, the likeliest first; never the right one."""
    solution = problem.whole
    right = _right(problem, block)
    made: Iterator[tuple[str, Any]] = itertools.chain(
        _from_products(solution, block) if block.kind == "grad" else _from_factors(solution, block),
        _from_batches(solution, block) if block.kind == "grad" else (),
        [("transposed", np.transpose(right))] if right.ndim > 1 else (),
        _exchanged(right),
    )
    if block.kind == "new":
        made = ((class_, array) for class_, array in made if class_ == "transposed")
    for class_, array in made:
        if np.shape(array) != right.shape or not np.allclose(array, right, rtol=2e-3, atol=1e-9):
            yield class_, array


def _right(problem: Problem, block: Block) -> Any:
    solution = problem.whole
    if block.kind == "val":
        return np.asarray(solution.values[block.name])
    gradient = np.asarray(solution.derivatives[block.name])
    return gradient if block.kind == "grad" else solution.values[block.name] - float(problem.eta or 0) * gradient


def _from_products(solution: Any, block: Block) -> Iterator[tuple[str, Any]]:
    """Of Z = A B: Ā = Z̄ Bᵀ and B̄ = Aᵀ Z̄, with the transpose forgotten, or the factors in the other order."""
    graph, values, adjoints = solution.graph, solution.values, solution.derivatives
    for head in graph._succ[block.name]:
        data = graph.nodes[head]
        if data["primitive"].name not in ("matmul", "dot"):
            continue
        left, right = (values[a] if isinstance(a, str) else a for a in data["arguments"])
        adjoint = adjoints[head]
        if data["arguments"][0] == block.name:
            tried = [(adjoint, right), (np.transpose(right), adjoint), (right, adjoint)]
        else:
            tried = [(left, adjoint), (adjoint, np.transpose(left)), (adjoint, left)]
        for one, other in tried:
            try:
                product = np.asarray(one @ other)
            except ValueError:
                continue
            yield "missing_transpose", product
        outer = np.outer(left if data["arguments"][0] != block.name else right, adjoint)
        if np.ndim(adjoint) == 1:
            yield "transposed", outer


def _from_factors(solution: Any, block: Block) -> Iterator[tuple[str, Any]]:
    """Of Z = A B with a factor transposed, or one too few."""
    data = solution.graph.nodes[block.name]
    if data["primitive"].name not in ("matmul", "dot"):
        return
    left, right = (solution.values[a] if isinstance(a, str) else a for a in data["arguments"])
    for one, other in [(np.transpose(left), right), (left, np.transpose(right)), (right, left)]:
        try:
            yield "missing_transpose", np.asarray(one @ other)
        except ValueError:
            continue


def _from_batches(solution: Any, block: Block) -> Iterator[tuple[str, Any]]:
    """A bias that is added to every example gets the sum of their adjoints: not summed, averaged, or one alone."""
    graph, adjoints = solution.graph, solution.derivatives
    for head in graph._succ[block.name]:
        here, there = shape_at(graph, block.name), shape_at(graph, head)
        if graph.nodes[head]["primitive"].name in ("add", "subtract") and len(there) > len(here):
            adjoint = np.asarray(adjoints[head])
            yield "sum_over_batch", adjoint
            yield "sum_over_batch", np.asarray(adjoints[block.name]) / there[0]
            yield "sum_over_batch", adjoint[0]
            yield "sum_over_batch", adjoint[-1]
    right = np.asarray(adjoints[block.name])
    examples = {
        shape_at(graph, head)[0]
        for head in graph._succ[block.name]
        if len(shape_at(graph, head)) == 2
        and (graph.nodes[head]["primitive"].name == "matmul" or len(shape_at(graph, head)) > right.ndim)
    }
    for count in examples - {1}:
        yield "sum_over_batch", right * count
        yield "sum_over_batch", right / count


def _exchanged(right: Any) -> Iterator[tuple[str, Any]]:
    """Two rows, or two columns, in each other's place."""
    for axis, class_ in enumerate(("swapped_rows", "swapped_columns")[: right.ndim]):
        for i, j in itertools.combinations(range(min(right.shape[axis], 12)), 2):
            order = list(range(right.shape[axis]))
            order[i], order[j] = j, i
            yield class_, np.take(right, order, axis=axis)

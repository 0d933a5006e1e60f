"""A problem as homework: statements at a point, what is differentiated, and what is asked.

>>> problem = Problem("z = w*x + b; a = sigmoid(z); L = (a - t)^2",
...                   at={"w": "0.6", "x": "1.5", "b": "-0.4", "t": "1"}, wrt=["w", "b"])
>>> problem.cells
['val:z', 'val:a', 'val:L', 'part:w>z', 'part:b>z', 'part:z>a', 'part:a>L', 'grad:a', 'grad:z', 'grad:b', 'grad:w']
>>> problem.reference("part:w>z"), problem.quantities["grad:w"]
(Fraction(3, 2), grad:w = part:w>z · grad:z)
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np

from compgraph.arrays.labels import holds_arrays
from compgraph.expression import VARIABLE, Expression
from compgraph.graph import trace
from compgraph.homework.alternatives import from_arguments, from_result
from compgraph.homework.blocks import block_of
from compgraph.homework.cells import KINDS
from compgraph.homework.constants import intended
from compgraph.homework.environment import Environment, Rounding
from compgraph.homework.equality import sample_points
from compgraph.homework.hypotheses import Mistakes
from compgraph.homework.precise import Value, arithmetic, fraction
from compgraph.homework.program import Program, exact, rewritten
from compgraph.homework.quantities import Quantities
from compgraph.homework.stating import stated, whole
from compgraph.levels import statements
from compgraph.linearization import linearize
from compgraph.problem import load_problem
from compgraph.reading import read, read_number
from compgraph.solution import Solution, solve
from compgraph.traversal import variables_as_read
from compgraph.zoom import entry_names, scalarize

__all__ = ["Problem"]

#: Digits to compute references with: more where cancellation eats too many of them.
_DIGITS = (50, 120, 400, 1000)
#: Digits of a reference that have to be right.
_RIGHT = 32


class Problem:
    """What a sheet is about.

    Parameters
    ----------
    text : str, or mapping of str to Expression
        Statements, one per line or separated by ``;``.
    at : mapping of str to str
        Input → value; text keeps exactness: ``"1/3"``, ``"0.1"``, ``"pi/2"``. An array is a list of rows, and its
        entries are ``W[0,1]``.
    output : str, optional
        What is differentiated; the last statement if left out.
    wrt : sequence of str, optional
        The inputs that derivatives are asked for; all of them if left out.
    eta : str, optional
        The learning rate of ``new:`` cells.
    parameters : sequence of str, optional
        The inputs that are updated where there is an `eta`; those of `wrt` if left out.
    batch : int, optional
        How many examples the loss is averaged over, for those who forget to divide by it.
    level : {"statements", "operations"}
        Whether cells speak of assigned names, or of every operation.
    decimal_comma : bool
        Whether numbers are written 0,5: in the problem and in answers.
    title : str
    ask : sequence of str, optional
        Kinds of cells (``"val"``) and cells (``"grad:w"``) that a sheet asks: one that is left blank counts. If left
        out, what stands on a sheet counts.
    fixed : sequence of str
        Inputs that keep their numbers in every variant, such as a target.
    marking : mapping, optional
        Options of `grade` that belong to this problem, such as ``{"digits": 4}``.
    hypotheses : sequence of mappings, optional
        Mistakes that the teacher expects: cell, formula and message.

    Raises
    ------
    ParseError, DomainError, ValueError, TypeError
        The problem itself is faulty. What a student writes never raises.
    """

    def __init__(
        self,
        text: str | Mapping[str, Any],
        at: Mapping[str, Any],
        *,
        output: str | None = None,
        wrt: Sequence[str] | None = None,
        eta: Any = None,
        parameters: Sequence[str] | None = None,
        batch: int | None = None,
        level: str = "statements",
        decimal_comma: bool = False,
        title: str = "",
        ask: Sequence[str] | None = None,
        fixed: Sequence[str] = (),
        marking: Mapping[str, Any] | None = None,
        hypotheses: Sequence[Mapping[str, str]] = (),
    ) -> None:
        self._arguments = {
            "output": output, "wrt": wrt, "eta": eta, "parameters": parameters, "batch": batch, "level": level,
            "decimal_comma": decimal_comma, "title": title, "ask": ask, "fixed": fixed, "marking": marking,
            "hypotheses": hypotheses,
        }  # fmt: skip
        _check(self._arguments)
        self._given = dict(at)
        #: The arrays of the problem by name, with their shapes: their entries are what is asked.
        self.shapes: dict[str, tuple[int, ...]] = {}
        whole: dict[str, Any] | None = None
        if not isinstance(text, str):
            whole = dict(text)
            text = "\n".join(f"{n} = {_shown(e)}" for n, e in whole.items())
        self.text = text
        self._whole = whole
        self.at = _by_entry(at)
        self.batch = batch
        self.level = level
        self.decimal_comma = decimal_comma
        self.title = title
        self.marking = dict(marking or {})
        self.hypotheses = tuple(hypotheses)
        self.eta = None if eta is None else _literal(eta, "eta", decimal_comma)
        self._spreads: dict[tuple[str, int | None], float] = {}
        self._recipes: dict[str, list[str]] = {}
        self._replays: dict[Rounding, Environment] = {}
        self._literals = {name: _literal(value, name, decimal_comma) for name, value in self.at.items()}
        names = [*(self._given if self.at.keys() != self._given.keys() else self.at), *(wrt or ())]
        self._expressions = read(text, names=names, decimal_comma=decimal_comma) if whole is None else whole
        if self.at.keys() != self._given.keys() or whole is not None:
            wrt, parameters, fixed = self._zoomed(output, wrt, parameters, fixed)
        #: The problem solved with floats, at the level of operations; it says what is wrong with a faulty problem.
        self.solution: Solution = solve(
            self._expressions, {name: float(value) for name, value in self._literals.items()}, of=output, wrt=wrt
        )
        self.output = self.solution.outputs[0]
        self.inputs = list(self.solution.graph.graph["inputs"])
        self.wrt = list(self.solution.inputs)
        self.parameters = (
            [] if eta is None else self._inputs("parameters", self.wrt if parameters is None else parameters)
        )
        self.fixed = tuple(self._inputs("fixed", fixed))
        if eta is None and any(str(one).strip().partition(":")[0] == "new" for one in ask or ()):
            raise ValueError("ask: new cells need a learning rate: expected eta, got none. Write eta='0.5'.")
        self.asked = None if ask is None else self.expanded(ask)

    def _zoomed(
        self, output: str | None, wrt: Sequence[str] | None, parameters: Sequence[str] | None, fixed: Sequence[str]
    ) -> Any:
        """Arrays as their entries: of the statements, and of lists of inputs."""
        literals = {name: float(_literal(value, name, self.decimal_comma)) for name, value in self.at.items()}
        entries_read = variables_as_read(e for e in self._expressions.values() if isinstance(e, Expression))
        arrays = literals if any("[" in name for name in entries_read) else _assembled(literals)
        #: The problem solved with whole arrays; it knows what a mistake with one of them gives.
        self.whole = solve(self._expressions, arrays, of=output)
        values = self.whole.values
        rows = self.whole.graph.nodes
        known = [n for n in values if rows[n]["name"] or rows[n]["primitive"] is VARIABLE]
        self.shapes = {name: np.shape(values[name]) for name in known if np.ndim(values[name])}
        self._expressions = scalarize(self.whole.graph)

        def entries(names: Sequence[str] | None) -> list[str] | None:
            if names is None:
                return None
            return [entry for name in names for entry in entry_names(name, self.shapes.get(name, ()))]

        return entries(wrt), entries(parameters), entries(fixed) or ()

    def _inputs(self, what: str, names: Sequence[str]) -> list[str]:
        for name in names:
            if name not in self.inputs:
                raise ValueError(f"{what}: {name!r:.40} is no input: expected among {', '.join(self.inputs[:20])}.")
        return list(names)

    @classmethod
    def load(cls, path: str | Path) -> Problem:
        """The problem in a TOML file: that of the command line, with a table ``[homework]`` for the rest.

        Examples
        --------
        A file may end with::

            [homework]
            wrt = ["w", "b"]
            eta = "0.5"
            ask = ["val", "part", "grad"]
            digits = 4
        """
        file = load_problem(path)
        options = dict(file.homework)
        known = [key for key in (*_OPTIONS, *_MARKING) if key not in _ELSEWHERE]
        unknown = options.keys() - set(known)
        if unknown:
            raise ValueError(f"{path}, [homework]: unknown key {min(unknown)!r:.40}: expected {', '.join(known)}.")
        marking = {key: options.pop(key) for key in _MARKING if key in options}
        if file.outputs is not None and len(file.outputs) > 1:
            raise ValueError(f"{path}, outputs: expected one in homework, got {len(file.outputs)}. Name one.")
        return cls(
            file.statements,
            file.at,
            output=file.outputs[0] if file.outputs else None,
            title=file.title or Path(path).stem,
            marking=marking,
            hypotheses=file.hypotheses,
            **options,
        )

    @classmethod
    def of(cls, solution: Solution, **options: Any) -> Problem:
        """The problem that a solution answers: of one output, at a point; with the options of a Problem.

        Examples
        --------
        >>> Problem.of(solve("t = x^2; J = sin(t) + t", at={"x": 2})).cells
        ['val:t', 'val:J', 'part:x>t', 'part:t>J', 'grad:t', 'grad:x']
        """
        entries = any("[" in node for node in solution.graph)  # no name that text could hold
        posed = whole(solution) if entries or holds_arrays(solution.graph) else stated(solution)
        return cls(*posed, output=solution.outputs[0], wrt=solution.inputs, **options)

    def posed(self, at: Mapping[str, Any], ask: Sequence[str] | None) -> Problem:
        """The same problem with other numbers for some inputs, asking something else."""
        return Problem(self._statements, {**self._given, **at}, **{**self._arguments, "ask": ask})

    def __reduce__(self) -> Any:
        return _restored, (self._statements, self._given, self._arguments)

    @property
    def _statements(self) -> Any:
        return self.text if self._whole is None else self._whole

    def __repr__(self) -> str:
        return f"Problem {self.title or self.output!r}: {len(self.cells)} cells, {self.hash}"

    # -- identity

    @cached_property
    def hash(self) -> str:
        """What sheets and answer files know the problem by: the same for the same statements at the same point."""
        lines = (re.sub(r"\s+", " ", line.partition("#")[0]).strip() for line in re.split(r"[\n;]", self.text))
        content = {
            "text": [line for line in lines if line],
            "at": {name: str(intended(self._literals[name])) for name in sorted(self.at)},
            "output": self.output,
            "wrt": sorted(self.wrt),
            "eta": None if self.eta is None else str(intended(self.eta)),
            "parameters": sorted(self.parameters),
            "level": self.level,
        }
        written = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return f"b2:{hashlib.blake2b(written.encode(), digest_size=16).hexdigest()}"

    # -- what can be asked

    @cached_property
    def graph(self) -> nx.MultiDiGraph:
        """The graph that cells speak of, linearized at no point, with exact literals."""
        given = [name for name in self.at if name not in self._expressions]
        graph = linearize(trace(rewritten(self._expressions, exact), inputs=given), None)
        return statements(graph) if self.level == "statements" else graph

    @cached_property
    def quantities(self) -> Quantities:
        """Cell → its recipe."""
        rate = Fraction(0) if self.eta is None else fraction(arithmetic(_DIGITS[0]).constant(self.eta))
        return Quantities(self.graph, self.output, seeds=self.wrt, update=dict.fromkeys(self.parameters, rate))

    @property
    def cells(self) -> list[str]:
        """What the sheet asks: as `ask` says, else every value, partial, derivative and update."""
        return self.asked if self.asked is not None else self.expanded(["val", "part", "grad", "new"])

    def expanded(self, ask: Iterable[str]) -> list[str]:
        """Kinds of cells and names of cells as a list of cells, each once."""
        cells: dict[str, None] = {}
        for one in ask:
            block = block_of(one, self.shapes)
            if block is not None:
                found = [self.quantities.name(cell) for cell in block.cells]
            else:
                found = self.quantities.listed([one], self.wrt) if one in KINDS else [self.quantities.name(one)]
            cells |= dict.fromkeys(found)
        return list(cells)

    # -- the reference

    @cached_property
    def environment(self) -> Environment:
        """The reference: every quantity at the point, exact where it is rational, else to at least 30 digits."""
        now = self._environment(_DIGITS[0])
        for digits in _DIGITS[1:]:
            values = {cell: now.value(cell) for cell in self.quantities}
            if all(type(value) is Fraction for value in values.values()):
                break
            finer = self._environment(digits)
            if all(_agree(value, finer.value(cell)) for cell, value in values.items()):
                break
            now = finer
        return now

    def _environment(self, digits: int) -> Environment:
        precise = arithmetic(digits)
        point = {name: precise.constant(value) for name, value in self._literals.items()}
        return Environment(self.quantities, point, precise)

    def reference(self, cell: str) -> Value:
        """The right number of a cell: a Fraction, an mpmath number, or None where it does not exist."""
        return self.environment.value(self.quantities.name(cell))

    def spread(self, cell: str, working_digits: int | None) -> float:
        """How far honest rounding of all steps may move a cell: see `Environment.spread`."""
        key = cell, working_digits
        if key not in self._spreads:
            self._spreads[key] = self.environment.spread(cell, working_digits)
        return self._spreads[key]

    def replayed(self, rounding: Rounding) -> Environment:
        """The reference as somebody gets it who rounds on the way."""
        if rounding not in self._replays:
            now = self.environment
            self._replays[rounding] = Environment(self.quantities, now.point, now.arithmetic, rounding=rounding)
        return self._replays[rounding]

    # -- for comparing formulas

    @cached_property
    def samples(self) -> list[Environment]:
        """The problem at random points of its domain."""
        existing = [c for c in self.quantities if c.startswith("val:") and self.environment.value(c) is not None]
        return sample_points(self.quantities, self.environment.point, existing, self.hash)

    @cached_property
    def alternatives(self) -> dict[str, dict[str, Program]]:
        """Other recipes of partials: from the ``arguments`` alone, and from the ``result`` alone."""
        return {
            "arguments": from_arguments(self.quantities),
            "result": from_result(self.quantities, self.samples),
        }

    # -- for diagnoses

    @cached_property
    def mistakes(self) -> Mistakes:
        """The mistakes that can be made in this problem."""
        return Mistakes(self)

    def recipes_for(self, cell: str) -> list[str]:
        """The names of the sets of recipes that make a difference to a cell: the usual one, and alternatives."""
        if cell not in self._recipes:
            above = self.environment.upstream(cell)
            others = [name for name, recipes in self.alternatives.items() if any(one in recipes for one in above)]
            self._recipes[cell] = ["", *others]
        return self._recipes[cell]


_OPTIONS: dict[str, tuple[Any, str]] = {
    "output": ((str, type(None)), "a name"),
    "wrt": ((list, tuple, type(None)), "a list of names such as ['w', 'b']"),
    "eta": ((str, int, float, Fraction, type(None)), "a number such as '0.5'"),
    "parameters": ((list, tuple, type(None)), "a list of names such as ['w', 'b']"),
    "batch": ((int, type(None)), "a whole number"),
    "level": (str, "'statements' or 'operations'"),
    "decimal_comma": (bool, "true or false"),
    "title": (str, "text"),
    "ask": ((list, tuple, type(None)), "a list such as ['val', 'part', 'grad']"),
    "fixed": ((list, tuple), "a list of names such as ['t']"),
    "marking": ((dict, type(None)), "a table"),
    "hypotheses": ((list, tuple), "a list of tables"),
}
#: Options that a file states outside its table ``[homework]``.
_ELSEWHERE = ("output", "title", "marking", "hypotheses")
_MARKING = (
    "digits", "working_digits", "exact", "rtol", "atol", "truncation", "follow_through", "credit", "detail",
)  # fmt: skip


def _check(options: Mapping[str, Any]) -> None:
    for key, value in options.items():
        kinds, wanted = _OPTIONS[key]
        if not isinstance(value, kinds) or (key == "batch" and not _is_count(value)):
            raise TypeError(f"{key}: expected {wanted}, got {value!r:.60}.")
    if options["level"] not in ("statements", "operations"):
        raise ValueError(f"level: expected 'statements' or 'operations', got {options['level']!r:.40}.")
    if options["parameters"] is not None and options["eta"] is None:
        raise ValueError("parameters are updated with a learning rate: expected eta, got none. Write eta='0.5'.")
    unknown = (options["marking"] or {}).keys() - set(_MARKING)
    if unknown:
        raise ValueError(f"marking: unknown option {min(unknown)!r:.40}: expected {', '.join(_MARKING)}.")


def _is_count(value: Any) -> bool:
    return value is None or (not isinstance(value, bool) and value >= 1)


def _literal(value: Any, name: str, decimal_comma: bool) -> Any:
    """A value of the problem as it was written: text is read, numbers stay."""
    if isinstance(value, str):
        return read_number(value, decimal_comma=decimal_comma)
    if isinstance(value, bool) or not isinstance(value, (int, float, Fraction)):
        raise TypeError(f"{name}: expected a number as text such as '0.5' or '1/3', got {value!r:.60}.")
    return value


def _by_entry(at: Mapping[str, Any]) -> dict[str, Any]:
    """The point with each array entry by entry, as it was written; an entry that is given for itself counts."""
    found: dict[str, Any] = {}
    for name, value in at.items():
        if isinstance(value, str) and value.lstrip().startswith("["):
            value = json.loads(value, parse_float=str, parse_int=str)
        if isinstance(value, (list, tuple, np.ndarray)):
            array = np.array(value, dtype=object)
            entries = [repr(float(e)) if isinstance(e, (float, np.floating)) else e for e in array.ravel().tolist()]
            found |= zip(entry_names(name, array.shape), entries, strict=True)
        else:
            found[name] = value
    return found


def _assembled(entries: Mapping[str, float]) -> dict[str, Any]:
    """Arrays of the entries that belong together, and the numbers beside them."""
    parts: dict[str, dict[tuple[int, ...], float]] = {}
    arrays: dict[str, Any] = {}
    for name, value in entries.items():
        if match := _ENTRY.fullmatch(name):
            index = tuple(int(i) for i in match[2].split(","))
            parts.setdefault(match[1], {})[index] = value
        else:
            arrays[name] = value
    for name, found in parts.items():
        array = np.zeros([1 + max(axis) for axis in zip(*found, strict=True)])
        for index, value in found.items():
            array[index] = value
        arrays[name] = array
    return arrays


_ENTRY = re.compile(r"(.+)\[([0-9]+(?:,[0-9]+)*)\]")


def _shown(expression: Any) -> str:
    from compgraph import notation

    return notation.text(expression)


def _agree(a: Value, b: Value) -> bool:
    if a is None or b is None:
        return a is b
    x, y = fraction(a), fraction(b)
    return bool(abs(x - y) * 10**_RIGHT <= abs(y))


def _restored(text: str, at: dict[str, Any], arguments: dict[str, Any]) -> Problem:
    return Problem(text, at, **arguments)

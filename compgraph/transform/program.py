"""The whole that is emitted: what has to be imported or defined, the functions that are called, the function itself."""

from __future__ import annotations

import ast
import builtins
import symtable
from collections.abc import Callable, Iterable
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from compgraph.expression import Primitive
from compgraph.functions import FUNCTIONS
from compgraph.listing.forms import CALLS, LIBRARIES
from compgraph.transform.activity import Routines
from compgraph.transform.forward import derived_function
from compgraph.transform.routines import Routine
from compgraph.transform.source import Binding, Definition, Scope, definition_of
from compgraph.transform.spelling import ZEROS_LIKE, Shared
from compgraph.transform.writing import Names, Writer

__all__ = ["assembled", "forward_source", "used_names", "writer_for"]


def forward_source(
    function: Callable[..., Any] | str, *, wrt: str | Iterable[str] | None = None, name: str | None = None
) -> str:
    """Forward mode by program transformation: the source of a function that computes a value and its derivative.

    Parameters
    ----------
    function : function or str
        A Python function whose source can be found (in a file or a notebook cell), or Python source that defines one.
    wrt : names, optional
        The parameters to differentiate with respect to. If left out, those without a default, except for whole
        numbers: what counts a loop, stands as an index, or is annotated as int.
    name : str, optional
        Which function of the source; the last one if left out.

    Returns
    -------
    str
        Python that runs alone. ``f(x, n)`` becomes ``f_jvp(x, dx, n)``: each parameter that moves is followed by its
        tangent, and what is returned is the value and its tangent, of the same shape.

    Raises
    ------
    ParseError
        Something in the function cannot be transformed; the message names it and its line.

    Notes
    -----
    Nothing is run. Loops, branches, names and comments stay; functions that the function calls are transformed as
    well. Of ``v = g(u)`` the tangent is ∂v/∂u times that of u, by the rule table; it stands before the value where
    the assignment overwrites what it reads. A division by zero in a partial raises ZeroDivisionError when it is run.

    Examples
    --------
    >>> print(forward_source('''
    ... def f(x, n=3):
    ...     y = 1.0
    ...     for i in range(n):  # xⁿ
    ...         y = y * x
    ...     return y
    ... '''))
    def f_jvp(x, dx, n=3):
        y = 1.0
        dy = 0.0
        for i in range(n):  # xⁿ
            dy = x * dy + y * dx
            y = y * x
        return y, dy
    <BLANKLINE>
    """
    routines = Routines(definition_of(function, name), wrt)
    main = routines.main
    if not main.results:
        raise main.source.refused(f"{main.name} returns nothing. End it with return.", main.node)
    names = Names(used_names(routines.all))
    shared = Shared(routines, names, writer_for(routines.all, names))
    shared.derived(main)
    texts: dict[Routine, str] = {}
    for routine in shared.asked:  # grows on the way
        if routine.parent is None:
            texts[routine] = derived_function(routine, shared).text()
    written = [(texts[routine], routine.scope) for routine in reversed(texts)]
    own = [ZEROS_LIKE.format(shared.zeros_like)] if shared.zeros_like else []
    return assembled(written, shared.writer, own)


def used_names(routines: Iterable[Routine]) -> set[str]:
    """Every identifier that functions use, and those of Python itself."""
    used = set(dir(builtins))
    for routine in routines:
        for node in ast.walk(routine.node):
            for attribute in ("id", "arg", "name", "asname"):
                if isinstance(name := getattr(node, attribute, None), str):
                    used.add(name)
    return used


def writer_for(routines: Iterable[Routine], names: Names) -> Writer:
    """Writes in NumPy where a function does, in `math` otherwise, under the names that are imported already."""
    known: dict[str, str] = {}
    for routine in routines:
        for node in ast.walk(routine.node):
            if isinstance(node, ast.Name):
                owner = routine.owner(node.id)
                found = routine.scope.lookup(node.id) if owner is None else owner.imported.get(node.id)
                if isinstance(found, Binding) and isinstance(found.thing, ModuleType):
                    known.setdefault(found.thing.__name__, node.id)
                elif isinstance(found, Binding) and isinstance(found.thing, np.ufunc):
                    known.setdefault("numpy ufunc", node.id)
    library = "numpy" if known.keys() & {"numpy", "numpy ufunc"} else "math"
    usual = {"numpy": "np", "math": "math"}[library]
    prefix = known.get(library) or names.fresh(usual)
    heading = f"import {library}" if prefix == library else f"import {library} as {prefix}"
    spelled: dict[Primitive, str] = {}
    if "compgraph" in known:
        forms = LIBRARIES[library].forms
        spelled = {
            row: f"{known['compgraph']}.{row.name}"
            for row in FUNCTIONS.values()
            if row not in CALLS and row not in forms
        }
    return Writer(library, f"{prefix}.", names, spelled, heading)


def assembled(written: Iterable[tuple[str, Scope]], writer: Writer, own: Iterable[str]) -> str:
    """Functions with all that they need, to run alone."""
    headings: dict[str, None] = {}
    originals: dict[str, str] = {}
    texts = list(written)
    for text, scope in texts:  # grows on the way
        asked = _outside(text)
        while asked:
            name = asked.pop(0)
            binding = scope.lookup(name)
            if not isinstance(binding, Binding):
                continue
            definition = binding.thing
            if isinstance(definition, FunctionType) and not binding.heading:
                definition = definition_of(definition)
            if isinstance(definition, Definition):
                if name not in originals:
                    originals[name] = _original(definition)
                    texts.append((originals[name], definition.scope))
            elif binding.heading:
                asked += [n for n in binding.needs if n not in asked]
                headings.pop(binding.heading, None)
                headings = (
                    {binding.heading: None, **headings} if binding.needs == () else {**headings, binding.heading: None}
                )
    needed = list(writer.needed.values())
    if writer.imports:
        headings = {writer.heading: None, **headings}
    if writer.imports_math:
        headings = {"import math": None, **headings}
    imports = [heading for heading in headings if heading.startswith(("import ", "from "))]
    constants = [heading for heading in headings if not heading.startswith(("import ", "from "))]
    if any("->" in text or ": " in text.split("\n")[0] for text in originals.values()):
        imports = ["from __future__ import annotations", *imports]
    blocks = ["\n".join(block) + "\n" for block in (imports, constants) if block]
    functions = [
        *needed,
        *own,
        *reversed(originals.values()),
        *(text for text, _ in texts[: len(texts) - len(originals)]),
    ]
    head = "\n".join(blocks)
    return "\n\n".join([*([head] if head else []), *functions])


def _original(definition: Definition) -> str:
    source, node, _ = definition
    return "\n".join(source.lines[node.lineno - 1 : node.end_lineno]) + "\n"


def _outside(text: str) -> list[str]:
    """The global names that functions read, in order."""
    found: dict[str, None] = {}
    tables = [symtable.symtable(text, "source", "exec")]
    while tables:
        table = tables.pop(0)
        top = table.get_type() == "module"
        for symbol in table.get_symbols():
            if symbol.is_referenced() and (symbol.is_global() or top) and not (top and symbol.is_assigned()):
                found[symbol.get_name()] = None
        tables += table.get_children()
    return list(found)

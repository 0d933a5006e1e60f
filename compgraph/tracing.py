"""Python functions run on variables: what they compute is an expression, named by their local names.

The names are read from the running frame, once per binding; functions that it calls are not looked into. Loops and
branches on numbers are unrolled as they run; a branch on an expression raises TypeError and says to write `where`.
"""

from __future__ import annotations

import dis
import functools
import inspect
import sys
from collections.abc import Callable, Collection, Iterable, Mapping
from types import CodeType, FrameType
from typing import Any, NamedTuple

from compgraph.expression import Application, Primitive, Variable, _serial

__all__ = ["Traced", "arranged", "parameters", "traced"]


class Traced(NamedTuple):
    """The inputs of a function, in order of its parameters, and what it returned for them."""

    inputs: tuple[str, ...]
    result: Any


def traced(
    function: Callable[..., Any], given: Collection[str] = (), shapes: Mapping[str, tuple[int, ...]] | None = None
) -> Traced:
    """Run a Python function on variables of the names of its parameters.

    Parameters
    ----------
    function : callable
        Of named parameters. One with a default keeps it, and is no input, unless it is `given`.
    given : names
        Parameters to make inputs in spite of a default.
    shapes : mapping of name to tuple of int, optional
        Of parameters that are arrays.

    Returns
    -------
    Traced
        What was made in the call has the name of the local variable that it was bound to first. When a name is bound
        again, the last binding keeps it and earlier ones are called ``c.1``, ``c.2``; rebindings of a parameter
        ``x.1``, ``x.2``. A further name for what has one already, or for what was made elsewhere, changes nothing.

    Raises
    ------
    TypeError
        The function takes ``*arguments``, returns nothing, or branches on an expression.

    Notes
    -----
    Uses `sys.settrace` for the time of the call. Where a debugger or a coverage tool uses it already, theirs is left
    in place, and only what is bound when the function returns is named.

    Examples
    --------
    >>> def f(x, y):
    ...     t = x * y
    ...     t = t + x
    ...     return t
    >>> inputs, result = traced(f)
    >>> inputs, result.name, result.arguments[0].name
    (('x', 'y'), 't', 't.1')
    """
    shapes = shapes or {}
    variables = {name: Variable(name, shapes.get(name) or None) for name in parameters(function, given)}
    positional, named = arranged(function, variables)
    bindings = _Bindings(_code(function))
    result = bindings.during(lambda: function(*positional, **named))
    if result is None:
        raise TypeError(
            f"{_called(function)} returned None: expected an Expression, a number, or a tuple, list or dict of them. "
            "End it with return."
        )
    bindings.name(variables)
    return Traced(tuple(variables), result)


def parameters(function: Callable[..., Any], given: Collection[str] = ()) -> list[str]:
    """The parameters that are inputs: those without a default, and those that are `given` a value.

    Examples
    --------
    >>> parameters(lambda x, y, n=2: x * y**n)
    ['x', 'y']
    """
    return [p.name for p in _signature(function) if p.default is p.empty or p.name in given]


def arranged(function: Callable[..., Any], values: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """The arguments of a call with these values by name, and defaults for the rest; by position where that may be."""
    positional: list[Any] = []
    named: dict[str, Any] = {}
    for parameter in _signature(function):
        value = values.get(parameter.name, parameter.default)
        if value is parameter.empty:
            raise TypeError(
                f"{_called(function)} has no value for {parameter.name}: got {', '.join(values) or 'none'}."
            )
        if parameter.kind is parameter.KEYWORD_ONLY:
            named[parameter.name] = value
        else:
            positional.append(value)
    return positional, named


def _signature(function: Callable[..., Any]) -> list[inspect.Parameter]:
    if isinstance(function, Primitive) and (count := function.arity) > 0:
        kind, needed = inspect.Parameter.POSITIONAL_OR_KEYWORD, count - len(function.defaults)
        names = [f"x{i}" if i > 1 or needed > 1 else "x" for i in range(1, count + 1)]
        usual = [inspect.Parameter.empty] * needed + list(function.defaults)
        return [inspect.Parameter(name, kind, default=d) for name, d in zip(names, usual, strict=True)]
    try:
        listed = inspect.signature(function).parameters.values()
    except ValueError:
        raise TypeError(
            f"{_called(function)} does not say what its parameters are: expected a Python function. "
            "Write lambda x: f(x)."
        ) from None
    for parameter in listed:
        if parameter.kind is parameter.VAR_POSITIONAL:
            raise TypeError(
                f"{_called(function)} takes *{parameter.name}: expected named parameters, which become the inputs. "
                "Write lambda x, y: f(x, y)."
            )
    return [parameter for parameter in listed if parameter.kind is not parameter.VAR_KEYWORD]


def _called(function: Any) -> str:
    return str(getattr(function, "__name__", function))


def _code(function: Any) -> CodeType | None:
    """The code whose locals count: that of the function itself, below wrappers, partial, methods and ``__call__``."""
    while True:
        inner = inspect.unwrap(function)
        inner = inner.func if isinstance(inner, functools.partial) else getattr(inner, "__func__", inner)
        if inner is function:
            break
        function = inner
    if not hasattr(function, "__code__"):
        function = type(function).__call__
    code = getattr(function, "__code__", None)
    return code if isinstance(code, CodeType) else None


class _Bindings:
    """Which expressions the local names of one call are bound to, in order."""

    def __init__(self, code: CodeType | None) -> None:
        self.code = code
        self.locals = (*code.co_varnames, *code.co_cellvars) if code else ()
        self.frame: FrameType | None = None
        self.start = _serial()
        self.found: dict[Application, str] = {}

    def during(self, call: Callable[[], Any]) -> Any:
        """Run `call` and follow the first frame of the code in it."""
        if self.code is None:
            return call()
        if sys.gettrace() is None:
            sys.settrace(self._on_call)
            try:
                return call()
            finally:
                sys.settrace(None)
        if sys.getprofile() is not None:
            return call()
        sys.setprofile(self._on_return)  # somebody else's tool is at work: it sees every line, we see the end
        try:
            return call()
        finally:
            sys.setprofile(None)

    def _on_call(self, frame: FrameType, event: str, _: Any) -> Any:
        if frame.f_code is not self.code or self.frame is not None:
            return None
        self.frame = frame
        frame.f_trace_opcodes = _binds_twice_on_a_line(frame.f_code)
        return self._on_line

    def _on_line(self, frame: FrameType, event: str, _: Any) -> Any:
        self._look(frame.f_locals)
        return self._on_line

    def _on_return(self, frame: FrameType, event: str, _: Any) -> None:
        if event == "call" and frame.f_code is self.code and self.frame is None:
            self.frame = frame
        elif event == "return" and frame is self.frame:
            self._look(frame.f_locals)

    def _look(self, bound: Any) -> None:
        for name in self.locals:
            value = bound.get(name)
            if type(value) is Application and value.name is None and value.serial > self.start:
                self.found.setdefault(value, name)

    def name(self, inputs: Iterable[str]) -> None:
        """Give every expression found its name, by which it is known from now on."""
        versions: dict[str, list[Application]] = {}
        for expression, name in self.found.items():
            versions.setdefault(name, []).append(expression)
        for name, bound in versions.items():
            last = None if name in inputs else bound[-1]
            for version, expression in enumerate(bound, 1):
                expression.name = name if expression is last else f"{name}.{version}"


def _binds_twice_on_a_line(code: CodeType) -> bool:
    """Whether a line may hold two bindings of one name (``c = x; c = c*c``): then lines are too coarse to follow."""
    seen: set[tuple[int | None, Any]] = set()
    line = None
    for instruction in dis.get_instructions(code):
        line = instruction.positions.lineno if instruction.positions else line
        if instruction.opname.startswith("STORE_") and instruction.opname != "STORE_SUBSCR":
            key = (line, instruction.argval)
            if key in seen:
                return True
            seen.add(key)
    return False

"""JAX's programs read as expressions: calls inlined, loops unrolled, everything else by one table."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from compgraph import functions as cg
from compgraph.arrays.rows import Row
from compgraph.expression import (
    ADD,
    DIVIDE,
    EQUAL,
    GREATER,
    GREATER_EQUAL,
    LESS,
    LESS_EQUAL,
    MULTIPLY,
    NEGATE,
    NOT_EQUAL,
    POWER,
    SUBTRACT,
    Expression,
    Primitive,
    Variable,
)
from compgraph.functions import WHERE

__all__ = ["from_jaxpr"]

#: Turns of a loop before it is refused.
_MOST_TURNS = 100_000


def from_jaxpr(program: Any, *example: Any, names: Sequence[str] | None = None) -> Any:
    """The expressions that a function of JAX computes.

    Parameters
    ----------
    program : function, or jaxpr
        What ``jax.make_jaxpr`` takes, or what it returns.
    *example : numbers, arrays, or pytrees of them
        What to call a function with; only their number, kinds, shapes and structure matter.
    names : sequence of str, optional
        Of the inputs. If left out, those of the function's parameters, and of a jaxpr ``x1, x2, …``.

    Returns
    -------
    Expression, or what the function returns with expressions in it
        Of a jaxpr an Expression, or a list of several. Inputs that are arrays are variables with a shape.

    Raises
    ------
    NotImplementedError
        An operation without a counterpart, named; a loop whose number of turns depends on an input.

    Notes
    -----
    Calls (``jit``, ``checkpoint``, …) are inlined, loops with a known number of turns unrolled; ``where``, and ``cond``
    on a comparison, become `where`. A derivative given by hand (``custom_jvp``, ``custom_vjp``) is not taken along: the
    function inside is differentiated by the rules of this library; so is ``relu``, whose derivative at 0 is 0 in both.
    Conversions between kinds of floats are left out: it is read in double precision.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> from_jaxpr(lambda x: jnp.cos(jnp.sin(x**2) + 3 * x**2), 1.0)
    cos(sin(x²) + 3·x²)
    """
    import jax

    with jax.enable_x64(True):
        if hasattr(program, "jaxpr"):
            closed, rebuild = program, None
        elif callable(program):
            closed, shape = jax.make_jaxpr(program, return_shape=True)(*example)
            rebuild = jax.tree.structure(shape)
            names = names or _names(program, example)
        else:
            raise TypeError(
                f"from_jaxpr: expected a function or a jaxpr, got {type(program).__name__}. "
                "Write from_jaxpr(f, 1.0), or from_jaxpr(jax.make_jaxpr(f)(1.0))."
            )
        count = len(closed.jaxpr.invars)
        names = names or [f"x{i}" for i in range(1, count + 1)]
        if len(names) != count:
            raise ValueError(f"names: expected {count}, got {len(names)}. Give one for each input.")
        inputs = [_input(name, variable.aval.shape) for name, variable in zip(names, closed.jaxpr.invars, strict=True)]
        results = _run(closed.jaxpr, closed.consts, inputs)
    if rebuild is not None:
        return jax.tree.unflatten(rebuild, results)
    return results[0] if len(results) == 1 else results


# -- inputs


def _input(name: str, shape: tuple[int, ...]) -> Variable:
    return Variable(name, shape) if shape else Variable(name)


def _names(function: Callable[..., Any], example: Sequence[Any]) -> list[str]:
    """A name for each leaf: the parameter's, and for a part of it its path, as in ``p_W``."""
    import inspect

    import jax

    parameters = list(inspect.signature(function).parameters.values())
    names = []
    for path, _ in jax.tree_util.tree_flatten_with_path(tuple(example))[0]:
        place, *inner = [str(getattr(key, "key", getattr(key, "idx", getattr(key, "name", key)))) for key in path]
        at = min(int(place), len(parameters) - 1)
        several = parameters[at].kind is inspect.Parameter.VAR_POSITIONAL
        names.append("_".join([parameters[at].name, *([str(int(place) - at)] if several else []), *inner]))
    return names


# -- running a jaxpr on expressions


def _run(jaxpr: Any, consts: Sequence[Any], arguments: Sequence[Any]) -> list[Any]:
    """The results of a jaxpr: an Expression where they depend on one, otherwise what JAX computes."""
    known = dict(zip([*jaxpr.constvars, *jaxpr.invars], [*consts, *arguments], strict=True))

    def read(atom: Any) -> Any:
        return atom.val if hasattr(atom, "val") else known[atom]

    for equation in jaxpr.eqns:
        results = _applied(equation, [read(atom) for atom in equation.invars])
        known |= zip(equation.outvars, results, strict=True)
    return [read(atom) for atom in jaxpr.outvars]


def _applied(equation: Any, operands: list[Any]) -> list[Any]:
    """The results of one line."""
    name, parameters = equation.primitive.name, equation.params
    if name in _LOOPS:
        return _LOOPS[name](parameters, operands)
    if name in _CALLS:
        return _called(name, parameters, operands)
    if not any(isinstance(operand, Expression) for operand in operands):
        kinds = [atom.aval.dtype for atom in equation.invars]
        found = equation.primitive.bind(*map(_constant, operands, kinds), **parameters)
        return list(found) if equation.primitive.multiple_results else [found]
    if name in _SEVERAL:
        return _SEVERAL[name](equation, *map(_plain, operands))
    row = _ROWS.get(name)
    if row is None:
        raise NotImplementedError(
            f"{name} has no counterpart here: expected functions of the rule table, sums, products and shapes. "
            "Write it in other functions, or leave this part to JAX."
        )
    return [row(equation, *map(_plain, operands))]


def _constant(value: Any, kind: Any) -> Any:
    import jax

    return value if isinstance(value, jax.Array) else np.asarray(value, kind)


def _plain(value: Any) -> Any:
    """An operand beside an Expression: a Python number, or an array of NumPy."""
    if isinstance(value, Expression):
        return value
    array = np.asarray(value)
    return array if array.ndim else array.item()


# -- calls and loops

#: Calls, by the parameter that holds what is called.
_CALLS = {
    **dict.fromkeys(["jit", "pjit", "closed_call", "remat2", "checkpoint", "remat"], "jaxpr"),
    **dict.fromkeys(["core_call", "custom_jvp_call", "custom_vjp_call"], "call_jaxpr"),
    "custom_vjp_call_jaxpr": "fun_jaxpr",
}

#: Functions with a derivative of their own in JAX that are rows here.
_NAMED: dict[str, Primitive] = {"relu": cg.relu, "logaddexp": cg.logaddexp}


def _called(name: str, parameters: Any, operands: list[Any]) -> list[Any]:
    inner = parameters[_CALLS[name]]
    jaxpr, consts = (inner.jaxpr, inner.consts) if hasattr(inner, "consts") else (inner, ())
    if name == "custom_jvp_call" and any(isinstance(operand, Expression) for operand in operands):
        row = _NAMED.get(getattr(jaxpr.debug_info, "func_name", ""))
        if row is not None:
            return [row(*map(_plain, operands))]
    return _run(jaxpr, consts, operands)


def _closed(jaxpr: Any, operands: list[Any]) -> list[Any]:
    return _run(jaxpr.jaxpr, jaxpr.consts, operands)


def _cond(parameters: Any, operands: list[Any]) -> list[Any]:
    index, *rest = operands
    branches = parameters["branches"]
    if not isinstance(index, Expression):
        return _closed(branches[min(max(int(index), 0), len(branches) - 1)], rest)
    if index.primitive is not WHERE or len(branches) != 2:
        raise NotImplementedError(
            f"cond: expected a comparison, or an index that no input changes, got {len(branches)} branches by "
            f"{index!r:.60}. Write it as a nested jnp.where."
        )
    first, second = (_closed(branch, rest) for branch in branches)
    return [
        a if a is b else WHERE(index.arguments[0], _plain(b), _plain(a)) for a, b in zip(first, second, strict=True)
    ]


def _scan(parameters: Any, operands: list[Any]) -> list[Any]:
    consts, carried, length = parameters["num_consts"], parameters["num_carry"], parameters["length"]
    _few(length, "scan")
    fixed, carry = operands[:consts], operands[consts : consts + carried]
    rows: list[list[Any]] = []
    for turn in range(length):
        place = length - 1 - turn if parameters["reverse"] else turn
        found = _closed(parameters["jaxpr"], [*fixed, *carry, *[xs[place] for xs in operands[consts + carried :]]])
        carry = found[:carried]
        rows.append(found[carried:])
    rows = rows[::-1] if parameters["reverse"] else rows
    return [*carry, *[np.stack([_plain(row) for row in column]) for column in zip(*rows, strict=True)]]


def _while(parameters: Any, operands: list[Any]) -> list[Any]:
    of_cond, of_body = parameters["cond_nconsts"], parameters["body_nconsts"]
    asking, fixed = operands[:of_cond], operands[of_cond : of_cond + of_body]
    carry = operands[of_cond + of_body :]
    turns = 0
    while True:
        (goes_on,) = _closed(parameters["cond_jaxpr"], [*asking, *carry])
        if isinstance(goes_on, Expression):
            raise NotImplementedError(
                f"while: expected a number of turns that no input changes, got the condition {goes_on!r:.60}. "
                "Use lax.fori_loop with a number of turns, or cg.derivative_of for a loop in Python."
            )
        if not bool(goes_on):
            return carry
        turns += 1
        _few(turns, "while")
        carry = _closed(parameters["body_jaxpr"], [*fixed, *carry])


def _few(turns: int, name: str) -> None:
    if turns > _MOST_TURNS:
        raise NotImplementedError(
            f"{name}: a loop of {turns} turns or more is not unrolled: expected at most {_MOST_TURNS}. Leave it to JAX."
        )


_LOOPS: dict[str, Callable[[Any, list[Any]], list[Any]]] = {"cond": _cond, "scan": _scan, "while": _while}


# -- the table


def _converted(equation: Any, x: Any) -> Any:
    """Kinds of floats are one here; a condition becomes 1 or 0."""
    old, new = equation.invars[0].aval.dtype, equation.params["new_dtype"]
    if old.kind == "b":
        return x if new.kind == "b" else WHERE(x, 1, 0)
    if new.kind == "b":
        return NOT_EQUAL(x, 0)
    if old.kind == "f" and new.kind in "iu":
        raise NotImplementedError(
            "convert_element_type to an integer has no derivative: expected floats. Leave the rounding out."
        )
    return x


def _quotient(equation: Any, a: Any, b: Any) -> Any:
    if equation.outvars[0].aval.dtype.kind != "f":
        raise NotImplementedError("div of integers has no derivative: expected floats. Write it with floats.")
    return DIVIDE(a, b)


def _chosen(equation: Any, which: Any, *cases: Any) -> Any:
    if len(cases) != 2 or equation.invars[0].aval.dtype != bool:
        raise NotImplementedError(
            f"select_n of {len(cases)} by integers: expected a condition. Write nested jnp.where."
        )
    if not isinstance(which, Expression) and np.ndim(which) == 0:
        return cases[1] if which else cases[0]
    return WHERE(which, cases[1], cases[0])


def _spread(equation: Any, x: Any, *_: Any) -> Any:
    shape, kept = equation.params["shape"], equation.params["broadcast_dimensions"]
    if not shape:
        return x
    thin = [1] * len(shape)
    for length, axis in zip(np.shape(x), kept, strict=True):
        thin[axis] = length
    return np.broadcast_to(np.reshape(x, thin), shape)


def _reshaped(equation: Any, x: Any, *_: Any) -> Any:
    shape = equation.outvars[0].aval.shape
    return x if equation.invars[0].aval.shape == shape else np.reshape(x, shape)


def _product(equation: Any, a: Any, b: Any) -> Any:
    """``dot_general`` in Einstein's notation: batch axes in front, then what is left of either."""
    (left, right), (left_batch, right_batch) = equation.params["dimension_numbers"]
    letters = iter("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
    of_a = [next(letters) for _ in equation.invars[0].aval.shape]
    of_b = [next(letters) for _ in equation.invars[1].aval.shape]
    for i, j in zip((*left_batch, *left), (*right_batch, *right), strict=True):
        of_b[j] = of_a[i]
    free = [x for i, x in enumerate(of_a) if i not in (*left_batch, *left)]
    free += [x for j, x in enumerate(of_b) if j not in (*right_batch, *right)]
    out = "".join([of_a[i] for i in left_batch] + free)
    return np.einsum(f"{''.join(of_a)},{''.join(of_b)}->{out}", a, b)


def _sliced(equation: Any, x: Any) -> Any:
    p = equation.params
    strides = p["strides"] or (1,) * len(p["start_indices"])
    return x[tuple(map(slice, p["start_indices"], p["limit_indices"], strides))]


def _sliced_at(equation: Any, x: Any, *starts: Any) -> Any:
    if any(isinstance(start, Expression) for start in starts):
        raise NotImplementedError("dynamic_slice: expected places that no input changes. Index with numbers.")
    lengths, shape = equation.params["slice_sizes"], equation.invars[0].aval.shape
    first = [min(max(int(s), 0), n - k) for s, n, k in zip(starts, shape, lengths, strict=True)]
    return x[tuple([slice(s, s + k) for s, k in zip(first, lengths, strict=True)])]


def _split(equation: Any, x: Any) -> list[Any]:
    axis, ends = equation.params["axis"], np.cumsum(equation.params["sizes"])
    front = (slice(None),) * axis
    return [
        x[(*front, slice(int(end - size), int(end)))] for end, size in zip(ends, equation.params["sizes"], strict=True)
    ]


def _over(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda equation, x: function(x, axis=tuple(equation.params["axes"]))


def _same(equation: Any, x: Any, *_: Any) -> Any:
    return x


def _each(primitive: Callable[..., Any]) -> Callable[..., Any]:
    return lambda equation, *operands: primitive(*operands)


#: Functions of their operands alone.
_ARITHMETIC: dict[str, Callable[..., Any]] = {
    "add": ADD, "add_any": ADD, "sub": SUBTRACT, "mul": MULTIPLY, "neg": NEGATE, "pow": POWER, "max": cg.max,
    "min": cg.min, "lt": LESS, "le": LESS_EQUAL, "gt": GREATER, "ge": GREATER_EQUAL, "eq": EQUAL,
    "ne": NOT_EQUAL, "and": cg.logical_and, "or": cg.logical_or, "not": cg.logical_not, "logistic": cg.sigmoid,
    "rsqrt": lambda x: 1 / cg.sqrt(x), "clamp": lambda a, x, b: cg.min(cg.max(x, a), b),
    "is_finite": lambda x: cg.abs(x) < math.inf, "stop_gradient": Row("stop_gradient", lambda x: x, None),
}  # fmt: skip

#: Lines with one result.
_ROWS: dict[str, Callable[..., Any]] = {
    **{name: _each(row) for name, row in _ARITHMETIC.items()},
    **{
        name: _each(cg.FUNCTIONS[name])
        for name in (
            "abs", "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "cbrt", "cos", "cosh", "erf", "erfc",
            "exp", "exp2", "expm1", "log", "log1p", "sign", "sin", "sinh", "sqrt", "square", "tan", "tanh",
        )
    },
    **dict.fromkeys(["copy", "copy_p", "device_put", "reduce_precision", "sharding_constraint"], _same),
    "div": _quotient,
    "integer_pow": lambda equation, x: x ** equation.params["y"],
    "select_n": _chosen,
    "convert_element_type": _converted,
    "broadcast_in_dim": _spread,
    "reshape": _reshaped,
    "squeeze": _reshaped,
    "expand_dims": _reshaped,
    "transpose": lambda equation, x: np.transpose(x, equation.params["permutation"]),
    "rev": lambda equation, x: np.flip(x, equation.params["dimensions"]),
    "concatenate": lambda equation, *x: np.concatenate(x, axis=equation.params["dimension"]),
    "dot_general": _product,
    "slice": _sliced,
    "dynamic_slice": _sliced_at,
    "reduce_sum": _over(np.sum),
    "reduce_max": _over(np.max),
    "reduce_min": _over(np.min),
    "reduce_prod": _over(np.prod),
}  # fmt: skip

#: Lines with several.
_SEVERAL: dict[str, Callable[..., list[Any]]] = {
    "split": _split,
    "optimization_barrier": lambda equation, *x: list(x),
}

"""JAX's programs read as expressions: calls inlined, loops unrolled, everything else by one table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from compgraph import functions as cg
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
    *example : numbers
        What to call a function with: only how many, of which kind and in which structure matters, unless a loop counts by
        them.
    names : sequence of str, optional
        Of the inputs. If left out, those of the function's parameters, and of a jaxpr ``x1, x2, …``.

    Returns
    -------
    Expression, or what the function returns with expressions in it
        Of a jaxpr an Expression, or a list of several.

    Raises
    ------
    NotImplementedError
        An operation without a counterpart, named; a loop whose number of turns depends on an input.

    Notes
    -----
    Calls (``jit``, ``checkpoint``, …) are inlined, loops with a known number of turns unrolled; ``where``, and ``cond`` on
    a comparison, become `where`. A derivative given by hand (``custom_jvp``, ``custom_vjp``) is not taken along: the
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

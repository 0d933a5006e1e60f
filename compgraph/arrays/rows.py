"""A `Row` of the table of functions of arrays, and the primitive that it is once its parameters are given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from compgraph.errors import DomainError
from compgraph.expression import Application, Expression, Primitive, _operand

__all__ = ["Bound", "Row", "dtype_of", "kept_axes", "normalized", "shape_from"]


class Row:
    """A function of arrays: a name, its evaluation, and one rule per argument, which gives a linear map.

    Parameters
    ----------
    name : str
        What it is called in text, and what NumPy calls it.
    evaluate : callable
        ``evaluate(*arrays, **parameters)``, in NumPy.
    *partials : callable
        ``∂(output, *arrays, **parameters)`` for each argument: a `LinearMap`, written in NumPy's functions, so that
        it serves arrays and expressions. None where there is no edge.
    each : callable, optional
        For any number of arguments, instead of `partials`: ``each(position, output, *arrays, **parameters)``.
    shape : callable, optional
        ``shape(*shapes, **parameters)``; without one the function is tried on zeros.
    flops : callable, optional
        ``flops(output shape, *shapes, **parameters)``: operations on floats; as many as entries if left out.
    domain : str
        The domain in words, for error messages.
    kink : callable, optional
        ``kink(*arrays, **parameters)`` is true where the stated policy on ties applies.

    Examples
    --------
    >>> from compgraph.expression import Variable
    >>> from compgraph.maps import Scale
    >>> double = Row("double", lambda x: 2 * x, lambda y, x: Scale(2.0, x.shape))
    >>> double(np.ones(2)), double(Variable("x"))
    (array([2., 2.]), double(x))
    """

    __slots__ = ("domain", "each", "evaluate", "flops", "kink", "name", "partials", "shape")

    def __init__(
        self,
        name: str,
        evaluate: Callable[..., Any],
        *partials: Callable[..., Any] | None,
        each: Callable[..., Any] | None = None,
        shape: Callable[..., tuple[int, ...]] | None = None,
        flops: Callable[..., int] | None = None,
        domain: str = "",
        kink: Callable[..., bool] | None = None,
    ) -> None:
        self.name = name
        self.evaluate = evaluate
        self.partials = partials
        self.each = each
        self.shape = shape
        self.flops = flops
        self.domain = domain
        self.kink = kink

    def __call__(self, *arrays: Any, **parameters: Any) -> Any:
        """Apply to expressions, or evaluate on arrays and numbers."""
        bound = Bound(self, parameters)
        if not any(isinstance(array, Expression) for array in arrays):
            return bound.value(*arrays)
        operands = tuple([_operand(array) for array in arrays])
        for operand, array in zip(operands, arrays, strict=True):
            if operand is NotImplemented:
                raise TypeError(
                    f"{self.name}: expected arrays, numbers or expressions, got {type(array).__name__} {array!r:.60}. "
                    "Make an array of it with np.array, or a Variable of a name."
                )
        return Application(bound, operands)

    def __repr__(self) -> str:
        return self.name


class Bound(Primitive):
    """A row with its parameters: what an expression is an application of.

    Attributes
    ----------
    row : Row
    parameters : dict of str to value
        The axis, the shape, the index, …; not to be changed.
    """

    __slots__ = ("parameters", "row")

    def __init__(self, row: Row, parameters: dict[str, Any]) -> None:
        kink = partial(row.kink, **parameters) if row.kink else None
        evaluate = partial(row.evaluate, **parameters)
        if row.each is None:
            rules = [rule if rule is None else partial(rule, **parameters) for rule in row.partials]
            super().__init__(row.name, evaluate, *rules, domain=row.domain, kink=kink)
        else:
            each = row.each
            super().__init__(
                row.name, evaluate, each=lambda i: partial(each, i, **parameters), domain=row.domain, kink=kink
            )
        self.row = row
        self.parameters = parameters

    def value(self, *arguments: Any) -> Any:
        """Evaluate on arrays: an array, or a Python number where the shape is ()."""
        try:
            with np.errstate(all="ignore"):
                result = self.evaluate(*arguments)
        except np.linalg.LinAlgError as error:
            raise DomainError(
                f"{self.name} is undefined: {str(error).lower()}; expected {self.domain}. Change the input."
            ) from None
        except (ValueError, IndexError, TypeError) as error:
            raise misfit(self.name, arguments, error) from None
        return result.item() if isinstance(result, (np.ndarray, np.generic)) and result.ndim == 0 else result

    def __call__(self, *arguments: Any) -> Any:
        return self.row(*arguments, **self.parameters)

    def __reduce__(self) -> Any:
        from compgraph.arrays.protocols import ROWS

        if ROWS.get(self.name) is not self.row:
            raise TypeError(f"{self.name} cannot be pickled: expected a row of the library, got one of your own.")
        return _bound, (self.name, self.parameters)


def _bound(name: str, parameters: dict[str, Any]) -> Bound:
    from compgraph.arrays.protocols import ROWS

    return Bound(ROWS[name], parameters)


def misfit(name: str, arguments: Sequence[Any], error: Exception) -> ValueError:
    """The error for arrays whose shapes do not go together."""
    shapes = " and ".join(str(np.shape(a)) for a in arguments)
    return ValueError(
        f"{name} of the shape{'s' * (len(arguments) > 1)} {shapes} cannot be computed: {error}. "
        "Expected shapes that fit as NumPy has it. Transpose, reshape or index one of them."
    )


# -- what rules ask of an array, an Expression or a number


def shape_from(array: Any) -> tuple[int, ...]:
    """The shape of an array, an expression or a number."""
    found: tuple[int, ...] = getattr(array, "shape", ())
    return found


def dtype_of(*arrays: Any) -> Any:
    """The kind of numbers in arrays, None where nothing tells it."""
    kinds = [array.dtype for array in arrays if isinstance(array, np.ndarray) and array.dtype.kind == "f"]
    return np.result_type(*kinds) if kinds else None


def normalized(axis: Any, rank: int) -> tuple[int, ...]:
    """Axes counted from the front; None is all of them."""
    if axis is None:
        return tuple(range(rank))
    axes = tuple(axis) if isinstance(axis, (tuple, list)) else (axis,)
    if any(not -rank <= a < rank for a in axes):
        raise ValueError(
            f"axis {axis} does not fit {rank} dimensions. Count from 0 to {rank - 1}, or from −1 backwards."
        )
    return tuple(sorted({a % rank for a in axes}))


def kept_axes(reduced: Any, array: Any, axis: Any, keepdims: bool) -> Any:
    """What a reduction gave, so that it broadcasts against what was reduced."""
    if keepdims or axis is None or not shape_from(reduced):
        return reduced
    return np.expand_dims(reduced, normalized(axis, len(shape_from(array))))

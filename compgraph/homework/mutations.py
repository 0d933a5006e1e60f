"""Mistakes as mutations: the recipe of one quantity with one thing wrong at one place.

A mutated recipe is an expression in names of cells (``part:x>u``) and of nodes (``x`` is ``val:x``). What it predicts,
in the student's own environment, is what somebody gets who makes this mistake and no other.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

from compgraph.expression import Variable
from compgraph.homework.derivations import derivations
from compgraph.homework.quantities import Quantities, Quantity, Term
from compgraph.homework.rewriting import names_in, plus, substituted, times
from compgraph.homework.slips import exponents, in_degrees, other_logarithms, slips

if TYPE_CHECKING:
    from compgraph.homework.problem import Problem

__all__ = ["Mutation", "mutations", "recipe", "spoken"]

_HALF = Fraction(1, 2)
_TOO_LARGE = "not divided by the number of examples"
_DIVIDED = "divided by the number of examples"


class Mutation(NamedTuple):
    """One thing wrong in one recipe.

    Attributes
    ----------
    class_ : str
        What kind of mistake it is.
    where : str
        The cell that it is about: a factor or term of the recipe, or the cell of the recipe itself.
    what : str
        What is wrong there, in words without numbers.
    recipe : Expression or number
        The recipe with that wrong.
    """

    class_: str
    where: str
    what: str
    recipe: Any


def spoken(cell: str, output: str) -> str:
    """A cell in words.

    Examples
    --------
    >>> spoken("part:z>a", "L"), spoken("grad:w", "L"), spoken("val:z", "L"), spoken("new:w", "L")
    ('∂a/∂z', '∂L/∂w', 'z', 'the new w')
    """
    kind, _, rest = cell.partition(":")
    node = rest.partition("|")[0]
    if kind == "part":
        tail, _, head = rest.partition("#")[0].partition(">")
        return f"∂{head}/∂{tail}"
    forms = {
        "grad": "∂{}/∂{}",
        "dgrad": "∂{}/∂{}",
        "tan": "the tangent of {1}",
        "new": "the new {1}",
        "path": "the path {1}",
    }
    return forms.get(kind, "{1}").format(output, node.replace(">", " → "))


def recipe(quantity: Quantity) -> Any:
    """The recipe of a quantity as an expression in names of cells and nodes."""
    if quantity.program is not None:
        return quantity.program.expression
    return _sum([_product(term) for term in quantity.terms])


def mutations(problem: Problem, cell: str) -> Iterator[Mutation]:
    """Every mistake in the recipe of a cell, the arrays' own aside.

    Examples
    --------
    >>> from compgraph.homework.problem import Problem
    >>> problem = Problem("u = x^2; v = 3x; y = u*v", at={"x": "2"})
    >>> for m in mutations(problem, "grad:x"):
    ...     if m.class_ == "missing_path":
    ...         print(m.where, "|", m.what, "|", m.recipe)
    part:x>u | u | (part:x>v)·(grad:v)
    part:x>v | v | (part:x>u)·(grad:u)
    """
    quantity = problem.quantities[cell]
    if quantity.is_input:
        return
    if quantity.program is None:
        yield from _of_update(problem, quantity) if quantity.kind == "new" else _of_sum(problem, quantity)
    elif quantity.kind == "part":
        yield from _of_partial(problem, quantity)
    else:
        yield from _of_value(quantity)
    if quantity.kind != "new":
        yield from _of_result(problem, quantity)


# -- any recipe


def _of_result(problem: Problem, quantity: Quantity) -> Iterator[Mutation]:
    """What can be wrong with a result, however it was computed."""
    cell, right = quantity.cell, recipe(quantity)
    yield Mutation("sign_overall", cell, "", -right)
    yield Mutation("constant_factor", cell, "the factor two", 2 * right)
    yield Mutation("constant_factor", cell, "the factor one half", right * _HALF)
    yield Mutation("reciprocal", cell, "", 1 / right)
    for power in (1, -1, 2, -2):
        yield Mutation("decimal_shift", cell, "", right * Fraction(10) ** power)
    if problem.batch and problem.batch > 1 and (quantity.kind != "val" or quantity.nodes == (problem.output,)):
        yield Mutation("batch_factor", cell, _TOO_LARGE, right * problem.batch)
        yield Mutation("batch_factor", cell, _DIVIDED, right / problem.batch)
        yield Mutation("batch_factor", cell, f"{_DIVIDED} twice", right / problem.batch**2)


# -- values and partials: formulas in names of nodes


def _of_value(quantity: Quantity) -> Iterator[Mutation]:
    assert quantity.program is not None
    right, cell = quantity.program.expression, quantity.cell
    for what, wrong in slips(right):
        yield Mutation("forward_slip", cell, what, wrong)
    yield from _of_formula(quantity)


def _of_partial(problem: Problem, quantity: Quantity) -> Iterator[Mutation]:
    assert quantity.program is not None
    right, cell = quantity.program.expression, quantity.cell
    tail, head = quantity.nodes
    for class_, what, wrong in derivations(problem.graph, tail, head, quantity.order[-1]):
        yield Mutation(class_, cell, what, wrong)
    yield from _of_formula(quantity)
    yield Mutation("sign_local", cell, spoken(cell, problem.output), -right)
    yield Mutation("value_for_gradient", cell, head, Variable(f"val:{head}"))
    whole = problem.quantities[f"val:{head}"].program
    for n in exponents(whole.expression) if whole is not None else ():
        yield Mutation("constant_factor", cell, "an exponent", right * n)
        yield Mutation("constant_factor", cell, "an exponent", right / n)
    renewed = _renewed(problem.quantities, quantity)
    for names in [list(renewed), *([name] for name in renewed if len(renewed) > 1)]:
        if names:
            wrong = substituted(right, {name: renewed[name] for name in names})
            yield Mutation("updated_weights", cell, " and ".join(names), wrong)


def _of_formula(quantity: Quantity) -> Iterator[Mutation]:
    assert quantity.program is not None
    right, cell = quantity.program.expression, quantity.cell
    degrees = in_degrees(right)
    if degrees is not None:
        yield Mutation("degrees_radians", cell, "", degrees)
    for wrong in other_logarithms(right):
        yield Mutation("log_base", cell, "", wrong)


def _renewed(quantities: Quantities, partial: Quantity) -> dict[str, Variable]:
    """Parameter in the formula of a partial → its new value, where it is one that is updated."""
    names = names_in(partial.program.expression) if partial.program is not None else []
    return {name: Variable(f"new:{name}") for name in names if f"new:{name}" in quantities}


# -- derivatives, tangents and paths: sums of products


def _of_sum(problem: Problem, quantity: Quantity) -> Iterator[Mutation]:
    cell, terms = quantity.cell, [_product(term) for term in quantity.terms]
    several = len(terms) > 1

    def swapped(i: int, new: Any) -> Any:
        return _sum([new if i == k else term for k, term in enumerate(terms)])

    for i, term in enumerate(quantity.terms):
        if not term.factors:
            continue
        part = term.factors[0]
        towards = _other_end(problem.quantities[part], quantity.nodes[0])
        if several:
            yield Mutation("missing_path", part, towards, swapped(i, 0))
            if len(terms) > 2:
                yield Mutation("missing_path", part, f"all but {towards}", terms[i])
            yield Mutation("sign_path", part, towards, swapped(i, -terms[i]))
        for class_, where, wrong in _of_product(problem, quantity, term):
            yield Mutation(class_, where, spoken(where, problem.output), swapped(i, wrong))
    parts = [Variable(term.factors[0]) for term in quantity.terms if term.factors]
    if several:
        if quantity.kind in ("grad", "tan"):
            yield Mutation("missing_upstream", cell, "what comes from further on", _sum(parts))
        yield Mutation("multiplied_paths", cell, "", _times(terms))
        yield Mutation("averaged_paths", cell, "", _sum(terms) / len(terms))
    everywhere = [_product(term, renewed=_renewed_factors(problem.quantities, term)) for term in quantity.terms]
    if sum(bool(_renewed_factors(problem.quantities, term)) for term in quantity.terms) > 1:
        yield Mutation("updated_weights", cell, "the parameters", _sum(everywhere))
    if quantity.kind in ("grad", "tan"):
        yield Mutation(
            "value_for_gradient", f"val:{quantity.nodes[0]}", quantity.nodes[0], Variable(f"val:{quantity.nodes[0]}")
        )


def _of_product(problem: Problem, quantity: Quantity, term: Term) -> Iterator[tuple[str, str, Any]]:
    """Mistakes in one product: class, the factor that they are about, the wrong product."""
    factors = [Variable(name) for name in term.factors]
    for k, (name, factor) in enumerate(zip(term.factors, factors, strict=True)):
        others = _times([term.coefficient, *factors[:k], *factors[k + 1 :]])
        if name.startswith("part:"):
            yield "dropped_local_factor", name, others
            yield "sign_local", name, -_product(term)
            yield "reciprocal", name, others / factor
        else:
            yield "missing_upstream", name, others
            value = f"val:{problem.quantities[name].nodes[0]}"
            yield "value_for_gradient", name, times(others, Variable(value))
    if len(factors) > 1:
        yield "added_factors", term.factors[0], _sum(factors)
    renewed = _renewed_factors(problem.quantities, term)
    if renewed:
        yield "updated_weights", next(iter(renewed)), _product(term, renewed=renewed)


def _renewed_factors(quantities: Quantities, term: Term) -> dict[str, Any]:
    """Factor of a product → its formula with new parameters, where it holds any."""
    found = {}
    for name in term.factors:
        renewed = _renewed(quantities, quantities[name])
        if renewed:
            found[name] = substituted(recipe(quantities[name]), renewed)
    return found


def _other_end(edge: Quantity, node: str) -> str:
    """The node that a term comes from or goes to."""
    tail, head = edge.nodes[0], edge.nodes[-1]
    return head if node == tail else tail


# -- updates


def _of_update(problem: Problem, quantity: Quantity) -> Iterator[Mutation]:
    cell = quantity.cell
    (old,), (slope,) = (term.factors for term in quantity.terms)
    eta = -quantity.terms[1].coefficient
    before, gradient = Variable(old), Variable(slope)
    step = eta * gradient
    yield Mutation("update_sign", cell, "", before + step)
    yield Mutation("no_eta", cell, "", before - gradient)
    yield Mutation("sign_overall", cell, "", step - before)
    yield Mutation("forward_slip", old, "the old value was left out", -step)
    yield Mutation("forward_slip", cell, "only the step was written down", step)
    yield Mutation("constant_factor", slope, "the factor two", before - 2 * step)
    yield Mutation("constant_factor", slope, "the factor one half", before - step * _HALF)
    yield Mutation("value_for_gradient", slope, quantity.nodes[0], before - eta * before)
    yield Mutation("decimal_shift", cell, "", before - 10 * step)
    yield Mutation("decimal_shift", cell, "", before - step / 10)
    if problem.batch and problem.batch > 1:
        yield Mutation("batch_factor", slope, _TOO_LARGE, before - step * problem.batch)
        yield Mutation("batch_factor", slope, _DIVIDED, before - step / problem.batch)


# -- sums and products


def _product(term: Term, renewed: dict[str, Any] | None = None) -> Any:
    factors = [(renewed or {}).get(name, Variable(name)) for name in term.factors]
    return _times([term.coefficient, *factors])


def _times(factors: list[Any]) -> Any:
    product: Any = 1
    for factor in factors:
        product = times(product, factor)
    return product


def _sum(terms: list[Any]) -> Any:
    total: Any = 0
    for term in terms:
        total = plus(total, term)
    return total

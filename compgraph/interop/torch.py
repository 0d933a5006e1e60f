"""PyTorch: the graph that `loss.backward()` walks, as a labelled graph of ours.

`from_loss` reads it from ``loss.grad_fn``, with a partial on every edge; any sweep of this library then shows, step by
step, what PyTorch does at once, and `check_backward` holds the two against each other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import networkx as nx
import numpy as np

from compgraph.graph import Graph
from compgraph.interop.torch_labels import Use, array_of, gone, is_input, number_or_array, operation, partial
from compgraph.maps.base import Array, Shape
from compgraph.propagation import reverse, totals
from compgraph.semiring import MATRIX

__all__ = ["BackwardCheck", "CheckedTensor", "adjoints", "check_backward", "from_loss"]

#: A node of PyTorch's graph and the number of one of its outputs: where a tensor comes from.
_Place = tuple[Any, int]


def from_loss(loss: Any, names: Any = None) -> Graph:
    """The graph behind a tensor: a node for every tensor that was computed, an edge for every use of one.

    Parameters
    ----------
    loss : torch.Tensor
        Of any shape, with a ``grad_fn`` that has not been freed.
    names : mapping of str to torch.Tensor, or torch.nn.Module, optional
        What to call inputs, parameters and whatever lies between: ``{"x": x, "h": h}``, or a module (then its
        ``named_parameters()``); of both, ``{**dict(module.named_parameters()), "x": x}``.

    Returns
    -------
    Graph
        Edges run from argument to result, keyed by the position of the argument in ``next_functions``. The attribute
        ``partial`` is a number between two numbers, otherwise a linear map (`compgraph.maps`): the semiring is then
        `compgraph.MATRIX`. Nodes have ``operation`` and ``shape``, and ``value`` where PyTorch saved it.
        ``graph["outputs"]`` and ``graph["inputs"]`` list names; ``graph["warnings"]`` says where hooks are.

    Raises
    ------
    ValueError
        Nothing was recorded, ``backward()`` has freed it, or a tensor was changed in place since.

    Notes
    -----
    Nodes without a name are called by their operation: ``AddmmBackward0`` is ``addmm1``, ``addmm2``, …; where one has
    several results, each is a node (``split1.0``, ``split1.1``). Inputs are ``x1``, ``x2``, …, the result is ``loss``.

    Labels of products, sums, changes of shape and elementwise functions say what they are. All others, a function of
    your own included, ask PyTorch's node when they are applied: sweep before ``loss.backward()``, or call
    ``loss.backward(retain_graph=True)``.

    In-place operations are what PyTorch makes of them (``copy_slices``). Hooks belong to PyTorch's engine and are not
    run: what they change is no derivative.

    Examples
    --------
    >>> import torch
    >>> x = torch.tensor(3.0, requires_grad=True)
    >>> graph = from_loss(x * x + torch.sin(x), names={"x": x})
    >>> list(graph.edges(keys=True))
    [('x', 'mul1', 0), ('x', 'mul1', 1), ('x', 'sin1', 0), ('mul1', 'loss', 0), ('sin1', 'loss', 1)]
    >>> graph.edges["x", "mul1", 0]["partial"]
    3.0
    """
    import torch

    if not isinstance(loss, torch.Tensor):
        raise TypeError(
            f"from_loss: expected a torch.Tensor, got {type(loss).__name__}. Give what you would call backward() on."
        )
    if not loss.requires_grad:
        raise ValueError(
            "from_loss: the tensor has no grad_fn: expected one computed from tensors that require grad. "
            "Set requires_grad=True on the inputs, and compute it outside of torch.no_grad()."
        )
    last, tensors = _place(loss), _tensors(names)
    order = _evaluation_order(last, tensors)
    keys = _keys(order, tensors, last)
    graph = Graph(inputs=[], outputs=[keys[last]], warnings=[])
    try:
        values = {**_saved(order), **{_place(tensor): tensor for tensor in tensors.values()}, last: loss}
        shapes = {place: _shape(place) for place in order}
        for place in order:
            _add(graph, place, keys, shapes, values.get(place))
    except RuntimeError as error:
        raise gone(error) from error
    return graph


def _add(graph: Graph, place: _Place, keys: Mapping[_Place, str], shapes: Mapping[_Place, Shape], tensor: Any) -> None:
    """A node with the edges into it."""
    key, (node, output) = keys[place], place
    graph.add_node(key, operation=operation(node), shape=shapes[place])
    if graph.nodes[key]["operation"] == "checkpoint_function":
        raise ValueError(
            "a reentrant checkpoint hides its graph, and writes .grad whenever it is asked: expected "
            "checkpoint(…, use_reentrant=False). Call it that way, or leave the checkpoint out."
        )
    if tensor is not None:
        graph.nodes[key]["value"] = number_or_array(tensor)
    if is_input(node):
        graph.graph["inputs"].append(key)
        if node.variable._backward_hooks:
            graph.graph["warnings"].append(f"{key} has a hook: its .grad may differ from the derivative.")
    for position, argument in enumerate(node.next_functions):
        if argument[0] is not None:
            use = Use(node, output, position, shapes[place], shapes[argument])
            graph.add_edge(keys[argument], key, position, partial=partial(use))


# -- PyTorch's graph


def _place(tensor: Any) -> _Place:
    """Where a tensor comes from; of an input, what collects its gradient."""
    from torch.autograd.graph import get_gradient_edge

    node, output, *_ = get_gradient_edge(tensor)
    return node, output


def _shape(place: _Place) -> Shape:
    node, output = place
    return tuple(node.variable.shape if is_input(node) else node._input_metadata[output].shape)


def _evaluation_order(last: _Place, tensors: Mapping[str, Any]) -> list[_Place]:
    """What the last depends on, and inputs that are named: arguments first, in the order of the computation."""
    bare: Any = nx.DiGraph()
    bare.add_node(last)
    stack = [last]
    while stack:
        place = stack.pop()
        for argument in place[0].next_functions:
            if argument[0] is not None:
                if argument not in bare:
                    stack.append(argument)
                bare.add_edge(argument, place)
    for name, tensor in tensors.items():
        place = _place(tensor)
        if place not in bare and not is_input(place[0]):
            raise ValueError(
                f"{name} is no part of the graph: expected an input, or a tensor that the result was computed from. "
                "Leave it out of names."
            )
        bare.add_node(place)
    rank = {_place(tensor): number for number, tensor in reversed(list(enumerate(tensors.values())))}

    def when(place: _Place) -> tuple[int, ...]:
        """Inputs first: as named, then by first use."""
        if is_input(place[0]):
            users = [user._sequence_nr() for user, _ in bare._succ[place]]
            return 0, rank.get(place, len(rank)), min(users, default=0)
        return 1, place[0]._sequence_nr()

    return list(nx.lexicographical_topological_sort(bare, key=when))


def _saved(order: Iterable[_Place]) -> dict[_Place, Any]:
    """The tensors that PyTorch kept, by where they come from."""
    import torch

    found: dict[_Place, Any] = {}
    for node in dict.fromkeys(node for node, _ in order):
        if is_input(node):
            found[node, 0] = node.variable
        kept = [getattr(node, name) for name in dir(node) if name.startswith("_saved_")]
        for one in (*kept, getattr(node, "saved_tensors", ())):
            for tensor in one if isinstance(one, (list, tuple)) else (one,):
                if isinstance(tensor, torch.Tensor) and tensor.grad_fn is not None:
                    found[tensor.grad_fn, tensor.output_nr] = tensor
    return found


# -- names


def _tensors(names: Any) -> dict[str, Any]:
    """Name → tensor."""
    import torch

    if isinstance(names, torch.nn.Module):
        return {name: tensor for name, tensor in names.named_parameters() if tensor.requires_grad}
    tensors = dict(names or {})
    for name, tensor in tensors.items():
        if not isinstance(name, str) or not isinstance(tensor, torch.Tensor):
            raise TypeError(
                f"names: expected strings and tensors, got {name!r:.40} for {type(tensor).__name__}. "
                "Write names={'x': x}, or names=module."
            )
        if not tensor.requires_grad:
            raise ValueError(
                f"{name} does not require grad: expected a tensor that PyTorch tracks, got a constant. "
                "Leave it out of names, or call requires_grad_() on it before the computation."
            )
    return tensors


def _keys(order: Iterable[_Place], tensors: Mapping[str, Any], last: _Place) -> dict[_Place, str]:
    """The key of every node: as named (by the first of two names), otherwise by its operation."""
    keys: dict[_Place, str] = {}
    for name, tensor in tensors.items():
        keys.setdefault(_place(tensor), name)
    if last not in keys:
        keys[last] = "loss"
    taken, count, known = {*tensors, *keys.values()}, Counter[str](), dict[Any, str]()
    for place in order:
        node, output = place
        if place not in keys:
            if node not in known:
                known[node] = _fresh("x" if is_input(node) else operation(node), count, taken)
            several = not is_input(node) and len(node._input_metadata) > 1
            keys[place] = f"{known[node]}.{output}" if several else known[node]
    return keys


def _fresh(stem: str, count: Counter[str], taken: Iterable[str]) -> str:
    count[stem] += 1
    while f"{stem}{count[stem]}" in taken:
        count[stem] += 1
    return f"{stem}{count[stem]}"


# -- against PyTorch


def adjoints(graph: nx.MultiDiGraph) -> dict[str, Array]:
    """The adjoint of every node of a graph of `from_loss`, by one reverse sweep over MATRIX; of an output of any
    shape, that of the sum of its entries.

    Examples
    --------
    >>> import torch
    >>> x = torch.tensor([1.0, 2.0], requires_grad=True)
    >>> adjoints(from_loss((x * x).sum(), {"x": x}))["x"]
    array([2., 4.])
    """
    (output,) = graph.graph["outputs"]
    seed = np.ones(graph.nodes[output]["shape"])
    found = totals(reverse(graph, {output: seed}, MATRIX))
    return {node: np.broadcast_to(total, graph.nodes[node]["shape"]) for node, total in found.items()}


class CheckedTensor(NamedTuple):
    """One input: our adjoint, PyTorch's gradient, and the largest difference relative to the largest entry."""

    name: str
    adjoint: Array
    gradient: Array
    difference: float


class BackwardCheck(NamedTuple):
    """Adjoints beside gradients; it prints as a table.

    Attributes
    ----------
    inputs : tuple of CheckedTensor
    tolerance : float
    warnings : tuple of str
        Where a hook explains a difference.
    """

    inputs: tuple[CheckedTensor, ...]
    tolerance: float
    warnings: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether every difference is within the tolerance."""
        return all(one.difference <= self.tolerance for one in self.inputs)

    def __bool__(self) -> bool:
        return self.ok

    def __repr__(self) -> str:
        from compgraph.notation.grid import Section, grid_text

        rows = [
            (
                "✓" if one.difference <= self.tolerance else "✗",
                one.name,
                "×".join(map(str, one.adjoint.shape)) or "1",
                f"{one.difference:.1e}".replace("-", "−"),
            )
            for one in self.inputs
        ]
        return grid_text(("", "input", "shape", "difference"), [Section([[row] for row in rows], self.warnings)])


def check_backward(loss: Any, names: Any = None, *, tolerance: float | None = None) -> BackwardCheck:
    """Sweep the graph behind a tensor, and compare the adjoint of every input with ``torch.autograd.grad``.

    Parameters
    ----------
    loss, names
        As for `from_loss`. The graph is kept: ``loss.backward()`` can still be called.
    tolerance : float, optional
        The difference allowed, relative to the largest entry of a gradient (absolute below 1). If left out, 10⁻¹² in
        double precision and 10⁻⁵ otherwise.

    Examples
    --------
    >>> import torch
    >>> x = torch.tensor([0.5, 2.0], dtype=torch.float64, requires_grad=True)
    >>> print(check_backward(torch.log(x).sum(), {"x": x}))
        input   shape   difference
    ──────────────────────────────
    ✓   x       2       0.0e+00
    """
    import torch

    graph = from_loss(loss, names)
    found = adjoints(graph)
    variables = [node.variable for node, _ in _evaluation_order(_place(loss), _tensors(names)) if is_input(node)]
    gradients = torch.autograd.grad(loss.sum(), variables, retain_graph=True, allow_unused=True)
    exact = all(variable.dtype == torch.float64 for variable in variables)
    checked = []
    for name, gradient in zip(graph.graph["inputs"], gradients, strict=True):
        ours = found[name]
        theirs = np.zeros(ours.shape) if gradient is None else array_of(gradient)
        scale = max(1.0, float(np.abs(theirs).max(initial=0)))
        difference = float(np.abs(ours - theirs).max(initial=0)) / scale
        checked.append(CheckedTensor(name, ours, theirs, difference))
    allowed = tolerance if tolerance is not None else 1e-12 if exact else 1e-5
    return BackwardCheck(tuple(checked), allowed, tuple(graph.graph["warnings"]))

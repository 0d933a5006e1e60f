"""What all tests share: a reproducible Hypothesis profile and the golden cases."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "reproducible",
    derandomize=True,  # the same examples on every run
    database=None,
    deadline=None,  # the time of one example says more about the machine than about the code
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("thorough", database=None, deadline=None, max_examples=3000)
settings.load_profile("reproducible")  # or --hypothesis-profile=thorough

GOLDEN: list[dict[str, Any]] = json.loads((Path(__file__).parent / "data" / "golden_cases.json").read_text("utf-8"))


#: Library → modules whose examples need it: the extras that are heavy are not part of ``[test]``.
NEEDS = {"torch": "interop/torch", "jax": "interop/jax", "pandas": "interop/pandas", "anywidget": "widget"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Examples in the docstrings of a module for a library that is not there are skipped, by name."""
    for library, module in NEEDS.items():
        if find_spec(library) is None:
            mark = pytest.mark.skip(reason=f"could not import {library!r}")
            for item in items:
                if isinstance(item, pytest.DoctestItem) and module in item.path.as_posix():
                    item.add_marker(mark)


@pytest.fixture(scope="session")
def golden_cases() -> dict[str, dict[str, Any]]:
    """Every golden case by its id: facts and figures from public teaching material, recomputed at 50 digits."""
    return {case["id"]: case for case in GOLDEN}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test with the argument `explicit_case` runs once for every golden case of kind ``explicit``."""
    if "explicit_case" in metafunc.fixturenames:
        cases = [case for case in GOLDEN if case["kind"] == "explicit"]
        metafunc.parametrize("explicit_case", cases, ids=[case["id"] for case in cases])

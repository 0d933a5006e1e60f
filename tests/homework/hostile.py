"""What arrives on sheets and is no answer, and what a file of results has to be all the same."""

from __future__ import annotations

import json
from typing import Any

HOSTILE = (
    "__import__('os').system('true')", "=1+1", "<script>alert(1)</script>", "9" * 400, "(" * 300, "1e999999999",
    "x^x^x^x^9999", "\x00\ud800\u202e", "0,333", "01-Mar", "nan", "../../etc/passwd", "{{7*7}}", "'; DROP TABLE--",
)  # fmt: skip


def valid(found: Any) -> None:
    """Whether this is what Gradescope documents, in plain JSON."""
    again = json.loads(json.dumps(found, allow_nan=False))
    assert again == found
    assert isinstance(found["score"], float)
    for test in found["tests"]:
        assert set(test) == {"name", "score", "max_score", "status", "output", "output_format", "visibility"}
        assert test["status"] in ("passed", "failed")

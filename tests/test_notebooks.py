"""Every notebook runs from top to bottom in a real kernel, and is committed with its outputs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

NOTEBOOKS = sorted((Path(__file__).parent.parent / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_is_committed_with_outputs_and_small(path: Path) -> None:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert code and all(cell["execution_count"] for cell in code), "run the notebook and save it with outputs"
    assert path.stat().st_size <= 300_000


@pytest.mark.notebook
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_runs_from_top_to_bottom(path: Path) -> None:
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)
    committed = [_plain(cell) for cell in notebook.cells if cell.cell_type == "code"]
    here = {"metadata": {"path": path.parent}}
    NotebookClient(notebook, timeout=120, kernel_name="python3", resources=here).execute()
    fresh = [_plain(cell) for cell in notebook.cells if cell.cell_type == "code"]
    assert fresh == committed, "the outputs have changed: run the notebook again and save it"


def _plain(cell: object) -> list[str]:
    """The text outputs of a cell, which must not depend on the machine; what is printed may come in pieces."""
    texts = [""]
    for output in cell["outputs"]:  # type: ignore[index]
        if output["output_type"] == "stream":
            texts[0] += "".join(output["text"])
        elif "text/plain" in output.get("data", {}):
            texts.append(output["data"]["text/plain"])
    return texts

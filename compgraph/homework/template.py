"""Answer files to fill in."""

from __future__ import annotations

import csv
import io
import json
import os
from pathlib import Path
from typing import NamedTuple

from compgraph.files import write
from compgraph.homework.sheets import SCHEMA
from compgraph.render.runs import clean

__all__ = ["Template"]


class Template(NamedTuple):
    """An answer file without answers.

    Attributes
    ----------
    problem, seed, student : str
    cells : tuple of (str, str)
        Cell and symbol, in the order of the numbers on the sheet.
    """

    problem: str
    seed: str
    student: str
    cells: tuple[tuple[str, str], ...]

    def toml(self) -> str:
        """As TOML, with the numbers of the boxes beside the cells."""
        about = {"schema": SCHEMA, "problem": self.problem, "seed": self.seed, "student": self.student}
        lines = [f"{key:7} = {_quoted(value)}" for key, value in about.items() if value or key != "seed"]
        wide = max(len(_quoted(cell)) for cell, _ in self.cells)
        lines += ["", f'{"[answers]":{wide + 10}}# in quotes, as on paper: "0.50", "1/3", "-1.5e-4"']
        for number, (cell, sign) in enumerate(self.cells, 1):
            lines.append(f'{_quoted(cell):{wide}} = ""     # {number}: {clean(sign)}')
        return "\n".join(lines) + "\n"

    def csv(self) -> str:
        """As CSV, a row for each cell: for a spreadsheet, whose column of answers should be formatted as text."""
        file = io.StringIO(newline="")
        writer = csv.writer(file)
        writer.writerow(["cell", "answer"])
        # a space in front, so that no spreadsheet takes a name for a formula; reading takes it away
        about = {"problem": self.problem, "seed": self.seed, "student": clean(self.student)}
        for key, value in about.items():
            if value or key != "seed":
                writer.writerow([key, f" {value}" if value.startswith(("=", "+", "-", "@")) else value])
        writer.writerows((cell, "") for cell, _ in self.cells)
        return file.getvalue()

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write ``.toml``, or ``.csv`` as spreadsheets read it: UTF-8 with a mark."""
        path = Path(path)
        kind = path.suffix.lower()
        if kind not in (".toml", ".csv"):
            raise ValueError(f"unknown format {kind!r:.20}: expected .toml or .csv. Name the file answers.toml.")
        return write(path, self.toml() if kind == ".toml" else f"\ufeff{self.csv()}")

    def __str__(self) -> str:
        return self.toml()


def _quoted(words: str) -> str:
    """A string of TOML."""
    return json.dumps(clean(words), ensure_ascii=False).replace("\x7f", "\\u007f")

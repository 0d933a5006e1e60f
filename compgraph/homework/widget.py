"""A worksheet in a notebook cell: to type in, and to be checked beneath, by anywidget.

The sheet is the page that is filled in on the screen (`compgraph.homework.paper.fillable`), in a frame; `widget.js`
tells Python what stands in its boxes. Marking is Python's: no answer is in the page before somebody asks for it.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any

from compgraph.errors import ParseError
from compgraph.homework.grading import grade
from compgraph.render.widget import libraries

if TYPE_CHECKING:
    from compgraph.homework.report import Report
    from compgraph.homework.worksheet import Worksheet

__all__ = ["worksheet_widget"]


def worksheet_widget(worksheet: Worksheet, **options: Any) -> Any:
    """The widget of a worksheet; see `compgraph.homework.worksheet.Worksheet.widget`."""
    options = {**worksheet.problem.marking, "digits": worksheet.digits, **options}
    grade(worksheet.problem, {}, **options)  # a faulty option is said now, and not when somebody asks for marks
    return _kind()(worksheet, options)


@functools.cache
def _kind() -> Any:
    """The class of these widgets, which is made when the first one is."""
    anywidget, traitlets = libraries()

    class WorksheetWidget(anywidget.AnyWidget):  # type: ignore[misc, name-defined]
        """A worksheet whose `answers` and `report` are traits."""

        _esm = Path(__file__).with_suffix(".js")
        _page = traitlets.Unicode().tag(sync=True)
        _title = traitlets.Unicode().tag(sync=True)
        _report = traitlets.Unicode().tag(sync=True)
        answers = traitlets.Dict(key_trait=traitlets.Unicode(), value_trait=traitlets.Unicode()).tag(sync=True)
        report = traitlets.Any(None)

        def __init__(self, worksheet: Worksheet, options: dict[str, Any]) -> None:
            self.worksheet, self._options = worksheet, options
            page = worksheet.fillable
            super().__init__(_page=page.html(), _title=page.content.heading)
            self.on_msg(lambda _widget, content, _buffers: self.check() if content == "check" else None)

        @traitlets.validate("answers")  # type: ignore[untyped-decorator]
        def _of_sheet(self, proposal: Any) -> dict[str, str]:
            known = {}
            for cell, typed in proposal.value.items():
                try:
                    known[self.worksheet.problem.quantities.name(cell)] = typed
                except ParseError as error:
                    raise traitlets.TraitError(f"answers: {error.message}") from None
            return known

        def check(self) -> Report:
            """Mark what stands on the sheet now; the report is shown beneath it, and stays as `report`."""
            report = grade(self.worksheet.problem, self.answers, **self._options)
            self.report, self._report = report, report.html()
            return report

        def __repr__(self) -> str:
            filled = sum(bool(typed.strip()) for typed in self.answers.values())
            return f"WorksheetWidget of {self.worksheet!r}, {filled} filled in"

        def _repr_mimebundle_(self, **options: Any) -> Any:
            """What a widget is, over what stays of it where no kernel runs: the sheet as a picture."""
            data, metadata = super()._repr_mimebundle_(**options)
            return {"image/svg+xml": self.worksheet.blank.svg(), **data, "text/plain": repr(self)}, metadata

    return WorksheetWidget

"""A film in a notebook cell, its step and its selected node in sync with Python, by anywidget.

The page of the film stands in a frame, as it is; `widget.js` watches it from outside and moves its controls, as a hand
would. So the player knows nothing of notebooks, and does in a widget what it does everywhere.
"""

from __future__ import annotations

import functools
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from compgraph.render.film import Film

__all__ = ["film_widget", "libraries"]


def libraries() -> tuple[ModuleType, ModuleType]:
    """The modules anywidget and traitlets.

    Raises
    ------
    ImportError
        They are not installed; the message says how they will be.
    """
    try:
        return import_module("anywidget"), import_module("traitlets")
    except ImportError:
        raise ImportError(
            "widgets need anywidget. Install it: pip install compgraph[widget]", name="anywidget"
        ) from None


def film_widget(film: Film, *, step: int = 0, selection: str | None = None) -> Any:
    """The widget of a film; see `compgraph.render.film.Film.widget`."""
    return _kind()(film, step=step, selection=selection)


@functools.cache
def _kind() -> Any:
    """The class of these widgets, which is made when the first one is."""
    anywidget, traitlets = libraries()

    class FilmWidget(anywidget.AnyWidget):  # type: ignore[misc, name-defined]
        """A film whose `step` and `selection` are traits."""

        _esm = Path(__file__).with_suffix(".js")
        _page = traitlets.Unicode().tag(sync=True)
        _title = traitlets.Unicode().tag(sync=True)
        _window = traitlets.List(traitlets.Int()).tag(sync=True)
        _keys = traitlets.List(traitlets.Unicode()).tag(sync=True)
        step = traitlets.Int().tag(sync=True)
        selection = traitlets.Unicode(None, allow_none=True).tag(sync=True)

        def __init__(self, film: Film, *, step: int, selection: str | None) -> None:
            self.film = film
            page, window = film.html(), [round(length) for length in film.window()]
            super().__init__(
                _page=page, _title=film.title, _window=window, _keys=list(film.keys), step=step, selection=selection
            )

        @traitlets.validate("step")  # type: ignore[untyped-decorator]
        def _in_film(self, proposal: Any) -> int:
            last = len(self.film) - 1
            if not 0 <= proposal.value <= last:
                raise traitlets.TraitError(f"step: expected a number from 0 to {last}, got {proposal.value}.")
            return int(proposal.value)

        @traitlets.validate("selection")  # type: ignore[untyped-decorator]
        def _in_graph(self, proposal: Any) -> str | None:
            if proposal.value is not None and proposal.value not in self.film.keys:
                nodes = ", ".join(self.film.keys[:12]) + (", …" if len(self.film.keys) > 12 else "")
                raise traitlets.TraitError(f"selection: expected one of {nodes}, or None, got {proposal.value!r:.60}.")
            return proposal.value  # type: ignore[no-any-return]

        def __repr__(self) -> str:
            return f"FilmWidget(step={self.step}, selection={self.selection!r}) of {self.film!r}"

        def _repr_mimebundle_(self, **options: Any) -> Any:
            """What a widget is, over what stays of it where no kernel runs: the film, which steps by itself."""
            data, metadata = super()._repr_mimebundle_(**options)
            return {**self.film._repr_mimebundle_(), **data, "text/plain": repr(self)}, metadata

    return FilmWidget

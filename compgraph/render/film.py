"""Films: the steps of sweeps as frames of one picture, written as a page, as SVG or as PNG."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any

import networkx as nx

from compgraph.elimination import after, eliminate
from compgraph.expression import Expression
from compgraph.pathsum import PathSum, chosen_edges
from compgraph.propagation import Step, forward, reverse
from compgraph.render import dot, media
from compgraph.render.columns import Columns, told
from compgraph.render.drawing import Drawing
from compgraph.render.layers import Neurons, in_columns, neurons
from compgraph.render.page import iframe, page
from compgraph.render.picture import Pages, Picture, instead
from compgraph.render.script import SOLVED, Moment, Script, script
from compgraph.render.shrinking import elimination_script
from compgraph.semiring import REAL, Semiring
from compgraph.structure import Order
from compgraph.symbols import joining

if TYPE_CHECKING:
    import graphviz

    from compgraph.render.beside import SideBySide
    from compgraph.solution import Solution

__all__ = ["Film", "Picture", "elimination_film", "film", "network_film", "picture", "solution_film"]

#: Nodes of a graph whose paths are listed beside it, and pairs of an input and an output for which they are.
LISTED, PAIRS = 300, 12


def film(
    graph: nx.MultiDiGraph,
    sweeps: Mapping[Any, Iterable[Step]],
    *,
    direction: str = "reverse",
    title: str | None = None,
    theme: str | None = None,
    rankdir: str = "LR",
    engine: str = "auto",
    digits: int = 4,
    bold: Iterable[tuple[Any, Any, Any]] = (),
    semiring: str = "",
    paths: Iterable[PathSum] = (),
    layers: bool = False,
) -> Film:
    """The film of one sweep, or of several, one after another.

    Parameters
    ----------
    graph : networkx.MultiDiGraph
        Labelled, its nodes in evaluation order; see `compgraph.render.script.script` for what is shown.
    sweeps : mapping of seed to steps
        As `forward` and `reverse` yield them from that seed.
    direction : {"reverse", "forward"}
        The direction of the sweeps.
    title : str, optional
        What stands above the page.
    theme : {"light", "dark", "print"}, optional
        Pictures are light and pages follow the viewer where it is left out.
    rankdir : {"LR", "TB", "RL", "BT"}
        Where edges point.
    engine : {"auto", "embedded", "dot", "layered"}
        Which Graphviz makes the layout.
    digits : int
        Significant digits of rounded numbers.
    bold : iterable of (tail, head, key)
        Edges to be drawn bold: those of the most influential path, say.
    semiring : str
        The name of the semiring of the sweeps, where their totals are no derivatives.
    paths : iterable of PathSum
        Sums over paths, whose ledgers a page shows beside the graph.
    layers : bool
        Whether nodes are drawn as neurons in columns, and labels, which are numbers, as lines of their thickness.

    Raises
    ------
    ValueError
        There is no sweep, or an unknown direction or theme.

    Examples
    --------
    >>> from compgraph.propagation import reverse
    >>> graph = nx.MultiDiGraph()
    >>> _ = graph.add_edge("x", "y", partial=3.0), graph.add_edge("x", "y", partial=4.0)
    >>> shown = film(graph, {"y": reverse(graph, {"y": 1.0})})
    >>> len(shown), shown.captions[2]
    (3, '∂y/∂x = ∂y/∂y · ∂y/∂x (1st) + ∂y/∂y · ∂y/∂x (2nd) = 1 · 3 + 1 · 4 = 7 — y uses x twice, so two terms add up.')
    """
    if not sweeps:
        raise ValueError("a film shows a sweep: expected at least one, got none. picture(graph) draws a graph alone.")
    said = script(graph, sweeps, direction=direction, digits=digits, bold=bold, semiring=semiring, paths=paths)
    if semiring and title is None:
        seeds = ", ".join(sweep.seed for sweep in said.sweeps[:6])
        title = f"{semiring} {'to' if direction == 'reverse' else 'from'} {seeds}"
    drawn = in_columns(graph) if layers else None
    return Film(said, title=title, theme=theme, rankdir=rankdir, engine=engine, neurons=drawn, keys=graph)


def elimination_film(
    graph: nx.MultiDiGraph,
    order: Order,
    *,
    semiring: Semiring = REAL,
    inputs: Iterable[Any] | None = None,
    outputs: Iterable[Any] | None = None,
    title: str | None = None,
    theme: str | None = None,
    rankdir: str = "LR",
    engine: str = "auto",
    digits: int = 4,
) -> Film:
    """The film of an elimination: the graph shrinks to its Jacobian. `order` and `semiring` are those of `eliminate`.

    Examples
    --------
    >>> graph = nx.MultiDiGraph()
    >>> _ = graph.add_edge("x", "t", partial=2.0), graph.add_edge("t", "y", partial=5.0)
    >>> elimination_film(graph, ["t"])
    Film: The Jacobian by elimination, 2 frames of 3 nodes
    """
    over: dict[str, Any] = {"semiring": semiring, "inputs": inputs, "outputs": outputs}
    said = elimination_script(graph, eliminate(graph, order, **over), **over, digits=digits)
    title = title or said.sweeps[0].heading.replace("Elimination", "The Jacobian by elimination")
    keys = after(graph, (), **over)  # those that the script has
    return Film(said, title=title, theme=theme, rankdir=rankdir, engine=engine, keys=keys)


def solution_film(solution: Solution, order: Order | None = None, **options: Any) -> Film:
    """The film of a solution: one sweep after another, or an elimination. Options are those of `film`."""
    if order is not None:
        ends: dict[str, Any] = {"inputs": solution.inputs, "outputs": solution.outputs}
        return elimination_film(solution.graph, order, semiring=joining(solution.semiring), **ends, **options)
    sweeps = {seed: list(solution.sweep(seed).steps) for seed in solution.seeds}
    if not solution.derives:
        chosen = [edge for steps in sweeps.values() for edge in _chosen(solution, steps)]
        options = {"semiring": str(solution.semiring), "bold": chosen, **options}
    options = {"paths": _paths(solution), **options}
    return film(solution.graph, sweeps, direction=solution.direction, **options)


def _paths(solution: Solution) -> list[PathSum]:
    """The sums over paths from inputs to outputs, of a graph that is small enough to look at them."""
    if len(solution.graph) > LISTED:
        return []
    pairs = [(x, y) for y in solution.outputs for x in solution.inputs]
    return [solution.paths(x, y) for x, y in pairs[:PAIRS]]


def _chosen(solution: Solution, steps: list[Step]) -> list[tuple[Any, Any, Any]]:
    """The edges of the best path of all, from any input or to any output, where the semiring chooses one."""
    ends = solution.inputs if solution.direction == "reverse" else solution.outputs
    totals = {step.node: step.total for step in steps if step.node in ends}
    best = reduce(solution.semiring.add, totals.values(), solution.semiring.zero)
    return next((chosen_edges(steps, node) for node, total in totals.items() if total is best), [])


def network_film(
    solution: Solution,
    inputs: str | Iterable[str] | None = None,
    *,
    title: str | None = None,
    theme: str | None = None,
    digits: int = 3,
) -> Film:
    """The film of a solution as a network; see `compgraph.solution.Solution.network`."""
    if len(solution.outputs) != 1 or not solution.derives:
        raise ValueError(f"a network has one output: expected one, got {', '.join(solution.outputs)}. Give of=….")
    output, fine = solution.outputs[0], solution.graph.graph.get("operations", solution.graph)
    if fine.nodes[output].get("value") is None or isinstance(fine.nodes[output]["value"], Expression):
        raise ValueError("a network is drawn at a point: expected values of weights and inputs, got none. Give at={…}.")
    made = neurons(fine, output, [inputs] if isinstance(inputs, str) else list(inputs or ()))
    first = [node for node, column in made.columns.items() if column == 0]
    seeds, sweep = ([output], reverse) if solution.direction == "reverse" else (first, forward)
    missing = [seed for seed in seeds if seed not in made.graph]
    if missing:
        raise ValueError(f"{output} is an array: expected a number, such as a loss, at the end of a network. Sum it.")
    sweeps = {seed: list(sweep(made.graph, {seed: 1.0})) for seed in seeds}
    said = script(made.graph, sweeps, direction=solution.direction, digits=digits)
    return Film(said, title=title, theme=theme, neurons=made, keys=made.graph)


def picture(graph: nx.MultiDiGraph, *, theme: str = "light", rankdir: str = "LR", engine: str = "auto") -> Picture:
    """A graph as SVG: names, operations, values and partials, as far as it has them.

    Examples
    --------
    >>> picture(nx.MultiDiGraph([("x", "y", 0)]))[:34]
    '<svg xmlns="http://www.w3.org/2000'
    """
    return Picture(Drawing(script(graph), rankdir=rankdir, engine=engine).svg(theme=theme))


class Film:
    """Frames of one picture: number 0 is before the first step, the others show one step each.

    Made by `film`. The layout is made when a picture is first asked for; `captions` and DOT text need none.
    """

    def __init__(
        self,
        script: Script,
        *,
        title: str | None,
        theme: str | None,
        rankdir: str = "LR",
        engine: str = "auto",
        neurons: Neurons | None = None,
        keys: Iterable[Any] = (),
    ) -> None:
        self.script = script if neurons is None else told(script)
        self.keys = tuple(map(str, keys))
        self.neurons = neurons
        self.theme = theme
        seeds = ", ".join(sweep.seed for sweep in script.sweeps[:6]) + (", …" if len(script.sweeps) > 6 else "")
        self.title = title or f"Derivatives {'of' if script.direction == 'reverse' else 'with respect to'} {seeds}"
        self._options = {"rankdir": rankdir, "engine": engine}
        self.moments = [Moment(s, turn) for s, sweep in enumerate(script.sweeps) for turn in range(len(sweep.captions))]
        self._drawing: Drawing | None = None

    def __len__(self) -> int:
        return len(self.moments)

    def __iter__(self) -> Iterator[str]:
        """The frames as SVG."""
        return map(self.svg, range(len(self)))

    @property
    def drawing(self) -> Drawing:
        """The picture with everything in its place."""
        if self._drawing is None:
            self._drawing = (
                Drawing(self.script, **self._options) if self.neurons is None else Columns(self.script, self.neurons)
            )
        return self._drawing

    @property
    def captions(self) -> list[str]:
        """The sentence beneath each frame, and why it has as many terms as it has."""
        return [self.script.said(*moment) for moment in self.moments]

    # -- media

    def svg(self, k: int = -1) -> str:
        """Frame `k`, with its caption; counted from the end where negative."""
        return self.drawing.svg(self._moment(k), theme=self.theme or "light", captioned=True)

    def png(self, k: int = -1, *, scale: float = 2.0) -> bytes:
        """Frame `k` as a bitmap, `scale` pixels to the point."""
        return _png(self.svg(k), scale)

    def figure(self) -> Picture:
        """The solved graph as SVG: every value, partial and derivative, and no caption."""
        return Picture(self.drawing.svg(self._moment(None), theme=self.theme or "light"))

    def html(self) -> str:
        """A page with a player, which needs nothing else: no network, no font, no file beside it."""
        return page([self.drawing], title=self.title, theme=self.theme)

    def dot(self, k: int | None = None) -> str:
        """Frame `k`, or the solved graph, as DOT text with full labels; no Graphviz is needed for it."""
        return dot.source(self.script, self._moment(k))

    def to_graphviz(self, k: int | None = None) -> graphviz.Digraph:
        """Frame `k`, or the solved graph, as a `graphviz.Digraph` with full labels, to be changed and styled."""
        return dot.digraph(self.script, self._moment(k))

    def tikz(self, k: int | None = None) -> str:
        r"""Frame `k`, or the solved graph, as a ``tikzpicture``; it needs ``\usepackage{tikz,amsmath}``."""
        return (self.figure() if k is None else Picture(self.svg(k))).tikz()

    def pdf(self, *, frames: range | int | None = None) -> bytes:
        """A document with a page for each frame, whose text can be selected."""
        return media.paged(self, frames)

    def beamer(self, *, frames: range | int | None = None) -> str:
        """A LaTeX document of one slide, through whose frames a click leads."""
        return media.slides(self, frames)

    def animation(self, kind: str = "gif", *, frames: range | int | None = None, seconds: float | None = None) -> bytes:
        """A moving picture: ``gif``, ``apng`` or ``webp``; each frame for as long as its caption takes to read."""
        return media.moving(self, kind, frames, seconds)

    def contact_sheet(self, *, frames: range | int | None = None) -> Picture:
        """All frames on one page, numbered, with what is said of them."""
        return media.contact(self, frames)

    def handout(self, count: int = 3, *, frames: range | int | None = None) -> Pages:
        """Pages with so many frames each, and lines for notes; for print, unless the film has a theme of its own."""
        return media.handed_out(self, count, frames)

    def _moment(self, k: int | None) -> Moment:
        if k is None:
            return Moment(len(self.script.sweeps) - 1, SOLVED)
        if not -len(self) <= k < len(self):
            raise IndexError(f"no frame {k}: expected a number from 0 to {len(self) - 1}, or from the end from -1.")
        return self.moments[k]

    def save(
        self,
        path: str | os.PathLike[str],
        *,
        format: str | None = None,
        frames: range | int | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> list[Path]:
        """Write the film to a file, or its frames to a folder.

        Parameters
        ----------
        path : path
            ``steps.html``, ``.pdf``, ``.tex`` (Beamer), ``.gif``, ``.apng`` and ``.webp`` hold the whole film;
            ``graph.svg``, ``.png``, ``.tikz`` and ``.dot`` the solved graph; a name without a suffix is a folder of
            frames.
        format : {"html", "pdf", "tex", "gif", "apng", "webp", "svg", "png", "tikz", "dot"}, optional
            If the name does not say it; ``svg`` for a folder.
        frames : range or int, optional
            Which frames go into a folder or a film of single frames: these, or every so many.
        progress : callable, optional
            ``progress(done, of)`` is called after each frame.

        Returns
        -------
        list of pathlib.Path
            What was written. Each file is complete, however the export ends.

        Raises
        ------
        ValueError
            An unknown format, or a film too big for all its frames to be written without being asked for.
        """
        return media.save(self, path, format, frames, progress)

    # -- notebooks

    def __repr__(self) -> str:
        return f"Film: {self.title}, {len(self)} frames of {len(self.script.nodes)} nodes"

    def image(self) -> str:
        """The solved graph as the address of a bitmap, for where pages are not allowed; of an SVG, if there is none."""
        try:
            return f"data:image/png;base64,{self.figure().preview()}"
        except ImportError:
            return f"data:image/svg+xml;base64,{base64.b64encode(self.figure().encode()).decode('ascii')}"

    def beside(self, other: Film) -> SideBySide:
        """Both films on one page, stepped together: forward against reverse, with what each has cost so far.

        Examples
        --------
        >>> import compgraph as cg
        >>> text, point = "t = x*y; J = sin(t) + t*z", {"x": 2, "y": 0.5, "z": 1}
        >>> cg.solve(text, point, direction="forward").film().beside(cg.solve(text, point).film())
        SideBySide: Derivatives with respect to x, y, z (24 frames); Derivatives of J (8 frames)
        """
        from compgraph.render.beside import SideBySide

        return SideBySide((self, other))

    def window(self) -> tuple[float, float]:
        """Width and height in pixels of the frame in which a notebook shows the page."""
        return max(1.4 * self.drawing.width, 720), min(self.drawing.height, 620) + 290 + self.below()

    def below(self) -> float:
        """Height in pixels of what a page has under its steps: sliders, and the longest ledger."""
        live, ledgers = self.script.live, self.script.ledgers
        rows = max((110 + 40 * len(one.rows) for one in ledgers), default=0)
        return min(rows + (44 * len(live.inputs) if live else 0), 400)

    def widget(self, *, step: int = 0, selection: str | None = None) -> Any:
        """The film in a notebook cell, its step and its selected node in sync with Python, both ways.

        It needs ``pip install compgraph[widget]``. Where no kernel runs, in a notebook that was sent or exported, the
        film stays, which steps by itself.

        Returns
        -------
        anywidget.AnyWidget
            Its traits are `step`, the number of the frame, and `selection`, a node of the graph or None: read them, set
            them, ``observe`` them.

        Raises
        ------
        ImportError
            anywidget is not installed.
        """
        from compgraph.render.widget import film_widget

        return film_widget(self, step=step, selection=selection)

    def _repr_html_(self) -> str:
        width, height = self.window()
        return iframe(self.html(), self.image(), width=width, height=height, label=self.title)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        try:
            return {"text/html": self._repr_html_(), "text/plain": repr(self)}
        except (RuntimeError, TimeoutError) as error:  # no engine, or none that copes: one sentence, then words
            return instead(repr(self), str(error), *self.captions)


def _png(svg: str, scale: float) -> bytes:
    from compgraph.render.raster import png

    return png(svg, scale=scale)

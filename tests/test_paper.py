"""Paper and slides: every medium says what the SVG says, in the same places, and is the same on every run."""

from __future__ import annotations

import io
import itertools
import math
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import networkx as nx
import pypdf
import pytest
from PIL import Image, ImageSequence

import compgraph as cg
from compgraph.cli import main
from compgraph.homework.worksheet import Worksheet
from compgraph.notation import name_latex
from compgraph.notation.filling import filled_relation
from compgraph.propagation import reverse
from compgraph.render.animation import animation, reading_times
from compgraph.render.film import Film, film, picture
from compgraph.render.font import substitute
from compgraph.render.paging import paged
from compgraph.render.picture import Pages, Picture
from compgraph.render.runs import joined, typeset
from compgraph.render.shapes import Box, Outline, Sheet, Words, read
from compgraph.render.tex import escaped, formula, line
from compgraph.render.tikz import beamer, tikz
from compgraph.solution import Solution
from tests import pictures
from tests.pictures import EXAMPLE, SHAPES, golden, hostile_graph, inside, overlapping

GOLDEN = Path(__file__).parent / "data" / "golden"

FILMS = {
    "worked": lambda: cg.solve(EXAMPLE, {"x": 2}).film(),
    "network": lambda: golden("mazur").statements.film(),
    "elimination": lambda: cg.solve(EXAMPLE, {"x": 2}).film(cg.markowitz),
    "semiring": lambda: cg.solve(EXAMPLE, {"x": 2}).over(cg.MAX_PRODUCT).film(theme="dark"),
    "hostile": lambda: _hostile(),
}


def _hostile() -> Film:
    graph = hostile_graph()
    last = list(graph)[-1]
    return film(graph, {last: reverse(graph, {last: 1.0})}, title="50% of {$x$} \\TeX #1 & ~^_")


@pytest.fixture(scope="module", params=FILMS)
def shown(request: pytest.FixtureRequest) -> Film:
    return FILMS[request.param]()


@pytest.fixture(scope="module")
def worked() -> Film:
    return FILMS["worked"]()


def held(name: str, text: str) -> None:
    """The text is that of the golden file; COMPGRAPH_GOLDEN=update writes the file anew."""
    path = GOLDEN / name
    if os.environ.get("COMPGRAPH_GOLDEN") == "update":
        path.write_text(text, encoding="utf-8", newline="\n")
    assert text == path.read_text(encoding="utf-8")


def texts(sheet: Sheet) -> list[Words]:
    return [shape for part in sheet.parts for shape in part.shapes if isinstance(shape, Words)]


# -- what is read back from a picture


@pytest.mark.parametrize("shape", SHAPES)
def test_a_picture_is_read_as_a_ruler_measures_it(shape: str) -> None:
    svg = SHAPES[shape]().film().svg(-1)
    sheet, measured = read(svg), pictures.Picture(svg)
    assert (sheet.width, sheet.height) == measured.size
    found = sorted((joined(words.runs), words.x, words.y) for words in texts(sheet))
    wanted = sorted((text.words, text.box[0], text.box[3] - 0.2 * (text.box[3] - text.box[1]) / 0.9)
                    for text in measured.texts)  # fmt: skip
    assert [words for words, *_ in found] == [words for words, *_ in wanted]
    for (_, *place), (_, *other) in zip(found, wanted, strict=True):
        assert place == pytest.approx(other, abs=0.1)
    boxes = [shape for part in sheet.parts for shape in part.shapes if isinstance(shape, Box)][1:]
    seen = {r.box for r in measured.rectangles}
    assert boxes and all(
        any((b.x, b.y, b.x + b.width, b.y + b.height) == pytest.approx(box, abs=0.1) for box in seen) for b in boxes
    )


def test_looks_are_those_of_the_style_sheet() -> None:
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" class="s" viewBox="1 2 30 40"><style>.s{fill:#111111;font-size:9px}'
        ".s .a{fill:none;stroke:#222222;stroke-width:2}.s .b.a{stroke:#333333}.s .g .a,.s .g .c{stroke-dasharray:3 1}"
        ".s .h{visibility:hidden}.s .o{opacity:.5}.s .i{font-style:italic}</style>"
        '<rect class="a" x="1" y="2" width="3" height="4"/>'
        '<g class="g o" id="q" transform="translate(10 20) scale(2)"><g class="o">'
        '<rect class="a b" width="3" height="4"/>'
        '<path class="c" d="M1 1h2v2l-1 0z"/></g></g><rect class="h" width="1" height="1"/>'
        '<text x="0" y="5">ab<tspan class="i">c</tspan>d</text></svg>'
    )
    plain, group, words = read(svg).parts
    (box,) = plain.shapes
    assert isinstance(box, Box) and box[1:5] == (0, 0, 3, 4) and box.look[1:] == ("", "#222222", 2, (), 1)
    scaled, outline = group.shapes
    assert isinstance(scaled, Box) and scaled[1:5] == (9, 18, 6, 8)
    assert scaled.look == ("g o o a b", "", "#333333", 4, (6, 2), 0.25)
    assert isinstance(outline, Outline) and outline.look.fill == "#111111"
    assert outline.curves == (
        ("M", ((11, 20),)), ("L", ((15, 20),)), ("L", ((15, 24),)), ("L", ((13, 24),)), ("Z", ()),
    )  # fmt: skip
    (text,) = words.shapes
    assert isinstance(text, Words) and text.runs == ("ab", "c", "d") and text.size == 9


def test_half_a_circle_becomes_curves_on_the_circle() -> None:
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M-2 0a2 2 0 1 0 4 0a2 2 0 1 0-4 0z"/></svg>'
    )
    (part,) = read(svg).parts
    (outline,) = part.shapes
    assert isinstance(outline, Outline)
    ends = [points[-1] for kind, points in outline.curves if kind == "C"]
    assert [tuple(map(round, end)) for end in ends] == [(0, 2), (2, 0), (0, -2), (-2, 0)]
    (a, b), (c, d), (e, f) = outline.curves[1][1]
    middle = (-2 + 3 * a + 3 * c + e) / 8, (3 * b + 3 * d + f) / 8
    assert math.hypot(*middle) == pytest.approx(2, abs=1e-3)


# -- PDF


def test_a_page_for_each_frame_says_what_the_frame_says(shown: Film) -> None:
    frames = list(shown)[::4]
    reader = pypdf.PdfReader(io.BytesIO(shown.pdf(frames=4)))
    assert len(reader.pages) == len(frames)
    for page, svg in zip(reader.pages, frames, strict=True):
        sheet = read(svg)
        assert [float(n) for n in page.mediabox] == pytest.approx([0, 0, sheet.width, sheet.height])
        said = Counter(_letters(page.extract_text()))
        assert said == Counter(_letters("".join(substitute(joined(words.runs)) for words in texts(sheet))))


def _letters(text: str) -> str:
    return re.sub(r"[\s\x00-\x1f\u2028\u202e]", "", text)


def test_text_stands_in_the_places_of_the_svg(worked: Film) -> None:
    page = pypdf.PdfReader(io.BytesIO(worked.pdf())).pages[3]
    sheet = read(worked.svg(3))
    found: dict[tuple[float, float], str] = {}

    def visit(text: str, cm: list[float], tm: list[float], font: Any, size: float) -> None:
        # of what stands on several pages pypdf forgets that the page turns y around
        x, y = tm[4], sheet.height - (cm[3] * tm[5] + cm[5]) if cm[3] < 0 else tm[5]
        found[round(x, 1), round(y, 1)] = found.get((round(x, 1), round(y, 1)), "") + text.strip("\n")

    page.extract_text(visitor_text=visit)
    wanted = {(round(w.x, 1), round(w.y, 1)): joined(w.runs).replace("\xa0", " ") for w in texts(sheet)}
    assert {place: text for place, text in found.items() if text} == wanted


def test_fonts_are_embedded_as_far_as_they_are_used_and_nothing_is_dated(worked: Film) -> None:
    data = worked.pdf()
    reader = pypdf.PdfReader(io.BytesIO(data))
    fonts = {str(f["/BaseFont"]): f for page in reader.pages for f in page["/Resources"]["/Font"].values()}  # type: ignore[index]
    assert sorted(re.sub(r"^/[A-Z]{6}\+", "", name) for name in fonts) == [
        "CompgraphMath-Italic",
        "CompgraphMath-Regular",
    ]
    for f in fonts.values():
        assert len(f["/FontDescriptor"]["/FontFile2"].get_data()) < 40_000 and "/ToUnicode" in f
    assert reader.metadata is not None and reader.metadata.title == worked.title
    assert reader.outline[2]["/Title"] == "Reverse sweep from J, step 2 of 6"  # type: ignore[index,call-overload]
    assert data == worked.pdf() and b"2026" not in data and len(data) < 12_000 * len(worked)


def test_a_graph_alone_has_a_pdf() -> None:
    page = pypdf.PdfReader(io.BytesIO(picture(nx.MultiDiGraph([("x", "y", 0)])).pdf())).pages[0]
    assert page.extract_text().split() == ["x", "y"]


# -- moving pictures


@pytest.mark.parametrize("kind", ["gif", "apng", "webp"])
def test_a_moving_picture_has_every_frame_for_its_time(worked: Film, kind: str) -> None:
    data = worked.animation(kind, frames=3)
    assert data == worked.animation(kind, frames=3) and len(data) < 300_000
    image = Image.open(io.BytesIO(data))
    scale = 1600 / worked.drawing.width
    times = []
    for k, frame in enumerate(ImageSequence.Iterator(image)):
        frame.load()
        times.append(frame.info["duration"])
        seen, wanted = frame.convert("RGB"), Image.open(io.BytesIO(worked.png(3 * k, scale=scale))).convert("RGB")
        assert seen.size == wanted.size
        pairs = zip(_some(seen), _some(wanted), strict=True)
        assert max(abs(a - b) for p, q in pairs for a, b in zip(p, q, strict=True)) <= (32 if kind == "gif" else 0)
        assert seen.getpixel((1, 1)) == wanted.getpixel((1, 1)) == (255, 255, 255)
    assert image.info["loop"] == 0
    # GIF counts hundredths of a second
    assert times == pytest.approx([1000 * t for t in reading_times(worked.captions[::3])], abs=10)


def _some(image: Image.Image) -> list[Any]:
    """Pixels here and there."""
    return [image.getpixel((x, y)) for x in range(0, image.width, 7) for y in range(0, image.height, 5)]


def test_what_does_not_change_does_not_flicker() -> None:
    frames = [FILMS["network"]().png(k, scale=0.4) for k in (5, 6, 7)]
    seen = [f.convert("RGB") for f in ImageSequence.Iterator(Image.open(io.BytesIO(animation(frames, [1, 1, 1]))))]
    pages = [Image.open(io.BytesIO(frame)).convert("RGB") for frame in frames]
    for (a, b), (p, q) in zip(itertools.pairwise(seen), itertools.pairwise(pages), strict=True):
        still = [i for i, (x, y) in enumerate(zip(_some(p), _some(q), strict=True)) if x == y]
        before, after = _some(a), _some(b)
        assert len(still) > 1000 and all(before[i] == after[i] for i in still)


def test_the_time_of_a_frame_may_be_said(worked: Film) -> None:
    image = Image.open(io.BytesIO(worked.animation(frames=2, seconds=0.5)))
    assert [f.info["duration"] for f in ImageSequence.Iterator(image)] == [500] * 4
    with pytest.raises(ValueError, match="seconds for a frame: expected a number above 0"):
        worked.animation(seconds=0)
    with pytest.raises(ValueError, match="unknown moving picture 'mp4': expected one of gif, apng, webp"):
        worked.animation("mp4")


# -- TikZ and Beamer


def bare(drawn: str) -> list[str]:
    """What is drawn, in what place, without the names of styles; the paper is the slide's own."""
    lines = [re.sub(r"^\\(path|node)\[[^]]*\]", r"\\\1", line) for line in drawn.splitlines()]
    return [
        line for line in lines if line.startswith(("\\path", "\\node")) and not line.startswith(r"\path (0,0) rect")
    ]


def steps(document: str) -> Iterator[tuple[str, list[int] | None]]:
    """The lines of a deck with the steps they are seen in; None for all of them."""
    seen: list[int] | None = None
    for drawn in document.splitlines():
        if found := re.fullmatch(r"\\only<([\d,-]+)>\{%", drawn):
            parts = [part.split("-") for part in found[1].split(",")]
            seen = [n for part in parts for n in range(int(part[0]), int(part[-1]) + 1)]
        elif drawn == "}":
            seen = None
        else:
            yield drawn, seen


def test_the_steps_of_a_deck_are_the_frames(shown: Film) -> None:
    frames = list(shown)
    deck = list(steps(beamer(frames, title=shown.title)))
    for k in range(0, len(frames), max(1, len(frames) // 5)):
        seen = [drawn for drawn, when in deck if when is None or k + 1 in when]
        box = next(drawn for drawn in seen if "useasboundingbox" in drawn)
        assert Counter(bare("\n".join(seen))) == Counter(bare(tikz(frames[k])))
        assert box in tikz(frames[k])


def test_a_figure_has_the_coordinates_of_the_svg(worked: Film) -> None:
    svg = worked.svg(3)
    drawn = tikz(svg)
    cards = [r.box for r in pictures.Picture(svg).rectangles if r.kind == "cg-card"]
    number = r"(-?[\d.]+)"
    corners = re.findall(rf"card\] \({number},{number}\) rectangle \({number},{number}\);", drawn)
    found = [tuple(map(float, corner)) for corner in corners]
    assert len(cards) == 6 and all(a == pytest.approx(b, abs=0.06) for a, b in zip(found, cards, strict=True))
    assert drawn == tikz(svg) == worked.tikz(3)
    assert r"{$\partial J/\partial u_{2}=0.9695$}" in drawn and r"{$t=x^{2}$}" in drawn


def test_the_latex_of_the_worked_example_is_held_by_golden_files(worked: Film) -> None:
    held("figure.tikz", worked.tikz())
    held("film.tex", worked.beamer())


def test_latex_is_closed_whatever_the_names(shown: Film) -> None:
    for text in (shown.tikz(), shown.tikz(1)):
        assert text.isascii() or "hostile" not in shown.title
        body = re.sub(r"\\.", "", text)
        assert body.count("{") == body.count("}") and body.count("$") % 2 == 0
        defined = set(re.findall(r"\\definecolor\{([^}]*)\}", text))
        assert set(re.findall(r"(?:fill|draw|text)=(cg-[\w-]+)", text)) == defined - {"cg-paper"} | (
            {"cg-paper"} & set(re.findall(r"fill=(cg-paper)", text))
        )


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("t is used twice, so two terms add up.", "$t$ is used twice{,} so two terms add up."),
        ("MAX_PRODUCT of these", r"MAX\_PRODUCT of these"),
        ("∂E/∂net_h1 = 0.5", r"$\partial E/\partial \mathrm{net}_{h1}=0.5$"),
        ("the_name_of_it_all = 3", r"the\_name\_of\_it\_all ${}=3$"),
        ("max(a, b)", r"$\mathrm{max}(a,\,b)$"),
        ("x^(n − 1)^2^(", r"$x^{n-1}{}^{2}\text{\textasciicircum{}}($"),
    ],
)
def test_words_are_words_and_formulas_are_formulas(text: str, wanted: str) -> None:
    assert line(typeset(text)) == wanted


def test_formulas_in_a_sentence_have_no_stops_in_them() -> None:
    assert line(("", "J", " is 3.5, or ", "x", ": 2.")) == r"$J$ is $3.5${,} or $x$: $2$."
    assert line(("with ", "x", " = 3 here")) == r"with $x=3$ here" and escaped(".") == "."
    assert formula(("x_max",)) == name_latex("x_max")


# -- several frames on a page


def test_a_contact_sheet_has_every_frame_in_its_order(shown: Film) -> None:
    sheet = shown.contact_sheet()
    assert sheet == shown.contact_sheet() and sheet.count(" id=") == 0
    page = read(sheet)
    assert {page.width, page.height} == {595, 842}
    groups = [part for part in page.parts if any(" cg-card" in shape.look.name for shape in part.shapes)]
    assert len(groups) == len(shown)
    boxes = [_extent(part.shapes) for part in groups]
    said = [_extent(part.shapes) for part in page.parts if isinstance(part.shapes[0], Words)]
    assert all(inside(box, (0, 0, page.width, page.height), 20) for box in boxes)
    assert all(box[3] < page.height - 20 for box in said)
    assert not any(overlapping(a, b) for a, b in itertools.combinations(boxes, 2))
    assert not any(overlapping(a, b) for a in boxes for b in said)
    assert [(box[1], box[0]) for box in boxes] == sorted((box[1], box[0]) for box in boxes)
    numbers = [joined(w.runs) for w in texts(page) if joined(w.runs).isdecimal() and w.look.name == "cg-said cg-soft"]
    assert numbers == [str(k) for k in range(len(shown))]


def _extent(shapes: Any) -> tuple[float, float, float, float]:
    spots: list[tuple[float, float]] = []
    for shape in shapes:
        if isinstance(shape, Box):
            spots += [(shape.x, shape.y), (shape.x + shape.width, shape.y + shape.height)]
        elif isinstance(shape, Words):
            spots += [(shape.x, shape.y - 0.7 * shape.size), (shape.x + shape.width, shape.y + 0.2 * shape.size)]
        else:
            spots += [point for _, points in shape.curves for point in points]
    return min(x for x, _ in spots), min(y for _, y in spots), max(x for x, _ in spots), max(y for _, y in spots)


def test_the_frames_of_a_sheet_are_the_drawing_made_smaller(worked: Film) -> None:
    page = read(worked.contact_sheet())
    whole = [part for part in read(worked.drawing.svg(worked.moments[3], theme="light")).parts if part.key]
    small = [part for part in page.parts if any(" cg-card" in shape.look.name for shape in part.shapes)][3].shapes
    cards = [shape for part in whole for shape in part.shapes if isinstance(shape, Box)]
    others = [shape for shape in small if isinstance(shape, Box)]
    scale = others[0].width / cards[0].width
    for a, b in zip(cards, others, strict=True):
        assert (b.x - others[0].x, b.y - others[0].y) == pytest.approx(
            (scale * (a.x - cards[0].x), scale * (a.y - cards[0].y)), abs=0.05
        )
        assert b.look.width == pytest.approx(scale * a.look.width, rel=1e-3)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 6, 9, 12])
def test_a_handout_has_so_many_frames_and_lines_for_notes(shown: Film, count: int) -> None:
    pages = shown.handout(count)
    assert len(pages) == -(-len(shown) // count)
    numbers = []
    for page in map(read, (pages[0], pages[-1])):
        groups = [part for part in page.parts if any(" cg-card" in shape.look.name for shape in part.shapes)]
        rules = [part for part in page.parts if part.shapes[0].look.name == "cg-rule"]
        numbers.append(len(groups))
        assert len(rules) >= len(groups)
        boxes = [_extent(part.shapes) for part in [*groups, *rules]]
        assert all(inside(box, (0, 0, 595, 842), 20) for box in boxes)
        words = [_extent(part.shapes) for part in page.parts if isinstance(part.shapes[0], Words)]
        frames = [_extent(part.shapes) for part in groups]
        assert not any(overlapping(a, b) for a, b in itertools.combinations(frames, 2))
        assert not any(overlapping(a, b, 0.0) for a in words for b in boxes)
    assert numbers == [min(count, len(shown)), len(shown) - count * (len(pages) - 1)]


def test_a_handout_is_for_print_and_counts_reasonably(worked: Film) -> None:
    assert 'class="cg-print"' in worked.handout()[0]
    assert 'class="cg-print"' in FILMS["semiring"]().handout()[0]
    for count in (0, 13, True, 2.5):
        with pytest.raises(ValueError, match="frames to a page: expected a whole number from 1 to 12, got"):
            worked.handout(count)  # type: ignore[arg-type]


# -- files


def test_the_name_of_a_file_says_the_medium(worked: Film, tmp_path: Path) -> None:
    starts = {
        "a.pdf": b"%PDF-", "a.gif": b"GIF89a", "a.apng": b"\x89PNG", "a.webp": b"RIFF", "a.tex": b"\\documentclass",
        "a.tikz": b"\\begin{tikzpicture}",
    }  # fmt: skip
    for name, start in starts.items():
        frames = None if name == "a.tikz" else range(2)
        assert worked.save(tmp_path / name, frames=frames) == [tmp_path / name]
        assert (tmp_path / name).read_bytes().startswith(start)
    assert len(pypdf.PdfReader(worked.save(tmp_path / "b.pdf", frames=3)[0]).pages) == 3
    assert [path.name for path in worked.save(tmp_path / "c", format="tikz", frames=3)] == [
        "frame-000.tikz", "frame-003.tikz", "frame-006.tikz",
    ]  # fmt: skip
    with pytest.raises(ValueError, match=r"unknown format 'mp4': expected html, pdf, tex, gif, .*graph, or a folder"):
        worked.save(tmp_path / "a.mp4")
    sheet = worked.contact_sheet()
    for kind, start in {"svg": b"<svg", "png": b"\x89PNG", "pdf": b"%PDF", "tikz": b"\\begin"}.items():
        assert sheet.save(tmp_path / f"sheet.{kind}").read_bytes().startswith(start)
    with pytest.raises(ValueError, match="unknown format 'gif': expected svg, png, pdf or tikz"):
        sheet.save(tmp_path / "sheet.gif")
    pages = worked.handout(4)
    assert isinstance(pages, Pages) and isinstance(pages[0], Picture)
    assert len(pypdf.PdfReader(pages.save(tmp_path / "h.pdf")[0]).pages) == 2
    assert [path.name for path in pages.save(tmp_path / "h", format="png")] == ["page-000.png", "page-001.png"]
    with pytest.raises(
        ValueError, match=r"expected one file of the format pdf, or a folder of svg or png, got 'h\.gif'"
    ):
        pages.save(tmp_path / "h.gif")


@pytest.mark.parametrize(("library", "kind"), [("reportlab", "pdf"), ("PIL", "gif")])
def test_without_its_library_a_medium_says_how_to_get_it(
    worked: Film, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, library: str, kind: str
) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == library]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(ImportError, match=r"pip install compgraph\[paper\]"):
        worked.save(tmp_path / f"a.{kind}")
    assert list(tmp_path.iterdir()) == []


def test_the_command_line_writes_every_medium(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    problem = ["film", "J = cos(x^2)", "--at", "x=2"]
    for name in ("steps.pdf", "steps.gif", "steps.tex", "graph.tikz"):
        assert main([*problem, "-o", str(tmp_path / name)]) == 0 and (tmp_path / name).stat().st_size > 1000
    assert main([*problem, "-o", str(tmp_path / "contact.svg"), "--contact"]) == 0
    assert main([*problem, "-o", str(tmp_path / "notes.pdf"), "--handout", "2"]) == 0
    assert len(pypdf.PdfReader(tmp_path / "notes.pdf").pages) == 2
    assert (tmp_path / "contact.svg").read_text("utf-8").startswith("<svg")
    capsys.readouterr()
    assert main([*problem, "-o", str(tmp_path / "notes.pdf"), "--handout", "99"]) == 2
    assert "from 1 to 12" in capsys.readouterr().err


# -- worksheets


def test_a_worksheet_is_printed_on_pages_and_nothing_is_cut_or_lost() -> None:
    case = golden("mazur")
    problem = cg.homework.Problem(
        "\n".join(pictures._GOLDEN["mazur"]["assignments"]),
        title="mazur",
        at={name: str(value) for name, value in pictures._GOLDEN["mazur"]["inputs"].items()},
    )
    sheet = Worksheet(problem)
    assert case.outputs == ("E",)
    for paper in (sheet.blank, sheet.key):
        whole = read(paper.svg())
        pages = list(paged(whole, 1123, 43))
        assert len(pages) == 2 and whole.height > 1123
        assert Counter(joined(w.runs) for w in texts(whole)) == Counter(joined(w.runs) for p in pages for w in texts(p))
        for page in pages:
            shapes = [shape for part in page.parts[1:] for shape in part.shapes]
            assert all(inside(_extent([shape]), (0, 0, page.width, page.height), 15) for shape in shapes)
        reader = pypdf.PdfReader(io.BytesIO(paper.pdf()))
        assert [tuple(round(float(n)) for n in page.mediabox[2:]) for page in reader.pages] == [(596, 842)] * 2
        assert paper.pdf() == paper.pdf()


# -- derivations


def test_a_derivation_is_held_by_golden_files() -> None:
    solution = cg.solve(EXAMPLE, {"x": 2})
    held("derivation.txt", str(solution.derivation(digits=4)) + "\n")
    held("derivation.tex", solution.derivation(digits=4).latex())
    html = solution.derivation(digits=4)._repr_html_()
    assert html.count("<tr>") == 3 + len(solution.values) + len(solution.partials) + len(solution.derivatives)
    assert "<td" in html and "<i>u</i>₁" in html


@pytest.mark.parametrize(
    "solution",
    [
        lambda: cg.solve("y = where(x > 0, sqrt(x), k*x); z = y*y", {"x": "-1/3", "k": 3}, exact=True),
        lambda: cg.solve("t = x*x/7; y = t - x^3 + 0.1x; z = y/t", {"x": 2.34567891, "w": 3}, wrt=["x", "w"]),
        lambda: cg.solve("a = x*y; b = a + y", {"x": 2, "y": -0.5}, of=["a", "b"]),
        lambda: cg.solve("a = x*y; b = a + y/x", {"x": 2, "y": 1e-7}, direction="forward", wrt="x").statements,
        lambda: cg.solve("a = x*y; b = a + y/x"),
    ],
)
def test_what_a_derivation_says_is_complete_and_true(solution: Any) -> None:
    s: Solution = solution()
    sections = list(s.derivation(digits=4).sections())
    assert [section.heading for section in sections[:2]] == ["Values", "Partials"]
    assert len(sections) == 2 + len(s.seeds) and len(sections[1].lines) == len(s.partials)
    checked = 0
    for section in sections:
        for left, parts in section.lines:
            assert left and all(part[0] in "=≈(" for part in parts)
            numbers = [_evaluated(part[2:]) for part in parts]
            for (_, a), (part, b) in itertools.pairwise(zip(parts, numbers, strict=True)):
                if a is not None and b is not None:
                    assert (a == b) == part.startswith("=") and float(a) == pytest.approx(float(b), rel=2e-3)
                    checked += 1
    assert checked > 1 or s.semiring.name == "EXPRESSION"


def _evaluated(written: str) -> Fraction | None:
    """The exact value of printed arithmetic; None where there is anything else in it."""
    python = written.replace("−", "-").replace("·", "*").replace("²", "**2").replace("³", "**3").replace("×10⁻⁷", "e-7")
    if not re.fullmatch(r"[-+*/().\de ]+", python) or (written.endswith(")") and "(" not in written):
        return None
    value = eval(re.sub(r"\d+(?:\.\d+)?(?:e-\d+)?", r"F('\g<0>')", python).replace("**F('2')", "**2").replace(
        "**F('3')", "**3"), {"F": Fraction})  # fmt: skip
    return Fraction(value)


@pytest.mark.parametrize(
    ("of", "x", "result", "wanted"),
    [
        (lambda x: x * 3, 0.1, 0.3, "="), (lambda x: x / 3, 1.0, 1 / 3, "≈"), (cg.sqrt, 2.25, 1.5, "="),
        (cg.tanh, 40.0, 1.0, "≈"), (cg.exp, 0.0, 1.0, "="), (cg.sin, 4.0, math.sin(4), "≈"),
        (lambda x: cg.tanh(40 * x), 1.0, 1.0, "≈"), (lambda x: 1 / x, 0.0, math.inf, "≈"),
    ],
)  # fmt: skip
def test_an_equality_is_claimed_where_it_is_exact(of: Any, x: float, result: float, wanted: str) -> None:
    assert filled_relation(of(cg.Variable("x")), {"x": x}, result, 6) == wanted


def test_a_derivation_is_of_derivatives_and_never_recurses() -> None:
    with pytest.raises(ValueError, match=r"expected derivatives, got totals of COUNT\. Use s\.table\(\)"):
        cg.solve("y = x*x", {"x": 2}).over(cg.COUNT).derivation()
    deep = cg.solve("; ".join(f"x{i + 1} = sin(x{i})" for i in range(1000)), {"x0": 1})
    assert repr(deep.derivation()).count("\n") < 200 and str(deep.derivation()).count("\n") > 3000


# -- TeX itself


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not on the PATH (Debian: texlive-pictures, "
                    "texlive-latex-recommended, lmodern)")  # fmt: skip
def test_tex_sets_what_is_written_for_it(worked: Film, tmp_path: Path) -> None:
    figures = [_hostile(), *(SHAPES[shape]().film() for shape in ("branch", "long names", "parallel edges"))]
    for k, one in enumerate(figures):
        one.save(tmp_path / f"figure{k}.tikz")
    body = "\n\n".join(
        rf"\noindent\resizebox{{\linewidth}}{{!}}{{\input{{figure{k}.tikz}}}}" for k in range(len(figures))
    )
    lines = cg.solve(EXAMPLE, {"x": 2}).derivation().latex()
    head = r"\documentclass{article}\usepackage{tikz,amsmath}"
    documents = {
        "deck.tex": worked.beamer(),
        "dark.tex": FILMS["semiring"]().beamer(frames=3),
        "figures.tex": rf"{head}\begin{{document}}{body}\par {lines}\end{{document}}",
    }
    for name, text in documents.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        command = ["pdflatex", "-interaction=batchmode", "-halt-on-error", name]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=120)
        log = (tmp_path / name).with_suffix(".log").read_text("latin-1")
        assert done.returncode == 0, log[-3000:]
        assert "Missing character" not in log and not re.search(r"^Overfull", log, re.M)
    deck = pypdf.PdfReader(tmp_path / "deck.pdf")
    assert len(deck.pages) == len(worked) and len(pypdf.PdfReader(tmp_path / "dark.pdf").pages) == 3
    assert "Reverse sweep from J, step 3 of 6" in re.sub(r"\s+", " ", deck.pages[3].extract_text())

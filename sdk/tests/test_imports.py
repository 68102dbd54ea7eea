"""No circle among the SDK's modules, and no import that runs up from one floor to a higher one.

Read from the sources, whatever is imported when: a circle inside functions, or behind a package that imports its names
when they are asked for, is one too. What only type checkers see is looked at apart.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = "horde_sdk"
SOURCES = Path(__file__).resolve().parents[1] / "src" / PACKAGE

FLOORS: tuple[tuple[set[str], ...], ...] = (
    ({"deploy_config", "model_reference"},),
    ({"generic_api", "exceptions"}, {"generation_parameters"}),
    ({"ai_horde_api"}, {"ratings_api"}, {"backend_parsing"}, {"utils"}),
    (
        {"webhooks"},
        {"registration"},
        {"moderation"},
        {"worker"},
        {"account_keys"},
        {"kudos_statement"},
        {"events"},
        {"explanations"},
        {"generation_pieces"},
        {"embedding_jobs"},
    ),
    ({PACKAGE}, {"mcp_server"}),
    ({"command_line"}, {"meta"}, {"ai_horde_worker"}),
)
"""From the ground up: each floor's rooms. A room imports from itself and from lower floors.

A module of the package's own folder that is not named here lies on the ground, which is one room.
"""


@dataclass(frozen=True, slots=True)
class Import:
    """One module imports another.

    Attributes:
        is_for_types: Only type checkers see it.
    """

    importer: str
    imported: str
    is_for_types: bool = False


def sdk_sources() -> dict[str, str]:
    """The text of every module, by its path below the package; the package itself is `horde_sdk`."""
    found = {}
    for file in SOURCES.rglob("*.py"):
        parts = file.relative_to(SOURCES).with_suffix("").parts
        found[".".join(part for part in parts if part != "__init__") or PACKAGE] = file.read_text(encoding="utf-8")
    return found


def imports_of(sources: Mapping[str, str]) -> set[Import]:
    """Every import from one of these modules to another."""
    trees = {name: ast.parse(source) for name, source in sources.items()}
    origins = {name: dict(_lazily_exported(tree)) for name, tree in trees.items()}
    return {
        Import(importer, imported, is_for_types)
        for importer, tree in trees.items()
        for statement, is_for_types in _statements(tree)
        for imported in _targets(statement, origins)
        if imported != importer
    }


def _statements(node: ast.AST, is_for_types: bool = False) -> Iterator[tuple[ast.Import | ast.ImportFrom, bool]]:
    for child in ast.iter_child_nodes(node):
        guarded = isinstance(node, ast.If) and child in node.body and ast.unparse(node.test) == "TYPE_CHECKING"
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child, is_for_types or guarded
        else:
            yield from _statements(child, is_for_types or guarded)


def _lazily_exported(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """The names that a package imports when they are asked for, and from where."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "lazy_exports":
            table = ast.literal_eval(node.args[1])
            for module, names in table.items():
                for name in names.split() if isinstance(names, str) else names:
                    yield name, _below(module)


def _targets(statement: ast.Import | ast.ImportFrom, origins: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    if isinstance(statement, ast.Import):
        yield from (_below(alias.name) for alias in statement.names if _below(alias.name) in origins)
        return
    assert statement.level == 0, "imports are absolute"
    module = _below(statement.module or "")
    if module not in origins:
        return
    for alias in statement.names:
        inner = alias.name if module == PACKAGE else f"{module}.{alias.name}"
        yield inner if inner in origins else origins[module].get(alias.name, module)


def _below(path: str) -> str:
    return path if path == PACKAGE else path.removeprefix(f"{PACKAGE}.")


def circle_of(imports: set[Import]) -> list[str]:
    """One circle, or nothing."""
    graph: dict[str, set[str]] = {}
    for one in imports:
        graph.setdefault(one.importer, set()).add(one.imported)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        circle: list[str] = error.args[1]
        return circle
    return []


def place_of(module: str) -> tuple[int, int]:
    """Floor and room of a module."""
    top = module.partition(".")[0]
    for floor, rooms in enumerate(FLOORS):
        for room, names in enumerate(rooms):
            if top in names:
                return floor, room
    return 0, 0


def runs_up(one: Import) -> bool:
    importer, imported = place_of(one.importer), place_of(one.imported)
    return importer != imported and importer[0] <= imported[0]


IMPORTS = imports_of(sdk_sources())


def test_no_modules_import_each_other_in_a_circle() -> None:
    """Neither when the program runs nor for types alone."""
    assert circle_of(IMPORTS) == []


def test_no_import_runs_up() -> None:
    assert sorted(f"{one.importer} -> {one.imported}" for one in IMPORTS if runs_up(one)) == []


def test_what_knows_http_knows_no_horde() -> None:
    known = {one.imported.partition(".")[0] for one in IMPORTS if one.importer.partition(".")[0] == "generic_api"}

    assert (
        known
        & {"ai_horde_api", "ratings_api", "worker", "webhooks", "registration", "command_line", "generation_parameters"}
        == set()
    )


def test_every_package_has_a_floor() -> None:
    packages = {folder.name for folder in SOURCES.iterdir() if (folder / "__init__.py").exists()}
    placed = {name for rooms in FLOORS for names in rooms for name in names}

    assert packages <= placed
    assert placed - {PACKAGE} <= packages | {file.stem for file in SOURCES.glob("*.py")}


LAZY = '__all__, __getattr__, __dir__ = lazy_exports(__name__, {"horde_sdk.a.low": "Low"})'


@pytest.mark.parametrize(
    ("sources", "circle"),
    [
        ({"a.high": "from horde_sdk.a.low import Low", "a.low": "def f():\n    from horde_sdk.a import high"}, True),
        ({"a": LAZY, "a.high": "from horde_sdk.a import Low", "a.low": "import horde_sdk.a.high"}, True),
        ({"a.high": "from horde_sdk.a.low import Low", "a.low": "import sys"}, False),
        ({"a": LAZY, "a.high": "from horde_sdk.a import Low", "a.low": "import horde_sdk.elsewhere"}, False),
    ],
)
def test_a_circle_is_found_wherever_its_imports_stand(sources: dict[str, str], circle: bool) -> None:
    found = imports_of({"a": "", **sources})

    assert bool(circle_of(found)) is circle


def test_imports_for_types_are_told_apart() -> None:
    sources = {"a": "if TYPE_CHECKING:\n    from horde_sdk.b import B\nelse:\n    import horde_sdk.c", "b": "", "c": ""}

    assert imports_of(sources) == {Import("a", "b", is_for_types=True), Import("a", "c")}

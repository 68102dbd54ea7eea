"""`routes → service → store` in every slice, read from the sources: SQL in stores, connections taken by services."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import horde_server

SOURCES = Path(horde_server.__file__).parent
MODULES = {str(path.relative_to(SOURCES)): path for path in sorted(SOURCES.rglob("*.py"))}

RUNS_SQL = frozenset({"execute", "executemany", "cursor"})
TAKES_CONNECTIONS = frozenset({"connection"})
OPENS = TAKES_CONNECTIONS | {"transaction"}


def is_store(name: str) -> bool:
    """Whether SQL may stand there: a store, or the room of the database itself."""
    return name.endswith(("/store.py", "_store.py")) or name.startswith("database/")


def calls(path: Path, methods: frozenset[str]) -> Iterator[str]:
    """Calls of methods of these names, as `line: name`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in methods:
            yield f"{node.lineno}: .{node.func.attr}("


def imports(path: Path) -> Iterator[str]:
    """Modules that are imported, for types too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def declares_routes(path: Path) -> bool:
    """Whether the API's addresses stand there."""
    return any(
        isinstance(node, ast.FunctionDef) and node.name == "routes"
        for node in ast.parse(path.read_text(encoding="utf-8")).body
    )


@pytest.mark.parametrize("name", [name for name in MODULES if not is_store(name)])
def test_sql_stands_in_stores_only(name: str) -> None:
    assert not list(calls(MODULES[name], RUNS_SQL))


@pytest.mark.parametrize("name", [name for name in MODULES if is_store(name) and not name.startswith("database/")])
def test_a_store_is_given_its_connection(name: str) -> None:
    assert not list(calls(MODULES[name], TAKES_CONNECTIONS))


@pytest.mark.parametrize("name", [name for name in MODULES if is_store(name) and not name.startswith("database/")])
def test_a_store_knows_nobody_who_takes_connections(name: str) -> None:
    known = {module.removeprefix("horde_server.").replace(".", "/") + ".py" for module in imports(MODULES[name])}
    services = {other for other in known & MODULES.keys() if list(calls(MODULES[other], TAKES_CONNECTIONS))}
    assert not {other for other in services if not other.startswith("database/")}


@pytest.mark.parametrize("name", [name for name in MODULES if declares_routes(MODULES[name])])
def test_routes_open_no_connection_and_know_no_database(name: str) -> None:
    assert not list(calls(MODULES[name], OPENS))
    assert not [module for module in imports(MODULES[name]) if module.startswith(("horde_server.database", "psycopg"))]


def test_the_test_finds_what_it_looks_for() -> None:
    stores = [name for name in MODULES if is_store(name)]
    assert len([name for name in stores if list(calls(MODULES[name], RUNS_SQL))]) >= 15
    assert len([name for name in MODULES if declares_routes(MODULES[name])]) >= 15
    assert list(calls(MODULES["kudos/fold.py"], OPENS))

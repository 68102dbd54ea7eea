"""What we build on in the inside of libraries is still there, as it was when it was built on, and in few places.

Nobody promises us these names. Upper bounds in `pyproject.toml` keep new versions away until this has seen them; what
our migrations have of procrastinate is held to its version in `tasks/test_task_schema.py`.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import uvicorn
from psycopg import errors, generators, pq
from psycopg_pool import AsyncConnectionPool
from psycopg_pool.pool_async import AddConnection
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

import horde_server
from horde_server.database.pool import Pool
from horde_server.process.http_protocol import BoundedProtocol

SOURCES = Path(horde_server.__file__).parent
PARAMETERS = [
    # what we call or replace, and the parameters that we count on
    (psycopg.AsyncConnection.wait, ["self", "gen", "interval", "timeout"]),
    (errors.error_from_result, ["result", "encoding"]),
    (AsyncConnectionPool._get_ready_connection, ["self", "timeout"]),
    (AsyncConnectionPool._add_connection, ["self", "attempt", "growing"]),
    (AsyncConnectionPool._connect, ["self", "timeout"]),
    (AsyncConnectionPool.schedule_task, ["self", "task", "delay"]),
    (AsyncConnectionPool.run_task, ["self", "task"]),
    (AddConnection.__init__, ["self", "pool", "attempt", "growing"]),
    (uvicorn.Server.main_loop, ["self"]),
    (uvicorn.Server.on_tick, ["self", "counter"]),
    (uvicorn.Server.capture_signals, ["self"]),
    (FlowControl.__init__, ["self", "transport"]),
    (FlowControl.pause_reading, ["self"]),
    (FlowControl.resume_reading, ["self"]),
    (HttpToolsProtocol.__init__, ["self", "config", "server_state", "app_state", "_loop"]),
    (HttpToolsProtocol.connection_made, ["self", "transport"]),
    (HttpToolsProtocol.connection_lost, ["self", "exc"]),
    (HttpToolsProtocol.data_received, ["self", "data"]),
    (HttpToolsProtocol.on_message_begin, ["self"]),
    (HttpToolsProtocol.on_url, ["self", "url"]),
    (HttpToolsProtocol.on_header, ["self", "name", "value"]),
    (HttpToolsProtocol.on_headers_complete, ["self"]),
    (HttpToolsProtocol.on_body, ["self", "body"]),
    (HttpToolsProtocol.on_message_complete, ["self"]),
    (HttpToolsProtocol.on_response_complete, ["self"]),
    (HttpToolsProtocol._start_asgi_task, ["self", "cycle", "app"]),
    (HttpToolsProtocol.shutdown, ["self"]),
]
PROTOCOL_STATE = {"cycle", "expect_100_continue", "flow", "headers", "loop", "parser", "pipeline", "transport", "url"}
"""Attributes of a protocol that ours reads or sets."""

INNER = ("psycopg.generators", "psycopg_pool.base", "psycopg_pool.pool_async", "uvicorn.protocols", "uvicorn.config")
BUILT_ON_IN = {"database/pool.py", "database/statements.py", "process/http_protocol.py"}


@pytest.mark.parametrize(("part", "parameters"), PARAMETERS, ids=lambda value: getattr(value, "__qualname__", ""))
def test_the_part_takes_what_we_give_it(part: Any, parameters: list[str]) -> None:
    assert list(inspect.signature(part).parameters)[: len(parameters)] == parameters


def test_a_pool_has_the_queues_that_ours_looks_into() -> None:
    pool = AsyncConnectionPool("", open=False)
    assert (len(pool._pool), len(pool._waiting)) == (0, 0)
    assert callable(pool._pool.rotate)
    assert callable(pool._waiting.popleft)


def test_a_protocol_has_the_state_that_ours_goes_by() -> None:
    setters = (HttpToolsProtocol.__init__, HttpToolsProtocol.on_message_begin)
    assert {name for setter in setters for name in setter.__code__.co_names} >= PROTOCOL_STATE
    assert STATUS_LINE[404].startswith(b"HTTP/1.1 404 ")


def test_statements_can_be_run_without_a_cursor() -> None:
    for name in ("send_prepare", "send_query_prepared", "transaction_status"):
        assert hasattr(pq.PGconn, name)
    assert callable(generators.execute)


@pytest.mark.parametrize(("ours", "theirs"), [(Pool, AsyncConnectionPool), (BoundedProtocol, HttpToolsProtocol)])
def test_what_ours_replaces_of_the_inside_is_told_here(ours: type, theirs: type) -> None:
    """A private method that is replaced, and no longer called by the library, would be replaced in vain."""
    replaced = {
        name for name in vars(ours) if name.startswith("_") and not name.startswith("__") and name in dir(theirs)
    }
    told = {part.__name__ for part, _ in PARAMETERS}
    assert replaced <= told


def imported(path: Path) -> Iterator[str]:
    """The modules that a file names in its imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names)


def test_the_inside_of_libraries_is_used_in_few_places() -> None:
    found = {
        str(path.relative_to(SOURCES))
        for path in SOURCES.rglob("*.py")
        if any(name.startswith(INNER) for name in imported(path))
    }
    assert found == BUILT_ON_IN

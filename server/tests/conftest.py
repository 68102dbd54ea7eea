"""A real PostgreSQL for the tests: one embedded server a session, one freshly migrated database a test.

And a real S3 server, where a test asks for one.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
import pytest_asyncio
from remembered_fields import remember_fields
from s3_server import CREDENTIALS, S3Server, running_s3_server

from horde_server.database.embedded import EmbeddedPostgres
from horde_server.database.migrations import migrate
from horde_server.database.pool import Pool, open_pool

TEMPLATE = "migrated_template"


@pytest.fixture(scope="session", autouse=True)
def _remembered_fields() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        remember_fields(patch)
        yield


def _dsn_of(server_dsn: str, database: str) -> str:
    return psycopg.conninfo.make_conninfo(server_dsn, dbname=database)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """DSN of a PostgreSQL that holds a migrated template database. Started and stopped by the main thread."""
    # not in pytest's own folder: another session makes that unreadable for the user our database runs as
    folder = Path(tempfile.mkdtemp(prefix="horde-tests-"))
    loop = asyncio.new_event_loop()
    server = EmbeddedPostgres(folder)
    loop.run_until_complete(server.start())
    try:
        with psycopg.connect(server.dsn, autocommit=True) as admin:
            # these data need not outlive the tests, and databases that live for a second need no cleaning
            for setting in ("fsync", "synchronous_commit", "full_page_writes", "autovacuum"):
                admin.execute(f"ALTER SYSTEM SET {setting} = off")
            admin.execute("SELECT pg_reload_conf()")
            admin.execute(f"CREATE DATABASE {TEMPLATE}")
        loop.run_until_complete(_migrate(_dsn_of(server.dsn, TEMPLATE)))
        yield server.dsn
    finally:
        loop.run_until_complete(server.stop())
        loop.close()
        shutil.rmtree(folder, ignore_errors=True)


async def _migrate(dsn: str) -> None:
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as conn:
        await migrate(conn)


@pytest.fixture
def database_dsn(postgres_server: str) -> Iterator[str]:
    """A database of its own for one test."""
    with _fresh_database(postgres_server) as dsn:
        yield dsn


@pytest.fixture(scope="module")
def module_database_dsn(postgres_server: str) -> Iterator[str]:
    """A database of its own for the tests of one module."""
    with _fresh_database(postgres_server) as dsn:
        yield dsn


@contextmanager
def _fresh_database(postgres_server: str) -> Iterator[str]:
    """The current schema and the anonymous account, nothing else."""
    name = f"test_{uuid4().hex}"
    with psycopg.connect(postgres_server, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY WAL_LOG")
        try:
            yield _dsn_of(postgres_server, name)
        finally:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest_asyncio.fixture
async def pool(database_dsn: str) -> AsyncIterator[Pool]:
    """A pool on the test's own database."""
    opened = await open_pool(database_dsn, size=4)
    try:
        yield opened
    finally:
        await opened.close()


@pytest.fixture(scope="session")
def running_s3() -> Iterator[S3Server]:
    """An S3 server on loopback, for all tests of a session."""
    folder = Path(tempfile.mkdtemp(prefix="horde-tests-"))
    try:
        with running_s3_server(folder) as server:
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def s3_server(running_s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Server]:
    """The S3 server, its credentials in the environment, its clock put right after the test."""
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    yield running_s3
    running_s3.move_clock(0)

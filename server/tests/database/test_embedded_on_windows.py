"""The embedded database as it is on Windows, forced: a port with a password, and `pg_ctl` in place of signals."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
from pathlib import Path
from typing import Any

import psycopg
import pytest

from horde_server.database import pg_ctl
from horde_server.database.embedded import EmbeddedPostgres, running_dsn
from horde_server.database.system_user import unprivileged_user


def as_database_user() -> dict[str, Any]:
    user = unprivileged_user()
    as_user = {"user": user.uid, "group": user.gid, "extra_groups": []} if user else {}
    return {**as_user, "cwd": "/"}


async def ask(dsn: str, query: str) -> object:
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as conn:
        cursor = await conn.execute(query.encode())
        return await cursor.fetchone() if cursor.description else None


async def test_data_survives_a_restart_on_another_port(tmp_path: Path) -> None:
    cluster = tmp_path / "postgres" / "cluster"
    async with EmbeddedPostgres(tmp_path, on_windows=True) as database:
        await ask(database.dsn, "CREATE TABLE kept (n int)")
        assert running_dsn(tmp_path) == database.dsn
        assert pg_ctl.runs(cluster, **as_database_user())
    assert running_dsn(tmp_path) is None
    assert not pg_ctl.runs(cluster, **as_database_user())
    async with EmbeddedPostgres(tmp_path, on_windows=True) as database:
        assert await ask(database.dsn, "SELECT count(*) FROM kept") == (0,)


async def test_it_listens_on_this_machine_only_and_asks_for_the_password(tmp_path: Path) -> None:
    async with EmbeddedPostgres(tmp_path, on_windows=True) as database:
        assert await ask(database.dsn, "SHOW listen_addresses") == ("127.0.0.1",)
        assert await ask(database.dsn, "SHOW unix_socket_directories") == ("",)
        for password in ("", "a guess"):
            with pytest.raises(psycopg.OperationalError, match="password"):
                await ask(psycopg.conninfo.make_conninfo(database.dsn, password=password), "SELECT 1")
    assert stat.S_IMODE((tmp_path / "postgres" / "password").stat().st_mode) == 0o600


async def test_it_keeps_its_port_when_it_dies_and_is_restarted(tmp_path: Path) -> None:
    async with EmbeddedPostgres(tmp_path, on_windows=True) as database:
        before, dsn = database.pid, database.dsn
        os.kill(before, signal.SIGKILL)
        async with asyncio.timeout(60):
            while database.pid == before:
                await asyncio.sleep(0.05)
            while True:
                try:
                    assert await ask(dsn, "SELECT 1") == (1,)
                    break
                except psycopg.OperationalError:
                    await asyncio.sleep(0.05)


async def test_what_a_crashed_holder_left_is_stopped_at_the_next_start(tmp_path: Path) -> None:
    first = EmbeddedPostgres(tmp_path, on_windows=True)
    await first.start()
    left = first.pid
    assert first._watchdog is not None and first._held is not None and first._process is not None
    first._watchdog.cancel()
    await asyncio.wait([first._watchdog])
    first._held.release()  # as the system does for a holder that was killed
    async with EmbeddedPostgres(tmp_path, on_windows=True) as database:
        assert database.pid != left
        assert await ask(database.dsn, "SELECT 1") == (1,)
    assert first._process.wait(10) == 0


def test_stopping_what_does_not_run_does_nothing(tmp_path: Path) -> None:
    pg_ctl.stop(tmp_path, 1, **as_database_user())
    assert list(tmp_path.iterdir()) == []

"""The checks of `horde doctor`."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from dataclasses import dataclass

import psycopg

from horde_server.command_line.proxy_check import proxy_in_front
from horde_server.database.binaries import BinariesMissing, postgres_bin_folder
from horde_server.database.embedded import running_dsn
from horde_server.database.migrations import read_migrations
from horde_server.database.pool import MIN_SERVER_VERSION
from horde_server.settings import Settings

FREE_SPACE_WANTED_BYTES = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at."""

    subject: str
    ok: bool
    text: str
    advice: str = ""


async def run_checks(settings: Settings) -> list[Finding]:
    """Every check, in the order in which a failure explains the next."""
    findings = [_python(), _data_folder(settings), _disk(settings), _binaries(settings)]
    findings.append(await _database(settings))
    findings += [_server(settings), Finding("proxy", *proxy_in_front(settings)), _worker()]
    return findings


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding("Python", sys.version_info >= (3, 11), version, "Use Python 3.11 or newer.")


def _data_folder(settings: Settings) -> Finding:
    folder = settings.data.absolute()
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    return Finding(
        "data folder",
        os.access(existing, os.W_OK),
        f"{folder}{'' if folder.exists() else ' (made at the first start)'}",
        f"Make {existing} writable for this user, or choose another folder by --data.",
    )


def _disk(settings: Settings) -> Finding:
    folder = settings.data.absolute()
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    free = shutil.disk_usage(existing).free
    return Finding(
        "disk",
        free > FREE_SPACE_WANTED_BYTES,
        f"{free / 1e9:.1f} GB free",
        "Free at least 1 GB, or move the data folder.",
    )


def _binaries(settings: Settings) -> Finding:
    if settings.database_url is not None:
        return Finding("embedded PostgreSQL", True, "not used (a database URL is set)")
    try:
        program = postgres_bin_folder() / "postgres"
        asked = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=10, check=True)
    except BinariesMissing as error:
        return Finding("embedded PostgreSQL", False, "missing", str(error))
    except (OSError, subprocess.SubprocessError) as error:
        return Finding("embedded PostgreSQL", False, f"does not run: {error}", "Use --database-url instead.")
    return Finding("embedded PostgreSQL", True, asked.stdout.strip())


async def _database(settings: Settings) -> Finding:
    dsn = settings.database_url or running_dsn(settings.data)
    if dsn is None:
        return Finding("database", True, "not running (it starts with the server)")
    try:
        async with await psycopg.AsyncConnection.connect(dsn, connect_timeout=5, autocommit=True) as conn:
            version = conn.info.server_version
            cursor = await conn.execute("SELECT to_regclass('schema_migration')")
            has_schema = (await cursor.fetchone() or (None,))[0] is not None
            applied = 0
            if has_schema:
                cursor = await conn.execute("SELECT coalesce(max(version), 0) FROM schema_migration")
                applied = (await cursor.fetchone() or (0,))[0]
    except psycopg.OperationalError as error:
        return Finding("database", False, str(error).splitlines()[0], "Start it, or correct HORDE_DATABASE_URL.")
    if version < MIN_SERVER_VERSION:
        return Finding("database", False, f"PostgreSQL {version // 10000}", "Use PostgreSQL 15 or newer.")
    newest = max(migration.version for migration in read_migrations())
    if applied > newest:
        return Finding("database", False, f"schema {applied} is newer than this program", "Update the program.")
    return Finding("database", True, f"PostgreSQL {version // 10000}, schema {applied} of {newest}")


def _server(settings: Settings) -> Finding:
    url = f"http://{settings.host}:{settings.port}/api/v2/status/heartbeat"
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            heartbeat = json.load(answer)
        return Finding("server", True, f"answers: {heartbeat['message']}, {heartbeat['active_count']} workers online")
    except urllib.error.HTTPError as error:
        return Finding("server", False, f"{url} answers {error.code}", "Is it this horde? Look at the server's log.")
    except (OSError, ValueError, KeyError):
        pass
    with socket.socket() as probe:
        probe.settimeout(2)
        if probe.connect_ex((settings.host, settings.port)) == 0:
            return Finding(
                "server", False, f"port {settings.port} is taken by something else", "Choose another --port."
            )
    return Finding("server", True, f"not running; port {settings.port} is free (start: horde up)")


def _worker() -> Finding:
    if importlib.util.find_spec("horde_worker") is None:
        return Finding("worker", False, "openhorde-worker is not installed", "Install it: pip install openhorde-worker")
    return Finding("worker", True, "installed")

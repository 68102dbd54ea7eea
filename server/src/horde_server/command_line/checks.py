"""The checks of `horde doctor`."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import urllib.error
import urllib.request
from dataclasses import dataclass

import psycopg

from horde_server.command_line.proxy_check import proxy_in_front
from horde_server.database.binaries import BinariesMissing, postgres_bin_folder
from horde_server.database.data_folder import what_is_wrong
from horde_server.database.embedded import running_dsn
from horde_server.database.migrations import read_migrations, schema_version
from horde_server.database.pool import MIN_SERVER_VERSION
from horde_server.insight.disk_room import floor_of, free_bytes, local_places, what_is_full
from horde_server.process.listening import AddressInUse, bind, url_here
from horde_server.settings import Settings


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
    reason = what_is_wrong(folder)
    return Finding(
        "data folder",
        reason is None,
        f"{folder}{'' if folder.exists() else ' (made at the first start)'}"
        if reason is None
        else f"{folder}: {reason}",
        "Correct that, or choose another folder by --data.",
    )


def _disk(settings: Settings) -> Finding:
    places = local_places(settings)
    complaint = what_is_full(places, floor_of(settings))
    if not places:
        return Finding("disk", True, "nothing is kept on this machine")
    return Finding(
        "disk",
        complaint is None,
        complaint or f"{min(map(free_bytes, places.values())) / 1e9:.1f} GB free",
        "Free some space, or move the data folder (--data, HORDE_BLOBS); HORDE_MIN_FREE_BYTES says how much is wanted.",
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
            applied = await schema_version(conn)
    except psycopg.OperationalError as error:
        return Finding("database", False, str(error).splitlines()[0], "Start it, or correct HORDE_DATABASE_URL.")
    if version < MIN_SERVER_VERSION:
        return Finding("database", False, f"PostgreSQL {version // 10000}", "Use PostgreSQL 15 or newer.")
    newest = max(migration.version for migration in read_migrations())
    if applied > newest:
        return Finding("database", False, f"schema {applied} is newer than this program", "Update the program.")
    return Finding("database", True, f"PostgreSQL {version // 10000}, schema {applied} of {newest}")


def _server(settings: Settings) -> Finding:
    base = url_here(settings.host, settings.port)
    url = f"{base}/api/v2/status/heartbeat"
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - http, as made above
            heartbeat = json.load(answer)
        return Finding("server", True, f"answers: {heartbeat['message']}, {heartbeat['active_count']} workers online")
    except urllib.error.HTTPError as error:
        return Finding("server", False, f"{url} answers {error.code}", "Is it this horde? Look at the server's log.")
    except (OSError, ValueError, KeyError):
        pass
    try:
        bind(settings.host, settings.port).close()
    except AddressInUse as error:
        return Finding("server", False, str(error), "Nothing of a horde answers there.")
    return Finding("server", True, f"not running; port {settings.port} is free (start: horde up)")


def _worker() -> Finding:
    if importlib.util.find_spec("horde_worker") is None:
        install = "Install it: pip install 'openhorde-worker[demo]'"
        return Finding("worker", False, "openhorde-worker is not installed", install)
    if importlib.util.find_spec("horde_models") is None:
        return Finding("worker", True, "installed, without its built-in models (pip install openhorde-models)")
    return Finding("worker", True, "installed")

"""Forward-only migrations: numbered SQL files, each applied once in its own transaction, under one lock.

Any number of processes may start together: the first takes the lock and applies, the others find nothing to do.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

import structlog

from horde_server.database.limits import without_limits
from horde_server.database.pool import Connection, DatabaseUnusable

log = structlog.get_logger(__name__)

_LOCK = 7_001_001
_NAME = re.compile(r"(\d{4})_([a-z0-9_]+)\.sql")


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the schema."""

    version: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        """Fingerprint of the text, to notice an applied file that was changed."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


def read_migrations(folder: Traversable | None = None) -> list[Migration]:
    """The migrations of a folder (default: ours), in order."""
    folder = folder or files("horde_server.database") / "migrations"
    found = [
        Migration(int(match[1]), match[2], entry.read_text(encoding="utf-8"))
        for entry in folder.iterdir()
        if (match := _NAME.fullmatch(entry.name))
    ]
    return sorted(found, key=lambda migration: migration.version)


async def schema_version(conn: Connection) -> int:
    """The newest step that was applied; 0 in a database that is no horde's."""
    cursor = await conn.execute("SELECT to_regclass('schema_migration')")
    if (await cursor.fetchone() or (None,))[0] is None:
        return 0
    cursor = await conn.execute("SELECT coalesce(max(version), 0) FROM schema_migration")
    return int((await cursor.fetchone() or (0,))[0])


async def refuse_older(conn: Connection) -> None:
    """Raise `DatabaseUnusable` when steps are missing: a server of an earlier release runs on this database."""
    found, newest = await schema_version(conn), max(migration.version for migration in read_migrations())
    if found < newest:
        raise DatabaseUnusable(
            f"The horde that is running is older than this program, or just starting: its database has migration "
            f"{found}, the program needs {newest}. Start the horde again by this program, then repeat this."
        )


async def migrate(conn: Connection, migrations: Iterable[Migration] | None = None) -> int:
    """Bring the database up to date; how many steps were applied.

    Raises:
        DatabaseUnusable: the database is newer than this program, or an applied file was changed since.
    """
    known = list(migrations if migrations is not None else read_migrations())
    async with without_limits(conn):  # a step may rewrite a large table, and others wait for whoever applies it
        return await _migrate(conn, known)


async def _migrate(conn: Connection, known: list[Migration]) -> int:
    await conn.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
    try:
        await conn.execute(
            """CREATE TABLE IF NOT EXISTS schema_migration (
                   version int PRIMARY KEY, name text NOT NULL, checksum text NOT NULL,
                   applied_at timestamptz NOT NULL DEFAULT now())"""
        )
        cursor = await conn.execute("SELECT version, checksum FROM schema_migration")
        applied = dict(await cursor.fetchall())
        _refuse_mismatch(applied, known)
        pending = [migration for migration in known if migration.version not in applied]
        for migration in pending:
            async with conn.transaction():
                await conn.execute(migration.sql.encode())
                await conn.execute(
                    "INSERT INTO schema_migration (version, name, checksum) VALUES (%s, %s, %s)",
                    (migration.version, migration.name, migration.checksum),
                )
            log.info("database.migrated", version=migration.version, name=migration.name)
        return len(pending)
    finally:
        await conn.execute("SELECT pg_advisory_unlock(%s)", (_LOCK,))


def _refuse_mismatch(applied: dict[int, str], known: list[Migration]) -> None:
    newest = max((migration.version for migration in known), default=0)
    if ahead := [version for version in applied if version > newest]:
        raise DatabaseUnusable(
            f"The database is newer than this program: it has migration {max(ahead)}, the program knows {newest}. "
            "Update the program, or restore an older database."
        )
    for migration in known:
        checksum = applied.get(migration.version)
        if checksum is not None and checksum != migration.checksum:
            raise DatabaseUnusable(
                f"Migration {migration.version:04} was changed after it had been applied. Never edit an applied "
                "migration: restore the file and add a new one."
            )

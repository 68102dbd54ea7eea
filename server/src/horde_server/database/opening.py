"""The horde's database, whichever it is, ready for use."""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from horde_server.database.data_folder import DataFolderUnusable, FolderHold
from horde_server.database.embedded import EmbeddedPostgres, running_dsn
from horde_server.database.limits import UNLIMITED
from horde_server.database.migrations import migrate, refuse_older, schema_version
from horde_server.database.pool import connect, open_pool
from horde_server.settings import Settings


class NoHordeThere(RuntimeError):
    """There is no horde to work on; the message says where it was looked for and what to do."""


@asynccontextmanager
async def database(settings: Settings, held: FolderHold | None = None) -> AsyncIterator[str]:
    """The connection string of the horde's database, up to date; an embedded one runs as long as it is needed.

    Args:
        settings: Say which.
        held: The hold of the data folder, where the caller has it already; for an embedded one only.

    Raises:
        DatabaseUnusable, EmbeddedDatabaseError, DataFolderUnusable: with a sentence.
    """
    async with contextlib.AsyncExitStack() as stack:
        dsn = settings.database_url
        if dsn is None:
            dsn = (await stack.enter_async_context(EmbeddedPostgres(settings.data, held))).dsn
        pool = await open_pool(
            dsn, size=2, name="openhorde migrations", wait_s=settings.database_wait_s, limits=UNLIMITED
        )
        try:
            async with pool.connection() as conn:
                await migrate(conn)
        finally:
            await pool.close()
        yield dsn


@asynccontextmanager
async def existing_database(settings: Settings, *, or_make: bool = False) -> AsyncIterator[str]:
    """As `database`, of a horde that was there before (`or_make`: or of a new one), whether it is running or not.

    Raises:
        NoHordeThere: there is none, and none is made.
    """
    if settings.database_url is None and (running := running_dsn(settings.data)) is not None:
        async with await connect(running) as conn:
            await refuse_older(conn)
        yield running
        return
    if or_make:
        pass
    elif settings.database_url is not None:
        await _refuse_without_schema(settings)
    elif not holds_a_horde(settings.data):
        raise NoHordeThere(_no_horde_in(settings))
    async with database(settings) as dsn:
        yield dsn


async def _refuse_without_schema(settings: Settings) -> None:
    pool = await open_pool(settings.database_url or "", size=1, name="openhorde admin", wait_s=settings.database_wait_s)
    try:
        async with pool.connection() as conn:
            if await schema_version(conn) == 0:
                raise NoHordeThere(
                    "There is no horde in this database: correct --database-url (or HORDE_DATABASE_URL), start one "
                    "there by `horde serve`, or make one now by --new."
                )
    finally:
        await pool.close()


def _no_horde_in(settings: Settings) -> str:
    running = [f"--data '{folder}'" for folder in running_folders()]
    hint = f" Running on this machine: {', '.join(running)}." if running else ""
    return (
        f"There is no horde in {settings.data.absolute()}: say by --data (or HORDE_DATA) where it is, start one by "
        f"`horde serve`, or make one there now by --new.{hint}"
    )


def holds_a_horde(data_folder: Path) -> bool:
    """Whether an embedded database was made in this data folder. Raises `DataFolderUnusable`."""
    try:
        (data_folder.absolute() / "postgres" / "cluster" / "PG_VERSION").stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise DataFolderUnusable.by(data_folder, error) from error
    return True


def running_folders() -> list[Path]:
    """Data folders of the embedded databases that run on this machine, as far as it tells (Linux)."""
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            arguments = (process / "cmdline").read_bytes().split(b"\0")
            if b"-D" in arguments and b"-k" in arguments:
                cluster = Path(os.fsdecode(arguments[arguments.index(b"-D") + 1]))
                if cluster.parts[-2:] == ("postgres", "cluster"):
                    found.add(cluster.parent.parent)
    return sorted(found)

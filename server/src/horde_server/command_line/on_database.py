"""Work of `horde admin` on the horde's database, with or without a running server, and word of it to a running one."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import typer

from horde_server.command_line.options import fail, settings_from

if TYPE_CHECKING:
    from horde_server.database.pool import Connection

ResultT = TypeVar("ResultT")


def on_database(
    work: Callable[[Connection], Awaitable[ResultT]],
    *,
    data: Path | None,
    database_url: str | None,
    or_make: bool = False,
) -> ResultT:
    """What `work` returns, on a connection to the horde's database.

    Its refusals (`HordeError`), and what makes the database unusable, end the command with their sentence.

    Args:
        work: Opens its own transactions; tells running servers of what it changed by `tell`.
        data: The data folder that was given, if any.
        database_url: The database that was given, if any.
        or_make: Make the horde where there is none.
    """
    import logging

    from horde_server.database.opening import existing_database
    from horde_server.database.pool import connect
    from horde_server.database.unusable import UNUSABLE
    from horde_server.errors import HordeError
    from horde_server.process.logs import configure_logs
    from horde_server.system.event_loop import run

    settings = settings_from(data=data, database_url=database_url)
    configure_logs(logging.WARNING)  # standard output is for the answer, also for programs

    async def main() -> ResultT:
        async with existing_database(settings, or_make=or_make) as dsn, await connect(dsn) as conn:
            return await work(conn)

    try:
        return run(main())
    except HordeError as refusal:
        fail(refusal.message)
    except UNUSABLE as error:
        fail(str(error))


def account_number(user: str) -> int:
    """The number of an account named by its alias or its number. Ends the command where it is neither."""
    number = user.rpartition("#")[2]
    if not (number.isascii() and number.isdigit() and int(number) < 2**31):
        fail("Name the account by its alias, such as ada#1, or by its number.", code=2)
    return int(number)


def print_json(value: Any) -> None:
    """One JSON document on standard output, for programs."""
    typer.echo(json.dumps(value, ensure_ascii=False, default=str))

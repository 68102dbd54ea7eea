"""`horde admin …`: works on the database itself, with or without a running server.

A running horde is found by its data folder, where its database leaves the address of its socket; without one running,
the database of that folder is started for the moment. A horde is made only when asked for.
"""

from __future__ import annotations

import json
from typing import Annotated

import typer

from horde_sdk.harmless_text import one_line
from horde_server.command_line.options import Data, DatabaseUrl, fail, settings_from

app = typer.Typer(help="Work on a horde's database: accounts.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Work on a horde's database: accounts."""


@app.command("create-user")
def create_user(
    name: Annotated[str, typer.Argument(help="User name; the number is given.")],
    kudos: Annotated[int, typer.Option(min=0, max=10**12, help="Kudos to begin with.")] = 0,
    moderator: Annotated[bool, typer.Option("--moderator", help="May moderate; is trusted too.")] = False,
    trusted: Annotated[bool, typer.Option("--trusted", help="Earns without escrow.")] = False,
    customizer: Annotated[bool, typer.Option("--customizer", help="Workers may offer any model name.")] = False,
    new: Annotated[bool, typer.Option("--new", help="Make the horde first, where there is none yet.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    data: Data = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Make an account and print its API key, once.

    The horde may be running or not; it is the one of the data folder or of the database URL.
    """
    import logging

    from horde_server.accounts.creation import NewAccount, create_account
    from horde_server.database.opening import existing_database
    from horde_server.database.pool import connect
    from horde_server.database.unusable import UNUSABLE
    from horde_server.process.logs import configure_logs
    from horde_server.system.event_loop import run

    name = name.strip()
    if not 1 <= len(name) <= 30 or "\0" in name or "#" in name:
        fail("A user name has 1 to 30 characters and no #.", code=2)
    settings = settings_from(data=data, database_url=database_url)
    configure_logs(logging.WARNING)  # standard output is for the answer, also for programs

    async def main() -> NewAccount:
        async with existing_database(settings, or_make=new) as dsn, await connect(dsn) as conn:
            return await create_account(
                conn, name, kudos=kudos, moderator=moderator, trusted=trusted, customizer=customizer
            )

    try:
        made = run(main())
    except UNUSABLE as error:
        fail(str(error))
    if as_json:
        typer.echo(json.dumps({"id": made.id, "username": name, "alias": made.alias, "api_key": made.api_key}))
    else:
        typer.echo(f"{one_line(made.alias)} was made. Its API key, shown only now: {made.api_key}")

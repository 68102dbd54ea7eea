"""`horde admin …`: works on the database itself, with or without a running server.

A running horde is found by its data folder, where its database leaves the address of its socket; without one running,
the database of that folder is started for the moment. A horde is made only when asked for.
"""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Annotated

import typer

from horde_sdk.harmless_text import one_line
from horde_server.command_line import (
    admin_audit,
    admin_ban,
    admin_cancel,
    admin_changes,
    admin_content,
    admin_keys,
    admin_new_users,
    admin_users,
)
from horde_server.command_line.admin_ledger import audit_ledger
from horde_server.command_line.on_database import account_number, on_database
from horde_server.command_line.options import Data, DatabaseUrl, fail


class KeyScope(StrEnum):
    """What a key is for: `identity.keys.Scope`, without what that imports."""

    FULL = "full"
    ASK = "ask"
    WORK = "work"
    READ = "read"


app = typer.Typer(help="Work on a horde's database: accounts, keys, kudos, moderation.", no_args_is_help=True)
admin_users.register(app)
admin_changes.register(app)
admin_keys.register(app)
admin_new_users.add_to(app)


app.add_typer(admin_content.news, name="news")
app.add_typer(admin_content.document, name="document")
app.add_typer(admin_audit.app, name="audit")
app.add_typer(admin_ban.app, name="ban")
app.command("cancel")(admin_cancel.cancel)


@app.callback()
def _group() -> None:
    """Work on a horde's database: accounts, keys, kudos, moderation."""


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
    from horde_server.accounts.creation import NewAccount, create_account
    from horde_server.audit.trail import COMMAND_LINE, record, subject
    from horde_server.database.pool import Connection

    name = name.strip()
    if not 1 <= len(name) <= 30 or "\0" in name or "#" in name:
        fail("A user name has 1 to 30 characters and no #.", code=2)
    given = {"kudos": kudos, "moderator": moderator, "trusted": trusted, "customizer": customizer}

    async def work(conn: Connection) -> NewAccount:
        async with conn.transaction():
            made = await create_account(
                conn, name, kudos=kudos, moderator=moderator, trusted=trusted, customizer=customizer
            )
            await record(
                conn,
                COMMAND_LINE,
                "account.create",
                subject("account", made.id),
                new={what: value for what, value in given.items() if value},
                concerns=made.id,
            )
        return made

    made = on_database(work, data=data, database_url=database_url, or_make=new)
    if as_json:
        typer.echo(json.dumps({"id": made.id, "username": name, "alias": made.alias, "api_key": made.api_key}))
    else:
        typer.echo(f"{one_line(made.alias)} was made. Its API key, shown only now: {made.api_key}")


@app.command("create-key")
def create_key(
    user: Annotated[str, typer.Argument(help="Whose key: name#number, or the number alone.")],
    scopes: Annotated[
        list[KeyScope],
        typer.Option("--scope", help="What it is for: everything, asking, serving as a worker, reading. Repeatable."),
    ],
    name: Annotated[str, typer.Option(help="What it is called.")] = "another",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    data: Data = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Give an account one more API key, for certain things only, and print it, once.

    The horde may be running or not; the account's other keys stay as they are.
    """
    from horde_server.accounts.creation import create_key as create
    from horde_server.audit.trail import COMMAND_LINE, record, subject
    from horde_server.database.pool import Connection
    from horde_server.identity.keys import Scope

    number = account_number(user)
    if number == 0:
        fail("Name the account by its alias, such as ada#1, or by its number.", code=2)
    if not 1 <= len(name.strip()) <= 100 or "\0" in name:
        fail("A key's name has 1 to 100 characters.", code=2)

    async def work(conn: Connection) -> str:
        async with conn.transaction():
            key = await create(conn, number, name=name.strip(), scopes={Scope(scope) for scope in scopes})
            await record(
                conn,
                COMMAND_LINE,
                "key.create",
                subject("account", number),
                new={"name": name.strip(), "scopes": sorted(scopes)},
                concerns=number,
            )
        return key

    key = on_database(work, data=data, database_url=database_url)
    if as_json:
        typer.echo(json.dumps({"id": number, "name": name.strip(), "scopes": sorted(scopes), "api_key": key}))
    else:
        typer.echo(f"The key of account {number}, shown only now: {key}")


app.command("audit-ledger")(audit_ledger)

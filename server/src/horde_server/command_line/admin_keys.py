"""`horde admin reset-key` and `recover`: a new key for an account, from the machine itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from horde_sdk.harmless_text import one_line
from horde_server.command_line.on_database import account_number, on_database, print_json
from horde_server.command_line.options import Data, DatabaseUrl, fail, settings_from

if TYPE_CHECKING:
    from horde_server.accounts.creation import NewAccount
    from horde_server.database.pool import Connection

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Why = Annotated[str | None, typer.Option("--why", help="The reason, for the audit trail.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("reset-key")(reset_key)
    app.command("recover")(recover)


def reset_key(
    user: Annotated[str, typer.Argument(help="Whose keys: name#number, or the number alone.")],
    why: Why = None,
    as_json: Json = False,
    data: Data = None,
    database_url: DatabaseUrl = None,
) -> None:
    """End all keys of an account, make a new one for everything, and print it, once.

    The horde may be running or not: all servers hear of it at once. Shared keys stay.
    """
    number = account_number(user)
    if number == 0:
        fail("Everybody has the key of the anonymous account: name another.", code=2)
    settings = settings_from(data=data, database_url=database_url)

    async def work(conn: Connection) -> tuple[NewAccount, int]:
        from horde_server.accounts.creation import reset_account_key
        from horde_server.command_line.household_file import renew_worker_key

        made, ended = await reset_account_key(conn, number, why=why)
        renew_worker_key(settings.data, made)
        return made, ended

    made, ended = on_database(work, data=data, database_url=database_url)
    if as_json:
        print_json({"id": made.id, "alias": made.alias, "api_key": made.api_key, "ended": ended})
        return
    typer.echo(f"{_ended(ended)} of {one_line(made.alias)}. Its new API key, shown only now: {made.api_key}")


def recover(
    why: Why = None,
    as_json: Json = False,
    data: Data = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Get back into a horde whose administrator's key was lost: a new key for the first administrator, printed once.

    Where no administrator is named, it is for the first moderator, or for an account that is made; it then says what to
    set so that this account is one. The horde may be running or not.
    """
    settings = settings_from(data=data, database_url=database_url)

    async def work(conn: Connection) -> tuple[NewAccount, int, bool]:
        from horde_server.accounts.creation import create_account, reset_account_key
        from horde_server.accounts.store import first_moderator, first_of
        from horde_server.audit.trail import COMMAND_LINE, record, subject
        from horde_server.command_line.household_file import read_household

        household = read_household(settings.data)
        known = settings.admin_ids | ({household.admin_id} if household is not None else set())
        number = await first_of(conn, known)
        is_administrator = number is not None
        if number is None:
            number = await first_moderator(conn)
        if number is not None:
            return *await reset_account_key(conn, number, why=why), is_administrator
        async with conn.transaction():
            made = await create_account(conn, "admin", moderator=True)
            await record(
                conn,
                COMMAND_LINE,
                "account.create",
                subject("account", made.id),
                new={"moderator": True},
                why=why,
                concerns=made.id,
            )
        return made, 0, False

    made, ended, is_administrator = on_database(work, data=data, database_url=database_url)
    needed = None if is_administrator else f'HORDE_ADMINS=["{made.alias}"]'
    if as_json:
        print_json({"id": made.id, "alias": made.alias, "api_key": made.api_key, "ended": ended, "set": needed})
        return
    done = f"{one_line(made.alias)} was made" if made.is_new else f"{_ended(ended)} of {one_line(made.alias)}"
    typer.echo(f"{done}. Its new API key, shown only now: {made.api_key}")
    if needed is not None:
        typer.echo(f"It is no administrator yet: set {one_line(needed)} and start the horde again.")


def _ended(keys: int) -> str:
    return "One key ended" if keys == 1 else f"{keys} keys ended"

"""`horde admin list-users` and `show-user`: looking at the accounts of a horde."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

from horde_sdk.harmless_text import one_line
from horde_server.command_line.on_database import account_number, on_database, print_json
from horde_server.command_line.options import Data, DatabaseUrl, settings_from

ROLES = ("moderator", "trusted", "flagged", "customizer", "vpn", "service", "education", "special", "deleted")
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
UserArgument = Annotated[str, typer.Argument(metavar="USER", help="Who: name#number, or the number alone.")]


class Sort(StrEnum):
    """In which order users are listed."""

    KUDOS = "kudos"
    AGE = "age"
    ACTIVE = "active"
    NAME = "name"


class Having(StrEnum):
    """What listed users have in common."""

    MODERATOR = "moderator"
    TRUSTED = "trusted"
    FLAGGED = "flagged"
    CUSTOMIZER = "customizer"
    VPN = "vpn"
    SERVICE = "service"
    EDUCATION = "education"
    SPECIAL = "special"
    DELETED = "deleted"
    SUSPICIOUS = "suspicious"
    WORKERS = "workers"


def register(app: typer.Typer) -> None:
    """Add the commands to `horde admin`."""
    app.command("list-users")(list_users)
    app.command("show-user")(show_user)


def list_users(
    having: Annotated[
        Having | None, typer.Option("--with", help="Only those with this role, suspicions, or workers.")
    ] = None,
    name: Annotated[str, typer.Option(help="Only those whose name contains this, in any case.")] = "",
    sort: Annotated[Sort, typer.Option(help="Most kudos, oldest, latest active, or by name first.")] = Sort.KUDOS,
    page: Annotated[int, typer.Option(min=1, max=10**6, help="Which page.")] = 1,
    per_page: Annotated[int, typer.Option(min=1, max=1000, help="Users on a page.")] = 25,
    as_json: JsonOption = False,
    data: Data = None,
    database_url: DatabaseUrl = None,
) -> None:
    """List the accounts of the horde, a page at a time."""
    from horde_server.accounts.admin_store import ListedBy, With, find_users
    from horde_server.database.pool import Connection

    async def work(conn: Connection) -> list[dict[str, Any]]:
        return await find_users(
            conn,
            having=With[having.name] if having else None,
            name=name.replace("\0", ""),
            by=ListedBy[sort.name],
            skipped=(page - 1) * per_page,
            most=per_page,
        )

    found = on_database(work, data=data, database_url=database_url)
    if as_json:
        print_json([_listed(user) for user in found])
        return
    from horde_sdk.command_line.listing_commands import print_table

    print_table(
        ("user", "kudos", "workers", "active", "roles"),
        [
            (
                f"{user['username']}#{user['id']}",
                f"{user['kudos_hundredths'] / 100:g}",
                str(user["workers"]),
                f"{user['last_active_at']:%Y-%m-%d}" if user["last_active_at"] else "–",
                ", ".join(role for role in ROLES if user[role]),
            )
            for user in found
        ],
        nothing="No account is like that.",
    )


def _listed(user: dict[str, Any]) -> dict[str, Any]:
    """A user for programs: kudos instead of hundredths, dates as ISO 8601."""
    shown = {name: value for name, value in user.items() if name != "kudos_hundredths"}
    shown |= {"alias": f"{user['username']}#{user['id']}", "kudos": user["kudos_hundredths"] / 100}
    return {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in shown.items()}


def show_user(
    user: UserArgument, as_json: JsonOption = False, data: Data = None, database_url: DatabaseUrl = None
) -> None:
    """Show all that the horde keeps of an account, but its keys."""
    from horde_server.accounts.admin_store import find_dates
    from horde_server.accounts.view import UserViews
    from horde_server.database.pool import Connection
    from horde_server.slice import Slices

    account_id = account_number(user)
    settings = settings_from(data=data, database_url=database_url)
    of_running_servers = ("styles", "sharedkey_ids", "usage", "contributions", "active_generations")

    async def work(conn: Connection) -> dict[str, Any]:
        shown = await UserViews(Slices(), settings.admin_ids, lambda _: {}).one(conn, account_id, 2)
        dates = await find_dates(conn, account_id)
        return {name: value for name, value in shown.items() if name not in of_running_servers} | {
            name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in dates.items()
        }

    found = on_database(work, data=data, database_url=database_url)
    if as_json:
        print_json(found)
        return
    for name, value in found.items():
        typer.echo(f"{name}: {one_line(_in_words(value))}")


def _in_words(value: Any) -> str:
    """A value in one line."""
    if isinstance(value, dict):
        return ", ".join(f"{name} {_in_words(each)}" for name, each in value.items())
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "–" if value is None else str(value)

"""`horde admin ban …`: who may not serve this horde as a worker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from horde_sdk.harmless_text import one_line
from horde_server.command_line.on_database import account_number, on_database, print_json
from horde_server.command_line.options import Data, DatabaseUrl, fail

if TYPE_CHECKING:
    from horde_server.database.pool import Connection

app = typer.Typer(help="Bans of workers: by owner, name or network.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


@app.command("add")
def add_ban(
    user: Annotated[str | None, typer.Option(help="The owner: all workers of this account.")] = None,
    worker_name: Annotated[str | None, typer.Option(help="Workers of this name, in any case.", metavar="NAME")] = None,
    ipaddr: Annotated[str | None, typer.Option(help="Workers from this address or block.", metavar="NETWORK")] = None,
    days: Annotated[int | None, typer.Option(min=1, max=3650, help="For so many days. Default: for good.")] = None,
    reason: Annotated[str | None, typer.Option(help="Why; told to who is banned.")] = None,
    as_json: AsJson = False,
    data: Data = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Ban an owner, a worker's name or a network from serving; a running horde knows at once."""
    from horde_server.audit.trail import COMMAND_LINE
    from horde_server.database.notices import tell
    from horde_server.http.networks import parse_network
    from horde_server.moderation.bans.service import add, ban_body, compared_name
    from horde_server.moderation.bans.store import Ban, Banned

    if sum(each is not None for each in (user, worker_name, ipaddr)) != 1:
        fail("Say who is banned: --user, --worker-name or --ipaddr, one of them.", code=2)
    if worker_name is not None and not 1 <= len(worker_name) <= 100:
        fail("A worker's name has 1 to 100 characters.", code=2)
    if reason is not None and len(reason) > 500:
        fail("A reason has 500 characters at most.", code=2)
    network = parse_network(ipaddr) if ipaddr is not None else None
    if ipaddr is not None and network is None:
        fail("That is neither an address nor a block, such as 192.0.2.7 or 192.0.2.0/24.", code=2)
    banned = Banned(
        account_id=account_number(user) if user is not None else None,
        worker_name=compared_name(worker_name) if worker_name is not None else None,
        network=network,
    )

    async def work(conn: Connection) -> Ban:
        async with conn.transaction():
            seconds = days * 24 * 3600 if days else None
            made = await add(conn, banned, reason=reason, seconds=seconds, actor=COMMAND_LINE)
        await tell(conn, "ban", [str(made.id)])
        return made

    made = on_database(work, data=data, database_url=database_url)
    if as_json:
        print_json(ban_body(made))
    else:
        typer.echo(one_line(_told(ban_body(made))))


@app.command("lift")
def lift_ban(
    ban: Annotated[int, typer.Argument(min=1, help="The number of the ban.")],
    data: Data = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Lift a ban; a running horde knows at once."""
    from horde_server.audit.trail import COMMAND_LINE
    from horde_server.database.notices import tell
    from horde_server.moderation.bans.service import lift

    async def work(conn: Connection) -> None:
        async with conn.transaction():
            await lift(conn, ban, COMMAND_LINE)
        await tell(conn, "ban", [str(ban)])

    on_database(work, data=data, database_url=database_url)
    typer.echo(f"Ban {ban} is lifted.")


@app.command("list")
def list_bans(
    past: Annotated[bool, typer.Option("--past", help="Those that are over or were lifted too.")] = False,
    before: Annotated[int | None, typer.Option(min=1, help="Only bans older than this one.", metavar="ID")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="So many at most.")] = 100,
    as_json: AsJson = False,
    data: Data = None,
    database_url: DatabaseUrl = None,
) -> None:
    """List bans, the newest first."""
    from horde_server.moderation.bans.service import ban_body
    from horde_server.moderation.bans.store import listed

    async def work(conn: Connection) -> list[dict[str, Any]]:
        return [ban_body(ban) for ban in await listed(conn, before=before, is_past_too=past, limit=limit)]

    found = on_database(work, data=data, database_url=database_url)
    if as_json:
        print_json(found)
        return
    for each in found:
        typer.echo(one_line(_told(each)))
    if not found:
        typer.echo("Nobody is banned.")


def _told(ban: dict[str, Any]) -> str:
    """A ban in one line."""
    if "account" in ban:
        whom = f"account {ban['account']}"
    else:
        whom = f"worker name {ban['worker_name']!r}" if "worker_name" in ban else f"network {ban['ipaddr']}"
    until = f"until {ban['ends'][:16]}" if "ends" in ban else "for good"
    state = "" if ban["is_in_force"] else " [over]"
    return f"{ban['id']}  {whom}  {until}{': ' + ban['reason'] if 'reason' in ban else ''}{state}"

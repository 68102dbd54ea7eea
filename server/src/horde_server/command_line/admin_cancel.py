"""`horde admin cancel`: take back what waits of many requests at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from horde_server.command_line.on_database import account_number, on_database, print_json
from horde_server.command_line.options import Data, DatabaseUrl, fail

if TYPE_CHECKING:
    from horde_server.database.pool import Connection


def cancel(
    user: Annotated[str | None, typer.Option(help="Requests of this account; Anonymous is 0.")] = None,
    ipaddr: Annotated[str | None, typer.Option(help="Requests from this address or block.", metavar="NETWORK")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say how many.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    data: Data = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Cancel what waits of an account's requests, of all from an address, or of those that are both.

    Jobs that workers hold go on; a running horde knows at once. By model: DELETE /api/v2/operations/requests.
    """
    from horde_server.audit.trail import COMMAND_LINE
    from horde_server.database.notices import tell
    from horde_server.dispatch.bulk_cancel import cancelled
    from horde_server.dispatch.bulk_cancel_store import Amount, Chosen, count
    from horde_server.http.networks import parse_network

    if user is None and ipaddr is None:
        fail("Say whose requests: --user, --ipaddr, or both.", code=2)
    network = parse_network(ipaddr) if ipaddr is not None else None
    if ipaddr is not None and network is None:
        fail("That is neither an address nor a block, such as 192.0.2.7 or 192.0.2.0/24.", code=2)
    chosen = Chosen(account_number(user) if user is not None else None, network)

    async def work(conn: Connection) -> Amount:
        if dry_run:
            return await count(conn, chosen)
        amount = Amount(0, 0)
        async for states in cancelled(conn, chosen, COMMAND_LINE):  # a trigger tells webhooks (migration 0016)
            await tell(conn, "request", [str(state.id) for state in states])
            amount = amount.plus(states)
        return amount

    amount = on_database(work, data=data, database_url=database_url)
    if as_json:
        print_json({**amount._asdict(), "dry_run": dry_run})
    else:
        verb = "would be" if dry_run else "were"
        typer.echo(f"{amount.requests} requests {verb} cancelled, of which {amount.jobs} jobs waited.")

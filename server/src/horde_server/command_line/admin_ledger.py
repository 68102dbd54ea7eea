"""`horde admin audit-ledger`: proves the books, or names the first row that is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from horde_server.command_line.on_database import on_database, print_json
from horde_server.command_line.options import Data, DatabaseUrl

if TYPE_CHECKING:
    from horde_server.database.pool import Connection


def audit_ledger(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    data: Data = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Prove that the books of kudos are right: every movement once, every balance the sum of its movements.

    Reads the whole history and changes nothing; the horde may be running. Ends with 0 where all is right, else with 1,
    and names what is wrong.
    """
    from horde_sdk.harmless_text import one_line

    async def work(conn: Connection) -> dict[str, Any]:
        from horde_server.kudos.proof import prove, size

        history, inbox = await size(conn)
        if not as_json:
            typer.echo(f"{history} movements in the history, {inbox} that are not booked yet.")
        checks = []
        async for finding in prove(conn):
            checks.append({"claim": finding.claim, "wrong": finding.wrong})
            if not as_json:
                typer.echo(f"{'right' if finding.wrong is None else 'WRONG'}  {finding.claim}.")
                if finding.wrong is not None:
                    typer.echo(f"       {one_line(finding.wrong)}")
        return {"history": history, "inbox": inbox, "checks": checks}

    told = on_database(work, data=data, database_url=database_url)
    wrong = [check for check in told["checks"] if check["wrong"] is not None]
    if as_json:
        print_json({**told, "is_right": not wrong})
    elif not wrong:
        typer.echo("The books are right.")
    if wrong:
        raise typer.Exit(1)

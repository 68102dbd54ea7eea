"""`horde serve`: be a horde."""

from __future__ import annotations

import typer

from horde_server.command_line.options import Data, DatabaseUrl, Host, Port, Processes, fail
from horde_server.command_line.start import claimed, without_collector


def serve(
    host: Host = None,
    port: Port = None,
    data: Data = None,
    database_url: DatabaseUrl = None,
    processes: Processes = None,
) -> None:
    """Run the server until Ctrl-C. Makes no account but Anonymous: see `horde admin create-user`."""
    settings, claim = claimed(
        in_words=False, host=host, port=port, data=data, database_url=database_url, processes=processes
    )

    with without_collector():
        import asyncio

        from horde_server.accounts.store import has_accounts
        from horde_server.database.opening import database
        from horde_server.database.pool import connect
        from horde_server.database.unusable import UNUSABLE
        from horde_server.identity.rate_limits import RateLimitStoreUnusable
        from horde_server.process.listening import AddressInUse, address_of
        from horde_server.process.logs import configure_logs
        from horde_server.process.serving import serve as serve_until
        from horde_server.system.event_loop import stop_signals, uvloop_run

    configure_logs()

    async def main() -> None:
        stop = asyncio.Event()
        with stop_signals(stop):
            async with database(settings, claim.held) as dsn:
                typer.echo(f"OpenHorde listens on {address_of(claim.listener)} (API pages: /api/)")
                async with await connect(dsn) as conn:
                    is_new = not await has_accounts(conn)
                if is_new:
                    where = f"--data '{settings.data}'" if settings.database_url is None else "--database-url …"
                    typer.echo(f"First account: horde admin create-user NAME --moderator {where}")
                await serve_until(settings, dsn, claim.listener, stop)

    try:
        uvloop_run(main())
    except (*UNUSABLE, RateLimitStoreUnusable, AddressInUse) as error:
        fail(str(error))

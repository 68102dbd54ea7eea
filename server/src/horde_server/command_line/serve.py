"""`horde serve`: be a horde."""

from __future__ import annotations

import typer

from horde_server.command_line.options import Data, DatabaseUrl, Host, Port, Processes, fail, settings_from


def serve(
    host: Host = None,
    port: Port = None,
    data: Data = None,
    database_url: DatabaseUrl = None,
    processes: Processes = None,
) -> None:
    """Run the server until Ctrl-C. Makes no account but Anonymous: see `horde admin create-user`."""
    import asyncio

    from horde_server.database.embedded import EmbeddedDatabaseError
    from horde_server.database.pool import DatabaseUnusable
    from horde_server.identity.rate_limits import RateLimitStoreUnusable
    from horde_server.process.logs import configure_logs
    from horde_server.process.serving import AddressInUse, bind, database, stop_signals, uvloop_run
    from horde_server.process.serving import serve as serve_until

    settings = settings_from(host=host, port=port, data=data, database_url=database_url, processes=processes)
    configure_logs()

    async def main() -> None:
        stop = asyncio.Event()
        with stop_signals(stop):
            listener = bind(settings)
            async with database(settings) as dsn:
                address = listener.getsockname()
                where = f"--data '{settings.data}'" if database_url is None else "--database-url …"
                typer.echo(f"OpenHorde listens on http://{address[0]}:{address[1]} (API pages: /api/)")
                typer.echo(f"First account: horde admin create-user NAME --moderator {where}")
                await serve_until(settings, dsn, listener, stop)

    try:
        uvloop_run(main())
    except (AddressInUse, DatabaseUnusable, EmbeddedDatabaseError, RateLimitStoreUnusable) as error:
        fail(str(error))

"""`horde up`: a whole horde on this machine, and its first picture."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from horde_server.command_line.options import Data, DatabaseUrl, Host, Port, Processes, fail
from horde_server.command_line.start import claimed, tell


def up(
    host: Host = None,
    port: Port = None,
    data: Data = None,
    database_url: DatabaseUrl = None,
    processes: Processes = None,
    once: Annotated[bool, typer.Option("--once", help="Stop everything after the first picture.")] = False,
    alias: Annotated[
        list[str] | None, typer.Option("--alias", help="Serve this image model's name with the demo model. Repeatable.")
    ] = None,
    text_alias: Annotated[
        list[str] | None,
        typer.Option("--text-alias", help="Serve this text model's name with the demo text model. Repeatable."),
    ] = None,
    output: Annotated[Path, typer.Option("--output", help="Where the first picture goes.")] = Path("horde-output"),
    worker_name: Annotated[str, typer.Option(help="Name of the demo worker.")] = "household-demo",
) -> None:
    """Start server, database and demo worker, make a first picture, and stay up until Ctrl-C."""
    import os

    profile = None if "HORDE_PROFILE" in os.environ else "household"
    settings, claim = claimed(
        in_words=True,
        host=host,
        port=port,
        data=data,
        database_url=database_url,
        processes=processes,
        profile=profile,
    )

    import asyncio
    import logging

    from horde_sdk.ai_horde_api.exceptions import AIHordeRequestError
    from horde_server.command_line.household import (
        FIRST_PROMPT,
        MODEL,
        first_picture,
        horde_command,
        household_accounts,
        running_server,
        running_worker,
        with_admin,
    )
    from horde_server.database.opening import database
    from horde_server.database.unusable import UNUSABLE
    from horde_server.identity.rate_limits import RateLimitStoreUnusable
    from horde_server.process.listening import AddressInUse, url_here
    from horde_server.process.logs import configure_logs
    from horde_server.system.event_loop import stop_signals, uvloop_run

    configure_logs(logging.WARNING)  # what matters is said in plain words below

    async def main() -> None:
        stop = asyncio.Event()
        with stop_signals(stop):
            url = url_here(*claim.listener.getsockname()[:2])
            async with database(settings, claim.held) as dsn:
                tell("starting the server and its worker …", in_words=True)
                household = await household_accounts(settings, dsn)
                async with (
                    running_server(with_admin(settings, household.admin_id), dsn, claim.listener),
                    running_worker(url, household.worker_key, worker_name, alias or [], text_alias or []) as worker,
                ):
                    typer.echo(f"OpenHorde is up: {url}  (API pages: {url}/api/)")
                    if household.admin_key:
                        typer.echo(f"Admin key, shown only now: {household.admin_key}")
                    tell("making a first picture …", in_words=True)
                    picture = asyncio.create_task(asyncio.to_thread(first_picture, url, output, MODEL))
                    stopped = asyncio.create_task(stop.wait())
                    await asyncio.wait((picture, stopped), return_when=asyncio.FIRST_COMPLETED)
                    if not picture.done():
                        return
                    typer.echo(f"First picture ({FIRST_PROMPT}): {picture.result().absolute()}")
                    typer.echo("Ask for one yourself:")
                    typer.echo(
                        f'  {horde_command()} image "a green star on a black background" --horde {url} --model {MODEL}'
                    )
                    typer.echo(f'  {horde_command()} text "Once upon a time" --horde {url}')
                    typer.echo(f"  {horde_command()} alchemy {picture.result()} --form palette --horde {url}")
                    typer.echo(
                        f"  curl -s {url}/api/v2/generate/async -H 'apikey: 0000000000' -H 'Content-Type: "
                        f'application/json\' -d \'{{"prompt": "a yellow sun at sunset", "models": ["{MODEL}"]}}\''
                    )
                    if once:
                        return
                    typer.echo("Ctrl-C stops everything.")
                    while not stop.is_set():
                        if worker.poll() is not None:
                            fail(f"The worker ended with code {worker.returncode}; see the log above.")
                        await asyncio.wait((stopped,), timeout=1.0)

    try:
        uvloop_run(main())
    except (*UNUSABLE, RateLimitStoreUnusable, AddressInUse) as error:
        fail(str(error))
    except AIHordeRequestError as error:
        fail(f"The first picture failed: {error}")

"""`horde work`: serve a horde."""

from __future__ import annotations

from typing import Annotated, NoReturn

import typer


def register(app: typer.Typer) -> None:
    """Add `work` (entry point group `horde.commands`)."""
    app.command("work")(work)


def work(
    horde: Annotated[
        str, typer.Option("--horde", envvar=["HORDE_URL", "AI_HORDE_URL"], help="Address of the horde.")
    ] = "http://127.0.0.1:7001",
    apikey: Annotated[
        str | None, typer.Option("--apikey", envvar=["HORDE_API_KEY", "AI_HORDE_API_KEY"], help="Key of the owner.")
    ] = None,
    name: Annotated[str | None, typer.Option("--name", help="Name of this worker, unique in the horde.")] = None,
    backend: Annotated[
        list[str] | None,
        typer.Option(
            "--backend",
            help="What does the work: `demo` makes pictures (the default), `demo-text` texts, `demo-alchemy` works on "
            "pictures. Repeatable, once a kind.",
        ),
    ] = None,
    alias: Annotated[
        list[str] | None,
        typer.Option(
            "--alias", help="Serve this model name too, with the first backend (private hordes, tests). Repeatable."
        ),
    ] = None,
    text_alias: Annotated[
        list[str] | None,
        typer.Option("--text-alias", help="Serve this model name too, with the text backend. Repeatable."),
    ] = None,
    max_pixels: Annotated[int | None, typer.Option(min=4096, help="Largest picture: width × height.")] = None,
    max_length: Annotated[int | None, typer.Option(min=16, help="Longest text, in tokens.")] = None,
    max_context_length: Annotated[
        int | None, typer.Option(min=80, help="Longest prompt and text together, in tokens.")
    ] = None,
    form: Annotated[
        list[str] | None,
        typer.Option("--form", help="Offer this form of alchemy only. Repeatable. Default: all the backend can."),
    ] = None,
    max_tiles: Annotated[
        int | None, typer.Option(min=1, max=256, help="Largest source of alchemy, in tiles of 512×512 pixels.")
    ] = None,
    batch: Annotated[int | None, typer.Option(min=1, max=20, help="Most results of one request at a time.")] = None,
    queue: Annotated[int, typer.Option(min=1, max=20, help="Jobs fetched ahead.")] = 1,
    nsfw: Annotated[bool, typer.Option("--nsfw/--no-nsfw", help="Take requests marked as not safe for work.")] = True,
    named_only: Annotated[
        bool, typer.Option("--named-only", help="Serve only requests that name this worker, to try it out.")
    ] = False,
    bridge_agent: Annotated[
        str | None, typer.Option(help="How the worker names its software; see docs/worker.md before changing it.")
    ] = None,
    private_network: Annotated[
        list[str] | None,
        typer.Option(
            "--private-network",
            metavar="NETWORK",
            help="A network of your own that the horde may point to, besides the internet and itself, for example "
            "192.168.1.0/24. Repeatable. Default: those of HORDE_PRIVATE_NETWORKS.",
        ),
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="Do one job, then leave.")] = False,
    exit_on_maintenance: Annotated[bool, typer.Option(help="Leave when put into maintenance (exit code 4).")] = False,
    json_log: Annotated[bool, typer.Option(help="Log lines as JSON.")] = False,
) -> None:
    """Serve a horde until Ctrl-C: finishes and submits what it holds, then leaves; a second Ctrl-C leaves at once.

    Exit codes: 0 left in order, 1 crash, 2 settings or credentials, 3 backend, 4 maintenance.
    """
    import asyncio

    from horde_sdk.reach import networks_of, outside_as_configured
    from horde_worker.backends.registry import UnknownBackend
    from horde_worker.logs import configure_logs
    from horde_worker.offer import BRIDGE_AGENT
    from horde_worker.run import OneKindTwice, WorkerSettings, run_worker

    if not apikey:
        _fail("A worker needs an account: give its key by --apikey or HORDE_API_KEY.")
    if not name:
        _fail("A worker needs a name: give one by --name.")
    if not horde.startswith(("http://", "https://")):
        _fail(f"{horde!r} is no address of a horde: it begins with http:// or https://.")
    try:
        networks = networks_of(",".join(private_network)) if private_network else outside_as_configured().also
    except ValueError as error:
        _fail(f"{error}: give a network such as 192.168.1.0/24." if private_network else str(error))
    backends = tuple(backend or ("demo",))
    configure_logs(as_json=json_log)
    settings = WorkerSettings(
        horde_url=horde,
        api_key=apikey or "",
        name=name or "",
        backends=backends,
        aliases=tuple(alias or ()),
        text_aliases=tuple(text_alias or ()),
        max_pixels=max_pixels,
        batch=batch,
        queue_size=queue,
        nsfw=nsfw,
        named_only=named_only,
        bridge_agent=bridge_agent or BRIDGE_AGENT,
        jobs_wanted=1 if once else None,
        exit_on_maintenance=exit_on_maintenance,
        max_length=max_length,
        max_context_length=max_context_length,
        forms=tuple(form or ()),
        max_tiles=max_tiles,
        private_networks=networks,
    )
    typer.echo(f"Worker {name} serves {horde} with {' and '.join(backends)}. Ctrl-C to leave.", err=True)
    try:
        code = asyncio.run(run_worker(settings))
    except (UnknownBackend, OneKindTwice) as error:
        _fail(str(error))
    raise typer.Exit(int(code))


def _fail(message: str) -> NoReturn:
    typer.secho(message, fg=typer.colors.RED, err=True)
    raise typer.Exit(2)

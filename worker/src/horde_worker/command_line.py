"""`horde work`: serve a horde."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, NoReturn, get_type_hints

import typer

from horde_worker.flags import WorkFlags

if TYPE_CHECKING:
    from horde_sdk.reach import Network
    from horde_worker.settings import WorkerSettings


def register(app: typer.Typer) -> None:
    """Add `work` (entry point group `horde.commands`)."""
    app.command("work")(work)


def _with_flags(run: Callable[[WorkFlags], None]) -> Callable[..., None]:
    """A function as typer wants it, with a parameter for each flag, around one that takes them as one object."""
    hints = get_type_hints(WorkFlags, include_extras=True)
    parameters = inspect.signature(WorkFlags).parameters.values()

    def command(**typed: object) -> None:
        run(WorkFlags(**typed))  # type: ignore[arg-type]  # typer has looked at their types

    command.__signature__ = inspect.Signature([one.replace(annotation=hints[one.name]) for one in parameters])  # type: ignore[attr-defined]
    command.__annotations__ = hints
    command.__name__, command.__doc__ = run.__name__, run.__doc__
    return command


@_with_flags
def work(flags: WorkFlags) -> None:
    """Serve a horde until Ctrl-C: finishes and submits what it holds, then leaves; a second Ctrl-C leaves at once.

    Exit codes: 0 left in order, 1 crash, 2 settings or credentials, 3 backend, 4 maintenance.
    """
    import asyncio

    from horde_worker.backends.registry import UnknownBackend
    from horde_worker.logs import configure_logs
    from horde_worker.run import run_worker

    settings = _settings(flags)
    configure_logs(as_json=flags.json_log)
    backends = " and ".join(one.name for one in settings.backends)
    typer.echo(f"Worker {flags.name} serves {flags.horde} with {backends}. Ctrl-C to leave.", err=True)
    try:
        code = asyncio.run(run_worker(settings))
    except UnknownBackend as error:
        _fail(str(error))
    raise typer.Exit(int(code))


def _settings(flags: WorkFlags) -> WorkerSettings:
    """What the flags come to; what cannot be meant ends the program."""
    from horde_worker.backends.interface import BackendSettings
    from horde_worker.settings import BRIDGE_AGENT, MAX_BRIDGE_AGENT_CHARACTERS, OperatorWishes, WorkerSettings

    if not flags.apikey:
        _fail("A worker needs an account: give its key by --apikey or HORDE_API_KEY.")
    if not flags.name:
        _fail("A worker needs a name: give one by --name.")
    if not flags.horde.startswith(("http://", "https://")):
        _fail(f"{flags.horde!r} is no address of a horde: it begins with http:// or https://.")
    if len(flags.bridge_agent or "") > MAX_BRIDGE_AGENT_CHARACTERS:
        _fail(f"--bridge-agent has more than {MAX_BRIDGE_AGENT_CHARACTERS} characters.")
    return WorkerSettings(
        horde_url=flags.horde,
        api_key=flags.apikey,
        wishes=OperatorWishes(
            name=flags.name,
            max_pixels=flags.max_pixels,
            batch=flags.batch,
            nsfw=flags.nsfw,
            named_only=flags.named_only,
            bridge_agent=flags.bridge_agent or BRIDGE_AGENT,
            max_length=flags.max_length,
            max_context_length=flags.max_context_length,
            forms=tuple(flags.form or ()),
            max_tiles=flags.max_tiles,
        ),
        backends=tuple(BackendSettings(name) for name in flags.backend or ("demo",)),
        aliases=tuple(flags.alias or ()),
        text_aliases=tuple(flags.text_alias or ()),
        queue_size=flags.queue,
        jobs_wanted=1 if flags.once else None,
        exit_on_maintenance=flags.exit_on_maintenance,
        private_networks=_private_networks(flags),
    )


def _private_networks(flags: WorkFlags) -> tuple[Network, ...]:
    from horde_sdk.reach import networks_of, outside_as_configured

    try:
        return networks_of(",".join(flags.private_network)) if flags.private_network else outside_as_configured().also
    except ValueError as error:
        _fail(f"{error}: give a network such as 192.168.1.0/24." if flags.private_network else str(error))


def _fail(message: str) -> NoReturn:
    typer.secho(message, fg=typer.colors.RED, err=True)
    raise typer.Exit(2)

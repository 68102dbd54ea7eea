"""`horde work`: serve a horde."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NoReturn, get_type_hints

import typer

from horde_worker.flags import WorkFlags

if TYPE_CHECKING:
    from horde_worker.commands.backends_found import Backends
    from horde_worker.configuration.load import Loaded


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

    Without settings it looks at what runs on this machine, asks what it needs to know, and writes it down.
    Exit codes: 0 left in order, 1 crash, 2 settings or credentials, 3 backend, 4 maintenance.
    """
    import asyncio

    from horde_worker import structlog_without_rich  # noqa: F401  # before all that log
    from horde_worker.commands.backends_found import backends_of
    from horde_worker.configuration.load import WrongSettings

    try:
        loaded = _loaded(flags.config, flags.typed())
        if not loaded.configuration.api_key or not (loaded.configuration.name or any(_names(loaded))):
            loaded = _first_run(flags, loaded)
        for notice in loaded.notices:
            typer.secho(notice, err=True, fg=typer.colors.YELLOW)
        backends = asyncio.run(backends_of(loaded.configuration.backends))
        raise typer.Exit(_serve(flags, loaded, backends))
    except WrongSettings as error:
        _fail(str(error))


def _loaded(config: str | None, typed: Mapping[str, Any]) -> Loaded:
    from horde_worker.configuration.file import chosen_path
    from horde_worker.configuration.load import load
    from horde_worker.configuration.variables import CONFIG_VARIABLE

    is_named = bool(config or os.environ.get(CONFIG_VARIABLE))
    return load(chosen_path(config, os.environ), os.environ, typed, must_exist=is_named)


def _names(loaded: Loaded) -> list[str]:
    return [name for name in loaded.configuration.names.model_dump().values() if name]


def _first_run(flags: WorkFlags, loaded: Loaded) -> Loaded:
    """Ask what is missing and write it down; where there is nobody to ask, say what would do without questions."""
    from horde_worker.commands.first_run import ask_and_write, explain_without_questions
    from horde_worker.commands.terminal import is_there

    if flags.json_log or not is_there():
        explain_without_questions(loaded)
    ask_and_write(flags.config, loaded)
    return _loaded(flags.config, flags.typed())


def _serve(flags: WorkFlags, loaded: Loaded, backends: Backends) -> int:
    import asyncio

    from horde_worker.backends.registry import UnknownBackend
    from horde_worker.commands.session import Session
    from horde_worker.configuration.load import WrongSettings
    from horde_worker.configuration.reload import SettingsWatch
    from horde_worker.configuration.worker_settings import worker_settings
    from horde_worker.gate.schedule import NoSchedule
    from horde_worker.page.address import WrongAddress, page_address
    from horde_worker.settings import LiveWishes

    live = LiveWishes()
    settings = worker_settings(
        loaded.configuration, backends.entries, os.environ, jobs_wanted=1 if flags.once else None, live=live
    )
    try:
        page = page_address(loaded.configuration.dashboard)
    except WrongAddress as error:
        raise WrongSettings(str(error)) from None
    session = Session(settings, loaded.configuration)
    watch = SettingsWatch(loaded, os.environ, flags.typed(), live, on_change=session.changed) if loaded.path else None
    with_what = " and ".join(one.name for one in settings.backends)
    if session.view != "json":
        for notice in backends.notices:
            typer.echo(notice, err=True)
    typer.echo(
        f"Worker {settings.wishes.name} serves {session.state.horde} with {with_what}. Ctrl-C to leave.", err=True
    )
    try:
        return int(asyncio.run(session.run(page, watch)))
    except UnknownBackend as error:
        _fail(str(error))
    except NoSchedule as error:
        _fail(f"idle.schedule: {error}")


def _fail(message: str) -> NoReturn:
    typer.secho(message, fg=typer.colors.RED, err=True)
    raise typer.Exit(2)

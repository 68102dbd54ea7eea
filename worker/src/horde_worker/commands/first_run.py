"""The first run from the command line: with somebody there to be asked, and without."""

from __future__ import annotations

import asyncio
import os
from typing import NoReturn

import typer

from horde_worker.commands.backends_found import is_usable, ports_to_ask
from horde_worker.commands.terminal import TyperTerminal
from horde_worker.commands.wizard import Cancelled, Look, first_run
from horde_worker.configuration.file import chosen_path, default_path, read_text, rendered, with_keys, written
from horde_worker.configuration.load import Loaded, WrongSettings
from horde_worker.configuration.worker_settings import api_key
from horde_worker.discovery.found import Found
from horde_worker.discovery.hardware import measured
from horde_worker.discovery.local_servers import local_servers
from horde_worker.discovery.suggestions import in_words


def ask_and_write(config: str | None, known: Loaded) -> None:
    """Ask what is missing, and write one settings file that only its owner can read."""
    path = chosen_path(config, os.environ) or default_path(os.environ)
    if known.is_bridge_data:
        path = default_path(os.environ)
    terminal = TyperTerminal()
    try:
        values = asyncio.run(
            first_run(terminal, Look(_servers, measured), known, api_key(known.configuration, os.environ))
        )
    except Cancelled as why:
        typer.echo(str(why), err=True)
        raise typer.Exit(2) from None
    text = with_keys(read_text(path), values) if path.exists() else rendered(values)
    try:
        written(path, text)
    except OSError as error:
        raise WrongSettings(f"{path} cannot be written: {error.strerror}") from None
    terminal.say(f"Written to {path}; the next `horde work` asks nothing.")


def explain_without_questions(known: Loaded) -> NoReturn:
    """Say what is here, and the command line that needs no questions; then end as settings that are not enough do."""
    wanted = known.configuration
    if not known.given - {"view", "config"}:
        found = asyncio.run(_servers())
        for line in _what_is_here(found):
            typer.echo(line, err=True)
        backends = [entry for one in found if is_usable(one) for entry in ("--backend", f"{one.backend}={one.url}")]
        command = ["horde work --horde URL --apikey KEY --name NAME", *(backends or ["--backend demo"])]
        typer.echo("There is nobody to ask here. Without questions:", err=True)
        typer.echo(f"    {' '.join(command)}", err=True)
    if not api_key(wanted, os.environ):
        raise WrongSettings("A worker needs an account: give its key by --apikey or HORDE_API_KEY.")
    raise WrongSettings("A worker needs a name: give one by --name.")


def _what_is_here(found: list[Found]) -> list[str]:
    if not found:
        return ["Nothing was found running on this machine.", *in_words(measured())]
    return ["Found on this machine:", *(f"    {one.in_words()}" for one in found)]


async def _servers() -> list[Found]:
    return await local_servers(ports_to_ask())

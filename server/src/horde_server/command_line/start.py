"""The first steps of a horde: take its address and its folder, and say what is being done.

All that costs next to nothing comes first, so that a port or folder in use is told at once and not after everything was
loaded. For the same reason this imports nothing heavy, and looks itself where the settings would say the same: the
command line, then the environment. With a `.env` file the settings are read first.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from socket import socket
from typing import TYPE_CHECKING, Any

import typer

from horde_server.command_line.options import fail, settings_from
from horde_server.database.data_folder import DataFolderUnusable, FolderHold, hold
from horde_server.process.listening import AddressInUse, bind

if TYPE_CHECKING:
    from horde_server.settings import Settings


@dataclass(frozen=True, slots=True)
class Place:
    """Where a horde listens and keeps things. `folder` is None where no embedded database needs it."""

    host: str
    port: int
    folder: Path | None


@dataclass(frozen=True, slots=True)
class Claim:
    """What this process alone has now."""

    listener: socket
    held: FolderHold | None


def claimed(*, in_words: bool, **given: Any) -> tuple[Settings, Claim]:
    """The settings, with what was given on the command line, and the place they name, taken.

    Ends the program with a sentence when the settings are wrong, or the place is not to be had.

    Args:
        in_words: Say the steps to a person; else in the form of the log.
        given: Of the command line; None is not given.
    """
    early = _named_place(given)
    claim = _take(early) if early else None
    tell("loading the server …", in_words=in_words)
    with without_collector():
        settings = settings_from(**given)
    if settings.text_templates is not None:
        _check_templates(settings.text_templates)
    if claim is None:
        folder = settings.data if settings.database_url is None else None
        claim = _take(Place(settings.host, settings.port, folder))
    if settings.database_url is None:
        tell(f"starting the database in {settings.data.absolute()} …", in_words=in_words)
    else:
        tell("connecting to the database …", in_words=in_words)
    return settings, claim


@contextmanager
def without_collector() -> Iterator[None]:
    """A block for imports: what they make is all needed, and to look for garbage in it took an eighth of a start."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def tell(step: str, *, in_words: bool) -> None:
    """Say on standard error what comes next: as words, or as a line of the log."""
    if in_words or sys.stderr.isatty():
        typer.echo(step, err=True)
    else:
        now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        line = {"event": "start.step", "step": step, "level": "info", "timestamp": now}
        typer.echo(json.dumps(line, ensure_ascii=False), err=True)


def _check_templates(path: Path) -> None:
    """A node reads them too, but where it cannot say a sentence any more."""
    from horde_server.gateway.templates.own import TemplateUnusable, read_own_templates

    try:
        read_own_templates(path)
    except TemplateUnusable as error:
        fail(f"The setting HORDE_TEXT_TEMPLATES is wrong: {error}", code=2)


def _take(place: Place) -> Claim:
    try:
        listener = bind(place.host, place.port)
        return Claim(listener, hold(place.folder) if place.folder is not None else None)
    except (AddressInUse, DataFolderUnusable) as error:
        fail(str(error))


def _named_place(given: dict[str, Any]) -> Place | None:
    """None where only the settings can tell."""
    if Path(".env").exists():
        return None
    environment = {name.upper(): value for name, value in os.environ.items()}

    def setting(name: str, default: Any) -> Any:
        told = given.get(name)
        return environment.get(f"HORDE_{name.upper()}", default) if told is None else told

    try:
        port = int(setting("port", 7001))
    except ValueError:
        return None
    if not 0 <= port <= 65535:
        return None
    folder = Path(setting("data", "horde-data")) if setting("database_url", None) is None else None
    return Place(setting("host", "127.0.0.1"), port, folder)

"""Options that several commands share, and how they become settings: the command line wins over the environment."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from horde_sdk.harmless_text import printable

if TYPE_CHECKING:
    from horde_server.settings import Settings

Data = Annotated[
    Path | None,
    typer.Option(
        "--data",
        help="Data folder: embedded database, images, secrets. Default: ./horde-data",
        metavar="DIR",
        readable=False,  # what is wrong with it we say ourselves
    ),
]
DatabaseUrl = Annotated[
    str | None,
    typer.Option("--database-url", help="Use an existing PostgreSQL (15 or newer) instead of the embedded one."),
]
Host = Annotated[str | None, typer.Option("--host", help="Address to listen on. Default: 127.0.0.1")]
Port = Annotated[int | None, typer.Option("--port", min=0, max=65535, help="Port to listen on. Default: 7001")]
Processes = Annotated[
    int | None, typer.Option("--processes", min=1, max=64, help="Server processes that share port and database.")
]


def settings_from(**given: Any) -> Settings:
    """Settings from the environment, with what was given on the command line on top."""
    from pydantic import ValidationError

    from horde_server.settings import Settings

    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        name = "HORDE_" + "_".join(str(step) for step in first["loc"]).upper()
        fail(f"The setting {name} is wrong: {first['msg']}", code=2)


def fail(message: str, code: int = 1) -> NoReturn:
    """End the command with one readable sentence."""
    typer.secho(printable(message), fg=typer.colors.RED, err=True)
    raise typer.Exit(code)

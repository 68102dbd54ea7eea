"""The commands of the SDK itself."""

from __future__ import annotations

import typer

from horde_sdk.command_line.alchemy_command import alchemy
from horde_sdk.command_line.image_command import image
from horde_sdk.command_line.listing_commands import me, models, workers
from horde_sdk.command_line.text_command import text


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (image, text, alchemy, models, workers, me):
        app.command()(command)

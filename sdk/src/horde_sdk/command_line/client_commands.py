"""The commands of the SDK itself."""

from __future__ import annotations

import typer

from horde_sdk.command_line import (
    account_commands,
    key_commands,
    message_commands,
    shared_key_commands,
    style_commands,
    team_commands,
)
from horde_sdk.command_line.alchemy_command import alchemy
from horde_sdk.command_line.cancel_command import cancel
from horde_sdk.command_line.embed_command import embed
from horde_sdk.command_line.explain_command import explain
from horde_sdk.command_line.image_command import image
from horde_sdk.command_line.kudos_command import kudos
from horde_sdk.command_line.listing_commands import me, models, news, workers
from horde_sdk.command_line.mcp_command import mcp
from horde_sdk.command_line.register_command import register as register_user
from horde_sdk.command_line.text_command import text
from horde_sdk.command_line.transfer_command import transfer
from horde_sdk.command_line.worker_command import worker


def register(app: typer.Typer) -> None:
    """Add the commands."""
    asking = (image, text, alchemy, embed, cancel, explain)
    for command in (*asking, models, workers, worker, me, kudos, news, transfer, mcp):
        app.command()(command)
    app.command("register")(register_user)
    app.command()(account_commands.users)
    app.add_typer(account_commands.app, name="account")
    app.add_typer(key_commands.app, name="keys")
    app.add_typer(shared_key_commands.app, name="sharedkeys")
    app.add_typer(style_commands.app, name="styles")
    app.add_typer(team_commands.app, name="teams")
    app.add_typer(message_commands.app, name="messages")

"""The server's part of the `horde` command. Heavy imports happen inside the commands, so that `--help` stays fast."""

from __future__ import annotations

import typer

from horde_server.command_line.admin import app as admin
from horde_server.command_line.doctor import doctor
from horde_server.command_line.serve import serve
from horde_server.command_line.up import up


def register(app: typer.Typer) -> None:
    """Add `up`, `serve`, `admin` and `doctor` (entry point group `horde.commands`)."""
    app.command("up")(up)
    app.command("serve")(serve)
    app.command("doctor")(doctor)
    app.add_typer(admin, name="admin")

"""`horde worker`: what an owner asks and changes about his worker, beside the SDK's command that shows any worker."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import typer
from typer.core import TyperGroup

from horde_worker.commands import owner_commands

SHOW: Final = "show"
"""The SDK's `horde worker NAME`, which goes on to work without this word."""


class OwnersGroup(TyperGroup):
    """A first word that is no command is the name of a worker."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command to run, with its arguments."""
        if args and args[0] not in self.commands and SHOW in self.commands:
            args = [SHOW, *args]
        return super().resolve_command(ctx, args)


def register(root: typer.Typer) -> None:
    """Add `worker` (entry point group `horde.commands`); the SDK's command of that name goes in."""
    app = typer.Typer(
        cls=OwnersGroup,
        help="Your worker: how it does, what it could do better, and holding it back. `horde worker NAME` shows any.",
        no_args_is_help=True,
        context_settings={"ignore_unknown_options": True},
    )
    commands: tuple[Callable[..., None], ...] = (
        *(owner_commands.status, owner_commands.doctor, owner_commands.benchmark, owner_commands.simulate),
        *(owner_commands.once, owner_commands.drain, owner_commands.resume),
    )
    for command in commands:
        app.command()(command)
    app.command("import")(owner_commands.import_bridge_data)
    shown = next((one for one in root.registered_commands if _name(one) == "worker"), None)
    if shown is not None and shown.callback is not None:
        root.registered_commands.remove(shown)
        app.command(SHOW)(shown.callback)
    root.add_typer(app, name="worker")


def _name(command: Any) -> str:
    return str(command.name or getattr(command.callback, "__name__", ""))

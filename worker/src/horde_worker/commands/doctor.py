"""`horde worker doctor`: what stands in the way of work, and what to do about it."""

from __future__ import annotations

import asyncio
from typing import Final

import typer

from horde_worker.commands.checks import everything
from horde_worker.commands.own_settings import Own, own_settings, readable_settings

_MARKS: Final = {"good": ("ok  ", typer.colors.GREEN), "odd": ("look", typer.colors.YELLOW), "bad": ("BAD ", "red")}


def run(config: str | None) -> None:
    """Look, and say each thing as soon as it is known."""
    with readable_settings():
        own = own_settings(config)
        is_well = asyncio.run(_looked(own))
    if not is_well:
        raise typer.Exit(1)


async def _looked(own: Own) -> bool:
    is_well = True
    async for finding in everything(own):
        mark, colour = _MARKS[finding.level]
        typer.echo(f"{typer.style(mark, fg=colour)}  {finding.about}: {finding.text}")
        is_well = is_well and finding.level != "bad"
    return is_well

"""`horde worker drain` and `resume`: hold a worker back at its horde, wherever it runs."""

from __future__ import annotations

import asyncio

import typer

from horde_worker.commands.horde_questions import HordeQuestions, NoAnswer
from horde_worker.commands.own_settings import Own, names_of, own_settings, readable_settings


def run(name: str | None, config: str | None, change: dict[str, object], said: str) -> None:
    """Change the workers of these settings, or the one of this name, and say so."""
    with readable_settings():
        own = own_settings(config)
        names = names_of(own, name)
    has_failed = False
    for one in names:
        try:
            was_there = asyncio.run(_changed(own, one.name, change))
        except NoAnswer as error:
            has_failed = True
            typer.secho(f"{one.name}: {error}", fg=typer.colors.RED, err=True)
            continue
        if was_there:
            typer.echo(f"{one.name} {said}.")
        elif one.is_certain:
            has_failed = True
            typer.secho(f"{one.name}: the horde knows no worker of this name", fg=typer.colors.RED, err=True)
    if has_failed:
        raise typer.Exit(1)


async def _changed(own: Own, name: str, change: dict[str, object]) -> bool:
    """Whether there was such a worker. Raises `NoAnswer`."""
    async with HordeQuestions(own.horde, own.key) as questions:
        known = await questions.worker(name)
        if known is None:
            return False
        await questions.ask("PUT", f"workers/{known.id}", change)
        return True

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
            asyncio.run(_changed(own, one, change))
        except NoAnswer as error:
            has_failed = True
            typer.secho(f"{one}: {error}", fg=typer.colors.RED, err=True)
        else:
            typer.echo(f"{one} {said}.")
    if has_failed:
        raise typer.Exit(1)


async def _changed(own: Own, name: str, change: dict[str, object]) -> None:
    async with HordeQuestions(own.horde, own.key) as questions:
        known = await questions.worker(name)
        if known is None:
            raise NoAnswer("the horde knows no worker of this name")
        await questions.ask("PUT", f"workers/{known.id}", change)

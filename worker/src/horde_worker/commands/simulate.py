"""`horde worker simulate`: the whole worker against a horde of its own, so that an owner sees what would happen."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from pathlib import Path

import typer

from horde_worker.backends.registry import UnknownBackend
from horde_worker.commands.backends_found import backends_of
from horde_worker.commands.own_settings import Own, own_settings, readable_settings
from horde_worker.commands.simulated_horde import SimulatedHorde
from horde_worker.configuration.load import WrongSettings
from horde_worker.configuration.schema import BackendEntry
from horde_worker.configuration.worker_settings import worker_settings
from horde_worker.exit_codes import ExitCode
from horde_worker.logs import configure_logs
from horde_worker.run import run_worker
from horde_worker.settings import SpoolSettings


def run(config: str | None, backend: list[str], jobs: int, folder: Path) -> None:
    """Open that horde, run the worker against it, and say what came back."""
    with readable_settings():
        own = own_settings(config, apikey="simulated-key-of-nobody")
        entries = [BackendEntry.model_validate(one) for one in backend] if backend else own.wanted.backends
        try:
            code, horde = asyncio.run(_simulated(own, entries, jobs, folder))
        except UnknownBackend as error:
            raise WrongSettings(str(error)) from None
    kept = horde.kept
    typer.echo(f"{len(kept.delivered)} delivered, {len(kept.faulted)} given back.")
    raise typer.Exit(int(code) or (1 if kept.faulted or not kept.delivered else 0))


async def _simulated(own: Own, entries: list[BackendEntry], jobs: int, folder: Path) -> tuple[ExitCode, SimulatedHorde]:
    configure_logs(as_json=False)
    backends = await backends_of(entries)
    for notice in backends.notices:
        typer.echo(notice)
    horde = SimulatedHorde(folder, typer.echo)
    async with horde.open() as url:
        wanted = own.wanted.model_copy(update={"horde": url, "name": own.wanted.name or "simulated"})
        settings = worker_settings(wanted, backends.entries, os.environ, jobs_wanted=jobs)
        settings = replace(settings, api_key="simulated-key-of-nobody", spool=SpoolSettings(is_on=False))
        return await run_worker(settings), horde

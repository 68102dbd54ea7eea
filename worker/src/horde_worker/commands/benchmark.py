"""`horde worker benchmark`: how fast the backends are, what that earns, and which settings follow."""

from __future__ import annotations

import asyncio
import os

import typer

from horde_worker.backends.events import BackendFailure
from horde_worker.backends.interface import BackendSettings
from horde_worker.backends.registry import UnknownBackend, open_backend
from horde_worker.commands.backends_found import backends_of
from horde_worker.commands.measuring import Measured, measure_forms, measure_pictures, measure_texts
from horde_worker.commands.own_settings import Own, own_settings, readable_settings
from horde_worker.configuration.file import default_path, read_text, with_keys, written
from horde_worker.configuration.load import WrongSettings
from horde_worker.configuration.schema import BackendEntry
from horde_worker.discovery.earnings import earnings
from horde_worker.discovery.found import Found


def run(config: str | None, backend: list[str], seconds: float, *, write: bool) -> None:
    """Measure, propose, and write what is proposed where that is wanted."""
    with readable_settings():
        own = own_settings(config)
        entries = [BackendEntry.model_validate(one) for one in backend] if backend else own.wanted.backends
        measured = asyncio.run(_measured(own, entries, seconds))
        proposed = measured.proposed()
        for failure in measured.failures:
            typer.secho(failure, fg=typer.colors.YELLOW, err=True)
        if not proposed:
            typer.secho("Nothing could be measured.", fg=typer.colors.RED, err=True)
            raise typer.Exit(3)
        typer.echo("Proposed settings:")
        for key, value in proposed.items():
            typer.echo(f"  {key}: {value}")
        if write:
            _write(own, proposed)


async def _measured(own: Own, entries: list[BackendEntry], seconds: float) -> Measured:
    measured = Measured()
    for entry in (await backends_of(entries)).entries:
        try:
            backend = await open_backend(BackendSettings(entry.type, entry.options()))
        except UnknownBackend as error:
            raise WrongSettings(str(error)) from None
        except BackendFailure as error:
            measured.failures.append(f"{entry.type}: {error}")
            continue
        typer.echo(f"{backend.name}:")
        try:
            makers = backend.makers
            if makers.image is not None:
                await measure_pictures(makers.image, measured, _say, budget_s=seconds)
                await _say_earning(own, "image", measured.seconds_of_picture.get(512))
            if makers.text is not None:
                await measure_texts(makers.text, measured, _say)
                await _say_earning(own, "text", 200 / measured.tokens_per_s if measured.tokens_per_s else None)
            if makers.alchemy is not None:
                await measure_forms(makers.alchemy, measured, _say)
        except BackendFailure as error:
            measured.failures.append(f"{entry.type}: {error}")
        finally:
            await backend.close()
    return measured


async def _say_earning(own: Own, kind: str, seconds: float | None) -> None:
    """What an hour of nothing but usual jobs would earn: the most that can be, which no horde has."""
    if seconds:
        earning = await earnings(own.horde, own.key or "0000000000", Found("", "", "", kind))  # type: ignore[arg-type]
        per_hour = earning.kudos * 3600 / seconds
        _say(f"{earning.in_words()}: at most {per_hour:,.0f} kudos an hour, if jobs never ceased")


def _say(line: str) -> None:
    typer.echo(f"  {line}")


def _write(own: Own, proposed: dict[str, object]) -> None:
    path = own.loaded.path or default_path(os.environ)
    if own.loaded.is_bridge_data:
        raise WrongSettings(
            f"{path} is bridgeData.yaml of an older worker: `horde worker import` makes a file of ours."
        )
    try:
        text = read_text(path) if path.exists() else ""
        written(path, with_keys(text, proposed))
    except OSError as error:
        raise WrongSettings(f"{path} cannot be written: {error.strerror}") from None
    typer.echo(f"Written to {path}.")

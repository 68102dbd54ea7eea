"""`horde worker import`: a settings file from an older worker's bridgeData.yaml."""

from __future__ import annotations

import os
from pathlib import Path

import typer

from horde_worker.commands.own_settings import readable_settings
from horde_worker.configuration.file import chosen_path, default_path, rendered, written
from horde_worker.configuration.load import WrongSettings, read_bridge_data
from horde_worker.configuration.schema import Configuration


def run(file: Path, config: str | None, *, force: bool) -> None:
    """Write the file, and say what of the old one is not used."""
    with readable_settings():
        values, notices = read_bridge_data(file)
        for notice in notices:
            typer.secho(str(notice), err=True, fg=typer.colors.YELLOW)
        path = chosen_path(config, os.environ) or default_path(os.environ)
        if path.exists() and not force:
            raise WrongSettings(f"{path} is there already: --force writes over it.")
        try:
            written(path, rendered(_plain(values)))
        except OSError as error:
            raise WrongSettings(f"{path} cannot be written: {error.strerror}") from None
        typer.echo(f"Written to {path}. `horde worker doctor` says whether it can work.")


def _plain(values: dict[str, object]) -> dict[str, object]:
    """As it is written: with the types that the keys have."""
    checked = Configuration.model_validate(values).model_dump(mode="json", exclude_unset=True)
    return {key: checked[key] for key in values}

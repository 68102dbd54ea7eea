"""The settings that a command of the owner goes by: the same file and environment as `horde work`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import typer

from horde_worker.configuration.file import chosen_path
from horde_worker.configuration.load import Loaded, WrongSettings, load
from horde_worker.configuration.schema import ROLES, Configuration
from horde_worker.configuration.variables import CONFIG_VARIABLE
from horde_worker.configuration.worker_settings import DEFAULT_HORDE, api_key


@dataclass(frozen=True, slots=True)
class Own:
    """What the settings say of the worker at its horde."""

    loaded: Loaded
    horde: str
    key: str = field(repr=False)
    names: dict[str, str]  # by kind; by an empty word where the kind is not said

    @property
    def wanted(self) -> Configuration:
        return self.loaded.configuration


def own_settings(config: str | None, *, horde: str | None = None, apikey: str | None = None) -> Own:
    """The settings. Raises `WrongSettings`."""
    is_named = bool(config or os.environ.get(CONFIG_VARIABLE))
    typed = {key: value for key, value in (("horde", horde), ("api_key", apikey)) if value}
    loaded = load(chosen_path(config, os.environ), os.environ, typed, must_exist=is_named)
    wanted = loaded.configuration
    names = {kind: name for kind, name in wanted.names.model_dump().items() if name}
    if wanted.name and wanted.name not in names.values():
        names = {"": wanted.name, **names}
    return Own(loaded, wanted.horde or DEFAULT_HORDE, api_key(wanted, os.environ), names)


@dataclass(frozen=True, slots=True)
class Named:
    """A worker that a command is about."""

    name: str
    is_certain: bool = True  # else it is there only if a second kind of work has been done under it


def names_of(own: Own, name: str | None) -> list[Named]:
    """The workers that a command is about. Raises `WrongSettings` where there are none."""
    if name:
        return [Named(name)]
    if not own.names:
        raise WrongSettings("No worker is named: give its name, or `name` in the settings.")
    certain = list(dict.fromkeys(own.names.values()))
    plain = own.wanted.name
    further = [f"{plain}-{kind}" for kind in ROLES if kind not in own.names] if plain else []
    return [*map(Named, certain), *(Named(one, is_certain=False) for one in further if one not in certain)]


@contextmanager
def readable_settings() -> Iterator[None]:
    """Say what is wrong with settings in one sentence, and end with exit code 2."""
    try:
        yield
    except WrongSettings as error:
        typer.secho(str(error), fg=typer.colors.RED, err=True)
        raise typer.Exit(2) from None

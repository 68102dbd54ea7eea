"""Where weights lie: inside an installed distribution, or where the owner says."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from horde_worker.backends.events import BackendFailure

INSTALL = 'pip install "openhorde-worker[alchemy]"'


class NotInstalled(BackendFailure):
    """A distribution or a file is missing; the message says what to do."""


def file_in_package(package: str, *parts: str) -> Path:
    """A file that a distribution brings. The package is found, not imported: its code may need what we do not.

    Raises `NotInstalled`.
    """
    found = importlib.util.find_spec(package)
    places = list(found.submodule_search_locations or ()) if found is not None else []
    if not places:
        raise NotInstalled(f"{package} is not installed: {INSTALL}")
    path = Path(places[0], *parts)
    if not path.is_file():
        raise NotInstalled(f"the installed {package} has no {'/'.join(parts)}")
    return path


def file_of_owner(path: str, *endings: str, what: str) -> Path:
    """A file that the owner named. Raises `NotInstalled`, also for a kind of file that is not read."""
    found = Path(path).expanduser()
    if not found.is_file():
        raise NotInstalled(f"{what}: there is no file {path!r}")
    if found.suffix.lower() not in endings:
        raise NotInstalled(f"{what}: {found.name} is not one of {', '.join(endings)}")
    return found


def folder_of_owner(path: str, *, what: str) -> Path:
    """A folder that the owner named, with a model in it. Raises `NotInstalled`."""
    found = Path(path).expanduser()
    if not (found / "config.json").is_file():
        raise NotInstalled(f"{what}: there is no folder {path!r} with a config.json")
    return found

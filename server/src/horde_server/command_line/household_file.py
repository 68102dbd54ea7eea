"""The file in a household's data folder that says who its administrator is, and with which key its worker works."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from horde_server.accounts.creation import NewAccount

NAME = "household.json"


class HouseholdFile(NamedTuple):
    """What stands in it."""

    admin_id: int
    worker_key: str
    worker_id: int | None = None  # the account of that key; files of earlier releases do not say it


def read_household(data: Path) -> HouseholdFile | None:
    """What the file says; None: there is none."""
    try:
        known = json.loads((data / NAME).read_text())
    except FileNotFoundError:
        return None
    return HouseholdFile(known["admin_id"], known["worker_key"], known.get("worker_id"))


def write_household(data: Path, household: HouseholdFile) -> None:
    """Keep it, for the owner of the folder only."""
    descriptor = os.open(data / NAME, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(household._asdict(), file)


def renew_worker_key(data: Path, made: NewAccount) -> None:
    """Let the household's worker work with its account's new key, if this is its account."""
    household = read_household(data)
    if household is not None and household.worker_id == made.id:
        write_household(data, household._replace(worker_key=made.api_key))

"""The backend `auto`: what runs on this machine, else the models that come along."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from horde_worker.configuration.schema import BackendEntry
from horde_worker.configuration.variables import PORTS_VARIABLE
from horde_worker.configuration.worker_settings import AUTO
from horde_worker.discovery.found import Found
from horde_worker.discovery.local_servers import USUAL_PORTS, local_servers

DEMO = BackendEntry(type="demo")


@dataclass(frozen=True, slots=True)
class Backends:
    """What the work is done with, and what to tell about how that came."""

    entries: tuple[BackendEntry, ...]
    notices: tuple[str, ...] = ()


def ports_to_ask() -> Sequence[int]:
    """The usual ones, unless the environment names others; whatever is no port there is left out."""
    named = os.environ.get(PORTS_VARIABLE)
    if not named:
        return USUAL_PORTS
    return [int(one) for one in named.replace(",", " ").split() if one.isdigit() and 0 < int(one) < 65536]


def is_usable(found: Found) -> bool:
    """Whether it can be attached without being told more."""
    return bool(found.models) and not found.wants_key


def entry_of(found: Found) -> BackendEntry:
    """How it stands in the settings."""
    return BackendEntry(type=found.backend, url=found.url)


async def backends_of(wanted: Sequence[BackendEntry]) -> Backends:
    """The backends that are named, with what `auto` stands for put in its place; without any, `auto`."""
    named = tuple(one for one in wanted if one.type != AUTO)
    if wanted and len(named) == len(wanted):
        return Backends(named)
    found = await local_servers(ports_to_ask())
    notices = [one.in_words() for one in found]
    taken = {one.url for one in named}
    entries = (*named, *(entry_of(one) for one in found if is_usable(one) and one.url not in taken))
    if not entries:
        notices.append("Nothing that could work was found running here: the built-in demo model makes pictures.")
        return Backends((DEMO,), tuple(notices))
    return Backends(entries, tuple(notices))

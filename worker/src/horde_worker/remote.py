"""A worker's own maintenance at its horde: put there by `drain`, taken out by `resume` and by the next start.

Whoever drains a worker wants it to finish what it holds, to update it, say. So the message of such a maintenance has a
mark; a worker that starts and is told of it takes itself out. A maintenance that a moderator, the horde or another
program set has no mark, and stays.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from horde_worker.horde_api import HordeApi, Refused

MARK: Final = "(drained until its next start)"
MOST_CHARACTERS: Final = 300
"""Of a message, at most hordes."""


@dataclass(frozen=True, slots=True)
class KnownWorker:
    """A worker as its horde knows it."""

    id: str
    name: str
    is_in_maintenance: bool


def drain_message(reason: str = "") -> str:
    """The message of a maintenance that ends with the next start."""
    return f"{reason.strip()[: MOST_CHARACTERS - len(MARK) - 1]} {MARK}".strip()


def is_until_next_start(message: str) -> bool:
    """Whether a refusal tells of such a maintenance: hordes may put words of their own around it."""
    return MARK in message


async def find(api: HordeApi, name: str) -> KnownWorker | None:
    """The worker of a name; None where the horde knows none. Raises `Refused` and `Unreachable`."""
    # A worker that works asks nothing of this.
    from horde_sdk.ai_horde_api.apimodels.workers.workers import (
        SingleWorkerDetailsResponse,
        SingleWorkerNameDetailsRequest,
    )

    try:
        found = await api.ask(SingleWorkerNameDetailsRequest(worker_name=name), SingleWorkerDetailsResponse)
    except Refused as refusal:
        if refusal.status == 404:
            return None
        raise
    return KnownWorker(str(found.id_), found.name or name, found.maintenance_mode)


async def drain(api: HordeApi, name: str, reason: str = "") -> bool:
    """Have a worker get no more jobs but its owner's own, until it is resumed or started anew; whether there is one."""
    known = await find(api, name)
    if known is not None:
        await _change(api, known.id, maintenance=True, maintenance_msg=drain_message(reason))
    return known is not None


async def resume(api: HordeApi, name: str) -> bool:
    """Take a worker out of maintenance, whoever put it there; whether it was in any."""
    known = await find(api, name)
    if known is None or not known.is_in_maintenance:
        return False
    await _change(api, known.id, maintenance=False)
    return True


async def _change(api: HordeApi, worker_id: str, **change: bool | str) -> None:
    from horde_sdk.ai_horde_api.apimodels.workers.workers import ModifyWorkerRequest, ModifyWorkerResponse

    await api.ask(ModifyWorkerRequest.model_validate({"worker_id": worker_id, **change}), ModifyWorkerResponse)

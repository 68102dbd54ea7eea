"""What a refused pop means: to wait, or to end, and what the owner is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import structlog

from horde_worker.exit_codes import ExitCode
from horde_worker.horde_api import Refused

log = structlog.get_logger(__name__)

MAINTENANCE_PAUSE_S: Final = 30.0
BUSY_PAUSE_S: Final = 5.0

_FATAL_CODES: Final = frozenset(
    [
        "InvalidAPIKey",
        "WrongCredentials",
        "PolymorphicNameConflict",
        "AnonForbiddenWorker",
        "WorkerFlaggedMaintenance",
        "DeletedUser",
        "WorkerBanned",
        "WorkerInviteOnly",
        "TooManyWorkers",
        "TooManyWorkersTrusted",
        "TooManySameIPs",
        "UnsafeIP",
        "TooManyNewIPs",
        "ProfaneWorkerName",
        "ProfaneBridgeAgent",
        "TooLongWorkerName",
    ]
)
"""Refusals of the worker itself: asking again would not help."""

_ADVICE: Final = {
    "InvalidAPIKey": "give the key of an account of this horde by --apikey",
    "WrongCredentials": "choose another --name, or give the key of the worker's owner by --apikey",
    "PolymorphicNameConflict": "choose another --name: this one belongs to a worker of another kind",
    "ProfaneWorkerName": "choose another --name",
    "TooLongWorkerName": "choose a shorter --name",
    "ProfaneBridgeAgent": "choose another --bridge-agent",
}
"""What the owner can do about some of them."""

_IN_OTHER_WORDS: Final = {
    # Hordes add that one may stay anonymous, which a worker may not.
    "InvalidAPIKey": "No account of this horde has this API key.",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """Seconds until the next pop, unless the worker is to end with this code."""

    pause_s: float = 0.0
    exit_code: ExitCode | None = None


def verdict_on(refusal: Refused, *, exit_on_maintenance: bool) -> Verdict:
    """What to do about a refusal; the log tells it."""
    if refusal.rc == "WorkerMaintenance":
        log.warning("worker.in_maintenance", message=refusal.message)
        return Verdict(MAINTENANCE_PAUSE_S, ExitCode.MAINTENANCE if exit_on_maintenance else None)
    if refusal.status == 429:
        return Verdict(refusal.retry_after_s or BUSY_PAUSE_S)
    if refusal.rc in _FATAL_CODES or refusal.status in (400, 401):
        advice = {"advice": _ADVICE[refusal.rc]} if refusal.rc in _ADVICE else {}
        message = _IN_OTHER_WORDS.get(refusal.rc, refusal.message)
        log.error("worker.refused", rc=refusal.rc, message=message, **advice)
        return Verdict(exit_code=ExitCode.CREDENTIALS)
    log.warning("worker.refused", rc=refusal.rc, message=refusal.message)
    return Verdict(MAINTENANCE_PAUSE_S)

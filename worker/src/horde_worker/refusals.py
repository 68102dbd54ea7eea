"""What a refused pop means: to wait, or to end, and what the owner is told."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import structlog

from horde_worker.exit_codes import ExitCode
from horde_worker.horde_api import Refused

log = structlog.get_logger(__name__)

MAINTENANCE_PAUSE_S: Final = 30.0
LONG_MAINTENANCE_PAUSE_S: Final = 60.0
POPS_BEFORE_LONG_PAUSE: Final = 10
BUSY_PAUSE_S: Final = 5.0
SERVICE_PAUSE_S: Final = 600.0
LONGEST_TIME_OUT_S: Final = 3600.0
"""A time-out may last days; a moderator may end it before."""

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
    "AnonForbiddenWorker": "make an account at the horde and give its key by --apikey",
    "TooManyWorkers": "let an older worker of yours go, or ask a moderator for trust",
    "WorkerInviteOnly": "ask a moderator of this horde for an invitation",
}
"""What the owner can do about some of them."""

_MODELS_ADVICE: Final = "offer models by the names that this horde knows: those of its list, mapped to your own"

_IN_OTHER_WORDS: Final = {
    # Hordes add that one may stay anonymous, which a worker may not.
    "InvalidAPIKey": "No account of this horde has this API key.",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """Seconds until the next pop, unless the worker is to end with this code."""

    pause_s: float = 0.0
    exit_code: ExitCode | None = None
    is_maintenance: bool = False


class Judge:
    """Decides on refusals, and remembers what was said: while a maintenance lasts, its message is told once."""

    def __init__(self, *, exit_on_maintenance: bool = False, is_service: bool = False) -> None:
        """A service has nobody who would start it again: what would end a worker makes it wait ten minutes."""
        self._exit_on_maintenance = exit_on_maintenance
        self._is_service = is_service
        self._maintenance = ""
        self._pops_in_maintenance = 0

    def was_answered(self) -> None:
        """The horde answered a pop; also in maintenance, with a job of the owner's own."""
        if self._maintenance and not self._pops_in_maintenance:
            self._maintenance = ""
            log.info("worker.maintenance_over")
        self._pops_in_maintenance = 0

    def verdict_on(self, refusal: Refused) -> Verdict:
        """What to do about a refused pop; the log tells it. By `rc` first, by status second, never by the text."""
        if refusal.rc == "WorkerMaintenance":
            return self._in_maintenance(refusal)
        if refusal.rc == "TimeoutIP":
            pause_s = min(
                refusal.retry_after_s or _seconds_in(refusal.message) or MAINTENANCE_PAUSE_S, LONGEST_TIME_OUT_S
            )
            log.warning("worker.refused", rc=refusal.rc, message=refusal.message, seconds=pause_s)
            return Verdict(pause_s)
        if refusal.status == 429:
            return Verdict(refusal.retry_after_s or BUSY_PAUSE_S)
        if refusal.rc in _FATAL_CODES or refusal.status in (400, 401):
            return self._fatal(refusal)
        log.warning("worker.refused", rc=refusal.rc, message=refusal.message)
        return Verdict(MAINTENANCE_PAUSE_S)

    def _in_maintenance(self, refusal: Refused) -> Verdict:
        if refusal.message != self._maintenance:
            log.warning("worker.in_maintenance", message=refusal.message)
            self._maintenance = refusal.message
        self._pops_in_maintenance += 1
        is_long = self._pops_in_maintenance > POPS_BEFORE_LONG_PAUSE
        return Verdict(
            LONG_MAINTENANCE_PAUSE_S if is_long else MAINTENANCE_PAUSE_S,
            ExitCode.MAINTENANCE if self._exit_on_maintenance else None,
            is_maintenance=True,
        )

    def _fatal(self, refusal: Refused) -> Verdict:
        advice = _ADVICE.get(refusal.rc, _MODELS_ADVICE if _is_about_models(refusal) else "")
        message = _IN_OTHER_WORDS.get(refusal.rc, refusal.message)
        log.error("worker.refused", rc=refusal.rc, message=message, **({"advice": advice} if advice else {}))
        return Verdict(SERVICE_PAUSE_S) if self._is_service else Verdict(exit_code=ExitCode.CREDENTIALS)


def _is_about_models(refusal: Refused) -> bool:
    """There is no code for it: the text decides about the advice only."""
    return refusal.status == 400 and "unrecognised models" in refusal.message


def _seconds_in(message: str) -> float | None:
    """How long a time-out lasts that is stated in words only."""
    found = re.search(r"(\d{1,9})\s*(?:more\s+)?seconds?\b", message)
    return float(found[1]) if found else None

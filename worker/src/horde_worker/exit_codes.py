"""How a worker may end, and which refusals of a horde end it."""

from __future__ import annotations

from enum import IntEnum
from typing import Final


class ExitCode(IntEnum):
    """How the worker ended."""

    OK = 0
    CRASH = 1
    CREDENTIALS = 2
    BACKEND = 3
    MAINTENANCE = 4


FATAL_CODES: Final = frozenset(
    [
        "InvalidAPIKey",
        "WrongCredentials",
        "PolymorphicNameConflict",
        "AnonForbiddenWorker",
        "WorkerFlaggedMaintenance",
        "DeletedUser",
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

ADVICE: Final = {
    "InvalidAPIKey": "give the key of an account of this horde by --apikey",
    "WrongCredentials": "choose another --name, or give the key of the worker's owner by --apikey",
    "PolymorphicNameConflict": "choose another --name: this one belongs to a worker of another kind",
    "ProfaneWorkerName": "choose another --name",
    "TooLongWorkerName": "choose a shorter --name",
    "ProfaneBridgeAgent": "choose another --bridge-agent",
}
"""What the owner can do about some of them."""

IN_OTHER_WORDS: Final = {
    # Hordes add that one may stay anonymous, which a worker may not.
    "InvalidAPIKey": "No account of this horde has this API key.",
}

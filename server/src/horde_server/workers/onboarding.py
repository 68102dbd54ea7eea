"""What a worker must satisfy when its name is first seen (workers.md §3)."""

from __future__ import annotations

from horde_server.errors import BadRequest, HordeError
from horde_server.http.networks import is_public
from horde_server.identity.directory import Account
from horde_server.moderation.profanity import ProfanityFilter
from horde_server.visible_text import invisible_character, named
from horde_server.workers.store import WorkerCounts

WORKERS_UNTRUSTED = 3
WORKERS_TRUSTED = 20
WORKERS_UNTRUSTED_ON_ADDRESS = 20
MOST_NAME_CHARACTERS = 100
_BORROWED_MACHINES = ("colab", "tpu", "google")


class ProfaneWorkerName(HordeError):
    """This worker name contains inappropriate language: choose another name."""

    rc = "ProfaneWorkerName"


class ProfaneBridgeAgent(HordeError):
    """This bridge agent contains inappropriate language: change what your worker calls itself."""

    rc = "ProfaneBridgeAgent"


class TooLongWorkerName(HordeError):
    """Worker names have at most 100 characters."""

    rc = "TooLongWorkerName"


class WorkerInviteOnly(HordeError):
    """This horde takes new workers by invitation only for now: ask a moderator for an invitation."""

    status, rc = 403, "WorkerInviteOnly"


class TooManyWorkers(HordeError):
    """You have as many workers as an untrusted account may have: delete one, earn trust, or ask a moderator."""

    status, rc = 403, "TooManyWorkers"


class TooManyWorkersTrusted(HordeError):
    """You have as many workers as your account may have: delete one, or ask a moderator for more."""

    status, rc = 403, "TooManyWorkersTrusted"


class TooManySameIPs(HordeError):
    """Untrusted accounts have as many workers as they may on your address: earn trust, or ask a moderator."""

    status, rc = 403, "TooManySameIPs"


def refuse_name(name: str, profanity: ProfanityFilter) -> None:
    """Raise when a worker may not be called so."""
    if not name:
        raise BadRequest("A worker needs a name.")
    if (hidden := invisible_character(name)) is not None:
        raise BadRequest(f"Worker names must be of visible characters, in one line: remove {named(hidden)}.")
    if profanity.is_profane(name):
        raise ProfaneWorkerName
    if any(word in name.lower() for word in _BORROWED_MACHINES):
        raise BadRequest("Worker names must not contain colab, tpu or google.")
    if len(name) > MOST_NAME_CHARACTERS:
        raise TooLongWorkerName


def refuse_new_worker(account: Account, counts: WorkerCounts, address: str, *, invite_only: bool) -> None:
    """Raise when the account may not have one more worker. An invitation raises each limit.

    The original's limit per address counts the account's own workers, so that the limits before it always fire first.
    Here it counts the workers of all untrusted accounts on a public address: many accounts on one machine farm no
    uptime, and a household or a laboratory has as many as it likes.
    """
    if invite_only and counts.of_account >= account.worker_invited:
        raise WorkerInviteOnly
    if not account.trusted and counts.of_account > max(WORKERS_UNTRUSTED, account.worker_invited):
        raise TooManyWorkers
    if counts.of_account > max(WORKERS_TRUSTED, account.worker_invited):
        raise TooManyWorkersTrusted
    allowed_on_address = max(WORKERS_UNTRUSTED_ON_ADDRESS, account.worker_invited)
    if not account.trusted and counts.untrusted_on_address > allowed_on_address and is_public(address):
        raise TooManySameIPs

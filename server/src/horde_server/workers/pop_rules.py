"""What holds for the pops of every kind of worker (workers.md §2)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from horde_server.errors import BadRequest, HordeError
from horde_server.identity.directory import Account
from horde_server.workers.directory import OnlineWorker

_FRIEND = re.compile(r"[0-9]{1,10}")


class InvalidPriorityUsername(HordeError):
    """Each entry of priority_usernames must be an alias: name#number."""

    rc = "InvalidPriorityUsername"


class WorkerMaintenance(HordeError):
    """This worker is in maintenance mode: set maintenance to false when it is ready again."""

    status, rc = 403, "WorkerMaintenance"


def friend_ids(aliases: Iterable[str]) -> tuple[int, ...]:
    """The account numbers of `priority_usernames`; numbers that nobody has are harmless.

    Raises:
        InvalidPriorityUsername: one is no `name#number`.
    """
    return tuple(map(_friend_id, aliases))


def _friend_id(alias: str) -> int:
    """The account number of an alias; unknown numbers are harmless."""
    _, mark, number = alias.rpartition("#")
    if not mark or not _FRIEND.fullmatch(number):
        raise InvalidPriorityUsername
    return int(number)


def models_of_any_name(offered: Iterable[str], account: Account) -> tuple[str, ...]:
    """Models that a worker offers, each once: of any name, but for another's alias at its end (workers.md §4.6).

    Raises `BadRequest` for such a one, and where there is none at all.
    """
    models = tuple(dict.fromkeys(offered))
    if not models:
        raise BadRequest("Unfortunately we cannot accept workers serving no model: name at least one in `models`.")
    for model in models:
        _, mark, alias = model.partition("::")
        if mark and alias != account.alias:
            raise BadRequest(
                f"Unfortunately we cannot accept workers serving models of others: {model[:300]!r} does not end in "
                f"your alias, {account.alias}."
            )
    return models


def tell_maintenance(worker: OnlineWorker) -> None:
    """Raise `WorkerMaintenance` for a worker in maintenance that goes empty-handed, with words clients look for."""
    if not worker.maintenance:
        return
    message = worker.maintenance_msg or WorkerMaintenance.__doc__ or ""
    if "maintenance mode" not in message.lower():
        message = f"This worker is in maintenance mode: {message}"
    raise WorkerMaintenance(message)

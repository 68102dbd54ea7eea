"""Entries of the audit trail, written in the transaction of the change they tell of.

Whatever needs a right and changes something of somebody or of the horde is recorded: who did it, by which key, what it
was before and after, why. Keys, addresses and prompts never stand in an entry.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

import msgspec

from horde_server.audit import store
from horde_server.database.pool import Connection
from horde_server.identity.caller import Caller

REASON_LENGTH: Final = 500
"""Characters of a reason, at most."""


class Via(StrEnum):
    """The way a change came."""

    API = "api"
    COMMAND_LINE = "command_line"  # `horde admin`, on the machine itself
    HORDE = "horde"  # by itself


class Actor(msgspec.Struct, frozen=True):
    """Who changes something. `account_id` is None for the command line and for the horde itself."""

    via: Via
    account_id: int | None = None
    key_id: int | None = None
    reason: str | None = None
    """Why, as they said with the call."""


COMMAND_LINE: Final = Actor(Via.COMMAND_LINE)
HORDE: Final = Actor(Via.HORDE)


class Subject(msgspec.Struct, frozen=True):
    """What is changed: its kind (`account`, `worker`, `filter` …) and its id as users know it."""

    kind: str
    id: str


def actor_of(caller: Caller) -> Actor:
    """Who calls, as an actor. Raises what `Caller.user` raises where nobody is known."""
    key_id = caller.key.id if caller.key is not None and caller.key.id else None
    return Actor(Via.API, caller.user.id, key_id, caller.reason)


def subject(kind: str, subject_id: int | str | UUID) -> Subject:
    """A subject by the id it has."""
    return Subject(kind, str(subject_id))


async def record(
    conn: Connection,
    actor: Actor,
    action: str,
    of: Subject,
    *,
    old: Mapping[str, Any] | None = None,
    new: Mapping[str, Any] | None = None,
    why: str | None = None,
    concerns: int | None = None,
) -> int:
    """Add an entry within the caller's transaction; its number.

    Args:
        conn: In the transaction of the change.
        actor: Who does it.
        action: What is done, as `subject.verb`: `account.change`, `filter.delete`.
        of: What it is done to.
        old: The values that changed, before.
        new: The same, after.
        why: The reason, where it is another than what the actor said; cut at `REASON_LENGTH`.
        concerns: The account that may read the entry as its own.
    """
    reason = why or actor.reason
    return await store.add(
        conn,
        via=actor.via,
        actor_id=actor.account_id,
        key_id=actor.key_id,
        action=action,
        subject_kind=of.kind,
        subject_id=of.id,
        concerns=concerns,
        old=msgspec.json.encode(dict(old or {})).decode(),
        new=msgspec.json.encode(dict(new or {})).decode(),
        reason=reason[:REASON_LENGTH] if reason else None,
    )


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What differs between two states, as `old` and `new` of an entry; what one of them lacks is None there."""
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return {name: before.get(name) for name in names}, {name: after.get(name) for name in names}

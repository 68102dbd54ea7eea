"""`/operations/audit`, `/audit`: the audit trail (moderation.md §7): parse, call, answer."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime

from horde_server.audit.answers import AuditEntry, OwnAuditEntry
from horde_server.audit.service import AuditTrail
from horde_server.audit.store import Sought
from horde_server.audit.undo import AuditEntryNotFound
from horde_server.errors import BadRequest
from horde_server.http.answers import refusals
from horde_server.http.body import json_response
from horde_server.http.parameters import Id
from horde_server.http.rights import Right
from horde_server.identity.caller import Caller
from horde_server.identity.door import Door

_encode = msgspec.json.Encoder().encode
_INT32_MAX = 2**31 - 1
_INT64_MAX = 2**63 - 1

Before = Annotated[int | None, Query(ge=1, le=_INT64_MAX)]
Limit = Annotated[int, Query(ge=1, le=100)]
Number = Annotated[int | None, Query(ge=0, le=_INT32_MAX)]
Moment = Annotated[AwareDatetime | None, Query()]


def routes(trail: AuditTrail, door: Door) -> APIRouter:
    """The audit trail: all of it for moderators, for everybody what concerns them."""
    router = door.router("/api/v2", tags=["v2"])

    @router.get(
        "/operations/audit",
        right=Right.MODERATE,
        operation_id="get_operations_audit",
        response_model=list[AuditEntry],
        responses=refusals(401, 403),
    )
    async def page(
        action: Annotated[str | None, Query(max_length=60)] = None,
        subject_kind: Annotated[str | None, Query(max_length=30)] = None,
        subject_id: Annotated[str | None, Query(max_length=300)] = None,
        actor: Number = None,
        concerns: Number = None,
        since: Moment = None,
        until: Moment = None,
        before: Before = None,
        limit: Limit = 50,
    ) -> Response:
        """What was changed that needs a right, the newest first; the next page is `before` the last entry's id."""
        if subject_id is not None and subject_kind is None:
            raise BadRequest("An id is of a kind: give subject_kind beside subject_id, such as worker or filter.")
        sought = Sought(
            action=_plain(action),
            subject_kind=_plain(subject_kind),
            subject_id=_plain(subject_id),
            actor_id=actor,
            concerns=concerns,
            since=since,
            until=until,
            before=before,
        )
        return json_response(_encode(await trail.page(sought, limit)))

    @router.post(
        "/operations/audit/{entry_id}/undo",
        right=Right.MODERATE,
        operation_id="post_operations_audit_undo",
        response_model=AuditEntry,
        responses=refusals(401, 403, 404, 409),
    )
    async def undo(caller: Caller, entry_id: Id) -> Response:
        """Put back what was there before an entry; the answer is the entry of this undo."""
        return json_response(_encode(await trail.undo(_number(entry_id), caller)))

    @router.get(
        "/audit",
        right=Right.READ_OWN,
        operation_id="get_audit",
        response_model=list[OwnAuditEntry],
        responses=refusals(401, 403),
    )
    async def own(caller: Caller, before: Before = None, limit: Limit = 50) -> Response:
        """What was changed of your account, its keys and its workers, the newest first."""
        # everybody is Anonymous: what concerns that account is for moderators
        found = await trail.own(caller.user.id, before, limit) if caller.user.id else []
        return json_response(_encode(found))

    return router.api


def _number(text: str) -> int:
    """The number of an entry; what cannot be one names none."""
    if not (text.isascii() and text.isdigit() and len(text) <= 19 and int(text) <= _INT64_MAX):
        raise AuditEntryNotFound
    return int(text)


def _plain(text: str | None) -> str | None:
    """PostgreSQL takes no NULs, and no entry has one."""
    return text.replace("\0", "") if text else None

"""`/operations/registrations`: parse, call, answer."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Response

from horde_server.audit.trail import actor_of
from horde_server.http.answers import SimpleResponse, refusals
from horde_server.http.body import body_documentation, json_response
from horde_server.http.parameters import Id
from horde_server.http.rights import Right
from horde_server.identity.caller import Caller
from horde_server.identity.door import Door
from horde_server.registration.approvals.answers import WaitingRegistration
from horde_server.registration.approvals.deciding import RegistrationNotFound
from horde_server.registration.approvals.schemas import Decision
from horde_server.registration.approvals.service import Approvals

_DONE = b'{"message":"OK"}'
_INT32_MAX = 2**31 - 1
Page = Annotated[int, Query(ge=1, le=200)]


def routes(approvals: Approvals, door: Door) -> APIRouter:
    """Registrations that wait; for moderators."""
    router = door.router("/api/v2/operations", tags=["v2"])

    @router.get(
        "/registrations",
        right=Right.MODERATE,
        operation_id="get_operations_registrations",
        response_model=list[WaitingRegistration],
        responses=refusals(401, 403),
    )
    async def waiting(page: Page = 1) -> Response:
        """Accounts that wait to be approved, the oldest first, fifty a page."""
        told = [
            {
                "id": each.id,
                "username": each.username,
                "alias": each.alias,
                "created_at": each.created_at.isoformat(),
                "way": each.way,
            }
            for each in await approvals.waiting(page)
        ]
        return json_response(msgspec.json.encode(told))

    @router.post(
        "/registrations/{user_id}",
        right=Right.MODERATE,
        operation_id="post_operations_registration_single",
        response_model=SimpleResponse,
        responses=refusals(401, 403, 404, 413),
        openapi_extra=body_documentation(Decision),
    )
    async def decide(caller: Caller, body: Decision, user_id: Id) -> Response:
        """Approve or refuse an account that waits."""
        is_number = user_id.isascii() and user_id.isdigit() and len(user_id) <= 10
        if not is_number or int(user_id) > _INT32_MAX:
            raise RegistrationNotFound
        await approvals.decide(actor_of(caller), int(user_id), approve=body.approve, why=body.reason or None)
        return json_response(_DONE)

    return router.api

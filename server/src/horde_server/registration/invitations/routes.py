"""`/invitations`: parse, call, answer."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import APIRouter, Query, Response

from horde_server.audit.trail import actor_of
from horde_server.http.answers import SimpleResponse, refusals
from horde_server.http.body import body_documentation, json_response
from horde_server.http.parameters import Id
from horde_server.http.rights import Right
from horde_server.identity.caller import Caller
from horde_server.identity.door import Door
from horde_server.registration.invitations.answers import InvitationDetails
from horde_server.registration.invitations.making import InvitationNotFound
from horde_server.registration.invitations.schemas import NewInvitation
from horde_server.registration.invitations.service import InvitationBoard
from horde_server.registration.invitations.store import Invitation

_encode = msgspec.json.Encoder().encode
_DONE = b'{"message":"OK"}'
Page = Annotated[int, Query(ge=1, le=200)]


def routes(board: InvitationBoard, door: Door) -> APIRouter:
    """Invitations; for moderators."""
    router = door.router("/api/v2", tags=["v2"])

    @router.post(
        "/invitations",
        right=Right.MODERATE,
        status_code=201,
        operation_id="post_invitations",
        response_model=InvitationDetails,
        responses=refusals(401, 403, 413),
        openapi_extra=body_documentation(NewInvitation),
    )
    async def invite(caller: Caller, body: NewInvitation) -> Response:
        """Make an invitation; its code is shown only now. Kudos and moderators are given by administrators."""
        terms = body.terms
        terms.grants.check_giver(caller)
        made, code = await board.make(actor_of(caller), terms)
        return json_response(_encode({**_told(made), "code": code}), 201)

    @router.get(
        "/invitations",
        right=Right.MODERATE,
        operation_id="get_invitations",
        response_model=list[InvitationDetails],
        responses=refusals(401, 403),
    )
    async def listed(page: Page = 1) -> Response:
        """The invitations, the newest first, fifty a page."""
        return json_response(_encode([_told(each) for each in await board.listed(page)]))

    @router.delete(
        "/invitations/{invitation_id}",
        right=Right.MODERATE,
        operation_id="delete_invitation_single",
        response_model=SimpleResponse,
        responses=refusals(401, 403, 404),
    )
    async def revoke(caller: Caller, invitation_id: Id) -> Response:
        """End an invitation: nobody registers by it any more."""
        try:
            named = UUID(invitation_id)
        except ValueError:
            raise InvitationNotFound from None
        await board.revoke(actor_of(caller), named)
        return json_response(_DONE)

    return router.api


def _told(invitation: Invitation) -> dict[str, Any]:
    grants = invitation.grants
    return {
        "id": str(invitation.id),
        "made_by": invitation.made_by,
        "created_at": invitation.created_at.isoformat(),
        "expires_at": invitation.expires_at.isoformat(),
        "uses": invitation.uses,
        "used": invitation.used,
        "is_good": invitation.is_good,
        "revoked": invitation.revoked_at is not None,
        "note": invitation.note or "",
        "roles": sorted(grants.roles),
        "kudos": grants.kudos,
        "concurrency": grants.concurrency,
        "worker_invited": grants.worker_invited,
    }

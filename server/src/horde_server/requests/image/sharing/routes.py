"""`DELETE /api/v2/generate/shared/{id}`: taking a shared image back; ours, the original has nothing like it."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Response

from horde_server.http.body import json_response
from horde_server.http.parameters import RequestId
from horde_server.http.rights import Right
from horde_server.identity.caller import Caller
from horde_server.identity.door import Door
from horde_server.requests.image.sharing.service import SharedImageNotFound, SharedImages


def routes(shared: SharedImages, door: Door) -> APIRouter:
    """Shared images."""
    router = door.router("/api/v2/generate", include_in_schema=False)

    @router.delete("/shared/{id}", right=Right.MANAGE_OWN)
    async def take_back(caller: Caller, image_id: RequestId) -> Response:
        """Remove a shared image for ever: by who asked for it, or a moderator."""
        try:
            job_id = UUID(image_id)
        except ValueError:
            raise SharedImageNotFound from None
        await shared.take_back(job_id, caller)
        return json_response(b'{"message": "OK"}')

    return router.api

"""`DELETE /api/v2/generate/shared/{id}`: taking a shared image back; ours, the original has nothing like it."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from fastapi import APIRouter, Response

from horde_server.errors import InvalidAPIKey
from horde_server.http.body import json_response, required_apikey
from horde_server.http.parameters import ApiKey, RequestId
from horde_server.identity.directory import AccountDirectory
from horde_server.requests.image.sharing.service import SharedImageNotFound, SharedImages


def routes(shared: SharedImages, accounts: AccountDirectory, admin_ids: Collection[int]) -> APIRouter:
    """Shared images."""
    router = APIRouter(prefix="/api/v2/generate", include_in_schema=False)

    @router.delete("/shared/{id}")
    async def take_back(image_id: RequestId, apikey: ApiKey = None) -> Response:
        """Remove a shared image for ever: by who asked for it, or a moderator."""
        account = await accounts.by_key(required_apikey(apikey))
        if account is None:
            raise InvalidAPIKey
        try:
            job_id = UUID(image_id)
        except ValueError:
            raise SharedImageNotFound from None
        await shared.take_back(job_id, account, is_moderator=account.moderator or account.id in admin_ids)
        return json_response(b'{"message": "OK"}')

    return router

"""`/mcp`: who calls is looked at here, all else is the protocol's (gateway-mcp.md §1)."""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response

from horde_server.errors import HordeError
from horde_server.gateway.chats.orders import Chats
from horde_server.gateway.common.services import Services
from horde_server.gateway.mcp.desk_horde import DeskHorde
from horde_server.gateway.mcp.mounted import HORDE, Mounted
from horde_server.http.rights import Right
from horde_server.http.unread_bodies import refuse_media_type
from horde_server.identity.caller import Caller


class ForeignOrigin(HordeError):
    """Pages of other addresses may not use this horde's tools: its operator must name them in HORDE_MCP_ORIGINS."""

    status, rc = 403, "foreign_origin"


def routes(services: Services, chats: Chats, mounted: Mounted) -> APIRouter:
    """One address for all of the protocol."""
    router = services.door.router("", include_in_schema=False)
    origins = frozenset(services.settings.mcp_origins)

    @router.post("/mcp", right=Right.ANY_KEY, shared_keys=True)
    async def call(caller: Caller, request: Request) -> Response:
        """A message of the protocol."""
        _refuse_foreign(request, origins)
        refuse_media_type(request.headers)  # the package says so in plain text
        horde = DeskHorde(services, chats, caller, services.public_address(request))
        setattr(request.state, HORDE, horde)
        return await mounted.answer()

    return router.api


def _refuse_foreign(request: Request, origins: frozenset[str]) -> None:
    """Of browsers, pages of this horde's own address may call, and those that the operator names."""
    origin = request.headers.get("origin", "")
    if not origin or origin in origins:
        return
    if urlsplit(origin).netloc.lower() != request.headers.get("host", "").lower():
        raise ForeignOrigin

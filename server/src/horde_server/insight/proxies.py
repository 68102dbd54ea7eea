"""`/proxyz`: which proxies are not trusted, as this node saw it; `horde doctor` asks on this machine."""

from __future__ import annotations

import msgspec
from fastapi import APIRouter, HTTPException, Request, Response

from horde_server.http.body import json_response
from horde_server.http.client_address import ClientAddresses, is_loopback, peer_address
from horde_server.http.declared_routes import DeclaredRouter
from horde_server.http.rights import Right


def routes(clients: ClientAddresses) -> APIRouter:
    """For callers on this machine, without a proxy between; others learn nothing, not even that it is there."""
    router = DeclaredRouter(include_in_schema=False)

    @router.get("/proxyz", right=Right.LOCAL)
    async def proxyz(request: Request) -> Response:
        if not _is_from_here(request):
            raise HTTPException(404)
        seen = {"untrusted_peers": clients.untrusted_peers, "strangers_headers": clients.strangers_headers}
        return json_response(msgspec.json.encode(seen))

    return router.api


def _is_from_here(request: Request) -> bool:
    """The socket's ends are both this machine's, and nobody says that he forwards."""
    peer, server = peer_address(request.scope), request.scope.get("server")
    is_here = is_loopback(peer) or (server is not None and server[0] == peer)
    return is_here and not any(name in request.headers for name in ("x-forwarded-for", "forwarded", "x-real-ip", "via"))

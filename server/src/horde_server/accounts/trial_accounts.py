"""`/dev/test-user`: accounts for tests and benchmarks. Part of the app only with `HORDE_TEST_APIKEYS=1`."""

from __future__ import annotations

import msgspec
from fastapi import APIRouter, Request, Response

from horde_server.accounts.schemas import TestUser
from horde_server.accounts.service import Users
from horde_server.errors import HordeError
from horde_server.http.body import json_response, read_body
from horde_server.http.client_address import is_loopback, peer_address
from horde_server.http.declared_routes import DeclaredRouter
from horde_server.http.rights import Right


class NotFromHere(HordeError):
    """This test endpoint answers callers on this machine only."""

    status, rc = 403, "Forbidden"


def routes(users: Users) -> APIRouter:
    """Test accounts, for callers on this machine."""
    router = DeclaredRouter("/api/v2", tags=["v2"])

    @router.post("/dev/test-user", right=Right.LOCAL, include_in_schema=False)
    async def test_user(request: Request) -> Response:
        """Make or renew a test account."""
        # the peer as the contract says; and whom it forwards for, as a proxy on this machine brings strangers
        if not (is_loopback(peer_address(request.scope)) and is_loopback(request.state.client_address)):
            raise NotFromHere
        wanted = await read_body(request, TestUser)
        made, kudos = await users.make_trial_account(wanted)
        answer = {
            "api_key": made.api_key,
            "user_id": str(made.id),
            "username": wanted.username,
            "alias": made.alias,
            "kudos": kudos,
            "trusted": wanted.trusted or wanted.moderator,
            "moderator": wanted.moderator,
            "created": made.is_new,
        }
        return json_response(msgspec.json.encode(answer), 201 if made.is_new else 200)

    return router.api

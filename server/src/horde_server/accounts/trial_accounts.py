"""`/dev/test-user`: accounts for tests and benchmarks. Part of the app only with `HORDE_TEST_APIKEYS=1`."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec
from fastapi import APIRouter, Request, Response

from horde_server.accounts.creation import adjust_kudos, balance_hundredths, create_account
from horde_server.accounts.schemas import TestUser
from horde_server.database.pool import Pool
from horde_server.errors import HordeError
from horde_server.http.body import json_response, read_body
from horde_server.http.client_address import is_loopback, peer_address
from horde_server.identity.directory import AccountDirectory


class NotFromHere(HordeError):
    """This test endpoint answers callers on this machine only."""

    status, rc = 403, "Forbidden"


def routes(pool: Pool, accounts: AccountDirectory, publish: Callable[[str, Iterable[str]], None]) -> APIRouter:
    """Test accounts, for callers on this machine."""
    router = APIRouter(prefix="/api/v2", tags=["v2"])

    @router.post("/dev/test-user", include_in_schema=False)
    async def test_user(request: Request) -> Response:
        """Make or renew a test account."""
        # the peer as the contract says; and whom it forwards for, as a proxy on this machine brings strangers
        if not (is_loopback(peer_address(request.scope)) and is_loopback(request.state.client_address)):
            raise NotFromHere
        wanted = await read_body(request, TestUser)
        async with pool.connection() as conn, conn.transaction():
            made = await create_account(
                conn,
                wanted.username,
                moderator=wanted.moderator,
                trusted=wanted.trusted,
                external_id=wanted.oauth_id,
            )
            if wanted.kudos is not None:  # sets the balance absolutely
                await adjust_kudos(conn, made.id, wanted.kudos * 100 - await balance_hundredths(conn, made.id))
            kudos = await balance_hundredths(conn, made.id) / 100
        accounts.invalidate(made.id)
        publish("account", [str(made.id)])
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

    return router

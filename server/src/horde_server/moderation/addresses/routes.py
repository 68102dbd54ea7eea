"""`/operations/…`: addresses that may neither ask nor serve for a while (moderation.md §4.5): parse, call, answer."""

from __future__ import annotations

import math
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Response
from pydantic import AfterValidator

from horde_server.audit.trail import actor_of
from horde_server.http.answers import SimpleResponse, refusals
from horde_server.http.body import body_documentation, json_response
from horde_server.http.networks import Network, account_of, is_block
from horde_server.http.parameters import Id
from horde_server.http.rights import Right
from horde_server.identity.caller import Caller
from horde_server.identity.door import Door
from horde_server.moderation.addresses.answers import IPTimeout
from horde_server.moderation.addresses.schemas import LiftedTimeout, NewTimeout, network_of
from horde_server.moderation.addresses.store import Numbered, Timeout
from horde_server.moderation.addresses.timeouts import AddressTimeouts

_DONE = b'{"message":"OK"}'
_HOUR_S = 3600


def _named(text: str) -> str:
    network_of(text)
    return text


NetworkName = Annotated[Id, AfterValidator(_named)]
"""An address or block; anything else is refused before any key is looked at, as in the bodies."""


def routes(timeouts: AddressTimeouts, door: Door) -> APIRouter:
    """Time-outs by address; for moderators."""
    router = door.router("/api/v2/operations", tags=["v2"])

    @router.get(
        "/ipaddr",
        right=Right.MODERATE,
        operation_id="get_operations_ip",
        response_model=list[IPTimeout],
        responses=refusals(401, 403),
    )
    async def blocks(
        all: bool = False,  # noqa: A002 the parameter's own name
        after: Annotated[int, Query(ge=0, le=2**63 - 1)] = 0,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> Response:
        """The blocks in time-out; with `all` single addresses and accounts too, in pages: `after` the last id."""
        if all:
            found = await timeouts.listed(after=after, limit=limit)
            return json_response(msgspec.json.encode(list(map(_numbered, found))))
        return _listed(await timeouts.blocks())

    @router.post(
        "/ipaddr",
        right=Right.MODERATE,
        operation_id="post_operations_ip",
        response_model=SimpleResponse,
        responses=refusals(401, 403, 413),
        openapi_extra=body_documentation(NewTimeout),
    )
    async def set_timeout(caller: Caller, body: NewTimeout) -> Response:
        """Keep an address or block out for some hours from now on."""
        await timeouts.set(body.network, body.hours * _HOUR_S, actor_of(caller))
        return json_response(_DONE)

    @router.delete(
        "/ipaddr",
        right=Right.MODERATE,
        operation_id="delete_operations_ip",
        response_model=SimpleResponse,
        responses=refusals(401, 403, 413),
        openapi_extra=body_documentation(LiftedTimeout),
    )
    async def lift_timeout(caller: Caller, body: LiftedTimeout) -> Response:
        """Let an address or block in again, and forget its strikes."""
        await timeouts.lift(body.network, actor_of(caller))
        return json_response(_DONE)

    @router.get(
        "/ipaddr/{ipaddr:path}",
        right=Right.MODERATE,
        operation_id="get_operations_ip_single",
        response_model=list[IPTimeout],
        responses=refusals(401, 403),
    )
    async def timeouts_of(ipaddr: NetworkName) -> Response:
        """The time-outs that hold for an address or block: its own, and those of the blocks around it."""
        return _listed(await timeouts.around(network_of(ipaddr)))

    return router.api


def _numbered(each: Numbered) -> dict[str, Any]:
    """As the audit trail names it; of an account that was struck its number stands instead of an address."""
    account_id = account_of(each.network)
    whose = {"ipaddr": _shown(each.network)} if account_id is None else {"ipaddr": "", "account": account_id}
    return {**whose, "seconds": each.left_s, "id": each.number, "strikes": each.strikes}


def _shown(network: Network) -> str:
    return str(network if is_block(network) else network.network_address)


def _listed(found: list[Timeout]) -> Response:
    listed = [
        {
            "ipaddr": _shown(each.network),
            "seconds": math.ceil(each.left_s),
        }
        for each in found
    ]
    return json_response(msgspec.json.encode(listed))

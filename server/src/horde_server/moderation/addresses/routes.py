"""`/operations/…`: addresses that may neither ask nor serve for a while (moderation.md §4.5): parse, call, answer."""

from __future__ import annotations

import math

import msgspec
from fastapi import APIRouter, Request, Response

from horde_server.errors import BadRequest
from horde_server.http.answers import SimpleResponse, refusals
from horde_server.http.body import body_documentation, json_response, read_body
from horde_server.http.networks import Network, is_block, parse_network
from horde_server.http.parameters import ApiKey, Id
from horde_server.moderation.addresses.answers import IPTimeout
from horde_server.moderation.addresses.schemas import LiftedTimeout, NewTimeout
from horde_server.moderation.addresses.store import Timeout
from horde_server.moderation.addresses.timeouts import AddressTimeouts
from horde_server.moderation.rights import Moderators

_DONE = b'{"message":"OK"}'
_HOUR_S = 3600


def routes(timeouts: AddressTimeouts, moderators: Moderators) -> APIRouter:
    """Time-outs by address; for moderators."""
    router = APIRouter(prefix="/api/v2/operations", tags=["v2"])

    @router.get(
        "/ipaddr", operation_id="get_operations_ip", response_model=list[IPTimeout], responses=refusals(401, 403)
    )
    async def blocks(apikey: ApiKey = None) -> Response:
        """The blocks in time-out; single addresses are not listed."""
        await moderators.by_key(apikey)
        return _listed(await timeouts.blocks())

    @router.post(
        "/ipaddr",
        operation_id="post_operations_ip",
        response_model=SimpleResponse,
        responses=refusals(401, 403, 413),
        openapi_extra=body_documentation(NewTimeout),
    )
    async def set_timeout(request: Request, apikey: ApiKey = None) -> Response:
        """Keep an address or block out for some hours from now on."""
        body = await read_body(request, NewTimeout)
        network = _network(body.ipaddr)
        await moderators.by_key(apikey)
        await timeouts.set(network, body.hours * _HOUR_S)
        return json_response(_DONE)

    @router.delete(
        "/ipaddr",
        operation_id="delete_operations_ip",
        response_model=SimpleResponse,
        responses=refusals(401, 403, 413),
        openapi_extra=body_documentation(LiftedTimeout),
    )
    async def lift_timeout(request: Request, apikey: ApiKey = None) -> Response:
        """Let an address or block in again, and forget its strikes."""
        body = await read_body(request, LiftedTimeout)
        network = _network(body.ipaddr)
        await moderators.by_key(apikey)
        await timeouts.lift(network)
        return json_response(_DONE)

    @router.get(
        "/ipaddr/{ipaddr:path}",
        operation_id="get_operations_ip_single",
        response_model=list[IPTimeout],
        responses=refusals(401, 403),
    )
    async def timeouts_of(ipaddr: Id, apikey: ApiKey = None) -> Response:
        """The time-outs that hold for an address or block: its own, and those of the blocks around it."""
        network = _network(ipaddr)
        await moderators.by_key(apikey)
        return _listed(await timeouts.around(network))

    return router


def _network(text: str) -> Network:
    network = parse_network(text)
    if network is None:
        raise BadRequest(
            f"{text[:60]!r} is neither an address nor a block: send something like 192.0.2.7, 192.0.2.0/24 or "
            "2001:db8::/48, without bits beyond the mask."
        )
    return network


def _listed(found: list[Timeout]) -> Response:
    listed = [
        {
            "ipaddr": str(each.network if is_block(each.network) else each.network.network_address),
            "seconds": math.ceil(each.left_s),
        }
        for each in found
    ]
    return json_response(msgspec.json.encode(listed))

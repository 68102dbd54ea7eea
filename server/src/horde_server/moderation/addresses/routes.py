"""`/operations/…`: addresses that may neither ask nor serve for a while (accounts.md §8): parse, call, answer."""

from __future__ import annotations

import math

import msgspec
from fastapi import APIRouter, Request, Response

from horde_server.database.pool import Pool
from horde_server.errors import BadRequest, WorkerNotFound
from horde_server.http.answers import SimpleResponse, refusals
from horde_server.http.body import body_documentation, json_response, read_body
from horde_server.http.networks import Network, household_of, is_block, parse_network
from horde_server.http.parameters import ApiKey, Id
from horde_server.moderation.addresses.answers import IPTimeout
from horde_server.moderation.addresses.schemas import LiftedTimeout, NewTimeout, NewWorkerTimeout
from horde_server.moderation.addresses.store import Timeout
from horde_server.moderation.addresses.timeouts import AddressTimeouts
from horde_server.moderation.rights import Moderators
from horde_server.workers.check_in import parse_worker_id
from horde_server.workers.store import find_managed

_DONE = b'{"message":"OK"}'
_HOUR_S, _DAY_S = 3600, 24 * 3600


def routes(pool: Pool, timeouts: AddressTimeouts, moderators: Moderators) -> APIRouter:
    """Time-outs, by address and by worker; for moderators."""
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

    @router.put(
        "/block_worker_ipaddr/{worker_id}",
        operation_id="put_operations_block_worker_ip",
        response_model=SimpleResponse,
        responses=refusals(401, 403, 404, 413),
        openapi_extra=body_documentation(NewWorkerTimeout),
    )
    async def keep_worker_out(request: Request, worker_id: Id, apikey: ApiKey = None) -> Response:
        """Keep out the address that a worker popped from last; of IPv6 its /64."""
        body = await read_body(request, NewWorkerTimeout)
        await moderators.by_key(apikey)
        await timeouts.set(await address_of_worker(worker_id), body.days * _DAY_S)
        return json_response(_DONE)

    @router.delete(
        "/block_worker_ipaddr/{worker_id}",
        operation_id="delete_operations_block_worker_ip",
        response_model=SimpleResponse,
        responses=refusals(401, 403, 404),
    )
    async def let_worker_in(worker_id: Id, apikey: ApiKey = None) -> Response:
        """Let in again the address that a worker popped from last."""
        await moderators.by_key(apikey)
        await timeouts.lift(await address_of_worker(worker_id))
        return json_response(_DONE)

    async def address_of_worker(worker_id: Id) -> Network:
        found = parse_worker_id(worker_id)
        async with pool.connection() as conn:
            worker = await find_managed(conn, found) if found else None
        if worker is None:
            raise WorkerNotFound
        network = parse_network(worker.address or "")
        if network is None:
            raise BadRequest("No address is known of this worker.")
        return household_of(network)

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

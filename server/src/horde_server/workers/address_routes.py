"""`/operations/block_worker_ipaddr/{id}`: a worker's address may neither ask nor serve (moderation.md §4.5)."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from horde_server.database.pool import Pool
from horde_server.errors import BadRequest, WorkerNotFound
from horde_server.http.answers import SimpleResponse, refusals
from horde_server.http.body import body_documentation, json_response, read_body
from horde_server.http.networks import Network, household_of, parse_network
from horde_server.http.parameters import ApiKey, Id
from horde_server.moderation.addresses.schemas import NewWorkerTimeout
from horde_server.moderation.addresses.timeouts import AddressTimeouts
from horde_server.moderation.rights import Moderators
from horde_server.workers.check_in import parse_worker_id
from horde_server.workers.store import find_managed

_DONE = b'{"message":"OK"}'
_DAY_S = 24 * 3600


def routes(pool: Pool, timeouts: AddressTimeouts, moderators: Moderators) -> APIRouter:
    """Time-outs by worker; for moderators."""
    router = APIRouter(prefix="/api/v2/operations", tags=["v2"])

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

"""`/operations/block_worker_ipaddr/{id}`: a worker's address may neither ask nor serve (moderation.md §4.5)."""

from __future__ import annotations

from fastapi import APIRouter, Response

from horde_server.audit.trail import actor_of
from horde_server.http.answers import SimpleResponse, refusals
from horde_server.http.body import body_documentation, json_response
from horde_server.http.parameters import Id
from horde_server.http.rights import Right
from horde_server.identity.caller import Caller
from horde_server.identity.door import Door
from horde_server.moderation.addresses.schemas import NewWorkerTimeout
from horde_server.moderation.addresses.timeouts import AddressTimeouts
from horde_server.workers.check_in import parse_worker_id
from horde_server.workers.management import WorkerManagement

_DONE = b'{"message":"OK"}'
_DAY_S = 24 * 3600


def routes(management: WorkerManagement, timeouts: AddressTimeouts, door: Door) -> APIRouter:
    """Time-outs by worker; for moderators."""
    router = door.router("/api/v2/operations", tags=["v2"])

    @router.put(
        "/block_worker_ipaddr/{worker_id}",
        right=Right.MODERATE,
        operation_id="put_operations_block_worker_ip",
        response_model=SimpleResponse,
        responses=refusals(401, 403, 404, 413),
        openapi_extra=body_documentation(NewWorkerTimeout),
    )
    async def keep_worker_out(caller: Caller, body: NewWorkerTimeout, worker_id: Id) -> Response:
        """Keep out the address that a worker popped from last; of IPv6 its /64."""
        network = await management.address_of(parse_worker_id(worker_id))
        await timeouts.set(network, body.days * _DAY_S, actor_of(caller))
        return json_response(_DONE)

    @router.delete(
        "/block_worker_ipaddr/{worker_id}",
        right=Right.MODERATE,
        operation_id="delete_operations_block_worker_ip",
        response_model=SimpleResponse,
        responses=refusals(401, 403, 404),
    )
    async def let_worker_in(caller: Caller, worker_id: Id) -> Response:
        """Let in again the address that a worker popped from last."""
        await timeouts.lift(await management.address_of(parse_worker_id(worker_id)), actor_of(caller))
        return json_response(_DONE)

    return router.api

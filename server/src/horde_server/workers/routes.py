"""`/workers`, `/workers/{id}`, `/workers/name/{name}`: parse, call, answer (workers.md §11)."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Response
from pydantic import StringConstraints

from horde_server.errors import InvalidAPIKey
from horde_server.http.answers import refusals
from horde_server.http.body import body_documentation, json_response
from horde_server.http.declared_routes import ASKED_LATER
from horde_server.http.parameters import Id, Name
from horde_server.http.rights import Right
from horde_server.identity.caller import Caller
from horde_server.identity.door import Door
from horde_server.workers.answers import DeletedWorker, ModifyWorker, WorkerDetails
from horde_server.workers.check_in import parse_worker_id
from horde_server.workers.listed import ListedWorkers
from horde_server.workers.management import BanBy, WorkerManagement
from horde_server.workers.schemas import WorkerChange
from horde_server.workers.shown import ShownWorkers

_encode = msgspec.json.Encoder().encode
_DAY_S = 24 * 3600

BanWords = Annotated[
    list[Annotated[str, StringConstraints(max_length=7, pattern="^(owner|name|address)$")]], Query(max_length=3)
]


def routes(shown: ShownWorkers, listed: ListedWorkers, management: WorkerManagement, door: Door) -> APIRouter:
    """Who serves this horde."""
    router = door.router("/api/v2/workers", tags=["v2"])

    @router.get(
        "",
        right=Right.ANYBODY_NAMED,
        unknown_key=ASKED_LATER,
        operation_id="get_workers",
        response_model=list[WorkerDetails],
        responses=refusals(),
    )
    async def online_workers(
        caller: Caller,
        type: Annotated[str | None, Query(max_length=30)] = None,  # noqa: A002 - the API's own name
        name: Annotated[str | None, Query(max_length=200)] = None,
    ) -> Response:
        """Workers that checked in within the last five minutes."""
        return json_response(await listed.online(caller, name=name, kind=type))

    @router.get(
        "/{worker_id}",
        right=Right.ANYBODY_NAMED,
        unknown_key=ASKED_LATER,
        operation_id="get_worker_single",
        response_model=WorkerDetails,
        responses=refusals(404),
    )
    async def worker(caller: Caller, worker_id: Id) -> Response:
        """One worker, also when it is offline."""
        return json_response(_encode(await shown.one(caller, parse_worker_id(worker_id))))

    @router.get(
        "/name/{worker_name:path}",
        right=Right.ANYBODY_NAMED,
        unknown_key=ASKED_LATER,
        operation_id="get_worker_single_name",
        response_model=WorkerDetails,
        responses=refusals(404),
    )
    async def worker_by_name(caller: Caller, worker_name: Name) -> Response:
        """The worker of exactly this name, also when it is offline."""
        return json_response(_encode(await shown.named(caller, worker_name)))

    @router.put(
        "/{worker_id}",
        right=Right.MANAGE_WORKERS,
        unknown_key=ASKED_LATER,
        operation_id="put_worker_single",
        response_model=ModifyWorker,
        responses=refusals(401, 403, 404, 413),
        openapi_extra=body_documentation(WorkerChange),
    )
    async def change(caller: Caller, body: WorkerChange, worker_id: Id) -> Response:
        """Change a worker: its owner's part, or pause it as a moderator."""
        answer = await management.change(parse_worker_id(worker_id), body, caller)
        return json_response(_encode(answer))

    @router.delete(
        "/{worker_id}",
        right=Right.MANAGE_WORKERS,
        no_key=InvalidAPIKey,
        unknown_key=ASKED_LATER,
        operation_id="delete_worker_single",
        response_model=DeletedWorker,
        responses=refusals(401, 403, 404),
    )
    async def delete(
        caller: Caller,
        worker_id: Id,
        ban: BanWords = [],  # noqa: B006 the framework copies it
        ban_days: Annotated[int | None, Query(ge=1, le=3650)] = None,
    ) -> Response:
        """Remove a worker; the jobs it holds go back to the queue. Moderators may ban its owner, name or address."""
        ban_s = ban_days * _DAY_S if ban_days else None
        gone = await management.delete(parse_worker_id(worker_id), caller, dict.fromkeys(map(BanBy, ban)), ban_s)
        return json_response(_encode({"deleted_id": str(gone.id), "deleted_name": gone.name}))

    return router.api

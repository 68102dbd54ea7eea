"""`/workers`, `/workers/{id}`, `/workers/name/{name}`: parse, call, answer (workers.md §11)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Request, Response

from horde_server.database.pool import Pool
from horde_server.dispatch.kind import WorkerRules
from horde_server.errors import InvalidAPIKey, WorkerNotFound
from horde_server.http.answers import refusals
from horde_server.http.body import body_documentation, json_response, read_body, required_apikey
from horde_server.http.parameters import ApiKey, Id, Name
from horde_server.identity.directory import Account, AccountDirectory
from horde_server.workers import store
from horde_server.workers.answers import DeletedWorker, ModifyWorker, WorkerDetails
from horde_server.workers.check_in import parse_worker_id
from horde_server.workers.management import WorkerManagement
from horde_server.workers.schemas import WorkerChange
from horde_server.workers.view import worker_body

_encode = msgspec.json.Encoder().encode


def routes(
    pool: Pool, accounts: AccountDirectory, management: WorkerManagement, kinds: Mapping[str, WorkerRules]
) -> APIRouter:
    """Who serves this horde."""
    router = APIRouter(prefix="/api/v2/workers", tags=["v2"])

    async def viewer(apikey: str | None) -> Account | None:
        return await accounts.by_key(apikey) if apikey else None

    @router.get(
        "",
        operation_id="get_workers",
        response_model=list[WorkerDetails],
        responses=refusals(),
    )
    async def online_workers(
        apikey: ApiKey = None,
        type: Annotated[str | None, Query(max_length=30)] = None,  # noqa: A002 - the API's own name
        name: Annotated[str | None, Query(max_length=200)] = None,
    ) -> Response:
        """Workers that checked in within the last five minutes."""
        caller = await viewer(apikey)
        async with pool.connection() as conn:  # the published SDK sends an empty type for all types
            rows = await store.show_online(conn, name=_without_nul(name), kind=_without_nul(type))
        return json_response(_encode([worker_body(row, kinds[row["kind"]], caller) for row in rows]))

    @router.get(
        "/{worker_id}",
        operation_id="get_worker_single",
        response_model=WorkerDetails,
        responses=refusals(404),
    )
    async def worker(worker_id: Id, apikey: ApiKey = None) -> Response:
        """One worker, also when it is offline."""
        found = parse_worker_id(worker_id)
        async with pool.connection() as conn:
            row = await store.show_by_id(conn, found) if found else None
        if row is None:
            raise WorkerNotFound
        return json_response(_encode(worker_body(row, kinds[row["kind"]], await viewer(apikey))))

    @router.get(
        "/name/{worker_name:path}",
        operation_id="get_worker_single_name",
        response_model=WorkerDetails,
        responses=refusals(404),
    )
    async def worker_by_name(worker_name: Name, apikey: ApiKey = None) -> Response:
        """The worker of exactly this name, also when it is offline."""
        async with pool.connection() as conn:
            row = await store.show_by_name(conn, _without_nul(worker_name) or "")
        if row is None:
            raise WorkerNotFound
        return json_response(_encode(worker_body(row, kinds[row["kind"]], await viewer(apikey))))

    @router.put(
        "/{worker_id}",
        operation_id="put_worker_single",
        response_model=ModifyWorker,
        responses=refusals(401, 403, 404, 413),
        openapi_extra=body_documentation(WorkerChange),
    )
    async def change(request: Request, worker_id: Id, apikey: ApiKey = None) -> Response:
        """Change a worker: its owner's part, or pause it as a moderator."""
        wanted = await read_body(request, WorkerChange)
        key = required_apikey(apikey)
        answer = await management.change(parse_worker_id(worker_id), wanted, await accounts.by_key(key))
        return json_response(_encode(answer))

    @router.delete(
        "/{worker_id}",
        operation_id="delete_worker_single",
        response_model=DeletedWorker,
        responses=refusals(401, 403, 404),
    )
    async def delete(worker_id: Id, apikey: ApiKey = None) -> Response:
        """Remove a worker; the jobs it holds go back to the queue."""
        if not apikey:
            raise InvalidAPIKey
        gone = await management.delete(parse_worker_id(worker_id), await accounts.by_key(apikey))
        return json_response(_encode({"deleted_id": str(gone.id), "deleted_name": gone.name}))

    return router


def _without_nul(text: str | None) -> str | None:
    """PostgreSQL takes no NULs, and no name has one."""
    return text.replace("\0", "") if text else text

"""One place that turns refusals into answers (generation.md §1.4)."""

from __future__ import annotations

from typing import Any

import msgspec
import psycopg
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from obstore.exceptions import BaseError as BlobStoreError
from psycopg_pool import PoolTimeout
from starlette.exceptions import HTTPException

from horde_server.errors import HordeError, InvalidPayload
from horde_server.http.body import JSON_TYPE

log = structlog.get_logger(__name__)


def error_body(error: HordeError) -> bytes:
    """The JSON of a refusal: `message`, then `rc` or `errors`, then what helps machines."""
    body: dict[str, Any] = {"message": error.message}
    if isinstance(error, InvalidPayload):
        body["errors"] = error.errors
    elif error.code:
        body["rc"] = error.code
    return msgspec.json.encode({**body, **error.extra})


def _answer(body: dict[str, Any], status: int, headers: dict[str, str] | None = None) -> Response:
    return Response(msgspec.json.encode(body), status, headers, media_type=JSON_TYPE)


def install(app: FastAPI) -> None:
    """Make the app answer every failure as JSON."""

    async def refuse(request: Request, error: Exception) -> Response:
        assert isinstance(error, HordeError)
        return Response(error_body(error), error.status, error.headers, media_type=JSON_TYPE)

    async def refuse_parameters(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        found = {str(fault["loc"][-1]): str(fault["msg"]) for fault in error.errors()}
        return await refuse(request, InvalidPayload(found))

    async def refuse_route(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if error.status_code == 404:
            return _answer({"message": "There is nothing at this address: see /api/.", "rc": "NotFound"}, 404)
        return _answer({"message": str(error.detail)}, error.status_code, dict(error.headers or {}))

    async def unavailable(request: Request, error: Exception) -> Response:
        log.warning("http.database_unavailable", path=request.url.path, reason=type(error).__name__)
        return _answer(
            {"message": "The database is not available for the moment: please try again."}, 503, {"Retry-After": "1"}
        )

    async def no_store(request: Request, error: Exception) -> Response:
        log.error("http.blob_store_failed", path=request.url.path, reason=str(error).splitlines()[0])
        return _answer(
            {"message": "The store of images is not available for the moment: please try again."},
            503,
            {"Retry-After": "5"},
        )

    async def crash(request: Request, error: Exception) -> Response:
        log.error("http.unhandled_error", path=request.url.path, exc_info=error)
        return _answer({"message": "Internal Server Error"}, 500)

    app.add_exception_handler(HordeError, refuse)
    app.add_exception_handler(RequestValidationError, refuse_parameters)
    app.add_exception_handler(HTTPException, refuse_route)
    app.add_exception_handler(psycopg.OperationalError, unavailable)
    app.add_exception_handler(PoolTimeout, unavailable)
    app.add_exception_handler(BlobStoreError, no_store)
    app.add_exception_handler(Exception, crash)

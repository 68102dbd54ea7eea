"""One place that turns refusals into answers (basics.md §4)."""

from __future__ import annotations

from typing import Any

import msgspec
import psycopg
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from psycopg_pool import PoolTimeout
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from horde_server.database.pool import DatabaseAway
from horde_server.errors import HordeError, InvalidPayload
from horde_server.http.addresses import nothing_at, other_methods
from horde_server.http.body import JSON_TYPE
from horde_server.http.dialects import Refusal, visit_of
from horde_server.http.fault_words import in_words
from horde_server.http.key_hints import with_key_told

log = structlog.get_logger(__name__)


def error_body(error: HordeError) -> bytes:
    """The JSON of a refusal: `message`, then `rc` or `errors`, then what helps machines."""
    body: dict[str, Any] = {"message": error.message}
    if isinstance(error, InvalidPayload):
        body["errors"] = error.errors
    elif error.code:
        body["rc"] = error.code
    return msgspec.json.encode({**body, **error.extra})


_SHARED_KEYS = "/sharedkeys/"


def answer_to(error: Exception, path: str, request: Request | None = None) -> Response:
    """The answer to a failure that ended a request: a refusal, a part that is away for the moment, or a defect."""
    visit = visit_of(request.scope) if request is not None else None
    if visit is None or isinstance(error, ClientDisconnect):
        return _answer_to(error, path, request)
    return visit.refused(refusal_of(error, path, request))


def refusal_of(error: Exception, path: str, request: Request | None = None) -> Refusal:
    """A failure in words that every dialect can say."""
    if isinstance(error, HordeError):
        return Refusal.of(error)
    plain = _answer_to(error, path, request)
    told = msgspec.json.decode(plain.body) if plain.body else {}
    headers = {name: value for name, value in plain.headers.items() if name in ("allow", "retry-after")}
    return Refusal(plain.status_code, told.get("message", ""), told.get("rc"), headers=headers)


def _answer_to(error: Exception, path: str, request: Request | None) -> Response:  # noqa: PLR0911 one a kind
    match error:
        case HordeError():
            body = error_body(error if request is None else with_key_told(error, request))
            return Response(body, error.status, error.headers, media_type=JSON_TYPE)
        case RequestValidationError():
            found = {
                str(fault["loc"][-1]): in_words(fault["type"], fault.get("ctx") or {}, message=fault["msg"])
                for fault in error.errors()
            }
            return _answer_to(InvalidPayload(found), path, None)
        case HTTPException(status_code=404):
            message = nothing_at(path, request.app.routes if request else ())
            return _answer({"message": message, "rc": "NotFound"}, 404)
        case HTTPException(status_code=405) if request is not None:
            message, taken = other_methods(path, request.method, request.app.routes)
            return _answer({"message": message}, 405, {"Allow": ", ".join(taken)})
        case HTTPException():
            return _answer({"message": str(error.detail)}, error.status_code, dict(error.headers or {}))
        case ClientDisconnect():  # nobody reads the answer
            return Response(status_code=400)
        case psycopg.OperationalError() | psycopg.errors.IdleInTransactionSessionTimeout() | PoolTimeout():
            if not isinstance(error, DatabaseAway):  # of that its watch tells, once
                log.warning("http.database_unavailable", path=_logged(path), reason=type(error).__name__)
            away = "The database is not available for the moment: please try again."
            return _answer({"message": away}, 503, {"Retry-After": "1"})
        case _:
            log.error("http.unhandled_error", path=_logged(path), exc_info=error)
            return _answer({"message": "Internal Server Error"}, 500)


def _answer(body: dict[str, Any], status: int, headers: dict[str, str] | None = None) -> Response:
    return Response(msgspec.json.encode(body), status, headers, media_type=JSON_TYPE)


def install(app: FastAPI) -> None:
    """Make the app answer every failure as JSON."""

    async def answer(request: Request, error: Exception) -> Response:
        return answer_to(error, request.url.path, request)

    for kind in (
        HordeError,
        RequestValidationError,
        HTTPException,
        psycopg.OperationalError,
        PoolTimeout,
        ClientDisconnect,
        Exception,
    ):
        app.add_exception_handler(kind, answer)


def _logged(path: str) -> str:
    """A path as it may stand in a log: the id of a shared key is the key."""
    front, shared, _ = path.partition(_SHARED_KEYS)
    return f"{front}{shared}…" if shared else path
